"""The adequacy of areas as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.report import as_text

if TYPE_CHECKING:
    import pandas as pd

PERCENT: Final = 100.0
SHOWN: Final = {
    "area": "area",
    "period": "period",
    "supply_mw": "supply",
    "requirement_mw": "required",
    "surplus_mw": "surplus",
    "margin": "margin",
    "target_margin": "target",
    "verdict": "verdict",
    "verdict_with_imports": "w. imports",
}
LEGEND: Final = (
    "MW, supply with firm imports. Margin and target on the basis of each pool (they differ between"
    " pools:\nnever compare them). Tight: within 1 % of the requirement. W. imports: with the most"
    " that neighbours\nwere seen to give at once, which is not firm."
)


def text(rows: pd.DataFrame, style: str) -> str:
    """Write the balance of areas as `table`, `csv` or `json`."""
    if style != "table":
        return as_text(rows.round(6), style)
    counted = rows["supply_mw"] + rows["firm_imports_mw"]
    table = rows.assign(supply_mw=counted)[list(SHOWN)]
    for name in table.columns:
        if name.endswith("_mw"):
            table[name] = table[name].map("{:,.0f}".format)
        elif name.endswith("margin"):
            table[name] = (table[name] * PERCENT).map("{:.1f}%".format)
    return f"{as_text(table.rename(columns=SHOWN), style)}\n{LEGEND}"
