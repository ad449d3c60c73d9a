"""Hours of the US pack: load of 2024 by region, wind, sun and water of 2012, outage rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.schema_chronology import HOURS
from planner.sources import us_accreditation, us_load, us_profiles, us_read

if TYPE_CHECKING:
    from pathlib import Path

WEATHER: Final = ("wind_onshore", "solar_pv", "hydro")
PROFILES: Final = "pg-profiles"
OUTAGES: Final = "reeds-static"
ROUND_TRIP: Final = {
    "battery": (0.85, "atb-2024", "high"),
    "pumped_storage": (0.8, "planner-choice", "low"),
}
ALWAYS: Final = ("demand_response",)


def tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of hours.

    Parameters
    ----------
    folder
        Folder of the reference tables on the US grid.

    Returns
    -------
    dict[str, pd.DataFrame]
        Frames by table name, with the columns of `planner.schema_chronology`.
    """
    weather = [output(folder, technology) for technology in WEATHER]
    return {
        "hourly_load": load(folder),
        "hourly_weather": pd.concat(weather, ignore_index=True),
        "hourly_profiles": profiles(folder),
        "outages": outages(folder),
    }


def by_day(hours: pd.DataFrame, name: str) -> pd.DataFrame:
    """Turn a column for each area and a row for each hour into a row for each area and day."""
    long = hours.rename_axis(columns=name).stack().rename("value").reset_index()
    stamps = long["hour_utc"].astype(str)
    long = long.assign(day=stamps.str[:10], hour="h" + stamps.str[11:13])
    wide = long.pivot_table(index=[name, "day"], columns="hour", values="value")
    return wide[list(HOURS)].rename_axis(columns=None).reset_index()


def load(folder: Path) -> pd.DataFrame:
    """Return the measured load of each region, a day a row [MW]."""
    hours = us_read.reference(folder, "load_hourly_2024_mw").set_index("hour_utc")
    hours.columns = us_read.region(hours.columns.to_series()).to_list()
    return dated(by_day(hours, "region"), us_load.MEASURED, "medium")


def output(folder: Path, technology: str) -> pd.DataFrame:
    """Return the capacity factors of one technology by area of the profiles, a day a row."""
    name = f"cf_hourly_2012_{technology}_by_profile_region"
    hours = us_read.reference(folder, name).set_index("hour_utc").clip(0, 1)
    rows = by_day(hours, "profile").assign(technology=technology)
    return dated(rows, PROFILES, "low")


def profiles(folder: Path) -> pd.DataFrame:
    """Return the area whose profile stands for each region, by technology.

    Offshore wind takes onshore's and concentrating solar takes photovoltaic's; a region without a
    profile takes the mean of its pool.
    """
    rows = us_read.reference(folder, "zone_profile_region")
    rows = rows.rename(columns={"profile_region": "profile"})
    rows = rows.assign(region=us_read.region(rows["zone_id"]), weight=rows["weight"].astype(float))
    rows = rows[["region", "technology", "profile", "weight"]]
    rows = pd.concat([rows, *pool_means(rows)], ignore_index=True)
    like = [
        rows[rows["technology"] == other].assign(technology=name, profile_technology=other)
        for name, other in us_profiles.LIKE.items()
    ]
    return dated(pd.concat([rows, *like], ignore_index=True), PROFILES, "low")


def pool_means(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Return rows for the regions that lack a profile: the mean of those of their pool."""
    pools = us_read.ids().set_index("region")["pool"]
    found = []
    for technology, part in rows.groupby("technology"):
        sums = part.groupby([part["region"].map(pools), "profile"])["weight"].sum()
        known = set(part["region"])
        for region, pool in pools.items():
            if region not in known and pool in sums.index.get_level_values(0):
                mean = sums[pool] / sums[pool].sum()
                rows_ = mean.reset_index().assign(region=region, technology=technology)
                found.append(rows_)
    return found


def outages(folder: Path) -> pd.DataFrame:
    """Return forced outage rates and round trips; demand response answers whenever it is called."""
    rates = us_accreditation.outages(folder) | dict.fromkeys(ALWAYS, 0.0)
    rows = [(name, "forced_outage", rate, OUTAGES, "medium") for name, rate in rates.items()]
    rows += [(name, "round_trip", *told) for name, told in ROUND_TRIP.items()]
    columns = ["technology", "quantity", "fraction", "source", "confidence"]
    return us_read.dated(pd.DataFrame(rows, columns=columns))


def dated(rows: pd.DataFrame, source: str, confidence: str) -> pd.DataFrame:
    """Add source, day of publication and confidence."""
    return us_read.dated(rows.assign(source=source, confidence=confidence))
