"""Hourly load as energy above levels: few rows from which any shift of the load is exact at each.

The energy above a level, its hours (the slope) and its runs are kept at some shares of the peak.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARES: Final = (1.0, 0.96, 0.92, 0.88, 0.84, 0.8, 0.75, 0.7, 0.65, 0.6, 0.5, 0.4)
SUMMER_MONTHS: Final = (4, 5, 6, 7, 8, 9, 10)
HOUR: Final = pd.Timedelta(hours=1)


def rows(load: pd.Series) -> pd.DataFrame:
    """Return the levels of every year and season of an hourly load.

    Parameters
    ----------
    load
        Load by the hour in which it was drawn, in order [MW].

    Returns
    -------
    pd.DataFrame
        `year`, `season`, `level_mw`, `hours`, `above_mwh`, `runs`.
    """
    times = pd.DatetimeIndex(load.index)
    season = np.where(times.month.isin(SUMMER_MONTHS), "summer", "winter")
    parts = [
        part.assign(year=int(year), season=str(name))
        for (year, name), hours in load.groupby([times.year, season])
        for part in [pd.DataFrame(_levels(hours))]
    ]
    return pd.concat(parts, ignore_index=True)


def _levels(load: pd.Series) -> Iterator[dict[str, float]]:
    """Yield peak, shares of it and least load, with what lies above each.

    All hours count at the least load: below it the energy grows with all of them.
    """
    lowest, peak = float(load.min()), float(load.max())
    for share in (*SHARES, 0.0):
        level = max(float(round(peak * share)) if share < 1 else peak, lowest)
        found = above(load, level)
        if level == lowest:
            yield {**found, "hours": float(len(load))}
            return
        yield found


def above(load: pd.Series, level: float) -> dict[str, float]:
    """Return hours, energy and runs of a load above a level."""
    over = load.to_numpy(dtype=float) - level
    above_it = over > 0
    follows = np.diff(load.index.to_numpy(), prepend=load.index[0]) == HOUR.to_numpy()
    started = above_it & ~(np.roll(above_it, 1) & follows)
    return {
        "level_mw": level,
        "hours": float(above_it.sum()),
        "above_mwh": float(over[above_it].sum()),
        "runs": float(started.sum()),
    }
