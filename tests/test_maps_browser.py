"""The interactive map in a headless browser without a network: slider, tooltip, filters, keys."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import browser
import drawn
import pytest

from planner import maps_page

pytest.importorskip("vl_convert")

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = browser.program()
pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="no Chromium found; install one to test the interactive map"
)

MARKS = "[...document.querySelectorAll('#map path[aria-roledescription=point]')]"
ROWS = "[...document.querySelectorAll('#rows tr')].map(row => row.dataset.site)"
CENTRE = f"""(() => {{
  const box = {MARKS}[0].getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}})()"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Browser]:
    folder = tmp_path_factory.mktemp("tiny")
    path = folder / "map.html"
    path.write_text(maps_page.page(drawn.simple(folder), year=2028), encoding="utf-8")
    with browser.Browser(str(PROGRAM)) as page:
        page.open(path)
        yield page


def control(page: browser.Browser, name: str, value: str) -> None:
    """Set a control as a hand would: value, then the event."""
    page.run(f"""(() => {{
      const input = document.querySelector('#controls [name="{name}"]');
      input.value = {value!r};
      for (const kind of ['input', 'change'])
        input.dispatchEvent(new Event(kind, {{bubbles: true}}));
      return plannerView.runAsync().then(() => true);
    }})()""")
    time.sleep(0.2)


def test_the_slider_moves_the_year(opened: browser.Browser) -> None:
    """Nothing is due by the end of summer 2027; both campuses are a winter later."""
    assert opened.run(ROWS) == ["first", "second"]

    control(opened, "year", "2027")
    assert opened.run(ROWS) == []
    assert opened.run(f"{MARKS}.length") == 0

    control(opened, "year", "2028")
    assert opened.run(ROWS) == ["first", "second"]
    assert "0.1 of 0.2 GW promised by summer 2028" in opened.run(
        "document.getElementById('finding').textContent"
    )


def test_the_arrow_keys_move_the_year(opened: browser.Browser) -> None:
    opened.run("document.querySelector('#controls [name=year]').focus()")
    opened.key("ArrowRight")
    assert opened.run("plannerView.signal('year')") == 2029

    opened.key("ArrowLeft")
    assert opened.run("plannerView.signal('year')") == 2028


def test_a_tooltip_tells_verdict_dates_and_cause(opened: browser.Browser) -> None:
    x, y = opened.run(CENTRE)
    opened.mouse(x - 3, y - 3)
    opened.mouse(x, y)
    time.sleep(0.3)
    tip = opened.run("document.getElementById('vg-tooltip-element').innerText")

    for word in ("verdict", "last promise", "winter 2028", "earliest in full", "held up by",
                 "operator", "weakest confidence"):  # fmt: skip
        assert word in tip


@pytest.mark.parametrize(
    ("name", "value", "left"),
    [
        ("verdict", "on time", ["first"]),
        ("program", "two", ["second"]),
        ("operator", "Alpha", ["first"]),
        ("operator", "Beta", ["first", "second"]),
    ],
)
def test_a_filter_leaves_the_sites_that_fit(
    opened: browser.Browser, name: str, value: str, left: list[str]
) -> None:
    control(opened, name, value)
    assert opened.run(ROWS) == left
    # The inset shows those in the pocket once more.
    assert opened.run(f"new Set({MARKS}.map(m => m.getAttribute('aria-label'))).size") == len(left)

    control(opened, name, "all")
    assert opened.run(ROWS) == ["first", "second"]


def test_the_colour_of_the_regions_follows_the_metric(opened: browser.Browser) -> None:
    fills = "[...new Set([...document.querySelectorAll('#map path[aria-roledescription=geoshape]')]"
    fills += ".map(p => p.getAttribute('fill')))].sort().join()"
    before = opened.run(fills)
    control(opened, "metric", "held-up")
    after = opened.run(fills)
    control(opened, "metric", "headroom")

    assert before != after
    assert opened.run(fills) == before


def test_a_row_in_focus_is_ringed_on_the_map(opened: browser.Browser) -> None:
    opened.run("document.querySelector('#rows tr').focus()")
    time.sleep(0.2)
    assert opened.run("plannerView.signal('focus')") == "first"

    opened.run("document.activeElement.blur()")
    time.sleep(0.2)
    assert opened.run("plannerView.signal('focus')") == ""


def test_a_click_on_a_mark_goes_to_its_row(opened: browser.Browser) -> None:
    x, y = opened.run(CENTRE)
    for kind in ("mousePressed", "mouseReleased"):
        opened.mouse(x, y, kind)
    time.sleep(0.2)

    assert opened.run("document.activeElement.dataset.site") in ("first", "second")


def test_nothing_was_asked_of_the_network_and_nothing_complained(opened: browser.Browser) -> None:
    """Runs last: the file itself and pictures written in it are all that was opened."""
    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []
    assert opened.complaints == []


def test_hostile_names_are_text_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    path.write_text(maps_page.page(drawn.hostile(tmp_path)), encoding="utf-8")
    with browser.Browser(str(PROGRAM)) as page:
        page.run("window.hit = 0")
        page.open(path)
        names: list[Any] = page.run(
            "[...document.querySelectorAll('#rows tr td:first-child')].map(c => c.textContent)"
        )
        x, y = page.run(CENTRE)
        page.mouse(x - 3, y - 3)
        page.mouse(x, y)
        time.sleep(0.3)
        foreign = page.run(
            "document.querySelectorAll('body svg[onload], td *, #controls script').length"
        )

        assert drawn.SCRIPT in names
        assert drawn.TELUGU in names
        assert max(map(len, names)) <= 80
        assert foreign == 0
        assert page.complaints == []
        assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []
