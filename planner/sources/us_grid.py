"""The US pack: 134 regions, their plant, load, limits and rules, from the US reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from planner.sources import geometry as outlines
from planner.sources import (
    us_accreditation,
    us_chronology,
    us_hourly,
    us_limits,
    us_load,
    us_read,
    us_supply,
)

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

ALIAS_NOTE = "county until 2022"


def tables(reference: Path) -> dict[str, pd.DataFrame]:
    """Return every table of the pack.

    Parameters
    ----------
    reference
        Folder of the reference tables on the US grid.

    Returns
    -------
    dict[str, pd.DataFrame]
        Frames by table name, with the columns of `planner.schema`.
    """
    supply = us_supply.table(reference)
    limits, members = us_limits.joint(reference)
    frames = {
        "regions": regions(reference),
        "pools": us_read.dated(us_read.curated("pools").assign(known_on=regions_known_on())),
        "places": places(reference),
        "pockets": us_read.dated(us_read.numbers(us_read.curated("pockets"), ["lat", "lon"])),
        "pocket_places": us_read.dated(us_read.curated("pocket_places")),
        "delivery": us_limits.delivery(reference),
        "supply": supply,
        "accreditation": us_accreditation.accreditation(reference, supply),
        "requirements": us_accreditation.requirements(reference),
        "load": us_load.table(reference),
        "links": us_limits.links(reference),
        "joint_limits": limits,
        "joint_members": members,
        "connection": connection(reference),
        "region_levels": us_hourly.regions(reference),
        "balancing_authorities": us_read.numbers(
            us_read.curated("balancing_authorities"), ["utc_offset_hours"]
        ),
        "published": us_read.numbers(us_read.dated(us_read.curated("published")), ["value"]),
    }
    frames["pockets"] = frames["pockets"].assign(radius_km=float("nan"))
    cited = {**frames, "outages": us_chronology.outages(reference)}
    return {**frames, "sources": cited_sources(cited)}


def geometry(tables: dict[str, pd.DataFrame]) -> gpd.GeoDataFrame:
    """Return the outlines of the regions."""
    return outlines.us_regions(tables["places"])


def regions_known_on() -> str:
    """Return the day on which the regions were first described, earlier than the list used here."""
    return str(us_read.published()["reeds-documentation"])


def regions(folder: Path) -> pd.DataFrame:
    """Return the regions; latitude and longitude are of a representative node."""
    zones = us_read.reference(folder, "zones")
    return pd.DataFrame(
        {
            "region": us_read.region(zones["zone_id"]),
            "name": zones["zone_name"],
            "pool": us_read.pool(zones["zone_id"]),
            "group": zones["transmission_group"],
            "state": zones["state"],
            "interconnect": zones["interconnect"],
            "lat": zones["lat"],
            "lon": zones["lon"],
            "source_zone": zones["zone_id"],
            "note": zones["notes"].fillna(""),
            "source": "reeds-zones",
            "known_on": regions_known_on(),
            "confidence": "high",
        }
    )


def places(folder: Path) -> pd.DataFrame:
    """Return the counties by region, and Connecticut's counties of before 2022."""
    now = us_read.reference(folder, "zone_counties")
    old = us_read.reference(folder, "county_fips_alias")
    old = old.assign(county_name=old["county_name"] + f" ({ALIAS_NOTE})")
    rows = pd.concat([now, old], ignore_index=True)
    return pd.DataFrame(
        {
            "place": rows["county_fips"],
            "name": rows["county_name"] + ", " + rows["state"],
            "region": us_read.region(rows["zone_id"]),
            "source": "reeds-zones",
            "known_on": regions_known_on(),
            "confidence": "high",
        }
    )


def connection(folder: Path) -> pd.DataFrame:
    """Return lead times of large loads; the months are the reference's, the dates are curated."""
    quoted = us_read.reference(folder, "large_load_interconnection")
    rules = us_read.curated("connection")
    months = quoted[quoted["unit"] == "months"][["area", "metric", "value"]]
    months = months.rename(columns={"area": "quoted_area", "metric": "quoted_metric"})
    joined = rules.merge(months, on=["quoted_area", "quoted_metric"], how="left")
    joined = us_read.numbers(
        joined, ["lead_months_low", "lead_months", "lead_months_high", "threshold_mw", "value"]
    )
    joined["lead_months"] = joined["value"].fillna(joined["lead_months"])
    columns = [
        "area", "area_kind", "rule", "begins_on", "ends_on", "lead_months_low", "lead_months",
        "lead_months_high", "threshold_mw", "note", *us_read.FACTS,
    ]  # fmt: skip
    return us_read.dated(joined)[columns]


def cited_sources(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the documents that the tables cite, of the outlines, and of the earlier hours."""
    used = {key for frame in frames.values() for key in frame["source"]}
    rows = us_read.curated("sources")
    return rows[rows["source"].isin(used | {"census-counties-2016", us_hourly.EARLIER[1]})]
