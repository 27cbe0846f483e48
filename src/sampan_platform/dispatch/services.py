"""Starting, working on, stopping and overriding plans; scenarios; limits of approval.

`start` puts a plan into the queue; a worker runs `work`. Approval stands in `approval.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

import sampan
from sampan_platform.analyse import selectors as analyse
from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, InvalidError
from sampan_platform.dispatch.approval import approve, reject, set_limit
from sampan_platform.dispatch.changes import Change, check_changes
from sampan_platform.dispatch.models import (
    Goals,
    Method,
    PlanRun,
    Scenario,
    State,
    state_word,
)  # fmt: skip
from sampan_platform.dispatch.network import DAYS_MAX, build
from sampan_platform.dispatch.overriding import Override, override
from sampan_platform.dispatch.queue import enqueue
from sampan_platform.dispatch.work import work
from sampan_platform.people import selectors as people
from sampan_platform.people.models import Organisation, User
from sampan_platform.people.services import record

__all__ = [
    "Override",
    "approve",
    "build_network",
    "cancel",
    "fail_lost",
    "keep_scenario",
    "override",
    "reject",
    "replan",
    "retire_scenario",
    "set_limit",
    "start",
    "work",
]
LOST_AFTER = timedelta(minutes=10)
"""A worker that has said nothing for so long is gone."""


def build_network(scope: Organisation, as_of: datetime, days: int) -> sampan.Network:
    """The network of a part of the tree as it is known at a moment; see `network.py`."""
    return build(scope, as_of, days).network


@transaction.atomic
def start(
    scope: Organisation,
    actor: User,
    *,
    days: int = 14,
    as_of: datetime | None = None,
    scenario: Scenario | None = None,
    order_days: int = 1,
    time_limit_seconds: int | None = None,
    method: str = Method.AUTO,
    goals: str = Goals.STAGES,
    begun_from: PlanRun | None = None,
    background: bool = True,
) -> PlanRun:
    """Ask for a plan; a worker solves it.

    Parameters
    ----------
    scope
        The part of the tree; sites outside it are not used.
    as_of
        The moment whose knowledge counts; now if None.
    order_days
        Approval orders what leaves within so many days.
    method
        `exact`, `fast` or `auto`, as the engine has them.
    goals
        `stages`: goal by goal; `total`: one sum in money, which large networks are solved for
        many times sooner.
    begun_from
        An earlier plan to begin from.
    background
        False: nothing is put into the queue; the caller runs `work(run.pk)`.
    """
    people.require(actor, people.RUN_PLAN, scope)
    now = clock.now()
    moment = as_of or now
    if moment.tzinfo is None:
        raise InvalidError(
            gettext("as_of needs a time zone: 2020-02-10T08:00:00+08:00."), code="no-zone"
        )
    if moment > now:
        raise InvalidError(
            gettext("A plan as of %(moment)s would know the future.")
            % {"moment": moment.isoformat()}
        )
    _check_days(days, order_days)
    if time_limit_seconds is not None and time_limit_seconds < 1:
        raise InvalidError(gettext("The time limit is 1 second or more."), code="bad-time-limit")
    _check_choices(method=(method, Method.values), goals=(goals, Goals.values))
    fail_lost()
    run = PlanRun.objects.create(
        organisation=scope,
        method=method,
        goals=goals,
        begun_from=begun_from,
        scenario=scenario,
        changes=scenario.changes if scenario else [],
        as_of=moment,
        start=analyse.moment(moment, scope).today,
        days=days,
        order_days=order_days,
        time_limit_seconds=time_limit_seconds,
        started_by=actor,
        asked_at=now,
    )
    record(actor, "dispatch.start", f"plan:{run.pk}", scope, after={"days": days})
    if background:
        enqueue(run)
    return run


def _check_days(days: int, order_days: int) -> None:
    if not 1 <= days <= DAYS_MAX or not 1 <= order_days <= days:
        raise InvalidError(
            gettext(
                "A plan covers 1 to %(days_max)s days, and orders 1 day or more of them; "
                "not %(days)s and %(order_days)s."
            )
            % {"days_max": DAYS_MAX, "days": days, "order_days": order_days},
            code="bad-days",
        )


def _check_choices(**choices: tuple[str, Sequence[str]]) -> None:
    for name, (value, known) in choices.items():
        if value not in known:
            raise InvalidError(
                gettext("%(value)r is none of the %(name)s that a plan can have: %(known)s.")
                % {"value": value, "name": name, "known": ", ".join(known)},
                code=f"bad-{name}",
            )


def replan(run: PlanRun, actor: User, *, background: bool = True) -> PlanRun:
    """Plan the same again with what is known now, beginning from this plan.

    Overrides are not taken over: they were decided on what was known then.
    """
    if run.plan is None:
        raise ConflictError(
            gettext("Plan %(number)s is %(state)s and has no result to begin from.")
            % {"number": run.pk, "state": run.state},
            code="no-plan",
        )
    return start(
        run.organisation,
        actor,
        days=run.days,
        scenario=run.scenario,
        order_days=run.order_days,
        time_limit_seconds=run.time_limit_seconds,
        method=run.method,
        goals=run.goals,
        begun_from=run,
        background=background,
    )


@transaction.atomic
def cancel(run: PlanRun, actor: User) -> PlanRun:
    """Stop a plan: at once while it waits, else within a second, with the best plan found."""
    people.require(actor, people.RUN_PLAN, run.organisation)
    asked: dict[str, Any] = {"cancel_asked": True, "cancelled_by": actor}
    waiting = PlanRun.objects.filter(pk=run.pk, state=State.QUEUED)
    if waiting.update(state=State.STOPPED, ended_at=clock.now(), **asked) != 1:
        running = PlanRun.objects.filter(pk=run.pk, state=State.RUNNING)
        if running.update(**asked) != 1:
            run.refresh_from_db()
            raise ConflictError(
                gettext("Plan %(number)s is %(state)s; there is nothing to stop.")
                % {"number": run.pk, "state": state_word(run.state)}
            )
    record(actor, "dispatch.cancel", f"plan:{run.pk}", run.organisation)
    run.refresh_from_db()
    return run


def fail_lost() -> int:
    """Mark plans whose worker has gone away as failed, so that nobody waits for them."""
    silent = PlanRun.objects.filter(state=State.RUNNING, beat_at__lt=clock.now() - LOST_AFTER)
    return silent.update(
        state=State.FAILED,
        ended_at=clock.now(),
        error="The worker that solved this plan ended before it was done. Start it again.",
    )


@transaction.atomic
def keep_scenario(
    organisation: Organisation,
    name: str,
    changes: Sequence[Change],
    actor: User,
    note: str = "",
) -> Scenario:
    """A scenario under this name; one of that name is changed."""
    people.require(actor, people.RUN_PLAN, organisation)
    if not name.strip():
        raise InvalidError(gettext("Give the scenario a name."), code="no-name")
    check_changes(changes)
    kept, _ = Scenario.objects.update_or_create(
        organisation=organisation,
        name=name.strip(),
        defaults={
            "changes": [dict(change) for change in changes],
            "note": note,
            "made_by": actor,
            "made_at": clock.now(),
            "retired_from": None,
        },
    )
    record(
        actor, "dispatch.keep_scenario", f"scenario:{kept.pk}", organisation,
        after={"name": kept.name, "changes": kept.changes},
    )  # fmt: skip
    return kept


def retire_scenario(scenario: Scenario, actor: User, day: date | None = None) -> None:
    """It is offered no more; plans made with it stay."""
    people.require(actor, people.RUN_PLAN, scenario.organisation)
    scenario.retired_from = day or clock.now().date()
    scenario.save(update_fields=["retired_from"])
    record(actor, "dispatch.retire_scenario", f"scenario:{scenario.pk}", scenario.organisation)
