"""What an importer gives back, what it is told, and how rows that are not used are counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from planner import references, schema, validate
from planner.errors import DataError
from planner.sources import publishers, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    import geopandas as gpd

    from planner.sources.native_grid import Grid


@dataclass(frozen=True)
class Given:
    """What the caller says about the files: their day, the regions to use, renamed columns."""

    published: date | None = None
    grid: Grid | None = None
    renames: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Imported:
    """Tables in the project's own columns, and what could not be used, file by file.

    `files` holds rows read and rows used; `unused` why the others were not; `problems` the files
    that could not be read at all; `outlines` the polygons of regions, where the publisher has them.
    """

    importer: str
    tables: dict[str, pd.DataFrame]
    files: pd.DataFrame
    unused: pd.DataFrame
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    outlines: gpd.GeoDataFrame | None = None


class Tally:
    """Rows read and not used, notes and problems; kept while the files of one importer are read."""

    def __init__(self, importer: str, given: Given) -> None:
        self.importer = importer
        self.given = given
        self.rows: Counter[str] = Counter()
        self.left: Counter[tuple[str, str]] = Counter()
        self.notes: dict[str, None] = {}
        self.problems: list[str] = []
        self.published = given.published
        self.publisher = publishers.publisher(importer)

    def note(self, line: str) -> None:
        """Keep a line for the reader of the report, once."""
        self.notes[line] = None

    def without(self, frame: pd.DataFrame, bad: pd.Series, file: str, reason: str) -> pd.DataFrame:
        """Leave out rows, and count them under their reason."""
        bad = bad.fillna(value=True).astype(bool)
        self.left[file, reason] += int(bad.sum())
        return frame[~bad]

    def tried[**P, T](
        self, otherwise: T, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Read one file; if it cannot be read, keep its problems and go on without it."""
        try:
            return work(*args, **kwargs)
        except DataError as error:
            self.problems += error.problems
            return otherwise

    def each(
        self, files: Iterable[Path], work: Callable[[Path, Tally], pd.DataFrame]
    ) -> pd.DataFrame:
        """Read files one after the other, and put their rows below each other."""
        parts = [self.tried(pd.DataFrame(), work, file, self) for file in files]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    @property
    def source(self) -> str:
        """Key of this edition: that of the publisher, with the month of publication if known."""
        day = self.published
        return self.publisher["source"] + (f"-{day:%Y-%m}" if day else "")

    @property
    def day(self) -> date:
        """Day on which the facts became known: that of publication, else today."""
        return self.published or datetime.now(UTC).date()

    def dated(self, frame: pd.DataFrame, known_on: pd.Series | str | None = None) -> pd.DataFrame:
        """Add source, day and confidence to rows; no fact is known after its own edition."""
        latest = self.day.isoformat()
        if known_on is None:
            days: Any = latest
        elif isinstance(known_on, str):
            days = min(known_on, latest)
        else:
            told = known_on.astype("str")
            days = told.where((told > "") & (told < latest), latest)
        confidence = self.publisher["confidence"]
        return frame.assign(source=self.source, known_on=days, confidence=confidence)


def found(tally: Tally, path: Path, patterns: Iterable[str]) -> list[Path]:
    """Return the files of an importer: the one given, or those of a folder by their names.

    A folder that is a link, and what lies behind it, is left alone: it may lead in a circle.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise DataError([f"{path}: there is no such file or folder; check the path."])
    wanted = list(patterns)
    files = sorted(
        file
        for folder, _, names in path.walk(follow_symlinks=False)
        for file in (folder / name for name in names)
        if any(file.match(pattern) for pattern in wanted)
    )
    if not files:
        names = ", ".join(wanted)
        raise DataError([f"{path}: no file of {tally.importer} is there; wanted is {names}."])
    return files


def finished(
    tally: Tally,
    tables: Mapping[str, pd.DataFrame],
    outlines: gpd.GeoDataFrame | None = None,
) -> Imported:
    """Check the tables against the schema and each other, and close the books.

    Raises
    ------
    DataError
        Nothing could be read, or a table breaks its description: one line per problem.
    """
    rows = {name: frame for name, frame in tables.items() if len(frame)}
    if not rows and outlines is None:
        none = f"{tally.importer}: no row could be used; see the reasons for the rows left out."
        raise DataError(tally.problems or [none])
    typed = {name: checked(frame, schema.ALL_TABLES[name]) for name, frame in rows.items()}
    typed["sources"] = checked(pd.DataFrame([_source(tally)]), schema.SOURCES)
    references.check_references(typed)
    return Imported(
        importer=tally.importer,
        tables=typed,
        files=_files(tally),
        unused=_unused(tally),
        notes=tuple(tally.notes),
        problems=tuple(tally.problems),
        outlines=outlines,
    )


def checked(frame: pd.DataFrame, table: schema.Table) -> pd.DataFrame:
    """Bring rows to the columns of a table, and validate them as if read from a file."""
    unknown = sorted(set(frame.columns) - set(table.columns))
    if unknown:
        raise DataError([f"table {table.name}: no column is named {', '.join(unknown)}."])
    columns = {
        name: frame[name].map(write.cell) if name in frame else pd.Series("", index=frame.index)
        for name in table.columns
    }
    cells = pd.DataFrame(columns).astype("str").reset_index(drop=True)
    return validate.validate(cells, table, file=f"{table.name}.csv")


def _source(tally: Tally) -> dict[str, str]:
    row = tally.publisher
    if tally.published is None:
        tally.note("The files do not say when they were published; their rows are dated today.")
    return {
        "source": tally.source,
        "publisher": row["publisher"],
        "document": row["document"],
        "published_on": tally.published.isoformat() if tally.published else "",
        "address": row["address"],
        "licence": row["licence"],
        "confidence": row["confidence"],
    }


def _files(tally: Tally) -> pd.DataFrame:
    lost: Counter[str] = Counter()
    for (file, _), count in tally.left.items():
        lost[file] += count
    rows = [(file, count, count - lost[file]) for file, count in tally.rows.items()]
    return pd.DataFrame(rows, columns=["file", "rows", "used"])


def _unused(tally: Tally) -> pd.DataFrame:
    rows = [(file, reason, count) for (file, reason), count in tally.left.items() if count]
    return pd.DataFrame(rows, columns=["file", "reason", "rows"]).astype({"rows": "int64"})
