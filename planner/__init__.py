"""Say which promised gigawatts can be powered by the promised date, and what stands in the way.

>>> import planner
>>> plan = planner.check(planner.load_case())  # doctest: +SKIP
>>> plan.bottlenecks.head()  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planner.case import Assumptions, Case, load_case
    from planner.curtailment import Headroom, headroom
    from planner.ensemble import on_time_probability
    from planner.errors import DataError, PackError, PlannerError, SolverError
    from planner.pipeline import Plan, check

__version__ = "0.1.0"
__all__ = [
    "Assumptions",
    "Case",
    "DataError",
    "Headroom",
    "PackError",
    "Plan",
    "PlannerError",
    "SolverError",
    "__version__",
    "check",
    "headroom",
    "load_case",
    "on_time_probability",
]

_HOMES = {
    "Assumptions": "case",
    "Case": "case",
    "load_case": "case",
    "Headroom": "curtailment",
    "headroom": "curtailment",
    "DataError": "errors",
    "PackError": "errors",
    "PlannerError": "errors",
    "SolverError": "errors",
    "Plan": "pipeline",
    "check": "pipeline",
    "on_time_probability": "ensemble",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for; pandas and PuLP stay out until then."""
    if name not in _HOMES:
        message = f"module 'planner' has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    return getattr(import_module(f"planner.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
