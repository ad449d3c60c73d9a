"""Load of the Indian states at the evening peak of all India, measured and forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from planner.sources import india_read as read

if TYPE_CHECKING:
    from pathlib import Path

YEARS: Final = range(2025, 2038)
ACTUAL_YEARS: Final = ("FY2025-26", "FY2024-25")
TREND_YEARS: Final = ("FY2018-19", "FY2025-26")
FIRST_ANCHOR: Final = "Ministry of Power expectation"
LAST_ANCHOR: Final = "National Generation Adequacy Plan"
STATE_PLAN: Final = "CEA resource adequacy plan"
NEW_LOAD: Final = ("actual", "forecast")
SCENARIOS: Final = {"official": "ngap-2026", "derived": "iced-peaks-2026"}
MEASURED_BY: Final = {"summer": "psp-2026", "winter": "psp-2025"}


def load(folder: Path) -> pd.DataFrame:
    """Divide the evening peak of all India among the states, by year, season and scenario.

    The stress hour is the evening, when the sun is gone; the requirement is the demand met and
    the shortage reported. Winter of a year follows the summer before it. `official` grows from
    the ministry's peak of FY2026-27 to that of the National Generation Adequacy Plan;
    `derived` grows as measured peaks did, and adds no named datacenters.
    """
    frames = [_scenario(folder, name) for name in SCENARIOS]
    rows = pd.concat(frames, ignore_index=True)
    rows["known_on"] = read.curated("evening_groups")["known_on"].max()
    return rows


def _scenario(folder: Path, scenario: str) -> pd.DataFrame:
    frames = [_states(folder, scenario, year, season) for year in YEARS for season in read.SEASONS]
    return pd.concat(frames, ignore_index=True)


def _states(folder: Path, scenario: str, year: int, season: str) -> pd.DataFrame:
    """Divide one season: datacenters to where they are announced, plans as published, the rest."""
    fiscal = year if season == "summer" else year - 1
    total, measured = national(folder, scenario, year, season)
    base = _base(folder, season)
    shares = base / base.sum()
    centers = pd.Series(0.0, index=base.index)
    plans = pd.Series(dtype=float)
    if scenario == "official" and not measured:
        centers += datacenter_growth(folder, fiscal) * announced(folder).reindex(
            base.index, fill_value=0.0
        )
        plans = base * _last_summer(season) * _plan_growth(folder, fiscal)
        plans = plans.dropna()
    others = shares.drop(plans.index)
    rest = total - plans.sum() - centers.drop(plans.index).sum()
    mainland = pd.concat([plans, centers.drop(plans.index) + rest * others / others.sum()])
    peaks = pd.concat([mainland, _islands(folder) * total / _latest(season)])
    rows = peaks.rename("peak_mw").rename_axis("region").reset_index()
    rows["datacenter_growth_mw"] = rows["region"].map(centers).fillna(0.0)
    return rows.assign(
        scenario=scenario,
        year=year,
        season=season,
        source=MEASURED_BY[season] if measured else SCENARIOS[scenario],
        confidence="medium" if measured else "low",
    )


# --- all India -----------------------------------------------------------------------------------


def national(folder: Path, scenario: str, year: int, season: str) -> tuple[float, bool]:
    """Return the evening requirement of all India [MW], and whether it was measured."""
    seen = _measured()
    if (year, season) in seen.index:
        return float(seen[year, season]), True
    if season == "winter":
        summer, _ = national(folder, scenario, year - 1, "summer")
        return summer * _winter_share(), False
    last = max(measured for measured, name in seen.index if name == "summer")
    growth = _growth(folder, scenario) ** (year - last)
    return float(seen[last, "summer"]) * growth, False


def _measured() -> pd.Series:
    rows = read.curated("evening_peaks", "year", "demand_met_mw", "shortage_mw")
    asked = rows["demand_met_mw"] + rows["shortage_mw"]
    return pd.Series(asked.to_numpy(), index=pd.MultiIndex.from_frame(rows[["year", "season"]]))


def _latest(season: str) -> float:
    seen = _measured().xs(season, level="season")
    return float(seen[seen.index.max()])


def _winter_share() -> float:
    """Mean of winter's evening peak over that of the summer before it."""
    seen = _measured()
    winter, summer = (seen.xs(season, level="season") for season in read.SEASONS)
    before = summer.rename(lambda year: year + 1)
    return float((winter / before).mean())


def _last_summer(season: str) -> float:
    """Bring the measured base of a season to the summer or winter of the latest fiscal year."""
    return _latest("summer") * _winter_share() / _latest("winter") if season == "winter" else 1.0


def _growth(folder: Path, scenario: str) -> float:
    """Yearly growth of the all-India peak: of the official plan, or as measured."""
    demand = read.reference(folder, "demand")
    rows = demand[(demand["zone_id"] == read.NATION) & demand["peak_mw"].notna()]
    if scenario == "official":
        first = rows[rows["scenario"] == FIRST_ANCHOR].iloc[0]
        last = rows[rows["scenario"] == LAST_ANCHOR].sort_values("year").iloc[-1]
    else:
        first, last = (rows[rows["period"] == name].iloc[0] for name in TREND_YEARS)
    return float((last["peak_mw"] / first["peak_mw"]) ** (1 / (last["year"] - first["year"])))


# --- states --------------------------------------------------------------------------------------


def _base(folder: Path, season: str) -> pd.Series:
    """Load of mainland states on the measured evening of a season [MW].

    The demand of each regional grid at 20:00, on the ten evenings of highest requirement, is
    divided by the states' own peaks and brought to the requirement of the worst evening.
    """
    evening = read.curated("evening_groups", "mw")
    evening = evening[evening["season"] == season].set_index("group")["mw"]
    peaks = state_peaks(folder)
    group = peaks.index.map(read.groups(folder))
    within = peaks / peaks.groupby(group).transform("sum")
    mw = within * pd.Series(group.map(evening), index=peaks.index, dtype=float)
    return (mw * _latest(season) / mw.sum()).dropna()


def _islands(folder: Path) -> pd.Series:
    """Peaks of states that no regional grid serves [MW]."""
    peaks = state_peaks(folder)
    served = set(read.curated("evening_groups")["group"])
    return peaks[~peaks.index.map(read.groups(folder)).isin(served)]


def state_peaks(folder: Path) -> pd.Series:
    """Return the yearly peak of each state [MW]: the latest measured, corrected and completed."""
    demand = read.reference(folder, "demand")
    rows = demand[demand["kind"].eq("actual") & demand["season"].eq("annual")]
    rows = rows[rows["zone_id"].isin(read.states(folder)["zone_id"])]
    wide = rows.pivot_table(index="zone_id", columns="period", values="peak_mw", aggfunc="first")
    first, second = ACTUAL_YEARS
    peaks = wide[first].fillna(wide[second])
    own = read.curated("state_peaks", "peak_mw")
    instead = own[own["use"] == "instead"].set_index("region")["peak_mw"]
    added = own[own["use"] == "added"].groupby("region")["peak_mw"].sum()
    peaks = instead.combine_first(peaks)
    return peaks.add(added, fill_value=0.0).astype(float).sort_index()


def _plan_growth(folder: Path, fiscal: int) -> pd.Series:
    """Growth since the latest measured summer of states with a published plan."""
    demand = read.reference(folder, "demand")
    rows = demand[demand["scenario"].eq(STATE_PLAN) & demand["peak_mw"].notna()]
    rows = rows[rows["zone_id"].isin(read.states(folder)["zone_id"])].sort_values("year")
    base = int(_measured().xs("summer", level="season").index.max())
    return pd.Series(
        {
            zone: _at(plan, fiscal) / _at(plan, base)
            for zone, plan in rows.groupby("zone_id")[["year", "peak_mw"]]
        },
        dtype=float,
    )


def _at(plan: pd.DataFrame, year: int) -> float:
    """Read a plan in a year; between its years and after the last it grows by a fixed rate."""
    years, logs = plan["year"].to_numpy(float), np.log(plan["peak_mw"].to_numpy(float))
    if year <= years[-1]:
        return float(np.exp(np.interp(year, years, logs)))
    slope = (logs[-1] - logs[-2]) / (years[-1] - years[-2])
    return float(np.exp(logs[-1] + slope * (year - years[-1])))


# --- datacenters ---------------------------------------------------------------------------------


def datacenter_growth(folder: Path, fiscal: int) -> float:
    """Datacenters that all India adds after the latest measured summer [MW].

    Between the published years the load grows by a fixed rate.
    """
    rows = read.reference(folder, "datacenter_load")
    rows = rows[(rows["zone_id"] == read.NATION) & rows["kind"].isin(NEW_LOAD) & rows["mw"].notna()]
    rows = rows[rows["source"].str.contains("CEA advisory|Rajya Sabha")]
    path = rows.groupby("year", as_index=False)["mw"].max().rename(columns={"mw": "peak_mw"})
    base = int(_measured().xs("summer", level="season").index.max())
    return max(0.0, _at(path, fiscal) - _at(path, base))


def announced(folder: Path) -> pd.Series:
    """Share of each state in the megawatts of announced Indian sites."""
    sites = pd.read_csv(folder / "projects" / "projects.csv")
    sites = sites[(sites["iso2"] == read.NATION) & ~sites["status"].isin(["cancelled", "paused"])]
    zones = read.states(folder).set_index("name")["zone_id"]
    mw = sites["facility_mw"].fillna(sites["it_mw"]).fillna(0.0)
    by_state = mw.groupby(sites["state"].map(zones)).sum()
    return by_state / by_state.sum()
