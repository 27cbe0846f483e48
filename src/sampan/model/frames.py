"""A point of the model → the plan's frames, in the tables' own words."""

from __future__ import annotations

import numpy as np
import polars as pl

from sampan.model.build import Model
from sampan.model.columns import Block
from sampan.model.labels import KEEPS, Follow, Split, mixed_resources, only_labels
from sampan.model.numbers import Array


def plan_frames(model: Model, x: Array) -> dict[str, pl.DataFrame]:
    """Every frame of the plan but its certificate; rows of quantity 0 are left out."""
    split: dict[int, Split] = {}
    for resource in mixed_resources(model):
        split |= Follow(model, x, resource).run()
    labels = _Labels(model, x, split)
    return {
        "shipments": _shipments(model, labels),
        "vehicles": _vehicles(model, x),
        "runs": _runs(model, x),
        "stocks": _stocks(model, labels),
        "deliveries": _deliveries(model, labels),
        "shortages": _shortages(model, x),
        "expiries": _expiries(model, x),
        "breaches": _breaches(model, x),
    }


class _Labels:
    """A block's rows with their quantities by true expiry."""

    def __init__(self, model: Model, x: Array, split: dict[int, Split]) -> None:
        self.model, self.x, self.split = model, x, split
        n = model.numbers
        lasting = np.full(len(n.keys["resources"]), KEEPS, dtype=np.int64)
        for resource, label in only_labels(model).items():
            lasting[resource] = label
        self.lasting = lasting

    def of(self, block: Block) -> tuple[Array, Array, pl.Series]:
        """Rows of the block (repeated where split), quantities and expires_period."""
        layers = self.model.layers
        quantity = block.of(self.x)
        row = np.flatnonzero(quantity > 0)
        quantity = quantity[row]
        expires = layers.expires[block["layer"][row]]
        outlasts = expires == self.model.numbers.periods
        resource = layers.resource[block["layer"][row]]
        expires = np.where(outlasts, self.lasting[resource], expires)
        if self.split:
            row, quantity, expires = self._apply_split(block, row, quantity, expires)
        series = pl.Series("expires_period", expires, dtype=pl.Int64)
        return row, quantity, series.set(series == KEEPS, None)

    def _apply_split(
        self, block: Block, row: Array, quantity: Array, expires: Array
    ) -> tuple[Array, Array, Array]:
        rows, quantities, labels = [], [], []
        for one, amount, label in zip(row, quantity, expires, strict=True):
            for part_label, part in self.split.get(int(block.start + one), [(label, amount)]):
                rows.append(one)
                quantities.append(part)
                labels.append(part_label)
        return (
            np.array(rows, dtype=np.int64),
            np.array(quantities, dtype=np.float64),
            np.array(labels, dtype=np.int64),
        )


def _whole(name: str, values: Array) -> pl.Series:
    return pl.Series(name, values, dtype=pl.Int64)


def _shipments(model: Model, labels: _Labels) -> pl.DataFrame:
    n, f = model.numbers, model.columns.shipments
    row, quantity, expires = labels.of(f)
    lane, period = f["lane"][row], f["period"][row]
    return pl.DataFrame(
        {
            "lane": n.names("lanes", lane),
            "resource": n.names("resources", model.layers.resource[f["layer"][row]]),
            "depart_period": _whole("", period),
            "arrive_period": _whole("", period + n.lane_lead[lane]),
            "quantity": quantity,
            "expires_period": expires,
        }
    )


def _vehicles(model: Model, x: Array) -> pl.DataFrame:
    """The least whole number of vehicles that carries what is shipped."""
    n, f = model.numbers, model.columns.shipments
    lane, period = f["lane"], f["period"]
    mine = n.has_vehicles[lane]
    resource = model.layers.resource[f["layer"][mine]]
    number = lane[mine] * n.periods + period[mine]
    size = len(n.origin) * n.periods
    mass = np.bincount(number, f.of(x)[mine] * n.mass_kg[resource], minlength=size)
    volume = np.bincount(number, f.of(x)[mine] * n.volume_m3[resource], minlength=size)
    lanes = np.repeat(np.arange(len(n.origin)), n.periods)
    need = np.maximum(mass / n.vehicle_kg[lanes], volume / n.vehicle_m3[lanes])
    count = np.ceil(need - 1e-9 * np.maximum(need, 1.0)).astype(np.int64)
    kept = np.flatnonzero(count > 0)
    return pl.DataFrame(
        {
            "lane": n.names("lanes", lanes[kept]),
            "period": _whole("", kept % n.periods),
            "count": _whole("", count[kept]),
        }
    )


def _runs(model: Model, x: Array) -> pl.DataFrame:
    n, r = model.numbers, model.columns.runs
    row = np.flatnonzero(r.of(x) > 0)
    return pl.DataFrame(
        {
            "process": n.names("processes", r["process"][row]),
            "period": _whole("", r["period"][row]),
            "quantity": r.of(x)[row],
        }
    )


def _stocks(model: Model, labels: _Labels) -> pl.DataFrame:
    n, s = model.numbers, model.columns.stocks
    row, quantity, expires = labels.of(s)
    return pl.DataFrame(
        {
            "site": n.names("sites", s["site"][row]),
            "resource": n.names("resources", model.layers.resource[s["layer"][row]]),
            "period": _whole("", s["period"][row]),
            "quantity": quantity,
            "expires_period": expires,
        }
    )


def _deliveries(model: Model, labels: _Labels) -> pl.DataFrame:
    n, y = model.numbers, model.columns.deliveries
    row, quantity, expires = labels.of(y)
    demand, period = y["demand"][row], y["period"][row]
    return pl.DataFrame(
        {
            "demand": n.names("demands", demand),
            "resource": n.names("resources", model.layers.resource[y["layer"][row]]),
            "period": _whole("", period),
            "quantity": quantity,
            "expires_period": expires,
            "late_periods": _whole("", period - n.demand_period[demand]),
        }
    )


def _shortages(model: Model, x: Array) -> pl.DataFrame:
    u = model.columns.shortages
    row = np.flatnonzero(u.of(x) > 0)
    names = model.numbers.names("demands", row)
    return pl.DataFrame({"demand": names, "quantity": u.of(x)[row]})


def _expiries(model: Model, x: Array) -> pl.DataFrame:
    n, lay, w = model.numbers, model.layers, model.columns.expired
    row = np.flatnonzero(w.of(x) > 0)
    layer = w["layer"][row]
    return pl.DataFrame(
        {
            "site": n.names("sites", w["site"][row]),
            "resource": n.names("resources", lay.resource[layer]),
            "period": _whole("", lay.expires[layer]),
            "quantity": w.of(x)[row],
        }
    )


def _breaches(model: Model, x: Array) -> pl.DataFrame:
    n, c = model.numbers, model.columns
    pledges = n.network.table("pledges")
    reserves = n.network.table("reserves")["reserve"]
    b = c.reserve_breaches
    parts = [
        ("reserve", reserves.gather(b["reserve"]), b["period"], b.of(x)),
        ("pledge", pledges["pledge"], pledges["period"].to_numpy(), c.pledge_breaches.of(x)),
    ]
    b = c.storage_breaches
    parts.append(("storage", n.names("sites", b["site"]), b["period"], b.of(x)))
    frames = [
        pl.DataFrame(
            {
                "policy": pl.Series([policy] * len(key), dtype=pl.String),
                "key": key.cast(pl.String),
                "period": _whole("", period),
                "quantity": quantity,
            }
        ).filter(pl.col("quantity") > 0)
        for policy, key, period, quantity in parts
    ]
    return pl.concat(frames)
