"""One page on one site: promise, powered curve, verdict, limits, remedies, facts, doubts."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner import explain, overlays

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.ladder import Ladder

WIDTH: Final = 100
SHOWN: Final = 6
MW: Final = "{:,.0f} MW"
CAUSES: Final = {
    "supply": "supply: the system is short of accredited capacity",
    "import": "import: transfer limits inside the pool",
    "delivery": "delivery: the published limit of its pocket",
    "connection": "connection: the large-load process or a moratorium",
    "build": "build: lead times and yearly limits, or a date that has passed",
    "onsite": "onsite: the site's own plant",
}
TABLES: Final = {
    "site": "sites",
    "load forecast": "load",
    "requirement": "requirements",
    "joint limits": "joint_limits",
}
RULES: Final = ("lead_time", "moratorium")


def page(ladder: Ladder, site: str, *, money: Iterable[str] = ()) -> dict[str, Any]:
    """Collect everything behind the verdict on a site.

    Parameters
    ----------
    ladder
        The answer with remedies.
    site
        Id of the site.
    money
        What the ledger knows of it, as from :func:`planner.ledger.site_lines`.

    Returns
    -------
    dict
        `finding` (one sentence), `promise`, `curve`, `verdict`, `limits`, `remedies`, `facts`,
        `untested`; the text of `planner why` and its JSON have the same content.

    Raises
    ------
    KeyError
        No such site.
    """
    row = ladder.sites.set_index("site", drop=False).loc[site]
    steps = ladder.steps[ladder.steps["site"] == site]
    curve = ladder.ramps[ladder.ramps["site"] == site].drop(columns="site")
    return {
        "site": site,
        "name": row["name"],
        "finding": _finding(row),
        "promise": _promise(ladder, site, steps),
        "curve": _rounded(curve),
        "verdict": _verdict(row),
        "limits": _limits(row, steps),
        "flexible": _flexible(ladder, row, steps),
        "remedies": _remedies(ladder, row),
        "ledger": list(money),
        "facts": _facts(ladder, row, steps),
        "untested": _untested(ladder, row, steps),
    }


def _finding(row: pd.Series) -> str:
    if row["verdict"] == explain.UNASSESSED:
        return f"{row['name']} cannot be assessed: {row['reason']}."
    asked = MW.format(row["asked_mw"])
    if row["verdict"] == explain.ON_TIME:
        return (
            f"{row['name']}: {asked} still to come are powered on time by what stands or is built."
        )
    earliest = row["earliest_date"]
    when = f"{earliest:%Y-%m-%d}" if pd.notna(earliest) else "not before the horizon"
    return (
        f"{row['name']}: {row['verdict']}; {MW.format(row['on_time_mw'])} of {asked} are powered on"
        f" their dates with nothing built; with remedies in full: {when}."
    )


def _promise(ladder: Ladder, site: str, steps: pd.DataFrame) -> list[dict[str, Any]]:
    facts = ladder.plan.case.sites.set_index("site").loc[site]
    columns = ["phase", "mw", "target_date", "basis", "converted"]
    listed = _rounded(steps.sort_values("target_date")[columns])
    running = facts["operating_mw"]
    if pd.notna(running):
        listed.insert(
            0,
            {
                "phase": "operating",
                "mw": round(float(running), 1),
                "target_date": _day(facts["operating_on"]),
                "basis": "observed",
                "converted": False,
            },
        )
    return listed


def _verdict(row: pd.Series) -> dict[str, Any]:
    names = (
        "verdict",
        "asked_mw",
        "on_time_mw",
        "target_period",
        "plain_earliest_period",
        "earliest_period",
        "earliest_date",
        "half_date",
        "confidence",
    )
    return {name: _plain(row.get(name)) for name in names}


def _limits(row: pd.Series, steps: pd.DataFrame) -> dict[str, Any]:
    names = ("cause", "freed_mw", "freed_quarters", "next_cause", "next_mw", "next_quarters")
    found = {name: _plain(row.get(name)) for name in names}
    found["cause_in_words"] = CAUSES.get(str(row.get("cause")), "")
    found["next_cause_in_words"] = CAUSES.get(str(row.get("next_cause")), "")
    found["price_usd_per_mw_yr"] = _plain(row.get("price_usd_per_mw_yr"))
    found["connection_rules"] = sorted({rule for rule in steps["rule"] if rule})
    return found


def _flexible(ladder: Ladder, row: pd.Series, steps: pd.DataFrame) -> dict[str, Any]:
    hours = ladder.plan.case.assumptions.flexible_hours
    pools = ladder.plan.case.regions.set_index("region")["pool"]
    pool = pools.get(row["region"])
    used = ladder.flexible
    used = used[(used["pool"] == pool) & used["period"].isin(steps["target_period"])]
    return {
        "hours_a_year_at_most": hours,
        "served_on_time_mw": round(float(steps["flexible_mw"].sum()), 1),
        "pool": _plain(pool),
        "pool_gives_way": _rounded(used.drop(columns="pool")),
    }


def _remedies(ladder: Ladder, row: pd.Series) -> dict[str, Any]:
    """The cheapest remedies for this site alone, and the ranking of its region."""
    needs = ladder.needs[ladder.needs["site"] == row["site"]].sort_values("usd_yr", ascending=False)
    columns = ["option", "mw", "first_date", "period", "usd", "usd_yr", "confidence"]
    ranking = ladder.ranking[ladder.ranking["area"] == row["region"]]
    keep = ["remedy", "first_date", "mw_months", "usd", "mw_months_per_million_usd"]
    return {"for_this_site": _rounded(needs[columns]), "ranked": _rounded(ranking[keep].head(8))}


def _facts(ladder: Ladder, row: pd.Series, steps: pd.DataFrame) -> list[dict[str, Any]]:
    """List the rows behind the verdict with source, day and confidence."""
    case = ladder.plan.case
    pool = case.regions.set_index("region")["pool"].get(row["region"])
    load = case.load[
        (case.load["region"] == row["region"])
        & (case.load["scenario"] == case.assumptions.load_scenario)
    ]
    rules = case.connection
    names = rules["rule"] + ":" + rules["area"] + ":" + rules["begins_on"].dt.strftime("%Y-%m-%d")
    limits = case.joint_members[case.joint_members["region"] == row["region"]]["limit"]
    tables = {
        "site": case.sites[case.sites["site"] == row["site"]],
        "phases": case.phases[case.phases["site"] == row["site"]],
        "onsite": case.onsite[case.onsite["site"] == row["site"]],
        "load forecast": load,
        "requirement": case.requirements[case.requirements["pool"] == pool],
        "accreditation": case.accreditation[case.accreditation["pool"] == pool],
        "supply": case.supply[case.supply["region"] == row["region"]],
        "joint limits": case.joint_limits[case.joint_limits["limit"].isin(limits)],
        "connection": rules[names.isin(set(steps["rule"]))],
        "delivery": case.delivery[case.delivery["pocket"] == row["pocket"]],
    }
    found = []
    documents = case.sources.drop_duplicates("source").set_index("source")
    for name, rows in tables.items():
        own = overlays.own(case.changes, TABLES.get(name, name), rows)
        for (source, confidence, yours), part in rows.groupby(["source", "confidence", own]):
            document = documents.loc[source]
            found.append(
                {
                    "fact": name,
                    "rows": len(part),
                    "publisher": _plain(document["publisher"]),
                    "document": _plain(document["document"]),
                    "published_on": _day(document["published_on"]),
                    "known_on": _day(part["known_on"].max()),
                    "address": _plain(document["address"]),
                    "confidence": confidence,
                    "yours": bool(yours),
                }
            )
    return found


def _untested(ladder: Ladder, row: pd.Series, steps: pd.DataFrame) -> list[str]:
    lines = []
    if not steps["delivery_tested"].all() or steps.empty:
        lines.append("Delivery: no limit is published for the network around the site.")
    if (steps["basis"] == "assumed ramp").any():
        years = ladder.plan.case.assumptions.ramp_years
        lines.append(
            f"Ramp: only a first date is published; equal steps over {years} years are assumed."
        )
    if steps["converted"].any():
        pue = ladder.plan.case.assumptions.pue
        lines.append(f"Megawatts: IT megawatts are taken times {pue} (PUE).")
    if (steps["basis"] == "estimate").any():
        lines.append("Dates: estimates of a third party, not promises, where marked so.")
    pools = ladder.plan.case.regions.set_index("region")["pool"]
    if not (
        ladder.plan.case.load_duration.get("area", pd.Series(dtype=str)) == pools.get(row["region"])
    ).any():
        lines.append("Flexible operation: no hourly load is in the pack for its pool.")
    lines.append("Fuel supply, water, permits and the local distribution network.")
    return lines


def _rounded(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {name: _plain(value) for name, value in row.items()} for row in table.to_dict("records")
    ]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NaT or value != value:  # noqa: PLR0124 - not a number
        return None
    if isinstance(value, pd.Timestamp):
        return _day(value)
    if isinstance(value, float):
        return round(value, 2)
    return value.item() if hasattr(value, "item") else value


def _day(value: Any) -> str | None:
    return None if value is None or pd.isna(value) else f"{value:%Y-%m-%d}"


def text(page: dict[str, Any]) -> str:
    """Write the page as plain text of at most 100 columns."""
    finding = textwrap.fill(page["finding"], WIDTH)
    parts = [finding, _titled("Promise", _promised(page)), _titled("Powered (MW)", _curve(page))]
    if page["verdict"]["verdict"] != explain.UNASSESSED:
        parts += [
            _titled("Limits", _limit_lines(page)),
            _titled("Flexible", _flexible_lines(page)),
            _titled("Remedies", _remedy_lines(page)),
        ]
    parts += [
        _titled("Ledger (waiting counted with nothing built)", _wrapped(page["ledger"])),
        _titled("Not tested", [f"- {line}" for line in page["untested"]]),
        _titled("Facts", _fact_lines(page)),
    ]
    return "\n\n".join(part for part in parts if part)


def _wrapped(lines: list[str]) -> list[str]:
    return [part for line in lines for part in textwrap.wrap(line, WIDTH - 2)]


def _titled(title: str, lines: list[str]) -> str:
    return "\n".join([title, *(f"  {line}" for line in lines)]) if lines else ""


def _promised(page: dict[str, Any]) -> list[str]:
    return [
        f"{step['target_date'] or 'no date':12}{step['mw']:>9,.0f} MW  {step['basis']:13}"
        f" {step['phase'][:56]}"
        for step in page["promise"]
        if step["mw"]
    ]


def _curve(page: dict[str, Any]) -> list[str]:
    lines = [f"{'period':14}{'promised':>10}{'nothing built':>15}{'with remedies':>15}"]
    before: tuple[float, ...] = ()
    for row in page["curve"]:
        values = (row["promised_mw"], row["powered_mw"], row["with_remedies_mw"])
        if values != before:
            lines.append(
                f"{row['period']:14}{values[0]:>10,.0f}{values[1]:>15,.0f}{values[2]:>15,.0f}"
            )
        before = values
    return lines if len(lines) > 1 else []


def _gain(mw: float | None, quarters: float | None) -> str:
    """Megawatts freed on the date, and how much sooner all is powered, to the horizon at most."""
    parts = [f"{mw or 0:,.0f} MW on the date"]
    if quarters:
        parts.append(f"all powered {quarters:.0f} quarters sooner (to the horizon)")
    return "; ".join(parts)


def _limit_lines(page: dict[str, Any]) -> list[str]:
    limits = page["limits"]
    lines = []
    if limits["cause"]:
        lines.append(f"binding: {limits['cause_in_words']}")
        gain = _gain(limits["freed_mw"], limits["freed_quarters"])
        lines.append(f"  lifting it alone frees {gain}")
    if limits["next_cause"]:
        lines.append(f"behind it: {limits['next_cause_in_words']}")
        lines.append(f"  it frees {_gain(limits['next_mw'], limits['next_quarters'])}")
    usd = limits["price_usd_per_mw_yr"]
    if usd is not None:
        lines.append(f"one more accredited MW there on the date, with remedies: {usd:,.0f} USD/yr")
    elif limits["cause"] in {"supply", "import"}:
        lines.append("one more accredited MW there on the date: no remedy is left at any price")
    return lines + [f"rule: {rule}" for rule in limits["connection_rules"]]


def _flexible_lines(page: dict[str, Any]) -> list[str]:
    found = page["flexible"]
    hours, mw = found["hours_a_year_at_most"], found["served_on_time_mw"]
    lines = [f"at most {hours:.0f} h a year: {mw:,.0f} MW on their dates"]
    lines += [
        f"pool {found['pool']} {row['period']}: {row['give_mw']:,.0f} MW give way in"
        f" {row['hours']:.0f} h, {row['mwh']:,.0f} MWh"
        for row in found["pool_gives_way"]
    ]
    return lines


def _remedy_lines(page: dict[str, Any]) -> list[str]:
    found = page["remedies"]
    lines = []
    if found["for_this_site"]:
        period = found["for_this_site"][0]["period"]
        lines.append(
            f"cheapest for this site alone, in service by {period}, decided on the as-of date:"
        )
    needed = found["for_this_site"]
    lines += [_option_line(row) for row in needed[:SHOWN]]
    if len(needed) > SHOWN:
        rest = needed[SHOWN:]
        mw, usd = sum(row["mw"] for row in rest), sum(row["usd_yr"] or 0 for row in rest)
        lines.append(f"  and {len(rest)} smaller ones: {mw:,.0f} MW, {usd / 1e6:,.0f} M USD/yr")
    if found["ranked"]:
        lines.append(
            "in its region, by MW-months for its late sites per million USD (100 MW each):"
        )
        lines += [
            f"  {row['remedy'][:30]:30} from {row['first_date']}"
            f"{row['mw_months_per_million_usd'] or 0:>10,.1f}"
            for row in found["ranked"]
        ]
    return lines


def _option_line(row: dict[str, Any]) -> str:
    cost = f"{(row['usd'] or 0) / 1e6:>8,.0f} M USD{(row['usd_yr'] or 0) / 1e6:>7,.0f} M/yr"
    return f"  {row['option'][:42]:42}{row['mw']:>8,.0f} MW from {row['first_date']}{cost}"


def _fact_lines(page: dict[str, Any]) -> list[str]:
    return [
        f"{fact['fact'][:14]:15}{fact['known_on'] or '':11}{fact['confidence']:7}"
        f"{_whose(fact)[:24]:25}{(fact['document'] or '')[:38]}"
        for fact in page["facts"]
    ]


def _whose(fact: dict[str, Any]) -> str:
    """Name the publisher; rows that a user has laid over a pack are marked with their number."""
    if not fact["yours"]:
        return str(fact["publisher"] or "")
    return f"YOURS ({fact['rows']} row{'s' if fact['rows'] > 1 else ''})"
