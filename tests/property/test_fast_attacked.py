"""Certificates of repaired plans, attacked: `verify` must find what is wrong."""

from __future__ import annotations

import numpy as np
import polars as pl

from sampan.fast.repair import Repairs
from sampan.model import Model
from sampan.model.numbers import Array
from sampan.network import Network
from sampan.verify import verify
from tests.property.fast_points import models, noisy, plan_of
from tests.property.test_certificate_attacked import with_cell

CASES = 40
"""Seeds; times the effort."""
SHARE = 1e-4
"""By so much of itself a limit is broken, or a bound overstated."""


def repaired(model: Model, costs: Array, best: Array, random: np.random.Generator) -> Array:
    """A plan from a point that is a little off; the best one if that defeats the repair."""
    x = Repairs(model).of(noisy(best, 1e-3, random), costs)
    return best if x is None else x


def test_a_bound_from_wrong_prices_is_not_believed(effort: int) -> None:
    """The best value, stated as the bound of prices that are off, is found out."""
    random, tried = np.random.default_rng(0), 0
    for seed, model, costs, best, duals in models(range(CASES * effort)):
        x = repaired(model, costs, best, random)
        wrong = duals * random.uniform(0.5, 1.5, len(duals))
        plan = plan_of(model, costs, x, wrong)
        proven = plan.stages["bound"][0]
        claimed = float(costs @ best)
        if claimed - proven <= SHARE * abs(claimed):
            continue  # these happened to prove as much
        forged = with_cell(plan, "stages", 0, "bound", claimed - proven)
        value = plan.stages["value"][0]
        gap = abs(value - claimed) / max(abs(value), 1e-9)
        forged = with_cell(forged, "stages", 0, "gap", gap - plan.stages["gap"][0])
        assert {one.rule for one in verify(model.network, forged)} >= {"bound"}, seed
        tried += 1
    assert tried >= CASES * effort // 10


def test_not_one_unit_can_be_stolen(effort: int) -> None:
    """One unit less delivered, sent or in stock breaks a balance or a demand."""
    random, tried = np.random.default_rng(1), 0
    for seed, model, costs, best, duals in models(range(CASES * effort)):
        if model.numbers.is_service.any():
            continue  # any quantity of a service may be lost
        plan = plan_of(model, costs, repaired(model, costs, best, random), duals)
        for name in ("deliveries", "shipments", "stocks"):
            rows = np.flatnonzero(plan.frames[name]["quantity"].to_numpy() >= 1.0)
            if len(rows):
                forged = with_cell(plan, name, int(random.choice(rows)), "quantity", -1.0)
                assert len(verify(model.network, forged)), (seed, name)
                tried += 1
    assert tried > CASES * effort // 2


def test_a_limit_broken_by_a_ten_thousandth_is_found(effort: int) -> None:
    """A limit set just below what the plan sends over a lane is reported as broken."""
    random, tried = np.random.default_rng(2), 0
    for seed, model, costs, best, duals in models(range(CASES * effort)):
        plan = plan_of(model, costs, repaired(model, costs, best, random), duals)
        tighter = below(model.network, plan.frames["shipments"])
        if tighter is None:
            continue
        found = {one.rule for one in verify(tighter, plan)}
        assert "mass_kg_max" in found, (seed, found)
        tried += 1
    assert tried >= CASES * effort // 10


def below(network: Network, shipments: pl.DataFrame) -> Network | None:
    """The network with a mass limit on the fullest lane, a little below what it carries."""
    masses = network.table("resources").select("resource", "mass_kg")
    loads = (
        shipments.join(masses, on="resource")
        .group_by("lane", "depart_period")
        .agg((pl.col("quantity") * pl.col("mass_kg")).sum().alias("kg"))
        .sort("kg", "lane", descending=True)
    )
    if not len(loads) or loads["kg"][0] < 1.0 or len(network.table("profiles")):
        return None
    limit = loads["kg"][0] * (1 - SHARE)
    mine = pl.col("lane") == loads["lane"][0]
    kept = pl.when(mine).then(limit).otherwise(pl.col("mass_kg_max"))
    return network.replace(lanes=network.table("lanes").with_columns(kept.alias("mass_kg_max")))
