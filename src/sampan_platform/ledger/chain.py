"""How a link of the chain is made: what exactly is hashed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import polars as pl

from sampan_platform.ledger.accounts import Posting
from sampan_platform.ledger.models import Movement


def content_of(posting: Posting) -> str:
    """What the same id must mean again: everything but when and by whom it was sent."""
    legs = sorted((leg.account.text, leg.thousandths) for leg in posting.legs)
    day, reverses = posting.day.isoformat(), str(posting.reverses or "")
    return _sha256([posting.kind, legs, day, posting.reason, posting.source, reverses])


def link(row: Movement, legs: Iterable[tuple[str, int]]) -> str:
    """The hash of a movement's row, its entries (account key, thousandths) and what came before."""
    return _sha256(
        [
            row.number,
            str(row.movement),
            row.event,
            row.kind,
            row.day.isoformat(),
            row.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
            row.actor_id,
            row.reason,
            row.source,
            str(row.reverses or ""),
            row.content,
            row.previous,
            sorted(legs),
        ]
    )


def _sha256(parts: list[Any]) -> str:
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def linked(
    rows: pl.DataFrame, previous: str, recorded_at: datetime, actor: int | None
) -> pl.DataFrame:
    """Posted movements of two legs, as columns, with the cells that `Movement` keeps.

    The texts that are hashed are, letter by letter, those of `content_of` and `link`; a proof
    of the chain reads them there.

    Parameters
    ----------
    rows
        As `columns.COLUMNS`, with `number` and `movement`, in the order of the numbers.
    """
    moment = recorded_at.isoformat(timespec="microseconds")
    legs, kind, reason, source = _legs(), _quoted("kind"), _quoted("reason"), _quoted("source")
    day = pl.col("day").dt.to_string("%Y-%m-%d")
    content = pl.format('[{},{},"{}",{},{},""]', kind, legs, day, reason, source)
    start = pl.format(
        '[{},"{}","post",{},"{}","{}",{},{},{},"","', "number", "movement", kind, day,
        pl.lit(moment), pl.lit(json.dumps(actor)), reason, source,
    )  # fmt: skip
    texts = rows.select(start.alias("start"), content.alias("content"), legs.alias("legs"))
    contents, hashes = [], [previous]
    for before, asked, moved in texts.iter_rows():
        contents.append(hashlib.sha256(asked.encode()).hexdigest())
        whole = f'{before}{contents[-1]}","{hashes[-1]}",{moved}]'
        hashes.append(hashlib.sha256(whole.encode()).hexdigest())
    return rows.with_columns(
        pl.Series("content", contents), pl.Series("previous", hashes[:-1]),
        pl.Series("hash", hashes[1:]), event=pl.lit("post"), ends=pl.lit(value=False),
        recorded_at=pl.lit(recorded_at), actor_id=pl.lit(actor, dtype=pl.Int64),
        reverses=pl.lit(None, dtype=pl.String),
    )  # fmt: skip


def _legs() -> pl.Expr:
    """The two legs in the order of their accounts' keys."""
    place = pl.format("|{}|{}|||", "resource", "site")
    stock = pl.format('["stock{}",{}]', place, "quantity")
    other = pl.format('["{}{}",{}]', "other", place, -pl.col("quantity"))
    other_first = pl.format("[{},{}]", other, stock)
    stock_first = pl.format("[{},{}]", stock, other)
    return pl.when(pl.col("other") < "stock").then(other_first).otherwise(stock_first)


def _quoted(name: str) -> pl.Expr:
    """A text as JSON writes it; what needs no escaping is not looked at one by one."""
    text = pl.col(name)
    odd = pl.when(text.str.contains(r'["\\\x00-\x1f]')).then(text)
    escaped = odd.map_elements(_dumped, return_dtype=pl.String)
    return pl.coalesce(escaped, pl.format('"{}"', text))


def _dumped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
