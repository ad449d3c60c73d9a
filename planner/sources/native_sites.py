"""Datacenters of a publisher as rows of `sites` and `phases`: ids, dates, statuses."""

from __future__ import annotations

import calendar
import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final

from planner.sources import native_grid

if TYPE_CHECKING:
    import pandas as pd

DECEMBER: Final = 12
ALIASES: Final = {
    "united states": "US",
    "usa": "US",
    "uk": "GB",
    "south korea": "KR",
}
ISO: Final = re.compile("[A-Z]{2}")
DAY: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
SLASHED: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
DEGREES: Final = re.compile(r"(\d+)\D+(\d+)\D+([\d.]+)\D*([NSEW])")
NOTHING: Final = ("-", "\u2013", "\u2014", "n/a", "None", "nan")
PRECISION: Final = ("year", "month", "day")


def slug(name: str) -> str:
    """Return an id made of a name.

    Examples
    --------
    >>> slug("Île-de-France (Campus 1)")
    'ile-de-france-campus-1'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.casefold()).strip("-")


def day(told: str) -> tuple[str, str]:
    """Return the day and how exact it is; a month or a year stands as its last day.

    Examples
    --------
    >>> day("2028-02"), day("2028"), day("9/20/2016"), day("soon")
    (('2028-02-29', 'month'), ('2028-12-31', 'year'), ('2016-09-20', 'day'), ('', ''))
    """
    slashed = SLASHED.fullmatch(told.strip())
    if slashed:
        told = f"{slashed[3]}-{int(slashed[1]):02d}-{int(slashed[2]):02d}"
    found = DAY.fullmatch(told.strip())
    if not found:
        return "", ""
    parts = [part for part in found.groups() if part]
    year, month = int(parts[0]), int(parts[1]) if len(parts) > 1 else DECEMBER
    if not 1 <= month <= DECEMBER or year < 1:
        return "", ""
    last = calendar.monthrange(year, month)[1]
    given = int(parts[2]) if len(parts) == len(PRECISION) else last
    if not 1 <= given <= last:
        return "", ""
    return f"{year:04d}-{month:02d}-{given:02d}", PRECISION[len(parts) - 1]


def country(told: str) -> str:
    """Return the code of a country, or nothing where a text names none, or several.

    Examples
    --------
    >>> country("Portugal"), country("US"), country("DE/FR"), country("EU")
    ('PT', 'US', '', '')
    """
    codes = _codes()
    if ISO.fullmatch(told):
        return told if told in codes.values() else ""
    return codes.get(told.strip().casefold(), "")


@cache
def _codes() -> dict[str, str]:
    """Return the code of each country by its name in small letters."""
    shapes = native_grid.countries()
    names = shapes["name"].str.casefold()
    return dict(zip(names, shapes["country"], strict=True)) | ALIASES


def degrees(told: str) -> float:
    r"""Return degrees of a text: decimal, or degrees, minutes and seconds with a compass letter.

    Examples
    --------
    >>> round(degrees("90°05'35W"), 4), degrees("41.5"), degrees("")
    (-90.0931, 41.5, nan)
    """
    try:
        return float(told)
    except ValueError:
        found = DEGREES.search(told)
    if not found:
        return float("nan")
    value = int(found[1]) + int(found[2]) / 60 + float(found[3]) / 3600
    return -value if found[4] in "SW" else value


def unique(names: pd.Series) -> pd.Series:
    """Return names, with a number added to those that come again."""
    again = names.groupby(names).cumcount()
    return names.where(again == 0, names + "-" + (again + 1).astype(str))


def plain(told: pd.Series) -> pd.Series:
    """Return text on one line, without marks of confidence, links and signs for nothing."""
    words = told.str.replace(r"\[([^\]]*)\]\([^)]*\)", r"\1", regex=True)  # a link: its words
    bare = words.str.replace(r"\s*\[?#\w+\]?", "", regex=True)
    line = bare.str.replace(r"\s+", " ", regex=True).str.strip()
    return line.where(~line.isin(NOTHING), "")


def valid_points(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave coordinates empty unless both are there and on the globe."""
    good = rows["lat"].between(-90, 90) & rows["lon"].between(-180, 180)
    return rows.assign(lat=rows["lat"].where(good), lon=rows["lon"].where(good))
