"""Whether any point obeys a set of bounds: HiGHS, asked again and again for other bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sampan.errors import SolverError
from sampan.solvers.highs import INFEASIBLE, OPTIMAL

Array = NDArray[Any]
TOLERANCE = 1e-7
"""Feasibility tolerance of the scaled program."""


@dataclass(frozen=True)
class Bounds:
    """Row_lower ≤ matrix · x ≤ row_upper, 0 ≤ x ≤ column_upper, `whole` columns whole."""

    row_lower: Array
    row_upper: Array
    column_upper: Array
    whole: Array

    def copy(self) -> Bounds:
        """The same bounds in arrays of their own."""
        arrays = (self.row_lower, self.row_upper, self.column_upper, self.whole)
        return Bounds(*(array.copy() for array in arrays))


class Feasibility:
    """A matrix whose bounds change between questions."""

    def __init__(self, matrix: sparse.csc_array, scale: Array) -> None:
        self.scale = scale
        scaled = (matrix * scale[None, :]).tocsc()
        largest = np.asarray(abs(scaled).max(axis=1).todense()).ravel()
        self.row_scale = 1.0 / np.where(largest > 0, largest, 1.0)
        self.matrix = scaled.multiply(self.row_scale[:, None]).tocsc()
        self.highs = highspy.Highs()
        self.highs.setOptionValue("output_flag", False)
        self.highs.setOptionValue("threads", 1)
        for name in ("primal_feasibility_tolerance", "mip_feasibility_tolerance"):
            self.highs.setOptionValue(name, TOLERANCE)

    def is_feasible(self, bounds: Bounds) -> bool:
        """Whether some point obeys all bounds."""
        return self._run(bounds, np.zeros(len(self.scale)))

    def least(self, bounds: Bounds, costs: Array) -> tuple[Array, Array]:
        """The duals of columns and rows at the least cost, whole numbers or not (scaled)."""
        continuous = Bounds(
            bounds.row_lower,
            bounds.row_upper,
            bounds.column_upper,
            np.zeros(len(bounds.whole), dtype=bool),
        )
        if not self._run(continuous, costs * self.scale):
            raise SolverError("A program that breaks no rule has no solution; please report it.")
        solution = self.highs.getSolution()
        return np.asarray(solution.col_dual), np.asarray(solution.row_dual)

    def _run(self, bounds: Bounds, costs: Array) -> bool:
        self._load(bounds, costs)
        self.highs.run()
        status = self.highs.getModelStatus()
        if status == OPTIMAL:
            return True
        if status in INFEASIBLE:
            return False
        text = self.highs.modelStatusToString(status)
        raise SolverError(f"HiGHS could not tell whether the hard rules agree: {text}.")

    def _load(self, bounds: Bounds, costs: Array) -> None:
        rows, columns = self.matrix.shape
        status = self.highs.passModel(
            columns,
            rows,
            self.matrix.nnz,
            int(highspy.MatrixFormat.kColwise),
            int(highspy.ObjSense.kMinimize),
            0.0,
            costs,
            np.zeros(columns),
            bounds.column_upper / self.scale,
            bounds.row_lower * self.row_scale,
            bounds.row_upper * self.row_scale,
            self.matrix.indptr.astype(np.int32),
            self.matrix.indices.astype(np.int32),
            self.matrix.data,
            bounds.whole.astype(np.int32),
        )
        if status == highspy.HighsStatus.kError:
            raise SolverError("HiGHS refused the program; this is a defect, please report it.")
