"""Is an area adequate: by the criterion it is judged on, from what was known before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.validation import auctions, operators, own
from planner.validation.answer import Answer, CannotAnswer, cited

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from planner.validation.questions import Areas, Question
    from planner.validation.record import Record

NERC: Final = "NERC-"
TRANSFER_STUDY: Final = "ITCS-"
CLASSES: Final = ("no", "tight", "yes")
NORMAL: Final = len(CLASSES) - 1
FAR_YEARS: Final = 4
# A balance counts plant that stands or is being built. A class that looks four years ahead also
# counts what can still be decided: it is put down from elevated to high only beyond this.
DEEP_FRACTION: Final = 0.10


def answer(question: Question, areas: Areas, record: Record) -> Answer:
    """Answer by the first rule that fits the area.

    Raises
    ------
    CannotAnswer
        No outlook of the area was known, and the packs have no balance of that day.
    """
    rules: tuple[Callable[[Question, Areas, Record], Answer | None], ...] = (
        nerc_class,
        transfer_region,
        auctions.answer,
        auctions.local,
        operators.answer,
        own.answer,
        parent_class,
    )
    for rule in rules:
        found = rule(question, areas, record)
        if found is not None:
            return found
    raise CannotAnswer(f"no outlook or balance of {question.subjects[0]} was known that day")


def binding(question: Question, areas: Areas, record: Record) -> Answer:
    """Say whether the import limit of an area binds: it does where it leaves less than 1 %."""
    found = auctions.local(question, areas, record) or own.binding(question, areas, record)
    if found is None:
        raise CannotAnswer(f"no import limit of {question.subjects[0]} was known that day")
    verdict = "no" if found.verdict == "yes" else "yes"
    return Answer(verdict, cause="import" if verdict == "yes" else "", note=found.note)


# --- classes of NERC -----------------------------------------------------------------------------


def nerc_class(question: Question, areas: Areas, record: Record) -> Answer | None:
    """Foresee the class that NERC will give.

    Of a summer or winter: the better of the last two of its kind. In the long term: the class of
    the last edition for the year, put down one step where our own balance is short, imports that
    its neighbours were seen to give included: from normal where short at all, from elevated where
    short of more than a tenth.
    """
    (area,) = question.subjects[:1]
    if not area.startswith(NERC):
        return None
    table = record.outlooks[record.outlooks["area"] == area]
    if question.season in {"summer", "winter"}:
        return _seasonal(table, question.season, question.target_year)
    known = class_of(table, question.target_year)
    if known is None:
        return None
    step, source = known
    short = own.shortest(question, areas)
    note = f"class {CLASSES[step]} in the last edition"
    if short is not None:
        step = _put_down(step, short)
        note += f"; own balance {short:+.1%} of the requirement with imports"
    elif step == NORMAL and question.months >= 12 * FAR_YEARS - 1:
        step = 1
        note += "; no balance of our own that day, so not taken as normal four years ahead"
    verdict = CLASSES[step]
    return Answer(verdict, cause="" if verdict == "yes" else "supply", note=cited(note, [source]))


def _put_down(step: int, short: float) -> int:
    if step == NORMAL and short < 0:
        return 1
    return 0 if step == 1 and short < -DEEP_FRACTION else step


def class_of(table: pd.DataFrame, year: int) -> tuple[int, str] | None:
    """Return the class of the last long-term edition for a year; its last year holds beyond."""
    rows = table[(table["criterion"] == "nerc_long_term") & (table["quantity"] == "risk_class")]
    if rows.empty:
        return None
    rows = rows[rows["known_on"] == rows["known_on"].max()]
    first, last = rows["year"].min(), rows["year"].max()
    row = rows[rows["year"] == min(max(year, first), last)].iloc[0]
    return int(row["value"]), str(row["source"])


def _seasonal(table: pd.DataFrame, season: str, year: int) -> Answer | None:
    rows = table[(table["criterion"] == f"nerc_{season}") & (table["quantity"] == "risk_class")]
    last = rows[rows["year"] < year].sort_values("year").tail(2)
    if last.empty:
        return None
    verdict = CLASSES[int(last["value"].max())]
    return Answer(
        verdict,
        cause="" if verdict == "yes" else "supply",
        note=cited(f"the better of the last {len(last)} classes of the {season}", last),
    )


def transfer_region(question: Question, areas: Areas, record: Record) -> Answer | None:
    """Flag a region of the transfer study where its NERC area is elevated or high that year."""
    (area,) = question.subjects[:1]
    if not area.startswith(TRANSFER_STUDY):
        return None
    found = _parent(question, areas, record)
    if found is None:
        return None
    step, parent, source = found
    verdict = "no" if step < NORMAL else "tight"
    note = f"{parent} is {CLASSES[step]}; with retirements carried out one class lower"
    return Answer(verdict, cause="supply", note=cited(note, [source]))


def parent_class(question: Question, areas: Areas, record: Record) -> Answer | None:
    """Take the class of the NERC area around, never better than tight for a part of it."""
    found = _parent(question, areas, record)
    if found is None:
        return None
    step, parent, source = found
    return Answer(
        CLASSES[min(step, 1)], cause="supply", note=cited(f"as {parent}, {CLASSES[step]}", [source])
    )


def normal(question: Question, areas: Areas, record: Record) -> bool:
    """Say whether the NERC area around was normal in the last edition."""
    found = _parent(question, areas, record)
    return found is not None and found[0] == NORMAL


def _parent(question: Question, areas: Areas, record: Record) -> tuple[int, str, str] | None:
    """Return class, id and source of the NERC area that shares most zones with the area."""
    own_zones = set(areas.zones(question.subjects))
    parents = [area for area in areas.table["area_id"] if area.startswith(NERC)]
    shared = {area: len(own_zones & set(areas.zones((area,)))) for area in parents}
    for area in sorted(shared, key=lambda name: -shared[name]):
        table = record.outlooks[record.outlooks["area"] == area]
        found = class_of(table, question.target_year)
        if shared[area] and found is not None:
            return found[0], area, found[1]
    return None
