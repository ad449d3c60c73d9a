"""Two runs side by side: which sites moved, and which input rows moved them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner.errors import PackError

if TYPE_CHECKING:
    from pathlib import Path

QUARTERS: Final = 2
SAME_MW: Final = 1e-2
NEEDED: Final = ("sites.csv", "run.json")


def runs(before: Path, after: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare two folders that `planner check --out` wrote.

    Returns
    -------
    moved
        `site`, `name`, verdict and earliest period in both, `quarters` (positive: later) and
        `mw` (change of the megawatts on time); only sites that moved.
    inputs
        `input`, `before`, `after`: assumptions, versions and input files that differ, and the
        rows of small tables that do.

    Raises
    ------
    PackError
        A folder is not a run.
    """
    first, second = _read(before), _read(after)
    return _moved(first["sites"], second["sites"]), _inputs(first["run"], second["run"])


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
    except (ValueError, pd.errors.ParserError) as error:
        message = f"{folder}: it cannot be read ({error}); write the run again."
        raise PackError(message) from error
    return {"run": run, "sites": sites.set_index("site")}


def _moved(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    both = before.join(after, how="outer", lsuffix="_before", rsuffix="_after")
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
    same = rows["verdict_before"].fillna("") == rows["verdict_after"].fillna("")
    same &= rows["earliest_before"].fillna("") == rows["earliest_after"].fillna("")
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
    for part in ("assumptions", "versions", "inputs_sha256", "rows"):
        first, second = before.get(part, {}), after.get(part, {})
        for name in sorted(set(first) | set(second)):
            if first.get(name) != second.get(name):
                told = [str(side.get(name, "not there"))[:60] for side in (first, second)]
                rows.append((f"{part}: {name}", *told))
    return pd.DataFrame(rows, columns=["input", "before", "after"])
