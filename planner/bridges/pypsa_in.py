"""A PyPSA network as a grid pack: buses as regions, lines and links as transfer limits.

Capacity counts with what it gives in the hours of highest load. Impedances are not kept: a limit
is the sum of ratings, so flows are those of a transport model, which is never tighter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner import limits
from planner.bridges.grid import Grid, built, slug
from planner.bridges.quiet import hushed, library
from planner.case import SUMMER, Assumptions
from planner.errors import DataError
from planner.schema import SEASONS
from planner.terms import UNLIMITED_MW

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

ELECTRIC: Final = ("AC", "DC", "electricity", "low voltage", "")
SHED: Final = ("load", "load shedding", "load_shedding")
TECHNOLOGIES: Final = (
    (r"nuclear", "nuclear"),
    (r"lignite|brown coal", "lignite"),
    (r"coal", "coal"),
    (r"ccgt|combined_cycle", "gas_cc"),
    (r"ocgt|combustion_turbine", "gas_ct"),
    (r"biogas|biomass", "biomass"),
    (r"gas|methane", "gas"),
    (r"oil|diesel", "oil"),
    (r"geothermal", "geothermal"),
    (r"pumped|\bphs\b", "pumped_storage"),
    (r"run of river|\bror\b", "small_hydro"),
    (r"hydro(?!gen)", "hydro"),
    (r"wind offshore|offwind|offshore", "wind_offshore"),
    (r"wind", "wind_onshore"),
    (r"csp", "csp"),
    (r"solar|\bpv\b", "solar_pv"),
    (r"battery", "battery"),
)
OTHER: Final = "other"


@dataclass(frozen=True)
class _Read:
    """A network with the choices made in reading it."""

    network: Any
    region_of: pd.Series
    pools: pd.Series
    capacity: str
    hours: int
    storage_hours: float
    year: int
    notes: list[str] = field(default_factory=list)

    def size(self, component: str, table: pd.DataFrame) -> pd.Series:
        """Rated megawatts: what stands, or what an optimisation built."""
        stem = "s_nom" if component in {"Line", "Transformer"} else "p_nom"
        return table[stem if self.capacity == "p_nom" else f"{stem}_opt"]

    def dense(self, component: str, name: str) -> pd.DataFrame:
        """Values of an attribute by snapshot and component."""
        with hushed():
            return pd.DataFrame(self.network.get_switchable_as_dense(component, name))

    def active(self, part: str) -> pd.DataFrame:
        """Components that take part."""
        table = getattr(self.network, part)
        return pd.DataFrame(table[table["active"].astype(bool)] if "active" in table else table)


def from_network(  # noqa: PLR0913 - a choice in reading each
    network: Any,
    *,
    name: str | None = None,
    regions: Mapping[str, str] | None = None,
    electric: Iterable[str] = ELECTRIC,
    capacity: str = "p_nom",
    reserve_margin: float = 0.0,
    hours: int = 10,
    storage_hours: float = 4.0,
    known_on: date | None = None,
) -> Grid:
    """Read a grid out of any PyPSA network.

    Parameters
    ----------
    network
        A network, or anything that `pypsa.Network` opens (netCDF, HDF5, folder of CSV).
    name
        Name of the grid; that of the network where none is given.
    regions
        Region of each bus. Without it every electric bus is a region, and buses that transformers
        join are one.
    electric
        Carriers of the buses that are kept.
    capacity
        `p_nom`: what stands; `p_nom_opt`: what an optimisation built.
    reserve_margin
        Accredited capacity required above load, as a fraction of load.
    hours
        Hours of highest load of a pool in each season, over which load and availability are
        averaged.
    storage_hours
        Hours of storage for which its power counts in full; less counts in proportion.
    known_on
        Day from which its figures are known; the default as-of date where none is given.

    Returns
    -------
    Grid
        Tables of a grid pack, outlines, and notes on what was left out.

    Raises
    ------
    DataError
        The network has no electric bus or no load, or holds several scenarios.
    """
    pypsa = library()
    with hushed():
        found = network if isinstance(network, pypsa.Network) else pypsa.Network(network)
    buses = _electric(found, tuple(electric))
    region_of = _regions(found, buses, regions)
    read = _Read(
        found, region_of, _pools(buses, region_of), capacity, hours, storage_hours, _year(found)
    )
    tables = {
        **_places(read, buses),
        **_supply(read),
        "load": pd.DataFrame(_load(read)),
        "requirements": pd.DataFrame(_requirements(read, reserve_margin)),
        "links": pd.DataFrame(_links(read)),
    }
    title = slug(name or str(found.name or "network"))
    read.notes.extend(_left_out(found, buses, reserve_margin))
    source = {"publisher": "PyPSA network", "document": str(found.name or title)}
    return built(title, tables, source, read.notes, known_on or Assumptions().as_of)


# --- regions -------------------------------------------------------------------------------------


def _electric(network: Any, carriers: tuple[str, ...]) -> pd.DataFrame:
    if getattr(network, "has_scenarios", False):
        message = "the network has scenarios; take one: network.get_scenario(name)."
        raise DataError([message])
    buses = pd.DataFrame(network.buses[network.buses["carrier"].isin(carriers)])
    if buses.empty:
        known = ", ".join(sorted(map(repr, set(network.buses["carrier"]))))
        message = f"no bus has a carrier of {', '.join(map(repr, carriers))}; there are {known}."
        raise DataError([message])
    return buses


def _regions(network: Any, buses: pd.DataFrame, given: Mapping[str, str] | None) -> pd.Series:
    if given is not None:
        missing = [str(bus) for bus in buses.index if bus not in given]
        if missing:
            raise DataError([f"bus {bus!r} has no region; add it to `regions`." for bus in missing])
        return pd.Series({str(bus): str(given[bus]) for bus in buses.index})
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    at = pd.Series(range(len(buses)), index=buses.index)
    ends = network.transformers[["bus0", "bus1"]].apply(lambda column: column.map(at)).dropna()
    shape = (len(buses), len(buses))
    joined = coo_array((np.ones(len(ends)), ends.astype(int).to_numpy().T), shape=shape)
    _, group = connected_components(joined, directed=False)
    first = pd.Series(buses.index, index=group).groupby(level=0).first()
    return pd.Series(first.loc[group].astype(str).to_numpy(), index=buses.index.astype(str))


def _pools(buses: pd.DataFrame, region_of: pd.Series) -> pd.Series:
    """Pool of each region: its country, or one for all."""
    told = buses["country"] if "country" in buses else pd.Series("", index=buses.index)
    pools = told.astype("str").where(told.fillna("") != "", "all")
    return pools.groupby(region_of.reindex(buses.index)).first()


def _year(network: Any) -> int:
    """First investment period, or year of the first snapshot."""
    if len(network.investment_periods):
        return int(network.investment_periods[0])
    first = network.snapshots[0]
    return int(first.year) if isinstance(first, pd.Timestamp) else Assumptions().as_of.year


def _places(read: _Read, buses: pd.DataFrame) -> dict[str, pd.DataFrame]:
    where = buses[["x", "y"]].astype(float).groupby(read.region_of.reindex(buses.index)).mean()
    told = where["x"].between(-180, 180) & where["y"].between(-90, 90)
    if not told.all():
        read.notes.append(f"{(~told).sum()} regions lie outside the globe; they are put at 0, 0.")
    where = where.where(told, 0.0)
    rows = [
        {
            "region": region,
            "name": region,
            "pool": read.pools[region],
            "state": region,
            "interconnect": read.pools[region],
            "lat": at["y"],
            "lon": at["x"],
        }
        for region, at in where.iterrows()
    ]
    pools = sorted(set(read.pools))
    return {
        "regions": pd.DataFrame(rows),
        "pools": pd.DataFrame({"pool": pools, "name": pools, "basis": "availability"}),
        "places": pd.DataFrame(
            [{"place": row["region"], "name": row["region"], "region": row["region"]}
             for row in rows]
        ),
    }  # fmt: skip


# --- hours of need -------------------------------------------------------------------------------


def _demand(read: _Read) -> pd.DataFrame:
    """Load by snapshot and region."""
    loads = read.active("loads")
    loads = loads[loads["bus"].isin(read.region_of.index)]
    region = loads["bus"].map(read.region_of)
    drawn = read.dense("Load", "p_set")[loads.index] * -loads["sign"].astype(float)
    if drawn.empty or not drawn.to_numpy().any():
        raise DataError(["the network has no load on an electric bus; set loads and p_set."])
    sums = drawn.T.groupby(region).sum().T
    return sums.reindex(columns=read.pools.index, fill_value=0.0)


def _seasons(read: _Read) -> dict[str, np.ndarray]:
    """Snapshots of each season; all of them where the network has no dates, or only one season."""
    times = read.network.snapshots
    if isinstance(times, pd.MultiIndex):
        times = times.get_level_values(-1)
    every = np.ones(len(times), dtype=bool)
    if not isinstance(times, pd.DatetimeIndex):
        return dict.fromkeys(SEASONS, every)
    summer = np.isin(times.month, list(SUMMER))
    chosen = {"winter": ~summer, "summer": summer}
    return {season: part if part.any() else every for season, part in chosen.items()}


def _stressed(read: _Read) -> dict[tuple[str, str], Any]:
    """Snapshots of highest load of each pool and season."""
    demand = _demand(read)
    found: dict[tuple[str, str], Any] = {}
    for season, there in _seasons(read).items():
        for pool in sorted(set(read.pools)):
            inside = read.pools.index[read.pools == pool]
            total = demand.loc[there, inside].sum(axis=1).to_numpy()
            highest = np.argsort(-total, kind="stable")[: read.hours]
            found[pool, season] = demand.index[there][highest]
    return found


def _load(read: _Read) -> Iterator[dict[str, Any]]:
    demand = _demand(read)
    for (pool, season), hours in _stressed(read).items():
        inside = read.pools.index[read.pools == pool]
        for region, mw in demand.loc[hours, inside].mean().items():
            if mw < 0:
                read.notes.append(f"{region} draws {mw:.0f} MW in {season}; it is taken as 0.")
            yield {
                "scenario": "official",
                "region": region,
                "year": read.year,
                "season": season,
                "peak_mw": max(float(mw), 0.0),
                "datacenter_growth_mw": 0.0,
            }


def _requirements(read: _Read, reserve_margin: float) -> Iterator[dict[str, Any]]:
    for pool in sorted(set(read.pools)):
        for season in SEASONS:
            yield {
                "pool": pool,
                "season": season,
                "year": read.year,
                "reserve_margin": reserve_margin,
                "basis": "availability",
            }


# --- supply --------------------------------------------------------------------------------------


def technology(carrier: str) -> str:
    """Name a carrier in the planner's vocabulary.

    Examples
    --------
    >>> technology("Wind Offshore"), technology("CCGT"), technology("ror"), technology("x")
    ('wind_offshore', 'gas_cc', 'small_hydro', 'other')
    """
    known = (name for pattern, name in TECHNOLOGIES if re.search(pattern, carrier.lower()))
    return next(known, OTHER)


def _supply(read: _Read) -> dict[str, pd.DataFrame]:
    """Plant by region and technology, and the share of it that is there in the hours of need."""
    plants = pd.concat([_generators(read), _storage(read), _converters(read)])
    plants = plants[(plants["mw"] > 0) & np.isfinite(plants["mw"])]
    if plants.empty:
        message = "no plant has megawatts; what an optimisation built: capacity='p_nom_opt'."
        raise DataError([message])
    keys = ["region", "technology", "online_year", "retirement_year"]
    sums = plants.groupby(keys, dropna=False)["mw"].sum().reset_index()
    rows = sums.assign(
        status=np.where(sums["online_year"] > read.year, "under_construction", "existing"),
        summer_mw=sums["mw"],
        winter_mw=sums["mw"],
        nameplate_mw=sums["mw"],
        retirement_basis=sums["retirement_year"].map({np.nan: ""}).fillna("scheduled"),
    )
    shares = pd.DataFrame(_shares(read, plants))
    return {"supply": rows.drop(columns="mw"), "accreditation": shares}


def _years(read: _Read, table: pd.DataFrame) -> pd.DataFrame:
    """Online and retirement years; plant without a year has always been there."""
    begun = table["build_year"].astype(float)
    end = (begun + table["lifetime"].astype(float)).where(begun > 0)
    online = begun.where(begun > 0, float(read.year))
    return pd.DataFrame(
        {"online_year": online, "retirement_year": end.where(np.isfinite(end)).round()}
    )


def _frame(read: _Read, table: pd.DataFrame, bus: str, mw: pd.Series) -> pd.DataFrame:
    regions = table[bus].map(read.region_of)
    kinds = table["carrier"].astype("str").map(technology)
    frame = _years(read, table).assign(region=regions, technology=kinds, mw=mw.astype(float))
    return frame.assign(pool=frame["region"].map(read.pools), share=1.0)


def _generators(read: _Read) -> pd.DataFrame:
    table = read.active("generators")
    table = table[table["bus"].isin(read.region_of.index) & ~table["carrier"].isin(SHED)]
    frame = _frame(read, table, "bus", read.size("Generator", table))
    return frame.assign(part="Generator")


def _storage(read: _Read) -> pd.DataFrame:
    """Storage units; power counts in full for `storage_hours` of energy."""
    table = read.active("storage_units")
    table = table[table["bus"].isin(read.region_of.index)]
    frame = _frame(read, table, "bus", read.size("StorageUnit", table))
    share = (table["max_hours"].astype(float) / read.storage_hours).clip(upper=1.0)
    return frame.assign(part="StorageUnit", share=share)


def _converters(read: _Read) -> pd.DataFrame:
    """Links that bring power from a bus of another carrier: fuel, hydrogen, a battery."""
    table = read.active("links")
    inside = table["bus1"].isin(read.region_of.index) & ~table["bus0"].isin(read.region_of.index)
    table = table[inside]
    share = read.dense("Link", "efficiency")[table.index].mean()
    mw = read.size("Link", table).astype(float) * share
    return _frame(read, table, "bus1", mw).assign(part="Link")


def _shares(read: _Read, plants: pd.DataFrame) -> Iterator[dict[str, Any]]:
    dense = {part: read.dense(part, "p_max_pu") for part in plants["part"].unique()}
    for (pool, season), hours in _stressed(read).items():
        for kind, rows in plants[plants["pool"] == pool].groupby("technology"):
            there = pd.Series(
                [dense[row.part].loc[hours, name].mean() * row.share
                 for name, row in rows.iterrows()],
                index=rows.index,
            )  # fmt: skip
            share = float((there * rows["mw"]).sum() / rows["mw"].sum())
            yield {
                "pool": pool,
                "technology": kind,
                "season": season,
                "year": read.year,
                "accredited_fraction": min(max(share, 0.0), 1.0),
                "applies_to": "nameplate",
                "basis": "availability",
            }


# --- links ---------------------------------------------------------------------------------------


def _links(read: _Read) -> Iterator[dict[str, Any]]:
    """Ratings between two regions, added up; a link of its own brings what it does not lose."""
    for kind, frame in (("AC", _lines(read)), ("DC", _controlled(read))):
        ends = frame[frame["from_region"] != frame["to_region"]]
        sums = limits.added_up(ends).set_index(["from_region", "to_region"])
        for row in sums.clip(upper=UNLIMITED_MW).reset_index().to_dict("records"):
            yield {**row, "kind": kind, "status": "existing"}


def _lines(read: _Read) -> pd.DataFrame:
    frames = []
    for component, part in (("Line", "lines"), ("Transformer", "transformers")):
        table = _within(read, read.active(part))
        mw = read.size(component, table).astype(float)
        mw *= read.dense(component, "s_max_pu")[table.index].mean()
        frames.append(_ends(read, table).assign(forward_mw=mw, reverse_mw=mw))
    return pd.concat(frames)


def _controlled(read: _Read) -> pd.DataFrame:
    table = _within(read, read.active("links"))
    mw = read.size("Link", table).astype(float)
    high = read.dense("Link", "p_max_pu")[table.index].mean() * mw
    low = read.dense("Link", "p_min_pu")[table.index].mean() * mw
    kept = read.dense("Link", "efficiency")[table.index].mean()
    return _ends(read, table).assign(
        forward_mw=(high * kept).clip(lower=0.0), reverse_mw=(-low * kept).clip(lower=0.0)
    )


def _within(read: _Read, table: pd.DataFrame) -> pd.DataFrame:
    known = read.region_of.index
    return table[table["bus0"].isin(known) & table["bus1"].isin(known)]


def _ends(read: _Read, table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "from_region": table["bus0"].map(read.region_of),
            "to_region": table["bus1"].map(read.region_of),
        }
    )


# --- notes ---------------------------------------------------------------------------------------


def _left_out(network: Any, buses: pd.DataFrame, reserve_margin: float) -> Iterator[str]:
    others = network.buses[~network.buses.index.isin(buses.index)]
    for carrier, rows in others.groupby("carrier"):
        yield f"{len(rows)} buses of carrier {carrier!r} are left out."
    shed = network.generators["carrier"].isin(SHED).sum()
    if shed:
        yield f"{shed} generators that stand for load shedding are left out."
    grow = network.generators["p_nom_extendable"].sum() + network.links["p_nom_extendable"].sum()
    if grow:
        yield f"{grow} generators and links could be extended; what is not built does not count."
    if not reserve_margin:
        yield "no reserve margin is required; give `reserve_margin` as a fraction of load."
    yield "impedances are left out: transfer limits are sums of ratings."
