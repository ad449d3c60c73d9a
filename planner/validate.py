"""Whether cells of text keep to the description of their table.

Every failure is found by a few vectorised comparisons; only the failures that are shown are put
into words, one line each: file, row as a spreadsheet numbers it, column, value, remedy.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from planner import wording
from planner.columns import DTYPES, FIRST_YEAR, LAST_YEAR
from planner.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import numpy.typing as npt

    from planner.columns import Column, Kind, Table

type Mask = npt.NDArray[np.bool_]
type Places = npt.NDArray[np.intp]

SHOWN_PROBLEMS: Final = 200
HEADER_ROWS: Final = 2  # the header is row 1 of a spreadsheet, so the first fact is row 2
FIRST_DAY: Final = np.datetime64(f"{FIRST_YEAR}-01-01")
LAST_DAY: Final = np.datetime64(f"{LAST_YEAR}-12-31")
DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
# A cell that a spreadsheet could not compute is no text, one that merely starts with "#" is.
NO_TEXT: Final = frozenset(("", *wording.SPREADSHEET_ERRORS))
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
    headings, absent = _headings(list(cells.columns), table)
    codes, distinct, rows = _distinct(cells, table)
    values, findings = {}, []
    for name, column in table.columns.items():
        spared = replace(column, optional=True) if name in absent else column
        values[name], found = _column(codes[name], distinct, name, spared)
        findings.extend(found)
    frame = pd.DataFrame(values, index=rows, copy=False)
    findings.extend(_doubles(frame, _marks(codes, distinct, table), table, findings, absent))
    findings.extend(_nonsense(frame))
    lines = [f"{file}, row 1: {line}" for line in headings]
    count = len(lines) + sum(len(finding.rows) for finding in findings)
    return Examined(frame, lines + _worded(findings, frame.index, file), count)


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


class Distinct(NamedTuple):
    """Every text of a table once, and what it is as a number or a day; the first one is empty.

    A table repeats few texts in many cells: each is read once, and a cell is the place of its text.
    """

    texts: npt.NDArray[np.object_]
    strings: Any
    plain: Mask
    numbers: npt.NDArray[np.float64]
    days: npt.NDArray[np.datetime64]


def _distinct(cells: pd.DataFrame, table: Table) -> tuple[dict[str, Places], Distinct, pd.Index]:
    """Return for each column the places of its cells, the distinct texts, and rows not blank."""
    fills = ["", *(column.default or "" for column in table.columns.values())]
    grid = cells.to_numpy(dtype=object).T
    raw, found = pd.factorize(np.concatenate([np.array(fills, dtype=object), grid.ravel()]))
    again, texts = pd.factorize(np.array([text.strip() for text in found], dtype=object))
    filled, places = np.split(again[raw], [len(fills)])
    places = places.reshape(grid.shape)
    rows = cells.index
    if rows.name != "row":
        rows = pd.RangeIndex(HEADER_ROWS, HEADER_ROWS + len(cells), name="row")
    blank = ~places.any(axis=0)
    if blank.any():
        places, rows = places[:, ~blank], rows[~blank]
    given = dict(zip(cells.columns, places, strict=True))
    nothing = np.zeros(len(rows), dtype=np.intp)
    codes = {name: given.get(name, nothing) for name in table.columns}
    for name, fill in zip(table.columns, filled[1:], strict=True):
        codes[name] = np.where(codes[name] == 0, fill, codes[name]) if fill else codes[name]
    return codes, _read(texts, codes, table), rows


def _read(texts: npt.NDArray[np.object_], codes: Mapping[str, Places], table: Table) -> Distinct:
    """Read each text as what some column asks it to be."""
    asked = {kind: np.zeros(len(texts), dtype=bool) for kind in DTYPES}
    for name, column in table.columns.items():
        asked[column.kind][codes[name]] = True
    numeric = asked["number"] | asked["integer"]
    numbers = np.full(len(texts), np.nan)
    numbers[numeric] = pd.to_numeric(texts[numeric], errors="coerce")
    numbers[np.isinf(numbers)] = np.nan
    # Pandas would read "today" as a date, whatever the format says.
    dated = [at for at in np.flatnonzero(asked["date"]) if DAY.fullmatch(texts[at])]
    days = np.full(len(texts), np.datetime64("NaT", "us"))
    days[dated] = pd.to_datetime(texts[dated], format="%Y-%m-%d", errors="coerce")
    plain = np.array([text not in NO_TEXT for text in texts], dtype=bool)
    return Distinct(texts, pd.array(texts, dtype="str"), plain, numbers, days)


def _column(
    codes: Places, distinct: Distinct, name: str, column: Column
) -> tuple[Any, list[Finding]]:
    """Read one column: its values, and its cells that are empty, unreadable or out of limits."""
    values, readable = READERS[column.kind](codes, distinct, column)
    empty = codes == 0

    def say(remedy: Callable[[str, Column], str]) -> Callable[[int], str]:
        return lambda at: f"{name} is {remedy(distinct.texts[codes[at]], column)}."

    found = [
        (empty & (not column.optional), say(wording.empty)),
        (~readable & ~empty, say(wording.unreadable)),
        (_beyond(values, column), say(wording.beyond)),
    ]
    findings = [Finding(np.flatnonzero(mask), word) for mask, word in found if mask.any()]
    whole = column.dtype == DTYPES["integer"] and readable.all() and not findings
    return values.astype(DTYPES["integer"]) if whole else values, findings


def _texts(codes: Places, distinct: Distinct, column: Column) -> tuple[Any, Mask]:
    readable = distinct.plain
    if column.values:
        here = np.flatnonzero(np.bincount(codes, minlength=len(readable)))
        readable = np.zeros(len(readable), dtype=bool)
        readable[[at for at in here if distinct.texts[at] in column.values]] = True
    found = readable[codes]
    return distinct.strings.take(np.where(found, codes, -1), allow_fill=True), found


def _numbers(codes: Places, distinct: Distinct, column: Column) -> tuple[Any, Mask]:
    values = distinct.numbers[codes]
    if column.kind == "integer":
        values[values % 1 != 0] = np.nan
    return values, ~np.isnan(values)


def _dates(codes: Places, distinct: Distinct, column: Column) -> tuple[Any, Mask]:
    del column
    values = distinct.days[codes]
    return values, ~np.isnat(values)


def _flags(codes: Places, distinct: Distinct, column: Column) -> tuple[Any, Mask]:
    del column
    true = (distinct.texts == "true")[codes]
    readable = true | (distinct.texts == "false")[codes]
    return true if readable.all() else np.where(readable, true, np.nan).astype(object), readable


READERS: Final[Mapping[Kind, Callable[[Places, Distinct, Column], tuple[Any, Mask]]]] = {
    "text": _texts,
    "number": _numbers,
    "integer": _numbers,
    "date": _dates,
    "flag": _flags,
}


def _beyond(values: Any, column: Column) -> Mask:
    """Say where values lie outside the limits of their column."""
    outside = np.zeros(len(values), dtype=bool)
    low, high = (FIRST_DAY, LAST_DAY) if column.kind == "date" else (column.low, column.high)
    if low is not None:
        outside |= values < low
    if high is not None:
        outside |= values > high
    return outside


# --- rows ----------------------------------------------------------------------------------------


def _marks(codes: Mapping[str, Places], distinct: Distinct, table: Table) -> dict[str, Places]:
    """Mark the cells of the identity, so that equal values have equal marks: 2027 and 2027.0."""
    same, _ = pd.factorize(distinct.numbers)
    kinds = {name: table.columns[name].kind for name in table.identity}
    numeric = ("number", "integer")
    return {name: same[codes[name]] if kinds[name] in numeric else codes[name] for name in kinds}


def _differ(marks: list[Places]) -> bool:
    """Say whether all rows surely differ; where a sum overflows, two rows may seem alike."""
    whole = np.zeros(len(marks[0]), dtype=np.int64)
    for mark in marks:
        whole = whole * (mark.max(initial=0) + 2) + mark
    return bool(pd.Index(whole).is_unique)


def _doubles(
    frame: pd.DataFrame,
    marks: Mapping[str, Places],
    table: Table,
    found: list[Finding],
    absent: set[str],
) -> Iterator[Finding]:
    """Find rows that repeat the identity of an earlier row; rows already found are left out."""
    identity, key = list(table.identity), list(table.key)
    if absent.intersection(identity) or not identity:
        return
    if not found and _differ([marks[name] for name in identity]):
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
