"""Outlines of US regions: county polygons dissolved to the regions of a table of places."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import shapely

if TYPE_CHECKING:
    import pandas as pd

PACKAGE: Final = "_plotly_geo"
FILE: Final = "cb_2016_us_county_500k.shp"
CENSUS_CRS: Final = "EPSG:4269"  # the file carries no .prj
EQUAL_AREA: Final = "EPSG:5070"
GEOGRAPHIC: Final = "EPSG:4326"
TOLERANCE_M: Final = 1000


def counties() -> gpd.GeoDataFrame:
    """Return the US counties of 2016 at 1:500,000, as `place` and geometry.

    References
    ----------
    U.S. Census Bureau, Cartographic Boundary Files, 2016, in the Python package plotly-geo 1.0.0.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ImportError("the county polygons are missing; install the package plotly-geo.")
    path = Path(spec.origin).parent / "package_data" / FILE
    frame = gpd.read_file(path, columns=["GEOID"], encoding="utf-8")
    return frame.set_crs(CENSUS_CRS, allow_override=True).rename(columns={"GEOID": "place"})


def us_regions(places: pd.DataFrame) -> gpd.GeoDataFrame:
    """Dissolve the counties of each region and simplify shared borders alike.

    Parameters
    ----------
    places
        Table of places; codes that have no polygon are left out.

    Returns
    -------
    gpd.GeoDataFrame
        `region` and `geometry`, sorted by region, in EPSG:4326.
    """
    joined = counties().merge(places[["place", "region"]], on="place").to_crs(EQUAL_AREA)
    whole = joined[["region", "geometry"]].dissolve("region", method="coverage")
    shapes = shapely.coverage_simplify(whole.geometry.array, TOLERANCE_M)
    simple = gpd.GeoDataFrame({"region": whole.index.astype(str)}, geometry=shapes, crs=EQUAL_AREA)
    return simple.sort_values("region", ignore_index=True).to_crs(GEOGRAPHIC)
