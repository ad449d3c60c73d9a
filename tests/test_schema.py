"""Tests of the descriptions of tables and of what is said about tables that break them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner import schema
from planner.errors import DataError
from planner.validate import SHOWN_PROBLEMS

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).resolve().parents[1]
PROVENANCE: Final = {"source": "doc", "known_on": "2026-01-31", "confidence": "high"}
SITE: Final = PROVENANCE | {
    "site": "campus",
    "name": "Campus",
    "country": "US",
    "lat": "38.9",
    "lon": "-77.5",
    "status": "announced",
    "grid_connection": "grid",
    "facility_mw": "300",
    "full_power_date": "2028-12-31",
    "announced_on": "2026-01-15",
    "capex_usd_bn": "4",
}
LOAD: Final = PROVENANCE | {
    "scenario": "official",
    "region": "NORTH",
    "year": "2028",
    "season": "winter",
    "peak_mw": "1000",
    "datacenter_growth_mw": "0",
}
SHARE: Final = PROVENANCE | {
    "pool": "P",
    "technology": "gas",
    "season": "winter",
    "year": "2028",
    "accredited_fraction": "0.8",
    "applies_to": "seasonal",
    "basis": "ELCC",
}


def cells(row: Mapping[str, str], *changes: Mapping[str, str]) -> pd.DataFrame:
    """Return one row of text per change; without changes the row itself."""
    return pd.DataFrame([{**row, **change} for change in changes or ({},)], dtype="str")


def problems(frame: pd.DataFrame, table: schema.Table, file: str = "my.csv") -> list[str]:
    with pytest.raises(DataError) as caught:
        schema.validate(frame, table, file=file)
    return list(caught.value.problems)


def site_problem(**change: str) -> str:
    (line,) = problems(cells(SITE, change), schema.SITES)
    return line


def read(table: schema.Table, row: Mapping[str, str], *changes: Mapping[str, str]) -> pd.DataFrame:
    return schema.validate(cells(row, *changes), table, file=f"{table.name}.csv")


# --- values --------------------------------------------------------------------------------------


def test_text_becomes_numbers_days_and_years_and_empty_becomes_unknown() -> None:
    sites = read(schema.SITES, SITE, {"lat": "", "county": " "})
    load = read(schema.LOAD, LOAD)

    assert list(sites) == list(schema.SITES.columns)
    assert sites["lat"].isna().all()
    assert sites["county"].isna().all()
    assert sites.loc[0, "facility_mw"] == 300
    assert sites.loc[0, "full_power_date"] == pd.Timestamp(2028, 12, 31)
    assert load.loc[0, "year"] == 2028
    assert load["year"].dtype == np.int64


def test_an_optional_year_is_a_float_whether_it_is_known_or_not() -> None:
    """Half a column of unknown years cannot be whole numbers; the type must not depend on it."""
    line = PROVENANCE | {"from_region": "A", "to_region": "B", "kind": "AC", "status": "existing"}
    line |= {"forward_mw": "1", "reverse_mw": "1"}

    assert read(schema.LINKS, line, {"online_year": "2028"})["online_year"].dtype == np.float64
    assert read(schema.LINKS, line, {"online_year": ""})["online_year"].dtype == np.float64


def test_an_optional_column_may_be_left_out() -> None:
    assert read(schema.SITES, SITE)["utility"].isna().all()


def test_blanks_around_values_do_not_matter() -> None:
    load = read(schema.LOAD, LOAD, {"region": " NORTH ", "peak_mw": " 1e3 ", "year": "2028.0"})

    assert load[["region", "peak_mw", "year"]].to_numpy().tolist() == [["NORTH", 1000.0, 2028]]


def test_blank_rows_are_left_out_and_still_counted() -> None:
    blank = dict.fromkeys(LOAD, "")
    frame = cells(LOAD, {}, blank, {"year": "2029", "peak_mw": "-1"})

    assert problems(frame, schema.LOAD) == [
        "my.csv, row 4: peak_mw is -1 MW; it must be at least 0."
    ]


def test_the_cells_that_were_passed_in_stay_as_they_are() -> None:
    frame = cells(SITE, {"name": " x "})
    before = frame.copy()
    schema.validate(frame, schema.SITES, file="my.csv")

    pd.testing.assert_frame_equal(frame, before)


# --- columns -------------------------------------------------------------------------------------


def test_a_missing_column_is_named_with_its_meaning() -> None:
    frame = cells(LOAD).drop(columns="peak_mw")

    assert problems(frame, schema.LOAD, "load.csv") == [
        (
            "load.csv, row 1: column peak_mw is missing; add it (load at the pool's peak,"
            " datacenters of the forecast included)."
        )
    ]


def test_a_missing_column_is_looked_for_among_those_that_are_not_known() -> None:
    frame = cells(LOAD).rename(columns={"peak_mw": "Peak_MV"})

    assert problems(frame, schema.LOAD) == [
        "my.csv, row 1: column Peak_MV is not known; did you mean peak_mw?"
    ]


def test_a_column_that_is_written_out_is_recognised() -> None:
    frame = cells(SITE).rename(columns={"lat": "latitude", "lon": "longitude"})

    assert problems(frame, schema.SITES) == [
        "my.csv, row 1: column latitude is not known; did you mean lat?",
        "my.csv, row 1: column longitude is not known; did you mean lon?",
    ]


def test_an_extra_column_is_refused() -> None:
    frame = cells(LOAD).assign(colour="red")

    assert problems(frame, schema.LOAD) == ["my.csv, row 1: column colour is not known; remove it."]


# --- cells ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("n/a", "n/a; leave the cell empty if it is unknown."),
        ("nan", "nan; leave the cell empty if it is unknown."),
        ("NaN", "NaN; leave the cell empty if it is unknown."),
        ("inf", "inf; leave the cell empty if it is unknown."),
        ("-Infinity", "-Infinity; leave the cell empty if it is unknown."),
        ("#N/A", "#N/A; leave the cell empty if it is unknown."),
        ("TBD", "TBD; leave the cell empty if it is unknown."),
        ("1e999", "1e999; write a number in MW."),
        ("100 MW", "100 MW; write 100, the column is in MW."),
        ("1.2 GW", "1.2 GW; write 1200, the column is in MW."),
        ("1,200 MW", "1,200 MW; write 1200, the column is in MW."),
        ("100 kW", "100 kW; write the number alone, in MW."),
        ("about 100", "about 100; write a number in MW."),
        ("True", "True; write a number in MW."),
        ("0x1F", "0x1F; write a number in MW."),
        ("1_000", "1_000; write a number in MW."),
        ("1200\n(est.)", "1200 (est.); write a number in MW."),
        ("x" * 99, "x" * 57 + "...; write a number in MW."),
        (
            "1,200",
            "1,200; write 1200 if the comma is for thousands, 1.2 if it is for decimals.",
        ),
        ("1,200,000", "1,200,000; write 1200000, without separators."),
        ("1,00,000", "1,00,000; write 100000, without separators."),
        ("1 200", "1 200; write 1200, without separators."),
        ("1.200.000", "1.200.000; write 1200000, without separators."),
        ("12,5", "12,5; write 12.5, with a decimal point."),
        ("0,125", "0,125; write 0.125, with a decimal point."),
        ("1.200,5", "1.200,5; write 1200.5, with a decimal point."),
        ("-3", "-3 MW; it must be at least 0."),
    ],
)
def test_a_number_that_cannot_be_read_is_shown_with_its_remedy(value: str, told: str) -> None:
    assert (
        site_problem(facility_mw=value, capex_usd_bn="") == f"my.csv, row 2: facility_mw is {told}"
    )


def test_an_empty_cell_of_a_needed_column_must_be_filled() -> None:
    assert problems(cells(LOAD, {"peak_mw": "", "region": ""}), schema.LOAD) == [
        "my.csv, row 2: region is empty; fill it in.",
        "my.csv, row 2: peak_mw is empty; write a number in MW.",
    ]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("nan", "nan; write a number in MW."),
        ("#REF!", "#REF!; write a number in MW."),
    ],
)
def test_an_unknown_number_of_a_needed_column_must_be_written(value: str, told: str) -> None:
    (line,) = problems(cells(LOAD, {"peak_mw": value}), schema.LOAD)

    assert line == f"my.csv, row 2: peak_mw is {told}"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("2027", "2027; write a year as its last day, 2027-12-31."),
        ("2028-02", "2028-02; write a month as its last day, 2028-02-29."),
        ("2028Q3", "2028Q3; write a quarter as its last day, 2028-09-30."),
        ("Q4 2028", "Q4 2028; write a quarter as its last day, 2028-12-31."),
        ("2027-02-30", "2027-02-30; there is no such day."),
        ("2027-13-01", "2027-13-01; there is no such day."),
        ("31/12/2027", "31/12/2027; write a day as YYYY-MM-DD."),
        ("2027-06-30 00:00:00", "2027-06-30 00:00:00; write a day as YYYY-MM-DD."),
        ("today", "today; write a day as YYYY-MM-DD."),
        ("45291", "45291; write a day as YYYY-MM-DD."),
        ("0207-01-01", "0207-01-01; its year must be between 1880 and 2150."),
        ("TBD", "TBD; leave the cell empty if it is unknown."),
    ],
)
def test_an_impossible_day_is_shown_with_its_remedy(value: str, told: str) -> None:
    assert site_problem(full_power_date=value) == f"my.csv, row 2: full_power_date is {told}"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("2028-06-30", "2028-06-30; write a whole number, such as 2028."),
        ("2028.5", "2028.5; write a whole number, such as 2028."),
        ("20280", "20280; it must be between 1880 and 2150."),
    ],
)
def test_a_year_is_a_whole_number_of_our_time(value: str, told: str) -> None:
    assert problems(cells(LOAD, {"year": value}), schema.LOAD) == [f"my.csv, row 2: year is {told}"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("80", "80; write a fraction, 0.8 for 80 %."),
        ("80 %", "80 %; write a fraction, 0.8 for 80 %."),
        ("-0.1", "-0.1; it must be between 0 and 1.5."),
    ],
)
def test_a_percentage_is_asked_for_as_a_fraction(value: str, told: str) -> None:
    assert problems(cells(SHARE, {"accredited_fraction": value}), schema.ACCREDITATION) == [
        f"my.csv, row 2: accredited_fraction is {told}"
    ]


def test_a_word_outside_the_list_is_shown_with_the_list() -> None:
    assert problems(cells(LOAD, {"season": "autumn"}, {"season": "sumer"}), schema.LOAD) == [
        "my.csv, row 2: season is autumn; it must be winter or summer.",
        "my.csv, row 3: season is sumer; did you mean summer? It must be winter or summer.",
    ]


def test_a_cell_that_a_spreadsheet_could_not_compute_is_no_name() -> None:
    assert site_problem(name="#REF!") == "my.csv, row 2: name is #REF!; fill it in."


def test_a_name_may_be_the_code_of_namibia() -> None:
    assert (
        read(schema.SITES, SITE, {"country": "NA", "lat": "", "lon": ""}).loc[0, "country"] == "NA"
    )


# --- rows ----------------------------------------------------------------------------------------


def test_a_repeated_id_names_both_rows() -> None:
    frame = cells(SITE, {}, {"site": "other"}, {"name": "Again"})

    assert problems(frame, schema.SITES) == [
        "my.csv, row 4: site is campus, as in row 2; remove one of the two or rename it."
    ]


def test_a_repeated_key_of_several_columns_names_them_all() -> None:
    assert problems(cells(LOAD, {}, {"peak_mw": "7"}), schema.LOAD) == [
        (
            "my.csv, row 3: scenario, region, year, season are official, NORTH, 2028, winter, as"
            " in row 2; remove one of the two or rename it."
        )
    ]


def test_a_fact_may_stand_once_for_every_day_it_became_known() -> None:
    assert len(read(schema.LOAD, LOAD, {}, {"known_on": "2025-01-31"})) == 2


def test_rows_with_an_unknown_part_of_the_key_can_be_repeated_too() -> None:
    plant = PROVENANCE | {"region": "A", "technology": "gas", "status": "existing"}
    plant |= {"online_year": "2000", "summer_mw": "1", "winter_mw": "1", "nameplate_mw": "1"}

    assert problems(cells(plant, {}, {}), schema.SUPPLY) == [
        (
            "my.csv, row 3: region, technology, status, name, online_year, retirement_year,"
            " retirement_basis are A, gas, existing, empty, 2000, empty, empty, as in row 2;"
            " remove one of the two or rename it."
        )
    ]


def test_gigawatts_typed_as_megawatts_are_told_by_the_budget() -> None:
    """20 USD billion for 1.2 MW is 16,667 USD million per MW; the dearest campus is below 200."""
    assert site_problem(facility_mw="1.2", capex_usd_bn="20") == (
        "my.csv, row 2: facility_mw is 1.2 MW with a budget of 20 USD billion; did you mean 1200?"
    )


def test_gigawatts_of_it_load_are_told_by_the_budget_too() -> None:
    assert site_problem(facility_mw="", it_mw="0.8", capex_usd_bn="20") == (
        "my.csv, row 2: it_mw is 0.8 MW with a budget of 20 USD billion; did you mean 800?"
    )


def test_a_dear_campus_is_let_pass() -> None:
    """A published one: 18.3 USD billion for 108 MW, 169 USD million per MW."""
    assert len(read(schema.SITES, SITE, {"facility_mw": "108", "capex_usd_bn": "18.3"})) == 1


@pytest.mark.parametrize(
    ("country", "lat", "lon", "told"),
    [
        ("US", "-77.5", "38.9", "lat is -77.5 and lon is 38.9, which is not in US; swap them,"),
        ("IN", "83.2", "17.7", "lat is 83.2 and lon is 17.7, which is not in IN; swap them,"),
    ],
)
def test_swapped_coordinates_are_found(country: str, lat: str, lon: str, told: str) -> None:
    line = site_problem(country=country, lat=lat, lon=lon)

    assert line == f"my.csv, row 2: {told} latitude comes first."


def test_a_latitude_beyond_the_pole_may_be_a_longitude() -> None:
    assert site_problem(lat="-122.4", lon="37.7") == (
        "my.csv, row 2: lat is -122.4 degrees; it must be between -90 and 90, latitude and"
        " longitude may be swapped."
    )


def test_a_longitude_without_its_sign_is_found() -> None:
    assert site_problem(lon="77.5") == (
        "my.csv, row 2: lon is 77.5 at lat 38.9, which is not in US; did you mean -77.5?"
    )


def test_all_problems_come_at_once_in_the_order_of_the_file() -> None:
    frame = cells(SITE, {"status": "", "lon": "x"}, {"site": "b", "facility_mw": "-1"})

    assert problems(frame.assign(colour="red"), schema.SITES) == [
        "my.csv, row 1: column colour is not known; remove it.",
        "my.csv, row 2: lon is x; write a number in degrees.",
        (
            "my.csv, row 2: status is empty; write operating, partially_operating,"
            " under_construction, permitted, announced, paused or cancelled."
        ),
        "my.csv, row 3: facility_mw is -1 MW; it must be at least 0.",
    ]


def test_many_problems_are_counted_and_not_all_shown() -> None:
    """300 bad cells: 200 lines and the number of those that are not shown."""
    changes = [{"site": f"s{number}", "facility_mw": "n/a"} for number in range(300)]
    lines = problems(cells(SITE, *changes), schema.SITES)

    assert len(lines) == SHOWN_PROBLEMS + 1
    assert lines[-1] == "... and 100 more."


# --- between tables ------------------------------------------------------------------------------


def grid(**changes: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return a grid of one region, with some tables changed."""
    sources = {"source": "doc", "publisher": "p", "document": "d", "licence": "l"}
    region = {"region": "NORTH", "name": "North", "pool": "P", "state": "ST", "interconnect": "I"}
    margin = {"pool": "P", "season": "winter", "year": "2028", "reserve_margin": "0.1"}
    return {
        "sources": read(schema.SOURCES, sources | {"confidence": "high"}),
        "regions": read(schema.REGIONS, PROVENANCE | region | {"lat": "1", "lon": "1"}),
        "pools": read(schema.POOLS, PROVENANCE | {"pool": "P", "name": "P", "basis": "ELCC"}),
        "load": read(schema.LOAD, LOAD),
        "accreditation": read(schema.ACCREDITATION, SHARE),
        "requirements": read(schema.REQUIREMENTS, PROVENANCE | margin | {"basis": "ELCC"}),
    } | changes


def misfits(tables: dict[str, pd.DataFrame], **files: str) -> list[str]:
    with pytest.raises(DataError) as caught:
        schema.check_references(tables, files=files)
    return list(caught.value.problems)


def test_tables_that_fit_each_other_pass() -> None:
    schema.check_references(grid())


def test_an_unknown_region_is_named_once_with_the_region_meant() -> None:
    load = read(schema.LOAD, LOAD, {"region": "NROTH"}, {"region": "NROTH", "year": "2029"})
    load.index = pd.Index([2, 3], name="row")

    assert misfits(grid(load=load), load="load.csv") == [
        "load.csv, row 2 and 1 more row: region is NROTH; it is not in regions, did you mean NORTH?"
    ]


def test_unknown_pools_technologies_and_sources_are_found() -> None:
    technologies = read(
        schema.TECHNOLOGIES, {"technology": "coal", "name": "Coal", "family": "coal"}
    )
    share = read(schema.ACCREDITATION, SHARE, {"pool": "Q", "source": "web"})

    assert misfits(grid(accreditation=share, technologies=technologies)) == [
        "table accreditation: source is web; it is not in sources, correct or add it.",
        "table accreditation: technology is gas; it is not in technologies, correct or add it.",
        "table accreditation: pool is Q; it is not in pools, correct or add it.",
    ]


def test_mixing_bases_is_an_error() -> None:
    share = read(schema.ACCREDITATION, SHARE, {"basis": "installed"})
    share.index = pd.Index([2], name="row")

    assert misfits(grid(accreditation=share), accreditation="accreditation.csv") == [
        (
            "accreditation.csv, row 2: basis is installed, but pool P stands on ELCC, and mixing"
            " bases counts megawatts wrongly; restate the row on ELCC."
        )
    ]


def steps(**change: str) -> dict[str, pd.DataFrame]:
    step = {"site": "campus", "phase": "1", "target_date": "2025-12-31", "date_basis": "announced"}
    row = PROVENANCE | step | {"status": "announced"} | change
    return {"sites": read(schema.SITES, SITE), "phases": read(schema.PHASES, row)}


def test_a_phase_before_the_announcement_of_its_site_is_an_error() -> None:
    assert misfits(steps()) == [
        (
            "table phases: target_date is 2025-12-31, before site campus was announced on"
            " 2026-01-15; correct one of the two."
        )
    ]


def test_a_phase_that_runs_already_may_be_older_than_the_announcement() -> None:
    schema.check_references(steps(status="operational"))


def test_a_phase_of_an_unknown_site_is_an_error() -> None:
    assert misfits(steps(site="campas", target_date="2028-12-31")) == [
        "table phases: site is campas; it is not in sites, did you mean campus?"
    ]


# --- notes ---------------------------------------------------------------------------------------


def noted(**change: str) -> list[str]:
    tables = {"sites": read(schema.SITES, SITE, change)}
    return schema.notes(tables, as_of=date(2026, 11, 22), file="my.csv")


def test_a_promise_already_past_is_a_note() -> None:
    assert noted(full_power_date="2026-06-30") == [
        (
            "my.csv, site campus: full_power_date is 2026-06-30, before the as-of date"
            " 2026-11-22, but the site is announced; it counts as late."
        )
    ]


def test_an_operating_site_may_have_its_date_behind_it() -> None:
    assert noted(full_power_date="2026-06-30", status="operating") == []


def test_a_site_without_date_or_megawatts_is_a_note() -> None:
    assert noted(full_power_date="", facility_mw="") == [
        "my.csv, site campus: no date of power is given; it cannot be assessed.",
        "my.csv, site campus: no megawatts are given; it cannot be assessed.",
    ]


def test_a_list_of_very_small_sites_is_a_note() -> None:
    assert noted(facility_mw="1.2", capex_usd_bn="") == [
        "my.csv: the largest site has 1.2 MW; are the figures gigawatts? write megawatts."
    ]


# --- descriptions --------------------------------------------------------------------------------


def test_every_key_is_a_column() -> None:
    strays = [
        (table.name, name)
        for table in schema.ALL_TABLES.values()
        for name in table.key
        if name not in table.columns
    ]

    assert strays == []


def test_the_reference_page_tells_unit_meaning_and_limits() -> None:
    page = schema.reference_page()

    assert (
        "| `peak_mw` | number | MW | Load at the pool's peak, datacenters of the forecast included"
        " | at least 0 |"
    ) in page
    assert all(f"\n## {name}\n" in page for name in schema.ALL_TABLES)


def test_the_data_package_describes_the_files_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "load.csv").write_text("", encoding="utf-8")
    package: dict[str, Any] = json.loads(json.dumps(schema.data_package(tmp_path)))
    (load,) = package["resources"]

    assert (load["path"], load["schema"]["missingValues"]) == ("load.csv", [""])
    assert load["schema"]["primaryKey"] == ["scenario", "region", "year", "season", "known_on"]
    assert load["schema"]["fields"][4] == {
        "name": "peak_mw",
        "type": "number",
        "description": "Load at the pool's peak, datacenters of the forecast included",
        "unit": "MW",
        "constraints": {"required": True, "minimum": 0},
    }


@pytest.mark.filterwarnings("default")
def test_the_pandera_schemas_accept_what_is_validated() -> None:
    """Two readings of one description: what the fast checks let pass, pandera lets pass."""
    for table, row in ((schema.SITES, SITE), (schema.LOAD, LOAD), (schema.ACCREDITATION, SHARE)):
        frame = read(table, row)

        assert len(table.pandera().validate(frame, lazy=True)) == 1
        assert len(table.pandera().validate(table.empty(), lazy=True)) == 0


def test_pandera_columns_carry_unit_and_meaning() -> None:
    column = schema.LOAD.pandera().columns["peak_mw"]

    assert column.metadata == {
        "unit": "MW",
        "meaning": "Load at the pool's peak, datacenters of the forecast included",
    }


ODD: Final = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "nan", "inf", "1,200", "1e5", "-0", "2028-02-30", "today", "#N/A", "12,5"]
    ),
    st.floats().map(str),
    st.integers().map(str),
    st.dates().map(str),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(list(schema.SITES.columns)), ODD), max_size=4))
def test_no_cell_can_break_validation(changes: list[dict[str, str]]) -> None:
    """Whatever stands in the cells: a typed table, or lines that each name file and row."""
    frame = pd.DataFrame(
        [{**SITE, **change} for change in changes], columns=[*schema.SITES.columns]
    )
    lines: tuple[str, ...] = ()
    numbers = pd.Series(dtype=float)
    try:
        text = frame.astype("str").fillna("")
        numbers = schema.validate(text, schema.SITES, file="my.csv")["facility_mw"].dropna()
    except DataError as error:
        lines = error.problems

    assert np.isfinite(numbers).all()
    assert all(line.startswith("my.csv, row ") for line in lines)
    assert all(len(line.splitlines()) == 1 for line in lines)


def test_a_repeated_day_in_a_key_is_written_as_in_the_file() -> None:
    rule = PROVENANCE | {"area": "A", "area_kind": "region", "rule": "moratorium"}
    rule |= {"begins_on": "2027-01-31"}

    assert problems(cells(rule, {}, {}), schema.CONNECTION) == [
        (
            "my.csv, row 3: area, rule, begins_on are A, moratorium, 2027-01-31, as in row 2;"
            " remove one of the two or rename it."
        )
    ]
