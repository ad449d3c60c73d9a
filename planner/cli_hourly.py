"""The command that checks the hours of a year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from planner import cli_common as common
from planner.cli_common import (
    TODAY,
    AsOf,
    Cluster,
    Columns,
    Format,
    Grid,
    Horizon,
    MixedYears,
    Overrides,
    Scenario,
    Sites,
    Stance,
    Workers,
)

if TYPE_CHECKING:
    from planner.hourly import Hourly

LOADS = ("served", "native", "promised")
WEEK = 7
MOST_PAIRINGS = 25
EPILOG = "Example: planner hourly --pool ERCOT --year 2028 --mixed-years --pairings 5"


def hourly(
    year: Annotated[list[int], typer.Option("--year", help="Planning year; may be repeated.")],
    pool: Annotated[
        list[str] | None,
        typer.Option("--pool", help="Pool; may be repeated. None: those flagged as short."),
    ] = None,
    region: Annotated[
        list[str] | None, typer.Option("--region", help="Region: its whole pool is checked.")
    ] = None,
    load: Annotated[
        str, typer.Option("--load", help="Sites in the load: served, native (none) or promised.")
    ] = "served",
    flexible: Annotated[
        str | None,
        typer.Option("--flexible", help="Hours a year in which sites give way, e.g. 50h."),
    ] = None,
    mixed_years: MixedYears = False,
    pairings: Annotated[
        int, typer.Option("--pairings", help="Move the weather by so many weeks in turn.")
    ] = 1,
    workers: Workers = 1,
    cluster: Cluster = None,
    grid: Grid = None,
    sites: Sites = "announced",
    as_of: AsOf = TODAY,
    horizon: Horizon = 10,
    stance: Stance = "announced",
    load_scenario: Scenario = "official",
    overrides: Overrides = None,
    columns: Columns = None,
    style: Format = "table",
) -> None:
    """Check 8,760 hours of pools that are short: unserved energy, hours, the worst day."""
    common.one_of("--format", style, common.FORMATS)
    common.one_of("--load", load, LOADS)
    if not 1 <= pairings <= MOST_PAIRINGS:
        common.refuse(f"--pairings is {pairings}; it must lie between 1 and {MOST_PAIRINGS}.")
    if workers < 1:
        common.refuse(f"--workers is {workers}; it must be at least 1.")
    hours = common.hours(flexible, otherwise=0.0)
    case = common.read_case(
        grid,
        sites,
        overrides=overrides,
        columns=columns,
        as_of=as_of,
        horizon_years=horizon,
        stance=stance,
        load_scenario=load_scenario,
    )
    for option, wanted, column in (("--pool", pool, "pool"), ("--region", region, "region")):
        for name in wanted or ():
            common.known(option, name, case.regions[column])

    def answer() -> Hourly:
        from planner import hourly as checking
        from planner.hourly_ground import Settings

        settings = Settings(load, hours, mixed_years, shifts(pairings), workers, cluster)
        areas = [*(pool or ()), *(region or ())]
        return checking.check(case, year, areas=areas, settings=settings, tell=common.progress)

    found = common.guarded(answer)
    from planner import hourly_text, report

    if style == "json":
        typer.echo(hourly_text.as_json(found))
    elif style == "csv":
        typer.echo(report.as_text(found.seasons, style))
    else:
        typer.echo(hourly_text.screen(found))


def shifts(count: int) -> tuple[int, ...]:
    """Days by which the weather is moved: none, a week later, a week earlier, two weeks later."""
    return tuple(WEEK * ((at + 1) // 2) * (1 if at % 2 else -1) for at in range(count))
