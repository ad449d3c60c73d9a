"""How sure: the same question drawn many times, and how often each promise is kept."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from planner import batch, cluster, draws, odds
from planner.batch import Task
from planner.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from planner.batch import Batch
    from planner.case import Case
    from planner.odds import Ensemble

BATCH: Final = 50
UNUSED: Final = (
    "build_limits",
    "candidates",
    "capex_multipliers",
    "line_candidates",
    "load_duration",
    "published",
    "remedies",
    "revisions",
    "sources",
)


@dataclass(frozen=True)
class Effort:
    """How many draws, and who works.

    Attributes
    ----------
    draws, seed
        Number of draws, and any whole number: the same seed gives the same answer.
    workers, address
        Processes of this machine, or a Dask scheduler that runs already.
    causes_every
        In each tenth draw (1: in all, 0: in none) limits of supply, import and delivery are told
        apart by lifting them; the other draws of a site are shared out alike.
    until_se
        Stop after the batch in which the largest standard error of a site's probability is no more
        than this.
    """

    draws: int = 1000
    seed: int = 7
    workers: int = 1
    address: str | None = None
    causes_every: int = 10
    until_se: float | None = None

    def __post_init__(self) -> None:
        """Refuse values that cannot be meant."""
        told = [
            f"{name} is {value}; it must be at least {low}."
            for name, value, low in (
                ("draws", self.draws, 1),
                ("seed", self.seed, 0),
                ("workers", self.workers, 1),
                ("causes_every", self.causes_every, 0),
            )
            if value < low
        ]
        if self.until_se is not None and not 0 < self.until_se < 1:
            told.append(f"until_se is {self.until_se}; write a fraction, 0.01 for 1 %.")
        if told:
            raise DataError(told)


def identity(case: Case, effort: Effort) -> str:
    """Return a name that changes with every row, assumption and number the draws stand on."""
    given = f"{effort.seed}|{effort.causes_every}|{BATCH}|{case.assumptions}"
    digest = sha256(given.encode())
    for name, table in sorted(vars(case).items()):
        if isinstance(table, pd.DataFrame) and name not in UNUSED:
            digest.update(f"|{name}|{','.join(table)}".encode())
            digest.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def tasks(case: Case, effort: Effort) -> list[Task]:
    """Split draws into batches; the split does not depend on who works.

    Raises
    ------
    DataError
        The stance counts on realised shares already, or megawatts are shared out pro rata.
    """
    problems = []
    if case.assumptions.stance == "expected":
        problems.append("stance is 'expected'; the ensemble draws what comes: choose 'announced'.")
    if case.assumptions.allocation == "prorata":
        problems.append("allocation is 'prorata'; the ensemble knows queue and most.")
    if problems:
        raise DataError(problems)
    key = identity(case, effort)
    light = case.but(**{name: pd.DataFrame() for name in UNUSED})
    return [
        Task(light, effort.seed, start, min(start + BATCH, effort.draws), effort.causes_every, key)
        for start in range(0, effort.draws, BATCH)
    ]


def run(
    case: Case,
    effort: Effort,
    *,
    kept: Mapping[int, Batch] | None = None,
    keep: Callable[[Batch], None] | None = None,
    tell: Callable[[str], None] | None = None,
) -> Ensemble:
    """Draw a question many times.

    Parameters
    ----------
    case
        The question, as from :func:`planner.load_case`.
    effort
        How many draws, and who works.
    kept, keep
        Batches that are there already, by their first draw; what is done with a new one.
    tell
        Takes a line of progress.

    Raises
    ------
    DataError
        The question cannot be drawn.
    ClusterError
        The workers cannot be reached.
    """
    every = tasks(case, effort)
    there = {one.start: kept[one.start] for one in every if kept and one.start in kept}
    asked = batch.assessed(case, draws.asked(case))
    meter = _Meter(asked, effort.until_se)
    meter.take(every, there)
    missing = [one for one in every if one.start not in there]
    if missing and not meter.enough:
        for found in cluster.spread(
            batch.solve, missing, workers=effort.workers, address=effort.address
        ):
            if keep is not None:
                keep(found)
            there[found.start] = found
            meter.take(every, there)
            if tell is not None:
                tell(f"{sum(map(len, there.values()))} of {effort.draws} draws{meter.told()}")
            if meter.enough:
                break
    parts = [there[one.start] for one in every[: meter.batches]]
    return odds.summary(case, effort.seed, asked, parts)


class _Meter:
    """Standard errors so far, over batches in order, so that a stop is the same for all workers."""

    def __init__(self, asked: pd.DataFrame, until_se: float | None) -> None:
        self.sites = odds.homes(asked)
        self.until_se = until_se
        self.batches = self.draws = 0
        self.hits = np.zeros(len(self.sites[0]))
        self.enough = False

    def take(self, every: list[Task], there: Mapping[int, Batch]) -> None:
        """Count the batches that are there now and follow without a gap, until there is enough."""
        for one in _in_order(every[self.batches :], there):
            if self.enough:
                return
            self.batches += 1
            self.draws += len(one)
            self.hits += odds.on_time(one.late_mw, self.sites).sum(axis=0)
            self.enough = self.until_se is not None and self.largest() <= self.until_se

    def largest(self) -> float:
        """Largest standard error of a site."""
        return float(odds.standard_error(self.hits, self.draws).max(initial=0.0))

    def told(self) -> str:
        """Say how far it has converged."""
        return f"; standard error at most {self.largest():.3f}" if self.draws else ""


def _in_order(every: list[Task], there: Mapping[int, Batch]) -> Iterator[Batch]:
    for one in every:
        if one.start not in there:
            return
        yield there[one.start]


def on_time_probability(
    case: Case, draws: int = 1000, seed: int = 7, *, by: str = "site", workers: int = 1
) -> pd.DataFrame:
    """Say how likely each promise is kept.

    Parameters
    ----------
    case
        The question, as from :func:`planner.load_case`; its table `uncertainty` is drawn from, as
        it was known on the as-of date.
    draws, seed
        Number of draws, and any whole number: the same seed gives the same table.
    by
        `site` or `step`.
    workers
        Processes; more than one needs the extra `cluster`.

    Returns
    -------
    pd.DataFrame
        As the tables `sites` and `steps` of :class:`planner.odds.Ensemble`.
    """
    found = run(case, Effort(draws=draws, seed=seed, workers=workers))
    return {"site": found.sites, "step": found.steps}[by]
