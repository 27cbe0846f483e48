"""Layers (units that expire together) and where each of them can be at all, and when.

Units of a good that last to the calendar's end are alike in every rule and form one layer;
every earlier last usable period is a layer of its own. A node is a site and a layer, with
number layer · S + site. Variables exist only at nodes and periods that some supply can
reach: elsewhere they could only be zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sampan.model.numbers import Array, Numbers


@dataclass(frozen=True)
class Layers:
    """V layers, sorted by resource and then by expiry, the one that outlasts the calendar last."""

    resource: Array
    expires: Array
    """Last usable period; T for the layer that outlasts the calendar."""
    of: Array
    """K × (T + 1): the layer of a resource and a last usable period, -1 if there is none."""

    @property
    def count(self) -> int:
        return len(self.resource)

    def find(self, resource: Array, expires: Array) -> Array:
        """The layers of units by resource and last usable period (-1: keeps)."""
        last = self.of.shape[1] - 1
        column = np.where((expires < 0) | (expires > last), last, expires)
        return self.of[resource, column]


@dataclass(frozen=True)
class Reach:
    """Where each layer can be, and the lane-and-layer pairs and runs that can ever be used."""

    node: Array
    """T × (V·S), boolean."""
    runs: Array
    """P × T, boolean: a run may start (its inputs can be there; it ends within the calendar)."""
    pair_lane: Array
    pair_layer: Array
    sites: int

    def at(self, period: Array | int, layer: Array, site: Array) -> Array:
        here: Array = self.node[period, layer * self.sites + site]
        return here


def layers(n: Numbers) -> Layers:
    """All layers that stocks, arrivals or outputs can bring into being."""
    resources, periods = len(n.keys["resources"]), n.periods
    present = np.zeros((resources, periods + 1), dtype=bool)
    ages = ~(n.is_service | n.is_equipment)
    supply = n.supply
    dated = (supply.expires >= 0) & (supply.expires < periods) & ages[supply.resource]
    present[supply.resource[dated], supply.expires[dated]] = True
    present[supply.resource[~dated], periods] = True
    made = n.flow_quantity > 0
    for resource, process in zip(n.flow_resource[made], n.flow_process[made], strict=True):
        expires = _output_expiry(n, resource, np.arange(n.process_lead[process], periods))
        present[resource, expires] = True
    # every resource has the lasting layer, so that every rule about it has a row to name
    present[:, periods] |= ~present.any(axis=1)
    resource, expires = np.nonzero(present)
    of = np.full(present.shape, -1, dtype=np.int64)
    of[resource, expires] = np.arange(len(resource))
    return Layers(resource=resource, expires=expires, of=of)


def _output_expiry(n: Numbers, resource: int, period: Array) -> Array:
    """Last usable period of what comes out in a period, T for what outlasts the calendar."""
    shelf = n.shelf_life[resource]
    if shelf < 0 or n.is_service[resource] or n.is_equipment[resource]:
        return np.full(len(period), n.periods)
    last: Array = np.minimum(period + shelf, n.periods)
    return last


def output_layers(n: Numbers, lay: Layers) -> Array:
    """flows × T: the layer of what a flow gives out in each period (-1 for what is used)."""
    found = np.full((len(n.flow_resource), n.periods), -1, dtype=np.int64)
    for flow in np.flatnonzero(n.flow_quantity > 0):
        resource = n.flow_resource[flow]
        expires = _output_expiry(n, resource, np.arange(n.periods))
        found[flow] = lay.of[resource, expires]
    return found


def reach(n: Numbers, lay: Layers) -> Reach:
    """Forward in time from every supply, over open lanes and processes with all their inputs."""
    sites, periods = len(n.keys["sites"]), n.periods
    node = np.zeros((periods, lay.count * sites), dtype=bool)
    runs = np.zeros((len(n.process_site), periods), dtype=bool)
    pair_lane, pair_layer = np.nonzero(n.carries[:, lay.resource])
    spread = _Spread(n, lay, node, runs, pair_lane, pair_layer)
    for period in range(periods):
        spread.to(period)
    used: Array = _pairs_in_use(n, lay, node, pair_lane, pair_layer, sites)
    return Reach(node, runs, pair_lane[used], pair_layer[used], sites)


def _pairs_in_use(
    n: Numbers, lay: Layers, node: Array, lane: Array, layer: Array, sites: int
) -> Array:
    ever: Array = np.asarray(node.any(axis=0))
    used: Array = ever[layer * sites + n.origin[lane]]
    return used


class _Spread:
    """One sweep over the periods, each brought to a fixed point."""

    def __init__(
        self, n: Numbers, lay: Layers, node: Array, runs: Array, lane: Array, layer: Array
    ) -> None:
        self.n, self.lay, self.node, self.runs = n, lay, node, runs
        sites = len(n.keys["sites"])
        self.sites = sites
        self.pairs: dict[int, tuple[Array, Array, Array, Array]] = {}
        lead = n.lane_lead[lane]
        for value in np.unique(lead):
            mine = lead == value
            at = layer[mine] * sites
            from_node, to_node = at + n.origin[lane[mine]], at + n.destination[lane[mine]]
            self.pairs[int(value)] = lane[mine], layer[mine], from_node, to_node
        stored = ~n.is_service[lay.resource]
        # what expires at the end of a period is not there in the next
        self.kept_until = np.repeat(np.where(stored, lay.expires, -1), sites)
        self.outputs = output_layers(n, lay)
        self.first_layer = np.searchsorted(lay.resource, np.arange(len(n.keys["resources"])))
        supply = n.supply
        expires = np.where((n.is_service | n.is_equipment)[supply.resource], -1, supply.expires)
        self.supply_node = lay.find(supply.resource, expires) * sites + supply.site

    def to(self, period: int) -> None:
        here = self.node[period]
        if period:
            here |= self.node[period - 1] & (self.kept_until >= period)
        here[self.supply_node[self.n.supply.period == period]] = True
        for lead in self.pairs:
            if 0 < lead <= period:
                self._travel(lead, period)
        self._make(period)
        while True:  # lanes and processes without lead time feed each other within the period
            before = np.count_nonzero(here)
            if 0 in self.pairs:
                self._travel(0, period)
            self._make(period)
            if np.count_nonzero(here) == before:
                return

    def _travel(self, lead: int, period: int) -> None:
        lane, layer, from_node, to_node = self.pairs[lead]
        leaves = period - lead
        moves = self.node[leaves, from_node] & self.n.lane_open[lane, leaves]
        moves &= self.lay.expires[layer] >= period
        self.node[period, to_node[moves]] = True

    def _make(self, period: int) -> None:
        n, lay = self.n, self.lay
        if not len(n.flow_process):
            return
        any_layer = np.logical_or.reduceat(
            self.node[period].reshape(lay.count, self.sites), self.first_layer, axis=0
        )
        at = n.process_site[n.flow_process]
        missing = (n.flow_quantity < 0) & ~any_layer[n.flow_resource, at]
        starved = np.bincount(n.flow_process[missing], minlength=len(n.process_site)) > 0
        in_time = period + n.process_lead < n.periods
        self.runs[:, period] = ~starved & in_time & (n.runs_max[:, period] > 0)
        made = n.flow_quantity > 0
        out = period - n.process_lead[n.flow_process]
        ready = made & (out >= 0)
        ready[ready] = self.runs[n.flow_process[ready], out[ready]]
        layer = self.outputs[ready, period]
        self.node[period, layer * self.sites + at[ready]] = True
