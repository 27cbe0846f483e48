"""What is left over, what keeping it costs, and not bringing it in the first place."""

from __future__ import annotations

import numpy as np
from numba import njit

from sampan.fast.flow import load
from sampan.fast.plumbing import BALANCE, INPUT, LENT, OTHER, Plumbing
from sampan.model.numbers import Array

TURNS = 6
"""Rounds within a period, for chains of movements without lead time."""


@njit(cache=True)
def keeping(p: Plumbing, costs: Array) -> Array:
    """By balance, what one unit costs that stays there to the end, or until it expires."""
    keep = np.zeros(len(p.kind))
    for place in range(len(p.rows) - 1, -1, -1):
        row = p.rows[place]
        if p.stock[row] >= 0:
            keep[row] = costs[p.stock[row]]
            if p.following[row] >= 0:
                keep[row] += keep[p.following[row]]
        elif p.expired[row] >= 0:
            keep[row] = costs[p.expired[row]]
    return keep


@njit(cache=True)
def needed(p: Plumbing, reserved: Array, wished: Array, x: Array) -> Array:
    """By balance, what must stay in stock: for reserves, and where equipment is at work."""
    busy = np.zeros(len(p.kind))
    for column in range(len(x)):
        if p.role[column] == LENT:
            for at in range(p.starts[column], p.starts[column + 1]):
                busy[p.indices[at]] += p.data[at] * x[column]
    need = reserved + wished
    for row in p.rows:
        column = p.stock[row]
        if column < 0:
            continue
        for at in range(p.starts[column], p.starts[column + 1]):
            other = p.indices[at]
            if p.kind[other] == OTHER and p.eased[other] and p.data[at] < 0:
                need[row] = max(need[row], busy[other] / -p.data[at])
    return need


@njit(cache=True)
def spared(p: Plumbing, need: Array, left: Array) -> Array:
    """By balance, how much nobody would miss if it had not been there from then on."""
    spare = np.zeros(len(p.kind))
    for place in range(len(p.rows) - 1, -1, -1):
        row = p.rows[place]
        if p.kind[row] == BALANCE:
            spare[row] = max(left[row] - need[row], 0.0)
            if p.following[row] >= 0 and p.stock[row] >= 0:
                spare[row] = min(spare[row], spare[p.following[row]])
    return spare


@njit(cache=True)
def trim(
    p: Plumbing,
    stores: tuple[int, int],
    costs: Array,
    keep: Array,
    need: Array,
    left: Array,
    floor: Array,
    x: Array,
) -> None:
    """Bring in less of what is left over, from the last period back, where that saves cost.

    `stores` are the first storage row and the one after the last.
    """
    slack = p.most + p.breach - load(p, x, True)
    spare = np.zeros(len(p.kind))
    credit = np.zeros(len(p.kind))
    keep = keep.copy()
    for column in p.flows:  # what is drawn for a run stays where it costs most, to be safe
        if x[column] > 0:
            _draw(p, column, keep)
    for period in range(len(p.row_cuts) - 2, -1, -1):
        for row in p.rows[p.row_cuts[period] : p.row_cuts[period + 1]]:
            if p.kind[row] != BALANCE:
                continue
            spare[row] = max(left[row] - need[row], 0.0)
            if p.following[row] >= 0 and p.stock[row] >= 0:
                spare[row] = min(spare[row], spare[p.following[row]])
            spare[row] += credit[row]
        for _ in range(TURNS):
            some = False
            for column in p.arrivals[p.arrival_cuts[period] : p.arrival_cuts[period + 1]]:
                if x[column] > floor[column]:
                    some |= _less(
                        p,
                        column,
                        period,
                        stores,
                        costs[column],
                        keep,
                        floor,
                        spare,
                        credit,
                        slack,
                        x,
                    )
            if not some:
                break


@njit(cache=True)
def _draw(p: Plumbing, column: int, keep: Array) -> None:
    """By input, the dearest keeping of what is drawn for it."""
    for at in range(p.starts[column], p.starts[column + 1]):
        if p.kind[p.indices[at]] == INPUT and p.data[at] > 0:
            for other in range(p.starts[column], p.starts[column + 1]):
                if p.kind[p.indices[other]] == BALANCE:
                    dearest = max(keep[p.indices[at]], keep[p.indices[other]])
                    keep[p.indices[at]] = dearest


@njit(cache=True)
def _less(
    p: Plumbing,
    column: int,
    period: int,
    stores: tuple[int, int],
    cost: float,
    keep: Array,
    floor: Array,
    spare: Array,
    credit: Array,
    slack: Array,
    x: Array,
) -> bool:
    """One column; whether it was cut."""
    amount, saving = x[column] - floor[column], cost
    for at in range(p.starts[column], p.starts[column + 1]):
        row, value = p.indices[at], p.data[at]
        if p.kind[row] == INPUT:
            saving += value * keep[row]
        elif p.kind[row] == BALANCE:
            saving -= value * keep[row]
            if value < 0:
                amount = min(amount, spare[row] / -value)
            elif stores[1] > stores[0]:
                amount = min(amount, _room(p, row, slack, 0.0) / value)
    # where it saves nothing, what is left over is of more use where it came from
    if amount <= 0.0 or saving < 0.0:
        return False
    x[column] -= amount
    for at in range(p.starts[column], p.starts[column + 1]):
        row, value = p.indices[at], p.data[at]
        if p.kind[row] == BALANCE:
            if value < 0 or p.period[row] == period:
                spare[row] = max(spare[row] + value * amount, 0.0)
            else:
                credit[row] += value * amount
            if value > 0 and stores[1] > stores[0]:
                _room(p, row, slack, value * amount)
    return True


@njit(cache=True)
def _room(p: Plumbing, row: int, slack: Array, amount: float) -> float:
    """How much more may stay at a balance to the end; `amount` is taken from that."""
    free = np.inf
    while row >= 0 and p.stock[row] >= 0:
        column = p.stock[row]
        for at in range(p.starts[column], p.starts[column + 1]):
            store = p.indices[at]
            if p.eased[store] and p.data[at] > 0:
                free = min(free, max(slack[store], 0.0) / p.data[at])
                slack[store] -= p.data[at] * amount
        row = p.following[row]
    return free
