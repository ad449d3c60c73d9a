"""Optimise a network of :func:`planner.bridges.pypsa.to_network` in the order of the planner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from planner.bridges.quiet import hushed
from planner.errors import SolverError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.horizon import Solution
    from planner.pipeline import Plan

ROOM_MW: Final = 1e-5
COMPONENTS: Final = {"links": "Link", "generators": "Generator"}
BOUNDS: Final = {"p_min_pu": "lower", "p_max_pu": "upper"}


def optimise(network: Any, *, in_order: bool = True, solver_name: str = "highs") -> pd.DataFrame:
    """Optimise a network as the planner does: half-years in order, stages inside each.

    The model of a half-year is written once; its bounds change from stage to stage. Native shortage
    is made least with what is served before, then sites are served; where there are links between
    pools, both are done with these closed first, and again with them open, keeping what was served.

    Parameters
    ----------
    network
        As from :func:`to_network`; its results stay in it, its bounds are put back.
    in_order
        Whether each half-year starts from what this run served in the one before. Otherwise all
        are solved at once, each from what the plan served before.
    solver_name
        Any solver that linopy knows.

    Returns
    -------
    pd.DataFrame
        As :func:`served`.

    Raises
    ------
    SolverError
        The solver finds no optimum.
    """
    every = list(network.snapshots)
    before = {
        (part, name): _bounds(network, part, name).copy() for part in COMPONENTS for name in BOUNDS
    }
    groups = [[one] for one in every] if in_order else [every]
    try:
        for at, now in enumerate(groups):
            if in_order and at:
                _carry(network, now[0], every[at - 1])
            _decide(network, now, solver_name)
    finally:
        for (part, name), table in before.items():
            getattr(network, f"{part}_t")[name] = table
    return served(network)


def served(network: Any) -> pd.DataFrame:
    """List what is served, out of a solved network.

    Returns
    -------
    pd.DataFrame
        `step`, `period`, `served_mw` of named sites.
    """
    power = _power(network, "links", _named(network, "links", "site"))
    power = power.clip(lower=0.0).rename_axis(index="period", columns="step")
    return power.unstack().rename("served_mw").reset_index()


def unnamed(network: Any) -> pd.DataFrame:
    """List what unnamed datacenters are served, out of a solved network.

    Returns
    -------
    pd.DataFrame
        `region`, `period`, `unnamed_mw`.
    """
    links = _named(network, "links", "unnamed")
    power = _power(network, "links", links).clip(lower=0.0)
    regions = [name.removeprefix("unnamed ").rsplit(" ", 1)[0] for name in links]
    sums = power.T.groupby(pd.Index(regions, dtype="str")).sum().T
    sums = sums.rename_axis(index="period", columns="region")
    return sums.unstack().rename("unnamed_mw").reset_index()


def shortage(network: Any) -> pd.Series:
    """Native shortage of all regions by half-year [MW], out of a solved network."""
    names = [n for n in _named(network, "generators", "shortage") if not n.endswith(" next")]
    return _power(network, "generators", names).sum(axis=1).rename("shortage_mw")


def _named(network: Any, part: str, carrier: str) -> list[str]:
    table = getattr(network, part)
    return list(table.index[table["carrier"] == carrier])


def _power(network: Any, part: str, names: Sequence[str]) -> pd.DataFrame:
    table = getattr(network, f"{part}_t")["p0" if part == "links" else "p"]
    return pd.DataFrame(table.reindex(columns=names))


def _bounds(network: Any, part: str, name: str) -> Any:
    """Return the table that the network itself holds, to be changed in place."""
    return getattr(network, f"{part}_t")[name]


# --- what is served stays served -----------------------------------------------------------------


def _carry(network: Any, now: Any, before: Any) -> None:
    """Hold every step at what it was served, and let pockets draw what their sites held."""
    links = network.links
    steps = _named(network, "links", "site")
    low, high = (_bounds(network, "links", name) for name in BOUNDS)
    held = (network.links_t["p0"].loc[before, steps] - ROOM_MW).clip(lower=0.0)
    size = links.loc[steps, "p_nom"]
    low.loc[now, steps] = (held / size).clip(upper=high.loc[now, steps])
    _hold_unnamed(network, now, before)
    extra = network.generators[network.generators["carrier"] == "held"]
    most = _bounds(network, "generators", "p_max_pu")
    for name, row in extra.iterrows():
        inside = [step for step in steps if links.at[step, "pocket"] == row["pocket"]]
        room_of = str(name).removeprefix("held ")
        room = most.at[now, room_of] * network.generators.at[room_of, "p_nom"]
        most.at[now, name] = max(float(held[inside].sum()) - room, 0.0) / row["p_nom"]


def _hold_unnamed(network: Any, now: Any, before: Any) -> None:
    """What was served of the unnamed datacenters of a region is late from then on, and stays."""
    names = _named(network, "links", "unnamed")
    if not names:
        return
    links = network.links.loc[names]
    low, high = (_bounds(network, "links", name) for name in BOUNDS)
    got = network.links_t["p0"].loc[before, names].groupby(links["region"]).sum() - ROOM_MW
    for region, mw in got.clip(lower=0.0).items():
        late = f"unnamed {region} late"
        most = high.at[now, late]
        low.at[now, late] = min(mw / links.at[late, "p_nom"], most)


# --- stages --------------------------------------------------------------------------------------


def _decide(network: Any, now: Sequence[Any], solver_name: str) -> None:
    """Serve each pool by itself, then let pools help each other and keep what was served."""
    help_ = _named(network, "links", "help")
    wanting = _named(network, "links", "site") + _named(network, "links", "unnamed")
    low, high = (_bounds(network, "links", name) for name in BOUNDS)
    open_ = high.loc[now, help_].copy()
    with hushed():
        network.optimize.create_model(snapshots=now, include_objective_constant=False)
    if open_.to_numpy().any():
        high.loc[now, help_] = 0.0
        _stages(network, now, wanting, solver_name)
        high.loc[now, help_] = open_
        floor = low.loc[now, wanting].copy()
        kept = (network.links_t["p0"].loc[now, wanting] - ROOM_MW) / network.links.loc[
            wanting, "p_nom"
        ]
        low.loc[now, wanting] = kept.clip(lower=floor, upper=high.loc[now, wanting])
        _stages(network, now, wanting, solver_name)
        low.loc[now, wanting] = floor
    else:
        _stages(network, now, wanting, solver_name)


def _stages(network: Any, now: Sequence[Any], wanting: Sequence[str], solver_name: str) -> None:
    """Make native shortage least, hold it, and serve the most."""
    short = _named(network, "generators", "shortage")
    low, high = (_bounds(network, "links", name) for name in BOUNDS)
    most = _bounds(network, "generators", "p_max_pu")
    asked = high.loc[now, wanting].copy()
    most.loc[now, short] = 1.0
    high.loc[now, wanting] = low.loc[now, wanting]
    _solve(network, now, solver_name)
    found = network.generators_t["p"].loc[now, short]
    most.loc[now, short] = (found + ROOM_MW) / network.generators.loc[short, "p_nom"]
    high.loc[now, wanting] = asked
    _solve(network, now, solver_name)


def _solve(network: Any, now: Sequence[Any], solver_name: str) -> None:
    """Solve the loaded model with the bounds that the network has now."""
    options = {"output_flag": False} if solver_name == "highs" else {}
    with hushed():
        for part, component in COMPONENTS.items():
            for name, side in BOUNDS.items():
                _take(network, now, (part, component), (name, side))
        status, condition = network.optimize.solve_model(
            solver_name=solver_name,
            assign_all_duals=False,
            progress=False,
            solver_options=options,
        )
    if status != "ok":
        message = f"the solver stopped with {condition} in {now[0]}."
        raise SolverError(message)


def _take(network: Any, now: Sequence[Any], of: tuple[str, str], bound: tuple[str, str]) -> None:
    """Hand one kind of bounds over to the model; writing a model takes longer than solving it."""
    (part, component), (name, side) = of, bound
    rows = network.model.constraints[f"{component}-fix-p-{side}"]
    names = rows.rhs.coords["name"].to_numpy()
    share = network.get_switchable_as_dense(component, name).loc[now, names]
    size = getattr(network, part).loc[names, "p_nom"]
    rows.rhs = rows.rhs.copy(data=(share * size).to_numpy())


def compared(plan: Plan | Solution, network: Any) -> pd.DataFrame:
    """Compare a solved network with the plan it was written from.

    Returns
    -------
    pd.DataFrame
        By half-year: `served_mw` of the plan and `network_mw`, named and unnamed together, the
        largest difference of one step (`step_mw`), and native shortage of both.
    """
    both = plan.served.merge(served(network), on=["step", "period"], suffixes=("", "_network"))
    regions = plan.regions.groupby("period")[["unnamed_mw", "shortage_mw"]].sum()
    steps = both.groupby("period")[["served_mw", "served_mw_network"]].sum()
    rest = unnamed(network).groupby("period")["unnamed_mw"].sum()
    table = pd.DataFrame(
        {
            "served_mw": steps["served_mw"].add(regions["unnamed_mw"], fill_value=0.0),
            "network_mw": steps["served_mw_network"].add(rest, fill_value=0.0),
            "step_mw": (both["served_mw"] - both["served_mw_network"])
            .abs()
            .groupby(both["period"])
            .max(),
            "shortage_mw": regions["shortage_mw"],
            "network_shortage_mw": shortage(network),
        }
    )
    return table.reindex(network.snapshots).fillna(0.0)
