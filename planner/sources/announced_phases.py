"""Dated steps of announced sites: what each adds, and whose date it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.sources.documents import by_site, clauses, last_day, records, weakest

if TYPE_CHECKING:
    from planner.sources.documents import Library, Row

STATUS: Final = {"operational": "operational", "energised": "operational", "projected": "projected"}
UNCERTAIN: Final = re.compile(r"not met|not confirmed|ambition|study|paused|expression")
NAME_LENGTH: Final = 60
_IT_STEP = re.compile(r"\(IT\b")
_ESTIMATE = re.compile(r"^Estimated?: |\s*\(estimate\)")
_BUILDINGS = re.compile(r"\bbuildings? \d[\d, -]*(?:and \d+\b)?", re.IGNORECASE)
_RUNNING = re.compile(
    r"(?:,? (?:is|are|and|estimated|projected|to|be|should|fully|now|looks?))* operational.*$"
)


def phases(given: pd.DataFrame, sites: pd.DataFrame, library: Library) -> pd.DataFrame:
    """Return the steps of the sites with the megawatts that each adds.

    Parameters
    ----------
    given
        Steps of the reference, facility megawatts unless the step's text says IT.
    sites
        The sites [key: site].
    library
        Documents; gains those cited here.
    """
    rows = given[given["project_id"].isin(sites["site"])].copy()
    rows["site"] = rows["project_id"]
    rows["epoch"] = rows["source"].str.startswith("Epoch AI")
    rows["observed"] = rows["cumulative_facility_mw"] != ""
    rows["words"] = rows["status"]
    rows["status"] = rows["words"].map(STATUS).fillna("announced")
    rows["date_basis"] = [_basis(row) for row in records(rows)]
    rows["date_precision"] = rows["date_precision"].str.replace(" (estimate)", "")
    rows = _sourced(rows, by_site(sites), library)
    rows = pd.concat([_added(steps) for _, steps in rows.groupby("site", sort=True)])
    site = by_site(sites)
    rows["note"] = [_note(row, site[row["site"]]) for row in records(rows)]
    return _named(rows)


def _basis(row: Row) -> str:
    """Say whether a date is a third party's estimate or was announced."""
    return "estimate" if row["epoch"] or "estimate" in row["date_precision"] else "announced"


def _sourced(rows: pd.DataFrame, sites: dict[str, Row], library: Library) -> pd.DataFrame:
    """Add document, confidence and the day on which the step was known.

    A step that is reported as operating was known no earlier than its own date.
    """
    end = library.end
    found = []
    for row in records(rows):
        site = sites[row["site"]]
        first = clauses(row["source"])[0]
        certain = "low" if UNCERTAIN.search(row["words"]) else "high"
        estimate = "medium" if row["status"] != "operational" else "high"
        confidence = weakest(site["confidence"], certain, estimate)
        near = [key for key in (site["source"], site["also"]) if key]
        key = library.cite(first, confidence, near=near)
        known = min(last_day(first.date) or site["known_on"], end)
        if row["status"] == "operational" and row["target_date"] > known:
            known = min(row["target_date"], end)
        found.append((key, confidence, known))
    return rows.assign(
        cited=rows["source"],
        source=[key for key, _, _ in found],
        confidence=[confidence for _, confidence, _ in found],
        known_on=[known for _, _, known in found],
    )


def _added(steps: pd.DataFrame) -> pd.DataFrame:
    """Return the steps of one site with what each adds in facility and IT megawatts.

    Where running totals are observed, a total that falls back later counts only as far as it
    lasts, so that no step is negative and the steps add up to the last total.
    """
    steps = steps.sort_values(["observed", "target_date"], ascending=[False, True], kind="stable")
    stated = pd.to_numeric(steps["mw"])
    is_it = steps["phase"].str.contains(_IT_STEP)
    steps["facility_mw"] = stated.where(~is_it)
    steps["it_mw"] = stated.where(is_it)
    for kind in ("facility", "it"):
        totals = pd.to_numeric(steps.loc[steps["observed"], f"cumulative_{kind}_mw"])
        lasting = totals[::-1].cummin()[::-1]
        steps.loc[steps["observed"], f"{kind}_mw"] = lasting.diff().fillna(lasting).round(3)
        steps[f"{kind}_cut"] = (lasting < totals).reindex(steps.index, fill_value=False)
    return steps


def _note(row: Row, site: Row) -> str:
    """Return what a user must know about a step."""
    only_it = site["it_mw"] != "" and site["facility_mw"] == "" and pd.notna(row["facility_mw"])
    cut = row["facility_cut"] or row["it_cut"]
    on_grid = "grid capacity" in row["phase"]
    parts = (
        row["words"] if row["words"] not in {*STATUS, "", "announced"} else "",
        "undated" if row["target_date"] == "" and "undated" not in row["words"] else "",
        "the observed total fell later; only what lasted is counted" if cut else "",
        "the site states IT megawatts only; this may be IT" if only_it else "",
        "capacity of the grid connection, which is not load" if on_grid else "",
        row["cited"] if row["cited"].startswith(("Compute Atlas", "IREN")) else "",
    )
    return "; ".join(part for part in parts if part)


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """Give each step a short name that is unique in its site."""
    short = pd.Series([_short(row) for row in records(rows)], index=rows.index)
    count = short.groupby([rows["site"], short]).cumcount()
    names = [f"{name} ({n + 1})" if n else name for name, n in zip(short, count, strict=True)]
    return rows.assign(phase=names)


def _short(row: Row) -> str:
    """Return the words of a step, the buildings that they name, or the total it leads to.

    Examples
    --------
    >>> _short({"phase": "Building 4 is operational, based on roofs", "observed": True})
    'Building 4'
    >>> _short({"phase": "first gigawatt (company target)", "observed": False})
    'first gigawatt (company target)'
    """
    words = _ESTIMATE.sub("", row["phase"])
    if len(words) <= NAME_LENGTH and "operational" not in words:
        return words.rstrip(". ")
    if "whole facility" in words:
        return "whole facility"
    buildings = _BUILDINGS.search(words)
    if buildings:
        return buildings[0].strip(" ,-").capitalize()
    running = _RUNNING.sub("", words)
    if len(running) <= NAME_LENGTH:
        return running
    return f"to {float(row['cumulative_facility_mw']):g} MW"
