"""Run the benchmarks and write docs/performance.md from that run.

`.venv/bin/python benchmarks/performance.py`: some minutes; needs linopy.
"""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import ensemble
import hours
import season

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
LIBRARIES = ("highspy", "linopy", "numpy", "pandas", "pulp")
OPENING = """\
# How fast it is

Written by `benchmarks/performance.py` from one run; do not edit. Ratios count; seconds are of
processor time, which a busy machine disturbs least, and depend on the machine.
"""
EXPLAINED = """
- **Build and hand-over**: the program of a half-year is small, so that HiGHS takes a ready matrix
  in less than a millisecond; PuLP takes a call for each variable, which alone is several times the
  4x asked. So the ratio cannot be met with PuLP at this size, and the half second is. It is done
  once, not once a half-year: bounds, limits and costs change on the loaded program.
- **linopy**: every program that the main job solves, rows built once a half-year as arrays, bounds
  and costs changed, handed over in memory to the same HiGHS on one thread. It keeps no basis from
  one program to the next, which the main job does. Imports and input are left out of both.
- **What-if**: the first solve holds the build, the hand-over and all stages of a half-year.
- **Growth**: copies of the grid beside each other, more sites on the same grid, or more half-years;
  the first four half-years, but for growth in half-years. Linear growth is 1x.
- **A rebuilt draw** is laid out anew, and each of its programs built and handed over anew; the main
  job, which keeps its program from one half-year to the next, stands beside it. Draws a minute are
  those of whole batches, causes included, once the processes have loaded the question.

## Years and hours

The problem M (134 regions, 11 years of 24 hours) by decomposition, its adequacy, the stress variant
and their draws are measured on [a page of their own](decomposition.md), since one program of that
size runs for minutes.
"""


def table(found: Iterable[season.Ratio]) -> list[str]:
    """Lines of the table of ratios."""
    lines = [
        "| what | against | seconds | ratio | asked | | |",
        "|---|---|---:|---:|---:|---|---|",
    ]
    for row in found:
        asked = f"{'at least' if row.at_least else 'at most'} {row.goal:g}x"
        lines.append(
            f"| {row.what} | {row.against} | {row.mine_s:.3g} / {row.other_s:.3g} |"
            f" {row.ratio:.3g}x | {asked} | {'met' if row.met else '**not met**'} | {row.note} |"
        )
    return lines


def page(found: list[season.Ratio], *, day: str, machine: str, versions: str) -> str:
    """Write the page."""
    unmet = "; ".join(row.what for row in found if not row.met)
    lines = [
        OPENING,
        f"{day}; {machine}; {versions}.",
        "",
        *table(found),
        "",
        f"Not met: {unmet or 'none of those measured'}.",
        EXPLAINED,
    ]
    return "\n".join(lines)


def machine() -> str:
    """Class of the machine: processors and kind."""
    return f"{os.cpu_count()} processors, {platform.machine()}, {platform.system()}"


def main() -> None:
    """Measure, print and write."""
    found: list[season.Ratio] = []
    for part in season.PARTS.values():
        for row in part():
            print(season.line(row), flush=True)
            found.append(row)
    for row in (hours.compared(), *ensemble.compared()):
        print(season.line(row), flush=True)
        found.append(row)
    versions = f"Python {platform.python_version()}"
    versions += "".join(f", {name} {version(name)}" for name in LIBRARIES)
    text = page(found, day=f"{datetime.now(UTC):%Y-%m-%d}", machine=machine(), versions=versions)
    draft = PAGE.with_suffix(".part")
    draft.write_text(text, encoding="utf-8", newline="\n")
    draft.replace(PAGE)


if __name__ == "__main__":
    main()
