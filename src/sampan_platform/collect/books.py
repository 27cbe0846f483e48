"""The book of the ledger as far as some reports need it, and as their postings change it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sampan_platform.common.quantity import to_thousandths
from sampan_platform.ledger import selectors as ledger
from sampan_platform.ledger.services import Leg

Pair = tuple[int, int]
"""Numbers of a site and a resource."""
BATCH = 5000


@dataclass(frozen=True)
class Lot:
    """A lot at a site; empty for goods without one."""

    name: str
    expires_on: date | None


@dataclass(frozen=True)
class Posted:
    """A movement of a report that stands in the ledger."""

    movement: UUID
    kind: str
    legs: Sequence[Leg]

    @property
    def lots(self) -> list[tuple[Lot, int]]:
        """What it changed in stock, in thousandths."""
        return [
            (Lot(leg.account.lot, leg.account.expires_on), to_thousandths(leg.quantity))
            for leg in self.legs
            if leg.account.kind == "stock"
        ]

    @property
    def quantity(self) -> int:
        """What it changed in stock in all."""
        return sum(quantity for _, quantity in self.lots)


@dataclass
class Book:
    """Stocks now, and what moved since the first of the days that are looked at."""

    lots: dict[Pair, dict[Lot, int]]
    reserved: dict[Pair, dict[Lot, int]]
    """Set apart for orders."""
    later: dict[Pair, dict[date, int]]
    posted: dict[str, dict[str, Posted]]
    """By source and kind."""
    held: set[tuple[Pair, Lot]]
    """Lots in quarantine, into whose stock nothing may come."""

    def at_end(self, pair: Pair, day: date) -> int:
        """Stock at the end of a day."""
        now = sum(self.lots.get(pair, {}).values())
        return now - sum(moved for on, moved in self.later.get(pair, {}).items() if on > day)

    def add_later(self, pair: Pair, day: date, moved: int) -> None:
        """Something was posted on a day."""
        days = self.later.setdefault(pair, {})
        days[day] = days.get(day, 0) + moved


def load(
    sites: Collection[int], resources: Collection[int], first: date, sources: Sequence[str]
) -> Book:
    """What the ledger holds, in a number of queries that does not grow with the reports.

    Parameters
    ----------
    first
        The first day that is asked for.
    sources
        Of the reports of which something may have been posted before.
    """
    posted = _posted(sources)
    book = Book({}, {}, {}, posted, _held(posted))
    for row in ledger.on_hand(sites, resources):
        pair, lot = (row.site, row.resource), Lot(row.lot, row.expires_on)
        book.lots.setdefault(pair, {})[lot] = to_thousandths(row.quantity)
        if row.pending_out:
            book.reserved.setdefault(pair, {})[lot] = to_thousandths(row.pending_out)
    for site, resource, day, moved in ledger.moved_after(sites, resources, first):
        book.add_later((site, resource), day, _thousandths(moved))
        book.lots.setdefault((site, resource), {})
    return book


def _thousandths(quantity: Decimal | None) -> int:
    return 0 if quantity is None else to_thousandths(quantity)


def _posted(sources: Sequence[str]) -> dict[str, dict[str, Posted]]:
    """Movements of these sources that are not reversed."""
    found: dict[str, dict[str, Posted]] = defaultdict(dict)
    for part in _batches(sources):
        by_source = ledger.movements_of(part)
        rows = [row for rows in by_source.values() for row in rows]
        legs = ledger.legs_of_many([row.number for row in rows])
        for row in rows:
            found[row.source][row.kind] = Posted(row.movement, row.kind, legs[row.number])
    return found


def _held(posted: dict[str, dict[str, Posted]]) -> set[tuple[Pair, Lot]]:
    """Of the lots that a reversal would bring back into stock."""
    keys = {
        leg.account
        for movements in posted.values()
        for one in movements.values()
        for leg in one.legs
        if leg.account.kind == "stock" and leg.account.lot and leg.quantity < 0
    }
    found = ledger.held_lots(keys) if keys else set()
    return {((key.site or 0, key.resource), Lot(key.lot, key.expires_on)) for key in found}


def _batches(sources: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(sources), BATCH):
        yield sources[start : start + BATCH]
