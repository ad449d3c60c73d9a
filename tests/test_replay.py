"""Draws on loaded programs: parts of a grid, sets of regions, and what need not be solved."""

from typing import Final

import numpy as np
import pytest
from scipy.optimize import linprog

import planner
from planner import drawn, draws, parts
from planner.cuts import Cuts
from planner.replay import Replay
from planner.terms import Layout

GRAIN_MW: Final = 1e-3  # a kilowatt: what is held is held with a little room in each region
LINES: Final = ((0, 1), (1, 2), (2, 0), (2, 3))


@pytest.fixture(scope="module")
def known() -> draws.Basis:
    """Everything that is shipped, to be drawn from."""
    return draws.basis(planner.load_case())


@pytest.fixture(scope="module")
def grids(known: draws.Basis) -> drawn.Grids:
    """The same, laid out."""
    return drawn.grids(known)


def least_shortage(left: np.ndarray, backward: np.ndarray, forward: np.ndarray) -> float:
    """Solve it with another solver interface: shortage by region, then flows by line."""
    count, lines = len(left), len(LINES)
    out = np.zeros((count, lines))
    for line, (start, end) in enumerate(LINES):
        out[start, line], out[end, line] = 1.0, -1.0
    costs = np.concatenate([np.ones(count), np.zeros(lines)])
    bounds = [(0, None)] * count + list(zip(-backward, forward, strict=True))
    found = linprog(costs, A_ub=np.hstack([-np.eye(count), out]), b_ub=left, bounds=bounds)
    return float(found.fun)


@pytest.mark.parametrize("seed", range(8))
def test_dead_regions_are_those_where_one_more_megawatt_is_missing(seed: int) -> None:
    """A megawatt more is asked in each region in turn, and the least shortage found anew."""
    lot = np.random.default_rng(seed)
    left = lot.integers(-60, 60, size=4).astype(float)
    backward, forward = lot.integers(0, 40, size=(2, len(LINES))).astype(float)
    cuts = Cuts(4, LINES, backward[None], forward[None])

    dead = cuts.dead(left[None], 0)[0]

    before = least_shortage(left, backward, forward)
    more = [least_shortage(left - np.eye(4)[at], backward, forward) for at in range(4)]
    assert dead.tolist() == [found > before + 0.5 for found in more]


def test_two_regions_and_a_line_as_by_hand() -> None:
    """A lacks 50 of which 30 come in: A is dead, B still has 20; with 60 of line B is dead too."""
    cuts = Cuts(2, [(0, 1)], np.array([[30.0], [60.0]]), np.zeros((2, 1)))
    left = np.array([[-50.0, 50.0]])

    assert cuts.dead(left, 0).tolist() == [[True, False]]
    assert cuts.dead(left, 1).tolist() == [[True, True]]
    assert cuts.dead(left + 10, 1).tolist() == [[False, False]]


def test_parts_hold_every_region_and_step_once_and_share_no_line(grids: drawn.Grids) -> None:
    """Firm imports join PJM with its neighbours; ERCOT stands alone."""
    terms = next(one for one in grids.terms if "PJM-DOM" in one.supply.index)
    layout = Layout(terms)

    found = parts.by_themselves(layout)

    homes = {region: at for at, part in enumerate(found) for region in part.supply.index}
    steps = [step for part in found for step in part.steps["step"]]
    assert sorted(homes) == sorted(layout.regions)
    assert sorted(steps) == sorted(terms.steps["step"])
    open_ = set(layout.flows) - set(layout.between)
    assert all(homes[start] == homes[end] for start, end in open_)
    assert homes["PJM-DOM"] == homes["MISO-WEC"]
    ercot = [region for region in layout.regions if region.startswith("ERCOT")]
    assert [set(part.supply.index) for part in found].count(set(ercot)) == 1


def test_leaving_out_what_can_gain_nothing_changes_no_megawatt(
    known: draws.Basis, grids: drawn.Grids
) -> None:
    """Three draws of everything shipped, with and without the short cuts."""
    middle = drawn.numbers(grids, draws.middle(known))
    numbers = drawn.numbers(grids, draws.sample(known, 11, range(3)))
    for terms, reference, asked in zip(grids.terms, middle, numbers, strict=True):
        replay = Replay(terms, reference)

        quick, whole = replay.run(asked), replay.run(asked, always=True)

        np.testing.assert_allclose(quick.served, whole.served, atol=GRAIN_MW)
        totals = quick.short.sum(axis=2), whole.short.sum(axis=2)
        np.testing.assert_allclose(*totals, atol=GRAIN_MW)
