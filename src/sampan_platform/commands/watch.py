"""The monitor's clock of `sampan serve`: runs the rules every SECONDS."""

from __future__ import annotations

import logging
import os
import sys
import time

import django


def main(seconds: float) -> None:
    """Run the rules again and again until ended; a failure is told and tried again."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sampan_platform.settings")
    django.setup()
    from django.db import close_old_connections

    from sampan_platform.common import clock
    from sampan_platform.monitor import services

    log = logging.getLogger("sampan.monitor")
    while True:
        close_old_connections()
        try:
            services.run(clock.now())
            services.send_due(clock.now())
        except Exception:  # the next round may go well, and the log says what was wrong
            log.exception("the monitoring rules failed; they run again in %s s", seconds)
        time.sleep(seconds)


if __name__ == "__main__":
    main(float(sys.argv[1]))
