"""What each publisher's file in the folder of samples gives, and why some are not imported.

Run `python tests/native_upstream.py` after an importer has changed; it writes docs/importers.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from planner import packs, schema
from planner.sources import importers, native, native_grid, publishers

if TYPE_CHECKING:
    from planner.sources.native import Imported

ROOT: Final = Path(__file__).resolve().parents[1]
UPSTREAM: Final = ROOT.parent / "shared" / "upstream"
PAGE: Final = ROOT / "docs" / "importers.md"


@dataclass(frozen=True)
class Read:
    """One importer, the folder or file it is given, and the pack whose regions it uses."""

    importer: str
    path: str
    grid: str = ""


READS: Final = (
    Read("ai_compute_buildout", "ai_compute_buildout"),
    Read("compute_atlas", "compute_atlas"),
    Read("eia930", "eia930_cleaned"),
    Read("electricitymaps", "electricitymaps"),
    Read("electricitymaps", "electricitymaps_config"),
    Read("epoch", "epoch_ai_data_centers/data_centers_2025-12.csv"),
    Read("epoch", "epoch_ai_data_centers/data_centers_2026-04.csv"),
    Read("epoch", "epoch_ai_data_centers/data_centers_2026-05.csv"),
    Read("epoch", "epoch_ai_data_centers/data_centers_2026-08.csv"),
    Read("gppd", "gppd"),
    Read("gridops", "gridops_example"),
    Read("im3", "im3_datacenter_atlas"),
    Read("lbnl_queue", "reeds", "us"),
    Read("powergenome", "powergenome_data", "us"),
    Read("powersimdata", "powersimdata_usa_tamu"),
    Read("pypsa_eur", "pypsa_eur_transmission"),
    Read("reeds", "reeds", "us"),
    Read("us_atlas", "us_atlas"),
)
NOT_IMPORTED: Final = {
    "*/README.md": "says what the folder is",
    "*/LICENSE*.txt": "terms of use",
    "eia930_cleaned/balancing_authority_acronyms.csv": "names of codes, no figure",
    "reeds/inputs/fuelprices/*.csv": "no table holds prices of fuel; costs of energy are not asked",
    "reeds/inputs/plant_characteristics/*.csv": (
        "remedies quote costs, lives and outages from sources of their own; technologies of the"
        " model are finer than ours"
    ),
    "reeds/inputs/financials/construction_times_default.csv": (
        "lead times of remedies are quoted from orders and projects, not from a model"
    ),
    "reeds/inputs/financials/financials_sys_ATB2024.csv": "rates are an assumption of ours",
    "reeds/inputs/transmission/b2b_converters.csv": (
        "places of the ties whose megawatts zones/z134/b2b.csv gives between zones"
    ),
    "reeds/inputs/transmission/conductor_dc.csv": "new lines of direct current are no remedy",
    "reeds/inputs/transmission/dollaryear.csv": "year of the prices, written in the importer",
    "reeds/inputs/disaggregation/county_state_lpf.csv": (
        "shares of counties; load by region comes from measured series"
    ),
    "reeds/inputs/zones/state_groups.csv": "groups of states that no table asks for",
    "reeds/inputs/zones/z134/interfaces_transgrp.csv": (
        "list of pairs of groups; limits between groups are in the pack as joint limits"
    ),
}
AS_WHOLE: Final = {"zones": "zones/*.yaml", "exchanges": "exchanges/*.yaml"}


def upstream() -> Path | None:
    """Return the folder of samples beside the checkout, if there is one."""
    return UPSTREAM if UPSTREAM.is_dir() else None


@cache
def grid(name: str) -> native_grid.Grid:
    """Read the regions of a pack once."""
    return native_grid.read(name)


@cache
def imported(entry: Read) -> Imported:
    """Read one entry once."""
    folder = upstream()
    assert folder is not None
    there = grid(entry.grid) if entry.grid else None
    return importers.read(entry.importer, folder / entry.path, native.Given(grid=there))


@cache
def pack(name: str) -> dict[str, pd.DataFrame]:
    """Read a shipped grid once."""
    return packs.read(packs.find("grids", name), schema.GRID_TABLES)


def reason(name: str) -> str:
    """Return why a file, named from the folder on, is not imported; nothing if it is."""
    path = Path(name)
    return next((why for pattern, why in NOT_IMPORTED.items() if path.match(pattern)), "")


def read_files() -> set[str]:
    """Return the files of which an importer counted rows, named from the folder on."""
    folder = upstream()
    assert folder is not None
    known = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    found = set()
    for entry in READS:
        for label in imported(entry).files["file"]:
            here = [name for name in known if name.endswith(f"/{label}")]
            top = entry.path.split("/")[0]
            found |= {name for name in here if name.split("/")[0] == top}
    return found


HEAD: Final = """# Importers

Publishers' own files become tables of the planner with one command each:

```sh
planner data importers                                  # what can be read, under which licence
planner data import gppd database_IND.csv --out plants  # a file, or a folder of files
planner data import reeds inputs --grid us --out limits # with the regions of a pack
planner data import epoch downloads --out my-sites      # then: planner check --sites my-sites
planner data update                                     # fetch, read, show what would change
planner data update reeds --from downloads --apply      # from a folder; replace the pack's files
```

Each row keeps the key of its source and the day on which it became known: that of the row where the
publisher gives one, else that of the edition. An edition is told by the hash of its files
(`grids/common/downloads.csv`), by its name or title, or by `--published`; else its facts count as
known since today. Rows that cannot be used are counted by reason, never dropped in silence. A
column under another spelling is read with a note; a missing one is named with those that are there
and the nearest, and `--rename 'there=wanted'` mends it. One file, or one importer, that fails stops
no other. Files are refused above 300 MB, workbooks above 1 GB unpacked, and XML with entities or
YAML with aliases always.

Tables of a publisher are facts about what it published. A partial set, such as plants without
load, is no grid of its own: copy what you want into a pack of yours. Lists of sites are whole
packs.

`planner data update` keeps what was known: a fact that changed gets a later row, and one that is
no longer listed gets a row with 0 MW, so that an answer as of an earlier day stays what it was.
Without `--apply` nothing is replaced; with it, files get a temporary name first and are then
renamed. Megawatts that change by more than a quarter need `--unlike` too. What is fetched lies in
a cache whose path is printed with the SHA-256 of each file; proxies come from the environment.
Addresses stand in `grids/common/downloads.csv`; no test asks them, and none has been tried.

Two importers renew shipped packs: `reeds` the limits between US regions, `eia860m` the US fleet.
EIA-860M gives no lifetime: units without an announced retirement then stand for ever, and rows of
other sources (named projects, demand response) stay, so look for the same plant twice before
`--apply`.

`powersimdata` and `gridops` are networks to test with, not statements about a grid. This page is
written by `tests/native_upstream.py`.
"""


def page() -> str:
    """Write the page: publishers, files with rows used and not used, files left out, totals."""
    return "\n".join([HEAD, *_publishers(), *_files(), *_left_out(), *_totals(), ""])


def _publishers() -> list[str]:
    lines = ["## Publishers\n", "| importer | publisher | files | tables | licence |"]
    lines.append("|---|---|---|---|---|")
    for row in publishers.table("publishers").to_dict("records"):
        name = row["importer"]
        files = "<br>".join(f"`{pattern}`" for pattern in importers.patterns(name)[:4])
        found = [imported(entry) for entry in READS if entry.importer == name]
        tables = {table for one in found for table in one.tables} - {"sources"}
        outlines = any(one.outlines is not None for one in found)
        told = ", ".join(sorted(tables | ({"outlines"} if outlines else set())))
        told = told or "supply (tested on files of the true layout)"
        lines.append(f"| `{name}` | {row['publisher']} | {files} | {told} | {row['licence']} |")
    return lines


def _files() -> list[str]:
    lines = ["\n## Rows used and not used\n", "Regions are those of the pack where one is named.\n"]
    lines += ["| importer | file | rows | used | not used, because |", "|---|---|---:|---:|---|"]
    for entry in READS:
        found = imported(entry)
        label = found.files["file"].map(_label)
        for file, rows in found.files.groupby(label, sort=False):
            left = found.unused[found.unused["file"].isin(rows["file"])]
            why = left.groupby("reason")["rows"].sum().sort_values(ascending=False, kind="stable")
            told = "; ".join(f"{name}: {count:,}" for name, count in why.items())
            name = f"`{entry.importer}`" + (f" `--grid {entry.grid}`" if entry.grid else "")
            read, used = int(rows["rows"].sum()), int(rows["used"].sum())
            lines.append(f"| {name} | {file} | {read:,} | {used:,} | {told} |")
    return lines


def _label(name: str) -> str:
    if not name.endswith(".yaml"):
        return name
    return AS_WHOLE["exchanges" if "_" in name else "zones"]


def _left_out() -> list[str]:
    lines = ["\n## Sample files that are not imported\n", "| file | why |", "|---|---|"]
    return lines + [f"| {name} | {why} |" for name, why in NOT_IMPORTED.items()]


@dataclass(frozen=True)
class Total:
    """A sum of what was imported beside one that somebody else made."""

    what: str
    imported: float
    other: float
    unit: str
    allowed: float
    why: str

    @property
    def deviation(self) -> float:
        """Imported over the other, less one."""
        return self.imported / self.other - 1


def totals() -> list[Total]:
    """Return the sums that are compared."""
    return [*_fleet(), *_limits(), *_load(), *_plants(), *_sites()]


def _of(importer: str, table: str, place: int = 0) -> pd.DataFrame:
    return [imported(entry) for entry in READS if entry.importer == importer][place].tables[table]


def _fleet() -> list[Total]:
    fleet = _of("powergenome", "supply")
    ours = pd.read_csv(ROOT / "grids" / "us" / "supply.csv")
    ours = ours[ours["source"] == "pgd-units-2025-03"]
    there = fleet[fleet["online_year"] <= 2024]
    known = pack("us")["published"].set_index(["quantity", "area", "year"])["value"]
    why = "The pack corrects the list: offshore wind, solar and batteries at few plants"
    published = float(known["capacity_nameplate", "US", 2024]) * 1000
    return [
        Total("PowerGenome units beside the shipped fleet, nameplate",
              fleet["nameplate_mw"].sum(), ours["nameplate_mw"].sum(), "MW", 0.002, why),
        Total("PowerGenome units beside the shipped fleet, summer",
              fleet["summer_mw"].sum(), ours["summer_mw"].sum(), "MW", 0.002, why),
        Total("PowerGenome units online by 2024 beside the EIA's total",
              there["nameplate_mw"].sum(),
              published, "MW", 0.02, "Most industrial cogeneration is not in the list"),
    ]  # fmt: skip


def _limits() -> list[Total]:
    links = _of("reeds", "links")
    ours = pack("us")["links"]
    ours = ours[ours["source"] == "reeds-limits"]
    costs, own = _of("reeds", "capex_multipliers"), pack("us")["capex_multipliers"]
    why = "The same file; one pair is given twice with unlike limits"
    return [
        Total("ReEDS limits beside the shipped ones, first to second region",
              links["forward_mw"].sum(), ours["forward_mw"].sum(), "MW", 1e-4, why),
        Total("ReEDS limits beside the shipped ones, second to first",
              links["reverse_mw"].sum(), ours["reverse_mw"].sum(), "MW", 1e-4, why),
        Total("ReEDS regional costs beside the shipped ones, sum of the ratios",
              costs["multiplier"].sum(), own["multiplier"].sum(), "ratio", 1e-4, "Rounded"),
    ]  # fmt: skip


def _load() -> list[Total]:
    peaks = _of("eia930", "published").set_index(["area", "year", "quantity", "season"])["value"]
    known = pack("us")["published"].set_index(["quantity", "area", "year", "season"])["value"]
    mine = float(peaks["PJM-DOM", 2024, "hourly_peak", "summer"])
    theirs = float(known["peak_load", "DOM", 2024, "summer"]) * 1000
    why = "The same series, read on other ways"
    return [Total("EIA-930 peak of the Dominion zone, summer 2024", mine, theirs, "MW", 0.03, why)]


def _plants() -> list[Total]:
    india = _of("gppd", "supply")
    india = india[india["region"] == "IND"]
    queue = _of("lbnl_queue", "candidates")
    folder = upstream()
    assert folder is not None
    file = pd.read_csv(folder / "gppd" / "database_IND.csv")
    counties = pd.read_csv(folder / "reeds/inputs/capacity_exogenous/interconnection_queues.csv")
    asked = counties[
        counties["tg"].isin(["battery", "gas", "nuclear", "pv", "wind-ons", "wind-ofs"])
    ]
    return [
        Total("GPPD, plants of India beside the sum of the file", india["nameplate_mw"].sum(),
              file["capacity_mw"].sum(), "MW", 1e-6, "Every plant with a capacity is used"),
        Total("LBNL queue beside the sum of the file, groups with a remedy",
              queue["potential_mw"].sum(), asked["2030"].sum(), "MW", 0.01,
              "Every county with a region is used"),
    ]  # fmt: skip


def _sites() -> list[Total]:
    folder = upstream()
    assert folder is not None
    out = []
    for place, month in enumerate(("2025-12", "2026-04", "2026-05", "2026-08")):
        epoch = _of("epoch", "sites", place)
        file = pd.read_csv(folder / "epoch_ai_data_centers" / f"data_centers_{month}.csv")
        out.append(_epoch(month, epoch, file))
    return out


def _epoch(month: str, sites: pd.DataFrame, file: pd.DataFrame) -> Total:
    """Hold power now, which the importer takes from the timeline, against the column of the list.

    In August 2026 that column is IT power; two sites of 75 have none.
    """
    what = f"Epoch AI, facility power now beside the column of the list, {month}"
    listed = float(file["Current power (MW)"].sum())
    why = "The highest power reached stands; one site gave 17 MW back"
    if month == "2026-08":
        return Total(what, sites["operating_mw"].sum(), listed, "MW", 0.35,
                     "The list gives IT power since August 2026")  # fmt: skip
    return Total(what, sites["operating_mw"].sum(), listed, "MW", 0.003, why)


def _totals() -> list[str]:
    lines = [
        "\n## Sums beside those of others\n",
        "| sum | imported | other | unit | deviation | why |",
    ]
    lines.append("|---|---:|---:|---|---:|---|")
    return lines + [
        f"| {total.what} | {total.imported:,.1f} | {total.other:,.1f} | {total.unit} |"
        f" {total.deviation:+.3%} | {total.why} |"
        for total in totals()
    ]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
