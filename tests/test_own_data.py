"""Tests of files of one's own: every form gives the same table, and a map of headings is needed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from planner import packs

if TYPE_CHECKING:
    from pathlib import Path

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
