"""Ratios of the main job: every shipped region and site, two seasons a year.

`.venv/bin/python benchmarks/season.py [NAME ...]`: each part compares two ways in one run, by
processor time, and prints a ratio. Parts: hand_over, cold, linopy, what_if, growth; all without
a name. `linopy` needs that package.
"""

from __future__ import annotations

import compileall
import dataclasses
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import highspy
import measure
import numpy as np
import pandas as pd
import pulp

import planner
from planner import causes, demand, horizon, match, model, pipeline
from planner.model import Engine, Layout, Terms, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

GRID = "us"
STEPS = (1, 2, 5, 10)
GROWN_PERIODS = 4
ABOVE = 1e-6


@dataclass(frozen=True)
class Ratio:
    """One line of the table: what against what, the seconds of both, and the ratio asked for."""

    what: str
    against: str
    mine_s: float
    other_s: float
    goal: float
    at_least: bool = False
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times the other: of mine, or where faster is asked, of the other."""
        return self.other_s / self.mine_s if self.at_least else self.mine_s / self.other_s

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return self.ratio >= self.goal if self.at_least else self.ratio <= self.goal


def ground(grid: str = GRID, *, decisions: bool = False) -> Terms:
    """The numbers of one grid."""
    case = planner.load_case(grid)
    placed = match.place(case)
    asked, loads = demand.steps(case, placed), demand.native(case, placed)
    return pipeline.gather(case, asked, loads, decisions=decisions)[0]


def first_window(terms: Terms) -> Window:
    """The program of the first half-year, not filled."""
    names = list(terms.periods.index)
    return Window(Layout(terms), int(terms.periods.iloc[0]), tuple(names[:2]), {}, {})


def hand_over() -> list[Ratio]:
    """Build and hand-over in PuLP, against handing HiGHS the same matrix."""
    layout = first_window(ground()).layout

    def whole() -> Engine:
        window = dataclasses.replace(first_window(layout.terms), layout=layout)
        engine = Engine(model.fill(window))
        engine.problem.setObjective(pulp.lpSum_vars_coefs([(engine.variables[0], 1.0)]))
        engine.solver.createAndConfigureSolver(engine.problem)
        engine.solver.buildSolverModel(engine.problem)
        return engine

    mine, engine = measure.seconds(whole)
    live: Any = engine.problem.solverModel
    ready = live.getLp()

    def passed() -> Any:
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.setOptionValue("output_flag", False)  # noqa: FBT003 - an option and its value
        solver.passModel(ready)
        return solver

    def named() -> Any:
        problem = pulp.LpProblem("floor")
        return [problem.add_variable(f"x{at}", 0.0, 1.0) for at in range(ready.num_col_)]

    other, _ = measure.seconds(passed)
    floor, _ = measure.seconds(named)
    note = f"{ready.num_col_:,} columns, {ready.num_row_:,} rows; at most 0.5 s is asked too;"
    note += f" adding the columns to PuLP, and nothing else, takes {floor / other:.0f}x"
    return [Ratio("build and hand-over", "passing the ready matrix", mine, other, 4, note=note)]


def cold() -> list[Ratio]:
    """The whole process, against importing the libraries alone."""
    libraries = ["-c", "import pandas, geopandas, pulp, highspy"]
    compileall.compile_dir(Path(planner.__file__).parent, quiet=1)  # as pip leaves the libraries
    mine, bare = measure.children(["-m", "planner.cli", "check"], libraries)
    told = f"clock {mine.wall_s:.1f} s against {bare.wall_s:.1f} s;"
    note = f"{told} memory {mine.peak_mb:.0f} MB against {bare.peak_mb:.0f} MB"
    return [Ratio("planner check, cold", "imports alone", mine.cpu_s, bare.cpu_s, 3, note=note)]


# --- the same program in linopy ------------------------------------------------------------------


@dataclass
class Posed:
    """One program as it was solved: costs, bounds, rows, and the least cost."""

    window: Window
    costs: np.ndarray
    low: np.ndarray
    high: np.ndarray
    limits: np.ndarray
    least: float


class Recorded(Engine):
    """Writes down what is solved."""

    log: list[Posed]

    def minimise(self, costs: Iterable[tuple[int, float]], *, flow: float = 0.0) -> None:
        """Solve and write down."""
        super().minimise(costs, flow=flow)
        weights = self.posed[0]
        least = float(weights @ self.values)
        self.log.append(
            Posed(
                self.window, weights, self.low.copy(), self.high.copy(), self.limits.copy(), least
            )
        )


def recorded(terms: Terms) -> list[Posed]:
    """Every program of the main job, in order."""
    Recorded.log = []
    plain = model.Engine
    model.Engine = Recorded  # type: ignore[misc]
    try:
        horizon.collected(horizon.windows(terms))
    finally:
        model.Engine = plain  # type: ignore[misc]
    return Recorded.log


def linopy_model(posed: Posed) -> Any:
    """Build the rows of a half-year in linopy, as arrays."""
    import linopy
    import xarray as xr

    made = linopy.Model()
    x = made.add_variables(
        lower=posed.low,
        upper=posed.high,
        coords=[pd.RangeIndex(len(posed.low), name="i")],
        name="x",
    )
    width = max(len(pairs) for pairs in posed.window.pairs)
    coefficients = np.zeros((len(posed.window.pairs), width))
    variables = np.full(coefficients.shape, -1)
    labels = x.labels.to_numpy()
    for row, pairs in enumerate(posed.window.pairs):
        coefficients[row, : len(pairs)] = [weight for _, weight in pairs]
        variables[row, : len(pairs)] = labels[[at for at, _ in pairs]]
    names = ("row", "_term")
    terms = xr.Dataset({"coeffs": (names, coefficients), "vars": (names, variables)})
    terms = terms.assign_coords(row=np.arange(len(coefficients)))
    rows = linopy.LinearExpression(terms, made)
    limits = xr.DataArray(posed.limits, dims="row", coords={"row": np.arange(len(posed.limits))})
    made.add_constraints(rows <= limits, name="rows")
    return made


def in_linopy(log: list[Posed]) -> list[float]:
    """Solve the same programs: rows are built once a half-year, bounds and costs are changed."""
    import xarray as xr

    found, made, window = [], None, None
    for posed in log:
        if made is None or window is not posed.window:
            made, window = linopy_model(posed), posed.window
        x = made.variables["x"]
        bounds = [xr.DataArray(b, dims="i", coords=x.coords) for b in (posed.low, posed.high)]
        x.update(lower=bounds[0], upper=bounds[1])
        rows = {"row": np.arange(len(posed.limits))}
        limits = xr.DataArray(posed.limits, dims="row", coords=rows)
        made.constraints["rows"].update(rhs=limits)
        made.add_objective((x * xr.DataArray(posed.costs, dims="i", coords=x.coords)).sum(),
                           overwrite=True)  # fmt: skip
        made.solve(solver_name="highs", io_api="direct", output_flag=False, threads=1)
        found.append(float(made.objective.value))
    return found


def linopy() -> list[Ratio]:
    """The main job against the same programs in linopy; both reach the same least costs."""
    terms = ground()
    log = recorded(terms)
    in_linopy(log[:1])
    mine, _ = measure.seconds(lambda: sum(1 for _ in horizon.windows(terms)), repeats=3)
    other, costs = measure.seconds(lambda: in_linopy(log), repeats=3, warm=False)
    worst = max(
        abs(cost - posed.least) / max(abs(posed.least), 1.0)
        for cost, posed in zip(costs, log, strict=True)
    )
    note = f"{len(log)} programs, largest relative difference of the objective {worst:.0e}"
    if worst > ABOVE:
        note += " (ABOVE 1e-6)"
    what = "main job"
    return [Ratio(what, "the same programs in linopy", mine, other, 5, at_least=True, note=note)]


# --- what-ifs ------------------------------------------------------------------------------------


def what_if() -> list[Ratio]:
    """A cause, a remedy: bounds changed on the loaded program, against the first solve."""
    terms = ground(decisions=True)

    def first() -> Engine:
        return next(horizon.windows(terms))[1]

    once, _ = measure.seconds(first, repeats=3)
    asked, spent = 0, 0.0
    for _, engine in horizon.windows(terms):
        held = {key: engine[at] for key, at in engine.window.wanting()}
        rows = engine.window.layout.rows
        now = [row.site for row in rows if row.target == engine.window.number and row.on_grid]
        due: dict[str, list[str]] = {site: [] for site in now}
        for row in rows:
            if row.site in due:
                due[row.site].append(row.step)
        values = engine.values
        for steps in list(due.values())[:5]:
            begun = time.process_time()
            causes._hold(engine, held)  # noqa: SLF001 - the part that is measured
            causes._lift(engine, ("connection",), {})  # noqa: SLF001
            causes._serve_lifted(engine, steps, held, ("connection",))  # noqa: SLF001
            causes._unlift(engine, ("connection",))  # noqa: SLF001
            spent += time.process_time() - begun
            asked += 1
        engine.values = values
    note = f"{asked} questions; the first solve holds build, hand-over and the stages"
    return [Ratio("one cause of one site", "first half-year", spent / asked, once, 0.1, note=note)]


# --- growth --------------------------------------------------------------------------------------


def grown(terms: Terms, times: int, what: str) -> Terms:
    """The same grid with more sites, regions (copies beside each other) or half-years."""
    if what == "periods":
        return cut(terms, 2 * times)
    terms = cut(terms, GROWN_PERIODS)
    copies = range(times)
    steps = pd.concat([named(terms.steps, at, ("step", "site")) for at in copies])
    steps = steps.sort_values(["announced_on", "step"], ignore_index=True)
    plants = pd.concat(
        [terms.plants.rename(index=lambda name, at=at: f"{name}~{at}") for at in copies]
    )
    if what == "sites":
        mw = steps["mw"] / times
        return dataclasses.replace(terms, steps=steps.assign(mw=mw), plants=plants / times)
    ends = ("from_region", "to_region")
    joint = pd.concat([_joint(terms.joint, at) for at in copies])
    wide = {
        name: pd.concat([_renamed(getattr(terms, name), at) for at in copies])
        for name in ("supply", "requirement", "margin", "unnamed", "pools")
    }
    homes = pd.concat(
        [named(terms.steps, at, ("step", "site", "region", "pocket")) for at in copies]
    )
    return dataclasses.replace(
        terms,
        **wide,
        steps=homes.sort_values(["announced_on", "step"], ignore_index=True),
        plants=plants,
        links=pd.concat([named(terms.links, at, ends) for at in copies], ignore_index=True),
        joint=joint.reset_index(drop=True),
        room=pd.concat([named(terms.room, at, ("pocket", "region")) for at in copies]),
    )


def cut(terms: Terms, periods: int) -> Terms:
    """Keep the first half-years."""
    kept = list(terms.periods.index[:periods])
    wide = {name: getattr(terms, name)[kept] for name in ("supply", "requirement", "margin")}
    rest = {name: getattr(terms, name)[kept] for name in ("unnamed", "plants")}
    return dataclasses.replace(terms, periods=terms.periods[kept], **wide, **rest)


def named(table: pd.DataFrame, at: int, columns: tuple[str, ...]) -> pd.DataFrame:
    """Give the ids of a copy a number of their own."""
    return table.assign(**{name: table[name] + f"~{at}" for name in columns if name in table})


def _renamed(table: Any, at: int) -> Any:
    return table.rename(index=lambda name: f"{name}~{at}")


def _joint(table: pd.DataFrame, at: int) -> pd.DataFrame:
    sides = {
        side: [frozenset(f"{region}~{at}" for region in each) for each in table[side]]
        for side in ("into", "out_of")
    }
    return named(table, at, ("limit",)).assign(**sides)


def growth() -> list[Ratio]:
    """Ten times as many sites, regions, half-years, against ten times the time."""
    terms = ground()
    return [ratio for what in ("sites", "regions", "periods") for ratio in grows(terms, what)]


def grows(terms: Terms, what: str) -> Iterator[Ratio]:
    """Time at ten times the size, as a multiple of ten times the time at the size of today."""
    spent = {}
    for times in STEPS:
        larger = grown(terms, times, what)
        begun = time.process_time()
        horizon.collected(horizon.windows(larger))
        spent[times] = time.process_time() - begun
    first, last = STEPS[0], STEPS[-1]
    told = ", ".join(f"{times}x {cpu:.2f} s" for times, cpu in spent.items())
    linear = spent[first] * last / first
    yield Ratio(f"{last} times the {what}", "linear growth", spent[last], linear, 1.3, note=told)


PARTS = {
    "hand_over": hand_over,
    "cold": cold,
    "linopy": linopy,
    "what_if": what_if,
    "growth": growth,
}


def line(found: Ratio) -> str:
    """One ratio in words."""
    sign = "at least" if found.at_least else "at most"
    met = "met" if found.met else "NOT MET"
    return (
        f"{found.what} against {found.against}: {found.mine_s:.3f} s against {found.other_s:.3f} s,"
        f" {found.ratio:.2f}x ({sign} {found.goal:g}x: {met}); {found.note}"
    )


def main() -> None:
    """Print one line for each ratio."""
    for name in sys.argv[1:] or PARTS:
        for found in PARTS[name]():
            print(line(found), flush=True)


if __name__ == "__main__":
    main()
