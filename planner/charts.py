"""Charts of a plan as matplotlib figures; each has its table, for a native chart elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import explain, layers, maps, palette, supply
from planner.errors import PlannerError
from planner.maps_margin import INK
from planner.schema import SEASONS
from planner.wording import closest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from planner.pipeline import Plan

PACKAGES: Final = ("matplotlib",)
SIZE_IN: Final = (8.4, 4.6)
DPI: Final = 150
MOST_SITES: Final = 25
MOST_REGIONS: Final = 24
BAR: Final = 0.72
SMALLEST_GW: Final = 0.005
HOURS_SHOWN: Final = (100.0, 200.0, 500.0)
LEAST_BEYOND: Final = 3.0


# --- tables --------------------------------------------------------------------------------------


def promised_table(plan: Plan) -> pd.DataFrame:
    """Gigawatts promised and powered by the end of each summer.

    Returns
    -------
    pd.DataFrame
        `year`, `promised_gw`, `powered_gw`, cumulative.
    """
    sums = layers.site_years(plan).groupby("year")[["due_mw", "powered_mw"]].sum()
    sums = sums.reindex(layers.years(plan), fill_value=0.0) / palette.MW_PER_GW
    sums = sums.rename(columns={"due_mw": "promised_gw", "powered_mw": "powered_gw"})
    return sums.rename_axis("year").reset_index()


def headroom_table(plan: Plan, *, count: int = MOST_REGIONS) -> pd.DataFrame:
    """Headroom of the tighter season by region and year, the shortest regions first.

    Regions with sites come before all others.

    Returns
    -------
    pd.DataFrame
        `region`, `year`, `headroom_gw`.
    """
    rows = layers.region_years(plan)
    rows = rows.assign(headroom_gw=rows["headroom_mw"] / palette.MW_PER_GW)
    ranked = rows.groupby("region").agg(due=("due_mw", "max"), low=("headroom_gw", "min"))
    ranked["bare"] = ranked["due"] <= 0
    chosen = ranked.sort_values(["bare", "low"], kind="stable").head(count)
    order = {name: place for place, name in enumerate(chosen.sort_values("low").index)}
    rows = rows[rows["region"].isin(order)].assign(place=rows["region"].map(order))
    rows = rows.sort_values(["place", "year"], ignore_index=True)
    return rows[["region", "year", "headroom_gw"]]


def stack_table(plan: Plan, *, region: str | None = None) -> pd.DataFrame:
    """Accredited firm supply by family and year against what is required.

    Parameters
    ----------
    region
        A region, pool, group or state; all regions of the first grid where it is not given.

    Returns
    -------
    pd.DataFrame
        `year`, `season` (of the year, the one with least headroom in sum), `family` ("required",
        "promised" beside the families of supply), `gw`.
    """
    chosen = layers.frame(plan, region=region).regions
    rows = plan.regions[plan.regions["region"].isin(chosen)]
    periods = plan.case.periods[["period", "year", "season"]]
    sums = rows.groupby("period")[["requirement_mw", "headroom_mw"]].sum().reset_index()
    tight = sums.merge(periods, on="period").sort_values(["headroom_mw", "period"])
    tight = tight.drop_duplicates("year")
    families = plan.case.technologies.set_index("technology")["family"]
    firm = supply.firm(plan.case)
    firm = firm[firm["region"].isin(chosen) & firm["period"].isin(tight["period"])]
    firm = firm.assign(family=firm["technology"].map(families).fillna("other"))
    stack = firm.groupby(["period", "family"])["accredited_mw"].sum().rename("mw").reset_index()
    needed = tight.assign(family="required", mw=tight["requirement_mw"])
    sites = layers.site_years(plan)
    due = sites[sites["region"].isin(chosen)].groupby("year")["due_mw"].sum()
    asked = tight.assign(family="promised", mw=tight["year"].map(due).fillna(0.0))
    columns = ["period", "family", "mw"]
    both = pd.concat([stack[columns], needed[columns], asked[columns]])
    table = both.merge(periods, on="period").assign(gw=lambda t: t["mw"] / palette.MW_PER_GW)
    return table.sort_values(["year", "family"], ignore_index=True)[
        ["year", "season", "family", "gw"]
    ]


def slip_table(plan: Plan, *, count: int = MOST_SITES) -> pd.DataFrame:
    """Promised and earliest date of the largest late sites.

    Returns
    -------
    pd.DataFrame
        `site`, `name`, `late_gw`, `verdict`, `promised` and `earliest` (years with a half for the
        summer; empty: not before the horizon), `cause`, largest first.
    """
    rows = plan.sites[plan.sites["late_mw"] > explain.TOLERANCE_MW]
    rows = rows[rows["verdict"] != explain.UNASSESSED]
    rows = rows.sort_values(["late_mw", "site"], ascending=[False, True]).head(count)
    return pd.DataFrame(
        {
            "site": rows["site"],
            "name": rows["name"].fillna(rows["site"]),
            "late_gw": rows["late_mw"] / palette.MW_PER_GW,
            "verdict": rows["verdict"],
            "promised": rows["target_period"].map(_moment),
            "earliest": rows["earliest_period"].map(_moment),
            "cause": rows["cause"],
        }
    ).reset_index(drop=True)


def _moment(period: object) -> float:
    """End of a period on an axis of years: winter ends in March, summer in September."""
    if not isinstance(period, str):
        return float("nan")
    year, season = period.split("-")
    return int(year) + (0.75 if season == "summer" else 0.25)


def cause_table(plan: Plan) -> pd.DataFrame:
    """Gigawatts held up on their target dates, by cause and pool.

    Returns
    -------
    pd.DataFrame
        `pool`, `cause`, `gw`, `sites`, the pool with most first.
    """
    pools = plan.case.regions.set_index("region")["pool"]
    rows = plan.bottlenecks.assign(pool=plan.bottlenecks["region"].map(pools))
    sums = rows.groupby(["pool", "cause"])[["held_up_mw", "sites"]].sum().reset_index()
    sums = sums.assign(gw=sums["held_up_mw"] / palette.MW_PER_GW)
    total = sums.groupby("pool")["gw"].transform("sum")
    sums = sums.assign(total=total).sort_values(
        ["total", "pool", "gw"], ascending=[False, True, False], ignore_index=True
    )
    return sums[["pool", "cause", "gw", "sites"]]


def load_duration_table(plan: Plan, area: str, season: str) -> pd.DataFrame:
    """Load as a share of the season's peak once the highest hours are left out.

    Parameters
    ----------
    area
        A pool or region with a curve.
    season
        "summer" or "winter".

    Returns
    -------
    pd.DataFrame
        `hours` left out, `load_fraction` of the peak, `drop_fraction`, and `freed_gw`: the drop
        times the peak of :func:`freed`.

    Raises
    ------
    PlannerError
        There is no curve of that area and season.
    """
    rows = _curve(plan, area, season)
    drop = rows["drop_fraction"]
    peak = freed(plan, area, season).peak_mw
    return pd.DataFrame(
        {
            "hours": rows["hours"],
            "load_fraction": 1 - drop,
            "drop_fraction": drop,
            "freed_gw": drop * peak / palette.MW_PER_GW,
        }
    )


@dataclass(frozen=True)
class Freed:
    """What the hours of flexible operation in one season free: `drop_fraction` x `peak_mw`.

    The peak is that of the year maps show, before announced sites; a reserve on it is freed too.
    """

    hours: float
    drop_fraction: float
    peak_mw: float
    year: int

    @property
    def mw(self) -> float:
        """Megawatts of load that need not be carried at the peak."""
        return self.drop_fraction * self.peak_mw


def freed(plan: Plan, area: str, season: str) -> Freed:
    """Say what half of the flexible hours, those of one season, free in an area.

    Raises
    ------
    PlannerError
        There is no curve of that area and season.
    """
    curve = _curve(plan, area, season)
    hours = plan.case.assumptions.flexible_hours / 2
    periods = plan.case.periods[plan.case.periods["season"] == season]
    wanted = layers.frame(plan).year
    period = periods.sort_values("year", key=lambda years: (years - wanted).abs()).iloc[0]
    rows = plan.regions[plan.regions["period"] == period["period"]]
    inside = (rows["pool"] == area) | (rows["region"] == area)
    return Freed(
        hours=hours,
        drop_fraction=float(np.interp(hours, curve["hours"], curve["drop_fraction"])),
        peak_mw=float(rows.loc[inside, "native_mw"].sum()),
        year=int(period["year"]),
    )


def freed_title(plan: Plan, area: str, season: str) -> str:
    """Say in one sentence what the hours free."""
    found = freed(plan, area, season)
    peak, mw = (_signed(value / palette.MW_PER_GW) for value in (found.peak_mw, found.mw))
    return (
        f"{palette.shortened(area, 30)}, {season}: {found.hours:g} hours left out free {mw} GW"
        f" ({100 * found.drop_fraction:.1f} % of {peak} GW at the peak of {found.year})"
    )


def _curve(plan: Plan, area: str, season: str) -> pd.DataFrame:
    rows = plan.case.load_duration
    loaded = {*plan.case.regions["pool"], *plan.case.regions["region"]}
    rows = rows[rows["area"].isin(loaded)] if len(rows) else rows
    if season not in SEASONS:
        raise PlannerError(f"season is {season!r}; choose {' or '.join(SEASONS)}.")
    known = [] if rows.empty else sorted(rows.loc[rows["season"] == season, "area"].unique())
    if area not in known:
        pools = [name for name in known if name in set(plan.case.regions["pool"])]
        likely = closest(area, known)
        hint = f"did you mean {likely}?" if likely else f"choose {', '.join(pools)}."
        hint = hint if known else "no grid that is loaded has hourly load."
        raise PlannerError(f"area is {area!r}, which has no load-duration curve; {hint}")
    chosen = rows[(rows["area"] == area) & (rows["season"] == season)]
    return chosen.sort_values("hours", ignore_index=True)[["hours", "drop_fraction"]]


# --- figures -------------------------------------------------------------------------------------


def promised(plan: Plan) -> Figure:
    """Bars of what is promised by the end of each summer, filled by what is powered."""
    rows = promised_table(plan)
    page, axes = _page(plan, "Promised against powered, by the end of each summer [GW]")
    axes.bar(rows["year"], rows["promised_gw"], BAR, color="#e3e3e3", label="promised",
             edgecolor="#9a9a9a", linewidth=0.8)  # fmt: skip
    axes.bar(rows["year"], rows["powered_gw"], BAR, label="powered",
             color=palette.look(explain.ON_TIME).colour)  # fmt: skip
    for row in palette.each(rows):
        _number(axes, row.year, row.promised_gw)
        if row.powered_gw > 0:
            _number(axes, row.year, row.powered_gw, inside=True)
    axes.set_xticks(rows["year"])
    axes.margins(y=0.09)
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    return page


def headroom(plan: Plan, *, count: int = MOST_REGIONS) -> Figure:
    """A table of colours: headroom of the regions that matter, year by year."""
    wide = headroom_table(plan, count=count).pivot_table(
        index="region", columns="year", values="headroom_gw", sort=False
    )
    wide = wide[sorted(wide.columns)]
    high = max(2.2, 1.1 + 0.2 * len(wide))
    page, axes = _page(plan, "Headroom before imports and announced sites [GW]", high, left=0.14)
    for (row, column), value in np.ndenumerate(wide.to_numpy()):
        place = int(np.digitize(value, palette.HEADROOM_GW))
        axes.add_patch(_square(column, row, palette.HEADROOM_COLOURS[place]))
        axes.text(column, row, _signed(value), ha="center", va="center", fontsize=6.5, color=INK)
    axes.set(xlim=(-0.5, len(wide.columns) - 0.5), ylim=(len(wide) - 0.5, -0.5))
    axes.set_xticks(range(len(wide.columns)), [str(year) for year in wide.columns])
    axes.set_yticks(range(len(wide)), list(wide.index), fontsize=7)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    _bare(axes)
    return page


def stack(plan: Plan, *, region: str | None = None) -> Figure:
    """Accredited supply by family, against requirement and what the sites ask on top."""
    rows = stack_table(plan, region=region)
    place = layers.frame(plan, region=region).place
    title = f"{palette.shortened(place, 40)}: accredited firm supply against requirement [GW]"
    page, axes = _page(plan, title, right=0.8)
    wide = rows.pivot_table(index="year", columns="family", values="gw").fillna(0.0)
    families = [name for name in palette.FAMILY_COLOURS if name in wide and wide[name].max() > 0]
    base = np.zeros(len(wide))
    for name in families:
        axes.bar(wide.index, wide[name], BAR, bottom=base, label=name,
                 color=palette.FAMILY_COLOURS[name], edgecolor="white", linewidth=0.4)  # fmt: skip
        base += wide[name].to_numpy()
    top = wide["required"] + wide["promised"]
    half = BAR / 2 + 0.08
    axes.hlines(wide["required"], wide.index - half, wide.index + half, colors="black",
                linewidth=2, label="required")  # fmt: skip
    axes.hlines(top, wide.index - half, wide.index + half, colors="#D55E00",
                linewidth=2, linestyle=(0, (2, 1)), label="with promised sites")  # fmt: skip
    axes.set_xticks(wide.index)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], frameon=False, fontsize=7.5, loc="center left",
                bbox_to_anchor=(1.0, 0.5))  # fmt: skip
    return page


def slip(plan: Plan, *, count: int = MOST_SITES) -> Figure:
    """From promised to earliest date, site by site; an arrow where none comes in the horizon."""
    rows = slip_table(plan, count=count)
    end = layers.years(plan)[-1] + 1.0
    page, axes = _page(plan, "Late sites: promised and earliest date in full",
                       max(2.0, 1.3 + 0.2 * len(rows)), left=0.3, right=0.96)  # fmt: skip
    for place, row in enumerate(palette.each(rows)):
        look = palette.look(row.verdict)
        last = end if np.isnan(row.earliest) else row.earliest
        axes.plot([row.promised, last], [place, place], color=look.colour, linewidth=2,
                  solid_capstyle="butt")  # fmt: skip
        axes.plot(row.promised, place, "o", color="white", markeredgecolor=INK, markersize=5)
        axes.plot(last, place, ">" if np.isnan(row.earliest) else look.marker, color=look.colour,
                  markersize=6, clip_on=False)  # fmt: skip
    names = [maps.label(site, name, gw * palette.MW_PER_GW) for site, name, gw in
             zip(rows["site"], rows["name"], rows["late_gw"], strict=True)]  # fmt: skip
    axes.set_yticks(range(len(rows)), names, fontsize=7, parse_math=False, fontfamily=maps.fonts())
    axes.set(ylim=(max(len(rows), 1) - 0.4, -0.6), xlim=(layers.years(plan)[0] - 0.5, end))
    axes.set_xticks(layers.years(plan))
    axes.grid(axis="y", visible=False)
    _slip_legend(axes)
    return page


def _slip_legend(axes: Axes) -> None:
    from matplotlib.lines import Line2D

    late, never = (palette.look(verdict) for verdict in (explain.LATE, explain.NEVER))
    handles = [
        Line2D([], [], marker=marker, color=fill, markeredgecolor=edge, label=text,
               linestyle="", markersize=5)
        for marker, fill, edge, text in (
            ("o", "white", INK, "promised"),
            (late.marker, late.colour, late.colour, "earliest in full"),
            (">", never.colour, never.colour, "not before the horizon"),
        )
    ]  # fmt: skip
    axes.legend(handles=handles, frameon=False, fontsize=7, ncols=3, loc="lower right",
                bbox_to_anchor=(1.0, 1.0), borderaxespad=0.1)  # fmt: skip


def causes(plan: Plan) -> Figure:
    """Gigawatts held up on the target dates by cause, pool by pool."""
    rows = cause_table(plan)
    wide = rows.pivot_table(index="pool", columns="cause", values="gw", sort=False).fillna(0.0)
    page, axes = _page(plan, "Held up on the target dates, by what binds [GW]",
                       max(2.2, 1.3 + 0.28 * len(wide)), left=0.14, right=0.95)  # fmt: skip
    base = np.zeros(len(wide))
    shown = [str(name) for name in wide if wide[name].max() > SMALLEST_GW]
    known = [name for name in palette.CAUSE_COLOURS if name in shown]
    for name in [*known, *(other for other in shown if other not in known)]:
        axes.barh(range(len(wide)), wide[name], BAR, left=base, label=palette.cause(name),
                  color=palette.CAUSE_COLOURS.get(name, "#999999"), edgecolor="white")  # fmt: skip
        base += wide[name].to_numpy()
    for place, total in enumerate(base):
        axes.text(total, place, f" {total:.1f}", va="center", fontsize=7.5)
    axes.set_yticks(range(len(wide)), list(wide.index), fontsize=8)
    axes.set_ylim(max(len(wide), 1) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)
    if len(wide):
        axes.legend(frameon=False, fontsize=7.5, loc="lower right")
    return page


def load_duration(plan: Plan, area: str, season: str) -> Figure:
    """Draw load over the highest hours left out, and what half of the flexible hours free.

    Raises
    ------
    PlannerError
        There is no curve of that area and season.
    """
    rows, found = load_duration_table(plan, area, season), freed(plan, area, season)
    page, axes = _page(plan, freed_title(plan, area, season), size=9.2)
    shown = rows[rows["hours"] <= last_hour(found.hours)]
    level = 100 * (1 - found.drop_fraction)
    colour = palette.look(explain.ON_TIME).colour
    axes.plot(shown["hours"], 100 * shown["load_fraction"], color=colour, linewidth=2.2)
    axes.vlines(found.hours, level, 100, colors="#D55E00", linewidth=2)
    axes.hlines([100, level], 0, found.hours, colors=INK, linewidth=0.8, linestyle=(0, (3, 2)))
    text = f"{found.hours:g} h: {_signed(100 * found.drop_fraction)} % lower"
    axes.annotate(text, (found.hours, (level + 100) / 2), (6, 0), textcoords="offset points",
                  va="center", fontsize=9, color=INK)  # fmt: skip
    axes.set(xlim=(0, last_hour(found.hours)), ylim=(None, 101.0))
    axes.set_xlabel("highest hours of the season left out [h]", fontsize=8)
    axes.set_ylabel("load [% of the season's peak]", fontsize=8)
    return page


def last_hour(hours: float) -> float:
    """Where the axis of hours ends: far enough to show how the curve goes on."""
    return next((end for end in HOURS_SHOWN if end >= LEAST_BEYOND * hours), HOURS_SHOWN[-1])


# --- parts ---------------------------------------------------------------------------------------


def _page(  # noqa: PLR0913 - the layout of a chart
    plan: Plan,
    title: str,
    high: float = SIZE_IN[1],
    *,
    left: float = 0.1,
    right: float = 0.97,
    size: float = 11,
) -> tuple[Figure, Axes]:
    """Open a page with title, light grid and as-of date."""
    palette.needed(PACKAGES, "maps")
    from matplotlib.figure import Figure

    page = Figure(figsize=(SIZE_IN[0], high), dpi=DPI, facecolor="white")
    axes = page.add_axes((left, 0.62 / high, right - left, 1 - 1.18 / high))
    page.text(0.015, 1 - 0.2 / high, title, fontsize=size, fontweight="bold", color=INK,
              va="center", parse_math=False)  # fmt: skip
    given = plan.case.assumptions
    foot = f"As of {given.as_of}, stance {given.stance}, load {given.load_scenario}; weakest"
    foot += f" confidence {_weakest(plan.steps['confidence'])}. Sources: sources.csv of the packs."
    page.text(0.015, 0.1 / high, foot, fontsize=6.8, color="#444444", va="bottom", parse_math=False)
    axes.grid(axis="both", color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return page, axes


def _weakest(levels: Iterable[str]) -> str:
    there = set(levels)
    return next((level for level in ("low", "medium", "high") if level in there), "not known")


def _bare(axes: Axes) -> None:
    for side in axes.spines.values():
        side.set_visible(False)


def _square(column: int, row: int, colour: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=colour, edgecolor="white")


def _signed(value: float) -> str:
    return f"{round(value, 1) + 0.0:.1f}".replace("-", "\N{MINUS SIGN}")


def _number(axes: Axes, x: float, value: float, *, inside: bool = False) -> None:
    """Write the height of a bar above its end, or below it inside the bar."""
    up, side, colour = (-3, "top", "white") if inside else (2, "bottom", INK)
    axes.annotate(f"{value:.1f}", (x, value), (0, up), textcoords="offset points", ha="center",
                  va=side, fontsize=7.5, color=colour)  # fmt: skip
