"""What could be decided on the as-of date: options with their lead time, share, limits and cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from planner import supply
from planner.case import half_year, period_of
from planner.demand import numbered

if TYPE_CHECKING:
    from planner.case import Case

KW_PER_MW: Final = 1000.0
COLUMNS: Final = (
    "option",
    "remedy",
    "kind",
    "name",
    "grid",
    "region",
    "site",
    "site_region",
    "from_region",
    "to_region",
    "technology",
    "accredited_fraction",
    "potential_mw",
    "first",
    "first_date",
    "usd_per_mw",
    "usd_per_mw_yr",
    "group",
    "source",
    "confidence",
)
PLACES: Final = ("region", "site", "site_region", "from_region", "to_region")


def options(case: Case, asked: pd.DataFrame) -> pd.DataFrame:
    """List what could be decided on the as-of date.

    Returns
    -------
    pd.DataFrame
        One row an option: `option` (id), `remedy`, `kind`, `region` (plant, retirement, demand),
        `site` and `site_region` (onsite), `from_region` and `to_region` (line), `potential_mw`
        (nameplate, completed share), `first` (half-year) and `first_date`, `usd_per_mw`
        (investment), `usd_per_mw_yr` (with fixed cost, over its life), `group` of build limits.
    """
    parts = [_by_region(case), _by_link(case), _by_site(case, asked), _put_off(case)]
    rows = pd.concat([part for part in parts if len(part)] or [pd.DataFrame()], ignore_index=True)
    if rows.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    rows = rows.reindex(columns=list(dict.fromkeys([*rows.columns, *PLACES, "first_year"])))
    rows = rows.astype(dict.fromkeys(PLACES, object))
    rows = _timed(_costed(rows, case), case)
    rows = rows[rows["potential_mw"] > 0].rename(columns={"limit_group": "group"})
    rows = rows.reindex(columns=list(COLUMNS)).sort_values("option", ignore_index=True)
    return rows.assign(**{name: rows[name].where(rows[name].notna(), None) for name in PLACES})


def _of_grid(case: Case, kind: str) -> pd.DataFrame:
    """Give each grid its own figures of a remedy, or those that hold anywhere."""
    rows = case.remedies[case.remedies["kind"] == kind]
    grids = case.regions["grid"].unique()
    every = pd.concat([rows.assign(grid=g, given=rows["grid"]) for g in grids], ignore_index=True)
    fits = every[(every["given"] == every["grid"]) | (every["given"] == "any")]
    fits = fits.sort_values("given", key=lambda given: given == "any", kind="stable")
    return fits.drop_duplicates(["remedy", "grid"]).drop(columns="given")


def _by_region(case: Case) -> pd.DataFrame:
    kinds = pd.concat([_of_grid(case, kind) for kind in ("plant", "demand")])
    wanted = case.candidates.drop(columns=["source", "known_on", "confidence", "note"])
    wanted = wanted.merge(case.regions[["region", "grid"]], on="region")
    rows = wanted.merge(kinds.drop(columns="name"), on=["remedy", "grid"])
    label = rows["name"].fillna("")
    return rows.assign(
        option=rows["remedy"] + "@" + rows["region"] + ("/" + label).where(label != "", ""),
        potential_mw=rows["potential_mw"] * rows["completion_fraction"],
    )


def _by_link(case: Case) -> pd.DataFrame:
    drop = ["source", "known_on", "confidence", "note"]
    wanted = case.line_candidates.drop(columns=drop).rename(
        columns={"capex_usd_per_kw": "own_capex"}
    )
    grids = case.regions.set_index("region")["grid"]
    wanted = wanted.assign(grid=wanted["from_region"].map(grids), potential_mw=wanted["added_mw"])
    rows = wanted.merge(_of_grid(case, "line").drop(columns="name"), on=["remedy", "grid"])
    label = rows["name"].fillna("")
    return rows.assign(
        option=rows["remedy"]
        + "@"
        + rows["from_region"]
        + ">"
        + rows["to_region"]
        + ("/" + label).where(label != "", ""),
        capex_usd_per_kw=rows["own_capex"].fillna(rows["capex_usd_per_kw"]),
    )


def _by_site(case: Case, asked: pd.DataFrame) -> pd.DataFrame:
    sites = asked.groupby(["site", "region"])["mw"].sum().reset_index()
    sites = sites.merge(case.regions[["region", "grid"]], on="region")
    sites = sites.rename(columns={"region": "site_region"})
    rows = sites.merge(_of_grid(case, "onsite"), on="grid")
    share = rows["accredited_fraction"].fillna(1.0)
    return rows.assign(option=rows["remedy"] + "@" + rows["site"], potential_mw=rows["mw"] / share)


def _put_off(case: Case) -> pd.DataFrame:
    """Announced retirements that could be put off, by region, technology and year."""
    rows = case.supply[(case.supply["retirement_basis"] == "scheduled")]
    rows = rows[
        (rows["status"] != "planned") & (rows["retirement_year"] > case.assumptions.as_of.year)
    ]
    keys = ["region", "technology", "retirement_year"]
    rows = rows.groupby(keys)["summer_mw"].sum().reset_index(name="potential_mw")
    rows = rows.merge(case.regions[["region", "grid"]], on="region")
    rows = rows.merge(_of_grid(case, "retirement").drop(columns="technology"), on="grid")
    years = rows["retirement_year"].astype(int)
    return rows.assign(
        option=rows["remedy"]
        + "@"
        + rows["region"]
        + "/"
        + rows["technology"]
        + "-"
        + years.astype(str),
        first_year=years - 1,
    )


def _costed(rows: pd.DataFrame, case: Case) -> pd.DataFrame:
    where = rows["region"].fillna(rows["site_region"])
    keys = pd.MultiIndex.from_arrays([where, rows["capex_class"]])
    known = case.capex_multipliers.set_index(["region", "capex_class"])["multiplier"]
    multiplier = known.reindex(keys).fillna(1.0).to_numpy() if len(known) else 1.0
    capex = rows["capex_usd_per_kw"].fillna(0.0) * KW_PER_MW * multiplier
    rate, life = case.assumptions.discount_rate, rows["life_years"]
    recovery = rate / (1 - (1 + rate) ** -life) if rate else 1 / life
    yearly = capex * recovery + rows["fixed_usd_per_kw_yr"].fillna(0.0) * KW_PER_MW
    return rows.assign(usd_per_mw=capex, usd_per_mw_yr=yearly)


def _timed(rows: pd.DataFrame, case: Case) -> pd.DataFrame:
    """Date each option: lead time from the as-of date, and not before the year of a project."""
    start = pd.Timestamp(case.assumptions.as_of)
    dates = pd.Series(
        [start + pd.DateOffset(months=round(m)) for m in rows["lead_months"]], rows.index
    )
    named = pd.to_datetime(rows["first_year"].map(lambda y: f"{int(y)}-12-31", na_action="ignore"))
    dates = dates.where(~(named > dates), named)
    return rows.assign(first_date=dates, first=half_year(dates).astype(float))


def credit(case: Case, rows: pd.DataFrame) -> pd.DataFrame:
    """Accredited share of each option in each period (lines count in full).

    Returns
    -------
    pd.DataFrame
        Options by periods.
    """
    names = list(numbered(case.periods).index)
    pools = case.regions.set_index("region")["pool"]
    where = pd.Series(rows["region"]).fillna(rows["site_region"]).map(pools)
    known = supply.shares(case)["accredited_fraction"].unstack().reindex(columns=names)
    found = known.reindex(pd.MultiIndex.from_arrays([where, rows["technology"]])).to_numpy()
    stated = rows["accredited_fraction"].to_numpy(dtype=float)[:, None]
    own = (rows["kind"] == "onsite").to_numpy()[:, None] & ~np.isnan(stated)
    found = np.where(np.isnan(found) | own, stated, found)
    full = np.where((rows["kind"] == "line").to_numpy()[:, None], 1.0, found)
    return pd.DataFrame(np.nan_to_num(full), index=rows["option"], columns=names)


def caps(case: Case, rows: pd.DataFrame) -> pd.DataFrame:
    """Cumulative build limits: megawatts that can be in service by each period.

    Returns
    -------
    pd.DataFrame
        (group, area) by periods; the area is empty for a whole grid.
    """
    numbers = numbered(case.periods)
    found = {}
    for limit in case.build_limits.itertuples():
        members = rows[(rows["group"] == limit.limit_group)]
        members = members[members["grid"].isin([limit.grid]) | (limit.grid == "any")]
        begun = 2 * limit.first_year
        halves = np.clip(numbers.to_numpy() - begun + 1, 0, None)
        places = members["region"].fillna(members["site_region"]).dropna().unique()
        for area in [""] if limit.scope == "grid" else sorted(places):
            found[limit.limit_group, area] = pd.Series(
                limit.mw_per_year * halves / 2, numbers.index
            )
    table = pd.DataFrame.from_dict(found, orient="index", columns=list(numbers.index))
    return (
        table.set_axis(pd.MultiIndex.from_tuples(found, names=["group", "area"]))
        if found
        else table
    )


def give_way(case: Case, requirement: pd.DataFrame) -> pd.DataFrame:
    """Megawatts of requirement that flexible load may carry, by pool and period.

    Half of the hours fall in each season. With the N highest hours left out, load is lower by the
    drop of the pool's load-duration curve, and so is the requirement. A pool without hourly load
    has none.
    """
    pools = case.regions.set_index("region")["pool"]
    whole = requirement.groupby(requirement.index.map(pools)).sum()
    hours = case.assumptions.flexible_hours / 2
    drops = {
        (area, season): float(np.interp(hours, rows["hours"], rows["drop_fraction"]))
        for (area, season), rows in case.load_duration.sort_values("hours").groupby(
            ["area", "season"]
        )
    }
    seasons = case.periods.set_index("period")["season"]
    shares = pd.DataFrame(
        {p: [drops.get((pool, seasons[p]), 0.0) for pool in whole.index] for p in whole.columns},
        index=whole.index,
    )
    return whole.clip(lower=0.0) * shares


def first_period(case: Case) -> int:
    """Return the half-year of the as-of date."""
    year, season = period_of(case.assumptions.as_of)
    return 2 * year + (season == "summer")
