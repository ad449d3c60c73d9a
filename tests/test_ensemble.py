"""The ensemble: draws that belong to facts, and answers that equal those of `planner check`."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tiny import case, lead_time, peak, plant, site, table

import planner
from planner import (
    batch,
    demand,
    drawn,
    draws,
    ensemble,
    ensemble_store,
    horizon,
    match,
    packs,
    pipeline,
    starter,
)
from planner.ensemble import Effort
from planner.errors import DataError
from planner.replay import Replay
from planner.uncertainty import Spreads, uniforms

if TYPE_CHECKING:
    from pathlib import Path

    from planner.case import Case

type Points = dict[float, float]


def spread(quantity: str, points: Points, applies_to: str = "any") -> list[dict[str, object]]:
    """Points of one quantile function."""
    plain = {"quantity": quantity, "applies_to": applies_to, "season": "any", "unit": "fraction"}
    return [{**plain, "probability": p, "value": v} for p, v in points.items()]


WIDE = (
    *spread("realised", {0.4: 0, 1: 1}),
    *spread("delay_days", {0: 0, 1: 700}),
    *spread("completed", {0.3: 0, 1: 1}),
    *spread("delay_years", {0: 0, 1: 2}),
    *spread("load_error_per_year", {0: -0.02, 1: 0.02}),
    *spread("datacenter_growth", {0: 0.3, 1: 1.2}),
    *spread("accreditation_error", {0: -0.05, 1: 0.05}),
    *spread("weather_error", {0: -0.3, 1: 0.3}),
    *spread("lead_time", {0: -1, 1: 1}),
    *spread("together", {1: 0.5}),
)
NEUTRAL = (
    *spread("realised", {0.0: 0, 1: 1}),
    *spread("delay_days", {1: 0}),
    *spread("completed", {0.0: 0, 1: 1}),
    *spread("delay_years", {1: 0}),
    *spread("load_error_per_year", {1: 0}),
    *spread("datacenter_growth", {1: 1}),
    *spread("accreditation_error", {1: 0}),
    *spread("weather_error", {1: 0}),
    *spread("lead_time", {1: 0}),
)


def question(*rows: dict[str, object], horizon_years: int = 4, **given: Any) -> Case:
    """Six sites that compete for two regions, one of them with plant of its own."""
    sites = (
        site(
            "first", status="announced", announced_on="2026-01-01", program="both", facility_mw=40
        ),
        site("second", status="announced", program="both", facility_mw=80, state="SOUTH"),
        site("third", facility_mw=30, full_power_date="2028-06-30", announced_on="2026-05-01"),
        site("fourth", facility_mw=30, state="SOUTH", full_power_date="2026-12-31"),
        site("fifth", facility_mw=300, full_power_date="2030-06-30", announced_on="2026-06-01"),
        site("alone", facility_mw=50, grid_connection="own_generation"),
    )
    own = {"name": "turbines", "technology": "gas_cc", "mw": 60, "online_date": "2027-06-30"}
    asked = case(
        *sites,
        onsite=({"site": "alone", "connection": "islanded", **own},),
        connection=(lead_time(36, lead_months_low=24, lead_months_high=60),),
        supply=(
            plant("NORTH", 1100),
            plant("SOUTH", 1060),
            plant("SOUTH", 60, name="new", status="under_construction", online_year=2027),
            plant("NORTH", 100, technology="solar_pv"),
        ),
        load=(*peak("NORTH", 1000, 60), *peak("SOUTH", 900, 40)),
        horizon_years=horizon_years,
        **given,
    )
    return asked.but(uncertainty=table("uncertainty", *rows))


def by_phase(rows: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """Powered megawatts by site, phase and period: a draw may number its steps otherwise."""
    wide = rows.pivot_table(index="step", columns="period", values="served_mw")
    names = asked.set_index("step").loc[wide.index, ["site", "phase"]]
    return wide.set_axis(pd.MultiIndex.from_frame(names)).sort_index()


def compared(asked: Case, count: int, checked: range) -> int:
    """Compare draws with a rebuilt model, to the rounding of a plan; return megawatts compared."""
    known = draws.basis(asked)
    grids = drawn.grids(known)
    middle = drawn.numbers(grids, draws.middle(known))
    found = draws.sample(known, 7, range(count))
    numbers = drawn.numbers(grids, found)
    total = 0.0
    loaded = zip(grids.terms, middle, numbers, strict=True)
    fast = [(Replay(terms, ref), part) for terms, ref, part in loaded]
    served = [replay.run(part).served for replay, part in fast]
    for draw in checked:
        one = draws.drawn_case(known, found, draw)
        placed = match.place(one)
        steps = demand.steps(one, placed)
        again = pipeline.gather(one, steps, demand.native(one, placed))
        for terms, (replay, part), got in zip(again, fast, served, strict=True):
            spare = (terms.supply - terms.requirement).to_numpy()
            np.testing.assert_allclose(part.spare[draw], spare, atol=1e-8)
            np.testing.assert_allclose(part.unnamed[draw], terms.unnamed.to_numpy(), atol=1e-8)
            rows = horizon.collected(horizon.windows(terms)).served
            names = [row.step for row in replay.layout.rows]
            mine = pd.DataFrame(got[draw].T, names, list(terms.periods.index)).rename_axis("step")
            mine = mine.melt(ignore_index=False, var_name="period", value_name="served_mw")
            left = by_phase(mine.reset_index(), known.asked)
            right = by_phase(rows, steps).reindex(index=left.index, columns=left.columns)
            np.testing.assert_allclose(left.to_numpy(), right.fillna(0.0).to_numpy(), atol=1e-4)
            total += float(right.fillna(0.0).to_numpy().sum())
    return round(total)


def test_a_draw_of_the_loaded_model_equals_a_model_built_anew() -> None:
    """Five draws in which everything that can be drawn is drawn."""
    assert compared(question(*WIDE), 5, range(5)) > 100


def test_a_draw_of_the_shipped_packs_equals_a_model_built_anew() -> None:
    """Each grid, site and distribution that is shipped."""
    assert compared(planner.load_case(), 2, range(1, 2)) > 1000


@pytest.mark.parametrize("rows", [(), NEUTRAL, None], ids=["no rows", "neutral rows", "starter"])
def test_without_spread_the_ensemble_is_the_plan(
    rows: tuple[dict[str, object], ...] | None, tmp_path: Path
) -> None:
    """Odds are 0 or 1, and period and cause are those of `planner check`."""
    if rows is None:
        starter.write(tmp_path / "own")
        asked = planner.load_case(tmp_path / "own" / "grid", tmp_path / "own" / "sites")
        asked = asked.but(uncertainty=table("uncertainty"))
    else:
        asked = question(*rows)
    plan = planner.check(asked).steps.set_index("step")
    found = ensemble.run(asked, Effort(draws=3, causes_every=1)).steps.set_index("step")

    assert {"on time", "not before the horizon"} < set(plan["verdict"]) | {"late"}
    hit = plan["verdict"].reindex(found.index) == "on time"
    assert (found["on_time_probability"] == hit.astype(float)).all()
    first = plan["earliest_period"].reindex(found.index)
    day = found["powered_p50"]
    assert (day.isna() == first.isna()).all()
    periods = asked.periods.set_index("period")
    for step in found.index[first.notna()]:
        late = str(periods.loc[first[step], "start"])
        due = str(found.loc[step, "target_date"])
        assert str(day[step])[:10] == max(late, due[:10])
    for cause in ("supply", "import", "delivery", "connection", "onsite", "build"):
        same = (plan["cause"].reindex(found.index) == cause).astype(float)
        assert (found[f"{cause}_probability"] == same).all()


def test_a_number_belongs_to_its_seed_draw_and_fact() -> None:
    """Neither other facts nor the range of the draws matter."""
    some = uniforms(7, ["a", "b", "c"], range(20))

    assert (uniforms(7, ["c", "x"], range(5, 12))[:, 0] == some[5:12, 2]).all()
    assert (uniforms(8, ["c"], range(20))[:, 0] != some[:, 2]).all()
    assert 0 <= some.min() < some.max() < 1
    assert len(np.unique(some)) == some.size


def test_one_more_site_changes_no_other_number() -> None:
    """Common random numbers: all else comes out as before."""
    asked = question(*WIDE)
    more = pd.concat([asked.sites, table("sites", site("another", program="both"))])
    first, second = (draws.basis(one) for one in (asked, asked.but(sites=more)))
    before, after = (draws.sample(one, 7, range(50)) for one in (first, second))
    steps = second.asked["step"].tolist()
    same = [steps.index(step) for step in first.asked["step"]]

    assert len(steps) == len(same) + 1
    np.testing.assert_array_equal(before.realised, after.realised[:, same])
    np.testing.assert_array_equal(before.delay_days, after.delay_days[:, same])
    np.testing.assert_array_equal(before.credit, after.credit)


def test_a_chance_comes_true_as_often_as_the_table_says() -> None:
    """0.6 within three standard errors of 2000 draws: 3 x sqrt(0.6 x 0.4 / 2000) = 0.033."""
    found = draws.sample(draws.basis(question(*WIDE)), 7, range(2000))

    assert found.realised.mean(axis=0) == pytest.approx(0.6, abs=0.033)
    assert found.delay_days.mean() == pytest.approx(350, abs=20)


def test_phases_of_a_program_go_together_more_often_than_by_chance() -> None:
    """Half of the draws follow the group: two steps agree in 0.52 of the draws by chance alone."""
    known = draws.basis(question(*WIDE))
    found = draws.sample(known, 7, range(2000)).realised
    one, two, other = (
        known.asked["site"].tolist().index(name) for name in ("first", "second", "third")
    )

    assert (found[:, one] == found[:, two]).mean() > 0.6
    assert (found[:, one] == found[:, other]).mean() < 0.56


def test_gas_plants_of_a_grid_wait_for_turbines_together() -> None:
    """Own gas plant and gas plant under construction are late in the same draws."""
    found = draws.sample(draws.basis(question(*WIDE)), 7, range(2000))

    together = np.corrcoef(found.delay_years[:, 0], found.plant_days[:, 0])[0, 1]
    assert together == pytest.approx(0.25, abs=0.07)


def test_wider_spreads_narrow_no_interval() -> None:
    """Delays around 350 days and load errors around nothing: once, twice, three times as wide."""
    widths = []
    for wide in (1.0, 2.0, 3.0):
        rows = (
            *spread("delay_days", {0: 350 - 100 * wide, 1: 350 + 100 * wide}),
            *spread("load_error_per_year", {0: -0.01 * wide, 1: 0.01 * wide}),
        )
        asked = question(*rows, unnamed_datacenters=False, horizon_years=5)
        rich = asked.but(supply=table("supply", plant("NORTH", 2000), plant("SOUTH", 2000)))
        found = ensemble.run(rich, Effort(draws=50, causes_every=0))
        days = found.sites.set_index("site").loc[["first", "second", "third"]]
        spare = found.regions.set_index(["region", "period"])
        widths.append(
            (
                (days["powered_p90"] - days["powered_p10"]).dt.days.to_numpy(),
                (spare["headroom_p90_mw"] - spare["headroom_p10_mw"]).to_numpy(),
            )
        )
    for narrow, wider in pairwise(widths):
        assert (wider[0] >= narrow[0]).all()
        assert wider[0].sum() > narrow[0].sum()
        assert (wider[1] >= narrow[1]).all()


def test_a_later_source_is_not_known_before_its_day() -> None:
    """Share of announced load that comes: 0.5 assumed until ERCOT's 0.498 of April 2025."""
    for day, chance in (("2025-01-31", 0.5), ("2026-11-22", 0.498)):
        found = Spreads(_common(day)).get("realised", "announced", 1.0)
        assert 1 - found.probability[0] == pytest.approx(chance)


def _common(day: str) -> pd.DataFrame:
    return packs.read_common(as_of=pd.Timestamp(day).date())["uncertainty"]


def test_a_stop_at_a_standard_error_is_the_same_for_any_order() -> None:
    """The first batch after which no site is less sure decides, not the batches drawn ahead."""
    asked = question(*WIDE)
    effort = Effort(draws=500, causes_every=0, until_se=0.045)
    plain = ensemble.run(asked, effort)
    ahead = {
        one.start: one for one in ensemble.run(asked, Effort(draws=400, causes_every=0)).batches
    }
    again = ensemble.run(asked, effort, kept=ahead)

    assert 50 < plain.draws < 250
    assert plain.convergence["largest_standard_error"].iloc[-1] <= 0.045
    pd.testing.assert_frame_equal(plain.sites, again.sites)


def test_batches_do_not_depend_on_the_batches_before_them() -> None:
    """The third batch, solved first by another process or last by this one, has the same bytes."""
    tasks = ensemble.tasks(question(*WIDE), Effort(draws=150))
    late = batch.solve(tasks[2])
    batch._LOADED.clear()  # noqa: SLF001 - another process
    first = [batch.solve(task) for task in tasks]

    for field in dataclasses.fields(late):
        np.testing.assert_array_equal(getattr(late, field.name), getattr(first[2], field.name))


def test_odds_of_steps_and_sites_come_in_one_call() -> None:
    """A table by site or by step, probabilities that add up to one."""
    asked = question(*WIDE)
    rows = planner.on_time_probability(asked, draws=50, seed=3)

    causes = [name for name in rows if name.endswith("_probability")]
    causes = [n for n in causes if n.split("_")[0] not in {"within", "by"}]
    assert rows[causes].sum(axis=1).to_numpy() == pytest.approx(np.ones(len(rows)))
    early, middle = rows["powered_p10"], rows["powered_p50"]
    assert (middle.isna() | (early <= middle)).all()
    steps = planner.on_time_probability(asked, draws=50, seed=3, by="step")
    assert set(steps["site"]) == set(rows["site"])


def test_two_ensembles_are_compared_draw_by_draw(tmp_path: Path) -> None:
    """More supply meets the same luck: no site is worse off, and the difference is surer."""
    asked = question(*WIDE)
    more = asked.but(supply=pd.concat([asked.supply, table("supply", plant("NORTH", 40))]))
    folders = [tmp_path / "before", tmp_path / "after"]
    for one, folder in zip((asked, more), folders, strict=True):
        ensemble_store.run(one, Effort(draws=50, causes_every=0), folder, tell=lambda _: None)
    moved = ensemble_store.compare(*folders)

    assert len(moved) > 0
    assert (moved["change"] >= 0).all()
    assert moved["change"].max() > 0
    assert (moved["late_mw_change"] < 0).all()
    assert (moved["standard_error"] <= moved["unpaired_standard_error"]).all()
    other = ensemble_store.run(
        asked, Effort(draws=50, seed=8, causes_every=0), tmp_path / "other", tell=lambda _: None
    )
    with pytest.raises(DataError, match="the seeds are 7 and 8; draw both with one seed"):
        ensemble_store.compare(folders[0], tmp_path / "other")
    assert other.seed == 8


def test_what_cannot_be_drawn_is_refused() -> None:
    """Both problems at once, each with its remedy."""
    with pytest.raises(DataError) as told:
        ensemble.tasks(question(stance="expected", allocation="prorata"), Effort())

    assert str(told.value).splitlines() == [
        "stance is 'expected'; the ensemble draws what comes: choose 'announced'.",
        "allocation is 'prorata'; the ensemble knows queue and most.",
    ]
    with pytest.raises(DataError) as told:
        Effort(draws=0, until_se=2)
    assert str(told.value).splitlines() == [
        "draws is 0; it must be at least 1.",
        "until_se is 2; write a fraction, 0.01 for 1 %.",
    ]


def test_a_question_without_dates_still_has_regions() -> None:
    """Headroom is drawn where no site asks for anything by a day."""
    lost = case(site("undated", full_power_date=None, first_power_date=None))
    asked = lost.but(uncertainty=table("uncertainty", *spread("load_error_per_year", {1: 0.0})))
    found = ensemble.run(asked, Effort(draws=2))

    assert len(found.sites) == 0
    north = found.regions.set_index(["region", "period"]).loc[("NORTH", "2028-summer")]
    assert north["headroom_p50_mw"] == pytest.approx(1200 - 1.1 * 1000)
