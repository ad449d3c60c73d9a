"""The tables on remedies: figures against their sources, nothing counted twice, all accredited."""

from pathlib import Path
from typing import Final

import pandas as pd
import pytest

from planner import schema
from planner.sources import __main__ as rebuild
from planner.sources import countries, remedies, write

ROOT: Final = Path(__file__).resolve().parents[1]
GRIDS: Final = ROOT / "grids"
REFERENCE: Final = ROOT.parent / "shared" / "reference"
QUEUE: Final = "lbnl-queue-counties-2024"
needs_reference = pytest.mark.skipif(not REFERENCE.is_dir(), reason="the reference is not here")


def read(pack: str, name: str) -> pd.DataFrame:
    """Read a table of a pack; empty text is empty, not unknown."""
    table = pd.read_csv(GRIDS / pack / f"{name}.csv")
    texts = [column for column in ("name", "technology", "limit_group") if column in table]
    return table.assign(**{column: table[column].fillna("") for column in texts})


def of_us() -> pd.DataFrame:
    """Return the remedies of the US by id."""
    rows = read("common", "remedies")
    return rows[rows["grid"] == "us"].set_index("remedy")


def drops(area: str, season: str) -> pd.Series:
    """Return the drop of load by hours left out."""
    rows = read("us", "load_duration")
    return rows[(rows["area"] == area) & (rows["season"] == season)].set_index("hours")[
        "drop_fraction"
    ]


# --- remedies ------------------------------------------------------------------------------------


def test_new_gas_plant_takes_five_years_and_costs_twice_the_laboratorys_figure() -> None:
    """NextEra in March 2025: 2,400 USD/kW; makers in 2026: five years, seven without a slot."""
    gas = of_us().loc["gas_cc"]

    assert gas["lead_months"] == 60
    assert gas["lead_months_high"] == 84
    assert gas["capex_usd_per_kw"] == 2400
    assert gas["accredited_fraction"] != gas["accredited_fraction"]  # the pools rate it


def test_money_of_2022_is_a_tenth_more_in_dollars_of_2025() -> None:
    """CPI-U 321.943 / 292.655 = 1.1001; solar of 2026 at 1,267.18 USD/kW becomes 1,394.0."""
    assert remedies.deflated(1267.18, 2022) == pytest.approx(1267.18 * 321.943 / 292.655)
    assert of_us().loc["solar_pv", "capex_usd_per_kw"] == 1394.0
    assert (read("common", "remedies")["dollar_year"] == 2025).all()


def test_eight_hours_of_battery_cost_the_power_and_twice_the_energy_of_four() -> None:
    """ATB for 2030: 317.38 + 4 x 245.69 and 317.38 + 8 x 245.69 USD/kW of 2022, x 1.1001."""
    rows = of_us()["capex_usd_per_kw"]

    assert rows["battery_4h"] == pytest.approx((317.38 + 4 * 245.69) * 1.10008, abs=0.1)
    assert rows["battery_8h"] == pytest.approx((317.38 + 8 * 245.69) * 1.10008, abs=0.1)


def test_a_project_with_an_agreement_is_there_before_a_new_request() -> None:
    """Construction alone against the whole way through the queue."""
    rows = of_us()["lead_months"]
    pairs = [name for name in rows.index if f"{name}_queue" in rows.index]

    assert pairs == ["battery_4h", "gas_cc", "gas_ct", "solar_pv", "wind_onshore"]
    assert all(rows[f"{name}_queue"] < rows[name] for name in pairs)


def test_lead_times_are_in_order() -> None:
    """Shortest, central, longest."""
    rows = read("common", "remedies")

    assert (rows["lead_months_low"] <= rows["lead_months"]).all()
    assert (rows["lead_months"] <= rows["lead_months_high"]).all()


def test_only_decided_projects_have_no_lead_time_and_they_are_named_with_a_year() -> None:
    """Their year is that of the candidate."""
    rows = read("common", "remedies")
    quick = set(rows.loc[rows["lead_months"] == 0, "remedy"])
    named = pd.concat([read("us", "candidates"), read("us", "line_candidates")])
    named = named[named["remedy"].isin(quick)]

    assert all(name.endswith("_decided") for name in quick)
    assert set(named["remedy"]) == quick
    assert (named["name"] != "").all()
    assert named["first_year"].notna().all()


def test_every_limit_group_of_a_remedy_has_a_limit_unless_nothing_of_it_can_be_built() -> None:
    """Solar in India counts for nothing in the evening and has no candidate."""
    rows = read("common", "remedies")
    limits = read("common", "build_limits")
    asked = set(zip(rows["limit_group"], rows["grid"], strict=True))
    asked = {pair for pair in asked if pair[0]}
    given = set(zip(limits["limit_group"], limits["grid"], strict=True))

    assert asked - given == {("solar", "india")}
    assert given <= asked


def test_turbines_for_the_us_are_its_share_of_the_worlds() -> None:
    """65 GW a year x (14 + 8) / 65.4 GW of awards = 21.9 GW; none without a slot before 2031."""
    limits = read("common", "build_limits").set_index(["limit_group", "grid", "scope"])
    row = limits.loc[("gas_turbine", "us", "grid")]

    assert row["mw_per_year"] == pytest.approx(65_000 * 22 / 65.4, abs=50)
    assert row["first_year"] == 2031


def test_a_region_takes_no_larger_part_of_a_limit_than_the_largest_of_the_queue() -> None:
    """Southern California has 20.5 % of the batteries with an agreement: 4.1 of 20 GW."""
    limits = read("common", "build_limits").set_index(["limit_group", "grid", "scope"])

    assert limits.loc[("battery", "us", "region"), "mw_per_year"] == pytest.approx(4_110, abs=10)
    for group in ("battery", "gas_turbine", "solar", "wind"):
        part, whole = (limits.loc[(group, "us", x), "mw_per_year"] for x in ("region", "grid"))
        assert 0.05 * whole < part < 0.25 * whole


# --- candidates ----------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", ["us", "india"])
def test_every_candidate_is_accredited_in_its_pool_or_by_itself(pack: str) -> None:
    """A share of the pool for the technology, else a share of the remedy."""
    rows = read("common", "remedies")
    rows = rows[rows["grid"] == pack].set_index("remedy")
    pools = read(pack, "regions").set_index("region")["pool"]
    shares = read(pack, "accreditation")
    known = set(zip(shares["pool"], shares["technology"], shares["season"], strict=True))
    for row in read(pack, "candidates").itertuples():
        remedy = rows.loc[row.remedy]
        if remedy["accredited_fraction"] != remedy["accredited_fraction"]:
            for season in ("summer", "winter"):
                assert (pools[row.region], remedy["technology"], season) in known


@pytest.mark.parametrize("pack", ["us", "india"])
def test_every_candidate_is_a_remedy_of_its_grid(pack: str) -> None:
    """The kinds fit as well: lines between regions, the rest in them."""
    rows = read("common", "remedies")
    kinds = rows[rows["grid"].isin([pack, "any"])].set_index("remedy")["kind"]

    assert set(read(pack, "candidates")["remedy"].map(kinds)) <= {"plant", "demand"}
    if pack == "us":
        assert set(read(pack, "line_candidates")["remedy"].map(kinds)) == {"line"}


@needs_reference
def test_the_queue_of_the_reference_has_170_gw_of_agreements_in_2050() -> None:
    """Berkeley Lab by county: 170,221 MW executed of 2,050,245 MW active."""
    rows = pd.read_csv(REFERENCE / "us_grid" / "generation_queue_by_zone.csv")

    assert rows["mw_ia_executed"].sum() == pytest.approx(170_221, abs=1)
    assert rows["mw_active_all"].sum() == pytest.approx(2_050_245, abs=1)


@needs_reference
def test_what_was_asked_without_an_agreement_is_all_there() -> None:
    """Each request once, whatever it is divided into.

    Solar 975,376 - 91,322, wind 237,034 - 21,822, gas 145,682 - 10,829, batteries 630,017 -
    43,984 MW.
    """
    rows = read("us", "candidates")
    rows = rows[(rows["source"] == QUEUE) & ~rows["remedy"].str.endswith("_queue")]
    mw = rows.groupby("remedy")["potential_mw"].sum()

    assert mw["solar_pv"] == pytest.approx(884_054, abs=1)
    assert mw["wind_onshore"] == pytest.approx(215_212, abs=1)
    assert mw["gas_cc"] + mw["gas_ct"] == pytest.approx(134_853, abs=1)
    assert mw["battery_4h"] + mw["battery_8h"] == pytest.approx(586_032, abs=2)


def test_plant_of_the_unit_list_is_not_counted_again_as_queue() -> None:
    """Solar: 91.3 GW with agreements at the end of 2024; 51.1 GW came or are built since then."""
    rows = read("us", "candidates")
    left = rows[rows["remedy"] == "solar_pv_queue"].set_index("region")["potential_mw"]
    supply = read("us", "supply")
    since = supply[(supply["online_year"] >= 2025) & (supply["technology"] == "solar_pv")]

    assert since["nameplate_mw"].sum() == pytest.approx(51_135, abs=5)
    assert 91_322 - 51_135 <= left.sum() <= 91_322 - 0.7 * 51_135


def test_shares_that_are_completed_are_those_of_berkeley_lab() -> None:
    """Requests of 2000 to 2018 by technology; all technologies for nuclear."""
    rows = read("us", "candidates").groupby("remedy")["completion_fraction"].agg(set)

    assert rows[["battery_4h", "battery_8h"]].tolist() == [{0.11}, {0.11}]
    assert rows[["gas_cc", "gas_ct"]].tolist() == [{0.31}, {0.31}]
    assert rows[["solar_pv", "wind_onshore", "nuclear_smr"]].tolist() == [{0.13}, {0.2}, {0.14}]


def test_pjms_first_cycle_is_spread_over_pjm_and_adds_up() -> None:
    """106 GW of gas, 67 of storage, 17 nuclear, 15 solar, 5 wind; hybrids (9 GW) are left out."""
    rows = read("us", "candidates")
    rows = rows[rows["name"] == "PJM Cycle 1"]
    pools = read("us", "regions").set_index("region")["pool"]
    mw = rows.groupby("remedy")["potential_mw"].sum()

    assert set(rows["region"].map(pools)) == {"PJM"}
    assert mw["gas_cc"] + mw["gas_ct"] == pytest.approx(106_000, abs=1)
    assert mw["battery_4h"] + mw["battery_8h"] == pytest.approx(67_000, abs=1)
    assert rows["potential_mw"].sum() == pytest.approx(210_000, abs=1)


@pytest.mark.parametrize("pack", ["us", "india"])
def test_a_named_project_is_one_that_the_pack_lists_as_planned_and_does_not_count(
    pack: str,
) -> None:
    """Planned plant is not firm supply; what is under construction is no candidate.

    Planned reactors of India are left out: their cost is not known.
    """
    named = read(pack, "candidates")
    named = named[(named["name"] != "") & (named["name"] != "PJM Cycle 1")]
    supply = read(pack, "supply")
    supply = supply[(supply["status"] == "planned") & (supply["name"] != "")]
    if pack == "india":
        supply = supply[supply["technology"] != "nuclear"]

    assert set(named["name"]) == set(supply["name"])
    assert named["potential_mw"].sum() == pytest.approx(supply["nameplate_mw"].sum())


def test_demand_response_tops_up_to_a_tenth_of_the_peak() -> None:
    """ERCOT has 3.3 GW of its own; a pool without a figure is taken to have 5 %."""
    rows = read("us", "candidates")
    rows = rows[rows["remedy"] == "demand_response"].set_index("region")["potential_mw"]
    load = read("us", "load")
    load = load[(load["year"] == 2026) & (load["season"] == "summer")]
    load = load[load["scenario"] == "derived"].sort_values("known_on")
    peak = load.drop_duplicates("region", keep="last").set_index("region")["peak_mw"]
    pools = read("us", "regions").set_index("region")["pool"]
    texas = pools[pools == "ERCOT"].index

    assert rows.reindex(texas).sum() == pytest.approx(0.1 * peak[texas].sum() - 3_300, abs=1)
    assert rows["SERTP-DEC"] == pytest.approx(0.05 * peak["SERTP-DEC"], abs=1)
    assert 35_000 < rows.sum() < 45_000


def test_awarded_coal_and_batteries_of_india_add_up_to_the_ministrys_figures() -> None:
    """22,920 MW of contracts; 15,829 MW of batteries less 1,126 MW of Khavda."""
    mw = read("india", "candidates").groupby("remedy")["potential_mw"].sum()

    assert mw["coal"] == pytest.approx(22_920, abs=1)
    assert mw["battery_4h"] == pytest.approx(15_829 - 1_126, abs=1)
    assert mw["pumped_storage"] == 8_200


# --- lines ---------------------------------------------------------------------------------------


def test_a_new_line_adds_half_of_its_thermal_rating() -> None:
    """Puget to Bonneville: 500 kV, 2,598 MW, 1,174.23 million USD of 2024 / 1,299 MW."""
    rows = read("us", "line_candidates").set_index(["from_region", "to_region", "remedy"])
    row = rows.loc[("WA-PUGET", "WA-BPA", "new_line")]

    assert row["added_mw"] == 1299
    dollars = 1_174.23e6 * 321.943 / 313.689
    assert row["capex_usd_per_kw"] == pytest.approx(dollars / 1_299_000, abs=0.01)


def test_reconductoring_adds_half_and_dynamic_rating_a_tenth_of_what_is_there() -> None:
    """The low gains: terminals and parallel lines bind, and the peak is hot and calm."""
    rows = read("us", "line_candidates").pivot_table(
        index=["from_region", "to_region"], columns="remedy", values="added_mw", aggfunc="sum"
    )
    both = rows[["reconductoring", "dynamic_line_rating"]].dropna()

    assert len(both) == 294
    assert both["reconductoring"].to_numpy() == pytest.approx(
        5 * both["dynamic_line_rating"].to_numpy(), abs=0.01
    )


def test_lines_that_count_as_firm_are_no_candidates() -> None:
    """The pack has 42 planned lines, which it does not count; 21 under construction count."""
    links = read("us", "links")
    rows = read("us", "line_candidates")
    names = rows.loc[rows["remedy"] == "line_decided", "name"]

    assert sorted(names) == sorted(links.loc[links["status"] == "planned", "name"])
    assert len(names) == 42


def test_every_line_candidate_has_a_cost() -> None:
    """None is free: without a candidate line of its pair it takes the median."""
    rows = read("us", "line_candidates")

    assert (rows["capex_usd_per_kw"] > 0).all()


# --- multipliers and hours -----------------------------------------------------------------------


def test_every_region_has_a_multiplier_for_every_class_of_a_remedy() -> None:
    """134 regions and five classes; building costs more in California than in Florida."""
    rows = read("us", "capex_multipliers")
    classes = set(of_us()["capex_class"].dropna())
    table = rows.pivot_table(index="region", columns="capex_class", values="multiplier")

    assert table.shape == (134, 5)
    assert not table.isna().any().any()
    assert classes <= set(table.columns)
    assert table.loc["CAISO-SCE", "gas_cc_fuel_cell"] == pytest.approx(1.154, abs=0.001)


def test_load_falls_as_hours_are_left_out() -> None:
    """Zero at the peak, never rising, for 15 pools and 134 regions in both seasons."""
    rows = read("us", "load_duration")
    table = rows.pivot_table(index=["area", "season"], columns="hours", values="drop_fraction")

    assert table.shape == (2 * (15 + 134), 17)
    assert (table[0] == 0).all()
    assert (table.diff(axis=1).iloc[:, 1:] >= 0).all().all()


def test_the_winter_peak_of_ercot_is_sharper_than_its_summer_peak() -> None:
    """The cold of January 2024: without 50 hours a tenth less, in summer 3 % less."""
    assert drops("ERCOT", "winter")[50] == pytest.approx(0.115, abs=0.001)
    assert drops("ERCOT", "summer")[50] == pytest.approx(0.030, abs=0.001)
    assert drops("PJM", "summer")[50] == pytest.approx(0.056, abs=0.001)


# --- files ---------------------------------------------------------------------------------------


def test_every_document_of_grids_common_is_cited_and_none_is_missing() -> None:
    """Remedies, build limits, realisation and uncertainty, and the outlines of countries."""
    names = ("remedies", "build_limits", "realisation", "uncertainty")
    cited = {key for name in names for key in read("common", name)["source"]} | {countries.SOURCE}

    assert cited == set(read("common", "sources")["source"])


@needs_reference
def test_a_rebuild_of_grids_common_gives_the_same_files() -> None:
    """No table of remedies is edited by hand."""
    for name, frame in rebuild.tables("common", REFERENCE).items():
        text = (GRIDS / "common" / f"{name}.csv").read_text("utf-8")
        assert write.as_csv(frame, schema.ALL_TABLES[name]) == text
