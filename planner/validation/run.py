"""Answer a table of cases, one answerer a kind of question, and score the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.schema_validation import ANSWERS
from planner.validation import (
    access,
    baselines,
    campuses,
    others,
    questions,
    record,
    score,
    shares,
    system,
)
from planner.validation.answer import Answer, CannotAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from planner.validation.questions import Areas, Question
    from planner.validation.record import Record

type Answerer = Callable[[Question, Areas, Record], Answer]

BY_BOTH: Final[Mapping[tuple[str, str], Answerer]] = {("other", "area"): others.answer}
BY_KIND: Final[Mapping[str, Answerer]] = {
    "adequate_by": system.answer,
    "margin_at": system.answer,
    "forecast_outcome": system.answer,
    "binding_import": system.binding,
    "realised_share": shares.realised,
    "connected_rate": shares.connected,
}
BY_SUBJECT: Final[Mapping[str, Answerer]] = {
    "site": campuses.answer,
    "pocket": access.answer,
    "area": access.answer,
}


@dataclass(frozen=True)
class Validation:
    """Answers to a table of cases, and what they score.

    Attributes
    ----------
    cases
        The cases as given.
    answers
        `case_id`, `verdict`, `value`, `date`, `date_low`, `date_high`, `cause`, `note`.
    scores
        One row a case, as from :func:`planner.validation.score.score`; empty where the cases do
        not say what was right.
    totals
        Weighted scores by kind and over all.
    baselines
        The same totals for each baseline, on the cases that it answers.
    """

    cases: pd.DataFrame
    answers: pd.DataFrame
    scores: pd.DataFrame
    totals: pd.DataFrame
    baselines: pd.DataFrame


def validate(
    cases: pd.DataFrame, areas: Areas, *, tell: Callable[[str], None] = lambda _: None
) -> Validation:
    """Answer cases with the facts of their day, and score the answers.

    Parameters
    ----------
    cases
        Table of :data:`planner.schema_validation.CASES`. Only the columns of the question are
        read to answer.
    areas
        Areas that the cases are about.
    tell
        Takes a line of progress.

    Returns
    -------
    Validation
        Answers, scores and baselines.
    """
    questions.check_subjects(cases, areas, "cases")
    rows = []
    for number, question in enumerate(questions.questions(cases), start=1):
        rows.append(answer(question, areas).row(question.case_id))
        if number % 10 == 0 or number == len(cases):
            tell(f"{number} of {len(cases)} cases answered")
    answers = pd.DataFrame(rows, columns=list(ANSWERS))
    if cases["expect_verdict"].isna().all() and cases["expect_low"].isna().all():
        empty = pd.DataFrame()
        return Validation(cases, answers, empty, empty, empty)
    scores = score.score(cases, answers)
    return Validation(
        cases, answers, scores, score.totals(scores), baselines.compare(cases, areas, scores)
    )


def answer(question: Question, areas: Areas) -> Answer:
    """Answer one question, or say why it cannot be answered."""
    both = question.kind, question.subject_kind
    answerer = BY_BOTH.get(both) or BY_KIND.get(question.kind) or BY_SUBJECT[question.subject_kind]
    try:
        return answerer(question, areas, record.read(question.as_of))
    except CannotAnswer as reason:
        return Answer(note=f"cannot answer: {reason}")
