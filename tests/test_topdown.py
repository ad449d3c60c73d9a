"""Sites against published totals of datacenters: hand arithmetic, vintages, the command."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pytest
import tiny
from typer.testing import CliRunner

import planner
from planner import topdown, topdown_report
from planner.cli import app

if TYPE_CHECKING:
    from planner.case import Case
    from planner.topdown import TopDown

RUN: Final = CliRunner()
TODAY: Final = date(2026, 11, 22)
TWH_PER_GW: Final = 8.76  # at a load factor of 1


def us(name: str, **given: Any) -> dict[str, Any]:
    return tiny.site(name, country="US", **given)


def three_sites(**assumptions: Any) -> Case:
    """1,000 MW due in March 2028, 400 MW with a history, and an old site of 100 MW.

    The history: 50 MW in 2023 and 250 MW in June 2025, where 400 MW operate in all.
    """
    phase = {"site": "grown", "date_basis": "observed", "status": "operational"}
    return tiny.case(
        us("new", facility_mw=1000, full_power_date="2028-03-31", status="announced"),
        us("grown", facility_mw=400, operating_mw=400, status="operating"),
        us("old", facility_mw=100, operating_mw=100, status="operating"),
        phases=(
            {**phase, "phase": "1", "facility_mw": 50, "target_date": "2023-03-01"},
            {**phase, "phase": "2", "facility_mw": 250, "target_date": "2025-06-01"},
        ),
        **{"as_of": TODAY, "horizon_years": 5, **assumptions},
    )


@pytest.fixture(scope="module")
def shipped() -> TopDown:
    """The shipped sites, without solving."""
    return topdown.compare(planner.load_case(as_of=TODAY))


def row(found: TopDown, benchmark: str) -> pd.Series:
    return found.rows.set_index("benchmark").loc[benchmark]


def test_sites_are_summed_by_the_end_of_september() -> None:
    """100 MW of unknown age and 100 of the grown site without a phase are old: 250 in 2024.

    250 MW came in June 2025; 1,000 MW are announced for March 2028, half of it expected, 200 days
    later: in October 2028, so by September 2029.
    """
    table = topdown.years(three_sites())
    us_rows = table[table["area"] == "US"].set_index("year")

    assert us_rows.loc[[2022, 2024, 2025, 2027, 2028], "listed_mw"].tolist() == [
        200, 250, 500, 500, 1500,
    ]  # fmt: skip
    assert us_rows.loc[[2024, 2025, 2027, 2028], "added_mw"].tolist() == [0, 250, 250, 1250]
    assert us_rows.loc[[2028, 2029], "expected_mw"].tolist() == [250, 750]
    assert (table[table["area"] == "India"]["listed_mw"] == 0).all()


def test_load_factor_and_share_are_those_that_meet_the_figure() -> None:
    """325 to 580 TWh less 192 are 133 to 388, in the middle 260.5, to be met by 40 GW.

    At full realisation the load factor is 260.5 / (40 x 8.76) = 0.743. At a load factor of 0.9 the
    low end needs 133 / (40 x 7.884) = 0.42 of the 40 GW, at 0.5 the high end 388 / 175.2 = 2.21.
    """
    gw = {"announced": 40.0, "expected": 20.0, "powered": 10.0}
    nan = float("nan")

    found = topdown.reconciled("TWh", [325.0, nan, 580.0], (192.0, 192.0), gw, (0.5, 0.9))

    assert found["added_mid"] == pytest.approx(260.5)
    assert found["load_factor_announced"] == pytest.approx(260.5 / (40 * TWH_PER_GW))
    assert found["load_factor_expected"] == pytest.approx(260.5 / (20 * TWH_PER_GW))
    assert found["realised_low"] == pytest.approx(133 / (40 * TWH_PER_GW * 0.9))
    assert found["realised_high"] == pytest.approx(388 / (40 * TWH_PER_GW * 0.5))
    assert found["ours_low"] == pytest.approx(192 + 175.2)
    assert found["finding"] == "agrees"


def test_gigawatts_are_compared_as_they_stand() -> None:
    """65 to 90 GW of growth against 50 announced: 1.3 to 1.8 times as much; no load factor."""
    gw = {"announced": 50.0, "expected": 40.0, "powered": 30.0}

    found = topdown.reconciled("GW", [65.0, float("nan"), 90.0], (0.0, 0.0), gw, (0.5, 0.9))

    assert (found["realised_low"], found["realised_high"]) == pytest.approx((1.3, 1.8))
    assert pd.isna(found["load_factor_announced"])
    assert found["finding"] == "below"


def test_the_total_of_2028_starts_from_what_was_measured_in_2024(shipped: TopDown) -> None:
    """LBNL: 192 TWh in 2024; 325 to 580 TWh in 2028 are 133 to 388 more. F02 and F03."""
    found = row(shipped, "F02")

    assert found[["base", "added_low", "added_high"]].tolist() == [192, 133, 388]
    scale = found["announced_gw"] * TWH_PER_GW
    assert found["load_factor_announced"] == pytest.approx(260.5 / scale)
    assert found["ours_low"] == pytest.approx(192 + scale * shipped.load_factors[0])


def test_a_document_with_a_figure_of_its_own_for_the_base_year_keeps_it(shipped: TopDown) -> None:
    """EPRI: 184 TWh and 21.5 GW in 2024, so 412 TWh and 49.2 GW more in the middle of 2030."""
    assert row(shipped, "D05")["added_mid"] == pytest.approx(596 - 184)
    assert row(shipped, "D09")["added_mid"] == pytest.approx(70.7 - 21.5)


def test_gigawatts_without_a_base_start_from_the_measured_energy(shipped: TopDown) -> None:
    """192 TWh are 21.92 GW on average: 24.4 to 43.7 GW at load factors of 0.9 to 0.502."""
    low, high = shipped.load_factors
    mean = 192 / TWH_PER_GW

    assert row(shipped, "F18")["base"] == pytest.approx((mean / low + mean / high) / 2)


def test_a_growth_counts_from_its_own_year(shipped: TopDown) -> None:
    """Grid Strategies counts from 2025: sites added by 2030 less those of 2025."""
    sites = shipped.years[shipped.years["area"] == "US"].set_index("year")["added_mw"]

    assert row(shipped, "D12")["announced_gw"] == pytest.approx((sites[2030] - sites[2025]) / 1000)


def test_a_measured_figure_says_how_much_of_it_the_list_holds(shipped: TopDown) -> None:
    """176 TWh in 2023: the listed gigawatts of 2023 at both load factors, over 176."""
    sites = shipped.years[shipped.years["area"] == "US"].set_index("year")["listed_mw"]
    found = row(shipped, "F01")

    for end, factor in zip(("low", "high"), shipped.load_factors, strict=True):
        share = sites[2023] / 1000 * TWH_PER_GW * factor / 176
        assert found[f"listed_share_{end}"] == pytest.approx(share)
    assert pd.isna(found["realised_low"])


def test_the_published_totals_of_every_house_are_there(shipped: TopDown) -> None:
    """LBNL, EPRI, IEA and Grid Strategies; 2023, 2028 and 2030."""
    sources = " ".join(shipped.rows["source"])

    assert all(house in sources for house in ("lbnl", "epri", "iea", "grid-strategies"))
    assert {2023, 2028, 2030} <= set(shipped.rows.loc[shipped.rows["area"] == "US", "year"])


def test_totals_published_later_are_not_read() -> None:
    """In June 2025 LBNL's update of 2026 is unknown: 2028 starts from the 176 TWh of 2023."""
    found = topdown.compare(three_sites(as_of=date(2025, 6, 30)))

    assert (found.rows["known_on"] <= pd.Timestamp("2025-06-30")).all()
    assert row(found, "F02")["base"] == 176


def test_the_screen_fits_and_ends_with_what_the_words_mean(shipped: TopDown) -> None:
    """At most 100 columns, nothing cut off."""
    text = topdown_report.screen(shipped, area=None, name=None, style="table")

    assert max(len(line) for line in text.splitlines()) <= 100
    assert "…" not in text
    assert text.endswith("As of 2026-11-22.")


def test_the_command_gives_csv_of_one_area() -> None:
    """The columns of the table; no total of another area with --area."""
    rows = RUN.invoke(app, ["topdown", "--sites-only", "--area", "US", "--format", "csv"]).stdout

    assert rows.splitlines()[0].split(",") == list(topdown.ROWS)
    assert {line.split(",")[0] for line in rows.splitlines()[1:]} == {"US"}
