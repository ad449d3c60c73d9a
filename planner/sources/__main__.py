"""Rebuild a shipped pack: python -m planner.sources us|india|announced REFERENCE_DIR OUT_DIR."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Final

from planner.sources import write

MODULES: Final = {
    "us": "planner.sources.us_grid",
    "india": "planner.sources.india_grid",
    "announced": "planner.sources.announced",
}
ARGUMENTS: Final = 3
USAGE: Final = "usage: python -m planner.sources us|india|announced REFERENCE_DIR OUT_DIR"


def main(arguments: list[str]) -> int:
    """Build one pack and write it; return the exit code."""
    if len(arguments) != ARGUMENTS or arguments[0] not in MODULES:
        sys.stderr.write(f"{USAGE}\n")
        return 2
    name, reference, out = arguments[0], Path(arguments[1]), Path(arguments[2])
    if not reference.is_dir():
        sys.stderr.write(f"{reference} is not a folder; give the folder of the reference.\n")
        return 2
    module = importlib.import_module(MODULES[name])
    tables = module.tables(reference)
    write.tables(tables, out)
    if hasattr(module, "geometry"):
        write.geometry(module.geometry(tables), out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
