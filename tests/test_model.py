"""The linear program against hand arithmetic."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pulp
import pytest
from toys import served, step, terms

import planner
from planner import demand, horizon, match, model, pipeline

EXACT = 1e-6


def other_solver() -> Any:
    """CBC, or a skip where it is not installed."""
    solvers: Any = pulp
    cbc = solvers.COIN_CMD(msg=False)
    if not cbc.available():
        pytest.skip("CBC is not installed (pip install planner[cbc])")
    return cbc


def test_a_site_gets_what_the_reserve_margin_leaves() -> None:
    """150 MW spare carry 150 / 1.15 = 130.4348 MW of site."""
    solution = horizon.solve(terms({"NORTH": 150}, [step("a", 200)], reserve_margin=0.15))

    assert served(solution, "a") == pytest.approx([150 / 1.15] * 4, abs=EXACT)


def test_the_adequacy_row_reads_as_documented() -> None:
    """1.15 x served - shortage (+ a new load that is tried, here closed) <= spare."""
    grid = terms({"NORTH": 150}, [step("a", 200)], reserve_margin=0.15)
    last = ("2028-summer", "2028-summer")
    engine = model.Engine(model.fill(model.Window(model.Layout(grid), 4057, last, {})))

    assert str(engine.problem.constraints()[0]) == "1.15*x0 - x1 + x3 <= 150"


def test_a_line_carries_what_its_limit_lets_through() -> None:
    """NORTH has nothing; SOUTH has 100 MW and the line carries 60."""
    grid = terms({"NORTH": 0, "SOUTH": 100}, [step("a", 90)], links=[("NORTH", "SOUTH", 60)])
    solution = horizon.solve(grid)

    assert served(solution, "a") == pytest.approx([60] * 4, abs=EXACT)
    assert set(solution.flows["flow_mw"]) == {-60.0}


def test_a_joint_limit_binds_where_two_lines_would_carry_more() -> None:
    """Two lines of 80 MW into NORTH, together at most 100 MW: 100 MW, not 160."""
    grid = terms(
        {"NORTH": 0, "SOUTH": 500, "WEST": 500},
        [step("a", 300)],
        links=[("NORTH", "SOUTH", 80), ("NORTH", "WEST", 80)],
        joint=[("CETL-NORTH", {"NORTH"}, 100)],
    )

    assert served(horizon.solve(grid), "a") == pytest.approx([100] * 4, abs=EXACT)


def test_a_pocket_takes_no_more_than_its_room() -> None:
    """300 MW spare, the pocket has room for 120: 120 in it, the site beside it gets its 100."""
    grid = terms(
        {"NORTH": 300}, [step("in", 200, pocket="CITY"), step("out", 100)], room={"CITY": 120}
    )
    solution = horizon.solve(grid)

    assert served(solution, "in") == pytest.approx([120] * 4, abs=EXACT)
    assert served(solution, "out") == pytest.approx([100] * 4, abs=EXACT)


def test_nothing_is_drawn_before_the_connection_is_ready() -> None:
    """Ready in summer 2027 (half-year 4055)."""
    solution = horizon.solve(terms({"NORTH": 300}, [step("a", 200, ready=4055)]))

    assert served(solution, "a") == pytest.approx([0, 200, 200, 200], abs=EXACT)


def test_own_plant_serves_before_the_connection() -> None:
    """80 MW of own plant carry 80 of 200 MW until the grid is there in winter 2028."""
    grid = terms({"NORTH": 300}, [step("a", 200, ready=4056)], plants={"a": 80})

    assert served(horizon.solve(grid), "a") == pytest.approx([80, 80, 200, 200], abs=EXACT)


def test_an_islanded_site_has_its_own_plant_only() -> None:
    """90 MW of plant, 1000 MW spare on the grid: 90 MW."""
    grid = terms({"NORTH": 1000}, [step("a", 200, on_grid=False, ready=1e6)], plants={"a": 90})

    assert served(horizon.solve(grid), "a") == pytest.approx([90] * 4, abs=EXACT)


def test_the_earlier_site_of_the_queue_is_first() -> None:
    """150 MW spare: 100 for the first, 50 for the second."""
    solution = horizon.solve(terms({"NORTH": 150}, [step("a", 100), step("b", 100)]))

    assert served(solution, "a")[0] == pytest.approx(100, abs=EXACT)
    assert served(solution, "b")[0] == pytest.approx(50, abs=EXACT)


def test_prorata_gives_equal_shares() -> None:
    """150 MW for 100 and 200 asked: one half of each."""
    grid = terms({"NORTH": 150}, [step("a", 100), step("b", 200)], allocation="prorata")
    solution = horizon.solve(grid)

    assert served(solution, "a")[0] == pytest.approx(50, abs=1e-3)
    assert served(solution, "b")[0] == pytest.approx(100, abs=1e-3)


def test_prorata_goes_on_where_one_site_is_held_back() -> None:
    """Room 20 in the pocket: 20 of 100 there; the 130 left give the other 100 of its 100."""
    grid = terms(
        {"NORTH": 150},
        [step("a", 100, pocket="CITY"), step("b", 100)],
        room={"CITY": 20},
        allocation="prorata",
    )
    solution = horizon.solve(grid)

    assert served(solution, "a")[0] == pytest.approx(20, abs=1e-3)
    assert served(solution, "b")[0] == pytest.approx(100, abs=1e-3)


def test_a_site_is_not_served_on_one_season_only() -> None:
    """Winter has 200 MW spare, summer 50: what is powered must be carried in both."""
    solution = horizon.solve(terms({"NORTH": (200, 50, 200, 50)}, [step("a", 100)]))

    assert served(solution, "a") == pytest.approx([50, 50, 50, 50], abs=EXACT)


def test_what_is_served_stays_served_when_supply_falls() -> None:
    """100 MW from winter 2027 on; summer 2028 has only 30 MW: 100 stay, 70 MW are short."""
    solution = horizon.solve(terms({"NORTH": (100, 100, 100, 30)}, [step("a", 100)]))
    last = solution.regions.set_index("period").loc["2028-summer"]

    assert served(solution, "a") == pytest.approx([100] * 4, abs=EXACT)
    assert last["shortage_mw"] == pytest.approx(70, abs=EXACT)


def test_a_short_region_is_reported_and_sites_cannot_take_from_it() -> None:
    """NORTH lacks 40 MW, SOUTH has 100 MW and a line of 30: 30 go north, 70 to the site."""
    grid = terms(
        {"NORTH": -40, "SOUTH": 100}, [step("a", 100, "SOUTH")], links=[("NORTH", "SOUTH", 30)]
    )
    solution = horizon.solve(grid)
    north = solution.regions.set_index(["region", "period"]).loc[("NORTH", "2027-summer")]

    assert north["shortage_mw"] == pytest.approx(10, abs=EXACT)
    assert served(solution, "a") == pytest.approx([70] * 4, abs=EXACT)


def test_a_pool_serves_its_own_sites_before_its_neighbours_native_load() -> None:
    """SOUTH has 100 MW: 70 for its own site, and the 30 left for the 40 that NORTH lacks."""
    grid = terms(
        {"NORTH": -40, "SOUTH": 100},
        [step("a", 70, "SOUTH"), step("b", 10)],
        between=[("NORTH", "SOUTH", 80)],
    )
    solution = horizon.solve(grid)
    north = solution.regions.set_index(["region", "period"]).loc[("NORTH", "2027-summer")]

    assert served(solution, "a") == pytest.approx([70] * 4, abs=EXACT)
    assert served(solution, "b") == pytest.approx([0] * 4, abs=EXACT)
    assert north["shortage_mw"] == pytest.approx(10, abs=EXACT)


def test_what_a_neighbour_has_left_powers_a_site() -> None:
    """SOUTH has 100 MW and no site; 80 MW can flow to the site in NORTH, which has nothing."""
    grid = terms({"NORTH": 0, "SOUTH": 100}, [step("a", 90)], between=[("NORTH", "SOUTH", 80)])

    assert served(horizon.solve(grid), "a") == pytest.approx([80] * 4, abs=EXACT)


def test_unnamed_datacenters_come_after_named_ones() -> None:
    """100 MW spare, 60 named, 80 unnamed: 60 and 40."""
    solution = horizon.solve(terms({"NORTH": 100}, [step("a", 60)], unnamed={"NORTH": 80}))

    assert served(solution, "a")[0] == pytest.approx(60, abs=EXACT)
    assert solution.regions["unnamed_mw"].iloc[0] == pytest.approx(40, abs=EXACT)


def test_a_step_on_its_date_goes_before_a_late_one() -> None:
    """50 MW from summer 2027: the step due then gets them, the one late since winter waits."""
    grid = terms({"NORTH": (0, 50, 50, 50)}, [step("late", 50), step("due", 50, target=4055)])
    solution = horizon.solve(grid)

    assert served(solution, "due") == pytest.approx([0, 50, 50, 50], abs=EXACT)
    assert served(solution, "late") == pytest.approx([0, 0, 0, 0], abs=EXACT)


@pytest.mark.parametrize(
    ("lifted", "grid"),
    [
        ("connection", terms({"NORTH": 100}, [step("a", 80, ready=9999)])),
        ("delivery", terms({"NORTH": 100}, [step("a", 80, pocket="CITY")], room={"CITY": 0})),
        (
            "import",
            terms({"NORTH": 0, "SOUTH": 100}, [step("a", 80)], links=[("NORTH", "SOUTH", 0)]),
        ),
    ],
)
def test_lifting_the_limit_that_binds_frees_the_site(lifted: str, grid: model.Terms) -> None:
    """Each grid holds 80 MW back by one limit alone; lifting another one frees nothing."""
    freed = horizon.solve(grid).freed
    freed = freed[freed["step"] == "a"].set_index("lifted")["mw"]

    assert freed[lifted] == pytest.approx(80, abs=EXACT)
    assert {name for name, mw in freed.items() if mw > 1 and lifted not in name} == set()


def test_cbc_gives_the_same_answer_as_highs() -> None:
    """The same grid with both solvers, megawatt for megawatt."""
    cbc = other_solver()
    grid = terms(
        {"NORTH": 20, "SOUTH": (100, 80, 120, 60), "WEST": 70},
        [step("a", 90), step("b", 40, "SOUTH", target=4055), step("c", 90, "WEST"), step("d", 50)],
        links=[("NORTH", "SOUTH", 60), ("SOUTH", "WEST", 25)],
        reserve_margin=0.1,
    )
    ours = horizon.solve(grid).served.set_index(["step", "period"])["served_mw"]
    theirs = horizon.solve(grid, solver=cbc).served.set_index(["step", "period"])["served_mw"]

    pd.testing.assert_series_equal(ours, theirs, atol=1e-3, rtol=1e-5)


def test_cbc_gives_the_same_answer_on_the_grid_of_the_united_states() -> None:
    """Two years, every shipped site: each step within 0.1 MW, shortage within 1 MW in 23 GW."""
    cbc = other_solver()
    case = planner.load_case("us", horizon_years=2)
    placed = match.place(case)
    asked = demand.steps(case, placed)
    terms = pipeline.gather(case, asked, demand.native(case, placed))[0]
    ours = horizon.solve(terms, diagnose=False)
    theirs = horizon.solve(terms, diagnose=False, solver=cbc)
    keys = ["step", "period"]

    pd.testing.assert_series_equal(
        ours.served.set_index(keys)["served_mw"],
        theirs.served.set_index(keys)["served_mw"],
        atol=0.1,
    )
    assert ours.regions["shortage_mw"].sum() == pytest.approx(
        theirs.regions["shortage_mw"].sum(), abs=1.0
    )
