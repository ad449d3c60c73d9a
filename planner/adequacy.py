"""System adequacy by area and half-year: accredited supply and firm imports against requirement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import pandas as pd

from planner import demand, limits, match, supply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.case import Case

type By = Literal["pool", "state", "region", "grid"]

AREAS: Final = ("pool", "state", "region", "grid")
TIGHT_FRACTION: Final = 0.01
POOL_IMPORTS: Final = "IMPORT-"
FIRM: Final = "firm"
VARIABLE: Final = ("solar", "wind", "storage")
MEGAWATTS: Final = ("supply_mw", "installed_mw", "peak_mw", "requirement_mw")


def verdict(surplus_mw: float, requirement_mw: float) -> str:
    """Say `adequate`, `tight` or `short`; tight is within 1 % of the requirement either way.

    The band is the same for all areas and seasons.
    """
    if surplus_mw > TIGHT_FRACTION * requirement_mw:
        return "adequate"
    return "tight" if surplus_mw >= -TIGHT_FRACTION * requirement_mw else "short"


def by_region(case: Case) -> pd.DataFrame:
    """Lay out supply and requirement of each region and period, the operators' whole forecast.

    Returns
    -------
    pd.DataFrame
        By (region, period): `supply_mw` accredited, `installed_mw` (seasonal capacity; sun, wind
        and storage as accredited), `peak_mw` and `requirement_mw`.
    """
    load = demand.native(case, match.place(case))
    rows = pd.DataFrame({"peak_mw": load["forecast_mw"]})
    rows["requirement_mw"] = load["forecast_mw"] * (1 + load["reserve_margin"])
    firm = supply.firm(case)
    family = firm["technology"].map(case.technologies.set_index("technology")["family"])
    installed = firm["capacity_mw"].where(~family.isin(VARIABLE), firm["accredited_mw"])
    plants = firm.assign(supply_mw=firm["accredited_mw"], installed_mw=installed)
    sums = plants.groupby(["region", "period"])[["supply_mw", "installed_mw"]].sum()
    return rows.join(sums).fillna(0.0)[list(MEGAWATTS)]


def balance(case: Case, *, by: By = "pool") -> pd.DataFrame:
    """Add up supply, imports and requirement by area and period.

    Parameters
    ----------
    case
        The question.
    by
        Column of `regions` that names the area. Imports are those of pools that lie in the area
        whole; of a part of a pool they are not known, and left out.

    Returns
    -------
    pd.DataFrame
        One row an area and period: `area`, `period`, `supply_mw`, `firm_imports_mw`, `peak_mw`,
        `requirement_mw`, `surplus_mw`, `margin` (on the basis of the pool), `target_margin`,
        `installed_margin` (seasonal capacity and firm imports over the peak, the basis of NERC),
        `verdict`, `observed_imports_mw` (the most its neighbours were seen to give at once, not
        firm) and `verdict_with_imports`, which counts those.
    """
    rows = by_region(case).reset_index()
    rows["area"] = rows["region"].map(case.regions.set_index("region")[by])
    sums = rows.groupby(["area", "period"], sort=False)[list(MEGAWATTS)].sum().reset_index()
    areas = case.regions.groupby(by)["region"].agg(set).to_dict()
    into = imports(case, {str(area): regions for area, regions in areas.items()})
    return with_margins(sums.merge(into, on=["area", "period"], how="left"))


def with_margins(rows: pd.DataFrame) -> pd.DataFrame:
    """Add surplus, margins and verdicts to megawatts by area and period."""
    rows = rows.fillna({"firm_imports_mw": 0.0, "observed_imports_mw": 0.0})
    there = rows["supply_mw"] + rows["firm_imports_mw"]
    peak = rows["peak_mw"].where(rows["peak_mw"] > 0)
    surplus = there - rows["requirement_mw"]
    return rows.assign(
        surplus_mw=surplus,
        margin=there / peak - 1,
        target_margin=rows["requirement_mw"] / peak - 1,
        installed_margin=(rows["installed_mw"] + rows["firm_imports_mw"]) / peak - 1,
        verdict=_verdicts(surplus, rows["requirement_mw"]),
        verdict_with_imports=_verdicts(
            surplus + rows["observed_imports_mw"], rows["requirement_mw"]
        ),
    )


def _verdicts(surplus_mw: pd.Series, requirement_mw: pd.Series) -> list[str]:
    return [verdict(*pair) for pair in zip(surplus_mw, requirement_mw, strict=True)]


def imports(case: Case, areas: Mapping[str, set[str]]) -> pd.DataFrame:
    """Sum the import limits of the pools that lie in an area whole, by what they rest on.

    Returns
    -------
    pd.DataFrame
        `area`, `period`, `firm_imports_mw` (contracted) and `observed_imports_mw`.
    """
    members = case.regions.groupby("pool")["region"].agg(set)
    joint = limits.joint(case)
    joint = joint[joint["limit"].str.startswith(POOL_IMPORTS)]
    rows = []
    for area, inside in areas.items():
        names = {POOL_IMPORTS + pool for pool, regions in members.items() if regions <= inside}
        for period, there in joint[joint["limit"].isin(names)].groupby("period"):
            firm = there["basis"] == FIRM
            rows.append(
                (
                    area,
                    period,
                    there.loc[firm, "limit_mw"].sum(),
                    there.loc[~firm, "limit_mw"].sum(),
                )
            )
    columns = ["area", "period", "firm_imports_mw", "observed_imports_mw"]
    return pd.DataFrame(rows, columns=columns)
