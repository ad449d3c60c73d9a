"""Read arguments, call the library, print, choose the exit code."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.case import Case
    from planner.pipeline import Plan

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Can the promised gigawatts be powered by the promised date, and if not, what stands in"
    " the way? Start with: planner check",
)

FORMATS = ("table", "csv", "json")
Grid = Annotated[
    list[str] | None,
    typer.Option("--grid", help="Grid pack, by name (us, india) or folder; may be repeated."),
]
Sites = Annotated[
    str, typer.Option("--sites", help="Sites pack, by name or folder, or a CSV file of your own.")
]
AsOf = Annotated[
    str, typer.Option("--as-of", help="Day of the question (YYYY-MM-DD); later facts are not read.")
]
Horizon = Annotated[int, typer.Option("--horizon", help="Years looked ahead.")]
Stance = Annotated[
    str,
    typer.Option("--stance", help="announced (as promised), expected (times realised share), or"
                 " committed (under construction or contract)."),
]
Allocation = Annotated[
    str,
    typer.Option("--allocation", help="Who is first: queue (earlier announced), prorata (equal"
                 " shares), most (largest steps)."),
]
Scenario = Annotated[str, typer.Option("--load-scenario", help="official or derived.")]
Format = Annotated[str, typer.Option("--format", help="table, csv or json.")]
Program = Annotated[str | None, typer.Option("--program", help="Program, for example stargate.")]
State = Annotated[str | None, typer.Option("--state", help="State, for example TX.")]
Site = Annotated[str | None, typer.Option("--site", help="Site id, see: planner sites")]


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Options before the command."""
    if version:
        import planner

        typer.echo(planner.__version__)
        raise typer.Exit


@app.command(epilog="Example: planner check --program stargate --out answer")
def check(
    grid: Grid = None,
    sites: Sites = "announced",
    program: Program = None,
    state: State = None,
    site: Site = None,
    as_of: AsOf = "2026-11-22",
    horizon: Horizon = 10,
    stance: Stance = "announced",
    allocation: Allocation = "queue",
    load_scenario: Scenario = "official",
    out: Annotated[Path | None, typer.Option("--out", help="Folder for tables (CSV) and the run record.")] = None,
    out_format: Annotated[str, typer.Option("--out-format", help="csv or parquet.")] = "csv",
    style: Format = "table",
    fail_late: Annotated[bool, typer.Option("--fail-late", help="Exit with 1 if a site is late.")] = False,
) -> None:
    """Say which announced megawatts can be powered on time, and what holds up the rest."""
    _one_of("--format", style, FORMATS)
    _one_of("--out-format", out_format, ("csv", "parquet"))
    case = _case(grid, sites, as_of, horizon, stance, allocation, load_scenario)
    plan = _only(_answer(case), program, state, site)
    from planner import report

    if out is not None:
        for path in report.write(plan, out, style=out_format):
            typer.echo(f"wrote {path}", err=True)
    typer.echo(_rendered(plan, style))
    if fail_late and plan.sites["verdict"].isin(["late", "not before the horizon"]).any():
        raise typer.Exit(1)


def _rendered(plan: Plan, style: str) -> str:
    from planner import report

    if style == "json":
        return report.as_json(plan)
    return report.screen(plan) if style == "table" else report.as_text(plan.sites, style)


@app.command(epilog="Example: planner headroom --region PJM-DOM --year 2028")
def headroom(
    grid: Grid = None,
    sites: Sites = "announced",
    region: Annotated[str | None, typer.Option("--region", help="Region or pool, for example PJM.")] = None,
    year: Annotated[int | None, typer.Option("--year", help="Year of the periods.")] = None,
    as_of: AsOf = "2026-11-22",
    horizon: Horizon = 10,
    load_scenario: Scenario = "official",
    style: Format = "table",
) -> None:
    """Show requirement, supply, imports and headroom in MW per region and period."""
    _one_of("--format", style, FORMATS)
    case = _case(grid, sites, as_of, horizon, "announced", "queue", load_scenario)
    rows = _answer(case).regions
    if region is not None:
        chosen = rows[(rows["region"] == region) | (rows["pool"] == region)]
        _known("--region", region, set(rows["region"]) | set(rows["pool"]))
        rows = chosen
    if year is not None:
        rows = rows[rows["period"].str.startswith(f"{year}-")]
    columns = ["region", "period", "native_mw", "requirement_mw", "supply_mw", "headroom_mw",
               "net_import_mw", "shortage_mw", "sites_mw", "unnamed_mw"]
    from planner import report

    typer.echo(report.as_text(rows[columns].round(0 if style == "table" else 3), style))


@app.command("sites", epilog="Example: planner sites --state WI")
def list_sites(
    sites: Sites = "announced",
    program: Program = None,
    state: State = None,
    site: Site = None,
    as_of: AsOf = "2026-11-22",
    style: Format = "table",
) -> None:
    """List the announced sites with megawatts (IT and facility), status and promised dates."""
    _one_of("--format", style, FORMATS)

    def read() -> object:
        from planner import packs

        return packs.read_sites(sites, as_of=_day(as_of))

    rows = _guarded(read)["sites"]  # type: ignore[index]
    rows = _chosen(rows, program, state, site)
    columns = ["site", "status", "it_mw", "facility_mw", "mw_quality", "full_power_date", "confidence"]
    if style == "table":
        rows = rows.assign(full_power_date=rows["full_power_date"].dt.strftime("%Y-%m-%d"))
    from planner import report

    typer.echo(report.as_text(rows[columns] if style == "table" else rows, style))


@app.command("grids", epilog="Example: planner grids us")
def list_grids(
    grid: Annotated[str | None, typer.Argument(help="Grid pack to describe.")] = None,
    style: Format = "table",
) -> None:
    """List the grid packs, or the regions of one with pool and note."""
    _one_of("--format", style, FORMATS)

    def read() -> object:
        from planner import packs

        return packs.describe("grids", grid)

    from planner import report

    typer.echo(report.as_text(_guarded(read), style))  # type: ignore[arg-type]


def _case(
    grid: list[str] | None,
    sites: str,
    as_of: str,
    horizon: int,
    stance: str,
    allocation: str,
    load_scenario: str,
) -> Case:
    day = _day(as_of)

    def read() -> Case:
        import planner

        return planner.load_case(
            grid or ("us", "india"),
            sites,
            as_of=day,
            horizon_years=horizon,
            stance=stance,
            allocation=allocation,
            load_scenario=load_scenario,
        )

    return _guarded(read)


def _answer(case: Case) -> Plan:
    def run() -> Plan:
        import planner

        return planner.check(case)

    return _guarded(run)


def _guarded[T](work: Callable[[], T]) -> T:
    """Run, and turn an error of ours into a message and exit code 2."""
    from planner.errors import PlannerError

    try:
        return work()
    except PlannerError as error:
        for line in str(error).splitlines():
            typer.echo(f"planner: {line}", err=True)
        raise typer.Exit(2) from error


def _only(plan: Plan, program: str | None, state: str | None, site: str | None) -> Plan:
    """Keep the sites asked for; all others still compete for the same megawatts."""
    from planner import pipeline

    chosen = _chosen(plan.sites, program, state, site)
    return pipeline.only(plan, set(chosen["site"]))


def _chosen(rows, program, state, site):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    for option, column, wanted in (
        ("--program", "program", program), ("--state", "state", state), ("--site", "site", site),
    ):
        if wanted is not None:
            _known(option, wanted, set(rows[column].dropna()))
            rows = rows[rows[column] == wanted]
    return rows


def _known(option: str, wanted: str, known: set[str]) -> None:
    if wanted in known:
        return
    import difflib

    close = difflib.get_close_matches(wanted, sorted(known), n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(close)}?" if close else "."
    typer.echo(f"planner: {option} is {wanted!r}, which is not there{hint}", err=True)
    raise typer.Exit(2)


def _one_of(option: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        typer.echo(f"planner: {option} is {given!r}; choose one of {', '.join(allowed)}.", err=True)
        raise typer.Exit(2)


def _day(given: str) -> date:
    try:
        return datetime.strptime(given, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        typer.echo(f"planner: --as-of is {given!r}; write a day as YYYY-MM-DD.", err=True)
        raise typer.Exit(2) from None


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app()
    except BrokenPipeError:
        sys.exit(0)


if __name__ == "__main__":
    main()
