"""Documents that a list of facts cites: one row each, whatever the wording of the citation."""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

type Row = dict[str, Any]

BEST_FIRST: Final = ("high", "medium", "low")
PRESS_LICENCE: Final = "facts cited"
_DAY = re.compile(r"\b(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?\b")
_URL = re.compile(r"https?://\S+?(?=[;,)]?(?:\s|$))")
_END_DATE = re.compile(r"[\s,]*\(?\b(\d{4}-\d{2}-\d{2}|\d{4}-\d{2}|20\d{2})\)?$")
_AND_DATE = re.compile(r"\s+\d{4}-\d{2}(-\d{2})? and$")
_CLAUSE = re.compile(r"(?<=\S); ")
_KEY_LENGTH = 60


def records(table: pd.DataFrame) -> list[Row]:
    """Return the rows of a table, each by column name."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def by_site(sites: pd.DataFrame) -> dict[str, Row]:
    """Return the rows of the sites by their id."""
    return {row["site"]: row for row in records(sites)}


def last_day(words: str) -> str:
    """Return the last day of a date known by day, month or year; of a range, its last.

    Examples
    --------
    >>> last_day("2026-02"), last_day("2024-2025"), last_day("2025-12 to 2026-09-03")
    ('2026-02-28', '2025-12-31', '2026-09-03')
    """
    dates = _DAY.findall(words)
    if not dates:
        return ""
    year, month, day = dates[-1]
    month = month or "12"
    day = day or f"{calendar.monthrange(int(year), int(month))[1]:02d}"
    return f"{year}-{month}-{day}"


def is_whole(date: str) -> bool:
    """Say whether a date names a day."""
    return re.fullmatch(r"\d{4}-\d{2}-\d{2}", date) is not None


def slug(words: str) -> str:
    """Return lower-case words joined by hyphens.

    Examples
    --------
    >>> slug("Révolution Énergétique: raccordement")
    'revolution-energetique-raccordement'
    """
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def weakest(*confidences: str) -> str:
    """Return the lowest of some confidences."""
    return max(confidences, key=BEST_FIRST.index)


@dataclass(frozen=True)
class Citation:
    """What a row says about where it was read."""

    words: str
    date: str = ""
    address: str = ""


def citation(words: str) -> Citation:
    """Read one clause of a free-text source: name, date at its end, address anywhere.

    Examples
    --------
    >>> citation("KJZZ 2026-05-28 https://kjzz.org/x")
    Citation(words='KJZZ', date='2026-05-28', address='https://kjzz.org/x')
    """
    address = _URL.search(words)
    rest = _URL.sub("", words).strip(" ,;")
    date = _END_DATE.search(rest)
    name = _AND_DATE.sub("", _END_DATE.sub("", rest)).strip(" ,;") if date else rest
    return Citation(name, date[1] if date else "", address[0] if address else "")


def clauses(words: str) -> list[Citation]:
    """Split a free-text source into its citations, the first one first."""
    return [citation(part) for part in _CLAUSE.split(words) if part.strip()]


@dataclass
class Library:
    """The documents cited so far; the same document always gets the same key.

    Parameters
    ----------
    standing
        Documents cited in many wordings, as rows of sources.csv [key: source].
    patterns
        What a citation of each of them looks like, tried in order [pattern: source].
    end
        Day of the last reading; a document dated by its year alone is no later.
    """

    standing: pd.DataFrame
    patterns: Mapping[str, str]
    end: str
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def cite(self, cited: Citation, confidence: str, *, near: Iterable[str] = ()) -> str:
        """Return the key of a document; `near` are documents the same site already cites."""
        key = self._standing(cited) or self._near(cited, near) or self._own(cited)
        row = self.rows[key]
        best = min(row["confidence"] or "low", confidence, key=BEST_FIRST.index)
        self.rows[key] = {**row, "confidence": best}
        return key

    def table(self) -> pd.DataFrame:
        """Return sources.csv."""
        return pd.DataFrame(self.rows.values()).sort_values("source", ignore_index=True)

    def _standing(self, cited: Citation) -> str:
        """Return the key of a document known by its wording and date."""
        words = f"{cited.words} {cited.date}"
        found = (key for pattern, key in self.patterns.items() if re.search(pattern, words))
        key = next(found, "")
        if key and key not in self.rows:
            row = records(self.standing[self.standing["source"] == key])[0]
            self.rows[key] = {**row, "confidence": ""}
        return key

    def _near(self, cited: Citation, near: Iterable[str]) -> str:
        """Return the document of the same site that a short citation means."""
        name = slug(cited.words).split("-")[0]
        for key in near:
            row = self.rows[key]
            same_day = cited.date in {"", row["published_on"]} or row["published_on"] == ""
            if not cited.address and same_day and key.split("-")[0] == name:
                return key
        return ""

    def _own(self, cited: Citation) -> str:
        """Return the key of any other document, entered at its first citation."""
        identity = cited.address or f"{cited.words}|{cited.date}"
        if identity not in self.keys:
            publisher, title = _publisher_and_title(cited)
            stem = _stem(publisher, cited, title)
            same = re.compile(rf"{re.escape(stem)}(-\d)?")
            known = sum(same.fullmatch(key) is not None for key in self.rows)
            key = f"{stem}-{known + 1}" if known and cited.address else stem
            self.keys[identity] = key
            if key not in self.rows:
                self.rows[key] = _row(key, publisher, title, cited, self.end)
        return self.keys[identity]


def _stem(publisher: str, cited: Citation, title: str) -> str:
    """Return a short key out of publisher and day, or publisher and title."""
    date = "" if "accessed" in cited.date else cited.date
    tail = date or " ".join(title.split()[:6])
    return slug(f"{publisher[:30]} {tail}")[:_KEY_LENGTH].strip("-")


def _publisher_and_title(cited: Citation) -> tuple[str, str]:
    """Split the wording of a citation; an article without a title is named by its day."""
    publisher, colon, title = cited.words.partition(": ")
    if not colon or publisher.count("(") > publisher.count(")"):
        publisher, bracket, title = cited.words.partition(" (")
        title = title.removesuffix(")") if bracket else ""
    title = title.strip() or (f"article, {cited.date}" if cited.date else "article, undated")
    return publisher.strip(), title


def _row(key: str, publisher: str, title: str, cited: Citation, end: str) -> dict[str, str]:
    """Return a row of sources.csv for a document of the press, a company or a public body."""
    read = cited.date if "accessed" in cited.date else ""
    return {
        "source": key,
        "publisher": publisher,
        "document": f"{title} ({read})" if read else title,
        "published_on": "" if read else min(last_day(cited.date), end),
        "address": cited.address,
        "licence": PRESS_LICENCE,
        "confidence": "",
    }
