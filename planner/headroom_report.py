"""The load that could be added if it gives way now and then, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.report import MW_PER_GW, as_text, text_table

if TYPE_CHECKING:
    from planner.curtailment import Headroom

NAME_WIDTH: Final = 18
FOOT: Final = """\
Constant new load that gives way where it would lift the area above the highest load measured in
the season. No plant, line or reserve is tested. Areas of the two kinds overlap: do not add them.
h/event: length of a run of hours in which it gives way. Confidence: of the weakest year."""
ONE_YEAR: Final = "Where one year is held, its own peak is the limit: less fits than over several."


def screen(found: Headroom, style: str) -> str:
    """Write one table a kind of area and share; csv and json hold all columns."""
    if style != "table":
        return as_text(found.areas, style)
    groups = found.areas.groupby(["area_kind", "curtailed_fraction"], sort=False)
    parts = [
        f"{_title(str(kind), float(share), part)}\n{text_table(table(part))}"
        for (kind, share), part in groups
    ]
    return "\n\n".join([*parts, footer(found)])


def _title(kind: str, share: float, rows: pd.DataFrame) -> str:
    return f"Giving way in {share:.2%} of its energy: by {words(kind)}, {span(rows)} (GW, hours)"


def words(kind: str) -> str:
    """Return a kind of area in words."""
    return kind.replace("_", " ")


def span(rows: pd.DataFrame) -> str:
    """Say which years the hours are of."""
    first, last = int(rows["first_year"].min()), int(rows["last_year"].max())
    return f"hours of {first} only" if first == last else f"hours of {first} to {last}"


def table(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay out the rows of one kind and share for the screen."""
    gigawatts = {
        name: (rows[f"{name}_mw"] / MW_PER_GW).map("{:.2f}".format)
        for name in ("headroom", "summer_peak", "winter_peak")
    }
    return pd.DataFrame(
        {
            "area": rows["area"],
            "name": rows["name"].str.slice(0, NAME_WIDTH),
            "headroom": gigawatts["headroom"],
            "h/yr": rows["hours_per_year"].map("{:.0f}".format),
            "h/event": rows["mean_event_hours"].map("{:.1f}".format),
            "summer": gigawatts["summer_peak"],
            "winter": gigawatts["winter_peak"],
            "confidence": rows["confidence"],
        }
    )


def footer(found: Headroom) -> str:
    """State sums and means, and what the figure does not say."""
    lines = [
        f"{row['areas']} by {words(row['area_kind'])} at {row['curtailed_fraction']:.2%}:"
        f" {row['headroom_mw'] / MW_PER_GW:.1f} GW; mean"
        f" {row['hours_per_year']:.0f} h a year, {row['mean_event_hours']:.1f} h an event,"
        f" half kept in {row['half_kept_fraction']:.0%}."
        for row in found.totals.to_dict("records")
        if row["areas"] > 1
    ]
    one = [ONE_YEAR] if (found.areas["years"] == 1).any() else []
    return "\n".join([*lines, FOOT, *one])
