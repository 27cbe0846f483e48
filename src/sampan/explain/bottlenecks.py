"""What relieving each limit is worth, from the plan's prices; or, without them, how used it is."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import polars as pl

from sampan.explain.question import Question
from sampan.explain.result import Explanation, Reason
from sampan.model.numbers import Array

STAGES = ("shortage", "total", "lateness", "policy", "cost")
"""Stages whose prices have a meaning of their own, in the order in which they are told."""
UNITS = {
    "mass_kg_max": "kg",
    "volume_m3_max": "m3",
    "storage_m3_max": "m3",
    "runs_max": "run",
    "amount_max": "unit",
}
TABLES = {
    "mass_kg_max": "lane",
    "volume_m3_max": "lane",
    "quantity_max": "lane",
    "commitment": "commitment",
    "runs_max": "process",
    "amount_max": "capacity",
    "storage_m3_max": "storage",
    "export_quantity_max": "export",
    "export_share_max": "export",
    "reserve": "reserve",
    "pledge": "pledge",
}
"""Rules that are limits, and the template that names each."""
POLICIES = {
    "export": ("export_limits", "limit"),
    "reserve": ("reserves", "reserve"),
    "pledge": ("pledges", "pledge"),
}
"""Table and key of the rules that a policy states."""
Key = tuple[str, str, str | None]
"""Rule (`supply` for a balance), key (for a balance the site) and resource."""


def bottlenecks_of(question: Question) -> Explanation:
    """The ranked worth of every limit, stage by stage; the first stage's as the answer's own."""
    words, plan = question.words, question.plan
    more = words.templates["more"]
    by_solver = (plan.frame("stages")["bound_from"] == "solver").any()
    priced = len(plan.frame("prices")) + len(plan.frame("capacity_prices")) > 0
    if by_solver or not (priced or plan.summary.get("status") == "optimal"):
        reasons = _by_use(question)
        return Explanation("bottlenecks", words.say("utilisation"), reasons, more=more)
    parts = []
    told: set[Key] = set()
    for stage in STAGES:
        for row in plan.frame("stages").filter(stage=stage).iter_rows(named=True):
            part = _Worth(question, stage, row["part"]).tell(told)
            if part is not None:
                parts.append(part)
    if not parts:
        note = words.say("no_binding")
        return Explanation("bottlenecks", words.say("bottlenecks"), notes=(note,))
    first, *rest = parts
    text = f"{words.say('bottlenecks')} {first.headline}"
    return Explanation("bottlenecks", text, first.reasons, facts=first.facts,
                       parts=tuple(rest), more=more)  # fmt: skip


class _Worth:
    """The worth of each limit in one part of one stage."""

    def __init__(self, question: Question, stage: str, part: str) -> None:
        self.q, self.n, self.words = question, question.n, question.words
        self.stage, self.part = stage, part
        self.weight = self._weights() if stage == "shortage" else {}

    def _weights(self) -> dict[int, float]:
        """Importance ÷ all demand of the class, for each of its resources that is short."""
        n = self.n
        mine = n.demand_priority == int(self.part)
        short = set(self.q.plan.frame("shortages")["demand"].to_list())
        names = n.keys["demands"]
        found = {}
        for k in np.unique(n.demand_resource[mine]):
            of_it = np.flatnonzero(mine & (n.demand_resource == k))
            if any(names[d] in short for d in of_it):
                found[int(k)] = float(n.importance[k] / n.demand_quantity[of_it].sum())
        return found

    def tell(self, told: set[Key]) -> Explanation | None:
        """The part's reasons, ranked; None if nothing has a price.

        What is in `told` already, and put there, goes first to a part before this one.
        """
        priced = {key: prices for key, prices in self._priced().items() if key not in told}
        told |= set(priced)
        if not priced:
            return None
        reasons = [self._reason(key, prices) for key, prices in priced.items()]
        reasons.sort(key=lambda one: (-one.facts["worth_of_one_percent"], one.text))
        text = self.words.say("part", stage=self.stage, part=self.part, money=self._money())
        facts = {"stage": self.stage, "part": self.part}
        more = self.words.templates["more"]
        return Explanation("bottlenecks", text, tuple(reasons), facts=facts, more=more)

    def _money(self) -> str:
        if self.stage in ("total", "cost"):
            return self.words.say("in_money", currency=self.q.network.currency)
        if len(self.weight) == 1:
            return self.words.say("in_units", resource=self.q.resource(next(iter(self.weight))))
        return self.words.say("in_share")

    def _priced(self) -> dict[Key, dict[int, float]]:
        """By limit, its prices by period (-1 where it holds over a window)."""
        mine = (pl.col("stage") == self.stage) & (pl.col("part") == self.part)
        found: dict[Key, dict[int, float]] = defaultdict(dict)
        plan = self.q.plan
        for row in plan.frame("capacity_prices").filter(mine).iter_rows(named=True):
            if row["rule"] in TABLES and row["price"] > 0:
                period = -1 if row["period"] is None else row["period"]
                found[row["rule"], row["key"], row["resource"]][period] = row["price"]
        supplied = self._supplied()
        for row in plan.frame("prices").filter(mine).iter_rows(named=True):
            place = row["site"], row["resource"]
            if place in supplied and row["price"] > 0:
                prices = found["supply", place[0], place[1]]
                prices[row["period"]] = max(prices.get(row["period"], 0.0), row["price"])
        return found

    def _supplied(self) -> set[tuple[str, str]]:
        """Where goods enter the network, and where processes use them."""
        n, q = self.n, self.q
        found = {
            (q.site(int(i)), q.resource(int(k)))
            for i, k in zip(n.supply.site, n.supply.resource, strict=True)
        }
        for p, inputs in q.flows.used.items():
            found |= {(q.site(int(n.process_site[p])), q.resource(k)) for k, _ in inputs}
        return found

    def _reason(self, key: Key, prices: dict[int, float]) -> Reason:
        rule, name, resource = key
        periods = sorted(period for period in prices if period >= 0)
        values = list(prices.values())
        served = self._served(key)
        unit = 1.0 / self.weight[served] if served is not None else 1.0
        amounts = self._amounts(key, list(prices))
        percent = 0.01 * sum(p * a for p, a in zip(values, amounts, strict=True))
        all_periods = periods or list(range(self.n.periods))
        shown = {
            "what": self._what(key),
            "each": self._each(key),
            "periods": self.words.over(all_periods),
            "worth": float(np.mean(values)) * unit,
            "best": max(values) * unit,
        }
        facts: dict[str, Any] = {
            "stage": self.stage,
            "part": self.part,
            "rule": rule,
            "key": name,
            "resource": resource,
            "periods": periods,
            "worth_mean": shown["worth"],
            "worth_best": shown["best"],
            "worth_unit": None,
            "worth_of_one_percent": percent,
        }
        template = "worth_value"
        if served is not None:
            facts["worth_unit"] = shown["resource"] = self.q.resource(served)
            template = "worth_units"
        text = self.words.say(template, **shown)
        return Reason("bottleneck", text, facts, price=float(np.sum(values)))

    def _what(self, key: Key) -> str:
        rule, name, resource = key
        values: dict[str, Any] = {"key": name, "rule": rule, "resource": resource, "site": name}
        kind = "supply" if rule == "supply" else TABLES[rule]
        if kind == "lane":
            values["origin"], values["destination"] = self.q.ends(name)
            if resource is not None:
                values["rule"] = f"{rule} {resource}"
        elif kind == "process":
            process = self.n.keys["processes"].index(name)
            values["site"] = self.q.site(int(self.n.process_site[process]))
        return self.words.say(f"what_{kind}", **values)

    def _each(self, key: Key) -> str:
        rule, name, resource = key
        if rule in UNITS:
            return UNITS[rule]
        if resource is None:
            resource = self._policy_resource(rule, name)
        units = dict(self.q.network.table("resources").select("resource", "unit").rows())
        return str(units[resource])

    def _amounts(self, key: Key, periods: list[int]) -> list[float]:
        """How much of the limit there is in each period."""
        rule, name, resource = key
        n, q = self.n, self.q
        by_period: dict[str, tuple[str, Array]] = {
            "mass_kg_max": ("lanes", n.mass_kg_max),
            "volume_m3_max": ("lanes", n.volume_m3_max),
            "runs_max": ("processes", n.runs_max),
            "amount_max": ("capacities", n.amount_max),
        }
        if rule in by_period:
            table, values = by_period[rule]
            return [float(values[n.keys[table].index(name), t]) for t in periods]
        if rule == "supply":
            place = n.keys["sites"].index(name), n.keys["resources"].index(resource or "")
            return [self._entering(place, t) for t in periods]
        if rule == "storage_m3_max":
            return [float(n.storage_m3_max[n.keys["sites"].index(name)])] * len(periods)
        if rule in ("quantity_max", "commitment"):
            lane = n.keys["lanes"].index(name)
            k = n.keys["resources"].index(resource or "")
            return [q.limits.shipped.get((lane, k, t), 0.0) for t in periods]
        return [self._asked(rule, name)] * len(periods)

    def _entering(self, place: tuple[int, int], period: int) -> float:
        """What is supplied, made or brought there in a period."""
        flows = self.q.flows.into
        return sum(
            flow.quantity
            for label in range(period, self.n.periods + 1)
            for flow in flows.get((*place, label, period), [])
            if flow.kind != "stock"
        )

    def _asked(self, rule: str, name: str) -> float:
        network = self.q.network
        if rule == "reserve":
            return float(network.table("reserves").filter(reserve=name)["quantity_min"][0])
        if rule == "pledge":
            return float(network.table("pledges").filter(pledge=name)["quantity"][0])
        row = network.table("export_limits").filter(limit=name).row(0, named=True)
        most = row["quantity_max"]
        return float(most) if most != float("inf") else 1.0

    def _served(self, key: Key) -> int | None:
        """The one short resource of the class that relief can serve; None if not just one."""
        if len(self.weight) <= 1:
            return next(iter(self.weight), None)
        serves = self._downstream(self._touched(key)) & set(self.weight)
        return serves.pop() if len(serves) == 1 else None

    def _touched(self, key: Key) -> set[int]:
        rule, name, resource = key
        n, q = self.n, self.q
        if resource is not None:
            return {n.keys["resources"].index(resource)}
        if rule == "runs_max":
            return {k for k, _ in q.flows.made[n.keys["processes"].index(name)]}
        if rule in ("mass_kg_max", "volume_m3_max"):
            lane = n.keys["lanes"].index(name)
            return set(np.flatnonzero(n.carries[lane]).tolist())
        of_policy = self._policy_resource(rule, name)
        if of_policy is not None:
            return {n.keys["resources"].index(of_policy)}
        return set(range(len(n.keys["resources"])))

    def _policy_resource(self, rule: str, name: str) -> str | None:
        """The resource of a reserve, a pledge or an export limit."""
        if TABLES.get(rule) not in POLICIES:
            return None
        table, column = POLICIES[TABLES[rule]]
        row = self.q.network.table(table).filter(pl.col(column) == name)
        return str(row["resource"][0])

    def _downstream(self, resources: set[int]) -> set[int]:
        """What can be made of them, and what they can stand in for."""
        n, q = self.n, self.q
        number = {key: row for row, key in enumerate(n.keys["resources"])}
        found, stack = set(resources), list(resources)
        while stack:
            k = stack.pop()
            after = {
                made
                for p, inputs in q.flows.used.items()
                if any(used == k for used, _ in inputs)
                for made, _ in q.flows.made[p]
            }
            instead = q.network.table("substitutes").filter(substitute=q.resource(k))
            after |= {number[name] for name in instead["resource"].to_list()}
            stack += sorted(after - found)
            found |= after
        return found


def _by_use(question: Question) -> tuple[Reason, ...]:
    """Lanes, processes and capacities, the most used first."""
    n, limits, words = question.n, question.limits, question.words
    found = []
    for kind, table, used, most in (
        ("mass_kg_max", "lanes", limits.lane_mass, n.mass_kg_max),
        ("volume_m3_max", "lanes", limits.lane_volume, n.volume_m3_max),
        ("runs_max", "processes", question.flows.runs, n.runs_max),
        ("amount_max", "capacities", limits.used, n.amount_max),
    ):
        for row, name in enumerate(n.keys[table]):
            there = np.flatnonzero(np.isfinite(most[row]) & (most[row] > 0))
            share = used[row, there] / most[row, there]
            if not len(there) or share.max() <= 0:
                continue
            full = there[share >= 1 - 1e-6].tolist()
            facts = {"rule": kind, "key": name, "share": float(share.mean()), "periods": full}
            what = _Worth(question, "", "")._what((kind, name, None))
            template = "utilised" if full else "utilised_never"
            text = words.say(
                template,
                what=what,
                share=words.share(float(share.mean())),
                periods=words.over(full) if full else "",
            )
            found.append(Reason("bottleneck", text, facts))
    found.sort(key=lambda one: (-len(one.facts["periods"]), -one.facts["share"], one.text))
    return tuple(found)
