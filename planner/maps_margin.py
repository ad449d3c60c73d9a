"""What stands around a map: title, legends, scale of colours, notes and sources."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner import explain, layers, palette

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from planner.layers import Frame, Scene

SIZE_IN: Final = (13.333, 7.5)  # a slide of 16:9
DPI: Final = 150
SIDE_LEFT: Final = 0.762
SIDE_WIDTH: Final = 0.23
POINTS_PER_GW: Final = 140.0  # area of a mark, in square points
SMALLEST_MARK: Final = 14.0
LONGEST_LINE: Final = 235
INK: Final = "#222222"
GREY: Final = "#8a8a8a"
LINE_COLOUR: Final = "#333333"
SIZES_MW: Final = (250.0, 1000.0, 2500.0)
ROW_POINTS: Final = 12.2
SIZES_POINTS: Final = 24.0
MOST_ROWS: Final = 6


def scale(metric: str) -> tuple[str, tuple[float, ...], tuple[str, ...]]:
    """Return column, class limits [GW] and colours of a metric."""
    if metric == "headroom":
        return "headroom_mw", palette.HEADROOM_GW, palette.HEADROOM_COLOURS
    return "held_up_mw", palette.HELD_UP_GW, palette.HELD_UP_COLOURS


def mark_size(megawatts: pd.Series) -> pd.Series:
    """Area of a mark in square points, in proportion to megawatts above a smallest one."""
    return (megawatts / palette.MW_PER_GW * POINTS_PER_GW).clip(lower=SMALLEST_MARK)


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
            "Regions: accredited firm supply less load and reserve in the tighter season of"
            f" {year}, before imports and announced sites"
        )
    return f"Regions: gigawatts promised by summer {year} that are not powered then"


def titles(page: Figure, scene: Scene) -> None:
    """Write the finding and what the colours mean."""
    asked, sites = scene.asked, scene.sites
    under = f"{meaning(asked.metric, asked.year)}. Marks: sites by gigawatts due by then."
    heading(page, finding(asked, sites), under)


def heading(page: Figure, above: str, under: str) -> None:
    """Write the two lines over a map."""
    page.text(0.012, 0.955, above, fontsize=17, fontweight="bold", color=INK, va="center",
              parse_math=False)  # fmt: skip
    page.text(0.012, 0.912, under, fontsize=9.5, color="#444444", va="center", parse_math=False)


def foot(page: Figure, scene: Scene) -> None:
    """Write the notes under the map."""
    lines = notes(scene)
    wrapped = "\n".join(line for note in lines for line in textwrap.wrap(note, LONGEST_LINE))
    page.text(0.012, 0.012, wrapped, fontsize=6.8, color="#444444", va="bottom", linespacing=1.35,
              parse_math=False)  # fmt: skip


def notes(scene: Scene) -> list[str]:
    """As-of date, stance and weakest confidence; what is not shown; sources; boundaries."""
    plan, asked, sites = scene.plan, scene.asked, scene.sites
    given = plan.case.assumptions
    order = [level for level in ("low", "medium", "high") if level in set(sites["confidence"])]
    weakest = f", weakest confidence {order[0]}" if order else ""
    untested = plan.steps[plan.steps["site"].isin(sites["site"]) & ~plan.steps["delivery_tested"]]
    stated = (
        f"As of {given.as_of}, stance {given.stance}, load {given.load_scenario}, allocation"
        f" {given.allocation}{weakest}. Firm supply and published limits only. Delivery not tested"
        f" for {untested['site'].nunique()} of {len(sites)} sites (no limit published)."
    )
    drawn = [sites["site"], *([scene.others["site"]] if asked.grid == layers.WORLD else [])]
    publishers = "; ".join(layers.sources(plan, asked, pd.concat(drawn)))
    listed = f"Sources: {publishers}; all in sources.csv of the packs."
    return [stated, f"{listed} {layers.BOUNDARY_NOTES.get(asked.grid, '')}".strip()]


# --- legends -------------------------------------------------------------------------------------


def legends(page: Figure, scene: Scene, lines: int, top: float) -> None:
    """Stack the legends in the side column, from `top` down."""
    from matplotlib.legend import Legend

    side = page.add_axes((SIDE_LEFT, 0.085, SIDE_WIDTH, top - 0.085))
    side.set_axis_off()
    height = (top - 0.085) * SIZE_IN[1] * 72
    metric = scene.asked.metric
    at = 1.0
    for title, handles, row in (
        ("Verdict by that year", verdict_handles(scene), ROW_POINTS),
        ("Due by that year", size_handles(), SIZES_POINTS),
        (f"{'Headroom' if metric == 'headroom' else 'Held up'} [GW]", _class_handles(metric),
         ROW_POINTS),
        ("", _line_handles(lines), ROW_POINTS),
    ):  # fmt: skip
        columns = len(handles) if row == SIZES_POINTS else 1 + (len(handles) > MOST_ROWS)
        legend = Legend(
            side, handles, [handle.get_label() for handle in handles], title=title,
            loc="upper left", bbox_to_anchor=(-0.02, at), frameon=False, fontsize=8,
            title_fontsize=8.5, alignment="left", ncols=max(columns, 1), labelspacing=0.45,
            handletextpad=0.6, columnspacing=1.2, borderpad=0.1, handlelength=1.6,
        )  # fmt: skip
        legend.get_title().set_fontweight("bold")
        side.add_artist(legend)
        at -= ((13.0 if title else 0) + -(-len(handles) // max(columns, 1)) * row + 8) / height


def verdict_handles(scene: Scene) -> list[Any]:
    """Marks of the verdicts with sites and gigawatts, for a legend."""
    from matplotlib.lines import Line2D

    counts = scene.sites.groupby("verdict")["due_mw"].agg(["size", "sum"])
    usual = (explain.ON_TIME, explain.LATE, explain.NEVER)
    shown = [name for name in palette.LOOKS if name in usual or name in counts.index]
    handles = []
    for verdict in shown:
        look = palette.look(verdict)
        count, megawatts = counts.loc[verdict] if verdict in counts.index else (0, 0.0)
        text = f"{verdict}: {count:.0f} sites, {megawatts / palette.MW_PER_GW:.1f} GW"
        handles.append(Line2D([], [], linestyle="", marker=look.marker, color=look.colour,
                              markeredgecolor="white", markersize=8.5, label=text))  # fmt: skip
    if len(scene.others):
        look = palette.UNASSESSED
        text = f"not assessable: {len(scene.others)} sites"
        handles.append(Line2D([], [], linestyle="", marker=look.marker, color=look.colour,
                              markersize=4, label=text))  # fmt: skip
    return handles


def size_handles(share: float = 1.0) -> list[Any]:
    """Circles of a few sizes for a legend; `share` of the area where marks are smaller."""
    from matplotlib.lines import Line2D

    areas = mark_size(pd.Series(SIZES_MW)) * share
    texts = [f"{mw / palette.MW_PER_GW:g} GW" for mw in SIZES_MW]
    return [
        Line2D([], [], linestyle="", marker="o", markerfacecolor="none", color="#555555",
               markersize=float(area) ** 0.5, label=text)
        for area, text in zip(areas, texts, strict=True)
    ]  # fmt: skip


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
    label = "\n".join(textwrap.wrap(text, 36))
    return [Line2D([], [], color=LINE_COLOUR, linewidth=1.8, label=label)]
