"""The linear program of one half-year: variables, constraints, objective, stages.

What is newly powered must be carried in this half-year and in the next one, so that no site lives
on one season only. :mod:`planner.horizon` takes the half-years in order.
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
SHORT_WEIGHT: Final = 1e3
FLOW_WEIGHT: Final = 1e-3
GIVE_WEIGHT: Final = 1e-2
QUEUE_SPREAD: Final = 0.01
UNLIMITED_MW: Final = 1e6
USD_SCALE: Final = 1e5

type Key = tuple[Any, ...]
type Pair = tuple[Any, float]
type Rows = Iterator[tuple[Key, Any]]


@dataclass(frozen=True)
class Terms:
    """Numbers of one grid, ready for the program.

    Attributes
    ----------
    periods
        Half-year numbers by name of the period, in order.
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
    options, credit, caps
        Remedies, as from :func:`planner.remedies.options`: one row an option; accredited share by
        option and period; cumulative build limit by group, area and period.
    give_way
        Pools by periods: megawatts of requirement that flexible sites may carry by giving way.
    pools
        Pool by region.
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
    options: pd.DataFrame = field(default_factory=pd.DataFrame)
    credit: pd.DataFrame = field(default_factory=pd.DataFrame)
    caps: pd.DataFrame = field(default_factory=pd.DataFrame)
    give_way: pd.DataFrame = field(default_factory=pd.DataFrame)
    pools: pd.Series = field(default_factory=lambda: pd.Series(dtype=str))


@dataclass
class Window:
    """Two neighbouring half-years: the one decided, and the next one that must be carried.

    `carried` holds what was served before, by step, and by region for unnamed datacenters;
    `standing` the remedies built before, by option.
    """

    terms: Terms
    number: int
    slots: list[str]
    carried: Mapping[str, float]
    standing: Mapping[str, float] = field(default_factory=dict)
    problem: Any = field(default_factory=lambda: pulp.LpProblem("planner"))
    steps: pd.DataFrame = field(init=False)
    served: dict[str, Any] = field(default_factory=dict)
    own: dict[Key, Any] = field(default_factory=dict)
    short: dict[Key, Any] = field(default_factory=dict)
    flow: dict[Key, Any] = field(default_factory=dict)
    unnamed: dict[Key, Any] = field(default_factory=dict)
    built: dict[str, Any] = field(default_factory=dict)
    give: dict[Key, Any] = field(default_factory=dict)
    within: set[Key] = field(default_factory=set)
    rows: dict[Key, int] = field(default_factory=dict)
    bounds: dict[Key, tuple[float, float]] = field(default_factory=dict)
    share: Any = None
    probe: Any = None
    columns: int = 0

    def add(self, low: float, high: float | None) -> Any:  # noqa: ANN401 - PuLP variables stay here
        """Add a variable; names are numbers, rows and columns are found by place."""
        self.columns += 1
        return self.problem.add_variable(f"x{self.columns - 1}", low, high)

    def wanting(self) -> list[tuple[Key, Any]]:
        """List the variables that may be given more, under their keys."""
        named = [((step,), variable) for step, variable in self.served.items()]
        return named + list(self.unnamed.items())


# --- variables -----------------------------------------------------------------------------------


def fill(window: Window) -> Window:
    """Fill a window with variables and rows."""
    steps = window.terms.steps
    may = steps["on_grid"] | steps["site"].isin(window.terms.plants.index)
    window.steps = steps[(steps["target"] <= window.number) & may]
    _add_remedies(window)
    _add_sites(window)
    _add_unnamed(window)
    _add_grid(window)
    window.probe = window.add(0.0, 0.0)
    if window.terms.allocation == "prorata":
        window.share = window.add(0.0, 1.0)
    for constraint in CONSTRAINTS:
        for key, row in constraint(window):
            window.rows[constraint.__name__, *key] = len(window.rows)
            window.problem += row
    return window


def _add_remedies(window: Window) -> None:
    """Remedies stay closed at what stands, until a run opens those whose lead time is over."""
    for option in window.terms.options.get("option", ()):
        held = window.standing.get(option, 0.0)
        window.built[option] = window.add(held, held)
    if len(window.terms.give_way):
        for slot in window.slots:
            for region in window.terms.supply.index:
                window.give[region, slot] = window.add(0.0, 0.0)


def _add_sites(window: Window) -> None:
    """Steps asked by now; those without connection and own plant may draw nothing."""
    plants = window.terms.plants
    steps = window.steps
    may = (steps["ready"] <= window.number) | steps["site"].isin(plants.index)
    for step, mw, open_ in zip(steps["step"], steps["mw"], may, strict=True):
        low = min(window.carried.get(step, 0.0), float(mw))
        window.bounds[step,] = (low, float(mw) if open_ else low)
        window.served[step] = window.add(*window.bounds[step,])
    for site in sorted(set(steps["site"]) & set(plants.index)):
        for slot in window.slots:
            window.own[site, slot] = window.add(0.0, None)


def _add_unnamed(window: Window) -> None:
    """Unnamed datacenters of each region: what was asked before, and what comes new."""
    asked = window.terms.unnamed[window.slots[0]]
    before = _asked_before(window)
    for region, mw in asked[asked > TOLERANCE_MW].items():
        held = min(window.carried.get(str(region), 0.0), float(mw))
        old = max(held, min(float(mw), before.get(str(region), 0.0)))
        window.bounds[region, "late"] = (held, old)
        window.bounds[region, "new"] = (0.0, float(mw) - old)
        for name in ("late", "new"):
            window.unnamed[region, name] = window.add(*window.bounds[region, name])


def _asked_before(window: Window) -> dict[str, float]:
    names = list(window.terms.unnamed.columns)
    at = names.index(window.slots[0])
    return window.terms.unnamed[names[at - 1]].to_dict() if at else {}


def _add_grid(window: Window) -> None:
    links = window.terms.links
    for slot in window.slots:
        for region in window.terms.supply.index:
            window.short[region, slot] = window.add(0.0, None)
        for row in links[links["period"] == slot].itertuples():
            ends = (row.from_region, row.to_region)
            for pair, mw in ((ends, row.forward_mw), (ends[::-1], row.reverse_mw)):
                window.flow[*pair, slot] = window.add(0.0, float(mw))
                window.bounds["flow", *pair, slot] = (0.0, float(mw))
                if row.within_pool:
                    window.within.add((*pair, slot))


# --- constraints ---------------------------------------------------------------------------------


def adequacy(window: Window) -> Rows:
    """Supply, net imports and shortage cover the requirement and (1 + margin) times the sites."""
    loads = loads_by_region(window)
    flows = flows_by_region(window)
    added = _added(window, "region")
    for slot in window.slots:
        spare = window.terms.supply[slot] - window.terms.requirement[slot]
        margins = window.terms.margin[slot]
        for region, left, margin in zip(spare.index, spare, margins, strict=True):
            asked = [(variable, (1 + margin) * part) for variable, part in loads[region, slot]]
            pairs = [(window.short[region, slot], -1.0), *flows[region, slot], *asked]
            pairs += [(variable, -share) for variable, share in added[region, slot]]
            if region == spare.index[0]:
                pairs.append((window.probe, 1.0))
            if (region, slot) in window.give:
                pairs.append((window.give[region, slot], -1.0))
            yield (region, slot), pulp.lpSum_vars_coefs(pairs) <= float(left)


def _added(window: Window, column: str) -> dict[Key, list[Pair]]:
    """Collect the remedies of each region, or of each site, with their accredited shares."""
    found: dict[Key, list[Pair]] = defaultdict(list)
    options = window.terms.options
    if not window.built or column not in options:
        return found
    for option, where in zip(options["option"], options[column], strict=True):
        if isinstance(where, str):
            for slot in window.slots:
                share = float(window.terms.credit.at[option, slot])
                found[where, slot].append((window.built[option], share))
    return found


def loads_by_region(window: Window) -> dict[Key, list[Pair]]:
    """Collect what is drawn in each region and slot: sites less own plant, and unnamed."""
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


def flows_by_region(window: Window) -> dict[Key, list[Pair]]:
    """Collect the flows out of (1) and into (-1) each region and slot."""
    found: dict[Key, list[Pair]] = defaultdict(list)
    for (start, end, slot), variable in window.flow.items():
        found[start, slot].append((variable, 1.0))
        found[end, slot].append((variable, -1.0))
    return found


def transfer(window: Window) -> Rows:
    """The net flow over all links of a joint limit stays within it."""
    joint = window.terms.joint
    around = defaultdict(set)
    for start, end, _ in window.flow:
        around[start].add(end)
    for slot in window.slots:
        for limit in joint[joint["period"] == slot].itertuples():
            inward = [
                (start, end)
                for end in sorted(limit.into)
                for start in sorted(around[end])
                if (start in limit.out_of if limit.out_of else start not in limit.into)
            ]
            inward = [pair for pair in inward if (*pair, slot) in window.flow]
            net = [(window.flow[*pair, slot], 1.0) for pair in inward]
            net += [(window.flow[*pair[::-1], slot], -1.0) for pair in inward]
            if net:
                key = (limit.limit, slot)
                window.bounds["transfer", *key] = (0.0, float(limit.limit_mw))
                if limit.within_pool:
                    window.within.add(("transfer", *key))
                yield key, pulp.lpSum_vars_coefs(net) <= float(limit.limit_mw)


def delivery(window: Window) -> Rows:
    """Sites of a pocket draw no more from the grid than the room it has."""
    rooms = window.terms.room[window.terms.room["period"].isin(window.slots)]
    for row in rooms.itertuples():
        steps = window.steps[(window.steps["pocket"] == row.pocket) & window.steps["on_grid"]]
        own = [(site, row.period) for site in sorted(set(steps["site"]))]
        pairs = [(window.served[step], 1.0) for step in steps["step"]]
        pairs += [(window.own[key], -1.0) for key in own if key in window.own]
        held = sum(window.carried.get(step, 0.0) for step in steps["step"])
        if pairs:
            room = max(float(row.room_mw), held)
            window.bounds["delivery", row.pocket, row.period] = (0.0, room)
            yield (row.pocket, row.period), pulp.lpSum_vars_coefs(pairs) <= room


def onsite(window: Window) -> Rows:
    """A site's own plant serves no more than the site, and all of what is not connected yet."""
    ready = dict(zip(window.steps["step"], window.steps["ready"], strict=True))
    steps = window.steps.groupby("site")["step"].agg(list)
    added = _added(window, "site")
    for (site, slot), own in window.own.items():
        number = window.number + window.slots.index(slot)
        every = [(window.served[step], -1.0) for step in steps[site]]
        unready = [(window.served[step], 1.0) for step in steps[site] if ready[step] > number]
        yield ("site", site, slot), pulp.lpSum_vars_coefs([(own, 1.0), *every]) <= 0.0
        new = [(variable, -share) for variable, share in added[site, slot]]
        plant = float(window.terms.plants.loc[site, slot])
        yield ("plant", site, slot), pulp.lpSum_vars_coefs([(own, 1.0), *new]) <= plant
        if unready:
            row = pulp.lpSum_vars_coefs([*unready, (own, -1.0)]) <= 0.0
            yield ("unready", site, slot), row


def reinforcement(window: Window) -> Rows:
    """A link carries its limit and what remedies add to it."""
    options = window.terms.options
    if not window.built or "from_region" not in options:
        return
    lines = options[options["kind"] == "line"]
    for slot in window.slots:
        for ends, group in lines.groupby(["from_region", "to_region"]):
            built = [(window.built[option], -1.0) for option in group["option"]]
            for pair in (ends, ends[::-1]):
                if (*pair, slot) not in window.flow:
                    window.flow[*pair, slot] = window.add(0.0, 0.0)
                    window.bounds["flow", *pair, slot] = (0.0, 0.0)
                limit = window.bounds["flow", *pair, slot][1]
                window.flow[*pair, slot].upBound = UNLIMITED_MW
                row = pulp.lpSum_vars_coefs([(window.flow[*pair, slot], 1.0), *built])
                window.bounds["reinforcement", *pair, slot] = (0.0, limit)
                yield (*pair, slot), row <= limit


def build(window: Window) -> Rows:
    """What is built of a group by now stays within its yearly limits, in a region and in all."""
    options = window.terms.options
    slot = window.slots[0]
    for (group, area), limit in window.terms.caps.get(slot, pd.Series(dtype=float)).items():
        members = options[options["group"] == group]
        if area:
            members = members[members["region"].fillna(members["site_region"]) == area]
        pairs = [(window.built[option], 1.0) for option in members["option"]]
        held = sum(window.standing.get(option, 0.0) for option in members["option"])
        if pairs:
            window.bounds["build", group, area] = (0.0, max(float(limit), held))
            yield (group, area), pulp.lpSum_vars_coefs(pairs) <= max(float(limit), held)


def give_way(window: Window) -> Rows:
    """Sites that give way carry no more of the requirement than they ask, region by region."""
    loads = loads_by_region(window)
    for (region, slot), variable in window.give.items():
        margin = 1 + float(window.terms.margin.loc[region, slot])
        asked = [(load, -margin * part) for load, part in loads[region, slot]]
        yield ("site", region, slot), pulp.lpSum_vars_coefs([(variable, 1.0), *asked]) <= 0.0
    for pool, regions in window.terms.pools.groupby(window.terms.pools):
        for slot in window.slots:
            pairs = [
                (window.give[region, slot], 1.0)
                for region in regions.index
                if (region, slot) in window.give
            ]
            if pairs:
                limit = float(window.terms.give_way.at[pool, slot])
                yield ("pool", pool, slot), pulp.lpSum_vars_coefs(pairs) <= limit


def equal_share(window: Window) -> Rows:
    """Under `prorata`, each step gets at least the common share of what it still asks."""
    if window.share is None:
        return
    for key, variable in window.wanting():
        low, high = window.bounds[key]
        pairs = [(variable, 1.0), (window.share, low - high)]
        yield key, pulp.lpSum_vars_coefs(pairs) >= -UNLIMITED_MW


CONSTRAINTS: Final[tuple[Callable[[Window], Rows], ...]] = (
    adequacy,
    transfer,
    delivery,
    onsite,
    reinforcement,
    build,
    give_way,
    equal_share,
)


# --- solver --------------------------------------------------------------------------------------


class Engine:
    """A window handed over to the solver once; stages change bounds, right-hand sides and costs.

    HiGHS keeps its basis between stages. Any other PuLP solver starts afresh each time.
    """

    def __init__(self, window: Window, solver: Any = None) -> None:  # noqa: ANN401 - any PuLP solver
        self.window = window
        self.problem = window.problem
        self.solver = solver or pulp.HiGHS(msg=False, threads=1)
        self.columns = {v.id: at for at, v in enumerate(self.problem.exported_variables())}
        self.constraints = self.problem.constraints()
        self.live: Any = None
        self.allowed: set[str] = set()
        self.probed = self.window.terms.supply.index[0]
        self.values: dict[int, float] = {}

    def bound(self, variable: Any, low: float, high: float | None) -> None:  # noqa: ANN401
        """Change the bounds of a variable; one that stands in no row is not the solver's."""
        variable.lowBound, variable.upBound = low, high
        column = self.columns.get(variable.id)
        if self.live is not None and column is not None:
            self.live.changeColBounds(column, low, np.inf if high is None else high)

    def at_least(self, key: Key, value: float) -> None:
        """Change the right-hand side of a row `expression >= value`."""
        self._right(key, value, value, np.inf)

    def at_most(self, key: Key, value: float) -> None:
        """Change the right-hand side of a row `expression <= value`."""
        self._right(key, value, -np.inf, value)

    def _right(self, key: Key, value: float, low: float, high: float) -> None:
        row = self.window.rows[key]
        if self.live is not None:
            self.live.changeRowBounds(row, low, high)
        else:
            self.constraints[row].changeRHS(value)

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
        column = self.columns[self.window.probe.id]
        for place, weight in ((self.probed, 0.0), (region, 1.0)):
            for slot in self.window.slots:
                self.live.changeCoeff(self.window.rows["adequacy", place, slot], column, weight)
        self.probed = region

    def minimise(self, costs: Iterable[Pair]) -> None:
        """Solve for the least cost and keep the values.

        Raises
        ------
        SolverError
            The solver finds no optimum.
        """
        costs = list(costs)
        if self.live is None:
            self._solve(costs)
            return
        weights = np.zeros(len(self.columns))
        for variable, cost in costs:
            if variable.id in self.columns:
                weights[self.columns[variable.id]] += cost
        at = np.arange(len(weights), dtype=np.int32)
        self.live.changeColsCost(len(weights), at, weights)
        self.live.run()
        if "kOptimal" not in str(self.live.getModelStatus()):
            message = f"the solver stopped with {self.live.getModelStatus()}."
            raise SolverError(message)
        self._keep(self.live.getSolution().col_value)

    def _solve(self, costs: list[Pair]) -> None:
        costs = [pair for pair in costs if pair[0].id in self.columns]
        self.problem.setObjective(pulp.lpSum_vars_coefs(costs))
        found = self.problem.solve(self.solver)
        if found.status != pulp.LpSolveStatus.Optimal:
            message = f"the solver stopped with {found.status_str or found.status}."
            raise SolverError(message)
        if isinstance(self.solver, pulp.HiGHS):
            self.live = self.problem.solverModel
        self._keep([variable.varValue or 0.0 for variable in self.problem.exported_variables()])

    def _keep(self, numbers: Iterable[float]) -> None:
        self.values = dict(zip(self.columns, numbers, strict=True))

    def __getitem__(self, variable: Any) -> float:  # noqa: ANN401
        """Return the value of a variable; what stands in no row stays at its lower bound."""
        return float(self.values.get(variable.id, variable.lowBound))


# --- stages --------------------------------------------------------------------------------------


def decide(engine: Engine) -> None:
    """Run the stages of one window: native shortage, then service, then least cost."""
    _shortage(engine)
    _service(engine)
    if engine.allowed & {"remedies", "flexible"}:
        _least_cost(engine)


def _shortage(engine: Engine) -> None:
    window = engine.window
    flow = [(variable, FLOW_WEIGHT) for variable in window.flow.values()]
    wanting = window.wanting()
    limits = {key: (variable.lowBound, variable.upBound) for key, variable in wanting}
    for key, variable in wanting:
        engine.bound(variable, limits[key][0], limits[key][0])
    for variable in window.short.values():
        engine.bound(variable, 0.0, None)
    engine.minimise([*flow, *((variable, SHORT_WEIGHT) for variable in window.short.values())])
    for variable in window.short.values():
        engine.bound(variable, 0.0, engine[variable] + TOLERANCE_MW / 10)
    for key, variable in wanting:
        engine.bound(variable, *limits[key])


def _service(engine: Engine) -> None:
    window = engine.window
    flow = [(variable, FLOW_WEIGHT) for variable in window.flow.values()]
    weights = _weights(window)
    engine.minimise([*flow, *((v, -weights[key]) for key, v in window.wanting())])
    if window.share is not None:
        _share_out(engine, weights, flow)


def _least_cost(engine: Engine) -> None:
    """Keep what is served; build it for the least yearly cost."""
    window = engine.window
    limits = {key: (v.lowBound, v.upBound) for key, v in window.wanting()}
    for key, variable in window.wanting():
        low, high = limits[key]
        engine.bound(variable, max(low, min(engine[variable], high) - TOLERANCE_MW / 10), high)
    options = window.terms.options
    price = options.set_index("option")["usd_per_mw_yr"] if len(options) else {}
    costs = [(variable, price[option] / USD_SCALE) for option, variable in window.built.items()]
    costs += [(variable, GIVE_WEIGHT) for variable in window.give.values()]
    flow = [(variable, FLOW_WEIGHT * FLOW_WEIGHT) for variable in window.flow.values()]
    engine.minimise([*costs, *flow])
    for key, variable in window.wanting():
        engine.bound(variable, *limits[key])


def _weights(window: Window) -> dict[Key, float]:
    """Weigh steps: on their date before late ones, and strictly by the order of the steps."""
    spread = 0.0 if window.terms.allocation == "prorata" else QUEUE_SPREAD
    count = max(len(window.terms.steps), 1)
    weights: dict[Key, float] = {}
    for place, step, target in zip(
        window.steps.index, window.steps["step"], window.steps["target"], strict=True
    ):
        tier = ON_TIME_WEIGHT if target == window.number else LATE_WEIGHT
        weights[step,] = tier * (1 + spread * (1 - place / count))
    for key in window.unnamed:
        weights[key] = ON_TIME_WEIGHT if key[1] == "new" else LATE_WEIGHT
    return weights


def _share_out(engine: Engine, weights: dict[Key, float], flow: list[Pair]) -> None:
    """Give equal shares: raise the common share, freeze who cannot follow, and go on.

    The megawatts of each tier are a maximum already; a tier is shared out after the one above it.
    """
    wanting = dict(engine.window.wanting())
    for tier in (ON_TIME_WEIGHT, LATE_WEIGHT):
        active = [key for key, v in wanting.items() if weights[key] == tier and _open(v)]
        _fill(engine, active, wanting, flow)


def _open(variable: Any) -> bool:  # noqa: ANN401
    return bool(variable.upBound - variable.lowBound > TOLERANCE_MW)


def _fill(engine: Engine, active: list[Key], wanting: dict[Key, Any], flow: list[Pair]) -> None:
    share = engine.window.share
    while active:
        for key in active:
            engine.at_least(("equal_share", *key), wanting[key].lowBound)
        engine.bound(share, 0.0, 1.0)
        engine.minimise([(share, -ON_TIME_WEIGHT), *flow])
        level = engine[share]
        blocked = _blocked(engine, active, wanting, level)
        for key in blocked:
            low, high = wanting[key].lowBound, wanting[key].upBound
            value = low + level * (high - low)
            engine.at_least(("equal_share", *key), -UNLIMITED_MW)
            engine.bound(wanting[key], max(low, value - TOLERANCE_MW / 10), value)
        active = [key for key in active if key not in blocked]
    engine.minimise(flow or [(share, 0.0)])


def _blocked(
    engine: Engine, active: list[Key], wanting: dict[Key, Any], level: float
) -> list[Key]:
    """Find the steps that cannot get more than the common share while no other gets less."""
    if level >= 1 - TOLERANCE_MW:
        return active
    engine.bound(engine.window.share, max(level - 1e-9, 0.0), level)
    engine.minimise([(wanting[key], -1.0) for key in active])
    floor = {key: v.lowBound + level * (v.upBound - v.lowBound) for key, v in wanting.items()}
    stuck = [key for key in active if engine[wanting[key]] <= floor[key] + TOLERANCE_MW]
    return stuck or active


# --- lifting limits ------------------------------------------------------------------------------


def lift(engine: Engine, kinds: Iterable[str]) -> None:
    """Take away whole kinds of limits, or allow what the plain run does not.

    `connection`, `delivery`, `import` (inside the pool); `remedies` (those whose lead time is
    over, within yearly limits), `build` (their yearly limits), `flexible` (sites give way).
    """
    for kind in kinds:
        engine.allowed.add(kind)
        LIFTS[kind](engine, True)


def restore(engine: Engine, kinds: Iterable[str]) -> None:
    """Put lifted limits back."""
    for kind in kinds:
        engine.allowed.discard(kind)
        LIFTS[kind](engine, False)


def _connection(engine: Engine, away: bool) -> None:  # noqa: FBT001
    window = engine.window
    steps = window.steps[window.steps["on_grid"] & (window.steps["ready"] > window.number)]
    for step, mw in zip(steps["step"], steps["mw"], strict=True):
        low, high = window.bounds[step,]
        engine.bound(window.served[step], low, float(mw) if away else high)
    on_grid = set(window.steps.loc[window.steps["on_grid"], "site"])
    for key in window.rows:
        if key[:2] == ("onsite", "unready") and key[2] in on_grid:
            engine.at_most(key, UNLIMITED_MW if away else 0.0)


def _delivery(engine: Engine, away: bool) -> None:  # noqa: FBT001
    for key in engine.window.rows:
        if key[0] == "delivery":
            engine.at_most(key, UNLIMITED_MW if away else engine.window.bounds[key][1])


def _import(engine: Engine, away: bool) -> None:  # noqa: FBT001
    window = engine.window
    for key in sorted(window.within):
        if key[0] == "transfer":
            engine.at_most(key, UNLIMITED_MW if away else window.bounds[key][1])
            continue
        limit = UNLIMITED_MW if away else window.bounds["flow", *key][1]
        if ("reinforcement", *key) in window.rows:
            engine.at_most(("reinforcement", *key), limit)
        else:
            engine.bound(window.flow[key], 0.0, limit)


def _remedies(engine: Engine, away: bool) -> None:  # noqa: FBT001
    window = engine.window
    options = window.terms.options
    for option, first, most in zip(
        options["option"], options["first"], options["potential_mw"], strict=True
    ):
        held = window.standing.get(option, 0.0)
        high = max(held, float(most)) if away and first <= window.number else held
        engine.bound(window.built[option], held, high)


def _build(engine: Engine, away: bool) -> None:  # noqa: FBT001
    for key in engine.window.rows:
        if key[0] == "build":
            engine.at_most(key, UNLIMITED_MW if away else engine.window.bounds[key][1])


def _flexible(engine: Engine, away: bool) -> None:  # noqa: FBT001
    for variable in engine.window.give.values():
        engine.bound(variable, 0.0, UNLIMITED_MW if away else 0.0)


LIFTS: Final[Mapping[str, Callable[[Engine, bool], None]]] = {
    "connection": _connection,
    "delivery": _delivery,
    "import": _import,
    "remedies": _remedies,
    "build": _build,
    "flexible": _flexible,
}
