"""A small pair of packs to begin with: a grid and a list of sites, invented, and how to go on."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Final

from planner.errors import PackError
from planner.report_files import write_file

TEMPLATE: Final = Path(__file__).with_name("template")
GUIDE: Final = "README.md"


def write(folder: Path) -> list[Path]:
    """Write an example grid, an example list of sites and a guide into a new or empty folder.

    Parameters
    ----------
    folder
        Folder; it is made if it is not there.

    Returns
    -------
    list of Path
        The files, the guide last.

    Raises
    ------
    PackError
        The folder holds something, or cannot be written.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise PackError(f"{folder}: it is a file; name a new folder.")
        if folder.is_dir() and any(folder.iterdir()):
            raise PackError(f"{folder}: it is not empty; name a new folder.")
        return [_copy(path, folder) for path in _files()]
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or error
        raise PackError(f"{folder}: {told}; choose a folder that can be written.") from error


def _files() -> list[Path]:
    found = sorted(path for path in TEMPLATE.rglob("*") if path.is_file())
    return sorted(found, key=lambda path: path.name == GUIDE)


def _copy(path: Path, folder: Path) -> Path:
    content = path.read_bytes()
    if path.name == GUIDE:
        content = content.replace(b"{folder}", shlex.quote(folder.as_posix()).encode())
    target = folder / path.relative_to(TEMPLATE)
    target.parent.mkdir(parents=True, exist_ok=True)
    return write_file(target, content)


def next_commands(folder: Path) -> list[str]:
    """Return the commands to go on with."""
    name = shlex.quote(folder.as_posix())
    asked = f"--grid {name}/grid --sites {name}/sites"
    return [f"planner check {asked}", f"planner map {asked}", f"planner data check {name}"]
