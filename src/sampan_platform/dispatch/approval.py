"""Who approves a plan, how often, and what must still be true when they do.

An approval first raises the plan's count of decisions by a conditional UPDATE. Whoever gets a
row count of 1 holds the row until commit, so two approvals never see the same state, and the
orders are made once, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext

from sampan_platform.common import clock
from sampan_platform.common.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    Problem,
)
from sampan_platform.dispatch import providers, selectors
from sampan_platform.dispatch.models import (
    Approval,
    ApprovalLimit,
    ApprovalState,
    PlanLine,
    PlanRun,
    state_word,
)
from sampan_platform.ledger import selectors as ledger
from sampan_platform.people import selectors as people
from sampan_platform.people.models import Organisation, User
from sampan_platform.people.services import record

UNDECIDED = (ApprovalState.OPEN, ApprovalState.HALF)


@transaction.atomic
def approve(run: PlanRun, actor: User, note: str = "") -> PlanRun:
    """Approve a plan; with the last approval that it needs, its orders are made.

    Refused to those who fixed a line of it, and to those who have approved it already.
    Refused as a whole where orders were made of another plan meanwhile, and, with the lines
    named, where stock that it takes is no longer there.
    """
    people.require(actor, people.APPROVE, run.organisation)
    run = _hold(run)
    _check_person(run, actor)
    lines = selectors.lines_to_order(run)
    _check_plan(run, lines)
    _check_newer(run)
    _check_stock(lines)
    need = selectors.approvals(run)
    level = _level(run, actor, need)
    Approval.objects.create(plan=run, level=level, by=actor, at=clock.now(), note=note)
    complete = len(need.levels_given) + 1 >= need.levels_needed
    run.approval = ApprovalState.APPROVED if complete else ApprovalState.HALF
    run.save(update_fields=["approval"])
    record(
        actor, "dispatch.approve", f"plan:{run.pk}", run.organisation,
        after={"level": level, "amount": str(need.amount), "complete": complete}, reason=note,
    )  # fmt: skip
    if complete:
        _order(run, lines, actor)
        _outdate_others(run)
    return run


@transaction.atomic
def reject(run: PlanRun, actor: User, reason: str) -> PlanRun:
    """The plan is not to be ordered; it stays to be read."""
    people.require(actor, people.APPROVE, run.organisation)
    if not reason.strip():
        raise InvalidError(gettext("Say why the plan is rejected."), code="no-reason")
    run = _hold(run)
    run.approval, run.rejection = ApprovalState.REJECTED, reason.strip()
    run.save(update_fields=["approval", "rejection"])
    record(actor, "dispatch.reject", f"plan:{run.pk}", run.organisation, reason=reason)
    return run


@transaction.atomic
def set_limit(organisation: Organisation, amount: Decimal | None, actor: User) -> None:
    """The value of goods up to which one approval is enough; None: as the organisation above."""
    people.require(actor, people.OPERATE, organisation)
    if amount is None:
        ApprovalLimit.objects.filter(organisation=organisation).delete()
    elif amount < 0:
        raise InvalidError(gettext("A limit is 0 or more."), code="bad-amount")
    else:
        ApprovalLimit.objects.update_or_create(
            organisation=organisation, defaults={"amount": amount}
        )
    record(
        actor, "dispatch.set_limit", f"organisation:{organisation.code}", organisation,
        after={"amount": None if amount is None else str(amount)},
    )  # fmt: skip


def _hold(run: PlanRun) -> PlanRun:
    """The row, locked until commit, if it can still be decided on."""
    rows = PlanRun.objects.filter(
        pk=run.pk, state__in=selectors.WITH_PLAN, plan__isnull=False, approval__in=UNDECIDED
    )
    if rows.update(decided=F("decided") + 1) != 1:
        run.refresh_from_db()
        places = {"number": run.pk, "what": state_word(run.approval if run.plan_id else run.state)}
        text = gettext("Plan %(number)s is %(what)s; nothing was changed.")
        if not run.plan_id:
            text = gettext("Plan %(number)s is %(what)s and has no result; nothing was changed.")
        raise ConflictError(
            text % places,
            code="decided",
        )
    return PlanRun.objects.select_related("organisation").get(pk=run.pk)


def _check_person(run: PlanRun, actor: User) -> None:
    if actor.pk in selectors.overrides_by(run):
        raise ForbiddenError(
            gettext("You changed a line of plan %(number)s. Somebody else must approve it.")
            % {"number": run.pk},
            code="four-eyes",
        )
    if run.approvals.filter(by=actor).exists():
        raise ConflictError(
            gettext("You have approved plan %(number)s already. It waits for the other level.")
            % {"number": run.pk},
            code="approved-before",
        )


def _check_plan(run: PlanRun, lines: Sequence[PlanLine]) -> None:
    """Refuse a plan that does not prove itself, cannot be ordered, or comes too late."""
    if not (run.verification or {}).get("valid"):
        raise ConflictError(
            gettext("Plan %(number)s breaks rules and cannot be approved.") % {"number": run.pk},
            code="invalid",
        )
    unreal = sorted({line.lane_code for line in lines if line.lane_id is None})
    if unreal:
        raise ConflictError(
            gettext(
                "These lanes are only in the scenario: %(unreal)s. Add them to the "
                "catalogue and plan again."
            )
            % {"unreal": ", ".join(unreal)},
            code="unknown-lane",
        )
    today = clock.today(people.time_zone_of(run.organisation))
    late = [_problem(line, "late", gettext("should have left on %(day)s") % {"day": line.depart_on})
            for line in lines if line.depart_on < today]  # fmt: skip
    if late:
        raise ConflictError(
            gettext("Lines should have left already: %(late)s Plan again.")
            % {"late": _listed(late)},
            late,
            code="too-late",
        )


def _check_newer(run: PlanRun) -> None:
    """Refuse a plan that knows nothing of orders made since: the same need would be met twice."""
    # at the same moment the later plan is the newer one
    since = Q(approvals__at__gt=run.as_of) | Q(approvals__at=run.as_of, pk__gt=run.pk)
    rows = PlanRun.objects.filter(since, approval=ApprovalState.APPROVED, lines__ordered=True)
    newer = (
        rows.filter(_overlapping(run))
        .exclude(pk=run.pk)
        .order_by("-pk")
        .values_list("pk", flat=True)
        .first()
    )
    if newer is not None:
        raise ConflictError(
            gettext(
                "Plan %(newer)s was ordered after what plan %(number)s knows; both would send "
                "for the same needs. Plan again."
            )
            % {"newer": newer, "number": run.pk},
            code="superseded",
        )


def _outdate_others(run: PlanRun) -> None:
    """Plans that know nothing of these orders await nobody any more."""
    if not run.lines.filter(ordered=True).exists():
        return
    now = clock.now()
    before = Q(as_of__lt=now) | Q(as_of=now, pk__lt=run.pk)
    rows = PlanRun.objects.filter(before, _overlapping(run), approval__in=UNDECIDED)
    rows.exclude(pk=run.pk).update(approval=ApprovalState.OUTDATED)


def _overlapping(run: PlanRun) -> Q:
    """Plans for the same part of the tree, one below or one above it."""
    path = run.organisation.path
    above = [path[:end] for end in range(1, len(path) + 1)]
    return Q(organisation__path__startswith=path) | Q(organisation__path__in=above)


def _check_stock(lines: Sequence[PlanLine]) -> None:
    """Refuse lines whose goods have gone since the plan was made, or expire on the way.

    Who travels longest chooses first, as when the orders are made: nobody else can do with
    fresher goods alone.
    """
    lots = _available(lines)
    problems = []
    for line in sorted(lines, key=lambda one: (-one.arrive_on.toordinal(), one.number)):
        short = _take(line, lots)
        if short > 0:
            problems.append(
                _problem(
                    line,
                    "stock-gone",
                    gettext("%(quantity)s of it are no longer available")
                    % {"quantity": _plain(short)},
                )
            )
    if problems:
        raise ConflictError(
            gettext("Stock has changed since the plan was made: %(problems)s Plan again.")
            % {"problems": _listed(problems)},
            problems,
            code="stock-gone",
        )


def _take(line: PlanLine, lots: dict[tuple[int, int], list[list[Any]]]) -> Decimal:
    """Takes a line's goods out of the lots that are good on arrival; what is missing."""
    assert line.lane is not None  # `_check_plan` has seen to it
    wanted = Decimal(line.quantity)
    for lot in lots.get((line.lane.origin_id, line.resource_id), []):
        expires_on, free = lot
        if expires_on is None or expires_on >= line.arrive_on:
            part = min(wanted, free)
            lot[1] = free - part
            wanted -= part
    return wanted


def _available(lines: Sequence[PlanLine]) -> dict[tuple[int, int], list[list[Any]]]:
    """By site and resource: lots as [last day, what is free], the first to expire first."""
    sites = {line.lane.origin_id for line in lines if line.lane is not None}
    rows: list[Any] = ledger.on_hand(list(sites), list({line.resource_id for line in lines}))
    found: dict[tuple[int, int], list[list[Any]]] = {}
    for row in sorted(rows, key=lambda one: (one.expires_on or date.max, one.lot)):
        free = row.quantity - row.pending_out
        if free > 0:
            found.setdefault((row.site, row.resource), []).append([row.expires_on, free])
    return found


def _problem(line: PlanLine, code: str, what: str) -> Problem:
    text = gettext("line %(number)s, %(quantity)s %(resource)s on %(lane)s: %(what)s.") % {
        "number": line.number, "quantity": _plain(line.quantity),
        "resource": line.resource.code, "lane": line.lane_code, "what": what,
    }  # fmt: skip
    return Problem(
        code,
        text,
        f"line {line.number}",
        str(line.quantity),
    )


def _listed(problems: Sequence[Problem]) -> str:
    shown = " ".join(one.message for one in problems[:10])
    more = len(problems) - 10
    return shown if more <= 0 else shown + gettext(" And %(count)s more.") % {"count": more}


def _plain(quantity: Decimal) -> str:
    return f"{Decimal(quantity).normalize():f}"


def _level(run: PlanRun, actor: User, need: selectors.Approvals) -> int:
    """The level at which this person approves."""
    held = selectors.levels_of(actor, run.organisation)
    if need.levels_needed == 1:
        open_levels = held
    else:
        open_levels = held - set(need.levels_given)
    if not open_levels:
        missing = ({1, 2} - set(need.levels_given)).pop()
        raise ForbiddenError(
            gettext(
                "Plan %(number)s waits for an approver of level %(missing)s, which you are not."
            )
            % {"number": run.pk, "missing": missing},
            code="other-level",
        )
    return max(open_levels)


def _order(run: PlanRun, lines: Sequence[PlanLine], actor: User) -> None:
    makers = providers.order_makers()
    if lines and not makers:
        raise ConflictError(gettext("Nothing here makes orders of plans. Install the stage track."))
    run.lines.filter(pk__in=[line.pk for line in lines]).update(ordered=True)
    for line in lines:
        line.ordered = True
    for maker in makers:
        maker(run, lines, actor)
