"""Questions whose outcome is known: scores, what may be read, and what the answers reach."""

from __future__ import annotations

import dataclasses
import math
import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pytest
from typer.testing import CliRunner

from planner import packs, schema_validation
from planner.cli import app
from planner.schema_validation import REASONS
from planner.validation import baselines, odds, page, questions, record, run, score
from planner.validation.measures import measures

if TYPE_CHECKING:
    from planner.validation.questions import Areas
    from planner.validation.run import Validation

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "benchmarks" / "validation"
NAN: Final = math.nan
DAY: Final = pd.Timestamp(2026, 1, 1)
QUESTION: Final[dict[str, Any]] = {
    "question_kind": "served_by", "expect_verdict": "no", "expect_low": NAN, "expect_high": NAN,
    "unit": "", "expect_date": pd.NaT, "target_date": DAY, "cause": "none", "verdict": "no",
    "value_answer": NAN, "date": pd.NaT, "date_low": pd.NaT, "date_high": pd.NaT,
    "cause_answer": "",
}  # fmt: skip


@cache
def cases() -> pd.DataFrame:
    return questions.read_cases(FOLDER / "cases.csv")


@cache
def areas() -> Areas:
    return questions.read_areas(FOLDER / "areas.csv")


@cache
def found() -> Validation:
    return run.validate(cases(), areas())


def row(**given: object) -> dict[str, Any]:
    return QUESTION | given


# --- scores --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected", "given", "part"),
    [
        ("adequate_by", "no", "tight", 0.5),
        ("adequate_by", "yes", "no", 0.0),
        ("adequate_by", "no", "late", 1.0),
        ("served_by", "late", "no", 1.0),
        ("served_by", "partial", "tight", 0.5),
        ("served_by", "yes", "late", 0.0),
        ("binding_import", "yes", "tight", 0.5),
        ("served_by", "yes", "", 0.0),
    ],
)
def test_a_verdict_scores_by_its_side(kind: str, expected: str, given: str, part: float) -> None:
    """Order no < tight < yes; not in time is one side, whatever its word."""
    assert score.verdict_part(
        row(question_kind=kind, expect_verdict=expected, verdict=given)
    ) == pytest.approx(part)


def test_a_promise_that_did_not_come_costs_half_a_point() -> None:
    """Yes where no is right; not so where it came within a quarter."""
    wrong = row(verdict="yes", expect_verdict="late", expect_date=DAY + pd.Timedelta(days=200))
    near = row(verdict="yes", expect_verdict="late", expect_date=DAY + pd.Timedelta(days=80))

    assert score.is_false_yes(wrong)
    assert not score.is_false_yes(near)
    assert score.verdict_part(near) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("unit", "low", "high", "value", "part"),
    [
        ("fraction of asked_mw", 0.2, 0.4, 0.3, 1.0),
        ("fraction of asked_mw", 0.2, 0.4, 0.1, 0.0),  # a factor of two away
        ("fraction of asked_mw", 0.2, 0.4, 0.4 * 2**0.5, 0.5),
        ("MW surplus", -9000, -3000, -1500, 0.5),  # half of half the width away
        ("MW surplus", -9000, -3000, 10, 0.0),  # the wrong sign
        ("% reserve margin", NAN, 0.0, 1.0, 0.0),  # one sign only
        ("GW peak", 238, 247, 249.25, 0.5),
        ("MW served", 100, 200, 0, 0.0),
    ],
)
def test_a_value_scores_by_its_distance(
    unit: str, low: float, high: float, value: float, part: float
) -> None:
    """Shares by their ratio to the interval, surpluses by distance over half its width."""
    given = row(unit=unit, expect_low=low, expect_high=high, value_answer=value)

    assert score.value_part(given) == pytest.approx(part)


@pytest.mark.parametrize(
    ("days", "low", "high", "part"),
    [
        (0, -90, 90, 1.0),
        (3 * 91.31, 2 * 91.31, 4 * 91.31, 0.7 * 0.5),  # two quarters beyond the first
        (0, -4 * 91.31, 4 * 91.31, 0.7 + 0.3 * 0.5),  # eight quarters wide
        (0, 100, 200, 0.7),  # the range misses
    ],
)
def test_a_date_scores_by_quarters_and_its_range(
    days: float, low: float, high: float, part: float
) -> None:
    """0.7 for the point, 0.3 for a range of at most four quarters that holds the day."""
    at = [DAY + pd.Timedelta(days=round(off)) for off in (days, low, high)]
    given = row(expect_date=DAY, date=at[0], date_low=at[1], date_high=at[2])

    assert score.date_part(given) == pytest.approx(part, abs=0.01)


def test_an_open_range_scores_as_not_before() -> None:
    """`date_low` alone: right where the day lies on or after it."""
    given = row(expect_date=DAY, date_low=DAY - pd.Timedelta(days=900))

    assert score.date_part(given) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("expected", "given", "part"),
    [
        ("policy", "connection", 1.0),
        ("delivery", "connection", 0.5),
        ("build", "supply", 0.5),
        ("onsite", "supply", 0.0),
        ("unknown", "supply", None),
    ],
)
def test_causes_that_are_near_count_half(expected: str, given: str, part: float | None) -> None:
    """Policy and connection are one; delivery is near them, supply near build."""
    assert score.cause_part(row(cause=expected, cause_answer=given)) == part


def test_constant_answers_score_what_the_reference_says() -> None:
    """Its README: tight everywhere 0.36; four months late 0.55 of 9; half of it all 0.56 of 18."""
    table = baselines.compare(cases(), areas(), found().scores).set_index("baseline")

    assert table.loc["tight everywhere", "score"] == pytest.approx(0.36, abs=0.005)
    late = table.loc["announced date plus four months"]
    half = table.loc["half of every announced MW"]
    assert (late["cases"], round(late["score"], 2)) == (9, 0.55)
    assert (half["cases"], round(half["score"], 2)) == (18, 0.56)


# --- honesty -------------------------------------------------------------------------------------


def test_what_is_right_never_reaches_the_answer() -> None:
    """A question has no field for it, and turning all that is right around changes no answer."""
    fields = {field.name for field in dataclasses.fields(questions.Question)}
    turned = cases().assign(
        expect_verdict="yes", expect_low=2051.0, expect_high=2052.0, cause="onsite",
        expect_date=pd.Timestamp(2001, 1, 1), value="1", notes="", question="",
    )  # fmt: skip
    some = turned.iloc[::6]
    again = run.validate(some, areas()).answers

    assert not fields & {"expect_verdict", "expect_low", "expect_date", "cause", "value", "notes"}
    before = found().answers
    kept = before[before["case_id"].isin(again["case_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, kept)


def test_judgements_of_the_day_itself_are_not_read() -> None:
    """Most cases ask for what was published on their own day."""
    for day in sorted(set(cases()["as_of_date"])):
        known = record.read(day.date())
        for table in (known.outlooks, known.requests, known.slips):
            assert (table["known_on"] < day).all()
        assert (known.states["known_on"] <= day).all()
        fresh = known.waits[known.waits["known_on"] == day]
        assert fresh[list(record.ENDS)].isna().all(axis=None)


def test_facts_of_a_later_day_change_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row of the record restated a day later with ten times its value."""
    some = cases()[cases()["as_of_date"] <= pd.Timestamp(2025, 12, 31)].iloc[::5]
    whole = record.whole()
    later = {name: table for name, table in whole.items() if "known_on" in table}
    for name, table in later.items():
        numbers = table.select_dtypes("number").columns
        restated = table.assign(
            known_on=pd.Timestamp(2026, 1, 1), **{column: table[column] * 10 for column in numbers}
        )
        later[name] = pd.concat([table, restated], ignore_index=True)
    before = run.validate(some, areas()).answers
    monkeypatch.setattr(record, "whole", lambda: whole | later)

    pd.testing.assert_frame_equal(run.validate(some, areas()).answers, before)


def figures(text: object) -> set[float]:
    """Numbers of a published value; those below three digits are too common to tell."""
    found = re.findall(r"(?<![\w.-])-?\d+(?:\.\d+)?(?![\w-])", str(text))
    return {float(number) for number in found if len(number.strip("-").replace(".", "")) >= 3}


def published(case: Any) -> set[float]:
    """Values of a case, as megawatts and as fractions."""
    plain = {value for value in figures(case.value) if not 1990 < value < 2100}
    return plain | {value * 1000 for value in plain} | {value / 100 for value in plain}


def test_no_published_value_of_a_case_is_an_input_of_it() -> None:
    """Neither in the record of its area and year that is visible on its day, nor in the code."""
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "planner").rglob("*.py"))
    numbers = {float(text) for text in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])", code)}
    for case in cases().itertuples():
        known = record.read(case.as_of_date.date())
        subjects = str(case.subject).split(";")
        rows = known.outlooks[known.outlooks["area"].isin(subjects)]
        rows = rows[rows["year"] == case.target_date.year]
        seen = set(rows["value"].astype(float)) & published(case)
        asked = known.requests[known.requests["area"].isin(subjects)]
        aimed = asked[asked["target_on"] == case.target_date]
        assert not seen, f"{case.case_id}: {seen}"
        assert not set(aimed["mw"]) & published(case), case.case_id
        big = {value for value in published(case) if value >= 100}
        assert not (numbers & big) - {100.0, 200.0, 500.0, 1000.0}, case.case_id


# --- what the answers reach ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "low", "high"),
    [
        ("adequacy, weighted score", 0.75, 1.0),
        ("adequacy, false yes at weight 1", 0, 0),
        ("sites, verdict", 0.70, 1.0),
        ("cause, where stated", 0.70, 1.0),
        ("dates, median error in quarters", 0.0, 2.0),
        ("dates, truths inside the interval", 0.80, 1.0),
    ],
)
def test_the_bars_are_met(measure: str, low: float, high: float) -> None:
    """Those that the page states, on the development cases."""
    table = measures(cases(), found().answers, found().scores).set_index("measure")

    assert low <= table.loc[measure, "value"] <= high


def test_every_baseline_is_beaten_on_its_cases() -> None:
    """Each on the cases that it answers."""
    assert (found().baselines["ours"] > found().baselines["score"]).all()


def test_no_score_falls_below_the_last_landed_one() -> None:
    """`benchmarks/validation/landed.csv`; raise it there when answers get better."""
    landed = pd.read_csv(FOLDER / "landed.csv").set_index("group")["score"]
    now = found().totals.set_index("group")["score"]

    assert set(landed.index) == set(now.index)
    assert (now >= landed - 5e-4).all(), (now - landed).to_dict()


def test_the_page_is_up_to_date() -> None:
    """Written by `planner validate --page > docs/validation.md`."""
    reasons = packs.lone_table(FOLDER / "reasons.csv", REASONS)

    assert (ROOT / "docs" / "validation.md").read_text("utf-8") == page.page(found(), reasons)


def test_the_page_of_the_record_is_up_to_date() -> None:
    """Written from the tables' own descriptions."""
    assert (ROOT / "docs" / "record.md").read_text("utf-8") == schema_validation.record_page()


def test_every_miss_has_a_reason_that_says_data_or_method() -> None:
    """`benchmarks/validation/reasons.csv` names each case below 0.75."""
    told = set(packs.lone_table(FOLDER / "reasons.csv", REASONS)["case_id"])
    missed = found().scores.loc[found().scores["score"] < page.GOOD, "case_id"]

    assert set(missed) <= told


def test_probabilities_beat_the_announced_date_and_a_coin() -> None:
    """Mean squared error over the dated promises of the cases."""
    table = odds.calibration(cases(), found().answers)
    errors = odds.brier(table).set_index("forecast")["brier"]

    assert len(table) > 15
    assert errors["ensemble"] < errors["coin"] < errors["announced date"]


def test_a_probability_is_read_off_its_interval() -> None:
    """P10, P50 and P90 a year apart: halfway from P50 to P90 is 0.7, before it all is none."""
    days = [pd.Timestamp(year, 1, 1) for year in (2026, 2027, 2028)]

    assert odds.share_by(pd.Timestamp(2027, 7, 2), days) == pytest.approx(0.7, abs=0.01)
    assert odds.share_by(pd.Timestamp(2025, 1, 1), days) == 0.0
    assert odds.share_by(days[1], days) == pytest.approx(0.5)


@pytest.mark.parametrize(("case", "published_margin"), [("VA14", 17.2), ("VA15", 9.0)])
def test_ercot_is_within_three_points_of_its_report_of_may_2025(
    case: str, published_margin: float
) -> None:
    """Supply of the report before and additions over the forecast of April 2025; 2028 negative."""
    answers = found().answers.set_index("case_id")

    assert answers.loc[case, "value"] == pytest.approx(published_margin, abs=3)
    assert answers.loc["VA16", "value"] < 0


def test_pjm_2027_is_short_as_the_auction_found() -> None:
    """146,572 MW foreseen against 152,400: 5.8 GW short; the auction found 6.6."""
    answers = found().answers.set_index("case_id")

    assert answers.loc["VA04", "value"] == pytest.approx(-6_623, abs=1_500)
    assert answers.loc["VA05", "verdict"] == "yes"  # Dominion's import limit binds


def test_dominions_limit_binds_in_2025() -> None:
    """5,164 MW may enter and 5,156 must: 8 MW are left, less than 1 %."""
    (case,) = (q for q in questions.questions(cases()) if q.case_id == "VA02")
    answer = run.answer(dataclasses.replace(case, kind="binding_import"), areas())

    assert answer.verdict == "yes"


# --- other files ---------------------------------------------------------------------------------

HEAD: Final = (
    "case_id,as_of_date,question_kind,subject_kind,subject,asked_mw,target_date,target_season,"
    "scope,expect_verdict,expect_low,expect_high,unit,expect_date,cause,weight,question,value,"
    "source,source_date,notes\n"
)
AREA_HEAD: Final = "area_id,name,grid,region_ids,kind,coverage,region_share,note\n"


def other(folder: Path, *lines: str, areas_too: str = "X-LAND,X,world,,country,,,\n") -> list[str]:
    (folder / "c.csv").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    (folder / "a.csv").write_text(AREA_HEAD + areas_too, encoding="utf-8")
    return ["validate", "--cases", str(folder / "c.csv"), "--areas", str(folder / "a.csv")]


def test_a_file_without_outcomes_is_answered_and_not_scored(tmp_path: Path) -> None:
    """A country that nothing is known of, and a site that no list has."""
    command = other(
        tmp_path,
        "N1,2025-06-01,margin_at,area,X-LAND,,2027-06-01,summer,,,,,MW surplus,,,,,,,,",
        "N2,2025-06-01,served_by,site,us-xx-none,300,2025-08-31,annual,total,,,,,,,,,,,,",
    )
    done = CliRunner().invoke(app, [*command, "--out", str(tmp_path / "out")])
    table = pd.read_csv(tmp_path / "out" / "answers.csv", keep_default_na=False)

    assert done.exit_code == 0, done.output
    assert list(table.columns) == [
        "case_id", "verdict", "value", "date", "date_low", "date_high", "cause", "note",
    ]  # fmt: skip
    assert table["note"].iloc[0].startswith("cannot answer: ")
    assert table["verdict"].tolist() == ["", "yes"]
    assert not (tmp_path / "out" / "scores.csv").exists()


def test_a_case_about_an_unknown_area_is_refused_by_name(tmp_path: Path) -> None:
    """One line a case, before anything is answered."""
    command = other(tmp_path, "N1,2025-06-01,margin_at,area,Y-LAND,,2027-06-01,summer,,,,,,,,,,,,,")
    done = CliRunner().invoke(app, command)

    assert done.exit_code == 2
    assert done.stderr == (
        "planner: cases: case N1 is about the area 'Y-LAND', which is not in the table of areas;"
        " add it or correct the id.\n"
    )


def test_a_wrong_cell_is_named_with_its_row(tmp_path: Path) -> None:
    """The kind is misspelt, the day is none."""
    command = other(tmp_path, "N1,2025-13-01,marginat,area,X-LAND,,2027-06-01,summer,,,,,,,,,,,,,")
    done = CliRunner().invoke(app, command)

    assert done.exit_code == 2
    assert "row 2: as_of_date is 2025-13-01" in done.stderr
    assert "row 2: question_kind is marginat" in done.stderr


def test_a_question_keeps_its_day() -> None:
    """The first case asks on 30 July 2024 for the delivery year from June 2025."""
    first = next(questions.questions(cases()))

    assert (first.as_of, first.target_year, first.subjects) == (date(2024, 7, 30), 2025, ("PJM",))
