"""PowerGenome: units of the United States by zone of ReEDS, and the cost of lines between zones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.sources import native, native_read, native_supply

if TYPE_CHECKING:
    from pathlib import Path

    from planner.sources.native import Given, Imported, Tally
    from planner.sources.native_read import Wanted

PATTERNS: Final = (
    "reeds_generators_transformed.csv",
    "plant_region_map.csv",
    "network_costs_ReEDS.csv",
)
UNITS: Final[Wanted] = {
    "word": "technology",
    "plant": "plant_id",
    "generator": "generator_id",
    "summer_mw": ("capacity_mw", "summer_capacity_mw"),
    "energy_mwh": "capacity_mwh",
    "nameplate_mw": "nameplate_capacity_mw",
    "winter_mw": "winter_capacity_mw",
    "online_year": "operating_year",
    "retirement_year": "retirement_year",
}
REGIONS: Final[Wanted] = {"plant": "plant_id", "zone": "region"}
COSTS: Final[Wanted] = {
    "start": "start_region",
    "end": "dest_region",
    "usd_per_mw": "interconnect_cost_mw",
    "dollar_year": "dollar_year",
}


def read(path: Path, given: Given) -> Imported:
    """Read units into `supply`, summed by zone, technology and years.

    A unit that is due after the edition is under construction. Retirement years are those of the
    list, lifetimes by age among them, and stand as such.
    """
    tally = native.Tally("powergenome", given)
    files = {file.name: file for file in native.found(tally, path, PATTERNS)}
    zones = _zones(files, tally)
    tables = {}
    if PATTERNS[0] in files and zones is not None:
        found = tally.tried(pd.DataFrame(), units, files[PATTERNS[0]], zones, tally)
        tables["supply"] = found
    if PATTERNS[2] in files:
        tally.tried(None, costs, files[PATTERNS[2]], tally)
    return native.finished(tally, tables)


def _zones(files: dict[str, Path], tally: Tally) -> pd.Series | None:
    """Return the zone of each plant."""
    file = files.get(PATTERNS[1])
    if file is None:
        tally.problems.append(f"{PATTERNS[1]}: it is missing; without it no unit has a zone.")
        return None
    empty: pd.DataFrame = pd.DataFrame({"plant": [], "zone": []}, dtype="str")
    rows = tally.tried(empty, native_read.csv, file, REGIONS, tally)
    twice = rows.duplicated("plant")
    rows = tally.without(rows, twice, file.name, "plant listed twice")
    return rows.set_index("plant")["zone"]


def units(file: Path, zones: pd.Series, tally: Tally) -> pd.DataFrame:
    """Return the units that have a zone and are not retired, summed."""
    cells = native_read.csv(file, UNITS, tally, optional=("energy_mwh", "retirement_year"))
    named = [*native_supply.MEGAWATTS, "energy_mwh", "online_year", "retirement_year"]
    rows = cells.assign(**{name: native_read.numbers(cells[name]) for name in named})
    rows["technology"] = native_supply.technology(rows["word"], native_supply.EIA)
    rows = native_supply.known(rows, "word", file.name, tally)
    rows = tally.without(rows, ~(rows["nameplate_mw"] > 0), file.name, "no capacity")
    rows = rows.assign(region=region(rows["plant"].map(zones), tally))
    rows = tally.without(rows, rows["region"].isna(), file.name, "plant without a region")
    day = tally.day
    gone = rows["retirement_year"] < day.year
    rows = tally.without(rows, gone, file.name, "retired before the edition")
    rows["online_year"] = native_supply.plausible_year(rows["online_year"])
    rows = tally.without(rows, rows["online_year"].isna(), file.name, "no year of operation")
    later = rows["online_year"] > day.year
    rows["status"] = later.map({True: "under_construction", False: "existing"})
    rows["retirement_basis"] = rows["retirement_year"].notna().map({True: "age_rule", False: ""})
    storage = rows["technology"].isin(["battery", "pumped_storage"])
    rows["energy_mwh"] = rows["energy_mwh"].where(storage)
    rows = tally.dated(rows, native_supply.since(rows["online_year"]))
    return native_supply.summed(rows)


def region(zones: pd.Series, tally: Tally) -> pd.Series:
    """Return the region of a zone: itself or, with a grid, the region that carries its id."""
    grid = tally.given.grid
    return zones if grid is None else grid.by_zone(zones)


def costs(file: Path, tally: Tally) -> None:
    """Count the costs of new lines: how many megawatts a line adds is not published."""
    rows = native_read.csv(file, COSTS, tally)
    every = pd.Series(data=True, index=rows.index)
    tally.without(rows, every, file.name, "cost of a line without the megawatts it adds")
