"""Recipes, notebook and Snakefile run as they stand."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
BLOCKS: Final = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
TITLES: Final = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)


def test_there_are_five_recipes() -> None:
    assert len(TITLES) == 5
    assert len(BLOCKS) == 3


def run(block: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> dict[str, Any]:
    """Run a block in an empty folder and return its names."""
    monkeypatch.chdir(folder)
    room: dict[str, Any] = {"__name__": "recipe"}
    exec(compile(block, "recipes.md", "exec"), room)  # noqa: S102
    return room


def test_the_loop_prints_each_scenario(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """More load leaves less on time; fewer sites ask for less."""
    rows = run(BLOCKS[0], monkeypatch, tmp_path)["rows"]
    plain, more, committed = rows

    assert "committed sites only" in capsys.readouterr().out
    assert more["on_time_mw"] < plain["on_time_mw"]
    assert committed["due_mw"] < plain["due_mw"]


def test_the_program_keeps_to_its_gigawatt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the constraint it is served more in some half-year."""
    room = run(BLOCKS[1], monkeypatch, tmp_path)
    served = [
        plan.served[plan.served["step"].str.contains("stargate")]
        .groupby("period")["served_mw"].sum().max()
        for plan in (room["free"], room["held"])
    ]  # fmt: skip

    assert served[0] > 1000
    assert served[1] == pytest.approx(1000, abs=0.01)
    assert room["held"].breaches.empty


def test_the_answer_lies_in_the_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    plan = run(BLOCKS[2], monkeypatch, tmp_path)["plan"]
    with duckdb.connect("answer.duckdb", read_only=True) as database:
        (count,) = database.execute("select count(*) from sites").fetchone()
        (asked,) = database.execute("select sum(mw) from steps").fetchone()

    assert count == len(plan.sites)
    assert asked == pytest.approx(plan.steps["mw"].sum())


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_the_notebook_runs_and_shows_two_maps(tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient")
    book = nbformat.read(ROOT / "examples" / "04_notebook.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in book.cells)
    client.NotebookClient(
        book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    pictures = [
        output.data["image/png"]
        for cell in book.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]

    assert len(pictures) == 2
    assert pictures[0] != pictures[1]


def rules() -> dict[str, str]:
    """Shell command of each rule of the Snakefile."""
    text = (ROOT / "examples" / "Snakefile").read_text(encoding="utf-8")
    parts = {part.split(":")[0]: part for part in text.split("\nrule ")[1:]}
    shells = {name: re.search(r'shell:\s+"(.+)"', part) for name, part in parts.items()}
    return {name: found[1] for name, found in shells.items() if found}


def test_the_commands_of_the_snakefile_run_in_their_order(tmp_path: Path) -> None:
    """Snakemake asks for an older PuLP and cannot be here, so its rules are run by hand."""
    commands = rules()
    line = commands["check"].replace("{wildcards.grid}", "india").replace("{params.horizon}", "1")
    words = shlex.split(line)
    assert words[0] == "planner"
    done = subprocess.run(
        [sys.executable, "-m", "planner.cli", *words[1:]],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    gather = commands["gather"].replace("{input}", "india/bottlenecks.csv india/bottlenecks.csv")
    subprocess.run(
        ["/bin/sh", "-c", gather.replace("{output}", "bottlenecks.csv")], cwd=tmp_path, check=True
    )
    one = pd.read_csv(tmp_path / "india" / "bottlenecks.csv")

    assert len(pd.read_csv(tmp_path / "bottlenecks.csv")) == 2 * len(one)
