"""What sites say they can make → runs of their processes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
from django.apps import apps
from django.db.models import BigIntegerField, Q
from django.db.models.functions import Cast

from sampan_platform.common.quantity import SCALE
from sampan_platform.dispatch.places import Places

STATED_DAYS = 28
"""Older statements of capacity say nothing about today."""


def apply_capacity(
    places: Places, as_of: datetime, start: date
) -> tuple[dict[str, pl.DataFrame], list[str]]:
    """Processes with `runs_max` by the latest effective capacity, and what goes with it.

    Where one process makes a resource at a site, the capacity for that resource limits its
    runs. Where several do, they share a capacity. Where today's output has been reported, it
    is in stock, and nothing more is made today.
    """
    made = _makers(places)
    stated, finished = _stated(places, as_of, start)
    limits = made.join(stated, on=["site", "resource"])
    alone = limits.filter(pl.len().over("site", "resource") == 1)
    runs = (
        alone.group_by("process")
        .agg((pl.col("capacity") / pl.col("quantity_per_run")).min().alias("stated"))
    )  # fmt: skip
    processes = (
        places.tables["processes"]
        .join(runs, on="process", how="left", maintain_order="left")
        .with_columns(runs_max=pl.coalesce("stated", "runs_max"))
        .drop("stated")
    )
    tables = {"processes": processes} | _shared(limits)
    closed = made.join(finished, on=["site", "resource"], how="semi")["process"].unique().sort()
    tables["profiles"] = pl.DataFrame(
        {"table": "processes", "key": closed, "attribute": "runs_max", "period": 0, "value": 0.0},
        schema={"table": pl.String, "key": pl.String, "attribute": pl.String,
                "period": pl.Int64, "value": pl.Float64},
    )  # fmt: skip
    notes = [f"{key}: today's output is reported, so it makes no more today." for key in closed]
    return tables, notes


def _makers(places: Places) -> pl.DataFrame:
    """`process`, `site`, `resource`, `quantity_per_run` of all that is made."""
    flows = places.tables["process_flows"].filter(pl.col("quantity_per_run") > 0)
    return flows.join(places.tables["processes"].select("process", "site"), on="process")


def _stated(places: Places, as_of: datetime, start: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The latest `capacity` by site and resource; and those with today's output."""
    reports: Any = apps.get_model("collect", "Report")
    raw = Cast("effective_capacity", BigIntegerField())
    rows = (
        reports.objects.filter(
            Q(effective_capacity__isnull=False) | Q(output__isnull=False, day=start),
            site__in=places.sites, resource__in=places.resources,
            day__gt=start - timedelta(days=STATED_DAYS), day__lte=start, submitted_at__lte=as_of,
        )
        .annotate(raw=raw)
        .values_list("site_id", "resource_id", "day", "raw", "output")
    )  # fmt: skip
    cells = [
        (places.sites[site], places.resources[resource], day, capacity, output is not None)
        for site, resource, day, capacity, output in rows
    ]
    schema = {"site": pl.String, "resource": pl.String, "day": pl.Date, "capacity": pl.Int64,
              "has_output": pl.Boolean}  # fmt: skip
    frame = pl.DataFrame(cells, schema=schema, orient="row").sort("day")
    latest = (
        frame.filter(pl.col("capacity").is_not_null())
        .group_by("site", "resource")
        .agg(pl.col("capacity").last() / SCALE)
    )
    return latest, frame.filter(pl.col("day") == start, pl.col("has_output"))


def _shared(limits: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """A capacity for each resource that several processes make at one site."""
    several = limits.filter(pl.len().over("site", "resource") > 1).with_columns(
        name=pl.concat_str("site", "resource", separator=":capacity:")
    )
    if several.is_empty():
        return {}
    return {
        "capacities": several.group_by("name", maintain_order=True)
        .agg(pl.col("capacity").first())
        .select(capacity="name", amount_max="capacity"),
        "capacity_loads": several.select(
            capacity="name", activity="process", amount_per_unit="quantity_per_run",
            per=pl.lit("run"),
        ),
    }  # fmt: skip
