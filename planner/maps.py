"""A plan as a static map: PNG, SVG or PDF of one figure that fits a slide."""

from __future__ import annotations

import io
import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from planner import layers, maps_margin, palette
from planner.errors import PackError
from planner.maps_margin import (
    DPI,
    GREY,
    INK,
    LINE_COLOUR,
    SIDE_LEFT,
    SIDE_WIDTH,
    SIZE_IN,
    mark_size,
    scale,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import geopandas as gpd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from planner.layers import Frame, Scene
    from planner.pipeline import Plan

PACKAGES: Final = ("matplotlib", "matplotlib_scalebar", "textalloc")
STYLES: Final = ("png", "svg", "pdf")
MAP_BOX: Final = (0.008, 0.085, 0.742, 0.805)
MOST_LABELS: Final = 25
MOST_LINES: Final = 30
MOST_INSET_LABELS: Final = 8
MOST_INSETS: Final = 2
PIXELS_ACROSS: Final = 2500
LONGEST_LABEL: Final = 26
AREA: Final = {"o": 1.0, "^": 1.15, "P": 0.95, "s": 0.785, "D": 0.785}  # equal areas by marker
FONTS: Final = (
    "DejaVu Sans", "Noto Sans", "Noto Sans Devanagari", "Noto Sans Telugu", "Noto Sans Tamil",
    "Noto Sans Kannada", "Noto Sans Malayalam", "Noto Sans Bengali", "Noto Sans Gujarati",
    "Noto Sans Gurmukhi", "Noto Sans Arabic", "Noto Sans CJK JP",
)  # fmt: skip
PATH: Final = re.compile(rb' d="[^"]*"')
DECIMALS: Final = re.compile(rb"(\d\.\d\d)\d+")
REMOTE: Final = "#eeeeee"
EDGE: Final = "#d9d9d9"

type Box = tuple[float, float, float, float]


def figure(  # noqa: PLR0913 - the options of a map
    plan: Plan,
    *,
    grid: str | None = None,
    year: int | None = None,
    metric: str = "headroom",
    region: str | None = None,
    pockets: Iterable[str] | None = None,
) -> Figure:
    """Draw regions by headroom or megawatts held up, sites by verdict, and the full lines.

    Parameters
    ----------
    plan
        The answer; see :func:`planner.layers.only` for the sites of one program.
    grid, year, metric, region
        See :func:`planner.layers.frame`.
    pockets
        Pockets drawn as insets; the one with a published delivery limit where none is given.

    Raises
    ------
    PlannerError
        A drawing library is missing, or the grid has no outlines.
    DataError
        Something asked for is not there.
    """
    palette.needed(PACKAGES, "maps")
    import matplotlib as mpl
    from matplotlib.figure import Figure

    asked = layers.frame(plan, grid=grid, year=year, metric=metric, region=region)
    wanted = list(layers.pockets(plan, asked) if pockets is None else pockets)[:MOST_INSETS]
    scene = layers.scene(plan, asked)
    with mpl.rc_context({"font.family": fonts()}):
        page = Figure(figsize=SIZE_IN, dpi=DPI, facecolor="white")
        outlines = layers.shapes(plan, asked, _tolerance(plan, asked))
        main = _view(page, _around(outlines, asked), MAP_BOX)
        labels(main, scene.sites, MOST_LABELS, 7.2)
        top = _insets(main, scene, wanted)
        lines = _map(main, scene, outlines)
        for axes in page.axes:
            _marks(axes, scene)
        maps_margin.titles(page, scene)
        maps_margin.legends(page, scene, lines, top)
        maps_margin.foot(page, scene)
    return page


def picture(page: Figure, style: str = "png") -> bytes:
    """Save a figure as PNG, SVG or PDF; the same figure gives the same bytes."""
    import matplotlib as mpl

    dates: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(style, {})
    settings: Any = {"svg.hashsalt": "planner", "svg.fonttype": "path", "font.family": fonts()}
    sink = io.BytesIO()
    with mpl.rc_context(settings):
        page.savefig(sink, format=style, dpi=DPI, metadata=dates)
    return _coarser(sink.getvalue()) if style == "svg" else sink.getvalue()


def _coarser(svg: bytes) -> bytes:
    """Keep two decimals of a point in the paths: a hundredth of a point is not seen."""
    return PATH.sub(lambda path: DECIMALS.sub(rb"\1", path[0]), svg)


def write(path: Path, content: bytes) -> Path:
    """Put a picture into place in one go.

    Raises
    ------
    PackError
        The place cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise PackError(
            f"{path}: {error.strerror or error}; choose a place that can be written."
        ) from error
    return path


# --- the map -------------------------------------------------------------------------------------


def _tolerance(plan: Plan, asked: Frame) -> float:
    """Half a pixel of the picture, in metres; a map of a region keeps every corner."""
    if not asked.whole:
        return 0.0
    ends = layers.anchors(plan, asked)
    return float((ends.max() - ends.min()).max()) / PIXELS_ACROSS


def _around(rows: gpd.GeoDataFrame, asked: Frame) -> Box:
    left, bottom, right, top = rows[rows["region"].isin(asked.regions)].total_bounds
    pad = 0.01 if asked.whole else 0.06
    wide, high = pad * (right - left), pad * (top - bottom)
    return left - wide, bottom - high, right + wide, top + high


def _view(page: Figure, box: Box, place: Box) -> Axes:
    """Show a box in the middle of new axes, at the same scale both ways."""
    axes = page.add_axes(place)
    left, bottom, right, top = box
    shape = place[2] * SIZE_IN[0] / (place[3] * SIZE_IN[1])
    wide = max(right - left, (top - bottom) * shape)
    across, up = (left + right) / 2, (bottom + top) / 2
    axes.set(
        xlim=(across - wide / 2, across + wide / 2),
        ylim=(up - wide / shape / 2, up + wide / shape / 2),
        xticks=[], yticks=[],
    )  # fmt: skip
    axes.set_aspect("equal", adjustable="box")
    _scale_bar(axes)
    return axes


def _scale_bar(axes: Axes) -> None:
    from matplotlib_scalebar.scalebar import ScaleBar

    bar = ScaleBar(
        1, location="lower left", box_alpha=0, length_fraction=0.16, width_fraction=0.006,
        color=INK, font_properties={"size": 7.5}, pad=0.3, border_pad=0.4,
    )  # fmt: skip
    axes.add_artist(bar)


def _map(axes: Axes, scene: Scene, outlines: gpd.GeoDataFrame) -> int:
    """Fill the regions and draw the full lines; return how many lines there are."""
    axes.set_axis_off()
    asked = scene.asked
    values = layers.region_years(scene.plan)
    values = values.loc[values["year"] == asked.year, ["region", "headroom_mw", "held_up_mw"]]
    rows = outlines.merge(values, on="region")
    chosen = rows["region"].isin(asked.regions)
    column, limits, colours = scale(asked.metric)
    classes = np.digitize(rows[column] / palette.MW_PER_GW, limits)
    fill = [colours[n] if here else REMOTE for n, here in zip(classes, chosen, strict=True)]
    _fill(axes, rows, fill, EDGE)
    layers.borders(rows[chosen]).boundary.plot(
        ax=axes, color=GREY, linewidth=0.55, aspect=None, zorder=2
    )
    return _lines(axes, scene)


def _fill(
    axes: Axes, rows: gpd.GeoDataFrame | gpd.GeoSeries, colour: str | list[str], edge: str
) -> None:
    rows.plot(ax=axes, color=colour, edgecolor=edge, linewidth=0.5, aspect=None)


def _lines(axes: Axes, scene: Scene) -> int:
    plan, asked = scene.plan, scene.asked
    ends = layers.anchors(plan, asked)
    rows = layers.binding_lines(plan)
    rows = rows[(rows["year"] == asked.year) & rows["into"].isin(asked.regions)]
    rows = rows[rows["out_of"].isin(ends.index)].nlargest(MOST_LINES, "flow_mw")
    for row in palette.each(rows):
        style = {
            "arrowstyle": "-|>,head_length=0.3,head_width=0.13",
            "connectionstyle": "arc3,rad=0.12",
            "color": LINE_COLOUR,
            "linewidth": 0.5 + min(row.flow_mw / palette.MW_PER_GW, 3.0),
            "alpha": 0.7,
            "shrinkA": 1,
            "shrinkB": 1,
        }
        start, end = tuple(ends.loc[row.out_of]), tuple(ends.loc[row.into])
        axes.annotate("", xy=end, xytext=start, arrowprops=style, zorder=3, clip_on=True)
    return len(rows)


def _marks(axes: Axes, scene: Scene) -> None:
    sites, others = _seen(axes, scene.sites), _seen(axes, scene.others)
    look = palette.UNASSESSED
    axes.scatter(
        others.geometry.x, others.geometry.y, s=9, c=look.colour, marker=look.marker,
        linewidths=0.6, alpha=0.55, zorder=4, clip_on=True,
    )  # fmt: skip
    sizes = mark_size(sites["due_mw"])
    for place, (row, size) in enumerate(zip(palette.each(sites), sizes, strict=True)):
        look = palette.look(row.verdict)
        axes.scatter(
            row.geometry.x, row.geometry.y, s=size * AREA.get(look.marker, 1.0), c=look.colour,
            marker=look.marker, edgecolors="white", linewidths=0.7, zorder=5 + place / 1000,
        )  # fmt: skip


def _seen(axes: Axes, sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    return sites.cx[left:right, bottom:top]


# --- labels --------------------------------------------------------------------------------------


def label(site: str, name: object, megawatts: float) -> str:
    """Name and gigawatts of a site; its id where no font has the letters of its name."""
    words = palette.shortened(name, LONGEST_LABEL)
    if not words or name != name or not drawable(words):  # noqa: PLR0124 - not a number
        words = palette.shortened(site, LONGEST_LABEL)
    return f"{words}  {palette.gigawatts(megawatts)}"


def labels(axes: Axes, sites: gpd.GeoDataFrame, most: int, size: float) -> None:
    """Place labels beside the marks so that none covers another; one without room is left out.

    Stands before the regions are drawn: placing draws the page to measure it.
    """
    if sites.empty:
        return
    import textalloc
    from matplotlib import patheffects

    x, y = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
    marks = axes.scatter(x, y, s=mark_size(sites["due_mw"]) * 1.2)
    first = sites.head(most)
    texts = [label(*row) for row in zip(first["site"], first["name"], first["due_mw"], strict=True)]
    halo = [patheffects.withStroke(linewidth=2.0, foreground="white", alpha=0.9)]
    textalloc.allocate(
        axes, x[:most], y[:most], texts, scatter_plot=marks, textsize=size, textcolor=INK,
        linecolor="#444444", linewidth=0.6, min_distance=0.006, max_distance=0.13, margin=0.003,
        nbr_candidates=600, draw_all=False, avoid_label_lines_overlap=True, path_effects=halo,
        zorder=8, parse_math=False, plot_kwargs={"zorder": 4.5},
    )  # fmt: skip
    marks.remove()


def fonts() -> list[str]:
    """Name the fonts that are installed, the one that comes with matplotlib first."""
    from matplotlib import font_manager

    there = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in FONTS if name in there]


def drawable(text: str) -> bool:
    """Say whether the installed fonts have every letter of a text."""
    signs = {ord(sign) for sign in text} - {ord(sign) for sign in palette.JOINERS}
    for name in fonts():
        signs -= _letters(name)
        if not signs:
            return True
    return False


@cache
def _letters(font: str) -> frozenset[int]:
    """Code points that an installed font has."""
    from matplotlib import font_manager, ft2font

    file = font_manager.findfont(font_manager.FontProperties(family=[font]))
    return frozenset(ft2font.FT2Font(file).get_charmap())


# --- insets --------------------------------------------------------------------------------------


def _insets(main: Axes, scene: Scene, wanted: list[str]) -> float:
    """Draw insets from the top of the side column; return where the next thing may stand."""
    top, high = 0.865, 0.30 if len(wanted) == 1 else 0.14
    for pocket in wanted:
        _inset(main, scene, pocket, (SIDE_LEFT, top - high, SIDE_WIDTH, high))
        top -= high + 0.045
    return top


def _inset(main: Axes, scene: Scene, pocket: str, place: Box) -> None:
    plan, crs = scene.plan, scene.asked.crs
    here, around = layers.pocket_shapes(plan, pocket, crs)
    left, bottom, right, top = here.total_bounds
    pad = 0.12 * max(right - left, top - bottom)
    page = cast("Figure", main.get_figure())
    axes = _view(page, (left - pad, bottom - pad, right + pad, top + pad), place)
    sites = scene.sites[scene.sites["pocket"] == pocket]
    labels(axes, sites, MOST_INSET_LABELS, 6.5)
    counties = len(around) > 0
    backdrop = around if counties else layers.shapes(plan, scene.asked, 0)
    _fill(axes, backdrop, "#f4f4f4", "#c8c8c8")
    if layers.has_outline(plan, pocket, around):
        _fill(axes, here, "#e6dcec" if counties else "none", GREY)
    for spine in axes.spines.values():
        spine.set_color(GREY)
    axes.set(xlabel="", ylabel="")
    axes.set_title(_inset_title(plan, sites, pocket), fontsize=7.8, loc="left", color=INK, pad=3,
                   parse_math=False)  # fmt: skip
    _framed(main, axes)


def _framed(main: Axes, inset: Axes) -> None:
    """Show on the map where an inset lies."""
    from matplotlib.patches import Rectangle

    (left, right), (bottom, top) = inset.get_xlim(), inset.get_ylim()
    frame = Rectangle(
        (left, bottom), right - left, top - bottom, fill=False, edgecolor=INK, linewidth=0.8,
        zorder=6,
    )  # fmt: skip
    main.add_patch(frame)


def _inset_title(plan: Plan, sites: gpd.GeoDataFrame, pocket: str) -> str:
    names = plan.case.pockets.set_index("pocket")["name"]
    due, powered = (sites[name].sum() / palette.MW_PER_GW for name in ("due_mw", "powered_mw"))
    return f"{palette.shortened(names[pocket], 26)}: {powered:.1f} of {due:.1f} GW powered"
