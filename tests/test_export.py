"""Exports open again with the same figures, run no formula, and are the same each time."""

from __future__ import annotations

import json
import shutil
import time
import zipfile
from typing import TYPE_CHECKING

import drawn
import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

from planner import cli_maps, export, ledger, packs, schema
from planner.errors import PackError, PlannerError

if TYPE_CHECKING:
    from pathlib import Path

    from planner.ledger import Ledger
    from planner.pipeline import Plan


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return drawn.hostile(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def books(hostile: Plan) -> Ledger:
    return ledger.build(hostile)


def place(folder: Path, style: str) -> Path:
    return folder / f"plan.{style}" if style in export.ONE_FILE else folder / style


@pytest.mark.parametrize("style", export.FORMATS)
def test_the_same_plan_gives_the_same_bytes(
    hostile: Plan, books: Ledger, tmp_path: Path, style: str
) -> None:
    def content() -> list[bytes]:
        written = export.write(hostile, place(tmp_path, style), style, books=books)
        return [path.read_bytes() for path in written]

    first = content()
    time.sleep(1.1)
    second = content()

    assert first == second


def test_a_geopackage_has_the_layers_of_a_map(hostile: Plan, tmp_path: Path) -> None:
    (path,) = export.write(hostile, tmp_path / "plan.gpkg", "gpkg")
    sites = gpd.read_file(path, layer="sites")
    regions = gpd.read_file(path, layer="regions")
    periods = gpd.read_file(path, layer="region_periods")

    assert sites.crs.to_epsg() == 4326
    assert sites["late_mw"].tolist() == pytest.approx(hostile.sites["late_mw"].tolist())
    assert regions.set_index("region")["headroom_2028_mw"]["NORTH"] == pytest.approx(100.0)
    assert len(periods) == len(hostile.regions)


def test_geoparquet_and_geojson_hold_the_same_sites(hostile: Plan, tmp_path: Path) -> None:
    export.write(hostile, tmp_path / "a", "geoparquet")
    export.write(hostile, tmp_path / "b", "geojson")
    parquet = gpd.read_parquet(tmp_path / "a" / "sites.parquet")
    text = json.loads((tmp_path / "b" / "sites.geojson").read_text(encoding="utf-8"))

    assert parquet["site"].tolist() == [f["properties"]["site"] for f in text["features"]]
    assert parquet["name"].tolist() == list(hostile.sites["name"])
    assert text["features"][0]["geometry"]["type"] == "Point"


def test_the_sites_carry_the_capital_that_waits(
    hostile: Plan, books: Ledger, tmp_path: Path
) -> None:
    """Late sites have a range; the others none. Without a ledger there are no such columns."""
    (path,) = export.write(hostile, tmp_path / "plan.gpkg", "gpkg", books=books)
    sites = gpd.read_file(path, layer="sites").set_index("site")
    capital = books.capital.set_index("site")

    assert sites.loc[capital.index, "waiting_high_usd_bn"].tolist() == pytest.approx(
        capital["waiting_high"].tolist()
    )
    assert sites["waiting_low_usd_bn"].notna().sum() == len(capital) < len(sites)
    assert "waiting_low_usd_bn" not in export.geographic(hostile)["sites"]


def test_an_export_opens_again_with_the_figures_of_the_ledger(
    hostile: Plan, books: Ledger, tmp_path: Path
) -> None:
    export.write(hostile, tmp_path, "csv", books=books)
    table = pd.read_csv(tmp_path / "ledger_programs.csv")

    assert table["once_low_mw"].tolist() == pytest.approx(books.programs["once_low_mw"].tolist())


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"), ("+x", "'+x"), ("-x", "'-x"), ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"), ("\t=1", "'\t=1"), ("plain", "plain"), ("a=b", "a=b"), ("", ""),
    ],
)  # fmt: skip
def test_text_that_begins_like_a_formula_gets_an_apostrophe(text: str, written: str) -> None:
    table = export.harmless(pd.DataFrame({"name": [text], "mw": [-1.5]}))

    assert table["name"].tolist() == [written]
    assert table["mw"].tolist() == [-1.5]


def test_no_cell_of_a_spreadsheet_is_a_formula(
    hostile: Plan, books: Ledger, tmp_path: Path
) -> None:
    (path,) = export.write(hostile, tmp_path / "plan.xlsx", "xlsx", books=books)
    book = openpyxl.load_workbook(path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    texts = {cell.value for cell in cells}

    assert "f" not in {cell.data_type for cell in cells}
    assert f"'{drawn.FORMULA}" in texts
    assert drawn.TELUGU in texts
    added = [f"ledger_{name}" for name in ledger.TABLES]
    assert book.sheetnames == ["about", *export.TABLES, *added]
    assert {cell.value for cell in book["ledger_capital"]["B"]} >= {f"'{drawn.FORMULA}"}
    with zipfile.ZipFile(path) as parts:
        assert not [name for name in parts.namelist() if "externalLink" in name]


def test_no_cell_of_a_csv_file_begins_a_formula(
    hostile: Plan, books: Ledger, tmp_path: Path
) -> None:
    written = export.write(hostile, tmp_path / "csv", "csv", books=books)
    assert len(written) == len(export.TABLES) + len(ledger.TABLES)
    for path in written:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        for name in table:
            cells = table[name][~table[name].str.fullmatch(r"-?[\d.]+(e-?\d+)?")]
            assert not cells.str.startswith(export.FORMULA).any()


def test_an_unknown_format_and_a_bad_place_are_named(hostile: Plan, tmp_path: Path) -> None:
    with pytest.raises(PlannerError, match="format is 'shp'; choose one of gpkg"):
        export.write(hostile, tmp_path / "x", "shp")
    (tmp_path / "file").write_text("")
    with pytest.raises(PackError, match="choose a place that can be written"):
        export.write(hostile, tmp_path / "file" / "x", "csv")


def test_the_command_prints_what_it_wrote(
    hostile: Plan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli_maps, "_plan", lambda *_, **__: hostile)
    cli_maps.export(tmp_path / "out", style="csv")

    written = capsys.readouterr().out.splitlines()
    assert [line.rsplit("/")[-1] for line in written] == [
        f"{name}.csv" for name in (*export.TABLES, *(f"ledger_{n}" for n in ledger.TABLES))
    ]


def test_a_data_package_is_valid_to_frictionless(hostile: Plan, tmp_path: Path) -> None:
    """Every table against its description: types, names, encoding."""
    frictionless = pytest.importorskip("frictionless")
    export.write(hostile, tmp_path / "package", "datapackage")
    report = frictionless.validate(str(tmp_path / "package" / "datapackage.json"))

    assert report.flatten(["type", "note"]) == []
    assert len(report.tasks) == len(export.TABLES)


def test_the_data_package_of_a_pack_is_valid_to_frictionless(tmp_path: Path) -> None:
    """The shared pack: every row keeps to the types, limits and keys that are described."""
    frictionless = pytest.importorskip("frictionless")
    folder = tmp_path / "common"
    shutil.copytree(packs.shelf("grids") / "common", folder)
    text = json.dumps(schema.data_package(folder))
    (folder / "datapackage.json").write_text(text, encoding="utf-8")
    report = frictionless.validate(str(folder / "datapackage.json"))

    assert report.flatten(["title", "type", "note"]) == []
    assert len(report.tasks) == len(schema.COMMON_TABLES)


def test_a_data_package_names_units(hostile: Plan, tmp_path: Path) -> None:
    export.write(hostile, tmp_path, "datapackage")
    body = json.loads((tmp_path / "datapackage.json").read_text(encoding="utf-8"))
    sites = next(part for part in body["resources"] if part["name"] == "sites")
    fields = {field["name"]: field for field in sites["schema"]["fields"]}

    assert fields["late_mw"] == {"name": "late_mw", "type": "number", "unit": "MW"}
    assert fields["site"]["type"] == "string"


def test_parquet_and_arrow_hold_every_table(hostile: Plan, tmp_path: Path) -> None:
    export.write(hostile, tmp_path / "a", "parquet")
    export.write(hostile, tmp_path / "b", "arrow")

    for name in export.TABLES:
        first = pd.read_parquet(tmp_path / "a" / f"{name}.parquet")
        second = pd.read_feather(tmp_path / "b" / f"{name}.arrow")
        assert len(first) == len(getattr(hostile, name))
        pd.testing.assert_frame_equal(first, second)
