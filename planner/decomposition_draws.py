"""Many draws of a decomposed problem: loaded once, cuts kept, spread over processes."""

from __future__ import annotations

from functools import partial
from itertools import batched
from typing import TYPE_CHECKING, Final

from planner import cluster
from planner.decomposition import GAP, Decomposition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from planner.decomposition import Found
    from planner.hours_block import Block
    from planner.model_annual import Annual

    type Problem = tuple[Annual, Sequence[Block]]

LEARNT: Final = 4
BLOCK: Final = 10
FIRST: Final = 1.0


class Draws:
    """A loaded problem that draws are put into, one after the other.

    It learns cuts from the base case and the first few draws; each draw then starts from the same
    cuts and bases, so that its answer does not depend on those before it.

    Parameters
    ----------
    make
        Returns the problem of a draw; number -1 is the base case. Names, profiles and weights are
        the same in all.
    gap
        Gap between the bounds at which a draw is done.
    learnt
        Draws from which cuts are learnt.
    """

    def __init__(
        self, make: Callable[[int], Problem], gap: float = GAP, learnt: int = LEARNT
    ) -> None:
        self.make, self.gap = make, gap
        self.solver = Decomposition(*make(-1), threads=1)
        self.solver.solve(gap)
        self.solver.mark()
        for number in range(learnt):
            self.solver.take(*make(number), kept=len(self.solver.cuts))
            self.solver.solve(gap)
        self.kept = len(self.solver.cuts)
        self.solver.first = gap * FIRST

    def answer(self, number: int) -> Found:
        """Solve a draw."""
        self.solver.take(*self.make(number), kept=self.kept)
        return self.solver.solve(self.gap)


_loaded: dict[object, Draws] = {}


def answers(
    make: Callable[[int], Problem],
    numbers: Iterable[int],
    *,
    gap: float = GAP,
    workers: int = 1,
) -> Iterator[tuple[int, Found]]:
    """Solve draws on some processes, and yield them as they come; each is the same on any number.

    Parameters
    ----------
    make
        As in :class:`Draws`; a function of a module, or a partial of one.
    numbers
        Numbers of the draws.
    gap
        Gap between the bounds at which a draw is done.
    workers
        Processes of this machine.
    """
    pieces = [tuple(part) for part in batched(numbers, BLOCK)]
    for found in cluster.spread(partial(_piece, make, gap), pieces, workers=workers):
        yield from found


def _piece(
    make: Callable[[int], Problem], gap: float, numbers: Sequence[int]
) -> list[tuple[int, Found]]:
    """Solve some draws; a process loads the problem once."""
    key = (repr(make), gap)
    if key not in _loaded:
        _loaded.clear()
        _loaded[key] = Draws(make, gap)
    return [(number, _loaded[key].answer(number)) for number in numbers]
