"""Prices of goods, lifted until nothing that moves or waits could gain by them.

The solver's duals leave reduced costs that rounding has made a hair negative. In a bound each of
them counts times all that could ever flow there, which is far more than it deserves. Lifting
the price of what a movement takes from, from the last period back to the first, clears them
all, and costs the bound only the lift times the supply at hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sampan.model import Model
from sampan.model.numbers import Array

PASSES = 20
"""Rounds within a period, for chains of movements without lead time."""
NOISE = 1e-14
"""Prices below this share of what they are summed with, anywhere in their resource, are rounding.

As a price it would be all that a run which makes the resource has to go by, and a run without
limit that seems to gain by it, however little, leaves no bound at all."""


@dataclass(frozen=True)
class _Moves:
    """Columns that take from a balance in one period, and the balance they add to (or -1)."""

    column: Array
    tail: Array
    head: Array


class Lift:
    """Lifts the balance prices of one model, part after part."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.sizes = abs(model.matrix)
        self.row_of = self._rows()
        moves = self._moves()
        self.resource = self._resources()
        self.moving, self.moved = moves[0], self.resource[moves[1]]
        periods = model.numbers.periods
        order = np.argsort(moves[3], kind="stable")
        cuts = np.searchsorted(moves[3][order], np.arange(1, periods))
        self.by_period = [
            _Moves(moves[0][pick], moves[1][pick], moves[2][pick]) for pick in np.split(order, cuts)
        ]

    def apply(self, costs: Array, row: Array) -> Array:
        """Row duals (d objective / d row bound) with lifted balances, for these column costs."""
        row = self._without_noise(costs, row)
        reduced = costs - self.model.matrix.T @ row
        lift = np.zeros(len(row) + 1)  # the last one stands for no balance
        for moves in reversed(self.by_period):
            for _ in range(PASSES):
                missing = -(reduced[moves.column] + lift[moves.tail] - lift[moves.head])
                short = missing > 0
                if not short.any():
                    break
                step = np.zeros(len(lift))
                np.maximum.at(step, moves.tail[short], missing[short])
                lift += step
        return self._without_noise(costs, row - lift[:-1])

    def _without_noise(self, costs: Array, row: Array) -> Array:
        """A copy in which balance prices that are next to nothing are nothing."""
        terms = (np.abs(costs) + self.sizes.T @ np.abs(row))[self.moving]
        largest = np.zeros(len(self.model.numbers.keys["resources"]))
        np.maximum.at(largest, self.moved, terms)
        least = np.where(self.resource >= 0, NOISE * largest[self.resource], 0.0)
        return np.where(np.abs(row) < least, 0.0, row)

    def _resources(self) -> Array:
        """The resource of each row that is a balance, -1 of all others."""
        resource = np.full(len(self.model.row_lower), -1, dtype=np.int64)
        for block, start in zip(self.model.rows, self.model.row_starts, strict=False):
            if block.rule == "balance" and block.layer is not None:
                resource[start : start + block.size] = self.model.layers.resource[block.layer]
        return resource

    def _rows(self) -> Array:
        """T × nodes: the balance's row, or -1."""
        model = self.model
        sites = len(model.numbers.keys["sites"])
        rows = np.full((model.numbers.periods, model.layers.count * sites), -1, dtype=np.int64)
        for block, start in zip(model.rows, model.row_starts, strict=False):
            if block.rule == "balance" and block.layer is not None:
                node = block.layer * sites + np.asarray(block.key)
                rows[block.period, node] = start + np.arange(block.size)
        return rows

    def _moves(self) -> tuple[Array, Array, Array, Array]:
        """Column, tail row, head row and period of shipments, stocks, deliveries and expiry."""
        model, n, lay, c = self.model, self.model.numbers, self.model.layers, self.model.columns
        sites = len(n.keys["sites"])
        f, s, y, w = c.shipments, c.stocks, c.deliveries, c.expired
        last = len(model.row_lower)
        parts = []
        node, arrive = f["layer"] * sites, f["period"] + n.lane_lead[f["lane"]]
        tail = self.row_of[f["period"], node + n.origin[f["lane"]]]
        head = self.row_of[arrive, node + n.destination[f["lane"]]]
        parts.append((f.columns, tail, head, f["period"]))
        node = s["layer"] * sites + s["site"]
        goes_on = s["period"] + 1 < n.periods
        following = np.minimum(s["period"] + 1, n.periods - 1)
        head = np.where(goes_on, self.row_of[following, node], last)
        parts.append((s.columns, self.row_of[s["period"], node], head, s["period"]))
        used_up = ~n.is_equipment[lay.resource[y["layer"]]]
        node = y["layer"] * sites + n.demand_site[y["demand"]]
        tail = self.row_of[y["period"], node]
        nothing = np.full(int(used_up.sum()), last)
        parts.append((y.columns[used_up], tail[used_up], nothing, y["period"][used_up]))
        end = lay.expires[w["layer"]]
        tail = self.row_of[end, w["layer"] * sites + w["site"]]
        parts.append((w.columns, tail, np.full(w.size, last), end))
        column, tail, head, period = (np.concatenate(item) for item in zip(*parts, strict=True))
        # a column with a limit of its own may well have a reduced cost below zero
        free = np.isinf(model.upper[column])
        return column[free], tail[free], head[free], period[free]
