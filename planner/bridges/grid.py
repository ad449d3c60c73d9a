"""A grid read from another model: validated tables, in memory or as the folder of a pack."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner import match, packs, schema
from planner.case import Assumptions, Case
from planner.sources import write

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from pathlib import Path

    import geopandas as gpd

SOURCE: Final = "network"
REACH_DEGREES: Final = 1.0


@dataclass(frozen=True)
class Grid:
    """A grid out of another model.

    Attributes
    ----------
    name
        Name of the grid.
    tables
        Validated tables of a grid pack, by name.
    notes
        What was left out, and what was taken to be so.
    """

    name: str
    tables: dict[str, pd.DataFrame]
    notes: tuple[str, ...]

    def outlines(self) -> gpd.GeoDataFrame:
        """Return the land nearest to each region, in countries that hold one and a degree around.

        Returns
        -------
        geopandas.GeoDataFrame
            `region`, `geometry` (EPSG:4326); none where regions have no coordinates on land.
        """
        return _cells(self.tables["regions"])

    def case(self, sites: str | Path | pd.DataFrame, **assumptions: Any) -> Case:
        """Ask about sites on this grid.

        Parameters
        ----------
        sites
            Sites pack by name or folder, CSV file, or a table like `sites` of a pack. A site lies
            in the region that its `state` names, else in the one its coordinates fall into.
        **assumptions
            Fields of :class:`planner.Assumptions`.
        """
        given = Assumptions(**assumptions)
        if isinstance(sites, pd.DataFrame):
            asked = {"sites": sites}
        else:
            asked = packs.read_sites(sites, as_of=given.as_of)
        tables = {
            **{table.name: table.empty() for table in (*schema.GRID_TABLES, *schema.SITE_TABLES)},
            **packs.read_common(as_of=given.as_of),
            **asked,
        }
        own = {name: frame.copy() for name, frame in self.tables.items()}
        own["regions"] = own["regions"].assign(grid=self.name)
        sources = pd.concat([tables["sources"], own.pop("sources")], ignore_index=True)
        tables |= own | {"sources": sources.drop_duplicates("source")}
        return Case(assumptions=given, **tables | {"sites": self._placed(tables["sites"])})

    def _placed(self, sites: pd.DataFrame) -> pd.DataFrame:
        """Give sites without a region the one whose land they stand on."""
        lost = ~sites["state"].isin(self.tables["places"]["place"])
        lost &= sites["lat"].notna() & sites["lon"].notna()
        shapes = self.outlines()
        if not lost.any() or shapes.empty:
            return sites
        found = match.containing(shapes, sites[lost])
        return sites.assign(state=sites["state"].where(~sites.index.isin(found.index), found))

    def write(self, folder: Path) -> Path:
        """Write the folder of a grid pack, to be given to :func:`planner.load_case`."""
        write.tables({name: _days(frame) for name, frame in self.tables.items()}, folder)
        shapes = self.outlines()
        if len(shapes):
            write.geometry(shapes, folder)
        return folder


def built(
    name: str,
    tables: Mapping[str, pd.DataFrame],
    source: Mapping[str, str],
    notes: Iterable[str],
    known_on: date,
) -> Grid:
    """Add the source to every row, and validate.

    Raises
    ------
    DataError
        Tables are not right, or do not fit each other; every problem is listed.
    """
    facts = {"source": SOURCE, "known_on": str(known_on), "confidence": "medium"}
    document = {
        "source": SOURCE,
        "published_on": str(known_on),
        "licence": "not stated",
        "confidence": "medium",
        **source,
    }
    every = {"sources": pd.DataFrame([document]), **tables}
    checked = {}
    for title, frame in every.items():
        described = schema.ALL_TABLES[title]
        texts = frame.assign(**(facts if title != "sources" else {}))
        texts = texts.reindex(columns=list(described.columns))
        cells = pd.DataFrame({column: texts[column].map(write.cell) for column in texts})
        checked[title] = schema.validate(cells.astype("str"), described, file=f"{title}.csv")
    schema.check_references({**checked, "technologies": packs.read_common()["technologies"]})
    return Grid(name, checked, tuple(dict.fromkeys(notes)))


def _days(frame: pd.DataFrame) -> pd.DataFrame:
    """Write days as text."""
    days = frame.select_dtypes("datetime").columns
    return frame.assign(**{name: frame[name].dt.strftime("%Y-%m-%d") for name in days})


def slug(name: str) -> str:
    """Turn a name into one that a folder can have.

    Examples
    --------
    >>> slug("AC-DC Meshed (2015)")
    'ac-dc-meshed-2015'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "network"


def _cells(regions: pd.DataFrame) -> gpd.GeoDataFrame:
    import geopandas as gpd
    from shapely import MultiPoint, voronoi_polygons

    places = regions.drop_duplicates(["lat", "lon"])
    points = gpd.GeoDataFrame(
        {"region": places["region"].to_numpy()},
        geometry=gpd.points_from_xy(places["lon"], places["lat"]),
        crs="EPSG:4326",
    )
    countries = match.countries()
    homes = countries[countries.intersects(points.union_all())]
    empty = gpd.GeoDataFrame({"region": []}, geometry=[], crs="EPSG:4326")
    if homes.empty:
        return empty
    reach = points.union_all().convex_hull.buffer(REACH_DEGREES)
    land = homes.union_all().intersection(reach)
    if len(points) == 1:
        return points.assign(geometry=[land])
    areas = voronoi_polygons(MultiPoint(list(points.geometry)), extend_to=land)
    shapes = gpd.GeoDataFrame(geometry=list(areas.geoms), crs="EPSG:4326").sjoin(
        points, predicate="contains"
    )
    shapes = shapes.assign(geometry=shapes.geometry.intersection(land))
    return shapes[~shapes.geometry.is_empty][["region", "geometry"]].sort_values(
        "region", ignore_index=True
    )
