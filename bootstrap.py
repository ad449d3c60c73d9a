"""Make .venv ready: find Python 3.12 or newer, install the planner in it, skip what is done.

Usage: python3 bootstrap.py [EXTRA ...]

Any Python from 3.7 runs this file; it needs nothing but the standard library.
"""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
COMMAND = BIN / ("planner.exe" if os.name == "nt" else "planner")
STAMP = VENV / "planner-ready"
BUSY = VENV / "planner-busy"
LOG = VENV / "planner-set-up.log"

OLDEST = (3, 12)
# The pinned versions were tried on the first of these; the last may lack ready-made packages.
NAMES = ("python3.12", "python3.13", "python3.14", "python3", "python")
PLACES = (
    "{pyenv}/versions/*/bin/python",
    "{uv}/*/bin/python3",
    "~/.asdf/installs/python/*/bin/python3",
    "~/.local/share/mise/installs/python/*/bin/python3",
    "~/mini*/bin/python3",
    "/usr/local/bin/python3.1[2-9]",
    "/usr/local/opt/python@3.*/bin/python3.1[2-9]",
    "/usr/local/python*/bin/python3",
    "/opt/*/bin/python3.1[2-9]",
    "/opt/python/*/bin/python3",
    "/Library/Frameworks/Python.framework/Versions/3.*/bin/python3",
)
PROBE = "import sys; print(sys.executable); print(*sys.version_info[:4])"
PROBE_SECONDS = 20
LOG_TAIL = 15
RECORD: list[str] = []  # what the commands printed


class SetUpError(Exception):
    """What is missing, in words for the person who typed the command."""


def say(text: str) -> None:
    """Print to standard error: standard output belongs to the answer."""
    print(f"set-up: {text}", file=sys.stderr, flush=True)


def environment() -> dict[str, str]:
    """Return this environment without settings that leak another Python or place into .venv."""
    leaks = {"PYTHONHOME", "PYTHONPATH", "PIP_PREFIX", "PIP_TARGET", "__PYVENV_LAUNCHER__"}
    kept = {name: value for name, value in os.environ.items() if name not in leaks}
    return {**kept, "PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def succeeds(command: list[str], **extra: str) -> bool:
    """Run a command with its output added to the record, and say whether it succeeded."""
    done = subprocess.run(
        command,
        cwd=str(ROOT),
        env={**environment(), **extra},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    RECORD.extend(done.stdout.decode(errors="replace").splitlines())
    return done.returncode == 0


def patterns() -> list[str]:
    """Return the places outside PATH where a Python may be, as patterns."""
    pyenv = os.environ.get("PYENV_ROOT", "~/.pyenv")
    uv = os.environ.get("UV_PYTHON_INSTALL_DIR", "~/.local/share/uv/python")
    return [os.path.expanduser(place.format(pyenv=pyenv, uv=uv)) for place in PLACES]


def candidates() -> list[str]:
    """Return every path at which a Python may be, the wished one first, each once."""
    folders = os.get_exec_path()
    named = [os.path.join(folder, name) for name in NAMES for folder in folders]
    found = [path for pattern in patterns() for path in sorted(glob.glob(pattern))]
    paths = [sys.executable, *named, *found]
    wished = os.environ.get("PYTHON", "")
    if wished:
        paths.insert(0, shutil.which(wished) or wished)
    return [path for path in dict.fromkeys(paths) if path and os.access(path, os.X_OK)]


def probe(path: str) -> tuple[str, tuple[int, ...]] | str:
    """Run a Python; return where it really is and its version, or what is wrong with it."""
    try:
        done = subprocess.run(
            [path, "-c", PROBE],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PROBE_SECONDS,
            check=True,
        )
        executable, version = done.stdout.decode().splitlines()
    except (OSError, ValueError, subprocess.SubprocessError):
        return "does not run"
    *numbers, level = version.split()
    if tuple(map(int, numbers)) < OLDEST:
        return "is Python " + ".".join(numbers)
    if level != "final":
        return f"is a pre-release, {'.'.join(numbers)} {level}"
    return executable, tuple(map(int, numbers))


def pythons() -> list[tuple[str, tuple[int, ...]]]:
    """Return the Pythons that are new enough, the wished one first, then the best tried."""
    results = {path: probe(path) for path in candidates()}
    wished = os.environ.get("PYTHON", "")
    asked = results.get(shutil.which(wished) or wished, "is not a program") if wished else ""
    if isinstance(asked, str) and wished:
        say(f"PYTHON={wished} {asked}; looking for another.")
    found = [result for result in results.values() if not isinstance(result, str)]
    if not found:
        tried = "\n".join(f"  {path} {result}" for path, result in results.items())
        oldest = ".".join(map(str, OLDEST))
        raise SetUpError(
            f"Python {oldest} or newer is needed and none was found. Tried:\n"
            f"{tried}\n"
            f"and found nothing at {', '.join(patterns())}.\n"
            f"Install one, for example with `apt install python{oldest} python{oldest}-venv`, "
            f"`pyenv install {oldest}`,\n`uv python install {oldest}` or "
            f"`brew install python@{oldest}`, and repeat the command;\n"
            f"or name one: PYTHON=/path/to/python{oldest} make check."
        )
    first = [] if isinstance(asked, str) else [asked]
    return list(dict.fromkeys(first + sorted(found, key=lambda item: item[1][:2])))


def usable() -> bool:
    """Say whether .venv holds a Python that is new enough, with pip, and no half-done install."""
    has_pip = any(VENV.glob("[Ll]ib/**/site-packages/pip/__main__.py"))
    return has_pip and not BUSY.exists() and not isinstance(probe(str(PYTHON)), str)


def make_with(python: str) -> bool:
    """Make .venv with one Python; where it has no ensurepip, let our own pip bring pip."""
    if succeeds([python, "-m", "venv", "--clear", str(VENV)]):
        return True
    if not succeeds([python, "-m", "venv", "--clear", "--without-pip", str(VENV)]):
        return False
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "install", "--target", folder, "pip"]
        install = [str(PYTHON), "-m", "pip", "install", "pip"]
        # --ignore-installed: else the pip that runs takes itself for the one to be installed.
        return succeeds(pip) and succeeds([*install, "--ignore-installed"], PYTHONPATH=folder)


def make_venv() -> None:
    """Make .venv anew with the first Python that can."""
    if VENV.exists():
        say(".venv is incomplete or too old; making it anew.")
        shutil.rmtree(str(VENV))
    found = pythons()
    for python, version in found:
        say(f"making .venv with Python {'.'.join(map(str, version))}.")
        if make_with(python) and usable():
            return
    oldest = ".".join(map(str, OLDEST))
    raise SetUpError(
        f"no Python could make .venv, last {found[-1][0]}:\n{tail()}\n"
        f"Its venv or ensurepip module is missing; install it, for example with "
        f"`apt install python{oldest}-venv`, and repeat the command."
    )


def tail() -> str:
    """Return the last lines of the record."""
    return "\n".join(f"  {line}" for line in RECORD[-LOG_TAIL:])


def install(extras: set[str]) -> None:
    """Install the planner from this checkout, with the versions it was tried with."""
    say("installing the planner and its libraries into .venv (once, about a minute).")
    target = f"{ROOT}[{','.join(sorted(extras))}]" if extras else str(ROOT)
    BUSY.touch()
    pip = [str(PYTHON), "-m", "pip", "install", "-c", "constraints.txt", "-e", target]
    if not succeeds(pip):
        LOG.write_text("\n".join(RECORD), encoding="utf-8")
        raise SetUpError(
            f"pip could not install the planner:\n{tail()}\n"
            f"Check the network and the settings of pip, and repeat the command; "
            f"the whole record is in {LOG.relative_to(ROOT)}."
        )
    BUSY.unlink()


def digest() -> str:
    """Return a fingerprint of all that decides what is in .venv."""
    parts = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
    return hashlib.sha256(b"\0".join([*parts, str(ROOT).encode()])).hexdigest()


def prepare(asked: set[str]) -> None:
    """Bring .venv to what pyproject.toml and constraints.txt say, with at least these extras."""
    stamp = STAMP.read_text(encoding="utf-8").split() if STAMP.is_file() else []
    extras = set(stamp[1:])
    works = COMMAND.exists() and usable()
    if works and stamp[:1] == [digest()] and asked <= extras:
        return
    if not works:
        make_venv()
        extras = set()
    install(asked | extras)
    STAMP.write_text(" ".join([digest(), *sorted(asked | extras)]), encoding="utf-8")


def locked(asked: set[str]) -> None:
    """Prepare, one process at a time."""
    try:
        import fcntl
    except ImportError:
        prepare(asked)
        return
    with Path(__file__).open("rb") as own:
        fcntl.flock(own, fcntl.LOCK_EX)
        prepare(asked)


def main() -> int:
    """Prepare .venv for the extras named on the command line; return the exit code."""
    try:
        locked(set(sys.argv[1:]))
    except SetUpError as error:
        say(str(error))
    except OSError as error:
        say(str(error))
    except KeyboardInterrupt:
        say("interrupted; the next start makes good what is half done.")
    else:
        return 0
    return 2


if __name__ == "__main__":
    sys.exit(main())
