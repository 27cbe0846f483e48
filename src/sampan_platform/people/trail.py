"""The audit trail that every stage writes; offered by `people.services`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sampan_platform.common import clock
from sampan_platform.people.models import AuditEvent, Organisation, User


@dataclass(frozen=True)
class Line:
    """A line of the trail, before it is written."""

    action: str
    target: str
    organisation: int | None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    reason: str = ""


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


def record_many(actor: User | None, lines: Sequence[Line]) -> None:
    """Many lines in one query; for changes of many rows at once."""
    now = clock.now()
    AuditEvent.objects.bulk_create(
        [
            AuditEvent(
                at=now,
                actor=actor,
                action=line.action,
                target=line.target[:128],
                organisation_id=line.organisation,
                before=line.before,
                after=line.after,
                reason=line.reason,
            )
            for line in lines
        ],
        batch_size=500,
    )
