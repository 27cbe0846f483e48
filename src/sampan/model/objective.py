"""What is best: each objective stage, part by part, as costs over the columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from sampan.model.columns import Columns
from sampan.model.layers import Layers
from sampan.model.numbers import Array, Numbers
from sampan.model.policy import loose_commitments


@dataclass(frozen=True)
class Costs:
    """A linear objective to minimise: Σ values · x[columns]."""

    columns: Array
    values: Array

    def of(self, x: Array) -> float:
        return float(self.values @ x[self.columns])

    def dense(self, size: int) -> Array:
        dense: Array = np.bincount(self.columns, self.values, minlength=size)
        return dense


@dataclass(frozen=True)
class Pairs:
    """Resource-and-group pairs of one priority class, whose fill rates fairness compares."""

    priority: int
    resource: Array
    group: Array
    """Text."""
    demand: Array
    """Demands of the class, and for each …"""
    pair: Array
    """… its pair, and …"""
    share: Array
    """… 1 ÷ all demand of the pair: Σ share · u is the pair's unmet share."""

    @property
    def count(self) -> int:
        return len(self.resource)

    def fill_rates(self, shortage: Array) -> Array:
        """One a pair, from the shortages of all demands."""
        unmet = np.bincount(self.pair, self.share * shortage[self.demand], minlength=self.count)
        rates: Array = np.clip(1.0 - unmet, 0.0, 1.0)
        return rates


def priorities(n: Numbers) -> list[int]:
    """Priority classes with demand, most urgent first."""
    return [int(p) for p in np.unique(n.demand_priority[n.demand_quantity > 0])]


def class_weights(n: Numbers, priority: int) -> Array:
    """importance ÷ all demand of the resource in the class, one a demand, 0 outside the class."""
    inside = (n.demand_priority == priority) & (n.demand_quantity > 0)
    wanted = np.bincount(
        n.demand_resource[inside], n.demand_quantity[inside], minlength=len(n.importance)
    )
    weights = np.zeros(len(inside))
    resource = n.demand_resource[inside]
    weights[inside] = n.importance[resource] / wanted[resource]
    return weights


def shortage(n: Numbers, c: Columns, priority: int) -> Costs:
    """Σ importance × u ÷ all demand of the resource in the class."""
    weights = class_weights(n, priority)
    inside = np.flatnonzero(weights)
    return Costs(c.shortages.start + inside, weights[inside])


def fairness_pairs(n: Numbers, priority: int) -> Pairs:
    """The class's resource-and-group pairs with demand."""
    inside = np.flatnonzero((n.demand_priority == priority) & (n.demand_quantity > 0))
    frame = pl.DataFrame(
        {
            "resource": n.demand_resource[inside],
            "group": pl.Series(n.demand_group[inside], dtype=pl.String),
            "quantity": n.demand_quantity[inside],
        }
    )
    pairs = frame.group_by("resource", "group", maintain_order=True).agg(pl.col("quantity").sum())
    pairs = pairs.with_row_index("pair")
    which = frame.join(pairs, on=["resource", "group"], how="left", maintain_order="left")
    return Pairs(
        priority=priority,
        resource=pairs["resource"].to_numpy(),
        group=pairs["group"].to_numpy(),
        demand=inside,
        pair=which["pair"].to_numpy().astype(np.int64),
        share=1.0 / which["quantity_right"].to_numpy(),
    )


def lateness(n: Numbers, c: Columns, priority: int) -> Costs:
    """Σ importance ÷ all demand of the resource in the class × wanted units × periods late."""
    weights = class_weights(n, priority)
    y = c.deliveries
    values = weights[y["demand"]] / y["per_unit"] * _late(n, c)
    late = np.flatnonzero(values)
    return Costs(y.columns[late], values[late])


def _late(n: Numbers, c: Columns) -> Array:
    late: Array = c.deliveries["period"] - n.demand_period[c.deliveries["demand"]]
    return late


def policy(n: Numbers, c: Columns) -> Costs:
    """Σ breaches, each as a share of what was asked."""
    reserve = n.network.table("reserves")["quantity_min"].to_numpy()[c.reserve_breaches["reserve"]]
    pledge = n.network.table("pledges")["quantity"].to_numpy()
    room = n.storage_m3_max[c.storage_breaches["site"]]
    asked = np.concatenate([reserve, pledge, np.where(room > 0, room, 1.0)])
    columns = np.concatenate(
        [c.reserve_breaches.columns, c.pledge_breaches.columns, c.storage_breaches.columns]
    )
    counts = asked > 0
    return Costs(columns[counts], 1.0 / asked[counts])


def cost(n: Numbers, lay: Layers, c: Columns) -> Costs:
    """Runs, shipments, vehicles, holding, substitutes' penalties and expired goods, in money."""
    r, s, y, w, z = c.runs, c.stocks, c.deliveries, c.expired, c.vehicles
    penalty = np.append(n.network.table("substitutes")["penalty_per_unit"].to_numpy(), 0.0)
    parts = [
        (r.columns, n.process_cost[r["process"]]),
        (c.shipments.columns, _freight(n, lay, c)),
        (z.columns, n.cost_per_vehicle[z["lane"]]),
        (s.columns, n.holding_cost[lay.resource[s["layer"]]]),
        (y.columns, penalty[y["substitute"]] / y["per_unit"]),
        (w.columns, n.value[lay.resource[w["layer"]]]),
    ]
    columns = np.concatenate([columns for columns, _ in parts])
    values = np.concatenate([values for _, values in parts])
    counts = values != 0
    return Costs(columns[counts], values[counts])


def _freight(n: Numbers, lay: Layers, c: Columns) -> Array:
    """Money a unit shipped: by mass, by volume, by unit, and duty on its value."""
    f = c.shipments
    lane, resource = f["lane"], lay.resource[f["layer"]]
    money: Array = n.cost_per_kg[lane] * n.mass_kg[resource]
    money += n.cost_per_m3[lane] * n.volume_m3[resource]
    entry = n.lane_resource
    if len(entry["lane"]):
        special = np.zeros(n.carries.shape)
        special[entry["lane"], entry["resource"]] = (
            entry["cost_per_unit"] + entry["duty_rate"] * n.value[entry["resource"]]
        )
        money += special[lane, resource]
    return money


def changes(n: Numbers, c: Columns) -> Costs:
    """Σ |shipment − commitment| ÷ commitment over those not firm."""
    share = 1.0 / loose_commitments(n)["loose"].to_numpy()
    columns = np.concatenate([c.above.columns, c.below.columns])
    return Costs(columns, np.concatenate([share, share]))


def total(n: Numbers, lay: Layers, c: Columns) -> Costs:
    """The single weighted sum: shortage, lateness, breaches and cost, in money."""
    y = c.deliveries
    late = n.network.objective.lateness_cost * _late(n, c) / y["per_unit"]
    reserve = n.network.table("reserves")["penalty_per_unit"].to_numpy()
    pledge = n.network.table("pledges")["penalty_per_unit"].to_numpy()
    money = cost(n, lay, c)
    parts = [
        (c.shortages.columns, n.shortage_cost),
        (y.columns, late),
        (c.reserve_breaches.columns, reserve[c.reserve_breaches["reserve"]]),
        (c.pledge_breaches.columns, pledge),
        (money.columns, money.values),
    ]
    columns = np.concatenate([columns for columns, _ in parts])
    values = np.concatenate([values for _, values in parts])
    counts = values != 0
    return Costs(columns[counts], values[counts])
