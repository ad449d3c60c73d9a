"""A program handed over to the solver once; what differs is changed before it is solved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from planner import highs
from planner.model import Engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.model import Window

type Array = np.ndarray

SOLVER_OPTIONS: Final = {"simplex_scale_strategy": 0, "simplex_dual_edge_weight_strategy": 1}


class Loaded:
    """The programs of some half-years, which have the same variables and rows.

    Parameters
    ----------
    windows
        The programs.
    without
        Variables that are left out of what is solved.

    Attributes
    ----------
    window
        The first of them: where variables and rows stand.
    low, high, limits, weights
        Bounds of variables, limits of rows and entries of the matrix, by half-year.
    entries
        Row and variable of each entry.
    """

    def __init__(self, windows: Sequence[Window], without: Sequence[int] = ()) -> None:
        self.window = windows[0]
        engine = Engine(self.window)
        engine.minimise([])
        self.live = engine.live
        for option, value in SOLVER_OPTIONS.items():
            self.live.setOptionValue(option, value)
        self.low = np.array([window.low for window in windows])
        self.high = np.array([window.high for window in windows])
        self.limits = np.array([window.limits for window in windows])
        every = [[weight for pairs in window.pairs for _, weight in pairs] for window in windows]
        self.weights = np.array(every)
        self.entries = engine.entries.T
        self.columns = self._leave_out(engine.columns, without)
        self._weights = self.weights[0].copy()

    def _leave_out(self, columns: Array, without: Sequence[int]) -> Array:
        """Delete variables from the loaded program; return where the others stand then."""
        gone = np.sort(columns[list(without)]).astype(np.int32)
        self.live.deleteCols(len(gone), gone)
        return (columns - np.searchsorted(gone, columns)).astype(np.int32)

    def bound(self, ats: Array, low: Array, high: Array) -> None:
        """Change bounds of variables."""
        columns = self.columns[ats]
        self.live.changeColsBounds(len(columns), columns, low, high)

    def price(self, ats: Array, costs: Array) -> None:
        """Change costs of variables."""
        columns = self.columns[ats]
        self.live.changeColsCost(len(columns), columns, costs)

    def limit(self, rows: Array, limits: Array) -> None:
        """Change what rows may be at most."""
        self.live.changeRowsBounds(len(rows), rows, np.full(len(rows), -np.inf), limits)

    def weigh(self, entries: Array, weights: Array) -> None:
        """Change entries of the matrix."""
        changed = weights != self._weights[entries]
        for entry, weight in zip(entries[changed], weights[changed], strict=True):
            row, at = self.entries[entry]
            self.live.changeCoeff(int(row), int(self.columns[at]), float(weight))
        self._weights[entries] = weights

    def solve(self, basis: Any) -> None:
        """Find the least cost from a basis, without one from nothing.

        Raises
        ------
        SolverError
            The solver finds no optimum.
        """
        self.live.clearSolver()
        if basis is not None:
            self.live.setBasis(basis)
        highs.run(self.live)

    def values(self, ats: Array) -> Array:
        """Return values of variables."""
        return np.asarray(np.array(self.live.getSolution().col_value)[self.columns[ats]])

    def prices(self, rows: Array) -> Array:
        """Return by how much the cost rises with one more megawatt asked in rows."""
        return np.asarray(-np.array(self.live.getSolution().row_dual)[rows])

    def basis(self) -> Any:
        """Return the basis of the last solution."""
        return self.live.getBasis()
