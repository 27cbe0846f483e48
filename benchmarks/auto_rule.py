"""From which size on the fast method to 1 % beats the exact one: what `auto` rests on.

    python benchmarks/auto_rule.py --columns 3000 10000 30000 --seeds 100 101

Objective `total`, all from the network to the certified plan, as `solve` does it, on all cores;
kernels compiled before. The exact method runs to its end: it proves nothing sooner. Each run has
a process of its own and a limit. `solve.AUTO_COLUMNS` is the size at which the fast method is much
the sooner where limits couple much, and loses about a second where they do not.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import Any

import child
from fast_speed import KINDS, WARM_UP_REPORTS
from generate import Options, generate, read, write

from sampan.solve import Progress, solve

SHAPES: dict[str, dict[str, Any]] = {
    "plain": KINDS["plain"],
    "loose": {"tight": False},
    "mixed": KINDS["mixed"],
    "short": {"periods": 3},
    "one": {"resources": 1},
}
"""`short`: three periods; `one`: a single resource."""
COLUMNS = [3_000, 10_000, 30_000]
GAP = 0.01
RESULT = Path(__file__).parent / "results" / "auto_rule.json"


def measure(method: str, folder: Path, limit: float) -> dict[str, Any]:
    """One solve in this process."""
    network = read(folder).network()
    reports = 0

    def enough(progress: Progress) -> bool:
        nonlocal reports
        reports += 1
        return reports < WARM_UP_REPORTS

    if method == "fast":
        solve(network, method="fast", on_progress=enough)
    began = time.perf_counter()
    plan = solve(network, method=method, gap=GAP if method == "fast" else None, time_limit=limit)
    return {
        "seconds": time.perf_counter() - began,
        "outcome": str(plan.status),
        "gap": plan.summary["gap"],
        "columns": plan.summary["columns"],
    }


def compare(shape: str, columns: int, seed: int, limit: float) -> dict[str, Any]:
    """Both methods on one network."""
    options = Options(columns=columns, seed=seed, **SHAPES[shape])
    runs = {}
    with tempfile.TemporaryDirectory() as folder:
        write(generate(options), Path(folder), "parquet")
        for method in ("exact", "fast"):
            arguments = ["--one", method, "--folder", folder, "--limit", str(limit)]
            runs[method] = child.run("auto_rule.py", arguments, 2 * limit + 120)
    told = " ".join(
        f"{method} {run['seconds']:8.2f} s {run['gap']:8.4f}" if "seconds" in run
        else f"{method} {run['status']}" for method, run in runs.items()
    )  # fmt: skip
    print(f"{shape:6} {columns:8} seed {seed}: {told}", flush=True)
    return {"shape": shape, "columns": columns, "seed": seed, "runs": runs}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Time both methods by size and shape.")
    parser.add_argument("--columns", type=int, nargs="+", default=COLUMNS)
    parser.add_argument("--shapes", choices=SHAPES, nargs="+", default=list(SHAPES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[100])
    parser.add_argument("--limit", type=float, default=30.0, help="seconds a solve may take")
    parser.add_argument("--result", type=Path, default=RESULT)
    parser.add_argument("--one", choices=("exact", "fast"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.one:
        print(json.dumps(measure(given.one, given.folder, given.limit)))
        return 0
    found: list[dict[str, Any]] = []
    for shape, columns, seed in product(given.shapes, given.columns, given.seeds):
        try:
            found.append(compare(shape, columns, seed, given.limit))
        except ValueError as error:  # a shape that cannot be so small
            print(f"{shape:6} {columns:8} seed {seed}: left out, {error}", flush=True)
        child.save(given.result, {"gap": GAP, "limit_seconds": given.limit, "networks": found})
    return 0


if __name__ == "__main__":
    sys.exit(main())
