"""Rule 4: what is delivered and what is short add up to what is wanted."""

from __future__ import annotations

import polars as pl

from sampan.verify.form import Frames
from sampan.verify.report import Findings
from sampan.verify.tables import Tables
from sampan.verify.tolerances import allowance


def check_demands(findings: Findings, tables: Tables, frames: Frames) -> None:
    """Deliveries, in units wanted, and the shortage make up the demand exactly."""
    wanted = tables.demands.select("demand", "quantity", "typical")
    met = pl.col("quantity") / pl.col("quantity_per_unit")
    delivered = frames["deliveries"].group_by("demand").agg(met.sum().alias("delivered"))
    short = frames["shortages"].select("demand", pl.col("quantity").alias("short"))
    rows = wanted.join(delivered, on="demand", how="left").join(short, on="demand", how="left")
    rows = rows.with_columns(pl.col("delivered", "short").fill_null(0.0)).sort("demand")
    together = pl.col("delivered") + pl.col("short")
    magnitude = pl.max_horizontal("quantity", "delivered", "short")
    rows = rows.with_columns(
        (together - pl.col("quantity")).abs().alias("amount"),
        allowance(magnitude, pl.col("typical")).alias("allowance"),
    )
    text = "{delivered} delivered and {short} short do not make {quantity}."
    findings.exceeding("demand", rows, ["demand"], text)
