"""Ask about everything that is shipped, and keep the answer as CSV."""

import tempfile
from pathlib import Path

import planner

plan = planner.check(planner.load_case())

asked = plan.steps["mw"].sum() / 1000
powered = plan.steps["served_mw"].sum() / 1000
print(f"{asked:.1f} GW are due within ten years, {powered:.1f} GW can be powered by their dates.\n")
print("What holds up most:")
print(plan.bottlenecks.head(5).round(0).to_string(index=False))

folder = Path(tempfile.mkdtemp(prefix="planner-"))
for name in ("sites", "steps", "regions", "bottlenecks"):
    getattr(plan, name).to_csv(folder / f"{name}.csv", index=False)
print("\nSaved:", ", ".join(sorted(path.name for path in folder.iterdir())))
