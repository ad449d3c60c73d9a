"""Why a site is late: verdicts, binding limits, bottlenecks, and sites that cannot be assessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from planner import demand
from planner.schema import CONFIDENCE

if TYPE_CHECKING:
    from planner.case import Case
    from planner.horizon import Solution

ON_TIME: Final = "on time"
LATE: Final = "late"
NEVER: Final = "not before the horizon"
UNASSESSED: Final = "not assessable"
VERDICTS: Final = (ON_TIME, LATE, NEVER, UNASSESSED)
TOLERANCE_MW: Final = 1e-3
UNNAMED_YEARS: Final = 4
SMALLEST_UNNAMED_MW: Final = 50.0
MEGAWATTS: Final = ["asked_mw", "on_time_mw", "late_mw", "by_horizon_mw"]


def verdicts(case: Case, asked: pd.DataFrame, solution: Solution) -> pd.DataFrame:
    """Judge each step.

    Returns
    -------
    pd.DataFrame
        The columns of `demand.steps` and: `target_period`, `served_mw` (on the target date),
        `late_mw`, `verdict`, `earliest_period`, `cause`, `freed_mw`, `next_cause`,
        `delivery_tested`, `confidence`.
    """
    numbers = demand.numbered(case.periods)
    rows = asked[asked["target"] <= numbers.iloc[-1]].copy()
    at = rows["target"].clip(lower=numbers.iloc[0]).astype(int) - int(numbers.iloc[0])
    rows["target_period"] = numbers.index[at]
    got = powered(solution, numbers, rows)
    rows["served_mw"] = got[np.arange(len(rows)), at]
    missed = rows["target"] < numbers.iloc[0]
    rows["served_mw"] = rows["served_mw"].where(~missed, 0.0)
    rows["late_mw"] = (rows["mw"] - rows["served_mw"]).round(6).clip(lower=0.0)
    rows["earliest_period"] = earliest(got, rows["mw"].to_numpy(), numbers)
    rows["verdict"] = np.select(
        [rows["late_mw"] <= TOLERANCE_MW, rows["earliest_period"].notna()], [ON_TIME, LATE], NEVER
    )
    rows = _causes(rows, solution, missed)
    tested = set(case.delivery.loc[case.delivery["quantity"] == "import_limit", "pocket"])
    rows["delivery_tested"] = rows["pocket"].isin(tested)
    rows["confidence"] = _weakest(rows, case)
    return rows


def powered(solution: Solution, numbers: pd.Series, rows: pd.DataFrame) -> np.ndarray:
    """Return powered megawatts, steps by periods."""
    served = solution.served
    step = pd.Index(rows["step"]).get_indexer(served["step"])
    period = numbers.index.get_indexer(served["period"])
    got = np.zeros((len(rows), len(numbers)))
    here = (step >= 0) & (period >= 0)
    got[step[here], period[here]] = served["served_mw"][here]
    return got


def earliest(got: np.ndarray, mw: np.ndarray, numbers: pd.Series) -> list[str | None]:
    """Return the first period in which each step has its megawatts, if there is one."""
    full = got >= mw[:, None] - TOLERANCE_MW
    names = list(numbers.index)
    return [names[row.argmax()] if row.any() else None for row in full]


def _causes(rows: pd.DataFrame, solution: Solution, missed: pd.Series) -> pd.DataFrame:
    """Name the limit whose lifting frees most, and the one behind it."""
    freed = solution.freed.pivot_table(index="step", columns="lifted", values="mw", aggfunc="first")
    freed = freed.reindex(index=rows["step"], columns=list(LIFTED)).fillna(0.0)
    freed.index = rows.index
    late = rows["verdict"] != ON_TIME
    waiting = rows["on_grid"] & (rows["ready"] > rows["target"])
    alone = _largest(freed[["delivery", "import"]])
    behind = freed[["connection+delivery", "connection+import"]].sub(freed["connection"], axis=0)
    behind.columns = ["delivery", "import"]
    full = freed["connection"] >= rows["late_mw"] - TOLERANCE_MW
    second = _largest(behind).where(~full, "")
    cause = np.select([~late, ~rows["on_grid"], waiting], ["", "onsite", "connection"], alone)
    after = np.select([~late | ~rows["on_grid"], waiting], ["", second], "")
    gain = np.select(
        [~late, waiting, alone == "delivery", alone == "import"],
        [0.0, freed["connection"], freed["delivery"], freed["import"]],
        0.0,
    )
    cause = np.where(
        missed & late & ~waiting & (rows["earliest_period"] == rows["target_period"]),
        "build",
        cause,
    )
    return rows.assign(cause=cause, freed_mw=gain, next_cause=after)


LIFTED: Final = ("connection", "delivery", "import", "connection+delivery", "connection+import")


def _largest(gains: pd.DataFrame) -> pd.Series:
    """Name the column with the largest gain; where none gains, the system is short."""
    names = gains.idxmax(axis=1)
    return names.where(gains.max(axis=1) > TOLERANCE_MW, "supply")


def _weakest(rows: pd.DataFrame, case: Case) -> pd.Series:
    """Take the weakest confidence of the site, its steps, its load forecast and its rule."""
    rank = {name: place for place, name in enumerate(CONFIDENCE)}
    load = case.load[case.load["scenario"] == case.assumptions.load_scenario]
    site = rows["site"].map(case.sites.set_index("site")["confidence"]).map(rank)
    region = rows["region"].map(
        load.assign(r=load["confidence"].map(rank)).groupby("region")["r"].max()
    )
    rules = case.connection.assign(
        name=lambda t: t["rule"] + ":" + t["area"] + ":" + t["begins_on"].dt.strftime("%Y-%m-%d")
    )
    rule = rows["rule"].map(rules.set_index("name")["confidence"]).map(rank).fillna(0)
    used = rule.where(rows["cause"] == "connection", 0)
    worst = pd.concat([site, region, used], axis=1).max(axis=1)
    return worst.fillna(2).astype(int).map(dict(enumerate(CONFIDENCE)))


def by_site(
    case: Case,
    placed: pd.DataFrame,
    asked: pd.DataFrame,
    steps: pd.DataFrame,
    solution: Solution,
) -> pd.DataFrame:
    """Judge each site by its steps; say why a site cannot be assessed.

    Returns
    -------
    pd.DataFrame
        One row a site: facts of the site, `region`, `pocket`, `asked_mw`, `on_time_mw`,
        `late_mw`, `by_horizon_mw`, `verdict`, `target_period`, `earliest_period`, `cause`,
        `next_cause`, `undated_mw`, `reason`.
    """
    facts = ["site", "name", "program", "operator", "country", "state", "lat", "lon", "status"]
    rows = case.sites[[*facts, "confidence"]].merge(placed, on="site")
    totals = demand.totals(case)[["site", "operating_mw", "rest_mw", "total_mw"]]
    rows = rows.merge(totals, on="site").merge(_summed(steps, solution), on="site", how="left")
    rows["reason"] = _reasons(case, rows, asked)
    rows["verdict"] = rows["verdict"].where(rows["reason"] == "", UNASSESSED)
    blank = rows["verdict"] == UNASSESSED
    rows[MEGAWATTS] = rows[MEGAWATTS].astype(float).fillna(0.0)
    rows[["cause", "next_cause"]] = rows[["cause", "next_cause"]].fillna("").mask(blank, "")
    weakest = rows.pop("confidence_step")
    rows["confidence"] = weakest.fillna(rows["confidence"])
    return rows.sort_values("site", ignore_index=True)


def _summed(steps: pd.DataFrame, solution: Solution) -> pd.DataFrame:
    final = solution.served.drop_duplicates("step", keep="last").set_index("step")["served_mw"]
    steps = steps.assign(final=steps["step"].map(final).fillna(0.0))
    order = {name: place for place, name in enumerate(VERDICTS)}
    rank = {name: place for place, name in enumerate(CONFIDENCE)}
    steps = steps.assign(
        worst=steps["verdict"].map(order),
        doubt=steps["confidence"].map(rank),
        weight=steps["late_mw"] - 1e-9 * steps["target"],
    )
    groups = steps.groupby("site")
    ordered = steps.sort_values("target_period").set_index("site")["target_period"]
    held = steps.sort_values("weight", ascending=False).drop_duplicates("site").set_index("site")
    table = pd.DataFrame(
        {
            "asked_mw": groups["mw"].sum(),
            "on_time_mw": groups["served_mw"].sum(),
            "late_mw": groups["late_mw"].sum(),
            "by_horizon_mw": groups["final"].sum(),
            "first_period": ordered[~ordered.index.duplicated()],
            "target_period": ordered[~ordered.index.duplicated(keep="last")],
            "earliest_period": groups["earliest_period"].agg(last),
            "verdict": groups["worst"].max().map(dict(enumerate(VERDICTS))),
            "confidence_step": groups["doubt"].max().map(dict(enumerate(CONFIDENCE))),
            "cause": held["cause"],
            "next_cause": held["next_cause"],
            "delivery_tested": held["delivery_tested"],
        }
    )
    return table.reset_index()


def last(periods: pd.Series) -> str | None:
    """Return the latest of some periods; none if one is missing."""
    return None if periods.isna().any() else max(periods, key=sorted_period)


def sorted_period(period: str) -> tuple[str, bool]:
    """Sort key of a period: winter of a year is before its summer."""
    year, season = period.split("-")
    return year, season == "summer"


def _reasons(case: Case, rows: pd.DataFrame, asked: pd.DataFrame) -> pd.Series:
    """Why a site is not assessed; the first reason that holds."""
    sites = case.sites.set_index("site").loc[rows["site"]].reset_index()
    dated = rows["verdict"].notna()
    held = sites["mw_quality"].isin(["ceiling", "register", "derived"]) | (
        (sites["confidence"] == "low") & sites["mw_quality"].notna()
    )
    never = sites["grid_connection"].isin(demand.OFF_GRID)
    powered = (
        (rows["operating_mw"] > 0)
        & (rows["rest_mw"] < demand.SMALLEST_MW)
        & rows["total_mw"].notna()
    )
    plants = demand.own_plant(case, rows[["site", "region"]])["site"]
    conditions = {
        "cancelled": rows["status"] == "cancelled",
        "paused": rows["status"] == "paused",
        "outside the grids loaded": rows["region"].isna(),
        "own plant without megawatts or date": never & dated & ~rows["site"].isin(plants),
        "": dated,
        "due after the horizon": rows["site"].isin(asked["site"]),
        "already powered": powered | ((rows["status"] == "operating") & ~dated),
        "no megawatts published": sites["facility_mw"].isna() & sites["it_mw"].isna(),
        "megawatts only a ceiling, register or low-confidence figure": held,
        "no date published": ~dated,
    }
    return pd.Series(np.select(list(conditions.values()), list(conditions), ""), index=rows.index)


def balance(case: Case, loads: pd.DataFrame, solution: Solution) -> pd.DataFrame:
    """Lay out requirement, supply, imports and headroom by region and period.

    Returns
    -------
    pd.DataFrame
        `region`, `pool`, `period`, `forecast_mw`, `native_mw`, `requirement_mw`, `supply_mw`,
        `headroom_mw` (supply less requirement, before sites and imports), `net_import_mw`,
        `shortage_mw`, `sites_mw`, `unnamed_mw`, `unnamed_asked_mw`.
    """
    rows = solution.regions.merge(
        loads[["forecast_mw", "datacenter_growth_mw", "energised_mw", "native_mw"]].reset_index(),
        on=["region", "period"],
    )
    rows["headroom_mw"] = rows["supply_mw"] - rows["requirement_mw"]
    return rows.merge(case.regions[["region", "pool", "grid", "name"]], on="region")


def bottlenecks(case: Case, steps: pd.DataFrame, solution: Solution) -> pd.DataFrame:
    """Rank areas by the megawatts that they hold up on the target dates.

    Datacenters of an operator's forecast that no named site stands for are counted beside the
    named ones, as they stand four years ahead.

    Returns
    -------
    pd.DataFrame
        `area` (pocket or region), `region`, `cause`, `held_up_mw`, `sites`, `first_period`,
        `unnamed_mw` (forecast datacenters without power, in the row of the region with the most
        held up), largest sum first.
    """
    late = steps[steps["late_mw"] > TOLERANCE_MW]
    late = late.assign(area=late["pocket"].fillna(late["region"]).astype(str))
    groups = late.groupby(["area", "region", "cause"])
    table = groups.agg(
        held_up_mw=("late_mw", "sum"),
        sites=("site", "nunique"),
        first_period=("target_period", lambda p: min(p, key=sorted_period)),
    ).reset_index()
    table = _with_unnamed(table, _unnamed(case, solution))
    order = table["held_up_mw"] + table["unnamed_mw"]
    table = table.assign(order=order).sort_values(
        ["order", "area", "cause"], ascending=[False, True, True], ignore_index=True
    )
    return table.drop(columns="order")


def held_up_by_year(steps: pd.DataFrame) -> pd.DataFrame:
    """Add up the megawatts that each area holds up, by the year of their target period.

    Returns
    -------
    pd.DataFrame
        `area`, `region`, `cause`, `year`, `held_up_mw`.
    """
    late = steps[steps["late_mw"] > TOLERANCE_MW]
    late = late.assign(
        area=late["pocket"].fillna(late["region"]).astype(str),
        year=late["target_period"].astype(str).str.slice(0, 4).astype(int),
    )
    keys = ["area", "region", "cause", "year"]
    return late.groupby(keys)["late_mw"].sum().rename("held_up_mw").reset_index()


def _unnamed(case: Case, solution: Solution) -> pd.Series:
    """Forecast datacenters without power four years ahead, by region."""
    periods = list(case.periods["period"])
    period = periods[min(2 * UNNAMED_YEARS - 1, len(periods) - 1)]
    rows = solution.regions[solution.regions["period"] == period].set_index("region")
    left = rows["unnamed_asked_mw"] - rows["unnamed_mw"]
    return left[left > SMALLEST_UNNAMED_MW]


def _with_unnamed(table: pd.DataFrame, unnamed: pd.Series) -> pd.DataFrame:
    first = table.sort_values("held_up_mw", ascending=False).drop_duplicates("region").index
    mine = table["region"].map(unnamed).where(table.index.isin(first), 0.0).fillna(0.0)
    alone = unnamed[~unnamed.index.isin(table["region"])]
    extra = pd.DataFrame(
        {
            "area": alone.index,
            "region": alone.index,
            "cause": "supply",
            "held_up_mw": 0.0,
            "sites": 0,
            "first_period": None,
            "unnamed_mw": alone.to_numpy(),
        }
    )
    table = table.assign(unnamed_mw=mine.astype(float))
    return pd.concat([table, extra], ignore_index=True) if len(extra) else table
