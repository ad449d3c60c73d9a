"""What a column and a table are: kinds, units, limits and keys, also as pandera schemas."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandera.pandas as pa

type Kind = Literal["text", "number", "integer", "date", "flag"]

FIRST_YEAR: Final = 1880
LAST_YEAR: Final = 2150
DTYPES: Final = {
    "text": "str",
    "number": "float64",
    "integer": "int64",
    "date": "datetime64[us]",
    "flag": "bool",
}


@dataclass(frozen=True)
class Column:
    """One column: its kind, unit, meaning and limits; `default` stands in for an empty cell."""

    kind: Kind
    meaning: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()
    optional: bool = False
    default: str | None = None

    @property
    def dtype(self) -> str:
        """Type in a validated table; whole numbers that may be unknown are floats."""
        unsure = self.kind == "integer" and self.optional
        return "float64" if unsure else DTYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """One table: file name without suffix, key and columns."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: Mapping[str, Column] = field(default_factory=dict)
    required: bool = True

    @property
    def identity(self) -> tuple[str, ...]:
        """Columns that make a row unique: a fact may stand once per day it became known."""
        dated = "known_on" in self.columns and "known_on" not in self.key
        return (*self.key, "known_on") if dated else self.key

    def empty(self) -> pd.DataFrame:
        """Return the validated table without rows."""
        columns = {name: pd.Series(dtype=column.dtype) for name, column in self.columns.items()}
        return pd.DataFrame(columns)

    def pandera(self) -> pa.DataFrameSchema:
        """Return the table as a pandera schema, with unit and meaning as metadata."""
        import pandera.pandas as pa

        columns = {name: _pandera_column(column) for name, column in self.columns.items()}
        return pa.DataFrameSchema(
            columns,
            strict=True,
            name=self.name,
            description=self.meaning,
            unique=list(self.identity),
        )


def _pandera_column(column: Column) -> pa.Column:
    import pandera.pandas as pa

    checks = []
    if column.low is not None:
        checks.append(pa.Check.ge(column.low))
    if column.high is not None:
        checks.append(pa.Check.le(column.high))
    if column.values:
        checks.append(pa.Check.isin(column.values))
    return pa.Column(
        column.dtype,
        checks,
        nullable=column.optional,
        description=column.meaning,
        metadata={"unit": column.unit, "meaning": column.meaning},
    )
