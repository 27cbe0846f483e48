"""Every way in which one more unit could come to a demand, and the limits that each one meets.

The ways form a hypergraph: an arc leads from one node (or, for a process, from all its inputs)
to the next and carries the limits that are used up on it. The least number of limits between any
source and each node is found forwards (Knuth 1977, A generalization of Dijkstra's algorithm),
and between each node and the demand backwards. A limit with c limits in all on the best way
through it, itself included, must be relieved together with c - 1 others; if those others are
enough without it, it does not bind.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from sampan.explain.flows import Flows, Node
from sampan.explain.limits import Limit, Limits
from sampan.explain.spare import Spare
from sampan.model.numbers import Numbers

GOAL: Node = (-1, -1, -1, -1)
ANY = -1
"""Instead of a last usable period: whichever is there."""
INFINITE = float("inf")


class Arc(NamedTuple):
    """One step towards the demand."""

    head: Node
    tails: tuple[Node, ...]
    limits: tuple[Limit, ...]
    kind: str
    """`stock`, `shipment`, `run`, `any` or `delivery`."""
    key: int
    """Lane, process or demand."""


@dataclass
class Finding:
    """A limit, on the best way through it."""

    limit: Limit
    relieve: int
    """Limits on that way, this one included."""
    node: Node
    """Where the limit is met."""
    way: list[Arc] = field(default_factory=list)
    """Steps from there to the demand."""
    partners: frozenset[Limit] = frozenset()
    origin: Node | None = None
    """Where the goods would come from."""


class Upstream:
    """All that lies upstream of one demand."""

    def __init__(self, n: Numbers, flows: Flows, limits: Limits, spare: Spare, demand: int) -> None:
        self.n, self.flows, self.limits, self.demand = n, flows, limits, demand
        self.spare = spare
        self.lanes_into: dict[int, list[int]] = defaultdict(list)
        for lane, destination in enumerate(n.destination.tolist()):
            self.lanes_into[destination].append(lane)
        self.makers: dict[tuple[int, int], list[int]] = defaultdict(list)
        for process, outputs in flows.made.items():
            for resource, _ in outputs:
                self.makers[int(n.process_site[process]), resource].append(process)
        self.labels = self._labels()
        self.present = self._present()
        self.arcs: list[Arc] = []
        self.into: dict[Node, list[int]] = defaultdict(list)
        self.sources: dict[Node, tuple[Limit, ...]] = {}
        self._explore()
        self.have, self.by = self._forwards()
        self.need, self.via = self._backwards()

    def _labels(self) -> dict[int, list[int]]:
        """The last usable periods that units of each resource can have."""
        n, found = self.n, defaultdict(set)
        for resource, expires in zip(n.supply.resource, n.supply.expires, strict=True):
            found[int(resource)].add(self.flows.label(int(resource), int(expires)))
        for process, outputs in self.flows.made.items():
            for resource, _ in outputs:
                for period in range(int(n.process_lead[process]), n.periods):
                    found[resource].add(self.flows.made_label(resource, period))
        # what does not expire in time is always worth asking for, if nothing else is there
        return {resource: sorted({*labels, n.periods}) for resource, labels in found.items()}

    def _present(self) -> set[tuple[int, int]]:
        """Sites to which each resource can come at all, whenever."""
        n = self.n
        found = set(zip(n.supply.site.tolist(), n.supply.resource.tolist(), strict=True))
        found |= set(self.makers)
        stack = list(found)
        out: dict[int, list[int]] = defaultdict(list)
        for lane, origin in enumerate(n.origin.tolist()):
            out[origin].append(lane)
        while stack:
            site, resource = stack.pop()
            for lane in out[site]:
                there = int(n.destination[lane]), resource
                if n.carries[lane, resource] and there not in found:
                    found.add(there)
                    stack.append(there)
        return found

    def wanted(self) -> list[int]:
        """The resource wanted and its substitutes."""
        n = self.n
        resource_of = {key: row for row, key in enumerate(n.keys["resources"])}
        wanted = int(n.demand_resource[self.demand])
        name = n.keys["resources"][wanted]
        rows = n.network.table("substitutes").filter(resource=name)
        return [wanted, *(resource_of[key] for key in rows["substitute"].to_list())]

    def _explore(self) -> None:
        stack: list[Node] = []
        seen = {GOAL}

        def follow(arc: Arc) -> None:
            self.into[arc.head].append(len(self.arcs))
            self.arcs.append(arc)
            for tail in arc.tails:
                if tail not in seen:
                    seen.add(tail)
                    stack.append(tail)

        for arc in self._deliveries():
            follow(arc)
        while stack:
            node = stack.pop()
            if node[2] == ANY:
                site, resource, _, period = node
                for label in self.labels.get(resource, []):
                    if label >= period:
                        follow(Arc(node, ((site, resource, label, period),), (), "any", -1))
                continue
            self._add_source(node)
            for arc in self._arcs_into(node):
                follow(arc)

    def _deliveries(self) -> Iterator[Arc]:
        """From wherever the demand could be met, in time or (a limit) too late."""
        n, demand = self.n, self.demand
        site, last = int(n.demand_site[demand]), int(n.demand_last[demand])
        for resource in self.wanted():
            for label in self.labels.get(resource, []):
                for period in range(int(n.demand_period[demand]), min(label + 1, n.periods)):
                    late = () if period <= last else (Limit("late", "", resource, period),)
                    node = (site, resource, label, period)
                    yield Arc(GOAL, (node,), late, "delivery", demand)
            yield from self._after_the_end(site, resource)

    def _after_the_end(self, site: int, resource: int) -> Iterator[Arc]:
        """Lanes whose goods would arrive after the calendar's last period."""
        n = self.n
        for lane in self.lanes_into[site]:
            lead, origin = int(n.lane_lead[lane]), int(n.origin[lane])
            if not n.carries[lane, resource] or (origin, resource) not in self.present:
                continue
            for label in self.labels.get(resource, []):
                last = n.periods - 1 if label == n.periods else label - lead
                for period in range(max(n.periods - lead, 0), last + 1):
                    limits = self.limits.of_lane(lane, resource, period)
                    late = Limit("late", "", resource, period + lead)
                    tail = (origin, resource, label, period)
                    yield Arc(GOAL, (tail,), (*limits, late), "shipment", lane)

    def _add_source(self, node: Node) -> None:
        held = self.spare.of(node)
        if held is not None:
            self.sources[node] = held
        elif any(flow.kind == "supply" for flow in self.flows.into.get(node, [])):
            site = self.n.keys["sites"][node[0]]
            self.sources[node] = (Limit("source", site, node[1], node[3]),)

    def _arcs_into(self, node: Node) -> Iterator[Arc]:
        yield from self._from_before(node)
        yield from self._lanes(node)
        yield from self._processes(node)

    def _from_before(self, node: Node) -> Iterator[Arc]:
        """Kept from the period before, or (a limit) expired at its end."""
        site, resource, label, period = node
        if period == 0 or self.n.is_service[resource]:
            return
        before = (site, resource, label, period - 1)
        yield Arc(node, (before,), self.limits.of_stock(site, resource, period - 1), "stock", -1)
        labels = self.labels.get(resource, [])
        if labels and label == labels[-1] and period - 1 in labels:
            gone = Limit("expiry", self.n.keys["sites"][site], resource, period - 1)
            yield Arc(node, ((site, resource, period - 1, period - 1),), (gone,), "stock", -1)

    def _lanes(self, node: Node) -> Iterator[Arc]:
        n = self.n
        site, resource, label, period = node
        labels = self.labels.get(resource, [])
        for lane in self.lanes_into[site]:
            origin, leaves = int(n.origin[lane]), period - int(n.lane_lead[lane])
            if leaves < 0 or (origin, resource) not in self.present:
                continue
            limits = self.limits.of_lane(lane, resource, leaves)
            yield Arc(node, ((origin, resource, label, leaves),), limits, "shipment", lane)
            if label == labels[-1]:
                for sooner in labels:
                    if leaves <= sooner < period:  # it would expire on the way
                        gone = Limit("expiry", n.keys["sites"][origin], resource, sooner)
                        tail = (origin, resource, sooner, leaves)
                        yield Arc(node, (tail,), (*limits, gone), "shipment", lane)

    def _processes(self, node: Node) -> Iterator[Arc]:
        site, resource, label, period = node
        for process in self.makers.get((site, resource), []):
            start = period - int(self.n.process_lead[process])
            if start >= 0 and self.flows.made_label(resource, period) == label:
                tails = tuple((site, k, ANY, start) for k, _ in self.flows.used[process])
                limits = self.limits.of_process(process, start)
                yield Arc(node, tails, limits, "run", process)

    def _forwards(self) -> tuple[dict[Node, float], dict[Node, int]]:
        """By node, the fewest limits between any source and it, and the last step there."""
        have: dict[Node, float] = {}
        by: dict[Node, int] = {}
        waiting = [len(arc.tails) for arc in self.arcs]
        cost = [float(len(arc.limits)) for arc in self.arcs]
        from_tail: dict[Node, list[int]] = defaultdict(list)
        heap: list[tuple[float, int, Node, int]] = []
        for number, arc in enumerate(self.arcs):
            for tail in set(arc.tails):
                from_tail[tail].append(number)
            if not arc.tails:
                heap.append((cost[number], number, arc.head, number))
        for node, limits in self.sources.items():
            heap.append((float(len(limits)), -1, node, -1))
        heapq.heapify(heap)
        while heap:
            least, _, node, step = heapq.heappop(heap)
            if node in have:
                continue
            have[node], by[node] = least, step
            for number in from_tail[node]:
                arc = self.arcs[number]
                waiting[number] -= arc.tails.count(node)
                cost[number] += least * arc.tails.count(node)
                if waiting[number] == 0 and arc.head not in have:
                    heapq.heappush(heap, (cost[number], number, arc.head, number))
        return have, by

    def _backwards(self) -> tuple[dict[Node, float], dict[Node, int]]:
        """By node, the fewest limits between it and the demand, and the next step there."""
        need: dict[Node, float] = {}
        via: dict[Node, int] = {}
        heap: list[tuple[float, int, Node, int]] = [(0.0, 0, GOAL, -1)]
        while heap:
            least, hops, node, step = heapq.heappop(heap)
            if node in need:
                continue
            need[node], via[node] = least, step
            for number in self.into[node]:
                arc = self.arcs[number]
                for tail in arc.tails:
                    others = sum(self.have.get(one, INFINITE) for one in arc.tails if one != tail)
                    if others < INFINITE and tail not in need:
                        cost = least + len(arc.limits) + others
                        heapq.heappush(heap, (cost, hops + 1, tail, number))
        return need, via

    @property
    def best(self) -> float:
        """The fewest limits that must give way for one more unit; infinite if none could ever."""
        return self.have.get(GOAL, INFINITE)

    def findings(self, most: int = 3) -> list[Finding]:
        """Every limit that binds, alone or together with at most `most` - 1 others."""
        best: dict[Limit, Finding] = {}
        for node, limits in self.sources.items():
            cost = self.need.get(node, INFINITE) + len(limits)
            self._remember(best, limits, cost, node, None)
        for arc in self.arcs:
            if arc.limits:
                have = sum(self.have.get(tail, INFINITE) for tail in arc.tails)
                cost = self.need.get(arc.head, INFINITE) + len(arc.limits) + have
                self._remember(best, arc.limits, cost, arc.head, arc)
        cap = max(most, self.best) if self.best < INFINITE else most
        found = [one for one in best.values() if one.relieve <= cap]
        enough = {one.limit: one.relieve for one in found}
        return [
            one
            for one in found
            if all(enough.get(other, INFINITE) >= one.relieve for other in one.partners)
        ]

    def _remember(
        self,
        best: dict[Limit, Finding],
        limits: tuple[Limit, ...],
        cost: float,
        node: Node,
        arc: Arc | None,
    ) -> None:
        if cost == INFINITE:
            return
        for limit in limits:
            if limit not in best or cost < best[limit].relieve:
                way = list(self._way(node))
                before = [] if arc is None else [one for t in arc.tails for one in self._back(t)]
                met = set(limits) | self._met(node, way)
                met |= {one for _, limits_there in before for one in limits_there}
                origin = before[-1][0] if before else node
                partners = frozenset(met - {limit})
                steps = way if arc is None else [arc, *way]
                best[limit] = Finding(limit, int(cost), node, steps, partners, origin)

    def _way(self, node: Node) -> Iterator[Arc]:
        while node != GOAL:
            arc = self.arcs[self.via[node]]
            yield arc
            node = arc.head

    def _met(self, node: Node, way: list[Arc]) -> set[Limit]:
        """Limits on the way from a node, and on what else its processes need."""
        met: set[Limit] = set()
        for arc in way:
            met |= set(arc.limits)
            for tail in arc.tails:
                if tail != node:
                    met |= {one for _, limits in self._back(tail) for one in limits}
            node = arc.head
        return met

    def _back(self, node: Node) -> list[tuple[Node, tuple[Limit, ...]]]:
        """The nodes and limits on the best way from the sources to a node."""
        found, stack = [], [node]
        while stack:
            at = stack.pop()
            step = self.by[at]
            if step < 0:
                found.append((at, self.sources[at]))
            else:
                found.append((at, self.arcs[step].limits))
                stack += self.arcs[step].tails
        return found
