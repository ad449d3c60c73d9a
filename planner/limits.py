"""What may flow: links between regions, joint limits, and room in pockets, by period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from planner.supply import in_force

if TYPE_CHECKING:
    from planner.case import Case

LIMIT_KINDS: Final = {"import": ("inside", None), "corridor": ("to", "from")}

JOINT_COLUMNS: Final = (
    "limit",
    "kind",
    "period",
    "limit_mw",
    "basis",
    "into",
    "out_of",
    "within_pool",
)


def links(case: Case) -> pd.DataFrame:
    """Add up parallel links that stand in each period; planned ones do not count.

    Returns
    -------
    pd.DataFrame
        `from_region`, `to_region`, `period`, `forward_mw`, `reverse_mw`, `within_pool`.
    """
    firm = case.links[case.links["status"] != "planned"]
    begun = firm["online_year"].astype(float).fillna(-np.inf).to_numpy()
    periods = case.periods
    at, link = np.nonzero(begun < periods["year"].to_numpy()[:, None])
    rows = added_up(firm.take(link).assign(at=at), "at")
    pools = case.regions.set_index("region")["pool"]
    within = rows["from_region"].map(pools) == rows["to_region"].map(pools)
    names = periods["period"].take(rows.pop("at")).array
    return rows.assign(period=names, within_pool=within)


def added_up(links: pd.DataFrame, *by: str) -> pd.DataFrame:
    """Add up links between the same two regions, whichever way round they are listed.

    Returns
    -------
    pd.DataFrame
        The columns `by`, `from_region` (the first by name), `to_region`, `forward_mw`,
        `reverse_mw`.
    """
    turned = links["from_region"] > links["to_region"]
    whole = {}
    for name, other in (("from_region", "to_region"), ("forward_mw", "reverse_mw")):
        whole[name] = links[name].where(~turned, links[other])
        whole[other] = links[other].where(~turned, links[name])
    keys = [*by, "from_region", "to_region"]
    sums = links.assign(**whole).groupby(keys)[["forward_mw", "reverse_mw"]].sum()
    return sums.reset_index()


def joint(case: Case) -> pd.DataFrame:
    """List joint limits by period, each with its members on both sides.

    Returns
    -------
    pd.DataFrame
        `limit`, `kind`, `period`, `limit_mw`, `basis`, `into` and `out_of` (frozen sets of
        regions; an import limit is out of everything else), `within_pool`.
    """
    rows = in_force(case.joint_limits, case.periods, "limit")
    if rows.empty:
        return pd.DataFrame(columns=JOINT_COLUMNS)
    members = case.joint_members.groupby(["limit", "side"])["region"].agg(frozenset).to_dict()
    pools = set(case.regions.groupby("pool")["region"].agg(frozenset))
    ends = {
        (limit, kind): [members.get((limit, side), frozenset()) for side in LIMIT_KINDS[kind]]
        for limit, kind in rows[["limit", "kind"]].drop_duplicates().itertuples(index=False)
    }
    within = {key: _within_pool(into, out_of, pools) for key, (into, out_of) in ends.items()}
    keys = list(zip(rows["limit"], rows["kind"], strict=True))
    rows = rows.assign(
        into=[ends[key][0] for key in keys],
        out_of=[ends[key][1] for key in keys],
        within_pool=[within[key] for key in keys],
    )
    return rows[list(JOINT_COLUMNS)]


def _within_pool(into: frozenset[str], out_of: frozenset[str], pools: set[frozenset[str]]) -> bool:
    """Say whether a limit binds inside one pool, rather than a pool's imports from outside."""
    if not out_of:
        return not any(into >= pool for pool in pools)
    return any(into | out_of <= pool for pool in pools)


def room(case: Case) -> pd.DataFrame:
    """Room for sites in each pocket that has a published import limit.

    Returns
    -------
    pd.DataFrame
        `pocket`, `period`, `room_mw` = import limit + local supply - native peak, at least 0.
    """
    if case.delivery.empty:
        return pd.DataFrame(columns=["pocket", "period", "room_mw"])
    rows = in_force(case.delivery, case.periods, "pocket", "quantity")
    wide = rows.pivot_table(index=["pocket", "period"], columns="quantity", values="mw")
    wide = wide.reindex(columns=["import_limit", "local_supply", "native_peak"])
    wide = wide[wide["import_limit"].notna()].fillna(0.0)
    left = wide["import_limit"] + wide["local_supply"] - wide["native_peak"]
    return left.clip(lower=0.0).rename("room_mw").reset_index()
