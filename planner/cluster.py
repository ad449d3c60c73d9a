"""Spread pieces of work over processes or machines with Dask; without it, one process works."""

from __future__ import annotations

import contextlib
import logging
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from planner.errors import PlannerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LOOPBACK: Final = "127.0.0.1"
AHEAD: Final = 3
WAIT: Final = "10s"
INSTALL: Final = "install planner[cluster], or leave --workers and --cluster out"


class ClusterError(PlannerError):
    """The processes that work for this one cannot be reached, or keep dying."""


def spread[Piece, Result](
    work: Callable[[Piece], Result],
    pieces: Sequence[Piece],
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
    for name in ("distributed", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with contextlib.ExitStack() as stack:
        if address is None:
            own = distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                host=LOOPBACK,
                dashboard_address=None,
                worker_dashboard_address=None,
                silence_logs=logging.CRITICAL,
            )
            address_found = stack.enter_context(own).scheduler_address
        else:
            address_found = address
        yield stack.enter_context(_connected(distributed, address_found))


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
    client: Any, work: Callable[[Piece], Result], pieces: Sequence[Piece], address: str | None
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
        message = f"the scheduler at {address or 'this machine'} is gone; start one again."
        raise ClusterError(message) from error
