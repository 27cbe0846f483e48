"""Any prices → prices that prove something, and what they prove, by weak duality.

For duals y of the rows and reduced costs d = c − Aᵀy, no plan costs less than

    Σᵢ bᵢ yᵢ + Σⱼ min(0, dⱼ) · upperⱼ

so a column without upper bound must not have a negative reduced cost. What a balance is worth is
therefore worked out anew, from the last period to the first: the least at which nothing that
could leave it gains. Then limits and demands are priced as well as that leaves room for. Once more
the other way: prices are raised from where goods come from, and settled back again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sampan.fast import potentials
from sampan.fast.plumbing import Plumbing, plumbing
from sampan.fast.raising import raised
from sampan.model import Model
from sampan.model.numbers import Array

_TIGHTENED = ("demand", "volume_m3_max", "mass_kg_max", "amount_max")
_OTHER, _BALANCE, _OCCUPANCY, _INPUT = 0, 1, 2, 3


@dataclass(frozen=True)
class Order:
    """In which order columns are looked at, so that what they lead to is known before."""

    columns: Array
    """Those that take from something, from the last period to the first."""
    cuts: Array
    """Where in `columns` each period's part, and in it each class, starts."""
    tail: Array
    """Each column's row that it takes from; −1 for none, −2 for several."""
    lifted: Array
    """Rows that only ever gain: something takes from them and from others at once."""
    tightened: list[tuple[int, int]]
    """First and last row of the blocks whose prices may have room left."""
    plumbing: Plumbing


def proven(
    model: Model, costs: Array, prices: Array, order: Order | None = None
) -> tuple[float, Array]:
    """The bound that cleaned prices prove on `costs @ x`, and these prices.

    `prices` are row duals: d objective / d right side, of any quality.
    """
    order = order_of(model) if order is None else order
    free_below = np.where(np.isinf(model.row_upper), 0.0, -np.inf)
    free_above = np.where(np.isinf(model.row_lower), 0.0, np.inf)
    y = np.clip(np.where(np.isfinite(prices), prices, 0.0), free_below, free_above)
    bound, y = _cleaned(model, costs, y, order, free_below, free_above)
    tried = y.copy()
    matrix = model.matrix
    slack = potentials.slack(matrix.indptr, matrix.indices, matrix.data, costs, model.upper, tried)
    raised(order.plumbing, slack, tried)
    _tighten(model, costs, tried, order, free_above)
    better, tried = _cleaned(model, costs, tried, order, free_below, free_above)
    if better > bound:
        return better, tried
    return bound, y


def _cleaned(
    model: Model, costs: Array, y: Array, order: Order, free_below: Array, free_above: Array
) -> tuple[float, Array]:
    """Prices at which no column without upper bound gains, and what they prove."""
    matrix = model.matrix
    starts, indices, data = matrix.indptr, matrix.indices, matrix.data
    potentials.clamp(starts, indices, data, costs, model.upper, order.tail, y)
    slack = potentials.slack(starts, indices, data, costs, model.upper, y)
    potentials.restart(y, order.tail, order.lifted, starts, indices, data, free_above, free_below)
    potentials.settle(
        starts, indices, data, slack, order.tail, order.lifted, order.columns, order.cuts, y
    )
    y = np.where(np.isfinite(y), y, 0.0)
    _tighten(model, costs, y, order, free_above)
    lower = np.where(y > 0, model.row_lower, 0.0)
    upper = np.where(y < 0, model.row_upper, 0.0)
    against = potentials.against(starts, indices, data, costs, model.upper, y)
    return float(y @ (lower + upper)) + against, y


def _tighten(model: Model, costs: Array, y: Array, order: Order, free_above: Array) -> None:
    """Price limits and demands as well as what is left over allows."""
    matrix = model.matrix
    for first, last in order.tightened:
        potentials.tighten(
            matrix.indptr, matrix.indices, matrix.data, costs, model.row_upper, free_above,
            y, first, last,
        )  # fmt: skip


def order_of(model: Model, flows: Plumbing | None = None) -> Order:
    """The order of a model's columns; worked out once, as are its `flows` if they are not given."""
    flows = plumbing(model) if flows is None else flows
    kind = np.zeros(len(model.row_lower), dtype=np.int8)
    period = np.full(len(kind), -1, dtype=np.int32)
    tightened = []
    kinds = {"balance": _BALANCE, "occupancy": _OCCUPANCY, "input": _INPUT}
    for block, start in zip(model.rows, model.row_starts, strict=False):
        rows = slice(int(start), int(start) + block.size)
        if block.rule in kinds:
            kind[rows] = kinds[block.rule]
            assert block.period is not None  # every row of these rules has its period
            period[rows] = block.period
        once = np.bincount(block.column).max(initial=0) <= 1
        if block.rule in _TIGHTENED and once:
            tightened.append((rows.start, rows.stop))
    matrix = model.matrix
    lifted = np.zeros(len(kind), dtype=np.bool_)
    tail, key = potentials.tails(
        matrix.indptr, matrix.indices, matrix.data, kind, period, lifted, model.numbers.periods
    )
    taking = np.flatnonzero(key >= 0)
    columns = taking[np.argsort(key[taking], kind="stable")]
    cuts = np.searchsorted(key[columns], np.arange(3 * model.numbers.periods + 1))
    return Order(columns.astype(np.int64), cuts, tail, lifted, tightened, flows)
