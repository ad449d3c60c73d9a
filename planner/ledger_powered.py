"""Which located megawatts of the pledges are powered by their dates: by program, year and place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner import demand, ledger_facts
from planner.ledger_facts import ALL, each, joined

if TYPE_CHECKING:
    from planner.ledger_facts import Facts
    from planner.pipeline import Plan

MONEY: Final = ("waiting", "chips", "depreciation", "depreciation_year", "interest",
                "interest_year")  # fmt: skip
CODES: Final = {"US": "us", "IN": "india"}


def powered(
    programs: pd.DataFrame,
    placed: pd.DataFrame,
    sites: pd.DataFrame,
    late: pd.DataFrame,
    capital: pd.DataFrame,
) -> pd.DataFrame:
    """Add what is due, on time and late, how long it waits, and the capital that waits."""
    money = [f"{word}_{end}" for word in MONEY for end in ("low", "high")]
    found = []
    for row in each(programs):
        own = set(_sites_of(str(row.program), placed, sites, str(row.rows)))
        part = late[late["site"].isin(own)]
        waits = float(part["late_mw"].sum())
        found.append({
            "program": row.program,
            "due_mw": float(part["due_mw"].sum()),
            "on_time_mw": float(part["due_mw"].sum() - waits),
            "late_mw": waits,
            "wait_years": float(part["late_mw_years"].sum() / waits) if waits else 0.0,
                "least_years": _least(part),
            "open_ended": bool(part["open_ended"].any()),
            **capital.loc[capital["site"].isin(own), money].sum().to_dict(),
        })  # fmt: skip
    table = programs.merge(pd.DataFrame(found), on="program")
    undated = table["located_high_mw"] - table["operating_mw"] - table["due_mw"]
    table["undated_mw"] = undated.clip(lower=0.0)
    rates = joined(["all_in_bernstein", "rack_compute", "rack_rest", "chips_per_gw", "shell_per_mw",
                    "power_share", "chip_life", "sofr", "sofr_implied"], "rates")  # fmt: skip
    table["rows"] = table["rows"] + ";plan:all;" + rates
    return table


def _least(part: pd.DataFrame) -> float:
    """Mean wait of the late megawatts with remedies; unknown where none were solved for."""
    late = part[part["late_mw"] > 0]
    if late.empty or late["least_years"].isna().any():
        return float("nan")
    return float((late["least_years"] * late["late_mw"]).sum() / late["late_mw"].sum())


def _sites_of(program: str, placed: pd.DataFrame, sites: pd.DataFrame, told: str) -> list[str]:
    """Certain sites of a program; of all pledges, every site that they claim."""
    if program == ALL:
        named = {part.removeprefix("sites:") for part in told.split(";") if part[:6] == "sites:"}
        return [site for site in sites["site"] if site in named]
    mine = placed[(placed["program"] == program) & placed["certain"]]
    return list(mine["site"])


def by_year(
    plan: Plan,
    facts: Facts,
    programs: pd.DataFrame,
    left: pd.DataFrame,
    sites: pd.DataFrame,
) -> pd.DataFrame:
    """Per program and year: operating, due, powered, late, and pledges due without a place.

    Parameters
    ----------
    plan, facts, programs
        The answer, the packs, and the programs of the ledger.
    left
        Pledges with `unplaced_low_mw`, `unplaced_high_mw` and `due_year`.
    sites
        Megawatts of the sites, as from :func:`planner.ledger_facts.megawatts`.
    """
    found = []
    placed = ledger_facts.members(facts, sites)
    for row in each(programs):
        own = _sites_of(str(row.program), placed, sites, str(row.rows))
        names = list(left["pledge"])
        if row.program != ALL:
            names = ledger_facts.pledges_of(facts, left, str(row.program))
        table = _yearly(plan, set(own))
        table["operating_mw"] = row.operating_mw
        for end in ("low", "high"):
            whole = float(getattr(row, f"unplaced_{end}_mw"))
            by = [_unplaced(left, names, year, f"unplaced_{end}_mw") for year in table["year"]]
            table[f"unplaced_{end}_mw"] = [min(whole, mw) for mw in by]
            table[f"unplaced_undated_{end}_mw"] = whole - table[f"unplaced_{end}_mw"]
        table.insert(0, "program", row.program)
        table["rows"] = f"{row.rows};plan:all"
        found.append(table)
    return pd.concat(found, ignore_index=True)


def _unplaced(left: pd.DataFrame, names: list[str], year: int, column: str) -> float:
    """Megawatts of some pledges that are due by a year and have no place."""
    due = left["pledge"].isin(names) & (left["due_year"] <= year)
    return float(left.loc[due, column].sum())


def _yearly(plan: Plan, sites: set[str]) -> pd.DataFrame:
    """Due and powered megawatts of some sites by the end of the summer of each year."""
    steps = plan.steps[plan.steps["site"].isin(sites)]
    served = plan.served[plan.served["site"].isin(sites)]
    numbers = demand.numbered(plan.case.periods)
    rows = []
    for year, periods in plan.case.periods.groupby("year"):
        last = periods["period"].iloc[-1]
        due = float(steps.loc[steps["target"] <= numbers[last], "mw"].sum())
        powered = float(served.loc[served["period"] == last, "served_mw"].sum())
        rows.append((int(str(year)), due, powered, max(0.0, due - powered)))
    return pd.DataFrame(rows, columns=["year", "due_mw", "powered_mw", "late_mw"])


def annual(plan: Plan, sites: pd.DataFrame) -> pd.DataFrame:
    """Added since the base date, by country and year: named sites powered since and due."""
    since = demand.energised(plan.case, plan.sites[["site", "region"]])
    grid = plan.case.regions.set_index("region")["grid"]
    found = []
    for code, name in CODES.items():
        own = set(sites.loc[sites["country"] == code, "site"])
        regions = [region for region in since.index if grid.get(region) == name]
        begun = float(since.reindex(regions).sum())
        table = _yearly(plan, own)
        table[["due_mw", "powered_mw"]] += begun
        found.append(table.assign(country=code))
    return pd.concat(found, ignore_index=True)


def places(sites: pd.DataFrame, late: pd.DataFrame, capital: pd.DataFrame) -> pd.DataFrame:
    """Located, due, on time, late and capital that waits, by country and state."""
    money = ["waiting_low", "waiting_high"]
    rows = sites.merge(late, on="site", how="left")
    rows = rows.merge(capital[["site", *money]], on="site", how="left")
    numbers = ["due_mw", "on_time_mw", "late_mw", *money]
    rows[numbers] = rows[numbers].astype(float).fillna(0.0)
    rows["state"] = rows["state"].fillna("")
    table = rows.groupby(["country", "state"]).agg(
        sites=("site", "size"), stated_mw=("stated_mw", "sum"), firm_mw=("firm_mw", "sum"),
        operating_mw=("operating_mw", "sum"), due_mw=("due_mw", "sum"),
        on_time_mw=("on_time_mw", "sum"), late_mw=("late_mw", "sum"),
        waiting_low=("waiting_low", "sum"), waiting_high=("waiting_high", "sum"),
        rows=("site", lambda ids: joined(ids, "sites") + ";plan:all"),
    )  # fmt: skip
    return table.reset_index().sort_values(
        ["firm_mw", "country", "state"], ascending=[False, True, True], ignore_index=True
    )


def regions(plan: Plan) -> pd.DataFrame:
    """Megawatts due in each region as a share of its forecast peak, at the end of the horizon."""
    last = plan.case.periods["period"].iloc[-1]
    peaks = plan.regions[plan.regions["period"] == last].set_index("region")
    due = plan.steps.groupby("region")["mw"].sum()
    late = plan.steps.groupby("region")["late_mw"].sum()
    native = peaks.reindex(due.index)["native_mw"]
    sites = plan.steps.groupby("region")["site"].agg(lambda ids: joined(ids, "sites"))
    return pd.DataFrame({
        "region": due.index, "due_mw": due.to_numpy(), "late_mw": late.to_numpy(),
        "native_peak_mw": native.to_numpy(), "share": (due / native).to_numpy(),
        "rows": (sites + ";plan:all").to_numpy(),
    }).sort_values(["due_mw", "region"], ascending=[False, True], ignore_index=True)  # fmt: skip


def program_sites(sites: pd.DataFrame, placed: pd.DataFrame) -> pd.DataFrame:
    """List the sites of every program with the megawatts that are meant."""
    parts = [
        ledger_facts.located(sites, rows).assign(program=program)
        for program, rows in placed.groupby("program")
    ]
    none = ledger_facts.located(sites, placed.head(0)).assign(program="")
    table = pd.concat(parts, ignore_index=True) if parts else none
    renamed = {"meant": "meant_mw", "firm": "firm_meant_mw", "operating": "operating_meant_mw"}
    columns = ["program", "site", "name", "operator", "certain", "status", "meant_mw",
               "firm_meant_mw", "operating_meant_mw", "converted", "confidence"]  # fmt: skip
    table = table.rename(columns=renamed)[columns]
    return table.assign(rows=[f"sites:{site};assumption:pue" for site in table["site"]])


def judged(rows: pd.DataFrame, late: pd.DataFrame, verdicts: pd.DataFrame) -> pd.DataFrame:
    """Add what is due, on time and late, and the verdict, to the sites of the programs."""
    told = verdicts[["site", "verdict", "reason", "cause", "target_period", "earliest_period"]]
    numbers = ["due_mw", "on_time_mw", "late_mw", "wait_years"]
    table = rows.merge(late[["site", *numbers]], on="site", how="left").merge(told, on="site")
    table[numbers] = table[numbers].astype(float).fillna(0.0)
    return table.assign(rows=[f"{row.rows};plan:{row.site}" for row in each(table)])
