"""PJM in the summer of 2027 against its capacity auction, and what holds back Dominion."""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import planner
from planner import demand, horizon, limits, match, pipeline, supply

if TYPE_CHECKING:
    import pandas as pd

    from planner.case import Case

ROOT: Final = Path(__file__).resolve().parents[1]
SUMMER: Final = "2027-summer"
# PJM, 2027/2028 Base Residual Auction results, 17 December 2025: requirement less procured [MW].
AUCTION_SURPLUS_MW: Final = -6_623
EVE_OF_AUCTION: Final = date(2025, 12, 16)
NEAR_MW: Final = 3_000


@cache
def question(as_of: date | None = None) -> Case:
    return planner.load_case("us", as_of=as_of) if as_of else planner.load_case("us")


@cache
def balance(as_of: date | None = None) -> dict[str, float]:
    """Return supply, firm imports, forecast and requirement of PJM [MW]."""
    case = question(as_of)
    here = set(case.regions.loc[case.regions["pool"] == "PJM", "region"])
    firm = supply.accredited(case.but(supply=case.supply[case.supply["region"].isin(here)]))
    joint = limits.joint(case).set_index(["limit", "period"])["limit_mw"]
    load = demand.native(case, match.place(case)).xs(SUMMER, level="period")
    load = load[load.index.isin(here)]
    return {
        "supply": float(firm.xs(SUMMER, level="period").sum()),
        "imports": float(joint["IMPORT-PJM", SUMMER]),
        "forecast": float(load["forecast_mw"].sum()),
        "required": float((load["forecast_mw"] * (1 + load["reserve_margin"])).sum()),
    }


def surplus_mw(as_of: date | None = None) -> float:
    """Supply and firm imports less the requirement."""
    found = balance(as_of)
    return found["supply"] + found["imports"] - found["required"]


@cache
def plan() -> planner.Plan:
    return planner.check(question())


def asked_of(case: Case) -> tuple[Case, pd.DataFrame, pd.DataFrame]:
    placed = match.place(case)
    return case, demand.steps(case, placed), demand.native(case, placed)


def flow_into(region: str, flows: pd.DataFrame) -> float:
    """Net flow over all links into a region in the summer of 2027."""
    flows = flows[flows["period"] == SUMMER]
    into = flows.loc[flows["to_region"] == region, "flow_mw"].sum()
    return float(into - flows.loc[flows["from_region"] == region, "flow_mw"].sum())


def limit_mw(name: str) -> float:
    joint = limits.joint(question())
    here = (joint["limit"] == name) & (joint["period"] == SUMMER)
    return float(joint.loc[here, "limit_mw"].iloc[0])


def regions() -> pd.DataFrame:
    table = plan().regions
    return table[table["period"] == SUMMER].set_index("region")


def test_pjm_is_as_short_as_its_auction_found_on_what_was_known_that_day() -> None:
    """144.4 GW by class ratings + 1.3 firm imports - 0.926 x 165.0 GW = -7.1 GW, not -6.6.

    PJM's own forecast of January 2025, with its own growth of datacenters; the zones with its
    label, which hold LG&E and KU and lack Indiana Michigan Power.
    """
    assert surplus_mw(EVE_OF_AUCTION) == pytest.approx(AUCTION_SURPLUS_MW, abs=NEAR_MW)


def test_the_requirement_is_that_of_the_auction() -> None:
    """Procured 145,777 MW and 6,623 short: 152,400 MW; the zones of the label need 152.8 GW."""
    assert balance(EVE_OF_AUCTION)["required"] == pytest.approx(152_400, rel=0.01)
    assert balance(EVE_OF_AUCTION)["supply"] == pytest.approx(145_777, rel=0.02)


def test_the_newer_forecast_asks_for_less_and_pjm_is_still_short() -> None:
    """The forecast of 2026 is 4.0 GW lower for 2027, and plant put off retiring adds 1.0 GW."""
    before, after = balance(EVE_OF_AUCTION), balance()

    assert before["forecast"] - after["forecast"] == pytest.approx(4_025, abs=100)
    assert surplus_mw(EVE_OF_AUCTION) < surplus_mw() < 0


def test_the_result_of_the_auction_is_no_input() -> None:
    """Neither 6,623 nor the restated 6,516 MW stand in a table that is read, or in the code.

    The record of what was published when holds it with its day; `tests/test_validation.py` shows
    that no question of that day or before reads it.
    """
    figure = re.compile(r"(?<![\d.])(6[,_]?623|6[,_]?516|6\.623|6\.516)(?![\d.])")
    tables = [
        path
        for path in sorted((ROOT / "grids").rglob("*.csv"))
        if path.stem != "published" and path.parent.name != "record"
    ]
    code = sorted((ROOT / "planner").rglob("*.py"))

    assert [path.name for path in (*tables, *code) if figure.search(path.read_text("utf-8"))] == []


def test_published_totals_are_read_by_no_computation() -> None:
    """`published.csv` keeps the auction's result for comparison; code names it only as a table."""
    reads = re.compile(r"(?<!ask)\.published\b|\[\"published\"\]")
    code = sorted((ROOT / "planner").glob("*.py"))

    assert [path.name for path in code if reads.search(path.read_text("utf-8"))] == []


def needed_mw() -> pd.Series:
    """Imports that each region of PJM needs on the whole official forecast [MW]."""
    table = regions().query("pool == 'PJM'")
    margin = table["requirement_mw"] / table["native_mw"]
    return margin * table["forecast_mw"] - table["supply_mw"]


def test_dominion_needs_more_imports_than_its_limit_lets_in() -> None:
    """0.926 x 26,952 MW of PJM's forecast less 16,715 of its own: 8.2 GW, and 6,598 MW may enter.

    PJM itself has 6,802 MW as the objective of the same year, above its limit too.
    """
    assert limit_mw("CETL-DOM") == pytest.approx(6_598)
    assert needed_mw()["PJM-DOM"] == pytest.approx(8_243, abs=300)
    assert needed_mw().idxmax() == "PJM-DOM"


def test_the_supply_of_pjm_binds_before_the_import_limit_of_dominion() -> None:
    """PJM imports all it may, datacenters of its forecast wait, and Dominion's limit has room."""
    table = regions().query("pool == 'PJM'")
    waiting = table["unnamed_asked_mw"] - table["unnamed_mw"]

    assert waiting.sum() > 1_000
    assert table["net_import_mw"].sum() == pytest.approx(limit_mw("IMPORT-PJM"), abs=1e-3)
    assert flow_into("PJM-DOM", plan().flows) <= limit_mw("CETL-DOM") + 1e-3


def test_the_import_limit_of_dominion_binds_behind_the_supply_of_pjm() -> None:
    """With 50 GW more in the east of Pennsylvania, all of the 6,598 MW are used and load waits."""
    (terms,) = pipeline.gather(*asked_of(question()))
    more = terms.supply.copy()
    more.loc["PJM-PAEAST"] += 50_000
    rich = dataclasses.replace(terms, supply=more, periods=terms.periods.iloc[:2])
    solution = horizon.solve(rich, diagnose=False)
    table = solution.regions.set_index(["region", "period"])
    waiting = table["unnamed_asked_mw"] - table["unnamed_mw"]

    assert flow_into("PJM-DOM", solution.flows) == pytest.approx(limit_mw("CETL-DOM"), abs=1e-3)
    assert waiting["PJM-DOM", SUMMER] > 1


def test_a_new_request_in_northern_virginia_waits_up_to_seven_years(tmp_path: Path) -> None:
    """Loudoun County, asked on 30 June 2025: 84 months later is June 2032, summer 2032."""
    file = tmp_path / "sites.csv"
    file.write_text(
        "site,name,country,county_fips,facility_mw,mw_quality,full_power_date,announced_on\n"
        "new,New,US,51107,300,announced,2028-12-31,2025-06-30\n",
        encoding="utf-8",
    )
    case = planner.load_case("us", file)
    asked = demand.steps(case, match.place(case)).iloc[0]

    assert (asked["region"], asked["pocket"]) == ("PJM-DOM", "US-NOVA")
    assert asked["rule"] == "lead_time:US-NOVA:2024-09-04"
    assert asked["ready"] == 2 * 2032 + 1


def test_named_sites_of_northern_virginia_lie_in_its_pocket() -> None:
    """Loudoun, Fairfax and Prince William hold named sites, and delivery there is tested."""
    sites = plan().steps[plan().steps["pocket"] == "US-NOVA"]

    assert len(sites) > 0
    assert sites["delivery_tested"].all()
