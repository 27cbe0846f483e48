"""Forward in time: what leaves a place is no more than what is there."""

from __future__ import annotations

import numpy as np
from numba import njit

from sampan.fast.plumbing import BALANCE, DERIVED, INPUT, LENT, Plumbing
from sampan.model.numbers import Array

PASSES = 40
"""Rounds within a period; each passes a cut on by one movement without lead time."""
HARSH = 20
"""After so many rounds what takes too much is not scaled but stopped."""
ROUNDING = 1e-13
NOTHING = 1e-12
"""Share of what came and what was there below which what is left is rounding."""
DUST = 1e-9
"""Share of a column's typical size below which a movement is rounding, and does not take place."""


@njit(cache=True)
def load(p: Plumbing, x: Array, stocks: bool) -> Array:
    """What flows, lent equipment and, if asked for, stocks come to in every row."""
    total = np.zeros(len(p.kind))
    for column in range(len(x)):
        if p.role[column] != DERIVED and x[column] != 0.0:
            for at in range(p.starts[column], p.starts[column + 1]):
                total[p.indices[at]] += p.data[at] * x[column]
    if stocks:
        for row in p.rows:
            column = p.stock[row]
            if column >= 0 and x[column] != 0.0:
                for at in range(p.starts[column], p.starts[column + 1]):
                    total[p.indices[at]] += p.data[at] * x[column]
    return total


@njit(cache=True)
def within_limits(p: Plumbing, floor: Array, x: Array) -> None:
    """Scale down what exceeds a limit on flows; what is promised (`floor`) stays."""
    total, promised = np.zeros(len(p.kind)), np.zeros(len(p.kind))
    for column in range(len(x)):
        if p.role[column] == DERIVED:
            continue
        for at in range(p.starts[column], p.starts[column + 1]):
            # where stocks or outputs make room, the flows have to be known first
            if p.data[at] > 0 and p.most[p.indices[at]] < np.inf:
                total[p.indices[at]] += p.data[at] * x[column]
                promised[p.indices[at]] += p.data[at] * floor[column]
    for column in range(len(x)):
        if p.role[column] == DERIVED or x[column] <= floor[column]:
            continue
        share = 1.0
        for at in range(p.starts[column], p.starts[column + 1]):
            row = p.indices[at]
            if p.data[at] > 0 and total[row] > p.most[row] and not p.eased[row]:
                room = max(p.most[row] - promised[row], 0.0)
                share = min(share, room / (total[row] - promised[row]))
        if share < 1.0:
            x[column] = floor[column] + share * (x[column] - floor[column])


@njit(cache=True)
def forward(
    p: Plumbing, floor: Array, reserved: Array, wished: Array, x: Array
) -> tuple[Array, Array]:
    """Scale down what takes more than there is, period by period; stocks are what is left.

    `reserved` and `wished`, by row, must and should stay in stock. Returns by row what promises
    lack, and what is left at the end of the period.
    """
    rows = len(p.kind)
    there = p.supply.copy()
    taken, given, promised, share = np.zeros(rows), np.zeros(rows), np.zeros(rows), np.ones(rows)
    lacking, left = np.zeros(rows), np.zeros(rows)
    for period in range(len(p.row_cuts) - 1):
        for turn in range(PASSES):
            _sum(p, period, floor, x, taken, given, promised)
            if not _shares(p, period, turn, there, taken, given, promised, reserved, wished, share):
                break
            _scale(p, period, floor, share, x)
        _stay(p, period, there, taken, given, x, lacking, left)
        _pass_on(p, period, x, there)
    return lacking, left


@njit(cache=True)
def _sum(
    p: Plumbing, period: int, floor: Array, x: Array, taken: Array, given: Array, promised: Array
) -> None:
    """What is taken from, and within the period given to, each of its rows."""
    for row in p.rows[p.row_cuts[period] : p.row_cuts[period + 1]]:
        taken[row] = given[row] = promised[row] = 0.0
    for column in p.flows[p.flow_cuts[period] : p.flow_cuts[period + 1]]:
        if x[column] == 0.0:
            continue
        for at in range(p.starts[column], p.starts[column + 1]):
            row = p.indices[at]
            if p.kind[row] == 0 or p.period[row] != period:
                continue
            if p.data[at] > 0:
                taken[row] += p.data[at] * x[column]
                promised[row] += p.data[at] * floor[column]
            else:
                given[row] -= p.data[at] * x[column]


@njit(cache=True)
def _shares(
    p: Plumbing,
    period: int,
    turn: int,
    there: Array,
    taken: Array,
    given: Array,
    promised: Array,
    reserved: Array,
    wished: Array,
    share: Array,
) -> bool:
    """By row the share of what takes (of draws) that can go; whether any is below 1.

    For inputs a share above 1 is what runs must be divided by.
    """
    some = False
    for row in p.rows[p.row_cuts[period] : p.row_cuts[period + 1]]:
        share[row] = 1.0
        if p.kind[row] == BALANCE:
            left = max(there[row] + given[row] - reserved[row], 0.0)
            if turn == 0 and taken[row] + wished[row] > left:
                left *= taken[row] / (taken[row] + wished[row])
            if taken[row] > left * (1 + ROUNDING):
                free = taken[row] - promised[row]
                room = max(left - promised[row], 0.0) if turn < HARSH else 0.0
                if free > ROUNDING * taken[row]:
                    share[row] = min(room / free, 1.0)
                    some = True
        elif p.kind[row] == INPUT:
            drawn, used = taken[row], given[row]
            if abs(drawn - used) > ROUNDING * max(drawn, used):
                share[row] = used / drawn if drawn > 0 else np.inf
                some = True
    return some


@njit(cache=True)
def _scale(p: Plumbing, period: int, floor: Array, share: Array, x: Array) -> None:
    """Take the shares."""
    for column in p.flows[p.flow_cuts[period] : p.flow_cuts[period + 1]]:
        if x[column] <= floor[column]:
            continue
        least = 1.0
        for at in range(p.starts[column], p.starts[column + 1]):
            row = p.indices[at]
            if p.kind[row] == 0 or p.period[row] != period:
                continue
            if p.data[at] > 0:
                least = min(least, share[row])
            elif p.kind[row] == INPUT and share[row] > 1.0:
                least = min(least, 1.0 / share[row])
        if least < 1.0:
            x[column] = floor[column] + least * (x[column] - floor[column])


@njit(cache=True)
def _stay(
    p: Plumbing,
    period: int,
    there: Array,
    taken: Array,
    given: Array,
    x: Array,
    lacking: Array,
    left: Array,
) -> None:
    """Stock at the end of the period, and what expires."""
    for row in p.rows[p.row_cuts[period] : p.row_cuts[period + 1]]:
        if p.kind[row] != BALANCE:
            continue
        came = there[row] + given[row]
        rest = came - taken[row]
        if abs(rest) <= NOTHING * came:
            rest = 0.0
        lacking[row] = max(-rest, 0.0)
        left[row] = max(rest, 0.0)
        if p.stock[row] >= 0:
            x[p.stock[row]] = left[row]
            if p.following[row] >= 0:
                there[p.following[row]] += left[row]
        elif p.expired[row] >= 0:
            x[p.expired[row]] = left[row]


@njit(cache=True)
def _pass_on(p: Plumbing, period: int, x: Array, there: Array) -> None:
    """What arrives or comes out later."""
    for column in p.flows[p.flow_cuts[period] : p.flow_cuts[period + 1]]:
        if x[column] == 0.0:
            continue
        for at in range(p.starts[column], p.starts[column + 1]):
            row = p.indices[at]
            if p.kind[row] == BALANCE and p.period[row] > period and p.data[at] < 0:
                there[row] -= p.data[at] * x[column]


@njit(cache=True)
def without_dust(p: Plumbing, size: Array, floor: Array, x: Array) -> bool:
    """Stop what moves next to nothing, unless it was promised; whether there was any.

    Left alone, such residues are handed on by places to which nothing came.
    """
    some = False
    for column in range(len(x)):
        moves = p.role[column] != DERIVED and floor[column] == 0.0
        if moves and 0.0 < x[column] < DUST * size[column]:
            x[column] = 0.0
            some = True
    return some


@njit(cache=True)
def lend(p: Plumbing, x: Array) -> None:
    """Equipment at work is no more than what stands there."""
    total = load(p, x, True)
    wanted = np.zeros(len(total))
    for column in range(len(x)):
        if p.role[column] == LENT:
            for at in range(p.starts[column], p.starts[column + 1]):
                wanted[p.indices[at]] += p.data[at] * x[column]
    for column in range(len(x)):
        if p.role[column] != LENT or x[column] == 0.0:
            continue
        share = 1.0
        for at in range(p.starts[column], p.starts[column + 1]):
            row = p.indices[at]
            if p.eased[row] and total[row] > p.most[row]:
                room = max(p.most[row] - (total[row] - wanted[row]), 0.0)
                share = min(share, room / wanted[row])
        x[column] *= share
