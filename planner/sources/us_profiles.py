"""What water, wind and sun give in the hours of highest load of a US pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner.sources import us_load, us_read

if TYPE_CHECKING:
    from pathlib import Path

PEAK_HOURS: Final = 5
LIKE: Final = {"wind_offshore": "wind_onshore", "csp": "solar_pv"}


def on_peak(folder: Path, present: pd.DataFrame) -> pd.Series:
    """Return the mean capacity factor by pool, technology and season.

    The hours are the five month-hours of highest mean load of the pool in the season, or those of
    `tight_hours.csv`; the factor of the pool is that of its regions weighted by their plant.
    Offshore wind takes onshore's and concentrating solar takes photovoltaic's.
    """
    factors = us_read.reference(folder, "vre_cf_month_hour")
    factors = factors.assign(region=us_read.region(factors["zone_id"]))
    copies = [factors[factors["technology"] == other].assign(technology=name)
              for name, other in LIKE.items()]  # fmt: skip
    factors = pd.concat([factors, *copies]).merge(peak_hours(folder), on=["month", "hour_utc"])
    pools = us_read.ids().set_index("region")["pool"]
    factors = factors[factors["region"].map(pools) == factors["pool"]]
    weight = present.groupby(["region", "technology"])["nameplate_mw"].sum().rename("weight")
    joined = factors.join(weight, on=["region", "technology"]).dropna(subset=["weight"])
    joined = joined.assign(product=joined["mean_capacity_factor"] * joined["weight"])
    sums = joined.groupby(["pool", "technology", "season"])[["product", "weight"]].sum()
    return with_shifted_peak((sums["product"] / sums["weight"]).dropna(), folder, present)


def with_shifted_peak(shapes: pd.Series, folder: Path, present: pd.DataFrame) -> pd.Series:
    """Credit sun with the load by which a tight hour after sunset lies below the day's highest.

    The requirement stands on the highest load. Sun has moved the tight hour from there to the
    evening, so what it saves is the difference of load between the two, besides its own output.
    """
    out = shapes.copy()
    load, tight = month_hours(folder), peak_hours(folder)
    base = us_load.base(folder).groupby("pool")[["summer", "winter"]].sum()
    plant = present.groupby(["pool", "technology"])["nameplate_mw"].sum()
    for pool, season in tight_seasons():
        here = load[(load["pool"] == pool) & (load["season"] == season)]
        hours = tight[(tight["pool"] == pool) & (tight["season"] == season)]
        then = here.merge(hours[["month", "hour_utc"]], on=["month", "hour_utc"])["load_mw"].mean()
        below = 1 - then / here["load_mw"].nlargest(PEAK_HOURS).mean()
        saved = below * float(base[season][pool]) / float(plant[pool, "solar_pv"])
        out[pool, "solar_pv", season] = shapes[pool, "solar_pv", season] + saved
    return out


def tight_seasons() -> list[tuple[str, str]]:
    """Return the pools and seasons whose tight hour is not that of the highest load."""
    rows = us_read.curated("tight_hours")
    return sorted(set(zip(rows["pool"], rows["season"], strict=True)))


def month_hours(folder: Path) -> pd.DataFrame:
    """Return the mean load by pool, month and hour, with the season of the month [MW]."""
    shape = us_read.reference(folder, "load_shape_month_hour")
    zones = us_read.reference(folder, "zones").set_index("zone_id")["peak_2024_mw"]
    load = shape["mean_load_pu_of_peak"] * shape["zone_id"].map(zones)
    shape = shape.assign(pool=us_read.pool(shape["zone_id"]), load_mw=load)
    pools = shape.groupby(["pool", "month", "hour_utc"])["load_mw"].sum().reset_index()
    season = {month: name for name, months in us_load.MONTHS.items() for month in months}
    return pools.assign(season=pools["month"].map(season)).dropna()


def peak_hours(folder: Path) -> pd.DataFrame:
    """Return the tight month-hours by pool and season: those of highest load, or as curated."""
    pools = month_hours(folder).sort_values("load_mw")
    highest = pools.groupby(["pool", "season"]).tail(PEAK_HOURS)
    tight = us_read.numbers(us_read.curated("tight_hours"), ["month", "hour_utc"])
    named = tight_seasons()
    kept = [pair not in named for pair in zip(highest["pool"], highest["season"], strict=True)]
    columns = ["pool", "season", "month", "hour_utc"]
    return pd.concat([highest.loc[kept, columns], tight[columns]], ignore_index=True)
