"""Years and hours of a grid: two regions by hand, and one shipped year."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tiny
from typer.testing import CliRunner

from planner import cli, expansion, expansion_ground, expansion_text
from planner.decomposition import Decomposition
from planner.expansion_ground import Settings
from planner.hourly_shapes import Shapes

if TYPE_CHECKING:
    from planner.case import Case
    from planner.expansion import Expansion

ROOT = Path(__file__).resolve().parents[1]
HOURS = 8760
NOON = 12


def shapes(**load_mw: np.ndarray) -> Shapes:
    """Flat load of the two regions, gas that is never out, the sun from 6 to 18, a battery."""
    import pandas as pd

    days = pd.date_range("2023-10-01", "2024-09-30")
    days = days[~((days.month == 2) & (days.day == 29))]
    sun = np.tile((np.arange(24) >= 6) & (np.arange(24) < 18), 365).astype(float)
    flat = {"NORTH": np.full(HOURS, 1000.0), "SOUTH": np.full(HOURS, 900.0)}
    return Shapes(
        days=list(days.strftime("%m-%d")),
        load_mw=flat | load_mw,
        output={("NORTH", "solar_pv"): sun, ("SOUTH", "solar_pv"): sun},
        load_year=2024,
        weather_year=2024,
        outages={"gas_cc": 0.0},
        round_trip={"battery": 0.5},
    )


def answer(case: Case, year: int = 2028, hours: Shapes | None = None, **given: Any) -> Expansion:
    """Expand a tiny case in one year, or several."""
    settings = Settings(**({"days": 1} | given))
    made = hours or shapes()
    laid = expansion_ground.lay_out(case, made, [year], settings)
    solver = Decomposition(*expansion_ground.problem(laid))
    return expansion._answer(laid, solver, solver.solve(1e-7), made)  # noqa: SLF001


def served(found: Expansion) -> list[float]:
    """Megawatts served in winter and in summer."""
    return list(found.seasons["served_mw"].round(3))


def test_the_margin_leaves_less_than_the_hours() -> None:
    """200 MW asked; spare with margin 100, and 50 over the line: 150 / 1.1 = 136.36 MW.

    Hours alone leave 1200 - 1000 = 200 MW in every hour.
    """
    case = tiny.case(tiny.site("a", facility_mw=200))

    assert served(answer(case)) == pytest.approx([136.364, 136.364])
    assert served(answer(case, margin=False)) == pytest.approx([200, 200])
    rows = answer(case).regions.set_index(["region", "period"])
    assert rows.loc[("NORTH", "2028-winter"), "tightest"] == "reserve margin"


def test_regions_that_peak_apart_help_each_other() -> None:
    """NORTH needs 1150 MW at noon, SOUTH then 900 of its 1100: 50 + 50 over the line are served.

    At midnight NORTH has 200 to spare. The day chosen is the one that holds the noon peak.
    """
    load = np.full(HOURS, 1000.0)
    load[24 * 290 + NOON] = 1150.0
    case = tiny.case(
        tiny.site("a", facility_mw=400),
        load=(*tiny.peak("NORTH", 1150), *tiny.peak("SOUTH", 900)),
    )
    found = answer(case, hours=shapes(NORTH=load), margin=False)

    assert found.seasons["days"].tolist()[1] == "07-18"
    assert served(found)[1] == pytest.approx(100)
    rows = found.regions.set_index(["region", "period"])
    assert rows.loc[("NORTH", "2028-summer"), "tightest"] == "2028-07-18 12:00 UTC"


def test_a_battery_carries_the_sun_into_the_night() -> None:
    """300 MW of sun by day fill a battery of 100 MW and 4 hours that gives 400 MWh in 12 hours.

    Half of what goes in comes back. A site of 300 MW with 200 spare lacks 100 MW for 12 hours:
    400 / 12 = 33.3 MW more than the 250 that plant and line leave.
    """
    remedies = (tiny.remedy("battery_4h", technology="battery"),)
    case = tiny.case(
        tiny.site("a", facility_mw=400),
        supply=(
            tiny.plant("NORTH", 1200),
            tiny.plant("NORTH", 300, technology="solar_pv"),
            tiny.plant("SOUTH", 1100),
        ),
        remedies=remedies,
        candidates=(tiny.candidate("battery_4h", mw=100.0),),
    )
    bare, built = (answer(case, margin=False, build=each, year=2029) for each in (False, True))

    assert served(bare) == pytest.approx([250, 250])
    assert served(built) == pytest.approx([250 + 400 / 12] * 2, abs=0.01)
    assert built.built["mw"].tolist() == pytest.approx([100, 100], abs=0.1)


def test_what_is_powered_stays_powered() -> None:
    """With 100 MW less plant from 2029 on, 100 of 200 MW can stay; each year alone takes 200."""
    plants = (
        tiny.plant("NORTH", 1100),
        tiny.plant("NORTH", 100, retirement_year=2029, retirement_basis="scheduled"),
        tiny.plant("SOUTH", 900),
    )
    case = tiny.case(tiny.site("a", facility_mw=200), supply=plants)
    made = shapes()

    def found(*, lasting: bool) -> list[float]:
        settings = Settings(days=1, margin=False, lasting=lasting)
        laid = expansion_ground.lay_out(case, made, [2028, 2029], settings)
        solver = Decomposition(*expansion_ground.problem(laid))
        return served(expansion._answer(laid, solver, solver.solve(1e-7), made))  # noqa: SLF001

    assert found(lasting=True) == pytest.approx([100] * 4)
    assert found(lasting=False) == pytest.approx([200, 200, 100, 100])


def test_text_and_json_tell_the_bound_and_the_years() -> None:
    found = answer(tiny.case(tiny.site("a", facility_mw=200)))
    text, told = expansion_text.screen(found), json.loads(expansion_text.as_json(found))

    assert "Bound: no plan serves more than 0.0 MW beyond this" in text
    assert "Load and weather are those of 2024." in text
    assert [row["asked_mw"] for row in told["seasons"]] == [200, 200]
    assert told["gap"] <= 1e-7


def test_a_shipped_year_is_answered_within_its_bound() -> None:
    """134 regions, with the reserve margin and the hours of a day of each season."""
    done = CliRunner().invoke(
        cli.app, ["expand", "--year", "2028", "--days", "1", "--mixed-years", "--format", "json"]
    )
    told = json.loads(done.stdout)

    assert told["label"].startswith("MIXED YEARS: load of 2024")
    assert 0 <= told["gap"] <= 1e-4
    assert len({row["region"] for row in told["regions"]}) == 134
    for row in told["seasons"]:
        assert 0 < row["served_mw"] <= row["asked_mw"]


def test_wrong_questions_are_refused() -> None:
    run = CliRunner()
    late = run.invoke(cli.app, ["expand", "--year", "2099", "--mixed-years"])

    assert late.exit_code == 2
    assert "year is 2099; the horizon has both half-years of 2027 to 2036." in late.stderr
    assert run.invoke(cli.app, ["expand", "--days", "0"]).exit_code == 2
    assert run.invoke(cli.app, ["expand", "--gap", "2"]).exit_code == 2
