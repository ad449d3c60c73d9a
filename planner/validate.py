"""Whether cells of text keep to the description of their table.

Every failure is found by a few vectorised comparisons; only the failures that are shown are put
into words, one line each: file, row as a spreadsheet numbers it, column, value, remedy.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import pandas_dtype

from planner import wording
from planner.columns import DTYPES, FIRST_YEAR, LAST_YEAR
from planner.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import numpy.typing as npt

    from planner.columns import Column, Kind, Table

type Mask = npt.NDArray[np.bool_]

SHOWN_PROBLEMS: Final = 200
HEADER_ROWS: Final = 2  # the header is row 1 of a spreadsheet, so the first fact is row 2
DEAREST_USD_MN_PER_MW: Final = 200.0  # several times what any campus costs
COUNTRY_BOXES: Final = {  # lat from, lat to, lon from, lon to; wide, they only catch slips
    "US": (13.0, 72.0, -180.0, -64.0),
    "IN": (5.0, 38.0, 67.0, 98.0),
}


class Finding(NamedTuple):
    """Rows, by position, that fail one check, and how one of them is put into words."""

    rows: npt.NDArray[np.intp]
    word: Callable[[int], str]


class Examined(NamedTuple):
    """A table as far as it could be read, the first problems in words, and their number."""

    frame: pd.DataFrame
    problems: list[str]
    total: int


def validate(cells: pd.DataFrame, table: Table, *, file: str) -> pd.DataFrame:
    """Turn cells of text into a typed table, or say everything that is wrong with them.

    Parameters
    ----------
    cells
        Text only, empty where nothing is known. An index named `row` holds the rows of the
        file; any other index is taken as the first, second, ... row below the header.
    table
        Description to keep to.
    file
        Name of the file in messages.

    Returns
    -------
    pd.DataFrame
        The columns of the table in its order. Unknown is NaN or NaT in every kind of column.

    Raises
    ------
    DataError
        One line per problem.
    """
    examined = examine(cells, table, file=file)
    raise_problems(examined.problems, examined.total)
    return examined.frame.reset_index(drop=True)


def raise_problems(problems: Iterable[str], count: int | None = None) -> None:
    """Raise all problems at once, cut at SHOWN_PROBLEMS lines; without any, do nothing."""
    lines = list(problems)
    total = len(lines) if count is None else count
    hidden = total - min(len(lines), SHOWN_PROBLEMS)
    if hidden:
        lines = [*lines[:SHOWN_PROBLEMS], f"... and {hidden} more."]
    if lines:
        raise DataError(lines)


def examine(cells: pd.DataFrame, table: Table, *, file: str) -> Examined:
    """Type a table as far as possible and collect its problems; the index becomes `row`."""
    cells = _without_blank_rows(_numbered(cells))
    headings, absent = _headings(list(cells.columns), table)
    series, findings = {}, []
    for name, column in table.columns.items():
        given = cells[name] if name in cells else pd.Series("", index=cells.index, dtype="str")
        spared = replace(column, optional=True) if name in absent else column
        series[name], found = _column(given, name, spared)
        findings.extend(found)
    frame = pd.DataFrame(series, index=cells.index)
    findings.extend(_doubles(frame, table, findings, absent))
    findings.extend(_nonsense(frame))
    lines = [f"{file}, row 1: {line}" for line in headings]
    count = len(lines) + sum(len(finding.rows) for finding in findings)
    return Examined(frame, lines + _worded(findings, frame.index, file), count)


def _numbered(cells: pd.DataFrame) -> pd.DataFrame:
    if cells.index.name == "row":
        return cells
    return cells.set_axis(pd.RangeIndex(HEADER_ROWS, HEADER_ROWS + len(cells), name="row"))


def _without_blank_rows(cells: pd.DataFrame) -> pd.DataFrame:
    blank = np.ones(len(cells), dtype=bool)
    for name in cells:
        if not blank.any():
            return cells
        blank &= (cells[name].str.strip() == "").to_numpy()
    return cells[~blank]


def _worded(findings: list[Finding], rows: pd.Index, file: str) -> list[str]:
    """Put the first failures into words, in the order of the file."""
    if not findings:
        return []
    at = np.concatenate([finding.rows for finding in findings])
    which = np.repeat(np.arange(len(findings)), [len(finding.rows) for finding in findings])
    first = np.lexsort((which, at))[:SHOWN_PROBLEMS]
    return [
        f"{file}, row {rows[at[i]]}: {findings[which[i]].word(int(at[i]))}" for i in first.tolist()
    ]


# --- columns -------------------------------------------------------------------------------------


def _headings(given: list[str], table: Table) -> tuple[list[str], set[str]]:
    """Word columns that are missing or unknown; a likely misspelling is one problem, not two."""
    unknown = [name for name in given if name not in table.columns]
    absent = [name for name in table.columns if name not in given]
    needed = [name for name in absent if _needed(table.columns[name])]
    lines, renamed = [], set()
    for name in unknown:
        meant = _meant(name, [other for other in absent if other not in renamed])
        renamed.add(meant)
        lines.append(wording.unknown_column(name, meant))
    left = [name for name in needed if name not in renamed]
    lines += [wording.missing_column(name, table.columns[name]) for name in left]
    return lines, set(needed)


def _meant(name: str, among: list[str]) -> str:
    """Return the column that a name likely stands for: misspelt, or written out (latitude)."""
    written_out = (other for other in among if name.lower().startswith(other))
    return wording.closest(name, among) or next(written_out, "")


def _needed(column: Column) -> bool:
    return not column.optional and column.default is None


def _column(cells: pd.Series, name: str, column: Column) -> tuple[pd.Series, list[Finding]]:
    """Read one column: its values, and its cells that are empty, unreadable or out of limits."""
    text = cells.str.strip()
    empty = (text == "").to_numpy()
    if column.default is not None and empty.any():
        text = text.mask(empty, column.default)
        empty = np.zeros(len(text), dtype=bool)
    values, unreadable = _read(text, empty, column)
    beyond = _beyond(values, column)

    def say(remedy: Callable[[str, Column], str]) -> Callable[[int], str]:
        return lambda at: f"{name} is {remedy(text.iloc[at], column)}."

    found = [
        (empty & (not column.optional), say(wording.empty)),
        (unreadable, say(wording.unreadable)),
        (beyond, say(wording.beyond)),
    ]
    findings = [Finding(np.flatnonzero(mask), word) for mask, word in found if mask.any()]
    return _typed(values, column, broken=bool(findings)), findings


def _read(text: pd.Series, empty: Mask, column: Column) -> tuple[pd.Series, Mask]:
    """Return the values and where a cell that is not empty has none."""
    values, readable = READERS[column.kind](text, column)
    if readable.all():
        return values, ~readable
    return values.where(readable), ~readable & ~empty


def _texts(text: pd.Series, column: Column) -> tuple[pd.Series, Mask]:
    # Few values are looked at instead of many cells. A cell that a spreadsheet could not compute
    # is no text, one that merely starts with "#" is.
    refused = [value for value in text.unique() if not _is_text(value, column)]
    return text, ~text.isin(refused).to_numpy() if refused else np.ones(len(text), dtype=bool)


def _is_text(value: str, column: Column) -> bool:
    if column.values:
        return value in column.values
    return value not in ("", *wording.SPREADSHEET_ERRORS)


def _numbers(text: pd.Series, column: Column) -> tuple[pd.Series, Mask]:
    values = pd.to_numeric(text, errors="coerce").astype("float64")
    readable = np.isfinite(values.to_numpy())
    if column.kind == "integer":
        readable &= (values % 1 == 0).to_numpy()
    return values, readable


def _dates(text: pd.Series, column: Column) -> tuple[pd.Series, Mask]:
    codes, unique = pd.factorize(text)  # few days stand in many cells
    days = pd.Series(unique, dtype="str")
    # Pandas would read "today" as a date, whatever the format says.
    shaped = days.str.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}").astype(bool)
    parsed = pd.to_datetime(days.where(shaped), format="%Y-%m-%d", errors="coerce")
    values = parsed.astype(pandas_dtype(DTYPES[column.kind])).to_numpy()[codes]
    return pd.Series(values, index=text.index), ~np.isnat(values)


def _flags(text: pd.Series, column: Column) -> tuple[pd.Series, Mask]:
    del column
    return text == "true", text.isin(("true", "false")).to_numpy()


READERS: Final[Mapping[Kind, Callable[[pd.Series, Column], tuple[pd.Series, Mask]]]] = {
    "text": _texts,
    "number": _numbers,
    "integer": _numbers,
    "date": _dates,
    "flag": _flags,
}


def _beyond(values: pd.Series, column: Column) -> Mask:
    """Say where values lie outside the limits of their column."""
    outside = np.zeros(len(values), dtype=bool)
    numbers, low, high = values, column.low, column.high
    if column.kind == "date":
        numbers, low, high = values.dt.year, FIRST_YEAR, LAST_YEAR
    if low is not None:
        outside |= (numbers < low).to_numpy()
    if high is not None:
        outside |= (numbers > high).to_numpy()
    return outside


def _typed(values: pd.Series, column: Column, *, broken: bool) -> pd.Series:
    """Give the final type; a broken column stays as it is, its table is refused anyway."""
    return values if broken or values.isna().any() else values.astype(pandas_dtype(column.dtype))


# --- rows ----------------------------------------------------------------------------------------


def _doubles(
    frame: pd.DataFrame, table: Table, found: list[Finding], absent: set[str]
) -> Iterator[Finding]:
    """Find rows that repeat the identity of an earlier row; rows already found are left out."""
    identity, key = list(table.identity), list(table.key)
    if absent.intersection(identity) or not identity:
        return
    spared = np.zeros(len(frame), dtype=bool)
    for finding in found:
        spared[finding.rows] = True
    sound = frame[~spared]
    if not sound.duplicated(identity).any():
        return
    twice = sound[sound.duplicated(identity, keep=False)]
    number = twice.groupby(identity, dropna=False).ngroup()
    rows = pd.Series(twice.index, index=twice.index)
    first = rows.groupby(number).transform("first").reindex(frame.index)
    later = first.notna() & (first != frame.index.to_series())
    yield Finding(
        np.flatnonzero(later),
        lambda at: wording.double(
            {name: frame[name].iloc[at] for name in key}, int(first.iloc[at])
        ),
    )


def _nonsense(frame: pd.DataFrame) -> Iterator[Finding]:
    """Find values that are each allowed and together impossible."""
    if {"capex_usd_bn", "facility_mw", "it_mw"} <= set(frame):
        yield from _gigawatts(frame)
    if {"lat", "lon", "country"} <= set(frame):
        yield from _misplaced(frame)


def _gigawatts(frame: pd.DataFrame) -> Iterator[Finding]:
    """Find megawatts far too few for their budget: gigawatts, most likely."""
    # Where both are given, the larger: no campus costs more because its IT load is small.
    megawatts = frame[["facility_mw", "it_mw"]].astype(float).max(axis=1)
    budget = frame["capex_usd_bn"].astype(float)
    dear = (megawatts > 0) & (1000 * budget > DEAREST_USD_MN_PER_MW * megawatts)

    def word(at: int) -> str:
        whole = pd.notna(frame["facility_mw"].iloc[at])
        name = "facility_mw" if whole else "it_mw"
        return wording.gigawatts(name, float(frame[name].iloc[at]), float(budget.iloc[at]))

    if dear.any():
        yield Finding(np.flatnonzero(dear), word)


def _misplaced(frame: pd.DataFrame) -> Iterator[Finding]:
    """Find points that lie in their country only once swapped, or with the other sign."""
    lat, lon = frame["lat"].astype(float), frame["lon"].astype(float)
    for country, box in COUNTRY_BOXES.items():
        here = (frame["country"] == country).to_numpy() & ~_inside(lat, lon, box)
        here &= lat.between(-90, 90).to_numpy()  # beyond is a problem of its own
        swapped = here & _inside(lon, lat, box)
        mirrored = here & ~swapped & _inside(lat, -lon, box)
        for mask, word in ((swapped, wording.swapped), (mirrored, wording.mirrored)):
            if mask.any():
                yield Finding(np.flatnonzero(mask), _point(word, frame, country))


def _point(
    word: Callable[[float, float, str], str], frame: pd.DataFrame, country: str
) -> Callable[[int], str]:
    points = frame[["lat", "lon"]].astype(float).to_numpy()
    return lambda at: word(float(points[at, 0]), float(points[at, 1]), country)


def _inside(lat: pd.Series, lon: pd.Series, box: tuple[float, float, float, float]) -> Mask:
    south, north, west, east = box
    return np.asarray(lat.between(south, north) & lon.between(west, east))
