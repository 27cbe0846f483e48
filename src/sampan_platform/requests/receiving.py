"""Goods that came meet what was asked for: most urgent and oldest first, each receipt once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext

from sampan_platform.common import bulk, clock
from sampan_platform.common.errors import ConflictError, InvalidError
from sampan_platform.common.quantity import to_thousandths
from sampan_platform.people import services as people_services
from sampan_platform.people.models import User
from sampan_platform.requests.models import OPEN, Receipt, Request, RequestEvent, State

RECEIPT = {
    "site_id": "bigint", "resource_id": "bigint", "reference": "text", "quantity": "bigint",
    "met": "bigint", "at": "timestamptz",
}  # fmt: skip
EVENT = {
    "request_id": "bigint", "at": "timestamptz", "actor_id": "bigint", "state": "text",
    "quantity": "bigint", "reason": "text", "reference": "text",
}  # fmt: skip
Place = tuple[int, int]
"""A site and a resource, by their numbers."""


@dataclass(frozen=True)
class Came:
    """A quantity of a resource that came to a site."""

    site: int
    resource: int
    reference: str
    """Of the receipt. The same one counts once, however often it is sent."""
    quantity: Decimal

    @property
    def key(self) -> tuple[int, int, str]:
        """What makes it the same receipt."""
        return self.site, self.resource, self.reference


@dataclass(frozen=True)
class _Part:
    """What a receipt brought to a request."""

    request: Request
    state: State
    """The request's after it."""
    quantity: Decimal
    reference: str


@transaction.atomic
def receive_many(receipts: Sequence[Came], actor: User | None = None) -> list[Decimal]:
    """All of the receipts, in a number of queries that does not grow with them.

    Returns
    -------
    list of Decimal
        What of each met requests; the rest met the forecast need.
    """
    if not receipts:
        return []
    if not all(one.reference for one in receipts):
        raise InvalidError(gettext("A receipt needs a reference, so that it counts once."))
    if len({one.key for one in receipts}) < len(receipts):
        raise ValueError("A receipt is named once.")
    new = _new(receipts)
    met = _before([one for one in receipts if one.key not in new])
    waiting = _waiting([one for one in receipts if one.key in new])
    parts: list[_Part] = []
    for one in receipts:
        if one.key in new:
            found = _met_by(one, waiting[one.site, one.resource])
            met[one.key] = sum((part.quantity for part in found), Decimal(0))
            parts += found
    _keep(parts, actor)
    rows = [(to_thousandths(met[key]), number) for key, number in new.items() if met[key]]
    if rows:
        bulk.change(Receipt._meta.db_table, {"met": "bigint"}, rows)
    return [met[one.key] for one in receipts]


def _new(receipts: Sequence[Came]) -> dict[tuple[int, int, str], int]:
    """The numbers of those that were not there; they are now, as having met nothing."""
    now = clock.now()
    rows = [(*one.key, to_thousandths(one.quantity), 0, now) for one in receipts]
    keep = ("id", "site_id", "resource_id", "reference")
    made = bulk.insert_new(Receipt._meta.db_table, RECEIPT, rows, keep)
    return {(site, resource, reference): number for number, site, resource, reference in made}


def _before(receipts: Sequence[Came]) -> dict[tuple[int, int, str], Decimal]:
    """What those that were there met; raises if one was of another quantity."""
    if not receipts:
        return {}
    sent = {one.key: one for one in receipts}
    references = sorted({one.reference for one in receipts})
    rows = bulk.among(Receipt.objects.order_by(), "reference", "text", references)
    found = {(row.site_id, row.resource_id, row.reference): row for row in rows}
    for key, one in sent.items():
        if found[key].quantity != one.quantity:
            raise ConflictError(
                gettext(
                    "The receipt %(reference)s was of %(quantity)s, not %(sent)s. Send a "
                    "correction with a reference of its own."
                )
                % {
                    "reference": one.reference,
                    "quantity": found[key].quantity,
                    "sent": one.quantity,
                }
            )
    return {key: Decimal(found[key].met) for key in sent}


def _waiting(receipts: Sequence[Came]) -> dict[Place, list[Request]]:
    """The open requests of each place, most urgent and oldest first; nobody else has them now."""
    found: dict[Place, list[Request]] = defaultdict(list)
    if not receipts:
        return found
    table = Request._meta.db_table
    rows = Request.objects.select_for_update(of=("self",)).filter(state__in=OPEN)
    for column, values in (
        ("site_id", {one.site for one in receipts}),
        ("resource_id", {one.resource for one in receipts}),
    ):
        rows = bulk.among(rows, f"{table}.{column}", "bigint", sorted(values))
    ordered = rows.select_related("site").order_by(
        "site_id", "resource_id", "priority", "needed_by", "id"
    )
    for request in ordered:
        found[request.site_id, request.resource_id].append(request)
    return found


def _met_by(one: Came, waiting: Sequence[Request]) -> list[_Part]:
    """What it brings to each request, which has it from here on."""
    left, parts = one.quantity, []
    for request in waiting:
        part = min(left, request.unmet)
        if part > 0:
            state = State.MET if part == request.unmet else State.PARTLY_MET
            request.met_quantity = Decimal(request.met_quantity) + part
            request.state = state
            parts.append(_Part(request, state, part, one.reference))
            left -= part
    return parts


def _keep(parts: Sequence[_Part], actor: User | None) -> None:
    if not parts:
        return
    met = {part.request.pk: part.request for part in parts}
    rows = [
        (str(request.state), to_thousandths(request.met_quantity), number)
        for number, request in met.items()
    ]
    columns = {"state": "text", "met_quantity": "bigint"}
    bulk.change(Request._meta.db_table, columns, rows)
    now, who = clock.now(), None if actor is None else actor.pk
    events = [
        (one.request.pk, now, who, str(one.state), to_thousandths(one.quantity), "", one.reference)
        for one in parts
    ]
    bulk.insert(RequestEvent._meta.db_table, EVENT, events)
    lines = [
        people_services.Line(
            f"requests.{part.state}",
            f"request:{part.request.pk}",
            part.request.site.organisation_id,
            after={"state": str(part.state), "quantity": str(part.quantity)},
        )
        for part in parts
    ]
    people_services.record_many(actor, lines)
