"""Iterate, prove, repair, until the best plan and the best proof are close enough."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf

import numpy as np

from sampan.fast.bound import Order, proven
from sampan.fast.program import Program
from sampan.fast.repair import Repairs
from sampan.fast.state import State
from sampan.model import Model
from sampan.model.numbers import Array

FIRST = 100
"""Iterations from nothing before the first proof …"""
FIRST_FROM_PLAN = 40
"""… and from an earlier plan."""
GROWTH = 1.5
"""From one proof to the next, iterations grow by this factor."""
PLAN_WEIGHT, PROOF_WEIGHT = 20.0, 0.005
"""A plan wants a primal weight so many times that at which both come along, a proof so many …"""
SIDE_SHARE = 0.2
"""… for this share of the iterations again, each on a copy."""
SIDE_LEAST = 10
"""Iterations on a copy, at least."""
SETTLING = 1.05
"""While a proof proves so many times what the one before did, plans are far off yet: after the
first, none is made."""
MATTERS = 0.05
"""In a repair, a further round must gain this share of what is open between plan and proof."""
SMALLEST = 1e-9


@dataclass(frozen=True)
class Moment:
    """What was known at some time."""

    seconds: float
    iterations: int
    value: float
    bound: float

    @property
    def gap(self) -> float:
        return gap_of(self.value, self.bound)


@dataclass
class Result:
    """The best plan, the best proof, and how they came."""

    x: Array | None = None
    value: float = inf
    prices: Array | None = None
    bound: float = 0.0
    course: list[Moment] = field(default_factory=list)

    @property
    def gap(self) -> float:
        return gap_of(self.value, self.bound)

    def reduced(self, model: Model, costs: Array) -> Array:
        """What each column costs at the best prices, net of what it takes and gives."""
        assert self.prices is not None  # noqa: S101 - the first thing that a drive does
        left: Array = costs - model.matrix.T @ self.prices
        return left


def gap_of(value: float, bound: float) -> float:
    """|value − bound| ÷ |value|, as in the certificate."""
    return (value - bound) / max(abs(value), SMALLEST) if value < inf else inf


class Drive:
    """One linear objective of one model."""

    def __init__(
        self,
        model: Model,
        costs: Array,
        order: Order,
        state: State,
        stop: Callable[[Result], bool],
        most: int = 1_000_000,
        repairs: Repairs | None = None,
    ) -> None:
        self.model, self.costs, self.state, self.stop, self.most = model, costs, state, stop, most
        self.order, self.repairs = order, repairs or Repairs(model, order.plumbing)
        self.result = Result()
        self.started = time.perf_counter()

    def run(self) -> Result:
        """Until the caller says stop; with what there is then."""
        first = FIRST_FROM_PLAN if self.state.x.any() else FIRST
        following = first
        while True:
            before = self.result.bound
            self.prove()
            if self._enough():
                break
            if self._worth_a_plan(before):
                self.plan()
                if self._enough():
                    break
            self.state.run(max(following - self.state.iterations, 1))
            following = max(int(self.state.iterations * GROWTH), self.state.iterations + first)
        return self.result

    def prove(self) -> None:
        """Keep the proof of the prices at hand, if it is the best so far."""
        prices = self._beside(PROOF_WEIGHT).duals()
        bound, prices = proven(self.model, self.costs, prices, self.order)
        if bound > self.result.bound or self.result.prices is None:
            self.result.bound, self.result.prices = max(bound, 0.0), prices

    def plan(self) -> None:
        """Keep the plan nearest to the point at hand, if it is the best so far."""
        open_yet = self.result.value - self.result.bound
        matters = MATTERS * open_yet if open_yet < inf else 0.0
        x = self.repairs.of(self._beside(PLAN_WEIGHT).point(), self.costs, matters)
        if x is None:
            return
        value = float(self.costs @ x)
        if value < self.result.value:
            self.result.x, self.result.value = x, value

    def _worth_a_plan(self, before: float) -> bool:
        """Not of nothing, and not again while proofs still gain much."""
        started = bool(self.state.iterations or self.state.x.any())
        return started and (self.result.value == inf or self.result.bound <= SETTLING * before)

    def _beside(self, weight: float) -> State:
        """Where a while at another primal weight leads to; the state itself stays."""
        if not self.state.iterations:
            return self.state
        side = self.state.copy()
        side.omega *= weight
        side.run(max(int(SIDE_SHARE * self.state.iterations), SIDE_LEAST), adapt=False)
        return side

    def _enough(self) -> bool:
        result = self.result
        seconds = time.perf_counter() - self.started
        moment = Moment(seconds, self.state.iterations, result.value, result.bound)
        result.course.append(moment)
        return self.stop(result) or self.state.iterations >= self.most


def starting_state(program: Program) -> State:
    """Nothing moves, nothing has a price."""
    return State(program, np.zeros_like(program.cost), np.zeros_like(program.rhs))
