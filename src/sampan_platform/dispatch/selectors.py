"""Reading scenarios and plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import polars as pl
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext

import sampan
from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.common.errors import ConflictError, NotFoundError
from sampan_platform.common.quantity import rounded
from sampan_platform.dispatch.compare import Comparison, compare
from sampan_platform.dispatch.models import (
    ApprovalLimit,
    ApprovalState,
    OverrideReason,
    PlanLine,
    PlanRun,
    Scenario,
    State,
    state_word,
)
from sampan_platform.dispatch.snapshots import network_of, plan_of
from sampan_platform.people import selectors as people
from sampan_platform.people.models import Organisation, RoleKind, User

REACH = "organisation__path"
UNFINISHED = (State.QUEUED, State.RUNNING)
SMALLEST = 0.0005
"""Half a thousandth: less is a solver's residue."""
WITH_PLAN = (State.DONE, State.STOPPED)


@dataclass(frozen=True)
class Shortage:
    """Need of a site that a plan does not meet."""

    plan: int
    site: int
    resource: int
    priority: int
    quantity: Decimal
    """Short, over all days of the plan."""
    wanted: Decimal
    first_day: date
    """The first one on which something is short."""


@dataclass(frozen=True)
class Approvals:
    """What a plan's approval needs and has."""

    amount: Decimal
    limit: Decimal | None
    levels_needed: int
    """1: either level is enough; 2: one of each."""
    levels_given: tuple[int, ...]


def plans(user: User) -> QuerySet[PlanRun]:
    """Plans that the user may see, newest first, with what a list shows of each."""
    rows = people.within(user, people.SEE, PlanRun.objects.all(), REACH)
    return rows.select_related("organisation", "scenario", "started_by").order_by("-id")


def plan(user: User, number: int) -> PlanRun:
    """One of them."""
    found = plans(user).filter(pk=number).first()
    if found is None:
        raise NotFoundError(gettext("There is no plan %(number)s.") % {"number": number})
    return found


def latest(organisation: Organisation) -> PlanRun | None:
    """The newest plan for exactly this part of the tree that stands for what will happen.

    Not one of a scenario, and one with overrides only once it is approved.
    """
    real = Q(base=None) | Q(approval=ApprovalState.APPROVED)
    rows = PlanRun.objects.filter(
        real, organisation=organisation, scenario=None, state__in=WITH_PLAN
    )
    return rows.exclude(plan=None).order_by("-id").first()


def latest_of_each(now: datetime, days: int = 2) -> list[PlanRun]:
    """The newest plan without a scenario of each part of the tree, none older than some days."""
    rows = PlanRun.objects.filter(
        scenario=None, changes=[], state__in=WITH_PLAN, as_of__gt=now - timedelta(days=days)
    )
    newest: dict[int, PlanRun] = {}
    for run in rows.exclude(plan=None).order_by("id"):
        newest[run.organisation_id] = run
    return list(newest.values())


def lines(run: PlanRun) -> QuerySet[PlanLine]:
    """The plan's lines in their order, with codes and names."""
    return run.lines.select_related("lane__origin", "lane__destination", "resource")


def lines_to_order(run: PlanRun) -> list[PlanLine]:
    """What approving the plan orders: from stock, within its days, not ordered already."""
    before = run.start + timedelta(days=run.order_days)
    rows = lines(run).filter(source=PlanLine.Source.STOCK, frozen=False, depart_on__lt=before)
    return list(rows.select_related("lane__origin", "resource").order_by("number"))


def scenarios(user: User) -> QuerySet[Scenario]:
    """Scenarios that the user may see."""
    rows = people.within(user, people.SEE, Scenario.objects.filter(retired_from=None), REACH)
    return rows.select_related("organisation", "made_by")


def scenario(user: User, number: int) -> Scenario:
    """One of them."""
    found = scenarios(user).filter(pk=number).first()
    if found is None:
        raise NotFoundError(gettext("There is no scenario %(number)s.") % {"number": number})
    return found


def reasons() -> list[OverrideReason]:
    """The reasons that an override may give."""
    return list(OverrideReason.objects.filter(retired_from=None))


def opened(run: PlanRun) -> tuple[sampan.Network, sampan.Plan]:
    """The plan with the network it was made for, as they were."""
    if run.plan is None or run.network is None:
        raise ConflictError(
            gettext("Plan %(number)s is %(state)s and has no result.")
            % {"number": run.pk, "state": state_word(run.state)},
            code="no-plan",
        )
    return network_of(run.network), plan_of(run.plan)


def shortages(run: PlanRun) -> list[Shortage]:
    """What the plan leaves short, by site, resource and priority; the largest share first."""
    network, plan = opened(run)
    short = plan.shortages.select("demand", short="quantity").filter(pl.col("short") > SMALLEST)
    by = ["site", "resource", "priority"]
    every = network.table("demands").join(short, on="demand", how="left")
    rows = (
        every.group_by(by)
        .agg(
            pl.col("short").sum(),
            pl.col("quantity").sum(),
            pl.col("period").filter(pl.col("short") > 0).min(),
        )
        .filter(pl.col("short") > 0)
        .sort(pl.col("short") / pl.col("quantity"), *by, descending=[True, False, False, False])
    )
    sites = dict(catalogue.sites().values_list("code", "id"))
    resources = dict(catalogue.resources().values_list("code", "id"))
    return [
        Shortage(
            plan=run.pk,
            site=sites[row["site"]],
            resource=resources[row["resource"]],
            priority=row["priority"],
            quantity=rounded(row["short"]),
            wanted=rounded(row["quantity"]),
            first_day=run.start + timedelta(days=row["period"]),
        )
        for row in rows.iter_rows(named=True)
    ]


def compared(user: User, a: int, b: int) -> Comparison:
    """Two plans side by side."""
    return compare(opened(plan(user, a)), opened(plan(user, b)))


def root(run: PlanRun) -> PlanRun:
    """The plan without overrides that this one comes from."""
    while run.base is not None:
        run = run.base
    return run


def limit_of(organisation: Organisation) -> Decimal | None:
    """The value up to which one approval is enough; None where nobody set one."""
    line = [int(part) for part in organisation.path.strip("/").split("/")]
    limits = dict(
        ApprovalLimit.objects.filter(organisation__in=line).values_list("organisation", "amount")
    )
    return next((limits[one] for one in reversed(line) if one in limits), None)


def levels_of(user: User, organisation: Organisation) -> set[int]:
    """The approval levels that the user holds for this part of the tree."""
    if not people.may(user, people.APPROVE, organisation):
        return set()
    held = user.roles.filter(kind=RoleKind.APPROVER).values_list(
        "organisation__path", "approval_level"
    )
    return {level for path, level in held if organisation.path.startswith(path)}


def approvals(run: PlanRun) -> Approvals:
    """How many approvals a plan needs, and has. Without a limit, always both levels."""
    amount, limit = run.ordered_value or Decimal(0), limit_of(run.organisation)
    both = limit is None or amount > limit
    given = tuple(sorted(run.approvals.values_list("level", flat=True)))
    return Approvals(amount, limit, 2 if both else 1, given)


def waiting(user: User) -> QuerySet[PlanRun]:
    """Plans that the user could approve and that wait for it.

    A scenario's plan does not, nor the one that was solved after it, of the same moment and
    days, to set it beside.
    """
    rows = people.within(user, people.APPROVE, PlanRun.objects.all(), REACH)
    states = (ApprovalState.OPEN, ApprovalState.HALF)
    tried = PlanRun.objects.exclude(scenario=None).filter(
        organisation=OuterRef("organisation"), as_of=OuterRef("as_of"), days=OuterRef("days"),
        pk__lt=OuterRef("pk"),
    )  # fmt: skip
    waits = Q(base__isnull=False) | ~Exists(tried)
    found = rows.filter(waits, state__in=WITH_PLAN, approval__in=states, scenario=None)
    return found.exclude(plan=None)


def overrides_by(run: PlanRun) -> set[int]:
    """Who fixed lines of this plan; none of them may approve it."""
    return set(run.overrides.values_list("by_id", flat=True))


def is_ordered(run: PlanRun) -> bool:
    """Whether its orders have been made."""
    return run.approval == ApprovalState.APPROVED


def origins(rows: Sequence[PlanLine]) -> dict[int, int]:
    """By lane, the site that it leaves from."""
    return dict(
        PlanLine.objects.filter(pk__in=[row.pk for row in rows])
        .values_list("lane_id", F("lane__origin_id"))
        .distinct()
    )
