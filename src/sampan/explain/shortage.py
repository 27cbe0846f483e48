"""Why this shortage: the limits between every supply and the demand, and who has what there is."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import polars as pl

from sampan.explain.question import Question, refuse
from sampan.explain.reasons import Teller
from sampan.explain.result import Explanation


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
    teller = Teller(question, number)
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
