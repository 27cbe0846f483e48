"""One line otherwise than the plan has it: with a reason, solved again, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, InvalidError, Problem
from sampan_platform.dispatch import selectors
from sampan_platform.dispatch.fixing import Fix, fix_lines
from sampan_platform.dispatch.models import (
    ApprovalState,
    OverrideReason,
    PlanOverride,
    PlanRun,
    state_word,
)
from sampan_platform.dispatch.queue import enqueue
from sampan_platform.dispatch.snapshots import keep_network, network_of
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User
from sampan_platform.people.services import record


@dataclass(frozen=True)
class Override:
    """A line as a person wants it."""

    lane: str
    resource: str
    depart_on: date
    quantity: Decimal
    reason: str
    """A code of the list; see `selectors.reasons`."""
    note: str = ""


@transaction.atomic
def override(base: PlanRun, wanted: Override, actor: User, background: bool = True) -> PlanRun:
    """A new plan in which a line is fixed and the rest is best again; the old one stays.

    It is checked by `verify` like any other, and its `loss` says by stage how much it falls
    behind the plan without overrides. Earlier overrides of the base hold on.
    """
    people.require(actor, people.OVERRIDE, base.organisation)
    if base.approval in (ApprovalState.APPROVED, ApprovalState.REJECTED, ApprovalState.OUTDATED):
        raise ConflictError(
            gettext("Plan %(number)s is %(approval)s; start a new plan to change it.")
            % {"number": base.pk, "approval": state_word(base.approval)}
        )
    selectors.opened(base)
    made = _row(base, wanted, actor)
    rows = [one for one in base.overrides.all() if _place(one) != _place(made)]
    rows = [*(_copy(one) for one in rows), made]
    best = selectors.root(base)
    assert best.network is not None  # `opened` has found the base's, which was made from it
    network = fix_lines(network_of(best.network), _fixes(rows, base.start))
    run = PlanRun.objects.create(
        organisation=base.organisation,
        scenario=base.scenario,
        changes=base.changes,
        base=base,
        method=base.method,
        goals=base.goals,
        as_of=base.as_of,
        start=base.start,
        days=base.days,
        order_days=base.order_days,
        time_limit_seconds=base.time_limit_seconds,
        started_by=actor,
        asked_at=clock.now(),
        network=keep_network(network),
        notes=base.notes,
    )
    for one in rows:
        one.plan = run
    PlanOverride.objects.bulk_create(rows)
    record(
        actor, "dispatch.override", f"plan:{run.pk}", base.organisation,
        before={"plan": base.pk, "quantity": str(made.quantity_before)},
        after={"line": f"{wanted.lane} {wanted.resource} {wanted.depart_on}",
               "quantity": str(made.quantity), "reason": wanted.reason},
        reason=wanted.note,
    )  # fmt: skip
    if background:
        enqueue(run)
    return run


def _row(base: PlanRun, wanted: Override, actor: User) -> PlanOverride:
    """The override, with everything that it names found."""
    reason = OverrideReason.objects.filter(code=wanted.reason, retired_from=None).first()
    if reason is None:
        known = ", ".join(one.code for one in selectors.reasons())
        raise InvalidError(
            gettext("There is no reason %(reason)s. Use one of: %(known)s.")
            % {"reason": f"{wanted.reason!r}", "known": known},
            [
                Problem(
                    "unknown-reason",
                    gettext("Use one of: %(known)s.") % {"known": known},
                    "reason",
                    wanted.reason,
                )
            ],
            code="unknown-reason",
        )
    if reason.code == "other" and not wanted.note.strip():
        raise InvalidError(gettext("Say in the note what the reason is."), code="no-note")
    if wanted.quantity < 0:
        raise InvalidError(gettext("A quantity is 0 or more."), code="bad-quantity")
    period = (wanted.depart_on - base.start).days
    if not 0 <= period < base.days:
        raise InvalidError(
            gettext("%(depart_on)s is not in the plan's days.") % {"depart_on": wanted.depart_on},
            code="bad-day",
        )
    lane, resource = _numbers(wanted)
    there = base.lines.filter(lane=lane, resource=resource, depart_on=wanted.depart_on)
    return PlanOverride(
        lane_id=lane,
        resource_id=resource,
        depart_on=wanted.depart_on,
        quantity_before=there.aggregate(sum=Sum("quantity"))["sum"] or Decimal(0),
        quantity=wanted.quantity,
        reason=reason,
        note=wanted.note.strip(),
        by=actor,
        at=clock.now(),
    )


def _numbers(wanted: Override) -> tuple[int, int]:
    """The lane's and the resource's numbers."""
    found = []
    for name, rows, code in (
        ("lane", catalogue.lanes(), wanted.lane),
        ("resource", catalogue.resources(), wanted.resource),
    ):
        number = rows.filter(code=code).values_list("pk", flat=True).first()
        if number is None:
            raise InvalidError(
                gettext("There is no %(name)s %(code)s.") % {"name": name, "code": code},
                code=f"unknown-{name}",
            )
        found.append(number)
    return found[0], found[1]


def _place(one: PlanOverride) -> tuple[int, int, date]:
    return one.lane_id, one.resource_id, one.depart_on


def _copy(one: PlanOverride) -> PlanOverride:
    """The same override for another plan."""
    names = ("lane_id", "resource_id", "depart_on", "quantity_before", "quantity", "reason_id",
             "note", "by_id", "at")  # fmt: skip
    return PlanOverride(**{name: getattr(one, name) for name in names})


def _fixes(rows: Sequence[PlanOverride], start: date) -> list[Fix]:
    return [
        Fix(one.lane.code, one.resource.code, (one.depart_on - start).days, float(one.quantity))
        for one in rows
    ]
