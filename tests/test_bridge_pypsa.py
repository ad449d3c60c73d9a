"""PyPSA serves the same megawatts as the planner, and networks of others become grids."""

from __future__ import annotations

import dataclasses
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import tiny
import toys

import planner
from planner import demand, horizon, match, pipeline
from planner.errors import DataError, PlannerError

pypsa = pytest.importorskip("pypsa")
bridge = pytest.importorskip("planner.bridges.pypsa")

if TYPE_CHECKING:
    from pathlib import Path

    from planner.case import Case
    from planner.pipeline import Plan

# PyPSA calls what pandas will drop, and looks for a newer version of itself unless told not to.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
pypsa.options.general.allow_network_requests = False
pypsa.options.api.legacy_string_dtype = False

NEAR = 1e-3


def same(table: pd.DataFrame, *, least_mw: float) -> None:
    """Check that all half-years are within 0.1 %, and that there was something to serve."""
    assert table["served_mw"].max() >= least_mw
    assert table["network_mw"].tolist() == pytest.approx(
        table["served_mw"].tolist(), rel=NEAR, abs=0.01
    )
    assert table["step_mw"].max() == pytest.approx(0.0, abs=0.01)
    short = table["network_shortage_mw"].tolist()
    assert short == pytest.approx(table["shortage_mw"].tolist(), rel=NEAR, abs=0.01)


def round_trip(plan: Plan, *, in_order: bool = False) -> pd.DataFrame:
    network = bridge.to_network(plan)
    bridge.optimise(network, in_order=in_order)
    return bridge.compared(plan, network)


@cache
def small() -> Plan:
    """Own plant ahead of a connection, a pocket, unnamed datacenters and a native shortage.

    NORTH has 100 MW spare and a line of 50; `own` has 40 MW of its own until it is connected.
    """
    due = {"full_power_date": "2027-03-31"}
    sites = [
        tiny.site("first", lat=45.0, lon=0.0, **due),
        tiny.site("own", status="announced", announced_on="2026-06-01", **due),
        tiny.site("late", announced_on="2024-03-01", full_power_date="2027-06-30"),
    ]
    plant = {"site": "own", "name": "engines", "technology": "gas_cc", "mw": 40.0,
             "online_date": "2026-01-01", "connection": "behind_the_meter"}  # fmt: skip
    room = {"pocket": "CITY", "quantity": "import_limit", "year": 2025, "mw": 60.0}
    case = tiny.case(
        *sites,
        onsite=(plant,),
        connection=(tiny.lead_time(12),),
        delivery=tuple({**room, "season": season} for season in ("winter", "summer")),
        load=(*tiny.peak("NORTH", 1000, 20), *tiny.peak("SOUTH", 900)),
        horizon_years=1,
    )
    return planner.check(case)


def test_a_small_case_gives_the_same_megawatts_in_order() -> None:
    """Each half-year starts from what PyPSA itself served in the one before."""
    plan = small()
    steps = plan.steps.set_index("site")["late_mw"]

    assert steps["first"] == pytest.approx(40.0)  # the pocket has room for 60
    assert set(plan.served.query("site == 'own'")["served_mw"].round(1)) == {40.0}
    same(round_trip(plan, in_order=True), least_mw=100.0)


def test_all_half_years_at_once_give_the_same_and_bounds_are_put_back() -> None:
    network = bridge.to_network(small())
    before = network.links_t["p_max_pu"].copy(), network.links_t["p_min_pu"].copy()
    bridge.optimise(network, in_order=False)

    same(bridge.compared(small(), network), least_mw=100.0)
    pd.testing.assert_frame_equal(network.links_t["p_max_pu"], before[0])
    pd.testing.assert_frame_equal(network.links_t["p_min_pu"], before[1])


@pytest.mark.parametrize("seed", [1, 2])
def test_drawn_grids_give_the_same_megawatts(seed: int) -> None:
    """Links, a joint limit, a pocket, own plant, and unnamed datacenters."""
    draw = Random(seed)  # noqa: S311 - a grid, not a secret
    regions = ["NORTH", "SOUTH", "EAST", "WEST"]
    steps = [
        toys.step(
            f"s{number}",
            draw.randint(5, 20) * 10,
            region := draw.choice(regions),
            pocket="CITY" if region == "NORTH" else None,
            target=int(toys.PERIODS.iloc[0]) + draw.randint(-1, 3),
            ready=draw.choice([toys.ALWAYS, toys.PERIODS.iloc[2]]),
        )
        for number in range(8)
    ]
    terms = toys.terms(
        {region: [draw.randint(-5, 30) * 10.0 for _ in range(4)] for region in regions},
        steps,
        reserve_margin=0.1,
        links=[
            ("NORTH", "SOUTH", draw.randint(2, 20) * 10.0),
            ("NORTH", "EAST", 60.0),
            ("EAST", "WEST", 80.0),
        ],
        joint=[("LIMIT", {"NORTH"}, 50.0)],
        room={"CITY": draw.randint(5, 30) * 10.0},
        plants={"s0": 60.0, "s1": 30.0},
        unnamed={"SOUTH": 70.0},
        allocation=draw.choice(["queue", "most"]),
    )
    solution = horizon.solve(terms, diagnose=False)
    network = bridge.written([terms], solution)
    bridge.optimise(network, in_order=False)

    same(bridge.compared(solution, network), least_mw=100.0)


def test_pools_serve_their_own_sites_before_their_neighbours() -> None:
    """NORTH serves its own 60 of 100 MW though SOUTH's 100 MW come first; 40 MW are left for it."""
    steps = [toys.step("south", 100, "SOUTH"), toys.step("north", 60)]
    terms = toys.terms({"NORTH": 100, "SOUTH": 0}, steps, between=[("NORTH", "SOUTH", 100)])
    solution = horizon.solve(terms, diagnose=False)
    network = bridge.written([terms], solution)
    found = bridge.optimise(network, in_order=False).set_index(["step", "period"])["served_mw"]

    assert found["north", "2027-winter"] == pytest.approx(60.0, abs=0.01)
    assert found["south", "2027-winter"] == pytest.approx(40.0, abs=0.01)


def test_a_network_without_the_queue_is_refused() -> None:
    plan = small()
    shared = dataclasses.replace(plan, case=plan.case.but(allocation="prorata"))

    with pytest.raises(PlannerError, match="which no network can say; use queue or most"):
        bridge.to_network(shared)


def part(case: Case, pools: set[str]) -> Case:
    """Keep the regions of some pools, and what hangs on them."""
    regions = case.regions[case.regions["pool"].isin(pools)]
    here = set(regions["region"])
    inside = case.joint_members[case.joint_members["region"].isin(here)]
    return case.but(
        regions=regions,
        places=case.places[case.places["region"].isin(here)],
        pockets=case.pockets[case.pockets["region"].isin(here)],
        supply=case.supply[case.supply["region"].isin(here)],
        load=case.load[case.load["region"].isin(here)],
        links=case.links[case.links["from_region"].isin(here) & case.links["to_region"].isin(here)],
        joint_members=inside,
        joint_limits=case.joint_limits[case.joint_limits["limit"].isin(inside["limit"])],
        delivery=case.delivery[case.delivery["pocket"].isin(
            case.pockets.loc[case.pockets["region"].isin(here), "pocket"])],
        folders=(),
    )  # fmt: skip


def test_texas_gives_the_same_megawatts() -> None:
    """The pool of Texas with its own sites, four years."""
    case = part(planner.load_case("us", horizon_years=4), {"ERCOT"})
    state = case.but(sites=case.sites[case.sites["state"] == "TX"])

    same(round_trip(planner.check(state)), least_mw=1000.0)


def test_india_gives_the_same_megawatts() -> None:
    """India with 20 % less required than its forecasts; as they stand, it has no megawatt left."""
    case = planner.load_case("india", horizon_years=4)
    margins = case.requirements["reserve_margin"] - 0.2
    eased = case.but(requirements=case.requirements.assign(reserve_margin=margins))

    same(round_trip(planner.check(eased)), least_mw=1000.0)


# --- networks of others --------------------------------------------------------------------------


def ieee(name: str) -> Any:
    """A test case of the IEEE, as PYPOWER has it, through PyPSA's own importer."""
    api = pytest.importorskip("pypower.api")
    network = pypsa.Network(name=name)
    network.import_from_pypower_ppc(getattr(api, name)())
    return network


def campus(folder: Path, region: str, mw: float = 100.0, **given: object) -> Path:
    """One campus, due by the end of 2027."""
    row = {"site": "campus", "name": "Campus", "country": "XX", "state": region, "facility_mw": mw,
           "full_power_date": "2027-12-31", "announced_on": "2025-06-30", **given}  # fmt: skip
    path = folder / "sites.csv"
    pd.DataFrame([row]).to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("name", "load_mw", "supply_mw"),
    [("case39", 6254.23, 7367.0), ("case118", 4242.0, 9966.2), ("case300", 23525.85, 32678.35)],
)
def test_cases_of_the_ieee_become_grids(
    name: str, load_mw: float, supply_mw: float, tmp_path: Path
) -> None:
    """Load and capacity are those of the case; negative loads count as none."""
    network = ieee(name)
    grid = bridge.from_network(network)
    drawn = network.loads["p_set"]
    taken = drawn.groupby(network.loads["bus"]).sum().clip(lower=0).sum()
    winter = grid.tables["load"].query("season == 'winter'")
    sites = campus(tmp_path, str(grid.tables["regions"]["region"].iloc[0]))
    plan = planner.check(grid.case(sites, horizon_years=2))

    assert drawn.sum() == pytest.approx(load_mw)
    assert winter["peak_mw"].sum() == pytest.approx(taken, rel=0.02)
    assert grid.tables["supply"]["nameplate_mw"].sum() == pytest.approx(supply_mw, abs=0.1)
    assert plan.sites["verdict"].tolist() == ["on time"]


def two_lands() -> Any:
    """NORTH: 1200 MW of gas and 100 of sun for 1000 MW; SOUTH: 1100 for 900; a line of 70 x 0.7."""
    times = pd.date_range("2024-01-01", periods=8784, freq="h")
    network = pypsa.Network(name="Two lands")
    network.set_snapshots(times)
    network.add("Carrier", ["AC", "CCGT", "solar", "H2", "fuel cell"])
    network.add("Bus", ["NORTH", "SOUTH"], x=[2.0, 2.0], y=[48.0, 45.0], carrier="AC",
                country="FR")  # fmt: skip
    network.add("Bus", "H2 NORTH", carrier="H2")
    network.add("Generator", ["g", "h"], bus=["NORTH", "SOUTH"], p_nom=[1200.0, 1100.0],
                carrier="CCGT")  # fmt: skip
    network.add("Generator", "sun", bus="NORTH", p_nom=100.0, carrier="solar",
                p_max_pu=pd.Series(times.hour.isin(range(8, 16)) * 0.5, index=times))  # fmt: skip
    network.add("Generator", "shed", bus="NORTH", p_nom=1e5, carrier="load")
    network.add("Link", "cell", bus0="H2 NORTH", bus1="NORTH", p_nom=40.0, efficiency=0.5,
                carrier="fuel cell")  # fmt: skip
    network.add("Line", "l", bus0="SOUTH", bus1="NORTH", s_nom=70.0, s_max_pu=0.7, x=0.1)
    evening = pd.Series(1.0 - 0.2 * (times.hour != 19), index=times)
    network.add("Load", ["a", "b"], bus=["NORTH", "SOUTH"],
                p_set=pd.DataFrame({"a": evening * 1000, "b": evening * 900}))  # fmt: skip
    return network


def test_capacity_counts_with_what_it_gives_at_the_hours_of_highest_load() -> None:
    """At 19 h the sun gives nothing; the fuel cell 40 x 0.5; the line 70 x 0.7 = 49 MW."""
    grid = bridge.from_network(two_lands(), reserve_margin=0.1)
    shares = grid.tables["accreditation"].set_index(["technology", "season"])["accredited_fraction"]
    supply = grid.tables["supply"].groupby("technology")["nameplate_mw"].sum()

    assert grid.tables["load"]["peak_mw"].tolist() == [1000.0, 900.0] * 2
    assert (shares["gas_cc", "winter"], shares["solar_pv", "summer"]) == (1.0, 0.0)
    assert supply.to_dict() == {"gas_cc": 2300.0, "other": 20.0, "solar_pv": 100.0}
    assert grid.tables["links"]["forward_mw"].tolist() == [49.0]
    assert grid.notes[:2] == (
        "1 buses of carrier 'H2' are left out.",
        "1 generators that stand for load shedding are left out.",
    )


def test_a_grid_in_memory_and_its_folder_give_the_same_answer(tmp_path: Path) -> None:
    """Spare are 1220 - 1.1 x 1000 = 120 MW and 49 by the line: (120 + 49) / 1.1 = 153.6 MW."""
    grid = bridge.from_network(two_lands(), reserve_margin=0.1)
    sites = campus(tmp_path, "", 200.0, lat=48.5, lon=2.4)
    first = planner.check(grid.case(sites, horizon_years=2))
    second = planner.check(
        planner.load_case(grid.write(tmp_path / "lands"), sites, horizon_years=2)
    )

    assert first.served["served_mw"].tolist() == pytest.approx([169 / 1.1] * 2)
    assert second.served["served_mw"].tolist() == pytest.approx([169 / 1.1] * 2)


def test_a_site_far_from_all_buses_is_in_no_region(tmp_path: Path) -> None:
    """Both buses lie in France; French Guiana is France too, and an ocean away."""
    grid = bridge.from_network(two_lands())
    shapes = grid.outlines()
    plan = planner.check(grid.case(campus(tmp_path, "", lat=4.0, lon=-53.0), horizon_years=1))

    assert shapes["region"].tolist() == ["NORTH", "SOUTH"]
    assert shapes.total_bounds[0] > 0.9
    assert plan.sites["verdict"].tolist() == ["not assessable"]


def test_buses_may_be_put_into_regions_of_ones_own() -> None:
    grid = bridge.from_network(two_lands(), regions={"NORTH": "ALL", "SOUTH": "ALL"})

    assert grid.tables["regions"]["region"].tolist() == ["ALL"]
    assert grid.tables["links"].empty
    with pytest.raises(DataError, match="bus 'SOUTH' has no region; add it to `regions`"):
        bridge.from_network(two_lands(), regions={"NORTH": "ALL"})


def test_a_network_of_the_planner_comes_back_as_a_grid() -> None:
    """to_network and from_network share the regions."""
    network = bridge.to_network(small())
    grid = bridge.from_network(network)

    assert {"NORTH", "SOUTH"} <= set(grid.tables["regions"]["region"])


def test_networks_without_load_plant_or_electric_buses_are_refused() -> None:
    empty = pypsa.Network()
    empty.add("Bus", "gas", carrier="gas")
    dark = two_lands()
    dark.remove("Load", ["a", "b"])

    with pytest.raises(DataError, match="no bus has a carrier of 'AC'"):
        bridge.from_network(empty)
    with pytest.raises(DataError, match="no load on an electric bus"):
        bridge.from_network(dark)


def test_the_terms_of_a_plan_are_those_it_was_answered_with() -> None:
    case = small().case
    placed = match.place(case)
    (terms,) = pipeline.gather(case, demand.steps(case, placed), demand.native(case, placed))

    assert set(terms.steps["step"]) == set(small().served["step"])
