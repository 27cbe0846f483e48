"""What the first screen shows, from the stages' selectors alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sampan_platform.collect import due
from sampan_platform.collect.due import Rate
from sampan_platform.common import clock
from sampan_platform.dispatch import selectors as dispatch
from sampan_platform.monitor import selectors as monitor
from sampan_platform.people import selectors as people
from sampan_platform.people.models import Organisation, User
from sampan_platform.requests import selectors as requests
from sampan_platform.track import selectors as track

ROWS_MAX = 8
"""Of each list; the rest stands behind its link."""


@dataclass(frozen=True)
class PlaceRate:
    """How complete the reports of one part of the tree are."""

    organisation: Organisation
    rate: Rate


def latest_due_day(user: User, today: date) -> date:
    """The last day whose reports are due by now: yesterday, or today where some came already."""
    return today if due.rate(user, today).came else today - timedelta(1)


def rates_by_place(user: User, day: date) -> list[PlaceRate]:
    """Of each organisation right below the user's own; the least complete first."""
    by_owner = due.rates_by_owner(user, day)
    seen = list(people.organisations(user).order_by("path"))
    parts = _parts(seen)
    owners = {one.pk: one.path for one in seen}
    sums: dict[int, list[int]] = {part.pk: [0, 0, 0] for part in parts}
    for owner, rate in by_owner.items():
        path = owners.get(owner, "")
        for part in parts:
            if path.startswith(part.path):
                for place, count in enumerate((rate.due, rate.came, rate.in_time)):
                    sums[part.pk][place] += count
                break
    found = [PlaceRate(part, Rate(*sums[part.pk])) for part in parts if sums[part.pk][0]]
    return sorted(found, key=lambda one: (one.rate.rate or 0.0, one.organisation.path))


def _parts(seen: list[Organisation]) -> list[Organisation]:
    """The first level of the tree that branches; single organisations are their own part."""
    tops = [one for one in seen if not any(_above(other, one) for other in seen)]
    while len(tops) == 1:
        below = [one for one in seen if one.parent_id == tops[0].pk]
        if not below:
            break
        tops = below
    return tops


def _above(upper: Organisation, lower: Organisation) -> bool:
    return upper.pk != lower.pk and lower.path.startswith(upper.path)


def gather(user: User, today: date) -> dict[str, Any]:
    """All of it, in a fixed number of queries."""
    day = latest_due_day(user, today)
    missing = due.missing(user, day)
    alerts = monitor.open_alerts(user)
    mine = alerts.filter(owner=user)
    open_orders = track.orders(user, track.Filters(open_only=True))
    overdue = open_orders.filter(expected_on__lt=today)
    plans = dispatch.waiting(user).select_related("organisation").order_by("-id")
    return {
        "day": day,
        "now": clock.now(),
        "rate": due.rate(user, day),
        "places": rates_by_place(user, day),
        "missing_count": len(missing),
        "missing": missing[:ROWS_MAX],
        "alerts_open": alerts.count(),
        "alerts_critical": alerts.filter(severity="critical").count(),
        "alerts_mine": mine.count(),
        "alerts": list((mine if mine.exists() else alerts)[:ROWS_MAX]),
        "alerts_are_mine": mine.exists(),
        "plans": list(plans[:ROWS_MAX]),
        "plans_count": plans.count(),
        "requests": list(requests.waiting(user)[:ROWS_MAX]),
        "requests_count": requests.waiting(user).count(),
        "orders_open": open_orders.count(),
        "overdue": list(overdue[:ROWS_MAX]),
        "overdue_count": overdue.count(),
    }
