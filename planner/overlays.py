"""Packs of a user's own, whole or laid over another pack: a few rows change, the rest stays.

A folder whose `pack.toml` says `extends = "us"` holds only rows that differ. A row is found by the
key of its table; cells that are empty, and columns that are left out, keep what they say below.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner import files, files_guard, headings, packs, references, schema
from planner.errors import DataError, GuessError
from planner.files import Part
from planner.files_csv import as_text
from planner.validate import examine, raise_problems
from planner.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from pathlib import Path

    from planner.columns import Table
    from planner.headings import Headings

ABOUT: Final = "pack.toml"
KEYS: Final = ("extends", "note")
CHANGE: Final = "change"
SET: Final = "set"
REMOVE: Final = "remove"
FACT: Final = ("source", "known_on", "confidence")
COLUMNS: Final = ("pack", "over", "table", "change", "key", "what", "file", "row")


def no_changes() -> pd.DataFrame:
    """Return the table of changes of a pack that stands alone."""
    return pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS})


@dataclass(frozen=True)
class Pack:
    """Tables of a pack, the folders they come from (the lowest first), and what lies over what.

    Attributes
    ----------
    changes
        One row a row of the user's: `pack`, `over`, `table`, `change` (replaced, added, removed),
        `key`, `what`, `file`, `row`.
    """

    name: str
    tables: dict[str, pd.DataFrame]
    folders: tuple[Path, ...]
    changes: pd.DataFrame = field(default_factory=no_changes)


def read(
    kind: packs.Kind, name_or_path: str | Path, *, as_of: date, columns: Headings | None = None
) -> Pack:
    """Read a pack by name, folder or file, with whatever it is laid over.

    Parameters
    ----------
    kind
        "grids" or "sites".
    name_or_path
        As for :func:`planner.packs.find`; sites also one file.
    as_of
        Facts that became known later are not read; the day of rows that name none.
    columns
        Map of headings that differ from the names of the columns.

    Raises
    ------
    PackError
        There is no such pack.
    DataError
        Every problem of its tables, one line each.
    """
    return _read(_Asked(kind, as_of, columns), name_or_path)


@dataclass(frozen=True)
class _Asked:
    """How packs are read, and which ones lie above."""

    kind: packs.Kind
    as_of: date
    columns: Headings | None
    above: tuple[Path, ...] = ()


def _read(asked: _Asked, name_or_path: str | Path) -> Pack:
    folder = place(asked.kind, name_or_path)
    below = extends(folder)
    if below is not None:
        return _laid_over(asked, folder, below)
    given: Any = {"as_of": asked.as_of, "columns": asked.columns}
    if asked.kind == "grids":
        tables = packs.read(folder, _grid_tables(folder), **given)
    else:
        tables = packs.read_sites(name_or_path, **given)
    return Pack(name_of(folder), tables, (folder,))


def _grid_tables(folder: Path) -> tuple[Table, ...]:
    shipped = folder.is_relative_to(packs.shelf("grids"))
    return schema.GRID_TABLES if shipped else schema.OWN_GRID_TABLES


def place(kind: packs.Kind, name_or_path: str | Path) -> Path:
    """Return the folder or file of a pack; whether a list of sites is one is told when read."""
    if kind == "sites" and str(name_or_path) not in packs.names(kind):
        from pathlib import Path

        return Path(name_or_path).expanduser()
    return packs.find(kind, name_or_path)


def name_of(folder: Path) -> str:
    """Name a pack after its folder or file."""
    whole = folder.absolute()
    return whole.name if files_guard.is_folder(folder) else whole.name.partition(".")[0]


def extends(folder: Path) -> str | None:
    """Return the pack that a folder is laid over, if it says one.

    Raises
    ------
    DataError
        Its pack.toml is not right.
    """
    path = folder / ABOUT
    if not files_guard.is_folder(folder) or not files_guard.exists(path):
        return None
    import tomllib

    file = packs.label(path)
    files_guard.regular(path, file, most_bytes=headings.MOST_TOML)
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise DataError([f'{file}: it is not TOML in UTF-8; write extends = "us".']) from error
    except OSError as error:
        raise files_guard.unreadable(file, error) from error
    lost = [f"{file}: key {shown(key)} is not known; remove it." for key in told if key not in KEYS]
    below = told.get("extends")
    if below is not None and not (isinstance(below, str) and below.strip()):
        lost.append(f'{file}: extends is {shown(str(below))}; write a pack, such as "us".')
    raise_problems(lost)
    return below


# --- laying over ---------------------------------------------------------------------------------


def _laid_over(asked: _Asked, folder: Path, below: str) -> Pack:
    named = below in packs.names(asked.kind)
    found = packs.shelf(asked.kind) / below if named else folder / below
    above = (*asked.above, folder.resolve())
    if found.resolve() in above:
        told = f"{packs.label(folder / ABOUT)}: extends leads back to the pack itself; correct it."
        raise DataError([told])
    base = _read(replace(asked, above=above), below if named else found)
    described = schema.GRID_TABLES if asked.kind == "grids" else schema.SITE_TABLES
    problems: list[str] = []
    guesses: list[str] = []
    laid: list[_Laid] = []
    for table in described:
        try:
            part = files.in_folder(folder, table.name)
            if part is not None:
                here = Part(part, packs.label(part))
                laid.append(_lay(table, base, here, asked))
        except DataError as error:
            problems += error.problems
            guesses += [error.guess] if isinstance(error, GuessError) else []
    if guesses:
        raise GuessError(problems, "\n\n".join(guesses))
    raise_problems(problems)
    return _together(folder, base, laid, asked.as_of)


@dataclass(frozen=True)
class _Laid:
    """Rows of one table: the user's, those of the base that stay, and what changed."""

    table: Table
    own: pd.DataFrame
    kept: pd.DataFrame
    changes: list[dict[str, Any]]
    file: str


def _lay(table: Table, base: Pack, part: Part, asked: _Asked) -> _Laid:
    described = packs.with_defaults(table, asked.as_of)
    cells = files.cells(part)
    verbs = cells.pop(CHANGE).str.strip() if CHANGE in cells else None
    cells = headings.fitted(cells, described, asked.columns, file=part.label, free=True)
    cells = cells[(cells != "").any(axis=1)]
    verbs = pd.Series(SET, index=cells.index) if verbs is None else verbs.reindex(cells.index)
    verbs = verbs.where(verbs != "", SET)
    below = base.tables[table.name].reset_index(drop=True)
    problems = list(_not_to_be_found(table, cells, verbs, part.label))
    raise_problems(problems)
    matches = _matches(table, cells, below, part.label)
    gone = verbs == REMOVE
    raise_problems(
        f"{part.label}, row {row}: there is no such row in {base.name} to remove; correct its key."
        for row in cells.index[gone]
        if row not in matches
    )
    own = _completed(described, cells[~gone], below, matches, part.label)
    own = own[own["known_on"] <= pd.Timestamp(asked.as_of)] if "known_on" in own else own
    hit = [matches[row] for row in [*own.index, *cells.index[gone]] if row in matches]
    changes = [*_told(table, own, below, matches), *_removed(table, cells[gone], below, matches)]
    return _Laid(table, own, below.drop(index=hit), changes, part.label)


def _not_to_be_found(
    table: Table, cells: pd.DataFrame, verbs: pd.Series, file: str
) -> Iterator[str]:
    if not set(table.key) & set(cells.columns):
        names = " and ".join(table.key)
        yield f"{file}, row 1: rows of {table.name} are found by {names}; add one."
        return
    for row in verbs.index[~verbs.isin((SET, REMOVE))]:
        yield f"{file}, row {row}: change is {shown(verbs[row])}; write set or remove."
    key = [name for name in table.key if name in cells]
    twice = cells[cells.duplicated(key)]
    for row in twice.index:
        yield f"{file}, row {row}: {_key(table, cells, row)} stands there twice; keep one."


def _matches(table: Table, cells: pd.DataFrame, below: pd.DataFrame, file: str) -> dict[Any, int]:
    """Find the row below each of the user's rows; a column that is left out fits any."""
    key = [name for name in table.key if name in cells]
    there = pd.DataFrame({name: below[name].map(as_text) for name in key})
    asked = cells[key].apply(lambda column: column.str.strip())
    places: dict[tuple[str, ...], list[int]] = {}
    wanted = set(asked.itertuples(index=False, name=None))
    for place, row in enumerate(there.itertuples(index=False, name=None)):
        if row in wanted:
            places.setdefault(row, []).append(place)
    found, problems = {}, []
    left = [name for name in table.key if name not in cells]
    for row, values in zip(asked.index, asked.itertuples(index=False, name=None), strict=True):
        hits = places.get(values, [])
        if len(hits) > 1:
            told = f"{file}, row {row}: it fits {len(hits)} rows of {table.name}"
            problems.append(f"{told}; name {' and '.join(left) or 'one of them'}, too.")
        elif hits:
            found[row] = hits[0]
    raise_problems(problems)
    return found


def _completed(
    table: Table, cells: pd.DataFrame, below: pd.DataFrame, matches: dict[Any, int], file: str
) -> pd.DataFrame:
    """Fill empty cells from the row below, and examine what comes of it."""
    whole = cells.reindex(columns=list(table.columns), fill_value="").copy()
    kept = [name for name in table.columns if name not in FACT]
    for row, at in matches.items():
        if row in whole.index:
            for name in kept:
                if not whole.loc[row, name].strip():
                    whole.loc[row, name] = as_text(below[name].iloc[at])
    examined = examine(whole, table, file=file)
    raise_problems(examined.problems, examined.total)
    return examined.frame


def _told(
    table: Table, own: pd.DataFrame, below: pd.DataFrame, matches: dict[Any, int]
) -> Iterator[dict[str, Any]]:
    for row in own.index:
        change = {"table": table.name, "key": _key(table, own, row), "row": row}
        if row not in matches:
            yield {**change, "change": "added", "what": ""}
            continue
        moved = []
        for name in table.columns:
            before, after = as_text(below[name].iloc[matches[row]]), as_text(own.loc[row, name])
            if name not in FACT and before != after:
                moved.append(f"{name} {shown(before) or 'empty'} > {shown(after)}")
        yield {**change, "change": "replaced", "what": "; ".join(moved) or "same values"}


def _removed(
    table: Table, cells: pd.DataFrame, below: pd.DataFrame, matches: dict[Any, int]
) -> Iterator[dict[str, Any]]:
    for row in cells.index:
        key = _key(table, below, matches[row])
        yield {"table": table.name, "key": key, "row": row, "change": "removed", "what": ""}


def _key(table: Table, frame: pd.DataFrame, row: Any) -> str:
    return str(keys(table, frame.loc[[row]]).iloc[0])


def keys(table: Table, frame: pd.DataFrame) -> pd.Series:
    """Write the key of each row as text, such as "official, NORTH, 2028, summer"."""
    names = [name for name in table.key if name in frame]
    rows = zip(*(frame[name].map(as_text) for name in names), strict=True)
    told = [", ".join(shown(value) for value in row if value.strip()) for row in rows]
    return pd.Series(told, index=frame.index, dtype="str")


def own(changes: pd.DataFrame, table: str, rows: pd.DataFrame) -> pd.Series:
    """Say which rows of a table are a user's, laid over a pack."""
    mine = changes.loc[(changes["table"] == table) & (changes["change"] != "removed"), "key"]
    if mine.empty:
        return pd.Series(data=False, index=rows.index, dtype=bool)
    return keys(schema.ALL_TABLES[table], rows).isin(set(mine))


# --- checking ------------------------------------------------------------------------------------


def _together(folder: Path, base: Pack, laid: list[_Laid], as_of: date) -> Pack:
    tables = dict(base.tables)
    origins: dict[str, pd.Series] = {}
    for part in laid:
        tables[part.table.name] = pd.concat([part.kept, part.own], ignore_index=True)
        own = [f"{part.file}, row {row}" for row in part.own.index]
        rest = [f"table {part.table.name} of {base.name}"] * len(part.kept)
        origins[part.table.name] = pd.Series([*rest, *own], dtype="str")
    tables["sources"] = _with_sources(tables["sources"], laid, folder, as_of)
    files_of = {name: f"table {name} of {base.name}" for name in tables}
    problems = references.misfits(
        packs.vocabulary(tables) | tables, files=files_of, origins=origins
    )
    raise_problems(problems or references.gaps(tables, files=files_of))
    rows = [
        {"pack": name_of(folder), "over": base.name, "file": part.file, **change}
        for part in laid
        for change in part.changes
    ]
    changes = pd.concat([base.changes, pd.DataFrame(rows, columns=list(COLUMNS))])
    return replace(
        base, tables=tables, folders=(*base.folders, folder), changes=changes.reset_index(drop=True)
    )


def _with_sources(
    sources: pd.DataFrame, laid: Iterable[_Laid], folder: Path, as_of: date
) -> pd.DataFrame:
    named = {source for part in laid if "source" in part.own for source in part.own["source"]}
    own = any(part.table.name == "sources" for part in laid)
    lost = named - set(sources["source"])
    lost &= {packs.OWN_DEFAULTS["source"]} if own else lost
    added = packs.user_sources(sorted(lost), name_of(folder), as_of)
    return pd.concat([sources, added], ignore_index=True) if len(added) else sources
