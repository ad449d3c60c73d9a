"""Draw the pictures of the documentation anew: python docs/pictures.py [NAME ...]."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageColor

import planner
from planner import (
    brief,
    brief_pdf,
    charts,
    charts_validation,
    maps,
    maps_page,
    maps_world,
    palette,
)
from planner.brief import Scope
from planner.validation import odds, questions, run

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from matplotlib.figure import Figure

    from planner.pipeline import Plan

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "docs" / "pictures"
COLOURS: Final = 80
NO_DITHER: Final = Image.Dither.NONE
NEARLY_WHITE: Final = "#fbfbfb"  # the page would take its colour
KEPT: Final = (
    *("#ffffff", "#cccccc", "#999999", "#444444", "#222222"),  # text
    palette.UNASSESSED.colour,
    *(look.colour for look in palette.LOOKS.values()),
    *(colour for colour in palette.HEADROOM_COLOURS if colour != NEARLY_WHITE),
)
MAP_WIDE: Final = 1000
CHART_WIDE: Final = 700
PAGE_WIDE: Final = 900
BRIEF_WIDE: Final = 400
TALLEST: Final = 0.78  # of the width; the table under the interactive map goes on
BRIEFS: Final = {
    "brief-stargate": Scope(program="stargate"),
    "brief-texas": Scope(state="TX"),
    "brief-wisconsin": Scope(state="WI"),
    "brief-northern-virginia": Scope(region="US-NOVA"),
    "brief-india": Scope(grids=("india",)),
}
FIGURES: Final[dict[str, tuple[int, Callable[[Plan], Figure]]]] = {
    "map-us": (MAP_WIDE, lambda plan: maps.figure(plan, grid="us")),
    "map-india": (MAP_WIDE, lambda plan: maps.figure(plan, grid="india")),
    "map-region": (
        MAP_WIDE,
        lambda plan: maps.figure(plan, region="PJM", year=2029, metric="held-up"),
    ),
    "map-world": (MAP_WIDE, maps_world.figure),
    "chart-promised": (CHART_WIDE, charts.promised),
    "chart-load-duration": (
        CHART_WIDE,
        lambda plan: charts.load_duration(plan, "PJM", "summer"),
    ),
}
INTERACTIVE: Final = "map-interactive"
CALIBRATION: Final = "chart-calibration"


def main(names: list[str]) -> int:
    """Draw the pictures that are named, or all; return the exit code."""
    known = [*FIGURES, *BRIEFS, CALIBRATION, INTERACTIVE]
    unknown = sorted(set(names) - set(known))
    if unknown:
        sys.stderr.write(f"no picture {', '.join(unknown)}; choose {', '.join(known)}.\n")
        return 2
    plan = planner.check(planner.load_case(("us", "india")))
    for name in names or known:
        drawn = _drawn(plan, name)
        if drawn is None:
            sys.stderr.write(f"{name} needs Chromium; it stays as it is.\n")
            continue
        maps.write(FOLDER / f"{name}.png", drawn)
        sys.stdout.write(f"{name}.png: {len(drawn) / 1000:.0f} kB\n")
    return 0


def _drawn(plan: Plan, name: str) -> bytes | None:
    if name in FIGURES:
        wide, draw = FIGURES[name]
        return _small(maps.picture(draw(plan)), wide)
    if name in BRIEFS:
        return _small(first_page(plan, BRIEFS[name]), BRIEF_WIDE)
    if name == CALIBRATION:
        return _small(maps.picture(charts_validation.calibration(reliability())), CHART_WIDE)
    page = _in_a_browser(plan)
    return _small(page, PAGE_WIDE) if page else None


def reliability() -> pd.DataFrame:
    """Group the promises of the validation by the probability they had."""
    folder = ROOT / "benchmarks" / "validation"
    cases = questions.read_cases(folder / "cases.csv")
    found = run.validate(cases, questions.read_areas(folder / "areas.csv"))
    return odds.reliability(odds.calibration(cases, found.answers))


def first_page(plan: Plan, scope: Scope) -> bytes:
    """Draw the first page of a briefing as PNG."""
    found = brief.collect(plan, scope=scope)
    chart = maps.picture(brief.chart(plan, scope, found), "svg")
    pictures = [maps.picture(one, "svg") for one in brief.figures(plan, scope, found)]
    return brief_pdf.pages(found, pictures, chart)[0]


def _in_a_browser(plan: Plan) -> bytes | None:
    """Open the interactive map as the tests do, without a network."""
    sys.path.insert(0, str(ROOT / "tests"))
    from browser import Browser, program

    path = program()
    if path is None:
        return None
    with tempfile.TemporaryDirectory() as folder, Browser(str(path)) as page:
        file = Path(folder) / "map.html"
        file.write_text(maps_page.page(plan, grid="us"), encoding="utf-8")
        page.open(file)
        return page.picture()


def _small(picture: bytes, wide: int) -> bytes:
    """Reduce a PNG to a width in pixels and few colours, those of marks among them."""
    full = Image.open(io.BytesIO(picture)).convert("RGB")
    full = full.crop((0, 0, full.width, min(full.height, round(TALLEST * full.width))))
    size = (wide, round(full.height * wide / full.width))
    small = full.resize(size, Image.Resampling.LANCZOS)
    sink = io.BytesIO()
    small.quantize(palette=_palette(small), dither=NO_DITHER).save(sink, "PNG", optimize=True)
    return sink.getvalue()


def _palette(picture: Image.Image) -> Image.Image:
    """Choose the colours of a picture; left to itself the choice merges those of two verdicts."""
    kept = [ImageColor.getrgb(colour) for colour in KEPT]
    found = picture.quantize(COLOURS - len(kept)).getpalette() or []
    few = Image.new("P", (1, 1))
    few.putpalette([*found, *(part for colour in kept for part in colour[:3])])
    return few


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
