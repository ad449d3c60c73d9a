"""The commands `planner init` and `planner data ...`; `cli` registers them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner import cli_common as common
from planner.cli_common import TODAY, AsOf, Columns, Format, Grid, Scenario, Sites

if TYPE_CHECKING:
    import pandas as pd

    from planner.inspect_data import Inspected

data = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Look after the data: check it, see its age."
)


def init(
    folder: Annotated[Path, typer.Argument(help="New or empty folder.")],
) -> None:
    """Write an example grid and list of sites to edit, with a README that shows how to go on."""

    def write() -> list[str]:
        from planner import starter

        written = starter.write(folder)
        typer.echo(f"planner: wrote {len(written)} files, invented examples to edit", err=True)
        return ["Next:", *(f"  {line}" for line in starter.next_commands(folder))]

    for line in common.guarded(write):
        typer.echo(line)


@data.command("check", epilog="Example: planner data check mine")
def check(
    names: Annotated[
        list[str], typer.Argument(help="Packs, folders or files; a folder may hold several packs.")
    ],
    columns: Columns = None,
    as_of: AsOf = TODAY,
    style: Format = "table",
) -> None:
    """Say everything that is wrong with packs or files, one line each; exit code 2 if anything."""
    common.one_of("--format", style, common.FORMATS)
    day = common.parsed_day(as_of)

    def work() -> Inspected:
        from planner import headings, inspect_data

        named = None if columns is None else headings.read(columns)
        return inspect_data.inspect(list(names), as_of=day, columns=named)

    found = common.guarded(work)
    if style == "table":
        for line in found.problems:
            typer.echo(line)
    else:
        from planner import report

        typer.echo(report.as_text(found.table(), style))
    _tell(found)


def _tell(found: Inspected) -> None:
    """Say on standard error what was read, what is doubtful, and what was guessed."""
    for line in found.notes:
        common.progress(f"note: {line}")
    rows = f"{sum(found.rows.values())} rows in {len(found.rows)} tables"
    if not found.problems:
        common.progress(f"no problems; {rows}")
        return
    for guess in found.guesses:
        typer.echo(f"\n{guess}\n", err=True)
    if found.guesses:
        common.progress(common.GUESSED)
        raise typer.Exit(common.GUESS)
    count = len(found.problems) + max(found.hidden - 1, 0)
    common.progress(f"{count} problem{'s' if count > 1 else ''}; {rows} could be read")
    raise typer.Exit(2)


@data.command("sources", epilog="Example: planner data sources --format csv")
def sources(
    grid: Grid = None,
    sites: Sites = "announced",
    as_of: AsOf = TODAY,
    load_scenario: Scenario = "official",
    columns: Columns = None,
    stale_days: Annotated[
        int, typer.Option("--stale-after", help="Days after which a source is stale.")
    ] = 730,
    stale: Annotated[bool, typer.Option("--stale", help="Only the stale ones.")] = False,
    style: Format = "table",
) -> None:
    """List every source with licence, age in days, rows, and how many verdicts stand on it."""
    common.one_of("--format", style, common.FORMATS)
    case = common.read_case(grid, sites, columns=columns, as_of=as_of, load_scenario=load_scenario)

    def work() -> pd.DataFrame:
        from planner import provenance

        return provenance.sources(case, stale_days=stale_days)

    rows = common.guarded(work)
    if stale:
        rows = rows[rows["stale"]]
    from planner import report

    typer.echo(report.source_list(rows, style, stale_days=stale_days))
