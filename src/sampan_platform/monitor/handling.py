"""What people do with alerts: each by somebody who may, from an allowed state, with its trace."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, InvalidError
from sampan_platform.common.words import either
from sampan_platform.monitor import sending
from sampan_platform.monitor.models import UNDER_WAY, Alert, AlertEvent, State
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User
from sampan_platform.people.services import record


@transaction.atomic
def acknowledge(alert: Alert, actor: User, note: str = "") -> Alert:
    """I have seen it, and it is mine unless it has an owner."""
    alert = _locked(alert)
    changes: dict[str, Any] = {"state": State.ACKNOWLEDGED}
    if alert.owner_id is None:
        changes["owner"] = actor
    return _handle(alert, actor, "acknowledged", note, (State.OPEN,), changes)


@transaction.atomic
def assign(alert: Alert, actor: User, owner: User, note: str = "") -> Alert:
    """Somebody who may handle it looks after it from now on, and is told."""
    alert = _locked(alert)
    people.require(actor, people.HANDLE_ALERTS, alert.organisation)
    if not people.may(owner, people.HANDLE_ALERTS, alert.organisation):
        raise InvalidError(
            gettext("%(username)s may not handle alerts of %(code)s.")
            % {"username": owner.username, "code": alert.organisation.code}
        )
    told = f"to {owner.username}" + (f": {note}" if note else "")
    alert = _handle(alert, actor, "assigned", told, UNDER_WAY, {"owner": owner})
    if owner != actor:
        event = alert.events.order_by("-pk").values_list("pk", flat=True)[0]
        sending.tell(alert, owner.pk, f"assigned-{event}", clock.now())
    return alert


@transaction.atomic
def comment(alert: Alert, actor: User, note: str) -> Alert:
    """A word in its history."""
    if not note.strip():
        raise InvalidError(gettext("Say something."))
    return _handle(_locked(alert), actor, "commented", note, tuple(State), {})


@transaction.atomic
def resolve(alert: Alert, actor: User, note: str) -> Alert:
    """Done about it what could be done; says what. What waits to be told of it is withdrawn."""
    if not note.strip():
        raise InvalidError(gettext("Say what was done about it."))
    ended = {"state": State.RESOLVED, "ended_at": clock.now()}
    alert = _handle(_locked(alert), actor, "resolved", note, UNDER_WAY, ended)
    sending.withdraw([alert.pk])
    return alert


def _locked(alert: Alert) -> Alert:
    """As it is now, until this transaction ends."""
    Alert.objects.select_for_update().get(pk=alert.pk)
    alert.refresh_from_db()
    return alert


def _handle(
    alert: Alert,
    actor: User,
    action: str,
    note: str,
    allowed: tuple[State, ...],
    changes: dict[str, Any],
) -> Alert:
    """One change, from an allowed state, by somebody who may."""
    people.require(actor, people.HANDLE_ALERTS, alert.organisation)
    if alert.state not in allowed:
        raise ConflictError(
            gettext("The alert is %(state)s; it is too late for this.")
            % {"state": either(State(alert.state).label)}
        )
    before = {"state": str(alert.state), "owner": _name(alert)}
    if changes:
        Alert.objects.filter(pk=alert.pk).update(**changes)
    AlertEvent.objects.create(alert=alert, at=clock.now(), by=actor, action=action, note=note)
    alert.refresh_from_db(fields=["state", "owner", "ended_at"])
    after = {"state": str(alert.state), "owner": _name(alert)}
    record(
        actor, f"monitor.{action}", f"alert:{alert.pk}", alert.organisation,
        before=before, after=after, reason=note,
    )  # fmt: skip
    return alert


def _name(alert: Alert) -> str | None:
    return alert.owner.username if alert.owner is not None else None
