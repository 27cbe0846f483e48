"""The tables of a generated network, from the arrays of its world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from world import Array, World

from sampan.network import Network, Objective

SHORTAGE_FACTOR = {1: 100.0, 2: 30.0, 3: 10.0}
"""Shortage cost a unit by priority, as a multiple of the resource's value."""


@dataclass(frozen=True)
class Generated:
    """Tables by name, and the settings that stand beside them in network.toml."""

    tables: dict[str, pl.DataFrame]
    settings: dict[str, Any]

    def network(self) -> Network:
        return Network.from_frames(self.tables, **self.network_settings())

    def network_settings(self) -> dict[str, Any]:
        """The settings as `Network.from_frames` takes them."""
        return {**self.settings, "objective": Objective(**self.settings["objective"])}


def generated(w: World) -> Generated:
    """Tables and settings of a world; tables without rows are left out."""
    o = w.options
    made = {
        "sites": _sites(w),
        "resources": _resources(w),
        "stocks": _stocks(w),
        "arrivals": _arrivals(w),
        "processes": _processes(w),
        "process_flows": _process_flows(w),
        "lanes": _lane_table(w),
        "lane_resources": _lane_resources(w),
        "capacities": _capacities(w),
        "capacity_loads": _capacity_loads(w),
        "demands": _demands(w),
    }
    kind = "tight" if o.tight else "loose"
    settings = {
        "name": f"generated, {kind}, about {o.columns} columns, seed {o.seed}",
        "start": date(2020, 2, 1),
        "periods": o.periods,
        "period_length": "day",
        "currency": "CNY",
        "source": "Made by benchmarks/generate.py from a seed; no figure is real.",
        "objective": {"stages": o.stages, "lateness_cost": 1.0},
    }
    return Generated({name: frame for name, frame in made.items() if len(frame)}, settings)


def _sites(w: World) -> pl.DataFrame:
    at = {"hospital": w.hospital_at, "hub": w.hub_at, "factory": w.factory_at,
          "mill": w.mill_at}  # fmt: skip
    points = np.concatenate(list(at.values()))
    return pl.DataFrame(
        {
            "site": [key for kind in at for key in w.keys[kind]],
            "kind": [kind for kind in at for _ in w.keys[kind]],
            "country": ["CN"] * len(points),
            "latitude_deg": np.round(22.0 + 18.0 * points[:, 1], 4),
            "longitude_deg": np.round(102.0 + 18.0 * points[:, 0], 4),
        }
    )


def _resources(w: World) -> pl.DataFrame:
    count, everything = w.options.resources, len(w.resource_keys)
    lent = np.concatenate([w.equipment, np.zeros(w.materials, dtype=bool)])
    expires = (np.arange(everything) % 2 == 0) & ~lent & (np.arange(everything) < count)
    shelf = w.options.shelf_life
    return pl.DataFrame(
        {
            "resource": w.resource_keys,
            "unit": ["piece"] * count + ["kg"] * w.materials,
            "kind": np.where(lent, "equipment", "good").tolist(),
            "mass_kg": np.round(w.volume * 200.0, 4),
            "volume_m3": w.volume,
            "shelf_life_periods": [shelf if one else None for one in expires],
            "value": w.value,
            "holding_cost": np.round(w.value * 0.001, 6),
        },
        schema_overrides={"shelf_life_periods": pl.Int64},
    )


def _cover(w: World, rng: np.random.Generator, quantity: Array, low: float, high: float) -> Array:
    """Stock for a drawn number of periods; twice as much where things are loose."""
    ample = 1.0 if w.options.tight else 2.0
    return np.ceil(quantity * ample * rng.uniform(low, high, quantity.shape))


def _stocks(w: World) -> pl.DataFrame:
    """Hubs hold some of everything, hospitals of what they want, factories of materials."""
    rng = np.random.default_rng([w.options.seed, 1])
    parts = [
        _holdings(w, "hospital", _cover(w, rng, w.mean_demand, 0.5, 1.5)),
        _holdings(w, "hub", np.maximum(_cover(w, rng, w.hub_demand, 0.5, 2.0), 1.0)),
    ]
    if w.materials:
        held = _cover(w, rng, w.material_need, 1.0, 3.0)
        parts.append(_holdings(w, "factory", held, w.options.resources))
    stocks = pl.concat(parts)
    if w.options.shelf_life is None:
        return stocks
    shelf = _resources(w).select("resource", "shelf_life_periods")
    left = pl.Series(rng.random(len(stocks)))
    return (
        stocks.join(shelf, on="resource", how="left", maintain_order="left")
        .with_columns(
            ((pl.col("shelf_life_periods") + 1) * left).floor().cast(pl.Int64)
            .alias("expires_period")
        )
        .drop("shelf_life_periods")
    )  # fmt: skip


def _holdings(w: World, kind: str, quantity: Array, first_resource: int = 0) -> pl.DataFrame:
    site, resource = np.nonzero(quantity)
    return pl.DataFrame(
        {
            "site": pl.Series(w.keys[kind], dtype=pl.String).gather(site),
            "resource": pl.Series(w.resource_keys).gather(resource + first_resource),
            "quantity": quantity[site, resource],
        }
    )


def _arrivals(w: World) -> pl.DataFrame:
    """At each hub, one resource in four is already on its way."""
    rng = np.random.default_rng([w.options.seed, 2])
    coming = rng.random(w.hub_demand.shape) < 0.25
    frame = _holdings(w, "hub", np.ceil(w.hub_demand * coming))
    period = rng.integers(0, w.options.periods, len(frame))
    return frame.with_columns(pl.Series("period", period, dtype=pl.Int64))


def _process_keys(w: World) -> tuple[Array, Array, list[str]]:
    factory, resource = np.nonzero(w.made)
    factories, resources = w.keys["factory"], w.resource_keys
    keys = [f"{factories[f]}-{resources[k]}" for f, k in zip(factory, resource, strict=True)]
    return factory, resource, keys


def _mill_keys(w: World) -> tuple[Array, Array, list[str]]:
    mill, material = np.divmod(np.arange(w.mills * w.materials), max(w.materials, 1))
    first = w.options.resources
    keys = [
        f"{w.keys['mill'][m]}-{w.resource_keys[first + x]}"
        for m, x in zip(mill, material, strict=True)
    ]
    return mill, material, keys


def _processes(w: World) -> pl.DataFrame:
    factory, resource, keys = _process_keys(w)
    mill, material, mill_keys = _mill_keys(w)
    supply = w.material_need.sum(axis=0) * (0.9 if w.options.tight else 1.5)
    bought = np.ceil(supply / max(w.mills, 1))
    first = w.options.resources
    return pl.DataFrame(
        {
            "process": keys + mill_keys,
            "site": [w.keys["factory"][f] for f in factory] + [w.keys["mill"][m] for m in mill],
            "runs_max": np.concatenate([w.made[factory, resource], bought[material]]),
            "cost_per_run": np.concatenate(
                [w.value[resource] * 0.4, w.value[first + material] * 0.2]
            ).round(4),
            "lead_time_periods": np.concatenate(
                [w.lead[factory, resource], np.zeros(len(mill), dtype=np.int64)]
            ),
        }
    )


def _process_flows(w: World) -> pl.DataFrame:
    _, resource, keys = _process_keys(w)
    _, material, mill_keys = _mill_keys(w)
    first = w.options.resources
    outputs = np.concatenate([resource, first + material])
    row, used = np.nonzero(w.recipe[resource])
    process = pl.Series(keys + mill_keys, dtype=pl.String)
    names = pl.Series(w.resource_keys, dtype=pl.String)
    return pl.DataFrame(
        {
            "process": pl.concat([process, process.gather(row)]),
            "resource": pl.concat([names.gather(outputs), names.gather(first + used)]),
            "quantity_per_run": np.concatenate(
                [np.ones(len(outputs)), -w.recipe[resource[row], used]]
            ),
        }
    )


def _lane_table(w: World) -> pl.DataFrame:
    parts = []
    for lane in w.lane_parts:
        frame = pl.DataFrame(
            {
                "origin": lane["origin"],
                "destination": lane["destination"],
                "lead_time_periods": lane["lead"],
                "volume_m3_max": np.maximum(lane["volume"], 0.001).round(4),
                "cost_per_m3": lane["cost"],
                "distance_km": lane["distance"],
            }
        )
        parts.append(frame)
    lanes = pl.concat(parts)
    key = pl.format("{}-{}", "origin", "destination").alias("lane")
    return lanes.select(key, pl.lit("road").alias("mode"), pl.all())


def _lane_resources(w: World) -> pl.DataFrame:
    """Materials stay upstream: no lane out of a factory carries them."""
    outward = next(lane for lane in w.lane_parts if lane["kind"] == "factory")
    materials = w.resource_keys[w.options.resources :]
    lanes = [f"{a}-{b}" for a, b in zip(outward["origin"], outward["destination"], strict=True)]
    pairs = [(lane, material) for lane in lanes for material in materials]
    frame = pl.DataFrame(pairs, schema={"lane": pl.String, "resource": pl.String}, orient="row")
    return frame.with_columns(pl.lit(value=False).alias("allowed"))


def _lines(w: World) -> pl.DataFrame:
    factory, resource, keys = _process_keys(w)
    return pl.DataFrame(
        {
            "capacity": [f"line-{w.keys['factory'][f]}" for f in factory],
            "activity": keys,
            "amount_per_unit": w.hours[resource],
            "per": ["run"] * len(keys),
            "most": w.hours[resource] * w.made[factory, resource],
        }
    )


def _fleets(w: World) -> pl.DataFrame:
    lanes = _lane_table(w).filter(pl.col("origin").is_in(w.keys["hub"]))
    return lanes.select(
        pl.format("fleet-{}", "origin").alias("capacity"),
        pl.col("lane").alias("activity"),
        pl.lit(1.0).alias("amount_per_unit"),
        pl.lit("m3").alias("per"),
        pl.col("volume_m3_max").alias("most"),
    )


def _capacities(w: World) -> pl.DataFrame:
    """Each has room for a part of what its activities could take together."""
    if not w.options.shared_capacities:
        return pl.DataFrame()
    part = 0.7 if w.options.tight else 1.0
    most = pl.concat([_lines(w), _fleets(w)])
    return most.group_by("capacity", maintain_order=True).agg(
        (pl.col("most").sum() * part).alias("amount_max")
    )


def _capacity_loads(w: World) -> pl.DataFrame:
    if not w.options.shared_capacities:
        return pl.DataFrame()
    return pl.concat([_lines(w), _fleets(w)]).drop("most")


def _demands(w: World) -> pl.DataFrame:
    o = w.options
    hospital, resource, period = np.nonzero(w.demand)
    priority = w.priority[hospital, resource]
    factor = np.array([0.0, *SHORTAGE_FACTOR.values()])[priority]
    hubs = pl.Series(w.keys["hub"], dtype=pl.String)
    frame = pl.DataFrame(
        {
            "site": pl.Series(w.keys["hospital"]).gather(hospital),
            "resource": pl.Series(w.resource_keys).gather(resource),
            "period": period.astype(np.int64),
            "quantity": w.demand[hospital, resource, period],
            "priority": priority,
            "lateness_max": np.where(w.equipment[resource], 0, o.lateness_max),
            "shortage_cost_per_unit": np.round(w.value[resource] * factor, 2),
            "group": hubs.gather(w.nearest_hub[hospital]),
        }
    )
    key = pl.format("{}-{}-{}", "site", "resource", "period").alias("demand")
    return frame.select(key, pl.all())
