"""The commands `planner data importers`, `planner data import` and `planner data update`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner import cli_common as common
from planner.cli_common import Format, Horizon, Sites

if TYPE_CHECKING:
    from datetime import date

    from planner.sources.native import Given, Imported
    from planner.update import Update

SHOWN = 12
Published = Annotated[
    str | None,
    typer.Option(
        "--published", help="Day of publication (YYYY-MM-DD), where the files do not say it."
    ),
]


def list_importers(style: Format = "table") -> None:
    """List the publishers whose own files can be read: files, title, licence."""
    common.one_of("--format", style, common.FORMATS)

    def answer() -> str:
        from planner import report
        from planner.sources import importers, publishers

        rows = publishers.table("publishers").sort_values("importer")
        files = rows["importer"].map(lambda name: ", ".join(importers.patterns(name)))
        if style == "table":
            rows = rows.assign(
                files=files.str.slice(0, 44), publisher=rows["publisher"].str.slice(0, 34)
            )
            return report.as_text(rows[["importer", "publisher", "files"]], style)
        columns = ["importer", "publisher", "document", "files", "licence", "address"]
        return report.as_text(rows.assign(files=files)[columns], style)

    common.shown(common.guarded(answer))


def import_(
    name: Annotated[str, typer.Argument(help="Importer, see: planner data importers")],
    path: Annotated[Path, typer.Argument(help="File as published, or a folder with its files.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the tables; without it, only told.")
    ] = None,
    grid: Annotated[
        str | None,
        typer.Option("--grid", help="Pack whose regions to use; else those of the publisher."),
    ] = None,
    published: Published = None,
    rename: Annotated[
        list[str] | None,
        typer.Option("--rename", help="Column of the file = column wanted; may be repeated."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over files that are there.")
    ] = False,
) -> None:
    """Read a publisher's own file into tables of the planner; say what could not be used."""
    given_day = common.parsed_day(published, "--published") if published else None

    def answer() -> tuple[Imported, list[Path]]:
        from planner.sources import importers, renew

        given = _given(grid, given_day, _renames(rename))
        found = importers.read(name, path, given)
        return found, [] if out is None else renew.written(found, out, replace=replace)

    found, written = common.guarded(answer)
    common.shown(_told(found))
    for file in written:
        common.progress(f"wrote {file}")
    for problem in found.problems:
        common.progress(problem)


def _given(grid: str | None, day: date | None, renames: dict[str, str]) -> Given:
    from planner.sources import native, native_grid

    there = None if grid is None else native_grid.read(grid)
    return native.Given(published=day, grid=there, renames=renames)


def _renames(given: list[str] | None) -> dict[str, str]:
    pairs = [entry.partition("=") for entry in given or []]
    for old, sign, new in pairs:
        if not (old and sign and new):
            common.refuse(f"--rename is {old + sign + new!r}; write 'column there=column wanted'.")
    return {old.strip(): new.strip() for old, _, new in pairs}


def _told(found: Imported) -> str:
    """Write what was read: tables, rows used and not used by reason, notes."""
    from planner import report

    source = found.tables["sources"].iloc[0]
    rows = int(found.files["rows"].sum())
    used = int(found.files["used"].sum())
    counts = {name: len(frame) for name, frame in found.tables.items() if name != "sources"}
    if found.outlines is not None:
        counts["outlines"] = len(found.outlines)
    tables = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    lines = [
        f"{source['publisher']}: {source['document']}, source {source['source']}",
        f"Licence: {source['licence']}",
        f"{rows:,} rows in {len(found.files)} files, {used:,} used, {rows - used:,} not.",
        f"Tables: {tables or 'none'}",
    ]
    if len(found.unused):
        why = found.unused.groupby("reason")["rows"].sum().sort_values(ascending=False)
        table = why.rename_axis("not used, because").reset_index()
        lines.append(report.as_text(table, "table"))
    return "\n".join([*lines, *_some(found.notes)])


def _some(notes: tuple[str, ...] | list[str]) -> list[str]:
    lines = [f"Note: {note}" for note in dict.fromkeys(notes)]
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], f"... and {more} more notes."] if more > 0 else lines


def update(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Importers, or all; without it, those that renew a pack."),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--from", help="Folder of downloaded files; nothing is fetched.")
    ] = None,
    cache: Annotated[Path | None, typer.Option("--cache", help="Folder for fetched files.")] = None,
    grid: Annotated[
        list[str] | None, typer.Option("--grid", help="Pack to renew, by name or folder.")
    ] = None,
    sites: Sites = "announced",
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Day of both answers (YYYY-MM-DD); else today.")
    ] = None,
    horizon: Horizon = 10,
    published: Published = None,
    do_apply: Annotated[
        bool, typer.Option("--apply", help="Replace the files of the packs; else only shown.")
    ] = False,
    unlike: Annotated[
        bool, typer.Option("--unlike", help="Apply even if megawatts change by more than 25 %.")
    ] = False,
    style: Format = "table",
) -> None:
    """Fetch publishers' current files; show which verdicts they move before it is done."""
    common.one_of("--format", style, common.FORMATS)
    day = common.parsed_day(as_of) if as_of else datetime.now(UTC).date()
    given_day = common.parsed_day(published, "--published") if published else None

    def answer() -> tuple[str, list[Path]]:
        from planner import update as updating

        ask = updating.Ask(
            as_of=day,
            names=tuple(names or ()),
            folder=folder,
            cache=cache,
            grids=tuple(grid or ("us", "india")),
            sites=sites,
            horizon_years=horizon,
            published=given_day,
        )
        with updating.prepared(ask, common.progress) as found:
            _files_told(found)
            written = updating.apply(found, unlike=unlike) if do_apply else []
            return _rendered(found, style, applied=do_apply), written

    text, written = common.guarded(answer)
    common.shown(text)
    for file in written:
        common.progress(f"replaced {file}")


def _files_told(found: Update) -> None:
    """Say where each file lies, with its hash, and what could not be had."""
    for entry in found.fetched:
        common.progress(f"{entry.path} ({entry.size:,} bytes, sha256 {entry.sha256})")
    for problem in found.problems:
        common.progress(problem)


def _rendered(found: Update, style: str, *, applied: bool) -> str:
    from planner import report

    if style != "table":
        return report.as_text(found.table(), style) if not found.rows else report.comparison(
            found.moved, found.inputs, style
        )  # fmt: skip
    lines = []
    if len(found.changes):
        lines.append(report.as_text(found.table().round(1), "table"))
    if found.rows:
        inputs = found.inputs[~found.inputs["input"].str.startswith("inputs_sha256")]
        lines.append(report.comparison(found.moved, inputs, "table"))
    else:
        lines.append("No row of a pack would change.")
    lines += _some(found.notes)
    if found.rows and not applied:
        lines.append("Nothing was replaced; give --apply to do so.")
    return "\n\n".join(lines)


def mounted(data: typer.Typer) -> None:
    """Add the commands to the group `planner data`."""
    data.command("importers", epilog="Example: planner data importers")(list_importers)
    data.command("import", epilog="Example: planner data import epoch files --out my-sites")(
        import_
    )
    data.command("update", epilog="Example: planner data update reeds --from files")(update)
