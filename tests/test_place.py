"""Another place for a load, by hand."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from tiny import case, lead_time, remedy, site

from planner import place
from planner.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

HEAD = 1.1


def ranked(*sites: dict[str, Any], mw: float = 80.0, **given: Any) -> pd.DataFrame:
    """The ranking of a question, by area."""
    options = {key: given.pop(key) for key in ("near", "allow") if key in given}
    day = given.pop("by", date(2028, 6, 30))
    sites = sites or (site("none", status="cancelled"),)
    rows = place.rank(case(*sites, **given), mw=mw, by=day, **options)
    return rows.set_index("area")


def test_a_region_has_its_own_room_and_what_the_line_brings() -> None:
    """NORTH (100 + 50) / 1.1 = 136, SOUTH (110 + 50) / 1.1 = 145."""
    rows = ranked(site("a", facility_mw=None))

    assert rows.loc["NORTH", "headroom_mw"] == pytest.approx(150 / HEAD, abs=1e-2)
    assert rows.loc["SOUTH", "headroom_mw"] == pytest.approx(160 / HEAD, abs=1e-2)
    assert rows["verdict"].drop("CITY").tolist() == ["on time", "on time"]


def test_an_announced_site_comes_first_and_the_displaced_megawatts_are_told() -> None:
    """100 MW in NORTH leave 36; a load of 80 put first would take 44 of them."""
    rows = ranked(site("a"), by=date(2028, 1, 31))

    assert rows.loc["NORTH", "powered_mw"] == pytest.approx(150 / HEAD - 100, abs=1e-2)
    assert rows.loc["NORTH", "displaced_mw"] == pytest.approx(180 - 150 / HEAD, abs=1e-2)
    assert rows.loc["NORTH", "verdict"] == "no room"
    assert rows.index[0] == "SOUTH"


def test_a_lead_time_puts_the_connection_off() -> None:
    """Requested on 22 November 2026, 24 months: November 2028, winter 2029."""
    rule = lead_time(24)
    row = ranked(connection=(rule,)).loc["NORTH"]

    assert (row["verdict"], row["in_full_from"]) == ("room, connects later", "2029-winter")
    assert f"{row['connection_ready']:%Y-%m-%d}" == "2028-11-22"


def test_a_pocket_has_no_more_than_its_room() -> None:
    """60 MW of room in CITY, 136 around it."""
    limits = tuple(
        {"pocket": "CITY", "quantity": "import_limit", "year": 2025, "season": season, "mw": 60}
        for season in ("winter", "summer")
    )
    rows = ranked(delivery=limits)

    assert rows.loc["CITY", "powered_mw"] == pytest.approx(60, abs=1e-2)
    assert bool(rows.loc["CITY", "delivery_tested"])


def test_remedies_count_where_they_are_allowed() -> None:
    """70 MW over own engines do not help a load without a site; a plant would."""
    plain = ranked(mw=200.0)
    more = ranked(
        mw=200.0,
        allow=("remedies",),
        remedies=(remedy("turbine"),),
        candidates=(
            {
                "region": "NORTH",
                "remedy": "turbine",
                "potential_mw": 100,
                "completion_fraction": 1.0,
            },
        ),
    )

    assert plain.loc["NORTH", "verdict"] == "no room"
    assert more.loc["NORTH", "headroom_mw"] == pytest.approx(250 / HEAD, abs=1e-2)


def test_near_keeps_a_state_and_its_neighbours_or_says_there_is_none() -> None:
    """SOUTH is linked to NORTH; WEST is nowhere."""
    assert set(ranked(near="SOUTH").index) == {"NORTH", "SOUTH", "CITY"}
    with pytest.raises(
        DataError, match=r"--near is 'WEST'; no region lies there. Known: NORTH, SOUTH\."
    ):
        ranked(near="WEST")


def test_a_date_outside_the_horizon_is_refused() -> None:
    """The horizon ends with summer 2029."""
    with pytest.raises(DataError, match="it must lie between"):
        place.rank(case(site("a")), mw=10, by=date(2050, 1, 1))
