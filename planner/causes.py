"""Causes and ranked remedies by solving again, with everything else held as it was."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import model, stages
from planner.errors import SolverError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from planner.model import Engine

type Run = Iterator[tuple[str, Engine]]

KINDS: Final = ("connection", "delivery", "import", "supply", "onsite")
BEHIND: Final = ("delivery", "import", "supply")
PROBE_MW: Final = 100.0
MONTHS: Final = 6
QUARTERS: Final = 2
SMALLEST_MW: Final = 0.5
NOISE_MW: Final = 1e-3
APART: Final = 1e-3
RANKING: Final = [
    "area",
    "option",
    "remedy",
    "first_date",
    "probe_mw",
    "mw_months",
    "usd",
    "mw_months_per_million_usd",
]
FREED: Final = ["site", "lifted", "period", "mw"]


def freed(
    run: Run,
    late: Mapping[str, list[str]],
    whole: Mapping[str, float],
    rows: list[tuple[str, str, str, float]],
) -> Run:
    """Lift one kind of limit around each late site and see what it gets, half-year by half-year.

    All other loads, and native shortage, are held as they were, so that what is freed is freed for
    this site. `connection+...` lifts a limit behind the connection process.

    Parameters
    ----------
    run
        Solved half-years, as from :func:`planner.horizon.windows`; they are yielded on.
    late
        Steps of each late site.
    whole
        Megawatts asked by each of them.
    rows
        Takes site, what is lifted, period, and megawatts powered in all with that limit lifted.
    """
    done: set[tuple[str, tuple[str, ...]]] = set()
    for period, engine in run:
        values = engine.values
        held = {key: engine[variable] for key, variable in engine.window.wanting()}
        waiting = {s: steps for s, steps in late.items() if _short(engine, steps)}
        for kinds in _combinations(engine, waiting):
            trying = [
                site
                for site, steps in waiting.items()
                if (site, kinds) not in done and _concerns(engine, kinds, steps)
            ]
            if not trying:
                continue
            _lift(engine, kinds, waiting)
            _hold(engine, held)
            for site in trying:
                mw = _serve_lifted(engine, waiting[site], held, kinds)
                rows.append((site, "+".join(kinds), period, round(mw, 6)))
                if mw >= whole[site] - 1e-2:
                    done.add((site, kinds))
            _unlift(engine, kinds)
        engine.values = values
        yield period, engine


def _short(engine: Engine, steps: Iterable[str]) -> list[str]:
    window = engine.window
    due = {row.step: row.mw for row in window.layout.rows if row.target <= window.number}
    return [s for s in steps if s in due and due[s] - engine[window.served[s]] > NOISE_MW]


def _combinations(engine: Engine, waiting: Mapping[str, list[str]]) -> list[tuple[str, ...]]:
    if not waiting:
        return []
    unready = any(_unready(engine, steps) for steps in waiting.values())
    behind = [("connection", kind) for kind in BEHIND] if unready else []
    plain: list[tuple[str, ...]] = [(kind,) for kind in KINDS]
    return [*plain, *behind, ("import", "supply")]


def _unready(engine: Engine, steps: Iterable[str]) -> bool:
    number = engine.window.number
    return any(row.on_grid and row.ready > number for row in _due(engine, steps))


def _due(engine: Engine, steps: Iterable[str]) -> list[Any]:
    wanted, number = set(steps), engine.window.number
    return [r for r in engine.window.layout.rows if r.step in wanted and r.target <= number]


def _concerns(engine: Engine, kinds: tuple[str, ...], steps: Iterable[str]) -> bool:
    rows = _due(engine, steps)
    if "onsite" in kinds:
        return any(not row.on_grid for row in rows)
    if "connection" in kinds:
        return _unready(engine, steps)
    if "delivery" in kinds:
        return any(isinstance(row.pocket, str) for row in rows)
    return any(row.on_grid for row in rows)


def _lift(engine: Engine, kinds: Iterable[str], waiting: Mapping[str, list[str]]) -> None:
    stages.lift(engine, [kind for kind in kinds if kind in stages.LIFTS])
    if "onsite" in kinds:
        _plants(engine, waiting, model.UNLIMITED_MW)


def _unlift(engine: Engine, kinds: Iterable[str]) -> None:
    stages.restore(engine, [kind for kind in kinds if kind in stages.LIFTS])
    if "onsite" in kinds:
        _plants(engine, {}, 0.0)


def _plants(engine: Engine, waiting: Mapping[str, list[str]], extra_mw: float) -> None:
    for site, slot in engine.window.own:
        if not waiting or site in waiting:
            key = ("onsite", "plant", site, slot)
            engine.at_most(key, engine.limit(key) + extra_mw)


def _supply(engine: Engine, home: str, extra_mw: float) -> None:
    """Give the rest of the pool supply without limit; a pool of one region gets it itself."""
    pools = engine.window.terms.pools
    pool = [region for region in pools.index[pools == pools[home]] if region != home]
    for region in pool or [home]:
        for slot in range(2):
            key = ("adequacy", region, slot)
            engine.at_most(key, engine.limit(key) + extra_mw)


def _hold(engine: Engine, held: Mapping[Any, float]) -> None:
    keys = engine.window.wanting()
    values = np.array([held[key] for key, _ in keys])
    floor = np.maximum(values - model.TOLERANCE_MW, 0.0)
    engine.bound_all([at for _, at in keys], floor, values + model.TOLERANCE_MW)


def _serve_lifted(
    engine: Engine, steps: list[str], held: Mapping[Any, float], kinds: tuple[str, ...]
) -> float:
    if "supply" not in kinds:
        return _serve(engine, steps, held, kinds)
    home = _due(engine, steps)[0].region
    _supply(engine, home, model.UNLIMITED_MW)
    got = _serve(engine, steps, held, kinds)
    _supply(engine, home, 0.0)
    return got


def _serve(
    engine: Engine, steps: Iterable[str], held: Mapping[Any, float], kinds: tuple[str, ...]
) -> float:
    """Give a site all it can get while all others keep what they had."""
    window = engine.window
    mine = _due(engine, steps)
    for row in mine:
        at = window.served[row.step]
        free = (
            "connection" in kinds or row.ready <= window.number or row.site in window.layout.plants
        )
        high = row.mw if free or not row.on_grid else held[row.step,]
        engine.bound(at, held[row.step,], max(high, held[row.step,]))
    wanted = [(window.served[row.step], -1.0) for row in mine]
    engine.minimise(wanted, flow=model.FLOW_WEIGHT / 1e3)
    got = sum(engine[window.served[row.step]] for row in mine)
    for row in mine:
        engine.bound(window.served[row.step], held[row.step,], held[row.step,])
    return float(got)


def alone(
    run: Run,
    wanted: Mapping[str, tuple[str, list[str]]],
    rows: list[tuple[str, str, str, float]],
) -> Run:
    """Find the cheapest remedies that power one site by a period, with all else held as it was.

    Parameters
    ----------
    run
        Solved half-years with nothing built; they are yielded on.
    wanted
        Period and steps of each site.
    rows
        Takes site, period, option and nameplate MW; none where remedies do not suffice alone.
    """
    for period, engine in run:
        values = engine.values
        held = {key: engine[at] for key, at in engine.window.wanting()}
        for site, (when, steps) in wanted.items():
            if when == period:
                rows += [(site, period, *need) for need in _needs(engine, steps, held)]
        engine.values = values
        yield period, engine


def _needs(engine: Engine, steps: list[str], held: Mapping[Any, float]) -> list[tuple[str, float]]:
    window = engine.window
    _hold(engine, held)
    stages.lift(engine, ["remedies"])
    for row in _due(engine, steps):
        at = window.served[row.step]
        engine.bound(at, row.mw - NOISE_MW, row.mw)
    costs = _apart(window.layout.options, _due(engine, steps))
    weights = [(window.built[option], usd / model.USD_SCALE) for option, usd in costs.items()]
    try:
        engine.minimise(weights, flow=model.FLOW_WEIGHT**2)
        found = [
            (option, round(engine[at], 3))
            for option, at in window.built.items()
            if engine[at] > SMALLEST_MW
        ]
    except SolverError:
        found = []
    stages.restore(engine, ["remedies"])
    _hold(engine, held)
    return found


def _apart(options: list[Any], mine: list[Any]) -> dict[str, float]:
    """Yearly cost of each option [USD/MW]; equal ones are set apart by a hair.

    The site's own region comes first, then the order of the options, so that there is one answer
    whatever was solved before.
    """
    homes = {row.region for row in mine}
    groups: dict[tuple[str, float], list[Any]] = defaultdict(list)
    for row in options:
        groups[row.remedy, row.usd_per_mw_yr].append(row)
    costs = {}
    for (_, usd), rows in groups.items():
        near_first = sorted(rows, key=lambda row: row.region not in homes)
        for at, row in enumerate(near_first):
            costs[row.option] = usd * (1 + APART * at / len(rows))
    return costs


def priced(run: Run, due: Mapping[str, set[str]], prices: list[tuple[str, str, float]]) -> Run:
    """Price one more megawatt of accredited capacity while a run with remedies goes on.

    The price is what the least cost rises by when one megawatt more is required in the region and
    everything that is served is held: a re-solve, not a dual, so that every solver gives the same.

    Parameters
    ----------
    run
        Half-years with remedies allowed; they are yielded on.
    due
        Regions to price, by period.
    prices
        Takes `region`, `period` and the price [USD/MW-yr]; none where no remedy is left.
    """
    for period, engine in run:
        values = engine.values
        here = due.get(period, set()) & set(engine.window.layout.regions)
        if here:
            held = {key: engine[at] for key, at in engine.window.wanting()}
            _hold(engine, held)
            base = _least(engine)
            for region in sorted(here):
                engine.load(region)
                engine.bound(engine.window.probe, 1.0, 1.0)
                more = _least(engine)
                engine.bound(engine.window.probe, 0.0, 0.0)
                prices.append((region, period, max(more - base, 0.0)))
            engine.values = values
        yield period, engine


def _least(engine: Engine) -> float:
    """Least yearly cost [USD] of what is required; not a number where it cannot be met."""
    window = engine.window
    prices = {row.option: row.usd_per_mw_yr for row in window.layout.options}
    costs = [(at, prices[option] / model.USD_SCALE) for option, at in window.built.items()]
    try:
        engine.minimise(costs, flow=model.FLOW_WEIGHT**2)
    except SolverError:
        return float("nan")
    return float(sum(prices[option] * engine[at] for option, at in window.built.items()))


def name_causes(table: pd.DataFrame, sites: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    """Name for each late site the limit that binds and the one behind it, with what each frees.

    Parameters
    ----------
    table
        As from :func:`freed`.
    sites
        `site`, `asked_mw`, `on_time_mw`, `target_period`, `earliest_period` without any lift.
    order
        Periods in order.

    Returns
    -------
    pd.DataFrame
        `site`, `cause`, `freed_mw`, `freed_quarters`, `next_cause`, `next_mw`, `next_quarters`.
    """
    place = {period: at for at, period in enumerate(order)}
    rows = []
    for site in sites.itertuples():
        mine = table[table["site"] == site.site]
        gains = {kind: _gain(part, site, place) for kind, part in mine.groupby("lifted")}
        rows.append({"site": site.site, **_two(gains, site)})
    return pd.DataFrame(rows, columns=["site", *CAUSE])


CAUSE: Final = ("cause", "freed_mw", "freed_quarters", "next_cause", "next_mw", "next_quarters")


def _gain(part: pd.DataFrame, site: Any, place: Mapping[str, int]) -> tuple[float, int]:
    """Return megawatts freed on the target date, and quarters gained until all is powered."""
    at = part.set_index("period")["mw"]
    freed_mw = float(at.get(site.target_period, site.on_time_mw)) - site.on_time_mw
    freed_mw = freed_mw if freed_mw > SMALLEST_MW else 0.0
    full = [place[p] for p, mw in at.items() if mw >= site.asked_mw - 1e-2]
    end = place.get(site.earliest_period, len(place))
    return freed_mw, QUARTERS * max(end - min(full), 0) if full else 0


def _two(gains: Mapping[str, tuple[float, int]], site: Any) -> dict[str, object]:
    """Take the lift that frees most, then the one that frees most beside it."""
    alone = {kind: gain for kind, gain in gains.items() if "+" not in kind}
    ranked = sorted(alone, key=lambda kind: (-alone[kind][0], -alone[kind][1], KINDS.index(kind)))
    blocked = any(kind.startswith("connection+") for kind in gains)
    first = "connection" if blocked and "connection" in alone else next(iter(ranked), "supply")
    if not blocked and ranked and alone[first] == (0.0, 0):
        first, second = "supply", "import"
        both = gains.get("import+supply", (0.0, 0))
        return dict(
            zip(CAUSE, (first, 0.0, 0, second if both[0] or both[1] else "", *both), strict=True)
        )
    pairs = (
        {k.split("+")[1]: g for k, g in gains.items() if k.startswith(f"{first}+")}
        if blocked
        else alone
    )
    others = [kind for kind in pairs if kind != first]
    others.sort(key=lambda kind: (-pairs[kind][0], -pairs[kind][1], KINDS.index(kind)))
    second = others[0] if others and pairs[others[0]] != (0.0, 0) else ""
    if blocked and alone.get(first, (0.0, 0))[0] >= site.asked_mw - site.on_time_mw - 1e-2:
        second = ""
    mw, quarters = alone.get(first, (0.0, 0))
    next_mw, next_quarters = pairs.get(second, (0.0, 0))
    return dict(zip(CAUSE, (first, mw, quarters, second, next_mw, next_quarters), strict=True))


@dataclass
class Gains:
    """What remedies bring the late sites of an area: megawatt-months and half-years in service."""

    months: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    served: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))


def rank(run: Run, areas: Mapping[str, list[str]], options: pd.DataFrame, gains: Gains) -> Run:
    """Rank remedies of each bottleneck by what a hundred megawatts of each bring its late sites.

    Parameters
    ----------
    run
        Solved half-years with nothing built; they are yielded on.
    areas
        Late steps of each region that is a bottleneck.
    options
        As from :func:`planner.remedies.options`.
    gains
        Takes what each option brings; :func:`ranking` reads it.
    """
    for period, engine in run:
        values = engine.values
        held = {key: engine[variable] for key, variable in engine.window.wanting()}
        stages.lift(engine, ["build"])
        _hold(engine, held)
        for area, steps in areas.items():
            mine = [row.step for row in _due(engine, steps)]
            before = _serve(engine, mine, held, ()) if mine else 0.0
            for option in _of_area(options, area, engine.window.number).itertuples():
                gain = _with(engine, option, mine, held) - before if mine else 0.0
                gains.months[area, option.option] += MONTHS * max(gain, 0.0)
                gains.served[area, option.option] += 1
        stages.restore(engine, ["build"])
        engine.values = values
        yield period, engine


def _of_area(options: pd.DataFrame, area: str, number: int) -> pd.DataFrame:
    ends = options[["region", "site_region", "from_region", "to_region"]]
    here = (ends == area).any(axis=1) & (options["first"] <= number)
    best = options[here].sort_values(["first", "usd_per_mw_yr", "option"])
    return best.drop_duplicates("remedy")


def _with(engine: Engine, option: Any, steps: list[str], held: Mapping[Any, float]) -> float:
    variable = engine.window.built[option.option]
    mw = min(PROBE_MW, float(option.potential_mw))
    engine.bound(variable, mw, mw)
    got = _serve(engine, steps, held, ())
    engine.bound(variable, 0.0, 0.0)
    return got


def ranking(gains: Gains, options: pd.DataFrame) -> pd.DataFrame:
    """List the remedies of each bottleneck, best first.

    Returns
    -------
    pd.DataFrame
        `area`, `option`, `remedy`, `first_date`, `probe_mw`, `mw_months` (over the horizon),
        `usd` (yearly cost over the years in service), `mw_months_per_million_usd`, best first.
    """
    known = options.set_index("option")
    rows = []
    for (area, option), months in gains.months.items():
        row = known.loc[option]
        probe = min(PROBE_MW, float(row["potential_mw"]))
        usd = float(row["usd_per_mw_yr"]) * probe * gains.served[area, option] / 2
        day = row["first_date"]
        rows.append((area, option, row["remedy"], day, probe, round(months, 3), usd))
    table = pd.DataFrame(rows, columns=RANKING[:-1])
    table["mw_months_per_million_usd"] = table["mw_months"] / (table["usd"] / 1e6).where(
        table["usd"] > 0
    )
    keys = ["area", "mw_months_per_million_usd", "option"]
    return table.sort_values(keys, ascending=[True, False, True], ignore_index=True)
