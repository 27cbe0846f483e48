"""Running HiGHS so that it can be stopped, and says how far it is."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from sampan.errors import SolverError
from sampan.solvers.control import Control

REPORT_SECONDS = 0.1


def run_watched(highs: Any, control: Control, unit: float) -> None:
    """Run in a thread of its own, so that Ctrl-C reaches the caller at once.

    `unit` is what one of the solver's objective is in the caller's.
    """
    with _watched(highs, control, unit):
        failure: list[BaseException] = []

        def work() -> None:
            try:
                highs.run()
            except BaseException as error:  # noqa: BLE001 - handed to the caller's thread
                failure.append(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        while thread.is_alive():
            try:
                thread.join(0.05)
            except KeyboardInterrupt:
                control.interrupted.set()
        if failure:
            raise SolverError(f"HiGHS failed: {failure[0]}") from failure[0]


@contextlib.contextmanager
def _watched(highs: Any, control: Control, unit: float) -> Iterator[None]:
    """HiGHS asks now and then whether to go on; answer, and report progress."""
    last = [time.monotonic()]

    def simplex(event: Any) -> None:
        report(event, event.data_out.simplex_iteration_count)

    def barrier(event: Any) -> None:
        report(event, event.data_out.ipm_iteration_count)

    def search(event: Any) -> None:
        report(event, event.data_out.mip_node_count)

    def report(event: Any, count: int) -> None:
        if control.stopped:
            event.interrupt()
        now = time.monotonic()
        if now - last[0] >= REPORT_SECONDS:
            last[0] = now
            control.report(int(count), event.data_out.objective_function_value * unit)

    handlers: list[tuple[Any, Callable[[Any], None]]] = [
        (highs.cbSimplexInterrupt, simplex),
        (highs.cbIpmInterrupt, barrier),
        (highs.cbMipInterrupt, search),
    ]
    for source, handler in handlers:
        source.subscribe(handler)
    try:
        yield
    finally:
        for source, handler in handlers:
            source.unsubscribe(handler)
