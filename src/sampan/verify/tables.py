"""The network's tables as `verify` needs them: defaults filled in, keys joined."""

from __future__ import annotations

from functools import cached_property

import polars as pl

from sampan.network import Network

KEEPS = 2**31 - 1
"""Stands for an empty `expires_period`: the unit keeps."""


class Tables:
    """A network's tables, with what depends on other rows filled in."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.periods = network.periods

    @cached_property
    def resources(self) -> pl.DataFrame:
        """resource, kind, mass_kg, volume_m3, …, typical (quantity in the tables)."""
        resources = self.network.table("resources")
        names = ("stocks", "arrivals", "demands", "commitments", "pledges")
        given = pl.concat(self.network.table(name).select("resource", "quantity") for name in names)
        typical = given.group_by("resource").agg(pl.col("quantity").max().alias("typical"))
        largest = given["quantity"].max()
        typical_any = float(largest) if isinstance(largest, float) and largest > 0 else 1.0
        positive = pl.when(pl.col("typical") > 0).then(pl.col("typical"))
        return resources.join(typical, on="resource", how="left").with_columns(
            positive.fill_null(typical_any).alias("typical")
        )

    def with_resource(self, rows: pl.DataFrame, *columns: str) -> pl.DataFrame:
        """The rows with these columns of their resource, and its typical quantity."""
        facts = self.resources.select("resource", "typical", *columns)
        return rows.join(facts, on="resource", how="left", maintain_order="left")

    @cached_property
    def countries(self) -> pl.DataFrame:
        return self.network.table("sites").select("site", "country")

    @cached_property
    def lanes(self) -> pl.DataFrame:
        """Lanes with origin_country and destination_country."""
        lanes = self.network.table("lanes")
        for end in ("origin", "destination"):
            country = self.countries.rename({"site": end, "country": f"{end}_country"})
            lanes = lanes.join(country, on=end, how="left", maintain_order="left")
        return lanes

    @cached_property
    def lane_resources(self) -> pl.DataFrame:
        return self.network.table("lane_resources")

    @cached_property
    def is_whole(self) -> bool:
        """Whether anything must be whole: lots, least quantities, vehicles or runs."""
        on_lanes = self.lane_resources
        listed = on_lanes["lot_size"].is_not_null() | (on_lanes["quantity_min"].fill_null(0) > 0)
        runs = self.network.table("processes")["runs_whole"]
        return bool(listed.any()) or bool(runs.any()) or not self.vehicle_lanes.is_empty()

    @cached_property
    def vehicle_lanes(self) -> pl.DataFrame:
        """Lanes on which whole vehicles go."""
        any_given = pl.any_horizontal(
            pl.col("vehicle_kg", "vehicle_m3", "cost_per_vehicle").is_not_null()
        )
        return self.lanes.filter(any_given)

    def not_allowed(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows whose lane does not carry their resource."""
        marked = self.lane_resources.select("lane", "resource", "allowed")
        only = marked.filter(pl.col("allowed")).select("lane").unique()
        only = only.with_columns(pl.lit(value=True).alias("only"))
        joined = rows.join(marked, on=["lane", "resource"], how="left", maintain_order="left")
        joined = joined.join(only, on="lane", how="left", maintain_order="left")
        return joined.filter(~pl.coalesce(pl.col("allowed"), pl.col("only").not_(), pl.lit(True)))

    def limit(
        self, rows: pl.DataFrame, table: str, key: str, attribute: str, period: str = "period"
    ) -> pl.DataFrame:
        """The rows with the column `limit`: the attribute of their key in their period."""
        own = self.network.table(table).select(key, pl.col(attribute).alias("#own"))
        profile = self._profile(table, attribute, key, period)
        joined = rows.join(own, on=key, how="left", maintain_order="left")
        joined = joined.join(profile, on=[key, period], how="left", maintain_order="left")
        limit = pl.coalesce("#profile", "#own").alias("limit")
        return joined.with_columns(limit).drop("#own", "#profile")

    def closed(self, rows: pl.DataFrame, period: str) -> pl.DataFrame:
        """The rows whose lane lets nothing leave in that period."""
        profile = self._profile("lanes", "open", "lane", period)
        joined = rows.join(profile, on=["lane", period], how="left", maintain_order="left")
        return joined.filter(pl.col("#profile") <= 0).drop("#profile")

    def _profile(self, table: str, attribute: str, key: str, period: str) -> pl.DataFrame:
        profiles = self.network.table("profiles")
        chosen = profiles.filter((pl.col("table") == table) & (pl.col("attribute") == attribute))
        names = [pl.col("key").alias(key), pl.col("period").alias(period)]
        return chosen.select(*names, pl.col("value").alias("#profile"))

    @cached_property
    def demands(self) -> pl.DataFrame:
        """Demands with `last_period` (of delivery) and `group` filled in."""
        end = self.periods - 1
        demands = self.with_resource(self.network.table("demands"), "kind", "importance")
        late = pl.when(pl.col("kind") == "good").then(pl.lit(self.periods)).otherwise(0)
        late = pl.col("lateness_max").fill_null(late)
        return demands.with_columns(
            # no sum of two large numbers
            pl.when(late > end).then(end).otherwise((pl.col("period") + late).clip(upper_bound=end))
            .alias("last_period"),
            pl.col("group").fill_null(pl.col("site")),
        )  # fmt: skip

    @cached_property
    def accepted(self) -> pl.DataFrame:
        """demand, resource (delivered), quantity_per_unit, penalty_per_unit."""
        demands = self.network.table("demands")
        itself = demands.select(
            "demand",
            "resource",
            pl.lit(1.0).alias("quantity_per_unit"),
            pl.lit(0.0).alias("penalty_per_unit"),
        )
        others = demands.join(self.network.table("substitutes"), on="resource").select(
            "demand",
            pl.col("substitute").alias("resource"),
            "quantity_per_unit",
            "penalty_per_unit",
        )
        return pl.concat([itself, others])

    @cached_property
    def supply(self) -> pl.DataFrame:
        """Stocks and arrivals: site, resource, expires, period, quantity, table."""
        stocks = self.network.table("stocks").select(
            "site",
            "resource",
            pl.col("expires_period").fill_null(KEEPS).alias("expires"),
            pl.lit(0, dtype=pl.Int64).alias("period"),
            "quantity",
            pl.lit("stocks").alias("table"),
        )
        arrivals = self.with_resource(self.network.table("arrivals"), "shelf_life_periods")
        last = pl.col("period") + pl.col("shelf_life_periods").clip(upper_bound=KEEPS // 2)
        arrivals = arrivals.select(
            "site",
            "resource",
            pl.coalesce("expires_period", last, pl.lit(KEEPS)).alias("expires"),
            "period",
            "quantity",
            pl.lit("arrivals").alias("table"),
        )
        return pl.concat([stocks, arrivals])

    @cached_property
    def flows(self) -> pl.DataFrame:
        """process, resource, quantity_per_run, site, lead_time_periods, shelf_life_periods."""
        processes = self.network.table("processes").select("process", "site", "lead_time_periods")
        flows = self.network.table("process_flows").join(processes, on="process")
        return self.with_resource(flows, "shelf_life_periods", "kind")
