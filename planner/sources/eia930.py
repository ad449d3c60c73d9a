"""EIA-930: hourly demand by balancing authority or subregion, as cleaned or as published."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from planner.errors import DataError
from planner.sources import native, native_read
from planner.sources.remedies_us_lines import HOURS
from planner.sources.us_load import MONTHS

if TYPE_CHECKING:
    from pathlib import Path

    from planner.sources.native import Given, Imported, Tally
    from planner.sources.native_read import Wanted

PATTERNS: Final = (
    "subregions_and_balancing_authorities/*.csv",
    "balancing_authorities/*.csv",
    "EIA930_BALANCE*.csv",
)
CLEANED: Final[Wanted] = {
    "hour": "date_time",
    "mw": "cleaned demand (MW)",
    "kind": "category",
}
BALANCE: Final[Wanted] = {
    "hour": "UTC Time at End of Hour",
    "mw": ("Demand (MW) (Adjusted)", "Demand (MW)"),
    "area": "Balancing Authority",
}
WHOLE_YEAR_HOURS: Final = 8700  # a year with a few hours missing
MW_PER_GW: Final = 1000.0
TIMES: Final = ("%Y-%m-%d %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M")


def read(path: Path, given: Given) -> Imported:
    """Read hourly demand into peaks and energy by year (`published`) and `load_duration`.

    A series stands under its own code. Seasons are those of the project, hours are in UTC, and a
    year with less than 8,700 hours is left out. How load falls below its peak is that of the last
    whole year. Peaks are those of the series itself, not at the hour of a pool's peak, which is why
    no row of the table `load` is made.

    References
    ----------
    T. H. Ruggles, D. J. Farnham, D. Tong, K. Caldeira, Developing reliable hourly electricity
    demand data through screening and imputation, Scientific Data 7, 2020.
    """
    tally = native.Tally("eia930", given)
    rows = tally.each(native.found(tally, path, PATTERNS), hours)
    rows = whole_years(rows, tally) if len(rows) else rows
    if rows.empty:
        return native.finished(tally, {})
    if tally.published is None:
        last = rows["hour"].max()
        tally.published = date(last.year, last.month, last.day)
    peaks = pd.concat([extremes(part, str(area)) for area, part in rows.groupby("area")])
    drops = pd.concat([duration(part, str(area)) for area, part in rows.groupby("area")])
    ends = peaks["year"].astype(str) + "-12-31"
    return native.finished(
        tally, {"published": tally.dated(peaks, ends), "load_duration": tally.dated(drops)}
    )


def hours(file: Path, tally: Tally) -> pd.DataFrame:
    """Return the hours of one file: `area`, `hour`, `year`, `mw`, `file`."""
    raw = file.name.startswith(PATTERNS[2].removesuffix("*.csv"))
    rows = native_read.csv(file, BALANCE if raw else CLEANED, tally, optional=("kind",))
    rows = rows.assign(kind="") if raw else rows.assign(area=file.stem)
    times = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
    for form in TIMES:
        times = times.fillna(pd.to_datetime(rows["hour"], format=form, errors="coerce"))
    rows = rows.assign(hour=times, mw=native_read.numbers(rows["mw"]))
    if len(rows) and times.isna().all():
        raise DataError([f"{file.name}: no hour in column date_time is understood."])
    rows = tally.without(rows, rows["hour"].isna(), file.name, "hour not understood")
    rows = tally.without(rows, ~(rows["mw"] > 0), file.name, "no megawatts")
    filled = int((~rows["kind"].isin(["OKAY", ""])).sum())
    if filled:
        tally.note(f"{file.name}: {filled} hours are the publisher's estimates, not measured.")
    return rows.assign(year=rows["hour"].dt.year, file=file.name)


def whole_years(rows: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """Leave out hours of years that the files do not hold as a whole."""
    for file in rows["file"].unique():
        twice = rows.duplicated(["area", "hour"]) & (rows["file"] == file)
        rows = tally.without(rows, twice, file, "hour listed twice")
    short = rows.groupby(["area", "year"])["mw"].transform("size") < WHOLE_YEAR_HOURS
    for file in rows.loc[short, "file"].unique():
        here = short[rows.index] & (rows["file"] == file)
        rows = tally.without(rows, here, file, "year is not whole")
    return rows


def extremes(rows: pd.DataFrame, area: str) -> pd.DataFrame:
    """Return the peak of each season and the energy of each year."""
    season = rows["hour"].dt.month.map(
        {month: name for name, months in MONTHS.items() for month in months}
    )
    peak = rows.groupby(["year", season.rename("season")])["mw"].max().rename("value").reset_index()
    energy = (rows.groupby("year")["mw"].sum() / MW_PER_GW).rename("value").reset_index()
    peak = peak.assign(quantity="hourly_peak", unit="MW")
    energy = energy.assign(quantity="energy", unit="GWh", season="annual")
    return pd.concat([peak, energy]).assign(area=area, note="Own peak of the series, hours in UTC")


def duration(rows: pd.DataFrame, area: str) -> pd.DataFrame:
    """Return how far load falls below its peak without the N highest hours of a season."""
    last = rows[rows["year"] == rows["year"].max()]
    parts = []
    for season, months in MONTHS.items():
        ranked = -np.sort(-last.loc[last["hour"].dt.month.isin(months), "mw"].to_numpy())
        drops = 1 - ranked[list(HOURS)] / ranked[0]
        parts.append(pd.DataFrame({"hours": HOURS, "drop_fraction": drops, "season": season}))
    return pd.concat(parts).assign(area=area)
