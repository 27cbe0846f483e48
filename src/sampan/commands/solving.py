"""`sampan solve`: with a live display, and with a Ctrl-C that still gives a plan."""

from __future__ import annotations

import argparse
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sampan import schema
from sampan.check import raise_on_errors
from sampan.commands.loading import load_network
from sampan.commands.output import FINE, INTERRUPTED, counted, note, print_json
from sampan.commands.progress import Display, display
from sampan.errors import OutputError, Problem
from sampan.network import Network
from sampan.plan import Plan, Status
from sampan.read import read_plan
from sampan.solve import Progress, solve
from sampan.write import check_plan_folder, write_plan

SAME_PRESS_SECONDS = 0.2
"""One Ctrl-C can arrive twice: from the terminal, and passed on by a program around this one."""


class Stop:
    """Whether Ctrl-C was pressed: once asks for the plan so far, twice ends at once."""

    def __init__(self, shown: Display) -> None:
        self.shown = shown
        self.asked = False
        self.asked_at = 0.0

    def __call__(self, *_: Any) -> None:
        now = time.monotonic()
        if self.asked and now - self.asked_at < SAME_PRESS_SECONDS:
            return
        if self.asked:
            # the solver's thread cannot be ended in any gentler way
            os.write(2, b"\x1b[?25h\nEnded.\n" if os.isatty(2) else b"Ended.\n")
            os._exit(INTERRUPTED)
        self.asked, self.asked_at = True, now
        self.shown.stopping()

    def on_progress(self, progress: Progress) -> bool:
        """False once a stop was asked for."""
        self.shown.show(progress)
        return not self.asked


@contextmanager
def catching(stop: Stop) -> Iterator[None]:
    """Have Ctrl-C ask `stop`; only a program's main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def run(arguments: argparse.Namespace) -> int:
    """Read, solve, write, print."""
    if arguments.out is not None:
        check_plan_folder(arguments.out)
    network = load_network(arguments)
    warnings = raise_on_errors(network)
    plan = _solve(network, arguments)
    if arguments.overrides:
        plan = plan.replace(summary={**plan.summary, "overrides": list(arguments.overrides)})
    failure = _write(plan, arguments)
    if arguments.json:
        document: dict[str, Any] = {"summary": dict(plan.summary)}
        document |= {name: plan.frames[name].to_dicts() for name in schema.PLAN_FRAMES}
        print_json(document)
        _tell_warnings(warnings)
    else:
        _print_summary(network, plan, warnings, arguments)
    if plan.status is Status.INTERRUPTED:
        note("Interrupted: this is the best plan found so far, not a proven best one.")
    if failure is not None:
        raise failure
    return FINE


def _solve(network: Network, arguments: argparse.Namespace) -> Plan:
    with display(arguments.quiet) as shown:
        stop = Stop(shown)
        with catching(stop):
            return solve(
                network,
                method=arguments.method,
                start=None if arguments.start is None else read_plan(arguments.start),
                time_limit=arguments.time_limit,
                gap=arguments.gap,
                threads=arguments.threads,
                on_progress=stop.on_progress,
            )


def _write(plan: Plan, arguments: argparse.Namespace) -> OutputError | None:
    """Why the plan could not be written, if so: it is printed first all the same."""
    if arguments.out is None:
        return None
    try:
        write_plan(plan, arguments.out, arguments.format)
    except OutputError as error:
        return error
    return None


def _tell_warnings(warnings: tuple[Problem, ...]) -> None:
    if warnings:
        count = counted(len(warnings), "warning")
        note(f"{count} of the check; `sampan check` lists them.")


def _print_summary(
    network: Network, plan: Plan, warnings: tuple[Problem, ...], arguments: argparse.Namespace
) -> None:
    from sampan.show import print_plan_summary

    print_plan_summary(network, plan, warnings)
    if arguments.out is not None and Path(arguments.out).is_dir():
        print(f"\nThe plan is in {arguments.out}; `sampan show` says why, and what else it does.")
