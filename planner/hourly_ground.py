"""What the hours of a pool are made of: load, plant, weather, storage and lines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from planner import demand, horizon, match, pipeline, supply
from planner.errors import DataError
from planner.model_hourly import Arc, Hours, Season, Store
from planner.terms import Layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pandas as pd

    from planner.case import Case
    from planner.hourly_shapes import Shapes

LOADS: Final = ("served", "native", "promised")
SEASONS: Final = ("winter", "summer")


@dataclass(frozen=True)
class Settings:
    """How hours are checked.

    Attributes
    ----------
    load
        Sites in the load: `served` (what the plan powers), `native` (none), `promised` (all that is
        due, powered or not).
    flexible_hours
        Hours of a year in which sites give way at most, by energy, half of them in each season.
    mixed_years
        Take load and weather of different years together.
    shift_days
        Days by which weather is moved against load, one pairing each.
    workers, address
        Processes of this machine, or a Dask scheduler that runs already, over which pools and years
        are spread; the answer is the same.
    """

    load: str = "served"
    flexible_hours: float = 0.0
    mixed_years: bool = False
    shift_days: Sequence[int] = (0,)
    workers: int = 1
    address: str | None = None


# --- what is known of a year ---------------------------------------------------------------------


@dataclass(frozen=True)
class Ground:
    """The seasonal answer and the tables it stands on, in the two half-years of one year."""

    case: Case
    plan: pipeline.Plan
    periods: list[str]
    layouts: list[Layout]
    plants: pd.DataFrame
    energy: pd.DataFrame

    def layout(self, pool: str) -> Layout:
        """Links and joint limits of the grid of a pool."""
        return next(each for each in self.layouts if pool in set(each.terms.pools))

    def regions(self, pool: str) -> list[str]:
        """Regions of a pool, in order."""
        rows = self.case.regions
        return sorted(rows.loc[rows["pool"] == pool, "region"])


def lay_ground(case: Case) -> Ground:
    """Take the seasonal answer, and what it stands on, as the ground for hours."""
    placed = match.place(case)
    asked, loads = demand.steps(case, placed), demand.native(case, placed)
    terms = pipeline.gather(case, asked, loads)
    solved = horizon.together([horizon.solve(part) for part in terms])
    pools = case.regions.set_index("region")["pool"]
    layouts = [
        Layout(replace(part, pools=pools[pools.index.isin(part.supply.index)])) for part in terms
    ]
    firm, stored = supply.firm(case), supply.stored(case)
    return Ground(
        case=case,
        plan=pipeline.answer(case, placed, asked, loads, solved),
        periods=[],
        layouts=layouts,
        plants=firm,
        energy=stored,
    )


def whole_years(case: Case, years: Iterable[int]) -> list[int]:
    """Return the years of which the horizon has both half-years.

    Raises
    ------
    DataError
        Some of `years` are none of them.
    """
    whole = [int(y) for y, part in case.periods.groupby("year") if len(part) == len(SEASONS)]
    problems = [
        f"year is {year}; the horizon has both half-years of {whole[0]} to {whole[-1]}."
        for year in years
        if year not in whole
    ]
    if problems:
        raise DataError(problems)
    return whole


def folder_of(case: Case, pool: str) -> Path:
    """Folder of the pack that a pool belongs to."""
    grid = case.regions.loc[case.regions["pool"] == pool, "grid"].iloc[0]
    return next(each for each in case.folders if each.name == grid)


def sites_mw(ground: Ground, pool: str, period: str, load: str) -> pd.Series:
    """Draw of sites and of unnamed datacenters by region, the same in every hour [MW]."""
    rows = ground.plan.regions
    rows = rows[(rows["pool"] == pool) & (rows["period"] == period)].set_index("region")
    if load == "native":
        return rows["sites_mw"] * 0.0
    if load == "served":
        return rows["sites_mw"] + rows["unnamed_mw"]
    return (
        rows["sites_mw"]
        + rows["unnamed_asked_mw"]
        + _waiting(ground, period).reindex(rows.index, fill_value=0.0)
    )


def _waiting(ground: Ground, period: str) -> pd.Series:
    """What steps on the grid ask by a period and do not get, by region [MW]."""
    number = demand.numbered(ground.case.periods)[period]
    steps = ground.plan.steps
    due = steps[(steps["target"] <= number) & steps["on_grid"]]
    got = ground.plan.served[ground.plan.served["period"] == period]
    got = got.set_index("step")["served_mw"]
    waits = (due["mw"] - due["step"].map(got).fillna(0.0)).clip(lower=0.0)
    return (waits * ground.case.assumptions.coincidence).groupby(due["region"]).sum()


# --- the hours of a pool -------------------------------------------------------------------------


def hours(ground: Ground, pool: str, shapes: Shapes, settings: Settings, shift: int = 0) -> Hours:
    """Lay out the hours of a pool."""
    regions = ground.regions(pool)
    number = shapes.summer.astype(int)
    need, river, drawn = (np.zeros((len(regions), len(number))) for _ in range(3))
    seasons = []
    for at, period in enumerate(ground.periods):
        here = number == at
        sites = sites_mw(ground, pool, period, settings.load).reindex(regions, fill_value=0.0)
        plants = plants_of(ground, period)
        for place, region in enumerate(regions):
            load = load_of(ground, region, period, shapes) + float(sites[region])
            steady, weather, water = output_of(plants, region, shapes, ground.case, shift)
            drawn[place, here] = load[here]
            need[place, here] = (load - steady - weather)[here]
            river[place, here] = water[here]
        seasons.append(_season(ground, pool, period, shapes, sites.to_numpy(), settings))
    return Hours(need, river, number, seasons, drawn)


def plants_of(ground: Ground, period: str) -> dict[str, dict[str, float]]:
    """Firm capacity of the season, by region and technology [MW]."""
    rows = ground.plants[ground.plants["period"] == period]
    return {
        str(region): dict(zip(part["technology"], part["capacity_mw"], strict=True))
        for region, part in rows.groupby("region")
    }


def load_of(ground: Ground, region: str, period: str, shapes: Shapes) -> np.ndarray:
    """Native load: as measured, times its growth since then; powered sites run flat.

    Growth is that of the pool's seasonal peak in the pack, from the measured year on; where the
    pack does not hold that year, the highest measured hour of the season stands for it.
    """
    rows = ground.plan.regions
    row = rows[(rows["region"] == region) & (rows["period"] == period)].iloc[0]
    load = ground.case.load
    season = period.rsplit("-", 1)[1]
    base = load.loc[
        (load["region"] == region)
        & (load["year"] == shapes.load_year)
        & (load["season"] == season)
        & (load["scenario"] == ground.case.assumptions.load_scenario),
        "peak_mw",
    ]
    measured = shapes.load_mw[region]
    summer = season == SEASONS[1]
    peak = float(base.iloc[0]) if len(base) else float(measured[shapes.summer == summer].max())
    flat = float(row["energised_mw"])
    growth = (float(row["native_mw"]) - flat) / peak if peak > 0 else 0.0
    return measured * growth + flat


def output_of(
    plants: dict[str, dict[str, float]], region: str, shapes: Shapes, case: Case, shift: int
) -> tuple[float, np.ndarray, np.ndarray]:
    """Steady plant less its outages; wind and sun; water, whose day may be rearranged."""
    family = case.technologies.set_index("technology")["family"].to_dict()
    steady, problems = 0.0, []
    weather = np.zeros(len(shapes.summer))
    water = np.zeros_like(weather)
    for technology, mw in plants.get(region, {}).items():
        profile = shapes.output.get((region, technology))
        if family[technology] == "storage" or mw <= 0:
            continue
        if profile is not None:
            target = water if family[technology] == "hydro" else weather
            target += mw * np.roll(profile, 24 * shift)
        elif technology in shapes.outages and family[technology] not in demand.WEATHER:
            steady += mw * (1 - shapes.outages[technology])
        else:
            problems.append(
                f"region {region} has {technology}, without a profile in hourly_profiles.csv or a"
                " rate in outages.csv; add a row."
            )
    if problems:
        raise DataError(problems)
    return steady, weather, water


def _season(  # noqa: PLR0913, PLR0917
    ground: Ground,
    pool: str,
    period: str,
    shapes: Shapes,
    sites: np.ndarray,
    settings: Settings,
) -> Season:
    regions = ground.regions(pool)
    arcs, joint = _lines(ground, pool, period, regions)
    return Season(
        stores=stores_of(ground, period, regions, shapes),
        arcs=arcs,
        joint=joint,
        water_mw=water_of(ground, period, regions, shapes),
        give_mw=sites,
        give_hours=settings.flexible_hours / len(SEASONS),
    )


def water_of(ground: Ground, period: str, regions: list[str], shapes: Shapes) -> np.ndarray:
    """Capacity of water that has a profile, by region [MW]."""
    family = ground.case.technologies.set_index("technology")["family"]
    plants = plants_of(ground, period)
    return np.array(
        [
            sum(mw for name, mw in plants.get(region, {}).items()
                if family[name] == "hydro" and (region, name) in shapes.output)
            for region in regions
        ]
    )  # fmt: skip


def stores_of(ground: Ground, period: str, regions: list[str], shapes: Shapes) -> list[Store]:
    """Storage that stands in either season, so that both have the same list."""
    energy = ground.energy.set_index(["region", "technology", "period"])["energy_mwh"]
    keys = sorted({key[:2] for key in energy.index if key[0] in set(regions)})
    power = plants_of(ground, period)
    found = []
    for region, technology in keys:
        mw = power.get(region, {}).get(technology, 0.0)
        if technology not in shapes.round_trip:
            continue
        found.append(
            Store(
                regions.index(region),
                mw * (1 - shapes.outages.get(technology, 0.0)),
                float(energy.get((region, technology, period), 0.0)),
                shapes.round_trip[technology],
            )
        )
    return found


def _lines(
    ground: Ground, pool: str, period: str, regions: list[str]
) -> tuple[list[Arc], list[tuple[list[int], list[float], float]]]:
    """Lines inside the pool, lines into it, and the limits on several of them."""
    layout = ground.layout(pool)
    number = {region: at for at, region in enumerate(regions)}
    arcs: list[Arc] = []
    place: dict[tuple[str, str], tuple[int, float]] = {}
    for (start, end), limits in layout.flows.items():
        inside = start in number and end in number
        mw = limits.get(period, 0.0)
        if inside and start < end:
            back = layout.flows[end, start].get(period, 0.0)
            place[start, end], place[end, start] = (len(arcs), 1.0), (len(arcs), -1.0)
            arcs.append(Arc(number[start], number[end], mw, back))
        elif end in number and start not in number:
            place[start, end] = (len(arcs), 1.0)
            arcs.append(Arc(-1, number[end], mw))
    joint = []
    for limit in layout.joint:
        mine = [place[pair] for pair in limit.inward if pair in place]
        most = layout.limit(limit.limits, period)
        if mine:
            joint.append(([at for at, _ in mine], [sign for _, sign in mine], most))
    outside = [at for at, arc in enumerate(arcs) if arc.start < 0]
    if outside:
        joint.append((outside, [1.0] * len(outside), imports_mw(ground, pool, period)))
    return arcs, joint


def imports_mw(ground: Ground, pool: str, period: str) -> float:
    """What may be brought into a pool in any hour: firm contracts, else what neighbours have left.

    What neighbours have left is what the seasonal answer brings in from them, and what their own
    margin leaves beyond it. Limits on the lines, and the largest net import seen, hold besides.
    """
    inside = set(ground.regions(pool))
    layout = ground.layout(pool)
    rows = ground.plan.regions[ground.plan.regions["period"] == period].set_index("region")
    mine = rows[rows.index.isin(inside)]
    brought = max(float(mine["net_import_mw"].sum()), 0.0)
    firm = layout.terms.joint
    firm = firm[(firm["basis"] == "firm") & (firm["period"] == period)]
    contracts = [mw for into, mw in zip(firm["into"], firm["limit_mw"], strict=True)
                 if into == inside]  # fmt: skip
    if contracts:
        return max(float(contracts[0]), brought)
    home = layout.terms.pools
    beside = {home[s] for s, e in layout.flows if e in inside and s not in inside and s in home}
    near = rows[rows["pool"].isin(beside)]
    return brought + float(left_mw(near).clip(lower=0.0).sum())


def left_mw(rows: pd.DataFrame) -> pd.Series:
    """What the seasonal answer leaves beyond the requirement, by region [MW]."""
    ratio = rows["requirement_mw"] / rows["native_mw"].where(rows["native_mw"] > 0)
    sites = ratio.fillna(1.0) * (rows["sites_mw"] + rows["unnamed_mw"])
    return rows["headroom_mw"] + rows["net_import_mw"] - sites


def seasonal(
    ground: Ground, pool: str, period: str, load: str, without: Sequence[str] = ()
) -> tuple[float, float]:
    """What the seasonal margin lacks for a load, and what it leaves [MW], but for some regions."""
    rows = ground.plan.regions
    rows = rows[(rows["pool"] == pool) & (rows["period"] == period)].set_index("region")
    rows = rows.drop(index=list(without))
    ratio = float(rows["requirement_mw"].sum() / max(rows["native_mw"].sum(), 1.0))
    more = sites_mw(ground, pool, period, load) - sites_mw(ground, pool, period, "served")
    asked = ratio * float(more.drop(index=list(without)).sum())
    left = float(left_mw(rows).clip(lower=0.0).sum())
    return float(rows["shortage_mw"].sum()) + max(asked, 0.0), left - min(asked, 0.0)
