"""Read the tables that the US builder starts from, with regions in place of the source's zones."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

CURATED = Path(__file__).resolve().parents[2] / "grids" / "us" / "curated"
FACTS = ["source", "known_on", "confidence"]


def curated(name: str) -> pd.DataFrame:
    """Return a curated table of the pack as text, empty where unknown."""
    return pd.read_csv(CURATED / f"{name}.csv", dtype=str, keep_default_na=False)


def reference(folder: Path, name: str) -> pd.DataFrame:
    """Return a table of the reference, plain or gzipped; codes of places stay text."""
    path = folder / f"{name}.csv"
    path = path if path.exists() else folder / f"{name}.csv.gz"
    return pd.read_csv(path, dtype={"county_fips": str})


@cache
def ids() -> pd.DataFrame:
    """Return region and pool by zone of the source."""
    return curated("region_ids").set_index("zone")


def region(zones: pd.Series) -> pd.Series:
    """Return the region of each zone."""
    return zones.map(ids()["region"])


def pool(zones: pd.Series) -> pd.Series:
    """Return the pool of each zone."""
    return zones.map(ids()["pool"])


@cache
def published() -> dict[str, str]:
    """Return the day of publication by key of a document."""
    return dict(curated("sources").set_index("source")["published_on"])


@cache
def keys() -> dict[str, str]:
    """Return the key of a document by the words with which the reference cites it."""
    return dict(curated("source_words").set_index("words")["source"])


def cited(frame: pd.DataFrame) -> pd.DataFrame:
    """Replace the words of the column `source` by keys, and add the day of publication."""
    words = frame["source"]
    unknown = sorted(set(words) - set(keys()))
    if unknown:
        message = f"source_words.csv lacks {unknown}"
        raise ValueError(message)
    return dated(frame.assign(source=words.map(keys())))


def dated(frame: pd.DataFrame) -> pd.DataFrame:
    """Fill `known_on` by the day of publication of the document where it is not given."""
    days = frame["source"].map(published())
    known = frame["known_on"].where(frame["known_on"] != "", days) if "known_on" in frame else days
    return frame.assign(known_on=known)


def numbers(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Turn columns of text into numbers; empty text is unknown."""
    return frame.assign(**{name: pd.to_numeric(frame[name]) for name in columns})
