"""The certificate in plain words: what each objective reached, and how far from the best."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from sampan.network import Network
from sampan.plan import Plan
from sampan.show.numbers import quantity, share

MEASURES = {
    "shortage": "unmet, average of items",
    "fairness": "met where it is worst",
    "lateness": "late, average of items",
    "policy": "soft rules broken, in shares of what they ask",
    "cost": "money",
    "changes": "orders changed, in shares of each",
    "total": "money, with all penalties",
}
"""What each objective measures."""
PROVEN = 5e-4
"""A gap below this reads as 0.0 %."""
HOPELESS = 1.0
"""A gap from here on says nothing that helps."""


def stage_rows(network: Network, plan: Plan) -> list[dict[str, Any]]:
    """One row an objective; the rounds of one class's fairness are one row together."""
    importance = _importance(network)
    frame = plan.stages.with_columns(
        priority=pl.col("part").str.split(":").list.first(),
        is_round=pl.col("part").str.contains(":"),
    )
    rows = []
    for (stage, priority), parts in frame.group_by(["stage", "priority"], maintain_order=True):
        value, bound = parts["value"][0], parts["bound"][0]
        gap = float(parts["gap"].max() or 0.0)  # type: ignore[arg-type]
        weight = importance.get(str(priority), 1.0)
        rows.append(
            {
                "stage": stage,
                "priority": None if priority == "all" else priority,
                "parts": len(parts),
                "value": value,
                "bound": bound,
                "gap": gap,
                "bound_from": parts["bound_from"][0],
                "measure": MEASURES[str(stage)],
                "says": _says(str(stage), value, weight, network),
                "best": _says(str(stage), bound, weight, network),
                "proof": proof(gap),
            }
        )
    return rows


def _importance(network: Network) -> dict[str, float]:
    """By priority, the importance of the items that its demands want, added up."""
    wanted = network.table("demands").filter(pl.col("quantity") > 0).select("priority", "resource")
    resources = network.table("resources").select("resource", "importance")
    rows = wanted.unique().join(resources, on="resource").group_by("priority")
    sums = rows.agg(pl.col("importance").sum()).iter_rows()
    return {str(priority): total for priority, total in sums if total > 0}


def _says(stage: str, value: float, weight: float, network: Network) -> str:
    """A value in the measure that `MEASURES` names."""
    if stage == "shortage":
        return share(value / weight)
    if stage == "fairness":
        return share(value)
    if stage == "lateness":
        return f"{quantity(_tidy(value / weight))} {network.calendar.period_length}s"
    if stage in ("policy", "changes"):
        return quantity(_tidy(value))
    return f"{quantity(round(value, 2))} {network.currency}"


def _tidy(value: float) -> float:
    return round(value, 4)


def proof(gap: float) -> str:
    """What a gap means."""
    if gap < PROVEN:
        return "proven best"
    return f"within {share(gap)}" if gap < HOPELESS else "not proven"


def verdict(network: Network, plan: Plan) -> str:
    """How far the plan can be from the best possible, in a sentence or two."""
    rows = stage_rows(network, plan)
    by_solver = "solver" in plan.stages["bound_from"].to_list()
    words = "By the solver's word" if by_solver else "Proven"
    at = next((at for at, row in enumerate(rows) if row["gap"] >= PROVEN), len(rows))
    if at == len(rows):
        return f"{words}: no plan is better, taking the objectives in their order."
    done = f"{words}: on the first {at:,} of {len(rows):,} objectives no plan is better. "
    place = "Only the last" if at + 1 == len(rows) else "The next" if at else "The first"
    return (done if at else "") + _improvable(place, rows[at])


def _improvable(place: str, row: Mapping[str, Any]) -> str:
    """How much better another plan might be on an objective that is not proven best."""
    name = f"{place}, {objective(row)} ({str(row['measure']).split(',')[0]}),"
    if row["gap"] >= HOPELESS:
        return f"{name} might be improved; by how much, is not known."
    if row["says"] == row["best"]:
        return f"{name} might be improved, by {share(row['gap'])} at most."
    return f"{name} might be improved, from {row['says']} to {row['best']} at most."


def objective(row: Mapping[str, Any]) -> str:
    """The name of a row's objective, with its priority if it has one."""
    return f"{row['stage']} {row['priority']}" if row["priority"] else str(row["stage"])
