"""Read the rules and the documents that the remedies of the US pack rest on."""

from __future__ import annotations

from functools import cache
from typing import Final

import pandas as pd

from planner.sources import us_read

LIST: Final = "remedy_sources"


@cache
def rule(name: str) -> float:
    """Return a figure that the tables on remedies rest on."""
    rows = us_read.curated("remedy_rules").set_index("name")["value"]
    return float(rows.to_dict()[name])


def documents() -> pd.DataFrame:
    """Return the documents of the pack and those on remedies."""
    both = [us_read.curated("sources"), us_read.curated(LIST)]
    return pd.concat(both, ignore_index=True).drop_duplicates("source")


def dated(rows: pd.DataFrame) -> pd.DataFrame:
    """Fill `known_on` by the day of publication of the document where it is not given."""
    days = rows["source"].map(documents().set_index("source")["published_on"])
    if "known_on" not in rows:
        return rows.assign(known_on=days)
    return rows.assign(known_on=rows["known_on"].where(rows["known_on"].fillna("") != "", days))
