"""The one place that writes movements and entries, and keeps the balances beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection

from sampan_platform.common.errors import ConflictError, InvalidError, Problem
from sampan_platform.common.quantity import SCALE, to_thousandths
from sampan_platform.ledger import chain
from sampan_platform.ledger.accounts import NEVER_BELOW_ZERO, AccountKey, Posting
from sampan_platform.ledger.models import Account, Entry, Event, Head, Movement
from sampan_platform.people.models import User

BATCH = 5000
"""Rows a statement; below the number of parameters that SQLite takes."""


@dataclass
class Delta:
    """What changes in one account, in thousandths."""

    balance: int = 0
    pending_out: int = 0
    pending_in: int = 0


@dataclass
class Deltas:
    """Changes by account key."""

    by_key: dict[str, Delta] = field(default_factory=lambda: defaultdict(Delta))

    def add(self, event: Event, key: str, quantity: int) -> None:
        """What one leg changes when this happens to its movement."""
        delta = self.by_key[key]
        if event in (Event.POST, Event.SETTLE):
            delta.balance += quantity
        if event != Event.POST:
            set_apart = 1 if event == Event.PEND else -1
            if quantity < 0:
                delta.pending_out -= set_apart * quantity
            else:
                delta.pending_in += set_apart * quantity


def check(postings: Sequence[Posting]) -> None:
    """Legs there are, none of nothing, and for each resource they sum to zero."""
    for posting in postings:
        sums: dict[int, int] = defaultdict(int)
        for leg in posting.legs:
            quantity = to_thousandths(leg.quantity)
            if quantity == 0:
                raise InvalidError(f"A leg of movement {posting.movement} moves nothing.")
            sums[leg.account.resource] += quantity
        if not sums or any(sums.values()):
            raise InvalidError(
                f"The legs of movement {posting.movement} do not sum to zero. "
                "What one account gains another one must lose."
            )
    if len({posting.movement for posting in postings}) < len(postings):
        raise ConflictError("A movement's id comes twice in what was sent.")


def known(postings: Sequence[Posting]) -> dict[UUID, Movement]:
    """Those of the movements that were posted before; raises if they meant something else."""
    found: dict[UUID, Movement] = {}
    by_id = {posting.movement: posting for posting in postings}
    for ids in _batches(list(by_id)):
        for row in Movement.objects.filter(movement__in=ids, ends=False):
            if row.content != chain.content_of(by_id[row.movement]):
                raise ConflictError(
                    f"Movement {row.movement} was posted before with another content. "
                    "Use a new id for a new movement."
                )
            found[row.movement] = row
    return found


def append(
    head: Head, postings: Sequence[Posting], event: Event, actor: User | None, now: datetime
) -> list[Movement]:
    """Entries, links and balances; the caller holds the head."""
    if not postings:
        return []
    deltas = Deltas()
    for posting in postings:
        for leg in posting.legs:
            deltas.add(event, leg.account.text, to_thousandths(leg.quantity))
    keys = {leg.account.text: leg.account for posting in postings for leg in posting.legs}
    accounts = _accounts(keys)
    _check_balances(accounts, deltas, keys, event)
    rows, entries = _links(head, postings, event, actor, now, accounts)
    # entries first: the movement's trigger sees them, and nothing can be added afterwards
    Entry.objects.bulk_create(entries, batch_size=BATCH)
    Movement.objects.bulk_create(rows, batch_size=BATCH // 3)
    _keep(accounts, deltas)
    Head.objects.filter(pk=head.pk).update(number=rows[-1].number, hash=rows[-1].hash)
    return rows


def _links(
    head: Head,
    postings: Sequence[Posting],
    event: Event,
    actor: User | None,
    now: datetime,
    accounts: dict[str, Account],
) -> tuple[list[Movement], list[Entry]]:
    rows: list[Movement] = []
    entries: list[Entry] = []
    number, previous = head.number, head.hash
    for posting in postings:
        number += 1
        row = Movement(
            number=number,
            movement=posting.movement,
            event=event,
            ends=event in (Event.SETTLE, Event.VOID),
            kind=posting.kind,
            day=posting.day,
            recorded_at=now,
            actor=actor,
            reason=posting.reason,
            source=posting.source,
            reverses=posting.reverses,
            content=chain.content_of(posting),
            previous=previous,
        )
        legs = [(leg.account.text, to_thousandths(leg.quantity)) for leg in posting.legs]
        row.hash = previous = chain.link(row, legs)
        rows.append(row)
        entries += [
            Entry(
                movement_id=number,
                account=accounts[leg.account.text],
                resource_id=leg.account.resource,
                quantity=leg.quantity,
            )
            for leg in posting.legs
        ]
    return rows, entries


def _accounts(keys: dict[str, AccountKey]) -> dict[str, Account]:
    """The accounts of the keys, made where they are new."""
    found: dict[str, Account] = {}
    for texts in _batches(list(keys)):
        found |= {row.key: row for row in Account.objects.filter(key__in=texts)}
    new = [
        Account(
            key=text,
            kind=key.kind,
            resource_id=key.resource,
            site_id=key.site,
            lot=key.lot,
            expires_on=key.expires_on,
            reference=key.reference,
        )
        for text, key in keys.items()
        if text not in found
    ]
    Account.objects.bulk_create(new, batch_size=BATCH // 3)
    return found | {row.key: row for row in new}


def _check_balances(
    accounts: dict[str, Account], deltas: Deltas, keys: dict[str, AccountKey], event: Event
) -> None:
    """Goods that are not there cannot leave, and what is set apart cannot be set apart again."""
    problems = []
    for text, delta in deltas.by_key.items():
        account, key = accounts[text], keys[text]
        if key.kind not in NEVER_BELOW_ZERO:
            continue
        there = to_thousandths(account.balance)
        free = there - to_thousandths(account.pending_out)
        wanted = delta.pending_out if event == Event.PEND else -delta.balance
        has = free if event == Event.PEND else there
        if wanted > has:
            problems.append(_missing(key, wanted, has))
    if problems:
        raise InvalidError(
            f"{problems[0].message} Count the stock again, or take less.", problems,
            code="below-zero",
        )  # fmt: skip


def _missing(key: AccountKey, wanted: int, has: int) -> Problem:
    resource = apps.get_model("catalogue", "Resource").objects.filter(pk=key.resource).first()
    site = apps.get_model("catalogue", "Site").objects.filter(pk=key.site).first()
    lot = f", lot {key.lot}" if key.lot else ""
    place = f" at {site}" if site is not None else ""
    return Problem(
        "below-zero",
        f"{_plain(wanted)} {resource} are to leave {key.kind}{place}{lot}, and "
        f"{_plain(max(has, 0))} are there and free.",
        where=key.text,
        value=_plain(wanted),
    )


def _plain(thousandths: int) -> str:
    return f"{(Decimal(thousandths) / SCALE).normalize():f}"


def _keep(accounts: dict[str, Account], deltas: Deltas) -> None:
    """Add what changed to the balances, many accounts a statement."""
    rows = [
        (accounts[text].pk, delta.balance, delta.pending_out, delta.pending_in)
        for text, delta in deltas.by_key.items()
    ]
    with connection.cursor() as cursor:
        for part in _batches(rows):
            values = ", ".join(["(%s, %s, %s, %s)"] * len(part))
            cursor.execute(
                "UPDATE ledger_account SET balance = balance + change.column2, "
                "pending_out = pending_out + change.column3, "
                "pending_in = pending_in + change.column4 "
                f"FROM (VALUES {values}) AS change WHERE ledger_account.id = change.column1",
                [cell for row in part for cell in row],
            )


def _batches(items: list[Any]) -> Iterable[list[Any]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
