"""What could be built in the states of the Indian pack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.schema import CANDIDATES
from planner.sources import india_read as read

if TYPE_CHECKING:
    from collections.abc import Mapping

LIST: Final = "remedy_sources"
STORED: Final = "pumped_storage"
PEAK: Final = ("derived", 2026, "summer")

type Frames = Mapping[str, pd.DataFrame]


def tables(frames: Frames) -> dict[str, pd.DataFrame]:
    """Return the candidates of the Indian pack, and its documents with theirs added."""
    rows = pd.concat([spread(frames), pumped_storage(frames)], ignore_index=True)
    rows["first_year"] = rows["first_year"].astype("Int64")
    rows = rows[rows["potential_mw"] > 0].reindex(columns=list(CANDIDATES.columns))
    documents = pd.concat([read.curated("sources"), read.curated(LIST)])
    documents = documents[documents["source"].isin(set(rows["source"]))]
    sources = pd.concat([frames["sources"], documents]).drop_duplicates("source")
    return {"candidates": rows, "sources": sources}


def spread(frames: Frames) -> pd.DataFrame:
    """Spread national figures over the mainland: by peak load, or by capacity that stands."""
    rows = read.curated("candidates", "mw", "completion_fraction")
    shares = [_share(frames, by).assign(spread_by=by) for by in rows["spread_by"].unique()]
    days = read.curated(LIST).set_index("source")["published_on"]
    both = rows.merge(pd.concat(shares), on="spread_by")
    return both.assign(
        name="", potential_mw=both["mw"] * both["share"], known_on=both["source"].map(days)
    )


def pumped_storage(frames: Frames) -> pd.DataFrame:
    """Return the projects that the pack lists as planned and does not count."""
    rows = frames["supply"]
    rows = rows[(rows["technology"] == STORED) & (rows["status"] == "planned")]
    return rows.assign(
        remedy=STORED,
        potential_mw=rows["nameplate_mw"],
        completion_fraction=1.0,
        first_year=rows["online_year"],
        note="Concurred or listed, not under construction; the pack does not count it",
    )


def _share(frames: Frames, by: str) -> pd.DataFrame:
    """Return `region` and `share` of the peak, or of capacity of a technology; they add to 1."""
    regions = frames["regions"]
    mainland = set(regions.loc[regions["pool"] == read.NATION, "region"])
    if by == "peak":
        rows, value = frames["load"], "peak_mw"
        scenario, year, season = PEAK
        chosen = (rows["year"] == year) & (rows["season"] == season)
        rows = rows[chosen & (rows["scenario"] == scenario)]
    else:
        rows, value = frames["supply"], "nameplate_mw"
        rows = rows[(rows["technology"] == by) & (rows["status"] == "existing")]
    mw = rows[rows["region"].isin(mainland)].groupby("region")[value].sum()
    return (mw / mw.sum()).rename("share").reset_index()
