"""Lines between Indian states, and limits between the regional grids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.sources import india_read as read

if TYPE_CHECKING:
    from pathlib import Path

VARIANT: Final = "reeds_india_v2"
LIMITS: Final = ["forward_mw", "reverse_mw"]
RENAMED: Final = {
    "from_zone": "from_region",
    "to_zone": "to_region",
    "mw_forward": "forward_mw",
    "mw_backward": "reverse_mw",
}
LINK: Final = ["from_region", "to_region", "kind", "name", "online_year", "status", *LIMITS, "note"]
TAMIL_NADU: Final = "observed_import"
FIGURATIVE: Final = "sum of line ratings, called figurative by its author; not a secure limit"


def links(folder: Path) -> pd.DataFrame:
    """List limits between pairs of states: circuit ratings times a secure share of them.

    Within a regional grid the share is one constant of the pack. Between two grids it is the
    largest flow seen over their border, as a share of the ratings, if that is more, but never
    more than a second constant. Rows between whole regional grids are not added to these.
    """
    ratings = _ratings(folder)
    planned = read.curated("links", "online_year", *LIMITS)
    rows = pd.concat([ratings, planned], ignore_index=True)
    share = _secure_share(rows, ratings, read.groups(folder))
    for column in LIMITS:
        rows[column] = (rows[column] * share).round(1)
    assumed = share.isin(list(_bounds()))
    rows["confidence"] = rows["confidence"].mask(assumed, "low")
    rows["note"] = rows["note"] + " times " + share.map("{:.2f}".format) + ", a secure share"
    return rows[[*LINK, *read.FACTS]]


def _ratings(folder: Path) -> pd.DataFrame:
    rows = read.reference(folder, "transfers")
    rows = rows[(rows["rollup"] == "no") & rows["notes"].str.contains(VARIANT)]
    rows = read.cited(rows).rename(columns=RENAMED)
    summed = rows.groupby(["from_region", "to_region", *read.FACTS], as_index=False)[LIMITS].sum()
    whole = summed["forward_mw"].map("{:,.0f}".format)
    return summed.assign(
        kind="AC", name="", online_year=None, status="existing", note="ratings of " + whole + " MW"
    )


def _secure_share(rows: pd.DataFrame, ratings: pd.DataFrame, group: pd.Series) -> pd.Series:
    """Return the share of the rating that each row is given."""
    flows = read.curated("corridor_flows", "largest_daily_mean_mw")
    seen = {
        frozenset((row.from_group, row.to_group)): row.largest_daily_mean_mw
        for row in flows.itertuples()
    }
    rated = ratings["forward_mw"].groupby(_borders(ratings, group)).sum()
    share = pd.Series({border: seen.get(border, 0.0) / mw for border, mw in rated.items()})
    return _borders(rows, group).map(share.clip(*_bounds()).to_dict())


def _bounds() -> tuple[float, float]:
    """Return the least and the most that a link is given of its ratings."""
    return read.constants()["link_fraction"], read.constants()["link_ceiling_fraction"]


def _borders(rows: pd.DataFrame, group: pd.Series) -> pd.Series:
    """Return the regional grids at the ends of each link; one, where it stays within."""
    ends = zip(rows["from_region"].map(group), rows["to_region"].map(group), strict=True)
    return pd.Series([frozenset(pair) for pair in ends], index=rows.index)


# --- joint limits --------------------------------------------------------------------------------


def joint_limits(folder: Path) -> pd.DataFrame:
    """List corridors between regional grids, in both directions, and imports of states."""
    rows = _corridors(folder)
    corridors = pd.concat([_directed(rows, *ends) for ends in _directions()], ignore_index=True)
    imports = read.curated("joint_limits", "year", "limit_mw")
    frames = [corridors.drop(columns=["out_of", "into"]), _drawn(folder, imports), imports]
    return pd.concat(frames, ignore_index=True)


def joint_members(folder: Path) -> pd.DataFrame:
    """List the states on both sides of each corridor, and inside each import limit."""
    rows = pd.concat([_directed(_corridors(folder), *ends) for ends in _directions()])
    sides = rows.drop_duplicates("limit").melt(
        id_vars=["limit", *read.FACTS], value_vars=["out_of", "into"], value_name="group"
    )
    sides["side"] = sides["variable"].map({"out_of": "from", "into": "to"})
    group = read.groups(folder).rename_axis("region").rename("group").reset_index()
    corridors = sides.merge(group, on="group")
    inside = read.curated("joint_limits").drop_duplicates("limit")
    inside = inside.assign(region=inside["limit"].str.removesuffix("-import"), side="inside")
    return pd.concat([corridors, inside], ignore_index=True)[
        ["limit", "region", "side", *read.FACTS]
    ]


def _directions() -> tuple[tuple[str, str, str], ...]:
    return (("from_zone", "to_zone", "mw_forward"), ("to_zone", "from_zone", "mw_backward"))


def _corridors(folder: Path) -> pd.DataFrame:
    """Totals of single corridors; the sum over all is a published figure, not a limit."""
    rows = read.reference(folder, "transfers")
    rows = rows[rows["kind"].isin(["existing", "planned"]) & (rows["from_zone"] != read.NATION)]
    return read.cited(rows)


def _directed(rows: pd.DataFrame, out_of: str, into: str, mw: str) -> pd.DataFrame:
    limit = rows[out_of] + "-to-" + rows[into].str.removeprefix(f"{read.NATION}-")
    frame = rows[["year", *read.FACTS]].assign(
        limit=limit,
        name="Corridor from " + rows[out_of] + " to " + rows[into],
        kind="corridor",
        limit_mw=rows[mw],
        basis="corridor",
        note=FIGURATIVE,
        out_of=rows[out_of],
        into=rows[into],
    )
    return pd.concat([frame.assign(season=season) for season in read.SEASONS], ignore_index=True)


def _drawn(folder: Path, imports: pd.DataFrame) -> pd.DataFrame:
    """Draw of a state from the interstate grid that was seen after a limit was published."""
    rows = read.reference(folder, "constraints")
    rows = read.cited(rows[rows["constraint"] == TAMIL_NADU])
    keys = rows["zone_id"] + "-import"
    names = dict(zip(imports["limit"], imports["name"], strict=True))
    frame = rows[read.FACTS].assign(
        limit=keys,
        name=keys.map(names),
        kind="import",
        year=(rows["year_from"] + 1).astype(int),
        limit_mw=rows["mw"],
        basis="observed",
        note="drawn while 20,000 MW were met; no later limit was found",
    )
    return pd.concat([frame.assign(season=season) for season in read.SEASONS], ignore_index=True)
