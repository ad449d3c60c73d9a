"""A constraint of one's own holds in every stage, after native load, and never breaks an answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import tiny
from toys import served, step, terms

import planner
from planner import horizon

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from planner.hook import Program

NEAR = 1e-3


def solved(grid: Any, constrain: Callable[[Program], Iterator[tuple[str, Any]]]) -> Any:
    return horizon.solve(replace(grid, constrain=constrain))


def test_a_limit_on_two_steps_together_holds() -> None:
    """100 MW would be served; the two may have 30 together, the first one by the queue."""
    grid = terms({"NORTH": 100}, [step("a", 60), step("b", 60)])

    def limit(program: Program) -> Iterator[tuple[str, Any]]:
        yield "both", program.served["a"] + program.served["b"] <= 30

    solution = solved(grid, limit)

    assert served(horizon.solve(grid), "b") == pytest.approx([40] * 4, abs=NEAR)
    assert served(solution, "a") == pytest.approx([30] * 4, abs=NEAR)
    assert served(solution, "b") == pytest.approx([0] * 4, abs=NEAR)
    assert solution.breaches.empty


def test_a_step_may_be_put_before_the_queue() -> None:
    """Of 100 MW the second in the queue gets 50 first."""

    def first(program: Program) -> Iterator[tuple[str, Any]]:
        yield "least", program.served["b"] >= 50

    solution = solved(terms({"NORTH": 100}, [step("a", 100), step("b", 60)]), first)

    assert served(solution, "a") == pytest.approx([50] * 4, abs=NEAR)
    assert served(solution, "b") == pytest.approx([50] * 4, abs=NEAR)


def test_native_load_comes_before_a_constraint_and_the_breach_is_told() -> None:
    """NORTH lacks 20 MW and SOUTH sends it 15: the line is not closed, and no site is served."""
    grid = terms({"NORTH": -20, "SOUTH": 15}, [step("a", 50)], links=[("NORTH", "SOUTH", 30)])

    def impossible(program: Program) -> Iterator[tuple[str, Any]]:
        yield "serve", program.served["a"] >= 10
        yield "closed", program.flow["SOUTH", "NORTH"] <= 0

    plain, solution = horizon.solve(grid), solved(grid, impossible)
    broken = solution.breaches.query("period == '2027-winter'").set_index("constraint")

    assert solution.regions["shortage_mw"].tolist() == pytest.approx(
        plain.regions["shortage_mw"].tolist(), abs=NEAR
    )
    assert broken["breach_mw"].to_dict() == pytest.approx({"serve >=": 10, "closed <=": 15})
    assert served(solution, "a") == pytest.approx([0] * 4, abs=NEAR)


def test_what_is_served_stays_served_when_a_later_half_year_asks_for_less() -> None:
    """60 MW are there before the limit of 20 MW begins; the rest of 40 MW breaks it."""

    def later(program: Program) -> Iterator[tuple[str, Any]]:
        if program.period.startswith("2028"):
            yield "late limit", program.served["a"] <= 20

    solution = solved(terms({"NORTH": 100}, [step("a", 60)]), later)

    assert served(solution, "a") == pytest.approx([60] * 4, abs=NEAR)
    assert solution.breaches["breach_mw"].tolist() == pytest.approx([40, 40], abs=NEAR)


def test_a_constraint_that_changes_nothing_changes_no_megawatt() -> None:
    """Links, two pools, a pocket and own plant, with and without a limit that never binds."""
    grid = terms(
        {"NORTH": 60, "SOUTH": 80},
        [step("late", 80, target=4053), step("first", 120, pocket="CITY"), step("second", 40)],
        reserve_margin=0.1,
        between=[("NORTH", "SOUTH", 50)],
        room={"CITY": 70},
        plants={"first": 20},
        unnamed={"SOUTH": 30},
    )

    def loose(program: Program) -> Iterator[tuple[str, Any]]:
        yield "sum", sum(program.served[name] for name in program.steps["step"]) <= 1e5
        yield "more", program.unnamed["SOUTH"] + program.own["first"] >= 0

    for name in ("late", "first", "second"):
        assert served(solved(grid, loose), name) == pytest.approx(
            served(horizon.solve(grid), name), abs=NEAR
        )


@pytest.mark.parametrize("allocation", ["queue", "prorata", "most"])
def test_an_equality_holds_under_every_allocation(allocation: str) -> None:
    """100 MW for 80 and 80: the first one is held to 25, the other gets 75."""
    grid = terms({"NORTH": 100}, [step("a", 80), step("b", 80)], allocation=allocation)

    def fixed(program: Program) -> Iterator[tuple[str, Any]]:
        yield "a", program.served["a"] == 25

    solution = solved(grid, fixed)

    assert served(solution, "a") == pytest.approx([25] * 4, abs=NEAR)
    assert served(solution, "b") == pytest.approx([75] * 4, abs=NEAR)


def test_check_takes_a_constraint() -> None:
    """Two campuses of 100 MW, 136.4 MW for both; the operator may draw 110."""
    case = tiny.case(tiny.site("a"), tiny.site("b", announced_on="2024-02-01"), horizon_years=2)

    def operator(program: Program) -> Iterator[tuple[str, Any]]:
        mine = program.steps.loc[program.steps["site"].isin(["a", "b"]), "step"]
        yield "operator", sum(program.served[name] for name in mine) <= 110

    plan = planner.check(case, constrain=operator)

    assert plan.served.groupby("period")["served_mw"].sum().tolist() == pytest.approx([110] * 2)
    assert plan.breaches.empty


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("all", "a constraint of your own is 'all'; yield a name and a PuLP constraint."),
        (("cap", 5), "constraint 'cap' of your own is 5; compare with <=, >= or ==."),
    ],
)
def test_what_is_no_constraint_is_refused(entry: Any, told: str) -> None:
    with pytest.raises(planner.PlannerError) as caught:
        solved(terms({"NORTH": 100}, [step("a", 60)]), lambda _: iter([entry]))

    assert str(caught.value) == told
