"""A model's linear program in the scaling that the engine gives to its solver."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

if TYPE_CHECKING:  # what solves a program need not load the engine
    from sampan.model import Model

Array = NDArray[Any]
VECTORS = ("cost", "lower", "upper", "most", "column_scale", "row_scale")


@dataclass(frozen=True)
class Scaled:
    """min cost·x, lower ≤ matrix·x ≤ upper, 0 ≤ x ≤ most: columns in typical sizes, rows near 1."""

    matrix: Any
    cost: Array
    lower: Array
    upper: Array
    most: Array
    column_scale: Array
    row_scale: Array
    unit: float
    """What one of the scaled objective is in the model's; the largest cost is 1."""

    def plan(self, x: Any) -> Array:
        """A scaled point in the model's units."""
        return np.asarray(x, dtype=np.float64) * self.column_scale

    def prices(self, duals: Any) -> Array:
        """Scaled row duals (d objective / d right side) in the model's units."""
        return np.asarray(duals, dtype=np.float64) * self.row_scale * self.unit


def scaled(model: Model, costs: Array) -> Scaled:
    """The program of one objective, scaled."""
    matrix = (model.matrix * model.scale[None, :]).tocsc()
    largest = abs(matrix).tocsr().max(axis=1).toarray().ravel()
    by_row = np.exp2(-np.round(np.log2(np.where(largest > 0, largest, 1.0))))
    matrix = matrix.multiply(by_row[:, None]).tocsc()
    costs = costs * model.scale
    unit = float(np.abs(costs).max(initial=0.0)) or 1.0
    return Scaled(
        matrix, costs / unit, model.row_lower * by_row, model.row_upper * by_row,
        model.upper / model.scale, model.scale, by_row, unit,
    )  # fmt: skip


def pass_to(highs: Any, program: Scaled) -> None:
    """Load a program into HiGHS."""
    import highspy

    height, width = program.matrix.shape
    status = highs.passModel(
        width, height, program.matrix.nnz, int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize), 0.0, program.cost, np.zeros(width), program.most,
        program.lower, program.upper, program.matrix.indptr.astype(np.int32),
        program.matrix.indices.astype(np.int32), program.matrix.data,
        np.zeros(width, dtype=np.int32),
    )  # fmt: skip
    if status == highspy.HighsStatus.kError:
        raise RuntimeError("HiGHS refused the program")


def save(program: Scaled, path: Path) -> None:
    """Write a program down, for a process that knows nothing of models."""
    m = program.matrix
    parts = {name: getattr(program, name) for name in VECTORS}
    np.savez(path, data=m.data, indices=m.indices, indptr=m.indptr, shape=m.shape,
             unit=program.unit, **parts)  # fmt: skip


def load(path: Path) -> Scaled:
    """What `save` wrote."""
    with np.load(path) as found:
        matrix = sparse.csc_matrix(
            (found["data"], found["indices"], found["indptr"]), shape=tuple(found["shape"])
        )
        return Scaled(matrix, unit=float(found["unit"]), **{name: found[name] for name in VECTORS})
