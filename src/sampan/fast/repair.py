"""Any point, however it breaks the rules → a plan that keeps them all, at low cost.

Forward in time, what leaves is cut to what is there; limits are kept by scaling down; what
has to be kept back (commitments, hard pledges and reserves) is set aside first. Then surplus
is not brought in the first place, and shortages are met from where it costs least.
"""

from __future__ import annotations

import numpy as np

from sampan.fast import flow, overflow
from sampan.fast.plumbing import Plumbing, plumbing
from sampan.fast.promises import Promises, promises
from sampan.model import Model
from sampan.model.circulation import lanes_in_rings, without_circulation
from sampan.model.exact import largest_violation
from sampan.model.numbers import Array
from sampan.model.settle import settle

ALLOWED = 1e-9
"""Largest relative violation of a repaired plan."""
EASINGS = 40
"""Rounds for stores that are too full, and exports beyond their share."""


def repaired(model: Model, x: Array, costs: Array, prices: Array | None = None) -> Array | None:
    """A plan near any point that keeps every rule; None if hard rules defeat the repair."""
    return Repairs(model).of(x, costs)


class Repairs:
    """Repairs points of one model; what can be worked out once is."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.plumbing: Plumbing = plumbing(model)
        self.storage = (0, 0)
        for rows, start in zip(model.rows, model.row_starts, strict=False):
            if rows.rule == "storage_m3_max":
                self.storage = (int(start), int(start) + rows.size)
        self.ringed = bool(lanes_in_rings(model.numbers).any())

    def of(self, x: Array, costs: Array) -> Array | None:
        """The repaired plan; see `repaired`."""
        model, p = self.model, self.plumbing
        x = np.clip(np.where(np.isfinite(x), x, 0.0), 0.0, model.upper)
        if self.ringed:
            x = without_circulation(model, x)
        kept = promises(model, p, x)
        flow.within_limits(p, kept.floor, x)
        self._forward(kept, x)
        flow.lend(p, x)
        settle(model, x)
        return x if largest_violation(model, x) <= ALLOWED else None

    def _forward(self, kept: Promises, x: Array) -> Array:
        """Flows that are there, stores that hold them; by row what promises lack."""
        p = self.plumbing
        for _ in range(EASINGS):
            _, lacking = flow.forward(p, kept.floor, kept.reserved, kept.wished, x)
            if not overflow.ease(p, self.storage, self.model.numbers.periods, kept.floor, x):
                break
        return np.asarray(lacking)
