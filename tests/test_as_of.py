"""Facts dated after the day of a question never change its answer."""

from __future__ import annotations

import csv
import random
import shutil
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd
import pytest

import planner
from planner import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.columns import Table

ROOT: Final = Path(__file__).resolve().parents[1]
DAY: Final = date(2026, 9, 30)
LATER: Final = "2026-10-01"
PACKS: Final = {"grids": ("india", schema.GRID_TABLES), "sites": ("announced", schema.SITE_TABLES)}
TABLES: Final = ("sites", "steps", "regions", "bottlenecks", "served")


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packs")
    for kind, (name, _) in PACKS.items():
        shutil.copytree(ROOT / kind / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def before(copies: Path) -> planner.Plan:
    return answered(copies)


def answered(folder: Path) -> planner.Plan:
    return planner.check(planner.load_case(folder / "india", folder / "announced", as_of=DAY))


def dated(folder: Path) -> Iterator[tuple[Path, Table]]:
    """Yield the files whose rows have a day on which they became known."""
    for name, tables in PACKS.values():
        for table in tables:
            path = folder / name / f"{table.name}.csv"
            if "known_on" in table.columns and path.is_file():
                yield path, table


def rewritten(row: dict[str, str], table: Table, draw: random.Random) -> dict[str, str]:
    """Restate a fact on a later day: another number, date or status, the same key."""
    changed = dict(row, known_on=LATER)
    for name, column in table.columns.items():
        if name in {*table.identity, "lat", "lon"} or not row[name]:
            continue
        if column.kind == "number":
            high = column.high if column.high is not None else float("inf")
            changed[name] = f"{min(high, float(row[name]) * draw.uniform(0.5, 1.5)):.3f}"
        elif column.kind == "date":
            changed[name] = f"{2027 + draw.randrange(8)}-06-30"
        elif name == "status":
            changed[name] = draw.choice(column.values)
    return changed


def restate(path: Path, table: Table, draw: random.Random) -> None:
    """Append restated facts to a file."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    by_key = {tuple(row[name] for name in table.key): row for row in rows}
    chosen = draw.sample(list(by_key.values()), min(len(by_key), 5))
    if not chosen:
        return
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writerows(rewritten(row, table, draw) for row in chosen)


@pytest.mark.parametrize("seed", range(3))
def test_facts_of_a_later_day_never_change_an_answer(
    copies: Path, before: planner.Plan, seed: int
) -> None:
    """Five rows of every table restated a day after the question, with other figures."""
    draw = random.Random(seed)  # noqa: S311
    kept = {path: path.read_text(encoding="utf-8") for path, _ in dated(copies)}
    try:
        for path, table in dated(copies):
            restate(path, table, draw)
        after = answered(copies)
    finally:
        for path, text in kept.items():
            path.write_text(text, encoding="utf-8")

    assert len(kept) > 10
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(after, name), getattr(before, name))


def test_the_same_facts_a_day_earlier_do_change_it(copies: Path, before: planner.Plan) -> None:
    """The test above can fail: a peak restated on the day of the question moves the balance."""
    path = copies / "india" / "load.csv"
    text = path.read_text(encoding="utf-8")
    rows = pd.read_csv(path, dtype="str", keep_default_na=False)
    doubled = rows.assign(peak_mw=(rows["peak_mw"].astype(float) * 2).astype("str"))
    doubled["known_on"] = DAY.isoformat()
    try:
        pd.concat([rows, doubled]).drop_duplicates(
            ["scenario", "region", "year", "season", "known_on"], keep="last"
        ).to_csv(path, index=False)
        after = answered(copies)
    finally:
        path.write_text(text, encoding="utf-8")

    assert after.regions["native_mw"].sum() > 1.5 * before.regions["native_mw"].sum()
