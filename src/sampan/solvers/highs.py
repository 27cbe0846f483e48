"""HiGHS behind plain arrays: a program that is solved again and again for other objectives.

The program is scaled on the way in (each column by its typical size, each row so that its
largest entry is 1) and unscaled on the way out; all arguments and results are in the
caller's own units, but for `Duals`. Rows, one column at a time, and bounds may be added or
changed between solves.

A small program is solved by the simplex method, each solve from the last basis. A large one
(`LARGE_COLUMNS`) is solved from scratch each time, since presolve then takes away what
`keep_optimal` has settled, which is more and more: by the dual simplex method while that
stays within `PATIENCE` iterations a row, and from the first solve that does not by the
interior point method with crossover. Which of the two is many times the faster depends on how
closely shared limits couple a network, and only trying tells.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sampan.errors import SolverError
from sampan.solvers.control import Control
from sampan.solvers.watch import run_watched

Array = NDArray[Any]

TOLERANCE = 1e-9
"""Feasibility and optimality tolerance of the scaled program."""
LARGE_COLUMNS = 8_000
"""Programs with more columns than this are solved from scratch each time."""
PATIENCE = 2.0
"""Simplex iterations, as a multiple of the rows, after which a large program changes method."""
WIDE_TOLERANCE = 1e-7
"""Tolerance of whole numbers where the narrow one has lost a plan that there was."""
NEARLY_FEASIBLE = 1e-6
"""Scaled infeasibility of a point that is still taken; verify judges it in the end."""
NONZERO_DUAL = 1e-9
"""Scaled duals above this hold their column or row at its bound in every optimal point."""
OPTIMAL = highspy.HighsModelStatus.kOptimal
INFEASIBLE = (
    highspy.HighsModelStatus.kInfeasible,
    highspy.HighsModelStatus.kUnboundedOrInfeasible,
)
LOST = (highspy.HighsModelStatus.kUnknown, highspy.HighsModelStatus.kUnbounded)
"""No answer, or one that cannot be: every program here is bounded, but rounding may hide it."""
NOT_SET = highspy.HighsModelStatus.kNotset
ITERATION_LIMIT = highspy.HighsModelStatus.kIterationLimit
STOPPED = (highspy.HighsModelStatus.kTimeLimit, highspy.HighsModelStatus.kInterrupt)
DUAL, PRIMAL = 1, 4
"""HiGHS's numbers of the simplex strategies."""
NO_LIMIT = 2**31 - 1
SIMPLEX = "HiGHS simplex"
INTERIOR_POINT = "HiGHS interior point with crossover"


@dataclass(frozen=True)
class Duals:
    """Duals of the scaled program whose largest cost is 1; times `factor` / scale: the caller's.

    Signs are HiGHS's: positive at a lower bound, negative at an upper one.
    """

    column: Array
    row: Array
    factor: float


@dataclass(frozen=True)
class Result:
    """One solve: `x` in the columns' units, `row_dual` in objective units a unit of the row."""

    status: str
    """`optimal`, `stopped` or `infeasible`."""
    x: Array | None
    """The best feasible point, if there is one."""
    duals: Duals | None
    """After an optimal solve without whole numbers."""
    bound: float
    """The solver's own lower bound on the objective."""
    iterations: int


class Session:
    """A program loaded into HiGHS: lower ≤ matrix · x ≤ upper, 0 ≤ x ≤ column_upper."""

    def __init__(
        self,
        matrix: sparse.csc_array,
        lower: Array,
        upper: Array,
        column_upper: Array,
        whole: Array,
        scale: Array,
        control: Control,
        *,
        gap: float = 0.0,
        threads: int | None = None,
    ) -> None:
        self.control = control
        self.threads = threads
        self.column_scale = scale
        scaled = (matrix * scale[None, :]).tocsc()
        self.row_scale = _row_scale(scaled)
        scaled = scaled.multiply(self.row_scale[:, None]).tocsc()
        self.has_whole = bool(whole.any())
        self.highs = highspy.Highs()
        self._set_options(gap, threads)
        self._load(scaled, lower, upper, column_upper, whole)
        self.warm = False
        self.spent = 0
        self.tries_simplex = True
        self.methods = ["HiGHS branch and bound"] if self.has_whole else []

    def _set_options(self, gap: float, threads: int | None) -> None:
        self._option("output_flag", False)
        self._option("threads", threads or os.cpu_count() or 1)
        self._tolerate(TOLERANCE)
        self._option("mip_feasibility_tolerance", TOLERANCE)
        self._option("mip_rel_gap", gap)
        self._option("mip_abs_gap", 0.0 if gap == 0 else 1e-12)

    def _option(self, name: str, value: Any) -> None:
        if self.highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise SolverError(f"HiGHS does not accept {name} = {value!r}.")

    def _load(
        self,
        scaled: sparse.csc_array,
        lower: Array,
        upper: Array,
        column_upper: Array,
        whole: Array,
    ) -> None:
        rows, columns = scaled.shape
        with np.errstate(invalid="ignore"):
            bounds = column_upper / self.column_scale
        status = self.highs.passModel(
            columns,
            rows,
            scaled.nnz,
            int(highspy.MatrixFormat.kColwise),
            int(highspy.ObjSense.kMinimize),
            0.0,
            np.zeros(columns),
            np.zeros(columns),
            bounds,
            lower * self.row_scale,
            upper * self.row_scale,
            scaled.indptr.astype(np.int32),
            scaled.indices.astype(np.int32),
            scaled.data,
            whole.astype(np.int32),
        )
        if status == highspy.HighsStatus.kError:
            raise SolverError("HiGHS refused the program; this is a defect, please report it.")

    @property
    def method(self) -> str:
        """All that ran, in the order of first use."""
        return ", then ".join(self.methods) or "none"

    def _uses(self, method: str) -> None:
        if method not in self.methods:
            self.methods.append(method)

    @property
    def columns(self) -> int:
        return len(self.column_scale)

    @property
    def rows(self) -> int:
        return len(self.row_scale)

    def add_column(self, upper: float) -> int:
        """A new column without entries, 0 ≤ x ≤ upper; returns its number."""
        empty = np.zeros(0)
        self.highs.addCol(0.0, 0.0, upper, 0, empty.astype(np.int32), empty)
        self.column_scale = np.append(self.column_scale, 1.0)
        return self.columns - 1

    def add_rows(self, entries: sparse.csr_array, lower: Array, upper: Array) -> Array:
        """New rows over the present columns; returns their numbers."""
        scaled = (entries * self.column_scale[None, :]).tocsr()
        scale = _row_scale(scaled)
        scaled = scaled.multiply(scale[:, None]).tocsr()
        first, count = self.rows, scaled.shape[0]
        self.highs.addRows(
            count,
            lower * scale,
            upper * scale,
            scaled.nnz,
            scaled.indptr[:-1].astype(np.int32),
            scaled.indices.astype(np.int32),
            scaled.data,
        )
        self.row_scale = np.concatenate([self.row_scale, scale])
        return np.arange(first, first + count)

    def change_row(self, row: int, upper: float, column: int, coefficient: float) -> None:
        """Another upper bound of a row and another entry in one column of it."""
        scale = float(self.row_scale[row])
        entry = coefficient * scale * float(self.column_scale[column])
        self.highs.changeCoeff(row, column, entry)
        self.highs.changeRowBounds(row, -highspy.kHighsInf, upper * scale)

    def free_column(self, column: int, upper: float) -> None:
        """0 ≤ x ≤ upper again for a column that `keep_optimal` may have fixed."""
        self.highs.changeColBounds(column, 0.0, upper)

    def fix(self, columns: Array, values: Array) -> None:
        """Fix columns at values."""
        scaled = values / self.column_scale[columns]
        self.highs.changeColsBounds(len(columns), columns.astype(np.int32), scaled, scaled)

    def relax_whole(self) -> None:
        """Drop the demand for whole numbers."""
        every = np.arange(self.columns, dtype=np.int32)
        kind = np.zeros(self.columns, dtype=np.uint8)
        self.highs.changeColsIntegrality(self.columns, every, kind)
        self.has_whole = False

    def suggest(self, x: Array) -> None:
        """A feasible point to start a search for whole numbers from."""
        solution = highspy.HighsSolution()
        solution.col_value = list(x / self.column_scale)
        self.highs.setSolution(solution)

    def minimise(self, costs: Array) -> Result:
        """Solve for an objective (one cost a column)."""
        self.spent = 0
        scaled = costs * self.column_scale
        largest = float(np.abs(scaled).max(initial=0.0)) or 1.0
        every = np.arange(self.columns, dtype=np.int32)
        self.highs.changeColsCost(self.columns, every, scaled / largest)
        if self.control.seconds_left != float("inf"):
            left = max(self.control.seconds_left, 0.0)
            self._option("time_limit", self.highs.getRunTime() + left)
        status = self._run(largest) if self.has_whole else self._run_continuous(largest)
        return self._result(status, costs, largest)

    def _run_continuous(self, largest: float) -> Any:
        """By simplex, or where that takes too many iterations by interior point."""
        if self.columns <= LARGE_COLUMNS:
            # the last basis is feasible for the new objective: go on from it by primal simplex
            return self._simplex(largest, PRIMAL if self.warm else DUAL, NO_LIMIT)
        self.highs.clearSolver()
        if self.tries_simplex:
            status = self._simplex(largest, DUAL, int(PATIENCE * self.rows))
            if status != ITERATION_LIMIT:
                return status
            self.spent += int(self.highs.getInfo().simplex_iteration_count)
            self.tries_simplex = False
            self.highs.clearSolver()
        self._option("solver", "ipx")
        self._uses(INTERIOR_POINT)
        return self._run(largest)

    def _simplex(self, largest: float, strategy: int, limit: int) -> Any:
        self._option("solver", "simplex")
        self._option("simplex_strategy", strategy)
        self._option("simplex_iteration_limit", limit)
        self._uses(SIMPLEX)
        status = self._run(largest)
        self._option("simplex_iteration_limit", NO_LIMIT)
        return status

    def keep_optimal(self, duals: Duals) -> None:
        """Confine later solves to the points that are optimal now.

        By complementary slackness those are the points that keep every column and row with a
        nonzero dual at its bound; no other rule is needed to keep the objective's value.
        """
        lower, upper = self.column_bounds()
        at_lower, at_upper = duals.column > NONZERO_DUAL, duals.column < -NONZERO_DUAL
        for held, bound in ((at_lower, lower), (at_upper, upper)):
            columns = np.flatnonzero(held).astype(np.int32)
            self.highs.changeColsBounds(len(columns), columns, bound[columns], bound[columns])
        lower, upper = self._row_bounds()
        at_lower, at_upper = duals.row > NONZERO_DUAL, duals.row < -NONZERO_DUAL
        for held, bound in ((at_lower, lower), (at_upper, upper)):
            rows = np.flatnonzero(held & (lower < upper)).astype(np.int32)
            change = self.highs.changeRowsBounds  # type: ignore[attr-defined]
            change(len(rows), rows, bound[rows], bound[rows])

    def column_bounds(self) -> tuple[Array, Array]:
        """Lower and upper bounds of all columns, scaled, as `keep_optimal` has left them."""
        lp = self.highs.getLp()
        return np.asarray(lp.col_lower_), np.asarray(lp.col_upper_)

    def _row_bounds(self) -> tuple[Array, Array]:
        lp = self.highs.getLp()
        return np.asarray(lp.row_lower_), np.asarray(lp.row_upper_)

    def _run(self, largest: float) -> Any:
        run_watched(self.highs, self.control, largest)
        return self.highs.getModelStatus()

    def _result(
        self, status: Any, costs: Array, largest: float, *, retried: bool = False
    ) -> Result:
        info = self.highs.getInfo()
        iterations = self.spent + int(info.simplex_iteration_count)
        iterations += max(int(info.ipm_iteration_count), 0)
        if status == NOT_SET and self.control.stopped:
            # stopped between two phases of HiGHS, which then gives no solution at all
            return Result("stopped", None, None, -np.inf, iterations)
        if status in INFEASIBLE:
            if self.warm and not retried:
                again = self._search_again if self.has_whole else self._solve_again
                return again(costs, largest)
            return Result("infeasible", None, None, -np.inf, iterations)
        if status in LOST and not retried:
            again = self._search_again if self.has_whole else self._solve_again
            return again(costs, largest)
        if status != OPTIMAL and status not in STOPPED:
            text = self.highs.modelStatusToString(status)
            raise SolverError(f"HiGHS stopped without a result: {text}.")
        solution = self.highs.getSolution()
        feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        if status == OPTIMAL and not feasible and not retried:
            again = self._search_again if self.has_whole else self._solve_again
            return again(costs, largest)
        # HiGHS may call a point optimal that it finds a rounding error off its tolerance
        near = info.max_primal_infeasibility <= NEARLY_FEASIBLE
        found = feasible or (status == OPTIMAL and solution.value_valid and near)
        x = np.asarray(solution.col_value) * self.column_scale if found else None
        if status != OPTIMAL:
            bound = info.mip_dual_bound * largest if self.has_whole else -np.inf
            return Result("stopped", x, None, bound, iterations)
        if x is None:
            raise SolverError("HiGHS calls a point optimal that breaks the rules.")
        self.warm = True
        if self.has_whole:
            # HiGHS may leave mip_dual_bound at an older value than the gap that it proved
            proved = info.objective_function_value - info.mip_gap * abs(
                info.objective_function_value
            )
            bound = max(info.mip_dual_bound, proved if np.isfinite(proved) else -np.inf)
            return Result("optimal", x, None, bound * largest, iterations)
        duals = Duals(np.asarray(solution.col_dual), np.asarray(solution.row_dual), largest)
        return Result("optimal", x, duals, float(costs @ x), iterations)

    def _solve_again(self, costs: Array, largest: float) -> Result:
        """A method came close but not to its tolerance: try simplex, at last less narrowly.

        Rows that hold earlier values leave room of a rounding error only, so a solver may also
        find nothing at all where there is a plan.
        """
        for tolerance in (TOLERANCE, WIDE_TOLERANCE):
            self.highs.clearSolver()
            self._tolerate(tolerance)
            status = self._simplex(largest, DUAL, NO_LIMIT)
            if status == OPTIMAL or status in STOPPED:
                break
        self._tolerate(TOLERANCE)
        return self._result(status, costs, largest, retried=True)

    def _tolerate(self, tolerance: float) -> None:
        self._option("primal_feasibility_tolerance", tolerance)
        self._option("dual_feasibility_tolerance", tolerance)

    def _search_again(self, costs: Array, largest: float) -> Result:
        """There is a plan: look for it without presolve, and at last less narrowly.

        Whole numbers together with rows that hold earlier values leave only just room for a
        plan; presolve, or the tolerance itself, may then rule it out.
        """
        self._option("presolve", "off")
        result = self._result(self._run(largest), costs, largest, retried=True)
        if result.status == "infeasible":
            self._option("mip_feasibility_tolerance", WIDE_TOLERANCE)
            result = self._result(self._run(largest), costs, largest, retried=True)
            self._option("mip_feasibility_tolerance", TOLERANCE)
        self._option("presolve", "choose")
        return result


def _row_scale(matrix: Any) -> Array:
    """One a row: the power of two that brings its largest entry near 1."""
    rows = abs(matrix).tocsr()
    largest = np.zeros(rows.shape[0])
    filled = np.flatnonzero(np.diff(rows.indptr))
    if len(filled):
        largest[filled] = np.maximum.reduceat(rows.data, rows.indptr[filled])
    return np.exp2(-np.round(np.log2(np.where(largest > 0, largest, 1.0))))
