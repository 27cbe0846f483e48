"""What the stage after this one, track, knows and dispatch asks for: goods on the way, orders.

Track registers its functions when Django starts. All of them speak of the numbers (primary
keys) of sites, lanes and resources, and of days, never of periods.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from sampan_platform.dispatch.models import PlanLine, PlanRun
    from sampan_platform.people.models import User


@dataclass(frozen=True)
class Arrival:
    """Goods that have left and will arrive."""

    site: int
    resource: int
    day: date
    quantity: Decimal
    expires_on: date | None = None


@dataclass(frozen=True)
class Commitment:
    """Goods that are ordered and have not left; their stock is reserved at the lane's origin."""

    lane: int
    resource: int
    day: date
    """On which they leave."""
    quantity: Decimal
    order: str
    """The dispatch order's number, as people know it."""


Arrivals = Callable[[datetime], Iterable[Arrival]]
Commitments = Callable[[datetime], Iterable[Commitment]]
OrderMaker = Callable[["PlanRun", "Sequence[PlanLine]", "User"], object]

Registered = TypeVar("Registered")

_arrivals: list[Arrivals] = []
_commitments: list[Commitments] = []
_order_makers: list[OrderMaker] = []


def register_arrivals(provider: Arrivals) -> None:
    """`provider(as_of)` gives the goods on the way as known then."""
    _add(_arrivals, provider)


def register_commitments(provider: Commitments) -> None:
    """`provider(as_of)` gives the orders that had not left then."""
    _add(_commitments, provider)


def register_order_maker(maker: OrderMaker) -> None:
    """`maker(plan_run, lines, actor)` makes the orders, inside the approval's transaction.

    `lines` are the `PlanLine` rows to order: each has `lane_id`, `resource_id`, `quantity`,
    `depart_on`, `arrive_on`, `expires_on`; what they take was in stock when the plan was made
    and is there now. An error that it raises undoes the approval.
    """
    _add(_order_makers, maker)


def arrivals(as_of: datetime) -> list[Arrival]:
    """Goods on the way, from every provider."""
    return [row for provider in _arrivals for row in provider(as_of)]


def commitments(as_of: datetime) -> list[Commitment]:
    """Orders that have not left, from every provider."""
    return [row for provider in _commitments for row in provider(as_of)]


def order_makers() -> tuple[OrderMaker, ...]:
    """Who turns approved lines into orders."""
    return tuple(_order_makers)


def _add(registered: list[Registered], one: Registered) -> None:
    if one not in registered:
        registered.append(one)
