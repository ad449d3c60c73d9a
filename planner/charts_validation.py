"""How often promises were kept that had a given probability: one chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner import charts, palette

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SIZE_IN: Final = (7.0, 4.6)
DOT: Final = 40
DOT_PER_CASE: Final = 25
BLUE: Final = "#3b6e8f"


def calibration(groups: pd.DataFrame) -> Figure:
    """Draw the share of promises kept against the probability they had, by group.

    Parameters
    ----------
    groups
        As from :func:`planner.validation.odds.reliability`.
    """
    palette.needed(charts.PACKAGES, "maps")
    from matplotlib.figure import Figure as Page

    figure = Page(figsize=SIZE_IN, dpi=charts.DPI, layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="#9a9a9a", linewidth=1, linestyle="--")
    sizes = DOT + DOT_PER_CASE * groups["cases"]
    axes.scatter(groups["probability"], groups["kept"], s=sizes, color=BLUE, alpha=0.85)
    for row in groups.itertuples():
        words = f"{row.cases} case{'' if row.cases == 1 else 's'}"
        axes.annotate(
            words, (row.probability, row.kept), xytext=(0, 16), textcoords="offset points",
            ha="center", fontsize=9,
        )  # fmt: skip
    figure.suptitle("Promises kept, by the probability they had on the day", x=0.02, ha="left")
    axes.set(xlim=(-0.05, 1.05), ylim=(-0.05, 1.05))
    axes.set_xlabel("Probability of power within a quarter of the target; dashed: as it should be")
    axes.set_ylabel("Share that had power")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure
