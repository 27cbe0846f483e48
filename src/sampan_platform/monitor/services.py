"""Running the rules, handling alerts, and setting rules and channels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, InvalidError
from sampan_platform.monitor import sending
from sampan_platform.monitor.checks import CHECKS, Check, Measured, register
from sampan_platform.monitor.models import UNDER_WAY, Alert, AlertEvent, Rule, Severity, State
from sampan_platform.monitor.rules import Rules
from sampan_platform.monitor.sending import send_due
from sampan_platform.people import selectors as people
from sampan_platform.people.models import Organisation, User
from sampan_platform.people.services import record

__all__ = [
    "Check", "Measured", "Run", "acknowledge", "assign", "comment", "load_default_rules",
    "register_check", "resolve", "run", "send_due", "set_rule",
]  # fmt: skip
REOPENS_AFTER = timedelta(days=1)
"""A resolved alert whose cause is still there opens again after this, or when it gets worse."""


@dataclass
class Run:
    """What one look at everything changed."""

    opened: int = 0
    worse: int = 0
    closed: int = 0
    open: int = 0


def register_check(check: Check) -> None:
    """Later stages add what only they know, when Django starts."""
    register(check)


@transaction.atomic
def run(now: datetime) -> Run:
    """Measure everything, open what is new, note what got worse, close what is gone."""
    rules, outcome = Rules(), Run()
    under_way = {row.subject: row for row in Alert.objects.filter(state__in=UNDER_WAY)}
    resolved = {
        row.subject: row
        for row in Alert.objects.filter(state=State.RESOLVED, ended_at__gt=now - REOPENS_AFTER)
    }
    found: dict[str, Alert] = {}
    for check in list(CHECKS.values()):
        for one in check.measure(now):
            rule = rules.find(check.code, one.site, one.resource)
            if rule is not None and check.is_bad(one.value, rule.limit):
                alert = _alert(check, rule, one, rules, now)
                found[alert.subject] = alert
    _open(found, under_way, resolved, now, outcome)
    _close([row for row in under_way.values() if row.subject not in found], now, outcome)
    outcome.open = Alert.objects.filter(state__in=UNDER_WAY).count()
    return outcome


def _alert(check: Check, rule: Rule, one: Measured, rules: Rules, now: datetime) -> Alert:
    return Alert(
        subject=f"{check.code}|{one.site}|{one.resource or ''}|{one.key}"[:200],
        check_code=check.code,
        organisation_id=rules.owner(one.site),
        site_id=one.site,
        resource_id=one.resource,
        severity=rule.severity,
        value=one.value,
        limit=rule.limit,
        facts=one.facts,
        opened_at=now,
        seen_at=now,
    )


def _open(
    found: dict[str, Alert],
    under_way: dict[str, Alert],
    resolved: dict[str, Alert],
    now: datetime,
    outcome: Run,
) -> None:
    """New alerts once; those that are there get the figure of now."""
    new, seen, worse = [], [], []
    for subject, alert in found.items():
        check, before = CHECKS[alert.check_code], resolved.get(subject)
        there = under_way.get(subject)
        if there is not None:
            if _rank(alert.severity) > _rank(there.severity):
                worse.append(there)
            there.value, there.limit, there.facts = alert.value, alert.limit, alert.facts
            there.severity, there.seen_at = alert.severity, now
            seen.append(there)
        elif before is None or check.is_worse(alert.value, before.value):
            new.append(alert)
    Alert.objects.bulk_create(new)
    Alert.objects.bulk_update(
        seen, ["value", "limit", "facts", "severity", "seen_at"], batch_size=500
    )
    _note(new, "opened", now)
    _note(worse, "worse", now)
    sending.fill(new, "opened", now)
    sending.fill(worse, "worse", now)
    outcome.opened, outcome.worse = len(new), len(worse)


def _close(gone: list[Alert], now: datetime, outcome: Run) -> None:
    numbers = [row.pk for row in gone]
    Alert.objects.filter(pk__in=numbers, state__in=UNDER_WAY).update(
        state=State.CLOSED, ended_at=now
    )
    _note(gone, "closed", now)
    sending.withdraw(numbers)
    outcome.closed = len(gone)


def _note(alerts: Iterable[Alert], action: str, now: datetime) -> None:
    AlertEvent.objects.bulk_create(
        AlertEvent(alert=alert, at=now, action=action) for alert in alerts
    )


def _rank(severity: str) -> int:
    return list(Severity.values).index(severity)


def acknowledge(alert: Alert, actor: User, note: str = "") -> Alert:
    """I have seen it, and it is mine unless it has an owner."""
    changes: dict[str, Any] = {"state": State.ACKNOWLEDGED}
    if alert.owner_id is None:
        changes["owner"] = actor
    return _handle(alert, actor, "acknowledged", note, (State.OPEN,), changes)


def assign(alert: Alert, actor: User, owner: User, note: str = "") -> Alert:
    """Somebody who may see it looks after it from now on."""
    if not people.may(owner, people.HANDLE_ALERTS, alert.organisation):
        raise InvalidError(f"{owner.username} may not handle alerts of {alert.organisation.code}.")
    return _handle(alert, actor, "assigned", note or owner.username, UNDER_WAY, {"owner": owner})


def comment(alert: Alert, actor: User, note: str) -> Alert:
    """A word in its history."""
    if not note.strip():
        raise InvalidError("Say something.")
    return _handle(alert, actor, "commented", note, tuple(State), {})


def resolve(alert: Alert, actor: User, note: str) -> Alert:
    """Done about it what could be done; says what."""
    if not note.strip():
        raise InvalidError("Say what was done about it.")
    ended = {"state": State.RESOLVED, "ended_at": clock.now()}
    return _handle(alert, actor, "resolved", note, UNDER_WAY, ended)


@transaction.atomic
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
    rows = Alert.objects.filter(pk=alert.pk, state__in=allowed)
    if rows.update(**(changes or {"seen_at": alert.seen_at})) != 1:
        alert.refresh_from_db()
        raise ConflictError(f"The alert is {alert.state}; it cannot be {action} any more.")
    AlertEvent.objects.create(alert=alert, at=clock.now(), by=actor, action=action, note=note)
    alert.refresh_from_db()
    return alert


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
        raise InvalidError(f"There is no check {check[:40]}; there are {', '.join(CHECKS)}.")
    if severity and severity not in Severity.values:
        raise InvalidError(f"The severity is one of {', '.join(Severity.values)}.")
    if actor is not None:
        people.require(actor, people.SET_RULES, organisation)
    item: dict[str, Any] = {"resource_class_id": resource_class, "resource_id": resource}
    rule, _ = Rule.objects.update_or_create(
        check_code=check,
        organisation=organisation,
        **item,
        defaults={
            "limit": limit,
            "severity": severity or CHECKS[check].severity,
            "active": active,
        },
    )
    after = {"check": check, "limit": limit, "active": active}
    record(actor, "monitor.set_rule", f"rule:{rule.pk}", organisation, after=after)
    return rule


def load_default_rules(organisation: Organisation) -> int:
    """A rule for each check where there is none, for everything below an organisation."""
    there = set(Rule.objects.filter(organisation=organisation).values_list("check_code", flat=True))
    missing = [check for check in CHECKS.values() if check.code not in there]
    for check in missing:
        set_rule(check.code, organisation, check.limit, None)
    return len(missing)
