"""HiGHS's own methods on generated networks, as a baseline for what comes next.

    python benchmarks/solve_baseline.py --networks 300000:tight 300000:loose --limit 120

Objective `total`, the whole model as one linear program, scaled as the engine scales it.
Each run has a process of its own, all cores and a time limit; its value, status and largest
infeasibilities are recorded with its time.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import child
import highspy
from generate import Options, generate, read, write
from scaled import pass_to, scaled

from sampan.model import build, objective

METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "simplex": ("dual simplex", {"solver": "simplex", "simplex_strategy": 1}),
    "ipx": ("interior point (IPX), no crossover", {"solver": "ipx", "run_crossover": "off"}),
    "ipx-crossover": ("interior point (IPX) with crossover", {"solver": "ipx"}),
    "hipo": ("interior point (HiPO), no crossover", {"solver": "hipo", "run_crossover": "off"}),
    "pdlp": (
        "first order (PDLP) to 1e-4",
        {"solver": "pdlp", "kkt_tolerance": 1e-4, "run_crossover": "off"},
    ),
}
NETWORKS = ["30000:tight", "300000:tight", "300000:loose"]
RESULT = Path(__file__).parent / "results" / "solve_baseline.json"


def measure(method: str, folder: Path, limit: float) -> dict[str, Any]:
    """One method on one network, in this process."""
    model = build(read(folder).network())
    costs = objective.total(model.numbers, model.layers, model.columns).dense(model.columns.count)
    highs = highspy.Highs()
    settings = {"output_flag": False, "threads": os.cpu_count(), "time_limit": limit}
    for name, value in (settings | METHODS[method][1]).items():
        if highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            return {"outcome": f"this build of HiGHS does not accept {name} = {value}"}
    program = scaled(model, costs)
    pass_to(highs, program)
    began = time.perf_counter()
    highs.run()
    seconds = time.perf_counter() - began
    info = highs.getInfo()
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    return {
        "rows": model.matrix.shape[0],
        "columns": model.matrix.shape[1],
        "seconds": seconds,
        "outcome": highs.modelStatusToString(highs.getModelStatus()),
        "value": info.objective_function_value * program.unit
        if highs.getSolution().value_valid
        else None,
        "feasible": feasible,
        "primal_infeasibility_scaled": info.max_primal_infeasibility,
        "dual_infeasibility_scaled": info.max_dual_infeasibility,
        "iterations": {
            "simplex": info.simplex_iteration_count,
            "interior_point": info.ipm_iteration_count,
            "crossover": info.crossover_iteration_count,
            "first_order": info.pdlp_iteration_count,
        },
    }


def compare(network: str, seed: int, limit: float) -> dict[str, Any]:
    """Every method on one network, named as in `300000:tight`."""
    columns, kind = network.split(":")
    options = Options(columns=int(columns), seed=seed, tight=kind == "tight", bom=True)
    with tempfile.TemporaryDirectory() as folder:
        write(generate(options), Path(folder), "parquet")
        runs = {}
        for method in METHODS:
            arguments = ["--one", method, "--folder", folder, "--limit", str(limit)]
            # some methods look at the clock seldom; and the model must be built first
            runs[method] = child.run("solve_baseline.py", arguments, 2 * limit + 120)
            told = runs[method].get("outcome", runs[method]["status"])
            print(f"{network:15} {method:15} {told}", flush=True)
    return {"network": network, "seed": seed, "limit_seconds": limit, "runs": runs}


def _network(text: str) -> str:
    columns, _, kind = text.partition(":")
    if not columns.isdecimal() or kind not in ("tight", "loose"):
        raise argparse.ArgumentTypeError(f"{text!r} is not like 300000:tight or 300000:loose")
    return text


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Time HiGHS's methods and write the record.")
    parser.add_argument("--networks", type=_network, nargs="+", default=NETWORKS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=120.0, help="seconds a solve may take")
    parser.add_argument("--result", type=Path, default=RESULT)
    parser.add_argument("--one", choices=METHODS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.one:
        print(json.dumps(measure(given.one, given.folder, given.limit)))
        return 0
    networks = [compare(network, given.seed, given.limit) for network in given.networks]
    methods = {name: title for name, (title, _) in METHODS.items()}
    child.save(given.result, {"methods": methods, "networks": networks})
    return 0


if __name__ == "__main__":
    sys.exit(main())
