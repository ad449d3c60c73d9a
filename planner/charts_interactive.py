"""The same charts as Vega-Lite dicts, for a page or a notebook."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from planner import charts, explain, palette
from planner.maps_interactive import SCHEMA, Spec

if TYPE_CHECKING:
    import pandas as pd

    from planner.pipeline import Plan

WIDTH: Final = 560
HEIGHT: Final = 300
ROW: Final = 18
YEAR: Final = {"field": "year", "type": "ordinal", "title": None, "axis": {"labelAngle": 0}}


def promised(plan: Plan) -> Spec:
    """Promised and powered by the end of each summer, as bars behind bars."""
    rows = charts.promised_table(plan)
    looks = (("promised_gw", "#e3e3e3"), ("powered_gw", palette.look(explain.ON_TIME).colour))
    bars = [
        {
            "mark": {"type": "bar", "color": colour, "stroke": "#9a9a9a"},
            "encoding": {"y": _number(field, "GW, cumulative")},
        }
        for field, colour in looks
    ]
    tips = _tips(year="year", promised_gw="promised [GW]", powered_gw="powered [GW]")
    return _chart(
        plan, rows, "Promised against powered, by the end of each summer",
        {"encoding": {"x": YEAR, "tooltip": tips}, "layer": bars},
    )  # fmt: skip


def headroom(plan: Plan, *, count: int = charts.MOST_REGIONS) -> Spec:
    """Headroom of the regions that matter by year, as a table of colours."""
    rows = charts.headroom_table(plan, count=count)
    scale = {
        "type": "threshold",
        "domain": list(palette.HEADROOM_GW),
        "range": list(palette.HEADROOM_COLOURS),
    }
    colour = {"field": "headroom_gw", "type": "quantitative", "scale": scale, "title": "GW"}
    regions = {"field": "region", "type": "nominal", "sort": list(dict.fromkeys(rows["region"])),
               "title": None}  # fmt: skip
    tips = _tips(region="region", year="year", headroom_gw="headroom [GW]")
    return _chart(
        plan, rows, "Headroom before imports and announced sites",
        {"mark": "rect", "height": {"step": ROW},
         "encoding": {"x": YEAR, "y": regions, "color": colour, "tooltip": tips}},
    )  # fmt: skip


def stack(plan: Plan, *, region: str | None = None) -> Spec:
    """Accredited supply by family against requirement, and what the sites ask on top."""
    rows = charts.stack_table(plan, region=region)
    lines = rows["family"].isin(["required", "promised"])
    wide = rows[lines].pivot_table(index="year", columns="family", values="gw").reset_index()
    wide = wide.assign(top=wide["required"] + wide["promised"])
    families = [name for name in palette.FAMILY_COLOURS if name in set(rows["family"])]
    colours = [palette.FAMILY_COLOURS[name] for name in families]
    colour = {"field": "family", "type": "nominal", "title": None,
              "scale": {"domain": families, "range": colours}}  # fmt: skip
    tips = _tips(year="year", family="family", gw="accredited [GW]")
    bars = {
        "data": {"values": _values(rows[~lines])},
        "mark": "bar",
        "encoding": {"x": YEAR, "y": _number("gw", "GW"), "color": colour, "tooltip": tips},
    }
    ticks = [
        {
            "data": {"values": _values(wide)},
            "mark": {"type": "tick", "thickness": 2.5, "color": ink, "width": 40},
            "encoding": {"x": YEAR, "y": _number(field, "GW"), "tooltip": _tips(**{field: title})},
        }
        for field, ink, title in (
            ("required", "black", "required [GW]"),
            ("top", "#D55E00", "with promised sites [GW]"),
        )
    ]
    title = "Accredited firm supply against requirement"
    return _chart(plan, None, title, {"layer": [bars, *ticks]})


def slip(plan: Plan, *, count: int = charts.MOST_SITES) -> Spec:
    """From promised to earliest date of the largest late sites."""
    rows = charts.slip_table(plan, count=count)
    end = float(plan.case.periods["year"].max()) + 1
    rows = rows.assign(
        label=[palette.shortened(name) for name in rows["name"]],
        last=rows["earliest"].fillna(end),
        when=[f"{year:.2f}" if year == year else "not before the horizon"  # noqa: PLR0124 - not a number
              for year in rows["earliest"]],
    )  # fmt: skip
    verdicts = list(palette.LOOKS)
    looks = [palette.LOOKS[name] for name in verdicts]
    y = {"field": "site", "type": "nominal", "sort": list(rows["site"]), "title": None,
         "axis": {"labelExpr": _labels(rows), "labelLimit": 260}}  # fmt: skip
    years = {"type": "quantitative", "title": None, "scale": {"zero": False},
             "axis": {"format": "d", "tickMinStep": 1}}  # fmt: skip
    colour = {"field": "verdict", "type": "nominal", "title": None,
              "scale": {"domain": verdicts, "range": [look.colour for look in looks]}}  # fmt: skip
    tips = _tips(label="site", late_gw="late [GW]", verdict="verdict", when="earliest",
                 cause="cause")  # fmt: skip
    span = {"mark": {"type": "rule", "strokeWidth": 2}, "encoding": {
        "x": {"field": "promised", **years}, "x2": {"field": "last"}}}  # fmt: skip
    start = {"mark": {"type": "point", "filled": True, "fill": "white", "stroke": "black"},
             "encoding": {"x": {"field": "promised", **years}}}  # fmt: skip
    shape = {"field": "verdict", "type": "nominal", "title": None,
             "scale": {"domain": verdicts, "range": [look.shape for look in looks]}}  # fmt: skip
    stop = {"mark": {"type": "point", "filled": True, "size": 60},
            "encoding": {"x": {"field": "last", **years}, "shape": shape}}  # fmt: skip
    return _chart(
        plan, rows, "Late sites: promised and earliest date in full",
        {"height": {"step": ROW}, "encoding": {"y": y, "color": colour, "tooltip": tips},
         "layer": [span, start, stop]},
    )  # fmt: skip


def causes(plan: Plan) -> Spec:
    """Gigawatts held up on the target dates by cause, pool by pool."""
    rows = charts.cause_table(plan)
    names = list(palette.CAUSE_COLOURS)
    scale = {"domain": names, "range": list(palette.CAUSE_COLOURS.values())}
    pools = {"field": "pool", "type": "nominal", "sort": list(dict.fromkeys(rows["pool"])),
             "title": None}  # fmt: skip
    colour = {"field": "cause", "type": "nominal", "scale": scale, "title": None}
    tips = _tips(pool="pool", cause="cause", gw="held up [GW]", sites="sites")
    return _chart(
        plan, rows, "Held up on the target dates, by what binds",
        {"mark": "bar", "height": {"step": ROW + 4}, "encoding": {
            "x": _number("gw", "GW"), "y": pools, "color": colour, "tooltip": tips}},
    )  # fmt: skip


def load_duration(plan: Plan, area: str, season: str) -> Spec:
    """Load over the highest hours left out, and what half of the flexible hours free.

    Raises
    ------
    PlannerError
        There is no curve of that area and season.
    """
    rows, found = charts.load_duration_table(plan, area, season), charts.freed(plan, area, season)
    rows = rows[rows["hours"] <= charts.last_hour(found.hours)]
    hours = {"field": "hours", "type": "quantitative", "title": "highest hours left out [h]"}
    share = {"field": "load_fraction", "type": "quantitative", "title": "load, of the peak",
             "axis": {"format": "%"}, "scale": {"zero": False}}  # fmt: skip
    tips = _tips(hours="hours left out", load_fraction="load, of the peak", freed_gw="freed [GW]")
    curve = {
        "mark": {"type": "line", "color": palette.look(explain.ON_TIME).colour, "point": True},
        "encoding": {"x": hours, "y": share, "tooltip": tips},
    }
    ends = {"hours": found.hours, "load_fraction": 1.0, "level": 1 - found.drop_fraction}
    line = {
        "data": {"values": [ends]},
        "mark": {"type": "rule", "color": "#D55E00", "strokeWidth": 2},
        "encoding": {"x": hours, "y": share, "y2": {"field": "level"}},
    }
    title = charts.freed_title(plan, area, season)
    return _chart(plan, rows, title, {"layer": [curve, line]})


def _labels(rows: pd.DataFrame) -> str:
    """Write the names of sites as an expression; ids stay apart where names are the same."""
    names = json.dumps(dict(zip(rows["site"], rows["label"], strict=True)))
    return f"({names})[datum.value]"


def _chart(plan: Plan, rows: pd.DataFrame | None, title: str, body: Spec) -> Spec:
    under = f"As of {plan.case.assumptions.as_of}, stance {plan.case.assumptions.stance}"
    data = {} if rows is None else {"data": {"values": _values(rows)}}
    heading = {"text": title, "subtitle": under, "anchor": "start"}
    return {"$schema": SCHEMA, "title": heading, "width": WIDTH, "height": HEIGHT, **data, **body}


def _values(rows: pd.DataFrame) -> list[Spec]:
    return [
        {str(key): _plain(value) for key, value in row.items()} for row in rows.to_dict("records")
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return palette.clean(value)
    number = float(value)
    if number != number:  # noqa: PLR0124 - not a number
        return None
    return int(number) if number.is_integer() else round(number, 3)


def _number(field: str, title: str) -> Spec:
    return {"field": field, "type": "quantitative", "title": title, "stack": "zero"}


def _tips(**fields: str) -> list[Spec]:
    return [{"field": field, "title": title} for field, title in fields.items()]
