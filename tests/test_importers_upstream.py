from __future__ import annotations

from typing import TYPE_CHECKING

import native_upstream as samples
import pandas as pd
import pytest

from planner import packs
from planner.sources import renew

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    samples.upstream() is None, reason="the folder of publishers' files is not beside the checkout"
)
LABEL = [f"{entry.importer} {entry.path}" for entry in samples.READS]


def test_every_file_is_imported_or_listed_with_the_reason_why_not() -> None:
    folder = samples.upstream()
    assert folder is not None
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    read = samples.read_files()

    assert sorted(name for name in files - read if not samples.reason(name)) == []
    assert sorted(name for name in read if samples.reason(name)) == []


def test_every_listed_reason_is_about_a_file_that_is_there() -> None:
    folder = samples.upstream()
    assert folder is not None
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]

    idle = [p for p in samples.NOT_IMPORTED if not any(file.match(p) for file in files)]
    assert idle == []


@pytest.mark.parametrize("entry", samples.READS, ids=LABEL)
def test_every_row_is_used_or_counted_under_a_reason(entry: samples.Read) -> None:
    found = samples.imported(entry)
    lost = found.unused.groupby("file")["rows"].sum()
    rows = found.files.set_index("file")

    assert found.problems == ()
    assert set(lost.index) <= set(rows.index)
    assert (rows["used"] >= 0).all()
    assert (rows["rows"] - rows["used"]).equals(lost.reindex(rows.index, fill_value=0))


@pytest.mark.parametrize("entry", samples.READS, ids=LABEL)
def test_every_fact_names_its_source_and_no_later_day_than_its_edition(
    entry: samples.Read,
) -> None:
    found = samples.imported(entry)
    (source,) = found.tables["sources"]["source"]
    published = found.tables["sources"]["published_on"].iloc[0]
    for name, frame in found.tables.items():
        if name == "sources":
            continue
        assert set(frame["source"]) == {source}
        assert frame["known_on"].notna().all()
        if pd.notna(published):
            assert (frame["known_on"] <= published).all()


def test_the_four_snapshots_of_epoch_have_the_days_of_their_files() -> None:
    found = [samples.imported(entry) for entry in samples.READS if entry.importer == "epoch"]
    days = [f"{one.tables['sources']['published_on'].iloc[0]:%Y-%m-%d}" for one in found]

    assert days == ["2025-12-14", "2026-04-28", "2026-05-23", "2026-08-02"]
    assert [len(one.tables["sites"]) for one in found] == [16, 37, 50, 75]


def test_an_imported_list_is_a_pack_of_sites(tmp_path: Path) -> None:
    for name in ("epoch", "compute_atlas", "im3", "ai_compute_buildout"):
        entry = next(entry for entry in samples.READS if entry.importer == name)
        found = samples.imported(entry)
        renew.written(found, tmp_path / name)
        back = packs.read_sites(tmp_path / name)
        assert len(back["sites"]) == len(found.tables["sites"])


def test_reeds_limits_are_those_of_the_pack_pair_by_pair() -> None:
    """299 interfaces, of which one is given twice with unlike limits: 859.7 and 860.9 MW."""
    ours = samples.pack("us")["links"]
    ours = ours[(ours["source"] == "reeds-limits") & (ours["kind"] == "AC")]
    entry = next(entry for entry in samples.READS if entry.importer == "reeds")
    links = samples.imported(entry).tables["links"]
    links = links[links["kind"] == "AC"]
    both = links.merge(ours, on=["from_region", "to_region"], suffixes=("", "_ours"))

    assert (len(links), len(ours), len(both)) == (299, 299, 299)
    unlike = (both["forward_mw"] - both["forward_mw_ours"]).abs() > 1e-6
    assert both.loc[unlike, ["from_region", "to_region"]].values.tolist() == [
        ["NV-RENO", "NV-LASVEGAS"]
    ]


def test_powergenome_units_are_those_of_the_pack_but_for_its_corrections() -> None:
    """Regions part where the pack corrects the list; 120 of 134 agree within 1 MW."""
    entry = next(entry for entry in samples.READS if entry.importer == "powergenome")
    supply = samples.imported(entry).tables["supply"]
    ours = pd.read_csv(samples.ROOT / "grids" / "us" / "supply.csv")
    ours = ours[ours["source"] == "pgd-units-2025-03"]
    mine = supply.groupby("region")["nameplate_mw"].sum()
    theirs = ours.groupby("region")["nameplate_mw"].sum()
    unlike = (mine - theirs).abs() > 1

    assert (len(mine), int((~unlike).sum())) == (134, 120)
    assert set(unlike[unlike].index) >= {"PJM-DOM", "NV-LASVEGAS", "ISONE-MA"}


def test_sums_are_those_of_others_within_what_is_allowed() -> None:
    totals = samples.totals()

    assert len(totals) > 8
    assert [total for total in totals if abs(total.deviation) > total.allowed] == []


def test_the_page_is_up_to_date() -> None:
    assert samples.PAGE.read_text(encoding="utf-8") == samples.page(), (
        "run `python tests/native_upstream.py`"
    )
