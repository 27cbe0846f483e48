"""Who has what a used-up source held: traced forwards, summed by how urgent they are."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sampan.explain.flows import Flow, Node
from sampan.explain.limits import Limit
from sampan.explain.question import Question
from sampan.explain.trace import Fate, forwards


class Claims:
    """Tells what became of sources, seen from one demand."""

    def __init__(self, question: Question, demand: int) -> None:
        self.q, self.demand = question, demand
        self.n, self.words = question.n, question.words

    def quantity(self, limits: list[Limit]) -> float:
        """What the sources held."""
        return sum(flow.quantity for _, flow in self._supplies(limits))

    def _supplies(self, limits: list[Limit]) -> list[tuple[Node, Flow]]:
        """The entries of stocks and arrivals behind sources."""
        sites = self.n.keys["sites"]
        places = {(sites.index(one.key), one.resource, one.period) for one in limits}
        return [
            (node, flow)
            for node, flows in self.q.flows.into.items()
            if (node[0], node[1], node[3]) in places
            for flow in flows
            if flow.kind == "supply"
        ]

    def tell(self, limits: list[Limit]) -> tuple[str, list[dict[str, Any]]]:
        """Who has what was there, as text and as data."""
        resource = limits[0].resource
        start: dict[Node, float] = defaultdict(float)
        for node, flow in self._supplies(limits):
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
            if quantity > self.q.flows.typical(resource) * 1e-6
            and not (what == "kept" and self.n.is_equipment[resource])
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
        if self.n.is_equipment[resource]:
            text += self.words.say("lent")
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
