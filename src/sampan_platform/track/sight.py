"""Who sees which order, and has it to himself while he changes it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from sampan_platform.common import bulk
from sampan_platform.common.errors import NotFoundError
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User
from sampan_platform.track.models import DispatchOrder

ENDS = ("lane", "origin__organisation", "destination__organisation")
"""What is shown of an order wherever it is shown."""


def visible(user: User) -> QuerySet[DispatchOrder]:
    """The orders that start or end in the user's part of the tree."""
    found = Q(pk__in=[])
    for path in people.paths(user, people.SEE):
        found |= Q(origin__organisation__path__startswith=path)
        found |= Q(destination__organisation__path__startswith=path)
    return DispatchOrder.objects.filter(found)


def to_change(user: User, numbers: Sequence[str]) -> dict[str, DispatchOrder]:
    """Those of the orders that the user sees, by number, with their ends.

    Until the transaction ends nobody else changes them: who comes later waits here, and then
    finds them as they have become. On SQLite the transaction itself is the lock.
    """
    rows = visible(user).select_related(*ENDS).order_by("pk")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    table = DispatchOrder._meta.db_table
    found = bulk.among(rows, f"{table}.number", "text", list(numbers))
    return {order.number: order for order in found}


def not_found(number: str) -> NotFoundError:
    """What is said where there is none, and where it is somebody else's."""
    text = gettext("There is no order %(number)s, or it is not yours to see.")
    return NotFoundError(text % {"number": number[:40]})
