"""Split a grid into parts that share nothing while the flows between pools are closed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.terms import Layout, Terms


def by_themselves(layout: Layout) -> list[Terms]:
    """Return the parts of a grid, each with its regions, lines, limits and steps.

    Two regions are in one part where power may flow between them while each pool is by itself, or
    where a joint limit, a pocket or a site holds both.
    """
    terms = layout.terms
    open_ = set(layout.flows) - set(layout.between)
    every = [set(pair) for pair in open_]
    every += [
        {place for pair in limit.inward if {pair, pair[::-1]} & open_ for place in pair}
        for limit in layout.joint
    ]
    homes = terms.steps[terms.steps["region"].isin(layout.regions)]
    for column in ("pocket", "site"):
        every += [set(rows["region"]) for _, rows in homes.groupby(column)]
    groups, closed = _merged(layout.regions, every), _closed(layout)
    return [_part(closed, group, rest=at == 0) for at, group in enumerate(groups)]


def without_sites(terms: Terms) -> Terms:
    """Leave the native load only."""
    return replace(
        terms,
        steps=terms.steps.iloc[:0],
        plants=terms.plants.iloc[:0],
        unnamed=terms.unnamed * 0.0,
    )


def _merged(regions: list[str], links: Iterable[set[str]]) -> list[list[str]]:
    """Group regions that are linked, in the order of their first regions."""
    head = {region: {region} for region in regions}
    for link in links:
        together = set().union(*(head[region] for region in link))
        for region in together:
            head[region] = together
    groups = {id(group): group for group in head.values()}.values()
    return [[region for region in regions if region in group] for group in groups]


def _closed(layout: Layout) -> Terms:
    """Close the directions between pools that bring no firm imports."""
    links = layout.terms.links
    shut = set(layout.between)
    pairs = list(zip(links["from_region"], links["to_region"], strict=True))
    forward = np.array([pair in shut for pair in pairs], dtype=bool)
    reverse = np.array([pair[::-1] in shut for pair in pairs], dtype=bool)
    links = links.assign(
        forward_mw=links["forward_mw"].where(~forward, 0.0),
        reverse_mw=links["reverse_mw"].where(~reverse, 0.0),
    )
    return replace(layout.terms, links=links[~(forward & reverse)])


def _part(terms: Terms, regions: list[str], *, rest: bool) -> Terms:
    """Keep some regions; the first part also keeps the steps that lie in none."""
    links, steps = terms.links, terms.steps
    inside = links["from_region"].isin(regions) & links["to_region"].isin(regions)
    here = steps["region"].isin(regions)
    if rest:
        here |= ~steps["region"].isin(terms.supply.index)
    steps = steps[here]
    return replace(
        terms,
        supply=terms.supply.loc[regions],
        requirement=terms.requirement.loc[regions],
        margin=terms.margin.loc[regions],
        unnamed=terms.unnamed.loc[regions],
        links=links[inside],
        steps=steps,
        plants=terms.plants[terms.plants.index.isin(steps["site"])],
    )
