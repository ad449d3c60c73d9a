"""Foresee an operator's own margin, surplus or peak from what it published before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner import supply
from planner.validation import own
from planner.validation.answer import Answer, cited, three_way
from planner.validation.auctions import newest

if TYPE_CHECKING:
    from planner.validation.questions import Areas, Question
    from planner.validation.record import Record

OPERATORS: Final = ("operator", "regulator", "cea")
PERCENT: Final = 100.0
STALE: Final = pd.Timedelta(days=183)
SHORT_PEAK: Final = 0.01
# Plant with a signed agreement that is not yet being built comes with this share: the completion
# that the candidates of the packs assume.
UNSTARTED: Final = 0.5
SIGNED: Final = "signed agreement"
NET_HOUR: Final = "net load hour"


def answer(question: Question, areas: Areas, record: Record) -> Answer | None:
    """Carry the operator's last figure for the year; None where it published none of the kind."""
    if len(question.subjects) != 1:
        return None
    table = record.outlooks[
        (record.outlooks["area"] == question.subjects[0])
        & record.outlooks["criterion"].isin(OPERATORS)
    ]
    if "peak" in question.unit:
        return _peak(table)
    if "surplus" in question.unit:
        return _surplus(question, table, areas, record)
    return _margin(question, table, areas, record)


# --- margins -------------------------------------------------------------------------------------


def _margin(question: Question, table: pd.DataFrame, areas: Areas, record: Record) -> Answer | None:
    season = "summer" if question.season in {"annual", ""} else question.season
    rows = table[table["season"] == season]
    rows = rows[~rows["basis"].fillna("").str.contains(NET_HOUR)]
    edition = newest(rows, "reserve_margin_fraction", question.target_year)
    recast = _recast(question, table, season, record, edition)
    if recast is not None:
        margin, sources = recast
        return _against_target(margin, table, sources, "last supply, additions and newest peak")
    if edition is None:
        return None
    found = _against_target(
        float(edition["value"]), table, [str(edition["source"])], f"as in {edition['edition']}"
    )
    return _confirmed(found, edition, question, areas, record)


def _against_target(margin: float, table: pd.DataFrame, sources: list[str], text: str) -> Answer:
    targets = table[table["quantity"] == "target_margin_fraction"].sort_values("known_on")
    target = float(targets.iloc[-1]["value"]) if len(targets) else 0.15
    verdict = "yes" if margin >= target else "tight" if margin >= 0 else "no"
    return Answer(
        verdict,
        value=PERCENT * margin,
        cause="" if verdict == "yes" else "supply",
        note=cited(f"{margin:.1%} against {target:.2%}, {text}", sources),
    )


def _confirmed(
    found: Answer, edition: pd.Series, question: Question, areas: Areas, record: Record
) -> Answer:
    """Take an outlook of more than half a year ago as tight where NERC sees a risk by then."""
    from planner.validation import system

    age = pd.Timestamp(question.as_of) - edition["known_on"]
    parent = system.parent_class(question, areas, record)
    if age <= STALE or found.verdict != "yes" or parent is None:
        return found
    risk = system.normal(question, areas, record)
    if risk:
        return found
    return Answer(
        "tight", value=found.value, cause="supply", note=f"{found.note}; {parent.note}, so tight"
    )


def _recast(
    question: Question,
    table: pd.DataFrame,
    season: str,
    record: Record,
    edition: pd.Series | None,
) -> tuple[float, list[str]] | None:
    """Divide last supply and signed additions by the newest peak, where the forecast was renewed.

    Margin = (supply of the base year + accredited additions) / (peak - demand response) - 1.
    """
    year = question.target_year
    peak = _newest_peak(table, year, season)
    if peak is None or (edition is not None and peak["known_on"] <= edition["known_on"]):
        return None
    base = _base_supply(question, table, season, record)
    if base is None:
        return None
    first, supply_mw, response_mw, sources = base
    added = _additions(question, table, first, year)
    if added is None:
        return None
    net = float(peak["value"]) - response_mw
    return (supply_mw + added) / net - 1, [*sources, str(peak["source"])]


def _newest_peak(table: pd.DataFrame, year: int, season: str) -> pd.Series | None:
    """Return the newest peak of the operator's own forecast, not that of all requests in full."""
    rows = table[~table["basis"].fillna("").str.contains("in full|high|extreme")]
    told = [newest(rows[rows["season"] == name], "peak_mw", year) for name in (season, "annual")]
    found = [row for row in told if row is not None]
    return max(found, key=lambda row: (row["known_on"], row["season"] == season)) if found else None


def _base_supply(
    question: Question, table: pd.DataFrame, season: str, record: Record
) -> tuple[int, float, float, list[str]] | None:
    """Return year, supply, demand response and sources of the last margin with a net peak."""
    nerc = record.outlooks[record.outlooks["area"] == f"NERC-{question.subjects[0]}"]
    rows = table[(table["season"] == season) & ~table["basis"].fillna("").str.contains(NET_HOUR)]
    for year in (question.as_of.year, question.as_of.year + 1):
        margin = newest(rows, "reserve_margin_fraction", year)
        seasonal = nerc[nerc["season"] == season]
        net = newest(seasonal[seasonal["basis"].fillna("").str.contains("net")], "peak_mw", year)
        response = newest(seasonal, "demand_response_mw", year)
        if margin is not None and net is not None and response is not None:
            sources = [str(row["source"]) for row in (margin, net, response)]
            mw = (1 + float(margin["value"])) * float(net["value"])
            return year, mw, float(response["value"]), sources
    return None


def _additions(question: Question, table: pd.DataFrame, first: int, year: int) -> float | None:
    """Accredited additions from one July to another; unstarted plant counts in part."""
    charts = table[table["basis"].fillna("").str.contains(SIGNED)]
    charts = charts[charts["resource_class"].notna()].sort_values("known_on")
    ratings = _ratings(question)
    if charts.empty or ratings is None:
        return None
    total = 0.0
    for technology, rows in charts.groupby("resource_class"):
        ends = rows.drop_duplicates("year", keep="last").set_index("year")["value"]
        if technology not in ratings.index or first not in ends.index:
            continue
        ends = ends.reindex(range(first, year + 1)).ffill()
        july = (ends + ends.shift(1)) / 2
        july[first] = ends[first] - (ends.get(first + 1, ends[first]) - ends[first]) / 2
        steps = july.diff().fillna(0.0).clip(lower=0.0)
        share = pd.Series(UNSTARTED, index=steps.index)
        share[steps.index <= first + 1] = 1.0
        total += float((steps * share).sum()) * float(ratings[technology])
    return total


def _ratings(question: Question) -> pd.Series | None:
    """Return the class ratings of the pool in summer, as known that day."""
    case = own.question_of("us", question.as_of)
    if case is None or question.subjects[0] not in set(case.pools["pool"]):
        return None
    known = supply.shares(case).xs(question.subjects[0], level="pool")["accredited_fraction"]
    periods = known.index.get_level_values("period")
    summer = known[periods.str.endswith("summer")]
    return summer.groupby("technology").first()


# --- surplus and peak ----------------------------------------------------------------------------


def _surplus(
    question: Question, table: pd.DataFrame, areas: Areas, record: Record
) -> Answer | None:
    """Carry the baseline surplus of the last edition for a season up to the one asked about."""
    rows = table[
        (table["quantity"] == "surplus_mw") & (table["year"] <= question.target_year)
    ].sort_values(["year", "known_on", "value"])
    if rows.empty:
        return None
    last = rows[rows["year"] == rows["year"].max()].iloc[-1]
    value = float(last["value"])
    peaks = table[(table["quantity"] == "peak_mw") & (table["year"] == last["year"])]
    scale = float(peaks["value"].min()) if len(peaks) else abs(value)
    found = Answer(
        three_way(value, scale),
        value=value / 1000 if "GW" in question.unit else value,
        cause="supply" if value < 0 else "",
        note=cited(f"{value:+,.0f} MW as in {last['edition']}", [str(last["source"])]),
    )
    return _confirmed(found, last, question, areas, record)


def _peak(table: pd.DataFrame) -> Answer | None:
    """Carry the last peak on record; adequate where at most 1 % of it went unmet."""
    peaks = table[table["quantity"] == "actual_peak_mw"].sort_values(["year", "known_on"])
    unmet = table[
        (table["quantity"] == "shortage_fraction") & table["basis"].fillna("").str.contains("peak")
    ].sort_values(["year", "known_on"])
    if peaks.empty:
        return None
    last = peaks.iloc[-1]
    share = float(unmet.iloc[-1]["value"]) if len(unmet) else 0.0
    verdict = "yes" if share <= SHORT_PEAK else "tight"
    return Answer(
        verdict,
        value=float(last["value"]) / 1000,
        cause="" if verdict == "yes" else "supply",
        note=cited(f"last peak {last['value']:,.0f} MW, {share:.1%} unmet", [str(last["source"])]),
    )
