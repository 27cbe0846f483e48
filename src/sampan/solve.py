"""Network in, proven plan out. Read this first.

check → build → solve stage by stage → remove the solver's residues → state the proof.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from sampan.certificate import certificate
from sampan.check import raise_on_errors
from sampan.model import Model, build
from sampan.model.exact import exact, largest_violation
from sampan.model.frames import plan_frames
from sampan.model.numbers import Array
from sampan.network import Network
from sampan.plan import Plan
from sampan.run_stages import Solved, run_stages
from sampan.solvers.control import Control, Progress
from sampan.version import version

__all__ = ["Progress", "solve"]


def solve(
    network: Network,
    *,
    time_limit: float | None = None,
    gap: float = 0.0,
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
    gap
        Relative gap at which a search for whole numbers may stop; 0 for the best plan.
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
    solved = run_stages(model, control, gap=gap, threads=threads)
    x = exact(model, solved.outcome.x)
    frames: dict[str, pl.DataFrame] = plan_frames(model, x) | certificate(
        model, solved, x, control, threads
    )
    return Plan(frames, _summary(model, x, frames, solved, control))


def _summary(
    model: Model, x: Array, frames: dict[str, pl.DataFrame], solved: Solved, control: Control
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
