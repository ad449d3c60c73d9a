"""The tables of hourly load: how much of it lies above each level, by area, year and season."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.schema import REGIONS, SEASON, SOURCES, number, table, text, year

if TYPE_CHECKING:
    from planner.schema import Table

AREA: Final = {"balancing_levels": "balancing_authority", "region_levels": "region"}


def levels(name: str, meaning: str) -> Table:
    """Describe a table of levels; its first column is the area."""
    area = AREA[name]
    return table(
        name,
        meaning,
        (area, "year", "season", "level_mw"),
        required=False,
        **{area: text("Area")},
        year=year("Calendar year of the hours"),
        season=SEASON,
        level_mw=number("MW", "Level of load; the highest is the peak, the lowest the least load"),
        hours=number(
            "hours",
            "Hours with load above the level; at the least load, all hours of the season",
            low=0,
        ),
        above_mwh=number("MWh", "Energy of the load above the level in these hours", low=0),
        runs=number("count", "Runs of consecutive hours above the level", low=0),
    )


BALANCING_AUTHORITIES: Final = table(
    "balancing_authorities",
    "Balancing authorities whose hourly load is held",
    ("balancing_authority",),
    required=False,
    balancing_authority=text("Code of Form EIA-930"),
    name=text("Name"),
    utc_offset_hours=number("hours", "Local standard time less UTC", low=-12, high=12),
)
BALANCING_YEARS: Final = table(
    "balancing_years",
    "Hours of load held per balancing authority and year, and how many were replaced as faults",
    ("balancing_authority", "year"),
    required=False,
    balancing_authority=text("Balancing authority"),
    year=year("Calendar year in local standard time"),
    hours=number("hours", "Hours held", low=0),
    replaced_hours=number("hours", "Hours missing or screened out, and filled", low=0),
)
BALANCING_LEVELS: Final = levels(
    "balancing_levels",
    "Hourly load of balancing authorities, as energy above levels;"
    " summer is April to October, winter the rest of the calendar year",
)
REGION_LEVELS: Final = levels(
    "region_levels",
    "Hourly load of the regions, as energy above levels; seasons as in balancing_levels",
)
HOURLY_TABLES: Final = (
    SOURCES,
    REGIONS,
    BALANCING_AUTHORITIES,
    BALANCING_YEARS,
    BALANCING_LEVELS,
    REGION_LEVELS,
)
ALL_HOURLY_TABLES: Final = {entry.name: entry for entry in HOURLY_TABLES[2:]}
