"""What an answer is, and the words for having none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from planner import adequacy

if TYPE_CHECKING:
    from collections.abc import Iterable

VERDICTS = {"adequate": "yes", "tight": "tight", "short": "no"}


class CannotAnswer(Exception):  # noqa: N818 - a reason, told as an answer
    """The facts of the day do not decide the question; the message says which are missing."""


@dataclass(frozen=True)
class Answer:
    """One answer: verdict, value in the unit asked for, date with its range, and cause."""

    verdict: str = ""
    value: float | None = None
    date: pd.Timestamp | None = None
    date_low: pd.Timestamp | None = None
    date_high: pd.Timestamp | None = None
    cause: str = ""
    note: str = ""

    def row(self, case_id: str) -> dict[str, Any]:
        """Return the answer as a row of answers.csv."""
        days = {
            "date": _or_nat(self.date),
            "date_low": _or_nat(self.date_low, first=True),
            "date_high": _or_nat(self.date_high, first=False),
        }
        value = float("nan") if self.value is None else float(self.value)
        return {
            "case_id": case_id,
            "verdict": self.verdict,
            "value": value,
            **days,
            "cause": self.cause,
            "note": self.note,
        }


def _or_nat(day: pd.Timestamp | None, *, first: bool | None = None) -> pd.Timestamp:
    """Return a day; the ends of a range in whole quarters, as dates are promised."""
    if day is None or pd.isna(day):
        return pd.NaT
    quarter = pd.Timestamp(day).to_period("Q")
    if first is None:
        return pd.Timestamp(day).floor("D")
    return quarter.start_time if first else quarter.end_time.floor("D")


def cited(text: str, rows: pd.DataFrame | Iterable[str]) -> str:
    """Add the keys of the sources that an answer stands on."""
    names = rows["source"] if isinstance(rows, pd.DataFrame) else rows
    keys = sorted(set(names))
    return f"{text} [{', '.join(keys)}]" if keys else text


def three_way(surplus: float, requirement: float) -> str:
    """Say yes, tight or no in the band of :func:`planner.adequacy.verdict`."""
    return VERDICTS[adequacy.verdict(surplus, requirement)]
