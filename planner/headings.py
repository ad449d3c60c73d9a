"""Headings of a user's file against the columns of a table: a map that is given, or a guess.

A guess is never applied: it is told as TOML, to be read, corrected and handed back.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner import files_guard, schema, wording
from planner.errors import DataError, GuessError
from planner.wording import lowered, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from planner.columns import Column, Table

MOST_TOML: Final = 1_000_000
EITHER: Final = (
    ("site", "name"),
    ("facility_mw", "it_mw"),
    ("full_power_date", "first_power_date"),
)
MOST_WORDS: Final = 20
GENERAL: Final = ("fill", "sheets")
SPEC: Final = ("column", "times", "format", "values")
UNITS: Final = {"gw": ("MW", 1000), "kw": ("MW", 0.001), "gwh": ("MWh", 1000), "%": ("f", 0.01)}
FORMATS: Final = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y/%m/%d", "%d %b %Y",
    "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%Y-%m", "%m/%Y", "%b %Y", "%B %Y", "%b-%y",
    "%Y",
)  # fmt: skip
ALIASES: Final[Mapping[str, str]] = {
    "site": "site id, campus id, project id, id, key, code",
    "name": "project, project name, site name, campus, campus name, facility, facility name, title",
    "program": "programme, initiative",
    "developer": "owner, company, sponsor",
    "operator": "tenant, customer, user, occupant",
    "country": "nation, country code, iso2",
    "state": "province, state code, st",
    "county": "district",
    "county_fips": "fips, county code, geoid",
    "lat": "latitude, y, y coord",
    "lon": "longitude, long, lng, x, x coord",
    "status": "stage, phase status, project status",
    "utility": "power company, supplier, lse",
    "facility_mw": "capacity, power, load, total load, site load, demand, size, planned capacity,"
    " total capacity, power capacity, electric load, megawatts, capacity mw, mw",
    "it_mw": "it load, it capacity, it power, critical it, critical load",
    "operating_mw": "operating capacity, live capacity, energized, current load",
    "full_power_date": "in service, in service date, cod, completion, completion date, online,"
    " online date, full power, target date, energization date, ready by, expected online",
    "first_power_date": "first power, start, start date, opening, phase 1 date",
    "announced_on": "announced, announcement, announcement date, date announced, request date",
    "capex_usd_bn": "capex, investment, cost, budget",
    "overlaps_with": "overlaps",
    "note": "notes, comment, comments, remarks, description",
    "source": "reference, citation",
    "known_on": "as of, date known, updated, last updated",
    "confidence": "certainty, quality",
    "region": "zone, area, ba, balancing authority, load zone, planning region",
    "pool": "iso, rto, market, reserve pool",
    "from_region": "from, from zone, zone from, origin",
    "to_region": "to, to zone, zone to, destination",
    "forward_mw": "limit, transfer limit, ttc, ntc, forward, capacity forward",
    "reverse_mw": "reverse, capacity reverse, limit reverse",
    "peak_mw": "peak, peak load, peak demand, demand, load",
    "year": "forecast year, calendar year",
    "season": "time of year",
    "scenario": "case",
    "technology": "fuel, tech, type, prime mover, resource, fuel type, plant type",
    "summer_mw": "summer capacity, net summer capacity, summer",
    "winter_mw": "winter capacity, net winter capacity, winter",
    "nameplate_mw": "nameplate, nameplate capacity, installed capacity, capacity",
    "online_year": "operating year, commissioned, commissioning year, online, in service year",
    "retirement_year": "retirement, retired, closing year",
    "reserve_margin": "prm, planning reserve margin, margin",
    "accredited_fraction": "elcc, capacity credit, accreditation, ucap",
    "target_date": "date, due, in service, online, cod",
    "phase": "step, stage, building",
    "mw": "capacity, megawatts, power",
    "publisher": "organisation, organization, author",
    "document": "report, title",
    "address": "url, link",
    "licence": "license, terms",
}


@dataclass(frozen=True)
class Headings:
    """A map of headings: by table what each heading becomes, constants, and names of sheets."""

    file: str = ""
    tables: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    fill: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sheets: Mapping[str, str] = field(default_factory=dict)


# --- a map that is given -------------------------------------------------------------------------


def read(path: Path) -> Headings:
    """Read a map of headings from a TOML file.

    Raises
    ------
    DataError
        It is no such map; one line per problem.
    """
    import tomllib

    file = path.as_posix()
    files_guard.regular(path, file, most_bytes=MOST_TOML)
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        what = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "it is not text"
        raise DataError([f"{file}: {shown(what)}; it must be TOML in UTF-8."]) from error
    except OSError as error:
        raise files_guard.unreadable(file, error) from error
    problems = list(_problems(given, file))
    if problems:
        raise DataError(problems)
    tables = {
        name: {heading: _spec(told) for heading, told in part.items()}
        for name, part in given.items()
        if name not in GENERAL
    }
    fill = {n: {c: _constant(v) for c, v in p.items()} for n, p in given.get("fill", {}).items()}
    return Headings(file, tables, fill, given.get("sheets", {}))


def _spec(told: Any) -> dict[str, Any]:
    return dict(told) if isinstance(told, dict) else {"column": told}


def _constant(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _problems(given: Mapping[str, Any], file: str) -> Iterator[str]:
    tables = schema.ALL_TABLES
    for name, part in given.items():
        if name not in (*tables, *GENERAL):
            yield _unknown(f"{file}: table", name, [*tables, *GENERAL])
        elif not isinstance(part, dict):
            yield f"{file}: {name} must be a table; write [{name}] and its headings below."
        elif name == "fill":
            for table, cells in part.items():
                yield from _fill_problems(table, cells, file)
        elif name == "sheets":
            for table in part:
                if table not in tables or not isinstance(part[table], str):
                    yield _unknown(f"{file}: sheets: table", table, tables)
        else:
            for heading, told in part.items():
                yield from _spec_problems(name, heading, told, file)


def _fill_problems(table: str, cells: Any, file: str) -> Iterator[str]:
    if table not in schema.ALL_TABLES or not isinstance(cells, dict):
        yield _unknown(f"{file}: fill: table", table, schema.ALL_TABLES)
        return
    for column, value in cells.items():
        if column not in schema.ALL_TABLES[table].columns or isinstance(value, (dict, list)):
            yield _unknown(
                f"{file}: fill.{table}: column", column, schema.ALL_TABLES[table].columns
            )


def _spec_problems(name: str, heading: str, told: Any, file: str) -> Iterator[str]:
    where = f"{file}: {name}: {shown(heading)}:"
    spec = _spec(told)
    yield from (_unknown(f"{where} key", key, SPEC) for key in spec if key not in SPEC)
    column = spec.get("column")
    if not isinstance(column, str):
        yield f'{where} it has no column; write the name of one, or "" to leave it out.'
    elif column and column not in schema.ALL_TABLES[name].columns:
        yield _unknown(f"{where} column", column, schema.ALL_TABLES[name].columns)
    times = spec.get("times", 1)
    if isinstance(times, bool) or not isinstance(times, (int, float)) or not 0 < times < 1e12:  # noqa: PLR2004
        yield f"{where} times is {shown(str(times))}; write a number above 0, 1000 for GW."
    if not isinstance(spec.get("format", ""), str):
        yield f'{where} format is no text; write one such as "%m/%d/%Y".'
    if not isinstance(spec.get("values", {}), dict):
        yield f'{where} values is no table; write {{ "their word" = "ours" }}.'


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    likely = wording.closest(str(name), list(known))
    hint = f"did you mean {likely}?" if likely else "see docs/tables.md."
    return f"{what} {shown(str(name))} is not known; {hint}"


# --- fitting -------------------------------------------------------------------------------------


def fitted(
    cells: pd.DataFrame, table: Table, given: Headings | None, *, file: str, free: bool = False
) -> pd.DataFrame:
    """Give a user's cells the columns of a table.

    Parameters
    ----------
    cells
        Text; the index holds the rows of the file.
    table
        Description of the table.
    given
        A map; without one, headings that are not known are guessed and nothing is read.
    file
        Name of the file in messages.
    free
        Whether columns may stay away, as in a list of a few changes.

    Raises
    ------
    GuessError
        Headings are not known, and without a map; the error holds the guess as TOML.
    DataError
        The map does not fit the file.
    """
    if given is None:
        _guess(cells, table, file, free=free)
        return cells
    asked = given.tables.get(table.name, {})
    lost = [name for name in asked if name not in cells.columns]
    if lost and table.name != "sources":
        there = wording.listed(shown(str(name)) for name in cells.columns)
        raise DataError(
            f"{given.file}: {table.name}: {file} has no column {shown(name)}; it has {there}."
            for name in lost
        )
    return _filled(_mapped(cells, table, given, asked, file), given.fill.get(table.name, {}))


def _mapped(
    cells: pd.DataFrame,
    table: Table,
    given: Headings,
    asked: Mapping[str, Mapping[str, Any]],
    file: str,
) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    problems: list[str] = []
    for heading in cells.columns:
        spec = asked.get(heading, {"column": heading})
        name = spec["column"]
        if name in columns:
            told = f"{given.file}: {table.name}: two headings become {name}; leave one out."
            problems.append(told)
        elif name:
            described = table.columns.get(name)
            values, wrong = _converted(cells[heading], spec, described)
            columns[name] = values
            problems += [f"{file}, row {row}: {shown(heading)} is {told}" for row, told in wrong]
    if problems:
        raise DataError(problems)
    return pd.DataFrame(columns, index=cells.index)


def _converted(
    cells: pd.Series, spec: Mapping[str, Any], column: Column | None
) -> tuple[pd.Series, list[tuple[int, str]]]:
    """Write the values of one heading as the column wants them; say which cannot be."""
    text = cells.str.strip()
    if "values" in spec:
        text = text.replace({str(k): _constant(v) for k, v in spec["values"].items()})
    wrong = pd.Series(data=False, index=text.index)
    if spec.get("times", 1) != 1:
        numbers = pd.to_numeric(text, errors="coerce")
        wrong |= numbers.isna() & (text != "")
        scaled = (numbers * spec["times"]).map(lambda value: f"{value:.12g}")
        text = scaled.where(numbers.notna(), text).astype("str")
    if "format" in spec and column is not None and column.kind == "date":
        days = last_days(text, spec["format"])
        wrong |= days.isna() & (text != "")
        text = days.dt.strftime("%Y-%m-%d").where(days.notna(), text).astype("str")
    remedy = f"not written as {spec['format']}." if "format" in spec else "no number."
    rows = [(row, f"{shown(text[row])}; it is {remedy}") for row in text.index[wrong]]
    return text, rows


def last_days(text: pd.Series, form: str) -> pd.Series:
    """Read days of one form; a month or a year stands as its last day."""
    try:
        days = pd.to_datetime(text.where(text != ""), format=form, errors="coerce")
    except ValueError:  # no such form
        return pd.Series(pd.NaT, index=text.index)
    if "%d" in form or "%j" in form:
        return days
    months = any(sign in form for sign in ("%m", "%b", "%B"))
    return days + (pd.offsets.MonthEnd(0) if months else pd.offsets.YearEnd(0))


def _filled(cells: pd.DataFrame, constants: Mapping[str, str]) -> pd.DataFrame:
    for name, value in constants.items():
        own = cells[name] if name in cells else pd.Series("", index=cells.index, dtype="str")
        cells[name] = own.where(own.str.strip() != "", value).astype("str")
    return cells


# --- a guess -------------------------------------------------------------------------------------


def _guess(cells: pd.DataFrame, table: Table, file: str, *, free: bool) -> None:
    """Raise a guess if headings are not known and at least one of them can be guessed."""
    unknown = [str(name) for name in cells.columns if name not in table.columns]
    free_columns = [name for name in table.columns if name not in cells.columns]
    specs: dict[str, dict[str, Any]] = {}
    for heading, column in _likely(unknown, free_columns).items():
        specs[heading] = _with_form(column, heading, cells[heading], table) if column else {}
    if not any(specs.values()):
        return
    found = {spec["column"] for spec in specs.values() if spec} | set(cells.columns)
    found |= {name for pair in EITHER if not found.isdisjoint(pair) for name in pair}
    lost = [
        name
        for name, column in table.columns.items()
        if name not in found and not column.optional and column.default is None and not free
    ]
    lines = [f"{file}, row 1: {_told(heading, spec)}" for heading, spec in specs.items()]
    raise GuessError(lines, "\n".join(_toml(table, file, specs, lost)))


def _told(heading: str, spec: Mapping[str, Any]) -> str:
    if not spec:
        return f"column {shown(heading)} is not known, and nothing like it."
    return f"column {shown(heading)} is not known; it may be {spec['column']}."


def _likely(unknown: list[str], columns: list[str]) -> dict[str, str]:
    """Guess a column for each heading; the surest pairs come first, and no column twice."""
    pairs = [
        (-_score(heading, column), place, heading, column)
        for place, heading in enumerate(unknown)
        for column in columns
    ]
    likely = dict.fromkeys(unknown, "")
    for score, _, heading, column in sorted(pairs, key=lambda pair: pair[:2]):
        if score < 0 and not likely[heading] and column not in likely.values():
            likely[heading] = column
    return likely


def _words(heading: str) -> tuple[str, ...]:
    plain = re.sub(r"\(.*?\)|\[.*?\]", " ", heading.lower())
    split = re.split(r"[^a-z0-9%]+", plain)
    return tuple(word for word in split if word and word not in ("the", "of", *UNITS))


def _score(heading: str, column: str) -> float:
    """Say how well a heading stands for a column, from 0 to 1."""
    given = _words(heading)
    names = [column, *ALIASES.get(column, "").split(", ")]
    if not given:
        return 0.0
    own, *others = [_words(name) for name in names]
    if given == own or set(given) == set(own):
        return 1.0
    bare = tuple(word for word in given if word not in ("mw", "date"))
    for place, other in enumerate(others):
        if other and given == other:
            return 0.95 - place / 1000
        if other and bare == other:
            return 0.9 - place / 1000
    return 0.6 if wording.closest("_".join(given), [column]) else 0.0


def _with_form(column: str, heading: str, cells: pd.Series, table: Table) -> dict[str, Any]:
    """Add to a guess what the unit in the heading and the cells say."""
    described = table.columns[column]
    spec: dict[str, Any] = {"column": column}
    for unit in re.findall(r"[a-z]+|%", heading.lower()):
        wanted, times = UNITS.get(unit, ("", 1))
        if wanted and described.unit.startswith(wanted):
            spec["times"] = times
    text = cells.str.strip()
    text = text[text != ""]
    if described.kind == "date" and len(text):
        forms = [form for form in FORMATS if last_days(text, form).notna().all()]
        if forms and forms[0] != "%Y-%m-%d":
            spec["format"] = forms[0]
            spec["or"] = forms[1:]
    if described.values:
        words = [str(word) for word in text.unique() if word not in described.values]
        meant = {word: _meant(word, described.values) or word for word in words[:MOST_WORDS]}
        if any(word != other for word, other in meant.items()):
            spec["values"] = meant
    return spec


def _meant(word: str, values: tuple[str, ...]) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_")
    return plain if plain in values else wording.closest(word, values)


def _toml(
    table: Table, file: str, specs: Mapping[str, Mapping[str, Any]], lost: list[str]
) -> Iterator[str]:
    yield f'# {file}: heading in the file = column of the planner; "" leaves it out.'
    yield f"[{table.name}]"
    for heading, spec in specs.items():
        yield f"{_quoted(heading)} = {_inline(spec)}"
    for name in lost:
        yield f"# not found: {name} ({lowered(table.columns[name].meaning)})"


def _inline(spec: Mapping[str, Any]) -> str:
    told = [f"{key} = {_value(value)}" for key, value in spec.items() if key != "or"]
    if not spec:
        return '""'
    line = _quoted(spec["column"]) if len(told) == 1 else "{ " + ", ".join(told) + " }"
    other = spec.get("or", [])
    return f"{line}  # or {wording.listed(other)}" if other else line


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_quoted(k)} = {_quoted(v)}" for k, v in value.items()) + " }"
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    """Write a TOML string; what JSON escapes, TOML reads alike."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
