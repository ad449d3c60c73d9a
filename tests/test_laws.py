"""Laws that hold for every grid: more never powers less, order never matters, size never matters.

Half-years are decided one after another, and what is powered stays powered. A law that looks at one
half-year holds for any grid; one that looks at the whole horizon holds where supply and limits are
the same in each half-year and no region is short, because then what an earlier half-year decided
never blocks a megawatt of a later one. Each test says which of the two it needs, and the tests at
the end show by hand why, and what a rule must decide.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pytest
import tiny
import toys
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import planner
from planner import horizon, model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

REGIONS: Final = ("NORTH", "SOUTH", "EAST", "WEST")
PERIODS: Final = list(toys.PERIODS.index)
FIRST: Final = PERIODS[0]
START: Final = int(toys.PERIODS.iloc[0])
ALLOCATIONS: Final = ("queue", "prorata", "most")
CLOSE_MW: Final = 1e-4
LESS_MW: Final = 1e-3
QUICK: Final = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)

type Grid = dict[str, Any]
type Change = dict[str, Any]

megawatts = st.integers(0, 40).map(lambda tens: 10.0 * tens)
few_megawatts = st.integers(1, 20).map(lambda tens: 10.0 * tens)


# --- drawn grids ---------------------------------------------------------------------------------


@st.composite
def any_grid(draw: Callable[..., Any], *, short: bool = False) -> Grid:
    """2 to 4 regions with links, a joint limit around one or two, a pocket, and seasons."""
    regions = REGIONS[: draw(st.integers(2, 4))]
    lowest = -20 if short else 0
    spare = st.integers(lowest, 40).map(lambda tens: 10.0 * tens)
    inside = draw(st.sampled_from(regions)), draw(st.sampled_from(regions))
    return {
        "spare_mw": {region: draw(st.lists(spare, min_size=4, max_size=4)) for region in regions},
        "steps": draw(asked(regions)),
        "reserve_margin": draw(st.sampled_from([0.0, 0.1, 0.25])),
        "links": draw(linked(regions)),
        "joint": [("LIMIT", set(inside), draw(megawatts))]
        if len(set(inside)) < len(regions)
        else [],
        "room": {"CITY": draw(megawatts)},
        "plants": draw(st.sampled_from([{}, {"s0": 60.0}])),
        "unnamed": draw(st.sampled_from([{}, {"NORTH": 70.0}])),
        "allocation": draw(st.sampled_from(["queue", "most"])),
    }


@st.composite
def level_grid(draw: Callable[..., Any]) -> Grid:
    """The same in each half-year, no region short, joint limits around single regions."""
    grid: Grid = draw(any_grid())
    regions = tuple(grid["spare_mw"])
    return {
        **grid,
        "spare_mw": {region: draw(megawatts) for region in regions},
        "joint": [("LIMIT", {draw(st.sampled_from(regions))}, draw(megawatts))],
    }


@st.composite
def single_region(draw: Callable[..., Any]) -> Grid:
    """One region whose supply rises and falls; no pocket, no plant, nothing unnamed."""
    steps = [{**one, "pocket": None} for one in draw(asked(REGIONS[:1]))]
    return {
        "spare_mw": {"NORTH": draw(st.lists(megawatts, min_size=4, max_size=4))},
        "steps": steps,
        "reserve_margin": draw(st.sampled_from([0.0, 0.1, 0.25])),
    }


@st.composite
def asked(draw: Callable[..., Any], regions: tuple[str, ...]) -> list[toys.Step]:
    """1 to 6 steps in the order of the queue, some late already, some not connected yet."""
    count = draw(st.integers(1, 6))
    return [
        toys.step(
            f"s{number}",
            draw(few_megawatts),
            (region := draw(st.sampled_from(regions))),
            pocket=draw(st.sampled_from([None, "CITY"])) if region == "NORTH" else None,
            target=START + draw(st.integers(-1, 3)),
            ready=draw(st.sampled_from([toys.ALWAYS, toys.ALWAYS, START + 1.0, START + 2.0])),
        )
        for number in range(count)
    ]


@st.composite
def linked(draw: Callable[..., Any], regions: tuple[str, ...]) -> list[tuple[str, str, float]]:
    """A line from each region to one before it."""
    return [
        (draw(st.sampled_from(regions[:at])), region, draw(megawatts))
        for at, region in enumerate(regions)
        if at
    ]


# --- what is compared ----------------------------------------------------------------------------


def solve(grid: Grid, **changes: Any) -> horizon.Solution:
    return horizon.solve(toys.terms(**(grid | changes)), diagnose=False)


def begin(grid: Grid, **changes: Any) -> horizon.Solution:
    """Solve for the first half-year, which looks at the second one too."""
    return horizon.solve(at_first(toys.terms(**(grid | changes))), diagnose=False)


def at_first(terms: model.Terms) -> model.Terms:
    return dataclasses.replace(terms, periods=terms.periods.iloc[:2])


def by_step(solution: horizon.Solution) -> pd.DataFrame:
    """Powered megawatts, steps by half-years."""
    if solution.served.empty:
        return pd.DataFrame(columns=PERIODS, dtype=float)
    table = solution.served.pivot_table(index="step", columns="period", values="served_mw")
    return table.reindex(columns=PERIODS).fillna(0.0).sort_index()


def total(solution: horizon.Solution) -> pd.Series:
    """Powered megawatts by half-year, unnamed datacenters included."""
    unnamed = solution.regions.groupby("period")["unnamed_mw"].sum()
    return by_step(solution).sum().reindex(PERIODS).fillna(0.0) + unnamed.reindex(PERIODS)


def shortage(solution: horizon.Solution) -> pd.Series:
    """Native shortage by half-year."""
    return solution.regions.groupby("period")["shortage_mw"].sum().reindex(PERIODS)


def number(period: str) -> int:
    return int(toys.PERIODS[period])


def on_time(solution: horizon.Solution, steps: Iterable[toys.Step]) -> pd.Series:
    """Megawatts powered in the half-year in which they are due."""
    table = by_step(solution)
    powered = pd.Series(0.0, index=PERIODS)
    for one in steps:
        period = next((name for name in PERIODS if number(name) == one["target"]), "")
        if period and one["step"] in table.index:
            powered[period] += table[period].to_dict()[one["step"]]
    return powered


def first_on_time(solution: horizon.Solution, grid: Grid) -> float:
    """What the first half-year powers on its date, unnamed datacenters included."""
    unnamed = solution.regions.loc[solution.regions["period"] == FIRST, "unnamed_mw"].sum()
    return float(on_time(solution, grid["steps"])[FIRST] + unnamed)


def more_supply(grid: Grid, region: str, mw: float) -> Change:
    here = grid["spare_mw"][region]
    raised = [one + mw for one in here] if isinstance(here, list) else here + mw
    return {"spare_mw": {**grid["spare_mw"], region: raised}}


def higher(grid: Grid, kind: str, mw: float) -> Change:
    """Raise a limit: the first link, the joint limit, or the room of the pocket."""
    if kind == "room":
        return {"room": {"CITY": grid["room"]["CITY"] + mw}}
    return {kind: [(*one[:2], one[2] + mw) for one in grid[kind][:1]] + grid[kind][1:]}


# --- more never powers less ----------------------------------------------------------------------


@QUICK
@given(any_grid(), st.data(), few_megawatts)
def test_more_supply_never_powers_less_on_its_date(
    grid: Grid, data: st.DataObject, mw: float
) -> None:
    """First half-year of any grid where no region is short by itself.

    Said of what is due, since what is due comes before what is late already: one megawatt more on
    its date may take the place of two late ones, one in winter and one in summer.
    """
    region = data.draw(st.sampled_from(sorted(grid["spare_mw"])))

    before, after = begin(grid), begin(grid, **more_supply(grid, region, mw))

    assert first_on_time(after, grid) >= first_on_time(before, grid) - LESS_MW


@QUICK
@given(any_grid(), st.sampled_from(["links", "joint", "room"]), few_megawatts)
def test_a_higher_limit_never_powers_less_on_its_date(grid: Grid, kind: str, mw: float) -> None:
    """First half-year of any grid where no region is short by itself: see the last tests."""
    before, after = begin(grid), begin(grid, **higher(grid, kind, mw))

    assert first_on_time(after, grid) >= first_on_time(before, grid) - LESS_MW


@QUICK
@given(level_grid(), st.data(), few_megawatts)
def test_more_supply_never_powers_less_in_any_half_year(
    grid: Grid, data: st.DataObject, mw: float
) -> None:
    """All half-years, late megawatts included, where each half-year has the same supply."""
    region = data.draw(st.sampled_from(sorted(grid["spare_mw"])))

    before, after = solve(grid), solve(grid, **more_supply(grid, region, mw))

    assert (total(after) >= total(before) - LESS_MW).all()


@QUICK
@given(level_grid(), st.sampled_from(["links", "joint", "room"]), few_megawatts)
def test_a_higher_limit_never_powers_less_in_any_half_year(
    grid: Grid, kind: str, mw: float
) -> None:
    """All half-years, late megawatts included, where each half-year has the same supply."""
    before, after = solve(grid), solve(grid, **higher(grid, kind, mw))

    assert (total(after) >= total(before) - LESS_MW).all()


@QUICK
@given(single_region(), few_megawatts, st.sampled_from(ALLOCATIONS))
def test_more_supply_in_one_region_never_powers_less(
    grid: Grid, mw: float, allocation: str
) -> None:
    """All half-years under each rule, also where supply rises and falls."""
    grid["allocation"] = allocation

    before, after = solve(grid), solve(grid, **more_supply(grid, "NORTH", mw))

    assert (total(after) >= total(before) - LESS_MW).all()


@QUICK
@given(any_grid(short=True), st.data(), few_megawatts)
def test_more_supply_or_a_higher_link_never_leaves_more_native_load_short(
    grid: Grid, data: st.DataObject, mw: float
) -> None:
    """First half-year of any grid; later ones also carry the sites powered before."""
    region = data.draw(st.sampled_from(sorted(grid["spare_mw"])))
    before = shortage(begin(grid))[FIRST]

    for change in (more_supply(grid, region, mw), higher(grid, "links", mw)):
        assert shortage(begin(grid, **change))[FIRST] <= before + LESS_MW


@QUICK
@given(level_grid(), st.data(), st.integers(1, 3))
def test_a_later_date_never_powers_less_in_total_from_then_on(
    grid: Grid, data: st.DataObject, half_years: int
) -> None:
    """The same steps ask, so from the later date on the total is the same; before it, no more.

    Said of the total: the step itself may find its place taken by others, which keep it.
    """
    at = data.draw(st.integers(0, len(grid["steps"]) - 1))
    moved = {**grid["steps"][at], "target": grid["steps"][at]["target"] + half_years}
    later = [*grid["steps"][:at], moved, *grid["steps"][at + 1 :]]
    there = [period for period in PERIODS if number(period) >= moved["target"]]

    before, after = total(solve(grid)), total(solve(grid, steps=later))

    assert after[there].to_numpy() == pytest.approx(before[there].to_numpy(), abs=LESS_MW)
    assert (after <= before + LESS_MW).all()


# --- what is powered -----------------------------------------------------------------------------


@QUICK
@given(any_grid(short=True), st.sampled_from(ALLOCATIONS))
def test_what_is_powered_stays_and_never_exceeds_what_is_asked(grid: Grid, allocation: str) -> None:
    """Any grid, any rule, also where supply falls and regions are short."""
    powered = by_step(solve(grid, allocation=allocation))
    mw = pd.Series({one["step"]: one["mw"] for one in grid["steps"]}).reindex(powered.index)

    assert (powered.diff(axis=1).iloc[:, 1:] >= -CLOSE_MW).all(axis=None)
    assert (powered.le(mw + CLOSE_MW, axis=0)).all(axis=None)


@QUICK
@given(any_grid(short=True), st.sampled_from(ALLOCATIONS))
def test_nothing_is_drawn_before_its_date_or_its_connection(grid: Grid, allocation: str) -> None:
    """Sites without own plant; a plant of one's own may serve before the connection."""
    powered = by_step(solve(grid, allocation=allocation))
    for one in grid["steps"]:
        if one["step"] in powered.index and one["site"] not in grid["plants"]:
            since = max(float(one["target"]), float(one["ready"]))
            early = [period for period in PERIODS if number(period) < since]
            assert powered.loc[one["step"], early].sum() == pytest.approx(0, abs=CLOSE_MW)


@QUICK
@given(any_grid(short=True), st.sampled_from(ALLOCATIONS))
def test_supply_imports_and_shortage_cover_what_is_required(grid: Grid, allocation: str) -> None:
    """Each region and half-year: 1000 MW of native load and (1 + margin) times what is drawn."""
    table = solve(grid, allocation=allocation).regions
    drawn = (1 + grid["reserve_margin"]) * (table["sites_mw"] + table["unnamed_mw"])
    given_mw = table[["supply_mw", "net_import_mw", "shortage_mw"]].sum(axis=1)

    assert (given_mw >= table["requirement_mw"] + drawn - CLOSE_MW).all()
    assert table.groupby("period")["net_import_mw"].sum().abs().max() <= CLOSE_MW


@QUICK
@given(any_grid(short=True), st.sampled_from(ALLOCATIONS))
def test_no_shortage_is_caused_by_sites_that_are_decided(grid: Grid, allocation: str) -> None:
    """First half-year of any grid: the shortage without any site is the shortage with all.

    Later, sites that were powered before are load like any other, and count if supply falls.
    """
    never = toys.step("never", 1, target=START + 99)
    alone = begin(grid, steps=[never], unnamed={}, plants={})
    together = begin(grid, allocation=allocation)

    assert shortage(together)[FIRST] == pytest.approx(shortage(alone)[FIRST], abs=LESS_MW)


@QUICK
@given(level_grid(), st.sampled_from(ALLOCATIONS))
def test_sites_cause_no_shortage_where_supply_does_not_fall(grid: Grid, allocation: str) -> None:
    """All half-years: no region is short by itself, and none gets short."""
    assert shortage(solve(grid, allocation=allocation)).max() <= CLOSE_MW


# --- order and size ------------------------------------------------------------------------------


@QUICK
@given(level_grid(), st.randoms(use_true_random=False))
def test_the_order_of_rows_never_matters(grid: Grid, random: Random) -> None:
    """Regions, lines and rooms in any order; the order of steps is the queue."""
    terms = toys.terms(**grid)
    regions = random.sample(list(terms.supply.index), len(terms.supply))
    shuffled = dataclasses.replace(
        terms,
        **{
            name: getattr(terms, name).loc[regions]
            for name in ("supply", "requirement", "margin", "unnamed")
        },
        **{
            name: getattr(terms, name).sample(frac=1, random_state=random.randint(0, 99))
            for name in ("links", "joint", "room")
        },
    )
    answers = [by_step(horizon.solve(one, diagnose=False)) for one in (terms, shuffled)]

    pd.testing.assert_frame_equal(answers[0], answers[1], rtol=0, atol=LESS_MW)


@QUICK
@given(single_region(), st.randoms(use_true_random=False))
def test_equal_shares_know_no_order(grid: Grid, random: Random) -> None:
    """Under `prorata` the steps of one region may be listed in any order."""
    shuffled = random.sample(grid["steps"], len(grid["steps"]))

    first = by_step(solve(grid, allocation="prorata"))
    second = by_step(solve(grid, allocation="prorata", steps=shuffled))

    pd.testing.assert_frame_equal(first, second, rtol=0, atol=LESS_MW)


@settings(QUICK, max_examples=3)
@given(st.permutations(range(4)), st.sampled_from(ALLOCATIONS))
def test_the_order_of_rows_in_the_tables_never_matters(order: list[int], allocation: str) -> None:
    """From tables to verdicts: four sites that compete, listed in any order."""
    sites = [
        tiny.site("a", facility_mw=60.0),
        tiny.site("b", facility_mw=70.0),
        tiny.site("c", facility_mw=80.0, state="SOUTH", announced_on="2023-05-01"),
        tiny.site("d", facility_mw=90.0, lat=45.0, lon=0.0, announced_on="2025-01-01"),
    ]
    listed = tiny.case(*sites, allocation=allocation)
    shuffled = tiny.case(*(sites[at] for at in order), allocation=allocation)

    answers = [planner.check(one).sites for one in (listed, shuffled)]

    pd.testing.assert_frame_equal(answers[0], answers[1])


@QUICK
@given(level_grid())
def test_doubling_every_megawatt_doubles_the_answer(grid: Grid) -> None:
    """Supply, requirement, limits, own plant and what is asked: no scale is built in.

    Step by step where the answer is unique, as in `level_grid`.
    """
    terms = toys.terms(**grid)

    once, twice = (horizon.solve(one, diagnose=False) for one in (terms, doubled(terms)))

    pd.testing.assert_frame_equal(2 * by_step(once), by_step(twice), rtol=0, atol=LESS_MW)


@QUICK
@given(any_grid(short=True))
def test_doubling_doubles_what_the_first_half_year_powers_and_lacks(grid: Grid) -> None:
    """Any grid; what is due, and what is short."""
    terms = at_first(toys.terms(**grid))

    once, twice = (horizon.solve(one, diagnose=False) for one in (terms, doubled(terms)))

    assert shortage(twice)[FIRST] == pytest.approx(2 * shortage(once)[FIRST], abs=LESS_MW)
    powered = first_on_time(once, grid)
    assert first_on_time(twice, grid) == pytest.approx(2 * powered, abs=LESS_MW)


def doubled(terms: model.Terms) -> model.Terms:
    limits = {"links": ["forward_mw", "reverse_mw"], "joint": ["limit_mw"], "room": ["room_mw"]}
    tables = {
        name: getattr(terms, name).assign(**{c: 2 * getattr(terms, name)[c] for c in columns})
        for name, columns in {**limits, "steps": ["mw"]}.items()
    }
    wide = {
        name: 2 * getattr(terms, name) for name in ("supply", "requirement", "unnamed", "plants")
    }
    return dataclasses.replace(terms, **tables, **wide)


# --- rules of allocation -------------------------------------------------------------------------


@QUICK
@given(single_region())
def test_every_rule_powers_the_same_in_total_in_a_single_pool(grid: Grid) -> None:
    """On their dates and in total, each half-year: a rule says who, not how much.

    With a pocket the rules may part later on: who was first decides whether the pocket is full.
    """
    largest = sorted(grid["steps"], key=lambda one: -float(one["mw"]))
    steps = {"queue": grid["steps"], "prorata": grid["steps"], "most": largest}
    answers = [solve(grid, allocation=name, steps=steps[name]) for name in ALLOCATIONS]

    due = [on_time(one, grid["steps"]).to_numpy() for one in answers]
    for one, powered in zip(answers[1:], due[1:], strict=True):
        assert powered == pytest.approx(due[0], abs=LESS_MW)
        assert total(one).to_numpy() == pytest.approx(total(answers[0]).to_numpy(), abs=LESS_MW)


@QUICK
@given(single_region())
def test_the_first_of_the_queue_never_gets_less_than_its_equal_share(grid: Grid) -> None:
    """One region, each half-year."""
    name = grid["steps"][0]["step"]

    queue, shares = (by_step(solve(grid, allocation=rule)) for rule in ("queue", "prorata"))

    if name in queue.index:
        assert (queue.loc[name] >= shares.loc[name] - LESS_MW).all()


@QUICK
@given(any_grid(short=True))
def test_every_rule_powers_the_same_on_its_date_at_first(grid: Grid) -> None:
    """Any grid, first half-year: the most megawatts come first, and then who gets them."""
    largest = sorted(grid["steps"], key=lambda one: -float(one["mw"]))
    steps = {"queue": grid["steps"], "prorata": grid["steps"], "most": largest}

    queue, prorata, most = (
        first_on_time(begin(grid, allocation=rule, steps=steps[rule]), grid) for rule in ALLOCATIONS
    )

    assert prorata == pytest.approx(queue, abs=LESS_MW)
    assert most == pytest.approx(queue, abs=LESS_MW)


# --- why the laws are not wider ------------------------------------------------------------------


def test_what_a_limit_holds_back_is_found_under_each_rule() -> None:
    """The pocket takes 20 of 100 MW: without its limit 80 MW more, `prorata` or not."""
    grid: Grid = {
        "spare_mw": {"NORTH": 300},
        "steps": [toys.step("a", 100, pocket="CITY")],
        "room": {"CITY": 20},
    }
    for rule in ALLOCATIONS:
        solution = horizon.solve(at_first(toys.terms(**grid, allocation=rule)))
        freed = solution.freed.set_index("lifted")["mw"]
        assert freed["delivery"] == pytest.approx(80, abs=LESS_MW)


def test_a_link_to_a_short_neighbour_takes_megawatts_from_a_site() -> None:
    """Native load first: 30 MW spare power a site until a link lets them reach 30 MW short."""
    grid: Grid = {"spare_mw": {"NORTH": 30, "SOUTH": -30}, "steps": [toys.step("a", 30)]}
    apart, joined = begin(grid), begin(grid, links=[("NORTH", "SOUTH", 30)])

    assert (total(apart)[FIRST], shortage(apart)[FIRST]) == pytest.approx((30, 30))
    assert (total(joined)[FIRST], shortage(joined)[FIRST]) == pytest.approx((0, 0), abs=CLOSE_MW)


def test_a_step_with_a_later_date_may_find_its_place_taken() -> None:
    """Due at once, `a` gets 100 MW; due a half-year later, `b`, late since before, has them."""
    late = toys.step("b", 100, target=START - 1)
    first, second = (
        by_step(
            solve({"spare_mw": {"NORTH": 100}, "steps": [toys.step("a", 100, target=at), late]})
        )
        for at in (START, START + 1)
    )

    assert first.to_numpy() == pytest.approx(np.array([[100.0] * 4, [0.0] * 4]))
    assert second.to_numpy() == pytest.approx(np.array([[0.0] * 4, [100.0] * 4]))


def test_the_rules_part_later_where_one_filled_a_pocket() -> None:
    """Spare 20, then 40; the pocket takes 20. Queue: `a` fills it, and `c`, due next, gets none."""
    grid: Grid = {
        "spare_mw": {"NORTH": [20, 20, 40, 40]},
        "steps": [
            toys.step("a", 20, pocket="CITY"),
            toys.step("b", 20),
            toys.step("c", 20, pocket="CITY", target=START + 2),
        ],
        "room": {"CITY": 20},
    }
    due = [on_time(solve(grid, allocation=rule), grid["steps"]) for rule in ("queue", "prorata")]

    assert due[0].tolist() == pytest.approx([20, 0, 0, 0], abs=LESS_MW)
    assert due[1].tolist() == pytest.approx([20, 0, 10, 0], abs=LESS_MW)


def test_equal_shares_go_on_among_all_that_are_not_held_back() -> None:
    """`c` is held at 0 by its pocket; `a` and `b` share 100 MW, 50 each, not 100 and 0."""
    grid: Grid = {
        "spare_mw": {"NORTH": 100},
        "steps": [toys.step("a", 100), toys.step("b", 100), toys.step("c", 100, pocket="CITY")],
        "room": {"CITY": 0},
        "allocation": "prorata",
    }

    assert by_step(begin(grid))[FIRST].tolist() == pytest.approx([50, 50, 0], abs=LESS_MW)


def test_equal_shares_come_after_the_most_megawatts() -> None:
    """Two limits of 100 MW that overlap in `b`: 100 for `a` and `c`, not 50 for each."""
    grid: Grid = {
        "spare_mw": {"NORTH": 0, "SOUTH": 0, "EAST": 0, "WEST": 1000},
        "steps": [
            toys.step(name, 100, region) for name, region in zip("abc", REGIONS[:3], strict=True)
        ],
        "links": [(region, "WEST", 500) for region in REGIONS[:3]],
        "joint": [("ONE", {"NORTH", "SOUTH"}, 100), ("TWO", {"SOUTH", "EAST"}, 100)],
    }

    for rule in ALLOCATIONS:
        powered = by_step(begin(grid, allocation=rule))[FIRST].tolist()
        assert powered == pytest.approx([100, 0, 100], abs=LESS_MW)


TIES: Final[dict[str, Grid]] = {
    "10 MW spare reach EAST or WEST, each short by 10": {
        "spare_mw": {"NORTH": 10, "EAST": -10, "WEST": -10},
        "links": [("NORTH", "EAST", 50), ("NORTH", "WEST", 50)],
    },
    "10 MW may enter EAST and WEST, from NORTH, which has a site, or from SOUTH": {
        "spare_mw": {"NORTH": 10, "SOUTH": 10, "EAST": -10, "WEST": -10},
        "steps": [toys.step("a", 10)],
        "links": [("NORTH", "EAST", 50), ("SOUTH", "WEST", 50)],
        "joint": [("INTO", {"EAST", "WEST"}, 10)],
    },
    "10 MW spare reach unnamed datacenters in EAST or WEST": {
        "spare_mw": {"NORTH": 10, "EAST": 0, "WEST": 0},
        "links": [("NORTH", "EAST", 50), ("NORTH", "WEST", 50)],
        "unnamed": {"EAST": 10, "WEST": 10},
    },
}


@pytest.mark.parametrize("grid", TIES.values(), ids=TIES)
def test_the_order_of_rows_breaks_no_tie(grid: Grid) -> None:
    """Where several answers are equally good a rule decides, not which region is listed first."""
    steps = grid.get("steps", [toys.step("never", 1, target=START + 99)])
    turned = {
        "steps": steps,
        "spare_mw": dict(reversed(grid["spare_mw"].items())),
        "links": grid["links"][::-1],
    }
    one, other = begin(grid, steps=steps), begin(grid, **turned)
    columns = ["shortage_mw", "unnamed_mw", "sites_mw"]

    tables = [answer.regions.set_index(["region", "period"])[columns] for answer in (one, other)]
    pd.testing.assert_frame_equal(
        tables[0].sort_index(), tables[1].sort_index(), rtol=0, atol=LESS_MW
    )
