"""Spread pieces of work over processes or machines with Dask; without it, one process works."""

from __future__ import annotations

import contextlib
import logging
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from planner.errors import PlannerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LOOPBACK: Final = "127.0.0.1"
AHEAD: Final = 3
WAIT: Final = "5s"
SETTINGS: Final = {
    "distributed.comm.timeouts.connect": WAIT,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.interval": "10s",
}
TALKERS: Final = ("asyncio", "distributed", "tornado")
INSTALL: Final = "install planner[cluster], or leave --workers and --cluster out"


class ClusterError(PlannerError):
    """The processes that work for this one cannot be reached, or keep dying."""


def spread[Piece, Result](
    work: Callable[[Piece], Result],
    pieces: Iterable[Piece],
    *,
    workers: int = 1,
    address: str | None = None,
) -> Iterator[Result]:
    """Do pieces of work and yield what comes back, in whatever order it comes.

    A piece whose worker dies is done again by another. A few pieces a worker are handed out ahead,
    so that work can be stopped early.

    Parameters
    ----------
    work
        Function of a module, so that another process finds it.
    pieces
        What it is called with, one at a time.
    workers
        Processes of this machine; they listen on the loopback only.
    address
        Scheduler that runs already, for example `tcp://127.0.0.1:8786`.

    Raises
    ------
    ClusterError
        Dask is not installed, nobody answers at the address, or the scheduler dies.
    """
    if workers == 1 and address is None:
        yield from map(work, pieces)
        return
    with _client(workers, address) as client:
        yield from _gathered(client, work, pieces, address)


@contextlib.contextmanager
def _client(workers: int, address: str | None) -> Iterator[Any]:
    """Connect, or start processes of our own; close them in the end."""
    try:
        distributed: Any = import_module("distributed")
    except ImportError as error:
        message = f"several processes need distributed; {INSTALL}."
        raise ClusterError(message) from error
    dask: Any = import_module("dask")
    with contextlib.ExitStack() as stack:
        stack.enter_context(_quiet())
        stack.enter_context(dask.config.set(SETTINGS))
        if address is None:
            own = distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                host=LOOPBACK,
                dashboard_address=f"{LOOPBACK}:0",
                worker_dashboard_address=f"{LOOPBACK}:0",
                silence_logs=logging.CRITICAL,
            )
            address_found = stack.enter_context(own).scheduler_address
        else:
            address_found = address
        yield stack.enter_context(_connected(distributed, address_found))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the loggers of Dask silent: what matters is raised, in one line."""
    names = [name for name in logging.root.manager.loggerDict if name.startswith(TALKERS)]
    levels = {name: logging.getLogger(name).level for name in (*names, *TALKERS)}
    for name in levels:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _connected(distributed: Any, address: str) -> Any:
    try:
        client = distributed.Client(address, timeout=WAIT, set_as_default=False)
    except (OSError, ValueError) as error:
        message = f"no scheduler answers at {address}; start one, or give --workers instead."
        raise ClusterError(message) from error
    if not client.scheduler_info(n_workers=-1)["workers"]:
        client.close()
        message = f"the scheduler at {address} has no workers; start some: dask worker {address}"
        raise ClusterError(message)
    return client


def _gathered[Piece, Result](
    client: Any, work: Callable[[Piece], Result], pieces: Iterable[Piece], address: str | None
) -> Iterator[Result]:
    """Hand out pieces ahead of the workers, and yield results as they come."""
    from concurrent.futures import CancelledError

    distributed: Any = import_module("distributed")
    waiting = iter(pieces)
    most = AHEAD * max(len(client.scheduler_info(n_workers=-1)["workers"]), 1)
    first = [client.submit(work, piece, pure=False) for piece in islice(waiting, most)]
    coming = distributed.as_completed(first, loop=client.loop)
    try:
        for future in coming:
            result = future.result()
            future.release()
            coming.update([client.submit(work, piece, pure=False) for piece in islice(waiting, 1)])
            yield result
    except distributed.KilledWorker as error:
        message = "workers died again and again on the same draws; they may lack memory."
        raise ClusterError(message) from error
    except (CancelledError, OSError) as error:
        where = address or "this machine"
        message = f"the scheduler at {where} is gone; start one, and go on with --resume."
        raise ClusterError(message) from error
