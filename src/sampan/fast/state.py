"""Where the iteration stands, and how it goes on: epochs, restarts, and the primal weight."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sampan.fast import kernel
from sampan.fast.layout import WIDTH
from sampan.fast.program import Program
from sampan.model.numbers import Array

LONGEST_EPOCH = 0.1
"""An epoch that has taken this share of all iterations ends …"""
SHORTEST_EPOCH = 20
"""… but not before so many."""
LEAST_WEIGHT, MOST_WEIGHT = 0.2, 5.0
"""The scaled program has sizes near 1. Far from that a primal weight makes one half wait for the
other; what a proof or a plan gains by it is had on a copy (`drive.py`)."""


@dataclass
class State:
    """A point of the scaled program and what the next iterations need."""

    program: Program
    x: Array
    y: Array
    omega: float = 1.0
    iterations: int = 0
    in_epoch: int = 0
    x_anchor: Array = field(init=False)
    y_anchor: Array = field(init=False)
    taken: Array = field(init=False)
    """A(2x̂ − x) while it is added up; else 0."""
    work: Array = field(init=False)
    residuals: Array = field(init=False)

    def __post_init__(self) -> None:
        self.x_anchor, self.y_anchor = self.x.copy(), self.y.copy()
        self.taken = np.zeros_like(self.y)
        self.work = np.zeros((3, WIDTH), dtype=np.float32)
        self.residuals = np.zeros(2)

    @classmethod
    def at(cls, program: Program, x: Array, y: Array, omega: float = 1.0) -> State:
        """At a point and duals in the tables' own units."""
        return cls(
            program,
            program.layout.by_column(x / program.column_size),
            program.layout.by_row(y / program.row_size),
            omega,
        )

    def run(self, iterations: int, *, adapt: bool = True) -> None:
        """So many iterations; restarts as they come."""
        left, program = iterations, self.program
        while left > 0:
            longest = int(LONGEST_EPOCH * self.iterations) + SHORTEST_EPOCH
            made, over = kernel.epoch(
                program.matrix, program.cost, program.upper, program.step, program.rhs,
                program.price_lower, program.price_upper, program.price_step,
                self.x, self.x_anchor, self.y, self.y_anchor, self.taken, self.work, self.omega,
                self.in_epoch, min(left, max(longest - self.in_epoch, 1)), self.residuals,
            )  # fmt: skip
            left -= made
            self.iterations += made
            self.in_epoch += made
            if over or self.in_epoch >= longest:
                self.restart(adapt=adapt)

    def restart(self, *, adapt: bool = True) -> None:
        """Begin an epoch here, with a primal weight from how far the last one went."""
        if adapt:
            dx = kernel.distance(self.x, self.x_anchor, self.program.step)
            dy = kernel.distance(self.y, self.y_anchor, self.program.price_step)
            if dx > 0 and dy > 0:
                weight = float(np.sqrt(self.omega * dy / dx))
                self.omega = min(max(weight, LEAST_WEIGHT), MOST_WEIGHT)
        self.x_anchor[:] = self.x
        self.y_anchor[:] = self.y
        self.in_epoch = 0

    def copy(self) -> State:
        """A state of its own at the same point, at the start of an epoch."""
        return State(self.program, self.x.copy(), self.y.copy(), self.omega, self.iterations)

    def point(self) -> Array:
        """x within its bounds, in the tables' units."""
        program = self.program
        scaled = kernel.image(
            program.matrix, program.cost, program.upper, program.step, self.x, self.y,
            self.taken, self.work, self.omega,
        )  # fmt: skip
        found: Array = scaled[program.layout.column_place] * program.column_size
        return found

    def duals(self, noise: float = 0.0) -> Array:
        """Row duals with the right signs, in the tables' units; scaled ones up to `noise` are 0."""
        clipped = np.clip(self.y, self.program.price_lower, self.program.price_upper)
        clipped[np.abs(self.y) <= noise] = 0.0
        found: Array = clipped[self.program.layout.row_place] * self.program.row_size
        return found

    def moved(self, program: Program, times: float) -> State:
        """The same point, and so many times the same prices, in another scaling of the model."""
        old = self.program
        x = self.x[old.layout.column_place] * old.column_size
        y = self.y[old.layout.row_place] * old.row_size
        return State.at(program, x, times * y)
