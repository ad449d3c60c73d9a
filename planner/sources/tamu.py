"""The synthetic network of the United States in PowerSimData (usa_tamu): CSV tables of buses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.sources import native, native_read, native_supply

if TYPE_CHECKING:
    from pathlib import Path

    from planner.sources.native import Given, Imported, Tally
    from planner.sources.native_read import Wanted

PATTERNS: Final = ("plant.csv", "sub.csv", "zone.csv", "dcline.csv", "bus.csv", "bus2sub.csv")
PLANTS: Final[Wanted] = {
    "bus": "bus_id",
    "status": "status",
    "mw": "Pmax",
    "type": "type",
    "interconnect": "interconnect",
}
SUBSTATIONS: Final[Wanted] = {
    "sub": "sub_id",
    "lat": "lat",
    "lon": "lon",
    "interconnect": "interconnect",
}
ZONES: Final[Wanted] = {"zone": "zone_id", "name": "zone_name", "state": "state"}
LINES: Final[Wanted] = {
    "id": "dcline_id",
    "start_bus": "from_bus_id",
    "end_bus": "to_bus_id",
    "status": "status",
    "low": "Pmin",
    "high": "Pmax",
    "start": "from_interconnect",
    "end": "to_interconnect",
}
YEAR: Final = 2016  # of the plant that the network stands for


def read(path: Path, given: Given) -> Imported:
    """Read plant into `supply` and ties of direct current into `links`.

    Regions are the load zones where `bus.csv` says which bus lies in which, else the three
    interconnections. The network is synthetic: its rows serve to test, not to answer.

    References
    ----------
    Y. Xu and others, U.S. Test System with High Spatial and Temporal Resolution for Renewable
    Integration Studies, 2020.
    """
    tally = native.Tally("powersimdata", given)
    files = {file.name: file for file in native.found(tally, path, PATTERNS)}
    zones = _zones(files, tally)
    tally.note("The network is synthetic; use its rows to test, not to answer.")
    tables: dict[str, pd.DataFrame] = {}
    if "plant.csv" in files:
        tables["supply"] = tally.tried(pd.DataFrame(), plants, files["plant.csv"], zones, tally)
    if "dcline.csv" in files:
        tables["links"] = tally.tried(pd.DataFrame(), lines, files["dcline.csv"], zones, tally)
    if "sub.csv" in files:
        places = tally.tried(pd.DataFrame(), regions, files["sub.csv"], zones, tally)
        tables |= _pools(places, tables, tally)
    return native.finished(tally, tables)


def _zones(files: dict[str, Path], tally: Tally) -> pd.Series:
    """Return the name of the load zone of each bus; without `bus.csv`, none."""
    nothing: pd.Series = pd.Series(dtype="str")
    if "zone.csv" not in files:
        return nothing
    rows = tally.tried(pd.DataFrame(), native_read.csv, files["zone.csv"], ZONES, tally)
    if "bus.csv" not in files:
        every = pd.Series(data=True, index=rows.index)
        tally.without(rows, every, "zone.csv", "no bus.csv, which says what lies in a zone")
        tally.note("bus.csv is missing: regions are the interconnections, not the load zones.")
        return nothing
    wanted = {"bus": "bus_id", "zone": "zone_id"}
    buses = tally.tried(pd.DataFrame(), native_read.csv, files["bus.csv"], wanted, tally)
    if buses.empty or rows.empty:
        return nothing
    names = buses["zone"].map(native_read.lookup(rows["zone"], rows["name"]))
    return names.set_axis(buses["bus"])[~buses["bus"].duplicated().to_numpy()]


def plants(file: Path, zones: pd.Series, tally: Tally) -> pd.DataFrame:
    """Return plant in service, summed by region and technology."""
    rows = native_read.csv(file, PLANTS, tally)
    rows["mw"] = native_read.numbers(rows["mw"])
    rows = tally.without(rows, rows["status"] != "1", file.name, "out of service")
    rows = tally.without(rows, ~(rows["mw"] > 0), file.name, "no megawatts")
    rows["technology"] = native_supply.technology(rows["type"], native_supply.PLAIN)
    rows = native_supply.known(rows, "type", file.name, tally)
    rows["region"] = rows["bus"].map(zones) if len(zones) else rows["interconnect"]
    rows = tally.without(rows, rows["region"].isna(), file.name, "bus without a zone")
    mw = rows["mw"]
    rows = rows.assign(status="existing", online_year=YEAR, summer_mw=mw, winter_mw=mw)
    return native_supply.summed(tally.dated(rows.assign(nameplate_mw=mw)))


def lines(file: Path, zones: pd.Series, tally: Tally) -> pd.DataFrame:
    """Return lines of direct current between two regions, as their limits stand."""
    rows = native_read.csv(file, LINES, tally)
    if len(zones):
        rows["start"], rows["end"] = rows["start_bus"].map(zones), rows["end_bus"].map(zones)
    rows["low"], rows["high"] = native_read.numbers(rows["low"]), native_read.numbers(rows["high"])
    rows = tally.without(rows, rows["status"] != "1", file.name, "out of service")
    lost = rows["start"].isna() | rows["end"].isna()
    rows = tally.without(rows, lost, file.name, "bus without a zone")
    rows = tally.without(rows, rows["start"] == rows["end"], file.name, "both ends in one region")
    return tally.dated(
        pd.DataFrame(
            {
                "from_region": rows["start"],
                "to_region": rows["end"],
                "kind": "DC",
                "name": "dcline " + rows["id"],
                "status": "existing",
                "forward_mw": rows["high"].clip(lower=0.0),
                "reverse_mw": (-rows["low"]).clip(lower=0.0),
                "note": "Synthetic",
            }
        )
    )


def regions(file: Path, zones: pd.Series, tally: Tally) -> pd.DataFrame:
    """Return the interconnections with the mean of their substations' coordinates."""
    rows = native_read.csv(file, SUBSTATIONS, tally)
    rows["lat"], rows["lon"] = native_read.numbers(rows["lat"]), native_read.numbers(rows["lon"])
    pointless = rows["lat"].isna() | rows["lon"].isna()
    rows = tally.without(rows, pointless, file.name, "no coordinates")
    if len(zones):
        tally.note("Points of load zones are those of their interconnection.")
    return rows.groupby("interconnect")[["lat", "lon"]].mean().reset_index()


def _pools(
    places: pd.DataFrame, tables: dict[str, pd.DataFrame], tally: Tally
) -> dict[str, pd.DataFrame]:
    """Return regions and pools of the interconnections, where they are the regions."""
    supply = tables.get("supply", pd.DataFrame())
    named = set(supply["region"]) if len(supply) else set()
    if places.empty or not named <= set(places["interconnect"]):
        return {}
    names = places["interconnect"]
    rows = places.assign(region=names, name=names, pool=names, state=names)
    pools = pd.DataFrame({"pool": names, "name": names, "basis": "synthetic, nameplate"})
    return {"regions": tally.dated(rows), "pools": tally.dated(pools)}
