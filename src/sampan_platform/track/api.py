"""Orders over HTTP: lists, one order, its papers, and one address an action."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from sampan_platform.common import clock
from sampan_platform.http.kit import (
    LIMIT_DEFAULT,
    TABLE_ANSWERS,
    Page,
    PageDict,
    etagged,
    idempotent,
    page,
    render_table,
    requires,
    user_of,
)
from sampan_platform.track import selectors, services
from sampan_platform.track.models import DispatchOrder
from sampan_platform.track.schemas import (
    ComingOut,
    LaneOut,
    OrderOut,
    OverdueOut,
    PaperOut,
    TransitionOut,
    WholeOrderOut,
)

router = Router(tags=["track"])

Text = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(max_length=200)]
Count = Annotated[Decimal, Field(ge=0, max_digits=16, decimal_places=3)]


class OrderQuery(Schema):
    """Which orders."""

    state: list[str] = Field(default_factory=list)
    lane: str = ""
    site: str = ""
    origin: str = ""
    destination: str = ""
    resource: str = ""
    plan: int | None = None
    departs_since: date | None = None
    departs_until: date | None = None
    open: bool = False


class ChangeIn(Schema):
    """What every change says."""

    change: UUID
    """Made by you, one for each change: send the same again and nothing happens twice."""
    day: date | None = None
    """On which it happened; today, where it happened, unless given."""
    seen: int | None = None
    """The version that you looked at; refused if the order has changed since."""
    reason: Text = ""


class PickedIn(Schema):
    """How much of a line is there."""

    line: int
    quantity: Count


class PickIn(ChangeIn):
    """Ready to be shipped; less than ordered only where `lines` says so."""

    lines: list[PickedIn] | None = None


class ShipIn(ChangeIn):
    """Left."""

    carrier: Name = ""
    vehicle: Name = ""
    expected_on: date | None = None


class TransitIn(ChangeIn):
    """News from the way."""

    place: Name = ""
    carrier: Name = ""
    vehicle: Name = ""
    expected_on: date | None = None


class CountedIn(Schema):
    """What came of a line."""

    line: int
    good: Count = Decimal(0)
    short: Count = Decimal(0)
    damaged: Count = Decimal(0)
    quarantined: Count = Decimal(0)
    reason: Text = ""


class ReceiveIn(ChangeIn):
    """What came; all that was on the way unless `lines` says otherwise."""

    lines: list[CountedIn] | None = None
    expected_on: date | None = None


class ReturnIn(ChangeIn):
    """All that was on the way is back at the origin."""

    lines: list[CountedIn] | None = None


@router.get("/orders", response=Page[OrderOut], summary="Orders that you may see, latest first")
@requires("orders:read")
def list_orders(
    request: HttpRequest,
    asked: Query[OrderQuery],
    cursor: str = "",
    limit: int = LIMIT_DEFAULT,
) -> PageDict:
    """Those that start or end in your part of the tree."""
    values = asked.dict(exclude={"state", "open"})
    filters = selectors.Filters(**values, states=asked.state, open_only=asked.open)
    return page(selectors.orders(user_of(request), filters), cursor, limit, key="-id")


@router.get("/transitions", response=list[TransitionOut], summary="Which action leads where")
@requires("orders:read")
def transitions(request: HttpRequest) -> list[selectors.Transition]:
    """The states from which each action is possible, and who may take it."""
    return list(selectors.TABLE)


@router.get("/overdue", response=list[OverdueOut], summary="Orders that are late")
@requires("orders:read")
def overdue(request: HttpRequest, day: date | None = None) -> list[selectors.Overdue]:
    """Not left after the planned departure, or not all here after the planned arrival."""
    return selectors.overdue(user_of(request), day or clock.today(settings.TIME_ZONE))


@router.get("/arrivals", response=list[ComingOut], summary="What is on its way to your sites")
@requires("orders:read")
def arrivals(request: HttpRequest) -> list[selectors.Coming]:
    """By site, resource, day and expiry; what is late is expected today."""
    return selectors.coming(user_of(request), clock.now())


@router.get(
    "/lanes",
    response=list[LaneOut],
    summary="Shipped against received, by lane",
    openapi_extra=TABLE_ANSWERS,
)
@requires("orders:read")
def lanes(
    request: HttpRequest,
    since: date,
    until: date,
    by_day: bool = False,
    lane: str = "",
    resource: str = "",
) -> HttpResponse:
    """By lane and resource, of what left in these days; as JSON, CSV, NDJSON or Parquet."""
    rows = selectors.by_lane(
        user_of(request), since, until, by_day=by_day, lane=lane, resource=resource
    )
    return render_table(request, selectors.lane_frame(rows), "lanes")


@router.get("/orders/{number}", response=WholeOrderOut, summary="One order and every change of it")
@requires("orders:read")
@etagged
def get_order(request: HttpRequest, number: str) -> DispatchOrder:
    """With its lines, what became of them, and what you may do now."""
    return _whole(request, number)


@router.get(
    "/orders/{number}/documents/{kind}",
    response=PaperOut,
    summary="A paper of the order: dispatch-order or packing-list",
)
@requires("orders:read")
def get_document(request: HttpRequest, number: str, kind: str) -> object:
    """What stands on it, ready to be printed."""
    return selectors.document(user_of(request), number, kind)


@router.post("/orders/{number}/pick", response=WholeOrderOut, summary="Goods stand ready")
@requires("orders:write")
@idempotent
def pick(request: HttpRequest, number: str, body: PickIn) -> DispatchOrder:
    """What was not picked is free again."""
    lines = body.lines
    picked = None if lines is None else [services.Picked(**line.dict()) for line in lines]
    services.pick(number, actor=user_of(request), picked=picked, **_common(body))
    return _whole(request, number)


@router.post("/orders/{number}/ship", response=WholeOrderOut, summary="Goods have left")
@requires("orders:write")
@idempotent
def ship(request: HttpRequest, number: str, body: ShipIn) -> DispatchOrder:
    """Out of stock, into transit."""
    services.ship(number, actor=user_of(request), **body.dict(exclude={"reason"}))
    return _whole(request, number)


@router.post("/orders/{number}/transit", response=WholeOrderOut, summary="News from the way")
@requires("orders:write")
@idempotent
def report_transit(request: HttpRequest, number: str, body: TransitIn) -> DispatchOrder:
    """Where the goods are and when they are expected now."""
    services.report_transit(number, actor=user_of(request), **body.dict())
    return _whole(request, number)


@router.post("/orders/{number}/receive", response=WholeOrderOut, summary="Goods have come")
@requires("orders:write")
@idempotent
def receive(request: HttpRequest, number: str, body: ReceiveIn) -> DispatchOrder:
    """Whole, in part, short or damaged; what is not named stays on the way."""
    services.receive(
        number,
        actor=user_of(request),
        counted=_counted(body.lines),
        expected_on=body.expected_on,
        **_common(body),
    )
    return _whole(request, number)


@router.post("/orders/{number}/return", response=WholeOrderOut, summary="Goods are back")
@requires("orders:write")
@idempotent
def take_back(request: HttpRequest, number: str, body: ReturnIn) -> DispatchOrder:
    """All that was on the way is at the origin again."""
    services.take_back(
        number, actor=user_of(request), counted=_counted(body.lines), **_common(body)
    )
    return _whole(request, number)


@router.post("/orders/{number}/close", response=WholeOrderOut, summary="Nothing is left to do")
@requires("orders:write")
@idempotent
def close(request: HttpRequest, number: str, body: ChangeIn) -> DispatchOrder:
    """With a reason, where anything was short, damaged or returned."""
    services.close(number, actor=user_of(request), **_common(body))
    return _whole(request, number)


@router.post("/orders/{number}/cancel", response=WholeOrderOut, summary="It will not leave")
@requires("orders:write")
@idempotent
def cancel(request: HttpRequest, number: str, body: ChangeIn) -> DispatchOrder:
    """What was reserved is free again; only before shipping."""
    services.cancel(number, actor=user_of(request), **_common(body))
    return _whole(request, number)


def _common(body: ChangeIn) -> dict[str, Any]:
    return {"change": body.change, "day": body.day, "seen": body.seen, "reason": body.reason}


def _counted(lines: list[CountedIn] | None) -> list[services.Counted] | None:
    return None if lines is None else [services.Counted(**line.dict()) for line in lines]


def _whole(request: HttpRequest, number: str) -> DispatchOrder:
    return selectors.whole_order(user_of(request), number)
