"""What was sent against what is there: new, corrected, unchanged; and what looks wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from sampan_platform.collect.cells import WITHDRAWN
from sampan_platform.collect.columns import EXPLANATION, MEASURES
from sampan_platform.collect.staging import KEY

FLAG_RULES: tuple[tuple[str, pl.Expr], ...] = (
    ("output-above-capacity", pl.col("output") > pl.col("capacity")),
    ("effective-above-nominal", pl.col("effective_capacity") > pl.col("nominal_capacity")),
)
Capacities = Callable[[pl.DataFrame], pl.DataFrame]
"""Rows → `site_id`, `resource_id`, `known`: the capacity stated last before them."""


@dataclass(frozen=True)
class Compared:
    """Rows that will be written, and how many will not."""

    rows: pl.DataFrame
    """As `staging.WRITTEN`, and `place`; in the order of `KEY`."""
    created: int
    corrected: int
    unchanged: int
    superseded: int
    """Rows of a file that came before, about what was said anew since then: they stay out."""


def fresh(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows as first reports: nothing is there that a withdrawal could take back.

    Rows that withdraw and say nothing else are left out.
    """
    stated = [
        pl.when(pl.col(name) != WITHDRAWN).then(pl.col(name)).alias(name) for name in MEASURES
    ]
    made = rows.with_columns(*stated, version=pl.lit(1), id=pl.lit(None, dtype=pl.Int64))
    if not rows.select(pl.any_horizontal(pl.col(*MEASURES) == WITHDRAWN).any()).item():
        return made
    says = pl.any_horizontal(pl.col(*MEASURES).is_not_null()) | (pl.col(EXPLANATION) != "")
    return made.filter(says)


def merge(rows: pl.DataFrame, there: pl.DataFrame, seen_in: int | None) -> Compared:
    """Rows over what is there: an empty cell says nothing and leaves what was said before.

    Parameters
    ----------
    seen_in
        The filing in which the same file came before, if it did.
    """
    if there.is_empty():
        made = fresh(rows)
        return Compared(made, len(made), 0, len(rows) - len(made), 0)
    joined = rows.join(there, on=list(KEY), how="left", suffix="_before", maintain_order="left")
    is_new = pl.col("version").is_null()
    new = joined.filter(is_new)
    old = joined.filter(~is_new)
    superseded = 0
    if seen_in is not None:
        later = old.filter(pl.col("filing_id") > seen_in)
        superseded = len(later)
        old = old.join(later, on=list(KEY), how="anti")
    merged = [
        pl.when(pl.col(name) == WITHDRAWN)
        .then(None)
        .otherwise(pl.coalesce(name, f"{name}_before"))
        .alias(name)
        for name in MEASURES
    ]
    words = pl.when(pl.col(EXPLANATION) == "").then(f"{EXPLANATION}_before").otherwise(EXPLANATION)
    stated = old.with_columns(*merged, words.alias(EXPLANATION))
    differs = [
        pl.col(name).ne_missing(pl.col(f"{name}_before")) for name in (*MEASURES, EXPLANATION)
    ]
    changed = stated.filter(pl.any_horizontal(differs))
    corrected = changed.with_columns(
        version=pl.col("version") + 1,
        posting=pl.when(pl.col("posting_before") == "none")
        .then(pl.lit("none"))
        .otherwise("posting"),
    ).select(*rows.columns, "version", "id")
    first = fresh(new.select(rows.columns)).with_columns(pl.col("version").cast(pl.Int64))
    return Compared(
        pl.concat([first, corrected]).sort(KEY), len(first), len(corrected),
        len(rows) - len(first) - len(corrected) - superseded, superseded,
    )  # fmt: skip


def flagged(rows: pl.DataFrame, capacities: Capacities) -> pl.DataFrame:
    """Rows with `flags`: a JSON list of codes, null where nothing looks wrong."""
    stated = pl.coalesce("effective_capacity", "nominal_capacity")
    rows = rows.with_columns(capacity=stated)
    lacking = rows.filter(pl.col("output").is_not_null() & pl.col("capacity").is_null())
    if len(lacking):
        rows = _with_earlier(rows, capacities(lacking))
    codes = [pl.when(rule).then(pl.lit(f'"{code}"')) for code, rule in FLAG_RULES]
    listed = pl.concat_str(codes, separator=", ", ignore_nulls=True)
    return rows.with_columns(flags=pl.when(listed != "").then(pl.format("[{}]", listed))).drop(
        "capacity"
    )


def _with_earlier(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The capacity stated last: in these rows on an earlier day, else before them.

    The rows stand in the order of `KEY`.
    """
    pair = ["site_id", "resource_id"]
    ordered = rows.join(known, on=pair, how="left", maintain_order="left")
    earlier = pl.col("capacity").forward_fill().over(pair)
    return ordered.with_columns(capacity=pl.coalesce(earlier, "known")).drop("known")
