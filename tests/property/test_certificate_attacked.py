"""Plans of random networks, changed in one place each: `verify` must find every change."""

from __future__ import annotations

import random

import polars as pl
import pytest

from sampan.network import Network
from sampan.plan import Plan
from sampan.verify import verify
from tests.property.transform import cases, network_of

CASES = 3
CELLS = 15
"""Changed cells of each plan; times the effort."""
MOVEMENTS = (
    "shipments",
    "vehicles",
    "runs",
    "stocks",
    "deliveries",
    "shortages",
    "expiries",
    "breaches",
)


def cells(plan: Plan, names: tuple[str, ...]) -> list[tuple[str, int, str]]:
    """Frame, row and column of every number in some frames of a plan."""
    return [
        (name, row, column)
        for name in names
        for column, dtype in plan.frames[name].schema.items()
        if dtype.is_numeric()
        for row in range(len(plan.frames[name]))
        if plan.frames[name][column][row] is not None
    ]


def with_cell(plan: Plan, name: str, row: int, column: str, change: float) -> Plan:
    """A copy with one number changed."""
    frame = plan.frames[name]
    here = pl.int_range(pl.len()) == row
    changed = pl.when(here).then(pl.col(column) + change).otherwise(pl.col(column))
    changed = changed.cast(frame.schema[column])
    return plan.replace(**{name: frame.with_columns(changed.alias(column))})


@pytest.mark.parametrize("whole", [False, True])
def test_no_number_of_a_plan_can_be_changed_by_one(effort: int, whole: bool) -> None:
    """One more or one less in a quantity, a period or an expiry breaks some rule, somewhere.

    Not so for services, of which any quantity may be lost.
    """
    for seed, tables, periods, plan in cases(CASES, whole=whole):
        if any(row["kind"] == "service" for row in tables["resources"]):
            continue
        network, chance = network_of(tables, periods), random.Random(seed)
        found = cells(plan, MOVEMENTS)
        for name, row, column in chance.sample(found, min(CELLS * effort, len(found))):
            for change in (-1, 1):
                forged = with_cell(plan, name, row, column, change)
                assert verify(network, forged), (seed, name, row, column, change)


def test_no_value_bound_or_gap_can_be_changed(effort: int) -> None:
    """Every stated value and gap is recomputed, and no bound may claim more than its prices."""
    for seed, tables, periods, plan in cases(CASES * effort):
        network = network_of(tables, periods)
        for row, stage in enumerate(plan.stages["stage"]):
            tighter = -1e-3 if stage == "fairness" else 1e-3
            for column, change in (("value", 1e-3), ("value", -1e-3), ("bound", tighter)):
                forged = with_cell(plan, "stages", row, column, change)
                assert verify(network, forged), (seed, row, column, change)
            forged = with_cell(plan, "stages", row, "gap", 1.0)
            assert verify(network, forged), (seed, row, "gap")


def test_prices_cannot_be_scaled(effort: int) -> None:
    """Prices of 0, or with the other sign, prove nothing where there is anything to prove.

    Other factors may well leave a proof: twice the price of a demand that cannot be met at all
    proves as much.
    """
    tried = 0
    for seed, tables, periods, plan in cases(CASES * effort):
        network = network_of(tables, periods)
        for stage, part, bound in worth_proving(plan):
            for factor in (0.0, -1.0):
                forged = scaled(plan, stage, part, factor)
                assert verify(network, forged), (seed, stage, part, bound, factor)
                tried += 1
    assert tried


def worth_proving(plan: Plan) -> list[tuple[str, str, float]]:
    """Parts whose bound is above 0, which no plan has for nothing (fairness left out)."""
    rows = plan.stages.filter((pl.col("bound") > 1e-6) & (pl.col("stage") != "fairness"))
    return list(rows.select("stage", "part", "bound").iter_rows())


def scaled(plan: Plan, stage: str, part: str, factor: float) -> Plan:
    """A copy with all prices of a part times a factor."""
    mine = (pl.col("stage") == stage) & (pl.col("part") == part)
    price = pl.when(mine).then(pl.col("price") * factor).otherwise(pl.col("price"))
    frames = {name: plan.frames[name] for name in ("prices", "capacity_prices")}
    return plan.replace(
        **{name: frame.with_columns(price.alias("price")) for name, frame in frames.items()}
    )


def test_one_unit_cannot_be_stolen(effort: int) -> None:
    """A unit less shipped and delivered, and short instead, still leaves a unit unaccounted for."""
    for seed, tables, periods, plan in cases(CASES * effort):
        network = network_of(tables, periods)
        for row in range(len(plan.deliveries)):
            if plan.deliveries["quantity"][row] >= 1:
                assert verify(network, stolen(plan, network, row)), (seed, row)


def stolen(plan: Plan, network: Network, row: int) -> Plan:
    """A copy in which one unit of a delivery is declared short instead."""
    forged = with_cell(plan, "deliveries", row, "quantity", -1)
    demand = plan.deliveries["demand"][row]
    assert demand in network.table("demands")["demand"]
    more = pl.DataFrame({"demand": [demand], "quantity": [1.0]})
    shortages = pl.concat([plan.shortages, more]).group_by("demand", maintain_order=True).sum()
    return forged.replace(shortages=shortages)
