"""Network in, proven plan out. Read this first.

check → build → solve stage by stage → remove the solver's residues → state the proof.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import polars as pl

from sampan.certificate import certificate
from sampan.check import raise_on_errors
from sampan.errors import MethodError
from sampan.model import Model, build
from sampan.model.exact import exact, largest_violation
from sampan.model.frames import plan_frames
from sampan.model.numbers import Array
from sampan.network import Network
from sampan.plan import Plan
from sampan.run_stages import Solved, run_stages
from sampan.solvers.control import Control, Progress
from sampan.version import version

if TYPE_CHECKING:
    from sampan.fast.run import FastSolved

__all__ = ["Progress", "solve"]


def solve(
    network: Network,
    *,
    method: str = "exact",
    time_limit: float | None = None,
    gap: float | None = None,
    start: Plan | None = None,
    threads: int | None = None,
    on_progress: Callable[[Progress], bool | None] | None = None,
) -> Plan:
    """The best plan for a network, stage by stage, with a proven bound on every stage.

    Parameters
    ----------
    network
        What there is and what is wanted; see `sampan.read_network`.
    time_limit
        Seconds after which to stop and return the best plan found with its gap.
    method
        "exact" solves every stage to its end; "fast" brings every stage of a large network to
        a proven gap; "auto" chooses (docs/explanation/fast-method.md says how).
    gap
        Relative gap at which to stop: of the fast method, 0.001 by default; of the exact
        method, in a search for whole numbers, 0 by default: the best plan.
    start
        A plan from which the fast method begins, of this network or of one much like it.
    threads
        Of the solver; all cores by default.
    on_progress
        Called a few times a second with a `Progress`. If it returns False, or at Ctrl-C, the
        solve stops and returns the best plan found.

    Returns
    -------
    Plan
        Scarcity is a shortage in the plan, never an error.

    Raises
    ------
    InputError
        The network has errors (`error.problems`).
    ContradictionError
        Hard rules exclude each other (`error.rules`, a set of which none can be spared).
    SolverError
        The solver failed, or was stopped before it had any plan.

    Examples
    --------
    >>> from sampan.testing import two_hospitals
    >>> plan = solve(two_hospitals())
    >>> plan.shortages["quantity"].to_list()
    [5.0, 5.0]
    """
    raise_on_errors(network)
    control = Control(time_limit, on_progress)
    model = build(network)
    if chosen(method, model) == "fast":
        return _solve_fast(model, control, gap, start)
    solved = run_stages(model, control, gap=gap or 0.0, threads=threads)
    x = exact(model, solved.outcome.x)
    frames: dict[str, pl.DataFrame] = plan_frames(model, x) | certificate(
        model, solved, x, control, threads
    )
    return Plan(frames, _summary(model, x, frames, solved, control))


METHODS = ("exact", "fast", "auto")
AUTO_COLUMNS = 20_000
"""Variables from which `auto` takes the fast method for the objective `total`."""


def chosen(method: str, model: Model) -> str:
    """`exact` or `fast`."""
    if method not in METHODS:
        raise MethodError(f"There is no method {method!r}; there are {', '.join(METHODS)}.")
    if method != "auto":
        return method
    from sampan.fast.scope import why_not

    # stages in their order cost the fast method more than they save (docs: the fast method)
    pays = model.columns.count >= AUTO_COLUMNS and model.network.objective.stages == ("total",)
    return "fast" if pays and not why_not(model) else "exact"


def _solve_fast(model: Model, control: Control, gap: float | None, start: Plan | None) -> Plan:
    from sampan.fast.run import run_fast

    solved = run_fast(model, control, gap=gap, start=start)
    frames = plan_frames(model, solved.x) | solved.certificate
    return Plan(frames, _summary(model, solved.x, frames, solved, control))


def _summary(
    model: Model,
    x: Array,
    frames: dict[str, pl.DataFrame],
    solved: Solved | FastSolved,
    control: Control,
) -> dict[str, Any]:
    rows, columns = model.matrix.shape
    return {
        "network": model.network.name,
        "status": str(solved.status),
        "method": solved.method,
        "gap": float(frames["stages"]["gap"].max() or 0.0),  # type: ignore[arg-type]
        "largest_violation": largest_violation(model, x),
        "seconds": round(control.seconds, 3),
        "rows": rows,
        "columns": columns,
        "nonzeros": int(model.matrix.nnz),
        "whole_columns": int(model.whole.sum()),
        "version": version(),
    }
