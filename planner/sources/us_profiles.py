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
    return (sums["product"] / sums["weight"]).dropna()


def peak_hours(folder: Path) -> pd.DataFrame:
    """Return the month-hours of highest mean load by pool and season."""
    shape = us_read.reference(folder, "load_shape_month_hour")
    zones = us_read.reference(folder, "zones").set_index("zone_id")["peak_2024_mw"]
    load = shape["mean_load_pu_of_peak"] * shape["zone_id"].map(zones)
    shape = shape.assign(pool=us_read.pool(shape["zone_id"]), load_mw=load)
    pools = shape.groupby(["pool", "month", "hour_utc"])["load_mw"].sum().reset_index()
    season = {month: name for name, months in us_load.MONTHS.items() for month in months}
    pools = pools.assign(season=pools["month"].map(season)).dropna().sort_values("load_mw")
    highest = pools.groupby(["pool", "season"]).tail(PEAK_HOURS)
    tight = us_read.numbers(us_read.curated("tight_hours"), ["month", "hour_utc"])
    named = set(zip(tight["pool"], tight["season"], strict=True))
    kept = [pair not in named for pair in zip(highest["pool"], highest["season"], strict=True)]
    columns = ["pool", "season", "month", "hour_utc"]
    return pd.concat([highest.loc[kept, columns], tight[columns]], ignore_index=True)
