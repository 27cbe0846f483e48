"""Proving the ledger: every balance derived anew from the entries, every link of the chain.

The proof reads one moment of the ledger while others go on writing, in pages of a fixed size;
the balances are added up by the database. So its memory does not grow with the ledger.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext

from sampan_platform.common.quantity import to_thousandths
from sampan_platform.ledger import chain, writing
from sampan_platform.ledger.models import Account, Entry, Head, Movement

STEP = 2000
"""Movements looked at together."""
TOLD = 20
"""Problems named; the rest is counted."""
DERIVED = """
    SELECT account.key, account.balance, account.pending_out, account.pending_in,
           COALESCE(derived.balance, 0), COALESCE(derived.pending_out, 0),
           COALESCE(derived.pending_in, 0)
    FROM ledger_account AS account LEFT JOIN (
        SELECT entry.account_id AS account_id,
            SUM(CASE WHEN event IN ('post', 'settle') THEN quantity ELSE 0 END) AS balance,
            SUM(CASE WHEN quantity > 0 OR event = 'post' THEN 0
                     WHEN event = 'pend' THEN -quantity ELSE quantity END) AS pending_out,
            SUM(CASE WHEN quantity < 0 OR event = 'post' THEN 0
                     WHEN event = 'pend' THEN quantity ELSE -quantity END) AS pending_in
        FROM ledger_entry AS entry JOIN ledger_movement ON number = entry.movement_id
        GROUP BY entry.account_id
    ) AS derived ON derived.account_id = account.id
    WHERE account.balance <> COALESCE(derived.balance, 0)
       OR account.pending_out <> COALESCE(derived.pending_out, 0)
       OR account.pending_in <> COALESCE(derived.pending_in, 0)
    ORDER BY account.id
"""
"""Accounts whose balances, kept and derived from the entries, differ."""


@dataclass
class Proof:
    """What was looked at and what was wrong with it."""

    movements: int = 0
    entries: int = 0
    accounts: int = 0
    head: str = ""
    first_bad: int | None = None
    """The number of the first movement with which something is wrong."""
    problems: list[str] = field(default_factory=list)
    more: int = 0

    @property
    def holds(self) -> bool:
        """Whether nothing was wrong."""
        return not self.problems

    def add(self, problem: str, movement: int | None = None) -> None:
        """One more thing that is wrong."""
        if movement is not None and self.first_bad is None:
            self.first_bad = movement
        if len(self.problems) < TOLD:
            self.problems.append(problem)
        else:
            self.more += 1

    def __str__(self) -> str:
        looked = gettext("%(movements)s movements, %(entries)s entries, %(accounts)s accounts") % {
            "movements": self.movements,
            "entries": self.entries,
            "accounts": self.accounts,
        }
        if self.holds:
            text = gettext("proved: %(looked)s; the chain ends in %(head)s")
            return text % {"looked": looked, "head": self.head[:12] or "–"}
        others = len(self.problems) + self.more - 1
        about = {"looked": looked, "problem": self.problems[0], "others": others}
        if others:
            return gettext("NOT PROVED (%(looked)s): %(problem)s … and %(others)s more") % about
        return gettext("NOT PROVED (%(looked)s): %(problem)s") % about


@dataclass(frozen=True)
class Line:
    """An entry with its account."""

    key: str
    account_resource: int
    resource: int
    thousandths: int


def prove(
    progress: Callable[[int, int], None] | None = None, anchors: Mapping[int, str] | None = None
) -> Proof:
    """Derive every balance from the entries and follow the chain from its start.

    Parameters
    ----------
    progress
        Called now and then with the number of movements looked at and of all.
    anchors
        Hashes (or their beginnings) by number that were noted elsewhere. Without any, whoever
        can write the whole database can also write a whole new chain.
    """
    proof = Proof()
    with _one_moment():
        head = Head.objects.filter(pk=1).values_list("number", "hash").first() or (0, "")
        last = _follow_chain(proof, head[0], progress, anchors or {})
        if head != last:
            text = gettext("the chain's end has another hash than its last movement, %(last)s")
            if head[0] != last[0]:
                text = gettext("the chain's end is %(end)s, but its last movement is %(last)s")
            proof.add(text % {"end": head[0], "last": last[0]}, last[0] + 1)
        proof.head = last[1]
        for number in sorted(one for one in anchors or {} if one > last[0]):
            text = gettext("movement %(number)s was noted elsewhere and is missing")
            proof.add(text % {"number": number}, number)
        _compare(proof)
    return proof


@contextlib.contextmanager
def _one_moment() -> Iterator[None]:
    """All that is read belongs to one moment, and nobody has to wait for the reader."""
    if connection.in_atomic_block:
        # the caller's transaction has begun: only keeping the others out gives one moment
        writing.lock_head()
        yield
    elif connection.vendor == "sqlite":
        wrapper: Any = connection
        wrapper.ensure_connection()  # only a connected wrapper knows its mode
        mode = wrapper.transaction_mode
        wrapper.transaction_mode = "DEFERRED"  # a reader's transaction, not a writer's
        try:
            with transaction.atomic():
                yield
        finally:
            wrapper.transaction_mode = mode
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield


def _follow_chain(
    proof: Proof,
    total: int,
    progress: Callable[[int, int], None] | None,
    anchors: Mapping[int, str],
) -> tuple[int, str]:
    """The number and hash of the last movement."""
    number, previous = 0, ""
    while batch := list(Movement.objects.filter(number__gt=number).order_by("number")[:STEP]):
        lines = _lines(batch[0].number, batch[-1].number)
        for row in batch:
            if row.number != number + 1:
                text = gettext("movement %(number)s is missing (the next one is %(next)s)")
                proof.add(text % {"number": number + 1, "next": row.number}, number + 1)
            for problem in _problems(row, previous, lines[row.number], anchors):
                proof.add(problem, row.number)
            proof.entries += len(lines[row.number])
            number, previous = row.number, row.hash
        proof.movements += len(batch)
        if progress is not None:
            progress(proof.movements, total)
    return number, previous


def _lines(first: int, last: int) -> dict[int, list[Line]]:
    """The entries of the movements from the first to the last; one query."""
    found: dict[int, list[Line]] = defaultdict(list)
    entries = Entry.objects.filter(movement_id__gte=first, movement_id__lte=last).order_by()
    columns = ("movement_id", "account__key", "account__resource_id", "resource_id", "quantity")
    for movement, key, account_resource, resource, quantity in entries.values_list(*columns):
        found[movement].append(Line(key, account_resource, resource, to_thousandths(quantity)))
    return found


def _problems(
    row: Movement, previous: str, lines: list[Line], anchors: Mapping[int, str]
) -> Iterator[str]:
    """Is this link what it says, and does it follow the one before?"""
    name = gettext("movement %(number)s (%(kind)s, %(day)s, %(movement)s)") % {
        "number": row.number, "kind": row.kind, "day": row.day, "movement": row.movement,
    }  # fmt: skip
    if row.previous != previous:
        yield gettext("%(name)s does not follow the one before it") % {"name": name}
    if row.hash != chain.link(row, [(line.key, line.thousandths) for line in lines]):
        now = ", ".join(f"{line.key}: {line.thousandths / 1000:+g}" for line in lines[:4])
        text = gettext("%(name)s was changed after it was recorded; its entries are now %(now)s")
        yield text % {"name": name, "now": now or "–"}
    if not row.hash.startswith(anchors.get(row.number, "")):
        yield gettext("%(name)s is not the one whose hash was noted elsewhere") % {"name": name}
    sums: dict[int, int] = defaultdict(int)
    for line in lines:
        sums[line.resource] += line.thousandths
        if line.account_resource != line.resource:
            text = gettext("%(name)s: the resource of an entry is not its account's")
            yield text % {"name": name}
    if any(sums.values()):
        yield gettext("the entries of %(name)s do not sum to zero") % {"name": name}


def _compare(proof: Proof) -> None:
    """The balances that are kept with those that the entries give; and entries left over."""
    proof.accounts = Account.objects.count()
    with connection.cursor() as cursor:
        cursor.execute(DERIVED)
        while rows := cursor.fetchmany(STEP):
            for key, *cells in rows:
                kept, derived = (tuple(int(one) for one in part) for part in (cells[:3], cells[3:]))
                text = gettext(
                    "account %(key)s: kept (balance, out, in) %(kept)s thousandths, derived from "
                    "the entries %(derived)s"
                )
                proof.add(text % {"key": key, "kept": kept, "derived": derived})
    loose = Entry.objects.count() - proof.entries
    if loose:
        proof.add(gettext("%(count)s entries belong to no movement") % {"count": loose})
