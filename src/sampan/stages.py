"""One objective stage after another: solve, keep what was reached, go on from there.

After each part, later solves are confined to the plans that are optimal so far (by the
part's duals, or, with `tolerance`, by a row that limits its value), so that each solve
starts where the last one ended. What a part proves is its duals, made whole by `certify`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse

from sampan.errors import SampanError, SolverError
from sampan.model import Model
from sampan.model import objective as objectives
from sampan.model.limits import most_there
from sampan.model.objective import Costs, Pairs
from sampan.solvers.control import Control
from sampan.solvers.highs import Array, Duals, Result, Session

POSITIVE = 1e-9
"""A multiplier of a fill rate (they sum to 1) above this proves that the pair is fixed."""
FAR_ABOVE = 1e3
"""Times what there can ever be of a resource: a bound that no plan comes near."""
SAME_LEVEL = 1e-11
"""Settled fill rates this near to each other count as one level."""
BY_CLASS = ("shortage", "fairness", "lateness")


class InfeasibleError(SampanError):
    """The program has no solution: hard rules contradict each other."""


@dataclass(frozen=True)
class ExtraRow:
    """A row that came in after the model was built: an earlier stage, or a pair's fill rate."""

    rule: str
    """`stage` or `fill_rate`."""
    key: str
    resource: int | None
    row: int


@dataclass(frozen=True)
class PartResult:
    """What one part reached and proved."""

    stage: str
    part: str
    bound: float
    """On the stage's own value (λ for fairness), as far as the solver says."""
    duals: Duals | None
    """None if nothing was proved by prices."""
    kept_by_duals: bool = False
    """Whether later parts were confined by these duals, not by a row."""


@dataclass
class Outcome:
    """All parts, the rows added on the way, and the last solution."""

    x: Array
    feasible: bool = False
    """Whether `x` is a solution at all."""
    parts: list[PartResult] = field(default_factory=list)
    extra: list[ExtraRow] = field(default_factory=list)
    iterations: int = 0
    stopped: bool = False
    given_up: list[str] = field(default_factory=list)
    """Parts that the solver failed on after there was a plan; they prove nothing."""
    method: str = ""


class Stages:
    """Walks through the objective's parts; `linear` and `fairness` say how one is solved."""

    def __init__(self, model: Model, session: Session, control: Control) -> None:
        self.model, self.session, self.control = model, session, control
        self.tolerance = model.network.objective.tolerance
        self.outcome = Outcome(x=np.zeros(model.columns.count))
        self.steps = 0

    def run(self) -> Outcome:
        """Every stage in its order; what was not reached gets a bound true of any plan."""
        stages = self.model.network.objective.stages
        classes = objectives.priorities(self.model.numbers)
        self.steps = sum(len(classes) if stage in BY_CLASS else 1 for stage in stages)
        for stage in stages:
            for part, costs in self._parts(stage, classes):
                if isinstance(costs, Pairs):
                    self.fairness(costs)
                else:
                    self.linear(stage, part, costs)
        self.outcome.method = self.session.method
        return self.outcome

    def _parts(self, stage: str, classes: list[int]) -> list[tuple[str, Costs | Pairs]]:
        n, lay, c = self.model.numbers, self.model.layers, self.model.columns
        by_class: dict[str, Callable[[int], Costs | Pairs]] = {
            "shortage": lambda priority: objectives.shortage(n, c, priority),
            "fairness": lambda priority: objectives.fairness_pairs(n, priority),
            "lateness": lambda priority: objectives.lateness(n, c, priority),
        }
        whole: dict[str, Callable[[], Costs]] = {
            "policy": lambda: objectives.policy(n, c),
            "cost": lambda: objectives.cost(n, lay, c),
            "changes": lambda: objectives.changes(n, c),
            "total": lambda: objectives.total(n, lay, c),
        }
        if stage in by_class:
            return [(str(priority), by_class[stage](priority)) for priority in classes]
        return [("all", whole[stage]())]

    def linear(self, stage: str, part: str, costs: Costs) -> None:
        """Minimise one sum and keep it."""
        result = self._minimise(stage, part, costs.dense(self.session.columns))
        if result is None:
            self._record(stage, part, 0.0, None)
            if not self.outcome.stopped:
                self._keep_by_row(stage, part, costs, 0.0)
            return
        by_duals = result.duals is not None and self.tolerance == 0
        self._record(stage, part, max(result.bound, 0.0), result.duals, by_duals)
        if self.outcome.stopped:
            return
        if by_duals and result.duals is not None:
            self.session.keep_optimal(result.duals)
        else:
            self._keep_by_row(stage, part, costs, result.bound)

    def _keep_by_row(self, stage: str, part: str, costs: Costs, bound: float) -> None:
        """No later part may worsen this one beyond the tolerance."""
        limit = max(costs.of(self.outcome.x), bound * (1 + self.tolerance))
        zeros = np.zeros(len(costs.columns), dtype=np.int64)
        shape = (1, self.session.columns)
        entries = sparse.csr_array((costs.values, (zeros, costs.columns)), shape=shape)
        row = self.session.add_rows(entries, np.array([-np.inf]), np.array([limit]))
        self.outcome.extra.append(ExtraRow("stage", f"{stage}:{part}", None, int(row[0])))

    def fairness(self, pairs: Pairs) -> None:
        """Raise the lowest fill rates of a class, round by round."""
        raise NotImplementedError

    def _pair_rows(self, pairs: Pairs, level: int, below: Array | None = None) -> Array:
        """Σ share · u + λ (− d) ≤ 1, one a pair; returns the rows' numbers."""
        count = pairs.count
        each = np.arange(count)
        column = [self.model.columns.shortages.start + pairs.demand, np.full(count, level)]
        row, value = [pairs.pair, each], [pairs.share, np.ones(count)]
        if below is not None:
            column.append(below)
            row.append(each)
            value.append(-np.ones(count))
        entries = sparse.csr_array(
            (np.concatenate(value), (np.concatenate(row), np.concatenate(column))),
            shape=(count, self.session.columns),
        )
        return self.session.add_rows(entries, np.full(count, -np.inf), np.ones(count))

    def _minimise(self, stage: str, part: str, costs: Array) -> Result | None:
        """Solve; None if it was stopped, or the solver failed, before anything better was there.

        A failure after there is a plan costs the proof of this part, not the plan.
        """
        self.control.begin(stage, part, len(self.outcome.parts), self.steps)
        if self.outcome.stopped or self.control.stopped:
            self.outcome.stopped = True
            return None
        try:
            result = self.session.minimise(costs)
        except SolverError:
            if not self.outcome.feasible:
                raise
            self.outcome.given_up.append(f"{stage} {part}")
            return None
        self.outcome.iterations += result.iterations
        if result.status == "infeasible":
            if not self.outcome.feasible:
                raise InfeasibleError("Hard rules contradict each other.")
            self.outcome.given_up.append(f"{stage} {part}")
            return None
        if result.x is not None:
            self.outcome.x = result.x[: self.model.columns.count]
            self.outcome.feasible = True
        self.outcome.stopped = result.status == "stopped"
        return result

    def _record(
        self, stage: str, part: str, bound: float, duals: Duals | None, kept: bool = False
    ) -> None:
        self.outcome.parts.append(PartResult(stage, part, bound, duals, kept))


class ContinuousStages(Stages):
    """Without whole numbers: fairness by rounds, each proved by its multipliers.

    Many pairs need no solve at all: once earlier parts leave a pair's shortages no room, its
    fill rate is settled, and the multipliers that prove it are known. Only the open pairs
    take part in the solves; the settled ones are put in between, in the order of their level.
    """

    level: int | None = None

    def fairness(self, pairs: Pairs) -> None:
        if not self.outcome.feasible:
            # which pairs are settled, and at what level, only a plan can tell
            self._minimise("fairness", f"{pairs.priority}:1", np.zeros(self.session.columns))
        if self.outcome.stopped:
            self._record("fairness", f"{pairs.priority}:1", 1.0, None)
            return
        if self.level is None:
            self.level = self.session.add_column(1.0)
        rows = self._pair_rows(pairs, self.level)
        for pair, row in enumerate(rows):
            key = f"{pairs.priority}:{pairs.group[pair]}"
            resource = int(pairs.resource[pair])
            self.outcome.extra.append(ExtraRow("fill_rate", key, resource, int(row)))
        rounds: list[PartResult] = []
        is_open = np.ones(pairs.count, dtype=bool)
        while True:
            is_open &= ~self._settle(pairs, rows, is_open, rounds)
            if not is_open.any() or self._all_full(pairs, rows, is_open, rounds):
                break
            self.steps += bool(rounds)
            if not self._round(pairs, rows, is_open, rounds):
                self._hold_each(pairs, rows, is_open)
                break
        for number, part in enumerate(self._in_order(rounds, pairs), start=1):
            self.outcome.parts.append(replace(part, part=f"{pairs.priority}:{number}"))

    def _in_order(self, rounds: list[PartResult], pairs: Pairs) -> list[PartResult]:
        """By level; at the level 1, which nothing can beat, one round without multipliers."""
        below = [part for part in rounds if part.bound < 1.0 - POSITIVE or part.duals is None]
        below.sort(key=lambda part: part.bound)
        rates = pairs.fill_rates(self.model.columns.shortages.of(self.outcome.x))
        if rates.max() >= 1.0 - POSITIVE and not self.outcome.stopped:
            nothing = Duals(np.zeros(self.session.columns), np.zeros(self.session.rows), 1.0)
            below.append(PartResult("fairness", "", 1.0, nothing))
        return below

    def _settle(self, pairs: Pairs, rows: Array, is_open: Array, rounds: list[PartResult]) -> Array:
        """Pairs none of whose shortages can move any more: one part for each level."""
        settled: Array = np.zeros(pairs.count, dtype=bool)
        if self.tolerance > 0:
            return settled
        moves = ~self._fixed_shortages() & ~self._fixed_deliveries()
        loose = np.bincount(pairs.pair, moves[pairs.demand], minlength=pairs.count)
        settled = is_open & (loose == 0)
        rates = pairs.fill_rates(self.model.columns.shortages.of(self.outcome.x))
        for level in np.unique(np.round(rates[settled], 12)):
            alike = settled & (np.abs(rates - level) < SAME_LEVEL)
            duals = self._multipliers(pairs, rows, alike)
            bound = float(rates[alike].max())
            rounds.append(PartResult("fairness", "", bound, duals))
            self._release(rows[alike])
        return settled

    def _fixed_shortages(self) -> Array:
        """One a demand: whether its shortage has no room."""
        lower, upper = self.session.column_bounds()
        block = self.model.columns.shortages
        fixed: Array = block.of(lower) >= block.of(upper)
        return fixed

    def _fixed_deliveries(self) -> Array:
        """One a demand: whether no delivery to it has room."""
        lower, upper = self.session.column_bounds()
        block = self.model.columns.deliveries
        room = block.of(lower) < block.of(upper)
        count = self.model.columns.shortages.size
        fixed: Array = np.bincount(block["demand"], room, minlength=count) == 0
        return fixed

    def _multipliers(self, pairs: Pairs, rows: Array, alike: Array) -> Duals:
        """Equal multipliers on settled pairs, passed on to the bounds that settle them.

        Those are the bounds of the shortages, or else, by the demands' rows, of the deliveries.
        """
        columns, session = self.model.columns, self.session
        u, y = columns.shortages, columns.deliveries
        weight = alike / alike.sum()
        pull = np.bincount(pairs.demand, weight[pairs.pair] * pairs.share, minlength=u.size)
        by_delivery = np.where(self._fixed_shortages(), 0.0, pull)
        column, row = np.zeros(session.columns), np.zeros(session.rows)
        column[u.columns] = pull - by_delivery
        column[y.columns] = -by_delivery[y["demand"]] / y["per_unit"]
        row[rows] = -weight
        first = self.model.first_row("demand")
        row[first : first + u.size] = by_delivery
        return Duals(column * session.column_scale, row / session.row_scale, 1.0)

    def _all_full(
        self, pairs: Pairs, rows: Array, is_open: Array, rounds: list[PartResult]
    ) -> bool:
        """Whether every open pair has all it wants: the level 1, which nothing can beat."""
        rates = pairs.fill_rates(self.model.columns.shortages.of(self.outcome.x))
        if rates[is_open].min() < 1.0 - POSITIVE or self.outcome.stopped:
            return False
        self._hold(rows[is_open], 1.0)
        return True

    def _round(self, pairs: Pairs, rows: Array, is_open: Array, rounds: list[PartResult]) -> bool:
        """One solve for the lowest open fill rate; False if it was stopped."""
        costs = np.zeros(self.session.columns)
        costs[self.level] = -1.0
        part = f"{pairs.priority}:{len(rounds) + 1}"
        result = self._minimise("fairness", part, costs)
        if result is None or result.duals is None:
            rounds.append(PartResult("fairness", "", 1.0, None))
            return False
        duals, level = result.duals, -result.bound
        if level >= 1.0 - POSITIVE:
            return True  # all open pairs are full now, as `_all_full` will find
        multiplier = -duals.row[rows] * self.session.row_scale[rows] * duals.factor
        binding = is_open & (multiplier > POSITIVE)
        if not binding.any():
            raise SolverError(f"No fill rate holds the level {level:g} of class {pairs.priority}.")
        rounds.append(PartResult("fairness", "", level, duals))
        self._hold(rows[binding], level * (1 - self.tolerance))
        is_open &= ~binding
        return True

    def _hold_each(self, pairs: Pairs, rows: Array, is_open: Array) -> None:
        """After a round without result: the open pairs stay at least where they are."""
        rates = pairs.fill_rates(self.model.columns.shortages.of(self.outcome.x))
        for pair in np.flatnonzero(is_open):
            self._hold(rows[pair : pair + 1], float(rates[pair]))

    def _release(self, rows: Array) -> None:
        """Settled pairs need no rule of their own, and λ may rise without them."""
        assert self.level is not None  # noqa: S101 - set by `fairness`
        for row in rows:
            self.session.change_row(int(row), np.inf, self.level, 0.0)

    def _hold(self, rows: Array, level: float) -> None:
        """Keep pairs at a level from now on, and let λ rise without them."""
        assert self.level is not None  # noqa: S101 - set by `fairness`
        for row in rows:
            self.session.change_row(int(row), 1.0 - level, self.level, 0.0)
        self.session.free_column(self.level, 1.0)


def _bounded(model: Model) -> Array:
    """Upper bounds that are finite for every quantity, far above what there can ever be.

    The presolve of HiGHS 1.15 can go on for ever on whole numbers in rows with columns that
    have no upper bound, and hears neither of a time limit nor of Ctrl-C.
    """
    upper = model.upper.copy()
    most = FAR_ABOVE * most_there(model.numbers)
    c = model.columns
    for block in (c.shipments, c.stocks, c.draws, c.deliveries, c.expired):
        part = slice(block.start, block.start + block.size)
        resource = model.layers.resource[block["layer"]]
        upper[part] = np.minimum(upper[part], most[resource])
    return upper


def new_session(
    model: Model, control: Control, *, gap: float = 0.0, threads: int | None = None
) -> Session:
    """The model's program, loaded into a solver."""
    return Session(
        model.matrix,
        model.row_lower,
        model.row_upper,
        _bounded(model) if model.has_whole else model.upper,
        model.whole,
        model.scale,
        control,
        gap=gap,
        threads=threads,
    )
