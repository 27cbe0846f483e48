"""Who sees which order."""

from __future__ import annotations

from django.db.models import Q, QuerySet

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
