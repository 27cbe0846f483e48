"""Shortages, breaches and changes: what flows and stocks leave missing."""

from __future__ import annotations

import numpy as np

from sampan.model.build import Model
from sampan.model.columns import Block
from sampan.model.numbers import Array


def settle(model: Model, x: Array) -> None:
    """Set shortages, breaches and changes of a point to what its flows and stocks leave missing."""
    _shortages(model, x)
    _breaches(model, x)


def _shortages(model: Model, x: Array) -> None:
    n, c = model.numbers, model.columns
    y = c.deliveries
    met = np.bincount(y["demand"], y.of(x) / y["per_unit"], minlength=c.shortages.size)
    short = np.maximum(n.demand_quantity - met, 0.0)
    x[c.shortages.columns] = np.where(short < 1e-11 * n.demand_quantity, 0.0, short)


def _breaches(model: Model, x: Array) -> None:
    """Soft rules are broken by exactly what is missing; changes likewise."""
    c = model.columns
    for rule, block, sign in (
        ("reserve", c.reserve_breaches, 1.0),
        ("storage_m3_max", c.storage_breaches, -1.0),
    ):
        missing = sign * _missing(model, x, rule, block)
        if len(missing):
            x[block.columns] = np.clip(missing, 0.0, block.upper)
    _pledge_breaches(model, x)
    gap = _missing(model, x, "change", c.above, c.below)
    if len(gap):
        x[c.above.columns] = np.maximum(-gap, 0.0)
        x[c.below.columns] = np.maximum(gap, 0.0)


def _missing(model: Model, x: Array, rule: str, *own: Block) -> Array:
    """Right side minus the rest of a rule's rows, without the rule's own slack columns."""
    rows = [block for block in model.rows if block.rule == rule]
    if not rows:
        return np.zeros(0)
    without = x.copy()
    for block in own:
        without[block.columns] = 0.0
    (block_rows,) = rows
    load = np.bincount(
        block_rows.row, block_rows.value * without[block_rows.column], minlength=block_rows.size
    )
    missing: Array = block_rows.rhs - load
    return missing


def _pledge_breaches(model: Model, x: Array) -> None:
    """As the solver has them, as pledges add up; what is missing is added, the rest taken off.

    Which of several pledges is broken is a choice: a breach of an earlier one counts for
    the later ones as well, and each has its own weight.
    """
    b = model.columns.pledge_breaches
    missing = _missing(model, x, "pledge", b)
    if not len(missing):
        return
    (rows,) = [block for block in model.rows if block.rule == "pledge"]
    own = (rows.column >= b.start) & (rows.column < b.start + b.size)
    counts = np.zeros((b.size, b.size), dtype=bool)
    counts[rows.row[own], rows.column[own] - b.start] = True
    breach = np.clip(b.of(x), 0.0, b.upper)
    for row in np.argsort(counts.sum(axis=1), kind="stable"):
        for pledge in (row, *np.flatnonzero(counts[row])):
            lacking = missing[row] - breach[counts[row]].sum()
            breach[pledge] = np.clip(breach[pledge] + max(lacking, 0.0), 0.0, b.upper[pledge])
    for pledge in range(b.size):
        within = counts[:, pledge]
        spare = (counts[within] @ breach - missing[within]).min()
        breach[pledge] = max(breach[pledge] - max(spare, 0.0), 0.0)
    x[b.columns] = breach
