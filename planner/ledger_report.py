"""The ledger as text: the first screen, one program, and the page on the founding articles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner.ledger import TABLES
from planner.ledger_facts import ALL, MW_PER_GW
from planner.report import as_text, markdown, text_table

if TYPE_CHECKING:
    from planner.ledger import Ledger

TOP: Final = 12
NAMED: Final = (
    "vantage_texas_23_25", "vantage_wisconsin_14_75", "hyperion_27", "google_india_15",
    "abilene_7_1", "abilene_2_3", "xai_colossus2_valor", "jupiter_18", "saline_14", "el_paso_13",
    "ports_nvidia_guarantee", "hawesville_19", "beacon_point_lease", "talen_amazon",
)  # fmt: skip
LAST_SHOWN: Final = 2032
SHORT: Final = {"not before the horizon": "> horizon", "not assessable": "unknown"}
POWERED: Final = (
    "Is it powered? (GW with a date; USD bn of capital that waits, interest and chips a year)"
)
MILLION: Final = 1e6
WHOLE: Final = 10  # from here on dollars are rounded to billions
PLANT: Final = (
    "What powering it costs: no figure. This answer is of firm supply only; it holds no remedies\n"
    "whose plants, lines and storage could be priced."
)


def screen(ledger: Ledger, program: str | None = None) -> str:
    """Write the first screen, of all programs or of one; at most 100 columns."""
    if program is not None:
        return _joined([one(ledger, program), *_body(ledger, program), footer(ledger)])
    return _joined([headline(ledger), *_body(ledger, None), footer(ledger)])


def _body(ledger: Ledger, program: str | None) -> list[str]:
    chosen = program or ALL
    parts = [_titled("Pledged, located, without a place (GW)", programs(ledger, program))]
    if not ledger.planned:
        parts.append(_titled("Pledges of load (GW)", pledges(ledger, program)))
        return parts
    parts += [
        _titled(POWERED,
                powered(ledger, program)),
        _titled(f"By end of summer, {'all pledges' if program is None else chosen} (GW)",
                by_year(ledger, chosen)),
    ]  # fmt: skip
    if program is not None:
        parts.append(_titled("Pledges of load (GW)", pledges(ledger, program)))
        parts.append(_titled("Late sites: capital that waits and its interest a year (USD bn)",
                             capital(ledger, program)))  # fmt: skip
    else:
        parts += [
            _titled("Financings by name (USD bn)", facilities(ledger)),
            _titled("Debt by borrower, tenant and lender (USD bn)", concentration(ledger)),
            _titled("By country and state, most waiting capital first", places(ledger)),
            _titled("Held against published figures", checks(ledger)),
        ]
    parts.append(_titled("What powering it costs (USD bn of investment)", powering(ledger, chosen)))
    return [*parts, "" if len(ledger.powering) else PLANT]


def _joined(parts: list[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def headline(ledger: Ledger) -> str:
    """State the finding in two sentences."""
    row: Any = ledger.programs.set_index("program").loc[ALL]
    told = (
        f"{_gw(row['pledged_sum_mw'])} GW of pledges of load, as the press adds them, are"
        f" {_range(row, 'once')} GW counted once;\n{_range(row, 'unplaced')} GW of them have no"
        " place yet."
    )
    if not ledger.planned:
        return told
    return told + (
        f" Of {_gw(row['due_mw'])} GW with a place and a date, {_gw(row['on_time_mw'])} GW can be\n"
        f"powered on time by firm supply; USD {row['waiting_low']:.0f} to"
        f" {row['waiting_high']:.0f} bn would wait for the rest."
    )


def one(ledger: Ledger, program: str) -> str:
    """State the finding on one program: pledged, located, powered by its dates, late, waiting."""
    row: Any = ledger.programs.set_index("program").loc[program]
    lines = [
        (
            f"{row['name']}: {_gw(row['pledged_sum_mw'])} GW pledged in {row['pledges']} pledges"
            f" are {_range(row, 'once')} GW counted once."
        ),
        (
            f"{_range(row, 'located')} GW are located: {_gw(row['operating_mw'])} GW operate,"
            f" {_gw(row['under_construction_mw'])} GW are under construction,"
            f" {_gw(row['permitted_mw'])} GW permitted,"
        ),
        f"{_gw(row['announced_mw'])} GW announced; {_range(row, 'unplaced')} GW have no place.",
    ]
    if ledger.planned and row["due_mw"] > 0:
        least = "at least " if row["open_ended"] else ""
        lines += [
            (
                f"Of {_gw(row['due_mw'])} GW with a date to come {_gw(row['on_time_mw'])} GW can be"
                f" powered by it, {_gw(row['late_mw'])} GW are late, by {least}"
                f"{row['wait_years']:.1f} years."
            ),
            (
                f"Capital that waits: USD {row['waiting_low']:.0f} to {row['waiting_high']:.0f} bn;"
                f" a year of it costs USD {row['interest_year_low']:.1f} to"
                f" {row['interest_year_high']:.1f} bn of interest, and"
            ),
            (
                f"USD {row['depreciation_year_low']:.0f} to {row['depreciation_year_high']:.0f} bn"
                " of depreciation if the chips stand there."
            ),
            _with_remedies(row),
            (
                "Weakest assumption: nothing is built beyond what stands or is under construction,"
                " so the wait is"
            ),
            (
                "open-ended; next, whether chips are bought before power comes (upper end) or not"
                " (lower end)."
            ),
        ]
    same: Any = ledger.equivalents.set_index("program").loc[program]
    lines.append(
        f"Located, that is {same['energy_low_twh']:.0f} to {same['energy_high_twh']:.0f} TWh a year"
        f" ({same['us_share_low']:.1%} to {same['us_share_high']:.1%} of US load), or"
        f" {same['reactors_low']:.0f} to {same['reactors_high']:.0f} reactors of 1 GW,\nor"
        f" {same['households_low'] / MILLION:.1f} to {same['households_high'] / MILLION:.1f}"
        " million US households."
    )
    return "\n".join(lines)


def _with_remedies(row: Any) -> str:
    """Say how long the wait is with remedies, if they were solved for."""
    if pd.isna(row["least_years"]):
        return "With remedies decided today the wait may be shorter; not solved for here."
    return (
        f"With the remedies below decided today they wait {row['least_years']:.1f} years on"
        " average to the horizon."
    )


def programs(ledger: Ledger, program: str | None = None) -> pd.DataFrame:
    """Pledged, counted once, located by stage, without a place."""
    rows = _chosen(ledger.programs, program)
    told = {
        "program": rows["name"],
        "pledged": rows["pledged_sum_mw"].map(_gw),
        "once": _ranges(rows, "once"),
        "located": _ranges(rows, "located"),
        "operating": rows["operating_mw"].map(_gw),
        "building": rows["under_construction_mw"].map(_gw),
        "planned": (rows["permitted_mw"] + rows["announced_mw"]).map(_gw),
        "no place": _ranges(rows, "unplaced"),
    }
    return pd.DataFrame(told)


def powered(ledger: Ledger, program: str | None = None) -> pd.DataFrame:
    """Due, on time, late, by how long; located without a date; capital that waits."""
    rows = _chosen(ledger.programs, program)
    least = rows["open_ended"].map({True: "> ", False: ""})
    wait = (least + rows["wait_years"].map("{:.1f}".format)).where(rows["late_mw"] > 1, "")
    return pd.DataFrame({
        "program": rows["name"],
        "due": rows["due_mw"].map(_gw),
        "on time": rows["on_time_mw"].map(_gw),
        "late": rows["late_mw"].map(_gw),
        "years": wait,
        "undated": rows["undated_mw"].map(_gw),
        "capital": _money(rows, "waiting"),
        "interest": _money(rows, "interest_year"),
        "chips": _money(rows, "depreciation_year"),
    })  # fmt: skip


def by_year(ledger: Ledger, program: str) -> pd.DataFrame:
    """Due, powered, late and without a place, cumulative by year."""
    rows = ledger.by_year[ledger.by_year["program"] == program]
    rows = rows[rows["year"] <= LAST_SHOWN]
    return pd.DataFrame({
        "year": rows["year"].astype(str),
        "operating now": rows["operating_mw"].map(_gw),
        "due since": rows["due_mw"].map(_gw),
        "powered": rows["powered_mw"].map(_gw),
        "late": rows["late_mw"].map(_gw),
        "pledged by then, no place": _ranges(rows, "unplaced"),
        "no place, no date": _ranges(rows, "unplaced_undated"),
    })  # fmt: skip


def pledges(ledger: Ledger, program: str | None = None) -> pd.DataFrame:
    """Pledges of load, largest first."""
    rows = ledger.pledges
    if program not in {None, ALL}:
        told = str(ledger.programs.set_index("program").loc[program, "rows"]).split(";")
        rows = rows[("pledges:" + rows["pledge"]).isin(told)]
    shown = rows if program else rows.head(TOP)
    if shown.empty:
        return pd.DataFrame()
    return pd.DataFrame({
        "pledge": shown["pledge"],
        "GW": shown["mw"].map(_gw),
        "basis": shown["mw_basis"].str.replace("_", " ")
        + shown["converted"].map({True: " x PUE", False: ""}),
        "state": shown["state"],
        "located": shown["located_mw"].map(_gw),
        "no place": _ranges(shown, "unplaced").where(shown["within"] == "", "in another"),
        "sure": shown["confidence"],
    })  # fmt: skip


def capital(ledger: Ledger, program: str) -> pd.DataFrame:
    """Late sites of a program with the capital that waits."""
    own = ledger.sites[(ledger.sites["program"] == program) & ledger.sites["certain"]]
    named = set(own["site"])
    if program == ALL:
        told = str(ledger.programs.set_index("program").loc[ALL, "rows"]).split(";")
        named = {part.removeprefix("sites:") for part in told}
    rows = ledger.capital[ledger.capital["site"].isin(named)].head(TOP)
    if rows.empty:
        return pd.DataFrame()
    least = rows["open_ended"].map({True: "> ", False: ""})
    return pd.DataFrame({
        "site": rows["name"].str.slice(0, 30),
        "late GW": (rows["late_mw"] / MW_PER_GW).map("{:.2f}".format),
        "years": least + rows["wait_years"].map("{:.1f}".format),
        "capital": _money(rows, "waiting"),
        "interest": _money(rows, "interest_year"),
        "read as": rows["budget"],
    })  # fmt: skip


def facilities(ledger: Ledger) -> pd.DataFrame:
    """The named financings: amount, verdict on the site, what waits, interest."""
    rows = ledger.facilities.set_index("financing")
    rows = rows.loc[[name for name in NAMED if name in rows.index]].reset_index()
    return pd.DataFrame({
        "site": rows["name"].str.replace(r" \(.*|OpenAI Stargate |Technology |Hut 8 ", "",
                                         regex=True).str.slice(0, 18),
        "kind": rows["kind"],
        "amount": rows["usd_bn"].map("{:g}".format),
        "verdict": rows["verdict"].replace(SHORT),
        "late": rows["late_fraction"].map("{:.0%}".format),
        "waits": _money(rows, "waiting"),
        "interest": _money(rows, "interest"),
        "borrower": rows["borrower"].str.replace(r" \(.*", "", regex=True).str.slice(0, 16),
    })  # fmt: skip


def concentration(ledger: Ledger, count: int = 4) -> pd.DataFrame:
    """Largest borrowers, tenants and lenders."""
    rows = ledger.concentration.groupby("role", sort=False).head(count)
    return pd.DataFrame({
        "role": rows["role"], "party": rows["party"], "facilities": rows["facilities"],
        "debt": _money(rows, "", "low", "high"), "at late sites": _money(rows, "late"),
    })  # fmt: skip


def places(ledger: Ledger) -> pd.DataFrame:
    """Countries and states with most capital waiting."""
    rows = ledger.places.sort_values("waiting_high", ascending=False).head(TOP)
    return pd.DataFrame({
        "country": rows["country"], "state": rows["state"],
        "located GW": rows["firm_mw"].map(_gw) + "-" + rows["stated_mw"].map(_gw),
        "operating": rows["operating_mw"].map(_gw), "due": rows["due_mw"].map(_gw),
        "on time": rows["on_time_mw"].map(_gw), "late": rows["late_mw"].map(_gw),
        "capital waiting": _money(rows, "waiting"),
    })  # fmt: skip


def powering(ledger: Ledger, program: str) -> pd.DataFrame:
    """Investment in remedies by region and kind, most first."""
    if ledger.powering.empty:
        return pd.DataFrame()
    rows = ledger.powering[ledger.powering["program"] == program]
    rows = rows[rows["capex_usd_bn_high"] > 0].head(TOP)
    if rows.empty:
        return pd.DataFrame()
    return pd.DataFrame({
        "region": rows["region"], "kind": rows["kind"],
        "GW": (rows["mw"] / MW_PER_GW).map("{:.1f}".format),
        "investment": _money(rows, "capex_usd_bn"),
    })  # fmt: skip


def checks(ledger: Ledger) -> pd.DataFrame:
    """Figures of the ledger beside published ones."""
    rows = ledger.checks
    return pd.DataFrame({
        "check": rows["check"], "unit": rows["unit"].str.replace(", Amazon's alone", ""),
        "ours": _span(rows, "ours_low", "ours_high"),
        "published": _span(rows, "published_low", "published_high"),
        "finding": rows["finding"],
    })  # fmt: skip


def footer(ledger: Ledger) -> str:
    """State the day, the rule of counting, and what is not counted."""
    given = ledger.case.assumptions
    pledged = ledger.pledges
    unstated = pledged.loc[pledged["mw_basis"].isin(["not_stated", "compute"]), "mw"].sum()
    return "\n".join([
        (f"As of {given.as_of}, stance {given.stance}. Counted once: gigawatts are the same only"
        " where each pair"),
        ("of their claims is said to overlap (least), or where one is said to lie in the other"
        " (most)."),
        (f"{_gw(unstated)} GW of pledges state compute or no basis and count as facility load;"
        f" {len(ledger.listed)} rows of money,"),
        ("energy, queues, forecasts and sums are listed and not added. See: planner ledger --table"
        " listed."),
    ])  # fmt: skip


def as_json(ledger: Ledger) -> str:
    """Write every table as one JSON document."""
    body = {name: json.loads(as_text(getattr(ledger, name), "json")) for name in TABLES}
    return json.dumps({"finding": headline(ledger), **body}, indent=1)


def page(ledger: Ledger) -> str:
    """Write the page on the figures of the founding articles, and how the pledges add up."""
    rows = ledger.claims
    counts = rows["verdict"].value_counts()
    told = ", ".join(f"{counts.get(word, 0)} {word}" for word in ("confirmed", "reproduced",
                                                                  "contradicted"))  # fmt: skip
    lines = [
        "# Ledger",
        "",
        (
            "Generated by `planner ledger --pledges-only --page`; do not edit. As of"
            f" {ledger.case.assumptions.as_of}."
        ),
        "",
        headline(ledger).replace("\n", " "),
        "",
        "## Figures of the founding articles",
        "",
        (
            f"{len(rows)} figures: {told}. Confirmed: another document says the same within 5 %, or"
            " a calculation out of other rows within 10 %. Contradicted: it does not. Reproduced:"
            " the row carries the figure, and nothing else in the packs speaks for or against it."
        ),
        "",
        "| article | figure | stated | verdict | against | source | remark |",
        "|---|---|---:|---|---|---|---|",
        *[_claim(row) for row in rows.itertuples()],
        "",
        "## Programs (GW)",
        "",
        *markdown(programs(ledger)),
        "",
        "## Pledges of load (GW)",
        "",
        *markdown(pledges(ledger, ALL)),
        "",
        "## Sites that several pledges claim",
        "",
        *markdown(ledger.claimed.drop(columns="rows").round(0)),
        "",
        "## Listed, not added",
        "",
        *markdown(_listed(ledger)),
        "",
        "## Cost of a gigawatt (USD billion)",
        "",
        *markdown(ledger.costs.drop(columns="rows").round(1)),
        "",
        "## Rates",
        "",
        *markdown(_rates(ledger)),
        "",
    ]
    return "\n".join(lines)


def _claim(row: Any) -> str:
    unit = row.unit
    stated = _span_of(row.low, row.high)
    against = ""
    if pd.notna(row.against_low):
        against = f"{_span_of(row.against_low, row.against_high)} ({row.against})"
    remark = row.remark if isinstance(row.remark, str) else ""
    cells = (row.article, row.figure, f"{stated} {unit}", row.verdict, against,
             f"`{row.row}`, `{row.source}`", remark)  # fmt: skip
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _listed(ledger: Ledger) -> pd.DataFrame:
    rows = ledger.listed
    return pd.DataFrame({
        "row": rows["pledge"], "by": rows["by"], "kind": rows["kind"],
        "GW": (rows["mw"] / MW_PER_GW).map("{:g}".format, na_action="ignore").fillna(""),
        "USD bn": rows["usd_bn"].map("{:g}".format, na_action="ignore").fillna(""),
        "source": rows["source"],
    })  # fmt: skip


def _rates(ledger: Ledger) -> pd.DataFrame:
    rows = ledger.facts.rates
    return pd.DataFrame({
        "rate": rows["rate"], "meaning": rows["meaning"],
        "value": [_span_of(*ends) for ends in zip(rows["low"], rows["high"], strict=True)],
        "unit": rows["unit"], "source": rows["source"],
    })  # fmt: skip


def _chosen(rows: pd.DataFrame, program: str | None) -> pd.DataFrame:
    """Keep one program, or order all by what is located; the sum stands last."""
    if program is not None:
        return rows[rows["program"] == program]
    rank = rows["located_high_mw"].where(rows["program"] != ALL, -1.0)
    return rows.assign(rank=rank).sort_values(["rank", "program"], ascending=[False, True])


def _gw(mw: float) -> str:
    return f"{mw / MW_PER_GW:.1f}"


def _range(row: pd.Series, name: str) -> str:
    low, high = _gw(row[f"{name}_low_mw"]), _gw(row[f"{name}_high_mw"])
    return low if low == high else f"{low} to {high}"


def _ranges(rows: pd.DataFrame, name: str) -> pd.Series:
    low, high = rows[f"{name}_low_mw"].map(_gw), rows[f"{name}_high_mw"].map(_gw)
    return low.where(low == high, low + "-" + high)


def _money(rows: pd.DataFrame, name: str, low: str = "_low", high: str = "_high") -> pd.Series:
    ends = rows[name + low], rows[name + high]
    told = [_dollars_between(least, most) for least, most in zip(*ends, strict=True)]
    return pd.Series(told, index=rows.index, dtype=str)


def _dollars_between(least: float, most: float) -> str:
    """Write a range; where both ends are one published amount, that amount."""
    ends = _dollars(least), _dollars(most)
    if most == 0:
        return ""
    return ends[0] if ends[0] == ends[1] else f"{ends[0]}-{ends[1]}"


def _dollars(value: float) -> str:
    return f"{value:.0f}" if value >= WHOLE else f"{value:.1f}"


def _span(rows: pd.DataFrame, low: str, high: str) -> pd.Series:
    told = [_span_of(*ends) for ends in zip(rows[low], rows[high], strict=True)]
    return pd.Series(told, index=rows.index, dtype=str)


def _span_of(low: float, high: float) -> str:
    ends = [f"{end:,.0f}" if end >= WHOLE * WHOLE else f"{end:.4g}" for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]}-{ends[1]}"


def _titled(title: str, table: pd.DataFrame) -> str:
    return f"{title}\n{text_table(table)}" if len(table) else ""
