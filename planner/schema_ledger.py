"""The tables of the ledger: pledges, how they overlap, financings, parties, rates, claims."""

from __future__ import annotations

from typing import Final

from planner.schema import SOURCES, date, number, table, text, year

KINDS: Final = (
    "load", "sum", "actual", "portfolio", "target", "limit", "queue", "forecast", "energy",
    "supply", "unit", "money", "capex", "lease", "debt",
)  # fmt: skip
BASES: Final = ("it", "facility", "compute", "not_stated")
STATES: Final = ("active", "revised", "superseded", "actual", "ambition", "dropped")
RELATIONS: Final = ("within", "shares", "located", "separate")
FINANCING_KINDS: Final = (
    "loan", "bond", "vehicle", "guarantee", "corporate", "acquisition", "public", "ceiling",
    "lease", "offtake",
)  # fmt: skip

PLEDGES: Final = table(
    "pledges",
    "Gigawatts and dollars promised; only rows of kind `load` are added",
    ("pledge",),
    pledge=text("Id"),
    by=text("Who promises"),
    counterparty=text("To or with whom", optional=True),
    kind=text("What the figure is; only `load` counts as promised gigawatts", values=KINDS),
    layer=text(
        "place: a building with power; chips: what stands in a place",
        values=("place", "chips", "none"),
    ),
    mw=number("MW", "Promised megawatts, on the basis of `mw_basis`", low=0, optional=True),
    mw_basis=text("What the megawatts are", values=BASES, optional=True),
    basis_words=text("The basis as worded", optional=True),
    usd_bn=number("USD billion", "Money named with it, nominal", low=0, optional=True),
    usd_basis=text("What the money is", optional=True),
    period=text("Period as worded", optional=True),
    due_year=year("Last year of the period", optional=True),
    announced_on=date("Day of the announcement; a month or a year stands as its last day"),
    articles=text("Founding articles that name the figure", optional=True),
    also=text("Keys of further documents", optional=True),
    note=text("What to know", optional=True),
)
STATE_ROWS: Final = table(
    "states",
    "What became of a pledge, by the day it became known",
    ("pledge",),
    pledge=text("Pledge"),
    state=text("State", values=STATES),
    status=text("State as worded", optional=True),
)
OVERLAPS: Final = table(
    "overlaps",
    "Which pledges and sites may be, or are, the same gigawatts",
    ("pledge", "other_kind", "other"),
    pledge=text("Pledge"),
    other_kind=text(
        "What the other is; program: every place and site of it",
        values=("pledge", "site", "program"),
    ),
    other=text("Id of the other"),
    relation=text(
        "within: wholly the same; located: the site is a place of the pledge; shares: may be the"
        " same, nobody says; separate: not the same",
        values=RELATIONS,
    ),
    mw=number("MW", "Part of the site that can be meant", low=0, optional=True),
    reason=text("Why"),
)
MEMBERS: Final = table(
    "members",
    "What belongs to a program",
    ("program", "kind", "member"),
    program=text("Id"),
    name=text("Name"),
    kind=text(
        "pledge or site by id; pledge_by, operator: every one that names the company; not_site:"
        " named there, but not meant",
        values=("pledge", "site", "pledge_by", "operator", "not_site"),
    ),
    member=text("Id or name of a company"),
    certain=text("Whether it is sure to belong to it", values=("true", "false")),
)
CLAIMS: Final = table(
    "claims",
    "Figures of the founding articles, and what they are held against",
    ("claim",),
    claim=text("Id"),
    article=text("Numbers of the articles"),
    row_kind=text("Table of the row that carries it", values=("pledge", "financing", "unit")),
    row=text("Id of that row"),
    figure=text("What the figure is"),
    low=number("see unit", "Low end, or the figure"),
    high=number("see unit", "High end, or the figure"),
    unit=text("Unit"),
    evidence_low=number("see unit", "Low end of what another document says", optional=True),
    evidence_high=number("see unit", "High end of what another document says", optional=True),
    evidence_source=text("Key of that document", optional=True),
    computed=text("Name of the calculation it is held against", optional=True),
    remark=text("What to know", optional=True),
)
BENCHMARKS: Final = table(
    "benchmarks",
    "Published values, for comparison only",
    ("benchmark",),
    benchmark=text("Id"),
    quantity=text("What"),
    area=text("Area"),
    year=year("Year"),
    since=year("Year from which a growth is counted; empty for a total", optional=True),
    low=number("see unit", "Low end", optional=True),
    mid=number("see unit", "Middle", optional=True),
    high=number("see unit", "High end", optional=True),
    unit=text("Unit"),
    note=text("What to know", optional=True),
)
FINANCING: Final = table(
    "financing",
    "Loans, bonds, guarantees, leases and contracts of sites",
    ("financing",),
    financing=text("Id"),
    site=text("Site; empty where it is tied to none", optional=True),
    kind=text("What it is; lease and offtake are revenue, not debt", values=FINANCING_KINDS),
    kind_words=text("The kind as worded"),
    usd_bn=number("USD billion", "Amount, nominal", low=0),
    tenor_years=number("years", "Tenor before extensions", low=0, optional=True),
    reference=text("Reference rate", optional=True),
    spread_basis_points=number("basis points a year", "Spread over it", low=0, optional=True),
    all_in_basis_points=number("basis points a year", "Whole rate", low=0, optional=True),
    pricing=text("Pricing as worded", optional=True),
    announced_on=date("Day; a month or a year stands as its last day"),
    also=text("Keys of further documents", optional=True),
    note=text("What to know", optional=True),
)
PARTIES: Final = table(
    "parties",
    "Who borrows, rents, lends, backs",
    ("financing", "role", "party"),
    financing=text("Financing"),
    role=text("Role", values=("borrower", "tenant", "lender", "sponsor", "guarantor", "supplier")),
    party=text("Name"),
    usd_bn=number("USD billion", "Part of the amount, where published", low=0, optional=True),
)
RATES: Final = table(
    "rates",
    "Unit costs, lives, rates and factors, each as a range",
    ("rate",),
    rate=text("Id"),
    meaning=text("What it is"),
    low=number("see unit", "Low end"),
    high=number("see unit", "High end"),
    unit=text("Unit"),
    note=text("What to know", optional=True),
)

PLEDGE_TABLES: Final = (SOURCES, PLEDGES, STATE_ROWS, OVERLAPS, MEMBERS, CLAIMS, BENCHMARKS)
FINANCING_TABLES: Final = (SOURCES, FINANCING, PARTIES, RATES)
ALL_LEDGER_TABLES: Final = {entry.name: entry for entry in (*PLEDGE_TABLES, *FINANCING_TABLES)}
