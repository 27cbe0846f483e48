"""What reports do to the ledger: output into stock, stock into use, and counted differences.

For each report, in the order of the days:

- its output comes from production into stock;
- its use goes from stock into use, the goods that expire first before others;
- if it states a stock and the book at the end of that day says otherwise, the difference is an
  adjustment with a reason. So late and corrected reports never shift what was counted later:
  the next count is compared with the book again.

A report that would take a balance below zero, or goods out of quarantine, is kept and flagged,
and none of it is posted. What was posted for a report that is corrected is reversed, where it
changed. Services have no stock;
equipment is lent and kept, so that its use moves nothing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import uuid4

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.collect import staging
from sampan_platform.collect.books import BATCH, Book, Lot, Posted, load
from sampan_platform.collect.models import Postings, Report
from sampan_platform.common.quantity import SCALE
from sampan_platform.ledger import services as ledger
from sampan_platform.ledger.services import AccountKey, Leg, Posting
from sampan_platform.people.models import User

OUTPUT, USE, COUNT = "report-output", "report-use", "report-count"
OTHER_END = {OUTPUT: "production", USE: "use", COUNT: "adjustment"}
BELOW_ZERO, DIFFERS, HELD = "below-zero", "stock-differs", "lot-held"
LEDGER_FLAGS = (BELOW_ZERO, DIFFERS, HELD)
Key = tuple[int, int, date]


@dataclass(frozen=True)
class Said:
    """What the ledger needs of a report; quantities in thousandths."""

    pk: int
    site: int
    resource: int
    day: date
    output: int | None
    used: int | None
    stock: int | None
    version: int
    posting: str
    flags: str
    """JSON."""

    @property
    def source(self) -> str:
        """As the ledger's movements name it."""
        return f"report:{self.pk}"


@dataclass(frozen=True)
class Result:
    """What became of one report."""

    said: Said
    posting: str
    flag: str = ""


def post_touched(actor: User) -> dict[Key, str]:
    """Post the staged reports and the later ones that rest on them.

    Returns
    -------
    dict
        Those that were flagged, by site, resource and day: `below-zero` or `stock-differs`.
    """
    kinds = dict(catalogue.resources().prefetch_related(None).values_list("pk", "kind"))
    said = [Said(*row) for row in staging.touched().iter_rows()]
    said = [
        one for one in said if one.posting != Postings.NONE and kinds[one.resource] != "service"
    ]
    if not said:
        return {}
    ledger.wait_for_turn()
    book = load(said)
    postings: list[Posting] = []
    results = [_post(one, book, kinds[one.resource], postings) for one in said]
    ledger.post_many(postings, actor=actor)
    _mark(results)
    return {(one.said.site, one.said.resource, one.said.day): one.flag
            for one in results if one.flag}  # fmt: skip


def _post(said: Said, book: Book, kind: str, postings: list[Posting]) -> Result:
    """Add a report's movements to `postings` and to the book, all or none."""
    pair = (said.site, said.resource)
    mine = book.posted.get(said.source, {})
    own = sum(one.quantity for one in mine.values())
    before = book.at_end(pair, said.day) - own
    wanted = {OUTPUT: said.output or 0, USE: -(said.used or 0) if kind == "good" else 0}
    wanted[COUNT] = 0
    if said.stock is not None:
        wanted[COUNT] = said.stock - before - wanted[OUTPUT] - wanted[USE]
    changes = _changes(said, mine, wanted)
    lots = dict(book.lots.get(pair, {}))
    made: list[Posting] = []
    for reversed_ in (one.reversed for one in changes if one.reversed is not None):
        made.append(_reversal(said, reversed_))
        for lot, quantity in reversed_.lots:
            if quantity < 0 and (pair, lot) in book.held:
                return Result(said, Postings.REFUSED, HELD)
            lots[lot] = lots.get(lot, 0) - quantity
    for change in sorted(changes, key=lambda one: -one.quantity):
        if change.quantity == 0:
            continue
        taken = _take(lots, change.quantity, book.reserved.get(pair, {}))
        if taken is None:
            return Result(said, Postings.REFUSED, BELOW_ZERO)
        made.append(_posting(said, change, taken, before))
    if any(quantity < 0 for quantity in lots.values()):
        return Result(said, Postings.REFUSED, BELOW_ZERO)
    was_known = pair in book.lots
    moved = sum(lots.values()) - sum(book.lots.get(pair, {}).values())
    book.lots[pair] = lots
    book.add_later(pair, said.day, moved)
    postings += made
    differs = bool(wanted[COUNT]) and was_known
    return Result(said, Postings.POSTED, DIFFERS if differs else "")


@dataclass(frozen=True)
class _Change:
    """Of one kind of movement: what is reversed and what is posted."""

    kind: str
    reversed: Posted | None
    quantity: int


def _changes(said: Said, mine: dict[str, Posted], wanted: dict[str, int]) -> list[_Change]:
    found = []
    for kind, quantity in wanted.items():
        there = mine.get(kind)
        if (there.quantity if there else 0) != quantity:
            found.append(_Change(kind, there, quantity))
    return found


def _take(
    lots: dict[Lot, int], quantity: int, reserved: dict[Lot, int]
) -> list[tuple[Lot, int]] | None:
    """Change `lots` by a quantity; what leaves expires first, and is not set apart if possible.

    None if so much is not there.
    """
    if quantity > 0:
        none = Lot("", None)
        lots[none] = lots.get(none, 0) + quantity
        return [(none, quantity)]
    left, taken = -quantity, dict.fromkeys(lots, 0)
    for spare in (reserved, {}):
        for lot in sorted(lots, key=lambda one: (one.expires_on or date.max, one.name)):
            part = max(0, min(left, lots[lot] - spare.get(lot, 0)))
            lots[lot] -= part
            taken[lot] += part
            left -= part
    if left:
        return None
    return [(lot, -part) for lot, part in taken.items() if part]


def _posting(said: Said, change: _Change, taken: Iterable[tuple[Lot, int]], before: int) -> Posting:
    legs = [leg for lot, quantity in taken for leg in _legs(said, change.kind, lot, quantity)]
    return Posting(uuid4(), change.kind, legs, said.day, _reason(said, change, before), said.source)


def _legs(said: Said, kind: str, lot: Lot, quantity: int) -> Iterator[Leg]:
    amount = Decimal(quantity) / SCALE
    for account, change in (("stock", amount), (OTHER_END[kind], -amount)):
        yield Leg(AccountKey(account, said.resource, said.site, lot.name, lot.expires_on), change)


def _reason(said: Said, change: _Change, before: int) -> str:
    if change.kind != COUNT:
        return ""
    book = (said.stock or 0) - change.quantity
    return f"Counted {_plain(said.stock or 0)} on {said.day}; the book said {_plain(book)}."


def _plain(thousandths: int) -> str:
    return f"{(Decimal(thousandths) / SCALE).normalize():f}"


def _reversal(said: Said, posted: Posted) -> Posting:
    legs = [Leg(leg.account, -leg.quantity) for leg in posted.legs]
    reason = f"The report of {said.day} was corrected (version {said.version})."
    if posted.kind == COUNT:
        reason = f"What is known of {said.day} or before has changed; the count is compared again."
    kind = f"reverse-{posted.kind}"[:32]
    return Posting(uuid4(), kind, legs, said.day, reason, said.source, reverses=posted.movement)


def _mark(results: list[Result]) -> None:
    """Keep with the reports what became of them, in a query for each different outcome."""
    groups: dict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
    for one in results:
        before = json.loads(one.said.flags)
        flags = [flag for flag in before if flag not in LEDGER_FLAGS]
        flags += [one.flag] if one.flag else []
        if flags != before or one.posting != one.said.posting:
            groups[one.posting, tuple(flags)].append(one.said.pk)
    for (posting, codes), numbers in groups.items():
        for start in range(0, len(numbers), BATCH):
            part = Report.objects.filter(pk__in=numbers[start : start + BATCH])
            part.update(posting=posting, flags=list(codes))
