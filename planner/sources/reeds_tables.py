"""Tables of ReEDS by zone or state: margins, regional costs, new lines, load of states."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.sources import native_read

if TYPE_CHECKING:
    from pathlib import Path

    from planner.sources.native import Tally

MARGINS: Final = "prm_annual.csv"
IMPORTS: Final = "peak_net_imports.csv"
COSTS: Final = "reg_cap_cost_diff_default.csv"
NEW_LINES: Final = "transmission_cost_distance.csv"
CONDUCTORS: Final = "conductor_ac_acsr.csv"
LOADS: Final = "EIA_loadbystate.csv"
GROWTH: Final = tuple(f"demand_AEO_2026_{case}.csv" for case in ("baseline", "high", "low"))
FILES: Final = (MARGINS, IMPORTS, COSTS, NEW_LINES, CONDUCTORS, LOADS, *GROWTH)
CLASSES: Final = {
    "BATTERY|PVB": "battery",
    "COAL|BIO": "coal_biomass",
    "COMBINED_CYCLE|FUEL_CELL": "gas_cc_fuel_cell",
    "COMBUSTION_TURBINE|CONSUME|LFILL|OGS": "gas_ct_steam",
    "NUCLEAR": "nuclear",
}
SEASONS: Final = ("summer", "winter")
LINE_SHARE: Final = 0.5  # what a new line adds to an interface, of its thermal rating
PRICE_YEAR: Final = 2024
KW_PER_MW: Final = 1000.0


def region(zones: pd.Series, tally: Tally) -> pd.Series:
    """Return the region of a zone: itself or, with a grid, the region that carries its id."""
    grid = tally.given.grid
    return zones if grid is None else grid.by_zone(zones)


def read(files: dict[str, Path], counties: pd.DataFrame, tally: Tally) -> dict[str, pd.DataFrame]:
    """Return the tables of the files that are there."""
    tables: dict[str, pd.DataFrame] = {}
    if MARGINS in files:
        tables["requirements"] = tally.tried(pd.DataFrame(), margins, files[MARGINS], tally)
    if COSTS in files and len(counties):
        found = tally.tried(pd.DataFrame(), costs, files[COSTS], counties, tally)
        tables["capex_multipliers"] = found
    if NEW_LINES in files and CONDUCTORS in files and len(counties):
        found = tally.tried(pd.DataFrame(), new_lines, files, counties, tally)
        tables["line_candidates"] = found
    parts = []
    if IMPORTS in files:
        parts.append(tally.tried(pd.DataFrame(), imports, files[IMPORTS], tally))
    if LOADS in files:
        parts.append(tally.tried(pd.DataFrame(), loads, files[LOADS], tally))
    parts.append(tally.each([files[name] for name in GROWTH if name in files], growth))
    if parts:
        tables["published"] = pd.concat(parts, ignore_index=True)
    return tables


def margins(file: Path, tally: Tally) -> pd.DataFrame:
    """Return reserve margins by area of NERC and year, the same for both seasons."""
    wanted = {"pool": "*nercr", "year": "t", "margin": "static"}
    rows = native_read.csv(file, wanted, tally)
    rows = rows.assign(
        year=native_read.numbers(rows["year"]), reserve_margin=native_read.numbers(rows["margin"])
    )
    rows = tally.without(rows, rows["reserve_margin"].isna(), file.name, "no margin")
    # A margin that stays the same says nothing new.
    same = rows["reserve_margin"].eq(rows.groupby("pool")["reserve_margin"].shift())
    rows = tally.without(rows, same, file.name, "as in the year before")
    both = pd.concat([rows.assign(season=season) for season in SEASONS], ignore_index=True)
    both = both.assign(basis="reeds", note="Static margin; the same for both seasons")
    both["year"] = both["year"].astype(int)
    return tally.dated(both.drop(columns="margin"))


def imports(file: Path, tally: Tally) -> pd.DataFrame:
    """Return net imports of areas in their peak hour."""
    rows = native_read.csv(file, {"area": "nercr", "year": "t", "value": "MW"}, tally)
    rows = rows.assign(value=native_read.numbers(rows["value"]))
    rows = tally.without(rows, rows["value"].isna(), file.name, "no megawatts")
    return _published(rows, "peak_net_imports", "MW", tally)


def loads(file: Path, tally: Tally) -> pd.DataFrame:
    """Return the yearly load of states."""
    rows = native_read.csv(file, {"area": "st", "year": "year", "value": "MWh"}, tally)
    rows = rows.assign(value=native_read.numbers(rows["value"]) / KW_PER_MW)
    rows = tally.without(rows, rows["value"].isna(), file.name, "no megawatt-hours")
    return _published(rows, "energy", "GWh", tally)


def growth(file: Path, tally: Tally) -> pd.DataFrame:
    """Return the multipliers of load by state and year of one case of the outlook."""
    rows = native_read.csv(file, {"area": "r", "year": "year", "value": "multiplier"}, tally)
    rows = rows.assign(value=native_read.numbers(rows["value"]))
    rows = tally.without(rows, rows["value"].isna(), file.name, "no multiplier")
    return _published(rows, f"load_multiplier_{file.stem.rpartition('_')[2]}", "ratio", tally)


def _published(rows: pd.DataFrame, quantity: str, unit: str, tally: Tally) -> pd.DataFrame:
    year = native_read.numbers(rows["year"]).astype(int)
    return tally.dated(rows.assign(quantity=quantity, unit=unit, season="annual", year=year))


def costs(file: Path, counties: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """Return the cost of building over the national average: the mean of a zone's counties."""
    rows = native_read.csv(file, {"county": "r", **{word: word for word in CLASSES}}, tally)
    zone = native_read.lookup(counties["county"], counties["zone"])
    place = rows["county"].str.removeprefix("p").str.zfill(5)
    rows = rows.assign(region=region(place.map(zone), tally))
    rows = tally.without(rows, rows["region"].isna(), file.name, "county without a region")
    values = rows.assign(**{word: native_read.numbers(rows[word]) for word in CLASSES})
    means = 1 + values.groupby("region")[list(CLASSES)].mean()
    long = means.rename(columns=CLASSES).reset_index()
    long = long.melt("region", var_name="capex_class", value_name="multiplier")
    return tally.dated(long.dropna())


def new_lines(files: dict[str, Path], counties: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """Return a new line of alternating current for each pair; it adds half of its rating."""
    wanted = {"start": "start", "end": "end", "kind": "polarity", "kv": "voltage",
              "cost": "cost_MUSD", "miles": "length_miles"}  # fmt: skip
    rows = native_read.csv(files[NEW_LINES], wanted, tally)
    rating = _ratings(files[CONDUCTORS], tally)
    zone = hashes(counties)
    name = files[NEW_LINES].name
    rows = rows.assign(start=rows["start"].map(zone), end=rows["end"].map(zone))
    other = rows["start"].isna() | rows["end"].isna()
    rows = tally.without(rows, other, name, "line of another set of zones")
    rows = tally.without(rows, rows["kind"] != "ac", name, "direct current, without a rating")
    rows = rows.assign(
        mw=rows["kv"].map(rating) * LINE_SHARE, cost=native_read.numbers(rows["cost"])
    )
    rows = tally.without(rows, rows["mw"].isna() | rows["cost"].isna(), name, "no rating or cost")
    rows = rows.assign(
        from_region=region(rows["start"], tally), to_region=region(rows["end"], tally)
    )
    lost = rows["from_region"].isna() | rows["to_region"].isna()
    rows = tally.without(rows, lost, name, "zone without a region")
    rows = tally.without(rows, rows.duplicated(["from_region", "to_region"]), name, "pair again")
    return tally.dated(
        pd.DataFrame(
            {
                "from_region": rows["from_region"],
                "to_region": rows["to_region"],
                "remedy": "new_line",
                "added_mw": rows["mw"],
                "capex_usd_per_kw": rows["cost"] * 1e6 / (rows["mw"] * KW_PER_MW),
                "note": rows["kv"] + " kV, " + rows["miles"] + f" miles; USD of {PRICE_YEAR};"
                " half of the thermal rating",
            }
        )
    )  # fmt: skip


def _ratings(file: Path, tally: Tally) -> dict[str, float]:
    """Return the thermal rating of three phases by voltage [MVA]."""
    rows = native_read.csv(file, {"kv": "voltage_kv", "amp": "amp"}, tally)
    volts, amps = native_read.numbers(rows["kv"]), native_read.numbers(rows["amp"])
    return dict(zip(rows["kv"], math.sqrt(3) * volts * amps / 1000, strict=True))


def hashes(counties: pd.DataFrame) -> dict[str, str]:
    """Return the zone of each hash: MD5 of the sorted county codes with commas between."""
    lists = counties.sort_values("county").groupby("zone")["county"].agg(",".join)
    keys = [hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() for text in lists]
    return dict(zip(keys, lists.index, strict=True))
