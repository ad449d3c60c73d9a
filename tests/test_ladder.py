"""The rungs of the ladder, causes and remedies by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pulp
import pytest
from tiny import candidate, case, frames, lead_time, peak, plant, remedy, site

from planner import horizon, ladder

HEAD = 1.1
PLAIN = (100 + 50) / HEAD


def climbed(*sites: dict[str, Any], **given: Any) -> tuple[ladder.Ladder, pd.Series]:
    """The ladder of a question, and the row of its first site."""
    found = ladder.climb(case(*sites, **given))
    return found, found.sites.set_index("site").loc[sites[0]["site"]]


def test_what_stands_is_the_first_rung() -> None:
    """100 of 136 MW: nothing needs to be decided."""
    _, row = climbed(site("a"))

    assert row["verdict"] == "on time"


def test_a_site_that_gives_way_is_on_time_if_flexible() -> None:
    """150 MW lack 13.6 x 1.1 = 15 MW; leaving out 25 hours lowers 1900 MW of load by 5 %."""
    found, row = climbed(site("a", facility_mw=150.0), drops={0: 0.0, 25: 0.05})
    flexible = found.flexible.set_index("period").loc["2028-winter"]

    assert row["verdict"] == "on time if flexible"
    assert flexible["give_mw"] == pytest.approx(150 * HEAD - 150, abs=1e-3)
    assert flexible["hours"] == pytest.approx(25 * (15 / (1900 * HEAD)) / 0.05, rel=1e-3)
    assert flexible["mwh"] == pytest.approx(flexible["hours"] * 15 / 2, rel=1e-2)


def test_the_load_duration_curve_decides_how_far_flexible_operation_reaches() -> None:
    """A flat curve drops by 0.1 % in 25 hours: 2.1 MW are not 15."""
    _, row = climbed(site("a", facility_mw=150.0), drops={0: 0.0, 25: 0.001})

    assert row["verdict"] == "not before the horizon"


def test_a_plant_in_time_makes_it_on_time_with_remedies_at_its_cost() -> None:
    """200 MW need 220 of requirement, 150 are there: 70 MW for 1000 USD/kW, from November 2027."""
    found, row = climbed(
        site("a", facility_mw=200.0),
        remedies=(remedy("turbine"),),
        candidates=(candidate("turbine"),),
    )
    built = found.built.iloc[0]

    assert row["verdict"] == "on time with remedies"
    assert built["mw"] == pytest.approx(200 * HEAD - 150, abs=1e-3)
    assert (built["option"], built["start"]) == ("turbine@NORTH", "2028-winter")
    assert built["usd"] == pytest.approx(70 * 1e6, rel=1e-4)
    assert built["usd_yr"] == pytest.approx(70e6 * 0.08 / (1 - 1.08**-20), rel=1e-4)


def test_the_cheaper_remedy_is_taken() -> None:
    """70 MW at 500 USD/kW, not at 1000."""
    found, _ = climbed(
        site("a", facility_mw=200.0),
        remedies=(remedy("dear"), remedy("cheap", capex_usd_per_kw=500)),
        candidates=(candidate("dear"), candidate("cheap")),
    )

    assert found.built["option"].tolist() == ["cheap@NORTH"]


def test_a_longer_lead_time_makes_it_late_by_as_much() -> None:
    """24 months from 22 November 2026 are 22 November 2028: winter 2029, and that date."""
    _, row = climbed(
        site("a", facility_mw=200.0),
        remedies=(remedy("turbine", lead_months=24),),
        candidates=(candidate("turbine"),),
    )

    assert (row["verdict"], row["earliest_period"]) == ("late", "2029-winter")
    assert row["earliest_date"] == pd.Timestamp("2028-11-22")


def test_a_yearly_limit_makes_it_late_and_lifting_it_does_not() -> None:
    """20 MW a year from 2028: 10 in winter 2028, 70 in summer 2031, past the horizon of 3 years."""
    limit = frames(20)
    found, row = climbed(
        site("a", facility_mw=200.0),
        remedies=(remedy("turbine", limit_group="frames"),),
        candidates=(candidate("turbine"),),
        limits=(limit,),
    )

    assert row["verdict"] == "not before the horizon"
    assert found.steps["remedies_mw"].iloc[0] == pytest.approx((150 + 10) / HEAD, abs=1e-3)
    assert found.steps["unlimited_mw"].iloc[0] == pytest.approx(200, abs=1e-3)


def test_a_line_brings_what_the_neighbour_has() -> None:
    """SOUTH has 110 MW, the line 50; 200 MW need 220: 100 own, 110 over the line, 10 are short."""
    line = {"from_region": "NORTH", "to_region": "SOUTH", "remedy": "line", "added_mw": 300}
    found, row = climbed(
        site("a", facility_mw=180.0), remedies=(remedy("line", "line"),), lines=(line,)
    )

    assert row["verdict"] == "on time with remedies"
    assert found.built["mw"].iloc[0] == pytest.approx(180 * HEAD - 150, abs=1e-3)


def test_own_engines_serve_before_the_connection() -> None:
    """Connected in 2029 by the rule, powered by its own engines from winter 2028."""
    rule = lead_time(60)
    found, row = climbed(
        site("a", status="announced"), remedies=(remedy("engine", "onsite"),), connection=(rule,)
    )

    assert row["verdict"] == "on time with remedies"
    assert found.built.loc[0, ["option", "site"]].tolist() == ["engine@a", "a"]


def test_a_retirement_can_be_put_off() -> None:
    """120 MW leave in 2028; 10 of 130 MW of requirement lack then, from the plant put off."""
    plants = (
        plant("NORTH", 1080),
        plant("SOUTH", 1100),
        plant("NORTH", 120, retirement_year=2028, retirement_basis="scheduled"),
    )
    found, row = climbed(
        site("a"),
        supply=plants,
        remedies=(remedy("put_off", "retirement", capex_usd_per_kw=0, fixed_usd_per_kw_yr=40),),
    )

    assert row["verdict"] == "on time with remedies"
    assert found.built["option"].tolist() == ["put_off@NORTH/gas_cc-2028"]


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({"facility_mw": 170.0}, "import"),
        ({"facility_mw": 300.0, "link_mw": 900.0}, "supply"),
        ({"rule": True, "status": "announced"}, "connection"),
        ({"room": 60}, "delivery"),
        ({"grid_connection": "islanded", "plant_mw": 80}, "onsite"),
    ],
)
def test_the_binding_limit_is_named_and_lifting_it_changes_the_answer(
    given: dict[str, Any], cause: str
) -> None:
    """Each site is held back by one limit; its lift frees megawatts, that of another does not."""
    given = dict(given)
    extra: dict[str, Any] = {}
    if given.pop("rule", False):
        extra["connection"] = (lead_time(120),)
    if "room" in given:
        extra["delivery"] = tuple(
            {
                "pocket": "CITY",
                "quantity": "import_limit",
                "year": 2025,
                "season": season,
                "mw": given["room"],
            }
            for season in ("winter", "summer")
        )
        del given["room"]
        given |= {"lat": 45.0, "lon": 0.0}
    if "plant_mw" in given:
        extra["onsite"] = (
            {
                "site": "a",
                "name": "plant",
                "technology": "gas_cc",
                "mw": given.pop("plant_mw"),
                "online_date": "2026-01-01",
                "connection": "islanded",
            },
        )
    if "link_mw" in given:
        extra["link_mw"] = given.pop("link_mw")
    _, row = climbed(site("a", **given), **extra)

    assert row["cause"] == cause
    assert row["freed_mw"] > 1
    assert row["next_cause"] in {"", "supply", "import", "build"} - {cause}


def test_the_limit_behind_the_first_is_named() -> None:
    """300 MW: the connection first, then the system of 190.9 MW over the line of 50."""
    rule = lead_time(120)
    _, row = climbed(site("a", status="announced", facility_mw=300.0), connection=(rule,))

    assert (row["cause"], row["next_cause"]) == ("connection", "import")
    assert row["freed_mw"] == pytest.approx(PLAIN, abs=1e-2)


def test_remedies_never_serve_less_than_none() -> None:
    """Step by step and period by period."""
    sites = [
        site(f"s{n}", facility_mw=60.0 + 10 * n, full_power_date=f"20{27 + n % 3}-06-30")
        for n in range(5)
    ]
    found, _ = climbed(
        *sites,
        remedies=(remedy("turbine", lead_months=18),),
        candidates=(candidate("turbine", mw=90),),
    )
    ramps = found.ramps.groupby("period")[["powered_mw", "with_remedies_mw"]].sum()

    assert (ramps["with_remedies_mw"] >= ramps["powered_mw"] - 1e-3).all()


def test_remedies_are_ranked_by_what_they_bring_for_a_dollar() -> None:
    """The same plant at half the price is twice as good; one that comes later brings less."""
    found, _ = climbed(
        site("a", facility_mw=250.0),
        remedies=(
            remedy("dear"),
            remedy("cheap", capex_usd_per_kw=500),
            remedy("slow", capex_usd_per_kw=500, lead_months=30),
        ),
        candidates=(candidate("dear"), candidate("cheap"), candidate("slow")),
    )
    table = found.ranking.set_index("remedy")
    value = table["mw_months_per_million_usd"]

    assert table.index[0] in {"cheap", "slow"}
    assert value["cheap"] == pytest.approx(2 * value["dear"], rel=1e-6)
    assert table.loc["slow", "mw_months"] < table.loc["cheap", "mw_months"]


def test_costs_add_up_to_the_reported_total() -> None:
    """Each option is megawatts times its price, to a dollar."""
    found, _ = climbed(
        site("a", facility_mw=200.0),
        remedies=(remedy("turbine"),),
        candidates=(candidate("turbine"),),
        load=(*peak("NORTH", 1010), *peak("SOUTH", 900)),
    )
    built = found.built

    assert built["usd"].sum() == pytest.approx((built["mw"] * built["usd_per_mw"]).sum(), abs=1)


def test_demand_response_frees_megawatts() -> None:
    """70 MW of other load give way; nothing is invested, 85 USD/kW-yr are paid."""
    found, row = climbed(
        site("a", facility_mw=200.0),
        remedies=(remedy("response", "demand", capex_usd_per_kw=0, fixed_usd_per_kw_yr=85),),
        candidates=(candidate("response"),),
    )

    assert row["verdict"] == "on time with remedies"
    assert found.built["usd_yr"].sum() == pytest.approx(70 * 85e3, rel=1e-4)


def test_the_price_is_what_one_more_megawatt_costs() -> None:
    """A turbine of 1000 USD/kW over 20 years at 8 %: 101,852 USD a year for each megawatt."""
    _, row = climbed(
        site("a", facility_mw=200.0),
        remedies=(remedy("turbine"),),
        candidates=(candidate("turbine"),),
    )

    assert row["price_usd_per_mw_yr"] == pytest.approx(1e6 * 0.08 / (1 - 1.08**-20), rel=1e-6)


def test_behind_a_short_system_stand_the_remedies_that_come_too_late() -> None:
    """A wide line: the system is short; 20 MW a year of 136 are what the yearly limit lets in."""
    limit = frames(20)
    _, row = climbed(
        site("a", facility_mw=300.0),
        link_mw=900.0,
        limits=(limit,),
        remedies=(remedy("turbine", limit_group="frames"),),
        candidates=(candidate("turbine"),),
    )

    assert (row["cause"], row["next_cause"]) == ("supply", "build")
    assert row["next_mw"] == pytest.approx(300 - (210 + 10) / HEAD, abs=1e-2)


@pytest.mark.parametrize("months", [6, 12, 18, 24, 30])
def test_a_longer_lead_time_never_makes_a_date_earlier(months: int) -> None:
    """Six months more, the same site."""
    rows = [
        climbed(
            site("a", facility_mw=200.0),
            remedies=(remedy("turbine", lead_months=lead),),
            candidates=(candidate("turbine"),),
        )[1]
        for lead in (months, months + 6)
    ]
    dates = [
        row["earliest_date"] if pd.notna(row["earliest_date"]) else pd.Timestamp.max for row in rows
    ]

    assert dates[0] <= dates[1]


def test_no_site_loses_a_megawatt_to_another_that_remedies_power_earlier() -> None:
    """Remedies power `late` on its date in 2027; `due` keeps what it gets without them."""
    sites = (
        site("late", facility_mw=250.0, full_power_date="2027-03-01", announced_on="2025-01-01"),
        site("due", facility_mw=100.0, full_power_date="2028-06-30", announced_on="2023-01-01"),
    )
    found, _ = climbed(
        *sites,
        remedies=(remedy("turbine", lead_months=6),),
        candidates=(candidate("turbine", mw=60),),
    )
    ramps = found.ramps

    assert (ramps["with_remedies_mw"] >= ramps["powered_mw"] - 1e-3).all()


def test_causes_needs_and_ranking_share_one_pass_with_the_given_solver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Four runs, native load alone, and one more pass: six, each with the solver that was given."""
    solver = pulp.HiGHS(msg=False, threads=1)
    seen: list[object] = []
    windows = horizon.windows

    def counted(*terms: Any, **given: Any) -> Any:
        seen.append(given.get("solver"))
        return windows(*terms, **given)

    monkeypatch.setattr(horizon, "windows", counted)
    late = site("a", facility_mw=400.0)
    found = ladder.climb(
        case(late, remedies=(remedy("ct"),), candidates=(candidate("ct"),)),
        solver=solver,
    )

    assert seen == [solver] * 6
    assert set(found.needs["option"]) == {"ct@NORTH"}
    assert set(found.ranking["option"]) == {"ct@NORTH"}
    assert found.sites["cause"].iloc[0] == "import"


def test_of_remedies_that_cost_the_same_the_sites_own_region_comes_first() -> None:
    """100 MW are missing; NORTH and SOUTH offer them at one price, and the line has 50 to give."""
    offers = (candidate("ct", "SOUTH"), candidate("ct", "NORTH"))
    found, _ = climbed(site("a", facility_mw=240.0), remedies=(remedy("ct"),), candidates=offers)

    assert set(found.needs["option"]) == {"ct@NORTH"}
