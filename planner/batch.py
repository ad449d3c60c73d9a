"""One batch of draws: drawn, solved, and judged step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from planner import demand, drawn, draws, explain
from planner.replay import Replay

if TYPE_CHECKING:
    import pandas as pd

    from planner.case import Case
    from planner.replay import Numbers, Powered

type Array = np.ndarray

NEVER: Final = -1
CAUSES: Final = (
    "",
    "not built",
    "own delay",
    "build",
    "connection",
    "onsite",
    "delivery",
    "import",
    "supply",
    "grid",
)
CODE: Final = {name: at for at, name in enumerate(CAUSES)}
LIMITS: Final = ("delivery", "import", "supply")


@dataclass(frozen=True)
class Task:
    """Some draws of a question, for one process; `key` names the question and the seed."""

    case: Case = field(repr=False)
    seed: int
    start: int
    stop: int
    causes_every: int
    key: str


@dataclass(frozen=True)
class Batch:
    """What some draws gave.

    Attributes
    ----------
    start
        Number of the first draw.
    powered_on
        Day on which each step has all its megawatts, in days since 1970; -1: not by the horizon.
    late_mw
        Megawatts missing on the promised date.
    cause
        Place in `CAUSES` of what held them up.
    headroom_mw, shortage_mw
        By draw, region and period.
    """

    start: int
    powered_on: Array
    late_mw: Array
    cause: Array
    headroom_mw: Array
    shortage_mw: Array

    def __len__(self) -> int:
        """Return the number of draws."""
        return len(self.powered_on)


class _Loaded:
    """A question handed over to the solver, kept by a process for its next batch."""

    def __init__(self, case: Case) -> None:
        self.known = draws.basis(case)
        self.grids = drawn.grids(self.known)
        middle = drawn.numbers(self.grids, draws.middle(self.known))
        self.replays = [
            Replay(terms, numbers) for terms, numbers in zip(self.grids.terms, middle, strict=True)
        ]
        self.steps = assessed(case, self.known.asked)


_LOADED: dict[str, _Loaded] = {}


def assessed(case: Case, asked: pd.DataFrame) -> pd.DataFrame:
    """Keep the steps promised within the horizon, with the period of their promise."""
    numbers = demand.numbered(case.periods)
    rows = asked[asked["target"] <= numbers.iloc[-1]]
    at = rows["target"].clip(lower=numbers.iloc[0]).astype(int) - int(numbers.iloc[0])
    missed = rows["target"] < numbers.iloc[0]
    return rows.assign(at=at, target_period=numbers.index[at], missed=missed)


def solve(task: Task) -> Batch:
    """Draw and solve one batch; the same task gives the same bytes in every process."""
    if task.key not in _LOADED:
        _LOADED.clear()
        _LOADED[task.key] = _Loaded(task.case)
    loaded = _LOADED[task.key]
    every = task.causes_every
    numbers = range(task.start, task.stop)
    measured = [at for at, draw in enumerate(numbers) if every and draw % every == 0]
    found = draws.sample(loaded.known, task.seed, numbers)
    parts = drawn.numbers(loaded.grids, found)
    powered = [
        replay.run(part, measured) for replay, part in zip(loaded.replays, parts, strict=True)
    ]
    return _batch(loaded, found, parts, powered, measured)


def _batch(
    loaded: _Loaded,
    found: draws.Outcomes,
    parts: list[Numbers],
    powered: list[Powered],
    measured: list[int],
) -> Batch:
    count, periods = len(found.draws), len(loaded.grids.periods)
    place = {step: at for at, step in enumerate(loaded.known.asked["step"])}
    shape = (count, len(place))
    served = np.zeros((count, periods, len(place)))
    numbers = {name: np.zeros(shape) for name in ("mw", "target", "ready")}
    gain = np.zeros((*shape, 2))
    regions = np.zeros((count, len(loaded.grids.regions), periods))
    where = {region: at for at, region in enumerate(loaded.grids.regions)}
    for replay, part, one in zip(loaded.replays, parts, powered, strict=True):
        at = [place[row.step] for row in replay.layout.rows]
        served[:, :, at] = one.served
        for name, table in numbers.items():
            table[:, at] = getattr(part, name)
        here = [where[region] for region in replay.layout.regions]
        regions[:, here] = one.short.transpose(0, 2, 1)
        for draw, step, kind, mw in one.freed:
            gain[draw, at[step], LIMITS.index(kind)] = mw
    steps = _outcome(loaded, found, served, numbers)
    known = np.zeros((count, 1), dtype=bool)
    known[measured] = True
    freed = gain[:, steps.rows]
    supply = freed.max(axis=2) <= explain.TOLERANCE_MW
    limit = np.where(supply, LIMITS.index("supply"), freed.argmax(axis=2))
    open_ = (steps.cause == CODE["grid"]) & known
    cause = np.where(open_, CODE["delivery"] + limit, steps.cause)
    return Batch(
        start=found.draws.start,
        powered_on=steps.powered_on.astype(np.int32),
        late_mw=steps.late_mw.astype(np.float32),
        cause=cause.astype(np.int8),
        headroom_mw=drawn.headroom(loaded.grids, found).round(1).astype(np.float32),
        shortage_mw=regions.round(1).astype(np.float32),
    )


@dataclass(frozen=True)
class _Steps:
    rows: Array
    powered_on: Array
    late_mw: Array
    cause: Array


def _outcome(
    loaded: _Loaded, found: draws.Outcomes, served: Array, numbers: dict[str, Array]
) -> _Steps:
    """Judge each step in each draw: when it is powered, what is late, and whose fault it is."""
    asked = loaded.steps
    rows = asked.index.to_numpy()
    case = loaded.known.case
    asks = asked["mw"].to_numpy(dtype=float)
    got = served[:, :, rows]
    mw, target, ready = (numbers[name][:, rows] for name in ("mw", "target", "ready"))
    full = (got >= asks - explain.TOLERANCE_MW) & (mw > 0)[:, None]
    ever, first = full.any(axis=1), full.argmax(axis=1)
    starts = np.array([row.start for row in case.periods.itertuples()], dtype="datetime64[D]")
    due = asked["target_date"].to_numpy().astype("datetime64[D]") + found.delay_days[
        :, rows
    ].astype("timedelta64[D]")
    day = np.maximum(starts.astype(int)[first], due.astype(int))
    missed = asked["missed"].to_numpy(dtype=bool)
    at = asked["at"].to_numpy()
    on_date = np.where(missed, 0.0, got[:, at, np.arange(len(rows))])
    late = np.maximum(asks - on_date, 0.0).round(6)
    grid = asked["on_grid"].to_numpy(dtype=bool)
    began = int(demand.numbered(case.periods).iloc[0])
    own = (
        ever & (first + began <= np.maximum(target, began)) & (target > asked["target"].to_numpy())
    )
    waiting = grid & (ready > target)
    cause = np.select(
        [
            late <= explain.TOLERANCE_MW,
            mw <= 0,
            missed & ever & (first == 0) & ~waiting,
            own,
            np.broadcast_to(~grid, late.shape),
            waiting,
        ],
        [0, *(CODE[name] for name in ("not built", "build", "own delay", "onsite", "connection"))],
        CODE["grid"],
    )
    return _Steps(rows, np.where(ever, day, NEVER), late, cause)
