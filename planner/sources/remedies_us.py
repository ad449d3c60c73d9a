"""What could be built in the regions of the US pack: the queue, named projects, demand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.schema import CANDIDATES, CAPEX_MULTIPLIERS
from planner.sources import remedies, remedies_us_lines, us_load, us_read
from planner.sources.remedies_us_read import dated, documents, rule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

QUEUE: Final = "lbnl-queue-counties-2024"
MULTIPLIERS: Final = "reeds-multipliers"
SINCE: Final = 2025  # the queue is that of the end of 2024
EDITION: Final = "2024"
LONG_BATTERY: Final = "battery_8h"
LONG_POOLS: Final = ("PJM", "SPP")  # their lists rate 8 hours above 4
DECIDED: Final = {
    "gas_cc": "gas_cc_decided",
    "nuclear": "nuclear_restart_decided",
    "nuclear_smr": "nuclear_smr_decided",
}
UPRATE_ZONES: Final = ("p80", "p122")  # of the owner that published the potential
UPRATED: Final = "uprates"
PEAK_YEAR: Final = 2026
SCENARIO: Final = "derived"

type Frames = Mapping[str, pd.DataFrame]


def tables(folder: Path, frames: Frames) -> dict[str, pd.DataFrame]:
    """Return the tables on remedies of the US pack, and its documents with theirs added.

    Parameters
    ----------
    folder
        Folder of the reference tables on the US grid.
    frames
        The other tables of the pack, as built.
    """
    built = {
        "candidates": candidates(folder, frames),
        "line_candidates": remedies_us_lines.table(folder, frames),
        "capex_multipliers": capex_multipliers(folder),
        "load_duration": remedies_us_lines.load_duration(folder),
    }
    used = {key for frame in built.values() for key in frame["source"]}
    cited = documents()
    both = pd.concat([frames["sources"], cited[cited["source"].isin(used)]])
    return {**built, "sources": both.drop_duplicates("source")}


def candidates(folder: Path, frames: Frames) -> pd.DataFrame:
    """Return what could be built by region; what no accreditation of the pool covers stays out."""
    parts = [
        executed(folder, frames),
        requested(folder),
        cycles(folder),
        decided(frames),
        uprates(folder, frames),
        demand_response(frames),
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[(rows["potential_mw"] > 0) & _accredited(rows, frames)]
    rows["first_year"] = rows["first_year"].astype("Int64")
    return dated(rows).reindex(columns=list(CANDIDATES.columns))


def queue(folder: Path) -> pd.DataFrame:
    """Return the queue by region and group of technologies [MW]: `executed`, `other`."""
    rows = us_read.reference(folder, "generation_queue_by_zone")
    return pd.DataFrame(
        {
            "region": us_read.region(rows["zone_id"]),
            "group": rows["technology_group"],
            "executed": rows["mw_ia_executed"],
            "other": rows["mw_active_all"] - rows["mw_ia_executed"],
        }
    )


def executed(folder: Path, frames: Frames) -> pd.DataFrame:
    """Return projects with an executed agreement, less plant of the unit list since then."""
    rows = queue(folder).merge(_groups(), on="group")
    rows = rows[rows["queue_remedy"] != ""]
    found = frames["supply"]
    found = found[(found["online_year"] >= SINCE) & (found["status"] != "planned")]
    found = found.sort_values("known_on").drop_duplicates(
        ["region", "technology", "status", "name", "online_year", "retirement_year"], keep="last"
    )
    share = _gas(folder)
    pairs = zip(rows["region"], rows["counted"], strict=True)
    rows["counted_mw"] = [_counted(found, region, kinds) for region, kinds in pairs]
    left = (rows["executed"] - rows["counted_mw"]).clip(lower=0.0)
    return rows.assign(
        remedy=rows["queue_remedy"],
        name="",
        potential_mw=left * rows["technology"].map(share).fillna(1.0),
        completion_fraction=rule("executed_completion"),
        note="Executed agreements at the end of 2024 less plant online or under construction since",
        source=QUEUE,
        confidence="low",
    )


def requested(folder: Path) -> pd.DataFrame:
    """Return active requests without an executed agreement."""
    rows = queue(folder).rename(columns={"other": "mw"}).assign(name="", source=QUEUE)
    rows = rows.assign(note="Active requests at the end of 2024 without an executed agreement")
    return _new(folder, rows.assign(confidence="medium"))


def cycles(folder: Path) -> pd.DataFrame:
    """Return requests since the end of 2024 that are known by pool only, spread by load."""
    rows = us_read.numbers(us_read.curated("queue_cycles"), ["mw"])
    load = us_load.base(folder)
    share = load["summer"] / load.groupby("pool")["summer"].transform("sum")
    both = rows.merge(load.assign(share=share).reset_index(), on="pool")
    return _new(folder, both.assign(mw=both["mw"] * both["share"]))


def decided(frames: Frames) -> pd.DataFrame:
    """Return named projects which the pack lists as planned and does not count."""
    rows = frames["supply"]
    rows = rows[(rows["status"] == "planned") & rows["technology"].isin(list(DECIDED))]
    return rows.assign(
        remedy=rows["technology"].map(DECIDED),
        potential_mw=rows["nameplate_mw"],
        completion_fraction=1.0,
        first_year=rows["online_year"],
        note="Decided, not under construction; the pack does not count it",
    )


def uprates(folder: Path, frames: Frames) -> pd.DataFrame:
    """Return the published potential of uprates less those under way, by nuclear capacity."""
    quoted = remedies.quoted(folder.parent, "nuclear_uprate", "potential")["central"]
    plants = frames["supply"]
    plants = plants[plants["technology"] == "nuclear"]
    under_way = plants.loc[plants["name"].str.contains(UPRATED), "nameplate_mw"].sum()
    regions = list(us_read.region(pd.Series(UPRATE_ZONES)))
    running = plants[plants["region"].isin(regions) & (plants["status"] == "existing")]
    there = running.groupby("region")["nameplate_mw"].sum()
    return pd.DataFrame(
        {
            "region": there.index,
            "remedy": "nuclear_uprate",
            "name": "",
            "potential_mw": ((quoted - under_way) * there / there.sum()).to_numpy(),
            "completion_fraction": 1.0,
            "note": "About 1 GW less the uprates under way, by nuclear capacity of two regions",
            "source": "constellation-uprates-2024",
            "confidence": "low",
        }
    )


def demand_response(frames: Frames) -> pd.DataFrame:
    """Return demand response beyond what is there, as a share of the summer peak."""
    load = frames["load"]
    chosen = (load["year"] == PEAK_YEAR) & (load["season"] == "summer")
    rows = load[chosen & (load["scenario"] == SCENARIO)].sort_values("known_on")
    rows = rows.drop_duplicates("region", keep="last")[["region", "peak_mw"]]
    plants = frames["supply"][frames["supply"]["technology"] == "demand_response"]
    there = rows["region"].map(plants.groupby("region")["nameplate_mw"].sum())
    there = there.fillna(rule("demand_response_there") * rows["peak_mw"])
    more = rule("demand_response_share") * rows["peak_mw"] - there
    return rows.assign(
        remedy="demand_response", name="", potential_mw=more, completion_fraction=1.0,
        note="10 % of the summer peak of 2026 less demand response that is there",
        source="doe-vpp-2023", confidence="low",
    )  # fmt: skip


def capex_multipliers(folder: Path) -> pd.DataFrame:
    """Return the cost of building by region and class of plant over the national average."""
    rows = us_read.reference(folder, "regional_capex_multipliers")
    rows = rows.assign(region=us_read.region(rows["zone_id"]))
    rows = rows.drop(columns=["zone_id", "state", "census_division"])
    rows = rows.melt("region", var_name="capex_class", value_name="multiplier")
    rows = dated(rows.assign(source=MULTIPLIERS, confidence="medium"))
    return rows.reindex(columns=list(CAPEX_MULTIPLIERS.columns))


def _groups() -> pd.DataFrame:
    return us_read.curated("queue_groups")


def _counted(plants: pd.DataFrame, region: str, technologies: str) -> float:
    here = (plants["region"] == region) & plants["technology"].isin(technologies.split())
    return float(plants.loc[here, "nameplate_mw"].sum())


def _new(folder: Path, rows: pd.DataFrame) -> pd.DataFrame:
    """Turn requests into new remedies: shares completed, kinds of gas, long batteries."""
    stats = us_read.reference(folder, "queue_stats")
    stats = stats[stats["metric"].str.startswith("completion_share")]
    done = stats[stats["edition"] == EDITION].set_index("technology")["value"].astype(float)
    rows = rows.merge(_groups(), on="group")
    part = rows["technology"].map(_gas(folder)).fillna(1.0)
    share = rows["completion"].map(done)
    return _long_batteries(
        rows.assign(
            remedy=rows["new_remedy"], potential_mw=rows["mw"] * part, completion_fraction=share
        )
    )


def _gas(folder: Path) -> dict[str, float]:
    """Return how gas requests are divided: as the gas turbines under construction are."""
    rows = us_read.reference(folder, "generators")
    rows = rows[rows["status"] == "under_construction"]
    kinds = rows[rows["technology_class"].isin(["gas_cc", "gas_ct"])]
    mw = kinds.groupby("technology_class")["nameplate_capacity_mw"].sum()
    return dict(mw / mw.sum())


def _long_batteries(rows: pd.DataFrame) -> pd.DataFrame:
    """Let part of the new batteries be of 8 hours where the pool rates them higher."""
    pools = us_read.ids().set_index("region")["pool"]
    chosen = (rows["group"] == "battery") & rows["region"].map(pools).isin(LONG_POOLS)
    part = rule("long_battery_share")
    long = rows[chosen].assign(remedy=LONG_BATTERY, potential_mw=rows["potential_mw"] * part)
    less = rows["potential_mw"] * (1 - part)
    short = rows.assign(potential_mw=rows["potential_mw"].mask(chosen, less))
    return pd.concat([short, long], ignore_index=True)


def _accredited(rows: pd.DataFrame, frames: Frames) -> pd.Series:
    """Tell which rows have a share in their pool, or one of their own."""
    known = remedies.curated("remedies")
    known = known[known["kind"].isin(["plant", "demand"])].set_index("remedy")
    own = rows["remedy"].map(known[known["grid"] == "us"]["accredited_from"]) != ""
    pools = rows["region"].map(us_read.ids().set_index("region")["pool"])
    kinds = rows["remedy"].map(known[known["grid"] == "us"]["technology"])
    table = frames["accreditation"]
    there = set(zip(table["pool"], table["technology"], strict=True))
    pairs = pd.Series(list(zip(pools, kinds, strict=True)), rows.index)
    return own | pairs.isin(there)
