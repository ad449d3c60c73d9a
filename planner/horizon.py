"""Take the half-years in order, carry what is served, and find out what holds back the rest."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import model, stages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in COLUMNS}
    for period, engine in run:
        tables = _frames(engine, period)
        if diagnose:
            tables["freed"] = _freed(engine)
        for name, table in tables.items():
            parts[name].append(table)
    return Solution(**{name: _joined(tables, name) for name, tables in parts.items()})


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


def _frames(engine: model.Engine, period: str) -> dict[str, pd.DataFrame]:
    return {
        "served": _served(engine, period),
        "regions": _balance(engine, period),
        "flows": _net_flows(engine, period),
        "built": _built(engine, period),
        "give": _give(engine, period),
        "breaches": _breaches(engine, period),
    }


def _built(engine: model.Engine, period: str) -> pd.DataFrame:
    built = engine.window.built
    rows = pd.DataFrame({"option": list(built), "built_mw": _values(engine, list(built.values()))})
    return rows[rows["built_mw"] > model.TOLERANCE_MW].assign(period=period)


def _give(engine: model.Engine, period: str) -> pd.DataFrame:
    give = {key[0]: column for key, column in engine.window.give.items() if key[1] == 0}
    rows = pd.DataFrame({"region": list(give), "give_mw": _values(engine, list(give.values()))})
    return rows[rows["give_mw"] > model.TOLERANCE_MW].assign(period=period)


def _breaches(engine: model.Engine, period: str) -> pd.DataFrame:
    breach = engine.window.breach
    broken = _values(engine, list(breach.values()))
    rows = pd.DataFrame({"constraint": list(breach), "breach_mw": broken}).assign(period=period)
    return rows[rows["breach_mw"] > BROKEN_MW]


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


def _served(engine: model.Engine, period: str) -> pd.DataFrame:
    window = engine.window
    steps = window.steps[["step", "site"]].assign(period=period)
    return steps.assign(served_mw=_values(engine, [window.served[s] for s in steps["step"]]))


def _values(engine: model.Engine, columns: list[int]) -> list[float]:
    """Read columns; what the solver leaves within its tolerance of zero is zero."""
    values = engine.values[columns] if columns else np.zeros(0)
    values = np.where(np.abs(values) < NOISE_MW, 0.0, values)
    return [round(value, 6) + 0.0 for value in values.tolist()]


def _balance(engine: model.Engine, period: str) -> pd.DataFrame:
    window = engine.window
    terms = window.terms
    regions = terms.supply.index
    loads, flows = model.loads_by_region(window), model.flows_by_region(window)
    drawn = [sum(engine[v] * part for v, part in loads[region, 0]) for region in regions]
    inflow = [-sum(engine[v] * sign for v, sign in flows[region, 0]) for region in regions]
    unnamed = pd.Series(0.0, index=regions)
    for key, variable in window.unnamed.items():
        unnamed[key[0]] += engine[variable]
    table = pd.DataFrame(
        {
            "supply_mw": terms.supply[period],
            "requirement_mw": terms.requirement[period],
            "net_import_mw": inflow,
            "shortage_mw": _values(engine, [window.short[region, 0] for region in regions]),
            "sites_mw": drawn - unnamed,
            "unnamed_mw": unnamed,
            "unnamed_asked_mw": terms.unnamed[period],
        }
    )
    return table.round(6).add(0.0).rename_axis("region").reset_index().assign(period=period)


def _net_flows(engine: model.Engine, period: str) -> pd.DataFrame:
    flow = engine.window.flow
    rows = [
        (start, end, period, round(engine[variable] - engine[flow[end, start, slot]], 6) + 0.0)
        for (start, end, slot), variable in flow.items()
        if slot == 0 and start < end
    ]
    return pd.DataFrame(rows, columns=COLUMNS["flows"])


def _carry(engine: model.Engine) -> dict[str, float]:
    """What is served stays served."""
    window = engine.window
    values = engine.values - engine.room(engine.values)
    held = {step: max(float(values[at]), 0.0) for step, at in window.served.items()}
    for (region, _), variable in window.unnamed.items():
        held[region] = held.get(region, 0.0) + max(float(values[variable]), 0.0)
    return held


def _freed(engine: model.Engine) -> pd.DataFrame:
    """Lift kinds of limits, alone and behind the connection, for steps that miss their date."""
    steps = engine.window.steps
    due = steps[(steps["target"] == engine.window.number) & steps["on_grid"]]
    due = due.set_index("step")["mw"]
    got = _of_steps(engine, due.index)
    missing = due.index[due - got > model.TOLERANCE_MW]
    frames = []
    values = engine.values
    short = list(engine.window.short.values())
    for kinds in _worth_a_trial(engine, set(missing)):
        stages.lift(engine, kinds)
        stages.decide(engine)
        gain = _of_steps(engine, missing) - got[missing]
        stages.restore(engine, kinds)
        frames.append(gain.round(6).rename("mw").reset_index().assign(lifted="+".join(kinds)))
    engine.values = values
    engine.bound_all(short, np.zeros(len(short)), values[short] + model.TOLERANCE_MW)
    return pd.concat(frames) if frames else pd.DataFrame(columns=COLUMNS["freed"])


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


def _of_steps(engine: model.Engine, steps: Iterable[str]) -> pd.Series:
    """Return the powered megawatts of steps."""
    names = pd.Index(steps, name="step")
    return pd.Series(_values(engine, [engine.window.served[s] for s in names]), names, float)
