"""The linear program of one half-year: variables, constraints, and the solver that holds it.

What is newly powered must be carried in this half-year and in the next one, so that no site lives
on one season only. :mod:`planner.stages` gives it its objectives, :mod:`planner.horizon` takes the
half-years in order.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pulp

from planner import highs, hook
from planner.errors import SolverError
from planner.terms import UNLIMITED_MW, Layout, Terms, once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

__all__ = ["UNLIMITED_MW", "Engine", "Layout", "Terms", "Window", "fill"]

TOLERANCE_MW: Final = 1e-6
FILE_DIGITS: Final = 1e-6
ON_TIME_WEIGHT: Final = 1e6
LATE_WEIGHT: Final = 1e3
SHORT_WEIGHT: Final = 1e3
FLOW_WEIGHT: Final = 1e-3
GIVE_WEIGHT: Final = 1e-2
QUEUE_SPREAD: Final = 0.01
TIERS: Final = {"on time": ON_TIME_WEIGHT, "late": LATE_WEIGHT}
USD_SCALE: Final = 1e5

type Key = tuple[Any, ...]
type Pair = tuple[int, float]
type Rows = Iterator[tuple[Key, list[Pair], float]]


@dataclass
class Window:
    """Two neighbouring half-years: the one decided, and the next one that must be carried.

    A variable is a column number; a row is `sum of weight x variable <= limit`. Every half-year of
    a grid has the same variables and rows, so that only bounds, weights and limits change.
    `carried` holds what was served before, by step, and by region for unnamed datacenters;
    `standing` the remedies built before, by option. `net` writes one signed flow a line.
    """

    layout: Layout
    number: int
    periods: Sequence[str]
    carried: Mapping[str, float]
    standing: Mapping[str, float] = field(default_factory=dict)
    net: bool = False
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    served: dict[str, int] = field(default_factory=dict)
    own: dict[Key, int] = field(default_factory=dict)
    short: dict[Key, int] = field(default_factory=dict)
    flow: dict[Key, int] = field(default_factory=dict)
    unnamed: dict[Key, int] = field(default_factory=dict)
    built: dict[str, int] = field(default_factory=dict)
    give: dict[Key, int] = field(default_factory=dict)
    breach: dict[str, int] = field(default_factory=dict)
    probe: int = 0
    share: int | None = None
    rows: dict[Key, int] = field(default_factory=dict)
    pairs: list[list[Pair]] = field(default_factory=list)
    limits: list[float] = field(default_factory=list)

    @property
    def terms(self) -> Terms:
        """The numbers of the grid."""
        return self.layout.terms

    @property
    def slots(self) -> list[str]:
        """The half-years that must be carried."""
        return list(dict.fromkeys(self.periods))

    @property
    def steps(self) -> Any:
        """Steps asked by now."""
        steps = self.layout.steps
        return steps[steps["target"] <= self.number]

    def add(self, low: float, high: float) -> int:
        """Add a variable."""
        self.low.append(low)
        self.high.append(high)
        return len(self.low) - 1

    def wanting(self) -> list[tuple[Key, int]]:
        """List the variables that may be given more, under their keys."""
        return [((step,), at) for step, at in self.served.items()] + list(self.unnamed.items())


# --- variables -----------------------------------------------------------------------------------


def fill(window: Window) -> Window:
    """Fill a window with variables and rows."""
    _add_remedies(window)
    _add_sites(window)
    _add_unnamed(window)
    _add_grid(window)
    window.probe = window.add(0.0, 0.0)
    if window.terms.allocation == "prorata":
        window.share = window.add(0.0, 1.0)
    for constraint in CONSTRAINTS:
        for key, pairs, limit in constraint(window):
            window.rows[constraint.__name__, *key] = len(window.pairs)
            window.pairs.append(pairs)
            window.limits.append(limit)
    if window.terms.constrain is not None:
        hook.add(window, pulp.LpProblem("own"))
    return window


def _add_remedies(window: Window) -> None:
    """Remedies stay closed at what stands, until a run opens those whose lead time is over."""
    for row in window.layout.options:
        held = window.standing.get(row.option, 0.0)
        window.built[row.option] = window.add(held, held)
    for slot in range(2):
        for regions in window.layout.pools.values():
            for _, region in regions:
                window.give[region, slot] = window.add(0.0, 0.0)


def _add_sites(window: Window) -> None:
    """Steps asked by now; those without connection and own plant may draw nothing."""
    plants = window.layout.plants
    for row in window.layout.rows:
        asked = row.target <= window.number
        low = min(window.carried.get(row.step, 0.0), row.mw)
        may = asked and (row.ready <= window.number or row.site in plants)
        window.served[row.step] = window.add(low, row.mw if may else low)
    for site in window.layout.steps_of:
        for slot in range(2):
            window.own[site, slot] = window.add(0.0, UNLIMITED_MW)


def _add_unnamed(window: Window) -> None:
    """Unnamed datacenters of each region: what was asked before, and what comes new."""
    periods = list(window.layout.unnamed)
    at = periods.index(window.periods[0])
    asked = window.layout.unnamed[periods[at]]
    before = window.layout.unnamed[periods[at - 1]] if at else [0.0] * len(asked)
    for place, region in window.layout.with_unnamed:
        held = min(window.carried.get(region, 0.0), asked[place])
        old = max(held, min(asked[place], before[place]))
        window.unnamed[region, "late"] = window.add(held, old)
        window.unnamed[region, "new"] = window.add(0.0, asked[place] - old)


def _add_grid(window: Window) -> None:
    lines = window.layout.lines
    for slot, period in enumerate(window.periods):
        for region in window.layout.regions:
            window.short[region, slot] = window.add(0.0, UNLIMITED_MW)
        for pair, limits in window.layout.flows.items():
            open_ = pair in lines or pair[::-1] in lines
            high = UNLIMITED_MW if open_ else limits.get(period, 0.0)
            back = window.layout.flows[pair[::-1]].get(period, 0.0) if window.net else 0.0
            if not window.net or pair[0] < pair[1]:
                window.flow[*pair, slot] = window.add(-back, high)


# --- constraints ---------------------------------------------------------------------------------


def adequacy(window: Window) -> Rows:
    """Supply, net imports and shortage cover the requirement and (1 + margin) times the sites."""
    loads = loads_by_region(window)
    flows = flows_by_region(window)
    layout = window.layout
    for slot, period in enumerate(window.periods):
        margins, credit = layout.margin[period], layout.credit[period]
        for place, (region, left) in enumerate(
            zip(layout.regions, layout.spare[period], strict=True)
        ):
            margin = 1 + margins[place]
            pairs = [(window.short[region, slot], -1.0), *flows[region, slot]]
            pairs += [(at, margin * part) for at, part in loads[region, slot]]
            pairs += [(window.built[o], -credit[at]) for at, o in layout.built_in.get(region, ())]
            if (region, slot) in window.give:
                pairs.append((window.give[region, slot], -1.0))
            if place == 0:
                pairs.append((window.probe, 1.0))
            yield (region, slot), pairs, left


@once
def loads_by_region(window: Window) -> dict[Key, list[Pair]]:
    """Collect what is drawn in each region and slot: sites less own plant, and unnamed."""
    part = window.terms.coincidence
    found: dict[Key, list[Pair]] = defaultdict(list)
    home = {row.site: row.region for row in window.layout.rows if row.on_grid}
    for slot in range(2):
        for row in window.layout.rows:
            if row.on_grid:
                found[row.region, slot].append((window.served[row.step], part))
        for (region, _), at in window.unnamed.items():
            found[region, slot].append((at, 1.0))
    for (site, slot), at in window.own.items():
        if site in home:
            found[home[site], slot].append((at, -part))
    return found


@once
def flows_by_region(window: Window) -> dict[Key, list[Pair]]:
    """Collect the flows out of (1) and into (-1) each region and slot."""
    found: dict[Key, list[Pair]] = defaultdict(list)
    for (start, end, slot), at in window.flow.items():
        found[start, slot].append((at, 1.0))
        found[end, slot].append((at, -1.0))
    return found


def transfer(window: Window) -> Rows:
    """The net flow over all links of a joint limit stays within it."""
    for slot, period in enumerate(window.periods):
        for limit in window.layout.joint:
            ways = [(pair, 1.0) for pair in limit.inward] + [(p[::-1], -1.0) for p in limit.inward]
            net = [(window.flow[*p, slot], sign) for p, sign in ways if (*p, slot) in window.flow]
            yield (limit.name, slot), net, window.layout.limit(limit.limits, period)


def delivery(window: Window) -> Rows:
    """Sites of a pocket draw no more from the grid than the room it has."""
    for pocket, rooms in window.layout.rooms.items():
        rows = [row for row in window.layout.rows if row.pocket == pocket and row.on_grid]
        if not rows:
            continue
        held = sum(window.carried.get(row.step, 0.0) for row in rows)
        sites = sorted({row.site for row in rows})
        for slot, period in enumerate(window.periods):
            pairs = [(window.served[row.step], 1.0) for row in rows]
            pairs += [(window.own[s, slot], -1.0) for s in sites if (s, slot) in window.own]
            yield (pocket, slot), pairs, max(window.layout.limit(rooms, period), held)


def onsite(window: Window) -> Rows:
    """A site's own plant serves no more than the site, and all of what is not connected yet."""
    ready = {row.step: row.ready for row in window.layout.rows}
    layout = window.layout
    for site, steps in layout.steps_of.items():
        every = [(window.served[step], -1.0) for step in steps]
        for slot, period in enumerate(window.periods):
            own, credit = window.own[site, slot], layout.credit[period]
            new = [(window.built[o], -credit[at]) for at, o in layout.built_in.get(site, ())]
            late = [(window.served[s], float(ready[s] > window.number + slot)) for s in steps]
            yield ("site", site, slot), [(own, 1.0), *every], 0.0
            yield ("plant", site, slot), [(own, 1.0), *new], layout.plants[site][period]
            yield ("unready", site, slot), [*late, (own, -1.0)], 0.0


def reinforcement(window: Window) -> Rows:
    """A link carries its limit and what remedies add to it."""
    for slot, period in enumerate(window.periods):
        for ends, options in window.layout.lines.items():
            built = [(window.built[option], -1.0) for option in options]
            for pair in (ends, ends[::-1]):
                limit = window.layout.flows[pair].get(period, 0.0)
                yield (*pair, slot), [(window.flow[*pair, slot], 1.0), *built], limit


def build(window: Window) -> Rows:
    """What is built of a group by now stays within its yearly limits, in a region and in all."""
    for cap in window.layout.caps:
        held = sum(window.standing.get(option, 0.0) for option in cap.members)
        pairs = [(window.built[option], 1.0) for option in cap.members]
        yield cap.key, pairs, max(window.layout.limit(cap.limits, window.periods[0]), held)


def give_way(window: Window) -> Rows:
    """Sites that give way carry no more of the requirement than they ask, region by region."""
    loads = loads_by_region(window) if window.give else {}
    for slot, period in enumerate(window.periods):
        margins = window.layout.margin[period]
        for pool, regions in window.layout.pools.items():
            for place, region in regions:
                asked = [(at, -(1 + margins[place]) * part) for at, part in loads[region, slot]]
                yield ("site", region, slot), [(window.give[region, slot], 1.0), *asked], 0.0
            limit = window.layout.give_way.get(pool, {}).get(period, 0.0)
            yield ("pool", pool, slot), [(window.give[r, slot], 1.0) for _, r in regions], limit


def equal_share(window: Window) -> Rows:
    """Under `prorata`, each step gets at least the common share of what it still asks."""
    if window.share is None:
        return
    for key, at in window.wanting():
        wanted = window.high[at] - window.low[at]
        yield key, [(at, -1.0), (window.share, wanted)], UNLIMITED_MW


def hold(window: Window) -> Rows:
    """Under `prorata`, sharing out takes nothing from what a tier has reached."""
    if window.share is None:
        return
    new = {row.step for row in window.layout.rows if row.target == window.number}
    due = [(at, key[0] in new or key[-1] == "new") for key, at in window.wanting()]
    for name in TIERS:
        pairs = [(at, -float(first == (name == "on time"))) for at, first in due]
        yield (name,), pairs, UNLIMITED_MW


CONSTRAINTS: Final[tuple[Callable[[Window], Rows], ...]] = (
    adequacy,
    transfer,
    delivery,
    onsite,
    reinforcement,
    build,
    give_way,
    equal_share,
    hold,
)


# --- solver --------------------------------------------------------------------------------------


class Engine:
    """A program handed over to the solver once; half-years and stages change numbers in it.

    HiGHS keeps its basis from one to the next. Any other PuLP solver is handed every window anew.
    """

    def __init__(self, window: Window, solver: Any = None) -> None:
        self.solver = solver or pulp.HiGHS(msg=False, threads=1)
        self.live: Any = None
        self.allowed: set[str] = set()
        self.values: np.ndarray = np.zeros(0)
        self._take(window)
        self._hand_over()

    def _take(self, window: Window) -> None:
        self.window = window
        self.low, self.high = np.array(window.low), np.array(window.high)
        self.limits = np.array(window.limits)
        self.weights = np.array([weight for pairs in window.pairs for _, weight in pairs])
        self.probed = window.layout.regions[0]

    def _hand_over(self) -> None:
        """Write the window as a PuLP problem."""
        self.problem = pulp.LpProblem("planner")
        bounds = enumerate(zip(self.low.tolist(), self.high.tolist(), strict=True))
        add = self.problem.add_variable
        self.variables = [add(f"x{at}", low, high) for at, (low, high) in bounds]
        for pairs, limit in zip(self.window.pairs, self.limits.tolist(), strict=True):
            row = [(self.variables[at], weight) for at, weight in pairs]
            self.problem += pulp.lpSum_vars_coefs(row) <= limit
        places = [(row, at) for row, pairs in enumerate(self.window.pairs) for at, _ in pairs]
        self.entries = np.array(places, dtype=int).reshape(-1, 2).T
        used = {each.id: at for at, each in enumerate(self.problem.exported_variables())}
        self.columns = np.array([used.get(each.id, -1) for each in self.variables])

    def room(self, values: np.ndarray) -> np.ndarray:
        """Room left around values that are fixed; a solver read through a file rounds them."""
        if self.live is not None:
            return np.full(len(values), TOLERANCE_MW / 10)
        return FILE_DIGITS * np.maximum(np.abs(values), 1.0)

    def turn(self, window: Window) -> None:
        """Go on to the next half-year: change what differs, keep the basis."""
        if self.live is None or list(window.rows) != list(self.window.rows):
            self.live = None
            self._take(window)
            self._hand_over()
            return
        before = (self.low, self.high, self.limits, self.weights)
        self.load(self.window.layout.regions[0])
        self._take(window)
        self._change_columns((before[0] != self.low) | (before[1] != self.high))
        for row in np.flatnonzero(before[2] != self.limits):
            self.live.changeRowBounds(int(row), -np.inf, float(self.limits[row]))
        changed = np.flatnonzero(before[3] != self.weights)
        for row, at, weight in zip(*self.entries[:, changed], self.weights[changed], strict=True):
            self.live.changeCoeff(int(row), int(self.columns[at]), float(weight))

    def _change_columns(self, changed: np.ndarray) -> None:
        at = np.flatnonzero(changed & (self.columns >= 0))
        columns = self.columns[at].astype(np.int32)
        self.live.changeColsBounds(len(at), columns, self.low[at], self.high[at])

    def bound(self, at: int, low: float, high: float) -> None:
        """Change the bounds of a variable."""
        self.low[at], self.high[at] = low, high
        if self.live is None:
            self.variables[at].lowBound, self.variables[at].upBound = low, high
        elif self.columns[at] >= 0:
            self.live.changeColBounds(int(self.columns[at]), low, high)

    def bound_all(self, ats: list[int], low: np.ndarray, high: np.ndarray) -> None:
        """Change the bounds of many variables at once."""
        if self.live is None:
            for at, floor, ceiling in zip(ats, low, high, strict=True):
                self.bound(at, float(floor), float(ceiling))
            return
        changed = np.zeros(len(self.low), dtype=bool)
        changed[ats] = True
        self.low[ats], self.high[ats] = low, high
        self._change_columns(changed)

    def at_most(self, key: Key, limit: float) -> None:
        """Change the right-hand side of a row."""
        row = self.window.rows[key]
        self.limits[row] = limit
        if self.live is not None:
            self.live.changeRowBounds(row, -np.inf, limit)
        else:
            self.problem.constraints()[row].changeRHS(limit)

    def limit(self, key: Key) -> float:
        """Return the right-hand side that a row has without any lift."""
        return self.window.limits[self.window.rows[key]]

    def load(self, region: str) -> None:
        """Let the probe draw in a region, and in no other.

        Raises
        ------
        SolverError
            The solver is not HiGHS, so rows cannot be changed once they are handed over.
        """
        if self.live is None:
            message = "a new load is tried on the loaded program; use HiGHS."
            raise SolverError(message)
        if region == self.probed:
            return
        column = int(self.columns[self.window.probe])
        for place, weight in ((self.probed, 0.0), (region, 1.0)):
            for slot in range(2):
                self.live.changeCoeff(self.window.rows["adequacy", place, slot], column, weight)
        self.probed = region

    def minimise(self, costs: Iterable[Pair], *, flow: float = 0.0) -> None:
        """Solve for the least cost and keep the values; `flow` is the cost of a megawatt of flow.

        Raises
        ------
        SolverError
            The solver finds no optimum.
        """
        weights = np.zeros(len(self.low))
        weights[list(self.window.flow.values())] = flow
        for at, cost in costs:
            weights[at] += cost
        self.posed = (weights, self.low.copy(), self.high.copy())
        if self.live is None:
            self._solve(weights)
            return
        used = self.columns >= 0
        columns = self.columns[used].astype(np.int32)
        self.live.changeColsCost(len(columns), columns, weights[used])
        highs.run(self.live)
        found = np.array(self.live.getSolution().col_value)
        self.values = np.where(self.columns >= 0, found[self.columns], self.low)

    def _solve(self, weights: np.ndarray) -> None:
        used = [at for at in np.flatnonzero(weights) if self.columns[at] >= 0]
        pairs = [(self.variables[at], float(weights[at])) for at in used]
        self.problem.setObjective(pulp.lpSum_vars_coefs(pairs))
        found = self.problem.solve(self.solver)
        if found.status != pulp.LpSolveStatus.Optimal:
            message = f"the solver stopped with {found.status_str or found.status}."
            raise SolverError(message)
        if isinstance(self.solver, pulp.HiGHS):
            self.live = self.problem.solverModel
        values = np.array([variable.varValue for variable in self.variables], dtype=float)
        self.values = np.where(np.isnan(values), self.low, values)

    def __getitem__(self, at: int) -> float:
        """Return the value of a variable."""
        return float(self.values[at])
