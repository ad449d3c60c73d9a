"""Whether the tables of a pack fit each other, and what is allowed but doubtful."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from planner import wording
from planner.validate import raise_problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

type Tables = Mapping[str, pd.DataFrame]


class Reference(NamedTuple):
    """A column, in whatever table, whose values are listed in a column of another table."""

    column: str
    table: str
    listed: str


REFERENCES: Final = (  # in the order in which rows hang on each other
    Reference("source", "sources", "source"),
    Reference("technology", "technologies", "technology"),
    Reference("pool", "pools", "pool"),
    Reference("region", "regions", "region"),
    Reference("from_region", "regions", "region"),
    Reference("to_region", "regions", "region"),
    Reference("pocket", "pockets", "pocket"),
    Reference("limit", "joint_limits", "limit"),
    Reference("site", "sites", "site"),
)
AREAS: Final = {"pocket": "pockets", "region": "regions", "pool": "pools"}
OWN_TABLES: Final = ("requirements", "accreditation")
SEASONS: Final = ("winter", "summer")
FEW_MW: Final = 10.0


class Failure(NamedTuple):
    """Rows with one and the same problem."""

    table: str
    rows: pd.DataFrame
    words: str


def check_references(tables: Tables, *, files: Mapping[str, str] | None = None) -> None:
    """Refuse tables that do not fit each other; every misfit is listed.

    Parameters
    ----------
    tables
        Validated tables by name. A reference into a table that is not there is not checked.
    files
        Name of the file of each table. With it a message names file and row, else the table.

    Raises
    ------
    DataError
        Unknown region, pool, pocket, technology, site or source; mixed bases; a step that is
        due before its site was announced.
    """
    raise_problems(misfits(tables, files=files))


def misfits(
    tables: Tables,
    *,
    files: Mapping[str, str] | None = None,
    origins: Mapping[str, pd.Series] | None = None,
) -> list[str]:
    """Word every misfit between tables, one line each.

    `origins` says of each row of a table where it stands, if its rows come from several files.
    """
    found = [*_unknown(tables), *_areas(tables), *_mixed_bases(tables), *_early_steps(tables)]
    where = (_where(failure, files or {}, origins or {}) for failure in found)
    return [f"{place}: {failure.words}" for place, failure in zip(where, found, strict=True)]


def gaps(tables: Tables, *, files: Mapping[str, str] | None = None) -> list[str]:
    """Word what a grid lacks: a share for a technology of a pool, a requirement of a pool."""
    if not {"regions", "supply", "accreditation", "requirements"} <= set(tables):
        return []
    places = tables["regions"][["region", "pool"]]
    plants = tables["supply"][["region", "technology"]].drop_duplicates().merge(places, on="region")
    there, pools = _distinct(plants, "pool", "technology"), _distinct(plants, "pool")
    shares, margins = tables["accreditation"], tables["requirements"]
    given = _distinct(shares, "pool", "technology", "season")
    stated = _distinct(margins, "pool", "season")
    lines = []
    for season in SEASONS:
        lines += [
            f"{_name('accreditation', files)}: pool {pool} has {technology} but no share of it for"
            f" {season}; add a row."
            for pool, technology in sorted(there)
            if (pool, technology, season) not in given
        ]
        lines += [
            f"{_name('requirements', files)}: pool {pool} has no reserve margin for {season}; add a"
            " row."
            for (pool,) in sorted(pools)
            if (pool, season) not in stated
        ]
    return lines


def _distinct(frame: pd.DataFrame, *columns: str) -> set[tuple[str, ...]]:
    known = frame[list(columns)].drop_duplicates().dropna()
    return set(map(tuple, known.to_numpy(dtype=object)))


def _name(table: str, files: Mapping[str, str] | None) -> str:
    return (files or {}).get(table, f"table {table}")


def _where(failure: Failure, files: Mapping[str, str], origins: Mapping[str, pd.Series]) -> str:
    if failure.table not in files:
        return f"table {failure.table}"
    first = failure.rows.index[0]
    more = len(failure.rows) - 1
    others = f" and {more} more row{'s' if more > 1 else ''}" if more else ""
    if failure.table in origins:
        return f"{origins[failure.table][first]}{others}"
    return f"{files[failure.table]}, row {first}{others}"


# --- references ----------------------------------------------------------------------------------


def _unknown(tables: Tables) -> Iterator[Failure]:
    asked = [reference for reference in REFERENCES if reference.table in tables]
    listed = {target: _values(tables[target][key]) for _, target, key in asked}
    for name, frame in tables.items():
        for column, target, _ in asked:
            if column in frame and target != name:
                yield from _unlisted(name, frame, column, listed[target], target)


def _areas(tables: Tables) -> Iterator[Failure]:
    rules = tables.get("connection")
    if rules is None:
        return
    for kind, target in AREAS.items():
        if target in tables:
            listed = _values(tables[target][kind])
            rows = rules[rules["area_kind"] == kind]
            yield from _unlisted("connection", rows, "area", listed, target)


def _unlisted(
    name: str, frame: pd.DataFrame, column: str, listed: Mapping[str, None], target: str
) -> Iterator[Failure]:
    """Find values that are not listed, one failure per value."""
    for text in [text for text in _values(frame[column]) if text not in listed]:
        rows = frame[frame[column] == text]
        likely = wording.closest(text, listed)
        what = f"{column} is {wording.shown(text)}"
        if likely:
            yield Failure(name, rows, f"{what}; it is not in {target}, did you mean {likely}?")
        else:
            yield Failure(name, rows, f"{what}; it is not in {target}, correct or add it.")


def _values(column: pd.Series) -> dict[str, None]:
    """Return the values of a column, each once, in their order."""
    values = np.asarray(column.unique(), dtype=object)
    return dict.fromkeys(value for value in values if value == value)  # noqa: PLR0124 - no NaN


def without_orphans(tables: Tables, whole: Tables) -> dict[str, pd.DataFrame]:
    """Drop rows that hang on a row that is not there any more, as when it was not known yet.

    `whole` holds the tables before, which fit each other.
    """
    kept = dict(tables)
    for column, target, key in REFERENCES:
        if target not in kept or len(kept[target]) == len(whole[target]):
            continue
        listed = _values(kept[target][key])
        for name, frame in kept.items():
            if name != target and column in frame:
                lost = [value for value in _values(frame[column]) if value not in listed]
                kept[name] = frame[~frame[column].isin(lost)] if lost else frame
    if "connection" in kept:
        kept["connection"] = _of_known_areas(kept)
    return kept


def _of_known_areas(tables: Tables) -> pd.DataFrame:
    rules = tables["connection"]
    for kind, target in AREAS.items():
        if target in tables:
            lost = (rules["area_kind"] == kind) & ~rules["area"].isin(tables[target][kind])
            rules = rules[~lost]
    return rules


# --- meaning -------------------------------------------------------------------------------------


def _mixed_bases(tables: Tables) -> Iterator[Failure]:
    """Find rows on another basis than their pool: shares and margins must match."""
    if "pools" not in tables:
        return
    bases = tables["pools"].dropna(subset="basis").groupby("pool")["basis"].agg(set)
    for name in OWN_TABLES:
        frame = tables.get(name)
        if frame is None:
            continue
        pairs = frame[["pool", "basis"]].drop_duplicates().dropna()
        for pool, basis in pairs.itertuples(index=False):
            own = bases.get(pool, {basis})
            if basis not in own:
                rows = frame[(frame["pool"] == pool) & (frame["basis"] == basis)]
                yield Failure(name, rows, _mixed(str(basis), str(pool), sorted(own)))


def _mixed(basis: str, pool: str, own: list[str]) -> str:
    stands = wording.listed(own)
    return (
        f"basis is {wording.shown(basis)}, but pool {pool} stands on {stands}, and mixing bases"
        f" counts megawatts wrongly; restate the row on {stands}."
    )


def _early_steps(tables: Tables) -> Iterator[Failure]:
    """Find steps that are due before their site was announced; what runs already may be older."""
    if not {"sites", "phases"} <= set(tables):
        return
    announced = tables["sites"].groupby("site")["announced_on"].min()
    steps = tables["phases"]
    told = announced.reindex(steps["site"]).set_axis(steps.index)
    for row in steps[(steps["target_date"] < told) & (steps["status"] != "operational")].index:
        due, site = steps.loc[[row], "target_date"], steps.loc[row, "site"]
        words = (
            f"target_date is {due.iloc[0]:%Y-%m-%d}, before site {site} was announced on"
            f" {told[row]:%Y-%m-%d}; correct one of the two."
        )
        yield Failure("phases", steps.loc[[row]], words)


# --- notes ---------------------------------------------------------------------------------------


def notes(tables: Tables, *, as_of: date, file: str = "sites.csv") -> list[str]:
    """Word what is allowed in a list of sites but doubtful, one line each.

    Returns
    -------
    list of str
        Promises already past, sites without megawatts or without a date, megawatts that look
        like gigawatts.
    """
    sites, day = tables["sites"], pd.Timestamp(as_of)
    open_sites = sites[~sites["status"].isin(["operating", "cancelled"])]
    steps = tables.get("phases", pd.DataFrame({"site": []}))
    past = open_sites[open_sites["full_power_date"] < day]
    stepless = open_sites[~open_sites["site"].isin(steps["site"])]
    dates = stepless[["first_power_date", "full_power_date"]]
    undated = stepless[dates.isna().all(axis=1)]
    powerless = stepless[stepless[["facility_mw", "it_mw"]].isna().all(axis=1)]
    found = [
        *((past.loc[row, "site"], _past(past.loc[[row]], day)) for row in past.index),
        *((site, "no date of power is given; it cannot be assessed.") for site in undated["site"]),
        *((site, "no megawatts are given; it cannot be assessed.") for site in powerless["site"]),
    ]
    lines = [f"{file}, site {wording.shown(str(site))}: {words}" for site, words in found]
    return [*lines, *_late_steps(steps, day), *_small(sites, file)]


def _past(row: pd.DataFrame, day: pd.Timestamp) -> str:
    return (
        f"full_power_date is {row['full_power_date'].iloc[0]:%Y-%m-%d}, before the as-of date"
        f" {day:%Y-%m-%d}, but the site is {row['status'].iloc[0]}; it counts as late."
    )


def _late_steps(steps: pd.DataFrame, day: pd.Timestamp) -> Iterator[str]:
    if "target_date" not in steps:
        return
    late = (steps["target_date"] < day) & (steps["status"] != "operational")
    for row in steps[late].itertuples():
        yield (
            f"phases.csv, site {wording.shown(str(row.site))}: target_date of"
            f" {wording.shown(str(row.phase))} is {row.target_date:%Y-%m-%d}, before the as-of"
            f" date {day:%Y-%m-%d}, but the step is {row.status}; it counts as late."
        )


def _small(sites: pd.DataFrame, file: str) -> Iterator[str]:
    largest = sites[["facility_mw", "it_mw"]].astype(float).max().max()
    if 0 < largest < FEW_MW:
        yield (
            f"{file}: the largest site has {wording.figure(largest)} MW; are the figures"
            " gigawatts? write megawatts."
        )
