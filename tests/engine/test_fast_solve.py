"""The fast method as `solve` calls it: near the exact one, proven, never claiming more."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

import sampan
from sampan.errors import MethodError
from sampan.fast.scope import why_not
from sampan.model import build
from sampan.testing import two_hospitals
from tests.property.random_networks import random_network

GAP = 1e-4
TOTAL = sampan.Objective(("total",), lateness_cost=0.5)


def in_money(network: sampan.Network) -> sampan.Network:
    """The same network with the one objective that the fast method knows."""
    return network.replace(objective=replace(network.objective, stages=("total",)))


def value_of(plan: sampan.Plan) -> float:
    """What the plan costs."""
    return float(plan.stages["value"][0])


def test_two_hospitals_are_served_as_by_the_exact_method() -> None:
    """The tiniest network: both methods reach the same value, and verify accepts both."""
    network = in_money(two_hospitals())
    exact, fast = sampan.solve(network), sampan.solve(network, method="fast", gap=GAP)
    assert value_of(fast) == pytest.approx(value_of(exact), rel=GAP)
    assert not sampan.verify(network, fast)
    assert "fast" in fast.summary["method"]


def test_random_networks_over_all_rules_agree_with_the_exact_method(effort: int) -> None:
    """Whatever rules are in play: verify accepts the plan, its bound is below the optimum and
    its value above it, and both are as near as was asked for wherever the gap was reached.
    """
    reached = 0
    for seed in range(16 * effort):
        network = random_network(seed, objective=TOTAL)
        try:
            exact = sampan.solve(network)
        except sampan.SampanError:
            continue  # bad input, or hard rules that exclude each other: no plan at all
        if why_not(build(network)):
            continue
        fast = sampan.solve(network, method="fast", gap=GAP, time_limit=20)
        assert not sampan.verify(network, fast), seed
        best = value_of(exact)
        room = 1e-6 * max(abs(best), 1.0)
        assert value_of(fast) >= best - room, seed
        assert float(fast.stages["bound"][0]) <= best + room, seed
        if fast.summary["status"] == "gap_reached":
            reached += 1
            assert value_of(fast) - best <= GAP * max(abs(value_of(fast)), 1e-6) + room, seed
    assert reached >= 3 * effort


def test_planted_prices_are_caught() -> None:
    """A fast plan whose prices were raised claims more than they prove: verify says so."""
    network = in_money(two_hospitals())
    plan = sampan.solve(network, method="fast", gap=GAP)
    bound = plan.stages["bound"][0]
    lied = plan.stages.with_columns(pl.lit(bound * 1.5 + 1.0).alias("bound"))
    assert sampan.verify(network, plan.replace(stages=lied))


def test_stages_and_whole_things_are_refused_with_what_to_do() -> None:
    """It solves one sum in money; anything else is told to take the exact method."""
    with pytest.raises(MethodError, match="Use the exact method"):
        sampan.solve(two_hospitals(), method="fast")
    with pytest.raises(MethodError, match="There is no method 'quick'"):
        sampan.solve(two_hospitals(), method="quick")


def test_auto_takes_the_exact_method_for_what_is_small() -> None:
    """Small networks stay exact, whatever their objective."""
    plan = sampan.solve(in_money(two_hospitals()), method="auto")
    assert "fast" not in plan.summary["method"]


def test_a_start_from_a_plan_ends_at_the_same_value() -> None:
    """From an earlier plan of the same network the gap is reached all the same."""
    network = in_money(two_hospitals())
    first = sampan.solve(network, method="fast", gap=GAP)
    again = sampan.solve(network, method="fast", gap=GAP, start=first)
    assert value_of(again) == pytest.approx(value_of(first), rel=2 * GAP)
    assert not sampan.verify(network, again)
