"""A plan and tables as files: each is there whole, or not at all."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import platform
import tempfile
from dataclasses import asdict, fields
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.errors import PackError
from planner.files import is_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.case import Case
    from planner.ladder import Ladder
    from planner.pipeline import Plan

PACKAGES: Final = ("pandas", "pulp", "highspy", "geopandas", "shapely")
TABLES: Final = ("sites", "steps", "regions", "bottlenecks", "by_year", "served", "flows")
LADDER_TABLES: Final = ("sites", "steps", "ramps", "built", "needs", "ranking", "flexible")


def write(
    plan: Plan, folder: Path, *, style: str = "csv", ladder: Ladder | None = None
) -> list[Path]:
    """Write every table and the run record; a file is there whole or not at all.

    Raises
    ------
    PackError
        The folder cannot be written.
    """
    suffix = {"csv": ".csv", "parquet": ".parquet"}[style]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tables = {name: getattr(plan, name) for name in TABLES}
        if ladder is not None:
            tables |= {name: getattr(ladder, name) for name in LADDER_TABLES}
        written = [_write_table(table, folder / (name + suffix)) for name, table in tables.items()]
        record = json.dumps(run_record(plan.case), indent=1, sort_keys=True) + "\n"
        rows = gzip.compress("\n".join(input_rows(plan.case)).encode(), mtime=0)
        written.append(whole(folder / "inputs.txt.gz", rows))
        return [*written, whole(folder / "run.json", record.encode())]
    except OSError as error:
        message = f"{folder}: {error.strerror or error}; choose a folder that can be written."
        raise PackError(message) from error


def write_rows(rows: pd.DataFrame, folder: Path, name: str) -> Path:
    """Write one table as CSV into a folder, whole or not at all.

    Raises
    ------
    PackError
        The folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _write_table(rows, folder / f"{name}.csv")
    except OSError as error:
        message = f"{folder}: {error.strerror or error}; choose a folder that can be written."
        raise PackError(message) from error


def write_file(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all.

    Raises
    ------
    PackError
        The file cannot be written.
    """
    try:
        return whole(path, content)
    except OSError as error:
        message = f"{path}: {error.strerror or error}; choose a file that can be written."
        raise PackError(message) from error


def _write_table(table: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        try:
            return whole(path, table.to_parquet(index=False))
        except ImportError as error:
            message = "Parquet needs pyarrow; install planner[tables] or write CSV."
            raise PackError(message) from error
    return whole(path, table.to_csv(index=False, lineterminator="\n").encode())


def whole(path: Path, content: bytes) -> Path:
    """Put a file into place in one go."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def run_record(case: Case) -> dict[str, object]:
    """Say what the answer stands on: versions, hashes of the inputs, assumptions."""
    files = sorted(file for folder in case.folders for file in _files(folder))
    hashes = {
        f"{file.parent.name}/{file.name}": hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
    }
    versions = {name: version(name) for name in PACKAGES}
    return {
        **stated(case),
        "planner": version("datacenter-power-planner"),
        "python": platform.python_version(),
        "versions": versions,
        "inputs_sha256": hashes,
    }


def _files(pack: Path) -> Iterable[Path]:
    """List the files of a pack: the tables of a folder, or the file itself."""
    if not pack.is_dir():
        return [pack]
    return [file for file in pack.iterdir() if is_table(file) and file.is_file()]


def input_rows(case: Case) -> list[str]:
    """List every row that the answer stands on, as `table: cell,cell,...`, sorted."""
    lines: list[str] = []
    for entry in fields(case):
        table = getattr(case, entry.name)
        if isinstance(table, pd.DataFrame) and len(table) and entry.name != "changes":
            cells = str(table.to_csv(index=False, header=False, lineterminator="\n"))
            lines += [f"{entry.name}: {line}" for line in cells.splitlines()]
    return sorted(lines)


def stated(case: Case) -> dict[str, object]:
    """Say the assumptions of a question, as text."""
    return {"assumptions": {key: str(value) for key, value in asdict(case.assumptions).items()}}
