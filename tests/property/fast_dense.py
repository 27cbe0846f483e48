"""The fast method's program as dense matrices, and its step as a formula, to compare with."""

from __future__ import annotations

import numpy as np

from sampan.fast.kernel import STEP
from sampan.fast.layout import WIDTH
from sampan.fast.program import Program
from sampan.model.numbers import Array


def dense_of(program: Program) -> Array:
    """The scaled matrix, rows × columns as in the model, from what the kernel reads."""
    entries, first_row, coefficient, single_entries, single_row, single = program.matrix
    places = program.layout
    made = np.zeros((places.rows, places.columns))
    for block in range(len(entries) - 1):
        for entry in range(entries[block], entries[block + 1]):
            for later in range(WIDTH):
                made[first_row[entry] + later, WIDTH * block + later] += coefficient[entry]
    start = WIDTH * (len(entries) - 1)
    for number in range(len(single_entries) - 1):
        for entry in range(single_entries[number], single_entries[number + 1]):
            made[single_row[entry], start + number] += single[entry]
    found: Array = made[np.ix_(places.row_place, places.column_place)]
    return found


def stepped(
    program: Program,
    x: Array,
    y: Array,
    x_anchor: Array,
    y_anchor: Array,
    omega: float,
    number: int,
) -> tuple[Array, Array]:
    """One iteration, the `number`-th of its epoch, by the formula; scaled, in the model's order."""
    column, row = program.layout.column_place, program.layout.row_place
    dense = dense_of(program)
    tau, sigma = STEP / omega * program.step[column], STEP * omega * program.price_step[row]
    new_x = np.clip(x - tau * (program.cost[column] - dense.T @ y), 0.0, program.upper[column])
    mirrored = 2 * new_x - x
    new_y = np.clip(
        y + sigma * (program.rhs[row] - dense @ mirrored),
        program.price_lower[row],
        program.price_upper[row],
    )
    share = (number + 1) / (number + 2)
    return (
        share * mirrored + (1 - share) * x_anchor,
        share * (2 * new_y - y) + (1 - share) * y_anchor,
    )
