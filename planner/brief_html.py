"""A briefing as one HTML file, the interactive maps inside; it asks the network for nothing."""

from __future__ import annotations

import html
from string import Template
from typing import TYPE_CHECKING, Any, Final

from planner import brief, explain, layers, maps_interactive, maps_margin, maps_page, palette
from planner.brief_tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from planner.brief import Brief, Scope
    from planner.pipeline import Plan

PACKAGES: Final = ("vl_convert",)
SHORT: Final = 16
WEB: Final = ("https://", "http://")
PROMISED: Final = "#d0d0d0"
POWERED: Final = palette.look(explain.ON_TIME).colour
CHART_WIDE: Final = 760
CHART_HIGH: Final = 280


def page(plan: Plan, scope: Scope | None, found: Brief) -> str:
    """Write a briefing as one HTML document; the same briefing gives the same bytes.

    Parameters
    ----------
    plan
        The whole answer, as given to :func:`planner.brief.collect`.
    scope, found
        What the briefing is about, and what it says.

    Raises
    ------
    PlannerError
        A library is missing.
    """
    palette.needed(PACKAGES, "brief")
    mine = brief.narrowed(plan, scope or brief.Scope())
    specs = [
        maps_interactive.spec(mine, **view.options, money=found.site_money or None)
        for view in found.views
    ]
    return Template(PAGE).substitute(
        title=html.escape(found.title),
        finding=html.escape(found.finding),
        standing=html.escape(found.standing),
        numbers="".join(_numbers(found)),
        maps="".join(_maps(mine, found)),
        key="".join(_key(found)),
        years=_table(_years(found)),
        sections="".join(_sections(found)),
        specs=maps_page.as_script_json([*specs, chart(found)]),
        bundle=_bundle(),
    )


def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script."""
    import vl_convert

    code = vl_convert.javascript_bundle(vl_version=maps_page.VEGA_LITE)  # type: ignore[call-arg]
    return code.replace("</script", "<\\/script")


# --- parts ---------------------------------------------------------------------------------------


def _numbers(found: Brief) -> Iterator[str]:
    for number in found.numbers:
        value, words, note = map(html.escape, (number.value, number.words, number.note))
        yield f"<li><strong>{value}</strong> <span>{words}</span> <small>{note}</small></li>\n"


def _key(found: Brief) -> Iterator[str]:
    """Say what the colours of the chart mean."""
    marks = {"promised": PROMISED, "powered with nothing built": POWERED}
    if any(row.remedied is not None for row in found.years):
        marks["powered with remedies"] = brief.TICK_COLOUR
    for words, colour in marks.items():
        yield f'<span class="key" style="background:{colour}"></span>{words}\n'


def _maps(plan: Plan, found: Brief) -> Iterator[str]:
    """Leave room for the controls and drawing of each map; its notes stand under it."""
    for place, view in enumerate(found.views):
        scene = layers.scene(plan, layers.frame(plan, grid=view.grid, region=view.region))
        notes = " ".join(html.escape(note) for note in maps_margin.notes(scene))
        caption = html.escape(view.caption, quote=True)
        yield (
            f'<section><h2>{caption}</h2>\n<div class="controls" id="controls-{place}"'
            f' role="group" aria-label="Year and filters"></div>\n'
            f'<div class="drawing" id="drawing-{place}" role="img" aria-label="{caption}; the'
            f' tables below say the same"></div><p><small>{notes}</small></p></section>\n'
        )


def _sections(found: Brief) -> Iterator[str]:
    yield _section(found.bottlenecks)
    yield _section(found.late)
    judged = f"<p>{html.escape(found.judged)}</p>"
    yield f"<section><h2>Remedies</h2>{judged}</section>\n"
    for table in found.remedies:
        yield _section(table, level=3)
    yield f"<section><h2>What lateness costs</h2>{_list(found.lateness.lines)}</section>\n"
    for table in found.lateness.tables:
        yield _section(table, level=3)
    yield f"<section><h2>What was not tested</h2>{_list(found.untested)}</section>\n"
    if found.unassessed.rows:
        yield _section(found.unassessed, level=3)
    yield _section(found.sources)


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{html.escape(line)}</li>' for line in lines)}</ul>"


def _section(table: Table, level: int = 2) -> str:
    head = f"<h{level}>{html.escape(table.title)}</h{level}>"
    body = _table(table) if table.rows else "<p>None.</p>"
    return f"<section>{head}{body}</section>\n"


def _table(table: Table) -> str:
    heads = "".join(_tagged("th", name, table, place) for place, name in enumerate(table.columns))
    rows = "".join(f"<tr>{''.join(_cells(table, row))}</tr>\n" for row in table.rows)
    note = f"<p><small>{html.escape(table.note)}</small></p>" if table.note else ""
    return (
        f'<div class="table"><table><thead><tr>{heads}</tr></thead>\n'
        f"<tbody>{rows}</tbody></table></div>{note}"
    )


def _cells(table: Table, row: Iterable[str]) -> Iterator[str]:
    for place, text in enumerate(row):
        yield _tagged("td", text, table, place)


def _tagged(tag: str, text: str, table: Table, place: int) -> str:
    longest = max((len(row[place]) for row in table.rows), default=0)
    short = "short" if tag == "td" and longest <= SHORT else ""
    words = f"{short} {'number' if place in table.numeric else ''}".strip()
    kind = f' class="{words}"' if words else ""
    scope = ' scope="col"' if tag == "th" else ""
    return f"<{tag}{scope}{kind}>{_linked(text)}</{tag}>"


def _linked(text: str) -> str:
    """Escape a text; an address of the web becomes a link, followed only on a click."""
    shown = html.escape(text, quote=True)
    if not text.startswith(WEB) or " " in text or text.endswith(palette.ELLIPSIS):
        return shown
    return f'<a href="{shown}" rel="noreferrer noopener">{shown}</a>'


def _years(found: Brief) -> Table:
    """The numbers of the chart."""
    names = ("Summer", "Promised [GW]", "Powered [GW]")
    judged = any(row.remedied is not None for row in found.years)
    rows = []
    for row in found.years:
        values = (row.promised, row.powered, *([row.remedied or 0.0] if judged else []))
        rows.append((str(row.year), *(f"{value:.2f}" for value in values)))
    columns = (*names, *(["With remedies [GW]"] if judged else []))
    note = f"Cumulative, of sites with megawatts and a date. {found.standing}"
    return Table("", columns, tuple(rows), note, tuple(range(1, len(columns))))


def chart(found: Brief) -> dict[str, Any]:
    """Describe promised against powered as a Vega-Lite dict."""
    x = {"field": "year", "type": "ordinal", "title": None, "axis": {"labelAngle": 0}}
    marks = [
        ("promised", {"type": "bar", "color": PROMISED}),
        ("powered", {"type": "bar", "color": POWERED}),
        ("remedied", {"type": "tick", "color": brief.TICK_COLOUR, "thickness": 3, "width": 48}),
    ]
    judged = any(row.remedied is not None for row in found.years)
    titles = {"promised": "promised", "powered": "powered with nothing built",
              "remedied": "powered with remedies"}  # fmt: skip
    rows = [
        {"year": row.year, "promised": row.promised, "powered": row.powered,
         **({"remedied": row.remedied} if judged else {})}
        for row in found.years
    ]  # fmt: skip
    shown = marks if judged else marks[:2]
    tips = [{"field": "year", "title": "summer"}] + [
        {"field": name, "title": f"{titles[name]} [GW]", "format": ".2f"} for name, _ in shown
    ]
    layer = [
        {"mark": mark, "encoding": {"y": {"field": name, "type": "quantitative", "title": "GW"}}}
        for name, mark in shown
    ]
    return {
        "$schema": maps_interactive.SCHEMA,
        "width": CHART_WIDE,
        "height": CHART_HIGH,
        "data": {"values": rows},
        "encoding": {"x": x, "tooltip": tips},
        "layer": layer,
    }


PAGE: Final = (
    maps_page.HEAD
    + """\
body { font: 15px/1.5 system-ui, "Noto Sans", sans-serif; color: #222; margin: 24px auto;
  max-width: 1220px; padding: 0 16px; }
h1 { font-size: 26px; line-height: 1.3; margin: 4px 0 16px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 32px 0 8px; }
h3 { font-size: 16px; margin: 20px 0 6px; }
header p { color: #595959; margin: 0; }
#numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(260px, 1fr)); gap: 16px;
  list-style: none; padding: 0; }
#numbers li { background: #f3f5f8; padding: 14px 18px; }
#numbers strong { display: block; font-size: 30px; color: #1f3b57; }
#numbers small { display: block; margin-top: 6px; }
small { color: #595959; font-size: 12px; }
.controls form, .controls { display: flex; flex-wrap: wrap; gap: 6px 18px; margin: 10px 0; }
.controls .vega-bind-name { font-weight: 600; margin-right: 4px; }
.controls select { max-width: 210px; }
.controls input[type=range] { width: 220px; vertical-align: middle; }
:focus-visible { outline: 3px solid #0072B2; outline-offset: 1px; }
.drawing, .table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: left; padding: 4px 8px; vertical-align: top; overflow-wrap: break-word; }
td a, td:first-child { overflow-wrap: anywhere; }
.short { white-space: nowrap; }
td { border-bottom: 1px solid #e4e4e4; }
th { background: #1f3b57; color: white; overflow-wrap: normal; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
details table { width: auto; }
.key { display: inline-block; width: 12px; height: 12px; margin: 0 4px 0 14px; }
@media print { .controls { display: none; } }
</style>
</head>
<body>
<header><p>$title</p>
<h1>$finding</h1></header>
<ul id="numbers">
$numbers</ul>
<p><small>$standing</small></p>
$maps<section><h2>Promised against powered, by the end of each summer [GW]</h2>
<p>$key</p>
<div class="drawing" id="drawing-chart" role="img" aria-label="Promised against powered; the table \
has the numbers"></div>
<details><summary>The numbers</summary>$years</details></section>
$sections<script id="specs" type="application/json">$specs</script>
<script type="module">$bundle</script>
<script type="module">
const specs = JSON.parse(document.getElementById('specs').textContent);
const plain = {mode: 'vega-lite', renderer: 'svg',
  actions: {export: true, source: false, compiled: false, editor: false}};
const drawn = specs.map((spec, place) => place < specs.length - 1
  ? vegaEmbed('#drawing-' + place, spec, {...plain, bind: '#controls-' + place})
  : vegaEmbed('#drawing-chart', spec, plain));
Promise.all(drawn).then(all => {
  window.plannerViews = all.map(one => one.view);
  document.body.dataset.ready = 'true';
});
</script>
</body>
</html>
"""
)
