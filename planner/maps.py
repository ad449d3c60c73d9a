"""A plan as a static map: PNG, SVG or PDF of one figure that fits a slide."""

from __future__ import annotations

import io
import re
import textwrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import explain, layers, palette
from planner.errors import PackError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import geopandas as gpd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from planner.layers import Frame
    from planner.pipeline import Plan

PACKAGES: Final = ("matplotlib", "matplotlib_scalebar", "textalloc")
STYLES: Final = ("png", "svg", "pdf")
SIZE_IN: Final = (13.333, 7.5)  # a slide of 16:9
DPI: Final = 150
MAP_BOX: Final = (0.008, 0.085, 0.742, 0.805)
SIDE_LEFT: Final = 0.762
SIDE_WIDTH: Final = 0.23
MOST_LABELS: Final = 25
MOST_LINES: Final = 30
MOST_INSET_LABELS: Final = 8
MOST_INSETS: Final = 2
POINTS_PER_GW: Final = 140.0  # area of a mark, in square points
SMALLEST_MARK: Final = 14.0
PIXELS_ACROSS: Final = 2500
LONGEST_LINE: Final = 235
LONGEST_LABEL: Final = 26
AREA: Final = {"o": 1.0, "^": 1.15, "P": 0.95, "s": 0.785, "D": 0.785}  # equal areas by marker
FONTS: Final = (
    "DejaVu Sans", "Noto Sans", "Noto Sans Devanagari", "Noto Sans Telugu", "Noto Sans Tamil",
    "Noto Sans Kannada", "Noto Sans Malayalam", "Noto Sans Bengali", "Noto Sans Gujarati",
    "Noto Sans Gurmukhi", "Noto Sans Arabic", "Noto Sans CJK JP",
)  # fmt: skip
PATH: Final = re.compile(rb' d="[^"]*"')
DECIMALS: Final = re.compile(rb"(\d\.\d\d)\d+")
INK: Final = "#222222"
GREY: Final = "#8a8a8a"
LINE_COLOUR: Final = "#333333"
REMOTE: Final = "#eeeeee"

type Box = tuple[float, float, float, float]


def figure(
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
    sites, others = layers.placed_sites(plan, asked), layers.unassessed_sites(plan, asked)
    with mpl.rc_context({"font.family": fonts()}):
        page = Figure(figsize=SIZE_IN, dpi=DPI, facecolor="white")
        outlines = layers.shapes(plan, asked, _tolerance(plan, asked))
        main = _view(page, _around(outlines, asked), MAP_BOX)
        _labels(main, sites, MOST_LABELS, 6.8 if asked.whole else 7.6)
        top = _insets(page, plan, asked, main, sites, wanted)
        lines = _map(main, plan, asked, outlines)
        for axes in page.axes:
            _marks(axes, sites, others)
        _titles(page, asked, sites)
        _legends(page, asked, sites, {"lines": lines, "unassessed": len(others)}, top)
        _foot(page, plan, asked, sites)
    return page


def picture(page: Figure, style: str = "png") -> bytes:
    """Save a figure as PNG, SVG or PDF; the same figure gives the same bytes."""
    import matplotlib as mpl

    dates: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(style, {})
    settings = {"svg.hashsalt": "planner", "svg.fonttype": "path", "font.family": fonts()}
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


def _map(axes: Axes, plan: Plan, asked: Frame, outlines: gpd.GeoDataFrame) -> int:
    """Fill the regions and draw the full lines; return how many lines there are."""
    axes.set_axis_off()
    values = layers.region_years(plan)
    values = values.loc[values["year"] == asked.year, ["region", "headroom_mw", "held_up_mw"]]
    rows = outlines.merge(values, on="region")
    chosen = rows["region"].isin(asked.regions)
    column, limits, colours = scale(asked.metric)
    classes = np.digitize(rows[column] / palette.MW_PER_GW, limits)
    fill = [colours[n] if here else REMOTE for n, here in zip(classes, chosen, strict=True)]
    _fill(axes, rows, fill, "white")
    layers.borders(rows[chosen]).boundary.plot(
        ax=axes, color=GREY, linewidth=0.55, aspect=None, zorder=2
    )
    return _lines(axes, plan, asked)


def _fill(
    axes: Axes, rows: gpd.GeoDataFrame | gpd.GeoSeries, colour: str | list[str], edge: str
) -> None:
    rows.plot(ax=axes, color=colour, edgecolor=edge, linewidth=0.5, aspect=None)


def scale(metric: str) -> tuple[str, tuple[float, ...], tuple[str, ...]]:
    """Return column, class limits [GW] and colours of a metric."""
    if metric == "headroom":
        return "headroom_mw", palette.HEADROOM_GW, palette.HEADROOM_COLOURS
    return "held_up_mw", palette.HELD_UP_GW, palette.HELD_UP_COLOURS


def _lines(axes: Axes, plan: Plan, asked: Frame) -> int:
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


def mark_size(megawatts: pd.Series) -> pd.Series:
    """Area of a mark in square points, in proportion to megawatts above a smallest one."""
    return (megawatts / palette.MW_PER_GW * POINTS_PER_GW).clip(lower=SMALLEST_MARK)


def _marks(axes: Axes, sites: gpd.GeoDataFrame, others: gpd.GeoDataFrame) -> None:
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


# --- labels --------------------------------------------------------------------------------------


def label(site: str, name: object, megawatts: float) -> str:
    """Name and gigawatts of a site; its id where no font has the letters of its name."""
    words = palette.shortened(name, LONGEST_LABEL)
    if not words or name != name or not drawable(words):  # noqa: PLR0124 - not a number
        words = palette.shortened(site, LONGEST_LABEL)
    return f"{words}  {palette.gigawatts(megawatts)}"


def _labels(axes: Axes, sites: gpd.GeoDataFrame, most: int, size: float) -> None:
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
        linecolor="#444444", linewidth=0.6, min_distance=0.006, max_distance=0.2, margin=0.003,
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
    from matplotlib import font_manager, ft2font

    signs = {ord(sign) for sign in text} - {ord(sign) for sign in palette.JOINERS}
    for name in fonts():
        file = font_manager.findfont(font_manager.FontProperties(family=[name]))
        signs -= set(ft2font.FT2Font(file).get_charmap())
        if not signs:
            return True
    return False


# --- insets --------------------------------------------------------------------------------------


def _insets(
    page: Figure, plan: Plan, asked: Frame, main: Axes, sites: gpd.GeoDataFrame, wanted: list[str]
) -> float:
    """Draw insets from the top of the side column; return where the next thing may stand."""
    top, high = 0.865, 0.30 if len(wanted) == 1 else 0.215
    for pocket in wanted:
        place = (SIDE_LEFT, top - high, SIDE_WIDTH, high)
        _inset(page, plan, asked, sites[sites["pocket"] == pocket], pocket, place, main)
        top -= high + 0.045
    return top


def _inset(
    page: Figure, plan: Plan, asked: Frame, sites: gpd.GeoDataFrame, pocket: str, place: Box,
    main: Axes,
) -> None:  # fmt: skip
    here, around = layers.pocket_shapes(plan, pocket, asked.crs)
    left, bottom, right, top = here.total_bounds
    pad = 0.12 * max(right - left, top - bottom)
    axes = _view(page, (left - pad, bottom - pad, right + pad, top + pad), place)
    _labels(axes, sites, MOST_INSET_LABELS, 6.5)
    counties = len(around) > 0
    _fill(axes, around if counties else layers.shapes(plan, asked, 0), "#f4f4f4", "#c8c8c8")
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


# --- words ---------------------------------------------------------------------------------------


def finding(asked: Frame, sites: pd.DataFrame) -> str:
    """State what the map shows in one sentence."""
    due, powered = sites["due_mw"].sum(), sites["powered_mw"].sum()
    where = palette.shortened(asked.place, 60)
    if not due:
        return f"{where}: no assessed site is due by the end of summer {asked.year}"
    return (
        f"{where}: {powered / palette.MW_PER_GW:.1f} of {due / palette.MW_PER_GW:.1f} GW promised"
        f" by summer {asked.year} can be powered by then"
    )


def meaning(metric: str, year: int | str) -> str:
    """Say what the colour of a region means."""
    if metric == "headroom":
        return (
            f"Regions: accredited firm supply less load and reserve in the tighter season of {year},"
            " before imports and announced sites"
        )
    return f"Regions: gigawatts promised by summer {year} that are not powered then"


def _titles(page: Figure, asked: Frame, sites: gpd.GeoDataFrame) -> None:
    page.text(0.012, 0.955, finding(asked, sites), fontsize=17, fontweight="bold", color=INK,
              va="center", parse_math=False)  # fmt: skip
    under = f"{meaning(asked.metric, asked.year)}. Marks: sites by gigawatts due by then."
    page.text(0.012, 0.912, under, fontsize=9.5, color="#444444", va="center", parse_math=False)


def _foot(page: Figure, plan: Plan, asked: Frame, sites: gpd.GeoDataFrame) -> None:
    lines = notes(plan, asked, sites)
    wrapped = "\n".join(line for note in lines for line in textwrap.wrap(note, LONGEST_LINE))
    page.text(0.012, 0.012, wrapped, fontsize=6.8, color="#444444", va="bottom", linespacing=1.35,
              parse_math=False)  # fmt: skip


def notes(plan: Plan, asked: Frame, sites: pd.DataFrame) -> list[str]:
    """As-of date, stance and weakest confidence; what is not shown; sources; boundaries."""
    given = plan.case.assumptions
    order = [level for level in ("low", "medium", "high") if level in set(sites["confidence"])]
    weakest = f", weakest confidence {order[0]}" if order else ""
    untested = plan.steps[plan.steps["site"].isin(sites["site"]) & ~plan.steps["delivery_tested"]]
    stated = (
        f"As of {given.as_of}, stance {given.stance}, load {given.load_scenario}, allocation"
        f" {given.allocation}{weakest}. Firm supply and published limits only. Delivery not tested"
        f" for {untested['site'].nunique()} of {len(sites)} sites (no limit published)."
    )
    listed = f"Sources: {'; '.join(layers.sources(plan, asked, sites['site']))}; all in sources.csv of the packs."
    return [stated, f"{listed} {layers.BOUNDARY_NOTES.get(asked.grid, '')}".strip()]


# --- legends -------------------------------------------------------------------------------------


def _legends(
    page: Figure, asked: Frame, sites: gpd.GeoDataFrame, drawn: dict[str, int], top: float
) -> None:
    from matplotlib.legend import Legend

    side = page.add_axes((SIDE_LEFT, 0.085, SIDE_WIDTH, top - 0.085))
    side.set_axis_off()
    height = (top - 0.085) * SIZE_IN[1] * 72
    at = 1.0
    for title, handles in (
        ("Verdict by that year", _verdict_handles(sites, drawn["unassessed"])),
        ("Due by that year", _size_handles()),
        (_scale_title(asked.metric), _class_handles(asked.metric)),
        ("", _line_handles(drawn["lines"])),
    ):
        if not handles:
            continue
        sizes = title == "Due by that year"
        legend = Legend(
            side, handles, [handle.get_label() for handle in handles], title=title, loc="upper left", bbox_to_anchor=(-0.02, at),
            frameon=False, fontsize=8, title_fontsize=8.5, alignment="left",
            ncols=_columns(handles, sizes=sizes), labelspacing=0.45, handletextpad=0.6,
            columnspacing=1.2, borderpad=0.1, handlelength=1.6,
        )  # fmt: skip
        legend.get_title().set_fontweight("bold")
        side.add_artist(legend)
        rows = -(-len(handles) // _columns(handles, sizes=sizes))
        at -= ((13.0 if title else 0) + rows * (24.0 if sizes else 12.2) + 8) / height


def _columns(handles: list[Any], *, sizes: bool) -> int:
    return len(handles) if sizes else 1 + (len(handles) > 6)  # noqa: PLR2004 - one column is full


def _verdict_handles(sites: gpd.GeoDataFrame, unassessed: int) -> list[Any]:
    from matplotlib.lines import Line2D

    counts = sites.groupby("verdict")["due_mw"].agg(["size", "sum"])
    shown = [*explain.VERDICTS[:-1], *(v for v in counts.index if v not in explain.VERDICTS)]
    handles = []
    for verdict in shown:
        look = palette.look(verdict)
        count, megawatts = counts.loc[verdict] if verdict in counts.index else (0, 0.0)
        text = f"{verdict}: {count:.0f} sites, {megawatts / palette.MW_PER_GW:.1f} GW"
        handles.append(Line2D([], [], linestyle="", marker=look.marker, color=look.colour,
                              markeredgecolor="white", markersize=8.5, label=text))  # fmt: skip
    if unassessed:
        look = palette.UNASSESSED
        handles.append(Line2D([], [], linestyle="", marker=look.marker, color=look.colour,
                              markersize=4, label=f"not assessable: {unassessed} sites"))  # fmt: skip
    return handles


def _size_handles() -> list[Any]:
    from matplotlib.lines import Line2D

    areas = mark_size(pd.Series([250.0, 1000.0, 2500.0]))
    texts = ("0.25 GW", "1 GW", "2.5 GW")
    return [
        Line2D([], [], linestyle="", marker="o", markerfacecolor="none", color="#555555",
               markersize=float(area) ** 0.5, label=text)
        for area, text in zip(areas, texts, strict=True)
    ]  # fmt: skip


def _scale_title(metric: str) -> str:
    return "Headroom [GW]" if metric == "headroom" else "Held up [GW]"


def _class_handles(metric: str) -> list[Any]:
    from matplotlib.patches import Patch

    _, limits, colours = scale(metric)
    return [
        Patch(facecolor=colour, edgecolor="#bbbbbb", linewidth=0.5, label=text)
        for colour, text in zip(colours, class_names(metric, limits), strict=True)
    ]


def class_names(metric: str, limits: Sequence[float]) -> list[str]:
    """Write the classes of a scale, lowest first."""
    low = "none" if metric == "held-up" else f"below {_plain(limits[0])}"
    first = limits if metric == "headroom" else (0.0, *limits[1:])
    middle = [f"{_plain(a)} to {_plain(b)}" for a, b in zip(first, limits[1:], strict=False)]
    return [low, *middle, f"above {_plain(limits[-1])}"]


def _plain(number: float) -> str:
    return f"{number:g}".replace("-", "\N{MINUS SIGN}")


def _line_handles(lines: int) -> list[Any]:
    from matplotlib.lines import Line2D

    if not lines:
        return []
    text = "full line into a region that is short or has sites waiting"
    return [Line2D([], [], color=LINE_COLOUR, linewidth=1.8, label="\n".join(textwrap.wrap(text, 36)))]
