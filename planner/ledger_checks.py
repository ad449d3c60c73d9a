"""Equivalents of gigawatts, and figures of the ledger held against published ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner.ledger_facts import MW_PER_GW, each
from planner.ledger_money import costs

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.case import Case
    from planner.ledger_facts import Facts, LedgerAssumptions

HOURS: Final = 8760
MWH_PER_TWH: Final = 1e6
KWH_PER_MWH: Final = 1000.0
KWH_PER_TWH: Final = 1e9
WEEKS_OF_A_QUARTER: Final = 13
ROUNDED: Final = 0.05  # between two documents
ROUGH: Final = 0.1  # between a figure and a calculation
HOUSEHOLDS: Final = 100_000
MONTHS: Final = 12
CONFIRMED: Final = "confirmed"
REPRODUCED: Final = "reproduced"
CONTRADICTED: Final = "contradicted"
FACTOR_ROWS: Final = "rates:load_factor_low;rates:load_factor_high"

type Range = tuple[float, float]


def load_factor(facts: Facts) -> Range:
    """Return the range of energy over capacity times hours."""
    return facts.rate("load_factor_low")[0], facts.rate("load_factor_high")[1]


def energy(mw: float, facts: Facts) -> Range:
    """Energy of some megawatts in a year [TWh]."""
    low, high = load_factor(facts)
    return mw * HOURS * low / MWH_PER_TWH, mw * HOURS * high / MWH_PER_TWH


def equivalents(rows: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """Put the located megawatts of each program beside reactors, households and national use.

    Parameters
    ----------
    rows
        Programs with `program`, `name`, `located_low_mw`, `located_high_mw`, `rows`.
    """
    low, high = load_factor(facts)
    least = rows["located_low_mw"] * HOURS * low / MWH_PER_TWH
    most = rows["located_high_mw"] * HOURS * high / MWH_PER_TWH
    home = facts.rate("household")[0] / KWH_PER_TWH
    nation, reactor = facts.rate("us_energy_2024")[0], facts.rate("reactor")[0]
    told = f";{FACTOR_ROWS};rates:household;rates:us_energy_2024;rates:reactor"
    return pd.DataFrame({
        "program": rows["program"], "name": rows["name"],
        "energy_low_twh": least, "energy_high_twh": most,
        "us_share_low": least / nation, "us_share_high": most / nation,
        "reactors_low": rows["located_low_mw"] / reactor,
        "reactors_high": rows["located_high_mw"] / reactor,
        "households_low": least / home, "households_high": most / home,
        "rows": rows["rows"] + told,
    })  # fmt: skip


def site_households(mw: float, facts: Facts) -> Range:
    """US households that use as much as a site of some megawatts."""
    least, most = energy(mw, facts)
    home = facts.rate("household")[0] / KWH_PER_TWH
    return least / home, most / home


def households_mw(count: float, facts: Facts) -> Range:
    """Facility megawatts of a site that uses as much as some US households."""
    mean = count * facts.rate("household")[0] / KWH_PER_MWH / HOURS
    low, high = load_factor(facts)
    return mean / high, mean / low


def checks(facts: Facts, case: Case, sites: pd.DataFrame, annual: pd.DataFrame) -> pd.DataFrame:
    """Hold figures of the ledger against published values.

    Returns
    -------
    pd.DataFrame
        `check`, `ours_low`, `ours_high`, `published_low`, `published_high`, `unit`, `finding`,
        `rows`.
    """
    found = [
        *_national(facts, annual),
        _india(facts, sites),
        _build_rate(facts, annual),
        _homes(facts),
        _largest(facts, sites),
        _pue(facts, case),
    ]
    columns = ["check", "ours_low", "ours_high", "published_low", "published_high", "unit", "rows"]
    table = pd.DataFrame([row for row in found if row is not None], columns=columns)
    table.insert(6, "finding", [_finding(row) for row in each(table)])
    return table


def _finding(row: Any) -> str:
    return finding((float(row.ours_low), float(row.ours_high)),
                   (float(row.published_low), float(row.published_high)))  # fmt: skip


def finding(ours: Range, published: Range) -> str:
    """Say how a range stands to a published one: below, above, agrees (within) or overlaps."""
    (low, high), (least, most) = ours, published
    if high < least:
        return "below"
    if low > most:
        return "above"
    return "agrees" if low >= least and high <= most else "overlaps"


def _national(facts: Facts, annual: pd.DataFrame) -> list[tuple[object, ...]]:
    """US sites by year: measured use of the base year plus what is added since."""
    known = facts.benchmarks.set_index("benchmark")
    if not {"F02", "F03", "F04"} <= set(known.index):
        return []
    base = _value(known.loc["F03"])
    us = annual[annual["country"] == "US"].set_index("year")
    found: list[tuple[object, ...]] = []
    for name in ("F02", "F04"):
        year = int(_field(known, name, "year"))
        if year not in us.index:
            continue
        for word in ("due", "powered"):
            least, most = energy(float(us[f"{word}_mw"].loc[year]), facts)
            stated = _field(known, name, "low"), _field(known, name, "high")
            told = f"benchmarks:F03;benchmarks:{name};{FACTOR_ROWS};plan:all"
            found.append((
                f"US datacenters in {year}, 2024 plus sites {word}", base + least, base + most,
                *stated, "TWh", told,
            ))  # fmt: skip
    return found


def _field(rows: pd.DataFrame, key: str, column: str) -> float:
    value: Any = rows.loc[key, column]
    return float(value)


def _value(row: Any) -> float:
    return float(row["low"] if pd.isna(row["mid"]) else row["mid"])


def _india(facts: Facts, sites: pd.DataFrame) -> tuple[object, ...] | None:
    known = facts.benchmarks.set_index("benchmark")
    if "F49" not in known.index:
        return None
    here = sites[sites["country"] == "IN"]
    firm, stated = here["firm_mw"].sum() / MW_PER_GW, here["stated_mw"].sum() / MW_PER_GW
    value = _value(known.loc["F49"])
    return ("India, all located sites, against 2032", firm, stated, value, value, "GW",
            "benchmarks:F49;sites:all")  # fmt: skip


def _build_rate(facts: Facts, annual: pd.DataFrame) -> tuple[object, ...] | None:
    rows = facts.pledges[facts.pledges["pledge"] == "amazon_3_8gw"]
    us = annual[annual["country"] == "US"].sort_values("year")
    built = us["due_mw"].diff().dropna() / MW_PER_GW
    if rows.empty or built.empty:
        return None
    rate = float(rows["mw"].iloc[0]) / MW_PER_GW
    soon = built.head(3)
    return ("US sites due in a year, next three years", float(soon.min()),
            float(soon.max()), rate, rate, "GW a year, Amazon's alone",
            "pledges:amazon_3_8gw;plan:all")  # fmt: skip


def _homes(facts: Facts) -> tuple[object, ...]:
    low, high = site_households(facts.rate("small_ai_site")[0], facts)
    told = f"{FACTOR_ROWS};rates:household;rates:small_ai_site;pledges:seed_site_100k_households"
    return ("US homes of an AI datacenter of 100 MW", low, high, HOUSEHOLDS, HOUSEHOLDS,
            "households", told)  # fmt: skip


def _largest(facts: Facts, sites: pd.DataFrame) -> tuple[object, ...]:
    low, high = households_mw(HOUSEHOLDS, facts)
    top = sites.sort_values("firm_mw").iloc[-1]
    told = f"sites:{top['site']};{FACTOR_ROWS};rates:household;pledges:seed_site_100k_households"
    times = facts.claims.loc[facts.claims["claim"] == "002-households-largest", "low"]
    stated = float(times.iloc[0]) if len(times) else np.nan
    return ("Largest site over one of 100,000 homes",
            top["firm_mw"] / high, top["firm_mw"] / low, stated, stated, "times", told)  # fmt: skip


def _pue(facts: Facts, case: Case) -> tuple[object, ...]:
    rows = case.sites.dropna(subset=["it_mw", "facility_mw"])
    rows = rows[(rows["it_mw"] > 0) & rows["mw_quality"].isin(["estimate", "contract_or_permit"])]
    ratio = (rows["facility_mw"] / rows["it_mw"]).quantile([0.1, 0.9])
    low, high = facts.rate("pue")
    return ("Facility over IT MW, middle 80 % of sites",
            float(ratio.iloc[0]), float(ratio.iloc[1]), low, high, "ratio",
            "rates:pue;sites:all;assumption:pue")  # fmt: skip


# --- figures of the founding articles ------------------------------------------------------------


def claims(facts: Facts, given: LedgerAssumptions, sites: pd.DataFrame,
           programs: pd.DataFrame) -> pd.DataFrame:  # fmt: skip
    """Judge every figure of the founding articles.

    confirmed: another document gives the same within 5 %, or a calculation out of other rows
    within 10 %. contradicted: it does not. reproduced: the row carries the figure, and nothing
    else in the packs speaks for or against it.

    Returns
    -------
    pd.DataFrame
        The columns of `claims` and `verdict`, `against_low`, `against_high`, `against`, `rows`.
    """
    found = []
    for row in each(facts.claims):
        against, told = _against(row, facts, given, sites, programs)
        verdict = REPRODUCED
        if against is not None:
            verdict = CONFIRMED if _meet(row, against) else CONTRADICTED
        low, high = against or (np.nan, np.nan)
        found.append((verdict, low, high, told))
    columns = ["verdict", "against_low", "against_high", "against"]
    judged = pd.DataFrame(found, columns=columns, index=facts.claims.index)
    table = pd.concat([facts.claims, judged], axis=1)
    table["rows"] = [f"claims:{name}" for name in table["claim"]]
    return table


def _meet(row: Any, other: Range) -> bool:
    near = ROUGH if isinstance(row.computed, str) else ROUNDED
    low, high = row.low * (1 - near), row.high * (1 + near)
    return bool(low <= other[1] and other[0] <= high)


def _against(row: Any, facts: Facts, given: LedgerAssumptions, sites: pd.DataFrame,
             programs: pd.DataFrame) -> tuple[Range | None, str]:  # fmt: skip
    words = str(row.computed) if isinstance(row.computed, str) else ""
    if words:
        name, _, argument = words.partition(":")
        try:
            return CALCULATIONS[name](argument, facts, given, sites, programs)
        except KeyError:  # a row of the calculation was not known on that day
            return None, ""
    if pd.notna(row.evidence_low):
        ends = float(row.evidence_low), float(row.evidence_high)
        return ends, str(row.evidence_source)
    return None, ""


def _usd(facts: Facts, pledge: str) -> float:
    return _field(facts.pledges.set_index("pledge"), pledge, "usd_bn")


def _mw(facts: Facts, pledge: str) -> float:
    return _field(facts.pledges.set_index("pledge"), pledge, "mw")


def _located(argument: str, _facts: Facts, _given: LedgerAssumptions, _sites: pd.DataFrame,
             programs: pd.DataFrame) -> tuple[Range, str]:  # fmt: skip
    row: Any = programs.set_index("program").loc[argument]
    ends = row["located_low_mw"] / MW_PER_GW, row["located_high_mw"] / MW_PER_GW
    return ends, "megawatts of its named sites"


def _chips_share(_argument: str, facts: Facts, *_rest: object) -> tuple[Range, str]:
    rack = facts.rate("rack_compute")[0], facts.rate("rack_rest")[0]
    low, high = facts.rate("all_in_nvidia_2025")
    chips = facts.rate("chips_per_gw")[1]
    ends = [rack[0] / sum(rack), chips / high, chips / low]
    return (min(ends), max(ends)), "cost of a rack; chips over Nvidia's all-in cost"


def _chips_per_gw(_argument: str, facts: Facts, *_rest: object) -> tuple[Range, str]:
    rack = facts.rate("rack_compute")[0], facts.rate("rack_rest")[0]
    share = rack[0] / sum(rack)
    ends = facts.rate("all_in_bernstein")[0] * share, facts.rate("all_in_nvidia_2025")[1] * share
    return ends, "compute share of a rack times all-in cost, of Bernstein and of Nvidia"


def _equity(_argument: str, facts: Facts, *_rest: object) -> tuple[Range, str]:
    value = _usd(facts, "openai_nvidia_10gw") * MW_PER_GW / _mw(facts, "openai_nvidia_10gw")
    return (value, value), "openai_nvidia_10gw: dollars over gigawatts"


def _sum(argument: str, facts: Facts, *_rest: object) -> tuple[Range, str]:
    if argument == "ft":
        names = ("openai_nvidia_10gw", "openai_amd_6gw", "openai_oracle_4_5gw")
        value = sum(_mw(facts, name) for name in names) / MW_PER_GW
        return (value, value), "sum of the pledges with Nvidia, AMD and Oracle"
    yearly = 4 * _usd(facts, "microsoft_fy26q1_capex")
    names = ("meta_2025_66bn", "amazon_3_8gw", "alphabet_2025_capex")
    value = yearly + sum(_usd(facts, name) for name in names)
    return (value, value), "sum of Meta, Amazon, Alphabet and four quarters of Microsoft"


def _annual(argument: str, facts: Facts, *_rest: object) -> tuple[Range, str]:
    value = 4 * _usd(facts, argument)
    return (value, value), f"four times {argument}"


def _week(_argument: str, facts: Facts, *_rest: object) -> tuple[Range, str]:
    value = _usd(facts, "microsoft_fy26q1_capex") / WEEKS_OF_A_QUARTER
    return (value, value), "microsoft_fy26q1_capex over 13 weeks"


def _households(argument: str, facts: Facts, _given: LedgerAssumptions, sites: pd.DataFrame,
                _programs: pd.DataFrame) -> tuple[Range, str]:  # fmt: skip
    if argument == "site":
        told = "US households of a site of 100 MW at the load factors of `rates`"
        return site_households(facts.rate("small_ai_site")[0], facts), told
    low, high = households_mw(HOUSEHOLDS, facts)
    top = sites.sort_values("firm_mw").iloc[-1]
    return (top["firm_mw"] / high, top["firm_mw"] / low), f"{top['site']} over the site of 100,000"


def _chips(argument: str, facts: Facts, given: LedgerAssumptions, sites: pd.DataFrame,
           _programs: pd.DataFrame) -> tuple[Range, str]:  # fmt: skip
    mw = _field(sites.set_index("site"), argument, "firm_mw")
    low, high = costs(facts, given).chips
    return (low * mw / MW_PER_GW, high * mw / MW_PER_GW), "megawatts of the site times chips per GW"


CALCULATIONS: Final[dict[str, Callable[..., tuple[Range, str]]]] = {
    "located": _located,
    "chips_share": _chips_share,
    "chips_per_gw": _chips_per_gw,
    "equity_per_gw": _equity,
    "sum": _sum,
    "annual": _annual,
    "week": _week,
    "households": _households,
    "chips": _chips,
}
