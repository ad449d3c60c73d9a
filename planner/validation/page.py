"""The validation as text: a screen, and the page docs/validation.md."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner.report import markdown, text_table
from planner.validation import margins, odds
from planner.validation.measures import measures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.validation.run import Validation

GOOD: Final = 0.75
SHORT_NOTE: Final = 60
INTRODUCTION: Final = """# Validation

`planner validate` answers questions whose outcome is known, with the facts that were public on the
day of the question, and scores the answers by the formulas of the reference cases. This page is
written by `planner validate --page`; the tests fail where it is out of date, and where a score
falls below the last landed one (`benchmarks/validation/landed.csv`).

Only the columns of the question reach the code that answers. Facts published after the day of the
question are dropped when tables are read; of what was published on the day itself, outlooks, states
of queues and ends of waits are dropped too, because a question of that day is mostly about them.
Parameters are the same for all areas and sites.
"""
CALIBRATION: Final = """## How likely

The probability that the ensemble gives each dated promise of being kept within a quarter of its
target, by the delays and shares known on the day (`grids/common/uncertainty.csv`), and for places
by the interval of their wait. Mean squared error (Brier score) beside that of the announced date
taken for certain, and of a coin.

![Promises kept, by the probability they had](pictures/chart-calibration.png)
"""
MARGINS: Final = """
## Margins beside NERC's, summer 2026

Seasonal plant with firm imports over the peak, and with the most that neighbours were seen to give,
as known on the eve of NERC's assessment; a comparison, no input. NERC takes demand response off the
peak, counts firm transfers and plant due before the summer. Pools go by the label of our regions.
Where the two differ by more than ten points (the Basin, the Northwest, California, ERCOT and
others), outlines, hydro, sun and storage are counted otherwise; the shares of these are not
settled. Our list of units is of March 2025 and lacks cogeneration.
"""
EVE_OF_SUMMER: Final = date(2026, 5, 18)


def screen(found: Validation) -> str:
    """Write the scores in at most 100 columns, or the answers where nothing was scored."""
    if found.scores.empty:
        return text_table(_short(found.answers))
    parts = [
        text_table(_rounded(found.totals)),
        "Against simple rules, on the cases they answer",
        text_table(_rounded(found.baselines)),
        "What was asked of the answers",
        text_table(_rounded(measures(found.cases, found.answers, found.scores))),
        _false_yes(found),
    ]
    return "\n\n".join(part for part in parts if part)


def _false_yes(found: Validation) -> str:
    wrong = found.scores[found.scores["false_yes"]]
    if wrong.empty:
        return "No false yes."
    return "False yes: " + ", ".join(wrong["case_id"])


def page(found: Validation, reasons: pd.DataFrame | None = None) -> str:
    """Write the page docs/validation.md.

    Parameters
    ----------
    found
        Cases with their outcome, answers and scores.
    reasons
        Why a case was missed: `case_id`, `kind` (data or method) and `reason`.
    """
    chances = odds.calibration(found.cases, found.answers)
    parts = [
        INTRODUCTION,
        "## Scores\n",
        *markdown(_rounded(found.totals)),
        "\n## Against simple rules\n\nOn the cases that each rule answers.\n",
        *markdown(_rounded(found.baselines)),
        "\n## Measures\n",
        *markdown(_rounded(measures(found.cases, found.answers, found.scores))),
        f"\n{_false_yes(found)}\n",
        CALIBRATION,
        *markdown(_rounded(odds.brier(chances))),
        "",
        *markdown(_rounded(odds.reliability(chances))),
        MARGINS,
        *markdown(_percent(margins.beside_nerc(EVE_OF_SUMMER, EVE_OF_SUMMER.year))),
        "\n## Cases\n",
        *_each(found),
        "## Misses, and why\n",
        *_misses(found, reasons),
    ]
    return "\n".join(parts).rstrip("\n") + "\n"


def _each(found: Validation) -> Iterator[str]:
    rows = found.cases.merge(found.answers, on="case_id", suffixes=("", "_answer"))
    rows = rows.merge(found.scores[["case_id", "score", "false_yes"]], on="case_id")
    table = pd.DataFrame([_line(row) for row in rows.to_dict("records")])
    yield from markdown(table)
    yield ""


def _line(row: dict[str, Any]) -> dict[str, str]:
    return {
        "case": row["case_id"],
        "as of": f"{row['as_of_date']:%Y-%m-%d}",
        "asked": f"{row['question_kind']} {row['subject']}, {row['target_date']:%Y-%m-%d}",
        "answer": _words(row["verdict"], row["value_answer"], row["date"], row["cause_answer"]),
        "truth": _words(row["expect_verdict"], _interval(row), row["expect_date"], row["cause"]),
        "score": "-" if pd.isna(row["score"]) else f"{row['score']:.2f}",
    }


def _interval(row: dict[str, Any]) -> str:
    low, high = row["expect_low"], row["expect_high"]
    if pd.isna(low) and pd.isna(high):
        return ""
    ends = [("" if pd.isna(end) else f"{end:.4g}") for end in (low, high)]
    return f"{ends[0]} to {ends[1]}".strip()


def _words(verdict: Any, value: Any, day: Any, cause: Any) -> str:
    told = [str(verdict)] if isinstance(verdict, str) and verdict else []
    if isinstance(value, str):
        told += [value] if value else []
    elif not pd.isna(value):
        told.append(f"{value:.4g}")
    if not pd.isna(day):
        told.append(f"{day:%Y-%m-%d}")
    if isinstance(cause, str) and cause not in {"", "none", "unknown"}:
        told.append(cause)
    return ", ".join(told) or "no answer"


def _misses(found: Validation, reasons: pd.DataFrame | None) -> Iterator[str]:
    rows = found.scores.merge(found.answers[["case_id", "note"]], on="case_id")
    rows = rows[rows["score"] < GOOD]
    if rows.empty:
        yield "None."
    why = {} if reasons is None else reasons.set_index("case_id").to_dict("index")
    for row in rows.itertuples():
        told = why.get(row.case_id)
        reason = f"{told['reason']} ({told['kind']}). " if told else ""
        yield f"- **{row.case_id}** ({row.score:.2f}): {reason}The answer stands on: {row.note}"


def _short(table: pd.DataFrame) -> pd.DataFrame:
    days = {
        name: table[name].dt.strftime("%Y-%m-%d").fillna("")
        for name in ("date", "date_low", "date_high")
    }
    return table.assign(**days, note=table["note"].str.slice(0, SHORT_NOTE))


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    numbers = table.select_dtypes("float").columns
    shown = {name: table[name].map(lambda x: "-" if pd.isna(x) else f"{x:.2f}") for name in numbers}
    return table.assign(**shown)


def _percent(table: pd.DataFrame) -> pd.DataFrame:
    numbers = table.columns[1:]
    shown = {name: table[name].map(lambda x: "-" if pd.isna(x) else f"{x:.1%}") for name in numbers}
    return table.assign(**shown)
