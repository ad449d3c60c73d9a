"""The layer of years: what is built and which sites are served, in PuLP with named rows.

It is handed over to HiGHS once. Cuts from the hours of each period are added to the loaded program,
and draws change its bounds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import highspy
import numpy as np
import pulp

from planner import highs
from planner.errors import SolverError
from planner.hours_block import dot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PART: Final = "the layer of years: "
TINY: Final = 1e-9
TOLERANCE_MW: Final = 1e-6


@dataclass(frozen=True)
class Group:
    """A limit on several decisions, numbered as sites, then options: at most `limit_mw` a period.

    `yearly` limits hold for what comes new in a period, others for all that stands by then.
    """

    name: str
    members: np.ndarray
    limit_mw: np.ndarray
    yearly: bool = False


@dataclass(frozen=True)
class Reserve:
    """Accredited capacity, existing and built, covers (1 + margin) times the sites of a region.

    Attributes
    ----------
    spare_mw
        Accredited capacity and import credit less what native load requires: periods by regions.
    draw
        1 + margin of each region.
    home, place
        Region of each site and of each option; -1 where an option counts nowhere.
    credit
        Accredited share of each option.
    short_cost
        Cost of a megawatt that lacks.
    """

    spare_mw: np.ndarray
    draw: np.ndarray
    home: np.ndarray
    place: np.ndarray
    credit: np.ndarray
    short_cost: float

    def most(self, ramp_mw: np.ndarray) -> np.ndarray:
        """Most that can lack: periods by regions."""
        asked = np.zeros_like(self.spare_mw)
        np.add.at(asked.T, self.home, ramp_mw.T)
        lacks: np.ndarray = np.maximum(self.draw * asked - self.spare_mw, 0.0) + 1.0
        return lacks


@dataclass(frozen=True)
class Annual:
    """The layer of years; wide arrays are periods by sites, or periods by options.

    Attributes
    ----------
    periods, sites, options
        Names.
    ramp_mw
        Most that a site may be served.
    value
        Worth of a served megawatt.
    room_mw
        Most of an option that may be in service.
    cost
        Cost of a megawatt built.
    groups
        Limits over several options.
    reserve
        Reserve margin, if it belongs to this layer.
    lasting
        What is served once stays served.
    hours_most
        Most that the hours of a period can cost: periods by regions.
    """

    periods: Sequence[str]
    sites: Sequence[str]
    options: Sequence[str]
    ramp_mw: np.ndarray
    value: np.ndarray
    room_mw: np.ndarray
    cost: np.ndarray
    groups: Sequence[Group] = ()
    reserve: Reserve | None = None
    lasting: bool = True
    hours_most: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def most(self) -> np.ndarray:
        """Upper bounds of the decisions: periods by sites, then options."""
        return np.hstack([self.ramp_mw, self.room_mw])


type Pair = tuple[Any, float]


class Years:
    """The loaded program of the layer of years."""

    def __init__(self, annual: Annual) -> None:
        self.annual = annual
        self.problem = pulp.LpProblem("years")
        self.served = self._grid("served", annual.sites, annual.ramp_mw)
        self.built = self._grid("built", annual.options, annual.room_mw)
        regions = [f"r{at}" for at in range(annual.hours_most.shape[1])]
        self.short = []
        if annual.reserve is not None:
            most = annual.reserve.most(annual.ramp_mw)
            self.short = self._grid("short", regions, most, whole=True)
        self.hours = self._grid("hours", regions, annual.hours_most, whole=True)
        self.problem.setObjective(pulp.lpSum_vars_coefs(list(self._costs())))
        for name, pairs, limit in self._rows():
            self.problem.addConstraint(pulp.lpSum_vars_coefs(pairs) <= limit, name)
        self._hand_over()

    def _grid(
        self, kind: str, names: Sequence[str], most: np.ndarray, *, whole: bool = False
    ) -> list[dict[int, Any]]:
        """Variables by period and place; none where the most is zero in every period."""
        ever = np.flatnonzero((most > 0).any(axis=0) | whole).tolist()
        tops = most.tolist()
        return [
            {
                at: self.problem.add_variable(
                    f"{kind}_{at}_{names[at]}_{period}",
                    0.0,
                    tops[t][at],
                )
                for at in ever
            }
            for t, period in enumerate(self.annual.periods)
        ]

    def _costs(self) -> Iterator[Pair]:
        value, cost = self.annual.value.tolist(), self.annual.cost
        new = cost - np.vstack([cost[1:], np.zeros((1, cost.shape[1]))])
        reserve = self.annual.reserve
        for t, hours in enumerate(self.hours):
            yield from ((each, 1.0) for each in hours.values())
            yield from ((each, -value[t][at]) for at, each in self.served[t].items())
            yield from ((each, float(new[t, at])) for at, each in self.built[t].items())
            if reserve is not None:
                yield from ((each, reserve.short_cost) for each in self.short[t].values())

    def _rows(self) -> Iterator[tuple[str, list[Pair], float]]:
        """Name, weights and limit of each row: what the layer of years asks."""
        annual = self.annual
        for t, period in enumerate(annual.periods):
            if t and annual.lasting:
                for at, now in self.served[t].items():
                    pairs = [(self.served[t - 1][at], 1.0), (now, -1.0)]
                    yield f"lasting_{annual.sites[at]}_{period}", pairs, 0.0
            if t:
                for at, now in self.built[t].items():
                    pairs = [(self.built[t - 1][at], 1.0), (now, -1.0)]
                    yield f"standing_{at}_{annual.options[at]}_{period}", pairs, 0.0
            yield from self._limits(t)
            if annual.reserve is not None:
                yield from self._reserve(annual.reserve, t)

    def _limits(self, t: int) -> Iterator[tuple[str, list[Pair], float]]:
        """What is built or served of a group stays within its limit."""
        for number, group in enumerate(self.annual.groups):
            now = self._every(t)
            members = [at for at in group.members.tolist() if at in now]
            pairs = [(now[at], 1.0) for at in members]
            if t and group.yearly:
                before = self._every(t - 1)
                pairs += [(before[at], -1.0) for at in members]
            if pairs and np.isfinite(group.limit_mw[t]):
                name = f"build_{number}_{group.name}_{self.annual.periods[t]}"
                yield name, pairs, float(group.limit_mw[t])

    def _every(self, t: int) -> dict[int, Any]:
        """Decisions of a period: sites, then options."""
        sites = len(self.annual.sites)
        return self.served[t] | {sites + at: each for at, each in self.built[t].items()}

    def _reserve(self, reserve: Reserve, t: int) -> Iterator[tuple[str, list[Pair], float]]:
        """Accredited capacity, builds and shortfall cover the sites with their margin."""
        pairs: list[list[Pair]] = [[] for _ in reserve.draw]
        for at, each in self.served[t].items():
            region = int(reserve.home[at])
            pairs[region].append((each, float(reserve.draw[region])))
        for at, each in self.built[t].items():
            if reserve.place[at] >= 0 and reserve.credit[at] > 0:
                pairs[int(reserve.place[at])].append((each, -float(reserve.credit[at])))
        for region, parts in enumerate(pairs):
            name = f"reserve_{region}_{self.annual.periods[t]}"
            yield name, [*parts, (self.short[t][region], -1.0)], float(reserve.spare_mw[t, region])

    def _hand_over(self) -> None:
        solver = pulp.HiGHS(msg=False, threads=1)
        solver.createAndConfigureSolver(self.problem)
        solver.buildSolverModel(self.problem)
        live: Any = self.problem.solverModel
        self.live = live
        self.first_cut = live.getNumRow()
        self.waiting: list[tuple[float, np.ndarray, np.ndarray]] = []
        place = {each.id: at for at, each in enumerate(self.problem.exported_variables())}
        self.theta = np.array([[place[each.id] for each in row.values()] for row in self.hours])
        self.columns = np.full(self.annual.most.shape, -1)
        self.short_columns = np.full(self.theta.shape, -1)
        for t, lacking in enumerate(self.short):
            for at, each in lacking.items():
                self.short_columns[t, at] = place[each.id]
        sites = len(self.annual.sites)
        for first, kind in ((0, self.served), (sites, self.built)):
            for t, row in enumerate(kind):
                for at, each in row.items():
                    self.columns[t, first + at] = place[each.id]
        names = [row.name for row in self.problem.constraints()]
        self.rows = {name: at for at, name in enumerate(names)}
        self.costs = np.array(self.live.getLp().col_cost_)

    # --- solving ---------------------------------------------------------------------------------

    def solve(self) -> tuple[np.ndarray, float]:
        """Return a vertex of least cost, and a bound that holds whatever the solver's tolerance.

        Raises
        ------
        SolverError
            The solver finds no optimum.
        """
        self._add_cuts()
        self._options("simplex", "on")
        highs.run(self.live, PART)
        return self._found()

    def centre(self, tolerance: float) -> tuple[np.ndarray, float]:
        """Return a point amid those of nearly least cost, and a bound that holds.

        Where many plans cost the same, prices at their midst tell more than those at a corner.
        """
        self._add_cuts()
        self._options("ipm", "off")
        self.live.setOptionValue("ipm_optimality_tolerance", tolerance)
        self.live.clearSolver()
        self.live.run()
        status = self.live.getModelStatus()
        if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kUnknown):
            message = f"{PART}the solver stopped with {status}."
            raise SolverError(message)
        values, bound = self._found()
        if self._broken() > TOLERANCE_MW:
            vertex, other = self.solve()
            return vertex, max(bound, other)
        return values, bound

    def _broken(self) -> float:
        """Most by which the last solution breaks a row of this layer."""
        program, rows = self.live.getLp(), slice(self.first_cut)
        there = np.array(self.live.getSolution().row_value)[rows]
        low, high = np.array(program.row_lower_)[rows], np.array(program.row_upper_)[rows]
        return float(np.maximum(low - there, there - high).max(initial=0.0))

    def _options(self, solver: str, crossover: str) -> None:
        self.live.setOptionValue("solver", solver)
        self.live.setOptionValue("run_crossover", crossover)

    def _found(self) -> tuple[np.ndarray, float]:
        solution = self.live.getSolution()
        return np.array(solution.col_value), self._bound(np.array(solution.row_dual))

    def _bound(self, duals: np.ndarray) -> float:
        """Bound the least cost from below by prices of the rows, by weak duality."""
        program = self.live.getLp()
        low, high = np.array(program.row_lower_), np.array(program.row_upper_)
        duals = np.where(np.isfinite(low), duals, np.minimum(duals, 0.0))
        duals = np.where(np.isfinite(high), duals, np.maximum(duals, 0.0))
        row, column, value = self.matrix()
        left = self.costs - np.bincount(column, value * duals[row], len(self.costs))
        ends = np.where(left > 0, np.array(program.col_lower_), np.array(program.col_upper_))
        used = duals != 0
        sides = np.where(duals > 0, low, high)
        return dot(duals[used], sides[used]) + dot(left, ends)

    def matrix(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Weights of the loaded program: row, column and value of each."""
        matrix = self.live.getLp().a_matrix_
        counts = np.diff(np.array(matrix.start_))
        line = np.repeat(np.arange(len(counts)), counts)
        index = np.array(matrix.index_, dtype=np.int64)
        by_row = matrix.format_ == highspy.MatrixFormat.kRowwise
        row, column = (line, index) if by_row else (index, line)
        return row, column, np.array(matrix.value_)

    def decisions(self, values: np.ndarray) -> np.ndarray:
        """Decisions of each period out of the values: periods by sites, then options."""
        found = np.where(self.columns >= 0, values[self.columns], 0.0)
        return np.clip(found, 0.0, self.annual.most)

    def own_cost(self, values: np.ndarray) -> float:
        """Cost of the values without the hours."""
        own = self.costs.copy()
        own[self.theta] = 0.0
        return dot(own, values)

    def cut(self, period: int, regions: np.ndarray, slope: np.ndarray, constant: float) -> None:
        """Ask that the hours of some regions cost at least constant + slope x decisions."""
        here = (self.columns[period] >= 0) & (np.abs(slope) > TINY)
        lost = dot(np.minimum(slope, 0.0), np.where(here, 0.0, self.annual.most[period]))
        theta = self.theta[period][regions]
        columns = np.r_[self.columns[period][here], theta].astype(np.int32)
        weights = np.r_[-slope[here], np.ones(len(theta))]
        self.waiting.append((constant + lost, columns, weights))

    def _add_cuts(self) -> None:
        """Hand cuts over all at once: HiGHS takes long over single rows."""
        if not self.waiting:
            return
        limits, columns, weights = zip(*self.waiting, strict=True)
        starts = np.cumsum([0, *(len(each) for each in columns)])[:-1].astype(np.int32)
        count, entries = len(limits), sum(len(each) for each in columns)
        high = np.full(count, np.inf)
        at, values = np.concatenate(columns), np.concatenate(weights)
        self.live.addRows(count, np.array(limits), high, entries, starts, at, values)
        self.waiting.clear()

    def drop_cuts(self, numbers: range) -> None:
        """Take cuts out again; the rest are numbered anew, in their order."""
        self._add_cuts()
        rows = (self.first_cut + np.array(numbers)).astype(np.int32)
        if len(rows):
            self.live.deleteRows(len(rows), rows)

    def reprice(self, constants: np.ndarray) -> None:
        """Give all cuts other constants, for another draw."""
        self._add_cuts()
        rows = (self.first_cut + np.arange(len(constants))).astype(np.int32)
        self.live.changeRowsBounds(len(rows), rows, constants, np.full(len(rows), np.inf))

    def draw(self, annual: Annual) -> None:
        """Take the bounds and reserves of another draw; names and weights stay."""
        self.annual = annual
        used = self.columns >= 0
        self._raise(self.columns[used], annual.most[used])
        self._raise(self.theta.ravel(), annual.hours_most.ravel())
        if annual.reserve is not None:
            spare = annual.reserve.spare_mw
            most = annual.reserve.most(annual.ramp_mw)
            used = self.short_columns >= 0
            self._raise(self.short_columns[used], most[used])
            names = [f"reserve_{r}_{p}" for p in annual.periods for r in range(spare.shape[1])]
            rows = np.array([self.rows[name] for name in names], dtype=np.int32)
            self.live.changeRowsBounds(len(rows), rows, np.full(len(rows), -np.inf), spare.ravel())

    def _raise(self, columns: np.ndarray, most: np.ndarray) -> None:
        at = columns.astype(np.int32)
        self.live.changeColsBounds(len(at), at, np.zeros(len(at)), most)
