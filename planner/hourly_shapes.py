"""Hours of a planning year from the hours of the years that were measured: load and weather."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import packs, schema_chronology
from planner.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from planner.case import Case

DAYS: Final = 365
LEAP_DAY: Final = (2, 29)
FIRST_MONTH: Final = 10
SUMMER: Final = range(4, 10)


@dataclass(frozen=True)
class Shapes:
    """Hours in the order of a planning year: October to March is its winter, then its summer.

    Attributes
    ----------
    days
        Month and day of each of the 365 days; 29 February is left out.
    load_mw
        Measured load by region.
    output
        Fraction of capacity by region and technology.
    load_year, weather_year
        Years they are of.
    outages, round_trip
        Fractions by technology.
    """

    days: list[str]
    load_mw: dict[str, np.ndarray]
    output: dict[tuple[str, str], np.ndarray]
    load_year: int
    weather_year: int
    outages: dict[str, float]
    round_trip: dict[str, float]

    @property
    def summer(self) -> np.ndarray:
        """Whether each hour lies in the summer half-year."""
        return np.repeat([int(day[:2]) in SUMMER for day in self.days], 24)


def dated(day: str, year: int) -> str:
    """Date of a day (month and day) of a planning year, which begins in the autumn before."""
    return f"{year - (int(day[:2]) >= FIRST_MONTH)}-{day}"


def tables(case: Case, folder: Path, *, mixed_years: bool) -> dict[str, pd.DataFrame]:
    """Read the tables of hours of a pack, as they were known on the as-of date.

    Parameters
    ----------
    case
        The question.
    folder
        Folder of the pack.
    mixed_years
        Take load and weather of different years together.

    Raises
    ------
    DataError
        A table is not there, or the years differ.
    """
    found = packs.read(folder, schema_chronology.TABLES, as_of=case.assumptions.as_of)
    name = folder.name
    _check_there(found, name)
    load = _year(found["hourly_load"], f"{name}/hourly_load.csv")
    weather = _year(found["hourly_weather"], f"{name}/hourly_weather.csv")
    _check_years(load, weather, name, mixed_years=mixed_years)
    return found


def lay_out(found: dict[str, pd.DataFrame], regions: Iterable[str], name: str) -> Shapes:
    """Put the hours of some regions in the order of a planning year.

    Raises
    ------
    DataError
        A region or a day is missing.
    """
    wanted = set(regions)
    load, weather = found["hourly_load"], found["hourly_weather"]
    profiles = found["hourly_profiles"]
    profiles = profiles[profiles["region"].isin(wanted)]
    by_region = _by_area(load[load["region"].isin(wanted)], ["region"])
    _check_regions(wanted - set(by_region), name)
    used = weather[weather["profile"].isin(set(profiles["profile"]))]
    fractions = found["outages"].set_index(["quantity", "technology"])["fraction"]
    return Shapes(
        days=_order(int(load["day"].iloc[0].year))[1],
        load_mw=by_region,
        output=_outputs(profiles, _by_area(used, ["profile", "technology"]), name),
        load_year=int(load["day"].iloc[0].year),
        weather_year=int(weather["day"].iloc[0].year),
        outages=fractions.get("forced_outage", pd.Series(dtype=float)).to_dict(),
        round_trip=fractions.get("round_trip", pd.Series(dtype=float)).to_dict(),
    )


def _check_there(tables: dict[str, pd.DataFrame], name: str) -> None:
    problems = [
        f"{name}/{table}.csv: there is no such file or it was not known yet; without it hours"
        " cannot be checked."
        for table in ("hourly_load", "hourly_weather", "hourly_profiles", "outages")
        if tables[table].empty
    ]
    if problems:
        raise DataError(problems)


def _check_years(load: int, weather: int, name: str, *, mixed_years: bool) -> None:
    if load == weather or mixed_years:
        return
    problem = (
        f"{name}: hourly_load.csv is of {load}, hourly_weather.csv of {weather}; high load and"
        " little wind of different years did not meet. Add --mixed-years to take them together all"
        " the same (the answer says so), or a pack whose years match."
    )
    raise DataError([problem])


def _check_regions(missing: set[str], name: str) -> None:
    if missing:
        raise DataError(
            [f"{name}/hourly_load.csv: region {r} has no hours; add them." for r in sorted(missing)]
        )


def _year(table: pd.DataFrame, file: str) -> int:
    years = sorted(set(table["day"].dt.year))
    if len(years) > 1:
        told = ", ".join(map(str, years))
        raise DataError([f"{file}: its days are of {told}; keep one year."])
    return int(years[0])


def _order(year: int) -> tuple[pd.DatetimeIndex, list[str]]:
    """Days of a calendar year, October first; 29 February is left out."""
    days = pd.date_range(f"{year}-01-01", f"{year}-12-31")
    days = days[~((days.month == LEAP_DAY[0]) & (days.day == LEAP_DAY[1]))]
    autumn = days.month >= FIRST_MONTH
    ordered = days[autumn].append(days[~autumn])
    return ordered, list(ordered.strftime("%m-%d"))


def _by_area(rows: pd.DataFrame, key: list[str]) -> dict[Any, np.ndarray]:
    """Put the hours of each area one after the other.

    Raises
    ------
    DataError
        A day is missing.
    """
    if rows.empty:
        return {}
    ordered, _ = _order(int(rows["day"].iloc[0].year))
    found, problems = {}, []
    by = key[0] if len(key) == 1 else key
    for area, part in rows.groupby(by):
        table = part.set_index("day")[list(schema_chronology.HOURS)].reindex(ordered)
        gaps = table.index[table.isna().any(axis=1)]
        told = area if isinstance(area, str) else " ".join(map(str, area))
        if len(gaps):
            problems.append(f"hours of {told}: {gaps[0]:%Y-%m-%d} is missing; add the day.")
        found[area] = table.to_numpy().ravel()
    if problems:
        raise DataError(problems)
    return found


def _outputs(
    rows: pd.DataFrame, profiles: dict[Any, np.ndarray], name: str
) -> dict[tuple[str, str], np.ndarray]:
    """Mean of the profiles that stand for each region and technology."""
    found: dict[tuple[str, str], np.ndarray] = {}
    weights: dict[tuple[str, str], float] = {}
    problems = []
    rows = rows.assign(of=rows["profile_technology"].fillna(rows["technology"]))
    for row in rows.itertuples():
        profile = profiles.get((row.profile, row.of))
        if profile is None:
            problems.append(
                f"{name}/hourly_profiles.csv: profile {row.profile} of {row.technology} has no"
                " hours in hourly_weather.csv; add them."
            )
            continue
        key = (row.region, row.technology)
        found[key] = found.get(key, 0.0) + row.weight * profile
        weights[key] = weights.get(key, 0.0) + row.weight
    if problems:
        raise DataError(sorted(set(problems)))
    return {key: total / weights[key] for key, total in found.items()}
