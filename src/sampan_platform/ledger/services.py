"""Writing the ledger: post, pend, settle, void, reverse; quarantine and release.

Whoever writes first locks the chain's head, so that writers follow one another; then nothing
that is read here can change before it is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid5

from django.db import connection, transaction

from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, InvalidError, NotFoundError
from sampan_platform.ledger import selectors, writing
from sampan_platform.ledger.accounts import AccountKey, Leg, Posting
from sampan_platform.ledger.models import Event, Head, Kind, Movement
from sampan_platform.ledger.proof import Proof, prove
from sampan_platform.people import selectors as people
from sampan_platform.people import services as people_services
from sampan_platform.people.models import User

__all__ = [
    "AccountKey", "Leg", "Posting", "Proof", "pend", "pend_many", "pick", "post", "post_many",
    "prove", "quarantine_lot", "release_lot", "reverse", "settle", "void",
]  # fmt: skip


def post(
    movement: UUID,
    kind: str,
    legs: Sequence[Leg],
    *,
    day: date,
    actor: User | None,
    reason: str = "",
    source: str = "",
) -> Movement:
    """Post a movement; sent again with the same content it gives the one that was posted.

    Raises
    ------
    InvalidError
        Legs that do not sum to zero; code `below-zero`: goods that are not there.
    ConflictError
        Another movement has this id.
    """
    return post_many([Posting(movement, kind, legs, day, reason, source)], actor=actor)[0]


def post_many(postings: Sequence[Posting], *, actor: User | None) -> list[Movement]:
    """All of the movements or none, in a number of queries that does not grow with them."""
    return _begin(postings, Event.POST, actor)


def pend(
    movement: UUID,
    kind: str,
    legs: Sequence[Leg],
    *,
    day: date,
    actor: User | None,
    reason: str = "",
    source: str = "",
) -> Movement:
    """Set goods apart: they stay on hand, but nobody else can have them."""
    return pend_many([Posting(movement, kind, legs, day, reason, source)], actor=actor)[0]


def pend_many(postings: Sequence[Posting], *, actor: User | None) -> list[Movement]:
    """Set apart for all of the movements or none, in a number of queries that does not grow."""
    return _begin(postings, Event.PEND, actor)


def settle(movement: UUID, *, day: date, actor: User | None) -> Movement:
    """What was pending happens now."""
    return _end(movement, Event.SETTLE, day, "", actor)


def void(movement: UUID, *, reason: str = "", actor: User | None = None) -> Movement:
    """What was pending will not happen: the goods are free again."""
    return _end(movement, Event.VOID, None, reason, actor)


@transaction.atomic
def reverse(movement: UUID, new: UUID, reason: str, actor: User | None) -> Movement:
    """Undo a posted movement by its opposite, the only way to correct one."""
    if not reason.strip():
        raise InvalidError("A reversal needs a reason.")
    _lock_head()
    posted = selectors.posted(movement)
    if posted is None:
        raise NotFoundError(f"There is no posted movement {movement}.")
    found = Movement.objects.filter(reverses=movement).first()
    if found is not None and found.movement != new:
        raise ConflictError(f"Movement {movement} was reversed before, by {found.movement}.")
    legs = [Leg(leg.account, -leg.quantity) for leg in selectors.legs_of(posted)]
    kind = f"reverse-{posted.kind}"[:32]
    posting = Posting(new, kind, legs, posted.day, reason, posted.source, reverses=movement)
    return _begin([posting], Event.POST, actor)[0]


@transaction.atomic
def _begin(postings: Sequence[Posting], event: Event, actor: User | None) -> list[Movement]:
    """New movements; those that are there already are given back as they are."""
    if not postings:
        return []
    writing.check(postings)
    head = _lock_head()
    there = writing.known(postings)
    new = [posting for posting in postings if posting.movement not in there]
    made = writing.append(head, new, event, actor, clock.now())
    found = there | {row.movement: row for row in made}
    return [found[posting.movement] for posting in postings]


@transaction.atomic
def _end(
    movement: UUID, event: Event, day: date | None, reason: str, actor: User | None
) -> Movement:
    """Settle or void what is pending; the same once more changes nothing."""
    head = _lock_head()
    rows = {row.ends: row for row in Movement.objects.filter(movement=movement)}
    if True in rows:
        if rows[True].event != event:
            raise ConflictError(f"Movement {movement} was {rows[True].get_event_display()} before.")
        return rows[True]
    begun = rows.get(False)
    if begun is None or begun.event != Event.PEND:
        raise NotFoundError(f"No movement {movement} is pending.")
    posting = Posting(
        movement, begun.kind, selectors.legs_of(begun), day or begun.day, reason, begun.source
    )
    return writing.append(head, [posting], event, actor, clock.now())[0]


def _lock_head() -> Head:
    """The chain's end; on SQLite the transaction itself is the lock, taken when it began."""
    Head.objects.get_or_create(pk=1)
    heads = Head.objects.all()
    if connection.features.has_select_for_update:
        heads = heads.select_for_update()
    return heads.get(pk=1)


def pick(site: int, resource: int, quantity: Decimal) -> list[tuple[AccountKey, Decimal]]:
    """Which lots to take a quantity from: the first to expire first.

    Raises
    ------
    InvalidError
        Code `below-zero`: not so much is free there.
    """
    rows = selectors.on_hand([site], [resource])
    rows.sort(key=lambda row: (row.expires_on or date.max, row.lot))
    left, taken = quantity, []
    for row in rows:
        part = min(left, row.available)
        if part > 0:
            key = AccountKey(Kind.STOCK, resource, site, row.lot, row.expires_on)
            taken.append((key, part))
            left -= part
    if left > 0:
        raise InvalidError(
            f"{quantity} are wanted and {quantity - left} are free. Take less, or count again.",
            code="below-zero",
        )
    return taken


def quarantine_lot(
    resource: int, lot: str, *, movement: UUID, day: date, reason: str, actor: User
) -> list[Movement]:
    """Every unit of a lot in stock, at every site, into quarantine."""
    return _shift_lot(Kind.STOCK, Kind.QUARANTINE, resource, lot, movement, day, reason, actor)


def release_lot(
    resource: int, lot: str, *, movement: UUID, day: date, reason: str, actor: User
) -> list[Movement]:
    """Out of quarantine, back into stock."""
    return _shift_lot(Kind.QUARANTINE, Kind.STOCK, resource, lot, movement, day, reason, actor)


@transaction.atomic
def _shift_lot(
    source: Kind,
    target: Kind,
    resource: int,
    lot: str,
    movement: UUID,
    day: date,
    reason: str,
    actor: User,
) -> list[Movement]:
    """One movement a site, in one transaction; sent again it gives what was done."""
    if not lot or not reason.strip():
        raise InvalidError("Name the lot, and say why.")
    _lock_head()
    done = list(Movement.objects.filter(source=f"lot:{movement}", ends=False))
    if done:
        return done
    rows = selectors.accounts(kinds=[source], resources=[resource], lot=lot)
    _require_reach(actor, {row.site for row in rows if row.site is not None})
    postings = [
        Posting(
            uuid5(movement, row.text),
            f"{target.value}-lot",
            [Leg(row, -balance), Leg(AccountKey(target, row.resource, row.site, row.lot,
                                                row.expires_on), balance)],
            day,
            reason,
            f"lot:{movement}",
        )
        for row, balance in rows.items()
        if balance > 0
    ]  # fmt: skip
    people_services.record(
        actor, f"ledger.{target.value}_lot", f"lot:{resource}:{lot}", None, reason=reason
    )
    return _begin(postings, Event.POST, actor)


def _require_reach(actor: User, sites: Iterable[int]) -> None:
    """Whoever shifts a lot must be allowed to at every site that has some of it."""
    for organisation in selectors.owners(sites):
        people.require(actor, people.COUNT_STOCK, organisation)
