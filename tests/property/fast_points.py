"""Random networks with the objective `total`, points near and far from a plan, their plans."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from scipy import sparse
from scipy.optimize import linprog

from sampan.certify import Certified, price_frames
from sampan.check import check
from sampan.fast.bound import proven
from sampan.model import Model, build, objective
from sampan.model.exact import largest_violation
from sampan.model.frames import plan_frames
from sampan.model.numbers import Array
from sampan.network import Objective
from sampan.plan import Plan
from tests.property.random_networks import random_network

TOTAL = Objective(("total",), lateness_cost=0.5)


def models(seeds: range) -> Iterator[tuple[int, Model, Array, Array, Array]]:
    """Seed, model, costs, a best point and its row duals, of networks that have a plan."""
    for seed in seeds:
        network = random_network(seed, objective=TOTAL)
        if any(problem.severity == "error" for problem in check(network)):
            continue
        model = build(network)
        if model.has_whole or not len(model.row_lower):
            continue
        costs = objective.total(model.numbers, model.layers, model.columns)
        dense = costs.dense(model.columns.count)
        best = optimum(model, dense)
        if best is not None:
            yield seed, model, dense, *best


def optimum(model: Model, costs: Array) -> tuple[Array, Array] | None:
    """A best point and its row duals by an independent solver; None if there is no plan."""
    rows = model.matrix.tocsr()
    equal = model.row_lower == model.row_upper
    above, below = np.isfinite(model.row_upper) & ~equal, np.isfinite(model.row_lower) & ~equal
    result = linprog(
        costs,
        A_ub=sparse.vstack([rows[above], -rows[below]]),
        b_ub=np.concatenate([model.row_upper[above], -model.row_lower[below]]),
        A_eq=rows[equal] if equal.any() else None,
        b_eq=model.row_upper[equal] if equal.any() else None,
        bounds=np.stack([np.zeros(len(costs)), model.upper], axis=1),
        method="highs",
    )
    if result.status != 0:
        return None
    duals = np.zeros(len(equal))
    duals[above] = result.ineqlin.marginals[: above.sum()]
    duals[below] = -result.ineqlin.marginals[above.sum() :]
    if equal.any():
        duals[equal] = result.eqlin.marginals
    return result.x, duals


def noisy(best: Array, size: float, random: np.random.Generator) -> Array:
    """A point off by about so much in everything, also where the best has nothing."""
    moved = best * (1 + size * random.standard_normal(len(best)))
    moved += size * random.random(len(best)) * (random.random(len(best)) < 0.3)
    return np.maximum(moved, 0.0)


def plan_of(model: Model, costs: Array, x: Array, prices: Array) -> Plan:
    """The plan of a point, with what the prices prove as its bound."""
    bound, duals = proven(model, costs, prices)
    value = float(costs @ x)
    bound = min(max(bound, 0.0), value)
    row = {
        "stage": "total", "part": "all", "value": value, "bound": bound,
        "gap": abs(value - bound) / max(abs(value), 1e-9), "bound_from": "prices",
    }  # fmt: skip
    reduced = np.minimum(costs - model.matrix.T @ duals, 0.0)
    balances, capacities = price_frames(model, [Certified("total", "all", reduced, duals, [])])
    frames = plan_frames(model, x)
    stages = pl.DataFrame([row])
    frames |= {"stages": stages, "prices": balances, "capacity_prices": capacities}
    summary = {
        "network": model.network.name, "status": "gap_reached", "method": "fast",
        "gap": row["gap"], "largest_violation": largest_violation(model, x),
    }  # fmt: skip
    return Plan(frames, summary)
