"""The packs of pledges and of financings, out of the reference tables on projects.

``python -m planner.sources.pledges REFERENCE SITES_DIR`` writes both.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from planner import schema_ledger as schema
from planner.sources import write
from planner.sources.documents import Library, clauses, last_day, records, weakest

if TYPE_CHECKING:
    from planner.schema import Table
    from planner.sources.documents import Row

SITES: Final = Path(__file__).parents[2] / "sites"
END: Final = "2026-09-30"
MW_PER_GW: Final = 1000.0
ARGUMENTS: Final = 2
LATER: Final = ("revised", "superseded", "dropped", "actual")
CITED_AS: Final = {
    r"^(?:[Ss]eed|Xpert\.Digital seed)(?: article)? ?(?:001|article|$)": "article-001",
    r"^[Ss]eed 000": "article-000",
    r"^[Ss]eed 002": "article-002",
    r"^[Ss]eed 003": "article-003",
    r"^[Ss]eed 004": "article-004",
    r"^Xpert\.Digital": "article-001",
    r"announcing-the-stargate-project": "openai-2025-01-21",
    r"stargate-advances": "openai-2025-07-22",
    r"five-new-stargate-sites": "openai-2025-09-23",
    r"tradingkey": "tradingkey-2025-10-24",
    r"lumidanews": "wsj-lumidanews",
    r"^Forbes": "forbes-2025-12-06",
    r"^Fintool": "fintool-2026-02-20",
    r"signalplus": "signalplus-2026-06",
    r"brianbuntz": "brianbuntz-github-io",
    r"^Business Today": "business-today-2025-10-14",
    r"^The Register": "the-register-2026-02-06",
    r"^cliffcenter\.com 2026-05-06": "cliffcenter-2026-05-06",
    r"Compute Atlas": "compute-atlas-2026-08",
    r"Macrogauge": "macrogauge-2026-07",
    r"unverified recall": "unverified-recall",
}
SHOWN_BENCHMARKS: Final = {
    "F01": "lbnl-2024", "F02": "lbnl-2024", "F03": "lbnl-2025", "F04": "lbnl-2025",
    "F05": "lbnl-2025", "F06": "iea-2025-04-10", "F07": "iea-2026-04-16",
    "F08": "iea-2026-04-16", "F09": "grid-strategies-2025", "F16": "doe-2025-07",
    "F17": "sp-451-2025", "F18": "sp-451-2025", "F19": "bnef-2025-12",
    "F48": "cea-2026-03-31", "F49": "cea-2026-03-31",
}  # fmt: skip
GROWTH_SINCE: Final = {"F09": "2025", "F16": "2024"}
_ARTICLE = re.compile(r"[Ss]eed(?: article)? ?((?:\d{3}/?)*)")
_DAY = re.compile(r"\b20\d{2}-\d{2}(?:-\d{2})?\b")
_YEAR = re.compile(r"\b(20\d{2})\b")
_ASIDE = re.compile(r"\s*\([^()]*[;$%][^()]*\)")
_REMARKS = ("annualised here", "about 1 GW in FY26 Q2")
_LENGTH = re.compile(r"^(?:\d+-)?(\d+) years")


def tables(reference: Path) -> dict[str, dict[str, pd.DataFrame]]:
    """Build both packs.

    Parameters
    ----------
    reference
        Folder of reference material; `projects` and `validation` are read.

    Returns
    -------
    dict[str, dict[str, pandas.DataFrame]]
        The tables of the packs "pledges" and "financing", by name.
    """
    return {"pledges": _pledge_pack(reference), "financing": _financing_pack(reference)}


def _pledge_pack(reference: Path) -> dict[str, pd.DataFrame]:
    library = _library("pledges")
    given = _read(reference / "projects" / "pledges.csv").rename(columns={"pledge_id": "pledge"})
    classes = _curated("pledges", "classes").rename(columns={"note": "class_note"})
    rows = given.drop(columns="status").merge(classes, on="pledge", validate="1:1")
    rows["status"] = given.set_index("pledge")["status"].loc[rows["pledge"]].to_numpy()
    rows = _pledges(rows, library)
    found = {
        "pledges": rows,
        "states": _states(rows),
        "overlaps": _overlaps(rows),
        "members": _members(),
        "claims": _claims(rows),
        "benchmarks": _benchmarks(reference),
    }
    cited = {key for name in found for key in _keys(found[name])}
    return _finished(found, _documents("pledges", library, cited), schema.PLEDGE_TABLES)


def _financing_pack(reference: Path) -> dict[str, pd.DataFrame]:
    library = _library("financing")
    given = _read(reference / "projects" / "financing.csv")
    given = given.rename(columns={"financing_id": "financing"})
    given = pd.concat([given, _curated("financing", "more")], ignore_index=True)
    rows = given.rename(columns={"kind": "kind_words"}).merge(
        _curated("financing", "classes"), on="financing", validate="1:1"
    )
    rows = _financings(rows, library)
    parties = _with_facts(_curated("financing", "parties"), rows, "financing")
    found = {"financing": rows, "parties": parties, "rates": _curated("financing", "rates")}
    cited = {key for name in found for key in _keys(found[name])}
    return _finished(found, _documents("financing", library, cited), schema.FINANCING_TABLES)


def _library(pack: str) -> Library:
    return Library(_curated(pack, "sources"), CITED_AS, END)


def _curated(pack: str, name: str) -> pd.DataFrame:
    return _read(SITES / pack / "curated" / f"{name}.csv")


def _read(path: Path) -> pd.DataFrame:
    """Read a table as text; a missing value is an empty text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")


def _pledges(rows: pd.DataFrame, library: Library) -> pd.DataFrame:
    rows = _cited(rows, library)
    rows["articles"] = [_articles(row) for row in records(rows)]
    rows["mw"] = pd.to_numeric(rows["gw"]) * MW_PER_GW
    # Unit values and rows without a load keep no megawatts: "1" stands for "per gigawatt" there.
    rows["mw"] = rows["mw"].where(rows["mw_basis"] != "")
    rows["basis_words"] = rows["gw_basis"]
    rows["announced_on"] = [min(last_day(words), END) for words in rows["announced_on"]]
    rows["known_on"] = rows["announced_on"]
    rows["due_year"] = [_due_year(row) for row in records(rows)]
    rows["note"] = (rows["notes"] + " " + rows["class_note"]).str.strip()
    return rows


def _cited(rows: pd.DataFrame, library: Library) -> pd.DataFrame:
    """Add the keys of the documents: the first that is no founding article leads."""
    leading, others = [], []
    for row in records(rows):
        parts = clauses(_ASIDE.sub("", row["source"]))
        parts = [part for part in parts if part.words and part.words not in _REMARKS]
        keys = [library.cite(part, row["confidence"]) for part in parts]
        keys = list(dict.fromkeys(keys))
        keys.sort(key=lambda key: (key == "unverified-recall", key.startswith("article-")))
        leading.append(keys[0])
        others.append(";".join(keys[1:]))
    return rows.assign(source=leading, also=others, cited=rows["source"])


def _articles(row: Row) -> str:
    """Return the numbers of the founding articles that a row names.

    Examples
    --------
    >>> _articles({"cited": "seed 001/002 ($100bn)", "notes": "Seed 001: $35bn."})
    '001;002'
    """
    named = _ARTICLE.findall(f"{row['cited']} {row['notes']}")
    numbers = {number for group in named for number in group.split("/") if number}
    return ";".join(sorted(numbers)) or ("001" if named else "")


def _due_year(row: Row) -> str:
    """Return the last year of a period; a length counts from its first year.

    A first step, an open end and the length of a contract say nothing of the last gigawatt.

    Examples
    --------
    >>> _due_year({"period": "2025-2029", "announced_on": "2025-01-21"})
    '2029'
    >>> _due_year({"period": "5-7 years", "announced_on": "2025-10-31", "usd_basis": "total"})
    '2032'
    >>> _due_year({"period": "first GW H2 2026", "announced_on": "2025-09-22"})
    ''
    """
    if "first" in row["period"] or row["period"].endswith("+"):
        return ""
    length = _LENGTH.match(row["period"])
    years = [int(year) for year in _YEAR.findall(row["period"])]
    if length and row["usd_basis"] == "contract":
        return ""
    if length:
        return str(max([*years, int(row["announced_on"][:4])]) + int(length[1]))
    return str(max(years)) if years else ""


def _states(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what became of each pledge; what was said later is not known at first."""
    found = []
    for row in records(rows):
        words = f"{row['status']} {row['cited']} {row['notes']}"
        days = [min(last_day(day), END) for day in _DAY.findall(words)]
        later = max([day for day in days if day > row["known_on"]], default="")
        if row["state"] in LATER and not later and row["state"] != "actual":
            later = END
        facts = {key: row[key] for key in ("pledge", "source", "confidence")}
        if row["state"] in LATER and later:
            found.append({**facts, "state": "active", "status": "", "known_on": row["known_on"]})
        known = later if row["state"] in LATER and later else row["known_on"]
        found.append({**facts, "state": row["state"], "status": row["status"], "known_on": known})
    return pd.DataFrame(found)


def _overlaps(pledges: pd.DataFrame) -> pd.DataFrame:
    """Return the curated overlaps with the document and the day of their later pledge."""
    rows = _curated("pledges", "overlaps")
    known = pledges.set_index("pledge")
    other = rows["other"].map(known["known_on"]).fillna("")
    mine = rows["pledge"].map(known["known_on"])
    rows["source"] = rows["pledge"].map(known["source"])
    rows["known_on"] = mine.where(mine > other, other)
    return rows


def _members() -> pd.DataFrame:
    rows = _curated("pledges", "members")
    return rows.assign(source="convention", known_on="2025-01-21", confidence="high")


def _claims(pledges: pd.DataFrame) -> pd.DataFrame:
    """Return the claims with the article as document; a claim is known with its row."""
    rows = _curated("pledges", "claims")
    known = pledges.set_index("pledge")["known_on"]
    rows["source"] = "article-" + rows["article"].str[:3]
    rows["known_on"] = rows["row"].map(known).fillna(END)
    return rows.assign(confidence="medium")


def _benchmarks(reference: Path) -> pd.DataFrame:
    rows = _read(reference / "validation" / "benchmarks.csv")
    rows = rows[rows["benchmark_id"].isin(SHOWN_BENCHMARKS)]
    renamed = {"benchmark_id": "benchmark", "metric": "quantity", "scope": "area", "notes": "note"}
    rows = rows.rename(columns=renamed)
    rows = rows.assign(
        source=rows["benchmark"].map(SHOWN_BENCHMARKS),
        known_on=rows["source_date"],
        since=rows["benchmark"].map(GROWTH_SINCE).fillna(""),
    )
    return pd.concat([rows, _curated("pledges", "benchmarks")], ignore_index=True)


def _financings(rows: pd.DataFrame, library: Library) -> pd.DataFrame:
    rows = _cited(rows, library)
    rows["site"] = rows["project_id"]
    rows["usd_bn"] = rows["amount_bn_usd"]
    rows["announced_on"] = [min(last_day(words), END) for words in rows["date"]]
    rows["known_on"] = rows["announced_on"]
    rows["pricing"] = rows["pricing"].replace({"not stated": "", "n/a": ""})
    return rows.assign(note=rows["notes"])


def _with_facts(rows: pd.DataFrame, known: pd.DataFrame, key: str) -> pd.DataFrame:
    facts = known.set_index(key)[["source", "known_on", "confidence"]]
    return rows.join(facts, on=key)


def _keys(rows: pd.DataFrame) -> set[str]:
    also = rows["also"] if "also" in rows else pd.Series(dtype=str)
    evidence = rows["evidence_source"] if "evidence_source" in rows else pd.Series(dtype=str)
    many = {key for keys in also for key in keys.split(";")}
    return (set(rows["source"]) | many | set(evidence)) - {""}


def _documents(pack: str, library: Library, cited: set[str]) -> pd.DataFrame:
    """Return the documents that are cited, in their curated wording where there is one."""
    standing = _curated(pack, "sources")
    own = library.table()
    own = own[~own["source"].isin(standing["source"])]
    rows = pd.concat([standing, own], ignore_index=True)
    rows = rows[rows["source"].isin(cited)]
    missing = cited - set(rows["source"])
    if missing:
        message = f"{pack}: no document {', '.join(sorted(missing))}"
        raise ValueError(message)
    return rows.assign(confidence=[weakest(word or "low") for word in rows["confidence"]])


def _finished(
    found: dict[str, pd.DataFrame], documents: pd.DataFrame, described: tuple[Table, ...]
) -> dict[str, pd.DataFrame]:
    """Return the columns of the schema in its order and kind, sorted by key."""
    done = {}
    for table in described:
        rows = documents if table.name == "sources" else found[table.name]
        columns = {
            name: pd.to_numeric(rows[name]) if column.kind == "number" else rows[name]
            for name, column in table.columns.items()
        }
        done[table.name] = pd.DataFrame(columns).sort_values(list(table.key), ignore_index=True)
    return done


def save(packs: dict[str, dict[str, pd.DataFrame]], out: Path) -> None:
    """Write every table of both packs below a folder."""
    for pack, frames in packs.items():
        (out / pack).mkdir(parents=True, exist_ok=True)
        for name, frame in frames.items():
            text = write.as_csv(frame, schema.ALL_LEDGER_TABLES[name])
            (out / pack / f"{name}.csv").write_text(text, encoding="utf-8", newline="\n")


def main(arguments: list[str]) -> int:
    """Build both packs and write them; return the exit code."""
    if len(arguments) != ARGUMENTS or not Path(arguments[0]).is_dir():
        sys.stderr.write("usage: python -m planner.sources.pledges REFERENCE_DIR SITES_DIR\n")
        return 2
    save(tables(Path(arguments[0])), Path(arguments[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
