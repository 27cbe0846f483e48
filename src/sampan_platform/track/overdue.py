"""Orders that should have left or arrived, and have not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from sampan_platform.people.models import User
from sampan_platform.track.models import NOT_LEFT, ON_THE_WAY, DispatchOrder
from sampan_platform.track.sight import ENDS, visible

DEPARTURE, ARRIVAL = "departure", "arrival"


@dataclass(frozen=True)
class Overdue:
    """An order that is late."""

    order: DispatchOrder
    what: str
    """`departure` or `arrival`."""
    days: int
    """Late against the plan."""


def overdue(user: User, day: date) -> list[Overdue]:
    """Those that the user sees, the latest first."""
    return _late(visible(user), day)


def all_overdue(day: date) -> list[Overdue]:
    """Every one, for the platform's own watch."""
    return _late(DispatchOrder.objects.all(), day)


def late(day: date) -> Q:
    """Not left after the planned departure, or not all here after the planned arrival."""
    return Q(state__in=NOT_LEFT, depart_on__lt=day) | Q(state__in=ON_THE_WAY, arrive_on__lt=day)


def _late(orders: QuerySet[DispatchOrder], day: date) -> list[Overdue]:
    found = []
    for order in orders.filter(late(day)).select_related(*ENDS):
        has_left = order.state in ON_THE_WAY
        planned = order.arrive_on if has_left else order.depart_on
        found.append(Overdue(order, ARRIVAL if has_left else DEPARTURE, (day - planned).days))
    return sorted(found, key=lambda one: (-one.days, one.order.number))
