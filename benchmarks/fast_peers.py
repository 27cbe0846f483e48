"""The peers of fast_speed.py, each as a function: program, tolerance, limit → point and prices.

    python benchmarks/fast_peers.py NAME PROGRAM ANSWER --tolerance 1e-4 --limit 60

OR-Tools and highspy bring different builds of one library and cannot be loaded together, so each
is imported only by its own peers, and this file knows nothing of the engine, which loads highspy.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import child
import numpy as np
from scaled import Array, Scaled, load, pass_to


@dataclass(frozen=True)
class Answer:
    """What a peer ended with; `x` and `duals` of the scaled program, None if it gave none."""

    seconds: float
    outcome: str
    x: Array | None = None
    duals: Array | None = None
    bound: float | None = None
    """Its own proof, in the scaled objective, where it is rigorous to its tolerances."""


@dataclass(frozen=True)
class Peer:
    title: str
    solve: Callable[[Scaled, float, float], Answer]
    tolerances: tuple[float, ...]
    """From loose to tight; the soonest run whose answer is good enough counts."""


def _highs(options: dict[str, Any], tolerance_option: str | None, exact: bool) -> Any:
    """A peer that is a method of HiGHS."""

    def solve(program: Scaled, tolerance: float, limit: float) -> Answer:
        import highspy

        highs = highspy.Highs()
        settings = {"output_flag": False, "threads": 1, "time_limit": limit, **options}
        if tolerance_option is not None:
            settings[tolerance_option] = tolerance
        for name, value in settings.items():
            if highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
                return Answer(0.0, f"this build of HiGHS does not accept {name} = {value}")
        pass_to(highs, program)
        began = time.perf_counter()
        highs.run()
        seconds = time.perf_counter() - began
        status, found = highs.getModelStatus(), highs.getSolution()
        told = highs.modelStatusToString(status)
        if not found.value_valid:
            return Answer(seconds, told)
        proven = exact and status == highspy.HighsModelStatus.kOptimal
        return Answer(
            seconds, told, np.asarray(found.col_value),
            np.asarray(found.row_dual) if found.dual_valid else None,
            highs.getInfo().objective_function_value if proven else None,
        )  # fmt: skip

    return solve


def _or_tools_pdlp(program: Scaled, tolerance: float, limit: float) -> Answer:
    from ortools.pdlp import solve_log_pb2, solvers_pb2
    from ortools.pdlp.python import pdlp

    height, width = program.matrix.shape
    given = pdlp.QuadraticProgram()
    given.resize_and_initialize(width, height)
    given.constraint_matrix = program.matrix
    given.objective_vector = program.cost
    given.constraint_lower_bounds, given.constraint_upper_bounds = program.lower, program.upper
    given.variable_lower_bounds, given.variable_upper_bounds = np.zeros(width), program.most
    parameters = solvers_pb2.PrimalDualHybridGradientParams(num_threads=1)
    criteria = parameters.termination_criteria
    criteria.time_sec_limit = limit
    criteria.simple_optimality_criteria.eps_optimal_absolute = 0.0
    criteria.simple_optimality_criteria.eps_optimal_relative = tolerance
    began = time.perf_counter()
    found = pdlp.primal_dual_hybrid_gradient(given, parameters)
    seconds = time.perf_counter() - began
    told = solve_log_pb2.TerminationReason.Name(found.solve_log.termination_reason)
    words = told.removeprefix("TERMINATION_REASON_").replace("_", " ").lower()
    return Answer(seconds, words, found.primal_solution, found.dual_solution)


def _glop(program: Scaled, tolerance: float, limit: float) -> Answer:
    from ortools.linear_solver.python import model_builder_helper as builder

    helper = builder.ModelBuilderHelper()
    width = program.matrix.shape[1]
    helper.fill_model_from_sparse_data(
        np.zeros(width), program.most, program.cost, program.lower, program.upper,
        program.matrix.tocsr(),
    )  # fmt: skip
    solver = builder.ModelSolverHelper("GLOP")
    solver.set_time_limit_in_seconds(limit)
    began = time.perf_counter()
    solver.solve(helper)
    seconds = time.perf_counter() - began
    told = solver.status().name.replace("_", " ").lower()
    if told != "optimal":
        return Answer(seconds, told)
    return Answer(
        seconds, told, np.asarray(solver.variable_values()), np.asarray(solver.dual_values()),
        float(solver.objective_value()),
    )  # fmt: skip


SIMPLEX = {"solver": "simplex", "simplex_strategy": 1}
INTERIOR = {"run_crossover": "off"}
PEERS: dict[str, Peer] = {
    "simplex": Peer("HiGHS dual simplex", _highs(SIMPLEX, None, True), (1e-7,)),
    "ipx": Peer(
        "HiGHS interior point (IPX), no crossover",
        _highs({"solver": "ipx", **INTERIOR}, "ipm_optimality_tolerance", False),
        (1e-2, 1e-3, 1e-4, 1e-6),
    ),
    "hipo": Peer(
        "HiGHS interior point (HiPO), no crossover",
        _highs({"solver": "hipo", **INTERIOR}, "ipm_optimality_tolerance", False),
        (1e-2, 1e-3, 1e-4, 1e-6),
    ),
    "pdlp": Peer(
        "HiGHS first order (PDLP)",
        _highs({"solver": "pdlp", **INTERIOR}, "kkt_tolerance", False),
        (1e-2, 1e-3, 1e-4, 1e-5),
    ),
    "or-pdlp": Peer("OR-Tools first order (PDLP)", _or_tools_pdlp, (1e-2, 1e-3, 1e-4, 1e-5)),
    "glop": Peer("OR-Tools simplex (GLOP)", _glop, (1e-7,)),
}


def main(arguments: list[str] | None = None) -> int:
    """One run; its point and prices go into a file, the rest is printed."""
    parser = argparse.ArgumentParser(description="Run one peer on one program.")
    parser.add_argument("name", choices=PEERS)
    parser.add_argument("program", type=Path)
    parser.add_argument("answer", type=Path)
    parser.add_argument("--tolerance", type=float, required=True)
    parser.add_argument("--limit", type=float, required=True)
    given = parser.parse_args(arguments)
    program = load(given.program)
    child.reset_peak()
    before = child.memory_mb("now")
    found = PEERS[given.name].solve(program, given.tolerance, given.limit)
    memory = child.memory_mb("peak") - before
    none = np.zeros(0)
    np.savez(given.answer, x=none if found.x is None else found.x,
             duals=none if found.duals is None else found.duals)  # fmt: skip
    print(json.dumps({"seconds": found.seconds, "outcome": found.outcome, "bound": found.bound,
                      "memory_mb": memory}))  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
