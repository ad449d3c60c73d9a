"""Compare flexible headroom with the published table, and write the comparison to a page.

Run `python tests/headroom_page.py` after the pack has changed; tests/test_curtailment.py fails
until then. The published table is read where it is at hand; it is no input of the planner.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

import planner
from planner import packs, schema_hourly

if TYPE_CHECKING:
    from planner.curtailment import Headroom

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "headroom.md"
TABLE: Final = ROOT.parent / "shared" / "reference" / "validation" / "headroom_duke2025.csv"
TODAY: Final = date(2026, 11, 22)
SHARES: Final = (0.0025, 0.005, 0.01, 0.05)
STUDY: Final = {  # GW, hours a year, hours an event: the report's summary and figures 10 and 11
    0.0025: (76, 85, 1.7),
    0.005: (98, 177, 2.1),
    0.01: (126, 366, 2.5),
    0.05: (215, 1848, 4.5),
}
WHY: Final = {
    "AZPS": "isolated hours of 6.6 to 6.9 GW in January 2024 among hours of 3.5 are screened here;"
    " kept, the lowest of them sets a winter limit that gives 1.62 GW",
    "PACE": "isolated hours of about 8.0 GW in the winter of 2017 (4 a.m. on 19 January among"
    " hours of 5.3) are screened here; kept, they set a winter limit that gives 1.46 GW",
    "PACW": "one hour of 4.36 GW on 22 March 2016 among hours of 2.6 is screened here; kept, it"
    " sets a winter limit that gives 0.97 GW",
    "SRP": "one hour of 8.74 GW on 23 July 2023, 16 % above both beside it, and nine hours of 5.5"
    " to 6.7 GW in winter are screened here; with the first kept, 1.25 GW; with a winter"
    " hour of 5.47 GW kept, 1.43 GW",
}

HEAD: Final = """# Load that fits if it gives way now and then

`planner headroom --curtailment 0.5%` answers: how much constant new load could each balancing
authority, and each region, have carried if that load had given way in 0.5 % of its energy? In
Python: `planner.headroom((0.005,)).areas`.

## Method

As published in *Rethinking Load Growth* (Norris, Profeta, Patino-Echeverri, Cowie-Haskell; Duke
University, February 2025). A new load L runs all year. In every hour in which load + L exceeds the
highest load ever measured in the season, L gives way by the difference. What it gives up in a year
over 8,760 h x L, averaged over the years, is its curtailed share; the headroom is the L that
reaches the share asked for.

Two seasons with a limit each: summer is April to October, winter the rest. The study looks for the
peak within a month of June to August and of December to February; here any hour of the season may
set it, which is the same for all 22 authorities. With `--as-of`, only hours known by that day
count, for the limit too: the hours of a year are known since the end of January after it.

It says what the system has carried before, not what plant, lines or reserves can carry at a place.

## Hours

Form EIA-930 as cleaned by Ruggles, Farnham, Tong and Caldeira (doi 10.5281/zenodo.3517196, CC BY
4.0): the release of October 2020 for 2016 to 2019, that of January 2025 for 2020 to 2024; all nine
years for all 22 authorities. Three rules screen them:

1. An hour that the publisher classes as missing or anomalous has the publisher's value.
2. Seven operators are released as parts only. Their reported total stands, but where it is more
   than 10 % off the sum of the cleaned parts (times the usual ratio of that hour of the day), that
   hour and those around it that are more than 5 % off have the scaled sum.
3. An hour more than 10 % above both hours beside it has their mean.

`grids/us/balancing_years.csv` counts the replaced hours. What ships is not the hours but, per
season and year, a dozen levels of load with the energy, hours and runs above each
(`balancing_levels.csv`); headroom from them and from the hours differ by at most {error:.2%}.

Regions have hours of 2024 only (`region_levels.csv`). Their own peak of 2024 is the limit, and each
peaks at its own hour, so their sum says less than that of the authorities.

## Against the study, all 22 authorities

| share | GW, study | GW, here | hours a year, study | here | hours an event, study | here |
|---:|---:|---:|---:|---:|---:|---:|
"""
AUTHORITIES: Final = """
The study's hours an event could not be reproduced, here or by others. Here an event is a run of
consecutive hours in which the load gives way at all.

## By authority, at 0.5 %

Median deviation of the {count} authorities {median:.1%}; together {ours:.1f} GW here, {told:.1f} GW
published ({total:+.1%}). Five are not compared here; their published values are kept for a check
apart.

| authority | name | published, GW | here, GW | deviation | hours a year | replaced hours |
|---|---|---:|---:|---:|---:|---:|
"""
MISSES: Final = "\nWhere the two part by more than 10 %, single hours do it:\n\n"


@cache
def published() -> pd.Series | None:
    """Return the published headroom by authority [GW], if the table is at hand."""
    if not TABLE.is_file():
        return None
    return pd.read_csv(TABLE).set_index("ba_code")["headroom_gw"]


def replaced() -> pd.Series:
    """Return the replaced hours of each authority over all years."""
    tables = packs.read(packs.find("grids", "us"), schema_hourly.HOURLY_TABLES)
    return tables["balancing_years"].groupby("balancing_authority")["replaced_hours"].sum()


def page(found: Headroom) -> str:
    """Return the page on an answer for all authorities at the published shares."""
    rows = found.areas[found.areas["area_kind"] == "balancing_authority"]
    rows = rows[rows["curtailed_fraction"] == SHARES[1]].set_index("area")
    told = published()
    assert told is not None
    ours = rows["headroom_mw"] / 1000
    off = (ours / told - 1).dropna()
    head = AUTHORITIES.format(
        count=len(off), median=off.abs().median(), ours=ours[off.index].sum(), told=told.sum(),
        total=ours[off.index].sum() / told.sum() - 1,
    )  # fmt: skip
    gone = replaced()
    lines = [
        f"| {area} | {row['name']} | {_gw(told.get(area), 1)} | {ours[area]:.2f} |"
        f" {_off(off.get(area))} | {row['hours_per_year']:.0f} | {gone[area]:,.0f} |"
        for area, row in rows.iterrows()
    ]
    why = [f"- {area}: {WHY[area]}." for area in off[off.abs() > 0.1].index]
    return "\n".join([HEAD.format(error=ERROR) + _totals(found) + head + "\n".join(lines),
                      MISSES + "\n".join(why), ""])  # fmt: skip


ERROR: Final = 0.0020  # measured on the raw hours: 22 authorities, the four shares


def _totals(found: Headroom) -> str:
    lines = [
        f"| {row.curtailed_fraction:.2%} | {STUDY[row.curtailed_fraction][0]} |"
        f" {row.headroom_mw / 1000:.1f} | {STUDY[row.curtailed_fraction][1]:,} |"
        f" {row.hours_per_year:,.0f} | {STUDY[row.curtailed_fraction][2]} |"
        f" {row.mean_event_hours:.1f} |"
        for row in found.totals.itertuples()
        if row.area_kind == "balancing_authority"
    ]
    return "\n".join([*lines, ""])


def _gw(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _off(value: float | None) -> str:
    return "" if value is None else f"{value:+.0%}"


if __name__ == "__main__":
    PAGE.write_text(page(planner.headroom(SHARES, as_of=TODAY)), encoding="utf-8")
