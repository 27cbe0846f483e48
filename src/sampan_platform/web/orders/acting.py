"""A form's fields → one change of an order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from sampan_platform.common.errors import NotFoundError
from sampan_platform.people.models import User
from sampan_platform.track import services
from sampan_platform.track.counting import Counted, Picked
from sampan_platform.track.models import DispatchOrder
from sampan_platform.web.pages import TEXT_LENGTH_MAX, typed, typed_day, typed_quantity

FATES = ("good", "short", "damaged", "quarantined")


def act(order: DispatchOrder, action: str, change: UUID, actor: User, said: QueryDict) -> Any:
    """One change; `change` makes sure that it happens once."""
    doing = ACTIONS.get(action)
    if doing is None:
        raise NotFoundError(_("There is no such action."))
    more: dict[str, Any] = {"reason": typed(said, "reason", TEXT_LENGTH_MAX)}
    return doing(order, change, actor, said, more)


def _pick(order: DispatchOrder, change: UUID, actor: User, said: QueryDict, more: Any) -> Any:
    picked = [
        Picked(line.number, quantity)
        for line in order.lines.all()
        if (quantity := typed_quantity(said, f"picked-{line.number}")) is not None
    ]
    return services.pick(order.number, change, actor, picked=picked or None, **more)


def _ship(order: DispatchOrder, change: UUID, actor: User, said: QueryDict, more: Any) -> Any:
    del more["reason"]
    return services.ship(
        order.number, change, actor, carrier=typed(said, "carrier"),
        vehicle=typed(said, "vehicle"), expected_on=typed_day(said, "expected_on"),
    )  # fmt: skip


def _transit(order: DispatchOrder, change: UUID, actor: User, said: QueryDict, more: Any) -> Any:
    return services.report_transit(
        order.number, change, actor, place=typed(said, "place"),
        expected_on=typed_day(said, "expected_on"), **more,
    )  # fmt: skip


def _receive(order: DispatchOrder, change: UUID, actor: User, said: QueryDict, more: Any) -> Any:
    counted = []
    for line in order.lines.all():
        figures = {
            fate: quantity
            for fate in FATES
            if (quantity := typed_quantity(said, f"{fate}-{line.number}")) is not None
        }
        if figures:
            why = typed(said, f"reason-{line.number}", TEXT_LENGTH_MAX)
            counted.append(Counted(line.number, reason=why, **figures))
    return services.receive(order.number, change, actor, counted=counted or None, **more)


def _simple(service: Callable[..., Any]) -> Callable[..., Any]:
    def change_it(
        order: DispatchOrder, change: UUID, actor: User, said: QueryDict, more: Any
    ) -> Any:
        return service(order.number, change, actor, **more)

    return change_it


ACTIONS: dict[str, Callable[..., Any]] = {
    "pick": _pick,
    "ship": _ship,
    "transit": _transit,
    "receive": _receive,
    "return": _simple(services.take_back),
    "close": _simple(services.close),
    "cancel": _simple(services.cancel),
}
