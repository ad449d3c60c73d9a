"""Hours of one pool: only the days that matter, against one program over all 8,760 hours.

`.venv/bin/python benchmarks/hours.py [POOL] [YEAR]`: one run, processor time; the unserved energy
of both must be the same.
"""

from __future__ import annotations

import sys
import time

import season

import planner
from planner import hourly_ground, hourly_shapes, model_hourly
from planner.hourly_ground import Settings

POOL = "ERCOT"
YEAR = 2028


def compared(pool: str = POOL, year: int = YEAR) -> season.Ratio:
    """Operate a pool both ways."""
    case = planner.load_case("us")
    folder = case.folders[0]
    tables = hourly_shapes.tables(case, folder, mixed_years=True)
    ground = hourly_ground.lay_ground(case)
    ground.periods.extend(f"{year}-{name}" for name in hourly_ground.SEASONS)
    shapes = hourly_shapes.lay_out(tables, ground.regions(pool), folder.name)
    hours = hourly_ground.hours(ground, pool, shapes, Settings(mixed_years=True))
    spent, found = [], []
    for whole in (False, True):
        begun = time.process_time()
        found.append(model_hourly.operate(hours, whole=whole))
        spent.append(time.process_time() - begun)
    parts, one = (float(each.short_mw.sum()) for each in found)
    gap = abs(parts - one) / max(one, 1.0)
    note = (
        f"{found[0].solved_hours:,} of {hours.count:,} hours in {found[0].windows} stretches;"
        f" unserved {parts:,.1f} and {one:,.1f} MWh, relative gap {gap:.0e}"
    )
    what = f"hours of {pool} {year}: days that matter"
    return season.Ratio(what, "one LP over all hours", spent[0], spent[1], 1, note=note)


def main() -> None:
    """Print one line."""
    pool, year = [*sys.argv[1:], *(POOL, str(YEAR))[len(sys.argv) - 1 :]]
    print(season.line(compared(pool, int(year))))


if __name__ == "__main__":
    main()
