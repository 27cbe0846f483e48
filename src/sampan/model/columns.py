"""The variables: one block of columns for each kind, with what each column stands for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from sampan.model.layers import Layers, Reach
from sampan.model.numbers import Array, Numbers, code


@dataclass(frozen=True)
class Block:
    """Columns start … start + size - 1; `at` holds what each stands for, by row number."""

    start: int
    size: int
    upper: Array
    at: dict[str, Array] = field(default_factory=dict)
    whole: bool | Array = False

    @cached_property
    def columns(self) -> Array:
        return np.arange(self.start, self.start + self.size)

    def __getitem__(self, name: str) -> Array:
        return self.at[name]

    def of(self, x: Array) -> Array:
        """The block's part of a vector over all columns."""
        part: Array = x[self.start : self.start + self.size]
        return part


@dataclass(frozen=True)
class Columns:
    """All variables, in the order of the matrix's columns (see docs: the equations)."""

    shipments: Block
    """f: lane, layer, period (departure)."""
    stocks: Block
    """s: layer, site, period."""
    runs: Block
    """r: process, period (start)."""
    draws: Block
    """g: flow, layer, period; only for inputs with several layers."""
    deliveries: Block
    """y: demand, layer, period, per_unit (of the layer's resource for one wanted), substitute."""
    expired: Block
    """w: layer, site; at the end of the layer's last usable period."""
    shortages: Block
    """u: one a demand."""
    reserve_breaches: Block
    """b: reserve (row), period."""
    pledge_breaches: Block
    """b: one a pledge."""
    storage_breaches: Block
    """b: site, period."""
    above: Block
    """d⁺: change (row of `changes`)."""
    below: Block
    """d⁻."""
    vehicles: Block
    """Whole: lane, period."""
    lots: Block
    """Whole: entry (row of lane_resources), period."""
    starts: Block
    """0 or 1: entry, period; whether a shipment with a least quantity goes."""

    @property
    def count(self) -> int:
        return self.starts.start + self.starts.size

    @property
    def blocks(self) -> dict[str, Block]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


class Builder:
    """Hands out consecutive column numbers."""

    def __init__(self) -> None:
        self.count = 0

    def block(self, size: int, upper: Array | float, whole: Any = False, **at: Array) -> Block:
        start, self.count = self.count, self.count + size
        return Block(start, size, np.broadcast_to(upper, (size,)), at, whole)


def shipments(new: Builder, n: Numbers, lay: Layers, r: Reach) -> Block:
    """f: where the lane is open, and what leaves can be there and arrive in time."""
    lane, layer = r.pair_lane, r.pair_layer
    lead = n.lane_lead[lane]
    period = np.arange(n.periods)[:, None]
    # it must arrive within the calendar and not after its last usable period
    latest = np.minimum(n.periods - 1, lay.expires[layer]) - lead
    can = r.node[:, layer * r.sites + n.origin[lane]]
    can &= period <= latest
    if not n.lane_open.all():
        can &= n.lane_open[lane].T
    period, pair = np.nonzero(can)
    upper = _quantity_max(n, lay)[pair_key(n, lane[pair], lay.resource[layer[pair]])]
    return new.block(len(period), upper, lane=lane[pair], layer=layer[pair], period=period)


def pair_key(n: Numbers, lane: Array, resource: Array) -> Array:
    """A number for a lane and a resource."""
    return lane * len(n.keys["resources"]) + resource


def _quantity_max(n: Numbers, lay: Layers) -> Array:
    """Upper bound by lane and resource, where one layer alone makes the limit a bound."""
    limit = np.full(n.carries.size, np.inf)
    entry = n.lane_resource
    single = (np.bincount(lay.resource) == 1)[entry["resource"]]
    limit[pair_key(n, entry["lane"], entry["resource"])[single]] = entry["quantity_max"][single]
    return limit


def stocks(new: Builder, n: Numbers, lay: Layers, r: Reach) -> Block:
    """s: at the end of every period before the layer's last usable one; none of services."""
    kept = ~n.is_service[lay.resource]
    last = np.where(kept, lay.expires - 1, -1)
    can = r.node & (np.arange(n.periods)[:, None] <= np.repeat(last, r.sites))
    period, node = np.nonzero(can)
    return new.block(len(period), np.inf, layer=node // r.sites, site=node % r.sites, period=period)


def expired(new: Builder, n: Numbers, lay: Layers, r: Reach) -> Block:
    """w: what is left of a layer at the end of its last usable period."""
    dated = np.flatnonzero(lay.expires < n.periods)
    layer, site = np.meshgrid(dated, np.arange(r.sites), indexing="ij")
    there = r.at(lay.expires[layer], layer, site)
    return new.block(int(there.sum()), np.inf, layer=layer[there], site=site[there])


def runs(new: Builder, n: Numbers, r: Reach) -> Block:
    """r: up to runs_max."""
    period, process = np.nonzero(r.runs.T)
    upper, whole = n.runs_max[process, period], n.runs_whole[process]
    return new.block(len(period), upper, whole, process=process, period=period)


def draws(new: Builder, n: Numbers, lay: Layers, r: Reach) -> Block:
    """g: what runs take of each layer of an input that has several."""
    many = np.bincount(lay.resource)[n.flow_resource] > 1
    inputs = np.flatnonzero((n.flow_quantity < 0) & many)
    if not len(inputs):
        empty = np.zeros(0, dtype=np.int64)
        return new.block(0, np.inf, flow=empty, layer=empty, period=empty)
    flow, layer = np.nonzero(n.flow_resource[inputs][:, None] == lay.resource)
    flow = inputs[flow]
    process = n.flow_process[flow]
    can = r.node[:, layer * r.sites + n.process_site[process]] & r.runs[process].T
    period, pair = np.nonzero(can)
    return new.block(len(period), np.inf, flow=flow[pair], layer=layer[pair], period=period)


def deliveries(new: Builder, n: Numbers, lay: Layers, r: Reach) -> Block:
    """One column for each demand, layer of the resource or of a substitute, and period."""
    demand, resource, per_unit, substitute = _options(n)
    first = np.searchsorted(lay.resource, resource)
    count = np.bincount(lay.resource, minlength=len(n.keys["resources"]))[resource]
    option, offset = _ragged(count)
    layer = first[option] + offset
    last = np.minimum(n.demand_last[demand[option]], lay.expires[layer])
    due = n.demand_period[demand[option]]
    pick, late = _ragged(np.maximum(last - due + 1, 0))
    option, layer, period = option[pick], layer[pick], due[pick] + late
    there = r.at(period, layer, n.demand_site[demand[option]])
    option, layer, period = option[there], layer[there], period[there]
    return new.block(
        len(period),
        np.inf,
        demand=demand[option],
        layer=layer,
        period=period,
        per_unit=per_unit[option],
        substitute=substitute[option],
    )


def _options(n: Numbers) -> tuple[Array, Array, Array, Array]:
    """Demand, resource delivered, quantity for one wanted, row of substitutes (-1: itself)."""
    frame = n.network.table("substitutes")
    wanted = code(frame["resource"], n.keys["resources"])
    instead = code(frame["substitute"], n.keys["resources"])
    demands = np.arange(len(n.demand_site))
    row, demand = np.nonzero(wanted[:, None] == n.demand_resource[None, :])
    return (
        np.concatenate([demands, demand]),
        np.concatenate([n.demand_resource, instead[row]]),
        np.concatenate([np.ones(len(demands)), frame["quantity_per_unit"].to_numpy()[row]]),
        np.concatenate([np.full(len(demands), -1), row]),
    )


def _ragged(counts: Array) -> tuple[Array, Array]:
    """For counts [2, 1]: which [0, 0, 1] and the running number within each [0, 1, 0]."""
    which = np.repeat(np.arange(len(counts)), counts)
    offset = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    return which, offset


def shortages(new: Builder, n: Numbers) -> Block:
    """u: one a demand, up to its quantity."""
    return new.block(len(n.demand_site), n.demand_quantity)


def whole_entries(n: Numbers, attribute: str) -> Array:
    """Rows of lane_resources that ask for lots or a least quantity."""
    asked: Array = np.flatnonzero(n.lane_resource[attribute] > 0)
    return asked


def per_period(new: Builder, n: Numbers, rows: Array, name: str, upper: float) -> Block:
    """A whole variable for each row and period."""
    period, row = np.divmod(np.arange(n.periods * len(rows)), max(len(rows), 1))
    return new.block(len(row), upper, True, **{name: rows[row], "period": period})
