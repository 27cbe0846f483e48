"""Changes to organisations, users and roles; and the audit trail that every stage writes."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from django.db import transaction

from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, InvalidError
from sampan_platform.people.models import AuditEvent, Organisation, Role, RoleKind, User


@transaction.atomic
def create_organisation(
    code: str,
    name_en: str,
    kind: str,
    *,
    parent: Organisation | None = None,
    name_zh: str = "",
    country: str = "",
    time_zone: str = "",
    report_deadline: time | None = None,
    actor: User | None = None,
) -> Organisation:
    """A new organisation under its parent; the country is the parent's unless given."""
    if Organisation.objects.filter(code=code).exists():
        raise ConflictError(f"There is an organisation {code} already. Choose another code.")
    made = Organisation.objects.create(
        code=code,
        name_en=name_en,
        name_zh=name_zh,
        kind=kind,
        parent=parent,
        country=country or (parent.country if parent else ""),
        time_zone=time_zone,
        report_deadline=report_deadline,
    )
    made.path = f"{parent.path if parent else '/'}{made.pk}/"
    made.save(update_fields=["path"])
    record(actor, "people.create_organisation", f"organisation:{code}", made)
    return made


def retire_organisation(
    organisation: Organisation, from_day: date, actor: User | None = None
) -> None:
    """From that day it reports no more; what it did stays."""
    organisation.retired_from = from_day
    organisation.save(update_fields=["retired_from"])
    record(
        actor,
        "people.retire_organisation",
        f"organisation:{organisation.code}",
        organisation,
        after={"retired_from": from_day.isoformat()},
    )


@transaction.atomic
def create_user(
    username: str, password: str | None = None, *, language: str = "en", actor: User | None = None
) -> User:
    """Somebody who can sign in; without a password only by token."""
    if User.objects.filter(username=username).exists():
        raise ConflictError(f"There is a user {username} already. Choose another name.")
    made = User(username=username, language=language)
    if password is None:
        made.set_unusable_password()
    else:
        made.set_password(password)
    made.save()
    record(actor, "people.create_user", f"user:{username}", None)
    return made


@transaction.atomic
def give_role(
    user: User,
    organisation: Organisation,
    kind: str,
    *,
    approval_level: int = 0,
    actor: User | None = None,
) -> Role:
    """Lets a user act in an organisation and below it."""
    if (kind == RoleKind.APPROVER) != (approval_level in (1, 2)):
        raise InvalidError("An approver has the level 1 or 2; nobody else has one.")
    role, _ = Role.objects.update_or_create(
        user=user,
        organisation=organisation,
        kind=kind,
        defaults={"approval_level": approval_level},
    )
    record(
        actor,
        "people.give_role",
        f"user:{user.username}",
        organisation,
        after={"kind": str(kind), "approval_level": approval_level},
    )
    return role


def record(
    actor: User | None,
    action: str,
    target: str,
    organisation: Organisation | None,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> AuditEvent:
    """A line in the audit trail, in the caller's transaction."""
    return AuditEvent.objects.create(
        at=clock.now(),
        actor=actor,
        action=action,
        target=target,
        organisation=organisation,
        before=before,
        after=after,
        reason=reason,
    )
