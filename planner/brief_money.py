"""What lateness costs, for a briefing: capital that waits, pledges counted once, financings."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner import ledger, ledger_money, palette
from planner.brief_tables import LONGEST_NAME, Table, as_of, cell, gw, site_name, weakest
from planner.ledger_facts import ALL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from planner.ledger import Ledger
    from planner.pipeline import Plan

WHOLE: Final = 10  # from here on dollars are rounded to billions
FACTS: Final = ("pledges", "financing", "rates")
ROLES: Final = ("borrower", "tenant", "lender")
ABSENT: Final = "not published"
type Levels = dict[str, str]  # confidence of a row of the ledger
NOTHING: Final = "The ledger of pledges and money was not asked, or held nothing on the as-of date."
NOT_LATE: Final = "No site of this selection is late, so no capital waits for power."
NO_PLEDGE: Final = (
    "Pledges are made by programs and seldom name a place; they are not counted for this selection."
)
NO_LENDING: Final = "No financing of these sites is published."
ENDS: Final = (
    "Low: no chips are bought before power comes; high: all are. Wait: with nothing built, mean of"
    " the late megawatts; > where some are not powered before the horizon."
)


@dataclass(frozen=True)
class Lateness:
    """What lateness costs: a few sentences and tables; no table where there is no figure."""

    lines: tuple[str, ...]
    tables: tuple[Table, ...] = ()


def lateness(plan: Plan, found: Ledger | None, program: str | None) -> Lateness:
    """Say what lateness costs at the sites of a briefing.

    Parameters
    ----------
    plan
        The answer, with the sites of the briefing only.
    found
        The ledger of the whole answer, see :func:`planner.ledger.told`.
    program
        Program whose pledges are counted, `ALL` for every one; none where a selection is no
        program.
    """
    if found is None:
        return Lateness((NOTHING,))
    mine = set(plan.sites["site"])
    late = found.capital[found.capital["site"].isin(mine)]
    lent = found.facilities[found.facilities["site"].isin(mine)]
    debt = _debt(found, lent)
    programs = found.programs[_counted(found, program)]
    tables = [table for table in (late, programs, debt) if len(table)]
    told = _parts(cells for table in tables for cells in table["rows"])
    traced = ledger.trace(found, ";".join(told))
    levels = dict(zip(traced["row"], traced["confidence"], strict=True))
    lines = [
        *_capital_lines(levels, late),
        _pledge_line(found, levels, program),
        _debt_line(debt, lent),
    ]
    parts = [
        *_programs(plan, levels, programs), *_sites(plan, levels, late), *_facilities(plan, lent),
        *_concentration(plan, levels, debt),
    ]  # fmt: skip
    return Lateness(tuple(lines), tuple(parts))


def uses(plan: Plan, found: Ledger | None, program: str | None) -> pd.DataFrame:
    """List the facts of the ledger behind a briefing.

    Returns
    -------
    pd.DataFrame
        `fact` (one of `FACTS`), `source`, `confidence`, and the document: `publisher`, `document`,
        `published_on`, `address`.
    """
    columns = ["fact", "source", "confidence", "publisher", "document", "published_on", "address"]
    if found is None:
        return pd.DataFrame(columns=columns)
    mine = set(plan.sites["site"])
    told = [*found.capital.loc[found.capital["site"].isin(mine), "rows"],
            *found.facilities.loc[found.facilities["site"].isin(mine), "rows"],
            *found.programs.loc[_counted(found, program), "rows"]]  # fmt: skip
    wanted = [part for part in _parts(told) if part.split(":", 1)[0] in FACTS]
    rows = ledger.trace(found, ";".join(wanted))
    return rows.assign(fact=rows["row"].str.split(":").str[0])[columns]


def _parts(told: Iterable[str]) -> list[str]:
    """The rows named in several cells, each once."""
    return list(dict.fromkeys(part for cells in told for part in cells.split(";") if part))


def _sure(levels: Levels, told: Iterable[str]) -> str:
    return weakest(levels[part] for part in _parts(told))


def _counted(found: Ledger, program: str | None) -> pd.Series:
    """Choose the programs whose pledges are counted: one, or for `ALL` every one."""
    names = found.programs["program"]
    return names == names if program == ALL else names == program  # noqa: PLR0124 - all of them


# --- sentences -----------------------------------------------------------------------------------


def _capital_lines(levels: Levels, late: pd.DataFrame) -> Iterator[str]:
    if late.empty:
        yield NOT_LATE
        return
    sites = "1 late site" if len(late) == 1 else f"{len(late)} late sites"
    yield (
        f"Capital that waits: USD {_sum(late, 'waiting')} bn at {sites}"
        f" ({gw(late['late_mw'].sum())} late), for {_years(late)} years on average;"
        f" weakest confidence {_sure(levels, late['rows'])}."
    )
    least = _least(late)
    remedied = "" if least is None else f" With remedies decided today they wait {least:.1f} years."
    yield (
        f"A year of it costs USD {_sum(late, 'interest_year')} bn of interest, and USD"
        f" {_sum(late, 'depreciation_year')} bn of depreciation if the chips stand there.{remedied}"
    )


def _years(late: pd.DataFrame) -> str:
    """Mean wait of the late megawatts."""
    least = "at least " if late["open_ended"].any() else ""
    return f"{least}{late['late_mw_years'].sum() / late['late_mw'].sum():.1f}"


def _least(late: pd.DataFrame) -> float | None:
    if late["least_years"].isna().any():
        return None
    return float((late["least_years"] * late["late_mw"]).sum() / late["late_mw"].sum())


def _pledge_line(found: Ledger, levels: Levels, program: str | None) -> str:
    rows = found.programs[found.programs["program"] == program]
    if rows.empty:
        return NO_PLEDGE
    row: Any = next(palette.each(rows))
    if not row.pledges:
        return f"{row.name}: no pledge of load is listed beside its sites."
    return (
        f"Pledged: {gw(row.pledged_sum_mw)} as the press adds them,"
        f" {_gigawatts(row.once_low_mw, row.once_high_mw)} GW counted once;"
        f" {_gigawatts(row.unplaced_low_mw, row.unplaced_high_mw)} GW have no place;"
        f" weakest confidence {_sure(levels, [row.rows])}."
    )


def _debt_line(debt: pd.DataFrame, lent: pd.DataFrame) -> str:
    if lent.empty:
        return NO_LENDING
    if debt.empty:
        return f"Financings of these sites that are published: {len(lent)}, none of them debt."
    parts = []
    for role in ROLES:
        of = debt[(debt["role"] == role) & (debt["party"] != ABSENT)]
        for row in palette.each(of.head(1)):
            name = cell(row.party, LONGEST_NAME)
            parts.append(f"largest {role} {name}, {_money(row.low, row.high)}, of which"
                         f" {_money(row.late_low, row.late_high)} waits")  # fmt: skip
    return f"Debt [bn USD]: {'; '.join(parts)}."


# --- tables --------------------------------------------------------------------------------------


def _programs(plan: Plan, levels: Levels, rows: pd.DataFrame) -> Iterator[Table]:
    if rows.empty:
        return
    sure = [_sure(levels, [row.rows]) for row in palette.each(rows)]
    lines = tuple(
        (cell(row.name), *_pledged(row),
         f"{row.due_mw / palette.MW_PER_GW:.1f}", f"{row.late_mw / palette.MW_PER_GW:.1f}",
         _wait(row), _money(row.waiting_low, row.waiting_high), level)
        for row, level in zip(palette.each(rows), sure, strict=True)
    )  # fmt: skip
    columns = ("Program", "Pledged [GW]", "Counted once [GW]", "No place [GW]", "Due [GW]",
               "Late [GW]", "Years", "Capital that waits [bn USD]", "Confidence")  # fmt: skip
    note = (
        "Programs share sites and pledges; they do not add up. Due and late: sites surely theirs,"
        f" or claimed. {as_of(plan, sure)}"
    )
    yield Table("Pledged, counted once, without a place", columns, lines, note, (1, 2, 3, 4, 5))


def _pledged(row: Any) -> tuple[str, str, str]:
    if not row.pledges:
        return "none", "", ""
    return (
        f"{row.pledged_sum_mw / palette.MW_PER_GW:.1f}",
        _gigawatts(row.once_low_mw, row.once_high_mw),
        _gigawatts(row.unplaced_low_mw, row.unplaced_high_mw),
    )


def _sites(plan: Plan, levels: Levels, late: pd.DataFrame) -> Iterator[Table]:
    if late.empty:
        return
    sure = [_sure(levels, [row.rows]) for row in palette.each(late)]
    lines = tuple(
        (site_name(row), f"{row.late_mw / palette.MW_PER_GW:.2f}", _wait(row),
         _money(row.waiting_low, row.waiting_high),
         _money(row.interest_year_low, row.interest_year_high),
         _money(row.depreciation_year_low, row.depreciation_year_high), row.budget, level)
        for row, level in zip(palette.each(late), sure, strict=True)
    )  # fmt: skip
    columns = ("Site", "Late [GW]", "Years", "Capital that waits", "Interest a year",
               "Chips a year", "Read as", "Confidence")  # fmt: skip
    yield Table("Capital that waits, by site [bn USD]", columns, lines,
                f"{ENDS} {as_of(plan, sure)}", (1,))  # fmt: skip


def _facilities(plan: Plan, lent: pd.DataFrame) -> Iterator[Table]:
    if lent.empty:
        return
    lines = tuple(
        (site_name(row), cell(row.kind_words), f"{row.usd_bn:g}", cell(row.borrower, LONGEST_NAME),
         cell(row.lender), _money(row.waiting_low, row.waiting_high), row.verdict, row.confidence)
        for row in palette.each(lent)
    )  # fmt: skip
    columns = ("Site", "Kind", "Amount", "Borrower", "Lenders", "Waits", "Verdict", "Confidence")
    note = f"Low: the late share of the amount; high: the whole. {as_of(plan, lent['confidence'])}"
    yield Table("Financings of these sites [bn USD]", columns, lines, note, (2,))


def _debt(found: Ledger, lent: pd.DataFrame) -> pd.DataFrame:
    """Debt of the sites by borrower, tenant and lender, what waits most first."""
    if not lent["kind"].isin(ledger_money.DEBT).any():
        return pd.DataFrame()
    table = ledger_money.concentration(found.facts, lent)
    table = table.assign(place=table["role"].map(ROLES.index))
    order = ["place", "late_high", "late_low", "party"]
    return table.sort_values(order, ascending=[True, False, False, True], ignore_index=True)


def _concentration(plan: Plan, levels: Levels, debt: pd.DataFrame) -> Iterator[Table]:
    if debt.empty:
        return
    sure = [_sure(levels, [row.rows]) for row in palette.each(debt)]
    lines = tuple(
        (row.role, cell(row.party, LONGEST_NAME), f"{row.facilities}", _money(row.low, row.high),
         _money(row.late_low, row.late_high), level)
        for row, level in zip(palette.each(debt), sure, strict=True)
    )  # fmt: skip
    columns = ("Role", "Party", "Financings", "Debt", "Of it at late sites", "Confidence")
    note = (
        "A lender's part is seldom published. Low: published parts; high: the whole of every"
        f" financing it is named in, so lenders do not add up. {as_of(plan, sure)}"
    )
    yield Table("Debt by borrower, tenant and lender [bn USD]", columns, lines, note, (2,))


# --- words ---------------------------------------------------------------------------------------


def _wait(row: Any) -> str:
    if row.late_mw <= 1:
        return ""
    return f"{'> ' if row.open_ended else ''}{row.wait_years:.1f}"


def _sum(rows: pd.DataFrame, word: str) -> str:
    return _money(rows[f"{word}_low"].sum(), rows[f"{word}_high"].sum())


def _money(low: float, high: float) -> str:
    """Write a range of billions; small ones with a decimal.

    Examples
    --------
    >>> _money(1.23, 45.6), _money(3.0, 3.0)
    ('1.2 to 46', '3.0')
    """
    ends = [f"{usd:.0f}" if usd >= WHOLE else f"{usd:.1f}" for usd in (low, high)]
    return " to ".join(dict.fromkeys(ends))


def _gigawatts(low: float, high: float) -> str:
    ends = [f"{mw / palette.MW_PER_GW:.1f}" for mw in (low, high)]
    return " to ".join(dict.fromkeys(ends))


def shortened(table: Table, most: int) -> Table:
    """Keep the first rows of a table and say how many are left out."""
    rest = len(table.rows) - most
    if rest <= 0:
        return table
    note = f"{rest} more in the PDF and the HTML. {table.note}"
    return dataclasses.replace(table, rows=table.rows[:most], note=note)
