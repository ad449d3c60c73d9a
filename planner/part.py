"""Some regions, handed over twice: native load alone, and what sites may draw beyond it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from planner import cuts, model, parts
from planner.loaded import Loaded
from planner.model import UNLIMITED_MW, Window
from planner.terms import Layout

if TYPE_CHECKING:
    from planner.terms import Terms

type Array = np.ndarray
type Key = tuple[Any, ...]

YEAR: Final = 2
ROOM_MW: Final = model.TOLERANCE_MW / 10
HALF_WEIGHT: Final = model.SHORT_WEIGHT / 2


@dataclass
class Starts:
    """Bases to start from: the last ones of a draw, else those of a reference draw."""

    reference: dict[Key, Any]
    last: dict[Key, Any] = field(default_factory=dict)

    def find(self, program: int, at: int, draw: int) -> Any:
        """Return the basis of the same program in the same season, without one None."""
        return self.last.get((program, at % YEAR, draw), self.reference.get((program, at)))

    def keep(self, program: int, at: int, draw: int, basis: Any) -> None:
        """Remember a basis."""
        self.last[program, at % YEAR, draw] = basis


@dataclass(frozen=True)
class Now:
    """One half-year of some draws of a grid.

    Attributes
    ----------
    at, after
        Places of the half-year and of the next one.
    draws
        Numbers of the draws, the first axis of all below, or the second after (this half-year,
        the next).
    held, most, worth
        What each step, then unnamed datacenters (old, new), have, may have [MW], and their weight.
    spare, ties
        Accredited less required megawatts of regions, and the weight of their shortage.
    plants, rooms
        Own plant by site; room by pocket [MW].
    unready
        Whether a step is not connected.
    without
        Kind of limits that is lifted.
    """

    at: int
    after: int
    draws: Array
    held: Array
    most: Array
    worth: Array
    spare: Array
    ties: Array
    plants: Array
    rooms: Array
    unready: Array
    without: str = ""

    @property
    def places(self) -> tuple[int, int]:
        """The half-year and the next one."""
        return self.at, self.after

    def only(self, which: Array, without: str) -> Now:
        """Keep some draws, and lift a kind of limits."""
        first = {name: getattr(self, name)[which] for name in ("draws", "held", "most", "worth")}
        names = ("spare", "ties", "plants", "rooms", "unready")
        second = {name: getattr(self, name)[:, which] for name in names}
        return replace(self, **first, **second, without=without)


@dataclass(frozen=True)
class Stage:
    """One stage of a half-year: each pool by itself, or the whole grid.

    Attributes
    ----------
    now, starts
        The half-year, and bases to start from.
    values
        What is given so far, as `Now.held`; parts add to it.
    left
        Accredited megawatts less the requirement and what sites draw, by half-year, draw, region.
    short, dead
        Native shortage [MW], and where more load would add to it; parts fill them in.
    told
        Whether native shortage is asked for, and not only what may be powered.
    always
        Whether what can be shown to change nothing is solved, too.
    """

    now: Now
    starts: Starts
    values: Array
    left: Array
    short: Array
    dead: Array
    told: bool
    always: bool

    @property
    def quick(self) -> bool:
        """Whether sets of regions may be looked at instead of solving."""
        return not (self.always or self.told or self.now.without)


class Part:
    """Regions of a grid, and the steps in them.

    Parameters
    ----------
    terms
        Numbers of the part.
    whole
        The grid, whose arrays :class:`Now` holds.

    Attributes
    ----------
    regions, wanting
        Places of its regions, and of what it may be asked for, in those arrays.
    """

    def __init__(self, terms: Terms, whole: Layout) -> None:
        self.layout = Layout(terms)
        bare = Layout(parts.without_sites(terms))
        names = list(terms.periods.index)
        numbers = [int(number) for number in terms.periods]
        halves = list(zip(numbers, names, [*names[1:], names[-1]], strict=True))
        self.native = Loaded(
            [model.fill(Window(bare, n, (one,), {}, net=True)) for n, one, _ in halves]
        )
        both = [
            model.fill(Window(self.layout, n, (one, two), {}, net=True)) for n, one, two in halves
        ]
        self.service = Loaded(both, without=list(both[0].short.values()))
        self._find_places(whole)
        self._find_columns()
        self._find_rows()
        self._find_limits()

    def _find_places(self, whole: Layout) -> None:
        layout = self.layout
        unnamed = [region for _, region in whole.with_unnamed]
        self.regions = places(layout.regions, whole.regions)
        self.steps = places([row.step for row in layout.rows], [row.step for row in whole.rows])
        self.sites = places(list(layout.steps_of), list(whole.steps_of))
        late = len(whole.rows) + places([region for _, region in layout.with_unnamed], unnamed)
        self.wanting = np.concatenate([self.steps, late, late + len(unnamed)])

    def _find_columns(self) -> None:
        one, two = self.native.window, self.service.window
        regions, unnamed = self.layout.regions, self.layout.with_unnamed
        self.short_one = np.array([one.short[region, 0] for region in regions])
        new = [two.unnamed[region, kind] for kind in ("late", "new") for _, region in unnamed]
        self.give = np.array([*two.served.values(), *new], dtype=int)
        for loaded in (self.native, self.service):
            flows = np.array(list(loaded.window.flow.values()), dtype=int)
            loaded.price(flows, np.full(len(flows), 0.0))

    def _find_rows(self) -> None:
        one, two = self.native.window.rows, self.service.window.rows
        regions, sites = self.layout.regions, list(self.layout.steps_of)
        pockets = [name for name in self.layout.rooms if ("delivery", name, 0) in two]
        self.pockets = places(pockets, list(self.layout.rooms))
        self.need_one = _rows(one, [("adequacy", region, 0) for region in regions])
        self.asked = _rows(
            two,
            [
                *(("adequacy", region, k) for k in range(2) for region in regions),
                *(("onsite", "plant", site, k) for k in range(2) for site in sites),
                *(("delivery", pocket, k) for k in range(2) for pocket in pockets),
            ],
        )
        steps = {int(at): step for step, at in enumerate(self.service.window.served.values())}
        late = {two["onsite", "unready", site, k]: k for k in range(2) for site in sites}
        found = [
            (entry, late[int(row)], steps[int(at)])
            for entry, (row, at) in enumerate(self.service.entries)
            if int(row) in late and int(at) in steps
        ]
        self.unready = np.array(found, dtype=int).reshape(-1, 3)

    def _find_limits(self) -> None:
        """Note the flows and joint limits, and which of them lie within the pool."""
        inside = {limit.name for limit in self.layout.joint if limit.within_pool}
        self.limits = []
        for loaded in (self.native, self.service):
            rows = [key for key in loaded.window.rows if key[0] == "transfer"]
            flows = list(loaded.window.flow)
            self.limits.append(
                (
                    _rows(loaded.window.rows, rows),
                    np.array([key[1] in inside for key in rows], dtype=bool),
                    np.array([loaded.window.flow[key] for key in flows], dtype=int),
                    np.array([key[:2] in self.layout.within_pool for key in flows], dtype=bool),
                )
            )
        self.turned: list[Any] = [None, None]
        every = [np.arange(len(loaded.entries)) for loaded in (self.native, self.service)]
        self.margins = [every[0], np.setdiff1d(every[1], self.unready[:, 0])]
        self.cuts = self._cuts() if len(self.regions) <= cuts.MOST_REGIONS else None

    def _cuts(self) -> cuts.Cuts | None:
        """Look at all sets of regions, where no joint limit can bind."""
        loaded, window = self.native, self.native.window
        for row in self.limits[0][0]:
            ats, signs = np.array(window.pairs[row]).T
            ats = ats.astype(int)
            most = np.maximum(signs * loaded.low[:, ats], signs * loaded.high[:, ats]).sum(axis=1)
            if (most > loaded.limits[:, row]).any():
                return None
        flows = self.limits[0][2]
        ends = [tuple(places(list(key[:2]), self.layout.regions)) for key in window.flow]
        return cuts.Cuts(len(self.regions), ends, -loaded.low[:, flows], loaded.high[:, flows])

    # --- solving ---------------------------------------------------------------------------------

    def _turn(self, which: int, at: int, without: str) -> Loaded:
        """Load the limits of a half-year on flows, or lift them."""
        loaded = (self.native, self.service)[which]
        lifted = without == "import"
        if self.turned[which] != (at, lifted):
            rows, rows_inside, flows, flows_inside = self.limits[which]
            most = np.where(lifted & rows_inside, UNLIMITED_MW, loaded.limits[at, rows])
            high = np.where(lifted & flows_inside, UNLIMITED_MW, loaded.high[at, flows])
            loaded.limit(rows, most)
            low = np.where(lifted & flows_inside, -UNLIMITED_MW, loaded.low[at, flows])
            loaded.bound(flows, low, high)
            loaded.weigh(self.margins[which], loaded.weights[at, self.margins[which]])
            self.turned[which] = (at, lifted)
        return loaded

    def balance(self, stage: Stage, slot: int, open_: Array) -> None:
        """Find least native shortage and dead regions, where something open asks for them.

        Parameters
        ----------
        stage
            The stage, whose `short` and `dead` are filled in.
        slot
            0 for the half-year, 1 for the next.
        open_
            What may gain, by draw.
        """
        here = stage.left[slot][:, self.regions]
        if self.cuts is not None and stage.quick:
            stage.dead[slot][:, self.regions] = self.cuts.dead(here, stage.now.places[slot])
            return
        need = open_[:, self.wanting].any(axis=1) | (stage.told and slot == 0)
        for draw in np.flatnonzero(stage.always | (need & (here.min(axis=1) < 0))):
            self._shortage(stage, int(draw), slot)

    def power(self, stage: Stage, open_: Array) -> None:
        """Power the most of what may gain, native shortage held; add it to the stage's values."""
        for draw in np.flatnonzero(stage.always | open_[:, self.wanting].any(axis=1)):
            if self.cuts is not None and stage.quick:
                for slot in range(2):
                    if stage.left[slot, draw, self.regions].min() < 0:
                        self._shortage(stage, int(draw), slot)
            stage.values[draw, self.wanting] = self._serve(stage, int(draw))

    def _shortage(self, stage: Stage, draw: int, slot: int) -> None:
        left, now = stage.left[slot, draw, self.regions], stage.now
        if len(left) == 1:
            short, dead = np.maximum(-left, 0.0), left < 0
        else:
            at = now.places[slot]
            loaded = self._turn(0, at, now.without)
            loaded.limit(self.need_one, left)
            loaded.price(self.short_one, now.ties[slot, draw, self.regions])
            self._solve(loaded, stage, at, draw)
            short = loaded.values(self.short_one)
            dead = loaded.prices(self.need_one) > HALF_WEIGHT
        stage.short[slot, draw, self.regions] = short
        stage.dead[slot, draw, self.regions] = dead

    def _serve(self, stage: Stage, draw: int) -> Array:
        now = stage.now
        loaded = self._turn(1, now.at, now.without)
        least = np.maximum(stage.values[draw, self.wanting] - ROOM_MW, 0.0)
        most = np.maximum(now.most[draw, self.wanting], least)
        loaded.bound(self.give, least, most)
        loaded.price(self.give, -now.worth[draw, self.wanting])
        rooms = now.rooms[:, draw, self.pockets]
        if now.without == "delivery":
            rooms = np.full(rooms.shape, UNLIMITED_MW)
        spare = now.spare[:, draw, self.regions] + stage.short[:, draw, self.regions] + ROOM_MW
        given = (spare, now.plants[:, draw, self.sites], rooms)
        loaded.limit(self.asked, np.concatenate([table.ravel() for table in given]))
        entries, slots, steps = self.unready.T
        loaded.weigh(entries, now.unready[slots, draw, self.steps[steps]])
        self._solve(loaded, stage, now.at, draw)
        return np.asarray(np.clip(loaded.values(self.give), least, most))

    def _solve(self, loaded: Loaded, stage: Stage, at: int, draw: int) -> None:
        """Solve from the basis of the same season; keep the new one, unless limits are lifted."""
        number = int(stage.now.draws[draw])
        loaded.solve(stage.starts.find(id(loaded), at, number))
        if not stage.now.without:
            stage.starts.keep(id(loaded), at, number, loaded.basis())


def places(names: list[Any], every: list[Any]) -> Array:
    """Place of each name among all; -1 where it is not."""
    place = {name: at for at, name in enumerate(every)}
    return np.array([place.get(name, -1) for name in names], dtype=int)


def _rows(rows: dict[Key, int], keys: list[Key]) -> Array:
    return np.array([rows[key] for key in keys], dtype=np.int32)
