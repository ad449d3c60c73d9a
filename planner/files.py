"""Which file, sheet or layer holds a table, and its cells as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from planner import files_csv, files_guard
from planner.errors import DataError, PackError
from planner.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

CSV: Final = (".csv", ".csv.gz")
BOOKS: Final = (".xlsx", ".xlsm")
GEOPACKAGE: Final = ".gpkg"
ENDINGS: Final = (*CSV, *BOOKS, ".parquet", ".geoparquet", ".geojson", GEOPACKAGE)
SHAPES: Final = (".geojson", ".geoparquet", ".parquet", GEOPACKAGE)
OUTLINES: Final = "outlines"
READ: Final = "CSV, XLSX, Parquet, GeoParquet, GeoJSON and GeoPackage are read"


class Part(NamedTuple):
    """Where one table stands: a file, the sheet or layer in it, and its name in messages."""

    path: Path
    label: str
    inner: str | None = None


def cells(part: Part) -> pd.DataFrame:
    """Read a table as text; the index `row` counts as a spreadsheet does.

    Raises
    ------
    DataError
        It cannot be read as a table.
    """
    try:
        return _cells(part)
    except MemoryError as error:
        told = f"{part.label}: it needs more memory than there is; leave out rows or columns."
        raise DataError([told]) from error


def _cells(part: Part) -> pd.DataFrame:
    name = part.path.name.lower()
    if name.endswith(CSV):
        return files_csv.cells(part.path, part.label)
    if name.endswith(BOOKS):
        from planner import files_xlsx

        sheet = part.inner or files_xlsx.sheets(part.path, part.label)[0]
        return files_xlsx.cells(part.path, part.label, sheet)
    from planner import files_geo

    return files_geo.cells(part.path, part.label, part.inner)


def with_shapes(pack: Path) -> list[Path]:
    """List the files with outlines of regions in a pack of one's own: outlines.geojson, say."""
    if not files_guard.is_folder(pack):
        from planner import files_geo

        book = pack.name.lower().endswith(GEOPACKAGE)
        return [pack] if book and OUTLINES in files_geo.layers(pack, pack.as_posix()) else []
    paths = [pack / f"{OUTLINES}{ending}" for ending in SHAPES]
    return [path for path in paths if files_guard.exists(path)]


def shapes(path: Path, label: str) -> gpd.GeoDataFrame:
    """Read the outlines of regions from a file, or from the layer `outlines` of a GeoPackage."""
    from planner import files_geo

    layer = OUTLINES if path.name.lower().endswith(GEOPACKAGE) else None
    return files_geo.shapes(path, label, layer)


def is_table(path: Path) -> bool:
    """Say whether a file has one of the endings that are read."""
    return path.name.lower().endswith(ENDINGS)


def in_folder(folder: Path, name: str) -> Path | None:
    """Return the file of a table in a folder; plain before compressed.

    Raises
    ------
    DataError
        There are several.
    """
    paths = [folder / f"{name}{ending}" for ending in ENDINGS]
    there = [path for path in paths if files_guard.exists(path) or files_guard.is_link(path)]
    if len(there) > 1 and not there[1].name.endswith(CSV[1]):
        both = " and ".join(path.name for path in there)
        raise DataError([f"{folder.as_posix()}: {both} are both the table {name}; keep one."])
    return there[0] if there else None


def in_file(
    path: Path, label: str, names: Iterable[str], *, main: str, sheets: Mapping[str, str]
) -> dict[str, Part]:
    """Find tables in a workbook or GeoPackage by the names of its sheets or layers.

    Parameters
    ----------
    path, label
        The file, and its name in messages.
    names
        Names of tables.
    main
        The table that a file of one table holds.
    sheets
        Names of sheets or layers that differ from those of their tables.

    Raises
    ------
    DataError
        A sheet that is named is not there, or none of several is the main table.
    """
    lowered = path.name.lower()
    if not lowered.endswith((*BOOKS, GEOPACKAGE)):
        return {main: Part(path, label)}
    from planner import files_geo, files_xlsx

    book = lowered.endswith(BOOKS)
    there = files_xlsx.sheets(path, label) if book else files_geo.layers(path, label)
    what = "sheet" if book else "layer"
    known = {name.strip().lower(): name for name in there}
    lost = [name for name in sheets.values() if name not in there]
    if lost:
        told = f"{label}: it has no {what} {shown(lost[0])}; it has {_listed(there)}."
        raise DataError([told])
    found = {name: sheets.get(name) or known.get(name) for name in names}
    if found.get(main) is None and len(there) == 1:
        found[main] = there[0]
    if found.get(main) is None:
        told = f"{label}: no {what} is named {main}, it has {_listed(there)}; name one so"
        raise DataError([f'{told}, or pass --map with [sheets] {main} = "...".'])
    return {
        name: Part(path, f"{label}, {what} {shown(inner)}", inner)
        for name, inner in found.items()
        if inner is not None
    }


def _listed(names: list[str]) -> str:
    most = 12
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(shown(name) for name in names[:most]) + more or "none"


def refused(path: Path) -> PackError:
    """Say that a file has another form than those that are read."""
    ending = path.suffix or "without an ending"
    told = f"{shown(str(path))}: a file {ending} is not supported; {READ}: {files_guard.SAVE_AS}."
    return PackError(told)
