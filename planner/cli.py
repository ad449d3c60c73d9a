"""Read arguments, call the library, print, choose the exit code."""

from __future__ import annotations

import atexit
import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner import (
    cli_brief,
    cli_data,
    cli_data_update,
    cli_ensemble,
    cli_expand,
    cli_headroom,
    cli_hourly,
    cli_ledger,
    cli_maps,
    cli_topdown,
    cli_validate,
)
from planner import cli_common as common
from planner.cli_common import (
    TODAY,
    Allocation,
    AsOf,
    Columns,
    Format,
    Grid,
    Horizon,
    Overrides,
    Program,
    Scenario,
    Site,
    Sites,
    Stance,
    State,
)

if TYPE_CHECKING:
    import pandas as pd

    from planner.ladder import Ladder
    from planner.pipeline import Plan

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Can the promised gigawatts be powered by the promised date, and if not, what stands in"
    " the way? Start with: planner check",
)

LATE = ("late", "not before the horizon")
OBJECTS = 300_000  # made before unused ones are looked for: tables hold few that point in circles
Remedies = Annotated[
    bool,
    typer.Option("--remedies", help="Judge with flexible operation and remedies too (a minute)."),
]


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Take the options that stand before the command."""
    if version:
        import planner

        typer.echo(planner.__version__)
        raise typer.Exit


@app.command(epilog="Example: planner check --program stargate --out answer")
def check(
    context: typer.Context,
    grid: Grid = None,
    sites: Sites = "announced",
    program: Program = None,
    state: State = None,
    site: Site = None,
    as_of: AsOf = TODAY,
    horizon: Horizon = 10,
    stance: Stance = "announced",
    allocation: Allocation = "queue",
    load_scenario: Scenario = "official",
    overrides: Overrides = None,
    columns: Columns = None,
    remedies: Remedies = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the tables and the run record.")
    ] = None,
    out_format: Annotated[str, typer.Option("--out-format", help="csv or parquet.")] = "csv",
    style: Format = "table",
    fail_late: Annotated[
        bool, typer.Option("--fail-late", help="Exit with 1 if a site is late.")
    ] = False,
) -> None:
    """Say which announced megawatts can be powered on time, and what holds up the rest."""
    common.one_of("--format", style, common.FORMATS)
    common.one_of("--out-format", out_format, ("csv", "parquet"))
    common.plain_text(context)
    case = common.read_case(
        grid,
        sites,
        overrides=overrides,
        columns=columns,
        as_of=as_of,
        horizon_years=horizon,
        stance=stance,
        allocation=allocation,
        load_scenario=load_scenario,
    )

    def answer() -> tuple[Plan, Ladder | None]:
        import planner

        if not remedies:
            return planner.check(case), None
        from planner import ladder

        found = ladder.climb(case, tell=common.progress)
        return found.plan, found

    plan, climbed = common.guarded(answer)
    wanted = set(common.chosen(plan.sites, program, state, site)["site"])
    from planner import pipeline

    plan = pipeline.only(plan, wanted)
    if out is not None:
        from planner import report_files

        written = common.guarded(
            lambda: report_files.write(plan, out, style=out_format, ladder=climbed)
        )
        for path in written:
            typer.echo(f"wrote {path}", err=True)
    verdicts = plan.sites
    if climbed is not None:
        verdicts = climbed.sites[climbed.sites["site"].isin(wanted)]
    typer.echo(_rendered(plan, climbed, verdicts, style))
    if fail_late and verdicts["verdict"].isin(LATE).any():
        raise typer.Exit(1)


def _rendered(plan: Plan, climbed: Ladder | None, verdicts: pd.DataFrame, style: str) -> str:
    from planner import report

    if style == "json":
        return report.as_json(plan, verdicts)
    if style == "csv":
        return report.as_text(verdicts, style)
    return report.screen(plan, ladder=climbed)


@app.command("sites", epilog="Example: planner sites --state WI")
def list_sites(
    sites: Sites = "announced",
    program: Program = None,
    state: State = None,
    site: Site = None,
    as_of: AsOf = TODAY,
    columns: Columns = None,
    style: Format = "table",
) -> None:
    """List the announced sites with megawatts (IT and facility), status and promised dates."""
    common.one_of("--format", style, common.FORMATS)
    day = common.parsed_day(as_of)

    def read() -> pd.DataFrame:
        from planner import headings, overlays

        named = None if columns is None else headings.read(columns)
        return overlays.read("sites", sites, as_of=day, columns=named).tables["sites"]

    rows = common.chosen(common.guarded(read), program, state, site)
    from planner import report

    typer.echo(report.site_list(rows, style))


@app.command("grids", epilog="Example: planner grids us")
def list_grids(
    grid: Annotated[str | None, typer.Argument(help="Grid pack to describe.")] = None,
    style: Format = "table",
) -> None:
    """List the grid packs, or the regions of one with pool and note."""
    common.one_of("--format", style, common.FORMATS)

    def read() -> pd.DataFrame:
        from planner import packs

        return packs.describe("grids", grid)

    rows = common.guarded(read)
    from planner import report

    typer.echo(report.as_text(rows, style))


@app.command(epilog="Example: planner why us-wi-stargate-port-washington")
def why(
    site: Annotated[str, typer.Argument(help="Site id, see: planner sites")],
    grid: Grid = None,
    sites: Sites = "announced",
    as_of: AsOf = TODAY,
    horizon: Horizon = 10,
    overrides: Overrides = None,
    columns: Columns = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as JSON.")] = False,
) -> None:
    """Show what is behind the verdict on one site: dates, limits, remedies, facts, doubts."""
    case = common.read_case(
        grid, sites, overrides=overrides, columns=columns, as_of=as_of, horizon_years=horizon
    )
    common.known("SITE", site, case.sites["site"])

    def answer() -> str:
        import json

        from planner import ladder
        from planner import ledger as books
        from planner import why as pages

        climbed = ladder.climb(case, tell=common.progress, only={site})
        common.progress("ledger")
        money = books.told(climbed.plan, remedies=climbed.built, ramps=climbed.ramps)
        lines = [] if money is None else books.site_lines(money, site)
        found = pages.page(climbed, site, money=lines)
        return json.dumps(found, indent=1) if as_json else pages.text(found)

    typer.echo(common.guarded(answer))


@app.command(epilog="Example: planner place --mw 1000 --by 2028-06 --near VA --flexible 50h")
def place(
    mw: Annotated[float, typer.Option("--mw", help="Megawatts of the new load (whole site).")],
    by: Annotated[str, typer.Option("--by", help="Date by which they are needed (YYYY-MM).")],
    near: Annotated[
        str | None, typer.Option("--near", help="State: its regions and their neighbours.")
    ] = None,
    remedies: Annotated[
        bool, typer.Option("--remedies", help="Count what can be decided today, too.")
    ] = False,
    flexible: Annotated[
        str | None,
        typer.Option("--flexible", help="Hours a year in which the load gives way, e.g. 50h."),
    ] = None,
    grid: Grid = None,
    sites: Sites = "announced",
    as_of: AsOf = TODAY,
    horizon: Horizon = 10,
    overrides: Overrides = None,
    columns: Columns = None,
    count: Annotated[int, typer.Option("--count", help="Rows shown.")] = 25,
    style: Format = "table",
) -> None:
    """Rank regions and pockets where a new load could be powered by a date."""
    common.one_of("--format", style, common.FORMATS)
    hours = common.hours(flexible, otherwise=50.0)
    allow = (("flexible",) if flexible else ()) + (("remedies",) if remedies else ())
    case = common.read_case(
        grid,
        sites,
        overrides=overrides,
        columns=columns,
        as_of=as_of,
        horizon_years=horizon,
        flexible_hours=hours,
    )
    day = common.parsed_day(by, "--by")

    def answer() -> pd.DataFrame:
        from planner import place as places

        return places.rank(case, mw=mw, by=day, near=near, allow=allow)

    rows = common.guarded(answer)
    from planner import report

    typer.echo(report.places(rows.head(count), style))


@app.command(epilog="Example: planner compare answer-before answer-after")
def compare(
    before: Annotated[
        Path, typer.Argument(help="Folder of a run (planner check or ensemble --out).")
    ],
    after: Annotated[Path, typer.Argument(help="Folder of another run.")],
    style: Format = "table",
) -> None:
    """Say which sites moved between two runs, by how many quarters and MW, and which inputs."""
    common.one_of("--format", style, common.FORMATS)

    if cli_ensemble.both_drawn(before, after):
        cli_ensemble.compare(before, after, style)
        return

    def answer() -> tuple[pd.DataFrame, pd.DataFrame]:
        from planner import compare as comparing

        return comparing.runs(before, after)

    moved, inputs = common.guarded(answer)
    from planner import report

    typer.echo(report.comparison(moved, inputs, style))


app.command("headroom", epilog=cli_headroom.EPILOG)(cli_headroom.headroom)
app.command("init", epilog="Example: planner init mine")(cli_data.init)
cli_data_update.mounted(cli_data.data)
app.add_typer(cli_data.data, name="data")
app.command("expand", epilog=cli_expand.EPILOG)(cli_expand.expand)
app.command("hourly", epilog=cli_hourly.EPILOG)(cli_hourly.hourly)
app.command("ledger", epilog=cli_ledger.EPILOG)(cli_ledger.ledger)
app.command("ensemble", epilog=cli_ensemble.EPILOG)(cli_ensemble.ensemble)
app.command("topdown", epilog=cli_topdown.EPILOG)(cli_topdown.topdown)
app.command("brief", epilog="Example: planner brief --program stargate --out briefs")(
    cli_brief.brief
)
app.command("map", epilog="Example: planner map --grid us --out maps")(cli_maps.map_)
app.command("validate", epilog=cli_validate.EPILOG)(cli_validate.validate)
app.command("adequacy", epilog="Example: planner adequacy --area PJM --year 2027")(
    cli_validate.adequacy
)
app.command("export", epilog="Example: planner export answer.gpkg")(cli_maps.export)


def _only(asked: list[str]) -> None:
    """Leave out the other commands where one is asked for: to lay out them all takes its time."""
    names = [
        entry.name or getattr(entry.callback, "__name__", "") for entry in app.registered_commands
    ]
    if asked and asked[0] in names:
        app.registered_commands = [app.registered_commands[names.index(asked[0])]]
        app.registered_groups = []


def main() -> None:
    """Run the command line."""
    gc.set_threshold(OBJECTS)
    atexit.register(gc.freeze)  # at the end, nothing is looked through once more
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    _only(sys.argv[1:2])
    try:
        app()
    except BrokenPipeError:
        sys.exit(0)


if __name__ == "__main__":
    main()
