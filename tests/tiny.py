"""A whole question in a few rows: two regions, one pool, one pocket, a few sites."""

from __future__ import annotations

from typing import Any

import pandas as pd

from planner import schema
from planner.case import Assumptions, Case

FACT = {"source": "test", "known_on": pd.Timestamp("2024-01-01"), "confidence": "high"}


def table(name: str, *rows: dict[str, Any]) -> pd.DataFrame:
    """Rows of one table; what is not given is empty."""
    described = schema.ALL_TABLES[name].columns
    facts = FACT if "known_on" in described else {}
    frame = pd.DataFrame([{**facts, **row} for row in rows], columns=list(described))
    for column, kind in described.items():
        if kind.kind == "date":
            frame[column] = pd.to_datetime(frame[column])
        elif kind.kind in ("number", "integer"):
            frame[column] = frame[column].astype(float)
        else:
            frame[column] = frame[column].astype("str")
    return frame


def site(name: str, /, **given: Any) -> dict[str, Any]:
    """One announced campus of 100 MW in NORTH, due in full by the end of 2027."""
    plain = {
        "site": name,
        "name": name.upper(),
        "country": "XX",
        "state": "NORTH",
        "status": "under_construction",
        "grid_connection": "grid",
        "facility_mw": 100.0,
        "mw_quality": "announced",
        "full_power_date": "2027-12-31",
        "date_basis": "announced",
        "announced_on": "2024-01-01",
    }
    return {**plain, **given}


def case(
    *sites: dict[str, Any],
    phases: tuple[dict[str, Any], ...] = (),
    onsite: tuple[dict[str, Any], ...] = (),
    connection: tuple[dict[str, Any], ...] = (),
    delivery: tuple[dict[str, Any], ...] = (),
    supply: tuple[dict[str, Any], ...] | None = None,
    load: tuple[dict[str, Any], ...] | None = None,
    remedies: tuple[dict[str, Any], ...] = (),
    candidates: tuple[dict[str, Any], ...] = (),
    lines: tuple[dict[str, Any], ...] = (),
    limits: tuple[dict[str, Any], ...] = (),
    drops: dict[float, float] | None = None,
    link_mw: float = 50.0,
    **assumptions: Any,
) -> Case:
    """NORTH has 1200 MW of gas for 1000 MW of load, SOUTH 1100 for 900; margin 10 %; a line of 50.

    Spare are 1200 - 1.1 x 1000 = 100 MW in NORTH and 1100 - 1.1 x 900 = 110 MW in SOUTH.
    """
    plants = supply or (plant("NORTH", 1200), plant("SOUTH", 1100))
    loads = load or (*peak("NORTH", 1000), *peak("SOUTH", 900))
    return Case(
        assumptions=Assumptions(**{"horizon_years": 3, **assumptions}),
        regions=table("regions", region("NORTH", 45), region("SOUTH", 44)).assign(grid="tiny"),
        pools=table("pools", {"pool": "POOL", "name": "Pool", "basis": "seasonal"}),
        places=table("places", *({"place": r, "name": r, "region": r} for r in ("NORTH", "SOUTH"))),
        pockets=table(
            "pockets",
            {
                "pocket": "CITY",
                "name": "City",
                "region": "NORTH",
                "lat": 45,
                "lon": 0,
                "radius_km": 20,
            },
        ),
        pocket_places=table("pocket_places"),
        delivery=table("delivery", *delivery),
        supply=table("supply", *plants),
        accreditation=table(
            "accreditation", *accredited("gas_cc", 1.0), *accredited("solar_pv", 0.2)
        ),
        requirements=table(
            "requirements",
            *(
                {
                    "pool": "POOL",
                    "season": s,
                    "year": 2025,
                    "reserve_margin": 0.1,
                    "basis": "seasonal",
                }
                for s in schema.SEASONS
            ),
        ),
        load=table("load", *loads),
        links=table(
            "links",
            {
                "from_region": "NORTH",
                "to_region": "SOUTH",
                "kind": "AC",
                "status": "existing",
                "forward_mw": link_mw,
                "reverse_mw": link_mw,
            },
        ),
        joint_limits=table("joint_limits"),
        joint_members=table("joint_members"),
        connection=table("connection", *connection),
        remedies=table("remedies", *remedies),
        candidates=table("candidates", *candidates),
        line_candidates=table("line_candidates", *lines),
        build_limits=table("build_limits", *limits),
        capex_multipliers=table("capex_multipliers"),
        load_duration=table(
            "load_duration",
            *(
                {"area": "POOL", "season": season, "hours": hours, "drop_fraction": drop}
                for season in schema.SEASONS
                for hours, drop in (drops or {}).items()
            ),
        ),
        technologies=table(
            "technologies",
            *(
                {"technology": t, "name": t, "family": f}
                for t, f in (("gas_cc", "gas"), ("solar_pv", "solar"))
            ),
        ),
        realisation=table(
            "realisation", {"status": "announced", "realised_fraction": 0.5, "delay_days": 200}
        ),
        sites=table("sites", *sites),
        phases=table("phases", *phases),
        onsite=table("onsite", *onsite),
        revisions=table("revisions"),
    )


def remedy(name: str, kind: str = "plant", **given: Any) -> dict[str, Any]:
    """One remedy of 12 months and 1000 USD/kW over 20 years, accredited in full."""
    plain = {
        "remedy": name,
        "grid": "any",
        "kind": kind,
        "name": name,
        "accredited_fraction": 1.0,
        "lead_months": 12,
        "capex_usd_per_kw": 1000,
        "fixed_usd_per_kw_yr": 0,
        "life_years": 20,
        "dollar_year": 2025,
    }
    return {**plain, **given}


def candidate(name: str, where: str = "NORTH", mw: float = 500.0, **given: Any) -> dict[str, Any]:
    """Room for 500 MW of a remedy in NORTH."""
    return {
        "region": where,
        "remedy": name,
        "potential_mw": mw,
        "completion_fraction": 1.0,
        **given,
    }


def region(name: str, lat: float) -> dict[str, Any]:
    """One region of the one pool."""
    return {
        "region": name,
        "name": name.title(),
        "pool": "POOL",
        "state": name,
        "interconnect": "one",
        "lat": lat,
        "lon": 0,
    }


def plant(where: str, mw: float, **given: Any) -> dict[str, Any]:
    """One plant, existing gas unless said otherwise."""
    plain = {
        "region": where,
        "technology": "gas_cc",
        "status": "existing",
        "online_year": 2010,
        "summer_mw": mw,
        "winter_mw": mw,
        "nameplate_mw": mw,
    }
    return {**plain, **given}


def peak(where: str, mw: float, growth_mw: float = 0.0) -> tuple[dict[str, Any], ...]:
    """Load of both seasons, the same in all years."""
    return tuple(
        {
            "scenario": "official",
            "region": where,
            "year": 2025,
            "season": season,
            "peak_mw": mw,
            "datacenter_growth_mw": growth_mw,
        }
        for season in schema.SEASONS
    )


def accredited(technology: str, share: float) -> list[dict[str, Any]]:
    """One accredited share for both seasons."""
    return [
        {
            "pool": "POOL",
            "technology": technology,
            "season": season,
            "year": 2025,
            "accredited_fraction": share,
            "applies_to": "seasonal",
            "basis": "seasonal",
        }
        for season in schema.SEASONS
    ]


def lead_time(months: int, **given: Any) -> dict[str, Any]:
    """Build a rule that holds requests in NORTH for so many months, without limits of its own."""
    row = {"area": "NORTH", "area_kind": "region", "rule": "lead_time", "lead_months": months}
    return row | {"begins_on": "2020-01-01"} | given


def frames(mw_per_year: float) -> dict[str, Any]:
    """Build a yearly limit of megawatts on the group `frames`, from 2028."""
    row = {"limit_group": "frames", "grid": "any", "scope": "grid", "first_year": 2028}
    return row | {"mw_per_year": mw_per_year}
