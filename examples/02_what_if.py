"""Ask the same question under other assumptions, and compare."""

import planner

base = planner.load_case("us")
longer = base.connection.assign(lead_months=base.connection["lead_months"] + 24)
cases = {
    "as it stands": base,
    "two years longer to connect": base.but(connection=longer),
    "committed sites only": base.but(stance="committed"),
    "nobody else competes": base.but(unnamed_datacenters=False),
}

print(f"{'United States':30}{'due, GW':>10}{'on time, GW':>13}{'by 2036, GW':>13}")
for name, case in cases.items():
    plan = planner.check(case)
    due = plan.steps["mw"].sum()
    last = plan.served[plan.served["period"] == case.periods["period"].iloc[-1]]
    on_time, by_end = plan.steps["served_mw"].sum(), last["served_mw"].sum()
    print(f"{name:30}{due / 1000:10.1f}{on_time / 1000:13.1f}{by_end / 1000:13.1f}")
