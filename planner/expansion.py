"""Years and hours together: what can be powered over a whole grid, with remedies or without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from planner import expansion_ground, hourly_ground, hourly_shapes
from planner.decomposition import Decomposition
from planner.errors import DataError
from planner.hours_block import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.case import Case
    from planner.decomposition import Found
    from planner.expansion_ground import Laid, Settings
    from planner.hourly_shapes import Shapes

GAP: Final = 1e-4
ROUNDS: Final = 60
SMALLEST_MW: Final = 1.0
CHRONIC: Final = 0.75
NUDGE_MW: Final = 0.1
MARGIN: Final = "reserve margin"
ELSEWHERE: Final = "another year, or a pocket"


@dataclass(frozen=True)
class Expansion:
    """What can be powered, year by year, with the hours and the lines of a whole grid.

    Attributes
    ----------
    seasons
        By season: megawatts that named sites ask from the grid (`asked_mw`) and are served, the
        same for unnamed datacenters, megawatts built so far, load that lacks in the critical days
        (`unserved_mwh`, `unserved_hours`, `largest_mw`), what the reserve margin lacks
        (`margin_short_mw`), and those days. Regions that lack load in nearly every hour of them,
        as limits in the tables are below their load, are left out and summed in `chronic_mwh`.
        Bound and years of the hours stand in every row (`gap_mw`, `load_year`, `weather_year`).
    regions
        By region and season: asked, served, late, unserved, and the hour with the highest price.
    sites
        By site and season: asked and served.
    built
        By remedy and season: megawatts in service.
    gap_mw
        No plan serves so many megawatts more, summed over seasons; what lacks counts double.
    gap
        The same, relative to the objective.
    rounds
        Rounds of the decomposition.
    load_year, weather_year
        Years that load and weather were measured in.
    settings
        How.
    """

    seasons: pd.DataFrame
    regions: pd.DataFrame
    sites: pd.DataFrame
    built: pd.DataFrame
    gap_mw: float
    gap: float
    rounds: int
    load_year: int
    weather_year: int
    settings: Settings


def expand(
    case: Case,
    years: Sequence[int] = (),
    *,
    settings: Settings | None = None,
    gap: float = GAP,
    tell: Callable[[str], None] | None = None,
) -> Expansion:
    """Serve the most megawatts of sites in some years, with hours, lines and remedies at once.

    Load that is there comes first, anywhere in the grid; then sites, each megawatt alike; then the
    least yearly cost of what is built, as far as the gap tells plans apart.

    Parameters
    ----------
    case
        The question, about one grid with hours.
    years
        Planning years; every second year of the horizon without any.
    settings
        How.
    gap
        Gap between the bounds, relative to the objective, at which the answer is good enough.
    tell
        Called with a line of progress.

    Raises
    ------
    DataError
        A year lies outside the horizon, there is more than one grid, or hours are missing or of
        years that do not match.
    """
    say = tell or (lambda _: None)
    settings = settings or expansion_ground.Settings()
    whole = hourly_ground.whole_years(case, years)
    asked = sorted(set(years)) or whole[::2]
    shapes = _shapes(case, settings)
    say("regions, sites and hours")
    laid = expansion_ground.lay_out(case, shapes, asked, settings)
    annual, blocks = expansion_ground.problem(laid)
    columns = sum(len(block.cost) for block in blocks)
    say(f"{len(laid.regions)} regions, {len(blocks)} seasons, {columns:,} columns of hours")
    solver = Decomposition(annual, blocks, tell=say)
    found = solver.solve(gap, ROUNDS)
    return _answer(laid, solver, found, shapes)


def _shapes(case: Case, settings: Settings) -> Shapes:
    if len(case.folders) != 1:
        told = ", ".join(folder.name for folder in case.folders)
        raise DataError([f"years and hours are of one grid at a time; these are {told}."])
    folder = case.folders[0]
    tables = hourly_shapes.tables(case, folder, mixed_years=settings.mixed_years)
    return hourly_shapes.lay_out(tables, case.regions["region"], folder.name)


# --- the answer ----------------------------------------------------------------------------------


def _answer(laid: Laid, solver: Decomposition, found: Found, shapes: Shapes) -> Expansion:
    parts = [_season(laid, solver, found, t) for t in range(len(laid.periods))]
    gap_mw = max(found.cost - found.least, 0.0)
    known = {
        "gap_mw": round(gap_mw, 3),
        "load_year": shapes.load_year,
        "weather_year": shapes.weather_year,
    }
    return Expansion(
        seasons=pd.DataFrame([part[0] | known for part in parts]),
        regions=pd.concat([part[1] for part in parts], ignore_index=True),
        sites=_sites(laid, found),
        built=_built(laid, found),
        gap_mw=gap_mw,
        gap=max(found.gap, 0.0),
        rounds=found.rounds,
        load_year=shapes.load_year,
        weather_year=shapes.weather_year,
        settings=laid.settings,
    )


def _season(
    laid: Laid, solver: Decomposition, found: Found, t: int
) -> tuple[dict[str, object], pd.DataFrame]:
    """Operate a season under the plan: what lacks, and where a little more would cost most."""
    period, live, x = laid.periods[t], solver.live[t], found.decisions[t]
    live.operate(x)
    hours = len(laid.chosen[period]) * DAY
    lacks = live.values("short")
    lacks = np.where(lacks > SMALLEST_MW / 10, lacks, 0.0)
    sites = laid.sites
    served = pd.Series(x[: len(sites)], sites.index)
    unnamed = sites.index.str.startswith(expansion_ground.UNNAMED)
    chronic = (lacks[:hours] > 0).mean(axis=0) > CHRONIC
    whole = lacks[:hours, ~chronic].sum(axis=1)
    season: dict[str, object] = {
        "period": period,
        "asked_mw": float(sites.loc[~unnamed, period].sum()),
        "served_mw": float(served[~unnamed].sum()),
        "unnamed_asked_mw": float(sites.loc[unnamed, period].sum()),
        "unnamed_mw": float(served[unnamed].sum()),
        "built_mw": float(x[len(sites) :].sum()),
        "unserved_mwh": float(whole.sum()),
        "unserved_hours": int((whole > 0).sum()),
        "largest_mw": float(whole.max()),
        "chronic_mwh": float(lacks[:hours, chronic].sum()),
        "margin_short_mw": float(lacks[hours:].sum()),
        "days": " ".join(laid.shapes.days[day] for day in laid.chosen[period]),
    }
    asked = sites[period].groupby(sites["region"]).sum().reindex(laid.regions, fill_value=0.0)
    given = served.groupby(sites["region"]).sum().reindex(laid.regions, fill_value=0.0)
    rows = pd.DataFrame(
        {
            "region": laid.regions,
            "period": period,
            "asked_mw": asked.to_numpy(),
            "served_mw": given.to_numpy(),
            "late_mw": (asked - given).clip(lower=0.0).to_numpy(),
            "unserved_mwh": lacks[:hours].sum(axis=0),
            "chronic": chronic,
            "margin_short_mw": lacks[hours:].sum(axis=0),
        }
    )
    more = np.clip(sites[period] - served, 0.0, NUDGE_MW)
    live.operate(x + np.r_[more, np.zeros(len(laid.options))])
    dearest = _dearest(laid, period, live.balance_prices())
    return _rounded(season), rows.assign(tightest=dearest).round(3)


def _rounded(row: dict[str, object]) -> dict[str, object]:
    return {name: round(v, 3) if isinstance(v, float) else v for name, v in row.items()}


def _dearest(laid: Laid, period: str, prices: np.ndarray) -> list[str]:
    """Name the hour in which a megawatt is worth most, by region."""
    year, days = int(period[:4]), laid.chosen[period]
    labels = [
        f"{hourly_shapes.dated(laid.shapes.days[day], year)} {hour:02}:00 UTC"
        for day in days
        for hour in range(DAY)
    ]
    labels += [MARGIN] * laid.settings.margin
    return [
        labels[int(at)] if prices[at, region] > expansion_ground.BUILD_COST else ELSEWHERE
        for region, at in enumerate(prices.argmax(axis=0))
    ]


def _sites(laid: Laid, found: Found) -> pd.DataFrame:
    """Asked and served by site and season."""
    sites = laid.sites
    parts = [
        pd.DataFrame(
            {
                "site": sites.index,
                "region": sites["region"].to_numpy(),
                "period": period,
                "asked_mw": sites[period].to_numpy(),
                "served_mw": found.decisions[t, : len(sites)],
            }
        )
        for t, period in enumerate(laid.periods)
    ]
    rows = pd.concat(parts, ignore_index=True)
    return rows[rows["asked_mw"] > 0].round(3).reset_index(drop=True)


def _built(laid: Laid, found: Found) -> pd.DataFrame:
    """Megawatts in service by remedy and season; no rows where nothing is built."""
    options = laid.options
    parts = [
        options[["remedy", "kind"]].assign(period=period, mw=found.decisions[t, len(laid.sites) :])
        for t, period in enumerate(laid.periods)
    ]
    rows = pd.concat(parts).groupby(["period", "kind", "remedy"], sort=False)["mw"].sum()
    return rows[rows > SMALLEST_MW].round(3).reset_index()
