"""Lay out a grid and a list of sites of one's own as CSV, and ask about them.

NORTH has 1200 MW of gas for 1000 MW of load, SOUTH 1150 for 900, with a reserve margin of 10 % and
a line of 80 MW. A campus of 250 MW in NORTH wants more than both can spare there.
"""

import tempfile
from pathlib import Path

import planner

SEASONS = ("summer", "winter")
COLUMNS = "source,known_on,confidence"
FACT = "me,2025-01-01,high"

TABLES = {
    "sources": ["source,publisher,document,licence,confidence", "me,Me,My notes,mine,high"],
    "regions": [
        f"region,name,pool,state,interconnect,lat,lon,{COLUMNS}",
        f"NORTH,The north,POOL,N,one,45,0,{FACT}",
        f"SOUTH,The south,POOL,S,one,44,0,{FACT}",
    ],
    "places": [
        f"place,name,region,{COLUMNS}",
        f"N,North,NORTH,{FACT}",
        f"S,South,SOUTH,{FACT}",
    ],
    "pools": [f"pool,name,basis,{COLUMNS}", f"POOL,Both,seasonal,{FACT}"],
    "supply": [
        f"region,technology,status,online_year,summer_mw,winter_mw,nameplate_mw,{COLUMNS}",
        f"NORTH,gas_cc,existing,2010,1200,1200,1200,{FACT}",
        f"SOUTH,gas_cc,existing,2010,1150,1150,1150,{FACT}",
        f"NORTH,gas_cc,under_construction,2028,150,150,150,{FACT}",
    ],
    "accreditation": [
        f"pool,technology,season,year,accredited_fraction,applies_to,basis,{COLUMNS}",
        *(f"POOL,gas_cc,{season},2025,1,seasonal,seasonal,{FACT}" for season in SEASONS),
    ],
    "requirements": [
        f"pool,season,year,reserve_margin,basis,{COLUMNS}",
        *(f"POOL,{season},2025,0.1,seasonal,{FACT}" for season in SEASONS),
    ],
    "load": [
        f"scenario,region,year,season,peak_mw,datacenter_growth_mw,{COLUMNS}",
        *(f"official,NORTH,2025,{season},1000,0,{FACT}" for season in SEASONS),
        *(f"official,SOUTH,2025,{season},900,0,{FACT}" for season in SEASONS),
    ],
    "links": [
        f"from_region,to_region,kind,status,forward_mw,reverse_mw,{COLUMNS}",
        f"NORTH,SOUTH,AC,existing,80,80,{FACT}",
    ],
}
SITES = [
    "site,name,country,state,facility_mw,mw_quality,full_power_date,announced_on",
    "campus,The campus,XX,N,250,announced,2027-12-31,2025-06-30",
]

folder = Path(tempfile.mkdtemp(prefix="planner-"))
grid, sites = folder / "twolands", folder / "sites.csv"
grid.mkdir()
for name, lines in TABLES.items():
    (grid / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
sites.write_text("\n".join(SITES) + "\n", encoding="utf-8")

plan = planner.check(planner.load_case(grid, sites, horizon_years=4))

campus = plan.sites.iloc[0]
asked, on_time = campus["asked_mw"], campus["on_time_mw"]
print(f"{campus['name']}: {campus['verdict']}, {on_time:.1f} of {asked:.0f} MW by its date.")
print(f"Due {campus['target_period']}, in full from {campus['earliest_period']} on.")
print(f"What binds: {campus['cause']}. Megawatts served:\n")
print(plan.served[["period", "served_mw"]].round(1).to_string(index=False))
