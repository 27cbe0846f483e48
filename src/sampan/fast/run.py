"""A model in, a plan with its proof out: the fast method as `solve` calls it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from sampan.baseline import baseline
from sampan.certify import Certified, price_frames
from sampan.errors import MethodError, SolverError
from sampan.fast.bound import order_of
from sampan.fast.drive import Drive, Result, starting_state
from sampan.fast.program import program
from sampan.fast.scope import why_not
from sampan.fast.start import state_of
from sampan.model import Model, objective
from sampan.model.numbers import Array
from sampan.plan import Plan, Status
from sampan.solvers.control import Control

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
    """Iterate until the plan and the bound are within `gap` of each other.

    Raises
    ------
    MethodError
        The objective is not `total`, or something must be whole.
    SolverError
        No plan was found; the exact method may find one.
    """
    reason = why_not(model)
    if reason:
        raise MethodError(f"The fast method cannot solve this: {reason}. Use the exact method.")
    wanted = GAP if gap is None else gap
    costs = objective.total(model.numbers, model.layers, model.columns)
    dense = costs.dense(model.columns.count)
    control.begin("total", "all", 0, 1)
    drive = _drive(model, dense, control, wanted, start)
    result = drive.run()
    if result.x is None:
        _fall_back(model, dense, result)
    if result.x is None:
        raise SolverError(
            "The fast method found no plan that keeps every hard rule. Use the exact method: it "
            "finds one, or names the rules that exclude each other."
        )
    frames = _frames(model, dense, result)
    return FastSolved(result.x, frames, _status(control, result, wanted), _method(drive))


def _drive(model: Model, costs: Array, control: Control, gap: float, start: Plan | None) -> Drive:
    order = order_of(model)
    scaled = program(model, costs, order)
    state = starting_state(scaled) if start is None else state_of(model, scaled, start)

    def stop(result: Result) -> bool:
        control.report(state.iterations, result.value, result.bound)
        return result.gap <= gap or control.stopped

    return Drive(model, costs, order, state, stop, MOST_ITERATIONS)


def _fall_back(model: Model, costs: Array, result: Result) -> None:
    """Local stock only: poor, but a plan."""
    x = baseline(model)
    if x is not None:
        result.x, result.value = x, float(costs @ x)


def _frames(model: Model, costs: Array, result: Result) -> dict[str, pl.DataFrame]:
    assert result.prices is not None  # noqa: S101 - the first thing that a drive does
    bound = min(result.bound, result.value)  # rounding may put it on the wrong side
    row = {
        "stage": "total", "part": "all", "value": result.value, "bound": bound,
        "gap": abs(result.value - bound) / max(abs(result.value), 1e-9), "bound_from": "prices",
    }  # fmt: skip
    column = np.minimum(result.reduced(model, costs), 0.0)
    proof = Certified("total", "all", column, result.prices, [])
    prices, capacity_prices = price_frames(model, [proof])
    return {"stages": pl.DataFrame([row]), "prices": prices, "capacity_prices": capacity_prices}


def _status(control: Control, result: Result, gap: float) -> Status:
    if result.gap <= gap:
        return Status.GAP_REACHED
    if control.interrupted.is_set():
        return Status.INTERRUPTED
    return Status.TIME_LIMIT if control.stopped else Status.PARTLY_PROVED


def _method(drive: Drive) -> str:
    return f"fast: primal-dual, {drive.state.iterations} iterations"
