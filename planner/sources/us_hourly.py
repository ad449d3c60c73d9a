"""Hourly load of balancing authorities out of the cleaned series of Form EIA-930.

``python -m planner.sources hourly FOLDER OUT_DIR`` writes the tables; FOLDER is a copy of the
publisher's repository. What is wrong in the series is screened by three rules:

1. An hour that the publisher classifies as missing or anomalous has the publisher's value.
2. Where the release holds only parts of an authority, its reported total is held against the sum
   of the cleaned parts, scaled by the median ratio of the same hour of the day over a month. A
   fault begins where the total is missing or more than 10 % off and reaches as far as it is more
   than 5 % off; it has the scaled sum.
3. An hour that is more than 10 % above both hours beside it has their mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.schema_hourly import ALL_HOURLY_TABLES
from planner.sources import levels, us_read

if TYPE_CHECKING:
    from pathlib import Path

EARLIER: Final = ("release_2020_Oct/balancing_authorities", "eia930-cleaned-2020")
LATER: Final = ("release_2025_Jan_include_subregions", "eia930-cleaned-2025")
CLEANED: Final = "subregions_and_balancing_authorities"
REPORTED: Final = "original_eia_files"
FIRST_YEAR: Final = 2016
LATER_FROM: Final = 2020
LAST_YEAR: Final = 2024
UNKNOWN: Final = ("MISSING", "EMPTY", "NA")
OKAY: Final = "OKAY"
CLEAN: Final = "cleaned demand (MW)"
DAYS: Final = 31
FAULT_FRACTION: Final = 0.1
OFF_FRACTION: Final = 0.05
SPIKE_FRACTION: Final = 0.1
SURE_FRACTION: Final = 0.01
HOUR: Final = pd.Timedelta(hours=1)


def tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Return years and levels of every balancing authority of the curated list.

    Parameters
    ----------
    folder
        Copy of the publisher's repository.
    """
    listed = us_read.curated("balancing_authorities").set_index("balancing_authority")
    years, found = [], []
    for code, offset in listed["utc_offset_hours"].astype(float).items():
        series = local(screened(folder / "data", str(code)), offset)
        load = series["load_mw"]
        years.append(_years(series).assign(balancing_authority=code))
        found.append(levels.rows(load).assign(balancing_authority=code))
    held = dated(pd.concat(years, ignore_index=True))
    sure = held.set_index(["balancing_authority", "year"])["confidence"]
    rows = dated(pd.concat(found, ignore_index=True))
    pairs = pd.MultiIndex.from_frame(rows[["balancing_authority", "year"]])
    rows["confidence"] = sure.reindex(pairs).to_numpy()
    frames = {"balancing_years": held, "balancing_levels": rows}
    return {
        name: frame.reindex(columns=list(ALL_HOURLY_TABLES[name].columns))
        for name, frame in frames.items()
    }


def regions(folder: Path) -> pd.DataFrame:
    """Return the levels of the regions in the one year whose hours are held, months in UTC."""
    hours = us_read.reference(folder, "load_hourly_2024_mw").set_index("hour_utc")
    hours = hours.rename(columns=us_read.ids()["region"].to_dict())
    hours.index = pd.to_datetime(hours.index).tz_localize(None) - HOUR
    hours = hours[pd.DatetimeIndex(hours.index).year == LAST_YEAR]
    parts = [levels.rows(hours[name]).assign(region=name) for name in hours.columns]
    rows = pd.concat(parts, ignore_index=True).assign(source="eia930-2024", confidence="medium")
    columns = list(ALL_HOURLY_TABLES["region_levels"].columns)
    return us_read.dated(rows).reindex(columns=columns)


def dated(rows: pd.DataFrame) -> pd.DataFrame:
    """Say which release a year comes from; its hours were public a month after its end."""
    later = rows["year"] >= LATER_FROM
    known = [f"{year + 1}-01-31" for year in rows["year"]]
    return rows.assign(source=later.map({True: LATER[1], False: EARLIER[1]}), known_on=known)


def screened(data: Path, code: str) -> pd.DataFrame:
    """Return the load of an authority by hour [UTC, ending], and whether it was replaced."""
    earlier = cleaned(data / EARLIER[0] / f"{code}.csv")
    later = data / LATER[0]
    own = later / CLEANED / f"{code}.csv"
    newer = cleaned(own) if own.exists() else _checked(later, code)
    whole = pd.concat([earlier[earlier.index < newer.index[0]], newer])
    return despiked(whole)


def local(series: pd.DataFrame, offset: float) -> pd.DataFrame:
    """Return the whole years in local standard time, by the beginning of the hour."""
    moved = series.set_axis(series.index + pd.Timedelta(hours=offset) - HOUR)
    years = pd.DatetimeIndex(moved.index).year
    return moved[(years >= FIRST_YEAR) & (years <= LAST_YEAR)]


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, index_col=0, parse_dates=True, na_values=list(UNKNOWN))


def cleaned(path: Path) -> pd.DataFrame:
    """Read a series with the publisher's classes and values (rule 1)."""
    rows = _read(path)
    return pd.DataFrame(
        {"load_mw": rows[CLEAN].astype(float), "replaced": rows["category"] != OKAY}
    )


def _checked(later: Path, code: str) -> pd.DataFrame:
    """Hold the reported total of an authority against its cleaned parts (rule 2)."""
    total = _read(later / REPORTED / f"{code}.csv").iloc[:, 0].astype(float)
    parts = [_read(path)[CLEAN] for path in sorted((later / CLEANED).glob(f"{code}-*.csv"))]
    return against(total, pd.concat(parts, axis=1).sum(axis=1, min_count=len(parts)))


def against(total: pd.Series, parts: pd.Series) -> pd.DataFrame:
    """Replace faults of a total by the scaled sum of its parts."""
    ratio = total / parts
    hour = pd.DatetimeIndex(ratio.index).hour
    usual = ratio.groupby(hour).transform(
        lambda day: day.rolling(DAYS, center=True, min_periods=1).median()
    )
    expected = parts * usual
    off = (total / expected - 1).abs().fillna(float("inf"))
    wide = off > OFF_FRACTION
    stretch = (wide != wide.shift()).cumsum()
    fault = wide & (off.groupby(stretch).transform("max") > FAULT_FRACTION)
    return pd.DataFrame({"load_mw": total.where(~fault, expected), "replaced": fault})


def despiked(series: pd.DataFrame) -> pd.DataFrame:
    """Replace an hour far above both hours beside it by their mean (rule 3)."""
    load = series["load_mw"]
    before, after = load.shift(1), load.shift(-1)
    spike = (load > (1 + SPIKE_FRACTION) * before) & (load > (1 + SPIKE_FRACTION) * after)
    return pd.DataFrame(
        {
            "load_mw": load.where(~spike, (before + after) / 2).round(1),
            "replaced": series["replaced"] | spike,
        }
    )


def _years(series: pd.DataFrame) -> pd.DataFrame:
    """Count hours and replaced hours by year; one per cent replaced keeps the confidence high."""
    years = pd.DatetimeIndex(series.index).year
    held = series["replaced"].groupby(years).agg(hours="size", replaced_hours="sum")
    sure = held["replaced_hours"] <= SURE_FRACTION * held["hours"]
    held["confidence"] = sure.map({True: "high", False: "medium"})
    return held.rename_axis("year").reset_index()
