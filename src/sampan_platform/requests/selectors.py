"""Reading requests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.translation import gettext

from sampan_platform.common import clock
from sampan_platform.common.errors import NotFoundError
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User
from sampan_platform.requests.models import OPEN, Request, RequestEvent, State

REACH = "site__organisation__path"


@dataclass(frozen=True)
class OpenNeed:
    """An approved request that is not met, or not wholly."""

    request: int
    site: int
    resource: int
    quantity: Decimal
    """Approved: the need of the whole window."""
    unmet: Decimal
    """Of it, what has not come."""
    needed_by: date
    covers_days: int
    priority: int
    additional: bool

    @property
    def key(self) -> str:
        """Its name in a network."""
        return f"request:{self.request}"


def requests(user: User, state: str = "", site: str = "", resource: str = "") -> QuerySet[Request]:
    """Requests that the user may see, newest first, with what a list shows of each."""
    rows = people.within(user, people.SEE, Request.objects.all(), REACH)
    if state:
        rows = rows.filter(state=state)
    if site:
        rows = rows.filter(site__code=site)
    if resource:
        rows = rows.filter(resource__code=resource)
    return rows.select_related("site__organisation", "resource", "submitted_by")


def request(user: User, number: int) -> Request:
    """One of them."""
    found = requests(user).filter(pk=number).first()
    if found is None:
        raise NotFoundError(gettext("There is no request %(number)s.") % {"number": number})
    return found


def open_needs(as_of: datetime, until: date, under: str = "") -> list[OpenNeed]:
    """Requests that were approved and not met at a moment, and are needed by `until`.

    Parameters
    ----------
    under
        Only those of sites whose organisation's path begins so.
    """
    rows = Request.objects.filter(
        needed_by__lte=until, submitted_at__lte=as_of, site__organisation__path__startswith=under
    ).order_by("needed_by", "priority", "id")
    if as_of < clock.now():
        return [need for row, then in _at(as_of, rows) if (need := _need(row, *then))]
    now = rows.filter(state__in=OPEN)
    return [
        need
        for row in now
        if (need := _need(row, row.approved_quantity, Decimal(row.met_quantity)))
    ]


def _need(row: Request, approved: Decimal | None, met: Decimal) -> OpenNeed | None:
    """The request with what was approved and had come; none if nothing is owed."""
    if approved is None or approved <= met:
        return None
    return OpenNeed(
        request=row.pk,
        site=row.site_id,
        resource=row.resource_id,
        quantity=approved,
        unmet=approved - met,
        needed_by=row.needed_by,
        covers_days=row.covers_days,
        priority=row.priority,
        additional=row.additional,
    )


def _at(
    as_of: datetime, rows: QuerySet[Request]
) -> Iterator[tuple[Request, tuple[Decimal | None, Decimal]]]:
    """Requests with what had been approved and received by then, as their steps say."""
    steps: dict[int, list[tuple[str, Decimal]]] = defaultdict(list)
    events = RequestEvent.objects.filter(at__lte=as_of, request__in=rows.order_by().values("pk"))
    for number, state, quantity in events.order_by("id").values_list(
        "request_id", "state", "quantity"
    ):
        steps[number].append((state, quantity or Decimal(0)))
    for row in rows:
        approved: Decimal | None = None
        met = Decimal(0)
        for state, quantity in steps[row.pk]:
            if state in (State.APPROVED, State.REDUCED):
                approved = quantity
            elif state in (State.PARTLY_MET, State.MET):
                met += quantity
            elif state in (State.WITHDRAWN, State.REJECTED):
                approved = None
        yield row, (approved, met)


def waiting(user: User) -> QuerySet[Request]:
    """Requests on which the user may decide."""
    rows = people.within(user, people.REVIEW, Request.objects.all(), REACH)
    states = (State.SUBMITTED, State.REVIEWED)
    return rows.filter(state__in=states).select_related("site", "resource").order_by("id")
