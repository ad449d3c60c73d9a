"""The commands `planner map` and `planner export`; `cli` registers them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case import Case
    from planner.pipeline import Plan

MAP_FORMATS = ("png", "svg", "pdf", "html")
WORLD = "world"
PROGRAM_FORMATS = ("mps", "lp")
EXPORT_FORMATS = (
    *("gpkg", "geoparquet", "geojson", "csv", "xlsx", "parquet", "arrow", "datapackage"),
    *PROGRAM_FORMATS,
)

Remedies = Annotated[
    bool,
    typer.Option("--remedies", help="Judge with flexible operation and remedies too (a minute)."),
]


def map_(
    grid: Grid = None,
    sites: Sites = "announced",
    region: Annotated[
        str | None, typer.Option("--region", help="Region, pool, state or pocket, for example PJM.")
    ] = None,
    program: Program = None,
    year: Annotated[
        int | None, typer.Option("--year", help="Year shown; four years ahead if not given.")
    ] = None,
    metric: Annotated[
        str, typer.Option("--metric", help="Colour of the regions: headroom or held-up.")
    ] = "headroom",
    pocket: Annotated[
        list[str] | None,
        typer.Option("--pocket", help="Pocket drawn as an inset; may be repeated once."),
    ] = None,
    style: Annotated[
        list[str] | None,
        typer.Option("--format", help="png, svg, pdf or html (interactive); may be repeated."),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", help="Folder, or a file whose ending is the format.")
    ] = Path(),
    as_of: AsOf = TODAY,
    horizon: Horizon = 10,
    stance: Stance = "announced",
    allocation: Allocation = "queue",
    load_scenario: Scenario = "official",
    overrides: Overrides = None,
    columns: Columns = None,
    remedies: Remedies = False,
) -> None:
    """Draw regions, sites with their verdict, and full lines; one map a grid.

    --grid world draws every site of the list on one map of the world.
    """
    ending = out.suffix[1:]
    styles = style or [ending if ending in MAP_FORMATS else "png"]
    for one in styles:
        common.one_of("--format", one, MAP_FORMATS)
    common.one_of("--metric", metric, ("headroom", "held-up"))
    world = WORLD in (grid or ())
    if world:
        _fits_the_world(styles, metric, region, pocket)
    common.guarded(lambda: _can_draw(styles))
    plan = _plan(
        [name for name in grid or () if name != WORLD] or None,
        sites,
        overrides=overrides,
        columns=columns,
        remedies=remedies,
        as_of=as_of,
        horizon_years=horizon,
        stance=stance,
        allocation=allocation,
        load_scenario=load_scenario,
    )
    wanted: dict[str, Any] = {"region": region, "year": year, "metric": metric, "pockets": pocket}

    def draw() -> list[Path]:
        from planner import layers

        shown = layers.only(plan, program=program)
        if world:
            return list(_world(shown, year, styles, out, program))
        if "html" in styles:
            wanted["money"] = _site_notes(plan)
        return list(_maps(shown, wanted, styles, out, program))

    for path in common.guarded(draw):
        typer.echo(path)


def _can_draw(styles: list[str]) -> None:
    """Look for the drawing libraries before the long work, not after it."""
    from planner import maps, maps_page, palette

    pages = maps_page.PACKAGES if "html" in styles else ()
    palette.needed({*pages, *(maps.PACKAGES if set(styles) - {"html"} else ())}, "maps")


def _maps(
    plan: Plan, wanted: dict[str, Any], styles: list[str], out: Path, program: str | None
) -> Iterator[Path]:
    from planner import layers, maps

    one = wanted["region"] is not None
    grids = [None] if one else list(dict.fromkeys(plan.case.regions["grid"]))
    for grid in grids:
        framed = {name: wanted[name] for name in ("region", "year", "metric")}
        asked = layers.frame(plan, grid=grid, **framed)
        inside = _pockets_of(plan, wanted["pockets"], grid)
        given = {**framed, "grid": asked.grid, "pockets": inside}
        figure: Any = maps.figure(plan, **given) if set(styles) - {"html"} else None
        for style in styles:
            content = (
                maps.picture(figure, style)
                if style in maps.STYLES
                else _page(plan, {**given, "money": wanted.get("money")})
            )
            name = _name(asked.grid, wanted["region"], program, asked.year, asked.metric)
            alone = out.suffix[1:] in MAP_FORMATS and len(grids) == len(styles) == 1
            path = out if alone else out / f"{name}.{style}"
            yield maps.write(path, content)


def _fits_the_world(
    styles: list[str], metric: str, region: str | None, pocket: list[str] | None
) -> None:
    """Refuse what a map of the world does not show."""
    if "html" in styles:
        common.refuse("--grid world is drawn as png, svg or pdf; html shows one grid.")
    if metric != "headroom" or region is not None or pocket:
        common.refuse("--grid world shows sites only; leave out --metric, --region and --pocket.")


def _world(
    plan: Plan, year: int | None, styles: list[str], out: Path, program: str | None
) -> Iterator[Path]:
    from planner import layers, maps, maps_world

    page = maps_world.figure(plan, year=year)
    name = _name(WORLD, None, program, layers.world(plan, year).year, "sites")
    for style in styles:
        alone = out.suffix[1:] in MAP_FORMATS and len(styles) == 1
        path = out if alone else out / f"{name}.{style}"
        yield maps.write(path, maps.picture(page, style))


def _site_notes(plan: Plan) -> dict[str, str] | None:
    """What the ledger knows of each site; the whole answer counts, whatever is drawn."""
    from planner import ledger as books

    money = books.told(plan)
    return None if money is None else books.site_notes(money, plan.sites["site"])


def _page(plan: Plan, given: dict[str, Any]) -> bytes:
    from planner import maps_page

    return maps_page.page(plan, **given).encode()


def _pockets_of(plan: Plan, pockets: list[str] | None, grid: str | None) -> list[str] | None:
    """Keep the pockets of a grid, where several grids are drawn; unknown ones stay to be named."""
    if pockets is None or grid is None:
        return pockets
    grids = plan.case.regions.set_index("region")["grid"]
    homes = plan.case.pockets.set_index("pocket")["region"].map(grids)
    return [pocket for pocket in pockets if homes.get(pocket, grid) == grid]


def _name(grid: str, region: str | None, program: str | None, year: int, metric: str) -> str:
    parts = ["map", grid, region, program, str(year), metric]
    words = "-".join(part for part in parts if part)
    return "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in words).lower()


def export(
    out: Annotated[
        Path, typer.Argument(help="File for gpkg, xlsx, mps and lp, folder for the others.")
    ],
    style: Annotated[
        str,
        typer.Option(
            "--format",
            help="gpkg, geoparquet, geojson, csv, xlsx, parquet, arrow, datapackage; or the program"
            " itself: mps, lp.",
        ),
    ] = "gpkg",
    period: Annotated[
        str | None,
        typer.Option("--period", help="Half-year of the program (2028-summer), for mps and lp."),
    ] = None,
    grid: Grid = None,
    sites: Sites = "announced",
    program: Program = None,
    as_of: AsOf = TODAY,
    horizon: Horizon = 10,
    stance: Stance = "announced",
    allocation: Allocation = "queue",
    load_scenario: Scenario = "official",
    overrides: Overrides = None,
    columns: Columns = None,
) -> None:
    """Write the answer for QGIS, a spreadsheet or a database, or the program for a solver."""
    common.one_of("--format", style, EXPORT_FORMATS)
    question: dict[str, Any] = {
        "overrides": overrides,
        "columns": columns,
        "as_of": as_of,
        "horizon_years": horizon,
        "stance": stance,
        "allocation": allocation,
        "load_scenario": load_scenario,
    }
    if style in PROGRAM_FORMATS:
        case = common.read_case(grid, sites, **question)
        typer.echo(common.guarded(lambda: _program(case, out, style, period)))
        return
    plan = _plan(grid, sites, **question)

    def save() -> list[Path]:
        from planner import export as files
        from planner import layers
        from planner import ledger as books

        shown = layers.only(plan, program=program)
        return files.write(shown, out, style, books=books.told(plan))

    for path in common.guarded(save):
        typer.echo(path)


def _program(case: Case, out: Path, style: str, period: str | None) -> Path:
    from planner import export as files
    from planner import program

    return files.put(out, program.text(case, style, period=period))


def _plan(
    grid: list[str] | None,
    sites: str,
    *,
    remedies: bool = False,
    **question: Any,
) -> Plan:
    case = common.read_case(grid, sites, **question)

    def answer() -> Plan:
        import planner

        if not remedies:
            return planner.check(case)
        from planner import ladder, layers

        return layers.with_remedies(ladder.climb(case, tell=common.progress, only=set()))

    return common.guarded(answer)
