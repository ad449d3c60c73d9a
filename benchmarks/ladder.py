"""Time each part of the ladder over everything shipped, as a multiple of the run nothing built.

`.venv/bin/python benchmarks/ladder.py [GRID]`: one process, one pass; the ratio is what counts,
seconds depend on the machine. The causes of all late sites are to stay within 10 times one run.
"""

import sys
import time

import planner
from planner import ladder


def parts(grid: list[str]) -> dict[str, float]:
    """Seconds of each part of the ladder, by the line of progress that opens it."""
    case = planner.load_case(grids=grid) if grid else planner.load_case()
    marks: list[tuple[str, float]] = []
    ladder.climb(case, tell=lambda line: marks.append((line, time.perf_counter())))
    marks.append(("", time.perf_counter()))
    return {marks[k][0]: marks[k + 1][1] - marks[k][1] for k in range(len(marks) - 1)}


def main() -> None:
    """Print one line for each part."""
    seconds = parts(sys.argv[1:])
    one = seconds["run: plain"]
    for part, spent in seconds.items():
        print(f"{part:<28} {spent:6.1f} s {spent / one:6.1f} x")


if __name__ == "__main__":
    main()
