"""Whole questions whose answers are computed by hand."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import drawn
import geopandas as gpd
import pandas as pd
import pytest
from tiny import case, lead_time, peak, plant, site

import planner
from planner import demand, match, supply

if TYPE_CHECKING:
    from pathlib import Path

SPARE_NORTH = 100.0
LINE = 50.0
HEAD = 1.1


def answer(plan: planner.Plan, name: str) -> pd.Series:
    return plan.sites.set_index("site").loc[name]


def test_a_site_within_headroom_and_imports_is_on_time() -> None:
    """(100 spare + 50 over the line) / 1.1 = 136 MW carry the 100 asked."""
    plan = planner.check(case(site("a")))

    assert answer(plan, "a")["verdict"] == "on time"
    assert answer(plan, "a")["target_period"] == "2028-winter"


def test_a_larger_site_is_powered_in_part_and_the_line_is_named() -> None:
    """(100 + 50) / 1.1 = 136.36 of 200 MW; SOUTH has 60 MW more that the line cannot bring."""
    row = answer(planner.check(case(site("a", facility_mw=200.0))), "a")

    assert row["on_time_mw"] == pytest.approx((SPARE_NORTH + LINE) / HEAD)
    assert (row["verdict"], row["cause"]) == ("not before the horizon", "import")


def test_a_short_system_is_named_supply() -> None:
    """210 MW spare in all carry 190.9 of 300 MW, however wide the line is."""
    row = answer(planner.check(case(site("a", facility_mw=300.0), link_mw=900.0)), "a")

    assert row["on_time_mw"] == pytest.approx(210 / HEAD)
    assert row["cause"] == "supply"


def test_a_plant_under_construction_ends_the_wait() -> None:
    """400 MW of the year 2027 count from winter 2028; due in 2026, late by three half-years."""
    plants = (
        plant("NORTH", 1100),
        plant("SOUTH", 990),
        plant("NORTH", 400, status="under_construction", online_year=2027),
    )
    row = answer(planner.check(case(site("a", full_power_date="2026-12-31"), supply=plants)), "a")

    assert (row["verdict"], row["target_period"]) == ("late", "2027-winter")
    assert row["earliest_period"] == "2028-winter"


def test_a_scheduled_retirement_takes_capacity_and_a_lifetime_rule_does_not() -> None:
    """1200 MW less 150 announced leave 1050; the 200 of the age rule stay."""
    plants = (
        plant("NORTH", 850),
        plant("SOUTH", 1100),
        plant("NORTH", 150, retirement_year=2028, retirement_basis="scheduled"),
        plant("NORTH", 200, retirement_year=2027, retirement_basis="age_rule"),
    )
    table = supply.accredited(case(site("a"), supply=plants))

    assert table["NORTH", "2027-summer"] == pytest.approx(1200)
    assert table["NORTH", "2028-winter"] == pytest.approx(1050)


def test_a_lead_time_holds_an_announced_site_and_not_one_under_construction() -> None:
    """Announced in January 2024 with 60 months: January 2029, winter 2029."""
    rule = lead_time(60)
    plan = planner.check(
        case(
            site("a", status="announced", facility_mw=40.0),
            site("b", facility_mw=40.0),
            connection=(rule,),
        )
    )

    assert (answer(plan, "a")["verdict"], answer(plan, "a")["cause"]) == ("late", "connection")
    assert answer(plan, "a")["earliest_period"] == "2029-winter"
    assert answer(plan, "b")["verdict"] == "on time"


def test_a_rule_does_not_reach_requests_before_it_or_sites_below_its_threshold() -> None:
    """The rule begins in 2025 and at 500 MW; the sites are of 2024, and of 100 MW."""
    late = lead_time(84, begins_on="2025-01-01")
    large = {**late, "begins_on": "2020-01-01", "threshold_mw": 500}
    for rule in (late, large):
        plan = planner.check(case(site("a", status="announced"), connection=(rule,)))
        assert answer(plan, "a")["verdict"] == "on time"


def test_a_moratorium_holds_until_it_ends() -> None:
    """Closed to the end of June 2028: connected from winter 2029."""
    rule = {
        "area": "tiny",
        "area_kind": "grid",
        "rule": "moratorium",
        "begins_on": "2023-01-01",
        "ends_on": "2028-06-30",
    }
    row = answer(planner.check(case(site("a", status="announced"), connection=(rule,))), "a")

    assert (row["earliest_period"], row["cause"]) == ("2029-winter", "connection")


def test_a_pocket_holds_back_what_its_room_does_not_carry() -> None:
    """Limit 300 less native 240 leaves room for 60 of 100 MW."""
    limits = tuple(
        {"pocket": "CITY", "quantity": quantity, "year": 2025, "season": season, "mw": mw}
        for quantity, mw in (("import_limit", 300), ("native_peak", 240))
        for season in ("winter", "summer")
    )
    plan = planner.check(case(site("a", lat=45.0, lon=0.0), delivery=limits))
    row = answer(plan, "a")

    assert (row["pocket"], row["cause"]) == ("CITY", "delivery")
    assert row["on_time_mw"] == pytest.approx(60)
    assert plan.bottlenecks.loc[0, ["area", "held_up_mw"]].tolist() == ["CITY", pytest.approx(40)]


def test_datacenters_in_the_forecast_are_not_added_twice() -> None:
    """Forecast 1000 MW with 80 of new datacenters: 920 native, 100 named, nothing unnamed."""
    loads = (*peak("NORTH", 1000, 80), *peak("SOUTH", 900))
    question = case(site("a"), load=loads)
    placed = match.place(question)
    asked, native = demand.steps(question, placed), demand.native(question, placed)
    unnamed = demand.unnamed(question, native, asked)

    assert native.loc[("NORTH", "2028-winter"), "native_mw"] == pytest.approx(920)
    assert unnamed["NORTH", "2027-winter"] == pytest.approx(80)
    assert unnamed["NORTH", "2028-winter"] == pytest.approx(0)


def test_the_bounds_of_outlines_stand_in_the_header_of_their_file(tmp_path: Path) -> None:
    """Two squares of a degree, two degrees wide together and two high."""
    drawn.outlines(tmp_path)
    path = tmp_path / "regions.fgb"

    assert match.bounds(path) == (-1.0, 43.5, 1.0, 45.5)
    assert match.bounds(path) == tuple(gpd.read_file(path).total_bounds)


@pytest.mark.parametrize("kept", [0, 7, 12, 40, 60])
def test_a_header_cut_short_bounds_nothing(tmp_path: Path, kept: int) -> None:
    drawn.outlines(tmp_path)
    path = tmp_path / "regions.fgb"
    path.write_bytes(path.read_bytes()[:kept])

    assert match.bounds(path) == match.WORLD


def test_a_site_outside_the_bounds_is_placed_without_reading_the_outlines(tmp_path: Path) -> None:
    """The file says that its outlines lie on the equator, so the site is not looked for in them."""
    drawn.outlines(tmp_path)
    path = tmp_path / "regions.fgb"
    question = case(site("a", state="ELSEWHERE", lat=45.0, lon=0.0)).but(folders=(tmp_path,))
    inside = match.place(question)
    moved = path.read_bytes().replace(
        struct.pack("<4d", -1, 43.5, 1, 45.5), struct.pack("<4d", 0, 0, 1, 1)
    )
    path.write_bytes(moved)

    assert inside["how"].tolist() == ["point"]
    assert match.place(question)["how"].tolist() == ["outside"]


def test_an_operating_site_is_in_measured_load_or_added_to_it_by_its_date() -> None:
    """60 MW of 2023 are in the base year; 70 MW of 2025 come on top of it."""
    old = site("old", status="operating", operating_mw=60.0, first_power_date="2023-05-01")
    new = site("new", status="operating", operating_mw=70.0, first_power_date="2025-05-01")
    question = case(old, new)
    native = demand.native(question, match.place(question))

    assert native.loc[("NORTH", "2027-summer"), "native_mw"] == pytest.approx(1070)


def test_it_megawatts_are_converted_at_the_stated_pue_and_flagged() -> None:
    """50 MW of IT at 1.3 are 65 MW of facility."""
    question = case(site("a", facility_mw=None, it_mw=50.0))
    asked = demand.steps(question, match.place(question))

    assert asked["mw"].tolist() == pytest.approx([65])
    assert asked["converted"].tolist() == [True]


def test_a_site_with_a_first_date_only_is_spread_over_the_ramp() -> None:
    """90 MW from mid-2027 over two years: 30 in 2027, 2028 and 2029."""
    question = case(
        site("a", facility_mw=90.0, full_power_date=None, first_power_date="2027-06-30")
    )
    asked = demand.steps(question, match.place(question))

    assert asked["mw"].tolist() == pytest.approx([30, 30, 30])
    assert asked["target_date"].dt.year.tolist() == [2027, 2028, 2029]
    assert set(asked["basis"]) == {"assumed ramp"}


def test_dated_steps_and_the_rest_add_up_to_the_site() -> None:
    """100 MW: 20 run, 30 are due in 2027, the other 50 at full power."""
    steps = (
        {
            "site": "a",
            "phase": "one",
            "facility_mw": 20,
            "target_date": "2024-06-01",
            "date_basis": "announced",
            "status": "operational",
        },
        {
            "site": "a",
            "phase": "two",
            "facility_mw": 30,
            "target_date": "2027-02-01",
            "date_basis": "announced",
            "status": "projected",
        },
    )
    question = case(site("a"), phases=steps)
    asked = demand.steps(question, match.place(question))

    assert sorted(asked["mw"]) == pytest.approx([30, 50])


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"status": "cancelled"}, "cancelled"),
        ({"status": "paused"}, "paused"),
        ({"state": "ELSEWHERE"}, "outside the grids loaded"),
        ({"facility_mw": None}, "no megawatts published"),
        ({"full_power_date": None}, "no date published"),
        ({"mw_quality": "ceiling"}, "megawatts only a ceiling, register or low-confidence figure"),
        ({"mw_quality": "register"}, "megawatts only a ceiling, register or low-confidence figure"),
        ({"confidence": "low"}, "megawatts only a ceiling, register or low-confidence figure"),
        ({"grid_connection": "islanded"}, "own plant without megawatts or date"),
        ({"full_power_date": "2045-01-01"}, "due after the horizon"),
    ],
)
def test_a_site_that_cannot_be_assessed_says_why(given: dict[str, object], reason: str) -> None:
    """One reason each; the site is listed, not dropped."""
    row = answer(planner.check(case(site("a", **given))), "a")

    assert (row["verdict"], row["reason"]) == ("not assessable", reason)


def test_the_expected_stance_takes_the_realised_share_and_the_delay() -> None:
    """100 MW announced: 50 MW, 200 days after 31 December 2027."""
    question = case(site("a", status="announced"), stance="expected")
    asked = demand.steps(question, match.place(question))

    assert asked["mw"].tolist() == pytest.approx([50])
    assert asked["target_date"].tolist() == [pd.Timestamp("2028-07-18")]


def test_the_committed_stance_keeps_construction_and_contracts() -> None:
    """Announced without a contract is left out."""
    sites = (
        site("a", status="announced"),
        site("b"),
        site("c", status="announced", mw_quality="contract_or_permit"),
    )
    question = case(*sites, stance="committed")
    asked = demand.steps(question, match.place(question))

    assert sorted(asked["site"]) == ["b", "c"]


def test_a_promise_that_has_passed_unconfirmed_is_late() -> None:
    """Due in June 2026, before the as-of date, and not reported powered."""
    row = answer(planner.check(case(site("a", full_power_date="2026-06-30"))), "a")

    assert (row["verdict"], row["cause"]) == ("late", "build")


def test_filters_report_a_part_and_let_all_compete() -> None:
    """The second site has what the first leaves, asked for alone or not."""
    from planner import pipeline

    plan = planner.check(case(site("a"), site("b", announced_on="2025-01-01")))
    part = pipeline.only(plan, {"b"})

    assert part.sites["site"].tolist() == ["b"]
    assert part.steps["served_mw"].tolist() == pytest.approx([(SPARE_NORTH + LINE) / HEAD - 100])


def test_the_order_of_rows_never_matters() -> None:
    """Every table turned upside down gives the same answer."""
    question = case(site("a"), site("b", facility_mw=70.0), site("c", state="SOUTH"))
    turned = question.but(
        **{
            name: getattr(question, name).iloc[::-1].reset_index(drop=True)
            for name in (
                "sites",
                "regions",
                "supply",
                "load",
                "links",
                "accreditation",
                "requirements",
            )
        }
    )

    pd.testing.assert_frame_equal(planner.check(question).sites, planner.check(turned).sites)


def test_bottlenecks_are_told_by_year_too() -> None:
    """150 / 1.1 = 136 of 200 MW in 2027; nothing is left for the 100 of 2028."""
    plan = planner.check(
        case(
            site("a", facility_mw=200.0, full_power_date="2027-03-01"),
            site("b", announced_on="2025-01-01", full_power_date="2028-03-01"),
        )
    )
    held = plan.by_year.set_index("year")["held_up_mw"]

    assert held[2027] == pytest.approx(200 - (SPARE_NORTH + LINE) / HEAD)
    assert held[2028] == pytest.approx(100)


def test_regions_and_sites_come_as_maps() -> None:
    """Every region of the United States has an outline in every period; sites are points."""
    plan = planner.check(planner.load_case("us", horizon_years=1))

    assert len(plan.region_map()) == 134 * 2
    assert plan.region_map().geometry.is_valid.all()
    assert plan.site_map().crs == "EPSG:4326"
