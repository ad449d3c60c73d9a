"""When is a site powered: its steps as last published, and how far such dates slip."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import pandas as pd

from planner import match
from planner.validation import access, own
from planner.validation.answer import Answer, CannotAnswer, cited

if TYPE_CHECKING:
    from planner.validation.questions import Areas, Question
    from planner.validation.record import Record

ENOUGH: Final = 0.95
OVERRUN: Final = "Large construction projects"
# One in ten takes three times as long as was left; published means say nothing of the tails.
TAIL_FRACTION: Final = 2.0
QUARTER: Final = access.GRACE
GRID: Final = "grid"
BEHIND: Final = ("behind_the_meter", "islanded")


@dataclass(frozen=True)
class Slip:
    """Overrun as a fraction of the time left: mean, mean of the worst kind, end of one in ten."""

    middle: float
    worst: float
    tail: float
    source: str

    def of(self, day: pd.Timestamp, planned: pd.Series, fraction: float) -> pd.Series:
        """Put planned days off by a fraction of the time left."""
        return planned + (planned - day).clip(lower=pd.Timedelta(0)) * fraction


def answer(question: Question, areas: Areas, record: Record) -> Answer:
    """Say whether a site draws its megawatts by the target date.

    Steps are those of the last edition known on the day. What is still to come slips by the mean
    overrun of large projects, as a share of the time left; the interval begins with the plan and
    ends where one in ten is still not there. Supply from the grid alone needs a published grant,
    else the usual wait of the place.
    """
    (site,) = question.subjects[:1]
    day = pd.Timestamp(question.as_of)
    states = record.states[record.states["site"] == site]
    slip = overrun(record)
    if question.scope == GRID:
        return _from_grid(question, states, areas, record, slip)
    steps = schedule(states, day)
    asked = question.asked_mw or float(steps["mw_cumulative"].max())
    here = now(states, day)
    if pd.notna(asked) and here >= ENOUGH * asked:
        return Answer("yes", value=asked, date=question.target, note="drawn already")
    cause = _cause(question, states, areas, record)
    return _judged(question, steps, asked=asked, here=here, slip=slip, cause=cause)


def overrun(record: Record) -> Slip:
    """Read the mean overrun of large projects, as last published.

    Raises
    ------
    CannotAnswer
        None was published by the day.
    """
    rows = record.slips[record.slips["population"] == OVERRUN].sort_values("known_on")
    if rows.empty:
        raise CannotAnswer("no overrun of large projects was published by that day")
    row = rows.iloc[-1]
    return Slip(
        float(row["mid"]) / 100, float(row["high"]) / 100, TAIL_FRACTION, str(row["source"])
    )


def schedule(states: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return the steps still to come, of the last edition that told any: cumulative MW by day."""
    coming = states[
        (states["on"] > day)
        & (states["kind"] != "observed")
        & (states["scope"] == "total")
        & states["mw_cumulative"].notna()
    ]
    return coming[coming["known_on"] == coming["known_on"].max()].sort_values("on")


def now(states: pd.DataFrame, day: pd.Timestamp) -> float:
    """Return the megawatts drawn on the day, as last observed."""
    seen = states[(states["kind"] == "observed") & (states["on"] <= day)]
    seen = seen[seen["scope"] == "total"].dropna(subset=["mw_cumulative"])
    if seen.empty:
        return 0.0
    last = seen[seen["known_on"] == seen["known_on"].max()].sort_values("on")
    return float(last["mw_cumulative"].iloc[-1])


def _judged(  # noqa: PLR0913
    question: Question, steps: pd.DataFrame, *, asked: float, here: float, slip: Slip, cause: str
) -> Answer:
    day = pd.Timestamp(question.as_of)
    reach = steps[steps["mw_cumulative"] >= ENOUGH * asked]
    planned = reach["on"].min() if len(reach) else question.target
    ends = pd.Series([planned, planned])
    middle, high = slip.of(day, ends, slip.middle).iloc[0], slip.of(day, ends, slip.tail).iloc[1]
    there = steps[slip.of(day, steps["on"], slip.middle) <= question.target]
    served = max(here, float(there["mw_cumulative"].max()) if len(there) else 0.0)
    limit = question.target + QUARTER
    if middle <= limit:
        verdict, served = ("yes" if _sure(day, question, slip) else "tight"), asked
    else:
        verdict = "partial" if here > 0 and served > 0 else "late"
    text = f"planned {planned:%Y-%m-%d}, {slip.middle:.0%} of the time left later {middle:%Y-%m-%d}"
    sources = {slip.source, *steps["source"]}
    return Answer(
        verdict,
        value=None if pd.isna(asked) else min(served, asked),
        date=middle,
        date_low=max(day, _begins(planned)),
        date_high=high,
        cause="" if verdict == "yes" else cause,
        note=cited(text, sources),
    )


def _begins(planned: pd.Timestamp) -> pd.Timestamp:
    """Return the first day of the period that a date stands for: a year stands as its last day."""
    last_of_year = (planned.month, planned.day) == (12, 31)
    return planned.to_period("Y" if last_of_year else "Q").start_time


def _sure(day: pd.Timestamp, question: Question, slip: Slip) -> bool:
    """Say whether the overrun of the worst kind leaves the date within a quarter of the target."""
    return bool((question.target - day) * slip.worst <= QUARTER)


def _from_grid(
    question: Question, states: pd.DataFrame, areas: Areas, record: Record, slip: Slip
) -> Answer:
    """Judge supply from the grid: a published grant with its slip, else the wait of the place."""
    day = pd.Timestamp(question.as_of)
    asked = question.asked_mw or 0.0
    rows = states[(states["scope"] == GRID) & states["mw_cumulative"].notna()]
    drawn = rows[(rows["kind"] == "observed") & (rows["on"] <= day)]
    if len(drawn) and float(drawn["mw_cumulative"].max()) >= ENOUGH * asked > 0:
        return Answer("yes", value=asked, date=question.target, note="drawn already")
    granted = rows[(rows["on"] > day) & (rows["mw_cumulative"] >= ENOUGH * asked)]
    if len(granted):
        last = granted.sort_values("known_on").tail(1)
        return _judged(question, last, asked=asked, here=0.0, slip=slip, cause="build")
    places = _places(question, areas)
    found = max(
        access.wait(places, record, day), access.usual(places, record, day), key=lambda w: w.date
    )
    late = found.date > question.target + QUARTER
    return Answer(
        "no" if late else "tight",
        value=0.0,
        date=found.date,
        date_low=found.low,
        date_high=found.high,
        cause=found.cause,
        note=f"no supply from the grid is granted; {found.note}",
    )


def _cause(question: Question, states: pd.DataFrame, areas: Areas, record: Record) -> str:
    """Name what a late step most likely waits for: own plant to come, else the grid there."""
    day = pd.Timestamp(question.as_of)
    plants = states[(states["scope"] == "onsite") & (states["on"] > day)]
    if len(plants) or _own_plant(question):
        return "onsite"
    try:
        return access.wait(_places(question, areas), record, day).cause
    except CannotAnswer:
        return "connection"


def _own_plant(question: Question) -> bool:
    """Say whether plant behind the meter was announced by the day and is still to come."""
    case = own.question_of("us", question.as_of)
    if case is None:
        return False
    rows = case.onsite[case.onsite["site"] == question.subjects[0]]
    rows = rows[rows["connection"].isin(BEHIND)]
    return bool((rows["online_date"] > pd.Timestamp(question.as_of)).any())


# --- places --------------------------------------------------------------------------------------


def _places(question: Question, areas: Areas) -> list[str]:
    """List the areas around a site, smallest first, and its country.

    A pocket counts only where it is the only one in the zone: a zone does not say which of two.
    """
    site = question.subjects[0]
    zone = zone_of(site)
    country = site[:2].upper()
    if zone is None:
        return [country, access.UPGRADE_WORLD]
    around = [area for area in areas.table["area_id"] if zone in areas.zones((area,))]
    pockets = [area for area in around if areas.kind(area) == "pocket"]
    unsure = set(pockets) if len(pockets) > 1 else set()
    sized = sorted(set(around) - unsure, key=lambda area: (len(areas.zones((area,))), area))
    return [*sized, country, access.UPGRADE_WORLD]


@cache
def _located() -> dict[str, str]:
    found: dict[str, str] = {}
    for grid in own.GRIDS:
        case = own.question_of(grid, own.LATEST)
        if case is None:
            continue
        placed = match.place(case).dropna(subset=["region"])
        zones = case.regions.set_index("region")["source_zone"].to_dict()
        found |= {row.site: str(zones[row.region]) for row in placed.itertuples()}
    return found


def zone_of(site: str) -> str | None:
    """Return the zone a site lies in, as its publisher names it; a place is no outcome."""
    return _located().get(site)
