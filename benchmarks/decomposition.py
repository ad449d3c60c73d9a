"""Ratios of years and hours apart: decomposition against one program, and draws a minute.

`.venv/bin/python benchmarks/decomposition.py [SECONDS]`: writes docs/decomposition.md from the run.
One program at size M is stopped after SECONDS (180; the first-order method twice that) on the
clock; a ratio against one that was stopped is an upper bound. Every solve is a process of its own,
one after the other; its processor time counts, without imports.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import measure
import performance
import reference
import season

from planner import decomposition, highs
from planner.decomposition_draws import Draws

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.hours_block import Block
    from planner.model_annual import Annual

PAGE = Path(__file__).resolve().parents[1] / "docs" / "decomposition.md"
LIMIT_S = 180
DRAWS = 20
FIRST_DRAW = 100
PROCESSES = 2
LARGEST_MB = 1024
LIBRARIES = ("highspy", "numpy", "pulp")
SIMPLEX, FIRST_ORDER = "choose", "pdlp"
LONGER = 2

OPENING = """\
# Years and hours apart

Written by `benchmarks/decomposition.py` from one run; do not edit. Seconds are of processor time,
without imports, one process each.

## How

- **Years** (`planner/model_annual.py`): what is built and served, build limits, the reserve
  margin, in PuLP with named rows; handed over to HiGHS once and kept loaded.
- **Hours** (`planner/hours_block.py`): operation in each period, as arrays; one program a period,
  loaded once. Decisions move its bounds and sides. The same arrays make one program for the
  tests.
- **Rounds** (`planner/decomposition.py`): years propose, hours answer with prices, which go back
  as cuts. Regions that no line with a price joins are priced apart, and each price is tried in
  every period, for what is a price in one year is one in all. Where only service counts, years
  propose a point amid the plans of least cost (interior point, no crossover) and hours are asked
  there and half-way to the best plan; with fuel costs years propose a corner and hours are asked
  half-way.
- **Bounds**: the lower one is computed from the prices by weak duality, the upper one from a plan
  that keeps every row to 1e-6 MW, so neither leans on a tolerance of the solver. The gap is
  always told.
- **Draws** (`planner/decomposition_draws.py`): other loads, ramps and potentials change bounds
  and sides; cuts keep their weights and get other constants. Cuts of the base case and four draws
  are kept, each draw starts from them and from the same bases: its answer depends on no other
  draw.

Tests hold the decomposition against one program on small cases to 1e-6
(`tests/test_decomposition.py`).

## The reference problem

Seeded, and no real place (`benchmarks/reference.py`). S: 20 regions, 40 links, 30 sites; M: 134
regions, 300 links, 200 sites; 11 years of 24 hours; nine technologies and storage. Full: fuel
cost by technology. Adequacy: service, reserve and unserved load alone. Stress: no reserve margin
and imports that count double, so that hours and lines bind.
"""
DRAWN = f"""\
## Draws a minute

Two processes at once, {DRAWS} draws each, after loading: on the clock, and as it would be if each
had a processor to itself.
"""
ELSE = """\
Tried once and stopped without an optimum, on the same problems and a busy machine: M full with
HiPDLP to 1e-4 (260 s) and with interior point to 1e-4 (108 s); adequacy with interior point (127
s), with simplex (178 s); stress with interior point (160 s), with simplex (196 s). PDLP calls
1e-4 optimal what may break rows by some megawatts and miss the optimum by more than 1e-4; the
decomposition does not.

Not as in the reference of the table: fuel cost and potentials are other figures, technologies
that are not built have no columns for it, and bounds that no decision moves are not rows. So the
full problem M has 604,406 columns and 365,925 rows as one program.
"""


@dataclass(frozen=True)
class Run:
    """What one solve came to."""

    cpu_s: float
    wall_s: float
    peak_mb: float
    done: bool
    told: str


def problem(name: str, kind: str, variant: str) -> tuple[Annual, Sequence[Block]]:
    """A reference problem: full or adequacy, plain or stress."""
    drawn = reference.world(name, stress=variant == "stress")
    return reference.problem(drawn, fuel=kind == "full")


def apart(name: str, kind: str, variant: str, gap: str) -> str:
    """Solve by decomposition."""
    annual, blocks = problem(name, kind, variant)
    solver = decomposition.Decomposition(
        annual, blocks, central=kind != "full", half_way=name == "M", tell=_told
    )
    found = solver.solve(float(gap))
    return f"gap {found.gap:.1e}, {found.rounds} rounds, {found.cuts} cuts, {found.cost:.8g}"


def whole(*words: str) -> str:
    """Solve as one program, or stop: name, kind, variant, solver, gap, seconds."""
    name, kind, variant, solver, gap, limit_s = words
    program = decomposition.together(*problem(name, kind, variant))
    live = highs.passed(program)
    live.setOptionValue("time_limit", float(limit_s))
    live.setOptionValue("solver", solver)
    live.setOptionValue("pdlp_optimality_tolerance", float(gap))
    live.setOptionValue("kkt_tolerance", float(gap))
    live.run()
    size = f"{program.num_col_:,} columns, {program.num_row_:,} rows"
    if "kOptimal" not in str(live.getModelStatus()):
        return f"STOPPED; {size}"
    return f"{live.getInfo().objective_function_value:.8g}; {size}"


def draw(variant: str, number: int) -> tuple[Annual, Sequence[Block]]:
    """A draw of the adequacy problem M, or the base case."""
    base = reference.world("M", stress=variant == "stress")
    return reference.problem(base if number < 0 else reference.drawn(base, number), fuel=False)


def draws(variant: str, gap: str, first: str) -> str:
    """Seconds on the clock and of the processor for some draws, after loading."""
    loaded = Draws(partial(draw, variant), float(gap))
    begun, cpu = time.perf_counter(), time.process_time()
    found = [loaded.answer(int(first) + at) for at in range(DRAWS)]
    spent = time.perf_counter() - begun, time.process_time() - cpu
    worst = max(each.gap for each in found)
    return json.dumps([*spent, worst, max(each.rounds for each in found)])


def _told(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


# --- processes -----------------------------------------------------------------------------------


def begun(*command: str) -> subprocess.Popen[str]:
    """Start this script on one solve."""
    words = [sys.executable, __file__, *command]
    return subprocess.Popen(  # noqa: S603 - this script, with the arguments of a benchmark
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def ended(process: subprocess.Popen[str]) -> Run:
    """Wait for a solve."""
    text, _ = process.communicate()
    if process.returncode:
        message = f"a solve ended with {process.returncode}"
        raise RuntimeError(message)
    found = Run(**json.loads(text.splitlines()[-1]))
    print(found, flush=True)
    return found


def one(command: list[str]) -> None:
    """Solve what is asked, and print what it took as JSON."""
    work: dict[str, Any] = {"apart": apart, "whole": whole, "draws": draws}
    wall, cpu = time.perf_counter(), time.process_time()
    told = work[command[0]](*command[1:])
    row = {
        "cpu_s": time.process_time() - cpu,
        "wall_s": time.perf_counter() - wall,
        "peak_mb": measure.own_peak_mb(),
        "done": not told.startswith("STOPPED"),
        "told": told,
    }
    print(json.dumps(row))


# --- the page ------------------------------------------------------------------------------------


def ratio(  # noqa: PLR0913, PLR0917
    what: str, case: tuple[str, ...], gap: str, against: str, most: float, limit_s: int
) -> season.Ratio:
    """One line of the table."""
    mine = ended(begun("apart", *case, gap))
    limit_s *= LONGER if against == FIRST_ORDER else 1
    other = ended(begun("whole", *case, against, gap, str(limit_s)))
    named = {SIMPLEX: "simplex", FIRST_ORDER: "PDLP"}[against]
    stopped = "" if other.done else f", stopped after {other.cpu_s:.0f} s"
    note = f"{mine.told}; {mine.wall_s:.0f} s on the clock, {mine.peak_mb:.0f} MB; one LP: "
    note += f"{other.told}; {other.peak_mb:.0f} MB"
    row = season.Ratio(what, f"one LP, {named}{stopped}", mine.cpu_s, other.cpu_s, most, note=note)
    print(season.line(row), flush=True)
    if mine.peak_mb > LARGEST_MB:
        print(f"{what}: ABOVE {LARGEST_MB} MB", flush=True)
    return row


def throughput(variant: str, gap: str, least: int) -> list[str]:
    """Draws a minute of two processes at once."""
    pair = [begun("draws", variant, gap, str(FIRST_DRAW + DRAWS * at)) for at in range(PROCESSES)]
    runs = [json.loads(ended(each).told) for each in pair]
    on_clock = DRAWS * PROCESSES * 60 / max(run[0] for run in runs)
    of_cpu = sum(DRAWS * 60 / run[1] for run in runs)
    met = "met" if on_clock >= least else "**not met**"
    worst = max(run[2] for run in runs)
    row = (f"| adequacy M{', stress' if variant == 'stress' else ''}, to {gap} | {on_clock:.0f} |"
           f" {of_cpu:.0f} | at least {least} | {met} | largest gap {worst:.1e},"
           f" at most {max(run[3] for run in runs)} rounds |")  # fmt: skip
    print(row, flush=True)
    return [row]


def page(ratios: list[season.Ratio], many: list[str], head: str) -> str:
    """Write the page."""
    return "\n".join(
        [
            OPENING,
            f"## Ratios\n\n{head}\n",
            *performance.table(ratios),
            "",
            "A ratio against a program that was stopped is an upper bound.",
            "",
            ELSE,
            DRAWN,
            "| what | on the clock | by processor time | asked | | |",
            "|---|---:|---:|---:|---|---|",
            *many,
            "",
        ]
    )


def main() -> None:
    """Measure, print and write."""
    limit = int(sys.argv[1]) if sys.argv[1:] else LIMIT_S
    full, plain, stress = (
        ("M", "full", "plain"), ("M", "adequacy", "plain"), ("M", "adequacy", "stress"),
    )  # fmt: skip
    many = [*throughput("plain", "1e-6", 100), *throughput("stress", "1e-4", 10)]
    ratios = [
        ratio("full problem S, to 1e-6", ("S", *full[1:]), "1e-6", SIMPLEX, 0.1, limit),
        ratio("adequacy S, stress, to 1e-6", ("S", *stress[1:]), "1e-6", SIMPLEX, 0.1, limit),
        ratio("full problem M, to 1e-4", full, "1e-4", FIRST_ORDER, 0.25, limit),
        ratio("adequacy M, to 1e-6", plain, "1e-6", SIMPLEX, 0.1, limit),
        ratio("adequacy M, stress, to 1e-6", stress, "1e-6", SIMPLEX, 0.1, limit),
    ]
    versions = f"Python {platform.python_version()}"
    versions += "".join(f", {name} {version(name)}" for name in LIBRARIES)
    head = f"{datetime.now(UTC):%Y-%m-%d}; {performance.machine()}; {versions}."
    draft = PAGE.with_suffix(".part")
    draft.write_text(page(ratios, many, head), encoding="utf-8", newline="\n")
    draft.replace(PAGE)


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in {"apart", "whole", "draws"}:
        one(sys.argv[1:])
    else:
        main()
