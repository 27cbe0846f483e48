"""What the plan's frames `stages`, `prices` and `capacity_prices` say, and why it is true.

Values are recomputed from the final plan; bounds are recomputed from the prices that the
plan carries, by weak duality, not taken from the solver.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from sampan.certify import Certified, certified, price_frames
from sampan.lift import Lift
from sampan.model import Model
from sampan.model import objective as objectives
from sampan.model.limits import most_there
from sampan.model.numbers import Array
from sampan.model.objective import Costs, Pairs
from sampan.reprove import POOR, KeptRow, Task, kept_pairs, prove_again
from sampan.run_stages import Solved
from sampan.solvers.control import Control
from sampan.stages import ExtraRow, PartResult

SMALLEST = 1e-9
"""Values below this are treated as this when gaps are taken relative to them."""


@dataclass
class _Stated:
    """What has been stated of one part so far."""

    value: float
    bound: float
    costs: Costs | None


def certificate(
    model: Model, solved: Solved, x: Array, control: Control, threads: int | None = None
) -> dict[str, pl.DataFrame]:
    """The frames `stages`, `prices` and `capacity_prices` of a plan."""
    proofs = certified(model, solved.outcome, solved.column_scale, solved.row_scale)
    proofs = {} if model.has_whole else proofs
    teller = _Teller(model, x, proofs, {})
    rows = [teller.tell(part) for part in solved.outcome.parts]
    if teller.poor:
        again = prove_again(model, control, threads, teller.kept, teller.poor)
        teller = _Teller(model, x, proofs, again)
        rows = [teller.tell(part) for part in solved.outcome.parts]
    prices, capacity_prices = price_frames(model, list(teller.proofs.values()))
    names = ("stage", "part", "value", "bound", "gap", "bound_from")
    stages = pl.DataFrame(rows, schema=names, orient="row")
    return {"stages": stages, "prices": prices, "capacity_prices": capacity_prices}


class _Teller:
    """States part after part; later ones rest on what was stated of earlier ones."""

    def __init__(
        self,
        model: Model,
        x: Array,
        proofs: dict[tuple[str, str], Certified],
        again: dict[tuple[str, str], Certified],
    ) -> None:
        self.model, self.x, self.proofs, self.again = model, x, dict(proofs), again
        self.tolerance = model.network.objective.tolerance
        self.stated: dict[str, _Stated] = {}
        self.held: dict[tuple[str, str], float] = {}
        """Levels at which fill rates are held, by key (priority:group) and resource."""
        self.pairs: dict[str, Pairs] = {}
        self.kept: list[KeptRow] = []
        """What later parts keep of those told so far."""
        self.poor: list[Task] = []
        """Parts whose proof may be worth another try."""
        self.upper = _finite_upper(model)
        self.lift = Lift(model)

    def tell(self, part: PartResult) -> tuple[str, str, float, float, float, str]:
        """stage, part, value, bound, gap, bound_from of one part."""
        if part.stage == "fairness":
            value, costs = self._fill_rate(part.part), None
        else:
            costs = self._costs(part)
            value = costs.of(self.x)
        if self.model.has_whole:
            bound, source = part.bound, "solver"
        else:
            source = "prices"
            bound = self._best_bound(part, costs, value)
        worst = min if part.stage != "fairness" else max
        bound = worst(bound, value)  # rounding may put it on the wrong side
        self._remember(part, value, bound, costs)
        gap = abs(value - bound) / max(abs(value), SMALLEST)
        return part.stage, part.part, value, bound, gap, source

    def _best_bound(self, part: PartResult, costs: Costs | None, value: float) -> float:
        """What the part's prices prove, or fresh ones where these are worn out by rounding."""
        key = part.stage, part.part
        if key not in self.proofs:
            return 1.0 if part.stage == "fairness" else 0.0
        bound, first = self._proven(self.proofs[key], costs)
        if costs is None or value - bound <= POOR * max(value, SMALLEST):
            self.proofs[key] = first
            return bound
        self.poor.append(Task(part.stage, part.part, costs, len(self.kept)))
        if key in self.again:
            better, second = self._proven(self.again[key], costs)
            if better > bound:
                bound, first = better, second
        self.proofs[key] = first
        return bound

    def _costs(self, part: PartResult) -> Costs:
        n, lay, c = self.model.numbers, self.model.layers, self.model.columns
        if part.stage == "shortage":
            return objectives.shortage(n, c, int(part.part))
        if part.stage == "lateness":
            return objectives.lateness(n, c, int(part.part))
        if part.stage == "policy":
            return objectives.policy(n, c)
        if part.stage == "cost":
            return objectives.cost(n, lay, c)
        if part.stage == "changes":
            return objectives.changes(n, c)
        return objectives.total(n, lay, c)

    def _class_pairs(self, priority: str) -> Pairs:
        if priority not in self.pairs:
            self.pairs[priority] = objectives.fairness_pairs(self.model.numbers, int(priority))
        return self.pairs[priority]

    def _fill_rate(self, part: str) -> float:
        """The lowest fill rate of the pairs still free; with whole numbers, the r-th lowest."""
        priority, number = part.split(":")
        pairs = self._class_pairs(priority)
        rates = pairs.fill_rates(self.model.columns.shortages.of(self.x))
        if self.model.has_whole:
            return float(np.sort(rates)[int(number) - 1])
        free = ~np.array([key in self.held for key in self._keys(pairs)], dtype=bool)
        return float(rates[free].min(initial=1.0))

    def _keys(self, pairs: Pairs) -> list[tuple[str, str]]:
        names = self.model.numbers.keys["resources"]
        return [
            (f"{pairs.priority}:{group}", names[resource])
            for group, resource in zip(pairs.group, pairs.resource, strict=True)
        ]

    def _proven(self, proof: Certified, costs: Costs | None) -> tuple[float, Certified]:
        """The bound that a part's prices prove, by weak duality, and the prices, lifted."""
        model = self.model
        objective = np.zeros(model.columns.count)
        if costs is not None:
            objective += costs.dense(len(objective))
        bound, level_cost = 0.0, -1.0 if proof.stage == "fairness" else 0.0
        for row, price in proof.extra:
            if row.rule == "stage":
                before = self.stated[row.key]
                assert before.costs is not None  # noqa: S101 - fairness has no such row
                objective += price * before.costs.dense(len(objective))
                bound -= price * max(before.value, before.bound * (1 + self.tolerance))
            else:
                name = model.numbers.keys["resources"][row.resource or 0]
                held = self.held.get((row.key, name))
                objective += price * self._share(row.key, name)
                bound -= price * (1.0 if held is None else 1.0 - held)
                level_cost += price if held is None else 0.0
        dual = self.lift.apply(objective, self._signed(proof.row))
        reduced = objective - model.matrix.T @ dual
        lower = np.where(dual > 0, model.row_lower, 0.0)
        upper = np.where(dual < 0, model.row_upper, 0.0)
        bound += float(dual @ (lower + upper))
        against = reduced < 0
        bound += float(reduced[against] @ self.upper[against])
        bound += min(level_cost, 0.0)
        bound = max(bound, 0.0) if proof.stage != "fairness" else min(-bound, 1.0)
        return bound, replace(proof, row=dual, column=reduced)

    def _signed(self, dual: Array) -> Array:
        """Row duals without the wrong sign that rounding may give to those next to nothing."""
        wrong = ((dual > 0) & np.isinf(self.model.row_lower)) | (
            (dual < 0) & np.isinf(self.model.row_upper)
        )
        return np.where(wrong, 0.0, dual)

    def _share(self, key: str, resource: str) -> Array:
        """Coefficients of a pair's shortages in its fill-rate row."""
        pairs = self._class_pairs(key.split(":", 1)[0])
        place = self._keys(pairs).index((key, resource))
        mine = pairs.pair == place
        dense = np.zeros(self.model.columns.count)
        dense[self.model.columns.shortages.start + pairs.demand[mine]] = pairs.share[mine]
        return dense

    def _remember(self, part: PartResult, value: float, bound: float, costs: Costs | None) -> None:
        key = f"{part.stage}:{part.part}"
        self.stated[key] = _Stated(value, bound, costs)
        if costs is not None and not self.model.has_whole:
            limit = max(value, bound * (1 + self.tolerance))
            self.kept.append(KeptRow(ExtraRow("stage", key, None, -1), costs, limit))
        proof = self.proofs.get((part.stage, part.part))
        if part.stage != "fairness" or proof is None or self.model.has_whole:
            return
        priority = part.part.split(":")[0]
        names = self.model.numbers.keys["resources"]
        level = min(value, bound * (1 - self.tolerance))
        for row, _ in proof.extra:
            if row.rule == "fill_rate" and row.key.split(":", 1)[0] == priority:
                pair = row.key, names[row.resource or 0]
                self.held.setdefault(pair, level)
        if value >= 1.0 - SMALLEST:
            for pair in self._keys(self._class_pairs(priority)):
                self.held.setdefault(pair, level)
        pairs = self._class_pairs(priority)
        levels = [self.held.get(pair) for pair in self._keys(pairs)]
        if all(level is not None for level in levels):
            fixed = [level for level in levels if level is not None]
            self.kept += kept_pairs(self.model, pairs, fixed)


def _finite_upper(model: Model) -> Array:
    """Upper bounds of the columns, where the tables give none: what there can ever be."""
    n, lay, c = model.numbers, model.layers, model.columns
    upper = model.upper.copy()
    most = most_there(n)
    for block in (c.shipments, c.stocks, c.draws, c.deliveries, c.expired):
        part = slice(block.start, block.start + block.size)
        upper[part] = np.minimum(upper[part], most[lay.resource[block["layer"]]])
    made = n.flow_quantity > 0
    runs = np.full(len(n.process_site), np.inf)
    np.minimum.at(runs, n.flow_process[made], most[n.flow_resource[made]] / n.flow_quantity[made])
    part = slice(c.runs.start, c.runs.start + c.runs.size)
    upper[part] = np.minimum(upper[part], runs[c.runs["process"]])
    both = np.concatenate([c.above.columns, c.below.columns])
    upper[both] = most.max(initial=0.0)
    return upper
