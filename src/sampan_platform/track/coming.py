"""What is on its way to the sites that a person looks after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sampan_platform.people import selectors as people
from sampan_platform.people.models import User
from sampan_platform.track.models import OrderLine
from sampan_platform.track.supply import arrivals


@dataclass(frozen=True)
class Coming:
    """Goods that will be at a site on a day, as far as is known."""

    site: str
    resource: str
    unit: str
    day: date
    quantity: Decimal
    expires_on: date | None


def coming(user: User, as_of: datetime) -> list[Coming]:
    """What had left and not arrived, for destinations in the user's part of the tree."""
    lines = people.within(
        user, people.SEE, OrderLine.objects.all(), "order__destination__organisation__path"
    ).order_by()
    sites = dict(lines.values_list("order__destination_id", "order__destination__code").distinct())
    resources = {
        number: (code, unit)
        for number, code, unit in lines.values_list(
            "resource_id", "resource__code", "resource__unit"
        ).distinct()
    }
    found = [
        Coming(sites[row.site], *resources[row.resource], row.day, row.quantity, row.expires_on)
        for row in arrivals(as_of)
        if row.site in sites
    ]
    return sorted(found, key=lambda one: (one.day, one.site, one.resource, str(one.expires_on)))
