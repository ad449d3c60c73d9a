"""Charts: the tables by hand, the figures repeatable, the Vega-Lite dicts valid."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import drawn
import pytest
from tiny import site

from planner import charts, charts_interactive, maps, maps_page
from planner.errors import PlannerError

pytest.importorskip("matplotlib")

if TYPE_CHECKING:
    from planner.pipeline import Plan

NAMES = ("promised", "headroom", "stack", "slip", "causes")


@pytest.fixture(scope="module")
def simple(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return drawn.simple(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return drawn.hostile(tmp_path_factory.mktemp("tiny"))


def test_promised_counts_every_year_of_the_horizon(simple: Plan) -> None:
    """200 MW due from 2028 on; (100 + 50) / 1.1 = 136.4 MW powered."""
    rows = charts.promised_table(simple).set_index("year")

    assert rows["promised_gw"].tolist() == pytest.approx([0.0, 0.2, 0.2])
    assert rows["powered_gw"].tolist() == pytest.approx([0.0, 0.15 / 1.1, 0.15 / 1.1])


def test_headroom_starts_with_the_shortest_region(simple: Plan) -> None:
    """100 MW in NORTH, which has the sites, 110 MW in SOUTH."""
    rows = charts.headroom_table(simple)

    assert rows["region"].tolist() == ["NORTH"] * 3 + ["SOUTH"] * 3
    assert rows["headroom_gw"].tolist() == pytest.approx([0.1] * 3 + [0.11] * 3)


def test_the_stack_adds_up_to_supply_and_requirement(simple: Plan) -> None:
    """1200 MW of gas in NORTH against 1.1 x 1000 MW, and 200 MW of sites on top."""
    rows = charts.stack_table(simple, region="NORTH")
    later = rows[rows["year"] == 2028].set_index("family")["gw"]

    assert later["required"] == pytest.approx(1.1)
    assert later["promised"] == pytest.approx(0.2)
    assert later.drop(["required", "promised"]).sum() == pytest.approx(1.2)


def test_a_date_slips_from_its_period_to_the_earliest(simple: Plan) -> None:
    """Winter 2028 ends in March; the second campus is not full within three years."""
    rows = charts.slip_table(simple)

    assert rows["site"].tolist() == ["second"]
    assert rows["promised"].tolist() == [2028.25]
    assert rows["earliest"].isna().all()


def test_causes_add_up_to_what_is_late(simple: Plan) -> None:
    rows = charts.cause_table(simple)

    assert rows["gw"].sum() == pytest.approx(simple.steps["late_mw"].sum() / 1000)
    assert set(rows["pool"]) == {"POOL"}


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_the_same_each_time(simple: Plan, name: str) -> None:
    pictures = [maps.picture(getattr(charts, name)(simple), "svg") for _ in range(2)]

    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_are_drawn_without_complaint(hostile: Plan, name: str) -> None:
    """Warnings are errors here: a letter without a shape, or mathematics, would stop the test."""
    page = getattr(charts, name)(hostile)

    assert maps.picture(page).startswith(b"\x89PNG")
    assert b"<script" not in maps.picture(page, "svg")


@pytest.mark.parametrize("name", NAMES)
def test_a_dict_is_plain_json_and_is_drawn(simple: Plan, hostile: Plan, name: str) -> None:
    converter = pytest.importorskip("vl_convert")
    for plan in (simple, hostile):
        spec: dict[str, Any] = getattr(charts_interactive, name)(plan)
        same = json.loads(json.dumps(spec, allow_nan=False))
        picture = converter.vegalite_to_png(spec, vl_version=maps_page.VEGA_LITE)

        assert same == spec
        assert picture.startswith(b"\x89PNG")


def test_a_plan_without_late_sites_gives_empty_charts(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    plan = drawn.plan(tmp_path_factory.mktemp("tiny"), site("a", facility_mw=50.0))

    assert charts.slip_table(plan).empty
    for name in NAMES:
        assert maps.picture(getattr(charts, name)(plan)).startswith(b"\x89PNG")


# --- load and hours ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def curved(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Load falls by 2 % in 20 hours and by 6 % in 40; half of 50 flexible hours are 25."""
    drops = {0.0: 0.0, 20.0: 0.02, 40.0: 0.06, 100.0: 0.1, 500.0: 0.2}
    return drawn.plan(tmp_path_factory.mktemp("tiny"), site("a", facility_mw=50.0), drops=drops)


def test_load_duration_falls_by_the_drop(curved: Plan) -> None:
    """The pool peaks at 1000 MW in NORTH and 1000 MW in SOUTH: 6 % are 120 MW."""
    rows = charts.load_duration_table(curved, "POOL", "summer").set_index("hours")
    peak = curved.regions.groupby("period")["native_mw"].sum().max()

    assert rows["load_fraction"].tolist() == pytest.approx([1.0, 0.98, 0.94, 0.9, 0.8])
    assert rows.loc[40.0, "freed_gw"] == pytest.approx(0.06 * peak / 1000)


def test_half_of_the_flexible_hours_fall_in_a_season(curved: Plan) -> None:
    """25 h lie a quarter of the way from 20 h (2 %) to 40 h (6 %): 3 %."""
    found = charts.freed(curved, "POOL", "winter")

    assert found.hours == 25.0
    assert found.drop_fraction == pytest.approx(0.03)
    assert found.mw == pytest.approx(0.03 * found.peak_mw)


def test_the_title_names_drop_peak_and_what_they_free(curved: Plan) -> None:
    found = charts.freed(curved, "POOL", "summer")
    gigawatts, peak = f"{found.mw / 1000:.1f} GW", f"{found.peak_mw / 1000:.1f} GW"
    title = charts.freed_title(curved, "POOL", "summer")
    spec = charts_interactive.load_duration(curved, "POOL", "summer")
    page = charts.load_duration(curved, "POOL", "summer")

    assert title == (
        f"POOL, summer: 25 hours left out free {gigawatts} (3.0 % of {peak} at the peak of 2029)"
    )
    assert spec["title"]["text"] == title
    assert page.texts[0].get_text() == title


def test_load_duration_is_drawn_and_the_same_each_time(curved: Plan) -> None:
    converter = pytest.importorskip("vl_convert")
    pages = [charts.load_duration(curved, "POOL", "summer") for _ in range(2)]
    spec = charts_interactive.load_duration(curved, "POOL", "summer")
    pictures = [maps.picture(page, "svg") for page in pages]
    picture = converter.vegalite_to_png(spec, vl_version=maps_page.VEGA_LITE)

    assert pictures[0] == pictures[1]
    assert picture.startswith(b"\x89PNG")


@pytest.mark.parametrize("draw", [charts.load_duration, charts_interactive.load_duration])
@pytest.mark.parametrize(
    ("area", "season", "message"),
    [
        ("POLO", "summer", "area is 'POLO', which has no load-duration curve; did you mean POOL?"),
        ("NORTH", "summer", "area is 'NORTH', which has no load-duration curve; choose POOL."),
        ("POOL", "spring", "season is 'spring'; choose winter or summer."),
    ],
)
def test_an_area_without_a_curve_is_named(
    curved: Plan, draw: Any, area: str, season: str, message: str
) -> None:
    with pytest.raises(PlannerError) as raised:
        draw(curved, area, season)

    assert str(raised.value) == message


def test_without_hourly_load_it_is_said(simple: Plan) -> None:
    with pytest.raises(PlannerError) as raised:
        charts.load_duration_table(simple, "POOL", "summer")

    assert str(raised.value) == (
        "area is 'POOL', which has no load-duration curve; no grid that is loaded has hourly load."
    )
