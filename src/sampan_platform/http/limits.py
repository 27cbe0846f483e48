"""How many requests a minute a token, or a session's user, may make."""

from __future__ import annotations

import time

from django.conf import settings
from django.core.cache import cache
from django.db import connection

from sampan_platform.http import tally
from sampan_platform.http.problems import HttpProblem

WINDOW_SECONDS = 60


def count_request(who: str) -> None:
    """Count one; raise when there were more than the limit in this minute.

    The machine's time, not `common.clock`: a demo that stands still in another day must not
    run out of requests. On PostgreSQL all processes that serve count together, in the database;
    beside SQLite there is one, which counts in memory: reading must not wait for who writes.
    """
    limit = int(settings.SAMPAN_REQUESTS_PER_MINUTE)
    if limit <= 0:
        return
    now = time.time()
    window = int(now // WINDOW_SECONDS)
    key = f"sampan-requests:{who}:{window}"
    if _count(key) > limit:
        wait = int((window + 1) * WINDOW_SECONDS - now) + 1
        raise HttpProblem(
            429,
            "too-many-requests",
            f"More than {limit} requests in a minute. Wait {wait} seconds.",
            headers={"Retry-After": str(wait)},
        )


def _count(key: str) -> int:
    if connection.vendor == "postgresql":
        return tally.add(key, 2 * WINDOW_SECONDS)
    cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
    try:
        return cache.incr(key)
    except ValueError:  # the cache dropped it between the two calls
        return 1
