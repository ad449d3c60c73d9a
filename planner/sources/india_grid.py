"""The pack of the Indian grid: states and union territories, out of the reference tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.schema import DELIVERY, GRID_TABLES, POCKET_PLACES
from planner.sources import india_geometry, india_links, india_load, india_supply
from planner.sources import india_read as read

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

MAINLAND: Final = "india"
ISLANDS: Final = "IN-ISL"
ZONES: Final = "states-2020"
POCKET: Final = "load_pocket"
OUTLINES: Final = "country-map-0.20.3"


def tables(reference: Path) -> dict[str, pd.DataFrame]:
    """Build the pack.

    Parameters
    ----------
    reference
        Folder of reference material; its folders `india_grid` and `projects` are read.

    Returns
    -------
    dict[str, pandas.DataFrame]
        The tables of a grids pack, by name.
    """
    built = {
        "regions": _regions(reference),
        "pools": read.curated("pools"),
        "places": _places(reference),
        "pockets": _pockets(reference),
        "supply": india_supply.supply(reference),
        "accreditation": read.curated("accreditation", "year", "accredited_fraction"),
        "requirements": read.curated("requirements", "year", "reserve_margin"),
        "load": india_load.load(reference),
        "links": india_links.links(reference),
        "joint_limits": india_links.joint_limits(reference),
        "joint_members": india_links.joint_members(reference),
        "connection": read.curated("connection", *_months(), "threshold_mw"),
        "published": read.curated("published", "year", "value"),
    }
    empty = {t.name: pd.DataFrame(columns=list(t.columns)) for t in (POCKET_PLACES, DELIVERY)}
    return _in_order({**built, **empty, "sources": _sources(built)})


def geometry(tables: dict[str, pd.DataFrame]) -> gpd.GeoDataFrame:
    """Return the outlines of the regions of the pack."""
    return india_geometry.regions(tables["places"])


def _in_order(built: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables in the order of the schema, each with the columns of the schema."""
    return {
        table.name: built[table.name].reindex(columns=list(table.columns))
        for table in GRID_TABLES
        if table.name in built
    }


def _months() -> tuple[str, str, str]:
    return ("lead_months_low", "lead_months", "lead_months_high")


def _facts() -> dict[str, str]:
    return {"source": ZONES, "known_on": read.published()[ZONES], "confidence": "high"}


def _regions(folder: Path) -> pd.DataFrame:
    states = read.states(folder)
    island = states["parent"] == ISLANDS
    return states.rename(columns={"parent": "group", "notes": "note"}).assign(
        region=states["zone_id"],
        pool=island.map({True: ISLANDS, False: read.NATION}),
        state=states["name"],
        interconnect=island.map({True: "islands", False: MAINLAND}),
        source_zone=states["zone_id"],
        **_facts(),
    )


def _places(folder: Path) -> pd.DataFrame:
    """Codes and names of the states, and other codes and names in use for them."""
    states = read.states(folder)[["zone_id", "name"]].rename(columns={"zone_id": "region"})
    codes = states.assign(place=states["region"], **_facts())
    names = states.assign(place=states["name"], **_facts())
    return pd.concat([codes, names, read.curated("places")], ignore_index=True)


def _pockets(folder: Path) -> pd.DataFrame:
    zones = read.reference(folder, "zones")
    rows = zones[zones["level"] == POCKET].rename(columns={"zone_id": "pocket", "parent": "region"})
    own = read.curated("pockets", "radius_km")
    return rows.merge(own, on="pocket").assign(**{**_facts(), "confidence": "medium"})


def _sources(built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the documents that a row of the pack, or its outlines, come from."""
    used = {OUTLINES}.union(*(frame["source"] for frame in built.values()))
    documents = read.curated("sources")
    return documents[documents["source"].isin(used)]
