"""Why this shipment: where its goods came from, whom they serve, and why by this lane."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import polars as pl

from sampan.explain.flows import Node
from sampan.explain.prices import Prices
from sampan.explain.question import Question, refuse
from sampan.explain.result import Explanation, Reason
from sampan.explain.trace import backwards, forwards

HOW = "Write lane,resource,depart_period, or the number of its row in shipments, the first being 1."

WEIGHED = ("shortage", "lateness", "policy", "total")
"""Stages whose prices say what a shipment is good for; its cost is known anyway."""


@dataclass(frozen=True)
class _Shipment:
    lane: int
    resource: int
    period: int
    nodes: dict[Node, float]
    """Quantities by where and how long they last, at departure."""

    @property
    def quantity(self) -> float:
        return sum(self.nodes.values())


def why_shipped(question: Question, key: str | int) -> Explanation:
    """The answer for one shipment."""
    n, words = question.n, question.words
    one = _find(question, key)
    lead = int(n.lane_lead[one.lane])
    facts: dict[str, Any] = {
        "lane": n.keys["lanes"][one.lane],
        "resource": question.resource(one.resource),
        "quantity": float(one.quantity),
        "origin": question.site(int(n.origin[one.lane])),
        "destination": question.site(int(n.destination[one.lane])),
        "depart_period": one.period,
        "arrive_period": one.period + lead,
    }
    text = words.say(
        "shipment",
        when=words.on(one.period),
        arrives=words.on(one.period + lead),
        **facts,
    )
    teller = _Teller(question, one)
    reasons = (*teller.sources(), *teller.uses(), *teller.policies(), *teller.ways())
    more = words.templates["more"]
    return Explanation("shipment", text, reasons, teller.worth(), facts, more=more)


def _find(question: Question, key: str | int) -> _Shipment:
    n, frame = question.n, question.plan.frame("shipments")
    text = str(key).strip()
    if text.isdigit():
        row = int(text)
        if not 1 <= row <= len(frame):
            message = f"there is no row {row}; the plan has {len(frame)} shipments."
            refuse("shipments", "lane", text, message, HOW)
        lane, resource, period = frame.select("lane", "resource", "depart_period").row(row - 1)
    else:
        parts = next(csv.reader([text], skipinitialspace=True), [])
        if len(parts) != 3 or not parts[2].strip().isdigit():
            refuse("shipments", "lane", text, f"{text!r} names no shipment.", HOW)
        lane, resource, period = parts[0], parts[1], int(parts[2])
    found = frame.filter(
        (pl.col("lane") == lane)
        & (pl.col("resource") == resource)
        & (pl.col("depart_period") == period)
    )
    if found.is_empty():
        message = f"the plan sends no {resource} on {lane} in period {period}."
        refuse("shipments", "lane", text, message, HOW)
    number, k = n.keys["lanes"].index(lane), n.keys["resources"].index(resource)
    nodes: dict[Node, float] = defaultdict(float)
    for row_of in found.iter_rows(named=True):
        label = question.flows.label(k, row_of["expires_period"])
        nodes[int(n.origin[number]), k, label, period] += row_of["quantity"]
    return _Shipment(number, k, period, nodes)


class _Teller:
    def __init__(self, question: Question, shipment: _Shipment) -> None:
        self.q, self.one = question, shipment
        self.n, self.words = question.n, question.words
        self.arrive = shipment.period + int(self.n.lane_lead[shipment.lane])

    def _reason(self, kind: str, **facts: Any) -> Reason:
        """A reason whose facts are its sentence's, with periods written out."""
        shown = dict(facts)
        if "periods" in facts:
            shown["periods"] = self.words.over(facts["periods"])
        if "period" in facts:
            shown["when"] = self.words.on(facts["period"])
        return Reason(kind, self.words.say(kind, **shown), facts)

    def sources(self) -> list[Reason]:
        """Stock, arrivals and runs that its goods came from."""
        q, n = self.q, self.n
        stocks: dict[int, float] = defaultdict(float)
        arrivals: dict[int, dict[int, float]] = defaultdict(dict)
        runs: dict[int, dict[int, float]] = defaultdict(dict)
        for node, quantity in self.one.nodes.items():
            origin = backwards(q.flows, node, quantity)
            for site, part in origin.stocks.items():
                stocks[site] += part
            for (site, period), part in origin.arrivals.items():
                arrivals[site][period] = arrivals[site].get(period, 0.0) + part
            for (process, period), part in origin.runs.items():
                runs[process][period] = runs[process].get(period, 0.0) + part
        found = [self._reason("from_stock", site=q.site(s), quantity=p) for s, p in stocks.items()]
        found += [
            self._reason(
                "from_arrival", site=q.site(s), quantity=sum(p.values()), periods=sorted(p)
            )
            for s, p in arrivals.items()
        ]
        found += [
            self._reason(
                "from_run",
                process=n.keys["processes"][process],
                site=q.site(int(n.process_site[process])),
                quantity=sum(parts.values()),
                periods=sorted(parts),
            )
            for process, parts in runs.items()
        ]
        return _largest_first(found)

    def uses(self) -> list[Reason]:
        """Demands, processes and stocks in which its goods end."""
        q, n = self.q, self.n
        start = {
            (int(n.destination[self.one.lane]), k, label, self.arrive): quantity
            for (_, k, label, _), quantity in self.one.nodes.items()
        }
        fate = forwards(n, q.flows, start)
        found = [
            self._reason(
                "serves",
                demand=n.keys["demands"][demand],
                site=q.site(int(n.demand_site[demand])),
                period=int(n.demand_period[demand]),
                priority=int(n.demand_priority[demand]),
                quantity=quantity,
            )
            for demand, quantity in fate.demands.items()
        ]
        found += [
            self._reason("feeds", process=n.keys["processes"][process], quantity=quantity)
            for process, quantity in fate.processes.items()
        ]
        found += [
            self._reason("stays", site=q.site(site), quantity=quantity)
            for (site, _), quantity in fate.kept.items()
        ]
        if fate.expired + fate.lost > 0:
            found.append(self._reason("wasted", quantity=fate.expired + fate.lost))
        return _largest_first(found)

    def policies(self) -> list[Reason]:
        """Commitments, pledges and reserves that the shipment keeps."""
        n, network = self.n, self.q.network
        name = self.q.resource(self.one.resource)
        lane = n.keys["lanes"][self.one.lane]
        asked = network.table("commitments").filter(lane=lane, resource=name)
        asked = asked.filter(pl.col("period") == self.one.period)
        found = [self._reason("for_commitment", key=key) for key in asked["commitment"].to_list()]
        origin = str(n.country[n.origin[self.one.lane]])
        into = int(n.destination[self.one.lane])
        land = str(n.country[into])
        for row in network.table("pledges").filter(resource=name).iter_rows(named=True):
            there = row["recipient_site"] == self.q.site(into) or row["recipient_country"] == land
            if row["country"] == origin and there and self.arrive <= row["period"]:
                found.append(self._reason("for_pledge", key=row["pledge"]))
        for row in network.table("reserves").filter(resource=name).iter_rows(named=True):
            last = n.periods - 1 if row["to_period"] is None else row["to_period"]
            there = row["site"] == self.q.site(into) or (row["country"] == land != origin)
            if there and row["quantity_min"] > 0 and self.arrive <= last:
                found.append(self._reason("for_reserve", key=row["reserve"]))
        return found

    def ways(self) -> list[Reason]:
        """How this lane compares with the others between the same sites."""
        n, one = self.n, self.one
        ends = n.origin[one.lane], n.destination[one.lane]
        alike = (n.origin == ends[0]) & (n.destination == ends[1])
        others = [lane for lane in alike.nonzero()[0].tolist() if lane != one.lane]
        facts: dict[str, Any] = {
            "lane": n.keys["lanes"][one.lane],
            "origin": self.q.site(int(ends[0])),
            "destination": self.q.site(int(ends[1])),
        }
        if not others:
            return [self._reason("only_lane", **facts)]
        found = []
        own, lead = self._cost(one.lane), int(n.lane_lead[one.lane])
        if all(own < self._cost(lane) for lane in others):
            found.append(self._reason("cheapest", cost=own, **facts))
        if all(lead < n.lane_lead[lane] for lane in others):
            found.append(self._reason("fastest", lead=lead, **facts))
        return found + [self._compare(lane, own, lead) for lane in others]

    def _compare(self, lane: int, own: float, lead: int) -> Reason:
        """What speaks against, or for, another lane."""
        words, n, period = self.words, self.n, self.one.period
        why = []
        kinds = {limit.kind for limit in self.q.limits.of_lane(lane, self.one.resource, period)}
        if "not_carried" in kinds:
            why.append(words.say("not_allowed"))
        elif "closed" in kinds:
            why.append(words.say("is_closed", periods=words.on(period)))
        elif kinds:
            why.append(words.say("is_full", periods=words.on(period)))
        cost, time = self._cost(lane), int(n.lane_lead[lane])
        if cost != own:
            why.append(words.say("dearer" if cost > own else "cheaper", cost=cost, own=own))
        if time != lead:
            why.append(words.say("slower" if time > lead else "faster", lead=time, own=lead))
        text = words.listed(why or [words.say("alike")])
        name = n.keys["lanes"][lane]
        facts = {"other": name, "limits": sorted(kinds), "cost": cost, "lead_time_periods": time}
        return Reason("other_lane", words.say("other_lane", other=name, why=text), facts)

    def _cost(self, lane: int) -> float:
        """Money for a unit of the resource on a lane."""
        n, k = self.n, self.one.resource
        money = float(n.cost_per_kg[lane] * n.mass_kg[k] + n.cost_per_m3[lane] * n.volume_m3[k])
        row = self.q.limits.entry.get((lane, k))
        if row is not None:
            entry = n.lane_resource
            money += float(entry["cost_per_unit"][row] + entry["duty_rate"][row] * n.value[k])
        return money

    def worth(self) -> tuple[str, ...]:
        """What one unit less would cost in the first stage where the two ends' prices differ."""
        n, plan = self.n, self.q.plan
        name = self.q.resource(self.one.resource)
        origin = self.q.site(int(n.origin[self.one.lane]))
        into = self.q.site(int(n.destination[self.one.lane]))
        for row in plan.frame("stages").iter_rows(named=True):
            if row["stage"] not in WEIGHED:
                continue
            prices = Prices(n, plan, row["stage"], row["part"])
            there = prices.at(into, name, self.arrive)
            here = prices.at(origin, name, self.one.period)
            if there - here > 1e-9 * max(abs(there), abs(here)):
                stage = f"{row['stage']} {row['part']}"
                values = {"there": there, "here": here, "price": there - here}
                return (self.words.say("worth", stage=stage, **values),)
        return ()


def _largest_first(reasons: list[Reason]) -> list[Reason]:
    return sorted(reasons, key=lambda reason: (-reason.facts["quantity"], reason.text))
