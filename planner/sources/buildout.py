"""The AI Compute Build-Out tracker: facility gigawatts by site and year, one CSV file."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.sources import native, native_read, native_sites

if TYPE_CHECKING:
    from pathlib import Path

    from planner.sources.native import Given, Imported, Tally
    from planner.sources.native_read import Wanted

PATTERNS: Final = ("tracker*.csv",)
COLUMNS: Final[Wanted] = {
    "id": "id",
    "status": "status",
    "name": "site",
    "country": "country",
    "area": "region_iso",
    "developer": "operator",
    "operator": "anchor_tenant",
    "gw": "gw_facility",
    "low": "gw_facility_low",
    "high": "gw_facility_high",
    "basis": "basis",
    "years": "online_year",
    "told_by": "source",
    "source_date": "source_date",
    "checked": "last_checked",
}
OPTIONAL: Final = ("area", "developer", "operator", "low", "high", "told_by", "checked")
STATUS: Final = {
    "operational": "operating",
    "under_construction": "under_construction",
    "contracted": "announced",
    "announced": "announced",
    "canceled": "cancelled",
    "cancelled": "cancelled",
}
BASES: Final = ("facility", "IT")
YEARS: Final = re.compile(r"(\d{4})(?:-(\d{4})|\+)?")
MW_PER_GW: Final = 1000.0


def read(path: Path, given: Given) -> Imported:
    """Read each row of the tracker into a row of `sites`.

    A range of years stands as the last day of its last year. Rows of one campus stay apart, as the
    tracker has them; their ids tell them apart.
    """
    tally = native.Tally("ai_compute_buildout", given)
    rows = tally.each(native.found(tally, path, PATTERNS), listed)
    if rows.empty:
        return native.finished(tally, {})
    if tally.published is None and (last := max(rows["checked"], default="")):
        tally.published = date.fromisoformat(last)
    table = tally.dated(rows, rows["known"]).drop(columns=["known", "checked"])
    return native.finished(tally, {"sites": table})


def listed(file: Path, tally: Tally) -> pd.DataFrame:
    """Return the rows of one tracker that name one country, megawatts and a year."""
    rows = native_read.csv(file, COLUMNS, tally, optional=OPTIONAL)
    shifted = ~rows["basis"].isin(BASES)
    rows = tally.without(rows, shifted, file.name, "cells are shifted (a comma without quotes)")
    rows = rows.assign(
        code=rows["country"].map(native_sites.country),
        state_of=rows["status"].map(STATUS),
        mw=native_read.numbers(rows["gw"]) * MW_PER_GW,
        site=rows["id"].map(native_sites.slug),
    )
    rows = tally.without(rows, rows["code"] == "", file.name, "several countries, or none")
    rows = tally.without(rows, rows["state_of"].isna(), file.name, "status not understood")
    rows = tally.without(rows, ~(rows["mw"] > 0), file.name, "no gigawatts")
    rows = tally.without(rows, rows.duplicated("site"), file.name, "id listed twice")
    return _of_schema(rows)


def _of_schema(rows: pd.DataFrame) -> pd.DataFrame:
    whole = rows["basis"] == "facility"
    ends = rows["years"].map(_last_year)
    bounds = rows["low"] + " to " + rows["high"]
    known = rows["source_date"].map(lambda told: native_sites.day(told)[0])
    return pd.DataFrame(
        {
            "site": rows["site"],
            "name": rows["name"],
            "developer": native_sites.plain(rows["developer"]),
            "operator": native_sites.plain(rows["operator"]),
            "country": rows["code"],
            "location": native_sites.plain(rows["area"]),
            "status": rows["state_of"],
            "grid_connection": "grid",
            "facility_mw": rows["mw"].where(whole),
            "it_mw": rows["mw"].where(~whole),
            "mw_basis": "as tracked, " + bounds + " GW",
            "mw_quality": "estimate",
            "full_power_date": ends,
            "date_basis": (ends != "").map({True: "estimate of a third party", False: ""}),
            "note": "told by " + rows["told_by"],
            "known": known,
            "checked": rows["checked"].map(lambda told: native_sites.day(told)[0]),
        }
    )


def _last_year(told: str) -> str:
    """Return the last day of the last year of a range; of "op." or "canceled", nothing."""
    found = YEARS.fullmatch(told)
    return f"{found[2] or found[1]}-12-31" if found else ""
