"""What `sampan show NETWORK` says of a network that has not been solved."""

from __future__ import annotations

from typing import Any

import polars as pl

from sampan.network import Network
from sampan.show.facts import calendar_facts
from sampan.show.numbers import when


def network_facts(network: Network) -> dict[str, Any]:
    """Sizes, items, sites, lanes and when demand is due, as lists of objects."""
    return {
        "network": calendar_facts(network) | {"source": network.source},
        "tables": {name: len(frame) for name, frame in network.tables.items()},
        "stages": list(network.objective.stages),
        "items": _items(network),
        "sites": _counted(network, "sites", ["country", "kind"]),
        "lanes": _lanes(network),
        "wanted_over_time": _wanted_over_time(network),
    }


def _sum(network: Network, table: str, name: str) -> pl.DataFrame:
    rows = network.table(table).group_by("resource")
    return rows.agg(pl.col("quantity").sum().alias(name))


def _items(network: Network) -> list[dict[str, Any]]:
    urgent = network.table("demands").filter(pl.col("priority") == pl.col("priority").min())
    frame = network.table("resources").select(
        "resource", "unit", "kind", item=pl.coalesce("name", "resource")
    )
    parts = [
        _sum(network, "stocks", "stock"),
        _sum(network, "arrivals", "arriving"),
        _sum(network, "demands", "wanted"),
        urgent.group_by("resource").agg(most_urgent=pl.col("quantity").sum()),
    ]
    for part in parts:
        frame = frame.join(part, on="resource", how="left", maintain_order="left")
    return frame.with_columns(pl.col(pl.Float64).fill_null(0.0)).to_dicts()


def _counted(network: Network, table: str, by: list[str]) -> list[dict[str, Any]]:
    return network.table(table).group_by(by).len("count").sort(by, nulls_last=True).to_dicts()


def _lanes(network: Network) -> list[dict[str, Any]]:
    lead = pl.col("lead_time_periods")
    rows = network.table("lanes").group_by("mode")
    frame = rows.agg(count=pl.len(), lead_time_min=lead.min(), lead_time_max=lead.max())
    return frame.sort("mode", nulls_last=True).to_dicts()


def _wanted_over_time(network: Network) -> list[dict[str, Any]]:
    """By due period, the share of an item's demand, averaged over the items."""
    of_item = pl.col("quantity") / pl.col("quantity").sum().over("resource")
    wanted = network.table("demands").filter(pl.col("quantity") > 0)
    items = max(wanted["resource"].n_unique(), 1)
    rows = wanted.with_columns(of_item=of_item).group_by("period").agg(pl.col("of_item").sum())
    return [
        {"period": period, "date": when(network.calendar, period), "share": total / items}
        for period, total in rows.sort("period").iter_rows()
    ]
