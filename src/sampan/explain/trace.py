"""Where goods came from and what became of them, by the plan's own movements.

Units in one node are alike, so each movement out of a node takes its share of every movement
into it.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass, field

from sampan.explain.flows import Flow, Flows, Node
from sampan.model.numbers import Numbers

NEGLIGIBLE = 1e-6
"""Share of what is traced below which a trail is not followed further."""
VISITS = 100
"""Times that a trail may come back to a node, in a ring of lanes without lead time."""


@dataclass
class Fate:
    """What became of some units, in units of the resource (for demands: of what is delivered)."""

    demands: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    """By demand; after processing, in units of what was made of it."""
    processes: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    """By process: the units that it used."""
    shipments: dict[tuple[int, int, int], float] = field(default_factory=lambda: defaultdict(float))
    """By lane, resource and departure."""
    kept: dict[tuple[int, int], float] = field(default_factory=lambda: defaultdict(float))
    """By site and resource: in stock at the end."""
    expired: float = 0.0
    lost: float = 0.0


def forwards(n: Numbers, flows: Flows, start: dict[Node, float]) -> Fate:
    """What becomes of these quantities at these nodes."""
    fate = Fate()
    moving: dict[Node, float] = defaultdict(float)
    heap: list[tuple[int, Node]] = []
    total = sum(start.values())

    def push(node: Node, quantity: float) -> None:
        if node not in moving:
            heapq.heappush(heap, (node[3], node))
        moving[node] += quantity

    for node, quantity in start.items():
        push(node, quantity)
    visits: dict[Node, int] = defaultdict(int)
    while heap:
        _, node = heapq.heappop(heap)
        quantity = moving.pop(node)
        visits[node] += 1
        if quantity <= NEGLIGIBLE * total or visits[node] > VISITS:
            continue
        outs = flows.out.get(node, [])
        lent = n.is_equipment[node[1]]
        whole = sum(flow.quantity for flow in outs if not (lent and flow.kind == "delivery"))
        for flow in outs:
            if whole <= 0:
                break
            part = quantity * flow.quantity / whole
            _settle(n, flows, fate, node, flow, part)
            if flow.other is not None:
                push(flow.other, part)
            if flow.kind == "run":
                for head, made in _made(n, flows, flow, part, node[1]):
                    push(head, made)
    return fate


def _settle(n: Numbers, flows: Flows, fate: Fate, node: Node, flow: Flow, part: float) -> None:
    if flow.kind == "delivery":
        fate.demands[flow.key] += part
    elif flow.kind == "run":
        fate.processes[flow.key] += part
    elif flow.kind == "shipment":
        fate.shipments[flow.key, node[1], flow.period] += part
    elif flow.kind == "kept":
        fate.kept[node[0], node[1]] += part
    elif flow.kind == "expired":
        fate.expired += part
    elif flow.kind == "lost":
        fate.lost += part


def _made(
    n: Numbers, flows: Flows, flow: Flow, part: float, resource: int
) -> list[tuple[Node, float]]:
    """What comes out of the runs that used this part of an input."""
    per_run = next(quantity for k, quantity in flows.used[flow.key] if k == resource)
    out = flow.period + int(n.process_lead[flow.key])
    site = int(n.process_site[flow.key])
    return [
        ((site, k, flows.made_label(k, out), out), part / per_run * quantity)
        for k, quantity in flows.made[flow.key]
    ]


@dataclass
class Origin:
    """Where some units came from, in their own units."""

    stocks: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    """By site: on hand at the start."""
    arrivals: dict[tuple[int, int], float] = field(default_factory=lambda: defaultdict(float))
    """By site and period."""
    runs: dict[tuple[int, int], float] = field(default_factory=lambda: defaultdict(float))
    """By process and start."""


def backwards(flows: Flows, node: Node, quantity: float) -> Origin:
    """Where a quantity at a node came from."""
    origin = Origin()
    moving: dict[Node, float] = {node: quantity}
    heap: list[tuple[int, Node]] = [(-node[3], node)]
    visits: dict[Node, int] = defaultdict(int)
    while heap:
        _, at = heapq.heappop(heap)
        part = moving.pop(at)
        visits[at] += 1
        if part <= NEGLIGIBLE * quantity or visits[at] > VISITS:
            continue
        ins = flows.into.get(at, [])
        whole = sum(flow.quantity for flow in ins)
        for flow in ins:
            share = part * flow.quantity / whole if whole > 0 else 0.0
            if flow.other is not None:
                if flow.other not in moving:
                    heapq.heappush(heap, (-flow.other[3], flow.other))
                    moving[flow.other] = 0.0
                moving[flow.other] += share
            elif flow.kind == "run":
                origin.runs[flow.key, flow.period] += share
            elif at[3] == 0:
                origin.stocks[at[0]] += share
            else:
                origin.arrivals[at[0], at[3]] += share
    return origin
