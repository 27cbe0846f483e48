"""The examples with every objective stage, by each of the engine's ways to solve a part.

    python benchmarks/solve_example.py

`sampan` is what `sampan.solve` does: simplex, and interior point where that takes too long.
`ipx` is held to the interior point method from the first part on. Each run has a process of
its own; the time is of `sampan.solve`, from the network in memory to the plan with its proof,
and the plan is verified afterwards.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import child

import sampan
from sampan.solvers import highs

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"
WAYS = {
    "sampan": ("as the engine chooses", highs.PATIENCE),
    "ipx": ("interior point (IPX) with crossover for every part", 0.0),
}
NAMES = ["hubei-2020-02", "asean-2020-04"]
RESULT = HERE / "results" / "solve_example.json"


def measure(way: str, name: str) -> dict[str, Any]:
    """One example, solved in one way, in this process."""
    network = sampan.read_network(EXAMPLES / name)
    highs.PATIENCE = WAYS[way][1]
    began = time.perf_counter()
    plan = sampan.solve(network)
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    proof = sampan.verify(network, plan)
    summary = plan.summary
    return {
        "rows": summary["rows"],
        "columns": summary["columns"],
        "seconds": seconds,
        "verify_seconds": time.perf_counter() - began,
        "valid": proof.valid,
        "parts": len(plan.stages),
        "methods": summary["method"],
        "gaps": [
            [f"{stage} {part}", gap]
            for stage, part, gap in plan.stages.select("stage", "part", "gap").iter_rows()
            if gap > 1e-6
        ],
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Time the examples and write the record.")
    parser.add_argument("--examples", nargs="+", default=NAMES)
    parser.add_argument("--limit", type=float, default=300.0, help="seconds a run may take")
    parser.add_argument("--result", type=Path, default=RESULT)
    parser.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.one:
        print(json.dumps(measure(given.one, given.examples[0])))
        return 0
    found = []
    for name in given.examples:
        runs = {}
        for way in WAYS:
            asked = ["--one", way, "--examples", name]
            runs[way] = child.run("solve_example.py", asked, given.limit)
            print(f"{name:15} {way:8} {runs[way].get('seconds', runs[way]['status'])}", flush=True)
        found.append({"example": name, "runs": runs})
    ways = {way: title for way, (title, _) in WAYS.items()}
    child.save(given.result, {"ways": ways, "examples": found})
    return 0


if __name__ == "__main__":
    sys.exit(main())
