"""Find a pack by name or folder, and read its tables as they were known on a day."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import pandas as pd

from planner import references, schema
from planner.errors import DataError, PackError
from planner.validate import HEADER_ROWS, SHOWN_PROBLEMS, examine, raise_problems, validate
from planner.wording import closest, lowered, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from planner.columns import Table

type Kind = Literal["grids", "sites"]

MARKS: Final[Mapping[Kind, str]] = {"grids": "regions", "sites": "sites"}
ENDINGS: Final = (".csv", ".csv.gz")
MOST_ROWS: Final = 1_000_000
MOST_BYTES: Final = 400_000_000
SAVE_AS: Final = "save it as CSV (UTF-8, commas)"
OWN_DEFAULTS: Final = {
    "status": "announced",
    "grid_connection": "grid",
    "source": "user",
    "confidence": "medium",
}
EITHER: Final = (("facility_mw", "it_mw"), ("full_power_date", "first_power_date"))


# --- packs ---------------------------------------------------------------------------------------


def shelf(kind: Kind) -> Path:
    """Return the folder that holds the packs of one kind, "grids" or "sites".

    A wheel carries the folder inside the package, a checkout beside it.
    """
    inside = Path(__file__).with_name(kind)
    return inside if inside.is_dir() else inside.parents[1] / kind


def names(kind: Kind) -> list[str]:
    """List the packs on the shelf, by name."""
    place = shelf(kind)
    folders = sorted(place.iterdir()) if place.is_dir() else []
    return [folder.name for folder in folders if _file(folder, MARKS[kind]) is not None]


def find(kind: Kind, name_or_path: str | Path) -> Path:
    """Return the folder of a pack.

    Parameters
    ----------
    kind
        "grids" or "sites".
    name_or_path
        Name of a pack on the shelf, or any folder. A name comes first: write `./us` for a
        folder of your own that has the name of a pack.

    Raises
    ------
    PackError
        There is no such pack.
    """
    known = names(kind)
    if str(name_or_path) in known:
        return shelf(kind) / name_or_path
    folder = Path(name_or_path).expanduser()
    if _is_folder(folder):
        return folder
    raise PackError(_no_pack(kind, str(name_or_path), known))


def _is_folder(path: Path) -> bool:
    return _exists(path, Path.is_dir)


def _no_pack(kind: Kind, name: str, known: list[str]) -> str:
    meant = closest(Path(name).name, known)
    told = f"; did you mean {meant!r}?" if meant else f"; there are {', '.join(known) or 'none'}."
    return f"no {kind} pack {shown(name)!r} in {kind}{told}"


def read(
    folder: Path, tables: Iterable[Table], *, as_of: date | None = None
) -> dict[str, pd.DataFrame]:
    """Read and check the tables of a pack, as they were known on a day.

    Parameters
    ----------
    folder
        Folder of the pack; its files are named after the tables, .csv or .csv.gz. Others are
        left alone.
    tables
        Descriptions of the tables to read. A table that may be left out is then empty.
    as_of
        Facts that became known later are left out, and rows that hang on them; of each fact the
        last known row stays. Without it, every fact is taken as known.

    Returns
    -------
    dict of str to pd.DataFrame
        One validated table per description, unknown cells NaN or NaT.

    Raises
    ------
    DataError
        Every problem of every table, one line each.
    """
    paths = [(table, _file(folder, table.name)) for table in tables]
    return _settled(_load(paths, folder), as_of)


def read_common(*, as_of: date | None = None) -> dict[str, pd.DataFrame]:
    """Read the tables that all grids share."""
    return read(shelf("grids") / "common", schema.COMMON_TABLES, as_of=as_of)


def describe(kind: Kind, name: str | Path | None = None) -> pd.DataFrame:
    """List the packs of one kind with the number of rows of each table, or the regions of one."""
    if name is not None:
        columns = ["region", "name", "pool", "state", "source_zone", "note"]
        return read(find(kind, name), schema.GRID_TABLES)["regions"][columns]
    counted = ("regions", "places", "pockets", "supply", "load", "links", "joint_limits")
    rows = []
    for pack in names(kind):
        tables = read(find(kind, pack), schema.GRID_TABLES)
        newest = max(frame["known_on"].max() for frame in tables.values() if "known_on" in frame)
        counts = {table: len(tables[table]) for table in counted}
        rows.append({"grid": pack, "newest fact": f"{newest:%Y-%m-%d}", **counts})
    return pd.DataFrame(rows)


# --- sites ---------------------------------------------------------------------------------------


def read_sites(name_or_path: str | Path, *, as_of: date | None = None) -> dict[str, pd.DataFrame]:
    """Read a list of sites: a pack by name, a folder, or one CSV file of your own.

    A file of your own needs `site` or `name`, `facility_mw` or `it_mw`, and `full_power_date`
    (or `first_power_date`). Other columns of the table `sites` may be left out: such a site is
    announced, on the grid, and known since the as-of date from the source `user`.

    Parameters
    ----------
    name_or_path
        Name of a pack on the shelf, folder, or file that ends in .csv or .csv.gz.
    as_of
        As for :func:`read`; without it, today.

    Returns
    -------
    dict of str to pd.DataFrame
        The tables of `schema.SITE_TABLES`.

    Raises
    ------
    PackError
        There is no such list, or it has a form that is not supported.
    DataError
        Every problem of the list, one line each.
    """
    day = as_of or datetime.now(UTC).date()
    path = Path(name_or_path).expanduser()
    if str(name_or_path) in names("sites"):
        return read(find("sites", name_or_path), schema.SITE_TABLES, as_of=as_of)
    paths = [(replace(table, required=table is schema.SITES), file) for table, file in _own(path)]
    loaded = _load(paths, path, adapt=partial(_fitted, day=day))
    return _settled(_with_sources(loaded, path.name, day), as_of)


def _own(path: Path) -> list[tuple[Table, Path | None]]:
    if _is_folder(path):
        return [(table, _file(path, table.name)) for table in schema.SITE_TABLES]
    file = _list_file(path)
    return [(table, file if table is schema.SITES else None) for table in schema.SITE_TABLES]


def _list_file(path: Path) -> Path:
    """Return the file of a list of sites, or say why it cannot be one."""
    if path.name.lower().endswith(ENDINGS):
        if _exists(path):
            return path
        raise PackError(f"no file {path}{_alike(path)}")
    if path.suffix or _exists(path):
        ending = path.suffix or "without an ending"
        raise PackError(f"{shown(str(path))}: a file {ending} is not supported yet; {SAVE_AS}.")
    raise PackError(_no_pack("sites", str(path), names("sites")))


def _exists(path: Path, test: Callable[[Path], bool] = Path.exists) -> bool:
    try:
        return test(path)
    except (OSError, ValueError):  # a name that no file system takes
        return False


def _alike(path: Path) -> str:
    beside = path.parent.iterdir() if _is_folder(path.parent) else ()
    meant = closest(path.name, [other.name for other in beside])
    return f"; did you mean {path.with_name(meant)}?" if meant else "; check the path."


def _fitted(table: Table, cells: pd.DataFrame, *, day: date) -> tuple[Table, pd.DataFrame]:
    """Ask less of a list of a user's own: defaults, and one of two columns that say the same."""
    defaults = OWN_DEFAULTS | {"known_on": day.isoformat()}
    columns = {
        name: replace(column, default=defaults[name]) if name in defaults else column
        for name, column in table.columns.items()
    }
    if table.name != "sites":
        return replace(table, columns=columns), cells
    for name, other in EITHER:
        given = not {name, other}.isdisjoint(cells.columns)
        columns[name] = replace(columns[name], optional=given)
    columns["country"] = replace(columns["country"], optional=True)
    return replace(table, columns=columns), _named(cells)


def _named(cells: pd.DataFrame) -> pd.DataFrame:
    """Let `site` and `name` stand for each other where one is empty."""
    cells = cells.copy()
    for name, other in (("site", "name"), ("name", "site")):
        if name in cells and other in cells:
            cells[name] = cells[name].where(cells[name].str.strip() != "", cells[other])
        elif other in cells:
            cells[name] = cells[other]
    return cells


def _with_sources(loaded: _Loaded, document: str, day: date) -> _Loaded:
    """Add the user as a source, and without a table of sources every source that is named."""
    sources = loaded.frames.get("sources")
    if sources is None:  # its file has problems of its own
        return loaded
    named = [frame["source"].dropna() for frame in loaded.frames.values() if "source" in frame]
    added = set(pd.concat(named)) - set(sources["source"])
    if "sources" in loaded.files:
        added &= {OWN_DEFAULTS["source"]}
    rows = _user_sources(sorted(added), document, day)
    return replace(loaded, frames=loaded.frames | {"sources": pd.concat([sources, rows])})


def _user_sources(names: list[str], document: str, day: date) -> pd.DataFrame:
    cells = pd.DataFrame({"source": pd.Series(names, dtype="str")}).assign(
        publisher="user",
        document=document,
        published_on=day.isoformat(),
        licence="not stated",
        confidence=OWN_DEFAULTS["confidence"],
    )
    return validate(cells.astype("str"), schema.SOURCES, file="sources.csv")


# --- tables --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Loaded:
    """Tables as far as they could be read; `files` names those that have a file."""

    tables: dict[str, Table]
    frames: dict[str, pd.DataFrame]
    files: dict[str, str]
    problems: list[str]
    count: int


type _Adapt = Callable[[Table, pd.DataFrame], tuple[Table, pd.DataFrame]]


def _unchanged(table: Table, cells: pd.DataFrame) -> tuple[Table, pd.DataFrame]:
    return table, cells


def _load(
    paths: Iterable[tuple[Table, Path | None]], folder: Path, *, adapt: _Adapt = _unchanged
) -> _Loaded:
    """Read and examine every table; what is wrong with one does not hide the next."""
    loaded = _Loaded({}, {}, {}, [], 0)
    problems = loaded.problems
    count = 0
    for table, path in paths:
        loaded.tables[table.name] = table
        if path is None:
            loaded.frames[table.name] = table.empty()
            problems += _missing(table, folder)
            continue
        file = loaded.files[table.name] = _label(path)
        try:
            fitted, cells = adapt(table, _cells(path, file))
        except DataError as error:
            problems += error.problems
            continue
        examined = examine(cells, fitted, file=file)
        loaded.frames[table.name] = examined.frame
        problems += examined.problems
        count += examined.total - len(examined.problems)
        if examined.frame.empty and table.required and not examined.problems:
            problems.append(f"{file}: it has a header but no rows; add rows below it.")
    return replace(loaded, count=len(problems) + count)


def _missing(table: Table, folder: Path) -> list[str]:
    if not table.required:
        return []
    file = _label(folder / f"{table.name}.csv")
    return [f"{file}: there is no such file; add it ({lowered(table.meaning)})."]


def _settled(loaded: _Loaded, as_of: date | None) -> dict[str, pd.DataFrame]:
    """Refuse tables with problems; else return them as they were known on a day."""
    checked = _vocabulary(loaded.frames) | loaded.frames
    problems = loaded.problems + references.misfits(checked, files=loaded.files)
    problems += [] if problems else references.gaps(checked, files=loaded.files)
    hidden = loaded.count - len(loaded.problems)
    raise_problems(problems, len(problems) + hidden)
    known = {
        name: known_by(frame, loaded.tables[name], as_of) for name, frame in loaded.frames.items()
    }
    if any(len(known[name]) < len(frame) for name, frame in loaded.frames.items()):
        known = references.without_orphans(known)
    return {name: frame.reset_index(drop=True) for name, frame in known.items()}


def _vocabulary(frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the shared technologies, if a table names technologies."""
    path = _file(shelf("grids") / "common", "technologies")
    if path is None or not any("technology" in frame and len(frame) for frame in frames.values()):
        return {}
    file = _label(path)
    return {"technologies": validate(_cells(path, file), schema.TECHNOLOGIES, file=file)}


def known_by(frame: pd.DataFrame, table: Table, as_of: date | None) -> pd.DataFrame:
    """Leave out facts that became known after a day; of each fact keep the last known row."""
    if "known_on" not in table.columns:
        return frame
    if as_of is not None:
        frame = frame[frame["known_on"] <= pd.Timestamp(as_of)]
    key = list(table.key)
    if not frame.duplicated(key).any():
        return frame
    latest = frame.sort_values("known_on", kind="stable").drop_duplicates(key, keep="last")
    return latest.sort_index()


# --- files ---------------------------------------------------------------------------------------


def _file(folder: Path, name: str) -> Path | None:
    """Return the file of a table, if there is one; plain before compressed."""
    paths = (folder / f"{name}{ending}" for ending in ENDINGS)
    return next((path for path in paths if _exists(path)), None)


def _label(path: Path) -> str:
    """Name a file in messages: from the shelf on, or as the user wrote it."""
    for kind in MARKS:
        if path.is_relative_to(shelf(kind)):
            return (kind / path.relative_to(shelf(kind))).as_posix()
    return path.as_posix()


def _cells(path: Path, file: str) -> pd.DataFrame:
    """Read a CSV file as text; the index `row` is that of a spreadsheet.

    Raises
    ------
    DataError
        The file cannot be read as a table.
    """
    data = _bytes(path, file)
    raise_problems(_unlike_text(data, file))
    data = data.removeprefix(codecs.BOM_UTF8)
    raise_problems(_unlike_csv(data, file))
    try:
        grid = pd.read_csv(
            io.BytesIO(data), header=None, dtype="str", na_filter=False, skip_blank_lines=False
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(list(_ragged(data, file, str(error)))) from error
    header = [name.strip() for name in grid.iloc[0]]
    raise_problems(_doubled(header, file))
    rows = pd.RangeIndex(HEADER_ROWS, HEADER_ROWS + len(grid) - 1, name="row")
    body = grid.iloc[1:].set_axis(rows).set_axis(header, axis=1)
    return _without_blank_column(body)


def _bytes(path: Path, file: str) -> bytes:
    if _is_folder(path):
        raise DataError([f"{file}: it is a folder; a CSV file is needed."])
    opened = gzip.open if path.name.lower().endswith(".gz") else Path.open
    try:
        with opened(path, "rb") as stream:
            data: bytes = stream.read(MOST_BYTES + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError([f"{file}: it is not a whole gzip file; {SAVE_AS}."]) from error
    except OSError as error:
        raise DataError([f"{file}: it cannot be read ({error.strerror})."]) from error
    if len(data) > MOST_BYTES:
        raise DataError([f"{file}: it is larger than {MOST_BYTES // 10**6} MB; leave out rows."])
    return data


def _unlike_text(data: bytes, file: str) -> Iterator[str]:
    """Find what no UTF-8 text has."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield f"{file}: it is written in UTF-16; {SAVE_AS}."
        return
    zero = data.find(0)
    if zero >= 0:
        yield f"{file}, row {_row(data, zero)}: it holds a NUL byte; {SAVE_AS}."
        return
    try:
        data.decode()
    except UnicodeDecodeError as error:
        yield (
            f"{file}, row {_row(data, error.start)}: byte 0x{data[error.start]:02X} is not UTF-8,"
            f" the file may be in Latin-1 or Windows-1252; {SAVE_AS}."
        )


def _row(data: bytes, at: int) -> int:
    return len(re.findall(rb"\r\n|\n|\r", data[:at])) + 1


def _unlike_csv(data: bytes, file: str) -> Iterator[str]:
    """Find what makes a text no table: no header, other separators, too many rows."""
    header = re.split(rb"[\r\n]", data, maxsplit=1)[0]
    if not data.strip():
        yield f"{file}: it is empty; the first row must name the columns."
    elif not header.strip(b' \t,;"'):
        yield f"{file}, row 1: it is blank; the first row must name the columns."
    elif b"," not in header and (b";" in header or b"\t" in header):
        separator = "semicolons" if b";" in header else "tabs"
        yield f"{file}, row 1: columns are separated by {separator}; {SAVE_AS}."
    elif max(data.count(b"\n"), data.count(b"\r")) > MOST_ROWS + 1:
        yield f"{file}: it has more than {MOST_ROWS} rows; leave out what is not asked."


def _ragged(data: bytes, file: str, reason: str) -> Iterator[str]:
    """Say which rows have more cells than the header, or what else keeps a table from being one."""
    unclosed = re.search(r"inside string starting at row (\d+)", reason)
    if unclosed:
        yield f"{file}, row {int(unclosed[1]) + 1}: a quotation mark is opened and never closed."
        return
    found = list(_wide_rows(data))
    for row, cells, width in found:
        yield (
            f"{file}, row {row}: it has {cells} cells and the header {width}; put quotation marks"
            " around text with commas, or remove the cells."
        )
    if not found:
        yield f"{file}: it cannot be read as a table; {SAVE_AS}."


def _wide_rows(data: bytes) -> Iterator[tuple[int, int, int]]:
    rows = csv.reader(io.StringIO(data.decode(), newline=""))
    try:
        width = len(next(rows, []))
        wide = ((row, len(cells), width) for row, cells in enumerate(rows, 2) if len(cells) > width)
        yield from islice(wide, SHOWN_PROBLEMS)
    except csv.Error:
        return


def _doubled(header: list[str], file: str) -> Iterator[str]:
    for name, times in Counter(header).items():
        if times > 1 and name:
            places = [str(place) for place, other in enumerate(header, 1) if other == name]
            told = f"{', '.join(places[:-1])} and {places[-1]}"
            yield f"{file}, row 1: column {shown(name)} stands in places {told}; keep one of them."


def _without_blank_column(cells: pd.DataFrame) -> pd.DataFrame:
    """Drop columns with neither name nor cells, which spreadsheets leave behind; count others."""
    blank = [
        not name and bool((cells.iloc[:, place].str.strip() == "").all())
        for place, name in enumerate(cells.columns)
    ]
    names = [name or f"(number {place})" for place, name in enumerate(cells.columns, 1)]
    return cells.set_axis(names, axis=1).loc[:, [not drop for drop in blank]]
