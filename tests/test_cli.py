"""The command line as a user meets it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from typer.testing import CliRunner

import planner
from planner.cli import app
from planner.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

RUN = CliRunner()
COMMANDS = (
    "check",
    "headroom",
    "sites",
    "grids",
    "why",
    "place",
    "compare",
    "ensemble",
    "ledger",
    "map",
    "export",
    "brief",
    "topdown",
)


@pytest.fixture(scope="module")
def wisconsin() -> str:
    """The answer for one state, as text."""
    result = RUN.invoke(app, ["check", "--state", "WI"])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_answer_for_a_state_names_its_sites(wisconsin: str) -> None:
    """Two campuses of Wisconsin have dates; the screen names them and the as-of date."""
    assert "Microsoft Fairwater Wisconsin" in wisconsin
    assert "As of 2026-11-22" in wisconsin
    assert max(len(line) for line in wisconsin.splitlines()) <= 100


def test_a_first_answer_prints_nothing_on_standard_error() -> None:
    """No prompt, no warning."""
    result = RUN.invoke(app, ["check", "--grid", "us", "--horizon", "2"])

    assert (result.exit_code, result.stderr) == (0, "")
    assert "can be powered on time" in result.stdout


def test_fail_late_gives_exit_code_one_and_json_can_be_read() -> None:
    """Wisconsin has a late site within two years."""
    result = RUN.invoke(
        app, ["check", "--state", "WI", "--horizon", "2", "--fail-late", "--format", "json"]
    )
    answer = json.loads(result.stdout)

    assert result.exit_code == 1
    assert {site["state"] for site in answer["sites"]} == {"WI"}
    assert answer["run"]["assumptions"]["stance"] == "announced"


def test_headroom_sites_and_grids_print_tables_of_the_same_columns_in_csv() -> None:
    """The header of the CSV is the header of the table."""
    rows = RUN.invoke(app, ["headroom", "--region", "PJM-DOM", "--year", "2028", "--format", "csv"])
    sites = RUN.invoke(app, ["sites", "--state", "WI", "--format", "csv"])
    grids = RUN.invoke(app, ["grids"])

    assert rows.stdout.splitlines()[0].startswith("region,period,native_mw,requirement_mw")
    assert len(rows.stdout.splitlines()) == 3
    assert "us-wi-stargate-port-washington" in sites.stdout
    assert "india" in grids.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "--state", "Wi"], "--state is 'Wi', which is not there; did you mean WI"),
        (["check", "--as-of", "today"], "--as-of is 'today'; write a day as YYYY-MM-DD."),
        (["check", "--format", "xml"], "--format is 'xml'; choose one of table, csv, json."),
        (
            ["check", "--stance", "hopeful"],
            "stance is 'hopeful'; choose one of announced, expected",
        ),
        (["check", "--grid", "uss"], "no grids pack 'uss' in grids; did you mean 'us'?"),
        (["check", "--sites", "nowhere.csv"], "no file nowhere.csv; check the path."),
        (["check", "--scenario", "nowhere.toml"], "nowhere.toml: it cannot be read"),
        (["why", "us-wi-stargate"], "SITE is 'us-wi-stargate', which is not there; did you mean"),
        (
            ["place", "--mw", "-5", "--by", "2028"],
            "--mw is -5.0; write megawatts of the whole site",
        ),
        (["place", "--mw", "5", "--by", "soon"], "--by is 'soon'; write a day as YYYY-MM-DD."),
    ],
)
def test_bad_arguments_give_one_line_and_exit_code_two(arguments: list[str], message: str) -> None:
    """What was found, and what to do; no traceback."""
    result = RUN.invoke(app, arguments)

    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_every_problem_of_a_users_list_is_told_at_once(tmp_path: Path) -> None:
    """A thousands separator, a swapped point and an impossible date: three lines."""
    path = tmp_path / "own.csv"
    path.write_text(
        "site,name,country,lat,lon,facility_mw,full_power_date\n"
        'a,A,US,43,-88,"1,200",2028-12-31\n'
        "b,B,US,-88,43,100,2028-12-31\n"
        "c,C,US,43,-88,100,2028-13-31\n",
        encoding="utf-8",
    )
    result = RUN.invoke(app, ["check", "--sites", str(path)])

    assert result.exit_code == 2
    assert [f"row {row}" in result.stderr for row in (2, 3, 4)] == [True] * 3
    assert "Traceback" not in result.output


def test_a_users_own_list_is_placed_by_its_coordinates(tmp_path: Path) -> None:
    """A campus near Milwaukee lies in the region of We Energies."""
    path = tmp_path / "own.csv"
    path.write_text(
        "name,country,lat,lon,facility_mw,full_power_date\nMine,US,43.0,-88.0,300,2028-12-31\n",
        encoding="utf-8",
    )
    result = RUN.invoke(app, ["check", "--sites", str(path), "--format", "json"])
    site = json.loads(result.stdout)["sites"][0]

    assert (site["region"], site["how"]) == ("MISO-WEC", "point")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_page_with_an_example(command: str) -> None:
    """Help says what it does and shows one line to copy."""
    result = RUN.invoke(app, [command, "--help"])

    assert result.exit_code == 0
    assert f"Example: planner {command}" in " ".join(result.output.split())


def test_text_is_kept_as_plain_strings_only_while_the_command_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An answer asked from Python afterwards is of the type that its user has chosen."""
    before = pd.get_option("mode.string_storage")
    found = []

    def refused(*_: object, **__: object) -> None:
        found.append(pd.get_option("mode.string_storage"))
        raise DataError(["nothing is read."])

    monkeypatch.setattr(planner, "load_case", refused, raising=False)
    result = RUN.invoke(app, ["check"])

    assert (result.exit_code, found) == (2, ["python"])
    assert pd.get_option("mode.string_storage") == before
