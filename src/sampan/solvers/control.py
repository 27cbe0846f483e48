"""Progress, time limit and interruption, for any solver."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

SMALLEST = 1e-9
"""Values below this count as this where gaps are taken relative to them."""


@dataclass(frozen=True)
class Progress:
    """What a solve is doing now; passed to the callback."""

    stage: str
    part: str
    step: int
    """Parts finished so far."""
    steps: int
    """Parts expected in all; grows when fairness needs more rounds."""
    iterations: int
    """Of the solver, in this part (for whole numbers: nodes of the search tree)."""
    value: float | None
    """The solver's current objective in this part, if it has one."""
    seconds: float
    bound: float | None = None
    """What no plan can beat, of a method that proves it on the way; `value` is then a plan's."""

    @property
    def gap(self) -> float | None:
        """|value − bound| ÷ |value|, as in the certificate; None where no bound is proven yet."""
        if self.value is None or self.bound is None:
            return None
        return (self.value - self.bound) / max(abs(self.value), SMALLEST)


class Control:
    """Shared between the caller and the solver: when to stop, and whom to tell.

    `on_progress` may return False to stop the solve; the best plan found is still returned.
    """

    def __init__(
        self,
        time_limit: float | None = None,
        on_progress: Callable[[Progress], bool | None] | None = None,
    ) -> None:
        self.started = time.monotonic()
        self.time_limit = time_limit
        self.on_progress = on_progress
        self.interrupted = threading.Event()
        self.out_of_time = False
        self.stage, self.part, self.step, self.steps = "", "", 0, 1

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    @property
    def seconds_left(self) -> float:
        return float("inf") if self.time_limit is None else self.time_limit - self.seconds

    @property
    def stopped(self) -> bool:
        """Whether to stop now, for whatever reason."""
        if self.seconds_left <= 0:
            self.out_of_time = True
        return self.out_of_time or self.interrupted.is_set()

    def begin(self, stage: str, part: str, step: int, steps: int) -> None:
        """A part of a stage starts."""
        self.stage, self.part, self.step, self.steps = stage, part, step, steps
        self.report(0, None)

    def report(self, iterations: int, value: float | None, bound: float | None = None) -> None:
        if self.on_progress is None:
            return
        progress = Progress(
            self.stage, self.part, self.step, self.steps, iterations, value, self.seconds, bound
        )
        if self.on_progress(progress) is False:
            self.interrupted.set()
