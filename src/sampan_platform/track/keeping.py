"""Changes of orders written down, many in as few statements as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from sampan_platform.common import bulk, clock
from sampan_platform.common.errors import ConflictError
from sampan_platform.common.quantity import to_thousandths
from sampan_platform.people.models import User
from sampan_platform.track import transitions
from sampan_platform.track.asks import Change
from sampan_platform.track.models import (
    ARRIVED,
    DispatchOrder,
    EventLine,
    Fate,
    OrderEvent,
    OrderLine,
    OrderState,
)

FATES = (str(Fate.WITHDRAWN), str(Fate.SHIPPED), *map(str, ARRIVED))
"""What a line counts, each in a column of its name."""
ORDER = {
    "state": "text", "version": "integer", "carrier": "text", "vehicle": "text",
    "shipped_at": "timestamptz", "shipped_on": "date", "expected_on": "date",
    "ended_at": "timestamptz", "arrived_on": "date",
}  # fmt: skip
EVENT = {
    "change": "uuid", "digest": "text", "order_id": "bigint", "sequence": "integer",
    "action": "text", "state_before": "text", "state_after": "text", "at": "timestamptz",
    "day": "date", "by_id": "bigint", "reason": "text", "place": "text", "expected_on": "date",
}  # fmt: skip
EVENT_LINE = {
    "event_id": "bigint", "line_id": "bigint", "fate": "text", "quantity": "bigint",
    "reason": "text",
}  # fmt: skip


def keep(changes: Sequence[Change], actor: User) -> None:
    """Lines, orders and events; from here on each change has its event."""
    if not changes:
        return
    _keep_lines(changes)
    for change in changes:
        _follow(change)
    rows = [_order(one.order) for one in changes]
    changed = bulk.change(DispatchOrder._meta.db_table, ORDER, rows)
    assert changed == len(changes), "orders that are locked are all there"
    _keep_events(changes, actor)


def _keep_lines(changes: Sequence[Change]) -> None:
    more: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(FATES, 0))
    for change in changes:
        for step in change.steps:
            column = str(step.fate)
            setattr(step.line, column, getattr(step.line, column) + step.quantity)
            more[step.line.pk][column] += to_thousandths(step.quantity)
    if more:
        rows = [(*counts.values(), line) for line, counts in more.items()]
        bulk.add_up(OrderLine._meta.db_table, FATES, rows)


def _follow(change: Change) -> None:
    """The order as it is after the change, its lines being so already."""
    ask, order = change.ask, change.order
    order.version += 1
    order.state = _state_after(change)
    order.carrier = ask.carrier.strip() or order.carrier
    order.vehicle = ask.vehicle.strip() or order.vehicle
    if ask.action == "ship":
        order.shipped_at, order.shipped_on = clock.now(), change.day
        # a late start arrives late, unless somebody knows better
        order.expected_on = change.day + timedelta(days=(order.arrive_on - order.depart_on).days)
    order.expected_on = ask.expected_on or order.expected_on
    if any(step.fate in ARRIVED for step in change.steps):
        order.arrived_on = max(change.day, order.arrived_on or change.day)
    under_way = any(line.reserved or line.in_transit for line in change.lines)
    if not under_way and not order.ended_at:
        order.ended_at = clock.now()
    assert order.state in change.row.after, (
        f"{ask.action} from {change.before} led to {order.state}"
    )


def _state_after(change: Change) -> OrderState:
    action, lines = change.ask.action, change.lines
    if action == "transit" and change.before == OrderState.PART_RECEIVED:
        return OrderState.PART_RECEIVED
    if action == "receive":
        return transitions.after_receipt(
            outstanding=any(line.in_transit for line in lines),
            short=any(line.short for line in lines),
            damaged=any(line.damaged or line.quarantined for line in lines),
        )
    return transitions.ACTIONS[action].after[0]


def _keep_events(changes: Sequence[Change], actor: User) -> None:
    ids = [change.ask.change for change in changes]
    try:
        with transaction.atomic():
            bulk.insert(OrderEvent._meta.db_table, EVENT, [_event(one, actor) for one in changes])
    except IntegrityError as error:
        # at this very moment the same id was used for another order
        used = events_of(ids)
        if not used:
            raise
        raise used_for_another(next(iter(used))) from error
    by_change = events_of(ids)
    for change in changes:
        change.event = by_change[change.ask.change]
        change.event.order = change.order
    parts = [
        (change.kept.pk, step.line.pk, str(step.fate), to_thousandths(step.quantity), step.reason)
        for change in changes
        for step in change.steps
    ]
    if parts:
        bulk.insert(EventLine._meta.db_table, EVENT_LINE, parts)


def events_of(changes: Sequence[UUID]) -> dict[UUID, OrderEvent]:
    """Those of the changes that were made."""
    rows = bulk.among(OrderEvent.objects.order_by(), "change", "uuid", changes)
    return {event.change: event for event in rows}


def used_for_another(change: UUID) -> ConflictError:
    """An id stands for one change of one order."""
    text = gettext(
        "The change %(change)s was used for another order. Make a new id for each change."
    )
    return ConflictError(text % {"change": change}, code="change-reused")


def _order(order: DispatchOrder) -> tuple[object, ...]:
    """In the order of `ORDER`, with its number in the database."""
    return (
        str(order.state), order.version, order.carrier, order.vehicle,
        order.shipped_at, order.shipped_on, order.expected_on,
        order.ended_at, order.arrived_on, order.pk,
    )  # fmt: skip


def _event(change: Change, actor: User) -> tuple[object, ...]:
    """In the order of `EVENT`."""
    ask, order = change.ask, change.order
    return (
        ask.change, ask.digest(), order.pk, order.version,
        ask.action, change.before, str(order.state), clock.now(),
        change.day, actor.pk, ask.reason.strip(), ask.place.strip(), order.expected_on,
    )  # fmt: skip
