"""A plan on a map of the world: every site of the list, those outside the grids too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import layers, maps, maps_margin, match, palette
from planner.maps_margin import DPI, INK, SIZE_IN, mark_size

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from planner.layers import Scene
    from planner.pipeline import Plan

BOX: Final = (0.008, 0.085, 0.984, 0.805)
SOUTH: Final = -57.0
NORTH: Final = 84.0
WATER: Final = "#f3f6f9"
LAND: Final = "#e4e4e1"
JUDGED: Final = "#f7f5ec"
EDGE: Final = "#b5b5b5"
MOST_LABELS: Final = 25
MOST_A_COUNTRY: Final = 4
SHARE_OF_MARK: Final = 0.45  # marks are smaller than on the map of one country


def figure(plan: Plan, *, year: int | None = None) -> Figure:
    """Draw every site of the list by size and verdict; those that are not assessable in grey.

    Parameters
    ----------
    plan
        The answer; see :func:`planner.layers.only` for the sites of one program.
    year
        See :func:`planner.layers.frame`.

    Raises
    ------
    PlannerError
        A drawing library is missing.
    DataError
        The year is not in the horizon.
    """
    palette.needed(maps.PACKAGES, "maps")
    import matplotlib as mpl
    from matplotlib.figure import Figure

    scene = layers.scene(plan, layers.world(plan, year))
    with mpl.rc_context({"font.family": maps.fonts()}):
        page = Figure(figsize=SIZE_IN, dpi=DPI, facecolor="white")
        axes = _view(page, scene)
        maps.labels(axes, _labelled(scene), MOST_LABELS, 7.2)
        _land(axes, scene)
        _marks(axes, scene)
        _words(page, scene)
        _legend(axes, scene)
    return page


def _view(page: Figure, scene: Scene) -> Axes:
    """Open axes on the whole world without Antarctica; it has no one scale, so no scale bar."""
    axes = page.add_axes(BOX)
    left, bottom, right, top = _globe(scene).total_bounds
    axes.set(xlim=(1.01 * left, 1.01 * right), ylim=(bottom, top), xticks=[], yticks=[])
    axes.set_aspect("equal", adjustable="box")
    axes.set_axis_off()
    return axes


def _globe(scene: Scene) -> gpd.GeoSeries:
    """The edge of the map, bent as the projection bends it."""
    import geopandas as gpd
    from shapely.geometry import Polygon

    up = np.linspace(SOUTH, NORTH, 60)
    sides = np.repeat([-180.0, 180.0], len(up))
    ring = np.column_stack([sides, np.concatenate([up, up[::-1]])])
    return gpd.GeoSeries([Polygon(ring)], crs="EPSG:4326").to_crs(scene.asked.crs)


def _land(axes: Axes, scene: Scene) -> None:
    known = match.countries().to_crs(scene.asked.crs)
    judged = of_grids(scene, known)
    _globe(scene).plot(ax=axes, color=WATER, edgecolor=EDGE, linewidth=0.6, aspect=None, zorder=0)
    fill = [JUDGED if name in judged else LAND for name in known["name"]]
    known.plot(ax=axes, color=fill, edgecolor=EDGE, linewidth=0.4, aspect=None, zorder=1)


def of_grids(scene: Scene, countries: gpd.GeoDataFrame) -> set[str]:
    """Name the country of each grid: the one that most of its regions lie in."""
    where = layers.points(scene.plan.case.regions, scene.asked.crs)[["grid", "geometry"]]
    inside = where.sjoin(countries, predicate="within")
    return {str(rows["name"].mode().iloc[0]) for _, rows in inside.groupby("grid")}


def areas(megawatts: pd.Series) -> pd.Series:
    """Area of a mark in square points; a site without megawatts has the smallest."""
    return mark_size(megawatts.fillna(0.0)) * SHARE_OF_MARK


def _marks(axes: Axes, scene: Scene) -> None:
    """Draw the large marks first, so that the small ones stay in sight."""
    look = palette.UNASSESSED
    others = scene.others.sort_values(["total_mw", "site"], ascending=[False, True])
    axes.scatter(
        others.geometry.x, others.geometry.y, s=areas(others["total_mw"]), c=look.colour,
        marker=look.marker, linewidths=0.8, alpha=0.75, zorder=4,
    )  # fmt: skip
    for place, row in enumerate(palette.each(scene.sites)):
        look = palette.look(row.verdict)
        size = areas(pd.Series([row.due_mw])).iloc[0] * maps.AREA.get(look.marker, 1.0)
        axes.scatter(
            row.geometry.x, row.geometry.y, s=size, c=look.colour, marker=look.marker,
            edgecolors="white", linewidths=0.5, zorder=5 + place / 1000,
        )  # fmt: skip


def _labelled(scene: Scene) -> gpd.GeoDataFrame:
    """List the largest sites with megawatts, a few of each country so that the crowded do not win.

    Returns
    -------
    geopandas.GeoDataFrame
        `site`, `name`, `due_mw` (of those that are not assessable: in all), `geometry`.
    """
    countries = scene.plan.sites.set_index("site")["country"]
    others = scene.others.assign(due_mw=scene.others["total_mw"])
    columns = ["site", "name", "due_mw", "geometry"]
    rows = pd.concat([scene.sites[columns], others.loc[others["due_mw"] > 0, columns]])
    rows = rows.sort_values(["due_mw", "site"], ascending=[False, True], ignore_index=True)
    rows = rows.assign(place=rows.groupby(rows["site"].map(countries)).cumcount())
    return rows[rows["place"] < MOST_A_COUNTRY].reset_index(drop=True)


# --- words ---------------------------------------------------------------------------------------


def _words(page: Figure, scene: Scene) -> None:
    asked, others = scene.asked, scene.others
    outside = others["region"].isna()
    under = (
        f"{len(scene.sites)} sites due by then, by gigawatts due; in grey {len(others)} that are"
        f" not assessable ({int(outside.sum())} of them outside the grids loaded), by gigawatts"
        " announced in all where published."
    )
    maps_margin.heading(page, maps_margin.finding(asked, scene.sites), under)
    maps_margin.foot(page, scene)


def _legend(axes: Axes, scene: Scene) -> None:
    from matplotlib.legend import Legend

    for title, handles, height in (
        ("Verdict by that year", [*maps_margin.verdict_handles(scene), _land_handle()], 0.31),
        ("Gigawatts", maps_margin.size_handles(SHARE_OF_MARK), 0.12),
    ):
        legend = Legend(
            axes, handles, [handle.get_label() for handle in handles], title=title,
            loc="upper left", bbox_to_anchor=(0.1, height + 0.03), frameon=False, fontsize=8,
            title_fontsize=8.5, alignment="left", labelspacing=0.45, handletextpad=0.6,
            borderpad=0.1, ncols=1 if height > 0.2 else len(handles), columnspacing=1.2,  # noqa: PLR2004 - the upper one
        )  # fmt: skip
        legend.get_title().set_fontweight("bold")
        legend.get_title().set_color(INK)
        axes.add_artist(legend)


def _land_handle() -> Any:
    from matplotlib.patches import Patch

    return Patch(facecolor=JUDGED, edgecolor=EDGE, linewidth=0.5, label="country of a grid loaded")
