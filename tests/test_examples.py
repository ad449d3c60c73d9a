"""Each example runs as it stands, from another folder, and says something."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
EXAMPLES: Final = sorted((ROOT / "examples").glob("*.py"))
SAYS: Final = {
    "01_first_answer.py": "can be powered by their dates",
    "02_what_if.py": "two years longer to connect",
    "03_own_grid.py": "The campus: late, 163.6 of 250 MW by its date.",
}


def run(script: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in an empty folder; a warning is an error, temporary files stay there too."""
    return subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_example_is_known_here() -> None:
    """An example that is added says what it must print."""
    assert [script.name for script in EXAMPLES] == sorted(SAYS)


@pytest.mark.parametrize("script", EXAMPLES, ids=[script.name for script in EXAMPLES])
def test_an_example_runs_without_a_warning(script: Path, tmp_path: Path) -> None:
    """(1200 - 1100 + 80) / 1.1 = 163.6 MW reach the campus of the third one."""
    done = run(script, tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert SAYS[script.name] in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 100
