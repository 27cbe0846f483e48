"""What a summary of a plan says, as plain data: computed here, drawn elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from sampan.network import Network
from sampan.plan import Plan
from sampan.show.numbers import VISIBLE, when
from sampan.show.stages import stage_rows

EXPLAINED = 3
"""Shortages whose reasons a summary gives: the largest of each item, worst items first."""


def plan_facts(network: Network, plan: Plan) -> dict[str, Any]:
    """Everything that `sampan show NETWORK PLAN` says, by topic, as lists of objects."""
    from sampan.explain import explain

    wanted = wanted_rows(network, plan)
    return {
        "network": calendar_facts(network),
        "summary": dict(plan.summary),
        "short": short_by_item(network, wanted),
        "short_by_site": short_by_site(wanted),
        "fill_rates": fill_rates(wanted),
        "unmet_over_time": unmet_over_time(network, wanted),
        "ship_first": ship_first(network, plan),
        "made": made(network, plan),
        "breaches": breaches(network, plan),
        "expired": expired(network, plan),
        "stages": stage_rows(network, plan),
        "why": why(network, plan, wanted),
        "bottlenecks": explain(network, plan, bottlenecks=True).to_dict(),
    }


def calendar_facts(network: Network) -> dict[str, Any]:
    """The network's name, and the time it covers."""
    calendar = network.calendar
    return {
        "name": network.name,
        "first": when(calendar, 0),
        "last": when(calendar, network.periods - 1),
        "periods": network.periods,
        "period_length": calendar.period_length,
        "currency": network.currency,
    }


def _named(network: Network, table: str, key: str) -> pl.DataFrame:
    """`key` and its `name`, which is the key where there is none."""
    frame = network.table(table)
    return frame.select(key, name=pl.coalesce(pl.col("name"), pl.col(key)))


def _resources(network: Network) -> pl.DataFrame:
    names = _named(network, "resources", "resource").rename({"name": "item"})
    return names.with_columns(network.table("resources").select("unit", "importance"))


def wanted_rows(network: Network, plan: Plan) -> pl.DataFrame:
    """One row a demand: what is wanted, where, when, how urgently, and `short`."""
    sites = _named(network, "sites", "site").rename({"name": "place"})
    short = plan.shortages.group_by("demand").agg(short=pl.col("quantity").sum())
    residue = pl.col("short") <= VISIBLE * pl.col("quantity")
    return (
        network.table("demands")
        .with_columns(pl.coalesce("group", "site").alias("group"))
        .join(sites, on="site", how="left", maintain_order="left")
        .join(_resources(network), on="resource", how="left", maintain_order="left")
        .join(short, on="demand", how="left", maintain_order="left")
        .with_columns(pl.col("short").fill_null(0.0))
        .with_columns(short=pl.when(residue).then(0.0).otherwise("short"))
    )


def short_by_item(network: Network, wanted: pl.DataFrame) -> list[dict[str, Any]]:
    """By priority and item: wanted, short, share, where most, and from when on."""
    keys = ["priority", "resource", "item", "unit"]
    totals = wanted.group_by(keys, maintain_order=True).agg(
        wanted=pl.col("quantity").sum(), short=pl.col("short").sum()
    )
    at_place = wanted.group_by([*keys, "place"], maintain_order=True).agg(pl.col("short").sum())
    most = (
        at_place.filter(pl.col("short") > 0)
        .sort("short", descending=True, maintain_order=True)
        .group_by(keys, maintain_order=True)
        .agg(most_at=pl.col("place").first(), places=pl.len())
    )
    first = wanted.filter(pl.col("short") > 0).group_by(keys).agg(pl.col("period").min())
    rows = (
        totals.join(most, on=keys, how="left")
        .join(first, on=keys, how="left")
        .with_columns(share=pl.col("short") / pl.max_horizontal("wanted", pl.lit(1e-300)))
        .sort(["priority", "share", "resource"], descending=[False, True, False])
    )
    dated = [row | {"first": _date(network, row["period"])} for row in rows.to_dicts()]
    return [{key: value for key, value in row.items() if key != "period"} for row in dated]


def _date(network: Network, period: int | None) -> str | None:
    return None if period is None else when(network.calendar, period)


def _mean_unmet(rows: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """By group: the unmet share, averaged over items by importance, and the worst item's.

    Items are averaged, never added up: their units differ.
    """
    per_item = (
        rows.group_by([*by, "resource", "item", "importance"], maintain_order=True)
        .agg(pl.col("quantity").sum(), pl.col("short").sum())
        .filter(pl.col("quantity") > 0)
        .with_columns(unmet=pl.col("short") / pl.col("quantity"))
    )
    weight = pl.when(pl.col("importance").sum() > 0).then(pl.col("importance")).otherwise(1.0)
    return (
        per_item.sort("unmet", descending=True, maintain_order=True)
        .group_by(by, maintain_order=True)
        .agg(
            unmet=(pl.col("unmet") * weight).sum() / weight.sum(),
            worst=pl.col("unmet").first(),
            worst_item=pl.col("item").first(),
        )
    )


def short_by_site(wanted: pl.DataFrame) -> list[dict[str, Any]]:
    """Sites that are short of anything, the worst first."""
    rows = _mean_unmet(wanted, ["site", "place"]).filter(pl.col("unmet") > 0)
    return rows.sort(["unmet", "site"], descending=[True, False]).to_dicts()


def fill_rates(wanted: pl.DataFrame) -> list[dict[str, Any]]:
    """By priority and group: the average fill rate and the lowest item's; lowest first."""
    rows = _mean_unmet(wanted, ["priority", "group"]).select(
        "priority",
        "group",
        fill_rate=1 - pl.col("unmet"),
        lowest=1 - pl.col("worst"),
        lowest_item="worst_item",
    )
    return rows.sort(["priority", "fill_rate", "group"]).to_dicts()


def unmet_over_time(network: Network, wanted: pl.DataFrame) -> list[dict[str, Any]]:
    """By the period in which demand is due: the average share that stays unmet."""
    rows = _mean_unmet(wanted, ["period"]).sort("period")
    return [
        {"period": period, "date": when(network.calendar, period), "unmet": unmet}
        for period, unmet in rows.select("period", "unmet").iter_rows()
    ]


def ship_first(network: Network, plan: Plan) -> dict[str, Any]:
    """The shipments of the first period that has any: the largest of their item first."""
    first = plan.shipments["depart_period"].min()
    if not isinstance(first, int):
        return {"period": None, "date": None, "shipments": []}
    sites = _named(network, "sites", "site")
    lanes = (
        network.table("lanes")
        .select("lane", "origin", "destination", "mode")
        .join(sites.rename({"site": "origin", "name": "from"}), on="origin", how="left")
        .join(sites.rename({"site": "destination", "name": "to"}), on="destination", how="left")
    )
    rows = (
        plan.shipments.filter(pl.col("depart_period") == first)
        .group_by(["lane", "resource", "arrive_period"], maintain_order=True)
        .agg(pl.col("quantity").sum())
        .join(lanes, on="lane", how="left")
        .join(_resources(network), on="resource", how="left")
        .with_columns(of_item=pl.col("quantity") / pl.col("quantity").sum().over("resource"))
        .sort(["of_item", "lane", "resource"], descending=[True, False, False])
        .drop("importance")
    )
    shipments = [
        row | {"arrives": when(network.calendar, row["arrive_period"])} for row in rows.to_dicts()
    ]
    return {"period": first, "date": when(network.calendar, first), "shipments": shipments}


def made(network: Network, plan: Plan) -> list[dict[str, Any]]:
    """By item: what processes make or buy, in all and in runs that start in period 0."""
    flows = network.table("process_flows").filter(pl.col("quantity_per_run") > 0)
    output = pl.col("quantity") * pl.col("quantity_per_run")
    return (
        plan.runs.join(flows, on="process")
        .group_by("resource", maintain_order=True)
        .agg(
            quantity=output.sum(),
            started_first=output.filter(pl.col("period") == 0).sum(),
            processes=pl.col("process").n_unique(),
        )
        .join(_resources(network), on="resource", how="left")
        .select("resource", "item", "unit", "quantity", "started_first", "processes")
        .sort("resource")
        .to_dicts()
    )


def breaches(network: Network, plan: Plan) -> list[dict[str, Any]]:
    """By soft rule that is broken: when, and by how much at the worst."""
    rules = pl.concat(
        network.table(table).select(pl.lit(policy).alias("policy"), pl.col(policy).alias("key"),
                                    "resource")
        for table, policy in (("reserves", "reserve"), ("pledges", "pledge"))
    )  # fmt: skip
    rows = (
        plan.breaches.group_by(["policy", "key"], maintain_order=True)
        .agg(
            first=pl.col("period").min(),
            last=pl.col("period").max(),
            quantity=pl.col("quantity").max(),
        )
        .join(rules, on=["policy", "key"], how="left")
        .join(_resources(network), on="resource", how="left")
        .sort(["policy", "key"])
    )
    return [
        {
            "policy": row["policy"],
            "key": row["key"],
            "item": row["item"],
            "quantity": row["quantity"],
            "unit": "m3" if row["policy"] == "storage" else row["unit"],
            "first": when(network.calendar, row["first"]),
            "last": when(network.calendar, row["last"]),
        }
        for row in rows.to_dicts()
    ]


def expired(network: Network, plan: Plan) -> list[dict[str, Any]]:
    """By item: what expires unused, but for the rounding of a solver."""
    lots = plan.expiries.filter(pl.col("quantity") > VISIBLE)
    return (
        lots.group_by("resource", maintain_order=True)
        .agg(pl.col("quantity").sum(), sites=pl.col("site").n_unique())
        .join(_resources(network), on="resource", how="left")
        .select("resource", "item", "quantity", "unit", "sites")
        .sort("resource")
        .to_dicts()
    )


def why(network: Network, plan: Plan, wanted: pl.DataFrame) -> list[dict[str, Any]]:
    """The reasons for the largest shortage of each of the worst items."""
    from sampan.explain import explain

    worst = [row for row in short_by_item(network, wanted) if row["short"] > 0][:EXPLAINED]
    found = []
    for row in worst:
        alike = (pl.col("priority") == row["priority"]) & (pl.col("resource") == row["resource"])
        demand = wanted.filter(alike).sort("short", descending=True, maintain_order=True)["demand"]
        found.append(explain(network, plan, demand=demand[0]).to_dict() | {"demand": demand[0]})
    return found
