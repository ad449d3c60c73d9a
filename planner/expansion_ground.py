"""What years and hours together are made of: sites, remedies, critical days, lines of a grid."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import demand, hourly_ground, hours_block, match, pipeline
from planner.hours_block import DAY, Added, Lines, Period, Stores
from planner.model_annual import Annual, Group
from planner.terms import Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.case import Case
    from planner.hourly_ground import Ground
    from planner.hourly_shapes import Shapes
    from planner.hours_block import Block

SERVED: Final = 1.0
SHORT: Final = 2.0
BUILD_COST: Final = 1e-3
LEFT_OUT: Final = ("onsite",)
DURATION: Final = re.compile(r"_(\d+)h(?:_|$)")
UNNAMED: Final = "unnamed"


@dataclass(frozen=True)
class Settings:
    """How years and hours are taken together.

    Attributes
    ----------
    days
        Critical days of each season.
    margin
        Hold the reserve margin of each season as well, as an hour of its own.
    build
        Allow remedies.
    lasting
        What is powered once stays powered in all later years.
    mixed_years
        Take load and weather of different years together.
    """

    days: int = 2
    margin: bool = True
    build: bool = False
    lasting: bool = True
    mixed_years: bool = False


@dataclass(frozen=True)
class Laid:
    """One grid, laid out for some years: tables by region, site and remedy, in order."""

    ground: Ground
    layout: Layout
    shapes: Shapes
    settings: Settings
    periods: list[str]
    needs: dict[str, tuple[np.ndarray, np.ndarray]]
    chosen: dict[str, np.ndarray]

    @cached_property
    def regions(self) -> list[str]:
        """Regions of the grid."""
        return self.layout.regions

    @cached_property
    def sites(self) -> pd.DataFrame:
        """What is asked from the grid: named sites, then unnamed datacenters of each region.

        Where what is powered stays powered, what is asked once stays asked.
        """
        terms = self.layout.terms
        steps = terms.steps[terms.steps["on_grid"]]
        homes = steps.groupby("site")["region"].first()
        due = np.fmax(steps["target"].astype(float), steps["ready"])
        asked = {
            period: steps[due <= terms.periods[period]].groupby("site")["mw"].sum()
            for period in self.periods
        }
        named = pd.DataFrame(asked).reindex(homes.index).fillna(0.0) * terms.coincidence
        own = terms.plants.reindex(index=homes.index, columns=self.periods).fillna(0.0)
        named = (named - own).clip(lower=0.0).assign(region=homes)
        rest = terms.unnamed[self.periods]
        rest = rest.assign(region=rest.index).set_axis([f"{UNNAMED}:{r}" for r in rest.index])
        rows = pd.concat([named, rest])
        if self.settings.lasting:
            rows[self.periods] = rows[self.periods].cummax(axis=1)
        return rows

    @cached_property
    def options(self) -> pd.DataFrame:
        """Remedies that the hours know, in order; none where nothing is built."""
        rows = self.layout.terms.options
        keep = ~rows["kind"].isin(LEFT_OUT) & (rows["first"] <= self._last)
        return rows[keep & self.settings.build].reset_index(drop=True)

    @property
    def _last(self) -> float:
        return float(self.layout.terms.periods[self.periods[-1]])

    def place(self, regions: pd.Series) -> np.ndarray:
        """Numbers of regions."""
        number = {region: at for at, region in enumerate(self.regions)}
        return np.array([number[region] for region in regions], dtype=np.int64)


def lay_out(case: Case, shapes: Shapes, years: Sequence[int], settings: Settings) -> Laid:
    """Lay out the regions that have hours, for both seasons of some years."""
    ground = hourly_ground.lay_ground(case)
    placed = match.place(case)
    asked, loads = demand.steps(case, placed), demand.native(case, placed)
    terms = pipeline.gather(case, asked, loads, decisions=True)
    here = next(each for each in terms if set(each.supply.index) <= set(shapes.load_mw))
    periods = [f"{year}-{season}" for year in sorted(years) for season in hourly_ground.SEASONS]
    laid = Laid(ground, Layout(here), shapes, settings, periods, {}, {})
    laid = replace(laid, needs={period: needs(laid, period) for period in periods})
    return replace(laid, chosen={period: critical(laid, period) for period in periods})


# --- hours ---------------------------------------------------------------------------------------


def needs(laid: Laid, period: str) -> tuple[np.ndarray, np.ndarray]:
    """Load less plant of every hour of the year with the plant of a season, and water: MW.

    Returns
    -------
    tuple
        Need before storage and imports with water at its mean, and that water: regions by hours.
    """
    ground = replace(laid.ground, periods=[period])
    plants = hourly_ground.plants_of(ground, period)
    need, river = [], []
    for region in laid.regions:
        load = hourly_ground.load_of(ground, region, period, laid.shapes)
        steady, weather, water = hourly_ground.output_of(
            plants, region, laid.shapes, ground.case, 0
        )
        need.append(load - steady - weather - water)
        river.append(water)
    return np.array(need), np.array(river)


def critical(laid: Laid, period: str) -> np.ndarray:
    """Choose the critical days of a season, so that every pool's hardest hours are covered.

    The first is the day with the largest sum over pools of the pool's highest need; each next one
    raises most the sum over pools of the highest need covered so far.
    """
    need, _ = laid.needs[period]
    pools = laid.layout.terms.pools.reindex(laid.regions).to_numpy()
    by_pool = np.array([need[pools == pool].sum(axis=0) for pool in sorted(set(pools))])
    highest = by_pool.reshape(len(by_pool), -1, DAY).max(axis=2)
    summer = laid.shapes.summer.reshape(-1, DAY)[:, 0]
    able = np.flatnonzero(summer == period.endswith(hourly_ground.SEASONS[1]))
    days = [int(able[highest[:, able].sum(axis=0).argmax()])]
    while len(days) < laid.settings.days:
        covered = highest[:, days].max(axis=1, keepdims=True)
        gain = np.clip(highest[:, able] - covered, 0.0, None).sum(axis=0)
        gain[np.isin(able, days)] = -1.0
        days.append(int(able[gain.argmax()]))
    return np.array(sorted(days))


def block(laid: Laid, period: str) -> Block:
    """Lay out the hours of a season: its critical days, and the reserve margin as one more hour."""
    days = laid.chosen[period]
    at = (days[:, None] * DAY + np.arange(DAY)).ravel()
    need, river = (hours[:, at] for hours in laid.needs[period])
    margin = laid.layout.terms.margin.loc[laid.regions, period].to_numpy()
    draw = np.ones_like(need)
    if laid.settings.margin:
        spare = np.array(laid.layout.spare[period])
        need, draw = np.column_stack([need, -spare]), np.column_stack([draw, 1 + margin])
    sites = laid.sites
    home = laid.place(sites["region"])
    most = np.bincount(home, sites[period], len(laid.regions))
    stores = _stores(laid, period, river)
    return hours_block.build(
        Period(
            need_mw=need,
            draw=draw,
            home=home,
            most_mw=most,
            short_cost=np.full(need.shape[1], SHORT),
            stores=stores,
            lines=_lines(laid, period, need.shape[1]),
            added=_added(laid, period, at),
            options=len(laid.options),
            days=len(days),
        )
    )


def _stores(laid: Laid, period: str, river: np.ndarray) -> Stores:
    """Storage of each region, then water moved within a day, then storage that may be built."""
    found = hourly_ground.stores_of(laid.ground, period, laid.regions, laid.shapes)
    count = river.shape[1] + laid.settings.margin
    power = np.tile([store.power_mw for store in found], (count, 1))
    able = hourly_ground.water_of(laid.ground, period, laid.regions, laid.shapes)
    flow = np.zeros((count, len(laid.regions)))
    flow[: river.shape[1]] = river.T
    new = _batteries(laid)
    none = np.zeros((count, len(new)))
    region = np.r_[
        [store.region for store in found],
        np.arange(len(laid.regions)),
        laid.place(new["region"]),
    ].astype(np.int64)
    back = laid.shapes.round_trip
    return Stores(
        region=region,
        charge_mw=np.hstack([power, flow, none]),
        discharge_mw=np.hstack([power, np.clip(able - flow, 0.0, None), none]),
        energy_mwh=np.r_[[store.energy_mwh for store in found], able * DAY, np.zeros(len(new))],
        round_trip=np.r_[
            [store.round_trip for store in found],
            np.ones(len(laid.regions)),
            np.full(len(new), back.get("battery", 1.0)),
        ],
    )


def _families(laid: Laid) -> dict[str, str]:
    return dict(laid.ground.case.technologies.set_index("technology")["family"])


def _batteries(laid: Laid) -> pd.DataFrame:
    """Remedies that store, with the hours that their name says."""
    rows = laid.options
    hours = rows["remedy"].str.extract(DURATION, expand=False).astype(float)
    return rows.assign(hours=hours)[hours.notna() & (rows["kind"] == "plant")]


def _lines(laid: Laid, period: str, hours: int) -> Lines:
    layout = laid.layout
    pairs = _pairs(laid)
    ends = np.array([laid.place(pd.Series(pair)) for pair in pairs]).reshape(-1, 2)
    forward = np.array([layout.flows[pair].get(period, 0.0) for pair in pairs])
    reverse = np.array([layout.flows[pair[::-1]].get(period, 0.0) for pair in pairs])
    place = {pair: (at, 1.0) for at, pair in enumerate(pairs)}
    place |= {pair[::-1]: (at, -1.0) for at, pair in enumerate(pairs)}
    joint = []
    for limit in layout.joint:
        mine = [place[pair] for pair in limit.inward]
        which = np.array([at for at, _ in mine])
        signs = np.array([sign for _, sign in mine])
        joint.append((which, signs, np.full(hours, layout.limit(limit.limits, period))))
    wide = np.ones(hours)
    return Lines(ends[:, 0], ends[:, 1], np.outer(forward, wide), np.outer(reverse, wide), joint)


def _pairs(laid: Laid) -> list[tuple[str, str]]:
    return [pair for pair in laid.layout.flows if pair[0] < pair[1]]


def _added(laid: Laid, period: str, at: np.ndarray) -> Added:
    """What a megawatt of each remedy gives in each hour, and under the margin."""
    rows = laid.options
    plants = rows[rows["kind"] != "line"]
    share = np.array([_share(laid, row, at) for row in plants.itertuples()]).reshape(-1, len(at))
    if laid.settings.margin:
        credit = laid.layout.terms.credit[period].reindex(plants["option"]).to_numpy()
        share = np.column_stack([share, credit])
    new = _batteries(laid)
    stores = len(hourly_ground.stores_of(laid.ground, period, laid.regions, laid.shapes))
    place = stores + len(laid.regions) + np.arange(len(new))
    number = {pair: at for at, pair in enumerate(_pairs(laid))}
    lines = rows[rows["kind"] == "line"]
    ends = [
        tuple(sorted(pair)) for pair in zip(lines["from_region"], lines["to_region"], strict=True)
    ]
    return Added(
        plant=(plants.index.to_numpy(), laid.place(plants["region"]), share),
        power=(new.index.to_numpy(), place, np.ones(len(new))),
        energy=(new.index.to_numpy(), place, new["hours"].to_numpy()),
        line=(
            lines.index.to_numpy(),
            np.array([number[pair] for pair in ends], dtype=np.int64),
            np.ones(len(lines)),
        ),
    )


def _share(laid: Laid, row: Any, at: np.ndarray) -> np.ndarray:
    """Share of a remedy's megawatts that it gives in each hour; storage gives none of its own."""
    technology, region = row.technology, row.region
    if DURATION.search(row.remedy):
        return np.zeros(len(at))
    if row.kind == "demand":
        return np.ones(len(at))
    profile = laid.shapes.output.get((region, technology))
    if profile is not None:
        share: np.ndarray = profile[at]
        return share
    weather = _families(laid).get(technology) in demand.WEATHER
    if weather or technology not in laid.shapes.outages:
        return np.zeros(len(at))
    return np.full(len(at), 1 - laid.shapes.outages[technology])


# --- years ---------------------------------------------------------------------------------------


def problem(laid: Laid) -> tuple[Annual, list[Block]]:
    """Write the layer of years and the hours of every season."""
    blocks = [block(laid, period) for period in laid.periods]
    sites, options = laid.sites, laid.options
    ramp = sites[laid.periods].to_numpy().T
    numbers = laid.layout.terms.periods[laid.periods].to_numpy()[:, None]
    room = np.where(numbers >= options["first"].to_numpy(), options["potential_mw"], 0.0)
    dear = options["usd_per_mw_yr"].fillna(0.0).to_numpy()
    cost = BUILD_COST * dear / max(dear.max(initial=0.0), 1.0)
    annual = Annual(
        periods=laid.periods,
        sites=list(sites.index),
        options=list(options["option"]),
        ramp_mw=ramp,
        value=np.full(ramp.shape, SERVED),
        room_mw=room.reshape(len(laid.periods), -1).astype(float),
        cost=np.tile(cost, (len(laid.periods), 1)),
        groups=_groups(laid),
        lasting=laid.settings.lasting,
    )
    most = [each.worst(row) for each, row in zip(blocks, annual.most, strict=True)]
    return replace(annual, hours_most=np.array(most)), blocks


def _groups(laid: Laid) -> list[Group]:
    """Yearly build limits, and room of pockets for the sites in them."""
    place = {option: at for at, option in enumerate(laid.options["option"])}
    first = len(laid.sites)
    found = []
    for cap in laid.layout.caps:
        members = [first + place[option] for option in cap.members if option in place]
        if members:
            limit = np.array([laid.layout.limit(cap.limits, p) for p in laid.periods])
            found.append(Group("_".join(cap.key), np.array(members), limit))
    steps = laid.layout.terms.steps
    pockets = steps.groupby("pocket")["site"].unique() if steps["pocket"].notna().any() else {}
    number = {site: at for at, site in enumerate(laid.sites.index)}
    for pocket, sites in dict(pockets).items():
        inside = np.array([number[site] for site in sites if site in number])
        rooms = laid.layout.rooms.get(str(pocket))
        if rooms and len(inside):
            limit = np.array([laid.layout.limit(rooms, p) for p in laid.periods])
            found.append(Group(f"pocket_{pocket}", inside, limit))
    return found
