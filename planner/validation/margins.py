"""Our installed margins beside those of NERC's summer assessment: a comparison, no input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from planner import adequacy
from planner.validation import own, record

if TYPE_CHECKING:
    from datetime import date

NERC: Final[dict[str, str]] = {
    "ISO-NE": "NERC-NPCC-NE",
    "NYISO": "NERC-NPCC-NY",
    **{pool: f"NERC-{pool}" for pool in ("ERCOT", "MISO", "PJM", "SPP")},
    **{f"SERC-{part}": f"NERC-SERC-{part}" for part in ("C", "E", "FP", "SE")},
    **{f"WECC-{part}": f"NERC-WECC-{part}" for part in ("BASIN", "CA", "NW", "RM", "SW")},
}


def beside_nerc(as_of: date, year: int) -> pd.DataFrame:
    """Compare installed margins of a summer by pool.

    Parameters
    ----------
    as_of
        Day on which our facts were known.
    year
        Summer of NERC's assessment.

    Returns
    -------
    pd.DataFrame
        `pool`, `installed` (seasonal plant and firm imports over the peak), `with_imports` (and
        those that were seen), `nerc` (anticipated margin), as fractions; empty where unknown.
    """
    case = own.question_of("us", as_of)
    columns = ["pool", "installed", "with_imports", "nerc"]
    if case is None:
        return pd.DataFrame(columns=columns)
    rows = adequacy.balance(case)
    rows = rows[rows["period"] == f"{year}-summer"].set_index("area")
    table = record.whole()["outlooks"]
    told = table[
        (table["criterion"] == "nerc_summer")
        & (table["year"] == year)
        & (table["quantity"] == "reserve_margin_fraction")
    ].drop_duplicates("area", keep="last")
    nerc = told.set_index("area")["value"]
    seen = rows["observed_imports_mw"] / rows["peak_mw"]
    found = pd.DataFrame(
        {"installed": rows["installed_margin"], "with_imports": rows["installed_margin"] + seen}
    )
    found["nerc"] = [nerc.get(NERC.get(pool, "")) for pool in found.index]
    return found.rename_axis("pool").reset_index()[columns]
