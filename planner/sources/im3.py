"""IM3 Open Source Data Center Atlas: existing datacenters of the United States (GeoJSON points)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner.errors import DataError
from planner.sources import native, native_read, native_sites

if TYPE_CHECKING:
    from pathlib import Path

    from planner.sources.native import Given, Imported, Tally
    from planner.sources.native_read import Wanted

PATTERNS: Final = ("im3_datacenter_centroids*.geojson",)
NEEDED: Final[Wanted] = {
    "state": "state_abb",
    "county": "county",
    "operator": "operator",
    "name": "name",
}
CAMPUS: Final = "campus"


def read(path: Path, given: Given) -> Imported:
    """Read points into `sites` as operating datacenters; their megawatts are not published."""
    tally = native.Tally("im3", given)
    rows = tally.each(native.found(tally, path, PATTERNS), listed)
    if rows.empty:
        return native.finished(tally, {})
    tally.note("Megawatts and dates are not published; they stay unknown.")
    return native.finished(tally, {"sites": tally.dated(rows)})


def listed(file: Path, tally: Tally) -> pd.DataFrame:
    """Return the points of one file; those of a whole campus repeat its buildings, and stay out."""
    found = native_read.loaded_json(file, tally)
    features = found.get("features") if isinstance(found, dict) else None
    if not isinstance(features, list) or not features:
        raise DataError([f"{file.name}: it holds no features; is it a GeoJSON of points?"])
    tally.rows[file.name] += len(features)
    cells = pd.DataFrame([_row(feature) for feature in features])
    texts = cells.drop(columns=["lat", "lon"]).astype(object)
    texts = texts.where(texts.notna(), "").astype("str")
    optional = ("county", "operator", "name", "kind", "sqft")
    wanted = {**NEEDED, "kind": "type", "sqft": "sqft"}
    rows = native_read.fitted(texts, wanted, file.name, tally, optional=optional)
    rows = rows.assign(lat=cells["lat"], lon=cells["lon"])
    rows = tally.without(rows, rows["lat"].isna() | rows["lon"].isna(), file.name, "no point")
    rows = tally.without(rows, rows["kind"] == CAMPUS, file.name, "outline of a whole campus")
    label = rows["name"].where(rows["name"] != "", rows["operator"])
    label = label.where(label != "", "datacenter in " + rows["county"])
    ids = "us-" + rows["state"].str.lower() + "-" + label.map(native_sites.slug)
    return pd.DataFrame(
        {
            "site": native_sites.unique(ids.str.rstrip("-")),
            "name": label,
            "operator": rows["operator"],
            "country": "US",
            "state": rows["state"],
            "county": rows["county"],
            "lat": rows["lat"],
            "lon": rows["lon"],
            "location": "OpenStreetMap " + rows["kind"],
            "status": "operating",
            "grid_connection": "grid",
            "note": ("floor area " + rows["sqft"].str.removesuffix(".0") + " square feet").where(
                rows["sqft"] != "", ""
            ),
        }
    )


def _row(feature: Any) -> dict[str, Any]:
    feature = feature if isinstance(feature, dict) else {}
    shape, told = feature.get("geometry"), feature.get("properties")
    point = shape.get("coordinates") if isinstance(shape, dict) else None
    good = (
        isinstance(point, list)
        and len(point) > 1
        and all(isinstance(value, int | float) for value in point[:2])
    )
    lon, lat = point[:2] if good and isinstance(point, list) else (float("nan"), float("nan"))
    told = told if isinstance(told, dict) else {}
    texts = {name: None if value is None else str(value) for name, value in told.items()}
    return {**texts, "lat": float(lat), "lon": float(lon)}
