"""Accreditation and requirement of each US pool, both on the pool's own basis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.sources import us_profiles, us_read

if TYPE_CHECKING:
    from pathlib import Path

SEASONS: Final = ("summer", "winter")
FIRST_YEAR: Final = 2025
NAMEPLATE: Final = ("solar_pv", "wind_onshore", "wind_offshore", "battery", "hybrid", "csp")
DURATION_HOURS: Final = 4
FULL: Final = 1.0
KEY: Final = ["pool", "technology", "season"]
RESERVOIR: Final = ("CAISO", "hydro")  # a published ratio of net qualifying to dependable capacity
NOTES: Final = {
    "hydro": "Reservoirs at CAISO's net qualifying ratio; run of river at its mean capacity factor "
    "of 2012 in the pool's tight hours",
    "shifted": "Output in the tight hour, and the load by which that hour lies below the "
    "day's highest, over the plant of the pool",
    "other": "Mean capacity factor of weather year 2012 in the pool's tight hours",
}


def requirements(folder: Path) -> pd.DataFrame:
    """Return the margin of each pool above its coincident load, on the basis of the pool."""
    rows = us_read.reference(folder, "planning_reserve_margins")
    chosen = us_read.curated("requirements").merge(
        rows[["area", "metric", "period", "season", "value", "source", "confidence"]],
        left_on=["area", "metric", "period", "when"],
        right_on=["area", "metric", "period", "season"],
        how="left",
        suffixes=("", "_row"),
    )
    if chosen["value"].isna().any():
        lost = chosen.loc[chosen["value"].isna(), ["area", "metric", "period"]]
        raise ValueError(f"not in the reference: {lost.to_dict('records')}")
    chosen = us_read.dated(chosen.assign(source=source_of(chosen)))
    less = chosen["metric"].eq("forecast_pool_requirement")
    chosen["reserve_margin"] = chosen["value"].where(~less, chosen["value"] - 1)
    basis = us_read.curated("pools").set_index("pool")["basis"]
    both = pd.concat([chosen.assign(season=season) for season in SEASONS])
    both = both[(both["for_season"] == "both") | (both["for_season"] == both["season"])]
    both = both.assign(basis=both["pool"].map(basis), year=both["year"].astype(int))
    before = us_read.numbers(us_read.curated("requirements_before"), ["year", "reserve_margin"])
    before = us_read.dated(before.assign(basis=before["pool"].map(basis)))
    columns = ["pool", "season", "year", "reserve_margin", "basis", "note", *us_read.FACTS]
    return pd.concat([both[columns], before[columns]]).astype({"year": int})


def source_of(rows: pd.DataFrame) -> pd.Series:
    """Return the curated key of the document where one is given, else that of the words cited."""
    return rows["source"].where(rows["source"] != "", rows["source_row"].map(us_read.keys()))


def accreditation(folder: Path, supply: pd.DataFrame) -> pd.DataFrame:
    """Return a fraction for every technology present in a pool's supply, in both seasons."""
    present = supply.assign(pool=supply["region"].map(us_read.ids().set_index("region")["pool"]))
    pairs = present[["pool", "technology"]].drop_duplicates()
    basis = us_read.curated("pools").set_index("pool")["basis"]
    choices = us_read.curated("accreditation_rules")
    known = published(folder)
    rows = [general(folder, present, pairs, basis)]
    named = choices.merge(known, on=["area", "class", "period", "metric"], how="left")
    if named["value"].isna().any():
        lost = named.loc[named["value"].isna(), ["area", "class", "period"]]
        raise ValueError(f"not in the reference: {lost.to_dict('records')}")
    named = named[named["for_season"].eq("both") | named["for_season"].eq(named["season"])]
    rows.append(elcc_winter(named.merge(pairs, on=["pool", "technology"]), present, basis))
    rows.append(us_read.dated(curated_rows(pairs, basis)))
    return latest_rule(pd.concat(rows, ignore_index=True))


def published(folder: Path) -> pd.DataFrame:
    """Return class averages of the reference by area, class and season; annual holds in both.

    Where an area publishes a class for several places, the first stands (NYISO: Rest of State).
    """
    rows = us_read.reference(folder, "capacity_accreditation")
    rows = rows[rows["source"].isin(us_read.keys())]
    rows = us_read.cited(rows.rename(columns={"region": "area", "technology": "class"}))
    annual = rows["season"] == "annual"
    parts = [rows[~annual], *(rows[annual].assign(season=season) for season in SEASONS)]
    columns = ["area", "class", "period", "metric", "season", "value", *us_read.FACTS]
    return pd.concat(parts)[columns].drop_duplicates(columns[:5])


def elcc_winter(rows: pd.DataFrame, present: pd.DataFrame, basis: pd.Series) -> pd.DataFrame:
    """Date annual ratings of delivery years: winter Y lies in the delivery year that began in Y-1.

    PJM rates summer capability all year. Where the fraction multiplies winter capacity it is
    therefore scaled by summer over winter capacity of the pool's plant.
    """
    one_basis = rows["pool"].map(basis)
    annual = one_basis.eq("elcc") & rows["season"].eq("winter")
    seasonal = ~rows["technology"].isin(NAMEPLATE)
    plant = present.groupby(["pool", "technology"])[["summer_mw", "winter_mw"]].sum()
    ratio = (plant["summer_mw"] / plant["winter_mw"]).rename("ratio")
    joined = rows.join(ratio, on=["pool", "technology"])
    factor = joined["ratio"].where(annual & seasonal, 1.0)
    years = joined["year"].astype(int) + annual.astype(int)
    return pd.DataFrame(
        {
            **{name: joined[name] for name in [*KEY, "note", *us_read.FACTS]},
            "year": years,
            "accredited_fraction": joined["value"] * factor,
            "applies_to": seasonal.map({True: "seasonal", False: "nameplate"}),
            "basis": one_basis,
            "rank": 1,
        }
    )


def curated_rows(pairs: pd.DataFrame, basis: pd.Series) -> pd.DataFrame:
    """Return looked-up fractions for the technologies that a pool has."""
    rows = us_read.numbers(us_read.curated("accreditation"), ["accredited_fraction", "year"])
    rows = rows.merge(pairs, on=["pool", "technology"])
    return rows.assign(basis=rows["pool"].map(basis), rank=2)


def general(
    folder: Path, present: pd.DataFrame, pairs: pd.DataFrame, basis: pd.Series
) -> pd.DataFrame:
    """Return the rule of the basis: availability of plant, profiles of water, wind and sun."""
    rates = outages(folder)
    shapes = us_profiles.on_peak(folder, present)
    shapes = with_reservoirs(shapes, folder)
    storage = durations(present)
    rows = []
    for pool, technology in zip(pairs["pool"], pairs["technology"], strict=True):
        for season in SEASONS:
            row = one(pool, technology, season, basis[pool], rates, shapes, storage)
            rows.append({**row, "pool": pool, "technology": technology, "season": season})
    out = pd.DataFrame(rows).assign(year=FIRST_YEAR, rank=0)
    where = out["technology"].isin(NAMEPLATE).map({True: "nameplate", False: "seasonal"})
    out = out.assign(applies_to=where, basis=out["pool"].map(basis), confidence="low")
    return us_read.dated(out)


def one(  # noqa: PLR0913, PLR0917
    pool: str, technology: str, season: str, basis: str,
    rates: dict[str, float], shapes: pd.Series, storage: pd.Series,
) -> dict[str, object]:  # fmt: skip
    """Return fraction, source and note of one technology by the general rule."""
    if (pool, technology, season) in shapes.index:
        value = float(shapes[pool, technology, season])
        shifted = technology == "solar_pv" and (pool, season) in us_profiles.tight_seasons()
        note = NOTES["shifted" if shifted else technology if technology == "hydro" else "other"]
        return {"accredited_fraction": value, "source": "pg-profiles", "note": note}
    if technology == "battery":
        note = f"Stored energy over {DURATION_HOURS} hours, at most the power"
        value = float(storage[pool])
        return {"accredited_fraction": value, "source": "planner-choice", "note": note}
    if basis == "seasonal" or technology == "demand_response":
        note = "Seasonal capacity in full; outages are in the reserve margin"
        return {"accredited_fraction": FULL, "source": "nerc-ltra-2023", "note": note}
    rate = rates.get(technology, 0.0)
    note = "1 - forced outage rate of the class"
    return {"accredited_fraction": 1 - rate, "source": "reeds-static", "note": note}


def with_reservoirs(shapes: pd.Series, folder: Path) -> pd.Series:
    """Let reservoirs follow the load: their part of a pool's hydro takes a published ratio."""
    listed = us_read.reference(folder, "generators")
    listed = listed[listed["technology_class"].isin(["hydro", "hydro_run_of_river"])]
    listed = listed.assign(pool=us_read.pool(listed["zone_id"]))
    kept = listed["nameplate_capacity_mw"].where(listed["technology_class"] == "hydro", 0.0)
    whole = listed.groupby("pool")["nameplate_capacity_mw"].sum()
    share = kept.groupby(listed["pool"]).sum() / whole
    known = published(folder).set_index(["area", "class"])["value"]
    ratio = float(known.loc[RESERVOIR].iloc[0])
    out = shapes.copy()
    for pool, technology, season in shapes.index:
        if technology == "hydro":
            river = shapes[pool, technology, season]
            out[pool, technology, season] = share[pool] * ratio + (1 - share[pool]) * river
    return out


def outages(folder: Path) -> dict[str, float]:
    """Return the forced outage rate by technology; kinds without their own take the nearest."""
    rows = us_read.reference(folder, "outage_rates")
    rows = rows[rows["parameter"] == "forced_outage_rate"]
    known = zip(rows["technology"], rows["value"], strict=True)
    own = {str(name): float(rate) for name, rate in known}
    like = us_read.curated("technology_like")
    pairs = zip(like["technology"], like["like"], strict=True)
    return {**own, **{str(name): own[str(other)] for name, other in pairs}}


def durations(present: pd.DataFrame) -> pd.Series:
    """Return stored energy over four hours as a share of battery power, by pool, at most 1."""
    batteries = present[present["technology"] == "battery"]
    sums = batteries.groupby("pool")[["energy_mwh", "nameplate_mw"]].sum()
    share = sums["energy_mwh"] / DURATION_HOURS / sums["nameplate_mw"]
    return share.clip(upper=FULL).round(3)


def latest_rule(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep for each pool, technology and season the rows of the most particular rule.

    The general rule stays for the time before the first of them was known.
    """
    best = rows["rank"] == rows.groupby(KEY)["rank"].transform("max")
    known = rows["known_on"].astype("datetime64[us]")
    first = known.where(best).groupby([rows[name] for name in KEY]).transform("min")
    best |= (rows["rank"] == 0) & (known < first)
    columns = [*KEY, "year", "accredited_fraction", "applies_to", "basis", "note", *us_read.FACTS]
    return rows.loc[best, columns].assign(year=rows["year"].astype(int))
