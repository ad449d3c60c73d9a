"""The program as a file gives other solvers the megawatts of the planner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulp
import pytest
import tiny
from typer.testing import CliRunner

import planner
from planner import program
from planner.cli import app
from planner.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from planner.case import Case

LAST = "2028-winter"


def case() -> Case:
    """Two campuses; 136.4 MW for the first 100 and the second 100 of them."""
    return tiny.case(tiny.site("a"), tiny.site("b", announced_on="2024-02-01"), horizon_years=2)


def test_the_program_solved_from_its_file_serves_the_same(tmp_path: Path) -> None:
    """100 and 36.36 MW in winter 2028."""
    path = tmp_path / "program.mps"
    path.write_text(program.text(case(), "mps", period=LAST), encoding="utf-8")
    variables, problem = pulp.LpProblem.fromMPS(str(path))
    problem.solve(pulp.HiGHS(msg=False))
    plan = planner.check(case())
    served = plan.served[plan.served["period"] == LAST].set_index("step")["served_mw"]

    assert variables["served_a#1"].varValue == pytest.approx(served["a#1"], abs=1e-4)
    assert variables["served_b#1"].varValue == pytest.approx(served["b#1"], abs=1e-4)
    assert served["b#1"] == pytest.approx(36.3636, abs=1e-3)


def test_rows_and_variables_have_names_that_can_be_read() -> None:
    text = program.text(case(), "lp", period=LAST)

    assert "adequacy_NORTH_0:" in text
    assert "1.1 served_a#1" in text
    assert "flow_SOUTH_NORTH_0 <= 50" in text


def test_several_grids_and_unknown_half_years_are_refused() -> None:
    both = case()
    regions = both.regions.assign(grid=["one", "two"])

    with pytest.raises(DataError, match="the case has the grids one, two; choose one"):
        program.text(both.but(regions=regions), "mps")
    with pytest.raises(DataError, match="period is '2050-winter'; choose one of 2027-winter"):
        program.text(both, "mps", period="2050-winter")
    with pytest.raises(DataError, match="no single program"):
        program.text(both.but(allocation="prorata"), "mps")


def test_export_writes_the_program(tmp_path: Path) -> None:
    out = tmp_path / "india.lp"
    done = CliRunner().invoke(
        app, ["export", str(out), "--format", "lp", "--grid", "india", "--horizon", "1"]
    )

    assert done.exit_code == 0
    assert out.read_text(encoding="utf-8").startswith("\\* planner *\\\nMinimize")
