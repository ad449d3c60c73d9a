"""The one chart on the ledger: what of each program is powered."""

from __future__ import annotations

import pytest

import planner
from planner import charts_ledger, ledger, maps
from planner.errors import PlannerError


@pytest.fixture(scope="module")
def books() -> ledger.Ledger:
    return ledger.build(planner.check(planner.load_case()))


def test_the_parts_of_a_program_are_those_of_the_ledger(books: ledger.Ledger) -> None:
    """Stargate: operating, on time, late and without a place, megawatts over 1000."""
    table = charts_ledger.powered_table(books).set_index("program")
    row = books.programs.set_index("program").loc["stargate"]

    assert table.loc["stargate", "late_gw"] == pytest.approx(row["late_mw"] / 1000)
    assert table.loc["stargate", "on_time_gw"] == pytest.approx(row["on_time_mw"] / 1000)
    assert set(charts_ledger.SHOWN) == set(table.index)


def test_the_chart_is_the_same_picture_every_time(books: ledger.Ledger) -> None:
    """PNG bytes, twice."""
    one, two = (maps.picture(charts_ledger.powered(books)) for _ in range(2))

    assert one == two
    assert one.startswith(b"\x89PNG")


def test_a_ledger_without_a_plan_is_refused(books: ledger.Ledger) -> None:
    """Pledges alone do not say what is powered."""
    with pytest.raises(PlannerError, match="build it from an answer"):
        charts_ledger.powered_table(ledger.reconcile(books.case))
