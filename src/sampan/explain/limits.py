"""Which limits of the network a plan has used up, seen from one more unit."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from sampan.explain.flows import Flows, is_reached
from sampan.model.numbers import Numbers


class Limit(NamedTuple):
    """Something that would have to give way for one more unit."""

    kind: str
    key: str
    resource: int
    """-1 where the limit is not about one."""
    period: int


class Limits:
    """What stands in the way of one more unit on a lane, in a process or in stock."""

    def __init__(self, n: Numbers, flows: Flows) -> None:
        self.n, self.flows = n, flows
        self.lane_mass = np.zeros(n.lane_open.shape)
        self.lane_volume = np.zeros(n.lane_open.shape)
        self.shipped: dict[tuple[int, int, int], float] = defaultdict(float)
        for node, outs in flows.out.items():
            for flow in outs:
                if flow.kind == "shipment":
                    at = flow.key, flow.period
                    self.lane_mass[at] += flow.quantity * n.mass_kg[node[1]]
                    self.lane_volume[at] += flow.quantity * n.volume_m3[node[1]]
                    self.shipped[flow.key, node[1], flow.period] += flow.quantity
        self.entry = {
            (int(lane), int(resource)): row
            for row, (lane, resource) in enumerate(
                zip(n.lane_resource["lane"], n.lane_resource["resource"], strict=True)
            )
        }
        self._shared()
        self._stored()
        self._exports({key: row for row, key in enumerate(n.keys["resources"])})

    def _shared(self) -> None:
        n = self.n
        loads = n.network.table("capacity_loads")
        capacity_of = {key: row for row, key in enumerate(n.keys["capacities"])}
        lane_of = {key: row for row, key in enumerate(n.keys["lanes"])}
        process_of = {key: row for row, key in enumerate(n.keys["processes"])}
        self.used = np.zeros(n.amount_max.shape)
        self.lane_loads: dict[int, list[tuple[int, float, str]]] = defaultdict(list)
        self.process_loads: dict[int, list[int]] = defaultdict(list)
        for row in loads.iter_rows(named=True):
            capacity, amount = capacity_of[row["capacity"]], row["amount_per_unit"]
            if row["per"] == "run":
                process = process_of[row["activity"]]
                self.used[capacity] += amount * self.flows.runs[process]
                if amount > 0:
                    self.process_loads[process].append(capacity)
            elif amount > 0:
                self.lane_loads[lane_of[row["activity"]]].append((capacity, amount, row["per"]))
        for (lane, resource, period), quantity in self.shipped.items():
            for capacity, amount, per in self.lane_loads.get(lane, []):
                self.used[capacity, period] += amount * quantity * self.size(resource, per)

    def size(self, resource: int, per: str) -> float:
        """How much of `unit`, `kg` or `m3` one unit of a resource is."""
        sizes = {"kg": self.n.mass_kg, "m3": self.n.volume_m3}
        return float(sizes[per][resource]) if per in sizes else 1.0

    def _stored(self) -> None:
        n = self.n
        self.volume = np.zeros((len(n.storage_m3_max), n.periods))
        for (site, resource, _, period), quantity in self.flows.stock.items():
            self.volume[site, period] += quantity * n.volume_m3[resource]

    def _exports(self, resource_of: dict[str, int]) -> None:
        n = self.n
        self.exports: dict[int, list[tuple[str, np.ndarray, int, int]]] = defaultdict(list)
        for row in n.network.table("export_limits").iter_rows(named=True):
            resource = resource_of[row["resource"]]
            inside = n.countries(row["country"])
            last = n.periods - 1 if row["to_period"] is None else row["to_period"]
            first = row["from_period"]
            leaves = inside[n.origin] & ~inside[n.destination]
            left = sum(
                quantity
                for (lane, k, period), quantity in self.shipped.items()
                if k == resource and leaves[lane] and first <= period <= last
            )
            most = row["quantity_max"]
            if row["share_max"] is not None:
                base = self._base(inside, resource, first, last)
                most = min(most, row["share_max"] * base)
            if is_reached(left, most):
                self.exports[resource].append((row["limit"], leaves, first, last))

    def _base(self, inside: np.ndarray, resource: int, first: int, last: int) -> float:
        """Stock at the start, and arrivals and output in the window, in a country."""
        return sum(
            flow.quantity
            for (site, k, _, period), flows in self.flows.into.items()
            if k == resource and inside[site]
            for flow in flows
            if (flow.kind == "supply" and (period == 0 or first <= period <= last))
            or (flow.kind == "run" and first <= period <= last)
        )

    def of_lane(self, lane: int, resource: int, period: int) -> tuple[Limit, ...]:
        """What keeps one more unit from leaving on a lane in a period."""
        n = self.n
        key = n.keys["lanes"][lane]
        if not n.carries[lane, resource]:
            return (Limit("not_carried", key, resource, -1),)
        found = []
        if not n.lane_open[lane, period]:
            found.append(Limit("closed", key, -1, period))
        for kind, size, used, most in (
            ("mass_kg_max", n.mass_kg, self.lane_mass, n.mass_kg_max),
            ("volume_m3_max", n.volume_m3, self.lane_volume, n.volume_m3_max),
        ):
            if size[resource] > 0 and is_reached(used[lane, period], most[lane, period]):
                found.append(Limit(kind, key, -1, period))
        found += self._of_entry(lane, resource, period)
        for capacity, _, per in self.lane_loads.get(lane, []):
            if self.size(resource, per) > 0 and self._is_full(capacity, period):
                found.append(Limit("amount_max", n.keys["capacities"][capacity], -1, period))
        found += [
            Limit("export_limit", limit, resource, -1)
            for limit, leaves, first, last in self.exports.get(resource, [])
            if leaves[lane] and first <= period <= last
        ]
        return tuple(found)

    def _of_entry(self, lane: int, resource: int, period: int) -> list[Limit]:
        row = self.entry.get((lane, resource))
        if row is None:
            return []
        entry, key = self.n.lane_resource, self.n.keys["lanes"][lane]
        shipped = self.shipped.get((lane, resource, period), 0.0)
        found = []
        if is_reached(shipped, float(entry["quantity_max"][row])):
            found.append(Limit("quantity_max", key, resource, period))
        if entry["lot_size"][row] > 0:
            found.append(Limit("lot_size", key, resource, period))
        elif entry["quantity_min"][row] > 0 and shipped == 0:
            found.append(Limit("quantity_min", key, resource, period))
        return found

    def _is_full(self, capacity: int, period: int) -> bool:
        return is_reached(self.used[capacity, period], self.n.amount_max[capacity, period])

    def of_process(self, process: int, period: int) -> tuple[Limit, ...]:
        """What keeps one more run from starting in a period."""
        n = self.n
        key = n.keys["processes"][process]
        found = []
        if is_reached(self.flows.runs[process, period], n.runs_max[process, period]):
            found.append(Limit("runs_max", key, -1, period))
        elif n.runs_whole[process]:
            found.append(Limit("runs_whole", key, -1, period))
        found += [
            Limit("amount_max", n.keys["capacities"][capacity], -1, period)
            for capacity in self.process_loads.get(process, [])
            if self._is_full(capacity, period)
        ]
        return tuple(found)

    def of_stock(self, site: int, resource: int, period: int) -> tuple[Limit, ...]:
        """What keeps one more unit from staying at a site at the end of a period."""
        n = self.n
        if n.volume_m3[resource] > 0 and is_reached(
            self.volume[site, period], n.storage_m3_max[site]
        ):
            return (Limit("storage_m3_max", n.keys["sites"][site], -1, period),)
        return ()
