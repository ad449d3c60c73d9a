from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from native_files import (
    QUEUE_HEAD,
    bomb,
    eia860m,
    reeds,
    unit,
    with_entities,
    workbook,
    written,
)

from planner import packs, schema
from planner.errors import DataError, PackError
from planner.sources import importers, native, native_read, publishers, renew

DAY = date(2026, 9, 30)
GPPD = (
    "country,name,gppd_idnr,capacity_mw,latitude,longitude,primary_fuel,commissioning_year,"
    "year_of_capacity_data\n"
)


def read(name: str, path: Path, **given: Any) -> native.Imported:
    """Read with a day of publication, unless one is given."""
    return importers.read(name, path, native.Given(**{"published": DAY, **given}))


def reasons(found: native.Imported) -> dict[str, int]:
    return dict(found.unused.groupby("reason")["rows"].sum())


def problems(name: str, path: Path, **given: Any) -> list[str]:
    with pytest.raises(DataError) as caught:
        read(name, path, **given)
    return list(caught.value.problems)


# --- register ------------------------------------------------------------------------------------


def test_every_importer_has_a_publisher_and_a_module() -> None:
    rows = publishers.table("publishers")

    assert list(rows["importer"]) == sorted(importers.MODULES)
    assert all(importers.patterns(name) for name in importers.MODULES)


def test_downloads_name_importers_tables_and_addresses_over_tls() -> None:
    rows = publishers.table("downloads")

    assert set(rows["importer"]) <= set(importers.MODULES)
    assert set(rows["table"]) - {""} <= set(schema.ALL_TABLES)
    assert all(a.startswith("https://") for a in rows["address"] if a)
    assert (rows.loc[rows["fixed"] == "yes", "sha256"] != "").all()
    assert (rows.loc[rows["published_on"] != "", "sha256"] != "").all()
    renewing = rows[rows["table"] != ""]
    assert list(renewing["importer"]) == ["eia860m", "reeds"]


def test_a_misspelt_importer_is_answered_with_the_one_meant() -> None:
    with pytest.raises(PackError) as caught:
        importers.read("gpdd", Path())

    assert str(caught.value) == "no importer 'gpdd'; did you mean 'gppd'?"


def test_one_that_fails_never_stops_the_others(tmp_path: Path) -> None:
    written(tmp_path / "database_XXX.csv", GPPD + "XXX,Dam,X1,10,1,2,Hydro,1990,2019\n")
    written(tmp_path / "facilities.json", "[{")
    done, failed = importers.read_all(tmp_path, native.Given(published=DAY))

    assert list(done) == ["gppd"]
    assert failed["compute_atlas"][0].startswith("facilities.json: it is not whole JSON")
    assert set(done) | set(failed) == set(importers.MODULES)


def test_a_fault_of_a_reader_is_a_line_and_no_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(importers, "read", broken)

    assert importers.read_all(tmp_path, names=["gppd"]) == (
        {},
        {"gppd": ("gppd: it failed (ZeroDivisionError: oops).",)},
    )


# --- columns and files ---------------------------------------------------------------------------


def test_a_column_in_another_spelling_is_read_with_a_note(tmp_path: Path) -> None:
    head = GPPD.replace("capacity_mw", "Capacity (MW)")
    path = written(tmp_path / "database_X.csv", head + "XXX,Dam,X1,10,1,2,Hydro,1990,2019\n")
    found = read("gppd", path)

    assert found.tables["supply"]["nameplate_mw"].tolist() == [10.0]
    assert "database_X.csv: column Capacity (MW) is read as capacity_mw." in found.notes


def test_a_missing_column_is_named_with_those_that_are_there_and_the_nearest(
    tmp_path: Path,
) -> None:
    head = GPPD.replace("capacity_mw", "capacity_kw")
    path = written(tmp_path / "database_X.csv", head + "XXX,Dam,X1,10,1,2,Hydro,1990,2019\n")

    (told,) = problems("gppd", path)
    assert told == (
        "database_X.csv: column capacity_mw is missing; there are country, name, gppd_idnr,"
        " capacity_kw, latitude, longitude, primary_fuel, commissioning_year,"
        " year_of_capacity_data. If capacity_kw is meant, give --rename"
        " 'capacity_kw=capacity_mw'."
    )
    renamed = read("gppd", path, renames={"capacity_kw": "capacity_mw"})
    assert renamed.tables["supply"]["nameplate_mw"].tolist() == [10.0]


def test_a_column_that_may_be_missing_stays_unknown_with_a_note(tmp_path: Path) -> None:
    head = GPPD.replace(",commissioning_year", "")
    path = written(tmp_path / "database_X.csv", head + "XXX,Dam,X1,10,1,2,Hydro,2019\n")
    found = read("gppd", path)

    assert found.tables["supply"]["online_year"].tolist() == [2019]
    assert any("commissioning_year is missing; it stays unknown" in n for n in found.notes)


def test_one_file_of_a_folder_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    written(tmp_path / "database_A.csv", GPPD + "AAA,Dam,A1,10,1,2,Hydro,1990,2019\n")
    written(tmp_path / "database_B.csv", "nothing\n1\n")
    found = read("gppd", tmp_path)

    assert len(found.tables["supply"]) == 1
    assert found.problems[0].startswith("database_B.csv: column country is missing; there are")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "database_X.csv: it is empty; the first row must name the columns."),
        (b"<!DOCTYPE html><html>", "database_X.csv: it is a web page, not data; download the file"),
        (b"PK\x03\x04rest", "database_X.csv: it is not text; unpack it or save it as CSV"),
        (b'a,b\n"1,2\n', "database_X.csv: it cannot be read as a table (Error tokenizing data"),
    ],
)
def test_what_is_no_table_is_said_to_be_none(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "database_X.csv"
    path.write_bytes(content)

    assert problems("gppd", path)[0].startswith(told)


def test_other_encodings_are_read_with_a_note(tmp_path: Path) -> None:
    path = tmp_path / "database_X.csv"
    path.write_bytes((GPPD + "BRA,São João,X1,10,1,2,Hydro,1990,2019\n").encode("cp1252"))
    found = read("gppd", path)

    assert found.tables["supply"]["name"].tolist() == ["São João"]
    assert "database_X.csv: it is not UTF-8; read as Windows-1252." in found.notes


def test_too_large_a_file_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native_read, "MOST_ROWS", 1)
    text = GPPD + 2 * "AAA,Dam,A1,10,1,2,Hydro,1990,2019\n"
    path = written(tmp_path / "database_X.csv", text)

    assert problems("gppd", path) == ["database_X.csv: it has more than 1 rows; take fewer."]
    with path.open("wb") as stream:
        stream.truncate(400_000_000)  # a hole: it takes no room on disk
    assert problems("gppd", path)[0] == (
        "database_X.csv: it is larger than 300 MB; leave out rows."
    )


def test_a_folder_that_leads_in_a_circle_is_read_once(tmp_path: Path) -> None:
    written(tmp_path / "in" / "database_A.csv", GPPD + "AAA,Dam,A1,10,1,2,Hydro,1990,2019\n")
    (tmp_path / "in" / "again").symlink_to(tmp_path)

    assert read("gppd", tmp_path).files["rows"].tolist() == [1]


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert problems("gppd", tmp_path / "no") == [
        f"{tmp_path / 'no'}: there is no such file or folder; check the path."
    ]
    assert problems("gppd", tmp_path)[0].startswith(f"{tmp_path}: no file of gppd is there;")


# --- dates and sources ---------------------------------------------------------------------------


def test_a_row_is_dated_by_itself_and_never_after_its_edition(tmp_path: Path) -> None:
    text = GPPD + (
        "AAA,Old,A1,10,1,2,Hydro,1990,2017\nAAA,New,A2,10,1,2,Hydro,2020,2030\n"
        "AAA,Unsaid,A3,10,1,2,Hydro,,\n"
    )
    supply = read("gppd", written(tmp_path / "database_A.csv", text)).tables["supply"]
    days = supply.set_index("name")["known_on"].dt.strftime("%Y-%m-%d")

    assert days.to_dict() == {"New": "2026-09-30", "Old": "2017-12-31", "Unsaid": "2026-09-30"}
    assert set(supply["source"]) == {"gppd-2026-09"}


def test_files_that_do_not_say_their_day_count_as_known_today(tmp_path: Path) -> None:
    path = written(tmp_path / "database_A.csv", GPPD + "AAA,Dam,A1,10,1,2,Hydro,1990,\n")
    found = importers.read("gppd", path)

    assert found.tables["supply"]["known_on"].iloc[0].date() >= date(2026, 11, 22)
    assert pd.isna(found.tables["sources"]["published_on"].iloc[0])
    assert "The files do not say when they were published; their rows are dated today." in (
        found.notes
    )


# --- EIA-860M ------------------------------------------------------------------------------------


def test_eia860m_sums_units_by_region_technology_and_years(tmp_path: Path) -> None:
    """Two units of 100 MW since 2015 are one row of 200 MW; the third leaves in 2031."""
    leaving: dict[str, Any] = {"Planned Retirement Year": 2030, "Planned Retirement Month": 12}
    building: dict[str, Any] = {
        "Operating Year": 2028,
        "Status": "(V) Under construction, more than 50 percent",
    }
    path = eia860m(
        tmp_path / "august_generator2026.xlsx",
        unit(1), unit(2), unit(3, **leaving),
        unit(4, "Batteries", **{"Nameplate Energy Capacity (MWh)": 400.0}),
        unit(5, Status="(OS) Out of service"),
        unit(6, "Perpetual Motion"),
        planned=(unit(7, **building), unit(8, **building | {"Status": "(P) Planned"})),
    )  # fmt: skip
    found = importers.read("eia860m", path)
    supply = found.tables["supply"]
    rows = supply.set_index(["technology", "status", "retirement_year"], drop=False).sort_index()

    assert rows["nameplate_mw"].tolist() == [100.0, 100.0, 200.0, 100.0, 100.0]
    assert supply["retirement_basis"].dropna().tolist() == ["scheduled"]
    assert supply["retirement_year"].dropna().tolist() == [2031]  # December leaves 2030 whole
    assert supply["energy_mwh"].dropna().tolist() == [400.0]
    assert supply["summer_mw"].sum() == 6 * 90
    assert set(supply["status"]) == {"existing", "under_construction", "planned"}
    assert reasons(found) == {
        "footnote or blank row": 4,
        "out of service": 1,
        "technology 'Perpetual Motion' stands for none of ours": 1,
        "retired": 1,
    }
    published = found.tables["sources"]["published_on"].iloc[0]
    assert (published.date(), supply["region"].unique().tolist()) == (date(2026, 9, 30), ["VA"])


def test_eia860m_takes_the_regions_of_a_pack_by_coordinates(tmp_path: Path) -> None:
    from planner.sources import native_grid

    path = eia860m(tmp_path / "august_generator2026.xlsx", unit(1), unit(2, Latitude=0.0))
    found = read("eia860m", path, grid=native_grid.read("us"))

    assert found.tables["supply"]["region"].tolist() == ["PJM-DOM"]
    assert reasons(found)["outside the regions of us"] == 1


def test_a_workbook_with_a_sheet_or_a_column_missing_says_which(tmp_path: Path) -> None:
    path = tmp_path / "may_generator2026.xlsx"
    told = problems("eia860m", workbook(path, Operating=[("Plant ID", "Tech"), (1, "x")]))

    assert told[0] == (
        "may_generator2026.xlsx: sheet Planned is missing; is it an EIA-860M workbook?"
    )
    assert "Operating: column Technology is missing; there are Plant ID, Tech." in told


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (bomb(), "x_generator2026.xlsx: it would unpack to 300 MB; such a workbook is refused."),
        (with_entities(), "x_generator2026.xlsx: xl/workbook.xml declares entities; refused."),
        (b"PK\x03\x04cut", "x_generator2026.xlsx: it is not a whole workbook (File is not a zip"),
        (b"<html>moved", "x_generator2026.xlsx: it is not a workbook (XLSX); was a web page"),
    ],
)
def test_workbooks_that_are_none_or_too_much_are_refused(
    tmp_path: Path, content: bytes, told: str
) -> None:
    path = tmp_path / "x_generator2026.xlsx"
    path.write_bytes(content)

    assert problems("eia860m", path)[0].startswith(told)


# --- LBNL ----------------------------------------------------------------------------------------


def test_the_queue_workbook_sums_active_requests_and_parts_of_hybrids(tmp_path: Path) -> None:
    """Solar 100 + 50 requested, 30 of batteries beside it; 80 of gas with an agreement."""
    rows = [
        ("Data file", None),
        QUEUE_HEAD,
        (
            "1",
            "active",
            45000,
            "",
            "VA",
            "loudoun",
            "51107",
            "Solar+Battery",
            100,
            "Battery",
            30,
            "",
        ),
        ("2", "active", 45100, "", "VA", "loudoun", "51107", "Solar", 50, None, None, "IA Pending"),
        ("3", "active", 45200, "", "VA", "loudoun", "51107", "Gas", 80, None, None, "IA Executed"),
        ("4", "withdrawn", 45300, "", "VA", "loudoun", "51107", "Solar", 999, None, None, ""),
        ("5", "active", 45300, "", "VA", "loudoun", "51107", "Geothermal", 5, None, None, ""),
    ]
    path = workbook(tmp_path / "LBNL_Queue.xlsx", Codebook=[("a",)], Complete_Queue_Data=rows)
    found = importers.read("lbnl_queue", path)
    sums = found.tables["candidates"].set_index("remedy")["potential_mw"].to_dict()

    assert sums == {"battery_4h": 30.0, "gas_cc_queue": 80.0, "solar_pv": 150.0}
    assert reasons(found) == {"not active": 1, "no remedy of ours is 'geothermal'": 1}
    published = found.tables["sources"]["published_on"].iloc[0].date()
    assert published == date(2024, 1, 9)  # day 45300, of the last request


# --- Electricity Maps ----------------------------------------------------------------------------


def test_dated_lists_of_capacity_become_one_fact_a_date(tmp_path: Path) -> None:
    """Newer files list figures with their dates: of 2024 and 2025, the later stands."""
    written(
        tmp_path / "zones" / "AA.yaml",
        "center_point: [10, 50]\nzone_name: Aland\ncapacity:\n  solar:\n"
        "  - {datetime: '2024-01-01', source: s, value: 100}\n"
        "  - {datetime: '2025-01-01', source: s, value: 150.5}\n"
        "  wind: {datetime: '2025-06-01', value: 7}\n  magic: 3\n  hydro: 0\n",
    )
    found = read("electricitymaps", tmp_path)
    supply = found.tables["supply"]
    solar = supply[supply["technology"] == "solar_pv"]

    assert solar["nameplate_mw"].tolist() == [100.0, 150.5]
    assert solar["known_on"].dt.strftime("%Y-%m-%d").tolist() == ["2024-01-01", "2025-01-01"]
    known = packs.known_by(supply, schema.SUPPLY, date(2026, 1, 1))
    assert known["nameplate_mw"].sum() == 157.5
    assert reasons(found) == {
        "mode 'magic' stands for none of ours": 1,
        "zero or no megawatts": 1,
    }
    region = found.tables["regions"].iloc[0]
    assert (region["name"], region["lat"], region["lon"]) == ("Aland", 50.0, 10.0)


def test_bounds_of_an_exchange_are_limits_in_both_directions(tmp_path: Path) -> None:
    for zone in ("AA", "BB"):
        written(tmp_path / "zones" / f"{zone}.yaml", "center_point: [10, 50]\n")
    written(tmp_path / "exchanges" / "AA_BB.yaml", "capacity: [-300, 500]\n")
    written(tmp_path / "exchanges" / "AA_CC.yaml", "capacity: [-1, 1]\n")
    written(tmp_path / "exchanges" / "BB_CC.yaml", "rotation: 3\n")
    found = read("electricitymaps", tmp_path)
    link = found.tables["links"].iloc[0]

    assert len(found.tables["links"]) == 1
    assert (link["forward_mw"], link["reverse_mw"]) == (500.0, 300.0)
    assert reasons(found)["one of its zones is not among the files"] == 1
    assert reasons(found)["no limits published"] == 1


def test_yaml_with_aliases_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "zones" / "AA.yaml", "a: &x [1, 1]\nb: [*x, *x]\n")

    assert problems("electricitymaps", tmp_path) == [
        "AA.yaml: it holds aliases, which can grow without end; expand them."
    ]


# --- ReEDS ---------------------------------------------------------------------------------------


def test_reeds_finds_limits_by_the_hash_of_the_counties(tmp_path: Path) -> None:
    """The file has p10 to p2: 700 there, 900 back; it is turned to run from p2 to p10."""
    found = read("reeds", reeds(tmp_path))
    links = found.tables["links"].set_index("kind")

    assert links.loc["AC", ["from_region", "to_region"]].tolist() == ["p2", "p10"]
    assert links.loc["AC", ["forward_mw", "reverse_mw"]].tolist() == [900.0, 700.0]
    assert links.loc["DC", "forward_mw"] == 200.0
    assert reasons(found)["limit of another set of zones"] == 1
    assert found.tables["places"].set_index("place").loc["10003", "name"] == "New Castle, DE"


def test_reeds_units_stand_in_the_zone_of_their_county(tmp_path: Path) -> None:
    found = read("reeds", reeds(tmp_path))
    supply = found.tables["supply"].set_index("region")

    assert supply["nameplate_mw"].to_dict() == {"p10": 5.0, "p2": 100.0}
    assert supply.loc["p2", ["summer_mw", "winter_mw", "retirement_year"]].tolist() == [
        90,
        95,
        2060,
    ]
    assert pd.isna(supply.loc["p10", "retirement_year"])  # 2289 is no year we know
    assert reasons(found)["retired"] == 1
    assert reasons(found)["county without a region"] == 1


# --- others --------------------------------------------------------------------------------------


def test_epoch_makes_a_phase_of_each_rise_of_power(tmp_path: Path) -> None:
    """0, 100, 100, 80 and 250 MW are two phases, of 100 and 150 MW; marks of doubt are dropped."""
    written(
        tmp_path / "data_centers_2026-08.csv",
        "Name,Owner,Users,Project,Country,Address,Current power (MW)\n"
        'Campus 1,"Firm #confident",Tenant,Star #likely,United States,Road,100\n',
    )
    dates = ("2024-01-01", "2025-03-01", "2025-06-01", "2025-09-01", "2027-02-01")
    steps = zip(dates, (0, 100, 100, 80, 250), strict=True)
    lines = "".join(f"Campus 1,{day},built,{mw}\n" for day, mw in steps)
    head = "Data center,Date,Construction status,Power (MW)\n"
    written(tmp_path / "data_center_timelines_2026-08.csv", f"{head}{lines}Other,2025-01-01,x,5\n")
    found = read("epoch", tmp_path)
    phases, site = found.tables["phases"], found.tables["sites"].iloc[0]

    assert phases["facility_mw"].tolist() == [100.0, 150.0]
    assert phases["status"].tolist() == ["operational", "projected"]
    assert (site["site"], site["developer"], site["program"]) == ("us-campus-1", "Firm", "Star")
    assert (site["facility_mw"], site["status"]) == (250.0, "partially_operating")
    assert reasons(found) == {"adds no megawatts": 3, "its site is not listed": 1}


def test_compute_atlas_leaves_out_plants_and_keeps_the_day_of_each_row(tmp_path: Path) -> None:
    entry = {
        "id": "a-va",
        "name": "A",
        "operator": "Op",
        "status": "proposed",
        "confidence": "confirmed",
        "location": {"lat": 39.0, "lon": -77.5, "state": "VA", "county": "Loudoun"},
        "capacityMw": {"planned": 300, "operational": 100},
        "energy": {"source": "on_site_gas", "onSiteGenerationMw": 50},
        "lastUpdated": "2026-07-01",
        "facilityType": "data_center",
    }
    other = entry | {"id": "b-va", "facilityType": "power_generation"}
    path = written(tmp_path / "facilities.json", json.dumps([entry, other]))
    found = read("compute_atlas", path)
    site, plant = found.tables["sites"].iloc[0], found.tables["onsite"].iloc[0]

    assert (site["facility_mw"], site["operating_mw"], site["status"]) == (300, 100, "announced")
    assert f"{site['known_on']:%Y-%m-%d}" == "2026-07-01"
    assert (plant["technology"], plant["mw"], plant["connection"]) == (
        "gas", 50.0, "behind_the_meter",
    )  # fmt: skip
    assert reasons(found) == {"generating plant, no datacenter": 1}


def test_the_tracker_refuses_rows_whose_cells_are_shifted(tmp_path: Path) -> None:
    head = (
        "id,status,site,country,region_iso,operator,anchor_tenant,gw_facility,gw_facility_low,"
        "gw_facility_high,basis,online_year,source,source_url,source_date,last_checked,notes\n"
    )
    rows = (
        "a_1,contracted,A,US,PJM,Op,T,0.5,0.4,0.6,facility,2027-2029,S,u,2026-02,2026-04-29,n\n"
        "b_1,announced,B,GB,-,Op,T,0.1,0.1,0.1,IT,op.,S,u,2026-02-01,2026-04-29,n\n"
        "c_1,announced,C,DE/FR,-,Op,T,0.1,0.1,0.1,IT,2028,S,u,2026-02-01,2026-04-29,n\n"
        "d_1,announced,D,US,-,Op,X,Y,0.2,0.2,0.245,facility,2028,S,u,2026-02-01,2026-04-29\n"
    )
    found = importers.read("ai_compute_buildout", written(tmp_path / "tracker.csv", head + rows))
    sites = found.tables["sites"].set_index("site")

    assert sites.loc["a-1", ["facility_mw", "status"]].tolist() == [500.0, "announced"]
    assert f"{sites.loc['a-1', 'full_power_date']:%Y-%m-%d}" == "2029-12-31"
    assert f"{sites.loc['a-1', 'known_on']:%Y-%m-%d}" == "2026-02-28"
    assert (sites.loc["b-1", "it_mw"], pd.isna(sites.loc["b-1", "facility_mw"])) == (100.0, True)
    assert reasons(found) == {
        "cells are shifted (a comma without quotes)": 1,
        "several countries, or none": 1,
    }


def test_im3_points_are_operating_sites_without_megawatts(tmp_path: Path) -> None:
    def point(kind: str, name: str | None) -> dict[str, Any]:
        told = {"state_abb": "VA", "county": "Loudoun", "operator": "Op", "name": name,
                "sqft": None, "type": kind}  # fmt: skip
        return {"properties": told, "geometry": {"type": "Point", "coordinates": [-77.5, 39.0]}}

    features = [point("building", "A"), point("building", None), point("campus", "A"), {}]
    path = tmp_path / "im3_datacenter_centroids.geojson"
    found = read("im3", written(path, json.dumps({"features": features})))

    assert found.tables["sites"]["site"].tolist() == ["us-va-a", "us-va-op"]
    assert found.tables["sites"]["facility_mw"].isna().all()
    assert reasons(found) == {"no point": 1, "outline of a whole campus": 1}


def test_pypsa_eur_links_join_countries_and_lines_stay_out(tmp_path: Path) -> None:
    head = ",bus0,bus1,length,p_nom,project_status,build_year,tags,x0,y0,x1,y1\n"
    written(
        tmp_path / "manual" / "new_links.csv",
        f"{head}T1,a,b,220,1250,in_permitting,2031,t,-3.5,50.7,-1.47,49.3\n"
        "T2,a,b,220,700,completed,2021,t,-3.5,50.7,-1.47,49.3\n"
        "T3,a,b,220,700,confirmed,2030,t,-3.5,50.7,-1.5,52.5\n",
    )
    lines = ",project_status,length,build_year,v_nom,x0,y0,x1,y1\nL1,confirmed,9,2031,380,1,2,3,4\n"
    written(tmp_path / "nep" / "new_lines.csv", lines)
    found = read("pypsa_eur", tmp_path)
    links = found.tables["links"].set_index("name")

    assert links.loc["manual T1", ["from_region", "to_region"]].tolist() == ["GB", "FR"]
    assert links.loc["manual T1", ["online_year", "status"]].tolist() == [2031, "planned"]
    assert links.loc["manual T2", "status"] == "existing"
    assert reasons(found) == {
        "both ends in one region": 1,
        "voltage and type only: a thermal rating is no transfer limit": 1,
    }


def test_powersimdata_uses_load_zones_where_buses_say_which(tmp_path: Path) -> None:
    head = "plant_id,bus_id,status,Pmax,type,interconnect\n"
    written(tmp_path / "plant.csv", f"{head}0,7,1,100,ng,Eastern\n1,8,1,50,wind,Eastern\n")
    written(tmp_path / "zone.csv", "zone_id,zone_name,state\n1,Maine,Maine\n2,Boston,MA\n")
    without = read("powersimdata", tmp_path)
    written(tmp_path / "bus.csv", "bus_id,zone_id\n7,1\n8,2\n")
    found = read("powersimdata", tmp_path)

    assert without.tables["supply"]["region"].unique().tolist() == ["Eastern"]
    assert found.tables["supply"]["region"].tolist() == ["Boston", "Maine"]


def test_eia930_gives_peaks_energy_and_the_drop_below_the_peak(tmp_path: Path) -> None:
    """1000 MW always, but 2000 MW in one hour of July: energy 8784 + 1 GWh, drop one half."""
    hours = pd.date_range("2024-01-01", "2024-12-31 23:00", freq="h")
    mw = pd.Series(1000, index=hours)
    mw.loc["2024-07-15 20:00"] = 2000
    lines = [f"{hour:%Y-%m-%d %H:%M:%S},{x},OKAY,{x}" for hour, x in mw.items()]
    lines += ["2025-01-01 00:00:00,1,OKAY,1", "2025-01-01 01:00:00,x,MISSING,"]
    head = "date_time,raw demand (MW),category,cleaned demand (MW)"
    path = tmp_path / "balancing_authorities" / "XX.csv"
    found = importers.read("eia930", written(path, "\n".join([head, *lines])))
    told = found.tables["published"].set_index(["quantity", "season"])["value"].to_dict()
    drops = found.tables["load_duration"].set_index(["season", "hours"])["drop_fraction"]

    assert told[("hourly_peak", "summer")] == 2000
    assert told[("hourly_peak", "winter")] == 1000
    assert told[("energy", "annual")] == 8785
    assert (drops["summer", 0], drops["summer", 1], drops["winter", 5]) == (0.0, 0.5, 0.0)
    assert reasons(found) == {"no megawatts": 1, "year is not whole": 1}


def test_half_years_of_the_eia_make_a_year_and_one_alone_does_not(tmp_path: Path) -> None:
    hours = pd.date_range("2023-01-01 01:00", "2024-01-01 00:00", freq="h")
    head = "Balancing Authority,UTC Time at End of Hour,Demand (MW),Demand (MW) (Adjusted)"
    lines = [f'BA,{hour:%m/%d/%Y %I:%M:%S %p},"9,999","1,000"' for hour in hours]
    first = tmp_path / "EIA930_BALANCE_2023_Jan_Jun.csv"
    written(first, "\n".join([head, *lines[:4343]]))
    alone = problems("eia930", tmp_path)
    written(tmp_path / "EIA930_BALANCE_2023_Jul_Dec.csv", "\n".join([head, *lines[4343:]]))
    told = read("eia930", tmp_path).tables["published"].set_index(["quantity", "season"])

    assert alone == ["eia930: no row could be used; see the reasons for the rows left out."]
    assert told.loc[("energy", "annual"), "value"] == 8759  # the last hour is of the next year
    assert told.loc[("hourly_peak", "summer"), "value"] == 1000


def test_gridops_buses_are_regions_and_samples_stay_out(tmp_path: Path) -> None:
    written(tmp_path / "thermal_gens.csv", "Name,Bus,Fuel,Max_Cap\nA,7,NG (Natural Gas),100\n")
    written(tmp_path / "line_param.csv", "line,reactance,limit\nline_7_8,0.1,50\nodd,1,2\n")
    written(tmp_path / "nodal_load.csv", "bus_7\n3\n4\n")
    found = read("gridops", tmp_path)

    assert found.tables["supply"]["region"].tolist() == ["bus_7"]
    assert found.tables["links"][["from_region", "to_region"]].values.tolist() == [
        ["bus_7", "bus_8"]
    ]
    assert reasons(found) == {
        "load of a few sample hours is no peak": 2,
        "name does not give two buses": 1,
    }


# --- what is written -----------------------------------------------------------------------------


def test_what_is_written_reads_back_as_a_list_of_sites(tmp_path: Path) -> None:
    written(
        tmp_path / "in" / "data_centers.csv",
        "Name,Country,Current power (MW)\nCampus 1,United States,100\n",
    )
    written(
        tmp_path / "in" / "data_center_timelines.csv",
        "Data center,Date,Power (MW)\nCampus 1,2028-01-01,300\n",
    )
    out = tmp_path / "out"
    files = renew.written(read("epoch", tmp_path / "in"), out)
    back = packs.read_sites(out)

    assert [file.name for file in files] == ["phases.csv", "sites.csv", "sources.csv"]
    assert back["phases"]["facility_mw"].tolist() == [300.0]
    assert back["sources"]["source"].tolist() == ["epoch-2026-09"]
    assert sorted(path.name for path in out.iterdir()) == sorted(file.name for file in files)


def test_a_folder_with_files_is_not_written_over_unasked(tmp_path: Path) -> None:
    path = written(tmp_path / "database_A.csv", GPPD + "AAA,Dam,A1,10,1,2,Hydro,1990,2019\n")
    found = read("gppd", path)
    with pytest.raises(PackError) as caught:
        renew.written(found, tmp_path)

    assert str(caught.value) == (
        f"{tmp_path}: it holds files already; choose another, or give --replace."
    )
    renew.written(found, tmp_path, replace=True)
    assert (tmp_path / "supply.csv").is_file()
