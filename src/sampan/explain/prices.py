"""The plan's prices, by stage and part, as the explanations need them."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

import polars as pl

from sampan.explain.limits import Limit
from sampan.model.numbers import Numbers
from sampan.plan import Plan

RULES = {
    "mass_kg_max": ("mass_kg_max",),
    "volume_m3_max": ("volume_m3_max",),
    "quantity_max": ("quantity_max",),
    "amount_max": ("amount_max",),
    "runs_max": ("runs_max",),
    "storage_m3_max": ("storage_m3_max",),
    "reserve": ("reserve",),
    "export_limit": ("export_quantity_max", "export_share_max"),
}
"""The rules of the certificate behind each kind of limit; the other kinds have no price."""


class Prices:
    """Prices of one stage and part."""

    def __init__(self, n: Numbers, plan: Plan, stage: str, part: str) -> None:
        self.n, self.stage, self.part = n, stage, part
        mine = (pl.col("stage") == stage) & (pl.col("part") == part)
        self.balances = plan.frame("prices").filter(mine)
        self.others = plan.frame("capacity_prices").filter(mine)

    @property
    def known(self) -> bool:
        """Whether the plan proves this part by prices at all."""
        return len(self.balances) + len(self.others) > 0

    @cached_property
    def _balance(self) -> dict[tuple[str, str, int], float]:
        best: dict[tuple[str, str, int], float] = defaultdict(float)
        for row in self.balances.iter_rows(named=True):
            key = row["site"], row["resource"], row["period"]
            best[key] = max(best[key], row["price"])
        return best

    @cached_property
    def _rule(self) -> dict[tuple[str, str, str | None, int | None], float]:
        columns = ("rule", "key", "resource", "period")
        rows = self.others.iter_rows(named=True)
        return {tuple(row[name] for name in columns): row["price"] for row in rows}

    def at(self, site: str, resource: str, period: int) -> float:
        """What one more unit there and then is worth."""
        return self._balance.get((site, resource, period), 0.0)

    def of(self, limit: Limit) -> float | None:
        """What relieving a limit by one is worth; None if its kind has no price."""
        if not self.known:
            return None
        resource = None if limit.resource < 0 else self.n.keys["resources"][limit.resource]
        if limit.kind == "source":
            return self.at(limit.key, resource or "", limit.period)
        if limit.kind not in RULES:
            return None
        if limit.kind == "reserve":
            mine = (pl.col("rule") == "reserve") & (pl.col("key") == limit.key)
            return float(self.others.filter(mine)["price"].sum())
        about = resource if limit.kind == "quantity_max" else None
        period = None if limit.kind == "export_limit" else limit.period
        return sum(
            self._rule.get((rule, limit.key, about, period), 0.0) for rule in RULES[limit.kind]
        )


def of_class(n: Numbers, plan: Plan, priority: int) -> Prices:
    """The prices of a class's shortage, or of the single sum where that is the objective."""
    stages = n.network.objective.stages
    if "shortage" in stages or stages != ("total",):
        return Prices(n, plan, "shortage", str(priority))
    return Prices(n, plan, "total", "all")
