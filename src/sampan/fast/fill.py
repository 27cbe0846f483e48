"""Meeting shortages from where it costs least: labels forward in time, then one path each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from sampan.fast.plumbing import BALANCE, FLOW, INPUT, LENT, NONE, Plumbing
from sampan.model.numbers import Array

SPARE, RELEASE = -2, -3
"""Parents of labels: what is left over; a delivery that pays less."""
TURNS = 8
"""Rounds within a period, for chains of movements without lead time."""
LONGEST = 256
"""Movements on one path, with all that feeds it."""
NEGLIGIBLE = 1e-9
"""Share of a column's typical size below which nothing is worth a path."""


class Residual(NamedTuple):
    """What is still free, and what one more unit costs at every balance."""

    size: Array
    """j: typical sizes."""
    slack: Array
    """i: room under limits."""
    spare: Array
    """i: left over, as in `surplus.spared`."""
    label: Array
    """i: what one more unit there costs; ∞ where there is none to be had."""
    parent: Array
    """i: the column that brings it, SPARE, RELEASE or NONE."""
    released: Array
    """i: the delivery that pays least for what it takes there, or NONE."""
    value: Array
    """i: what that delivery pays."""


@njit(cache=True)
def room(p: Plumbing, r: Residual, column: int, x: Array) -> float:
    """How much more of a column its limits allow."""
    free = p.upper[column] - x[column]
    for at in range(p.starts[column], p.starts[column + 1]):
        if p.data[at] > 0 and p.kind[p.indices[at]] == 0:
            free = min(free, r.slack[p.indices[at]] / p.data[at])
    return float(free)


@njit(cache=True)
def deliveries(
    p: Plumbing, costs: Array, shortage: Array, demand: Array, first: int, r: Residual, x: Array
) -> None:
    """By balance, the delivery that pays least; `demand` are rows, of columns first …

    `shortage` is what each row's shortage costs.
    """
    r.released[:] = NONE
    r.value[:] = np.inf
    for number in range(len(demand)):
        column = first + number
        if p.role[column] != FLOW or x[column] <= NEGLIGIBLE * r.size[column]:
            continue
        row, served = NONE, 0.0
        for at in range(p.starts[column], p.starts[column + 1]):
            if p.kind[p.indices[at]] == BALANCE:
                row = p.indices[at]
            elif p.indices[at] == demand[number]:
                served = p.data[at]
        value = served * shortage[demand[number]] - costs[column]
        if row >= 0 and value < r.value[row]:
            r.value[row] = value
            r.released[row] = column


@njit(cache=True)
def labels(p: Plumbing, costs: Array, keep: Array, r: Residual, x: Array) -> None:
    """What one more unit costs at every balance, forward in time."""
    r.label[:] = np.inf
    r.parent[:] = NONE
    for period in range(len(p.row_cuts) - 1):
        rows = p.rows[p.row_cuts[period] : p.row_cuts[period + 1]]
        for row in rows:
            if p.kind[row] != BALANCE:
                continue
            column = p.stock[row]
            least = NEGLIGIBLE * r.size[column] if column >= 0 else 0.0
            if r.spare[row] > least and -keep[row] < r.label[row]:
                r.label[row], r.parent[row] = -keep[row], SPARE
            if r.value[row] < r.label[row]:
                r.label[row], r.parent[row] = r.value[row], RELEASE
        columns = p.flows[p.flow_cuts[period] : p.flow_cuts[period + 1]]
        for _ in range(TURNS):
            if not _relax(p, columns, period, costs, r, x):
                break
        _relax(p, p.stock[rows], period, costs, r, x)


@njit(cache=True)
def _relax(p: Plumbing, columns: Array, period: int, costs: Array, r: Residual, x: Array) -> bool:
    """Whether any of the columns makes what it brings cheaper within its own period.

    Written out in one piece: this is where the time goes.
    """
    starts, indices, data, kind = p.starts, p.indices, p.data, p.kind
    label, parent, slack = r.label, r.parent, r.slack
    some = False
    for column in columns:
        if column < 0:
            continue
        cost, gives, free = costs[column], False, p.upper[column] - x[column]
        for at in range(starts[column], starts[column + 1]):
            row, value = indices[at], data[at]
            if kind[row] == 0:
                if value > 0:
                    free = min(free, slack[row] / value)
            elif (kind[row] == BALANCE) == (value > 0):
                cost += abs(value) * label[row]
            else:
                gives = True
        if not gives or not cost < np.inf or free <= NEGLIGIBLE * r.size[column]:
            continue
        for at in range(starts[column], starts[column + 1]):
            row, value = indices[at], data[at]
            if kind[row] != 0 and (kind[row] == BALANCE) != (value > 0):
                made = cost / abs(value)
                # a cheaper way must be cheaper by more than rounding, or rings never end
                if made < label[row] - 1e-12 * abs(made):
                    label[row], parent[row] = made, column
                    some |= p.period[row] == period
    return some


@njit(cache=True)
def best(
    p: Plumbing,
    costs: Array,
    keep: Array,
    shortage: Array,
    demand: Array,
    first: int,
    stands: Array,
    r: Residual,
    x: Array,
) -> tuple[Array, Array]:
    """By row of a demand, what the best further delivery gains a unit, and its column."""
    gain, chosen = np.zeros(len(p.kind)), np.full(len(p.kind), NONE, dtype=np.int64)
    for number in range(len(demand)):
        column = first + number
        wanted = demand[number]
        if shortage[wanted] <= 0.0:
            continue
        if p.role[column] != LENT and room(p, r, column, x) <= NEGLIGIBLE * r.size[column]:
            continue
        cost, served = costs[column], 1.0
        for at in range(p.starts[column], p.starts[column + 1]):
            row = p.indices[at]
            if row == wanted:
                served = p.data[at]
                if r.slack[row] <= NEGLIGIBLE * r.size[column]:
                    cost = np.inf
            elif p.kind[row] == BALANCE:
                cost += r.label[row]
            elif p.role[column] == LENT and r.slack[row] <= NEGLIGIBLE * r.size[column]:
                cost += r.label[stands[row]] + keep[stands[row]] if stands[row] >= 0 else np.inf
        gained = shortage[wanted] - cost / served
        if gained > gain[wanted]:
            gain[wanted], chosen[wanted] = gained, column
    return gain, chosen


@njit(cache=True)
def push(
    p: Plumbing,
    r: Residual,
    column: int,
    target: int,
    most: float,
    used: Array,
    x: Array,
) -> float:
    """Bring up to `most` along the parents to a balance, and into a column if one is given.

    `used` is all zero, and so again in the end. Returns how much was brought.
    """
    columns, amounts = np.empty(LONGEST, dtype=np.int64), np.empty(LONGEST)
    sources, taken = np.empty(LONGEST, dtype=np.int64), np.empty(LONGEST)
    todo, times = np.empty(LONGEST, dtype=np.int64), np.empty(LONGEST)
    count, source_count, waiting = 0, 0, 0
    if column >= 0:
        columns[0], amounts[0], count = column, 1.0, 1
    if target >= 0:
        todo[0], times[0], waiting = target, 1.0, 1
    while waiting > 0:
        waiting -= 1
        row, time = todo[waiting], times[waiting]
        parent = r.parent[row]
        if parent == NONE or count + waiting > LONGEST - 40 or source_count >= LONGEST - 2:
            return 0.0
        if parent in (SPARE, RELEASE):
            sources[source_count], taken[source_count] = row, time
            source_count += 1
            continue
        for at in range(p.starts[parent], p.starts[parent + 1]):
            if p.indices[at] == row:
                time /= abs(p.data[at])
        columns[count], amounts[count] = parent, time
        count += 1
        for at in range(p.starts[parent], p.starts[parent + 1]):
            before, value = p.indices[at], p.data[at]
            if (p.kind[before] == BALANCE and value > 0) or (p.kind[before] == INPUT and value < 0):
                todo[waiting], times[waiting] = before, time * abs(value)
                waiting += 1
    return _carry(
        p, r, columns[:count], amounts[:count], sources[:source_count], taken[:source_count],
        most, used, x,
    )  # fmt: skip


@njit(cache=True)
def _carry(
    p: Plumbing,
    r: Residual,
    columns: Array,
    amounts: Array,
    sources: Array,
    taken: Array,
    most: float,
    used: Array,
    x: Array,
) -> float:
    """As much as the path can carry, up to `most`."""
    for place in range(len(columns)):
        column = columns[place]
        for at in range(p.starts[column], p.starts[column + 1]):
            if p.kind[p.indices[at]] == 0:
                used[p.indices[at]] += p.data[at] * amounts[place]
    for place in range(len(columns)):
        column = columns[place]
        if p.upper[column] < np.inf:
            total = 0.0
            for other in range(len(columns)):
                if columns[other] == column:
                    total += amounts[other]
            most = min(most, (p.upper[column] - x[column]) / total)
        for at in range(p.starts[column], p.starts[column + 1]):
            row = p.indices[at]
            if p.kind[row] == 0 and used[row] > 0.0:
                most = min(most, r.slack[row] / used[row])
    for place in range(len(sources)):
        most = min(most, _available(p, r, sources, taken, place, x))
    if not most > 0.0:
        most = 0.0
    for place in range(len(columns)):
        column = columns[place]
        x[column] += most * amounts[place]
        for at in range(p.starts[column], p.starts[column + 1]):
            row = p.indices[at]
            if p.kind[row] == 0:
                r.slack[row] -= most * p.data[at] * amounts[place]
                used[row] = 0.0
    if most > 0.0:
        for place in range(len(sources)):
            _take(p, r, sources[place], most * taken[place], x)
    return most


@njit(cache=True)
def _available(
    p: Plumbing, r: Residual, sources: Array, taken: Array, place: int, x: Array
) -> float:
    """How often a source can give what the path takes; sources of one node share."""
    row = sources[place]
    total, least = 0.0, np.inf
    for other in range(len(sources)):
        if p.node[sources[other]] == p.node[row]:
            total += taken[other]
            if r.parent[sources[other]] == SPARE:
                least = min(least, r.spare[sources[other]])
    if r.parent[row] == RELEASE:
        same = 0.0
        for other in range(len(sources)):
            if sources[other] == row:
                same += taken[other]
        return float(x[r.released[row]] / same)
    return float(least / total)


@njit(cache=True)
def _take(p: Plumbing, r: Residual, row: int, amount: float, x: Array) -> None:
    """What a source gives is no longer free."""
    if r.parent[row] == RELEASE:
        column = r.released[row]
        x[column] = max(x[column] - amount, 0.0)
        for at in range(p.starts[column], p.starts[column + 1]):
            if p.kind[p.indices[at]] == 0:
                r.slack[p.indices[at]] += p.data[at] * amount
        return
    at = row
    while at >= 0:
        r.spare[at] = max(r.spare[at] - amount, 0.0)
        at = p.following[at]
    least, at = r.spare[row], p.preceding[row]
    while at >= 0 and r.spare[at] > least:
        r.spare[at] = least
        at = p.preceding[at]


@njit(cache=True)
def serve(
    p: Plumbing,
    order: Array,
    gain: Array,
    chosen: Array,
    stands: Array,
    r: Residual,
    x: Array,
) -> float:
    """Bring what the demands in `order` (rows) lack, as far as their paths still carry.

    Returns what that gains.
    """
    used = np.zeros(len(p.kind))
    gained = 0.0
    for wanted in order:
        column = chosen[wanted]
        target, served, stay = NONE, 1.0, NONE
        for at in range(p.starts[column], p.starts[column + 1]):
            row = p.indices[at]
            if row == wanted:
                served = p.data[at]
            elif p.kind[row] == BALANCE:
                target = row
            elif p.role[column] == LENT and r.slack[row] <= NEGLIGIBLE * r.size[column]:
                stay = stands[row]
        most = r.slack[wanted] / served
        if most <= 0.0:
            continue
        if stay >= 0:  # equipment comes to stay, then goes to work
            most = push(p, r, NONE, stay, most, used, x)
            _stand(p, r, stay, most)
        gained += gain[wanted] * served * push(p, r, column, target, most, used, x)
    return gained


@njit(cache=True)
def _stand(p: Plumbing, r: Residual, row: int, amount: float) -> None:
    """Equipment that stands somewhere from a period on can work there."""
    at = row
    while at >= 0:
        column = p.stock[at]
        if column < 0:
            return
        for entry in range(p.starts[column], p.starts[column + 1]):
            if p.kind[p.indices[entry]] == 0:
                r.slack[p.indices[entry]] -= p.data[entry] * amount
        at = p.following[at]
