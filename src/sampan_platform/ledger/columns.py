"""Plain movements by the hundred thousand, as columns: read `post_columns` first.

What reports do to the ledger is mostly of one kind: a site's stock without lots gains what one
other account of the same site loses. Such movements are posted here a column at a time. The
rules are those of `moving` and `writing`: the same accounts, shortages, chain and triggers; only
the id of each movement is made here.
"""

from __future__ import annotations

import os
from datetime import UTC
from typing import Any

import numpy as np
import polars as pl
from django.db import transaction

from sampan_platform.common import bulk, clock
from sampan_platform.common.errors import InvalidError
from sampan_platform.common.quantity import LARGEST, SCALE
from sampan_platform.ledger import chain, checking, writing
from sampan_platform.ledger.accounts import AccountKey
from sampan_platform.ledger.books import Books, Delta, open_books
from sampan_platform.ledger.models import Entry, Event, Kind, Movement
from sampan_platform.people.models import User

COLUMNS: dict[str, Any] = {
    "kind": pl.String, "day": pl.Date, "reason": pl.String, "source": pl.String,
    "resource": pl.Int64, "site": pl.Int64, "other": pl.String, "quantity": pl.Int64,
}  # fmt: skip
"""`other` is the kind of the other account; `quantity`, in thousandths, is what stock gains."""
PLACE = ("resource", "site")


@transaction.atomic
def post_columns(movements: pl.DataFrame, *, actor: User | None) -> int:
    """Post all rows of a table with `COLUMNS`, each a movement, or none; how many there are.

    As with `post_many` it is enough that the goods are there for all of them together, and the
    number of queries does not grow with them.

    Raises
    ------
    InvalidError
        Code `below-zero`: goods that are not there; a text that is too long; a quantity of zero
        or above the limit.
    """
    rows = movements.select(COLUMNS.keys()).cast(pl.Schema(COLUMNS))
    if rows.is_empty():
        return 0
    _check(rows)
    head = writing.lock_head()
    keys = _keys(rows)
    books = open_books({key.text: key for key in keys.values()})
    _take(rows, books, keys)
    linked = chain.linked(
        _numbered(rows, head.number), head.hash, clock.now().astimezone(UTC),
        None if actor is None else actor.pk,
    )  # fmt: skip
    # entries first, as in `writing.append`
    bulk.load(Entry._meta.db_table, _entries(linked, books, keys))
    bulk.load(
        Movement._meta.db_table,
        linked.select(writing.MOVEMENT.keys()),
        ids=("movement", "reverses"),
    )
    books.keep()
    head.number, head.hash = linked.item(-1, "number"), linked.item(-1, "hash")
    head.save(update_fields=["number", "hash"])
    return len(rows)


def _check(rows: pl.DataFrame) -> None:
    """What `checking.check` asks, of whole columns; that legs sum to zero is by construction."""
    nulls = [name for name in COLUMNS if rows[name].null_count()]
    if nulls:
        raise InvalidError(f"Movements without {', '.join(nulls)}: every column is needed.")
    unknown = set(rows["other"].unique()) - (checking.KINDS - {Kind.STOCK})
    if unknown:
        raise InvalidError(f"{', '.join(sorted(unknown))}: there are no such accounts.")
    for name in ("kind", "source", "reason"):
        longest = checking.LONGEST[name]
        if (rows[name].str.len_chars() > longest).any():
            raise InvalidError(f"A movement's {name} has more than {longest} characters.")
        if rows[name].str.contains("\x00", literal=True).any():
            raise InvalidError(f"A movement's {name} has a character that is no text.")
    largest = int(LARGEST) * SCALE
    if ((rows["quantity"] == 0) | (rows["quantity"].abs() > largest)).any():
        raise InvalidError(f"A movement moves nothing, or more than {LARGEST}.", code="quantity")


def _keys(rows: pl.DataFrame) -> dict[tuple[str, int, int], AccountKey]:
    """The accounts of both sides, by kind, resource and site."""
    others = rows.select("other", *PLACE).unique()
    stocks = others.select(pl.lit(str(Kind.STOCK)).alias("other"), *PLACE).unique()
    found = pl.concat([stocks, others]).sort("other", *PLACE).rows()
    return {(kind, resource, site): AccountKey(kind, resource, site)
            for kind, resource, site in found}  # fmt: skip


def _take(rows: pl.DataFrame, books: Books, keys: dict[tuple[str, int, int], AccountKey]) -> None:
    """What all change together must be possible."""
    side = rows.select("other", *PLACE, "quantity")
    stock = side.with_columns(other=pl.lit(str(Kind.STOCK)))
    sides = pl.concat([stock, side.with_columns(-pl.col("quantity"))])
    summed = sides.group_by("other", *PLACE).agg(pl.col("quantity").sum())
    deltas = {
        keys[kind, resource, site].text: (keys[kind, resource, site], Delta(quantity))
        for kind, resource, site, quantity in summed.sort("other", *PLACE).iter_rows()
    }
    shortages = books.shortages(deltas, Event.POST)
    if shortages:
        problems = checking.words(shortages)
        raise InvalidError(problems[0].message, problems, code=problems[0].code)
    books.take(deltas)


def _numbered(rows: pl.DataFrame, last: int) -> pl.DataFrame:
    """With their places in the chain and an id each."""
    numbers = pl.int_range(last + 1, last + 1 + len(rows), eager=True, dtype=pl.Int64)
    return rows.with_columns(number=numbers, movement=_ids(len(rows)))


def _ids(count: int) -> pl.Series:
    """Random ids as `uuid4` makes them, in the usual writing."""
    cells = np.frombuffer(os.urandom(16 * count), dtype=np.uint8).reshape(count, 16).copy()
    cells[:, 6] = (cells[:, 6] & 0x0F) | 0x40
    cells[:, 8] = (cells[:, 8] & 0x3F) | 0x80
    text = cells.tobytes().hex()
    plain = pl.Series("id", [text[at : at + 32] for at in range(0, len(text), 32)])
    parts = [pl.col("id").str.slice(at, size) for at, size in
             ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))]  # fmt: skip
    return plain.to_frame().select(pl.concat_str(parts, separator="-")).to_series()


def _entries(
    linked: pl.DataFrame, books: Books, keys: dict[tuple[str, int, int], AccountKey]
) -> pl.DataFrame:
    """Two a movement: the stock's and the other's."""
    cells = [(*place, books.numbers[key.text]) for place, key in keys.items()]
    schema: dict[str, Any] = {"other": pl.String, "resource": pl.Int64, "site": pl.Int64,
                              "account_id": pl.Int64}  # fmt: skip
    accounts = pl.DataFrame(cells, schema=schema, orient="row")
    side = linked.select("number", "other", *PLACE, "quantity")
    stock = side.with_columns(other=pl.lit(str(Kind.STOCK)))
    sides = pl.concat([stock, side.with_columns(-pl.col("quantity"))])
    joined = sides.join(accounts, on=["other", *PLACE], how="left", maintain_order="left")
    return joined.sort("number", maintain_order=True).select(
        movement_id="number", account_id="account_id", resource_id="resource", quantity="quantity"
    )
