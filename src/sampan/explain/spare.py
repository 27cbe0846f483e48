"""Units that no demand uses: where they could be taken from, and what policy keeps them there."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from sampan.explain.flows import Flow, Flows, Node, is_reached
from sampan.explain.limits import Limit
from sampan.model.numbers import Array, Numbers

Held = frozenset[Limit]
SPARE = 1e-6
"""Share of a resource's typical quantity above which units are worth calling spare."""


class Spare:
    """For each node that an unused unit passes, the fewest policies that hold it to its way.

    Followed backwards from where units end unused: in stock at the calendar's end, expired, or
    lost. A unit that only moved about, or was processed for nothing, is spare wherever it was.
    """

    def __init__(self, n: Numbers, flows: Flows) -> None:
        self.n, self.flows = n, flows
        self.totals: dict[tuple[int, int], Array] = defaultdict(
            lambda: np.zeros(len(n.storage_m3_max))
        )
        for (site, resource, _, period), quantity in flows.stock.items():
            self.totals[resource, period][site] += quantity
        self._read_policies()
        self.held = self._spread()

    def of(self, node: Node) -> tuple[Limit, ...] | None:
        """The policies that hold a spare unit; None if there is no spare unit here."""
        held = self.held.get(node)
        return None if held is None else tuple(sorted(held))

    def _read_policies(self) -> None:
        n = self.n
        network = n.network
        site_of = {key: row for row, key in enumerate(n.keys["sites"])}
        resource_of = {key: row for row, key in enumerate(n.keys["resources"])}
        lane_of = {key: row for row, key in enumerate(n.keys["lanes"])}
        in_total = network.objective.stages == ("total",)
        self.reserves: dict[int, list[tuple[str, Array, float, int, int]]] = defaultdict(list)
        for row in network.table("reserves").iter_rows(named=True):
            if row["hard"] or (in_total and row["penalty_per_unit"] > 0):
                by_site = np.arange(len(site_of)) == site_of.get(row["site"], -1)
                where = n.countries(row["country"]) if row["site"] is None else by_site
                last = n.periods - 1 if row["to_period"] is None else row["to_period"]
                self.reserves[resource_of[row["resource"]]].append(
                    (row["reserve"], where, row["quantity_min"], row["from_period"], last)
                )
        self.bound: dict[tuple[int, int, int], set[Limit]] = defaultdict(set)
        sent: dict[tuple[int, int, int], float] = defaultdict(float)
        for node, outs in self.flows.out.items():
            for flow in outs:
                if flow.kind == "shipment":
                    sent[flow.key, node[1], flow.period] += flow.quantity
        self._bind_commitments(sent, lane_of, resource_of)
        self._bind_pledges(sent, resource_of)

    def _bind_commitments(
        self,
        sent: dict[tuple[int, int, int], float],
        lane_of: dict[str, int],
        resource_of: dict[str, int],
    ) -> None:
        asked: dict[tuple[int, int, int], list[tuple[str, float]]] = defaultdict(list)
        for row in self.n.network.table("commitments").filter(firm=True).iter_rows(named=True):
            place = lane_of[row["lane"]], resource_of[row["resource"]], row["period"]
            asked[place].append((row["commitment"], row["quantity"]))
        for place, rows in asked.items():
            if is_reached(sum(quantity for _, quantity in rows), sent[place]):
                key = ", ".join(name for name, _ in rows)
                self.bound[place].add(Limit("commitment", key, place[1], -1))

    def _bind_pledges(
        self, sent: dict[tuple[int, int, int], float], resource_of: dict[str, int]
    ) -> None:
        """Hard pledges that are just kept hold every shipment that counts for them."""
        n = self.n
        sites = np.array(n.keys["sites"])
        for row in n.network.table("pledges").filter(hard=True).iter_rows(named=True):
            into = n.countries(row["recipient_country"] or "")
            into = into | (sites == row["recipient_site"])
            resource = resource_of[row["resource"]]
            lanes = n.countries(row["country"])[n.origin] & into[n.destination]
            counted = [
                place
                for place in sent
                if lanes[place[0]]
                and place[1] == resource
                and place[2] + int(n.lane_lead[place[0]]) <= row["period"]
            ]
            if is_reached(row["quantity"], sum(sent[place] for place in counted)):
                for place in counted:
                    self.bound[place].add(Limit("pledge", row["pledge"], resource, -1))

    def _reserved(self, node: Node) -> Held:
        """Reserves that the stock of a node is just enough for, at the end of its period."""
        site, resource, _, period = node
        return frozenset(
            Limit("reserve", key, resource, -1)
            for key, where, quantity, first, last in self.reserves.get(resource, [])
            if where[site]
            and first <= period <= last
            and is_reached(quantity, float(self.totals[resource, period][where].sum()))
        )

    def _spread(self) -> dict[Node, Held]:
        best: dict[Node, Held] = {}
        heap: list[tuple[int, int, Node, Held]] = []
        for node, outs in list(self.flows.out.items()):
            for flow in outs:
                ends = flow.kind in ("kept", "expired", "lost")
                if ends and self._left(node, flow) > self._least(node[1]):
                    held = self._reserved(node) if flow.kind == "kept" else frozenset()
                    heap.append((len(held), len(heap), node, held))
        heapq.heapify(heap)
        count = len(heap)
        while heap:
            _, _, node, held = heapq.heappop(heap)
            if node in best:
                continue
            best[node] = held
            for before, more in self._before(node):
                if before not in best:
                    count += 1
                    both = held | more
                    heapq.heappush(heap, (len(both), count, before, both))
        return best

    def _before(self, node: Node) -> Iterator[tuple[Node, Held]]:
        """Where the units of a node came from, and what holds them to that step."""
        for flow in self.flows.into.get(node, []):
            if flow.kind == "run":
                yield from self._inputs(flow)
            elif flow.other is not None:
                left = self._left(flow.other, flow)
                if left > self._least(node[1]):
                    if flow.kind == "stock":
                        yield flow.other, self._reserved(flow.other)
                    else:
                        place = flow.key, node[1], flow.period
                        yield flow.other, frozenset(self.bound.get(place, ()))

    def _inputs(self, flow: Flow) -> Iterator[tuple[Node, Held]]:
        """What a run used whose output is spare, if that is all it makes."""
        if len(self.flows.made[flow.key]) > 1:
            return
        site = int(self.n.process_site[flow.key])
        for resource, _ in self.flows.used[flow.key]:
            for label in range(flow.period, self.n.periods + 1):
                node = (site, resource, label, flow.period)
                for one in self.flows.out.get(node, []):
                    if (one.kind, one.key) == ("run", flow.key):
                        yield node, frozenset()

    def _left(self, node: Node, flow: Flow) -> float:
        """A movement's quantity, without the equipment that is lent on the spot."""
        if flow.kind in ("stock", "kept") and self.n.is_equipment[node[1]]:
            return flow.quantity - self.flows.delivered.get(node, 0.0)
        return flow.quantity

    def _least(self, resource: int) -> float:
        return self.flows.typical(resource) * SPARE
