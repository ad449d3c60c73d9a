"""What lateness costs: capital that waits, depreciation, interest, contracts; always a range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from planner.ledger_facts import ALL, MW_PER_GW, each, joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.ledger_facts import Facts, LedgerAssumptions

BASIS_POINTS: Final = 1e4
USD_PER_BN: Final = 1e9
DEBT: Final = ("loan", "bond", "vehicle")
REVENUE: Final = ("lease", "offtake")
COST_ROWS: Final = "rates:all_in_bernstein;rates:rack_compute;rates:rack_rest"
CHIP_ROWS: Final = f"{COST_ROWS};rates:chips_per_gw"
SHELL_ROWS: Final = f"{COST_ROWS};rates:shell_per_mw;rates:power_share"
BUDGETS: Final = {
    "none": "no published budget",
    "shell": "budget without chips",
    "whole": "budget with chips",
    "ceiling": "budget is a ceiling",
}


@dataclass(frozen=True)
class Costs:
    """Cost of one gigawatt by part, each a low and a high end [USD billion per GW]."""

    chips: tuple[float, float]
    building: tuple[float, float]
    power: tuple[float, float]

    @property
    def shell(self) -> tuple[float, float]:
        """Building and power."""
        low, high = self.building[0] + self.power[0], self.building[1] + self.power[1]
        return low, high

    @property
    def whole(self) -> tuple[float, float]:
        """Chips, building and power."""
        return self.shell[0] + self.chips[0], self.shell[1] + self.chips[1]


def costs(facts: Facts, given: LedgerAssumptions) -> Costs:
    """Split the cost of a gigawatt into chips, building and power.

    Chips: from the rack's share of the all-in cost to the figure of the article. Building and
    power: from the rest of the rack's cost to the upper end of published costs per megawatt.
    """
    whole, _ = facts.rate("all_in_bernstein")
    compute, rest = facts.rate("rack_compute")[0], facts.rate("rack_rest")[0]
    shares = facts.rate("power_share")
    shell = whole * rest / (compute + rest), facts.rate("shell_per_mw")[1]
    power = whole * shares[0], whole * shares[1]
    chips = whole * compute / (compute + rest), facts.rate("chips_per_gw")[1]
    if given.future_costs:
        chips = chips[0], facts.rate("all_in_nvidia_2026")[1] - shell[1]
    return Costs(chips, (shell[0] - power[0], shell[1] - power[1]), power)


def cost_table(facts: Facts, given: LedgerAssumptions) -> pd.DataFrame:
    """Lay out the cost of a gigawatt by part [USD billion per GW]."""
    found = costs(facts, given)
    parts = {"chips": (found.chips, CHIP_ROWS), "building": (found.building, SHELL_ROWS),
             "power": (found.power, "rates:all_in_bernstein;rates:power_share"),
             "whole": (found.whole, f"{CHIP_ROWS};rates:shell_per_mw")}  # fmt: skip
    rows = [(name, ends[0], ends[1], told) for name, (ends, told) in parts.items()]
    return pd.DataFrame(rows, columns=["part", "low_usd_bn_per_gw", "high_usd_bn_per_gw", "rows"])


# --- how late ------------------------------------------------------------------------------------


def lateness(steps: pd.DataFrame, served: pd.DataFrame, order: Mapping[str, int]) -> pd.DataFrame:
    """Megawatts and megawatt-years that each site waits after its promised periods.

    Parameters
    ----------
    steps, served
        Tables of the plan.
    order
        Number of each period, half-years, in order.

    Returns
    -------
    pd.DataFrame
        One row a site: `due_mw`, `on_time_mw`, `late_mw` (on the target dates), `late_mw_years`
        (to the horizon), `wait_years` (mean of the late megawatts), `open_ended` (some megawatts
        are not powered before the horizon, so the wait is at least as long).
    """
    first = min(order.values())
    power = served.pivot_table(index="step", columns="period", values="served_mw", aggfunc="sum")
    power = power.reindex(index=steps["step"], columns=list(order)).fillna(0.0)
    begins = np.fmax(steps["target"].to_numpy(dtype=float), first)
    due = np.array(list(order.values()))[None, :] >= begins[:, None]
    size = steps["mw"].to_numpy(dtype=float)
    missing = np.where(due, np.clip(size[:, None] - power.to_numpy(), 0.0, None), 0.0)
    rows = steps[["site", "mw", "served_mw", "late_mw"]].assign(
        late_mw_years=missing.sum(axis=1) / 2, left_mw=missing[:, -1] if len(order) else 0.0
    )
    table = rows.groupby("site").agg(
        due_mw=("mw", "sum"), on_time_mw=("served_mw", "sum"), late_mw=("late_mw", "sum"),
        late_mw_years=("late_mw_years", "sum"), left_mw=("left_mw", "sum"),
    )  # fmt: skip
    late = table["late_mw"].where(table["late_mw"] > 1)
    table["wait_years"] = (table["late_mw_years"] / late).fillna(0.0)
    table["open_ended"] = table.pop("left_mw") > 1
    table.loc[late.isna(), ["late_mw", "late_mw_years"]] = 0.0
    return table.reset_index()


# --- capital by site -----------------------------------------------------------------------------


def capital(
    facts: Facts, given: LedgerAssumptions, sites: pd.DataFrame, late: pd.DataFrame
) -> pd.DataFrame:
    """Capital that waits at each late site, what it loses and what it costs to carry.

    Returns
    -------
    pd.DataFrame
        One row a late site [USD billion, low and high]: `waiting`, `chips`, `depreciation` (if
        the chips stand there), `interest`, both also a year; `budget` says how a published
        budget was read.
    """
    rows = sites.merge(late[late["late_mw"] > 0], on="site")
    found, unit = costs(facts, given), rows["late_mw"] / MW_PER_GW
    ends = _per_gw(rows, found)
    rows["budget"] = ends["budget"].map(BUDGETS)
    rows["waiting_low"], rows["waiting_high"] = ends["low"] * unit, ends["high"] * unit
    rows["chips_low"], rows["chips_high"] = found.chips[0] * unit, found.chips[1] * unit
    short, long = facts.rate("chip_life")
    wait = rows["wait_years"]
    least = shortest(rows)
    rows["depreciation_low"] = rows["chips_low"] * np.clip(least / long, 0, 1)
    rows["depreciation_high"] = rows["chips_high"] * np.clip(wait / short, 0, 1)
    lent = interest_rates(facts).reindex(rows["site"])
    lowest, highest, told = default_rates(facts)
    rows["rate_low"] = lent["low"].fillna(lowest).to_numpy()
    rows["rate_high"] = lent["high"].fillna(highest).to_numpy()
    rows["depreciation_year_low"] = rows["chips_low"] / long
    rows["depreciation_year_high"] = rows["chips_high"] / short
    rows["interest_year_low"] = rows["waiting_low"] * rows["rate_low"]
    rows["interest_year_high"] = rows["waiting_high"] * rows["rate_high"]
    rows["interest_low"] = rows["interest_year_low"] * least
    rows["interest_high"] = rows["interest_year_high"] * wait
    rows["rows"] = [_capital_rows(row.site, facts, told) for row in each(rows)]
    return rows.sort_values(["waiting_high", "site"], ascending=[False, True], ignore_index=True)


def shortest(rows: pd.DataFrame) -> pd.Series:
    """Least wait [years]: with remedies, where they are known.

    Else as computed, but at most a year where nothing that is built ends it: beyond that somebody
    decides on a remedy.
    """
    firm = rows["wait_years"].where(rows["open_ended"] != 1, rows["wait_years"].clip(upper=1))
    return rows["least_years"].fillna(firm) if "least_years" in rows else firm


def _per_gw(rows: pd.DataFrame, found: Costs) -> pd.DataFrame:
    """Bound the capital of a gigawatt of each site by its published budget [USD billion].

    Low end: without chips. High end: with chips. A budget above the whole range is a ceiling.
    """
    told = rows["capex_usd_bn"] / (rows["stated_mw"] / MW_PER_GW)
    kind = np.select(
        [told.isna(), told < found.whole[0], told <= found.whole[1]],
        ["none", "shell", "whole"],
        "ceiling",
    )
    low = np.where(kind == "shell", told, found.shell[0])
    high = np.select(
        [kind == "none", kind == "shell", kind == "whole"],
        [found.whole[1], told + found.chips[1], found.whole[1]],
        told,
    )
    return pd.DataFrame({"budget": kind, "low": low, "high": high}, index=rows.index)


def _capital_rows(site: str, facts: Facts, others: str) -> str:
    lent = facts.financing
    priced = lent["spread_basis_points"].notna() | lent["all_in_basis_points"].notna()
    of = lent[(lent["site"] == site) & priced]
    rates = f"{CHIP_ROWS};rates:shell_per_mw;rates:power_share;rates:chip_life;rates:sofr"
    named = joined(of["financing"], "financing") if len(of) else others
    return f"sites:{site};plan:{site};{rates};rates:sofr_implied;{named}"


def interest_rates(facts: Facts) -> pd.DataFrame:
    """Published rates of each site: reference rate and spread, or all-in [fraction a year]."""
    rows = facts.financing[facts.financing["kind"].isin(DEBT)].copy()
    calm, tight = facts.rate("sofr")[0], facts.rate("sofr_implied")[1]
    over = rows["spread_basis_points"].where(rows["reference"] == "SOFR")
    rows["low"] = np.fmin(over + calm, rows["all_in_basis_points"].fillna(np.inf))
    rows["low"] = rows["low"].where(over.notna(), rows["all_in_basis_points"])
    rows["high"] = np.fmax(over + tight, rows["all_in_basis_points"])
    rows = rows[rows["low"].notna() & rows["site"].notna()]
    found = rows.groupby("site").agg(low=("low", "min"), high=("high", "max"))
    return found / BASIS_POINTS


def default_rates(facts: Facts) -> tuple[float, float, str]:
    """Return the range of all published rates, for sites without one, and the rows behind it."""
    known = interest_rates(facts)
    rows = facts.financing[
        facts.financing["spread_basis_points"].notna()
        | facts.financing["all_in_basis_points"].notna()
    ]
    if known.empty:
        calm, tight = facts.rate("sofr")[0], facts.rate("sofr_implied")[1]
        return calm / BASIS_POINTS, tight / BASIS_POINTS, "rates:sofr;rates:sofr_implied"
    told = joined(rows["financing"], "financing")
    return float(known["low"].min()), float(known["high"].max()), told


# --- facilities ----------------------------------------------------------------------------------


def facilities(facts: Facts, sites: pd.DataFrame, verdicts: pd.DataFrame,
               late: pd.DataFrame) -> pd.DataFrame:  # fmt: skip
    """Judge every financing that is tied to a site by the lateness of the site.

    Low end: the late share of the amount. High end: the whole of it, as a campus may only
    earn when it is whole. Interest runs for a year (low, where the end is open) or for the mean
    wait of the late megawatts (high). Of a lease or
    an offtake the low end is what is not earned in that time, the high end the late share of all.
    """
    rows = facts.financing[facts.financing["site"].isin(sites["site"])].copy()
    known = sites[["site", "name", "program", "stated_mw"]]
    told = verdicts[["site", "verdict", "reason", "cause", "target_period", "earliest_period"]]
    rows = rows.merge(known, on="site").merge(told, on="site").merge(late, on="site", how="left")
    numbers = ["due_mw", "late_mw", "wait_years", "late_mw_years"]
    rows[numbers] = rows[numbers].astype(float).fillna(0.0)
    rows["open_ended"] = rows["open_ended"] == 1
    share = (rows["late_mw"] / rows["stated_mw"].where(rows["stated_mw"] > 0)).clip(0, 1)
    rows["late_fraction"] = share.fillna(0.0)
    waits, revenue = rows["late_fraction"] > 0, rows["kind"].isin(REVENUE)
    part = rows["usd_bn"] * rows["late_fraction"]
    years = (shortest(rows) / rows["tenor_years"].where(revenue)).clip(0, 1)
    rows["waiting_low"] = np.where(revenue, part * years.fillna(0.0), part)
    rows["waiting_high"] = np.where(revenue, part, rows["usd_bn"].where(waits, 0.0))
    rows = _with_interest(rows, facts)
    for role in ("borrower", "tenant", "lender", "guarantor"):
        rows[role] = rows["financing"].map(_named(facts, role))
    rows["borrower"] = rows["borrower"].fillna(rows["financing"].map(_named(facts, "supplier")))
    parties = ["borrower", "tenant", "lender", "guarantor"]
    rows[parties] = rows[parties].fillna("not published")
    rates = f"rates:sofr;rates:sofr_implied;{default_rates(facts)[2]}"
    rows["rows"] = [
        f"financing:{row.financing};sites:{row.site};plan:{row.site};{rates}" for row in each(rows)
    ]
    return rows.sort_values(["usd_bn", "financing"], ascending=[False, True], ignore_index=True)


def _with_interest(rows: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    lent = interest_rates(facts).reindex(rows["site"])
    least, most, _ = default_rates(facts)
    debt = rows["kind"].isin(DEBT)
    low = pd.Series(lent["low"].fillna(least).to_numpy(), index=rows.index)
    high = pd.Series(lent["high"].fillna(most).to_numpy(), index=rows.index)
    wait = rows["wait_years"]
    return rows.assign(
        interest_low=(rows["waiting_low"] * low * shortest(rows)).where(debt, 0.0),
        interest_high=(rows["waiting_high"] * high * wait).where(debt, 0.0),
    )


def _named(facts: Facts, role: str) -> pd.Series:
    rows = facts.parties[facts.parties["role"] == role]
    return rows.groupby("financing")["party"].agg(", ".join)


def concentration(facts: Facts, judged: pd.DataFrame) -> pd.DataFrame:
    """Sum debt by borrower, tenant and lender.

    A lender's own part is seldom published: low end, the published parts; high end, the whole
    of every facility that it is named in. The same facility so counts for each of its lenders.
    """
    debt = judged[judged["kind"].isin(DEBT)]
    amounts = debt[["financing", "usd_bn", "waiting_low", "waiting_high"]]
    rows = facts.parties.rename(columns={"usd_bn": "part_usd_bn"})
    rows = rows[rows["role"].isin(["borrower", "tenant", "lender"])].merge(amounts, on="financing")
    whole = rows["role"] != "lender"
    rows["low"] = rows["usd_bn"].where(whole, rows["part_usd_bn"].fillna(0.0))
    share = (rows["low"] / rows["usd_bn"]).fillna(0.0)
    rows["late_low"] = rows["waiting_low"] * share
    table = rows.groupby(["role", "party"]).agg(
        facilities=("financing", "nunique"), low=("low", "sum"), high=("usd_bn", "sum"),
        late_low=("late_low", "sum"), late_high=("waiting_high", "sum"),
        rows=("financing", lambda ids: joined(ids, "financing")),
    )  # fmt: skip
    table = table.reset_index()
    table["rows"] = [f"{told};{joined(_sites(judged, told), 'plan')}" for told in table["rows"]]
    return table.sort_values(
        ["role", "high", "party"], ascending=[True, False, True], ignore_index=True
    )


def _sites(judged: pd.DataFrame, text: str) -> set[str]:
    ids = {part.split(":", 1)[1] for part in text.split(";")}
    return set(judged.loc[judged["financing"].isin(ids), "site"])


def powering(built: pd.DataFrame | None, late: pd.DataFrame) -> pd.DataFrame:
    """Investment in plants, lines and storage that the remedies need, by region and program.

    Low end: what is built beyond what native load alone would have built. High end: all of it.
    A program bears the share of its late megawatts in those of the region; a remedy at a site or
    of a line counts in the region that it serves.

    Parameters
    ----------
    built
        One row a remedy: `remedy`, `kind`, `region` (or `to_region`), `mw`, `native_mw`,
        `usd_per_mw`. None or empty: there is no figure.
    late
        Late megawatts by `region` and `program`; the program "all" holds every one.

    Returns
    -------
    pd.DataFrame
        `program`, `region`, `kind`, `mw`, `capex_usd_bn_low`, `capex_usd_bn_high`, `rows`.
    """
    ends = ["mw", "capex_usd_bn_low", "capex_usd_bn_high"]
    columns = ["program", "region", "kind", *ends, "rows"]
    if built is None or built.empty:
        return pd.DataFrame(columns=columns)
    rows = built.assign(region=_serving(built))
    price = rows["usd_per_mw"].fillna(0.0) / USD_PER_BN
    added = (rows["mw"] - rows["native_mw"].fillna(0.0)).clip(lower=0.0)
    rows = rows.assign(capex_usd_bn_low=added * price, capex_usd_bn_high=rows["mw"] * price)
    told = rows.groupby(["region", "kind"])["remedy"].agg(lambda ids: joined(ids, "remedies"))
    sums = rows.groupby(["region", "kind"])[ends].sum().join(told.rename("rows")).reset_index()
    whole = late[late["program"] == ALL].set_index("region")["late_mw"]
    shared = sums.merge(late[late["program"] != ALL], on="region")
    part = (shared["late_mw"] / shared["region"].map(whole).astype(float)).fillna(0.0)
    shared[ends] = shared[ends].mul(part, axis=0)
    table = pd.concat([sums.assign(program=ALL), shared[part > 0]], ignore_index=True)
    table["rows"] = table["rows"] + ";plan:all"
    order = ["program", "capex_usd_bn_high", "region", "kind"]
    return table[columns].sort_values(order, ascending=[True, False, True, True], ignore_index=True)


def _serving(built: pd.DataFrame) -> pd.Series:
    """Return the region that each remedy serves."""
    region = built["region"]
    for column in ("site_region", "to_region"):
        if column in built:
            region = region.fillna(built[column])
    return region.fillna("not stated")


def sooner(late: pd.DataFrame, ramps: pd.DataFrame | None) -> pd.DataFrame:
    """Add the mean wait with remedies, `least_years`; unknown without them.

    Parameters
    ----------
    late
        As from :func:`lateness`.
    ramps
        `site`, `period`, `promised_mw`, `with_remedies_mw`, one row a site and half-year.
    """
    if ramps is None or ramps.empty:
        return late.assign(least_years=np.nan)
    missing = (ramps["promised_mw"] - ramps["with_remedies_mw"]).clip(lower=0.0) / 2
    years = missing.groupby(ramps["site"]).sum()
    least = late["site"].map(years) / late["late_mw"].where(late["late_mw"] > 0)
    return late.assign(least_years=np.fmin(least, late["wait_years"]))
