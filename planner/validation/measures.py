"""The measures that the answers must meet: adequacy, sites, causes, dates and their ranges."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from planner.validation import score

if TYPE_CHECKING:
    from collections.abc import Iterator


def measures(cases: pd.DataFrame, answers: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Return each measure with what was asked of it.

    Returns
    -------
    pd.DataFrame
        `measure`, `value`, `asked` (the bar), `cases`.
    """
    rows = cases.merge(scores.drop(columns=["question_kind", "weight"]), on="case_id")
    rows = rows.merge(answers, on="case_id", suffixes=("", "_answer"))
    adequacy = rows[rows["question_kind"].isin(score.ADEQUACY)]
    sites = rows[(rows["subject_kind"] == "site") & rows["verdict_part"].notna()]
    told = rows[rows["cause_part"].notna()]
    found = [
        ("adequacy, weighted score", _mean(adequacy, "score"), "at least 0.75", len(adequacy)),
        ("adequacy, false yes at weight 1", _false(adequacy), "0", len(adequacy)),
        ("sites, verdict", _mean(sites, "verdict_part"), "at least 0.70", len(sites)),
        ("cause, where stated", _mean(told, "cause_part"), "at least 0.70", len(told)),
        *_dated(rows),
        ("not in time, foreseen", *_foreseen(rows)),
    ]
    return pd.DataFrame(found, columns=["measure", "value", "asked", "cases"])


def _mean(rows: pd.DataFrame, column: str) -> float:
    return score.weighted(rows[column], rows["weight"])


def _false(rows: pd.DataFrame) -> float:
    return float((rows["false_yes"] & (rows["weight"] == 1)).sum())


def _dated(rows: pd.DataFrame) -> Iterator[tuple[str, float, str, int]]:
    off, inside = [], []
    for row in rows.to_dict("records"):
        span = score.right_span(row)
        if span is None or math.isnan(row["date_part"]) or pd.isna(row["date"]):
            continue
        off.append(score.quarters_off(row["date"], span))
        inside.append(_touches(row, span))
    median = float(pd.Series(off, dtype=float).median())
    share = float(pd.Series(inside, dtype=float).mean())
    yield "dates, median error in quarters", median, "at most 2", len(off)
    yield "dates, truths inside the interval", share, "at least 0.80", len(off)


def _touches(row: dict[str, Any], span: tuple[pd.Timestamp, pd.Timestamp]) -> bool:
    if pd.isna(row["date_low"]) or pd.isna(row["date_high"]):
        return False
    return bool(row["date_low"] <= span[1] and row["date_high"] >= span[0])


def _foreseen(rows: pd.DataFrame) -> tuple[float, str, int]:
    late = rows[
        rows["expect_verdict"].isin(score.NOT_IN_TIME)
        & ~rows["question_kind"].isin(["realised_share", "connected_rate"])
    ]
    return float(late["verdict"].isin(score.NOT_IN_TIME).mean()), "no bar", len(late)
