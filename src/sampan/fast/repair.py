"""Any point, however it breaks the rules → a plan that keeps them all, at low cost.

Forward in time, what leaves is cut to what is there; limits are kept by scaling down; what
has to be kept back (commitments, hard pledges and reserves) is set aside first. Then surplus
is not brought in the first place, and shortages are met from where it costs least.
"""

from __future__ import annotations

import numpy as np

from sampan.fast import fill, flow, overflow, surplus
from sampan.fast.plumbing import NONE, Plumbing, plumbing
from sampan.fast.promises import Promises, missing_reserves, promises
from sampan.model import Model
from sampan.model.circulation import lanes_in_rings, without_circulation
from sampan.model.exact import largest_violation
from sampan.model.numbers import Array
from sampan.model.settle import settle

ALLOWED = 1e-9
"""Largest relative violation of a repaired plan."""
EASINGS = 40
"""Rounds for stores that are too full, and exports beyond their share."""
FULFILMENTS = 30
"""Rounds of bringing what promises lack."""
CLEANINGS = 10
"""Rounds of stopping residues, and what these leave behind."""
ROUNDS = 8
"""Rounds of labels and paths …"""
WORTHWHILE = 0.1
"""… until one gains less than this share of what all before it gained."""


def repaired(model: Model, x: Array, costs: Array, prices: Array | None = None) -> Array | None:
    """A plan near any point that keeps every rule; None if hard rules defeat the repair."""
    return Repairs(model).of(x, costs)


class Repairs:
    """Repairs points of one model; what can be worked out once is."""

    def __init__(self, model: Model, flows: Plumbing | None = None) -> None:
        self.model = model
        self.plumbing: Plumbing = plumbing(model) if flows is None else flows
        self.storage, self.demands = (0, 0), 0
        for rows, start in zip(model.rows, model.row_starts, strict=False):
            if rows.rule == "storage_m3_max":
                self.storage = (int(start), int(start) + rows.size)
            if rows.rule == "demand":
                self.demands = int(start)
        self.demand = self.demands + model.columns.deliveries["demand"]
        self.stands = _stands(model, self.plumbing)
        self.ringed = bool(lanes_in_rings(model.numbers).any())

    def of(self, x: Array, costs: Array, matters: float = 0.0) -> Array | None:
        """The repaired plan; see `repaired`. Rounds that gain less than `matters` are not made."""
        model, p = self.model, self.plumbing
        x = np.clip(np.where(np.isfinite(x), x, 0.0), 0.0, model.upper)
        if self.ringed:
            x = without_circulation(model, x)
        kept = promises(model, p, x, costs)
        flow.within_limits(p, kept.floor, x)
        left = self._fulfil(kept, costs, x, self.forward(kept, x))
        flow.lend(p, x)
        first = x.copy()
        self._improve(kept, costs, x, left, matters)
        for point in (first, x):
            settle(model, point)
        # shortages and surplus are looked at, other wishes not: it may have got worse
        tried = sorted((x, first), key=lambda point: float(costs @ point))
        for point in tried:
            self._finish(kept, point)
            if largest_violation(model, point) <= ALLOWED:
                return point
        return None

    def _finish(self, kept: Promises, x: Array) -> None:
        """Without residues; what is stopped may have been all that another one had."""
        p = self.plumbing
        for _ in range(CLEANINGS):
            if not flow.without_dust(p, self.model.scale, kept.floor, x):
                break
            self.forward(kept, x)
            flow.lend(p, x)
        settle(self.model, x)

    def forward(self, kept: Promises, x: Array) -> Array:
        """Flows that are there, stores that hold them; by row what is left."""
        p = self.plumbing
        for _ in range(EASINGS):
            lacking, left = flow.forward(p, kept.floor, kept.reserved, kept.wished, x)
            if not overflow.ease(p, self.storage, self.model.numbers.periods, kept.floor, x):
                break
        self.lacking = lacking
        return np.asarray(left)

    def _fulfil(self, kept: Promises, costs: Array, x: Array, left: Array) -> Array:
        """Bring what promises lack, wherever it costs least."""
        p = self.plumbing
        if not kept.any:
            return left
        for _ in range(FULFILMENTS):
            lacking = [(int(row), self.lacking[row]) for row in np.flatnonzero(self.lacking)]
            r = self.residual(kept, x, left)
            fill.deliveries(p, costs, self._shortage(costs), self.demand, self._first, r, x)
            fill.labels(p, costs, surplus.keeping(p, costs), r, x)
            lacking += missing_reserves(self.model, p, kept, r.label, x)
            used, brought = np.zeros(len(p.kind)), 0.0
            for row, amount in sorted(lacking, key=lambda item: p.period[item[0]]):
                brought += fill.push(p, r, NONE, row, amount, used, x)
            if not brought > 0.0:
                break
            left = self.forward(kept, x)
        return left

    def _improve(self, kept: Promises, costs: Array, x: Array, left: Array, matters: float) -> None:
        """Less surplus, less shortage."""
        p, first = self.plumbing, self._first
        keep = surplus.keeping(p, costs)
        need = surplus.needed(p, kept.reserved, kept.wished, x)
        surplus.trim(p, self.storage, costs, keep, need, left, kept.worth, x)
        left = self.forward(kept, x)
        flow.lend(p, x)
        shortage = self._shortage(costs)
        total = 0.0
        for _ in range(ROUNDS):
            r = self.residual(kept, x, left)
            fill.deliveries(p, costs, shortage, self.demand, first, r, x)
            fill.labels(p, costs, keep, r, x)
            gain, chosen = fill.best(
                p, costs, keep, shortage, self.demand, first, self.stands, r, x
            )
            order = np.argsort(-gain, kind="stable")[: np.count_nonzero(gain > 0)]
            if not len(order):
                break
            gained = fill.serve(p, order, gain, chosen, self.stands, r, x)
            left = self.forward(kept, x)
            total += gained
            if not gained > max(WORTHWHILE * total, matters):
                break
        flow.lend(p, x)

    @property
    def _first(self) -> int:
        return self.model.columns.deliveries.start

    def _shortage(self, costs: Array) -> Array:
        """By row of a demand, what its shortage costs."""
        shortage = np.zeros(len(self.plumbing.kind))
        u = self.model.columns.shortages
        shortage[self.demands : self.demands + u.size] = u.of(costs)
        return shortage

    def residual(self, kept: Promises, x: Array, left: Array) -> fill.Residual:
        p = self.plumbing
        need = surplus.needed(p, kept.reserved, kept.wished, x)
        rows = len(p.kind)
        return fill.Residual(
            size=self.model.scale,
            slack=p.most - flow.load(p, x, True),
            spare=surplus.spared(p, need, left),
            label=np.empty(rows),
            parent=np.empty(rows, dtype=np.int32),
            released=np.empty(rows, dtype=np.int32),
            value=np.empty(rows),
        )


def _stands(model: Model, p: Plumbing) -> Array:
    """By row of occupancy, the balance of the equipment that stands there."""
    found = np.full(len(p.kind), NONE, dtype=np.int32)
    home = np.full(model.columns.count, NONE, dtype=np.int32)
    kept = np.flatnonzero(p.stock >= 0)
    home[p.stock[kept]] = kept
    for rows, start in zip(model.rows, model.row_starts, strict=False):
        if rows.rule == "occupancy":
            at = home[rows.column]
            found[start + rows.row[at >= 0]] = at[at >= 0]
    return found
