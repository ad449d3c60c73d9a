"""The stages of one half-year, and lifting its limits: changes to a loaded program, no new one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.model import (
    FLOW_WEIGHT,
    GIVE_WEIGHT,
    LATE_WEIGHT,
    ON_TIME_WEIGHT,
    QUEUE_SPREAD,
    SHORT_WEIGHT,
    TIERS,
    TOLERANCE_MW,
    UNLIMITED_MW,
    USD_SCALE,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from planner.model import Engine, Key, Pair, Window

RISE_MW: Final = 1e-4
FROZEN_MW: Final = 1e-5


def decide(engine: Engine) -> None:
    """Run the stages of one window.

    Each pool serves its own native load first, then its own sites. What is left, and can flow,
    helps the native load of its neighbours, then their sites. Least cost comes last.
    """
    between = engine.window.layout.between
    wanting = [at for _, at in engine.window.wanting()]
    low, high = engine.low[wanting].copy(), engine.high[wanting].copy()
    _neighbours(engine, between, help_=False)
    _shortage(engine)
    _service(engine)
    if between:
        kept = np.clip(engine.values[wanting] - engine.room(engine.values[wanting]), low, high)
        engine.bound_all(wanting, kept, high)
        _neighbours(engine, between, help_=True)
        _shortage(engine)
        _service(engine)
        engine.bound_all(wanting, low, high)
    if engine.allowed & {"remedies", "flexible"}:
        _least_cost(engine)


def _neighbours(engine: Engine, between: list[tuple[str, str]], *, help_: bool) -> None:
    """Close the flows between pools, or open them."""
    window = engine.window
    ats = [window.flow[*pair, slot] for pair in between for slot in range(2)]
    most = np.array([window.high[at] for at in ats]) if help_ else np.zeros(len(ats))
    if ats:
        engine.bound_all(ats, np.zeros(len(ats)), most)


def _shortage(engine: Engine) -> None:
    """Keep what is carried, power nothing new, and make native shortage least."""
    window = engine.window
    wanting = [at for _, at in window.wanting()]
    short = list(window.short.values())
    low, high = engine.low[wanting], engine.high[wanting]
    engine.bound_all(wanting, low, low)
    _free(engine, list(window.breach.values()))
    engine.bound_all(short, np.zeros(len(short)), np.full(len(short), UNLIMITED_MW))
    engine.minimise(short_costs(window), flow=FLOW_WEIGHT)
    engine.bound_all(
        short, np.zeros(len(short)), engine.values[short] + engine.room(engine.values[short])
    )
    engine.bound_all(wanting, low, high)


def short_costs(window: Window) -> list[Pair]:
    """Book shortage where the own deficit is largest, so that there is one answer."""
    costs = []
    for slot in range(2):
        order = _by_deficit(window, slot)
        for place, region in enumerate(order):
            tie = 1 + QUEUE_SPREAD * math.sqrt(place / len(order))
            costs.append((window.short[region, slot], SHORT_WEIGHT * tie))
    return costs


def _by_deficit(window: Window, slot: int) -> list[str]:
    """Order regions by their own spare, the largest deficit first."""
    layout = window.layout
    spare = dict(zip(layout.regions, layout.spare[window.periods[slot]], strict=True))
    return sorted(spare, key=lambda region: (spare[region], region))


def _service(engine: Engine) -> None:
    """Power the most megawatts, by tier and order."""
    _breach(engine)
    weighed = weights(engine.window)
    wanting = engine.window.wanting()
    engine.minimise([(at, -weighed[key]) for key, at in wanting], flow=FLOW_WEIGHT)
    if engine.window.share is not None:
        _share_out(engine, weighed)


def _breach(engine: Engine) -> None:
    """Breach constraints of one's own as little as native load and what stands allow."""
    slack = list(engine.window.breach.values())
    if slack:
        engine.minimise([(at, SHORT_WEIGHT) for at in slack], flow=FLOW_WEIGHT)
        least = engine.values[slack] + engine.room(engine.values[slack])
        engine.bound_all(slack, np.zeros(len(slack)), least)


def _free(engine: Engine, ats: list[int]) -> None:
    if ats:
        engine.bound_all(ats, np.zeros(len(ats)), np.full(len(ats), UNLIMITED_MW))


def _least_cost(engine: Engine) -> None:
    """Keep what is served; carry it with the least yearly cost."""
    window = engine.window
    wanting = [at for _, at in window.wanting()]
    low, high = engine.low[wanting].copy(), engine.high[wanting].copy()
    got = np.clip(engine.values[wanting], low, high)
    engine.bound_all(wanting, np.maximum(low, got - engine.room(got)), high)
    costs = [
        (window.built[row.option], row.usd_per_mw_yr / USD_SCALE) for row in window.layout.options
    ]
    costs += [(at, GIVE_WEIGHT) for at in window.give.values()]
    engine.minimise(costs, flow=FLOW_WEIGHT**2)
    engine.bound_all(wanting, low, high)


def weights(window: Window) -> dict[Key, float]:
    """Weigh steps: on their date before late ones, and strictly by the order of the steps.

    Unnamed datacenters come after them, first where a region has most of its own to spare.
    """
    spread = 0.0 if window.terms.allocation == "prorata" else QUEUE_SPREAD
    count = max(len(window.terms.steps), 1)
    weighed: dict[Key, float] = {}
    for row in window.layout.rows:
        tier = ON_TIME_WEIGHT if row.target == window.number else LATE_WEIGHT
        weighed[row.step,] = tier * (1 + spread * (1 - row.Index / count))
    order = {region: at for at, region in enumerate(reversed(_by_deficit(window, 0)))}
    for key in window.unnamed:
        tier = ON_TIME_WEIGHT if key[1] == "new" else LATE_WEIGHT
        weighed[key] = tier * (1 - spread * order[key[0]] / len(order))
    return weighed


def _share_out(engine: Engine, weights: dict[Key, float]) -> None:
    """Give equal shares: raise the common share, freeze who cannot follow, and go on.

    The megawatts of each tier are a maximum already; a tier is shared out after the one above it.
    """
    wanting = dict(engine.window.wanting())
    ats = list(wanting.values())
    low, high = engine.low[ats].copy(), engine.high[ats].copy()
    for name, tier in TIERS.items():
        members = [at for key, at in wanting.items() if weights[key] == tier]
        engine.at_most(("hold", name), RISE_MW - float(engine.values[members].sum()))
    for tier in TIERS.values():
        _fill(engine, [key for key in wanting if weights[key] == tier], wanting)
    for name in TIERS:
        engine.at_most(("hold", name), UNLIMITED_MW)
    engine.bound_all(ats, low, high)


def _fill(engine: Engine, active: list[Key], wanting: dict[Key, int]) -> None:
    share = engine.window.share
    assert share is not None  # noqa: S101 - only called under prorata
    low, high = engine.low.copy(), engine.high.copy()
    active = [key for key in active if high[wanting[key]] - low[wanting[key]] > TOLERANCE_MW]
    while active:
        for key in active:
            engine.at_most(("equal_share", *key), -low[wanting[key]])
        engine.bound(share, 0.0, 1.0)
        engine.minimise([(share, -ON_TIME_WEIGHT)], flow=FLOW_WEIGHT)
        level = engine[share]
        blocked = _blocked(engine, active, wanting, level)
        for key in blocked:
            at = wanting[key]
            value = low[at] + level * (high[at] - low[at])
            engine.at_most(("equal_share", *key), UNLIMITED_MW)
            engine.bound(at, max(low[at], value - FROZEN_MW), value + FROZEN_MW)
        active = [key for key in active if key not in blocked]
    engine.minimise([(share, 0.0)], flow=FLOW_WEIGHT)


def _blocked(engine: Engine, active: list[Key], wanting: dict[Key, int], level: float) -> list[Key]:
    """Find the steps that cannot get more than the common share while no other gets less."""
    if level >= 1 - TOLERANCE_MW:
        return active
    assert engine.window.share is not None  # noqa: S101 - only called under prorata
    engine.bound(engine.window.share, max(level - 1e-9, 0.0), level)
    low, high = engine.low, engine.high
    stuck = active
    while stuck:
        engine.minimise([(wanting[key], -1.0) for key in stuck])
        still = []
        for key in stuck:
            at = wanting[key]
            if engine[at] <= low[at] + level * (high[at] - low[at]) + RISE_MW:
                still.append(key)
        if len(still) == len(stuck):
            break
        stuck = still
    return stuck or active


# --- lifting limits ------------------------------------------------------------------------------


def lift(engine: Engine, kinds: Iterable[str]) -> None:
    """Take away whole kinds of limits, or allow what the plain run does not.

    `connection`, `delivery`, `import` (inside the pool); `remedies` (those whose lead time is
    over, within yearly limits), `build` (their yearly limits), `flexible` (sites give way).
    """
    for kind in kinds:
        engine.allowed.add(kind)
        LIFTS[kind](engine, away=True)


def restore(engine: Engine, kinds: Iterable[str]) -> None:
    """Put lifted limits back."""
    for kind in kinds:
        engine.allowed.discard(kind)
        LIFTS[kind](engine, away=False)


def _rows(engine: Engine, name: str, *, away: bool) -> None:
    for key in engine.window.rows:
        if key[0] == name:
            engine.at_most(key, UNLIMITED_MW if away else engine.limit(key))


def _connection(engine: Engine, *, away: bool) -> None:
    window = engine.window
    for row in window.layout.rows:
        if row.on_grid and row.target <= window.number < row.ready:
            at = window.served[row.step]
            engine.bound(at, window.low[at], row.mw if away else window.high[at])
    on_grid = {row.site for row in window.layout.rows if row.on_grid}
    for key in window.rows:
        if key[:2] == ("onsite", "unready") and key[2] in on_grid:
            engine.at_most(key, UNLIMITED_MW if away else 0.0)


def _delivery(engine: Engine, *, away: bool) -> None:
    _rows(engine, "delivery", away=away)


def _import(engine: Engine, *, away: bool) -> None:
    window = engine.window
    for limit in window.layout.joint:
        for slot in range(2):
            key = ("transfer", limit.name, slot)
            if limit.within_pool:
                engine.at_most(key, UNLIMITED_MW if away else engine.limit(key))
    bounded = []
    for pair in window.layout.within_pool:
        for slot in range(2):
            row, at = ("reinforcement", *pair, slot), window.flow[*pair, slot]
            if row in window.rows:
                engine.at_most(row, UNLIMITED_MW if away else engine.limit(row))
            else:
                bounded.append(at)
    most = np.array([UNLIMITED_MW if away else window.high[at] for at in bounded])
    engine.bound_all(bounded, np.zeros(len(bounded)), most)


def _remedies(engine: Engine, *, away: bool) -> None:
    window = engine.window
    held = np.array([window.standing.get(row.option, 0.0) for row in window.layout.options])
    most = np.array(
        [
            row.potential_mw if away and row.first <= window.number else 0.0
            for row in window.layout.options
        ]
    )
    engine.bound_all(list(window.built.values()), held, np.maximum(held, most))


def _build(engine: Engine, *, away: bool) -> None:
    _rows(engine, "build", away=away)


def _flexible(engine: Engine, *, away: bool) -> None:
    give = list(engine.window.give.values())
    engine.bound_all(give, np.zeros(len(give)), np.full(len(give), UNLIMITED_MW if away else 0.0))


LIFTS: Final[Mapping[str, Callable[..., None]]] = {
    "connection": _connection,
    "delivery": _delivery,
    "import": _import,
    "remedies": _remedies,
    "build": _build,
    "flexible": _flexible,
}
