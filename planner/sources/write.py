"""Write the tables of a pack as CSV: sorted by key, at most three decimals, empty for unknown."""

from __future__ import annotations

import gzip
import math
from typing import TYPE_CHECKING, Final

import pandas as pd

from planner import schema, schema_chronology, schema_hourly

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

DECIMALS: Final = 3
KNOWN: Final = schema.ALL_TABLES | schema_hourly.ALL_HOURLY_TABLES
CHRONOLOGY: Final = {entry.name: entry for entry in schema_chronology.TABLES}
PACKED: Final = ("hourly_load", "hourly_weather")


def tables(frames: dict[str, pd.DataFrame], out: Path) -> None:
    """Write every table to `out` under its own name."""
    out.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        text = as_csv(frame, KNOWN[name])
        (out / f"{name}.csv").write_text(text, encoding="utf-8", newline="\n")


def chronology(frames: dict[str, pd.DataFrame], out: Path) -> None:
    """Write the tables of hours to `out`, the long ones packed and the same bytes every time."""
    out.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        data = as_csv(frame, CHRONOLOGY[name]).encode()
        if name in PACKED:
            (out / f"{name}.csv.gz").write_bytes(gzip.compress(data, mtime=0))
        else:
            (out / f"{name}.csv").write_bytes(data)


def geometry(regions: gpd.GeoDataFrame, out: Path) -> None:
    """Write the outlines of regions to `regions.fgb` in `out`."""
    regions.to_file(out / "regions.fgb", driver="FlatGeobuf")


def countries(outlines: gpd.GeoDataFrame, out: Path) -> None:
    """Write the outlines of countries to `countries.fgb` in `out`, in their order."""
    outlines.to_file(out / "countries.fgb", driver="FlatGeobuf", SPATIAL_INDEX="NO")


def as_csv(frame: pd.DataFrame, table: schema.Table) -> str:
    """Return a table as CSV text with the columns of the schema in their order.

    Raises
    ------
    ValueError
        If a column is missing or unknown, or two rows share a key and the day they became known.
    """
    unlike = sorted(set(table.columns) ^ set(frame.columns))
    if unlike:
        message = f"{table.name}: columns {unlike} are missing or unknown."
        raise ValueError(message)
    texts = pd.DataFrame({name: frame[name].map(cell) for name in table.columns})
    order = [*table.key, *(["known_on"] if "known_on" in table.columns else [])]
    double = texts[texts.duplicated(order, keep=False)]
    if len(double):
        message = f"{table.name}: {len(double)} rows share a key, first {double.iloc[0].to_dict()}."
        raise ValueError(message)
    return str(texts.sort_values(order).to_csv(index=False, lineterminator="\n"))


def cell(value: object) -> str:
    """Return one value as text.

    Examples
    --------
    >>> cell(12.0), cell(0.12345), cell(None), cell(float("nan")), cell("p1")
    ('12', '0.123', '', '', 'p1')
    """
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        text = f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text
    return str(value)
