from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import native_files
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.errors import PlannerError
from planner.sources import importers, native

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = int(os.environ.get("PLANNER_FUZZ_EXAMPLES", "3"))
FACILITY: dict[str, Any] = {
    "id": "a",
    "name": "A",
    "status": "proposed",
    "location": {"lat": 39.0, "lon": -77.5, "state": "VA"},
    "capacityMw": {"planned": 300},
    "lastUpdated": "2026-07-01",
}
POINT = {
    "properties": {"state_abb": "VA", "county": "L", "operator": "O", "name": "N", "type": "b"},
    "geometry": {"type": "Point", "coordinates": [-77.5, 39.0]},
}
SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
ZONES = {"type": "FeatureCollection", "features": [
    {"type": "Feature", "properties": {"zoneName": "AA"}, "geometry": SQUARE}]}  # fmt: skip
TOPOLOGY = {
    "type": "Topology",
    "arcs": [[[0, 0], [1, 0], [1, 1], [0, 0]]],
    "objects": {
        "counties": {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Polygon", "arcs": [[0]], "id": "01001", "properties": {"name": "C"}}
            ],
        },
        "states": {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Polygon", "arcs": [[0]], "id": "01", "properties": {"name": "S"}}
            ],
        },
    },
}
TEXTS = {
    "ai_compute_buildout": {
        "tracker.csv": "id,status,site,country,region_iso,operator,anchor_tenant,gw_facility,"
        "gw_facility_low,gw_facility_high,basis,online_year,source,source_url,source_date,"
        "last_checked,notes\na,announced,A,US,PJM,Op,T,0.5,0.4,0.6,facility,2027-2029,S,u,2026-02,"
        "2026-04-29,n\n"
    },
    "compute_atlas": {"facilities.json": json.dumps([FACILITY, FACILITY | {"id": "b"}])},
    "eia930": {
        "balancing_authorities/X.csv": "date_time,raw demand (MW),category,cleaned demand (MW)\n"
        "2024-01-01 00:00:00,5,OKAY,5\n"
    },
    "electricitymaps": {
        "zones/AA.yaml": "center_point: [1, 2]\ncapacity:\n  solar: 3\n  wind:\n"
        "  - {datetime: '2024-01-01', value: 4}\n",
        "zones/BB.yaml": "bounding_box: [[1, 2], [3, 4]]\n",
        "exchanges/AA_BB.yaml": "capacity: [-3, 5]\n",
        "world.geojson": json.dumps(ZONES),
    },
    "epoch": {
        "data_centers.csv": "Name,Country,Current power (MW)\nA,United States,5\n",
        "data_center_timelines.csv": "Data center,Date,Power (MW)\nA,2027-01-01,50\n",
    },
    "gppd": {
        "database_X.csv": "country,name,gppd_idnr,capacity_mw,latitude,longitude,primary_fuel,"
        "commissioning_year,year_of_capacity_data\nXXX,Dam,X1,10,1,2,Hydro,1990,2019\n"
    },
    "gridops": {
        "thermal_gens.csv": "Name,Bus,Fuel,Max_Cap\nA,7,NG (Natural Gas),100\n",
        "storage_params.csv": "name,s_typ,s_node,discharge_rate,max_SoC\nB,battery,bus_7,5,20\n",
        "line_param.csv": "line,reactance,limit\nline_7_8,0.1,50\n",
        "nodal_load.csv": "bus_7\n3\n",
        "BA_to_BA_hurdle.csv": "BA_to_BA,Hurdle_$/MWh\nA_B,1\n",
    },
    "im3": {"im3_datacenter_centroids.geojson": json.dumps({"features": [POINT, POINT]})},
    "lbnl_queue": {"interconnection_queues.csv": "r,tg,2026,2030\np01001,battery,5,9\n"},
    "powergenome": {
        "reeds_generators_transformed.csv": "technology,plant_id,generator_id,capacity_mw,"
        "capacity_mwh,nameplate_capacity_mw,winter_capacity_mw,operating_year,retirement_year\n"
        "Nuclear,2,1,53,,54,53,1963,2063\n",
        "plant_region_map.csv": "plant_id,region\n2,p1\n",
        "network_costs_ReEDS.csv": "start_region,dest_region,interconnect_cost_mw,dollar_year\n"
        "p1,p2,5,2018\n",
    },
    "powersimdata": {
        "plant.csv": "bus_id,status,Pmax,type,interconnect\n7,1,100,ng,Eastern\n",
        "sub.csv": "sub_id,lat,lon,interconnect\n1,40,-70,Eastern\n",
        "zone.csv": "zone_id,zone_name,state\n1,Maine,Maine\n",
        "bus.csv": "bus_id,zone_id\n7,1\n",
        "dcline.csv": "dcline_id,from_bus_id,to_bus_id,status,Pmin,Pmax,from_interconnect,"
        "to_interconnect\n0,7,8,1,-5,5,Eastern,Western\n",
    },
    "pypsa_eur": {
        "m/new_links.csv": ",p_nom,project_status,build_year,x0,y0,x1,y1\n"
        "T1,1250,confirmed,2031,-3.5,50.7,-1.47,49.3\n",
        "m/new_lines.csv": ",v_nom,project_status,build_year,x0,y0,x1,y1\nL,380,a,2031,1,2,3,4\n",
    },
    "us_atlas": {
        "counties-10m.json": json.dumps(TOPOLOGY),
        "states-10m.json": json.dumps(TOPOLOGY),
    },
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return a folder of sound files for each importer."""
    base = tmp_path_factory.mktemp("whole")
    for name, files in TEXTS.items():
        for file, text in files.items():
            native_files.written(base / name / file, text)
    native_files.reeds(base / "reeds")
    unit = native_files.unit(1)
    native_files.eia860m(base / "eia860m" / "may_generator2026.xlsx", unit, planned=(unit,))
    request = ("1", "active", 45000, "", "VA", "l", "51107", "Solar", 100, None, None, "")
    rows: list[Any] = [native_files.QUEUE_HEAD, request]
    native_files.workbook(base / "lbnl_queue" / "Queue.xlsx", List=rows)
    return {name: base / name for name in importers.MODULES}


def test_the_sound_files_are_all_read(whole: dict[str, Path]) -> None:
    for name, folder in whole.items():
        if name != "eia930":  # a year of hours is not written here
            assert importers.read(name, folder).problems == (), name


def harmed(data: bytes, draw: Any) -> bytes:
    """Cut off, write over, put in or repeat a piece of a file."""
    at = draw(st.integers(0, len(data)))
    piece = draw(
        st.one_of(
            st.binary(max_size=8),
            st.sampled_from(
                [b"\0", b'"', b",", b"\n", b"\xff", b"-", b"1e999", b"nan", b"[", b"{", b"}",
                 b"&a *a", b"9999999999", b"-1", b"\xef\xbb\xbf", b"null", b"''"]
            ),
        )
    )  # fmt: skip
    out: bytes = draw(
        st.sampled_from(
            [data[:at], data[:at] + piece + data[at:], data[:at] + piece + data[at + len(piece) :],
             data + data[at:], data[at:]]
        )
    )  # fmt: skip
    return out


def files_of(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.parametrize("name", sorted(importers.MODULES))
def test_harmed_files_give_a_message_and_no_traceback(name: str, whole: dict[str, Path]) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True,
        suppress_health_check=list(HealthCheck), database=None,
    )  # fmt: skip
    @given(st.data())
    def harm(data: st.DataObject) -> None:
        with tempfile.TemporaryDirectory() as work:
            folder = Path(work) / "f"
            shutil.copytree(whole[name], folder)
            victim = data.draw(st.sampled_from(list(files_of(folder))))
            victim.write_bytes(harmed(victim.read_bytes(), data.draw))
            try:
                found = importers._module(name).read(folder, native.Given())  # noqa: SLF001
            except PlannerError:
                return
            assert isinstance(found, native.Imported)
            assert (found.files["used"] >= 0).all()

    harm()
