"""Scenarios: small TOML files of overrides, checked against the tables."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner import files_guard, schema
from planner.case import Assumptions
from planner.errors import DataError, PackError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from planner.case import Case

MOST_TOML: Final = 1_000_000
GENERAL: Final = ("title", "assumptions", "change", "add")
CHANGE: Final = ("table", "where", "set", "times", "plus")


def read(path: Path) -> dict[str, Any]:
    """Read a scenario.

    Raises
    ------
    PackError
        There is no such file.
    DataError
        It is not TOML, or has keys that no scenario has.
    """
    if files_guard.exists(path):
        files_guard.regular(path, str(path), most_bytes=MOST_TOML)
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise DataError([f"{path}: it is nested too deeply; write it flat."]) from error
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: it cannot be read ({error}); give a TOML file."
        raise PackError(message) from error
    except tomllib.TOMLDecodeError as error:
        raise DataError([f"{path}: {error}; it must be TOML."]) from error
    problems = list(_problems(given, str(path)))
    if problems:
        raise DataError(problems)
    return given


def _problems(given: dict[str, Any], file: str) -> Iterator[str]:
    yield from _unknown(given, GENERAL, f"{file}: key")
    assumed = [entry.name for entry in fields(Assumptions)]
    yield from _unknown(given.get("assumptions", {}), assumed, f"{file}: assumption")
    for number, change in enumerate(given.get("change", []), 1):
        where = f"{file}, change {number}:"
        yield from _unknown(change, CHANGE, f"{where} key")
        yield from _table_problems(change, where, ("where", "set", "times", "plus"))
    for number, addition in enumerate(given.get("add", []), 1):
        where = f"{file}, add {number}:"
        yield from _unknown(addition, ("table", "row"), f"{where} key")
        yield from _table_problems(addition, where, ("row",))


def _unknown(given: dict[str, Any], known: Any, what: str) -> Iterator[str]:
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(name, list(known), n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}."
            yield f"{what} {name!r} is unknown; {hint}"


def _table_problems(change: dict[str, Any], where: str, parts: tuple[str, ...]) -> Iterator[str]:
    table = change.get("table")
    if table not in schema.ALL_TABLES:
        yield from _unknown({str(table): 0}, list(schema.ALL_TABLES), f"{where} table")
        return
    for part in parts:
        columns = schema.ALL_TABLES[table].columns
        yield from _unknown(change.get(part, {}), list(columns), f"{where} {table} column")


def apply(case: Case, given: dict[str, Any]) -> Case:
    """Return the case with a scenario's overrides.

    Raises
    ------
    DataError
        A change meets no row, or a value does not fit its column.
    """
    tables: dict[str, pd.DataFrame] = {}
    problems: list[str] = []
    for number, change in enumerate(given.get("change", []), 1):
        name = change["table"]
        tables[name], found = _changed(tables.get(name, getattr(case, name)), change, number)
        problems += found
    for addition in given.get("add", []):
        name = addition["table"]
        tables[name] = _added(tables.get(name, getattr(case, name)), addition["row"], name)
    if problems:
        raise DataError(problems)
    return case.but(**tables, **_assumed(given))


def _assumed(given: dict[str, Any]) -> dict[str, Any]:
    return dict(given.get("assumptions", {}))


def _changed(
    table: pd.DataFrame, change: dict[str, Any], number: int
) -> tuple[pd.DataFrame, list[str]]:
    chosen = pd.Series(data=True, index=table.index)
    for column, value in change.get("where", {}).items():
        chosen &= table[column].isin(value if isinstance(value, list) else [value])
    if not chosen.any():
        told = ", ".join(f"{k} = {v!r}" for k, v in change.get("where", {}).items())
        return table, [
            f"change {number}: no row of {change['table']} has {told}; check the values."
        ]
    table = table.copy()
    for column, value in change.get("set", {}).items():
        table[column] = table[column].mask(chosen, _fitted(table, column, value))
    for column, factor in change.get("times", {}).items():
        table[column] = table[column].astype(float).mask(chosen, table[column] * factor)
    for column, more in change.get("plus", {}).items():
        table[column] = table[column].astype(float).mask(chosen, table[column] + more)
    return table, []


def _fitted(table: pd.DataFrame, column: str, value: Any) -> Any:
    if pd.api.types.is_datetime64_any_dtype(table[column]):
        return pd.Timestamp(value)
    return value


def _added(table: pd.DataFrame, row: dict[str, Any], name: str) -> pd.DataFrame:
    cells = {"source": "scenario", "confidence": "low", "known_on": "1900-01-01", **row}
    text = pd.DataFrame([{k: str(v) for k, v in cells.items()}], dtype="str")
    columns = schema.ALL_TABLES[name].columns
    text = text.reindex(columns=list(columns), fill_value="")
    checked = schema.validate(text.rename_axis("row"), schema.ALL_TABLES[name], file="scenario")
    extra = [column for column in table if column not in checked]
    return pd.concat([table, checked.reindex(columns=[*checked, *extra])], ignore_index=True)
