"""The command `planner validate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli_common import (
    FORMATS,
    TODAY,
    AsOf,
    Format,
    Grid,
    guarded,
    known,
    one_of,
    progress,
    read_case,
    refuse,
    shown,
)

if TYPE_CHECKING:
    import pandas as pd

    from planner.validation.run import Validation

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks" / "validation"
EPILOG = "Example: planner validate --cases cases.csv --areas areas.csv --out answers"


def validate(
    cases: Annotated[
        Path | None,
        typer.Option("--cases", help="Table of cases; without it, those of a checkout."),
    ] = None,
    areas: Annotated[
        Path | None, typer.Option("--areas", help="Table of areas that the cases are about.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for answers.csv and scores.csv.")
    ] = None,
    style: Annotated[str, typer.Option("--format", help="table, csv or json (answers).")] = "table",
    page: Annotated[
        bool, typer.Option("--page", help="Print the page docs/validation.md.")
    ] = False,
) -> None:
    """Answer questions whose outcome is known, with the facts of their day; score the answers."""
    one_of("--format", style, FORMATS)
    found = guarded(lambda: _answered(cases, areas))
    if out is not None:
        guarded(lambda: _written(found, out))
    if page:
        from planner.validation import page as pages

        shown(pages.page(found, _reasons()).rstrip("\n"))
        return
    shown(_told(found, style))


def _answered(cases: Path | None, areas: Path | None) -> Validation:
    from planner.validation import questions, run

    cases, areas = (_shipped(path, name) for path, name in ((cases, "cases"), (areas, "areas")))
    table = questions.read_cases(cases)
    return run.validate(table, questions.read_areas(areas), tell=progress)


def _reasons() -> pd.DataFrame | None:
    """Read why the cases of a checkout were missed."""
    from planner import packs
    from planner.schema_validation import REASONS

    path = FOLDER / "reasons.csv"
    return packs.lone_table(path, REASONS) if path.is_file() else None


def _shipped(path: Path | None, name: str) -> Path:
    if path is not None:
        return path
    beside = FOLDER / f"{name}.csv"
    if not beside.is_file():
        refuse(f"--{name} is needed: the cases of a checkout are not installed.")
    return beside


def _written(found: Validation, out: Path) -> None:
    from planner import report_files

    for name, table in (("answers", found.answers), ("scores", found.scores)):
        if len(table.columns):
            progress(f"wrote {report_files.write_rows(table, out, name)}")


def _told(found: Validation, style: str) -> str:
    from planner import report
    from planner.validation import page as pages

    if style != "table":
        return report.as_text(found.answers, style)
    return pages.screen(found)


def adequacy(
    by: Annotated[str, typer.Option("--by", help="Area: pool, state, region or grid.")] = "pool",
    area: Annotated[str | None, typer.Option("--area", help="One area only.")] = None,
    year: Annotated[int | None, typer.Option("--year", help="One year only.")] = None,
    grid: Grid = None,
    as_of: AsOf = TODAY,
    style: Format = "table",
) -> None:
    """Say how supply and firm imports compare with the requirement, by area and half-year."""
    from planner import adequacy as balances

    one_of("--format", style, FORMATS)
    one_of("--by", by, balances.AREAS)
    case = read_case(grid, "announced", as_of=as_of)
    rows = guarded(lambda: balances.balance(case, by=by))  # type: ignore[arg-type]
    if area is not None:
        known("--area", area, rows["area"])
        rows = rows[rows["area"] == area]
    if year is not None:
        years = rows["period"].str.slice(0, 4)
        known("--year", str(year), years)
        rows = rows[years == str(year)]
    from planner import report_adequacy

    shown(report_adequacy.text(rows, style))
