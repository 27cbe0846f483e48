"""The accounts that a set of movements touches: as they stand, and what changes in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sampan_platform.common import bulk
from sampan_platform.ledger.accounts import NEVER_BELOW_ZERO, AccountKey, Leg
from sampan_platform.ledger.models import Account, Event

COLUMNS = {
    "key": "text", "kind": "text", "resource_id": "bigint", "site_id": "bigint", "lot": "text",
    "expires_on": "date", "reference": "text", "balance": "bigint", "pending_out": "bigint",
    "pending_in": "bigint",
}  # fmt: skip
TABLE = Account._meta.db_table


@dataclass(slots=True)
class Delta:
    """What changes in one account, in thousandths."""

    balance: int = 0
    pending_out: int = 0
    pending_in: int = 0

    def add(self, event: Event, quantity: int) -> None:
        """What one leg changes when this happens to its movement."""
        if event in (Event.POST, Event.SETTLE):
            self.balance += quantity
        if event == Event.POST:
            return
        set_apart = 1 if event == Event.PEND else -1
        if quantity < 0:
            self.pending_out -= set_apart * quantity
        else:
            self.pending_in += set_apart * quantity


@dataclass(frozen=True)
class Shortage:
    """More is to leave an account than may."""

    key: AccountKey
    wanted: int
    has: int
    free: bool
    """Whether what others have set apart was taken off."""


@dataclass
class Books:
    """Accounts by key."""

    numbers: dict[str, int]
    """Of the accounts' rows."""
    stands: dict[str, Delta]
    """With all that was taken into the books so far."""
    changes: dict[str, Delta] = field(default_factory=dict)

    def shortages(
        self, deltas: Mapping[str, tuple[AccountKey, Delta]], event: Event
    ) -> list[Shortage]:
        """Goods that are not there cannot leave, nor be set apart when they are already."""
        found = []
        for text, (key, delta) in deltas.items():
            if key.kind not in NEVER_BELOW_ZERO:
                continue
            there = self.stands[text]
            is_pending = event == Event.PEND
            has = there.balance - there.pending_out if is_pending else there.balance
            wanted = delta.pending_out if is_pending else -delta.balance
            if wanted > 0 and wanted > has:
                found.append(Shortage(key, wanted, max(has, 0), is_pending))
        return found

    def take(self, deltas: Mapping[str, tuple[AccountKey, Delta]]) -> None:
        """Let the changes be."""
        for text, (_, delta) in deltas.items():
            for kept in (self.stands[text], self.changes.setdefault(text, Delta())):
                kept.balance += delta.balance
                kept.pending_out += delta.pending_out
                kept.pending_in += delta.pending_in

    def keep(self) -> None:
        """Add what changed to the balances in the database."""
        bulk.add_up(
            TABLE,
            ("balance", "pending_out", "pending_in"),
            [
                (delta.balance, delta.pending_out, delta.pending_in, self.numbers[text])
                for text, delta in self.changes.items()
            ],
        )


def deltas_of(legs: Iterable[Leg], event: Event) -> dict[str, tuple[AccountKey, Delta]]:
    """What the legs change together, by account."""
    found: dict[str, tuple[AccountKey, Delta]] = {}
    for leg in legs:
        text = leg.account.text
        if text not in found:
            found[text] = (leg.account, Delta())
        found[text][1].add(event, leg.thousandths)
    return found


def open_books(keys: Mapping[str, AccountKey]) -> Books:
    """The accounts of the keys, made where they are new."""
    rows = _read(list(keys))
    found = {row[1] for row in rows}
    new = [key for text, key in keys.items() if text not in found]
    if new:
        bulk.insert(TABLE, COLUMNS, [_new(key) for key in new])
        rows += _read([key.text for key in new])
    numbers = {text: number for number, text, *_ in rows}
    return Books(numbers, {text: Delta(*rest) for _, text, *rest in rows})


def _new(key: AccountKey) -> tuple[str | int | date | None, ...]:
    place = (key.text, str(key.kind), key.resource, key.site, key.lot, key.expires_on)
    return (*place, key.reference, 0, 0, 0)


def _read(texts: Sequence[str]) -> list[tuple[int, str, int, int, int]]:
    condition, parameters = bulk.one_of("key", "text", texts)
    rows = bulk.select(
        f"SELECT id, key, balance, pending_out, pending_in FROM {TABLE} WHERE {condition}",  # nosec B608
        parameters,
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]
