"""Load that could be added if it gives way in a small share of its energy, from measured hours.

A constant new load L gives way whenever load + L exceeds the highest load ever measured in the
season. The energy it gives up over L times the hours of a year, averaged over the years, is its
curtailed share; the headroom at a share is the L that reaches it.

References
----------
Norris, T. H., Profeta, T., Patino-Echeverri, D. and Cowie-Haskell, A., Rethinking Load Growth,
Nicholas Institute, Duke University, NI R 25-01, 2025, Analysis and Appendix C.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import packs
from planner.errors import DataError
from planner.schema_hourly import HOURLY_TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date
    from pathlib import Path

type Tables = dict[str, pd.DataFrame]
type Pair = tuple[float, float]

HOURS: Final = 8760
STEPS: Final = 45  # halvings of the interval in which the headroom lies
HALF: Final = 0.5
CONFIDENCE: Final = ("low", "medium", "high")
KINDS: Final = {"balancing_authority": "balancing_levels", "region": "region_levels"}
COLUMNS: Final = (
    "area_kind", "area", "name", "first_year", "last_year", "years", "curtailed_fraction",
    "headroom_mw", "hours_per_year", "mean_event_hours", "half_kept_fraction", "summer_peak_mw",
    "winter_peak_mw", "load_factor", "source", "confidence",
)  # fmt: skip


@dataclass(frozen=True)
class Headroom:
    """Load that could be added, by area and curtailed share.

    Attributes
    ----------
    areas
        One row per area and share: `area_kind`, `area`, `name`, first and last year and number
        of years of the hours, `curtailed_fraction`, `headroom_mw`, `hours_per_year` in which
        something gives way, `mean_event_hours` (runs of such hours), `half_kept_fraction` of
        these hours in which at least half of the new load runs on, the seasonal peaks that must
        not be exceeded, `load_factor` of the load there is, `source`, weakest `confidence`.
    as_of
        Hours known later were not read.
    """

    areas: pd.DataFrame
    as_of: date | None

    def only(self, area: str) -> Headroom:
        """Return the answer for one area."""
        return replace(self, areas=self.areas[self.areas["area"] == area])

    @property
    def totals(self) -> pd.DataFrame:
        """Sum of headroom by kind and share, and means over the areas, each area counted once."""
        rows: Any = self.areas.groupby(["area_kind", "curtailed_fraction"], sort=False)
        return rows.agg(
            areas=("area", "size"),
            headroom_mw=("headroom_mw", "sum"),
            hours_per_year=("hours_per_year", "mean"),
            mean_event_hours=("mean_event_hours", "mean"),
            half_kept_fraction=("half_kept_fraction", "mean"),
            load_factor=("load_factor", "mean"),
        ).reset_index()


@dataclass(frozen=True)
class Curve:
    """What lies above each level of load in one season of one year, levels ascending."""

    level_mw: list[float]
    hours: list[float]
    above_mwh: list[float]
    runs: list[float]

    @property
    def peak_mw(self) -> float:
        """Highest load of the season."""
        return self.level_mw[-1]

    def energy(self, level: float) -> float:
        """Energy above a level [MWh], cubic between the levels: value and slope are known there."""
        return self._at(level, _cubic, below=lambda gap: self.above_mwh[0] + self.hours[0] * gap)

    def count(self, level: float) -> float:
        """Hours above a level: the slope of the energy."""
        return self._at(level, _slope, below=lambda _gap: self.hours[0])

    def starts(self, level: float) -> float:
        """Runs of consecutive hours above a level, linear between the levels."""
        return float(np.interp(level, self.level_mw, self.runs))

    def _at(
        self,
        level: float,
        between: Callable[[float, float, Pair, Pair], float],
        *,
        below: Callable[[float], float],
    ) -> float:
        if level >= self.peak_mw:
            return 0.0
        if level <= self.level_mw[0]:
            return below(self.level_mw[0] - level)
        place = bisect_right(self.level_mw, level)
        low, high = self.level_mw[place - 1 : place + 1]
        energy = self.above_mwh[place - 1], self.above_mwh[place]
        hours = self.hours[place - 1], self.hours[place]
        return between((level - low) / (high - low), high - low, energy, hours)


def _cubic(part: float, width: float, energy: Pair, hours: Pair) -> float:
    """Return the cubic with the energies and slopes of both ends, kept convex."""
    rest = 1 - part
    chord = energy[0] * rest + energy[1] * part
    ends = energy[0] * (1 + 2 * part) * rest**2 + energy[1] * part**2 * (1 + 2 * rest)
    smooth = ends + width * part * rest * (hours[1] * part - hours[0] * rest)
    touching = (energy[0] - hours[0] * width * part, energy[1] + hours[1] * width * rest)
    return min(max(smooth, *touching), chord)


def _slope(part: float, width: float, energy: Pair, hours: Pair) -> float:
    rest = 1 - part
    falls = 6 * part * rest * (energy[0] - energy[1]) / width
    steep = hours[0] * rest * (1 - 3 * part) + hours[1] * part * (3 * part - 2)
    return min(max(falls + steep, hours[1]), hours[0])


def headroom(
    shares: Iterable[float] = (0.005,),
    grids: Iterable[str | Path] = ("us",),
    *,
    kinds: Iterable[str] = tuple(KINDS),
    as_of: date | None = None,
    tell: Callable[[str], None] | None = None,
) -> Headroom:
    """Return the load that could be added to each area if it gives way in a share of its energy.

    Parameters
    ----------
    shares
        Curtailed energy over the energy of the new load running all year, as fractions.
    grids
        Grid packs, by name or folder; those without hourly load are passed over.
    kinds
        "balancing_authority", "region" or both.
    as_of
        Hours that became known later are not read.
    tell
        Called with a line at each step of long work.

    Returns
    -------
    Headroom
        One row per area and share.

    Raises
    ------
    DataError
        A share outside 0 to 1, or no hours known on the day.
    """
    wanted = _checked(shares)
    found = [
        row
        for tables in (read(grid, as_of) for grid in grids)
        for kind in kinds
        for row in _rows(tables, kind, wanted, tell)
    ]
    if not found:
        raise DataError([_nothing(grids, as_of)])
    return Headroom(pd.DataFrame(found, columns=list(COLUMNS)), as_of)


def read(grid: str | Path, as_of: date | None = None) -> Tables:
    """Read the hourly tables of a grid pack as they were known on a day."""
    return packs.read(packs.find("grids", grid), HOURLY_TABLES, as_of=as_of)


def _checked(shares: Iterable[float]) -> list[float]:
    given = list(shares)
    wrong = [share for share in given if not 0 < share < 1]
    if wrong:
        raise DataError(
            [f"curtailed share is {share}; it must lie between 0 and 1." for share in wrong]
        )
    return given


def _nothing(grids: Iterable[str | Path], as_of: date | None) -> str:
    names = ", ".join(str(grid) for grid in grids)
    known = [
        table["known_on"].min()
        for tables in (read(grid) for grid in grids)
        for table in (tables[name] for name in KINDS.values())
        if len(table)
    ]
    if not known:
        return f"grid {names} holds no hourly load; choose a pack that does, such as us."
    return (
        f"no such hourly load of grid {names} was known on {as_of}; its hours begin on"
        f" {min(known):%Y-%m-%d}: choose a later as-of date."
    )


def _rows(
    tables: Tables,
    kind: str,
    shares: list[float],
    tell: Callable[[str], None] | None,
) -> list[dict[str, object]]:
    levels = tables[KINDS[kind]]
    names = _names(tables, kind)
    if tell is not None:
        count = levels[kind].nunique()
        tell(f"hours of {count or 'no'} areas known by {kind.replace('_', ' ')}")
    return [
        {"area_kind": kind, "area": area, "name": names.get(str(area), ""), **row}
        for area, part in levels.groupby(kind, sort=True)
        for row in area_rows(part, shares)
    ]


def _names(tables: Tables, kind: str) -> dict[str, str]:
    table = tables["regions"] if kind == "region" else tables["balancing_authorities"]
    return dict(zip(table[kind], table["name"], strict=True))


def area_rows(levels: pd.DataFrame, shares: Iterable[float]) -> list[dict[str, object]]:
    """Return one row per share for the levels of one area (columns of `balancing_levels`)."""
    curves = _curves(levels)
    years = sorted(set(levels["year"]))
    peaks = {
        season: max(curve.peak_mw for (_, name), curve in curves.items() if name == season)
        for season in {name for _, name in curves}
    }
    facts = {
        "first_year": years[0],
        "last_year": years[-1],
        "years": len(years),
        "summer_peak_mw": peaks.get("summer", float("nan")),
        "winter_peak_mw": peaks.get("winter", float("nan")),
        "load_factor": _load_factor(curves, max(peaks.values()), len(years)),
        "source": ";".join(sorted(set(levels["source"]))),
        "confidence": min(levels["confidence"], key=CONFIDENCE.index),
    }
    gaps = [(curve, peaks[season]) for (_, season), curve in curves.items()]
    return [{**facts, **_answer(gaps, len(years), share)} for share in shares]


def _curves(levels: pd.DataFrame) -> dict[tuple[int, str], Curve]:
    columns = ["level_mw", "hours", "above_mwh", "runs"]
    found: dict[tuple[int, str], Curve] = {}
    for key, part in levels.sort_values("level_mw").groupby(["year", "season"]):
        year, season = key
        found[int(year), str(season)] = Curve(*(part[name].tolist() for name in columns))
    return found


def _load_factor(curves: dict[tuple[int, str], Curve], peak: float, years: int) -> float:
    energy = sum(curve.energy(0.0) for curve in curves.values())
    return energy / (peak * HOURS * years)


def _answer(gaps: list[tuple[Curve, float]], years: int, share: float) -> dict[str, object]:
    """Halve the interval of new load until its curtailed share is the one wanted."""
    low, high = 0.0, max(peak for _, peak in gaps) / (1 - share)
    for _ in range(STEPS):
        middle = (low + high) / 2
        if curtailed_fraction(gaps, years, middle) < share:
            low = middle
        else:
            high = middle
    new = low
    hours = sum(curve.count(peak - new) for curve, peak in gaps)
    deep = sum(curve.count(peak - HALF * new) for curve, peak in gaps)
    runs = sum(curve.starts(peak - new) for curve, peak in gaps)
    return {
        "curtailed_fraction": share,
        "headroom_mw": new,
        "hours_per_year": hours / years,
        "mean_event_hours": hours / runs if runs else float("nan"),
        "half_kept_fraction": 1 - deep / hours if hours else float("nan"),
    }


def curtailed_fraction(gaps: list[tuple[Curve, float]], years: int, new_mw: float) -> float:
    """Return the energy that a new load gives up over that of its running all year, per year.

    Parameters
    ----------
    gaps
        Curve of each season of each year, with the load that must not be exceeded [MW].
    years
        Number of years.
    new_mw
        New constant load [MW].
    """
    given_up = sum(curve.energy(peak - new_mw) for curve, peak in gaps)
    return given_up / (HOURS * new_mw * years)
