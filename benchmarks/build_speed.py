"""From tables to a solver-ready matrix: Sampan beside linopy and Pyomo, the same model.

    python benchmarks/build_speed.py --columns 300000 3000000

Each builder runs in a process of its own on the same tables. Its clock runs from tables in
memory, typed, with their text keys, to compressed sparse columns with bounds and costs; the
shortest of a few runs counts. Imports come before the clock, and for the peers also what a
modeller does with dataframes first: which places and lanes ever hold what, and, where so
named, the row number of every sum (`prepare_seconds`, recorded beside it).
That all build the same program is checked by fingerprints at every size and by the
optimum, found by HiGHS, at a small one; a mismatch stops the benchmark.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import child
from generate import Generated, Options, generate, read, write

BUILDERS = {
    "sampan": "Sampan, `model.build(network)`",
    "sampan-checked": "Sampan from raw dataframes: every cell typed and checked, then the same",
    "linopy": "linopy, labelled dimensions, its default path",
    "linopy-sparse": "linopy, labelled dimensions, Model(sparse=True)",
    "linopy-indexed": "linopy, Model(sparse=True), row numbers of every sum prepared for it",
    "pyomo": "Pyomo, row numbers of every sum prepared for it",
}
PROOF_COLUMNS = 3_000
REPEATS = 3
RESULT = Path(__file__).parent / "results" / "build_speed.json"


def builder(name: str, made: Generated) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    """What comes before the clock, anew each time, and the work to be timed on its result."""
    if name in ("sampan", "sampan-checked"):
        from build_ours import build_ours

        if name == "sampan":
            return made.network, build_ours
        return (lambda: None), (lambda _: build_ours(made.network()))
    network = made.network()
    if name in ("linopy", "linopy-sparse"):
        from build_linopy_labelled import build_linopy_labelled, labelled

        cost, sparse = network.objective.lateness_cost, name == "linopy-sparse"
        build = partial(build_linopy_labelled, sparse=sparse, lateness_cost=cost)
        return (lambda: labelled(network)), build
    from peer_tables import peer_tables

    if name == "linopy-indexed":
        from build_linopy import build_linopy

        return (lambda: peer_tables(network)), build_linopy
    from build_pyomo import build_pyomo

    return (lambda: peer_tables(network)), build_pyomo


def measure(name: str, folder: Path, repeats: int, *, solve: bool) -> dict[str, Any]:
    """One builder on one network, in this process."""
    before_clock, work = builder(name, read(folder))
    prepare, seconds, peak = [], [], 0.0
    for _ in range(repeats):
        built = given = None  # the last one's memory is free before the next begins
        began = time.perf_counter()
        given = before_clock()
        prepare.append(time.perf_counter() - began)
        gc.collect()
        if not peak:
            child.reset_peak()
            before = child.memory_mb("now")
        began = time.perf_counter()
        built = work(given)
        seconds.append(time.perf_counter() - began)
        peak = peak or child.memory_mb("peak")
    record = {
        "seconds": seconds,
        "prepare_seconds": prepare,
        "memory_before_mb": before,
        "memory_peak_mb": peak,
        "fingerprint": built.fingerprint(),
    }
    return {**record, "optimum": built.optimum()} if solve else record


def compare(columns: int, seed: int, limit: float, *, solve: bool = False) -> dict[str, Any]:
    """Every builder on one generated network; raises SystemExit where programs differ."""
    with tempfile.TemporaryDirectory() as folder:
        write(generate(Options(columns=columns, seed=seed, bom=True)), Path(folder), "parquet")
        runs = {}
        for name in BUILDERS:
            repeats = 1 if solve or (name == "pyomo" and columns > 1_000_000) else REPEATS
            arguments = ["--one", name, "--folder", folder, "--repeats", str(repeats)]
            runs[name] = child.run("build_speed.py", arguments + ["--solve"] * solve, limit)
            print(f"{columns:>9} {name:15} {runs[name]['status']}", flush=True)
    _check_same(runs, solve=solve)
    ours = runs["sampan"]
    for run in runs.values():
        if run["status"] == "done":
            run["ratio"] = min(run["seconds"]) / min(ours["seconds"])
    return {"columns_asked": columns, "seed": seed, "runs": runs}


def _check_same(runs: dict[str, dict[str, Any]], *, solve: bool) -> None:
    from built import same

    done = {name: run for name, run in runs.items() if run["status"] == "done"}
    if "sampan" not in done:
        sys.exit(f"Sampan's own run did not finish: {runs['sampan']['status']}")
    ours = done["sampan"]
    for name, run in done.items():
        if not same(ours["fingerprint"], run["fingerprint"]):
            sys.exit(f"{name} built another program: {run['fingerprint']} {ours['fingerprint']}")
        if solve and abs(run["optimum"] - ours["optimum"]) > 1e-7 * abs(ours["optimum"]):
            sys.exit(f"{name} has another optimum: {run['optimum']}, not {ours['optimum']}")
    if solve and len(done) < len(BUILDERS):
        sys.exit(f"not every builder ran on the small network: {sorted(done)}")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Time the builders and write the record.")
    parser.add_argument("--columns", type=int, nargs="+", default=[30_000, 300_000, 3_000_000])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=900.0, help="seconds a builder may take")
    parser.add_argument("--result", type=Path, default=RESULT)
    parser.add_argument("--one", choices=BUILDERS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--repeats", type=int, default=REPEATS, help=argparse.SUPPRESS)
    parser.add_argument("--solve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.one:
        print(json.dumps(measure(given.one, given.folder, given.repeats, solve=given.solve)))
        return 0
    proof = compare(PROOF_COLUMNS, given.seed, given.limit, solve=True)
    sizes = [compare(columns, given.seed, given.limit) for columns in given.columns]
    child.save(given.result, {"builders": BUILDERS, "proof": proof, "sizes": sizes})
    return 0


if __name__ == "__main__":
    sys.exit(main())
