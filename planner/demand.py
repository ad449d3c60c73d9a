"""Megawatts asked: native load, the dated steps of the sites, and unnamed datacenters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import supply
from planner.case import half_year
from planner.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case import Case

USABLE: Final = ("contract_or_permit", "estimate", "announced")
COMMITTED: Final = ("under_construction", "partially_operating", "operating")
SECURED: Final = (*COMMITTED, "permitted")
OFF_GRID: Final = ("own_generation", "islanded")
WEATHER: Final = ("solar", "wind")
LEVELS: Final = ("grid", "pool", "region", "pocket")
OUTCOME: Final = ("realised_fraction", "delay_days")
SMALLEST_MW: Final = 1.0
NEVER: Final = 1e6


def native(case: Case, placed: pd.DataFrame) -> pd.DataFrame:
    """Load before any announced site, and what it requires.

    The forecast less the datacenters it adds since the base year, plus the named sites that
    were powered since then: measured load holds what ran before.

    Returns
    -------
    pd.DataFrame
        By (region, period): `forecast_mw`, `datacenter_growth_mw`, `energised_mw`, `native_mw`,
        `reserve_margin`, `requirement_mw`.
    """
    rows = _forecast(case)
    powered = energised(case, placed)
    rows["energised_mw"] = rows["region"].map(powered).fillna(0.0)
    added = rows[["datacenter_growth_mw", "energised_mw"]]
    rows["native_mw"] = rows["forecast_mw"] - added["datacenter_growth_mw"] + added["energised_mw"]
    rows["requirement_mw"] = rows["native_mw"] * (1 + rows["reserve_margin"])
    return rows.set_index(["region", "period"]).sort_index()


def _forecast(case: Case) -> pd.DataFrame:
    load = case.load[case.load["scenario"] == case.assumptions.load_scenario]
    rows = supply.in_force(load, case.periods, "region")
    rows = rows.rename(columns={"peak_mw": "forecast_mw"}).merge(
        case.regions[["region", "pool"]], on="region"
    )
    margins = supply.in_force(case.requirements, case.periods, "pool")
    _check_margins(rows, margins, case)
    rows = rows.merge(margins[["pool", "period", "reserve_margin"]], on=["pool", "period"])
    columns = ["forecast_mw", "datacenter_growth_mw", "reserve_margin"]
    rows = rows[["region", "period", "known_on", *columns]]
    return rows.astype(dict.fromkeys(columns, float))


def _check_margins(rows: pd.DataFrame, margins: pd.DataFrame, case: Case) -> None:
    """Refuse a pool with load and without a requirement: it would drop out of the balance."""
    known = set(zip(margins["pool"], margins["period"], strict=True))
    pairs = rows[["pool", "season", "period"]].drop_duplicates()
    missing = pairs[
        [pair not in known for pair in zip(pairs["pool"], pairs["period"], strict=True)]
    ]
    problems = [
        f"requirements.csv: no reserve margin of pool {row.pool} in {row.season} was known on"
        f" {case.assumptions.as_of}; choose a later as-of date or add a row."
        for row in missing[["pool", "season"]].drop_duplicates().itertuples()
    ]
    if problems:
        raise DataError(problems)


def energised(case: Case, placed: pd.DataFrame) -> pd.Series:
    """Sum megawatts of named sites powered after the base date, by region [MW]."""
    sites = _operating(case).join(placed.set_index("site")["region"], on="site")
    drawn = sites["energised_mw"] * case.assumptions.coincidence
    return drawn.groupby(sites["region"]).sum()


def _operating(case: Case) -> pd.DataFrame:
    sites = case.sites[["site", "status", "operating_mw", "first_power_date"]].copy()
    steps = _phase_megawatts(case)
    steps = steps[steps["status"] == "operational"]
    recent = steps[steps["target_date"] > pd.Timestamp(case.assumptions.base_date)]
    known = sites["site"].map(steps.groupby("site")["mw"].sum())
    sites["operating_mw"] = np.fmax(sites["operating_mw"].fillna(0.0), known.fillna(0.0))
    since = sites["site"].map(recent.groupby("site")["mw"].sum()).fillna(0.0)
    start = sites["first_power_date"]
    late = (start > pd.Timestamp(case.assumptions.base_date)) | (
        start.isna() & (sites["status"] != "operating")
    )
    whole = sites["operating_mw"].where(late, 0.0)
    sites["energised_mw"] = np.fmin(since.where(known.notna(), whole), sites["operating_mw"])
    return sites


def _phase_megawatts(case: Case) -> pd.DataFrame:
    steps = case.phases.copy()
    steps["mw"] = steps["facility_mw"].fillna(steps["it_mw"] * case.assumptions.pue)
    steps["converted"] = steps["facility_mw"].isna() & steps["it_mw"].notna()
    return steps


def steps(case: Case, placed: pd.DataFrame) -> pd.DataFrame:
    """List what each site asks, step by step, under the stance of the case.

    Returns
    -------
    pd.DataFrame
        One row a step, in the order of the queue: `step`, `site`, `phase`, `mw`, `target_date`,
        `basis`, `target` and `ready` (half-years), `ready_date`, `rule`, `region`, `pocket`,
        `on_grid`, `announced_on`, `converted`.
    """
    rows = pd.concat([_dated(case), _remainders(case)], ignore_index=True)
    rows = rows.merge(placed[["site", "region", "pocket"]], on="site")
    columns = ["site", "status", "grid_connection", "mw_quality", "announced_on", "known_on"]
    rows = rows.merge(case.sites[columns], on="site", suffixes=("", "_site"))
    rows = rows[rows["region"].notna() & ~rows["status"].isin(["paused", "cancelled"])]
    rows["on_grid"] = ~rows["grid_connection"].isin(OFF_GRID)
    rows["announced_on"] = rows["announced_on"].fillna(rows["known_on"])
    rows = _drawn(_under_stance(rows, case), case)
    rows["target"] = half_year(rows["target_date"])
    rows = _in_queue(rows[rows["mw"] >= SMALLEST_MW])
    return connected(rows, case)


def _in_queue(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.sort_values(["announced_on", "site", "target_date", "phase"], ignore_index=True)
    number = rows.groupby("site").cumcount() + 1
    return rows.assign(step=rows["site"] + "#" + number.astype(str))


def _dated(case: Case) -> pd.DataFrame:
    """Steps with a date; a third party's estimate gives way to an earlier announced full power."""
    rows = _phase_megawatts(case)
    rows = rows[(rows["status"] != "operational") & rows["target_date"].notna() & (rows["mw"] > 0)]
    promise = case.sites.set_index("site")
    told = promise["full_power_date"].where(~_estimated(promise["date_basis"]))
    announced = pd.Series(told.reindex(rows["site"]).to_numpy(), rows.index)
    moved = (rows["date_basis"] == "estimate") & (announced < rows["target_date"])
    rows = rows.assign(
        target_date=rows["target_date"].where(~moved, announced),
        basis=rows["date_basis"].where(~moved, "announced"),
    )
    return rows[["site", "phase", "mw", "target_date", "basis", "converted"]]


def _estimated(basis: pd.Series) -> pd.Series:
    return basis.fillna("").str.contains("estimate")


def totals(case: Case) -> pd.DataFrame:
    """Split each site's megawatts into operating, dated steps and the rest.

    Returns
    -------
    pd.DataFrame
        One row a site: `total_mw` (usable), `operating_mw`, `stepped_mw`, `rest_mw`, `converted`.
    """
    sites = case.sites
    total = sites["facility_mw"].fillna(sites["it_mw"] * case.assumptions.pue)
    told = sites["mw_quality"].isin(USABLE) & (sites["confidence"] != "low")
    usable = told | (sites["mw_quality"].isna() & total.notna())
    dated = _dated(case).groupby("site")["mw"].sum()
    rows = _operating(case)[["site", "operating_mw"]].assign(
        total_mw=total.where(usable),
        stepped_mw=sites["site"].map(dated).fillna(0.0),
        converted=sites["facility_mw"].isna() & sites["it_mw"].notna(),
    )
    rest = rows["total_mw"] - rows["operating_mw"] - rows["stepped_mw"]
    return rows.assign(rest_mw=rest.clip(lower=0.0).fillna(0.0))


def _remainders(case: Case) -> pd.DataFrame:
    """What the dated steps leave: due at full power, or spread over years after first power."""
    rows = totals(case).merge(
        case.sites[["site", "first_power_date", "full_power_date", "date_basis"]], on="site"
    )
    rows = rows[rows["rest_mw"] >= SMALLEST_MW].rename(columns={"rest_mw": "mw"})
    told = rows["date_basis"].where(~_estimated(rows["date_basis"]), "estimate")
    rows = rows.assign(basis=told.where(told == "estimate", "announced"))
    full = rows[rows["full_power_date"].notna()]
    full = full.assign(phase="full power", target_date=full["full_power_date"])
    begun = rows[rows["full_power_date"].isna() & (rows["stepped_mw"] < SMALLEST_MW)]
    begun = begun[begun["first_power_date"].notna()]
    spread = [_ramp_step(begun, number, case) for number in range(case.assumptions.ramp_years + 1)]
    columns = ["site", "phase", "mw", "target_date", "basis", "converted"]
    return pd.concat([full, *spread], ignore_index=True)[columns]


def _ramp_step(begun: pd.DataFrame, number: int, case: Case) -> pd.DataFrame:
    return begun.assign(
        phase=f"year {number} after first power",
        mw=begun["mw"] / (case.assumptions.ramp_years + 1),
        target_date=begun["first_power_date"] + pd.DateOffset(years=number),
        basis="assumed ramp",
    )


def _under_stance(rows: pd.DataFrame, case: Case) -> pd.DataFrame:
    if case.assumptions.stance == "committed":
        contract = rows["mw_quality"] == "contract_or_permit"
        return rows[rows["status"].isin(COMMITTED) | contract]
    if case.assumptions.stance == "expected":
        known = case.realisation.set_index("status")
        share = rows["status"].map(known["realised_fraction"]).fillna(1.0)
        delay = rows["status"].map(known["delay_days"]).fillna(0.0)
        later = rows["target_date"] + pd.to_timedelta(delay, unit="D")
        return rows.assign(mw=rows["mw"] * share, target_date=later)
    return rows


def _drawn(rows: pd.DataFrame, case: Case) -> pd.DataFrame:
    """Let each phase come out as drawn; rules ask for the campus that was requested."""
    if case.outcomes.empty:
        return rows
    rows = rows[rows["mw"] >= SMALLEST_MW].merge(case.outcomes, on=["site", "phase"], how="left")
    campus = rows.groupby("site")["mw"].transform("sum")
    later = rows["target_date"] + pd.to_timedelta(rows["delay_days"].fillna(0.0), unit="D")
    mw = rows["mw"] * rows["realised_fraction"].fillna(1.0)
    rows = rows.assign(mw=mw, target_date=later, campus_mw=campus)
    return rows.drop(columns=list(OUTCOME))


def connected(rows: pd.DataFrame, case: Case) -> pd.DataFrame:
    """Say from when each step may draw from the grid, and by which rule.

    Adds `ready` (half-year), `ready_date` and `rule` to rows with `site`, `mw`, `region`, `pocket`,
    `status`, `on_grid` and `announced_on`.
    """
    ready = pd.Series(-NEVER, index=rows.index)
    days = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
    rule = pd.Series("", index=rows.index)
    waiting = is_waiting(rows)
    for found in rules_by_level(rows, case):
        lead = found["lead_months"].notna() & waiting
        ready = ready.where(~lead, found["ready"])
        days = days.where(~lead, found["day"])
        rule = rule.where(~lead, found["rule_name"])
        stopped = found["moratorium"].notna() & waiting
        ready = ready.where(~stopped, np.fmax(ready, found["moratorium"].fillna(-NEVER)))
        rule = rule.where(~stopped, found["rule_name"])
    ready = ready.where(rows["on_grid"], NEVER)
    return rows.assign(ready=ready.astype(float), ready_date=days, rule=rule)


def is_waiting(rows: pd.DataFrame) -> pd.Series:
    """Say which steps wait for the connection process of their area."""
    return rows["on_grid"] & ~rows["status"].isin(SECURED)


def rules_by_level(rows: pd.DataFrame, case: Case) -> Iterator[pd.DataFrame]:
    """Find the rule for each step, from the widest area to the nearest, which comes last.

    Yields
    ------
    pd.DataFrame
        One row a step: `lead_months`, `lead_rule`, `ready`, `day`, `moratorium` (first half-year
        after it), `rule_name`; empty where the level has no rule for it.
    """
    pools = case.regions.set_index("region")[["pool", "grid"]]
    areas = rows[["pocket", "region"]].join(pools, on="region")
    whole = rows.groupby("site")["mw"].transform("sum")
    campus = rows.get("campus_mw", whole).to_numpy()
    for level in LEVELS:
        rules = case.connection[case.connection["area_kind"] == level].sort_values("begins_on")
        yield _rules(rows, areas[level].to_numpy(dtype=object), campus, rules)


def _rules(
    rows: pd.DataFrame, areas: np.ndarray, campus: np.ndarray, rules: pd.DataFrame
) -> pd.DataFrame:
    """Find the rule of one level in force on the day of each request."""
    months, stopped = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    day = np.full(len(rows), np.datetime64("NaT", "us"))
    names, leads = np.full(len(rows), "", dtype=object), np.full(len(rows), "", dtype=object)
    announced = rows["announced_on"]
    for rule in rules.itertuples():
        under = (areas == rule.area) & (campus >= np.nan_to_num(rule.threshold_mw))
        if rule.rule == "moratorium":
            end = half_year(pd.Series([rule.ends_on])).fillna(NEVER).iloc[0] + 1
            stopped[under], names[under] = float(end), rule_name(rule)
        elif not np.isnan(rule.lead_months):
            under &= (announced >= rule.begins_on).to_numpy()
            due = announced[under] + pd.DateOffset(months=round(rule.lead_months))
            months[under], day[under] = rule.lead_months, due
            names[under] = leads[under] = rule_name(rule)
    found = pd.DataFrame({"lead_months": months, "ready": np.nan, "moratorium": stopped})
    found = found.assign(rule_name=names, day=day, lead_rule=leads).set_index(rows.index)
    return found.assign(ready=half_year(found["day"]).astype(float))


def rule_name(rule: Any) -> str:
    """Name a row of the table `connection`."""
    return f"{rule.rule}:{rule.area}:{rule.begins_on:%Y-%m-%d}"


def own_plant(case: Case, asked: pd.DataFrame) -> pd.DataFrame:
    """Accredited megawatts of the sites' own plant, from the half-year of its date.

    Returns
    -------
    pd.DataFrame
        `site`, `online` (half-year), `technology`, `mw` (nameplate), `pool`, `alone` (plant of a
        site off the grid that runs when it is asked to: its pool's accreditation does not apply).
    """
    rows = case.onsite[case.onsite["connection"] != "grid"]
    rows = rows[rows["mw"].notna() & rows["online_date"].notna()]
    pools = case.regions.set_index("region")["pool"]
    site = asked.drop_duplicates("site").set_index("site")
    family = case.technologies.set_index("technology")["family"]
    alone = case.sites.loc[case.sites["grid_connection"].isin(OFF_GRID), "site"]
    rows = rows.assign(
        online=half_year(rows["online_date"]),
        pool=rows["site"].map(site["region"]).map(pools),
        alone=rows["site"].isin(alone) & ~rows["technology"].map(family).isin(WEATHER),
    )
    return rows[rows["pool"].notna()][["site", "online", "technology", "mw", "pool", "alone"]]


def unnamed(case: Case, loads: pd.DataFrame, asked: pd.DataFrame) -> pd.Series:
    """Datacenters of the forecasts that no named site stands for, by (region, period) [MW]."""
    periods = case.periods
    growth = loads["datacenter_growth_mw"].unstack()[list(periods["period"])]
    if not case.assumptions.unnamed_datacenters:
        return (growth * 0.0).stack()
    powered = loads["energised_mw"].unstack()[list(periods["period"])]
    named = _asked_by(case, asked).reindex(index=growth.index, columns=growth.columns).fillna(0.0)
    return (growth - powered - named).clip(lower=0.0).stack()


def _asked_by(case: Case, asked: pd.DataFrame) -> pd.DataFrame:
    """Cumulative megawatts asked by named sites on the grid, region by period."""
    numbers = numbered(case.periods)
    rows = asked[asked["on_grid"]]
    period, step = np.nonzero(rows["target"].to_numpy(float) <= numbers.to_numpy()[:, None])
    due = rows[["region", "mw"]].take(step).assign(period=numbers.index.take(period))
    sums = due.groupby(["region", "period"])["mw"].sum().unstack()
    return sums * case.assumptions.coincidence


def numbered(periods: pd.DataFrame) -> pd.Series:
    """Number periods as half-years, like :func:`planner.case.half_year`."""
    number = 2 * periods["year"] + (periods["season"] == "summer")
    return pd.Series(number.to_numpy(), index=periods["period"])
