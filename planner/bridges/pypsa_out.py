"""A plan as a PyPSA network: every row of the program as buses, links, generators and loads.

One snapshot is one half-year. Each bus stands twice, for the half-year and, as `... next`, for the
one after it, which must carry the same load. docs/decisions/0003 says what is encoded how.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner import demand, match, model, pipeline, stages
from planner.bridges.quiet import library
from planner.errors import PlannerError
from planner.terms import UNLIMITED_MW, Layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from planner.horizon import Solution
    from planner.pipeline import Plan
    from planner.terms import Terms

    type Answer = Plan | Solution

NEXT: Final = " next"
SLOTS: Final = ("", NEXT)
CARRIERS: Final = {
    "AC": "Electricity of a region, a site, or a step of a site",
    "allowance": "Megawatts of a limit on several links: joint limits, pockets, connections",
    "firm supply": "Accredited capacity of a region",
    "native load": "Requirement of a region: load and its reserve",
    "shortage": "Requirement that nothing covers",
    "transfer": "Links between regions of one pool, and firm imports",
    "help": "Links between pools, open after each pool has served its own sites",
    "grid": "What a site draws, with its reserve",
    "site": "A step of a named site; p0 is what is served",
    "unnamed": "Unnamed datacenters of a region; p0 is what is served",
    "own plant": "A site's own plant",
    "waiting": "Asked and not served",
    "held": "What a pocket draws beyond its room since before",
}
DEFAULTS: Final = {"p_min_pu": 0.0, "p_max_pu": 1.0, "marginal_cost": 0.0, "x": 0.0, "y": 0.0}

type Values = list[float]
type Row = dict[str, Any]


@dataclass
class _Parts:
    """Components under their names; a value that is a list changes with the half-year."""

    rows: dict[str, dict[str, Row]] = field(default_factory=lambda: defaultdict(dict))

    def bus(self, name: str, carrier: str = "AC", **given: Any) -> str:
        """Add a bus."""
        self.rows["Bus"][name] = {"carrier": carrier, **given}
        return name

    def bounded(
        self, component: str, name: str, low: Values, high: Values, /, **given: Any
    ) -> None:
        """Add a generator or link with bounds in megawatts, one a half-year."""
        size = max([*high, *(-value for value in low)]) or 1.0
        bounds = {
            "p_nom": size,
            "p_min_pu": [value / size for value in low],
            "p_max_pu": [value / size for value in high],
        }
        self.rows[component][name] = {**bounds, **given}


@dataclass
class _Grid:
    """One grid: its numbers, and its windows with what the plan served before each."""

    layout: Layout
    windows: list[model.Window]
    places: pd.DataFrame | None

    def of_row(self, *key: object) -> Values:
        """Limits of a row of the program, half-year by half-year."""
        return [window.limits[window.rows[key]] for window in self.windows]

    def bounds(self, name: str, key: Any) -> tuple[Values, Values]:
        """Bounds of a variable of the program, half-year by half-year."""
        ats = [getattr(window, name)[key] for window in self.windows]
        pairs = list(zip(self.windows, ats, strict=True))
        return [w.low[at] for w, at in pairs], [w.high[at] for w, at in pairs]

    def reserve(self, region: str, slot: int, part: float = 1.0) -> Values:
        """Megawatts of load that one megawatt of a region's requirement carries."""
        place = self.layout.regions.index(region)
        margins = [self.layout.margin[window.periods[slot]][place] for window in self.windows]
        return [1 / ((1 + margin) * part) for margin in margins]

    def table(self, frame: pd.DataFrame, region: str, slot: int) -> Values:
        """Numbers of a region, half-year by half-year."""
        return [float(frame.loc[region, window.periods[slot]]) for window in self.windows]


def to_network(plan: Plan) -> Any:
    """Write the question of a plan as a PyPSA network.

    Parameters
    ----------
    plan
        The answer of :func:`planner.check`, with the allocation `queue` or `most`.

    Returns
    -------
    pypsa.Network
        One snapshot a half-year. `p0` of the links of carrier `site` is what is served of each
        step [MW]; `p_min_pu` of them is what the plan served in the half-year before, since what is
        served stays served. Solve it with :func:`optimise`.

    Raises
    ------
    PlannerError
        PyPSA is missing, or megawatts are shared out (`prorata`), for which no network has a form.
    """
    case = plan.case
    placed = match.place(case)
    asked = demand.steps(case, placed)
    every = pipeline.gather(case, asked, demand.native(case, placed))
    places = case.regions.set_index("region")[["lon", "lat"]]
    return written(every, plan, places)


def written(every: Iterable[Terms], answer: Answer, places: pd.DataFrame | None = None) -> Any:
    """Write grids as one network, each half-year after what an answer served in the one before.

    Parameters
    ----------
    every
        Numbers of the grids.
    answer
        A plan or a solution: `served` and `regions`.
    places
        `lon` and `lat` by region.
    """
    pypsa = library()
    parts = _Parts()
    network = pypsa.Network(name="planner")
    for terms in every:
        if terms.allocation == "prorata":
            message = "allocation is 'prorata', which no network can say; use queue or most."
            raise PlannerError(message)
        layout = Layout(terms)
        grid = _Grid(layout, list(_windows(layout, answer)), places)
        _regions(parts, grid)
        shared = _allowances(parts, grid)
        _links(parts, grid, shared)
        _sites(parts, grid)
        _unnamed(parts, grid)
        network.set_snapshots(pd.Index(terms.periods.index, name="snapshot"))
    network.add("Carrier", list(CARRIERS), nice_name=pd.Series(CARRIERS))
    for component, rows in parts.rows.items():
        _add(network, component, rows)
    return network


def _add(network: Any, component: str, rows: dict[str, Row]) -> None:
    """Hand components over, with a series for every value that changes with the half-year."""
    given: dict[str, Any] = {}
    for name in dict.fromkeys(name for row in rows.values() for name in row):
        plain = DEFAULTS.get(name, 1.0 if name.startswith("efficiency") else "")
        column = {key: row.get(name, plain) for key, row in rows.items()}
        varies = any(isinstance(value, list) for value in column.values())
        given[name] = pd.DataFrame(column, index=network.snapshots) if varies else pd.Series(column)
    network.add(component, list(rows), **given)


def _windows(layout: Layout, answer: Answer) -> Iterator[model.Window]:
    """Write the program of each half-year after what was served in the one before."""
    steps = answer.served.pivot_table(index="period", columns="step", values="served_mw")
    unnamed = answer.regions.pivot_table(index="period", columns="region", values="unnamed_mw")
    before = pd.concat([steps, unnamed], axis=1)
    names = list(layout.terms.periods.index)
    for at, number in enumerate(layout.terms.periods):
        held = before.loc[names[at - 1]].dropna().to_dict() if at else {}
        carried = {name: max(mw - model.TOLERANCE_MW, 0.0) for name, mw in held.items()}
        pair = (names[at], names[min(at + 1, len(names) - 1)])
        yield model.fill(model.Window(layout, int(number), pair, carried))


# --- regions and links ---------------------------------------------------------------------------


def _regions(parts: _Parts, grid: _Grid) -> None:
    """Supply, requirement and shortage of each region, in both half-years."""
    terms = grid.layout.terms
    costs = [dict(stages.short_costs(window)) for window in grid.windows]
    for region in grid.layout.regions:
        where = {} if grid.places is None else grid.places.loc[region].to_dict()
        for slot, ending in enumerate(SLOTS):
            bus = parts.bus(region + ending, x=where.get("lon", 0.0), y=where.get("lat", 0.0))
            supply = grid.table(terms.supply, region, slot)
            load = grid.table(terms.requirement, region, slot)
            none = [0.0] * len(load)
            parts.bounded(
                "Generator", f"supply {bus}", none, supply, bus=bus, carrier="firm supply"
            )
            parts.rows["Load"][f"native {bus}"] = {
                "bus": bus,
                "carrier": "native load",
                "p_set": load,
            }
            at = grid.windows[0].short[region, slot]
            parts.rows["Generator"][f"shortage {bus}"] = {
                "bus": bus,
                "carrier": "shortage",
                "p_nom": UNLIMITED_MW,
                "marginal_cost": [cost[at] for cost in costs],
            }


def _allowances(parts: _Parts, grid: _Grid) -> dict[tuple[str, str], list[tuple[str, float]]]:
    """Give each joint limit a bus from which its links draw what they bring in.

    Returns
    -------
    dict
        Buses by directed pair of regions, with what a megawatt of flow puts on them.
    """
    found: dict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
    for limit in grid.layout.joint:
        name = f"limit {limit.name}"
        for slot, ending in enumerate(SLOTS):
            high = grid.of_row("transfer", limit.name, slot)
            _allowance(parts, name + ending, [-UNLIMITED_MW] * len(high), high)
        for pair in limit.inward:
            found[pair].append((name, -1.0))
            found[pair[::-1]].append((name, 1.0))
    return found


def _allowance(parts: _Parts, name: str, low: Values, high: Values) -> None:
    parts.bus(name, "allowance")
    parts.bounded("Generator", name, low, high, bus=name, carrier="allowance")


def _links(
    parts: _Parts, grid: _Grid, shared: dict[tuple[str, str], list[tuple[str, float]]]
) -> None:
    help_ = set(grid.layout.between)
    for pair in grid.layout.flows:
        for slot, ending in enumerate(SLOTS):
            low, high = grid.bounds("flow", (*pair, slot))
            start, end = (region + ending for region in pair)
            ports: list[tuple[str, float | Values]] = [(end, 1.0)]
            ports += [(name + ending, sign) for name, sign in shared[pair]]
            parts.bounded(
                "Link",
                f"{start} > {end}",
                low,
                high,
                bus0=start,
                carrier="help" if pair in help_ else "transfer",
                marginal_cost=model.FLOW_WEIGHT,
                **_ports(ports),
            )


def _ports(ports: Sequence[tuple[str, float | Values]]) -> Row:
    """Say what a link puts on each bus behind its first one, per megawatt drawn there."""
    given: Row = {}
    for place, (bus, share) in enumerate(ports, 1):
        given[f"bus{place}"] = bus
        given["efficiency" if place == 1 else f"efficiency{place}"] = share
    return given


# --- sites ---------------------------------------------------------------------------------------


def _sites(parts: _Parts, grid: _Grid) -> None:
    """Sites draw through pockets and connections; their steps are served in both half-years."""
    weights = [stages.weights(window) for window in grid.windows]
    seen: set[str] = set()
    for row in grid.layout.rows:
        if row.site not in seen:
            _site(parts, grid, row)
        seen.add(row.site)
        low, high = grid.bounds("served", row.step)
        alone = row.site in grid.layout.plants
        ports: list[tuple[str, float | Values]] = [
            (parts.bus(f"step {row.step}"), 1.0),
            (f"site {row.site}{NEXT}", -1.0),
        ]
        for slot, ending in enumerate(SLOTS if alone else ()):
            ready = [float(row.ready <= window.number + slot) for window in grid.windows]
            ports.append((f"connection {row.site}{ending}", ready))
        parts.bounded(
            "Link",
            row.step,
            low,
            high,
            bus0=f"site {row.site}",
            carrier="site",
            step=row.step,
            pocket=row.pocket if row.pocket in grid.layout.rooms and row.on_grid else "",
            marginal_cost=[-found[row.step,] for found in weights],
            **_ports(ports),
        )
        asked = [row.mw * (row.target <= window.number) for window in grid.windows]
        _asked(parts, f"step {row.step}", asked)


def _asked(parts: _Parts, bus: str, asked: Values) -> None:
    """Ask, and let wait what is not served."""
    parts.rows["Load"][bus] = {"bus": bus, "carrier": "AC", "p_set": asked}
    parts.bounded(
        "Generator", f"waiting {bus}", [0.0] * len(asked), asked, bus=bus, carrier="waiting"
    )


def _site(parts: _Parts, grid: _Grid, row: Any) -> None:
    """A site: its grid connection and its own plant, in both half-years."""
    for slot, ending in enumerate(SLOTS):
        bus = parts.bus(f"site {row.site}{ending}")
        alone = row.site in grid.layout.plants
        if alone:
            plant = grid.of_row("onsite", "plant", row.site, slot)
            none = [0.0] * len(plant)
            parts.bounded("Generator", f"own {bus}", none, plant, bus=bus, carrier="own plant")
            all_ = [-UNLIMITED_MW] * len(plant)
            _allowance(parts, f"connection {row.site}{ending}", all_, none)
        if row.on_grid:
            share = grid.reserve(row.region, slot, grid.layout.terms.coincidence)
            drawn: list[tuple[str, float | Values]] = [(bus, share)]
            lost = [-value for value in share]
            if alone:
                drawn.append((f"connection {row.site}{ending}", lost))
            if row.pocket in grid.layout.rooms:
                drawn.append((_pocket(parts, grid, row.pocket, slot), lost))
            _draw(parts, row.region + ending, bus, drawn)


def _draw(
    parts: _Parts, region: str, bus: str, drawn: Sequence[tuple[str, float | Values]]
) -> None:
    parts.rows["Link"][f"grid {bus}"] = {
        "bus0": region,
        "carrier": "grid",
        "p_nom": UNLIMITED_MW,
        **_ports(drawn),
    }


def _pocket(parts: _Parts, grid: _Grid, pocket: str, slot: int) -> str:
    """Give a pocket a bus with the megawatts that may be delivered; more only if they were held."""
    name = f"delivery {pocket}{SLOTS[slot]}"
    if name not in parts.rows["Bus"]:
        rooms = grid.layout.rooms[pocket]
        room = [grid.layout.limit(rooms, window.periods[slot]) for window in grid.windows]
        most = grid.of_row("delivery", pocket, slot)
        none = [0.0] * len(room)
        _allowance(parts, name, none, room)
        beyond = [high - plain for high, plain in zip(most, room, strict=True)]
        parts.bounded(
            "Generator", f"held {name}", none, beyond, bus=name, carrier="held", pocket=pocket
        )
    return name


def _unnamed(parts: _Parts, grid: _Grid) -> None:
    """Unnamed datacenters: what was asked before is late, the rest is on its date."""
    weights = [stages.weights(window) for window in grid.windows]
    for _, region in grid.layout.with_unnamed:
        bus = f"unnamed {region}"
        for slot, ending in enumerate(SLOTS):
            parts.bus(bus + ending)
            _draw(parts, region + ending, bus + ending, [
                (bus + ending, grid.reserve(region, slot))
            ])  # fmt: skip
        most = []
        for kind in ("late", "new"):
            low, high = grid.bounds("unnamed", (region, kind))
            most.append(high)
            parts.bounded(
                "Link",
                f"{bus} {kind}",
                low,
                high,
                bus0=bus,
                carrier="unnamed",
                region=region,
                marginal_cost=[-found[region, kind] for found in weights],
                **_ports([(f"asked {bus}", 1.0), (bus + NEXT, -1.0)]),
            )
        parts.bus(f"asked {bus}")
        _asked(parts, f"asked {bus}", [late + new for late, new in zip(*most, strict=True)])
