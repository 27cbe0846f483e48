"""Writing the ledger: post, pend, settle, void, reverse; counts, quarantine and release.

Whoever writes first locks the chain's head, so that writers follow one another; then nothing
that is read here can change before it is written. Who may move what is for the callers to ask,
who know what for; only what a person does to the ledger directly (`correct`, `count_stock`,
`quarantine_lot`, `release_lot`) is asked here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from sampan_platform.common.errors import InvalidError
from sampan_platform.ledger import selectors
from sampan_platform.ledger.accounts import AccountKey, Leg, Posting
from sampan_platform.ledger.by_hand import correct, count_stock, is_by_hand
from sampan_platform.ledger.columns import post_columns
from sampan_platform.ledger.lots import quarantine_lot, release_lot
from sampan_platform.ledger.models import Event, Kind, Movement
from sampan_platform.ledger.moving import begin, end, reverse
from sampan_platform.ledger.proof import Proof, prove
from sampan_platform.ledger.writing import Written, lock_head
from sampan_platform.people.models import User

__all__ = [
    "AccountKey", "Leg", "Posting", "Proof", "Written", "correct", "count_stock",
    "is_by_hand", "pend", "pend_many", "pick", "post", "post_columns", "post_many",
    "post_possible", "prove", "quarantine_lot", "release_lot", "reverse", "settle", "settle_many",
    "void", "void_many",
    "wait_for_turn",
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
        Legs that do not sum to zero; code `below-zero`: goods that are not there; code
        `lot-held`: goods of a lot in quarantine that would come into stock.
    ConflictError
        Another movement has this id.
    """
    return post_many([Posting(movement, kind, legs, day, reason, source)], actor=actor)[0]


def post_many(postings: Sequence[Posting], *, actor: User | None) -> list[Movement]:
    """All of the movements or none, in a number of queries that does not grow with them.

    It is enough that the goods are there for all of them together: their order plays no part.
    """
    return begin(postings, Event.POST, actor).rows


def post_possible(postings: Sequence[Posting], *, actor: User | None) -> Written:
    """Those of the movements, in their order, for which the goods are there; the others are told.

    For what states facts, such as reports: one that does not add up must not hold up the rest.
    The number of queries does not grow with the movements.
    """
    return begin(postings, Event.POST, actor, keep_good=True)


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
    """Set goods apart: they stay on hand, but nobody else can set them apart or pick them."""
    return pend_many([Posting(movement, kind, legs, day, reason, source)], actor=actor)[0]


def pend_many(postings: Sequence[Posting], *, actor: User | None) -> list[Movement]:
    """Set apart for all of the movements or none, in a number of queries that does not grow."""
    return begin(postings, Event.PEND, actor).rows


def settle(movement: UUID, *, day: date, actor: User | None) -> Movement:
    """What was pending happened on that day; sent again it changes nothing."""
    return settle_many([movement], day=day, actor=actor)[0]


def settle_many(movements: Sequence[UUID], *, day: date, actor: User | None) -> list[Movement]:
    """All of them or none, in a number of queries that does not grow with them."""
    return end(movements, Event.SETTLE, day, "", actor)


def void(movement: UUID, *, reason: str = "", actor: User | None = None) -> Movement:
    """What was pending will not happen: the goods are free again."""
    return void_many([movement], reason=reason, actor=actor)[0]


def void_many(
    movements: Sequence[UUID], *, reason: str = "", actor: User | None = None
) -> list[Movement]:
    """All of them or none, in a number of queries that does not grow with them."""
    return end(movements, Event.VOID, None, reason, actor)


def wait_for_turn() -> None:
    """From here to the end of the caller's transaction nobody else writes the ledger.

    For callers that work out what to post from balances that they read.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("wait_for_turn holds until a transaction ends: begin one first.")
    lock_head()


def pick(site: int, resource: int, quantity: Decimal) -> list[Leg]:
    """The legs that take a quantity out of a site's stock: what expires first goes first.

    What others have set apart is left. The caller adds the legs that say where it goes.

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
            taken.append(Leg(key, -part))
            left -= part
    if left > 0:
        raise InvalidError(
            gettext("%(quantity)s are wanted and %(free)s are free. Take less, or count again.")
            % {"quantity": quantity, "free": quantity - left},
            code="below-zero",
        )
    return taken
