"""How a problem of a table is put into words: value and remedy, on one line."""

from __future__ import annotations

import difflib
import re
from datetime import date
from typing import TYPE_CHECKING, Final

from planner.columns import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from planner.columns import Column

LONGEST_SHOWN: Final = 60
KILO: Final = 1000
SPOKEN_UNITS: Final = ("MW", "MWh", "km", "months", "degrees", "USD billion")
SPREADSHEET_ERRORS: Final = (
    "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!",
)  # fmt: skip
_UNKNOWN: Final = re.compile(
    r"[-+]?(nan|inf|infinity|n\.?/?a\.?|none|null|nat|tb[acd]|unknown|[-\u2013\u2014]+|\?+|#.*)",
    re.IGNORECASE,
)
_GAP: Final = "[ ,'\u2019\u00a0\u202f]"
_ONE_COMMA: Final = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")
_GROUPED: Final = re.compile(rf"[-+]?\d{{1,3}}({_GAP}\d{{2,3}})*{_GAP}\d{{3}}(\.\d+)?")
_DOTTED: Final = re.compile(r"[-+]?\d{1,3}(\.\d{3}){2,}")
_SEVERAL_COMMAS: Final = re.compile(r"[-+]?\d{1,3}(,\d{2,3})+,\d{3}")
_DECIMAL_COMMA: Final = re.compile(r"[-+]?\d+,\d+|[-+]?\d{1,3}(\.\d{3})+,\d+")
_WITH_UNIT: Final = re.compile(
    r"(?P<number>[-+]?\d[\d.,'\u2019 \u00a0\u202f]*?)\s*(?P<unit>[A-Za-z]+|%)"
)
_QUARTER: Final = re.compile(r"(\d{4})[- ]?Q([1-4])|Q([1-4])[- ]?(\d{4})", re.IGNORECASE)
_MONTH_ENDS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def shown(value: str) -> str:
    """Show a value on one line: control characters become spaces, long text is cut."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    return flat if len(flat) <= LONGEST_SHOWN else f"{flat[: LONGEST_SHOWN - 3]}..."


def figure(value: float) -> str:
    """Write a number without needless zeros."""
    return f"{value:.15g}"


def listed(words: Iterable[str]) -> str:
    """Write words as a list with a last "or"."""
    *rest, last = words
    return f"{', '.join(rest)} or {last}" if rest else last


def lowered(meaning: str) -> str:
    """Write a meaning inside a sentence; an abbreviation keeps its capitals."""
    second = meaning[1:2]
    return meaning if second.isupper() else meaning[:1].lower() + meaning[1:]


def closest(word: str, among: Iterable[str]) -> str:
    """Return the likeliest meant word, whatever its case; empty if none is near."""
    lowered = {other.lower(): other for other in among}
    found = difflib.get_close_matches(word.lower(), lowered, n=1, cutoff=0.7)
    return lowered[found[0]] if found else ""


# --- columns -------------------------------------------------------------------------------------


def missing_column(name: str, column: Column) -> str:
    """Say that a column is not there."""
    return f"column {name} is missing; add it ({lowered(column.meaning)})."


def unknown_column(name: str, meant: str) -> str:
    """Say that a column has a name that is not known, and which was likely meant."""
    if meant:
        return f"column {shown(name)} is not known; did you mean {meant}?"
    return f"column {shown(name)} is not known; remove it."


# --- cells ---------------------------------------------------------------------------------------


def empty(value: str, column: Column) -> str:
    """Say that a cell must be filled in."""
    del value
    return f"empty; {wanted(column)}"


def wanted(column: Column) -> str:
    """Say what a cell of a column must hold."""
    unit = f" in {column.unit}" if column.unit in SPOKEN_UNITS else ""
    return {
        "number": f"write a number{unit}",
        "integer": "write a whole number" + (", such as 2028" if column.unit == "year" else ""),
        "date": "write a day as YYYY-MM-DD",
        "flag": "write true or false",
        "text": f"write {listed(column.values)}" if column.values else "fill it in",
    }[column.kind]


def unreadable(value: str, column: Column) -> str:
    """Say why a cell cannot be read as its kind, and how to write it."""
    return f"{shown(value)}; {_remedy(value, column)}"


def _remedy(value: str, column: Column) -> str:
    if column.kind == "text" and column.values and value not in SPREADSHEET_ERRORS:
        likely = closest(value, column.values)
        hint = f"did you mean {likely}? It" if likely else "it"
        return f"{hint} must be {listed(column.values)}"
    if column.kind == "text" or _UNKNOWN.fullmatch(value):
        return "leave the cell empty if it is unknown" if column.optional else wanted(column)
    if column.kind == "date":
        return _date_remedy(value)
    return (_number_remedy(value, column) if column.kind == "number" else "") or wanted(column)


def _number_remedy(value: str, column: Column) -> str:
    measured = _WITH_UNIT.fullmatch(value)
    if measured:
        return _unit_remedy(measured["number"], measured["unit"], column)
    meant = _readings(value)
    if len(meant) > 1:
        thousands, decimals = meant
        return f"write {thousands} if the comma is for thousands, {decimals} if it is for decimals"
    if meant:
        decimal = _DECIMAL_COMMA.fullmatch(value)
        return f"write {meant[0]}, {'with a decimal point' if decimal else 'without separators'}"
    return ""


def _readings(value: str) -> list[str]:
    """Return the plain numbers that a number with separators may stand for."""
    if _ONE_COMMA.fullmatch(value):
        return [value.replace(",", ""), figure(float(value.replace(",", ".")))]
    if _DOTTED.fullmatch(value):
        return [value.replace(".", "")]
    if _DECIMAL_COMMA.fullmatch(value) and not _SEVERAL_COMMAS.fullmatch(value):
        return [figure(float(value.replace(".", "").replace(",", ".")))]
    if _GROUPED.fullmatch(value):
        return [re.sub(_GAP, "", value)]
    return []


def _unit_remedy(number: str, unit: str, column: Column) -> str:
    try:
        plain = float(([*_readings(number), number])[0])
    except ValueError:
        return ""
    if unit == "%" and column.unit.startswith("fraction"):
        return f"write a fraction, {figure(plain / 100)} for {figure(plain)} %"
    if column.unit not in SPOKEN_UNITS:
        return "write the number alone"
    if unit.lower() in ("gw", "gwh") and column.unit in ("MW", "MWh"):
        plain *= KILO
    elif unit.lower() != column.unit.lower():
        return f"write the number alone, in {column.unit}"
    return f"write {figure(plain)}, the column is in {column.unit}"


def _date_remedy(value: str) -> str:
    quarter = _QUARTER.fullmatch(value)
    if re.fullmatch(r"\d{4}", value):
        return f"write a year as its last day, {value}-12-31"
    if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value):
        return f"write a month as its last day, {_month_end(value[:4], int(value[5:]))}"
    if quarter:
        year, number = quarter[1] or quarter[4], int(quarter[2] or quarter[3])
        return f"write a quarter as its last day, {_month_end(year, 3 * number)}"
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return "there is no such day"
    return "write a day as YYYY-MM-DD"


def _month_end(year: str, month: int) -> str:
    number = int(year)
    leap = month == 2 and number % 4 == 0 and (number % 100 != 0 or number % 400 == 0)  # noqa: PLR2004
    return f"{year}-{month:02}-{_MONTH_ENDS[month - 1] + leap}"


def beyond(value: str, column: Column) -> str:
    """Say that a value lies outside the limits of its column."""
    unit = f" {column.unit}" if column.unit in SPOKEN_UNITS else ""
    return f"{shown(value)}{unit}; {_limits(value, column)}"


def _limits(value: str, column: Column) -> str:
    if column.kind == "date":
        return f"its year must be between {FIRST_YEAR} and {LAST_YEAR}"
    given = float(value)
    if column.unit.startswith("fraction") and column.high is not None and given > column.high:
        return f"write a fraction, {figure(given / 100)} for {figure(given)} %"
    return f"it must be {limits(column)}{_swap_hint(value, column)}"


def limits(column: Column) -> str:
    """Write the limits of a column of numbers; empty where it has none."""
    if column.low is not None and column.high is not None:
        return f"between {figure(column.low)} and {figure(column.high)}"
    if column.low is not None:
        return f"at least {figure(column.low)}"
    return f"at most {figure(column.high)}" if column.high is not None else ""


def _swap_hint(value: str, column: Column) -> str:
    latitude = column.unit == "degrees" and column.high == 90  # noqa: PLR2004
    fits = latitude and abs(float(value)) <= 180  # noqa: PLR2004
    return ", latitude and longitude may be swapped" if fits else ""


# --- rows ----------------------------------------------------------------------------------------


def double(key: Mapping[str, object], first: int) -> str:
    """Say that a row repeats the key of an earlier row."""
    names, values = ", ".join(key), ", ".join(shown(_cell(value)) for value in key.values())
    verb = "is" if len(key) == 1 else "are"
    return f"{names} {verb} {values}, as in row {first}; remove one of the two or rename it."


def _cell(value: object) -> str:
    if isinstance(value, date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float):
        return "empty" if value != value else figure(value)  # noqa: PLR0124 - NaN
    return str(value)


def gigawatts(name: str, megawatts: float, budget: float) -> str:
    """Say that megawatts are too few for a budget, as when gigawatts were typed."""
    stated = f"{name} is {figure(megawatts)} MW with a budget of {figure(budget)} USD billion"
    return f"{stated}; did you mean {figure(KILO * megawatts)}?"


def swapped(lat: float, lon: float, country: str) -> str:
    """Say that a point lies in its country only with latitude and longitude swapped."""
    point = f"lat is {figure(lat)} and lon is {figure(lon)}, which is not in {country}"
    return f"{point}; swap them, latitude comes first."


def mirrored(lat: float, lon: float, country: str) -> str:
    """Say that a point lies in its country only with the other sign of its longitude."""
    point = f"lon is {figure(lon)} at lat {figure(lat)}, which is not in {country}"
    return f"{point}; did you mean {figure(-lon)}?"
