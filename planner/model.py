"""The linear program: variables, constraints, objective, solve.

Half-years are taken in order. In each one the load that is already there is kept, native shortage
is made least, then the most megawatts are powered on their date, then those that are late, with
the least flow. What is newly powered must be carried in this half-year and in the next one, so that
no site lives on one season only. What is served stays served.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pulp

from planner.errors import SolverError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

TOLERANCE_MW: Final = 1e-6
ON_TIME_WEIGHT: Final = 1e6
LATE_WEIGHT: Final = 1e3
FLOW_WEIGHT: Final = 1e-3
QUEUE_SPREAD: Final = 0.01
SHORT_WEIGHT: Final = 1e3
UNLIMITED_MW: Final = 1e6
LIFTS: Final = (
    ("connection",),
    ("delivery",),
    ("import",),
    ("connection", "delivery"),
    ("connection", "import"),
)

type Key = tuple[Any, ...]
type Pair = tuple[Any, float]
type Rows = Iterator[tuple[Key, pulp.LpConstraint]]


@dataclass(frozen=True)
class Terms:
    """Numbers of one grid, ready for the program.

    Attributes
    ----------
    periods
        Names of the periods and their half-year numbers, in order.
    supply, requirement, margin, unnamed
        Regions by periods: accredited MW, required MW, reserve margin, unnamed datacenters MW.
    links, joint, room
        As from :mod:`planner.limits`.
    steps
        As from :func:`planner.demand.steps`, in the order of the allocation rule.
    plants
        Sites by periods: accredited MW of their own plant.
    coincidence
        Share of served megawatts that is drawn at the peak of the pool.
    allocation
        `queue`, `prorata` or `most`.
    """

    periods: pd.Series
    supply: pd.DataFrame
    requirement: pd.DataFrame
    margin: pd.DataFrame
    unnamed: pd.DataFrame
    links: pd.DataFrame
    joint: pd.DataFrame
    room: pd.DataFrame
    steps: pd.DataFrame
    plants: pd.DataFrame
    coincidence: float = 1.0
    allocation: str = "queue"


@dataclass(frozen=True)
class Solution:
    """Numbers out of the solver.

    Attributes
    ----------
    served
        Powered megawatts by `step` and `period`, with `grid_mw` and `own_mw` of its site.
    regions
        By `region` and `period`: `supply_mw`, `requirement_mw`, `net_import_mw`, `shortage_mw`,
        `sites_mw`, `unnamed_mw`, `price_usd` left out: prices come with costs.
    flows
        Net flow by `from_region`, `to_region`, `period`.
    freed
        Megawatts that lifting a kind of limit frees at the target: `step`, `lifted`, `mw`.
    """

    served: pd.DataFrame
    regions: pd.DataFrame
    flows: pd.DataFrame
    freed: pd.DataFrame


@dataclass
class Window:
    """Two neighbouring half-years: the one decided, and the next one that must be carried."""

    terms: Terms
    number: int
    slots: list[str]
    lifted: frozenset[str]
    carried: Mapping[str, float]
    problem: pulp.LpProblem = field(default_factory=lambda: pulp.LpProblem("planner"))
    served: dict[str, Any] = field(default_factory=dict)
    own: dict[Key, Any] = field(default_factory=dict)
    short: dict[Key, Any] = field(default_factory=dict)
    flow: dict[Key, Any] = field(default_factory=dict)
    unnamed: dict[Key, Any] = field(default_factory=dict)
    share: Any = None
    columns: int = 0
    rows: dict[Key, int] = field(default_factory=dict)
    steps: pd.DataFrame = field(default_factory=pd.DataFrame)

    def add(self, low: float, high: float | None) -> Any:
        """Add a variable; names are numbers, rows and columns are found by place."""
        self.columns += 1
        return self.problem.add_variable(f"x{self.columns - 1}", low, high)

    def wanting(self) -> list[tuple[Key, Any]]:
        """List the variables that may still be given more, under their keys."""
        named = [((step,), variable) for step, variable in self.served.items()]
        return named + [(key, variable) for key, variable in self.unnamed.items()]


# --- variables -----------------------------------------------------------------------------------


def build(window: Window) -> Window:
    """Fill a window with variables and rows."""
    window.steps = _active(window)
    _add_loads(window)
    _add_grid(window)
    if window.terms.allocation == "prorata":
        window.share = window.add(0.0, 1.0)
    for constraint in CONSTRAINTS:
        for key, row in constraint(window):
            window.rows[constraint.__name__, *key] = len(window.rows)
            window.problem += row
    return window


def _active(window: Window) -> pd.DataFrame:
    """Steps that may draw in this window: asked by now, and connected or with own plant."""
    steps = window.terms.steps
    ready = _ready(window, steps) <= window.number
    plant = steps["site"].isin(window.terms.plants.index)
    return steps[(steps["target"] <= window.number) & (ready | plant)]


def _ready(window: Window, steps: pd.DataFrame) -> pd.Series:
    if "connection" in window.lifted:
        return steps["ready"].where(~steps["on_grid"], -np.inf)
    return steps["ready"]


def _add_loads(window: Window) -> None:
    for step, mw in zip(window.steps["step"], _numbers(window.steps["mw"]), strict=True):
        window.served[step] = window.add(min(window.carried.get(step, 0.0), mw), mw)
    for site in sorted(set(window.steps["site"]) & set(window.terms.plants.index)):
        for slot in window.slots:
            window.own[site, slot] = window.add(0.0, float(window.terms.plants.loc[site, slot]))
    asked = window.terms.unnamed[window.slots[0]]
    before = _asked_before(window)
    for region, mw in zip(asked.index, _numbers(asked), strict=True):
        held = min(window.carried.get(region, 0.0), mw)
        old = max(held, min(mw, before.get(region, 0.0)))
        if mw > TOLERANCE_MW:
            window.unnamed[region, "late"] = window.add(held, old)
            window.unnamed[region, "new"] = window.add(0.0, mw - old)


def _asked_before(window: Window) -> dict[str, float]:
    names = list(window.terms.unnamed.columns)
    at = names.index(window.slots[0])
    if at == 0:
        return {}
    column = window.terms.unnamed[names[at - 1]]
    return dict(zip(column.index, _numbers(column), strict=True))


def _add_grid(window: Window) -> None:
    for slot in window.slots:
        for region in window.terms.supply.index:
            window.short[region, slot] = window.add(0.0, None)
        for row in _links(window, slot).itertuples():
            free = "import" in window.lifted and row.within_pool
            forward = UNLIMITED_MW if free else float(row.forward_mw)
            reverse = UNLIMITED_MW if free else float(row.reverse_mw)
            window.flow[row.from_region, row.to_region, slot] = window.add(0.0, forward)
            window.flow[row.to_region, row.from_region, slot] = window.add(0.0, reverse)


def _links(window: Window, slot: str) -> pd.DataFrame:
    return window.terms.links[window.terms.links["period"] == slot]


# --- constraints ---------------------------------------------------------------------------------


def adequacy(window: Window) -> Rows:
    """Supply, net imports and shortage cover the requirement and (1 + margin) times the sites."""
    loads = _loads_by_region(window)
    flows = _flows_by_region(window)
    for slot in window.slots:
        spare = window.terms.supply[slot] - window.terms.requirement[slot]
        margins = window.terms.margin[slot]
        for region, left, margin in zip(spare.index, spare, margins, strict=True):
            asked = [(variable, (1 + margin) * part) for variable, part in loads[region, slot]]
            pairs = [(window.short[region, slot], -1.0), *flows[region, slot], *asked]
            yield (region, slot), pulp.lpSum_vars_coefs(pairs) <= float(left)


def _loads_by_region(window: Window) -> dict[Key, list[Pair]]:
    part = window.terms.coincidence
    found: dict[Key, list[Pair]] = defaultdict(list)
    steps = window.steps[window.steps["on_grid"]]
    home = dict(zip(steps["site"], steps["region"], strict=True))
    for slot in window.slots:
        for step, region in zip(steps["step"], steps["region"], strict=True):
            found[region, slot].append((window.served[step], part))
        for (region, _), variable in window.unnamed.items():
            found[region, slot].append((variable, 1.0))
    for (site, slot), variable in window.own.items():
        if site in home:
            found[home[site], slot].append((variable, -part))
    return found


def _flows_by_region(window: Window) -> dict[Key, list[Pair]]:
    found: dict[Key, list[Pair]] = defaultdict(list)
    for (start, end, slot), variable in window.flow.items():
        found[start, slot].append((variable, 1.0))
        found[end, slot].append((variable, -1.0))
    return found


def transfer(window: Window) -> Rows:
    """The net flow over all links of a joint limit stays within it."""
    joint = window.terms.joint
    for slot in window.slots:
        pairs = sorted({key[:2] for key in window.flow if key[2] == slot})
        for limit in joint[joint["period"] == slot].itertuples():
            if "import" in window.lifted and limit.within_pool:
                continue
            inward = [pair for pair in pairs if _enters(pair, limit)]
            net = [(window.flow[*pair, slot], 1.0) for pair in inward]
            net += [(window.flow[*pair[::-1], slot], -1.0) for pair in inward]
            if net:
                yield (limit.limit, slot), pulp.lpSum_vars_coefs(net) <= float(limit.limit_mw)


def _enters(pair: tuple[str, str], limit: Any) -> bool:
    start, end = pair
    outside = start in limit.out_of if limit.out_of else start not in limit.into
    return end in limit.into and outside


def delivery(window: Window) -> Rows:
    """Sites of a pocket draw no more from the grid than the room it has."""
    if "delivery" in window.lifted:
        return
    rooms = window.terms.room[window.terms.room["period"].isin(window.slots)]
    for row in rooms.itertuples():
        steps = window.steps[(window.steps["pocket"] == row.pocket) & window.steps["on_grid"]]
        own = [(site, row.period) for site in sorted(set(steps["site"]))]
        pairs = [(window.served[step], 1.0) for step in steps["step"]]
        pairs += [(window.own[key], -1.0) for key in own if key in window.own]
        held = sum(window.carried.get(step, 0.0) for step in steps["step"])
        if pairs:
            room = max(float(row.room_mw), held)
            yield (row.pocket, row.period), pulp.lpSum_vars_coefs(pairs) <= room


def onsite(window: Window) -> Rows:
    """A site's own plant serves no more than the site, and all of what is not connected yet."""
    ready = dict(zip(window.steps["step"], _ready(window, window.steps), strict=True))
    steps = window.steps.groupby("site")["step"].agg(list)
    for (site, slot), own in window.own.items():
        number = window.number + window.slots.index(slot)
        every = [(window.served[step], -1.0) for step in steps[site]]
        unready = [(window.served[step], 1.0) for step in steps[site] if ready[step] > number]
        yield (site, slot, "site"), pulp.lpSum_vars_coefs([(own, 1.0), *every]) <= 0.0
        if unready:
            yield (site, slot, "unready"), pulp.lpSum_vars_coefs([*unready, (own, -1.0)]) <= 0.0


def equal_share(window: Window) -> Rows:
    """Under `prorata`, each step gets at least the common share of what it still asks."""
    if window.share is None:
        return
    for key, variable in window.wanting():
        wanted = variable.upBound - variable.lowBound
        pairs = [(variable, 1.0), (window.share, -wanted)]
        yield key, pulp.lpSum_vars_coefs(pairs) >= -UNLIMITED_MW


CONSTRAINTS: Final[tuple[Callable[[Window], Rows], ...]] = (
    adequacy,
    transfer,
    delivery,
    onsite,
    equal_share,
)


# --- stages --------------------------------------------------------------------------------------


class Engine:
    """A window handed over to the solver once; stages change bounds and costs.

    HiGHS keeps its basis between stages. Any other PuLP solver starts afresh each time.
    """

    def __init__(self, problem: pulp.LpProblem, solver: Any = None) -> None:
        self.problem = problem
        self.solver = solver or pulp.HiGHS(msg=False, threads=1)
        self.columns = {variable.id: at for at, variable in enumerate(problem.exported_variables())}
        self.live = None
        self.values: dict[int, float] = {}

    def bound(self, variable: Any, low: float, high: float | None) -> None:
        """Change the bounds of a variable."""
        variable.lowBound, variable.upBound = low, high
        if self.live is not None:
            limit = np.inf if high is None else high
            self.live.changeColBounds(self.columns[variable.id], low, limit)

    def at_least(self, row: int, value: float) -> None:
        """Change the right-hand side of a row `expression >= value`."""
        self.problem.constraints()[row].changeRHS(value)
        if self.live is not None:
            self.live.changeRowBounds(row, value, np.inf)

    def minimise(self, costs: Iterable[tuple[Any, float]]) -> None:
        """Solve for the least cost and keep the values."""
        costs = list(costs)
        if self.live is None:
            self._solve(costs)
            return
        weights = np.zeros(len(self.columns))
        for variable, cost in costs:
            weights[self.columns[variable.id]] += cost
        at = np.arange(len(weights), dtype=np.int32)
        self.live.changeColsCost(len(weights), at, weights)
        self.live.run()
        if "kOptimal" not in str(self.live.getModelStatus()):
            raise SolverError(f"the solver stopped with {self.live.getModelStatus()}.")
        self._keep(self.live.getSolution().col_value)

    def _solve(self, costs: list[tuple[Any, float]]) -> None:
        self.problem.setObjective(pulp.lpSum_vars_coefs(costs))
        status = self.problem.solve(self.solver)
        if getattr(status, "status", status) != pulp.LpSolveStatus.Optimal:
            raise SolverError(f"the solver stopped with {status}.")
        if isinstance(self.solver, pulp.HiGHS):
            self.live = self.problem.solverModel
        self._keep([variable.varValue or 0.0 for variable in self.problem.exported_variables()])

    def _keep(self, numbers: Iterable[float]) -> None:
        self.values = dict(zip(self.columns, numbers, strict=True))

    def __getitem__(self, variable: Any) -> float:
        """Return the value of a variable."""
        return float(self.values[variable.id])


def solve(terms: Terms, *, solver: Any = None, diagnose: bool = True) -> Solution:
    """Take the half-years in order and power what can be powered.

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

    Notes
    -----
    The order of the stages is that of the planner's design; the steps of the queue are told apart
    by strictly falling weights, which gives the order of the queue exactly where what one site
    takes another can get (one pool), see docs/decisions.
    """
    carried: dict[str, float] = {}
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in Solution.__dataclass_fields__}
    for at, (period, number) in enumerate(terms.periods.items()):
        slots = list(terms.periods.index[at : at + 2])
        window = _window(terms, int(number), slots, carried)
        engine = _decide(window, solver)
        if diagnose:
            parts["freed"].append(_freed(window, engine, solver))
        parts["served"].append(_served(window, engine, str(period)))
        parts["regions"].append(_balance(window, engine, str(period)))
        parts["flows"].append(_net_flows(window, engine, str(period)))
        carried = _carry(window, engine)
    return Solution(**{name: _joined(frames, name) for name, frames in parts.items()})


def _joined(frames: list[pd.DataFrame], name: str) -> pd.DataFrame:
    full = [frame for frame in frames if not frame.empty]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame(columns=EMPTY[name])


EMPTY: Final = {
    "served": ["step", "site", "period", "served_mw"],
    "regions": ["region", "period"],
    "flows": ["from_region", "to_region", "period", "flow_mw"],
    "freed": ["step", "lifted", "mw"],
}


def _window(
    terms: Terms,
    number: int,
    slots: list[str],
    carried: Mapping[str, float],
    lifted: Iterable[str] = (),
) -> Window:
    return build(Window(terms, number, slots, frozenset(lifted), carried))


def _decide(window: Window, solver: Any) -> Engine:
    """Run the stages of one window: native shortage first, then service."""
    engine = Engine(window.problem, solver)
    flow = [(variable, FLOW_WEIGHT) for variable in window.flow.values()]
    limits = {key: (v.lowBound, v.upBound) for key, v in window.wanting()}
    for key, variable in window.wanting():
        engine.bound(variable, limits[key][0], limits[key][0])
    engine.minimise([*flow, *((variable, SHORT_WEIGHT) for variable in window.short.values())])
    for variable in window.short.values():
        engine.bound(variable, 0.0, engine[variable] + TOLERANCE_MW / 10)
    for key, variable in window.wanting():
        engine.bound(variable, *limits[key])
    weights = _weights(window)
    engine.minimise([*flow, *((v, -weights[key]) for key, v in window.wanting())])
    if window.share is not None:
        _share_out(window, engine, weights, flow)
    return engine


def _weights(window: Window) -> dict[Key, float]:
    """Weigh steps: on their date before late ones, and strictly by the order of the steps."""
    spread = 0.0 if window.terms.allocation == "prorata" else QUEUE_SPREAD
    count = max(len(window.terms.steps), 1)
    weights: dict[Key, float] = {}
    for step in window.steps.itertuples():
        tier = ON_TIME_WEIGHT if step.target == window.number else LATE_WEIGHT
        weights[step.step,] = tier * (1 + spread * (1 - step.Index / count))
    for key in window.unnamed:
        tier = ON_TIME_WEIGHT if key[1] == "new" else LATE_WEIGHT
        weights[key] = tier
    return weights


def _share_out(window: Window, engine: Engine, weights: dict[Key, float], flow: list[Pair]) -> None:
    """Give equal shares: raise the common share, freeze who cannot follow, and go on.

    The megawatts of each tier are a maximum already; a tier is shared out after the one above it.
    """
    wanting = dict(window.wanting())
    for tier in (ON_TIME_WEIGHT, LATE_WEIGHT):
        active = [key for key in wanting if weights[key] == tier and _open(wanting[key])]
        for key in (key for key in wanting if weights[key] < tier):
            engine.bound(wanting[key], wanting[key].lowBound, wanting[key].upBound)
        _fill(window, engine, active, wanting, flow)


def _open(variable: Any) -> bool:
    return bool(variable.upBound - variable.lowBound > TOLERANCE_MW)


def _fill(
    window: Window, engine: Engine, active: list[Key], wanting: dict[Key, Any], flow: list[Pair]
) -> None:
    rows = {key: window.rows["equal_share", *key] for key in wanting}
    while active:
        for key in active:
            engine.at_least(rows[key], wanting[key].lowBound)
        engine.bound(window.share, 0.0, 1.0)
        engine.minimise([(window.share, -ON_TIME_WEIGHT), *flow])
        level = engine[window.share]
        blocked = _blocked(window, engine, active, wanting, level)
        for key in blocked:
            low, high = wanting[key].lowBound, wanting[key].upBound
            value = low + level * (high - low)
            engine.at_least(rows[key], -UNLIMITED_MW)
            engine.bound(wanting[key], max(low, value - TOLERANCE_MW / 10), value)
        active = [key for key in active if key not in blocked]
    engine.minimise(flow or [(window.share, 0.0)])


def _blocked(
    window: Window, engine: Engine, active: list[Key], wanting: dict[Key, Any], level: float
) -> list[Key]:
    """Find the steps that cannot get more than the common share while no other gets less."""
    if level >= 1 - TOLERANCE_MW:
        return active
    engine.bound(window.share, max(level - 1e-9, 0.0), level)
    engine.minimise([(wanting[key], -1.0) for key in active])
    floor = {key: v.lowBound + level * (v.upBound - v.lowBound) for key, v in wanting.items()}
    stuck = [key for key in active if engine[wanting[key]] <= floor[key] + TOLERANCE_MW]
    return stuck or active


# --- results -------------------------------------------------------------------------------------


def _served(window: Window, engine: Engine, period: str) -> pd.DataFrame:
    steps = window.steps[["step", "site"]].assign(period=period)
    return steps.assign(served_mw=_values(engine, (window.served[s] for s in steps["step"])))


def _values(engine: Engine, variables: Iterable[Any]) -> list[float]:
    return [round(engine[variable], 6) + 0.0 for variable in variables]


def _balance(window: Window, engine: Engine, period: str) -> pd.DataFrame:
    terms = window.terms
    regions = terms.supply.index
    drawn = pd.Series(0.0, index=regions)
    for key, pairs in _loads_by_region(window).items():
        if key[1] == period:
            drawn[key[0]] = sum(engine[variable] * part for variable, part in pairs)
    unnamed = pd.Series(0.0, index=regions)
    for key, variable in window.unnamed.items():
        unnamed[key[0]] += engine[variable]
    inflow = pd.Series(0.0, index=regions)
    for key, pairs in _flows_by_region(window).items():
        if key[1] == period:
            inflow[key[0]] = -sum(engine[variable] * sign for variable, sign in pairs)
    table = {
        "region": regions,
        "period": period,
        "supply_mw": terms.supply[period],
        "requirement_mw": terms.requirement[period],
        "net_import_mw": inflow.round(6) + 0.0,
        "shortage_mw": _values(engine, (window.short[region, period] for region in regions)),
        "sites_mw": (drawn - unnamed).round(6) + 0.0,
        "unnamed_mw": unnamed.round(6) + 0.0,
        "unnamed_asked_mw": terms.unnamed[period],
    }
    return pd.DataFrame(table).reset_index(drop=True)


def _net_flows(window: Window, engine: Engine, period: str) -> pd.DataFrame:
    rows = [
        (start, end, period, engine[variable] - engine[window.flow[end, start, slot]])
        for (start, end, slot), variable in window.flow.items()
        if slot == period and start < end
    ]
    table = pd.DataFrame(rows, columns=EMPTY["flows"])
    table["flow_mw"] = table["flow_mw"].round(6) + 0.0
    return table


def _carry(window: Window, engine: Engine) -> dict[str, float]:
    """What is served stays served."""
    held = {step: max(engine[variable], 0.0) for step, variable in window.served.items()}
    for (region, _), variable in window.unnamed.items():
        held[region] = held.get(region, 0.0) + engine[variable]
    return held


def _freed(window: Window, engine: Engine, solver: Any) -> pd.DataFrame:
    """Lift kinds of limits, alone and behind the connection, for steps that miss their date."""
    steps = window.terms.steps
    due = steps[(steps["target"] == window.number) & steps["on_grid"]].set_index("step")["mw"]
    got = _of_steps(window, engine, due.index)
    missing = due.index[due - got > TOLERANCE_MW]
    frames = []
    for lifted in LIFTS if len(missing) else ():
        other = _window(window.terms, window.number, window.slots, window.carried, lifted)
        gain = _of_steps(other, _decide(other, solver), missing) - got[missing]
        frames.append(gain.round(6).rename("mw").reset_index().assign(lifted="+".join(lifted)))
    return pd.concat(frames) if frames else pd.DataFrame(columns=EMPTY["freed"])


def _of_steps(window: Window, engine: Engine, steps: Iterable[str]) -> pd.Series:
    """Return the powered megawatts of steps; those that may not draw yet have none."""
    names = pd.Index(steps, name="step")
    values = [engine[window.served[s]] if s in window.served else 0.0 for s in names]
    return pd.Series(values, index=names, dtype=float)


def _numbers(values: pd.Series) -> list[float]:
    """Return plain floats."""
    return [float(value) for value in values]


def together(solutions: Iterable[Solution]) -> Solution:
    """Put the solutions of several grids side by side."""
    parts = list(solutions)
    return Solution(**{
        name: _joined([getattr(part, name) for part in parts], name)
        for name in Solution.__dataclass_fields__
    })
