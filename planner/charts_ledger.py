"""Is it powered? Pledged, located, powered, late and without a place, by program: one chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner import charts, palette
from planner.errors import PlannerError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from planner.ledger import Ledger

SHOWN: Final = (
    "stargate",
    "openai",
    "meta",
    "google",
    "microsoft",
    "amazon",
    "xai",
    "anthropic",
    "oracle",
)
PARTS: Final = {
    "operating_gw": ("operating", "#3b6e8f"),
    "on_time_gw": ("powered on time", palette.LOOKS["on time"].colour),
    "late_gw": ("late", palette.LOOKS["late"].colour),
    "undated_gw": ("located, no date", "#9a9a9a"),
    "unplaced_gw": ("pledged, no place (at most)", "#d9d9d9"),
}


def powered_table(ledger: Ledger, *, programs: tuple[str, ...] = SHOWN) -> pd.DataFrame:
    """Gigawatts of each program by what became of them.

    Returns
    -------
    pd.DataFrame
        `program`, `operating_gw`, `on_time_gw`, `late_gw`, `undated_gw` (located, no date),
        `unplaced_gw` (largest remainder without a place), `unplaced_low_gw` (smallest).

    Raises
    ------
    PlannerError
        The ledger was reconciled without a plan.
    """
    if not ledger.planned:
        message = "the ledger has no plan; build it from an answer to see what is powered."
        raise PlannerError(message)
    rows = ledger.programs.set_index("program").reindex(programs).dropna(subset=["pledged_sum_mw"])
    gw = rows.select_dtypes("number").fillna(0.0) / palette.MW_PER_GW
    table = pd.DataFrame(
        {
            "operating_gw": gw["operating_mw"],
            "on_time_gw": gw["on_time_mw"],
            "late_gw": gw["late_mw"],
            "undated_gw": gw["undated_mw"],
            "unplaced_gw": gw["unplaced_high_mw"],
            "unplaced_low_gw": gw["unplaced_low_mw"],
        }
    )
    return table.rename_axis("program").reset_index()


def powered(ledger: Ledger) -> Figure:
    """Draw one bar a program: what operates, comes on time, is late, has no date, has no place."""
    table = powered_table(ledger).iloc[::-1]
    palette.needed(charts.PACKAGES, "maps")
    from matplotlib.figure import Figure as Page

    figure = Page(figsize=charts.SIZE_IN, dpi=charts.DPI, layout="constrained")
    axes = figure.add_subplot()
    left = pd.Series(0.0, index=table.index)
    for column, (label, colour) in PARTS.items():
        axes.barh(
            table["program"], table[column], left=left, color=colour, label=label, height=charts.BAR
        )
        left = left + table[column]
    figure.suptitle(
        "Pledged gigawatts: what is powered, late, or without a place", x=0.02, ha="left"
    )
    axes.set_xlabel(
        f"GW; programs overlap. As of {ledger.case.assumptions.as_of}, with nothing built"
    )
    axes.legend(loc="lower right", frameon=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure
