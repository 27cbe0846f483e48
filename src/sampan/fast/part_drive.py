"""The drive of one objective part: the parts before it priced or kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sampan.fast.bound import proven
from sampan.fast.drive import PLAN_WEIGHT, PROOF_WEIGHT, Drive, Result, gap_of
from sampan.fast.ordered import NOTHING, Proof, Standing
from sampan.fast.program import program
from sampan.fast.state import State
from sampan.model import Model
from sampan.model.numbers import Array

RAISED = 5.0
"""An earlier part is priced so many times higher where its price was too low, …"""
RAISES = 6
"""… at most so often."""
PLAIN = 5.0
"""Its price is too low if it loses so many times more than what is not proved yet."""
ROOM = 0.5
"""A part is solved to this share of the gap that is wanted; later ones may use the rest."""
STALLED, WINDOW = 0.9, 4.0
"""A part of several is given up if its gap did not fall to this share of what it was when there
were so many times fewer iterations, …"""
LEAST_ITERATIONS = 4000
"""… and so many at least."""
TIME_SHARE = 0.5
"""A part that others follow may take this share of the time that is left."""
REPAIR = 10.0
"""The repair puts so much more weight on all that is earlier."""

NOISE = (0.0, 1e-6, 1e-4)
"""Scaled prices up to this are left out, where runs without limit gain by next to nothing."""
MORE = (1e-6, 1e-4)
"""Where next to nothing is missing of what was kept, a repair of so much more may bring all."""


def solve_part(standing: Standing, place: int, state: State | None, most: int) -> State | None:
    """Solve one part as near as is wanted; where the iteration then stands."""
    if standing.x is not None and standing.values[place] <= NOTHING:
        return state
    # prices of the part before, where that is one among others now
    stretch = True
    for _ in range(RAISES):
        drive = PartDrive(standing, place, state, most, stretch=stretch)
        drive.run()
        state, stretch = drive.state, False
        standing.iterations += state.iterations
        if standing.x is None or not drive.traded.any():
            break
        standing.factors[:place][drive.traded] *= RAISED
    return state


class PartDrive(Drive):
    """Minimise cₖ + Σⱼ wⱼ cⱼ over the plans that use nothing of what was kept at 0."""

    def __init__(
        self, standing: Standing, place: int, state: State | None, most: int, *, stretch: bool
    ) -> None:
        self.standing, self.place = standing, place
        self.kept = standing.values[:place] <= NOTHING
        self.weights = standing.weights(place)
        self.priced = np.append(np.where(self.kept, 0.0, self.weights[:-1]), 1.0)
        self.dear = standing.sum(np.append(REPAIR * self.weights[:-1], 1.0))
        model, costs = _without(standing, self.kept), standing.sum(self.priced)
        scaled = program(model, standing.sum(self.weights), standing.order, standing.layout)
        if self.kept.any():  # its price was for the scaling alone
            scaled = scaled.with_costs(costs)
        if state is None:
            following = standing.begin(scaled)
        else:
            times = self.priced[-2] if stretch and self.priced[-2] > 0 else 1.0
            following = state.moved(scaled, times)
        super().__init__(
            model, costs, standing.order, following, self._near_enough, most, standing.repairs
        )
        control = standing.control
        self.deadline = control.seconds + TIME_SHARE * control.seconds_left
        self.course: list[tuple[int, float]] = []
        self.latest: Proof | None = None
        self.traded = np.zeros(place, dtype=bool)
        """Earlier parts of which the plan here gives up too much: priced too low."""

    def prove(self) -> None:
        """Keep the proof of the prices at hand, if it is the best so far."""
        state = self._beside(PROOF_WEIGHT)
        for noise in NOISE:
            base, prices = proven(self.model, self.costs, state.duals(noise), self.order)
            if base > -np.inf:
                self.latest = Proof(prices, base, self._multiples(prices))
                self.standing.learn(self.place, self.latest)
                break

    def plan(self) -> None:
        """Offer the plan nearest to the point at hand."""
        point = self._beside(PLAN_WEIGHT).point()
        for more in (0.0, *MORE):
            values = self._offer(point * (1.0 + more))
            if values is None or not (values[: self.place][self.kept] > NOTHING).any():
                break
        if values is not None and self.latest is not None:
            value = values[self.place]
            own = gap_of(value, min(value, self.latest.bound(values)))
            given_up = self.standing.gaps(self.place, values)
            self.traded = ~self.kept & (given_up > max(self.standing.gap, PLAIN * own))

    def _offer(self, point: Array) -> Array | None:
        """Repair a point; what the plan that comes out is worth in each part."""
        x = self.repairs.of(point, self.dear)
        if x is None:
            return None
        values = self.standing.values_of(x)
        self.standing.offer(x, values, self.place, self.weights)
        return values

    def _near_enough(self, _: Result) -> bool:
        standing, place = self.standing, self.place
        value, bound = float(standing.values[place]), standing.bound(place)
        standing.control.report(self.state.iterations, value, bound)
        if standing.control.stopped:
            return True
        gap = float(standing.gaps(place + 1)[-1])
        last = place + 1 == len(standing.parts)
        if gap <= (standing.gap if last else ROOM * standing.gap) or self.traded.any():
            return True
        late = not last and standing.control.seconds > self.deadline
        return late or (len(standing.parts) > 1 and self._stalled(gap))

    def _stalled(self, gap: float) -> bool:
        """Whether many more iterations have brought little."""
        made = self.state.iterations
        self.course.append((made, gap))
        before = [old for when, old in self.course if when * WINDOW <= made]
        return made >= LEAST_ITERATIONS and bool(before) and gap > STALLED * before[-1]

    def _multiples(self, prices: Array) -> Array:
        """Of each earlier part: its price, or what leaves what was kept nothing to gain."""
        multiples = self.priced[:-1].copy()
        if not self.kept.any():
            return multiples
        reduced = self.costs - self.model.matrix.T @ prices
        for j in np.flatnonzero(self.kept):
            costs = self.standing.parts[j].costs
            counted = costs.values > 0
            columns, values = costs.columns[counted], costs.values[counted]
            multiples[j] = float((-reduced[columns] / values).max(initial=0.0))
            reduced[columns] += multiples[j] * values
        return multiples


def _without(standing: Standing, kept: Array) -> Model:
    """The model in which nothing that counts in a part kept at 0 can be used."""
    if not kept.any():
        return standing.model
    upper = standing.model.upper.copy()
    for j in np.flatnonzero(kept):
        costs = standing.parts[j].costs
        upper[costs.columns[costs.values > 0]] = 0.0
    return replace(standing.model, upper=upper)
