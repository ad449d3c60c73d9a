"""The tables of a briefing: bottlenecks, late sites, remedies, what is not assessed, sources."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner import explain, maps, palette, report
from planner.schema import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from planner.case import Case
    from planner.ladder import Ladder
    from planner.pipeline import Plan

MOST_BOTTLENECKS: Final = 12
MOST_RANKED: Final = 3
MOST_OPTIONS: Final = 3
LONGEST_NAME: Final = 46
LONGEST_TEXT: Final = 110
LONGEST_ADDRESS: Final = 300
PADDING: Final = 4  # characters
LEAST: Final = 7
MOST: Final = 42
FULL: Final = 20
SHORT_CAUSES: Final = {
    "delivery": "delivery limit",
    "connection": "connection",
    "onsite": "own plant",
}
UNNAMED: Final = (
    "Unnamed: datacenters of the operators' forecasts that no listed site stands for, four years"
    " ahead."
)
LEVELS: Final = CONFIDENCE[::-1]


@dataclass(frozen=True)
class Table:
    """A table of texts; `numeric` are the places of the columns that hold numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    numeric: tuple[int, ...] = ()


def widths(table: Table) -> tuple[float, ...]:
    """Share the width of a page among the columns, by their longest text; long ones give way.

    Examples
    --------
    >>> widths(Table("", ("a", "b"), (("x" * 42, "y"),)))
    (0.75, 0.25)
    """
    texts = zip(table.columns, *table.rows, strict=True)
    longest = [max(map(len, column)) for column in texts]
    full = [min(max(one, LEAST), MOST) + PADDING for one in longest]
    wide = [min(one, FULL) + max(one - FULL, 0) / 2 for one in full]
    return tuple(one / sum(wide) for one in wide)


# --- words ---------------------------------------------------------------------------------------


def gw(megawatts: float) -> str:
    """Write megawatts as gigawatts."""
    return f"{megawatts / palette.MW_PER_GW:.1f} GW"


def _number(megawatts: float) -> str:
    return f"{megawatts / palette.MW_PER_GW:.2f}"


def area_names(case: Case) -> dict[str, str]:
    """Names of regions and pockets."""
    return {
        **dict(zip(case.regions["region"], case.regions["name"], strict=True)),
        **dict(zip(case.pockets["pocket"], case.pockets["name"], strict=True)),
    }


def weakest(levels: Iterable[str]) -> str:
    """Return the weakest confidence.

    Examples
    --------
    >>> weakest(["high", "low", "medium"])
    'low'
    """
    there = set(levels)
    return next((level for level in LEVELS if level in there), "not known")


def cell(value: object, longest: int = LONGEST_TEXT) -> str:
    """Show a value of a list on one line: cleaned, shortened, empty where it is not known."""
    if value is None or value is pd.NaT or value != value:  # noqa: PLR0124 - not a number
        return ""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return palette.shortened(value, longest)


def site_name(row: Any) -> str:
    """Name of a site, or its id where it has none or no font has its letters."""
    name = cell(row.name, LONGEST_NAME)
    return name if name and maps.drawable(name) else cell(row.site, LONGEST_NAME)


def as_of(plan: Plan, levels: Iterable[str]) -> str:
    """As-of date and weakest confidence."""
    return f"As of {plan.case.assumptions.as_of}; weakest confidence {weakest(levels)}."


def bottlenecks(plan: Plan) -> Table:
    """Areas that hold up most, and what binds there."""
    names = area_names(plan.case)
    late = plan.steps[plan.steps["late_mw"] > explain.TOLERANCE_MW]
    area = late["pocket"].fillna(late["region"]).astype(str).rename("area")
    known = late.groupby([area, "cause"])["confidence"].agg(weakest)
    shown = plan.bottlenecks.head(MOST_BOTTLENECKS)
    levels = [
        known.get((row.area, row.cause)) or weakest(_region_levels(plan.case, row.region))
        for row in palette.each(shown)
    ]
    rows = [
        (
            cell(names.get(row.area, row.area), LONGEST_NAME), cell(row.area),
            _number(row.held_up_mw), f"{row.sites:.0f}", _number(row.unnamed_mw),
            palette.cause(row.cause),
            palette.when(row.first_period) if isinstance(row.first_period, str) else "",
            level,
        )
        for row, level in zip(palette.each(shown), levels, strict=True)
    ]  # fmt: skip
    rest = len(plan.bottlenecks) - len(shown)
    note = "Held up on the target dates with nothing built."
    if shown["unnamed_mw"].sum():
        note += f" {UNNAMED}"
    if rest:
        note += f" {rest} smaller ones are left out."
    columns = (
        "Where", "Area", "Sites [GW]", "Sites", "Unnamed [GW]", "What binds", "From", "Confidence",
    )  # fmt: skip
    found = Table("Bottlenecks and what binds", columns, tuple(rows),
                  f"{note} {as_of(plan, levels)}", (2, 3, 4))  # fmt: skip
    return found if shown["unnamed_mw"].sum() else _without(found, 4)


def _without(table: Table, place: int) -> Table:
    """Leave out a column of numbers."""
    rows = tuple(row[:place] + row[place + 1 :] for row in table.rows)
    columns = table.columns[:place] + table.columns[place + 1 :]
    return dataclasses.replace(
        table, columns=columns, rows=rows, numeric=tuple(n for n in table.numeric if n != place)
    )


def _region_levels(case: Case, region: str) -> Iterator[str]:
    for table in (case.load, case.supply):
        yield from table.loc[table["region"] == region, "confidence"]


def late_sites(plan: Plan, ladder: Ladder | None) -> Table:
    """Every late site with its dates, largest first."""
    rows = plan.sites if ladder is None else ladder.sites
    rows = rows[
        rows["site"].isin(set(plan.sites["site"])) & (rows["verdict"] != explain.UNASSESSED)
    ]
    rows = rows[rows["late_mw"] > explain.TOLERANCE_MW]
    rows = rows.sort_values(["late_mw", "site"], ascending=[False, True])
    steps = plan.steps[plan.steps["late_mw"] > explain.TOLERANCE_MW]
    promised = steps.groupby("site")["target_date"].max()
    lines = [
        (site_name(row), cell(row.region), _number(row.late_mw), cell(promised[row.site]),
         *_dates(row, judged=ladder is not None), _cause(row), row.confidence)
        for row in palette.each(rows)
    ]  # fmt: skip
    dates = ("In full",) if ladder is None else ("Nothing built", "With remedies", "Verdict")
    columns = ("Site", "Region", "Late [GW]", "Promised", *dates, "Held up by", "Confidence")
    note = (
        "Promised: date of the last phase that is late. In full: with nothing built"
        f"{'' if ladder is None else ', or with remedies decided on the as-of date'}."
        f" {as_of(plan, rows['confidence'])}"
    )
    return Table(f"Late sites ({len(lines)})", columns, tuple(lines), note, (2,))


def _dates(row: Any, *, judged: bool) -> tuple[str, ...]:
    if not judged:
        return (palette.when(row.earliest_period),)
    date = cell(row.earliest_date) or "after the horizon"
    return palette.when(row.plain_earliest_period), date, row.verdict


def _cause(row: Any) -> str:
    words = [w for w in (row.cause, row.next_cause) if isinstance(w, str) and w]
    return ", then ".join(dict.fromkeys(SHORT_CAUSES.get(word, word) for word in words))


# --- remedies ------------------------------------------------------------------------------------


def judged(plan: Plan, ladder: Ladder | None) -> str:
    """Say how remedies were judged, or that they were not."""
    if ladder is None:
        return "Remedies were not judged: planner brief --remedies judges them in a minute."
    return (
        f"Remedies are decided on {plan.case.assumptions.as_of}, each with its own lead time,"
        " yearly build limit and potential. Flexible operation:"
        f" at most {plan.case.assumptions.flexible_hours:.0f} h a year."
    )


def remedies(plan: Plan, ladder: Ladder) -> Iterator[Table]:
    """What would power each late site, and what frees most for its money."""
    spoken = _spoken(plan.case)
    yield _needs(plan, ladder, spoken)
    yield _ranked(plan, ladder, spoken)


def _spoken(case: Case) -> dict[str, str]:
    """Names of remedies."""
    return {} if case.remedies.empty else dict(
        zip(case.remedies["remedy"], case.remedies["name"], strict=True)
    )  # fmt: skip


def _needs(plan: Plan, ladder: Ladder, spoken: dict[str, str]) -> Table:
    """The cheapest remedies that power each late site alone."""
    needs = ladder.needs[ladder.needs["site"].isin(set(plan.sites["site"]))]
    sites = plan.sites.set_index("site", drop=False)
    late = sites["late_mw"].reindex(needs["site"].unique()).sort_values(ascending=False)
    rows = []
    for site in late.index:
        part = needs[needs["site"] == site].sort_values(["usd_yr", "option"], ascending=False)
        kinds = part.groupby("remedy", sort=False)["mw"].sum()
        texts = [f"{_kind(spoken, name)} {mw:,.0f} MW" for name, mw in kinds.items()]
        more = len(texts) - MOST_OPTIONS
        words = "; ".join(texts[:MOST_OPTIONS]) + (f"; {more} more" if more > 0 else "")
        rows.append(
            (site_name(_Row(site, sites["name"][site])), palette.when(part["period"].iloc[0]),
             words, f"{part['usd'].sum() / 1e6:,.0f}", f"{part['usd_yr'].sum() / 1e6:,.0f}",
             weakest(part["confidence"]))
        )  # fmt: skip
    note = f"Each site alone, all else as it was. {as_of(plan, needs['confidence'])}"
    columns = ("Site", "In full by", "Cheapest remedies", "Investment [M USD]", "Yearly [M USD]",
               "Confidence")  # fmt: skip
    return Table("What would power a late site alone", columns, tuple(rows), note, (3, 4))


@dataclass(frozen=True)
class _Row:
    site: str
    name: object


def _kind(spoken: dict[str, str], remedy: object) -> str:
    return cell(spoken.get(str(remedy), remedy), LONGEST_NAME)


def _ranked(plan: Plan, ladder: Ladder, spoken: dict[str, str]) -> Table:
    """The remedies that free most for their money, in each of the worst areas."""
    late = plan.steps[plan.steps["late_mw"] > explain.TOLERANCE_MW]
    held = late.groupby("region")["late_mw"].sum().sort_values(ascending=False)
    names = area_names(plan.case)
    levels = plan.case.remedies.groupby("remedy")["confidence"].agg(weakest).to_dict()
    chosen = ladder.ranking[ladder.ranking["mw_months_per_million_usd"] > 0]
    rows = []
    for area in [name for name in held.index if name in set(chosen["area"])]:
        best = chosen[chosen["area"] == area].drop_duplicates("remedy").head(MOST_RANKED)
        rows += [
            (cell(names.get(area, area), LONGEST_NAME), _kind(spoken, row.remedy),
             cell(row.first_date), f"{row.mw_months_per_million_usd:,.1f}",
             levels.get(row.remedy, "not known"))
            for row in palette.each(best)
        ]  # fmt: skip
    stands = as_of(plan, [row[-1] for row in rows])
    note = (
        f"Megawatt-months that 100 MW free for late sites, by million USD of investment. {stands}"
    )
    columns = ("Where", "Remedy", "From", "MW-months per M USD", "Confidence")
    return Table("What frees most for its money", columns, tuple(rows), note, (3,))


# --- what is not assessed, and sources ------------------------------------------------------------


def unassessed(plan: Plan) -> Table:
    """Count the sites that are not assessed, by reason."""
    found = report.unassessed(plan)
    rows = tuple(
        (cell(reason), f"{sites}", "" if gw == "nan" else gw)
        for reason, sites, gw in found.itertuples(index=False)
    )
    listed = plan.sites.loc[plan.sites["verdict"] == explain.UNASSESSED, "confidence"]
    return Table("Sites not assessed", ("Reason", "Sites", "Published [GW]"), rows,
                 as_of(plan, listed), (1, 2))  # fmt: skip


def sources(
    plan: Plan, regions: Iterable[str], ladder: Ladder | None, money: pd.DataFrame | None = None
) -> Table:
    """Documents behind sites, and behind the pools of regions; those with most rows first.

    The facts of the ledger are those of :func:`planner.brief_money.uses`.
    """
    used, documents = _used(plan, set(regions), ladder), plan.case.sources
    if money is not None and len(money):
        used.append(money[["source", "confidence", "fact"]].assign(known_on=pd.NaT))
        documents = pd.concat([documents, money.drop_duplicates("source")])
    uses = pd.concat(used, ignore_index=True)
    groups = uses.groupby("source").agg(
        facts=("fact", lambda names: ", ".join(dict.fromkeys(names))),
        rows=("fact", "size"),
        known_on=("known_on", "max"),
        confidence=("confidence", weakest),
    )
    ranked = groups.reset_index().sort_values(["rows", "source"], ascending=[False, True])
    known = {} if documents.empty else documents.drop_duplicates("source").set_index("source")
    rows = tuple(_document(row, known) for row in palette.each(ranked))
    columns = ("Publisher", "Document", "Published", "Used for", "Rows", "Confidence", "Address")
    note = f"The packs' sources.csv names licences too. {as_of(plan, ranked['confidence'])}"
    return Table(f"Sources ({len(rows)})", columns, rows, note, (4,))


def _document(row: Any, known: Any) -> tuple[str, ...]:
    document = known.loc[row.source] if len(known) and row.source in known.index else {}
    published = cell(document.get("published_on")) or cell(row.known_on)
    return (
        cell(document.get("publisher")) or cell(row.source), cell(document.get("document")),
        published, row.facts, f"{row.rows}", row.confidence,
        cell(document.get("address"), LONGEST_ADDRESS),
    )  # fmt: skip


def _used(plan: Plan, homes: set[str], ladder: Ladder | None) -> list[pd.DataFrame]:
    """The rows behind an answer: of its sites, and of the pools that power them."""
    case, sites = plan.case, set(plan.sites["site"])
    pools = set(case.regions.loc[case.regions["region"].isin(homes), "pool"])
    regions = set(case.regions.loc[case.regions["pool"].isin(pools), "region"])
    rules = case.connection["area"].isin(regions | pools | set(plan.sites["pocket"].dropna()))
    joint = case.joint_members.loc[case.joint_members["region"].isin(regions), "limit"]
    tables = {
        "sites": case.sites[case.sites["site"].isin(sites)],
        "phases": case.phases[case.phases["site"].isin(sites)],
        "own plant": case.onsite[case.onsite["site"].isin(sites)],
        "load": case.load[case.load["region"].isin(regions)
                          & (case.load["scenario"] == case.assumptions.load_scenario)],
        "supply": case.supply[case.supply["region"].isin(regions)],
        "requirement": case.requirements[case.requirements["pool"].isin(pools)],
        "accreditation": case.accreditation[case.accreditation["pool"].isin(pools)],
        "lines": case.links[case.links["from_region"].isin(regions)
                            | case.links["to_region"].isin(regions)],
        "joint limits": case.joint_limits[case.joint_limits["limit"].isin(joint)],
        "connection": case.connection[rules],
        "delivery": case.delivery[case.delivery["pocket"].isin(set(plan.sites["pocket"]))],
        **({} if ladder is None else {"remedies": case.remedies}),
    }  # fmt: skip
    columns = ["source", "confidence", "known_on"]
    return [table[columns].assign(fact=fact) for fact, table in tables.items()]
