"""Read a publisher's file as cells of text: the wanted columns, within bounds of size."""

from __future__ import annotations

import io
import json
import struct
import warnings
import zipfile
import zlib
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner import files_guard
from planner.errors import DataError
from planner.sources import publishers
from planner.wording import closest, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from planner.sources.native import Tally

type Wanted = Mapping[str, str | tuple[str, ...]]

MOST_BYTES: Final = 300_000_000
MOST_TEXT_BYTES: Final = 20_000_000  # of a file that is parsed as a whole, such as YAML
MOST_ROWS: Final = 2_000_000
MOST_COLUMNS: Final = 1000
MOST_UNPACKED_BYTES: Final = 1_000_000_000
MOST_TIMES: Final = 200  # a workbook packs its text about tenfold
BROKEN_ZIP: Final = (
    zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, EOFError, OSError,
    RuntimeError, ValueError,
)  # fmt: skip
FIRST_ROWS: Final = 12  # a header stands within them
SHOWN_COLUMNS: Final = 12
ZIP: Final = b"PK\x03\x04"


def opened(path: Path, tally: Tally, *, most: int = MOST_BYTES) -> bytes:
    """Return the bytes of a file, and note its edition if its hash is known.

    Raises
    ------
    DataError
        It is too large, or cannot be read.
    """
    files_guard.regular(path, path.name, most_bytes=most)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise files_guard.unreadable(path.name, error) from error
    if tally.published is None and (day := publishers.edition(tally.importer, path)):
        tally.published = date.fromisoformat(day)
    return data


def text(path: Path, tally: Tally, *, most: int = MOST_BYTES) -> str:
    """Return the text of a file: UTF-8, else Windows-1252 with a note."""
    data = opened(path, tally, most=most)
    head = data[:200].lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html")):
        raise DataError([f"{path.name}: it is a web page, not data; download the file itself."])
    if b"\0" in data[:4096] or data.startswith(ZIP):
        raise DataError([f"{path.name}: it is not text; unpack it or save it as CSV (UTF-8)."])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        tally.note(f"{path.name}: it is not UTF-8; read as Windows-1252.")
        return data.decode("cp1252", errors="replace")


def csv(
    path: Path,
    wanted: Wanted,
    tally: Tally,
    *,
    optional: Collection[str] = (),
) -> pd.DataFrame:
    """Read a CSV file: the wanted columns under our own names, as text without outer blanks.

    Parameters
    ----------
    path
        File.
    wanted
        Name of the publisher, or several names that it has used, by our own name.
    tally
        Takes the number of rows, and a note for each column that is read under another name.
    optional
        Own names that may be missing; they are then empty, with a note.

    Raises
    ------
    DataError
        A column is missing, or the file is no table.
    """
    content = text(path, tally)
    if not content.strip():
        raise DataError([f"{path.name}: it is empty; the first row must name the columns."])
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always", pd.errors.ParserWarning)
            cells = pd.read_csv(
                io.StringIO(content),
                dtype="str",
                na_filter=False,
                nrows=MOST_ROWS + 1,
                index_col=False,
                on_bad_lines="error",
            )
        if warned:
            tally.note(f"{path.name}: rows have more cells than the header; those are left out.")
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError, OverflowError) as error:
        first = str(error).splitlines()[0]
        raise DataError([f"{path.name}: it cannot be read as a table ({first})."]) from error
    if len(cells) > MOST_ROWS:
        raise DataError([f"{path.name}: it has more than {MOST_ROWS} rows; take fewer."])
    tally.rows[path.name] += len(cells)
    return fitted(cells, wanted, path.name, tally, optional=optional)


def fitted(
    cells: pd.DataFrame,
    wanted: Wanted,
    file: str,
    tally: Tally,
    *,
    optional: Collection[str] = (),
) -> pd.DataFrame:
    """Pick the wanted columns; say of each missing one what is there and what is nearest."""
    given = [str(name).strip() for name in cells.columns]
    renamed = [tally.given.renames.get(name, name) for name in given]
    cells = cells.set_axis(renamed, axis=1).loc[:, ~pd.Index(renamed).duplicated()]
    there = {_plain(name): name for name in renamed}
    out, problems = {}, []
    for own, names in wanted.items():
        options = (names,) if isinstance(names, str) else names
        place = next((name for name in options if name in cells.columns), None)
        if place is None:
            place = next((there[_plain(n)] for n in options if _plain(n) in there), None)
            if place is not None:
                tally.note(f"{file}: column {shown(place)} is read as {options[0]}.")
        if place is not None:
            out[own] = cells[place].astype("str").str.strip()
        elif own in optional:
            out[own] = pd.Series("", index=cells.index, dtype="str")
            tally.note(f"{file}: column {options[0]} is missing; it stays unknown.")
        else:
            problems.append(_missing(file, options[0], renamed))
    if problems:
        raise DataError(problems)
    return pd.DataFrame(out, index=cells.index)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _missing(file: str, name: str, given: list[str]) -> str:
    listed = ", ".join(shown(other) for other in given[:SHOWN_COLUMNS])
    more = len(given) - SHOWN_COLUMNS
    listed += f" and {more} more" if more > 0 else ""
    near = closest(name, given)
    told = f" If {near} is meant, give --rename '{near}={name}'." if near else ""
    return f"{file}: column {name} is missing; there are {listed}.{told}"


def numbers(cells: pd.Series) -> pd.Series:
    """Turn text into numbers; thousands may have commas, what is no number is unknown."""
    return pd.to_numeric(cells.str.replace(",", "", regex=False), errors="coerce").astype(float)


def lookup(keys: pd.Series, values: pd.Series) -> dict[str, str]:
    """Return the value of each key; of a key that is listed twice, the last."""
    return dict(zip(keys, values, strict=True))


def loaded_json(path: Path, tally: Tally) -> Any:
    """Read a JSON file.

    Raises
    ------
    DataError
        It is not JSON.
    """
    try:
        return json.loads(text(path, tally))
    except (ValueError, RecursionError) as error:
        raise DataError(
            [f"{path.name}: it is not whole JSON ({error}); fetch it again."]
        ) from error


def loaded_yaml(path: Path, tally: Tally) -> dict[str, Any]:
    """Read a YAML file that holds names and values.

    Raises
    ------
    DataError
        It is not YAML, or not of that form.
    """
    try:
        import yaml
    except ImportError as error:
        raise DataError(["YAML files need the package pyyaml; install the extra `import`."]) from (
            error
        )
    content = text(path, tally, most=MOST_TEXT_BYTES)
    if (
        "&" in content
        and "*" in content
        and any(isinstance(token, yaml.tokens.AliasToken) for token in yaml.scan(content))
    ):
        raise DataError(
            [f"{path.name}: it holds aliases, which can grow without end; expand them."]
        )
    try:
        found = yaml.load(content, Loader=_safe_loader())  # noqa: S506 - it is a safe one
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError([f"{path.name}: it is not YAML ({first})."]) from error
    if not isinstance(found, dict):
        raise DataError([f"{path.name}: names and values are wanted; it holds none."])
    return found


def _safe_loader() -> Any:
    """Return the safe loader, the fast one where it is there."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def sheets(
    path: Path, tally: Tally, wanted: Collection[str] | None = None
) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of the wanted sheets of a workbook (XLSX), by their names; else of all.

    Raises
    ------
    DataError
        It is no workbook, it would unpack to too much, or it declares entities.
    """
    data = opened(path, tally)
    safe_workbook(data, path.name)
    try:
        import openpyxl
    except ImportError as error:
        raise DataError(["workbooks need the package openpyxl; install the extra `import`."]) from (
            error
        )
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        there = {name.strip().casefold(): name for name in book.sheetnames}
        asked = book.sheetnames if wanted is None else wanted
        keys = {name: name.strip().casefold() for name in asked}
        names = {name: there[key] for name, key in keys.items() if key in there}
        return {name: _rows(book[sheet], path.name) for name, sheet in names.items()}
    except DataError:
        raise
    except Exception as error:
        raise DataError([f"{path.name}: it is not a whole workbook ({error})."]) from error


def _rows(sheet: Any, file: str) -> list[tuple[Any, ...]]:
    rows = []
    for row in sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS):
        rows.append(row)
        if len(rows) > MOST_ROWS:
            raise DataError([f"{file}: a sheet has more than {MOST_ROWS} rows; take fewer."])
    return rows


def safe_workbook(data: bytes, file: str) -> None:
    """Refuse what is no workbook, would unpack to too much, or declares entities.

    Raises
    ------
    DataError
        One line.
    """
    if not data.startswith(ZIP):
        raise DataError([f"{file}: it is not a workbook (XLSX); was a web page saved instead?"])
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            size = sum(part.file_size for part in parts)
            if size > MOST_UNPACKED_BYTES or size > MOST_TIMES * len(data) + MOST_TEXT_BYTES:
                raise DataError(
                    [f"{file}: it would unpack to {size // 10**6} MB; such a workbook is refused."]
                )
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as stream:
                        head = stream.read(4096)
                    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                        raise DataError([f"{file}: {part.filename} declares entities; refused."])
    except BROKEN_ZIP as error:
        raise DataError([f"{file}: it is not a whole workbook ({error})."]) from error


def sheet(
    rows: list[tuple[Any, ...]],
    wanted: Wanted,
    label: str,
    tally: Tally,
    *,
    optional: Collection[str] = (),
) -> pd.DataFrame:
    """Read the table on a sheet: its header is the first row that holds the first wanted column.

    Rows without a value in that column, such as footnotes, are counted and left out.
    """
    own, names = next(iter(wanted.items()))
    mark = names if isinstance(names, str) else names[0]
    at = next(
        (
            place
            for place, row in enumerate(rows[:FIRST_ROWS])
            if _plain(mark) in {_plain(str(cell)) for cell in row if cell is not None}
        ),
        None,
    )
    if at is None:
        first = [str(cell) for row in rows[:FIRST_ROWS] for cell in row if cell is not None]
        raise DataError([_missing(label, mark, first)])
    header = ["" if cell is None else str(cell).strip() for cell in rows[at]]
    body = pd.DataFrame(rows[at + 1 :], columns=header, dtype=object)
    body = body.loc[:, [name != "" for name in header]].map(_cell)
    body = body[(body != "").any(axis=1)]
    tally.rows[label] += len(body)
    frame = fitted(body.astype("str"), wanted, label, tally, optional=optional)
    footnote = (frame[own] == "") | frame[own].str.casefold().str.startswith("note")
    return tally.without(frame, footnote, label, "footnote or blank row")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
