"""What comes out in each draw: phases, plants, load, accreditation and lead times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import demand, match, supply
from planner.uncertainty import Spreads, together, uniforms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.case import Case

type Array = np.ndarray

MEDIAN: Final = 0.5
WEATHER: Final = ("solar", "wind", "hydro")
TURBINES: Final = "gas"
BUILDING: Final = "under_construction"


@dataclass(frozen=True)
class Basis:
    """The question laid out once: what is asked, and which facts are drawn.

    Attributes
    ----------
    case, placed, asked, loads
        The question, its sites in their regions, steps and native load, nothing drawn yet.
    status, program
        Of each step.
    building
        Plant under construction, a row a plant, with `grid`, `pool`, `family`.
    plants
        The sites' own plant with a date, with `family`, `grid`.
    accredited
        Shares by pool, technology and period, with `family`, `interconnect`.
    rules
        Lead times with `name`.
    spreads
        The distributions.
    """

    case: Case
    placed: pd.DataFrame
    asked: pd.DataFrame
    loads: pd.DataFrame
    status: list[str]
    program: list[str]
    building: pd.DataFrame
    plants: pd.DataFrame
    accredited: pd.DataFrame
    rules: pd.DataFrame
    spreads: Spreads


@dataclass(frozen=True)
class Outcomes:
    """What comes out, by draw (first axis) and fact.

    `realised` (0 or 1) and `delay_days` by step; `completed` and `delay_years` by plant under
    construction; `plant_days` by own plant; `load` and `growth` (factors) by pool and period;
    `credit` (factor) by row of the accredited shares; `lead_months` by rule.
    """

    draws: range
    realised: Array
    delay_days: Array
    completed: Array
    delay_years: Array
    plant_days: Array
    load: Array
    growth: Array
    credit: Array
    lead_months: Array


def basis(case: Case) -> Basis:
    """Lay out what is drawn."""
    placed = match.place(case)
    asked = demand.steps(case, placed)
    sites = case.sites.set_index("site")
    family = case.technologies.set_index("technology")["family"]
    regions = case.regions.set_index("region")
    building = case.supply[case.supply["status"] == BUILDING].reset_index()
    building = building.join(regions[["pool", "grid"]], on="region")
    own = case.onsite.reset_index()
    own = own[own["online_date"].notna()].merge(placed[["site", "region"]], on="site", how="left")
    own = own.assign(grid=own["region"].map(regions["grid"]).fillna(""))
    shares = supply.in_force(case.accreditation, case.periods, "pool", "technology")
    first = case.regions.drop_duplicates("pool").set_index("pool")
    shares = shares.assign(
        family=shares["technology"].map(family),
        interconnect=shares["pool"].map(first["interconnect"]),
        year=shares["period"].map(case.periods.set_index("period")["year"]),
    )
    rules = case.connection[case.connection["lead_months"].notna()].reset_index()
    return Basis(
        case=case,
        placed=placed,
        asked=asked,
        loads=demand.native(case, placed),
        status=asked["status"].astype(str).tolist(),
        program=asked["site"].map(sites["program"]).fillna("").astype(str).tolist(),
        building=building.assign(family=building["technology"].map(family)),
        plants=own.assign(family=own["technology"].map(family).fillna("other")),
        accredited=shares.reset_index(drop=True),
        spreads=Spreads(case.uncertainty),
        rules=rules.assign(name=[demand.rule_name(row) for row in rules.itertuples()]),
    )


def asked(case: Case) -> pd.DataFrame:
    """List the steps that are drawn."""
    return demand.steps(case, match.place(case))


def sample(known: Basis, seed: int, draws: range) -> Outcomes:
    """Draw what comes out.

    Parameters
    ----------
    known
        As from :func:`basis`; its case holds the distributions.
    seed
        Any whole number.
    draws
        Numbers of the draws. A draw is the same in whatever range it stands.
    """
    return _outcomes(known, _Dice(known.spreads, seed, draws))


def middle(known: Basis) -> Outcomes:
    """Return the one draw in which each number is the median of its spread."""
    return _outcomes(known, _Dice(known.spreads, None, range(1)))


def _outcomes(known: Basis, dice: _Dice) -> Outcomes:
    load, growth = _loads(known, dice)
    completed, late = _building(known, dice)
    return Outcomes(
        draws=dice.draws,
        realised=_realised(known, dice),
        delay_days=_delays(known, dice),
        completed=completed,
        delay_years=late,
        plant_days=_own_plants(known, dice),
        load=load,
        growth=growth,
        credit=_credit(known, dice),
        lead_months=_lead_months(known, dice),
    )


@dataclass(frozen=True)
class _Dice:
    spreads: Spreads
    seed: int | None
    draws: range

    def __call__(self, facts: Sequence[str]) -> Array:
        """Draw one number for each fact; the same name is the same number."""
        if self.seed is None:
            return np.full((len(self.draws), len(facts)), MEDIAN)
        names = list(dict.fromkeys(facts))
        at = {name: place for place, name in enumerate(names)}
        return uniforms(self.seed, names, self.draws)[:, [at[name] for name in facts]]

    def apart(self, facts: Sequence[str], groups: Sequence[str], group: str) -> Array:
        """Draw one number for each fact that follows its group in a share of the draws."""
        pick = self([f"{fact}|with" for fact in facts])
        return together(self(facts), self(groups), pick, self.spreads.share(group))

    def values(self, quantity: str, groups: Sequence[str], certain: float, uniform: Array) -> Array:
        """Turn numbers from 0 to 1 into values, each by the spread of its group."""
        found = np.empty(uniform.shape)
        for group in dict.fromkeys(groups):
            here = np.array([one == group for one in groups])
            found[:, here] = self.spreads.get(quantity, group, certain)(uniform[:, here])
        return found


def _realised(known: Basis, dice: _Dice) -> Array:
    """A phase follows its program, or its site, or neither."""
    sites = known.asked["site"].tolist()
    facts = [
        f"phase|{site}|{phase}" for site, phase in zip(sites, known.asked["phase"], strict=True)
    ]
    with_site = dice.apart(facts, [f"site|{site}" for site in sites], "site")
    programs = [
        f"program|{program or site}" for program, site in zip(known.program, sites, strict=True)
    ]
    pick = dice([f"{fact}|with program" for fact in facts])
    share = dice.spreads.share("program")
    uniform = together(with_site, dice(programs), pick, share)
    return dice.values("realised", known.status, 1.0, uniform)


def _delays(known: Basis, dice: _Dice) -> Array:
    """All phases of a site are late together, in some draws with its program."""
    sites = known.asked["site"].tolist()
    groups = [
        f"program|{program or site}|delay"
        for program, site in zip(known.program, sites, strict=True)
    ]
    uniform = dice.apart([f"site|{site}|delay" for site in sites], groups, "program")
    return np.rint(dice.values("delay_days", known.status, 0.0, uniform))


def _building(known: Basis, dice: _Dice) -> tuple[Array, Array]:
    """Whether plant under construction comes, and how many years later."""
    rows = known.building
    columns = ["region", "technology", "name", "online_year"]
    facts = ["plant|" + "|".join(map(str, row)) for row in rows[columns].itertuples(index=False)]
    family = rows["family"].astype(str).tolist()
    completed = dice.values("completed", family, 1.0, dice([f"{fact}|comes" for fact in facts]))
    uniform = _with_turbines(facts, family, rows["grid"].tolist(), dice)
    return completed, dice.values("delay_years", family, 0.0, uniform)


def _with_turbines(
    facts: Sequence[str], family: Sequence[str], grids: Sequence[str], dice: _Dice
) -> Array:
    """Gas plants of one grid wait for the same turbine slots in a share of the draws."""
    gas = np.array([one == TURBINES for one in family], dtype=bool)
    tied = dice.apart(facts, [f"turbines|{grid}" for grid in grids], "turbines")
    return np.where(gas, tied, dice(facts))


def _own_plants(known: Basis, dice: _Dice) -> Array:
    rows = known.plants
    named = zip(rows["site"], rows["name"], strict=True)
    facts = [f"own plant|{site}|{name}" for site, name in named]
    family = rows["family"].tolist()
    uniform = _with_turbines(facts, family, rows["grid"].tolist(), dice)
    return np.rint(365.25 * dice.values("delay_years", family, 0.0, uniform))


def _loads(known: Basis, dice: _Dice) -> tuple[Array, Array]:
    """Factors on load without datacenters, and on unnamed datacenters, by pool and period."""
    pools = known.case.regions.drop_duplicates("pool")
    names, grids = pools["pool"].tolist(), pools["grid"].tolist()
    ahead = np.maximum(known.case.periods["year"].to_numpy() - known.case.assumptions.as_of.year, 0)
    error, growth = (
        dice.values(
            quantity,
            names,
            certain,
            dice.apart(
                [f"{quantity}|{pool}" for pool in names],
                [f"{quantity}|grid {grid}" for grid in grids],
                group,
            ),
        )
        for quantity, certain, group in (
            ("load_error_per_year", 0.0, "load"),
            ("datacenter_growth", 1.0, "datacenter_growth"),
        )
    )
    return 1 + error[:, :, None] * ahead, np.repeat(growth[:, :, None], len(ahead), axis=2)


def _credit(known: Basis, dice: _Dice) -> Array:
    """Factors on accredited shares: an error of the study, and the weather of the year."""
    rows = known.accredited
    family, season = rows["family"].tolist(), rows["season"].tolist()
    facts = [
        f"accreditation|{pool}|{one}|{half}"
        for pool, one, half in zip(rows["pool"], family, season, strict=True)
    ]
    years = [
        f"weather|{where}|{year}|{half}"
        for where, year, half in zip(rows["interconnect"], rows["year"], season, strict=True)
    ]
    error = dice.values("accreditation_error", family, 0.0, dice(facts))
    weather = dice.values("weather_error", family, 0.0, dice(years))
    exposed = np.array([one in WEATHER for one in family], dtype=bool)
    return np.asarray(np.maximum(1 + error + np.where(exposed, weather, 0.0), 0.0))


def _lead_months(known: Basis, dice: _Dice) -> Array:
    """Lead time of each rule, between the shortest and the longest that is quoted."""
    rows = known.rules
    middle = rows["lead_months"].to_numpy(dtype=float)
    short = rows["lead_months_low"].fillna(rows["lead_months"]).to_numpy(dtype=float)
    long = rows["lead_months_high"].fillna(rows["lead_months"]).to_numpy(dtype=float)
    where = dice.values(
        "lead_time", ["any"] * len(rows), 0.0, dice([f"lead time|{name}" for name in rows["name"]])
    )
    below, above = np.minimum(where, 0.0), np.maximum(where, 0.0)
    return np.asarray(np.rint(middle + below * (middle - short) + above * (long - middle)))


def drawn_case(known: Basis, found: Outcomes, draw: int) -> Case:
    """Return the question of one draw as an ordinary case, for `planner.check`."""
    at = found.draws.index(draw)
    case = known.case
    outcomes = known.asked[["site", "phase"]].assign(
        realised_fraction=found.realised[at], delay_days=found.delay_days[at]
    )
    return case.but(
        outcomes=outcomes.drop_duplicates(["site", "phase"]),
        supply=_drawn_supply(known, found, at),
        onsite=_drawn_plants(known, found, at),
        load=_drawn_load(known, found, at),
        accreditation=_drawn_shares(known, found, at),
        connection=_replaced(case.connection, known.rules, "lead_months", found.lead_months[at]),
    )


def _replaced(table: pd.DataFrame, rows: pd.DataFrame, column: str, values: Any) -> pd.DataFrame:
    """Replace the values of some rows, found by their place in the table."""
    changed = table[column].copy()
    changed.loc[rows["index"]] = np.asarray(values)
    return table.assign(**{column: changed})


def _drawn_supply(known: Basis, found: Outcomes, at: int) -> pd.DataFrame:
    table, rows = known.case.supply, known.building
    years = rows["online_year"].to_numpy(dtype=float) + found.delay_years[at]
    late = _replaced(table.astype({"online_year": float}), rows, "online_year", years)
    return late.drop(index=rows["index"][found.completed[at] < 1])


def _drawn_plants(known: Basis, found: Outcomes, at: int) -> pd.DataFrame:
    late = known.plants["online_date"] + pd.to_timedelta(found.plant_days[at], unit="D")
    return _replaced(known.case.onsite, known.plants, "online_date", late)


def _drawn_load(known: Basis, found: Outcomes, at: int) -> pd.DataFrame:
    """One row a region and half-year of the horizon."""
    case = known.case
    load = case.load[case.load["scenario"] == case.assumptions.load_scenario]
    rows = supply.in_force(load, case.periods, "region")
    rows["year"] = rows["period"].map(case.periods.set_index("period")["year"])
    pools = case.regions.drop_duplicates("pool")["pool"].tolist()
    pool = rows["region"].map(case.regions.set_index("region")["pool"]).map(pools.index)
    place = rows["period"].map(list(case.periods["period"]).index)
    factor, growth = found.load[at][pool, place], found.growth[at][pool, place]
    centers = rows["datacenter_growth_mw"].astype(float)
    native = rows["peak_mw"].astype(float) - centers
    return rows.assign(
        peak_mw=native * factor + centers * growth, datacenter_growth_mw=centers * growth
    ).drop(columns="period")


def _drawn_shares(known: Basis, found: Outcomes, at: int) -> pd.DataFrame:
    rows = known.accredited
    fraction = rows["accredited_fraction"].astype(float) * found.credit[at]
    return rows.assign(accredited_fraction=fraction)[list(known.case.accreditation.columns)]
