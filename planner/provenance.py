"""Every source of a question: licence, age, rows, and how many verdicts stand on it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import pandas as pd

from planner import demand, match, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case import Case

STALE_DAYS: Final = 730
COLUMNS: Final = (
    "source", "publisher", "document", "licence", "published_on", "age_days", "stale", "rows",
    "verdicts", "steps", "confidence", "address",
)  # fmt: skip


def sources(case: Case, *, stale_days: int = STALE_DAYS) -> pd.DataFrame:
    """List the sources of a question.

    A verdict stands on a source if a row of that source is about the site, its steps or its plant,
    about load, supply or import limits of its region, about requirement or accreditation of its
    pool, or about the delivery limit or the connection rule that holds for it.

    Parameters
    ----------
    case
        The question.
    stale_days
        A source is stale if it is older on the as-of date than this many days.

    Returns
    -------
    pd.DataFrame
        One row a source: `source`, `publisher`, `document`, `licence`, `published_on` (the newest
        row where no day of publication is known), `age_days`, `stale`, `rows`, `verdicts` (sites),
        `steps` (dated steps of these sites), `confidence`, `address`; most verdicts first.
    """
    rows, newest = _rows(case)
    sites, steps = _verdicts(case)
    table = case.sources.drop_duplicates("source").copy()
    table["published_on"] = table["published_on"].fillna(table["source"].map(newest))
    age = pd.Timestamp(case.assumptions.as_of) - table["published_on"]
    table["age_days"] = age.dt.days.astype("Int64")
    table["stale"] = (table["age_days"] > stale_days).fillna(value=False).astype(bool)
    for name, counts in (("rows", rows), ("verdicts", sites), ("steps", steps)):
        table[name] = [counts.get(source, 0) for source in table["source"]]
    table = table.sort_values(["verdicts", "rows", "source"], ascending=[False, False, True])
    return table[list(COLUMNS)].reset_index(drop=True)


def _rows(case: Case) -> tuple[Counter[str], pd.Series]:
    """Count the rows of each source, and find the newest day among them."""
    parts = [
        frame[["source", "known_on"]]
        for frame in (getattr(case, name) for name in schema.ALL_TABLES)
        if {"source", "known_on"} <= set(frame)
    ]
    rows = pd.concat(parts, ignore_index=True)
    return Counter(rows["source"]), rows.groupby("source")["known_on"].max()


def _verdicts(case: Case) -> tuple[Counter[str], Counter[str]]:
    placed = match.place(case)
    asked = demand.steps(case, placed)
    behind = _behind(case)
    pools = case.regions.set_index("region")["pool"]
    sites: Counter[str] = Counter()
    steps: Counter[str] = Counter()
    for site, part in asked.groupby("site"):
        region = part["region"].iloc[0]
        keys = [("site", site), ("region", region), ("pool", pools.get(region))]
        keys += [("pocket", pocket) for pocket in part["pocket"].dropna().unique()]
        keys += [("rule", rule) for rule in part["rule"].unique() if rule]
        found = set().union(*(behind.get(key, set()) for key in keys))
        sites.update(found)
        steps.update(dict.fromkeys(found, len(part)))
    return sites, steps


def _behind(case: Case) -> dict[tuple[str, object], set[str]]:
    """Return the sources behind each site, region, pool, pocket and connection rule."""
    found: dict[tuple[str, object], set[str]] = {}
    for kind, keys, frame in _facts(case):
        for key, part in frame["source"].groupby(keys.to_numpy()):
            found.setdefault((kind, key), set()).update(part)
    return found


def _facts(case: Case) -> Iterator[tuple[str, pd.Series, pd.DataFrame]]:
    for name in ("sites", "phases", "onsite"):
        frame = getattr(case, name)
        yield "site", frame["site"], frame
    load = case.load[case.load["scenario"] == case.assumptions.load_scenario]
    yield "region", load["region"], load
    yield "region", case.supply["region"], case.supply
    limits = case.joint_members[["limit", "region"]].merge(
        case.joint_limits[["limit", "source"]].drop_duplicates(), on="limit"
    )
    yield "region", limits["region"], limits
    for name in ("from_region", "to_region"):
        yield "region", case.links[name], case.links
    for name in ("requirements", "accreditation"):
        frame = getattr(case, name)
        yield "pool", frame["pool"], frame
    yield "pocket", case.delivery["pocket"], case.delivery
    yield "rule", rule_names(case.connection), case.connection


def rule_names(rules: pd.DataFrame) -> pd.Series:
    """Name each connection rule as the steps do."""
    return rules["rule"] + ":" + rules["area"] + ":" + rules["begins_on"].dt.strftime("%Y-%m-%d")
