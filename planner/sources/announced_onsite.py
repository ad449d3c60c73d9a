"""Plant of announced sites, in the one vocabulary of technologies and connections."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from planner.sources.documents import by_site, clauses, last_day, records

if TYPE_CHECKING:
    import pandas as pd

    from planner.sources.documents import Library, Row

TECHNOLOGY: Final = {
    r"^grid supply": "other",
    r"fuel cell \(": "fuel_cell_gas",
    r"advanced nuclear": "nuclear_smr",
    r"^nuclear": "nuclear",
    r"combined cycle": "gas_cc",
    r"turbines? and (engines|fuel)|engines and turbines": "gas",
    r"engines": "gas_engine",
    r"gas turbine": "gas_ct",
    r"gas": "gas",
    r"geothermal": "geothermal",
    r"wind and battery|wind, battery|^renewables": "hybrid",
    r"^wind": "wind_onshore",
    r"^battery": "battery",
    r"^solar": "solar_pv",
}
CONNECTION: Final = {
    r"^islanded": "islanded",
    r"behind[- ]the[- ]meter|on-site|dedicated": "behind_the_meter",
    r"private grid": "islanded",
    r"grid": "grid",
}


def onsite(
    given: pd.DataFrame, curated: pd.DataFrame, sites: pd.DataFrame, library: Library
) -> pd.DataFrame:
    """Return the plant of the sites; plant of rows that are no load is left out.

    Parameters
    ----------
    given
        Plant of the reference.
    curated
        Judgements that no rule gives, by site and plant as worded; an empty cell decides
        nothing. A second row of one plant splits it.
    sites
        The sites [key: site].
    library
        Documents; gains those cited here.
    """
    rows = given[given["project_id"].isin(sites["site"])].rename(columns={"project_id": "site"})
    rows["name"] = rows["technology"]
    rows["technology"] = [_first(TECHNOLOGY, words) for words in rows["name"]]
    rows["worded"] = rows["connection"]
    rows["connection"] = [_first(CONNECTION, words) for words in rows["worded"]]
    rows = _sourced(rows, by_site(sites), library)
    rows["note"] = [_note(row) for row in records(rows)]
    return _judged(rows, curated)


def _first(rules: dict[str, str], words: str) -> str:
    """Return what the first rule that fits says."""
    return next(said for pattern, said in rules.items() if re.search(pattern, words))


def _sourced(rows: pd.DataFrame, sites: dict[str, Row], library: Library) -> pd.DataFrame:
    """Add document and the day on which the plant was known."""
    end = library.end
    keys, known = [], []
    for row in records(rows):
        site = sites[row["site"]]
        first = clauses(row["source"])[0]
        near = [key for key in (site["source"], site["also"]) if key]
        keys.append(library.cite(first, row["confidence"], near=near))
        known.append(min(last_day(first.date) or site["known_on"], end))
    return rows.assign(cited=rows["source"], source=keys, known_on=known)


def _note(row: Row) -> str:
    """Return the connection as worded, and what the reference notes."""
    recalled = "unverified recall" in row["cited"] and "recall" not in row["notes"]
    parts = (row["worded"], row["notes"], "unverified recall" if recalled else "")
    return "; ".join(part.strip(" .") for part in parts if part)


def _judged(rows: pd.DataFrame, curated: pd.DataFrame) -> pd.DataFrame:
    """Lay judgements over the rows; each judged row says why in its note."""
    key = ["site", "plant"]
    rows = rows.assign(plant=rows["name"])
    missing = curated.merge(rows[key], on=key, how="left", indicator=True)["_merge"] == "left_only"
    if missing.any():
        unknown = ", ".join(curated.loc[missing.to_numpy(), "plant"])
        message = f"curated/onsite.csv judges plant that the reference does not have: {unknown}"
        raise ValueError(message)
    joined = rows.merge(curated, on=key, how="left", suffixes=("", "_judged"))
    for column in ("name", "technology", "connection", "mw", "online_date"):
        judged = joined[f"{column}_judged"]
        joined[column] = joined[column].where(judged.isna() | (judged == ""), judged)
    joined["online_date"] = joined["online_date"].replace("unknown", "")
    reason = joined["reason"].fillna("")
    joined["note"] = joined["note"].where(reason == "", joined["note"] + "; judged: " + reason)
    joined["note"] = joined["note"].str.strip("; ")
    return joined
