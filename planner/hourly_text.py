"""The hours of a year as text."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Final

import pandas as pd

from planner import hourly, report

if TYPE_CHECKING:
    from planner.expansion import Expansion
    from planner.hourly import Hourly

LOADS: Final = {
    "served": "native load, and sites as far as the seasonal answer powers them",
    "native": "native load alone",
    "promised": "native load, and all that sites ask by then, powered or not",
}
WIDTH: Final = 98
NOTES: Final = (
    "Plant counts with its seasonal capacity less forced outages; planned maintenance, fuel, ramps"
    " and reserves held for the next hour do not count. Water is moved within the day, storage is"
    " full on 1 October. Imports: firm contracts, else what neighbours have left at their peak."
)
WORST_DAYS: Final = 5


def label(found: Hourly | Expansion) -> str:
    """Say which years load and weather are of."""
    if found.load_year == found.weather_year:
        return f"Load and weather are those of {found.load_year}."
    return (
        f"MIXED YEARS: load of {found.load_year}, wind, sun and water of {found.weather_year}."
        " Their days did not\nmeet: read the hours as one possible year, not as a forecast."
    )


def screen(found: Hourly) -> str:
    """Write the answer for the terminal."""
    if found.seasons.empty:
        return "The seasonal answer flags no pool in these years; name one with --pool."
    parts = [f"Hours of a year: {LOADS[found.load]}.", label(found), "", _seasons(found)]
    if found.seasons["shift_days"].nunique() > 1:
        parts += ["", _pairings(found)]
    parts += ["", *_differences(found), *_chronic(found)]
    days = found.days[found.days["shift_days"] == 0]
    if len(days):
        parts += ["", "Worst days", report.text_table(_worst(days))]
    return "\n".join([*parts, "", *_wrapped(NOTES)])


def gw(mw: float) -> str:
    """Write megawatts as gigawatts, or MWh as GWh."""
    return f"{mw / 1e3:,.1f}"


def _seasons(found: Hourly) -> str:
    rows = found.seasons[found.seasons["shift_days"] == 0]
    shown = [
        {
            "pool": row.pool,
            "season": f"{row.year} {row.season}",
            "peak": gw(row.peak_mw),
            "margin": gw(-row.seasonal_short_mw or row.seasonal_left_mw),
            "least": gw(row.tightest_left_mw),
            "unserved GWh": gw(row.unserved_mwh),
            "hours": row.unserved_hours,
            "worst day": row.worst_day or "-",
        }
        | ({"gave way GWh": gw(row.given_mwh)} if found.seasons["given_mwh"].any() else {})
        for row in rows.itertuples()
    ]
    heading = (
        "peak, margin and least in GW. margin: what the seasonal answer leaves (-: lacks); least:"
        " supply\nless load in the tightest hour, before storage and imports"
    )
    return f"{report.text_table(pd.DataFrame(shown))}\n{heading}"


def _pairings(found: Hourly) -> str:
    """Range over the pairings of load and weather."""
    keys = ["pool", "year", "season"]
    groups = found.seasons.groupby(keys, sort=False)
    rows = groups["unserved_mwh"].agg(["min", "median", "max"]).map(gw).reset_index()
    hours = groups["unserved_hours"].agg(["min", "max"]).reset_index()
    rows["hours"] = [
        f"{low} to {high}" for low, high in zip(hours["min"], hours["max"], strict=True)
    ]
    shifts = ", ".join(f"{days:+}" for days in sorted(set(found.seasons["shift_days"])))
    return f"Unserved GWh with the weather moved by {shifts} days\n{report.text_table(rows)}"


def _differences(found: Hourly) -> list[str]:
    rows = found.seasons[found.seasons["shift_days"] == 0]
    lines = []
    for row in rows.itertuples():
        if row.agreement == hourly.MARGIN_SHORT:
            told = (
                f"the seasonal margin lacks {gw(row.seasonal_short_mw)} GW, yet every hour is"
                " served: the margin also covers outages and weather worse than these"
            )
        elif row.agreement == hourly.HOURS_SHORT:
            inside = row.tightest_left_mw > 0
            where = _mostly(found, row.pool, row.year)
            told = (
                f"the seasonal margin is met, yet {gw(row.unserved_mwh)} GWh are not served in"
                f" {row.unserved_hours} hours, mostly in {where}: "
                + ("limits of lines bind there" if inside else "the accredited hours are others")
            )
        else:
            continue
        lines += _wrapped(f"DISAGREES, {row.pool} {row.year} {row.season}: {told}.")
    return lines or ["Hours and seasonal margin agree on which seasons are short."]


def _mostly(found: Hourly, pool: str, year: int) -> str:
    rows = found.regions[(found.regions["pool"] == pool) & (found.regions["year"] == year)]
    rows = rows[~rows["chronic"] & (rows["shift_days"] == 0)]
    return str(rows.loc[rows["unserved_mwh"].idxmax(), "region"])


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, WIDTH)


def _chronic(found: Hourly) -> list[str]:
    if found.regions.empty:
        return []
    rows = found.regions[found.regions["chronic"] & (found.regions["shift_days"] == 0)]
    told = [
        f"Left out above: {row.region} {row.year}, short in {row.unserved_hours:,} hours"
        f" ({gw(row.unserved_mwh)} GWh): the limits in the tables are below its load."
        for row in rows.itertuples()
    ]
    return [part for line in told for part in _wrapped(line)]


def _worst(days: pd.DataFrame) -> pd.DataFrame:
    parts = [
        part.nlargest(WORST_DAYS, "unserved_mwh") for _, part in days.groupby("pool", sort=False)
    ]
    rows = pd.concat(parts)
    return pd.DataFrame(
        {
            "pool": rows["pool"],
            "day": rows["day"],
            "unserved GWh": rows["unserved_mwh"].map(gw),
            "hours": rows["unserved_hours"],
            "most GW": rows["largest_mw"].map(gw),
        }
    )


def as_json(found: Hourly) -> str:
    """Write the answer as JSON, with the years it is made of."""
    tables = {
        name: json.loads(getattr(found, name).to_json(orient="records"))
        for name in ("seasons", "days", "regions", "effort")
    }
    years = {"load_year": found.load_year, "weather_year": found.weather_year}
    return json.dumps({"label": label(found), **years, "load": found.load, **tables}, indent=1)
