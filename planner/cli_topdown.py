"""The command `planner topdown`: the sites against published totals of datacenters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from planner import cli_common as common
from planner.cli_common import TODAY, AsOf, Columns, Format, Grid, Overrides, Sites

if TYPE_CHECKING:
    from planner.topdown import TopDown

EPILOG = "Example: planner topdown --area US"
TABLES = ("rows", "years")
HORIZON_YEARS = 10


def topdown(
    grid: Grid = None,
    sites: Sites = "announced",
    area: Annotated[str | None, typer.Option("--area", help="US, India or World.")] = None,
    table: Annotated[
        str | None, typer.Option("--table", help="One table: rows (published totals) or years.")
    ] = None,
    as_of: AsOf = TODAY,
    overrides: Overrides = None,
    columns: Columns = None,
    unsolved: Annotated[
        bool, typer.Option("--sites-only", help="Leave out what can be powered; no solving.")
    ] = False,
    style: Format = "table",
) -> None:
    """Hold GW and TWh of all sites by year against LBNL, EPRI, IEA, Grid Strategies and others.

    Gives the load factor and the realised share that make both equal.
    """
    common.one_of("--format", style, common.FORMATS)
    if table is not None:
        common.one_of("--table", table, TABLES)
    case = common.read_case(
        grid, sites, overrides=overrides, columns=columns, as_of=as_of, horizon_years=HORIZON_YEARS
    )

    def answer() -> TopDown:
        import planner
        from planner import topdown as totals

        if unsolved:
            return totals.compare(case)
        common.progress("powering the sites")
        return totals.compare(case, planner.check(case))

    found = common.guarded(answer)
    if area is not None:
        common.known("--area", area, set(found.rows["area"]))
    from planner import topdown_report

    typer.echo(topdown_report.screen(found, area=area, name=table, style=style))
