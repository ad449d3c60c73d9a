"""What a briefing says: finding, numbers, tables and views, as texts that any format can show."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner import brief_money, charts, explain, layers, ledger, maps, match, palette, pipeline
from planner import brief_tables as tables
from planner.errors import DataError
from planner.ledger_facts import ALL
from planner.wording import closest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from matplotlib.figure import Figure

    from planner.brief_money import Lateness
    from planner.brief_tables import Table
    from planner.ladder import Ladder
    from planner.ledger import Ledger
    from planner.pipeline import Plan

TICK_COLOUR: Final = palette.look("on time with remedies").colour


@dataclass(frozen=True)
class Scope:
    """What a briefing is about; everything where nothing is given."""

    program: str | None = None
    state: str | None = None
    region: str | None = None
    grids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Number:
    """A figure, what it counts, and how sure it is."""

    value: str
    words: str
    note: str


@dataclass(frozen=True)
class Year:
    """Gigawatts by the end of a summer; `remedied` where remedies were judged."""

    year: int
    promised: float
    powered: float
    remedied: float | None = None


@dataclass(frozen=True)
class View:
    """What a map of the briefing shows."""

    grid: str
    region: str | None
    pockets: tuple[str, ...] | None
    caption: str

    @property
    def options(self) -> dict[str, Any]:
        """The options of :func:`planner.maps.figure` and of the interactive map."""
        return {"grid": self.grid, "region": self.region, "pockets": self.pockets}


@dataclass(frozen=True)
class Brief:
    """A briefing: clean one-line texts, tables of texts, numbers of the chart, views of the maps.

    Attributes
    ----------
    title, finding
        What it is about; what was found, in one sentence.
    standing
        As-of date, assumptions and weakest confidence; stands under every page.
    numbers
        The three numbers.
    years
        Promised against powered by year [GW].
    bottlenecks, late, remedies, unassessed, sources
        Tables; no remedies where they were not judged, as `judged` says.
    lateness
        What lateness costs: sentences and tables.
    site_money
        What the ledger knows of a site in a line, for the tooltips of the maps.
    untested
        What the answer does not cover, one line each.
    views
        One map a grid with sites.
    """

    title: str
    finding: str
    as_of: date
    standing: str
    numbers: tuple[Number, ...]
    years: tuple[Year, ...]
    bottlenecks: Table
    late: Table
    remedies: tuple[Table, ...]
    judged: str
    lateness: Lateness
    site_money: dict[str, str]
    untested: tuple[str, ...]
    unassessed: Table
    sources: Table
    views: tuple[View, ...]


def collect(
    plan: Plan,
    *,
    scope: Scope | None = None,
    ladder: Ladder | None = None,
    books: Ledger | None = None,
) -> Brief:
    """Collect everything a briefing says.

    Parameters
    ----------
    plan
        The whole answer; all sites have competed for the same megawatts.
    scope
        What the briefing is about.
    ladder
        The same answer judged with remedies, see :func:`planner.ladder.climb`.
    books
        The ledger of the whole answer, see :func:`planner.ledger.told`.

    Raises
    ------
    DataError
        Something asked for is not there.
    """
    scope = scope or Scope()
    mine = narrowed(plan, scope)
    place = _place(plan, scope)
    views = tuple(_views(mine, scope))
    counted = _counted(scope)
    return Brief(
        title=f"{place}: promised and powered",
        finding=_finding(mine, place),
        as_of=plan.case.assumptions.as_of,
        standing=_standing(mine),
        numbers=_numbers(mine, _steps(ladder, mine)),
        years=_years(mine, ladder),
        bottlenecks=tables.bottlenecks(mine),
        late=tables.late_sites(mine, ladder),
        remedies=() if ladder is None else tuple(tables.remedies(mine, ladder)),
        judged=tables.judged(mine, ladder),
        lateness=brief_money.lateness(mine, books, counted),
        site_money={} if books is None else ledger.site_notes(books, mine.sites["site"]),
        untested=tuple(_untested(mine, ladder, views)),
        unassessed=tables.unassessed(mine),
        sources=tables.sources(
            mine, _homes(mine, scope), ladder, brief_money.uses(mine, books, counted)
        ),
        views=views,
    )


# --- what it is about ----------------------------------------------------------------------------


def narrowed(plan: Plan, scope: Scope) -> Plan:
    """Keep the sites and bottlenecks of a scope."""
    if scope == Scope():
        return plan
    sites = plan.sites
    keep = pd.Series(data=True, index=sites.index)
    for name in ("program", "state"):
        wanted = getattr(scope, name)
        if wanted is not None:
            _among(name, wanted, sites[name])
            keep &= (sites[name] == wanted).fillna(value=False).astype(bool)
    regions = _regions(plan, scope)
    if scope.region is not None:
        keep &= _inside(plan, sites["region"], sites["pocket"], regions, scope.region)
    elif scope.grids:
        countries = sites.loc[sites["region"].isin(regions), "country"]
        keep &= sites["country"].isin(set(countries)) | sites["region"].isin(regions)
    found = pipeline.only(plan, set(sites.loc[keep, "site"]))
    if scope.program or scope.state:
        return found
    rows = plan.bottlenecks
    area = rows["area"].where(rows["area"].isin(plan.case.pockets["pocket"]))
    here = _inside(plan, rows["region"], area, regions, scope.region)
    return dataclasses.replace(found, bottlenecks=rows[here].reset_index(drop=True))


def _counted(scope: Scope) -> str | None:
    """Name the program whose pledges are counted: all for everything, none for a place."""
    if scope == Scope():
        return ALL
    return scope.program if scope == Scope(program=scope.program) else None


def _regions(plan: Plan, scope: Scope) -> frozenset[str]:
    if scope.region is not None:
        return layers.frame(plan, region=scope.region).regions
    known = plan.case.regions
    return frozenset(known.loc[known["grid"].isin(scope.grids or set(known["grid"])), "region"])


def _homes(plan: Plan, scope: Scope) -> set[str]:
    """Regions whose figures bear on a scope."""
    found = set(plan.steps["region"]) | set(plan.bottlenecks["region"])
    return found | (_regions(plan, scope) if scope.region is not None else set())


def _inside(
    plan: Plan, region: pd.Series, pocket: pd.Series, regions: frozenset[str], wanted: str | None
) -> pd.Series:
    inside = region.isin(regions)
    if wanted in set(plan.case.pockets["pocket"]):
        inside &= (pocket == wanted).fillna(value=False).astype(bool)
    return inside


def _among(what: str, given: str, known: pd.Series) -> None:
    names = sorted(set(known.dropna()))
    if given in names:
        return
    likely = closest(given, names)
    hint = f"did you mean {likely}?" if likely else "see planner sites."
    raise DataError([f"{what} is {given!r}, which is not there; {hint}"])


def _place(plan: Plan, scope: Scope) -> str:
    parts = [(scope.program or "").replace("_", " "), scope.state or ""]
    if scope.region is not None:
        parts.append(layers.frame(plan, region=scope.region).place)
    elif not any(parts):
        known = scope.grids or tuple(dict.fromkeys(plan.case.regions["grid"]))
        parts.append(" and ".join(layers.COUNTRIES.get(name, name) for name in known))
    text = palette.shortened(", ".join(part for part in parts if part), tables.LONGEST_NAME)
    return text[:1].upper() + text[1:]


def _views(plan: Plan, scope: Scope) -> Iterator[View]:
    """One map a grid that has sites and outlines; of the state or region where one is asked for."""
    grids = plan.case.regions.set_index("region")["grid"]
    grids = grids[grids.index.isin(_regions(plan, scope))]
    outlined = set(match.outlines(plan.case)["region"].map(grids))
    busy = set(plan.steps["region"].map(grids))
    region = scope.region or _state_region(plan, scope)
    if region is not None:
        asked = layers.frame(plan, region=region)
        pocket = (region,) if region in set(plan.case.pockets["pocket"]) else None
        if asked.grid in outlined:
            yield _view(plan, asked.grid, region, pocket)
        return
    for grid in dict.fromkeys(grids):
        if grid in outlined and (grid in busy or not scope.program):
            yield _view(plan, grid, None, None)


def _state_region(plan: Plan, scope: Scope) -> str | None:
    """Return the state where regions of that name hold all its sites with a date."""
    if scope.state is None:
        return None
    known = plan.case.regions
    named = known[(known["state"] == scope.state) | (known["name"] == scope.state)]
    whole = len(named) and plan.steps["region"].isin(named["region"]).all()
    return scope.state if whole else None


def _view(plan: Plan, grid: str, region: str | None, pockets: tuple[str, ...] | None) -> View:
    asked = layers.frame(plan, grid=grid, region=region)
    place = palette.shortened(asked.place, tables.LONGEST_NAME)
    caption = f"{place}: headroom of the regions and sites due by summer {asked.year}"
    return View(grid, region, pockets, caption)


def figures(plan: Plan, scope: Scope | None, found: Brief) -> list[Figure]:
    """Draw the maps of a briefing."""
    mine = narrowed(plan, scope or Scope())
    return [maps.figure(mine, **view.options) for view in found.views]


def chart(plan: Plan, scope: Scope | None, found: Brief) -> Figure:
    """Draw promised against powered, with a tick for what remedies reach."""
    figure = charts.promised(narrowed(plan, scope or Scope()))
    ticks = [(row.year, row.remedied) for row in found.years if row.remedied is not None]
    if ticks:
        axes = figure.axes[0]
        half = charts.BAR / 2
        starts = [year - half for year, _ in ticks]
        ends = [year + half for year, _ in ticks]
        axes.hlines([value for _, value in ticks], starts, ends, colors=TICK_COLOUR,
                    linewidth=2.2, label="powered with remedies")  # fmt: skip
        axes.legend(frameon=False, fontsize=8, loc="upper left")
    return figure


# --- sentences and numbers -----------------------------------------------------------------------


def _finding(plan: Plan, place: str) -> str:
    asked, on_time = plan.steps["mw"].sum(), plan.steps["served_mw"].sum()
    if not asked:
        return f"{place}: no site with megawatts and a date can be assessed."
    where = "".join(_worst(plan, row, place) for row in palette.each(plan.bottlenecks.head(1)))
    kept, whole = tables.gw(on_time).removesuffix(" GW"), tables.gw(asked)
    return (
        f"{place}: {kept} of {whole} promised with a date ({on_time / asked:.0%}) can be"
        f" powered on time with what stands or is being built{where}."
    )


def _worst(plan: Plan, row: Any, place: str) -> str:
    area = tables.cell(tables.area_names(plan.case).get(row.area, row.area), tables.LONGEST_NAME)
    held = f"{tables.gw(row.held_up_mw + row.unnamed_mw)} ({palette.cause(row.cause)})"
    return f"; held up are {held}" if area == place else f"; {area} holds up most, {held}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _standing(plan: Plan) -> str:
    given = plan.case.assumptions
    return (
        f"As of {given.as_of}; stance {given.stance}, load {given.load_scenario}, allocation"
        f" {given.allocation}; weakest confidence {tables.weakest(plan.steps['confidence'])}."
    )


def _sure(plan: Plan, rows: pd.DataFrame, column: str) -> str:
    """As-of date, and the weakest confidence with its share of the megawatts."""
    mw = rows.groupby("confidence")[column].sum()
    mw = mw[mw > explain.TOLERANCE_MW]
    if mw.empty:
        return tables.as_of(plan, plan.steps["confidence"])
    if len(mw) == 1:
        return tables.as_of(plan, mw.index)
    share = f" ({mw[tables.weakest(mw.index)] / mw.sum():.0%} of these megawatts)."
    return tables.as_of(plan, mw.index).removesuffix(".") + share


def _steps(ladder: Ladder | None, plan: Plan) -> pd.DataFrame | None:
    if ladder is None:
        return None
    return ladder.steps[ladder.steps["site"].isin(set(plan.steps["site"]))]


def _numbers(plan: Plan, judged: pd.DataFrame | None) -> tuple[Number, ...]:
    steps = plan.steps
    asked, on_time = steps["mw"].sum(), steps["served_mw"].sum()
    share = f" ({on_time / asked:.0%})" if asked else ""
    return (
        Number(
            tables.gw(asked), f"promised with a date, at {_count(steps['site'].nunique(), 'site')}",
            _sure(plan, steps, "mw"),
        ),
        Number(
            f"{tables.gw(on_time)}{share}",
            "of it can be powered on its dates with what stands or is being built",
            _sure(plan, steps, "served_mw"),
        ),
        _held_up(plan, steps) if judged is None else _regained(plan, judged),
    )  # fmt: skip


def _held_up(plan: Plan, steps: pd.DataFrame) -> Number:
    never = steps.loc[steps["verdict"] == explain.NEVER, "late_mw"].sum()
    end = palette.when(plan.case.periods["period"].iloc[-1])
    words = f"held up on its dates; {tables.gw(never)} of it in phases not powered in full by {end}"
    return Number(tables.gw(steps["late_mw"].sum()), words, _sure(plan, steps, "late_mw"))


def _regained(plan: Plan, judged: pd.DataFrame) -> Number:
    kept = judged[judged["verdict"].isin(["on time if flexible", "on time with remedies"])]
    words = (
        f"of the {tables.gw(judged['late_mw'].sum())} held up keeps its dates if flexible, or with"
        " remedies decided on the as-of date"
    )
    return Number(tables.gw(kept["late_mw"].sum()), words, _sure(plan, kept, "late_mw"))


def _years(plan: Plan, ladder: Ladder | None) -> tuple[Year, ...]:
    rows = charts.promised_table(plan)
    remedied = {} if ladder is None else _remedied(plan, ladder)
    return tuple(
        Year(
            int(row.year), round(row.promised_gw, 3), round(row.powered_gw, 3),
            None if ladder is None else round(remedied.get(int(row.year), 0.0), 3),
        )
        for row in palette.each(rows)
    )  # fmt: skip


def _remedied(plan: Plan, ladder: Ladder) -> dict[int, float]:
    """Gigawatts powered with remedies by the end of each summer, without what runs already."""
    ends = plan.case.periods.drop_duplicates("year", keep="last").set_index("period")["year"]
    rows = ladder.ramps[ladder.ramps["site"].isin(set(plan.steps["site"]))]
    rows = rows[rows["period"].isin(ends.index)]
    running = rows["site"].map(plan.sites.set_index("site")["operating_mw"]).fillna(0.0)
    mw = (rows[["with_remedies_mw", "promised_mw"]].min(axis=1) - running).clip(lower=0.0)
    sums = mw.groupby(rows["period"].map(ends)).sum() / palette.MW_PER_GW
    return {int(year): float(gw) for year, gw in sums.items()}


# --- what is not covered -------------------------------------------------------------------------


def _untested(plan: Plan, ladder: Ladder | None, views: tuple[View, ...]) -> Iterator[str]:
    steps, given = plan.steps, plan.case.assumptions
    there = steps["site"].nunique()
    untested = steps.loc[~steps["delivery_tested"].astype(bool), "site"].nunique()
    if untested:
        yield f"Delivery at {untested} of {there} sites: no limit of the network is published."
    spread = steps.loc[steps["basis"] == "assumed ramp", "mw"].sum()
    if spread:
        yield (
            f"The ramp of {tables.gw(spread)}: only a first date is published; equal steps over"
            f" {given.ramp_years} years are assumed."
        )
    converted = steps.loc[steps["converted"].astype(bool), "mw"].sum()
    if converted:
        gigawatts = tables.gw(converted)
        yield f"The overhead of {gigawatts}: IT megawatts are taken times {given.pue} (PUE)."
    guessed = steps.loc[steps["basis"] == "estimate", "mw"].sum()
    if guessed:
        yield f"The dates of {tables.gw(guessed)}: estimates of a third party, not promises."
    if ladder is None:
        yield "Remedies and flexible operation: not judged in this briefing."
    if not views:
        yield "No map: no site with a date lies in a grid with outlines."
    yield "Fuel supply, water, permits and the local distribution network."
