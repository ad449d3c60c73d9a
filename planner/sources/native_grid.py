"""Regions that a publisher's places are brought to: those of a pack, by zone, county or point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from planner import packs, schema

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd


@dataclass(frozen=True)
class Grid:
    """Regions, places and outlines of a pack."""

    name: str
    regions: pd.DataFrame
    places: pd.DataFrame
    outlines: gpd.GeoDataFrame | None

    def by_zone(self, zones: pd.Series) -> pd.Series:
        """Return the region that carries each zone id of the source; without one, nothing."""
        listed = self.regions.dropna(subset=["source_zone"])
        return zones.map(dict(zip(listed["source_zone"], listed["region"], strict=True)))

    def by_place(self, places: pd.Series) -> pd.Series:
        """Return the region of each county or state code."""
        return places.map(dict(zip(self.places["place"], self.places["region"], strict=True)))

    def by_point(self, lat: pd.Series, lon: pd.Series) -> pd.Series:
        """Return the region in whose outline each point lies."""
        return within(self.outlines, "region", lat, lon)


def read(name_or_path: str | Path) -> Grid:
    """Read the regions of a pack, by name or folder."""
    import geopandas as gpd

    folder = packs.find("grids", name_or_path)
    tables = packs.read(folder, (schema.SOURCES, schema.REGIONS, schema.PLACES))
    file = folder / "regions.fgb"
    outlines = gpd.read_file(file)[["region", "geometry"]] if file.is_file() else None
    return Grid(folder.name, tables["regions"], tables["places"], outlines)


def countries() -> gpd.GeoDataFrame:
    """Read the outlines of all countries: `country` (ISO 3166-1) and `geometry` (EPSG:4326)."""
    import geopandas as gpd

    return gpd.read_file(packs.shelf("grids") / "common" / "countries.fgb")


def within(
    shapes: gpd.GeoDataFrame | None, column: str, lat: pd.Series, lon: pd.Series
) -> pd.Series:
    """Return the value of the shape that holds each point; without one, nothing."""
    import geopandas as gpd

    out = pd.Series(pd.NA, index=lat.index, dtype="object")
    good = lat.between(-90, 90) & lon.between(-180, 180)
    if shapes is None or not good.any():
        return out
    points = gpd.GeoSeries(gpd.points_from_xy(lon[good], lat[good]), index=lat.index[good])
    which, position = shapes.sindex.query(points, predicate="intersects")
    hits = pd.Series(shapes[column].to_numpy()[position], index=points.index[which])
    hits = hits[~hits.index.duplicated()]
    out[hits.index] = hits
    return out
