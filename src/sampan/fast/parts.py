"""The objective's parts in their order, and how much of one a unit of another may cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sampan.fast import fill, flow, surplus
from sampan.fast.promises import promises
from sampan.fast.repair import Repairs
from sampan.model import Model, objective
from sampan.model.numbers import Array
from sampan.model.objective import Costs

BY_CLASS = ("shortage", "lateness")
CERTAIN = 1e6
"""A shortage priced so many times above every path would be met along any of them."""


@dataclass(frozen=True)
class Part:
    """One linear part of the objective, to be minimised."""

    stage: str
    part: str
    costs: Costs

    @property
    def key(self) -> str:
        """As rows named `stage` in the certificate call it."""
        return f"{self.stage}:{self.part}"


def parts_of(model: Model) -> list[Part]:
    """Every part, in the order in which they matter."""
    n, lay, c = model.numbers, model.layers, model.columns
    whole = {
        "policy": lambda: objective.policy(n, c),
        "cost": lambda: objective.cost(n, lay, c),
        "changes": lambda: objective.changes(n, c),
        "total": lambda: objective.total(n, lay, c),
    }
    by_class = {"shortage": objective.shortage, "lateness": objective.lateness}
    found = []
    for stage in model.network.objective.stages:
        if stage in by_class:
            found += [
                Part(stage, str(priority), by_class[stage](n, c, priority))
                for priority in objective.priorities(n)
            ]
        else:
            found.append(Part(stage, "all", whole[stage]()))
    return found


def worth(model: Model, repairs: Repairs, part: Part) -> tuple[float, float]:
    """What a typical quantity counts in a part, and what serving it may take there.

    The latter is the former, or what the demands' best ways take on average, if that is more.
    """
    values = part.costs.values * model.scale[part.costs.columns]
    values = values[values > 0]
    if not len(values):
        return 0.0, 0.0
    own = float(values.mean())
    costs = part.costs.dense(model.columns.count)
    ways = ways_cost(model, repairs, costs) * model.columns.shortages.of(model.scale)
    ways = ways[ways > 0]
    return own, max(own, float(ways.mean()) if len(ways) else 0.0)


def ways_cost(model: Model, repairs: Repairs, costs: Array) -> Array:
    """By demand, what one unit costs along its best way while nothing else moves; 0 for none."""
    p, x = repairs.plumbing, np.zeros(model.columns.count)
    kept = promises(model, p, x, costs)
    flow.within_limits(p, kept.floor, x)
    left = repairs.forward(kept, x)
    residual = repairs.residual(kept, x, left)
    keep = surplus.keeping(p, costs)
    sure = CERTAIN * (1.0 + float(costs.max(initial=0.0)))
    u = model.columns.shortages
    wanted = np.zeros(len(p.kind))
    wanted[repairs.demands : repairs.demands + u.size] = sure
    first = model.columns.deliveries.start
    fill.deliveries(p, costs, wanted, repairs.demand, first, residual, x)
    fill.labels(p, costs, keep, residual, x)
    gain, _ = fill.best(p, costs, keep, wanted, repairs.demand, first, repairs.stands, residual, x)
    gained = gain[repairs.demands : repairs.demands + u.size]
    cost: Array = np.where(gained > 0, np.maximum(sure - gained, 0.0), 0.0)
    return cost
