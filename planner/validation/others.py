"""Questions about an area that fit no other kind: its datacenter load, or its adequacy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.validation import system
from planner.validation.answer import Answer, CannotAnswer, cited

if TYPE_CHECKING:
    from planner.validation.questions import Areas, Question
    from planner.validation.record import Record


def answer(question: Question, areas: Areas, record: Record) -> Answer:
    """Read the large load foreseen for a year where that is asked; else judge the area's supply."""
    if "load" in question.unit:
        return large_load(question, record)
    return system.answer(question, areas, record)


def large_load(question: Question, record: Record) -> Answer:
    """Interpolate the large load that authorities put to years, from the last figures known.

    Raises
    ------
    CannotAnswer
        Fewer than two years of the area are on record.
    """
    rows = record.outlooks[
        record.outlooks["area"].isin(question.subjects)
        & (record.outlooks["quantity"] == "large_load_mw")
    ]
    by_year = rows.sort_values("known_on").drop_duplicates("year", keep="last").sort_values("year")
    if len(by_year) <= 1:
        raise CannotAnswer(f"no path of large load is on record for {question.subjects[0]}")
    mw = float(np.interp(question.target_year, by_year["year"], by_year["value"]))
    value = mw / 1000 if "GW" in question.unit else mw
    return Answer("yes", value=value, note=cited(f"{mw:,.0f} MW between published years", by_year))
