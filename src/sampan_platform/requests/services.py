"""Asking, reviewing, deciding, withdrawing, and what comes in the end.

submitted → reviewed → approved | reduced | rejected → partly met → met; or withdrawn. Each step
is one conditional UPDATE whose row count says whether it was this call that made it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext

from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, ForbiddenError, InvalidError, Problem
from sampan_platform.common.quantity import to_thousandths
from sampan_platform.common.words import either
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User
from sampan_platform.people.services import record
from sampan_platform.requests.models import OPEN, Request, RequestEvent, State
from sampan_platform.requests.receiving import Came, receive_many
from sampan_platform.requests.units import in_units

if TYPE_CHECKING:
    from sampan_platform.catalogue.models import Resource, Site

__all__ = ["Came", "Wish", "decide", "receive", "receive_many", "review", "submit", "withdraw"]
PRIORITIES = range(1, 10)
DAYS_MAX = 366


@dataclass(frozen=True)
class Wish:
    """What somebody asks for."""

    site: Site
    resource: Resource
    quantity: Decimal
    needed_by: date
    reason: str
    pack: str = ""
    priority: int = 2
    covers_days: int = 7
    additional: bool = False


@transaction.atomic
def submit(client_id: UUID, wish: Wish, actor: User) -> Request:
    """Ask for something; the same `client_id` with the same wish gives the same request."""
    people.require(actor, people.REQUEST, wish.site.organisation)
    _check(wish)
    units = in_units(wish.resource, wish.quantity, wish.pack)
    found = Request.objects.filter(client_id=client_id).first()
    if found is not None:
        return _same(found, wish)
    # what was asked for in time may be sent again later
    _check_day(wish)
    made, is_new = Request.objects.get_or_create(
        client_id=client_id,
        defaults={
            "site": wish.site,
            "resource": wish.resource,
            "asked_quantity": wish.quantity,
            "asked_pack": wish.pack,
            "quantity": units,
            "needed_by": wish.needed_by,
            "covers_days": wish.covers_days,
            "additional": wish.additional,
            "priority": wish.priority,
            "reason": wish.reason.strip(),
            "submitted_by": actor,
            "submitted_at": clock.now(),
        },
    )
    if not is_new:
        return _same(made, wish)
    _log(made, actor, State.SUBMITTED, quantity=units, reason=made.reason)
    return made


@transaction.atomic
def review(request: Request, actor: User, note: str = "") -> Request:
    """Looked at and found complete; now somebody can decide."""
    people.require(actor, people.REVIEW, request.site.organisation)
    _move(request, (State.SUBMITTED,), State.REVIEWED, reviewed_by=actor)
    _log(request, actor, State.REVIEWED, reason=note)
    return request


@transaction.atomic
def decide(
    request: Request, actor: User, quantity: Decimal | None = None, reason: str = ""
) -> Request:
    """Approve, reduce or reject a reviewed request.

    Parameters
    ----------
    quantity
        In the resource's unit. None: all that was asked; less: reduced; 0: rejected. The last
        two need a reason.
    """
    people.require(actor, people.REVIEW, request.site.organisation)
    if request.submitted_by_id == actor.pk:
        raise ForbiddenError(
            gettext("You asked for this yourself. Somebody else must decide on request %(number)s.")
            % {"number": request.pk}
        )
    granted = request.quantity if quantity is None else Decimal(quantity)
    state = _decision(request, granted, reason)
    changes: dict[str, Any] = {"decided_by": actor, "decision_reason": reason.strip()}
    if state != State.REJECTED:
        changes["approved_quantity"] = granted
    _move(request, (State.REVIEWED,), state, **changes)
    _log(request, actor, state, quantity=granted, reason=reason)
    return request


@transaction.atomic
def withdraw(request: Request, actor: User, reason: str = "") -> Request:
    """No longer wanted; what has come stays, nothing more is owed."""
    people.require(actor, people.REQUEST, request.site.organisation)
    _move(request, (State.SUBMITTED, State.REVIEWED, *OPEN), State.WITHDRAWN)
    _log(request, actor, State.WITHDRAWN, reason=reason)
    return request


def receive(
    site: int, resource: int, quantity: Decimal, reference: str, actor: User | None = None
) -> Decimal:
    """Goods came to a site: they meet its open requests, most urgent and oldest first.

    Parameters
    ----------
    site, resource
        Their numbers.
    reference
        Of the receipt. The same one counts once, however often it is sent.

    Returns
    -------
    Decimal
        What met requests; the rest met the forecast need.
    """
    return receive_many([Came(site, resource, reference, quantity)], actor)[0]


def _check(wish: Wish) -> None:
    """Everything that is wrong with a wish, at once."""
    problems = []
    wrong = _wrong_quantity(wish.quantity)
    if wrong:
        problems.append(Problem("bad-quantity", wrong, "quantity", str(wish.quantity)))
    if not wish.reason.strip():
        problems.append(Problem("no-reason", gettext("Say what it is needed for."), "reason"))
    if wish.priority not in PRIORITIES:
        problems.append(
            Problem(
                "bad-priority",
                gettext("Give 1 (most urgent) to 9."),
                "priority",
                str(wish.priority),
            )
        )
    if not 1 <= wish.covers_days <= DAYS_MAX:
        problems.append(
            Problem(
                "bad-days",
                gettext("Give 1 to %(days_max)s.") % {"days_max": DAYS_MAX},
                "covers_days",
                str(wish.covers_days),
            )
        )
    if problems:
        raise InvalidError(gettext("The request cannot be taken as it is."), problems)


def _check_day(wish: Wish) -> None:
    """No plan sends what is needed by a day that has passed where the site is."""
    today = clock.today(people.time_zone_of(wish.site.organisation))
    if wish.needed_by < today:
        text = gettext("%(day)s has passed. Give today or a later day.") % {"day": wish.needed_by}
        raise InvalidError(text, [Problem("past", text, "needed_by", str(wish.needed_by))])


def _wrong_quantity(quantity: Decimal) -> str:
    try:
        return "" if to_thousandths(quantity) > 0 else gettext("Ask for more than 0.")
    except ValidationError as error:
        return str(error.messages[0])


def _same(found: Request, wish: Wish) -> Request:
    """The request that is there already, if it is the same."""
    there = (
        found.site_id, found.resource_id, found.asked_quantity, found.asked_pack,
        found.needed_by, found.priority, found.covers_days, found.additional, found.reason,
    )  # fmt: skip
    sent = (
        wish.site.pk, wish.resource.pk, wish.quantity, wish.pack,
        wish.needed_by, wish.priority, wish.covers_days, wish.additional, wish.reason.strip(),
    )  # fmt: skip
    if there != sent:
        raise ConflictError(
            gettext("There is another request with the client id %(client_id)s. Make a new id.")
            % {"client_id": found.client_id}
        )
    return found


def _decision(request: Request, granted: Decimal, reason: str) -> State:
    if granted < 0 or granted > request.quantity:
        raise InvalidError(
            gettext(
                "Between 0 and %(quantity)s can be approved, which is what was asked; not "
                "%(granted)s."
            )
            % {"quantity": request.quantity, "granted": granted}
        )
    if granted == request.quantity:
        return State.APPROVED
    if not reason.strip():
        text = gettext("Say why you reduce request %(number)s.")
        if granted == 0:
            text = gettext("Say why you reject request %(number)s.")
        raise InvalidError(
            text % {"number": request.pk},
            code="no-reason",
        )
    return State.REJECTED if granted == 0 else State.REDUCED


def _move(request: Request, allowed: tuple[State, ...], to: State, **changes: Any) -> None:
    """The step, if the request is still where it must be."""
    rows = Request.objects.filter(pk=request.pk, state__in=allowed)
    if rows.update(state=to, **changes) != 1:
        request.refresh_from_db()
        raise ConflictError(
            gettext("Request %(number)s is %(state)s and cannot become %(to)s.")
            % {
                "number": request.pk,
                "state": either(State(request.state).label),
                "to": either(to.label),
            },
            code="bad-state",
        )
    request.refresh_from_db()


def _log(
    request: Request,
    actor: User | None,
    state: State,
    *,
    quantity: Decimal | None = None,
    reason: str = "",
    reference: str = "",
) -> None:
    RequestEvent.objects.create(
        request=request,
        at=clock.now(),
        actor=actor,
        state=state,
        quantity=quantity,
        reason=reason.strip(),
        reference=reference,
    )
    record(
        actor,
        f"requests.{state}",
        f"request:{request.pk}",
        request.site.organisation,
        after={"state": str(state), "quantity": None if quantity is None else str(quantity)},
        reason=reason,
    )
