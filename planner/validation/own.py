"""The balance of an area out of the packs, as they were known on the day of the question."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from planner import adequacy
from planner import case as cases
from planner.errors import PlannerError
from planner.validation.answer import VERDICTS, Answer

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from planner.case import Case
    from planner.validation.questions import Areas, Question
    from planner.validation.record import Record

GRIDS: Final = ("us", "india")
LATEST: Final = cases.Assumptions().as_of
YEARLY: Final = ("summer", "winter")
DELIVERY_STARTS: Final = (6, 1)
MIDDLE: Final = 6


@cache
def question_of(grid: str, as_of: date) -> Case | None:
    """Read a grid as it was known on a day; None where its facts begin later."""
    try:
        return cases.load_case(grid, as_of=as_of)
    except PlannerError:
        return None


@cache
def regions_of(grid: str, as_of: date) -> pd.DataFrame | None:
    """Lay out supply and requirement by region and period; None where facts of a pool lack."""
    case = question_of(grid, as_of)
    if case is None:
        return None
    try:
        return adequacy.by_region(case)
    except PlannerError:
        return None


def located(zones: tuple[str, ...]) -> tuple[str, list[str]] | None:
    """Return the grid that holds the zones, and our regions of them."""
    for grid in GRIDS:
        case = question_of(grid, LATEST)
        if case is None:
            continue
        table = case.regions
        there = table[table["source_zone"].isin(zones) | table["region"].isin(zones)]
        if len(there):
            return grid, sorted(there["region"])
    return None


def balances(question: Question, areas: Areas) -> pd.DataFrame | None:
    """Balance the area in the half-years asked about; None where the packs cannot.

    Returns
    -------
    pd.DataFrame or None
        One row a half-year, as from :func:`planner.adequacy.balance`.
    """
    found = located(areas.zones(question.subjects))
    if found is None:
        return None
    grid, regions = found
    rows = regions_of(grid, question.as_of)
    case = question_of(grid, question.as_of)
    if rows is None or case is None:
        return None
    asked = rows.reset_index()
    asked = asked[asked["region"].isin(regions) & asked["period"].isin(_periods(question))]
    whole = asked.groupby("period")["region"].nunique()
    asked = asked[asked["period"].isin(whole[whole == len(regions)].index)]
    if asked.empty:
        return None
    sums = asked.groupby("period")[list(adequacy.MEGAWATTS)].sum().reset_index()
    sums["area"] = "asked"
    into = adequacy.imports(case, {"asked": set(regions)})
    return adequacy.with_margins(sums.merge(into, on=["area", "period"], how="left"))


def _periods(question: Question) -> list[str]:
    """Name the half-years of a question; of a year, its summer and the winter of its end."""
    year = question.target_year
    if question.season in YEARLY:
        later = question.season == "winter" and question.target.month > MIDDLE
        return [f"{year + later}-{question.season}"]
    starts = (question.target.month, question.target.day) == DELIVERY_STARTS
    return [f"{year}-summer", f"{year + starts}-winter"]


def shortest(question: Question, areas: Areas) -> float | None:
    """Return the surplus of the worst half-year, as a share of its requirement, with imports."""
    rows = balances(question, areas)
    if rows is None:
        return None
    with_imports = rows["surplus_mw"] + rows["observed_imports_mw"]
    return float((with_imports / rows["requirement_mw"]).min())


def answer(question: Question, areas: Areas, record: Record) -> Answer | None:  # noqa: ARG001
    """Answer by the worst half-year of our own balance."""
    rows = balances(question, areas)
    if rows is None:
        return None
    worst = rows.loc[(rows["surplus_mw"] / rows["requirement_mw"]).idxmin()]
    value = {"%": 100 * worst["margin"], "GW": worst["surplus_mw"] / 1000}
    unit = next((name for name in value if name in question.unit), "")
    return Answer(
        VERDICTS[worst["verdict"]],
        value=float(value.get(unit, worst["surplus_mw"])),
        cause="" if worst["verdict"] == "adequate" else "supply",
        note=f"own balance of {worst['period']}: {worst['surplus_mw']:+,.0f} MW of"
        f" {worst['requirement_mw']:,.0f}",
    )


def binding(question: Question, areas: Areas, record: Record) -> Answer | None:  # noqa: ARG001
    """Say `no` where the area needs more than its import limit lets in, else `yes`."""
    found = located(areas.zones(question.subjects))
    rows = balances(question, areas)
    if found is None or rows is None:
        return None
    case = question_of(found[0], question.as_of)
    if case is None:
        return None
    from planner import limits

    joint = limits.joint(case)
    inside = set(found[1])
    there = joint[joint["into"].map(lambda into: set(into) == inside)]
    there = there.merge(rows, on="period")
    if there.empty:
        return None
    room = (there["limit_mw"] + there["surplus_mw"]).min()
    return Answer("yes" if room >= 0 else "no", value=float(room), note="own balance and limit")


def installed_margin(zones: tuple[str, ...]) -> float | None:
    """Return installed summer capacity of the zones over their summer peak, less one.

    A yardstick, not an answer: today's plant, whatever the day of the question.
    """
    found = located(zones)
    if found is None:
        return None
    case = question_of(found[0], LATEST)
    if case is None:
        return None
    plants = case.supply[
        case.supply["region"].isin(found[1]) & (case.supply["status"] == "existing")
    ]
    load = case.load[case.load["region"].isin(found[1]) & (case.load["season"] == "summer")]
    first = load[load["year"] == load["year"].min()].drop_duplicates("region")
    peak = float(first["peak_mw"].sum())
    return float(plants["summer_mw"].sum()) / peak - 1 if peak else None
