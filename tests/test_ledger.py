"""The ledger: counting once, locating, lateness and its cost, and where each figure comes from."""

import dataclasses
from datetime import date
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import drawn
import numpy as np
import pandas as pd
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from typer.testing import CliRunner

import planner
from planner import cli_ledger, ledger_checks, ledger_facts, ledger_money, ledger_report
from planner import ledger as books
from planner.case import Case
from planner.demand import numbered
from planner.errors import DataError
from planner.ledger_overlap import Claims, counted_once, groups
from planner.pipeline import Plan

ROOT: Final = Path(__file__).resolve().parents[1]


def pairs(*words: str) -> frozenset[frozenset[str]]:
    return frozenset(frozenset(word) for word in words)


@cache
def case() -> Case:
    return planner.load_case()


@cache
def plan() -> Plan:
    """A plan in which every second step is powered on its date, and the others never."""
    return stub(case())


def stub(question: Case) -> Plan:
    """Answer without solving: steps in the order of the queue, on time and never by turns."""
    from planner import demand, match

    steps = demand.steps(question, match.place(question))
    numbers = numbered(question.periods)
    steps = steps[steps["target"] <= numbers.iloc[-1]].reset_index(drop=True)
    on_time = pd.Series(np.arange(len(steps)) % 2 == 0)
    steps["served_mw"] = steps["mw"].where(on_time, 0.0)
    steps["late_mw"] = steps["mw"] - steps["served_mw"]
    at = (steps["target"].clip(lower=numbers.iloc[0]) - numbers.iloc[0]).astype(int)
    steps["target_period"] = numbers.index[at]
    served = [
        {"step": row.step, "site": row.site, "period": period, "served_mw": float(row.served_mw)}
        for row in steps.itertuples()
        for period, number in numbers.items()
        if number >= row.target
    ]
    sites = question.sites[["site", "name", "country", "state", "status"]].assign(
        region=match.place(question).set_index("site")["region"].reindex(question.sites["site"])
        .to_numpy(), verdict="late", reason="", cause="supply", target_period="",
        earliest_period="",
    )  # fmt: skip
    regions = pd.DataFrame([
        {"region": region, "period": period, "headroom_mw": 100.0, "native_mw": 1000.0}
        for region in question.regions["region"] for period in question.periods["period"]
    ])  # fmt: skip
    empty = pd.DataFrame()
    return Plan(case=question, sites=sites, steps=steps, regions=regions, bottlenecks=empty,
                served=pd.DataFrame(served), flows=empty)  # fmt: skip


@cache
def ledger() -> books.Ledger:
    return books.build(plan())


# --- counting once -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "least", "most"),
    [
        # partial: the 4 lie in the 10 wholly, in part or not at all
        (Claims({"a": 10.0, "b": 4.0}, pairs("ab")), 10, 14),
        # nested: the 4 are in the 10
        (Claims({"a": 10.0, "b": 4.0}, within={"b": frozenset("a")}), 10, 10),
        # nested twice: 2 in 4 in 10
        (
            Claims(
                {"a": 10.0, "b": 4.0, "c": 2.0},
                within={"b": frozenset("a"), "c": frozenset("ab")},
            ),
            10,
            10,
        ),
        # chained: b is either a or c, and a and c are never the same
        (Claims({"a": 10.0, "b": 10.0, "c": 10.0}, pairs("ab", "bc")), 20, 30),
        # circular, three: all may be the same
        (Claims({"a": 10.0, "b": 10.0, "c": 10.0}, pairs("ab", "bc", "ca")), 10, 30),
        # circular, four: two and two
        (
            Claims(dict.fromkeys("abcd", 10.0), pairs("ab", "bc", "cd", "da")),
            20,
            40,
        ),
        # located: two places of 4 and 3 belong to the 10
        (Claims({"a": 10.0, "s": 4.0, "t": 3.0}, located={"a": frozenset("st")}), 10, 10),
        # two pledges of one place of 8: 10 are there, the 5 wholly in the place or partly
        (
            Claims(
                {"a": 10.0, "b": 5.0, "s": 8.0},
                located={"a": frozenset("s"), "b": frozenset("s")},
            ),
            10,
            10,
        ),
        # places larger than the pledge
        (Claims({"a": 7.0, "s": 9.0}, located={"a": frozenset("s")}), 9, 9),
    ],
)
def test_overlaps_resolve_as_worked_out_by_hand(claims: Claims, least: float, most: float) -> None:
    """Each case is small enough to be drawn on paper; the comment says why."""
    assert counted_once(claims) == pytest.approx((least, most))


def test_a_nested_pledge_larger_than_its_holder_counts_what_sticks_out() -> None:
    """12 "within" 10 can be no smaller than 12 together."""
    claims = Claims({"a": 10.0, "b": 12.0}, within={"b": frozenset("a")})

    assert counted_once(claims)[0] == pytest.approx(12)


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 12), min_size=2, max_size=5),
    chosen=st.lists(st.booleans(), min_size=10, max_size=10),
)
def test_the_range_is_that_of_a_linear_program(sizes: list[int], chosen: list[bool]) -> None:
    """An independent solver finds the same least and most total."""
    names = "abcde"[: len(sizes)]
    mw = dict(zip(names, map(float, sizes), strict=True))
    every = list(combinations(names, 2))
    shares = frozenset(frozenset(pair) for pair, take in zip(every, chosen, strict=False) if take)
    claims = Claims(mw, shares)
    ways = groups(sorted(mw), claims.pairs())
    equal = np.array([[float(name in way) for way in ways] for name in sorted(mw)])
    ends = [
        sign * linprog(sign * np.ones(len(ways)), A_eq=equal, b_eq=sorted_sizes(mw)).fun
        for sign in (1, -1)
    ]

    assert counted_once(claims) == pytest.approx(tuple(ends), abs=1e-6)


def sorted_sizes(mw: dict[str, float]) -> list[float]:
    return [mw[name] for name in sorted(mw)]


def test_places_that_contradict_each_other_are_refused() -> None:
    """The whole of b lies in a, the place of b lies outside a: nothing fits."""
    claims = Claims(
        {"a": 10.0, "b": 5.0, "s": 5.0},
        within={"b": frozenset("a")},
        located={"b": frozenset("s")},
    )

    with pytest.raises(DataError, match="the named places of the pledges contradict each other"):
        counted_once(claims)


def test_the_total_lies_between_the_largest_pledge_and_the_sum() -> None:
    """Law: counting once takes away, never adds, and never less than the largest."""
    rows = ledger().programs

    assert (rows["once_low_mw"] <= rows["once_high_mw"] + 1e-6).all()
    assert (rows["once_high_mw"] <= rows["pledged_sum_mw"] + 1e-6).all()
    assert (rows["unplaced_high_mw"] <= rows["once_high_mw"] + 1e-6).all()


def test_stargate_is_ten_gigawatts_and_nearly_all_are_located() -> None:
    """10 + 4.5 + 7 GW lie in each other; seven US sites of 9,773 MW, with PORTS 14,023."""
    row = ledger().programs.set_index("program").loc["stargate"]

    assert row["pledged_sum_mw"] == pytest.approx(21_500)
    assert (row["once_low_mw"], row["once_high_mw"]) == pytest.approx((10_000, 10_000))
    assert row["located_low_mw"] == pytest.approx(1180 + 1960 + 2450 + 1200 + 300 + 1300 + 1383)
    assert row["located_high_mw"] == pytest.approx(9773 + 4250)
    assert (row["unplaced_low_mw"], row["unplaced_high_mw"]) == pytest.approx((0, 227))


def test_openai_is_at_least_its_chips_and_at_most_chips_and_places() -> None:
    """Chips 10 + 6 + 10 + 0.75; places 10 + 4.25 + 0.5: 26.75 to 41.5 GW."""
    row = ledger().programs.set_index("program").loc["openai"]

    assert row["once_low_mw"] == pytest.approx(26_750)
    assert row["once_high_mw"] == pytest.approx(26_750 + 14_750)


def test_an_it_pledge_is_multiplied_by_the_pue_and_says_so() -> None:
    """1 GW of IT in India is 1.3 GW of facility; compute stays unless it is asked for."""
    rows = ledger().pledges.set_index("pledge")
    facts = ledger().facts
    asked = ledger_facts.LedgerAssumptions(compute_is_it=True)
    other = ledger_facts.loads(facts, case(), asked).set_index("pledge")

    assert rows.loc["google_india_15bn", "mw"] == pytest.approx(1300)
    assert rows.loc["google_india_15bn", "converted"]
    assert rows.loc["openai_nvidia_10gw", "mw"] == pytest.approx(10_000)
    assert other.loc["openai_nvidia_10gw", "mw"] == pytest.approx(13_000)


def test_money_energy_queues_and_sums_are_listed_and_not_added() -> None:
    """81 rows: 26 pledges that stand, 55 others, among them one dropped."""
    assert len(ledger().pledges) == 26
    assert len(ledger().listed) == 55
    assert {"ercot_438gw", "openai_total", "openai_norway"} <= set(ledger().listed["pledge"])


def test_states_add_up_to_the_published_totals_of_sites() -> None:
    """293.2 GW in the US and 66.1 in Texas, IT not converted; 374 in all."""
    rows = ledger().places
    texas = rows[(rows["country"] == "US") & (rows["state"] == "TX")]["stated_mw"].iloc[0]
    us = rows.loc[rows["country"] == "US", "stated_mw"].sum()

    assert texas == pytest.approx(66_100, abs=100)
    assert us == pytest.approx(293_200, rel=0.01)
    assert rows["stated_mw"].sum() == pytest.approx(374_000, rel=0.02)


@pytest.mark.parametrize(
    ("words", "company", "sure", "limit"),
    [
        ("Oracle; OpenAI", "Oracle", True, np.nan),
        ("Microsoft; OpenAI (likely)", "OpenAI", False, np.nan),
        ("Microsoft (letter of intent, 1.35 GW)", "Microsoft", False, 1350.0),
        ("unattributed (press links ByteDance; Oracle)", "Oracle", False, np.nan),
        ("Fluidstack (Anthropic)", "Anthropic", True, np.nan),
    ],
)
def test_a_tenant_is_sure_only_where_it_is_named_without_doubt(
    words: str, company: str, *, sure: bool, limit: float
) -> None:
    """Words of the register, as they stand."""
    found = ledger_facts._tenancy(words, company)  # noqa: SLF001 - the rule itself

    assert found is not None
    assert found[0] is sure
    assert found[1] == pytest.approx(limit, nan_ok=True)


# --- lateness and money --------------------------------------------------------------------------


def test_the_wait_is_megawatt_years_over_late_megawatts() -> None:
    """100 MW due in the first of four half-years, 50 from the third: 100 + 100 + 50 + 50 over 2."""
    steps = pd.DataFrame([
        {"step": "s#1", "site": "s", "mw": 100.0, "served_mw": 0.0, "late_mw": 100.0, "target": 1.0}
    ])  # fmt: skip
    served = pd.DataFrame([
        {"step": "s#1", "period": period, "served_mw": mw}
        for period, mw in (("p1", 0.0), ("p2", 0.0), ("p3", 50.0), ("p4", 50.0))
    ])  # fmt: skip
    row = ledger_money.lateness(steps, served, {"p1": 1, "p2": 2, "p3": 3, "p4": 4}).iloc[0]

    assert row["late_mw_years"] == pytest.approx(150)
    assert row["wait_years"] == pytest.approx(1.5)
    assert row["open_ended"]


def test_a_gigawatt_costs_35_to_55_billion() -> None:
    """35 all-in of Bernstein; 35 of chips and 20 of building and power at the upper end."""
    rows = ledger().costs.set_index("part")
    chips = 35 * 3.4 / 5.9

    assert rows.loc["whole", "low_usd_bn_per_gw"] == pytest.approx(35)
    assert rows.loc["whole", "high_usd_bn_per_gw"] == pytest.approx(55)
    assert rows.loc["chips", "low_usd_bn_per_gw"] == pytest.approx(chips)
    assert rows.loc["power", "low_usd_bn_per_gw"] == pytest.approx(3.5)


@pytest.mark.parametrize(
    ("budget", "word", "low", "high"),
    [
        (np.nan, "no published budget", 35 * 2.5 / 5.9, 55),
        (12.0, "budget without chips", 12, 12 + 35),
        (50.0, "budget with chips", 35 * 2.5 / 5.9, 55),
        (70.0, "budget is a ceiling", 35 * 2.5 / 5.9, 70),
    ],
)
def test_a_published_budget_bounds_the_capital_that_waits(
    budget: float, word: str, low: float, high: float
) -> None:
    """One gigawatt, all of it late: the ends are those of the table in docs/ledger-method.md."""
    sites = pd.DataFrame([
        {"site": "s", "name": "S", "stated_mw": 1000.0, "capex_usd_bn": budget}
    ])  # fmt: skip
    late = pd.DataFrame([
        {"site": "s", "late_mw": 1000.0, "wait_years": 2.0, "open_ended": False}
    ])  # fmt: skip
    row = ledger_money.capital(ledger().facts, ledger().assumptions, sites, late).iloc[0]

    assert row["budget"] == word
    assert (row["waiting_low"], row["waiting_high"]) == pytest.approx((low, high))
    assert row["depreciation_low"] == pytest.approx(35 * 3.4 / 5.9 * 2 / 4)
    assert row["depreciation_high"] == pytest.approx(35 * 2 / 3)


def test_interest_is_the_published_spread_over_the_reference_rate() -> None:
    """3.703 % + 2.5 points = 6.203 % in Texas; 6.4 % all-in is the upper end. Meta pays 6.58 %."""
    rates = ledger_money.interest_rates(ledger().facts)

    assert rates.loc["us-tx-stargate-shackelford", "low"] == pytest.approx(0.06203)
    assert rates.loc["us-tx-stargate-shackelford", "high"] == pytest.approx(0.064)
    assert rates.loc["us-la-meta-hyperion", "low"] == pytest.approx(0.0658)
    assert ledger_money.default_rates(ledger().facts)[:2] == pytest.approx((0.06203, 0.105))


def test_named_facilities_appear_by_name() -> None:
    """Texas, Wisconsin, Hyperion, India, Abilene and xAI, with borrower and lenders."""
    rows = ledger().facilities.set_index("financing")
    named = ["vantage_texas_23_25", "vantage_wisconsin_14_75", "hyperion_27", "google_india_15",
             "abilene_7_1", "xai_colossus2_valor"]  # fmt: skip

    assert set(named) <= set(rows.index)
    assert rows.loc["vantage_texas_23_25", "borrower"] == "Vantage Data Centers"
    assert "JPMorgan" in str(rows.loc["vantage_texas_23_25", "lender"])
    assert rows.loc["hyperion_27", "tenant"] == "Meta"


def test_debt_concentrates_on_few_borrowers() -> None:
    """Vantage owes 23.25 + 14.75 = 38; JPMorgan is named in five facilities of 60.4."""
    rows = ledger().concentration.set_index(["role", "party"])

    assert rows.loc[("borrower", "Vantage Data Centers"), "high"] == pytest.approx(38)
    lender: Any = rows.loc[("lender", "JPMorgan")]
    assert (lender["facilities"], lender["low"]) == (5, pytest.approx(2.3))
    assert lender["high"] == pytest.approx(23.25 + 14.75 + 2.3 + 7.1 + 13)


def test_estimates_of_money_are_ranges() -> None:
    """Capital, depreciation and interest have two ends; published amounts have one."""
    rows = ledger().capital

    for word in ("waiting", "depreciation", "interest"):
        assert (rows[f"{word}_low"] < rows[f"{word}_high"]).all(), word


def test_without_remedies_there_is_no_figure_for_powering() -> None:
    """100 MW at 1,000 USD/kW, 40 of them for native load alone: 0.06 to 0.1; a quarter is P's."""
    built = pd.DataFrame([
        {"remedy": "gas_ct", "kind": "plant", "region": "N", "mw": 100.0, "native_mw": 40.0,
         "usd_per_mw": 1e6},
    ])  # fmt: skip
    late = pd.DataFrame([
        {"region": "N", "program": "all", "late_mw": 80.0},
        {"region": "N", "program": "p", "late_mw": 20.0},
    ])  # fmt: skip
    rows = ledger_money.powering(built, late).set_index("program")

    assert ledger().powering.empty
    assert "no figure" in ledger_report.screen(ledger())
    assert rows.loc["all", "mw"] == pytest.approx(100)
    assert rows.loc["all", "capex_usd_bn_low"] == pytest.approx(0.06)
    assert rows.loc["all", "capex_usd_bn_high"] == pytest.approx(0.1)
    assert rows.loc["p", "capex_usd_bn_high"] == pytest.approx(0.1 / 4)
    behind = books.trace(ledger(), str(rows.loc["p", "rows"])).set_index("row")
    assert behind["publisher"].notna().any()
    assert (behind.loc[behind["publisher"].isna(), "source"] == "plan").all()


def test_remedies_shorten_the_least_wait() -> None:
    """100 MW late for four years; with remedies they miss two half-years: one year."""
    late = pd.DataFrame([
        {"site": "s", "late_mw": 100.0, "wait_years": 4.0, "open_ended": True}
    ])  # fmt: skip
    ramps = pd.DataFrame([
        {"site": "s", "period": period, "promised_mw": 100.0, "with_remedies_mw": mw}
        for period, mw in (("p1", 0.0), ("p2", 0.0), ("p3", 100.0))
    ])  # fmt: skip

    assert ledger_money.sooner(late, ramps)["least_years"].iloc[0] == pytest.approx(1)
    assert ledger_money.sooner(late, None)["least_years"].isna().all()


# --- equivalents and checks ----------------------------------------------------------------------


def test_a_gigawatt_is_four_to_eight_terawatt_hours() -> None:
    """8.76 TWh at a load factor of 0.50 to 0.90; a site of 100 MW is 41 to 74 thousand homes."""
    facts = ledger().facts

    assert ledger_checks.energy(1000, facts) == pytest.approx((4.38, 7.884))
    assert ledger_checks.site_households(100, facts) == pytest.approx((40_877, 73_579), abs=1)
    low, high = ledger_checks.households_mw(100_000, facts)
    assert (low, high) == pytest.approx((135.9, 244.6), abs=0.1)


def test_checks_name_the_published_ranges() -> None:
    """325 to 580 TWh in 2028, 521 to 843 in 2030, 13.6 GW in India, 3.8 GW in twelve months."""
    rows = ledger().checks
    ends = set(zip(rows["published_low"], rows["published_high"], strict=True))

    assert {(325.0, 580.0), (521.0, 843.0), (13.6, 13.6), (3.8, 3.8)} <= ends


def test_every_claim_is_judged() -> None:
    """The contradictions that the reference itself names are found."""
    rows = ledger().claims.set_index("claim")

    assert set(rows["verdict"]) == {"confirmed", "reproduced", "contradicted"}
    for name in ("001-oracle-payer", "002-400-in-2024", "001-total-1500", "001-hyperion-apollo"):
        assert rows.loc[name, "verdict"] == "contradicted", name
    for name in ("001-stargate-gw", "001-texas", "002-lbnl-2028", "001-amazon-gw"):
        assert rows.loc[name, "verdict"] == "confirmed", name


def test_the_page_is_up_to_date() -> None:
    """`planner ledger --pledges-only --page` writes docs/ledger.md."""
    page = ledger_report.page(books.reconcile(case()))

    assert (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8") == page


# --- where figures come from ---------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in books.TABLES if name != "powering"])
def test_every_number_traces_to_rows_with_a_document(name: str) -> None:
    """Each row of each table names rows; each of those is a fact with a listed document."""
    found = ledger()
    rows = getattr(found, name)
    assert len(rows)
    listed = set(found.facts.sources["source"]) | set(found.case.sources["source"])
    documents = listed | {"plan", "assumption"}
    seen: dict[str, str] = {}
    for cell in rows["rows"]:
        assert cell, f"{name}: a row without facts"
        for part in cell.split(";"):
            if part not in seen:
                seen[part] = books.trace(found, part)["source"].iloc[0]
            assert seen[part] in documents, f"{name}: {part}"


def test_a_figure_can_be_followed_to_its_documents() -> None:
    """The cell `rows` of Stargate leads to OpenAI's announcement."""
    row = ledger().programs.set_index("program").loc["stargate"]
    told = books.trace(ledger(), str(row["rows"]))

    assert "openai-2025-01-21" in set(told["source"])
    assert told.loc[told["source"] == "openai-2025-01-21", "publisher"].iloc[0] == "OpenAI"


def test_an_earlier_day_knows_fewer_pledges() -> None:
    """On 1 February 2025 there is Stargate alone: ten gigawatts, none of them located then."""
    early = books.reconcile(planner.load_case(as_of=pd.Timestamp("2025-02-01").date()))
    row = early.programs.set_index("program").loc["all"]

    assert (row["pledges"], row["pledged_sum_mw"]) == (1, pytest.approx(10_000))


# --- output --------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", [None, "stargate", "openai", "meta", "all"])
def test_the_screen_fits_a_hundred_columns(program: str | None) -> None:
    """Money is in USD billion and power in GW; no line is longer than 100 signs."""
    text = ledger_report.screen(ledger(), program)

    assert max(map(len, text.splitlines())) <= 100
    assert "…" not in text
    assert "Pledged, located, without a place (GW)" in text


def test_a_site_is_told_in_a_few_lines() -> None:
    """For `why`, the briefing and the map: claims, capital, lenders."""
    lines = books.site_lines(ledger(), "us-tx-stargate-shackelford")

    assert lines[0].startswith("Claimed by 7 pledges: openai_oracle_4_5gw, stargate_500bn")
    assert any("USD 23.25 bn" in line for line in lines)


def test_a_site_is_told_in_one_line() -> None:
    """For a tooltip: what waits, who claims it by name, and how many perhaps do."""
    (line,) = books.site_notes(ledger(), ["us-tx-stargate-shackelford"]).values()

    assert line.endswith(
        "claimed by openai_oracle_4_5gw, stargate_500bn, stargate_7gw_sites, perhaps 4 more"
    )


def test_a_list_without_a_site_of_a_program_is_answered(tmp_path: Path) -> None:
    """A user's own sites: no program has a place, and the late one has capital that waits."""
    found = books.told(drawn.simple(tmp_path))

    assert found is not None
    assert found.sites.empty
    assert found.programs["located_high_mw"].sum() == 0
    assert found.capital["site"].tolist() == ["second"]


def test_before_the_first_pledge_there_is_no_ledger(tmp_path: Path) -> None:
    early = drawn.simple(tmp_path)
    day = dataclasses.replace(early.case.assumptions, as_of=date(2015, 1, 1))
    early = dataclasses.replace(early, case=early.case.but(assumptions=day))

    assert books.told(early) is None
    with pytest.raises(DataError) as raised:
        books.build(early)
    assert str(raised.value) == "pledges: none was known on 2015-01-01; ask for a later day."


def test_the_remainder_is_spread_over_regions_with_headroom() -> None:
    """227 MW of Stargate in equal parts, as every region of this plan has the same headroom."""
    placed = books.place_remainder(plan(), ledger(), "stargate")
    added = placed.sites[placed.sites["site"].str.startswith("remainder-")]

    assert added["facility_mw"].sum() == pytest.approx(227)
    assert added["facility_mw"].max() == pytest.approx(added["facility_mw"].min())
    assert len(placed.sites) == len(case().sites) + len(added)


@cache
def app() -> typer.Typer:
    """A command line with this one command; the callback keeps its name."""
    made = typer.Typer(rich_markup_mode=None)
    made.command("ledger")(cli_ledger.ledger)
    made.callback()(lambda: None)
    return made


def test_the_command_prints_a_table_as_csv() -> None:
    """26 pledges of load and a header; no plan is needed for it."""
    done = CliRunner().invoke(
        app(), ["ledger", "--pledges-only", "--table", "pledges", "--format", "csv"]
    )

    assert done.exit_code == 0, done.output
    assert len(done.output.strip().splitlines()) == 26 + 1


def test_an_unknown_program_is_refused_with_the_known_ones() -> None:
    """Exit code 2; the message lists what there is."""
    done = CliRunner().invoke(app(), ["ledger", "--pledges-only", "--program", "stargat"])

    assert done.exit_code == 2
    assert "--program is 'stargat'; choose one of amazon, anthropic" in done.output
