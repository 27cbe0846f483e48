"""The clock of `sampan serve`: what has to happen again and again, every SECONDS.

Any number may run beside each other: each duty claims what it works on.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from threading import Event

import django

log = logging.getLogger("sampan.watch")


def duties() -> dict[str, Callable[[], object]]:
    """What a beat does, in this order."""
    from sampan_platform.common import clock
    from sampan_platform.dispatch import services as dispatch
    from sampan_platform.http import idempotency
    from sampan_platform.monitor import services as monitor

    return {
        # a plan whose worker died must not look as if it were being solved
        "lost plans": dispatch.fail_lost,
        "rules": lambda: monitor.run(clock.now()),
        "messages": lambda: monitor.send_due(clock.now()),
        "old answers": idempotency.forget_old,
    }


def beat(due: dict[str, Callable[[], object]]) -> list[str]:
    """Do each duty once; one that fails is told and does not stop the others."""
    failed = []
    for name, duty in due.items():
        try:
            duty()
        except Exception:  # the next beat may go well, and the log says what was wrong
            log.exception("%s failed; the next beat tries again", name)
            failed.append(name)
    return failed


def main(seconds: float) -> None:
    """Beat until told to stop; then end the beat first, so that no message is left in doubt."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sampan_platform.settings")
    django.setup()
    from django.db import close_old_connections

    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    due = duties()
    while not stop.is_set():
        close_old_connections()
        beat(due)
        stop.wait(seconds)


if __name__ == "__main__":
    main(float(sys.argv[1]))
