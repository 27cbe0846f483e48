"""What an order's changes mean for the ledger: which account gives, which takes.

    issued     stock of the origin → transit     pending: reserved, still on hand
    shipped    the same                          settled
    received   transit → stock of the destination
    short      transit → loss                    with the reason
    damaged    transit → loss, or → quarantine of the destination
    returned   transit → stock of the origin
    cancelled  what was pending                  voided

A movement's id comes from the change that makes it, so the ledger too sees each change once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from django.utils.translation import gettext

from sampan_platform.common import bulk
from sampan_platform.common.errors import InvalidError
from sampan_platform.ledger import selectors as ledger_reads
from sampan_platform.ledger import services as ledger
from sampan_platform.ledger.services import AccountKey, Leg, Posting
from sampan_platform.people.models import User
from sampan_platform.track.asks import Change
from sampan_platform.track.counting import Step
from sampan_platform.track.models import Fate, OrderEvent, OrderLine

if TYPE_CHECKING:
    from sampan_platform.dispatch.models import PlanLine

KINDS = {
    Fate.RECEIVED: "stock",
    Fate.RETURNED: "stock",
    Fate.QUARANTINED: "quarantine",
    Fate.SHORT: "loss",
    Fate.DAMAGED: "loss",
}


def reserve(lines: Iterable[OrderLine], day: date, actor: User) -> None:
    """Set the lines' quantities apart in the origin's stock."""
    ledger.pend_many([_setting_apart(line, day) for line in lines], actor=actor)


def move(changes: Sequence[Change], actor: User) -> None:
    """Post what the changes did."""
    by_action: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_action[change.ask.action].append(change)
    _settle(by_action["ship"], actor)
    _void(by_action["cancel"], actor)
    _reserve_less(by_action["pick"], actor)
    _end_transit(by_action["receive"] + by_action["return"], actor)


def _settle(changes: Iterable[Change], actor: User) -> None:
    by_day: dict[date, list[UUID]] = defaultdict(list)
    for change in changes:
        by_day[change.day] += [step.line.movement for step in change.steps]
    for day, movements in sorted(by_day.items()):
        ledger.settle_many(movements, day=day, actor=actor)


def _void(changes: Iterable[Change], actor: User) -> None:
    by_reason: dict[str, list[UUID]] = defaultdict(list)
    for change in changes:
        by_reason[change.kept.reason] += [step.line.movement for step in change.steps]
    for reason, movements in by_reason.items():
        ledger.void_many(movements, reason=reason, actor=actor)


def _reserve_less(changes: Sequence[Change], actor: User) -> None:
    _void(changes, actor)
    lines = [(change, step.line) for change in changes for step in change.steps]
    for change, line in lines:
        line.movement = uuid5(change.ask.change, str(line.number))
    if lines:
        rows = [(line.movement, line.pk) for _, line in lines]
        bulk.change(OrderLine._meta.db_table, {"movement": "uuid"}, rows)
    again = [_setting_apart(line, change.day) for change, line in lines if line.reserved]
    ledger.pend_many(again, actor=actor)


def _setting_apart(line: OrderLine, day: date) -> Posting:
    return Posting(
        line.movement,
        "ship",
        (
            Leg(_at("stock", line, line.order.origin_id), -line.reserved),
            Leg(_transit(line), line.reserved),
        ),
        day,
        source=f"order:{line.order.number}",
    )


def _end_transit(changes: Iterable[Change], actor: User) -> None:
    """One movement a line: out of transit, into wherever each part of it came."""
    postings = []
    for change in changes:
        order = change.order
        back = change.ask.action == "return"
        site = order.origin_id if back else order.destination_id
        by_line: dict[OrderLine, list[Step]] = defaultdict(list)
        for step in change.steps:
            by_line[step.line].append(step)
        postings += [_ending(change.kept, line, site, parts) for line, parts in by_line.items()]
    ledger.post_many(postings, actor=actor)


def _ending(event: OrderEvent, line: OrderLine, site: int, parts: Sequence[Step]) -> Posting:
    came: dict[str, Decimal] = defaultdict(Decimal)
    for part in parts:
        came[KINDS[part.fate]] += part.quantity
    legs = [Leg(_transit(line), -sum(came.values(), Decimal(0)))]
    legs += [Leg(_at(kind, line, site), quantity) for kind, quantity in came.items()]
    reasons = dict.fromkeys(part.reason for part in parts if part.reason)
    return Posting(
        uuid5(event.change, str(line.number)),
        event.action,
        legs,
        event.day,
        reason="; ".join(reasons) or event.reason,
        source=f"order:{line.order.number}",
    )


def _at(kind: str, line: OrderLine, site: int) -> AccountKey:
    return AccountKey(kind, line.resource_id, site=site, lot=line.lot, expires_on=line.expires_on)


def _transit(line: OrderLine) -> AccountKey:
    return AccountKey(
        "transit",
        line.resource_id,
        lot=line.lot,
        expires_on=line.expires_on,
        reference=line.key,
    )


@dataclass(frozen=True)
class Part:
    """A quantity of one lot."""

    lot: str
    expires_on: date | None
    quantity: Decimal


def choose(lines: Sequence[PlanLine]) -> dict[int, list[Part]]:
    """From which lots each plan line is taken, by the line's number in the database.

    First expired, first out, among the lots that are still good on arrival; where the plan
    counts on an expiry, the lots that have it come first. Who travels longest chooses first,
    since nobody else can do with less than he can.
    """
    origins = {_origin(line) for line in lines}
    resources = {line.resource_id for line in lines}
    rows = ledger_reads.on_hand(sites=sorted(origins), resources=sorted(resources))
    free: dict[tuple[int, int], list[Part]] = defaultdict(list)
    for row in sorted(rows, key=lambda one: (one.expires_on or date.max, one.lot)):
        left = row.quantity - row.pending_out
        if left > 0:
            free[row.site, row.resource].append(Part(row.lot, row.expires_on, left))
    return {
        line.pk: _take(line, free[_origin(line), line.resource_id])
        for line in sorted(lines, key=lambda one: (-one.arrive_on.toordinal(), one.number))
    }


def _take(line: PlanLine, lots: list[Part]) -> list[Part]:
    """As much as the line wants, out of the lots; what is left of them stays in the list."""
    wanted, taken = line.quantity, []
    order = sorted(range(len(lots)), key=lambda at: lots[at].expires_on != line.expires_on)
    for at in order if line.expires_on else range(len(lots)):
        lot = lots[at]
        part = min(wanted, lot.quantity)
        if part and (lot.expires_on is None or lot.expires_on >= line.arrive_on):
            taken.append(replace(lot, quantity=part))
            lots[at] = replace(lot, quantity=lot.quantity - part)
            wanted -= part
    if wanted:
        assert line.lane is not None
        raise InvalidError(
            gettext(
                "Plan line %(number)s: %(quantity)s %(resource)s are to leave %(origin)s over "
                "%(lane_code)s, and %(wanted)s of them are not there, free and good on "
                "arrival. Make the plan again with the stock as it is now."
            )
            % {
                "number": line.number,
                "quantity": line.quantity,
                "resource": line.resource.code,
                "origin": line.lane.origin.code,
                "lane_code": line.lane_code,
                "wanted": wanted,
            },
            code="stock-missing",
        )
    return taken


def _origin(line: PlanLine) -> int:
    assert line.lane is not None
    return line.lane.origin_id
