"""The part of the benchmarks' page about the fast method and its peers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from sampan.show.gap_plot import gap_plot

IMAGES = Path(__file__).parent.parent / "docs" / "images"
OURS = "fast"
TUNED = range(10)
"""Seeds that the method was tuned on."""


def fast_speed(record: dict[str, Any], table: Any) -> str:
    """A table for each network, those that were tuned on apart."""
    titles, targets = record["methods"], [str(target) for target in record["targets"]]
    parts = []
    for (name, tuned), runs in sorted(_by_network(record["runs"]).items(), key=_order):
        columns = next(iter(runs[OURS]))["tries"][0].get("columns", 0)
        count = len(next(iter(runs.values())))
        seeds = "tuned on" if tuned else "not tuned on"
        parts.append(
            f"**{columns:,} columns, {name.partition(':')[2]}**, seeds {seeds} "
            f"({count}; medians)\n\n"
            + table(
                ["method", *(f"to {100 * float(target):g} %, s" for target in targets),
                 "times ours at 1 %", "peak memory, MB"],
                [_row(titles[method], found, runs[OURS], targets)
                 for method, found in runs.items()],
            )
        )  # fmt: skip
    return "\n\n".join(parts)


def _order(item: tuple[tuple[str, bool], Any]) -> tuple[str, int, bool]:
    (name, tuned), _ = item
    columns, _, kind = name.partition(":")
    return kind, int(columns), tuned


def _by_network(runs: dict[str, Any]) -> dict[tuple[str, bool], dict[str, list[dict[str, Any]]]]:
    """By network and whether its seed was tuned on, by method: the runs over seeds."""
    found: dict[tuple[str, bool], dict[str, list[dict[str, Any]]]] = {}
    for key, methods in runs.items():
        name, _, seed = key.rpartition(":")
        if OURS not in methods:
            continue
        group = found.setdefault((name, int(seed) in TUNED), {})
        for method, run in methods.items():
            group.setdefault(method, []).append(run)
    return found


def _row(
    title: str, runs: list[dict[str, Any]], ours: list[dict[str, Any]], targets: Sequence[str]
) -> list[str]:
    tries = [one for run in runs for one in run["tries"]]
    if not any(one.get("seconds") for one in tries):
        return [f"{title}: {tries[0].get('outcome', tries[0]['status'])}",
                *(["–"] * (len(targets) + 2))]  # fmt: skip
    memory = max((one.get("memory_mb", 0.0) for one in tries), default=0.0)
    mine, its = _median(ours, "0.01"), _median(runs, "0.01")
    times = f"{its / mine:.1f}" if its is not None and mine else "–"
    if its is None and mine:
        times = f"> {_limit(runs) / mine:.0f}"
    return [title, *(_time(runs, target) for target in targets), times, f"{memory:,.0f}"]


def _median(runs: list[dict[str, Any]], target: str) -> float | None:
    """Over seeds; None if at the median seed the target was not reached within the limit."""
    never = float("inf")
    times = [never if run["seconds_to"][target] is None else run["seconds_to"][target]
             for run in runs]  # fmt: skip
    found = median(times)
    return None if found == never else found


def _limit(runs: list[dict[str, Any]]) -> float:
    return max(run["limit_seconds"] for run in runs)


def _time(runs: list[dict[str, Any]], target: str) -> str:
    found = _median(runs, target)
    return f"> {_limit(runs):g}" if found is None else f"{found:.2f}"


def fast_speed_plots(record: dict[str, Any]) -> dict[Path, str]:
    """For each kind, the gap over time on the largest network that every method was tried on."""
    plots = {}
    largest: dict[str, tuple[int, str]] = {}
    for key, methods in record["runs"].items():
        columns, kind, _ = key.split(":")
        if len(methods) > 1:
            largest[kind] = max(largest.get(kind, (0, "")), (int(columns), key))
    for kind, (_, key) in largest.items():
        methods = record["runs"][key]
        columns = methods[OURS]["tries"][0].get("columns", 0)
        courses = {method: _course(run["tries"]) for method, run in methods.items()}
        title = f"certified gap, {columns:,} columns, {kind}, one core"
        plots[IMAGES / f"fast-speed-{kind}.svg"] = gap_plot(courses, record["targets"], title)
    return plots


def _course(tries: list[dict[str, Any]]) -> list[tuple[float, float]]:
    """Of one run its course; of runs to several tolerances their ends."""
    if "course" in tries[0]:
        return [(seconds, gap) for seconds, gap in tries[0]["course"]]
    ends = [(one["seconds"], one["gap"]) for one in tries if one.get("gap") is not None]
    return sorted(ends)
