"""From question to answer, one step a line."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner import demand, explain, horizon, limits, match, supply
from planner.terms import Terms

if TYPE_CHECKING:
    import geopandas as gpd

    from planner.case import Case
    from planner.hook import Constrain


@dataclass(frozen=True)
class Plan:
    """The answer, as tidy tables.

    Attributes
    ----------
    case
        The question.
    sites
        One row a site: what is promised, the verdict, the earliest period, the binding limit and
        the one behind it, the weakest confidence; sites that cannot be assessed with the reason.
    steps
        The same step by step.
    regions
        One row a region and period: supply, requirement, net import, shortage, headroom, sites.
    bottlenecks
        Areas and limits ranked by the megawatts held up on their target dates.
    served
        Powered megawatts by step and period.
    flows
        Net flow by pair of regions and period.
    by_year
        Megawatts held up by area, limit and year of the target.
    breaches
        Megawatts by which constraints of one's own are broken, by constraint and period.
    """

    case: Case
    sites: pd.DataFrame
    steps: pd.DataFrame
    regions: pd.DataFrame
    bottlenecks: pd.DataFrame
    served: pd.DataFrame
    flows: pd.DataFrame
    by_year: pd.DataFrame = field(default_factory=pd.DataFrame)
    breaches: pd.DataFrame = field(default_factory=pd.DataFrame)

    def region_map(self) -> gpd.GeoDataFrame:
        """Return the regions with their outlines, one row a region and period (EPSG:4326)."""
        return match.outlines(self.case).merge(self.regions, on="region")

    def site_map(self) -> gpd.GeoDataFrame:
        """Return the sites as points (EPSG:4326); sites without coordinates have none."""
        import geopandas as gpd

        points = gpd.points_from_xy(self.sites["lon"], self.sites["lat"], crs="EPSG:4326")
        return gpd.GeoDataFrame(self.sites, geometry=points)


def check(case: Case, *, solver: Any = None, constrain: Constrain | None = None) -> Plan:
    """Say which promises of load can be kept, and what stands in the way of the rest.

    Parameters
    ----------
    case
        The question, as from :func:`planner.load_case`.
    solver
        Any PuLP solver; HiGHS in process where none is given.
    constrain
        A function that takes a :class:`planner.hook.Program` and yields pairs of a name and a PuLP
        constraint on its variables. It is called for each grid and half-year, and holds in every
        stage after native load: a constraint that native load or what is served already does not
        leave room for is broken by as little as can be, see `Plan.breaches`.

    Returns
    -------
    Plan
        The answer.

    Examples
    --------
    >>> def no_more_than_500_mw(program):
    ...     yield "operator", program.served.get("a#1", 0) + program.served.get("b#1", 0) <= 500
    >>> plan = planner.check(case, constrain=no_more_than_500_mw)  # doctest: +SKIP
    """
    placed = match.place(case)
    asked = demand.steps(case, placed)
    loads = demand.native(case, placed)
    grids = [dataclasses.replace(t, constrain=constrain) for t in gather(case, asked, loads)]
    solutions = [horizon.solve(terms, solver=solver) for terms in grids]
    return answer(case, placed, asked, loads, horizon.together(solutions))


def answer(
    case: Case,
    placed: pd.DataFrame,
    asked: pd.DataFrame,
    loads: pd.DataFrame,
    merged: horizon.Solution,
) -> Plan:
    """Read the answer out of a solution with nothing built."""
    steps = explain.verdicts(case, asked, merged)
    return Plan(
        case=case,
        sites=explain.by_site(case, placed, asked, steps, merged),
        steps=steps,
        regions=explain.balance(case, loads, merged),
        bottlenecks=explain.bottlenecks(case, steps, merged),
        served=merged.served,
        flows=merged.flows,
        by_year=explain.held_up_by_year(steps),
        breaches=merged.breaches,
    )


def gather(
    case: Case, asked: pd.DataFrame, loads: pd.DataFrame, *, decisions: bool = False
) -> list[Terms]:
    """Lay out the numbers of each grid; nothing flows between grids.

    With `decisions`, remedies and flexible operation are laid out too; a run still has to allow
    them.
    """
    whole = _terms(case, asked, loads)
    if decisions:
        whole = _with_decisions(whole, case, asked)
    return [
        _of_grid(whole, regions["region"]) for _, regions in case.regions.groupby("grid", sort=True)
    ]


def _terms(case: Case, asked: pd.DataFrame, loads: pd.DataFrame) -> Terms:
    numbers = demand.numbered(case.periods)
    names = "requirement_mw", "reserve_margin"
    wide = {name: loads[name].unstack()[list(numbers.index)] for name in names}
    firm = supply.accredited(case).unstack(fill_value=0.0)
    return Terms(
        periods=numbers,
        supply=firm.reindex(wide["requirement_mw"].index, fill_value=0.0)[list(numbers.index)],
        requirement=wide["requirement_mw"],
        margin=wide["reserve_margin"],
        unnamed=demand.unnamed(case, loads, asked).unstack()[list(numbers.index)],
        links=limits.links(case),
        joint=limits.joint(case),
        room=limits.room(case).merge(case.pockets[["pocket", "region"]], on="pocket"),
        steps=_in_order(asked, case.assumptions.allocation),
        plants=_plants(case, asked),
        coincidence=case.assumptions.coincidence,
        allocation=case.assumptions.allocation,
    )


def _with_decisions(terms: Terms, case: Case, asked: pd.DataFrame) -> Terms:
    from planner import remedies

    options = remedies.options(case, asked)
    sites = sorted(set(terms.plants.index) | set(options["site"].dropna()))
    return dataclasses.replace(
        terms,
        options=options,
        credit=remedies.credit(case, options),
        caps=remedies.caps(case, options),
        give_way=remedies.give_way(case, terms.requirement),
        pools=case.regions.set_index("region")["pool"],
        plants=terms.plants.reindex(index=sites, columns=terms.supply.columns, fill_value=0.0),
    )


def _in_order(asked: pd.DataFrame, allocation: str) -> pd.DataFrame:
    if allocation == "most":
        asked = asked.sort_values(["mw", "step"], ascending=[False, True])
    return asked.reset_index(drop=True)


def _plants(case: Case, asked: pd.DataFrame) -> pd.DataFrame:
    """Sites by periods: accredited megawatts of their own plant; a later rating takes none away."""
    plants = demand.own_plant(case, asked)
    numbers = demand.numbered(case.periods)
    share, _ = supply.accreditation(plants, case)
    any_ = np.isnan(share) | plants["alone"].to_numpy(dtype=bool)[:, None]
    counted = np.where(any_, case.assumptions.own_plant_accreditation, share)
    there = plants["online"].to_numpy()[:, None] <= numbers.to_numpy()[None, :]
    mw = pd.DataFrame(
        np.where(there, counted * plants["mw"].to_numpy()[:, None], 0.0),
        index=plants["site"],
        columns=list(numbers.index),
    )
    return mw.groupby(level=0).sum().cummax(axis=1)


def _of_grid(terms: Terms, regions: pd.Series) -> Terms:
    here = set(regions)
    ids = sorted(here)
    joint = terms.joint[np.array([bool(into & here) for into in terms.joint["into"]], dtype=bool)]
    steps = terms.steps[terms.steps["region"].isin(here)].reset_index(drop=True)
    options = terms.options
    if len(options):
        homes = options["region"].fillna(options["site_region"]).fillna(options["from_region"])
        options = options[homes.isin(here)].reset_index(drop=True)
    return dataclasses.replace(
        terms,
        supply=terms.supply.loc[ids],
        requirement=terms.requirement.loc[ids],
        margin=terms.margin.loc[ids],
        unnamed=terms.unnamed.loc[ids],
        links=terms.links[terms.links["from_region"].isin(here)],
        joint=joint,
        room=terms.room[terms.room["region"].isin(here)],
        steps=steps,
        plants=terms.plants[terms.plants.index.isin(set(steps["site"]))],
        options=options,
        pools=terms.pools[terms.pools.index.isin(here)],
    )


def only(plan: Plan, sites: set[str]) -> Plan:
    """Keep some sites of an answer; all others have competed for the same megawatts."""
    if sites.issuperset(plan.sites["site"]):
        return plan
    steps = plan.steps[plan.steps["site"].isin(sites)]
    return dataclasses.replace(
        plan,
        sites=plan.sites[plan.sites["site"].isin(sites)],
        steps=steps,
        bottlenecks=_of_steps(plan.bottlenecks, steps, whole=len(steps) == len(plan.steps)),
        served=plan.served[plan.served["site"].isin(sites)],
        by_year=explain.held_up_by_year(steps),
    )


def _of_steps(bottlenecks: pd.DataFrame, steps: pd.DataFrame, *, whole: bool) -> pd.DataFrame:
    """Keep what holds up some steps; unnamed datacenters belong to the whole answer only."""
    if whole:
        return bottlenecks
    late = steps[steps["late_mw"] > explain.TOLERANCE_MW]
    area = late["pocket"].fillna(late["region"]).astype(str)
    held = late.groupby([area.rename("area"), "cause"]).agg(
        held_up_mw=("late_mw", "sum"), sites=("site", "nunique")
    )
    kept = bottlenecks.drop(columns=["held_up_mw", "sites"]).merge(
        held.reset_index(), on=["area", "cause"]
    )
    kept = kept.assign(unnamed_mw=0.0)[list(bottlenecks.columns)]
    return kept.sort_values(["held_up_mw", "area"], ascending=[False, True], ignore_index=True)
