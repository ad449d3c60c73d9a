"""Check the hours of a year, one after the other, beside the seasonal margin."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import cluster, hourly_ground, hourly_shapes, model_hourly
from planner.errors import DataError
from planner.hourly_ground import SEASONS, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from planner.case import Case
    from planner.hourly_ground import Ground
    from planner.hourly_shapes import Shapes
    from planner.model_hourly import Hours, Operation
    from planner.pipeline import Plan

SMALLEST_MW: Final = 1.0
CHRONIC_HOURS: Final = 876
MARGIN_SHORT: Final = "margin short, hours served"
HOURS_SHORT: Final = "margin met, hours not served"
TABLES: Final = ("seasons", "days", "regions", "effort")


@dataclass(frozen=True)
class Hourly:
    """The hours of some pools and one year.

    Attributes
    ----------
    seasons
        By pool, pairing of the years and season: what the seasonal margin lacks or leaves
        (`seasonal_short_mw`, `seasonal_left_mw`), the hour with least supply left before storage
        and imports, unserved energy, hours, the worst day, what gives way, and whether they agree.
        Regions that are short in more than a tenth of the year are left out of these and summed in
        `chronic_mwh`: their limits are too small for their load in the tables.
    days
        Days with unserved energy.
    regions
        Unserved energy by region; `chronic` regions are short in more than a tenth of the year.
    effort
        Hours solved together, and the stretches they fall into.
    load_year, weather_year
        Years that load and weather were measured in.
    load
        Which sites are in the load.
    """

    seasons: pd.DataFrame
    days: pd.DataFrame
    regions: pd.DataFrame
    effort: pd.DataFrame
    load_year: int
    weather_year: int
    load: str


def check(
    case: Case,
    years: Iterable[int],
    *,
    areas: Iterable[str] = (),
    settings: Settings | None = None,
    tell: Callable[[str], None] | None = None,
) -> Hourly:
    """Check all hours of pools: load as measured and scaled, plant, weather, storage, imports.

    Parameters
    ----------
    case
        The question.
    years
        Planning years: October before it to September.
    areas
        Pools, or regions that stand for their pool; without any, the pools that the seasonal
        answer flags in a year (:func:`flagged`).
    settings
        How.
    tell
        Called with a line of progress.

    Returns
    -------
    Hourly
        Unserved energy, hours and worst days, beside the seasonal margin.

    Raises
    ------
    DataError
        A year lies outside the horizon, an area is not there, or hours are missing or of years
        that do not match.
    ClusterError
        The workers cannot be reached.
    """
    say = tell or (lambda _: None)
    settings = settings or Settings()
    years = list(years)
    hourly_ground.whole_years(case, years)
    periods = {year: [f"{year}-{season}" for season in SEASONS] for year in years}
    _check_areas(case, areas)
    packs: dict[Path, dict[str, pd.DataFrame]] = {}

    def shapes_of(pool: str) -> Shapes:
        folder = hourly_ground.folder_of(case, pool)
        if folder not in packs:
            packs[folder] = hourly_shapes.tables(case, folder, mixed_years=settings.mixed_years)
        regions = case.regions.loc[case.regions["pool"] == pool, "region"]
        return hourly_shapes.lay_out(packs[folder], regions, folder.name)

    asked = {pool: shapes_of(pool) for pool in _pools(case, areas)}
    say("seasonal answer")
    ground = hourly_ground.lay_ground(case)
    jobs = [
        _Job(replace(ground, periods=names), pool, year, asked.get(pool) or shapes_of(pool), days)
        for year, names in periods.items()
        for pool in list(asked) or flagged(ground.plan, year)
        for days in settings.shift_days
    ]
    found = [tables for _, tables in sorted(_spread(jobs, settings, say))]
    shapes = jobs[-1].shapes if jobs else None
    return Hourly(
        **{name: _joined([tables[name] for tables in found]) for name in TABLES},
        load_year=shapes.load_year if shapes else 0,
        weather_year=shapes.weather_year if shapes else 0,
        load=settings.load,
    )


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    full = [part for part in parts if len(part)]
    return pd.concat(full or parts[:1] or [pd.DataFrame()], ignore_index=True)


def _check_areas(case: Case, areas: Iterable[str]) -> None:
    there = set(case.regions["region"]) | set(case.regions["pool"])
    problems = [f"no region or pool {area!r}; see: planner grids us" for area in areas
                if area not in there]  # fmt: skip
    if problems:
        raise DataError(problems)


def _pools(case: Case, areas: Iterable[str]) -> list[str]:
    home = case.regions.set_index("region")["pool"].to_dict()
    return sorted({str(home.get(area, area)) for area in areas})


def flagged(plan: Plan, year: int) -> list[str]:
    """List the pools that are short in a year, or too short to power on time what is due in it."""
    rows = plan.regions[plan.regions["period"].str.startswith(f"{year}-")]
    unmet = rows["shortage_mw"] + rows["unnamed_asked_mw"] - rows["unnamed_mw"]
    short = set(rows.loc[unmet > SMALLEST_MW, "pool"])
    home = plan.case.regions.set_index("region")["pool"]
    steps = plan.steps[plan.steps["target_period"].astype(str).str.startswith(f"{year}-")]
    late = steps[(steps["late_mw"] > SMALLEST_MW) & steps["cause"].isin(["supply", "import"])]
    return sorted(short | set(late["region"].map(home)))


# --- the answer ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Job:
    """One pool and year, under one shift of the weather."""

    ground: Ground
    pool: str
    year: int
    shapes: Shapes
    shift_days: int


def _spread(
    jobs: list[_Job], settings: Settings, say: Callable[[str], None]
) -> Iterator[tuple[int, dict[str, pd.DataFrame]]]:
    """Operate the hours of each job, wherever there is a process for it; only arrays travel."""
    laid: dict[int, Hours] = {}

    def pieces() -> Iterator[tuple[int, Hours]]:
        for at, job in enumerate(jobs):
            say(f"hours of {job.pool} in {job.year}")
            laid[at] = hourly_ground.hours(
                job.ground, job.pool, job.shapes, settings, job.shift_days
            )
            yield at, laid[at]

    workers, address = settings.workers, settings.address
    for at, done in cluster.spread(operated, pieces(), workers=workers, address=address):
        yield at, _answer(jobs[at], settings, laid.pop(at), done)


def operated(piece: tuple[int, Hours]) -> tuple[int, Operation]:
    """Operate one piece of work, and say which it was."""
    return piece[0], model_hourly.operate(piece[1])


def _answer(
    job: _Job, settings: Settings, laid: Hours, found: Operation
) -> dict[str, pd.DataFrame]:
    ground, pool, year, shapes = job.ground, job.pool, job.year, job.shapes
    short = np.where(found.short_mw > SMALLEST_MW / 10, found.short_mw, 0.0)
    regions = pd.DataFrame(
        {
            "region": ground.regions(pool),
            "unserved_mwh": short.sum(axis=1),
            "unserved_hours": (short > 0).sum(axis=1),
        }
    )
    regions["chronic"] = regions["unserved_hours"] > CHRONIC_HOURS
    chronic = regions["chronic"].to_numpy()
    whole = short[~chronic].sum(axis=0)
    by_day = pd.DataFrame(
        {
            "day": [hourly_shapes.dated(day, year) for day in shapes.days],
            "unserved_mwh": whole.reshape(-1, 24).sum(axis=1),
            "unserved_hours": (whole > 0).reshape(-1, 24).sum(axis=1),
            "largest_mw": whole.reshape(-1, 24).max(axis=1),
        }
    )
    flows = {
        "whole": whole,
        "chronic": short[chronic].sum(axis=0),
        "given": found.given_mw.sum(axis=0),
    }
    names = list(regions.loc[chronic, "region"])
    rows = [
        _of_season(ground, pool, at, laid, flows, by_day)
        | _margin(ground, pool, at, settings.load, names)
        for at in range(len(SEASONS))
    ]
    seasons = pd.DataFrame(rows)
    pairs = zip(seasons["seasonal_short_mw"], seasons["unserved_mwh"], strict=True)
    seasons["agreement"] = [agreement(lacks, unserved) for lacks, unserved in pairs]
    years = {"load_year": shapes.load_year, "weather_year": shapes.weather_year}
    key = {"pool": pool, "year": year, "shift_days": job.shift_days} | years
    tables = {
        "seasons": seasons,
        "days": by_day[by_day["unserved_mwh"] > 0].round(3),
        "regions": regions[regions["unserved_mwh"] > 0].round(3),
        "effort": pd.DataFrame([{"solved_hours": found.solved_hours, "windows": found.windows}]),
    }
    return {name: _keyed(table, key) for name, table in tables.items()}


def _keyed(table: pd.DataFrame, key: dict[str, Any]) -> pd.DataFrame:
    """Put the key before the other columns."""
    return table.assign(**key)[[*key, *table.columns]].reset_index(drop=True)


def _margin(ground: Ground, pool: str, at: int, load: str, chronic: list[str]) -> dict[str, float]:
    short, left = hourly_ground.seasonal(ground, pool, ground.periods[at], load, chronic)
    return {"seasonal_short_mw": round(short, 3), "seasonal_left_mw": round(left, 3)}


def _of_season(  # noqa: PLR0913, PLR0917
    ground: Ground,
    pool: str,
    at: int,
    laid: Hours,
    flows: dict[str, np.ndarray],
    by_day: pd.DataFrame,
) -> dict[str, Any]:
    here = laid.season == at
    surplus = (laid.river_mw - laid.need_mw).sum(axis=0)
    tightest = int(np.flatnonzero(here)[surplus[here].argmin()])
    days = by_day[here.reshape(-1, 24)[:, 0]]
    worst = days.loc[days["unserved_mwh"].idxmax()]
    sums = {name: float(mw[here].sum()) for name, mw in flows.items()}
    return {
        "season": ground.periods[at].rsplit("-", 1)[1],
        "peak_mw": round(float(laid.load_mw.sum(axis=0)[here].max()), 3),
        "imports_mw": round(hourly_ground.imports_mw(ground, pool, ground.periods[at]), 3),
        "tightest_left_mw": round(float(surplus[tightest]), 3),
        "tightest_hour": f"{by_day['day'].iloc[tightest // 24]} {tightest % 24:02}:00 UTC",
        "unserved_mwh": round(sums["whole"], 3),
        "unserved_hours": int((flows["whole"][here] > 0).sum()),
        "largest_mw": round(float(flows["whole"][here].max()), 3),
        "worst_day": worst["day"] if sums["whole"] > 0 else "",
        "worst_day_mwh": round(float(worst["unserved_mwh"]), 3),
        "chronic_mwh": round(sums["chronic"], 3),
        "given_mwh": round(sums["given"], 3),
    }


def agreement(seasonal_short_mw: float, unserved_mwh: float) -> str:
    """Say whether hours and seasonal margin come to the same."""
    short, unserved = seasonal_short_mw > SMALLEST_MW, unserved_mwh > 0
    if short == unserved:
        return "agree"
    return MARGIN_SHORT if short else HOURS_SHORT
