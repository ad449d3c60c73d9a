"""What a file must be before it is read: a regular file of bounded size."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from planner.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

# Together they keep the memory of a run below 2 GB, whatever a file holds.
MOST_ROWS: Final = 1_000_000
MOST_BYTES: Final = 100_000_000
MOST_CELLS: Final = 20_000_000
MOST_COLUMNS: Final = 1000
SAVE_AS: Final = "save it as CSV (UTF-8, commas)"


def exists(path: Path, test: Callable[[Path], bool] = Path.exists) -> bool:
    """Say whether a path is there; a name that no file system takes is not."""
    try:
        return test(path)
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Say whether a path is a folder."""
    return exists(path, Path.is_dir)


def is_link(path: Path) -> bool:
    """Say whether a path is a link, wherever it leads."""
    return exists(path, Path.is_symlink)


def regular(path: Path, file: str, *, most_bytes: int | None = None) -> int:
    """Return the size in bytes of a regular file; pipes, devices and loops are refused.

    Raises
    ------
    DataError
        It is no regular file, or too large.
    """
    try:
        found = path.stat()
    except OSError as error:
        if is_link(path):
            raise DataError([f"{file}: it is a link that leads nowhere; correct it."]) from error
        raise unreadable(file, error) from error
    if stat.S_ISDIR(found.st_mode):
        raise DataError([f"{file}: it is a folder; a CSV file is needed."])
    if not stat.S_ISREG(found.st_mode):
        raise DataError([f"{file}: it is a pipe or a device; save it as a file first."])
    limit = MOST_BYTES if most_bytes is None else most_bytes
    if found.st_size > limit:
        raise too_large(file, limit)
    return found.st_size


def unreadable(file: str, error: OSError) -> DataError:
    """Say that the system does not hand a file out."""
    return DataError([f"{file}: it cannot be read ({error.strerror or error})."])


def too_large(file: str, most_bytes: int) -> DataError:
    """Say that a file is larger than what is read."""
    return DataError([f"{file}: it is larger than {most_bytes // 10**6} MB; leave out rows."])


def counted(file: str, *, rows: int, columns: int = 1) -> None:
    """Refuse more rows or cells than are read."""
    if rows > MOST_ROWS:
        raise DataError(
            [f"{file}: it has more than {MOST_ROWS} rows; leave out what is not asked."]
        )
    if columns > MOST_COLUMNS:
        told = f"{file}: it has more than {MOST_COLUMNS} columns; leave out what is not asked."
        raise DataError([told])
    if rows * columns > MOST_CELLS:
        raise too_many_cells(file)


def too_many_cells(file: str) -> DataError:
    """Say that a table has more cells than are read."""
    told = f"{file}: it has more than {MOST_CELLS} cells; leave out columns that are not asked."
    return DataError([told])


def broken(file: str, what: str) -> DataError:
    """Say that a file is not what its ending says."""
    return DataError([f"{file}: it is not a whole {what}; {SAVE_AS}."])
