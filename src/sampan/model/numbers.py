"""The network's tables as numpy arrays, keys replaced by their row numbers.

Nothing is decided here; every other module of the model reads these arrays and stays free
of text keys and dataframes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sampan.network import Network

Array = NDArray[Any]


@dataclass(frozen=True)
class Supply:
    """Stocks (in period 0) and arrivals, one entry a row with a quantity above 0."""

    site: Array
    resource: Array
    period: Array
    expires: Array
    """Last usable period as stated; -1 for what keeps."""
    quantity: Array


@dataclass(frozen=True)
class Numbers:
    """All that the equations need, by row number. T periods, K resources, L lanes, P processes."""

    network: Network
    periods: int
    keys: dict[str, list[str]]
    """Keys by table name, in row order."""
    # resources
    is_service: Array
    is_equipment: Array
    mass_kg: Array
    volume_m3: Array
    value: Array
    holding_cost: Array
    importance: Array
    shelf_life: Array
    """-1 for what keeps."""
    # sites
    country: Array
    """Text; "" where none is given."""
    storage_m3_max: Array
    supply: Supply
    # processes and their flows
    process_site: Array
    process_lead: Array
    process_cost: Array
    runs_whole: Array
    runs_max: Array
    """P × T."""
    flow_process: Array
    flow_resource: Array
    flow_quantity: Array
    # lanes
    origin: Array
    destination: Array
    lane_lead: Array
    cost_per_kg: Array
    cost_per_m3: Array
    mass_kg_max: Array
    """L × T."""
    volume_m3_max: Array
    """L × T."""
    lane_open: Array
    """L × T, boolean."""
    vehicle_kg: Array
    """Infinite where mass does not limit a vehicle."""
    vehicle_m3: Array
    cost_per_vehicle: Array
    has_vehicles: Array
    # lanes × resources, L × K
    carries: Array
    lane_resource: dict[str, Array]
    """Columns of lane_resources: `lane`, `resource` and its attributes."""
    amount_max: Array
    """Capacities × T."""
    # demands
    demand_site: Array
    demand_resource: Array
    demand_period: Array
    demand_last: Array
    """Last period in which a delivery counts."""
    demand_quantity: Array
    demand_priority: Array
    demand_group: Array
    """Text."""
    shortage_cost: Array

    def names(self, table: str, rows: Array) -> pl.Series:
        """The keys of a table's rows as text."""
        return pl.Series(self.keys[table], dtype=pl.String).gather(rows)

    def countries(self, name: str) -> Array:
        """Which sites lie in a country, as a boolean array."""
        inside: Array = self.country == name
        return inside


def numbers(network: Network) -> Numbers:
    """The arrays of a network that passed `sampan.check`."""
    tables = {name: network.table(name) for name in network_tables()}
    keys = {
        name: tables[name][key].to_list()
        for name, key in (
            ("sites", "site"),
            ("resources", "resource"),
            ("processes", "process"),
            ("lanes", "lane"),
            ("capacities", "capacity"),
            ("demands", "demand"),
        )
    }
    periods = network.periods
    lane_resource = _lane_resources(tables["lane_resources"], keys)
    return Numbers(
        network=network,
        periods=periods,
        keys=keys,
        **_resources(tables["resources"]),
        country=tables["sites"]["country"].fill_null("").to_numpy(),
        storage_m3_max=tables["sites"]["storage_m3_max"].to_numpy(),
        supply=_supply(tables, keys, periods),
        **_processes(tables, keys, periods),
        **_lanes(tables, keys, periods),
        carries=_carries(lane_resource, len(keys["lanes"]), len(keys["resources"])),
        lane_resource=lane_resource,
        amount_max=_by_period(tables, keys, "capacities", "amount_max", periods),
        **_demands(tables, keys, periods),
    )


def network_tables() -> tuple[str, ...]:
    """Tables that the arrays are made of (policies are read where they are used)."""
    return (
        "sites", "resources", "stocks", "arrivals", "processes", "process_flows", "lanes",
        "lane_resources", "capacities", "profiles", "demands",
    )  # fmt: skip


def code(values: pl.Series, keys: list[str]) -> Array:
    """Row numbers of keys; every value must be one of them."""
    if not keys:
        return np.zeros(0, dtype=np.int64)
    return values.cast(pl.Enum(keys)).to_physical().to_numpy().astype(np.int64)


def _whole(column: pl.Series, missing: int = -1) -> Array:
    return column.fill_null(missing).to_numpy()


def _resources(frame: pl.DataFrame) -> dict[str, Array]:
    columns = ("mass_kg", "volume_m3", "value", "holding_cost", "importance")
    return {
        "is_service": (frame["kind"] == "service").to_numpy(),
        "is_equipment": (frame["kind"] == "equipment").to_numpy(),
        "shelf_life": _whole(frame["shelf_life_periods"]),
        **{name: frame[name].to_numpy() for name in columns},
    }


def _supply(tables: dict[str, pl.DataFrame], keys: dict[str, list[str]], periods: int) -> Supply:
    shelf = tables["resources"].select("resource", "shelf_life_periods")
    stocks = tables["stocks"].with_columns(pl.lit(0, dtype=pl.Int64).alias("period"))
    arrivals = tables["arrivals"].join(shelf, on="resource", how="left", maintain_order="left")
    arrivals = arrivals.with_columns(
        pl.col("expires_period").fill_null(pl.col("period") + pl.col("shelf_life_periods"))
    )
    columns = ["site", "resource", "period", "expires_period", "quantity"]
    both = pl.concat([stocks.select(columns), arrivals.select(columns)])
    both = both.filter(pl.col("quantity") > 0)
    return Supply(
        site=code(both["site"], keys["sites"]),
        resource=code(both["resource"], keys["resources"]),
        period=both["period"].to_numpy(),
        expires=_whole(both["expires_period"]),
        quantity=both["quantity"].to_numpy(),
    )


def _by_period(
    tables: dict[str, pl.DataFrame],
    keys: dict[str, list[str]],
    table: str,
    attribute: str,
    periods: int,
) -> Array:
    """rows × T: the table's own value, replaced where a profile says so."""
    if attribute == "open":
        base = np.ones(len(keys[table]))
    else:
        base = tables[table][attribute].to_numpy()
    # a broadcast view costs no memory; it is copied only if a profile changes it
    values: Array = np.broadcast_to(base[:, None], (len(base), periods))
    profile = tables["profiles"].filter(
        (pl.col("table") == table) & (pl.col("attribute") == attribute)
    )
    if len(profile):
        values = values.copy()
        rows = code(profile["key"], keys[table])
        values[rows, profile["period"].to_numpy()] = profile["value"].to_numpy()
    return values


def _processes(
    tables: dict[str, pl.DataFrame], keys: dict[str, list[str]], periods: int
) -> dict[str, Array]:
    frame, flows = tables["processes"], tables["process_flows"]
    flows = flows.filter(pl.col("quantity_per_run") != 0)
    return {
        "process_site": code(frame["site"], keys["sites"]),
        "process_lead": frame["lead_time_periods"].to_numpy(),
        "process_cost": frame["cost_per_run"].to_numpy(),
        "runs_whole": frame["runs_whole"].to_numpy(),
        "runs_max": _by_period(tables, keys, "processes", "runs_max", periods),
        "flow_process": code(flows["process"], keys["processes"]),
        "flow_resource": code(flows["resource"], keys["resources"]),
        "flow_quantity": flows["quantity_per_run"].to_numpy(),
    }


def _lanes(
    tables: dict[str, pl.DataFrame], keys: dict[str, list[str]], periods: int
) -> dict[str, Array]:
    frame = tables["lanes"]
    vehicle = frame.select("vehicle_kg", "vehicle_m3", "cost_per_vehicle")
    given = vehicle.select(pl.any_horizontal(pl.all().is_not_null()).alias("any"))["any"]
    return {
        "origin": code(frame["origin"], keys["sites"]),
        "destination": code(frame["destination"], keys["sites"]),
        "lane_lead": frame["lead_time_periods"].to_numpy(),
        "cost_per_kg": frame["cost_per_kg"].to_numpy(),
        "cost_per_m3": frame["cost_per_m3"].to_numpy(),
        "mass_kg_max": _by_period(tables, keys, "lanes", "mass_kg_max", periods),
        "volume_m3_max": _by_period(tables, keys, "lanes", "volume_m3_max", periods),
        "lane_open": _by_period(tables, keys, "lanes", "open", periods) > 0,
        "vehicle_kg": vehicle["vehicle_kg"].fill_null(np.inf).to_numpy(),
        "vehicle_m3": vehicle["vehicle_m3"].fill_null(np.inf).to_numpy(),
        "cost_per_vehicle": vehicle["cost_per_vehicle"].fill_null(0.0).to_numpy(),
        "has_vehicles": given.to_numpy(),
    }


def _lane_resources(frame: pl.DataFrame, keys: dict[str, list[str]]) -> dict[str, Array]:
    allowed = frame["allowed"].cast(pl.Int8).fill_null(-1)
    columns = ("cost_per_unit", "duty_rate", "quantity_max")
    return {
        "lane": code(frame["lane"], keys["lanes"]),
        "resource": code(frame["resource"], keys["resources"]),
        "allowed": allowed.to_numpy(),
        **{name: frame[name].to_numpy() for name in columns},
        "quantity_min": frame["quantity_min"].fill_null(0.0).to_numpy(),
        "lot_size": frame["lot_size"].fill_null(0.0).to_numpy(),
    }


def _carries(lane_resource: dict[str, Array], lanes: int, resources: int) -> Array:
    """L × K: whether a lane may carry a resource."""
    carries = np.ones((lanes, resources), dtype=bool)
    lane, resource, allowed = (lane_resource[name] for name in ("lane", "resource", "allowed"))
    only = allowed == 1
    carries[lane[only], :] = False
    carries[lane[only], resource[only]] = True
    carries[lane[allowed == 0], resource[allowed == 0]] = False
    return carries


def _demands(
    tables: dict[str, pl.DataFrame], keys: dict[str, list[str]], periods: int
) -> dict[str, Array]:
    frame = tables["demands"]
    resource = code(frame["resource"], keys["resources"])
    stored = (tables["resources"]["kind"] == "good").to_numpy()[resource]
    period = frame["period"].to_numpy()
    late = _whole(frame["lateness_max"])
    late = np.where(late >= 0, late, np.where(stored, periods, 0))
    return {
        "demand_site": code(frame["site"], keys["sites"]),
        "demand_resource": resource,
        "demand_period": period,
        "demand_last": np.minimum(period + late, periods - 1),
        "demand_quantity": frame["quantity"].to_numpy(),
        "demand_priority": frame["priority"].to_numpy(),
        "demand_group": frame["group"].fill_null(frame["site"]).to_numpy(),
        "shortage_cost": frame["shortage_cost_per_unit"].to_numpy(),
    }
