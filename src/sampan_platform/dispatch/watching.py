"""A solve in a thread of its own, while this one writes how far it is and asks whether to stop.

The solver reports from threads of its own, many times a second. They only leave their last
word here; the database is written and read from the caller's thread, about twice a second.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import sampan

EVERY_SECONDS = 0.5


class Watch:
    """What the solver said last, and whether it was told to stop."""

    def __init__(self) -> None:
        self.latest: sampan.Progress | None = None
        self.stop = threading.Event()

    def on_progress(self, progress: sampan.Progress) -> bool:
        """Called by the solver; False tells it to stop."""
        self.latest = progress
        return not self.stop.is_set()


def solve_watched(
    network: sampan.Network,
    beat: Callable[[sampan.Progress | None], bool],
    *,
    time_limit: float | None = None,
    method: str = "auto",
    start: sampan.Plan | None = None,
    threads: int | None = None,
    every: float = EVERY_SECONDS,
) -> sampan.Plan:
    """The best plan; `beat` is called every so often, and stops the solve by returning False."""
    watch = Watch()
    plans: list[sampan.Plan] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            plans.append(
                sampan.solve(
                    network,
                    method=method,
                    start=start,
                    time_limit=time_limit,
                    threads=threads,
                    on_progress=watch.on_progress,
                )
            )
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(every)
        if not beat(watch.latest):
            watch.stop.set()
    if errors:
        raise errors[0]
    return plans[0]
