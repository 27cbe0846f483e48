"""A second proof for parts whose first one is worn out by rounding.

The duals of a late part rest on those of all parts before it, and can grow until their last
digits count. Where the bound they prove is poor, the part is solved once more with every
earlier part as a row of its own, for its duals alone: the plan stays as it is.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from sampan.certify import Certified
from sampan.errors import SolverError
from sampan.model import Model
from sampan.model.objective import Costs, Pairs
from sampan.solvers.control import Control
from sampan.solvers.highs import Session
from sampan.stages import ExtraRow, new_session

POOR = 1e-6
"""Gaps above this, of a part that was solved to its end, are due to rounding."""
ROOM = 1e-8
"""Share by which the rows of earlier parts are relaxed …"""
LEAST = 1e-3
"""… of their limit, or of this if that is less."""


class Reprover:
    """The model's program with the parts told so far as rows."""

    def __init__(self, model: Model, control: Control, threads: int | None) -> None:
        self.model, self.control, self.threads = model, control, threads
        self.rows: list[tuple[ExtraRow, Costs, float]] = []
        self.session: Session | None = None
        self.added = 0

    def keep(self, key: str, costs: Costs, limit: float) -> None:
        """A linear part: its value may not exceed the limit."""
        self.rows.append((ExtraRow("stage", key, None, -1), costs, limit))

    def keep_pairs(self, pairs: Pairs, levels: list[float]) -> None:
        """A class of fairness: the fill rates stay at their levels."""
        start = self.model.columns.shortages.start
        for pair, level in enumerate(levels):
            mine = pairs.pair == pair
            costs = Costs(start + pairs.demand[mine], pairs.share[mine])
            key = f"{pairs.priority}:{pairs.group[pair]}"
            row = ExtraRow("fill_rate", key, int(pairs.resource[pair]), -1)
            self.rows.append((row, costs, 1.0 - level))

    def prove(self, stage: str, part: str, costs: Costs) -> Certified | None:
        """Fresh duals of a linear part; None if time is up or the solver does not get there."""
        if self.control.stopped:
            return None
        if self.session is None:
            self.session = new_session(self.model, self.control, threads=self.threads)
        self._add_rows(self.session)
        try:
            result = self.session.minimise(costs.dense(self.model.columns.count))
        except SolverError:
            return None  # the first proof stands, and says how good it is
        if result.duals is None:
            return None
        session, duals = self.session, result.duals
        row = duals.row * session.row_scale * duals.factor
        first = len(self.model.row_lower)
        extra = [
            (kept, -float(price))
            for (kept, _, _), price in zip(self.rows, row[first:], strict=True)
            if price < 0
        ]
        column = duals.column / session.column_scale * duals.factor
        return Certified(stage, part, column, row[:first], extra)

    def _add_rows(self, session: Session) -> None:
        new = self.rows[self.added :]
        if not new:
            return
        row = np.concatenate([np.full(len(c.columns), at) for at, (_, c, _) in enumerate(new)])
        column = np.concatenate([c.columns for _, c, _ in new])
        value = np.concatenate([c.values for _, c, _ in new])
        shape = (len(new), session.columns)
        entries = sparse.csr_array((value, (row, column)), shape=shape)
        # any prices prove something; a hair of room keeps these small, and the solver at ease
        limits = np.array([limit + ROOM * max(limit, LEAST) for _, _, limit in new])
        session.add_rows(entries, np.full(len(new), -np.inf), limits)
        self.added = len(self.rows)
