"""The reference builds without a warning, knows the public names, and opens without a network."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest

import planner

ROOT: Final = Path(__file__).resolve().parents[1]
LOADS: Final = {"script": "src", "img": "src", "link": "href", "iframe": "src"}
RENDERED: Final = ("stylesheet", "icon")


class Loaded(HTMLParser):
    """What a page loads when it is opened; a link that is only followed is none of it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect addresses of scripts, pictures and styles."""
        given = dict(attrs)
        if tag == "link" and given.get("rel") not in RENDERED:
            return
        if address := given.get(LOADS.get(tag, "")):
            self.found.append(address)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("sphinx")
    folder = tmp_path_factory.mktemp("reference")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html",
         "-d", str(folder / "work"), str(ROOT / "docs"), str(folder / "html")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "html"


def test_every_public_name_stands_in_the_reference(pages: Path) -> None:
    text = (pages / "api.html").read_text(encoding="utf-8")

    assert [
        n for n in planner.__all__ if n != "__version__" and f'id="planner.{n}"' not in text
    ] == []
    assert 'id="planner.bridges.pypsa.to_network"' in text


def test_every_page_of_docs_is_in_the_reference(pages: Path) -> None:
    names = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]

    assert [name for name in names if not (pages / name.with_suffix(".html")).is_file()] == []


def test_pages_load_nothing_from_elsewhere(pages: Path) -> None:
    problems = []
    for path in pages.rglob("*.html"):
        parser = Loaded()
        parser.feed(path.read_text(encoding="utf-8"))
        for address in parser.found:
            local = path.parent / re.sub(r"[?#].*", "", address)
            if re.match(r"\w+:|//", address) or not local.is_file():
                problems.append(f"{path.name}: {address}")
    outside = re.compile(r"@import\s+(url\()?[\"']?https?:|url\([\"']?https?:")
    sheets = sorted(pages.rglob("*.css"))
    styles = [path for path in sheets if outside.search(path.read_text(encoding="utf-8"))]

    assert problems == []
    assert styles == []
