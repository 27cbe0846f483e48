"""For tests of networks and of code that uses Sampan: tiny networks, and an assertion."""

from __future__ import annotations

from datetime import date

import polars as pl

from sampan.network import Network
from sampan.plan import Plan


def two_hospitals() -> Network:
    """Ten masks at a warehouse and two equal demands of ten: five each is fair."""
    return Network.from_frames(
        {
            "sites": pl.DataFrame({"site": ["warehouse", "north", "south"]}),
            "resources": pl.DataFrame({"resource": ["mask"], "unit": ["piece"]}),
            "stocks": pl.DataFrame({"site": ["warehouse"], "resource": ["mask"], "quantity": [10]}),
            "lanes": pl.DataFrame(
                {
                    "lane": ["to-north", "to-south"],
                    "origin": ["warehouse"] * 2,
                    "destination": ["north", "south"],
                    "lead_time_periods": [1, 1],
                }
            ),
            "demands": pl.DataFrame(
                {
                    "demand": ["N", "S"],
                    "site": ["north", "south"],
                    "resource": ["mask"] * 2,
                    "period": [1, 1],
                    "quantity": [10, 10],
                }
            ),
        },
        name="two hospitals",
        start=date(2020, 2, 10),
        periods=3,
    )


def assert_plan_valid(network: Network, plan: Plan) -> None:
    """Fail with every violation that `verify` finds."""
    from sampan.verify import verify

    violations = verify(network, plan)
    if violations:
        listed = "\n".join(f"  {violation}" for violation in list(violations)[:20])
        raise AssertionError(f"{len(violations)} violations:\n{listed}")
