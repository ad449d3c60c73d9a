"""Time the ensemble over everything shipped against a rebuild for every draw, in one run.

`.venv/bin/python benchmarks/ensemble.py [DRAWS]`: draws a minute on one process and on two, with
the model built anew for each draw and with the loaded one, the share of the time that batches cost
beside solving, and memory. Processor time is shown beside wall time, for a machine with other work.
The goals: 20 times as fast as rebuilding, 1,000 draws a minute on two cores, 1.7 times with a
second worker, batches under 5 %. A rebuilt draw is laid out anew and each of its programs is built
and handed over anew; beside it stands the main job, which keeps its program from one half-year to
the next.
"""

import resource
import statistics
import sys
import time
from dataclasses import replace
from unittest.mock import patch

import planner
from planner import batch, cluster, demand, drawn, draws, ensemble, horizon, match, model, pipeline
from planner.batch import Task
from planner.replay import Replay

DRAWS = 200
REBUILT = 3
MINUTE = 60.0
KILOBYTES_PER_MB = 1024


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


def rebuilt(known: draws.Basis, engine: type) -> tuple[float, float]:
    """Median wall and processor seconds of a rebuilt draw."""
    found = draws.sample(known, 7, range(REBUILT))
    spent = []
    for draw in range(REBUILT):
        start = clocks()
        rebuild(known, found, draw, engine)
        spent.append(since(start))
    wall, processor = (statistics.median(column) for column in zip(*spent, strict=True))
    return wall, processor


ENGINES = {"rebuilt draw (goal 20)": Anew, "main job, a draw": model.Engine}


def clocks() -> tuple[float, float]:
    """Wall and processor seconds."""
    return time.perf_counter(), time.process_time()


def since(start: tuple[float, float]) -> tuple[float, float]:
    """Wall and processor seconds since a moment."""
    now = clocks()
    return now[0] - start[0], now[1] - start[1]


def timed(tasks: list[Task], workers: int) -> float:
    """Wall seconds of batches after the processes have loaded the question."""
    warm = [replace(task, start=0, stop=1) for task in tasks[:workers]]
    start = 0.0
    done = cluster.spread(batch.solve, [*warm, *tasks], workers=workers)
    for count, _ in enumerate(done, 1):
        if count == workers:
            start = time.perf_counter()
    return time.perf_counter() - start


def parts(task: Task) -> dict[str, tuple[float, float]]:
    """Wall and processor seconds of one batch on this process, by part."""
    known = draws.basis(task.case)
    start = clocks()
    grids = drawn.grids(known)
    middle = drawn.numbers(grids, draws.middle(known))
    replays = [Replay(t, m) for t, m in zip(grids.terms, middle, strict=True)]
    spent = {"build and hand-over, once": since(start)}
    start = clocks()
    numbers = drawn.numbers(grids, draws.sample(known, task.seed, range(task.start, task.stop)))
    spent["draw and lay out a batch"] = since(start)
    start = clocks()
    for loaded, part in zip(replays, numbers, strict=True):
        loaded.run(part)
    spent["solve a batch"] = since(start)
    start = clocks()
    batch.solve(replace(task, stop=task.start + 1))
    spent["first draw of a process"] = since(start)
    return spent


def main() -> None:
    """Print figures and ratios."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS
    case = planner.load_case()
    tasks = ensemble.tasks(case, ensemble.Effort(draws=count))
    known = draws.basis(tasks[0].case)
    anew = {name: rebuilt(known, engine) for name, engine in ENGINES.items()}
    for name, (wall, processor) in anew.items():
        print(f"{name:<32} {wall:7.2f} s wall {processor:7.2f} s processor")
    size = tasks[0].stop - tasks[0].start
    spent = parts(tasks[0])
    for name, (seconds, busy) in spent.items():
        print(f"{name:<32} {seconds:7.2f} s wall {busy:7.2f} s processor")
    solve, lay_out = spent["solve a batch"], spent["draw and lay out a batch"]
    print(f"a draw of the loaded model       {solve[0] / size:7.3f} s wall", end=" ")
    print(f"{solve[1] / size:7.3f} s processor")
    each = [(a + b) / size for a, b in zip(solve, lay_out, strict=True)]
    for name, (wall, processor) in anew.items():
        print(f"{name} / loaded: {wall / each[0]:.1f} x wall", end=", ")
        print(f"{processor / each[1]:.1f} x processor")
    print(f"drawing and laying out           {lay_out[1] / solve[1]:7.1%} of solving")
    print(f"draws a minute of processor time {MINUTE / each[1]:7.0f} on a core")
    took = {workers: timed(tasks, workers) for workers in (1, 2)}
    for workers, taken in took.items():
        print(
            f"{workers} worker(s): {MINUTE * count / taken:,.0f} draws a minute (goal 1,000 on two)"
        )
    print(f"second worker                    {took[1] / took[2]:7.2f} x (goal 1.7)")
    for who, name in (
        (resource.RUSAGE_SELF, "this process"),
        (resource.RUSAGE_CHILDREN, "a worker"),
    ):
        print(f"memory, {name}: {resource.getrusage(who).ru_maxrss / KILOBYTES_PER_MB:,.0f} MB")


if __name__ == "__main__":
    main()
