"""The rule of `postings` for goods without lots, over many days of many places in one go.

Most reports are about goods of which nobody knows a lot, are filed for the first time and for
days after which nothing moved yet. For them a running balance is all there is to keep. The
result is the same as that of `postings.post_one`, which a test holds against it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from sampan_platform.collect.posting_kinds import BELOW_ZERO, COUNT, DIFFERS, OTHER_END, OUTPUT, USE
from sampan_platform.common.quantity import SCALE

PAIR = ["site_id", "resource_id"]


@dataclass
class _Run:
    """What comes of each report, in their order."""

    counted: list[int | None] = field(default_factory=list)
    """Stock found above (or below) the book; null where nothing is posted."""
    book: list[int] = field(default_factory=list)
    flag: list[str] = field(default_factory=list)


def follow(said: pl.DataFrame) -> pl.DataFrame:
    """What becomes of reports of such goods.

    Parameters
    ----------
    said
        In the order of site, resource and day: `site_id`, `resource_id`, `output`, `used` (none
        of what is lent and kept), `stock`; `opening`, the stock before, null where the ledger
        has never heard of it.

    Returns
    -------
    DataFrame
        The same with `counted` (null: refused), `book` before the count, and `flag`.
    """
    run = _Run()
    starts = said.select(
        pl.struct(PAIR).ne_missing(pl.struct(PAIR).shift(1)).fill_null(value=True)
    ).to_series()
    columns = said.select("output", "used", "stock", "opening")
    balance, is_known = 0, False
    for is_first, (output, used, stock, opening) in zip(starts, columns.iter_rows(), strict=True):
        if is_first:
            balance, is_known = opening or 0, opening is not None
        book = balance + (output or 0) - (used or 0)
        run.book.append(book)
        if stock is None and book < 0:
            run.counted.append(None)
            run.flag.append(BELOW_ZERO)
            continue
        counted = 0 if stock is None else stock - book
        run.counted.append(counted)
        run.flag.append(DIFFERS if counted and is_known else "")
        balance, is_known = book + counted, True
    return said.with_columns(
        pl.Series("counted", run.counted, dtype=pl.Int64),
        pl.Series("book", run.book, dtype=pl.Int64),
        pl.Series("flag", run.flag, dtype=pl.String),
    )


def movements(followed: pl.DataFrame) -> pl.DataFrame:
    """What the ledger is asked to post for them, as `ledger.services.post_columns` takes it."""
    posted = followed.filter(pl.col("counted").is_not_null()).with_row_index("place")
    found = pl.concat(
        [
            _moved(posted, OUTPUT, pl.col("output"), pl.lit("")),
            _moved(posted, USE, -pl.col("used"), pl.lit("")),
            _moved(posted, COUNT, pl.col("counted"), _counted()),
        ]
    )
    # what comes in is there before what goes out
    return found.sort("place", -pl.col("quantity"), maintain_order=True).drop("place")


def results(followed: pl.DataFrame) -> pl.DataFrame:
    """`id`, `posting` and `flag` of each."""
    refused = pl.when(pl.col("counted").is_null()).then(pl.lit("refused"))
    return followed.select("id", refused.otherwise(pl.lit("posted")).alias("posting"), "flag")


def _moved(rows: pl.DataFrame, kind: str, quantity: pl.Expr, reason: pl.Expr) -> pl.DataFrame:
    return rows.filter(quantity.fill_null(0) != 0).select(
        "place", "day", resource="resource_id", site="site_id", quantity=quantity,
        source=pl.format("report:{}", "id"), kind=pl.lit(kind), other=pl.lit(OTHER_END[kind]),
        reason=reason,
    )  # fmt: skip


def _counted() -> pl.Expr:
    day = pl.col("day").dt.to_string("%Y-%m-%d")
    return pl.format("Counted {} on {}; the book said {}.", plain("stock"), day, plain("book"))


def plain(name: str) -> Any:
    """Thousandths as a person writes them: 1500 are 1.5."""
    size = pl.col(name).abs()
    rest = (size % SCALE).cast(pl.String).str.zfill(3).str.strip_chars_end("0")
    sign = pl.when(pl.col(name) < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    point = pl.when(size % SCALE != 0).then(pl.lit(".")).otherwise(pl.lit(""))
    return pl.concat_str(sign, (size // SCALE).cast(pl.String), point, rest)
