"""Whether folders and files of a user's own are right: every problem at once, nothing solved."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from planner import files, headings, overlays, packs, references, schema
from planner.errors import DataError, GuessError, PackError
from planner.files import Part
from planner.files_guard import exists, is_folder, is_link
from planner.validate import SHOWN_PROBLEMS, examine

if TYPE_CHECKING:
    from datetime import date

    from planner.columns import Table
    from planner.headings import Headings

PLACE: Final = re.compile(r"(?P<file>.+?)(, row (?P<row>\d+)[^:]*)?: (?P<problem>.+)", re.DOTALL)
MARKS: Final = tuple(packs.MARKS.items())


@dataclass
class Inspected:
    """What was found: rows by table, problems (and how many more), doubts, maps to be confirmed."""

    rows: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    hidden: int = 0
    notes: list[str] = field(default_factory=list)
    guesses: list[str] = field(default_factory=list)

    def table(self) -> pd.DataFrame:
        """Return the problems as a table: `file`, `row`, `problem`."""
        found = [PLACE.fullmatch(line) for line in self.problems]
        parts = [
            (match["file"], match["row"] or "", match["problem"]) if match else ("", "", line)
            for match, line in zip(found, self.problems, strict=True)
        ]
        return pd.DataFrame(parts, columns=["file", "row", "problem"], dtype="str")


def inspect(names: list[str | Path], *, as_of: date, columns: Headings | None = None) -> Inspected:
    """Read packs, folders and files, and collect everything that is wrong with them.

    Parameters
    ----------
    names
        Names of packs, folders (of a pack, or with packs in them), or files.
    as_of
        The day of rows that name none, and on which promises are past.
    columns
        Map of headings that differ from the names of the columns.

    Raises
    ------
    PackError
        There is no such folder or file.
    """
    found = Inspected()
    for name in names:
        for kind, place in _places(name):
            try:
                _inspect(kind, place, found, as_of, columns)
            except DataError as error:
                found.problems += error.problems
                found.guesses += [error.guess] if isinstance(error, GuessError) else []
    found.problems = list(dict.fromkeys(found.problems))
    return found


def _places(name: str | Path) -> list[tuple[str, Path]]:
    """Say what a name stands for: packs of sites and grids, or a single table."""
    for kind, _ in MARKS:
        if str(name) in packs.names(kind):
            return [(kind, packs.find(kind, name))]
    path = Path(name).expanduser()
    if is_folder(path):
        inside = sorted(one for one in path.iterdir() if is_folder(one) and not is_link(one))
        found = [(kind, one) for one in [path, *inside] for kind in _kinds(one)]
        return found or [("grids", path)]
    if not exists(path) and not is_link(path):
        raise PackError(f"no folder or file {path}; check the path.")
    if not files.is_table(path):
        raise files.refused(path)
    stem = overlays.name_of(path)
    return [(stem if stem in schema.ALL_TABLES and stem != "sites" else _kind_of(path), path)]


def _kinds(folder: Path) -> list[str]:
    """Return the kinds of pack that a folder is: its main table is there, or it extends one."""
    try:
        below = overlays.extends(folder)
    except DataError:
        return ["grids"]
    if below is None:
        return [kind for kind, mark in MARKS if files.in_folder(folder, mark)]
    for kind, mark in MARKS:
        base = folder / below
        if below in packs.names(kind) or (is_folder(base) and files.in_folder(base, mark)):
            return [kind]
    return ["grids"]


def _kind_of(path: Path) -> str:
    """Tell a workbook of a grid from a list of sites."""
    name = path.name.lower()
    if not name.endswith((*files.BOOKS, files.GEOPACKAGE)):
        return "sites"
    marks = [schema.REGIONS, schema.SITES]
    try:
        parts = packs.parts(path, marks)
    except DataError:
        return "sites"
    regions, sites = (part is not None and part.inner for _, part in parts)
    whole = str(regions).strip().lower() == schema.REGIONS.name and regions != sites
    return "grids" if whole else "sites"


def _inspect(
    kind: str, place: Path, found: Inspected, as_of: date, columns: Headings | None
) -> None:
    if kind not in packs.MARKS:
        _one(schema.ALL_TABLES[kind], place, found, as_of, columns)
    elif overlays.extends(place) is not None:
        pack = overlays.read(kind, place, as_of=as_of, columns=columns)  # type: ignore[arg-type]
        counts = pack.changes.groupby("file").size()
        found.rows |= {str(file): int(count) for file, count in counts.items()}
    elif kind == "grids":
        _whole(packs.load(place, schema.OWN_GRID_TABLES, columns=columns), found)
    else:
        own = place.parent != packs.shelf("sites")
        loaded = (
            packs.load_sites(place, as_of, columns)
            if own
            else packs.load(place, schema.SITE_TABLES)
        )
        _whole(loaded, found)
        if not loaded.problems and {"sites", "phases"} <= set(loaded.frames):
            file = loaded.files.get("sites", "sites")
            found.notes += references.notes(loaded.frames, as_of=as_of, file=file)


def _add(found: Inspected, problems: list[str], hidden: int) -> None:
    """Add problems of one pack; what is not shown is counted."""
    cut = max(len(problems) - SHOWN_PROBLEMS, 0)
    found.problems += problems[:SHOWN_PROBLEMS]
    found.hidden += hidden + cut
    if hidden + cut:
        found.problems.append(f"... and {hidden + cut} more.")


def _whole(loaded: packs.Loaded, found: Inspected) -> None:
    problems = packs.found(loaded)
    hidden = loaded.count - len(loaded.problems)
    _add(found, problems, hidden)
    found.guesses += loaded.guesses
    for name, frame in loaded.frames.items():
        if name in loaded.files:
            found.rows[loaded.files[name]] = len(frame)


def _one(table: Table, path: Path, found: Inspected, as_of: date, columns: Headings | None) -> None:
    """Examine one table alone; what it refers to is not looked up."""
    part = Part(path, packs.label(path))
    described = packs.with_defaults(table, as_of)
    cells = headings.fitted(files.cells(part), described, columns, file=part.label)
    examined = examine(cells, described, file=part.label)
    hidden = examined.total - min(len(examined.problems), SHOWN_PROBLEMS)
    _add(found, examined.problems, hidden)
    found.rows[part.label] = len(examined.frame)
    found.notes.append(f"{part.label}: read alone; references to other tables are not checked.")
