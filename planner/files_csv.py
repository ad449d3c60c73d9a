"""A CSV file as cells of text, or what keeps it from being a table."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from datetime import datetime, time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import files_guard
from planner.errors import DataError
from planner.files_guard import SAVE_AS
from planner.validate import HEADER_ROWS, SHOWN_PROBLEMS, raise_problems
from planner.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_PLAIN: Final = 1e15  # below, a float holds every whole number


def cells(path: Path, file: str) -> pd.DataFrame:
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
    files_guard.counted(file, rows=1, columns=re.split(rb"[\r\n]", data, maxsplit=1)[0].count(b","))
    if data.count(b",") > files_guard.MOST_CELLS:
        raise files_guard.too_many_cells(file)
    try:
        grid = pd.read_csv(
            io.BytesIO(data),
            header=None,
            dtype=object,
            na_filter=False,
            skip_blank_lines=False,
            low_memory=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(list(_ragged(data, file, str(error)))) from error
    header = [name.strip() for name in grid.iloc[0]]
    raise_problems(doubled(header, file))
    rows = pd.RangeIndex(HEADER_ROWS, HEADER_ROWS + len(grid) - 1, name="row")
    body = grid.iloc[1:]
    body.index, body.columns = rows, pd.Index(header, dtype="str")
    return body if all(header) else without_blank_column(body)


def _bytes(path: Path, file: str) -> bytes:
    files_guard.regular(path, file)
    most = files_guard.MOST_BYTES
    opened = gzip.open if path.name.lower().endswith(".gz") else Path.open
    try:
        with opened(path, "rb") as stream:
            data: bytes = stream.read(most + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise files_guard.broken(file, "gzip file") from error
    except OSError as error:
        raise files_guard.unreadable(file, error) from error
    if len(data) > most:
        raise files_guard.too_large(file, most)
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
    elif max(data.count(b"\n"), data.count(b"\r")) > files_guard.MOST_ROWS + 1:
        most = files_guard.MOST_ROWS
        yield f"{file}: it has more than {most} rows; leave out what is not asked."


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


def doubled(header: list[str], file: str) -> Iterator[str]:
    """Find names that stand over more than one column."""
    for name, times in Counter(header).items():
        if times > 1 and name:
            places = [str(place) for place, other in enumerate(header, 1) if other == name]
            told = f"{', '.join(places[:-1])} and {places[-1]}"
            yield f"{file}, row 1: column {shown(name)} stands in places {told}; keep one of them."


def without_blank_column(cells: pd.DataFrame) -> pd.DataFrame:
    """Drop columns with neither name nor cells, which spreadsheets leave behind; count others."""
    blank = [
        not name and bool((cells.iloc[:, place].str.strip() == "").all())
        for place, name in enumerate(cells.columns)
    ]
    names = [name or f"(number {place})" for place, name in enumerate(cells.columns, 1)]
    return cells.set_axis(names, axis=1).loc[:, [not drop for drop in blank]]


def as_text(value: Any) -> str:
    """Write a value of a cell as a CSV file would hold it."""
    if value is None or value != value:  # noqa: PLR0124 - not a number
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, float):
        plain = value.is_integer() and abs(value) < MOST_PLAIN
        return f"{value:.0f}" if plain else repr(float(value))
    if isinstance(value, datetime):
        day = value.date().isoformat()
        return day if value.time() == time() else f"{day} {value.time()}"
    return str(value)
