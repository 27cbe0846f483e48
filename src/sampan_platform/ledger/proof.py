"""Proving the ledger: every balance derived anew from the entries, every link of the chain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

from django.db import transaction

from sampan_platform.common.quantity import to_thousandths
from sampan_platform.ledger import chain
from sampan_platform.ledger.models import Account, Entry, Event, Head, Movement

STEP = 2000
"""Movements looked at together."""
TOLD = 20
"""Problems named; the rest is counted."""


@dataclass
class Proof:
    """What was looked at and what was wrong with it."""

    movements: int = 0
    entries: int = 0
    accounts: int = 0
    head: str = ""
    problems: list[str] = field(default_factory=list)
    more: int = 0

    @property
    def holds(self) -> bool:
        """Whether nothing was wrong."""
        return not self.problems

    def add(self, problem: str) -> None:
        """One more thing that is wrong."""
        if len(self.problems) < TOLD:
            self.problems.append(problem)
        else:
            self.more += 1

    def __str__(self) -> str:
        looked = f"{self.movements} movements, {self.entries} entries, {self.accounts} accounts"
        if self.holds:
            return f"proved: {looked}; the chain ends in {self.head[:12] or 'nothing'}"
        return f"NOT PROVED ({looked}): {self.problems[0]}" + (
            f" … and {len(self.problems) + self.more - 1} more" if len(self.problems) > 1 else ""
        )


def prove(progress: Callable[[int], None] | None = None) -> Proof:
    """Derive every balance from the entries and follow the chain from its start.

    Memory grows with the accounts, not with the movements.
    """
    proof = Proof()
    balances: dict[int, int] = defaultdict(int)
    set_apart: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    keys = dict(Account.objects.values_list("pk", "key"))
    resources = dict(Account.objects.values_list("pk", "resource_id"))
    with transaction.atomic():
        previous, number = "", 0
        rows = Movement.objects.order_by("number").iterator(STEP)
        while batch := list(islice(rows, STEP)):
            legs = _legs(batch, proof)
            for row in batch:
                number += 1
                _follow(row, number, previous, legs[row.number], keys, resources, proof)
                previous = row.hash
                _count(row, legs[row.number], balances, set_apart)
            proof.movements += len(batch)
            if progress is not None:
                progress(proof.movements)
        _compare(balances, set_apart, proof)
        head = Head.objects.filter(pk=1).first()
        if head is not None and (head.number, head.hash) != (number, previous):
            proof.add(f"the chain's end is {head.number}, but its last movement is {number}")
        proof.head = previous
        orphans = Entry.objects.filter(movement__isnull=True).count()
        loose = Entry.objects.count() - proof.entries
        if orphans or loose:
            proof.add(f"{loose or orphans} entries belong to no movement")
    return proof


def _legs(batch: list[Movement], proof: Proof) -> dict[int, list[tuple[int, int, int]]]:
    """Account, resource and thousandths of the movements' entries."""
    found: dict[int, list[tuple[int, int, int]]] = {row.number: [] for row in batch}
    entries = Entry.objects.filter(
        movement_id__gte=batch[0].number, movement_id__lte=batch[-1].number
    )
    columns = ("movement_id", "account_id", "resource_id", "quantity")
    for movement, account, resource, quantity in entries.values_list(*columns):
        if movement in found:
            found[movement].append((account, resource, to_thousandths(quantity)))
            proof.entries += 1
    return found


def _follow(
    row: Movement,
    number: int,
    previous: str,
    legs: list[tuple[int, int, int]],
    keys: dict[int, str],
    resources: dict[int, int],
    proof: Proof,
) -> None:
    """Is this link what it says, and does it follow the one before?"""
    if row.number != number:
        proof.add(f"movement {number} is missing (the next one is {row.number})")
    if row.previous != previous:
        proof.add(f"movement {row.number} does not follow the one before it")
    if row.hash != chain.link(row, [(keys.get(one, "?"), amount) for one, _, amount in legs]):
        proof.add(f"movement {row.number} ({row.movement}) was changed after it was recorded")
    sums: dict[int, int] = defaultdict(int)
    for account, resource, amount in legs:
        sums[resource] += amount
        if resources.get(account) != resource:
            proof.add(f"movement {row.number}: an entry's resource is not its account's")
    if any(sums.values()):
        proof.add(f"the entries of movement {row.number} do not sum to zero")


def _count(
    row: Movement,
    legs: list[tuple[int, int, int]],
    balances: dict[int, int],
    set_apart: dict[int, list[int]],
) -> None:
    for account, _, amount in legs:
        if row.event in (Event.POST, Event.SETTLE):
            balances[account] += amount
        if row.event != Event.POST:
            sign = 1 if row.event == Event.PEND else -1
            set_apart[account][amount > 0] += sign * abs(amount)


def _compare(balances: dict[int, int], set_apart: dict[int, list[int]], proof: Proof) -> None:
    for account in Account.objects.order_by("pk").iterator(STEP):
        proof.accounts += 1
        derived = balances[account.pk], *set_apart[account.pk]
        kept = tuple(
            to_thousandths(one)
            for one in (account.balance, account.pending_out, account.pending_in)
        )
        if derived != kept:
            proof.add(
                f"account {account.key}: kept (balance, out, in) {kept} thousandths, "
                f"derived from the entries {derived}"
            )
