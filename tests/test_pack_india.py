"""The Indian pack: its totals against published figures, and the traps of its sources."""

import re
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from planner.sources import __main__ as rebuild
from planner.sources import write

ROOT: Final = Path(__file__).resolve().parents[1]
PACK: Final = ROOT / "grids" / "india"
REFERENCE: Final = ROOT.parent / "shared" / "reference"
SEASONS: Final = ("summer", "winter")
GRIDS: Final = {"IN-NR", "IN-WR", "IN-SR", "IN-ER", "IN-NER"}
BASIS: Final = "availability_at_evening_peak"


def read(name: str, folder: Path = PACK) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv")


def existing() -> pd.DataFrame:
    supply = read("supply")
    return supply[supply["status"] == "existing"]


def evening(scenario: str, year: int, season: str) -> pd.Series:
    """Load of the mainland states."""
    load = read("load").merge(read("regions")[["region", "pool"]], on="region")
    rows = load[
        (load["scenario"] == scenario) & (load["year"] == year) & (load["season"] == season)
    ]
    return rows[rows["pool"] == "IN"].set_index("region")["peak_mw"]


def accredited(year: int, season: str) -> pd.Series:
    """Accredited firm plant of the mainland, by region; a year counts from the winter after it."""
    supply = read("supply").merge(read("regions")[["region", "pool"]], on="region")
    there = (supply["status"] == "existing") | (
        (supply["status"] == "under_construction") & (supply["online_year"] < year)
    )
    shares = read("accreditation")
    shares = shares[shares["season"] == season]
    rows = supply[there & (supply["pool"] == "IN")].merge(shares, on=["pool", "technology"])
    return (rows[f"{season}_mw"] * rows["accredited_fraction"]).groupby(rows["region"]).sum()


# --- regions -------------------------------------------------------------------------------------


def test_there_are_36_states_and_union_territories() -> None:
    """28 states and 8 union territories since 26 January 2020."""
    regions = read("regions")

    assert len(regions) == 28 + 8
    assert set(regions["pool"]) == {"IN", "IN-ISL"}
    assert set(regions.loc[regions["pool"] == "IN", "group"]) == GRIDS


def test_the_outlines_are_valid_and_neither_overlap_nor_leave_loose_edges() -> None:
    """Borders as India's government draws them hold 3.265 million km2."""
    shapes = gpd.read_file(PACK / "regions.fgb")
    equal_area = "+proj=aea +lat_1=12.472955 +lat_2=35.172806 +lat_0=24 +lon_0=80"

    assert list(shapes.columns) == ["region", "geometry"]
    assert shapes.crs == "EPSG:4326"
    assert set(shapes["region"]) == set(read("regions")["region"])
    assert shapes.is_valid.all()
    assert shapely.coverage_is_valid(shapes.geometry.array)
    assert shapes.to_crs(equal_area).area.sum() / 1e12 == pytest.approx(3.265, abs=0.01)


def test_the_middle_of_each_mainland_state_lies_in_it() -> None:
    """Puducherry is four towns in three states: the middle of them lies in Tamil Nadu."""
    regions = read("regions")
    regions = regions[(regions["pool"] == "IN") & (regions["region"] != "IN-PY")]
    points = gpd.GeoDataFrame(
        regions[["region"]],
        geometry=gpd.points_from_xy(regions["lon"], regions["lat"]),
        crs="EPSG:4326",
    )
    found = points.sjoin(gpd.read_file(PACK / "regions.fgb"))

    assert len(found) == len(points)
    assert (found["region_left"] == found["region_right"]).all()


@pytest.mark.parametrize(
    ("place", "region"),
    [
        ("IN-CT", "IN-CG"),
        ("IN-OR", "IN-OD"),
        ("IN-TS", "IN-TG"),
        ("IN-TG", "IN-TG"),
        ("IN-UT", "IN-UK"),
        ("IN-DN", "IN-DH"),
        ("Andhra Pradesh", "IN-AP"),
        ("Delhi", "IN-DL"),
    ],
)
def test_old_and_new_codes_and_plain_names_find_their_state(place: str, region: str) -> None:
    assert read("places").set_index("place")["region"][place] == region


def test_every_announced_indian_site_names_a_state_of_the_pack() -> None:
    sites = pd.read_csv(ROOT / "sites" / "announced" / "sites.csv")

    assert set(sites.loc[sites["country"] == "IN", "state"]) <= set(read("places")["place"])


# --- supply --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("technology", "mw"),
    [
        ("coal", 221940),
        ("lignite", 6620),
        ("gas", 20122),
        ("oil", 589),
        ("nuclear", 8780),
        ("hydro", 51415),
        ("small_hydro", 5171),
        ("solar_pv", 150216),
        ("wind_onshore", 56091),
        ("biomass", 11747),
    ],
)
def test_existing_plant_adds_up_to_the_dashboard(technology: str, mw: float) -> None:
    """NITI Aayog, India Climate and Energy Dashboard, 31 March 2026."""
    plant = existing()

    assert plant.loc[plant["technology"] == technology, "nameplate_mw"].sum() == pytest.approx(
        mw, abs=0.6
    )


def test_existing_plant_is_what_stands_and_not_what_is_allocated() -> None:
    """Located 532,690 MW; shares by allocation add to 517,483 MW and are another view."""
    assert existing()["nameplate_mw"].sum() == pytest.approx(532690, abs=1)
    assert not existing().duplicated(["region", "technology"]).any()


def test_capacity_is_the_same_in_both_seasons() -> None:
    supply = read("supply")

    assert (supply["summer_mw"] == supply["winter_mw"]).all()
    assert (supply["summer_mw"] == supply["nameplate_mw"]).all()


def test_coal_under_construction_is_never_more_than_published_up_to_any_year() -> None:
    """6,500 + 3,580 + 8,520 + 8,240 + 7,060 + 800 = 34,700 MW from 2026 to 2031."""
    supply = read("supply")
    coal = supply[(supply["technology"] == "coal") & (supply["status"] == "under_construction")]
    upto = coal.groupby("online_year")["nameplate_mw"].sum().cumsum()
    published = pd.Series([6500, 3580, 8520, 8240, 7060, 800], index=range(2026, 2032)).cumsum()

    assert (upto <= published + 1).all()
    assert upto.iloc[-1] == pytest.approx(34700, abs=1)


def test_what_is_spread_over_states_is_labelled_low() -> None:
    """Coal 34,700 less 26,460 MW with a state; wind 25,532 less (56,091 - 50,037) MW."""
    supply = read("supply")
    spread = supply[supply["name"].fillna("").str.startswith("share of the national")]
    totals = spread.groupby("technology")["nameplate_mw"].sum()

    assert set(spread["confidence"]) == {"low"}
    assert totals["coal"] == pytest.approx(34700 - 26460, abs=1)
    assert totals["wind_onshore"] == pytest.approx(25532 - (56091 - 50037), abs=1)


# --- accreditation and requirement ---------------------------------------------------------------


def test_accreditation_and_requirement_stand_on_one_basis() -> None:
    for table in ("pools", "accreditation", "requirements"):
        assert set(read(table)["basis"]) == {BASIS}


def test_every_technology_is_accredited_in_both_seasons() -> None:
    supply = read("supply").merge(read("regions")[["region", "pool"]], on="region")
    present = set(zip(supply["pool"], supply["technology"], strict=True))
    shares = read("accreditation")

    for season in SEASONS:
        rows = shares[shares["season"] == season]
        assert present <= set(zip(rows["pool"], rows["technology"], strict=True))


def test_the_sun_counts_for_nothing_at_the_evening_peak() -> None:
    shares = read("accreditation")

    assert (shares.loc[shares["technology"] == "solar_pv", "accredited_fraction"] == 0).all()


def test_coal_is_accredited_as_it_ran_and_as_the_norm_says() -> None:
    """183,548 of 228,560 MW ran on ten short evenings; 85 % less 7 % own use is 0.79."""
    shares = read("accreditation").set_index(["pool", "technology", "season"])

    coal = shares.loc[("IN", "coal", "summer"), "accredited_fraction"]
    assert coal == pytest.approx(183548 / 228560, abs=0.001)
    assert coal == pytest.approx(0.85 * 0.93, abs=0.02)


def test_reserve_margin_is_the_spinning_reserve_and_labelled_low() -> None:
    """National Electricity Plan: 5 % spinning reserve; no planning margin is published."""
    margins = read("requirements")

    assert set(margins["reserve_margin"]) == {0.05}
    assert set(margins["confidence"]) == {"low"}


def test_summer_2026_balances_within_the_shortage_that_was_reported() -> None:
    """On 21 May 2026 2,574 MW of 254,538 MW went unserved; the pack may miss by as much."""
    short = evening("official", 2026, "summer").sum() - accredited(2026, "summer").sum()

    assert short == pytest.approx(0, abs=3000)


def test_winter_has_more_room_than_summer() -> None:
    """Shortages are reported in summer evenings; winter 2026 had 0 to 1.3 GW."""
    room = {
        season: accredited(2026, season).sum() - evening("official", 2026, season).sum()
        for season in SEASONS
    }

    assert room["winter"] > room["summer"] + 5000


# --- load ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", ["official", "derived"])
@pytest.mark.parametrize(
    ("year", "season", "met", "unmet"),
    [
        (2025, "summer", 237423, 390),
        (2025, "winter", 218885, 326),
        (2026, "summer", 251964, 2574),
        (2026, "winter", 223471, 0),
    ],
)
def test_states_add_up_to_the_measured_evening_peak(
    scenario: str, year: int, season: str, met: float, unmet: float
) -> None:
    """Grid Controller of India, daily reports: non-solar hour, demand met and shortage."""
    assert evening(scenario, year, season).sum() == pytest.approx(met + unmet, abs=1)


def test_evening_load_is_the_afternoon_record_less_six_per_cent() -> None:
    """21 May 2026: 254,538 MW asked in the evening, 270,820 MW met in the afternoon."""
    assert evening("official", 2026, "summer").sum() / 270820 == pytest.approx(0.94, abs=0.005)


def test_official_load_grows_as_the_national_plans_say() -> None:
    """270 GW in FY2026-27 to 459 GW in FY2035-36: 6.07 % a year; the derived path 4.90 %."""
    for scenario, growth in (("official", 459 / 270), ("derived", (245416 / 175590) ** (9 / 7))):
        ratio = evening(scenario, 2035, "summer").sum() / evening(scenario, 2026, "summer").sum()
        assert ratio == pytest.approx(growth, rel=1e-3)


def test_states_with_a_published_plan_follow_it() -> None:
    """Telangana 24,215 MW in FY2029-30 and 31,809 MW in FY2034-35; Kerala 7,500 and 8,926 MW."""
    for region, first, last, growth in (
        ("IN-TG", 2029, 2034, 31809 / 24215),
        ("IN-KL", 2030, 2035, 8926 / 7500),
    ):
        ratio = (
            evening("official", last, "summer")[region]
            / evening("official", first, "summer")[region]
        )
        assert ratio == pytest.approx(growth, rel=1e-3)


def test_state_loads_are_lower_than_the_states_own_peaks() -> None:
    """Peaks are not simultaneous: 301,725 MW in FY2025-26 against 254,538 MW asked at once."""
    load = evening("official", 2026, "summer")

    assert load["IN-AP"] < 14011
    assert load["IN-MH"] < 32419
    assert load["IN-UP"] < 30632


def test_datacenters_of_the_forecast_add_up_to_the_official_path() -> None:
    """13,560 MW in FY2031-32, 1,200 MW in FY2025-26: 49.8 % a year, so 1,798 MW in FY2026-27."""
    load = read("load")
    official = load[(load["scenario"] == "official") & (load["season"] == "summer")]
    growth = official.groupby("year")["datacenter_growth_mw"].sum()

    assert growth[2026] == 0
    assert growth[2031] == pytest.approx(13560 - 1200 * (13560 / 1200) ** (1 / 6), abs=1)
    assert (official["datacenter_growth_mw"] <= official["peak_mw"]).all()
    assert (load.loc[load["scenario"] == "derived", "datacenter_growth_mw"] == 0).all()


def test_every_region_has_load_from_2025_to_2037_in_both_scenarios() -> None:
    load = read("load")

    assert len(load) == 36 * 13 * 2 * 2
    assert (load["peak_mw"] > 0).all()


# --- links and limits ----------------------------------------------------------------------------


def test_links_are_below_the_circuit_ratings() -> None:
    """Ratings stand in the note; they exceed secure limits by a factor of two to four."""
    links = read("links")
    standing = links[links["status"] == "existing"]
    ratings = standing["note"].str.extract(r"ratings of ([\d,]+) MW")[0]
    ratings = ratings.str.replace(",", "").astype(float)

    assert (standing["forward_mw"] <= 0.9 * ratings + 0.1).all()
    assert (standing["forward_mw"] >= 0.5 * ratings - 0.1).all()
    assert not standing.duplicated(["from_region", "to_region"]).any()


def test_links_join_states_and_not_whole_grids() -> None:
    links = read("links")
    regions = set(read("regions")["region"])

    assert set(links["from_region"]) | set(links["to_region"]) <= regions


def test_links_carry_the_flows_that_were_seen_between_the_grids() -> None:
    """West to South averaged 11,870 MW on 25 March 2024; West to North 19,729 on 14 June 2025."""
    links = read("links")
    links = links[links["status"] == "existing"]
    group = read("regions").set_index("region")["group"]
    ends = pd.concat([links["from_region"].map(group), links["to_region"].map(group)], axis=1)
    border = ends.apply(lambda row: "/".join(sorted(row)), axis=1)
    sums = links["forward_mw"].groupby(border).sum()

    assert sums["IN-SR/IN-WR"] >= 11870 - 1
    assert sums["IN-NR/IN-WR"] >= 19729 - 1


def test_corridors_are_limited_in_both_directions() -> None:
    """112,250 MW in March 2022; West to North 36,720 + 16,800 = 53,520 MW by 2027."""
    limits = read("joint_limits")
    corridors = limits[limits["kind"] == "corridor"].set_index(["limit", "season", "year"])

    assert corridors.loc[("IN-WR-to-NR", "summer", 2027), "limit_mw"] == 53520
    assert corridors.loc[("IN-NR-to-WR", "summer", 2027), "limit_mw"] == 53520
    one_way = corridors.xs(("summer", 2022), level=["season", "year"])["limit_mw"].sum()
    assert one_way == 2 * 112250


def test_tamil_nadu_imports_no_more_than_was_seen() -> None:
    """12,500 MW import capability in May 2023; 14,000 MW drawn by July 2023."""
    limits = read("joint_limits")
    rows = limits[limits["limit"] == "IN-TN-import"].set_index(["season", "year"])
    members = read("joint_members")
    inside = members[members["limit"] == "IN-TN-import"]

    assert rows["limit_mw"].to_dict() == {
        (season, year): mw for season in SEASONS for year, mw in ((2023, 12500), (2024, 14000))
    }
    assert set(rows.xs(2023, level="year")["basis"]) == {"simultaneous"}
    assert set(rows.xs(2024, level="year")["basis"]) == {"observed"}
    assert inside[["region", "side"]].to_numpy().tolist() == [["IN-TN", "inside"]]


def test_no_delivery_limit_is_given_where_none_is_published() -> None:
    assert read("delivery").empty
    assert len(read("pockets")) == 7


@pytest.mark.parametrize(
    ("pocket", "sites"),
    [
        (
            "IN-AP-VSKP",
            {
                "in-ap-google-vizag",
                "in-ap-reliance-vizag",
                "in-ap-sify-vizag",
                "in-ap-tillman-vizag",
            },
        ),
        ("IN-GJ-JAM", {"in-gj-reliance-jamnagar"}),
        ("IN-TN-CHE", {"in-tn-sify-siruseri"}),
        ("IN-UP-NOI", {"in-up-am-green-noida"}),
    ],
)
def test_a_pocket_holds_its_sites_and_no_others(pocket: str, sites: set[str]) -> None:
    """Distances on the sphere; the L&T campus at Dholera, 240 km away, is not in Jamnagar."""
    where = read("pockets").set_index("pocket").loc[pocket]
    announced = pd.read_csv(ROOT / "sites" / "announced" / "sites.csv")
    announced = announced[announced["country"] == "IN"]
    degrees = gpd.GeoSeries(gpd.points_from_xy(announced["lon"], announced["lat"]), crs="EPSG:4326")
    middle = gpd.GeoSeries(gpd.points_from_xy([where["lon"]], [where["lat"]]), crs="EPSG:4326")
    around = f"+proj=aeqd +lat_0={where['lat']} +lon_0={where['lon']}"
    distance = degrees.to_crs(around).distance(middle.to_crs(around).iloc[0])

    inside = announced["site"].to_numpy()[distance.to_numpy() <= where["radius_km"] * 1000]
    assert set(inside) == sites


# --- sources -------------------------------------------------------------------------------------


def test_no_row_stands_on_a_source_that_bars_commercial_use() -> None:
    sources = read("sources")
    words = sources[["publisher", "document", "licence"]].fillna("").agg(" ".join, axis=1)

    assert not words.str.contains(r"RBI|Reserve Bank|AGPL").any()
    barred = sources[sources["licence"].str.contains("CC BY-NC")]
    assert set(barred["licence"]) <= {"facts cited; the tracker itself (CC BY-NC-SA) is not copied"}


def test_every_row_cites_a_listed_document_and_says_when_it_was_known() -> None:
    listed = set(read("sources")["source"])
    for path in sorted(PACK.glob("*.csv")):
        rows = pd.read_csv(path)
        if path.stem in {"sources", "pocket_places", "delivery"}:
            continue
        assert set(rows["source"]) <= listed, path.stem
        assert rows["known_on"].map(lambda day: bool(re.fullmatch(r"\d{4}-\d\d-\d\d", day))).all()
        assert set(rows["confidence"]) <= {"high", "medium", "low"}


def test_the_pack_is_what_its_builder_writes(tmp_path: Path) -> None:
    if not (REFERENCE / "india_grid").is_dir():
        pytest.skip("the reference tables are not here")
    write.tables(rebuild.tables("india", REFERENCE), tmp_path)

    for path in sorted(tmp_path.glob("*.csv")):
        assert path.read_text(encoding="utf-8") == (PACK / path.name).read_text(encoding="utf-8")
