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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import polars as pl

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.collect import simple, staging
from sampan_platform.collect.books import Book, Lot, Posted, load
from sampan_platform.collect.models import Postings
from sampan_platform.collect.posting_kinds import (
    BELOW_ZERO,
    COUNT,
    DIFFERS,
    HELD,
    LEDGER_FLAGS,
    OTHER_END,
    OUTPUT,
    USE,
)
from sampan_platform.common.quantity import SCALE
from sampan_platform.ledger import services as ledger
from sampan_platform.ledger.services import AccountKey, Leg, Posting
from sampan_platform.people.models import User

NO_LOT = Lot("", None)
RESULT: dict[str, Any] = {"id": pl.Int64, "posting": pl.String, "flag": pl.String}


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

    @property
    def source(self) -> str:
        """As the ledger's movements name it."""
        return f"report:{self.pk}"


SAID = ("id", *staging.KEY, "output", "used", "stock", "version")


@dataclass(frozen=True)
class Result:
    """What became of one report."""

    said: Said
    posting: str
    flag: str = ""


def post(rows: pl.DataFrame, actor: User) -> pl.DataFrame:
    """Post reports that are about to be written, and the later ones that rest on them.

    The caller has waited for its turn at the ledger.

    Returns
    -------
    DataFrame
        `id`, `posting` and `flag` (empty, or of `LEDGER_FLAGS`) of those of `rows` that concern
        the ledger. Of the later ones the same is written here.
    """
    later = staging.later(rows)
    said = _concerned(rows, later)
    if said.is_empty():
        return pl.DataFrame(schema=RESULT)
    again = said.filter((pl.col("version") > 1) | pl.col("is_later"))
    first: Any = said["day"].min()
    sources = [f"report:{number}" for number in again["id"]]
    book = load(said["site_id"].unique().to_list(), said["resource_id"].unique().to_list(),
                first, sources)  # fmt: skip
    plain = _with_opening(said, book)
    followed = simple.follow(plain)
    postings: list[Posting] = []
    others = said.join(plain, on="id", how="anti").select(SAID)
    results = [post_one(one, book, postings) for one in (Said(*row) for row in others.iter_rows())]
    ledger.post_columns(simple.movements(followed), actor=actor)
    ledger.post_many(postings, actor=actor)
    found = pl.concat([simple.results(followed), _frame(results)])
    _mark(later, found)
    return found.join(later, on="id", how="anti")


def _concerned(rows: pl.DataFrame, later: pl.DataFrame) -> pl.DataFrame:
    """What the ledger needs of the reports that are not history, nor about services."""
    catalogued = catalogue.resources().prefetch_related(None).values_list("pk", "kind")
    kinds = pl.DataFrame(
        list(catalogued), schema={"resource_id": pl.Int64, "kind": pl.String}, orient="row"
    )
    columns = [name for name in staging.TOUCHED if name != "flags"]
    both = [
        frame.select(columns).cast({"version": pl.Int64}).with_columns(is_later=pl.lit(value=flag))
        for frame, flag in ((rows, False), (later, True))
    ]
    said = pl.concat(both).filter(pl.col("posting") != Postings.NONE.value)
    joined = said.join(kinds, on="resource_id", how="left", maintain_order="left")
    # what is lent and kept is not used up
    used = pl.when(pl.col("kind") == "good").then("used")
    return joined.filter(pl.col("kind") != "service").with_columns(used=used).sort(staging.KEY)


def _with_opening(said: pl.DataFrame, book: Book) -> pl.DataFrame:
    """The reports of goods that `simple` can follow, with the stock before them."""
    is_new = (pl.col("version") == 1) & ~pl.col("is_later")
    pairs = said.group_by(simple.PAIR, maintain_order=True).agg(
        pl.col("day").min().alias("since"), is_new.all().alias("new")
    )
    cells = []
    for site, resource, since, new in pairs.iter_rows():
        lots, moved = book.lots.get((site, resource)), book.later.get((site, resource), {})
        if new and not set(lots or ()) - {NO_LOT} and not any(day > since for day in moved):
            cells.append((site, resource, None if lots is None else sum(lots.values())))
    schema = {"site_id": pl.Int64, "resource_id": pl.Int64, "opening": pl.Int64}
    openings = pl.DataFrame(cells, schema=schema, orient="row")
    return said.join(openings, on=simple.PAIR, how="inner", maintain_order="left")


def post_one(said: Said, book: Book, postings: list[Posting]) -> Result:
    """Add a report's movements to `postings` and to the book, all or none."""
    pair = (said.site, said.resource)
    mine = book.posted.get(said.source, {})
    own = sum(one.quantity for one in mine.values())
    before = book.at_end(pair, said.day) - own
    wanted = {OUTPUT: said.output or 0, USE: -(said.used or 0)}
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
        lots[NO_LOT] = lots.get(NO_LOT, 0) + quantity
        return [(NO_LOT, quantity)]
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


def _frame(results: list[Result]) -> pl.DataFrame:
    cells = [(one.said.pk, one.posting, one.flag) for one in results]
    return pl.DataFrame(cells, schema=RESULT, orient="row")


def with_flag(flags: str, code: str) -> str:
    """A report's flags (JSON) with what the ledger says now in place of what it said before."""
    kept = [one for one in json.loads(flags) if one not in LEDGER_FLAGS]
    return json.dumps([*kept, *([code] if code else [])])


def _mark(later: pl.DataFrame, found: pl.DataFrame) -> None:
    """Keep with the later reports what became of them."""
    rows = later.select("id", "flags").join(found, on="id")
    if rows.is_empty():
        return
    flags = [with_flag(before, code) for before, code in rows.select("flags", "flag").iter_rows()]
    staging.mark(rows.select("id", "posting", pl.Series("flags", flags)))
