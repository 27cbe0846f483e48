"""One look at everything: what is new opens, what is there is kept up, what is gone closes."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from sampan_platform.monitor import sending
from sampan_platform.monitor.checks import CHECKS, Check, Measured
from sampan_platform.monitor.models import (
    UNDER_WAY,
    Alert,
    AlertEvent,
    AlertFigure,
    Rule,
    Severity,
    State,
)
from sampan_platform.monitor.rules import Rules
from sampan_platform.people import selectors as people

REOPENS_AFTER = timedelta(days=1)
"""A resolved alert whose cause is still there opens again after this, or when it gets worse."""
LOCK = 0x5A4D
"""Of PostgreSQL: one look at a time. SQLite has one writer at a time anyway."""
log = logging.getLogger("sampan.monitor")


@dataclass
class Run:
    """What one look at everything changed."""

    opened: int = 0
    worse: int = 0
    closed: int = 0
    open: int = 0
    failed: list[str] = field(default_factory=list)
    """Checks that could not measure; their alerts stay as they are."""


@transaction.atomic
def run(now: datetime) -> Run:
    """Measure everything, open what is new, note what got worse, close what is gone.

    A second run at the same time waits for the first and then finds what it opened.
    """
    now = now.astimezone(ZoneInfo(settings.TIME_ZONE))  # every check's today is the platform's
    _one_at_a_time()
    rules, outcome = Rules(now.date()), Run()
    found = _find(rules, now, outcome)
    under_way = {
        row.subject: row for row in Alert.objects.filter(state__in=UNDER_WAY).select_for_update()
    }
    gone = [
        row for row in under_way.values()
        if row.subject not in found and row.check_code not in outcome.failed
    ]  # fmt: skip
    _open(found, under_way, _resolved(found, now, outcome), now, outcome)
    _close(gone, rules, now, outcome)
    closed = {row.pk for row in gone}
    _free_of_owners_gone([row for row in under_way.values() if row.pk not in closed], now)
    outcome.open = Alert.objects.filter(state__in=UNDER_WAY).count()
    return outcome


def _one_at_a_time() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _find(rules: Rules, now: datetime, outcome: Run) -> dict[str, Alert]:
    """What every check finds bad by its rules; a check that fails does not stop the others."""
    found: dict[str, Alert] = {}
    for check in list(CHECKS.values()):
        try:
            with transaction.atomic():
                measured = list(check.measure(now))
        except Exception:
            log.exception("the check %s failed; its alerts stay as they are", check.code)
            outcome.failed.append(check.code)
            continue
        for one in measured:
            rule = rules.find(check.code, one.site, one.resource)
            if rule is not None and check.is_bad(one.value, rule.limit):
                alert = _alert(check, rule, one, rules, now)
                found[alert.subject] = alert
    return found


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


def _resolved(found: dict[str, Alert], now: datetime, outcome: Run) -> dict[str, Alert]:
    """Alerts that somebody resolved lately and whose cause has been there ever since."""
    lately = Alert.objects.filter(
        state=State.RESOLVED, ended_at__gt=now - REOPENS_AFTER, gone_at=None
    )
    rows = {row.subject: row for row in lately.order_by("pk")}
    gone = [
        row.pk for row in rows.values()
        if row.subject not in found and row.check_code not in outcome.failed
    ]  # fmt: skip
    Alert.objects.filter(pk__in=gone).update(gone_at=now)
    return {subject: row for subject, row in rows.items() if subject in found}


def _open(
    found: dict[str, Alert],
    under_way: dict[str, Alert],
    resolved: dict[str, Alert],
    now: datetime,
    outcome: Run,
) -> None:
    """New alerts once; those that are there get the figure of now."""
    new, seen, moved, worse = [], [], [], []
    for subject, alert in found.items():
        check, before = CHECKS[alert.check_code], resolved.get(subject)
        there = under_way.get(subject)
        if there is not None:
            if _rank(alert.severity) > _rank(there.severity):
                worse.append(there)
            if (alert.value, alert.limit) != (there.value, there.limit):
                moved.append(there)
            there.value, there.limit, there.facts = alert.value, alert.limit, alert.facts
            there.severity, there.seen_at = alert.severity, now
            there.organisation_id = alert.organisation_id
            seen.append(there)
        elif before is None or check.is_worse(alert.value, before.value):
            new.append(alert)
    Alert.objects.bulk_create(new, batch_size=500)
    Alert.objects.bulk_update(
        seen, ["value", "limit", "facts", "severity", "seen_at", "organisation"], batch_size=500
    )
    _note(new, "opened", now)
    _note(worse, "worse", now)
    AlertFigure.objects.bulk_create(
        [AlertFigure(alert=row, at=now, value=row.value, limit=row.limit) for row in new + moved],
        batch_size=500,
    )
    sending.fill(new, "opened", now)
    for severity in Severity.values:
        # once for each level that it rises to, however often it comes and goes
        sending.fill([row for row in worse if row.severity == severity], f"worse-{severity}", now)
    outcome.opened, outcome.worse = len(new), len(worse)


def _close(gone: list[Alert], rules: Rules, now: datetime, outcome: Run) -> None:
    numbers = [row.pk for row in gone]
    Alert.objects.filter(pk__in=numbers).update(state=State.CLOSED, ended_at=now)
    ruled = [
        row for row in gone
        if row.site_id is None
        or rules.find(row.check_code, row.site_id, row.resource_id) is not None
    ]  # fmt: skip
    kept = {row.pk for row in ruled}
    _note(ruled, "closed", now, "the cause is gone")
    unruled = [row for row in gone if row.pk not in kept]
    _note(unruled, "closed", now, "no rule stands for this place and item any more")
    sending.withdraw(numbers)
    outcome.closed = len(gone)


def _free_of_owners_gone(rows: list[Alert], now: datetime) -> None:
    """What belongs to somebody who left, or handles the place no more, is anybody's again."""
    if not any(row.owner_id for row in rows):
        return
    handlers = people.holders(people.HANDLE_ALERTS)
    places = people.paths_of(row.organisation_id for row in rows)
    left = [
        row for row in rows
        if row.owner_id is not None
        and not places[row.organisation_id].startswith(tuple(handlers.get(row.owner_id, ())))
    ]  # fmt: skip
    Alert.objects.filter(pk__in=[row.pk for row in left]).update(owner=None, state=State.OPEN)
    _note(left, "owner-left", now)
    for row in left:
        row.owner, row.state = None, State.OPEN
    sending.fill(left, f"owner-left-{now:%Y%m%d}", now)


def _note(alerts: Iterable[Alert], action: str, now: datetime, note: str = "") -> None:
    AlertEvent.objects.bulk_create(
        [AlertEvent(alert=alert, at=now, action=action, note=note) for alert in alerts],
        batch_size=500,
    )


def _rank(severity: str) -> int:
    return list(Severity.values).index(severity)
