"""Feed the readers whatever a coverage-guided fuzzer comes up with.

    pip install atheris
    python benchmarks/fuzz_readers.py -max_total_time=600

Each input is a file: the first byte picks its ending, the rest is its content. A reader may give
tables or say in one-line problems why not. Anything else is a find: another exception, a problem of
two lines, more than 2 GB of memory, or more than 30 seconds. Options are those of libFuzzer; a
folder that is named first keeps the inputs that reached new code.
"""

from __future__ import annotations

import datetime as dt
import io
import random
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import atheris

with atheris.instrument_imports(include=["planner", "openpyxl", "et_xmlfile"]):
    import geopandas as gpd
    import openpyxl
    import pandas as pd

    from planner import headings, inspect_data, overlays
    from planner.errors import PlannerError

if TYPE_CHECKING:
    from collections.abc import Callable

DAY: Final = dt.date(2026, 11, 22)
KINDS: Final = (
    "sites.csv", "sites.csv.gz", "sites.xlsx", "sites.parquet", "sites.geojson", "sites.gpkg",
    "load.csv", "columns.toml", "pack.toml", "load.xlsx",
)  # fmt: skip
LIMITS: Final = ("-rss_limit_mb=2048", "-timeout=30", "-max_len=120000")
FOLDER: Final = Path(tempfile.mkdtemp(prefix="planner-fuzz-"))
ROWS: Final = pd.DataFrame(
    {
        "site": ["alpha", "beta"],
        "country": ["US", ""],
        "facility_mw": [300.0, 1.5],
        "full_power_date": ["2028-12-31", "2029-06-30"],
        "Latitude": [38.9, 43.1],
    }
)


def seeds() -> dict[str, bytes]:
    """Make a sound file of each kind."""
    points = gpd.points_from_xy([-77.5, -88.2], [38.9, 43.1], crs="EPSG:4326")
    shaped = gpd.GeoDataFrame(ROWS, geometry=points)
    made = {name: FOLDER / f"seed-{name}" for name in KINDS}
    ROWS.to_csv(made["sites.csv"], index=False)
    ROWS.to_csv(made["sites.csv.gz"], index=False)
    ROWS.to_parquet(made["sites.parquet"])
    shaped.to_file(made["sites.geojson"], driver="GeoJSON")
    shaped.to_file(made["sites.gpkg"], driver="GPKG")
    book = openpyxl.Workbook()
    for row in (list(ROWS.columns), *ROWS.to_numpy().tolist(), ["=1+1", dt.date(2028, 1, 1)]):
        book.active.append(row)
    book.save(made["sites.xlsx"])
    book.save(made["load.xlsx"])
    made["load.csv"].write_text("scenario,region,year,season,peak_mw\nofficial,A,2028,summer,1\n")
    made["columns.toml"].write_text('[sites]\n"x" = { column = "lat", times = 2 }\n[fill.sites]\n')
    made["pack.toml"].write_text('extends = "us"\nnote = "x"\n')
    return {name: path.read_bytes() for name, path in made.items()}


def one(data: bytes) -> None:
    """Read one input as a file; everything but an answer in words is a find."""
    if not data:
        return
    name = KINDS[data[0] % len(KINDS)]
    path = FOLDER / name
    path.write_bytes(data[1:])
    try:
        _ask(name, path)
    except PlannerError as error:
        _whole_lines(str(error).split("\n"))
    finally:
        path.unlink(missing_ok=True)


def _ask(name: str, path: Path) -> None:
    if name == "columns.toml":
        headings.read(path)
    elif name == "pack.toml":
        overlays.extends(FOLDER)
    else:
        found = inspect_data.inspect([path], as_of=DAY)
        _whole_lines(found.problems)


def _whole_lines(problems: list[str]) -> None:
    """Refuse a problem that takes more than one line."""
    split = [line for line in problems if len(line.splitlines()) > 1]
    if split:
        raise AssertionError(split[0])


def mutated(data: bytes, most: int, seed: int) -> bytes:
    """Change an input; of a workbook, mostly one of its parts before it is packed."""
    draw = random.Random(seed)  # noqa: S311 - not a secret
    name = KINDS[data[0] % len(KINDS)] if data else KINDS[0]
    if name.endswith(".xlsx") and draw.random() < 0.8:  # noqa: PLR2004
        try:
            return data[:1] + _repacked(data[1:], most, draw)
        except Exception:  # noqa: BLE001, S110 - no whole archive any more
            pass
    return bytes(data[:1]) + bytes(atheris.Mutate(data[1:], max(most - 1, 1)))


def _repacked(data: bytes, most: int, draw: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    chosen = draw.choice(sorted(parts))
    parts[chosen] = bytes(atheris.Mutate(parts[chosen], len(parts[chosen]) + 200))
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return sink.getvalue()[:most]


def main() -> None:
    """Write the seeds beside the corpus and run until libFuzzer stops."""
    corpus = FOLDER / "corpus"
    corpus.mkdir()
    for number, (name, content) in enumerate(seeds().items()):
        (corpus / name).write_bytes(bytes([number]) + content)
    arguments: list[str] = [sys.argv[0], *LIMITS, *sys.argv[1:], str(corpus)]
    run: Callable[..., Any] = atheris.Setup
    run(arguments, one, custom_mutator=mutated)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
