"""Networks pulled and plans pushed by other programs; `sampan.client` is the other end.

A pulled network is kept as a plan's would be, and named by a ticket that only this platform can
make. A pushed plan is verified against that network before it is kept, and is then like any
other: compared, overridden, approved, ordered.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext

import sampan
from sampan_platform.analyse import selectors as analyse
from sampan_platform.common import clock
from sampan_platform.common.errors import InvalidError, NotFoundError, Problem
from sampan_platform.dispatch import work
from sampan_platform.dispatch.models import PlanRun, Snapshot, State
from sampan_platform.dispatch.network import build
from sampan_platform.dispatch.snapshots import keep_network, network_of
from sampan_platform.people import selectors as people
from sampan_platform.people.models import Organisation, User
from sampan_platform.people.services import record

SALT = "sampan.dispatch.exchange"
TICKET_HOURS = 48
"""A plan for an older network would be for another world."""
VIOLATIONS_SHOWN = 100
KEPT_OF_SUMMARY = ("status", "method", "seconds", "largest_violation")


@dataclass(frozen=True)
class Ticket:
    """Which network was pulled, for which part of the tree, as of when."""

    organisation: str
    sha256: str
    as_of: str
    start: str
    days: int
    pulled_at: str


@dataclass(frozen=True)
class Pulled:
    """A network that was pulled, and the ticket that names it."""

    ticket: str
    as_of: datetime
    start: date
    days: int
    notes: list[str]


@transaction.atomic
def pull(scope: Organisation, actor: User, *, days: int, as_of: datetime | None) -> Pulled:
    """Build the network of a part of the tree and keep it for the plan that will come."""
    people.require(actor, people.RUN_PLAN, scope)
    now = clock.now()
    moment = as_of or now
    if moment.tzinfo is None:
        raise InvalidError(
            gettext("as_of needs a time zone: 2020-02-10T08:00:00+08:00."), code="no-zone"
        )
    if moment > now:
        raise InvalidError(
            gettext("A network as of %(moment)s would know the future.")
            % {"moment": moment.isoformat()}
        )
    built = build(scope, moment, days)
    kept = keep_network(built.network)
    start = analyse.moment(moment, scope).today
    ticket = Ticket(
        scope.code, kept.sha256, moment.isoformat(), start.isoformat(), days, now.isoformat()
    )
    signed = signing.dumps(asdict(ticket), salt=SALT, compress=True)
    record(actor, "dispatch.pull", f"network:{kept.sha256[:16]}", scope, after={"days": days})
    return Pulled(signed, moment, start, days, built.notes)


def network(ticket: str, actor: User) -> sampan.Network:
    """The network that a ticket names."""
    found = _read(ticket, actor)
    return network_of(_snapshot(found))


@transaction.atomic
def push(ticket: str, plan: sampan.Plan, actor: User, *, note: str = "") -> PlanRun:
    """Keep a plan that was made elsewhere, if it breaks no rule of its network.

    Raises
    ------
    InvalidError
        Naming each rule that it breaks; nothing is kept.
    """
    found = _read(ticket, actor)
    scope = people.organisation(actor, found.organisation)
    snapshot = _snapshot(found)
    solved = network_of(snapshot)
    proof = _verified(solved, plan)
    now = clock.now()
    run = PlanRun.objects.create(
        organisation=scope,
        as_of=datetime.fromisoformat(found.as_of),
        start=date.fromisoformat(found.start),
        days=found.days,
        state=State.RUNNING,
        network=snapshot,
        started_by=actor,
        asked_at=now,
        started_at=now,
        notes=[note] if note else [],
    )
    record(actor, "dispatch.push", f"plan:{run.pk}", scope, after={"days": found.days})
    work.finish(run, solved, plan.replace(summary=_summary(plan, proof)), proof)
    run.refresh_from_db()
    return run


def _verified(network: sampan.Network, plan: sampan.Plan) -> sampan.Verification:
    try:
        proof = sampan.verify(network, plan)
    except sampan.SampanError as error:
        raise InvalidError(
            gettext("The plan cannot be verified: %(error)s") % {"error": error}, code="bad-plan"
        ) from error
    if proof.valid:
        return proof
    problems = [
        Problem(f"rule-{one.rule}", one.message, one.where) for one in proof[:VIOLATIONS_SHOWN]
    ]
    raise InvalidError(
        gettext(
            "The plan breaks %(proof)s rules of its network; it was not kept. Pull the "
            "network again, solve it and push that plan."
        )
        % {"proof": len(proof)},
        problems,
        code="plan-breaks-rules",
    )


def _summary(plan: sampan.Plan, proof: sampan.Verification) -> dict[str, Any]:
    """The sender's words where nothing hangs on them; the gap as it was recomputed here."""
    kept = {
        name: value
        for name, value in plan.summary.items()
        if name in KEPT_OF_SUMMARY and isinstance(value, (str, int, float))
    }
    gap = proof.stages["gap"].max()
    method = f"{str(kept.get('method', 'unknown'))[:100]}, pushed"
    return {**kept, "method": method, "gap": 0.0 if gap is None else float(str(gap))}


def _read(ticket: str, actor: User) -> Ticket:
    try:
        cells = signing.loads(ticket, salt=SALT, max_age=timedelta(hours=TICKET_HOURS))
    except signing.BadSignature as error:
        raise InvalidError(
            gettext(
                "This ticket is none of ours, or older than %(ticket_hours)s hours. Pull "
                "the network again."
            )
            % {"ticket_hours": TICKET_HOURS},
            code="bad-ticket",
        ) from error
    found = Ticket(**cells)
    scope = people.organisation(actor, found.organisation)
    people.require(actor, people.RUN_PLAN, scope)
    return found


def _snapshot(ticket: Ticket) -> Snapshot:
    kept = Snapshot.objects.filter(sha256=ticket.sha256).first()
    if kept is None:
        raise NotFoundError(gettext("This network is kept no more. Pull it again."))
    return kept
