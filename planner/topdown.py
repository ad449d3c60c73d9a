"""Gigawatts and energy of all sites, by year, against published totals of datacenters.

A published total less what was measured in the base year is what has to be added. Beside it stand
the megawatts of the sites: as announced, as expected (times the realised share, later by the mean
delay), and powered. The load factor and the share realised that make both equal are solved for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import demand, ledger_facts, ledger_powered
from planner.case import half_year
from planner.errors import DataError
from planner.ledger_checks import HOURS, MWH_PER_TWH, finding, load_factor
from planner.ledger_facts import MW_PER_GW

if TYPE_CHECKING:
    from datetime import date

    from planner.case import Case
    from planner.ledger_facts import Facts
    from planner.pipeline import Plan

AREAS: Final = {"US": "US", "India": "IN", "World": None}
USE: Final = "data center electricity use"
ABOUT: Final = "data center"
CONNECTED: Final = "interconnection"
CONFIDENCE: Final = ("high", "medium", "low")
FIRST_SHOWN: Final = 4  # years before the base year
SUMMER_ENDS: Final = "09-30"
UNITS: Final = ("TWh", "GW")
ENDS: Final = ("low", "mid", "high")
ROWS: Final = (
    "area", "year", "quantity", "unit", "benchmark", "published_low", "published_mid",
    "published_high", "base", "added_low", "added_mid", "added_high", "announced_gw",
    "expected_gw", "powered_gw", "ours_low", "ours_high", "finding", "load_factor_announced",
    "load_factor_expected", "realised_low", "realised_high", "listed_share_low",
    "listed_share_high", "source", "known_on", "confidence",
)  # fmt: skip

type Range = tuple[float, float]


@dataclass(frozen=True)
class TopDown:
    """Sites against published totals.

    Attributes
    ----------
    years
        By area and year, at the end of September: `listed_mw` in service or announced by then,
        and what of it came after the base date, as announced (`added_mw`), expected and powered.
    rows
        One row per published figure: what it adds to the base year, the megawatts of the sites
        added by then, the base with those at the range of load factors (`ours_low`, `ours_high`),
        the load factor at which the published middle is met by what is announced and expected,
        and the share of the announced that meets it at the load factors of the range (gigawatts
        are compared as they stand). Of a measured figure: the share that the list covers.
    undated_mw
        By area, megawatts of listed sites that stand in no year: without a date, or doubtful.
    load_factors
        Range of load factors.
    as_of
        Figures published later were not read.
    """

    years: pd.DataFrame
    rows: pd.DataFrame
    undated_mw: dict[str, float]
    load_factors: Range
    as_of: date


def compare(case: Case, plan: Plan | None = None) -> TopDown:
    """Hold the sites of a case against the published totals known on its day.

    Parameters
    ----------
    case
        The question; its stance is not used, both stances are compared.
    plan
        The answer to it, for the powered megawatts; without it they stay unknown.

    Raises
    ------
    DataError
        No total was known on the day.
    """
    day = case.assumptions.as_of
    facts = ledger_facts.read(day)
    known = facts.benchmarks[facts.benchmarks["quantity"].str.contains(ABOUT)]
    if known.empty:
        raise DataError([f"benchmarks: no total was known on {day}; ask for a later day."])
    table = years(case, plan)
    lines = [_row(row, known, table, case, facts) for row in ledger_facts.each(known)]
    rows = pd.DataFrame([line for line in lines if line is not None], columns=list(ROWS))
    order = rows.sort_values(["area", "year", "unit", "benchmark"], ignore_index=True)
    order = pd.concat([order[order["area"] == area] for area in AREAS], ignore_index=True)
    return TopDown(table, order, undated(case, table), load_factor(facts), day)


# --- megawatts of the sites ----------------------------------------------------------------------


def years(case: Case, plan: Plan | None = None) -> pd.DataFrame:
    """Sum the sites by area and year, at the end of September (see :class:`TopDown`)."""
    begun = in_service(case)
    asked = {name: _steps(case.but(stance=name)) for name in ("announced", "expected")}
    powered = _powered(case, plan)
    base = case.assumptions.base_date
    first, last = base.year - FIRST_SHOWN, int(case.periods["year"].max())
    found = []
    for area, code in AREAS.items():
        own = begun[_in(begun, code)]
        parts = {name: rows[_in(rows, code)] for name, rows in asked.items()}
        before = own.loc[~(own["since"] > pd.Timestamp(base)), "mw"].sum()
        for year in range(first, last + 1):
            listed = _by(own, year)
            steps = {name: _due(rows, year) for name, rows in parts.items()}
            future = year > case.assumptions.as_of.year
            found.append({
                "area": area,
                "year": year,
                "listed_mw": listed + steps["announced"],
                "added_mw": max(0.0, listed - before) + steps["announced"],
                "expected_mw": max(0.0, listed - before) + steps["expected"],
                "powered_mw": powered.get((area, year), np.nan)
                if future
                else max(0.0, listed - before),
            })  # fmt: skip
    return pd.DataFrame(found)


def undated(case: Case, table: pd.DataFrame) -> dict[str, float]:
    """Return by area the megawatts of the sites that stand in no year [MW]."""
    sites = case.sites[~case.sites["status"].isin(ledger_facts.NOT_COMING)]
    mw = sites["facility_mw"].fillna(sites["it_mw"] * case.assumptions.pue)
    most = table.groupby("area")["listed_mw"].max()
    return {
        area: max(0.0, float(mw[_in(sites, code)].sum()) - float(most[area]))
        for area, code in AREAS.items()
    }


def in_service(case: Case) -> pd.DataFrame:
    """List what operates, with the day since when; unknown days are before any base date.

    Returns
    -------
    pd.DataFrame
        `site`, `country`, `since`, `mw` (facility).
    """
    sites = case.sites
    factor = case.assumptions.pue
    phases = case.phases[case.phases["status"] == "operational"]
    mw = phases["facility_mw"].fillna(phases["it_mw"] * factor)
    dated = pd.DataFrame({"site": phases["site"], "since": phases["target_date"], "mw": mw})
    known = dated.groupby("site")["mw"].sum().reindex(sites["site"]).to_numpy()
    first = sites["first_power_date"]
    start = first.where(first.notna() | (sites["status"] == "operating"), sites["operating_on"])
    rest = sites["operating_mw"].fillna(0.0) - np.nan_to_num(known)
    others = pd.DataFrame(
        {"site": sites["site"], "since": start.where(np.isnan(known)), "mw": rest.clip(lower=0.0)}
    )
    rows = pd.concat([dated, others], ignore_index=True)
    return rows.merge(sites[["site", "country"]], on="site")


def _steps(case: Case) -> pd.DataFrame:
    """Return the dated steps of all sites, wherever they are."""
    placed = pd.DataFrame(
        {"site": case.sites["site"], "region": case.sites["country"], "pocket": None}
    )
    rows = demand.steps(case, placed)
    return rows.merge(case.sites[["site", "country"]], on="site")


def _in(rows: pd.DataFrame, code: str | None) -> pd.Series:
    return rows["country"].notna() if code is None else rows["country"] == code


def _by(rows: pd.DataFrame, year: int) -> float:
    late = rows["since"] > pd.Timestamp(f"{year}-{SUMMER_ENDS}")
    return float(rows.loc[~late, "mw"].sum())


def _due(rows: pd.DataFrame, year: int) -> float:
    summer = half_year(pd.Series([pd.Timestamp(f"{year}-{SUMMER_ENDS}")])).iloc[0]
    return float(rows.loc[rows["target"] <= summer, "mw"].sum())


def _powered(case: Case, plan: Plan | None) -> dict[tuple[str, int], float]:
    """Return powered megawatts added since the base date, where there is a grid."""
    if plan is None:
        return {}
    table = ledger_powered.annual(plan, ledger_facts.megawatts(case))
    names = {code: area for area, code in AREAS.items()}
    return {
        (names[row.country], int(row.year)): float(row.powered_mw)
        for row in ledger_facts.each(table)
    }


# --- published totals ----------------------------------------------------------------------------


def _row(
    row: Any, known: pd.DataFrame, table: pd.DataFrame, case: Case, facts: Facts
) -> dict[str, object] | None:
    """Hold one published figure against the sites; None where it cannot be compared."""
    here = table[table["area"] == row.area].set_index("year")
    year = int(row.year)
    if year not in here.index or row.unit not in UNITS:
        return None
    stated = [float(getattr(row, end)) for end in ENDS]
    told = {
        "area": row.area, "year": year, "quantity": row.quantity, "unit": row.unit,
        "benchmark": row.benchmark, "source": row.source, "known_on": row.known_on,
        "confidence": row.confidence,
        **{f"published_{end}": value for end, value in zip(ENDS, stated, strict=True)},
    }  # fmt: skip
    factors = load_factor(facts)
    if pd.isna(row.since) and bool(
        _measured(known[known["benchmark"] == row.benchmark], case).all()
    ):
        return {**told, **_covered(row, float(here.loc[year, "listed_mw"]), factors)}
    since = None if pd.isna(row.since) else int(row.since)
    first = here.loc[since] if since in here.index else 0.0 * here.iloc[0, 1:]
    gw = {
        name: float(here.loc[year, f"{column}_mw"] - first[f"{column}_mw"]) / MW_PER_GW
        for name, column in (("announced", "added"), ("expected", "expected"),
                             ("powered", "powered"))
    }  # fmt: skip
    base = (0.0, 0.0) if since is not None else _base(row, known, case, factors)
    if base is None:
        return {**told, **{f"{name}_gw": value for name, value in gw.items()}}
    return {**told, **reconciled(row.unit, stated, base, gw, factors)}


def reconciled(
    unit: str, stated: list[float], base: Range, gw: dict[str, float], factors: Range
) -> dict[str, object]:
    """Solve for the load factor and for the share realised that meet a published figure.

    Parameters
    ----------
    unit
        "TWh", or "GW": those are compared as they stand.
    stated
        Low, middle and high published value; unknown ones are NaN.
    base
        Range of what was there in the base year, in the unit.
    gw
        Added by the sites since then, `announced`, `expected` and `powered` [GW].
    factors
        Range of load factors.
    """
    low, high = np.nanmin(stated), np.nanmax(stated)
    middle = stated[1] if not np.isnan(stated[1]) else (low + high) / 2
    added = {"added_low": low - base[1], "added_mid": middle - sum(base) / 2,
             "added_high": high - base[0]}  # fmt: skip
    energy = unit == "TWh"
    per_gw = [HOURS * MW_PER_GW / MWH_PER_TWH * factor for factor in factors] if energy else [1, 1]
    announced = gw["announced"]
    ours = base[0] + announced * per_gw[0], base[1] + announced * per_gw[1]
    full = HOURS * MW_PER_GW / MWH_PER_TWH if energy else np.nan
    return {
        "base": sum(base) / 2,
        **added,
        **{f"{name}_gw": value for name, value in gw.items()},
        "ours_low": ours[0],
        "ours_high": ours[1],
        "finding": finding(ours, (float(low), float(high))),
        "load_factor_announced": _over(added["added_mid"], announced * full),
        "load_factor_expected": _over(added["added_mid"], gw["expected"] * full),
        "realised_low": _over(added["added_low"], announced * per_gw[1]),
        "realised_high": _over(added["added_high"], announced * per_gw[0]),
    }


def _over(part: float, whole: float) -> float:
    return part / whole if whole > 0 else np.nan


def _covered(row: Any, listed_mw: float, factors: Range) -> dict[str, object]:
    """Return the share of a measured figure that the listed sites make up."""
    gw = listed_mw / MW_PER_GW
    value = float(row.mid if not pd.isna(row.mid) else row.low)
    scale = HOURS * MW_PER_GW / MWH_PER_TWH
    low, high = (gw * scale * f for f in factors) if row.unit == "TWh" else (gw, gw)
    return {"ours_low": low, "ours_high": high, "listed_share_low": low / value,
            "listed_share_high": high / value}  # fmt: skip


def _base(row: Any, known: pd.DataFrame, case: Case, factors: Range) -> Range | None:
    """Return what was there in the base year: by the same document, else by the surest other.

    Gigawatts without such a figure are the measured energy over the hours of a year and the load
    factors of the range. Where the base year has no figure the nearest year stands in.
    """
    if CONNECTED in row.quantity:
        return None
    totals = known[(known["area"] == row.area) & known["since"].isna()]
    totals = totals[_measured(totals, case) & (totals["benchmark"] != row.benchmark)]
    alike = totals[totals["unit"] == row.unit]
    own = _nearest(alike[alike["quantity"] == row.quantity], case)
    if len(own):
        same = own[own["source"] == row.source]
        value = _surest(same if len(same) else own)
        return value, value
    energy = _nearest(totals[(totals["quantity"] == USE) & (totals["unit"] == "TWh")], case)
    if row.unit == "GW" and len(energy):
        mean = _surest(energy) * MWH_PER_TWH / HOURS / MW_PER_GW
        return mean / factors[1], mean / factors[0]
    other = _nearest(alike, case)
    return (_surest(other), _surest(other)) if len(other) else None


def _measured(rows: pd.DataFrame, case: Case) -> pd.Series:
    """Say which figures are of the base year or before, or were published after their year."""
    past = rows["known_on"].dt.year > rows["year"]
    return past | (rows["year"] <= case.assumptions.base_date.year)


def _nearest(rows: pd.DataFrame, case: Case) -> pd.DataFrame:
    away = (rows["year"] - case.assumptions.base_date.year).abs()
    return rows[away == away.min()]


def _surest(rows: pd.DataFrame) -> float:
    return float(rows.loc[rows["confidence"].map(CONFIDENCE.index).idxmin(), "mid"])
