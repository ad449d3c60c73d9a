"""What a briefing says: finding, numbers, tables and views, as texts that any format can show."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner import charts, explain, layers, maps, match, palette, pipeline, report
from planner.errors import DataError
from planner.schema import CONFIDENCE
from planner.wording import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from matplotlib.figure import Figure

    from planner.case import Case
    from planner.ladder import Ladder
    from planner.pipeline import Plan

MOST_BOTTLENECKS: Final = 12
MOST_RANKED: Final = 3
MOST_OPTIONS: Final = 3
LONGEST_NAME: Final = 46
LONGEST_TEXT: Final = 110
LONGEST_ADDRESS: Final = 300
PADDING: Final = 2
SHORT_CAUSES: Final = {
    "delivery": "delivery limit",
    "connection": "connection",
    "onsite": "own plant",
}
UNNAMED: Final = (
    "Unnamed: datacenters of the operators' forecasts that no listed site stands for, four years"
    " ahead."
)
LEVELS: Final = CONFIDENCE[::-1]
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
class Table:
    """A table of texts; `numeric` are the places of the columns that hold numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    numeric: tuple[int, ...] = ()


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
    untested: tuple[str, ...]
    unassessed: Table
    sources: Table
    views: tuple[View, ...]


def collect(plan: Plan, *, scope: Scope | None = None, ladder: Ladder | None = None) -> Brief:
    """Collect everything a briefing says.

    Parameters
    ----------
    plan
        The whole answer; all sites have competed for the same megawatts.
    scope
        What the briefing is about.
    ladder
        The same answer judged with remedies, see :func:`planner.ladder.climb`.

    Raises
    ------
    DataError
        Something asked for is not there.
    """
    scope = scope or Scope()
    mine = narrowed(plan, scope)
    place = _place(plan, scope)
    views = tuple(_views(mine, scope))
    return Brief(
        title=f"{place}: promised and powered",
        finding=_finding(mine, place),
        as_of=plan.case.assumptions.as_of,
        standing=_standing(mine),
        numbers=_numbers(mine, _steps(ladder, mine)),
        years=_years(mine, ladder),
        bottlenecks=_bottlenecks(mine),
        late=_late(mine, ladder),
        remedies=() if ladder is None else tuple(_remedies(mine, ladder)),
        judged=_judged(mine, ladder),
        untested=tuple(_untested(mine, ladder, views)),
        unassessed=_unassessed(mine),
        sources=_sources(mine, scope, ladder),
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


def _regions(plan: Plan, scope: Scope) -> frozenset[str]:
    if scope.region is not None:
        return layers.frame(plan, region=scope.region).regions
    known = plan.case.regions
    return frozenset(known.loc[known["grid"].isin(scope.grids or set(known["grid"])), "region"])


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
    parts = [palette.shortened(scope.program, LONGEST_NAME).replace("_", " ")] * bool(scope.program)
    parts += [scope.state] * bool(scope.state)
    if scope.region is not None:
        parts.append(layers.frame(plan, region=scope.region).place)
    elif not parts:
        known = scope.grids or tuple(dict.fromkeys(plan.case.regions["grid"]))
        parts.append(" and ".join(layers.COUNTRIES.get(name, name) for name in known))
    text = palette.shortened(", ".join(str(part) for part in parts), LONGEST_NAME)
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
    place = palette.shortened(asked.place, LONGEST_NAME)
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
        ends = [[year + side for year, _ in ticks] for side in (-half, half)]
        axes.hlines([value for _, value in ticks], *ends, colors=TICK_COLOUR, linewidth=2.2,
                    label="powered with remedies")  # fmt: skip
        axes.legend(frameon=False, fontsize=8, loc="upper left")
    return figure


# --- sentences and numbers -----------------------------------------------------------------------


def _finding(plan: Plan, place: str) -> str:
    asked, on_time = plan.steps["mw"].sum(), plan.steps["served_mw"].sum()
    if not asked:
        return f"{place}: no site with megawatts and a date can be assessed."
    where = "".join(_worst(plan, row, place) for row in palette.each(plan.bottlenecks.head(1)))
    share = _gw(on_time).removesuffix(" GW")
    return (
        f"{place}: {share} of {_gw(asked)} promised with a date ({on_time / asked:.0%}) can be"
        f" powered on time with what stands or is being built{where}."
    )


def _worst(plan: Plan, row: Any, place: str) -> str:
    area = _text(_names(plan.case).get(row.area, row.area), LONGEST_NAME)
    held = f"{_gw(row.held_up_mw + row.unnamed_mw)} ({palette.cause(row.cause)})"
    return f"; held up are {held}" if area == place else f"; {area} holds up most, {held}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _gw(megawatts: float) -> str:
    return f"{megawatts / palette.MW_PER_GW:.1f} GW"


def _number(megawatts: float) -> str:
    return f"{megawatts / palette.MW_PER_GW:.2f}"


def _names(case: Case) -> dict[str, str]:
    """Names of regions and pockets."""
    return {
        **dict(zip(case.regions["region"], case.regions["name"], strict=True)),
        **dict(zip(case.pockets["pocket"], case.pockets["name"], strict=True)),
    }


def _standing(plan: Plan) -> str:
    given = plan.case.assumptions
    return (
        f"As of {given.as_of}; stance {given.stance}, load {given.load_scenario}, allocation"
        f" {given.allocation}; weakest confidence {weakest(plan.steps['confidence'])}."
    )


def weakest(levels: Iterable[str]) -> str:
    """Return the weakest confidence.

    Examples
    --------
    >>> weakest(["high", "low", "medium"])
    'low'
    """
    there = set(levels)
    return next((level for level in LEVELS if level in there), "not known")


def _sure(plan: Plan, rows: pd.DataFrame, column: str) -> str:
    """As-of date, and the weakest confidence with its share of the megawatts."""
    mw = rows.groupby("confidence")[column].sum()
    mw = mw[mw > explain.TOLERANCE_MW]
    if mw.empty:
        return _as_of(plan, plan.steps["confidence"])
    if len(mw) == 1:
        return _as_of(plan, mw.index)
    share = f" ({mw[weakest(mw.index)] / mw.sum():.0%} of these megawatts)."
    return _as_of(plan, mw.index).removesuffix(".") + share


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
            _gw(asked), f"promised with a date, at {_count(steps['site'].nunique(), 'site')}",
            _sure(plan, steps, "mw"),
        ),
        Number(
            f"{_gw(on_time)}{share}",
            "of it can be powered on its dates with what stands or is being built",
            _sure(plan, steps, "served_mw"),
        ),
        _held_up(plan, steps) if judged is None else _regained(plan, judged),
    )  # fmt: skip


def _held_up(plan: Plan, steps: pd.DataFrame) -> Number:
    never = steps.loc[steps["verdict"] == explain.NEVER, "late_mw"].sum()
    end = palette.when(plan.case.periods["period"].iloc[-1])
    words = f"held up on its dates; {_gw(never)} of it in phases not powered in full by {end}"
    return Number(_gw(steps["late_mw"].sum()), words, _sure(plan, steps, "late_mw"))


def _regained(plan: Plan, judged: pd.DataFrame) -> Number:
    kept = judged[judged["verdict"].isin(["on time if flexible", "on time with remedies"])]
    words = (
        f"of the {_gw(judged['late_mw'].sum())} held up keeps its dates if flexible, or with"
        f" remedies decided by {plan.case.assumptions.as_of}"
    )
    return Number(_gw(kept["late_mw"].sum()), words, _sure(plan, kept, "late_mw"))


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


def widths(table: Table, *, least: int = 7, most: int = 42) -> tuple[float, ...]:
    """Share the width of a page among the columns, by their longest text.

    Examples
    --------
    >>> widths(Table("", ("a", "b"), (("x" * 25, "y"),)))
    (0.75, 0.25)
    """
    texts = zip(table.columns, *table.rows, strict=True)
    longest = [min(max(map(len, column), default=0), most) for column in texts]
    wide = [max(one, least) + PADDING for one in longest]
    return tuple(one / sum(wide) for one in wide)


# --- tables --------------------------------------------------------------------------------------


def _text(value: object, longest: int = LONGEST_TEXT) -> str:
    """Show a value of a list on one line: cleaned, shortened, empty where it is not known."""
    if value is None or value is pd.NaT or value != value:  # noqa: PLR0124 - not a number
        return ""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return palette.shortened(value, longest)


def _site_name(row: Any) -> str:
    """Name of a site, or its id where it has none or no font has its letters."""
    name = _text(row.name, LONGEST_NAME)
    return name if name and maps.drawable(name) else _text(row.site, LONGEST_NAME)


def _as_of(plan: Plan, levels: Iterable[str]) -> str:
    return f"As of {plan.case.assumptions.as_of}; weakest confidence {weakest(levels)}."


def _bottlenecks(plan: Plan) -> Table:
    names = _names(plan.case)
    late = plan.steps[plan.steps["late_mw"] > explain.TOLERANCE_MW]
    area = late["pocket"].fillna(late["region"]).astype(str).rename("area")
    known = late.groupby([area, "cause"])["confidence"].agg(weakest)
    shown = plan.bottlenecks.head(MOST_BOTTLENECKS)
    levels = [
        known.get((row.area, row.cause)) or weakest(_region_levels(plan.case, row.region))
        for row in palette.each(shown)
    ]
    rows = [
        (
            _text(names.get(row.area, row.area), LONGEST_NAME), _text(row.area),
            _number(row.held_up_mw), f"{row.sites:.0f}", _number(row.unnamed_mw),
            palette.cause(row.cause),
            palette.when(row.first_period) if isinstance(row.first_period, str) else "",
            level,
        )
        for row, level in zip(palette.each(shown), levels, strict=True)
    ]  # fmt: skip
    rest = len(plan.bottlenecks) - len(shown)
    note = "Held up on the target dates with nothing built."
    if shown["unnamed_mw"].sum():
        note += f" {UNNAMED}"
    if rest:
        note += f" {rest} smaller ones are left out."
    columns = (
        "Where", "Area", "Sites [GW]", "Sites", "Unnamed [GW]", "What binds", "From", "Confidence",
    )  # fmt: skip
    found = Table("Bottlenecks and what binds", columns, tuple(rows),
                  f"{note} {_as_of(plan, levels)}", (2, 3, 4))  # fmt: skip
    return found if shown["unnamed_mw"].sum() else _without(found, 4)


def _without(table: Table, place: int) -> Table:
    """Leave out a column of numbers."""
    rows = tuple(row[:place] + row[place + 1 :] for row in table.rows)
    columns = table.columns[:place] + table.columns[place + 1 :]
    return dataclasses.replace(
        table, columns=columns, rows=rows, numeric=tuple(n for n in table.numeric if n != place)
    )


def _region_levels(case: Case, region: str) -> Iterator[str]:
    for table in (case.load, case.supply):
        yield from table.loc[table["region"] == region, "confidence"]


def _late(plan: Plan, ladder: Ladder | None) -> Table:
    rows = plan.sites if ladder is None else ladder.sites
    rows = rows[
        rows["site"].isin(set(plan.sites["site"])) & (rows["verdict"] != explain.UNASSESSED)
    ]
    rows = rows[rows["late_mw"] > explain.TOLERANCE_MW]
    rows = rows.sort_values(["late_mw", "site"], ascending=[False, True])
    steps = plan.steps[plan.steps["late_mw"] > explain.TOLERANCE_MW]
    promised = steps.groupby("site")["target_date"].max()
    lines = [
        (_site_name(row), _text(row.region), _number(row.late_mw), _text(promised[row.site]),
         *_dates(row, judged=ladder is not None), _cause(row), row.confidence)
        for row in palette.each(rows)
    ]  # fmt: skip
    dates = ("In full",) if ladder is None else ("Nothing built", "With remedies", "Verdict")
    columns = ("Site", "Region", "Late [GW]", "Promised", *dates, "Held up by", "Confidence")
    note = (
        "Promised: date of the last phase that is late. In full: with nothing built"
        f"{'' if ladder is None else ', or with remedies decided on the as-of date'}."
        f" {_as_of(plan, rows['confidence'])}"
    )
    return Table(f"Late sites ({len(lines)})", columns, tuple(lines), note, (2,))


def _dates(row: Any, *, judged: bool) -> tuple[str, ...]:
    if not judged:
        return (palette.when(row.earliest_period),)
    date = _text(row.earliest_date) or "after the horizon"
    return palette.when(row.plain_earliest_period), date, row.verdict


def _cause(row: Any) -> str:
    words = [w for w in (row.cause, row.next_cause) if isinstance(w, str) and w]
    return ", then ".join(dict.fromkeys(SHORT_CAUSES.get(word, word) for word in words))


# --- remedies ------------------------------------------------------------------------------------


def _judged(plan: Plan, ladder: Ladder | None) -> str:
    if ladder is None:
        return "Remedies were not judged: planner brief --remedies judges them in a minute."
    return (
        f"Remedies are decided on {plan.case.assumptions.as_of}, each with its own lead time,"
        " yearly build limit and potential. Flexible operation:"
        f" at most {plan.case.assumptions.flexible_hours:.0f} h a year."
    )


def _remedies(plan: Plan, ladder: Ladder) -> Iterator[Table]:
    spoken = _spoken(plan.case)
    yield _needs(plan, ladder, spoken)
    yield _ranked(plan, ladder, spoken)


def _spoken(case: Case) -> dict[str, str]:
    """Names of remedies."""
    return {} if case.remedies.empty else dict(
        zip(case.remedies["remedy"], case.remedies["name"], strict=True)
    )  # fmt: skip


def _needs(plan: Plan, ladder: Ladder, spoken: dict[str, str]) -> Table:
    """The cheapest remedies that power each late site alone."""
    needs = ladder.needs[ladder.needs["site"].isin(set(plan.sites["site"]))]
    sites = plan.sites.set_index("site", drop=False)
    late = sites["late_mw"].reindex(needs["site"].unique()).sort_values(ascending=False)
    rows = []
    for site in late.index:
        part = needs[needs["site"] == site].sort_values(["usd_yr", "option"], ascending=False)
        kinds = part.groupby("remedy", sort=False)["mw"].sum()
        texts = [f"{_kind(spoken, name)} {mw:,.0f} MW" for name, mw in kinds.items()]
        more = len(texts) - MOST_OPTIONS
        words = "; ".join(texts[:MOST_OPTIONS]) + (f"; {more} more" if more > 0 else "")
        rows.append(
            (_site_name(_Row(site, sites["name"][site])), palette.when(part["period"].iloc[0]),
             words, f"{part['usd'].sum() / 1e6:,.0f}", f"{part['usd_yr'].sum() / 1e6:,.0f}",
             weakest(part["confidence"]))
        )  # fmt: skip
    note = f"Each site alone, all else as it was. {_as_of(plan, needs['confidence'])}"
    columns = ("Site", "In full by", "Cheapest remedies", "Investment [M USD]", "Yearly [M USD]",
               "Confidence")  # fmt: skip
    return Table("What would power a late site alone", columns, tuple(rows), note, (3, 4))


@dataclass(frozen=True)
class _Row:
    site: str
    name: object


def _kind(spoken: dict[str, str], remedy: object) -> str:
    return _text(spoken.get(str(remedy), remedy), LONGEST_NAME)


def _ranked(plan: Plan, ladder: Ladder, spoken: dict[str, str]) -> Table:
    """The remedies that free most for their money, in each of the worst areas."""
    late = plan.steps[plan.steps["late_mw"] > explain.TOLERANCE_MW]
    held = late.groupby("region")["late_mw"].sum().sort_values(ascending=False)
    names = _names(plan.case)
    levels = plan.case.remedies.groupby("remedy")["confidence"].agg(weakest).to_dict()
    chosen = ladder.ranking[ladder.ranking["mw_months_per_million_usd"] > 0]
    rows = []
    for area in [name for name in held.index if name in set(chosen["area"])]:
        best = chosen[chosen["area"] == area].drop_duplicates("remedy").head(MOST_RANKED)
        rows += [
            (_text(names.get(area, area), LONGEST_NAME), _kind(spoken, row.remedy),
             _text(row.first_date), f"{row.mw_months_per_million_usd:,.1f}",
             levels.get(row.remedy, "not known"))
            for row in palette.each(best)
        ]  # fmt: skip
    stands = _as_of(plan, [row[-1] for row in rows])
    note = (
        f"Megawatt-months that 100 MW free for late sites, by million USD of investment. {stands}"
    )
    columns = ("Where", "Remedy", "From", "MW-months per M USD", "Confidence")
    return Table("What frees most for its money", columns, tuple(rows), note, (3,))


# --- what is not covered, and sources ------------------------------------------------------------


def _untested(plan: Plan, ladder: Ladder | None, views: tuple[View, ...]) -> Iterator[str]:
    steps, given = plan.steps, plan.case.assumptions
    there = steps["site"].nunique()
    untested = steps.loc[~steps["delivery_tested"].astype(bool), "site"].nunique()
    if untested:
        yield f"Delivery at {untested} of {there} sites: no limit is published for the network there."
    spread = steps.loc[steps["basis"] == "assumed ramp", "mw"].sum()
    if spread:
        yield (
            f"The ramp of {_gw(spread)}: only a first date is published; equal steps over"
            f" {given.ramp_years} years are assumed."
        )
    converted = steps.loc[steps["converted"].astype(bool), "mw"].sum()
    if converted:
        yield f"The overhead of {_gw(converted)}: IT megawatts are taken times {given.pue} (PUE)."
    guessed = steps.loc[steps["basis"] == "estimate", "mw"].sum()
    if guessed:
        yield f"The dates of {_gw(guessed)}: estimates of a third party, not promises."
    if ladder is None:
        yield "Remedies and flexible operation: not judged in this briefing."
    if not views:
        yield "No map: no site with a date lies in a grid with outlines."
    yield "Fuel supply, water, permits and the local distribution network."


def _unassessed(plan: Plan) -> Table:
    """Count the sites that are not assessed, by reason."""
    found = report.unassessed(plan)
    rows = tuple(
        (_text(reason), f"{sites}", "" if gw == "nan" else gw)
        for reason, sites, gw in found.itertuples(index=False)
    )
    listed = plan.sites.loc[plan.sites["verdict"] == explain.UNASSESSED, "confidence"]
    return Table("Sites not assessed", ("Reason", "Sites", "Published [GW]"), rows,
                 _as_of(plan, listed), (1, 2))  # fmt: skip


def _sources(plan: Plan, scope: Scope, ladder: Ladder | None) -> Table:
    """Documents behind the briefing, those with most rows first."""
    uses = pd.concat(_used(plan, scope, ladder), ignore_index=True)
    groups = uses.groupby("source").agg(
        facts=("fact", lambda names: ", ".join(dict.fromkeys(names))),
        rows=("fact", "size"),
        known_on=("known_on", "max"),
        confidence=("confidence", weakest),
    )
    ranked = groups.reset_index().sort_values(["rows", "source"], ascending=[False, True])
    documents = plan.case.sources
    known = {} if documents.empty else documents.drop_duplicates("source").set_index("source")
    rows = tuple(_document(row, known) for row in palette.each(ranked))
    columns = ("Publisher", "Document", "Published", "Used for", "Rows", "Confidence", "Address")
    note = f"The packs' sources.csv names licences too. {_as_of(plan, ranked['confidence'])}"
    return Table(f"Sources ({len(rows)})", columns, rows, note, (4,))


def _document(row: Any, known: Any) -> tuple[str, ...]:
    document = known.loc[row.source] if len(known) and row.source in known.index else {}
    published = _text(document.get("published_on")) or _text(row.known_on)
    return (
        _text(document.get("publisher")) or _text(row.source), _text(document.get("document")),
        published, row.facts, f"{row.rows}", row.confidence, _text(document.get("address"), LONGEST_ADDRESS),
    )  # fmt: skip


def _used(plan: Plan, scope: Scope, ladder: Ladder | None) -> list[pd.DataFrame]:
    """The rows behind an answer: of its sites, and of the pools that power them."""
    case = plan.case
    sites, homes = (
        set(plan.sites["site"]),
        set(plan.steps["region"]) | set(plan.bottlenecks["region"]),
    )
    if scope.region is not None:
        homes |= layers.frame(plan, region=scope.region).regions
    pools = set(case.regions.loc[case.regions["region"].isin(homes), "pool"])
    regions = set(case.regions.loc[case.regions["pool"].isin(pools), "region"])
    rules = case.connection["area"].isin(regions | pools | set(plan.sites["pocket"].dropna()))
    joint = case.joint_members.loc[case.joint_members["region"].isin(regions), "limit"]
    tables = {
        "sites": case.sites[case.sites["site"].isin(sites)],
        "phases": case.phases[case.phases["site"].isin(sites)],
        "own plant": case.onsite[case.onsite["site"].isin(sites)],
        "load": case.load[case.load["region"].isin(regions)
                          & (case.load["scenario"] == case.assumptions.load_scenario)],
        "supply": case.supply[case.supply["region"].isin(regions)],
        "requirement": case.requirements[case.requirements["pool"].isin(pools)],
        "accreditation": case.accreditation[case.accreditation["pool"].isin(pools)],
        "lines": case.links[case.links["from_region"].isin(regions)
                            | case.links["to_region"].isin(regions)],
        "joint limits": case.joint_limits[case.joint_limits["limit"].isin(joint)],
        "connection": case.connection[rules],
        "delivery": case.delivery[case.delivery["pocket"].isin(set(plan.sites["pocket"]))],
        **({} if ladder is None else {"remedies": case.remedies}),
    }  # fmt: skip
    columns = ["source", "confidence", "known_on"]
    return [table[columns].assign(fact=fact) for fact, table in tables.items()]
