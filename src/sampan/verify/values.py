"""The value of every stage, recomputed from the plan's quantity frames."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import fsum

import polars as pl

from sampan.verify.form import Frames
from sampan.verify.policy import reserve_rows, storage_rows
from sampan.verify.rules import fill_groups
from sampan.verify.tables import Tables


@dataclass(frozen=True)
class Value:
    """A sum and the sum of its terms' sizes, by which rounding is judged."""

    value: float
    magnitude: float


def total_of(terms: pl.Series) -> Value:
    """The exactly rounded sum of a column."""
    numbers = terms.cast(pl.Float64).to_list()
    return Value(fsum(numbers), fsum(map(abs, numbers)))


class Values:
    """Stage values of one plan."""

    def __init__(self, tables: Tables, frames: Frames) -> None:
        self.tables = tables
        self.frames = frames

    @cached_property
    def classes(self) -> list[int]:
        """Priority classes with demand, the most urgent first."""
        wanted = self.tables.demands.filter(pl.col("quantity") > 0)
        return wanted["priority"].unique().sort().to_list()

    @cached_property
    def demands(self) -> pl.DataFrame:
        """Demands with `share`: importance ÷ all demand of the resource in the class."""
        all_of_it = pl.col("quantity").sum().over("priority", "resource")
        demands = self.tables.demands.filter(pl.col("quantity") > 0)
        return demands.with_columns((pl.col("importance") / all_of_it).alias("share"))

    def shortage(self, priority: int) -> Value:
        """Unmet shares of the class, weighted by importance."""
        short = self.frames["shortages"].select("demand", pl.col("quantity").alias("short"))
        rows = self.demands.filter(pl.col("priority") == priority).join(short, on="demand")
        return total_of(rows["share"] * rows["short"])

    @cached_property
    def fill_rates(self) -> pl.DataFrame:
        """priority, group, resource, demanded, fill."""
        short = self.frames["shortages"].select("demand", pl.col("quantity").alias("short"))
        keys = ["priority", "group", "resource"]
        unmet = self.tables.demands.join(short, on="demand").group_by(keys)
        groups = fill_groups(self.tables.demands)
        groups = groups.join(unmet.agg(pl.col("short").sum()), on=keys, how="left")
        fill = 1 - pl.col("short").fill_null(0.0) / pl.col("demanded")
        return groups.with_columns(fill.alias("fill")).sort(keys)

    @cached_property
    def met(self) -> pl.DataFrame:
        """Deliveries with `wanted`: in units of the resource wanted."""
        wanted = pl.col("quantity") / pl.col("quantity_per_unit")
        return self.frames["deliveries"].with_columns(wanted.alias("wanted"))

    @cached_property
    def late(self) -> pl.DataFrame:
        """Deliveries with `unit_periods`: wanted units times periods late."""
        lateness = pl.col("period") - pl.col("due")
        return self.met.with_columns((pl.col("wanted") * lateness).alias("unit_periods"))

    def lateness(self, priority: int) -> Value:
        """Late unit periods of the class, weighted as shortage is."""
        demands = self.demands.filter(pl.col("priority") == priority).select("demand", "share")
        rows = self.late.join(demands, on="demand")
        return total_of(rows["unit_periods"] * rows["share"])

    @cached_property
    def breaches(self) -> pl.DataFrame:
        """breach, asked, penalty_per_unit of every soft rule that is broken."""
        reserves = reserve_rows(self.tables, self.frames).filter(~pl.col("hard")).select(
            "breach", pl.col("quantity_min").alias("asked"), "penalty_per_unit"
        )  # fmt: skip
        missed = (
            self.frames["breaches"]
            .filter(pl.col("policy") == "pledge")
            .select(pl.col("key").alias("pledge"), pl.col("quantity").alias("breach"))
        )
        pledges = (
            self.tables.network.table("pledges")
            .join(missed, on="pledge")
            .select("breach", pl.col("quantity").alias("asked"), "penalty_per_unit")
        )
        limit = pl.col("storage_m3_max")
        storage = storage_rows(self.tables, self.frames).select(
            "breach",
            pl.when(limit > 0).then(limit).otherwise(1.0).alias("asked"),
            pl.lit(0.0).alias("penalty_per_unit"),
        )
        together = pl.concat([reserves, pledges, storage])
        return together.filter((pl.col("breach") > 0) & (pl.col("asked") > 0))

    def policy(self) -> Value:
        """Soft breaches as shares of what was asked."""
        return total_of(self.breaches["breach"] / self.breaches["asked"])

    def _cost_terms(self) -> pl.Series:
        network, tables, frames = self.tables.network, self.tables, self.frames
        quantity = pl.col("quantity")
        runs = frames["runs"].join(network.table("processes"), on="process")
        shipped = frames["shipments"].join(shipping_costs(tables), on=["lane", "resource"])
        vehicles = frames["vehicles"].join(tables.lanes, on="lane")
        stocks = tables.with_resource(frames["stocks"], "holding_cost")
        expired = tables.with_resource(frames["expiries"], "value")
        each = (
            (runs, quantity * pl.col("cost_per_run")),
            (shipped, quantity * pl.col("cost")),
            (vehicles, pl.col("count") * pl.col("cost_per_vehicle").fill_null(0.0)),
            (stocks, quantity * pl.col("holding_cost")),
            (self.met, pl.col("wanted") * pl.col("penalty_per_unit")),
            (expired, quantity * pl.col("value")),
        )
        return pl.concat([rows.select(term.alias("term")).to_series() for rows, term in each])

    def cost(self) -> Value:
        """Everything that costs money."""
        return total_of(self._cost_terms())

    def changes(self) -> Value:
        """What ships differently from what was ordered but is not firm, as shares of it."""
        keys, quantity = ["lane", "resource", "period"], pl.col("quantity")
        ordered = self.tables.network.table("commitments").group_by(keys).agg(
            quantity.sum().alias("ordered"), quantity.filter(~pl.col("firm")).sum().alias("open")
        )  # fmt: skip
        sent = self.frames["shipments"].group_by(keys).agg(quantity.sum().alias("sent"))
        rows = ordered.filter(pl.col("open") > 0).join(sent, on=keys, how="left")
        changed = (pl.col("sent").fill_null(0.0) - pl.col("ordered")).abs() / pl.col("open")
        return total_of(rows.select(changed).to_series())

    def total(self) -> Value:
        """Shortage, lateness and breaches in money, and everything in `cost`."""
        demands = self.tables.demands.select("demand", "shortage_cost_per_unit")
        short = self.frames["shortages"].join(demands, on="demand")
        terms = [
            short["quantity"] * short["shortage_cost_per_unit"],
            self.late["unit_periods"] * self.tables.network.objective.lateness_cost,
            self.breaches["breach"] * self.breaches["penalty_per_unit"],
            self._cost_terms(),
        ]
        return total_of(pl.concat([term.cast(pl.Float64).alias("term") for term in terms]))


def shipping_costs(tables: Tables) -> pl.DataFrame:
    """lane, resource, cost: money a unit for kg, m³, unit and duty, for every pair."""
    lanes = tables.lanes.select("lane", "cost_per_kg", "cost_per_m3")
    resources = tables.resources.select("resource", "mass_kg", "volume_m3", "value")
    special = tables.lane_resources.select("lane", "resource", "cost_per_unit", "duty_rate")
    rows = lanes.join(resources, how="cross", maintain_order="left_right")
    rows = rows.join(special, on=["lane", "resource"], how="left", maintain_order="left")
    cost = (
        pl.col("cost_per_kg") * pl.col("mass_kg")
        + pl.col("cost_per_m3") * pl.col("volume_m3")
        + pl.col("cost_per_unit").fill_null(0.0)
        + pl.col("duty_rate").fill_null(0.0) * pl.col("value")
    )
    return rows.select("lane", "resource", cost.alias("cost"))
