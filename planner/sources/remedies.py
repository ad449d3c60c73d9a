"""Remedies and build limits of grids/common: lead times, costs in dollars of one year, limits."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import pandas as pd

from planner.schema import BUILD_LIMITS, REMEDIES
from planner.sources import countries

CURATED: Final = Path(__file__).resolve().parents[2] / "grids" / "common" / "curated"
US: Final = "us_grid"
WORLD: Final = "world_grid"
DOLLAR_YEAR: Final = 2025
MONTHS: Final = 12
MONEY: Final = ("capex_usd_per_kw", "fixed_usd_per_kw_yr")
LEADS: Final = {"low": "lead_months_low", "central": "lead_months", "high": "lead_months_high"}
# Cited by realisation.csv and uncertainty.csv of grids/common, and of its countries.fgb.
KEPT: Final = {
    "eia-additions-2026",
    "eia-solar-delays-2024",
    "eia-solar-delays-2025",
    "ensemble-assumption",
    "epoch-slip-2026-10",
    "ercot-2025-04-large-load-realised",
    "pjm-elcc-2026-08",
    "rmi-load-forecasts-2018",
    "woodmac-2025-q4",
    countries.SOURCE,
}


def tables(reference: Path) -> dict[str, pd.DataFrame]:
    """Return remedies, build limits and the documents of grids/common.

    Parameters
    ----------
    reference
        Folder of reference material; its folders `us_grid` and `world_grid` are read.
    """
    built = {"remedies": remedies(reference), "build_limits": build_limits(reference)}
    used = KEPT.union(*(frame["source"] for frame in built.values()))
    documents = curated("sources")
    return {**built, "sources": documents[documents["source"].isin(used)]}


def curated(name: str, *numbers: str) -> pd.DataFrame:
    """Return a curated table as text, with some columns as numbers; empty is unknown."""
    frame = pd.read_csv(CURATED / f"{name}.csv", dtype=str, keep_default_na=False)
    return frame.assign(**{column: pd.to_numeric(frame[column]) for column in numbers})


def remedies(reference: Path) -> pd.DataFrame:
    """Return the remedies, their figures taken from the reference where a row points to it."""
    plain = ("accredited_fraction", *LEADS.values(), *MONEY, "life_years", "money_year")
    rows = dated(curated("remedies", *plain))
    quoted = pd.DataFrame([_figures(reference, row) for _, row in rows.iterrows()], rows.index)
    for column in quoted:
        rows[column] = quoted[column].astype(float).fillna(rows[column])
    for column in MONEY:
        rows[column] = rows[column].round(1)
    return rows.assign(dollar_year=DOLLAR_YEAR).reindex(columns=list(REMEDIES.columns))


def build_limits(reference: Path) -> pd.DataFrame:
    """Return the yearly limits; their arithmetic stands in their notes.

    A region may have the share of the grid's limit that the largest region has of the queue.
    """
    rows = dated(curated("build_limits", "mw_per_year", "first_year"))
    whole = rows[rows["scope"] == "grid"].set_index(["limit_group", "grid"])["mw_per_year"]
    keys = pd.MultiIndex.from_frame(rows[["limit_group", "grid"]])
    share = rows["queue_group"].map(lambda group: _largest(reference, group) if group else 1.0)
    parts = (whole.reindex(keys).to_numpy() * share).round(-1)
    rows["mw_per_year"] = rows["mw_per_year"].fillna(parts)
    return rows.reindex(columns=list(BUILD_LIMITS.columns))


def dated(rows: pd.DataFrame) -> pd.DataFrame:
    """Fill `known_on` by the day of publication of the document where it is not given."""
    days = rows["source"].map(curated("sources").set_index("source")["published_on"])
    return rows.assign(known_on=rows["known_on"].where(rows["known_on"] != "", days))


def deflated(value: float, year: float) -> float:
    """Return money of a year in dollars of `DOLLAR_YEAR`, by consumer prices.

    Money of a later year than the last known one is left as it is.
    """
    if year > DOLLAR_YEAR:
        return value
    rows = curated("prices").set_index("year")["cpi_u"].to_dict()
    return value * float(rows[str(DOLLAR_YEAR)]) / float(rows[str(int(year))])


def _figures(reference: Path, row: pd.Series) -> dict[str, float]:
    """Return the figures of a row that come from the reference."""
    found = dict(_lead(reference, row["lead_from"])) if row["lead_from"] else {}
    for column, pointer in zip(MONEY, ("capex_from", "fixed_from"), strict=True):
        if row[pointer]:
            found[column] = deflated(*_money(reference, row[pointer]))
    if row["life_from"]:
        found["life_years"] = _life(reference, row["life_from"])
    if row["accredited_from"]:
        found["accredited_fraction"] = _share(reference, row["accredited_from"])
    return found


@cache
def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path)


def quoted(reference: Path, remedy: str, parameter: str) -> pd.Series:
    """Return the row of a remedy and parameter of the reference."""
    rows = _read(reference / US / "remedies_cost_leadtime.csv")
    return rows[(rows["remedy"] == remedy) & (rows["parameter"] == parameter)].iloc[0]


def _largest(reference: Path, group: str) -> float:
    """Return the largest share that a zone has of the executed agreements of a group."""
    rows = _read(reference / US / "generation_queue_by_zone.csv")
    mw = rows.loc[rows["technology_group"] == group, "mw_ia_executed"]
    return float(mw.max() / mw.sum())


def _lead(reference: Path, pointer: str) -> list[tuple[str, float]]:
    row = quoted(reference, *pointer.split("/"))
    return [(column, round(float(row[name]) * MONTHS)) for name, column in LEADS.items()]


def _money(reference: Path, pointer: str) -> tuple[float, float]:
    """Return money and its year: `remedy/parameter/column` or `atb/technology/year/hours`."""
    first, *rest = pointer.split("/")
    if not first.startswith("atb"):
        row = quoted(reference, first, rest[0])
        return float(row[rest[1]]), float(row["dollar_year"])
    technology, year, hours = rest
    rows = _read(reference / US / "technology_costs_atb2024.csv")
    row = rows[(rows["technology"] == technology) & (rows["year"] == int(year))].iloc[0]
    power, energy = {
        "atb": ("capex_usd_per_kw", "capex_usd_per_kwh"),
        "atb_fixed": ("fom_usd_per_kw_yr", "fom_usd_per_kwh_yr"),
    }[first]
    stored = float(row[energy]) * int(hours) if int(hours) else 0.0
    return float(row[power]) + stored, float(row["dollar_year"])


def _life(reference: Path, technology: str) -> float:
    rows = _read(reference / WORLD / "build_lead_times.csv")
    years = rows.loc[rows["technology"] == technology, "economic_life_years"]
    return float(years.iloc[0])


def _share(reference: Path, pointer: str) -> float:
    """Return an accredited share: a rating of PJM, one less outages, or a demand resource's."""
    kind, *rest = pointer.split("/", 2)
    if kind == "dr":
        return float(quoted(reference, "demand_flexibility", "accreditation_dr")["central"])
    if kind == "outage":
        rows = _read(reference / US / "outage_rates.csv")
        rows = rows[(rows["technology"] == rest[0]) & (rows["parameter"] == "forced_outage_rate")]
        return 1 - float(rows["value"].iloc[0])
    rows = _read(reference / US / "capacity_accreditation.csv")
    rows = rows[(rows["region"] == "PJM") & (rows["technology"] == rest[0])]
    return float(rows.loc[rows["period"] == rest[1], "value"].iloc[0])
