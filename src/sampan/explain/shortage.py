"""Why this shortage: the limits between every supply and the demand, and who has what there is."""

from __future__ import annotations

from collections import defaultdict
from difflib import get_close_matches
from typing import Any

import polars as pl

from sampan.explain.flows import Flow, Node
from sampan.explain.limits import Limit
from sampan.explain.prices import Prices, of_class
from sampan.explain.question import Question, refuse
from sampan.explain.result import Explanation, Reason
from sampan.explain.trace import Fate, forwards
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
Group = tuple[str, str, int, int]


def why_short(question: Question, demand: str) -> Explanation:
    """The answer for one demand."""
    n, words = question.n, question.words
    if demand not in n.keys["demands"]:
        near = get_close_matches(demand, n.keys["demands"], 1)
        hint = f"Did you mean {near[0]}?" if near else "Name one of the table's keys."
        refuse("demands", "demand", demand, f"there is no demand {demand!r}.", hint)
    number = n.keys["demands"].index(demand)
    facts = _facts(question, number)
    if facts["short"] <= question.flows.typical(int(n.demand_resource[number])) * 1e-7:
        text = words.say("met", **facts | {"when": words.on(facts["period"])})
        return Explanation("shortage", text, notes=_lateness(question, facts), facts=facts)
    teller = _Teller(question, number)
    text = words.say(
        "short",
        **facts
        | {
            "when": words.on(facts["period"]),
            "share": words.share(facts["short"] / facts["quantity"]),
        },
    )
    reasons = teller.reasons()
    more = words.templates["more"]
    return Explanation("shortage", text, reasons, teller.notes(), facts, more=more)


def _facts(question: Question, number: int) -> dict[str, Any]:
    n, plan = question.n, question.plan
    name = n.keys["demands"][number]
    row = pl.col("demand") == name
    short = float(plan.frame("shortages").filter(row)["quantity"].sum())
    late = plan.frame("deliveries").filter(row & (pl.col("late_periods") > 0))
    return {
        "demand": name,
        "site": question.site(int(n.demand_site[number])),
        "resource": question.resource(int(n.demand_resource[number])),
        "period": int(n.demand_period[number]),
        "latest_period": int(n.demand_last[number]),
        "quantity": float(n.demand_quantity[number]),
        "short": short,
        "priority": int(n.demand_priority[number]),
        "late": float(late["quantity"].sum()),
        "late_periods_max": max(late["late_periods"].to_list(), default=0),
    }


def _lateness(question: Question, facts: dict[str, Any]) -> tuple[str, ...]:
    if not facts["late"]:
        return ()
    words = question.words
    text = words.say("late_delivery", late=facts["late"], periods=facts["late_periods_max"])
    return (text,)


class _Teller:
    """Turns what the search finds into reasons."""

    def __init__(self, question: Question, demand: int) -> None:
        self.q, self.demand = question, demand
        self.n, self.words = question.n, question.words
        self.upstream = Upstream(self.n, question.flows, question.limits, question.spare, demand)
        priority = int(self.n.demand_priority[demand])
        self.prices: Prices = of_class(self.n, question.plan, priority)
        self.labels: dict[Limit, str] = {}

    def reasons(self) -> tuple[Reason, ...]:
        found = self._kept(self.upstream.findings())
        if not found:
            return (self._no_way(),) if self.upstream.best > 0 else ()
        groups: dict[Group, list[Finding]] = defaultdict(list)
        for one in found:
            limit = one.limit
            timing = -1 if limit.kind != "source" else min(limit.period, 1)
            name = "" if limit.kind == "not_carried" else limit.key
            groups[limit.kind, name, limit.resource * 3 + timing + 1, one.relieve].append(one)
        told = [self._reason(findings) for findings in groups.values()]
        return tuple(sorted(told, key=_rank))

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
        if limit.kind == "not_carried" and len(findings) > 1:
            template = "not_carried_by"
            facts["lanes"] = sorted(one.limit.key for one in findings)
            facts["key"] = None
            shown["lanes"] = self.words.listed(facts["lanes"], 3)
        text = self.words.say(template, **shown)
        if limit.kind == "source":
            told, facts["goes_to"] = self._claims(limit, periods)
            text += told
        way = self._way(first)
        if any(arc.kind == "run" for arc in first.way) and limit.kind != "runs_max":
            text += self.words.say("way", way=way)
        if first.relieve > 1:
            partners = sorted({self._label(one) for one in first.partners})
            text += self.words.say("together", partners=self.words.listed(partners))
            facts["partners"] = partners
        prices = [self.prices.of(one.limit) for one in findings]
        known = [price for price in prices if price is not None]
        facts |= {"periods": periods, "way": way}
        return Reason(limit.kind, text, facts, first.relieve, sum(known) if known else None)

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
            return {"quantity": sum(flow.quantity for _, flow in self._supplies(limit, periods))}
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

    def _supplies(self, limit: Limit, periods: list[int]) -> list[tuple[Node, Flow]]:
        """The entries of stocks and arrivals behind a source."""
        site = self.n.keys["sites"].index(limit.key)
        return [
            (node, flow)
            for node, flows in self.q.flows.into.items()
            if node[:2] == (site, limit.resource) and node[3] in periods
            for flow in flows
            if flow.kind == "supply"
        ]

    def _claims(self, limit: Limit, periods: list[int]) -> tuple[str, list[dict[str, Any]]]:
        """Who has what was there."""
        start: dict[Node, float] = defaultdict(float)
        for node, flow in self._supplies(limit, periods):
            start[node] += flow.quantity
        fate = forwards(self.n, self.q.flows, start)
        rows = [*self._by_class(fate), *self._bound(fate)]
        rows += [
            {"what": what, "quantity": quantity, "demands": []}
            for what, quantity in (
                ("expired", fate.expired),
                ("kept", sum(fate.kept.values())),
                ("lost", fate.lost),
            )
            if quantity > self.q.flows.typical(limit.resource) * 1e-6
        ]
        parts = [
            self.words.say(
                row["what"],
                quantity=float(row["quantity"]),
                demands=self.words.listed(row["demands"], 3),
            )
            for row in rows
        ]
        if not parts:
            return "", rows
        text = self.words.say("goes_to", parts=self.words.templates["semicolon"].join(parts))
        return text + (self.words.say("after_processing") if fate.processes else ""), rows

    def _by_class(self, fate: Fate) -> list[dict[str, Any]]:
        n = self.n
        own = int(n.demand_priority[self.demand])
        sums: dict[str, dict[str, float]] = defaultdict(dict)
        for demand, quantity in fate.demands.items():
            priority = int(n.demand_priority[demand])
            what = "urgent" if priority < own else "equal" if priority == own else "less"
            sums["this" if demand == self.demand else what][n.keys["demands"][demand]] = quantity
        return [
            {
                "what": what,
                "quantity": sum(sums[what].values()),
                "demands": sorted(sums[what], key=lambda name: -sums[what][name]),
            }
            for what in ("this", "urgent", "equal", "less")
            if sum(sums[what].values()) > 0
        ]

    def _bound(self, fate: Fate) -> list[dict[str, Any]]:
        """Shipments that firm commitments ask for."""
        network, n = self.q.network, self.n
        firm = network.table("commitments").filter(firm=True)
        found: dict[str, float] = {}
        for row in firm.iter_rows(named=True):
            lane = n.keys["lanes"].index(row["lane"])
            resource = n.keys["resources"].index(row["resource"])
            sent = fate.shipments.get((lane, resource, row["period"]), 0.0)
            if sent > 0:
                found[row["commitment"]] = min(sent, row["quantity"])
        if not found:
            return []
        names = sorted(found, key=lambda name: -found[name])
        return [{"what": "committed", "quantity": sum(found.values()), "demands": names}]

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
        reason.facts["periods"],
        str(reason.facts.get("key")),
    )
