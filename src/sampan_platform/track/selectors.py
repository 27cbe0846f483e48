"""Reading orders: who sees which, and one order with its lines and changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext

from sampan_platform.common.errors import InvalidError
from sampan_platform.people.models import User
from sampan_platform.track.coming import Coming, coming
from sampan_platform.track.documents import document, documents
from sampan_platform.track.lanes import LaneRow, by_lane, lane_frame
from sampan_platform.track.models import (
    NOT_LEFT,
    ON_THE_WAY,
    DispatchOrder,
    EventLine,
    OrderEvent,
    OrderLine,
    OrderState,
)
from sampan_platform.track.overdue import Overdue, all_overdue, overdue
from sampan_platform.track.proof import prove
from sampan_platform.track.sight import ENDS, not_found, visible
from sampan_platform.track.supply import arrivals, commitments
from sampan_platform.track.transitions import TABLE, Transition, allowed_actions

__all__ = [
    "TABLE",
    "Coming",
    "Filters",
    "LaneRow",
    "Overdue",
    "Transition",
    "all_overdue",
    "allowed_actions",
    "arrivals",
    "by_lane",
    "coming",
    "commitments",
    "document",
    "documents",
    "lane_frame",
    "order",
    "orders",
    "overdue",
    "prove",
    "visible",
    "whole_order",
]


@dataclass(frozen=True)
class Filters:
    """Which orders; codes as people know them, empty for all."""

    states: Sequence[str] = ()
    lane: str = ""
    site: str = ""
    """Origin or destination."""
    origin: str = ""
    destination: str = ""
    resource: str = ""
    plan: int | None = None
    departs_since: date | None = None
    departs_until: date | None = None
    open_only: bool = False
    """Neither arrived nor cancelled."""


def orders(user: User, filters: Filters | None = None) -> QuerySet[DispatchOrder]:
    """The orders that the user sees, the latest first, with their ends and lines."""
    asked = filters or Filters()
    found = visible(user).filter(_by_place(asked) & _by_course(asked))
    if asked.resource:
        lines = OrderLine.objects.filter(order=OuterRef("pk"), resource__code=asked.resource)
        found = found.filter(Exists(lines))
    return (
        found.select_related(*ENDS)
        .prefetch_related(Prefetch("lines", OrderLine.objects.select_related("resource")))
        .order_by("-id")
    )


def order(user: User, number: str) -> DispatchOrder:
    """One order with its ends; not found where the user may not see it."""
    found = visible(user).select_related(*ENDS).filter(number=number).first()
    if found is None:
        raise not_found(number)
    return found


def whole_order(user: User, number: str, parts_max: int | None = None) -> DispatchOrder:
    """One order with its lines, every change and what each did; a fixed number of queries.

    With `parts_max`, only so many of the quantities that each change moved.
    """
    # joined, since SQLite refuses to look up more than 1,000 lines by their numbers
    parts = EventLine.objects.select_related("line__resource")
    if parts_max is not None:
        place = Window(RowNumber(), partition_by="event", order_by="id")
        parts = parts.annotate(place=place).filter(place__lte=parts_max)
    events = OrderEvent.objects.select_related("by").prefetch_related(Prefetch("lines", parts))
    found = (
        visible(user)
        .select_related(*ENDS, "issued_by")
        .prefetch_related(
            Prefetch("lines", OrderLine.objects.select_related("resource").order_by("number")),
            Prefetch("events", events.order_by("sequence")),
        )
        .filter(number=number)
        .first()
    )
    if found is None:
        raise not_found(number)
    return found


def _by_place(asked: Filters) -> Q:
    found = Q()
    if asked.lane:
        found &= Q(lane__code=asked.lane)
    if asked.site:
        found &= Q(origin__code=asked.site) | Q(destination__code=asked.site)
    if asked.origin:
        found &= Q(origin__code=asked.origin)
    if asked.destination:
        found &= Q(destination__code=asked.destination)
    return found


def _by_course(asked: Filters) -> Q:
    unknown = sorted(set(asked.states) - set(OrderState.values))
    if unknown:
        raise InvalidError(
            gettext("There is no state %(listed)s; there are %(known)s.")
            % {
                "listed": ", ".join(one[:40] for one in unknown),
                "known": ", ".join(OrderState.values),
            },
            code="unknown-state",
        )
    found = Q(state__in=asked.states) if asked.states else Q()
    if asked.open_only:
        found &= Q(state__in=(*NOT_LEFT, *ON_THE_WAY))
    if asked.plan is not None:
        found &= Q(plan_id=asked.plan)
    if asked.departs_since is not None:
        found &= Q(depart_on__gte=asked.departs_since)
    if asked.departs_until is not None:
        found &= Q(depart_on__lte=asked.departs_until)
    return found
