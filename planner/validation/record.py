"""Read what was published when, as it was known on a day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pandas as pd

from planner import packs
from planner.schema_validation import RECORD_TABLES, STATE_TABLES

if TYPE_CHECKING:
    from datetime import date

ENDS = ("ends_on_low", "ends_on", "ends_on_high", "months_low", "months", "months_high")


@dataclass(frozen=True)
class Record:
    """Facts of the record that were known on a day.

    Judgements published on that day itself (outlooks, states of a queue, ends of a wait) are
    left out: a question of the day is mostly about them.

    Attributes
    ----------
    outlooks, waits, requests, slips, states
        Tables of :mod:`planner.schema_validation`.
    """

    outlooks: pd.DataFrame
    waits: pd.DataFrame
    requests: pd.DataFrame
    slips: pd.DataFrame
    states: pd.DataFrame


@cache
def whole() -> dict[str, pd.DataFrame]:
    """Read the record with every fact, whenever known."""
    tables = packs.read(packs.shelf("grids") / "record", RECORD_TABLES)
    sites = packs.read(packs.shelf("sites") / "record", STATE_TABLES)
    return tables | {"states": sites["states"]}


def read(as_of: date) -> Record:
    """Read the record as it was known on a day.

    Raises
    ------
    DataError
        The tables are not right; every problem is listed.
    """
    day = pd.Timestamp(as_of)
    tables = whole()
    return Record(
        outlooks=before(tables["outlooks"], day),
        waits=_open_ended(tables["waits"][tables["waits"]["known_on"] <= day], day),
        requests=before(tables["requests"], day),
        slips=before(tables["slips"], day),
        states=tables["states"][tables["states"]["known_on"] <= day],
    )


def before(table: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Keep facts that were known before a day."""
    return table[table["known_on"] < day]


def _open_ended(waits: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Keep of the waits published on the day itself only that there is one."""
    fresh = waits["known_on"] == day
    waits = waits.copy()
    for column in ENDS:
        waits[column] = waits[column].mask(fresh)
    return waits
