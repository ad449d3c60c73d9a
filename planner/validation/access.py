"""When can a new large load be powered in an area or pocket: what stands in the way, until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner.validation.answer import Answer, CannotAnswer, cited
from planner.validation.questions import MONTH_DAYS
from planner.validation.score import QUARTER_DAYS

if TYPE_CHECKING:
    from planner.validation.questions import Areas, Question
    from planner.validation.record import Record

GRACE: Final = pd.Timedelta(days=QUARTER_DAYS)
COUNTRIES: Final = 2  # letters of the country at the head of an id
UPGRADE_WORLD: Final = "WORLD"
MONTH: Final = pd.Timedelta(days=MONTH_DAYS)
SPREAD: Final = ("months_low", "months", "months_high")
SMALLEST_MW: Final = 20.0  # below it a load is no large load, and waits for no upgrade
SHUT: Final = ("closed", "constraint")
OPENED: Final = "reopened"


@dataclass(frozen=True)
class Wait:
    """What stands in the way of new load, and when it is gone."""

    cause: str
    low: pd.Timestamp
    date: pd.Timestamp
    high: pd.Timestamp
    note: str


def answer(question: Question, areas: Areas, record: Record) -> Answer:
    """Say whether a new load asked for on the as-of date is powered by the target date.

    The nearest fact decides: a stop or a limit of the pocket itself, then of the areas around it,
    then of the country; else the usual time from request to power there.
    """
    names = chain(question.subjects, areas)
    if question.asked_mw is not None and question.asked_mw < SMALLEST_MW:
        on_record = set(record.waits["area"])
        names = [name for name in names if name in on_record]
    if not names:
        raise CannotAnswer(f"{question.asked_mw:g} MW is no large load, and no stop is on record")
    found = wait(names, record, pd.Timestamp(question.as_of))
    verdict = judged(found, question.target)
    served = (question.asked_mw or 0.0) if verdict == "yes" else 0.0
    return Answer(
        verdict=verdict,
        value=served if question.unit == "MW served" else None,
        date=found.date,
        date_low=found.low,
        date_high=found.high,
        cause="" if verdict == "yes" else found.cause,
        note=found.note,
    )


def judged(found: Wait, target: pd.Timestamp) -> str:
    """Compare a date and its range with the target."""
    if found.date > target + GRACE:
        return "no"
    return "yes" if found.high <= target + GRACE else "tight"


def chain(subjects: tuple[str, ...], areas: Areas) -> list[str]:
    """List an area, the areas around it from the smallest on, and its country."""
    names = list(subjects)
    for subject in subjects:
        names += areas.around(subject)
    names += [country(subject, areas) for subject in subjects]
    return list(dict.fromkeys([*names, UPGRADE_WORLD]))


def country(area: str, areas: Areas) -> str:
    """Return the country of an area: that of its zones, or the head of its id."""
    zones = areas.zones((area,))
    if zones and all(zone.startswith("p") and zone[1:].isdigit() for zone in zones):
        return "US"
    return (zones[0] if zones else area)[:COUNTRIES]


def wait(names: list[str], record: Record, day: pd.Timestamp) -> Wait:
    """Find what stands in the way, nearest fact first.

    Raises
    ------
    CannotAnswer
        Nothing is known of waits there, nor of its country.
    """
    for name in names:
        rows = record.waits[record.waits["area"] == name]
        found = [w for w in (_stop(rows, names, record, day), _lead(rows, day)) if w]
        if found:
            return _together(found)
    return _unheard(names, record, day)


def usual(names: list[str], record: Record, day: pd.Timestamp) -> Wait:
    """Return the usual time from request to power in the nearest area that has one on record."""
    for name in names:
        found = _lead(record.waits[record.waits["area"] == name], day)
        if found is not None:
            return found
    return _unheard(names, record, day)


def _unheard(names: list[str], record: Record, day: pd.Timestamp) -> Wait:
    """Without a word on the place, a new large load waits for one upgrade of the grid there."""
    months = _upgrade_months(names, record, "delivery")
    ends = [day + MONTH * months[name] for name in SPREAD]
    note = cited(f"nothing on record for {names[0]}; the time of one upgrade", months["rows"])
    return Wait("delivery", ends[0], ends[1], ends[2], note)


def _together(found: list[Wait]) -> Wait:
    """Take two statements on one place for one: the mean of their dates, the widest range."""
    if len(found) == 1:
        return found[0]
    last = max(found, key=lambda wait: wait.date)
    first = min(found, key=lambda wait: wait.date)
    return Wait(
        cause=first.cause,
        low=min(wait.low for wait in found),
        date=first.date + (last.date - first.date) / 2,
        high=max(wait.high for wait in found),
        note="; ".join(wait.note for wait in found),
    )


def _stop(rows: pd.DataFrame, names: list[str], record: Record, day: pd.Timestamp) -> Wait | None:
    """Read a stop or a limit in force: until its published end, else until an upgrade is due."""
    shut = rows[rows["kind"].isin(SHUT) & ~(rows["starts_on"] > day)]
    if shut.empty:
        return None
    last = shut.sort_values(["starts_on", "known_on"], na_position="first").iloc[-1]
    opened = rows[(rows["kind"] == OPENED) & ~(rows["starts_on"] > day)]
    if len(opened) and not opened["starts_on"].max() < last["starts_on"]:
        return None
    ended = shut[shut["ends_on"].notna()].sort_values("known_on")
    if len(ended):
        row = ended.iloc[-1]
        if row["ends_on"] <= day:
            return None
        return _between(row, row["ends_on_low"], row["ends_on"], row["ends_on_high"], rows=shut)
    named = rows[(rows["kind"] == "upgrade") & (rows["ends_on"] > day)].sort_values("known_on")
    if len(named):
        row = named.iloc[-1]
        return _between(last, row["ends_on_low"], row["ends_on"], row["ends_on_high"], rows=named)
    months = _upgrade_months(names, record, str(last["cause"]))
    start = last["starts_on"] if pd.notna(last["starts_on"]) else last["known_on"]
    start = max(start, day - pd.DateOffset(years=1))
    ends = (start + MONTH * months[name] for name in SPREAD)
    return _between(last, *ends, rows=pd.concat([shut, months["rows"]]))


def _upgrade_months(names: list[str], record: Record, cause: str) -> dict[str, Any]:
    """Return how long upgrades take in the nearest area on record, the latest published."""
    usual = record.waits[record.waits["kind"] == "upgrade_lead_time"]
    for name in names:
        rows = usual[(usual["area"] == name)].sort_values("known_on")
        same = rows[rows["cause"] == cause]
        rows = same if len(same) else rows
        if len(rows):
            return _months(rows.iloc[-1]) | {"rows": rows.tail(1)}
    if usual.empty:
        raise CannotAnswer(f"no usual time of upgrades is on record for {names[0]}")
    spread = usual["months"].dropna()
    return {
        "months_low": float(spread.quantile(0.1)),
        "months": float(spread.median()),
        "months_high": float(spread.quantile(0.9)),
        "rows": usual.tail(0),
    }


def _lead(rows: pd.DataFrame, day: pd.Timestamp) -> Wait | None:
    """Read the usual time from request to power: the latest published."""
    leads = rows[(rows["kind"] == "lead_time") & rows["months"].notna()].sort_values("known_on")
    if leads.empty:
        return None
    row = leads.iloc[-1]
    months = _months(row)
    ends = (day + MONTH * months[name] for name in SPREAD)
    return _between(row, *ends, rows=leads.tail(1))


def _months(row: pd.Series) -> dict[str, float]:
    mid = (
        float(row["months"])
        if pd.notna(row["months"])
        else float(row[["months_low", "months_high"]].mean())
    )
    low = float(row["months_low"]) if pd.notna(row["months_low"]) else 0.7 * mid
    high = float(row["months_high"]) if pd.notna(row["months_high"]) else 1.5 * mid
    return {"months_low": low, "months": mid, "months_high": high}


def _between(row: pd.Series, low: Any, mid: Any, high: Any, *, rows: pd.DataFrame) -> Wait:
    mid = pd.Timestamp(mid)
    cause = row["cause"] if isinstance(row["cause"], str) else "connection"
    text = f"{row['area']}: {row['kind']}"
    return Wait(
        cause=cause,
        low=mid - 2 * GRACE if pd.isna(low) else pd.Timestamp(low),
        date=mid,
        high=mid + 4 * GRACE if pd.isna(high) else pd.Timestamp(high),
        note=cited(text, rows),
    )
