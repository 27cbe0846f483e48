"""The lasting layer, taken apart again: which units carry which `expires_period`.

The model treats all units that outlast the calendar alike. Where a resource has several true
expiries among them, its flows are followed forward in time, first to expire first out, and
each flow is split by what it carries. Any split obeys every rule, since none of these units
expires within the calendar; this one is what a storekeeper would do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from sampan.model.balance import flows_of_runs
from sampan.model.build import Model
from sampan.model.columns import Block
from sampan.model.numbers import Array

KEEPS = -1
"""Label of units that never expire."""
ROUNDING = 1e-12
"""Less than this share of a quantity is none of it."""
Split = list[tuple[int, float]]
"""Labels and quantities."""


def mixed_resources(model: Model) -> list[int]:
    """Resources whose lasting layer holds units of more than one true expiry."""
    n = model.numbers
    labels: dict[int, set[int]] = defaultdict(set)
    supply = n.supply
    for resource, expires in zip(supply.resource, supply.expires, strict=True):
        if expires < 0 or expires >= n.periods:
            labels[int(resource)].add(int(expires))
    for flow in np.flatnonzero(n.flow_quantity > 0):
        resource, lead = int(n.flow_resource[flow]), int(n.process_lead[n.flow_process[flow]])
        labels[resource].update(
            label for label in _made_labels(model, resource, range(lead, n.periods))
        )
    ages = ~(n.is_service | n.is_equipment)
    return sorted(resource for resource, seen in labels.items() if len(seen) > 1 and ages[resource])


def only_labels(model: Model) -> dict[int, int]:
    """Resources whose lasting units all carry one true expiry (KEEPS where they never expire)."""
    n = model.numbers
    found: dict[int, int] = {}
    for resource, expires in zip(n.supply.resource, n.supply.expires, strict=True):
        if expires >= n.periods:
            found[int(resource)] = int(expires)
    for flow in np.flatnonzero(n.flow_quantity > 0):
        resource, lead = int(n.flow_resource[flow]), int(n.process_lead[n.flow_process[flow]])
        for label in _made_labels(model, resource, range(lead, n.periods)):
            if label != KEEPS:
                found[resource] = label
    return found


def _made_labels(model: Model, resource: int, periods: Iterable[int]) -> Iterable[int]:
    """True expiries of what is made in some periods, those that outlast the calendar."""
    n = model.numbers
    shelf = int(n.shelf_life[resource])
    if shelf < 0:
        return [KEEPS]
    return [period + shelf for period in periods if period + shelf >= n.periods]


class Follow:
    """Follows one resource's lasting layer and splits its columns by true expiry."""

    def __init__(self, model: Model, x: Array, resource: int) -> None:
        self.model, self.x, self.resource = model, x, resource
        n = model.numbers
        self.layer = int(model.layers.of[resource, n.periods])
        self.held: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        """By site: what is there, by label."""
        self.coming: dict[int, list[tuple[int, Split]]] = defaultdict(list)
        """By period: site and what arrives."""
        self.split: dict[int, Split] = {}
        """By column: shipments, deliveries and stocks."""

    def run(self) -> dict[int, Split]:
        n = self.model.numbers
        sends, uses = self._moves()
        self._sources()
        for period in range(n.periods):
            for site, parts in self.coming.pop(period, []):
                self._put(site, parts)
            for site in self._order(sends[period]):
                for column, lane in sends[period].get(site, []):
                    parts = self._take(site, float(self.x[column]))
                    self.split[column] = parts
                    arrive = period + int(n.lane_lead[lane])
                    if arrive == period:
                        self._put(int(n.destination[lane]), parts)
                    else:
                        self.coming[arrive].append((int(n.destination[lane]), parts))
            for site, column, quantity in uses[period]:
                parts = self._take(site, quantity)
                if column >= 0:
                    self.split[column] = parts
            self._stock(period)
        return self.split

    def _mine(self, block: Block) -> Array:
        """Columns of a block that carry this layer."""
        mine: Array = np.flatnonzero((block["layer"] == self.layer) & (block.of(self.x) > 0))
        return mine

    def _moves(
        self,
    ) -> tuple[list[dict[int, list[tuple[int, int]]]], list[list[tuple[int, int, float]]]]:
        """By period: shipments by origin, and deliveries (column) and draws (-1)."""
        n, c = self.model.numbers, self.model.columns
        sends: list[dict[int, list[tuple[int, int]]]] = [
            defaultdict(list) for _ in range(n.periods)
        ]
        uses: list[list[tuple[int, int, float]]] = [[] for _ in range(n.periods)]
        f, y, g = c.shipments, c.deliveries, c.draws
        for k in self._mine(f):
            lane = int(f["lane"][k])
            sends[f["period"][k]][int(n.origin[lane])].append((f.start + int(k), lane))
        for k in self._mine(y):
            site = int(n.demand_site[y["demand"][k]])
            uses[y["period"][k]].append((site, y.start + int(k), float(y.of(self.x)[k])))
        for k in self._mine(g):
            site = int(n.process_site[n.flow_process[g["flow"][k]]])
            uses[g["period"][k]].append((site, -1, float(g.of(self.x)[k])))
        if np.count_nonzero(self.model.layers.resource == self.resource) == 1:
            self._add_inputs(uses)
        return sends, uses

    def _add_inputs(self, uses: list[list[tuple[int, int, float]]]) -> None:
        n, r = self.model.numbers, self.model.columns.runs
        flow, run = flows_of_runs(n, r["process"])
        mine = (n.flow_resource[flow] == self.resource) & (n.flow_quantity[flow] < 0)
        for one, at in zip(flow[mine], run[mine], strict=True):
            quantity = -float(n.flow_quantity[one]) * float(r.of(self.x)[at])
            if quantity > 0:
                site = int(n.process_site[n.flow_process[one]])
                uses[r["period"][at]].append((site, -1, quantity))

    def _sources(self) -> None:
        n, r = self.model.numbers, self.model.columns.runs
        supply = n.supply
        mine = (supply.resource == self.resource) & (
            (supply.expires < 0) | (supply.expires >= n.periods)
        )
        for k in np.flatnonzero(mine):
            parts = [(int(supply.expires[k]), float(supply.quantity[k]))]
            self.coming[int(supply.period[k])].append((int(supply.site[k]), parts))
        flow, run = flows_of_runs(n, r["process"])
        made = (n.flow_resource[flow] == self.resource) & (n.flow_quantity[flow] > 0)
        for one, at in zip(flow[made], run[made], strict=True):
            process = n.flow_process[one]
            out = int(r["period"][at] + n.process_lead[process])
            quantity = float(n.flow_quantity[one]) * float(r.of(self.x)[at])
            labels = list(_made_labels(self.model, self.resource, [out]))
            if quantity > 0 and labels:
                self.coming[out].append((int(n.process_site[process]), [(labels[0], quantity)]))

    def _put(self, site: int, parts: Split) -> None:
        for label, quantity in parts:
            self.held[site][label] += quantity

    def _take(self, site: int, quantity: float) -> Split:
        """First to expire first; what keeps goes last. Rounding falls on the last one.

        What rounding leaves of a label, or lacks of it, is not worth a row: it would be moved
        about as goods that never came from anywhere.
        """
        held = self.held[site]
        rounding = ROUNDING * quantity
        taken: Split = []
        for label in sorted(held, key=lambda label: (label == KEEPS, label)):
            there = held[label]
            part = quantity if abs(there - quantity) <= rounding else min(there, quantity)
            if part > 0:
                taken.append((label, part))
                held[label] -= part
                quantity -= part
            if held[label] <= ROUNDING * there:
                del held[label]
            if quantity <= rounding:
                break
        if quantity > 0 and taken:
            label, part = taken[-1]
            taken[-1] = (label, part + quantity)
        return taken

    def _stock(self, period: int) -> None:
        """What stays, by label. Where the plan keeps nothing, nothing is there to be sent on."""
        s = self.model.columns.stocks
        mine = (s["layer"] == self.layer) & (s["period"] == period)
        kept: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        for k in np.flatnonzero(mine & (s.of(self.x) > 0)):
            site = int(s["site"][k])
            kept[site] = self.held[site]
            self.split[s.start + int(k)] = [
                (label, quantity) for label, quantity in kept[site].items() if quantity > 0
            ]
        self.held = kept

    def _order(self, sends: dict[int, list[tuple[int, int]]]) -> list[int]:
        """Origins so that goods without lead time arrive before they are sent on.

        Rings without lead time are cut where they close; what goes round in them is carried
        by what is there.
        """
        n = self.model.numbers
        before: dict[int, set[int]] = defaultdict(set)
        for site, moves in sends.items():
            for _, lane in moves:
                if n.lane_lead[lane] == 0:
                    before[int(n.destination[lane])].add(site)
        order: list[int] = []
        seen: set[int] = set()

        def visit(site: int) -> None:
            stack = [(site, iter(before[site]))]
            seen.add(site)
            while stack:
                at, rest = stack[-1]
                following = next((one for one in rest if one not in seen), None)
                if following is None:
                    order.append(at)
                    stack.pop()
                else:
                    seen.add(following)
                    stack.append((following, iter(before[following])))

        for site in list(sends):
            if site not in seen:
                visit(site)
        return order
