"""Units of a publisher as rows of the table `supply`: technologies, years, sums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.columns import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    import pandas as pd

    from planner.sources.native import Tally

KEY: Final = [
    "region", "technology", "status", "name", "online_year", "retirement_year", "retirement_basis",
]  # fmt: skip
MEGAWATTS: Final = ["summer_mw", "winter_mw", "nameplate_mw"]
FACTS: Final = ["source", "known_on", "confidence"]
EIA: Final = {
    "all other": "other",
    "batteries": "battery",
    "coal integrated gasification combined cycle": "coal",
    "conventional hydroelectric": "hydro",
    "conventional steam coal": "coal",
    "flywheels": "battery",
    "geothermal": "geothermal",
    "hydroelectric pumped storage": "pumped_storage",
    "landfill gas": "landfill_gas",
    "municipal solid waste": "biomass",
    "natural gas fired combined cycle": "gas_cc",
    "natural gas fired combustion turbine": "gas_ct",
    "natural gas internal combustion engine": "gas_engine",
    "natural gas steam turbine": "gas_steam",
    "natural gas with compressed air storage": "gas_ct",
    "nuclear": "nuclear",
    "offshore wind turbine": "wind_offshore",
    "onshore wind turbine": "wind_onshore",
    "other gases": "gas",
    "other natural gas": "gas",
    "other waste biomass": "biomass",
    "petroleum coke": "coal",
    "petroleum liquids": "oil",
    "run of river hydroelectric": "hydro",
    "solar photovoltaic": "solar_pv",
    "solar thermal with energy storage": "csp",
    "solar thermal without energy storage": "csp",
    "wood/wood waste biomass": "biomass",
}
PLAIN: Final = {
    "battery": "battery",
    "battery storage": "battery",
    "bio": "biomass",
    "biomass": "biomass",
    "bit (bituminous coal)": "coal",
    "coal": "coal",
    "cogeneration": "other",
    "dfo": "oil",
    "gas": "gas",
    "geo": "geothermal",
    "geothermal": "geothermal",
    "hydro": "hydro",
    "hydro storage": "pumped_storage",
    "natural_gas": "gas",
    "ng": "gas",
    "ng (natural gas)": "gas",
    "nuc (nuclear)": "nuclear",
    "nuclear": "nuclear",
    "oil": "oil",
    "other": "other",
    "petcoke": "coal",
    "pumped_storage_hydro": "pumped_storage",
    "solar": "solar_pv",
    "storage": "battery",
    "unknown": "other",
    "waste": "biomass",
    "wave and tidal": "other",
    "wind": "wind_onshore",
    "wind_offshore": "wind_offshore",
}


def technology(words: pd.Series, names: dict[str, str]) -> pd.Series:
    """Return the technology that each of the publisher's words stands for; unknown is empty."""
    return words.str.strip().str.casefold().map(names)


def known(frame: pd.DataFrame, words: str, file: str, tally: Tally) -> pd.DataFrame:
    """Leave out rows without technology, and name the words that stand for none."""
    for word in frame.loc[frame["technology"].isna(), words].unique():
        missing = frame["technology"].isna() & (frame[words] == word)
        reason = f"technology {word!r} stands for none of ours" if word else "no technology given"
        frame = tally.without(frame, missing, file, reason)
    return frame


def plausible_year(years: pd.Series) -> pd.Series:
    """Return years inside the bounds of the schema; others, such as 9999, are unknown."""
    return years.where(years.between(FIRST_YEAR, LAST_YEAR))


def since(years: pd.Series) -> pd.Series:
    """Return the day by which plant was known: the end of its year."""
    return years.map(lambda year: f"{int(year)}-12-31")


def summed(rows: pd.DataFrame) -> pd.DataFrame:
    """Sum units that share the key and the day; whole years, energy only of storage."""
    rows = rows.assign(
        name=rows.get("name", ""),
        energy_mwh=rows.get("energy_mwh", float("nan")),
        retirement_year=rows.get("retirement_year", float("nan")),
        retirement_basis=rows.get("retirement_basis", ""),
    )
    groups = rows.groupby([*KEY, *FACTS], dropna=False)
    sums = groups[[*MEGAWATTS, "energy_mwh"]].sum(min_count=1).reset_index()
    for column in ("online_year", "retirement_year"):
        sums[column] = sums[column].astype("float64").astype("Int64")
    return sums
