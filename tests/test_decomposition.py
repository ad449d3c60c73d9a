"""Years and hours apart: prices bound what they price, and the whole equals one program."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from planner import highs, hours_block
from planner.decomposition import Decomposition, Live, together
from planner.decomposition_draws import Draws, answers
from planner.hours_block import Added, Lines, Period, Stores
from planner.model_annual import Annual, Group, Years

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The reference problem of the benchmarks."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import reference as found

    return found


def no_stores() -> Stores:
    return Stores(np.zeros(0, int), np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0))


def drawn_period(draw: np.random.Generator) -> Period:
    """Three regions in a row, two days and an hour, a store, a battery, plant, lines, a joint one.

    Sites 0 and 1; options 0 plant, 1 battery, 2 a line, 3 demand.
    """
    hours = 49
    need = draw.uniform(-40, 60, (3, hours))
    wide = np.ones(hours)
    return Period(
        need_mw=need,
        draw=np.where(np.arange(hours) < 48, 1.0, 1.1) * np.ones((3, 1)),
        home=np.array([0, 2]),
        most_mw=np.array([30.0, 0.0, 50.0]),
        short_cost=np.full(hours, 2.0),
        stores=Stores(
            np.array([1, 0]),
            np.array([20.0, 0.0]),
            np.array([15.0, 0.0]),
            np.array([60.0, 0.0]),
            np.array([0.8, 0.9]),
        ),
        lines=Lines(
            np.array([0, 1]),
            np.array([1, 2]),
            np.outer([15.0, 20.0], wide),
            np.outer([10.0, 20.0], wide),
            [(np.array([0, 1]), np.array([1.0, -1.0]), 12.0 * wide)],
        ),
        added=Added(
            plant=(np.array([0, 3]), np.array([0, 2]), draw.uniform(0, 1, (2, hours))),
            power=(np.array([1]), np.array([1]), np.ones(1)),
            energy=(np.array([1]), np.array([1]), np.array([4.0])),
            line=(np.array([2]), np.array([1]), np.ones(1)),
        ),
        options=4,
        give_fraction=0.5,
        give_hours=2.0,
        days=2,
    )


def drawn_problem(seed: int) -> tuple[Annual, list[hours_block.Block]]:
    """Three years of such periods, with options that open one after the other."""
    draw = np.random.default_rng(seed)
    blocks = [hours_block.build(drawn_period(draw)) for _ in range(3)]
    annual = Annual(
        periods=["y0", "y1", "y2"],
        sites=["a", "b"],
        options=["plant", "battery", "line", "demand"],
        ramp_mw=np.array([[10.0, 0.0], [30.0, 20.0], [30.0, 50.0]]),
        value=np.ones((3, 2)),
        room_mw=np.array([[0, 10, 0, 5], [20, 20, 10, 5], [40, 20, 30, 5]], dtype=float),
        cost=np.full((3, 4), 0.01),
        groups=[Group("pair", np.array([2, 3]), np.array([5.0, 25.0, 45.0])),
                Group("new", np.array([3, 5]), np.full(3, 12.0), yearly=True)],
    )  # fmt: skip
    most = [block.worst(row) for block, row in zip(blocks, annual.most, strict=True)]
    return replace(annual, hours_most=np.array(most)), blocks


def optimum(annual: Annual, blocks: list[hours_block.Block]) -> float:
    """Least cost as one program."""
    solver = highs.passed(together(annual, blocks))
    highs.run(solver)
    return float(solver.getInfo().objective_function_value)


def test_one_hour_by_hand() -> None:
    """10 MW of load, 4 of plant, 3 of site and 2 built: 10 - 4 + 3 - 2 = 7 lack, at 2 each: 14."""
    period = Period(
        need_mw=np.full((1, 24), -100.0),
        draw=np.ones((1, 24)),
        home=np.array([0]),
        most_mw=np.array([5.0]),
        short_cost=np.full(24, 2.0),
        stores=no_stores(),
        lines=Lines(np.zeros(0, int), np.zeros(0, int), np.zeros((0, 24)), np.zeros((0, 24))),
        added=Added(plant=(np.array([0]), np.array([0]), np.ones((1, 24)))),
        options=1,
    )
    period.need_mw[0, 18] = 10.0 - 4.0
    live = Live(hours_block.build(period))

    cost, (price,) = live.ask(np.array([3.0, 2.0]))

    assert cost == pytest.approx(14)
    assert price.slope(live.block).tolist() == [2.0, -2.0]
    assert price.constant(live.block) == pytest.approx(12)
    assert np.flatnonzero(live.values("short").ravel()).tolist() == [18]


@pytest.mark.parametrize("seed", range(4))
def test_prices_meet_the_cost_where_asked_and_never_exceed_it_elsewhere(seed: int) -> None:
    """The law of weak duality, by area: at other decisions, and in the block of another year."""
    annual, blocks = drawn_problem(seed)
    draw = np.random.default_rng(seed)
    lives = [Live(block) for block in blocks]
    cost, prices = lives[0].ask(draw.uniform(0, annual.most[2]))
    asked = lives[0]

    x = draw.uniform(0, annual.most[2])
    cost, prices = asked.ask(x)
    told = sum(p.constant(blocks[0]) + float(p.slope(blocks[0]) @ x) for p in prices)
    assert told == pytest.approx(cost, abs=1e-6)

    for live in lives:
        for _ in range(5):
            other = draw.uniform(0, annual.most[2])
            least = sum(p.constant(live.block) + float(p.slope(live.block) @ other) for p in prices)
            assert least <= live.ask(other)[0] + 1e-6


def test_areas_that_no_line_joins_are_priced_apart() -> None:
    """Without lines, two regions that lack have a price each."""
    period = drawn_period(np.random.default_rng(0))
    none = Lines(np.zeros(0, int), np.zeros(0, int), np.zeros((0, 49)), np.zeros((0, 49)))
    added = replace(period.added, line=None)
    alone = hours_block.build(replace(period, lines=none, added=added))
    cost, prices = Live(alone).ask(np.zeros(6))

    assert sorted(p.regions.tolist() for p in prices) == [[0], [1], [2]]
    assert sum(p.constant(alone) for p in prices) == pytest.approx(cost, abs=1e-6)


@pytest.mark.parametrize("central", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_the_whole_equals_one_program(seed: int, *, central: bool) -> None:
    """Bounds on both sides of the optimum of one program, at most 1e-6 apart."""
    annual, blocks = drawn_problem(seed)
    found = Decomposition(annual, blocks, central=central).solve(1e-6)
    best = optimum(annual, blocks)

    assert found.gap <= 1e-6
    assert found.least - 1e-6 * abs(best) <= best <= found.cost + 1e-6 * abs(best)


@pytest.mark.parametrize(("name", "fuel", "stress"), [
    ("XS", True, False), ("XS", False, True), ("XS", False, False),
])  # fmt: skip
def test_the_reference_problem_equals_one_program(
    reference: Any, name: str, *, fuel: bool, stress: bool
) -> None:
    annual, blocks = reference.problem(reference.world(name, stress=stress), fuel=fuel)
    found = Decomposition(annual, blocks, central=not fuel).solve(1e-6)
    best = optimum(annual, blocks)

    assert found.gap <= 1e-6
    assert found.least - 1e-7 * abs(best) <= best <= found.cost + 1e-7 * abs(best)


def test_bounds_hold_when_rounds_run_out() -> None:
    annual, blocks = drawn_problem(1)
    best = optimum(annual, blocks)
    told: list[str] = []
    found = Decomposition(annual, blocks, tell=told.append).solve(0.0, rounds=2)

    assert found.least <= best + 1e-9 * abs(best)
    assert best <= found.cost + 1e-9 * abs(best)
    assert [line.split(":")[0] for line in told] == ["round 1", "round 2"]
    assert "gap" in told[0]


def test_the_plan_keeps_every_row_of_the_layer_of_years() -> None:
    """Served and built never fall; b and the plant together gain at most 12 a year."""
    annual, blocks = drawn_problem(2)
    found = Decomposition(annual, blocks).solve(1e-6).decisions

    assert (np.diff(found, axis=0) >= -1e-5).all()
    assert (found <= annual.most + 1e-6).all()
    assert (found[:, 2] + found[:, 3] <= np.array([5.0, 25.0, 45.0]) + 1e-5).all()


def test_rows_of_the_layer_of_years_read_as_documented() -> None:
    """What is served stays; the plant and the battery in service together stay below 25."""
    years = Years(drawn_problem(0)[0])
    rows = {row.name: str(row) for row in years.problem.constraints()}

    assert rows["lasting_a_y1"].endswith("served_0_a_y0 - served_0_a_y1 <= -0")
    assert rows["build_0_pair_y1"].endswith("built_0_plant_y1 + built_1_battery_y1 <= 25")


def base_or_drawn(seed: int, number: int) -> tuple[Annual, list[hours_block.Block]]:
    """The base case, or a draw with other needs, ramps and potentials."""
    annual, blocks = drawn_problem(seed)
    if number < 0:
        return annual, blocks
    draw = np.random.default_rng([seed, number])
    moved = [
        replace(block, row_low=np.where(np.isfinite(block.row_low) & (block.row_high == np.inf),
                                        block.row_low + draw.normal(0, 3), block.row_low))
        for block in blocks
    ]  # fmt: skip
    drawn = replace(
        annual,
        ramp_mw=annual.ramp_mw * draw.uniform(0.5, 1.2, 2),
        room_mw=annual.room_mw * draw.uniform(0.5, 1.0, 4),
    )
    most = [block.worst(row) for block, row in zip(moved, drawn.most, strict=True)]
    return replace(drawn, hours_most=np.array(most)), moved


def test_a_draw_is_answered_as_if_it_were_alone() -> None:
    """Cuts of the base case with other constants, in any order: the optimum of one program."""
    make = partial(base_or_drawn, 3)
    loaded = Draws(make, learnt=2)
    found = {number: loaded.answer(number) for number in (5, 4, 6, 4)}
    again = Draws(make, learnt=2).answer(4)

    for number, each in found.items():
        best = optimum(*make(number))
        assert each.least - 1e-6 * abs(best) <= best <= each.cost + 1e-6 * abs(best)
    assert found[4].cost == again.cost


def test_draws_are_the_same_on_two_processes() -> None:
    pytest.importorskip("distributed")
    make = partial(base_or_drawn, 3)
    one = dict(answers(make, range(12)))
    two = dict(answers(make, range(12), workers=2))

    assert sorted(one) == sorted(two) == list(range(12))
    assert [two[n].cost for n in one] == pytest.approx([found.cost for found in one.values()])
