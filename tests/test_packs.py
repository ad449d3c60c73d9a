"""Tests of finding packs and reading files, good ones and all kinds of bad ones."""

from __future__ import annotations

import gzip
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Final

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from planner import files_guard, packs, schema
from planner.errors import DataError, PackError, PlannerError

DAY: Final = date(2026, 11, 22)
HEADER: Final = "site,country,lat,lon,facility_mw,full_power_date\n"
ROW: Final = "campus,US,38.9,-77.5,300,2028-12-31\n"
SAVE: Final = "save it as CSV (UTF-8, commas)."


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, so that messages name files as a user would."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(content: str | bytes, name: str = "my.csv") -> str:
    data = content.encode() if isinstance(content, str) else content
    Path(name).write_bytes(data)
    return name


def read(content: str | bytes, name: str = "my.csv") -> dict[str, pd.DataFrame]:
    return packs.read_sites(written(content, name), as_of=DAY)


def problems(content: str | bytes, name: str = "my.csv") -> list[str]:
    with pytest.raises(DataError) as caught:
        read(content, name)
    return list(caught.value.problems)


# --- finding -------------------------------------------------------------------------------------


def test_a_pack_is_found_by_name_and_by_folder(here: Path) -> None:
    assert packs.find("sites", "announced") == packs.shelf("sites") / "announced"
    assert packs.find("grids", here) == here
    assert packs.find("grids", ".") == Path()


def test_the_shelf_lists_packs_and_not_the_folder_they_share() -> None:
    assert "announced" in packs.names("sites")
    assert "common" not in packs.names("grids")


def test_a_misspelt_name_is_answered_with_the_name_meant() -> None:
    with pytest.raises(PackError) as caught:
        packs.find("sites", "anounced")

    assert str(caught.value) == "no sites pack 'anounced' in sites; did you mean 'announced'?"


def test_a_name_like_no_other_is_answered_with_all_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "names", lambda _kind: ["india", "us"])
    with pytest.raises(PackError) as caught:
        packs.find("grids", "moon")

    assert str(caught.value) == "no grids pack 'moon' in grids; there are india, us."


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", ""])
def test_a_name_that_no_file_system_takes_is_no_crash(name: str) -> None:
    with pytest.raises(PlannerError):
        packs.read_sites(name)


# --- a user's own list ---------------------------------------------------------------------------


def test_a_list_of_few_columns_gets_the_rest_by_default() -> None:
    tables = read("name,it_mw,full_power_date\nCampus,200,2028-12-31\n")
    (site,) = tables["sites"].to_dict("records")
    (source,) = tables["sources"].to_dict("records")

    assert list(tables) == [table.name for table in schema.SITE_TABLES]
    assert (site["site"], site["name"], site["it_mw"]) == ("Campus", "Campus", 200)
    assert (site["status"], site["grid_connection"]) == ("announced", "grid")
    assert (site["source"], site["confidence"]) == ("user", "medium")
    assert site["known_on"] == pd.Timestamp(DAY)
    assert pd.isna(site["country"])
    assert (source["source"], source["document"]) == ("user", "my.csv")


def test_what_a_list_states_is_not_replaced() -> None:
    tables = read(
        "site,name,facility_mw,full_power_date,status,source,known_on\n"
        "a,Alpha,1,2028-12-31,permitted,memo,2026-01-31\nb,,1,2028-12-31,,,\n"
    )
    columns = ["name", "status", "source"]

    assert tables["sites"][columns].to_numpy().tolist() == [
        ["Alpha", "permitted", "memo"],
        ["b", "announced", "user"],
    ]
    assert tables["sources"]["source"].tolist() == ["memo", "user"]


def test_a_list_needs_megawatts_and_a_date() -> None:
    assert problems("name,state\nx,VA\n") == [
        "my.csv, row 1: column facility_mw is missing; add it (load of the whole site).",
        "my.csv, row 1: column full_power_date is missing; add it (promised full power).",
    ]


def test_a_list_needs_ids() -> None:
    assert problems("facility_mw,full_power_date\n100,2028-12-31\n") == [
        "my.csv, row 1: column site is missing; add it (id).",
        "my.csv, row 1: column name is missing; add it (name).",
    ]


def test_a_folder_of_ones_own_needs_no_more_than_its_sites() -> None:
    Path("mine").mkdir()
    written(HEADER + ROW, "mine/sites.csv")
    written(
        "site,phase,facility_mw,target_date,date_basis,status\n"
        "campus,1,100,2027-12-31,announced,announced\n",
        "mine/phases.csv",
    )
    tables = packs.read_sites("mine", as_of=DAY)

    assert (len(tables["sites"]), len(tables["phases"]), len(tables["onsite"])) == (1, 1, 0)


def test_a_phase_of_a_site_that_is_not_listed_is_named_with_file_and_row() -> None:
    Path("mine").mkdir()
    written(HEADER + ROW, "mine/sites.csv")
    written("site,phase,date_basis,status\ncampas,1,announced,announced\n", "mine/phases.csv")
    with pytest.raises(DataError) as caught:
        packs.read_sites("mine", as_of=DAY)

    assert str(caught.value) == (
        "mine/phases.csv, row 2: site is campas; it is not in sites, did you mean campus?"
    )


def test_other_forms_than_those_that_are_read_are_declined() -> None:
    with pytest.raises(PackError) as caught:
        read(b"PK", "my.txt")

    assert str(caught.value) == (
        "my.txt: a file .txt is not supported; CSV, XLSX, Parquet, GeoParquet, GeoJSON and"
        f" GeoPackage are read: {SAVE}"
    )


def test_a_file_that_is_not_there_is_answered_with_the_one_beside_it() -> None:
    written(HEADER + ROW, "sites.csv")
    with pytest.raises(PackError) as caught:
        packs.read_sites("site.csv")

    assert str(caught.value) == "no file site.csv; did you mean sites.csv?"


def test_a_folder_that_is_named_like_a_file_is_said_to_be_a_folder() -> None:
    Path("mine/sites.csv").mkdir(parents=True)
    with pytest.raises(DataError) as caught:
        packs.read_sites("mine")

    assert str(caught.value) == "mine/sites.csv: it is a folder; a CSV file is needed."


# --- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        HEADER + ROW,
        (HEADER + ROW).replace("\n", "\r\n"),
        (HEADER + ROW).replace("\n", "\r"),
        "\ufeff" + HEADER + ROW,
        HEADER + ROW.rstrip(),
        HEADER + ROW + "\n,,,,,\n\n",
        HEADER.replace("site,", '"site" ,') + ROW,
        (HEADER + ROW).replace("\n", ",,\n"),
        HEADER + ROW.replace(",", " , "),
    ],
    ids=["plain", "crlf", "cr", "bom", "no end", "blank rows", "quotes", "blank columns", "blanks"],
)
def test_harmless_forms_of_csv_are_read_without_a_word(content: str) -> None:
    sites = read(content)["sites"]

    assert sites[["site", "facility_mw"]].to_numpy().tolist() == [["campus", 300]]


def test_a_compressed_file_is_read_too() -> None:
    assert len(read(gzip.compress((HEADER + ROW).encode()), "my.csv.gz")["sites"]) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", ": it is empty; the first row must name the columns."),
        ("\n \n", ": it is empty; the first row must name the columns."),
        ("\n" + HEADER + ROW, ", row 1: it is blank; the first row must name the columns."),
        (HEADER, ": it has a header but no rows; add rows below it."),
        (HEADER + "\n,,,,,\n", ": it has a header but no rows; add rows below it."),
        ((HEADER + ROW).replace(",", ";"), f", row 1: columns are separated by semicolons; {SAVE}"),
        ((HEADER + ROW).replace(",", "\t"), f", row 1: columns are separated by tabs; {SAVE}"),
        ((HEADER + ROW).encode("utf-16"), f": it is written in UTF-16; {SAVE}"),
        ((HEADER + ROW).encode("utf-16-le"), f", row 1: it holds a NUL byte; {SAVE}"),
        (HEADER + "\0" + ROW, f", row 2: it holds a NUL byte; {SAVE}"),
        (
            (HEADER + ROW + ROW.replace("campus", "Orléans")).encode("latin-1"),
            ", row 3: byte 0xE9 is not UTF-8, the file may be in Latin-1 or Windows-1252; " + SAVE,
        ),
        (HEADER + ROW + '"x,US\n', ", row 3: a quotation mark is opened and never closed."),
        (
            HEADER.replace("lat,", "site,") + ROW,
            ", row 1: column site stands in places 1 and 3; keep one of them.",
        ),
        (
            (HEADER + ROW).replace("\n", ",\n").replace("31,", "31,x"),
            ", row 1: column (number 7) is not known; remove it.",
        ),
    ],
)
def test_a_file_that_is_no_table_is_said_to_be_none(content: str | bytes, told: str) -> None:
    assert problems(content) == [f"my.csv{told}"]


def test_rows_with_more_cells_than_the_header_are_all_named() -> None:
    long = ROW.replace("campus", "a, b")

    assert problems(HEADER + long + ROW + "\n" + long) == [
        f"my.csv, row {row}: it has 7 cells and the header 6; put quotation marks around text with"
        " commas, or remove the cells."
        for row in (2, 5)
    ]


def test_rows_are_counted_as_a_spreadsheet_counts_them() -> None:
    """A cell with two lines of text is one row, a blank line is one too."""
    content = HEADER + '"two\nlines",US,38.9,-77.5,1,2028-12-31\n\nx,US,38.9,-77.5,-1,2028-12-31\n'

    assert problems(content) == ["my.csv, row 4: facility_mw is -1 MW; it must be at least 0."]


@pytest.mark.parametrize("data", [b"abc", gzip.compress(b"a,b\n" * 99, mtime=0)[:-9]])
def test_a_broken_compressed_file_is_said_to_be_broken(data: bytes) -> None:
    assert problems(data, "my.csv.gz") == [f"my.csv.gz: it is not a whole gzip file; {SAVE}"]


def test_too_many_rows_are_declined_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_guard, "MOST_ROWS", 2)

    assert problems(HEADER + ROW * 3) == [
        "my.csv: it has more than 2 rows; leave out what is not asked."
    ]


def test_too_large_a_file_is_declined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_guard, "MOST_BYTES", 10)

    assert problems(HEADER + ROW) == ["my.csv: it is larger than 0 MB; leave out rows."]


def test_a_hundred_thousand_rows_are_read_in_less_than_500_megabytes(tmp_path: Path) -> None:
    """100,000 rows in a process of their own; the peak is of the whole process."""
    rows = (f"s{number},US,38.9,-77.5,{number}.5,2028-12-31\n" for number in range(100_000))
    path = tmp_path / "many.csv"
    path.write_text(HEADER + "".join(rows), encoding="utf-8")
    code = (
        "import pathlib, sys; from planner import packs;"
        "print(len(packs.read_sites(sys.argv[1])['sites']));"
        "status = pathlib.Path('/proc/self/status');"
        "lines = status.read_text().splitlines() if status.exists() else ['VmHWM: 0 kB'];"
        "print(next(line.split()[1] for line in lines if line.startswith('VmHWM')))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, check=True, text=True
    )
    count, peak_kb = told.stdout.split()

    assert int(count) == 100_000
    assert int(peak_kb) < 500_000


# --- packs ---------------------------------------------------------------------------------------


def pack(**tables: str) -> Path:
    """Write a pack with one region, pool and plant; `tables` replace or add files."""
    doc = "doc,2020-12-31,high"
    given = {
        "sources": "source,publisher,document,licence,confidence\ndoc,p,d,l,high\n",
        "regions": "region,name,pool,state,interconnect,lat,lon,source,known_on,confidence\n"
        f"NORTH,North,P,ST,I,1,1,{doc}\n",
        "pools": f"pool,name,basis,source,known_on,confidence\nP,P,ELCC,{doc}\n",
        "supply": "region,technology,status,online_year,summer_mw,winter_mw,nameplate_mw,source,"
        f"known_on,confidence\nNORTH,gas,existing,2000,900,1000,1000,{doc}\n",
        "accreditation": "pool,technology,season,year,accredited_fraction,applies_to,basis,source,"
        "known_on,confidence\n"
        f"P,gas,winter,2027,0.8,seasonal,ELCC,{doc}\nP,gas,summer,2027,0.8,seasonal,ELCC,{doc}\n",
        "requirements": "pool,season,year,reserve_margin,basis,source,known_on,confidence\n"
        f"P,winter,2027,0.1,ELCC,{doc}\nP,summer,2027,0.1,ELCC,{doc}\n",
        "load": "scenario,region,year,season,peak_mw,datacenter_growth_mw,source,known_on,"
        f"confidence\nofficial,NORTH,2027,winter,700,0,{doc}\n",
    } | tables
    for name, text in given.items():
        written(text, f"{name}.csv")
    return Path()


def pack_problems(**tables: str) -> list[str]:
    with pytest.raises(DataError) as caught:
        packs.read(pack(**tables), schema.GRID_TABLES)
    return list(caught.value.problems)


def test_a_small_grid_is_read_and_tables_left_out_are_empty() -> None:
    tables = packs.read(pack(), schema.GRID_TABLES, as_of=DAY)

    assert list(tables) == [table.name for table in schema.GRID_TABLES]
    assert len(tables["load"]) == 1
    assert list(tables["links"]) == list(schema.LINKS.columns)
    assert len(tables["links"]) == 0


def test_files_of_other_names_are_left_alone() -> None:
    written("\0", "notes.csv")

    assert len(packs.read(pack(), schema.GRID_TABLES)["regions"]) == 1


def test_a_missing_file_is_a_problem_beside_the_others() -> None:
    folder = pack(pools="pool,name\nP,P\n")
    Path("load.csv").unlink()
    with pytest.raises(DataError) as caught:
        packs.read(folder, schema.GRID_TABLES)

    assert list(caught.value.problems) == [
        (
            "pools.csv, row 1: column basis is missing; add it (basis on which its requirement"
            " and its accreditation stand)."
        ),
        "pools.csv, row 1: column source is missing; add it (key of the document in sources.csv).",
        (
            "pools.csv, row 1: column known_on is missing; add it (day on which the fact became"
            " known; later than the as-of date, it is not read)."
        ),
        "pools.csv, row 1: column confidence is missing; add it (how sure the fact is).",
        (
            "load.csv: there is no such file; add it (load at the peak of the pool, by region,"
            " year, season and scenario)."
        ),
    ]


def test_an_unknown_region_is_named_with_file_and_row() -> None:
    load = "scenario,region,year,season,peak_mw,datacenter_growth_mw,source,known_on,confidence\n"
    row = "official,NROTH,2027,winter,700,0,doc,2020-12-31,high\n"

    assert pack_problems(load=load + row) == [
        "load.csv, row 2: region is NROTH; it is not in regions, did you mean NORTH?"
    ]


def test_a_technology_outside_the_shared_vocabulary_is_found() -> None:
    supply = (
        "region,technology,status,online_year,summer_mw,winter_mw,nameplate_mw,source,known_on,"
        "confidence\nNORTH,nuclaer,existing,2000,900,1000,1000,doc,2020-12-31,high\n"
    )

    assert pack_problems(supply=supply) == [
        "supply.csv, row 2: technology is nuclaer; it is not in technologies, did you mean nuclear?"
    ]


def test_a_technology_without_an_accredited_share_is_found() -> None:
    shares = (
        "pool,technology,season,year,accredited_fraction,applies_to,basis,source,known_on,"
        "confidence\nP,gas,winter,2027,0.8,seasonal,ELCC,doc,2020-12-31,high\n"
    )

    assert pack_problems(accreditation=shares) == [
        "accreditation.csv: pool P has gas but no share of it for summer; add a row."
    ]


def test_mixed_bases_are_named_with_file_and_row() -> None:
    margins = "pool,season,year,reserve_margin,basis,source,known_on,confidence\n"
    rows = "".join(f"P,{s},2027,0.1,ICAP,doc,2020-12-31,high\n" for s in ("winter", "summer"))

    assert pack_problems(requirements=margins + rows) == [
        (
            "requirements.csv, row 2 and 1 more row: basis is ICAP, but pool P stands on ELCC, and"
            " mixing bases counts megawatts wrongly; restate the row on ELCC."
        )
    ]


LOADS: Final = (
    "scenario,region,year,season,peak_mw,datacenter_growth_mw,source,known_on,confidence\n"
    "official,NORTH,2027,winter,700,0,doc,2024-01-31,high\n"
    "official,NORTH,2027,winter,800,0,doc,2025-01-31,high\n"
    "official,NORTH,2027,winter,900,0,doc,2026-01-31,high\n"
    "official,NORTH,2028,winter,950,0,doc,2026-01-31,high\n"
)


@pytest.mark.parametrize(
    ("as_of", "peaks"),
    [
        (None, [900, 950]),
        (date(2026, 1, 31), [900, 950]),
        (date(2026, 1, 30), [800]),
        (date(2024, 6, 30), [700]),
        (date(2023, 12, 31), []),
    ],
)
def test_of_each_fact_the_last_one_known_by_the_day_is_read(
    as_of: date | None, peaks: list[float]
) -> None:
    """Three vintages of the peak of winter 2027, and winter 2028 only in the last."""
    tables = packs.read(pack(load=LOADS), schema.GRID_TABLES, as_of=as_of)

    assert tables["load"]["peak_mw"].tolist() == peaks


def test_rows_of_a_region_that_was_not_known_yet_are_not_read() -> None:
    regions = (
        "region,name,pool,state,interconnect,lat,lon,source,known_on,confidence\n"
        "NORTH,North,P,ST,I,1,1,doc,2026-06-30,high\n"
    )
    tables = packs.read(pack(regions=regions), schema.GRID_TABLES, as_of=date(2025, 1, 1))

    assert [len(tables[name]) for name in ("regions", "supply", "load", "pools")] == [0, 0, 0, 1]


def test_reading_twice_gives_the_same() -> None:
    folder = pack(load=LOADS)
    first, second = (packs.read(folder, schema.GRID_TABLES, as_of=DAY) for _ in range(2))

    for name, frame in first.items():
        pd.testing.assert_frame_equal(frame, second[name])


# --- shipped packs -------------------------------------------------------------------------------

SHIPPED: Final = [(kind, name) for kind in ("grids", "sites") for name in packs.names(kind)]


@pytest.mark.parametrize(("kind", "name"), SHIPPED)
def test_a_shipped_pack_has_no_problem(kind: packs.Kind, name: str) -> None:
    tables = schema.GRID_TABLES if kind == "grids" else schema.SITE_TABLES
    read = packs.read(packs.find(kind, name), tables, as_of=DAY)

    assert len(read["sources"]) > 0


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("kind", "name"), SHIPPED)
def test_pandera_agrees_that_a_shipped_pack_has_no_problem(kind: packs.Kind, name: str) -> None:
    """The second reading of the same description: types, limits, allowed words and keys."""
    tables = schema.GRID_TABLES if kind == "grids" else schema.SITE_TABLES
    read = packs.read(packs.find(kind, name), tables, as_of=DAY)

    for table in tables:
        table.pandera().validate(read[table.name], lazy=True)


def test_the_tables_that_all_grids_share_are_read() -> None:
    assert "nuclear" in set(packs.read_common(as_of=DAY)["technologies"]["technology"])


# --- whatever a file holds -----------------------------------------------------------------------

WORDS: Final = st.sampled_from(
    [
        *("site", "name", "facility_mw", "it_mw", "full_power_date", "lat", "lon", "country", "US"),
        *(",", ",", ",", ",", "\n", "\n", "\r\n", "\r", ";", '"', "'", "\t", "\0", "\ufeff", " "),
        *("100", "-1", "1,200", "nan", "inf", "1e400", "2028-12-31", "2028-02-30", "today", "#N/A"),
    ]
)
FUZZ: Final = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def answered(data: bytes, name: str) -> None:
    """Read whatever it is: tables or a problem in words, each on one line."""
    problem = ""
    try:
        assert len(read(data, name)["sites"]) > 0
    except DataError as error:
        assert all(len(line.splitlines()) == 1 for line in error.problems)  # noqa: PT017
    except PlannerError as error:
        problem = str(error)

    assert problem == ""


@FUZZ
@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf")
@example(b'"\r"')
def test_no_bytes_can_break_the_reader(data: bytes) -> None:
    answered(data, "my.csv")


@FUZZ
@given(st.lists(WORDS, max_size=40).map("".join))
def test_no_text_can_break_the_reader(text: str) -> None:
    answered(text.encode(), "my.csv")


@FUZZ
@given(st.lists(st.lists(st.one_of(WORDS, st.text(max_size=8)), max_size=7), max_size=5))
def test_no_cells_can_break_the_reader(rows: list[list[str]]) -> None:
    lines = "\n".join(",".join(row) for row in rows)
    answered((HEADER + lines).encode("utf-8", "surrogatepass"), "my.csv")


@FUZZ
@given(st.binary(max_size=60))
def test_no_bytes_can_break_the_reader_of_compressed_files(data: bytes) -> None:
    answered(b"\x1f\x8b\x08" + data, "my.csv.gz")
