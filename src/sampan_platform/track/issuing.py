"""Approved plan lines become dispatch orders, each with its goods set apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING
from uuid import uuid4

from django.db import transaction
from django.db.models import F, prefetch_related_objects
from django.utils.translation import gettext

from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError
from sampan_platform.people import selectors as people
from sampan_platform.people import services as people_services
from sampan_platform.people.models import User
from sampan_platform.track import stock, transitions
from sampan_platform.track.models import (
    DispatchOrder,
    EventLine,
    Fate,
    NumberSeries,
    OrderEvent,
    OrderLine,
    OrderState,
)

if TYPE_CHECKING:
    from sampan_platform.dispatch.models import PlanLine, PlanRun

APPROVED = "approved"
"""As dispatch marks a plan whose last approval was given."""
Group = tuple[int, date, date]
"""Lane, departure and arrival: what goes on one order."""


@transaction.atomic
def make_orders(plan_run: PlanRun, lines: Sequence[PlanLine], actor: User) -> list[DispatchOrder]:
    """One order a lane and day, its lines split by lot, the stock reserved in the ledger.

    Called by dispatch inside the approval's transaction, which has checked that the actor may
    approve. A plan's line is ordered once: those that are ordered already are passed over, and
    their orders returned with the new ones.

    Raises
    ------
    InvalidError
        Where the stock is no longer there; nothing is ordered then.
    ConflictError
        A plan that is not approved, lines of another plan, or lines that are orders already.
    """
    _check(plan_run, lines)
    there = OrderLine.objects.filter(plan_line__in=[line.pk for line in lines])
    ordered = dict(there.values_list("plan_line_id", "order_id"))
    new = [line for line in lines if line.pk not in ordered]
    made = [*DispatchOrder.objects.filter(pk__in=ordered.values()).order_by("number")]
    if new:
        made += _issue(plan_run, new, actor)
    return made


def _check(plan_run: PlanRun, lines: Sequence[PlanLine]) -> None:
    if plan_run.approval != APPROVED:
        raise ConflictError(
            gettext("Plan %(number)s is not approved. Approve it first.") % {"number": plan_run.pk}
        )
    wrong = [line for line in lines if line.plan_id != plan_run.pk or line.frozen]
    if wrong:
        names = ", ".join(str(line.number) for line in wrong[:10])
        raise ConflictError(
            gettext(
                "Plan %(number)s: lines %(names)s are of another plan or ordered already. "
                "Order the lines that the plan adds."
            )
            % {"number": plan_run.pk, "names": names}
        )


def _issue(plan_run: PlanRun, lines: Sequence[PlanLine], actor: User) -> list[DispatchOrder]:
    prefetch_related_objects(lines, "lane", "resource")
    groups = _grouped(lines)
    day = clock.today(people.time_zone_of(plan_run.organisation))
    numbers = _numbers(day, len(groups))
    orders = [
        _order(plan_run, number, group, ours[0], actor)
        for number, (group, ours) in zip(numbers, groups.items(), strict=True)
    ]
    DispatchOrder.objects.bulk_create(orders)
    parts = stock.choose([line for ours in groups.values() for line in ours])
    order_lines = []
    for order, ours in zip(orders, groups.values(), strict=True):
        order_lines += _lines(order, ours, parts)
    OrderLine.objects.bulk_create(order_lines)
    stock.reserve(order_lines, day, actor)
    _keep_events(orders, order_lines, day, actor)
    people_services.record(
        actor,
        "track.issue",
        f"plan:{plan_run.pk}",
        plan_run.organisation,
        after={"orders": numbers},
    )
    return orders


def _grouped(lines: Iterable[PlanLine]) -> dict[Group, list[PlanLine]]:
    found: dict[Group, list[PlanLine]] = defaultdict(list)
    for line in sorted(lines, key=lambda one: (one.depart_on, one.lane_code, one.number)):
        assert line.lane_id is not None, "a plan with a lane of a scenario cannot be approved"
        found[line.lane_id, line.depart_on, line.arrive_on].append(line)
    return found


def _numbers(day: date, count: int) -> list[str]:
    """The next numbers of the day; its row stays locked until the transaction ends."""
    series = NumberSeries.objects.filter(day=day)
    if not series.update(last=F("last") + count):
        NumberSeries.objects.get_or_create(day=day)
        series.update(last=F("last") + count)
    last = series.values_list("last", flat=True)[0]
    return [f"DO-{day.isoformat()}-{one:04}" for one in range(last - count + 1, last + 1)]


def _order(
    plan_run: PlanRun, number: str, group: Group, line: PlanLine, actor: User
) -> DispatchOrder:
    lane_id, depart_on, arrive_on = group
    assert line.lane is not None
    return DispatchOrder(
        number=number,
        plan=plan_run,
        lane_id=lane_id,
        origin_id=line.lane.origin_id,
        destination_id=line.lane.destination_id,
        depart_on=depart_on,
        arrive_on=arrive_on,
        expected_on=arrive_on,
        issued_at=clock.now(),
        issued_by=actor,
    )


def _lines(
    order: DispatchOrder, ours: Sequence[PlanLine], parts: dict[int, list[stock.Part]]
) -> list[OrderLine]:
    split = [(line, at, part) for line in ours for at, part in enumerate(parts[line.pk], start=1)]
    return [
        OrderLine(
            order=order,
            number=number,
            plan_line=line,
            part=at,
            resource_id=line.resource_id,
            lot=part.lot,
            expires_on=part.expires_on,
            movement=uuid4(),
            ordered=part.quantity,
        )
        for number, (line, at, part) in enumerate(split, start=1)
    ]


def _keep_events(
    orders: Sequence[DispatchOrder], lines: Sequence[OrderLine], day: date, actor: User
) -> None:
    events = {
        order.pk: OrderEvent(
            change=uuid4(),
            digest="",
            order=order,
            sequence=order.version,
            action=transitions.ISSUE,
            state_after=OrderState.ISSUED,
            at=clock.now(),
            day=day,
            by=actor,
            expected_on=order.expected_on,
        )
        for order in orders
    }
    OrderEvent.objects.bulk_create(events.values())
    EventLine.objects.bulk_create(
        EventLine(event=events[one.order_id], line=one, fate=Fate.ORDERED, quantity=one.ordered)
        for one in lines
    )
