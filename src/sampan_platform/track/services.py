"""Changing orders: one function an action, each made once however often it is called.

`change` is made by whoever asks (a page when it is shown, a program before it sends). Sent
again with the same `change`, the answer is the first one's; see `changes.make`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sampan_platform.people.models import User
from sampan_platform.track.asks import Ask, Result
from sampan_platform.track.changes import make, make_many
from sampan_platform.track.counting import Counted, Picked
from sampan_platform.track.issuing import make_orders

__all__ = [
    "Ask",
    "Counted",
    "Picked",
    "Result",
    "cancel",
    "close",
    "make",
    "make_many",
    "make_orders",
    "pick",
    "receive",
    "receive_many",
    "report_transit",
    "ship",
    "ship_many",
    "take_back",
]


def pick(
    number: str,
    change: UUID,
    actor: User,
    *,
    picked: Sequence[Picked] | None = None,
    reason: str = "",
    day: date | None = None,
    seen: int | None = None,
) -> Result:
    """The goods stand ready; less than ordered of a line only where `picked` says so.

    What was not picked is free again in the origin's stock.
    """
    return make(
        Ask(number, "pick", change, actor, day=day, reason=reason, picked=picked, seen=seen)
    )


def ship(
    number: str,
    change: UUID,
    actor: User,
    *,
    carrier: str = "",
    vehicle: str = "",
    expected_on: date | None = None,
    day: date | None = None,
    seen: int | None = None,
) -> Result:
    """The goods have left: out of the origin's stock, into transit."""
    ask = Ask(
        number, "ship", change, actor, day=day, carrier=carrier, vehicle=vehicle,
        expected_on=expected_on, seen=seen,
    )  # fmt: skip
    return make(ask)


def ship_many(changes: Mapping[str, UUID], actor: User, *, day: date | None = None) -> list[Result]:
    """All of the orders have left, or none, in a number of queries that does not grow.

    Parameters
    ----------
    changes
        By the order's number, the change's id.
    """
    return make_many([Ask(*one, actor, day=day) for one in _each("ship", changes)])


def receive_many(
    changes: Mapping[str, UUID], actor: User, *, day: date | None = None
) -> list[Result]:
    """All that was on the way of all of the orders came good; as `ship_many`."""
    return make_many([Ask(*one, actor, day=day) for one in _each("receive", changes)])


def _each(action: str, changes: Mapping[str, UUID]) -> list[tuple[str, str, UUID]]:
    return [(number, action, change) for number, change in changes.items()]


def report_transit(
    number: str,
    change: UUID,
    actor: User,
    *,
    place: str = "",
    carrier: str = "",
    vehicle: str = "",
    expected_on: date | None = None,
    reason: str = "",
    day: date | None = None,
    seen: int | None = None,
) -> Result:
    """Where the goods are, who carries them now and when they are expected; often as may be."""
    ask = Ask(
        number, "transit", change, actor, day=day, place=place, carrier=carrier,
        vehicle=vehicle, expected_on=expected_on, reason=reason, seen=seen,
    )  # fmt: skip
    return make(ask)


def receive(
    number: str,
    change: UUID,
    actor: User,
    *,
    counted: Sequence[Counted] | None = None,
    expected_on: date | None = None,
    reason: str = "",
    day: date | None = None,
    seen: int | None = None,
) -> Result:
    """What came: all that was on the way, or as `counted`; the rest stays on the way.

    Parameters
    ----------
    expected_on
        When the rest will come, if a part came.
    reason
        Why lines are short or damaged, where they do not say so themselves.
    """
    ask = Ask(
        number, "receive", change, actor, day=day, reason=reason, counted=counted,
        expected_on=expected_on, seen=seen,
    )  # fmt: skip
    return make(ask)


def take_back(
    number: str,
    change: UUID,
    actor: User,
    *,
    reason: str,
    counted: Sequence[Counted] | None = None,
    day: date | None = None,
    seen: int | None = None,
) -> Result:
    """All that was on the way is back at the origin: good, or as `counted`."""
    return make(
        Ask(number, "return", change, actor, day=day, reason=reason, counted=counted, seen=seen)
    )


def close(
    number: str,
    change: UUID,
    actor: User,
    *,
    reason: str = "",
    day: date | None = None,
    seen: int | None = None,
) -> Result:
    """Nothing is left to be done; what was short or damaged has its explanation."""
    return make(Ask(number, "close", change, actor, day=day, reason=reason, seen=seen))


def cancel(
    number: str,
    change: UUID,
    actor: User,
    *,
    reason: str,
    day: date | None = None,
    seen: int | None = None,
) -> Result:
    """It will not leave: what was reserved for it is free again."""
    return make(Ask(number, "cancel", change, actor, day=day, reason=reason, seen=seen))
