"""What is asked for of an order, and what comes of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sampan_platform.people.models import User
from sampan_platform.track.counting import Counted, Picked, Step
from sampan_platform.track.models import DispatchOrder, OrderEvent, OrderLine
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
            self.number, self.action, self.actor.pk, plain(self.day), self.reason, self.place,
            self.carrier, self.vehicle, plain(self.expected_on),
            None if self.picked is None else [[one.line, plain(one.quantity)]
                                              for one in self.picked],
            None if self.counted is None else [
                [one.line, *map(plain, (one.good, one.short, one.damaged, one.quarantined)),
                 one.reason] for one in self.counted],
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


@dataclass
class Change:
    """An ask that was found possible, and what comes of it."""

    ask: Ask
    order: DispatchOrder
    """As it is when the change is kept: with its new state and version."""
    row: Transition
    before: str
    """The order's state until now."""
    day: date
    lines: list[OrderLine]
    """All of the order's, by number."""
    steps: list[Step]
    event: OrderEvent | None = None
    """Known once the change is kept."""

    @property
    def kept(self) -> OrderEvent:
        """The event, once there is one."""
        assert self.event is not None, "the change is not kept yet"
        return self.event


@dataclass(frozen=True)
class Result:
    """The order as it is now, the change, and whether it had been made before."""

    order: DispatchOrder
    event: OrderEvent
    repeated: bool


def plain(value: date | Decimal | None) -> Any:
    """As it stands in digests and in the audit trail."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if value else None
