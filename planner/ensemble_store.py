"""The folder of an ensemble: batches as Parquet while it runs, tables when it is done."""

from __future__ import annotations

import gzip
import io
import json
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import batch, draws, ensemble, report_files
from planner.batch import CAUSES, CODE, NEVER, Batch
from planner.errors import DataError, PackError
from planner.explain import TOLERANCE_MW

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from planner.batch import Task
    from planner.case import Case
    from planner.ensemble import Effort
    from planner.odds import Ensemble

PARTS: Final = "parts"
RECORD: Final = "run.json"
TABLES: Final = ("sites", "steps", "regions", "bottlenecks", "convergence")
INSTALL: Final = "keeping draws needs pyarrow; install planner[cluster], or leave --out out."


class Store:
    """A folder that keeps batches as they come, so that a run can go on where it was stopped.

    Parameters
    ----------
    folder
        Where to write; it is made.
    case, effort
        What is drawn; a folder holds one question only.
    tell
        Takes a line about what was found.
    """

    def __init__(
        self, folder: Path, case: Case, effort: Effort, tell: Callable[[str], None]
    ) -> None:
        self.folder, self.case, self.effort, self.tell = folder, case, effort, tell
        self.steps: list[str] = []
        try:
            import_module("pyarrow")
        except ImportError as error:
            raise PackError(INSTALL) from error

    def start(self, *, resume: bool) -> dict[int, Batch]:
        """Make the folder, or read the batches that are there.

        Raises
        ------
        PackError
            The folder holds draws and nobody asked to go on, or those of another question.
        """
        tasks = ensemble.tasks(self.case, self.effort)
        key = tasks[0].key
        there = sorted((self.folder / PARTS).glob("steps-*.parquet"))
        if there and not resume:
            message = f"{self.folder}: it holds draws already; add --resume or choose another."
            raise PackError(message)
        if there:
            self._same_question(key)
        record = report_files.run_record(self.case) | {
            "ensemble": {"identity": key, "seed": self.effort.seed, "batch": ensemble.BATCH}
        }
        self._write(RECORD, (json.dumps(record, indent=1, sort_keys=True) + "\n").encode())
        rows = gzip.compress("\n".join(report_files.input_rows(self.case)).encode(), mtime=0)
        self._write("inputs.txt.gz", rows)
        asked = batch.assessed(self.case, draws.asked(self.case))
        self.steps = asked["step"].tolist()
        found = {one.start: self._read(one) for one in tasks if self._name("steps", one).exists()}
        return {start: one for start, one in found.items() if one is not None}

    def _same_question(self, key: str) -> None:
        try:
            record = json.loads((self.folder / RECORD).read_text(encoding="utf-8"))
            known = record["ensemble"]
        except (OSError, ValueError, KeyError) as error:
            message = f"{self.folder / RECORD}: it cannot be read; choose another folder."
            raise PackError(message) from error
        if known["seed"] != self.effort.seed:
            message = f"{self.folder}: its seed is {known['seed']}, not {self.effort.seed}."
            raise PackError(message)
        if known["identity"] != key:
            message = (
                f"{self.folder}: it holds the draws of another question (other tables or"
                " assumptions); choose another folder."
            )
            raise PackError(message)

    def _name(self, kind: str, one: Task | Batch) -> Path:
        return self.folder / PARTS / f"{kind}-{one.start:06d}.parquet"

    def _write(self, name: str, content: bytes) -> None:
        path = self.folder / name
        if path.is_file() and path.read_bytes() == content:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            report_files.write_file(path, content)
        except (OSError, PackError) as error:
            cause = error if isinstance(error, OSError) else error.__cause__
            why = getattr(cause, "strerror", None) or str(cause)
            message = f"{path}: {why}; what was drawn is kept: make room, and go on with --resume."
            raise PackError(message) from error

    def keep(self, one: Batch) -> None:
        """Write a batch; a file is there whole or not at all.

        Raises
        ------
        PackError
            The folder cannot be written.
        """
        for kind, table in (("regions", self._regions(one)), ("steps", self._steps(one))):
            name = f"{PARTS}/{kind}-{one.start:06d}.parquet"
            self._write(name, _as_parquet(table))

    def _steps(self, one: Batch) -> dict[str, Any]:
        count, steps = one.late_mw.shape
        days = one.powered_on.ravel()
        return {
            "draw": np.repeat(np.arange(one.start, one.start + count, dtype=np.int32), steps),
            "step": _named(np.tile(np.arange(steps), count), self.steps),
            "powered_on": pd.Series(days, dtype="Int32").mask(days == NEVER),
            "late_mw": one.late_mw.ravel(),
            "cause": _named(one.cause.ravel(), list(CAUSES)),
        }

    def _regions(self, one: Batch) -> dict[str, Any]:
        count, regions, periods = one.headroom_mw.shape
        names = sorted(self.case.regions["region"])
        numbers = np.arange(one.start, one.start + count, dtype=np.int32)
        each = np.tile(np.repeat(np.arange(regions), periods), count)
        when = np.tile(np.arange(periods), count * regions)
        return {
            "draw": np.repeat(numbers, regions * periods),
            "region": _named(each, names),
            "period": _named(when, list(self.case.periods["period"])),
            "headroom_mw": one.headroom_mw.ravel(),
            "shortage_mw": one.shortage_mw.ravel(),
        }

    def _read(self, one: Task) -> Batch | None:
        """Read a batch, or say that it is damaged and will be drawn again."""
        try:
            steps = _from_parquet(self._name("steps", one))
            regions = _from_parquet(self._name("regions", one))
        except (OSError, ValueError, KeyError):
            self.tell(f"{self._name('steps', one)}: it is damaged; its draws are drawn again.")
            return None
        count = one.stop - one.start
        shape = (count, len(self.steps))
        grid = (count, len(self.case.regions), len(self.case.periods))
        if len(steps) != np.prod(shape) or len(regions) != np.prod(grid):
            return None
        return Batch(
            start=one.start,
            powered_on=steps["powered_on"].fillna(NEVER).to_numpy(np.int32).reshape(shape),
            late_mw=steps["late_mw"].to_numpy(np.float32).reshape(shape),
            cause=steps["cause"].map(CODE).to_numpy(np.int8).reshape(shape),
            headroom_mw=regions["headroom_mw"].to_numpy(np.float32).reshape(grid),
            shortage_mw=regions["shortage_mw"].to_numpy(np.float32).reshape(grid),
        )

    def finish(self, found: Ensemble) -> list[Path]:
        """Write the tables, and take away batches that were drawn ahead and not needed."""
        used = {one.start for one in found.batches}
        for path in sorted((self.folder / PARTS).glob("*-*.parquet")):
            if int(path.stem.partition("-")[2]) not in used:
                path.unlink()
        for name in TABLES:
            table = getattr(found, name)
            self._write(f"{name}.csv", table.to_csv(index=False, lineterminator="\n").encode())
        return [self.folder / f"{name}.csv" for name in TABLES]


def _named(codes: np.ndarray, names: list[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes.astype(np.int32), categories=pd.Index(names))


def _as_parquet(columns: dict[str, Any]) -> bytes:
    """Write a table; the same table is the same bytes, and each page has a checksum."""
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.table({name: pa.array(column) for name, column in columns.items()})
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    return buffer.getvalue()


def _from_parquet(path: Path) -> pd.DataFrame:
    from pyarrow import parquet

    table = parquet.read_table(path, page_checksum_verification=True)
    return table.to_pandas()


def run(
    case: Case,
    effort: Effort,
    folder: Path | None,
    *,
    resume: bool = False,
    tell: Callable[[str], None],
) -> Ensemble:
    """Draw a question, and keep the draws in a folder if one is given.

    Raises
    ------
    PackError
        The folder cannot be used.
    """
    if folder is None:
        return ensemble.run(case, effort, tell=tell)
    store = Store(folder, case, effort, tell)
    kept = store.start(resume=resume)
    if resume:
        tell(f"{sum(map(len, kept.values()))} draws are there already")
    found = ensemble.run(case, effort, kept=kept, keep=store.keep, tell=tell)
    for path in store.finish(found):
        tell(f"wrote {path}")
    return found


# --- two ensembles -------------------------------------------------------------------------------


def is_ensemble(folder: Path) -> bool:
    """Say whether a folder holds draws."""
    return (folder / PARTS).is_dir()


def compare(before: Path, after: Path) -> pd.DataFrame:
    """Compare two ensembles of one seed, draw by draw.

    Each draw meets the same luck in both, so the difference of a site is surer than either figure.

    Returns
    -------
    pd.DataFrame
        `site`, `before`, `after` (probability of being on time), `change`, `standard_error` (of the
        change, draw by draw), `unpaired_standard_error` (of two runs with other seeds),
        `late_mw_change` and its `late_mw_standard_error`; sites that differ in a draw.

    Raises
    ------
    DataError
        The seeds differ.
    PackError
        A folder has no draws that can be read.
    """
    seeds = [_seed(folder) for folder in (before, after)]
    if seeds[0] != seeds[1]:
        raise DataError([f"the seeds are {seeds[0]} and {seeds[1]}; draw both with one seed."])
    first, second = _late(before), _late(after)
    count = min(first.index.max(), second.index.max()) + 1
    names = sorted(set(first) & set(second))
    one, two = (table.loc[: count - 1, names].to_numpy() for table in (first, second))
    kept = [table <= TOLERANCE_MW for table in (one, two)]
    change = kept[1].astype(float) - kept[0]
    shares = [table.mean(axis=0) for table in kept]
    table = pd.DataFrame(
        {
            "site": names,
            "before": shares[0],
            "after": shares[1],
            "change": change.mean(axis=0),
            "standard_error": change.std(axis=0) / np.sqrt(count),
            "unpaired_standard_error": np.sqrt(sum(p * (1 - p) for p in shares) / count),
            "late_mw_change": (two - one).mean(axis=0).round(3),
            "late_mw_standard_error": ((two - one).std(axis=0) / np.sqrt(count)).round(3),
        }
    )
    table = table[(np.abs(two - one) > TOLERANCE_MW).any(axis=0)]
    return table.sort_values(
        ["change", "late_mw_change", "site"], key=_size, ignore_index=True
    ).round(6)


def _size(column: pd.Series) -> pd.Series:
    return column if column.name == "site" else -column.abs()


def _seed(folder: Path) -> int:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return int(record["ensemble"]["seed"])
    except (OSError, ValueError, KeyError) as error:
        message = f"{folder}: no draws; give a folder that `planner ensemble --out` wrote."
        raise PackError(message) from error


def _late(folder: Path) -> pd.DataFrame:
    """Megawatts of each site that are late, draws by sites."""
    try:
        parts = [_from_parquet(path) for path in sorted((folder / PARTS).glob("steps-*.parquet"))]
    except (OSError, ValueError) as error:
        message = f"{folder / PARTS}: a part is damaged; go on with --resume."
        raise PackError(message) from error
    rows = pd.concat(parts, ignore_index=True)
    site = rows["step"].astype(str).str.rpartition("#")[0]
    return rows.groupby(["draw", site.rename("site")])["late_mw"].sum().unstack()
