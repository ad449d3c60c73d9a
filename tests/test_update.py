from __future__ import annotations

import gzip
import hashlib
import threading
from collections import Counter
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

import native_files
import pandas as pd
import pytest
import tiny
from typer.testing import CliRunner

from planner import cli, packs, schema, update
from planner.errors import DataError, PackError
from planner.sources import fetch, importers, native, publishers, renew

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = date(2026, 11, 22)
BODY = b"country,name\nXXX,Dam\n"
SHA = hashlib.sha256(BODY).hexdigest()
COLUMNS = list(publishers.DOWNLOADS.columns)
TOLD: list[str] = []


class Publisher(BaseHTTPRequestHandler):
    """A publisher's server on this machine: each path behaves in its own way."""

    asked: ClassVar[Counter[str]] = Counter()

    def do_GET(self) -> None:
        """Answer."""
        path = self.path
        Publisher.asked[path] += 1
        if path.endswith("flaky.csv") and Publisher.asked[path] == 1:
            self.send_error(503)
            return
        if path.endswith("gone.csv"):
            self.send_error(404)
            return
        body = b"<!DOCTYPE html><html>moved</html>" if "page" in path else BODY
        if "september" in path:
            body = b"PK\x03\x04workbook"
        self.send_response(200)
        extra = 500 if "cut" in path else 10**10 if "big" in path else 0
        self.send_header("Content-Length", str(len(body) + extra))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve on a free port of this machine, ask without a proxy, and wait for no retry."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("pooch.core.time.sleep", lambda _: None)
    Publisher.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Publisher)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def downloads(*rows: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame([dict.fromkeys(COLUMNS, "") | row for row in rows])


def fetched(tmp_path: Path, url: str, sha256: str = "") -> Path:
    return fetch.one(url, tmp_path / "x.csv", sha256, tell=TOLD.append)


# --- fetching ------------------------------------------------------------------------------------


def test_a_server_that_is_busy_is_asked_again(address: str, tmp_path: Path) -> None:
    path = fetched(tmp_path, f"{address}/flaky.csv", SHA)

    assert path.read_bytes() == BODY
    assert Publisher.asked["/flaky.csv"] == 2


def test_a_file_with_another_hash_is_not_taken(address: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        fetched(tmp_path, f"{address}/x.csv", "0" * 64)

    (told,) = caught.value.problems
    assert told == (
        f"x.csv: what {address}/x.csv gave has another hash than the known edition; nothing is"
        " taken from it. Look at the publisher's page for a new edition."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_body_that_is_cut_off_is_not_taken(address: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        fetched(tmp_path, f"{address}/cut.csv")

    assert "could not be fetched" in caught.value.problems[0]
    assert Publisher.asked["/cut.csv"] == 1 + fetch.RETRIES
    assert list(tmp_path.iterdir()) == []


def test_more_than_the_bound_is_refused_at_once(address: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        fetched(tmp_path, f"{address}/big.csv")

    assert caught.value.problems == ("x.csv: it has more than 300 MB; refused.",)
    assert Publisher.asked["/big.csv"] == 1


def test_a_web_page_in_place_of_a_file_is_not_taken(address: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        fetched(tmp_path, f"{address}/page.csv")

    assert "a web page was given in place of the file" in caught.value.problems[0]
    assert list(tmp_path.iterdir()) == []


def test_a_known_file_in_the_cache_is_not_fetched_again(address: str, tmp_path: Path) -> None:
    fetched(tmp_path, f"{address}/x.csv", SHA)
    fetched(tmp_path, f"{address}/x.csv", SHA)
    assert Publisher.asked["/x.csv"] == 1

    fetched(tmp_path, f"{address}/x.csv")  # without a hash the address may give something new
    assert Publisher.asked["/x.csv"] == 2


def test_an_older_file_stays_when_a_new_one_cannot_be_had(address: str, tmp_path: Path) -> None:
    fetched(tmp_path, f"{address}/x.csv")
    with pytest.raises(DataError):
        fetched(tmp_path, f"{address}/gone.csv")

    assert (tmp_path / "x.csv").read_bytes() == BODY


def test_proxies_are_those_of_the_environment(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("HTTP_PROXY", address)
    monkeypatch.setenv("http_proxy", address)
    fetched(tmp_path, "http://publisher.invalid/x.csv", SHA)

    assert Publisher.asked["http://publisher.invalid/x.csv"] == 1


def test_one_file_that_fails_stops_no_other_and_all_are_named(address: str, tmp_path: Path) -> None:
    rows = downloads(
        {"importer": "gppd", "file": "gone.csv", "address": f"{address}/gone.csv"},
        {"importer": "gppd", "file": "a/x.csv", "address": f"{address}/x.csv"},
        {"importer": "gppd", "file": "none.csv"},
        {"importer": "gppd", "file": "../up.csv", "address": f"{address}/x.csv"},
    )
    done, problems = fetch.files(rows, tmp_path, day=DAY, tell=TOLD.append)

    assert [(one.path, one.sha256, one.size) for one in done] == [
        (tmp_path / "gppd" / "a" / "x.csv", SHA, len(BODY))
    ]
    assert problems[0].startswith(f"gone.csv: {address}/gone.csv could not be fetched (404")
    assert problems[1] == "../up.csv: a name of a file must not lead out of the folder."


def test_a_monthly_file_is_the_newest_month_that_is_no_web_page(
    address: str, tmp_path: Path
) -> None:
    """A month that is not out, or no longer the newest, is answered with a page."""
    file = "{month}_page{year}.xlsx"
    row = {"importer": "eia860m", "file": file, "address": f"{address}/{file}"}
    done, problems = fetch.files(downloads(row), tmp_path, day=DAY, tell=TOLD.append)

    assert [one.file for one in done] == ["september_page2026.xlsx"]
    assert problems == []


def test_fetching_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pooch", None)
    with pytest.raises(PackError) as caught:
        fetch.cache()

    assert str(caught.value) == ("fetching needs the package pooch; install the extra `import`.")


# --- merging -------------------------------------------------------------------------------------


def pack(folder: Path) -> Path:
    """Write the grid of `tiny` as a pack whose link of 50 MW is an older edition of ReEDS."""
    case = tiny.case()
    folder.mkdir(parents=True)
    zones = {"NORTH": "p2", "SOUTH": "p10"}
    for table in schema.GRID_TABLES:
        if table is schema.SOURCES or not hasattr(case, table.name):
            continue
        frame = getattr(case, table.name)
        if table is schema.REGIONS:
            frame = frame.assign(source_zone=frame["region"].map(zones))
        if table is schema.LINKS:
            frame = frame.assign(source="reeds-limits")
        if len(frame):
            blank = frame.astype(object).where(frame.notna(), None)
            dates = [name for name, kind in table.columns.items() if kind.kind == "date"]
            blank[dates] = frame[dates]
            text = renew.as_text(blank, table).to_csv(index=False)
            (folder / f"{table.name}.csv").write_text(text, encoding="utf-8")
    lines = [f"{name},P,D,2024-01-01,,none,high" for name in ("reeds-limits", "test")]
    head = ",".join(schema.SOURCES.columns)
    native_files.written(folder / "sources.csv", "\n".join([head, *lines, ""]))
    return folder


def edition(tmp_path: Path, published: date = date(2026, 9, 30)) -> native.Imported:
    from planner.sources import native_grid

    grid = native_grid.read(tmp_path / "mine")
    files = native_files.reeds(tmp_path / "inputs")
    return importers.read("reeds", files, native.Given(published=published, grid=grid))


def test_an_edition_is_added_beside_what_was_known(tmp_path: Path) -> None:
    """The link was 50 MW and is 900/700; the tie of 200 MW is new. 2025 is answered as before."""
    folder = pack(tmp_path / "mine")
    found = renew.merged(edition(tmp_path), folder, "links", "reeds-limits reeds-20*")
    renew.checked(folder)

    assert (found.new, found.changed, found.gone, found.same) == (1, 1, 0, 0)
    assert (found.before_mw, found.after_mw) == (50.0, 1100.0)
    then, now = (
        packs.read(folder, (schema.LINKS,), as_of=day)["links"] for day in (date(2025, 1, 1), DAY)
    )
    assert then["forward_mw"].tolist() == [50.0]
    assert sorted(now["forward_mw"]) == [200.0, 900.0]


def test_what_an_edition_no_longer_lists_stands_with_0_mw(tmp_path: Path) -> None:
    folder = pack(tmp_path / "mine")
    renew.merged(edition(tmp_path), folder, "links", "reeds-limits")
    found = edition(tmp_path, date(2026, 10, 31))
    links = found.tables["links"]
    found.tables["links"] = links[links["kind"] == "AC"]
    change = renew.merged(found, folder, "links", "reeds-limits reeds-20*")
    again = renew.merged(found, folder, "links", "reeds-limits reeds-20*")

    now = packs.read(folder, (schema.LINKS,), as_of=DAY)["links"].set_index("kind")
    assert (change.gone, change.same, again.gone) == (1, 1, 0)
    assert now["forward_mw"].to_dict() == {"AC": 900.0, "DC": 0.0}


def test_an_edition_without_the_table_is_refused(tmp_path: Path) -> None:
    folder = pack(tmp_path / "mine")
    with pytest.raises(PackError) as caught:
        renew.merged(edition(tmp_path), folder, "connection", "x")

    assert str(caught.value) == "reeds: the edition has no rows for the table connection."


def test_files_are_replaced_only_when_all_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = pack(tmp_path / "mine")
    (tmp_path / "work").mkdir()
    copy = renew.copied(folder, tmp_path / "work")
    renew.merged(edition(tmp_path), copy, "links", "reeds-limits")
    before = {file.name: file.read_bytes() for file in folder.iterdir()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("shutil.copyfile", full)
        with pytest.raises(PackError) as caught:
            renew.applied(copy, folder)
    assert str(caught.value) == f"{folder}: No space left on device; nothing was replaced."
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before

    written = renew.applied(copy, folder)
    assert [file.name for file in written] == ["links.csv", "sources.csv"]
    assert set(before) == {file.name for file in folder.iterdir()}


# --- the command ---------------------------------------------------------------------------------


def asked(tmp_path: Path, *more: str) -> Any:
    """Ask for 180 MW in NORTH by the end of 2028: 100 MW to spare, and 50 MW over the link."""
    if not (tmp_path / "mine").exists():
        pack(tmp_path / "mine")
        native_files.reeds(tmp_path / "inputs")
    sites = native_files.written(
        tmp_path / "sites.csv",
        "site,facility_mw,full_power_date,state,country\na,180,2028-12-31,NORTH,XX\n",
    )
    given = ["data", "update", "reeds", "--from", str(tmp_path / "inputs"), "--grid",
             str(tmp_path / "mine"), "--sites", str(sites), "--as-of", "2026-11-22",
             "--published", "2026-09-30", "--horizon", "3", *more]  # fmt: skip
    return CliRunner().invoke(cli.app, given)


def test_update_shows_what_moves_and_replaces_it_only_when_told(tmp_path: Path) -> None:
    first = asked(tmp_path)
    links = tmp_path / "mine" / "links.csv"
    before = links.read_text(encoding="utf-8")
    second = asked(tmp_path, "--apply", "--unlike")
    third = asked(tmp_path, "--apply")

    assert first.exit_code == 0, first.output
    assert "1 sites moved." in first.stdout
    assert "Nothing was replaced; give --apply to do so." in first.stdout
    assert "900" not in before
    assert f"replaced {links}" in second.stderr
    assert "900" in links.read_text(encoding="utf-8")
    assert third.exit_code == 0, third.output
    assert "No row of a pack would change." in third.stdout


def test_an_edition_that_looks_like_a_part_is_not_applied_unasked(tmp_path: Path) -> None:
    change = renew.Change("reeds", "us", "links", 0, 0, 300, 1, 1000.0, 700.0)
    found = update.Update(changes=[change], copies={tmp_path: tmp_path})
    with pytest.raises(PackError) as caught:
        update.apply(found)

    assert str(caught.value) == (
        "reeds: links would go from 1,000 to 700 MW; is the edition whole? If so, give --unlike."
        " Nothing was replaced."
    )
    assert update.apply(found, unlike=True) == []


def test_an_edition_later_than_the_as_of_date_moves_no_verdict_and_says_so(tmp_path: Path) -> None:
    done = asked(tmp_path, "--as-of", "2026-01-31")

    assert "0 sites moved." in done.stdout
    assert "later than the as-of date; it moves no verdict of that day." in done.stdout


def test_update_fetches_and_names_path_and_hash(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = downloads({"importer": "gppd", "file": "x.csv", "address": f"{address}/x.csv"})
    monkeypatch.setattr(publishers, "table", lambda _: rows)
    cache = tmp_path / "cache"
    given = ["data", "update", "gppd", "--cache", str(cache), "--grid", str(pack(tmp_path / "m"))]
    done = CliRunner().invoke(cli.app, given)

    assert done.exit_code == 0, done.output
    assert f"{cache / 'gppd' / 'x.csv'} ({len(BODY)} bytes, sha256 {SHA})" in done.stderr
    assert "gppd: no pack is renewed by it; see planner data import gppd" in done.stdout


def test_import_tells_what_was_used_and_writes_a_list(tmp_path: Path) -> None:
    native_files.reeds(tmp_path / "inputs")
    out = tmp_path / "out"
    given = ["data", "import", "reeds", str(tmp_path / "inputs"), "--out", str(out)]
    done = CliRunner().invoke(cli.app, given)
    again = CliRunner().invoke(cli.app, given)

    assert done.exit_code == 0, done.output
    assert "18 rows in 7 files, 13 used, 5 not." in done.stdout
    assert "limit of another set of zones" in done.stdout
    assert (out / "links.csv").is_file()
    assert again.exit_code == 2
    assert "it holds files already; choose another, or give --replace." in again.stderr


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["import", "gpdd", "."], "planner: no importer 'gpdd'; did you mean 'gppd'?"),
        (["update", "gpdd", "--from", "."], "planner: no importer 'gpdd'; did you mean 'gppd'?"),
        (["import", "gppd", "nowhere"], "planner: nowhere: there is no such file or folder;"),
        (["import", "gppd", ".", "--rename", "a"], "planner: --rename is 'a'; write 'column"),
        (["import", "gppd", ".", "--published", "x"], "planner: --published is 'x'; write a day"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(given: list[str], told: str) -> None:
    done = CliRunner().invoke(cli.app, ["data", *given])

    assert done.exit_code == 2
    assert done.stderr.startswith(told)
    assert done.stderr.count("\n") == 1


def test_importers_are_listed_with_their_licence() -> None:
    done = CliRunner().invoke(cli.app, ["data", "importers", "--format", "csv"])

    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 1 + len(importers.MODULES)
    assert "ODbL 1.0" in done.stdout


def test_all_names_every_importer_with_an_address(tmp_path: Path) -> None:
    ask = update.Ask(as_of=DAY, names=("all",), folder=tmp_path)

    assert len(update._wanted(ask)) == len(publishers.table("downloads"))  # noqa: SLF001


def test_compressed_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "database_X.csv"
    path.write_bytes(gzip.compress(BODY))
    with pytest.raises(DataError):
        importers.read("gppd", path)
