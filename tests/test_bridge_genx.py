"""Folders of GenX become grids, and loads of Switch and GridPath a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import planner
from planner.errors import DataError, PackError

pytest.importorskip("pypsa")
genx = pytest.importorskip("planner.bridges.genx")

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

LOAD = "Voll,Demand_Segment,Time_Index,{0}_MW_z1,{0}_MW_z2\n50000,1,1,1000,500\n,,2,800,900\n"
NETWORK = (
    "\ufeff,Network_zones,Network_Lines,Start_Zone,End_Zone,Line_Max_Flow_MW\n"
    "A,z1,1,1,2,120\nB,z2,,,,\n"
)
PLANTS = "Resource,Zone,STOR,Existing_Cap_MW,Existing_Cap_MWh\n"
ROWS = "A_natural_gas_combined_cycle,1,0,1300,0\nB_solar_pv,2,0,400,0\nB_battery,2,1,100,200\n"
SITES = (
    "site,name,country,state,facility_mw,full_power_date,announced_on\n"
    "campus,Campus,XX,z1,100,2027-12-31,2025-06-30\n"
)


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def old(folder: Path) -> Path:
    return written(folder, {
        "Load_data.csv": LOAD.format("Load"),
        "Network.csv": NETWORK,
        "Generators_data.csv": PLANTS + ROWS,
        "Generators_variability.csv": "Time_Index,B_solar_pv\n1,0.5\n2,0.1\n",
    })  # fmt: skip


def new(folder: Path) -> Path:
    gas, sun, battery = ROWS.splitlines()
    return written(folder, {
        "system/Demand_data.csv": LOAD.format("Demand"),
        "system/Network.csv": NETWORK,
        "system/Generators_variability.csv": "Time_Index,B_solar_pv\n1,0.5\n2,0.1\n",
        "resources/Thermal.csv": f"{PLANTS}{gas}\n",
        "resources/Vre.csv": f"{PLANTS}{sun}\n",
        "resources/Storage.csv": f"{PLANTS}{battery}\n",
    })  # fmt: skip


@pytest.mark.parametrize("layout", [old, new])
def test_both_layouts_of_genx_give_the_same_grid(layout: object, tmp_path: Path) -> None:
    """The hour of highest load is the second: 800 + 900 MW, sun at 0.1; a battery of 2 h at 0.5."""
    folder = (old if layout is old else new)(tmp_path / "system-a")
    grid = genx.from_genx(folder, hours=1)
    shares = grid.tables["accreditation"].set_index(["technology", "season"])["accredited_fraction"]

    assert grid.tables["load"].query("season == 'winter'")["peak_mw"].tolist() == [800.0, 900.0]
    assert shares["gas_cc", "winter"] == 1.0
    assert shares["solar_pv", "winter"] == pytest.approx(0.1)
    assert shares["battery", "summer"] == pytest.approx(0.5)
    assert grid.tables["links"][["forward_mw", "reverse_mw"]].to_numpy().tolist() == [[120, 120]]


def test_sites_are_checked_on_a_genx_system(tmp_path: Path) -> None:
    """z1 has 1300 - 800 MW and a line for z2's shortage: the campus is on time."""
    sites = written(tmp_path, {"sites.csv": SITES}) / "sites.csv"
    plan = planner.check(genx.from_genx(old(tmp_path / "a")).case(sites, horizon_years=2))

    assert plan.sites["verdict"].tolist() == ["on time"]


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"there is no Demand_data.csv or Load_data.csv"):
        genx.from_genx(tmp_path)
    folder = old(tmp_path / "b")
    (folder / "Network.csv").write_text("Start_Zone,End_Zone\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"Network.csv: column Line_Max_Flow_MW is missing"):
        genx.from_genx(folder)


def test_loads_of_switch_are_the_peaks_of_all_zones_together(tmp_path: Path) -> None:
    """In winter 2025 both draw most at 2 (5 + 3); in October a winter begins that ends in 2026."""
    written(tmp_path, {
        "loads.csv": "LOAD_ZONE,TIMEPOINT,zone_demand_mw\n"
                     "N,1,6\nN,2,5\nN,3,4\nN,4,7\nS,1,1\nS,2,3\nS,3,9\nS,4,1\n",
        "timepoints.csv": "timepoint_id,timestamp,timeseries\n"
                          "1,2025011500,w\n2,2025011512,w\n3,2025071500,s\n4,2025100100,a\n",
    })  # fmt: skip
    table = genx.read_loads(tmp_path).set_index(["region", "year", "season"])["peak_mw"]

    assert table.to_dict() == {
        ("N", 2025, "winter"): 5.0, ("S", 2025, "winter"): 3.0,
        ("N", 2025, "summer"): 4.0, ("S", 2025, "summer"): 9.0,
        ("N", 2026, "winter"): 7.0, ("S", 2026, "winter"): 1.0,
    }  # fmt: skip


def test_loads_of_gridpath_are_read_too(tmp_path: Path) -> None:
    """Two components of one zone add up."""
    written(tmp_path, {
        "load_mw.tab": "load_zone\ttimepoint\tload_component\tload_mw\n"
                       "Z\t1\tall\t10\nZ\t1\tmore\t5\nZ\t2\tall\t12\n",
        "timepoints.tab": "timepoint\tperiod\tmonth\n1\t2030\t7\n2\t2030\t8\n",
    })  # fmt: skip
    rows = genx.read_loads(tmp_path).to_dict("records")

    assert rows == [{"region": "Z", "year": 2030, "season": "summer", "peak_mw": 15.0}]
