"""The tables of hours: load, wind, sun and water hour by hour, and how often plant is out."""

from __future__ import annotations

from typing import Final

from planner.schema import REGIONS, SOURCES, date, number, table, text

HOURS: Final = tuple(f"h{hour:02}" for hour in range(24))

LOAD: Final = table(
    "hourly_load",
    "Measured load of one calendar year, a day a row",
    ("region", "day"),
    required=False,
    region=text("Region"),
    day=date("Day, in UTC"),
    **{
        hour: number("MW", f"Mean load of the hour that ends at {hour[1:]}:00 UTC", low=0)
        for hour in HOURS
    },
)
WEATHER: Final = table(
    "hourly_weather",
    "What wind, sun and water give in one calendar year, a day a row",
    ("profile", "technology", "day"),
    required=False,
    profile=text("Area of the profile"),
    technology=text("Technology"),
    day=date("Day, in UTC"),
    **{
        hour: number(
            "fraction of capacity", f"Mean output of the hour {hour[1:]}:00 UTC", low=0, high=1
        )
        for hour in HOURS
    },
)
PROFILES: Final = table(
    "hourly_profiles",
    "Which profile stands for the plant of a region",
    ("region", "technology", "profile"),
    required=False,
    region=text("Region"),
    technology=text("Technology of the plant"),
    profile=text("Area of the profile"),
    profile_technology=text("Technology of the profile, where another's is taken", optional=True),
    weight=number("fraction", "Part of the plant that it stands for", low=0, high=1),
)
OUTAGES: Final = table(
    "outages",
    "How often plant is out unplanned, and what storage gives back",
    ("technology", "quantity"),
    required=False,
    technology=text("Technology"),
    quantity=text(
        "forced_outage: part of the time it is out unplanned; round_trip: part of the stored energy"
        " that comes back",
        values=("forced_outage", "round_trip"),
    ),
    fraction=number("fraction", "Fraction", low=0, high=1),
)
TABLES: Final = (SOURCES, REGIONS, LOAD, WEATHER, PROFILES, OUTAGES)
