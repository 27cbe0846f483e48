"""The fast method and its peers to a certified gap, on the same networks, one core each.

    python benchmarks/fast_speed.py --networks 300000:plain 300000:mixed --seeds 100 --limit 120

Objective `total`. A peer's time is that of its own `solve` call, without building and passing the
program, to the first answer that, after the engine's repair and with its own proof or the bound of
the engine from its prices, is certified within the target. Repair and bound are not counted for a
peer; for the fast method, everything from the built model to the certificate is.

A peer that stops at a tolerance is run at several, from loose to tight, each from the start; the
soonest run that is good enough counts, the others cost it nothing. Each run has a process of its
own, held to one core, and a time limit. Kernels are compiled in an earlier process, and its time is
recorded beside.

Records of several calls are kept together in one file: a run replaces the earlier one of the same
network, seed and method.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from math import inf
from pathlib import Path
from typing import Any

import child
import numpy as np
from fast_peers import PEERS
from generate import Options, generate, read, write
from scaled import save, scaled

from sampan.fast.bound import order_of, proven
from sampan.fast.repair import Repairs
from sampan.fast.run import run_fast
from sampan.model import Model, build, objective
from sampan.model.numbers import Array
from sampan.solvers.control import Control, Progress

TARGETS = (0.1, 0.01, 0.001)
OURS = "fast"
NETWORKS = [f"{columns}:{kind}" for columns in (30_000, 100_000, 300_000)
            for kind in ("plain", "mixed")]  # fmt: skip
KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "mixed": {"bom": True, "shared_capacities": True, "shelf_life": 5},
}
RESULT = Path(__file__).parent / "results" / "fast_speed.json"
SHORTEST = 0.1
"""Seconds below which a limit means: compile, and no more."""
WARM_UP_REPORTS = 5
"""After so many, each kernel has been used once."""


def _model(folder: Path) -> tuple[Model, Array]:
    model = build(read(folder).network())
    return model, objective.total(model.numbers, model.layers, model.columns).dense(
        model.columns.count
    )


def measure(folder: Path, limit: float) -> dict[str, Any]:
    """The fast method in this process."""
    model, _ = _model(folder)
    facts = {"rows": model.matrix.shape[0], "columns": model.matrix.shape[1]}
    return facts | _ours(model, limit)


def _ours(model: Model, limit: float) -> dict[str, Any]:
    """The whole course of one solve to the narrowest target."""
    before = child.memory_mb("now")
    began = time.perf_counter()
    reports = 0

    def enough(progress: Progress) -> bool:
        nonlocal reports
        reports += 1
        return reports < WARM_UP_REPORTS

    run_fast(model, Control(None, enough), gap=min(TARGETS))
    warm_up = time.perf_counter() - began
    if limit < SHORTEST:
        return {"warm_up_seconds": warm_up}
    course: list[tuple[float, float]] = []

    def keep(progress: Progress) -> bool:
        if progress.value is not None and progress.bound is not None and progress.value < inf:
            gap = (progress.value - progress.bound) / max(abs(progress.value), 1e-9)
            course.append((time.perf_counter() - began, gap))
        return True

    child.reset_peak()
    began = time.perf_counter()
    solved = run_fast(model, Control(limit, keep), gap=min(TARGETS))
    seconds = time.perf_counter() - began
    return {
        "seconds": seconds,
        "outcome": str(solved.status),
        "gap": float(solved.certificate["stages"]["gap"][0]),
        "course": course,
        "warm_up_seconds": warm_up,
        "memory_mb": child.memory_mb("peak") - before,
    }


def _peer(
    method: str, folder: Path, program: Path, limit: float, tolerance: float
) -> dict[str, Any]:
    """One run of a peer to one tolerance, and what its answer is certified to be."""
    answer = folder / "answer.npz"
    # some look at the clock seldom
    told = child.run(
        "fast_peers.py",
        [method, str(program), str(answer), "--tolerance", str(tolerance), "--limit", str(limit)],
        2 * limit + 60,
    )
    if told["status"] == "done":
        arguments = ["--certify", str(answer), "--folder", str(folder)]
        if told["bound"] is not None:
            arguments += ["--bound", repr(told["bound"])]
        told |= child.run("fast_speed.py", arguments, 600.0)
    return {"tolerance": tolerance} | told


def certify(folder: Path, answer: Path, own: float | None) -> dict[str, Any]:
    """The gap of a peer's answer: repaired, and with the better of two bounds."""
    model, costs = _model(folder)
    program = scaled(model, costs)
    with np.load(answer) as found:
        x, duals = found["x"], found["duals"]
    if not len(x):
        return {"gap": None}
    repairs = Repairs(model)
    plan = repairs.of(program.plan(x), costs)
    duals = duals if len(duals) else np.zeros(model.matrix.shape[0])
    bound, _ = proven(model, costs, program.prices(duals), order_of(model, repairs.plumbing))
    if own is not None:
        bound = max(bound, own * program.unit)
    if plan is None:
        return {"gap": None}
    value = float(costs @ plan)
    return {"gap": max(value - bound, 0.0) / max(abs(value), 1e-9)}


def compare(method: str, folder: Path, program: Path, limit: float) -> dict[str, Any]:
    """Every tolerance of one method that may still bring something; times to the targets."""
    tries: list[dict[str, Any]] = []
    if method == OURS:
        arguments = ["--one", "--folder", str(folder), "--limit"]
        # the first compiles: neither its time nor its memory is the method's
        compiled = child.run("fast_speed.py", [*arguments, "0.01"], 600.0)
        tries.append(child.run("fast_speed.py", [*arguments, str(limit)], 2 * limit + 120))
        tries[-1]["compiled_seconds"] = compiled.get("warm_up_seconds")
    for tolerance in () if method == OURS else PEERS[method].tolerances:
        tries.append(_peer(method, folder, program, limit, tolerance))
        gap, seconds = tries[-1].get("gap"), tries[-1].get("seconds")
        if not seconds or seconds >= limit or (gap is not None and gap <= min(TARGETS)):
            break
    return {"limit_seconds": limit, "tries": tries,
            "seconds_to": {str(target): _soonest(tries, target) for target in TARGETS}}  # fmt: skip


def _soonest(tries: list[dict[str, Any]], target: float) -> float | None:
    """Of all runs, the soonest answer that is certified within the target; None: never."""
    times = []
    for one in tries:
        course = one.get("course", [])
        times += [seconds for seconds, gap in course if gap <= target][:1]
        if one.get("gap") is not None and one["gap"] <= target and not course:
            times.append(one["seconds"])
    return min(times, default=None)


def networks(
    names: list[str], seeds: list[int], methods: list[str], limit: float, result: Path
) -> None:
    """Measure and record; each run is kept as soon as it is done."""
    record = json.loads(result.read_text("utf-8")) if result.exists() else {}
    runs: dict[str, Any] = record.get("runs", {})
    titles = {OURS: "Sampan's fast method"} | {name: peer.title for name, peer in PEERS.items()}
    for name in names:
        for seed in seeds:
            columns, kind = name.split(":")
            options = Options(columns=int(columns), seed=seed, **KINDS[kind])
            with tempfile.TemporaryDirectory() as folder:
                place, program = Path(folder), Path(folder) / "program.npz"
                write(generate(options), place, "parquet")
                model, costs = _model(place)
                save(scaled(model, costs), program)
                del model, costs
                for method in methods:
                    run = compare(method, place, program, limit)
                    runs.setdefault(f"{name}:{seed}", {})[method] = run
                    child.save(result, {"methods": titles, "targets": TARGETS, "runs": runs})
                    _tell(f"{name}:{seed}", method, run)


def _tell(network: str, method: str, run: dict[str, Any]) -> None:
    times = [f"> {run['limit_seconds']:g}" if seconds is None else f"{seconds:.2f}"
             for seconds in run["seconds_to"].values()]  # fmt: skip
    told = "; ".join(str(one.get("outcome", one["status"])) for one in run["tries"])
    print(f"{network:18} {method:8} {' '.join(f'{text:>8}' for text in times)}  {told}", flush=True)


def _network(text: str) -> str:
    columns, _, kind = text.partition(":")
    if not columns.isdecimal() or kind not in KINDS:
        raise argparse.ArgumentTypeError(f"{text!r} is not like 300000:plain or 300000:mixed")
    return text


def main(arguments: list[str] | None = None) -> int:
    every = [OURS, *PEERS]
    parser = argparse.ArgumentParser(description="Time the fast method beside its peers.")
    parser.add_argument("--networks", type=_network, nargs="+", default=NETWORKS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[100])
    parser.add_argument("--methods", choices=every, nargs="+", default=every)
    parser.add_argument("--limit", type=float, default=120.0, help="seconds a run may take")
    parser.add_argument("--result", type=Path, default=RESULT)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--certify", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--bound", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    # this process and all that it starts
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if given.one:
        print(json.dumps(measure(given.folder, given.limit)))
        return 0
    if given.certify:
        print(json.dumps(certify(given.folder, given.certify, given.bound)))
        return 0
    networks(given.networks, given.seeds, given.methods, given.limit, given.result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
