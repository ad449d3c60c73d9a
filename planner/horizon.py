"""Take the half-years in order, carry what is served, and find out what holds back the rest."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import model, stages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

type Rows = dict[str, list[Any]]

NOISE_MW: Final = 1e-5
BROKEN_MW: Final = 1e-3
TRIALS: Final = (
    ("connection",),
    ("delivery",),
    ("import",),
    ("connection", "delivery"),
    ("connection", "import"),
)
COLUMNS: Final = {
    "served": ["step", "site", "period", "served_mw"],
    "regions": ["region", "period"],
    "flows": ["from_region", "to_region", "period", "flow_mw"],
    "freed": ["step", "lifted", "mw"],
    "built": ["option", "period", "built_mw"],
    "give": ["region", "period", "give_mw"],
    "breaches": ["constraint", "period", "breach_mw"],
}


@dataclass(frozen=True)
class Solution:
    """Numbers out of the solver.

    Attributes
    ----------
    served
        Powered megawatts by `step` and `period`.
    regions
        By `region` and `period`: `supply_mw`, `requirement_mw`, `net_import_mw`, `shortage_mw`,
        `sites_mw`, `unnamed_mw`, `unnamed_asked_mw`.
    flows
        Net flow by `from_region`, `to_region`, `period`.
    freed
        Megawatts that lifting kinds of limits frees on the target date: `step`, `lifted`, `mw`.
    built
        Remedies in service by `option` and `period` [MW nameplate].
    give
        Megawatts of requirement that flexible sites carry by giving way, by `region`, `period`.
    breaches
        Megawatts by which constraints of one's own are broken, by `constraint` and `period`.
    """

    served: pd.DataFrame
    regions: pd.DataFrame
    flows: pd.DataFrame
    freed: pd.DataFrame
    built: pd.DataFrame
    give: pd.DataFrame
    breaches: pd.DataFrame = field(default_factory=pd.DataFrame)


def solve(terms: model.Terms, *, solver: Any = None, diagnose: bool = True) -> Solution:
    """Power what can be powered by what stands or is being built.

    Parameters
    ----------
    terms
        Numbers of one grid.
    solver
        Any PuLP solver; HiGHS in process where none is given.
    diagnose
        Whether kinds of limits are lifted in turn for steps that miss their date.

    Returns
    -------
    Solution
        Powered megawatts, balance of each region, flows, and what lifting limits frees.

    Raises
    ------
    SolverError
        The solver finds no optimum.
    """
    return collected(windows(terms, solver=solver), diagnose=diagnose)


def collected(run: Iterable[tuple[str, model.Engine]], *, diagnose: bool = False) -> Solution:
    """Read the tables out of solved half-years, put below each other."""
    parts: dict[str, list[Rows]] = {name: [] for name in COLUMNS}
    for period, engine in run:
        tables = _tables(engine, period)
        if diagnose:
            tables["freed"] = _freed(engine)
        for name, rows in tables.items():
            parts[name].append(rows)
    return Solution(**{name: _below_each_other(rows, name) for name, rows in parts.items()})


def windows(
    terms: model.Terms,
    *,
    allow: Iterable[str] = (),
    floor: pd.DataFrame | None = None,
    solver: Any = None,
) -> Iterator[tuple[str, model.Engine]]:
    """Take the half-years in order; yield each with its solved program.

    In each one the load that is already there is kept, native shortage is made least, then the
    most megawatts are powered on their date, then those that are late, at the least cost and flow.

    Parameters
    ----------
    terms
        Numbers of one grid.
    allow
        What a plain run does not: `remedies`, `build` (no yearly limits), `flexible`.
    floor
        Powered megawatts (`step`, `period`, `served_mw`) of another run, below which no step falls
        that is connected.
    solver
        Any PuLP solver; HiGHS in process where none is given.

    Notes
    -----
    Why half-years in order, and not one program over the whole horizon: see docs/decisions/0001.
    """
    carried: dict[str, float] = {}
    standing: dict[str, float] = {}
    allow = tuple(allow)
    names = list(terms.periods.index)
    layout = model.Layout(terms)
    least = _by_period(floor)
    ready = {row.step: row.ready for row in layout.rows}
    engine = None
    for at, period in enumerate(names):
        pair = (period, names[min(at + 1, len(names) - 1)])
        kept = carried | {
            step: max(mw, carried.get(step, 0.0))
            for step, mw in least.get(period, {}).items()
            if ready.get(step, np.inf) <= terms.periods.iloc[at]
        }
        window = model.Window(layout, int(terms.periods.iloc[at]), pair, kept, standing)
        model.fill(window)
        if engine is None:
            engine = model.Engine(window, solver)
        else:
            engine.turn(window)
        stages.lift(engine, allow)
        stages.decide(engine)
        carried = _carry(engine)
        standing = {option: engine[column] for option, column in window.built.items()}
        yield period, engine


def _by_period(floor: pd.DataFrame | None) -> dict[str, dict[str, float]]:
    if floor is None or floor.empty:
        return {}
    return {
        str(period): dict(zip(rows["step"], rows["served_mw"], strict=True))
        for period, rows in floor.groupby("period")
    }


def _tables(engine: model.Engine, period: str) -> dict[str, Rows]:
    """Read one half-year; tables are made of all half-years at once, which is quicker."""
    values = engine.values.tolist()
    window = engine.window
    give = {key[0]: column for key, column in window.give.items() if key[1] == 0}
    names = ["option", "built_mw"], ["region", "give_mw"], ["constraint", "breach_mw"]
    return {
        "served": _served(engine, period),
        "regions": _balance(engine, period, values),
        "flows": _net_flows(window, period, values),
        "built": _above(engine, period, window.built, names[0], model.TOLERANCE_MW),
        "give": _above(engine, period, give, names[1], model.TOLERANCE_MW),
        "breaches": _above(engine, period, window.breach, names[2], BROKEN_MW),
    }


def _length(rows: Rows) -> int:
    return len(next(iter(rows.values())))


def _below_each_other(parts: list[Rows], name: str) -> pd.DataFrame:
    full = [rows for rows in parts if _length(rows)]
    if not full:
        return pd.DataFrame(columns=COLUMNS[name])
    return pd.DataFrame({column: [*chain(*(rows[column] for rows in full))] for column in full[0]})


def _above(
    engine: model.Engine,
    period: str,
    columns: Mapping[str, int],
    names: list[str],
    least_mw: float,
) -> Rows:
    """Keep what is more than a tolerance."""
    found = zip(columns, _values(engine, list(columns.values())), strict=True)
    kept = [(name, mw, period) for name, mw in found if mw > least_mw]
    return {name: [row[at] for row in kept] for at, name in enumerate([*names, "period"])}


def together(solutions: Iterable[Solution]) -> Solution:
    """Put the solutions of several grids side by side."""
    parts = list(solutions)
    return Solution(
        **{
            entry.name: _joined([getattr(part, entry.name) for part in parts], entry.name)
            for entry in fields(Solution)
        }
    )


def _joined(frames: list[pd.DataFrame], name: str) -> pd.DataFrame:
    full = [frame for frame in frames if not frame.empty]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame(columns=COLUMNS[name])


def _served(engine: model.Engine, period: str) -> Rows:
    window = engine.window
    rows = [row for row in window.layout.rows if row.target <= window.number]
    served = _values(engine, [window.served[row.step] for row in rows])
    return {
        "step": [row.step for row in rows],
        "site": [row.site for row in rows],
        "period": [period] * len(rows),
        "served_mw": served,
    }


def _values(engine: model.Engine, columns: list[int]) -> list[float]:
    """Read columns; what the solver leaves within its tolerance of zero is zero."""
    values = engine.values[columns] if columns else np.zeros(0)
    values = np.where(np.abs(values) < NOISE_MW, 0.0, values)
    return [round(value, 6) + 0.0 for value in values.tolist()]


def _balance(engine: model.Engine, period: str, values: list[float]) -> Rows:
    window = engine.window
    terms, regions = window.terms, window.layout.regions
    loads, flows = model.loads_by_region(window), model.flows_by_region(window)
    drawn = [sum(values[at] * part for at, part in loads[region, 0]) for region in regions]
    inflow = [-sum(values[at] * sign for at, sign in flows[region, 0]) for region in regions]
    unnamed = dict.fromkeys(regions, 0.0)
    for key, at in window.unnamed.items():
        unnamed[key[0]] += values[at]
    new = np.array(list(unnamed.values()))
    table = {
        "supply_mw": terms.supply[period],
        "requirement_mw": terms.requirement[period],
        "net_import_mw": inflow,
        "shortage_mw": _values(engine, [window.short[region, 0] for region in regions]),
        "sites_mw": np.array(drawn) - new,
        "unnamed_mw": new,
        "unnamed_asked_mw": terms.unnamed[period],
    }
    rounded = {name: np.round(np.asarray(mw, dtype=float), 6) + 0.0 for name, mw in table.items()}
    found = {name: mw.tolist() for name, mw in rounded.items()}
    return {"region": regions, **found, "period": [period] * len(regions)}


def _net_flows(window: model.Window, period: str, values: list[float]) -> Rows:
    flow = window.flow
    pairs = [(start, end) for start, end, slot in flow if slot == 0 and start < end]
    net = [values[flow[start, end, 0]] - values[flow[end, start, 0]] for start, end in pairs]
    return {
        "from_region": [start for start, _ in pairs],
        "to_region": [end for _, end in pairs],
        "period": [period] * len(pairs),
        "flow_mw": [round(mw, 6) + 0.0 for mw in net],
    }


def _carry(engine: model.Engine) -> dict[str, float]:
    """What is served stays served."""
    window = engine.window
    values = engine.values - engine.room(engine.values)
    held = {step: max(float(values[at]), 0.0) for step, at in window.served.items()}
    for (region, _), variable in window.unnamed.items():
        held[region] = held.get(region, 0.0) + max(float(values[variable]), 0.0)
    return held


def _freed(engine: model.Engine) -> Rows:
    """Lift kinds of limits, alone and behind the connection, for steps that miss their date."""
    window = engine.window
    due = [row for row in window.layout.rows if row.target == window.number and row.on_grid]
    served = [window.served[row.step] for row in due]
    missing = {
        row.step: (at, mw)
        for row, at, mw in zip(due, served, _values(engine, served), strict=True)
        if row.mw - mw > model.TOLERANCE_MW
    }
    found: Rows = {"step": [], "mw": [], "lifted": []}
    values = engine.values
    short = list(window.short.values())
    for kinds in _worth_a_trial(engine, set(missing)):
        stages.lift(engine, kinds)
        stages.decide(engine)
        got = _values(engine, [at for at, _ in missing.values()])
        found["step"] += missing
        found["mw"] += [mw - before for mw, (_, before) in zip(got, missing.values(), strict=True)]
        found["lifted"] += ["+".join(kinds)] * len(missing)
        stages.restore(engine, kinds)
    engine.values = values
    engine.bound_all(short, np.zeros(len(short)), values[short] + model.TOLERANCE_MW)
    return {**found, "mw": np.round(found["mw"], 6).tolist()}


def _worth_a_trial(engine: model.Engine, missing: set[str]) -> list[tuple[str, ...]]:
    """Leave out lifts that change nothing for the steps that miss their date."""
    window = engine.window
    rows = [row for row in window.layout.rows if row.step in missing]
    may = {
        "import": bool(rows),
        "connection": any(row.ready > window.number for row in rows),
        "delivery": any(row.pocket in window.layout.rooms for row in rows),
    }
    return [kinds for kinds in TRIALS if all(may[kind] for kind in kinds)]
