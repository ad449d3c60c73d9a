"""Find a pack by name or folder, and read its tables as they were known on a day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import pandas as pd

from planner import files, headings, references, schema
from planner.errors import DataError, GuessError, PackError
from planner.files import Part
from planner.files_guard import exists, is_folder, is_link
from planner.validate import examine, raise_problems, validate
from planner.wording import closest, lowered, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from planner.columns import Table
    from planner.headings import Headings

type Kind = Literal["grids", "sites"]

MARKS: Final[Mapping[Kind, str]] = {"grids": "regions", "sites": "sites"}
OWN_DEFAULTS: Final = {
    "status": "announced",
    "grid_connection": "grid",
    "source": "user",
    "confidence": "medium",
}


# --- packs ---------------------------------------------------------------------------------------


@cache
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
    return [folder.name for folder in folders if files.in_folder(folder, MARKS[kind])]


def find(kind: Kind, name_or_path: str | Path) -> Path:
    """Return the folder of a pack, or the workbook or GeoPackage that holds it.

    Parameters
    ----------
    kind
        "grids" or "sites".
    name_or_path
        Name of a pack on the shelf, any folder, or a file that holds all tables. A name comes
        first: write `./us` for a folder of your own that has the name of a pack.

    Raises
    ------
    PackError
        There is no such pack.
    """
    known = names(kind)
    if str(name_or_path) in known:
        return shelf(kind) / name_or_path
    folder = Path(name_or_path).expanduser()
    if is_folder(folder) or (files.is_table(folder) and exists(folder)):
        return folder
    raise PackError(_no_pack(kind, str(name_or_path), known))


def _no_pack(kind: Kind, name: str, known: list[str]) -> str:
    meant = closest(Path(name).name, known)
    told = f"; did you mean {meant!r}?" if meant else f"; there are {', '.join(known) or 'none'}."
    return f"no {kind} pack {shown(name)!r} in {kind}{told}"


def read(
    folder: Path,
    tables: Iterable[Table],
    *,
    as_of: date | None = None,
    columns: Headings | None = None,
) -> dict[str, pd.DataFrame]:
    """Read and check the tables of a pack, as they were known on a day.

    Parameters
    ----------
    folder
        Folder of the pack; its files are named after the tables, such as load.csv or load.xlsx.
        Others are left alone. Or a workbook or GeoPackage with a sheet or layer a table.
    tables
        Descriptions of the tables to read. A table that may be left out is then empty.
    as_of
        Facts that became known later are left out, and rows that hang on them; of each fact the
        last known row stays. Without it, every fact is taken as known.
    columns
        Map of headings that differ from the names of the columns.

    Returns
    -------
    dict of str to pd.DataFrame
        One validated table per description, unknown cells NaN or NaT.

    Raises
    ------
    DataError
        Every problem of every table, one line each.
    """
    return settled(load(folder, tables, columns=columns), as_of)


def load(folder: Path, tables: Iterable[Table], *, columns: Headings | None = None) -> Loaded:
    """Read a pack as far as it can be read, and collect what is wrong with it."""
    adapt = partial(_renamed, columns=columns)
    return load_parts(parts(folder, list(tables), columns), folder, adapt=adapt)


def parts(
    place: Path, tables: list[Table], columns: Headings | None = None
) -> list[tuple[Table, Part | None]]:
    """Find the file, sheet or layer of each table."""
    if is_folder(place):
        paths = [(table, files.in_folder(place, table.name)) for table in tables]
        return [(table, None if path is None else Part(path, label(path))) for table, path in paths]
    names = [table.name for table in tables]
    main = next((mark for mark in MARKS.values() if mark in names), names[0])
    if main == MARKS["grids"] and not place.name.lower().endswith((*files.BOOKS, ".gpkg")):
        told = f"{label(place)}: a grid has several tables; give a folder, an XLSX or a GeoPackage."
        raise DataError([told])
    sheets = columns.sheets if columns else {}
    named = {name: sheet for name, sheet in sheets.items() if name in names}
    found = files.in_file(place, label(place), names, main=main, sheets=named)
    return [(table, found.get(table.name)) for table in tables]


def _renamed(
    table: Table, cells: pd.DataFrame, file: str, *, columns: Headings | None
) -> tuple[Table, pd.DataFrame]:
    return table, headings.fitted(cells, table, columns, file=file)


def read_common(*, as_of: date | None = None) -> dict[str, pd.DataFrame]:
    """Read the tables that all grids share."""
    return read(shelf("grids") / "common", schema.COMMON_TABLES, as_of=as_of)


def lone_table(path: str | Path, table: Table) -> pd.DataFrame:
    """Read and check one table in a file of its own, of any form that is read.

    Raises
    ------
    PackError
        There is no such file, or its form is not read.
    DataError
        Every problem of the file, one line each.
    """
    path = Path(path).expanduser()
    if not files.is_table(path):
        raise files.refused(path)
    file = label(_list_file(path))
    return validate(files.cells(Part(path, file)), table, file=file)


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


def read_sites(
    name_or_path: str | Path, *, as_of: date | None = None, columns: Headings | None = None
) -> dict[str, pd.DataFrame]:
    """Read a list of sites: a pack by name, a folder, or one file of your own.

    A file of your own needs `site` or `name`, `facility_mw` or `it_mw`, and `full_power_date`
    (or `first_power_date`). Other columns of the table `sites` may be left out: such a site is
    announced, on the grid, and known since the as-of date from the source `user`.

    Parameters
    ----------
    name_or_path
        Name of a pack on the shelf, folder, or file: CSV, XLSX, Parquet, GeoParquet, GeoJSON,
        GeoPackage. Points of a file fill `lat` and `lon`.
    as_of
        As for :func:`read`; without it, today.
    columns
        Map of headings that differ from the names of the columns.

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
    if str(name_or_path) in names("sites"):
        return read(find("sites", name_or_path), schema.SITE_TABLES, as_of=as_of)
    return settled(load_sites(Path(name_or_path).expanduser(), day, columns), as_of)


def load_sites(path: Path, day: date, columns: Headings | None = None) -> Loaded:
    """Read a user's list of sites as far as it can be read, and collect what is wrong with it."""
    place = path if is_folder(path) else _list_file(path)
    found = parts(place, list(schema.SITE_TABLES), columns)
    paths = [(replace(table, required=table is schema.SITES), part) for table, part in found]
    loaded = load_parts(paths, path, adapt=partial(_fitted, day=day, columns=columns))
    return _with_sources(loaded, path.name, day)


def _list_file(path: Path) -> Path:
    """Return the file of a list of sites, or say why it cannot be one."""
    if files.is_table(path):
        if exists(path) or is_link(path):
            return path
        raise PackError(f"no file {path}{_alike(path)}")
    if path.suffix or exists(path):
        raise files.refused(path)
    raise PackError(_no_pack("sites", str(path), names("sites")))


def _alike(path: Path) -> str:
    beside = path.parent.iterdir() if is_folder(path.parent) else ()
    meant = closest(path.name, [other.name for other in beside])
    return f"; did you mean {path.with_name(meant)}?" if meant else "; check the path."


def _fitted(
    table: Table, cells: pd.DataFrame, file: str, *, day: date, columns: Headings | None
) -> tuple[Table, pd.DataFrame]:
    """Ask less of a list of a user's own: defaults, and one of two columns that say the same."""
    table = with_defaults(table, day)
    if table.name != "sites":
        return table, headings.fitted(cells, table, columns, file=file)
    asked = dict(table.columns)
    asked["country"] = replace(asked["country"], optional=True)
    cells = headings.fitted(cells, replace(table, columns=asked), columns, file=file)
    for name, other in headings.EITHER[1:]:
        given = not {name, other}.isdisjoint(cells.columns)
        asked[name] = replace(asked[name], optional=given)
    return replace(table, columns=asked), _named(cells)


def with_defaults(table: Table, day: date) -> Table:
    """Let rows of a user's own leave out what they need not say: source, day and confidence."""
    defaults = OWN_DEFAULTS | {"known_on": day.isoformat()}
    columns = {
        name: replace(column, default=defaults[name]) if name in defaults else column
        for name, column in table.columns.items()
    }
    return replace(table, columns=columns)


def _named(cells: pd.DataFrame) -> pd.DataFrame:
    """Let `site` and `name` stand for each other where one is empty."""
    cells = cells.copy()
    for name, other in (("site", "name"), ("name", "site")):
        if name in cells and other in cells:
            cells[name] = cells[name].where(cells[name].str.strip() != "", cells[other])
        elif other in cells:
            cells[name] = cells[other]
    return cells


def _with_sources(loaded: Loaded, document: str, day: date) -> Loaded:
    """Add the user as a source, and without a table of sources every source that is named."""
    sources = loaded.frames.get("sources")
    if sources is None:  # its file has problems of its own
        return loaded
    named = [frame["source"].dropna() for frame in loaded.frames.values() if "source" in frame]
    added = set(pd.concat(named)) - set(sources["source"])
    if "sources" in loaded.files:
        added &= {OWN_DEFAULTS["source"]}
    rows = user_sources(sorted(added), document, day)
    return replace(loaded, frames=loaded.frames | {"sources": pd.concat([sources, rows])})


def user_sources(names: list[str], document: str, day: date) -> pd.DataFrame:
    """Describe sources that only a user knows of."""
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
class Loaded:
    """Tables as far as they could be read; `files` names those that have a file.

    `guesses` holds maps of headings to be confirmed, as TOML.
    """

    tables: dict[str, Table]
    frames: dict[str, pd.DataFrame]
    files: dict[str, str]
    problems: list[str]
    count: int
    guesses: list[str]


type Adapt = Callable[[Table, pd.DataFrame, str], tuple[Table, pd.DataFrame]]


def load_parts(paths: Iterable[tuple[Table, Part | None]], folder: Path, *, adapt: Adapt) -> Loaded:
    """Read and examine every table; what is wrong with one does not hide the next."""
    loaded = Loaded({}, {}, {}, [], 0, [])
    problems = loaded.problems
    count = 0
    for table, part in paths:
        loaded.tables[table.name] = table
        if part is None:
            loaded.frames[table.name] = table.empty()
            problems += _missing(table, folder)
            continue
        file = loaded.files[table.name] = part.label
        try:
            fitted, cells = adapt(table, files.cells(part), file)
        except DataError as error:
            problems += error.problems
            loaded.guesses.extend([error.guess] if isinstance(error, GuessError) else [])
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
    file = label(folder / f"{table.name}.csv")
    return [f"{file}: there is no such file; add it ({lowered(table.meaning)})."]


def settled(loaded: Loaded, as_of: date | None) -> dict[str, pd.DataFrame]:
    """Refuse tables with problems; else return them as they were known on a day."""
    problems = found(loaded)
    hidden = loaded.count - len(loaded.problems)
    if loaded.guesses:
        raise GuessError(problems, "\n\n".join(loaded.guesses))
    raise_problems(problems, len(problems) + hidden)
    return known(loaded, as_of)


def found(loaded: Loaded) -> list[str]:
    """Word everything that is wrong with tables, each alone and together."""
    checked = vocabulary(loaded.frames) | loaded.frames
    problems = loaded.problems + references.misfits(checked, files=loaded.files)
    return problems + ([] if problems else references.gaps(checked, files=loaded.files))


def known(loaded: Loaded, as_of: date | None) -> dict[str, pd.DataFrame]:
    """Return sound tables as they were known on a day."""
    tables = {
        name: known_by(frame, loaded.tables[name], as_of) for name, frame in loaded.frames.items()
    }
    tables = references.without_orphans(tables, loaded.frames)
    return {name: frame.reset_index(drop=True) for name, frame in tables.items()}


def vocabulary(frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the shared technologies, if a table names technologies."""
    path = files.in_folder(shelf("grids") / "common", "technologies")
    if path is None or not any("technology" in frame and len(frame) for frame in frames.values()):
        return {}
    cells = files.cells(Part(path, label(path)))
    return {"technologies": validate(cells, schema.TECHNOLOGIES, file=label(path))}


def known_by(frame: pd.DataFrame, table: Table, as_of: date | None) -> pd.DataFrame:
    """Leave out facts that became known after a day; of each fact keep the last known row."""
    if "known_on" not in table.columns:
        return frame
    if as_of is not None:
        early = frame["known_on"] <= pd.Timestamp(as_of)
        frame = frame if early.all() else frame[early]
    key = list(table.key)
    days = frame["known_on"]
    if (days == days.max()).all() or not frame.duplicated(key).any():  # a fact stands once a day
        return frame
    twice = frame[frame.duplicated(key, keep=False)].sort_values("known_on", kind="stable")
    return frame.drop(index=twice.index[twice.duplicated(key, keep="last")])


# --- files ---------------------------------------------------------------------------------------


def label(path: Path) -> str:
    """Name a file in messages: from the shelf on, or as the user wrote it."""
    for kind in MARKS:
        if path.is_relative_to(shelf(kind)):
            return (kind / path.relative_to(shelf(kind))).as_posix()
    return path.as_posix()
