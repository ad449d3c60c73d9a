"""The command `planner ledger`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner import cli_common as common
from planner.cli_common import Columns, Grid, Sites

if TYPE_CHECKING:
    from planner.case import Case
    from planner.ledger import Ledger

EPILOG = "Example: planner ledger --program stargate"
STYLES = ("table", "csv", "json")
CHART_FORMATS = (".png", ".svg", ".pdf")


def ledger(
    program: Annotated[
        str | None, typer.Option("--program", help="Program, for example stargate or openai.")
    ] = None,
    grid: Grid = None,
    sites: Sites = "announced",
    as_of: Annotated[
        str, typer.Option("--as-of", help="Day of the question (YYYY-MM-DD).")
    ] = "2026-11-22",
    columns: Columns = None,
    stance: Annotated[
        str, typer.Option("--stance", help="announced, expected or committed.")
    ] = "announced",
    table: Annotated[
        str | None,
        typer.Option("--table", help="One table: programs, pledges, by_year, capital, ..."),
    ] = None,
    style: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
    pledges_only: Annotated[
        bool, typer.Option("--pledges-only", help="Reconcile pledges; judge no date.")
    ] = False,
    place_remainder: Annotated[
        bool,
        typer.Option(
            "--place-remainder",
            help="Spread the GW without a place over regions with headroom (an assumption), and"
            " check them.",
        ),
    ] = False,
    remedies: Annotated[
        bool,
        typer.Option("--remedies", help="Solve with remedies too, for their cost; takes minutes."),
    ] = False,
    chart: Annotated[
        Path | None, typer.Option("--chart", help="Draw the programs into a file (png, svg, pdf).")
    ] = None,
    page: Annotated[bool, typer.Option("--page", help="Print the page docs/ledger.md.")] = False,
) -> None:
    """Count every pledged GW and dollar once; say what is located, powered, late, and its cost."""
    if style not in STYLES:
        _refuse(f"--format is {style!r}; choose one of {', '.join(STYLES)}.")
    text = common.guarded(
        lambda: _answer(program, grid, sites, as_of, stance, table, style, columns=columns,
                        pledges_only=pledges_only, place_remainder=place_remainder,
                        remedies=remedies, page=page, chart=chart)
    )  # fmt: skip
    typer.echo(text)


def _answer(
    program: str | None,
    grid: list[str] | None,
    sites: str,
    as_of: str,
    stance: str,
    table: str | None,
    style: str,
    *,
    columns: Path | None,
    pledges_only: bool,
    place_remainder: bool,
    remedies: bool,
    page: bool,
    chart: Path | None,
) -> str:
    import planner
    from planner import ledger as books
    from planner import ledger_facts

    day = _day(as_of)
    case = planner.load_case(
        grid or ("us", "india"), sites, columns=columns, as_of=day, stance=stance
    )
    if pledges_only or page:
        return _told(books.reconcile(case), program, table, style, page=page)
    found = _with_remedies(case) if remedies else books.build(planner.check(case))
    if chart is not None:
        _drawn(found, chart)
    text = _told(found, program, table, style, page=page)
    if place_remainder:
        name = program or ledger_facts.ALL
        placed = books.place_remainder(planner.check(case), found, name)
        text += "\n\n" + _remainder(placed, case)
    return text


def _drawn(found: Ledger, path: Path) -> None:
    from planner import charts_ledger, maps, report_files

    if path.suffix not in CHART_FORMATS:
        _refuse(f"--chart is {str(path)!r}; end it with {', '.join(CHART_FORMATS)}.")
    picture = maps.picture(charts_ledger.powered(found), path.suffix.removeprefix("."))
    report_files.write_file(path, picture)
    typer.echo(f"wrote {path}", err=True)


def _told(found: Ledger, program: str | None, table: str | None, style: str, *, page: bool) -> str:
    from planner import ledger as books
    from planner import ledger_report, report

    known = list(found.programs["program"])
    if program is not None and program not in known:
        _refuse(f"--program is {program!r}; choose one of {', '.join(known)}.")
    if page:
        return ledger_report.page(found).rstrip("\n")
    if table is None and style == "table":
        return ledger_report.screen(found, program)
    if table is None and style == "json":
        return ledger_report.as_json(found)
    if (table or "programs") not in books.TABLES:
        _refuse(f"--table is {table!r}; choose one of {', '.join(books.TABLES)}.")
    rows = getattr(found, table or "programs")
    if program is not None and "program" in rows:
        rows = rows[rows["program"] == program]
    if style == "table":
        rows = rows.drop(columns="rows", errors="ignore").round(2)
    return report.as_text(rows, style)


def _with_remedies(case: Case) -> Ledger:
    from planner import ladder
    from planner import ledger as books

    climbed = ladder.climb(case, tell=lambda line: typer.echo(f"planner: {line}", err=True))
    return books.build(climbed.plan, remedies=climbed.built, ramps=climbed.ramps)


def _remainder(placed: Case, case: Case) -> str:
    """Check the question with the spread remainder and say how much of it can be powered."""
    import planner

    added = set(placed.sites["site"]) - set(case.sites["site"])
    if not added:
        return "Remainder: none, or no region with headroom."
    steps = planner.check(placed).steps
    steps = steps[steps["site"].isin(added)]
    asked, on_time = steps["mw"].sum() / 1e3, steps["served_mw"].sum() / 1e3
    return (
        f"Remainder, spread over {len(added)} regions by headroom (an assumption): of"
        f" {asked:.1f} GW\n{on_time:.1f} GW could be powered by"
        f" {steps['target_date'].max():%Y-%m-%d}, after every site that has a place."
    )


def _day(given: str) -> date:
    try:
        return datetime.strptime(given, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        _refuse(f"--as-of is {given!r}; write a day as YYYY-MM-DD.")
        raise


def _refuse(message: str) -> None:
    typer.echo(f"planner: {message}", err=True)
    raise typer.Exit(2)
