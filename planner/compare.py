"""Two runs side by side: which sites moved, and which input rows moved them."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner.errors import PackError

if TYPE_CHECKING:
    from pathlib import Path

QUARTERS: Final = 2
SAME_MW: Final = 1e-2
NEEDED: Final = ("sites.csv", "run.json", "inputs.txt.gz")


def runs(before: Path, after: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare two folders that `planner check --out` wrote.

    Returns
    -------
    moved
        `site`, `name`, verdict and earliest period in both, `quarters` (positive: later) and
        `mw` (change of the megawatts on time); only sites that moved.
    inputs
        `input`, `before`, `after`: assumptions, versions, input files and input rows that differ.

    Raises
    ------
    PackError
        A folder is not a run.
    """
    first, second = _read(before), _read(after)
    inputs = pd.concat(
        [_inputs(first["run"], second["run"]), _rows(first["rows"], second["rows"])],
        ignore_index=True,
    )
    return _moved(first["sites"], second["sites"]), inputs


def _read(folder: Path) -> dict[str, Any]:
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        message = (
            f"{folder}: no {' and '.join(missing)}; give a folder that `planner check --out` wrote."
        )
        raise PackError(message)
    try:
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        sites = pd.read_csv(folder / "sites.csv")
        rows = gzip.decompress((folder / "inputs.txt.gz").read_bytes()).decode().splitlines()
    except (ValueError, OSError, EOFError, pd.errors.ParserError) as error:
        message = f"{folder}: it cannot be read ({error}); write the run again."
        raise PackError(message) from error
    return {"run": run, "sites": sites.set_index("site"), "rows": rows}


def _moved(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    both = before.join(after, how="outer", suffixes=("_before", "_after"))
    quarters = _number(both["earliest_period_after"]) - _number(both["earliest_period_before"])
    rows = pd.DataFrame(
        {
            "name": both["name_after"].fillna(both["name_before"]),
            "verdict_before": both["verdict_before"],
            "verdict_after": both["verdict_after"],
            "earliest_before": both["earliest_period_before"],
            "earliest_after": both["earliest_period_after"],
            "quarters": QUARTERS * quarters,
            "mw": (
                both["on_time_mw_after"].fillna(0.0) - both["on_time_mw_before"].fillna(0.0)
            ).round(3),
        }
    )
    told = rows.astype(object).where(rows.notna(), "")
    same = told["verdict_before"] == told["verdict_after"]
    same &= told["earliest_before"] == told["earliest_after"]
    same &= rows["mw"].abs() < SAME_MW
    rows = rows[~same].reset_index()
    return rows.sort_values(["mw", "site"], key=_size, ignore_index=True)


def _size(column: pd.Series) -> pd.Series:
    return -column.abs() if column.name == "mw" else column


def _number(periods: pd.Series) -> pd.Series:
    parts = periods.astype("str").str.extract(r"(\d+)-(\w+)")
    return 2 * parts[0].astype(float) + (parts[1] == "summer")


def _inputs(before: dict[str, Any], after: dict[str, Any]) -> pd.DataFrame:
    rows = []
    for part in ("assumptions", "versions", "inputs_sha256"):
        first, second = before.get(part, {}), after.get(part, {})
        for name in sorted(set(first) | set(second)):
            if first.get(name) != second.get(name):
                told = [str(side.get(name, "not there"))[:60] for side in (first, second)]
                rows.append((f"{part}: {name}", *told))
    return pd.DataFrame(rows, columns=["input", "before", "after"])


def _rows(before: list[str], after: list[str]) -> pd.DataFrame:
    """Name the input rows that stand in one run only."""
    gone, new = set(before) - set(after), set(after) - set(before)
    found = [("row taken away", line, "") for line in sorted(gone)]
    found += [("row added", "", line) for line in sorted(new)]
    return pd.DataFrame(found, columns=["input", "before", "after"])
