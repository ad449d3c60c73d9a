"""Remedies on links of the US pack, and how load falls below its peak when hours are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from planner.schema import LINE_CANDIDATES, LOAD_DURATION
from planner.sources import remedies, us_load, us_read
from planner.sources.remedies_us_read import dated, rule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NEW: Final = "reeds-new-lines"
PRICE_YEAR: Final = 2024
KW_PER_MW: Final = 1000.0
PAIR: Final = ["from_region", "to_region"]
HOURS: Final = (0, 1, 2, 5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300, 400, 500)

type Frames = Mapping[str, pd.DataFrame]


def table(folder: Path, frames: Frames) -> pd.DataFrame:
    """Return new lines, projects that are not sure, reconductoring and dynamic line rating."""
    new, links = new_lines(folder), existing(frames)
    priced = _priced(links, new)
    parts = [
        new,
        projects(frames, new),
        reconductoring(folder, priced),
        dynamic_line_rating(folder, priced),
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows = dated(rows[rows["added_mw"] > 0])
    rows["first_year"] = rows["first_year"].astype("Int64")
    return rows.reindex(columns=list(LINE_CANDIDATES.columns))


def new_lines(folder: Path) -> pd.DataFrame:
    """Return one alternating-current candidate a pair; it adds half of its thermal rating."""
    rows = us_read.reference(folder, "new_line_cost_distance")
    rows = rows[(rows["polarity"] == "ac") & rows["thermal_rating_mw"].notna()]
    added = rows["thermal_rating_mw"] * rule("line_share")
    cost = rows["cost_musd_2024"].map(lambda musd: remedies.deflated(musd, PRICE_YEAR))
    return pd.DataFrame(
        {
            "from_region": us_read.region(rows["from_zone"]),
            "to_region": us_read.region(rows["to_zone"]),
            "remedy": "new_line",
            "name": "",
            "added_mw": added,
            "capex_usd_per_kw": cost * 1e6 / (added * KW_PER_MW),
            "note": rows["voltage_kv"].astype(int).astype(str) + " kV, "
            + rows["length_miles"].round().astype(int).astype(str)
            + " miles; half of the thermal rating",
            "source": NEW,
            "confidence": "low",
            "miles": rows["length_miles"],
            "thermal_mw": rows["thermal_rating_mw"],
        }
    )  # fmt: skip


def existing(frames: Frames) -> pd.DataFrame:
    """Return the alternating-current limits that stand, the smaller of the two directions."""
    rows = frames["links"]
    rows = rows[(rows["kind"] == "AC") & (rows["status"] == "existing")]
    limit = rows[["forward_mw", "reverse_mw"]].min(axis=1)
    return rows.assign(limit_mw=limit).groupby(PAIR)[["limit_mw"]].sum().reset_index()


def projects(frames: Frames, new: pd.DataFrame) -> pd.DataFrame:
    """Return planned lines that the pack lists and does not count, at the cost of a new line."""
    rows = frames["links"]
    rows = rows[rows["status"] == "planned"]
    cost = _priced(rows[PAIR].assign(limit_mw=rows["forward_mw"].to_numpy()), new)
    return rows.assign(
        remedy="line_decided",
        added_mw=rows[["forward_mw", "reverse_mw"]].min(axis=1),
        capex_usd_per_kw=cost["capex_usd_per_kw"].to_numpy(),
        first_year=rows["online_year"],
        note="Approved or proposed; cost of a new line of the pair or, without one, the median",
    )


def reconductoring(folder: Path, priced: pd.DataFrame) -> pd.DataFrame:
    """Return new conductors: the low gain, for terminals and other lines of an interface bind."""
    gain = float(remedies.quoted(folder.parent, "reconductoring", "capacity_gain")["low"])
    share = float(remedies.quoted(folder.parent, "reconductoring", "capex_vs_new_line")["central"])
    return priced.assign(
        remedy="reconductoring",
        name="",
        added_mw=priced["limit_mw"] * gain,
        capex_usd_per_kw=priced["capex_usd_per_kw"] * share,
        note=f"{gain:.0%} of the limit at {share:.0%} of the cost of a new line",
        source="haas-reconductoring-2023",
        confidence="low",
    )


def dynamic_line_rating(folder: Path, priced: pd.DataFrame) -> pd.DataFrame:
    """Return dynamic rating: the low gain, and sensors over the length of a line of the pair."""
    gain = float(remedies.quoted(folder.parent, "dynamic_line_rating", "capacity_gain")["low"])
    mile = remedies.quoted(folder.parent, "dynamic_line_rating", "capex")
    cost = remedies.deflated(float(mile["central"]), float(mile["dollar_year"]))
    return priced.assign(
        remedy="dynamic_line_rating",
        name="",
        added_mw=priced["limit_mw"] * gain,
        capex_usd_per_kw=cost * priced["miles"] / (priced["thermal_mw"] * gain * KW_PER_MW),
        note=f"{gain:.0%} of the limit; cost per mile of line is an unverified recall",
        source="canary-dlr-2023",
        confidence="low",
    )


def load_duration(folder: Path) -> pd.DataFrame:
    """Return how far load falls below its peak, by pool and region, for both seasons of 2024."""
    hours = us_read.reference(folder, "load_hourly_2024_mw").set_index("hour_utc")
    month = pd.Series(pd.to_datetime(hours.index).month, index=hours.index)
    pools = hours.T.groupby(us_read.pool(hours.columns.to_series())).sum().T
    regions = hours.rename(columns=us_read.ids()["region"].to_dict())
    areas = pd.concat([pools, regions], axis=1)
    parts = [
        _drops(areas[month.isin(months)]).assign(season=season)
        for season, months in us_load.MONTHS.items()
    ]
    rows = pd.concat(parts).assign(source=us_load.MEASURED, confidence="medium")
    return dated(rows).reindex(columns=list(LOAD_DURATION.columns))


def _drops(areas: pd.DataFrame) -> pd.DataFrame:
    """Return 1 - load of the hour after the N highest / peak, by area and N."""
    ranked = -np.sort(-areas.to_numpy(dtype=float), axis=0)
    drops = pd.DataFrame(1 - ranked[list(HOURS)] / ranked[0], list(HOURS), areas.columns)
    rows = drops.rename_axis("hours").reset_index()
    return rows.melt("hours", var_name="area", value_name="drop_fraction")


def _priced(links: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Give pairs, in either order, cost, length and rating of their new line, else the medians."""
    columns = ["capex_usd_per_kw", "miles", "thermal_mw"]
    swapped = new.rename(columns={"from_region": "to_region", "to_region": "from_region"})
    both = pd.concat([new, swapped]).drop_duplicates(PAIR)[[*PAIR, *columns]]
    return links.merge(both, on=PAIR, how="left").fillna(dict(new[columns].median()))
