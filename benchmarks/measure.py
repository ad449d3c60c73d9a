"""What the benchmarks share: seconds of processor time, in this process or in a fresh one."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

REPEATS = 5


@dataclass(frozen=True)
class Child:
    """What a process took: seconds on the clock, of processor time, and megabytes at most."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def seconds[Made](
    work: Callable[[], Made], repeats: int = REPEATS, *, warm: bool = True
) -> tuple[float, Made]:
    """Median processor time of some runs, after one that does not count, and the last result.

    Processor time is what a shared machine disturbs least.
    """
    made = work() if warm else None
    spent = []
    for _ in range(repeats):
        begun = time.process_time()
        made = work()
        spent.append(time.process_time() - begun)
    assert made is not None  # noqa: S101 - there is at least one run
    return statistics.median(spent), made


def child(arguments: list[str]) -> Child:
    """Run Python in a fresh process and say what it took."""
    code = (
        "import json, resource, subprocess, sys, time;"
        "t = time.perf_counter();"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL,"
        " stderr=subprocess.DEVNULL);"
        "w = time.perf_counter() - t;"
        "r = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(json.dumps([w, r.ru_utime + r.ru_stime, r.ru_maxrss]))"
    )
    done = subprocess.run(  # noqa: S603 - Python itself, with the arguments of a benchmark
        [sys.executable, "-c", code, sys.executable, *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    wall, cpu, peak = json.loads(done.stdout)
    return Child(wall, cpu, peak / (1e6 if sys.platform == "darwin" else 1e3))


def children(*commands: list[str], repeats: int = 3) -> list[Child]:
    """Run commands in turn, again and again, and take the medians of each."""
    runs = [[child(command) for command in commands] for _ in range(repeats)]
    return [
        Child(
            *(statistics.median(getattr(run[at], name) for run in runs)
              for name in ("wall_s", "cpu_s", "peak_mb"))
        )
        for at in range(len(commands))
    ]  # fmt: skip


def own_peak_mb() -> float:
    """Most memory that this process has held [MB]."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)
