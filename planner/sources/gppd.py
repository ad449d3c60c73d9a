"""Global Power Plant Database: plants with place, fuel and capacity, one file a country."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.sources import native, native_read, native_supply

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from planner.sources.native import Given, Imported, Tally
    from planner.sources.native_read import Wanted

PATTERNS: Final = (
    "database_*.csv",
    "finland_database.csv",
    "global_power_plant_database*.csv",
)
COLUMNS: Final[Wanted] = {
    "country": "country",
    "name": "name",
    "id": "gppd_idnr",
    "mw": "capacity_mw",
    "lat": "latitude",
    "lon": "longitude",
    "fuel": ("primary_fuel", "fuel1"),
    "year": "commissioning_year",
    "data_year": "year_of_capacity_data",
}
OPTIONAL: Final = ("name", "year", "data_year")


def read(path: Path, given: Given) -> Imported:
    """Read the files of one or more countries into `supply`, a row a plant.

    The publisher gives one capacity: it stands as nameplate and for both seasons. A plant without a
    year of commissioning stands with the year of its data, by which it was there.

    References
    ----------
    World Resources Institute and others, Global Power Plant Database 1.3.0, 2021.
    """
    tally = native.Tally("gppd", given)
    files = native.found(tally, path, PATTERNS)
    rows = tally.each(files, plants)
    if rows.empty:
        return native.finished(tally, {})
    day = tally.day
    unknown = rows["year"].isna()
    rows["online_year"] = rows["year"].fillna(rows["data_year"]).fillna(day.year)
    if unknown.any():
        tally.note(
            f"{int(unknown.sum())} plants have no year of commissioning; they stand with the year"
            " of their data."
        )
    rows = rows.assign(summer_mw=rows["mw"], winter_mw=rows["mw"], nameplate_mw=rows["mw"])
    tally.note("One capacity is given; it stands as nameplate and for both seasons.")
    learnt = rows["data_year"].fillna(day.year)
    rows = tally.dated(rows.assign(status="existing"), native_supply.since(learnt))
    return native.finished(tally, {"supply": native_supply.summed(rows)})


def plants(file: Path, tally: Tally) -> pd.DataFrame:
    """Return the plants of one file that have a capacity, a fuel and, with a grid, a region."""
    cells = native_read.csv(file, COLUMNS, tally, optional=OPTIONAL)
    numbers = {name: native_read.numbers(cells[name]) for name in ("mw", "lat", "lon")}
    years = {
        name: native_supply.plausible_year(native_read.numbers(cells[name]) // 1)
        for name in ("year", "data_year")
    }
    rows = cells.assign(**numbers, **years)
    rows = tally.without(rows, ~(rows["mw"] > 0), file.name, "no capacity")
    rows["technology"] = native_supply.technology(rows["fuel"], native_supply.PLAIN)
    rows = native_supply.known(rows, "fuel", file.name, tally)
    rows["name"] = rows["name"].where(rows["name"] != "", rows["id"])
    return placed(rows, file.name, tally)


def placed(rows: pd.DataFrame, file: str, tally: Tally) -> pd.DataFrame:
    """Give each plant its region: its country or, with a grid, the region it lies in."""
    grid = tally.given.grid
    if grid is None:
        return rows.assign(region=rows["country"])
    pointless = rows["lat"].isna() | rows["lon"].isna()
    rows = tally.without(rows, pointless, file, "no coordinates")
    rows = rows.assign(region=grid.by_point(rows["lat"], rows["lon"]))
    return tally.without(rows, rows["region"].isna(), file, f"outside the regions of {grid.name}")
