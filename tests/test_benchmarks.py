"""The benchmarks: what they compare is the same, and the page says what was found."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import toys

from planner import horizon

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture(autouse=True)
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts import what lies beside them."""
    monkeypatch.syspath_prepend(str(FOLDER))


def test_a_ratio_is_met_at_its_goal_and_not_beyond() -> None:
    """At most 4x: 8 s against 2 s is, 9 s is not. At least 5x: 2 s against 10 s is, 9 s is not."""
    import season

    most = [season.Ratio("a", "b", mine, 2.0, 4) for mine in (8.0, 9.0)]
    least = [season.Ratio("a", "b", 2.0, other, 5, at_least=True) for other in (10.0, 9.0)]

    assert [row.met for row in most] == [row.met for row in least] == [True, False]
    assert "4.50x (at most 4x: NOT MET)" in season.line(most[1])


def test_the_page_names_what_is_not_met() -> None:
    pytest.importorskip("highspy")
    import performance
    import season

    rows = [season.Ratio("fast", "b", 1.0, 1.0, 4), season.Ratio("slow", "b", 9.0, 1.0, 4)]
    text = performance.page(rows, day="2026-01-01", machine="m", versions="v")

    assert "Not met: slow." in text
    assert "| slow | b | 9 / 1 | 9x | at most 4x | **not met** |" in text


def test_the_page_is_the_one_that_the_script_writes() -> None:
    """What stands around the figures of the run is that of the script."""
    import performance

    shipped = (FOLDER.parent / "docs" / "performance.md").read_text(encoding="utf-8")
    written = performance.page([], day="", machine="", versions="")
    fixed = [
        line for line in written.splitlines() if not line.startswith((";", "Not met", "| what"))
    ]

    assert [line for line in fixed if line not in shipped] == []


def test_twice_the_regions_are_two_grids_with_the_same_answer() -> None:
    """One region with 100 MW to spare and a step of 150 MW: 100 MW are served, twice."""
    import season

    terms = toys.terms({"NORTH": 100.0}, [toys.step("a#1", 150.0, announced_on="2024-01-01")])
    terms.steps["announced_on"] = "2024-01-01"
    two = horizon.collected(horizon.windows(season.grown(terms, 2, "regions")))

    assert sorted(two.regions["region"].unique()) == ["NORTH~0", "NORTH~1"]
    last = two.served[two.served["period"] == toys.PERIODS.index[0]]
    assert last["served_mw"].tolist() == pytest.approx([100.0, 100.0])


def test_every_program_of_the_main_job_is_written_down() -> None:
    """Its least cost is that of costs and values, and the class of the module is put back."""
    import season

    from planner import model

    plain = model.Engine
    log = season.recorded(toys.terms({"NORTH": 100.0}, [toys.step("a#1", 50.0)]))

    assert model.Engine is plain
    assert {posed.window.number for posed in log} == set(toys.PERIODS)
    assert min(posed.least for posed in log) < 0
    assert "season" in sys.modules


def test_the_page_of_the_decomposition_is_the_one_that_the_script_writes() -> None:
    """What stands around the figures of the run is that of the script."""
    import decomposition

    shipped = (FOLDER.parent / "docs" / "decomposition.md").read_text(encoding="utf-8")

    for text in (decomposition.OPENING, decomposition.ELSE, decomposition.DRAWN):
        assert text in shipped
