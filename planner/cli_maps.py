"""The commands `planner map` and `planner export`; `cli` registers them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from planner.pipeline import Plan

MAP_FORMATS = ("png", "svg", "pdf", "html")
EXPORT_FORMATS = ("gpkg", "geoparquet", "geojson", "csv", "xlsx")

Grid = Annotated[
    list[str] | None,
    typer.Option("--grid", help="Grid pack, by name (us, india) or folder; may be repeated."),
]
Sites = Annotated[
    str, typer.Option("--sites", help="Sites pack, by name or folder, or a CSV file of your own.")
]
Program = Annotated[str | None, typer.Option("--program", help="Program, for example stargate.")]
AsOf = Annotated[
    str, typer.Option("--as-of", help="Day of the question (YYYY-MM-DD); later facts are not read.")
]
Horizon = Annotated[int, typer.Option("--horizon", help="Years looked ahead.")]
Stance = Annotated[str, typer.Option("--stance", help="announced, expected or committed.")]
Allocation = Annotated[str, typer.Option("--allocation", help="queue, prorata or most.")]
Scenario = Annotated[str, typer.Option("--load-scenario", help="official or derived.")]


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
    as_of: AsOf = "2026-11-22",
    horizon: Horizon = 10,
    stance: Stance = "announced",
    allocation: Allocation = "queue",
    load_scenario: Scenario = "official",
) -> None:
    """Draw regions, sites with their verdict, and full lines; one map a grid."""
    ending = out.suffix[1:]
    styles = style or [ending if ending in MAP_FORMATS else "png"]
    for one in styles:
        _one_of("--format", one, MAP_FORMATS)
    _one_of("--metric", metric, ("headroom", "held-up"))
    _guarded(lambda: _can_draw(styles))
    plan = _plan(grid, sites, as_of, horizon, stance, allocation, load_scenario)
    wanted = {"region": region, "year": year, "metric": metric, "pockets": pocket}

    def draw() -> list[Path]:
        from planner import layers

        return list(_maps(layers.only(plan, program=program), wanted, styles, out, program))

    for path in _guarded(draw):
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
        asked = layers.frame(plan, grid=grid, **{k: v for k, v in wanted.items() if k != "pockets"})
        inside = _pockets_of(plan, wanted["pockets"], grid)
        given = {**wanted, "grid": asked.grid, "pockets": inside}
        figure: Any = maps.figure(plan, **given) if set(styles) - {"html"} else None
        for style in styles:
            content = maps.picture(figure, style) if style in maps.STYLES else _page(plan, given)
            name = _name(asked.grid, wanted["region"], program, asked.year, asked.metric)
            alone = out.suffix[1:] in MAP_FORMATS and len(grids) == len(styles) == 1
            path = out if alone else out / f"{name}.{style}"
            yield maps.write(path, content)


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
        Path, typer.Argument(help="File for gpkg and xlsx, folder for geoparquet, geojson and csv.")
    ],
    style: Annotated[
        str, typer.Option("--format", help="gpkg, geoparquet, geojson, csv or xlsx.")
    ] = "gpkg",
    grid: Grid = None,
    sites: Sites = "announced",
    program: Program = None,
    as_of: AsOf = "2026-11-22",
    horizon: Horizon = 10,
    stance: Stance = "announced",
    allocation: Allocation = "queue",
    load_scenario: Scenario = "official",
) -> None:
    """Write the answer for QGIS (gpkg, geoparquet, geojson) or a spreadsheet (xlsx, csv)."""
    _one_of("--format", style, EXPORT_FORMATS)
    plan = _plan(grid, sites, as_of, horizon, stance, allocation, load_scenario)

    def save() -> list[Path]:
        from planner import export as files
        from planner import layers

        return files.write(layers.only(plan, program=program), out, style)

    for path in _guarded(save):
        typer.echo(path)


def _plan(
    grid: list[str] | None,
    sites: str,
    as_of: str,
    horizon: int,
    stance: str,
    allocation: str,
    load_scenario: str,
) -> Plan:
    day = _day(as_of)

    def answer() -> Plan:
        import planner

        case = planner.load_case(
            grid or ("us", "india"),
            sites,
            as_of=day,
            horizon_years=horizon,
            stance=stance,
            allocation=allocation,
            load_scenario=load_scenario,
        )
        return planner.check(case)

    return _guarded(answer)


def _guarded[T](work: Callable[[], T]) -> T:
    """Run, and turn an error of ours into a message and exit code 2."""
    from planner.errors import PlannerError

    try:
        return work()
    except PlannerError as error:
        for line in str(error).splitlines():
            typer.echo(f"planner: {line}", err=True)
        raise typer.Exit(2) from error


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
