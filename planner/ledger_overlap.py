"""Count overlapping gigawatts once: the least and the most that a set of claims can be together.

Every pledge and every site is a set of megawatts. A megawatt may be claimed by several of them at
once only if each pair of them is said to overlap. How the megawatts are shared out over such
groups is not published, so the total is a range: the least and the most over all ways that are
consistent with the sizes and with what is known of each pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    type Numbers = npt.NDArray[np.float64]

type Pair = frozenset[str]
type Group = tuple[str, ...]

EPSILON: Final = 1e-9
MOST_GROUPS: Final = 5000


@dataclass(frozen=True)
class Claims:
    """Sets of megawatts and what is known of their overlaps.

    Attributes
    ----------
    mw
        Size of each set [MW].
    shares
        Pairs that may be the same megawatts, wholly or in part.
    within
        For a set, those that hold all of it (as far as they are large enough).
    located
        For a pledge, its named places: they fill it before anything else counts as unplaced.
    """

    mw: Mapping[str, float]
    shares: frozenset[Pair] = frozenset()
    within: Mapping[str, frozenset[str]] | None = None
    located: Mapping[str, frozenset[str]] | None = None

    def pairs(self) -> set[Pair]:
        """Return every pair that may overlap; two pledges of one place may be the same."""
        places = self.located or {}
        nested = {frozenset((u, v)) for u, many in (self.within or {}).items() for v in many}
        placed = {frozenset((u, v)) for u, many in places.items() for v in many}
        joint = {frozenset((u, v)) for u, v in combinations(places, 2) if places[u] & places[v]}
        return {pair for pair in self.shares | nested | placed | joint if pair <= set(self.mw)}


def counted_once(claims: Claims) -> tuple[float, float]:
    """Return the least and the most megawatts that the sets are together.

    Examples
    --------
    Two pledges of 10 and 4 that may be the same:

    >>> counted_once(Claims({"a": 10.0, "b": 4.0}, frozenset({frozenset("ab")})))
    (10.0, 14.0)
    """
    low = high = 0.0
    for part in components(claims):
        least, most = _range(_only(claims, part))
        low, high = low + least, high + most
    return low, high


def components(claims: Claims) -> list[set[str]]:
    """Return the sets that hang together by overlaps, as groups of names."""
    left, found = set(claims.mw), []
    pairs = claims.pairs()
    while left:
        group, grown = {min(left)}, True
        while grown:
            more = {name for pair in pairs if pair & group for name in pair} - group
            group, grown = group | more, bool(more)
        found.append(group)
        left -= group
    return found


def groups(names: Sequence[str], pairs: set[Pair]) -> list[Group]:
    """List every group of sets in which each pair may overlap; single sets are groups too."""
    found: list[Group] = [(name,) for name in names]
    frontier = list(found)
    while frontier:
        grown = [
            (*group, name)
            for group in frontier
            for name in names
            if name > group[-1] and all(frozenset((name, other)) in pairs for other in group)
        ]
        found, frontier = found + grown, grown
        if len(found) > MOST_GROUPS:
            message = f"{len(names)} pledges and sites overlap in more than {MOST_GROUPS} ways."
            raise DataError([message])
    return found


def _only(claims: Claims, part: set[str]) -> Claims:
    """Keep some sets; sites with the same pledges become one, which changes no total."""
    merged = _alike(claims, part)
    mw: dict[str, float] = {}
    for name in sorted(part):
        mw[merged[name]] = mw.get(merged[name], 0.0) + claims.mw[name]

    def renamed(many: Mapping[str, frozenset[str]] | None) -> dict[str, frozenset[str]]:
        return {
            merged[u]: frozenset(merged[v] for v in held if v in part)
            for u, held in (many or {}).items()
            if u in part
        }

    shares = frozenset(
        frozenset(merged[name] for name in pair) for pair in claims.shares if pair <= part
    )
    return Claims(mw, shares, renamed(claims.within), renamed(claims.located))


def _alike(claims: Claims, part: set[str]) -> dict[str, str]:
    """Name for each set the first one with the same neighbours, if it is only ever a place."""
    places = {v for many in (claims.located or {}).values() for v in many}
    active = set(claims.within or {}) | set(claims.located or {})
    pairs = claims.pairs()
    first: dict[object, str] = {}
    names = {}
    for name in sorted(part):
        near = frozenset(other for pair in pairs if name in pair for other in pair - {name})
        of = frozenset(u for u, many in (claims.located or {}).items() if name in many)
        simple = name in places and name not in active and not near & places
        names[name] = first.setdefault((near, of), name) if simple else name
    return names


def _range(claims: Claims) -> tuple[float, float]:
    names = sorted(claims.mw)
    if len(names) == 1:
        return claims.mw[names[0]], claims.mw[names[0]]
    ways = [way for way in groups(names, claims.pairs()) if not _outside(way, claims)]
    equal = np.array([[float(name in way) for way in ways] for name in names])
    size = np.array([claims.mw[name] for name in names])
    filled, least = _filled(ways, claims)
    weights = np.ones(len(ways))
    low = _minimum(weights, equal, size, filled, least)
    high = -_minimum(-weights, equal, size, filled, least)
    return round(low, 6), round(high, 6)


def _outside(way: Group, claims: Claims) -> bool:
    """Say whether a group holds a nested set without the larger one that holds it."""
    return any(
        claims.mw[name] <= claims.mw.get(holder, 0.0) and holder not in way
        for name in way
        for holder in (claims.within or {}).get(name, ())
    )


def _filled(ways: list[Group], claims: Claims) -> tuple[Numbers, Numbers]:
    """Rows that say: the named places of a pledge are its own, as far as it has room."""
    rows, least = [], []
    for pledge, places in sorted((claims.located or {}).items()):
        if pledge not in claims.mw:
            continue
        rows.append([float(pledge in way and not places.isdisjoint(way)) for way in ways])
        least.append(min(claims.mw[pledge], sum(claims.mw[place] for place in places)))
    return np.array(rows).reshape(len(rows), len(ways)), np.array(least)


# --- simplex -------------------------------------------------------------------------------------


def _minimum(
    cost: Numbers, equal: Numbers, size: Numbers, filled: Numbers, least: Numbers
) -> float:
    """Minimise cost x with equal x = size, filled x >= least, x >= 0 (two phases, Bland's rule)."""
    surplus = -np.eye(len(least))
    above = np.hstack([equal, np.zeros((len(size), len(least)))])
    below = np.hstack([filled, surplus])
    matrix, right = np.vstack([above, below]), np.concatenate([size, least])
    rows, columns = matrix.shape
    table = np.hstack([matrix, np.eye(rows), right[:, None]])
    basis = list(range(columns, columns + rows))
    shortage = _pivot(table, basis, np.concatenate([np.zeros(columns), np.ones(rows)]))
    if shortage > EPSILON * max(1.0, float(right.max())):
        raise DataError(["overlaps: the named places of the pledges contradict each other."])
    table, basis = _without_artificial(table, basis, columns)
    costs = np.concatenate([cost, np.zeros(len(least)), np.full(rows, np.inf)])
    return _pivot(table, basis, costs)


def _without_artificial(
    table: Numbers, basis: list[int], columns: int
) -> tuple[Numbers, list[int]]:
    """Take helping columns out of the basis; a row that is left with nothing says nothing."""
    kept = []
    for row in range(len(table)):
        if basis[row] >= columns:
            usable = np.flatnonzero(np.abs(table[row, :columns]) > EPSILON)
            if not len(usable):
                continue
            _enter(table, basis, row, int(usable[0]))
        kept.append(row)
    return table[kept], [basis[row] for row in kept]


def _enter(table: Numbers, basis: list[int], leave: int, enter: int) -> None:
    table[leave] /= table[leave, enter]
    for row in range(len(table)):
        if row != leave and table[row, enter] != 0.0:
            table[row] -= table[row, enter] * table[leave]
    basis[leave] = enter


def _pivot(table: Numbers, basis: list[int], costs: Numbers) -> float:
    """Improve until nothing improves; a cost without bound keeps a column out."""
    open_columns = np.isfinite(costs)
    priced = np.where(open_columns, costs, 0.0)
    while True:
        reduced = priced - priced[basis] @ table[:, :-1]
        better = np.flatnonzero((reduced < -EPSILON) & open_columns)
        if not len(better):
            return float(priced[basis] @ table[:, -1])
        enter = int(better[0])
        _enter(table, basis, _leaving(table, basis, enter), enter)


def _leaving(table: Numbers, basis: list[int], enter: int) -> int:
    """Return the row that limits the entering column first; ties go to the lowest index."""
    column = table[:, enter]
    rows = np.flatnonzero(column > EPSILON)
    ratios = table[rows, -1] / column[rows]
    tied = rows[ratios <= ratios.min() + EPSILON]
    return int(min(tied, key=lambda row: basis[row]))
