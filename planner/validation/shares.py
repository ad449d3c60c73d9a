"""How much of what is asked for comes: shares by stage, and megawatts connected in a year."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.validation.access import chain
from planner.validation.answer import Answer, CannotAnswer, cited

if TYPE_CHECKING:
    from planner.validation.questions import Areas, Question
    from planner.validation.record import Record

STAGES: Final = ("requested", "screened", "firm", "building", "energised")
# Megawatts that reached a stage grow with the square root of those that ask: half of the growth in
# requests is the same loads asking again elsewhere.
ELASTICITY: Final = 0.5
FAR_MONTHS: Final = 24.0
HALF: Final = 0.5
REALISED: Final = "realised share of requested MW"


@dataclass(frozen=True)
class Reach:
    """A share of one stage that reached another, with the documents it stands on."""

    share: float
    note: str


def connected(question: Question, areas: Areas, record: Record) -> Answer:
    """Expect the mean of the last two years on record, in the nearest area that has one."""
    rows = record.requests[record.requests["stage"] == "connected_in_year"]
    rows = rows[rows["target_on"].isna()]
    for name in chain(question.subjects, areas):
        there = rows[rows["area"] == name].sort_values("state_on").tail(2)
        if len(there):
            text = f"{name}: mean of {len(there)} years to {there['state_on'].max():%Y-%m-%d}"
            return Answer("partial", value=float(there["mw"].mean()), note=cited(text, there))
    return _like_others(question, areas, record, rows)


def _like_others(question: Question, areas: Areas, record: Record, years: pd.DataFrame) -> Answer:
    """Expect of firm load, else of requests, the share that other areas connect a year."""
    for stage in ("firm", "requested"):
        asked = record.requests[record.requests["stage"] == stage].sort_values("known_on")
        pairs = years.merge(
            asked.drop_duplicates("area", keep="last"), on="area", suffixes=("", "_of")
        )
        usual = (pairs["mw"] / pairs["mw_of"]).median()
        for name in chain(question.subjects, areas):
            own = asked[asked["area"] == name].tail(1)
            if len(own) and pd.notna(usual):
                text = f"{name}: {usual:.1%} a year of {own['mw'].iloc[0]:,.0f} MW {stage}"
                value = float(usual * own["mw"].iloc[0])
                return Answer("partial", value=value, note=cited(text, own))
    raise CannotAnswer(f"no year's connections are on record for {question.subjects[0]}")


def realised(question: Question, areas: Areas, record: Record) -> Answer:  # noqa: ARG001
    """Expect the share that the area's own figures imply, else the median of other areas."""
    if not question.asked_mw:
        raise CannotAnswer("the question names no megawatts")
    start = _start(question, record)
    far = question.scope == "energised" and question.months >= FAR_MONTHS
    found = _late_reach(record) if far else None
    found = found or _own(question, start, record) or _elsewhere(question, start, record)
    return Answer("partial", value=min(1.0, found.share), note=found.note)


def _late_reach(record: Record) -> Reach | None:
    """Expect by a far date the share of announced load that was realised elsewhere."""
    rows = record.slips[record.slips["quantity"] == REALISED].sort_values("known_on")
    if rows.empty:
        return None
    row = rows.iloc[-1]
    return Reach(float(row["mid"]) / 100, cited("realised share of announced load", rows.tail(1)))


def _own(question: Question, start: str, record: Record) -> Reach | None:
    """Carry the area's own last figures of the stage, or of the one before it, to what is asked."""
    own = record.requests[record.requests["area"].isin(question.subjects)]
    level = _last(own, question.scope)
    if level is not None:
        return _scaled(question, own, start, level, Reach(1.0, ""))
    at = STAGES.index(question.scope)
    for stage in reversed(STAGES[STAGES.index(start) + 1 : at]):
        level = _last(own, stage)
        if level is not None:
            further = _elsewhere(question, stage, record)
            return _scaled(question, own, start, level, further)
    return None


def _scaled(
    question: Question, own: pd.DataFrame, start: str, level: pd.Series, further: Reach
) -> Reach:
    asked = float(question.asked_mw or 0.0)
    base = own[(own["stage"] == start) & (own["known_on"] <= level["known_on"])]
    before = _last(base, start)
    growth = asked / float(before["mw"]) if before is not None and before["mw"] > 0 else 1.0
    mw = float(level["mw"]) * further.share * growth**ELASTICITY
    text = f"{level['area']}: {level['mw']:,.0f} MW {level['stage']}; {further.note}".rstrip("; ")
    return Reach(mw / asked, cited(text, [str(level["source"])]))


def _last(rows: pd.DataFrame, stage: str) -> pd.Series | None:
    """Return the last figure of a stage; one that looks ahead only where there is no other."""
    rows = rows[rows["stage"] == stage].sort_values(["known_on", "mw"])
    now = rows[rows["target_on"].isna()]
    rows = now if len(now) else rows
    return rows.iloc[-1] if len(rows) else None


def _start(question: Question, record: Record) -> str:
    """Say at which stage the megawatts asked about are.

    Requests, unless they are less than half of what the area has on request: then the stage whose
    usual share of the requests is nearest.
    """
    own = record.requests[record.requests["area"].isin(question.subjects)]
    requested = _last(own, "requested")
    asked = float(question.asked_mw or 0.0)
    if requested is None or asked >= HALF * float(requested["mw"]):
        return "requested"
    at = STAGES.index(question.scope)
    off = {"requested": abs(math.log(asked / float(requested["mw"])))}
    for stage in STAGES[1:at]:
        own_level = _last(own, stage)
        if own_level is not None:
            off[stage] = abs(math.log(asked / float(own_level["mw"])))
        else:
            pairs = _pairs(record.requests, "requested", stage)
            if len(pairs):
                usual = float(requested["mw"]) * float(pairs["share"].median())
                off[stage] = abs(math.log(asked / usual))
    return min(off, key=lambda stage: off[stage])


def _elsewhere(question: Question, start: str, record: Record) -> Reach:
    """Expect the median of other areas; half where none is on record."""
    pairs = _pairs(record.requests, start, question.scope)
    pairs = pairs[~pairs["area"].isin(question.subjects)]
    if pairs.empty:
        return Reach(HALF, f"no share of {start} that is {question.scope} is on record; half")
    text = f"median of {len(pairs)} figures, {start} to {question.scope}"
    return Reach(float(pairs["share"].median()), cited(text, pairs))


def _pairs(requests: pd.DataFrame, start: str, end: str) -> pd.DataFrame:
    """Shares of one stage in another: an area's figures that became known within a quarter."""
    first = requests[(requests["stage"] == start) & requests["mw"].gt(0)]
    last = requests[requests["stage"] == end]
    both = first.merge(last, on="area", suffixes=("", "_end"))
    near = (both["known_on"] - both["known_on_end"]).abs() <= pd.Timedelta(days=92)
    both = both[near].assign(share=lambda rows: rows["mw_end"] / rows["mw"])
    both = both[both["share"].between(0, 1, inclusive="right")]
    both = both.sort_values("known_on").drop_duplicates("area", keep="last")
    return both[["area", "source", "share"]]
