"""Site to region and pocket: by county or state, else by coordinates."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from planner import files
from planner.packs import label, shelf

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from planner.case import Case

EARTH_RADIUS_KM: Final = 6371.0
FLATGEOBUF: Final = b"fgb\x03fgb"
FLATGEOBUF_HEAD: Final = 10_000
WORLD: Final = (-180.0, -90.0, 180.0, 90.0)


def place(case: Case) -> pd.DataFrame:
    """Find region and pocket of each site.

    Returns
    -------
    pd.DataFrame
        One row a site: `site`, `region`, `pocket` (empty: none), `how` ("county", "state",
        "point", "outside").
    """
    sites = case.sites[["site", "county_fips", "state", "lat", "lon"]].copy()
    regions = case.places.drop_duplicates("place").set_index("place")["region"]
    county = sites["county_fips"].map(regions)
    state = sites["state"].map(regions)
    sites["region"] = county.fillna(state)
    sites["how"] = np.select([county.notna(), state.notna()], ["county", "state"], "outside")
    sites = _by_point(sites, case)
    sites["pocket"] = _pockets(sites, case)
    return sites[["site", "region", "pocket", "how"]]


def _by_point(sites: pd.DataFrame, case: Case) -> pd.DataFrame:
    lost = sites["region"].isna() & sites["lat"].notna() & sites["lon"].notna()
    lost &= _near(sites, case)
    if not lost.any():
        return sites
    found = containing(outlines(case), sites[lost])
    sites.loc[found.index, "region"] = found
    sites.loc[found.index, "how"] = "point"
    return sites


def _near(sites: pd.DataFrame, case: Case) -> pd.Series:
    """Say which sites lie in the bounds of some outlines; most are told without reading shapes."""
    near = pd.Series(data=False, index=sites.index)
    for path in _with_shapes(case):
        west, south, east, north = bounds(path)
        near |= sites["lon"].between(west, east) & sites["lat"].between(south, north)
    return near


def containing(shapes: gpd.GeoDataFrame, points: pd.DataFrame) -> pd.Series:
    """Return the `region` of the shape that holds each point (`lat`, `lon`), where one does."""
    import geopandas as gpd

    here = gpd.GeoSeries(gpd.points_from_xy(points["lon"], points["lat"]), index=points.index)
    which, position = shapes.sindex.query(here, predicate="intersects")
    found = pd.Series(shapes["region"].to_numpy()[position], index=points.index[which])
    return found[~found.index.duplicated()]


def outlines(case: Case) -> gpd.GeoDataFrame:
    """Read the polygons of all regions: `region`, `geometry` (EPSG:4326)."""
    import geopandas as gpd

    frames = [files.shapes(path, label(path)) for path in _with_shapes(case)]
    if not frames:
        return gpd.GeoDataFrame({"region": [], "geometry": []}, crs="EPSG:4326")
    whole = pd.concat(frames, ignore_index=True)
    return whole.drop_duplicates("region", keep="last", ignore_index=True)


def bounds(path: Path) -> tuple[float, ...]:
    """Return west, south, east and north as the header of a FlatGeobuf file says them.

    The whole world for a file that does not say.

    References
    ----------
    FlatGeobuf specification, version 3: table Header, field 1 (envelope).
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(FLATGEOBUF_HEAD)
        if not head.startswith(FLATGEOBUF):
            return WORLD
        head = head[len(FLATGEOBUF) + 5 :]
        table = _offset(head, 0)
        fields = table - _offset(head, table)
        (field,) = struct.unpack_from("<H", head, fields + 6)
        place = table + int(field) + _offset(head, table + int(field))
        envelope = struct.unpack_from("<4d", head, place + 4)
    except (OSError, struct.error):  # what is wrong is told once the shapes are read
        return WORLD
    return envelope if field else WORLD


def _offset(head: bytes, at: int) -> int:
    return int(struct.unpack_from("<i", head, at)[0])


def _with_shapes(case: Case) -> list[Path]:
    """List the outlines of all packs: those that come with one, or a file of a user's own."""
    paths = []
    for pack in case.folders:
        shipped = pack / "regions.fgb"
        paths += [*([shipped] if shipped.exists() else []), *files.with_shapes(pack)]
    return paths


def countries() -> gpd.GeoDataFrame:
    """Read the outlines of all countries: `country` (ISO 3166-1), `name`, `geometry` (EPSG:4326).

    References
    ----------
    Natural Earth, Admin 0 countries, 1:50,000,000, public domain; de facto boundaries.
    """
    import geopandas as gpd

    return gpd.read_file(shelf("grids") / "common" / "countries.fgb")


def _pockets(sites: pd.DataFrame, case: Case) -> pd.Series:
    named = case.pocket_places.drop_duplicates("place").set_index("place")["pocket"]
    found = sites["county_fips"].map(named).to_numpy(dtype=object)
    lat, lon = (sites[name].to_numpy(dtype=float) for name in ("lat", "lon"))
    region = sites["region"].to_numpy(dtype=object)
    for pocket in case.pockets[case.pockets["radius_km"].notna()].itertuples():
        inside = _distance_km(lat, lon, pocket.lat, pocket.lon) <= pocket.radius_km
        found[pd.isna(found) & inside & (region == pocket.region)] = pocket.pocket
    return pd.Series(found, sites.index, dtype=object)


def _distance_km(lat: np.ndarray, lon: np.ndarray, to_lat: float, to_lon: float) -> np.ndarray:
    phi, other = np.radians(lat), np.radians(to_lat)
    across = np.radians(lon - to_lon)
    half = np.sin((phi - other) / 2) ** 2 + np.cos(phi) * np.cos(other) * np.sin(across / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(half)))
