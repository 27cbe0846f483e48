"""A form's fields → one change of an order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from sampan_platform.common.errors import InvalidError, NotFoundError
from sampan_platform.people.models import User
from sampan_platform.track import services
from sampan_platform.track.counting import Counted, Picked
from sampan_platform.track.models import DispatchOrder
from sampan_platform.web.pages import TEXT_LENGTH_MAX, typed

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
        Picked(line.number, _quantity(text))
        for line in order.lines.all()
        if (text := said.get(f"picked-{line.number}", "").strip())
    ]
    return services.pick(order.number, change, actor, picked=picked or None, **more)


def _ship(order: DispatchOrder, change: UUID, actor: User, said: QueryDict, more: Any) -> Any:
    del more["reason"]
    return services.ship(
        order.number, change, actor, carrier=typed(said, "carrier"),
        vehicle=typed(said, "vehicle"), expected_on=_day(said.get("expected_on", "")),
    )  # fmt: skip


def _transit(order: DispatchOrder, change: UUID, actor: User, said: QueryDict, more: Any) -> Any:
    return services.report_transit(
        order.number, change, actor, place=typed(said, "place"),
        expected_on=_day(said.get("expected_on", "")), **more,
    )  # fmt: skip


def _receive(order: DispatchOrder, change: UUID, actor: User, said: QueryDict, more: Any) -> Any:
    counted = []
    for line in order.lines.all():
        figures = {
            fate: _quantity(text)
            for fate in FATES
            if (text := said.get(f"{fate}-{line.number}", "").strip())
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


def _quantity(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", "").replace("，", "").strip())
    except InvalidOperation as error:
        raise InvalidError(_("%(text)s is no number.") % {"text": text[:40]}) from error


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidError(_("Give the day as 2020-02-14.")) from error
