"""Publishers whose own files can be read, and where their current files lie: two tables of data."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING, Final

import pandas as pd

from planner import packs
from planner.columns import Table
from planner.schema import CONFIDENCE, date, text
from planner.validate import validate

if TYPE_CHECKING:
    from pathlib import Path

PUBLISHERS: Final = Table(
    "publishers",
    "Publishers whose own files `planner data import` reads",
    ("importer",),
    {
        "importer": text("Name of the importer"),
        "source": text("Key of its editions; the month of publication is added"),
        "publisher": text("Who publishes it"),
        "document": text("Title"),
        "address": text("Page where it is described"),
        "licence": text("Terms of use"),
        "confidence": text("Best confidence of a fact read from it", values=CONFIDENCE),
    },
)
DOWNLOADS: Final = Table(
    "downloads",
    "Where the files of a publisher lie, and which rows of a pack they renew",
    ("importer", "file"),
    {
        "importer": text("Name of the importer"),
        "file": text("Name of the file, as the importer knows it"),
        "address": text(
            "Where `planner data update` fetches it; {month} and {year} stand for those of a"
            " monthly edition",
            optional=True,
        ),
        "sha256": text("Of the edition that is known", optional=True),
        "published_on": date("Day of publication of that edition", optional=True),
        "fixed": text(
            "yes: the address gives that edition for ever, and another hash is a fault; else its"
            " hash only tells the edition",
            values=("yes",),
            optional=True,
        ),
        "grid": text("Shipped pack that it renews", optional=True),
        "table": text("Table of that pack", optional=True),
        "replaces": text("Sources whose rows it replaces, with spaces between", optional=True),
        "note": text("What to know", optional=True),
    },
)
BLOCK: Final = 1 << 20


@cache
def table(name: str) -> pd.DataFrame:
    """Read one of the two tables as text, empty where unknown."""
    described = {"publishers": PUBLISHERS, "downloads": DOWNLOADS}[name]
    path = packs.shelf("grids") / "common" / f"{name}.csv"
    cells = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8")
    validate(cells, described, file=f"grids/common/{name}.csv")
    return cells


def publisher(importer: str) -> dict[str, str]:
    """Return the row of a publisher, by the name of its importer."""
    rows = table("publishers")
    (row,) = rows[rows["importer"] == importer].to_dict("records")
    return {str(name): str(value) for name, value in row.items()}


def sha256(path: Path) -> str:
    """Return the hash of a file, read piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def edition(importer: str, path: Path) -> str:
    """Return the day of publication of a file whose hash is known, else nothing."""
    rows = table("downloads")
    rows = rows[(rows["importer"] == importer) & (rows["sha256"] != "")]
    if path.name not in {name.rpartition("/")[2] for name in rows["file"]}:
        return ""
    days = rows.loc[rows["sha256"] == sha256(path), "published_on"]
    return str(days.iloc[0]) if len(days) else ""
