"""The full ladder of verdicts: what flexible operation and remedies make possible, and when."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import causes, demand, explain, horizon, match, pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from planner.case import Case
    from planner.horizon import Solution
    from planner.terms import Terms

FLEXIBLE: Final = "on time if flexible"
REMEDIED: Final = "on time with remedies"
LADDER: Final = (explain.ON_TIME, FLEXIBLE, REMEDIED, explain.LATE, explain.NEVER)
RUNS: Final = {
    "plain": (),
    "flexible": ("flexible",),
    "remedies": ("remedies",),
    "unlimited": ("remedies", "build"),
}
WORST: Final = 10
NEEDS: Final = [
    "site",
    "period",
    "option",
    "mw",
    "remedy",
    "first_date",
    "usd_per_mw",
    "usd_per_mw_yr",
    "confidence",
]
RAMP: Final = ["site", "period", "promised_mw", "powered_mw", "with_remedies_mw"]


@dataclass(frozen=True)
class Ladder:
    """Verdicts with remedies, beside the plain answer.

    Attributes
    ----------
    plan
        The plain answer, with nothing built.
    steps, sites
        The plain tables with `verdict` on the full ladder, `earliest_period` and `earliest_date`
        with remedies, `half_date`, `flexible_mw`, and for sites the causes from solving again.
    ramps
        Promised and powered megawatts by site and period.
    built
        Remedies that the run with remedies decides: `option`, `remedy`, where, `start` period and
        `decide_by` date, `mw`, `usd` (investment), `usd_yr`; with what native load alone needs.
    needs
        The cheapest remedies that power one late site alone by its date, or by its earliest period
        with remedies: `site`, `period`, `option`, `mw`, `start`, `usd`, `usd_yr`.
    ranking
        Remedies of the worst bottlenecks by megawatt-months per million dollars.
    flexible
        By pool and period: `give_mw`, `hours`, `mwh`.
    """

    plan: pipeline.Plan
    steps: pd.DataFrame
    sites: pd.DataFrame
    ramps: pd.DataFrame
    built: pd.DataFrame
    needs: pd.DataFrame
    ranking: pd.DataFrame
    flexible: pd.DataFrame


def climb(
    case: Case,
    *,
    solver: Any = None,
    tell: Callable[[str], None] | None = None,
    only: set[str] | None = None,
) -> Ladder:
    """Judge every site on the full ladder.

    Four runs: nothing built, flexible operation, remedies, remedies without yearly limits; then
    the causes and the ranking of remedies by solving again.

    Parameters
    ----------
    case
        The question.
    solver
        Any PuLP solver; HiGHS in process where none is given.
    tell
        Called with a line of progress.
    only
        Sites whose causes and remedies are wanted; all sites compete all the same.

    Returns
    -------
    Ladder
        The verdicts with remedies, causes and dates.
    """
    say = tell or (lambda _: None)
    placed = match.place(case)
    asked = demand.steps(case, placed)
    loads = demand.native(case, placed)
    terms = pipeline.gather(case, asked, loads, decisions=True)
    runs: dict[str, Solution] = {}
    prices: list[tuple[str, str, float]] = []
    for name, allow in RUNS.items():
        say(f"run: {name}")
        floor = runs["plain"].served if runs else None
        solved = [horizon.windows(part, allow=allow, floor=floor, solver=solver) for part in terms]
        if name == "remedies":
            due = _late_regions(case, asked, runs["plain"])
            solved = [causes.priced(run, due, prices) for run in solved]
        runs[name] = horizon.together(
            [horizon.collected(run, diagnose=name == "plain") for run in solved]
        )
    say("run: native load alone")
    alone = horizon.together([_native(part, solver) for part in terms])
    plan = pipeline.answer(case, placed, asked, loads, runs["plain"])
    steps = _steps(plan, runs, terms, case)
    say("causes, remedies of each site, ranking")
    named, needs, ranking = _again(plan, steps, terms, only, solver)
    options = pd.concat([part.options for part in terms], ignore_index=True)
    return Ladder(
        plan=plan,
        steps=steps,
        sites=_sites(plan, steps, named, prices),
        ramps=_ramps(plan, runs),
        built=_built(case, options, runs["remedies"], alone),
        needs=needs,
        ranking=ranking,
        flexible=_flexible(case, runs["flexible"]),
    )


def _native(terms: Terms, solver: Any) -> Solution:
    """What native load alone would have built."""
    empty = dataclasses.replace(
        terms,
        steps=terms.steps.iloc[:0],
        unnamed=terms.unnamed * 0.0,
        options=terms.options[terms.options["site"].isna()].reset_index(drop=True),
    )
    return horizon.collected(horizon.windows(empty, allow=("remedies",), solver=solver))


def _steps(
    plan: pipeline.Plan, runs: dict[str, Solution], terms: list[Terms], case: Case
) -> pd.DataFrame:
    numbers = demand.numbered(case.periods)
    rows = plan.steps.copy()
    at = numbers.index.get_indexer(rows["target_period"])
    for name in ("flexible", "remedies", "unlimited"):
        powered = explain.powered(runs[name], numbers, rows)
        rows[f"{name}_mw"] = powered[np.arange(len(rows)), at]
    powered = explain.powered(runs["remedies"], numbers, rows)
    rows["plain_earliest_period"] = rows["earliest_period"]
    rows["earliest_period"] = explain.earliest(powered, rows["mw"].to_numpy(), numbers)
    half = explain.earliest(powered, rows["mw"].to_numpy() / 2, numbers)
    missed = rows["target"] < numbers.iloc[0]
    ok = {
        name: (rows["mw"] - rows[f"{name}_mw"] <= explain.TOLERANCE_MW) & ~missed
        for name in ("flexible", "remedies")
    }
    rows["verdict"] = np.select(
        [
            rows["verdict"] == explain.ON_TIME,
            ok["flexible"],
            ok["remedies"],
            rows["earliest_period"].notna(),
        ],
        [explain.ON_TIME, FLEXIBLE, REMEDIED, explain.LATE],
        explain.NEVER,
    )
    starts = _starts(runs["remedies"], terms)
    rows["earliest_date"] = _dated(rows, rows["earliest_period"], case, starts)
    rows["half_date"] = _dated(rows, pd.Series(half, rows.index), case, starts)
    return rows


def _starts(solution: Solution, terms: list[Terms]) -> dict[str, pd.Timestamp]:
    """Latest start of what newly comes into service in each period."""
    options = pd.concat([part.options for part in terms], ignore_index=True)
    first = options.set_index("option")["first_date"]
    begun = solution.built.drop_duplicates("option")
    found: dict[str, pd.Timestamp] = {}
    for option, period in zip(begun["option"], begun["period"], strict=True):
        found[period] = max(found.get(period, first[option]), first[option])
    return found


def _dated(
    rows: pd.DataFrame, periods: pd.Series, case: Case, starts: dict[str, pd.Timestamp]
) -> pd.Series:
    """Refine a period to a date: its start, the target, the connection, or what is built for it."""
    bounds = case.periods.set_index("period")
    dates = []
    for period, target, ready, number in zip(
        periods, rows["target_date"], rows["ready_date"], rows["ready"], strict=True
    ):
        if not isinstance(period, str):
            dates.append(pd.NaT)
            continue
        start, end = (pd.Timestamp(bounds.at[period, side]) for side in ("start", "end"))
        later = [start, pd.Timestamp(case.assumptions.as_of)]
        later += [
            day
            for day in (target, ready, starts.get(period))
            if day is not None and pd.notna(day) and day <= end
        ]
        dates.append(max(later) if number < demand.NEVER else max(later[:2] + later[2:3]))
    return pd.Series(dates, rows.index, dtype="datetime64[us]")


def _again(
    plan: pipeline.Plan,
    steps: pd.DataFrame,
    terms: list[Terms],
    only: set[str] | None,
    solver: Any,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Find causes, the remedies of each site and their ranking in one pass with nothing built."""
    late = plan.sites[plan.sites["verdict"].isin([explain.LATE, explain.NEVER])]
    late = late if only is None else late[late["site"].isin(only)]
    whole = late.set_index("site")["asked_mw"].to_dict()
    wanted, areas = _wanted(plan, steps, only), _areas(plan, only)
    freed: list[tuple[str, str, str, float]] = []
    needs: list[tuple[str, str, str, float]] = []
    rankings = []
    for part in terms:
        mine = _of_part(_steps_of(plan, late["site"]), set(part.steps["site"]))
        asking = _of_part(wanted, set(part.steps["site"]))
        short = _of_part(areas, set(part.supply.index))
        if not (mine or asking or short):
            continue
        gains = causes.Gains()
        run = horizon.windows(part, solver=solver)
        run = causes.freed(run, mine, whole, freed) if mine else run
        run = causes.alone(run, asking, needs) if asking else run
        run = causes.rank(run, short, part.options, gains) if short else run
        for _ in run:
            pass
        rankings.append(causes.ranking(gains, part.options))
    table = pd.DataFrame(freed, columns=causes.FREED)
    named = causes.name_causes(table, late, list(plan.case.periods["period"]))
    ranking = pd.concat(rankings or [pd.DataFrame(columns=causes.RANKING)], ignore_index=True)
    return named, _priced_needs(needs, terms), ranking


def _of_part[Value](values: Mapping[str, Value], here: set[str]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if name in here}


def _steps_of(plan: pipeline.Plan, sites: pd.Series) -> dict[str, list[str]]:
    found = plan.steps[plan.steps["site"].isin(sites)].groupby("site")["step"].agg(list)
    return {site: found[site] for site in sites if site in found}


def _areas(plan: pipeline.Plan, only: set[str] | None) -> dict[str, list[str]]:
    """Late steps of the regions with most megawatts late."""
    late = plan.steps[plan.steps["late_mw"] > explain.TOLERANCE_MW]
    if only is not None:
        late = late[late["region"].isin(late.loc[late["site"].isin(only), "region"])]
    held = late.groupby("region")["late_mw"].sum().sort_values(ascending=False)
    mine = late[late["region"].isin(held.index[:WORST])]
    return dict(mine.groupby("region")["step"].agg(list).to_dict())


def _wanted(
    plan: pipeline.Plan, steps: pd.DataFrame, only: set[str] | None
) -> dict[str, tuple[str, list[str]]]:
    """Period in which remedies suffice for each late site, and its steps."""
    late = steps[steps["verdict"].isin([REMEDIED, explain.LATE])]
    late = late if only is None else late[late["site"].isin(only)]
    wanted: dict[str, tuple[str, list[str]]] = {}
    for site, rows in late.groupby("site"):
        by = np.where(rows["verdict"] == REMEDIED, rows["target_period"], rows["earliest_period"])
        period = max(by, key=explain.sorted_period)
        wanted[str(site)] = (period, plan.steps.loc[plan.steps["site"] == site, "step"].tolist())
    return wanted


def _priced_needs(rows: list[tuple[str, str, str, float]], terms: list[Terms]) -> pd.DataFrame:
    """Add dates and costs of the options to what each site needs."""
    if not rows:
        table = pd.DataFrame(columns=NEEDS)
    else:
        columns = ["remedy", "first_date", "usd_per_mw", "usd_per_mw_yr", "confidence"]
        known = pd.concat([part.options for part in terms]).set_index("option")[columns]
        table = pd.DataFrame(rows, columns=NEEDS[:4]).join(known, on="option")
    return table.assign(
        usd=(table["mw"] * table["usd_per_mw"]).astype(float).round(2),
        usd_yr=(table["mw"] * table["usd_per_mw_yr"]).astype(float).round(2),
    )


def _late_regions(case: Case, asked: pd.DataFrame, plain: Solution) -> dict[str, set[str]]:
    """Regions with steps that miss their date with nothing built, by the period of the date."""
    steps = explain.verdicts(case, asked, plain)
    late = steps[(steps["late_mw"] > explain.TOLERANCE_MW) & steps["on_grid"]]
    return dict(late.groupby("target_period")["region"].agg(set).to_dict())


def _sites(
    plan: pipeline.Plan,
    steps: pd.DataFrame,
    named: pd.DataFrame,
    prices: list[tuple[str, str, float]],
) -> pd.DataFrame:
    order = {verdict: place for place, verdict in enumerate(LADDER)}
    groups = steps.assign(rank=steps["verdict"].map(order)).groupby("site")
    found = pd.DataFrame(
        {
            "verdict": groups["rank"].max().map(dict(enumerate(LADDER))),
            "plain_earliest_period": groups["plain_earliest_period"].agg(explain.last),
            "earliest_period": groups["earliest_period"].agg(explain.last),
            "earliest_date": groups["earliest_date"].agg(lambda days: days.max(skipna=False)),
            "half_date": groups["half_date"].agg(lambda days: days.max(skipna=False)),
        }
    )
    sites = plan.sites.set_index("site")
    blank = sites["verdict"] == explain.UNASSESSED
    for column in found:
        sites[column] = found[column].reindex(sites.index)
    sites["verdict"] = sites["verdict"].where(~blank, explain.UNASSESSED)
    causes_by = named.set_index("site")
    for column in causes.CAUSE:
        fresh = causes_by[column].reindex(sites.index)
        sites[column] = fresh.where(fresh.notna(), sites.get(column))
    known = {(region, period): usd for region, period, usd in prices}
    keys = zip(sites["region"], sites["target_period"], strict=True)
    sites["price_usd_per_mw_yr"] = [known.get(key, np.nan) for key in keys]
    return _behind_supply(sites.reset_index(), groups)


def _behind_supply(sites: pd.DataFrame, groups: Any) -> pd.DataFrame:
    """Where the system is short, what holds back its remedies is behind it.

    `build` then frees what the run without yearly limits powers beyond the run with them; nothing,
    where lead times alone hold them back.
    """
    more = (groups["unlimited_mw"].sum() - groups["remedies_mw"].sum()).clip(lower=0.0)
    waits = sites["verdict"].isin([explain.LATE, explain.NEVER]) & (sites["cause"] == "supply")
    freed = sites["site"].map(more).fillna(0.0).astype(float)
    return sites.assign(
        next_cause=sites["next_cause"].mask(waits, "build"),
        next_mw=sites["next_mw"].astype(float).mask(waits, freed),
        next_quarters=sites["next_quarters"].astype(float).mask(waits, np.nan),
    )


def _ramps(plan: pipeline.Plan, runs: dict[str, Solution]) -> pd.DataFrame:
    """Promised and powered megawatts by site and period, with what runs already."""
    numbers = demand.numbered(plan.case.periods)
    base = plan.sites.set_index("site")["operating_mw"]
    steps = plan.steps
    frames = []
    for period, number in numbers.items():
        due = steps[steps["target"] <= number].groupby("site")["mw"].sum()
        frames.append(pd.DataFrame({"promised_mw": due}).assign(period=period).reset_index())
    table = pd.concat(frames, ignore_index=True)
    for name, column in (("plain", "powered_mw"), ("remedies", "with_remedies_mw")):
        got = runs[name].served.groupby(["site", "period"])["served_mw"].sum().rename(column)
        table = table.join(got, on=["site", "period"])
    columns = ["promised_mw", "powered_mw", "with_remedies_mw"]
    table[columns] = table[columns].fillna(0.0).add(table["site"].map(base).fillna(0.0), axis=0)
    return table[RAMP]


def _built(case: Case, options: pd.DataFrame, remedied: Solution, alone: Solution) -> pd.DataFrame:
    """List what is decided, with start, megawatts and cost."""
    table = _last(remedied).join(_last(alone)["mw"].rename("native_mw"))
    table["native_mw"] = table["native_mw"].fillna(0.0)
    known = options.set_index("option")
    rows = table.join(
        known[
            [
                "remedy",
                "kind",
                "region",
                "site",
                "from_region",
                "to_region",
                "first_date",
                "usd_per_mw",
                "usd_per_mw_yr",
                "confidence",
            ]
        ]
    )
    rows["usd"] = (rows["mw"] * rows["usd_per_mw"]).round(2)
    rows["usd_yr"] = (rows["mw"] * rows["usd_per_mw_yr"]).round(2)
    rows["decide_by"] = pd.Timestamp(case.assumptions.as_of)
    return rows.reset_index().sort_values(
        ["usd_yr", "option"], ascending=[False, True], ignore_index=True
    )


def _last(solution: Solution) -> pd.DataFrame:
    rows = solution.built
    first = rows.drop_duplicates("option").set_index("option")["period"].rename("start")
    return rows.groupby("option")["built_mw"].max().rename("mw").to_frame().join(first)


def _flexible(case: Case, solution: Solution) -> pd.DataFrame:
    """Hours and energy in which flexible sites give way, by pool and period."""
    pools = case.regions.set_index("region")["pool"]
    rows = solution.give.assign(pool=solution.give["region"].map(pools))
    rows = rows.groupby(["pool", "period"])["give_mw"].sum().reset_index()
    need = solution.regions.assign(pool=solution.regions["region"].map(pools))
    need = need.groupby(["pool", "period"])["requirement_mw"].sum()
    seasons = case.periods.set_index("period")["season"]
    found = []
    for row in rows.itertuples():
        curve = case.load_duration
        curve = curve[(curve["area"] == row.pool) & (curve["season"] == seasons[row.period])]
        curve = curve.sort_values("hours")
        drop = row.give_mw / need[row.pool, row.period]
        found.append(
            _hours(curve["hours"].to_numpy(), curve["drop_fraction"].to_numpy(), drop, row.give_mw)
        )
    hours = pd.DataFrame(found, columns=["hours", "mwh"], index=rows.index)
    return rows.join(hours)


def _hours(hours: np.ndarray, drops: np.ndarray, drop: float, mw: float) -> tuple[float, float]:
    """Hours in which load is within the drop, and the area between curve and drop [MWh]."""
    if not len(hours) or drop <= 0:
        return 0.0, 0.0
    end = float(np.interp(drop, drops, hours))
    grid = np.linspace(0.0, end, 201)
    gap = 1 - np.interp(grid, hours, drops) / drop
    return end, float(np.trapezoid(np.clip(gap, 0, None), grid) * mw)
