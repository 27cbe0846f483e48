"""Prices of goods, raised forward in time as far as nothing that brings them gains.

The sweep back in time leaves the least prices at which nothing that leaves a place gains. What
a demand is worth may often be more: from the prices where goods come from, those everywhere
else are raised to what bringing the goods there costs.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sampan.fast.plumbing import INPUT, Plumbing
from sampan.model.numbers import Array

TURNS = 3
"""Rounds within a period, for chains of movements without lead time."""


@njit(cache=True)
def raised(p: Plumbing, costs: Array, y: Array) -> None:
    """Raise the prices of balances and inputs (in `y`, row duals) where nothing is supplied.

    `costs` are such that no column has a negative reduced cost; none has afterwards.
    """
    room = np.empty(len(p.kind))
    for period in range(len(p.row_cuts) - 1):
        rows = p.rows[p.row_cuts[period] : p.row_cuts[period + 1]]
        before = p.rows[p.row_cuts[max(period - 1, 0)] : p.row_cuts[period]]
        draws = p.flows[p.flow_cuts[period] : p.flow_cuts[period + 1]]
        for _ in range(TURNS):
            for row in rows:
                room[row] = np.inf
            _limit(p, p.stock[before], period, costs, y, room)
            _limit(p, p.arrivals[p.arrival_cuts[period] : p.arrival_cuts[period + 1]],
                   period, costs, y, room)  # fmt: skip
            if p.has_inputs:
                _limit(p, draws, period, costs, y, room)
            some = False
            for row in rows:
                if p.supply[row] == 0.0 and 0.0 < room[row] < np.inf:
                    y[row] += room[row] if p.kind[row] == INPUT else -room[row]
                    some |= room[row] > 1e-9 * abs(y[row])
            if not some:
                break


@njit(cache=True)
def _limit(p: Plumbing, columns: Array, period: int, costs: Array, y: Array, room: Array) -> None:
    """How far what each column brings in a period can rise; several results share alike."""
    starts, indices, data, kind = p.starts, p.indices, p.data, p.kind
    for column in columns:
        if column < 0:
            continue
        reduced, results = costs[column], 0
        for at in range(starts[column], starts[column + 1]):
            row, value = indices[at], data[at]
            reduced -= value * y[row]
            if kind[row] != 0 and (kind[row] == INPUT) == (value > 0) and p.period[row] == period:
                results += 1
        for at in range(starts[column], starts[column + 1]):
            row, value = indices[at], data[at]
            if kind[row] != 0 and (kind[row] == INPUT) == (value > 0) and p.period[row] == period:
                room[row] = min(room[row], max(reduced, 0.0) / (results * abs(value)))
