"""Ordered objective stages by the fast method: near the exact ones, each proved by its prices."""

from __future__ import annotations

from functools import cache
from importlib import import_module

import numpy as np
import polars as pl
import pytest

import sampan
from sampan.errors import MethodError, SampanError
from sampan.fast.scope import why_not
from sampan.model import build
from sampan.network import Network
from sampan.plan import Plan
from sampan.testing import two_hospitals
from tests.property.random_networks import random_network

GAP = 1e-4
AGREE = 3 * GAP
"""Both plans may be a gap off; and what an earlier part gave up, a later one may have used."""
NOTICED = 1e-6
"""Differences below this are rounding, whatever they are of."""
CASES = 40
"""Seeds; times the effort."""
STAGES = ("shortage", "lateness", "policy", "cost")
ORDERS = (STAGES, ("cost",), ("policy", "shortage", "cost"), ("shortage", "cost", "lateness"))


@cache
def solved(cases: int) -> list[tuple[int, Network, Plan, Plan]]:
    """Seed, network, exact and fast plan, of networks that have a plan."""
    found = []
    for seed in range(cases):
        objective = sampan.Objective(ORDERS[seed % len(ORDERS)] if seed % 2 else STAGES)
        network = random_network(seed, objective=objective)
        try:
            exact = sampan.solve(network)
        except SampanError:
            continue  # bad input, or hard rules that exclude each other: no plan at all
        if not why_not(build(network)):
            fast = sampan.solve(network, method="fast", gap=GAP)
            found.append((seed, network, exact, fast))
    return found


def test_random_networks_agree_with_the_exact_stages(effort: int) -> None:
    """verify accepts every plan; no bound of a first part lies above its optimum; and where the
    gap was reached in every part, every part's value is that of the exact method.
    """
    tried, reached = 0, 0
    for seed, network, exact, fast in solved(CASES * effort):
        assert not sampan.verify(network, fast), seed
        assert fast.stages["part"].to_list() == exact.stages["part"].to_list(), seed
        best, found = exact.stages["value"].to_numpy(), fast.stages["value"].to_numpy()
        room = NOTICED + NOTICED * abs(best[0])
        assert found[0] >= best[0] - room, seed
        assert fast.stages["bound"][0] <= best[0] + room, seed
        tried += 1
        if fast.summary["status"] == "gap_reached":
            reached += 1
            off = np.abs(found - best) - NOTICED
            assert (off <= AGREE * np.maximum(np.abs(best), np.abs(found))).all(), seed
    assert tried >= CASES * effort // 2
    assert reached >= 0.9 * tried


def test_an_overstated_bound_of_any_part_is_caught(effort: int) -> None:
    """A bound a hundredth above what its prices prove is found out, in whichever part."""
    tried = 0
    for seed, network, _, fast in solved(CASES * effort):
        for place, row in enumerate(fast.stages.iter_rows(named=True)):
            if row["bound"] <= NOTICED:
                continue
            said = pl.Series([0.0] * place + [0.01 * row["bound"]])
            said = said.extend_constant(0.0, len(fast.stages) - place - 1)
            lied = fast.stages.with_columns(bound=pl.col("bound") + said)
            rules = {one.rule for one in sampan.verify(network, fast.replace(stages=lied))}
            assert "bound" in rules, (seed, row)
            tried += 1
    assert tried >= CASES // 2 * effort


def test_a_proof_without_the_price_of_what_was_kept_is_caught(effort: int) -> None:
    """Serving costs money: where doing nothing costs less than the bound on cost, that bound
    rests on the price of keeping the shortages low, and without it verify does not believe it.
    """
    tried = 0
    for seed, network, _, fast in solved(CASES * effort):
        cost = fast.stages.filter(stage="cost")
        alone = sampan.solve(network.replace(objective=sampan.Objective(("cost",))))
        if cost["bound"][0] <= alone.stages["value"][0] * 1.01 + NOTICED:
            continue
        kept = (pl.col("rule") == "stage") & (pl.col("stage") == "cost")
        forged = fast.replace(capacity_prices=fast.frames["capacity_prices"].filter(~kept))
        rules = {one.rule for one in sampan.verify(network, forged)}
        assert "bound" in rules, seed
        tried += 1
    assert tried >= CASES // 5 * effort


def test_two_hospitals_share_as_by_the_exact_method() -> None:
    """The tiniest network: shortage first, then cost; both methods state the same values."""
    network = two_hospitals()
    network = network.replace(objective=sampan.Objective(("shortage", "cost")))
    exact, fast = sampan.solve(network), sampan.solve(network, method="fast", gap=GAP)
    assert not sampan.verify(network, fast)
    assert fast.stages["value"].to_list() == pytest.approx(exact.stages["value"].to_list())
    assert fast.summary["status"] == "gap_reached"


def test_fairness_and_a_tolerance_are_refused_with_the_reason() -> None:
    """Neither is one linear sum after another; the message says which of them it is."""
    network = two_hospitals()
    with pytest.raises(MethodError, match="fairness"):
        sampan.solve(network.replace(objective=sampan.Objective()), method="fast")
    slack = sampan.Objective(("shortage", "cost"), tolerance=0.1)
    with pytest.raises(MethodError, match="tolerance"):
        sampan.solve(network.replace(objective=slack), method="fast")


def test_auto_stays_exact_where_stages_are_ordered(monkeypatch: pytest.MonkeyPatch) -> None:
    """However large: stages in their order take the fast method longer than they save."""
    monkeypatch.setattr(import_module("sampan.solve"), "AUTO_COLUMNS", 1)
    network = two_hospitals()
    ordered = network.replace(objective=sampan.Objective(("shortage", "cost")))
    assert "fast" not in sampan.solve(ordered, method="auto").summary["method"]
    one_sum = network.replace(objective=sampan.Objective(("total",)))
    assert "fast" in sampan.solve(one_sum, method="auto").summary["method"]
