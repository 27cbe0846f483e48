"""The reasons of a shortage: what the search finds, as sentences with their data."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sampan.explain.claims import Claims
from sampan.explain.flows import Node
from sampan.explain.limits import Limit
from sampan.explain.prices import Prices, of_class
from sampan.explain.question import Question
from sampan.explain.result import Reason
from sampan.explain.upstream import Arc, Finding, Upstream

ORDER = (
    "closed",
    "mass_kg_max",
    "volume_m3_max",
    "quantity_max",
    "lot_size",
    "quantity_min",
    "amount_max",
    "export_limit",
    "runs_max",
    "runs_whole",
    "storage_m3_max",
    "reserve",
    "pledge",
    "commitment",
    "expiry",
    "source",
    "late",
    "not_carried",
)
"""Kinds of limits, for those of equal worth."""
BY_LANE = ("closed", "mass_kg_max", "volume_m3_max", "quantity_max", "lot_size", "quantity_min")
MANY = {
    "closed": 4,
    "mass_kg_max": 4,
    "volume_m3_max": 4,
    "quantity_max": 4,
    "runs_max": 4,
    "source": 4,
    "expiry": 4,
    "not_carried": 1,
}
"""Keys of a kind above which one sentence speaks of them all."""
Group = tuple[str, int, bool, int]


class Teller:
    """Turns what the search finds into reasons."""

    def __init__(self, question: Question, demand: int) -> None:
        self.q, self.demand = question, demand
        self.n, self.words = question.n, question.words
        self.upstream = Upstream(self.n, question.flows, question.limits, question.spare, demand)
        priority = int(self.n.demand_priority[demand])
        self.prices: Prices = of_class(self.n, question.plan, priority)
        self.claims = Claims(question, demand)

    def reasons(self) -> tuple[Reason, ...]:
        found = self._kept(self.upstream.findings())
        if not found:
            return (self._no_way(),) if self.upstream.best > 0 else ()
        groups: dict[Group, dict[str, list[Finding]]] = defaultdict(lambda: defaultdict(list))
        for one in found:
            limit = one.limit
            at_start = limit.kind != "source" or limit.period == 0
            group = (limit.kind, limit.resource, at_start, one.relieve)
            groups[group][limit.key].append(one)
        told = [reason for group in groups.values() for reason in self._told(group)]
        return tuple(sorted(told, key=_rank))

    def _told(self, group: dict[str, list[Finding]]) -> list[Reason]:
        """A reason for each key; or one for all of them, where there are many."""
        kind = next(iter(group.values()))[0].limit.kind
        if len(group) <= MANY.get(kind, len(group)):
            return [self._reason(findings) for findings in group.values()]
        return [self._of_many(group)]

    def _of_many(self, group: dict[str, list[Finding]]) -> Reason:
        """One sentence for many lanes, processes or sites with the same kind of limit."""
        findings = [one for some in group.values() for one in some]
        first = findings[0]
        periods = sorted({one.limit.period for one in findings if one.limit.period >= 0})
        prices = {key: self._price(some) or 0.0 for key, some in group.items()}
        keys = sorted(group, key=lambda key: (-prices[key], key))
        facts: dict[str, Any] = {"keys": keys, "count": len(keys), "periods": periods}
        if first.limit.resource >= 0:
            facts["resource"] = self.q.resource(first.limit.resource)
        shown = facts | {
            "keys": self.words.listed(keys, 3),
            "periods": self.words.over(periods) if periods else "",
        }
        template = f"{first.limit.kind}_many"
        told = ""
        if first.limit.kind == "source":
            limits = [one.limit for one in findings]
            template = "source_arrival_many" if periods[0] > 0 else "source_stock_many"
            shown["quantity"] = facts["quantity"] = self.claims.quantity(limits)
            told, facts["goes_to"] = self.claims.tell(limits)
        text = self.words.say(template, **shown) + told + self._together(first, facts)
        return Reason(first.limit.kind, text, facts, first.relieve, self._price(findings))

    def _price(self, findings: list[Finding]) -> float | None:
        """What one more unit of relief of each is worth; None if none has a price."""
        prices = [self.prices.of(one.limit) for one in findings]
        known = [price for price in prices if price is not None]
        return sum(known) if known else None

    def _together(self, finding: Finding, facts: dict[str, Any]) -> str:
        """What must be relieved as well, if anything."""
        if finding.relieve == 1:
            return ""
        partners = sorted({self._label(one) for one in finding.partners})
        facts["partners"] = partners
        return self.words.say("together", partners=self.words.listed(partners, 3))

    def notes(self) -> tuple[str, ...]:
        plan, words = self.q.plan, self.words
        if self.upstream.best == 0:
            status, gap = str(plan.summary.get("status")), plan.summary.get("gap")
            return (words.say("improvable", status=status, gap=gap),)
        return (words.say("priced" if self.prices.known else "no_prices"),)

    def _kept(self, findings: list[Finding]) -> list[Finding]:
        """One statement on timing, the earliest arrival, and expiry only where the goods lie."""
        late = [one for one in findings if one.limit.kind == "late" and one.relieve == 1]
        others = [one for one in findings if one.limit.kind != "late"]
        n = self.n
        # together with a later period, or on a lane that does not carry it, is no relief at hand
        others = [
            one
            for one in others
            if not any(partner.kind in ("late", "not_carried") for partner in one.partners)
            and (one.limit.kind != "not_carried" or one.relieve == 1)
        ]
        others = [
            one
            for one in others
            if one.limit.kind != "expiry"
            or one.origin is None
            or n.keys["sites"][one.origin[0]] == one.limit.key
        ]
        named = {one.limit for one in others}
        news = [one for one in late if self._is_news(one, named)]
        return others + sorted(news, key=lambda one: one.limit.period)[:1]

    def _is_news(self, late: Finding, named: set[Limit]) -> bool:
        """Whether a later arrival is one: not what a limit that is named lets through later,
        not the next day's service, and not a loan that has come back.
        """
        n, k = self.n, late.limit.resource
        steps = self._before(late)
        if n.is_service[k] or (n.is_equipment[k] and not steps):
            return False
        limits = self.q.limits
        for arc in steps:
            for period in range(n.periods):
                if arc.kind == "run":
                    met = limits.of_process(arc.key, period)
                else:
                    met = limits.of_lane(arc.key, k, period)
                if named & set(met):
                    return False
        return True

    def _before(self, finding: Finding) -> list[Arc]:
        """Lanes and processes on the best way from the sources to where a limit is met."""
        up = self.upstream
        found = [arc for arc in finding.way if arc.kind == "shipment"]
        stack = [tail for arc in finding.way[:1] for tail in arc.tails]
        while stack:
            step = up.by[stack.pop()]
            if step >= 0:
                arc = up.arcs[step]
                found += [arc] if arc.kind in ("shipment", "run") else []
                stack += arc.tails
        return found

    def _no_way(self) -> Reason:
        n, words = self.n, self.words
        resource = int(n.demand_resource[self.demand])
        exists = any(k in self.upstream.labels for k in self.upstream.wanted())
        kind = "no_way" if exists else "no_supply"
        site = self.q.site(int(n.demand_site[self.demand]))
        facts = {"site": site, "resource": self.q.resource(resource)}
        return Reason(kind, words.say(kind, **facts), facts)

    def _reason(self, findings: list[Finding]) -> Reason:
        first = findings[0]
        limit = first.limit
        periods = sorted({one.limit.period for one in findings if one.limit.period >= 0})
        facts = self._describe(limit, periods, first)
        shown = facts | {"periods": self.words.over(periods) if periods else ""}
        if limit.kind == "reserve":
            shown["hardness"] = self.words.templates["hard" if facts["hard"] else "soft"]
        template = limit.kind
        if limit.kind == "late":
            own = facts["site"] == self.q.site(int(self.n.demand_site[self.demand]))
            template = "late_own" if own else "late"
            shown["when"] = self.words.on(periods[0])
            shown["last"] = self.words.on(int(self.n.demand_last[self.demand]))
        if limit.kind == "source":
            template = "source_arrival" if periods[0] > 0 else "source_stock"
        text = self.words.say(template, **shown)
        if limit.kind == "source":
            told, facts["goes_to"] = self.claims.tell([one.limit for one in findings])
            text += told
        way = self._way(first)
        if any(arc.kind == "run" for arc in first.way) and limit.kind != "runs_max":
            text += self.words.say("way", way=way)
        text += self._together(first, facts)
        facts |= {"periods": periods, "way": way}
        return Reason(limit.kind, text, facts, first.relieve, self._price(findings))

    def _describe(self, limit: Limit, periods: list[int], finding: Finding) -> dict[str, Any]:
        """The facts of a limit, as its sentence needs them."""
        n, q = self.n, self.q
        facts: dict[str, Any] = {"key": limit.key}
        if limit.resource >= 0:
            facts["resource"] = q.resource(limit.resource)
        if limit.kind in (*BY_LANE, "not_carried"):
            facts["origin"], facts["destination"] = q.ends(limit.key)
        if limit.kind in ("source", "expiry"):
            facts["site"] = limit.key
        elif limit.kind == "late":
            origin = finding.origin or finding.node
            facts["site"] = q.site(origin[0])
        elif limit.kind in ("runs_max", "runs_whole"):
            process = n.keys["processes"].index(limit.key)
            facts["site"] = q.site(int(n.process_site[process]))
        elif limit.kind == "storage_m3_max":
            facts["site"] = limit.key
        facts |= self._amount(limit, periods)
        return facts

    def _amount(self, limit: Limit, periods: list[int]) -> dict[str, Any]:
        n = self.n
        keys = n.keys
        if limit.kind in ("mass_kg_max", "volume_m3_max"):
            values = getattr(n, limit.kind)[keys["lanes"].index(limit.key), periods]
        elif limit.kind == "amount_max":
            values = n.amount_max[keys["capacities"].index(limit.key), periods]
        elif limit.kind == "runs_max":
            values = n.runs_max[keys["processes"].index(limit.key), periods]
        elif limit.kind in ("quantity_max", "lot_size", "quantity_min"):
            entry = q_entry(self.q, limit)
            values = n.lane_resource[limit.kind][[entry]]
        elif limit.kind == "storage_m3_max":
            values = n.storage_m3_max[[keys["sites"].index(limit.key)]]
        elif limit.kind == "source":
            there = [limit._replace(period=period) for period in periods]
            return {"quantity": self.claims.quantity(there)}
        else:
            return self._of_policy(limit)
        return {"limit": float(max(values))}

    def _of_policy(self, limit: Limit) -> dict[str, Any]:
        network = self.q.network
        if limit.kind == "export_limit":
            row = network.table("export_limits").filter(limit=limit.key).row(0, named=True)
            return {"country": row["country"]}
        if limit.kind == "reserve":
            row = network.table("reserves").filter(reserve=limit.key).row(0, named=True)
            place = row["site"] if row["site"] is not None else row["country"]
            return {"limit": row["quantity_min"], "place": place, "hard": row["hard"]}
        return {}

    def _way(self, finding: Finding) -> str:
        """From where a limit is met to the demand: sites, processes and lanes."""
        q, n = self.q, self.n
        steps = [self._place(finding.node)] if not finding.way else []
        for arc in finding.way:
            for tail in arc.tails[:1]:
                if not steps:
                    steps.append(self._place(tail))
            if arc.kind == "shipment":
                steps.append(n.keys["lanes"][arc.key])
            elif arc.kind == "run":
                steps.append(n.keys["processes"][arc.key])
            if arc.kind in ("shipment", "run") and arc.head[0] >= 0:
                steps.append(self._place(arc.head))
        steps.append(q.n.keys["demands"][self.demand])
        return " → ".join(steps)

    def _place(self, node: Node) -> str:
        return f"{self.q.resource(node[1])} @ {self.q.site(node[0])}"

    def _label(self, limit: Limit) -> str:
        resource = "" if limit.resource < 0 else f" {self.q.resource(limit.resource)}"
        return f"{limit.kind} {limit.key}{resource}".replace("  ", " ").strip()


def q_entry(question: Question, limit: Limit) -> int:
    """The row of lane_resources that a limit stands in."""
    lane = question.n.keys["lanes"].index(limit.key)
    return question.limits.entry[lane, limit.resource]


def _rank(reason: Reason) -> tuple[int, float, int, list[int], str]:
    return (
        reason.relieve,
        -round(reason.price or 0.0, 12),
        ORDER.index(reason.kind) if reason.kind in ORDER else len(ORDER),
        reason.facts.get("periods", []),
        str(reason.facts.get("key")),
    )
