"""Colours, marks and words that maps and charts share; every figure about a place is elsewhere."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from planner import explain
from planner.errors import PlannerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

MW_PER_GW: Final = 1000.0
LONGEST_NAME: Final = 30
JOINERS: Final = ("\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}")  # Indian scripts use them
LOOSE_ENDS: Final = " (,;:-\N{EN DASH}\N{EM DASH}"
VIRAMA: Final = 9  # combining class of the sign that joins two consonants
ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"


@dataclass(frozen=True)
class Look:
    """How a verdict is drawn: colour, marker of matplotlib, shape of Vega."""

    colour: str
    marker: str
    shape: str


# Okabe and Ito's colours stay apart under every kind of colour-blindness; shape tells them again.
LOOKS: Final = {
    explain.ON_TIME: Look("#0072B2", "o", "circle"),
    "on time if flexible": Look("#56B4E9", "^", "triangle-up"),
    "on time with remedies": Look("#009E73", "P", "cross"),
    explain.LATE: Look("#E69F00", "s", "square"),
    explain.NEVER: Look("#D55E00", "D", "diamond"),
}
UNASSESSED: Final = Look("#666666", "x", "stroke")

# PRGn mixed half with white: of the diverging scales it is furthest from the marks, and its ends
# stay apart for every kind of sight. One colour more than there are limits.
HEADROOM_GW: Final = (-8.0, -4.0, -2.0, -0.5, 0.5, 2.0, 4.0, 8.0)
HEADROOM_COLOURS: Final = (
    "#a080a5", "#bf9dc6", "#d6c5de", "#efe4f1", "#fbfbfb", "#e5f5e2", "#bee1bf", "#94c1a0",
    "#80a28d",
)  # fmt: skip
HELD_UP_GW: Final = (0.001, 0.25, 0.5, 1.0, 2.0)
HELD_UP_COLOURS: Final = ("#fbfbfb", "#f3eaf3", "#e0d1e7", "#ccb8d5", "#ba94c0", "#a080a5")

CAUSES: Final = {
    "supply": "supply: the system is short",
    "import": "import: a transfer limit",
    "delivery": "delivery: the limit of the pocket",
    "connection": "connection: the large-load process",
    "build": "build: its date has passed unbuilt",
    "onsite": "onsite: the site's own plant",
}
CAUSE_COLOURS: Final = {
    "supply": "#0072B2",
    "import": "#56B4E9",
    "delivery": "#CC79A7",
    "connection": "#E69F00",
    "build": "#999999",
    "onsite": "#009E73",
}
FAMILY_COLOURS: Final = {
    "nuclear": "#CC79A7",
    "coal": "#4D4D4D",
    "gas": "#B3B3B3",
    "oil": "#8C6D46",
    "hydro": "#0072B2",
    "wind": "#56B4E9",
    "sun": "#F0E442",
    "solar": "#F0E442",
    "storage": "#009E73",
    "other": "#D9D2C5",
}


def each(table: pd.DataFrame) -> Iterator[Any]:
    """Go through the rows of a table as tuples with named fields."""
    return iter(table.itertuples())


def look(verdict: str) -> Look:
    """Return how a verdict is drawn; one that is not known looks like one that is not given."""
    return LOOKS.get(verdict, UNASSESSED)


def cause(word: str) -> str:
    """Write a binding limit in words."""
    return CAUSES.get(word, word)


def when(period: str | None) -> str:
    """Write a period as "summer 2028"; one that never comes as after the horizon."""
    if not isinstance(period, str):
        return "after the horizon"
    year, _, season = period.partition("-")
    return f"{season} {year}".strip()


def clean(text: object) -> str:
    """Put a text of a site list on one line, without control and direction marks."""
    signs = (
        sign if sign in JOINERS or unicodedata.category(sign)[0] != "C" else " "
        for sign in str(text)
    )
    return " ".join("".join(signs).split())


def shortened(text: object, longest: int = LONGEST_NAME) -> str:
    """Cut a long text: first a last bracket, then at a word, else at a whole letter.

    A whole letter keeps its vowel sign and its part of a conjunct.

    Examples
    --------
    >>> shortened("a  name", 10)
    'a name'
    >>> len(shortened("x" * 200, 30))
    30
    """
    flat = clean(text)
    if len(flat) > longest and flat.endswith(")"):
        flat = flat[: flat.rfind(" (")] if " (" in flat else flat
    if len(flat) <= longest:
        return flat
    end = longest - 1
    while end > 1 and _joined(flat, end):
        end -= 1
    word = flat.rfind(" ", 0, end + 1)
    return flat[: word if word > end * 0.6 else end].rstrip(LOOSE_ENDS) + ELLIPSIS


def _joined(text: str, at: int) -> bool:
    """Say whether a cut would part a letter from its marks, or a conjunct (after a virama)."""
    return unicodedata.category(text[at])[0] == "M" or unicodedata.combining(text[at - 1]) == VIRAMA


def gigawatts(megawatts: float) -> str:
    """Write megawatts as gigawatts, small ones as megawatts."""
    if 0 < megawatts < MW_PER_GW / 10:
        return f"{megawatts:.0f} MW"
    return f"{megawatts / MW_PER_GW:.1f} GW"


def needed(packages: Iterable[str], extra: str) -> None:
    """Say what to install where a drawing library is missing.

    Raises
    ------
    PlannerError
        A package of the extra is not installed.
    """
    missing = sorted(name for name in packages if find_spec(name) is None)
    if missing:
        raise PlannerError(
            f"{', '.join(missing)} not installed; pip install 'datacenter-power-planner[{extra}]'."
        )
