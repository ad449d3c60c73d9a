"""Small grids, written out, whose answers a reader can compute by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from planner import horizon, model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PERIODS = pd.Series(
    {"2027-winter": 4054, "2027-summer": 4055, "2028-winter": 4056, "2028-summer": 4057}
)
ALWAYS = -1e6
NEVER = 1e6

type Step = Mapping[str, object]


def step(name: str, mw: float, region: str = "NORTH", **given: object) -> Step:
    """One step of a site; asked from the first period on and connected, unless said otherwise."""
    plain = {
        "step": name,
        "site": name.split("#", maxsplit=1)[0],
        "phase": "",
        "mw": mw,
        "region": region,
        "pocket": None,
        "target": 4054,
        "ready": ALWAYS,
        "on_grid": True,
        "rule": "",
    }
    return {**plain, **given}


def terms(
    spare_mw: Mapping[str, float | Iterable[float]],
    steps: Iterable[Step] = (),
    *,
    reserve_margin: float = 0.0,
    links: Iterable[tuple[str, str, float]] = (),
    joint: Iterable[tuple[str, set[str], float]] = (),
    room: Mapping[str, float] | None = None,
    plants: Mapping[str, float] | None = None,
    between: Iterable[tuple[str, str, float]] = (),
    unnamed: Mapping[str, float] | None = None,
    allocation: str = "queue",
) -> model.Terms:
    """Regions by their spare accredited megawatts, one number or one a period.

    The requirement is 1000 MW everywhere, the supply 1000 MW and what is spare.
    """
    spare = _wide(spare_mw)
    rows = [
        {
            "from_region": a,
            "to_region": b,
            "period": p,
            "forward_mw": mw,
            "reverse_mw": mw,
            "within_pool": within,
        }
        for part, within in ((links, True), (between, False))
        for a, b, mw in part
        for p in PERIODS.index
    ]
    bounds = [
        {
            "limit": name,
            "kind": "import",
            "period": p,
            "limit_mw": mw,
            "basis": "simultaneous",
            "into": frozenset(inside),
            "out_of": frozenset(),
            "within_pool": True,
        }
        for name, inside, mw in joint
        for p in PERIODS.index
    ]
    rooms = [
        {"pocket": k, "period": p, "room_mw": v}
        for k, v in (room or {}).items()
        for p in PERIODS.index
    ]
    return model.Terms(
        periods=PERIODS,
        supply=spare + 1000.0,
        requirement=spare * 0.0 + 1000.0,
        margin=spare * 0.0 + reserve_margin,
        unnamed=_wide(unnamed or {}).reindex(spare.index, fill_value=0.0),
        links=_table(rows, "from_region to_region period forward_mw reverse_mw within_pool"),
        joint=_table(bounds, "limit kind period limit_mw basis into out_of within_pool"),
        room=_table(rooms, "pocket period room_mw"),
        steps=_table(list(steps), " ".join(step("a", 1.0))),
        plants=_wide(plants or {}),
        allocation=allocation,
    )


def _wide(numbers: Mapping[str, Any]) -> pd.DataFrame:
    rows = {
        name: [float(v) for v in value] if isinstance(value, list | tuple) else [float(value)] * 4
        for name, value in numbers.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(PERIODS.index), dtype=float)


def _table(rows: list[Any], columns: str) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split())


def served(solution: horizon.Solution, name: str) -> list[float]:
    """Return the powered megawatts of a step in the four periods."""
    table = solution.served.pivot_table(index="step", columns="period", values="served_mw")
    table = table.reindex(index=[name], columns=list(PERIODS.index)).fillna(0.0)
    return [float(value) for value in table.loc[name]]
