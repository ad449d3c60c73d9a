"""The packs of pledges and financings: totals, classes, documents, dates, and their rebuild."""

import csv
import importlib
from pathlib import Path
from typing import Final

import pandas as pd
import pytest

from planner import packs
from planner.schema_ledger import FINANCING_TABLES, PLEDGE_TABLES

ROOT: Final = Path(__file__).resolve().parents[1]
REFERENCE: Final = ROOT.parent / "shared" / "reference"


def read(pack: str, name: str) -> pd.DataFrame:
    return pd.read_csv(ROOT / "sites" / pack / f"{name}.csv")


def test_every_row_of_the_reference_is_a_pledge_or_a_financing() -> None:
    """The source lists 81 pledges and 33 financings; two leases named in its notes are added."""
    assert len(read("pledges", "pledges")) == 81
    assert len(read("financing", "financing")) == 33 + 2


def test_both_packs_are_valid() -> None:
    """Types, limits, keys and documents, as the loader checks them."""
    for pack, tables in (("pledges", PLEDGE_TABLES), ("financing", FINANCING_TABLES)):
        found = packs.read(packs.shelf("sites") / pack, tables)

        assert set(found) == {table.name for table in tables}
        assert all(len(frame) for frame in found.values())


def test_only_gigawatts_of_load_count() -> None:
    """27 rows are pledges of load, one of them dropped; queues alone would add 51 + 438 + 226."""
    rows = read("pledges", "pledges")
    loads = rows[rows["kind"] == "load"]
    queues = rows[rows["kind"] == "queue"]

    assert len(loads) == 27
    assert loads["mw"].notna().all()
    assert set(loads["mw_basis"]) <= {"it", "facility", "compute", "not_stated"}
    assert queues["mw"].sum() == pytest.approx(51_000 + 438_000 + 226_000 + 11_000)


def test_a_unit_value_is_no_gigawatt() -> None:
    """The reference writes 1 GW for "35 billion per gigawatt": it keeps dollars, not megawatts."""
    row = read("pledges", "pledges").set_index("pledge").loc["nvidia_35bn_per_gw"]

    assert pd.isna(row["mw"])
    assert row["usd_bn"] == 35


@pytest.mark.parametrize(
    ("financing", "usd_bn", "spread"),
    [
        ("vantage_texas_23_25", 23.25, 250),
        ("vantage_wisconsin_14_75", 14.75, 250),
        ("jupiter_18", 18.0, 250),
        ("hyperion_27", 27.0, 225),
    ],
)
def test_named_facilities_carry_their_amount_and_spread(
    financing: str, usd_bn: float, spread: float
) -> None:
    """Bloomberg on 24 October and 7 November 2025; 225 basis points over Treasuries."""
    row = read("financing", "financing").set_index("financing").loc[financing]

    assert (row["usd_bn"], row["spread_basis_points"]) == (usd_bn, spread)


def test_what_was_said_later_is_not_known_at_first() -> None:
    """Stargate is active on the day of its announcement; that it was revised came later."""
    rows = read("pledges", "states").query("pledge == 'stargate_500bn'").sort_values("known_on")

    assert rows["state"].tolist() == ["active", "revised"]
    assert rows["known_on"].tolist() == ["2025-01-21", "2026-06-02"]


def test_every_overlap_of_the_reference_with_a_site_is_decided() -> None:
    """A site that the reference names for a pledge of load is located, shared or separate."""
    if not REFERENCE.is_dir():
        pytest.skip("the reference tables are not beside the checkout")
    given = pd.read_csv(REFERENCE / "projects" / "pledges.csv").set_index("pledge_id")
    sites = set(read("announced", "sites")["site"])
    loads = read("pledges", "pledges").query("kind == 'load'")["pledge"]
    rows = read("pledges", "overlaps")
    decided = set(zip(rows["pledge"], rows["other"], strict=True))
    words = given["overlaps_with"].fillna("")
    named = {
        (pledge, part.split(" ")[0])
        for pledge in loads
        for part in (piece.strip() for piece in str(words[pledge]).split(";"))
        if part.split(" ")[0] in sites
    }
    shared = {pair for pair in named if pair[0].startswith("openai_nvidia")}  # by its program

    assert named - shared - decided == set()


@pytest.mark.parametrize("pack", ["pledges", "financing"])
def test_every_document_is_listed_and_cited(pack: str) -> None:
    """A source of a row is a key of sources.csv, and each key is the source of something."""
    listed = set(read(pack, "sources")["source"])
    cited: set[str] = set()
    for file in (ROOT / "sites" / pack).glob("*.csv"):
        frame = pd.read_csv(file, dtype=str)
        for column in ("source", "also", "evidence_source"):
            if column in frame and file.stem != "sources":
                cited |= {key for keys in frame[column].dropna() for key in keys.split(";")}

    assert cited == listed


def test_every_figure_of_the_founding_articles_has_a_claim() -> None:
    """Each row that an article is named for has one figure or more on the page."""
    rows = read("pledges", "pledges")
    named = set(rows.loc[rows["articles"].notna(), "pledge"])
    funded = read("financing", "financing")
    words = funded["also"].fillna("") + funded["source"] + funded["note"].fillna("")
    named |= set(funded.loc[words.str.contains("article-00|[Ss]eed"), "financing"])
    twice = {"google_india_15", "aligned_40", "meta_600bn"}  # the same figure as another row

    assert named - set(read("pledges", "claims")["row"]) <= twice


def test_financings_and_overlaps_name_sites_that_exist() -> None:
    """Empty for what is tied to no site; Crane is a plant, not a site."""
    sites = set(read("announced", "sites")["site"])
    funded = set(read("financing", "financing")["site"].dropna())
    overlaps = read("pledges", "overlaps").query("other_kind == 'site'")

    assert funded - sites == {"us-pa-crane-tmi1"}
    assert set(overlaps["other"]) <= sites


@pytest.mark.skipif(
    not REFERENCE.is_dir(), reason="the reference tables are not beside the checkout"
)
def test_the_packs_are_what_their_builder_writes(tmp_path: Path) -> None:
    """Rebuilt from the reference, every table is the same to the byte."""
    builder = importlib.import_module("planner.sources.pledges")

    builder.save(builder.tables(REFERENCE), tmp_path)

    for pack in ("pledges", "financing"):
        for path in sorted((ROOT / "sites" / pack).glob("*.csv")):
            assert (tmp_path / pack / path.name).read_bytes() == path.read_bytes(), path.name


def test_curated_rows_are_rows_of_the_reference() -> None:
    """A class for every pledge and financing, and none too many."""
    for pack, key in (("pledges", "pledge"), ("financing", "financing")):
        with (ROOT / "sites" / pack / "curated" / "classes.csv").open(encoding="utf-8") as file:
            classed = {row[key] for row in csv.DictReader(file)}

        assert classed == set(read(pack, pack)[key])
