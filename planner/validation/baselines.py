"""What simple rules would have scored on the same cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.validation import own, score
from planner.validation.answer import Answer
from planner.validation.questions import questions

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.validation.questions import Areas, Question

LATE_MONTHS: Final = 4
HALF: Final = 0.5
REFERENCE_MARGIN: Final = 0.15


def compare(cases: pd.DataFrame, areas: Areas, scores: pd.DataFrame) -> pd.DataFrame:
    """Score each baseline on the cases that it answers, and ours on the same cases.

    Returns
    -------
    pd.DataFrame
        `baseline`, `cases`, `score` of the baseline, `ours` on the same cases.
    """
    rules: dict[str, Callable[[Question, Areas], Answer | None]] = {
        "installed margin above reference": margin_rule,
        "announced date plus four months": delay_rule,
        "half of every announced MW": half_rule,
        "tight everywhere": lambda question, areas: Answer("tight"),  # noqa: ARG005
    }
    rows = []
    for name, rule in rules.items():
        given = {q.case_id: rule(q, areas) for q in questions(cases)}
        told = [found.row(case) for case, found in given.items() if found is not None]
        if not told:
            continue
        answers = pd.DataFrame(told)
        there = cases[cases["case_id"].isin(answers["case_id"])]
        theirs = score.score(there, answers)
        ours = scores[scores["case_id"].isin(answers["case_id"])]
        rows.append(
            {
                "baseline": name,
                "cases": len(there),
                "score": score.weighted(theirs["score"], theirs["weight"]),
                "ours": score.weighted(ours["score"], ours["weight"]),
            }
        )
    return pd.DataFrame(rows, columns=["baseline", "cases", "score", "ours"])


def margin_rule(question: Question, areas: Areas) -> Answer | None:
    """Call an area adequate where installed summer capacity over its peak exceeds 15 %."""
    if question.kind not in score.ADEQUACY:
        return None
    margin = own.installed_margin(areas.zones(question.subjects))
    if margin is None:
        return None
    return Answer("yes" if margin >= REFERENCE_MARGIN else "no")


def delay_rule(question: Question, areas: Areas) -> Answer | None:  # noqa: ARG001
    """Call every site late by four months."""
    if question.kind not in {"served_by", "earliest"} or question.subject_kind != "site":
        return None
    return Answer("late", date=question.target + pd.DateOffset(months=LATE_MONTHS))


def half_rule(question: Question, areas: Areas) -> Answer | None:  # noqa: ARG001
    """Expect half of what was announced."""
    if question.kind == "realised_share":
        return Answer(value=HALF)
    if question.kind == "served_by" and question.subject_kind == "site":
        return Answer("partial", value=HALF * (question.asked_mw or 0.0))
    return None
