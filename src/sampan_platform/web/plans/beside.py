"""Which plan of things as they are stands beside a scenario's: the same place, moment and days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet

from sampan_platform.dispatch import selectors
from sampan_platform.dispatch.models import PlanRun, State
from sampan_platform.people.models import Organisation, User

STILL_NEW = timedelta(hours=1)
"""So old a plan may be for a scenario to be set beside it, as known at its moment."""


def recent(user: User, scope: Organisation, days: int, now: datetime) -> PlanRun | None:
    """A plan of things as they are, solved or being solved, that is still new."""
    rows = _as_they_are(user).filter(organisation=scope, days=days, as_of__gt=now - STILL_NEW)
    return rows.exclude(state=State.FAILED).exclude(state=State.STOPPED, plan=None).first()


def beside(user: User, runs: Sequence[PlanRun]) -> dict[int, PlanRun]:
    """By the number of a scenario's plan, the newest one to compare it with; one query."""
    rows = _as_they_are(user).filter(as_of__in={run.as_of for run in runs}).exclude(plan=None)
    found: dict[tuple[int, datetime, int], PlanRun] = {}
    for row in rows if runs else ():
        found.setdefault(_key(row), row)
    return {run.pk: found[_key(run)] for run in runs if _key(run) in found}


def _as_they_are(user: User) -> QuerySet[PlanRun]:
    return selectors.plans(user).filter(scenario=None, base=None, changes=[])


def _key(run: PlanRun) -> tuple[int, datetime, int]:
    return run.organisation_id, run.as_of, run.days
