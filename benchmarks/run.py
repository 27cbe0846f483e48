"""All benchmarks in order, then the page of results.

python benchmarks/run.py            # the recorded sizes: leave the machine to it alone
python benchmarks/run.py --quick    # small, to see that everything runs
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import build_speed
import collect_speed
import day_cycle
import fast_speed
import map_frames
import order_page
import page
import solve_baseline
import solve_example
import statistics_speed

HERE = Path(__file__).parent
QUICK_COLUMNS, QUICK_NETWORKS, QUICK_LIMIT = [30_000], ["10000:tight", "10000:loose"], 20.0
QUICK_FAST = ["10000:plain", "10000:mixed"]
QUICK_REPORTS, QUICK_SITES, QUICK_ENTERPRISES = 20_000, 50, 40


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run every benchmark and write the page.")
    parser.add_argument("--quick", action="store_true",
                        help="small sizes, into build/benchmarks; the page stays")  # fmt: skip
    parser.add_argument("--columns", type=int, nargs="+", default=[30_000, 300_000, 3_000_000])
    parser.add_argument("--build-limit", type=float, default=900.0, help="seconds a builder")
    parser.add_argument("--networks", nargs="+", default=solve_baseline.NETWORKS)
    parser.add_argument("--solve-limit", type=float, default=120.0, help="seconds a solve")
    parser.add_argument("--reports", type=int, default=1_000_000, help="reports collected in bulk")
    parser.add_argument("--sites", type=int, default=1000, help="sites that statistics count")
    parser.add_argument("--enterprises", type=int, default=400, help="that live through a day")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    if given.quick:
        given.columns, given.networks = QUICK_COLUMNS, QUICK_NETWORKS
        given.solve_limit = QUICK_LIMIT
    results = HERE.parent / "build" / "benchmarks" if given.quick else HERE / "results"
    seed = ["--seed", str(given.seed)]
    build_speed.main(
        ["--columns", *map(str, given.columns), "--limit", str(given.build_limit),
         "--result", str(results / "build_speed.json"), *seed]
    )  # fmt: skip
    solve_baseline.main(
        ["--networks", *given.networks, "--limit", str(given.solve_limit),
         "--result", str(results / "solve_baseline.json"), *seed]
    )  # fmt: skip
    solve_example.main(
        ["--result", str(results / "solve_example.json"),
         *(["--examples", "asean-2020-04"] if given.quick else [])]
    )  # fmt: skip
    collect_speed.main(
        ["--rows", str(QUICK_REPORTS if given.quick else given.reports),
         "--result", str(results / "collect_speed.json"), *seed]
    )  # fmt: skip
    fast_speed.main(
        ["--networks", *(QUICK_FAST if given.quick else fast_speed.NETWORKS),
         "--limit", str(given.solve_limit), "--result", str(results / "fast_speed.json")]
    )  # fmt: skip
    statistics_speed.main(
        ["--sites", str(QUICK_SITES if given.quick else given.sites),
         "--result", str(results / "statistics_speed.json"), *seed]
    )  # fmt: skip
    day_cycle.main(
        ["--enterprises", str(QUICK_ENTERPRISES if given.quick else given.enterprises),
         "--result", str(results / "day_cycle.json")]
    )  # fmt: skip
    map_frames.main(["--result", str(results / "map_frames.json"), *seed])
    order_page.main(["--result", str(results / "order_page.json")])
    written = page.PAGE
    if given.quick:  # the recorded page keeps the full figures; the quick ones get a copy
        written = results / "benchmarks.md"
        written.write_text(page.PAGE.read_text("utf-8"), encoding="utf-8")
    return page.main(["--results", str(results), "--page", str(written)])


if __name__ == "__main__":
    sys.exit(main())
