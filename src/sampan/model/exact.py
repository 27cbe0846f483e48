"""A solver's point, which obeys the rules to its tolerance → one that obeys them exactly.

Solvers leave residues of some 1e-9 of a typical quantity. Here what leaves a node is cut to
what is there, period by period, and stock, expiry, shortage and breaches are then what
follows. Nothing is ever added, so a point that was good stays as good up to the residues.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from sampan.model.balance import flows_of_runs
from sampan.model.build import Model
from sampan.model.circulation import without_circulation
from sampan.model.layers import output_layers
from sampan.model.numbers import Array
from sampan.model.settle import settle

RESIDUE = 1e-9
"""Quantities below this share of a column's typical size are solver noise, and become 0."""

PASSES = 20
"""Rounds of cutting within a period; each passes a cut on by one step without lead time."""


def exact(model: Model, x: Array) -> Array:
    """A copy of the point with every residue removed."""
    x = np.clip(x, 0.0, model.upper)
    x[model.whole] = np.round(x[model.whole])
    x[~model.whole & (x < RESIDUE * model.scale)] = 0.0
    x = without_circulation(model, _within_limits(model, x))
    return _Simulation(model, x).run()


def largest_violation(model: Model, x: Array) -> float:
    """The largest violation of any rule, as a share of the rule's own terms."""
    load = model.matrix @ x
    terms = abs(model.matrix) @ np.abs(x)
    over = np.maximum(load - model.row_upper, model.row_lower - load)
    limit = np.minimum(np.abs(model.row_lower), np.abs(model.row_upper))
    size = np.maximum(np.maximum(terms, limit), 1e-9)
    return float((np.maximum(over, 0.0) / size).max(initial=0.0))


def _within_limits(model: Model, x: Array) -> Array:
    """Scale down what exceeds a shared limit, or a demand, by a residue."""
    limits = ("mass_kg_max", "volume_m3_max", "quantity_max", "amount_max", "demand")
    starts = model.row_starts
    movable = np.zeros(len(x), dtype=bool)
    for block in (model.columns.shipments, model.columns.runs, model.columns.deliveries):
        movable[block.start : block.start + block.size] = True
    movable &= ~model.whole
    for rows, start in zip(model.rows, starts, strict=False):
        if rows.rule not in limits:
            continue
        shape = (rows.size, len(x))
        entries = sparse.csr_array((rows.value, (rows.row, rows.column)), shape=shape)
        moved = np.where(movable, x, 0.0)
        load = entries @ moved
        fixed = entries @ np.where(movable | _shortage(model), 0.0, x)
        room = model.row_upper[start : start + rows.size] - fixed
        factor = np.ones(rows.size)
        over = (load > room) & (load > 0)
        factor[over] = np.maximum(room[over], 0.0) / load[over]
        chosen = movable[rows.column] & over[rows.row]
        cut = np.ones(len(x))
        np.minimum.at(cut, rows.column[chosen], factor[rows.row[chosen]])
        x = x * cut
    return x


def _shortage(model: Model) -> Array:
    mask = np.zeros(model.columns.count, dtype=bool)
    mask[model.columns.shortages.columns] = True
    return mask


class _Simulation:
    """Forward in time: what is there, what leaves, what stays."""

    def __init__(self, model: Model, x: Array) -> None:
        self.model, self.x = model, x
        n, c = model.numbers, model.columns
        self.sites = len(n.keys["sites"])
        self.nodes = model.layers.count * self.sites
        self.outputs = output_layers(n, model.layers)
        self.single = np.bincount(model.layers.resource)[n.flow_resource] == 1
        self.by_period = {
            name: self._sorted(block["period"])
            for name, block in (
                ("f", c.shipments), ("r", c.runs), ("g", c.draws), ("y", c.deliveries)
            )
        }  # fmt: skip
        self.arriving = self._sorted(c.shipments["period"] + n.lane_lead[c.shipments["lane"]])
        self.stock = np.zeros(self.nodes)
        self.made = np.zeros((n.periods, self.nodes))
        self.stock_column = np.full((n.periods, self.nodes), -1, dtype=np.int64)
        s = c.stocks
        self.stock_column[s["period"], s["layer"] * self.sites + s["site"]] = s.columns
        self.flows, self.run_of = flows_of_runs(n, c.runs["process"])
        self.run_period = c.runs["period"][self.run_of]

    def _sorted(self, period: Array) -> list[Array]:
        """Entries of each period."""
        order = np.argsort(period, kind="stable")
        cuts = np.searchsorted(period[order], np.arange(1, self.model.numbers.periods))
        return list(np.split(order, cuts))

    def run_all(self) -> None:
        n = self.model.numbers
        lay, supply = self.model.layers, n.supply
        ages_not = (n.is_service | n.is_equipment)[supply.resource]
        expires = np.where(ages_not, -1, supply.expires)
        node = lay.find(supply.resource, expires) * self.sites + supply.site
        for period in range(n.periods):
            mine = supply.period == period
            came = np.bincount(node[mine], supply.quantity[mine], minlength=self.nodes)
            self._period(period, self.stock + came)

    def run(self) -> Array:
        self.run_all()
        settle(self.model, self.x)
        return self.x

    def _period(self, period: int, there: Array) -> None:
        """Cut what leaves to what is there; goods without lead time may need several passes."""
        for _ in range(PASSES):
            self._outputs(period)
            available = there + self.made[period] + self._arrived(period)
            if not self._cut(period, available):
                break
        self._outputs(period)
        left = there + self.made[period] + self._arrived(period) - self._left(period)
        left = np.maximum(left, 0.0)
        self._keep(period, left)

    def _keep(self, period: int, left: Array) -> None:
        """Stock at the end, and what expires."""
        model, c = self.model, self.model.columns
        columns = self.stock_column[period]
        kept = columns >= 0
        self.x[columns[kept]] = left[kept]
        self.stock = np.where(kept, left, 0.0)
        w = c.expired
        now = model.layers.expires[w["layer"]] == period
        node = w["layer"][now] * self.sites + w["site"][now]
        self.x[w.columns[now]] = left[node]
        self._occupancy(period)

    def _occupancy(self, period: int) -> None:
        """Equipment at work is no more than what stands there."""
        n, c = self.model.numbers, self.model.columns
        pick = self.by_period["y"][period]
        pick = pick[n.is_equipment[self.model.layers.resource[c.deliveries["layer"][pick]]]]
        node = self._delivery_node(pick)
        column = c.deliveries.start + pick
        busy = np.bincount(node, self.x[column], minlength=self.nodes)
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(busy > self.stock, self.stock / busy, 1.0)
        self.x[column] *= factor[node]

    def _delivery_node(self, pick: Array) -> Array:
        n, y = self.model.numbers, self.model.columns.deliveries
        node: Array = y["layer"][pick] * self.sites + n.demand_site[y["demand"][pick]]
        return node

    def _leaving(self, period: int) -> list[tuple[Array, Array, Array]]:
        """Node, column and quantity per unit of the column, of all that leaves in a period."""
        n, lay, c = self.model.numbers, self.model.layers, self.model.columns
        f, y, g = c.shipments, c.deliveries, c.draws
        sent = self.by_period["f"][period]
        node = f["layer"][sent] * self.sites + n.origin[f["lane"][sent]]
        out = [(node, f.start + sent, np.ones(len(sent)))]
        pick = self.by_period["y"][period]
        pick = pick[~n.is_equipment[lay.resource[y["layer"][pick]]]]
        out.append((self._delivery_node(pick), y.start + pick, np.ones(len(pick))))
        drawn = self.by_period["g"][period]
        site = n.process_site[n.flow_process[g["flow"][drawn]]]
        out.append((g["layer"][drawn] * self.sites + site, g.start + drawn, np.ones(len(drawn))))
        used = (self.run_period == period) & (n.flow_quantity[self.flows] < 0)
        used &= self.single[self.flows]
        flow, run = self.flows[used], self.run_of[used]
        layer = lay.of[n.flow_resource[flow]].max(axis=1)
        site = n.process_site[n.flow_process[flow]]
        out.append((layer * self.sites + site, c.runs.start + run, -n.flow_quantity[flow]))
        return out

    def _left(self, period: int) -> Array:
        total = np.zeros(self.nodes)
        for node, column, per in self._leaving(period):
            total += np.bincount(node, self.x[column] * per, minlength=self.nodes)
        return total

    def _arrived(self, period: int) -> Array:
        n, f = self.model.numbers, self.model.columns.shipments
        pick = self.arriving[period]
        node = f["layer"][pick] * self.sites + n.destination[f["lane"][pick]]
        total: Array = np.bincount(node, self.x[f.start + pick], minlength=self.nodes)
        return total

    def _outputs(self, period: int) -> None:
        """What comes out in a period, from runs that started earlier or now."""
        n, c = self.model.numbers, self.model.columns
        out = self.run_period + n.process_lead[n.flow_process[self.flows]]
        made = (n.flow_quantity[self.flows] > 0) & (out == period)
        flow, run = self.flows[made], self.run_of[made]
        node = self.outputs[flow, period] * self.sites + n.process_site[n.flow_process[flow]]
        quantity = self.x[c.runs.start + run] * n.flow_quantity[flow]
        self.made[period] = np.bincount(node, quantity, minlength=self.nodes)

    def _cut(self, period: int, available: Array) -> bool:
        """Scale what leaves each node to what is there; whether anything changed."""
        leaving = self._leaving(period)
        total = self._left(period)
        short = total > available
        draws = self._balance_draws(period)
        if not short.any():
            return draws
        factor = np.ones(self.nodes)
        factor[short] = np.maximum(available[short], 0.0) / total[short]
        cut = np.ones(len(self.x))
        for node, column, _ in leaving:
            np.minimum.at(cut, column, factor[node])
        cut[self.model.whole] = 1.0
        self.x *= cut
        self._balance_draws(period)
        return True

    def _balance_draws(self, period: int) -> bool:
        """A run does no more than its draws feed, and draws no more than it uses."""
        n, c = self.model.numbers, self.model.columns
        pick = self.by_period["g"][period]
        if not len(pick):
            return False
        g = c.draws
        drawn = np.bincount(g["flow"][pick], self.x[g.start + pick], minlength=len(n.flow_process))
        several = (self.run_period == period) & (n.flow_quantity[self.flows] < 0)
        several &= ~self.single[self.flows]
        flow, run = self.flows[several], self.run_of[several]
        column = c.runs.start + run
        fed = drawn[flow] / -n.flow_quantity[flow]
        before = self.x[column].copy()
        least = self.x.copy()
        np.minimum.at(least, column, fed)
        self.x = least
        used = np.zeros(len(n.flow_process))
        used[flow] = self.x[column] * -n.flow_quantity[flow]
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(drawn > 0, np.minimum(used / drawn, 1.0), 0.0)
        self.x[g.start + pick] *= factor[g["flow"][pick]]
        return bool((self.x[column] < before).any())
