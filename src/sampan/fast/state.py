"""Where the iteration stands, and how it goes on: epochs, restarts, and the primal weight."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sampan.fast import kernel
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
    mirrored: Array = field(init=False)
    residuals: Array = field(init=False)

    def __post_init__(self) -> None:
        self.x_anchor, self.y_anchor = self.x.copy(), self.y.copy()
        self.mirrored = np.empty_like(self.x)
        self.residuals = np.zeros(2)

    @classmethod
    def at(cls, program: Program, x: Array, y: Array, omega: float = 1.0) -> State:
        """At a point and duals in the tables' own units."""
        return cls(
            program,
            (x / program.column_size).astype(np.float32),
            (y / program.row_size).astype(np.float32),
            omega,
        )

    def run(self, iterations: int, *, adapt: bool = True) -> None:
        """So many iterations; restarts as they come."""
        left, program = iterations, self.program
        while left > 0:
            longest = int(LONGEST_EPOCH * self.iterations) + SHORTEST_EPOCH
            made, over = kernel.epoch(
                program.by_column, program.by_row, program.cost, program.upper, program.rhs,
                program.price_lower, program.price_upper, self.x, self.x_anchor, self.y,
                self.y_anchor, self.mirrored, self.omega, self.in_epoch,
                min(left, max(longest - self.in_epoch, 1)), self.residuals,
            )  # fmt: skip
            left -= made
            self.iterations += made
            self.in_epoch += made
            if over or self.in_epoch >= longest:
                self.restart(adapt=adapt)

    def restart(self, *, adapt: bool = True) -> None:
        """Begin an epoch here, with a primal weight from how far the last one went."""
        if adapt:
            dx = float(np.linalg.norm(self.x - self.x_anchor))
            dy = float(np.linalg.norm(self.y - self.y_anchor))
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
            program.by_column, program.cost, program.upper, self.x, self.y, self.omega
        )
        found: Array = scaled * program.column_size
        return found

    def duals(self) -> Array:
        """Row duals with the right signs, in the tables' units."""
        clipped = np.clip(self.y, self.program.price_lower, self.program.price_upper)
        found: Array = clipped * self.program.row_size
        return found
