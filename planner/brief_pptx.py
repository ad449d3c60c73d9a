"""A briefing as PPTX: native tables, an editable chart, pictures of the maps, speaker notes."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from planner import brief, brief_money, explain, palette
from planner.brief_tables import Table, widths

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pptx.presentation import Presentation
    from pptx.slide import Slide

    from planner.brief import Brief

PACKAGES: Final = ("pptx",)
WIDE_IN: Final = 13.333
HIGH_IN: Final = 7.5
EDGE_IN: Final = 0.5
INNER_IN: Final = WIDE_IN - 2 * EDGE_IN
TOP_IN: Final = 1.35
FOOT_IN: Final = 7.02
ROW_IN: Final = 0.36
TITLE_ONLY: Final = 5
INK: Final = "222222"
GREY: Final = "595959"
HEAD: Final = "1F3B57"
BAND: Final = "F3F5F8"
SERIES: Final = ("BDBDBD", palette.look(explain.ON_TIME).colour[1:], brief.TICK_COLOUR[1:])
MOST_ROWS: Final = 12
MOST_SOURCES: Final = 10
MOST_IN_NOTES: Final = 25
MOST_COSTS: Final = 10
CROWDED: Final = 9
EVERY_FACT: Final = ("sites", "phases", "load", "supply", "requirement")
GRID_FACTS: Final = ("load", "supply", "requirement", "accreditation", "lines", "connection",
                     "delivery")  # fmt: skip


@dataclass(frozen=True)
class Look:
    """How a table is drawn: points of text, height of a row, width, a line before it."""

    size: int = 11
    row: float = ROW_IN
    wide: float = INNER_IN
    before: str = ""


def deck(found: Brief, pictures: Iterable[bytes]) -> bytes:
    """Write a briefing as a presentation.

    Parameters
    ----------
    found
        What it says.
    pictures
        PNG of each of its views.

    Raises
    ------
    PlannerError
        A library is missing.
    """
    palette.needed(PACKAGES, "brief")
    import pptx
    from pptx.util import Inches

    made = pptx.Presentation()
    made.slide_width, made.slide_height = Inches(WIDE_IN), Inches(HIGH_IN)
    _opening(made, found)
    for view, picture in zip(found.views, pictures, strict=True):
        _map(made, found, view.caption, picture)
    _chart(made, found)
    _table(made, found, found.bottlenecks, GRID_FACTS)
    first, *others = _parts(found.late)
    _table(made, found, first, EVERY_FACT)
    _remedies(made, found)
    _lateness(made, found)
    _untested(made, found)
    _sources(made, found)
    for part in others:
        _table(made, found, part, EVERY_FACT)
    _properties(made, found)
    sink = io.BytesIO()
    made.save(sink)
    return sink.getvalue()


def _properties(made: Presentation, found: Brief) -> None:
    day = datetime(found.as_of.year, found.as_of.month, found.as_of.day, tzinfo=UTC)
    about = made.core_properties
    about.title, about.author, about.last_modified_by = found.title, "planner", "planner"
    about.created = about.modified = day.replace(tzinfo=None)
    about.revision = 1


# --- slides --------------------------------------------------------------------------------------


def _opening(made: Presentation, found: Brief) -> None:
    slide = _slide(made, found, found.finding, EVERY_FACT)
    title: Any = slide.shapes.title
    title.top, title.height = _emu(1.0), _emu(1.9)
    _lines(title.text_frame, [(found.finding, 28, True, INK)])
    _box(slide, (EDGE_IN, 0.45, INNER_IN, 0.5), [(found.title, 16, False, GREY)])
    gap = 0.25
    wide = (INNER_IN - 2 * gap) / 3
    for place, number in enumerate(found.numbers):
        left = EDGE_IN + place * (wide + gap)
        _card(slide, (left, 3.4, wide, 3.0))
        _box(
            slide,
            (left + 0.2, 3.5, wide - 0.4, 2.8),
            [(number.value, 36, True, HEAD), (number.words, 18, False, INK),
             (number.note, 11, False, GREY)],
        )  # fmt: skip


def _map(made: Presentation, found: Brief, caption: str, picture: bytes) -> None:
    """Fill a slide with the map; its title stands above the slide, for outline and readers."""
    slide = _slide(made, found, caption, EVERY_FACT, foot=False)
    title: Any = slide.shapes.title
    title.top, title.height = _emu(-1.0), _emu(0.8)
    _lines(title.text_frame, [(caption, 20, False, INK)])
    image = slide.shapes.add_picture(
        io.BytesIO(picture), _emu(0), _emu(0), width=_emu(WIDE_IN), height=_emu(HIGH_IN)
    )
    properties: Any = image._element  # noqa: SLF001 - the library has no way to describe a picture
    properties.nvPicPr.cNvPr.set("descr", caption)


def _chart(made: Presentation, found: Brief) -> None:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
    from pptx.util import Pt

    title = "Promised against powered, by the end of each summer [GW]"
    slide = _slide(made, found, title, EVERY_FACT)
    data: Any = CategoryChartData(number_format="0.0")  # type: ignore[no-untyped-call]
    data.categories = [str(row.year) for row in found.years]
    for name, values in series(found).items():
        data.add_series(name, values)
    left, top, wide, high = map(_emu, (EDGE_IN, TOP_IN, INNER_IN, 5.2))
    frame: Any = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, left, top, wide, high, data)
    chart = frame.chart
    chart.has_legend, chart.legend.position = True, XL_LEGEND_POSITION.TOP
    chart.legend.include_in_layout = False
    chart.has_title = False
    chart.font.size = Pt(12)
    plot = chart.plots[0]
    plot.gap_width, plot.overlap, plot.has_data_labels = 45, -4, True
    plot.data_labels.font.size = Pt(10 if len(data) < 3 else 9)  # noqa: PLR2004 - three bars a year
    plot.data_labels.number_format, plot.data_labels.number_format_is_linked = "0.0;;", False
    for one, colour in zip(plot.series, SERIES, strict=False):
        one.format.fill.solid()
        one.format.fill.fore_color.rgb = _rgb(colour)
    lines = chart.value_axis.major_gridlines.format.line
    lines.color.rgb = _rgb("DDDDDD")
    chart.value_axis.format.line.fill.background()
    _note(slide, "Cumulative, of sites with megawatts and a date; without what runs already.")


def series(found: Brief) -> dict[str, list[float]]:
    """The series of the chart, by name."""
    named = {
        "promised": [row.promised for row in found.years],
        "powered with nothing built": [row.powered for row in found.years],
    }
    remedied = [row.remedied for row in found.years if row.remedied is not None]
    return named | ({"powered with remedies": remedied} if remedied else {})


def _remedies(made: Presentation, found: Brief) -> None:
    for table in found.remedies:
        if table.rows:
            _table(made, found, _shortened(table), ("remedies",), Look(before=found.judged))
    if not any(table.rows for table in found.remedies):
        slide = _slide(made, found, "Remedies", ("remedies",))
        words = found.judged if not found.remedies else f"{found.judged} None is needed or found."
        _bullets(slide, [words], TOP_IN)


def _lateness(made: Presentation, found: Brief) -> None:
    """Say what lateness costs on one slide, with the first of its tables that has rows to rank."""
    facts = ("sites", *brief_money.FACTS)
    slide = _slide(made, found, "What lateness costs", facts)
    bottom = _bullets(slide, found.lateness.lines, TOP_IN - 0.1, points=13)
    tables = sorted(found.lateness.tables, key=lambda table: len(table.rows) == 1)
    for table in tables[:1]:
        shown = brief_money.shortened(table, MOST_COSTS)
        _box(slide, (EDGE_IN, bottom - 0.05, INNER_IN, 0.35), [(shown.title, 14, True, INK)])
        _grid(slide, shown, bottom + 0.32, Look(size=10, row=0.3))
        _note(slide, shown.note, 6.6)


def _untested(made: Presentation, found: Brief) -> None:
    slide = _slide(made, found, "What was not tested", EVERY_FACT)
    bottom = _bullets(slide, found.untested, TOP_IN)
    table = found.unassessed
    if table.rows:
        _box(slide, (EDGE_IN, bottom, INNER_IN, 0.4), [(table.title, 16, True, INK)])
        high = min(len(table.rows) + 1, MOST_ROWS) * 0.28
        _grid(slide, table, bottom + 0.42, Look(row=0.28, wide=8.6))
        _note(slide, table.note, bottom + 0.5 + high)


def _sources(made: Presentation, found: Brief) -> None:
    table = found.sources
    kept = (0, 1, 2, 3, 5)
    rows = tuple(tuple(row[place] for place in kept) for row in table.rows[:MOST_SOURCES])
    rest = len(table.rows) - len(rows)
    more = f"Those with most rows; {rest} more in the PDF and the HTML. " if rest else ""
    columns = tuple(table.columns[place] for place in kept)
    shown = Table(table.title, columns, rows, more + table.note)
    _table(made, found, shown, (), Look(size=10, row=0.47))


def _parts(table: Table) -> Iterator[Table]:
    """Break a long table over slides."""
    yield Table(table.title, table.columns, table.rows[:MOST_ROWS], table.note, table.numeric)
    for start in range(MOST_ROWS, len(table.rows), MOST_ROWS):
        title = f"{table.title}, continued"
        rows = table.rows[start : start + MOST_ROWS]
        yield Table(title, table.columns, rows, table.note, table.numeric)


def _shortened(table: Table) -> Table:
    rest = len(table.rows) - MOST_ROWS + 2
    if rest <= 0:
        return table
    rows = table.rows[: MOST_ROWS - 2]
    note = f"{table.note} {rest} more in the PDF and the HTML."
    return Table(table.title, table.columns, rows, note, table.numeric)


# --- parts ---------------------------------------------------------------------------------------


def _slide(
    made: Presentation, found: Brief, title: str, facts: Iterable[str], *, foot: bool = True
) -> Slide:
    """Open a slide with title, foot and speaker notes."""
    slide: Slide = made.slides.add_slide(made.slide_layouts[TITLE_ONLY])
    head: Any = slide.shapes.title
    head.text_frame.margin_left = 0
    head.left, head.top, head.width, head.height = map(_emu, (EDGE_IN, 0.4, INNER_IN, 0.85))
    _lines(head.text_frame, [(title, 26, True, INK)])
    if foot:
        number = len(made.slides)
        line = (EDGE_IN, FOOT_IN, INNER_IN - 0.6, 0.32)
        _box(slide, line, [(f"{found.title}. {found.standing}", 10, False, GREY)])
        _box(slide, (WIDE_IN - EDGE_IN - 0.6, FOOT_IN, 0.6, 0.32), [(str(number), 10, False, GREY)],
             right=True)  # fmt: skip
    notes: Any = slide.notes_slide.notes_text_frame
    notes.text = "\n".join(_notes(found, facts))
    return slide


def _notes(found: Brief, facts: Iterable[str]) -> Iterator[str]:
    """Speaker notes: how it stands, and the documents behind it."""
    yield found.finding
    yield found.standing
    wanted = set(facts)
    rows = [row for row in found.sources.rows if not wanted or wanted & set(row[3].split(", "))]
    yield "Sources:"
    for publisher, document, published, used, _, confidence, address in rows[:MOST_IN_NOTES]:
        line = f"- {publisher}: {document} ({published}; {used}; confidence {confidence})"
        yield f"{line} {address}".rstrip()
    rest = len(rows) - MOST_IN_NOTES
    if rest > 0:
        yield f"and {rest} more, in the PDF and the HTML."


def _table(
    made: Presentation, found: Brief, table: Table, facts: Iterable[str], look: Look | None = None
) -> None:
    slide = _slide(made, found, table.title, facts)
    look, top = look or Look(size=11 if len(table.columns) < CROWDED else 10), TOP_IN
    if look.before:
        _box(slide, (EDGE_IN, 1.15, INNER_IN, 0.4), [(look.before, 12, False, GREY)])
        top += 0.25
    if table.rows:
        _grid(slide, table, top, look)
    else:
        _bullets(slide, ["None."], top)
    _note(slide, table.note)


def _grid(slide: Slide, table: Table, top: float, look: Look) -> None:
    shape = (len(table.rows) + 1, len(table.columns))
    box = map(_emu, (EDGE_IN, top, look.wide, shape[0] * look.row))
    frame: Any = slide.shapes.add_table(*shape, *box)
    grid = frame.table
    for column, share in zip(grid.columns, widths(table), strict=True):
        column.width = _emu(look.wide * share)
    for line in grid.rows:
        line.height = _emu(look.row)
    for place, texts in enumerate((table.columns, *table.rows)):
        fill = HEAD if place == 0 else BAND if place % 2 == 0 else "FFFFFF"
        ink = "FFFFFF" if place == 0 else INK
        for column, text in enumerate(texts):
            _cell(grid.cell(place, column), (text, look.size, place == 0, ink), fill,
                  right=column in table.numeric)  # fmt: skip


type Line = tuple[str, int, bool, str]  # text, points, bold, colour


def _cell(cell: Any, line: Line, fill: str, *, right: bool) -> None:
    from pptx.enum.text import MSO_ANCHOR

    cell.margin_left = cell.margin_right = _emu(0.06)
    cell.margin_top = cell.margin_bottom = _emu(0.025)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    cell.fill.solid()
    cell.fill.fore_color.rgb = _rgb(fill)
    _lines(cell.text_frame, [line], right=right)


def _bullets(slide: Slide, texts: Iterable[str], top: float, points: int = 14) -> float:
    """Write lines of text; return where the next thing may stand."""
    lines: list[Line] = [(f"\N{BULLET} {text}", points, False, INK) for text in texts]
    high = 0.31 * len(lines) + 0.1
    _box(slide, (EDGE_IN, top, INNER_IN, high), lines)
    return top + high + 0.1


def _note(slide: Slide, text: str, top: float = 6.55) -> None:
    _box(slide, (EDGE_IN, top, INNER_IN, 0.4), [(text, 10, False, GREY)])


def _card(slide: Slide, place: tuple[float, float, float, float]) -> None:
    from pptx.enum.shapes import MSO_SHAPE

    card = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *map(_emu, place))
    card.fill.solid()
    card.fill.fore_color.rgb = _rgb(BAND)
    card.line.fill.background()
    card.shadow.inherit = False


def _box(
    slide: Slide,
    place: tuple[float, float, float, float],
    lines: list[Line],
    *,
    right: bool = False,
) -> None:
    box = slide.shapes.add_textbox(*map(_emu, place))
    frame = box.text_frame
    frame.margin_left = frame.margin_right = 0
    _lines(frame, lines, right=right)


def _lines(frame: Any, lines: Sequence[Line], *, right: bool = False) -> None:
    """Fill a frame with one paragraph a line."""
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Pt

    frame.word_wrap = True
    frame.clear()
    space = Pt(4 if len(lines) > 1 else 0)
    for place, (text, size, bold, colour) in enumerate(lines):
        paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
        paragraph.space_after = space
        paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
        run = paragraph.add_run()
        run.text = text
        run.font.size, run.font.bold, run.font.color.rgb = Pt(size), bold, _rgb(colour)


def _emu(inches: float) -> Any:
    from pptx.util import Inches

    return Inches(inches)


def _rgb(colour: str) -> Any:
    from pptx.dml.color import RGBColor

    return RGBColor.from_string(colour)  # type: ignore[no-untyped-call]
