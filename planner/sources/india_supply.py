"""Plant of the Indian pack: what stands in each state, and what is being built there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.sources import india_read as read

if TYPE_CHECKING:
    from pathlib import Path

TECHNOLOGIES: Final = {"solar": "solar_pv", "wind": "wind_onshore"}
BUILDING: Final = ["under_construction", "planned"]
CAPACITIES: Final = ["summer_mw", "winter_mw", "nameplate_mw", "energy_mwh"]
RENEWABLES: Final = "solar_wind_hybrid"
SHARES: Final = {
    "coal": "share of the national pipeline, place not published",
    "wind": "share of the national wind pipeline, place and year not published",
}
COLUMNS: Final = [
    "region",
    "technology",
    "status",
    "name",
    "online_year",
    "retirement_year",
    "retirement_basis",
    *CAPACITIES,
    *read.FACTS,
]


def supply(folder: Path) -> pd.DataFrame:
    """List existing plant and plant under construction or planned, by state.

    Capacity is what is *located* in a state; shares that a state is *allocated* in plant
    elsewhere are the alternative view and are left out. India publishes one capacity for the
    year, so that summer, winter and nameplate are the same.
    """
    capacity = read.reference(folder, "capacity")
    leaves = capacity[(capacity["basis"] == "located") & (capacity["rollup"] == "no")]
    frames = [
        _existing(leaves),
        _named(leaves),
        _coal_without_place(capacity, leaves),
        _wind_without_place(capacity, leaves),
        read.curated("supply", "online_year", *CAPACITIES),
    ]
    rows = pd.concat(frames, ignore_index=True)
    rows["technology"] = rows["technology"].replace(TECHNOLOGIES)
    rows["online_year"] = rows["online_year"].astype(int)
    return rows.reindex(columns=COLUMNS)


def _plants(rows: pd.DataFrame) -> pd.DataFrame:
    """Give rows with `zone_id`, `mw` and `year` the columns of the table."""
    renamed = rows.rename(columns={"zone_id": "region", "kind": "status", "year": "online_year"})
    return renamed.assign(summer_mw=rows["mw"], winter_mw=rows["mw"], nameplate_mw=rows["mw"])


def _existing(leaves: pd.DataFrame) -> pd.DataFrame:
    return _plants(read.cited(leaves[leaves["kind"] == "existing"]).assign(name=""))


def _named(leaves: pd.DataFrame) -> pd.DataFrame:
    """Single projects with a state and a year."""
    rows = leaves[leaves["kind"].isin(BUILDING) & leaves["year"].notna()]
    names = rows["notes"].str.split("[;,]").str[0].str.strip()
    return _plants(read.cited(rows).assign(name=names))


def _coal_without_place(capacity: pd.DataFrame, leaves: pd.DataFrame) -> pd.DataFrame:
    """Spread coal whose year is published but not its state, in proportion to standing coal.

    What remains of the national total of a year counts only as far as later named plant does
    not use it up, so that no year holds more than the published total up to it.
    """
    national = _coal(capacity[(capacity["zone_id"] == read.NATION) & capacity["year"].notna()])
    total = national.groupby("year")["mw"].sum()
    named = _coal(leaves).groupby("year")["mw"].sum().reindex(total.index, fill_value=0.0)
    left = (total - named).cumsum()
    left = left[::-1].cummin()[::-1].clip(lower=0.0)
    yearly = left.diff().fillna(left)
    source = read.cited(national)["source"].iloc[0]
    frames = [
        _spread(mw, _standing(leaves, "coal"), "coal", int(year), source)
        for year, mw in yearly[yearly > 0].items()
    ]
    return pd.concat(frames, ignore_index=True)


def _coal(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[(rows["technology"] == "coal") & (rows["kind"] == BUILDING[0])]


def _wind_without_place(capacity: pd.DataFrame, leaves: pd.DataFrame) -> pd.DataFrame:
    """Spread wind under construction, less what has come since the list was made.

    States take part in proportion to their renewable projects under construction.
    """
    listed = capacity[capacity["kind"] == BUILDING[0]]
    national = listed[(listed["zone_id"] == read.NATION) & (listed["technology"] == "wind")]
    come = _standing(leaves, "wind").sum() - read.constants()["wind_stock_mw"]
    projects = listed[listed["technology"] == RENEWABLES].set_index("zone_id")["mw"]
    windy = projects[projects.index.isin(_standing(leaves, "wind").index)]
    year = int(read.constants()["wind_pipeline_year"])
    source = read.cited(national)["source"].iloc[0]
    left = float(national["mw"].sum() - come)
    return _spread(left, windy, "wind", year, source)


def _standing(leaves: pd.DataFrame, technology: str) -> pd.Series:
    """Sum existing plant of a technology by state [MW]."""
    rows = leaves[(leaves["kind"] == "existing") & (leaves["technology"] == technology)]
    return rows.groupby("zone_id")["mw"].sum()


def _spread(
    total_mw: float, weights: pd.Series, technology: str, year: int, source: str
) -> pd.DataFrame:
    """Divide megawatts among states by weight; the split is this project's, hence low."""
    share = (total_mw * weights / weights.sum()).rename("mw").rename_axis("zone_id").reset_index()
    facts = {"source": source, "known_on": read.published()[source], "confidence": "low"}
    project = {"technology": technology, "kind": BUILDING[0], "name": SHARES[technology]}
    return _plants(share.assign(year=year, **project, **facts))
