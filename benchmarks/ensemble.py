"""Time the ensemble over everything shipped against a rebuild for every draw, in one run.

`.venv/bin/python benchmarks/ensemble.py [DRAWS]`: ratios of one draw and of 1,000, of a second
worker, and the share of the time that batches cost beside solving. A rebuilt draw is laid out anew,
and each of its programs is built and handed over anew; beside it stands the main job, which keeps
its program from one half-year to the next. Workers are timed on the clock once they have loaded the
question: they need a machine without other work.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING
from unittest.mock import patch

import measure
import season

import planner
from planner import (
    batch,
    cluster,
    demand,
    drawn,
    draws,
    ensemble,
    horizon,
    match,
    model,
    pipeline,
)
from planner.replay import Numbers, Replay

if TYPE_CHECKING:
    from planner.batch import Task

DRAWS = 400
REBUILT = 3
MINUTE_S = 60.0
ASKED = 1000


class Anew(model.Engine):
    """Hands over the program of every half-year anew."""

    def turn(self, window: model.Window) -> None:
        """Forget what is loaded."""
        self.live = None
        super().turn(window)


def rebuild(known: draws.Basis, found: draws.Outcomes, draw: int, engine: type) -> None:
    """Lay out one draw, build its programs and solve them."""
    one = draws.drawn_case(known, found, draw)
    placed = match.place(one)
    steps = demand.steps(one, placed)
    with patch.object(model, "Engine", engine):
        for terms in pipeline.gather(one, steps, demand.native(one, placed)):
            for _ in horizon.windows(terms):
                pass


def rebuilt(known: draws.Basis, engine: type) -> float:
    """Median processor seconds of a rebuilt draw."""
    found = draws.sample(known, 7, range(REBUILT))
    spent = []
    for draw in range(REBUILT):
        begun = time.process_time()
        rebuild(known, found, draw, engine)
        spent.append(time.process_time() - begun)
    return statistics.median(spent)


def loaded(task: Task) -> tuple[float, float]:
    """Processor seconds of a draw: drawing and laying out, and solving."""
    known = draws.basis(task.case)
    grids = drawn.grids(known)
    middle = drawn.numbers(grids, draws.middle(known))
    replays = [Replay(t, m) for t, m in zip(grids.terms, middle, strict=True)]
    size = task.stop - task.start

    def laid_out() -> list[Numbers]:
        return drawn.numbers(grids, draws.sample(known, task.seed, range(task.start, task.stop)))

    drawing, numbers = measure.seconds(laid_out, 3)

    def solved() -> list[object]:
        return [one.run(part) for one, part in zip(replays, numbers, strict=True)]

    solving, _ = measure.seconds(solved, 3, warm=False)
    return drawing / size, solving / size


def timed(tasks: list[Task], workers: int) -> float:
    """Seconds on the clock of batches after the processes have loaded the question."""
    warm = [replace(task, start=0, stop=1) for task in tasks[:workers]]
    start = 0.0
    done = cluster.spread(batch.solve, [*warm, *tasks], workers=workers)
    for count, _ in enumerate(done, 1):
        if count == workers:
            start = time.perf_counter()
    return time.perf_counter() - start


def compared(count: int = DRAWS) -> list[season.Ratio]:
    """One draw against a rebuilt one, 1,000 draws against a minute, two workers against one."""
    tasks = ensemble.tasks(planner.load_case(), ensemble.Effort(draws=count))
    known = draws.basis(tasks[0].case)
    anew, main_job = rebuilt(known, Anew), rebuilt(known, model.Engine)
    drawing, solving = loaded(tasks[0])
    draw = drawing + solving
    told = f"drawing {drawing / solving:.1%} of solving; the main job of a draw {main_job:.2f} s,"
    told += f" {main_job / draw:.1f}x"
    took = {workers: timed(tasks, workers) for workers in (1, 2)}
    minute = took[2] * ASKED / count
    pace = "; ".join(
        f"{workers} worker(s): {MINUTE_S * count / taken:,.0f} draws a minute"
        for workers, taken in took.items()
    )
    faster = season.Ratio("ensemble, a draw", "rebuild and solve it", draw, anew, 20, at_least=True)
    second = season.Ratio("a second worker", "one worker", took[2], took[1], 1.7, at_least=True)
    whole = season.Ratio("ensemble, 1,000 draws, two workers", "a minute", minute, MINUTE_S, 1)
    return [replace(faster, note=told), replace(whole, note=pace), second]


def main() -> None:
    """Print one line for each ratio."""
    for found in compared(*(int(one) for one in sys.argv[1:])):
        print(season.line(found), flush=True)


if __name__ == "__main__":
    main()
