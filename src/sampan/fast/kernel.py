"""The iteration itself: reflected Halpern steps of the primal-dual hybrid gradient method.

One call runs up to one epoch. T is a primal-dual step (Chambolle and Pock 2011,
doi:10.1007/s10851-010-0251-1), z⁰ the point where the epoch began, and

    x̂ = clip(x − (η/ω)τ(c − Aᵀy))     ŷ = clip(y + ηωσ(b − A(2x̂ − x)))
    zᵏ⁺¹ = (k+1)/(k+2) · (2 ẑ − zᵏ) + 1/(k+2) · z⁰          (Lu and Yang 2024, arXiv:2407.16144)

A pass over the columns does the primal half and adds up A(2x̂ − x); a pass over the rows does the
dual half. Runs of columns that follow each other in time (`layout.py`) are taken together, so
that their entries are read once and a processor does several periods with one instruction.
"""

# compiled functions take their types from what they are given
# mypy: disable-error-code="no-untyped-def,no-untyped-call,unused-ignore"

from __future__ import annotations

import numpy as np
from numba import njit

STEP = np.float32(0.998)
"""η: the norm of the scaled matrix is at most 1."""
SUFFICIENT, NECESSARY = 0.2, 0.8
"""An epoch ends when the residual has fallen to the first share of what it was at its start, or
to the second and rises again."""
TINY = np.float32(1e-18)
"""Numbers below this are 0: processors take many times as long over them."""
SUMMED = 255
"""So many blocks, and one, add to one single-precision sum."""
_FAST = {"contract", "reassoc", "nsz"}


@njit(cache=True, nogil=True, fastmath=_FAST)
def _block_pass(
    entries, first_row, coefficient, cost, upper, step, x, anchor, y, taken, work, width, tau, share
):
    """The primal half of a step for columns in runs; returns their share of ‖x̂ − x‖².

    `taken` gains A(2x̂ − x). `work` is 3 × `width`. Indices come from loops or are unsigned, so
    that none can be negative: else the compiler looks at each of them.
    """
    gradient, mirrored, moved = work[0], work[1], work[2]
    rest = np.float32(1.0) - share
    total = 0.0
    moved[:] = 0
    for block in range(len(entries) - 1):
        start = block * width
        for t in range(width):
            gradient[t] = cost[start + t]
        for entry in range(entries[block], entries[block + 1]):
            value, row = coefficient[entry], first_row[entry]
            for t in range(width):
                gradient[t] -= value * y[row + t]
        for t in range(width):
            gradient[t] *= tau * step[start + t]
        for t in range(width):
            old = x[start + t]
            new = min(old - gradient[t], upper[start + t])
            new = new if new > TINY else np.float32(0.0)
            change = new - old
            moved[t] += change * change if abs(change) > TINY else np.float32(0.0)
            mirror = new + change
            mirrored[t] = mirror
            after = share * mirror + rest * anchor[start + t]
            x[start + t] = after if abs(after) > TINY else np.float32(0.0)
        for entry in range(entries[block], entries[block + 1]):
            value, row = coefficient[entry], first_row[entry]
            for t in range(width):
                taken[row + t] += value * mirrored[t]
        if block & SUMMED == SUMMED:
            total += moved.sum()
            moved[:] = 0
    return total + moved.sum()


@njit(cache=True, nogil=True, fastmath=_FAST)
def _single_pass(
    place, entries, row, coefficient, cost, upper, step, x, anchor, y, taken, tau, share
):  # fmt: skip
    """The same for columns that stand alone, the first of them at `place`."""
    total = 0.0
    rest = np.float32(1.0) - share
    for number in range(len(entries) - 1):
        at = place + number
        gradient = cost[at]
        for entry in range(entries[number], entries[number + 1]):
            gradient -= coefficient[entry] * y[row[entry]]
        old = x[at]
        new = min(old - tau * step[at] * gradient, upper[at])
        new = new if new > TINY else np.float32(0.0)
        change = new - old
        total += np.float64(change) * change / step[at]
        mirror = new + change
        after = share * mirror + rest * anchor[at]
        x[at] = after if abs(after) > TINY else np.float32(0.0)
        for entry in range(entries[number], entries[number + 1]):
            taken[row[entry]] += coefficient[entry] * mirror
    return total


@njit(cache=True, nogil=True, fastmath=_FAST)
def _row_pass(rhs, lower, upper, step, y, anchor, taken, sigma, share):
    """The dual half of a step; returns ‖ŷ − y‖² and clears `taken`."""
    moved = np.float32(0.0)
    rest = np.float32(1.0) - share
    for row in range(len(rhs)):
        old = y[row]
        new = max(min(old + sigma * step[row] * (rhs[row] - taken[row]), upper[row]), lower[row])
        taken[row] = 0
        change = new - old
        moved += change * change if abs(change) > TINY else np.float32(0.0)
        after = share * (new + change) + rest * anchor[row]
        y[row] = after if abs(after) > TINY else np.float32(0.0)
    return moved


@njit(cache=True, nogil=True)
def _column_pass(matrix, cost, upper, step, x, anchor, y, taken, work, tau, share):
    entries, first_row, coefficient, single_entries, single_row, single = matrix
    width = work.shape[1]
    return _block_pass(
        entries, first_row, coefficient,
        cost, upper, step, x, anchor, y, taken, work, width, tau, share,
    ) + _single_pass(
        (len(entries) - 1) * width, single_entries, single_row, single,
        cost, upper, step, x, anchor, y, taken, tau, share,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def epoch(
    matrix, cost, upper, step, rhs, price_lower, price_upper, price_step,
    x, x_anchor, y, y_anchor, taken, work, omega, first, count, residuals,
):  # fmt: skip
    """Up to `count` iterations, the first of them number `first` of its epoch.

    `residuals` is [at the epoch's start, at the last iteration] and is kept up to date.
    Returns the iterations made and whether the epoch is over.
    """
    tau, sigma = np.float32(STEP / omega), np.float32(STEP * omega)
    for made in range(count):
        number = first + made
        share = np.float32((number + 1.0) / (number + 2.0))
        dx = _column_pass(matrix, cost, upper, step, x, x_anchor, y, taken, work, tau, share)
        dy = _row_pass(rhs, price_lower, price_upper, price_step, y, y_anchor, taken, sigma, share)
        residual = np.sqrt(omega * dx + dy / omega)
        if number == 0:
            residuals[0] = residual
        elif residual <= SUFFICIENT * residuals[0] or (
            residual <= NECESSARY * residuals[0] and residual > residuals[1]
        ):
            residuals[1] = residual
            return made + 1, True
        residuals[1] = residual
    return count, False


@njit(cache=True, nogil=True)
def image(matrix, cost, upper, step, x, y, taken, work, omega):
    """x̂ at (x, y): a point within its bounds. `taken` is cleared."""
    mirrored = x.copy()
    tau = np.float32(STEP / omega)
    _column_pass(matrix, cost, upper, step, mirrored, x, y, taken, work, tau, np.float32(1.0))
    taken[:] = 0
    # 2x̂ − x came out
    for place in range(len(x)):
        half = np.float32(0.5) * (mirrored[place] + x[place])
        mirrored[place] = max(min(half, upper[place]), np.float32(0.0))
    return mirrored


@njit(cache=True, nogil=True)
def distance(point, other, step):
    """‖point − other‖, in the norm that steps of these sizes belong to."""
    total = 0.0
    for place in range(len(point)):
        change = np.float64(point[place]) - other[place]
        total += change * change / step[place]
    return np.sqrt(total)
