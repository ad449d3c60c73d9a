"""Units of ReEDS: its generator database, by county (CSV)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.sources import native_read, native_supply, reeds_tables

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from planner.sources.native import Tally
    from planner.sources.native_read import Wanted

FILE: Final = "ReEDS_generator_database_final_EIA-NEMS.csv"
UNITS: Final[Wanted] = {
    "county": "FIPS",
    "word": "Description",
    "status_word": "status",
    "summer_mw": "summer_power_capacity_MW",
    "winter_mw": "TC_WIN",
    "nameplate_mw": "TC_NP",
    "energy_mwh": "energy_capacity_MWh",
    "online_year": "StartYear",
    "retirement_year": "RetireYear",
}
NUMBERS: Final = (
    *native_supply.MEGAWATTS,
    "energy_mwh",
    "online_year",
    "retirement_year",
)
OPTIONAL: Final = ("energy_mwh", "status_word", "retirement_year")
GONE: Final = {"R": "retired", "OS": "out of service", "CN": "cancelled", "IP": "postponed"}


def read(file: Path, counties: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """Return units by region, technology and years; the year of retirement is the list's own.

    A unit that starts after the edition is under construction if the list says so, else planned.
    """
    rows = native_read.csv(file, UNITS, tally, optional=OPTIONAL)
    rows = rows.assign(**{name: native_read.numbers(rows[name]) for name in NUMBERS})
    rows["code"] = rows["status_word"].str.extract(r"\((\w+)\)")[0].fillna("")
    for code, reason in GONE.items():
        rows = tally.without(rows, rows["code"] == code, file.name, reason)
    rows["technology"] = native_supply.technology(rows["word"], native_supply.EIA)
    rows = native_supply.known(rows, "word", file.name, tally)
    rows = tally.without(rows, ~(rows["nameplate_mw"] > 0), file.name, "no capacity")
    lost = rows["summer_mw"].isna() | rows["winter_mw"].isna()
    rows = tally.without(rows, lost, file.name, "no capacity of a season")
    zone = native_read.lookup(counties["county"], counties["zone"])
    place = rows["county"].str.removeprefix("p").str.zfill(5)
    rows = rows.assign(region=reeds_tables.region(place.map(zone), tally))
    rows = tally.without(rows, rows["region"].isna(), file.name, "county without a region")
    return _with_years(rows, file.name, tally)


def _with_years(rows: pd.DataFrame, file: str, tally: Tally) -> pd.DataFrame:
    for name in ("online_year", "retirement_year"):
        rows[name] = native_supply.plausible_year(rows[name])
    rows = tally.without(rows, rows["online_year"].isna(), file, "no year of operation")
    gone = rows["retirement_year"] <= tally.day.year
    rows = tally.without(rows, gone, file, "retired before the edition")
    building = rows["code"].isin(["U", "V", "TS"])
    status = building.map({True: "under_construction", False: "planned"})
    status = status.where(rows["online_year"] > tally.day.year, "existing")
    storage = rows["technology"].isin(["battery", "pumped_storage"])
    rows = rows.assign(
        status=status,
        retirement_basis=rows["retirement_year"].notna().map({True: "age_rule", False: ""}),
        energy_mwh=rows["energy_mwh"].where(storage),
    )
    return native_supply.summed(tally.dated(rows, native_supply.since(rows["online_year"])))
