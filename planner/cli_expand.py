"""The command that takes years and hours together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from planner import cli_common as common
from planner.cli_common import (
    TODAY,
    AsOf,
    Columns,
    Format,
    Horizon,
    MixedYears,
    Overrides,
    Scenario,
    Sites,
    Stance,
)

if TYPE_CHECKING:
    from planner.expansion import Expansion

MOST_DAYS = 10
WIDEST = 0.1
EPILOG = "Example: planner expand --year 2028 --year 2030 --build --mixed-years"


def expand(
    year: Annotated[
        list[int] | None,
        typer.Option("--year", help="Planning year; may be repeated. None: every second year."),
    ] = None,
    build: Annotated[
        bool, typer.Option("--build", help="Allow remedies, with their lead times and limits.")
    ] = False,
    days: Annotated[int, typer.Option("--days", help="Critical days of each season.")] = 2,
    margin: Annotated[
        bool, typer.Option("--margin/--no-margin", help="Hold the reserve margin as well.")
    ] = True,
    each_year: Annotated[
        bool,
        typer.Option("--each-year", help="What is powered need not stay powered in later years."),
    ] = False,
    mixed_years: MixedYears = False,
    gap: Annotated[
        float, typer.Option("--gap", help="Gap between the bounds, as a fraction.")
    ] = 1e-4,
    grid: Annotated[
        str, typer.Option("--grid", help="Grid pack with hours, by name or folder.")
    ] = "us",
    sites: Sites = "announced",
    as_of: AsOf = TODAY,
    horizon: Horizon = 10,
    stance: Stance = "announced",
    load_scenario: Scenario = "official",
    overrides: Overrides = None,
    columns: Columns = None,
    style: Format = "table",
) -> None:
    """Power the most in all regions and years at once, hour by hour, over the lines there are."""
    common.one_of("--format", style, common.FORMATS)
    if not 1 <= days <= MOST_DAYS:
        common.refuse(f"--days is {days}; it must lie between 1 and {MOST_DAYS}.")
    if not 0 < gap <= WIDEST:
        common.refuse(f"--gap is {gap}; it must lie above 0, up to {WIDEST}.")
    case = common.read_case(
        [grid],
        sites,
        overrides=overrides,
        columns=columns,
        as_of=as_of,
        horizon_years=horizon,
        stance=stance,
        load_scenario=load_scenario,
    )

    def answer() -> Expansion:
        from planner import expansion
        from planner.expansion_ground import Settings

        settings = Settings(days, margin, build, not each_year, mixed_years)
        return expansion.expand(case, year or (), settings=settings, gap=gap, tell=common.progress)

    found = common.guarded(answer)
    from planner import expansion_text, report

    if style == "json":
        typer.echo(expansion_text.as_json(found))
    elif style == "csv":
        typer.echo(report.as_text(found.seasons, style))
    else:
        typer.echo(expansion_text.screen(found))
