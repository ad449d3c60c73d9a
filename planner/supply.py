"""Megawatts to give: accredited capacity by region and period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.errors import DataError

if TYPE_CHECKING:
    from planner.case import Case


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
    keys = table[by].drop_duplicates()
    wanted = keys.merge(periods[["period", "year", "season"]], on="season")
    wanted = wanted.astype({"year": float}).sort_values("year")
    rows = table.assign(begun=table["year"]).astype({"year": float}).sort_values("year")
    past = pd.merge_asof(wanted, rows, on="year", by=by)
    coming = pd.merge_asof(wanted, rows, on="year", by=by, direction="forward")
    return past.where(past["begun"].notna(), coming).drop(columns="begun")


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
    plants = plants[plants["status"] != "planned"]
    known = shares(case)
    frames = [_in_period(plants, known, row, case) for row in case.periods.itertuples()]
    return pd.concat(frames, ignore_index=True)


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


def _in_period(plants: pd.DataFrame, known: pd.DataFrame, period: Any, case: Case) -> pd.DataFrame:
    there = plants[is_there(plants, period.year, case)]
    name = period.period
    here = known.xs(name, level="period")
    rows = there.join(here, on=["pool", "technology"])
    _check_accredited(rows, name)
    seasonal = rows[f"{period.season}_mw"]
    base = seasonal.where(rows["applies_to"] == "seasonal", rows["nameplate_mw"])
    rows = rows.assign(capacity_mw=seasonal, accredited_mw=base * rows["accredited_fraction"])
    sums = rows.groupby(["region", "technology"])[["capacity_mw", "accredited_mw"]].sum()
    return sums.reset_index().assign(period=name)


def is_there(plants: pd.DataFrame, year: int, case: Case) -> pd.Series:
    """Say which plants stand in a year: begun before it, and not retired."""
    online = (plants["status"] == "existing") | (plants["online_year"] < year)
    announced = plants["retirement_basis"] == "scheduled"
    if case.assumptions.model_retirements:
        announced |= plants["retirement_basis"] == "age_rule"
    gone = announced & (plants["retirement_year"].fillna(np.inf) <= year)
    return online & ~gone


def _check_accredited(rows: pd.DataFrame, period: str) -> None:
    missing = rows[rows["accredited_fraction"].isna()]
    pairs = missing[["pool", "technology"]].drop_duplicates().sort_values(["pool", "technology"])
    problems = [
        f"accreditation.csv: pool {row.pool} has {row.technology} but no share for {period};"
        " add a row."
        for row in pairs.itertuples()
    ]
    if problems:
        raise DataError(problems)


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
