"""Tiny networks for tests, written as rows, and a solve that always verifies its plan."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from sampan.network import Network, Objective
from sampan.plan import Plan
from sampan.solve import solve
from sampan.testing import assert_plan_valid

Row = dict[str, Any]
START = date(2020, 2, 10)


def tiny(
    sites: str,
    resources: str = "mask",
    *,
    periods: int = 3,
    stages: tuple[str, ...] | None = None,
    tolerance: float = 0.0,
    lateness_cost: float = 0.0,
    changed: dict[str, Row] | None = None,
    **tables: list[Row],
) -> Network:
    """A network of the named sites and resources and of tables given as lists of rows.

    `changed` sets attributes of single sites and resources by their key; `stages`, `tolerance`
    and `lateness_cost` are the objective's.
    """
    changed = changed or {}
    given: dict[str, Any] = {
        "sites": [{"site": key} | changed.get(key, {}) for key in sites.split()],
        "resources": [
            {"resource": key, "unit": "piece"} | changed.get(key, {}) for key in resources.split()
        ],
    } | tables
    objective = Objective(tolerance=tolerance, lateness_cost=lateness_cost)
    if stages is not None:
        objective = Objective(stages, tolerance, lateness_cost)
    frames = {
        name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in given.items() if rows
    }
    return Network.from_frames(
        frames, name="tiny", start=START, periods=periods, objective=objective
    )


def solved(network: Network, **options: Any) -> Plan:
    """The plan of a network, verified."""
    plan = solve(network, **options)
    assert_plan_valid(network, plan)
    return plan


def stock(site: str, quantity: float, resource: str = "mask", **more: Any) -> Row:
    """A row of `stocks`."""
    return {"site": site, "resource": resource, "quantity": quantity} | more


def lane(origin: str, destination: str, lead: int = 0, **more: Any) -> Row:
    """A row of `lanes`; its key is `origin>destination` unless given."""
    return {
        "lane": f"{origin}>{destination}",
        "origin": origin,
        "destination": destination,
        "lead_time_periods": lead,
    } | more


def demand(key: str, site: str, quantity: float, period: int = 0, **more: Any) -> Row:
    """A row of `demands`, of masks unless said otherwise."""
    return {
        "demand": key,
        "site": site,
        "resource": "mask",
        "period": period,
        "quantity": quantity,
    } | more


def process(key: str, site: str, **more: Any) -> Row:
    """A row of `processes`."""
    return {"process": key, "site": site} | more


def flow(process: str, resource: str, quantity: float) -> Row:
    """A row of `process_flows`."""
    return {"process": process, "resource": resource, "quantity_per_run": quantity}


def short(plan: Plan) -> dict[str, float]:
    """Shortage by demand; those met in full are left out."""
    return dict(plan.shortages.select("demand", "quantity").iter_rows())


def values(plan: Plan) -> dict[str, float]:
    """Value by `stage:part`."""
    return {
        f"{row['stage']}:{row['part']}": row["value"] for row in plan.stages.iter_rows(named=True)
    }


def total(frame: pl.DataFrame, **where: Any) -> float:
    """Sum of the quantities of the rows with these values."""
    for column, value in where.items():
        frame = frame.filter(pl.col(column).eq_missing(pl.lit(value)))
    return float(frame["quantity"].sum())
