"""What a user must know about a site that its own row does not say."""

from __future__ import annotations

from typing import Final

import pandas as pd

from planner.sources.documents import last_day

TOLERANCE_MW: Final = 1.0
NOT_BUILT: Final = ("announced", "permitted", "under_construction")


def remarked(sites: pd.DataFrame, phases: pd.DataFrame) -> pd.DataFrame:
    """Return the sites with remarks on their figures at the end of the note."""
    total = phases.groupby("site")["facility_mw"].sum(min_count=1).reindex(sites["site"])
    facility = pd.to_numeric(sites["facility_mw"]).set_axis(sites["site"])
    it = pd.to_numeric(sites["it_mw"]).set_axis(sites["site"])
    read = sites["known_on"].map(last_day).max()
    first = sites["first_power_date"].set_axis(sites["site"])
    waiting = sites["status"].isin(NOT_BUILT).set_axis(sites["site"])
    remarks = {
        "No megawatts published.": facility.isna() & it.isna(),
        "IT megawatts only.": facility.isna() & it.notna(),
        "IT megawatts above those of the site: sources differ in basis.": it > facility,
        "Steps add up to more than the site.": total > facility + TOLERANCE_MW,
        "Announced first power has passed and is not confirmed.": waiting
        & (first != "")
        & (first <= read),
    }
    added = pd.concat([fits.map({True: text, False: ""}) for text, fits in remarks.items()], axis=1)
    words = added.apply(lambda row: " ".join(text for text in row if text), axis=1).to_numpy()
    return sites.assign(note=(sites["note"] + " " + words).str.strip())
