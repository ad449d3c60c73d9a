"""LBNL, Queued Up: requests of plant to connect, by county (CSV) or by project (workbook)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.errors import DataError
from planner.sources import native, native_read

if TYPE_CHECKING:
    from pathlib import Path

    from planner.sources.native import Given, Imported, Tally
    from planner.sources.native_read import Wanted

PATTERNS: Final = ("interconnection_queues.csv", "*[Qq]ueue*.xlsx")
COUNTIES: Final[Wanted] = {"county": "r", "group": "tg", "executed": "2026", "active": "2030"}
PROJECTS: Final[Wanted] = {
    "status": "q_status",
    "id": "q_id",
    "day": "q_date",
    "state": "state",
    "county": ("county", "county_1"),
    "fips": ("fips_codes", "fips_code", "county_fips"),
    "type": ("type_clean", "type_1", "resource"),
    "mw": ("mw_1", "mw1", "capacity_mw"),
    "second_type": ("type_2",),
    "second_mw": ("mw_2", "mw2"),
    "stage": ("IA_status_clean", "IA_status"),
}
OPTIONAL: Final = ("id", "day", "state", "county", "fips", "second_type", "second_mw", "stage")
MARK: Final = "q_status"
REMEDY: Final = {
    "battery": "battery_4h",
    "gas": "gas_cc",
    "nuclear": "nuclear_smr",
    "pv": "solar_pv",
    "solar": "solar_pv",
    "wind": "wind_onshore",
    "wind-ons": "wind_onshore",
    "wind-ofs": "wind_offshore",
    "offshore wind": "wind_offshore",
}
EXECUTED: Final = ("ia executed", "operational", "construction")
FIRST_DAY: Final = date(1899, 12, 30)  # on which the days of a workbook are counted
NOTE: Final = "Requests as listed; the share completed is not published in the file, 1 counts all"


def read(path: Path, given: Given) -> Imported:
    """Read requests into `candidates`, summed by region and remedy.

    An executed agreement stands as the remedy of that name with `_queue`, where the project has one
    for the technology; others stand as new requests. No share completed is applied.

    References
    ----------
    Lawrence Berkeley National Laboratory, Queued Up, interconnection queue data.
    """
    tally = native.Tally("lbnl_queue", given)
    rows = tally.each(native.found(tally, path, PATTERNS), requests)
    if rows.empty:
        return native.finished(tally, {})
    rows = tally.without(rows, ~(rows["mw"] > 0), rows["file"].iloc[0], "zero megawatts")
    sums = rows.groupby(["region", "remedy"])["mw"].sum().rename("potential_mw").reset_index()
    tally.note("A share completed is not published in the file; 1 counts every request.")
    table = tally.dated(sums.assign(completion_fraction=1.0, note=NOTE))
    return native.finished(tally, {"candidates": table})


def requests(file: Path, tally: Tally) -> pd.DataFrame:
    """Return the requests of one file, by county or by project."""
    return counties(file, tally) if file.suffix == ".csv" else projects(file, tally)


def counties(file: Path, tally: Tally) -> pd.DataFrame:
    """Return requests by county: executed agreements, and the other active ones."""
    rows = native_read.csv(file, COUNTIES, tally)
    rows["remedy"] = rows["group"].map(REMEDY)
    rows = _mapped(rows, "group", file.name, tally)
    executed, active = native_read.numbers(rows["executed"]), native_read.numbers(rows["active"])
    rows = rows.assign(done=executed, open=(active - executed).clip(lower=0.0))
    nothing = ~((rows["done"] > 0) | (rows["open"] > 0))
    rows = tally.without(rows, nothing, file.name, "zero megawatts")
    rows["place"] = rows["county"].str.removeprefix("p").str.zfill(5)
    rows = _placed(rows, file.name, tally)
    first = rows.assign(mw=rows["done"], remedy=_queued(rows["remedy"]))
    both = pd.concat([first, rows.assign(mw=rows["open"])])
    return both[both["mw"] > 0].assign(file=file.name)


def _queued(remedies: pd.Series) -> pd.Series:
    """Return the remedy of an executed agreement; not every technology has one of its own."""
    own = remedies.isin(["battery_4h", "gas_cc", "solar_pv", "wind_onshore"])
    return remedies.where(~own, remedies + "_queue")


def projects(file: Path, tally: Tally) -> pd.DataFrame:
    """Return the active requests of the published workbook, each part of a hybrid apart."""
    found = native_read.sheets(file, tally)
    names = list(found)
    sheet = next((name for name in names if _is_list(found[name])), None)
    if sheet is None:
        raise DataError([f"{file.name}: no sheet has a column {MARK}; sheets: {', '.join(names)}."])
    label = f"{file.name}, {sheet}"
    rows = native_read.sheet(found[sheet], PROJECTS, label, tally, optional=OPTIONAL)
    active = rows["status"].str.casefold() == "active"
    rows = tally.without(rows, ~active, label, "not active")
    if tally.published is None and (day := _latest(rows["day"])):
        tally.published = day
    second = rows[rows["second_type"] != ""].assign(type=rows["second_type"], mw=rows["second_mw"])
    rows = rows.assign(kind=rows["type"].str.casefold().str.split(r"[+,]").str[0].str.strip())
    second = second.assign(kind=second["type"].str.casefold().str.strip())
    rows["remedy"], second["remedy"] = rows["kind"].map(REMEDY), second["kind"].map(REMEDY)
    rows = _mapped(rows, "kind", label, tally)
    both = pd.concat([rows, second[second["remedy"].notna()]])
    both = both.assign(mw=native_read.numbers(both["mw"]), place=_fips(both["fips"]), file=label)
    done = both["stage"].str.casefold().isin(EXECUTED)
    both["remedy"] = both["remedy"].where(~done, _queued(both["remedy"]))
    return _placed(both, label, tally)


def _is_list(rows: list[tuple[object, ...]]) -> bool:
    return any(MARK in {str(cell) for cell in row} for row in rows[: native_read.FIRST_ROWS])


def _latest(days: pd.Series) -> date | None:
    """Return the last day among those of requests: dates, or days counted by a workbook."""
    serial = pd.to_numeric(days, errors="coerce").dropna()
    if len(serial):
        return FIRST_DAY + timedelta(days=int(serial.max()))
    told = pd.to_datetime(days.str[:10], format="%Y-%m-%d", errors="coerce").dropna()
    return told.max().date() if len(told) else None


def _fips(codes: pd.Series) -> pd.Series:
    return codes.str.extract(r"(\d{4,5})")[0].str.zfill(5)


def _mapped(rows: pd.DataFrame, words: str, file: str, tally: Tally) -> pd.DataFrame:
    for word in sorted(rows.loc[rows["remedy"].isna(), words].unique()):
        bad = rows["remedy"].isna() & (rows[words] == word)
        rows = tally.without(rows, bad, file, f"no remedy of ours is {word!r}")
    return rows


def _placed(rows: pd.DataFrame, file: str, tally: Tally) -> pd.DataFrame:
    """Give each request the region of its county: its state or, with a grid, that of the pack."""
    grid = tally.given.grid
    if grid is not None:
        region = grid.by_place(rows["place"])
        reason = f"county is not a place of {grid.name}"
    elif "state" in rows and (rows["state"] != "").any():
        region, reason = rows["state"].replace("", None), "no state"
    else:
        region, reason = "FIPS-" + rows["place"].str[:2], "no county"
    rows = rows.assign(region=region)
    return tally.without(rows, rows["region"].isna(), file, reason)
