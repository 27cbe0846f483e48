"""What the next network must know of orders, as it was known at a moment.

A unit of an order is in one place only: reserved in the origin's stock (a commitment), in
transit (an arrival), or accounted for at an end (stock, quarantine or loss, which the ledger
knows). Both functions here count from the same record of changes, so none is counted twice and
none is left out; and a moment in the past gives what was known then.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet, Sum

from sampan_platform.dispatch.providers import Arrival, Commitment
from sampan_platform.track.models import ARRIVED, EventLine, Fate, OrderEvent

ZERO = Decimal(0)


def arrivals(as_of: datetime) -> list[Arrival]:
    """What had left and not arrived, on its expected day, but not before that moment's day."""
    rows = _known(as_of).filter(line__order__shipped_at__lte=as_of)
    expected = _expected(as_of)
    today = _day(as_of)
    found: dict[tuple[int, int, date, date | None], Decimal] = defaultdict(Decimal)
    for order, site, resource, expires_on, shipped, arrived in (
        rows.values_list(
            "line__order_id",
            "line__order__destination_id",
            "line__resource_id",
            "line__expires_on",
        )
        .annotate(left=_total(Fate.SHIPPED), came=_total(*ARRIVED))
        .order_by()
    ):
        day = max(expected[order], today)
        found[site, resource, day, expires_on] += (shipped or ZERO) - (arrived or ZERO)
    return [
        Arrival(site, resource, day, quantity, expires_on)
        for (site, resource, day, expires_on), quantity in found.items()
        if quantity
    ]


def commitments(as_of: datetime) -> list[Commitment]:
    """What was ordered and had not left, on the day on which it was to leave."""
    rows = _known(as_of).filter(
        Q(line__order__shipped_at=None) | Q(line__order__shipped_at__gt=as_of)
    )
    return [
        Commitment(lane, resource, day, ordered - (withdrawn or ZERO), number)
        for number, lane, resource, day, ordered, withdrawn in rows.values_list(
            "line__order__number",
            "line__order__lane_id",
            "line__resource_id",
            "line__order__depart_on",
        )
        .order_by("line__order__number", "line__resource_id")
        .annotate(asked=_total(Fate.ORDERED), taken_off=_total(Fate.WITHDRAWN))
        if ordered > (withdrawn or ZERO)
    ]


def _known(as_of: datetime) -> QuerySet[EventLine]:
    """What had happened by then to orders that had not ended."""
    return EventLine.objects.filter(
        Q(line__order__ended_at=None) | Q(line__order__ended_at__gt=as_of), event__at__lte=as_of
    )


def _expected(as_of: datetime) -> dict[int, date]:
    """By order on the way: the day on which it was expected then."""
    rows = OrderEvent.objects.filter(
        Q(order__ended_at=None) | Q(order__ended_at__gt=as_of),
        order__shipped_at__lte=as_of,
        at__lte=as_of,
    )
    return dict(rows.order_by("sequence").values_list("order_id", "expected_on"))


def _total(*fates: Fate) -> Sum:
    return Sum("quantity", filter=Q(fate__in=fates))


def _day(moment: datetime) -> date:
    """The platform's date at a moment."""
    return moment.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
