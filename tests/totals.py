"""Compare the packs with published totals, and write the comparison to docs/totals.md.

Run `python tests/totals.py` after a pack has changed; tests/test_totals.py fails until then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from planner import packs, schema

if TYPE_CHECKING:
    import pandas as pd

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "totals.md"
TODAY: Final = date(2026, 11, 22)
UNIT_LIST: Final = date(2025, 3, 31)  # the day of the list of units, before later notices
EVE_OF_AUCTION: Final = date(2025, 12, 16)
MW_PER_GW: Final = 1000.0
COLUMNS: Final = ("published", "pack", "deviation")

HEAD: Final = """# Packs against published totals

Sums of the shipped tables beside the figures that their publishers print. Published values stand in
`grids/*/published.csv`, each with its source; no command reads that file, so none of them is an
input. Megawatts of the pack are summed by `tests/totals.py`, which also writes this page, and
`tests/test_totals.py` fails where a deviation exceeds what is allowed or the page is out of date.

Plant of the United States is what stands at the end of a year by the list of units of March 2025,
with the lifetimes that the list assumes, demand response left out. Load is that of the scenario
`official`.
"""


@dataclass(frozen=True)
class Total:
    """One published figure, the sum of the pack, how far they may part, and why they do."""

    pack: str
    quantity: str
    area: str
    year: int
    season: str
    what: str
    gw: float
    allowed: float
    why: str

    @property
    def published_gw(self) -> float:
        """Published figure [GW]."""
        table = tables(self.pack, TODAY)["published"]
        here = (table["quantity"] == self.quantity) & (table["area"] == self.area)
        here &= (table["year"] == self.year) & (table["season"] == self.season)
        (row,) = table[here].to_dict("records")
        return float(row["value"]) / (MW_PER_GW if row["unit"] == "MW" else 1.0)

    @property
    def deviation(self) -> float:
        """Pack over published, less one."""
        return self.gw / self.published_gw - 1


@cache
def tables(pack: str, as_of: date) -> dict[str, pd.DataFrame]:
    """Read a grid as it was known on a day."""
    return packs.read(packs.find("grids", pack), schema.GRID_TABLES, as_of=as_of)


def with_pool(pack: str, table: pd.DataFrame) -> pd.DataFrame:
    return table.merge(tables(pack, TODAY)["regions"][["region", "pool"]], on="region")


def plant_gw(
    year: int, column: str = "nameplate_mw", *, start: str = "", pool: str | None = None
) -> float:
    """Sum US plant there at the end of a year; `start` begins the names of the technologies."""
    rows = with_pool("us", tables("us", UNIT_LIST)["supply"])
    rows = rows[(rows["online_year"] <= year) & ~(rows["retirement_year"] <= year)]
    rows = rows[rows["technology"].str.startswith(start)]
    rows = rows[
        (rows["technology"] != "demand_response") & (rows["pool"].eq(pool) | (pool is None))
    ]
    return float(rows[column].sum()) / MW_PER_GW


def load_gw(
    pack: str, pool: str, year: int, season: str = "summer", *, base: bool = False
) -> float:
    """Sum the official load of a pool, with the datacenters of the forecast or without (`base`)."""
    rows = with_pool(pack, tables(pack, TODAY)["load"])
    rows = rows[(rows["scenario"] == "official") & (rows["pool"] == pool)]
    rows = rows[(rows["year"] == year) & (rows["season"] == season)]
    growth = rows["datacenter_growth_mw"] if base else 0.0
    return float((rows["peak_mw"] - growth).sum()) / MW_PER_GW


def region_gw(region: str, year: int) -> float:
    """Summer load of one US region."""
    rows = tables("us", TODAY)["load"]
    rows = rows[(rows["scenario"] == "official") & (rows["region"] == region)]
    rows = rows[(rows["year"] == year) & (rows["season"] == "summer")]
    return float(rows["peak_mw"].sum()) / MW_PER_GW


def accredited_gw(pool: str, year: int) -> float:
    """Accredited summer supply of a US pool, as known on the eve of PJM's auction for 2027/28."""
    known = tables("us", EVE_OF_AUCTION)
    rows = with_pool("us", known["supply"])
    there = (rows["status"] == "existing") | (rows["online_year"] < year)
    gone = (rows["retirement_basis"] == "scheduled") & (rows["retirement_year"] <= year)
    rows = rows[there & ~gone & (rows["pool"] == pool) & (rows["status"] != "planned")]
    shares = known["accreditation"]
    shares = shares[(shares["season"] == "summer") & (shares["year"] <= year)]
    shares = shares.sort_values("year").drop_duplicates(["pool", "technology"], keep="last")
    columns = ["pool", "technology", "accredited_fraction", "applies_to"]
    rows = rows.merge(shares[columns], on=["pool", "technology"], how="left")
    mw = rows["summer_mw"].where(rows["applies_to"] == "seasonal", rows["nameplate_mw"])
    return float((mw * rows["accredited_fraction"]).sum()) / MW_PER_GW


def retired_gw() -> float:
    """Coal of the list of units with an announced retirement from 2025 to 2035."""
    rows = tables("us", UNIT_LIST)["supply"]
    there = (rows["technology"] == "coal") & (rows["retirement_basis"] == "scheduled")
    rows = rows[there & rows["retirement_year"].between(2025, 2035)]
    return float(rows["summer_mw"].sum()) / MW_PER_GW


def india_gw(status: str, *technologies: str) -> float:
    """Sum Indian plant of a status; all technologies where none is named."""
    rows = tables("india", TODAY)["supply"]
    rows = rows[rows["status"] == status]
    if technologies:
        rows = rows[rows["technology"].isin(technologies)]
    return float(rows["nameplate_mw"].sum()) / MW_PER_GW


def us_plant() -> list[Total]:
    """Compare capacity of the United States."""
    listed = "Most industrial and commercial cogeneration is not in the list of units"
    young = "Online years of the list run about half a year early"
    member = "The pack goes by the label of the region, the EIA by balancing authority"
    whole = ("capacity_nameplate", "US", 2024, "annual")
    return [
        Total("us", *whole, "nameplate, end of 2024", plant_gw(2024), 0.01, listed),
        Total(
            "us",
            "capacity_nameplate",
            "US",
            2025,
            "annual",
            "nameplate, end of 2025",
            plant_gw(2025),
            0.012,
            listed,
        ),
        Total(
            "us",
            "capacity_summer",
            "US",
            2024,
            "annual",
            "summer capacity, end of 2024",
            plant_gw(2024, "summer_mw"),
            0.03,
            f"The round published figure has low confidence; {listed.lower()}",
        ),
        Total(
            "us",
            "gas_nameplate",
            "US",
            2024,
            "annual",
            "gas, end of 2024",
            plant_gw(2024, start="gas"),
            0.03,
            listed,
        ),
        Total(
            "us",
            "coal_nameplate",
            "US",
            2024,
            "annual",
            "coal, end of 2024",
            plant_gw(2024, start="coal"),
            0.06,
            "The list retires units whose end was put off later",
        ),
        Total(
            "us",
            "nuclear_nameplate",
            "US",
            2024,
            "annual",
            "nuclear, end of 2024",
            plant_gw(2024, start="nuclear"),
            0.01,
            "The list counts Palisades as existing",
        ),
        Total(
            "us",
            "oil_nameplate",
            "US",
            2024,
            "annual",
            "oil, end of 2024",
            plant_gw(2024, start="oil"),
            0.2,
            listed,
        ),
        Total(
            "us",
            "biomass_nameplate",
            "US",
            2024,
            "annual",
            "biomass and landfill gas, end of 2024",
            plant_gw(2024, start="biomass") + plant_gw(2024, start="landfill"),
            0.6,
            listed,
        ),
        Total(
            "us",
            "solar_nameplate",
            "US",
            2025,
            "annual",
            "solar, end of 2025",
            plant_gw(2025, start="solar") + plant_gw(2025, start="csp"),
            0.06,
            young,
        ),
        Total(
            "us",
            "wind_nameplate",
            "US",
            2025,
            "annual",
            "wind, end of 2025",
            plant_gw(2025, start="wind"),
            0.05,
            young,
        ),
        Total(
            "us",
            "battery_nameplate",
            "US",
            2025,
            "annual",
            "batteries, end of 2025",
            plant_gw(2025, start="battery"),
            0.12,
            young,
        ),
        Total(
            "us",
            "coal_retirements",
            "US",
            2035,
            "annual",
            "coal that retires 2025 to 2035",
            retired_gw(),
            0.04,
            "Two lists of the same announcements",
        ),
        *(
            Total(
                "us",
                "capacity_nameplate",
                pool,
                2025,
                "annual",
                f"nameplate of {pool}, end of 2024",
                plant_gw(2024, pool=pool),
                allowed,
                member,
            )
            for pool, allowed in (("PJM", 0.07), ("MISO", 0.1), ("ERCOT", 0.06), ("SPP", 0.17))
        ),
        Total(
            "us",
            "accredited_supply",
            "PJM",
            2027,
            "annual",
            "accredited supply of PJM, summer 2027, as known on 16 December 2025",
            accredited_gw("PJM", 2027),
            0.02,
            "Ratings by class instead of by unit; what was not offered is counted",
        ),
    ]


def us_load() -> list[Total]:
    """Compare peaks of the United States."""
    pools = ("ERCOT", "ISO-NE", "MISO", "NYISO", "PJM", "SPP")
    whole = sum(
        load_gw("us", pool, 2024) for pool in sorted(set(tables("us", TODAY)["regions"]["pool"]))
    )
    why = {
        "ERCOT": "Hourly series of the regions, at the hour of their joint peak",
        "ISO-NE": "The same hourly series",
        "MISO": "The label of the regions also holds utilities outside the operator's area",
        "NYISO": "The same hourly series",
        "PJM": "The label holds LG&E and KU and lacks Indiana Michigan Power",
        "SPP": "The label of the regions and the operator's area differ",
    }
    allowed = {"MISO": 0.15, "SPP": 0.03, "PJM": 0.01}
    peaks = [
        Total(
            "us",
            "peak_load",
            pool,
            2024,
            "summer",
            f"peak of {pool}, 2024",
            load_gw("us", pool, 2024),
            allowed.get(pool, 0.002),
            why[pool],
        )
        for pool in pools
    ]
    return [
        *peaks,
        Total(
            "us",
            "peak_load",
            "DOM",
            2024,
            "summer",
            "peak of the Dominion zone, 2024",
            region_gw("PJM-DOM", 2024),
            0.03,
            "The North Carolina part of the zone lies in another region",
        ),
        Total(
            "us",
            "peak_load",
            "CAISO",
            2024,
            "summer",
            "peak of CAISO, 2024",
            load_gw("us", "WECC-CA", 2024),
            0.28,
            "The pool holds all of California: Los Angeles, Sacramento and Imperial too",
        ),
        Total(
            "us",
            "peak_load",
            "US",
            2024,
            "summer",
            "coincident peak, 2024",
            whole,
            0.07,
            "Pools peak on different days; each is taken at its own peak",
        ),
        *(
            Total(
                "us",
                "peak_load_forecast",
                "PJM",
                year,
                season,
                f"forecast of PJM, {season} {year}",
                load_gw("us", "PJM", year, season),
                0.011,
                "Scaled by the label: see the peak of 2024",
            )
            for year, season in ((2026, "summer"), (2036, "summer"), (2036, "winter"))
        ),
        Total(
            "us",
            "peak_load_forecast",
            "ERCOT",
            2032,
            "summer",
            "forecast of ERCOT without new large loads, 2032",
            load_gw("us", "ERCOT", 2032, base=True),
            0.03,
            "Datacenters from before the forecast's first year count as growth, not as native load",
        ),
    ]


def india() -> list[Total]:
    """Compare India."""
    existing = "existing"
    same = "The same table, state by state"
    technologies = (
        "coal",
        "lignite",
        "gas",
        "oil",
        "nuclear",
        "hydro",
        "small_hydro",
        "biomass",
        "solar_pv",
        "wind_onshore",
    )
    evening = "The pack has the evening hour, when the sun counts for nothing; the record is by day"
    return [
        Total(
            "india",
            "installed_capacity",
            "IN",
            2026,
            "annual",
            "installed, 31 March 2026",
            india_gw(existing),
            0.001,
            same,
        ),
        *(
            Total(
                "india",
                f"installed_{name}",
                "IN",
                2026,
                "annual",
                f"{name.replace('_', ' ')}, 31 March 2026",
                india_gw(existing, name),
                0.001,
                same,
            )
            for name in technologies
        ),
        Total(
            "india",
            "coal_under_construction",
            "IN",
            2026,
            "annual",
            "coal under construction",
            india_gw("under_construction", "coal"),
            0.001,
            same,
        ),
        Total(
            "india",
            "peak_met",
            "IN",
            2024,
            "summer",
            "peak met of FY2024-25 (30 May 2024) against the summer of 2025",
            load_gw("india", "IN", 2025),
            0.06,
            f"The pack begins in 2025, which peaked lower; {evening[0].lower()}{evening[1:]}",
        ),
        Total(
            "india",
            "evening_peak_met",
            "IN",
            2024,
            "summer",
            "evening peak of 29 May 2024 against the summer of 2025",
            load_gw("india", "IN", 2025),
            0.02,
            "The pack begins in 2025",
        ),
        Total(
            "india",
            "peak_met",
            "IN",
            2026,
            "summer",
            "peak met on 21 May 2026",
            load_gw("india", "IN", 2026),
            0.065,
            evening,
        ),
        Total(
            "india",
            "evening_peak_met",
            "IN",
            2026,
            "summer",
            "evening peak of May 2026",
            load_gw("india", "IN", 2026),
            0.006,
            "Demand of 21 May with what went unserved, against what was met on 22 May",
        ),
        Total(
            "india",
            "peak_forecast",
            "IN",
            2035,
            "annual",
            "plan for FY2035-36",
            load_gw("india", "IN", 2036),
            0.001,
            "The path of the official scenario ends there",
        ),
    ]


def totals() -> list[Total]:
    """List every comparison."""
    return [*us_plant(), *us_load(), *india()]


def page() -> str:
    """Write the page."""
    parts = [HEAD]
    for title, rows in (
        ("United States, plant", us_plant()),
        ("United States, load", us_load()),
        ("India", india()),
    ):
        parts.append(f"\n## {title}\n\n| total | published, GW | pack, GW | deviation | why |\n")
        parts.append("|---|---:|---:|---:|---|\n")
        parts += [
            f"| {row.what} | {row.published_gw:,.1f} | {row.gw:,.1f} | {row.deviation:+.1%} "
            f"| {row.why} |\n"
            for row in rows
        ]
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
