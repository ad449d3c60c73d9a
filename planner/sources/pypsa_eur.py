"""PyPSA-Eur: transmission projects of Europe (TYNDP, German plan and others), CSV files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.sources import native, native_grid, native_read, native_supply

if TYPE_CHECKING:
    from pathlib import Path

    from planner.sources.native import Given, Imported, Tally
    from planner.sources.native_read import Wanted

PATTERNS: Final = ("new_links.csv", "upgraded_links.csv", "new_lines.csv", "upgraded_lines.csv")
COMMON: Final[Wanted] = {
    "id": ("Unnamed: 0", ""),
    "status": "project_status",
    "year": "build_year",
    "x0": "x0",
    "y0": "y0",
    "x1": "x1",
    "y1": "y1",
}
LINKS: Final[Wanted] = {**COMMON, "mw": "p_nom"}
LINES: Final[Wanted] = {**COMMON, "kv": "v_nom"}
STATUS: Final = {
    "completed": "existing",
    "under_construction": "under_construction",
    "confirmed": "planned",
    "in_permitting": "planned",
    "planned_not_yet_permitting": "planned",
    "under_consideration": "planned",
}


def read(path: Path, given: Given) -> Imported:
    """Read direct-current projects between two regions into `links`.

    Regions are countries or, with a grid, those of the pack, by the end points. Lines of
    alternating current carry voltage and type only: a thermal rating is no transfer limit, so they
    stay out.
    """
    tally = native.Tally("pypsa_eur", given)
    rows = tally.each(native.found(tally, path, PATTERNS), projects)
    if rows.empty:
        return native.finished(tally, {})
    rows["name"] = rows["name"].where(~rows.duplicated(_KEY), rows["name"] + " (again)")
    return native.finished(tally, {"links": tally.dated(rows)})


_KEY: Final = ["from_region", "to_region", "kind", "name", "online_year"]


def projects(file: Path, tally: Tally) -> pd.DataFrame:
    """Return the projects of one file."""
    return direct(file, tally) if "links" in file.name else alternating(file, tally)


def direct(file: Path, tally: Tally) -> pd.DataFrame:
    """Return the direct-current projects of one file that join two regions."""
    label = f"{file.parent.name}/{file.name}"
    rows = _labelled(native_read.csv(file, LINKS, tally), file, tally)
    rows = rows.assign(
        mw=native_read.numbers(rows["mw"]),
        year=native_supply.plausible_year(native_read.numbers(rows["year"])),
        state=rows["status"].map(STATUS),
        start=_region(rows, "0", tally),
        end=_region(rows, "1", tally),
    )
    rows = tally.without(rows, ~(rows["mw"] > 0), label, "no megawatts")
    rows = tally.without(rows, rows["state"].isna(), label, "status not understood")
    lost = rows["start"].isna() | rows["end"].isna()
    rows = tally.without(rows, lost, label, "an end lies in no region")
    rows = tally.without(rows, rows["start"] == rows["end"], label, "both ends in one region")
    done = rows["state"] == "existing"
    return pd.DataFrame(
        {
            "from_region": rows["start"],
            "to_region": rows["end"],
            "kind": "DC",
            "name": file.parent.name + " " + rows["id"],
            "online_year": rows["year"].astype("Int64").mask(done),
            "status": rows["state"],
            "forward_mw": rows["mw"],
            "reverse_mw": rows["mw"],
            "note": ("Replaces a link of the base network" if "upgraded" in file.name else ""),
        }
    )


def alternating(file: Path, tally: Tally) -> pd.DataFrame:
    """Count the lines of alternating current; none has megawatts."""
    rows = _labelled(native_read.csv(file, LINES, tally), file, tally)
    every = pd.Series(data=True, index=rows.index)
    reason = "voltage and type only: a thermal rating is no transfer limit"
    tally.without(rows, every, f"{file.parent.name}/{file.name}", reason)
    return pd.DataFrame()


def _labelled(rows: pd.DataFrame, file: Path, tally: Tally) -> pd.DataFrame:
    """Count the rows under folder and file: files of one name lie in several folders."""
    tally.rows[file.name] -= len(rows)
    tally.rows[f"{file.parent.name}/{file.name}"] += len(rows)
    if not tally.rows[file.name]:
        del tally.rows[file.name]
    return rows


def _region(rows: pd.DataFrame, end: str, tally: Tally) -> pd.Series:
    lat, lon = native_read.numbers(rows[f"y{end}"]), native_read.numbers(rows[f"x{end}"])
    grid = tally.given.grid
    if grid is not None:
        return grid.by_point(lat, lon)
    return native_grid.within(native_grid.countries(), "country", lat, lon)
