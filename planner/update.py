"""Renew packs from publishers' newer editions, and say which verdicts move before it is done."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from planner import case, compare, packs, pipeline, report_files
from planner.errors import PackError, PlannerError
from planner.sources import fetch, importers, native, native_grid, publishers, renew
from planner.sources.renew import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from planner.sources.fetch import Fetched

ALL = "all"


@dataclass(frozen=True)
class Ask:
    """What to renew, from where, and into which packs.

    Attributes
    ----------
    as_of
        Day on which both answers are given; later editions are not counted in them.
    names
        Importers; empty: those that renew a pack; "all": every one with an address.
    folder
        Folder of downloaded files; without it, files are fetched.
    cache
        Folder in which fetched files are kept.
    grids, sites
        Packs by name or folder.
    horizon_years
        Years looked ahead.
    published
        Day of publication, where the files do not say it.
    downloads
        Table of addresses; without it, the shipped one.
    """

    as_of: date
    names: tuple[str, ...] = ()
    folder: Path | None = None
    cache: Path | None = None
    grids: tuple[str, ...] = ("us", "india")
    sites: str = "announced"
    horizon_years: int = 10
    published: date | None = None
    downloads: pd.DataFrame | None = None


@dataclass
class Update:
    """What was fetched and read, what it changes, which sites move, and what went wrong."""

    fetched: list[Fetched] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    moved: pd.DataFrame = field(default_factory=pd.DataFrame)
    inputs: pd.DataFrame = field(default_factory=pd.DataFrame)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    copies: dict[Path, Path] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows that would be added to the packs."""
        return sum(change.new + change.changed + change.gone for change in self.changes)

    def table(self) -> pd.DataFrame:
        """Return the changes, a row a table of a pack."""
        columns = [entry.name for entry in fields(Change)]
        return pd.DataFrame([asdict(change) for change in self.changes], columns=columns)


@contextmanager
def prepared(ask: Ask, tell: Callable[[str], None]) -> Iterator[Update]:
    """Fetch and read editions, bring them into copies of the packs, and judge with both.

    The copies live as long as the context; :func:`apply` puts them in the place of the packs.

    Raises
    ------
    PackError
        An importer or a pack is not there.
    DataError
        A pack would break its description with the new rows.
    """
    rows = _wanted(ask)
    update = Update()
    with tempfile.TemporaryDirectory(prefix="planner-update-") as work:
        if ask.folder is None:
            update.fetched, update.problems = fetch.files(
                rows, _cache(ask), day=ask.as_of, tell=tell
            )
        for name in dict.fromkeys(rows["importer"]):
            tell(f"reading {name}")
            try:
                _renew(name, rows[rows["importer"] == name], ask, update, Path(work))
            except PlannerError as error:
                update.problems += str(error).splitlines()
        for copy in update.copies.values():
            renew.checked(copy)
        _judge(ask, update, Path(work), tell)
        yield update


def _cache(ask: Ask) -> Path:
    return ask.cache or fetch.cache()


def _place(name: str, ask: Ask) -> Path:
    return ask.folder or _cache(ask) / name


def _wanted(ask: Ask) -> pd.DataFrame:
    """Return the rows of the table of downloads that are asked for."""
    rows = publishers.table("downloads") if ask.downloads is None else ask.downloads
    if ask.names == (ALL,):
        return rows
    for name in ask.names:
        importers.patterns(name)  # refuses a name that is not there
    names = set(ask.names) or set(rows.loc[rows["table"] != "", "importer"])
    return rows[rows["importer"].isin(names)]


def _renew(name: str, rows: pd.DataFrame, ask: Ask, update: Update, work: Path) -> None:
    """Bring the edition of one publisher into copies of the packs that cite it."""
    place = _place(name, ask)
    tables = rows[rows["table"] != ""]
    if tables.empty:
        update.notes.append(
            f"{name}: no pack is renewed by it; see planner data import {name} {place} --out DIR"
        )
        return
    for row in tables.itertuples():
        packed = [pack for pack in _folders(ask) if _cites(pack, row)]
        if not packed:
            update.notes.append(f"{name}: no pack cites {row.replaces}; nothing to renew.")
        for pack in packed:
            _into(pack, row, ask, update, work)


def _folders(ask: Ask) -> list[Path]:
    return [packs.find("grids", grid) for grid in ask.grids]


def _cites(pack: Path, row: Any) -> bool:
    """Say whether a table of a pack has rows of the sources that an edition renews."""
    named = renew.sources_of(pack, row.table)
    return any(fnmatchcase(name, pattern) for name in named for pattern in row.replaces.split())


def _into(pack: Path, row: Any, ask: Ask, update: Update, work: Path) -> None:
    place = _place(row.importer, ask)
    given = native.Given(published=ask.published, grid=native_grid.read(pack))
    found = importers.read(row.importer, place, given)
    update.notes += found.notes
    update.problems += found.problems
    day = found.tables["sources"]["published_on"].iloc[0]
    if pd.notna(day) and day.date() > ask.as_of:
        update.notes.append(
            f"{row.importer}: the edition is of {day:%Y-%m-%d}, later than the as-of date; it moves"
            " no verdict of that day."
        )
    if pack not in update.copies:
        folder = Path(tempfile.mkdtemp(dir=work))
        update.copies[pack] = renew.copied(pack, folder)
    update.changes.append(renew.merged(found, update.copies[pack], row.table, row.replaces))


def _judge(ask: Ask, update: Update, work: Path, tell: Callable[[str], None]) -> None:
    """Answer with the packs as they are and as they would be, and compare."""
    if not update.rows:
        return
    before = _folders(ask)
    after = [update.copies.get(pack, pack) for pack in before]
    for name, grids in (("before", before), ("after", after)):
        tell(f"verdicts {name}")
        given: dict[str, Any] = {"as_of": ask.as_of, "horizon_years": ask.horizon_years}
        found = pipeline.check(case.load_case(grids, ask.sites, **given))
        report_files.write(found, work / name)
    update.moved, update.inputs = compare.runs(work / "before", work / "after")


def apply(update: Update, *, unlike: bool = False) -> list[Path]:
    """Put the copies in the place of the packs: temporary names first, then renamed.

    Parameters
    ----------
    update
        What was prepared.
    unlike
        Take editions whose megawatts are far from those that they renew, too.

    Raises
    ------
    PackError
        A pack cannot be written, or an edition looks like a part of one.
    """
    if not update.copies:
        raise PackError("nothing was read that renews a pack; nothing is replaced.")
    strange = [change for change in update.changes if not change.is_alike]
    if strange and not unlike:
        lines = [
            f"{one.importer}: {one.table} would go from {one.before_mw:,.0f} to {one.after_mw:,.0f}"
            " MW; is the edition whole? If so, give --unlike. Nothing was replaced."
            for one in strange
        ]
        raise PackError("\n".join(lines))
    return [file for pack, copy in update.copies.items() for file in renew.applied(copy, pack)]
