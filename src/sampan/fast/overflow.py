"""Limits in which stocks or outputs count: storage, and exports as a share of output."""

from __future__ import annotations

import numpy as np
from numba import njit

from sampan.fast.flow import load
from sampan.fast.plumbing import BALANCE, FLOW, Plumbing
from sampan.model.numbers import Array

BEYOND = 1e-12
"""Share of a limit that rounding may add."""


@njit(cache=True)
def ease(p: Plumbing, storage: tuple[int, int], periods: int, floor: Array, x: Array) -> bool:
    """Cut what overfills a store, and exports beyond their share; whether anything was cut.

    `storage` is the first of the storage rows and the one after the last; they stand site by
    site, period after period.
    """
    total = load(p, x, True)
    share = np.ones(len(p.kind))
    some = _stores(p, storage, periods, total, x, share)
    for row in range(len(p.kind)):
        is_store = storage[0] <= row < storage[1]
        if p.eased[row] and not is_store and total[row] > p.most[row] + BEYOND * abs(p.most[row]):
            some |= _mark(p, row, total, x, share)
    return some and _cut(p, storage, floor, share, x)


@njit(cache=True)
def _stores(
    p: Plumbing, storage: tuple[int, int], periods: int, total: Array, x: Array, share: Array
) -> bool:
    """By store and period, the share of what comes in that has room; from the last period on.

    What is too much and did not come in now came in before.
    """
    first, last = storage
    if first == last:
        return False
    coming = np.zeros(last - first)
    for column in range(len(x)):
        if p.role[column] == FLOW and x[column] > 0:
            for at in range(p.starts[column], p.starts[column + 1]):
                store, volume = store_of(p, p.indices[at], storage)
                if store >= 0 and p.data[at] < 0:
                    coming[store - first] -= p.data[at] * x[column] * volume
    some = False
    for end in range(last, first, -periods):
        over = 0.0
        for row in range(end - 1, end - periods - 1, -1):
            most = p.most[row] + p.breach[row]
            here = total[row] - most
            over = max(over, here if here > BEYOND * total[row] else 0.0)
            if over > 0:
                some = True
                came = coming[row - first]
                share[row] = max(1.0 - over / came, 0.0) if came > 0 else 0.0
                over = max(over - came, 0.0)
    return some


@njit(cache=True)
def store_of(p: Plumbing, row: int, storage: tuple[int, int]) -> tuple[int, float]:
    """The storage row that a balance's stock counts in, and with what volume; −1 if in none."""
    if p.kind[row] != BALANCE or p.stock[row] < 0:
        return -1, 0.0
    column = p.stock[row]
    for at in range(p.starts[column], p.starts[column + 1]):
        if storage[0] <= p.indices[at] < storage[1]:
            return p.indices[at], p.data[at]
    return -1, 0.0


@njit(cache=True)
def _mark(p: Plumbing, row: int, total: Array, x: Array, share: Array) -> bool:
    """The share of a row's exports that its outputs allow; not for lent equipment."""
    leaving = 0.0
    for column in range(len(x)):
        if p.role[column] == FLOW and x[column] > 0:
            for at in range(p.starts[column], p.starts[column + 1]):
                if p.indices[at] == row and p.data[at] > 0:
                    leaving += p.data[at] * x[column]
    if leaving == 0.0:
        return False
    share[row] = max(p.most[row] - (total[row] - leaving), 0.0) / leaving
    return True


@njit(cache=True)
def _cut(p: Plumbing, storage: tuple[int, int], floor: Array, share: Array, x: Array) -> bool:
    """Take the least share of each flow's rows; whether anything changed."""
    changed = False
    for column in range(len(x)):
        if p.role[column] != FLOW or x[column] <= floor[column]:
            continue
        least = 1.0
        for at in range(p.starts[column], p.starts[column + 1]):
            row = p.indices[at]
            if p.data[at] > 0 and p.eased[row]:
                least = min(least, share[row])
            elif p.data[at] < 0:
                store, _ = store_of(p, row, storage)
                if store >= 0:
                    least = min(least, share[store])
        if least < 1.0:
            x[column] = floor[column] + least * (x[column] - floor[column])
            changed = True
    return changed
