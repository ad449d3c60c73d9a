"""The linear program over the hours of one pool: least unserved energy, with storage and imports.

It has some hundred thousand columns, more than PuLP hands over in reasonable time, and is written
as arrays for HiGHS. Hours in which storage cannot help, and fills at no one's cost, are left out:
behind enough of them every store is full, whatever came before, and a full store is never worse
than any other. What is left falls apart into windows that begin with full stores.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from planner import highs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DAY: Final = 24
NOISE_MW: Final = 1e-4
EARLY: Final = 1e-6
SHED_LAST: Final = 0.5
FLOW: Final = 1e-7

type Entry = tuple[int, int, float]


@dataclass(frozen=True)
class Store:
    """Storage of one region and kind: power [MW], energy [MWh] and share that comes back."""

    region: int
    power_mw: float
    energy_mwh: float
    round_trip: float


@dataclass(frozen=True)
class Arc:
    """A line: net flow from one region to another within limits [MW]; -1 is outside the pool."""

    start: int
    end: int
    forward_mw: float
    reverse_mw: float = 0.0


@dataclass(frozen=True)
class Season:
    """What holds in all hours of one season.

    Attributes
    ----------
    stores, arcs
        Same length and order in every season.
    joint
        Sum of signed net flows at most a limit: (arcs, signs, limit in MW), same in every season.
    water_mw
        Capacity of water by region; its energy of each day may be moved within the day.
    give_mw
        Load that may give way, by region.
    give_hours
        Hours of full depth for which it may, in the season.
    """

    stores: Sequence[Store]
    arcs: Sequence[Arc]
    joint: Sequence[tuple[Sequence[int], Sequence[float], float]]
    water_mw: np.ndarray
    give_mw: np.ndarray
    give_hours: float = 0.0


@dataclass(frozen=True)
class Hours:
    """The hours of one pool, whole days.

    Attributes
    ----------
    need_mw
        Load less what plant gives, without water and storage: regions by hours; may be negative.
    river_mw
        Mean output of water in each hour: regions by hours.
    season
        Number of the season of each hour.
    seasons
        What holds in each season.
    load_mw
        Load, for reports only: regions by hours.
    """

    need_mw: np.ndarray
    river_mw: np.ndarray
    season: np.ndarray
    seasons: Sequence[Season]
    load_mw: np.ndarray = field(default_factory=lambda: np.zeros((1, 1)))

    @property
    def regions(self) -> int:
        """Number of regions."""
        return int(self.need_mw.shape[0])

    @property
    def count(self) -> int:
        """Number of hours."""
        return int(self.need_mw.shape[1])

    def at(self, hour: int) -> Season:
        """What holds in an hour."""
        return self.seasons[int(self.season[hour])]


@dataclass(frozen=True)
class Operation:
    """Least unserved energy and how it comes about.

    Attributes
    ----------
    short_mw, given_mw
        Load that is not served, and load that gives way: regions by hours.
    solved_hours
        Hours that had to be solved together; the others are served whatever storage holds.
    windows
        Number of stretches they fall into.
    """

    short_mw: np.ndarray
    given_mw: np.ndarray
    solved_hours: int
    windows: int


def operate(hours: Hours, *, whole: bool = False) -> Operation:
    """Serve the most energy that can be served.

    Of ways that serve the same, earlier hours come first, so that there is one answer.

    Parameters
    ----------
    hours
        One pool, whole days; stores are full at the beginning.
    whole
        Solve every hour in one program, instead of the hours that matter (for tests).

    Raises
    ------
    SolverError
        The solver finds no optimum.
    """
    given = np.zeros_like(hours.need_mw)
    if whole:
        short, windows = np.zeros_like(given), [np.arange(hours.count)]
    else:
        short, charge = alone(hours)
        windows = stretches(hours, charge)
    linked = any(season.give_hours > 0 and season.give_mw.any() for season in hours.seasons)
    groups = [windows] if linked and windows else [[window] for window in windows]
    for group in groups:
        program = Program(hours, group)
        program.solve()
        at = np.concatenate(group)
        short[:, at], given[:, at] = program.values("short"), program.values("give")
    return Operation(short, given, sum(len(window) for window in windows), len(windows))


# --- hours that matter ---------------------------------------------------------------------------


def stretches(hours: Hours, charge: np.ndarray) -> list[np.ndarray]:
    """Find the days that must be solved: from one that storage can help until all is full again.

    A store is full after its energy over its charging power, and over what of it comes back, in
    hours of full charging.
    """
    fill = max(
        (
            store.energy_mwh / store.round_trip / store.power_mw
            for season in hours.seasons
            for store in season.stores
            if store.power_mw > 0
        ),
        default=0.0,
    )
    found: list[list[int]] = []
    missing = 0.0
    for day, parts in enumerate(charge.reshape(-1, DAY)):
        if parts.min() < 0:
            if missing <= 0:
                found.append([])
            missing = fill + NOISE_MW
            found[-1].append(day)
        elif missing > 0:
            missing -= parts.sum()
            found[-1].append(day)
    return [(np.array(days)[:, None] * DAY + np.arange(DAY)).ravel() for days in found]


def alone(hours: Hours) -> tuple[np.ndarray, np.ndarray]:
    """Take each hour by itself: what is short, and the share of full charging all stores can have.

    The share is -1 where stores, water of the day or load that gives way could make it less short.
    Days are tried with the highest need of each region first; most pass as a whole.
    """
    charge = np.ones(hours.count)
    short = np.zeros_like(hours.need_mw)
    tests = [Fill(season) for season in hours.seasons]
    need = hours.need_mw - hours.river_mw
    for day in range(hours.count // DAY):
        span = slice(day * DAY, (day + 1) * DAY)
        numbers = hours.season[span]
        if len(set(numbers.tolist())) == 1:
            missing, share = tests[int(numbers[0])].charging(need[:, span].max(axis=1))
            if share >= 1.0 and missing.sum() <= NOISE_MW:
                continue
        for hour in range(span.start, span.stop):
            test = tests[int(hours.season[hour])]
            short[:, hour], charge[hour] = test.charging(need[:, hour])
            missed = short[:, hour].sum()
            if missed > NOISE_MW and test.least(hours.need_mw[:, hour]) < missed - NOISE_MW:
                charge[hour] = -1.0
    return short, charge


class Fill:
    """One hour with all stores charging alike, loaded once; the needs of the regions change."""

    def __init__(self, season: Season) -> None:
        count = len(season.give_mw)
        self.count = count
        self.help_mw = season.water_mw + (season.give_mw if season.give_hours > 0 else 0.0)
        power = np.zeros(count)
        for store in season.stores:
            power[store.region] += store.power_mw
        smallest = power[power > 0].min(initial=1.0)
        arcs = [(-a.reverse_mw, a.forward_mw, 0.0) for a in season.arcs]
        columns = [(0.0, np.inf, 1.0)] * count + arcs + [(0.0, 1.0, -SHED_LAST * smallest)]
        self.last = len(columns) - 1
        entries: list[Entry] = [(r, r, 1.0) for r in range(count)]
        entries += [(r, self.last, -power[r]) for r in range(count) if power[r]]
        entries += _ends(season, count)
        rows = [(0.0, np.inf)] * count
        for at, (which, signs, limit) in enumerate(season.joint):
            pairs = zip(which, signs, strict=True)
            entries += [(count + at, count + arc, sign) for arc, sign in pairs]
            rows.append((-np.inf, limit))
        self.solver = _loaded(columns, rows, entries)

    def charging(self, need_mw: np.ndarray) -> tuple[np.ndarray, float]:
        """What is short while stores charge at no one's cost, and the share of it that they can."""
        values = self._solve(need_mw)
        share = float(values[-1])
        return values[: self.count], 1.0 if share > 1 - NOISE_MW else max(share - NOISE_MW, 0.0)

    def least(self, need_mw: np.ndarray) -> float:
        """What is short with all stores, all water and all that may give way at full power."""
        self.solver.changeColBounds(self.last, -1.0, -1.0)
        values = self._solve(need_mw - self.help_mw)
        self.solver.changeColBounds(self.last, 0.0, 1.0)
        return float(values[: self.count].sum())

    def _solve(self, need_mw: np.ndarray) -> np.ndarray:
        for row, mw in enumerate(need_mw.tolist()):
            self.solver.changeRowBounds(row, mw, np.inf)
        return highs.values(self.solver)


def _ends(season: Season, first: int) -> Iterator[Entry]:
    """Flows out of (-1) and into (1) the balance of each region."""
    for at, arc in enumerate(season.arcs):
        for region, sign in ((arc.start, -1.0), (arc.end, 1.0)):
            if region >= 0:
                yield region, first + at, sign


# --- the program ---------------------------------------------------------------------------------


@dataclass
class Program:
    """The program of some stretches of hours, each of which begins with full stores.

    Columns and rows are laid out hour by hour in the same order, so that one hour is written once
    for each season and repeated.
    """

    hours: Hours
    windows: Sequence[np.ndarray]
    at: dict[str, slice] = field(default_factory=dict)
    found: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        """Lay out the columns of one hour."""
        first, season = 0, self.hours.seasons[0]
        counts = {
            "short": self.hours.regions,
            "give": self.hours.regions,
            "water": self.hours.regions,
            "flow": len(season.arcs),
            "charge": len(season.stores),
            "discharge": len(season.stores),
            "level": len(season.stores),
        }
        for name, count in counts.items():
            self.at[name] = slice(first, first + count)
            first += count
        self.width = first
        self.height = self.hours.regions + len(season.stores) + len(season.joint)
        self.index = np.concatenate(list(self.windows))

    def values(self, name: str) -> np.ndarray:
        """Values of one kind, by hour of the windows."""
        return self.found[:, self.at[name]].T

    def solve(self) -> None:
        """Write the program, hand it over, solve it."""
        low, high, cost = self._columns()
        rows, columns, weights = self._entries()
        row_low, row_high = self._rows()
        more = self._budgets(len(row_low))
        model = highs.arrays(
            (low, high, cost),
            (np.r_[row_low, np.full(len(more), -np.inf)], np.r_[row_high, [b[2] for b in more]]),
            (
                np.concatenate([rows, *(np.full(len(b[0]), b[3]) for b in more)]),
                np.concatenate([columns, *(b[0] for b in more)]),
                np.concatenate([weights, *(b[1] for b in more)]),
            ),
        )
        values = highs.values(highs.passed(model))
        self.found = values.reshape(len(self.index), self.width)

    def _columns(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        shape = (len(self.index), self.width)
        low, high, cost = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        for number, season in enumerate(self.hours.seasons):
            here = self.hours.season[self.index] == number
            power = [store.power_mw for store in season.stores]
            tops = {
                "short": np.full(self.hours.regions, np.inf),
                "give": season.give_mw if season.give_hours > 0 else 0.0 * season.give_mw,
                "water": season.water_mw,
                "flow": [arc.forward_mw for arc in season.arcs],
                "charge": power,
                "discharge": power,
                "level": [store.energy_mwh for store in season.stores],
            }
            for name, top in tops.items():
                high[here, self.at[name]] = top
            low[here, self.at["flow"]] = [-arc.reverse_mw for arc in season.arcs]
        later = np.arange(len(self.index))[:, None] / max(len(self.index), 1)
        cost[:, self.at["short"]] = 1.0 + EARLY * (1 - later)
        cost[:, self.at["give"]] = EARLY * (2 + later)
        return low.ravel(), high.ravel(), cost.ravel()

    def _rows(self) -> tuple[np.ndarray, np.ndarray]:
        shape = (len(self.index), self.height)
        low, high = np.full(shape, -np.inf), np.full(shape, np.inf)
        count = self.hours.regions
        stores = slice(count, count + len(self.hours.seasons[0].stores))
        low[:, :count] = self.hours.need_mw[:, self.index].T
        low[:, stores] = high[:, stores] = 0.0
        first = 0
        for window in self.windows:
            season = self.hours.at(window[0])
            full = [store.energy_mwh for store in season.stores]
            low[first, stores] = high[first, stores] = full
            first += len(window)
        for number, season in enumerate(self.hours.seasons):
            here = self.hours.season[self.index] == number
            high[here, stores.stop :] = [limit for _, _, limit in season.joint]
        return low.ravel(), high.ravel()

    def _entries(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Weights of one hour, repeated; each store takes up what the hour before has left it."""
        season = self.hours.seasons[0]
        block = np.array(list(self._hour(season)), dtype=float).reshape(-1, 3)
        hours = np.arange(len(self.index))[:, None]
        rows = (hours * self.height + block[:, 0]).ravel()
        columns = (hours * self.width + block[:, 1]).ravel()
        weights = np.broadcast_to(block[:, 2], (len(hours), len(block))).ravel()
        starts = np.cumsum([0, *(len(window) for window in self.windows)])[:-1]
        after = np.setdiff1d(np.arange(len(self.index)), starts)[:, None]
        store = np.arange(len(season.stores))
        rows_ = (after * self.height + self.hours.regions + store).ravel()
        columns_ = ((after - 1) * self.width + self.at["level"].start + store).ravel()
        return (
            np.r_[rows, rows_].astype(np.int64),
            np.r_[columns, columns_].astype(np.int64),
            np.r_[weights, np.full(len(rows_), -1.0)],
        )

    def _hour(self, season: Season) -> Iterator[Entry]:
        count = self.hours.regions
        first = {name: part.start for name, part in self.at.items()}
        for region in range(count):
            for name in ("short", "give", "water"):
                yield region, first[name] + region, 1.0
        yield from _ends(season, first["flow"])
        for at, store in enumerate(season.stores):
            yield store.region, first["charge"] + at, -1.0
            yield store.region, first["discharge"] + at, 1.0
            yield count + at, first["level"] + at, 1.0
            yield count + at, first["discharge"] + at, 1.0
            yield count + at, first["charge"] + at, -store.round_trip
        base = count + len(season.stores)
        for at, (which, signs, _) in enumerate(season.joint):
            for arc, sign in zip(which, signs, strict=True):
                yield base + at, first["flow"] + arc, sign

    def _budgets(self, row: int) -> list[tuple[np.ndarray, np.ndarray, float, int]]:
        """Water of each day and region; load that gives way in each season and region."""
        found: list[tuple[np.ndarray, np.ndarray, float, int]] = []
        hour = np.arange(len(self.index))
        for region in range(self.hours.regions):
            river = self.hours.river_mw[region, self.index].reshape(-1, DAY).sum(axis=1)
            places = (hour * self.width + self.at["water"].start + region).reshape(-1, DAY)
            for day in np.flatnonzero(river > 0):
                found.append((places[day], np.ones(DAY), float(river[day]), row + len(found)))
            for number, season in enumerate(self.hours.seasons):
                here = hour[self.hours.season[self.index] == number]
                if season.give_mw[region] > 0 and season.give_hours > 0 and len(here):
                    places_ = here * self.width + self.at["give"].start + region
                    limit = float(season.give_mw[region] * season.give_hours)
                    found.append((places_, np.ones(len(here)), limit, row + len(found)))
        return found


# --- solver --------------------------------------------------------------------------------------


def _loaded(columns: list[Any], rows: list[Any], entries: list[Entry]) -> Any:
    block = np.array(entries, dtype=float).reshape(-1, 3)
    bounds = np.array(columns, dtype=float)
    sides = np.array(rows, dtype=float)
    model = highs.arrays(
        (bounds[:, 0], bounds[:, 1], bounds[:, 2]),
        (sides[:, 0], sides[:, 1]),
        (block[:, 0].astype(np.int64), block[:, 1].astype(np.int64), block[:, 2]),
    )
    return highs.passed(model)
