"""The tables behind maps and charts: what is due, powered and held up by the end of each year."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from planner import explain, limits, match, pipeline
from planner.demand import numbered
from planner.errors import DataError, PlannerError
from planner.sources import geometry
from planner.wording import closest, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from planner.case import Case
    from planner.ladder import Ladder
    from planner.pipeline import Plan

# Equal-area; the parallels suit the country. EPSG:7755 has India's parallels but is conformal.
PROJECTIONS: Final = {
    "us": "EPSG:5070",
    "india": "+proj=aea +lat_1=12.472955 +lat_2=35.172806 +lat_0=24 +lon_0=80 +datum=WGS84",
    "world": "+proj=eqearth",
}
COUNTRIES: Final = {"us": "United States", "india": "India"}
BOUNDARY_NOTES: Final = {
    "us": "Regions are built of counties (U.S. Census Bureau, 1:500,000, 2016).",
    "india": "Boundaries as depicted by the Government of India; no position is taken.",
    "world": "De facto boundaries, Natural Earth; no position is taken.",
}
WORLD: Final = "world"
METRICS: Final = ("headroom", "held-up")
YEARS_AHEAD: Final = 4
FULL_FLOW: Final = 0.999
SMALLEST_LINE_MW: Final = 1.0
KM_PER_DEGREE: Final = 111.2
MOST_PUBLISHERS: Final = 4


@dataclass(frozen=True)
class Frame:
    """What a map is asked to show: one grid, one year, one metric, and which regions."""

    grid: str
    year: int
    metric: str
    regions: frozenset[str]
    place: str
    crs: str
    whole: bool


@dataclass(frozen=True)
class Scene:
    """An answer, what is asked of it, and the sites: those with a verdict, and all others."""

    plan: Plan
    asked: Frame
    sites: gpd.GeoDataFrame
    others: gpd.GeoDataFrame


def scene(plan: Plan, asked: Frame) -> Scene:
    """Gather what a map and its notes draw on."""
    return Scene(plan, asked, placed_sites(plan, asked), unassessed_sites(plan, asked))


def frame(
    plan: Plan,
    *,
    grid: str | None = None,
    year: int | None = None,
    metric: str = "headroom",
    region: str | None = None,
) -> Frame:
    """Check what is asked for, and fill in what is left open.

    Parameters
    ----------
    grid
        Name of a grid pack; the first of the case, or the one of the region.
    year
        Year of the horizon; four years after the as-of date where the horizon goes so far.
    metric
        "headroom" or "held-up".
    region
        A region, pool, group, state or pocket; the whole grid where it is not given.

    Raises
    ------
    DataError
        Something asked for is not there.
    """
    known = plan.case.regions
    if region is not None:
        grid = grid or _grid_of(plan.case, region)
    grid = grid or str(known["grid"].iloc[0])
    _among("grid", grid, known["grid"].unique())
    _among("metric", metric, METRICS)
    span = years(plan)
    year = year or min(plan.case.assumptions.as_of.year + YEARS_AHEAD, span[-1])
    _among("year", str(year), map(str, span))
    here = known[known["grid"] == grid]
    chosen = frozenset(here["region"]) if region is None else _named(plan.case, here, region)
    return Frame(
        grid=grid,
        year=year,
        metric=metric,
        regions=chosen,
        place=COUNTRIES.get(grid, grid) if region is None else _spoken(plan.case, region),
        crs=PROJECTIONS.get(grid) or equal_area(here),
        whole=region is None,
    )


def world(plan: Plan, year: int | None = None) -> Frame:
    """Show every site of the list, those outside the grids too, on a map of the world.

    Raises
    ------
    DataError
        The year is not in the horizon.
    """
    grids = dict.fromkeys(plan.case.regions["grid"])
    return dataclasses.replace(
        frame(plan, year=year),
        grid=WORLD,
        regions=frozenset(plan.case.regions["region"]),
        place=" and ".join(COUNTRIES.get(grid, str(grid)) for grid in grids),
        crs=PROJECTIONS[WORLD],
    )


def equal_area(regions: pd.DataFrame) -> str:
    """Return an Albers projection for a grid that has none of its own (rule of one sixth)."""
    south, north = regions["lat"].min(), regions["lat"].max()
    sixth = max(north - south, 1.0) / 6
    middle = f"+lat_0={(south + north) / 2:.3f} +lon_0={regions['lon'].mean():.3f}"
    return f"+proj=aea +lat_1={south + sixth:.3f} +lat_2={north - sixth + 0.01:.3f} {middle}"


def _grid_of(case: Case, region: str) -> str | None:
    for grid, rows in case.regions.groupby("grid", sort=False):
        if _matching(case, rows, region):
            return str(grid)
    return None


def _matching(case: Case, regions: pd.DataFrame, wanted: str) -> frozenset[str]:
    same = np.zeros(len(regions), dtype=bool)
    for column in ("region", "pool", "group", "state", "name"):
        same |= (regions[column] == wanted).fillna(value=False).to_numpy(dtype=bool)
    inside = case.pockets.loc[case.pockets["pocket"] == wanted, "region"]
    same |= regions["region"].isin(inside).to_numpy(dtype=bool)
    return frozenset(regions.loc[same, "region"])


def _named(case: Case, regions: pd.DataFrame, wanted: str) -> frozenset[str]:
    found = _matching(case, regions, wanted)
    if not found:
        known = pd.concat([regions[c] for c in ("region", "pool", "group", "state")])
        _among("region", wanted, set(known.dropna()) | set(case.pockets["pocket"]))
    return found


def _spoken(case: Case, wanted: str) -> str:
    for table, key in ((case.pockets, "pocket"), (case.regions, "region"), (case.pools, "pool")):
        named = table.loc[table[key] == wanted, "name"]
        if len(named):
            return str(named.iloc[0])
    return wanted


def _among(what: str, given: str, known: Iterable[str]) -> None:
    names = sorted(known)
    if given in names:
        return
    likely = closest(given, names)
    few = len(names) <= 20  # noqa: PLR2004 - as many as one line holds
    hint = f"did you mean {likely}?" if likely else f"choose {', '.join(names)}." if few else ""
    raise DataError([f"{what} is {given!r}, which is not there; {hint or 'see planner grids.'}"])


# --- by year -------------------------------------------------------------------------------------


def years(plan: Plan) -> list[int]:
    """List the years of the horizon."""
    return sorted(int(year) for year in plan.case.periods["year"].unique())


def site_years(plan: Plan) -> pd.DataFrame:
    """What each site is due and gets by the end of each year.

    Returns
    -------
    pd.DataFrame
        `site`, `region`, `pocket`, `year`, `due_mw`, `powered_mw`, `held_up_mw`, and of the steps
        due by then the worst `verdict`, the `cause` that holds up most, the last
        `target_period` and the last `earliest_period` (empty: after the horizon). No row where
        nothing is due yet.
    """
    steps = plan.steps
    rows = steps.merge(_year_ends(plan), how="cross")
    rows = rows[(rows["target"] <= rows["number"]).fillna(value=False).astype(bool)]
    powered = plan.served[["step", "period", "served_mw"]].rename(columns={"served_mw": "powered"})
    rows = rows.merge(powered, how="left", on=["step", "period"])
    order = {name: place for place, name in enumerate(_verdict_order(plan))}
    known = {period: _number(period) for period in steps["earliest_period"].dropna().unique()}
    rows = rows.assign(
        due_mw=rows["mw"],
        powered_mw=rows["powered"].fillna(0.0).clip(upper=rows["mw"]),
        rank=rows["verdict"].map(order),
        last=rows["earliest_period"].map(known).astype(float).fillna(math.inf),
    )
    by = ["site", "year"]
    sums = rows.groupby(by)[["due_mw", "powered_mw"]].sum()
    held = (sums["due_mw"] - sums["powered_mw"]).clip(lower=0.0).round(6)
    table = sums.assign(
        region=_of_largest(rows, "mw", "region"),
        pocket=_of_largest(rows, "mw", "pocket"),
        held_up_mw=held,
        verdict=_of_largest(rows, "rank", "verdict"),
        cause=_of_largest(rows, "late_mw", "cause"),
        target_period=_of_largest(rows, "target", "target_period"),
        earliest_period=_of_largest(rows, "last", "earliest_period"),
    )
    return table.reset_index()


def _year_ends(plan: Plan) -> pd.DataFrame:
    """The last period of each year and its number."""
    ends = plan.case.periods.drop_duplicates("year", keep="last")[["year", "period"]]
    return ends.assign(number=ends["period"].map(numbered(plan.case.periods)))


def _of_largest(rows: pd.DataFrame, by: str, column: str) -> pd.Series:
    """Take a column from the row of each site and year that has the largest value of another."""
    key = ["site", "year"]
    first = rows.sort_values([*key, by, "step"], ascending=[True, True, False, True])
    return first.drop_duplicates(key).set_index(key)[column]


def _number(period: str) -> float:
    year, season = explain.sorted_period(period)
    return 2.0 * int(year) + season


def _verdict_order(plan: Plan) -> list[str]:
    """Order verdicts from best to worst; those this page does not know come before the late."""
    known = [name for name in explain.VERDICTS if name != explain.UNASSESSED]
    others = sorted(set(plan.steps["verdict"]) - set(known))
    return [known[0], *others, *known[1:]]


def region_years(plan: Plan) -> pd.DataFrame:
    """Headroom, shortage and megawatts held up by region and year.

    Returns
    -------
    pd.DataFrame
        `region`, `name`, `pool`, `grid`, `year`, `headroom_mw` (the tighter season, `season`),
        `requirement_mw`, `supply_mw`, `net_import_mw`, `shortage_mw` of that season, `due_mw`,
        `powered_mw`, `held_up_mw` of the sites by the end of the year.
    """
    rows = plan.regions.merge(plan.case.periods[["period", "year", "season"]], on="period")
    rows = rows.sort_values(["headroom_mw", "period"]).drop_duplicates(["region", "year"])
    columns = [
        "region",
        "name",
        "pool",
        "grid",
        "year",
        "season",
        "headroom_mw",
        "requirement_mw",
        "supply_mw",
        "net_import_mw",
        "shortage_mw",
    ]
    by = ["region", "year"]
    sums = site_years(plan).groupby(by)[["due_mw", "powered_mw", "held_up_mw"]].sum()
    rows = rows[columns].merge(sums, how="left", left_on=by, right_index=True)
    filled = rows[["due_mw", "powered_mw", "held_up_mw"]].fillna(0.0)
    return rows.assign(**filled).sort_values(by, ignore_index=True)


def binding_lines(plan: Plan) -> pd.DataFrame:
    """Lines that are full into a region that is short or has sites waiting.

    A full line into a region with megawatts to spare holds up nobody and is left out.

    Returns
    -------
    pd.DataFrame
        `out_of`, `into`, `year`, `season`, `flow_mw` (the larger of the two seasons).
    """
    sums = ["forward_mw", "reverse_mw"]
    pair = ["from_region", "to_region", "period"]
    rows = plan.flows.merge(limits.links(plan.case).groupby(pair)[sums].sum(), on=pair)
    ahead = rows["flow_mw"] > 0
    rows = rows.assign(
        flow_mw=rows["flow_mw"].abs(),
        limit_mw=rows["forward_mw"].where(ahead, rows["reverse_mw"]),
        out_of=rows["from_region"].where(ahead, rows["to_region"]),
        into=rows["to_region"].where(ahead, rows["from_region"]),
    )
    full = (rows["flow_mw"] >= SMALLEST_LINE_MW) & (rows["flow_mw"] >= FULL_FLOW * rows["limit_mw"])
    rows = rows[full].merge(plan.case.periods[["period", "year", "season"]], on="period")
    rows = rows.merge(_wanting(plan), left_on=["into", "period"], right_on=["region", "period"])
    rows = rows.sort_values(["flow_mw", "out_of", "into"], ascending=[False, True, True])
    rows = rows.drop_duplicates(["out_of", "into", "year"])
    columns = ["out_of", "into", "year", "season", "flow_mw"]
    return rows[columns].sort_values(columns[:3], ignore_index=True)


def _wanting(plan: Plan) -> pd.DataFrame:
    """List the regions and periods that are short or have sites waiting."""
    short = plan.regions.loc[plan.regions["shortage_mw"] > explain.TOLERANCE_MW]
    held = site_years(plan)
    held = held[held["held_up_mw"] > explain.TOLERANCE_MW]
    waiting = held.merge(plan.case.periods[["period", "year"]], on="year")
    both = [table[["region", "period"]] for table in (short, waiting)]
    return pd.concat(both).drop_duplicates()


# --- places --------------------------------------------------------------------------------------


def shapes(plan: Plan, asked: Frame, tolerance_m: float) -> gpd.GeoDataFrame:
    """Outline the regions of a grid in its projection, borders simplified alike.

    Returns
    -------
    geopandas.GeoDataFrame
        `region`, `state`, `group`, `geometry`.

    Raises
    ------
    PlannerError
        The grid has no outlines.
    """
    import shapely

    here = plan.case.regions[plan.case.regions["grid"] == asked.grid]
    rows = match.outlines(plan.case)
    rows = rows.merge(here[["region", "state", "group"]], on="region")
    if rows.empty:
        told = f"grid {asked.grid} has no outlines; add outlines.geojson, see docs/own-data.md."
        raise PlannerError(told)
    rows = rows.to_crs(asked.crs)
    if tolerance_m > 0:
        rows["geometry"] = shapely.coverage_simplify(rows.geometry.array, tolerance_m)
    return rows


def borders(regions: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Dissolve regions to states; where each state is a region, to the groups of the operator."""
    whole = regions["state"].nunique() < len(regions)
    by = regions["state" if whole else "group"].fillna("")
    return regions[["geometry"]].dissolve(by.to_numpy(), method="coverage").geometry


def points(table: pd.DataFrame, crs: str) -> gpd.GeoDataFrame:
    """Place a table by `lat` and `lon` in a projection."""
    import geopandas as gpd

    where = gpd.points_from_xy(table["lon"], table["lat"], crs="EPSG:4326")
    return gpd.GeoDataFrame(table, geometry=where).to_crs(crs)


def placed_sites(plan: Plan, asked: Frame) -> gpd.GeoDataFrame:
    """Sites with megawatts due by the end of the year, largest first.

    Returns
    -------
    geopandas.GeoDataFrame
        The columns of :func:`site_years`, the facts of the site, and its point.
    """
    rows = site_years(plan)
    rows = rows[(rows["year"] == asked.year) & rows["region"].isin(asked.regions)]
    facts = ["site", "name", "program", "operator", "state", "status", "lat", "lon", "confidence"]
    rows = rows.merge(plan.sites[facts], on="site").dropna(subset=["lat", "lon"])
    rows = rows.sort_values(["due_mw", "site"], ascending=[False, True], ignore_index=True)
    return points(rows, asked.crs)


def unassessed_sites(plan: Plan, asked: Frame) -> gpd.GeoDataFrame:
    """Sites that are not assessed, as points; on a map of the world those outside the grids too."""
    rows = plan.sites[plan.sites["verdict"] == explain.UNASSESSED]
    here = rows["region"].isin(asked.regions)
    here |= rows["region"].isna() & (asked.grid == WORLD)
    return points(rows[here].dropna(subset=["lat", "lon"]), asked.crs)


def anchors(plan: Plan, asked: Frame) -> pd.DataFrame:
    """Where the lines of a region end: `x`, `y` by region."""
    here = plan.case.regions[plan.case.regions["grid"] == asked.grid]
    where = points(here, asked.crs).geometry
    return pd.DataFrame({"x": where.x.to_numpy(), "y": where.y.to_numpy()}, index=here["region"])


def pockets(plan: Plan, asked: Frame) -> list[str]:
    """The pocket worth an inset: with sites and a published delivery limit, else the busiest."""
    rows = plan.case.pockets[plan.case.pockets["region"].isin(asked.regions)]
    due = site_years(plan)
    busy = due[due["year"] == asked.year].groupby("pocket")["site"].nunique()
    limited = plan.case.delivery.loc[plan.case.delivery["quantity"] == "import_limit", "pocket"]
    sites = rows["pocket"].map(busy).fillna(0)
    rows = rows.assign(sites=sites, limited=rows["pocket"].isin(limited))
    rows = rows[(rows["limited"] & (rows["sites"] > 0)) | (rows["sites"] > 1)]
    rows = rows.sort_values(["limited", "sites", "pocket"], ascending=[False, False, True])
    return list(rows["pocket"].head(1))


def pocket_shapes(plan: Plan, pocket: str, crs: str) -> tuple[gpd.GeoSeries, gpd.GeoSeries]:
    """Outline a pocket and the counties around it.

    Returns
    -------
    tuple
        The pocket's counties, or the circle that stands for it; and the counties around, none
        where the county polygons (extra `geometry`) are not installed.

    Raises
    ------
    DataError
        There is no such pocket.
    """
    import geopandas as gpd

    _among("pocket", pocket, plan.case.pockets["pocket"])
    named = plan.case.pocket_places
    places = set(named.loc[named["pocket"] == pocket, "place"])
    try:
        around = geometry.counties().set_index("place").geometry if places else gpd.GeoSeries()
    except ImportError:
        around = gpd.GeoSeries()
    here = around[around.index.isin(places)]
    if here.empty:
        return _circle(plan, pocket, crs), gpd.GeoSeries(crs=crs)
    left, bottom, right, top = here.total_bounds
    around = around.cx[left - 1 : right + 1, bottom - 1 : top + 1]
    return here.to_crs(crs), around.to_crs(crs)


def has_outline(plan: Plan, pocket: str, around: gpd.GeoSeries) -> bool:
    """Say whether the outline of a pocket is its own, not just a frame around its sites."""
    radius = plan.case.pockets.set_index("pocket")["radius_km"][pocket]
    return len(around) > 0 or bool(pd.notna(radius))


def _circle(plan: Plan, pocket: str, crs: str) -> gpd.GeoSeries:
    rows = plan.case.pockets[plan.case.pockets["pocket"] == pocket]
    radius = rows["radius_km"].fillna(_spread_km(plan, pocket))
    return points(rows, crs).geometry.buffer(radius.to_numpy() * 1000, quad_segs=32)


def _spread_km(plan: Plan, pocket: str) -> float:
    """Half the spread of a pocket's sites, where it is told by counties that are not at hand."""
    sites = plan.sites[plan.sites["pocket"] == pocket]
    if len(sites) < 2:  # noqa: PLR2004 - one point has no spread
        return 30.0
    spread = max(sites["lat"].max() - sites["lat"].min(), sites["lon"].max() - sites["lon"].min())
    return float(spread) * KM_PER_DEGREE


def with_remedies(found: Ladder) -> Plan:
    """The plain answer with the verdicts of the full ladder; what is powered stays as it is."""
    judged = found.sites.set_index("site")
    names = [name for name in ("verdict", "earliest_period") if name in judged]
    sites = found.plan.sites.copy()
    for name in names:
        sites[name] = sites["site"].map(judged[name])
    return dataclasses.replace(found.plan, steps=found.steps, sites=sites)


# --- words ---------------------------------------------------------------------------------------


def only(plan: Plan, *, program: str | None = None) -> Plan:
    """Keep the sites of a program; all others have competed for the same megawatts.

    Raises
    ------
    DataError
        There is no such program.
    """
    if program is None:
        return plan
    _among("program", program, plan.sites["program"].dropna().unique())
    return pipeline.only(plan, set(plan.sites.loc[plan.sites["program"] == program, "site"]))


def sources(plan: Plan, asked: Frame, sites: Iterable[str]) -> list[str]:
    """Name the publishers that give most rows: of the grid, and of the sites that are drawn."""
    case = plan.case
    here = case.regions[case.regions["region"].isin(asked.regions)]["region"]
    used: pd.Series = pd.concat(
        [t.loc[t["region"].isin(here), "source"] for t in (case.load, case.supply)]
    )
    listed = case.sites.loc[case.sites["site"].isin(set(sites)), "source"]
    return [f"grid: {_publishers(case, used)}", f"sites: {_publishers(case, listed)}"]


def _publishers(case: Case, used: pd.Series) -> str:
    if case.sources.empty:
        return "not named"
    names = case.sources.drop_duplicates("source").set_index("source")["publisher"]
    each = used.map(names).dropna().str.split(";").explode().str.strip()
    counts = each.value_counts().rename_axis("name").reset_index()
    ranked = list(counts.sort_values(["count", "name"], ascending=[False, True])["name"])
    rest = len(ranked) - MOST_PUBLISHERS
    named = ", ".join(shown(str(name)) for name in ranked[:MOST_PUBLISHERS])
    return (f"{named} and {rest} more" if rest > 0 else named) or "not named"
