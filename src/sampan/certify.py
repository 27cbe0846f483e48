"""The solver's duals, part by part → the plan's prices and bounds.

A part's solve was confined to the plans that are optimal for the parts before it, so its own
duals may have the wrong sign where an earlier part holds a column or a row at its bound.
Enough of that earlier part's duals on top puts the sign right; that multiple is the price of
the row that keeps the earlier part's value (`stage` in the certificate).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from sampan.model import Model
from sampan.model.numbers import Array
from sampan.model.rows import Rows
from sampan.solvers.highs import NONZERO_DUAL, Duals
from sampan.stages import POSITIVE, ExtraRow, Outcome, PartResult

NEGLIGIBLE = 1e-12
"""Scaled duals below this are rounding, and are left out of the prices."""


@dataclass(frozen=True)
class Certified:
    """One part's duals in the tables' units, with signs that hold without the earlier parts.

    `row` has the solver's signs: d objective / d row bound.
    """

    stage: str
    part: str
    column: Array
    """Reduced costs of the model's columns."""
    row: Array
    """Of the model's rows."""
    extra: list[tuple[ExtraRow, float]]
    """Rows added on the way, and the multiples of earlier parts as `stage` rows."""


def certified(
    model: Model, outcome: Outcome, column_scale: Array, row_scale: Array
) -> dict[tuple[str, str], Certified]:
    """Every part that proved something, made whole, by stage and part."""
    signs = _Signs(model, len(row_scale))
    found = {}
    held: set[ExtraRow] = set()
    for place, part in enumerate(outcome.parts):
        if part.duals is not None:
            duals, multiples = _compose(signs, part, outcome.parts[:place])
            rows = _row_duals(duals, row_scale)
            found[part.stage, part.part] = Certified(
                part.stage,
                part.part,
                duals.column[: model.columns.count]
                / column_scale[: model.columns.count]
                * duals.factor,
                rows[: len(model.row_lower)],
                _extra(outcome, part, rows, multiples, held),
            )
    return found


class _Signs:
    """Which columns and rows have a sign to respect: not those without room of their own."""

    def __init__(self, model: Model, rows: int) -> None:
        self.columns = model.upper > 0
        self.rows = np.ones(rows, dtype=bool)
        self.rows[: len(model.row_lower)] = model.row_lower < model.row_upper


def _compose(
    signs: _Signs, part: PartResult, before: list[PartResult]
) -> tuple[Duals, dict[str, float]]:
    """The part's duals plus what they need of earlier parts', the latest first."""
    assert part.duals is not None  # noqa: S101 - the caller asks only for those
    column, row = part.duals.column.copy(), part.duals.row.copy()
    factor = part.duals.factor
    multiples: dict[str, float] = {}
    for earlier in reversed(before):
        if earlier.duals is None or not earlier.kept_by_duals:
            continue
        theirs = earlier.duals
        multiple = max(
            _needed(column, theirs.column, signs.columns), _needed(row, theirs.row, signs.rows)
        )
        if multiple > 0:
            column[: len(theirs.column)] += multiple * theirs.column[: len(column)]
            row[: len(theirs.row)] += multiple * theirs.row[: len(row)]
            key = f"{earlier.stage}:{earlier.part}"
            multiples[key] = multiple * factor / theirs.factor
    return Duals(column, row, factor), multiples


def _needed(ours: Array, theirs: Array, signed: Array) -> float:
    """The least multiple of their duals that leaves ours no sign against theirs."""
    size = min(len(ours), len(theirs), len(signed))
    ours, theirs = ours[:size], theirs[:size]
    against = signed[:size] & (np.abs(theirs) > NONZERO_DUAL) & (np.abs(ours) > NEGLIGIBLE)
    against &= ours * theirs < 0
    if not against.any():
        return 0.0
    return float((np.abs(ours[against]) / np.abs(theirs[against])).max())


def _row_duals(duals: Duals, row_scale: Array) -> Array:
    """In the caller's units, rounding left out."""
    kept = np.where(np.abs(duals.row) > NEGLIGIBLE, duals.row, 0.0)
    rows: Array = kept * row_scale[: len(kept)] * duals.factor
    return rows


def _extra(
    outcome: Outcome,
    part: PartResult,
    rows: Array,
    multiples: dict[str, float],
    held: set[ExtraRow],
) -> list[tuple[ExtraRow, float]]:
    """Prices of the rows added on the way: earlier stages and fill rates.

    In a round of fairness a price says that its pair is held from then on, and noise must not
    say so; `held` collects the pairs.
    """
    kinds = {f"{one.stage}:{one.part}": one.stage for one in outcome.parts}
    found = [
        (ExtraRow("stage", key, None, -1), multiple)
        for key, multiple in multiples.items()
        if kinds[key] != "fairness"  # its fill rates, below, carry it
    ]
    for extra in outcome.extra:
        price = -float(rows[extra.row]) if extra.row < len(rows) else 0.0
        free = part.stage == "fairness" and extra.rule == "fill_rate" and extra not in held
        if price > (POSITIVE if free else 0.0):
            found.append((extra, price))
            if free:
                held.add(extra)
    return found


def price_frames(model: Model, parts: list[Certified]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`prices` and `capacity_prices` of a plan: nonzero rows only."""
    balances: list[pl.DataFrame] = []
    others: list[pl.DataFrame] = []
    for part in parts:
        for block, start in zip(model.rows, model.row_starts, strict=False):
            dual = part.row[start : start + block.size]
            kept = np.flatnonzero(dual)
            price = dual[kept] if block.sense == ">=" else -dual[kept]
            frame = _labelled(model, block, kept).with_columns(
                pl.lit(part.stage).alias("stage"),
                pl.lit(part.part).alias("part"),
                pl.Series("price", price, dtype=pl.Float64),
            )
            (balances if block.rule == "balance" else others).append(frame)
        others.append(_bound_prices(model, part))
        others.append(_extra_prices(model, part))
    prices = pl.concat(balances, how="diagonal") if balances else pl.DataFrame()
    rest = [frame for frame in others if len(frame)]
    return prices, pl.concat(rest, how="diagonal") if rest else pl.DataFrame()


def _labelled(model: Model, block: Rows, kept: Array) -> pl.DataFrame:
    labels = block.labels(model.numbers)
    frame = {name: series.gather(kept) for name, series in labels.items() if series is not None}
    if block.rule != "balance":
        return pl.DataFrame({"rule": pl.Series([block.rule] * len(kept), dtype=pl.String)} | frame)
    assert block.layer is not None  # noqa: S101 - balances have one
    layer = block.layer[kept]
    expires = pl.Series(model.layers.expires[layer], dtype=pl.Int64)
    return pl.DataFrame(
        {
            "site": frame["key"],
            "resource": model.numbers.names("resources", model.layers.resource[layer]),
            "period": frame["period"],
            "expires_period": expires.set(expires == model.numbers.periods, None),
        }
    )


def _bound_prices(model: Model, part: Certified) -> pl.DataFrame:
    """Prices of the limits that are bounds of one column: runs_max and quantity_max."""
    n, c = model.numbers, model.columns
    frames = []
    for rule, block, table in (
        ("runs_max", c.runs, "processes"),
        ("quantity_max", c.shipments, "lanes"),
    ):
        price = np.maximum(-block.of(part.column), 0.0)
        kept = np.flatnonzero((price > 0) & np.isfinite(block.upper))
        key = block["process"] if rule == "runs_max" else block["lane"]
        frame = pl.DataFrame(
            {
                "key": n.names(table, key[kept]),
                "period": pl.Series(block["period"][kept], dtype=pl.Int64),
                "price": price[kept],
            }
        )
        if rule == "quantity_max":
            resource = model.layers.resource[block["layer"][kept]]
            frame = frame.with_columns(n.names("resources", resource).alias("resource"))
        frames.append(frame.with_columns(pl.lit(rule).alias("rule")))
    return _of_part(part, pl.concat(frames, how="diagonal"))


def _extra_prices(model: Model, part: Certified) -> pl.DataFrame:
    resources = model.numbers.keys["resources"]
    rows = [
        (row.rule, row.key, None if row.resource is None else resources[row.resource], price)
        for row, price in part.extra
    ]
    names = {"rule": pl.String, "key": pl.String, "resource": pl.String, "price": pl.Float64}
    return _of_part(part, pl.DataFrame(rows, schema=names, orient="row"))


def _of_part(part: Certified, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.lit(part.stage).alias("stage"), pl.lit(part.part).alias("part"))
