"""Static maps: what is drawn, that nothing clashes, and that names do no harm."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

import drawn
import numpy as np
import pandas as pd
import pytest

import planner
from planner import (
    cli_maps,
    layers,
    ledger,
    maps,
    maps_interactive,
    maps_margin,
    maps_page,
    maps_world,
    palette,
)
from planner.errors import DataError, PlannerError
from planner.sources import geometry

pytest.importorskip("matplotlib")
pytest.importorskip("textalloc")
pytest.importorskip("matplotlib_scalebar")

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from planner.pipeline import Plan

SLOWEST_S: Final = 8.0
LEAST_DIFFERENCE: Final = 12.0


@pytest.fixture(scope="module")
def simple(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return drawn.simple(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return drawn.hostile(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def shipped() -> Plan:
    return planner.check(planner.load_case(("us", "india")))


def texts(page: Figure) -> list[str]:
    found: list[Any] = page.findobj(match=_is_text)
    return [text.get_text() for text in found]


def _is_text(artist: object) -> bool:
    from matplotlib.text import Text

    return isinstance(artist, Text) and bool(artist.get_text().strip())


# --- tables --------------------------------------------------------------------------------------


def test_by_year_a_site_is_due_from_its_target_on(simple: Plan) -> None:
    """Both are due by the end of 2027, in winter 2028; (100 + 50) / 1.1 = 136.4 MW are powered."""
    rows = layers.site_years(simple)
    sums = rows.groupby("year")[["due_mw", "powered_mw", "held_up_mw"]].sum()

    assert list(sums.index) == [2028, 2029]
    assert sums.loc[2028].tolist() == pytest.approx([200.0, 150 / 1.1, 200 - 150 / 1.1])


def test_the_verdict_of_a_year_is_the_worst_of_what_is_due_by_then(simple: Plan) -> None:
    rows = layers.site_years(simple).set_index(["site", "year"])

    assert rows.loc[("first", 2028), "verdict"] == "on time"
    assert rows.loc[("second", 2028), "verdict"] == "not before the horizon"


def test_headroom_of_a_year_is_that_of_its_tighter_season(simple: Plan) -> None:
    """1200 MW less 1.1 x 1000 MW in both seasons."""
    rows = layers.region_years(simple).set_index(["region", "year"])

    assert rows.loc[("NORTH", 2028), "headroom_mw"] == pytest.approx(100.0)
    assert rows.loc[("NORTH", 2028), "held_up_mw"] == pytest.approx(200 - 150 / 1.1)


def test_a_full_line_is_drawn_only_into_a_region_that_waits(simple: Plan) -> None:
    """In 2027 nobody waits; from 2028 the 50 MW line into NORTH holds up the second campus."""
    rows = layers.binding_lines(simple)

    assert set(rows["year"]) == {2028, 2029}
    assert set(zip(rows["out_of"], rows["into"], strict=True)) == {("SOUTH", "NORTH")}
    assert rows["flow_mw"].tolist() == pytest.approx([50.0, 50.0])


def test_the_ladder_gives_the_verdicts_and_leaves_the_megawatts(tmp_path: Path) -> None:
    """The plain tables carry the ladder's verdicts, so that a map shows them."""
    from planner import ladder

    drawn.outlines(tmp_path)
    found = ladder.climb(drawn.simple(tmp_path).case, only=set())
    plan = layers.with_remedies(found)

    assert set(plan.steps["verdict"]) <= {*palette.LOOKS}
    assert plan.served.equals(found.plan.served)
    assert maps.picture(maps.figure(plan)).startswith(b"\x89PNG")


# --- what is asked -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"region": "NORHT"}, "region is 'NORHT', which is not there; did you mean NORTH?"),
        ({"year": 1999}, "year is '1999', which is not there; choose 2027, 2028, 2029."),
        ({"metric": "heat"}, "metric is 'heat', which is not there; choose headroom, held-up."),
        ({"grid": "tiyn"}, "grid is 'tiyn', which is not there; did you mean tiny?"),
    ],
)
def test_what_is_not_there_is_named(simple: Plan, given: dict[str, object], message: str) -> None:
    with pytest.raises(DataError) as raised:
        layers.frame(simple, **given)  # type: ignore[arg-type]

    assert str(raised.value) == message


def test_without_the_drawing_libraries_it_is_said_what_to_install() -> None:
    with pytest.raises(PlannerError) as raised:
        palette.needed(("matplotlib", "not_there_at_all"), "maps")

    assert str(raised.value) == (
        "not_there_at_all not installed; pip install 'datacenter-power-planner[maps]'."
    )


def test_the_commands_load_no_drawing_library() -> None:
    code = (
        "import sys, planner.cli_maps, planner.maps, planner.maps_page, planner.export\n"
        "print([m for m in ('matplotlib', 'textalloc', 'vl_convert', 'openpyxl')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


# --- pictures ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("style", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_the_same_plan_gives_the_same_picture(simple: Plan, style: str, start: bytes) -> None:
    first = maps.picture(maps.figure(simple), style)
    second = maps.picture(maps.figure(simple), style)

    assert first.startswith(start)
    assert first == second


@pytest.mark.parametrize("metric", layers.METRICS)
@pytest.mark.parametrize("region", [None, "NORTH", "POOL", "CITY"])
def test_a_map_is_drawn_of_everything_or_a_part(
    simple: Plan, metric: str, region: str | None
) -> None:
    page = maps.figure(simple, metric=metric, region=region, pockets=["CITY"])

    assert maps.picture(page).startswith(b"\x89PNG")
    assert any("GW powered" in text for text in texts(page))


def test_a_map_says_what_it_shows_and_as_of_when(simple: Plan) -> None:
    shown = "\n".join(texts(maps.figure(simple, year=2028)))

    assert "tiny: 0.1 of 0.2 GW promised by summer 2028 can be powered by then" in shown
    assert "As of 2026-11-22" in shown
    assert "weakest confidence high" in shown
    assert "not before the horizon: 1 sites, 0.1 GW" in shown
    assert "not assessable: 1 sites" in shown
    assert "full line" in shown


def test_hostile_names_do_no_harm_in_a_picture(hostile: Plan) -> None:
    """The names are drawn as shapes; in comments of the SVG they cannot end the comment."""
    page = maps.figure(hostile)
    svg = maps.picture(page, "svg")
    tags = {element.tag.split("}")[-1] for element in ET.fromstring(svg).iter()}  # noqa: S314 - own

    assert not tags & {"script", "a", "foreignObject"}
    assert all(not name.startswith("on") for e in ET.fromstring(svg).iter() for name in e.attrib)  # noqa: S314 - own
    assert len(maps.picture(page, "pdf")) > 10_000


def test_names_are_drawn_or_shortened(hostile: Plan) -> None:
    labels = [t for t in texts(maps.figure(hostile, pockets=[])) if t.endswith(" MW")]

    assert len(labels) == len(drawn.HOSTILE)
    assert max(map(len, labels)) <= maps.LONGEST_LABEL + len("  60 MW")
    assert any("\N{HORIZONTAL ELLIPSIS}" in text for text in labels)
    assert all(text.isprintable() for text in labels)


def test_letters_no_font_has_give_way_to_the_site_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "fonts", lambda: ["DejaVu Sans"])

    assert maps.label("in-ap-vizag", drawn.TELUGU, 2100.0) == "in-ap-vizag  2.1 GW"
    assert maps.label("x", "Café", 20.0) == "Café  20 MW"


def test_a_cut_keeps_letters_whole() -> None:
    """The consonant and its vowel sign are one letter, so is a conjunct."""
    for text in (drawn.TELUGU, drawn.HINDI):
        for longest in range(4, len(text)):
            short = palette.shortened(text, longest)
            kept = short.removesuffix("\N{HORIZONTAL ELLIPSIS}")
            after = text[len(kept) : len(kept) + 1]

            assert text.startswith(kept)
            assert not after or not palette._joined(text, len(kept))  # noqa: SLF001
            assert len(short) <= longest


# --- the shipped packs ---------------------------------------------------------------------------


def boxes(page: Figure) -> list[tuple[float, float, float, float]]:
    page.draw_without_rendering()
    labels = [t for t in page.axes[0].texts if t.get_text().endswith(("GW", "MW"))]
    extents = [text.get_window_extent() for text in labels]
    return [(box.x0, box.y0, box.x1, box.y1) for box in extents]


@pytest.mark.parametrize("grid", ["us", "india", "world"])
def test_no_two_labels_clash(shipped: Plan, grid: str) -> None:
    world = grid == layers.WORLD
    page = maps_world.figure(shipped) if world else maps.figure(shipped, grid=grid)
    asked = layers.world(shipped) if world else layers.frame(shipped, grid=grid)
    drawn_boxes = boxes(page)
    due = len(layers.placed_sites(shipped, asked))
    clashes = [
        (a, b)
        for a, b in itertools.combinations(drawn_boxes, 2)
        if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
    ]

    assert clashes == []
    assert len(drawn_boxes) >= min(due, maps.MOST_LABELS) - 5
    assert len(drawn_boxes) <= maps.MOST_LABELS


def test_a_map_of_india_carries_the_note_on_boundaries(shipped: Plan) -> None:
    shown = " ".join(" ".join(texts(maps.figure(shipped, grid="india"))).split())

    assert "Boundaries as depicted by the Government of India; no position is taken" in shown


def test_the_inset_shows_the_pocket_with_a_delivery_limit(shipped: Plan) -> None:
    shown = texts(maps.figure(shipped, grid="us"))

    assert any(text.startswith("Northern Virginia: ") for text in shown)


def test_an_inset_needs_no_county_polygons(shipped: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra `geometry` the sites stand on the outline of the region."""

    def missing() -> None:
        raise ImportError

    monkeypatch.setattr(geometry, "counties", missing)
    shown = texts(maps.figure(shipped, grid="us"))

    assert any(text.startswith("Northern Virginia: ") for text in shown)


def test_the_us_map_is_drawn_within_its_time(shipped: Plan) -> None:
    begun = time.perf_counter()
    maps.picture(maps.figure(shipped, grid="us"))

    assert time.perf_counter() - begun < SLOWEST_S


def test_the_region_colours_are_those_of_their_headroom(shipped: Plan) -> None:
    """The fill of each region is found again from the table."""
    asked = layers.frame(shipped, grid="us", year=2030)
    page = maps.figure(shipped, grid="us", year=2030, pockets=[])
    values = layers.region_years(shipped)
    values = values[(values["year"] == 2030) & values["region"].isin(asked.regions)]
    classes = np.digitize(values["headroom_mw"] / 1000.0, palette.HEADROOM_GW)
    wanted = {palette.HEADROOM_COLOURS[place] for place in classes}
    from matplotlib.colors import to_hex

    fills: Any = page.axes[0].collections[0].get_facecolor()

    assert {to_hex(fill) for fill in fills} == wanted


# --- colour --------------------------------------------------------------------------------------


def test_verdicts_stay_apart_for_every_kind_of_sight() -> None:
    """Difference in CAM02-UCS; where two colours come near, their shapes differ as well."""
    space = pytest.importorskip("colorspacious")
    sights = [{"name": "sRGB1"}] + [
        {"name": "sRGB1+CVD", "cvd_type": kind, "severity": 100}
        for kind in ("deuteranomaly", "protanomaly", "tritanomaly")
    ]
    looks = list(palette.LOOKS.values())
    colours = [[int(look.colour[at : at + 2], 16) / 255 for at in (1, 3, 5)] for look in looks]
    basic = [0, 3, 4]
    for sight in sights:
        seen = np.clip(space.cspace_convert(colours, sight, "sRGB1"), 0, 1)
        places = space.cspace_convert(seen, "sRGB1", "CAM02-UCS")
        for one, other in itertools.combinations(basic, 2):
            assert np.linalg.norm(places[one] - places[other]) > LEAST_DIFFERENCE

    assert len({look.marker for look in looks}) == len(looks)
    assert len({look.shape for look in looks}) == len(looks)


# --- interactive ---------------------------------------------------------------------------------


def test_the_interactive_map_is_small_repeatable_and_asks_for_nothing(hostile: Plan) -> None:
    pytest.importorskip("vl_convert")
    first, second = maps_page.page(hostile), maps_page.page(hostile)

    assert first == second
    assert len(first.encode()) < 3_000_000
    assert 'src="http' not in first
    assert 'href="http' not in first
    assert "default-src 'none'" in first
    assert drawn.SCRIPT not in first
    assert drawn.COMMENT not in first


def test_the_spec_is_a_plain_dict_with_a_slider_and_filters(simple: Plan) -> None:
    spec = maps_interactive.spec(simple)
    params = {param["name"]: param for param in spec["params"]}

    assert params["year"]["bind"] == {
        "input": "range", "min": 2027, "max": 2029, "step": 1, "name": "Year ",
    }  # fmt: skip
    assert params["program"]["bind"]["options"] == ["all", "one", "two"]
    assert params["operator"]["bind"]["options"] == ["all", "Alpha", "Beta"]
    assert spec["datasets"]["sites"][0]["due"] == [0.0, 0.1, 0.1]


def test_a_tooltip_has_a_line_on_what_lateness_costs(simple: Plan) -> None:
    """Only where the ledger is given; the table below the map has it as a column."""
    pytest.importorskip("vl_convert")
    money = ledger.site_notes(ledger.build(simple), simple.sites["site"])
    spec = maps_interactive.spec(simple, money=money)
    told = {site["site"]: site["money"] for site in spec["datasets"]["sites"]}

    assert told["first"] == "no capital waits"
    assert re.fullmatch(r"USD 0\.9 to 3\.5 bn wait at least [\d.]+ years", told["second"])
    assert '"title": "lateness costs"' in json.dumps(spec)
    assert '<th scope="col">Lateness costs</th>' in maps_page.page(simple, money=money)
    assert "lateness costs" not in json.dumps(maps_interactive.spec(simple))
    assert "Lateness costs" not in maps_page.page(simple)


def test_hostile_words_of_the_ledger_are_cleaned_and_cut(hostile: Plan) -> None:
    pytest.importorskip("vl_convert")
    money = dict.fromkeys(hostile.sites["site"], f"{drawn.SCRIPT}{drawn.LONG}")
    page = maps_page.page(hostile, money=money)

    assert drawn.SCRIPT not in page
    assert drawn.LONG not in page


def test_the_same_spec_gives_a_picture_without_a_browser(simple: Plan) -> None:
    converter = pytest.importorskip("vl_convert")
    picture = converter.vegalite_to_png(
        maps_interactive.spec(simple), vl_version=maps_page.VEGA_LITE
    )

    assert picture.startswith(b"\x89PNG")


# --- command -------------------------------------------------------------------------------------


def test_the_command_writes_the_formats_asked_for(
    simple: Plan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli_maps, "_plan", lambda *_, **__: simple)
    cli_maps.map_(program="one", style=["png", "svg"], out=tmp_path / "new")

    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names == ["map-tiny-one-2029-headroom.png", "map-tiny-one-2029-headroom.svg"]
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_the_command_takes_the_format_from_the_file_name(
    simple: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_maps, "_plan", lambda *_, **__: simple)
    cli_maps.map_(out=tmp_path / "slide.pdf", region="NORTH", metric="held-up", year=2028)

    assert (tmp_path / "slide.pdf").read_bytes().startswith(b"%PDF")


def test_the_finding_counts_only_the_program_asked_for(simple: Plan) -> None:
    """The second campus gets 136.4 - 100 of its 100 MW; the first has competed for them."""
    plan = layers.only(simple, program="two")
    asked = layers.frame(plan, year=2028)
    sites = layers.placed_sites(plan, asked)

    assert sites["powered_mw"].tolist() == pytest.approx([150 / 1.1 - 100])
    assert maps_margin.finding(asked, pd.DataFrame(sites)) == (
        "tiny: 0.0 of 0.1 GW promised by summer 2028 can be powered by then"
    )
