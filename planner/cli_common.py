"""What the commands share: options, and the way from arguments to an answer or a message."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from planner.case import Case

FORMATS = ("table", "csv", "json")
TODAY = "2026-11-22"
GUESS = 3
GUESSED = (
    "nothing was read. Save the lines above as columns.toml, correct them, and add: --map"
    " columns.toml"
)

Grid = Annotated[
    list[str] | None,
    typer.Option(
        "--grid", help="Grid pack, by name (us, india), folder, XLSX or GPKG; may be repeated."
    ),
]
Sites = Annotated[
    str,
    typer.Option(
        "--sites",
        help="Sites pack, by name or folder, or a file of your own: CSV, XLSX, Parquet, GeoJSON,"
        " GPKG.",
    ),
]
Columns = Annotated[
    Path | None,
    typer.Option("--map", help="TOML file: headings of your files to columns of the planner."),
]
AsOf = Annotated[
    str, typer.Option("--as-of", help="Day of the question (YYYY-MM-DD); later facts are not read.")
]
Horizon = Annotated[int, typer.Option("--horizon", help="Years looked ahead.")]
Stance = Annotated[
    str,
    typer.Option(
        "--stance",
        help="announced (as promised), expected (times realised share), or committed (under"
        " construction or contract).",
    ),
]
Allocation = Annotated[
    str,
    typer.Option(
        "--allocation",
        help="Who is first: queue (earlier announced), prorata (equal shares), most (largest"
        " steps).",
    ),
]
Scenario = Annotated[str, typer.Option("--load-scenario", help="official or derived.")]
Overrides = Annotated[
    Path | None, typer.Option("--scenario", help="TOML file of overrides, see docs/scenarios.md.")
]
MixedYears = Annotated[
    bool,
    typer.Option("--mixed-years", help="Take load and weather of different years together."),
]
Workers = Annotated[
    int, typer.Option("--workers", help="Processes of this machine (extra cluster).")
]
Cluster = Annotated[
    str | None,
    typer.Option("--cluster", help="Dask scheduler that runs, e.g. tcp://127.0.0.1:8786."),
]
Format = Annotated[str, typer.Option("--format", help="table, csv or json.")]
Program = Annotated[str | None, typer.Option("--program", help="Program, for example stargate.")]
State = Annotated[str | None, typer.Option("--state", help="State, for example TX.")]
Site = Annotated[str | None, typer.Option("--site", help="Site id, see: planner sites")]


def read_case(
    grid: list[str] | None,
    sites: str,
    *,
    overrides: Path | None = None,
    columns: Path | None = None,
    as_of: str = TODAY,
    **assumptions: object,
) -> Case:
    """Read the question, or say what is wrong with it."""
    day = parsed_day(as_of)

    def read() -> Case:
        import planner

        asked: dict[str, Any] = {"columns": columns, "as_of": day, **assumptions}
        if overrides is None:
            return planner.load_case(grid or ("us", "india"), sites, **asked)
        from planner import scenario

        given = scenario.read(overrides)
        return scenario.apply(planner.load_case(grid or ("us", "india"), sites, **asked), given)

    return guarded(read)


def plain_text(context: typer.Context) -> None:
    """Keep text as Python's own strings while a command runs.

    In tables of a few thousand rows they are quicker than Arrow's, and take less memory.
    """
    import pandas as pd

    context.with_resource(pd.option_context("mode.string_storage", "python"))


def guarded[T](work: Callable[[], T]) -> T:
    """Run, and turn an error of ours into a message and exit code 2; 3 stands for a guess."""
    from planner.errors import GuessError, PlannerError

    try:
        return work()
    except GuessError as error:
        for line in error.problems:
            typer.echo(f"planner: {line}", err=True)
        typer.echo(f"\n{error.guess}\n", err=True)
        typer.echo(f"planner: {GUESSED}", err=True)
        raise typer.Exit(GUESS) from error
    except PlannerError as error:
        for line in str(error).splitlines():
            typer.echo(f"planner: {line}", err=True)
        raise typer.Exit(2) from error
    except KeyboardInterrupt:
        typer.echo("planner: stopped; nothing was written.", err=True)
        raise typer.Exit(130) from None


def progress(line: str) -> None:
    """Tell how far long work has come, on standard error."""
    typer.echo(f"planner: {line}", err=True)


def chosen(
    rows: pd.DataFrame, program: str | None, state: str | None, site: str | None
) -> pd.DataFrame:
    """Keep the sites asked for, or say that there are none."""
    wanted = {"program": program, "state": state, "site": site}
    for column, value in wanted.items():
        if value is not None:
            known(f"--{column}", value, set(rows[column].dropna()))
            rows = rows[rows[column] == value]
    return rows


def known(option: str, wanted: str, values: Iterable[str]) -> None:
    """Refuse a value that is not there, and name the nearest ones."""
    values = sorted(set(values))
    if wanted in values:
        return
    import difflib

    close = difflib.get_close_matches(wanted, values, n=3, cutoff=0.5)
    same = [value for value in values if value.lower() == wanted.lower()]
    near = [value for value in values if wanted.lower() in value.lower()][:3]
    hint = " or ".join(same or dict.fromkeys(close + near))
    refuse(
        f"{option} is {wanted!r}, which is not there" + (f"; did you mean {hint}?" if hint else ".")
    )


def one_of(option: str, given: str, allowed: tuple[str, ...]) -> None:
    """Refuse a value outside a closed list."""
    if given not in allowed:
        refuse(f"{option} is {given!r}; choose one of {', '.join(allowed)}.")


def parsed_day(given: str, option: str = "--as-of") -> date:
    """Read a day, a month or a year; the last two stand as their last day."""
    for form, months in (("%Y-%m-%d", 0), ("%Y-%m", 1), ("%Y", 12)):
        try:
            day = datetime.strptime(given, form)  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        if not months:
            return day.date()
        after = day.month - 1 + months
        following = date(day.year + after // 12, after % 12 + 1, 1)
        return date.fromordinal(following.toordinal() - 1)
    return refuse(f"{option} is {given!r}; write a day as YYYY-MM-DD.")


def hours(given: str | None, *, otherwise: float) -> float:
    """Read hours a year, as 50h or 50."""
    if given is None:
        return otherwise
    try:
        return float(given.removesuffix("h"))
    except ValueError:
        return refuse(f"--flexible is {given!r}; write hours a year, for example 50h.")


def refuse(message: str) -> NoReturn:
    """End with a message and exit code 2."""
    typer.echo(f"planner: {message}", err=True)
    raise typer.Exit(2)


def shown(value: Any) -> None:
    """Print a result on standard output."""
    typer.echo(value)
