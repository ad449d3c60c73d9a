"""The command `planner brief`; `cli` registers it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner import cli_common as common
from planner.cli_common import (
    TODAY,
    Allocation,
    AsOf,
    Columns,
    Grid,
    Horizon,
    Overrides,
    Program,
    Scenario,
    Sites,
    Stance,
    State,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.brief import Brief, Scope
    from planner.case import Case
    from planner.ladder import Ladder
    from planner.pipeline import Plan

FORMATS = ("pptx", "pdf", "html")


def brief(
    program: Program = None,
    state: State = None,
    region: Annotated[
        str | None, typer.Option("--region", help="Region, pool or pocket, for example PJM.")
    ] = None,
    grid: Grid = None,
    style: Annotated[
        list[str] | None,
        typer.Option("--format", help="pptx, pdf or html; may be repeated; all if not given."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path(),
    remedies: Annotated[
        bool,
        typer.Option("--remedies", help="Judge flexible operation and remedies too (a minute)."),
    ] = False,
    sites: Sites = "announced",
    as_of: AsOf = TODAY,
    horizon: Horizon = 10,
    stance: Stance = "announced",
    allocation: Allocation = "queue",
    load_scenario: Scenario = "official",
    overrides: Overrides = None,
    columns: Columns = None,
) -> None:
    """Write a briefing on a program, a state, a region or everything: slides, PDF, web page."""
    styles = list(dict.fromkeys(style or FORMATS))
    for one in styles:
        common.one_of("--format", one, FORMATS)
    common.guarded(lambda: _can_write(styles))
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

    def work() -> list[Path]:
        from planner.brief import Scope

        grids = tuple(dict.fromkeys(case.regions["grid"])) if grid else ()
        scope = Scope(program=program, state=state, region=region, grids=grids)
        plan, ladder = _answer(case, scope, remedies=remedies)
        return list(_files(plan, scope, ladder, styles, out))

    for path in common.guarded(work):
        typer.echo(path)


def _can_write(styles: list[str]) -> None:
    """Look for the libraries before the long work, not after it."""
    from planner import brief_html, brief_pdf, brief_pptx, maps, palette

    packages = {"pptx": brief_pptx.PACKAGES, "pdf": brief_pdf.PACKAGES, "html": brief_html.PACKAGES}
    wanted = {name for style in styles for name in packages[style]}
    palette.needed({*wanted, *maps.PACKAGES}, "brief")


def _answer(case: Case, scope: Scope, *, remedies: bool) -> tuple[Plan, Ladder | None]:
    """Solve; the plain answer comes first, so that a wrong name is told before the long work."""
    import planner
    from planner import brief as content
    from planner import ladder

    plan = planner.check(case)
    chosen = set(content.narrowed(plan, scope).sites["site"])
    if not remedies:
        return plan, None
    everything = len(chosen) == len(plan.sites)
    found = ladder.climb(case, tell=common.progress, only=None if everything else chosen)
    return found.plan, found


def _files(
    plan: Plan, scope: Scope, ladder: Ladder | None, styles: list[str], out: Path
) -> Iterator[Path]:
    from planner import brief as content
    from planner import layers, maps
    from planner import ledger as books

    remedied = {} if ladder is None else {"remedies": ladder.built, "ramps": ladder.ramps}
    money = books.told(plan, **remedied)
    found = content.collect(plan, scope=scope, ladder=ladder, books=money)
    plan = plan if ladder is None else layers.with_remedies(ladder)
    for style, made in _contents(plan, scope, found, styles):
        yield maps.write(out / f"{_name(scope)}.{style}", made)


def _contents(
    plan: Plan, scope: Scope, found: Brief, styles: list[str]
) -> Iterator[tuple[str, bytes]]:
    from planner import brief as content
    from planner import brief_html, brief_pdf, brief_pptx, maps

    drawn = content.figures(plan, scope, found) if set(styles) - {"html"} else []
    if "pptx" in styles:
        yield "pptx", brief_pptx.deck(found, [maps.picture(one, "png") for one in drawn])
    if "pdf" in styles:
        chart = maps.picture(content.chart(plan, scope, found), "svg")
        pictures = [maps.picture(one, "svg") for one in drawn]
        yield "pdf", brief_pdf.document(found, pictures, chart)
    if "html" in styles:
        yield "html", brief_html.page(plan, scope, found).encode()


def _name(scope: Scope) -> str:
    parts = ["brief", scope.program, scope.state, scope.region, *scope.grids]
    words = "-".join(part for part in parts if part)
    return "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in words).lower()
