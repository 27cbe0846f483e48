"""`sampan bench`: how soon each method comes how near to the best, on the user's own network."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sampan.bench import Moment, Run, measure
from sampan.check import raise_on_errors
from sampan.commands.loading import load_network
from sampan.commands.output import FINE, NO_PLAN, note, print_json
from sampan.errors import OutputError
from sampan.show.gap_plot import gap_plot
from sampan.show.page import Page
from sampan.write.swap import write_file

NOTHING = "–"


def run(arguments: argparse.Namespace) -> int:
    """Measure every method, then print the table and write the plot."""
    _check_plot(arguments.plot)
    network = load_network(arguments)
    raise_on_errors(network)
    runs = [_measure(method, arguments) for method in arguments.methods]
    failure = _write_plot(runs, arguments, network.name)
    if arguments.json:
        print_json(document(network.name, runs, arguments.gaps, arguments.time_limit))
    else:
        _print(network.name, runs, arguments)
    if failure is not None:
        raise failure
    return FINE if any(one.solved for one in runs) else NO_PLAN


def _measure(method: str, arguments: argparse.Namespace) -> Run:
    told = 1.0

    def tell(moment: Moment) -> None:
        nonlocal told
        crossed = any(moment.gap <= gap < told for gap in arguments.gaps)
        if not arguments.quiet and (crossed or moment.gap <= told / 2):
            note(f"{method}: gap {moment.gap:.3%} after {moment.seconds:.2f} s")
            told = moment.gap

    if not arguments.quiet:
        note(f"{method}: reading the network, in a process of its own …")
    return measure(
        arguments.network,
        method,
        gap=min(arguments.gaps),
        time_limit=arguments.time_limit,
        overrides=arguments.overrides,
        threads=arguments.threads,
        on_moment=tell,
    )


def _check_plot(path: str | None) -> None:
    """Better before minutes are spent than after."""
    if path is not None and not path.endswith(".svg"):
        raise OutputError(f"{path}: the plot is an SVG image. Give a name that ends in .svg.")
    if path is not None and Path(path).is_dir():
        raise OutputError(f"{path}: this is a folder. Give the name of a file.")


def _write_plot(
    runs: Sequence[Run], arguments: argparse.Namespace, name: str
) -> OutputError | None:
    """Why the plot could not be written, if so: the table is printed all the same."""
    if arguments.plot is None:
        return None
    courses = {one.method: [(m.seconds, m.gap) for m in one.course] for one in runs}
    svg = gap_plot(courses, arguments.gaps, f"{name}: gap over time")
    try:
        write_file(Path(arguments.plot), svg.encode("utf-8"))
    except OutputError as error:
        return error
    return None


def document(
    name: str, runs: Sequence[Run], gaps: Sequence[float], time_limit: float
) -> dict[str, Any]:
    """Everything measured, as one JSON document."""
    return {
        "network": name,
        "time_limit_seconds": time_limit,
        "gaps": list(gaps),
        "methods": [
            {
                "method": one.method,
                "outcome": one.outcome,
                "seconds_to_gap": [{"gap": gap, "seconds": one.seconds_to(gap)} for gap in gaps],
                "seconds": one.seconds,
                "gap": one.course[-1].gap if one.course else None,
                "warm_up_seconds": one.warm_up_seconds,
                "columns": one.columns,
                "memory_before_mb": one.memory_before_mb,
                "memory_peak_mb": one.memory_peak_mb,
                "course": [{"seconds": m.seconds, "gap": m.gap} for m in one.course],
            }
            for one in runs
        ],
    }


def _print(name: str, runs: Sequence[Run], arguments: argparse.Namespace) -> None:
    page = Page()
    columns = next((one.columns for one in runs if one.columns is not None), None)
    page.heading(name if columns is None else f"{name}: {columns:,} variables")
    headings = ["method", *(f"to {gap:.6%}".rstrip("0%").rstrip(".") + " %"
                            for gap in arguments.gaps), "whole call", "gap at the end",
                "memory, MB", "outcome"]  # fmt: skip
    rows = [_row(one, arguments.gaps, arguments.time_limit) for one in runs]
    page.table(headings, rows, "f" + "r" * (len(headings) - 2) + " ")
    page.line()
    warm_up = sum(one.warm_up_seconds for one in runs)
    page.line(
        "Seconds from the call until a plan and a bound so near to each other were known; each "
        f"method in a process of its own, at most {arguments.time_limit:g} s. Reading the tables "
        f"is not counted, nor compiling and trying the kernels before ({warm_up:.1f} s). Memory "
        "is the peak above the network in memory, compiled kernels included."
    )
    if arguments.plot is not None and Path(arguments.plot).is_file():
        page.line(f"The gap over time is drawn in {arguments.plot}.")


def _row(one: Run, gaps: Sequence[float], time_limit: float) -> list[str]:
    never = f"> {time_limit:g} s" if one.course or one.solved else NOTHING
    reached = [one.seconds_to(gap) for gap in gaps]
    memory = NOTHING
    if one.memory_peak_mb is not None and one.memory_before_mb is not None:
        memory = f"{one.memory_peak_mb - one.memory_before_mb:,.0f}"
    return [
        one.method,
        *(never if seconds is None else f"{seconds:.2f} s" for seconds in reached),
        NOTHING if one.seconds is None else f"{one.seconds:.2f} s",
        f"{one.course[-1].gap:.3%}".replace("%", " %") if one.course else NOTHING,
        memory,
        one.outcome.replace("_", " "),
    ]
