"""Small files in the layouts of the publishers, written by hand for the tests of importers."""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import TYPE_CHECKING, Any

import openpyxl

if TYPE_CHECKING:
    from pathlib import Path

EIA_HEAD = (
    "Entity ID", "Entity Name", "Plant ID", "Plant Name", "Plant State", "County", "Sector",
    "Generator ID", "Nameplate Capacity (MW)", "Net Summer Capacity (MW)",
    "Net Winter Capacity (MW)", "Technology", "Energy Source Code", "Prime Mover Code",
    "Operating Month", "Operating Year", "Planned Retirement Month", "Planned Retirement Year",
    "Status", "Nameplate Energy Capacity (MWh)", "Latitude", "Longitude",
)  # fmt: skip
TITLE = "Inventory of {} Generators as of August 2026"
QUEUE_HEAD = (
    "q_id", "q_status", "q_date", "prop_date", "state", "county", "fips_codes", "type_clean",
    "mw_1", "type_2", "mw_2", "IA_status_clean",
)  # fmt: skip


def written(path: Path, text: str) -> Path:
    """Write text to a file, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def workbook(path: Path, **sheets: list[tuple[Any, ...]]) -> Path:
    """Write a workbook; `_` in the name of a sheet stands for a blank."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name.replace("_", " "))
        for row in rows:
            sheet.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def unit(
    number: int, technology: str = "Natural Gas Fired Combined Cycle", **given: Any
) -> tuple[Any, ...]:
    """One row of EIA-860M: 100 MW nameplate, 90 MW in summer, 95 MW in winter, since 2015."""
    row = {
        "Entity ID": 1, "Entity Name": "Utility", "Plant ID": number, "Plant Name": "Plant",
        "Plant State": "VA", "County": "Loudoun", "Sector": "IPP", "Generator ID": "1",
        "Nameplate Capacity (MW)": 100.0, "Net Summer Capacity (MW)": 90.0,
        "Net Winter Capacity (MW)": 95.0, "Technology": technology, "Energy Source Code": "NG",
        "Prime Mover Code": "CC", "Operating Month": 6, "Operating Year": 2015,
        "Planned Retirement Month": " ", "Planned Retirement Year": " ",
        "Status": "(OP) Operating", "Nameplate Energy Capacity (MWh)": " ", "Latitude": 39.0,
        "Longitude": -77.5,
    }  # fmt: skip
    unknown = set(given) - set(row)
    assert not unknown, unknown
    return tuple((row | given)[name] for name in EIA_HEAD)


def eia860m(path: Path, *operating: tuple[Any, ...], planned: tuple[Any, ...] = ()) -> Path:
    """Write a workbook of EIA-860M: a title, a blank row, the header, units, and a note."""
    planned_head = tuple(name.replace("Operating Y", "Planned Operation Y") for name in EIA_HEAD)
    gone = (unit(90, Status="(RE) Retired"),)
    notes = ("NOTES: a sum of parts may differ from its total",)

    def sheet(kind: str, head: tuple[str, ...], rows: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        return [(TITLE.format(kind),), (None,), head, *rows, (None,), notes]

    return workbook(
        path,
        Operating=sheet("Operating", EIA_HEAD, operating),
        Planned=sheet("Planned", planned_head, planned),
        Retired=sheet("Retired", EIA_HEAD, gone),
        Canceled_or_Postponed=sheet("Canceled or Indefinitely Postponed", EIA_HEAD, gone[:0]),
    )


def hashed(*counties: str) -> str:
    """Return the key of a zone in ReEDS: MD5 of its sorted county codes with commas between."""
    return hashlib.md5(",".join(sorted(counties)).encode(), usedforsecurity=False).hexdigest()


def reeds(folder: Path) -> Path:
    """Write a ReEDS of two zones: p2 of Delaware's three counties, p10 of one of Maryland's."""
    first, second = hashed("10001", "10003", "10005"), hashed("24001")
    other = hashed("24003")
    tables = {
        "zones/z2/hierarchy.csv": "r,nercr,transgrp,st,interconnect\np2,PJM,PJM_E,DE,eastern\n"
        "p10,PJM,PJM_E,MD,eastern\n",
        "zones/z2/county2zone.csv": "FIPS,r\n10001,p2\n10003,p2\n10005,p2\n24001,p10\n",
        "zones/z2/interfaces_r.csv": "interconnect,interface\neastern,p10~~p2\n",
        "zones/z2/b2b.csv": "r,rr,MW\np2,p10,200\n",
        "zones/county_state.csv": "FIPS,county_name,state\n10001,kent,DE\n10003,new castle,DE\n"
        "10005,sussex,DE\n24001,allegany,MD\n",
        "transmission/itl_NARIS.csv": "md5_from,md5_to,MW_forward,MW_reverse\n"
        f"{second},{first},700,900\n{first},{other},1,2\n",
        "capacity_exogenous/ReEDS_generator_database_final_EIA-NEMS.csv": "tech,"
        "summer_power_capacity_MW,energy_capacity_MWh,RetireYear,StartYear,FIPS,T_PID,T_UID,TC_NP,"
        "TC_WIN,status,Description\n"
        "gas-cc,90,,2060,2015,p10001,1,1,100,95,(OP) Operating,Natural Gas Fired Combined Cycle\n"
        "hydEND,4,,2289,1989,p24001,2,1,5,4,(OP) Operating,Conventional Hydroelectric\n"
        "coal,50,,2023,1960,p24001,3,1,60,50,(R) Retired,Conventional Steam Coal\n"
        "upv,0,,2070,2030,p99999,4,1,80,80,(U) Under construction,Solar Photovoltaic\n",
    }
    for name, text in tables.items():
        written(folder / name, text)
    return folder


def bomb() -> bytes:
    """Return a small zip, named like the parts of a workbook, that unpacks to 300 MB of blanks."""
    data = io.BytesIO()
    with (
        zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(300):
            part.write(b" " * 10**6)
    return data.getvalue()


def with_entities() -> bytes:
    """Return a workbook in which a part declares an entity."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("xl/workbook.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    return data.getvalue()
