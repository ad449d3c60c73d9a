"""Which of a few regions let in no more load, without solving: every set of them is looked at."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.model import TOLERANCE_MW

if TYPE_CHECKING:
    from collections.abc import Sequence

type Array = np.ndarray

MOST_REGIONS: Final = 8


class Cuts:
    """All sets of some regions, and what lines can bring into each.

    The least shortage is what is lacking in the set that lacks most; in every set that lacks as
    much, more load adds to the shortage [1]_.

    Parameters
    ----------
    count
        Number of regions, at most `MOST_REGIONS`.
    lines
        Places of the regions at both ends of each line.
    backward, forward
        Limits of lines in both directions by half-year [MW].

    References
    ----------
    .. [1] Gale, D.: "A theorem on flows in networks". Pacific Journal of Mathematics 7 (1957).
    """

    def __init__(
        self, count: int, lines: Sequence[tuple[int, int]], backward: Array, forward: Array
    ) -> None:
        sets = np.array(list(product((0.0, 1.0), repeat=count))[1:])
        self.sets = sets
        start = sets[:, [line[0] for line in lines]]
        end = sets[:, [line[1] for line in lines]]
        self.brought = np.einsum("sl,pl->ps", (1 - start) * end, forward)
        self.brought += np.einsum("sl,pl->ps", start * (1 - end), backward)

    def dead(self, left: Array, at: int) -> Array:
        """Find the regions in which more load adds to the shortage.

        Parameters
        ----------
        left
            What is left of supply, by draw and region [MW].
        at
            Place of the half-year.
        """
        lack = -np.einsum("dr,sr->ds", left, self.sets) - self.brought[at]
        most = np.maximum(lack.max(axis=1), 0.0)
        tight = lack >= most[:, None] - TOLERANCE_MW
        return np.asarray(np.einsum("ds,sr->dr", tight.astype(float), self.sets) > 0)
