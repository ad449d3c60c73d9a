"""The command `planner headroom`: what regions have left, or what flexible load could be added."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner import cli_common as common
from planner.cli_common import (
    TODAY,
    AsOf,
    Columns,
    Format,
    Grid,
    Horizon,
    Overrides,
    Scenario,
    Sites,
)

if TYPE_CHECKING:
    from datetime import date

    from planner.curtailment import Headroom
    from planner.pipeline import Plan

EPILOG = "Example: planner headroom --curtailment 0.5%"
BOTH = "both"
KINDS = {"ba": ("balancing_authority",), "region": ("region",)}
ALL_KINDS = ("balancing_authority", "region")
HOURLY_GRIDS = ("us",)
PER_CENT = 100


def headroom(
    grid: Grid = None,
    sites: Sites = "announced",
    region: Annotated[
        str | None,
        typer.Option("--region", help="Region or pool; with --curtailment, region or authority."),
    ] = None,
    year: Annotated[int | None, typer.Option("--year", help="Year of the periods.")] = None,
    curtailment: Annotated[
        list[str] | None,
        typer.Option(
            "--curtailment",
            help="Share of its energy in which new load gives way, such as 0.5%; may be repeated."
            " From measured hours, without sites.",
        ),
    ] = None,
    by: Annotated[str, typer.Option("--by", help="With --curtailment: ba, region or both.")] = BOTH,
    as_of: AsOf = TODAY,
    horizon: Horizon = 10,
    load_scenario: Scenario = "official",
    overrides: Overrides = None,
    columns: Columns = None,
    style: Format = "table",
    out: Annotated[
        Path | None, typer.Option("--out", help="With --curtailment: folder for the table as CSV.")
    ] = None,
) -> None:
    """Show headroom per region and period, or the load that fits if it gives way now and then.

    Without --curtailment: requirement, supply, imports and headroom in MW per region and period.
    """
    common.one_of("--format", style, common.FORMATS)
    common.one_of("--by", by, (*KINDS, BOTH))
    if curtailment:
        shares = [_share(given) for given in curtailment]
        if year is not None or overrides is not None:
            common.refuse("--curtailment is about measured hours; leave out --year and --scenario.")
        typer.echo(_flexible(grid, region, shares, by, common.parsed_day(as_of), style, out))
        return
    if out is not None:
        common.refuse("--out goes with --curtailment; without it, redirect --format csv.")
    case = common.read_case(
        grid,
        sites,
        overrides=overrides,
        columns=columns,
        as_of=as_of,
        horizon_years=horizon,
        load_scenario=load_scenario,
    )

    def answer() -> Plan:
        import planner

        return planner.check(case)

    rows = common.guarded(answer).regions
    if region is not None:
        common.known("--region", region, set(rows["region"]) | set(rows["pool"]))
        rows = rows[(rows["region"] == region) | (rows["pool"] == region)]
    if year is not None:
        rows = rows[rows["period"].str.startswith(f"{year}-")]
    from planner import report

    typer.echo(report.headroom(rows, style))


def _flexible(
    grid: list[str] | None,
    region: str | None,
    shares: list[float],
    by: str,
    day: date,
    style: str,
    out: Path | None,
) -> str:
    """Answer for measured hours."""

    def answer() -> Headroom:
        from planner import curtailment

        return curtailment.headroom(
            shares,
            grid or HOURLY_GRIDS,
            kinds=KINDS.get(by, ALL_KINDS),
            as_of=day,
            tell=common.progress,
        )

    found = common.guarded(answer)
    if region is not None:
        common.known("--region", region, set(found.areas["area"]))
        found = found.only(region)
    from planner import headroom_report, report_files

    if out is not None:
        path = common.guarded(lambda: report_files.write_rows(found.areas, out, "headroom"))
        typer.echo(f"wrote {path}", err=True)
    return headroom_report.screen(found, style)


def _share(given: str) -> float:
    """Read a share of energy with a percent sign, as a fraction."""
    number = given.strip().removesuffix("%")
    try:
        share = float(number) / PER_CENT
    except ValueError:
        share = float("nan")
    if not given.strip().endswith("%") or not 0 < share < 1:
        common.refuse(
            f"--curtailment is {given!r}; write a share above 0% and below 100%, for example 0.5%."
        )
    return share
