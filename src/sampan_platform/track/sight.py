"""Who sees which order."""

from __future__ import annotations

from django.db.models import QuerySet

from sampan_platform.people import selectors as people
from sampan_platform.people.models import User
from sampan_platform.track.models import DispatchOrder

ENDS = ("lane", "origin__organisation", "destination__organisation")
"""What is shown of an order wherever it is shown."""


def visible(user: User) -> QuerySet[DispatchOrder]:
    """The orders that start or end in the user's part of the tree."""
    return DispatchOrder.objects.filter(
        people.reach(user, people.SEE, "origin__organisation__path")
        | people.reach(user, people.SEE, "destination__organisation__path")
    )
