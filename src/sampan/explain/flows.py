"""What a plan moves, makes, keeps and uses, node by node.

A node is a site, a resource, a last usable period (T, the number of periods, for what outlasts
the calendar) and a period, all as numbers.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np
import polars as pl

from sampan.model.numbers import Numbers, code
from sampan.plan import Plan

Node = tuple[int, int, int, int]
SMALL = 1e-7
"""Quantities below this share of a resource's typical one are rounding."""


class Flow(NamedTuple):
    """One movement into or out of a node."""

    kind: str
    """`supply`, `stock`, `shipment`, `run`, `delivery`, `expired`, `kept` or `lost`."""
    key: int
    """Lane, process or demand; -1 for the others."""
    period: int
    """Of departure, start or delivery."""
    quantity: float
    """At this node."""
    other: Node | None
    """The node at the other end."""
    there: float = 0.0
    """Quantity at the other end, where it differs: in a process."""


class Flows:
    """All movements of a plan, into and out of every node that it touches."""

    def __init__(self, n: Numbers, plan: Plan) -> None:
        self.n = n
        self.into: dict[Node, list[Flow]] = defaultdict(list)
        self.out: dict[Node, list[Flow]] = defaultdict(list)
        self.stock: dict[Node, float] = defaultdict(float)
        self.delivered: dict[Node, float] = defaultdict(float)
        self._typical: dict[int, float] = {}
        self.runs = np.zeros((len(n.process_site), n.periods))
        self.ages = ~(n.is_service | n.is_equipment)
        self._supply()
        self._shipments(plan.frame("shipments"))
        self._stocks(plan.frame("stocks"))
        self._deliveries(plan.frame("deliveries"))
        self._expiries(plan.frame("expiries"))
        self._runs(plan.frame("runs"))

    def label(self, resource: int, expires: int | None) -> int:
        """The last usable period of units, T for what outlasts the calendar."""
        last = self.n.periods
        if expires is None or expires < 0 or expires >= last or not self.ages[resource]:
            return last
        return int(expires)

    def made_label(self, resource: int, period: int) -> int:
        """The last usable period of what comes out of a process in a period."""
        shelf = int(self.n.shelf_life[resource])
        return self.label(resource, period + shelf if shelf >= 0 else None)

    def _supply(self) -> None:
        supply = self.n.supply
        for k in range(len(supply.site)):
            resource = int(supply.resource[k])
            label = self.label(resource, int(supply.expires[k]))
            node = (int(supply.site[k]), resource, label, int(supply.period[k]))
            self.into[node].append(Flow("supply", -1, node[3], float(supply.quantity[k]), None))

    def _coded(self, frame: pl.DataFrame, *tables: tuple[str, str]) -> list[list[int]]:
        return [code(frame[column], self.n.keys[table]).tolist() for column, table in tables]

    def _shipments(self, frame: pl.DataFrame) -> None:
        n = self.n
        lane, resource = self._coded(frame, ("lane", "lanes"), ("resource", "resources"))
        rest = (frame[name].to_list() for name in ("depart_period", "quantity", "expires_period"))
        for one, k, period, quantity, expires in zip(lane, resource, *rest, strict=True):
            label = self.label(k, expires)
            tail = (int(n.origin[one]), k, label, period)
            head = (int(n.destination[one]), k, label, period + int(n.lane_lead[one]))
            self.out[tail].append(Flow("shipment", one, period, quantity, head))
            self.into[head].append(Flow("shipment", one, period, quantity, tail))

    def _stocks(self, frame: pl.DataFrame) -> None:
        site, resource = self._coded(frame, ("site", "sites"), ("resource", "resources"))
        rest = (frame[name].to_list() for name in ("period", "quantity", "expires_period"))
        for i, k, period, quantity, expires in zip(site, resource, *rest, strict=True):
            self.stock[i, k, self.label(k, expires), period] += quantity
        for node, quantity in self.stock.items():
            i, k, label, period = node
            if period + 1 < self.n.periods:
                after = (i, k, label, period + 1)
                self.out[node].append(Flow("stock", -1, period, quantity, after))
                self.into[after].append(Flow("stock", -1, period, quantity, node))
            else:
                self.out[node].append(Flow("kept", -1, period, quantity, None))

    def _deliveries(self, frame: pl.DataFrame) -> None:
        demand, resource = self._coded(frame, ("demand", "demands"), ("resource", "resources"))
        rest = (frame[name].to_list() for name in ("period", "quantity", "expires_period"))
        for one, k, period, quantity, expires in zip(demand, resource, *rest, strict=True):
            node = (int(self.n.demand_site[one]), k, self.label(k, expires), period)
            self.delivered[node] += quantity
            self.out[node].append(Flow("delivery", one, period, quantity, None))

    def _expiries(self, frame: pl.DataFrame) -> None:
        site, resource = self._coded(frame, ("site", "sites"), ("resource", "resources"))
        rest = (frame[name].to_list() for name in ("period", "quantity"))
        for i, k, period, quantity in zip(site, resource, *rest, strict=True):
            node = (i, k, period, period)
            self.out[node].append(Flow("expired", -1, period, quantity, None))

    def _runs(self, frame: pl.DataFrame) -> None:
        n = self.n
        (process,) = self._coded(frame, ("process", "processes"))
        rest = (frame[name].to_list() for name in ("period", "quantity"))
        for p, period, quantity in zip(process, *rest, strict=True):
            self.runs[p, period] += quantity
        self.made: dict[int, list[tuple[int, float]]] = defaultdict(list)
        self.used: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for p, k, quantity in zip(n.flow_process, n.flow_resource, n.flow_quantity, strict=True):
            (self.made if quantity > 0 else self.used)[int(p)].append(
                (int(k), abs(float(quantity)))
            )
        started = np.argwhere(self.runs > 0)
        for p, period in started[np.argsort(started[:, 1], kind="stable")].tolist():
            self._outputs(p, period)
        self._lose_services(self._draws(started.tolist()))

    def _outputs(self, p: int, period: int) -> None:
        n = self.n
        out = period + int(n.process_lead[p])
        for k, per_run in self.made[p]:
            node = (int(n.process_site[p]), k, self.made_label(k, out), out)
            quantity = per_run * float(self.runs[p, period])
            self.into[node].append(Flow("run", p, period, quantity, None))

    def _draws(self, started: list[list[int]]) -> set[Node]:
        """What runs use, from the nodes whose balance shows that it was taken there."""
        n = self.n
        left = self._balances()
        labels: dict[tuple[int, int, int], list[int]] = defaultdict(list)
        for i, k, label, t in sorted(left):
            labels[i, k, t].append(label)
        for p, period in started:
            site = int(n.process_site[p])
            for k, per_run in self.used[p]:
                wanted = per_run * float(self.runs[p, period])
                for label in labels[site, k, period]:
                    node = (site, k, label, period)
                    part = min(wanted, left[node])
                    if part > 0:
                        left[node] -= part
                        wanted -= part
                        self.out[node].append(Flow("run", p, period, part, None))
        self.left = left
        return set(left)

    def _balances(self) -> dict[Node, float]:
        """Into less out of, where that is above rounding: drawn by processes, or lost."""
        drawn = {
            (int(self.n.process_site[p]), k) for p, inputs in self.used.items() for k, _ in inputs
        }
        left = {}
        for node, flows in self.into.items():
            if (node[0], node[1]) in drawn or self.n.is_service[node[1]]:
                more = sum(flow.quantity for flow in flows)
                less = sum(
                    flow.quantity
                    for flow in self.out.get(node, [])
                    if flow.kind != "delivery" or not self.n.is_equipment[node[1]]
                )
                if more - less > SMALL * max(more, 1e-12):
                    left[node] = more - less
        return left

    def _lose_services(self, nodes: set[Node]) -> None:
        for node in nodes:
            if self.n.is_service[node[1]] and self.left[node] > 0:
                self.out[node].append(Flow("lost", -1, node[3], self.left[node], None))

    def typical(self, resource: int) -> float:
        """The largest quantity of a resource that is supplied or wanted at once."""
        if resource not in self._typical:
            self._typical[resource] = self._find_typical(resource)
        return self._typical[resource]

    def _find_typical(self, resource: int) -> float:
        n = self.n
        supplied = n.supply.quantity[n.supply.resource == resource].max(initial=0.0)
        wanted: float = n.demand_quantity[n.demand_resource == resource].max(initial=0.0)
        return max(float(supplied), wanted, 1e-9)


def is_reached(used: float, limit: float) -> bool:
    """Whether a limit leaves no room worth mentioning."""
    if limit == np.inf:
        return False
    return bool(used >= limit - 1e-6 * max(1.0, abs(limit)))
