"""us-atlas: counties and states of the United States (TopoJSON) as places and outlines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner.errors import DataError
from planner.sources import native, native_read

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from planner.sources.native import Given, Imported, Tally

PATTERNS: Final = ("counties-*.json", "states-*.json")
GEOGRAPHIC: Final = "EPSG:4326"
STATE_DIGITS: Final = 2
COUNTY_DIGITS: Final = 5


def read(path: Path, given: Given) -> Imported:
    """Read counties into `places`, each with its state as region, and states into outlines.

    With a grid, a county's region is that of the pack, and the outlines are dissolved to it.
    """
    tally = native.Tally("us_atlas", given)
    files = native.found(tally, path, PATTERNS)
    names: dict[str, str] = {}
    frames: dict[str, gpd.GeoDataFrame] = {}
    for file in files:
        layer = "states" if file.name.startswith("states") else "counties"
        found = tally.tried(None, shapes, file, layer, tally)
        if found is not None:
            frames[layer] = found
            names |= _states(file, tally)
    if not frames:
        return native.finished(tally, {})
    counties = frames.get("counties")
    if counties is None:
        states = frames["states"].assign(region=frames["states"]["name"])
        return native.finished(tally, {}, states[["region", "geometry"]])
    places = _places(counties, names, tally)
    joined = counties.merge(places[["place", "region"]], left_on="id", right_on="place")
    outlines = joined[["region", "geometry"]].dissolve("region").reset_index()
    return native.finished(tally, {"places": tally.dated(places)}, outlines)


def shapes(file: Path, layer: str, tally: Tally) -> gpd.GeoDataFrame:
    """Return the polygons of one layer: `id` (FIPS), `name`, `geometry`."""
    import geopandas as gpd

    _objects(file, tally)
    try:
        frame = gpd.read_file(file, layer=layer)
    except Exception as error:
        raise DataError([f"{file.name}: its layer {layer} cannot be read ({error})."]) from error
    tally.rows[file.name] += len(frame)
    if "id" not in frame or "name" not in frame:
        cells = pd.DataFrame(columns=[str(name) for name in frame.columns])
        native_read.fitted(cells, {"id": "id", "name": "name"}, file.name, tally)
    frame = frame.assign(id=frame["id"].astype(str)).set_crs(GEOGRAPHIC, allow_override=True)
    digits = STATE_DIGITS if layer == "states" else COUNTY_DIGITS
    bad = ~frame["id"].str.fullmatch(rf"\d{{{digits}}}").astype(bool)
    kept: gpd.GeoDataFrame = tally.without(frame, bad, file.name, "id is no FIPS code")
    kept = tally.without(kept, kept.geometry.isna(), file.name, "no outline")
    return kept.set_geometry(kept.geometry.make_valid())


def _objects(file: Path, tally: Tally) -> dict[str, Any]:
    found = native_read.loaded_json(file, tally)
    if not isinstance(found, dict) or found.get("type") != "Topology":
        raise DataError([f"{file.name}: it is no TopoJSON; its type must be Topology."])
    objects = found.get("objects")
    return objects if isinstance(objects, dict) else {}


def _states(file: Path, tally: Tally) -> dict[str, str]:
    """Return the names of states by code, which both files carry."""
    listed = _objects(file, tally).get("states", {}).get("geometries", [])
    return {str(entry["id"]): str(entry["properties"]["name"]) for entry in listed}


def _places(counties: gpd.GeoDataFrame, names: dict[str, str], tally: Tally) -> pd.DataFrame:
    state = counties["id"].str[:STATE_DIGITS].map(names)
    grid = tally.given.grid
    region = state if grid is None else grid.by_place(counties["id"])
    rows = pd.DataFrame(
        {"place": counties["id"], "name": counties["name"] + ", " + state, "region": region}
    )
    file = next(name for name in tally.rows if name.startswith("counties"))
    reason = "state without a name" if grid is None else f"not a place of {grid.name}"
    rows = tally.without(rows, rows["region"].isna(), file, reason)
    return tally.without(rows, rows.duplicated("place"), file, "code listed twice")
