"""The page around the interactive map: one HTML file that asks the network for nothing."""

from __future__ import annotations

import html
import json
from string import Template
from typing import TYPE_CHECKING, Any, Final

from planner import layers, maps_interactive, maps_margin, palette

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from planner.pipeline import Plan

PACKAGES: Final = ("vl_convert",)
VEGA_LITE: Final = "6.4"
COLUMNS: Final = (
    "Site", "Operator", "Verdict", "Due [GW]", "Powered [GW]", "Last promise", "Earliest in full",
    "Held up by", "Region", "Confidence",
)  # fmt: skip


def page(  # noqa: PLR0913 - the options of a map
    plan: Plan,
    *,
    grid: str | None = None,
    year: int | None = None,
    metric: str = "headroom",
    region: str | None = None,
    pockets: Iterable[str] | None = None,
    money: Mapping[str, str] | None = None,
) -> str:
    """Write the map as one HTML document with everything inside.

    The controls and the table of sites work with the keyboard alone; a row that has the focus is
    ringed on the map.

    Parameters
    ----------
    grid, year, metric, region, pockets
        As for :func:`planner.maps.figure`; year and metric are where the controls start.

    money
        What the ledger knows of each site, in a line; see :func:`planner.ledger.site_notes`.

    Raises
    ------
    PlannerError
        A drawing library is missing, or the grid has no outlines.
    """
    palette.needed(PACKAGES, "maps")
    spec = maps_interactive.spec(
        plan, grid=grid, year=year, metric=metric, region=region, pockets=pockets, money=money
    )
    asked = layers.frame(plan, grid=grid, year=year, metric=metric, region=region)
    scene = layers.scene(plan, asked)
    heads = COLUMNS if money is None else (*COLUMNS, "Lateness costs")
    return Template(PAGE).substitute(
        title=html.escape(f"{palette.shortened(asked.place, 60)}: promised and powered"),
        finding=html.escape(maps_margin.finding(asked, scene.sites)),
        meaning=html.escape(
            f"{maps_margin.meaning('headroom', 'the year')}; or gigawatts held up."
        ),
        heads="".join(f'<th scope="col">{html.escape(name)}</th>' for name in heads),
        notes="".join(f"<p>{html.escape(note)}</p>" for note in maps_margin.notes(scene)),
        spec=as_script_json(spec),
        place=as_script_json(palette.shortened(asked.place, 60)),
        bundle=_bundle(),
    )


def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script."""
    import vl_convert

    code = vl_convert.javascript_bundle(vl_version=VEGA_LITE)  # type: ignore[call-arg]
    return code.replace("</script", "<\\/script")


def as_script_json(value: Any) -> str:
    r"""Write JSON so that no text of it ends the script or opens a comment.

    Examples
    --------
    >>> as_script_json("</script>")
    '"\\u003c/script\\u003e"'
    """
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")


# Every page opens like this: it may fetch nothing.
HEAD: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:">
<link rel="icon" href="data:,">
<title>$title</title>
<style>
"""

PAGE: Final = (
    HEAD
    + """\
body { font: 14px/1.45 system-ui, sans-serif; color: #222; margin: 16px auto; max-width: 1220px;
  padding: 0 16px; }
h1 { font-size: 22px; margin: 0 0 4px; }
p { margin: 4px 0; }
#controls form, #controls { display: flex; flex-wrap: wrap; gap: 6px 18px; margin: 10px 0; }
#controls .vega-bind-name { font-weight: 600; margin-right: 4px; }
#controls select { max-width: 210px; }
#controls input[type=range] { width: 220px; vertical-align: middle; }
:focus-visible { outline: 3px solid #0072B2; outline-offset: 1px; }
#map { overflow-x: auto; }
#table { max-height: 420px; overflow: auto; border: 1px solid #ccc; margin-top: 12px; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: left; padding: 3px 8px; border-bottom: 1px solid #e4e4e4;
  vertical-align: top; overflow-wrap: break-word; }
td:first-child { min-width: 150px; overflow-wrap: anywhere; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
th { position: sticky; top: 0; background: #f4f4f4; }
tr:focus { background: #e8f1f8; }
footer { font-size: 12px; color: #444; margin-top: 12px; }
.hint { color: #444; }
</style>
</head>
<body>
<h1 id="finding" aria-live="polite">$finding</h1>
<p>$meaning</p>
<div id="controls" role="group" aria-label="Year and filters"></div>
<div id="map" role="img" aria-label="Map of regions, sites and full lines; the table below says \
the same"></div>
<p class="hint">Tab reaches every control and every row; the arrow keys move the year. The row in \
focus is ringed on the map. A click on a mark goes to its row.</p>
<div id="table"><table aria-label="Sites shown on the map"><thead><tr>$heads</tr></thead>
<tbody id="rows"></tbody></table></div>
<footer>$notes</footer>
<script id="spec" type="application/json">$spec</script>
<script id="place" type="application/json">$place</script>
<script type="module">$bundle</script>
<script type="module">
const read = id => JSON.parse(document.getElementById(id).textContent);
const spec = read('spec'), place = read('place'), sites = spec.datasets.sites;
const first = spec.params[0].bind.min;
const rows = document.getElementById('rows'), finding = document.getElementById('finding');

function chosen(view) {
  const at = view.signal('year') - first;
  const [verdict, program, operator] = ['verdict', 'program', 'operator'].map(n => view.signal(n));
  return sites.filter(s => s.due[at] > 0
    && (verdict === 'all' || s.verdict[at] === verdict)
    && (program === 'all' || s.program === program)
    && (operator === 'all' || s.operators.includes(operator)));
}

function row(view, site, at) {
  const line = document.createElement('tr');
  line.tabIndex = 0;
  line.dataset.site = site.site;
  const cells = [site.name, site.operator, site.verdict[at], site.due[at].toFixed(2),
    site.powered[at].toFixed(2), site.promised[at], site.earliest[at], site.cause[at],
    site.region, site.confidence, ...('money' in site ? [site.money] : [])];
  for (const [place, text] of cells.entries()) {
    const cell = document.createElement('td');
    cell.textContent = text;
    if (place === 3 || place === 4) cell.className = 'number';
    line.append(cell);
  }
  line.addEventListener('focus', () => view.signal('focus', site.site).runAsync());
  line.addEventListener('blur', () => view.signal('focus', '').runAsync());
  return line;
}

function refresh(view) {
  const at = view.signal('year') - first, shown = chosen(view);
  const sum = name => shown.reduce((total, site) => total + site[name][at], 0).toFixed(1);
  finding.textContent = `$${place}: $${sum('powered')} of $${sum('due')} GW promised by summer `
    + `$${view.signal('year')} can be powered by then ($${shown.length} sites)`;
  shown.sort((a, b) => b.due[at] - a.due[at]);
  rows.replaceChildren(...shown.map(site => row(view, site, at)));
}

const options = {mode: 'vega-lite', renderer: 'svg', bind: '#controls',
  actions: {export: true, source: false, compiled: false, editor: false}};
vegaEmbed('#map', spec, options).then(({view}) => {
  for (const name of ['year', 'verdict', 'program', 'operator'])
    view.addSignalListener(name, () => refresh(view));
  view.addEventListener('click', (event, item) => {
    const site = item && item.datum && item.datum.site;
    const line = site && [...rows.children].find(other => other.dataset.site === site);
    if (line) line.focus();
  });
  refresh(view);
  window.plannerView = view;
  document.body.dataset.ready = 'true';
});
</script>
</body>
</html>
"""
)
