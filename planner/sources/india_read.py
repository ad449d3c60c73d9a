"""Read what the Indian pack is built from: reference tables and the pack's own curated tables."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import pandas as pd

CURATED: Final = Path(__file__).resolve().parents[2] / "grids" / "india" / "curated"
FACTS: Final = ["source", "known_on", "confidence"]
SEASONS: Final = ("winter", "summer")
NATION: Final = "IN"
BARRED: Final = "RBI"  # stated as free for non-commercial use only


def curated(name: str, *numbers: str) -> pd.DataFrame:
    """Return a curated table as text, with some columns as numbers; empty is unknown."""
    frame = pd.read_csv(CURATED / f"{name}.csv", dtype=str, keep_default_na=False)
    return frame.assign(**{column: pd.to_numeric(frame[column]) for column in numbers})


def reference(folder: Path, name: str) -> pd.DataFrame:
    """Return a reference table without the rows of a source that bars commercial use."""
    frame = pd.read_csv(folder / "india_grid" / f"{name}.csv")
    if "source" not in frame:
        return frame
    return frame[~frame["source"].str.contains(BARRED)].reset_index(drop=True)


@cache
def constants() -> dict[str, float]:
    """Return the figures of the pack that stand alone, by name."""
    rows = curated("constants", "value")
    return dict(zip(rows["name"], rows["value"], strict=True))


@cache
def _keys() -> dict[str, str]:
    rows = curated("source_words")
    return dict(zip(rows["words"], rows["source"], strict=True))


@cache
def published() -> dict[str, str]:
    """Return the day of publication by key of a document."""
    rows = curated("sources")
    return dict(zip(rows["source"], rows["published_on"], strict=True))


def cited(frame: pd.DataFrame) -> pd.DataFrame:
    """Replace the words of the column `source` by keys; a row is known when it was published.

    Raises
    ------
    ValueError
        If source_words.csv lacks a document.
    """
    unknown = sorted(set(frame["source"]) - set(_keys()))
    if unknown:
        message = f"grids/india/curated/source_words.csv lacks {unknown}; add a row for each."
        raise ValueError(message)
    source = frame["source"].map(_keys())
    return frame.assign(source=source, known_on=source.map(published()))


def states(folder: Path) -> pd.DataFrame:
    """Return the states and union territories: `zone_id`, `name`, `parent`, `lat`, `lon`."""
    zones = reference(folder, "zones")
    return zones[zones["level"] == "state"].reset_index(drop=True)


def groups(folder: Path) -> pd.Series:
    """Return the regional grid of each state."""
    return states(folder).set_index("zone_id")["parent"]
