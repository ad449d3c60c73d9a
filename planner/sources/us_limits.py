"""Limits of the US pack: links, joint limits on imports, and delivery into pockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.sources import us_load, us_read

if TYPE_CHECKING:
    from pathlib import Path

SEASONS: Final = ("summer", "winter")
LIST_YEAR: Final = 2025
FACTS: Final = us_read.FACTS


def links(folder: Path) -> pd.DataFrame:
    """Return limits between pairs of regions: existing ones and named projects."""
    return pd.concat([existing(folder), projects(folder)], ignore_index=True)


def existing(folder: Path) -> pd.DataFrame:
    """Return the interface limits of the source; a finished line has no year."""
    rows = us_read.reference(folder, "transfer_limits")
    rows = rows[~rows["within_zone"]]
    done = rows["status"] == "existing"
    out = pd.DataFrame(
        {
            "from_region": us_read.region(rows["from_zone"]),
            "to_region": us_read.region(rows["to_zone"]),
            "kind": rows["kind"].eq("AC").map({True: "AC", False: "DC"}),
            "name": rows["name"].fillna(""),
            "online_year": rows["online_year"].astype("Int64").mask(done),
            "status": rows["status"],
            "forward_mw": rows["mw_forward"].astype(float),
            "reverse_mw": rows["mw_reverse"].astype(float),
            "note": rows["kind"].map(us_read.curated("link_notes").set_index("kind")["note"]),
        }
    )
    return us_read.dated(out.assign(source="reeds-limits", confidence="medium"))


def projects(folder: Path) -> pd.DataFrame:
    """Return planned lines; class A is under construction, megawatts count in both directions."""
    rows = us_read.reference(folder, "planned_transmission")
    sure = rows["status_class"].str.startswith("A")
    out = pd.DataFrame(
        {
            "from_region": us_read.region(rows["from_zone"]),
            "to_region": us_read.region(rows["to_zone"]),
            "kind": "AC",
            "name": rows["project"],
            "online_year": rows["online_year"].astype("Int64"),
            "status": sure.map({True: "under_construction", False: "planned"}),
            "forward_mw": rows["added_mw"].astype(float),
            "reverse_mw": rows["added_mw"].astype(float),
            "note": rows["mw_basis"].replace(
                {"half_thermal": "Half of the thermal rating", "published": "Published"}
            ),
        }
    )
    return us_read.dated(out.assign(source="planned-lines-2026", confidence="low"))


def joint(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return joint limits and their members."""
    parts = [local(folder), corridors(folder), outside(folder)]
    limits = pd.concat([part[0] for part in parts], ignore_index=True)
    members = pd.concat([part[1] for part in parts], ignore_index=True)
    return limits, us_read.dated(members.assign(source="reeds-documentation"))


def local(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return import limits of areas that are whole regions, from PJM, MISO and NYISO.

    Winter Y of a yearly limit lies in the delivery year that began in Y-1.
    """
    areas = us_read.curated("limit_areas")
    pjm = us_read.reference(folder, "pjm_lda_import_limits").rename(
        columns={"lda": "area", "cetl_mw": "limit_mw"}
    )
    pjm = pjm.assign(iso_rto="PJM", season="annual").drop(columns="note")
    pjm["source"] = "pjm-parameters-" + pjm["delivery_year"].str.replace("/", "-")
    other = us_read.reference(folder, "other_iso_local_limits").rename(
        columns={"import_limit_mw": "limit_mw"}
    )
    other = other.assign(source=other["source"].map(us_read.keys())).dropna(
        subset=["limit_mw", "source"]
    )
    rows = pd.concat([pjm, other]).merge(areas, on=["iso_rto", "area"])
    rows = pd.concat([rows.assign(for_season=season) for season in SEASONS])
    rows = rows[(rows["season"] == "annual") | (rows["season"] == rows["for_season"])]
    year = rows["delivery_year"].str[:4].astype(int) + (rows["for_season"] == "winter").astype(int)
    kind = rows["from_regions"].eq("").map({True: "import", False: "corridor"})
    rows = rows.assign(season=rows["for_season"], year=year, kind=kind, basis="simultaneous")
    limits = us_read.dated(rows.assign(confidence="medium"))
    columns = ["limit", "name", "kind", "season", "year", "limit_mw", "basis", "note", *FACTS]
    found = areas[areas["limit"].isin(limits["limit"])]
    return limits[columns].astype({"limit_mw": float}), listed(found)


def listed(areas: pd.DataFrame) -> pd.DataFrame:
    """Spell out the members of areas that are written as regions with spaces between."""
    whole = areas["from_regions"] == ""
    to = areas.assign(region=areas["regions"], side=whole.map({True: "inside", False: "to"}))
    start = areas[~whole].assign(region=areas["from_regions"], side="from")
    both = pd.concat([to, start])[["limit", "region", "side"]]
    one = both.assign(region=both["region"].str.split()).explode("region")
    return one.assign(confidence="medium")


def corridors(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return limits between transfer groups, one per direction."""
    rows = us_read.reference(folder, "transfer_limits_region")
    there = rows.rename(columns={"mw_forward": "limit_mw"}).drop(columns="mw_reverse")
    back = rows.rename(
        columns={"from_group": "to_group", "to_group": "from_group", "mw_reverse": "limit_mw"}
    ).drop(columns="mw_forward")
    both = pd.concat([there, back], ignore_index=True)
    both["limit"] = "CORRIDOR-" + both["from_group"] + "-" + both["to_group"]
    both["name"] = both["from_group"] + " to " + both["to_group"]
    limits = pd.concat([both.assign(season=season) for season in SEASONS]).assign(
        kind="corridor", basis="corridor", year=LIST_YEAR, note="Direct-current lines included",
        source="reeds-limits", confidence="medium",
    )  # fmt: skip
    groups = us_read.reference(folder, "zones")
    groups = groups.assign(region=us_read.region(groups["zone_id"]))
    groups = groups[["region", "transmission_group"]]
    sides = [
        both.merge(groups, left_on=f"{side}_group", right_on="transmission_group").assign(side=side)
        for side in ("from", "to")
    ]
    members = pd.concat(sides)[["limit", "region", "side"]]
    columns = ["limit", "name", "kind", "season", "year", "limit_mw", "basis", "note", *FACTS]
    return us_read.dated(limits)[columns], members.assign(confidence="high")


def outside(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what pools may import from outside: firm where published, else as observed."""
    seen = us_read.reference(folder, "region_import_capability").set_index("reeds_nercr")
    rows = us_read.numbers(us_read.curated("outside_imports"), ["mw"])
    observed = rows["basis"] == "observed"
    value = rows["mw"].mask(observed, rows["nerc_region"].map(seen["peak_net_import_mw"]))
    rows = rows.assign(limit_mw=value.astype(float), kind="import")
    rows = pd.concat([rows.assign(season=season) for season in SEASONS], ignore_index=True)
    rows = rows[(rows["for_season"] == "both") | (rows["for_season"] == rows["season"])]
    limits = us_read.dated(rows.astype({"year": int}))
    columns = ["limit", "name", "kind", "season", "year", "limit_mw", "basis", "note", *FACTS]
    pools = us_read.ids()[["region", "pool"]]
    areas = rows[["limit", "pools"]].drop_duplicates()
    areas = areas.assign(pool=areas["pools"].str.split()).explode("pool").merge(pools, on="pool")
    return limits[columns], areas[["limit", "region"]].assign(side="inside", confidence="high")


def delivery(folder: Path) -> pd.DataFrame:
    """Return delivery into the pocket: the sum of interface limits, and the load of 2024 inside.

    The sum is an upper bound: single interfaces cannot all be full at once. Supply inside is
    unknown, because the unit list has no county.
    """
    faces = us_read.reference(folder, "pocket_northern_virginia")["mw_into_pocket"].sum()
    inside = us_read.curated("pocket_places")
    counties = us_read.reference(folder, "zone_counties").set_index("county_fips")
    share = counties["zone_load_share"].reindex(inside["place"]).sum()
    pocket = us_read.curated("pockets").iloc[0]
    load = us_load.base(folder).loc[pocket["region"]]
    limit = "Sum of the interface limits into the pocket: an upper bound"
    native = "Counties' share of the region's load at the pool's peak of 2024"
    rows = [
        (quantity, season, float(mw), source, note)
        for season in SEASONS
        for quantity, mw, source, note in (
            ("import_limit", faces, "reeds-limits", limit),
            ("native_peak", share * load[season], "eia930-2024", native),
        )
    ]
    table = pd.DataFrame(rows, columns=["quantity", "season", "mw", "source", "note"])
    return us_read.dated(table.assign(pocket=pocket["pocket"], year=LIST_YEAR, confidence="low"))
