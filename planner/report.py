"""A plan as text."""

from __future__ import annotations

import json
import sys
import textwrap
from io import StringIO
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from planner import explain
from planner.demand import numbered
from planner.schema import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.ladder import Ladder
    from planner.pipeline import Plan

WIDTH: Final = 100
GAP: Final = "   "
TOP: Final = 10
YEARS_SHOWN: Final = 3
SMALLEST_SHOWN_MW: Final = 50.0
MW_PER_GW: Final = 1000.0
PLAIN: Final = explain.VERDICTS[:-1]
LADDER: Final = (
    explain.ON_TIME,
    "on time if flexible",
    "on time with remedies",
    explain.LATE,
    explain.NEVER,
)
CAUSES: Final = {
    "supply": "supply: the system is short",
    "import": "import: a transfer limit",
    "delivery": "delivery: the limit of the pocket",
    "connection": "connection: large-load process",
    "build": "build: its date has passed unbuilt",
    "onsite": "onsite: the site's own plant",
}


def screen(plan: Plan, *, ladder: Ladder | None = None) -> str:
    """Write the first screen: what is asked and powered, bottlenecks, late sites, what is missing.

    With a ladder, the verdicts and earliest dates are those with remedies.

    Returns
    -------
    str
        Plain text, at most 100 columns; colour is never needed.
    """
    sites = (
        plan.sites
        if ladder is None
        else ladder.sites[ladder.sites["site"].isin(plan.sites["site"])]
    )
    parts = [
        headline(plan),
        _titled("Gigawatts due, and powered by then with nothing built", by_year(plan)),
        _titled("Sites by verdict", by_verdict(plan, sites)),
        _titled("Worst bottlenecks: gigawatts held up, by year of the promise", bottlenecks(plan)),
        _titled("Longest connection of a request made today", slow_connections(plan)),
        _titled("Largest late sites", late_sites(sites)),
        "" if ladder is None else _titled("Remedies decided, largest yearly cost", decided(ladder)),
        _titled("Not assessable", unassessed(plan)),
        own_rows(plan.case.changes),
        footer(plan),
    ]
    return "\n\n".join(part for part in parts if part)


def headline(plan: Plan) -> str:
    """State the finding in one sentence."""
    steps = plan.steps
    asked, on_time = steps["mw"].sum(), steps["served_mw"].sum()
    if not asked:
        return "No assessable megawatts in this selection."
    worst = plan.bottlenecks.head(1)
    where = "".join(
        f" {row.area} holds up most: {(row.held_up_mw + row.unnamed_mw) / MW_PER_GW:.1f} GW"
        f" ({row.cause})."
        for row in worst.itertuples()
    )
    return textwrap.fill(
        f"{on_time / MW_PER_GW:.1f} of {asked / MW_PER_GW:.1f} GW with a date"
        f" ({on_time / asked:.0%}) can be powered on time with what stands or is being built."
        f"{where}",
        WIDTH,
    )


def by_year(plan: Plan) -> pd.DataFrame:
    """Gigawatts due by the end of each year, cumulative, and what of it is powered."""
    grids = plan.case.regions.set_index("region")["grid"]
    homes = dict(zip(plan.steps["step"], plan.steps["region"].map(grids), strict=True))
    numbers = numbered(plan.case.periods)
    target, asked = plan.steps["target"].to_numpy(dtype=float), plan.steps["mw"].to_numpy()
    served = plan.served[plan.served["step"].isin(list(homes))]
    powered = served["served_mw"].to_numpy()
    at = numbers.reindex(served["period"]).to_numpy()
    of_step = np.array(list(homes.values()), dtype=object)
    of_served = np.array([homes[step] for step in served["step"]], dtype=object)
    rows = []
    for last in plan.case.periods.groupby("year")["period"].last():
        due, then = target <= numbers[last], at == numbers[last]
        row: dict[str, object] = {"by end of": f"summer {last[:4]}"}
        for grid in sorted(grids.unique()):
            row[f"{grid} due"] = asked[due & (of_step == grid)].sum()
            row[f"{grid} powered"] = powered[then & (of_served == grid)].sum()
        rows.append({**row, "all due": asked[due].sum(), "powered": powered[then].sum()})
    return _gigawatts(pd.DataFrame(rows))


def by_verdict(plan: Plan, sites: pd.DataFrame) -> pd.DataFrame:
    """Count sites and gigawatts by verdict and grid."""
    grids = plan.case.regions.set_index("region")["grid"]
    sites = sites.assign(grid=sites["region"].map(grids).fillna("elsewhere"))
    sites = sites[sites["verdict"] != explain.UNASSESSED]
    rows = []
    for verdict in [rung for rung in LADDER if rung in PLAIN or rung in set(sites["verdict"])]:
        part = sites[sites["verdict"] == verdict]
        row: dict[str, object] = {"verdict": verdict}
        for grid in sorted(set(sites["grid"])):
            here = part[part["grid"] == grid]
            row[f"{grid} sites"] = len(here)
            row[f"{grid} GW"] = f"{here['asked_mw'].sum() / MW_PER_GW:.1f}"
        rows.append(row)
    return pd.DataFrame(rows)


def bottlenecks(plan: Plan, count: int = TOP) -> pd.DataFrame:
    """The worst bottlenecks: gigawatts held up by year of the target, and the limit that binds."""
    rows = plan.bottlenecks.head(count)
    names = plan.case.regions.set_index("region")["name"]
    first = int(plan.case.periods["year"].iloc[0])
    held = plan.by_year.assign(year=plan.by_year["year"].clip(upper=first + YEARS_SHOWN))
    held = held.pivot_table(
        index=["area", "cause"], columns="year", values="held_up_mw", aggfunc="sum"
    )
    years = range(first, first + YEARS_SHOWN + 1)
    held = held.reindex(pd.MultiIndex.from_frame(rows[["area", "cause"]]), columns=list(years))
    table = pd.DataFrame(
        {"area": rows["area"], "where": rows["region"].map(names).str.slice(0, 22)}
    )
    for year in years:
        label = str(year) if year < years[-1] else f"{year}+"
        table[label] = [_or_dash(value) for value in held[year]]
    table["all"] = [_or_dash(value) for value in rows["held_up_mw"]]
    table["unnamed"] = [_or_dash(value) for value in rows["unnamed_mw"]]
    return table.assign(limit=rows["cause"])


def _or_dash(mw: float) -> str:
    return f"{mw / MW_PER_GW:.1f}" if mw >= SMALLEST_SHOWN_MW else "-"


def slow_connections(plan: Plan, count: int = 4) -> pd.DataFrame:
    """Areas with the longest published lead time, and when a request of today is connected."""
    case = plan.case
    rules = case.connection[case.connection["lead_months"].notna()]
    rules = rules.sort_values("begins_on").drop_duplicates("area", keep="last")
    rules = rules.sort_values(["lead_months", "area"], ascending=[False, True]).head(count)
    start = pd.Timestamp(case.assumptions.as_of)
    ready = [start + pd.DateOffset(months=round(months)) for months in rules["lead_months"]]
    return pd.DataFrame(
        {
            "area": rules["area"],
            "months": rules["lead_months"].astype(int),
            "connected": [f"{day:%Y-%m}" for day in ready],
            "rule": rules["note"].fillna("").str.slice(0, 60),
        }
    )


def late_sites(sites: pd.DataFrame, count: int = TOP) -> pd.DataFrame:
    """The largest late sites with promised and earliest period."""
    sites = sites[sites["verdict"].isin([explain.LATE, explain.NEVER])]
    sites = sites.sort_values(["late_mw", "site"], ascending=[False, True]).head(count)
    earliest = sites["earliest_period"].fillna(explain.NEVER)
    return pd.DataFrame(
        {
            "site": sites["name"].str.slice(0, 30),
            "region": sites["region"],
            "late GW": (sites["late_mw"] / MW_PER_GW).map("{:.2f}".format),
            "promised": sites["target_period"],
            "in full": earliest.replace(explain.NEVER, "after horizon"),
            "limit": sites["cause"],
        }
    )


def decided(ladder: Ladder, count: int = TOP) -> pd.DataFrame:
    """The remedies that the run with remedies decides, added up by kind."""
    if ladder.built.empty:
        return pd.DataFrame()
    rows = ladder.built.groupby("remedy").agg(
        gw=("mw", "sum"),
        native=("native_mw", "sum"),
        usd=("usd", "sum"),
        usd_yr=("usd_yr", "sum"),
        start=("first_date", "min"),
    )
    rows = rows.sort_values("usd_yr", ascending=False).head(count).reset_index()
    return pd.DataFrame(
        {
            "remedy": rows["remedy"],
            "GW": (rows["gw"] / MW_PER_GW).map("{:.1f}".format),
            "of it for native load": (rows["native"] / MW_PER_GW).map("{:.1f}".format),
            "investment bn USD": (rows["usd"] / 1e9).map("{:.1f}".format),
            "bn USD a year": (rows["usd_yr"] / 1e9).map("{:.2f}".format),
            "from": rows["start"].dt.strftime("%Y-%m"),
        }
    )


def headroom(rows: pd.DataFrame, style: str) -> str:
    """Write the balance of regions and periods."""
    columns = [
        "region",
        "period",
        "native_mw",
        "requirement_mw",
        "supply_mw",
        "headroom_mw",
        "net_import_mw",
        "shortage_mw",
        "sites_mw",
        "unnamed_mw",
    ]
    if style != "table":
        return as_text(rows[columns].round(3), style)
    table = rows[columns].round(0).astype(dict.fromkeys(columns[2:], "int64"))
    return as_text(table.rename(columns=lambda name: name.removesuffix("_mw")), style) + "\nMW."


def site_list(rows: pd.DataFrame, style: str) -> str:
    """Write a list of sites."""
    if style != "table":
        return as_text(rows, style)
    columns = [
        "site",
        "status",
        "it_mw",
        "facility_mw",
        "mw_quality",
        "full_power_date",
        "confidence",
    ]
    return as_text(
        rows.assign(full_power_date=rows["full_power_date"].dt.strftime("%Y-%m-%d"))[columns], style
    )


def source_list(rows: pd.DataFrame, style: str, *, stale_days: int) -> str:
    """Write the sources of a question; in a table the stale ones are marked."""
    if style != "table":
        days = rows["published_on"].dt.strftime("%Y-%m-%d")
        return as_text(rows.assign(published_on=days), style)
    table = pd.DataFrame(
        {
            "source": rows["source"].str.slice(0, 22),
            "publisher": rows["publisher"].str.slice(0, 20),
            "licence": rows["licence"].str.slice(0, 20),
            "age": rows["age_days"].map("{:,}".format, na_action="ignore").fillna("unknown"),
            "stale": rows["stale"].map({True: "stale", False: ""}),
            "rows": rows["rows"].map("{:,}".format),
            "verdicts": rows["verdicts"],
        }
    )
    used = rows["verdicts"] > 0
    told = (
        f"{len(rows)} sources, {int(used.sum())} behind verdicts. Age in days; stale: older than"
        f" {stale_days:,} days,\n{int(rows['stale'].sum())} of them,"
        f" {int((rows['stale'] & used).sum())} behind verdicts."
    )
    return f"{text_table(table)}\n\n{told}"


def own_rows(changes: pd.DataFrame) -> str:
    """Say which rows of the answer are the user's: counts by table, and the first of them."""
    if changes.empty:
        return ""
    counts = changes.groupby(["pack", "over", "table", "change"], sort=False).size()
    told: dict[str, list[str]] = {}
    for (pack, over, name, change), count in counts.items():
        told.setdefault(f"{pack} over {over}", []).append(f"{count} of {name} {change}")
    lines = [f"Your rows, {packs}: {', '.join(parts)}." for packs, parts in told.items()]
    for row in changes.head(TOP).itertuples():
        what = f": {row.what}" if row.what else ""
        line = _cell(f"{row.table} {row.change}, {row.key}{what}")
        lines += textwrap.wrap(line, WIDTH - 2, max_lines=2, placeholder=" ...")
    if len(changes) > TOP:
        lines.append(f"and {len(changes) - TOP} more; --format json lists them all.")
    return "\n".join([textwrap.fill(lines[0], WIDTH), *(f"  {line}" for line in lines[1:])])


def places(rows: pd.DataFrame, style: str) -> str:
    """Write the ranking of places for a new load."""
    if style != "table":
        return as_text(rows, style)
    ready = rows["connection_ready"].dt.strftime("%Y-%m").fillna("no rule")
    table = pd.DataFrame(
        {
            "area": rows["area"],
            "where": rows["name"].str.slice(0, 20),
            "verdict": rows["verdict"],
            "MW": rows["powered_mw"].round(0).astype(int),
            "headroom": rows["headroom_mw"].round(0).astype(int),
            "connected": ready,
            "in full": rows["in_full_from"].fillna("-"),
            "displaces": rows["displaced_mw"].round(0).astype(int),
        }
    )
    return as_text(table, style)


def comparison(moved: pd.DataFrame, inputs: pd.DataFrame, style: str) -> str:
    """Write what moved between two runs, and the inputs that differ."""
    if style == "json":
        tables = {"moved": moved, "inputs": inputs}
        return json.dumps({name: json.loads(as_text(part, style)) for name, part in tables.items()})
    if style == "csv":
        return as_text(moved, style)
    table = pd.DataFrame(
        {
            "site": moved["name"].str.slice(0, 26),
            "before": moved["verdict_before"],
            "after": moved["verdict_after"],
            "earliest": moved["earliest_after"].fillna("-"),
            "quarters": moved["quarters"]
            .map("{:+.0f}".format, na_action="ignore")
            .astype(object)
            .fillna(""),
            "MW on time": moved["mw"].map("{:+,.0f}".format),
        }
    )
    lines = [
        textwrap.shorten(f"{row.input}: {row.before} > {row.after}", WIDTH, placeholder="...")
        for row in inputs.itertuples()
    ]
    told = [
        f"{len(moved)} sites moved.",
        _titled("Sites that moved", table.head(3 * TOP)),
        "\n".join(["Inputs that differ", *lines[: 3 * TOP]]),
    ]
    return "\n\n".join(part for part in told if part)


def unassessed(plan: Plan) -> pd.DataFrame:
    """Count the sites that are not assessed, by reason."""
    sites = plan.sites[plan.sites["verdict"] == explain.UNASSESSED]
    facts = plan.case.sites.set_index("site")
    mw = facts["facility_mw"].fillna(facts["it_mw"]).reindex(sites["site"]).to_numpy()
    table = sites.assign(mw=mw).groupby("reason").agg(sites=("site", "size"), mw=("mw", "sum"))
    table = table.reset_index().sort_values(["sites", "reason"], ascending=[False, True])
    published = (table["mw"].astype(float) / MW_PER_GW).map("{:.1f}".format)
    return pd.DataFrame(
        {
            "reason": table["reason"],
            "sites": table["sites"],
            "GW published": published,
        }
    )


def footer(plan: Plan) -> str:
    """State the as-of date, the stance, the weakest confidence, and what was not tested."""
    given = plan.case.assumptions
    steps = plan.steps
    untested = steps.loc[~steps["delivery_tested"], "site"].nunique() if len(steps) else 0
    counts = steps.groupby("confidence")["mw"].sum() / MW_PER_GW if len(steps) else {}
    levels = ", ".join(f"{counts[c]:.0f} GW {c}" for c in CONFIDENCE if c in counts)
    spread = steps.loc[steps["basis"] == "assumed ramp", "mw"].sum() / MW_PER_GW
    lines = [
        (
            f"As of {given.as_of}, horizon {given.horizon_years} years, stance {given.stance},"
            f" load {given.load_scenario}, allocation {given.allocation}."
        ),
        f"Confidence of the weakest fact: {levels}." if levels else "",
        f"Delivery not tested for {untested} sites: no limit is published.",
        f"{spread:.1f} GW have a first date only: a ramp of {given.ramp_years} years is assumed.",
    ]
    return "\n".join(line for line in lines if line)


def _gigawatts(table: pd.DataFrame) -> pd.DataFrame:
    numbers = table.select_dtypes("number").columns
    return table.assign(
        **{name: (table[name] / MW_PER_GW).map("{:.1f}".format) for name in numbers}
    )


def _titled(title: str, table: pd.DataFrame) -> str:
    return f"{title}\n{text_table(table)}" if len(table) else ""


def text_table(table: pd.DataFrame) -> str:
    """Lay out a table as plain text within the width."""
    from rich.cells import cell_len

    heads = [str(name) for name in table.columns]
    body = [[_cell(value) for value in row] for row in table.itertuples(index=False)]
    numeric = [_looks_numeric(table[name]) for name in table.columns]
    widths = [max(map(cell_len, column)) for column in zip(heads, *body, strict=True)]
    whole = sum(widths) + len(GAP) * (len(widths) - 1)
    if whole > WIDTH:
        return _squeezed(heads, body, numeric)
    lines = []
    for row in [heads, *body]:
        blanks = [" " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
        cells = zip(row, blanks, numeric, strict=True)
        line = GAP.join(blank + cell if right else cell + blank for cell, blank, right in cells)
        lines.append(line.rstrip())
    return "\n".join([lines[0], "─" * whole, *filter(None, lines[1:])])


def _squeezed(heads: list[str], body: list[list[str]], numeric: list[bool]) -> str:
    """Lay out a table that is too wide; its columns are cut."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    layout = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name, right in zip(heads, numeric, strict=True):
        layout.add_column(
            name, justify="right" if right else "left", overflow="ellipsis", no_wrap=True
        )
    for row in body:
        layout.add_row(*row)
    sink = StringIO()
    Console(file=sink, width=WIDTH, no_color=True, markup=False, highlight=False).print(layout)
    return "\n".join(line.rstrip() for line in sink.getvalue().splitlines() if line.strip())


def markdown(table: pd.DataFrame) -> list[str]:
    """Lay out a table as lines of markdown; what is unknown stays empty."""
    head = "| " + " | ".join(str(name) for name in table.columns) + " |"
    body = [
        "| " + " | ".join(_markdown_cell(cell) for cell in row) + " |"
        for row in table.itertuples(index=False)
    ]
    return [head, "|" + "---|" * len(table.columns), *body]


def _markdown_cell(value: object) -> str:
    return "" if pd.isna(value) else str(value).replace("|", "/")


def _looks_numeric(column: pd.Series) -> bool:
    if column.dtype in (object, "str"):
        column = np.array(["0" if cell == "-" else cell for cell in column], dtype=object)
    return not pd.isna(pd.to_numeric(column, errors="coerce")).any()


def _cell(value: object) -> str:
    """Show one cell; control characters of a site list never reach the terminal."""
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - not a number
        return ""
    return "".join(sign if sign.isprintable() else "?" for sign in str(value))


def as_text(table: pd.DataFrame, style: str) -> str:
    """Write a table as `table`, `csv` or `json` of the same columns."""
    if style == "csv":
        return str(table.to_csv(index=False, lineterminator="\n")).rstrip("\n")
    if style == "json":
        return str(table.to_json(orient="records", indent=1, date_format="iso", double_precision=6))
    return text_table(table)


def as_json(plan: Plan, sites: pd.DataFrame) -> str:
    """Write the whole answer as one JSON document."""
    from planner.report_files import stated

    tables = {"sites": sites, "bottlenecks": plan.bottlenecks}
    body = {name: json.loads(as_text(table, "json")) for name, table in tables.items()}
    if len(plan.case.changes):
        body["own_rows"] = json.loads(as_text(plan.case.changes, "json"))
    return json.dumps({"finding": headline(plan), "run": stated(plan.case), **body}, indent=1)


def say(lines: Iterable[str]) -> None:
    """Print lines on standard output."""
    for line in lines:
        sys.stdout.write(line + "\n")
