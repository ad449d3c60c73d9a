"""Load of the US pack: 2024 as measured, growth without datacenters, and datacenters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.sources import us_forecast, us_read

if TYPE_CHECKING:
    from pathlib import Path

BASE_YEAR: Final = 2024
LAST_YEAR: Final = 2037
YEARS: Final = tuple(range(BASE_YEAR, LAST_YEAR + 1))
MONTHS: Final = {"summer": (6, 7, 8, 9), "winter": (1, 2, 12)}
MEASURED: Final = "eia930-2024"
DERIVED: Final = "load-derived"


def table(folder: Path) -> pd.DataFrame:
    """Return load by scenario, region, year and season, base year included."""
    derived = derived_path(folder)
    official = us_forecast.official_path(folder, derived)
    frames = [finish(derived, "derived"), finish(official, "official")]
    return pd.concat(frames, ignore_index=True)


def base(folder: Path) -> pd.DataFrame:
    """Return the load of 2024 by region at the hour of its pool's summer and winter peak [MW].

    Winter is January, February and December of 2024.
    """
    hours = us_read.reference(folder, "load_hourly_2024_mw").set_index("hour_utc")
    month = pd.Series(pd.to_datetime(hours.index).month, index=hours.index)
    by_pool = hours.T.groupby(us_read.pool(hours.columns.to_series())).sum().T
    out = pd.DataFrame({"pool": us_read.ids().set_index("region")["pool"]})
    zones = us_read.ids().reset_index()
    for season, months in MONTHS.items():
        peak = by_pool[month.isin(months)].idxmax()
        pairs = zip(zones["pool"], zones["zone"], strict=True)
        values = [float(hours.loc[peak[pool], zone]) for pool, zone in pairs]
        out[season] = pd.Series(values, index=zones["region"])
    return out


def derived_path(folder: Path) -> pd.DataFrame:
    """Return native load and datacenter growth by region, season and year from state figures.

    Native load is that of 2024 times its growth without datacenters; datacenters are the medium
    path of EPRI since 2024, spread flat over the hours. After the last year both grow as in it.
    """
    rates = forecast(folder)
    start = base(folder)
    rows = []
    for season in MONTHS:
        native = rates[f"native_{season}"].mul(start[season], level="region")
        rows.append(pd.DataFrame({"native_mw": native, "dc_mw": rates["dc"]}).assign(season=season))
    path = pd.concat(rows).set_index("season", append=True).reset_index()
    return path.assign(
        pool=path["region"].map(start["pool"]), source=DERIVED, confidence="medium"
    ).astype({"native_mw": float, "dc_mw": float})


def forecast(folder: Path) -> pd.DataFrame:
    """Return the ratio of native load to 2024 and datacenters added, by region and year."""
    rows = us_read.reference(folder, "zone_peak_forecast")
    rows = rows.assign(region=us_read.region(rows["zone_id"])).set_index(["region", "year"])
    out = pd.DataFrame({"dc": rows["dc_added_mw_vs_2024"].astype(float)})
    for season in MONTHS:
        native = rows[f"{season}_peak_mw"] - rows["dc_added_mw_vs_2024"]
        first = native.xs(BASE_YEAR, level="year")
        out[f"native_{season}"] = native.div(first, level="region")
    return extended(out)


def extended(table: pd.DataFrame) -> pd.DataFrame:
    """Carry a table by region and year on to the last year with the growth of its last year."""
    parts = [table]
    last = int(table.index.get_level_values("year").max())
    before, now = (table.xs(year, level="year") for year in (last - 1, last))
    ratio = (now / before).fillna(1.0)
    for year in range(last + 1, LAST_YEAR + 1):
        now = now * ratio
        parts.append(now.assign(year=year).set_index("year", append=True))
    return pd.concat(parts).sort_index()


def finish(path: pd.DataFrame, scenario: str) -> pd.DataFrame:
    """Give a path of native load and datacenters the columns of the table."""
    peak = path["native_mw"] + path["dc_mw"]
    known = path["source"].map(us_read.published())
    first = path["year"] == BASE_YEAR
    return pd.DataFrame(
        {
            "scenario": scenario,
            "region": path["region"],
            "year": path["year"].astype(int),
            "season": path["season"],
            "peak_mw": peak.round(3),
            "datacenter_growth_mw": path["dc_mw"].round(3),
            "source": path["source"].mask(first, MEASURED),
            "known_on": known.mask(first, us_read.published()[MEASURED]),
            "confidence": path["confidence"],
        }
    )
