"""What the first screen shows, from the stages' selectors alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Window

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
    return today if due.came_already(user, today) else today - timedelta(1)


def rates_by_place(user: User, by_owner: Mapping[int, Rate]) -> list[PlaceRate]:
    """Of each organisation right below the user's own; the least complete first."""
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
    return {**_reports(user, today), **_alerts(user), **_waiting(user), **_orders(user, today)}


def _reports(user: User, today: date) -> dict[str, Any]:
    seen = due.picture(user, latest_due_day(user, today))
    missing, by_owner = due.missing_in(seen), due.rates_in(seen)
    return {
        "day": seen.day,
        "now": clock.now(),
        "rate": due.rate_of(by_owner.values()),
        "places": rates_by_place(user, by_owner),
        "missing_count": len(missing),
        "missing": missing[:ROWS_MAX],
    }


def _alerts(user: User) -> dict[str, Any]:
    alerts = monitor.open_alerts(user)
    counts = alerts.order_by().aggregate(
        open=Count("pk"),
        critical=Count("pk", filter=Q(severity="critical")),
        mine=Count("pk", filter=Q(owner=user)),
    )
    are_mine = bool(counts["mine"])
    return {
        "alerts_open": counts["open"],
        "alerts_critical": counts["critical"],
        "alerts_mine": counts["mine"],
        "alerts": list((alerts.filter(owner=user) if are_mine else alerts)[:ROWS_MAX]),
        "alerts_are_mine": are_mine,
    }


def _waiting(user: User) -> dict[str, Any]:
    plans, plans_count = _first(
        dispatch.waiting(user).select_related("organisation").order_by("-id")
    )
    asked, asked_count = _first(requests.waiting(user))
    return {
        "plans": plans,
        "plans_count": plans_count,
        "requests": asked,
        "requests_count": asked_count,
    }


def _orders(user: User, today: date) -> dict[str, Any]:
    under_way = track.orders(user, track.Filters(open_only=True)).prefetch_related(None)
    overdue, overdue_count = _first(under_way.filter(expected_on__lt=today))
    return {
        "orders_open": under_way.count(),
        "overdue": overdue,
        "overdue_count": overdue_count,
    }


def _first(rows: QuerySet[Any]) -> tuple[list[Any], int]:
    """The first few, and how many there are; one query."""
    found = list(rows.annotate(in_all=Window(Count("pk")))[:ROWS_MAX])
    return found, found[0].in_all if found else 0
