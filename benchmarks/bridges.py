"""Ask PyPSA about whole grids, and compare the megawatts it serves with the planner's.

python benchmarks/bridges.py us india      all half-years at once, from what the plan carried
python benchmarks/bridges.py us --in-order  each half-year from what PyPSA served before
"""

from __future__ import annotations

import argparse
import time

import planner
from planner.bridges import pypsa


def main() -> None:
    """Print megawatts by half-year, the largest difference, and the time taken."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("grids", nargs="+", help="grid packs, for example: us india")
    parser.add_argument("--in-order", action="store_true", help="carry what PyPSA itself served")
    parser.add_argument("--years", type=int, default=10, help="years looked ahead")
    given = parser.parse_args()
    for grid in given.grids:
        plan = planner.check(planner.load_case(grid, horizon_years=given.years))
        start = time.perf_counter()
        network = pypsa.to_network(plan)
        written = time.perf_counter()
        pypsa.optimise(network, in_order=given.in_order)
        solved = time.perf_counter()
        table = pypsa.compared(plan, network)
        print(f"{grid}: {len(network.buses)} buses, {len(network.links)} links,"
              f" {len(network.snapshots)} half-years")  # fmt: skip
        print(table.round(3).to_string())
        print(f"to_network {written - start:.1f} s, optimise {solved - written:.1f} s")


if __name__ == "__main__":
    main()
