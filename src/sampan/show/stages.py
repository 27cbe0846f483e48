"""The certificate in plain words: what each objective reached, and how far from the best."""

from __future__ import annotations

from typing import Any

import polars as pl

from sampan.network import Network
from sampan.plan import Plan
from sampan.show.numbers import quantity, share

MEASURES = {
    "shortage": "unmet, average of items",
    "fairness": "met where least is",
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


def verdict(plan: Plan) -> str:
    """How far the plan can be from the best possible, in one sentence."""
    stages = plan.stages
    open_parts = stages.filter(pl.col("gap") >= PROVEN)
    words = "by the solver's word" if "solver" in stages["bound_from"].to_list() else "proven"
    if open_parts.is_empty():
        return f"{words.capitalize()}: no plan can do better by more than 0.0 %."
    stage, part, gap = open_parts.select("stage", "part", "gap").row(0)
    better = f"no plan does better there by more than {share(gap)}"
    better = better if gap < HOPELESS else "how much better another plan is there, is not known"
    where = f"{stage} {part}" if part != "all" else stage
    before = len(stages) - len(open_parts)
    done = f"{before:,} of {len(stages):,} objectives are as good as can be ({words}). "
    return f"{done}The first that is not is {where}: {better}."
