"""A plan as files for other programs: GeoPackage, GeoParquet, GeoJSON, tables and spreadsheet."""

from __future__ import annotations

import io
import json
import re
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner import layers, ledger, match, palette
from planner.errors import PackError, PlannerError
from planner.report_files import whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from planner.ledger import Ledger
    from planner.pipeline import Plan

FORMATS: Final = (
    *("gpkg", "geoparquet", "geojson", "csv", "xlsx"),
    *("parquet", "arrow", "datapackage"),
)
ONE_FILE: Final = ("gpkg", "xlsx")
TABLES: Final = ("sites", "steps", "regions", "bottlenecks", "served", "flows")
UNITS: Final = {
    "_mw": "MW",
    "_mwh": "MWh",
    "_usd_bn": "USD billion",
    "_months": "months",
    "_years": "years",
    "lat": "degrees",
    "lon": "degrees",
}
CRS: Final = "EPSG:4326"
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
LONGEST_CELL: Final = 32_000
FIRST_ZIP_DAY: Final = (1980, 1, 1, 0, 0, 0)


def write(plan: Plan, path: Path, style: str, *, books: Ledger | None = None) -> list[Path]:
    """Write a plan; a file is there whole or not at all, and the same plan gives the same bytes.

    Parameters
    ----------
    path
        A file for `gpkg` and `xlsx`, a folder for the others.
    style
        One of `FORMATS`.
    books
        The ledger of the whole answer, see :func:`planner.ledger.told`: more sheets of `xlsx` and
        more files of `csv`, and capital that waits as columns of the layer of sites.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    PlannerError
        A library is missing, or the format is not known.
    PackError
        The place cannot be written.
    """
    if style not in FORMATS:
        raise PlannerError(f"format is {style!r}; choose one of {', '.join(FORMATS)}.")
    try:
        if style in ONE_FILE:
            path.parent.mkdir(parents=True, exist_ok=True)
            content = _geopackage(plan, books) if style == "gpkg" else spreadsheet(plan, books)
            return [whole(path, content)]
        path.mkdir(parents=True, exist_ok=True)
        return [whole(path / name, content) for name, content in _files(plan, style, books)]
    except OSError as error:
        raise PackError(
            f"{path}: {error.strerror or error}; choose a place that can be written."
        ) from error


def put(path: Path, content: str) -> Path:
    """Write a text; it is there whole or not at all.

    Raises
    ------
    PackError
        The place cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return whole(path, content.encode())
    except OSError as error:
        raise PackError(
            f"{path}: {error.strerror or error}; choose a place that can be written."
        ) from error


def _files(plan: Plan, style: str, books: Ledger | None) -> Iterator[tuple[str, bytes]]:
    if style in {"csv", "parquet", "arrow", "datapackage"}:
        yield from _tabular(plan, style, books)
        return
    for name, layer in geographic(plan, books).items():
        if style == "geojson":
            yield f"{name}.geojson", _geojson(layer)
        else:
            yield f"{name}.parquet", _geoparquet(layer)
    if style == "geoparquet":
        for name, table in tables(plan).items():
            if name not in ("sites", "regions"):
                yield f"{name}.parquet", _parquet(table)


def _tabular(plan: Plan, style: str, books: Ledger | None) -> Iterator[tuple[str, bytes]]:
    every = tables(plan, books)
    ending = "csv" if style == "datapackage" else style
    turn = {"csv": _csv, "parquet": _parquet, "arrow": _arrow}[ending]
    for name, table in every.items():
        yield f"{name}.{ending}", turn(table)
    if style == "datapackage":
        yield "datapackage.json", _data_package(plan, every)


def _data_package(plan: Plan, every: dict[str, pd.DataFrame]) -> bytes:
    """Describe the tables as a Frictionless data package, with the unit that ends each name."""
    body = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "plan",
        "title": "Which announced megawatts can be powered by their dates",
        "version": str(plan.case.assumptions.as_of),
        "resources": [_resource(name, table) for name, table in every.items()],
    }
    return (json.dumps(body, ensure_ascii=False, indent=1) + "\n").encode()


def _resource(name: str, table: pd.DataFrame) -> dict[str, Any]:
    return {
        "name": name,
        "type": "table",
        "path": f"{name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {
            "fields": [_field(str(column), table[column]) for column in table],
            "missingValues": [""],
        },
    }


def _field(name: str, values: pd.Series) -> dict[str, Any]:
    test = pd.api.types
    kind = "string"
    if test.is_bool_dtype(values):
        kind = "boolean"
    elif test.is_datetime64_any_dtype(values):
        kind = "date" if (values.dropna() == values.dropna().dt.normalize()).all() else "datetime"
    elif test.is_numeric_dtype(values):
        kind = "number"
    unit = next((unit for ending, unit in UNITS.items() if name.endswith(ending)), None)
    spelled = {"trueValues": ["True"], "falseValues": ["False"]} if kind == "boolean" else {}
    return {"name": name, "type": kind, **({"unit": unit} if unit else {}), **spelled}


# --- tables --------------------------------------------------------------------------------------


def tables(plan: Plan, books: Ledger | None = None) -> dict[str, pd.DataFrame]:
    """The tables of a plan, as in :class:`planner.Plan`, and `ledger_...`, those of its ledger."""
    return {name: getattr(plan, name) for name in TABLES} | _ledger_tables(books)


def _ledger_tables(books: Ledger | None) -> dict[str, pd.DataFrame]:
    there = {} if books is None else {name: getattr(books, name) for name in ledger.TABLES}
    return {f"ledger_{name}": table for name, table in there.items() if len(table.columns)}


def geographic(plan: Plan, books: Ledger | None = None) -> dict[str, gpd.GeoDataFrame]:
    """The layers of a map (EPSG:4326).

    Returns
    -------
    dict
        `sites` (points; with a ledger the columns `waiting_low_usd_bn`, `waiting_high_usd_bn`,
        `wait_years` and `open_ended` of those that are late), `regions` (one row a region, headroom
        and megawatts held up of each year as columns such as `headroom_2028_mw`), `full_lines`
        (from region to region, with year).
    """
    return {
        "sites": _sites(plan, books),
        "regions": _regions(plan),
        "full_lines": _full_lines(plan),
    }


def _sites(plan: Plan, books: Ledger | None) -> gpd.GeoDataFrame:
    sites = plan.site_map()
    if books is not None and len(books.capital):
        sites = sites.merge(_waiting(books), on="site", how="left")
    return sites[sites["lat"].notna() & sites["lon"].notna()].reset_index(drop=True)


def _waiting(books: Ledger) -> pd.DataFrame:
    """Capital that waits at the late sites."""
    names = {"waiting_low": "waiting_low_usd_bn", "waiting_high": "waiting_high_usd_bn"}
    rows = books.capital[["site", *names, "wait_years", "open_ended"]].rename(columns=names)
    return rows.assign(open_ended=rows["open_ended"].astype("boolean"))


def _regions(plan: Plan) -> gpd.GeoDataFrame:
    rows = layers.region_years(plan)
    wide = {}
    for name in ("headroom_mw", "shortage_mw", "held_up_mw"):
        values = rows.pivot_table(index="region", columns="year", values=name)
        stem = name.removesuffix("_mw")
        wide.update({f"{stem}_{year}_mw": values[year] for year in values})
    facts = plan.case.regions[["region", "name", "pool", "grid", "state"]]
    table = facts.merge(pd.DataFrame(wide).rename_axis("region").reset_index(), on="region")
    return match.outlines(plan.case).merge(table, on="region")


def _full_lines(plan: Plan) -> gpd.GeoDataFrame:
    import geopandas as gpd
    from shapely.geometry import LineString

    rows = layers.binding_lines(plan)
    where = plan.case.regions.set_index("region")[["lon", "lat"]].apply(tuple, axis=1).to_dict()
    shapes = [LineString([where[a], where[b]]) for a, b in
              zip(rows["out_of"], rows["into"], strict=True)]  # fmt: skip
    return gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries(shapes, crs=CRS), crs=CRS)


# --- text that a spreadsheet would run ------------------------------------------------------------


def harmless(table: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before text that a spreadsheet would take for a formula.

    Numbers stay numbers, the negative ones too.
    """
    texts = [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]
    return table.assign(**{name: table[name].map(_harmless_cell) for name in texts})


def _harmless_cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    plain = ILLEGAL.sub(" ", value)[:LONGEST_CELL]
    return f"'{plain}" if plain.lstrip(" ").startswith(FORMULA) or plain[:1] in FORMULA else plain


def _csv(table: pd.DataFrame) -> bytes:
    return str(harmless(table).to_csv(index=False, lineterminator="\n")).encode()


def spreadsheet(plan: Plan, books: Ledger | None = None) -> bytes:
    """Write every table as a sheet, with heads that stay in sight, and a sheet that explains."""
    palette.needed(("openpyxl",), "tables")
    sink = io.BytesIO()
    with pd.ExcelWriter(sink, engine="openpyxl") as book:
        _about(plan).to_excel(book, sheet_name="about", index=False)
        for name, table in tables(plan, books).items():
            harmless(_undated(table)).to_excel(book, sheet_name=name, index=False)
        for sheet in book.sheets.values():
            sheet.freeze_panes = "A2"
            for column in sheet.columns:
                width = max(len(str(cell.value or "")) for cell in column[:50])
                sheet.column_dimensions[column[0].column_letter].width = min(width + 2, 48)
    return _same_zip(sink.getvalue(), f"{plan.case.assumptions.as_of}T00:00:00Z")


def _undated(table: pd.DataFrame) -> pd.DataFrame:
    """Write days as text, which every spreadsheet reads alike."""
    days = [name for name in table.columns if pd.api.types.is_datetime64_any_dtype(table[name])]
    return table.assign(**{name: table[name].dt.strftime("%Y-%m-%d") for name in days})


def _about(plan: Plan) -> pd.DataFrame:
    given = plan.case.assumptions
    rows = [
        ("as of", str(given.as_of)),
        ("horizon [years]", str(given.horizon_years)),
        ("stance", given.stance),
        ("load scenario", given.load_scenario),
        ("allocation", given.allocation),
        ("units", "megawatts in columns that end in _mw; periods are half-years"),
        ("text", "an apostrophe stands before text that begins like a formula"),
        (
            "money",
            "USD billion in the sheets of the ledger, which counts the pledges of all programs",
        ),
        ("sources", "sources.csv of the packs; every row of a pack names its source"),
    ]
    return pd.DataFrame(rows, columns=["what", "value"])


def _same_zip(content: bytes, moment: str) -> bytes:
    """Write a spreadsheet again without the time of writing."""
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(sink, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"\d{4}-\d\d-\d\dT[\d:.]+Z?", moment.encode(), part)
            entry = zipfile.ZipInfo(name, FIRST_ZIP_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, part)
    return sink.getvalue()


# --- geographic files -----------------------------------------------------------------------------


def _geopackage(plan: Plan, books: Ledger | None) -> bytes:
    import geopandas as gpd
    import pyogrio

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.gpkg"
        day = f"{plan.case.assumptions.as_of}T00:00:00Z"
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": day})
        try:
            for name, layer in geographic(plan, books).items():
                layer.to_file(file, layer=name, driver="GPKG", engine="pyogrio")
            for name in ("steps", "regions", "bottlenecks", "served", "flows"):
                table = gpd.GeoDataFrame(getattr(plan, name))
                title = "region_periods" if name == "regions" else name
                pyogrio.write_dataframe(_plain(table), file, layer=title, driver="GPKG")
        finally:
            pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
        return file.read_bytes()


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Turn columns of mixed kinds into text; no driver has a kind for them."""
    odd = [name for name in table.columns if table[name].dtype == object]
    return pd.DataFrame(table).assign(**{name: table[name].astype("str") for name in odd})


def _geojson(layer: gpd.GeoDataFrame) -> bytes:
    rounded = layer.set_precision(1e-5) if len(layer) else layer
    body = json.loads(layer.assign(geometry=rounded.geometry).to_json(drop_id=True))
    return (json.dumps(body, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _geoparquet(layer: gpd.GeoDataFrame) -> bytes:
    palette.needed(("pyarrow",), "tables")
    sink = io.BytesIO()
    odd = [name for name in layer.columns if layer[name].dtype == object]
    layer.assign(**{name: layer[name].astype("str") for name in odd}).to_parquet(sink, index=False)
    return sink.getvalue()


def _parquet(table: pd.DataFrame) -> bytes:
    palette.needed(("pyarrow",), "tables")
    sink = io.BytesIO()
    _plain(table).to_parquet(sink, index=False)
    return sink.getvalue()


def _arrow(table: pd.DataFrame) -> bytes:
    palette.needed(("pyarrow",), "tables")
    sink = io.BytesIO()
    _plain(table).reset_index(drop=True).to_feather(sink, compression="uncompressed")
    return sink.getvalue()
