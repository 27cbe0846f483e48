"""The one place that writes movements and entries, and keeps the balances beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext

from sampan_platform.common import bulk, clock
from sampan_platform.common.errors import ConflictError, InvalidError, Problem
from sampan_platform.common.words import either
from sampan_platform.ledger import chain, checking, holds
from sampan_platform.ledger.accounts import AccountKey, Posting
from sampan_platform.ledger.books import Books, Shortage, deltas_of, open_books
from sampan_platform.ledger.models import Entry, Event, Head, Movement
from sampan_platform.people.models import User

ENTRY = {
    "movement_id": "bigint", "account_id": "bigint", "resource_id": "bigint", "quantity": "bigint"
}  # fmt: skip
MOVEMENT = {
    "number": "bigint", "movement": "uuid", "event": "text", "ends": "boolean", "kind": "text",
    "day": "date", "recorded_at": "timestamptz", "actor_id": "bigint", "reason": "text",
    "source": "text", "reverses": "uuid", "content": "text", "previous": "text", "hash": "text",
}  # fmt: skip


@dataclass
class Written:
    """Movements that were written, and those that could not be."""

    rows: list[Movement] = field(default_factory=list)
    refused: dict[UUID, Problem] = field(default_factory=dict)


def lock_head() -> Head:
    """The chain's end; on SQLite the transaction itself is the lock, taken when it began."""
    heads = Head.objects.all()
    if connection.features.has_select_for_update:
        heads = heads.select_for_update()
    found = heads.filter(pk=1).first()
    if found is None:
        Head.objects.get_or_create(pk=1)
        found = heads.get(pk=1)
    return found


def known(postings: Sequence[Posting], event: Event) -> dict[UUID, Movement]:
    """Those of the movements that came before; raises if they meant something else."""
    found: dict[UUID, Movement] = {}
    by_id = {posting.movement: posting for posting in postings}
    rows = Movement.objects.filter(ends=False).order_by()
    for row in bulk.among(rows, "movement", "uuid", list(by_id)):
        if row.event != event or row.content != chain.content_of(by_id[row.movement]):
            raise ConflictError(
                gettext(
                    "Movement %(movement)s was %(event)s before, as something else. Use a "
                    "new id for a new movement."
                )
                % {"movement": row.movement, "event": either(row.get_event_display())}
            )
        found[row.movement] = row
    return found


def append(
    head: Head,
    postings: Sequence[Posting],
    event: Event,
    actor: User | None,
    *,
    keep_good: bool = False,
) -> Written:
    """Entries, links and balances; the caller holds the head.

    Parameters
    ----------
    keep_good
        Leave out, one after another, the movements for which the goods are not there, and write
        the others. Otherwise all are written or, with an error, none.
    """
    if not postings:
        return Written()
    books = open_books({leg.account.text: leg.account for one in postings for leg in one.legs})
    held = holds.held_keys(postings) if event != Event.VOID else set()
    if keep_good:
        good, refused = _sift(postings, event, books, held)
    else:
        good, refused = list(postings), {}
        _take_all(postings, event, books, held)
    if not good:
        return Written([], refused)
    rows, entries = _links(head, good, event, actor, clock.now(), books)
    # entries first: the movement's trigger sees them, and nothing can be added afterwards
    bulk.insert(Entry._meta.db_table, ENTRY, entries)
    bulk.insert(Movement._meta.db_table, MOVEMENT, [_cells(row) for row in rows])
    books.keep()
    head.number, head.hash = rows[-1].number, rows[-1].hash
    head.save(update_fields=["number", "hash"])
    return Written(rows, refused)


def _take_all(
    postings: Sequence[Posting], event: Event, books: Books, held: set[AccountKey]
) -> None:
    """What all change together must be possible."""
    deltas = deltas_of((leg for posting in postings for leg in posting.legs), event)
    shortages = books.shortages(deltas, event)
    problems = [checking.lot_is_held(key) for key in sorted(held, key=lambda one: one.text)[:1]]
    problems += checking.words(shortages) if shortages else []
    if problems:
        raise InvalidError(problems[0].message, problems, code=problems[0].code)
    books.take(deltas)


def _sift(
    postings: Sequence[Posting], event: Event, books: Books, held: set[AccountKey]
) -> tuple[list[Posting], dict[UUID, Problem]]:
    """In their order, those that are possible after those before them."""
    good: list[Posting] = []
    refused: dict[UUID, Problem] = {}
    short: dict[UUID, Shortage] = {}
    for posting in postings:
        into_held = [leg.account for leg in posting.legs if holds.is_into(leg, held)]
        deltas = deltas_of(posting.legs, event)
        shortages = books.shortages(deltas, event)
        if into_held:
            refused[posting.movement] = checking.lot_is_held(into_held[0])
        elif shortages:
            short[posting.movement] = shortages[0]
        else:
            books.take(deltas)
            good.append(posting)
    named = checking.words(list(short.values())) if short else []
    return good, refused | dict(zip(short, named, strict=True))


def _links(
    head: Head,
    postings: Sequence[Posting],
    event: Event,
    actor: User | None,
    now: datetime,
    books: Books,
) -> tuple[list[Movement], list[tuple[int, int, int, int]]]:
    rows: list[Movement] = []
    entries: list[tuple[int, int, int, int]] = []
    number, previous = head.number, head.hash
    for posting in postings:
        number += 1
        row = Movement(
            number=number,
            movement=posting.movement,
            event=str(event),
            ends=event in (Event.SETTLE, Event.VOID),
            kind=posting.kind,
            day=posting.day,
            recorded_at=now,
            actor_id=None if actor is None else actor.pk,
            reason=posting.reason,
            source=posting.source,
            reverses=posting.reverses,
            content=chain.content_of(posting),
            previous=previous,
        )
        legs = [(leg.account.text, leg.thousandths) for leg in posting.legs]
        row.hash = previous = chain.link(row, legs)
        row._state.adding = False
        rows.append(row)
        entries += [
            (number, books.numbers[leg.account.text], leg.account.resource, leg.thousandths)
            for leg in posting.legs
        ]
    return rows, entries


def _cells(row: Movement) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in MOVEMENT)
