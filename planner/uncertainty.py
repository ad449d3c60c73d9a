"""Distributions of what is not certain, and random numbers that belong to a fact."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

type Array = np.ndarray

ANY: Final = "any"
STEPWISE: Final = ("realised", "completed")
WORDS: Final = 4
SHIFT: Final = 11
UNIT: Final = 2.0**-53


@dataclass(frozen=True)
class Spread:
    """The quantile function of one quantity.

    Between its points a number is interpolated; what happens or not (0 or 1) is a step.

    Examples
    --------
    >>> spread = Spread(np.array([0.0, 0.5, 1.0]), np.array([0.0, 100.0, 500.0]))
    >>> spread(np.array([0.25, 0.75])).tolist()
    [50.0, 300.0]
    """

    probability: Array
    value: Array
    stepwise: bool = False

    def __call__(self, uniform: Array) -> Array:
        """Return the values at some probabilities."""
        if self.stepwise:
            place = np.searchsorted(self.probability, uniform, side="left")
            return np.asarray(self.value[np.minimum(place, len(self.value) - 1)])
        return np.asarray(np.interp(uniform, self.probability, self.value))

    @property
    def most(self) -> float:
        """Largest value that is drawn."""
        return float(self.value.max())


class Spreads:
    """The table `uncertainty`: what it does not name is certain."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.found: dict[tuple[str, str, str], Spread] = {}
        if table.empty:
            return
        for key, rows in table.groupby(["quantity", "applies_to", "season"]):
            newest = rows[rows["known_on"] == rows["known_on"].max()].sort_values("probability")
            points = newest[["probability", "value"]].to_numpy(dtype=float).T
            quantity, applies_to, season = (str(part) for part in key)
            self.found[quantity, applies_to, season] = Spread(
                points[0], points[1], quantity in STEPWISE
            )

    def get(self, quantity: str, applies_to: str, certain: float, season: str = ANY) -> Spread:
        """Return the nearest spread: of the season, of the group, of any; else what is certain."""
        for group in (applies_to, ANY):
            for half in (season, ANY):
                if (quantity, group, half) in self.found:
                    return self.found[quantity, group, half]
        return Spread(np.array([1.0]), np.array([certain]))

    def share(self, group: str) -> float:
        """Return the share of draws in which the members of a group go together."""
        return float(self.get("together", group, 0.0).value[0])


def uniforms(seed: int, facts: Iterable[str], draws: range) -> Array:
    """Draw numbers from 0 to 1, by draw and fact.

    A number depends on the seed, the draw and the name of the fact only: another fact, another
    range of draws or another scenario changes none of the others (common random numbers).

    References
    ----------
    Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3, SC11, 2011 (Philox).

    Examples
    --------
    >>> both = uniforms(7, ["a", "b"], range(4))
    >>> bool((both[2:, 1] == uniforms(7, ["b"], range(2, 4))[:, 0]).all())
    True
    """
    names = list(facts)
    found = np.empty((len(draws), len(names)))
    for at, name in enumerate(names):
        key = int.from_bytes(sha256(f"{seed}|{name}".encode()).digest()[:16], "little")
        words = np.random.Philox(key=key, counter=draws.start).random_raw(WORDS * len(draws))
        found[:, at] = (words[::WORDS] >> np.uint64(SHIFT)) * UNIT
    return found


def together(own: Array, group: Array, pick: Array, share: float) -> Array:
    """Let a member follow its group in a share of the draws; each stays uniform by itself."""
    return np.where(pick < share, group, own)
