"""The tables of the validation: cases, areas, and what was published on which day."""

from __future__ import annotations

from typing import Final

from planner.columns import Table
from planner.schema import SOURCES, date, number, reference_page, table, text, year

KINDS: Final = (
    "adequate_by",
    "margin_at",
    "binding_import",
    "served_by",
    "earliest",
    "realised_share",
    "connected_rate",
    "forecast_outcome",
    "other",
)
SUBJECTS: Final = ("area", "pocket", "site")
VERDICTS: Final = ("yes", "tight", "no", "late", "partial")
SCOPES: Final = ("total", "grid", "onsite", "energised", "building", "firm", "screened")
SEASONS: Final = ("summer", "winter", "annual")
ALL_SEASONS: Final = ("summer", "winter", "fall", "spring", "annual")
CAUSES: Final = ("supply", "import", "delivery", "connection", "build", "onsite", "policy")
QUESTION: Final = (
    "case_id",
    "as_of_date",
    "question_kind",
    "subject_kind",
    "subject",
    "asked_mw",
    "target_date",
    "target_season",
    "scope",
    "unit",
)

CASES: Final = Table(
    "cases",
    "Questions whose outcome is known",
    ("case_id",),
    {
        "case_id": text("Id"),
        "as_of_date": date("Day of the question; only what was public then may feed the answer"),
        "question_kind": text("What is asked", values=KINDS),
        "subject_kind": text("What it is asked of", values=SUBJECTS),
        "subject": text("Id of an area or a site; several areas with semicolons between"),
        "asked_mw": number("MW", "Megawatts in question; empty: any size", low=0, optional=True),
        "target_date": date("Day asked about"),
        "target_season": text("Season asked about", values=SEASONS, optional=True),
        "scope": text("What counts", values=SCOPES, optional=True),
        "expect_verdict": text("What was right", values=(*VERDICTS, "pending"), optional=True),
        "expect_low": number("", "Lower end of what counts as right", optional=True),
        "expect_high": number("", "Upper end of what counts as right", optional=True),
        "unit": text("Unit of the interval and of the value of the answer", optional=True),
        "expect_date": date("Day, where the answer is one", optional=True),
        "cause": text("Cause", values=(*CAUSES, "none", "unknown"), optional=True),
        "weight": number("", "Weight: 1, 0.7 or 0.3", low=0, high=1, optional=True),
        "question": text("The question in words", optional=True),
        "value": text("The figure as published", optional=True),
        "source": text("Where the outcome stands", optional=True),
        "source_date": text("When it was published", optional=True),
        "notes": text("Notes", optional=True),
    },
)
AREAS: Final = Table(
    "areas",
    "Areas a question may be about, as lists of regions of the grid packs",
    ("area_id",),
    {
        "area_id": text("Id"),
        "name": text("Name", optional=True),
        "grid": text("Grid", optional=True),
        "region_ids": text("Ids of zones, semicolons between", optional=True),
        "kind": text("Kind of area", optional=True),
        "coverage": number("fraction", "Share of the area's peak in these zones", optional=True),
        "region_share": number("fraction", "Share of these zones in the area", optional=True),
        "note": text("Note", optional=True),
    },
)
REASONS: Final = Table(
    "reasons",
    "Why a case was missed",
    ("case_id",),
    {
        "case_id": text("Id"),
        "kind": text("What is at fault", values=("data", "method")),
        "reason": text("Reason"),
    },
)
ANSWERS: Final = (
    "case_id",
    "verdict",
    "value",
    "date",
    "date_low",
    "date_high",
    "cause",
    "note",
)

# --- what was published when ---------------------------------------------------------------------

OUTLOOK_QUANTITIES: Final = (
    "resources_mw",
    "requirement_mw",
    "peak_mw",
    "actual_peak_mw",
    "reserve_margin_fraction",
    "target_margin_fraction",
    "surplus_mw",
    "import_limit_mw",
    "import_objective_mw",
    "local_requirement_mw",
    "local_resources_mw",
    "demand_response_mw",
    "firm_imports_mw",
    "class_rating_fraction",
    "price_usd_per_mw_day",
    "rest_price_usd_per_mw_day",
    "risk_class",
    "large_load_mw",
    "retirements_mw",
    "additions_mw",
    "forced_pool_requirement_fraction",
    "losses_fraction",
    "shortage_fraction",
    "unserved_hours",
)
CRITERIA: Final = (
    "auction",
    "operator",
    "survey",
    "nerc_long_term",
    "nerc_summer",
    "nerc_winter",
    "doe",
    "itcs",
    "regulator",
    "cea",
)
STAGES: Final = ("requested", "screened", "firm", "building", "energised", "connected_in_year")
RECORD_CAUSES: Final = ("connection", "delivery", "policy", "supply")

OUTLOOKS: Final = table(
    "outlooks",
    "What operators and authorities published about adequacy, edition by edition",
    (
        "area",
        "criterion",
        "year",
        "season",
        "quantity",
        "resource_class",
        "basis",
        "edition",
        "source",
        "known_on",
    ),
    required=False,
    area=text("Area, as in a table of areas"),
    criterion=text("Whose criterion", values=CRITERIA),
    year=year("First calendar year of the delivery year, else the calendar year"),
    season=text("Season", values=ALL_SEASONS),
    quantity=text("What", values=OUTLOOK_QUANTITIES),
    resource_class=text("Class of resources, for class ratings", optional=True),
    value=number("", "Value, in the unit of `unit`; risk_class: 0 high, 1 elevated, 2 normal"),
    unit=text("Unit"),
    basis=text("Basis of accreditation", optional=True),
    edition=text("Edition of the document"),
    note=text("What to know", optional=True),
)
WAITS: Final = table(
    "waits",
    "Where and since when large loads wait, and how long upgrades take",
    ("area", "kind", "cause", "source", "known_on", "starts_on", "ends_on", "months"),
    required=False,
    area=text("Area, as in a table of areas, or a country"),
    kind=text(
        "closed, reopened, constraint (at its limit), lead_time (request to power), upgrade (a"
        " named reinforcement), upgrade_lead_time (of its kind)",
        values=("closed", "reopened", "lead_time", "upgrade", "constraint", "upgrade_lead_time"),
    ),
    cause=text("Cause", values=RECORD_CAUSES, optional=True),
    starts_on=date("First day", optional=True),
    ends_on_low=date("Earliest end", optional=True),
    ends_on=date("End", optional=True),
    ends_on_high=date("Latest end", optional=True),
    months_low=number("months", "Shortest time", low=0, optional=True),
    months=number("months", "Central time", low=0, optional=True),
    months_high=number("months", "Longest time", low=0, optional=True),
    min_mw=number("MW", "Smallest load it is about", low=0, optional=True),
    note=text("What to know", optional=True),
)
REQUESTS: Final = table(
    "requests",
    "Large loads of a utility or operator by stage, as published",
    ("area", "stage", "state_on", "target_on", "mw", "source", "known_on"),
    required=False,
    area=text("Area, as in a table of areas"),
    stage=text("Stage; connected_in_year: in the year that ends with state_on", values=STAGES),
    mw=number("MW", "Megawatts", low=0),
    state_on=date("Day of the state", optional=True),
    target_on=date("Day by which it is meant, where it looks ahead", optional=True),
    note=text("What to know", optional=True),
)
SLIPS: Final = table(
    "slips",
    "Published statistics of delay and realisation",
    ("population", "quantity", "source", "known_on"),
    required=False,
    population=text("Of what"),
    quantity=text("What"),
    low=number("", "Lower end, in the unit of `unit`", optional=True),
    mid=number("", "Middle", optional=True),
    high=number("", "Upper end", optional=True),
    unit=text("Unit"),
    count=number("", "Number of observations", low=0, optional=True),
    note=text("What to know", optional=True),
)
SITE_STATES: Final = table(
    "states",
    "Megawatts of a site by day, as seen or foreseen in each edition",
    ("site", "step", "on", "kind", "scope", "mw_cumulative", "source", "known_on"),
    required=False,
    site=text("Site"),
    step=text("Step", optional=True),
    mw_cumulative=number("MW", "Facility megawatts from that day on", low=0, optional=True),
    on=date("Day of the step", optional=True),
    kind=text("How it is known", values=("observed", "estimate", "announced")),
    scope=text("Of which supply", values=("total", "grid", "onsite")),
    note=text("What to know", optional=True),
)
RECORD_TABLES: Final = (SOURCES, OUTLOOKS, WAITS, REQUESTS, SLIPS)
STATE_TABLES: Final = (SOURCES, SITE_STATES)


def record_page() -> str:
    """Write the page docs/record.md."""
    head = "What was published when: the tables of grids/record and sites/record, and of cases"
    return reference_page(head, (*RECORD_TABLES[1:], SITE_STATES, CASES, AREAS)) + "\n"
