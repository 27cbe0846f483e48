"""From which state which action leads where, and who may: the one place that knows."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext

from sampan_platform.common.errors import ConflictError, ForbiddenError, InvalidError
from sampan_platform.common.words import any_of, either, is_chinese
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User
from sampan_platform.track.models import DispatchOrder, OrderState

S = OrderState
ORIGIN, DESTINATION = "origin", "destination"
ISSUE = "issue"
"""An order's first event; approving a plan makes it, so it is no row of the table."""


@dataclass(frozen=True)
class Transition:
    """An action: the states it starts from, those it can lead to, and who may take it."""

    action: str
    name_en: str
    name_zh: str
    before: tuple[OrderState, ...]
    after: tuple[OrderState, ...]
    """Where there are several, what became of the goods decides: `after_receipt`."""
    who: tuple[tuple[str, str], ...]
    """What one must be allowed to do, and at which end of the order; one of them is enough."""
    reason_needed_after: tuple[OrderState, ...] = ()
    """States from which the action must say why."""


TABLE: tuple[Transition, ...] = (
    Transition(
        "pick", "pick", "拣货", (S.ISSUED,), (S.PICKED,), ((people.MOVE_GOODS, ORIGIN),)
    ),
    Transition(
        "ship", "ship", "发运", (S.ISSUED, S.PICKED), (S.SHIPPED,),
        ((people.MOVE_GOODS, ORIGIN),),
    ),
    Transition(
        "transit", "report on the way", "在途报告",
        (S.SHIPPED, S.IN_TRANSIT, S.PART_RECEIVED), (S.IN_TRANSIT, S.PART_RECEIVED),
        ((people.MOVE_GOODS, ORIGIN), (people.MOVE_GOODS, DESTINATION)),
    ),
    Transition(
        "receive", "receive", "签收",
        (S.SHIPPED, S.IN_TRANSIT, S.PART_RECEIVED),
        (S.PART_RECEIVED, S.RECEIVED, S.SHORT, S.DAMAGED),
        ((people.MOVE_GOODS, DESTINATION),),
    ),
    Transition(
        "return", "take back", "退回",
        (S.SHIPPED, S.IN_TRANSIT, S.PART_RECEIVED), (S.RETURNED,),
        ((people.MOVE_GOODS, ORIGIN),),
        reason_needed_after=(S.SHIPPED, S.IN_TRANSIT, S.PART_RECEIVED),
    ),
    Transition(
        "close", "close", "关闭",
        (S.RECEIVED, S.SHORT, S.DAMAGED, S.RETURNED), (S.CLOSED,),
        ((people.MOVE_GOODS, DESTINATION), (people.OVERRIDE, ORIGIN)),
        reason_needed_after=(S.SHORT, S.DAMAGED, S.RETURNED),
    ),
    Transition(
        "cancel", "cancel", "取消", (S.ISSUED, S.PICKED), (S.CANCELLED,),
        ((people.OVERRIDE, ORIGIN), (people.APPROVE, ORIGIN)),
        reason_needed_after=(S.ISSUED, S.PICKED),
    ),
)  # fmt: skip
ACTIONS = {one.action: one for one in TABLE}


def find(action: str, order: DispatchOrder) -> Transition:
    """The action's row, if the order's state allows it."""
    row = ACTIONS.get(action)
    if row is None:
        raise InvalidError(
            gettext("There is no action %(action)s; there are %(actions)s.")
            % {"action": action[:40], "actions": ", ".join(ACTIONS)}
        )
    if order.state not in row.before:
        raise ConflictError(
            gettext(
                "Order %(number)s is %(state)s; to %(action)s it, it must be %(needed)s. "
                "Look at the order again."
            )
            % {
                "number": order.number,
                "state": _label(order.state),
                "action": _name(row),
                "needed": any_of(_label(one) for one in row.before),
            },
            code="order-state",
        )
    return row


def require(row: Transition, order: DispatchOrder, reach: people.Reach) -> None:
    """Raise unless the actor may; that they can see the order is known already."""
    if not may(row, order, reach):
        ends = any_of(_end(order, end) for _, end in row.who)
        raise ForbiddenError(
            gettext(
                "You may not %(action)s order %(number)s. Somebody who may do so at %(ends)s can."
            )
            % {"action": _name(row), "number": order.number, "ends": ends},
        )


def may(row: Transition, order: DispatchOrder, reach: people.Reach) -> bool:
    """Whether one of the row's conditions holds for the actor."""
    return any(reach.may(allowed, getattr(order, end).organisation) for allowed, end in row.who)


def allowed_actions(order: DispatchOrder, actor: User) -> list[str]:
    """What the actor can do with the order now, in the order of the table."""
    rows = [row for row in TABLE if order.state in row.before]
    reach = people.Reach(actor)
    return [row.action for row in rows if may(row, order, reach)]


def require_reason(row: Transition, order: DispatchOrder, reason: str) -> None:
    """Raise where the action must say why and does not."""
    if order.state in row.reason_needed_after and not reason.strip():
        raise InvalidError(
            gettext(
                "Say why: to %(action)s order %(number)s, which is %(state)s, a reason is needed."
            )
            % {"action": _name(row), "number": order.number, "state": _label(order.state)},
            code="reason-missing",
        )


def after_receipt(outstanding: bool, short: bool, damaged: bool) -> OrderState:
    """The state after a receipt, by what has become of the whole order's goods."""
    if outstanding:
        return S.PART_RECEIVED
    if short:
        return S.SHORT
    return S.DAMAGED if damaged else S.RECEIVED


def _label(state: str) -> str:
    return either(OrderState(state).label)


def _end(order: DispatchOrder, end: str) -> str:
    site = {"site": getattr(order, end).code}
    if end == ORIGIN:
        return gettext("the origin %(site)s") % site
    return gettext("the destination %(site)s") % site


def _name(row: Transition) -> str:
    return row.name_zh if is_chinese() else row.name_en
