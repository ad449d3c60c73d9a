"""The program of one half-year as a file for other solvers: MPS or LP, with names that can be read.

The file holds the last stage: native shortage is bounded by its least, what each pool serves by
itself is held, and the objective powers the most megawatts by tier and order.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pulp

from planner import demand, horizon, match, pipeline
from planner.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case import Case
    from planner.model import Engine, Window
    from planner.terms import Terms

STYLES: Final = ("mps", "lp")
LONGEST_NAME: Final = 250
VARIABLES: Final = ("served", "own", "short", "flow", "unnamed", "built", "give", "breach")


def text(case: Case, style: str, *, period: str | None = None) -> str:
    """Write the program of a half-year.

    Parameters
    ----------
    case
        The question; it has one grid.
    style
        `mps` or `lp`.
    period
        Half-year, for example `2028-summer`; the first one where none is given. Those before it
        are solved, since what they serve stays served.

    Returns
    -------
    str
        Variables are named like `served_campus#1` and `flow_NORTH_SOUTH_0`, rows like
        `adequacy_NORTH_0`; 0 is the half-year, 1 the next one. Megawatts throughout.

    Raises
    ------
    DataError
        The case has several grids, shares megawatts out, or has no such half-year.
    """
    terms = _terms(case)
    periods = list(terms.periods.index)
    wanted = period or periods[0]
    if wanted not in periods:
        raise DataError([f"period is {wanted!r}; choose one of {', '.join(periods)}."])
    engine = next(engine for now, engine in horizon.windows(terms) if now == wanted)
    problem = _problem(engine)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"program.{style}"
        if style == "mps":
            problem.writeMPS(str(file))
        else:
            problem.writeLP(str(file), max_length=LONGEST_NAME)
        return file.read_text(encoding="utf-8")


def _terms(case: Case) -> Terms:
    if case.assumptions.allocation == "prorata":
        raise DataError(["allocation is 'prorata', which is no single program; use queue or most."])
    placed = match.place(case)
    every = pipeline.gather(case, demand.steps(case, placed), demand.native(case, placed))
    if len(every) > 1:
        grids = ", ".join(sorted(set(case.regions["grid"])))
        raise DataError([f"the case has the grids {grids}; choose one of them (--grid)."])
    return every[0]


def _problem(engine: Engine) -> pulp.LpProblem:
    """Write the last stage that an engine solved, with names."""
    costs, low, high = engine.posed
    problem = pulp.LpProblem("planner")
    names = _names(engine.window)
    bounds = zip(low.tolist(), high.tolist(), strict=True)
    variables = [
        problem.add_variable(names.get(at, f"x{at}"), floor, ceiling)
        for at, (floor, ceiling) in enumerate(bounds)
    ]
    problem.setObjective(
        pulp.lpSum_vars_coefs([(variables[at], float(costs[at])) for at in costs.nonzero()[0]])
    )
    rows = {row: "_".join(map(str, key)) for key, row in engine.window.rows.items()}
    for row, (pairs, limit) in enumerate(
        zip(engine.window.pairs, engine.limits.tolist(), strict=True)
    ):
        terms = pulp.lpSum_vars_coefs([(variables[at], weight) for at, weight in pairs])
        problem += terms <= limit, rows[row]
    return problem


def _names(window: Window) -> dict[int, str]:
    named = dict(_named(window))
    return {at: name.replace(" ", "_").replace("-", "_") for at, name in named.items()}


def _named(window: Window) -> Iterator[tuple[int, str]]:
    for kind in VARIABLES:
        found: dict[Any, int] = getattr(window, kind)
        for key, at in found.items():
            parts = key if isinstance(key, tuple) else (key,)
            yield at, "_".join(map(str, (kind, *parts)))
