"""A plan as an interactive map: a Vega-Lite dict with a slider over the years and filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from planner import explain, layers, maps, maps_margin, palette

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd
    import pandas as pd

    from planner.layers import Frame
    from planner.pipeline import Plan

SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v6.json"  # a name; nothing is fetched
WIDTH: Final = 880
HEIGHT: Final = 560
INSET: Final = 250
TOLERANCE_M: Final = 2500.0
FINE_TOLERANCE_M: Final = 150.0
TRIANGLE: Final = 4  # corners of a closed one
EVERY: Final = "all"
MARK_AREA_PER_GW: Final = 330
SMALLEST_MARK: Final = 30
RING_AREA: Final = 1100
MOST_MONEY: Final = 160  # characters

type Spec = dict[str, Any]
type Money = Mapping[str, str] | None  # what the ledger knows of a site

APART: Final = {"scale": dict.fromkeys(("color", "shape", "size"), "independent")}
# Coordinates are pixels already: Vega-Lite merges the projections of two views into one.
PROJECTION: Final = {"type": "identity", "scale": 1, "translate": [0, 0]}


@dataclass(frozen=True)
class Sheet:
    """Where metres come to lie in a view, in pixels."""

    size: float
    left: float
    top: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixel of a point."""
        return round(self.left + self.size * x, 1), round(self.top - self.size * y, 1)

    def polygon(self, shape: Any) -> Spec:
        """Write a polygon in pixels."""
        parts = getattr(shape, "geoms", [shape])
        rings = [[self._ring(part.exterior), *map(self._ring, part.interiors)] for part in parts]
        kept = [[ring for ring in part if len(ring) >= TRIANGLE] for part in rings]
        kept = [part for part in kept if part]
        return {"type": "MultiPolygon", "coordinates": kept}

    def _ring(self, ring: Any) -> list[list[float]]:
        corners = np.asarray(ring.coords)[:, :2] * (self.size, -self.size) + (self.left, self.top)
        corners = np.round(corners, 1)
        keep = np.r_[True, np.any(np.diff(corners, axis=0) != 0, axis=1)]
        return [[float(x), float(y)] for x, y in corners[keep]]


def fitted(box: Iterable[float], width: int, height: int, pad: int = 8) -> Sheet:
    """Fit a box in metres into the middle of a view."""
    left, bottom, right, top = (float(edge) for edge in box)
    wide, high = width - 2 * pad, height - 2 * pad
    size = min(wide / (right - left), high / (top - bottom))
    return Sheet(
        size, width / 2 - size * (left + right) / 2, height / 2 + size * (bottom + top) / 2
    )


def spec(  # noqa: PLR0913 - the options of a map
    plan: Plan,
    *,
    grid: str | None = None,
    year: int | None = None,
    metric: str = "headroom",
    region: str | None = None,
    pockets: Iterable[str] | None = None,
    money: Money = None,
) -> Spec:
    """Describe the map with a slider over the years, filters and tooltips as a Vega-Lite dict.

    Parameters
    ----------
    grid, year, metric, region, pockets
        As for :func:`planner.maps.figure`; year and metric are where the controls start.
    money
        What the ledger knows of each site, a line of its tooltip; see
        :func:`planner.ledger.site_notes`.
    """
    asked = layers.frame(plan, grid=grid, year=year, metric=metric, region=region)
    wanted = list(layers.pockets(plan, asked) if pockets is None else pockets)[: maps.MOST_INSETS]
    outlines = layers.shapes(plan, asked, TOLERANCE_M if asked.whole else FINE_TOLERANCE_M)
    chosen = outlines[outlines["region"].isin(asked.regions)]
    sheet = fitted(chosen.total_bounds, WIDTH, HEIGHT)
    sites = site_rows(plan, asked, sheet, money)
    views = [
        {
            "vconcat": [_main(plan, asked, outlines, sheet, money), _key()],
            "spacing": 6,
            "resolve": APART,
        }
    ]
    if wanted:
        views.append({"vconcat": [_pocket(plan, asked, pocket, money) for pocket in wanted]})
    return {
        "$schema": SCHEMA,
        "description": maps_margin.meaning(asked.metric, asked.year),
        "params": _params(plan, asked, sites),
        "datasets": {"sites": sites, "lines": _line_rows(plan, asked, sheet)},
        "hconcat": views,
        "resolve": APART,
        "config": {"view": {"stroke": None}, "legend": {"symbolFillColor": "#555555"}},
    }


# --- data ----------------------------------------------------------------------------------------


def site_rows(plan: Plan, asked: Frame, sheet: Sheet, money: Money = None) -> list[Spec]:
    """One entry a site with something due; what changes with the year is a list over the years."""
    rows = layers.site_years(plan)
    rows = rows[rows["region"].isin(asked.regions)]
    facts = layers.points(
        plan.sites[plan.sites["site"].isin(rows["site"])].dropna(subset=["lat", "lon"]), asked.crs
    )
    names = plan.case.regions.set_index("region")["name"]
    by_site = {site: part.set_index("year") for site, part in rows.groupby("site")}
    span = layers.years(plan)
    return [
        {
            **_facts(row, names, sheet),
            **_money(row.site, money),
            **_by_year(by_site[row.site], span),
        }
        for row in palette.each(facts.sort_values(["asked_mw", "site"], ascending=[False, True]))
    ]


def _facts(row: Any, names: pd.Series, sheet: Sheet) -> Spec:
    x, y = sheet.at(row.geometry.x, row.geometry.y)
    return {
        "site": row.site,
        "name": palette.shortened(row.name if isinstance(row.name, str) else row.site, 80),
        "operators": _operators(row.operator),
        "operator": palette.shortened(row.operator if isinstance(row.operator, str) else "", 60),
        "program": palette.clean(row.program) if isinstance(row.program, str) else "",
        "region": f"{row.region}, {palette.shortened(names[row.region], 40)}",
        "pocket": row.pocket if isinstance(row.pocket, str) else "",
        "confidence": row.confidence,
        "x": x,
        "y": y,
    }


def _money(site: str, money: Money) -> Spec:
    return {} if money is None else {"money": palette.shortened(money.get(site, ""), MOST_MONEY)}


def _operators(text: object) -> list[str]:
    parts = text.split(";") if isinstance(text, str) else []
    return sorted({palette.shortened(part, 40) for part in parts if part.strip()})


def _by_year(rows: pd.DataFrame, span: list[int]) -> Spec:
    rows = rows.reindex(span)
    earliest = [palette.when(p) if d > 0 else "" for p, d in
                zip(rows["earliest_period"], rows["due_mw"], strict=True)]  # fmt: skip
    return {
        "due": _gigawatts(rows["due_mw"]),
        "powered": _gigawatts(rows["powered_mw"]),
        "verdict": list(rows["verdict"].fillna("")),
        "cause": [palette.cause(word) for word in rows["cause"].fillna("")],
        "promised": [palette.when(p) if isinstance(p, str) else "" for p in rows["target_period"]],
        "earliest": earliest,
    }


def _gigawatts(megawatts: pd.Series) -> list[float]:
    return [round(float(mw), 3) for mw in megawatts.fillna(0.0) / palette.MW_PER_GW]


def _line_rows(plan: Plan, asked: Frame, sheet: Sheet) -> list[Spec]:
    ends = layers.anchors(plan, asked)
    where = {region: sheet.at(x, y) for region, x, y in palette.each(ends)}
    rows = layers.binding_lines(plan)
    rows = rows[rows["into"].isin(asked.regions) & rows["out_of"].isin(ends.index)]
    rows = rows.sort_values("flow_mw", ascending=False, kind="stable")
    rows = rows.groupby("year").head(maps.MOST_LINES).sort_values(["year", "out_of", "into"])
    return [
        {
            "year": int(row.year),
            "line": f"{row.out_of} to {row.into}",
            "season": f"{row.season} {row.year}",
            "gw": round(row.flow_mw / palette.MW_PER_GW, 3),
            **dict(zip(("x", "y", "x2", "y2"), where[row.out_of] + where[row.into], strict=True)),
        }
        for row in palette.each(rows)
    ]


def _features(plan: Plan, asked: Frame, outlines: gpd.GeoDataFrame, sheet: Sheet) -> list[Spec]:
    values = layers.region_years(plan)
    by_region = {name: part.set_index("year") for name, part in values.groupby("region")}
    span = layers.years(plan)
    features = []
    for row in palette.each(outlines.sort_values("region")):
        part = by_region[row.region].reindex(span)
        features.append(
            {
                "type": "Feature",
                "properties": {
                    "region": row.region,
                    "name": palette.clean(part["name"].iloc[0]),
                    "here": row.region in asked.regions,
                    "headroom": _gigawatts(part["headroom_mw"]),
                    "held": _gigawatts(part["held_up_mw"]),
                    "short": _gigawatts(part["shortage_mw"]),
                    "due": _gigawatts(part["due_mw"]),
                    "powered": _gigawatts(part["powered_mw"]),
                    "season": [f"{season} {year}" for year, season in part["season"].items()],
                },
                "geometry": sheet.polygon(row.geometry),
            }
        )
    return features


# --- controls ------------------------------------------------------------------------------------


def _params(plan: Plan, asked: Frame, sites: list[Spec]) -> list[Spec]:
    span = layers.years(plan)
    slider = {"input": "range", "min": span[0], "max": span[-1], "step": 1, "name": "Year "}
    verdicts = sorted({v for site in sites for v in site["verdict"] if v}, key=_verdict_rank)
    programs = sorted({site["program"] for site in sites if site["program"]})
    operators = sorted({name for site in sites for name in site["operators"]}, key=str.casefold)
    metric = {"input": "select", "options": list(layers.METRICS), "name": "Regions by ",
              "labels": ["headroom", "megawatts held up"]}  # fmt: skip
    return [
        {"name": "year", "value": asked.year, "bind": slider},
        {"name": "metric", "value": asked.metric, "bind": metric},
        _choice("verdict", "Verdict ", verdicts),
        _choice("program", "Program ", programs),
        _choice("operator", "Operator ", operators),
        {"name": "focus", "value": ""},
        {"name": "at", "expr": f"year - {span[0]}"},
    ]


def _verdicts(plan: Plan) -> set[str]:
    """The verdicts a mark can have: the usual ones and those that the plan gives."""
    return {*explain.VERDICTS, *plan.steps["verdict"]}


def _verdict_rank(verdict: str) -> int:
    names = list(palette.LOOKS)
    return names.index(verdict) if verdict in names else len(names)


def _choice(name: str, title: str, options: list[str]) -> Spec:
    bind = {"input": "select", "options": [EVERY, *options], "name": title}
    return {"name": name, "value": EVERY, "bind": bind}


FILTER: Final = (
    "datum.due[at] > 0"
    " && (verdict === 'all' || datum.verdict[at] === verdict)"
    " && (program === 'all' || datum.program === program)"
    " && (operator === 'all' || indexof(datum.operators, operator) >= 0)"
)


# --- views ---------------------------------------------------------------------------------------


def _main(plan: Plan, asked: Frame, outlines: gpd.GeoDataFrame, sheet: Sheet, money: Money) -> Spec:
    chosen = outlines[outlines["region"].isin(asked.regions)]
    left, bottom, right, top = chosen.total_bounds
    near = outlines.cx[left:right, bottom:top]
    shapes = layers.borders(chosen)
    borders = [{"type": "Feature", "geometry": sheet.polygon(shape)} for shape in shapes]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "projection": PROJECTION,
        "layer": [
            _region_layer(_features(plan, asked, near, sheet)),
            _border_layer(borders),
            _line_layer(),
            _site_layer({"name": "sites"}, _verdicts(plan), legends=True, money=money is not None),
            _focus_layer({"name": "sites"}),
        ],
    }


def _region_layer(features: list[Spec]) -> Spec:
    value = "datum.properties.{}[at]"
    calculated = {
        "headroom": value.format("headroom"),
        "held": value.format("held"),
        "shortage": value.format("short"),
        "season": value.format("season"),
        "due": value.format("due"),
        "powered": value.format("powered"),
        "colour": _colour(value),
    }
    tips = [
        ("properties.name", "region", None), ("season", "tighter season", None),
        ("headroom", "headroom [GW]", ".2f"), ("shortage", "short before sites [GW]", ".2f"),
        ("due", "promised by then [GW]", ".2f"), ("powered", "powered then [GW]", ".2f"),
        ("held", "held up [GW]", ".2f"),
    ]  # fmt: skip
    return {
        "data": {"values": features},
        "transform": [{"calculate": code, "as": name} for name, code in calculated.items()],
        "mark": {"type": "geoshape", "stroke": maps.EDGE, "strokeWidth": 0.7, "clip": True},
        "encoding": {
            "fill": {"field": "colour", "type": "nominal", "scale": None, "legend": None},
            "tooltip": _tips(tips),
        },
    }


def _colour(value: str) -> str:
    """Write the colour of a region as an expression: classes of the metric that is chosen."""
    by_metric = [
        _classed(value.format(field), *maps_margin.scale(metric)[1:])
        for metric, field in (("headroom", "headroom"), ("held-up", "held"))
    ]
    shade = "metric === 'headroom' ? {} : {}".format(*by_metric)
    return f"datum.properties.here ? ({shade}) : '{maps.REMOTE}'"


def _classed(value: str, limits: Iterable[float], colours: tuple[str, ...]) -> str:
    steps = "".join(
        f"{value} < {limit} ? '{colour}' : " for limit, colour in zip(limits, colours, strict=False)
    )
    return f"({steps}'{colours[-1]}')"


def _key() -> Spec:
    """Draw the legend of the regions, of the metric that is chosen."""
    rows = [
        {"metric": metric, "colour": colour, "text": text, "place": place}
        for metric in layers.METRICS
        for place, (colour, text) in enumerate(
            zip(
                maps_margin.scale(metric)[2],
                maps_margin.class_names(metric, maps_margin.scale(metric)[1]),
                strict=True,
            )
        )
    ]
    title = "metric === 'headroom' ? 'Headroom of the region [GW]' : 'Held up in the region [GW]'"
    fill = {"field": "colour", "type": "nominal", "scale": None, "legend": None}
    x = {"field": "place", "type": "ordinal", "axis": None, "scale": {"domain": list(range(9))}}
    return {
        "data": {"values": rows},
        "title": {"text": {"expr": title}, "anchor": "start", "fontSize": 11, "offset": 2},
        "transform": [{"filter": "datum.metric === metric"}],
        "width": 560,
        "height": 28,
        "encoding": {"x": x},
        "layer": [
            {"mark": {"type": "bar", "height": 12, "y": 6, "stroke": "#bbbbbb", "tooltip": None},
             "encoding": {"fill": fill}},
            {"mark": {"type": "text", "y": 21, "fontSize": 10},
             "encoding": {"text": {"field": "text"}}},
        ],
    }  # fmt: skip


def _border_layer(borders: list[Spec]) -> Spec:
    mark = {"type": "geoshape", "filled": False, "stroke": maps_margin.GREY, "strokeWidth": 0.7,
            "clip": True, "tooltip": None}  # fmt: skip
    return {"data": {"values": borders}, "mark": mark}


def _line_layer() -> Spec:
    tips = [("line", "full line", None), ("gw", "flow at its limit [GW]", ".2f"),
            ("season", "season", None)]  # fmt: skip
    return {
        "data": {"name": "lines"},
        "transform": [{"filter": "datum.year === year"}],
        "mark": {"type": "rule", "color": maps_margin.LINE_COLOUR, "opacity": 0.65, "clip": True},
        "encoding": {
            **_ends(("longitude", "latitude", "longitude2", "latitude2"), ("x", "y", "x2", "y2")),
            "strokeWidth": {"field": "gw", "type": "quantitative", "legend": None,
                            "scale": {"domain": [0, 3], "range": [1, 5], "clamp": True}},
            "tooltip": _tips(tips),
        },
    }  # fmt: skip


def _ends(channels: tuple[str, ...], fields: tuple[str, ...]) -> Spec:
    return {channel: {"field": field} for channel, field in zip(channels, fields, strict=True)}


def _site_layer(data: Spec, verdicts: Iterable[str], *, legends: bool, money: bool) -> Spec:
    now = {name: f"datum.{name}[at]" for name in
           ("due", "powered", "verdict", "cause", "promised", "earliest")}  # fmt: skip
    tips = [
        ("name", "site", None), ("now_verdict", "verdict", None),
        ("now_due", "promised by then [GW]", ".2f"), ("now_powered", "powered then [GW]", ".2f"),
        ("now_promised", "last promise", None), ("now_earliest", "earliest in full", None),
        ("now_cause", "held up by", None), ("operator", "operator", None),
        ("program", "program", None), ("region", "region", None),
        ("confidence", "weakest confidence", None),
        *([("money", "lateness costs", None)] if money else []),
    ]  # fmt: skip
    names = [name for name in palette.LOOKS if name in verdicts]
    looks = [palette.LOOKS[name] for name in names]
    legend = {"title": "Verdict", "orient": "bottom", "symbolSize": 110} if legends else None
    sizes = {"title": "Due [GW]", "orient": "bottom", "values": [0.25, 1, 2.5], "format": "~r"}
    return {
        "data": data,
        "transform": [
            {"filter": FILTER},
            *({"calculate": code, "as": f"now_{name}"} for name, code in now.items()),
        ],
        "mark": {"type": "point", "filled": True, "opacity": 1, "stroke": "white",
                 "strokeWidth": 1, "clip": True, "cursor": "pointer", "aria": True},
        "encoding": {
            **_ends(("longitude", "latitude"), ("x", "y")),
            "size": {"field": "now_due", "type": "quantitative",
                     "legend": sizes if legends else None,
                     "scale": {"domain": [0, 3], "range": [SMALLEST_MARK, 3 * MARK_AREA_PER_GW]}},
            "color": {"field": "now_verdict", "type": "nominal", "legend": legend,
                      "scale": {"domain": names, "range": [look.colour for look in looks]}},
            "shape": {"field": "now_verdict", "type": "nominal", "legend": legend,
                      "scale": {"domain": names, "range": [look.shape for look in looks]}},
            "tooltip": _tips(tips),
            "description": {"field": "name"},
        },
    }  # fmt: skip


def _focus_layer(data: Spec) -> Spec:
    """Ring the site that has the keyboard's focus in the table."""
    return {
        "data": data,
        "transform": [{"filter": "datum.site === focus"}],
        "mark": {"type": "point", "shape": "circle", "size": RING_AREA, "stroke": "black",
                 "strokeWidth": 2.5, "filled": False, "clip": True, "tooltip": None},
        "encoding": _ends(("longitude", "latitude"), ("x", "y")),
    }  # fmt: skip


def _tips(fields: Iterable[tuple[str, str, str | None]]) -> list[Spec]:
    return [
        {"field": field, "title": title, **({"format": style} if style else {"type": "nominal"})}
        for field, title, style in fields
    ]


def _pocket(plan: Plan, asked: Frame, pocket: str, money: Money) -> Spec:
    here, around = layers.pocket_shapes(plan, pocket, asked.crs)
    left, bottom, right, top = here.total_bounds
    pad = 0.12 * max(right - left, top - bottom)
    box = (left - pad, bottom - pad, right + pad, top + pad)
    sheet = fitted(box, INSET, INSET, 0)
    outlined = layers.has_outline(plan, pocket, around)
    if around.empty:
        around = layers.shapes(plan, asked, 0).geometry
    # Data of its own: Vega-Lite would place shared data once, as for the other map.
    rows = site_rows(plan, asked, sheet, money)
    inside = {"values": [site for site in rows if site["pocket"] == pocket]}
    name = plan.case.pockets.set_index("pocket")["name"][pocket]
    return {
        "title": {"text": palette.shortened(name, 40), "anchor": "start", "fontSize": 12},
        "width": INSET,
        "height": INSET,
        "view": {"stroke": maps_margin.GREY},
        "projection": PROJECTION,
        "layer": [
            _backdrop(around.clip_by_rect(*_square(box)), "#f4f4f4", sheet),
            *([_backdrop(here, "#e6dcec", sheet)] if outlined else []),
            _site_layer(inside, _verdicts(plan), legends=False, money=money is not None),
            _focus_layer(inside),
        ],
    }


def _square(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    left, bottom, right, top = box
    half = max(right - left, top - bottom) / 2
    across, up = (left + right) / 2, (bottom + top) / 2
    return across - half, up - half, across + half, up + half


def _backdrop(shapes: gpd.GeoSeries, fill: str, sheet: Sheet) -> Spec:
    shapes = shapes[~shapes.is_empty & shapes.geom_type.isin(["Polygon", "MultiPolygon"])]
    simple = shapes.simplify_coverage(FINE_TOLERANCE_M)
    features = [{"type": "Feature", "geometry": sheet.polygon(shape)} for shape in simple]
    mark = {"type": "geoshape", "fill": fill, "stroke": "#b8b8b8", "clip": True, "tooltip": None}
    return {"data": {"values": features}, "mark": mark}
