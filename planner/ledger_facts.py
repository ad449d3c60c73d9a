"""What the ledger stands on: its packs, its assumptions, and the megawatts of the sites."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import demand, packs
from planner.errors import DataError
from planner.ledger_overlap import Claims
from planner.schema_ledger import FINANCING_TABLES, PLEDGE_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from planner.case import Case

GONE: Final = ("dropped",)
NOT_COMING: Final = ("paused", "cancelled")
STAGES: Final = ("operating", "under_construction", "permitted", "announced")
MW_PER_GW: Final = 1000.0
ALL: Final = "all"
TABLES: Final = ("pledges", "states", "overlaps", "members", "claims", "benchmarks",
                 "financing", "parties", "rates")  # fmt: skip
_DOUBT: Final = re.compile(
    r"speculative|likely|reported|intent|MoU|talks|link|option|register|took over", re.IGNORECASE
)
_PARTS: Final = re.compile(r";(?![^()]*\))")


@dataclass(frozen=True)
class LedgerAssumptions:
    """What may be argued about in the ledger; every figure with a source is a row of `rates`.

    Attributes
    ----------
    compute_is_it
        Whether gigawatts of "compute" or of chips are IT load; then they are multiplied by the
        PUE of the case, else they are taken as facility load, as the press does.
    future_costs
        Whether the cost of future systems (80 to 100 billion USD a gigawatt) bounds the range.
    """

    compute_is_it: bool = False
    future_costs: bool = False


@dataclass(frozen=True)
class Facts:
    """The tables of the two packs as they were known on a day, and their documents."""

    pledges: pd.DataFrame
    states: pd.DataFrame
    overlaps: pd.DataFrame
    members: pd.DataFrame
    claims: pd.DataFrame
    benchmarks: pd.DataFrame
    financing: pd.DataFrame
    parties: pd.DataFrame
    rates: pd.DataFrame
    sources: pd.DataFrame

    def rate(self, name: str) -> tuple[float, float]:
        """Return the low and the high end of a rate.

        Raises
        ------
        DataError
            The rate was not known on the day.
        """
        rows = self.rates[self.rates["rate"] == name]
        if rows.empty:
            raise DataError([f"rates: {name} was not known on that day; ask for a later one."])
        return float(rows["low"].iloc[0]), float(rows["high"].iloc[0])


def read(as_of: date) -> Facts:
    """Read the packs of pledges and financings as they were known on a day.

    Rates are taken as known today: they price what was late, and decide no verdict.
    """
    place = packs.shelf("sites")
    pledged = packs.read(place / "pledges", PLEDGE_TABLES, as_of=as_of)
    funded = packs.read(place / "financing", FINANCING_TABLES, as_of=as_of)
    rates = packs.read(place / "financing", FINANCING_TABLES)
    documents = pd.concat([pledged["sources"], rates["sources"]]).drop_duplicates("source")
    known = set(pledged["pledges"]["pledge"])
    for name in ("states", "overlaps"):
        pledged[name] = pledged[name][pledged[name]["pledge"].isin(known)]
    other = pledged["overlaps"]
    pledged["overlaps"] = other[(other["other_kind"] != "pledge") | other["other"].isin(known)]
    merged = {**pledged, **funded, "rates": rates["rates"]}
    return Facts(**{name: merged[name] for name in TABLES}, sources=documents)


def loads(facts: Facts, case: Case, given: LedgerAssumptions) -> pd.DataFrame:
    """List the pledges of load that stand: gigawatts on a facility basis, and how they got there.

    Returns
    -------
    pd.DataFrame
        `pledge`, `by`, `layer`, `mw` (facility), `stated_mw`, `mw_basis`, `converted`, `state`,
        `due_year`, `announced_on`, `confidence`, `source`.
    """
    rows = facts.pledges.merge(facts.states[["pledge", "state"]], on="pledge", how="left")
    rows = rows[(rows["kind"] == "load") & rows["mw"].notna() & ~rows["state"].isin(GONE)]
    rows = rows.rename(columns={"mw": "stated_mw"})
    is_it = rows["mw_basis"] == "it"
    if given.compute_is_it:
        is_it |= rows["mw_basis"] == "compute"
    factor = np.where(is_it, case.assumptions.pue, 1.0)
    rows = rows.assign(mw=rows["stated_mw"] * factor, converted=is_it)
    columns = ["pledge", "by", "layer", "mw", "stated_mw", "mw_basis", "converted", "state",
               "due_year", "announced_on", "confidence", "source"]  # fmt: skip
    return rows[columns].reset_index(drop=True)


def megawatts(case: Case) -> pd.DataFrame:
    """Megawatts of every site that is coming, on a facility basis.

    Returns
    -------
    pd.DataFrame
        One row a site: `stated_mw` (as published, ceilings too), `firm_mw` (contract, permit,
        announcement or estimate, not of low confidence, or in dated steps), `operating_mw`,
        `it_mw`, `converted`, and facts of the site.
    """
    sites = case.sites[~case.sites["status"].isin(NOT_COMING)].copy()
    totals = demand.totals(case).set_index("site")
    stated = sites["facility_mw"].fillna(sites["it_mw"] * case.assumptions.pue)
    known = totals.reindex(sites["site"])
    dated = (known["operating_mw"] + known["stepped_mw"]).to_numpy()
    usable = known["total_mw"].fillna(0.0).to_numpy()
    sites["stated_mw"] = np.fmax(stated.fillna(0.0), dated)
    sites["firm_mw"] = np.fmin(np.fmax(usable, dated), sites["stated_mw"])
    sites["operating_mw"] = np.fmin(known["operating_mw"].to_numpy(), sites["stated_mw"])
    sites["converted"] = sites["facility_mw"].isna() & sites["it_mw"].notna()
    columns = ["site", "name", "program", "developer", "operator", "country", "state", "status",
               "it_mw", "stated_mw", "firm_mw", "operating_mw", "converted", "capex_usd_bn",
               "mw_quality", "confidence", "source"]  # fmt: skip
    return sites[columns].reset_index(drop=True)


def stage(sites: pd.DataFrame) -> pd.Series:
    """Name the stage of the megawatts of a site that do not operate yet."""
    begun = sites["status"].isin(["operating", "partially_operating"])
    return sites["status"].where(~begun, "under_construction")


def located(sites: pd.DataFrame, placed: pd.DataFrame) -> pd.DataFrame:
    """Megawatts of the sites of a program: `meant` (published), `firm`, `operating`, `rest`."""
    rows = sites.merge(placed[["site", "certain", "limit_mw"]], on="site")
    rows["certain"] = rows["certain"].astype(bool)  # without a row it has no kind of its own
    limit = rows["limit_mw"].fillna(np.inf)
    rows["meant"] = np.fmin(rows["stated_mw"], limit)
    rows["firm"] = np.fmin(rows["firm_mw"], limit)
    rows["operating"] = np.fmin(rows["operating_mw"], rows["firm"])
    rows["rest"] = rows["firm"] - rows["operating"]
    rows["stage"] = stage(rows)
    return rows


# --- programs ------------------------------------------------------------------------------------


def members(facts: Facts, sites: pd.DataFrame) -> pd.DataFrame:
    """Find the sites of each program.

    Returns
    -------
    pd.DataFrame
        `program`, `site`, `certain`, `limit_mw` (part of the site that is meant; empty: all).
    """
    found = []
    for row in each(facts.members):
        if row.kind == "site":
            found.append((row.program, row.member, row.certain == "true", np.nan))
        elif row.kind == "operator":
            named = zip(sites["site"], sites["operator"].fillna(""), strict=True)
            found += [
                (row.program, site, *tenancy)
                for site, words in named
                if (tenancy := _tenancy(words, str(row.member))) is not None
            ]
    rows = pd.DataFrame(found, columns=["program", "site", "certain", "limit_mw"])
    rows = rows[rows["site"].isin(sites["site"])]
    left_out = facts.members[facts.members["kind"] == "not_site"]
    pairs = set(zip(left_out["program"], left_out["member"], strict=True))
    kept = [pair not in pairs for pair in zip(rows["program"], rows["site"], strict=True)]
    rows = rows[np.array(kept, dtype=bool)]
    rows = rows.sort_values(["program", "site", "certain"], ascending=[True, True, False])
    rows = rows.drop_duplicates(["program", "site"], ignore_index=True)
    return rows.assign(limit_mw=_limits(rows, facts))


def _limits(rows: pd.DataFrame, facts: Facts) -> pd.Series:
    """Take the part of a site that its contract names, from its overlap where that has one."""
    given = facts.overlaps[facts.overlaps["mw"].notna()]
    known = given.drop_duplicates("other").set_index("other")["mw"]
    contract = rows["site"].map(known).where(rows["program"].isin(["stargate", "openai"]))
    return rows["limit_mw"].fillna(contract)


def _tenancy(words: str, company: str) -> tuple[bool, float] | None:
    """Say whether a company is named as operator, whether surely, and for how many megawatts.

    Examples
    --------
    >>> _tenancy("Oracle; OpenAI", "OpenAI")
    (True, nan)
    >>> _tenancy("OpenAI (4.25 GW, 20-year lease)", "OpenAI")
    (True, 4250.0)
    >>> _tenancy("Microsoft; OpenAI (likely)", "OpenAI")
    (False, nan)
    >>> _tenancy("Google", "OpenAI") is None
    True
    """
    for part in _PARTS.split(words):
        if not re.search(rf"\b{re.escape(company)}\b", part):
            continue
        outside = re.sub(r"\([^()]*\)", "", part)
        amount = re.search(r"\([^()]*?(\d+(?:\.\d+)?) (GW|MW)\b", part)
        shared = re.search(rf"\b{re.escape(company)}\b", outside) is None
        limit = np.nan
        if amount:
            limit = float(amount[1]) * (MW_PER_GW if amount[2] == "GW" else 1.0)
        sure = not _DOUBT.search(part) and not (shared and "Fluidstack" not in part)
        return bool(sure), limit
    return None


def pledges_of(facts: Facts, rows: pd.DataFrame, program: str) -> list[str]:
    """List the pledges of load of a program."""
    of = facts.members[facts.members["program"] == program]
    named = set(of.loc[of["kind"] == "pledge", "member"])
    companies = set(of.loc[of["kind"] == "pledge_by", "member"])
    return [
        row.pledge
        for row in each(rows)
        if row.pledge in named or companies & _companies(str(row.by))
    ]


def _companies(words: str) -> set[str]:
    return {part.strip() for part in re.split(r"[;/]", words)}


# --- claims --------------------------------------------------------------------------------------


def claims(
    facts: Facts, pledged: pd.DataFrame, sites: pd.DataFrame, placed: pd.DataFrame
) -> Claims:
    """Lay out pledges and the sites they claim as sets of megawatts that may overlap.

    Parameters
    ----------
    facts
        The packs.
    pledged
        Pledges of load, as from :func:`loads`.
    sites
        Megawatts of the sites, as from :func:`megawatts`.
    placed
        Sites of the programs, as from :func:`members`.
    """
    named = facts.overlaps[facts.overlaps["pledge"].isin(pledged["pledge"])]
    named = named[named["relation"] != "separate"]
    size = {str(row.pledge): float(row.mw) for row in each(pledged)}
    places = named[(named["other_kind"] == "site") & named["other"].isin(sites["site"])]
    stated = sites.set_index("site")["stated_mw"]
    limits = places.groupby("other")["mw"].max()
    for site in sorted({str(name) for name in places["other"]}):
        mw = float(stated[site])
        limit = float(limits.get(site, np.nan))
        mw = mw if np.isnan(limit) else min(mw, limit)
        if mw > 0:
            size[site] = mw
    shares = {
        frozenset((row.pledge, row.other))
        for row in each(pd.concat([named[named["other_kind"] == "pledge"], places]))
        if row.relation == "shares"
    }
    shares |= _chips(facts, pledged, placed, named, size)
    return Claims(
        mw=size,
        shares=frozenset(pair for pair in shares if len(pair) > 1),
        within=_held(named, "within", size),
        located=_held(places, "located", size),
    )


def _held(rows: pd.DataFrame, relation: str, size: dict[str, float]) -> dict[str, frozenset[str]]:
    rows = rows[(rows["relation"] == relation) & rows["other"].isin(size)]
    return {str(name): frozenset(part["other"]) for name, part in rows.groupby("pledge")}


def _chips(
    facts: Facts,
    pledged: pd.DataFrame,
    placed: pd.DataFrame,
    named: pd.DataFrame,
    size: dict[str, float],
) -> set[frozenset[str]]:
    """Pair a pledge of chips with every place, pledged or located, of the program of its buyer."""
    found = set()
    layer = pledged.set_index("pledge")["layer"]
    for row in each(named[named["other_kind"] == "program"]):
        own = pledges_of(facts, pledged, str(row.other))
        sites = placed.loc[(placed["program"] == row.other) & placed["certain"], "site"]
        others = [name for name in own if layer[name] == "place"]
        others += [site for site in sites if site in size]
        found |= {frozenset((str(row.pledge), other)) for other in others}
    return found


def each(rows: pd.DataFrame) -> Iterator[Any]:
    """Walk over the rows of a table, columns as attributes."""
    walked: Iterator[Any] = rows.itertuples()
    return walked


def joined(names: Iterable[object], kind: str) -> str:
    """Write ids of rows as one text: "sites:a;sites:b"."""
    return ";".join(f"{kind}:{name}" for name in sorted({str(name) for name in names}))
