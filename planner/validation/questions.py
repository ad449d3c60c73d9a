"""Read cases and areas; what is right is kept apart from what may be read to answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from planner import packs
from planner.errors import DataError
from planner.schema_validation import AREAS, CASES, QUESTION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

MOST_SHOWN = 20
MONTH_DAYS = 30.4375


@dataclass(frozen=True)
class Question:
    """One question: only what may be read to answer it."""

    case_id: str
    as_of: date
    kind: str
    subject_kind: str
    subjects: tuple[str, ...]
    asked_mw: float | None
    target: pd.Timestamp
    season: str
    scope: str
    unit: str

    @property
    def target_year(self) -> int:
        """Calendar year of the target date."""
        return int(self.target.year)

    @property
    def months(self) -> float:
        """Months from the as-of date to the target date."""
        return float((self.target - pd.Timestamp(self.as_of)).days) / MONTH_DAYS


@dataclass(frozen=True)
class Areas:
    """Areas by id, each a list of zones of a grid pack."""

    table: pd.DataFrame

    @cached_property
    def _zones(self) -> dict[str, tuple[str, ...]]:
        zones = self.table.set_index("area_id")["region_ids"].fillna("")
        return {
            area: tuple(z.strip() for z in listed.split(";") if z.strip())
            for area, listed in zones.items()
        }

    @cached_property
    def _rows(self) -> dict[str, dict[str, Any]]:
        rows = self.table.set_index("area_id", drop=False).to_dict("index")
        return {str(area): dict(row) for area, row in rows.items()}

    def __contains__(self, area: str) -> bool:
        """Say whether the area is listed."""
        return area in self._rows

    def zones(self, areas: tuple[str, ...]) -> tuple[str, ...]:
        """Return the zones of areas taken together, each once."""
        return tuple(dict.fromkeys(zone for area in areas for zone in self._zones.get(area, ())))

    def share(self, area: str) -> float:
        """Return the share of its zones' load that belongs to an area; 1 where not known."""
        value = self._rows.get(area, {}).get("region_share")
        return 1.0 if value is None or pd.isna(value) else float(value)

    def kind(self, area: str) -> str:
        """Return the kind of an area, empty where it is not listed."""
        value = self._rows.get(area, {}).get("kind")
        return value if isinstance(value, str) else ""

    def around(self, area: str) -> list[str]:
        """List the areas that hold all zones of this one, the smallest first."""
        own = set(self._zones.get(area, ()))
        if not own:
            return []
        wider = [
            (len(zones), other)
            for other, zones in self._zones.items()
            if other != area and own <= set(zones)
        ]
        return [other for _, other in sorted(wider)]


def read_cases(path: Path) -> pd.DataFrame:
    """Read and check a table of cases.

    Raises
    ------
    DataError
        Every problem of the file, one line each.
    """
    return packs.lone_table(path, CASES)


def read_areas(path: Path) -> Areas:
    """Read and check a table of areas."""
    return Areas(packs.lone_table(path, AREAS))


def check_subjects(cases: pd.DataFrame, areas: Areas, file: str) -> None:
    """Refuse cases about areas that the table of areas does not hold.

    Raises
    ------
    DataError
        One line for each case with an unknown area.
    """
    problems = [
        f"{file}: case {question.case_id} is about the area {subject!r}, which is not in the"
        " table of areas; add it or correct the id."
        for question in questions(cases)
        if question.subject_kind != "site"
        for subject in question.subjects
        if subject not in areas
    ]
    if problems:
        raise DataError(problems[:MOST_SHOWN])


def questions(cases: pd.DataFrame) -> Iterator[Question]:
    """Yield the questions alone: no column of what is right comes with them."""
    for row in cases[list(QUESTION)].to_dict("records"):
        yield Question(
            case_id=row["case_id"],
            as_of=row["as_of_date"].date(),
            kind=row["question_kind"],
            subject_kind=row["subject_kind"],
            subjects=tuple(part.strip() for part in row["subject"].split(";") if part.strip()),
            asked_mw=None if pd.isna(row["asked_mw"]) else float(row["asked_mw"]),
            target=row["target_date"],
            season=_text(row["target_season"]),
            scope=_text(row["scope"]),
            unit=_text(row["unit"]),
        )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
