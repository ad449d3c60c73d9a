"""The rules of the house that no other check sees: layers, quick start, nothing local in a file."""

import ast
import csv
import importlib.util
import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Final
from urllib.parse import urlsplit

import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = ROOT / "planner"

# A module imports only from the rows below its own. The front is planner/__init__.py.
LAYERS: Final = (
    ("cli",),
    (
        "cli_brief",
        "cli_data",
        "cli_data_update",
        "cli_ensemble",
        "cli_expand",
        "cli_headroom",
        "cli_hourly",
        "cli_ledger",
        "cli_maps",
        "cli_topdown",
        "cli_validate",
    ),
    ("cli_common",),
    ("brief_html", "brief_pdf", "brief_pptx"),
    ("brief",),
    ("brief_money",),
    ("brief_tables",),
    ("charts_interactive", "charts_ledger", "charts_validation", "maps_page"),
    ("charts", "maps_interactive", "maps_world"),
    ("maps", "bridges", "validation"),
    ("ensemble_store", "expansion_text", "odds_text"),
    (
        "export",
        "headroom_report",
        "hourly_text",
        "ledger_report",
        "maps_margin",
        "report_adequacy",
        "topdown_report",
        "update",
    ),
    ("starter",),
    ("compare", "inspect_data", "layers", "provenance", "report", "why"),
    ("report_files",),
    ("front",),
    ("ledger", "topdown"),
    ("ledger_powered",),
    ("ledger_checks",),
    ("ensemble", "expansion", "hourly", "ladder", "place", "program"),
    ("expansion_ground",),
    ("hourly_ground",),
    ("odds",),
    ("batch",),
    ("drawn",),
    ("ledger_money", "palette"),
    ("adequacy", "pipeline"),
    ("explain", "ledger_facts"),
    ("causes", "replay"),
    ("horizon", "part"),
    ("cuts", "decomposition_draws", "loaded", "stages"),
    ("decomposition",),
    ("hourly_shapes", "model", "model_annual", "model_hourly", "parts"),
    ("draws", "remedies"),
    ("demand", "limits"),
    ("match", "scenario", "supply"),
    ("case", "curtailment", "sources"),
    ("overlays",),
    ("packs", "schema_chronology", "schema_hourly", "schema_ledger", "schema_validation"),
    ("headings",),
    ("schema",),
    ("files", "references"),
    ("files_geo",),
    ("files_xlsx",),
    ("files_csv",),
    ("validate",),
    ("files_guard",),
    ("wording",),
    ("hook",),
    ("cluster", "highs", "hours_block", "ledger_overlap", "terms", "uncertainty"),
    ("columns", "errors"),
)
ROW: Final = {module: row for row, modules in enumerate(LAYERS) for module in modules}
ONLY_IN: Final = {
    # program writes the same rows as a file, with names; model_annual is the layer of years
    "pulp": {"model", "model_annual", "program"},
    # a year of hours has too many columns for PuLP; cuts go into the layer of years as it is loaded
    "highspy": {"highs", "model_annual"},
    "typer": {name for row in LAYERS[:3] for name in row},
}
# match reads outlines; files_*, headings and overlays read what a user names, as compare, report
# and scenario do; starter copies its template.
READERS: Final = {
    *(
        "bridges",
        "compare",
        "ensemble_store",
        "export",
        "files_csv",
        "files_geo",
        "files_xlsx",
        "headings",
        "match",
        "overlays",
    ),
    *("packs", "program", "report_files", "scenario", "sources", "starter"),
}
# sources refresh the packs.
WRITERS: Final = {
    *("bridges", "cli", "cli_brief", "cli_maps", "ensemble_store", "export", "maps", "report"),
    *("report_files", "sources"),
}
READ: Final = re.compile(r"read_(csv|excel|file|parquet|feather|json|html|text|bytes|dataframe)")
WRITE: Final = re.compile(r"to_(csv|excel|file|parquet|feather)|write_(text|bytes|dataframe)")

HEAVY: Final = ("geopandas", "highspy", "matplotlib", "pandas", "pandera", "pulp", "shapely")
LARGEST_PLAIN_NUMBER: Final = 1000
LOCK_FILES: Final = {"Pipfile.lock", "pdm.lock", "poetry.lock", "pylock.toml", "uv.lock"}

# Written in pieces, or this file would break its own rule.
LOCAL_PATH: Final = re.compile(
    r"(?<![\w.%~*{}$-])(?:/(?:home|Users|work)|[A-Z]:\\Users)[/\\]\w[\w.-]*|(?<![\w.%-])/root/[\w.]"
)
REGISTRY: Final = re.compile(
    "|".join(
        [
            r"https?://[^\s\"'<>]*/" + r"simple(?![\w-])",
            "files." + "pythonhosted",
            r"-{2}(?:extra-)?index" + r"-url|-{2}find" + r"-links|-{2}trusted" + r"-host",
            r"^\s*(?:extra-)?index" + r"-url\s*=",
        ]
    ),
    re.MULTILINE,
)


def module_of(path: Path) -> str:
    """Return the row name of a file: its module, or the package it lies in."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    name = parts[0]
    return {"__init__": "front", "__main__": "cli"}.get(name, name)


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of every import of a file, those inside functions too."""
    here = ("planner", *path.relative_to(PACKAGE).with_suffix("").parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(here[: len(here) - node.level]) if node.level else []
            dotted = ".".join(base + ([node.module] if node.module else []))
            yield from ((node.lineno, f"{dotted}.{alias.name}") for alias in node.names)


def target_of(dotted: str) -> str | None:
    """Return the row name that an import reaches, or None for another package."""
    top, _, rest = dotted.partition(".")
    if top != "planner":
        return None
    name = rest.partition(".")[0]
    is_module = name in ROW or (PACKAGE / f"{name}.py").is_file()
    return name if is_module else "front"


def named(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT).as_posix()}, line {line}"


def test_every_module_has_a_row_in_the_layers() -> None:
    unknown = {module_of(path) for path in sources()} - set(ROW)

    assert not unknown


def test_a_module_imports_only_from_rows_below_its_own() -> None:
    problems = []
    for path in sources():
        own = module_of(path)
        for line, dotted in imported(path):
            target = target_of(dotted)
            if target in {None, own} or own not in ROW or own == "front":
                continue
            if ROW.get(str(target), -1) <= ROW[own]:
                problems.append(f"{named(path, line)}: {own} imports {target}")

    assert problems == []


def test_the_solver_and_the_command_line_are_imported_in_one_module_each() -> None:
    problems = [
        f"{named(path, line)}: imports {dotted}"
        for path in sources()
        for line, dotted in imported(path)
        if module_of(path) not in ONLY_IN.get(dotted.partition(".")[0], {module_of(path)})
    ]

    assert problems == []


def test_files_are_read_and_written_in_their_rows_only() -> None:
    problems = []
    for path in sources():
        own = module_of(path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            reads = READ.fullmatch(called) and own not in READERS
            writes = WRITE.fullmatch(called) and own not in WRITERS
            if reads or writes or (called == "open" and own not in READERS | WRITERS):
                problems.append(f"{named(path, node.lineno)}: {own} calls {called}")

    assert problems == []


def plain_numbers(path: Path) -> Iterator[tuple[int, float]]:
    """Yield the large numbers inside functions, where no name says what they are."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for statement in function.body:
            for node in ast.walk(statement):
                if isinstance(node, ast.Constant) and type(node.value) in {int, float}:
                    yield node.lineno, float(str(node.value))


def test_no_function_holds_a_large_number_without_a_name() -> None:
    """A year, a rating or a price is a row of a pack, an assumption or a named constant.

    The sources are spared: a publisher's table has years in its layout.
    """
    problems = [
        f"{named(path, line)}: {value}"
        for path in sources()
        for line, value in plain_numbers(path)
        if module_of(path) != "sources"
        and abs(value) > LARGEST_PLAIN_NUMBER
        and not math.log10(abs(value)).is_integer()
    ]

    assert problems == []


def regions() -> set[str]:
    """Return the ids of all regions in the packs."""
    ids: set[str] = set()
    for path in ROOT.glob("grids/*/regions.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            ids |= {row.get("region", "") for row in csv.DictReader(file)}
    return ids - {""}


def test_no_module_but_the_sources_knows_a_region_by_name() -> None:
    ids = regions()
    if not ids:
        pytest.skip("no grids pack with regions yet")
    problems = [
        f"{named(path, node.lineno)}: {node.value}"
        for path in sources()
        if module_of(path) != "sources"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in ids
    ]

    assert problems == []


def loaded(code: str) -> list[str]:
    """Run code in a fresh interpreter and return the heavy libraries it loaded."""
    report = f"""
import atexit, json, sys
atexit.register(
    lambda: print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]), file=sys.stderr)
)
{code}
"""
    done = subprocess.run(
        [sys.executable, "-c", report], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return list(json.loads(done.stderr.splitlines()[-1]))


def needs(module: str) -> None:
    path = PACKAGE / ("__init__.py" if module == "planner" else f"{module}.py")
    if not path.is_file():
        pytest.skip(f"{path.relative_to(ROOT)} is not there yet")


def test_importing_the_package_loads_no_heavy_library() -> None:
    needs("planner")

    assert loaded("import planner") == []


def test_importing_the_command_line_loads_no_heavy_library() -> None:
    needs("cli")

    assert loaded("import planner.cli") == []


def test_help_loads_no_heavy_library() -> None:
    needs("cli")

    assert loaded("sys.argv = ['planner', '--help']; from planner.cli import main; main()") == []


def test_the_plain_answer_loads_no_schemas_and_no_outlines() -> None:
    """No site of the shipped list that has no county or state lies in the bounds of India."""
    needs("cli")
    asked = ["planner", "check", "--grid", "india", "--horizon", "1"]
    code = f"sys.argv = {asked!r}; from planner.cli import main; main()"

    assert loaded(code) == ["highspy", "pandas", "pulp"]


def test_importing_every_module_prints_nothing() -> None:
    needs("planner")
    names = [
        ".".join(("planner", *path.relative_to(PACKAGE).with_suffix("").parts))
        for path in sources()
        if path.stem not in {"__init__", "__main__"}
    ]
    code = f"import importlib\nfor name in {names!r}: importlib.import_module(name)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_public_names_are_those_that_are_there() -> None:
    needs("planner")
    import planner

    public = set(planner.__all__)
    missing = {name for name in public if not hasattr(planner, name)}
    there = {
        name
        for name, value in vars(planner).items()
        if not name.startswith("_")
        and not isinstance(value, ModuleType)
        and str(getattr(value, "__module__", "")).startswith("planner")
    }

    assert missing == set()
    assert there - public == set()
    assert list(planner.__all__) == sorted(public)


def tracked() -> list[Path]:
    """Return the files that git holds, and those it would take."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in done.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def texts() -> Iterator[tuple[Path, str]]:
    for path in tracked():
        data = path.read_bytes()
        if b"\0" not in data:
            yield path, data.decode(errors="replace")


def found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{named(path, text.count('\n', 0, match.start()) + 1)}: {match.group()}"
        for path, text in texts()
        for match in pattern.finditer(text)
    ]


def test_no_file_names_a_folder_of_one_machine() -> None:
    assert found(LOCAL_PATH) == []


def test_the_path_pattern_tells_a_folder_from_an_address() -> None:
    home = "/" + "home/ann"

    assert LOCAL_PATH.search(f'open("{home}/x.csv")')
    assert not LOCAL_PATH.search(f"https://example.org{home}/x.csv")


def test_no_file_names_a_package_registry() -> None:
    assert found(REGISTRY) == []


def test_no_file_names_a_host_of_this_machines_package_settings() -> None:
    settings = [value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_"))]
    hosts = {urlsplit(word).hostname for value in settings for word in value.split()}
    hosts -= {None, "localhost", "pypi" + ".org", "127.0.0.1"}
    problems = [
        f"{path.relative_to(ROOT).as_posix()} names a host of PIP_ or UV_ settings"
        for path, text in texts()
        if any(str(host) in text for host in hosts)
    ]

    assert problems == []


def test_no_lock_file_is_kept() -> None:
    assert [path.name for path in tracked() if path.name in LOCK_FILES] == []


def test_constraints_are_names_and_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    strange = [
        line
        for line in lines
        if line and not line.startswith("#") and not re.fullmatch(r"[\w.-]+==[\w.]+", line)
    ]

    assert strange == []


def test_the_command_is_the_one_that_pyproject_names() -> None:
    needs("cli")
    spec = importlib.util.find_spec("planner.cli")

    assert spec is not None
    assert spec.origin == str(PACKAGE / "cli.py")
