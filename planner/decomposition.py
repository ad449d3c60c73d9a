"""Years and hours taken apart: cuts from the hours of each period, bounds from both sides.

The layer of years proposes what is built and served; the hours of each period, each a program of
its own that stays loaded, say what that costs and send back a price (Benders decomposition).
What the layer of years costs with all prices so far is a lower bound, any plan that was tried an
upper bound; their gap is part of the answer.

References
----------
J. F. Benders, "Partitioning procedures for solving mixed-variables programming problems",
Numerische Mathematik 4, 1962, pp. 238-252.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from planner import highs, hours_block
from planner.model_annual import Years

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from planner.hours_block import Block, Entries, Price
    from planner.model_annual import Annual

GAP: Final = 1e-6
ROUNDS: Final = 400
HALF: Final = 0.5
SETTLED: Final = 0.9
SHARED: Final = 1e-2
CENTRAL: Final = 1e-2
TIGHTEST: Final = 1e-8
FIRST: Final = 1e-3
NOISE: Final = 1e-9


@dataclass(frozen=True)
class Found:
    """A plan, and between which bounds its cost lies.

    Attributes
    ----------
    decisions
        Served sites and built options: periods by sites, then options [MW].
    cost, least
        Cost of the plan, and what any plan costs at least.
    hours_cost
        Cost of the hours, by period.
    rounds, cuts
        How often the hours were asked, and the cuts that came back.
    """

    decisions: np.ndarray
    cost: float
    least: float
    hours_cost: np.ndarray
    rounds: int
    cuts: int

    @property
    def gap(self) -> float:
        """Gap between the bounds, relative to the cost."""
        return (self.cost - self.least) / max(abs(self.cost), 1.0)


class Live:
    """The hours of one period, loaded; decisions and draws change bounds and sides."""

    def __init__(self, block: Block) -> None:
        self.block = block
        matrix = (block.matrix.row, block.matrix.column, block.matrix.value)
        self.solver = highs.passed(
            highs.arrays(
                (block.low, block.high, block.cost), (block.row_low, block.row_high), matrix
            )
        )
        self.columns = np.arange(len(block.cost), dtype=np.int32)
        self.rows = np.arange(len(block.row_low), dtype=np.int32)

    def ask(self, x: np.ndarray) -> tuple[float, list[Price]]:
        """Solve for decisions; return the least cost and the price of it."""
        self.operate(x)
        duals = np.array(self.solver.getSolution().row_dual)
        cost = float(self.solver.getInfo().objective_function_value)
        return cost, list(hours_block.prices(self.block, duals))

    def operate(self, x: np.ndarray) -> None:
        """Solve for decisions."""
        low, high, row_low, row_high = self.block.bounds(x)
        self.solver.changeColsBounds(len(low), self.columns, low, np.maximum(high, low))
        self.solver.changeRowsBounds(len(row_low), self.rows, row_low, row_high)
        highs.run(self.solver, "the hours: ")

    def balance_prices(self) -> np.ndarray:
        """Prices of the balances after the last question: hours by regions."""
        return hours_block.balances(self.block, np.array(self.solver.getSolution().row_dual))

    def values(self, kind: str) -> np.ndarray:
        """Values of one kind after the last question: hours by its columns."""
        return self.block.values(np.array(self.solver.getSolution().col_value), kind)


@dataclass
class Decomposition:
    """The loaded layer of years and the loaded hours of every period.

    Parameters
    ----------
    annual, blocks
        The problem; one block a period.
    threads
        Periods whose hours are solved at the same time.
    central
        Propose a point amid the plans of least cost, and ask there and half-way to the best plan:
        for service alone, where many plans cost the same. Otherwise propose a corner.
    half_way
        Ask half-way to the best plan, which steadies the rounds on large grids; small ones with
        fuel costs are faster without.
    first
        Tolerance of the first proposals: loose where many rounds are needed, tight where few are.
    tell
        Called with a line of progress each round.
    """

    annual: Annual
    blocks: Sequence[Block]
    threads: int = 2
    central: bool = True
    half_way: bool = True
    first: float = FIRST
    tell: Callable[[str], None] = field(default=lambda _: None)

    def __post_init__(self) -> None:
        """Load everything."""
        self.years = Years(self.annual)
        self.live = [Live(block) for block in self.blocks]
        self.cuts: list[tuple[int, Price]] = []
        self.begun = False

    def take(self, annual: Annual, blocks: Sequence[Block], kept: int) -> None:
        """Take another draw: other bounds and sides, the first `kept` cuts with other constants.

        The hours start from the bases that :meth:`mark` has kept, so that an answer does not depend
        on the draws before it.
        """
        self.annual, self.blocks = annual, blocks
        self.years.drop_cuts(range(kept, len(self.cuts)))
        del self.cuts[kept:]
        self.years.draw(annual)
        self.years.reprice(np.array([price.constant(blocks[t]) for t, price in self.cuts]))
        for live, block, basis in zip(self.live, blocks, self.bases, strict=True):
            live.block = block
            live.solver.setBasis(basis)

    def mark(self) -> None:
        """Keep the bases that draws start from."""
        self.bases = [live.solver.getBasis() for live in self.live]

    def solve(self, gap: float = GAP, rounds: int = ROUNDS) -> Found:
        """Find a plan within a gap of the least cost, or the best after some rounds."""
        self.best: tuple[float, np.ndarray, np.ndarray] | None = None
        least, asked = -np.inf, 0
        with ThreadPoolExecutor(self.threads) as pool:
            for asked in range(1, rounds + 1):
                values, bound = self._propose(self._gap(least))
                before, least = self._gap(least), max(least, bound)
                if self._gap(least) <= gap:
                    break
                self.sharing = self.central or self._gap(least) > SHARED
                for point in self._points(values, still=self._gap(least) > SETTLED * before):
                    self._ask(pool, point, values)
                self.tell(
                    f"round {asked}: between {least:,.6g} and {self.best[0]:,.6g},"  # type: ignore[index]
                    f" gap {self._gap(least):.1e}, {len(self.cuts)} cuts"
                )
                if self._gap(least) <= gap:
                    break
        assert self.best is not None  # noqa: S101 - at least one round
        cost, plan, hours = self.best
        return Found(self.years.decisions(plan), cost, least, hours, asked, len(self.cuts))

    def _gap(self, least: float) -> float:
        if self.best is None:
            return np.inf
        return (self.best[0] - least) / max(abs(self.best[0]), 1.0)

    def _propose(self, gap: float) -> tuple[np.ndarray, float]:
        if not self.central:
            return self.years.solve()
        return self.years.centre(float(np.clip(gap * CENTRAL, TIGHTEST, self.first)))

    def _points(self, values: np.ndarray, *, still: bool) -> Iterator[np.ndarray]:
        """Half-way from the proposal to the best plan; the proposal where the bound is still."""
        steady = self.best is not None and self.half_way
        if steady and self.best is not None:
            yield HALF * (values + self.best[1])
        if not steady or self.central or still:
            yield values

    def _ask(self, pool: ThreadPoolExecutor, point: np.ndarray, values: np.ndarray) -> None:
        """Ask the hours of every period at a point; keep the plan if it is the best so far."""
        x = self.years.decisions(point)
        if not self.begun:
            self._begin(pool, x)
        answers = list(pool.map(lambda t: self.live[t].ask(x[t]), range(len(self.live))))
        costs = np.array([cost for cost, _ in answers])
        whole = self.years.own_cost(point) + float(costs.sum())
        if self.best is None or whole < self.best[0]:
            self.best = (whole, point, costs)
        proposed, before = self.years.decisions(values), len(self.cuts)
        bounds = [block.bounds(x) for block, x in zip(self.blocks, proposed, strict=True)]
        every = range(len(self.blocks))
        for t, (_, found) in enumerate(answers):
            for price in found:
                self._spread(price, every if self.sharing else (t,), bounds, values)
        if not self.central and point is not values and len(self.cuts) == before:
            self._ask(pool, values, values)

    def _spread(
        self,
        price: Price,
        periods: Iterable[int],
        bounds: Sequence[tuple[np.ndarray, ...]],
        values: np.ndarray,
    ) -> None:
        """Add a price as a cut to the periods in which the proposal breaks it."""
        for t in periods:
            block, told = self.blocks[t], price.least(bounds[t])
            known = float(values[self.years.theta[t][price.regions]].sum())
            if told > known + NOISE * max(abs(told), 1.0):
                self.cuts.append((t, price))
                self.years.cut(t, price.regions, price.slope(block), price.constant(block))

    def _begin(self, pool: ThreadPoolExecutor, x: np.ndarray) -> None:
        """Solve the middle period cold and hand its basis on to its neighbours."""
        middle = len(self.live) // 2
        self.live[middle].operate(x[middle])

        def chain(order: range) -> None:
            basis = self.live[middle].solver.getBasis()
            for t in order:
                self.live[t].solver.setBasis(basis)
                self.live[t].operate(x[t])
                basis = self.live[t].solver.getBasis()

        list(pool.map(chain, [range(middle - 1, -1, -1), range(middle + 1, len(self.live))]))
        self.begun = True


def together(annual: Annual, blocks: Sequence[Block]) -> Any:
    """Write years and hours as one program for HiGHS, from the same arrays (for tests).

    Columns of the layer of years come first, in its order, with the cost of hours fixed at zero.
    """
    years = Years(annual)
    program = years.live.getLp()
    columns = [np.array(program.col_lower_), np.array(program.col_upper_), years.costs.copy()]
    columns[1][years.theta] = columns[2][years.theta] = 0.0
    parts = [_part(block, years.columns[t]) for t, block in enumerate(blocks)]
    width = np.cumsum([len(years.costs), *(len(block.cost) for block in blocks)])
    height = np.cumsum([program.num_row_, *(len(part[0]) for part in parts)])
    matrix: list[tuple[np.ndarray, ...]] = [years.matrix()]
    for t, (_, _, own, moved) in enumerate(parts):
        matrix.append((own.row + height[t], own.column + width[t], own.value))
        matrix.append((moved.row + height[t], moved.column, moved.value))
    low = [block.low - block.sink.times(annual.most[t], len(block.low))
           for t, block in enumerate(blocks)]  # fmt: skip
    high = [block.high + block.lift.times(annual.most[t], len(block.low))
            for t, block in enumerate(blocks)]  # fmt: skip
    return highs.arrays(
        (
            np.concatenate([columns[0], *low]),
            np.concatenate([columns[1], *high]),
            np.concatenate([columns[2], *(block.cost for block in blocks)]),
        ),
        (
            np.concatenate([np.array(program.row_lower_), *(part[0] for part in parts)]),
            np.concatenate([np.array(program.row_upper_), *(part[1] for part in parts)]),
        ),
        tuple(np.concatenate(each) for each in zip(*matrix, strict=True)),
    )


def _part(block: Block, place: np.ndarray) -> tuple[np.ndarray, np.ndarray, Entries, Entries]:
    """Rows of a block in one program: sides, weights of its own columns, and of decisions."""
    lifted, sunk = np.unique(block.lift.row), np.unique(block.sink.row)
    first, second = len(block.row_low), len(block.row_low) + len(lifted)
    low = np.r_[block.row_low, np.full(len(lifted), -np.inf), block.low[sunk]]
    high = np.r_[block.row_high, block.high[lifted], np.full(len(sunk), np.inf)]
    own = hours_block.entries(
        [
            (block.matrix.row, block.matrix.column, block.matrix.value),
            (first + np.arange(len(lifted)), lifted, 1.0),
            (second + np.arange(len(sunk)), sunk, 1.0),
        ]
    )
    at_lift = first + np.searchsorted(lifted, block.lift.row)
    at_sink = second + np.searchsorted(sunk, block.sink.row)
    moved = [
        (block.push.row, block.push.column, -block.push.value),
        (at_lift, block.lift.column, -block.lift.value),
        (at_sink, block.sink.column, block.sink.value),
    ]
    kept = [tuple(each[place[part[1]] >= 0] for each in part) for part in moved]
    return low, high, own, hours_block.entries((r, place[c], v) for r, c, v in kept)
