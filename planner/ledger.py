"""The pledge ledger: every promised gigawatt and dollar counted once, and what lateness costs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import demand, ledger_checks, ledger_facts, ledger_money, ledger_powered
from planner.errors import DataError
from planner.ledger_facts import ALL, STAGES, Facts, LedgerAssumptions, each, joined
from planner.ledger_overlap import Claims, counted_once

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.case import Case
    from planner.pipeline import Plan


class NothingKnownError(DataError):
    """No pledge was known on the day of the question."""


@dataclass(frozen=True)
class Ledger:
    """The ledger, as tidy tables; column `rows` names the rows that each figure stands on.

    Attributes
    ----------
    programs
        Pledged, counted once, located by stage, due, on time, late, without a place.
    pledges
        Pledge by pledge: located, what it may share with others, what is left without a place.
    listed
        Rows that are not added: money, energy, queues, forecasts, sums of other rows.
    by_year
        Program and year: due, powered, late; pledges due without a place.
    places
        Country and state: located, due, on time, late, capital that waits.
    sites
        Sites of each program: how sure, megawatts, due, on time, late.
    claimed
        Sites that several pledges claim.
    capital
        Late sites: capital that waits, depreciation, interest.
    facilities
        Financings of sites, by name.
    concentration
        Debt by borrower, tenant and lender.
    powering
        What the remedies cost; empty where the plan holds none.
    regions
        Regions with sites due: share of the region's peak.
    costs, equivalents, checks, claims
        Cost of a gigawatt; equivalents; comparisons; figures of the founding articles.
    """

    facts: Facts
    assumptions: LedgerAssumptions
    case: Case
    planned: bool
    programs: pd.DataFrame
    pledges: pd.DataFrame
    listed: pd.DataFrame
    costs: pd.DataFrame
    equivalents: pd.DataFrame
    claims: pd.DataFrame
    by_year: pd.DataFrame = field(default_factory=pd.DataFrame)
    places: pd.DataFrame = field(default_factory=pd.DataFrame)
    sites: pd.DataFrame = field(default_factory=pd.DataFrame)
    claimed: pd.DataFrame = field(default_factory=pd.DataFrame)
    capital: pd.DataFrame = field(default_factory=pd.DataFrame)
    facilities: pd.DataFrame = field(default_factory=pd.DataFrame)
    concentration: pd.DataFrame = field(default_factory=pd.DataFrame)
    powering: pd.DataFrame = field(default_factory=pd.DataFrame)
    regions: pd.DataFrame = field(default_factory=pd.DataFrame)
    checks: pd.DataFrame = field(default_factory=pd.DataFrame)


TABLES: Final = (
    "programs", "pledges", "listed", "by_year", "places", "sites", "claimed", "capital",
    "facilities", "concentration", "powering", "regions", "costs", "equivalents", "checks",
    "claims",
)  # fmt: skip


def reconcile(case: Case, assumptions: LedgerAssumptions | None = None) -> Ledger:
    """Reconcile pledges with each other and with the located sites; no plan is needed.

    Parameters
    ----------
    case
        The question; its as-of date decides which facts are read.
    assumptions
        What may be argued about.
    """
    given = assumptions or LedgerAssumptions()
    facts = ledger_facts.read(case.assumptions.as_of)
    sites = ledger_facts.megawatts(case)
    pledged = ledger_facts.loads(facts, case, given)
    if pledged.empty:
        day = case.assumptions.as_of
        raise NothingKnownError([f"pledges: none was known on {day}; ask for a later day."])
    placed = ledger_facts.members(facts, sites)
    sets = ledger_facts.claims(facts, pledged, sites, placed)
    programs = _programs(facts, pledged, sites, placed, sets)
    return Ledger(
        facts=facts,
        assumptions=given,
        case=case,
        planned=False,
        programs=programs,
        pledges=_pledges(pledged, sites, sets),
        listed=_listed(facts, pledged),
        costs=ledger_money.cost_table(facts, given),
        equivalents=ledger_checks.equivalents(programs, facts),
        claims=ledger_checks.claims(facts, given, sites, programs),
        claimed=_claimed(pledged, sets),
        sites=ledger_powered.program_sites(sites, placed),
    )


def build(
    plan: Plan,
    assumptions: LedgerAssumptions | None = None,
    *,
    remedies: pd.DataFrame | None = None,
    ramps: pd.DataFrame | None = None,
) -> Ledger:
    """Reconcile the pledges and say which of their places are powered, and what lateness costs.

    Parameters
    ----------
    plan
        The answer, as from :func:`planner.check`.
    assumptions
        What may be argued about.
    remedies
        What is built and its cost (see :func:`planner.ledger_money.powering`): `Ladder.built`.
    ramps
        What is powered with remedies (see :func:`planner.ledger_money.sooner`): `Ladder.ramps`.
    """
    ledger = reconcile(plan.case, assumptions)
    facts, given = ledger.facts, ledger.assumptions
    sites = ledger_facts.megawatts(plan.case)
    placed = ledger_facts.members(facts, sites)
    numbers = demand.numbered(plan.case.periods)
    order = {str(name): int(number) for name, number in numbers.items()}
    late = ledger_money.lateness(plan.steps, plan.served, order)
    late = ledger_money.sooner(late, ramps)
    due = ledger_facts.loads(facts, plan.case, given)[["pledge", "due_year"]]
    left = ledger.pledges.merge(due, on="pledge")
    capital = ledger_money.capital(facts, given, sites, late)
    judged = ledger_money.facilities(facts, sites, plan.sites, late)
    annual = ledger_powered.annual(plan, sites)
    return replace(
        ledger,
        planned=True,
        programs=ledger_powered.powered(ledger.programs, placed, sites, late, capital),
        by_year=ledger_powered.by_year(plan, facts, ledger.programs, left, sites),
        places=ledger_powered.places(sites, late, capital),
        sites=ledger_powered.judged(ledger.sites, late, plan.sites),
        capital=capital,
        facilities=judged,
        concentration=ledger_money.concentration(facts, judged),
        powering=ledger_money.powering(remedies, _late_by_program(plan, placed)),
        regions=ledger_powered.regions(plan),
        checks=ledger_checks.checks(facts, plan.case, sites, annual),
    )


def _late_by_program(plan: Plan, placed: pd.DataFrame) -> pd.DataFrame:
    """Late megawatts of each program in each region: `region`, `program`, `late_mw`."""
    late = plan.steps.groupby(["region", "site"], as_index=False)["late_mw"].sum()
    sure = placed.loc[placed["certain"], ["site", "program"]]
    whole = late.assign(program=ALL)
    rows = pd.concat([late.merge(sure, on="site"), whole])
    sums: pd.DataFrame = rows.groupby(["region", "program"], as_index=False)["late_mw"].sum()
    return sums


# --- reconciling ---------------------------------------------------------------------------------


def _programs(
    facts: Facts,
    pledged: pd.DataFrame,
    sites: pd.DataFrame,
    placed: pd.DataFrame,
    sets: Claims,
) -> pd.DataFrame:
    names = facts.members.drop_duplicates("program").set_index("program")["name"]
    rows = [
        _program(str(program), str(name), ledger_facts.pledges_of(facts, pledged, str(program)),
                 placed[placed["program"] == program], pledged, sites, sets)
        for program, name in names.items()
    ]  # fmt: skip
    everything = placed.groupby("site", as_index=False).agg(
        certain=("certain", "max"), limit_mw=("limit_mw", "max")
    )
    claimed = [name for name in sets.mw if name in set(sites["site"])]
    everything = everything[everything["site"].isin(claimed)]
    rest = [site for site in claimed if site not in set(everything["site"])]
    more = pd.DataFrame({"site": rest, "certain": True, "limit_mw": np.nan})
    every = pd.concat([everything, more], ignore_index=True)
    rows.append(_program(ALL, "All pledges", list(pledged["pledge"]), every, pledged, sites, sets))
    return pd.DataFrame(rows)


def _program(  # noqa: PLR0913, PLR0917 - one row of a table out of all of them
    program: str,
    name: str,
    names: list[str],
    placed: pd.DataFrame,
    pledged: pd.DataFrame,
    sites: pd.DataFrame,
    sets: Claims,
) -> dict[str, object]:
    own = ledger_facts.located(sites, placed)
    size = pledged.set_index("pledge")["mw"]
    once = counted_once(_part(sets, set(names)))
    near = {other for pair in sets.pairs() if pair & set(names) for other in pair}
    near &= set(own.loc[own["meant"] > 0, "site"])
    joint = counted_once(_part(sets, set(names) | near))
    held = sum(sets.mw[site] for site in near)
    firm, sure = own[own["certain"]], own["certain"]
    stages = {
        f"{word}_mw": float(firm.loc[firm["stage"] == word, "rest"].sum()) for word in STAGES[1:]
    }
    return {
        "program": program,
        "name": name,
        "pledges": len(names),
        "pledged_sum_mw": float(size.reindex(names).sum()),
        "once_low_mw": once[0],
        "once_high_mw": once[1],
        "located_low_mw": float(firm["firm"].sum()),
        "located_high_mw": float(own["meant"].sum()),
        "operating_mw": float(own.loc[sure, "operating"].sum()),
        **stages,
        "unplaced_low_mw": max(0.0, round(joint[0] - held, 6)),
        "unplaced_high_mw": max(0.0, round(joint[1] - held, 6)),
        "sites": len(own),
        "rows": _told(names, own),
    }


def _told(names: list[str], own: pd.DataFrame) -> str:
    parts = [joined(names, "pledges"), joined(own["site"], "sites"), "assumption:pue"]
    return ";".join(part for part in parts if part)


def _part(sets: Claims, names: set[str]) -> Claims:
    """Keep the sets of some names and what is known of them."""

    def kept(many: object) -> dict[str, frozenset[str]]:
        pairs = many.items() if isinstance(many, dict) else ()
        found = {name: held & names for name, held in pairs if name in names}
        return {name: held for name, held in found.items() if held}

    return Claims(
        {name: mw for name, mw in sets.mw.items() if name in names},
        frozenset(pair for pair in sets.shares if pair <= names),
        kept(sets.within),
        kept(sets.located),
    )


def _pledges(pledged: pd.DataFrame, sites: pd.DataFrame, sets: Claims) -> pd.DataFrame:
    """Say of each pledge what is located and what it may share with others."""
    known = set(sites["site"])
    found = []
    for row in each(pledged):
        near = {name for pair in sets.pairs() if row.pledge in pair for name in pair}
        others = sorted(near - known - {row.pledge})
        places = sorted((sets.located or {}).get(str(row.pledge), ()))
        maybe = sorted(near & known - set(places))
        held = min(float(row.mw), sum(sets.mw[place] for place in places))
        shared = sum(sets.mw[name] for name in [*others, *maybe])
        nested = sorted((sets.within or {}).get(str(row.pledge), ()))
        left = float(row.mw) - held
        found.append({
            "pledge": row.pledge, "by": row.by, "layer": row.layer, "state": row.state,
            "mw_basis": row.mw_basis, "converted": row.converted, "mw": float(row.mw),
            "located_mw": held, "unplaced_low_mw": max(0.0, left - shared),
            "unplaced_high_mw": 0.0 if nested else left,
            "places": ", ".join(places), "within": ", ".join(nested),
            "may_share_with": ", ".join(name for name in others if name not in nested),
            "confidence": row.confidence, "source": row.source,
            "rows": ";".join(filter(None, [
                f"pledges:{row.pledge}", joined(others, "pledges"),
                joined([*places, *maybe], "sites"), "assumption:pue",
            ])),
        })  # fmt: skip
    table = pd.DataFrame(found)
    return table.sort_values(["mw", "pledge"], ascending=[False, True], ignore_index=True)


def _listed(facts: Facts, pledged: pd.DataFrame) -> pd.DataFrame:
    rows = facts.pledges[~facts.pledges["pledge"].isin(pledged["pledge"])]
    rows = rows.merge(facts.states[["pledge", "state"]], on="pledge", how="left")
    columns = ["pledge", "by", "kind", "state", "mw", "basis_words", "usd_bn", "usd_basis",
               "period", "confidence", "source"]  # fmt: skip
    told = [f"pledges:{name}" for name in rows["pledge"]]
    return rows[columns].assign(rows=told).reset_index(drop=True)


def _claimed(pledged: pd.DataFrame, sets: Claims) -> pd.DataFrame:
    """Sites that more than one pledge claims, with every one of them."""
    known = set(pledged["pledge"])
    found = []
    for site in sorted(set(sets.mw) - known):
        of = sorted({name for pair in sets.pairs() if site in pair for name in pair} & known)
        if len(of) > 1:
            named = [name for name in of if site in (sets.located or {}).get(name, ())]
            found.append({
                "site": site, "mw": sets.mw[site], "claims": len(of), "named_by": ", ".join(named),
                "maybe_by": ", ".join(name for name in of if name not in named),
                "rows": f"sites:{site};{joined(of, 'pledges')}",
            })  # fmt: skip
    columns = ["site", "mw", "claims", "named_by", "maybe_by", "rows"]
    table = pd.DataFrame(found, columns=columns)
    return table.sort_values(["claims", "mw", "site"], ascending=[False, False, True],
                             ignore_index=True)  # fmt: skip


# --- placing the remainder -----------------------------------------------------------------------


def place_remainder(plan: Plan, ledger: Ledger, program: str, *, high: bool = True) -> Case:
    """Spread what has no place over regions with headroom, as an assumption, ready to be checked.

    Each region with headroom at the end of the horizon gets a site of its share of the headroom,
    due at the end of the last year of the program's pledges (or of the horizon).

    Returns
    -------
    Case
        The question with added sites `remainder-...`, of low confidence and without a queue rank
        better than any other: they are announced on the as-of date.
    """
    row: Any = ledger.programs.set_index("program").loc[program]
    wanted = float(row["unplaced_high_mw" if high else "unplaced_low_mw"])
    pledged = ledger_facts.loads(ledger.facts, plan.case, ledger.assumptions)
    names = set(pledged["pledge"])
    if program != ALL:
        names = set(ledger_facts.pledges_of(ledger.facts, pledged, program))
    year = pledged.loc[pledged["pledge"].isin(names), "due_year"].max()
    last = plan.case.periods.iloc[-1]
    end = pd.Timestamp(last["end"])
    due = min(end, pd.Timestamp(year=int(year), month=12, day=31)) if pd.notna(year) else end
    room = plan.regions[plan.regions["period"] == last["period"]].merge(
        plan.case.regions[["region", "lat", "lon", "state"]], on="region"
    )
    room = room[room["headroom_mw"] > 0]
    if wanted <= 0 or room.empty:
        return plan.case
    share = wanted * room["headroom_mw"] / room["headroom_mw"].sum()
    return _with_sites(plan.case, room.assign(mw=share), due, program)


def _with_sites(case: Case, room: pd.DataFrame, due: pd.Timestamp, program: str) -> Case:
    day = pd.Timestamp(case.assumptions.as_of)
    names = "remainder-" + room["region"].str.lower()
    added = pd.DataFrame({
        "site": names, "name": "Remainder of " + program + ", " + room["region"],
        "program": program, "country": "", "state": "", "lat": room["lat"], "lon": room["lon"],
        "location": "assumption: spread by headroom", "status": "announced",
        "grid_connection": "grid", "facility_mw": room["mw"], "mw_quality": "announced",
        "full_power_date": due, "date_basis": "announced", "announced_on": day,
        "note": "assumption", "source": "assumption", "known_on": day, "confidence": "medium",
    }).reindex(columns=case.sites.columns)  # fmt: skip
    for column in case.sites.columns:
        added[column] = added[column].astype(case.sites[column].dtype)
    return case.but(sites=pd.concat([case.sites, added], ignore_index=True))


# --- where a figure comes from -------------------------------------------------------------------


def trace(ledger: Ledger, rows: str) -> pd.DataFrame:
    """List the facts behind a figure with their documents.

    Parameters
    ----------
    ledger
        The ledger.
    rows
        Cell of a column `rows`: "pledges:stargate_500bn;sites:us-tx-stargate-abilene".

    Returns
    -------
    pd.DataFrame
        `row`, `source`, `publisher`, `document`, `published_on`, `address`, `confidence`.
    """
    found = [(part, *_document(ledger, *part.split(":", 1))) for part in rows.split(";") if part]
    table = pd.DataFrame(found, columns=["row", "source", "confidence"])
    documents = pd.concat([ledger.facts.sources, ledger.case.sources]).drop_duplicates("source")
    columns = ["source", "publisher", "document", "published_on", "address"]
    return table.merge(documents[columns], on="source", how="left")


def _document(ledger: Ledger, table: str, name: str) -> tuple[str, str]:
    """Return source and confidence of a row; a plan and an assumption are sources of their own."""
    if table == "assumption":
        return "assumption", "medium"
    if table == "plan" or name == ALL:
        return "plan", "medium"
    if table in {"sites", "remedies"}:
        rows, key = getattr(ledger.case, table), {"sites": "site", "remedies": "remedy"}[table]
    else:
        rows = getattr(ledger.facts, table)
        key = {"pledges": "pledge", "rates": "rate", "benchmarks": "benchmark",
               "claims": "claim", "financing": "financing"}[table]  # fmt: skip
    row = rows.loc[rows[key] == name].iloc[0]
    return str(row["source"]), str(row["confidence"])


def told(
    plan: Plan, *, remedies: pd.DataFrame | None = None, ramps: pd.DataFrame | None = None
) -> Ledger | None:
    """Build the ledger where it holds something; none where no pledge was known on the day."""
    try:
        return build(plan, remedies=remedies, ramps=ramps)
    except NothingKnownError:
        return None


def site_notes(ledger: Ledger, sites: Iterable[str]) -> dict[str, str]:
    """Say in one line what waits at each site and which pledges claim it, for a tooltip."""
    named: dict[str, list[str]] = {site: [] for site in sites}
    for row in each(ledger.pledges):
        for site in set(row.places.split(", ")) & set(named):
            named[site].append(row.pledge)
    maybe = ledger.claimed.set_index("site")["maybe_by"].to_dict()
    waits = {
        row.site: f"USD {row.waiting_low:.1f} to {row.waiting_high:.1f} bn wait"
        f" {'at least ' if row.open_ended else ''}{row.wait_years:.1f} years"
        for row in each(ledger.capital)
    }
    return {
        site: "; ".join(filter(None, [waits.get(site, "no capital waits"),
                                      _claim(sorted(pledges), maybe.get(site, ""))]))
        for site, pledges in named.items()
    }  # fmt: skip


def _claim(named: list[str], maybe: str) -> str:
    """Name the pledges that claim a site, and count those that perhaps do."""
    perhaps = len(maybe.split(", ")) if maybe else 0
    parts = [", ".join(named), f"perhaps {perhaps} more" if perhaps and named else
             f"perhaps {perhaps} pledges" if perhaps else ""]  # fmt: skip
    words = ", ".join(filter(None, parts))
    return f"claimed by {words}" if words else ""


def site_lines(ledger: Ledger, site: str) -> list[str]:
    """Say in a few lines what the ledger knows of a site, for `why`, the briefing and the map."""
    lines = []
    claimed = ledger.claimed[ledger.claimed["site"] == site]
    for row in each(claimed):
        maybe = f"; perhaps also {row.maybe_by}" if row.maybe_by else ""
        lines.append(f"Claimed by {row.claims} pledges: {row.named_by or 'none by name'}{maybe}.")
    if len(ledger.capital):
        for row in each(ledger.capital[ledger.capital["site"] == site]):
            least = "at least " if row.open_ended else ""
            lines.append(
                f"Capital that waits: USD {row.waiting_low:.1f} to {row.waiting_high:.1f} bn"
                f" ({row.budget}), for {least}{row.wait_years:.1f} years; interest USD"
                f" {row.interest_low:.1f} to {row.interest_high:.1f} bn."
            )
    if len(ledger.facilities):
        lines += [
            f"{row.kind_words}: USD {row.usd_bn:g} bn, borrower {row.borrower},"
            f" lenders {row.lender}."
            for row in each(ledger.facilities[ledger.facilities["site"] == site])
        ]
    return lines
