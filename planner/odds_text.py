"""An ensemble as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner import report

if TYPE_CHECKING:
    from planner.odds import Ensemble

TOP: Final = 15
NAME: Final = 26
MW_PER_GW: Final = 1000.0


def screen(found: Ensemble, sites: pd.DataFrame) -> str:
    """Write the answer for a terminal."""
    if sites.empty:
        return headline(found) + "\nNone of the sites asked for has megawatts and a date to draw."
    parts = [
        headline(found),
        "Largest sites\n" + report.text_table(largest(sites)),
        "What holds up, and in how many draws\n" + report.text_table(bottlenecks(found)),
        convergence(found),
    ]
    return "\n\n".join(parts)


def headline(found: Ensemble) -> str:
    """Say how many gigawatts are on time, with the range."""
    total = found.sites["asked_mw"].sum() / MW_PER_GW
    low, middle, high = (mw / MW_PER_GW for mw in found.on_time_range_mw())
    mean = found.sites["on_time_probability"].mean() if len(found.sites) else 0.0
    return (
        f"In {found.draws:,} draws (seed {found.seed}) {middle:.1f} of {total:.1f} GW with a date"
        f" are on time; between {low:.1f} and {high:.1f} GW in eight draws of ten.\n"
        f"A site is on time with a probability of {mean:.0%} on average."
    )


def largest(sites: pd.DataFrame, count: int = TOP) -> pd.DataFrame:
    """List the largest sites with odds and dates."""
    rows = sites.sort_values(["asked_mw", "site"], ascending=[False, True]).head(count)
    causes = [name for name in rows if name.endswith("_probability") and name not in OTHER]
    likely = rows[causes].idxmax(axis=1).str.removesuffix("_probability").str.replace("_", " ")
    likely = likely.where(rows[causes].max(axis=1) > 0, "")
    share = rows["on_time_probability"].map("{:.0%}".format)
    error = rows["standard_error"].map(" +-{:.1%}".format)
    return pd.DataFrame(
        {
            "site": rows["name"].str.slice(0, NAME),
            "MW": rows["asked_mw"].map("{:,.0f}".format),
            "promised": _month(rows["target_date"]),
            "on time": share + error,
            "P10": _month(rows["powered_p10"]),
            "P50": _month(rows["powered_p50"]),
            "P90": _month(rows["powered_p90"]),
            "mostly": likely,
        }
    )


NOTE: Final = (
    "Change of the probability of being on time, draw by draw; the standard error beside it, and"
    " what it would be with other seeds."
)
OTHER: Final = (
    "on_time_probability",
    "within_quarter_probability",
    "by_horizon_probability",
)


def _month(days: pd.Series) -> pd.Series:
    return pd.to_datetime(days).dt.strftime("%Y-%m").fillna("-")


def bottlenecks(found: Ensemble, count: int = TOP) -> pd.DataFrame:
    """List areas and limits by the megawatts they hold up on average."""
    rows = found.bottlenecks.head(count)
    return pd.DataFrame(
        {
            "area": rows["area"],
            "limit": rows["cause"],
            "draws": rows["share_of_draws"].map("{:.0%}".format),
            "GW on average": (rows["held_up_mean_mw"] / MW_PER_GW).map("{:.1f}".format),
        }
    )


def convergence(found: Ensemble) -> str:
    """Say how sure the probabilities are."""
    last = found.convergence.iloc[-1]
    return (
        f"Standard error of a site's probability after {found.draws:,} draws: at most"
        f" {last['largest_standard_error']:.1%}, {last['mean_standard_error']:.1%} on average."
        "\nA dash: not within the horizon. The distributions and their sources: docs/ensemble.md."
    )


def comparison(moved: pd.DataFrame, style: str) -> str:
    """Write what changes between two ensembles."""
    if style != "table":
        return report.as_text(moved, style)
    if moved.empty:
        return "No site differs in any draw."
    table = pd.DataFrame(
        {
            "site": moved["site"],
            "before": moved["before"].map("{:.1%}".format),
            "after": moved["after"].map("{:.1%}".format),
            "change": moved["change"].map("{:+.1%}".format),
            "+-": moved["standard_error"].map("{:.1%}".format),
            "unpaired": moved["unpaired_standard_error"].map("{:.1%}".format),
            "late MW": moved["late_mw_change"].map("{:+,.0f}".format),
        }
    )
    lines = [
        f"{len(moved)} sites differ.",
        report.text_table(table.head(2 * TOP)),
        NOTE,
    ]
    return "\n\n".join(lines)
