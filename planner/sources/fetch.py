"""Fetch a publisher's current files: retries, hashes, a bound on size, and a cache on disk.

Proxies are those of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY).
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from planner.errors import DataError, PackError
from planner.sources import publishers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    import pandas as pd

APPLICATION: Final = "datacenter-power-planner"
MOST_BYTES: Final = 300_000_000
RETRIES: Final = 3
TIMEOUT_S: Final = 60
MONTHS_BACK: Final = 4  # a monthly edition appears a month or two after its month
MONTHS_OF_YEAR: Final = 12
TOLD_BYTES: Final = 20_000_000
WEB_PAGE: Final = (b"<!doctype html", b"<html")


@dataclass(frozen=True)
class Fetched:
    """One file as it lies in the cache."""

    importer: str
    file: str
    address: str
    path: Path
    sha256: str

    @property
    def size(self) -> int:
        """Bytes."""
        return self.path.stat().st_size


def cache() -> Path:
    """Return the folder in which fetched files are kept."""
    return Path(_pooch().os_cache(APPLICATION))


def files(
    rows: pd.DataFrame, folder: Path, *, day: date, tell: Callable[[str], None]
) -> tuple[list[Fetched], list[str]]:
    """Fetch the files of some rows of the table of downloads; one that fails stops no other.

    Returns
    -------
    fetched
        Files in the cache, each in the folder of its importer.
    problems
        One line per file that could not be had.
    """
    done: list[Fetched] = []
    problems: list[str] = []
    for row in rows.itertuples():
        if not row.address:
            continue
        try:
            done.append(_newest(row, folder, day=day, tell=tell))
        except DataError as error:
            problems += error.problems
    return done, problems


def _newest(row: Any, folder: Path, *, day: date, tell: Callable[[str], None]) -> Fetched:
    """Fetch a file, or the newest month of a monthly one."""
    lines: list[str] = []
    for month, year in _editions(row.address, day):
        address = row.address.format(month=month, year=year)
        name = row.file.format(month=month, year=year)
        try:
            known = row.sha256 if row.fixed == "yes" else ""
            path = one(address, folder / row.importer / _safe(name), known, tell=tell)
        except DataError as error:
            lines += error.problems
            continue
        return Fetched(row.importer, name, address, path, publishers.sha256(path))
    raise DataError(lines)


def _editions(address: str, day: date) -> Iterator[tuple[str, int]]:
    """Yield month and year of the editions to try, the newest first."""
    back = MONTHS_BACK if "{month}" in address else 1
    for step in range(back):
        year, month = divmod(day.year * MONTHS_OF_YEAR + day.month - 1 - step, MONTHS_OF_YEAR)
        yield calendar.month_name[month + 1].lower(), year


def _safe(name: str) -> PurePosixPath:
    """Return a name of a file below a folder, never above it."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise DataError([f"{name}: a name of a file must not lead out of the folder."])
    return path


def one(
    address: str,
    path: Path,
    sha256: str,
    *,
    tell: Callable[[str], None],
    retries: int = RETRIES,
) -> Path:
    """Fetch one file to a path; one with a known hash that is there already is kept.

    Raises
    ------
    DataError
        It could not be had, is too large, has another hash, or is a web page.
    """
    pooch = _pooch()
    pooch.get_logger().setLevel("ERROR")
    known = f"sha256:{sha256}" if sha256 else None
    if known and path.is_file() and publishers.sha256(path) == sha256:
        tell(f"{path.name}: in the cache already")
        return path
    guard = _Guard(path.name, tell)
    fresh = path.with_name(f"{path.name}.new")  # without a hash the older one must not count
    box = pooch.create(
        path=path.parent,
        base_url="",
        registry={fresh.name: known},
        urls={fresh.name: address},
        retry_if_failed=retries,
    )
    downloader = pooch.HTTPDownloader(
        progressbar=guard, timeout=TIMEOUT_S, hooks={"response": guard.answered}
    )
    try:
        fresh.unlink(missing_ok=True)
        box.fetch(fresh.name, downloader=downloader)
        _not_a_page(fresh)
        fresh.replace(path)
    except (ValueError, OSError) as error:  # errors of requests are among the second
        fresh.unlink(missing_ok=True)
        raise DataError([_worded(address, path.name, error)]) from error
    finally:
        guard.hang_up()
    return path


def _worded(address: str, name: str, error: Exception) -> str:
    told = " ".join(str(error).split())
    if "hash" in told:
        return (
            f"{name}: what {address} gave has another hash than the known edition; nothing is"
            " taken from it. Look at the publisher's page for a new edition."
        )
    return f"{name}: {address} could not be fetched ({told[:160]}); try again, or use --from."


def _not_a_page(path: Path) -> None:
    with path.open("rb") as stream:
        head = stream.read(200).lstrip().lower()
    if head.startswith(WEB_PAGE) and path.name.removesuffix(".new")[-5:] != ".html":
        raise ValueError("a web page was given in place of the file")


def _pooch() -> Any:
    try:
        import pooch
    except ImportError as error:
        raise PackError("fetching needs the package pooch; install the extra `import`.") from error
    return pooch


class _Guard:
    """Counts what arrives, tells it, and refuses more than MOST_BYTES."""

    def __init__(self, name: str, tell: Callable[[str], None]) -> None:
        self.name = name
        self.tell = tell
        self.got = 0
        self.told = 0
        self.answers: list[Any] = []

    def answered(self, response: Any, **_: object) -> None:
        """Keep an answer, to close it if it is refused on the way."""
        self.answers.append(response)

    def hang_up(self) -> None:
        """Close every connection, those of refused answers too."""
        for response in self.answers:
            response.close()

    @property
    def total(self) -> int:
        """Bytes that the server announced."""
        return self._total

    @total.setter
    def total(self, size: int) -> None:
        self._total = size
        self._bounded(size)

    def _bounded(self, size: int) -> None:
        if size > MOST_BYTES:
            raise DataError([f"{self.name}: it has more than {MOST_BYTES // 10**6} MB; refused."])

    def update(self, size: int) -> None:
        """Count a piece."""
        self.got += size
        self._bounded(self.got)
        if self.got >= self.told + TOLD_BYTES:
            self.told = self.got
            self.tell(f"{self.name}: {self.got // 10**6} MB")

    def reset(self) -> None:
        """Start again, as before the last piece or another try."""
        self.got = self.told = 0

    def close(self) -> None:
        """Do nothing; the file is whole."""
