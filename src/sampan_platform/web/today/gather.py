"""What the first screen shows, from the stages' selectors alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, When, Window
from django.db.models.functions import RowNumber

from sampan_platform.collect import due
from sampan_platform.collect.due import Rate
from sampan_platform.common import clock
from sampan_platform.dispatch import selectors as dispatch
from sampan_platform.monitor import selectors as monitor
from sampan_platform.people import selectors as people
from sampan_platform.people.models import Organisation, User
from sampan_platform.requests import selectors as requests
from sampan_platform.track import selectors as track
from sampan_platform.track.models import NOT_LEFT, ON_THE_WAY

ROWS_MAX = 8
"""Of each list; the rest stands behind its link."""
MISSING_MAX = 200
"""Of who has not reported: there is no other list of them."""
MOST_SEVERE_FIRST = Case(
    When(severity="critical", then=0), When(severity="warning", then=1), default=2
)


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
    may = people.held_actions(user)
    return {
        "may_approve": people.APPROVE in may,
        "may_review": people.REVIEW in may,
        "may_report": people.REPORT in may,
        "may_move": people.MOVE_GOODS in may,
        "to_report": _to_report(user, today) if _only_reports(may) else None,
        **_reports(user, today),
        **_alerts(user),
        **_waiting(user, may),
        **_orders(user, today),
        **(_handling(user, today) if people.MOVE_GOODS in may else {}),
    }


def _only_reports(may: set[str]) -> bool:
    """Whether it is the person's own report: a coordinator may file everybody's."""
    return people.REPORT in may and people.REVIEW not in may


def _to_report(user: User, today: date) -> Rate | None:
    """How much of today's own report is filed; None where none is due."""
    rate = due.rate_of(due.rates_in(due.picture(user, today)).values())
    return rate if rate.due else None


def _reports(user: User, today: date) -> dict[str, Any]:
    seen = due.picture(user, latest_due_day(user, today))
    missing, by_owner = due.missing_in(seen), due.rates_in(seen)
    return {
        "day": seen.day,
        "now": clock.now(),
        "rate": due.rate_of(by_owner.values()),
        "places": rates_by_place(user, by_owner),
        "missing_count": len(missing),
        "missing": missing[:MISSING_MAX],
    }


def _alerts(user: User) -> dict[str, Any]:
    alerts = monitor.open_alerts(user)
    counts = alerts.order_by().aggregate(
        open=Count("pk"),
        critical=Count("pk", filter=Q(severity="critical")),
        mine=Count("pk", filter=Q(owner=user)),
    )
    are_mine = bool(counts["mine"])
    shown = (alerts.filter(owner=user) if are_mine else alerts).order_by(MOST_SEVERE_FIRST, "-pk")
    return {
        "alerts_open": counts["open"],
        "alerts_critical": counts["critical"],
        "alerts_mine": counts["mine"],
        "alerts": list(shown[:ROWS_MAX]),
        "alerts_are_mine": are_mine,
    }


def _waiting(user: User, may: set[str]) -> dict[str, Any]:
    """What waits for the person's word; nothing is read for who has none."""
    plans = dispatch.waiting(user).select_related("organisation").order_by("-id")
    first_plans, plans_count = _first(plans) if people.APPROVE in may else ([], 0)
    asked, asked_count = _first(requests.waiting(user)) if people.REVIEW in may else ([], 0)
    return {
        "plans": first_plans,
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


def _handling(user: User, today: date) -> dict[str, Any]:
    """What the person may send off or receive, due by today; the longest due first."""
    leaving, coming = Q(pk__in=[]), Q(pk__in=[])
    for path in people.paths(user, people.MOVE_GOODS):
        leaving |= Q(origin__organisation__path__startswith=path)
        coming |= Q(destination__organisation__path__startswith=path)
    leaving &= Q(state__in=NOT_LEFT, depart_on__lte=today)
    coming &= Q(state__in=ON_THE_WAY, expected_on__lte=today)
    due_on = Case(When(leaving, then="depart_on"), default="expected_on")
    rows = track.orders(user).prefetch_related(None).filter(leaving | coming)
    rows = rows.annotate(leaves=Case(When(leaving, then=True), default=False), due_on=due_on)
    rows = rows.annotate(
        in_all=Window(Count("pk"), partition_by="leaves"),
        place=Window(RowNumber(), partition_by="leaves", order_by=("due_on", "id")),
    )
    found = list(rows.filter(place__lte=ROWS_MAX).order_by("due_on", "id"))
    to_send = [one for one in found if one.leaves]
    to_receive = [one for one in found if not one.leaves]
    return {
        "to_send": to_send,
        "to_send_count": to_send[0].in_all if to_send else 0,
        "to_receive": to_receive,
        "to_receive_count": to_receive[0].in_all if to_receive else 0,
    }


def _first(rows: QuerySet[Any]) -> tuple[list[Any], int]:
    """The first few, and how many there are; one query."""
    found = list(rows.annotate(in_all=Window(Count("pk")))[:ROWS_MAX])
    return found, found[0].in_all if found else 0
