"""How likely was each date: the ensemble's own distributions on questions with a known outcome."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import packs
from planner.uncertainty import Spread, Spreads
from planner.validation import campuses, record, score
from planner.validation.questions import questions

if TYPE_CHECKING:
    from datetime import date

    from planner.validation.questions import Question

STATUS: Final = "under_construction"
INTERVAL: Final = (0.1, 0.5, 0.9)
BINS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
COIN: Final = 0.5


def calibration(cases: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Give each dated promise the probability of being kept within a quarter of its target.

    A site's step is put off by the delay that the ensemble draws for a site being built, and
    realised with its share; the wait of a place has its own interval, P10 to P90. Both as they
    were known on the day.

    Returns
    -------
    pd.DataFrame
        One row a case that asks by when: `case_id`, `probability`, `kept` (1 or 0).
    """
    known = answers.set_index("case_id")
    outcome = cases.set_index("case_id")["expect_verdict"]
    rows = []
    for question in questions(cases):
        if question.kind not in {"served_by", "earliest"}:
            continue
        told = outcome.get(question.case_id)
        if told not in {"yes", *score.NOT_IN_TIME}:
            continue
        chance = _chance(question, known.loc[question.case_id])
        if chance is not None:
            rows.append((question.case_id, chance, int(told == "yes")))
    return pd.DataFrame(rows, columns=["case_id", "probability", "kept"])


def brier(table: pd.DataFrame) -> pd.DataFrame:
    """Compare mean squared errors: ours, the announced date taken for certain, a coin.

    Returns
    -------
    pd.DataFrame
        `forecast`, `brier` and `cases`.
    """
    kept = table["kept"]
    rows = [
        ("ensemble", table["probability"]),
        ("announced date", pd.Series(1.0, kept.index)),
        ("coin", pd.Series(COIN, kept.index)),
    ]
    found = [(name, float(((chance - kept) ** 2).mean()), len(kept)) for name, chance in rows]
    return pd.DataFrame(found, columns=["forecast", "brier", "cases"])


def reliability(table: pd.DataFrame) -> pd.DataFrame:
    """Group promises by their probability.

    Returns
    -------
    pd.DataFrame
        `from`, `to`, `cases`, `probability` (mean) and `kept` (share).
    """
    bins = pd.cut(table["probability"], list(BINS), include_lowest=True)
    rows = [
        {
            "from": max(0.0, float(part.left)),
            "to": float(part.right),
            "cases": len(group),
            "probability": float(group["probability"].mean()),
            "kept": float(group["kept"].mean()),
        }
        for part, group in table.groupby(bins, observed=True)
    ]
    return pd.DataFrame(rows)


def _chance(question: Question, answer: pd.Series) -> float | None:
    limit = question.target + campuses.QUARTER
    if question.subject_kind == "site" and question.scope != campuses.GRID:
        return _site(question, limit)
    days = [answer["date_low"], answer["date"], answer["date_high"]]
    if any(pd.isna(day) for day in days):
        return None
    return share_by(limit, days)


def share_by(limit: pd.Timestamp, days: list[pd.Timestamp]) -> float:
    """Return the probability of a date by a day, from P10, P50 and P90."""
    numbers = [float(day.to_julian_date()) for day in days]
    first = numbers[0] - (numbers[1] - numbers[0]) / 4
    last = numbers[2] + (numbers[2] - numbers[1]) / 4
    points = np.maximum.accumulate([first, *numbers, last])
    return float(np.interp(limit.to_julian_date(), points, [0.0, *INTERVAL, 1.0]))


def _site(question: Question, limit: pd.Timestamp) -> float:
    spreads = _spreads(question.as_of)
    known = record.read(question.as_of)
    states = known.states[known.states["site"] == question.subjects[0]]
    steps = campuses.schedule(states, pd.Timestamp(question.as_of))
    asked = question.asked_mw or 0.0
    reach = steps[steps["mw_cumulative"] >= campuses.ENOUGH * asked]
    planned = reach["on"].min() if len(reach) else question.target
    delay = spreads.get("delay_days", STATUS, 0.0)
    realised = spreads.get("realised", STATUS, 1.0)
    return _below(delay, float((limit - planned).days)) * _ever(realised)


def _below(spread: Spread, days: float) -> float:
    """Invert a quantile function: the probability of at most so many days."""
    return float(np.interp(days, spread.value, spread.probability, left=0.0, right=1.0))


def _ever(spread: Spread) -> float:
    """Return the share of draws in which something is realised."""
    never: Any = spread.probability[spread.value == 0]
    return 1.0 - float(never.max() if len(never) else 0.0)


@cache
def _spreads(as_of: date) -> Spreads:
    return Spreads(packs.read_common(as_of=as_of)["uncertainty"])
