"""Scenarios: overrides that are checked, and change what they say."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny import case, site

import planner
from planner import report_files, scenario
from planner.errors import DataError, PackError

SHIPPED = Path(__file__).parents[1] / "examples" / "scenarios"


def given(text: str, folder: Path) -> dict[str, object]:
    path = folder / "s.toml"
    path.write_text(text, encoding="utf-8")
    return scenario.read(path)


def test_a_wider_line_powers_the_site(tmp_path: Path) -> None:
    """170 MW need 187; 100 own and 87 over a line of 90."""
    question = case(site("a", facility_mw=170.0))
    text = '[[change]]\ntable = "links"\nset = { forward_mw = 90, reverse_mw = 90 }\n'
    changed = scenario.apply(question, given(text, tmp_path))

    assert planner.check(question).sites["verdict"].tolist() == ["not before the horizon"]
    assert planner.check(changed).sites["verdict"].tolist() == ["on time"]


def test_a_plant_is_added_with_its_source_named(tmp_path: Path) -> None:
    """100 MW more in NORTH."""
    text = """[[add]]
table = "supply"
[add.row]
region = "NORTH"
technology = "gas_cc"
status = "existing"
online_year = 2026
summer_mw = 100
winter_mw = 100
nameplate_mw = 100
"""
    changed = scenario.apply(case(site("a", facility_mw=200.0)), given(text, tmp_path))

    assert planner.check(changed).sites["verdict"].tolist() == ["on time"]
    assert changed.supply["source"].iloc[-1] == "scenario"


def test_times_and_plus_change_numbers_and_leave_the_case_alone(tmp_path: Path) -> None:
    """Load times 1.1, limit plus 5; the first case keeps its tables."""
    question = case(site("a"))
    text = """[[change]]
table = "load"
where = { region = "NORTH" }
times = { peak_mw = 1.1 }
[[change]]
table = "links"
plus = { forward_mw = 5 }
[assumptions]
allocation = "most"
"""
    changed = scenario.apply(question, given(text, tmp_path))

    assert changed.load["peak_mw"].tolist() == pytest.approx([1100, 1100, 900, 900])
    assert changed.links["forward_mw"].tolist() == [55.0]
    assert changed.assumptions.allocation == "most"
    assert question.load["peak_mw"].tolist() == [1000, 1000, 900, 900]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("titel = 'x'", "s.toml: key 'titel' is unknown; did you mean 'title'?"),
        (
            "[assumptions]\nhorizon = 3",
            "s.toml: assumption 'horizon' is unknown; did you mean 'horizon_years'?",
        ),
        (
            '[[change]]\ntable = "suply"',
            "s.toml, change 1: table 'suply' is unknown; did you mean 'supply'?",
        ),
        (
            '[[change]]\ntable = "links"\nset = { forward = 1 }',
            "s.toml, change 1: links column 'forward' is unknown; did you mean 'forward_mw'?",
        ),
    ],
)
def test_unknown_keys_are_refused_with_a_suggestion(
    text: str, message: str, tmp_path: Path
) -> None:
    """The whole message, after the folder."""
    with pytest.raises(DataError) as caught:
        given(text, tmp_path)

    assert str(caught.value).removeprefix(f"{tmp_path}/") == message


def test_a_change_that_meets_no_row_says_so(tmp_path: Path) -> None:
    """There is no region WEST."""
    text = '[[change]]\ntable = "load"\nwhere = { region = "WEST" }\ntimes = { peak_mw = 2 }\n'
    with pytest.raises(DataError) as caught:
        scenario.apply(case(site("a")), given(text, tmp_path))

    assert str(caught.value) == "change 1: no row of load has region = 'WEST'; check the values."


def test_a_missing_file_and_a_broken_one_are_named(tmp_path: Path) -> None:
    """No traceback for either."""
    with pytest.raises(PackError, match="it cannot be read"):
        scenario.read(tmp_path / "none.toml")
    with pytest.raises(DataError, match="it must be TOML"):
        given("a = = 1", tmp_path)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_scenario_applies_to_the_shipped_packs(path: Path) -> None:
    """Each one changes rows that are there."""
    question = planner.load_case()

    changed = scenario.apply(question, scenario.read(path))

    assert set(report_files.input_rows(changed)) != set(report_files.input_rows(question))
