"""The operators' own load forecasts, laid over the labelled regions of their pools."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.sources import us_read

if TYPE_CHECKING:
    from pathlib import Path

HOURS: Final = 8760
BASE_YEAR: Final = 2024
LAST_YEAR: Final = 2037
SEASONS: Final = ("summer", "winter")
PJM_SOURCE: Final = "pjm-load-2026-b9"
PJM_EARLIER: Final = "pjm-load-2025"
SOURCES: Final = {
    "PJM": PJM_SOURCE,
    "ERCOT": "load-ercot-official",
    "MISO": "load-miso-official",
    "SPP": "load-spp-official",
}
GEORGIA: Final = "SERTP-GA"
GEORGIA_SOURCE: Final = "load-georgia-official"


def official_path(folder: Path, derived: pd.DataFrame) -> pd.DataFrame:
    """Return the derived path with the pools of forecasting operators on their own totals.

    The total of a pool follows the operator's total relative to the operator's own measured peak
    of 2024, so load that the labels hold besides the operator's members grows alike. Datacenters
    are the operator's own where published. The rest grows in the proportions of the derived path.
    """
    rows = us_read.reference(folder, "load_forecast_by_area")
    actual = actual_peaks(folder)
    data = datacenters(folder, rows, derived)
    parts = [derived[~derived["pool"].isin(SOURCES)]]
    for pool, source in SOURCES.items():
        path = derived[derived["pool"] == pool]
        rows_of = path.set_index(["region", "year"]).index
        path = path.assign(dc_mw=data[pool].reindex(rows_of).to_numpy())
        ratio = totals(folder, rows, pool, path).div(actual[pool], axis=0)
        parts.append(scaled(path, ratio).assign(source=source))
    earlier = earlier_pjm(rows, parts[1], actual["PJM"])
    return georgia(pd.concat([*parts, earlier], ignore_index=True), rows)


def earlier_pjm(rows: pd.DataFrame, path: pd.DataFrame, actual: pd.Series) -> pd.DataFrame:
    """Return PJM's path as of its forecast of 2025: native load as now, more datacenters.

    The report of 2026 lowered the near years because large loads were vetted harder, so the
    difference between the two is put on the datacenters, in the proportions of the newer table.
    """
    summer = series(rows, "PJM RTO", "summer_peak", "LTRA 2025") | curated_years(
        "pjm_summer_peak_2025"
    )
    winter = series(rows, "PJM RTO", "winter_peak", "LTRA 2025")
    total = {"summer": summer, "winter": winter}
    ratio = pd.DataFrame({s: yearly(actual[s], total[s]) / actual[s] for s in SEASONS}).T
    sums = wanted(path, ratio)
    factor = (sums["wanted_mw"] - sums["native_mw"]) / sums["dc_mw"]
    later = path[path["year"] > BASE_YEAR].join(factor.rename("factor"), on=["season", "year"])
    later["dc_mw"] = later["dc_mw"] * later["factor"].clip(lower=0.0)
    return later.drop(columns="factor").assign(source=PJM_EARLIER)


def actual_peaks(folder: Path) -> pd.DataFrame:
    """Return each operator's measured peak of 2024 by season and operator [MW]."""
    rows = us_read.reference(folder, "load_peaks_by_demand_area")
    rows = rows[(rows["area_kind"] == "region") & (rows["year"] == BASE_YEAR)].set_index("area")
    columns = {f"{season}_peak_mw": season for season in SEASONS}
    return rows[list(columns)].rename(columns=columns).T


def scaled(path: pd.DataFrame, ratio: pd.DataFrame) -> pd.DataFrame:
    """Scale native load so that the pool's total is its base times the operator's ratio."""
    sums = wanted(path, ratio)
    factor = ((sums["wanted_mw"] - sums["dc_mw"]) / sums["native_mw"]).rename("factor")
    joined = path.join(factor, on=["season", "year"])
    joined["native_mw"] *= joined["factor"].mask(joined["year"] == BASE_YEAR, 1.0)
    return joined.drop(columns="factor")


def wanted(path: pd.DataFrame, ratio: pd.DataFrame) -> pd.DataFrame:
    """Return native load, datacenters and the wanted total of a pool by season and year."""
    start = path[path["year"] == BASE_YEAR].groupby("season")["native_mw"].sum()
    sums = path.groupby(["season", "year"])[["native_mw", "dc_mw"]].sum()
    total = [start[season] * ratio.loc[season, year] for season, year in sums.index]
    return sums.assign(wanted_mw=total)


def totals(folder: Path, rows: pd.DataFrame, pool: str, path: pd.DataFrame) -> pd.DataFrame:
    """Return the operator's total peak by season and year [MW]."""
    actual = actual_peaks(folder)[pool]
    if pool == "PJM":
        both = {
            season: series(rows, "PJM RTO", f"{season}_peak", "base")
            | curated_years(f"pjm_{season}_peak")
            for season in SEASONS
        }
        return pd.DataFrame({s: yearly(actual[s], both[s]) for s in SEASONS}).T
    if pool == "SPP":
        summer = yearly(actual["summer"], series(rows, "SPP", "coincident_peak", "base"))
    elif pool == "MISO":
        summer = miso_total(rows, miso_datacenters(folder, rows), actual["summer"])
    else:
        points = series(rows, "ERCOT", "peak_without_new_large_loads", None)
        summer = ercot_total(yearly(actual["summer"], points), points, path)
    growth = summer - actual["summer"]
    winter = actual["winter"] * summer / actual["summer"]
    if pool in {"ERCOT", "MISO"}:  # datacenters add the same megawatts in both seasons
        added = path[path["season"] == "summer"].groupby("year")["dc_mw"].sum()
        native = (actual["summer"] + growth - added) / actual["summer"]
        winter = actual["winter"] * native + added
    return pd.DataFrame({"summer": summer, "winter": winter}).T


def ercot_total(without: pd.Series, points: dict[int, float], path: pd.DataFrame) -> pd.Series:
    """Add what datacenters grow after the first year of ERCOT's forecast without them."""
    added = path[path["season"] == "summer"].groupby("year")["dc_mw"].sum()
    later = (added - added.loc[min(points)]).clip(lower=0.0)
    return without.add(later)


def miso_total(rows: pd.DataFrame, data: pd.Series, actual: float) -> pd.Series:
    """Grow MISO's peak without datacenters as its energy without them, and add the datacenters."""
    energy = filled(series(rows, "MISO", "annual_energy", None))
    used = filled(series(rows, "MISO", "data_center_energy", None))
    first = min(series(rows, "MISO", "data_center_energy", None))
    native = extend((energy - used).dropna())
    peak = series(rows, "MISO", "coincident_peak", None)[first]
    path = (peak - data[first]) * native / native[first] + data.reindex(native.index)
    known = {int(year): float(value) for year, value in path.items() if year >= first}
    return yearly(actual, known)


def miso_datacenters(folder: Path, rows: pd.DataFrame) -> pd.Series:
    """Return MISO's datacenter load at the peak by year: energy over hours and load factor."""
    states = us_read.reference(folder, "datacenter_load_by_state_epri")
    whole = states[(states["state"] == "US") & (states["scenario"] == "medium")]
    last = whole.sort_values("year").iloc[-1]
    factor = last["energy_twh"] * 1000 / (last["peak_load_gw"] * HOURS)
    energy = extend(filled(series(rows, "MISO", "data_center_energy", None)))
    peak = energy * 1000 / HOURS / factor
    first = int(peak.index.min())
    early = {year: peak[first] * (year - BASE_YEAR) / (first - BASE_YEAR) for year in (2024, 2025)}
    path: pd.Series = pd.concat([pd.Series(early), peak])
    return path.sort_index()


def datacenters(folder: Path, rows: pd.DataFrame, derived: pd.DataFrame) -> dict[str, pd.Series]:
    """Return datacenter growth since 2024 by region and year, for each forecasting operator."""
    one = derived[derived["season"] == "summer"].set_index(["region", "year"])
    out = {pool: one.loc[one["pool"] == pool, "dc_mw"] for pool in SOURCES}
    total = miso_datacenters(folder, rows)
    share = out["MISO"] / out["MISO"].groupby("year").transform("sum")
    out["MISO"] = share.fillna(0.0).mul(total, level="year")
    out["PJM"] = pjm_datacenters(folder, rows, out["PJM"])
    return out


def pjm_datacenters(folder: Path, rows: pd.DataFrame, epri: pd.Series) -> pd.Series:
    """Return PJM's own datacenter adjustments, from PJM's zones to the labelled regions.

    A zone is split by its shares of load times the growth that EPRI's state figures see there;
    what lies in regions of other pools is put on the zone's other regions, because those pools'
    paths hold datacenters of their own. The Dominion zone publishes all large load: that of 2024
    (EPRI, Virginia) is taken off.
    """
    shares = us_read.reference(folder, "demand_area_zone_share")
    shares = shares.assign(region=us_read.region(shares["zone_id"]))
    weight = epri.xs(2030, level="year")
    parts = []
    for area in us_read.curated("pjm_zones").itertuples():
        path = zone_path(folder, rows, area)
        local = shares[(shares["demand_area"] == area.series) & shares["region"].isin(weight.index)]
        load = local.set_index("region")["share_of_area_load"]
        split = load * intensity(weight, folder).reindex(load.index)
        split = split / split.sum()
        parts.append(pd.concat({name: path * part for name, part in split.items()}))
    whole: pd.Series = pd.concat(parts).groupby(level=[0, 1]).sum()
    return whole.rename_axis(["region", "year"]).reindex(epri.index, fill_value=0.0)


def intensity(weight: pd.Series, folder: Path) -> pd.Series:
    """Return datacenter growth per unit of load by region."""
    zones = us_read.reference(folder, "zones")
    peak = zones.set_index(us_read.region(zones["zone_id"]))["peak_2024_mw"]
    return weight / peak.reindex(weight.index)


def zone_path(folder: Path, rows: pd.DataFrame, area: object) -> pd.Series:
    """Return the datacenter growth of one PJM zone by year: 0 in 2024, straight to the first."""
    points = series(rows, area.area, area.metric, "base")  # type: ignore[attr-defined]
    if area.existing_in_state:  # type: ignore[attr-defined]
        states = us_read.reference(folder, "datacenter_load_by_state_epri")
        there = states[states["state"] == area.existing_in_state]  # type: ignore[attr-defined]
        old = there[(there["scenario"] == "historical") & (there["year"] == BASE_YEAR)]
        existing = 1000 * float(old["peak_load_gw"].iloc[0])
        points = {year: mw - existing for year, mw in points.items()}
    known = pd.Series({BASE_YEAR: 0.0, **points}).sort_index()
    years = range(BASE_YEAR, max(LAST_YEAR, int(known.index.max())) + 1)
    path = known.reindex(years).interpolate(limit_area="inside").ffill()
    return path.loc[:LAST_YEAR]


def georgia(path: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Let Georgia's datacenters be what Georgia Power foresees above its growth without them.

    Georgia Power serves a part of the region; its own forecast starts in 2025. The larger of this
    growth and the derived one holds, in both seasons.
    """
    plan = extend(filled(series(rows, "Georgia Power", "winter_net_peak", None)))
    here = path["region"] == GEORGIA
    native = path[here & (path["season"] == "winter")].set_index("year")["native_mw"]
    first = int(plan.index.min())
    growth = plan - plan[first] * native / native[first]
    early = path[here & (path["season"] == "winter")].set_index("year")["dc_mw"]
    large = (growth + early[first]).clip(lower=0.0).reindex(early.index)
    best = pd.concat([large, early], axis=1).max(axis=1)
    mapped = path["year"].map(best)
    return path.assign(
        dc_mw=path["dc_mw"].mask(here, mapped), source=path["source"].mask(here, GEORGIA_SOURCE)
    )


def series(rows: pd.DataFrame, area: str, metric: str, scenario: str | None) -> dict[int, float]:
    """Return published values by year of one metric of one area."""
    hit = rows[(rows["area"] == area) & (rows["metric"] == metric)]
    if scenario is not None:
        hit = hit[hit["scenario"] == scenario]
    return {int(year): float(value) for year, value in zip(hit["year"], hit["value"], strict=True)}


def curated_years(metric: str) -> dict[int, float]:
    """Return looked-up yearly values of one metric."""
    rows = us_read.curated("load_forecast")
    hit = rows[rows["metric"] == metric]
    return {int(year): float(value) for year, value in zip(hit["year"], hit["mw"], strict=True)}


def filled(points: dict[int, float]) -> pd.Series:
    """Interpolate geometrically between published years."""
    known = sorted(points)
    out = {known[0]: points[known[0]]}
    for left, right in pairwise(known):
        rate = (points[right] / points[left]) ** (1 / (right - left))
        steps = {year: points[left] * rate ** (year - left) for year in range(left + 1, right)}
        out |= steps | {right: points[right]}
    return pd.Series(out, dtype=float)


def extend(path: pd.Series) -> pd.Series:
    """Carry a path on to the last year with its last yearly growth, or cut it there."""
    out = path.loc[:LAST_YEAR].copy()
    for year in range(int(out.index.max()) + 1, LAST_YEAR + 1):
        out[year] = out[year - 1] ** 2 / out[year - 2]
    return out


def yearly(actual: float, points: dict[int, float]) -> pd.Series:
    """Return a total for every year from the measured peak of 2024 through the published years."""
    return extend(filled({BASE_YEAR: float(actual), **points}))
