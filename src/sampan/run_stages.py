"""Chooses how the stages are solved, and what to return when a solve is cut short."""

from __future__ import annotations

from dataclasses import dataclass

from sampan.baseline import baseline
from sampan.errors import ContradictionError, SolverError
from sampan.model import Model
from sampan.model.numbers import Array
from sampan.plan import Status
from sampan.solvers.control import Control
from sampan.stages import ContinuousStages, InfeasibleError, Outcome, new_session
from sampan.whole_stages import WholeStages


@dataclass(frozen=True)
class Solved:
    """The last solution with what each part proved, and how it was found."""

    outcome: Outcome
    status: Status
    method: str
    column_scale: Array
    row_scale: Array


def run_stages(
    model: Model, control: Control, *, gap: float = 0.0, threads: int | None = None
) -> Solved:
    """Every stage of the model's objective, or as many as time and patience allow."""
    session = new_session(model, control, gap=gap, threads=threads)
    kind = WholeStages if model.has_whole else ContinuousStages
    try:
        outcome = kind(model, session, control).run()
    except InfeasibleError:
        from sampan.conflict import smallest_conflict

        raise ContradictionError(smallest_conflict(model)) from None
    start = None if outcome.feasible else baseline(model)
    if start is not None:
        outcome.x, outcome.method = start, "none: local stock only, the solver had no plan yet"
    elif not outcome.feasible:
        raise SolverError(
            "The solve was stopped before it had any plan. "
            "Allow it more time, or relax the hard rules."
        )
    return Solved(
        outcome,
        _status(outcome, control, gap),
        outcome.method,
        session.column_scale,
        session.row_scale,
    )


def _status(outcome: Outcome, control: Control, gap: float) -> Status:
    if control.interrupted.is_set():
        return Status.INTERRUPTED
    if outcome.stopped:
        return Status.TIME_LIMIT
    if outcome.given_up:
        return Status.PARTLY_PROVED
    return Status.GAP_REACHED if gap > 0 and outcome.method.endswith("bound") else Status.OPTIMAL
