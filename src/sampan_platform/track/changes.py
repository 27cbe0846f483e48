"""One change of an order: asked for, made once, answered the same however often it is sent.

Read `make` first. Who repeats a change gets what it led to the first time; who sends another
change to an order that has moved on meanwhile is told so. Between the two stands one
conditional UPDATE: whoever raises the order's version has it, everybody else waits and then
finds no row to update.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext

from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, InvalidError
from sampan_platform.people import selectors as people
from sampan_platform.people import services as people_services
from sampan_platform.people.models import User
from sampan_platform.requests import services as requests
from sampan_platform.track import selectors, stock, transitions
from sampan_platform.track.counting import Counted, Picked, Step, picking, receipt, taking_back
from sampan_platform.track.models import (
    ARRIVED,
    NEVER_LEFT,
    DispatchOrder,
    EventLine,
    Fate,
    OrderEvent,
    OrderLine,
    OrderState,
)
from sampan_platform.track.transitions import Transition


@dataclass(frozen=True)
class Ask:
    """All that somebody asks for."""

    number: str
    action: str
    change: UUID
    actor: User
    day: date | None = None
    """On which it happened; today where it happened."""
    reason: str = ""
    place: str = ""
    carrier: str = ""
    vehicle: str = ""
    expected_on: date | None = None
    picked: Sequence[Picked] | None = None
    counted: Sequence[Counted] | None = None
    seen: int | None = None
    """The order's version that the actor looked at; refused if it has changed since."""

    def digest(self) -> str:
        """To tell a repetition from another change with the same id."""
        parts = [
            self.number, self.action, self.actor.pk, _text(self.day), self.reason, self.place,
            self.carrier, self.vehicle, _text(self.expected_on),
            None if self.picked is None else [[one.line, _text(one.quantity)]
                                              for one in self.picked],
            None if self.counted is None else [
                [one.line, *map(_text, (one.good, one.short, one.damaged, one.quarantined)),
                 one.reason] for one in self.counted],
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True)
class Result:
    """The order as it is now, the change, and whether it had been made before."""

    order: DispatchOrder
    event: OrderEvent
    repeated: bool


@transaction.atomic
def make(ask: Ask) -> Result:
    """Make the change, or find that it was made."""
    order = selectors.order(ask.actor, ask.number)
    earlier = _earlier(ask, order)
    if earlier is not None:
        return earlier
    row = transitions.find(ask.action, order)
    transitions.require(row, order, ask.actor)
    transitions.require_reason(row, order, ask.reason)
    if not _claim(order, ask.seen):
        return _earlier(ask, order) or _moved_on(order)
    lines = list(order.lines.select_related("resource").order_by("number"))
    for line in lines:
        line.order = order
    day = _day(ask, order, row)
    steps = _steps(ask, lines)
    before = order.state
    _keep_lines(steps)
    _keep_order(ask, order, lines, steps, day)
    assert order.state in row.after, f"{ask.action} from {before} led to {order.state}"
    event = _keep_event(ask, order, before, steps, day)
    stock.move(ask.action, event, order, steps, ask.actor)
    _meet_requests(event, order, steps, ask.actor)
    _record(ask, order, row, before, steps)
    return Result(order, event, repeated=False)


def _earlier(ask: Ask, order: DispatchOrder) -> Result | None:
    """What this very change led to, if it was made."""
    event = OrderEvent.objects.filter(change=ask.change).first()
    if event is None:
        return None
    if event.digest != ask.digest():
        raise ConflictError(
            gettext(
                "The change %(change)s was made already, and it was another one. Make a "
                "new id for each new change."
            )
            % {"change": ask.change},
            code="change-reused",
        )
    order.refresh_from_db()
    return Result(order, event, repeated=True)


def _claim(order: DispatchOrder, seen: int | None) -> bool:
    """Have the order to oneself until the transaction ends; whether that succeeded."""
    if seen is not None and seen != order.version:
        _moved_on(order)
    same = DispatchOrder.objects.filter(pk=order.pk, version=order.version, state=order.state)
    if same.update(version=F("version") + 1) != 1:
        return False
    order.version += 1
    return True


def _moved_on(order: DispatchOrder) -> Result:
    raise ConflictError(
        gettext("Order %(number)s was changed by somebody else meanwhile. Look at it again.")
        % {"number": order.number},
        code="order-changed",
    )


def _day(ask: Ask, order: DispatchOrder, row: Transition) -> date:
    """On which it happened: neither in the future nor before what it follows."""
    owners = [getattr(order, end).organisation for end in {end for _, end in row.who}]
    today = max(clock.today(people.time_zone_of(owner)) for owner in owners)
    earliest = order.shipped_on
    if earliest is None:
        earliest = order.events.order_by("sequence").values_list("day", flat=True)[0]
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


def _keep_lines(steps: Iterable[Step]) -> None:
    changed: dict[int, OrderLine] = {}
    for step in steps:
        column = str(step.fate)
        setattr(step.line, column, getattr(step.line, column) + step.quantity)
        changed[step.line.pk] = step.line
    OrderLine.objects.bulk_update(
        changed.values(), [str(Fate.WITHDRAWN), str(Fate.SHIPPED), *map(str, ARRIVED)]
    )


def _keep_order(
    ask: Ask,
    order: DispatchOrder,
    lines: Sequence[OrderLine],
    steps: Sequence[Step],
    day: date,
) -> None:
    order.state = _state_after(ask.action, order, lines)
    order.carrier = ask.carrier.strip() or order.carrier
    order.vehicle = ask.vehicle.strip() or order.vehicle
    if ask.action == "ship":
        order.shipped_at, order.shipped_on = clock.now(), day
        # a late start arrives late, unless somebody knows better
        order.expected_on = day + timedelta(days=(order.arrive_on - order.depart_on).days)
    order.expected_on = ask.expected_on or order.expected_on
    if any(step.fate in ARRIVED for step in steps):
        order.arrived_on = max(day, order.arrived_on or day)
    if not any(line.reserved or line.in_transit for line in lines) and not order.ended_at:
        order.ended_at = clock.now()
    order.save()


def _state_after(action: str, order: DispatchOrder, lines: Sequence[OrderLine]) -> OrderState:
    if action == "transit" and order.state == OrderState.PART_RECEIVED:
        return OrderState.PART_RECEIVED
    if action == "receive":
        return transitions.after_receipt(
            outstanding=any(line.in_transit for line in lines),
            short=any(line.short for line in lines),
            damaged=any(line.damaged or line.quarantined for line in lines),
        )
    return transitions.ACTIONS[action].after[0]


def _keep_event(
    ask: Ask, order: DispatchOrder, before: str, steps: Sequence[Step], day: date
) -> OrderEvent:
    try:
        with transaction.atomic():
            event = OrderEvent.objects.create(
                change=ask.change,
                digest=ask.digest(),
                order=order,
                sequence=order.version,
                action=ask.action,
                state_before=before,
                state_after=order.state,
                at=clock.now(),
                day=day,
                by=ask.actor,
                reason=ask.reason.strip(),
                place=ask.place.strip(),
                expected_on=order.expected_on,
            )
    except IntegrityError as error:
        # at this very moment the same id was used for another order
        raise ConflictError(
            gettext(
                "The change %(change)s was used for another order. Make a new id for each change."
            )
            % {"change": ask.change},
            code="change-reused",
        ) from error
    EventLine.objects.bulk_create(
        EventLine(
            event=event, line=one.line, fate=one.fate, quantity=one.quantity, reason=one.reason
        )
        for one in steps
    )
    return event


def _meet_requests(
    event: OrderEvent, order: DispatchOrder, steps: Sequence[Step], actor: User
) -> None:
    """What came good meets what the destination has asked for."""
    good: dict[int, Decimal] = defaultdict(Decimal)
    for step in steps:
        if step.fate == Fate.RECEIVED:
            good[step.line.resource_id] += step.quantity
    for resource, quantity in sorted(good.items()):
        reference = f"{order.number}/{event.sequence}"
        requests.receive(order.destination_id, resource, quantity, reference, actor)


def _record(
    ask: Ask, order: DispatchOrder, row: Transition, before: str, steps: Sequence[Step]
) -> None:
    arrived = before not in NEVER_LEFT and ask.action != "return"
    lines = [[one.line.number, str(one.fate), _text(one.quantity)] for one in steps]
    people_services.record(
        ask.actor,
        f"track.{row.action}",
        f"order:{order.number}",
        (order.destination if arrived else order.origin).organisation,
        before={"state": before},
        after={"state": str(order.state), "lines": lines},
        reason=ask.reason,
    )


def _text(value: date | Decimal | None) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if value else None
