"""Years and hours together, as text."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Final

import pandas as pd

from planner import hourly_text, report
from planner.hourly_text import WIDTH, gw

if TYPE_CHECKING:
    from planner.expansion import Expansion

MOST_ROWS: Final = 10
SUMMER: Final = "-summer"
TABLES: Final = ("seasons", "regions", "sites", "built")
NOTES: Final = (
    "Load that is there comes first, in every region, then sites and unnamed datacenters, each"
    " megawatt alike. Plant counts with its seasonal capacity less forced outages, wind, sun and"
    " water as in the hours of those days. Plant of a site's own is taken off what it asks; such"
    " plant as a remedy is left out; demand response counts in every hour. No fuel cost counts."
)


def screen(found: Expansion) -> str:
    """Write the answer for the terminal."""
    how = "remedies allowed" if found.settings.build else "nothing built"
    stays = "stays powered" if found.settings.lasting else "each year by itself"
    margin = "with the reserve margin" if found.settings.margin else "hours alone"
    bound = (
        f"Bound: no plan serves more than {found.gap_mw:,.1f} MW beyond this, summed over seasons"
        f" (gap {found.gap:.1e}, {found.rounds} rounds)."
    )
    lines = [
        *textwrap.wrap(
            f"What can be powered, all regions at once: {how}; {stays}; {margin}.", WIDTH
        ),
        hourly_text.label(found),
        "",
        report.text_table(_seasons(found)),
        "GW; lacks: native load short in the critical days, GWh and hours; margin: what it lacks",
        *_days(found),
        *_chronic(found),
        "",
        *textwrap.wrap(bound, WIDTH),
    ]
    if len(found.built):
        lines += ["", "Built and in service in the summer, GW", report.text_table(_built(found))]
    late = found.regions[found.regions["late_mw"] > 1]
    if len(late):
        last = late[late["period"] == late["period"].iloc[-1]].nlargest(MOST_ROWS, "late_mw")
        table = report.text_table(_regions(last))
        lines += ["", f"Where most waits in {last['period'].iloc[0]}, GW", table]
    return "\n".join([*lines, "", *textwrap.wrap(NOTES, WIDTH)])


def _days(found: Expansion) -> list[str]:
    told = "; ".join(f"{row.period} {row.days}" for row in found.seasons.itertuples())
    return textwrap.wrap(f"Critical days: {told}", WIDTH)


def _chronic(found: Expansion) -> list[str]:
    rows = found.regions[found.regions["chronic"]].groupby("region", sort=True)["unserved_mwh"]
    told = ", ".join(f"{region} ({gw(mwh)} GWh)" for region, mwh in rows.sum().items())
    if not told:
        return []
    line = f"Left out above, for the limits in the tables are below their load: {told}"
    return textwrap.wrap(line, WIDTH)


def _seasons(found: Expansion) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "season": row.period,
            "sites": gw(row.asked_mw),
            "served": gw(row.served_mw),
            "unnamed": gw(row.unnamed_asked_mw),
            "served ": gw(row.unnamed_mw),
            "built": gw(row.built_mw),
            "lacks": gw(row.unserved_mwh),
            "hours": row.unserved_hours,
            "margin": gw(row.margin_short_mw),
        }
        for row in found.seasons.itertuples()
    )


def _built(found: Expansion) -> pd.DataFrame:
    rows = found.built[found.built["period"].str.endswith(SUMMER)]
    rows = rows.assign(year=rows["period"].str.removesuffix(SUMMER))
    wide = rows.pivot_table(index="remedy", columns="year", values="mw", sort=False)
    return wide.fillna(0.0).map(gw).reset_index()


def _regions(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "region": rows["region"],
            "asked": rows["asked_mw"].map(gw),
            "served": rows["served_mw"].map(gw),
            "late": rows["late_mw"].map(gw),
            "unserved GWh": rows["unserved_mwh"].map(gw),
            "tightest": rows["tightest"],
        }
    )


def as_json(found: Expansion) -> str:
    """Write the answer as JSON, with its bound and the years it is made of."""
    tables = {name: json.loads(getattr(found, name).to_json(orient="records")) for name in TABLES}
    head = {
        "label": hourly_text.label(found),
        "load_year": found.load_year,
        "weather_year": found.weather_year,
        "gap_mw": round(found.gap_mw, 3),
        "gap": found.gap,
    }
    return json.dumps(head | tables, indent=1)
