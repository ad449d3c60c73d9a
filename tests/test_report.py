"""What a plan looks like as text and as files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from tiny import candidate, case, remedy, site

import planner
from planner import compare, ladder, report, report_files, why
from planner.errors import PackError

if TYPE_CHECKING:
    from pathlib import Path


def test_the_first_screen_fits_100_columns_and_says_what_matters() -> None:
    """One late site of 200 MW, one that is not assessable."""
    plan = planner.check(case(site("a", facility_mw=200.0), site("b", status="paused")))
    text = report.screen(plan)

    assert max(len(line) for line in text.splitlines()) <= report.WIDTH
    assert text.startswith("0.1 of 0.2 GW with a date (68%) can be powered on time")
    for told in ("NORTH", "import", "paused", "As of 2026-11-22", "stance announced", "high"):
        assert told in text


def test_a_site_name_cannot_reach_the_terminal_as_control_characters() -> None:
    """Escape sequences are shown as question marks, markup as it is."""
    plan = planner.check(case(site("a", facility_mw=300.0, name="\x1b[31mred[/] [b]x")))

    assert "\x1b" not in report.screen(plan)
    assert "?[31mred" in report.screen(plan)


def test_a_run_is_written_with_its_record_and_nothing_half_done(tmp_path: Path) -> None:
    """Six tables, the rows they stand on and the record; no temporary file is left."""
    plan = planner.check(case(site("a")))
    report_files.write(plan, tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))

    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "sites.csv",
        "steps.csv",
        "regions.csv",
        "bottlenecks.csv",
        "by_year.csv",
        "served.csv",
        "flows.csv",
        "run.json",
        "inputs.txt.gz",
    }
    assert record["assumptions"]["allocation"] == "queue"
    assert set(record["versions"]) == set(report_files.PACKAGES)
    assert pd.read_csv(tmp_path / "run" / "sites.csv")["verdict"].tolist() == ["on time"]


def test_the_same_question_gives_the_same_bytes(tmp_path: Path) -> None:
    """Written twice, compared file by file."""
    for name in ("one", "two"):
        report_files.write(planner.check(case(site("a", facility_mw=200.0))), tmp_path / name)
    one = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    two = {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}

    assert one == two


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "run").write_text("here", encoding="utf-8")
    with pytest.raises(PackError, match="choose a folder that can be written"):
        report_files.write(planner.check(case(site("a"))), tmp_path / "run")


def test_compare_names_the_sites_that_moved_and_the_inputs(tmp_path: Path) -> None:
    """A line of 50 MW against one of 90: the site of 170 MW is on time, by all of the horizon."""
    early = site("b", facility_mw=5.0, announced_on="2020-01-01")
    report_files.write(planner.check(case(site("a", facility_mw=170.0), early)), tmp_path / "old")
    new = case(site("a", facility_mw=170.0), early, link_mw=100.0, pue=1.2)
    report_files.write(planner.check(new), tmp_path / "new")
    moved, inputs = compare.runs(tmp_path / "old", tmp_path / "new")

    assert moved["site"].tolist() == ["a"]
    assert moved["mw"].tolist() == pytest.approx([175 - 150 / 1.1], abs=1e-2)
    assert "assumptions: pue" in inputs["input"].tolist()
    assert any(row.startswith("links: NORTH,SOUTH,AC") for row in inputs["after"])


def test_compare_needs_two_runs(tmp_path: Path) -> None:
    """An empty folder is not a run."""
    with pytest.raises(PackError, match=r"no sites\.csv and run\.json and inputs\.txt\.gz"):
        compare.runs(tmp_path, tmp_path)


def test_why_tells_promise_curve_limits_remedies_facts_and_what_is_untested() -> None:
    """The page of a site of 200 MW that a turbine makes on time."""
    climbed = ladder.climb(
        case(
            site("a", facility_mw=200.0),
            remedies=(remedy("turbine"),),
            candidates=(candidate("turbine"),),
        ).but(
            sources=pd.DataFrame(
                [
                    {
                        "source": "test",
                        "publisher": "Test",
                        "document": "Doc",
                        "published_on": pd.Timestamp("2024-01-01"),
                        "address": None,
                        "licence": "x",
                        "confidence": "high",
                    }
                ]
            )
        )
    )
    page = why.page(climbed, "a")
    text = why.text(page)

    assert page["verdict"]["verdict"] == "on time with remedies"
    assert page["remedies"]["for_this_site"][0]["mw"] == pytest.approx(70, abs=0.1)
    assert page["limits"]["cause"] == "import"
    assert {fact["fact"] for fact in page["facts"]} >= {"site", "load forecast", "supply"}
    assert max(len(line) for line in text.splitlines()) <= why.WIDTH
    for told in ("Promise", "Powered", "binding", "turbine@NORTH", "Not tested", "Facts"):
        assert told in text
    json.dumps(page)
