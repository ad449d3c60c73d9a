"""PyPSA: a plan as a network that PyPSA optimises to the same megawatts, and a network as a grid.

>>> from planner.bridges.pypsa import optimise, to_network
>>> network = to_network(plan)  # doctest: +SKIP
>>> optimise(network)  # doctest: +SKIP
"""

from __future__ import annotations

from planner.bridges.grid import Grid
from planner.bridges.pypsa_in import from_network
from planner.bridges.pypsa_out import to_network, written
from planner.bridges.pypsa_run import compared, optimise, served, shortage, unnamed

__all__ = [
    "Grid",
    "compared",
    "from_network",
    "optimise",
    "served",
    "shortage",
    "to_network",
    "unnamed",
    "written",
]
