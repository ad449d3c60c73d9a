"""Another place: where a load of a given size could be powered by a given date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from planner import demand, horizon, match, model, pipeline
from planner.case import half_year
from planner.errors import DataError

if TYPE_CHECKING:
    from datetime import date

    from planner.case import Case
    from planner.terms import Terms

SLACK_MW: Final = 1e-6
ENOUGH_MW: Final = 1e-2
LARGEST_MW: Final = 1e5
VERDICTS: Final = ("on time", "room, connects later", "later", "no room")
COLUMNS: Final = (
    "area",
    "region",
    "name",
    "verdict",
    "powered_mw",
    "in_full_from",
    "connection_ready",
    "displaced_mw",
    "headroom_mw",
    "delivery_tested",
)


@dataclass(frozen=True)
class Wanted:
    """A new load: megawatts, half-year, and what may help."""

    mw: float
    number: int
    allow: tuple[str, ...]


def rank(
    case: Case, *, mw: float, by: date, near: str | None = None, allow: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Rank regions and pockets by what they could power of a new load by a date.

    The new load comes after everything announced; `displaced_mw` is what others would lose if it
    came first.

    Parameters
    ----------
    case
        The question.
    mw
        Megawatts of the new load (facility).
    by
        Date by which they are needed.
    near
        State: only its regions and those linked to them.
    allow
        `flexible`: loads give way in the hours of `Assumptions.flexible_hours`; `remedies`: what
        can be decided today counts too.

    Returns
    -------
    pd.DataFrame
        `area`, `region`, `name`, `verdict`, `powered_mw` by the date, `in_full_from`,
        `connection_ready`, `displaced_mw`, `headroom_mw`, `delivery_tested`; best first.

    Raises
    ------
    DataError
        The megawatts or the date cannot be meant, or no region is near.
    """
    wanted = Wanted(mw, _checked(case, mw, by), allow)
    areas = _areas(case, near)
    placed = match.place(case)
    asked = demand.steps(case, placed)
    loads = demand.native(case, placed)
    ready = _ready(case, areas, mw)
    frames = [
        _of_grid(terms, areas[areas["region"].isin(terms.supply.index)], ready, wanted)
        for terms in pipeline.gather(case, asked, loads, decisions=True)
        if areas["region"].isin(terms.supply.index).any()
    ]
    rows = pd.concat(frames, ignore_index=True).merge(areas, on="area")
    rows["verdict"] = np.select(
        [
            rows["powered_mw"] >= mw - ENOUGH_MW,
            rows["headroom_mw"] >= mw - ENOUGH_MW,
            rows["in_full_from"].notna(),
        ],
        VERDICTS[:3],
        VERDICTS[3],
    )
    rows["connection_ready"] = rows["area"].map(ready["day"])
    rows["rank"] = rows["verdict"].map({verdict: place for place, verdict in enumerate(VERDICTS)})
    rows["in_full_key"] = rows["in_full_from"].map(_key)
    rows = rows.sort_values(
        ["rank", "powered_mw", "in_full_key", "headroom_mw", "displaced_mw", "area"],
        ascending=[True, False, True, False, True, True],
        ignore_index=True,
    )
    return rows[list(COLUMNS)]


def _key(period: object) -> str:
    if not isinstance(period, str):
        return "9999"
    year, season = period.split("-")
    return f"{year}{season == 'summer':d}"


def _checked(case: Case, mw: float, by: date) -> int:
    numbers = demand.numbered(case.periods)
    number = int(half_year(pd.Series([pd.Timestamp(by)])).iloc[0])
    problems = []
    if not 0 < mw < LARGEST_MW:
        problems.append(f"--mw is {mw}; write megawatts of the whole site, for example 1000.")
    if not numbers.iloc[0] <= number <= numbers.iloc[-1]:
        problems.append(
            f"--by is {by}; it must lie between {case.assumptions.as_of} and the end of the horizon"
            f" ({numbers.index[-1]})."
        )
    if problems:
        raise DataError(problems)
    return number


def _areas(case: Case, near: str | None) -> pd.DataFrame:
    regions = case.regions[["region", "name", "state"]].assign(area=case.regions["region"])
    pockets = case.pockets.rename(columns={"pocket": "area"})[["area", "region", "name"]]
    pockets = pockets.merge(regions[["region", "state"]], on="region")
    areas = pd.concat([regions, pockets], ignore_index=True)
    if near is not None:
        own = set(regions.loc[regions["state"] == near, "region"])
        if not own:
            states = ", ".join(sorted(set(regions["state"])))
            raise DataError([f"--near is {near!r}; no region lies there. Known: {states}."])
        links = case.links
        beside = set(links.loc[links["from_region"].isin(own), "to_region"])
        beside |= set(links.loc[links["to_region"].isin(own), "from_region"])
        areas = areas[areas["region"].isin(own | beside)]
    tested = set(case.delivery.loc[case.delivery["quantity"] == "import_limit", "pocket"])
    return areas.assign(delivery_tested=areas["area"].isin(tested))[
        ["area", "region", "name", "delivery_tested"]
    ]


def _ready(case: Case, areas: pd.DataFrame, mw: float) -> pd.DataFrame:
    """When a request of today would be connected in each area."""
    pockets = set(case.pockets["pocket"])
    fresh = pd.DataFrame(
        {
            "site": areas["area"],
            "mw": mw,
            "region": areas["region"],
            "pocket": areas["area"].where(areas["area"].isin(pockets)),
            "status": "announced",
            "on_grid": True,
            "announced_on": pd.Timestamp(case.assumptions.as_of),
        }
    )
    found = demand.connected(fresh, case).set_index("site")
    return pd.DataFrame(
        {"ready": found["ready"], "day": found["ready_date"], "rule": found["rule"]}
    )


def _of_grid(
    terms: Terms, areas: pd.DataFrame, ready: pd.DataFrame, wanted: Wanted
) -> pd.DataFrame:
    """Try the load in each area, half-year by half-year, with all others held."""
    powered = pd.DataFrame(0.0, index=areas["area"], columns=list(terms.periods.index))
    displaced = pd.Series(0.0, index=areas["area"])
    headroom = pd.Series(0.0, index=areas["area"])
    waiting = dict(zip(areas["area"], areas["region"], strict=True))
    for period, engine in horizon.windows(terms, allow=wanted.allow):
        if engine.window.number < wanted.number:
            continue
        trial = Trial(engine)
        for area, region in list(waiting.items()):
            room = round(trial.room(area, region), 3)
            if engine.window.number == wanted.number:
                headroom[area] = room
                displaced[area] = round(trial.displaced(area, region, wanted.mw), 3)
            if ready.at[area, "ready"] <= engine.window.number:
                powered.at[area, period] = min(room, wanted.mw)
                if room >= wanted.mw - ENOUGH_MW:
                    del waiting[area]
    full = powered >= wanted.mw - ENOUGH_MW
    first = full.idxmax(axis=1).where(full.any(axis=1))
    at = terms.periods.index[terms.periods == wanted.number][0]
    return pd.DataFrame(
        {
            "area": powered.index,
            "powered_mw": powered[at].to_numpy(),
            "in_full_from": first.to_numpy(),
            "displaced_mw": displaced.to_numpy(),
            "headroom_mw": headroom.to_numpy(),
        }
    ).round(3)


class Trial:
    """A solved half-year in which a new load is tried, region by region."""

    def __init__(self, engine: model.Engine) -> None:
        self.engine = engine
        self.columns = [at for _, at in engine.window.wanting()]
        self.held = engine.values[self.columns]
        self.low, self.high = engine.low[self.columns].copy(), engine.high[self.columns].copy()
        self.left = self._rooms()

    def _rooms(self) -> dict[str, float]:
        """Room left in each pocket that has a limit."""
        window = self.engine.window
        left = {}
        for pocket, rooms in window.layout.rooms.items():
            rows = [row for row in window.layout.rows if row.pocket == pocket and row.on_grid]
            used = sum(self.engine[window.served[row.step]] for row in rows)
            free = min(window.layout.limit(rooms, period) for period in window.periods)
            left[pocket] = max(free - used, 0.0)
        return left

    def room(self, area: str, region: str) -> float:
        """Megawatts that the area could power beside everything else."""
        self.engine.bound_all(
            self.columns, np.maximum(self.held - SLACK_MW, 0.0), self.held + SLACK_MW
        )
        return min(self._most(region, np.inf) / self._margin(region), self.left.get(area, np.inf))

    def displaced(self, area: str, region: str, mw: float) -> float:
        """Megawatts that others would lose if the load came first."""
        wanted = min(self.left.get(area, np.inf), mw)
        self.engine.bound_all(self.columns, self.low, self.high)
        self._most(region, wanted * self._margin(region), others=1.0)
        left = self.engine.values[self.columns].sum()
        return float(max(self.held.sum() - left, 0.0))

    def _margin(self, region: str) -> float:
        layout = self.engine.window.layout
        place = layout.regions.index(region)
        return 1 + max(layout.margin[period][place] for period in self.engine.window.periods)

    def _most(self, region: str, limit: float, others: float = 0.0) -> float:
        """Draw as much as a region can carry: its spare, and what can flow in."""
        probe = self.engine.window.probe
        self.engine.load(region)
        self.engine.bound(probe, 0.0, min(limit, model.UNLIMITED_MW))
        costs = [(probe, -model.ON_TIME_WEIGHT if others else -1.0)]
        costs += [(at, -others) for at in self.columns]
        self.engine.minimise(costs, flow=model.FLOW_WEIGHT / 1e3)
        found = self.engine[probe]
        self.engine.bound(probe, 0.0, 0.0)
        return found
