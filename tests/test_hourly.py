"""The hours of a year: small cases by hand, laws on drawn cases, and one shipped pool."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import tiny
from typer.testing import CliRunner

import planner
from planner import cli, cli_common, hourly, hourly_ground, hourly_shapes, hourly_text, model_hourly
from planner.errors import DataError
from planner.hourly_ground import Settings
from planner.model_hourly import Arc, Hours, Season, Store
from planner.schema_chronology import HOURS
from planner.sources import us_chronology, write

if TYPE_CHECKING:
    from planner.case import Case

DAY = 24
ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT.parent / "shared" / "reference" / "us_grid"


def season(regions: int = 1, **given: Any) -> Season:
    """A season without lines, storage, water or flexible load, unless given."""
    nothing = np.zeros(regions)
    plain: dict[str, Any] = {
        "stores": (),
        "arcs": (),
        "joint": (),
        "water_mw": nothing,
        "give_mw": nothing,
    }
    return Season(**(plain | given))


def year(need: Any, river: Any = 0.0, **given: Any) -> Hours:
    """Hours of one season: rows are regions."""
    rows = np.atleast_2d(np.array(need, dtype=float))
    rivers = np.broadcast_to(np.asarray(river, dtype=float), rows.shape).copy()
    only = season(len(rows), **given)
    return Hours(rows, rivers, np.zeros(rows.shape[1], dtype=int), [only])


def day(**mw: float) -> list[float]:
    """Spare 10 MW in every hour but those named, e.g. h18=30."""
    return [mw.get(f"h{hour}", -10.0) for hour in range(DAY)]


def unserved(hours: Hours, **given: Any) -> float:
    """Unserved energy [MWh]."""
    return float(model_hourly.operate(hours, **given).short_mw.sum())


def test_without_storage_or_lines_each_deficit_is_unserved() -> None:
    """30 MW at 18 and 5 MW at 19: 35 MWh in 2 hours."""
    found = model_hourly.operate(year(day(h18=30.0, h19=5.0)))

    assert found.short_mw.sum() == pytest.approx(35)
    assert np.flatnonzero(found.short_mw[0]).tolist() == [18, 19]


def test_storage_gives_its_energy_at_its_power_and_earlier_hours_come_first() -> None:
    """20 MW and 30 MWh, full: of 30 + 30 MW it serves 20, then 10, so 10 and 20 MW are short."""
    found = model_hourly.operate(year(day(h18=30.0, h19=30.0), stores=[Store(0, 20, 30, 0.8)]))

    assert found.short_mw[0, 18:20] == pytest.approx([10, 20])


def test_storage_refills_with_its_losses() -> None:
    """Between two deficits of 8 MW lies one of 10 MW to spare; 50 % come back: 5 of 8 MWh."""
    need = [0.0] * DAY
    need[10], need[11], need[12] = 8.0, -10.0, 8.0

    assert unserved(year(need, stores=[Store(0, 10, 8, 0.5)])) == pytest.approx(8 - 5)


def test_a_line_brings_what_the_neighbour_has_left() -> None:
    """The neighbour has 10 MW to spare and the line carries 6: of 30 MW, 24 are short."""
    need = [day(h18=30.0), day()]

    assert unserved(year(need, arcs=[Arc(1, 0, 6.0, 6.0)])) == pytest.approx(24)


def test_a_joint_limit_holds_beside_the_lines() -> None:
    """Two neighbours with 10 MW each on lines of 8, 11 MW together: of 30 MW, 19 are short."""
    given = {"arcs": [Arc(1, 0, 8), Arc(2, 0, 8)], "joint": [((0, 1), (1.0, 1.0), 11.0)]}

    assert unserved(year([day(h18=30.0), day(), day()], **given)) == pytest.approx(19)


def test_imports_come_in_to_their_limit() -> None:
    """12 MW from outside the pool: of 30 MW, 18 are short."""
    assert unserved(year(day(h18=30.0), arcs=[Arc(-1, 0, 12)])) == pytest.approx(18)


def test_water_is_moved_within_its_day_and_not_into_the_next() -> None:
    """1 MW of river is 24 MWh a day, at most 20 MW: of 30 MW, 10 are short; the next day 6 of 30.

    The second day asks 10 MW in three hours; 24 MWh of them are there.
    """
    need = [0.0] * (2 * DAY)
    need[18], need[30], need[31], need[32] = 30.0, 10.0, 10.0, 10.0
    found = model_hourly.operate(year(need, 1.0, water_mw=np.array([20.0])))

    assert found.short_mw[0, :DAY].sum() == pytest.approx(10)
    assert found.short_mw[0, DAY:].sum() == pytest.approx(6)


def test_load_that_gives_way_keeps_to_its_hours_by_energy() -> None:
    """20 MW for 1.5 hours are 30 MWh: of 25 + 25 MW at most 20 an hour give way, 20 are short."""
    given = {"give_mw": np.array([20.0]), "give_hours": 1.5}
    found = model_hourly.operate(year(day(h18=25.0, h19=25.0), **given))

    assert found.given_mw.sum() == pytest.approx(30)
    assert found.short_mw.sum() == pytest.approx(20)


def drawn(seed: int) -> Hours:
    """Three regions, ten days, two seasons, lines, storage, water, imports: all drawn."""
    draw = np.random.default_rng(seed)
    count = 10 * DAY
    need = draw.normal(-45, 8, (3, count))
    for first in draw.choice(count - 6, 4):
        need[:, first : first + 6] += draw.uniform(40, 90)
    need[2] += draw.choice([0.0, 60.0])
    arcs = [Arc(0, 1, *draw.uniform(0, 40, 2)), Arc(1, 2, *draw.uniform(0, 40, 2)), Arc(-1, 0, 9)]
    stores = [Store(0, 20, draw.uniform(0, 120), 0.85), Store(2, 10, 40, 0.8)]
    part = {
        "stores": stores,
        "arcs": arcs,
        "joint": [((0, 1), (-1.0, 1.0), 30.0)],
        "water_mw": np.array([0.0, 15.0, 0.0]),
        "give_mw": np.array([0.0, 5.0, 5.0]),
    }
    hours = float(draw.choice([0.0, 4.0]))
    seasons = [season(3, **part, give_hours=hours) for _ in range(2)]
    river = np.zeros((3, count))
    river[1] = np.repeat(draw.uniform(0, 10, 10), DAY)
    return Hours(need, river, np.repeat([0, 1], count // 2), seasons)


@pytest.mark.parametrize("seed", range(12))
def test_the_hours_left_out_change_nothing(seed: int) -> None:
    """Solving only the hours that matter gives the unserved energy of one program over all."""
    hours = drawn(seed)
    parts = model_hourly.operate(hours)

    assert parts.short_mw.sum() == pytest.approx(unserved(hours, whole=True), rel=1e-6, abs=1e-2)


def test_some_drawn_years_do_leave_hours_out() -> None:
    solved = [model_hourly.operate(drawn(seed)).solved_hours for seed in range(6)]

    assert min(solved) < 10 * DAY


@pytest.mark.parametrize("seed", range(6))
def test_more_storage_lines_or_hours_to_give_way_never_leave_more_unserved(seed: int) -> None:
    hours = drawn(seed)
    base = unserved(hours)
    twice = [Store(s.region, 2 * s.power_mw, 2 * s.energy_mwh, s.round_trip)
             for s in hours.seasons[0].stores]  # fmt: skip
    wide = [Arc(a.start, a.end, 2 * a.forward_mw, 2 * a.reverse_mw) for a in hours.seasons[0].arcs]
    for more in ({"stores": twice}, {"arcs": wide}, {"give_hours": 9.0}):
        seasons = [dataclasses.replace(each, **more) for each in hours.seasons]
        assert unserved(dataclasses.replace(hours, seasons=seasons)) <= base + 0.01


# --- a pack --------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Case:
    """NORTH 1200 MW of gas for 1000 MW at the peak, SOUTH 1100 for 900, a line of 50 MW.

    The measured year: 500 MW in NORTH and 450 in SOUTH in every hour, but for one day.
    """
    days = pd.date_range("2025-01-01", "2025-12-31")
    load = pd.DataFrame(500.0, index=days, columns=list(HOURS))
    load.loc["2025-07-14", ["h20", "h21"]] = [1000.0, 1200.0]
    facts = {"source": "test", "known_on": "2024-01-01", "confidence": "high"}
    rows = [load.assign(region="NORTH"), (load * 0 + 450.0).assign(region="SOUTH")]
    frame = pd.concat(rows).rename_axis("day").reset_index().assign(**facts)
    frame["day"] = frame["day"].dt.strftime("%Y-%m-%d")
    sun = (load * 0).rename_axis("day").reset_index().assign(profile="A", technology="solar_pv")
    sun = sun.assign(**facts, day=sun["day"].dt.strftime("%Y-%m-%d"))
    case = tiny.case(tiny.site("a"))
    tables = {
        "hourly_load": frame,
        "hourly_weather": sun,
        "hourly_profiles": pd.DataFrame(
            [{"region": "NORTH", "technology": "solar_pv", "profile": "A", "weight": 1.0} | facts]
        ),
        "outages": pd.DataFrame(
            [{"technology": "gas_cc", "quantity": "forced_outage", "fraction": 0.1} | facts]
        ),
        "regions": case.regions.drop(columns="grid"),
        "sources": pd.DataFrame(
            [{"source": "test", "publisher": "t", "document": "t", "licence": "t",
              "published_on": "2024-01-01", "confidence": "high"}]
        ),
    }  # fmt: skip
    folder = tmp_path / "tiny"
    folder.mkdir()
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return dataclasses.replace(case, folders=(folder,))


def test_a_pool_is_short_when_its_plant_less_outages_is(small: Case) -> None:
    """NORTH grows by 1000 / 1000; at 21:00 it asks 1200 and 100 MW of site; 1080 + 50 are there.

    At 20:00 it asks 1000 + 100 = 1100: served. So 170 MWh in one hour of 14 July, and the seasonal
    margin, 1200 >= 1.1 x (1000 + 90.9), is met.
    """
    found = hourly.check(small, [2028])
    assert found.seasons.empty

    found = hourly.check(small, [2028], areas=["POOL"])
    summer = found.seasons.set_index("season").loc["summer"]

    assert found.load_year == found.weather_year == 2025
    assert summer["unserved_hours"] == 1
    assert summer["unserved_mwh"] == pytest.approx(1200 + 100 - 1080 - 50, abs=0.01)
    assert summer["worst_day"] == "2028-07-14"
    assert summer["agreement"] == "margin met, hours not served"
    assert "DISAGREES, POOL 2028 summer" in hourly_text.screen(found)


def test_the_answer_is_the_same_whoever_works(small: Case) -> None:
    """Two processes on the loopback, six pieces: two years and three pairings."""
    pytest.importorskip("distributed")
    given: dict[str, Any] = {"mixed_years": True, "shift_days": (0, 7, -7)}

    alone = hourly.check(small, [2028, 2029], areas=["POOL"], settings=Settings(**given))
    shared = Settings(**given, workers=2)
    spread = hourly.check(small, [2028, 2029], areas=["POOL"], settings=shared)

    for name in hourly.TABLES:
        pd.testing.assert_frame_equal(getattr(alone, name), getattr(spread, name))
    assert len(alone.seasons) == 2 * 3 * 2


def test_sites_that_give_way_or_are_left_out_leave_less_unserved(small: Case) -> None:
    """Without the site 100 MW less are asked; with 2 hours a year it gives way in full for one."""
    native = hourly.check(small, [2028], areas=["NORTH"], settings=Settings(load="native"))
    flexible = hourly.check(small, [2028], areas=["POOL"], settings=Settings(flexible_hours=2.0))

    assert native.seasons["unserved_mwh"].sum() == pytest.approx(70, abs=0.01)
    assert flexible.seasons["unserved_mwh"].sum() == pytest.approx(70, abs=0.01)
    assert flexible.seasons["given_mwh"].sum() == pytest.approx(100, abs=0.01)


def rewritten(case: Case, name: str, old: str, new: str) -> None:
    path = case.folders[0] / f"{name}.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_years_that_do_not_match_are_refused_or_labelled(small: Case) -> None:
    rewritten(small, "hourly_weather", "2025-", "2013-")
    with pytest.raises(DataError, match=r"is of 2025, hourly_weather.csv of 2013"):
        hourly.check(small, [2028], areas=["POOL"])

    found = hourly.check(small, [2028], areas=["POOL"], settings=Settings(mixed_years=True))

    assert set(found.seasons["weather_year"]) == {2013}
    assert "MIXED YEARS: load of 2025, wind, sun and water of 2013" in hourly_text.screen(found)
    assert "MIXED YEARS" in hourly_text.as_json(found)


def test_what_is_missing_is_named(small: Case) -> None:
    with pytest.raises(DataError, match=r"year is 2050; the horizon has both half-years of 2027"):
        hourly.check(small, [2050], areas=["POOL"])
    with pytest.raises(DataError, match="no region or pool 'PULL'"):
        hourly.check(small, [2028], areas=["PULL"])
    rewritten(small, "outages", "gas_cc", "solar_pv")
    with pytest.raises(DataError, match=r"region NORTH has gas_cc, without a profile"):
        hourly.check(small, [2028], areas=["POOL"])
    path = small.folders[0] / "hourly_load.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:40] + lines[41:]), encoding="utf-8")
    with pytest.raises(DataError, match=r"hours of NORTH: 2025-02-09 is missing; add the day"):
        hourly.check(small, [2028], areas=["POOL"])
    (small.folders[0] / "outages.csv").unlink()
    with pytest.raises(DataError, match=r"tiny/outages.csv: there is no such file"):
        hourly.check(small, [2028], areas=["POOL"])


# --- the shipped pack ----------------------------------------------------------------------------


def test_the_shipped_hours_are_whole_and_peak_as_the_pack_says() -> None:
    """Highest hour of ERCOT in 2024: 85.5 GW (see docs/totals.md)."""
    case = planner.load_case("us")
    tables = hourly_shapes.tables(case, case.folders[0], mixed_years=True)
    regions = case.regions.loc[case.regions["pool"] == "ERCOT", "region"]
    shapes = hourly_shapes.lay_out(tables, regions, "us")

    assert len(tables["hourly_load"]) == len(case.regions) * 366
    assert sum(shapes.load_mw.values()).max() == pytest.approx(85_500, abs=100)  # type: ignore[union-attr]
    assert (shapes.days[0], shapes.days[-1], len(shapes.days)) == ("10-01", "09-30", 365)
    assert (shapes.load_year, shapes.weather_year) == (2024, 2012)
    assert not np.isnan(np.concatenate(list(shapes.output.values()))).any()


def test_the_command_answers_with_its_label(small: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same in JSON, as CSV and on the screen; years that differ are refused first."""
    rewritten(small, "hourly_weather", "2025-", "2013-")
    monkeypatch.setattr(cli_common, "read_case", lambda *_given, **_options: small)
    asked = ["hourly", "--pool", "POOL", "--year", "2028"]
    refused = CliRunner().invoke(cli.app, asked)
    answers = [
        CliRunner().invoke(cli.app, [*asked, "--mixed-years", "--format", style, "--pairings", "3"])
        for style in cli_common.FORMATS
    ]
    unknown = CliRunner().invoke(cli.app, ["hourly", "--pool", "PAUL", "--year", "2028"])

    assert (refused.exit_code, unknown.exit_code) == (2, 2)
    assert "--mixed-years" in refused.stderr
    assert "did you mean POOL" in unknown.stderr
    assert [answer.exit_code for answer in answers] == [0, 0, 0]
    assert "Unserved GWh with the weather moved by -7, +0, +7 days" in answers[0].stdout
    assert answers[1].stdout.splitlines()[0].startswith("pool,year,shift_days,load_year,weather")
    assert '"label": "MIXED YEARS: load of 2025' in answers[2].stdout


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="the reference is not here")
def test_profiles_and_outages_come_from_the_reference() -> None:
    frames = {
        "hourly_profiles": us_chronology.profiles(REFERENCE),
        "outages": us_chronology.outages(REFERENCE),
    }
    for name, frame in frames.items():
        text = (ROOT / "grids" / "us" / f"{name}.csv").read_text("utf-8")
        assert write.as_csv(frame, write.CHRONOLOGY[name]) == text


def test_imports_are_firm_contracts_or_what_neighbours_have_left() -> None:
    """TINY has no neighbours: no line, so nothing comes in."""
    ground = hourly_ground.lay_ground(tiny.case(tiny.site("a")))

    assert hourly_ground.imports_mw(ground, "POOL", "2028-summer") == 0.0
    assert date(2028, 1, 1) > ground.case.assumptions.as_of
