"""The map of the world: its outlines, its sites, and what it says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import drawn
import pandas as pd
import pytest
import shapely
import typer
from tiny import site

from planner import cli_maps, layers, maps, maps_world, match
from planner.sources import countries, write

pytest.importorskip("matplotlib")
pytest.importorskip("textalloc")

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from planner.pipeline import Plan

ROOT: Final = Path(__file__).resolve().parents[1]
SHIPPED: Final = ROOT / "grids" / "common" / "countries.fgb"
LARGEST_BYTES: Final = 400_000


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A campus of 100 MW in NORTH, one of 1400 MW far away, one far away without megawatts."""
    far = {"state": None, "county_fips": None, "country": "BR"}
    return drawn.plan(
        tmp_path_factory.mktemp("tiny"),
        site("here", lat=45.1, lon=-0.5),
        site("far", lat=-10.0, lon=-50.0, facility_mw=1400.0, **far),
        site("unknown", lat=-20.0, lon=-50.0, facility_mw=None, mw_quality=None, **far),
    )


def texts(page: Figure) -> str:
    from matplotlib.text import Text

    found: list[Any] = page.findobj(match=lambda artist: isinstance(artist, Text))
    return "\n".join(text.get_text() for text in found)


# --- outlines ------------------------------------------------------------------------------------


def test_the_outlines_are_a_clean_coverage_and_small() -> None:
    """No overlap and no gap along borders; none reaches from one end of the map to the other."""
    rows = match.countries()
    parts = rows.geometry.explode()
    bounds = parts.bounds

    assert SHIPPED.stat().st_size < LARGEST_BYTES
    assert list(rows.columns) == ["country", "name", "geometry"]
    assert rows.geometry.is_valid.all()
    assert shapely.coverage_is_valid(rows.geometry.array)
    assert (bounds["maxx"] - bounds["minx"]).max() < 180
    assert not rows["country"][rows["country"] != ""].duplicated().any()


def test_every_country_of_a_site_has_an_outline() -> None:
    sites = pd.read_csv(ROOT / "sites" / "announced" / "sites.csv", keep_default_na=False)

    assert set(sites["country"]) <= set(match.countries()["country"])


def test_outlines_lie_where_the_sites_say() -> None:
    """Nine of ten sites lie in their country; coasts and borders are 12 km true."""
    sites = pd.read_csv(ROOT / "sites" / "announced" / "sites.csv", keep_default_na=False)
    shapes = match.countries().set_index("country").geometry
    inside = [
        shapes[row.country].contains(shapely.Point(float(row.lon), float(row.lat)))
        for row in sites[sites["lat"] != ""].itertuples()
    ]

    assert sum(inside) > 0.9 * len(inside)


def test_a_rebuild_gives_the_same_outlines(tmp_path: Path) -> None:
    pytest.importorskip("mapcraft")
    write.countries(countries.simplified(), tmp_path)

    assert (tmp_path / "countries.fgb").read_bytes() == SHIPPED.read_bytes()


# --- map -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", maps.STYLES)
def test_the_same_plan_gives_the_same_map_of_the_world(plan: Plan, style: str) -> None:
    first, second = (maps.picture(maps_world.figure(plan), style) for _ in range(2))

    assert first == second


def test_the_country_of_a_grid_is_the_one_its_regions_lie_in(plan: Plan) -> None:
    """The regions lie near 44 and 45 degrees north on the meridian of Greenwich: in France."""
    scene = layers.scene(plan, layers.world(plan))

    assert maps_world.of_grids(scene, match.countries().to_crs(scene.asked.crs)) == {"France"}


def test_all_sites_are_marked_and_those_outside_keep_their_size(plan: Plan) -> None:
    scene = layers.scene(plan, layers.world(plan))

    assert set(scene.sites["site"]) == {"here"}
    assert set(scene.others["site"]) == {"far", "unknown"}
    sizes = maps_world.areas(scene.others.set_index("site")["total_mw"])
    assert sizes["far"] > sizes["unknown"] > 0


def test_a_map_of_the_world_says_what_it_shows(plan: Plan) -> None:
    shown = " ".join(texts(maps_world.figure(plan)).split())

    assert "tiny: 0.1 of 0.1 GW promised by summer 2029 can be powered by then" in shown
    assert "in grey 2 that are not assessable (2 of them outside the grids loaded)" in shown
    assert "not assessable: 2 sites" in shown
    assert "As of 2026-11-22" in shown
    assert "De facto boundaries, Natural Earth; no position is taken." in shown
    assert "1.4 GW" in shown


def test_hostile_names_do_no_harm_on_a_map_of_the_world(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    page = maps_world.figure(drawn.hostile(tmp_path_factory.mktemp("tiny")))

    assert b"<script" not in maps.picture(page, "svg")


# --- command -------------------------------------------------------------------------------------


def test_the_command_draws_the_world(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def answer(grids: list[str] | None, *_: object, **__: object) -> Plan:
        asked.append(grids)
        return plan

    monkeypatch.setattr(cli_maps, "_plan", answer)
    cli_maps.map_(grid=["world"], style=["png", "pdf"], out=tmp_path)
    cli_maps.map_(grid=["tiny", "world"], out=tmp_path / "slide.svg")

    assert asked == [None, ["tiny"]]
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["map-world-2029-sites.pdf", "map-world-2029-sites.png", "slide.svg"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"style": ["html"]},
            "planner: --grid world is drawn as png, svg or pdf; html shows one grid.\n",
        ),
        (
            {"region": "PJM"},
            "planner: --grid world shows sites only; leave out --metric, --region and --pocket.\n",
        ),
    ],
)
def test_what_the_world_does_not_show_is_refused(
    given: dict[str, Any], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as raised:
        cli_maps.map_(grid=["world"], **given)

    assert raised.value.exit_code == 2
    assert capsys.readouterr().err == message
