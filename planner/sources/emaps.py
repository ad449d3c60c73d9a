"""Electricity Maps: capacity by zone, limits of exchanges (YAML), and outlines of zones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeGuard

import pandas as pd

from planner.errors import DataError
from planner.sources import native, native_read, native_sites, native_supply

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from planner.sources.native import Given, Imported, Tally

type Zone = tuple[dict[str, Any], list[dict[str, Any]]]

PATTERNS: Final = ("zones/*.yaml", "exchanges/*.yaml", "world.geojson")
ZONE_NAMES: Final = ("zoneName", "zoneKey", "id")


def read(path: Path, given: Given) -> Imported:
    """Read zones into `regions` and `supply`, exchanges into `links`, and outlines.

    Capacity is one figure a mode, or a list of dated figures, of which each becomes a fact of its
    date. The two bounds of an exchange are its limits in both directions. A single file is read as
    what its folder says: `zones` or `exchanges`.
    """
    tally = native.Tally("electricitymaps", given)
    files = native.found(tally, path, PATTERNS)
    zones = [file for file in files if file.parent.name == "zones"]
    exchanges = [file for file in files if file.parent.name == "exchanges"]
    shapes = [file for file in files if file.suffix == ".geojson"]
    if not zones and not exchanges and not shapes:
        raise DataError([f"{path.name}: it must lie in a folder `zones` or `exchanges`."])
    nothing: Zone | None = None
    read_zones = [tally.tried(nothing, zone, file, tally) for file in zones]
    found = [entry for entry in read_zones if entry is not None]
    regions = pd.DataFrame([entry[0] for entry in found])
    supply = pd.DataFrame([row for entry in found for row in entry[1]])
    links = [tally.tried(None, exchange, file, tally) for file in exchanges]
    outlines: gpd.GeoDataFrame | None = None
    for file in shapes:
        outlines = tally.tried(outlines, polygons, file, tally)
    if outlines is not None and len(regions):
        regions = _with_points(regions, outlines)
    tables = {
        "links": tally.dated(pd.DataFrame([row for row in links if row is not None])),
        **_grid(regions, supply, tally),
    }
    return native.finished(tally, _of_known_regions(tables, tally), outlines)


def zone(file: Path, tally: Tally) -> Zone:
    """Return a zone as a region, and its capacity by mode."""
    found = native_read.loaded_yaml(file, tally)
    box = found.get("bounding_box")
    point = found.get("center_point")
    lon, lat = (point[0], point[1]) if _pair(point) else _middle(box)
    key = file.stem
    region = {
        "region": key,
        "name": str(found.get("zone_name") or key),
        "state": key,
        "lat": lat,
        "lon": lon,
    }
    capacity = found.get("capacity")
    if not isinstance(capacity, dict) or not capacity:
        tally.rows[file.name] += 1
        tally.left[file.name, "no capacity"] += 1
        return region, []
    rows = []
    for mode, told in capacity.items():
        for value, day in _dated(told):
            tally.rows[file.name] += 1
            row = _capacity(str(mode), value, day, file.name, tally)
            rows += [] if row is None else [row]
    return region, rows


def _dated(told: Any) -> list[tuple[Any, str]]:
    """Return value and day of one figure or of a list of dated figures."""
    entries = told if isinstance(told, list) else [told]
    return [
        (entry.get("value"), native_sites.day(str(entry.get("datetime", ""))[:10])[0])
        if isinstance(entry, dict)
        else (entry, "")
        for entry in entries
    ]


def _capacity(mode: str, value: Any, day: str, file: str, tally: Tally) -> dict[str, Any] | None:
    technology = native_supply.PLAIN.get(mode.casefold())
    if technology is None:
        tally.left[file, f"mode {mode!r} stands for none of ours"] += 1
        return None
    if not isinstance(value, int | float) or value <= 0:
        tally.left[file, "zero or no megawatts"] += 1
        return None
    mw = float(value)
    return {
        "region": file.removesuffix(".yaml"),
        "technology": technology,
        "name": mode,
        "summer_mw": mw,
        "winter_mw": mw,
        "nameplate_mw": mw,
        "known": day,
    }


def _grid(regions: pd.DataFrame, supply: pd.DataFrame, tally: Tally) -> dict[str, pd.DataFrame]:
    """Return regions, a pool for each, and supply of the year of its data."""
    if regions.empty:
        return {}
    tally.note("A zone is a pool of its own; its basis of accreditation is not published.")
    tally.note("Years in which plant came online are not published; that of the data stands.")
    tally.note("A dated figure stands from its date on, and the later one in its place.")
    regions = regions.assign(pool=regions["region"], interconnect="not published")
    pools = regions[["pool", "name"]].assign(basis="not published")
    if len(supply):
        supply = tally.dated(supply, supply["known"]).drop(columns="known")
        year = supply["known_on"].str[:4].astype(int)
        # All editions of one figure share the year of the first, or they would add up.
        first = year.groupby([supply["region"], supply["name"]]).transform("min")
        supply = native_supply.summed(supply.assign(status="existing", online_year=first))
    pools, regions = tally.dated(pools), tally.dated(regions)
    return {"pools": pools, "regions": regions, "supply": supply}


def _of_known_regions(tables: dict[str, pd.DataFrame], tally: Tally) -> dict[str, pd.DataFrame]:
    """Leave out regions without a point or that are sums of others, and what hangs on them."""
    regions = tables.get("regions")
    if regions is None:
        return tables
    pointless = regions.loc[regions["lat"].isna(), "region"]
    for key in pointless:
        tally.note(f"{key}: neither bounding box nor centre; the zone is left out.")
    whole = sums(set(tables["supply"].get("region", [])))
    for key in sorted(whole):
        tally.note(f"{key}: its parts are among the files too; the sum is left out.")
    there = set(regions["region"]) - set(pointless) - whole
    kept = {"regions": regions[regions["region"].isin(there)]}
    kept["pools"] = tables["pools"][tables["pools"]["pool"].isin(there)]
    supply = tables["supply"]
    if supply.empty:
        supply = pd.DataFrame({"region": []})
    for key, rows in supply[~supply["region"].isin(there)].groupby("region"):
        reason = "sum of zones that are there too" if key in whole else "zone without a point"
        tally.left[f"{key}.yaml", reason] += len(rows)
    kept["supply"] = supply[supply["region"].isin(there)]
    links = tables["links"]
    if len(links):
        both = links["from_region"].isin(there) & links["to_region"].isin(there)
        for row in links[~both].itertuples():
            file = f"{row.from_region}_{row.to_region}.yaml"
            tally.left[file, "one of its zones is not among the files"] += 1
        links = links[both]
    return {**kept, "links": links}


def sums(zones: set[str]) -> set[str]:
    """Return zones that have parts among the others, by name: SE of SE-SE1."""
    return {zone for zone in zones if any(other.startswith(f"{zone}-") for other in zones)}


def exchange(file: Path, tally: Tally) -> dict[str, Any] | None:
    """Return an exchange with published limits; its zones are in the name of the file."""
    found = native_read.loaded_yaml(file, tally)
    tally.rows[file.name] += 1
    ends = file.stem.split("_")
    limits = found.get("capacity")
    if len(ends) != len(("from", "to")):
        tally.left[file.name, "file name does not give two zones"] += 1
        return None
    if not _pair(limits):
        tally.left[file.name, "no limits published"] += 1
        return None
    return {
        "from_region": ends[0],
        "to_region": ends[1],
        "kind": "AC",
        "status": "existing",
        "forward_mw": max(0.0, float(limits[1])),
        "reverse_mw": max(0.0, -float(limits[0])),
        "note": "Bounds of the exchange; whether of alternating current is not published",
    }


def polygons(file: Path, tally: Tally) -> gpd.GeoDataFrame:
    """Return the outlines of zones: `region`, `geometry` (EPSG:4326)."""
    import geopandas as gpd

    found = native_read.loaded_json(file, tally)
    features = found.get("features", []) if isinstance(found, dict) else []
    if not features:
        raise DataError([f"{file.name}: it holds no features; is it a GeoJSON of zones?"])
    try:
        frame = gpd.GeoDataFrame.from_features(features, crs="EPSG:4326")
    except Exception as error:  # the geometry may be broken in any way
        raise DataError([f"{file.name}: an outline cannot be read ({error})."]) from error
    tally.rows[file.name] += len(frame)
    name = next((name for name in ZONE_NAMES if name in frame), None)
    if name is None:
        cells = pd.DataFrame(columns=[str(column) for column in frame.columns])
        native_read.fitted(cells, {"region": ZONE_NAMES}, file.name, tally)
    frame = frame.rename(columns={name: "region"})[["region", "geometry"]]
    frame = tally.without(frame, frame["region"].isna(), file.name, "no zone")
    frame = tally.without(frame, frame.geometry.isna(), file.name, "no outline")
    frame = frame.set_geometry(frame.geometry.make_valid())
    return frame.dissolve("region").reset_index()


def _with_points(regions: pd.DataFrame, outlines: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give a zone without a point one inside its outline."""
    points = outlines.set_index("region").geometry.representative_point()
    lat, lon = regions["region"].map(points.y), regions["region"].map(points.x)
    return regions.assign(lat=regions["lat"].fillna(lat), lon=regions["lon"].fillna(lon))


def _pair(value: Any) -> TypeGuard[list[float]]:
    return (
        isinstance(value, list)
        and len(value) == len(("low", "high"))
        and all(isinstance(part, int | float) for part in value)
    )


def _middle(box: Any) -> tuple[float, float]:
    if isinstance(box, list) and len(box) == len(("low", "high")) and all(map(_pair, box)):
        return (box[0][0] + box[1][0]) / 2, (box[0][1] + box[1][1]) / 2
    return float("nan"), float("nan")
