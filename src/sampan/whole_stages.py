"""Stages with whole numbers: a search for each part, each from the last solution.

There are no prices here: the solver's own bounds are kept, and marked as such.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from sampan.model import objective as objectives
from sampan.model.objective import Pairs
from sampan.solvers.highs import Array, Result, Session
from sampan.stages import (
    POSITIVE,
    ContinuousStages,
    InfeasibleError,
    Outcome,
    Stages,
    new_session,
)

SLACK = 1e-9
"""Relative room for rounding in the rows that keep an earlier part's value."""


class WholeStages(Stages):
    """Fairness by sums: the lowest fill rate, then the sum of the two lowest, and so on.

    Raising those sums one after the other gives the max-min solution of any set of plans,
    also where whole numbers rule out the argument by multipliers (Ogryczak, Pióro & Tomaszewski
    2005, Telecommunications network design and max-min optimization problem).
    """

    def run(self) -> Outcome:
        outcome = super().run()
        if outcome.feasible and not outcome.stopped:
            self._polish()
        return outcome

    def _minimise(self, stage: str, part: str, costs: Array) -> Result | None:
        if self.outcome.feasible:
            self.session.suggest(self._padded(self.outcome.x))
        return super()._minimise(stage, part, costs)

    def _padded(self, x: Array) -> Array:
        """The last solution with the columns of fairness (which the solver completes) at 0."""
        padded = np.zeros(self.session.columns)
        padded[: len(x)] = x
        return padded

    def fairness(self, pairs: Pairs) -> None:
        """One search a round; round r raises the sum of the r lowest fill rates."""
        kept = 0.0
        for number in range(1, pairs.count + 1):
            part = f"{pairs.priority}:{number}"
            columns, costs = self._sum_of_lowest(pairs, number)
            self.steps += number > 1
            result = self._minimise("fairness", part, costs)
            if result is None:
                self._record_unsolved(pairs, number)
                return
            total = number - max(result.bound, 0.0)
            # the r-th lowest is at most the bound on the sum of r, less the r - 1 before it
            self._record("fairness", part, min(max(total - kept, 0.0), 1.0), None)
            if self.outcome.stopped:
                self._record_unsolved(pairs, number + 1)
                return
            rates = pairs.fill_rates(self.model.columns.shortages.of(self.outcome.x))
            kept = float(np.sort(rates)[:number].sum())
            self._keep_sum(columns, costs, number - kept)
            if np.sort(rates)[number - 1] >= 1.0 - POSITIVE:
                return

    def _record_unsolved(self, pairs: Pairs, first: int) -> None:
        """The rounds that were not reached: no fill rate exceeds 1."""
        for number in range(first, pairs.count + 1):
            self._record("fairness", f"{pairs.priority}:{number}", 1.0, None)

    def _sum_of_lowest(self, pairs: Pairs, number: int) -> tuple[Array, Array]:
        """number − (number · t − Σ d) with d ≥ t − fill rate, d ≥ 0: to be minimised.

        With t = 1 − e it is number · e + Σ d, so that every cost is positive.
        """
        excess = self.session.add_column(1.0)
        below = np.array([self.session.add_column(1.0) for _ in range(pairs.count)])
        rows = self._pair_rows_below(pairs, excess, below)
        assert len(rows) == pairs.count  # noqa: S101
        costs = np.zeros(self.session.columns)
        costs[excess] = number
        costs[below] = 1.0
        return np.append(below, excess), costs

    def _pair_rows_below(self, pairs: Pairs, excess: int, below: Array) -> Array:
        """d ≥ (1 − e) − (1 − Σ share · u), that is Σ share · u − e − d ≤ 0."""
        count, each = pairs.count, np.arange(pairs.count)
        column = np.concatenate(
            [self.model.columns.shortages.start + pairs.demand, np.full(count, excess), below]
        )
        row = np.concatenate([pairs.pair, each, each])
        value = np.concatenate([pairs.share, -np.ones(2 * count)])
        shape = (count, self.session.columns)
        entries = sparse.csr_array((value, (row, column)), shape=shape)
        return self.session.add_rows(entries, np.full(count, -np.inf), np.zeros(count))

    def _keep_sum(self, columns: Array, costs: Array, limit: float) -> None:
        zeros = np.zeros(len(columns), dtype=np.int64)
        shape = (1, self.session.columns)
        entries = sparse.csr_array((costs[columns], (zeros, columns)), shape=shape)
        self.session.add_rows(entries, np.array([-np.inf]), np.array([limit + SLACK]))

    def _polish(self) -> None:
        """With the whole numbers as found, every stage once more, to full accuracy.

        The searches leave each value loose by their tolerance, which adds up from part to
        part; without whole numbers the stages hold to rounding.
        """
        if self.tolerance > 0:
            self._polish_last()
            return
        model = replace(self.model, whole=np.zeros_like(self.model.whole))
        session = new_session(model, self.control)
        self._fix_whole(session)
        try:
            polished = ContinuousStages(model, session, self.control).run()
        except InfeasibleError:
            return  # what was found obeys the rules to the search's tolerance only: keep it
        if polished.feasible and not polished.stopped:
            self.outcome.x = polished.x

    def _polish_last(self) -> None:
        """The last part only: earlier ones may have spent their tolerance already."""
        self.session.relax_whole()
        self._fix_whole(self.session)
        result = self.session.minimise(self._last_costs()[1])
        if result.status == "optimal" and result.x is not None:
            self.outcome.x = result.x[: self.model.columns.count]

    def _fix_whole(self, session: Session) -> None:
        whole = np.flatnonzero(self.model.whole)
        session.fix(whole, np.round(self.outcome.x[whole]))

    def _last_costs(self) -> tuple[str, Array]:
        stage = self.model.network.objective.stages[-1]
        parts = self._parts(stage, objectives.priorities(self.model.numbers))
        costs = parts[-1][1]
        if isinstance(costs, Pairs):
            return stage, np.zeros(self.session.columns)
        return stage, costs.dense(self.session.columns)
