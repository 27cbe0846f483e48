"""One entry for every question about a plan."""

from __future__ import annotations

from sampan.errors import SampanError
from sampan.explain.bottlenecks import bottlenecks_of
from sampan.explain.question import Question
from sampan.explain.result import Explanation
from sampan.explain.shipment import why_shipped
from sampan.explain.shortage import why_short
from sampan.explain.words import LANGUAGES
from sampan.network import Network
from sampan.plan import Plan

LARGEST = 3
"""Shortages that are explained if nothing is asked for."""


def explain(
    network: Network,
    plan: Plan,
    *,
    demand: str | None = None,
    shipment: str | int | None = None,
    bottlenecks: bool = False,
    language: str = "en",
) -> Explanation:
    """Why a shortage, why a shipment, or what relieving each limit is worth.

    Parameters
    ----------
    network, plan
        The plan must be one of this network.
    demand
        A demand's key: why it is short. Only limits that bind are named: each alone, or (marked
        so) together with others, would let one more unit through.
    shipment
        `lane,resource,depart_period` (a key with a comma in quotes, as in a CSV file), or the
        number of its row in the plan's shipments, the first being 1.
    bottlenecks
        What one more unit of each limit is worth, stage by stage, ranked by what one percent
        more of the limit is worth; by use where the plan carries no prices.
    language
        `en` or `zh`.

    Returns
    -------
    Explanation
        With nothing asked, the largest shortages and the bottlenecks, as its `parts`.

    Raises
    ------
    InputError
        The demand or shipment is not there.

    Examples
    --------
    >>> from sampan.testing import two_hospitals
    >>> from sampan.solve import solve
    >>> network = two_hospitals()
    >>> [reason.kind for reason in explain(network, solve(network), demand="N").reasons]
    ['source']
    """
    if language not in LANGUAGES:
        raise SampanError(f"There are no words in {language!r}. Use one of {', '.join(LANGUAGES)}.")
    question = Question(network, plan, language)
    asked = []
    if demand is not None:
        asked.append(why_short(question, demand))
    if shipment is not None:
        asked.append(why_shipped(question, shipment))
    if bottlenecks:
        asked.append(bottlenecks_of(question))
    if len(asked) == 1:
        return asked[0]
    if asked:
        return Explanation("plan", network.name, parts=tuple(asked))
    return _overview(question)


def _overview(question: Question) -> Explanation:
    """The largest shortages of the most urgent class that is short, and the bottlenecks."""
    n, words = question.n, question.words
    priority = dict(zip(n.keys["demands"], n.demand_priority.tolist(), strict=True))
    rows = question.plan.frame("shortages").rows()
    rows.sort(key=lambda row: (priority[row[0]], -row[1], row[0]))
    parts = [why_short(question, name) for name, _ in rows[:LARGEST]]
    parts.append(bottlenecks_of(question))
    if not rows:
        return Explanation("plan", words.say("none_short"), parts=tuple(parts))
    short = float(sum(quantity for _, quantity in rows))
    text = words.say("overview", count=len(rows), short=short)
    return Explanation("plan", text, parts=tuple(parts))
