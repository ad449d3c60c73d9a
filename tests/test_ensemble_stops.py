"""An ensemble that is stopped goes on, with the same bytes; real processes on the loopback."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from planner import starter
from planner.cluster import ClusterError, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest.importorskip("distributed")

ROOT: Final = Path(__file__).resolve().parents[1]
PLANNER: Final = (sys.executable, "-c", "from planner.cli import main; main()")
DRAWS: Final = ("--draws", "200", "--format", "csv")
ENVIRONMENT: Final = {**os.environ, "PYTHONPATH": str(ROOT)}
PATIENCE: Final = 120.0
SMALL_BYTES: Final = 4_000


def command(folder: Path, *more: str) -> list[str]:
    """Draw the sites of the example that `planner init` writes."""
    own = folder.parent / "own"
    if not own.exists():
        starter.write(own)
    packs = ("--grid", str(own / "grid"), "--sites", str(own / "sites"))
    return [*PLANNER, "ensemble", *packs, *DRAWS, "--out", str(folder), *more]


def start(words: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        words, env=ENVIRONMENT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def ran(
    folder: Path, *more: str, before: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run to the end, whatever that is."""
    return subprocess.run(
        command(folder, *more),
        env=ENVIRONMENT,
        text=True,
        capture_output=True,
        check=False,
        preexec_fn=before,
    )


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def parts(folder: Path) -> int:
    return len(list((folder / "parts").glob("steps-*.parquet")))


def until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for a condition while a process works."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody stopped."""
    folder = tmp_path_factory.mktemp("whole") / "odds"
    done = ran(folder)
    assert done.returncode == 0, done.stderr
    return folder


class Cluster:
    """A scheduler and two workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        quiet = ("--host", "127.0.0.1", "--scheduler-file", str(self.file), "--no-dashboard")
        dask = [sys.executable, "-m", "dask"]
        self.scheduler = start([*dask, "scheduler", *quiet, "--port", "0"])
        until(self.file.is_file, self.scheduler)
        lone = ("--nthreads", "1", "--no-nanny", "--local-directory", str(folder))
        self.workers = [start([*dask, "worker", *quiet, *lone]) for _ in range(2)]

    @property
    def address(self) -> str:
        """Where the scheduler listens."""
        return str(json.loads(self.file.read_text())["address"])

    def stop(self) -> None:
        """Kill what still runs."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.communicate()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    running = Cluster(tmp_path)
    yield running
    running.stop()


def test_a_killed_client_goes_on_with_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    """SIGKILL after the first of four batches."""
    folder = tmp_path / "odds"
    process = start(command(folder))
    until(lambda: parts(folder) > 0, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    left = parts(folder)
    refused = ran(folder)
    again = ran(folder, "--resume")

    assert 0 < left < 4
    assert refused.returncode == 2
    assert refused.stderr == (
        f"planner: {folder}: it holds draws already; add --resume or choose another.\n"
    )
    assert again.returncode == 0, again.stderr
    assert f"planner: {50 * left} draws are there already\n" in again.stderr
    assert files(folder) == files(whole)


def test_a_cut_off_part_is_named_and_drawn_again(whole: Path, tmp_path: Path) -> None:
    """Half of a file, and another gone; the draws of another seed are not mixed in."""
    folder = tmp_path / "odds"
    shutil.copytree(whole, folder)
    cut = folder / "parts" / "steps-000050.parquet"
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    (folder / "parts" / "regions-000150.parquet").unlink()
    other = ran(folder, "--resume", "--seed", "8")
    again = ran(folder, "--resume")

    assert other.returncode == 2
    assert other.stderr == f"planner: {folder}: its seed is 7, not 8.\n"
    assert again.returncode == 0, again.stderr
    assert f"planner: {cut}: it is damaged; its draws are drawn again.\n" in again.stderr
    assert files(folder) == files(whole)


def test_a_full_disk_ends_in_one_line_and_keeps_what_is_there(whole: Path, tmp_path: Path) -> None:
    """No file may grow beyond 4 kB (RLIMIT_FSIZE stands in for a full disk)."""
    folder = tmp_path / "odds"
    shutil.copytree(whole, folder)
    for path in (folder / "parts").glob("*-000150.parquet"):
        path.unlink()

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_BYTES, SMALL_BYTES))

    stopped = ran(folder, "--resume", before=full)
    last = folder / "parts" / "regions-000150.parquet"
    again = ran(folder, "--resume")

    assert stopped.returncode == 2
    assert stopped.stderr.splitlines()[-1] == (
        f"planner: {last}: File too large; what was drawn is kept: make room, and go on with"
        " --resume."
    )
    assert "Traceback" not in stopped.stderr
    assert again.returncode == 0, again.stderr
    assert files(folder) == files(whole)


def test_a_killed_worker_loses_nothing(whole: Path, tmp_path: Path, cluster: Cluster) -> None:
    """One of two workers gets SIGKILL in the midst of its batch."""
    folder = tmp_path / "odds"
    process = start(command(folder, "--cluster", cluster.address))
    until(lambda: parts(folder) > 0, process)
    cluster.workers[0].kill()
    _, told = process.communicate(timeout=PATIENCE)

    assert process.returncode == 0, told
    assert files(folder) == files(whole)


def test_a_killed_scheduler_ends_in_one_line(whole: Path, tmp_path: Path, cluster: Cluster) -> None:
    """The rest is drawn by one process, without Dask."""
    folder = tmp_path / "odds"
    process = start(command(folder, "--cluster", cluster.address))
    until(lambda: parts(folder) > 0, process)
    cluster.scheduler.kill()
    _, told = process.communicate(timeout=PATIENCE)
    again = ran(folder, "--resume")

    assert process.returncode == 2
    assert told.splitlines()[-1] == (
        f"planner: the scheduler at {cluster.address} is gone; start one, and go on with --resume."
    )
    assert "Traceback" not in told
    assert again.returncode == 0, again.stderr
    assert files(folder) == files(whole)


def test_two_workers_give_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    """Processes of this machine, which listen on the loopback only."""
    folder = tmp_path / "odds"
    process = start(command(folder, "--workers", "2"))
    until(lambda: parts(folder) > 0, process)
    hosts = listening(process.pid)
    _, told = process.communicate(timeout=PATIENCE)

    assert process.returncode == 0, told
    assert hosts == {"127.0.0.1"}
    assert files(folder) == files(whole)


def listening(pid: int) -> set[str]:
    """Addresses that a process and its children listen at."""
    psutil: Any = pytest.importorskip("psutil")
    mine = psutil.Process(pid)
    return {
        one.laddr.ip
        for process in (mine, *mine.children(recursive=True))
        for one in process.net_connections(kind="inet")
        if one.status == psutil.CONN_LISTEN
    }


def test_nobody_at_the_address_is_said() -> None:
    """Port 9 of the loopback."""
    with pytest.raises(ClusterError) as told:
        list(spread(len, ["a"], address="tcp://127.0.0.1:9"))

    assert str(told.value) == (
        "no scheduler answers at tcp://127.0.0.1:9; start one, or give --workers instead."
    )
