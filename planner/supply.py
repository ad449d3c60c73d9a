"""Megawatts to give: accredited capacity by region and period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from planner.errors import DataError

if TYPE_CHECKING:
    from planner.case import Case

FAR_YEAR: Final = 10_000.0


def in_force(table: pd.DataFrame, periods: pd.DataFrame, *key: str) -> pd.DataFrame:
    """Give each key its row of each period: the latest begun, else the first to come.

    Parameters
    ----------
    table
        Rows with `year` (first year for which they hold), `season` and the key columns.
    periods
        Periods as from :func:`planner.case.periods`.

    Returns
    -------
    pd.DataFrame
        The columns of the table and `period`, one row a key and period of its season.
    """
    by = [*key, "season"]
    group = table.groupby(by, sort=False).ngroup().to_numpy()
    number, first = np.unique(group, return_index=True)
    keys = table[by].take(first)
    at, period = np.nonzero(keys["season"].to_numpy()[:, None] == periods["season"].to_numpy())
    wanted = keys.take(at).assign(
        period=periods["period"].take(period).array,
        year=periods["year"].to_numpy(dtype=float)[period],
        group=number[at] * FAR_YEAR,
    )
    wanted = wanted.sort_values("year", ignore_index=True)
    asked = wanted.pop("group").to_numpy()
    begun = group * FAR_YEAR + table["year"].to_numpy()
    order = np.argsort(begun, kind="stable")
    past = np.searchsorted(begun[order], asked + wanted["year"].to_numpy(), side="right") - 1
    found = order[np.maximum(past, np.searchsorted(begun[order], asked))]
    rows = table.drop(columns=[*by, "year"]).take(found).set_axis(wanted.index)
    return pd.concat([wanted, rows], axis=1)


def firm(case: Case) -> pd.DataFrame:
    """List firm supply by region, technology and period.

    Existing plant and plant under construction, less announced retirements; a plant of the year
    2027 counts from winter 2028 on.

    Returns
    -------
    pd.DataFrame
        `region`, `technology`, `period`, `capacity_mw` (of the season), `accredited_mw`.

    Raises
    ------
    DataError
        A technology is not accredited in a pool that has it.
    """
    plants = case.supply.merge(case.regions[["region", "pool"]], on="region")
    plants = plants[plants["status"] != "planned"].reset_index(drop=True)
    periods = case.periods
    begun, gone = _span(plants, case)
    years = periods["year"].to_numpy()[:, None]
    period, plant = np.nonzero((begun < years) & (gone > years))
    share, seasonal = accreditation(plants, case)
    at = plant, period
    _check_accredited(plants, periods, at, share[at])
    mw = plants[["winter_mw", "summer_mw", "nameplate_mw"]].to_numpy(dtype=float)[plant]
    capacity = np.where((periods["season"] == "summer").to_numpy()[period], mw[:, 1], mw[:, 0])
    base = np.where(seasonal[at], capacity, mw[:, 2])
    rows = pd.DataFrame({"capacity_mw": capacity, "accredited_mw": base * share[at]})
    region, regions = pd.factorize(plants["region"], sort=True)
    technology, technologies = pd.factorize(plants["technology"], sort=True)
    shape = len(periods), len(regions), len(technologies)
    sums = rows.groupby(
        np.ravel_multi_index((period, region[plant], technology[plant]), shape)
    ).sum()
    place = np.unravel_index(sums.index, shape)
    sums.insert(0, "region", regions.take(place[1]))
    sums.insert(1, "technology", technologies.take(place[2]))
    return sums.assign(period=periods["period"].take(place[0]).array).reset_index(drop=True)


def accredited(case: Case) -> pd.Series:
    """Sum accredited firm supply over technologies.

    Returns
    -------
    pd.Series
        Accredited capacity by (region, period) [MW].
    """
    return firm(case).groupby(["region", "period"])["accredited_mw"].sum()


def shares(case: Case) -> pd.DataFrame:
    """Accredited shares by (pool, technology, period): `accredited_fraction`, `applies_to`."""
    rows = in_force(case.accreditation, case.periods, "pool", "technology")
    columns = ["accredited_fraction", "applies_to"]
    return rows.set_index(["pool", "technology", "period"])[columns].sort_index()


def accreditation(plants: pd.DataFrame, case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Lay out plants (`pool`, `technology`) by periods: accredited share, and of what.

    Returns
    -------
    tuple of np.ndarray
        Share, not a number where there is none; whether it is one of seasonal capacity.
    """
    pair = ["pool", "technology"]
    kinds = plants[pair].drop_duplicates()
    kinds = kinds.assign(kind=np.arange(len(kinds)))
    rows = in_force(case.accreditation, case.periods, *pair).merge(kinds, on=pair)
    at = rows["kind"], pd.Index(case.periods["period"]).get_indexer(rows["period"])
    share = np.full((len(kinds), len(case.periods)), np.nan)
    seasonal = np.zeros(share.shape, dtype=bool)
    share[at] = rows["accredited_fraction"]
    seasonal[at] = rows["applies_to"] == "seasonal"
    mine = plants.groupby(pair, sort=False).ngroup().to_numpy()
    return share[mine], seasonal[mine]


def is_there(plants: pd.DataFrame, year: int, case: Case) -> pd.Series:
    """Say which plants stand in a year: begun before it, and not retired."""
    begun, gone = _span(plants, case)
    return pd.Series((begun < year) & (gone > year), plants.index)


def _span(plants: pd.DataFrame, case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Return the years in which plants begin and retire, or infinity."""
    announced = plants["retirement_basis"] == "scheduled"
    if case.assumptions.model_retirements:
        announced |= plants["retirement_basis"] == "age_rule"
    begun = plants["online_year"].astype(float).mask(plants["status"] == "existing", -np.inf)
    gone = plants["retirement_year"].astype(float).where(announced).fillna(np.inf)
    return begun.to_numpy(), gone.to_numpy()


def _check_accredited(
    plants: pd.DataFrame,
    periods: pd.DataFrame,
    at: tuple[np.ndarray, np.ndarray],
    share: np.ndarray,
) -> None:
    """Refuse plants without a share, in the first period that has any."""
    plant, period = (places[np.isnan(share)] for places in at)
    if not len(plant):
        return
    name = periods["period"].iloc[period[0]]
    pairs = plants[["pool", "technology"]].take(plant[period == period[0]]).drop_duplicates()
    raise DataError(
        f"accreditation.csv: pool {row.pool} has {row.technology} but no share for {name};"
        " add a row."
        for row in pairs.sort_values(["pool", "technology"]).itertuples()
    )


def stored(case: Case) -> pd.DataFrame:
    """List the energy of firm storage by region, technology and period.

    Returns
    -------
    pd.DataFrame
        `region`, `technology`, `period`, `energy_mwh`; no rows where none is given.
    """
    plants = case.supply[(case.supply["status"] != "planned") & case.supply["energy_mwh"].notna()]
    frames = []
    for row in case.periods.itertuples():
        there = plants[is_there(plants, row.year, case)]
        sums = there.groupby(["region", "technology"])["energy_mwh"].sum().reset_index()
        frames.append(sums.assign(period=row.period))
    return pd.concat(frames, ignore_index=True)
