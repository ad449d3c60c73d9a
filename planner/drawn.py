"""From outcomes to the numbers of the loaded programs, many draws at once."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from planner import demand, pipeline, supply
from planner.case import AUTUMN, SUMMER
from planner.replay import Numbers

if TYPE_CHECKING:
    from planner.draws import Basis, Outcomes
    from planner.terms import Terms

type Array = np.ndarray

MONTHS: Final = 12
EPOCH_YEAR: Final = 1970


@dataclass(frozen=True)
class Grids:
    """Everything that draws multiply, laid out once, over all grids.

    Attributes
    ----------
    known
        What is drawn.
    terms
        Numbers of each grid, with the most that any draw may ask.
    firm
        Accredited plant that stands: regions x technologies x periods [MW].
    credit_at
        Row of the accredited shares of each region and technology, by period.
    """

    known: Basis
    terms: list[Terms]
    periods: list[str]
    regions: list[str]
    pool_of: Array
    firm: Array
    credit_at: Array
    building: Array
    building_region: Array
    building_credit: Array
    plants: Array
    plant_site: list[str]
    plant_at: Array
    plant_credit: Array


def grids(known: Basis) -> Grids:
    """Lay out what the draws multiply."""
    case = known.case
    periods = list(case.periods["period"])
    standing = supply.firm(case.but(supply=case.supply[case.supply["status"] == "existing"]))
    table = standing.pivot_table(
        index=["region", "technology"], columns="period", values="accredited_mw", fill_value=0.0
    ).reindex(columns=periods, fill_value=0.0)
    regions = sorted(case.regions["region"])
    technologies = sorted(set(table.index.get_level_values("technology")))
    every = pd.MultiIndex.from_product([regions, technologies])
    pools = case.regions.drop_duplicates("pool")["pool"].tolist()
    pool = case.regions.set_index("region")["pool"]
    credit = _credit_rows(known, periods)
    pairs = pd.MultiIndex.from_arrays(
        [pool.loc[every.get_level_values(0)], every.get_level_values(1)]
    )
    building, building_credit = _building(known, periods, credit)
    plants, plant_at, plant_credit, plant_site = _plants(known, periods, credit)
    shape = (len(regions), len(technologies), len(periods))
    return Grids(
        known=known,
        terms=_widest(known),
        periods=periods,
        regions=regions,
        pool_of=np.array([pools.index(one) for one in pool.loc[regions]]),
        firm=table.reindex(every, fill_value=0.0).to_numpy().reshape(shape),
        credit_at=credit.reindex(pairs).fillna(0).to_numpy().astype(int).reshape(shape),
        building=building,
        building_region=np.array([regions.index(one) for one in known.building["region"]], int),
        building_credit=building_credit,
        plants=plants,
        plant_site=plant_site,
        plant_at=plant_at,
        plant_credit=plant_credit,
    )


def _widest(known: Basis) -> list[Terms]:
    """Lay out each grid with all that any draw may ask, so that one structure fits every draw."""
    case = known.case
    most = max(known.spreads.get("datacenter_growth", "any", 1.0).most, 1.0)
    every = known.loads["datacenter_growth_mw"].unstack()[list(case.periods["period"])] * most
    return [
        dataclasses.replace(terms, unnamed=every.loc[terms.unnamed.index])
        for terms in pipeline.gather(case, known.asked, known.loads)
    ]


def _credit_rows(known: Basis, periods: list[str]) -> pd.DataFrame:
    """Place of each pool, technology and period among the accredited shares."""
    rows = known.accredited.reset_index()
    return rows.pivot_table(index=["pool", "technology"], columns="period", values="index").reindex(
        columns=periods
    )


def _building(known: Basis, periods: list[str], credit: pd.DataFrame) -> tuple[Array, Array]:
    """Accredited megawatts of each plant under construction, as if it were there."""
    case, rows = known.case, known.building
    at = credit.reindex(pd.MultiIndex.from_frame(rows[["pool", "technology"]]))
    at = at.fillna(0).to_numpy().astype(int)
    fraction = known.accredited["accredited_fraction"].to_numpy(dtype=float)[at]
    seasonal = (known.accredited["applies_to"] == "seasonal").to_numpy()[at]
    there = np.column_stack(
        [
            supply.is_there(rows.assign(status="existing"), year, case).to_numpy(dtype=bool)
            for year in case.periods["year"]
        ]
    )
    season = np.column_stack(
        [rows[f"{half}_mw"].to_numpy(dtype=float) for half in case.periods["season"]]
    )
    nameplate = rows["nameplate_mw"].to_numpy(dtype=float)[:, None]
    mw = np.where(seasonal, season, np.broadcast_to(nameplate, season.shape))
    return np.where(there, mw * fraction, 0.0).reshape(len(rows), len(periods)), at


def _plants(
    known: Basis, periods: list[str], credit: pd.DataFrame
) -> tuple[Array, Array, Array, list[str]]:
    """Own plant: accredited megawatts, place among the drawn dates, place of the share."""
    case = known.case
    rows = demand.own_plant(case, known.asked)
    shares = supply.shares(case)["accredited_fraction"].unstack()
    pairs = pd.MultiIndex.from_frame(rows[["pool", "technology"]])
    counted = shares.reindex(pairs).reindex(columns=periods).to_numpy(dtype=float)
    default = case.assumptions.own_plant_accreditation
    alone = rows["alone"].to_numpy(dtype=bool)[:, None]
    plain = alone | np.isnan(counted)
    at = credit.reindex(pairs).fillna(-1).to_numpy().astype(int)
    mw = np.where(plain, default, counted) * rows["mw"].to_numpy(dtype=float)[:, None]
    place = pd.Series(range(len(known.plants)), index=known.plants["index"])
    return mw, place.loc[rows.index].to_numpy(), np.where(plain, -1, at), rows["site"].tolist()


def numbers(grids: Grids, found: Outcomes) -> list[Numbers]:
    """Return the numbers of each grid.

    Parameters
    ----------
    grids
        As from :func:`grids`.
    found
        As from :func:`planner.draws.sample`.
    """
    spare = _spare(grids, found)
    mw, target, ready = _steps(grids, found)
    unnamed = _unnamed(grids, found, mw, target)
    plants = _own_plants(grids, found)
    place = {step: at for at, step in enumerate(grids.known.asked["step"])}
    where = {region: at for at, region in enumerate(grids.regions)}
    parts = []
    for terms in grids.terms:
        here = [where[region] for region in terms.supply.index]
        may = terms.steps["on_grid"] | terms.steps["site"].isin(terms.plants.index)
        steps = [place[step] for step in terms.steps.loc[may, "step"]]
        with_plant = {site for site in terms.steps.loc[may, "site"] if site in terms.plants.index}
        own = np.zeros((len(mw), len(with_plant), len(grids.periods)))
        for at, site in enumerate(sorted(with_plant)):
            own[:, at] = plants[site]
        parts.append(
            Numbers(
                spare=spare[:, here],
                unnamed=unnamed[:, here],
                mw=mw[:, steps],
                target=target[:, steps],
                ready=ready[:, steps],
                plants=own,
            )
        )
    return parts


def headroom(grids: Grids, found: Outcomes) -> Array:
    """Return accredited supply less requirement, by draw, region and period [MW]."""
    return _spare(grids, found)


def _spare(grids: Grids, found: Outcomes) -> Array:
    years = grids.known.case.periods["year"].to_numpy()
    online = grids.known.building["online_year"].to_numpy(dtype=float) + found.delay_years
    loads = _base(grids, "forecast_mw") - _base(grids, "datacenter_growth_mw")
    powered, margin = _base(grids, "energised_mw"), _base(grids, "reserve_margin")
    spare = np.empty((len(found.draws), *loads.shape))
    for draw in range(len(spare)):
        credit = found.credit[draw]
        given = (grids.firm * credit[grids.credit_at]).sum(axis=1)
        there = (online[draw][:, None] < years) & (found.completed[draw] >= 1)[:, None]
        built = np.where(there, grids.building * credit[grids.building_credit], 0.0)
        np.add.at(given, grids.building_region, built)
        native = loads * found.load[draw][grids.pool_of] + powered
        spare[draw] = given - native * (1 + margin)
    return spare


def _base(grids: Grids, column: str) -> Array:
    table = grids.known.loads[column].unstack()
    return np.asarray(table.loc[grids.regions, grids.periods], dtype=float)


def _steps(grids: Grids, found: Outcomes) -> tuple[Array, Array, Array]:
    """Megawatts, first half-year asked and first half-year connected of each step."""
    asked = grids.known.asked
    mw = asked["mw"].to_numpy(dtype=float) * found.realised
    days = asked["target_date"].to_numpy().astype("datetime64[D]")
    months = (days + found.delay_days.astype("timedelta64[D]")).astype("datetime64[M]")
    return mw, _half_years(months.astype(int)), _ready(grids, found)


def _half_years(months: Array) -> Array:
    """Number half-years like :func:`planner.case.half_year`; months count from January 1970."""
    year, month = EPOCH_YEAR + months // MONTHS, months % MONTHS + 1
    summer = (month >= SUMMER.start) & (month < SUMMER.stop)
    return np.asarray((2 * (year + (month >= AUTUMN)) + summer).astype(float))


def _ready(grids: Grids, found: Outcomes) -> Array:
    """Apply the rules from the widest area to the nearest, as :func:`demand.connected` does."""
    known = grids.known
    asked = known.asked
    begun = asked["announced_on"].to_numpy().astype("datetime64[M]").astype(int)
    waiting = demand.is_waiting(asked).to_numpy(dtype=bool)
    place = {name: at for at, name in enumerate(known.rules["name"])}
    ready = np.full((len(found.draws), len(asked)), -demand.NEVER)
    for rows in demand.rules_by_level(asked, known.case):
        lead = rows["lead_months"].notna().to_numpy() & waiting
        at = [place.get(name, 0) for name in rows["lead_rule"]]
        if lead.any():
            due = _half_years(begun + found.lead_months[:, at].astype(int))
            ready = np.where(lead, due, ready)
        stopped = rows["moratorium"].notna().to_numpy() & waiting
        end = rows["moratorium"].fillna(-demand.NEVER).to_numpy(dtype=float)
        ready = np.where(stopped, np.maximum(ready, end), ready)
    return np.where(asked["on_grid"].to_numpy(dtype=bool), ready, demand.NEVER)


def _unnamed(grids: Grids, found: Outcomes, mw: Array, target: Array) -> Array:
    """Datacenters of the forecasts that no named site stands for."""
    known = grids.known
    growth = _base(grids, "datacenter_growth_mw") * found.growth[:, grids.pool_of]
    if not known.case.assumptions.unnamed_datacenters:
        return np.zeros(growth.shape)
    numbers = demand.numbered(known.case.periods).to_numpy()
    named = np.zeros(growth.shape)
    home = np.array([grids.regions.index(one) for one in known.asked["region"]])
    on_grid = known.asked["on_grid"].to_numpy(dtype=bool)
    drawn = np.where(on_grid, mw, 0.0)[:, :, None] * (target[:, :, None] <= numbers)
    for region in np.unique(home):
        named[:, region] = drawn[:, home == region].sum(axis=1)
    named *= known.case.assumptions.coincidence
    return np.asarray(np.maximum(growth - _base(grids, "energised_mw") - named, 0.0))


def _own_plants(grids: Grids, found: Outcomes) -> dict[str, Array]:
    """Accredited own plant of each site, by draw and period; a later rating takes none away."""
    known = grids.known
    days = known.plants["online_date"].to_numpy().astype("datetime64[D]")
    later = days + found.plant_days.astype("timedelta64[D]")
    online = _half_years(later.astype("datetime64[M]").astype(int))
    numbers = demand.numbered(known.case.periods).to_numpy()
    sums: dict[str, Array] = {}
    for row, site in enumerate(grids.plant_site):
        there = online[:, grids.plant_at[row]][:, None] <= numbers
        at = grids.plant_credit[row]
        factor = np.where(at >= 0, found.credit[:, np.maximum(at, 0)], 1.0)
        given = np.where(there, grids.plants[row] * factor, 0.0)
        sums[site] = sums[site] + given if site in sums else given
    return {site: np.maximum.accumulate(total, axis=1) for site, total in sums.items()}
