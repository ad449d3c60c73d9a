"""Score answers against what happened: verdict, value, date and cause, weighted by kind.

References
----------
The formulas are those of the README that comes with the reference cases.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner.schema_validation import CAUSES

if TYPE_CHECKING:
    from collections.abc import Mapping

QUARTER_DAYS: Final = 91.31
LONG_AGO: Final = pd.Timestamp(1900, 1, 1)
FAR_OFF: Final = pd.Timestamp(2200, 1, 1)
FALSE_YES: Final = -0.5
WEIGHTS: Final[Mapping[str, Mapping[str, int]]] = {
    "adequate_by": {"verdict": 3, "value": 1, "cause": 1},
    "margin_at": {"verdict": 1, "value": 2, "cause": 1},
    "binding_import": {"verdict": 1},
    "served_by": {"verdict": 3, "value": 1, "date": 1, "cause": 1},
    "earliest": {"verdict": 2, "date": 2, "cause": 1},
    "realised_share": {"value": 1},
    "connected_rate": {"value": 1},
    "forecast_outcome": {"verdict": 3, "value": 1},
    "other": {"verdict": 3, "value": 1, "date": 1, "cause": 1},
}
ADEQUACY: Final = ("adequate_by", "margin_at", "forecast_outcome")
TIMELY: Final = ("served_by", "earliest", "other")
NOT_IN_TIME: Final = ("no", "late", "partial")
ORDER: Final[Mapping[str, int]] = {"no": 0, "late": 0, "partial": 0, "tight": 1, "yes": 2}
SURPLUS_WORDS: Final = ("margin", "surplus", "peak", "GW")
OPEN_WIDTH: Final[Mapping[str, float]] = {"MW": 2000.0, "GW": 2.0, "%": 2.0}
ALIKE: Final = ({"policy", "connection"},)
NEAR: Final = ({"delivery", "connection"}, {"delivery", "policy"}, {"supply", "build"})


def score(cases: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Score each case.

    Parameters
    ----------
    cases
        Table of :data:`planner.schema_validation.CASES`.
    answers
        `case_id`, `verdict`, `value`, `date`, `date_low`, `date_high`, `cause`.

    Returns
    -------
    pd.DataFrame
        One row a case: `case_id`, `question_kind`, `weight`, the parts `verdict_part`,
        `value_part`, `date_part`, `cause_part` (NaN where the case asks for none), `false_yes`,
        `answered` and `score`.
    """
    rows = cases.merge(answers, on="case_id", how="left", suffixes=("", "_answer"))
    return pd.DataFrame([_scored(row) for row in rows.to_dict("records")])


def _scored(row: Mapping[str, Any]) -> dict[str, Any]:
    parts = {
        "verdict": verdict_part(row),
        "value": value_part(row),
        "date": date_part(row),
        "cause": cause_part(row),
    }
    wrong = is_false_yes(row)
    weights = WEIGHTS[row["question_kind"]]
    there = {
        name: part for name, part in parts.items() if part is not None and weights.get(name, 0)
    }
    total = sum(weights[name] for name in there)
    mean = sum(weights[name] * part for name, part in there.items()) / total if total else math.nan
    return {
        "case_id": row["case_id"],
        "question_kind": row["question_kind"],
        "weight": row["weight"],
        **{f"{name}_part": there.get(name, math.nan) for name in parts},
        "false_yes": wrong,
        "answered": _told(row["verdict"]) or _is_number(row.get("value_answer")),
        "score": FALSE_YES if wrong else mean,
    }


def verdict_part(row: Mapping[str, Any]) -> float | None:
    """Return how near the verdict is, 0 to 1; None where none is asked for."""
    kind, expected, given = row["question_kind"], row["expect_verdict"], row["verdict"]
    if kind in {"realised_share", "connected_rate"} or not _told(expected):
        return None
    if expected == "pending":
        return None
    if not _told(given):
        return 0.0
    if kind in ADEQUACY:
        return 1 - abs(ORDER[given] - ORDER[expected]) / 2
    if kind in TIMELY and given == "yes" and _barely_late(row):
        return 0.5
    sides = ORDER[given], ORDER[expected]
    return 1.0 if sides[0] == sides[1] else 0.5 if 1 in sides else 0.0


def is_false_yes(row: Mapping[str, Any]) -> bool:
    """Say whether the answer promises what did not come."""
    kind, expected, given = row["question_kind"], row["expect_verdict"], row["verdict"]
    if kind == "binding_import":
        return bool(given == "no" and expected == "yes")
    if given != "yes":
        return False
    if kind in ADEQUACY:
        return bool(expected == "no")
    return kind in TIMELY and expected in NOT_IN_TIME and not _barely_late(row)


def _barely_late(row: Mapping[str, Any]) -> bool:
    expected = row["expect_date"]
    if row["expect_verdict"] not in NOT_IN_TIME or pd.isna(expected):
        return False
    days = (expected - row["target_date"]).days
    return bool(0 <= days <= QUARTER_DAYS)


def value_part(row: Mapping[str, Any]) -> float | None:
    """Return how near the value is to its interval; None where there is no interval."""
    low, high, unit = row["expect_low"], row["expect_high"], row["unit"]
    if (pd.isna(low) and pd.isna(high)) or unit == "year":
        return None
    value = row.get("value_answer")
    if not _is_number(value):
        return 0.0
    value = float(value)  # type: ignore[arg-type]
    low, high = (-math.inf if pd.isna(low) else low), (math.inf if pd.isna(high) else high)
    if low <= value <= high:
        return 1.0
    if any(word in str(unit) for word in SURPLUS_WORDS):
        return _by_distance(value, low, high, str(unit))
    return _by_ratio(value, low, high)


def _by_distance(value: float, low: float, high: float, unit: str) -> float:
    if (low >= 0 > value) or (high <= 0 < value):
        return 0.0
    half = (high - low) / 2
    if not math.isfinite(half):
        half = OPEN_WIDTH[next(word for word in ("GW", "MW", "%") if word in unit)]
    distance = low - value if value < low else value - high
    return max(0.0, 1 - distance / half)


def _by_ratio(value: float, low: float, high: float) -> float:
    if value <= 0:
        return 0.0
    ratio = low / value if value < low else (value / high if high > 0 else math.inf)
    return max(0.0, 1 - math.log2(ratio))


def date_part(row: Mapping[str, Any]) -> float | None:
    """Return how near the date and its range are; None where the case has no date."""
    span = right_span(row)
    if span is None:
        return None
    date, low, high = _dates(row)
    if date is None and low is None:
        return 0.0
    if date is None and high is None:
        return _not_before(low, span)
    if date is None:
        date = low + (high - low) / 2
    if low is None or high is None:
        half = pd.Timedelta(days=QUARTER_DAYS / 2)
        low, high = date - half, date + half
    width = (high - low).days / QUARTER_DAYS
    touches = low <= span[1] and high >= span[0]
    range_part = max(0.0, 1 - max(0.0, width - 4) / 8) if touches else 0.0
    return 0.7 * _point(quarters_off(date, span)) + 0.3 * range_part


def _dates(row: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    names = ("date", "date_low", "date_high")
    found = [None if pd.isna(row.get(name)) else row[name] for name in names]
    if found == [None, None, None] and row["verdict"] == "yes":
        found[0] = row["target_date"]
    return found[0], found[1], found[2]


def _not_before(low: pd.Timestamp, span: tuple[pd.Timestamp, pd.Timestamp]) -> float:
    if span[1] >= low:
        return 1.0
    return 0.7 * _point(quarters_off(low, span))


def _point(quarters: float) -> float:
    return 1.0 if quarters <= 1 else max(0.0, 1 - (quarters - 1) / 4)


def right_span(row: Mapping[str, Any]) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """Return the first and the last day that count as right, or None where no date is asked."""
    if row["unit"] == "year" and not (pd.isna(row["expect_low"]) and pd.isna(row["expect_high"])):
        low, high = row["expect_low"], row["expect_high"]
        return (
            LONG_AGO if pd.isna(low) else _day(low),
            FAR_OFF if pd.isna(high) else _day(high),
        )
    if pd.isna(row["expect_date"]):
        return None
    return row["expect_date"], row["expect_date"]


def quarters_off(date: pd.Timestamp, span: tuple[pd.Timestamp, pd.Timestamp]) -> float:
    """Return the distance of a day from a span, in quarters of 91.31 days."""
    first, last = span
    days = (first - date).days if date < first else (date - last).days if date > last else 0
    return days / QUARTER_DAYS


def _day(decimal_year: float) -> pd.Timestamp:
    year = int(decimal_year)
    return pd.Timestamp(year, 1, 1) + pd.Timedelta(days=(decimal_year - year) * 365.25)


def cause_part(row: Mapping[str, Any]) -> float | None:
    """Return whether the cause is right; None where the case states none."""
    kind, expected = row["question_kind"], row["cause"]
    given = row.get("cause_answer")
    if expected not in CAUSES or kind == "binding_import":
        return None
    if expected == "supply" and kind in ADEQUACY:
        return None
    if given == expected or {given, expected} in ALIKE:
        return 1.0
    return 0.5 if {given, expected} in NEAR else 0.0


def totals(scores: pd.DataFrame) -> pd.DataFrame:
    """Sum scores by kind, then over all with and without `other`.

    Returns
    -------
    pd.DataFrame
        `group`, `cases`, `answered`, `weight` and `score` (weighted mean).
    """
    groups = [(str(kind), rows) for kind, rows in scores.groupby("question_kind", sort=False)]
    rest = scores[scores["question_kind"] != "other"]
    groups += [("all without other", rest), ("all", scores)]
    return pd.DataFrame([_total(name, rows) for name, rows in groups])


def _total(name: str, rows: pd.DataFrame) -> dict[str, Any]:
    return {
        "group": name,
        "cases": len(rows),
        "answered": int(rows["answered"].sum()),
        "weight": float(rows["weight"].sum()),
        "score": weighted(rows["score"], rows["weight"]),
    }


def weighted(values: pd.Series, weights: pd.Series) -> float:
    """Return the weighted mean of what there is; NaN where there is nothing."""
    there = values.notna() & (weights > 0)
    if not there.any():
        return math.nan
    return float(np.average(values[there].astype(float), weights=weights[there]))


def _told(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_number(value: Any) -> bool:
    return value is not None and not isinstance(value, str) and not pd.isna(value)
