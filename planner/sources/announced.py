"""The pack of announced sites, out of the reference tables on projects."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.schema import ONSITE, PHASES, REVISIONS, SITES, SOURCES, Table
from planner.sources import announced_onsite, announced_phases, announced_remarks
from planner.sources.documents import (
    Citation,
    Library,
    clauses,
    is_whole,
    last_day,
    records,
    weakest,
)

if TYPE_CHECKING:
    from planner.sources.documents import Row

PACK: Final = Path(__file__).parents[2] / "sites" / "announced"
RENAMED: Final = {
    "id": "site",
    "operator_tenant": "operator",
    "iso2": "country",
    "location_method": "location",
    "operating_facility_mw": "operating_mw",
    "operating_as_of": "operating_on",
    "capex_bn_usd": "capex_usd_bn",
}
CITED_AS: Final = {
    r"Epoch AI.*2026-09": "epoch-2026-09",
    r"Epoch AI.*2026-08": "epoch-2026-08",
    r"Epoch AI.*2026-05": "epoch-2026-05",
    r"Epoch AI.*2026-04": "epoch-2026-04",
    r"Epoch AI.*2025-12": "epoch-2025-12",
    r"Epoch AI": "epoch-2026-09",
    r"Compute Atlas": "compute-atlas-2026-08",
    r"AI Compute Build-Out": "ai-compute-build-out-2026-04",
    r"[Oo]pposition tracker|[Ll]ocal-opposition": "opposition-tracker-2026-07",
    r"Piedmont Environmental": "pec-register-2026-08",
    r"Macrogauge": "macrogauge-2026-07",
    r"^unverified recall": "unverified-recall",
}
DATED: Final = ("status_as_of", "source_1_date", "source_2_date", "operating_as_of")
_RECORD = re.compile(r"Compute Atlas.*?record ([a-z0-9-]+)")


def tables(reference: Path) -> dict[str, pd.DataFrame]:
    """Build the pack.

    Parameters
    ----------
    reference
        Folder of reference material; its folder `projects` is read.

    Returns
    -------
    dict[str, pandas.DataFrame]
        The tables of a sites pack, by name.
    """
    folder = reference / "projects"
    projects = _read(folder / "projects.csv")
    standing = _read(PACK / "curated" / "sources.csv")
    library = Library(standing, CITED_AS, _last_reading(projects))
    sites = _sites(projects[projects["role"] == "load"], library)
    phases = announced_phases.phases(_read(folder / "phases.csv"), sites, library)
    onsite = announced_onsite.onsite(
        _read(folder / "onsite_power.csv"), _read(PACK / "curated" / "onsite.csv"), sites, library
    )
    revisions = _revisions(_read(folder / "history.csv"), sites, library)
    sites = announced_remarks.remarked(sites, phases)
    built = ((SITES, sites), (PHASES, phases), (ONSITE, onsite), (REVISIONS, revisions))
    found = {table.name: _finished(rows, table) for table, rows in built}
    return {SOURCES.name: _finished(library.table(), SOURCES), **found}


def _finished(rows: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Return the columns of the schema in its order and kind, sorted by key."""
    kinds = {name: column.kind for name, column in table.columns.items()}
    columns = {
        name: pd.to_numeric(rows[name]) if kind == "number" else rows[name]
        for name, kind in kinds.items()
    }
    return pd.DataFrame(columns).sort_values(list(table.key), ignore_index=True)


def _read(path: Path) -> pd.DataFrame:
    """Read a table as text; a missing value is an empty text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")


def _sites(projects: pd.DataFrame, library: Library) -> pd.DataFrame:
    """Return one row per site; `also` keeps the key of its second document for a while."""
    sites = projects.rename(columns=RENAMED).drop(columns="country", errors="ignore")
    sites["country"] = projects["iso2"]
    sites["state"] = sites["state"].replace("not stated", "")
    sites["grid_connection"] = sites["grid_connection"].str.replace(" ", "_")
    sites["source"] = _cite(projects, "source_1", library)
    sites["also"] = _cite(projects, "source_2", library)
    sites["known_on"] = _known_on(projects)
    sites["announced_on"] = _not_after(sites["announced_on"], sites["known_on"])
    sites["note"] = [_note(row) for row in records(sites)]
    return sites


def _cite(projects: pd.DataFrame, column: str, library: Library) -> list[str]:
    """Return the keys of the documents named in a column and its date and address."""
    rows = zip(
        projects[column],
        projects[f"{column}_date"],
        projects[f"{column}_url"],
        projects["confidence"],
        strict=True,
    )
    return [
        library.cite(Citation(words, date, address), confidence) if words else ""
        for words, date, address, confidence in rows
    ]


def _known_on(projects: pd.DataFrame) -> pd.Series:
    """Return the latest day of the evidence of each site.

    A month or a year stands as its last day, but not as a day after the last reading of the
    whole table. The day on which a page was read counts only where nothing else is dated.
    """
    dated = projects[list(DATED)]
    published = dated.where(~dated.map(lambda words: "accessed" in words), "")
    latest = published.map(last_day).max(axis=1)
    latest = latest.where(latest != "", dated.map(last_day).max(axis=1))
    announced = projects["announced_on"].where(projects["announced_precision"] == "day", "")
    return pd.concat([_not_after(latest, _last_reading(projects)), announced], axis=1).max(axis=1)


def _last_reading(projects: pd.DataFrame) -> str:
    """Return the latest day that any row names in full."""
    days = (day for column in DATED for day in projects[column] if is_whole(day))
    return str(max(days))


def _not_after(dates: pd.Series, end: pd.Series | str) -> pd.Series:
    """Return dates, none of them later than its end; an empty date stays empty."""
    return dates.where(dates <= end, end)


def _note(row: Row) -> str:
    """Return what the reference notes of a site, its register record and second document."""
    record = _RECORD.search(f"{row['source_1']}; {row['source_2']}")
    parts = (
        row["notes"].strip(),
        f"Compute Atlas record {record[1]}." if record else "",
        f"also: {row['also']}." if row["also"] else "",
    )
    return " ".join(part for part in parts if part)


def _revisions(history: pd.DataFrame, sites: pd.DataFrame, library: Library) -> pd.DataFrame:
    """Return how plans changed; changes of rows that are no load are left out."""
    rows = history[history["project_id"].isin(sites["site"])].rename(columns={"project_id": "site"})
    near = sites.set_index("site")["source"]
    confidence = sites.set_index("site")["confidence"]
    rows["confidence"] = [weakest("medium", confidence[site]) for site in rows["site"]]
    rows["source"] = [
        library.cite(_newest(row), row["confidence"], near=[near[row["site"]]])
        for row in records(rows)
    ]
    rows["known_on"] = _not_after(rows["when"].map(last_day), library.end)
    return rows


def _newest(row: Row) -> Citation:
    """Return the citation of the new value: the latest one that existed when it was known."""
    known = last_day(row["when"])
    cited = [
        Citation(one.words, one.date or row["when"][-7:]) if "Epoch AI" in one.words else one
        for one in clauses(row["source"])
    ]
    if cited[0].words.startswith("Epoch AI snapshots"):
        return cited[0]
    in_time = [one for one in cited if one.date and last_day(one.date) <= known]
    return max(in_time or cited, key=lambda one: last_day(one.date))
