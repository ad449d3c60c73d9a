"""Supply of the US pack: fleet by region, later corrections, additions, demand response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.sources import us_load, us_read

if TYPE_CHECKING:
    from pathlib import Path

TECHNOLOGY: Final = {
    "gas_ice": "gas_engine",
    "gas_other": "gas",
    "hydro_run_of_river": "hydro",
    "msw": "biomass",
    "petcoke": "coal",
    "solar_csp": "csp",
}
KEY: Final = [
    "region", "technology", "status", "name", "online_year", "retirement_year", "retirement_basis",
]  # fmt: skip
MEGAWATTS: Final = ["summer_mw", "winter_mw", "nameplate_mw", "energy_mwh"]
LIST: Final = "pgd-units-2025-03"
UPDATES: Final = "coal-updates-2026-10"
LAST_LISTED_YEAR: Final = 2024
TOLERANCE_MW: Final = 1e-6
NEVER: Final = 0  # stands for "no retirement year" while rows are summed
CUSTOMER_SIDE: Final = "fuel_cell_gas"


def table(folder: Path) -> pd.DataFrame:
    """Return all supply: the fleet in two vintages, named additions and demand response."""
    parts = [fleet(folder), additions(folder), demand_response(folder)]
    frame = pd.concat(parts, ignore_index=True)
    never = frame["retirement_year"].isin([NEVER])
    return frame.assign(
        retirement_year=frame["retirement_year"].astype("Int64").mask(never),
        retirement_basis=frame["retirement_basis"].mask(never, ""),
        online_year=frame["online_year"].astype("Int64"),
    )


def units(folder: Path) -> pd.DataFrame:
    """Return the unit list with the columns of the table, and plant and generator."""
    listed = us_read.reference(folder, "generators")
    listed = listed[listed["status"] != "retired"]
    return pd.DataFrame(
        {
            "plant_id": listed["plant_id"],
            "generator_id": listed["generator_id"].astype(str),
            "region": us_read.region(listed["zone_id"]),
            "technology": listed["technology_class"].replace(TECHNOLOGY),
            "status": listed["status"],
            "name": "",
            "online_year": listed["online_year"].astype(int),
            "retirement_year": listed["retirement_year"].fillna(NEVER).astype(int),
            "retirement_basis": listed["retirement_basis"],
            "summer_mw": listed["summer_capacity_mw"],
            "winter_mw": listed["winter_capacity_mw"],
            "nameplate_mw": listed["nameplate_capacity_mw"],
            "energy_mwh": listed["capacity_mwh"],
        }
    )


def fleet(folder: Path) -> pd.DataFrame:
    """Return the fleet as listed, and as later vintages the rows that corrections change."""
    listed, changes = units(folder), updates(folder)
    before = summed(listed)
    parts = [as_listed(before)]
    for day, new in changes.groupby("known_on"):
        after = summed(corrected(listed, changes[changes["known_on"] <= day]))
        parts.append(as_corrected(before, after, new))
        before = after
    return pd.concat(parts, ignore_index=True)


def updates(folder: Path) -> pd.DataFrame:
    """Return what became of single units; a curated row stands before the review's."""
    review = us_read.reference(folder, "coal_status_updates").assign(source=UPDATES)
    columns = ["plant_id", "generator_id", "action", "effective_year", "planned_retirement_year"]
    own = us_read.numbers(us_read.curated("unit_updates"), [columns[0], *columns[3:]])
    both = pd.concat([own, us_read.dated(review)], ignore_index=True)
    both = both.astype({"generator_id": str}).drop_duplicates(columns[:2])
    return us_read.dated(both[[*columns, "source"]])


def summed(rows: pd.DataFrame) -> pd.DataFrame:
    """Sum units that share the key; the energy of a row without storage is unknown."""
    return rows.groupby(KEY)[MEGAWATTS].sum(min_count=1).reset_index()


def as_listed(rows: pd.DataFrame) -> pd.DataFrame:
    """Date the rows of the list: plant online by 2024 was known by the end of its year."""
    old = rows["online_year"] <= LAST_LISTED_YEAR
    days = rows["online_year"].astype(str) + "-12-31"
    known = days.where(old, us_read.published()[LIST])
    return rows.assign(source=LIST, known_on=known, confidence="medium")


def as_corrected(first: pd.DataFrame, second: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return rows that differ from the vintage before; a row that is gone stands with 0 MW."""
    both = first.merge(second, on=KEY, how="outer", suffixes=("_old", ""), indicator=True)
    gone = both["_merge"] == "left_only"
    both[MEGAWATTS[:3]] = both[MEGAWATTS[:3]].mask(gone, 0.0, axis=0)
    change = (both["nameplate_mw"] - both["nameplate_mw_old"]).abs()
    moved = (change > TOLERANCE_MW) | (both["_merge"] != "both")
    facts = {"source": new["source"].iloc[0], "known_on": new["known_on"].iloc[0]}
    return both.loc[moved, [*KEY, *MEGAWATTS]].assign(**facts, confidence="medium")


def corrected(listed: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Apply delays, withdrawn retirements, new retirements and conversions of units.

    Orders that hold a unit open for 90 days, and units out of service, change nothing: the first
    are not a commitment beyond their end, and the second have no date.
    """
    pair = ["plant_id", "generator_id"]
    columns = [*pair, "action", "effective_year", "planned_retirement_year"]
    joined = listed.merge(changes[columns], on=pair, how="left")
    converted = joined["technology"].eq("coal") & joined["action"].eq("convert_to_gas")
    moved = joined["action"].isin(["planned_retirement", "retirement_delayed"])
    kept = joined["action"].eq("retirement_withdrawn") & (joined["retirement_basis"] == "scheduled")
    gas = joined[converted].assign(technology="gas_steam")
    gas["online_year"] = gas["effective_year"]
    year = joined["retirement_year"].mask(moved, joined["planned_retirement_year"])
    year = year.mask(converted, joined["effective_year"])
    joined["retirement_year"] = year.mask(kept, NEVER).astype(int)
    basis = joined["retirement_basis"].mask(moved | converted, "scheduled")
    joined["retirement_basis"] = basis.mask(kept, "age_rule")
    both = pd.concat([joined, gas.astype({"online_year": int})], ignore_index=True)
    return both.drop(columns=columns[2:])


def additions(folder: Path) -> pd.DataFrame:
    """Return named plant that the unit list lacks.

    Plant behind one customer's meter, and a row that is spread over a whole pool, stay out.
    """
    rows = us_read.reference(folder, "curated_additions")
    single = rows["zone_id"].isin(us_read.ids().index) & (rows["technology"] != CUSTOMER_SIDE)
    rows = us_read.cited(rows[single])
    named = rows.rename(columns={"summer_capacity_mw": "summer_mw"}).assign(
        region=us_read.region(rows["zone_id"]), retirement_year=NEVER, retirement_basis=""
    )
    named["summer_mw"] = named["summer_mw"].astype(float)
    named = named.assign(winter_mw=named["summer_mw"], nameplate_mw=named["summer_mw"])
    return named.assign(energy_mwh=float("nan"))[[*KEY, *MEGAWATTS, *us_read.FACTS]]


def demand_response(folder: Path) -> pd.DataFrame:
    """Spread the published demand response of each pool over its regions by their load."""
    pools = us_read.curated("demand_response")
    pools = us_read.numbers(us_read.dated(pools), ["summer_mw", "winter_mw", "online_year"])
    load = us_load.base(folder)
    share = load["summer"] / load.groupby("pool")["summer"].transform("sum")
    rows = load.assign(share=share).reset_index().merge(pools, on="pool")
    rows = rows.assign(
        technology="demand_response", status="existing", name="", retirement_year=NEVER,
        retirement_basis="", energy_mwh=float("nan"),
        summer_mw=rows["summer_mw"] * rows["share"], winter_mw=rows["winter_mw"] * rows["share"],
    )  # fmt: skip
    rows["nameplate_mw"] = rows[["summer_mw", "winter_mw"]].max(axis=1)
    return rows[[*KEY, *MEGAWATTS, *us_read.FACTS]]
