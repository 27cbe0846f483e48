"""One objective part after another, each by the same drive, each proved by prices of its own.

Part k is solved with the parts before it priced: minimise cₖ + Σⱼ wⱼ cⱼ. A part that reached 0 is
not priced but kept: what counts in it may not be used any more. The prices that come out prove
part k with rows "part j ≤ the value reached", whose multiples are the wⱼ, or, of what was kept,
the least that leaves nothing to gain. So all that is stated of a part rests on its own prices and
on the values of the plan at hand, and holds for whatever plan the later parts end with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sampan.fast.bound import order_of
from sampan.fast.drive import gap_of
from sampan.fast.layout import layout
from sampan.fast.parts import Part, worth
from sampan.fast.program import Program
from sampan.fast.repair import Repairs
from sampan.fast.state import State
from sampan.model import Model
from sampan.model.numbers import Array
from sampan.solvers.control import Control

FACTOR = 3.0
"""An earlier part is priced at so many times what a later one may typically be worth, at first."""
NOTHING = 1e-13
"""A value up to this is 0."""


@dataclass(frozen=True)
class Proof:
    """Prices of one part, and what they prove once the parts before it have a value."""

    prices: Array
    base: float
    """What they prove on the part's costs with multiples of the earlier parts' on top."""
    multiples: Array
    """One an earlier part."""

    def bound(self, values: Array) -> float:
        """What no plan can beat that is as good as `values` in the parts before."""
        before = values[: len(self.multiples)]
        if not np.isfinite(before).all():
            return 0.0
        return max(self.base - float(self.multiples @ before), 0.0)


class Standing:
    """The best plan so far, and the best proof of each part."""

    def __init__(
        self,
        model: Model,
        parts: list[Part],
        control: Control,
        gap: float,
        begin: Callable[[Program], State],
    ) -> None:
        self.model, self.parts, self.control, self.gap = model, parts, control, gap
        self.begin = begin
        """Where the first part's iteration begins."""
        self.order = order_of(model)
        self.layout = layout(model)
        self.repairs = Repairs(model, self.order.plumbing)
        self.proofs: list[Proof | None] = [None] * len(parts)
        self.x: Array | None = None
        self.values = np.full(len(parts), np.inf)
        self.factors = np.full(len(parts), FACTOR)
        self.iterations = 0

    @cached_property
    def worth(self) -> list[tuple[float, float]]:
        """What a typical quantity counts in each part, and what serving it may take there."""
        return [worth(self.model, self.repairs, part) for part in self.parts]

    def weights(self, place: int) -> Array:
        """What one unit of each earlier part is worth in part `place`; 1 for that one itself."""
        found = np.ones(place + 1)
        for j in reversed(range(place)):
            needed = max(found[m] * self.worth[m][1] for m in range(j + 1, place + 1))
            if self.worth[j][0] > 0 and needed > 0:
                found[j] = self.factors[j] * needed / self.worth[j][0]
        return found

    def sum(self, weights: Array) -> Array:
        """The first parts' costs over all columns, each so many times."""
        total = np.zeros(self.model.columns.count)
        for weight, part in zip(weights, self.parts, strict=False):
            total[part.costs.columns] += weight * part.costs.values
        return total

    def values_of(self, x: Array) -> Array:
        """What a point comes to in each part."""
        return np.array([part.costs.of(x) for part in self.parts])

    def bound(self, place: int, values: Array | None = None) -> float:
        """What is proven of a part, for a plan of these values."""
        values = self.values if values is None else values
        proof = self.proofs[place]
        # rounding may put it on the wrong side
        return 0.0 if proof is None else min(proof.bound(values), float(values[place]))

    def gaps(self, count: int, values: Array | None = None) -> Array:
        """Of the first parts, relative to their values."""
        values = self.values if values is None else values
        return np.array([gap_of(values[j], self.bound(j, values)) for j in range(count)])

    def offer(self, x: Array, values: Array, place: int, weights: Array) -> None:
        """Keep a plan if it is better in part `place`, and good enough in those before."""
        if self.x is None or self._score(values, place, weights) < self._score(
            self.values, place, weights
        ):
            self.x, self.values = x, values

    def _score(self, values: Array, place: int, weights: Array) -> tuple[float, float]:
        before = float(self.gaps(place, values).max(initial=self.gap))
        return before, float(weights @ values[: place + 1])

    def learn(self, place: int, proof: Proof) -> None:
        """Keep a proof of a part if it proves more."""
        old = self.proofs[place]
        if old is None or proof.bound(self.values) > old.bound(self.values):
            self.proofs[place] = proof
