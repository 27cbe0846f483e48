"""Rule 3 and 6: capacities, storage, and whole things."""

from __future__ import annotations

import polars as pl

from sampan.verify.form import Frames
from sampan.verify.report import Findings
from sampan.verify.tables import Tables
from sampan.verify.tolerances import QUANTITY, allowance

NEXT_WHOLE = 1e-9
"""Of a count, relative and absolute: so little more than a whole number is that number."""


def check_limits(findings: Findings, tables: Tables, frames: Frames) -> None:
    """No activity exceeds its own limit or one that it shares."""
    _check_runs(findings, tables, frames["runs"])
    shipped = tables.with_resource(frames["shipments"], "mass_kg", "volume_m3")
    _check_lanes(findings, tables, shipped)
    _check_capacities(findings, tables, shipped, frames["runs"])
    _check_lane_resources(findings, tables, shipped)
    _check_vehicles(findings, tables, shipped, frames["vehicles"])


def _check_runs(findings: Findings, tables: Tables, runs: pl.DataFrame) -> None:
    rows = tables.limit(runs, "processes", "process", "runs_max").with_columns(
        (pl.col("quantity") - pl.col("limit")).alias("amount"),
        (QUANTITY * pl.max_horizontal("quantity", pl.lit(1.0))).alias("allowance"),
    )
    text = "{quantity} runs start, but {limit} may."
    findings.exceeding("runs_max", rows, ["process"], text)
    whole = tables.network.table("processes").filter(pl.col("runs_whole")).select("process")
    rows = rows.join(whole, on="process", how="semi", maintain_order="left")
    rows = rows.with_columns(
        (pl.col("quantity") - pl.col("quantity").round()).abs().alias("amount")
    )
    findings.exceeding("runs_whole", rows, ["process"], "{quantity} is not a whole number of runs.")


def _total(rows: pl.DataFrame, keys: list[str], amount: pl.Expr, typical: pl.Expr) -> pl.DataFrame:
    """By keys: `total` of an amount, and `basis`: the amount of the resource's typical quantity."""
    return rows.group_by(keys).agg(amount.sum().alias("total"), typical.max().alias("basis"))


def _over(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with `total`, `basis`, `limit` → `amount` above the limit and its `allowance`."""
    return rows.with_columns(
        (pl.col("total") - pl.col("limit")).alias("amount"),
        allowance(pl.col("total"), pl.col("basis")).alias("allowance"),
    )


def _check_lanes(findings: Findings, tables: Tables, shipped: pl.DataFrame) -> None:
    for attribute, each in (("mass_kg_max", "mass_kg"), ("volume_m3_max", "volume_m3")):
        amount, typical = pl.col("quantity") * pl.col(each), pl.col("typical") * pl.col(each)
        rows = _total(shipped, ["lane", "period"], amount, typical)
        rows = tables.limit(rows, "lanes", "lane", attribute).sort("lane", "period")
        text = f"{{total}} {each.split('_')[1]} leave, but {{limit}} may."
        findings.exceeding(attribute, _over(rows), ["lane"], text)


def _check_capacities(
    findings: Findings, tables: Tables, shipped: pl.DataFrame, runs: pl.DataFrame
) -> None:
    loads = tables.network.table("capacity_loads")
    each = (
        pl.when(pl.col("per") == "kg").then(pl.col("mass_kg"))
        .when(pl.col("per") == "m3").then(pl.col("volume_m3")).otherwise(1.0)
        * pl.col("amount_per_unit")
    )  # fmt: skip
    on_lanes = shipped.join(
        loads.filter(pl.col("per") != "run"), left_on="lane", right_on="activity"
    ).with_columns(each.alias("each"))
    of_runs = runs.join(
        loads.filter(pl.col("per") == "run"), left_on="process", right_on="activity"
    ).with_columns(pl.col("amount_per_unit").alias("each"), pl.lit(1.0).alias("typical"))
    columns = ("capacity", "period", "quantity", "each", "typical")
    rows = pl.concat([on_lanes.select(columns), of_runs.select(columns)])
    amount, typical = pl.col("quantity") * pl.col("each"), pl.col("typical") * pl.col("each")
    rows = _total(rows, ["capacity", "period"], amount, typical)
    rows = tables.limit(rows, "capacities", "capacity", "amount_max").sort("capacity", "period")
    findings.exceeding("amount_max", _over(rows), ["capacity"], "{total} taken of {limit}.")


def _check_lane_resources(findings: Findings, tables: Tables, shipped: pl.DataFrame) -> None:
    keys = ["lane", "resource", "period"]
    rows = _total(shipped, keys, pl.col("quantity"), pl.col("typical"))
    special = tables.lane_resources.drop("allowed")
    rows = rows.join(special, on=["lane", "resource"]).sort(keys)
    rows = _over(rows.with_columns(pl.col("quantity_max").alias("limit")))
    where = ("lane", "resource")
    findings.exceeding("quantity_max", rows, where, "{total} leave, but {limit} may.")
    rows = rows.filter(pl.col("total") > pl.col("allowance"))
    few = rows.with_columns((pl.col("quantity_min") - pl.col("total")).alias("amount"))
    text = "{total} leave, but only nothing or at least {quantity_min} may."
    few = few.filter(pl.col("quantity_min").is_not_null())
    findings.exceeding("quantity_min", few, where, text)
    lots = rows.filter(pl.col("lot_size").is_not_null()).with_columns(
        (pl.col("total") - (pl.col("total") / pl.col("lot_size")).round() * pl.col("lot_size"))
        .abs().alias("amount")
    )  # fmt: skip
    text = "{total} is not a whole number of lots of {lot_size}."
    findings.exceeding("lot_size", lots, where, text)


def _check_vehicles(
    findings: Findings, tables: Tables, shipped: pl.DataFrame, vehicles: pl.DataFrame
) -> None:
    """As many vehicles as carry mass and volume, and not one more."""
    keys = ["lane", "period"]
    lanes = tables.vehicle_lanes.select("lane", "vehicle_kg", "vehicle_m3")
    loaded = shipped.join(lanes, on="lane").group_by(keys).agg(
        ((pl.col("quantity") * pl.col("mass_kg")).sum() / pl.col("vehicle_kg").first()).alias("kg"),
        ((pl.col("quantity") * pl.col("volume_m3")).sum() / pl.col("vehicle_m3").first())
        .alias("m3"),
    )  # fmt: skip
    stated = vehicles.join(lanes, on="lane", how="semi").select(*keys, "count")
    rows = loaded.join(stated, on=keys, how="full", coalesce=True).sort(keys)
    filled = pl.max_horizontal("kg", "m3").fill_null(0.0)
    forgiven = NEXT_WHOLE * pl.max_horizontal(filled, pl.lit(1.0))
    rows = rows.with_columns(
        pl.col("count").fill_null(0),
        (filled - forgiven).ceil().alias("least"),
        filled.ceil().alias("most"),
    )
    wrong = rows.filter(~pl.col("count").is_between("least", "most")).with_columns(
        (pl.col("count") - pl.col("most")).abs().cast(pl.Float64).alias("amount")
    )
    text = "{count} vehicles stated, but the load takes exactly {most}."
    findings.rows("vehicles", wrong, ["lane"], text)
