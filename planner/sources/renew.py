"""Bring a publisher's newer edition into a copy of a pack, beside what was known before."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from planner import packs, schema
from planner.errors import PackError
from planner.sources import write

if TYPE_CHECKING:
    from planner.sources.native import Imported

FACTS: Final = ("source", "known_on", "confidence", "note")
ALIKE: Final = 0.25
SAME: Final = 5e-4  # below what is written


@dataclass(frozen=True)
class Change:
    """What an edition changes in one table of a pack: rows, and megawatts before and after."""

    importer: str
    pack: str
    table: str
    new: int
    changed: int
    gone: int
    same: int
    before_mw: float
    after_mw: float

    @property
    def is_alike(self) -> bool:
        """Say whether the megawatts are within a quarter of those before."""
        return abs(self.after_mw - self.before_mw) <= ALIKE * self.before_mw


def copied(pack: Path, folder: Path) -> Path:
    """Copy the files of a pack that the planner reads; links are followed no further."""
    out = folder / pack.name
    out.mkdir()
    for file in sorted(pack.iterdir()):
        if file.is_file():
            shutil.copy2(file, out / file.name)
    return out


def sources_of(pack: Path, table: str) -> set[str]:
    """Return the sources that the rows of a table of a pack name."""
    path = pack / f"{table}.csv"
    return set(_cells(path)["source"]) if path.is_file() else set()


def merged(imported: Imported, copy: Path, table: str, supersedes: str) -> Change:
    """Add the rows of an edition that say something new to a table of a copy of a pack.

    Nothing is taken away: a fact that changed gets a later row, and one that the edition no longer
    lists gets a row with 0 MW, both known since the day of the edition. So an answer as of an
    earlier day stays what it was.

    Parameters
    ----------
    imported
        The edition.
    copy
        Folder of the copy.
    table
        Name of the table.
    supersedes
        Sources whose rows it renews, with spaces between; `*` stands for any ending.

    Raises
    ------
    PackError
        The copy has no such table, or the edition none.
    """
    described = schema.ALL_TABLES[table]
    if table not in imported.tables:
        raise PackError(f"{imported.importer}: the edition has no rows for the table {table}.")
    old = _cells(copy / f"{table}.csv")
    patterns = supersedes.split()
    own = old["source"].map(lambda name: any(fnmatchcase(name, p) for p in patterns))
    day = f"{imported.tables[table]['known_on'].max():%Y-%m-%d}"
    latest = old[own & (old["known_on"] <= day)].sort_values("known_on", kind="stable")
    latest = latest.drop_duplicates(list(described.key), keep="last")
    new = _named(as_text(imported.tables[table], described), latest, described)
    new = new.assign(known_on=day)
    rows, counts = _compared(latest, new, described)
    _write(pd.concat([old, rows]), described, copy)
    _with_source(imported, copy)
    unit = _megawatts(described)[0]
    return Change(
        imported.importer,
        copy.name,
        table,
        **counts,
        before_mw=float(pd.to_numeric(latest[unit]).sum()),
        after_mw=float(pd.to_numeric(new[unit]).sum()),
    )


def _compared(
    old: pd.DataFrame, new: pd.DataFrame, table: schema.Table
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the rows to add, and how many are new, changed, gone and the same."""
    key = list(table.key)
    first, second = old.set_index(key), new.set_index(key)
    there = second.index.isin(first.index)
    told = [name for name in table.columns if name not in (*key, *FACTS)]
    before = first.reindex(second.index[there])[told]
    after = second[there][told]
    differs = pd.Series(data=False, index=after.index)
    for name in told:
        differs |= _unlike(before[name], after[name], number=table.columns[name].kind == "number")
    # What stands with 0 MW already is gone already.
    sizes = first[_megawatts(table)].apply(pd.to_numeric).abs().sum(axis=1)
    lost = ~first.index.isin(second.index) & (sizes > SAME).to_numpy()
    gone = first[lost].assign(**dict.fromkeys(_megawatts(table), "0"))
    facts = {name: new[name].iloc[0] for name in ("source", "known_on", "confidence")}
    gone = gone.assign(**facts)
    changed = second[there][differs.to_numpy()]
    parts = [part.reset_index()[list(table.columns)] for part in (second[~there], changed, gone)]
    counts = {
        "new": len(parts[0]),
        "changed": len(parts[1]),
        "gone": len(parts[2]),
        "same": int((~differs).sum()),
    }
    return pd.concat(parts, ignore_index=True), counts


def _unlike(before: pd.Series, after: pd.Series, *, number: bool) -> pd.Series:
    if not number:
        return before.ne(after)
    first, second = pd.to_numeric(before), pd.to_numeric(after)
    return (first - second).abs().gt(SAME) | first.isna().ne(second.isna())


def _megawatts(table: schema.Table) -> list[str]:
    return [name for name, column in table.columns.items() if column.unit == "MW"]


def _named(new: pd.DataFrame, old: pd.DataFrame, table: schema.Table) -> pd.DataFrame:
    """Give a row without a name that of the only known row with the same key otherwise."""
    if "name" not in table.key:
        return new
    key = [name for name in table.key if name != "name"]
    once = old[~old.duplicated(key, keep=False) & (old["name"] != "")]
    names = new[key].merge(once[[*key, "name"]], on=key, how="left")["name"]
    names.index = new.index
    return new.assign(name=new["name"].where(new["name"] != "", names.fillna("")))


def as_text(frame: pd.DataFrame, table: schema.Table) -> pd.DataFrame:
    """Return a validated table as the text of a CSV file."""
    columns = {}
    for name, column in table.columns.items():
        values = frame[name]
        if column.kind == "date":
            values = values.dt.strftime("%Y-%m-%d").fillna("")
        columns[name] = values.map(write.cell)
    return pd.DataFrame(columns).astype("str")


def _with_source(imported: Imported, copy: Path) -> None:
    sources = _cells(copy / "sources.csv")
    new = as_text(imported.tables["sources"], schema.SOURCES)
    kept = sources[~sources["source"].isin(new["source"])]
    _write(pd.concat([kept, new]), schema.SOURCES, copy)


def _write(frame: pd.DataFrame, table: schema.Table, folder: Path) -> None:
    frame = frame.reset_index(drop=True)
    (folder / f"{table.name}.csv").write_text(
        write.as_csv(frame, table), encoding="utf-8", newline="\n"
    )


def _cells(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise PackError(f"{path.parent.name}: there is no {path.name} to renew.")
    return pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8")


def checked(copy: Path) -> None:
    """Read a copy back as the planner would.

    Raises
    ------
    DataError
        Every problem of its tables.
    """
    packs.read(copy, schema.GRID_TABLES)


def written(imported: Imported, folder: Path, *, replace: bool = False) -> list[Path]:
    """Write the tables of an importer, and its outlines, to a folder; whole or not at all.

    Raises
    ------
    PackError
        The folder holds files already and `replace` is not given, or cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise PackError(f"{folder}: it is a file; choose a folder.")
    if folder.is_dir() and any(folder.iterdir()) and not replace:
        raise PackError(f"{folder}: it holds files already; choose another, or give --replace.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".part-") as part:
            texts = {
                name: as_text(frame, schema.ALL_TABLES[name])
                for name, frame in imported.tables.items()
            }
            write.tables(texts, Path(part))
            if imported.outlines is not None:
                write.geometry(imported.outlines, Path(part))
            return moved(Path(part), folder)
    except OSError as error:
        raise PackError(f"{folder}: {error.strerror or error}; choose another folder.") from error


def moved(part: Path, folder: Path) -> list[Path]:
    """Move the files of a folder over those of another on the same disk, each in one step."""
    out = []
    for file in sorted(part.iterdir()):
        os.replace(file, folder / file.name)  # noqa: PTH105 - says what it does
        out.append(folder / file.name)
    return out


def applied(copy: Path, pack: Path) -> list[Path]:
    """Replace the files of a pack that differ from those of a copy: temporary name, then rename.

    Raises
    ------
    PackError
        The pack cannot be written; nothing is replaced before every file is there.
    """
    different = [
        file
        for file in sorted(copy.iterdir())
        if not (pack / file.name).is_file() or (pack / file.name).read_bytes() != file.read_bytes()
    ]
    try:
        with tempfile.TemporaryDirectory(dir=pack, prefix=".part-") as part:
            for file in different:
                shutil.copyfile(file, Path(part) / file.name)
            return moved(Path(part), pack)
    except OSError as error:
        raise PackError(f"{pack}: {error.strerror or error}; nothing was replaced.") from error
