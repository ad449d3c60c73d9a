"""Folders of GenX, Switch and GridPath: a GenX system as a grid, loads of the others as a table.

GenX moved its files about: Generators_data.csv and Load_data.csv, later resources/*.csv and
system/Demand_data.csv. Both are read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner.bridges.pypsa_in import from_network
from planner.bridges.quiet import hushed, library
from planner.case import SUMMER, Assumptions
from planner.errors import DataError, PackError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from planner.bridges.grid import Grid

HOURS_OF_A_YEAR: Final = 8760
PLACES: Final = ("", "system", "resources", "Inputs", "inputs")
RESOURCES: Final = ("Thermal", "Vre", "Hydro", "Must_run", "Flex_demand", "Electrolyzer")
NOT_PLANT: Final = ("Flex_demand", "Electrolyzer")
STORAGE_HOURS: Final = 4.0


def from_genx(
    folder: Path, *, name: str | None = None, year: int | None = None, **choices: Any
) -> Grid:
    """Read a GenX system as a grid.

    Parameters
    ----------
    folder
        Holds Network.csv, Load_data.csv or Demand_data.csv, Generators_data.csv or the files of
        resources, and if there is one Generators_variability.csv, itself or in `system` and
        `resources`.
    name
        Name of the grid; that of the folder where none is given.
    year
        Year of the load; that of the default as-of date where none is given. A load of 8760 rows
        begins on January 1, any other counts for both seasons.
    **choices
        As for :func:`planner.bridges.pypsa.from_network`: `reserve_margin`, `hours` and so on.

    Returns
    -------
    Grid
        Existing capacity (`Existing_Cap_MW`) by zone; new builds do not count.

    Raises
    ------
    PackError
        A file is not there.
    DataError
        A column is not there, or no plant exists.
    """
    pypsa = library()
    load = _cells(_found(folder, "Demand_data.csv", "Load_data.csv"))
    lines = _cells(_found(folder, "Network.csv"))
    plants = _resources(folder)
    zones = _zones(load)
    network = pypsa.Network(name=name or folder.name)
    with hushed():
        network.set_snapshots(_snapshots(len(load), year or Assumptions().as_of.year))
        network.add("Bus", list(zones.values()), carrier="AC")
        for column, zone in zones.items():
            series = pd.Series(load[column].astype(float).to_numpy(), index=network.snapshots)
            network.add("Load", zone, bus=zone, p_set=series)
        _add_lines(network, lines, set(zones.values()))
        _add_plants(network, plants, _variability(folder, network.snapshots))
    return from_network(network, **choices)


def _found(folder: Path, *names: str, needed: bool = True) -> Path | None:
    for name in names:
        for place in PLACES:
            if (folder / place / name).is_file():
                return folder / place / name
    if needed:
        message = f"{folder}: there is no {' or '.join(names)}; give the folder that holds it."
        raise PackError(message)
    return None


def _cells(path: Path | None, separator: str = ",") -> pd.DataFrame:
    try:
        table = pd.read_csv(str(path), encoding="utf-8-sig", sep=separator)
    except (ValueError, pd.errors.ParserError) as error:
        raise DataError([f"{path}: it cannot be read as a table ({error})."]) from error
    return table.rename(columns=str.strip).dropna(how="all")


def _columns(table: pd.DataFrame, names: Iterable[str], file: str) -> None:
    missing = [name for name in names if name not in table]
    if missing:
        raise DataError([f"{file}: column {name} is missing; add it." for name in missing])


def _zones(load: pd.DataFrame) -> dict[str, str]:
    """Zone by column of the load."""
    found = {
        str(column): match[1]
        for column in load
        if (match := re.fullmatch(r"(?:Load|Demand)_MW_(z\d+)", str(column)))
    }
    if not found:
        raise DataError(["Load_data.csv: no column Load_MW_z1 or Demand_MW_z1; add the zones."])
    return found


def _snapshots(count: int, year: int) -> pd.Index:
    if count < HOURS_OF_A_YEAR:
        return pd.RangeIndex(count, name="snapshot")
    return pd.date_range(f"{year}-01-01", periods=count, freq="h", name="snapshot")


def _add_lines(network: Any, lines: pd.DataFrame, zones: set[str]) -> None:
    _columns(lines, ("Start_Zone", "End_Zone", "Line_Max_Flow_MW"), "Network.csv")
    rows = lines[lines["Line_Max_Flow_MW"].notna()].reset_index(drop=True)
    ends = {
        side: "z" + rows[f"{side}_Zone"].astype(float).astype(int).astype(str)
        for side in ("Start", "End")
    }
    strange = sorted((set(ends["Start"]) | set(ends["End"])) - zones)
    if strange:
        raise DataError([f"Network.csv: zone {zone} has no load; add {zone}." for zone in strange])
    names = "line " + rows.index.astype(str)
    network.add(
        "Link",
        names,
        bus0=ends["Start"].to_numpy(),
        bus1=ends["End"].to_numpy(),
        p_nom=rows["Line_Max_Flow_MW"].astype(float).to_numpy(),
        p_min_pu=-1.0,
        carrier="AC",
    )


def _resources(folder: Path) -> pd.DataFrame:
    """Plant of all files, with the kind of each row."""
    whole = _found(folder, "Generators_data.csv", needed=False)
    if whole is not None:
        table = _cells(whole)
        stores = table["STOR"] if "STOR" in table else pd.Series(0, index=table.index)
        table["stores"] = stores.fillna(0).astype(float) > 0
    else:
        kinds = [name for name in (*RESOURCES, "Storage") if name not in NOT_PLANT]
        files = {name: _found(folder, f"{name}.csv", needed=False) for name in kinds}
        frames = [_cells(path).assign(stores=name == "Storage")
                  for name, path in files.items() if path is not None]  # fmt: skip
        if not frames:
            message = f"{folder}: there is no Generators_data.csv and no resources/Thermal.csv."
            raise PackError(message)
        table = pd.concat(frames, ignore_index=True)
    _columns(table, ("Resource", "Zone", "Existing_Cap_MW"), "Generators_data.csv")
    return table


def _variability(folder: Path, snapshots: pd.Index) -> pd.DataFrame:
    path = _found(folder, "Generators_variability.csv", needed=False)
    if path is None:
        return pd.DataFrame(index=snapshots)
    table = _cells(path).iloc[: len(snapshots)]
    if len(table) < len(snapshots):
        message = f"{path}: it has {len(table)} rows and the load {len(snapshots)}; give as many."
        raise DataError([message])
    return table.set_axis(snapshots)


def _add_plants(network: Any, plants: pd.DataFrame, available: pd.DataFrame) -> None:
    for row in plants.to_dict("records"):
        mw = float(row["Existing_Cap_MW"])
        given = {
            "bus": f"z{int(row['Zone'])}",
            "carrier": str(row["Resource"]),
            "p_nom": max(mw, 0.0),
        }
        if row["stores"]:
            energy = float(row.get("Existing_Cap_MWh", mw * STORAGE_HOURS))
            hours = energy / mw if mw > 0 else STORAGE_HOURS
            network.add("StorageUnit", row["Resource"], max_hours=hours, **given)
        elif row["Resource"] in available:
            series = available[row["Resource"]].astype(float)
            network.add("Generator", row["Resource"], p_max_pu=series, **given)
        else:
            network.add("Generator", row["Resource"], **given)


# --- loads of Switch and GridPath ----------------------------------------------------------------


def read_loads(folder: Path) -> pd.DataFrame:
    """Read the seasonal peaks of the loads of a Switch or GridPath folder.

    Parameters
    ----------
    folder
        Inputs of Switch (loads.csv, timepoints.csv) or of GridPath (load_mw.tab, timepoints.tab).

    Returns
    -------
    pd.DataFrame
        `region`, `year`, `season`, `peak_mw`: load of each zone in the hour in which all zones
        together draw most in that season and year.

    Raises
    ------
    PackError
        A file is not there.
    DataError
        A column is not there.
    """
    switch = _found(folder, "loads.csv", needed=False)
    rows = _switch(folder, switch) if switch is not None else _gridpath(folder)
    total = rows.groupby(["year", "season", "timepoint"], as_index=False)["mw"].sum()
    highest = total.loc[total.groupby(["year", "season"])["mw"].idxmax()]
    peaks = rows.merge(highest[["year", "season", "timepoint"]])
    peaks = peaks.groupby(["region", "year", "season"], as_index=False)["mw"].sum()
    return peaks.rename(columns={"mw": "peak_mw"})


def _switch(folder: Path, file: Path) -> pd.DataFrame:
    loads, times = _cells(file), _cells(_found(folder, "timepoints.csv"))
    _columns(loads, ("LOAD_ZONE", "TIMEPOINT", "zone_demand_mw"), "loads.csv")
    _columns(times, ("timepoint_id", "timestamp"), "timepoints.csv")
    told = times["timestamp"].astype(str).str.replace(r"\D", "", regex=True)
    times = times.assign(year=told.str[:4].astype(int), month=told.str[4:6].astype(int))
    rows = loads.merge(times, left_on="TIMEPOINT", right_on="timepoint_id")
    return _seasonal(
        rows.rename(
            columns={"LOAD_ZONE": "region", "TIMEPOINT": "timepoint", "zone_demand_mw": "mw"}
        )
    )


def _gridpath(folder: Path) -> pd.DataFrame:
    loads = _cells(_found(folder, "load_mw.tab"), "\t")
    times = _cells(_found(folder, "timepoints.tab"), "\t")
    loads = loads.rename(columns={"LOAD_ZONES": "load_zone"})
    _columns(loads, ("load_zone", "timepoint", "load_mw"), "load_mw.tab")
    _columns(times, ("timepoint", "period", "month"), "timepoints.tab")
    rows = loads.merge(times[["timepoint", "period", "month"]], on="timepoint")
    return _seasonal(
        rows.rename(columns={"load_zone": "region", "load_mw": "mw", "period": "year"})
    )


def _seasonal(rows: pd.DataFrame) -> pd.DataFrame:
    """Seasons; a winter is the one that ends in the year."""
    summer = rows["month"].astype(int).isin(SUMMER)
    autumn = rows["month"].astype(int) > max(SUMMER)
    return pd.DataFrame(
        {
            "region": rows["region"].astype("str"),
            "year": rows["year"].astype(int) + autumn.astype(int),
            "season": summer.map({True: "summer", False: "winter"}),
            "timepoint": rows["timepoint"],
            "mw": rows["mw"].astype(float),
        }
    )
