"""Published totals against the packs, and the page that shows them."""

from __future__ import annotations

import pytest
import totals

TOTALS = totals.totals()


@pytest.mark.parametrize("total", TOTALS, ids=[total.what for total in TOTALS])
def test_a_pack_adds_up_to_what_is_published(total: totals.Total) -> None:
    """Within what is allowed for the reason that the page states."""
    assert total.why
    assert abs(total.deviation) <= total.allowed


def test_the_allowances_are_not_wider_than_they_need_be() -> None:
    """An allowance is at most 2 points of a percent, or half, above the deviation it is for."""
    wide = [
        t.what for t in TOTALS if t.allowed > max(abs(t.deviation) * 1.5, abs(t.deviation) + 0.02)
    ]

    assert wide == []


@pytest.mark.parametrize(
    ("what", "gw"),
    [
        ("summer capacity, end of 2024", 1201),
        ("nameplate, end of 2024", 1281),
        ("peak of PJM, 2024", 152.8),
        ("peak of ERCOT, 2024", 85.5),
        ("peak of the Dominion zone, 2024", 22.54),
        ("installed, 31 March 2026", 532.7),
    ],
)
def test_the_sums_of_the_packs_are_the_known_ones(what: str, gw: float) -> None:
    """Method notes of the zone and capacity tables; NITI Aayog for India."""
    found = next(total for total in TOTALS if total.what == what)

    assert found.gw == pytest.approx(gw, rel=1e-3)


@pytest.mark.parametrize(
    ("what", "published_gw"),
    [
        ("nameplate, end of 2024", 1291),
        ("peak of PJM, 2024", 151.816),
        ("peak of ERCOT, 2024", 85.559),
        ("peak of the Dominion zone, 2024", 23.22),
        ("installed, 31 March 2026", 532.69),
        ("peak met of FY2024-25 (30 May 2024) against the summer of 2025", 250.07),
    ],
)
def test_the_published_figures_are_cited_right(what: str, published_gw: float) -> None:
    """EIA-860M, EIA-930 and PJM for 2024; NITI Aayog and Grid Controller of India."""
    found = next(total for total in TOTALS if total.what == what)

    assert found.published_gw == pytest.approx(published_gw, rel=1e-4)


def test_the_page_is_up_to_date() -> None:
    """`python tests/totals.py` writes it."""
    assert totals.PAGE.read_text("utf-8") == totals.page()
