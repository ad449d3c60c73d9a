"""Numbers of one grid, and the same laid out in plain lists, half-year by half-year."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

UNLIMITED_MW: Final = 1e6


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
    constrain
        A function that adds constraints of one's own, see :mod:`planner.hook`.
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
    constrain: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class Joint:
    """A joint limit: the pairs of regions that enter it, and its limit by period."""

    name: str
    within_pool: bool
    inward: list[tuple[str, str]]
    limits: Mapping[str, float]


@dataclass(frozen=True)
class Cap:
    """A build limit: its options, and its cumulative limit by period."""

    key: tuple[str, str]
    members: list[str]
    limits: Mapping[str, float]


@dataclass(frozen=True)
class Layout:
    """The numbers of :class:`Terms` in plain lists; every half-year has the same entries.

    `memo` keeps what windows of this layout have in common.
    """

    terms: Terms
    memo: dict[Any, Any] = field(default_factory=dict, compare=False)

    @cached_property
    def regions(self) -> list[str]:
        """Regions, in order."""
        return list(self.terms.supply.index)

    @cached_property
    def spare(self) -> dict[str, list[float]]:
        """Accredited less required megawatts, region by region, by period."""
        spare = self.terms.supply - self.terms.requirement
        return {str(period): spare[period].tolist() for period in spare}

    @cached_property
    def margin(self) -> dict[str, list[float]]:
        """Reserve margin, region by region, by period."""
        return {str(period): self.terms.margin[period].tolist() for period in self.terms.margin}

    @cached_property
    def steps(self) -> pd.DataFrame:
        """Steps that may ever draw: on the grid, or with own plant."""
        steps = self.terms.steps
        may = steps["on_grid"] | steps["site"].isin(self.terms.plants.index)
        return steps[may]

    @cached_property
    def rows(self) -> list[Any]:
        """Steps as plain rows; `Index` is the place in the order of the allocation rule."""
        names = ["step", "site", "region", "pocket", "mw", "target", "ready", "on_grid"]
        return list(self.steps[names].itertuples())

    @cached_property
    def steps_of(self) -> dict[str, list[str]]:
        """Steps of each site with own plant."""
        found: dict[str, list[str]] = defaultdict(list)
        for row in self.rows:
            if row.site in self.plants:
                found[row.site].append(row.step)
        return dict(sorted(found.items()))

    @cached_property
    def plants(self) -> dict[str, dict[str, float]]:
        """Accredited own plant of each site, by period."""
        return dict(self.terms.plants.T.to_dict())

    @cached_property
    def unnamed(self) -> dict[str, list[float]]:
        """Unnamed datacenters, region by region, by period."""
        return {str(period): self.terms.unnamed[period].tolist() for period in self.terms.unnamed}

    @cached_property
    def with_unnamed(self) -> list[tuple[int, str]]:
        """Regions that ever have unnamed datacenters, with their place."""
        ever = (self.terms.unnamed > 0).any(axis=1).tolist()
        return [(at, region) for at, region in enumerate(self.regions) if ever[at]]

    @cached_property
    def flows(self) -> dict[tuple[str, str], dict[str, float]]:
        """Limit of each directed pair of neighbours, by period; 0 where nothing stands yet."""
        found: dict[tuple[str, str], dict[str, float]] = {}
        names = ["from_region", "to_region", "period", "forward_mw", "reverse_mw"]
        rows = zip(*(self.terms.links[name].tolist() for name in names), strict=True)
        for start, end, period, forward_mw, reverse_mw in rows:
            found.setdefault((start, end), {})[period] = float(forward_mw)
            found.setdefault((end, start), {})[period] = float(reverse_mw)
        for pair in self.lines:
            found.setdefault(pair, {})
            found.setdefault(pair[::-1], {})
        return {pair: found[pair] for pair in sorted(found)}

    @cached_property
    def within_pool(self) -> set[tuple[str, str]]:
        """Directed pairs of neighbours in one pool."""
        links = self.terms.links
        inside = links[links["within_pool"].astype(bool)]
        pairs = set(zip(inside["from_region"], inside["to_region"], strict=True))
        pools = self.terms.pools.to_dict()
        pairs |= {pair for pair in self.lines if pools.get(pair[0]) == pools.get(pair[1])}
        return pairs | {pair[::-1] for pair in pairs}

    @cached_property
    def between(self) -> list[tuple[str, str]]:
        """Directed pairs between pools, but for those that bring firm imports."""
        firm = self.terms.joint[self.terms.joint["basis"] == "firm"]
        contracted = {region for into in firm["into"] for region in into}
        return [p for p in self.flows if p not in self.within_pool and p[1] not in contracted]

    @cached_property
    def joint(self) -> list[Joint]:
        """Joint limits with the pairs that enter them."""
        around: dict[str, list[str]] = defaultdict(list)
        for start, end in self.flows:
            around[end].append(start)
        names = ["limit", "period", "limit_mw", "into", "out_of", "within_pool"]
        rows = list(zip(*(self.terms.joint[name].tolist() for name in names), strict=True))
        limits: dict[str, dict[str, float]] = defaultdict(dict)
        ends: dict[str, tuple[Any, Any, bool]] = {}
        for name, period, limit_mw, into, out_of, within_pool in rows:
            limits[name][period] = float(limit_mw)
            ends.setdefault(name, (into, out_of, bool(within_pool)))
        found = []
        for name, (into, out_of, within_pool) in sorted(ends.items()):
            inward = [
                (start, end)
                for end in sorted(into)
                for start in around[end]
                if (start in out_of if out_of else start not in into)
            ]
            if inward:
                found.append(Joint(name, within_pool, inward, limits[name]))
        return found

    @cached_property
    def rooms(self) -> dict[str, dict[str, float]]:
        """Room of each pocket that has a limit, by period."""
        found: dict[str, dict[str, float]] = defaultdict(dict)
        for row in self.terms.room.itertuples():
            found[row.pocket][row.period] = float(row.room_mw)
        return dict(sorted(found.items()))

    @cached_property
    def options(self) -> list[Any]:
        """Remedies as plain rows."""
        return list(self.terms.options.itertuples())

    @cached_property
    def credit(self) -> dict[str, list[float]]:
        """Accredited share, option by option, by period."""
        credit = self.terms.credit
        if not len(credit):
            return {str(period): [] for period in self.terms.periods.index}
        credit = credit.reindex([row.option for row in self.options])
        return {str(period): credit[period].tolist() for period in credit}

    @cached_property
    def built_in(self) -> dict[str, list[tuple[int, str]]]:
        """Options of each region (plants, retirements, demand) or site, with their place."""
        found: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for at, row in enumerate(self.options):
            where = row.region if isinstance(row.region, str) else row.site
            if isinstance(where, str):
                found[where].append((at, row.option))
        return found

    @cached_property
    def lines(self) -> dict[tuple[str, str], list[str]]:
        """Options on the link of each pair of neighbours."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in self.options:
            if row.kind == "line":
                found[row.from_region, row.to_region].append(row.option)
        return dict(found)

    @cached_property
    def caps(self) -> list[Cap]:
        """Build limits with their options."""
        found = []
        for key, limits in self.terms.caps.iterrows():
            group, area = key
            members = [
                row.option
                for row in self.options
                if row.group == group and (not area or area in {row.region, row.site_region})
            ]
            if members:
                found.append(Cap((str(group), str(area)), members, limits.to_dict()))
        return found

    @cached_property
    def pools(self) -> dict[str, list[tuple[int, str]]]:
        """Regions of each pool that may give way, with their place."""
        found: dict[str, list[tuple[int, str]]] = defaultdict(list)
        known = self.terms.pools.to_dict()
        for at, region in enumerate(self.regions):
            if len(self.terms.give_way) and region in known:
                found[known[region]].append((at, region))
        return dict(found)

    @cached_property
    def give_way(self) -> dict[str, dict[str, float]]:
        """Megawatts that each pool may give way, by period."""
        return dict(self.terms.give_way.T.to_dict())

    def limit(self, limits: Mapping[str, float], period: str) -> float:
        """Return a limit in a period; none is no limit."""
        return float(np.float64(limits.get(period, UNLIMITED_MW)))


def once[Found](collect: Callable[[Any], Found]) -> Callable[[Any], Found]:
    """Collect once what windows of a layout share, as all of one kind number variables alike."""

    @wraps(collect)
    def kept(window: Any) -> Found:
        memo, key = window.layout.memo, (collect.__name__, window.net)
        if key not in memo:
            memo[key] = collect(window)
        found: Found = memo[key]
        return found

    return kept
