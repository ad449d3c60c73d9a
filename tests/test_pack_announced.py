"""The pack of announced sites: its totals, its steps, its documents and its dates."""

import importlib
from pathlib import Path
from typing import Final

import pandas as pd
import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
PACK: Final = ROOT / "sites" / "announced"
REFERENCE: Final = ROOT.parent / "shared" / "reference"
NOT_COMING: Final = ("paused", "cancelled")
BASE_CASE: Final = ("contract_or_permit", "estimate", "announced")
FACTS: Final = ("sites", "phases", "onsite", "revisions")


def read(name: str) -> pd.DataFrame:
    """Read a table of the pack; codes with leading zeros stay text."""
    return pd.read_csv(PACK / f"{name}.csv", dtype={"county_fips": "str"})


def active() -> pd.DataFrame:
    """Return sites neither paused nor cancelled; `mw` is IT only where nothing else is known."""
    sites = read("sites")
    sites["mw"] = sites["facility_mw"].fillna(sites["it_mw"])
    return sites[~sites["status"].isin(NOT_COMING)]


def test_every_load_row_of_the_register_is_a_site() -> None:
    """The source lists 502 rows, one of which is a plant: 501 sites in 33 countries."""
    sites = read("sites")

    assert len(sites) == 501
    assert sites["site"].is_unique
    assert sites["country"].nunique() == 33


def test_the_states_of_the_sites_are_those_counted_by_the_source() -> None:
    """Paused sum to 13.0 GW and cancelled to 20.4 GW; the counts are of rows."""
    sites = read("sites")
    mw = sites["facility_mw"].fillna(sites["it_mw"]).groupby(sites["status"]).sum()

    assert sites["status"].value_counts().to_dict() == {
        "announced": 174,
        "under_construction": 139,
        "permitted": 53,
        "partially_operating": 52,
        "operating": 43,
        "cancelled": 27,
        "paused": 13,
    }
    assert mw.loc["paused"] == pytest.approx(13_000, abs=50)
    assert mw.loc["cancelled"] == pytest.approx(20_400, abs=50)


def test_active_sites_add_up_to_the_published_totals() -> None:
    """374 GW in all, 293.2 GW in 343 US rows, 13.9 GW in 16 Indian rows, 18.5 GW operating."""
    sites = active()
    us, india = (sites.loc[sites["country"] == code, "mw"] for code in ("US", "IN"))

    assert sites["mw"].sum() == pytest.approx(373_827, abs=50)
    assert (len(us), len(india)) == (343, 16)
    assert us.sum() == pytest.approx(293_172, abs=50)
    assert india.sum() == pytest.approx(13_903, abs=5)
    assert sites["operating_mw"].sum() == pytest.approx(18_455, abs=5)


@pytest.mark.parametrize(
    ("quality", "rows", "gw"),
    [
        ("ceiling", 51, 139.9),
        ("register", 171, 111.6),
        ("announced", 88, 53.3),
        ("estimate", 74, 38.7),
        ("contract_or_permit", 21, 21.7),
        ("derived", 4, 8.7),
    ],
)
def test_each_class_of_megawatts_adds_up(quality: str, rows: int, gw: float) -> None:
    """Rows and gigawatts of active sites by quality, as the source counts them."""
    sites = active()
    mw = sites.loc[sites["mw_quality"] == quality, "mw"]

    assert (len(mw), round(mw.sum() / 1000, 1)) == (rows, gw)


def test_the_base_case_is_about_101_gigawatts() -> None:
    """Contract, estimate and announced are 113.6 GW; without low confidence 63.4 + 37.3 = 100.7."""
    sites = active()
    stated = sites[sites["mw_quality"].isin(BASE_CASE)]

    assert stated["mw"].sum() == pytest.approx(113_645, abs=5)
    assert stated.query("confidence != 'low'")["mw"].sum() == pytest.approx(100_718, abs=5)


def test_it_and_facility_megawatts_are_never_mixed() -> None:
    """21 active sites state IT only, 59 sites nothing; where both stand, IT is the smaller."""
    sites = read("sites")
    both = sites.dropna(subset=["it_mw", "facility_mw"])
    unknown = sites["it_mw"].isna() & sites["facility_mw"].isna()

    assert (active()["facility_mw"].isna() & active()["it_mw"].notna()).sum() == 21
    assert unknown.sum() == 59
    assert sites.loc[unknown, "mw_quality"].isna().all()
    assert (both["it_mw"] < both["facility_mw"]).all()


def test_own_plant_and_islands_hold_105_gigawatts() -> None:
    """37 active rows, 105.3 GW, are on their own plant or islanded, at least at first."""
    apart = active().query("grid_connection != 'grid'")["mw"]

    assert (len(apart), round(apart.sum() / 1000, 1)) == (37, 105.3)


@pytest.mark.parametrize(
    ("site", "facility_mw", "it_mw"),
    [
        ("us-tx-stargate-abilene", 1180, 843),
        ("us-wi-microsoft-fairwater-mount-pleasant", 2715, 2263),
        ("us-in-aws-new-carlisle-rainier", 2310, 1925),
        ("us-nm-stargate-project-jupiter", 2450, 1750),
        ("us-tn-xai-colossus-1", 425, 340),
    ],
)
def test_observed_steps_add_up_to_the_last_total(
    site: str, facility_mw: float, it_mw: float
) -> None:
    """Epoch AI's last running totals, which the steps must reach (August and September 2026)."""
    phases = read("phases")
    steps = phases[phases["site"] == site]

    assert steps["facility_mw"].sum() == pytest.approx(facility_mw)
    assert steps["it_mw"].sum() == pytest.approx(it_mw)


def test_a_total_that_fell_back_counts_only_as_far_as_it_lasted() -> None:
    """Colossus 1: 45, 181, 361, 442, 348, 442, 425 MW lasts as 45, 181, 348, 348, 348, 425, 425."""
    steps = read("phases").query("site == 'us-tn-xai-colossus-1'").sort_values("target_date")

    assert steps["facility_mw"].tolist() == [45, 136, 167, 0, 0, 77, 0]
    assert steps["note"].notna().sum() == 3


def test_no_step_is_negative_and_no_site_is_smaller_than_its_steps() -> None:
    """A step adds megawatts; the steps of a site are at most the site."""
    phases = read("phases")
    total = phases.groupby("site")["facility_mw"].sum()
    sites = read("sites").set_index("site")["facility_mw"].dropna()
    both = total.index.intersection(sites.index)

    assert (phases[["facility_mw", "it_mw"]].min() >= 0).all()
    assert (total[both] <= sites[both] + 1).all()


def test_steps_say_whose_date_they_carry() -> None:
    """207 of 295 steps are Epoch AI's, and all of those are estimates."""
    phases = read("phases")
    observed = phases["source"].str.startswith("epoch-")

    assert (len(phases), int(observed.sum())) == (295, 207)
    assert (phases["date_basis"].eq("estimate") == observed).all()


def test_a_step_that_was_not_met_is_not_counted_as_sure() -> None:
    """Matador's first gigawatt by the end of 2026 stopped with construction in February 2026."""
    step = read("phases").query("site == 'us-tx-fermi-matador'").iloc[0]

    assert (step["status"], step["confidence"]) == ("announced", "low")
    assert "construction paused" in step["note"]


def test_plant_of_the_grid_never_counts_as_plant_of_the_site() -> None:
    """Utility-owned plant, power purchase and virtual supply are the grid's."""
    onsite = read("onsite")
    grids = onsite["note"].str.match(r"grid-connected \((?:utility|virtual|front)", na=False)

    assert set(onsite.loc[grids, "connection"]) == {"grid"}
    assert onsite["connection"].value_counts().to_dict() == {
        "behind_the_meter": 28,
        "grid": 27,
        "islanded": 16,
    }


def test_technologies_of_plant_are_in_the_one_vocabulary() -> None:
    """Fuel cells, small reactors and engines are named as on every grid."""
    onsite = read("onsite").set_index(["site", "name"])["technology"]

    assert set(onsite) <= {
        "battery", "fuel_cell_gas", "gas", "gas_cc", "gas_ct", "gas_engine", "geothermal",
        "hybrid", "nuclear", "nuclear_smr", "other", "solar_pv", "wind_onshore",
    }  # fmt: skip
    assert onsite["us-nm-stargate-project-jupiter", "fuel cell (Bloom)"] == "fuel_cell_gas"


@pytest.mark.parametrize("name", FACTS)
def test_every_document_is_listed(name: str) -> None:
    """A source of a row is a key of sources.csv."""
    assert set(read(name)["source"]) <= set(read("sources")["source"])


def test_every_listed_document_is_cited() -> None:
    """A document is the source of a row or a site's second one, named in its note."""
    cited = {key for name in FACTS for key in read(name)["source"]}
    second = set(read("sites")["note"].str.extract(r"also: (\S+)\.(?:\s|$)")[0].dropna())

    assert set(read("sources")["source"]) == cited | second


@pytest.mark.parametrize("name", FACTS)
def test_nothing_is_known_later_than_the_last_reading(name: str) -> None:
    """The material ends in September 2026; a fact dated 2026 alone is not put at its end."""
    assert read(name)["known_on"].max() <= "2026-09-30"


def test_no_site_is_known_before_it_was_announced_or_observed() -> None:
    """Rows carry their latest evidence, so it follows announcement and observation."""
    sites = read("sites")
    dated = sites.dropna(subset=["announced_on"])
    observed = sites.dropna(subset=["operating_on"])

    assert (dated["known_on"] >= dated["announced_on"]).all()
    assert (observed["known_on"] >= observed["operating_on"]).all()


def test_no_step_is_known_to_operate_before_its_date() -> None:
    """An operating step dated after the snapshot that lists it was known on its own date."""
    steps = read("phases").query("status == 'operational'")

    assert (steps["known_on"] >= steps["target_date"]).all()


@pytest.mark.parametrize("name", ["phases", "onsite", "revisions"])
def test_steps_plant_and_revisions_belong_to_a_site(name: str) -> None:
    """No row is left of a site that is not in the pack."""
    assert set(read(name)["site"]) <= set(read("sites")["site"])


def test_a_us_site_lies_in_a_county_of_its_state() -> None:
    """Five digits, the same first two within a state."""
    sites = read("sites").query("country == 'US'")

    assert sites["county_fips"].str.fullmatch(r"\d{5}").all()
    pairs = set(zip(sites["state"], sites["county_fips"].str[:2], strict=True))
    assert len(pairs) == sites["state"].nunique()


def test_passed_dates_without_confirmation_are_remarked() -> None:
    """14 sites were to have first power by September 2026, and nothing says that they have."""
    assert read("sites")["note"].str.contains("has passed and is not confirmed").sum() == 14


@pytest.mark.skipif(
    not REFERENCE.is_dir(), reason="the reference tables are not beside the checkout"
)
def test_the_pack_is_what_its_builder_writes(tmp_path: Path) -> None:
    """Rebuilt from the reference, every table is the same to the byte."""
    announced = importlib.import_module("planner.sources.announced")
    write = importlib.import_module("planner.sources.write")

    write.tables(announced.tables(REFERENCE), tmp_path)

    for path in sorted(PACK.glob("*.csv")):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name
