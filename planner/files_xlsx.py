"""A sheet of a workbook (.xlsx) as cells of text.

A workbook is a zip archive of XML. Its parts are unpacked once to count their bytes and to look for
document types before any of them is parsed: a few kilobytes may unpack to gigabytes.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

import pandas as pd

from planner import files_guard
from planner.errors import DataError, PackError
from planner.files_csv import as_text, doubled, without_blank_column
from planner.files_guard import SAVE_AS
from planner.validate import HEADER_ROWS, SHOWN_PROBLEMS, raise_problems

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_UNPACKED: Final = 40_000_000  # bytes of all XML; about a million cells
MOST_OF_A_PART: Final = 2_000_000  # bytes of a part that holds no cells, such as styles
MOST_PARTS: Final = 10_000
BLOCK: Final = 1 << 20
CELLS: Final = re.compile(r"xl/(worksheets/[^/]+|sharedStrings)\.xml", re.IGNORECASE)
BOOK: Final = "xl/workbook.xml"
XML: Final = (".xml", ".rels", ".vml")
DECLARED: Final = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def sheets(path: Path, file: str) -> list[str]:
    """List the sheets of a workbook, in its order."""
    _checked(path, file)
    try:
        with zipfile.ZipFile(path) as archive:
            tree = ET.fromstring(archive.read(BOOK))  # noqa: S314 - no entities in it
    except MemoryError:
        raise
    except Exception as error:
        raise _broken(file) from error
    found = [one.get("name", "") for one in tree.iter() if one.tag.rpartition("}")[2] == "sheet"]
    raise_problems([] if found else _broken(file).problems)
    return found


def cells(path: Path, file: str, sheet: str) -> pd.DataFrame:
    """Read a sheet as text; the index `row` is that of the spreadsheet.

    A formula counts with the value that was saved with it.

    Raises
    ------
    DataError
        The sheet cannot be read as a table.
    """
    rows = list(_rows(path, file, sheet, values=False))
    formulas = [
        (row, column)
        for row, cells in enumerate(rows)
        for column, value in enumerate(cells)
        if isinstance(value, str) and value.startswith("=") and len(value) > 1
    ]
    if formulas:
        rows = _computed(rows, formulas, list(_rows(path, file, sheet, values=True)), file)
    return _table(rows, file)


def _rows(path: Path, file: str, sheet: str, *, values: bool) -> Iterator[list[Any]]:
    """Yield the rows of a sheet, without empty cells at their ends."""
    with _opened(path, file, values=values) as book:
        found = book[sheet]
        found.reset_dimensions()  # what a file says of its size may be wrong
        width = count = 0
        for cells in found.iter_rows(values_only=True):
            row = _trimmed(cells)
            width, count = max(width, len(row)), count + 1
            files_guard.counted(file, rows=count, columns=width)
            yield row


def _trimmed(cells: tuple[Any, ...]) -> list[Any]:
    row = list(cells)
    while row and row[-1] is None:
        row.pop()
    return row


def _computed(
    rows: list[list[Any]], formulas: list[tuple[int, int]], saved: list[list[Any]], file: str
) -> list[list[Any]]:
    """Put the saved values in the place of formulas, or say which have none."""
    lost = []
    for row, column in formulas:
        there = row < len(saved) and column < len(saved[row])
        value = saved[row][column] if there else None
        rows[row][column] = value
        if value is None:
            lost.append(
                f"{file}, row {row + 1}: the formula in cell {column + 1} has no saved value; save"
                " the workbook in a spreadsheet program, or write the value."
            )
    raise_problems(islice(lost, SHOWN_PROBLEMS), len(lost))
    return rows


def _table(rows: list[list[Any]], file: str) -> pd.DataFrame:
    first = next((place for place, row in enumerate(rows) if row), None)
    if first is None:
        raise DataError([f"{file}: it is empty; the first row must name the columns."])
    if first:
        raise DataError([f"{file}, row 1: it is blank; the first row must name the columns."])
    header = [as_text(value).strip() for value in rows[0]]
    raise_problems(doubled(header, file))
    width = max(map(len, rows))
    header += [""] * (width - len(header))
    columns = {
        place: pd.Series([as_text(row[place]) if place < len(row) else "" for row in rows[1:]],
                         dtype="str")
        for place in range(width)
    }  # fmt: skip
    index = pd.RangeIndex(HEADER_ROWS, HEADER_ROWS + len(rows) - 1, name="row")
    body = pd.DataFrame(columns).set_axis(index)
    return without_blank_column(body.set_axis(header, axis=1))


# --- safety --------------------------------------------------------------------------------------


@contextmanager
def _opened(path: Path, file: str, *, values: bool) -> Iterator[Any]:
    """Open a workbook; whatever a broken one leads to becomes one line, and the file is closed."""
    _checked(path, file)
    try:
        import openpyxl
    except ImportError as error:
        told = f"{file}: reading a workbook needs openpyxl; install planner[tables] or {SAVE_AS}."
        raise PackError(told) from error
    try:
        with path.open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on styles and drawings, which are not read
            yield openpyxl.load_workbook(stream, read_only=True, data_only=values, keep_links=False)
    except (DataError, MemoryError):
        raise
    except Exception as error:
        raise _broken(file) from error


def _broken(file: str) -> DataError:
    return files_guard.broken(file, "workbook")


def _checked(path: Path, file: str) -> None:
    """Refuse what is no workbook, or would fill the memory once unpacked."""
    files_guard.regular(path, file)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            many = f"{file}: it has more than {MOST_PARTS} parts; {SAVE_AS}."
            raise_problems([many] if len(parts) > MOST_PARTS else [])
            left = MOST_UNPACKED
            for part in parts:
                if part.filename.lower().endswith(XML):
                    left -= _unpacked(archive, part, left, file)
    except (DataError, MemoryError):
        raise
    except Exception as error:
        raise _broken(file) from error


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int, file: str) -> int:
    """Count the bytes of a part as it unpacks, whatever the archive says of it."""
    allowed = left if CELLS.fullmatch(part.filename) else min(left, MOST_OF_A_PART)
    size, tail = 0, b""
    with archive.open(part) as stream:
        while block := stream.read(BLOCK):
            size += len(block)
            if size > allowed:
                told = f"{file}: {part.filename} unpacks to more than {allowed / 1e6:.0f} MB"
                raise DataError([f"{told}; save the sheet that is asked as CSV."])
            plain = (tail + block).replace(b"\0", b"")  # UTF-16 becomes readable, too
            if DECLARED.search(plain):
                told = f"{file}: {part.filename} declares XML entities, as no workbook does"
                raise DataError([f"{told}; {SAVE_AS}."])
            tail = plain[-len(b"<!DOCTYPE") :]
    return size
