"""One grid, handed over to the solver once and solved for many draws: only numbers change.

The stages are those of :mod:`planner.stages` under the rules `queue` and `most`. Each solve starts
from the basis that the same draw had in the same stage a year before, the first ones from those of
a reference draw, so that what a draw gives does not depend on the draws before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from planner import horizon, model
from planner.errors import SolverError
from planner.model import UNLIMITED_MW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.terms import Terms

type Array = np.ndarray
type Bases = dict[tuple[int, int, int], Any]

STAGES: Final = 4
ROOM_MW: Final = model.TOLERANCE_MW / 10
YEAR: Final = 2
SOLVER_OPTIONS: Final = {"simplex_scale_strategy": 0, "simplex_dual_edge_weight_strategy": 1}


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
    """The loaded program of one grid.

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
        self.layout = model.Layout(terms)
        self._hand_over()
        self._find_places()
        self.shortage = np.zeros(len(self.short))
        self.lifted_flows = np.zeros(0, dtype=int)
        self.bases: dict[tuple[int, int], Any] = {}
        self.run(reference)

    # --- set up ----------------------------------------------------------------------------------

    def _hand_over(self) -> None:
        names = list(self.terms.periods.index)
        self.numbers = [int(number) for number in self.terms.periods]
        self.pairs = [(name, names[min(k + 1, len(names) - 1)]) for k, name in enumerate(names)]
        windows = [
            model.fill(model.Window(self.layout, number, pair, {}))
            for number, pair in zip(self.numbers, self.pairs, strict=True)
        ]
        self.window = windows[0]
        self.engine = model.Engine(self.window)
        self.engine.minimise([])
        self.live = self.engine.live
        for option, value in SOLVER_OPTIONS.items():
            self.live.setOptionValue(option, value)
        self.low = [np.array(window.low) for window in windows]
        self.high = [np.array(window.high) for window in windows]
        self.limits = [np.array(window.limits) for window in windows]
        self.weights = [
            np.array([weight for pairs in window.pairs for _, weight in pairs])
            for window in windows
        ]
        self.entries = np.array(
            [(row, at) for row, pairs in enumerate(self.window.pairs) for at, _ in pairs]
        )
        self.now_low, self.now_high = self.low[0].copy(), self.high[0].copy()
        self.now_limits = self.limits[0].copy()
        self.now_weights = self.weights[0].copy()
        self.now_costs = np.zeros(len(self.now_low))

    def _find_places(self) -> None:
        """Note where steps, unnamed datacenters, shortage, flows and rows stand."""
        window, layout = self.window, self.layout
        self.steps = np.array(list(window.served.values()), dtype=int)
        self.late = np.array([window.unnamed[r, "late"] for _, r in layout.with_unnamed], int)
        self.new = np.array([window.unnamed[r, "new"] for _, r in layout.with_unnamed], int)
        self.wanting = np.concatenate([self.steps, self.late, self.new])
        self.short = np.array(
            [window.short[region, slot] for slot in range(2) for region in layout.regions]
        )
        self.between = np.array(
            [window.flow[*pair, slot] for pair in layout.between for slot in range(2)], dtype=int
        )
        self.adequacy = np.array(
            [window.rows["adequacy", r, slot] for slot in range(2) for r in layout.regions]
        )
        self.flow_costs = np.zeros(len(self.now_low))
        self.flow_costs[list(window.flow.values())] = model.FLOW_WEIGHT
        rows = layout.rows
        self.on_grid = np.array([row.on_grid for row in rows], dtype=bool)
        self.has_plant = np.array([row.site in layout.plants for row in rows], dtype=bool)
        count = max(len(self.terms.steps), 1)
        place = np.array([row.Index for row in rows], dtype=float)
        self.rank = 1 + model.QUEUE_SPREAD * (1 - place / count)
        self.unnamed_at = np.array([at for at, _ in layout.with_unnamed], dtype=int)
        self.read = np.concatenate([self.wanting, self.short])
        self.pockets = [
            (
                [window.rows["delivery", pocket, slot] for slot in range(2)],
                np.array([r.pocket == pocket and r.on_grid for r in rows]),
                rooms,
            )
            for pocket, rooms in layout.rooms.items()
            if ("delivery", pocket, 0) in window.rows
        ]
        self.plant_rows = np.array(
            [window.rows["onsite", "plant", s, k] for k in range(2) for s in layout.steps_of], int
        )
        self._find_unready()

    def _find_unready(self) -> None:
        """Note the entries of the rows by which own plant carries what is not connected."""
        at_step = {int(at): k for k, at in enumerate(self.steps)}
        found = []
        for slot in range(2):
            rows = {self.window.rows["onsite", "unready", s, slot] for s in self.layout.steps_of}
            found += [
                (entry, at_step[int(at)], slot)
                for entry, (row, at) in enumerate(self.entries)
                if int(row) in rows and int(at) in at_step
            ]
        self.unready = np.array(found, dtype=int).reshape(-1, 3)

    # --- draws -----------------------------------------------------------------------------------

    def run(self, numbers: Numbers, measured: Sequence[int] = ()) -> Powered:
        """Solve some draws, half-year by half-year.

        Parameters
        ----------
        numbers
            The draws.
        measured
            Draws in which kinds of limits are lifted in turn for steps that miss their date.

        Raises
        ------
        SolverError
            The solver finds no optimum.
        """
        count, periods = len(numbers), len(self.numbers)
        served = np.zeros((count, periods, len(self.steps)))
        short = np.zeros((count, periods, len(self.layout.regions)))
        held = np.zeros((count, len(self.wanting) - len(self.new)))
        freed: list[tuple[int, int, str, float]] = []
        before: Bases = {}
        for at in range(periods):
            for draw in range(count):
                self._enter(at, draw, numbers, held[draw])
                values = self._decide(at, draw, before)
                served[draw, at] = values[: len(self.steps)]
                short[draw, at] = self.shortage[: short.shape[2]]
                held[draw] = self._carry(values)
                if draw in measured:
                    freed += self._lifted(at, draw, numbers, values[: len(self.steps)], before)
            for key in [key for key in before if key[1] == at - YEAR]:
                del before[key]
        tiny = horizon.NOISE_MW
        served[np.abs(served) < tiny] = 0.0
        short[np.abs(short) < tiny] = 0.0
        return Powered(served.round(6), short.round(6), freed)

    def _carry(self, values: Array) -> Array:
        """What is served stays served: by step, and by region for unnamed datacenters."""
        held = np.maximum(values - ROOM_MW, 0.0)
        steps, late = len(self.steps), len(self.late)
        return np.concatenate([held[:steps], held[steps : steps + late] + held[steps + late :]])

    def _enter(self, at: int, draw: int, numbers: Numbers, held: Array) -> None:
        """Lay out bounds, limits and weights of one half-year of one draw."""
        number = self.numbers[at]
        mw, target, ready = numbers.mw[draw], numbers.target[draw], numbers.ready[draw]
        steps = len(self.steps)
        low = np.minimum(held[:steps], mw)
        may = (target <= number) & ((ready <= number) | self.has_plant)
        high = np.where(may, mw, low)
        asked = numbers.unnamed[draw, self.unnamed_at, at]
        before = numbers.unnamed[draw, self.unnamed_at, at - 1] if at else np.zeros(len(asked))
        kept = np.minimum(held[steps:], asked)
        old = np.maximum(kept, np.minimum(asked, before))
        nothing = np.zeros(len(asked))
        self.at_least = np.concatenate([low, kept, nothing])
        self.at_most = np.concatenate([high, old, asked - old])
        self.row_limits = self.limits[at].copy()
        after = min(at + 1, len(self.numbers) - 1)
        spare = numbers.spare[draw]
        self.row_limits[self.adequacy] = np.concatenate([spare[:, at], spare[:, after]])
        for rows, inside, rooms in self.pockets:
            drawn = float(np.minimum(held[:steps], mw)[inside].sum())
            for row, period in zip(rows, self.pairs[at], strict=True):
                self.row_limits[row] = max(self.layout.limit(rooms, period), drawn)
        plants = numbers.plants[draw]
        self.row_limits[self.plant_rows] = np.concatenate([plants[:, at], plants[:, after]])
        self._weigh(number, target, spare, at, after)
        weights = self.weights[at].copy()
        entries, which, slots = self.unready.T
        weights[entries] = ready[which] > number + slots
        self._change_weights(weights)

    def _weigh(self, number: int, target: Array, spare: Array, at: int, after: int) -> None:
        """Weigh steps and shortage as :mod:`planner.stages` does."""
        count = len(self.layout.regions)
        places = np.empty((2, count))
        for slot, period in enumerate((at, after)):
            places[slot, np.argsort(spare[:, period], kind="stable")] = np.arange(count)
        ties = 1 + model.QUEUE_SPREAD * places / count
        self.short_costs = model.SHORT_WEIGHT * ties.ravel()
        tier = np.where(target == number, model.ON_TIME_WEIGHT, model.LATE_WEIGHT)
        rank = 1 - model.QUEUE_SPREAD * (count - 1 - places[0, self.unnamed_at]) / count
        self.worth = np.concatenate(
            [tier * self.rank, model.LATE_WEIGHT * rank, model.ON_TIME_WEIGHT * rank]
        )

    def _decide(self, at: int, draw: int, before: Bases, *, lifted: bool = False) -> Array:
        """Run the stages; return what is wanted and given."""
        low, high = self.low[at].copy(), self.high[at].copy()
        if lifted:
            high[self.lifted_flows] = UNLIMITED_MW
        shut = high.copy()
        shut[self.between] = 0.0
        kept = self.at_least
        values = kept
        for stage in range(STAGES):
            ceilings = shut if stage < STAGES // 2 else high
            if stage == STAGES // 2:
                if not len(self.between):
                    break
                kept = np.clip(values - ROOM_MW, self.at_least, self.at_most)
            costs = self.flow_costs.copy()
            low[self.wanting] = kept
            if stage % 2 == 0:
                ceilings[self.wanting], ceilings[self.short] = kept, UNLIMITED_MW
                costs[self.short] = self.short_costs
            else:
                ceilings[self.wanting] = self.at_most
                ceilings[self.short] = self.shortage + ROOM_MW
                costs[self.wanting] = -self.worth
            start = before.get((draw, at - YEAR, stage), self.bases.get((at, stage)))
            found = self._solve(low, ceilings, costs, start)
            if not lifted:
                before[draw, at, stage] = self.live.getBasis()
                self.bases.setdefault((at, stage), before[draw, at, stage])
            if stage % 2 == 0:
                self.shortage = found[len(self.wanting) :]
            else:
                values = found[: len(self.wanting)]
        return values

    # --- causes ----------------------------------------------------------------------------------

    def _lifted(
        self, at: int, draw: int, numbers: Numbers, got: Array, before: Bases
    ) -> list[tuple[int, int, str, float]]:
        """Lift limits in turn for steps of a draw that miss their date by this half-year."""
        due = (numbers.target[draw] == self.numbers[at]) & self.on_grid
        missing = np.flatnonzero(due & (numbers.mw[draw] - got > model.TOLERANCE_MW))
        found = []
        for kind in ("import", "delivery") if len(missing) else ():
            values = self._without(kind, at, draw, before)
            found += [
                (draw, int(step), kind, float(values[step] - got[step]))
                for step in missing
                if values[step] - got[step] > horizon.NOISE_MW
            ]
        return found

    def _without(self, kind: str, at: int, draw: int, before: Bases) -> Array:
        """Decide again without one kind of limit."""
        window, limits = self.window, self.row_limits.copy()
        self.lifted_flows = np.zeros(0, dtype=int)
        if kind == "delivery":
            rows = [row for rows, _, _ in self.pockets for row in rows]
        else:
            inside = [limit.name for limit in self.layout.joint if limit.within_pool]
            rows = [window.rows["transfer", name, slot] for name in inside for slot in range(2)]
            self.lifted_flows = np.array(
                [window.flow[*p, slot] for p in sorted(self.layout.within_pool) for slot in (0, 1)],
                dtype=int,
            )
        if not rows and not len(self.lifted_flows):
            return np.zeros(len(self.steps))
        self.row_limits[rows] = UNLIMITED_MW
        values = self._decide(at, draw, before, lifted=True)
        self.row_limits = limits
        return values[: len(self.steps)]

    # --- solver ----------------------------------------------------------------------------------

    def _change_weights(self, weights: Array) -> None:
        for entry in np.flatnonzero(weights != self.now_weights):
            row, at = self.entries[entry]
            self.live.changeCoeff(int(row), int(self.engine.columns[at]), float(weights[entry]))
        self.now_weights = weights

    def _solve(self, low: Array, high: Array, costs: Array, basis: Any) -> Array:
        """Change what differs from what is loaded, and solve from a basis."""
        columns, live = self.engine.columns, self.live
        moved = np.flatnonzero((low != self.now_low) | (high != self.now_high))
        moved = moved[columns[moved] >= 0]
        live.changeColsBounds(len(moved), columns[moved].astype(np.int32), low[moved], high[moved])
        priced = np.flatnonzero(costs != self.now_costs)
        priced = priced[columns[priced] >= 0]
        live.changeColsCost(len(priced), columns[priced].astype(np.int32), costs[priced])
        rows = np.flatnonzero(self.row_limits != self.now_limits).astype(np.int32)
        if len(rows):
            floor = np.full(len(rows), -np.inf)
            live.changeRowsBounds(len(rows), rows, floor, self.row_limits[rows])
            self.now_limits = self.row_limits.copy()
        self.now_low, self.now_high, self.now_costs = low.copy(), high.copy(), costs
        if basis is not None:
            live.clearSolver()
            live.setBasis(basis)
        live.run()
        if "kOptimal" not in str(live.getModelStatus()):
            live.clearSolver()
            live.run()
        if "kOptimal" not in str(live.getModelStatus()):
            message = f"the solver stopped with {live.getModelStatus()}."
            raise SolverError(message)
        found = np.array(live.getSolution().col_value)
        return np.asarray(found[columns[self.read]])
