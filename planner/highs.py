"""HiGHS as the programs use it: loaded from arrays, and solved."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np

from planner.errors import SolverError


def arrays(columns: Any, rows: Any, entries: Any) -> Any:
    """Put columns (low, high, cost), rows (low, high) and entries into the form of HiGHS."""
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(columns[0]), len(rows[0])
    model.col_lower_, model.col_upper_, model.col_cost_ = columns
    model.row_lower_, model.row_upper_ = rows
    order = np.lexsort((entries[1], entries[0]))
    starts = np.searchsorted(entries[0][order], np.arange(len(rows[0]) + 1))
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.num_col_, matrix.num_row_ = model.num_col_, model.num_row_
    matrix.start_ = starts.astype(np.int32)
    matrix.index_ = entries[1][order].astype(np.int32)
    matrix.value_ = entries[2][order]
    return model


def passed(model: Any) -> Any:
    """Load a program into HiGHS, quiet and on one thread."""
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)  # noqa: FBT003 - an option and its value
    solver.setOptionValue("threads", 1)
    solver.passModel(model)
    return solver


def run(live: Any, part: str = "") -> None:
    """Solve what is loaded, in a second try from nothing.

    Parameters
    ----------
    live
        A loaded program.
    part
        What opens the message, where a program is one of several.

    Raises
    ------
    SolverError
        The solver finds no optimum.
    """
    live.run()
    if live.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        live.clearSolver()
        live.run()
    if live.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        message = f"{part}the solver stopped with {live.getModelStatus()}."
        raise SolverError(message)


def values(live: Any) -> np.ndarray:
    """Solve what is loaded, and return the values of its columns."""
    run(live)
    return np.array(live.getSolution().col_value)
