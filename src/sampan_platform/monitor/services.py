"""Running the rules, handling alerts, and setting rules and channels."""

from __future__ import annotations

import math
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from sampan_platform.common.errors import InvalidError
from sampan_platform.monitor.channels import add_channel, change_channel
from sampan_platform.monitor.checks import CHECKS, Check, Measured, register
from sampan_platform.monitor.handling import acknowledge, assign, comment, resolve
from sampan_platform.monitor.looking import Run, run
from sampan_platform.monitor.models import Rule, Severity
from sampan_platform.monitor.sending import send_due
from sampan_platform.people import selectors as people
from sampan_platform.people.models import Organisation, User
from sampan_platform.people.services import record

__all__ = [
    "Check", "Measured", "Run", "acknowledge", "add_channel", "assign", "change_channel", "comment",
    "load_default_rules", "register_check", "resolve", "run", "send_due", "set_rule",
]  # fmt: skip


def register_check(check: Check) -> None:
    """Later stages add what only they know, when Django starts."""
    register(check)


@transaction.atomic
def set_rule(
    check: str,
    organisation: Organisation,
    limit: float,
    actor: User | None,
    *,
    severity: str = "",
    resource_class: int | None = None,
    resource: int | None = None,
    active: bool = True,
) -> Rule:
    """The rule of a place and an item; it holds below, until a nearer one."""
    if check not in CHECKS:
        raise InvalidError(
            gettext("There is no check %(check)s; there are %(checks)s.")
            % {"check": check[:40], "checks": ", ".join(CHECKS)}
        )
    if severity and severity not in Severity.values:
        raise InvalidError(
            gettext("The severity is one of %(known)s.") % {"known": ", ".join(Severity.values)}
        )
    if not math.isfinite(limit):
        raise InvalidError(
            gettext("The limit is a number; to switch a rule off, set active to false.")
        )
    if resource_class is not None and resource is not None:
        raise InvalidError(gettext("A rule stands for a resource or for a class, not for both."))
    if actor is not None:
        people.require(actor, people.SET_RULES, organisation)
    item: dict[str, Any] = {
        "check_code": check, "organisation": organisation,
        "resource_class_id": resource_class, "resource_id": resource,
    }  # fmt: skip
    there = Rule.objects.filter(**item).select_for_update().first()
    before = None if there is None else _told(there)
    rule, _ = Rule.objects.update_or_create(
        **item,
        defaults={
            "limit": limit,
            "severity": severity or CHECKS[check].severity,
            "active": active,
        },
    )
    record(
        actor, "monitor.set_rule", f"rule:{rule.pk}", organisation,
        before=before, after=_told(rule),
    )  # fmt: skip
    return rule


def _told(rule: Rule) -> dict[str, Any]:
    return {
        "check": rule.check_code, "limit": rule.limit, "severity": str(rule.severity),
        "active": rule.active,
    }  # fmt: skip


def load_default_rules(organisation: Organisation) -> int:
    """A rule for each check where there is none, for everything below an organisation."""
    general = Rule.objects.filter(organisation=organisation, resource=None, resource_class=None)
    there = set(general.values_list("check_code", flat=True))
    missing = [check for check in CHECKS.values() if check.code not in there]
    for check in missing:
        set_rule(check.code, organisation, check.limit, None)
    return len(missing)
