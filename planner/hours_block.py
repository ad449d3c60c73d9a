"""The hours of one period as arrays: what operates, and how builds and sites move its limits.

A block is a linear program `least cost x y, rows of matrix @ y within sides, low <= y <= high`.
Its sides and bounds move with the decisions of the period, so that one block serves as the
subproblem of a period, as a part of one large program, and under every draw of an ensemble.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

DAY: Final = 24
SMALL: Final = 1e-9


class Entries(NamedTuple):
    """Weights of a matrix: row, column and value of each, three arrays."""

    row: np.ndarray
    column: np.ndarray
    value: np.ndarray

    def times(self, vector: np.ndarray, size: int) -> np.ndarray:
        """Return matrix times a vector; the matrix has `size` rows."""
        product: np.ndarray = np.bincount(self.row, self.value * vector[self.column], size)
        return product

    def turned(self) -> Entries:
        """Return the transpose."""
        return Entries(self.column, self.row, self.value)


def dot(one: np.ndarray, other: np.ndarray) -> float:
    """Sum of products, without the threads of a linear algebra library, which cost more here."""
    return float((one * other).sum())


def entries(parts: Iterable[tuple[Any, Any, Any]] = ()) -> Entries:
    """Put (row, column, value) parts, each broadcast, one after the other."""
    flat = [[each.ravel() for each in np.broadcast_arrays(*part)] for part in parts]
    if not flat:
        return Entries(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    rows, columns, values = (np.concatenate(each) for each in zip(*flat, strict=True))
    keep = values != 0
    return Entries(
        rows[keep].astype(np.int64), columns[keep].astype(np.int64), values[keep].astype(float)
    )


@dataclass(frozen=True)
class Block:
    """The hours of one period.

    Attributes
    ----------
    cost, low, high
        By column.
    row_low, row_high
        By row.
    matrix
        Rows by columns.
    lift, sink
        Columns by decisions: how the upper bound rises and the lower bound falls with a decision.
    push
        Rows by decisions: how both sides rise.
    decisions
        Number of decisions of the period: sites, then options.
    at
        Columns of each kind, hour by hour in their order.
    hours, regions, height
        Number of hours, of regions, and of rows an hour, of which the balances come first.
    owner, place
        Region of each row, and of each column that costs anything.
    tie
        Pairs of rows that lines and joint limits tie together.
    """

    cost: np.ndarray
    low: np.ndarray
    high: np.ndarray
    row_low: np.ndarray
    row_high: np.ndarray
    matrix: Entries
    lift: Entries
    sink: Entries
    push: Entries
    decisions: int
    at: dict[str, slice]
    hours: int
    regions: int
    height: int
    owner: np.ndarray
    place: np.ndarray
    tie: np.ndarray

    def bounds(self, x: np.ndarray) -> tuple[np.ndarray, ...]:
        """Bounds of columns and sides of rows under decisions: low, high, row low, row high."""
        pushed = self.push.times(x, len(self.row_low))
        return (
            self.low - self.sink.times(x, len(self.low)),
            self.high + self.lift.times(x, len(self.high)),
            self.row_low + pushed,
            self.row_high + pushed,
        )

    def worst(self, most: np.ndarray) -> np.ndarray:
        """Most that the hours of each region can cost under decisions up to `most`."""
        high = self.high + self.lift.times(most, len(self.high))
        most_cost: np.ndarray = np.bincount(self.place, self.cost * high, self.regions)
        return most_cost

    def values(self, found: np.ndarray, kind: str) -> np.ndarray:
        """Values of one kind out of a solution: hours by its columns."""
        width = max(part.stop for part in self.at.values())
        kept: np.ndarray = found[: self.hours * width].reshape(self.hours, width)[:, self.at[kind]]
        return kept


@dataclass(frozen=True)
class Price:
    """What some regions cost at least in hours of one layout: in any year, under any draw.

    Attributes
    ----------
    regions
        Regions whose cost it bounds.
    row, row_price
        Rows that have a price, and it; signs fit the side that it prices.
    column, column_cost
        Columns in these rows, and what is left of their cost.
    """

    regions: np.ndarray
    row: np.ndarray
    row_price: np.ndarray
    column: np.ndarray
    column_cost: np.ndarray

    def constant(self, block: Block) -> float:
        """Least cost in a block without any decision."""
        return self.least((block.low, block.high, block.row_low, block.row_high))

    def least(self, bounds: tuple[np.ndarray, ...]) -> float:
        """Least cost under decisions, given as their bounds and sides (:meth:`Block.bounds`)."""
        low, high, row_low, row_high = bounds
        sides = np.where(self.row_price > 0, row_low[self.row], row_high[self.row])
        ends = np.where(self.column_cost > 0, low[self.column], high[self.column])
        return dot(self.row_price, sides) + dot(self.column_cost, ends)

    def slope(self, block: Block) -> np.ndarray:
        """Change of the least cost in a block with each decision."""
        rows, cost = np.zeros(len(block.row_low)), np.zeros(len(block.cost))
        rows[self.row], cost[self.column] = self.row_price, self.column_cost
        count = block.decisions
        slope: np.ndarray = (
            block.push.turned().times(rows, count)
            + block.lift.turned().times(np.minimum(cost, 0.0), count)
            - block.sink.turned().times(np.maximum(cost, 0.0), count)
        )
        return slope


def balances(block: Block, rows: np.ndarray) -> np.ndarray:
    """Pick what belongs to the balances out of something by row: hours by regions."""
    found: np.ndarray = rows[: block.hours * block.height].reshape(block.hours, block.height)
    return found[:, : block.regions]


def prices(block: Block, duals: np.ndarray) -> Iterator[Price]:
    """Turn duals of a solver into prices that bound the cost from below whatever its tolerance.

    Areas of regions that no column joins between rows with a price are priced each by itself.
    """
    duals = np.where(np.isfinite(block.row_low), duals, np.minimum(duals, 0.0))
    duals = np.where(np.isfinite(block.row_high), duals, np.maximum(duals, 0.0))
    duals[np.abs(duals) < SMALL] = 0.0
    area = _areas(block, duals)
    for number in np.unique(area[block.owner[duals != 0]]):
        here = area[block.owner] == number
        yield _price(block, np.where(here, duals, 0.0), np.flatnonzero(area == number))


def _price(block: Block, duals: np.ndarray, regions: np.ndarray) -> Price:
    here = duals[block.matrix.row] != 0
    row, column, value = (part[here] for part in block.matrix)
    count = len(block.cost)
    left = block.cost - np.bincount(column, value * duals[row], count)
    touched, rows = np.flatnonzero(np.bincount(column, minlength=count)), np.flatnonzero(duals)
    return Price(regions, rows, duals[rows], touched, left[touched])


def _areas(block: Block, duals: np.ndarray) -> np.ndarray:
    """Number the areas: regions joined by a column between two rows that have a price."""
    area = np.arange(block.regions)
    priced = duals != 0
    joined = block.tie[priced[block.tie[:, 0]] & priced[block.tie[:, 1]]]
    start, end = block.owner[joined].T
    pairs = np.flatnonzero(np.bincount(start * block.regions + end))
    for here, there in zip(*np.divmod(pairs, block.regions), strict=True):
        area[area == area[there]] = area[here]
    return area


# --- what a period is made of --------------------------------------------------------------------


@dataclass(frozen=True)
class Stores:
    """Storage: region, power in and out [MW] (by store, or hours by stores), energy [MWh].

    `round_trip` is the share that comes back.
    """

    region: np.ndarray
    charge_mw: np.ndarray
    discharge_mw: np.ndarray
    energy_mwh: np.ndarray
    round_trip: np.ndarray


@dataclass(frozen=True)
class Units:
    """Plant with a fuel cost: region, USD/MWh, and its limit [MW], units by hours.

    Plant without one needs no column of its own: it is taken off the load.
    """

    region: np.ndarray
    usd_per_mwh: np.ndarray
    limit_mw: np.ndarray


@dataclass(frozen=True)
class Lines:
    """Net flow from `start` to `end` between -`reverse_mw` and `forward_mw`, lines by hours.

    `joint` holds (lines, signs, limit by hour): a sum of signed flows at most a limit.
    """

    start: np.ndarray
    end: np.ndarray
    forward_mw: np.ndarray
    reverse_mw: np.ndarray
    joint: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]] = ()


@dataclass(frozen=True)
class Added:
    """What one more megawatt of each option gives; all arrays are of the same length within a kind.

    Attributes
    ----------
    plant
        (option, region, share by hour): output at no cost, off the load.
    unit
        (option, unit, share by hour): the limit of a unit.
    power, energy
        (option, store, MW) and (option, store, MWh).
    line
        (option, line, MW): both directions.
    """

    plant: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
    unit: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
    power: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
    energy: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
    line: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None


@dataclass(frozen=True)
class Period:
    """The hours of a period, whole days of 24, and single hours after them where storage is still.

    Attributes
    ----------
    need_mw
        Load less plant that costs nothing to run: regions by hours; may be negative.
    draw
        Megawatts of need for a megawatt of site: regions by hours.
    home
        Region of each site.
    most_mw
        Most that sites can draw, by region: an upper bound of what may lack.
    short_cost
        Cost of a megawatt that lacks, by hour.
    give_fraction, give_hours
        Part of a site that may give way, and for how many hours of full depth.
    """

    need_mw: np.ndarray
    draw: np.ndarray
    home: np.ndarray
    most_mw: np.ndarray
    short_cost: np.ndarray
    stores: Stores
    lines: Lines
    added: Added
    options: int
    units: Units | None = None
    weight: float = 1.0
    give_fraction: float = 0.0
    give_hours: float = 0.0
    days: int = field(default=1)


def build(period: Period) -> Block:
    """Write the block of a period; periods of one kind have the same columns, rows and matrix."""
    return _Writer(period).block()


class _Writer:
    """Lays out columns and rows hour by hour: hour times width, plus the place in the hour."""

    def __init__(self, period: Period) -> None:
        self.period = period
        self.regions, self.hours = period.need_mw.shape
        self.hour = np.arange(self.hours)
        self.dayly = (self.hour < period.days * DAY)[:, None].astype(float)
        self.sites, stores = len(period.home), len(period.stores.region)
        counts = {
            "unit": 0 if period.units is None else len(period.units.region),
            "charge": stores,
            "discharge": stores,
            "level": stores,
            "flow": len(period.lines.start),
            "give": self.sites if period.give_hours > 0 else 0,
            "short": self.regions,
        }
        self.at: dict[str, slice] = {}
        first = 0
        for name, count in counts.items():
            self.at[name] = slice(first, first + count)
            first += count
        self.width = first
        self.height = self.regions + stores + len(period.lines.joint)
        self.last = self.hours * self.height

    def column(self, kind: str, which: np.ndarray | None = None) -> np.ndarray:
        """Columns of a kind: hours by places."""
        part = self.at[kind]
        places = np.arange(part.stop - part.start) if which is None else which
        columns: np.ndarray = self.hour[:, None] * self.width + part.start + places
        return columns

    def row(self, place: np.ndarray) -> np.ndarray:
        """Rows of a place: hours by places."""
        rows: np.ndarray = self.hour[:, None] * self.height + place
        return rows

    def block(self) -> Block:
        """Write it."""
        low, high, cost = self._columns()
        row_low, row_high = self._rows()
        lift, sink = self._moves()
        decisions = self.sites + self.period.options
        return Block(
            cost=cost,
            low=low,
            high=high,
            row_low=row_low,
            row_high=row_high,
            matrix=self._matrix(),
            lift=lift,
            sink=sink,
            push=self._push(),
            decisions=decisions,
            at=self.at,
            hours=self.hours,
            regions=self.regions,
            height=self.height,
            owner=self._owners(),
            place=self._places(),
            tie=self._ties(),
        )

    def _columns(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        period, shape = self.period, (self.hours, self.width)
        low, high, cost = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        dayly = self.dayly
        high[:, self.at["charge"]] = period.stores.charge_mw * dayly
        high[:, self.at["discharge"]] = period.stores.discharge_mw * dayly
        high[:, self.at["level"]] = period.stores.energy_mwh * dayly
        high[:, self.at["flow"]] = period.lines.forward_mw.T
        low[:, self.at["flow"]] = -period.lines.reverse_mw.T
        most = np.maximum(period.need_mw + period.draw * period.most_mw[:, None], 0.0)
        high[:, self.at["short"]] = most.T
        cost[:, self.at["short"]] = period.short_cost[:, None]
        if period.units is not None:
            high[:, self.at["unit"]] = period.units.limit_mw.T
            cost[:, self.at["unit"]] = period.units.usd_per_mwh * period.weight
        return low.ravel(), high.ravel(), cost.ravel()

    def _rows(self) -> tuple[np.ndarray, np.ndarray]:
        shape, period = (self.hours, self.height), self.period
        low, high = np.zeros(shape), np.zeros(shape)
        low[:, : self.regions] = period.need_mw.T
        high[:, : self.regions] = np.inf
        first = self.regions + len(period.stores.region)
        low[:, first:] = -np.inf
        for at, (_, _, limit) in enumerate(period.lines.joint):
            high[:, first + at] = limit
        budgets = self.sites if period.give_hours > 0 else 0
        return (
            np.r_[low.ravel(), np.full(budgets, -np.inf)],
            np.r_[high.ravel(), np.zeros(budgets)],
        )

    def _matrix(self) -> Entries:
        period, region = self.period, np.arange(self.regions)
        stores, lines = period.stores, period.lines
        store = self.regions + np.arange(len(stores.region))
        before = np.where(self.hour % DAY == 0, self.hour + DAY - 1, self.hour - 1)
        dayly = self.dayly
        before = np.minimum(before, self.hours - 1)[:, None] * self.width
        places = self.at["level"].start + np.arange(len(stores.region))
        parts = [
            (self.row(region), self.column("short"), 1.0),
            (self.row(stores.region), self.column("discharge"), 1.0),
            (self.row(stores.region), self.column("charge"), -1.0),
            (self.row(store), self.column("discharge"), 1.0),
            (self.row(store), self.column("charge"), -stores.round_trip),
            (self.row(store), self.column("level"), dayly),
            (self.row(store), before + places, -dayly),
            (self.row(lines.end), self.column("flow"), 1.0),
            (self.row(lines.start), self.column("flow"), -1.0),
        ]
        if period.units is not None:
            parts.append((self.row(period.units.region), self.column("unit"), 1.0))
        first = self.regions + len(stores.region)
        for at, (which, signs, _) in enumerate(lines.joint):
            parts.append((self.row(np.array([first + at])), self.column("flow", which), signs))
        if period.give_hours > 0:
            budget = np.broadcast_to(self.last + np.arange(self.sites), (self.hours, self.sites))
            parts += [
                (self.row(period.home), self.column("give"), 1.0),
                (budget, self.column("give"), 1.0),
            ]
        return entries(parts)

    def _owners(self) -> np.ndarray:
        """Region of each row; a joint limit belongs to the end of its first line."""
        period = self.period
        joint = [period.lines.end[which[0]] for which, _, _ in period.lines.joint]
        hour = np.r_[np.arange(self.regions), period.stores.region, joint].astype(np.int64)
        budgets = period.home[: len(period.home) if period.give_hours > 0 else 0]
        owners: np.ndarray = np.r_[np.tile(hour, self.hours), budgets].astype(np.int64)
        return owners

    def _places(self) -> np.ndarray:
        place = np.zeros((self.hours, self.width), dtype=np.int64)
        place[:, self.at["short"]] = np.arange(self.regions)
        if self.period.units is not None:
            place[:, self.at["unit"]] = self.period.units.region
        return place.ravel()

    def _ties(self) -> np.ndarray:
        lines = self.period.lines
        first = self.regions + len(self.period.stores.region)
        pairs = [np.column_stack([lines.start, lines.end])]
        for at, (which, _, _) in enumerate(lines.joint):
            ends = np.r_[lines.start[which], lines.end[which]]
            pairs.append(np.column_stack([np.full(len(ends), first + at), ends]))
        every = np.vstack(pairs)
        ties: np.ndarray = (self.hour[:, None, None] * self.height + every).reshape(-1, 2)
        return ties

    def _moves(self) -> tuple[Entries, Entries]:
        """How bounds of columns move with decisions."""
        period, added = self.period, self.period.added
        dayly = self.dayly
        lift: list[tuple[Any, Any, Any]] = []
        sink: list[tuple[Any, Any, Any]] = []
        if added.unit is not None:
            option, unit, share = added.unit
            lift.append((self.column("unit", unit), self.sites + option, share.T))
        if added.power is not None:
            option, store, mw = added.power
            lift += [
                (self.column(kind, store), self.sites + option, mw * dayly)
                for kind in ("charge", "discharge")
            ]
        if added.energy is not None:
            option, store, mwh = added.energy
            lift.append((self.column("level", store), self.sites + option, mwh * dayly))
        if added.line is not None:
            option, line, mw = added.line
            moved = (self.column("flow", line), self.sites + option, mw)
            lift.append(moved)
            sink.append(moved)
        if period.give_hours > 0:
            lift.append((self.column("give"), np.arange(self.sites), period.give_fraction))
        return entries(lift), entries(sink)

    def _push(self) -> Entries:
        """How needs, and hours in which sites may give way, rise with decisions."""
        period = self.period
        site = np.arange(self.sites)
        parts = [(self.row(period.home), site, period.draw[period.home].T)]
        if period.added.plant is not None:
            option, region, share = period.added.plant
            parts.append((self.row(region), self.sites + option, -share.T))
        if period.give_hours > 0:
            parts.append((self.last + site, site, period.give_hours))
        return entries(parts)
