"""PyPSA as the bridges use it: loaded when needed, without network requests, and quiet."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from planner.errors import PlannerError

if TYPE_CHECKING:
    from collections.abc import Iterator

CHATTY: Final = ("pypsa", "linopy")


def library() -> Any:
    """Load PyPSA and keep it from looking for newer versions of itself.

    Raises
    ------
    PlannerError
        PyPSA is not installed.
    """
    try:
        import pypsa
    except ImportError as error:
        raise PlannerError(
            "pypsa is missing; install it with: pip install 'datacenter-power-planner[pypsa]'"
        ) from error
    pypsa.options.general.allow_network_requests = False
    pypsa.options.api.legacy_string_dtype = False
    return pypsa


@contextmanager
def hushed() -> Iterator[None]:
    """Silence the log of a solve, and what PyPSA calls that is deprecated elsewhere."""
    loggers = [logging.getLogger(name) for name in CHATTY]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
