"""Briefings: what they say, that each format says the same, and that names do no harm."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, Final

import browser
import drawn
import pytest
import typer
from tiny import candidate, remedy, site

import planner
from planner import (
    brief,
    brief_html,
    brief_money,
    brief_pdf,
    brief_pptx,
    brief_tables,
    cli_brief,
    ladder,
    layers,
    ledger,
    maps,
    palette,
)
from planner.brief import Scope
from planner.errors import DataError, PlannerError

pytest.importorskip("matplotlib")
pytest.importorskip("textalloc")
pytest.importorskip("matplotlib_scalebar")

if TYPE_CHECKING:
    from pathlib import Path

    from planner.brief import Brief
    from planner.ladder import Ladder
    from planner.ledger import Ledger
    from planner.pipeline import Plan

READY_MADE: Final = {
    "stargate": Scope(program="stargate"),
    "texas": Scope(state="TX"),
    "wisconsin": Scope(state="WI"),
    "northern virginia": Scope(region="US-NOVA"),
    "india": Scope(grids=("india",)),
}


@pytest.fixture(scope="module")
def simple(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return drawn.simple(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return drawn.hostile(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Ladder:
    """The second campus gets 50 of its 100 MW, and all with a turbine within a year."""
    folder = tmp_path_factory.mktemp("tiny")
    plan = drawn.plan(
        folder,
        site("first", lat=45.1, lon=-0.5),
        site("second", lat=44.8, lon=0.5, announced_on="2024-02-01"),
        remedies=(remedy("turbine", lead_months=3),),
        candidates=(candidate("turbine"),),
    )
    return ladder.climb(plan.case)


@pytest.fixture(scope="module")
def shipped() -> Plan:
    return planner.check(planner.load_case(("us", "india")))


@pytest.fixture(scope="module")
def shipped_books(shipped: Plan) -> Ledger:
    return ledger.build(shipped)


def deck(plan: Plan, found: Brief, scope: Scope | None = None) -> Any:
    """Write a deck and read it back."""
    pptx = pytest.importorskip("pptx")
    pictures = [maps.picture(one) for one in brief.figures(plan, scope, found)]
    return pptx.Presentation(io.BytesIO(brief_pptx.deck(found, pictures)))


def pdf(plan: Plan, found: Brief, scope: Scope | None = None) -> bytes:
    pytest.importorskip("typst")
    pictures = [maps.picture(one, "svg") for one in brief.figures(plan, scope, found)]
    return brief_pdf.document(found, pictures, maps.picture(brief.chart(plan, scope, found), "svg"))


def pdf_text(content: bytes) -> str:
    """Text of all pages, without white space: a line may break anywhere."""
    pypdf = pytest.importorskip("pypdf")
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    return squeezed(" ".join(page.extract_text() for page in pages))


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b]", "", text)


def shapes(slides: Any, kind: str) -> list[Any]:
    return [shape for slide in slides.slides for shape in slide.shapes if getattr(shape, kind)]


def cells(frame: Any) -> list[tuple[str, ...]]:
    return [tuple(cell.text_frame.text for cell in row.cells) for row in frame.table.rows]


def slide_texts(made: Any) -> list[str]:
    texts = [s.text_frame.text for s in shapes(made, "has_text_frame")]
    texts += [text for frame in shapes(made, "has_table") for row in cells(frame) for text in row]
    return texts + [slide.notes_slide.notes_text_frame.text for slide in made.slides]


class Page(HTMLParser):
    """Tags, attributes and text of a page, scripts apart."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        inside = self.scripts if self.tags and self.tags[-1][0] == "script" else self.words
        inside.append(data)


# --- what it says --------------------------------------------------------------------------------


def test_the_finding_and_the_three_numbers(simple: Plan) -> None:
    """150 / 1.1 = 136 of 200 MW; the second campus waits for 64 MW until after the horizon."""
    found = brief.collect(simple)

    assert found.finding == (
        "Tiny: 0.1 of 0.2 GW promised with a date (68%) can be powered on time with what stands or"
        " is being built; North holds up most, 0.1 GW (import: a transfer limit)."
    )
    assert [number.value for number in found.numbers] == ["0.2 GW", "0.1 GW (68%)", "0.1 GW"]
    assert found.numbers[0].words == "promised with a date, at 2 sites"


def test_every_number_and_table_has_its_date_and_weakest_confidence(simple: Plan) -> None:
    found = brief.collect(simple)
    notes = [number.note for number in found.numbers]
    notes += [t.note for t in (found.bottlenecks, found.late, found.unassessed, found.sources)]

    for note in [*notes, found.standing]:
        assert re.search(r"As of 2026-11-22;.* weakest confidence high", note), note


def test_the_late_site_has_its_dates_and_what_holds_it_up(simple: Plan) -> None:
    found = brief.collect(simple)

    assert found.late.rows == (
        ("SECOND", "NORTH", "0.06", "2027-12-31", "after the horizon", "import", "high"),
    )
    assert found.judged.startswith("Remedies were not judged")
    assert found.remedies == ()


def test_the_chart_has_the_megawatts_of_the_plan(simple: Plan) -> None:
    found = brief.collect(simple)

    assert [(row.year, row.promised, row.powered) for row in found.years] == [
        (2027, 0.0, 0.0), (2028, 0.2, 0.136), (2029, 0.2, 0.136)
    ]  # fmt: skip


def test_with_remedies_dates_and_costs_are_those_of_the_ladder(judged: Ladder) -> None:
    found = brief.collect(judged.plan, ladder=judged)
    row = found.late.rows[0]
    needs, ranked = found.remedies

    assert row[:4] == ("SECOND", "NORTH", "0.06", "2027-12-31")
    assert row[4:7] == ("after the horizon", "2027-12-31", "on time with remedies")
    assert found.numbers[2].value == "0.1 GW"
    assert [year.remedied for year in found.years] == [0.0, 0.2, 0.2]
    assert needs.rows[0][0] == "SECOND"
    assert needs.rows[0][2].startswith("turbine ")
    assert ranked.rows[0][:2] == ("North", "turbine")


def test_what_is_not_tested_is_said(simple: Plan) -> None:
    found = brief.collect(simple)

    assert found.untested[0] == "Delivery at 2 of 2 sites: no limit of the network is published."
    assert "Remedies and flexible operation: not judged in this briefing." in found.untested
    assert found.unassessed.rows == (("no megawatts published", "1", "0.0"),)


@pytest.mark.parametrize(
    ("scope", "message"),
    [
        (Scope(program="onee"), "program is 'onee', which is not there; did you mean one?"),
        (Scope(state="NORT"), "state is 'NORT', which is not there; did you mean NORTH?"),
        (Scope(region="NORT"), "region is 'NORT', which is not there; did you mean NORTH?"),
    ],
)
def test_what_is_not_there_is_named(simple: Plan, scope: Scope, message: str) -> None:
    with pytest.raises(DataError) as raised:
        brief.collect(simple, scope=scope)

    assert str(raised.value) == message


def test_a_scope_keeps_its_own_sites(simple: Plan) -> None:
    assert brief.collect(simple, scope=Scope(program="one")).numbers[0].value == "0.1 GW"
    assert brief.collect(simple, scope=Scope(state="NORTH")).numbers[0].value == "0.2 GW"
    nothing = brief.collect(simple, scope=Scope(region="SOUTH"))
    assert nothing.finding == "South: no site with megawatts and a date can be assessed."
    assert nothing.numbers[1].value == "0.0 GW"


# --- what lateness costs -------------------------------------------------------------------------


def test_capital_waits_in_a_range_with_its_years_and_confidence(simple: Plan) -> None:
    """64 MW wait from winter 2028 to summer 2029: chips, building and power as `ledger` has it."""
    books = ledger.build(simple)
    row = books.capital.iloc[0]
    found = brief.collect(simple, books=books).lateness

    assert row["site"] == "second"
    assert found.lines[0] == (
        f"Capital that waits: USD {row['waiting_low']:.1f} to {row['waiting_high']:.1f} bn at 1"
        f" late site (0.1 GW late), for at least {row['wait_years']:.1f} years on average; weakest"
        " confidence medium."
    )
    assert found.lines[1].startswith("A year of it costs USD ")
    assert "With remedies" not in found.lines[1]
    sites = next(table for table in found.tables if table.title.startswith("Capital"))
    assert sites.rows[0][:2] == ("SECOND", "0.06")


def test_with_remedies_the_shorter_wait_is_told(judged: Ladder) -> None:
    books = ledger.build(judged.plan, remedies=judged.built, ramps=judged.ramps)
    found = brief.collect(judged.plan, ladder=judged, books=books).lateness

    assert found.lines[1].endswith("With remedies decided today they wait 0.0 years.")


def test_pledges_are_counted_for_everything_and_programs_only(
    shipped: Plan, shipped_books: Ledger
) -> None:
    every = brief.collect(shipped, books=shipped_books).lateness
    one = brief.collect(shipped, scope=Scope(program="stargate"), books=shipped_books).lateness
    place = brief.collect(shipped, scope=Scope(state="TX"), books=shipped_books).lateness
    row = shipped_books.programs.set_index("program").loc["stargate"]

    assert every.lines[2].startswith("Pledged: ")
    assert len(every.tables[0].rows) == len(shipped_books.programs)
    assert [line[0] for line in one.tables[0].rows] == ["Stargate"]
    assert one.tables[0].rows[0][1] == f"{row['pledged_sum_mw'] / 1e3:.1f}"
    assert brief_money.NO_PLEDGE in place.lines
    assert "Pledged, counted once, without a place" not in [table.title for table in place.tables]


def test_named_financings_belong_to_the_sites_of_the_briefing(
    shipped: Plan, shipped_books: Ledger
) -> None:
    found = brief.collect(shipped, scope=Scope(state="WI"), books=shipped_books).lateness
    table = next(table for table in found.tables if table.title.startswith("Financings"))

    assert {"14.75"} <= {row[2] for row in table.rows}
    assert "23.25" not in {row[2] for row in table.rows}
    assert found.lines[-1].startswith("Debt [bn USD]: largest borrower Vantage Data Centers, 15")


def test_the_facts_of_the_ledger_are_among_the_sources(
    shipped: Plan, shipped_books: Ledger
) -> None:
    scope = Scope(program="stargate")
    found = brief.collect(shipped, scope=scope, books=shipped_books)
    used = {fact for row in found.sources.rows for fact in row[3].split(", ")}

    assert set(brief_money.FACTS) <= used
    assert all(row[0] for row in found.sources.rows)


def test_without_a_figure_a_sentence_says_so(simple: Plan) -> None:
    nothing = brief.collect(simple).lateness
    south = brief.collect(simple, scope=Scope(region="SOUTH"), books=ledger.build(simple)).lateness

    assert nothing == brief_money.Lateness((brief_money.NOTHING,))
    assert south.lines == (brief_money.NOT_LATE, brief_money.NO_PLEDGE, brief_money.NO_LENDING)
    assert south.tables == ()


def test_every_format_says_what_lateness_costs(simple: Plan) -> None:
    found = brief.collect(simple, books=ledger.build(simple))
    made = deck(simple, found)
    slides = [one for one in made.slides if one.shapes.title.text == "What lateness costs"]
    slide = " ".join(text for text in slide_texts(made) if text)
    text, page = (
        pdf_text(pdf(simple, found)),
        " ".join(Page(brief_html.page(simple, None, found)).words),
    )

    assert len(slides) == 1
    assert "rates; confidence" in slides[0].notes_slide.notes_text_frame.text
    for line in found.lateness.lines:
        assert line in slide
        assert squeezed(line) in text
        assert line in page
    cells_of = [cell for table in found.lateness.tables for row in table.rows for cell in row]
    assert [cell for cell in cells_of if squeezed(cell) not in text or cell not in page] == []
    assert found.site_money["second"].startswith("USD ")
    assert "lateness costs" in brief_html.page(simple, None, found)


# --- formats -------------------------------------------------------------------------------------


def test_the_deck_has_native_tables_equal_to_those_of_the_briefing(simple: Plan) -> None:
    found = brief.collect(simple)
    tables = [cells(frame) for frame in shapes(deck(simple, found), "has_table")]

    for table in (found.bottlenecks, found.late, found.unassessed):
        assert [table.columns, *table.rows] in tables


def test_the_chart_of_the_deck_is_native_and_has_the_numbers(judged: Ladder) -> None:
    found = brief.collect(judged.plan, ladder=judged)
    chart = shapes(deck(judged.plan, found), "has_chart")[0].chart
    plot = chart.plots[0]

    assert list(plot.categories) == [str(row.year) for row in found.years]
    assert [list(one.values) for one in plot.series] == [
        [row.promised for row in found.years],
        [row.powered for row in found.years],
        [row.remedied for row in found.years],
    ]
    assert chart.part.chart_workbook.xlsx_part is not None


def test_every_slide_has_a_title_notes_and_nothing_outside(shipped: Plan) -> None:
    scope = READY_MADE["texas"]
    found = brief.collect(shipped, scope=scope)
    made = deck(shipped, found, scope)

    for slide in made.slides:
        assert slide.shapes.title.text_frame.text
        notes = slide.notes_slide.notes_text_frame.text
        assert found.standing in notes
        assert "Sources:" in notes
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= made.slide_width
            assert shape.top + shape.height <= made.slide_height
    listed = [row for frame in shapes(made, "has_table") for row in cells(frame)]
    assert [row for row in found.late.rows if row not in listed] == []


def test_the_pdf_has_the_finding_the_tables_and_the_sources(simple: Plan) -> None:
    found = brief.collect(simple)
    text = pdf_text(pdf(simple, found))

    wanted = [found.finding, found.standing, *found.untested, *(n.words for n in found.numbers)]
    wanted += [cell for row in (*found.late.rows, *found.bottlenecks.rows) for cell in row]
    assert [words for words in wanted if squeezed(words) not in text] == []


def test_the_page_has_the_same_tables_and_asks_for_nothing(simple: Plan) -> None:
    found = brief.collect(simple)
    page = Page(brief_html.page(simple, None, found))
    text = " ".join(page.words)

    assert found.finding in text
    for table in (found.bottlenecks, found.late, found.unassessed, found.sources):
        assert all(cell in text for row in table.rows for cell in row)
    loading = {"src", "srcset", "poster", "background", "action"}
    assert not [tag for tag, given in page.tags if loading & set(given)]
    assert [given["href"] for tag, given in page.tags if tag == "link"] == ["data:,"]
    assert "default-src 'none'" in str(page.tags)


def test_the_same_inputs_give_the_same_files(judged: Ladder) -> None:
    plan = judged.plan
    one, two = (brief.collect(plan, ladder=judged) for _ in range(2))

    assert one == two
    assert pdf(plan, one) == pdf(plan, two)
    assert brief_html.page(plan, None, one) == brief_html.page(plan, None, two)
    assert slide_texts(deck(plan, one)) == slide_texts(deck(plan, two))


def test_the_pages_of_the_pdf_can_be_drawn(simple: Plan) -> None:
    pytest.importorskip("typst")
    found = brief.collect(simple)
    chart = maps.picture(brief.chart(simple, None, found), "svg")
    pictures = [maps.picture(one, "svg") for one in brief.figures(simple, None, found)]

    pages = brief_pdf.pages(found, pictures, chart)
    assert all(page.startswith(b"\x89PNG") for page in pages)


@pytest.mark.skipif(browser.program() is None, reason="no Chromium found")
def test_the_page_works_in_a_browser_without_a_network(hostile: Plan, tmp_path: Path) -> None:
    path = tmp_path / "brief.html"
    path.write_text(brief_html.page(hostile, None, brief.collect(hostile)), encoding="utf-8")
    with browser.Browser(str(browser.program())) as page:
        page.open(path)
        before = page.run("plannerViews[0].signal('year')")
        page.run("document.querySelector('.controls [name=year]').focus()")
        page.key("ArrowLeft")

        assert page.run("plannerViews[0].signal('year')") == before - 1
        assert page.run("document.querySelectorAll('.drawing svg.marks').length") == 2
        outside = [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))]
        assert outside == []
        assert page.complaints == []


# --- hostile names -------------------------------------------------------------------------------


def test_hostile_names_are_text_and_nothing_else(hostile: Plan) -> None:
    found = brief.collect(hostile)
    page = Page(brief_html.page(hostile, None, found))

    assert [tag for tag, given in page.tags if {"onload", "onerror", "onclick"} & set(given)] == []
    assert sum(tag == "script" for tag, _ in page.tags) == 3
    specs = [text for text in page.scripts if text.startswith("[{")]
    assert "<" not in specs[0]
    assert json.loads(specs[0])
    names = " ".join(text for row in found.late.rows for text in row)
    text = pdf_text(pdf(hostile, found))
    texts = slide_texts(deck(hostile, found))
    for name in (drawn.SCRIPT, drawn.FORMULA, drawn.MATHS):
        if name in names:
            assert squeezed(name) in text
            assert name in texts
            assert name in " ".join(page.words)


def test_names_are_cleaned_shortened_or_shown_by_their_id(hostile: Plan) -> None:
    rows = brief.collect(hostile).late.rows
    names = [row[0] for row in rows]

    assert max(map(len, names)) <= brief_tables.LONGEST_NAME
    assert not any(sign in "".join(names) for sign in "\u202e\u0007")
    for place, name in enumerate(drawn.HOSTILE):
        shown = palette.shortened(name, brief_tables.LONGEST_NAME)
        late = hostile.sites.set_index("site")["late_mw"][f"s{place}"] > 1
        assert (not late) or shown in names or f"s{place}" in names


def test_an_address_that_is_none_of_the_web_is_no_link() -> None:
    table = brief_tables.Table(
        "t", ("a",), (("javascript:alert(1)",), ("https://x.example/?a=1&b='",)), "", ()
    )
    page = Page(brief_html._table(table))  # noqa: SLF001

    assert [given["href"] for tag, given in page.tags if tag == "a"] == [
        "https://x.example/?a=1&b='"
    ]


# --- ready-made briefs ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", READY_MADE)
def test_a_ready_made_brief_is_built_in_all_formats(name: str, shipped: Plan) -> None:
    scope = READY_MADE[name]
    found = brief.collect(shipped, scope=scope)
    made = dict(cli_brief._contents(shipped, scope, found, ["pptx", "pdf", "html"]))  # noqa: SLF001

    assert len(found.views) == 1
    assert made["pptx"].startswith(b"PK")
    assert made["pdf"].startswith(b"%PDF")
    assert made["html"].startswith(b"<!DOCTYPE html>")
    assert all(len(content) < 3_000_000 for content in made.values())


def test_the_brief_on_everything_is_small_and_shows_both_grids() -> None:
    plan = planner.check(planner.load_case())
    found = brief.collect(plan, books=ledger.told(plan))
    made = dict(cli_brief._contents(plan, Scope(), found, ["pptx", "pdf", "html"]))  # noqa: SLF001

    assert len(made["html"]) < 3_000_000
    assert [view.grid for view in found.views] == ["us", "india"]


def test_india_carries_the_note_on_boundaries(shipped: Plan) -> None:
    scope = READY_MADE["india"]
    found = brief.collect(shipped, scope=scope)
    spec = brief_html.page(shipped, scope, found)

    assert layers.BOUNDARY_NOTES["india"] in spec


# --- command -------------------------------------------------------------------------------------


def test_the_command_writes_the_formats_asked_for(
    simple: Plan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("planner.cli_common.read_case", lambda *_, **__: simple.case)
    cli_brief.brief(program="one", style=["html", "pdf"], out=tmp_path / "new")

    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names == ["brief-one.html", "brief-one.pdf"]
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_wrong_name_is_told_before_the_long_work(
    simple: Plan, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("planner.cli_common.read_case", lambda *_, **__: simple.case)
    with pytest.raises(typer.Exit):
        cli_brief.brief(program="onee", remedies=True)

    assert capsys.readouterr().err == (
        "planner: program is 'onee', which is not there; did you mean one?\n"
    )


def test_without_the_libraries_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(palette, "find_spec", lambda _: None)
    with pytest.raises(PlannerError) as raised:
        cli_brief._can_write(["pptx"])  # noqa: SLF001

    assert str(raised.value).endswith(
        "not installed; pip install 'datacenter-power-planner[brief]'."
    )


def test_the_command_loads_no_library_of_a_format() -> None:
    code = (
        "import sys, planner.cli_brief\n"
        "print([m for m in ('pptx', 'typst', 'vl_convert', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
