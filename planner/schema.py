"""Every table of a pack: columns, units, meaning and limits; and the validation of a table.

A table is described once. The same description validates shipped packs and users' own files, words
the messages, and writes the reference page and the data package.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from planner import references, wording
from planner import validate as validation
from planner.columns import FIRST_YEAR, LAST_YEAR
from planner.columns import Column as Column  # noqa: PLC0414 - part of what is offered here
from planner.columns import Table as Table  # noqa: PLC0414 - as above

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CONFIDENCE: Final = ("high", "medium", "low")
SEASONS: Final = ("winter", "summer")
STATUSES: Final = (
    "operating",
    "partially_operating",
    "under_construction",
    "permitted",
    "announced",
    "paused",
    "cancelled",
)

validate: Final = validation.validate
check_references: Final = references.check_references
notes: Final = references.notes


def text(meaning: str, *, values: Iterable[str] = (), optional: bool = False) -> Column:
    """Describe a column of text; `values` closes the list of what it may say."""
    return Column("text", meaning, values=tuple(values), optional=optional)


def number(
    unit: str,
    meaning: str,
    *,
    low: float | None = None,
    high: float | None = None,
    optional: bool = False,
) -> Column:
    """Describe a column of finite numbers in a unit."""
    return Column("number", meaning, unit=unit, low=low, high=high, optional=optional)


def year(meaning: str, *, optional: bool = False) -> Column:
    """Describe a column of calendar years."""
    return Column(
        "integer", meaning, unit="year", low=FIRST_YEAR, high=LAST_YEAR, optional=optional
    )


def date(meaning: str, *, optional: bool = False) -> Column:
    """Describe a column of ISO dates (YYYY-MM-DD)."""
    return Column("date", meaning, unit="date", optional=optional)


SOURCE: Final = {
    "source": text("Key of the document in sources.csv"),
    "known_on": date(
        "Day on which the fact became known; later than the as-of date, it is not read"
    ),
    "confidence": text("How sure the fact is", values=CONFIDENCE),
}
SEASON: Final = text("Season of the peak", values=SEASONS)


def table(
    name: str, meaning: str, key: Iterable[str], /, *, required: bool = True, **columns: Column
) -> Table:
    """Describe a table of facts; the three columns on its source are added.

    A table that is not `required` may be left out of a pack; it is then read as empty.
    """
    return Table(name, meaning, tuple(key), {**columns, **SOURCE}, required)


SOURCES: Final = Table(
    "sources",
    "Documents that the facts come from",
    ("source",),
    {
        "source": text("Key, used in the column `source` of the other tables"),
        "publisher": text("Who published it"),
        "document": text("Title, with page or table"),
        "published_on": date(
            "Day of publication; a month or a year stands as its last day", optional=True
        ),
        "address": text("Where it was read", optional=True),
        "licence": text("Terms of use"),
        "confidence": text("Best confidence of a fact read from it", values=CONFIDENCE),
    },
)

# --- grids ---------------------------------------------------------------------------------------

REGIONS: Final = table(
    "regions",
    "Planning regions of the grid",
    ("region",),
    region=text("Id, readable by a person"),
    name=text("Name"),
    pool=text("Reserve-sharing pool: sets requirement and accreditation"),
    group=text("Transfer group", optional=True),
    state=text("State or province"),
    interconnect=text("Synchronous interconnection"),
    lat=number("degrees", "Latitude of a representative point", low=-90, high=90),
    lon=number("degrees", "Longitude of a representative point", low=-180, high=180),
    source_zone=text("Zone id of the source, for exchange", optional=True),
    note=text("What to know", optional=True),
)
POOLS: Final = table(
    "pools",
    "Reserve-sharing pools",
    ("pool",),
    pool=text("Id"),
    name=text("Name"),
    basis=text("Basis on which its requirement and its accreditation stand"),
    note=text("What to know", optional=True),
)
PLACES: Final = table(
    "places",
    "Counties or states by region",
    ("place",),
    required=False,
    place=text("County FIPS code (US, five digits) or ISO 3166-2 code"),
    name=text("Name"),
    region=text("Region it belongs to"),
)
POCKETS: Final = table(
    "pockets",
    "Areas inside a region that may have a delivery limit of their own",
    ("pocket",),
    required=False,
    pocket=text("Id"),
    name=text("Name"),
    region=text("Region it lies in"),
    lat=number("degrees", "Latitude of its middle", low=-90, high=90),
    lon=number("degrees", "Longitude of its middle", low=-180, high=180),
    radius_km=number(
        "km", "Radius, where the pocket is not a list of places", low=0, optional=True
    ),
    note=text("What to know", optional=True),
)
POCKET_PLACES: Final = table(
    "pocket_places",
    "Counties of a pocket",
    ("pocket", "place"),
    required=False,
    pocket=text("Pocket"),
    place=text("County FIPS code or ISO 3166-2 code"),
)
DELIVERY: Final = table(
    "delivery",
    "What can be delivered into a pocket;"
    " room for sites = import_limit + local_supply - native_peak",
    ("pocket", "quantity", "year", "season"),
    required=False,
    pocket=text("Pocket"),
    quantity=text("What", values=("import_limit", "local_supply", "native_peak")),
    year=year("First year for which it holds"),
    season=SEASON,
    mw=number("MW", "Megawatts", low=0),
    note=text("How it was derived", optional=True),
)
SUPPLY: Final = table(
    "supply",
    "Generating and storage capacity by region, technology and years",
    (
        "region",
        "technology",
        "status",
        "name",
        "online_year",
        "retirement_year",
        "retirement_basis",
    ),
    region=text("Region"),
    technology=text("Technology of grids/common/technologies.csv"),
    status=text("Status", values=("existing", "under_construction", "planned")),
    name=text("Name of a single project", optional=True),
    online_year=year("Year in which it came or comes online"),
    retirement_year=year("First year without it", optional=True),
    retirement_basis=text(
        "Announced retirement, or only a model's lifetime",
        values=("scheduled", "age_rule"),
        optional=True,
    ),
    summer_mw=number("MW", "Summer capacity", low=0),
    winter_mw=number("MW", "Winter capacity", low=0),
    nameplate_mw=number("MW", "Nameplate capacity", low=0),
    energy_mwh=number("MWh", "Energy of storage", low=0, optional=True),
)
ACCREDITATION: Final = table(
    "accreditation",
    "Share of capacity that counts at the hour of need, on the basis of its pool",
    ("pool", "technology", "season", "year"),
    pool=text("Pool"),
    technology=text("Technology"),
    season=SEASON,
    year=year("First year for which it holds"),
    accredited_fraction=number("fraction", "Accredited share of capacity", low=0, high=1.5),
    applies_to=text("Capacity it multiplies", values=("seasonal", "nameplate")),
    basis=text("Basis; must be that of the pool"),
    note=text("How it was derived", optional=True),
)
REQUIREMENTS: Final = table(
    "requirements",
    "Accredited capacity required above the coincident peak load of a pool",
    ("pool", "season", "year"),
    pool=text("Pool"),
    season=SEASON,
    year=year("First year for which it holds"),
    reserve_margin=number("fraction of load", "Requirement / peak - 1", low=-0.5, high=1),
    basis=text("Basis; must be that of the pool"),
    note=text("How it was derived", optional=True),
)
LOAD: Final = table(
    "load",
    "Load at the peak of the pool, by region, year, season and scenario",
    ("scenario", "region", "year", "season"),
    scenario=text("Load scenario"),
    region=text("Region"),
    year=year("Year; winter is the one that ends in it"),
    season=SEASON,
    peak_mw=number("MW", "Load at the pool's peak, datacenters of the forecast included", low=0),
    datacenter_growth_mw=number(
        "MW", "Part of peak_mw that is datacenters added since the base year", low=0
    ),
)
LINKS: Final = table(
    "links",
    "Transfer limits between two regions",
    ("from_region", "to_region", "kind", "name", "online_year"),
    required=False,
    from_region=text("First region"),
    to_region=text("Second region"),
    kind=text("Kind of line", values=("AC", "DC")),
    name=text("Name of a project", optional=True),
    online_year=year("Year from whose end it counts; empty: existing", optional=True),
    status=text("Status", values=("existing", "under_construction", "planned")),
    forward_mw=number("MW", "Limit from first to second", low=0),
    reverse_mw=number("MW", "Limit from second to first", low=0),
    note=text("How it was derived", optional=True),
)
JOINT_LIMITS: Final = table(
    "joint_limits",
    "Limits on several links together",
    ("limit", "season", "year"),
    required=False,
    limit=text("Id"),
    name=text("Name"),
    kind=text(
        "What is bounded: net flow into the members, or from side `from` to side `to`",
        values=("import", "corridor"),
    ),
    season=SEASON,
    year=year("First year for which it holds"),
    limit_mw=number("MW", "Limit of the net flow", low=0),
    basis=text(
        "What the limit is: firm (contracts), simultaneous (study), observed, corridor",
        values=("firm", "simultaneous", "observed", "corridor"),
    ),
    note=text("How it was derived", optional=True),
)
JOINT_MEMBERS: Final = table(
    "joint_members",
    "Regions of a joint limit",
    ("limit", "region"),
    required=False,
    limit=text("Joint limit"),
    region=text("Region"),
    side=text("inside (import), from or to (corridor)", values=("inside", "from", "to")),
)
CONNECTION: Final = table(
    "connection",
    "Lead times of large loads, and moratoria",
    ("area", "rule", "begins_on"),
    required=False,
    area=text("Pocket, region, pool or grid"),
    area_kind=text("What the area is", values=("pocket", "region", "pool", "grid")),
    rule=text(
        "lead_time: from request to supply; moratorium: nothing new connects",
        values=("lead_time", "moratorium"),
    ),
    begins_on=date("First day of the rule; requests before it are not under it"),
    ends_on=date("Last day of a moratorium", optional=True),
    lead_months_low=number("months", "Shortest quoted", low=0, optional=True),
    lead_months=number("months", "Central value", low=0, optional=True),
    lead_months_high=number("months", "Longest quoted", low=0, optional=True),
    threshold_mw=number("MW", "Smallest site under the rule", low=0, optional=True),
    note=text("Rule in words", optional=True),
)
CANDIDATES: Final = table(
    "candidates",
    "Remedies by region: what could be built, and how much of it is usually completed",
    ("region", "remedy", "name"),
    required=False,
    region=text("Region"),
    remedy=text("Remedy of grids/common/remedies.csv"),
    name=text("Name of a single project", optional=True),
    potential_mw=number("MW", "Nameplate that could be built", low=0),
    completion_fraction=number("fraction", "Share that is completed", low=0, high=1),
    first_year=year("First year in which it can run; a year stands as its last day", optional=True),
    note=text("How it was derived", optional=True),
)
LINE_CANDIDATES: Final = table(
    "line_candidates",
    "Remedies on links between two regions",
    ("from_region", "to_region", "remedy", "name"),
    required=False,
    from_region=text("First region"),
    to_region=text("Second region"),
    remedy=text("Remedy of kind line"),
    name=text("Name of a project", optional=True),
    added_mw=number("MW", "Largest addition, in both directions", low=0),
    capex_usd_per_kw=number("USD/kW", "Investment per kW added", low=0, optional=True),
    first_year=year("First year in which it can run; a year stands as its last day", optional=True),
    note=text("How it was derived", optional=True),
)
CAPEX_MULTIPLIERS: Final = table(
    "capex_multipliers",
    "Cost of building in a region over the national average",
    ("region", "capex_class"),
    required=False,
    region=text("Region"),
    capex_class=text("Class of plant"),
    multiplier=number("ratio", "Regional / national cost", low=0.2, high=5),
)
LOAD_DURATION: Final = table(
    "load_duration",
    "How far load falls below its seasonal peak when the highest hours are left out",
    ("area", "season", "hours"),
    required=False,
    area=text("Pool, or region"),
    season=SEASON,
    hours=number("hours", "Highest hours left out", low=0),
    drop_fraction=number("fraction of peak", "1 - load of the next hour / peak", low=0, high=1),
)
PUBLISHED: Final = table(
    "published",
    "Published totals, for checks only; nothing is computed from them",
    ("quantity", "area", "year", "season"),
    required=False,
    quantity=text("What"),
    area=text("Area"),
    year=year("Year"),
    season=text("Season, or annual", values=("winter", "summer", "annual")),
    value=number("see unit", "Published value"),
    unit=text("Unit"),
    note=text("What to know", optional=True),
)
TECHNOLOGIES: Final = Table(
    "technologies",
    "The one vocabulary of technologies",
    ("technology",),
    {
        "technology": text("Id"),
        "name": text("Name"),
        "family": text(
            "Family",
            values=(
                "coal",
                "gas",
                "oil",
                "nuclear",
                "hydro",
                "storage",
                "solar",
                "wind",
                "other",
                "demand",
            ),
        ),
    },
)

REMEDIES: Final = table(
    "remedies",
    "What adds megawatts or frees them: lead time, cost, and what limits how fast it is built",
    ("remedy", "grid"),
    remedy=text("Id"),
    grid=text("Grid pack for which the figures hold, or any"),
    kind=text(
        "plant: in a region; onsite: at the site, before its connection; line: between regions;"
        " retirement: put off; demand: other load gives way",
        values=("plant", "onsite", "line", "retirement", "demand"),
    ),
    name=text("Name"),
    technology=text("Technology that its pool accredits", optional=True),
    accredited_fraction=number(
        "fraction", "Accredited share, where no pool accredits it", low=0, high=1, optional=True
    ),
    lead_months_low=number(
        "months", "Shortest time from decision to operation", low=0, optional=True
    ),
    lead_months=number("months", "Central time from decision to operation", low=0),
    lead_months_high=number("months", "Longest time", low=0, optional=True),
    capex_usd_per_kw=number(
        "USD/kW", "Overnight investment per kW nameplate", low=0, optional=True
    ),
    fixed_usd_per_kw_yr=number("USD/kW-yr", "Fixed yearly cost or payment", low=0, optional=True),
    life_years=number("years", "Years over which the investment is paid", low=1, high=80),
    dollar_year=year("Year of the dollars"),
    capex_class=text("Class of capex_multipliers", optional=True),
    limit_group=text("Group of build_limits", optional=True),
    note=text("What to know", optional=True),
)
BUILD_LIMITS: Final = table(
    "build_limits",
    "How much of a group of remedies can come into service in a year",
    ("limit_group", "grid", "scope"),
    limit_group=text("Group of remedies"),
    grid=text("Grid pack, or any"),
    scope=text("The whole grid, or each region", values=("grid", "region")),
    mw_per_year=number("MW/year", "Nameplate that can come into service in a year", low=0),
    first_year=year("First year in which any can"),
    note=text("How it was derived", optional=True),
)
REALISATION: Final = table(
    "realisation",
    "Share of announced megawatts that is realised, and delay, for the stance `expected`",
    ("status",),
    status=text("Status of a site", values=STATUSES),
    realised_fraction=number("fraction", "Realised megawatts / announced megawatts", low=0, high=1),
    delay_days=number("days", "Mean delay", low=0),
    note=text("How it was derived", optional=True),
)
UNCERTAINTY: Final = table(
    "uncertainty",
    "Distributions that the ensemble draws from, as points of their quantile functions",
    ("quantity", "applies_to", "season", "probability"),
    required=False,
    quantity=text(
        "What is drawn (docs/ensemble.md)",
        values=(
            "realised",
            "delay_days",
            "completed",
            "delay_years",
            "load_error_per_year",
            "datacenter_growth",
            "accreditation_error",
            "weather_error",
            "lead_time",
            "together",
        ),
    ),
    applies_to=text("Status of a site, family of technologies, group, or any"),
    season=text("Season, or any", values=("any", *SEASONS)),
    probability=number("fraction", "Share of outcomes up to the value", low=0, high=1),
    value=number("", "Value of the quantity, in its unit"),
    unit=text("Unit of the value", values=("fraction", "days", "years", "position")),
    note=text("How it was derived", optional=True),
)

# --- sites ---------------------------------------------------------------------------------------

SITES: Final = table(
    "sites",
    "Announced datacenter campuses",
    ("site",),
    site=text("Id"),
    name=text("Name"),
    program=text("Program, for totals", optional=True),
    developer=text("Developer", optional=True),
    operator=text("Operator or tenant", optional=True),
    country=text("ISO 3166-1 alpha-2 code"),
    state=text("State or province", optional=True),
    county=text("County", optional=True),
    county_fips=text("County FIPS code (US)", optional=True),
    lat=number("degrees", "Latitude", low=-90, high=90, optional=True),
    lon=number("degrees", "Longitude", low=-180, high=180, optional=True),
    location=text("How the point was found", optional=True),
    status=text("Status", values=STATUSES),
    utility=text("Utility", optional=True),
    grid_connection=text(
        "grid; own_generation or islanded (never on the grid); islanded_at_start",
        values=("grid", "own_generation", "islanded", "islanded_at_start"),
    ),
    it_mw=number("MW", "IT load", low=0, optional=True),
    facility_mw=number("MW", "Load of the whole site", low=0, optional=True),
    mw_basis=text("What the megawatts are, as worded", optional=True),
    mw_quality=text(
        "Class of the megawatts",
        values=("contract_or_permit", "estimate", "announced", "ceiling", "register", "derived"),
        optional=True,
    ),
    operating_mw=number("MW", "Load-capable megawatts observed", low=0, optional=True),
    operating_on=date("Day of that observation", optional=True),
    first_power_date=date("Promised first power", optional=True),
    full_power_date=date("Promised full power", optional=True),
    date_basis=text("announced, or an estimate of a third party", optional=True),
    announced_on=date("Day of the announcement", optional=True),
    capex_usd_bn=number("USD billion", "Published budget", low=0, optional=True),
    overlaps_with=text("Other sites or pledges with the same megawatts", optional=True),
    note=text("What to know", optional=True),
)
PHASES: Final = table(
    "phases",
    "Dated steps of a site",
    ("site", "phase"),
    required=False,
    site=text("Site"),
    phase=text("Name of the step"),
    facility_mw=number("MW", "Load that the step adds, whole site", low=0, optional=True),
    it_mw=number("MW", "IT load that the step adds", low=0, optional=True),
    target_date=date(
        "Promised date; a month, quarter or year stands as its last day", optional=True
    ),
    date_precision=text("day, month, quarter, half, year", optional=True),
    date_basis=text("announced, or an estimate of a third party", values=("announced", "estimate")),
    status=text("Status of the step", values=("operational", "projected", "announced")),
    note=text("What to know", optional=True),
)
ONSITE: Final = table(
    "onsite",
    "Plant of a site's own or contracted for it",
    ("site", "name"),
    required=False,
    site=text("Site"),
    name=text("Plant, as worded"),
    technology=text("Technology"),
    mw=number("MW", "Nameplate", low=0, optional=True),
    online_date=date("Date", optional=True),
    connection=text(
        "behind_the_meter and islanded serve the site; grid is the grid's plant",
        values=("behind_the_meter", "islanded", "grid"),
    ),
    note=text("What to know", optional=True),
)
REVISIONS: Final = table(
    "revisions",
    "How plans changed",
    ("site", "field", "known_on", "new"),
    required=False,
    site=text("Site"),
    field=text("What changed"),
    old=text("Before", optional=True),
    new=text("After"),
)

GRID_TABLES: Final = (
    SOURCES,
    REGIONS,
    POOLS,
    PLACES,
    POCKETS,
    POCKET_PLACES,
    DELIVERY,
    SUPPLY,
    ACCREDITATION,
    REQUIREMENTS,
    LOAD,
    LINKS,
    JOINT_LIMITS,
    JOINT_MEMBERS,
    CONNECTION,
    CANDIDATES,
    LINE_CANDIDATES,
    CAPEX_MULTIPLIERS,
    LOAD_DURATION,
    PUBLISHED,
)
# A grid of one's own may bring its own remedies; those of the shipped grids are in grids/common.
OWN_GRID_TABLES: Final = (
    *GRID_TABLES,
    replace(REMEDIES, required=False),
    replace(BUILD_LIMITS, required=False),
)
SITE_TABLES: Final = (SOURCES, SITES, PHASES, ONSITE, REVISIONS)
COMMON_TABLES: Final = (
    SOURCES,
    TECHNOLOGIES,
    REALISATION,
    UNCERTAINTY,
    REMEDIES,
    BUILD_LIMITS,
)
ALL_TABLES: Final = {entry.name: entry for entry in (*COMMON_TABLES, *GRID_TABLES, *SITE_TABLES)}


def reference_page(
    title: str = "Tables of a pack", tables: Iterable[Table] = tuple(ALL_TABLES.values())
) -> str:
    """Write tables as a page of markdown: column, kind, unit, meaning and limits."""
    return "\n".join([f"# {title}", *map(_section, tables)])


def _section(entry: Table) -> str:
    lines = [
        f"\n## {entry.name}\n",
        f"{entry.meaning}. Key: {', '.join(f'`{name}`' for name in entry.key)}."
        + ("" if entry.required else " May be left out.")
        + "\n",
        "| column | kind | unit | meaning | limits |",
        "|---|---|---|---|---|",
    ]
    return "\n".join(lines + [_line(name, column) for name, column in entry.columns.items()])


def _line(name: str, column: Column) -> str:
    limits = [wording.limits(column), ", ".join(f"`{value}`" for value in column.values)]
    limits.append("may be empty" if column.optional else "")
    told = "; ".join(limit for limit in limits if limit)
    return f"| `{name}` | {column.kind} | {column.unit} | {column.meaning} | {told} |"


def data_package(folder: Path) -> dict[str, Any]:
    """Describe the tables of a pack as a Frictionless data package (datapackage.json)."""
    files = {entry.name: folder / f"{entry.name}.csv" for entry in ALL_TABLES.values()}
    resources = [
        _resource(ALL_TABLES[name], file.name) for name, file in files.items() if file.is_file()
    ]
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": folder.name,
        "resources": resources,
    }


def _resource(entry: Table, path: str) -> dict[str, Any]:
    return {
        "name": entry.name,
        "type": "table",
        "path": path,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "description": entry.meaning,
        "schema": {
            "fields": [_field(name, column) for name, column in entry.columns.items()],
            "missingValues": [""],
            "primaryKey": list(entry.identity),
        },
    }


def _field(name: str, column: Column) -> dict[str, Any]:
    kinds = {"text": "string", "flag": "boolean"}
    limits = {"minimum": column.low, "maximum": column.high, "enum": list(column.values) or None}
    constraints = {"required": not column.optional} | {
        limit: value for limit, value in limits.items() if value is not None
    }
    described = {"name": name, "type": kinds.get(column.kind, column.kind)}
    described["description"] = column.meaning
    if column.unit:
        described["unit"] = column.unit
    return {**described, "constraints": constraints}
