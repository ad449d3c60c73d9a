"""The reference problem: a seeded grid with sites, years and hours; nothing in it is a real place.

Sizes S and M are those of the table of ratios. The full problem holds a column for each technology,
region and hour with its fuel cost; the adequacy problem asks for service alone, in which dispatch
by technology drops out exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from planner import hours_block
from planner.hours_block import Added, Lines, Period, Stores, Units
from planner.model_annual import Annual, Group, Reserve

HOURS = 24
YEARS = 11
# name, share of existing capacity, accredited, available, USD/MWh, retires a year
TECHNOLOGIES = (
    ("nuclear", 0.10, 0.95, 0.93, 10.0, 0.0),
    ("coal", 0.14, 0.88, 0.86, 28.0, 0.04),
    ("cycle", 0.30, 0.90, 0.88, 32.0, 0.0),
    ("turbine", 0.16, 0.88, 0.86, 55.0, 0.0),
    ("steam", 0.06, 0.82, 0.80, 60.0, 0.05),
    ("biomass", 0.02, 0.85, 0.83, 45.0, 0.0),
    ("hydro", 0.08, 0.70, 0.62, 2.0, 0.0),
    ("wind", 0.16, 0.20, 0.22, 0.5, 0.0),
    ("solar", 0.14, 0.40, 0.75, 0.5, 0.0),
)
WIND, SOLAR = 7, 8
# technology (9 is storage), first year, cost in thousand USD/MW, potential and yearly limit as a
# share of peak
BUILDS = ((2, 4, 1400.0, 0.16, 0.009), (3, 3, 1100.0, 0.1, 0.006), (7, 2, 1600.0, 0.25, 0.011),
          (8, 1, 1200.0, 0.35, 0.021), (9, 1, 900.0, 0.12, 0.009))  # fmt: skip
STORAGE = 9
STORAGE_SHARE, STORAGE_CREDIT, STORAGE_HOURS, ROUND_TRIP = 0.05, 0.75, 4.0, 0.85
MARGIN, IMPORT_CREDIT = 0.15, 0.12
GROWTH = 0.012
DAWN, DUSK, FIRST_LIGHT = 6, 18, 0.05
PEAK_HOUR = 18.0
GIVE_FRACTION, GIVE_HOURS = 0.25, 0.5
# thousand USD: a served megawatt-year, a megawatt of reserve that lacks, a megawatt-hour unserved,
# and days that the 24 hours stand for
SERVICE, LACKING, UNSERVED, DAYS = 3000.0, 6000.0, 10.0, 365.0
SEED = 7


@dataclass(frozen=True)
class Size:
    """How large a problem is."""

    regions: int
    links: int
    sites: int
    years: int = YEARS


SIZES = {
    "XS": Size(5, 8, 6, 3),
    "S": Size(20, 40, 30),
    "M": Size(134, 300, 200),
}


@dataclass(frozen=True)
class World:
    """Everything drawn by the seed, before it is laid out.

    `peak_mw` by region, `shape` regions by hours, `existing_mw` technologies (storage last) by
    years by regions, `share` technologies by regions by hours, `link` ends, `link_mw`, `home` and
    `ramp_mw` (years by sites), `potential_mw` (years by options) of the sites and options.
    """

    size: Size
    peak_mw: np.ndarray
    shape: np.ndarray
    existing_mw: np.ndarray
    share: np.ndarray
    link: np.ndarray
    link_mw: np.ndarray
    home: np.ndarray
    ramp_mw: np.ndarray
    potential_mw: np.ndarray
    growth: np.ndarray
    margin: float = MARGIN
    import_credit: float = IMPORT_CREDIT


def world(name: str = "M", *, stress: bool = False, seed: int = SEED) -> World:
    """Draw a problem; under `stress` the reserve margin is 0 and imports count double."""
    size, draw = SIZES[name], np.random.default_rng(seed)
    regions = size.regions
    peak = draw.lognormal(np.log(5000.0), 0.7, regions)
    hour = np.arange(HOURS)
    top = draw.normal(PEAK_HOUR, 1.5, regions)[:, None]
    shape = 0.72 + 0.28 * np.cos((hour - top) * 2 * np.pi / HOURS)
    shape = shape + draw.normal(0.0, 0.01, shape.shape)
    shape /= shape.max(axis=1, keepdims=True)
    mix = np.array([row[1] for row in TECHNOLOGIES] + [STORAGE_SHARE])[:, None]
    mix = mix * draw.lognormal(0.0, 0.6, (len(mix), regions))
    credit = np.array([row[2] for row in TECHNOLOGIES] + [STORAGE_CREDIT])[:, None]
    mix = mix / (mix * credit).sum(axis=0) * draw.uniform(1.10, 1.30, regions)
    retires = np.array([row[5] for row in TECHNOLOGIES] + [0.0])[:, None]
    years = np.arange(size.years)
    existing = (mix * peak)[:, None, :] * (1 - retires[:, :, None]) ** years[None, :, None]
    link, link_mw = _network(size, peak, draw)
    return World(
        size=size,
        peak_mw=peak,
        shape=shape,
        existing_mw=existing,
        share=_shares(regions, draw),
        link=link,
        link_mw=link_mw,
        home=draw.integers(0, regions, size.sites),
        ramp_mw=_ramps(size, draw),
        potential_mw=_potentials(size, peak, draw),
        growth=(1 + draw.normal(GROWTH, 0.004, regions))[None, :] ** years[:, None],
        margin=0.0 if stress else MARGIN,
        import_credit=IMPORT_CREDIT * (2 if stress else 1),
    )


def _network(size: Size, peak: np.ndarray, draw: Any) -> tuple[np.ndarray, np.ndarray]:
    """Each region to its nearest one drawn before, then the shortest other pairs."""
    place = draw.uniform(0.0, 1.0, (size.regions, 2))
    far = np.linalg.norm(place[:, None] - place[None], axis=2)
    pairs = [(int(far[at, :at].argmin()), at) for at in range(1, size.regions)]
    rest = sorted((far[a, b], a, b) for b in range(size.regions) for a in range(b))
    known = set(pairs)
    pairs += [(a, b) for _, a, b in rest if (a, b) not in known][: size.links - len(pairs)]
    link = np.array(pairs)
    smaller = np.minimum(peak[link[:, 0]], peak[link[:, 1]])
    return link, smaller * draw.uniform(0.06, 0.25, len(link))


def _shares(regions: int, draw: Any) -> np.ndarray:
    """What each technology can give, by region and hour."""
    share = np.array([row[3] for row in TECHNOLOGIES])[:, None, None] * np.ones((regions, HOURS))
    hour = np.arange(HOURS)
    share[WIND] *= draw.lognormal(0.0, 0.3, (regions, 1)) * (1 + 0.3 * np.cos(hour / 4))
    day = np.sin((hour - DAWN) * np.pi / (DUSK - DAWN)) * (hour > DAWN) * (hour < DUSK)
    day[hour == DAWN] = FIRST_LIGHT
    share[SOLAR] *= draw.uniform(0.7, 1.0, (regions, 1)) * day
    able: np.ndarray = np.clip(share, 0.0, 1.0)
    return able


def _ramps(size: Size, draw: Any) -> np.ndarray:
    full = draw.lognormal(np.log(450.0), 0.7, size.sites)
    begin = draw.integers(0, max(size.years - 3, 1), size.sites)
    grown: np.ndarray = np.clip((np.arange(size.years)[:, None] - begin + 1) / 3, 0.0, 1.0)
    ramps: np.ndarray = grown * full
    return ramps


def _potentials(size: Size, peak: np.ndarray, draw: Any) -> np.ndarray:
    """Potential of each build of each region from its first year on: years by options."""
    years = np.arange(size.years)[:, None]
    parts = [
        np.where(years >= first, share * peak * draw.uniform(0.5, 1.5, len(peak)), 0.0)
        for _, first, _, share, _ in BUILDS
    ]
    return np.hstack(parts)


# --- laid out ------------------------------------------------------------------------------------


def annual(drawn: World, *, fuel: bool) -> Annual:
    """The layer of years."""
    size, options = drawn.size, len(BUILDS) * drawn.size.regions
    cost = np.repeat([row[2] for row in BUILDS], size.regions)
    left = np.arange(size.years, 0, -1)[:, None] / size.years
    groups = [
        Group(
            f"yearly{at}",
            size.sites + at * size.regions + np.arange(size.regions),
            np.full(size.years, row[4] * drawn.peak_mw.sum()),
            yearly=True,
        )
        for at, row in enumerate(BUILDS)
    ]
    return Annual(
        periods=[f"y{t}" for t in range(size.years)],
        sites=[f"s{at}" for at in range(size.sites)],
        options=[f"o{at}" for at in range(options)],
        ramp_mw=drawn.ramp_mw,
        value=np.full(drawn.ramp_mw.shape, SERVICE),
        room_mw=drawn.potential_mw,
        cost=cost * left if fuel else np.zeros((size.years, options)),
        groups=groups,
        reserve=_reserve(drawn),
    )


def _reserve(drawn: World) -> Reserve:
    regions = drawn.size.regions
    credit = np.array([row[2] for row in TECHNOLOGIES] + [STORAGE_CREDIT])
    counted = np.einsum("k,ktr->tr", credit, drawn.existing_mw)
    brought = np.zeros(regions)
    for side in (0, 1):
        np.add.at(brought, drawn.link[:, side], drawn.link_mw * drawn.import_credit)
    needed = (1 + drawn.margin) * drawn.peak_mw * drawn.growth
    return Reserve(
        spare_mw=counted + brought - needed,
        draw=np.full(regions, 1 + drawn.margin),
        home=drawn.home,
        place=np.tile(np.arange(regions), len(BUILDS)),
        credit=np.repeat([credit[row[0]] for row in BUILDS], regions),
        short_cost=LACKING,
    )


def problem(drawn: World, *, fuel: bool) -> tuple[Annual, list[hours_block.Block]]:
    """The layer of years, and the hours of every year."""
    blocks = [hours_block.build(period(drawn, t, fuel=fuel)) for t in range(drawn.size.years)]
    years = annual(drawn, fuel=fuel)
    most = [block.worst(row) for block, row in zip(blocks, years.most, strict=True)]
    return replace(years, hours_most=np.array(most)), blocks


def period(drawn: World, t: int, *, fuel: bool) -> Period:
    """The hours of one year."""
    regions, region = drawn.size.regions, np.arange(drawn.size.regions)
    load = (drawn.peak_mw * drawn.growth[t])[:, None] * drawn.shape
    able = drawn.existing_mw[:-1, t, :, None] * drawn.share
    stored = drawn.existing_mw[-1, t]
    most = np.bincount(drawn.home, drawn.ramp_mw[t], regions)
    units = Units(
        np.tile(region, len(TECHNOLOGIES)),
        np.repeat([row[4] / 1000 for row in TECHNOLOGIES], regions),
        able.reshape(-1, HOURS),
    )
    limit = np.repeat(drawn.link_mw[:, None], HOURS, axis=1)
    return Period(
        need_mw=load if fuel else load - able.sum(axis=0),
        draw=np.ones((regions, HOURS)),
        home=drawn.home,
        most_mw=most,
        short_cost=np.full(HOURS, UNSERVED * DAYS),
        stores=Stores(region, stored, stored, stored * STORAGE_HOURS, np.full(regions, ROUND_TRIP)),
        lines=Lines(drawn.link[:, 0], drawn.link[:, 1], limit, limit),
        added=_added(drawn, fuel=fuel),
        options=len(BUILDS) * regions,
        units=units if fuel else None,
        weight=DAYS,
        give_fraction=GIVE_FRACTION,
        give_hours=GIVE_HOURS,
    )


def _added(drawn: World, *, fuel: bool) -> Added:
    regions = drawn.size.regions
    region = np.arange(regions)
    kinds = [(at, row[0]) for at, row in enumerate(BUILDS) if row[0] != STORAGE]
    option = np.concatenate([at * regions + region for at, _ in kinds])
    share = np.vstack([drawn.share[kind] for _, kind in kinds])
    where = np.concatenate([(kind * regions if fuel else 0) + region for _, kind in kinds])
    plants = (option, where, share)
    at = next(at for at, row in enumerate(BUILDS) if row[0] == STORAGE)
    stores = at * regions + region
    return Added(
        plant=None if fuel else plants,
        unit=plants if fuel else None,
        power=(stores, region, np.ones(regions)),
        energy=(stores, region, np.full(regions, STORAGE_HOURS)),
    )


def drawn(base: World, number: int, seed: int = SEED) -> World:
    """Another draw: loads, ramps and what comes of the queue differ; names and profiles do not."""
    draw = np.random.default_rng([seed, number])
    load = np.clip(draw.normal(1.0, 0.02), 0.9, 1.1)
    region = np.clip(draw.normal(1.0, 0.015, len(base.peak_mw)), 0.9, 1.1)
    come = draw.uniform(0.5, 1.2, base.potential_mw.shape[1])
    comes = draw.uniform(0.4, 1.0, base.ramp_mw.shape[1])
    late: Any = draw.integers(0, 3, base.ramp_mw.shape[1])
    ramps = np.zeros_like(base.ramp_mw)
    for at, years in enumerate(late.tolist()):
        ramps[years:, at] = base.ramp_mw[: len(ramps) - years, at]
    return replace(
        base,
        growth=base.growth * load * region,
        potential_mw=base.potential_mw * come,
        ramp_mw=ramps * comes,
    )
