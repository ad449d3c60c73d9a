"""From draws to odds: dates, probabilities and causes by step, site, region and bottleneck."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planner.batch import CAUSES, CODE, LIMITS, NEVER
from planner.explain import TOLERANCE_MW

if TYPE_CHECKING:
    from planner.batch import Batch
    from planner.case import Case

type Array = np.ndarray

QUANTILES: Final = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
QUARTER_DAYS: Final = 92
FAR: Final = int(np.iinfo(np.int32).max)


@dataclass(frozen=True)
class Ensemble:
    """The answer with its odds, as tidy tables.

    Attributes
    ----------
    case, seed, draws
        The question, and how often it was drawn.
    sites
        One row a site: `asked_mw`, `target_date`, `on_time_probability` (in the half-year of the
        promise, as in a plan) and its `standard_error`, `within_quarter_probability` (no later
        than a quarter after the promised day), `powered_p10`, `powered_p50`, `powered_p90` (empty:
        not by the horizon), `by_horizon_probability`, `on_time_mw` (mean), and the probability of
        each cause.
    steps
        The same step by step.
    regions
        By region and period: `headroom_p10_mw`, `headroom_p50_mw`, `headroom_p90_mw`,
        `short_before_imports_probability`, `shortage_probability`, `shortage_mean_mw`.
    bottlenecks
        Areas and limits: share of the draws in which they hold up named sites, and how much.
    convergence
        Standard errors after each batch.
    batches
        What each draw gave.
    """

    case: Case
    seed: int
    draws: int
    sites: pd.DataFrame
    steps: pd.DataFrame
    regions: pd.DataFrame
    bottlenecks: pd.DataFrame
    convergence: pd.DataFrame
    batches: list[Batch] = field(repr=False)

    def on_time_range_mw(self) -> tuple[float, float, float]:
        """Megawatts of all sites on their dates: P10, P50 and P90 over the draws."""
        late = np.concatenate([part.late_mw.sum(axis=1) for part in self.batches])
        total = float(self.steps["asked_mw"].sum())
        found = np.quantile(total - late, list(QUANTILES.values()), method="inverted_cdf")
        low, middle, high = (float(one) for one in found)
        return low, middle, high


def standard_error(hits: Array, count: int) -> Array:
    """Standard error of a share, with one hit and one miss added: it is never zero."""
    share = (hits + 1) / (count + 2)
    return np.asarray(np.sqrt(share * (1 - share) / max(count, 1)))


def homes(asked: pd.DataFrame) -> tuple[list[str], Array]:
    """Sites in order, and the site of each step."""
    names = sorted(set(asked["site"]))
    at = {name: place for place, name in enumerate(names)}
    return names, np.array([at[site] for site in asked["site"]], dtype=int)


def on_time(late: Array, sites: tuple[list[str], Array]) -> Array:
    """Say for each draw which sites have all their megawatts on all their dates."""
    names, home = sites
    worst = np.zeros((len(late), len(names)))
    for step, at in enumerate(home):
        worst[:, at] = np.maximum(worst[:, at], late[:, step])
    return worst <= TOLERANCE_MW


def summary(case: Case, seed: int, asked: pd.DataFrame, parts: list[Batch]) -> Ensemble:
    """Put batches together and count."""
    day = np.concatenate([part.powered_on for part in parts])
    late = np.concatenate([part.late_mw for part in parts]).astype(float)
    cause = np.concatenate([part.cause for part in parts])
    keys = ["step", "site", "phase", "region", "pocket", "mw", "target_date", "target_period"]
    steps = asked[keys].reset_index(drop=True)
    odds = _odds(day, late, cause, steps)
    return Ensemble(
        case=case,
        seed=seed,
        draws=len(day),
        sites=_by_site(case, asked, day, late, cause),
        steps=pd.concat([steps.rename(columns={"mw": "asked_mw"}), odds], axis=1),
        regions=_regions(case, parts),
        bottlenecks=_bottlenecks(asked, late, cause),
        convergence=_convergence(asked, parts),
        batches=parts,
    )


def _odds(day: Array, late: Array, cause: Array, asked: pd.DataFrame) -> pd.DataFrame:
    """Dates and probabilities, one row for each column of the draws."""
    count = len(day)
    asked_mw = asked["mw"].to_numpy(dtype=float)
    promised = asked["target_date"].to_numpy().astype("datetime64[D]").astype(int)
    soon = (day != NEVER) & (day <= promised + QUARTER_DAYS)
    hits = (late <= TOLERANCE_MW).sum(axis=0)
    told = {"on_time_probability": hits / count, "standard_error": standard_error(hits, count)}
    told["within_quarter_probability"] = soon.mean(axis=0)
    for name, share in QUANTILES.items():
        told[f"powered_{name}"] = _quantile(day, share)
    told["by_horizon_probability"] = (day != NEVER).mean(axis=0)
    told["on_time_mw"] = (asked_mw - late.mean(axis=0)).round(3)
    shares = _shared(np.stack([(cause == code).sum(axis=0) for code in range(len(CAUSES))]))
    for code, name in enumerate(CAUSES[:-1]):
        if name:
            told[f"{name.replace(' ', '_')}_probability"] = (shares[code] / count).round(6)
    return pd.DataFrame(told)


def _shared(counts: Array) -> Array:
    """Share out draws whose limit was not measured like those that were; supply where none was."""
    counts = counts.astype(float)
    limits = [CODE[name] for name in LIMITS]
    known = counts[limits].sum(axis=0)
    parts = np.where(known > 0, counts[limits] / np.maximum(known, 1.0), [[0.0], [0.0], [1.0]])
    counts[limits] += parts * counts[CODE["grid"]]
    counts[CODE["grid"]] = 0.0
    return counts


def _quantile(day: Array, share: float) -> pd.Series:
    """Day by which a share of the draws is powered; none where that is not by the horizon."""
    far = np.where(day == NEVER, FAR, day)
    place = int(np.ceil(share * len(day))) - 1
    found = np.sort(far, axis=0)[max(place, 0)]
    days = pd.Series(found.astype("datetime64[D]").astype("datetime64[s]"))
    return days.where(found != FAR)


def _by_site(
    case: Case, asked: pd.DataFrame, day: Array, late: Array, cause: Array
) -> pd.DataFrame:
    """Judge whole sites: the last step counts, and the cause of the largest late step."""
    names, home = homes(asked)
    order = np.lexsort((asked["target"].to_numpy(), home))
    whole = np.full((len(day), len(names)), FAR)
    sums, why = np.zeros(whole.shape), np.zeros(whole.shape, dtype=int)
    for at in range(len(names)):
        mine = [step for step in order if home[step] == at]
        days = day[:, mine]
        whole[:, at] = np.where((days == NEVER).any(axis=1), NEVER, days.max(axis=1))
        sums[:, at] = late[:, mine].sum(axis=1)
        largest = late[:, mine].argmax(axis=1)
        why[:, at] = np.take_along_axis(cause[:, mine], largest[:, None], axis=1)[:, 0]
    rows = asked.groupby("site").agg(
        region=("region", "first"),
        mw=("mw", "sum"),
        target_date=("target_date", "max"),
    )
    facts = case.sites.set_index("site").loc[names, ["name", "program", "state", "status"]]
    found = _odds(whole, sums, why, rows.loc[names])
    facts = facts.join(rows).reset_index().rename(columns={"mw": "asked_mw"})
    return pd.concat([facts, found], axis=1)


def _regions(case: Case, parts: list[Batch]) -> pd.DataFrame:
    spare = np.concatenate([part.headroom_mw for part in parts])
    short = np.concatenate([part.shortage_mw for part in parts]).astype(float)
    regions = sorted(case.regions["region"])
    periods = list(case.periods["period"])
    keys = pd.MultiIndex.from_product([regions, periods], names=["region", "period"])
    table = pd.DataFrame(index=keys)
    for name, share in QUANTILES.items():
        found = np.quantile(spare, share, axis=0, method="inverted_cdf")
        table[f"headroom_{name}_mw"] = found.astype(float).round(1).ravel()
    table["short_before_imports_probability"] = (spare < 0).mean(axis=0).ravel()
    table["shortage_probability"] = (short > 1.0).mean(axis=0).ravel()
    table["shortage_mean_mw"] = short.mean(axis=0).round(1).ravel()
    return table.reset_index()


def _bottlenecks(asked: pd.DataFrame, late: Array, cause: Array) -> pd.DataFrame:
    """Share of the draws in which each area holds up named sites, by limit."""
    area = asked["pocket"].fillna(asked["region"]).astype(str).to_numpy()
    rows: list[dict[str, Any]] = []
    for name in sorted(set(area)):
        held = np.where(area == name, late, 0.0)
        each = [np.where(cause == code, held, 0.0).sum(axis=1) for code in range(len(CAUSES))]
        often = _shared(np.array([[(mw > TOLERANCE_MW).sum()] for mw in each]))[:, 0] / len(late)
        mean = _shared(np.array([[mw.mean()] for mw in each]))[:, 0]
        rows += [
            {
                "area": name,
                "cause": CAUSES[code],
                "share_of_draws": round(float(often[code]), 6),
                "held_up_mean_mw": round(float(mean[code]), 1),
            }
            for code in range(CODE["connection"], CODE["grid"])
            if mean[code] > 0
        ]
    table = pd.DataFrame(rows, columns=["area", "cause", "share_of_draws", "held_up_mean_mw"])
    return table.sort_values(
        ["held_up_mean_mw", "area", "cause"], ascending=[False, True, True], ignore_index=True
    )


def _convergence(asked: pd.DataFrame, parts: list[Batch]) -> pd.DataFrame:
    sites = homes(asked)
    hits, count, rows = np.zeros(len(sites[0])), 0, []
    for part in parts:
        hits += on_time(part.late_mw, sites).sum(axis=0)
        count += len(part)
        errors = standard_error(hits, count)
        mean = float(errors.sum()) / max(len(errors), 1)
        rows.append((count, float(errors.max(initial=0.0)), mean))
    columns = ["draws", "largest_standard_error", "mean_standard_error"]
    return pd.DataFrame(rows, columns=columns).round(6)
