"""Compute Atlas: facilities of the United States with status, place and megawatts (JSON)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner.errors import DataError
from planner.sources import native, native_read, native_sites

if TYPE_CHECKING:
    from pathlib import Path

    from planner.sources.native import Given, Imported, Tally

PATTERNS: Final = ("facilities.json",)
NEEDED: Final = ("id", "name", "status", "location", "lastUpdated")
STATUS: Final = {
    "operational": "operating",
    "under_construction": "under_construction",
    "permitted": "permitted",
    "proposed": "announced",
    "cancelled": "cancelled",
}
CONFIDENCE: Final = {"confirmed": "medium", "reported": "low", "rumored": "low"}
OTHER: Final = {
    "power_generation": "generating plant, no datacenter",
    "crypto_mining": "crypto mining, no datacenter",
}
ONSITE: Final = {
    "on_site_gas": "gas",
    "solar": "solar_pv",
    "wind": "wind_onshore",
    "nuclear": "nuclear",
}


def read(path: Path, given: Given) -> Imported:
    """Read facilities into `sites`, and their plant into `onsite`; power plants stay out.

    Megawatts mix IT and facility power; they stand as facility power and are marked so. No dates of
    power are published but those of the status history, which look back.
    """
    tally = native.Tally("compute_atlas", given)
    rows = tally.each(native.found(tally, path, PATTERNS), listed)
    if rows.empty:
        return native.finished(tally, {})
    if tally.published is None:
        tally.published = date.fromisoformat(max(rows["updated"]))
    confidence = rows["confidence"]
    table = tally.dated(rows, rows["updated"]).assign(confidence=confidence)
    plants = table[table["plant_mw"] > 0]
    onsite = plants[["site", "source", "known_on", "confidence"]].assign(
        name="plant on site",
        technology=plants["plant"],
        mw=plants["plant_mw"],
        connection="behind_the_meter",
        note="Whether it serves the site alone is not published",
    )
    sites_only = table.drop(columns=["updated", "plant", "plant_mw"])
    return native.finished(tally, {"sites": sites_only, "onsite": onsite})


def listed(file: Path, tally: Tally) -> pd.DataFrame:
    """Return the facilities of one file that are datacenters."""
    found = native_read.loaded_json(file, tally)
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise DataError([f"{file.name}: a list of facilities is wanted; it holds none."])
    tally.rows[file.name] += len(found)
    keys = {key for entry in found for key in entry}
    missing = [key for key in NEEDED if key not in keys]
    if missing:
        cells = pd.DataFrame(columns=sorted(keys))
        native_read.fitted(cells, {key: key for key in missing}, file.name, tally)
    rows = pd.DataFrame([_row(entry) for entry in found])
    for kind, reason in OTHER.items():
        rows = tally.without(rows, rows["kind"] == kind, file.name, reason)
    rows = tally.without(rows, rows["status"].isna(), file.name, "status not understood")
    rows = tally.without(rows, rows["site"] == "", file.name, "no id")
    rows = tally.without(rows, rows.duplicated("site"), file.name, "id listed twice")
    rows = tally.without(rows, rows["updated"] == "", file.name, "no day of the last update")
    without = int(rows["facility_mw"].isna().sum())
    if without:
        tally.note(f"{file.name}: {without} facilities have no megawatts; they stay unknown.")
    return native_sites.valid_points(rows.drop(columns="kind"))


def _row(entry: dict[str, Any]) -> dict[str, Any]:
    place, power = _part(entry, "location"), _part(entry, "capacityMw")
    energy = _part(entry, "energy")
    planned, running = power.get("planned"), power.get("operational")
    status = STATUS.get(str(entry.get("status", "")))
    total = max((mw for mw in map(_number, (planned, running)) if mw > 0), default=float("nan"))
    return {
        "site": str(entry.get("id", "")),
        "name": str(entry.get("name", "")),
        "operator": str(entry.get("operator", "")),
        "country": str(place.get("country") or "US"),
        "state": str(place.get("state", "")),
        "county": str(place.get("county", "")),
        "lat": _number(place.get("lat")),
        "lon": _number(place.get("lon")),
        "location": f"{place.get('city', '')}; {place.get('precision', '')}".strip("; "),
        "status": status,
        "utility": str(energy.get("utility", "")),
        "grid_connection": "grid",
        "facility_mw": total,
        "mw_basis": "as listed, IT and facility power mixed" if total > 0 else "",
        "mw_quality": "announced" if total > 0 else "",
        "operating_mw": _number(running),
        "announced_on": native_sites.day(str(entry.get("announcedDate", "")))[0],
        "capex_usd_bn": _number(entry.get("investmentUsd")) / 1e9,
        "updated": native_sites.day(str(entry.get("lastUpdated", "")))[0],
        "confidence": CONFIDENCE.get(str(entry.get("confidence", "")), "low"),
        "kind": str(entry.get("facilityType", "")),
        "plant_mw": _number(energy.get("onSiteGenerationMw")),
        "plant": ONSITE.get(str(energy.get("source", "")), "other"),
    }


def _part(entry: dict[str, Any], name: str) -> dict[str, Any]:
    part = entry.get(name)
    return part if isinstance(part, dict) else {}


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")
