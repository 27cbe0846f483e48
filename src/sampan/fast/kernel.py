"""The iteration itself: reflected Halpern steps of the primal-dual hybrid gradient method.

One call runs up to one epoch. T is a primal-dual step (Chambolle and Pock 2011,
doi:10.1007/s10851-010-0251-1), z⁰ the point where the epoch began, and

    x̂ = clip(x − (η/ω)(c − Aᵀy))      ŷ = clip(y + ηω(b − A(2x̂ − x)))
    zᵏ⁺¹ = (k+1)/(k+2) · (2 ẑ − zᵏ) + 1/(k+2) · z⁰          (Lu and Yang 2024, arXiv:2407.16144)

One pass over the columns does the primal half, one over the rows the dual half. Each writes
only its own place, so that threads change nothing in the result.
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
TINY = np.float32(1e-25)
"""Numbers below this are 0: processors take many times as long over them."""
CHUNK = 4096
"""Columns or rows that one thread takes at a time; sums are taken chunk by chunk."""
_FAST = {"contract", "reassoc", "nsz"}


@njit(cache=True, nogil=True, fastmath=_FAST)
def _column_chunk(
    first, last, starts, indices, data, cost, upper, x, anchor, y, mirrored, tau, share
):
    """The primal half of a step for some columns; returns their share of ‖x̂ − x‖²."""
    moved = 0.0
    rest = np.float32(1.0) - share
    start = starts[first]
    for column in range(first, last):
        end = starts[column + 1]
        gradient = cost[column]
        for at in range(start, end):
            gradient -= data[at] * y[indices[at]]
        start = end
        old = x[column]
        new = old - tau * gradient
        if new > upper[column]:
            new = upper[column]
        if new < 0:
            new = np.float32(0.0)
        change = new - old
        moved += change * change
        mirror = new + change
        mirrored[column] = mirror
        after = share * mirror + rest * anchor[column]
        x[column] = after if abs(after) > TINY else np.float32(0.0)
    return moved


@njit(cache=True, nogil=True, fastmath=_FAST)
def _row_chunk(
    first, last, starts, indices, data, rhs, lower, upper, y, anchor, mirrored, sigma, share
):
    """The dual half of a step for some rows; returns their share of ‖ŷ − y‖²."""
    moved = 0.0
    rest = np.float32(1.0) - share
    start = starts[first]
    for row in range(first, last):
        end = starts[row + 1]
        missing = rhs[row]
        for at in range(start, end):
            missing -= data[at] * mirrored[indices[at]]
        start = end
        old = y[row]
        new = old + sigma * missing
        if new > upper[row]:
            new = upper[row]
        if new < lower[row]:
            new = lower[row]
        change = new - old
        moved += change * change
        after = share * (new + change) + rest * anchor[row]
        y[row] = after if abs(after) > TINY else np.float32(0.0)
    return moved


@njit(cache=True, nogil=True)
def epoch(
    by_column, by_row, cost, upper, rhs, price_lower, price_upper,
    x, x_anchor, y, y_anchor, mirrored, omega, first, count, residuals,
):  # fmt: skip
    """Up to `count` iterations, the first of them number `first` of its epoch.

    `residuals` is [at the epoch's start, at the last iteration] and is kept up to date.
    Returns the iterations made and whether the epoch is over.
    """
    tau, sigma = np.float32(STEP / omega), np.float32(STEP * omega)
    for made in range(count):
        number = first + made
        share = np.float32((number + 1.0) / (number + 2.0))
        dx = _column_chunk(
            0, len(cost), by_column[0], by_column[1], by_column[2], cost, upper,
            x, x_anchor, y, mirrored, tau, share,
        )  # fmt: skip
        dy = _row_chunk(
            0, len(rhs), by_row[0], by_row[1], by_row[2], rhs, price_lower, price_upper,
            y, y_anchor, mirrored, sigma, share,
        )  # fmt: skip
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
def image(by_column, cost, upper, x, y, omega):
    """x̂ at (x, y): a point within its bounds."""
    starts, indices, data = by_column
    tau = np.float32(STEP / omega)
    made = np.empty_like(x)
    for column in range(len(cost)):
        gradient = cost[column]
        for at in range(starts[column], starts[column + 1]):
            gradient -= data[at] * y[indices[at]]
        made[column] = min(max(x[column] - tau * gradient, np.float32(0.0)), upper[column])
    return made
