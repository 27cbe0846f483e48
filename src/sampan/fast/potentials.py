"""Passes over the matrix behind `bound`; see there."""

from __future__ import annotations

import numpy as np
from numba import njit

from sampan.model.numbers import Array

_BALANCE, _OCCUPANCY, _INPUT = 1, 2, 3
_PASSES = 50
"""Rounds within a period, for chains of movements without lead time."""


@njit(cache=True)
def tails(
    starts: Array,
    indices: Array,
    data: Array,
    kind: Array,
    period: Array,
    lifted: Array,
    periods: int,
) -> tuple[Array, Array]:
    """The row that each column takes from, and when its turn is (−1: never).

    Turns are from the last period to the first; within one, lent equipment first, then what
    leads to later periods, then what leads to the same.
    """
    count = len(starts) - 1
    tail, turn = np.full(count, -1, np.int32), np.full(count, -1, np.int32)
    for column in range(count):
        number, when, same = 0, -1, False
        for at in range(starts[column], starts[column + 1]):
            row = indices[at]
            if kind[row] == 0:
                continue
            takes = data[at] < 0 if kind[row] == _INPUT else data[at] > 0
            if takes:
                number += 1
                tail[column] = row
                when = period[row]
        if number == 0:
            continue
        for at in range(starts[column], starts[column + 1]):
            row = indices[at]
            takes = data[at] < 0 if kind[row] == _INPUT else data[at] > 0
            if number > 1 and takes and kind[row] != 0:
                lifted[row] = True
            if not takes and kind[row] != 0 and kind[row] != _OCCUPANCY and period[row] == when:
                same = True
            if kind[row] == _INPUT:
                same = True
        place = 2 if same else 0 if kind[tail[column]] == _OCCUPANCY else 1
        if number > 1:
            tail[column] = -2
        turn[column] = 3 * (periods - 1 - when) + place
    return tail, turn


@njit(cache=True)
def clamp(
    starts: Array, indices: Array, data: Array, costs: Array, upper: Array, tail: Array, y: Array
) -> None:
    """No price above what doing without costs: columns that stand in one row alone."""
    for column in range(len(costs)):
        at = starts[column]
        if tail[column] != -1 or starts[column + 1] != at + 1 or upper[column] < np.inf:
            continue
        row = indices[at]
        most = costs[column] / data[at]
        if (data[at] > 0 and y[row] > most) or (data[at] < 0 and y[row] < most):
            y[row] = most


@njit(cache=True)
def slack(
    starts: Array, indices: Array, data: Array, costs: Array, upper: Array, y: Array
) -> Array:
    """Costs, with what the prices say that limited columns may gain on top."""
    made = costs.copy()
    for column in range(len(costs)):
        if upper[column] < np.inf:
            reduced = costs[column]
            for at in range(starts[column], starts[column + 1]):
                reduced -= data[at] * y[indices[at]]
            made[column] -= min(reduced, 0.0)
    return made


@njit(cache=True)
def restart(
    y: Array,
    tail: Array,
    lifted: Array,
    starts: Array,
    indices: Array,
    data: Array,
    above: Array,
    below: Array,
) -> None:
    """Forget the prices of rows that are worked out anew."""
    for column in range(len(tail)):
        row = tail[column]
        if row < 0 or lifted[row]:
            continue
        for at in range(starts[column], starts[column + 1]):
            if indices[at] == row:
                y[row] = above[row] if data[at] > 0 else below[row]


@njit(cache=True)
def _settle_one(
    column: int, starts: Array, indices: Array, data: Array, cost: float, row: int, y: Array
) -> bool:
    """Price the row that a column takes from so that the column does not gain."""
    rest, own = cost, 1.0
    for at in range(starts[column], starts[column + 1]):
        if indices[at] == row:
            own = data[at]
        else:
            rest -= data[at] * y[indices[at]]
    limit = rest / own
    if (own > 0 and limit < y[row]) or (own < 0 and limit > y[row]):
        y[row] = limit
        return True
    return False


@njit(cache=True)
def _settle_several(
    column: int, starts: Array, indices: Array, data: Array, cost: float, lifted: Array, y: Array
) -> bool:
    """The same for a run with several inputs, which share what is missing by their worth."""
    reduced, worth, number = cost, 0.0, 0
    for at in range(starts[column], starts[column + 1]):
        row = indices[at]
        reduced -= data[at] * y[row]
        if lifted[row]:
            worth += abs(data[at] * y[row])
            number += 1
    # what rounding leaves is no reason to go round again
    if not reduced < -1e-12 * (worth + abs(cost)):
        return False
    for at in range(starts[column], starts[column + 1]):
        row = indices[at]
        if lifted[row]:
            share = abs(data[at] * y[row]) / worth if worth > 0 else 1.0 / number
            y[row] += share * reduced / data[at]
    return True


@njit(cache=True)
def settle(
    starts: Array,
    indices: Array,
    data: Array,
    costs: Array,
    tail: Array,
    lifted: Array,
    columns: Array,
    cuts: Array,
    y: Array,
) -> None:
    """Work out every price that something takes from, turn by turn."""
    for turn in range(len(cuts) - 1):
        passes = _PASSES if turn % 3 == 2 else 1
        for _ in range(passes):
            changed = False
            for place in range(cuts[turn], cuts[turn + 1]):
                column = columns[place]
                if tail[column] >= 0:
                    changed |= _settle_one(
                        column, starts, indices, data, costs[column], tail[column], y
                    )
                else:
                    changed |= _settle_several(
                        column, starts, indices, data, costs[column], lifted, y
                    )
            if not changed:
                break


@njit(cache=True)
def tighten(
    starts: Array,
    indices: Array,
    data: Array,
    costs: Array,
    right: Array,
    above: Array,
    y: Array,
    first: int,
    last: int,
) -> None:
    """Raise the duals of rows first … last − 1 as far as no column comes to gain."""
    room = above[first:last] - y[first:last]
    for column in range(len(costs)):
        reduced, own, size = costs[column], -1, 0.0
        for at in range(starts[column], starts[column + 1]):
            row = indices[at]
            reduced -= data[at] * y[row]
            if first <= row < last:
                own, size = row - first, data[at]
        if own >= 0 and size > 0:
            room[own] = min(room[own], max(reduced, 0.0) / size)
    for row in range(last - first):
        if right[first + row] > 0 and 0 < room[row] < np.inf:
            y[first + row] += room[row]


@njit(cache=True)
def against(
    starts: Array, indices: Array, data: Array, costs: Array, upper: Array, y: Array
) -> float:
    """What the columns with negative reduced costs could take off the bound."""
    total = 0.0
    for column in range(len(costs)):
        reduced, size = costs[column], abs(costs[column])
        for at in range(starts[column], starts[column + 1]):
            term = data[at] * y[indices[at]]
            reduced -= term
            size += abs(term)
        if reduced < 0 and upper[column] < np.inf:
            total += reduced * upper[column]
        elif reduced < -1e-12 * size:
            return -np.inf
    return total
