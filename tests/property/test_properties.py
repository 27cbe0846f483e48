"""Properties that every network has, whatever its best plan is."""

from __future__ import annotations

import polars as pl
import pytest

from sampan.errors import ContradictionError
from sampan.network import Objective
from sampan.plan import Plan
from tests.engine.networks import solved, values
from tests.property.random_networks import random_network
from tests.property.transform import (
    Tables,
    cases,
    changed,
    in_other_money,
    in_other_units,
    network_of,
    one_period_later,
    shuffled,
    split_in_two,
    without,
    without_rings,
    without_unit_loads,
)

CASES = 6
"""Random networks for each property; times the effort."""


def stage_values(plan: Plan, *stages: str) -> dict[str, float]:
    """Values by stage and part, of some stages or of all."""
    found = values(plan)
    return {key: value for key, value in found.items() if not stages or key.split(":")[0] in stages}


def same(one: Plan, other: Plan, *stages: str, money: float = 1.0) -> None:
    """The two plans have the same values, cost times a factor."""
    expected = stage_values(one, *stages)
    if "cost:all" in expected:
        expected["cost:all"] *= money
    assert stage_values(other, *stages) == pytest.approx(expected, rel=1e-7, abs=1e-7)


def no_worse(better: Plan, worse: Plan) -> None:
    """Shortages class by class: the first that differs is less in `better`."""
    ours, theirs = (stage_values(plan, "shortage") for plan in (better, worse))
    assert ours.keys() == theirs.keys()
    for key, value in theirs.items():
        if ours[key] != pytest.approx(value, rel=1e-7, abs=1e-7):
            assert ours[key] < value, key
            return


@pytest.mark.parametrize("whole", [False, True])
def test_the_same_network_gives_the_same_plan(effort: int, whole: bool) -> None:
    """Solving twice gives equal frames, to the last digit."""
    for _, tables, periods, plan in cases(CASES * effort // 2 + 1, whole=whole):
        again = solved(network_of(tables, periods))
        for name, frame in plan.frames.items():
            assert frame.equals(again.frames[name]), name


@pytest.mark.parametrize("whole", [False, True])
def test_the_order_of_rows_changes_no_value(effort: int, whole: bool) -> None:
    """Every table shuffled: the same value in every stage and part."""
    for seed, tables, periods, plan in cases(CASES * effort, whole=whole):
        same(plan, solved(network_of(shuffled(tables, seed), periods)))


def test_the_unit_in_which_a_resource_is_counted_changes_no_value(effort: int) -> None:
    """One resource counted in thousandths, everything consistent: no value changes."""
    for _, tables, periods, _ in cases(CASES * effort):
        tables = changed(tables, capacity_loads=without_unit_loads(tables))
        plan = solved(network_of(tables, periods))
        for factor in (1000.0, 1.0 / 1024):
            other = in_other_units(tables, tables["resources"][0]["resource"], factor)
            same(plan, solved(network_of(other, periods)))


def test_money_in_another_currency_scales_the_cost_alone(effort: int) -> None:
    """Every amount of money times 7: cost times 7, all else as it was."""
    for _, tables, periods, plan in cases(CASES * effort):
        same(plan, solved(network_of(in_other_money(tables, 7.0), periods)), money=7.0)


def test_a_demand_split_in_two_keeps_every_value(effort: int) -> None:
    """A third and two thirds of a demand in place of it: no value changes."""
    for seed, tables, periods, plan in cases(CASES * effort):
        number = seed % len(tables["demands"])
        same(plan, solved(network_of(split_in_two(tables, number), periods)))


def test_more_supply_never_hurts(effort: int) -> None:
    """5 more of each resource at the first site: no class is shorter, before one is less so.

    Without limits on storage, where more goods leave less room for others.
    """
    for _, tables, periods, _ in cases(CASES * effort):
        tables = without(tables, storage=False)
        more = [
            {
                "site": tables["sites"][0]["site"],
                "resource": row["resource"],
                "period": 0,
                "expires_period": periods + 50 if row["kind"] == "good" else None,
                "quantity": 5.0,
            }
            for row in tables["resources"]
        ]
        richer = changed(tables, arrivals=tables["arrivals"] + more)
        no_worse(solved(network_of(richer, periods)), solved(network_of(tables, periods)))


def test_another_lane_never_hurts(effort: int) -> None:
    """A further lane from the last site to the first: shortage is no worse."""
    for _, tables, periods, plan in cases(CASES * effort):
        sites = [row["site"] for row in tables["sites"]]
        row = {"lane": "new", "origin": sites[-1], "destination": sites[0], "lead_time_periods": 1}
        wider = changed(tables, lanes=[*tables["lanes"], row])
        no_worse(solved(network_of(wider, periods)), plan)


def test_a_plans_own_shipments_as_firm_orders_keep_its_values(effort: int) -> None:
    """What the best plan ships, ordered firmly, leaves shortage, lateness and cost as they are.

    Without limits on storage, which firm goods may overfill, and without rings.
    """
    stages = ("shortage", "fairness", "lateness", "policy", "cost")
    objective = Objective(stages)
    for _, tables, periods, _ in cases(CASES * effort):
        tables = without_rings(without(tables, "commitments", storage=False))
        plan = solved(network_of(tables, periods, objective))
        orders = plan.shipments.group_by(
            "lane", "resource", "depart_period", maintain_order=True
        ).agg(pl.col("quantity").sum())
        firm = [
            {
                "commitment": str(number),
                "lane": lane,
                "resource": resource,
                "period": period,
                "quantity": quantity,
                "firm": True,
            }
            for number, (lane, resource, period, quantity) in enumerate(orders.iter_rows())
        ]
        held = solved(network_of(changed(tables, commitments=firm), periods, objective))
        same(plan, held)


def test_all_one_period_later_is_worth_the_same(effort: int) -> None:
    """After an idle period the same network has the same values in every stage."""
    for _, tables, periods, _ in cases(CASES * effort):
        tables = changed(tables)
        tables["export_limits"] = [
            row | {"share_max": None}
            for row in tables["export_limits"]
            if row["quantity_max"] is not None
        ]
        plan = solved(network_of(tables, periods))
        same(plan, solved(network_of(one_period_later(tables, periods), periods + 1)))


def test_tables_are_never_changed_by_a_solve() -> None:
    """Data in, data out: the network's tables are equal before and after a solve."""
    for _, tables, periods, _ in cases(3):
        network = network_of(tables, periods)
        before: Tables = {name: frame.to_dicts() for name, frame in network.tables.items()}
        solved(network)
        assert {name: frame.to_dicts() for name, frame in network.tables.items()} == before


def test_a_price_of_pure_rounding_hides_no_bound() -> None:
    """A purchase without limit, of a good whose price is 3e-18 of what it is summed with.

    Lifting prices had left it there; as the run's only price it left the last stage no bound.
    """
    plan = solved(random_network(1370))
    assert values(plan)["changes:all"] == pytest.approx(4.0)
    assert plan.stages["gap"].max() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("tolerance", [1e-9, 1e-7, 1e-3])
def test_a_tolerance_however_small_gives_a_plan_that_verifies(
    tolerance: float, effort: int
) -> None:
    """Rows that leave next to no room are hard on a solver; the plan is valid all the same."""
    for seed in range(1000, 1000 + CASES * effort):
        try:
            solved(random_network(seed, objective=Objective(tolerance=tolerance)))
        except ContradictionError:
            continue
