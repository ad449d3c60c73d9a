"""A small answer with outlines, and names that a careless drawing would trip over."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
from shapely.geometry import box
from tiny import case, site

import planner

if TYPE_CHECKING:
    from pathlib import Path

    from planner.pipeline import Plan

SCRIPT: Final = "<script>alert(1)</script>"
COMMENT: Final = "--><svg onload=alert(1)>"
FORMULA: Final = '=HYPERLINK("http://example.org","x")'
TELUGU: Final = "విశాఖపట్నం డేటా సెంటర్"
HINDI: Final = "विशाखापत्तनम डेटा सेंटर"
LONG: Final = "Campus " + "x" * 193
MATHS: Final = "$5bn_{x $ campus"
BACKWARDS: Final = "abc\u202edef\u0007"
HOSTILE: Final = (SCRIPT, COMMENT, FORMULA, TELUGU, HINDI, LONG, MATHS, BACKWARDS)


def outlines(folder: Path) -> None:
    """Two squares of a degree, one above the other."""
    squares = {"NORTH": box(-1, 44.5, 1, 45.5), "SOUTH": box(-1, 43.5, 1, 44.5)}
    frame = gpd.GeoDataFrame({"region": list(squares)}, geometry=list(squares.values()), crs=4326)
    frame.to_file(folder / "regions.fgb", driver="FlatGeobuf", engine="pyogrio")


def plan(folder: Path, *sites: dict[str, Any], **given: Any) -> Plan:
    """Answer for a few sites in NORTH, where 100 MW are spare."""
    outlines(folder)
    question = dataclasses.replace(case(*sites, **given), folders=(folder,))
    return planner.check(question)


def hostile(folder: Path) -> Plan:
    """Eight campuses of 60 MW with names that must be escaped, shaped or shortened."""
    sites = [
        site(f"s{place}", lat=44.7 + 0.2 * (place % 4), lon=-0.7 + 0.9 * (place // 4),
             facility_mw=60.0, program=name[:12], operator=f"{name[:20]}; Other Ltd",
             announced_on=f"2024-01-{place + 1:02}") | {"name": name}
        for place, name in enumerate(HOSTILE)
    ]  # fmt: skip
    return plan(folder, *sites)


def simple(folder: Path) -> Plan:
    """Two campuses of 100 MW due by 2027 where 100 MW are spare and a line brings 50 MW.

    With the margin of 10 % that is enough for 136 MW; a third campus names no megawatts.
    """
    return plan(
        folder,
        site("first", lat=45.1, lon=-0.5, program="one", operator="Alpha; Beta"),
        site("second", lat=44.8, lon=0.5, program="two", operator="Beta",
             announced_on="2024-02-01"),
        site("third", lat=44.9, lon=0.0, facility_mw=None, mw_quality=None),
    )  # fmt: skip
