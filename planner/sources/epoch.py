"""Epoch AI, AI Data Centers: a list of sites, and their power over time."""

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

PATTERNS: Final = ("data_centers*.csv", "data_center_timelines*.csv")
SITES: Final[Wanted] = {
    "name": ("Name", "Handle"),
    "project": "Project",
    "owner": "Owner",
    "users": "Users",
    "country": "Country",
    "address": "Address",
    "lat": "Latitude",
    "lon": "Longitude",
    "now_mw": "Current power (MW)",
}
STEPS: Final[Wanted] = {
    "site": "Data center",
    "date": "Date",
    "told": "Construction status",
    "mw": "Power (MW)",
    "it_mw": "IT power (MW)",
}
OPTIONAL: Final = ("project", "owner", "users", "country", "address", "lat", "lon", "now_mw")
STAMP: Final = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")
STATE: Final = re.compile(r", ([A-Z]{2})(?: \d{5}|,|$)")
LONGEST: Final = 120
LEAST_MW: Final = 0.5


def read(path: Path, given: Given) -> Imported:
    """Read the newest snapshot of a folder, or that of a file, into `sites` and `phases`.

    A step of the timeline that raises the power above all before it is a phase; megawatts are those
    of the whole facility. A snapshot is dated by its hash or its name, or by `--published`.
    """
    tally = native.Tally("epoch", given)
    sites, steps = snapshot(native.found(tally, path, PATTERNS), tally)
    places = tally.tried(pd.DataFrame(), listed, sites, tally) if sites else pd.DataFrame()
    if tally.published is None and sites and (found := STAMP.search(sites.stem)):
        told = native_sites.day(found[0])[0]
        tally.published = date.fromisoformat(told)
    rises = tally.tried(pd.DataFrame(), phases, steps, places, tally)
    if places.empty:
        return native.finished(tally, {})
    return native.finished(
        tally, {"sites": whole(places, rises, tally), "phases": _of_schema(rises, tally)}
    )


def snapshot(files: list[Path], tally: Tally) -> tuple[Path | None, Path]:
    """Return the list of sites and the timeline of the newest snapshot among the files."""
    lists = sorted(file for file in files if file.name.startswith("data_centers"))
    lines = sorted(file for file in files if file.name.startswith("data_center_timelines"))
    if len(files) == 1:  # one of the two was given: its sister lies beside it
        one = files[0]
        if lists:
            lines = [one.with_name(one.name.replace("data_centers", "data_center_timelines"))]
        else:
            lists = [one.with_name(one.name.replace("data_center_timelines", "data_centers"))]
    for older in lists[:-1]:
        tally.note(f"{older.name}: a newer snapshot is there; it is left alone.")
    return (lists[-1] if lists else None), (lines[-1] if lines else files[0])


def listed(file: Path, tally: Tally) -> pd.DataFrame:
    """Return the sites of a snapshot."""
    rows = native_read.csv(file, SITES, tally, optional=OPTIONAL)
    rows = tally.without(rows, rows["name"] == "", file.name, "no name")
    rows = tally.without(rows, rows.duplicated("name"), file.name, "name listed twice")
    for name in ("project", "owner", "users"):
        rows[name] = native_sites.plain(rows[name])
    rows["code"] = rows["country"].map(native_sites.country)
    rows["lat"] = rows["lat"].map(native_sites.degrees)
    rows["lon"] = rows["lon"].map(native_sites.degrees)
    rows["now_mw"] = native_read.numbers(rows["now_mw"])
    if (rows["country"] == "").all():
        tally.note(f"{file.name}: countries are not said; that of the coordinates is taken.")
        rows["code"] = _countries(rows)
    rows = tally.without(rows, rows["code"].fillna("") == "", file.name, "country not understood")
    rows["site"] = native_sites.unique(
        rows["code"].str.lower() + "-" + rows["name"].map(native_sites.slug)
    )
    return rows


def _countries(rows: pd.DataFrame) -> pd.Series:
    from planner.sources import native_grid

    return native_grid.within(native_grid.countries(), "country", rows["lat"], rows["lon"])


def phases(file: Path, places: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """Return the steps that raise a site's power above all earlier ones."""
    rows = native_read.csv(file, STEPS, tally, optional=("told", "it_mw"))
    ids = places.set_index("name")["site"] if len(places) else pd.Series(dtype="str")
    rows = rows.assign(
        name=rows["site"],
        site=rows["site"].map(ids),
        day=rows["date"].map(lambda told: native_sites.day(told)[0]),
        precision=rows["date"].map(lambda told: native_sites.day(told)[1]),
        mw=native_read.numbers(rows["mw"]),
        it_mw=native_read.numbers(rows["it_mw"]),
    )
    rows = tally.without(rows, rows["site"].isna(), file.name, "its site is not listed")
    rows = tally.without(rows, rows["day"] == "", file.name, "date not understood")
    rows = tally.without(rows, rows["mw"].isna(), file.name, "no megawatts")
    rows = rows.sort_values(["site", "day", "mw"], kind="stable")
    before = rows.groupby("site")["mw"].cummax().groupby(rows["site"]).shift(fill_value=0.0)
    it_before = rows.groupby("site")["it_mw"].cummax().groupby(rows["site"]).shift(fill_value=0.0)
    rows = rows.assign(added=rows["mw"] - before, it_added=(rows["it_mw"] - it_before).clip(0.0))
    return tally.without(rows, rows["added"] < LEAST_MW, file.name, "adds no megawatts")


def _of_schema(rows: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    if rows.empty:
        return rows
    told = native_sites.plain(rows["told"]).str.slice(0, LONGEST)
    reached = rows["day"] <= tally.day.isoformat()
    phase = "to " + rows["mw"].round().astype(int).astype(str) + " MW"
    table = pd.DataFrame(
        {
            "site": rows["site"],
            "phase": native_sites.unique(rows["site"] + "\t" + phase).str.split("\t").str[1],
            "facility_mw": rows["added"],
            "it_mw": rows["it_added"].where(rows["it_added"] > 0),
            "target_date": rows["day"],
            "date_precision": rows["precision"],
            "date_basis": "estimate",
            "status": reached.map({True: "operational", False: "projected"}),
            "note": told,
        }
    )
    return tally.dated(table)


def whole(places: pd.DataFrame, rises: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """Return the sites with their megawatts and dates, as the timeline gives them.

    The list's own figure of power now is that of the facility up to May 2026, and of IT in August
    2026, so that of the timeline stands; the list's is taken where a site has no timeline.
    """
    today = tally.day.isoformat()
    rows = places.set_index("site", drop=False)
    sums = summary(rises, today).reindex(rows.index)
    now = sums["now"].where(sums["mw"].notna(), rows["now_mw"]).fillna(0.0)
    status = pd.Series("under_construction", index=rows.index).mask(now > 0, "partially_operating")
    done = (now > 0) & (sums["last"].fillna(today) <= today)
    table = pd.DataFrame(
        {
            "site": rows["site"],
            "name": rows["name"],
            "program": rows["project"],
            "developer": rows["owner"],
            "operator": rows["users"],
            "country": rows["code"],
            "state": rows["address"].str.extract(STATE)[0].where(rows["code"] == "US"),
            "lat": rows["lat"],
            "lon": rows["lon"],
            "location": rows["address"].str.replace(r"\s+", " ", regex=True),
            "status": status.mask(done, "operating"),
            "grid_connection": "grid",
            "it_mw": sums["it"].astype(float),
            "facility_mw": sums["mw"].fillna(rows["now_mw"]),
            "mw_basis": "Epoch AI, facility power at the end of its timeline",
            "mw_quality": "estimate",
            "operating_mw": now,
            "operating_on": today,
            "first_power_date": sums["first"].fillna(""),
            "full_power_date": sums["last"].fillna(""),
            "date_basis": "estimate of a third party",
        }
    )
    return tally.dated(native_sites.valid_points(table.reset_index(drop=True)))


def summary(rises: pd.DataFrame, today: str) -> pd.DataFrame:
    """Return power at the end and now, and the first and last rise, by site."""
    if rises.empty:
        return pd.DataFrame(columns=["mw", "it", "first", "last", "now"], dtype=object)
    groups = rises.groupby("site")
    ends = groups.agg(
        mw=("mw", "max"), it=("it_mw", "max"), first=("day", "min"), last=("day", "max")
    )
    return ends.assign(now=rises[rises["day"] <= today].groupby("site")["mw"].max())
