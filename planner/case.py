"""The validated question: tables as of a day, and the assumptions that may be argued about."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import pandas as pd

from planner import headings, overlays, packs, schema
from planner.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable

type Stance = Literal["announced", "expected", "committed"]
type Allocation = Literal["queue", "prorata", "most"]

STANCES: Final = ("announced", "expected", "committed")
ALLOCATIONS: Final = ("queue", "prorata", "most")
SUMMER: Final = range(4, 10)
AUTUMN: Final = 10
SEASON_STARTS: Final = {"winter": (-1, 10), "summer": (0, 4)}


@dataclass(frozen=True)
class Assumptions:
    """What may be argued about. Everything else is a fact in a pack, or arithmetic.

    Attributes
    ----------
    as_of
        Day on which the question is asked; later facts are not read.
    horizon_years
        Years looked ahead, two periods (winter, summer) each.
    stance
        `announced`: as promised. `expected`: megawatts times the realised share of their status,
        shifted by its delay. `committed`: only sites under construction or under contract.
    allocation
        Who is first where there is not enough: `queue` (earlier announced), `prorata` (equal
        shares), `most` (largest steps).
    load_scenario
        Scenario of the `load` tables: `official` (operators' own forecasts) or `derived`.
    pue
        Facility megawatts per IT megawatt, where only IT megawatts are published.
    coincidence
        Share of a site's megawatts drawn at the peak of the pool.
    ramp_years
        Years from first to full power of a site that publishes only its first power.
    own_plant_accreditation
        Share of a site's own plant that counts off the grid (it is taken to be sized with its
        own reserve), or where the pool accredits no such technology.
    model_retirements
        Whether plant also retires by a model's lifetime, beside announced retirements.
    unnamed_datacenters
        Whether datacenters of the operators' forecasts that no named site stands for compete.
    flexible_hours
        Hours a year in which a flexible site gives way at most, half of them in each season.
    discount_rate
        Rate at which investment is spread over the years of its life.
    base_date
        Datacenters powered by this day are in the measured load of the base year.
    """

    as_of: date = date(2026, 11, 22)
    horizon_years: int = 10
    stance: Stance = "announced"
    allocation: Allocation = "queue"
    load_scenario: str = "official"
    pue: float = 1.3
    coincidence: float = 1.0
    ramp_years: int = 2
    own_plant_accreditation: float = 1.0
    model_retirements: bool = False
    unnamed_datacenters: bool = True
    flexible_hours: float = 50.0
    discount_rate: float = 0.08
    base_date: date = date(2024, 12, 31)

    def __post_init__(self) -> None:
        """Refuse values that cannot be meant."""
        problems = list(_problems(self))
        if problems:
            raise DataError(problems)


def _problems(given: Assumptions) -> Iterable[str]:
    for name, value, allowed in (
        ("stance", given.stance, STANCES),
        ("allocation", given.allocation, ALLOCATIONS),
    ):
        if value not in allowed:
            yield f"{name} is {value!r}; choose one of {', '.join(allowed)}."
    for name, low, high, unit in (
        ("horizon_years", 1, 30, "years"),
        ("pue", 1.0, 3.0, "facility MW per IT MW"),
        ("coincidence", 0.1, 1.0, "as a fraction"),
        ("ramp_years", 1, 10, "years"),
        ("own_plant_accreditation", 0.0, 1.0, "as a fraction"),
        ("flexible_hours", 0.0, 1000.0, "hours a year"),
        ("discount_rate", 0.0, 0.3, "as a fraction"),
    ):
        value = getattr(given, name)
        if not low <= value <= high:
            yield f"{name} is {value}; it must lie between {low} and {high} {unit}."


@dataclass(frozen=True)
class Case:
    """The question: assumptions and one table per entry of `schema`, all grids together.

    `changes` lists the rows of a user's that are laid over other packs.
    `outcomes` is empty but in a draw of the ensemble: `realised_fraction` and `delay_days` by
    `site` and `phase`.
    """

    assumptions: Assumptions
    regions: pd.DataFrame = field(default_factory=pd.DataFrame)
    pools: pd.DataFrame = field(default_factory=pd.DataFrame)
    places: pd.DataFrame = field(default_factory=pd.DataFrame)
    pockets: pd.DataFrame = field(default_factory=pd.DataFrame)
    pocket_places: pd.DataFrame = field(default_factory=pd.DataFrame)
    delivery: pd.DataFrame = field(default_factory=pd.DataFrame)
    supply: pd.DataFrame = field(default_factory=pd.DataFrame)
    accreditation: pd.DataFrame = field(default_factory=pd.DataFrame)
    requirements: pd.DataFrame = field(default_factory=pd.DataFrame)
    load: pd.DataFrame = field(default_factory=pd.DataFrame)
    links: pd.DataFrame = field(default_factory=pd.DataFrame)
    joint_limits: pd.DataFrame = field(default_factory=pd.DataFrame)
    joint_members: pd.DataFrame = field(default_factory=pd.DataFrame)
    connection: pd.DataFrame = field(default_factory=pd.DataFrame)
    candidates: pd.DataFrame = field(default_factory=pd.DataFrame)
    line_candidates: pd.DataFrame = field(default_factory=pd.DataFrame)
    capex_multipliers: pd.DataFrame = field(default_factory=pd.DataFrame)
    load_duration: pd.DataFrame = field(default_factory=pd.DataFrame)
    remedies: pd.DataFrame = field(default_factory=pd.DataFrame)
    build_limits: pd.DataFrame = field(default_factory=pd.DataFrame)
    published: pd.DataFrame = field(default_factory=pd.DataFrame)
    sources: pd.DataFrame = field(default_factory=pd.DataFrame)
    technologies: pd.DataFrame = field(default_factory=pd.DataFrame)
    realisation: pd.DataFrame = field(default_factory=pd.DataFrame)
    uncertainty: pd.DataFrame = field(default_factory=pd.DataFrame)
    sites: pd.DataFrame = field(default_factory=pd.DataFrame)
    phases: pd.DataFrame = field(default_factory=pd.DataFrame)
    onsite: pd.DataFrame = field(default_factory=pd.DataFrame)
    revisions: pd.DataFrame = field(default_factory=pd.DataFrame)
    changes: pd.DataFrame = field(default_factory=overlays.no_changes)
    outcomes: pd.DataFrame = field(default_factory=pd.DataFrame)
    folders: tuple[Path, ...] = ()

    @cached_property
    def periods(self) -> pd.DataFrame:
        """Periods of the horizon, in order (see :func:`periods`)."""
        return periods(self.assumptions.as_of, self.assumptions.horizon_years)

    def but(self, **changes: object) -> Case:
        """Return the same question with other tables or assumptions."""
        names = {entry.name for entry in dataclasses.fields(Assumptions)}
        assumed = {name: changes.pop(name) for name in list(changes) if name in names}
        if assumed:
            changes["assumptions"] = dataclasses.replace(self.assumptions, **assumed)  # type: ignore[arg-type]
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]


def load_case(
    grids: str | Path | Iterable[str | Path] = ("us", "india"),
    sites: str | Path | Iterable[str | Path] = ("announced",),
    *,
    columns: str | Path | None = None,
    **assumptions: object,
) -> Case:
    """Read grids and sites as they were known on the as-of date.

    Parameters
    ----------
    grids, sites
        Names of packs that come with the planner, folders, or files: a workbook or GeoPackage
        with all tables, `sites` also a file with one. See docs/own-data.md.
    columns
        TOML file that maps headings of your files to the columns of the tables.
    **assumptions
        Fields of :class:`Assumptions`.

    Returns
    -------
    Case
        Validated tables. Grids are put side by side; nothing flows between them.

    Raises
    ------
    PackError
        A pack is not there.
    DataError
        The tables are not right; every problem is listed. A `GuessError` also holds a map of
        headings to be confirmed.
    """
    given = Assumptions(**assumptions)  # type: ignore[arg-type]
    named = None if columns is None else headings.read(Path(columns))
    asked = [("grids", name) for name in _listed(grids)] + [("sites", s) for s in _listed(sites)]
    read = [
        (kind, overlays.read(kind, name, as_of=given.as_of, columns=named))  # type: ignore[arg-type]
        for kind, name in asked
    ]
    tables = [_of_grid(pack) if kind == "grids" else pack.tables for kind, pack in read]
    tables.append(packs.read_common(as_of=given.as_of))
    merged = _side_by_side(tables)
    folders = tuple(folder for kind, pack in read if kind == "grids" for folder in pack.folders)
    _check_scenario(merged["load"], given, folders)
    changes = pd.concat([pack.changes for _, pack in read], ignore_index=True)
    return Case(assumptions=given, folders=folders, changes=changes, **merged)


def _listed(names: str | Path | Iterable[str | Path]) -> list[str | Path]:
    return [names] if isinstance(names, str | Path) else list(names)


def _of_grid(pack: overlays.Pack) -> dict[str, pd.DataFrame]:
    return pack.tables | {"regions": pack.tables["regions"].assign(grid=pack.name)}


def _side_by_side(tables: list[dict[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    names = {name for part in tables for name in part}
    parts = {name: [part[name] for part in tables if name in part] for name in sorted(names)}
    return {
        name: pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
        for name, frames in parts.items()
    }


def _check_scenario(load: pd.DataFrame, given: Assumptions, folders: Iterable[Path]) -> None:
    wanted = given.load_scenario
    known = sorted(load["scenario"].unique())
    if wanted in known:
        return
    if known:
        raise DataError([f"load_scenario is {wanted!r}; the grids have {', '.join(known)}."])
    whole = [folder for folder in folders if overlays.extends(folder) is None]
    ever = [packs.read(folder, [schema.SOURCES, schema.LOAD])["load"] for folder in whole]
    first = min(table["known_on"].min() for table in ever)
    problem = (
        f"no load forecast was known on {given.as_of}; the forecasts of these grids begin on"
        f" {first:%Y-%m-%d}: choose a later as-of date."
    )
    raise DataError([problem])


def periods(as_of: date, horizon_years: int) -> pd.DataFrame:
    """List the half-years from the one that holds the as-of date.

    Winter 2028 is October 2027 to March 2028, summer 2028 is April to September 2028.

    Returns
    -------
    pd.DataFrame
        One row a period, in order: `period` ("2028-winter"), `year`, `season`, `start`, `end`.
    """
    year, season = period_of(as_of)
    rows = []
    for _ in range(2 * horizon_years):
        start, end = _bounds(year, season)
        rows.append((f"{year}-{season}", year, season, start, end))
        year, season = (year, "summer") if season == "winter" else (year + 1, "winter")
    return pd.DataFrame(rows, columns=["period", "year", "season", "start", "end"])


def period_of(day: date) -> tuple[int, str]:
    """Return year and season of a day: October to March is the winter that ends in the year."""
    if day.month in SUMMER:
        return day.year, "summer"
    return day.year + (day.month >= AUTUMN), "winter"


def half_year(days: pd.Series) -> pd.Series:
    """Number half-years so that consecutive periods differ by one; unknown days stay unknown."""
    years = days.dt.year + (days.dt.month >= AUTUMN)
    summer = days.dt.month.isin(SUMMER)
    return (2 * years + summer).astype("Float64").where(days.notna())


def _bounds(year: int, season: str) -> tuple[date, date]:
    shift, month = SEASON_STARTS[season]
    if season == "winter":
        return date(year + shift, month, 1), date(year, 3, 31)
    return date(year, month, 1), date(year, 9, 30)
