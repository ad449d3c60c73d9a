"""The register of importers: a name, the module that reads, and the files it knows."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from planner.errors import DataError, PackError, PlannerError
from planner.sources import native
from planner.wording import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from planner.sources.native import Given, Imported

MODULES: Final[Mapping[str, str]] = {
    "ai_compute_buildout": "buildout",
    "compute_atlas": "compute_atlas",
    "eia860m": "eia860m",
    "eia930": "eia930",
    "electricitymaps": "emaps",
    "epoch": "epoch",
    "gppd": "gppd",
    "gridops": "gridops",
    "im3": "im3",
    "lbnl_queue": "lbnl",
    "powergenome": "powergenome",
    "powersimdata": "tamu",
    "pypsa_eur": "pypsa_eur",
    "reeds": "reeds",
    "us_atlas": "us_atlas",
}
LONGEST: Final = 160


def patterns(name: str) -> tuple[str, ...]:
    """Return the names of the files that an importer knows."""
    found: tuple[str, ...] = _module(name).PATTERNS
    return found


def read(name: str, path: Path, given: Given | None = None) -> Imported:
    """Read a publisher's file, or a folder of them.

    Parameters
    ----------
    name
        Name of the importer, see `MODULES`.
    path
        File as published, or a folder in which its files lie.
    given
        Day of publication, regions to use, renamed columns.

    Raises
    ------
    PackError
        There is no such importer.
    DataError
        Nothing could be read: one line per problem.
    """
    module = _module(name)
    try:
        found: Imported = module.read(path, given or native.Given())
    except (PlannerError, MemoryError):
        raise
    except Exception as error:  # a layout that nobody thought of must not end in a traceback
        told = " ".join(str(error).split())[:LONGEST]
        kind = type(error).__name__
        raise DataError(
            [f"{name}: the files are not of the layout that is known ({kind}: {told})."]
        ) from error
    return found


def read_all(
    path: Path, given: Given | None = None, *, names: Iterable[str] = MODULES
) -> tuple[dict[str, Imported], dict[str, tuple[str, ...]]]:
    """Read what every importer finds in a folder; one that fails never stops the others.

    Returns
    -------
    read
        What was read, by importer.
    failed
        Problems of the importers that could not read, by name.
    """
    done: dict[str, Imported] = {}
    failed: dict[str, tuple[str, ...]] = {}
    for name in names:
        try:
            done[name] = read(name, path, given)
        except DataError as error:
            failed[name] = error.problems
        except Exception as error:  # noqa: BLE001 - a fault of one reader is a line, not an end
            failed[name] = (f"{name}: it failed ({type(error).__name__}: {error}).",)
    return done, failed


def _module(name: str) -> Any:
    if name not in MODULES:
        meant = closest(name, MODULES)
        told = f"did you mean {meant!r}?" if meant else f"there are {', '.join(MODULES)}."
        raise PackError(f"no importer {name!r}; {told}")
    return importlib.import_module(f"planner.sources.{MODULES[name]}")
