"""Site to region and pocket: by county or state, else by coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from planner import files
from planner.packs import label, shelf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import geopandas as gpd

    from planner.case import Case

EARTH_RADIUS_KM: Final = 6371.0


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
    if not lost.any() or not case.folders:
        return sites
    shapes = outlines(case)
    left, bottom, right, top = shapes.total_bounds
    lost &= sites["lon"].between(left, right) & sites["lat"].between(bottom, top)
    found = containing(shapes, sites[lost])
    sites.loc[found.index, "region"] = found
    sites.loc[found.index, "how"] = "point"
    return sites


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

    frames = [shapes for folder in case.folders for shapes in _shapes(folder)]
    if not frames:
        return gpd.GeoDataFrame({"region": [], "geometry": []}, crs="EPSG:4326")
    whole = pd.concat(frames, ignore_index=True)
    return whole.drop_duplicates("region", keep="last", ignore_index=True)


def _shapes(pack: Path) -> Iterator[gpd.GeoDataFrame]:
    """Read the outlines of a pack: those that come with it, or a file of a user's own."""
    if (pack / "regions.fgb").exists():
        yield files.shapes(pack / "regions.fgb", label(pack / "regions.fgb"))
    for path in files.with_shapes(pack):
        yield files.shapes(path, label(path))


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
    found = sites["county_fips"].map(named).astype(object)
    for pocket in case.pockets[case.pockets["radius_km"].notna()].itertuples():
        inside = (
            _distance_km(sites["lat"], sites["lon"], pocket.lat, pocket.lon) <= pocket.radius_km
        )
        found = found.where(
            found.notna() | ~(inside & (sites["region"] == pocket.region)), pocket.pocket
        )
    return found


def _distance_km(lat: pd.Series, lon: pd.Series, to_lat: float, to_lon: float) -> pd.Series:
    phi, other = np.radians(lat.astype(float)), np.radians(to_lat)
    across = np.radians(lon.astype(float) - to_lon)
    half = np.sin((phi - other) / 2) ** 2 + np.cos(phi) * np.cos(other) * np.sin(across / 2) ** 2
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(half))
