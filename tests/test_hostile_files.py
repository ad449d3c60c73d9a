"""Tests of files that would crash, hang or fill a machine: each is answered with one line."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import os
import random
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet as pq
from typer.testing import CliRunner

from planner import files_geo, files_guard, files_xlsx, headings, inspect_data, overlays
from planner.cli import app
from planner.errors import PlannerError

DAY: Final = dt.date(2026, 11, 22)
RUN: Final = CliRunner()
SHEET: Final = "xl/worksheets/sheet1.xml"
SPREADSHEET: Final = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
ROWS: Final = pd.DataFrame(
    {
        "site": ["alpha", "beta"],
        "facility_mw": [300.0, 1.5],
        "full_power_date": ["2028-12-31", "2029-06-30"],
    }
)
SAVE: Final = "save it as CSV (UTF-8, commas)."


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, so that messages name files as a user would."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(name: str) -> list[str]:
    return inspect_data.inspect([name], as_of=DAY).problems


# --- workbooks -----------------------------------------------------------------------------------


def workbook(parts: dict[str, str | bytes], name: str = "my.xlsx") -> str:
    """Write a sound workbook, some of its parts replaced."""
    book = openpyxl.Workbook()
    for row in (list(ROWS.columns), *ROWS.to_numpy().tolist()):
        book.active.append(row)
    sink = io.BytesIO()
    book.save(sink)
    with zipfile.ZipFile(sink) as archive, zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as out:
        for part in {*archive.namelist(), *parts}:
            out.writestr(part, parts[part] if part in parts else archive.read(part))
    return name


def sheet(rows: str) -> str:
    return f"<worksheet {SPREADSHEET}><sheetData>{rows}</sheetData></worksheet>"


LAUGHS: Final = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_workbook_that_declares_entities_is_refused_before_it_is_parsed(encoding: str) -> None:
    """Nine levels of ten: a billion laughs, in either encoding."""
    text = f'<?xml version="1.0" encoding="{encoding}"?>{LAUGHS}<worksheet>&i;</worksheet>'

    assert told(workbook({SHEET: text.encode(encoding)})) == [
        f"my.xlsx: {SHEET} declares XML entities, as no workbook does; {SAVE}"
    ]


def test_a_workbook_is_refused_by_its_unpacked_size() -> None:
    """60 MB of shared strings come in a file of less than 1 MB."""
    text = f"<sst {SPREADSHEET}>{'<si><t>ab</t></si>' * 3_400_000}</sst>"
    name = workbook({"xl/sharedStrings.xml": text})

    assert Path(name).stat().st_size < 1_000_000
    assert told(name) == [
        (
            "my.xlsx: xl/sharedStrings.xml unpacks to more than 40 MB; save the sheet that is asked"
            " as CSV."
        )
    ]


def test_a_part_without_cells_has_a_smaller_limit() -> None:
    assert told(workbook({"xl/styles.xml": " " * (files_xlsx.MOST_OF_A_PART + 1)})) == [
        "my.xlsx: xl/styles.xml unpacks to more than 2 MB; save the sheet that is asked as CSV."
    ]


def test_cells_at_the_far_end_of_a_sheet_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_guard, "MOST_ROWS", 1000)
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"/></row>'

    assert told(workbook({SHEET: sheet(far)})) == [
        "my.xlsx, sheet Sheet: it has more than 1000 rows; leave out what is not asked."
    ]


def test_a_truncated_workbook_is_said_to_be_none() -> None:
    data = Path(workbook({})).read_bytes()
    for size in range(0, len(data), len(data) // 12):
        Path("cut.xlsx").write_bytes(data[:size])

        assert told("cut.xlsx") == [f"cut.xlsx: it is not a whole workbook; {SAVE}"]


# --- other forms ---------------------------------------------------------------------------------


def test_a_parquet_file_that_repeats_one_long_text_is_refused() -> None:
    """A megabyte stands in the file once and in 1000 rows: a gigabyte of text."""
    words = pa.array(["x" * 1_000_000]).dictionary_encode().take(pa.array([0] * 1000))
    pq.write_table(pa.table({"site": words}), "my.parquet")

    assert Path("my.parquet").stat().st_size < 1_000_000
    assert told("my.parquet") == ["my.parquet: it is larger than 100 MB; leave out rows."]


def test_ten_million_rows_are_refused_by_what_the_file_says() -> None:
    pq.write_table(pa.table({"site": pa.array(["a"] * 10_000_000)}), "my.parquet")

    assert told("my.parquet") == [
        "my.parquet: it has more than 1000000 rows; leave out what is not asked."
    ]


def geopackage(*statements: str) -> str:
    points = gpd.points_from_xy([-77.5, -88.2], [38.9, 43.1], crs="EPSG:4326")
    gpd.GeoDataFrame(ROWS, geometry=points).to_file("my.gpkg", layer="sites")
    opened = sqlite3.connect("my.gpkg")
    for statement in statements:
        opened.execute(statement)
    opened.commit()
    opened.close()
    return "my.gpkg"


ENDLESS: Final = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r"


@pytest.mark.parametrize("where", ["", " WHERE x < 0"])
def test_a_geopackage_with_an_endless_view_is_given_up(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_guard, "MOST_ROWS", 1000)
    monkeypatch.setattr(files_geo, "MOST_STEPS", 1000)
    (line,) = told(
        geopackage(
            f"CREATE VIEW evil AS {ENDLESS}{where}",
            "DELETE FROM gpkg_contents",
            "INSERT INTO gpkg_contents (table_name, data_type) VALUES ('evil', 'attributes')",
        )
    )

    assert line in (
        "my.gpkg, layer evil: it has more than 1000 rows; leave out what is not asked.",
        f"my.gpkg, layer evil: it is not a whole GeoPackage; {SAVE}",
    )


def test_shapes_of_a_geopackage_that_are_none_are_named_with_their_rows() -> None:
    name = geopackage("DROP TRIGGER IF EXISTS rtree_sites_geom_update6",
                      "DROP TRIGGER IF EXISTS rtree_sites_geom_update7",
                      "DROP TRIGGER IF EXISTS rtree_sites_geom_update5",
                      "CREATE TABLE other AS SELECT * FROM sites",
                      "UPDATE other SET geom = x'4750' WHERE site = 'beta'",
                      "UPDATE gpkg_contents SET table_name = 'other'",
                      "UPDATE gpkg_geometry_columns SET table_name = 'other'")  # fmt: skip

    assert told(name) == ["my.gpkg, layer other, row 3: its shape cannot be read; repair it."]


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"features": ' + "[" * 100_000, '{"features": 1}', "[]", "null", "\0", "{"],
)
def test_a_geojson_file_that_is_none_is_told(text: str) -> None:
    Path("my.geojson").write_text(text, encoding="utf-8")
    (line,) = told("my.geojson")

    assert line.startswith("my.geojson: it is n")


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ("site\n".encode("utf-16"), f"load.csv: it is written in UTF-16; {SAVE}"),
        ("site\nOrl\u00e9ans\n".encode("latin-1"), "load.csv, row 2: byte 0xE9 is not UTF-8, the"),
        (b"site\n\0\n", f"load.csv, row 2: it holds a NUL byte; {SAVE}"),
        (b"a," * 1001 + b"\n", "load.csv: it has more than 1000 columns; leave out what is not"),
        (gzip.compress(b"x" * 1000, mtime=0)[:-20], "load.csv, row 1: it holds a NUL byte;"),
    ],
)
def test_bytes_that_are_no_table_are_told(data: bytes, line: str) -> None:
    Path("load.csv").write_bytes(data)

    assert told("load.csv")[0].startswith(line)


# --- what is no file -----------------------------------------------------------------------------

NAMES: Final = ("my.csv", "my.xlsx", "my.parquet", "my.geojson", "my.gpkg", "my.csv.gz")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
@pytest.mark.parametrize("name", NAMES)
def test_a_pipe_is_refused_and_not_waited_for(name: str) -> None:
    os.mkfifo(name)

    assert told(name) == [f"{name}: it is a pipe or a device; save it as a file first."]


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices here")
def test_a_device_is_refused() -> None:
    Path("my.csv").symlink_to("/dev/zero")

    assert told("my.csv") == ["my.csv: it is a pipe or a device; save it as a file first."]


@pytest.mark.parametrize("name", NAMES)
def test_a_link_to_itself_is_told(name: str) -> None:
    Path(name).symlink_to(name)

    assert told(name) == [f"{name}: it is a link that leads nowhere; correct it."]


def test_links_that_lead_in_a_circle_are_not_followed() -> None:
    """mine/again leads to mine; mine/sites.csv to itself."""
    Path("mine").mkdir()
    Path("mine/again").symlink_to("../mine", target_is_directory=True)
    Path("mine/sites.csv").symlink_to("sites.csv")

    assert told("mine") == ["mine/sites.csv: it is a link that leads nowhere; correct it."]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_in_the_place_of_a_map_is_refused() -> None:
    os.mkfifo("columns.toml")
    ROWS.to_csv("my.csv", index=False)
    result = RUN.invoke(app, ["data", "check", "my.csv", "--map", "columns.toml"])

    assert (result.exit_code, result.stderr) == (
        2,
        "planner: columns.toml: it is a pipe or a device; save it as a file first.\n",
    )


# --- data check ----------------------------------------------------------------------------------


def test_problems_of_all_files_are_told_at_once_with_one_line_each() -> None:
    Path("a.csv").write_text("site,facility_mw,full_power_date\nx,one,2028-13-01\n")
    Path("b.csv").write_text("site,facility_mw,full_power_date\nx,1,soon\n")
    result = RUN.invoke(app, ["data", "check", "a.csv", "b.csv", "--format", "json"])

    assert result.exit_code == 2
    assert json.loads(result.stdout) == [
        {"file": "a.csv", "row": "2", "problem": "facility_mw is one; write a number in MW."},
        {"file": "a.csv", "row": "2", "problem": "full_power_date is 2028-13-01; there is no such"
         " day."},
        {"file": "b.csv", "row": "2", "problem": "full_power_date is soon; write a day as"
         " YYYY-MM-DD."},
    ]  # fmt: skip
    assert result.stderr == "planner: 3 problems; 2 rows in 2 tables could be read\n"


@pytest.mark.parametrize("name", ["us", "announced"])
def test_a_shipped_pack_is_checked_by_name(name: str) -> None:
    result = RUN.invoke(app, ["data", "check", name])

    assert (result.exit_code, result.stdout) == (0, "")
    assert "planner: no problems; " in result.stderr


def test_what_is_not_there_is_told() -> None:
    result = RUN.invoke(app, ["data", "check", "nowhere"])

    assert (result.exit_code, result.stderr) == (
        2,
        "planner: no folder or file nowhere; check the path.\n",
    )


def test_wrong_cells_by_the_hundred_thousand_stay_below_a_gigabyte(tmp_path: Path) -> None:
    """200,000 rows with four wrong cells each, in a process of their own."""
    head = "site,name,country,lat,lon,status,facility_mw,full_power_date\n"
    rows = (f"s{k % 9},n,US,x,1,annonced,-{k + 1},2028-13-31\n" for k in range(200_000))
    path = tmp_path / "bad.csv"
    path.write_text(head + "".join(rows), encoding="utf-8")
    code = (
        "import pathlib, sys; from planner.inspect_data import inspect; from datetime import date;"
        "found = inspect([sys.argv[1]], as_of=date(2026, 11, 22));"
        "status = pathlib.Path('/proc/self/status');"
        "lines = status.read_text().splitlines() if status.exists() else ['VmHWM: 0 kB'];"
        "peak = next(line.split()[1] for line in lines if line.startswith('VmHWM'));"
        "print(len(found.problems), found.hidden, peak)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, check=True, text=True
    )
    shown, hidden, peak_kb = map(int, done.stdout.split())

    assert (shown, shown - 1 + hidden) == (201, 800_000)
    assert peak_kb < 1_000_000


# --- whatever a file holds -----------------------------------------------------------------------


def sound() -> dict[str, bytes]:
    """Write a sound file of each form, and return their bytes."""
    ROWS.to_csv("my.csv", index=False)
    ROWS.to_csv("my.csv.gz", index=False)
    ROWS.to_parquet("my.parquet")
    workbook({})
    geopackage()
    shaped = gpd.GeoDataFrame(ROWS, geometry=[shapely.Point(1, 2), shapely.Point(3, 4)], crs=4326)
    shaped.to_file("my.geojson", driver="GeoJSON")
    Path("columns.toml").write_text('[sites]\n"x" = { column = "lat", times = 2 }\n[fill.sites]\n')
    Path("pack.toml").write_text('extends = "us"\nnote = "x"\n')
    return {name: Path(name).read_bytes() for name in (*NAMES, "columns.toml", "pack.toml")}


def mutated(data: bytes, draw: random.Random) -> bytes:
    """Change some bytes, cut a piece out, or write a piece twice."""
    found = bytearray(data)
    for _ in range(draw.randint(1, 6)):
        at, size = draw.randrange(len(found) + 1), draw.randint(1, 40)
        kind = draw.randrange(4)
        if kind == 0:
            found[at : at + 1] = bytes([draw.randrange(256)])
        elif kind == 1:
            del found[at : at + size]
        elif kind == 2:
            found[at:at] = found[at : at + size]
        else:
            found[at : at + 4] = draw.choice([b"\xff" * 4, b"\0" * 4, b"<!--", b"9999", b'"\n"'])
    return bytes(found)


def asked(name: str) -> list[str]:
    """Read whatever it is; anything but an answer in words is raised."""
    try:
        if name == "columns.toml":
            headings.read(Path(name))
        elif name == "pack.toml":
            overlays.extends(Path())
        else:
            return told(name)
    except PlannerError as error:
        return str(error).split("\n")
    return []


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(min_value=0, max_value=2**32))
def test_no_change_of_a_sound_file_can_break_a_reader(seed: int) -> None:
    """The long search with coverage is benchmarks/fuzz_readers.py."""
    draw = random.Random(seed)  # noqa: S311 - not a secret
    for name, data in SOUND.items() or prepared():
        Path(name).write_bytes(mutated(data, draw))

        assert all(len(line.splitlines()) <= 1 for line in asked(name))


SOUND: dict[str, bytes] = {}


def prepared() -> Any:
    SOUND.update(sound())
    return SOUND.items()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(min_value=0, max_value=2**32))
def test_no_change_of_a_part_of_a_workbook_can_break_the_reader(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - not a secret
    with zipfile.ZipFile(workbook({})) as archive:
        part = draw.choice(sorted(archive.namelist()))
        content = archive.read(part)
    workbook({part: mutated(content, draw)})

    assert all(len(line.splitlines()) <= 1 for line in asked("my.xlsx"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_in_the_place_of_a_scenario_is_refused() -> None:
    os.mkfifo("s.toml")
    result = RUN.invoke(app, ["check", "--scenario", "s.toml"])

    assert (result.exit_code, result.stderr) == (
        2,
        "planner: s.toml: it is a pipe or a device; save it as a file first.\n",
    )


def test_outlines_that_are_broken_are_told_in_one_line() -> None:
    Path("regions.fgb").write_bytes(b"fgb\x03fgb\x00" + b"\xff" * 90)
    with pytest.raises(PlannerError) as caught:
        files_geo.shapes(Path("regions.fgb"), "regions.fgb")

    assert str(caught.value) == (
        f"regions.fgb: it is not a whole FlatGeobuf file with a column region; {SAVE}"
    )
