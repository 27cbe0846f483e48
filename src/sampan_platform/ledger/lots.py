"""Quarantine of a lot, and its release: at every site that the actor reaches, in one go."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid5

from django.apps import apps
from django.db import transaction
from django.utils.translation import gettext

from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, ForbiddenError, InvalidError
from sampan_platform.ledger import selectors, writing
from sampan_platform.ledger.accounts import AccountKey, Leg, Posting
from sampan_platform.ledger.models import Event, Kind, LotHold, Movement
from sampan_platform.ledger.moving import begin
from sampan_platform.people import selectors as people
from sampan_platform.people import services as people_services
from sampan_platform.people.models import User


@transaction.atomic
def quarantine_lot(
    resource: int, lot: str, *, movement: UUID, day: date, reason: str, actor: User
) -> list[Movement]:
    """Every unit of a lot in stock, at every site that the actor reaches, into quarantine.

    Until the lot is released none of it comes into stock there, whatever is still on the way.
    What was set apart for an order goes too: the order cannot ship it.
    """
    _begin(resource, lot, reason, actor)
    before = list(LotHold.objects.filter(movement=movement))
    if before:
        if (before[0].resource_id, before[0].lot) != (resource, lot):
            raise ConflictError(
                gettext("Movement %(movement)s was for another lot. Use a new id.")
                % {"movement": movement}
            )
        return _done(movement)
    if done := _done(movement):
        return done
    _hold(resource, lot, movement, reason, actor)
    return _shift(Kind.STOCK, Kind.QUARANTINE, resource, lot, movement, day, reason, actor)


@transaction.atomic
def release_lot(
    resource: int, lot: str, *, movement: UUID, day: date, reason: str, actor: User
) -> list[Movement]:
    """Out of quarantine, back into stock, at every site that the actor reaches."""
    _begin(resource, lot, reason, actor)
    before = _done(movement)
    if before:
        account = selectors.legs_of(before[0])[0].account
        if (account.resource, account.lot) != (resource, lot):
            raise ConflictError(
                gettext("Movement %(movement)s was for another lot. Use a new id.")
                % {"movement": movement}
            )
        return before
    held = LotHold.objects.filter(resource_id=resource, lot=lot, released_at__isnull=True)
    reached = people.within(actor, people.COUNT_STOCK, held, "organisation__path")
    reached.update(released_at=clock.now())
    return _shift(Kind.QUARANTINE, Kind.STOCK, resource, lot, movement, day, reason, actor)


def _begin(resource: int, lot: str, reason: str, actor: User) -> None:
    if not lot or not reason.strip():
        raise InvalidError(gettext("Name the lot, and say why."))
    if not people.paths(actor, people.COUNT_STOCK):
        raise ForbiddenError(
            gettext("You may not move stock anywhere. Ask an operator for the role.")
        )
    writing.lock_head()


def _hold(resource: int, lot: str, movement: UUID, reason: str, actor: User) -> None:
    """From now on, in every part of the tree that the actor reaches and it is not held yet."""
    organisations = apps.get_model("people", "Organisation")._default_manager
    tops = organisations.filter(path__in=people.paths(actor, people.COUNT_STOCK))
    held = LotHold.objects.filter(resource_id=resource, lot=lot, released_at__isnull=True)
    new: list[Any] = list(tops.exclude(pk__in=held.values("organisation_id")))
    LotHold.objects.bulk_create(
        [
            LotHold(
                movement=movement,
                resource_id=resource,
                lot=lot,
                organisation_id=top.pk,
                reason=reason,
                held_at=clock.now(),
                held_by=actor,
            )
            for top in new
        ]
    )


def _shift(
    source: Kind,
    target: Kind,
    resource: int,
    lot: str,
    movement: UUID,
    day: date,
    reason: str,
    actor: User,
) -> list[Movement]:
    """One movement an account, all in one transaction."""
    rows = selectors.accounts(kinds=[source], resources=[resource], lot=lot, user=actor)
    postings = [
        Posting(
            uuid5(movement, key.text),
            f"{target.value}-lot",
            [Leg(key, -balance), Leg(_moved(key, target), balance)],
            day,
            reason,
            f"lot:{movement}",
        )
        for key, balance in rows.items()
        if balance > 0
    ]
    people_services.record(
        actor, f"ledger.{target.value}_lot", f"lot:{resource}:{lot}", None, reason=reason
    )
    return begin(postings, Event.POST, actor).rows


def _moved(key: AccountKey, target: Kind) -> AccountKey:
    return AccountKey(target, key.resource, key.site, key.lot, key.expires_on)


def _done(movement: UUID) -> list[Movement]:
    return list(Movement.objects.filter(source=f"lot:{movement}", ends=False))
