"""Rebuild a shipped pack: python -m planner.sources PACK REFERENCE_DIR OUT_DIR."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from planner.sources import countries, remedies_india, remedies_us, us_chronology, write

if TYPE_CHECKING:
    import pandas as pd

MODULES: Final = {
    "us": "planner.sources.us_grid",
    "hourly": "planner.sources.us_hourly",
    "india": "planner.sources.india_grid",
    "announced": "planner.sources.announced",
    "common": "planner.sources.remedies",
}
ARGUMENTS: Final = 3
USAGE: Final = f"usage: python -m planner.sources {'|'.join(MODULES)} REFERENCE_DIR OUT_DIR"


def main(arguments: list[str]) -> int:
    """Build one pack and write it; return the exit code."""
    if len(arguments) != ARGUMENTS or arguments[0] not in MODULES:
        sys.stderr.write(f"{USAGE}\n")
        return 2
    name, reference, out = arguments[0], Path(arguments[1]), Path(arguments[2])
    if not reference.is_dir():
        sys.stderr.write(f"{reference} is not a folder; give the folder of the reference.\n")
        return 2
    built = tables(name, reference)
    write.tables(built, out)
    module = importlib.import_module(MODULES[name])
    if hasattr(module, "geometry"):
        write.geometry(module.geometry(built), out)
    if name == "us":
        write.chronology(us_chronology.tables(reference), out)
    if name == "common":
        write.countries(countries.simplified(), out)
    return 0


def tables(name: str, reference: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of a pack; those on remedies are added to those of its builder."""
    module = importlib.import_module(MODULES[name])
    built: dict[str, pd.DataFrame] = module.tables(reference)
    if name == "us":
        return {**built, **remedies_us.tables(reference, built)}
    if name == "india":
        return {**built, **remedies_india.tables(built)}
    return built


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
