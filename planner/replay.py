"""One grid, handed over to the solver once and solved for many draws: only numbers change.

The stages are those of :mod:`planner.stages` under the rules `queue` and `most`: while each pool is
by itself, each part of the grid that shares nothing with another is solved alone, then the whole.
Each solve starts from the basis that the same draw had in the same program a year before, the first
ones from those of a reference draw, so that what a draw gives does not depend on others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from planner import horizon, model, parts
from planner.errors import SolverError
from planner.part import YEAR, Now, Part, Stage, Starts, places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.terms import Terms

type Array = np.ndarray


@dataclass(frozen=True)
class Numbers:
    """What draws change in one grid; the first axis of each array is the draw.

    Attributes
    ----------
    spare
        Accredited less required megawatts, by region and period.
    unnamed
        Unnamed datacenters, by region and period [MW].
    mw, target, ready
        Megawatts of each step, and the half-years from which it asks and may draw.
    plants
        Accredited own plant, by site with plant and period [MW].
    """

    spare: Array
    unnamed: Array
    mw: Array
    target: Array
    ready: Array
    plants: Array

    def __len__(self) -> int:
        """Return the number of draws."""
        return len(self.spare)


@dataclass(frozen=True)
class Powered:
    """What draws gave: `served` by draw, period and step, `short` by draw, period and region [MW].

    `freed` holds, for the draws that were measured, what lifting a kind of limit frees for a step
    on its date: (`draw`, `step`, `kind`, `mw`).
    """

    served: Array
    short: Array
    freed: list[tuple[int, int, str, float]]


class Replay:
    """The loaded programs of one grid.

    Parameters
    ----------
    terms
        Numbers of the grid with every step, plant and unnamed datacenter that any draw may have.
    reference
        One draw, whose bases are the start of all solves.
    """

    def __init__(self, terms: Terms, reference: Numbers) -> None:
        if terms.allocation == "prorata":
            message = "a loaded program shares out by queue or most; prorata is solved anew."
            raise SolverError(message)
        self.terms = terms
        self.layout = layout = model.Layout(terms)
        self.numbers = [int(number) for number in terms.periods]
        own = [Part(one, layout) for one in parts.by_themselves(layout)]
        self.stages = [own, [Part(terms, layout)]] if layout.between else [own]
        rows = layout.rows
        self.on_grid = np.array([row.on_grid for row in rows], dtype=bool)
        self.has_plant = np.array([row.site in layout.plants for row in rows], dtype=bool)
        place = np.array([row.Index for row in rows], dtype=float)
        self.rank = 1 + model.QUEUE_SPREAD * (1 - place / max(len(terms.steps), 1))
        self.unnamed_at = np.array([at for at, _ in layout.with_unnamed], dtype=int)
        names = [str(name) for name in terms.periods.index]
        self.margin = 1 + np.array([layout.margin[name] for name in names])
        self.rooms = np.array(
            [[layout.limit(rooms, name) for rooms in layout.rooms.values()] for name in names]
        )
        self._find_sums()
        self.bases: dict[Any, Any] = {}
        self.run(reference, always=True)

    def _find_sums(self) -> None:
        """Note which steps make up a region, a pocket or a site."""
        layout, rows = self.layout, self.layout.rows
        sites, pockets = list(layout.steps_of), list(layout.rooms)
        self.region_of = places(
            [row.region if row.on_grid else None for row in rows], layout.regions
        )
        self.site_of = places([row.site for row in rows], sites)
        self.pocket_of = places([row.pocket if row.on_grid else None for row in rows], pockets)
        home = {row.site: row.region for row in rows if row.on_grid}
        at_home = places([home.get(site) for site in sites], layout.regions)
        count = len(layout.regions)
        self.by_region = Sums(
            np.concatenate([self.region_of, self.unnamed_at, self.unnamed_at]), count
        )
        self.at_home = Sums(at_home, count)
        self.by_site = Sums(self.site_of, len(sites))
        self.by_pocket = Sums(self.pocket_of, len(pockets))

    def run(
        self, numbers: Numbers, measured: Sequence[int] = (), *, always: bool = False
    ) -> Powered:
        """Solve some draws, half-year by half-year.

        Parameters
        ----------
        numbers
            The draws.
        measured
            Draws in which kinds of limits are lifted in turn for steps that miss their date.
        always
            Solve what can be shown to change nothing, too, and keep the bases for others.

        Raises
        ------
        SolverError
            The solver finds no optimum.
        """
        count, periods, steps = len(numbers), len(self.numbers), len(self.layout.rows)
        served = np.zeros((count, periods, steps))
        short = np.zeros((count, periods, len(self.layout.regions)))
        held = np.zeros((count, steps + len(self.unnamed_at)))
        freed: list[tuple[int, int, str, float]] = []
        starts = Starts(self.bases)
        for at in range(periods):
            now = self._enter(at, numbers, held)
            values, short[:, at] = self._decide(now, starts, always=always)
            served[:, at] = values[:, :steps]
            late, new = np.split(values[:, steps:], 2, axis=1)
            held = np.hstack([values[:, :steps], late + new])
            freed += self._freed(now, numbers, served[:, at], measured, starts)
            if always:
                self.bases |= {
                    (program, at): basis
                    for (program, season, _), basis in starts.last.items()
                    if season == at % YEAR
                }
        tiny = horizon.NOISE_MW
        served[np.abs(served) < tiny] = 0.0
        short[np.abs(short) < tiny] = 0.0
        return Powered(served.round(6), short.round(6), freed)

    def _enter(self, at: int, numbers: Numbers, held: Array) -> Now:
        """Lay out one half-year of all draws."""
        number, after = self.numbers[at], min(at + 1, len(self.numbers) - 1)
        both = [at, after]
        steps = numbers.mw.shape[1]
        has = np.minimum(held[:, :steps], numbers.mw)
        may = (numbers.target <= number) & ((numbers.ready <= number) | self.has_plant)
        asked = numbers.unnamed[:, self.unnamed_at, at]
        before = numbers.unnamed[:, self.unnamed_at, at - 1] if at else np.zeros(asked.shape)
        kept = np.minimum(held[:, steps:], asked)
        old = np.maximum(kept, np.minimum(asked, before))
        rooms = np.maximum(self.rooms[both][:, None], self.by_pocket(has))
        spare = numbers.spare[:, :, both].transpose(2, 0, 1)
        order = spare.argsort(axis=2, kind="stable").argsort(axis=2) / spare.shape[2]
        tier = np.where(numbers.target == number, model.ON_TIME_WEIGHT, model.LATE_WEIGHT)
        last = 1 - 1 / spare.shape[2]
        rank = 1 - model.QUEUE_SPREAD * (last - order[0][:, self.unnamed_at])
        worth = [tier * self.rank, model.LATE_WEIGHT * rank, model.ON_TIME_WEIGHT * rank]
        return Now(
            at=at,
            after=after,
            draws=np.arange(len(numbers)),
            held=np.hstack([has, kept, np.zeros(asked.shape)]),
            most=np.hstack([np.where(may, numbers.mw, has), old, asked - old]),
            worth=np.hstack(worth),
            spare=spare,
            ties=model.SHORT_WEIGHT * (1 + model.QUEUE_SPREAD * np.sqrt(order)),
            plants=numbers.plants[:, :, both].transpose(2, 0, 1),
            rooms=rooms,
            unready=np.stack([numbers.ready > number, numbers.ready > number + 1]),
        )

    # --- stages ----------------------------------------------------------------------------------

    def _decide(self, now: Now, starts: Starts, *, always: bool = False) -> tuple[Array, Array]:
        """Run the stages; return what is wanted and given, and native shortage."""
        values = now.held.copy()
        for at, members in enumerate(self.stages):
            stage = Stage(
                now=now,
                starts=starts,
                values=values,
                left=np.stack([self._left(now, slot, values) for slot in range(2)]),
                short=np.zeros(now.spare.shape),
                dead=np.zeros(now.spare.shape, dtype=bool),
                told=at == len(self.stages) - 1,
                always=always,
            )
            open_ = self._open(stage)
            for slot in range(2):
                for part in members:
                    part.balance(stage, slot, open_)
                open_ = self._open(stage)
            for part in members:
                part.power(stage, open_)
        return values, stage.short[0]

    def _left(self, now: Now, slot: int, values: Array) -> Array:
        """Accredited megawatts less the requirement and what sites draw, by draw and region."""
        steps = len(self.on_grid)
        own = np.minimum(now.plants[slot], self.by_site(values[:, :steps]))
        share = self.terms.coincidence
        drawn = np.hstack([share * values[:, :steps], values[:, steps:]])
        margin = self.margin[now.places[slot]]
        load = self.by_region(drawn) - share * self.at_home(own)
        return np.asarray(now.spare[slot] - margin * load)

    def _open(self, stage: Stage) -> Array:
        """Find what may gain: it has room, and no limit of its own or of its region is met.

        In a dead region native load falls short by as much as is added, so only own plant helps.
        """
        now, dead, tiny = stage.now, stage.dead, model.TOLERANCE_MW
        room = now.most - stage.values > tiny
        given = stage.values[:, : len(self.on_grid)]
        shut = np.zeros(given.shape, dtype=bool)
        alone = np.where(self.site_of < 0, given, 0.0)
        for slot in range(2):
            plants, late = now.plants[slot], now.unready[slot]
            full = _at(self.by_site(given) >= plants - tiny, self.site_of, other=True)
            waiting = self.by_site(np.where(late, given, 0.0)) >= plants - tiny
            shut |= late & _at(waiting, self.site_of, other=False)
            shut |= full & _at(dead[slot], self.region_of, other=False)
            if now.without != "delivery":
                tight = self.by_pocket(alone) >= now.rooms[slot] - tiny
                shut |= full & _at(tight, self.pocket_of, other=False)
        gone = np.tile(dead.any(axis=0)[:, self.unnamed_at], (1, 2))
        return np.asarray(room & ~np.hstack([shut, gone]))

    def _freed(
        self, now: Now, numbers: Numbers, got: Array, measured: Sequence[int], starts: Starts
    ) -> list[tuple[int, int, str, float]]:
        """Lift limits in turn for steps of some draws that miss their date by this half-year."""
        due = (numbers.target == self.numbers[now.at]) & self.on_grid
        missing = due & (numbers.mw - got > model.TOLERANCE_MW)
        found = []
        for kind, may in (("import", self.on_grid), ("delivery", self.pocket_of >= 0)):
            which = np.array([draw for draw in measured if missing[draw, may].any()], dtype=int)
            if not len(which):
                continue
            values, _ = self._decide(now.only(which, kind), starts)
            gain = values[:, : got.shape[1]] - got[which]
            found += [
                (int(which[draw]), int(step), kind, float(gain[draw, step]))
                for draw, step in np.argwhere(missing[which] & (gain > horizon.NOISE_MW))
            ]
        return found


class Sums:
    """Sums of columns by their place; those without a place (-1) are left out."""

    def __init__(self, at: Array, count: int) -> None:
        order = np.argsort(at, kind="stable")
        self.order = order[at[order] >= 0]
        self.places, self.first = np.unique(at[self.order], return_index=True)
        self.count = count

    def __call__(self, values: Array) -> Array:
        """Add up the columns."""
        sums = np.zeros((len(values), self.count))
        if len(self.places):
            sums[:, self.places] = np.add.reduceat(values[:, self.order], self.first, axis=1)
        return sums


def _at(table: Array, at: Array, *, other: bool) -> Array:
    """Take a column for each place, and a value for those without one."""
    if not table.shape[1]:
        return np.full((len(table), len(at)), other)
    return np.where(at >= 0, table[:, at], other)
