"""The network as arrays, for the bounds: keys become positions, limits spread over the periods.

Sizes in shapes: T periods, S sites, K resources, L lanes, P processes, Q layers of all resources.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sampan.verify.tables import Tables

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def positions(values: pl.Series, keys: pl.Series) -> Ints:
    """The position of each value among the keys, -1 where it is none of them."""
    numbered = pl.DataFrame({"key": keys}).with_row_index("at")
    found = pl.DataFrame({"key": values}).join(
        numbered, on="key", how="left", maintain_order="left"
    )
    return found["at"].cast(pl.Int64).fill_null(-1).to_numpy()


class World:
    """Positions and arrays of one network."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.periods = tables.periods
        network = tables.network
        self.sites = network.table("sites")["site"]
        self.resources = tables.resources
        self.lanes = tables.lanes
        self.processes = network.table("processes")
        self.demands = tables.demands
        self.capacities = network.table("capacities")

    def site_at(self, values: pl.Series) -> Ints:
        return positions(values, self.sites)

    def resource_at(self, values: pl.Series) -> Ints:
        return positions(values, self.resources["resource"])

    def lane_at(self, values: pl.Series) -> Ints:
        return positions(values, self.lanes["lane"])

    def process_at(self, values: pl.Series) -> Ints:
        return positions(values, self.processes["process"])

    @cached_property
    def lane_lead(self) -> Ints:
        return self.lanes["lead_time_periods"].to_numpy()

    @cached_property
    def origin(self) -> Ints:
        return self.site_at(self.lanes["origin"])

    @cached_property
    def destination(self) -> Ints:
        return self.site_at(self.lanes["destination"])

    @cached_property
    def carries(self) -> Bools:
        """(L, K): whether the lane carries the resource."""
        carries = np.ones((len(self.lanes), len(self.resources)), dtype=bool)
        pairs = pl.DataFrame({"lane": self.lanes["lane"]}).join(
            pl.DataFrame({"resource": self.resources["resource"]}), how="cross"
        )
        barred = self.tables.not_allowed(pairs)
        carries[self.lane_at(barred["lane"]), self.resource_at(barred["resource"])] = False
        return carries

    def by_lane_resource(self, attribute: str, default: float) -> Floats:
        """(L, K): a number of lane_resources."""
        rows = self.tables.lane_resources
        values = np.full((len(self.lanes), len(self.resources)), default)
        at = self.lane_at(rows["lane"]), self.resource_at(rows["resource"])
        values[at] = rows[attribute].fill_null(default).to_numpy()
        return values

    def limit(self, table: str, key: str, attribute: str) -> Floats:
        """(rows of the table, T): a limit with its profile put over it."""
        rows = self.tables.network.table(table).select(key)
        periods = pl.DataFrame({"period": pl.int_range(self.periods, dtype=pl.Int64, eager=True)})
        limits = self.tables.limit(
            rows.join(periods, how="cross", maintain_order="left"), table, key, attribute
        )
        return limits["limit"].to_numpy().reshape(len(rows), self.periods)

    @cached_property
    def lane_open(self) -> Bools:
        """(L, T): whether anything may leave, and arrives within the calendar."""
        periods = np.arange(self.periods)
        is_open = periods[None, :] + self.lane_lead[:, None] < self.periods
        profiles = self.tables.network.table("profiles").filter(
            (pl.col("table") == "lanes") & (pl.col("attribute") == "open") & (pl.col("value") <= 0)
        )
        is_open[self.lane_at(profiles["key"]), profiles["period"].to_numpy()] = False
        return is_open

    @cached_property
    def mass_max(self) -> Floats:
        return self.limit("lanes", "lane", "mass_kg_max")

    @cached_property
    def volume_max(self) -> Floats:
        return self.limit("lanes", "lane", "volume_m3_max")

    @cached_property
    def runs_max(self) -> Floats:
        return self.limit("processes", "process", "runs_max")

    @cached_property
    def amount_max(self) -> Floats:
        return self.limit("capacities", "capacity", "amount_max")

    @cached_property
    def loads(self) -> pl.DataFrame:
        """capacity_loads with positions `capacity_at` and `at` (of the process or lane)."""
        loads = self.tables.network.table("capacity_loads")
        at = np.where(
            (loads["per"] == "run").to_numpy(),
            self.process_at(loads["activity"]),
            self.lane_at(loads["activity"]),
        )
        capacity = positions(loads["capacity"], self.capacities["capacity"])
        return loads.with_columns(pl.Series("at", at), pl.Series("capacity_at", capacity))

    def loads_per(self, per: str) -> list[tuple[int, int, float]]:
        """(capacity, activity, amount) of the loads that take something."""
        chosen = self.loads.filter((pl.col("per") == per) & (pl.col("amount_per_unit") > 0))
        return list(chosen.select("capacity_at", "at", "amount_per_unit").iter_rows())

    def within_capacity(self, limits: Floats, per: str) -> Floats:
        """The limits (activities, T), tightened by what shared capacities leave at most."""
        tightened = limits.copy()
        for capacity, activity, amount in self.loads_per(per):
            most = self.amount_max[capacity] / amount
            tightened[activity] = np.minimum(tightened[activity], most)
        return tightened

    @cached_property
    def own_runs_max(self) -> Floats:
        """(P, T): runs that may start and are finished within the calendar."""
        most = self.within_capacity(self.runs_max, "run")
        lead = self.processes["lead_time_periods"].to_numpy()
        most[np.arange(self.periods)[None, :] + lead[:, None] >= self.periods] = 0.0
        return most

    @cached_property
    def mass(self) -> Floats:
        return self.resources["mass_kg"].to_numpy()

    @cached_property
    def volume(self) -> Floats:
        return self.resources["volume_m3"].to_numpy()

    @cached_property
    def is_service(self) -> Bools:
        return (self.resources["kind"] == "service").to_numpy()

    @cached_property
    def is_equipment(self) -> Bools:
        return (self.resources["kind"] == "equipment").to_numpy()

    @cached_property
    def process_site(self) -> Ints:
        return self.site_at(self.processes["site"])

    @cached_property
    def process_lead(self) -> Ints:
        return self.processes["lead_time_periods"].to_numpy()

    def flows(self, *, used: bool) -> tuple[Ints, Ints, Floats]:
        """Process, resource and quantity a run (positive), of what is used or of what is made."""
        sign = -1.0 if used else 1.0
        rows = self.tables.network.table("process_flows")
        rows = rows.filter(pl.col("quantity_per_run") * sign > 0)
        quantity = rows["quantity_per_run"].to_numpy() * sign
        return self.process_at(rows["process"]), self.resource_at(rows["resource"]), quantity

    @cached_property
    def layers(self) -> Layers:
        return Layers(self)

    @cached_property
    def supply(self) -> tuple[Ints, Ints, Ints, Floats]:
        """Period, site, layer and quantity of stocks and arrivals."""
        rows = self.tables.supply
        resource = self.resource_at(rows["resource"])
        layer = self.layers.of(resource, rows["expires"].to_numpy())
        site = self.site_at(rows["site"])
        return rows["period"].to_numpy(), site, layer, rows["quantity"].to_numpy()


class Layers:
    """Every resource's layers: what keeps to the calendar's end, and each last period before.

    `resource` and `last` (T for what keeps) are shaped (Q,); `index` (K, T + 1) is the layer of a
    resource and last period, -1 where there is none.
    """

    def __init__(self, world: World) -> None:
        periods, count = world.periods, len(world.resources)
        exists = np.zeros((count, periods + 1), dtype=bool)
        exists[:, periods] = True
        supply = world.tables.supply
        last = np.minimum(supply["expires"].to_numpy(), periods)
        exists[world.resource_at(supply["resource"]), last] = True
        self._life = world.resources["shelf_life_periods"].fill_null(periods).to_numpy()
        _, resource, _ = world.flows(used=False)
        for period in range(periods):
            out = np.minimum(period + np.minimum(self._life[resource], periods), periods)
            exists[resource, out] = True
        self.resource, self.last = (part.astype(np.int64) for part in np.nonzero(exists))
        self.index = np.full(exists.shape, -1, dtype=np.int64)
        self.index[self.resource, self.last] = np.arange(len(self.resource))
        self._periods = periods

    def of(self, resource: Ints, last: Ints) -> Ints:
        """The layer of units of a resource with this last usable period."""
        layer: Ints = self.index[resource, np.minimum(last, self._periods)]
        return layer

    def made(self, resource: Ints, period: Ints) -> Ints:
        """The layer of what comes out of a process in a period."""
        return self.of(resource, period + np.minimum(self._life[resource], self._periods))
