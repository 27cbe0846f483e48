"""Passes over the whole matrix that set the sizes of columns and rows."""

from __future__ import annotations

import numpy as np
from numba import njit

from sampan.model.numbers import Array

THROUGHPUT_TURNS = 4
"""Links without lead time along which needs are followed upstream."""


@njit(cache=True)
def sums(starts: Array, indices: Array, data: Array, q: Array, p: Array) -> tuple[Array, Array]:
    """Σᵢ |aᵢⱼ| pᵢ of every column and Σⱼ |aᵢⱼ| qⱼ of every row."""
    columns, rows = np.zeros(len(q)), np.zeros(len(p))
    for column in range(len(q)):
        for at in range(starts[column], starts[column + 1]):
            size = abs(data[at])
            columns[column] += size * p[indices[at]]
            rows[indices[at]] += size * q[column]
    return columns, rows


@njit(cache=True)
def scaled(
    starts: Array, indices: Array, data: Array, column_size: Array, row_size: Array
) -> Array:
    """row_size · a · column_size, in single precision."""
    made = np.empty(len(data), dtype=np.float32)
    for column in range(len(column_size)):
        for at in range(starts[column], starts[column + 1]):
            made[at] = row_size[indices[at]] * data[at] * column_size[column]
    return made


@njit(cache=True)
def transposed(starts: Array, indices: Array, data: Array, rows: int) -> tuple[Array, Array, Array]:
    """The same entries by row, each row's in the order of its columns."""
    first = np.zeros(rows + 1, dtype=np.uint32)
    for row in indices:
        first[row + 1] += np.uint32(1)
    for row in range(rows):
        first[row + 1] += first[row]
    place = first[:-1].copy()
    columns, values = np.empty(len(indices), np.uint32), np.empty(len(data), data.dtype)
    for column in range(len(starts) - 1):
        for at in range(starts[column], starts[column + 1]):
            row = indices[at]
            columns[place[row]], values[place[row]] = column, data[at]
            place[row] += np.uint32(1)
    return first, columns, values


@njit(cache=True)
def spread(
    starts: Array,
    indices: Array,
    data: Array,
    prices: Array,
    costs: Array,
    group: Array,
    groups: int,
) -> None:
    """Fill in the prices that are 0 from their neighbours through columns; by group."""
    rows = len(prices)
    mean = np.zeros(groups)
    _group_means(prices, group, mean)
    for _ in range(groups):
        total, count = np.zeros(groups), np.zeros(groups)
        for column in range(len(costs)):
            known, worth = 0, 0.0
            for at in range(starts[column], starts[column + 1]):
                row = indices[at]
                price = prices[row] if prices[row] > 0 else mean[group[row]]
                if price > 0 and data[at] != 0:
                    known += 1
                    worth += np.log(price * abs(data[at]))
            if known == 0 or known == starts[column + 1] - starts[column]:
                continue
            for at in range(starts[column], starts[column + 1]):
                row = indices[at]
                if prices[row] == 0 and mean[group[row]] == 0 and data[at] != 0:
                    total[group[row]] += worth / known - np.log(abs(data[at]))
                    count[group[row]] += 1
        grew = False
        for place in range(groups):
            if count[place] > 0:
                mean[place] = np.exp(total[place] / count[place])
                grew = True
        if not grew:
            break
    rest = 0.0
    number = 0
    for place in range(groups):
        if mean[place] > 0:
            rest += np.log(mean[place])
            number += 1
    fallback = np.exp(rest / number) if number else _mean_cost(costs)
    for row in range(rows):
        if prices[row] == 0:
            known_mean = mean[group[row]]
            prices[row] = known_mean if known_mean > 0 else fallback


@njit(cache=True)
def _group_means(prices: Array, group: Array, mean: Array) -> None:
    """Geometric means of the prices above 0."""
    count = np.zeros(len(mean))
    for row in range(len(prices)):
        if prices[row] > 0:
            mean[group[row]] += np.log(prices[row])
            count[group[row]] += 1
    for place in range(len(mean)):
        mean[place] = np.exp(mean[place] / count[place]) if count[place] > 0 else 0.0


@njit(cache=True)
def _mean_cost(costs: Array) -> float:
    total, count = 0.0, 0
    for cost in costs:
        if cost > 0:
            total += np.log(cost)
            count += 1
    return np.exp(total / count) if count else 1.0


@njit(cache=True)
def throughput(
    starts: Array,
    indices: Array,
    data: Array,
    columns: Array,
    is_balance: Array,
    is_stock: Array,
    given: Array,
    least: float,
) -> Array:
    """Typical sizes of what moves, from what is needed where it leads to.

    `columns` go from the last period to the first. What is needed at a balance is shared by
    all that could bring it; no size falls below a share `least` of the one `given`.
    """
    rows, q = len(is_balance), given.copy()
    need, ways = np.zeros(rows), np.zeros(rows)
    for column in range(len(q)):
        for at in range(starts[column], starts[column + 1]):
            if is_balance[indices[at]] and data[at] < 0 and not is_stock[column]:
                ways[indices[at]] += 1
    # within a period a chain without lead time is known one link further each turn
    for _ in range(THROUGHPUT_TURNS):
        known, need = need, np.zeros(rows)
        for column in columns:
            size, heads = 0.0, 0
            for at in range(starts[column], starts[column + 1]):
                row = indices[at]
                if is_balance[row] and data[at] < 0:
                    heads += 1
                    share = 1.0 if is_stock[column] else max(ways[row], 1.0)
                    size = max(size, max(need[row], known[row]) / share / abs(data[at]))
            if heads == 0:
                size = given[column]
            q[column] = max(size, least * given[column])
            if is_stock[column]:
                continue
            for at in range(starts[column], starts[column + 1]):
                if is_balance[indices[at]] and data[at] > 0:
                    need[indices[at]] += data[at] * q[column]
    return q
