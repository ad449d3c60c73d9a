"""ReEDS inputs: zones, counties, transfer limits, margins and regional costs (CSV)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.sources import native, native_read, reeds_tables, reeds_units

if TYPE_CHECKING:
    from pathlib import Path

    from planner.sources.native import Given, Imported, Tally
    from planner.sources.native_read import Wanted

HIERARCHY: Final = "hierarchy.csv"
COUNTIES: Final = "county2zone.csv"
NAMES: Final = "county_state.csv"
LIMITS: Final = "itl_NARIS.csv"
FACES: Final = "interfaces_r.csv"
TIES: Final = "b2b.csv"
LINES: Final = ("hvdc_existing.csv", "hvdc_planned-baseline.csv")
PATTERNS: Final = (
    HIERARCHY,
    COUNTIES,
    NAMES,
    LIMITS,
    FACES,
    TIES,
    *LINES,
    *reeds_tables.FILES,
    reeds_units.FILE,
)
ZONES: Final[Wanted] = {
    "zone": "r",
    "pool": "nercr",
    "group": "transgrp",
    "state": "st",
    "interconnect": "interconnect",
}
TIE_NOTE: Final = "Back-to-back tie between interconnections"
LIMIT_NOTE: Final = "Limit of a single interface; limits of several interfaces cannot be added"


def read(path: Path, given: Given) -> Imported:
    """Read the folder of inputs: `regions`, `pools`, `places`, `links` and tables by zone.

    Zones keep their ids or, with a grid, take the regions of the pack that carry them. A limit is
    stored under hashes of the counties of its two zones; those of other sets of zones are counted
    and left out. Points of zones and the ends of lines need the outlines of a grid.

    References
    ----------
    National Renewable Energy Laboratory, Regional Energy Deployment System, inputs.
    """
    tally = native.Tally("reeds", given)
    files = {file.name: file for file in native.found(tally, path, PATTERNS)}
    counties = _counties(files, tally)
    tables: dict[str, pd.DataFrame] = {}
    if HIERARCHY in files:
        nothing: dict[str, pd.DataFrame] = {}
        tables |= tally.tried(nothing, zones, files[HIERARCHY], tally)
    if len(counties):
        tables["places"] = tally.tried(pd.DataFrame(), places, files, counties, tally)
    parts = []
    if LIMITS in files and len(counties):
        parts.append(tally.tried(pd.DataFrame(), limits, files, counties, tally))
    if TIES in files:
        parts.append(tally.tried(pd.DataFrame(), ties, files[TIES], tally))
    parts.append(tally.each([files[name] for name in LINES if name in files], lines))
    if parts:
        tables["links"] = pd.concat(parts, ignore_index=True)
    if reeds_units.FILE in files and len(counties):
        units = files[reeds_units.FILE]
        found = tally.tried(pd.DataFrame(), reeds_units.read, units, counties, tally)
        tables["supply"] = found
    tables |= reeds_tables.read(files, counties, tally)
    return native.finished(tally, _consistent(tables, tally))


def _counties(files: dict[str, Path], tally: Tally) -> pd.DataFrame:
    """Return the zone of each county; several sets of zones cannot be told apart by name."""
    empty: pd.DataFrame = pd.DataFrame({"county": [], "zone": []}, dtype="str")
    if COUNTIES not in files:
        tally.problems.append(f"{COUNTIES}: it is missing; without it no limit has a zone.")
        return empty
    wanted = {"county": "FIPS", "zone": "r"}
    rows = tally.tried(empty, native_read.csv, files[COUNTIES], wanted, tally)
    return rows.assign(county=rows["county"].str.removeprefix("p").str.zfill(5))


def zones(file: Path, tally: Tally) -> dict[str, pd.DataFrame]:
    """Return zones as regions, and areas of NERC as pools."""
    rows = native_read.csv(file, ZONES, tally, optional=("group",))
    rows = tally.without(rows, rows.duplicated("zone"), file.name, "zone listed twice")
    rows = rows.assign(region=reeds_tables.region(rows["zone"], tally))
    grid = tally.given.grid
    if grid is None:
        reason = "no point: give --grid with a pack that has outlines"
        tally.without(rows, pd.Series(data=True, index=rows.index), file.name, reason)
        return {}
    own = grid.regions.set_index("region")
    rows = tally.without(rows, rows["region"].isna(), file.name, f"no region of {grid.name}")
    for column in ("name", "lat", "lon"):
        rows[column] = rows["region"].map(own[column])
    rows = rows.assign(source_zone=rows["zone"]).drop(columns="zone")
    pools = pd.DataFrame({"pool": sorted(set(rows["pool"]))})
    pools = pools.assign(name=pools["pool"], basis="reeds")
    return {"regions": tally.dated(rows), "pools": tally.dated(pools)}


def places(files: dict[str, Path], counties: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """Return counties with their name and region."""
    rows = counties.assign(name=counties["county"])
    if NAMES in files:
        wanted = {"county": "FIPS", "name": "county_name", "state": "state"}
        named = native_read.csv(files[NAMES], wanted, tally)
        keys = named["county"].str.removeprefix("p").str.zfill(5)
        labels = native_read.lookup(keys, named["name"].str.title() + ", " + named["state"])
        rows["name"] = rows["county"].map(labels).fillna(rows["county"])
    rows = rows.assign(place=rows["county"], region=reeds_tables.region(rows["zone"], tally))
    rows = tally.without(rows, rows["region"].isna(), COUNTIES, "zone without a region")
    rows = tally.without(rows, rows.duplicated("place"), COUNTIES, "county listed twice")
    return tally.dated(rows[["place", "name", "region"]])


def limits(files: dict[str, Path], counties: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """Return the limits between two zones of the set that are listed as an interface."""
    file = files[LIMITS]
    wanted = {"start": "md5_from", "end": "md5_to", "there": "MW_forward", "back": "MW_reverse"}
    rows = native_read.csv(file, wanted, tally)
    zone = reeds_tables.hashes(counties)
    rows = rows.assign(start=rows["start"].map(zone), end=rows["end"].map(zone))
    other = rows["start"].isna() | rows["end"].isna()
    rows = tally.without(rows, other, file.name, "limit of another set of zones")
    rows = rows.assign(there=native_read.numbers(rows["there"]),
                       back=native_read.numbers(rows["back"]))  # fmt: skip
    rows = tally.without(
        rows, rows["there"].isna() | rows["back"].isna(), file.name, "no megawatts"
    )
    if FACES in files:
        listed = native_read.csv(files[FACES], {"pair": "interface"}, tally)["pair"]
        faces = {frozenset(pair.split("~~")) for pair in listed}
        pairs = zip(rows["start"], rows["end"], strict=True)
        lost = pd.Series([frozenset(pair) not in faces for pair in pairs], index=rows.index)
        rows = tally.without(rows, lost, file.name, "pair is no interface of the set")
    rows = _oriented(rows)
    twice = rows.duplicated(["start", "end"])
    rows = tally.without(rows, twice, file.name, "pair given in both directions; one stands")
    return _links(rows, file.name, tally, kind="AC", note=LIMIT_NOTE)


def _oriented(rows: pd.DataFrame) -> pd.DataFrame:
    """Turn every pair so that it runs from the lower to the higher number of its zones.

    Pairs that are written so come first: of a pair in both directions they stand.
    """
    pairs = zip(rows["start"], rows["end"], strict=True)
    back = pd.Series([_order(a) > _order(b) for a, b in pairs], index=rows.index, dtype=bool)
    swapped = {"start": "end", "end": "start", "there": "back", "back": "there"}
    turned = rows.rename(columns=swapped)[list(rows.columns)]
    rows = rows.where(~back, turned).assign(turned=back)
    return rows.sort_values("turned", kind="stable")


def _order(zone: str) -> tuple[int, str]:
    return len(zone), zone


def ties(file: Path, tally: Tally) -> pd.DataFrame:
    """Return back-to-back ties between interconnections."""
    rows = native_read.csv(file, {"start": "r", "end": "rr", "there": "MW"}, tally)
    rows["there"] = native_read.numbers(rows["there"])
    rows = tally.without(rows, rows["there"].isna(), file.name, "no megawatts")
    return _links(rows.assign(back=rows["there"]), file.name, tally, kind="DC", note=TIE_NOTE)


def lines(file: Path, tally: Tally) -> pd.DataFrame:
    """Return lines of direct current between two regions, by the coordinates of their ends."""
    points = ("from_lat", "from_lon", "to_lat", "to_lon")
    wanted = {"name": "name", "there": "MW", "year": "year_online", **{p: p for p in points}}
    rows = native_read.csv(file, wanted, tally)
    rows = rows.assign(**{p: native_read.numbers(rows[p]) for p in (*points, "there", "year")})
    grid = tally.given.grid
    if grid is None:
        reason = "ends are coordinates: give --grid with a pack that has outlines"
        tally.without(rows, pd.Series(data=True, index=rows.index), file.name, reason)
        return pd.DataFrame()
    rows = rows.assign(
        start=grid.by_point(rows["from_lat"], rows["from_lon"]),
        end=grid.by_point(rows["to_lat"], rows["to_lon"]),
        back=rows["there"],
    )
    lost = rows["start"].isna() | rows["end"].isna()
    rows = tally.without(rows, lost, file.name, "an end lies in no region")
    planned = "planned" in file.name
    note = (
        "Line of direct current, from a list of planned lines"
        if planned
        else "Line of direct current"
    )
    return _links(rows, file.name, tally, kind="DC", note=note)


def _links(rows: pd.DataFrame, file: str, tally: Tally, *, kind: str, note: str) -> pd.DataFrame:
    """Return rows of `links`; a line due in the year of the edition or later is being built."""
    if "from_lat" not in rows:
        rows = rows.assign(start=reeds_tables.region(rows["start"], tally),
                           end=reeds_tables.region(rows["end"], tally))  # fmt: skip
        lost = rows["start"].isna() | rows["end"].isna()
        rows = tally.without(rows, lost, file, "zone without a region")
    rows = tally.without(rows, rows["start"] == rows["end"], file, "both ends in one region")
    year = rows["year"] if "year" in rows else pd.Series(float("nan"), index=rows.index)
    later = year >= tally.day.year
    return tally.dated(
        pd.DataFrame(
            {
                "from_region": rows["start"],
                "to_region": rows["end"],
                "kind": kind,
                "name": rows.get("name", ""),
                "online_year": year.where(later).astype("Int64"),
                "status": later.map({True: "under_construction", False: "existing"}),
                "forward_mw": rows["there"],
                "reverse_mw": rows["back"],
                "note": note,
            }
        )
    )


def _consistent(tables: dict[str, pd.DataFrame], tally: Tally) -> dict[str, pd.DataFrame]:
    """Leave out what hangs on a pool that no region has."""
    pools = tables.get("pools")
    margins = tables.get("requirements")
    if pools is None or margins is None:
        return tables
    bad = ~margins["pool"].isin(pools["pool"])
    kept = tally.without(margins, bad, reeds_tables.MARGINS, "area without a zone")
    return {**tables, "requirements": kept}
