"""Foresee a capacity auction from what was published before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from planner.adequacy import TIGHT_FRACTION
from planner.validation.answer import Answer, cited, three_way

if TYPE_CHECKING:
    import pandas as pd

    from planner.validation.questions import Areas, Question
    from planner.validation.record import Record

SPRING_ENDS: Final = 6  # a delivery year begins on 1 June
MOSTLY: Final = 0.5
SEASON_OF: Final = {
    12: "winter", 1: "winter", 2: "winter", 3: "spring", 4: "spring", 5: "spring",
    6: "summer", 7: "summer", 8: "summer", 9: "fall", 10: "fall", 11: "fall",
}  # fmt: skip


@dataclass(frozen=True)
class Foreseen:
    """Supply and requirement of an auction to come [MW], and the documents they stand on."""

    supply_mw: float
    requirement_mw: float
    surplus_mw: float
    margin: float
    sources: tuple[str, ...]


def delivery_year(day: pd.Timestamp) -> int:
    """Return the first calendar year of the delivery year that holds a day."""
    return int(day.year) - int(day.month < SPRING_ENDS)


def answer(question: Question, areas: Areas, record: Record) -> Answer | None:  # noqa: ARG001
    """Foresee the auction of a whole pool that holds auctions; None for other areas.

    The installed fleet of the last auction stays; its rating moves with the pool's published
    accreditation, announced deactivations and changed rules of offer are taken off or added, and
    the requirement is the published one, or the newest peak with its margin. A survey of the same
    season is given equal weight.
    """
    if len(question.subjects) != 1:
        return None
    area = question.subjects[0]
    table = record.outlooks[record.outlooks["area"] == area]
    season = "annual" if _is_yearly(table) else _season(question)
    found = foresee(table, delivery_year(question.target), season, record.outlooks)
    if found is None:
        year = delivery_year(question.target)
        return _carried(question, table, season) or _surveyed(table, _season(question), year)
    return Answer(
        verdict=three_way(found.surplus_mw, found.requirement_mw),
        value=100 * found.margin if "%" in question.unit else found.surplus_mw,
        cause="supply" if found.surplus_mw < 0 else "",
        note=cited(
            f"{found.supply_mw:,.0f} MW foreseen against {found.requirement_mw:,.0f} MW",
            found.sources,
        ),
    )


def _carried(question: Question, table: pd.DataFrame, season: str) -> Answer | None:
    """Hold the margin of the last auction against the target of the one to come."""
    year = delivery_year(question.target)
    rows = table[(table["season"] == season) & (table["criterion"] == "auction")]
    margins = rows[(rows["quantity"] == "reserve_margin_fraction") & (rows["year"] < year)]
    target = newest(rows, "target_margin_fraction", year)
    if margins.empty or target is None:
        return None
    last = margins.sort_values(["year", "known_on"]).iloc[-1]
    over = float(last["value"]) - float(target["value"])
    return Answer(
        three_way(over, 1 + float(target["value"])),
        value=100 * float(last["value"]) if "%" in question.unit else None,
        cause="supply" if over < 0 else "",
        note=cited(f"last auction's margin, {over:+.1%} of the target", [last["source"]]),
    )


def _surveyed(table: pd.DataFrame, season: str, year: int) -> Answer | None:
    """Take the middle of the newest survey of the season, where there was no auction before."""
    told = table[
        (table["criterion"] == "survey")
        & (table["quantity"] == "surplus_mw")
        & (table["season"] == season)
        & (table["year"] == year)
    ]
    if told.empty:
        return None
    last = told[told["known_on"] == told["known_on"].max()]
    middle, spread = float(last["value"].mean()), float(last["value"].abs().max())
    return Answer(
        "tight" if len(last) > 1 and last["value"].min() < 0 < last["value"].max()
        else three_way(middle, spread),
        value=middle,
        cause="supply" if middle < 0 else "",
        note=cited(f"{middle:+,.0f} MW, the middle of the newest survey", last),
    )  # fmt: skip


def foresee(
    table: pd.DataFrame, year: int, season: str, everywhere: pd.DataFrame
) -> Foreseen | None:
    """Foresee one auction of a pool.

    Parameters
    ----------
    table
        Outlooks of the pool, known by the day of the question.
    year
        First calendar year of the delivery year.
    season
        `annual`, or the season of a seasonal auction.
    everywhere
        Outlooks of all areas, for deactivations inside the pool.

    Returns
    -------
    Foreseen or None
        None where no earlier auction or no requirement is on record.
    """
    rows = table[table["season"] == season]
    offered = last_supply(rows, year)
    needed = requirement(rows, table, year)
    if offered is None or needed is None:
        return None
    scale, rated = _rating_change(rows, int(offered["year"]), year)
    moved = _announced(table, everywhere, offered["known_on"], year) * (rated or 1.0)
    supply_mw = float(offered["value"]) * scale + moved
    surplus = supply_mw - needed[0]
    survey = _survey(rows, year)
    sources = {str(offered["source"]), *needed[1]}
    if survey is not None:
        surplus = (surplus + float(survey["value"])) / 2
        sources.add(str(survey["source"]))
    target = newest(rows, "target_margin_fraction", year)
    base = 1 + (0.0 if target is None else float(target["value"]))
    return Foreseen(
        supply_mw, needed[0], surplus, (needed[0] + surplus) / needed[0] * base - 1, tuple(sources)
    )


def newest(rows: pd.DataFrame, quantity: str, year: int) -> pd.Series | None:
    """Return the last published row of a quantity for a year."""
    found = rows[(rows["quantity"] == quantity) & (rows["year"] == year)]
    return found.sort_values("known_on", kind="stable").iloc[-1] if len(found) else None


def last_supply(rows: pd.DataFrame, year: int) -> pd.Series | None:
    """Return what was offered in the last auction before a year; cleared where no more is known."""
    auctions = rows[
        (rows["criterion"] == "auction")
        & (rows["quantity"] == "resources_mw")
        & (rows["year"] < year)
        & ~rows["basis"].fillna("").str.contains("without FRR")
    ]
    if auctions.empty:
        return None
    last = auctions[auctions["year"] == auctions["year"].max()].sort_values("known_on")
    offered = last[last["basis"].fillna("").str.contains("offered")]
    return (offered if len(offered) else last).iloc[-1]


def requirement(
    rows: pd.DataFrame, table: pd.DataFrame, year: int
) -> tuple[float, set[str]] | None:
    """Return the published requirement, else the newest peak with losses and the margin."""
    told = newest(rows, "requirement_mw", year)
    if told is not None:
        return float(told["value"]), {str(told["source"])}
    margins = rows[rows["quantity"] == "target_margin_fraction"].sort_values(["year", "known_on"])
    margins = margins[margins["year"] <= year]
    peaks = table[(table["quantity"] == "peak_mw") & (table["year"] <= year)]
    peaks = peaks[peaks["season"].isin(set(rows["season"])) & (peaks["year"] >= year - 2)]
    peaks = peaks[~peaks["basis"].fillna("").str.contains("high")]
    losses = table[table["quantity"] == "losses_fraction"].sort_values("known_on")
    if margins.empty or losses.empty:
        return None
    if peaks.empty:
        return _implied(rows, margins, year)
    peak = peaks.sort_values("known_on", kind="stable").iloc[-1]
    margin, loss = margins.iloc[-1], losses.iloc[-1]
    mw = float(peak["value"]) * (1 + float(loss["value"])) * (1 + float(margin["value"]))
    return mw, {str(row["source"]) for row in (peak, margin, loss)}


def _implied(rows: pd.DataFrame, margins: pd.DataFrame, year: int) -> tuple[float, set[str]] | None:
    """Carry the peak that the last requirement implies to the new margin."""
    before = rows[(rows["quantity"] == "requirement_mw") & (rows["year"] < year)]
    if before.empty:
        return None
    last = before.sort_values(["year", "known_on"]).iloc[-1]
    old = margins[margins["year"] == last["year"]]
    if old.empty:
        return None
    ratio = (1 + float(margins.iloc[-1]["value"])) / (1 + float(old.iloc[-1]["value"]))
    return float(last["value"]) * ratio, {str(last["source"]), str(margins.iloc[-1]["source"])}


def _rating_change(rows: pd.DataFrame, before: int, year: int) -> tuple[float, float | None]:
    """Return how the accreditation of the fleet moves, and the new one (1 where none is told)."""
    old, new = (_rating(rows, at) for at in (before, year))
    return (new / old, new) if old and new else (1.0, new)


def _rating(rows: pd.DataFrame, year: int) -> float | None:
    """Accredited share of installed capacity: pool requirement over one plus reserve margin."""
    pool = newest(rows, "forced_pool_requirement_fraction", year)
    margin = newest(rows, "target_margin_fraction", year)
    if pool is None or margin is None:
        return None
    return float(pool["value"]) / (1 + float(margin["value"]))


def _announced(
    table: pd.DataFrame, everywhere: pd.DataFrame, since: pd.Timestamp, year: int
) -> float:
    """Installed megawatts announced since the last auction: additions less deactivations.

    Additions are those of the pool; deactivations those of its parts, or of the pool where no
    part is on record.
    """
    if table.empty:
        return 0.0
    area = str(table["area"].iloc[0])
    fresh = everywhere[
        (everywhere["known_on"] > since)
        & everywhere["year"].between(year - 2, year)
        & everywhere["criterion"].isin(["auction", "operator", "regulator"])
    ]
    own = fresh[fresh["area"] == area]
    parts = fresh[fresh["area"].str.startswith(f"{area}-")]
    gone = parts[parts["quantity"] == "retirements_mw"]
    gone = gone if len(gone) else own[own["quantity"] == "retirements_mw"]
    come = own[own["quantity"] == "additions_mw"]
    return float(come["value"].sum() - gone["value"].sum())


def _survey(rows: pd.DataFrame, year: int) -> pd.Series | None:
    """Return the upper end of the newest survey for a year."""
    told = rows[
        (rows["criterion"] == "survey")
        & (rows["quantity"] == "surplus_mw")
        & (rows["year"] == year)
    ]
    if told.empty:
        return None
    last = told[told["known_on"] == told["known_on"].max()]
    return last.loc[last["value"].idxmax()]


def local(question: Question, areas: Areas, record: Record) -> Answer | None:  # noqa: ARG001
    """Compare what may be imported with what must be, in an area of a pool that publishes both."""
    if len(question.subjects) != 1:
        return None
    table = record.outlooks[record.outlooks["area"] == question.subjects[0]]
    year = delivery_year(question.target)
    return _by_limit(table, year) or _by_zone(table, year, question)


def _by_limit(table: pd.DataFrame, year: int) -> Answer | None:
    limit, objective = (
        newest(table, name, year) for name in ("import_limit_mw", "import_objective_mw")
    )
    if limit is None or objective is None:
        return None
    room = float(limit["value"]) - float(objective["value"])
    gone = table[(table["quantity"] == "retirements_mw") & table["year"].between(year - 2, year)][
        "value"
    ].sum()
    room -= float(gone)
    scale = max(float(limit["value"]), float(objective["value"]))
    verdict = "no" if room < 0 else "tight" if room < TIGHT_FRACTION * scale else "yes"
    return Answer(
        verdict=verdict,
        value=room,
        cause="" if verdict == "yes" else "import",
        note=cited(
            f"import limit less objective, {room:,.0f} MW", [limit["source"], objective["source"]]
        ),
    )


def _by_zone(table: pd.DataFrame, year: int, question: Question) -> Answer | None:
    """Compare last year's supply inside a zone, less what leaves, with the need foreseen."""
    seasons = [_season(question)] if question.season != "annual" else None
    needs = table[(table["quantity"] == "local_requirement_mw") & (table["year"] == year)]
    if seasons:
        needs = needs[needs["season"].isin(seasons)]
    found = [_one_season(table, need, year) for _, need in needs.iterrows()]
    answers = [one for one in found if one is not None]
    return min(answers, key=lambda one: one.value or 0.0) if answers else None


def _one_season(table: pd.DataFrame, need: pd.Series, year: int) -> Answer | None:
    season = table[table["season"] == need["season"]]
    gone = season[(season["quantity"] == "retirements_mw") & (season["year"] == year)]
    leaves = float(gone["value"].sum())
    needed = float(need["value"])
    before = newest(season, "local_resources_mw", year - 1)
    if before is not None:
        room = float(before["value"]) - leaves - needed
        text = (
            f"{need['season']}: {before['value']:,.0f} MW a year before, {leaves:,.0f} leave,"
            f" {needed:,.0f} needed"
        )
        verdict = three_way(room, needed)
        sources = [before["source"], need["source"]]
        return Answer(
            verdict, value=room, cause="supply" if room < 0 else "", note=cited(text, sources)
        )
    old = newest(season, "local_requirement_mw", year - 1)
    if old is None:
        return None
    swing = float(old["value"]) - needed - leaves
    text = (
        f"{need['season']}: supply of the year before is not on record; need and leavers move by"
        f" {-swing:,.0f} MW"
    )
    verdict = "tight" if swing < -TIGHT_FRACTION * needed else "yes"
    return Answer(
        verdict,
        value=min(0.0, swing),
        cause="supply",
        note=cited(text, [need["source"], old["source"]]),
    )


def _is_yearly(table: pd.DataFrame) -> bool:
    auctions = table[(table["criterion"] == "auction") & (table["quantity"] == "resources_mw")]
    return bool((auctions["season"] == "annual").mean() > MOSTLY) if len(auctions) else False


def _season(question: Question) -> str:
    return question.season if question.season != "annual" else SEASON_OF[question.target.month]
