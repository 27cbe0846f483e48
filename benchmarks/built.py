"""What every builder gives back: a solver-ready program, and numbers to compare it by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Array = NDArray[Any]


@dataclass(frozen=True)
class Built:
    """Minimise cost · x over row_lower ≤ matrix · x ≤ row_upper, 0 ≤ x ≤ upper."""

    matrix: sparse.csc_array
    row_lower: Array
    row_upper: Array
    cost: Array
    upper: Array

    def fingerprint(self) -> dict[str, float]:
        """Numbers that do not depend on the order of rows and columns or on a row's sign."""
        entries = np.abs(self.matrix.data)
        by_column = np.bincount(
            np.repeat(np.arange(self.matrix.shape[1]), np.diff(self.matrix.indptr)), entries,
            minlength=self.matrix.shape[1],
        )  # fmt: skip
        by_row = np.bincount(self.matrix.indices, entries, minlength=self.matrix.shape[0])
        equal = self.row_lower == self.row_upper
        bounds = np.where(np.isfinite(self.row_upper), self.row_upper, self.row_lower)
        bounded = np.isfinite(self.upper)
        return {
            "rows": self.matrix.shape[0],
            "columns": self.matrix.shape[1],
            "nonzeros": self.matrix.nnz,
            "equations": int(equal.sum()),
            "entries": float(entries.sum()),
            "costs": float(self.cost.sum()),
            "bounded_columns": int(bounded.sum()),
            "upper_bounds": float(self.upper[bounded].sum()),
            "right_hand_sides": float(np.abs(bounds).sum()),
            # ties rows to right-hand sides, and columns to costs and bounds
            "row_moments": float(np.abs(bounds) @ by_row),
            "column_moments": float(self.cost @ by_column),
            "bound_moments": float(self.upper[bounded] @ by_column[bounded]),
        }

    def optimum(self) -> float:
        """The least cost, by HiGHS."""
        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)
        rows, columns = self.matrix.shape
        highs.passModel(
            columns, rows, self.matrix.nnz, int(highspy.MatrixFormat.kColwise),
            int(highspy.ObjSense.kMinimize), 0.0, self.cost, np.zeros(columns), self.upper,
            self.row_lower, self.row_upper, self.matrix.indptr.astype(np.int32),
            self.matrix.indices.astype(np.int32), self.matrix.data,
            np.zeros(columns, dtype=np.int32),
        )  # fmt: skip
        highs.run()
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError("HiGHS found no optimum of a small program")
        return float(highs.getInfo().objective_function_value)


def same(one: dict[str, float], other: dict[str, float]) -> bool:
    """Whether two fingerprints agree, to rounding."""
    return one.keys() == other.keys() and all(
        np.isclose(one[key], other[key], rtol=1e-9, atol=1e-9) for key in one
    )
