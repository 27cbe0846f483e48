"""Goods that go round in a ring of lanes without lead time, to no end: taken out of a point.

The balances allow them, and a solver has no reason to avoid them where they cost nothing; but
then there need not even be any goods. Without them no rule is broken and no value is worse.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from scipy import sparse

from sampan.model.build import Model
from sampan.model.numbers import Array, Numbers

WANTED = ("pledge", "commitment", "change", "lot_size", "quantity_min", "quantity_start")
"""Rules by which it matters how much is sent, wherever it ends up."""
NO_SHIPMENT = -1


def without_circulation(model: Model, x: Array) -> Array:
    """A copy in which no free shipments of a layer and period form a ring."""
    columns = _ringed(model, x)
    if not len(columns):
        return x
    x = x.copy()
    n, f = model.numbers, model.columns.shipments
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for k in columns:
        groups[int(f["layer"][k]), int(f["period"][k])].append(int(k))
    for members in groups.values():
        ends = {k: (int(n.origin[f["lane"][k]]), int(n.destination[f["lane"][k]])) for k in members}
        while ring := _ring(ends):
            least = min(x[f.start + k] for k in ring)
            for k in ring:
                x[f.start + k] -= least
                if x[f.start + k] <= 0.0:
                    x[f.start + k] = 0.0
                    del ends[k]
    return x


def _ringed(model: Model, x: Array) -> Array:
    """Shipments (numbers within their block) that could be part of such a ring."""
    f = model.columns.shipments
    found = lanes_in_rings(model.numbers)[f["lane"]] & (f.of(x) > 0)
    for rows in model.rows:
        if rows.rule in WANTED and found.any():
            mine = (rows.column >= f.start) & (rows.column < f.start + f.size)
            found[rows.column[mine] - f.start] = False
    numbers: Array = np.flatnonzero(found)
    return numbers


def lanes_in_rings(n: Numbers) -> Array:
    """One a lane: whether it is part of a ring of lanes without lead time."""
    at_once = n.lane_lead == 0
    sites = len(n.keys["sites"])
    arcs = (np.ones(at_once.sum()), (n.origin[at_once], n.destination[at_once]))
    graph = sparse.coo_array(arcs, shape=(sites, sites)).tocsr()
    _, part = sparse.csgraph.connected_components(graph, directed=True, connection="strong")
    inside: Array = at_once & (part[n.origin] == part[n.destination])
    return inside


def _ring(ends: dict[int, tuple[int, int]]) -> list[int]:
    """Shipments that lead from a site back to it, or none."""
    leaving: dict[int, list[int]] = defaultdict(list)
    for shipment, (origin, _) in ends.items():
        leaving[origin].append(shipment)
    done: set[int] = set()
    for start in list(leaving):
        path: list[int] = []
        on_path = {start: 0}
        todo = [iter(leaving[start])]
        while todo:
            shipment = next(todo[-1], NO_SHIPMENT)
            if shipment == NO_SHIPMENT:
                todo.pop()
                if path:
                    left = ends[path.pop()][1]
                    done.add(left)
                    del on_path[left]
                continue
            site = ends[shipment][1]
            if site in on_path:
                return [*path[on_path[site] :], shipment]
            if site not in done:
                path.append(shipment)
                on_path[site] = len(path)
                todo.append(iter(leaving.get(site, [])))
        done.add(start)
    return []
