"""Parquet, GeoParquet, GeoJSON and GeoPackage as cells of text, and their shapes.

A point fills the columns `lat` and `lon`; of any other shape it is a point inside. The files are
read without drivers that would follow a file to another one or to the network.
"""

from __future__ import annotations

import json
import sqlite3
import struct
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import files_guard
from planner.errors import DataError, PackError
from planner.files_csv import as_text, doubled
from planner.files_guard import SAVE_AS
from planner.validate import HEADER_ROWS, SHOWN_PROBLEMS, raise_problems
from planner.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    import geopandas as gpd

type Rows = tuple[pd.DataFrame, list[Any] | None, Any]

WGS84: Final = "EPSG:4326"
MOST_JSON: Final = 30_000_000  # bytes; as objects they take about ten times that
MOST_OF_A_VALUE: Final = 10_000_000
MOST_STEPS: Final = 200_000  # of a thousand instructions of SQLite each, some seconds
STEP: Final = 1000
CHUNK: Final = 10_000
INSIDE: Final = "a point inside the shape of the file"
ENVELOPES: Final = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
GEOPACKAGE: Final = (b"GPKG", b"GP10", b"GP11")
SQLITE: Final = b"SQLite format 3\0"
APPLICATION_ID: Final = slice(68, 72)


def cells(path: Path, file: str, layer: str | None = None) -> pd.DataFrame:
    """Read a table or a layer as text; the index `row` counts as if row 1 named the columns.

    Raises
    ------
    DataError
        It cannot be read as a table.
    """
    table, shapes, crs = _read(path, file, layer)
    raise_problems(doubled([str(name) for name in table.columns], file))
    if shapes is not None:
        table = _with_points(table, shapes, crs, file)
    return table


def shapes(path: Path, file: str, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read the column `region` and the shapes of a file (EPSG:4326)."""
    import geopandas as gpd

    if path.suffix.lower() == ".fgb":
        return _flatgeobuf(path, file)
    table, found, crs = _read(path, file, layer)
    if found is None or "region" not in table:
        raise DataError([f"{file}: outlines need a column region and shapes; add them."])
    outlines = gpd.GeoSeries(found, index=table.index, crs=_crs(crs, file)).to_crs(WGS84)
    broken = ~(outlines.is_valid & outlines.notna() & ~outlines.is_empty)
    raise_problems(
        f"{file}, row {row}: its shape is missing or broken; repair it."
        for row in table.index[broken]
    )
    return gpd.GeoDataFrame({"region": table["region"]}, geometry=outlines, crs=WGS84)


def _flatgeobuf(path: Path, file: str) -> gpd.GeoDataFrame:
    """Read the form in which shipped packs keep their outlines."""
    import geopandas as gpd

    files_guard.regular(path, file)
    try:
        return gpd.read_file(path)[["region", "geometry"]]
    except Exception as error:  # whatever the driver says of a broken file
        raise files_guard.broken(file, "FlatGeobuf file with a column region") from error


def _read(path: Path, file: str, layer: str | None) -> Rows:
    ending = path.suffix.lower()
    files_guard.regular(path, file, most_bytes=MOST_JSON if "json" in ending else None)
    if ending == ".gpkg":
        return _layer(path, file, layer)
    return _parquet(path, file) if "parquet" in ending else _features(path, file)


# --- points --------------------------------------------------------------------------------------


def _with_points(table: pd.DataFrame, given: list[Any], crs: Any, file: str) -> pd.DataFrame:
    """Fill `lat` and `lon` where they are not given."""
    import geopandas as gpd
    import shapely

    found = np.array(given, dtype=object)
    problems = [
        f"{file}, row {table.index[place]}: its shape is broken"
        f" ({shown(shapely.is_valid_reason(found[place]))}); repair it, or give lat and lon."
        for place in np.flatnonzero(~shapely.is_valid(found) & (found != None))  # noqa: E711
    ]
    raise_problems(problems[:SHOWN_PROBLEMS], len(problems))
    points = gpd.GeoSeries(shapely.point_on_surface(found), index=table.index, crs=_crs(crs, file))
    points = points.to_crs(WGS84)
    there = (points.notna() & ~points.is_empty).to_numpy()
    area = there & (shapely.get_type_id(found) > 0)
    table = table.copy()
    for name, values in (("lat", points.y), ("lon", points.x)):
        text = pd.Series([as_text(round(float(v), 6)) for v in values], index=table.index)
        filled = text.where(there, "").astype("str")
        own = table[name] if name in table else pd.Series("", index=table.index, dtype="str")
        table[name] = own.where(own.str.strip() != "", filled)
    if area.any() and "location" not in table:
        table["location"] = pd.Series(np.where(area, INSIDE, ""), index=table.index, dtype="str")
    return table


def _crs(given: Any, file: str) -> Any:
    import pyproj

    if given is None:
        raise DataError([f"{file}: it does not say its coordinate system; save it in {WGS84}."])
    try:
        return pyproj.CRS.from_user_input(given)
    except pyproj.exceptions.CRSError as error:
        told = f"{file}: its coordinate system is not known; save it in {WGS84}."
        raise DataError([told]) from error


def _texts(rows: Iterable[Mapping[str, Any]], file: str) -> pd.DataFrame:
    """Write rows of values as cells of text, some thousand rows at a time."""
    frames = [pd.DataFrame(part, dtype="str") for part in batched(_bounded(rows, file), CHUNK)]
    table = pd.concat(frames, ignore_index=True).fillna("") if frames else pd.DataFrame()
    return table.set_axis(pd.RangeIndex(HEADER_ROWS, HEADER_ROWS + len(table), name="row"))


def _bounded(rows: Iterable[Mapping[str, Any]], file: str) -> Iterator[dict[str, str]]:
    """Write the values of each row as text; too many or too large ones are refused."""
    names: set[str] = set()
    size, problems = 0, []
    for count, row in enumerate(rows, 1):
        for name, value in row.items():
            if isinstance(value, (list, dict, bytes)):
                problems.append(
                    f"{file}, row {count + 1}: {shown(str(name))} holds several values or bytes;"
                    " write one value, or leave the column out."
                )
        texts = {str(name): as_text(value) for name, value in row.items()}
        names.update(texts)
        size += sum(map(len, texts.values()))
        files_guard.counted(file, rows=count, columns=len(names))
        if size > files_guard.MOST_BYTES:
            raise files_guard.too_large(file, files_guard.MOST_BYTES)
        if len(problems) > SHOWN_PROBLEMS:
            break
        yield texts
    raise_problems(problems)


def _from_wkb(blobs: Iterable[bytes | None], file: str) -> list[Any]:
    import shapely

    found, problems = [], []
    for row, blob in enumerate(blobs, HEADER_ROWS):
        try:
            found.append(None if blob is None else shapely.from_wkb(blob))
        except (shapely.errors.GEOSException, TypeError):
            problems.append(f"{file}, row {row}: its shape cannot be read; repair it.")
    raise_problems(problems[:SHOWN_PROBLEMS], len(problems))
    return found


# --- GeoJSON -------------------------------------------------------------------------------------


def _features(path: Path, file: str) -> Rows:
    import shapely

    try:
        given = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise files_guard.broken(file, "GeoJSON file") from error
    except OSError as error:
        raise files_guard.unreadable(file, error) from error
    features = given.get("features") if isinstance(given, dict) else None
    if not isinstance(features, list) or not all(isinstance(one, dict) for one in features):
        raise DataError([f"{file}: it is no GeoJSON FeatureCollection; save it as one."])
    files_guard.counted(file, rows=len(features))
    table = _texts((_properties(one) for one in features), file)
    found, problems = [], []
    for row, feature in enumerate(features, HEADER_ROWS):
        geometry = feature.get("geometry")
        try:
            found.append(None if geometry is None else shapely.from_geojson(json.dumps(geometry)))
        except (shapely.errors.GEOSException, ValueError, RecursionError):
            problems.append(f"{file}, row {row}: its shape cannot be read; repair it.")
    raise_problems(problems[:SHOWN_PROBLEMS], len(problems))
    return table, found, _named_crs(given)


def _properties(feature: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = feature.get("properties")
    return properties if isinstance(properties, dict) else {}


def _named_crs(given: Mapping[str, Any]) -> Any:
    """Return the coordinate system; the standard allows one, older files name another."""
    crs = given.get("crs")
    inner = crs.get("properties") if isinstance(crs, dict) else None
    return inner.get("name", "") if isinstance(inner, dict) else WGS84


# --- Parquet -------------------------------------------------------------------------------------


def _parquet(path: Path, file: str) -> Rows:
    try:
        from pyarrow import ArrowException
        from pyarrow import parquet as pq
    except ImportError as error:
        told = f"{file}: reading Parquet needs pyarrow; install planner[tables] or {SAVE_AS}."
        raise PackError(told) from error
    try:
        with pq.ParquetFile(path) as opened:
            meta = opened.metadata
            names = [meta.schema.column(place).path for place in range(meta.num_columns)]
        with pq.ParquetFile(path, read_dictionary=names) as opened:
            files_guard.counted(file, rows=meta.num_rows, columns=meta.num_columns)
            groups = (meta.row_group(place) for place in range(meta.num_row_groups))
            if sum(group.total_byte_size for group in groups) > files_guard.MOST_BYTES:
                raise files_guard.too_large(file, files_guard.MOST_BYTES)
            geo = _geo(opened.schema_arrow.metadata or {})
            blobs: list[bytes | None] = []
            table = _texts(_batches(opened, file, geo.get("primary_column"), blobs), file)
    except (ArrowException, OSError, ValueError, RecursionError) as error:
        raise files_guard.broken(file, "Parquet file") from error
    return (table, _from_wkb(blobs, file), geo["crs"]) if geo else (table, None, None)


def _geo(metadata: Mapping[bytes, bytes]) -> dict[str, Any]:
    """Return the column of shapes of a GeoParquet file, and its coordinate system."""
    if b"geo" not in metadata:
        return {}
    told = json.loads(metadata[b"geo"])
    name = told["primary_column"] if isinstance(told, dict) else ""
    column = told.get("columns", {}).get(name, {}) if isinstance(told, dict) else {}
    if column.get("encoding") != "WKB":
        message = "shapes that are not WKB"
        raise ValueError(message)
    return {"primary_column": name, "crs": column.get("crs", WGS84)}


def _batches(
    opened: Any, file: str, shape: str | None, blobs: list[bytes | None]
) -> Iterator[dict[str, Any]]:
    """Yield rows and put their shapes aside; what is read is counted, whatever the file says."""
    left = files_guard.MOST_BYTES
    for batch in opened.iter_batches(batch_size=STEP, use_threads=False):
        left -= sum(_unfolded(column) for column in batch.columns)
        if left < 0:
            raise files_guard.too_large(file, files_guard.MOST_BYTES)
        for row in batch.to_pylist():
            if shape:
                blobs.append(row.pop(shape, None))
            yield row


def _unfolded(column: Any) -> int:
    """Count the bytes of a column with each repeated text as often as it stands there."""
    from pyarrow import compute, types

    if not types.is_dictionary(column.type):
        return int(column.nbytes)
    words = column.dictionary
    if not (types.is_large_unicode(words.type) or types.is_unicode(words.type)):
        return int(column.nbytes)
    lengths = compute.binary_length(words).take(column.indices)
    return int(compute.sum(lengths).as_py() or 0)


# --- GeoPackage ----------------------------------------------------------------------------------


def layers(path: Path, file: str) -> list[str]:
    """List the tables of a GeoPackage."""
    files_guard.regular(path, file)
    with _Database(path, file) as ask:
        return [str(name) for (name,) in ask("SELECT table_name FROM gpkg_contents ORDER BY 1")]


class _Database:
    """A GeoPackage, opened to be read only, with bounds on time and on the size of a value."""

    def __init__(self, path: Path, file: str) -> None:
        self.path, self.file, self.steps = path, file, 0

    def __enter__(self) -> Any:
        """Open the file and return a function that asks."""
        try:
            with self.path.open("rb") as stream:
                head = stream.read(APPLICATION_ID.stop)
            if not head.startswith(SQLITE) or head[APPLICATION_ID] not in GEOPACKAGE:
                raise files_guard.broken(self.file, "GeoPackage")
            address = f"{self.path.absolute().as_uri()}?mode=ro&immutable=1"
            self.opened = sqlite3.connect(address, uri=True)
        except (OSError, sqlite3.Error) as error:
            raise files_guard.broken(self.file, "GeoPackage") from error
        self.opened.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_OF_A_VALUE)
        self.opened.set_progress_handler(self._step, STEP)
        self.opened.text_factory = lambda data: data.decode("utf-8", "replace")
        return self._ask

    def _step(self) -> bool:
        self.steps += 1
        return self.steps > MOST_STEPS

    def _ask(self, question: str, *values: Any) -> sqlite3.Cursor:
        return self.opened.execute(question, values)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file; what SQLite finds wrong becomes one line."""
        self.opened.close()
        if isinstance(error, (sqlite3.Error, ValueError, OverflowError)):  # names that are no text
            raise files_guard.broken(self.file, "GeoPackage") from error


def _layer(path: Path, file: str, layer: str | None) -> Rows:
    with _Database(path, file) as ask:
        named = ask("SELECT table_name FROM gpkg_contents ORDER BY 1").fetchmany(STEP)
        name = layer or str(named[0][0] if named else "")
        quoted = name.replace('"', '""')
        found = ask(
            "SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE table_name = ?", name
        ).fetchone() if _has(ask, "gpkg_geometry_columns") else None  # fmt: skip
        asked = ask(f'SELECT * FROM "{quoted}"')  # noqa: S608 - a name, quoted
        names = [str(entry[0]) for entry in asked.description]
        shape = names.index(found[0]) if found and found[0] in names else None
        names_kept = {place: one for place, one in enumerate(names) if place != shape}
        names_kept.pop(_number_column(ask, quoted, names), None)
        blobs: list[bytes | None] = []
        counted = _counted(asked, shape, blobs, file)
        table = _texts(({n: row[p] for p, n in names_kept.items()} for row in counted), file)
        crs = None if found is None else _system(ask, found[1])
    if shape is None:
        return table, None, None
    return table, _from_wkb([_wkb(blob) for blob in blobs], file), crs


def _has(ask: Any, table: str) -> bool:
    return bool(ask("SELECT 1 FROM sqlite_master WHERE name = ?", table).fetchone())


def _number_column(ask: Any, quoted: str, names: list[str]) -> int:
    """Find the column that only numbers the features, which every layer has; -1 without one."""
    described = ask(f'PRAGMA table_info("{quoted}")').fetchall()
    keys = [row[1] for row in described if row[5]]
    numbers = {"fid", "id", "ogc_fid", "objectid"}
    return names.index(keys[0]) if len(keys) == 1 and keys[0].lower() in numbers else -1


def _counted(
    asked: sqlite3.Cursor, shape: int | None, blobs: list[bytes | None], file: str
) -> Iterator[tuple[Any, ...]]:
    """Yield rows, put their shapes aside, and stop where they become too large."""
    left = files_guard.MOST_BYTES
    for row in asked:
        if shape is not None:
            blobs.append(row[shape] if isinstance(row[shape], bytes) else None)
            left -= len(row[shape] or b"")
        if left < 0:
            raise files_guard.too_large(file, files_guard.MOST_BYTES)
        yield row


def _wkb(blob: bytes | None) -> bytes | None:
    """Take the header of GeoPackage off a shape; an empty one has no place."""
    if blob is None:
        return None
    try:
        magic, _, flags = struct.unpack_from("<2sBB", blob)
    except struct.error:
        return b""
    if magic != b"GP":
        return b""
    return None if flags & 16 else blob[8 + ENVELOPES.get(flags >> 1 & 7, 0) :]


def _system(ask: Any, number: Any) -> Any:
    row = ask(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys"
        " WHERE srs_id = ?",
        number,
    ).fetchone()
    if row is None or number in (-1, 0):
        return None
    return f"EPSG:{row[1]}" if str(row[0]).upper() == "EPSG" else row[2]
