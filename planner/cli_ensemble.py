"""The command `ensemble`: how likely each promise is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner import cli_common as common
from planner.cli_common import (
    TODAY,
    Allocation,
    AsOf,
    Cluster,
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
    Workers,
)

if TYPE_CHECKING:
    from planner.odds import Ensemble

EPILOG = "Example: planner ensemble --draws 1000 --seed 7 --workers 2 --out odds"


def ensemble(
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
    draws: Annotated[int, typer.Option("--draws", help="Number of draws.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same answer.")] = 7,
    workers: Workers = 1,
    cluster: Cluster = None,
    until_se: Annotated[
        float | None,
        typer.Option("--until-se", help="Stop at this standard error of a probability, e.g. 0.02."),
    ] = None,
    causes_every: Annotated[
        int, typer.Option("--causes-every", help="Tell limits apart in each n-th draw; 0: never.")
    ] = 10,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the draws and the tables.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the draws that the folder holds.")
    ] = False,
    style: Format = "table",
) -> None:
    """Draw what may come out, and say how likely each site is powered on its date."""
    common.one_of("--format", style, common.FORMATS)
    if resume and out is None:
        common.refuse("--resume needs --out, the folder to go on with.")
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
    wanted = set(common.chosen(case.sites, program, state, site)["site"])

    def answer() -> Ensemble:
        from planner import ensemble_store
        from planner.ensemble import Effort

        effort = Effort(draws, seed, workers, cluster, causes_every, until_se)
        try:
            return ensemble_store.run(case, effort, out, resume=resume, tell=common.progress)
        except KeyboardInterrupt:
            if out is None:
                raise
            common.progress("stopped; what was drawn is kept: go on with --resume.")
            raise typer.Exit(130) from None

    found = common.guarded(answer)
    rows = found.sites[found.sites["site"].isin(wanted)]
    from planner import odds_text, report

    typer.echo(odds_text.screen(found, rows) if style == "table" else report.as_text(rows, style))


def both_drawn(before: Path, after: Path) -> bool:
    """Say whether two folders hold draws."""
    from planner import ensemble_store

    drawn = [ensemble_store.is_ensemble(folder) for folder in (before, after)]
    if any(drawn) and not all(drawn):
        common.refuse("one folder holds an ensemble and the other a plan; give two of a kind.")
    return all(drawn)


def compare(before: Path, after: Path, style: str) -> None:
    """Say draw by draw what differs between two ensembles."""
    from planner import ensemble_store, odds_text

    moved = common.guarded(lambda: ensemble_store.compare(before, after))
    typer.echo(odds_text.comparison(moved, style))
