"""A model in, a plan with its proof out: the fast method as `solve` calls it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from sampan.baseline import baseline
from sampan.certify import Certified, price_frames
from sampan.errors import MethodError, SolverError
from sampan.fast.drive import gap_of, starting_state
from sampan.fast.ordered import Proof, Standing
from sampan.fast.part_drive import solve_part
from sampan.fast.parts import parts_of
from sampan.fast.scope import why_not
from sampan.fast.start import state_of
from sampan.fast.state import State
from sampan.model import Model
from sampan.model.numbers import Array
from sampan.plan import Plan, Status
from sampan.solvers.control import Control
from sampan.stages import ExtraRow

GAP = 1e-3
"""Where to stop if no gap is asked for."""
MOST_ITERATIONS = 200_000
"""A network on which so many do not close the gap needs the exact method."""


@dataclass(frozen=True)
class FastSolved:
    """The plan's point, its certificate's frames, and how it ended."""

    x: Array
    certificate: dict[str, pl.DataFrame]
    status: Status
    method: str


def run_fast(
    model: Model, control: Control, *, gap: float | None = None, start: Plan | None = None
) -> FastSolved:
    """Iterate until the plan and the bound are within `gap` of each other, in every part.

    Raises
    ------
    MethodError
        Something must be whole, or a stage is not one that this method solves.
    SolverError
        No plan was found; the exact method may find one.
    """
    reason = why_not(model)
    if reason:
        raise MethodError(f"The fast method cannot solve this: {reason}. Use the exact method.")
    standing = Standing(
        model,
        parts_of(model),
        control,
        GAP if gap is None else gap,
        starting_state if start is None else lambda scaled: state_of(model, scaled, start),
    )
    state: State | None = None
    for place, part in enumerate(standing.parts):
        control.begin(part.stage, part.part, place, len(standing.parts))
        if standing.x is not None and control.stopped:
            break
        state = solve_part(standing, place, state, MOST_ITERATIONS)
        if standing.x is None:
            _fall_back(standing)
    if standing.x is None:
        raise SolverError(
            "The fast method found no plan that keeps every hard rule. Use the exact method: it "
            "finds one, or names the rules that exclude each other."
        )
    frames = _frames(standing)
    method = f"fast: primal-dual, {standing.iterations} iterations"
    return FastSolved(standing.x, frames, _status(standing), method)


def _fall_back(standing: Standing) -> None:
    """Local stock only: poor, but a plan."""
    x = baseline(standing.model)
    if x is not None:
        standing.x, standing.values = x, standing.values_of(x)


def _frames(standing: Standing) -> dict[str, pl.DataFrame]:
    rows, proofs = [], []
    for place, part in enumerate(standing.parts):
        value, bound = float(standing.values[place]), standing.bound(place)
        rows.append(
            {
                "stage": part.stage, "part": part.part, "value": value, "bound": bound,
                "gap": gap_of(value, bound), "bound_from": "prices",
            }
        )  # fmt: skip
        proof = standing.proofs[place]
        if proof is not None and bound > 0:
            proofs.append(_certified(standing, place, proof))
    prices, capacity_prices = price_frames(standing.model, proofs)
    return {"stages": pl.DataFrame(rows), "prices": prices, "capacity_prices": capacity_prices}


def _certified(standing: Standing, place: int, proof: Proof) -> Certified:
    model, part = standing.model, standing.parts[place]
    costs = part.costs.dense(model.columns.count)
    extra = []
    for earlier, multiple in zip(standing.parts, proof.multiples, strict=False):
        if multiple > 0:
            costs[earlier.costs.columns] += multiple * earlier.costs.values
            extra.append((ExtraRow("stage", earlier.key, None, -1), float(multiple)))
    column = np.minimum(costs - model.matrix.T @ proof.prices, 0.0)
    return Certified(part.stage, part.part, column, proof.prices, extra)


def _status(standing: Standing) -> Status:
    if (standing.gaps(len(standing.parts)) <= standing.gap).all():
        return Status.GAP_REACHED
    if standing.control.interrupted.is_set():
        return Status.INTERRUPTED
    return Status.TIME_LIMIT if standing.control.stopped else Status.PARTLY_PROVED
