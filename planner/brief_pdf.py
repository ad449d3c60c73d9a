"""A briefing as PDF, set by typst; every text reaches it as data, never as markup."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from planner import maps, palette
from planner.brief_tables import widths

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.brief import Brief
    from planner.brief_tables import Table

PACKAGES: Final = ("typst",)
FONTS: Final = ("Noto Sans", *maps.FONTS)
MOST_SOURCES: Final = 60


def document(found: Brief, pictures: Iterable[bytes], chart: bytes) -> bytes:
    """Write a briefing as PDF; the same briefing gives the same bytes.

    Parameters
    ----------
    found
        What it says.
    pictures
        SVG of each of its views.
    chart
        SVG of promised against powered.

    Raises
    ------
    PlannerError
        A library is missing.
    """
    return _compiled(found, list(pictures), chart, "pdf")[0]


def pages(found: Brief, pictures: Iterable[bytes], chart: bytes) -> list[bytes]:
    """Draw the pages of the same document as PNG."""
    return _compiled(found, list(pictures), chart, "png")


def _compiled(found: Brief, pictures: list[bytes], chart: bytes, style: Any) -> list[bytes]:
    palette.needed(PACKAGES, "brief")
    import typst

    fonts = typst.Fonts(font_paths=[str(_own_fonts())])
    drawn = {f"map{place}": picture.decode() for place, picture in enumerate(pictures)}
    inputs = {"data": json.dumps(_data(found, fonts.families())), "chart": chart.decode(), **drawn}
    day = datetime(found.as_of.year, found.as_of.month, found.as_of.day, tzinfo=UTC)
    setter = typst.Compiler(TEMPLATE.encode(), font_paths=fonts, sys_inputs=inputs)
    made = setter.compile(format=style, timestamp=day, ppi=100.0)
    return made if isinstance(made, list) else [made or b""]


def _own_fonts() -> Path:
    """The folder of the fonts that come with matplotlib, the same on every machine."""
    import matplotlib as mpl

    return Path(mpl.get_data_path()) / "fonts" / "ttf"


def _data(found: Brief, families: Iterable[str]) -> dict[str, Any]:
    there = set(families)
    named = dict.fromkeys(name for name in FONTS if name in there)
    tables = [found.bottlenecks, found.late, *found.remedies]
    return {
        "title": found.title,
        "finding": found.finding,
        "standing": found.standing,
        "numbers": [asdict(number) for number in found.numbers],
        "tables": [_table(table) for table in tables],
        "judged": found.judged,
        "lateness": found.lateness.lines,
        "money": [_table(table) for table in found.lateness.tables],
        "untested": found.untested,
        "unassessed": _table(found.unassessed),
        "sources": _table(_most_used(found.sources)),
        "captions": [view.caption for view in found.views],
        "fonts": list(named),
        "day": f"{found.as_of}",
    }


def _most_used(table: Table) -> Table:
    rest = len(table.rows) - MOST_SOURCES
    if rest <= 0:
        return table
    note = f"Those with most rows; {rest} more in the HTML. {table.note}"
    return replace(table, rows=table.rows[:MOST_SOURCES], note=note)


def _table(table: Table) -> dict[str, Any]:
    shares = [f"{share:.4f}" for share in widths(table)]
    return {**asdict(table), "widths": [float(share) for share in shares]}


TEMPLATE: Final = r"""
#let data = json(bytes(sys.inputs.data))
#let grey = rgb("#595959")
#let ink = rgb("#222222")
#let dark = rgb("#1f3b57")
#set document(title: data.title, author: "planner")
#set page(
  paper: "a4", flipped: true, margin: (x: 1.4cm, top: 1.3cm, bottom: 1.5cm),
  footer: context text(8pt, fill: grey)[
    #data.title. #data.standing #h(1fr) #counter(page).display("1 / 1", both: true)
  ],
)
#set text(font: data.fonts, size: 10pt, fill: ink, lang: "en")
#set par(leading: 0.55em)
#show heading: set text(15pt)
#show heading: set block(above: 1.2em, below: 0.7em)
// A word longer than its column breaks between letters.
#show regex("\S{24,}"): it => it.text.clusters().join(sym.zws)

#let note(words) = text(8pt, fill: grey, words)
#let grid-of(table-data, size: 8.5pt) = {
  set text(size)
  set par(leading: 0.45em)
  table(
    columns: table-data.widths.map(share => share * 1fr),
    align: (x, y) => (if x in table-data.numeric { right } else { left }) + horizon,
    stroke: none,
    inset: (x: 4pt, y: 3.2pt),
    fill: (x, y) => if y == 0 { dark } else if calc.even(y) { rgb("#f3f5f8") },
    table.header(..table-data.columns.map(name => text(fill: white, weight: "bold", name))),
    ..table-data.rows.flatten(),
  )
}
#let section(table-data, size: 8.5pt, before: none) = {
  heading(table-data.title)
  if before != none { par(before) }
  if table-data.rows.len() > 0 { grid-of(table-data, size: size) } else { par[None.] }
  par(note(table-data.note))
}

#text(11pt, fill: grey, data.title)

#text(19pt, weight: "bold", data.finding)
#v(0.3em)
#grid(
  columns: (1fr, 1fr, 1fr), gutter: 0.4cm,
  ..data.numbers.map(number => block(
    fill: rgb("#f3f5f8"), inset: 0.35cm, width: 100%, height: 3.6cm,
    stack(
      spacing: 0.3cm,
      text(23pt, weight: "bold", fill: dark, number.value),
      text(11pt, number.words),
      note(number.note),
    ),
  ))
)
#v(0.2em)
#align(center, image(bytes(sys.inputs.chart), format: "svg", height: 9.6cm,
  alt: "Promised against powered, by the end of each summer"))

#for (place, caption) in data.captions.enumerate() {
  pagebreak()
  image(bytes(sys.inputs.at("map" + str(place))), format: "svg", width: 100%, alt: caption)
}

#pagebreak(weak: true)
#for (place, one) in data.tables.enumerate() {
  section(one, before: if place == 2 { data.judged })
}
#if data.tables.len() < 3 [
  = Remedies
  #data.judged
]

= What lateness costs
#list(..data.lateness)
#for one in data.money { section(one) }

= What was not tested
#list(..data.untested)
#if data.unassessed.rows.len() > 0 {
  block(breakable: false, width: 60%, section(data.unassessed))
}

#section(data.sources, size: 7pt)
"""
