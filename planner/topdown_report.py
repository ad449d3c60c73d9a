"""The sites against published totals, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.ledger_facts import MW_PER_GW
from planner.report import as_text, text_table

if TYPE_CHECKING:
    from planner.topdown import TopDown

TABLES: Final = ("rows", "years")
LAST_SHOWN: Final = 2035
SHORT: Final = {
    "data center electricity use": "use",
    "data center electricity use growth": "use growth",
    "data center grid interconnection needed": "connections",
    "data center load expected": "load",
    "data center peak growth in utility forecasts": "peak growth",
    "new data center load used in adequacy study": "load growth",
}
SOURCE_WIDTH: Final = 15
WHAT_WIDTH: Final = 15
MOST_SHOWN: Final = 10
FOOT: Final = """\
total: as published. sites: base year and all sites announced by the end of September, energy at a
load factor of {low:.2f} to {high:.2f}. factor: load factor at which the announced, and the expected,
meet the middle of the total. realised: share of the announced that meets it at those load factors.
Above 1 the list of sites is too short for the total, or the total too high. Expected: times the
realised share of the status, and later by the mean delay. As of {as_of}."""  # noqa: E501


def screen(found: TopDown, *, area: str | None, name: str | None, style: str) -> str:
    """Write one table as csv or json, or the tables of every area as text."""
    if style != "table" or name is not None:
        rows: pd.DataFrame = getattr(found, name or TABLES[0])
        rows = rows if area is None else rows[rows["area"] == area]
        rows = rows.assign(known_on=rows["known_on"].dt.strftime("%Y-%m-%d")) if (
            "known_on" in rows
        ) else rows  # fmt: skip
        return as_text(rows.round(4 if style != "table" else 1), style)
    parts = [
        text
        for one in found.rows["area"].unique()
        if area in {None, one}
        for text in (_years(found, str(one)), _totals(found, str(one)))
    ]
    low, high = found.load_factors
    return "\n\n".join([*parts, FOOT.format(low=low, high=high, as_of=found.as_of)])


def _years(found: TopDown, area: str) -> str:
    rows = found.years[(found.years["area"] == area) & (found.years["year"] <= LAST_SHOWN)]
    gigawatts = {
        label: [_gw(mw / MW_PER_GW) for mw in rows[column]]
        for label, column in (
            ("listed", "listed_mw"),
            ("added since base", "added_mw"),
            ("expected", "expected_mw"),
            ("powered", "powered_mw"),
        )
    }
    table = pd.DataFrame({"by September": rows["year"].astype(str), **gigawatts})
    undated = found.undated_mw[area] / MW_PER_GW
    return (
        f"{area}: sites of the list (GW)\n{text_table(table)}\n"
        f"{undated:.0f} GW more are listed without a date, or doubtful."
    )


def _totals(found: TopDown, area: str) -> str:
    rows = found.rows[found.rows["area"] == area]
    what = rows["quantity"].map(SHORT).fillna(rows["quantity"].str.removeprefix("data center "))
    table = pd.DataFrame(
        {
            "year": rows["year"].astype(str),
            "source": rows["source"].str.slice(0, SOURCE_WIDTH),
            "what": (what + " " + rows["unit"]).str.slice(0, WHAT_WIDTH),
            "total": [_range(low, high, mid) for low, mid, high in zip(
                rows["published_low"], rows["published_mid"], rows["published_high"], strict=True)],
            "sites": [_range(low, high) for low, high in zip(
                rows["ours_low"], rows["ours_high"], strict=True)],
            "finding": [_told(*pair) for pair in zip(
                rows["finding"], rows["listed_share_low"], rows["listed_share_high"], strict=True)],
            "factor": [_pair(*pair) for pair in zip(
                rows["load_factor_announced"], rows["load_factor_expected"], strict=True)],
            "realised": [_pair(*pair) for pair in zip(
                rows["realised_low"], rows["realised_high"], strict=True)],
        }
    )  # fmt: skip
    return f"{area}: published totals against base year and sites\n{text_table(table)}"


def _gw(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.1f}"


def _range(low: float, high: float, middle: float = float("nan")) -> str:
    if pd.isna(low) or pd.isna(high) or low == high:
        value = middle if pd.isna(low) else low
        return "" if pd.isna(value) else f"{value:.0f}"
    return f"{low:.0f}-{high:.0f}"


def _pair(low: float, high: float) -> str:
    if pd.isna(low) or pd.isna(high):
        return ""
    ends = [f"{end:.2f}" if end < MOST_SHOWN else f"> {MOST_SHOWN}" for end in (low, high)]
    return "-".join(dict.fromkeys(ends))


def _told(finding: object, low: float, high: float) -> str:
    if not pd.isna(low):
        return "lists " + "-".join(dict.fromkeys([f"{low:.0%}"[:-1], f"{high:.0%}"[:-1]])) + "%"
    return finding if isinstance(finding, str) else ""
