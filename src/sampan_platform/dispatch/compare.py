"""Two plans side by side: what is short, what is shipped, what each stage reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

import sampan
from sampan_platform.dispatch.lines import shipments_of

SAME = 1e-6
"""Quantities nearer than this are one."""
ORDER = {name: at for at, name in enumerate(sampan.Objective().stages)}
LARGER_IS_BETTER = ("fairness",)


@dataclass(frozen=True)
class Comparison:
    """What differs between plan `a` and plan `b`; each a frame with the columns `a` and `b`."""

    stages: pl.DataFrame
    """`stage`, `part`, `a`, `b`, `bound_a`, `bound_b`, `worse_by`: by how much b is worse."""
    shortage_by_class: pl.DataFrame
    """`priority`, `resource`, `demand_a`, `demand_b`, `a`, `b`."""
    shortage_by_site: pl.DataFrame
    """`site`, `resource`, `demand_a`, `demand_b`, `a`, `b`."""
    shipments: pl.DataFrame
    """`lane`, `resource`, `depart_on`, `a`, `b`, `change`: added, removed or changed."""


def compare(
    a: tuple[sampan.Network, sampan.Plan], b: tuple[sampan.Network, sampan.Plan]
) -> Comparison:
    """Both plans with the networks they were made for; their calendars may differ."""
    short_a, short_b = _short(*a), _short(*b)
    return Comparison(
        stages=stage_values(a[1], b[1]),
        shortage_by_class=_side_by_side(short_a, short_b, ["priority", "resource"]),
        shortage_by_site=_side_by_side(short_a, short_b, ["site", "resource"]),
        shipments=_shipments(_sent(*a), _sent(*b)),
    )


def stage_values(a: sampan.Plan, b: sampan.Plan) -> pl.DataFrame:
    """What each stage reaches in both, and by how much b falls behind a."""
    key = ["stage", "part"]
    left = a.stages.select(*key, pl.col("value").alias("a"), pl.col("bound").alias("bound_a"))
    right = b.stages.select(*key, pl.col("value").alias("b"), pl.col("bound").alias("bound_b"))
    both = left.join(right, on=key, how="full", coalesce=True)
    behind = pl.col("b") - pl.col("a")
    more = pl.col("stage").is_in(list(LARGER_IS_BETTER))
    place = pl.col("stage").replace_strict(ORDER, default=len(ORDER), return_dtype=pl.Int64)
    return (
        both.with_columns(worse_by=pl.when(more).then(-behind).otherwise(behind))
        .sort(place, "part")
        .select(*key, "a", "b", "bound_a", "bound_b", "worse_by")
    )


def total_shortage(network: sampan.Network, plan: sampan.Plan) -> list[dict[str, Any]]:
    """Units short and wanted by priority class and resource."""
    frame = _short(network, plan).group_by("priority", "resource").agg(
        pl.col("demand", "short").sum()
    )  # fmt: skip
    return frame.sort("priority", "resource").to_dicts()


def _short(network: sampan.Network, plan: sampan.Plan) -> pl.DataFrame:
    """`site`, `resource`, `priority`, `demand`, `short` of every demand."""
    short = plan.shortages.select("demand", short="quantity")
    return (
        network.table("demands")
        .join(short, on="demand", how="left")
        .select(
            "site", "resource", "priority", pl.col("quantity").alias("demand"),
            pl.col("short").fill_null(0.0),
        )
    )  # fmt: skip


def _side_by_side(a: pl.DataFrame, b: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    def summed(frame: pl.DataFrame, name: str) -> pl.DataFrame:
        return frame.group_by(by).agg(
            pl.col("demand").sum().alias(f"demand_{name}"), pl.col("short").sum().alias(name)
        )

    both = summed(a, "a").join(summed(b, "b"), on=by, how="full", coalesce=True)
    figures = ["demand_a", "demand_b", "a", "b"]
    return both.with_columns(pl.col(figures).fill_null(0.0)).sort(by).select(*by, *figures)


def _sent(network: sampan.Network, plan: sampan.Plan) -> pl.DataFrame:
    start = pl.lit(network.calendar.start)
    departs = start + pl.duration(days=pl.col("depart_period"))
    return (
        shipments_of(plan)
        .with_columns(departs.alias("depart_on"))
        .group_by("lane", "resource", "depart_on")
        .agg(pl.col("quantity").sum())
    )


def _shipments(a: pl.DataFrame, b: pl.DataFrame) -> pl.DataFrame:
    by = ["lane", "resource", "depart_on"]
    both = a.rename({"quantity": "a"}).join(
        b.rename({"quantity": "b"}), on=by, how="full", coalesce=True
    )
    change = (
        pl.when(pl.col("a").is_null())
        .then(pl.lit("added"))
        .when(pl.col("b").is_null())
        .then(pl.lit("removed"))
        .otherwise(pl.lit("changed"))
    )
    moved = (pl.col("b").fill_null(0.0) - pl.col("a").fill_null(0.0)).abs() > SAME
    return (
        both.with_columns(change=change)
        .filter(moved)
        .with_columns(pl.col("a", "b").fill_null(0.0))
        .sort(by)
    )
