"""What may flow: links between regions, joint limits, and room in pockets, by period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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
    frames = [
        _standing(firm, row.year).assign(period=row.period) for row in case.periods.itertuples()
    ]
    rows = pd.concat(frames, ignore_index=True)
    pools = case.regions.set_index("region")["pool"]
    within = rows["from_region"].map(pools) == rows["to_region"].map(pools)
    return rows.assign(within_pool=within)


def _standing(firm: pd.DataFrame, year: int) -> pd.DataFrame:
    return added_up(firm[firm["online_year"].isna() | (firm["online_year"] < year)])


def added_up(links: pd.DataFrame) -> pd.DataFrame:
    """Add up links between the same two regions, whichever way round they are listed.

    Returns
    -------
    pd.DataFrame
        `from_region` (the first by name), `to_region`, `forward_mw`, `reverse_mw`.
    """
    turned = links["from_region"] > links["to_region"]
    ends = links[["from_region", "to_region"]]
    limits = links[["forward_mw", "reverse_mw"]]
    links = links.assign(
        from_region=ends.min(axis=1),
        to_region=ends.max(axis=1),
        forward_mw=limits["forward_mw"].where(~turned, limits["reverse_mw"]),
        reverse_mw=limits["reverse_mw"].where(~turned, limits["forward_mw"]),
    )
    sums = links.groupby(["from_region", "to_region"])[["forward_mw", "reverse_mw"]].sum()
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
    sides = case.joint_members.groupby(["limit", "side"])["region"].agg(frozenset)
    pools = case.regions.groupby("pool")["region"].agg(frozenset)
    ends = [
        (
            _side(sides, row.limit, LIMIT_KINDS[row.kind][0]),
            _side(sides, row.limit, LIMIT_KINDS[row.kind][1]),
        )
        for row in rows.itertuples()
    ]
    rows = rows.assign(into=[end[0] for end in ends], out_of=[end[1] for end in ends])
    within = [_within_pool(into, out_of, set(pools)) for into, out_of in ends]
    return rows.assign(within_pool=within)[list(JOINT_COLUMNS)]


def _side(sides: pd.Series, limit: str, side: str | None) -> frozenset[str]:
    if side is None or (limit, side) not in sides.index:
        return frozenset()
    return frozenset(sides.loc[(limit, side)])


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
