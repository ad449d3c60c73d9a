"""Outlines of the countries of the world, for context: Natural Earth, simplified alike."""

from __future__ import annotations

import gzip
import importlib.util
import json
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from shapely import affinity

PACKAGE: Final = "mapcraft"
FILE: Final = "world-countries-2024.json.gz"
SOURCE: Final = "natural-earth-50m"
GEOGRAPHIC: Final = "EPSG:4326"
EQUAL_AREA: Final = "+proj=eqearth"
TOLERANCE_M: Final = 12_000  # half a pixel of a picture 1500 pixels wide
SMALLEST_ISLET_M2: Final = 150e6
FULL_TURN: Final = 360.0
WORLD: Final = (-179.999, -90.0, 179.999, 90.0)
ALPHA_2: Final = 2  # letters of the code
LEFT_OUT: Final = ("Antarctica", "Ashmore and Cartier Is.")  # no load; a reef with Australia's code


def outlines() -> gpd.GeoDataFrame:
    """Return the countries as they are published, as `country`, `name` and geometry.

    A territory without a code of ISO 3166-1 has an empty `country`.

    Raises
    ------
    ImportError
        If the package that carries the outlines is not installed.

    References
    ----------
    Natural Earth, Admin 0 countries, 1:50,000,000, public domain, in the Python package mapcraft
    0.1.1 (by way of world-atlas 2.0.2).
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ImportError("the outlines of countries are missing; install mapcraft==0.1.1.")
    path = Path(spec.origin).parent / "packs" / FILE
    with gzip.open(path) as stream:
        pack = json.load(stream)
    # The driver knows TopoJSON only by its first key.
    topology = {"type": "Topology", **pack["topology"]}
    frame = gpd.read_file(json.dumps(topology), layer=pack["object"], engine="pyogrio")
    frame = frame.set_crs(GEOGRAPHIC, allow_override=True)
    codes = {number: _alpha_2(region) for number, region in pack["regions"].items()}
    country = frame["id"].map(codes).fillna("")
    return gpd.GeoDataFrame({"country": country, "name": frame["name"]}, geometry=frame.geometry)


def _alpha_2(region: dict[str, Any]) -> str:
    found = (alias for alias in region["aliases"] if len(alias) == ALPHA_2 and alias.isupper())
    return next(found, "")


def simplified() -> gpd.GeoDataFrame:
    """Repair, simplify shared borders alike, and leave out islets no map of the world can show.

    Returns
    -------
    gpd.GeoDataFrame
        `country` (ISO 3166-1 alpha-2), `name` and `geometry`, sorted, in EPSG:4326.
    """
    rows = outlines()
    rows = rows[~rows["name"].isin(LEFT_OUT)]
    crossing = rows.geometry.map(_crosses)
    rows.loc[crossing, "geometry"] = rows.loc[crossing, "geometry"].map(_cut)
    rows["geometry"] = shapely.coverage_clean(rows.geometry.array)
    rows = rows[~rows.geometry.is_empty].to_crs(EQUAL_AREA)
    shapes = shapely.coverage_simplify(rows.geometry.array, TOLERANCE_M)
    rows["geometry"] = [_without_islets(shape) for shape in shapes]
    rows = rows.to_crs(GEOGRAPHIC).sort_values(["country", "name"], ignore_index=True)
    return rows[["country", "name", "geometry"]]


def _crosses(shape: Any) -> bool:
    """Say whether a ring jumps from one end of the map to the other."""
    rings = (ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors))
    return any(abs(np.diff(ring.xy[0])).max() > FULL_TURN / 2 for ring in rings)


def _cut(shape: Any) -> Any:
    """Cut a country at the 180th meridian, across which the file draws its rings.

    The halves end a little before the meridian: a projection takes its two ends for one another.
    """
    halves = []
    for part in shapely.get_parts(shape):
        whole = shapely.Polygon(_unrolled(part.exterior), [_unrolled(r) for r in part.interiors])
        for turn in (-FULL_TURN, 0.0, FULL_TURN):
            moved = affinity.translate(whole, xoff=turn)
            halves.append(shapely.intersection(shapely.make_valid(moved), shapely.box(*WORLD)))
    return shapely.union_all([half for half in halves if not half.is_empty])


def _unrolled(ring: Any) -> np.ndarray:
    """Let longitudes run on past 180 degrees where a ring jumps to the other end of the map."""
    points: np.ndarray = shapely.get_coordinates(ring)
    points[:, 0] = np.unwrap(points[:, 0], period=FULL_TURN)
    return points


def _without_islets(shape: Any) -> Any:
    """Keep the parts large enough to be seen, and of each country at least the largest."""
    parts = shapely.get_parts(shape)
    areas = shapely.area(parts)
    kept = parts[(areas >= SMALLEST_ISLET_M2) | (areas == areas.max())]
    return kept[0] if len(kept) == 1 else shapely.multipolygons(np.asarray(kept))
