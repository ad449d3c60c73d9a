"""The one hook for constraints of one's own: a view of the program, and what a function adds to it.

A function takes a :class:`Program` and yields named PuLP constraints. Each gets a `breach`, so that
a case always has an answer: native load comes first, then the least breach, then the sites.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from planner.errors import PlannerError
from planner.terms import UNLIMITED_MW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pandas as pd

    type Constrain = Callable[[Program], Iterable[tuple[str, Any]]]

LESS: Final = -1
MORE: Final = 1


class Variables(Mapping[Any, Any]):
    """PuLP variables [MW] by key; `get(key, 0)` where a key may be of another grid."""

    def __init__(self, kind: str, columns: Mapping[Any, list[int]], known: _Known) -> None:
        self._kind, self._columns, self._known = kind, columns, known

    def __getitem__(self, key: Any) -> Any:
        """Return the variable of a key, or the sum of those that stand for it."""
        return sum(self._known.variable(f"{self._kind} {key} {at}", at)
                   for at in self._columns[key])  # fmt: skip

    def __iter__(self) -> Iterator[Any]:
        """Go through the keys."""
        return iter(self._columns)

    def __len__(self) -> int:
        """Count the keys."""
        return len(self._columns)


@dataclass
class _Known:
    """Variables that a function asked for, with the columns of the program they stand for."""

    problem: Any
    columns: dict[int, int] = field(default_factory=dict)
    variables: dict[int, Any] = field(default_factory=dict)

    def variable(self, name: str, at: int) -> Any:
        """Return the PuLP variable of a column."""
        if at not in self.variables:
            self.variables[at] = self.problem.add_variable(name)
            self.columns[self.variables[at].id] = at
        return self.variables[at]


@dataclass(frozen=True)
class Program:
    """What a function of one's own sees of one half-year of one grid; every variable is in MW.

    Attributes
    ----------
    period, next_period
        The half-year that is decided ("2028-winter"), and the one that must be carried too.
    regions
        Regions of the grid.
    steps
        All steps of the grid: `step`, `site`, `region`, `pocket`, `mw`, `target`, `on_grid`.
    served
        What a step is served, in both half-years, by step ("campus#1").
    unnamed
        What unnamed datacenters are served, in both half-years, by region.
    own
        What a site's own plant gives in this half-year, by site.
    flow, next_flow
        Flow by (from_region, to_region), never negative, in this and in the next half-year.
    """

    period: str
    next_period: str
    regions: tuple[str, ...]
    steps: pd.DataFrame
    served: Variables
    unnamed: Variables
    own: Variables
    flow: Variables
    next_flow: Variables


def added(window: Any, problem: Any) -> Iterator[tuple[str, list[tuple[int, float]], float]]:
    """Yield the rows that the function of a window adds: `name`, `sum of weights <= limit`.

    Raises
    ------
    PlannerError
        The function yields something else than a name and a PuLP constraint.
    """
    known = _Known(problem)
    seen: set[str] = set()
    for entry in window.terms.constrain(_view(window, known)):
        name, row = _checked(entry, seen)
        pairs = [(known.columns[variable.id], float(weight)) for variable, weight in row.items()]
        limit = -float(row.constant)
        if row.sense != MORE:
            yield f"{name} <=", pairs, limit
        if row.sense != LESS:
            yield f"{name} >=", [(at, -weight) for at, weight in pairs], -limit


def _checked(entry: Any, seen: set[str]) -> tuple[str, Any]:
    """Refuse what is no pair of a new name and a constraint on variables."""
    if not isinstance(entry, tuple) or len(entry) != len(("name", "row")):
        message = f"a constraint of your own is {entry!r}; yield a name and a PuLP constraint."
        raise PlannerError(message)
    name, row = entry
    if not hasattr(row, "items") or getattr(row, "sense", None) is None:
        message = f"constraint {name!r} of your own is {row!r}; compare with <=, >= or ==."
        raise PlannerError(message)
    if name in seen:
        message = f"constraint {name!r} of your own is there twice; give each its own name."
        raise PlannerError(message)
    seen.add(name)
    return str(name), row


def _view(window: Any, known: _Known) -> Program:
    unnamed: dict[str, list[int]] = {}
    for (region, _), at in window.unnamed.items():
        unnamed.setdefault(region, []).append(at)
    flows: tuple[dict[Any, list[int]], ...] = ({}, {})
    for (start, end, slot), at in window.flow.items():
        flows[slot][start, end] = [at]
    own = {site: [at] for (site, slot), at in window.own.items() if slot == 0}
    columns = ["step", "site", "region", "pocket", "mw", "target", "on_grid"]
    return Program(
        period=str(window.periods[0]),
        next_period=str(window.periods[1]),
        regions=tuple(window.layout.regions),
        steps=window.layout.steps[columns].copy(),
        served=Variables("served", {step: [at] for step, at in window.served.items()}, known),
        unnamed=Variables("unnamed", unnamed, known),
        own=Variables("own", own, known),
        flow=Variables("flow", flows[0], known),
        next_flow=Variables("next flow", flows[1], known),
    )


def add(window: Any, problem: Any) -> None:
    """Add the rows to a window, each with a breach that its later stages make least."""
    for name, pairs, limit in added(window, problem):
        slack = window.breach[name] = window.add(0.0, UNLIMITED_MW)
        window.rows["own", name] = len(window.pairs)
        window.pairs.append([*pairs, (slack, -1.0)])
        window.limits.append(limit)
