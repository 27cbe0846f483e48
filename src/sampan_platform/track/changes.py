"""Changes of orders: asked for, made once, answered the same however often they are sent.

Read `make_many` first. Who repeats a change gets what it led to the first time; who sends
another change to an order that has moved on meanwhile is told so. Whoever asks has the orders
to himself from the first query to the end of the transaction; everybody else waits, and then
finds them as they have become. One change is made as many are, in the same statements.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from sampan_platform.common import bulk, clock
from sampan_platform.common.errors import ConflictError, InvalidError
from sampan_platform.people import selectors as people
from sampan_platform.people import services as people_services
from sampan_platform.people.models import Organisation, User
from sampan_platform.requests import services as requests
from sampan_platform.track import keeping, sight, stock, transitions
from sampan_platform.track.asks import Ask, Change, Result, plain
from sampan_platform.track.counting import Step, picking, receipt, taking_back
from sampan_platform.track.models import (
    NEVER_LEFT,
    DispatchOrder,
    Fate,
    OrderEvent,
    OrderLine,
)


def make(ask: Ask) -> Result:
    """Make the change, or find that it was made."""
    return make_many([ask])[0]


@transaction.atomic
def make_many(asks: Sequence[Ask]) -> list[Result]:
    """All of the changes or none, in a number of queries that does not grow with them.

    Parameters
    ----------
    asks
        By one actor, each of another order.
    """
    if not asks:
        return []
    actor = asks[0].actor
    _check_apart(asks)
    orders = sight.to_change(actor, [ask.number for ask in asks])
    for ask in asks:
        if ask.number not in orders:
            raise sight.not_found(ask.number)
    earlier = _earlier(asks)
    changes = _checked([ask for ask in asks if ask.change not in earlier], orders, actor)
    keeping.keep(changes, actor)
    stock.move(changes, actor)
    _meet_requests(changes, actor)
    _record(changes, actor)
    made = earlier | {change.ask.change: change.kept for change in changes}
    return [Result(orders[ask.number], made[ask.change], ask.change in earlier) for ask in asks]


def _check_apart(asks: Sequence[Ask]) -> None:
    if any(ask.actor != asks[0].actor for ask in asks):
        raise ValueError("Changes that are made together are one actor's.")
    numbers: set[str] = set()
    changes: set[UUID] = set()
    for ask in asks:
        if ask.number in numbers:
            raise InvalidError(
                gettext("Order %(number)s is named twice. Name each order once.")
                % {"number": ask.number[:40]},
                code="order-twice",
            )
        if ask.change in changes:
            raise keeping.used_for_another(ask.change)
        numbers.add(ask.number)
        changes.add(ask.change)


def _earlier(asks: Sequence[Ask]) -> dict[UUID, OrderEvent]:
    """What these very changes led to, of those that were made."""
    found = keeping.events_of([ask.change for ask in asks])
    for ask in asks:
        event = found.get(ask.change)
        if event is not None and event.digest != ask.digest():
            raise ConflictError(
                gettext(
                    "The change %(change)s was made already, and it was another one. Make a "
                    "new id for each new change."
                )
                % {"change": ask.change},
                code="change-reused",
            )
    return found


def _checked(asks: Sequence[Ask], orders: Mapping[str, DispatchOrder], actor: User) -> list[Change]:
    """The changes that they ask for; raises at the first that cannot be."""
    if not asks:
        return []
    ours = [orders[ask.number] for ask in asks]
    reach = people.Reach(actor)
    zones = people.time_zones_of(end for order in ours for end in _ends(order))
    issued = _days_issued([order for order in ours if order.shipped_on is None])
    lines = _lines(ours)
    changes = []
    for ask, order in zip(asks, ours, strict=True):
        row = transitions.find(ask.action, order)
        transitions.require(row, order, reach)
        transitions.require_reason(row, order, ask.reason)
        if ask.seen is not None and ask.seen != order.version:
            raise _moved_on(order)
        today = max(clock.today(zones[getattr(order, end).organisation.pk]) for _, end in row.who)
        earliest = order.shipped_on or issued[order.pk]
        day = _day(ask, order, today, earliest)
        steps = _steps(ask, lines[order.pk])
        changes.append(Change(ask, order, row, order.state, day, lines[order.pk], steps))
    return changes


def _ends(order: DispatchOrder) -> tuple[Organisation, Organisation]:
    return order.origin.organisation, order.destination.organisation


def _days_issued(orders: Sequence[DispatchOrder]) -> dict[int, date]:
    """The days of the orders' first events."""
    rows = OrderEvent.objects.order_by("-sequence")
    events = bulk.among(rows, "order_id", "bigint", [order.pk for order in orders])
    # later rows are earlier events, and stay
    return {event.order_id: event.day for event in events}


def _lines(orders: Sequence[DispatchOrder]) -> dict[int, list[OrderLine]]:
    """Every order's lines by number, each knowing its order as it is here."""
    by_number = {order.pk: order for order in orders}
    found: dict[int, list[OrderLine]] = {number: [] for number in by_number}
    table = OrderLine._meta.db_table
    rows = OrderLine.objects.select_related("resource").order_by("order_id", "number")
    for line in bulk.among(rows, f"{table}.order_id", "bigint", list(by_number)):
        line.order = by_number[line.order_id]
        found[line.order_id].append(line)
    return found


def _moved_on(order: DispatchOrder) -> ConflictError:
    return ConflictError(
        gettext("Order %(number)s was changed by somebody else meanwhile. Look at it again.")
        % {"number": order.number},
        code="order-changed",
    )


def _day(ask: Ask, order: DispatchOrder, today: date, earliest: date) -> date:
    """On which it happened: neither in the future nor before what it follows."""
    # a border can lie between two dates: what left today may arrive "yesterday"
    latest = max(today, earliest)
    day = ask.day or latest
    if day > latest:
        raise InvalidError(
            gettext("Order %(number)s: %(day)s lies in the future. Give the day it happened.")
            % {"number": order.number, "day": day},
            code="day-in-future",
        )
    if day < earliest:
        places = {"number": order.number, "day": day, "earliest": earliest}
        if order.shipped_on:
            text = gettext(
                "Order %(number)s: %(day)s lies before %(earliest)s, the day it left. "
                "Give the day it happened."
            )
        else:
            text = gettext(
                "Order %(number)s: %(day)s lies before %(earliest)s, the day it was issued. "
                "Give the day it happened."
            )
        raise InvalidError(text % places, code="day-too-early")
    if ask.expected_on is not None and ask.expected_on < day:
        raise InvalidError(
            gettext(
                "Order %(number)s: it cannot be expected on %(expected_on)s, before "
                "%(day)s. Give the day on which it will arrive."
            )
            % {"number": order.number, "expected_on": ask.expected_on, "day": day},
            code="expected-too-early",
        )
    return day


def _steps(ask: Ask, lines: Sequence[OrderLine]) -> list[Step]:
    """What happens to which quantity."""
    if ask.action == "pick":
        return picking(lines, ask.picked, ask.reason)
    if ask.action == "ship":
        return [Step(one, Fate.SHIPPED, one.reserved) for one in lines if one.reserved]
    if ask.action == "cancel":
        return [Step(one, Fate.WITHDRAWN, one.reserved) for one in lines if one.reserved]
    if ask.action == "receive":
        return receipt(lines, ask.counted, ask.reason)
    if ask.action == "return":
        return taking_back(lines, ask.counted, ask.reason)
    return []


def _meet_requests(changes: Iterable[Change], actor: User) -> None:
    """What came good meets what the destinations have asked for."""
    came: dict[tuple[int, int, str], Decimal] = defaultdict(Decimal)
    for change in changes:
        reference = f"{change.order.number}/{change.kept.sequence}"
        for step in change.steps:
            if step.fate == Fate.RECEIVED:
                key = (change.order.destination_id, step.line.resource_id, reference)
                came[key] += step.quantity
    requests.receive_many(
        [requests.Came(*key, quantity) for key, quantity in sorted(came.items())], actor
    )


def _record(changes: Iterable[Change], actor: User) -> None:
    people_services.record_many(actor, [_line(change) for change in changes])


def _line(change: Change) -> people_services.Line:
    order, ask = change.order, change.ask
    arrived = change.before not in NEVER_LEFT and ask.action != "return"
    steps = [[one.line.number, str(one.fate), plain(one.quantity)] for one in change.steps]
    return people_services.Line(
        f"track.{ask.action}",
        f"order:{order.number}",
        (order.destination if arrived else order.origin).organisation_id,
        before={"state": change.before},
        after={"state": str(order.state), "lines": steps},
        reason=ask.reason,
    )
