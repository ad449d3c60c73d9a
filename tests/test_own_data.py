"""Tests of files of one's own: every form gives the same table, and a map of headings is needed."""

from __future__ import annotations

import datetime as dt
import json
import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from planner import files_geo, headings, match, overlays, packs, report, starter
from planner.case import load_case
from planner.cli import app
from planner.errors import DataError, GuessError

DAY: Final = dt.date(2026, 11, 22)
RUN: Final = CliRunner()
HEADER: Final = ("site", "country", "facility_mw", "full_power_date", "county_fips")
ROWS: Final = (
    ("alpha", "US", 300, dt.date(2028, 12, 31), "01001"),
    ("beta, with a comma", "US", 120.5, dt.date(2029, 6, 30), None),
)
POINTS: Final = ((-77.5, 38.9), (-88.25, 43.125))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, so that messages name files as a user would."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def frame() -> pd.DataFrame:
    return pd.DataFrame([dict(zip(HEADER, row, strict=True)) for row in ROWS])


def shaped(crs: str = "EPSG:4326") -> gpd.GeoDataFrame:
    points = gpd.GeoSeries([shapely.Point(*point) for point in POINTS], crs="EPSG:4326")
    return gpd.GeoDataFrame(frame(), geometry=points.to_crs(crs))


def book(*sheets: tuple[str, list[Any]], name: str = "my.xlsx") -> str:
    """Write a workbook of sheets, each with its rows."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, rows in sheets:
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
    made.save(name)
    return name


def as_json(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return rows.assign(full_power_date=[str(day) for day in rows["full_power_date"]])


def write_csv() -> str:
    lat_lon = pd.DataFrame({"lon": [x for x, _ in POINTS], "lat": [y for _, y in POINTS]})
    pd.concat([frame(), lat_lon], axis=1).to_csv("my.csv", index=False)
    return "my.csv"


def write_xlsx() -> str:
    rows = [(*row, *point) for row, point in zip(ROWS, POINTS, strict=True)]
    return book(("Projects", [(*HEADER, "lon", "lat"), *rows]))


def write_parquet() -> str:
    frame().assign(lon=[x for x, _ in POINTS], lat=[y for _, y in POINTS]).to_parquet("my.parquet")
    return "my.parquet"


def write_geoparquet() -> str:
    shaped("EPSG:3857").to_parquet("my.geoparquet")
    return "my.geoparquet"


def write_geojson() -> str:
    as_json(shaped()).to_file("my.geojson", driver="GeoJSON")
    return "my.geojson"


def write_gpkg() -> str:
    as_json(shaped("EPSG:3857")).to_file("my.gpkg", layer="projects", driver="GPKG")
    return "my.gpkg"


WRITERS: Final = (write_csv, write_xlsx, write_parquet, write_geoparquet, write_geojson, write_gpkg)


@pytest.mark.parametrize("write", WRITERS, ids=[write.__name__[6:] for write in WRITERS])
def test_every_form_gives_the_same_sites(write: Any) -> None:
    """Points in metres or degrees, days as days or text, codes with their zeros: all alike."""
    sites = packs.read_sites(write(), as_of=DAY)["sites"]
    columns = ["site", "facility_mw", "full_power_date", "county_fips"]

    assert sites[columns].astype(object).where(sites[columns].notna(), None).values.tolist() == [
        ["alpha", 300.0, pd.Timestamp("2028-12-31"), "01001"],
        ["beta, with a comma", 120.5, pd.Timestamp("2029-06-30"), None],
    ]
    assert sites[["lon", "lat"]].to_numpy().round(6).tolist() == [list(point) for point in POINTS]


def problems(name: str, **given: Any) -> list[str]:
    with pytest.raises(DataError) as caught:
        packs.read_sites(name, as_of=DAY, **given)
    return list(caught.value.problems)


# --- workbooks -----------------------------------------------------------------------------------

PLAIN: Final = ["site", "facility_mw", "full_power_date"]


def test_a_sheet_is_found_by_the_name_of_its_table() -> None:
    site = [PLAIN, ["a", 1, "2028-12-31"]]
    steps = [["site", "phase", "date_basis", "status"], ["a", "1", "announced", "announced"]]
    tables = packs.read_sites(book(("Notes", [["x"]]), ("phases", steps), ("Sites", site)))

    assert (len(tables["sites"]), len(tables["phases"])) == (1, 1)


def test_several_sheets_of_which_none_has_the_name_are_named() -> None:
    assert problems(book(("One", [PLAIN]), ("Two", [PLAIN]))) == [
        (
            "my.xlsx: no sheet is named sites, it has One, Two; name one so, or pass --map with"
            ' [sheets] sites = "...".'
        )
    ]


def test_a_map_names_the_sheet() -> None:
    Path("columns.toml").write_text('[sheets]\nsites = "Two"\n', encoding="utf-8")
    name = book(("One", [["x"]]), ("Two", [PLAIN, ["a", 1, "2028-12-31"]]))

    assert len(packs.read_sites(name, columns=headings.read(Path("columns.toml")))["sites"]) == 1


def test_a_problem_of_a_sheet_names_sheet_and_row() -> None:
    assert problems(book(("sites", [PLAIN, [], ["a", "1 GW", "2028-12-31"]]))) == [
        "my.xlsx, sheet sites, row 3: facility_mw is 1 GW; write 1000, the column is in MW."
    ]


def test_a_formula_without_a_saved_value_is_told_and_not_taken_as_empty() -> None:
    """Openpyxl saves no values of formulas, as many programs that write workbooks do."""
    assert problems(book(("sites", [PLAIN, ["a", "=1+1", "2028-12-31"]]))) == [
        (
            "my.xlsx, sheet sites, row 2: the formula in cell 2 has no saved value; save the"
            " workbook in a spreadsheet program, or write the value."
        )
    ]


# --- a map of headings ---------------------------------------------------------------------------

QUEUE: Final = [
    ["Project Name", "Total Load (GW)", "In-Service Date", "Status", "Latitude", "E-mail"],
    ["Badger", 0.9, "06/30/2028", "Under Construction", 42.7, "x"],
]


def test_headings_that_are_not_known_are_guessed_and_shown_and_nothing_is_read() -> None:
    result = RUN.invoke(app, ["sites", "--sites", book(("Queue", QUEUE))])

    assert (result.exit_code, result.stdout) == (3, "")
    assert "row 1: column Latitude is not known; it may be lat." in result.stderr
    assert '\n[sites]\n"Project Name" = "name"\n' in result.stderr
    assert '"Total Load (GW)" = { column = "facility_mw", times = 1000 }\n' in result.stderr
    assert '{ column = "full_power_date", format = "%m/%d/%Y" }\n' in result.stderr
    assert 'values = { "Under Construction" = "under_construction" } }\n' in result.stderr
    assert '"E-mail" = ""\n' in result.stderr
    assert "nothing was read" in result.stderr


def test_the_guess_can_be_handed_back_as_it_is() -> None:
    """0.9 GW are 900 MW; the 30th of June is written as a day."""
    name = book(("Queue", QUEUE))
    with pytest.raises(GuessError) as caught:
        packs.read_sites(name)
    Path("columns.toml").write_text(caught.value.guess, encoding="utf-8")
    sites = packs.read_sites(name, columns=headings.read(Path("columns.toml")))["sites"]
    (site,) = sites.to_dict("records")

    assert (site["site"], site["facility_mw"], site["lat"]) == ("Badger", 900, 42.7)
    assert (site["status"], site["full_power_date"]) == (
        "under_construction",
        pd.Timestamp("2028-06-30"),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[sites", "columns.toml: Expected ']' at the end of a table declaration"),
        ("[sits]\nx = 'y'", "columns.toml: table sits is not known; did you mean sites?"),
        (
            "[sites]\nx = 'facilty_mw'",
            "columns.toml: sites: x: column facilty_mw is not known; did you mean facility_mw?",
        ),
        (
            "[sites]\nx = { column = 'lat', times = -1 }",
            "columns.toml: sites: x: times is -1; write a number above 0, 1000 for GW.",
        ),
        ("[fill.sites]\nlatt = 1", "columns.toml: fill.sites: column latt is not known; did you"),
    ],
)
def test_a_map_that_is_not_right_is_told_in_one_line(text: str, told: str) -> None:
    Path("columns.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        headings.read(Path("columns.toml"))

    assert str(caught.value).startswith(told)
    assert len(caught.value.problems) == 1


def test_a_map_for_a_heading_that_is_not_there_is_told() -> None:
    Path("columns.toml").write_text('[sites]\nName = "name"\n', encoding="utf-8")
    Path("my.csv").write_text("Nam,facility_mw,full_power_date\nx,1,2028-12-31\n", encoding="utf-8")

    assert problems("my.csv", columns=headings.read(Path("columns.toml"))) == [
        (
            "columns.toml: sites: my.csv has no column Name; it has Nam, facility_mw or"
            " full_power_date."
        )
    ]


def test_a_value_that_a_map_cannot_convert_is_named_with_its_row() -> None:
    toml = '[sites]\nGW = { column = "facility_mw", times = 1000 }\nBy = { column ='
    Path("columns.toml").write_text(
        toml + ' "full_power_date", format = "%b %Y" }\n', encoding="utf-8"
    )
    Path("my.csv").write_text("site,GW,By\na,1.5,Jun 2028\nb,few,soon\n", encoding="utf-8")

    assert problems("my.csv", columns=headings.read(Path("columns.toml"))) == [
        "my.csv, row 3: GW is few; it is no number.",
        "my.csv, row 3: By is soon; it is not written as %b %Y.",
    ]


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("2028", "%Y", "2028-12-31"),
        ("Feb 2028", "%b %Y", "2028-02-29"),
        ("2/1/2028", "%m/%d/%Y", "2028-02-01"),
    ],
)
def test_a_month_or_a_year_stands_as_its_last_day(text: str, form: str, day: str) -> None:
    assert headings.last_days(pd.Series([text]), form).iloc[0] == pd.Timestamp(day)


# --- shapes --------------------------------------------------------------------------------------


def geojson(geometry: str, *, crs: str = "", properties: str = "") -> str:
    told = f'"site": "a", "facility_mw": 1, "full_power_date": "2028-12-31"{properties}'
    Path("my.geojson").write_text(
        f'{{"type": "FeatureCollection"{crs}, "features": [{{"type": "Feature", "properties":'
        f' {{{told}}}, "geometry": {geometry}}}]}}',
        encoding="utf-8",
    )
    return "my.geojson"


SQUARE: Final = '{"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}'
BOW_TIE: Final = '{"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}'


def test_an_area_gives_a_point_inside_and_says_so() -> None:
    (site,) = packs.read_sites(geojson(SQUARE))["sites"].to_dict("records")

    assert (site["lat"], site["lon"], site["location"]) == (1.0, 1.0, files_geo.INSIDE)


def test_a_point_that_is_given_in_columns_stands() -> None:
    name = geojson('{"type": "Point", "coordinates": [9, 9]}', properties=', "lat": 5, "lon": 6')

    assert packs.read_sites(name)["sites"][["lat", "lon"]].to_numpy().tolist() == [[5.0, 6.0]]


@pytest.mark.parametrize(
    ("geometry", "told"),
    [
        (BOW_TIE, "its shape is broken (Self-intersection[0.5 0.5]); repair it, or give lat and"),
        ('{"type": "Point", "coordinates": ["x", 1]}', "its shape cannot be read; repair it."),
        ('{"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}', "its shape cannot be read;"),
        ("[1, 2]", "its shape cannot be read; repair it."),
    ],
)
def test_a_broken_shape_is_named_with_its_row(geometry: str, told: str) -> None:
    (line,) = problems(geojson(geometry))

    assert line.startswith(f"my.geojson, row 2: {told}")


def test_a_coordinate_system_that_is_not_known_is_told() -> None:
    crs = ', "crs": {"properties": {"name": "EPSG:999999"}}'

    assert problems(geojson(SQUARE, crs=crs)) == [
        "my.geojson: its coordinate system is not known; save it in EPSG:4326."
    ]


# --- grids in one file ---------------------------------------------------------------------------


def test_a_grid_may_be_one_workbook_or_one_geopackage_with_outlines() -> None:
    """The example grid gives the same answer in whatever form it comes."""
    starter.write(Path("mine"))
    tables = {path.stem: pd.read_csv(path, dtype="str") for path in Path("mine/grid").glob("*.csv")}
    with pd.ExcelWriter("island.xlsx") as workbook:
        for name, rows in tables.items():
            rows.to_excel(workbook, sheet_name=name, index=False)
    gpd.read_file("mine/grid/outlines.geojson").to_file("island.gpkg", layer="outlines")
    for name, rows in tables.items():
        gpd.GeoDataFrame(rows).to_file("island.gpkg", layer=name, engine="pyogrio")
    cases = [load_case(grid, "mine/sites") for grid in ("mine/grid", "island.xlsx", "island.gpkg")]

    for case in cases[1:]:
        for name in ("regions", "supply", "load", "links"):
            columns = [column for column in getattr(case, name) if column != "grid"]
            pd.testing.assert_frame_equal(
                getattr(case, name)[columns], getattr(cases[0], name)[columns], check_dtype=False
            )
    assert len(match.outlines(cases[2])) == len(match.outlines(cases[0])) == 3


def test_one_table_is_no_grid() -> None:
    Path("load.csv").write_text("region\nx\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_case("load.csv")

    assert str(caught.value) == (
        "load.csv: a grid has several tables; give a folder, an XLSX or a GeoPackage."
    )


# --- rows laid over a pack -----------------------------------------------------------------------


def over(**tables: str) -> Path:
    """Write a folder over the example grid, with some tables."""
    starter.write(Path("base"))
    folder = Path("mine")
    folder.mkdir()
    (folder / "pack.toml").write_text('extends = "../base/grid"\n', encoding="utf-8")
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def read_over(**tables: str) -> overlays.Pack:
    return overlays.read("grids", over(**tables), as_of=DAY)


def over_problems(**tables: str) -> str:
    with pytest.raises(DataError) as caught:
        read_over(**tables)
    return str(caught.value)


LINE: Final = "from_region,to_region,forward_mw\nSOUTH,NORTH,600\n"


def test_a_row_laid_over_changes_its_cells_and_keeps_the_rest() -> None:
    """The reverse limit of 300 MW stays; the source is the user's, the day that of the question."""
    pack = read_over(links=LINE)
    rows = pack.tables["links"].set_index("to_region")
    changed = rows.loc["NORTH"]
    (change,) = pack.changes.to_dict("records")

    assert (changed["forward_mw"], changed["reverse_mw"]) == (600, 300)
    assert (changed["source"], changed["known_on"]) == ("user", pd.Timestamp(DAY))
    assert (rows.loc["COAST", "forward_mw"], rows.loc["COAST", "source"]) == (450, "example")
    assert (change["change"], change["table"], change["row"]) == ("replaced", "links", 2)
    assert change["key"] == "SOUTH, NORTH, AC"
    assert change["what"] == "forward_mw 300 > 600"
    assert pack.name == "grid"
    assert "user" in set(pack.tables["sources"]["source"])


def test_rows_are_added_and_removed() -> None:
    pack = read_over(
        links="from_region,to_region,kind,status,forward_mw,reverse_mw,change\n"
        "NORTH,COAST,AC,existing,50,50,\nSOUTH,COAST,AC,,,,remove\n"
    )

    assert sorted(pack.changes["change"]) == ["added", "removed"]
    assert sorted(pack.tables["links"]["to_region"]) == ["COAST", "NORTH"]
    assert pack.tables["links"].set_index("to_region").loc["COAST", "from_region"] == "NORTH"


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        (
            {"regions": "note\nx\n"},
            "mine/regions.csv, row 1: rows of regions are found by region; add one.",
        ),
        (
            {"supply": "region,technology,status,online_year,summer_mw\nNORTH,gas_cc,existing,"
             "2009,1\n"},
            "mine/supply.csv, row 2: winter_mw is empty; write a number in MW.",
        ),
        (
            {"links": LINE.replace("600", "few")},
            "mine/links.csv, row 2: forward_mw is few; write a number in MW.",
        ),
        (
            {"links": LINE + "SOUTH,NORTH,1\n"},
            "mine/links.csv, row 3: SOUTH, NORTH stands there twice; keep one.",
        ),
        (
            {"links": "from_region,to_region,change\nNORTH,SOUTH,remove\n"},
            "mine/links.csv, row 2: there is no such row in grid to remove; correct its key.",
        ),
        (
            {"links": "from_region,to_region,change\nNORTH,SOUTH,drop\n"},
            "mine/links.csv, row 2: change is drop; write set or remove.",
        ),
        (
            {"load": "scenario,region,year,season,peak_mw,datacenter_growth_mw\n"
             "official,NROTH,2026,summer,1,0\n"},
            "mine/load.csv, row 2: region is NROTH; it is not in regions, did you mean NORTH?",
        ),
        (
            {"regions": "region,change\nNORTH,remove\n"},
            "table places of grid, row 1: region is NORTH; it is not in regions, correct or add",
        ),
    ],
)  # fmt: skip
def test_a_row_that_does_not_fit_is_named_with_its_file(tables: dict[str, str], told: str) -> None:
    assert told in over_problems(**tables)


def test_a_row_that_fits_several_is_asked_to_say_which() -> None:
    """NORTH has two combined cycles."""
    told = over_problems(supply="region,technology,summer_mw\nNORTH,gas_cc,5\n")

    assert told == (
        "mine/supply.csv, row 2: it fits 2 rows of supply; name status and name and online_year and"
        " retirement_year and retirement_basis, too."
    )


def test_a_pack_that_extends_itself_is_told() -> None:
    folder = over()
    (folder / "pack.toml").write_text('extends = "."\n', encoding="utf-8")
    with pytest.raises(DataError) as caught:
        overlays.read("grids", folder, as_of=DAY)

    assert str(caught.value) == (
        "mine/pack.toml: extends leads back to the pack itself; correct it."
    )


def test_a_row_that_becomes_known_later_is_not_laid_over() -> None:
    folder = over(
        links=LINE.replace("forward_mw", "forward_mw,known_on").replace("600", "600,2030-01-01")
    )
    pack = overlays.read("grids", folder, as_of=DAY)

    assert pack.changes.empty
    assert pack.tables["links"].set_index("to_region").loc["NORTH", "forward_mw"] == 300


def test_the_answer_and_the_page_on_a_site_say_which_rows_are_the_users() -> None:
    over(links=LINE, load="scenario,region,year,season,peak_mw\nofficial,NORTH,2026,summer,3500\n")
    asked = ["--grid", "mine", "--sites", "base/sites", "--horizon", "2"]
    screen = RUN.invoke(app, ["check", *asked]).stdout
    page = RUN.invoke(app, ["why", "alpha", *asked]).stdout
    found = json.loads(RUN.invoke(app, ["check", *asked, "--format", "json"]).stdout)

    assert "Your rows, mine over grid: 1 of load replaced, 1 of links replaced." in screen
    assert "  links replaced, SOUTH, NORTH, AC: forward_mw 300 > 600" in screen
    assert "YOURS (1 row)" in page
    assert [row["table"] for row in found["own_rows"]] == ["load", "links"]


# --- the newcomer's path -------------------------------------------------------------------------


def run(command: str) -> Any:
    words = shlex.split(command)
    assert words[0] == "planner"
    return RUN.invoke(app, words[1:])


def test_the_path_of_a_newcomer_is_as_printed() -> None:
    """The README of `planner init`: check, change one number, check data, check again, map."""
    result = run("planner init mine")
    guide = Path("mine/README.md").read_text(encoding="utf-8")
    blocks = [part.split("```")[0] for part in guide.split("```sh\n")[1:]]
    (first,), (inspected, again, drawn) = (block.splitlines() for block in blocks)
    before = run(first)
    table = Path("mine/grid/links.csv")
    text = table.read_text(encoding="utf-8")
    table.write_text(
        text.replace("SOUTH,NORTH,AC,,,existing,300", "SOUTH,NORTH,AC,,,existing,600"),
        encoding="utf-8",
    )
    after = run(again)

    assert result.exit_code == before.exit_code == after.exit_code == 0
    assert result.stdout.splitlines()[1].strip() == first
    assert "Alpha campus   NORTH       0.07   2028-summer" in before.stdout
    assert "Alpha campus" not in after.stdout
    assert (run(inspected).exit_code, run(inspected).stdout) == (0, "")
    assert Path(run(drawn).stdout.strip()).stat().st_size > 10_000


def test_the_page_on_own_data_begins_with_the_commands_of_the_readme() -> None:
    text = (Path(__file__).parents[1] / "docs" / "own-data.md").read_text(encoding="utf-8")
    first, second = (part.split("```")[0].splitlines() for part in text.split("```sh\n")[1:3])
    run("planner init mine")
    guide = Path("mine/README.md").read_text(encoding="utf-8")
    blocks = [part.split("```")[0].splitlines() for part in guide.split("```sh\n")[1:]]

    assert [first[1:], second] == blocks


def test_a_grid_of_ones_own_brings_its_own_remedies() -> None:
    """A battery of 18 months, asked for on 2026-11-22, is there by summer 2028."""
    run("planner init mine")
    asked = "planner check --grid mine/grid --sites mine/sites --horizon 3 --format json"
    found = json.loads(run(f"{asked} --remedies").stdout)
    verdicts = {site["site"]: site["verdict"] for site in found["sites"]}

    assert verdicts["alpha"] == "on time with remedies"
    assert verdicts["charlie"] == "on time"


def test_a_run_that_decides_nothing_has_an_empty_table_of_remedies() -> None:
    nothing: Any = SimpleNamespace(built=pd.DataFrame())

    assert report.decided(nothing).empty


def test_init_refuses_a_folder_that_holds_something() -> None:
    Path("mine").mkdir()
    assert run("planner init mine").exit_code == 0
    result = run("planner init mine")

    assert (result.exit_code, result.stderr) == (
        2,
        "planner: mine: it is not empty; name a new folder.\n",
    )


def test_init_quotes_a_folder_with_a_space() -> None:
    result = run("planner init 'my grid'")

    assert "  planner check --grid 'my grid'/grid --sites 'my grid'/sites" in result.stdout
    assert "--grid 'my grid'/grid" in Path("my grid/README.md").read_text(encoding="utf-8")


# --- sources -------------------------------------------------------------------------------------


def test_sources_say_age_rows_and_verdicts_and_mark_the_stale() -> None:
    """Published 2026-01-31, asked 2026-11-22: 295 days. Four sites stand on it."""
    run("planner init mine")
    asked = "planner data sources --grid mine/grid --sites mine/sites --format json"
    rows = {row["source"]: row for row in json.loads(run(asked).stdout)}
    stale = json.loads(run(f"{asked} --stale-after 294 --stale").stdout)

    assert (rows["example"]["age_days"], rows["example"]["verdicts"]) == (295, 4)
    assert (rows["example"]["steps"], rows["example"]["stale"]) == (5, False)
    assert rows["example"]["licence"] == "Public domain"
    assert "example" in [row["source"] for row in stale]
    assert all(row["stale"] for row in stale)
    assert "stale: older than 730 days" in run(asked.replace(" --format json", "")).stdout
