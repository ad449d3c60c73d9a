"""EIA-860M: the monthly inventory of generators of the United States, one workbook."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner.errors import DataError
from planner.sources import native, native_read, native_supply

if TYPE_CHECKING:
    from pathlib import Path

    from planner.sources.native import Given, Imported, Tally
    from planner.sources.native_read import Wanted

PATTERNS: Final = ("*_generator20??.xlsx",)
SHEETS: Final = ("Operating", "Planned", "Retired", "Canceled or Postponed")
MARK: Final = "Plant ID"
COMMON: Final[Wanted] = {
    "plant": MARK,
    "generator": "Generator ID",
    "state": "Plant State",
    "word": "Technology",
    "status_word": "Status",
    "nameplate_mw": "Nameplate Capacity (MW)",
    "summer_mw": "Net Summer Capacity (MW)",
    "winter_mw": "Net Winter Capacity (MW)",
    "energy_mwh": "Nameplate Energy Capacity (MWh)",
    "lat": "Latitude",
    "lon": "Longitude",
}
OPERATING: Final[Wanted] = {
    **COMMON,
    "year": "Operating Year",
    "end_year": "Planned Retirement Year",
    "end_month": "Planned Retirement Month",
}
PLANNED: Final[Wanted] = {**COMMON, "year": ("Planned Operation Year", "Current Year")}
OPTIONAL: Final = ("energy_mwh", "lat", "lon", "end_year", "end_month", "generator", "state")
GONE: Final[Wanted] = {MARK: MARK}
CODE: Final = re.compile(r"\((\w+)\)")
RUNNING: Final = ("OP", "SB", "OA")
BUILDING: Final = ("U", "V", "TS")
PENDING: Final = ("P", "L", "T", "OT")
TITLE: Final = re.compile(r"as of (\w+) (20\d\d)", re.IGNORECASE)
MONTHS: Final = {name.casefold(): number for number, name in enumerate(calendar.month_name) if name}
LAST_MONTH: Final = 12


def read(path: Path, given: Given) -> Imported:
    """Read operating and planned units into `supply`, summed by region, technology and years.

    Regions are states or, with a grid, those of the pack by the plant's coordinates. The inventory
    appears in the month after that in its title, and its facts are dated so. Units out of service,
    retired, cancelled or postponed are counted and left out. A retirement announced for December
    leaves that year whole.

    References
    ----------
    U.S. Energy Information Administration, Form EIA-860M, Preliminary Monthly Electric Generator
    Inventory.
    """
    tally = native.Tally("eia860m", given)
    files = native.found(tally, path, PATTERNS)
    for older in files[:-1]:
        tally.note(f"{older.name}: several workbooks are there; it is left alone.")
    found = native_read.sheets(files[-1], tally, SHEETS)
    missing = [name for name in SHEETS[:2] if name not in found]
    tally.problems += [
        f"{files[-1].name}: sheet {name} is missing; is it an EIA-860M workbook?"
        for name in missing
    ]
    if tally.published is None:
        tally.published = _published(found)
    parts = [
        tally.tried(pd.DataFrame(), units, name, found[name], tally)
        for name in SHEETS[:2]
        if name in found
    ]
    for name in SHEETS[2:]:
        if name in found:
            _counted(name, found[name], tally)
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if rows.empty:
        return native.finished(tally, {})
    rows = tally.dated(rows, native_supply.since(rows["online_year"]))
    return native.finished(tally, {"supply": native_supply.summed(rows)})


def _published(found: dict[str, list[tuple[Any, ...]]]) -> date | None:
    """Return the last day of the month after that of the title, at most today."""
    for rows in found.values():
        for row in rows[: native_read.FIRST_ROWS]:
            title = TITLE.search(" ".join(str(cell) for cell in row if cell is not None))
            month = MONTHS.get(title[1].casefold()) if title else None
            if title and month:
                year, month = divmod(int(title[2]) * LAST_MONTH + month, LAST_MONTH)
                day = date(year, month + 1, calendar.monthrange(year, month + 1)[1])
                return min(day, datetime.now(UTC).date())
    return None


def units(name: str, rows: list[tuple[Any, ...]], tally: Tally) -> pd.DataFrame:
    """Return the units of a sheet with region, technology, status and years."""
    wanted = OPERATING if name == SHEETS[0] else PLANNED
    cells = native_read.sheet(rows, wanted, name, tally, optional=OPTIONAL)
    numbers = (
        *native_supply.MEGAWATTS,
        "energy_mwh",
        "lat",
        "lon",
        "year",
        "end_year",
        "end_month",
    )
    frame = cells.assign(
        **{n: native_read.numbers(cells[n]) for n in numbers if n in cells},
        code=cells["status_word"].str.extract(CODE)[0],
    )
    frame = _with_status(frame, name, tally)
    frame["technology"] = native_supply.technology(frame["word"], native_supply.EIA)
    frame = native_supply.known(frame, "word", name, tally)
    frame = tally.without(frame, ~(frame["nameplate_mw"] > 0), name, "no capacity")
    for season in native_supply.MEGAWATTS[:2]:
        unknown = frame[season].isna()
        if unknown.any():
            tally.note(
                f"{name}: {int(unknown.sum())} units lack {season}; nameplate stands for it."
            )
        frame[season] = frame[season].fillna(frame["nameplate_mw"])
    frame["online_year"] = native_supply.plausible_year(frame["year"])
    frame = tally.without(frame, frame["online_year"].isna(), name, "no year of operation")
    frame = _placed(frame, name, tally)
    return _with_retirement(frame)


def _with_status(frame: pd.DataFrame, name: str, tally: Tally) -> pd.DataFrame:
    kinds = dict.fromkeys(RUNNING, "existing")
    if name == SHEETS[1]:
        kinds = dict.fromkeys(BUILDING, "under_construction") | dict.fromkeys(PENDING, "planned")
    frame = frame.assign(status=frame["code"].map(kinds))
    out = frame["status"].isna() & (frame["code"] == "OS")
    frame = tally.without(frame, out, name, "out of service")
    return tally.without(frame, frame["status"].isna(), name, "status not understood")


def _placed(frame: pd.DataFrame, name: str, tally: Tally) -> pd.DataFrame:
    grid = tally.given.grid
    if grid is None:
        return tally.without(
            frame.assign(region=frame["state"]), frame["state"] == "", name, "no state"
        )
    frame = tally.without(frame, frame["lat"].isna() | frame["lon"].isna(), name, "no coordinates")
    frame = frame.assign(region=grid.by_point(frame["lat"], frame["lon"]))
    return tally.without(frame, frame["region"].isna(), name, f"outside the regions of {grid.name}")


def _with_retirement(frame: pd.DataFrame) -> pd.DataFrame:
    if "end_year" not in frame:
        return frame.assign(retirement_year=float("nan"), retirement_basis="")
    year = native_supply.plausible_year(frame["end_year"])
    year = year + (frame["end_month"] == LAST_MONTH)
    basis = year.notna().map({True: "scheduled", False: ""})
    storage = frame["technology"].isin(["battery", "pumped_storage"])
    energy = frame["energy_mwh"].where(storage)
    return frame.assign(retirement_year=year, retirement_basis=basis, energy_mwh=energy)


def _counted(name: str, rows: list[tuple[Any, ...]], tally: Tally) -> None:
    """Count the units of a sheet that adds nothing."""
    try:
        frame = native_read.sheet(rows, GONE, name, tally)
    except DataError as error:
        tally.note(error.problems[0])
        return
    reason = "retired" if name == SHEETS[2] else "cancelled or postponed"
    tally.without(frame, pd.Series(data=True, index=frame.index), name, reason)
