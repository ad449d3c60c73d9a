"""Load that fits if it gives way: hand cases, the compact table, and the published table."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pytest
from headroom_page import PAGE, page, published
from typer.testing import CliRunner

import planner
from planner import curtailment, headroom_report
from planner.cli import app
from planner.errors import DataError
from planner.sources import levels, us_hourly

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.curtailment import Headroom

ROOT: Final = Path(__file__).resolve().parents[1]
SERIES: Final = (
    ROOT.parent.joinpath("shared", "upstream", "eia930_cleaned")
    / "subregions_and_balancing_authorities"
    / "SOCO.csv"
)
RUN: Final = CliRunner()
SHARES: Final = (0.0025, 0.005, 0.01, 0.05)
AUTHORITY: Final = "balancing_authority"
DAY: Final = date(2026, 11, 22)


def hours_of(year: int, shape: Callable[[pd.DatetimeIndex], np.ndarray]) -> pd.Series:
    """Return an hourly load of a year [MW]."""
    times = pd.date_range(f"{year}-01-01", f"{year}-12-31 23:00", freq="h")
    return pd.Series(shape(times), index=times, dtype=float)


def answered(load: pd.Series, *shares: float) -> pd.DataFrame:
    """Return headroom of one area, from its levels."""
    rows = levels.rows(load).assign(source="test", confidence="high")
    return pd.DataFrame(curtailment.area_rows(rows, shares))


def hourly_headroom(load: pd.Series, share: float) -> float:
    """Return headroom from the hours themselves, without levels [MW]."""
    summer = pd.DatetimeIndex(load.index).month.isin(levels.SUMMER_MONTHS)
    peak = np.where(summer, load[summer].max(), load[~summer].max())
    room = np.sort(peak - load.to_numpy())
    years = pd.DatetimeIndex(load.index).year.nunique()
    low, high = 0.0, float(peak.max()) / (1 - share)
    for _ in range(60):
        new = (low + high) / 2
        given_up = np.clip(new - room, 0, None).sum() / (curtailment.HOURS * new * years)
        low, high = (new, high) if given_up < share else (low, new)
    return low


@pytest.fixture(scope="module")
def shipped() -> Headroom:
    """Headroom of all areas at the four published shares."""
    return planner.headroom(SHARES, as_of=DAY)


def two_peaks(times: pd.DatetimeIndex) -> np.ndarray:
    """100 MW, but 200 MW for two hours in summer and for two in winter."""
    summer = (times.month == 7) & (times.day == 1) & times.hour.isin([15, 16])
    winter = (times.month == 1) & (times.day == 9) & times.hour.isin([7, 8])
    return np.where(summer | winter, 200.0, 100.0)


def test_two_hours_of_peak_in_each_season_leave_room_for_what_they_give_up() -> None:
    """Below 100 MW, L gives way whole in 4 h: 4 L / (8760 L) = 0.0457 %.

    Beyond, also in 8,756 hours (2023 has 8,760): 4 L + 8756 (L - 100) = 0.01 x 8760 L, so
    L = 875,600 / (8760 - 87.6) = 100.964 MW. The energy between the levels is straight here,
    so a cubic with the right slopes is exact.
    """
    found = answered(hours_of(2023, two_peaks), 0.01).iloc[0]

    assert found["headroom_mw"] == pytest.approx(875_600 / (8760 - 87.6), rel=1e-6)
    assert found["hours_per_year"] == pytest.approx(8760, rel=1e-3)
    assert found["summer_peak_mw"] == found["winter_peak_mw"] == 200


def test_a_constant_load_has_no_room_because_it_is_always_at_its_peak() -> None:
    """Every hour is at the peak, so all of L gives way: the share is 1 for every L."""
    found = answered(hours_of(2023, lambda times: np.full(len(times), 100.0)), 0.5).iloc[0]

    assert found["headroom_mw"] == pytest.approx(0, abs=1e-6)
    assert found["load_factor"] == pytest.approx(1)


def test_a_load_on_steps_gives_way_in_the_hours_counted_by_hand() -> None:
    """Each season falls evenly by 1 MW an hour from its peak: n hours give way L = n MW.

    Two seasons give up n^2 MWh together; n^2 = 0.005 x 8760 n, so L = 43.8 MW in 87.6 hours, one
    run each season.
    """

    def falling(times: pd.DatetimeIndex) -> np.ndarray:
        summer = times.month.isin(levels.SUMMER_MONTHS)
        since = np.where(summer, np.cumsum(summer), np.cumsum(~summer))
        return 6000.0 - since

    found = answered(hours_of(2023, falling), 0.005).iloc[0]

    assert found["headroom_mw"] == pytest.approx(43.8, rel=0.03)
    assert found["hours_per_year"] == pytest.approx(87.6, rel=0.03)
    assert found["half_kept_fraction"] == pytest.approx(0.5, abs=0.02)


def test_the_highest_peak_of_all_years_is_the_limit_and_the_mean_of_the_years_counts() -> None:
    """A second year at half the load has 3,000 MW of room and halves the mean share."""
    one = hours_of(2022, two_peaks)
    both = pd.concat([one, hours_of(2023, two_peaks) / 2])

    alone, together = (answered(load, 0.01).iloc[0]["headroom_mw"] for load in (one, both))

    assert together > alone
    assert together == pytest.approx(hourly_headroom(both, 0.01), rel=0.005)


def test_runs_count_events_and_their_mean_length() -> None:
    """Four hours of peak in two runs: two hours an event."""
    rows = levels.rows(hours_of(2023, two_peaks)).set_index(["season", "level_mw"])

    assert rows.loc[("summer", 192.0), ["hours", "above_mwh", "runs"]].tolist() == [2, 16, 1]
    assert rows.loc[("winter", 200.0), ["hours", "above_mwh", "runs"]].tolist() == [0, 0, 0]


def test_levels_agree_with_the_hours_on_a_load_with_noise() -> None:
    """The table keeps a dozen levels of 8,760 hours; headroom differs by less than 0.5 %."""
    noise = np.random.default_rng(5).normal(0, 60, 8784)

    def drawn(times: pd.DatetimeIndex) -> np.ndarray:
        day = np.sin((times.hour - 9) / 24 * 2 * np.pi)
        year = np.cos((times.day_of_year - 200) / 365 * 4 * np.pi)
        return np.asarray(1000 + 150 * day + 120 * year + noise[: len(times)])

    load = pd.concat([hours_of(year, drawn) * (1 + (year - 2020) / 50) for year in (2020, 2021)])

    for share in SHARES:
        found = answered(load, share).iloc[0]["headroom_mw"]
        assert found == pytest.approx(hourly_headroom(load, share), rel=0.005)


def test_more_may_be_added_the_more_it_gives_way(shipped: Headroom) -> None:
    """Headroom and hours rise with the share in every area."""
    rows = shipped.areas.sort_values(["area_kind", "area", "curtailed_fraction"])

    assert (rows.groupby(["area_kind", "area"])["headroom_mw"].diff().dropna() > 0).all()
    assert (rows.groupby(["area_kind", "area"])["hours_per_year"].diff().dropna() > 0).all()


def test_every_authority_has_nine_years_and_regions_one(shipped: Headroom) -> None:
    """Hours of 2016 to 2024 for 22 authorities, of 2024 for 134 regions."""
    rows = shipped.areas[shipped.areas["curtailed_fraction"] == SHARES[0]]
    spans = rows.groupby("area_kind")[["first_year", "last_year", "years"]].agg(["min", "max"])

    assert rows["area_kind"].value_counts().to_dict() == {AUTHORITY: 22, "region": 134}
    assert spans.loc[AUTHORITY].tolist() == [2016, 2016, 2024, 2024, 9, 9]
    assert spans.loc["region"].tolist() == [2024, 2024, 2024, 2024, 1, 1]


def test_the_authorities_meet_the_published_headroom(shipped: Headroom) -> None:
    """Rethinking Load Growth, figure 8: median within 15 %, the 17 together within 10 %."""
    told = published()
    if told is None:
        pytest.skip("the published table is not here")
    rows = shipped.areas[shipped.areas["curtailed_fraction"] == 0.005].set_index("area")
    ours = rows.loc[told.index, "headroom_mw"] / 1000

    assert (ours / told - 1).abs().median() < 0.05
    assert ours.sum() == pytest.approx(told.sum(), rel=0.1)


def test_all_authorities_together_meet_the_published_totals(shipped: Headroom) -> None:
    """76, 98, 126 and 215 GW; 85, 177, 366 and 1,848 hours; benchmarks F40 to F43, within 5 %."""
    sums = shipped.totals.set_index(["area_kind", "curtailed_fraction"]).loc[AUTHORITY]

    assert sums["headroom_mw"].tolist() == pytest.approx([76e3, 98e3, 126e3, 215e3], rel=0.05)
    assert sums["hours_per_year"].tolist() == pytest.approx([85, 177, 366, 1848], rel=0.05)
    assert sums["half_kept_fraction"].tolist() == pytest.approx([0.88] * 4, abs=0.04)
    assert sums["load_factor"].tolist() == pytest.approx([0.53] * 4, abs=0.01)


def test_later_hours_are_not_read() -> None:
    """On 1 May 2019 the hours of 2018 are known, those of 2019 and of the regions are not."""
    rows = planner.headroom((0.01,), as_of=date(2019, 5, 1)).areas

    assert set(rows["last_year"]) == {2018}
    assert set(rows["area_kind"]) == {AUTHORITY}


def test_a_share_outside_its_range_and_a_day_without_hours_are_refused() -> None:
    """One line each, with the value and what to do."""
    with pytest.raises(DataError, match=r"^curtailed share is 1.5; it must lie between 0 and 1\.$"):
        planner.headroom((0.005, 1.5))
    with pytest.raises(DataError, match="its hours begin on 2017-01-31: choose a later as-of"):
        planner.headroom(as_of=date(2016, 5, 1))
    with pytest.raises(DataError, match="grid india holds no hourly load"):
        planner.headroom(grids=("india",))


def test_the_command_prints_writes_and_refuses(tmp_path: Path) -> None:
    """The same columns as JSON and in the file; a share needs its percent sign."""
    run = RUN.invoke(
        app,
        ["headroom", "--curtailment", "0.5%", "--by", "ba", "--region", "TVA", "--format", "json",
         "--out", str(tmp_path)],
    )  # fmt: skip
    (row,) = json.loads(run.stdout)
    written = pd.read_csv(tmp_path / "headroom.csv")
    wrong = RUN.invoke(app, ["headroom", "--curtailment", "0.5"])

    assert row["headroom_mw"] == pytest.approx(written["headroom_mw"].item())
    assert list(row) == list(written.columns)
    assert "wrote" in run.stderr
    assert wrong.exit_code == 2
    assert wrong.stderr == (
        "planner: --curtailment is '0.5'; write a share above 0% and below 100%, for example"
        " 0.5%.\n"
    )


def test_the_screen_fits_and_says_which_years(shipped: Headroom) -> None:
    """At most 100 columns; the regions are those of one year."""
    text = headroom_report.screen(shipped, "table")

    assert max(len(line) for line in text.splitlines()) <= 100
    assert "by balancing authority, hours of 2016 to 2024" in text
    assert "by region, hours of 2024 only" in text
    assert "…" not in text


@pytest.mark.skipif(not SERIES.is_file(), reason="the publisher's series is not here")
def test_the_shipped_levels_are_those_of_the_publishers_hours() -> None:
    """Southern Company, 2021 to 2024: the same peaks, and headroom within 0.5 % of the hours."""
    hours = us_hourly.despiked(us_hourly.cleaned(SERIES))
    load = us_hourly.local(hours, -6)["load_mw"]["2021":]
    rows = curtailment.read("us", DAY)["balancing_levels"]
    rows = rows[(rows["balancing_authority"] == "SOCO") & (rows["year"] >= 2021)]

    peaks = load.groupby(pd.DatetimeIndex(load.index).year).max()
    assert rows.groupby("year")["level_mw"].max().tolist() == peaks.tolist()
    for row in curtailment.area_rows(rows, SHARES):
        share = float(str(row["curtailed_fraction"]))
        assert row["headroom_mw"] == pytest.approx(hourly_headroom(load, share), rel=0.005)


# --- screening -----------------------------------------------------------------------------------


def test_a_total_far_from_its_parts_is_replaced_with_the_hours_around_it() -> None:
    """Parts of 100 and a total of 102 MW; 118 and 113 are a fault, 108 alone is not, nor 103."""
    times = pd.date_range("2024-03-01", periods=240, freq="h")
    parts = pd.Series(100.0, index=times)
    total = pd.Series(102.0, index=times)
    total.iloc[100:103] = [109.0, 118.0, 113.0]
    total.iloc[150] = 108.0
    total.iloc[200] = np.nan

    found = us_hourly.against(total, parts)

    assert found["replaced"].to_numpy().nonzero()[0].tolist() == [100, 101, 102, 200]
    assert found["load_mw"].iloc[[100, 101, 102, 200]].tolist() == [102.0] * 4
    assert found["load_mw"].iloc[150] == 108


def test_an_hour_far_above_both_beside_it_has_their_mean() -> None:
    """120 between 100 and 104 is 102; 108 between 100 and 99 stays."""
    times = pd.date_range("2024-03-01", periods=6, freq="h")
    series = pd.DataFrame(
        {"load_mw": [100.0, 120.0, 104.0, 100.0, 108.0, 99.0], "replaced": False}, index=times
    )

    found = us_hourly.despiked(series)

    assert found["load_mw"].tolist() == [100, 102, 104, 100, 108, 99]
    assert found["replaced"].tolist() == [False, True, False, False, False, False]


def test_hours_are_placed_in_local_standard_time_by_their_beginning() -> None:
    """The hour that ends at 06:00 UTC on 1 January begins at midnight in New York (-5)."""
    times = pd.date_range("2016-01-01 04:00", periods=4, freq="h")
    series = pd.DataFrame({"load_mw": 1.0, "replaced": False}, index=times)

    found = us_hourly.local(series, -5)

    assert found.index.tolist() == [pd.Timestamp("2016-01-01 00:00"), pd.Timestamp("2016-01-01 01")]


def test_the_page_is_the_one_that_the_table_gives(shipped: Headroom) -> None:
    """Run `python tests/headroom_page.py` after the pack has changed."""
    if published() is None:
        pytest.skip("the published table is not here")

    assert PAGE.read_text(encoding="utf-8") == page(shipped)
