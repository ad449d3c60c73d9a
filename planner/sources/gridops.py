"""The example of gridops: plant, storage, lines and load of a Western network by bus (CSV)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.sources import native, native_read, native_sites, native_supply

if TYPE_CHECKING:
    from pathlib import Path

    from planner.sources.native import Given, Imported, Tally
    from planner.sources.native_read import Wanted

PATTERNS: Final = (
    "thermal_gens.csv",
    "storage_params.csv",
    "line_param.csv",
    "nodal_load.csv",
    "BA_to_BA_hurdle*.csv",
)
THERMAL: Final[Wanted] = {"name": "Name", "bus": "Bus", "fuel": "Fuel", "mw": "Max_Cap"}
STORAGE: Final[Wanted] = {
    "name": "name",
    "fuel": "s_typ",
    "bus": "s_node",
    "mw": "discharge_rate",
    "mwh": "max_SoC",
}
LINES: Final[Wanted] = {"line": "line", "mw": "limit"}
HURDLES: Final[Wanted] = {"pair": "BA_to_BA", "usd": "Hurdle_$/MWh"}
ENDS: Final = 3  # "line", first bus, second bus


def read(path: Path, given: Given) -> Imported:
    """Read plant and storage into `supply` and lines into `links`, with a region for each bus.

    Load of a few sample hours is no peak, and prices of crossing have no table: both stay out.
    """
    tally = native.Tally("gridops", given)
    files = native.found(tally, path, PATTERNS)
    works = {PATTERNS[0]: thermal, PATTERNS[1]: storage, PATTERNS[2]: lines}
    read_in = {
        name: tally.each([file for file in files if file.name == name], work)
        for name, work in works.items()
    }
    for file in files:
        if file.name not in works:
            tally.tried(None, spare, file, tally)
    supply = pd.concat([read_in[PATTERNS[0]], read_in[PATTERNS[1]]], ignore_index=True)
    tables = {"supply": supply, "links": read_in[PATTERNS[2]]}
    tally.note("Buses have no coordinates and no region; each is a region of its own.")
    return native.finished(tally, tables)


def thermal(file: Path, tally: Tally) -> pd.DataFrame:
    """Return thermal units; their years are not published."""
    rows = native_read.csv(file, THERMAL, tally)
    return _supply(rows.assign(mwh=""), file.name, tally)


def storage(file: Path, tally: Tally) -> pd.DataFrame:
    """Return storage with its energy."""
    return _supply(native_read.csv(file, STORAGE, tally), file.name, tally)


def _supply(rows: pd.DataFrame, file: str, tally: Tally) -> pd.DataFrame:
    rows = rows.assign(
        mw=native_read.numbers(rows["mw"]), energy_mwh=native_read.numbers(rows["mwh"])
    )
    rows = tally.without(rows, ~(rows["mw"] > 0), file, "no megawatts")
    rows["technology"] = native_supply.technology(rows["fuel"], native_supply.PLAIN)
    rows = native_supply.known(rows, "fuel", file, tally)
    mw, bus = rows["mw"], rows["bus"].str.removeprefix("bus_")
    rows = rows.assign(
        region="bus_" + bus, status="existing", online_year=tally.day.year,
        summer_mw=mw, winter_mw=mw, nameplate_mw=mw,
    )  # fmt: skip
    tally.note("Years in which plant came online are not published; that of the edition stands.")
    return native_supply.summed(tally.dated(rows))


def lines(file: Path, tally: Tally) -> pd.DataFrame:
    """Return lines between two buses with their thermal limit."""
    rows = native_read.csv(file, LINES, tally)
    ends = rows["line"].str.split("_")
    rows = rows.assign(ends=ends, mw=native_read.numbers(rows["mw"]))
    rows = tally.without(rows, ends.str.len() != ENDS, file.name, "name does not give two buses")
    rows = tally.without(rows, rows["mw"].isna(), file.name, "no limit")
    return tally.dated(
        pd.DataFrame(
            {
                "from_region": "bus_" + rows["ends"].str[1],
                "to_region": "bus_" + rows["ends"].str[2],
                "kind": "AC",
                "name": native_sites.unique(rows["line"]),
                "status": "existing",
                "forward_mw": rows["mw"],
                "reverse_mw": rows["mw"],
                "note": "Thermal limit of a single line",
            }
        )
    )


def spare(file: Path, tally: Tally) -> None:
    """Count a file that has no table of ours."""
    if file.name == PATTERNS[3]:
        rows = native_read.csv(file, {}, tally)
        reason = "load of a few sample hours is no peak"
    else:
        rows = native_read.csv(file, HURDLES, tally)
        reason = "price of crossing a border has no table"
    tally.without(rows, pd.Series(data=True, index=rows.index), file.name, reason)
