"""Counting what is done too often, in the database: all processes that serve count together.

The machine's time, not `common.clock`: a demo that stands still in another day must not run out.
"""

from __future__ import annotations

import time

from django.db import connection

from sampan_platform.http.models import Tally

KEPT_SECONDS = 3600
"""After its end a tally is deleted, when another one begins."""


def add(key: str, seconds: float) -> int:
    """Count one more, in one statement; how many there are since the first, `seconds` ago at most.

    Whoever counts at the same moment waits until this transaction ends: count outside of one.
    """
    now = time.time()
    table = Tally._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (key, count, ends_at) VALUES (%s, 1, %s) "  # nosec B608
            "ON CONFLICT (key) DO UPDATE SET "
            f"count = CASE WHEN {table}.ends_at <= %s THEN 1 ELSE {table}.count + 1 END, "
            f"ends_at = CASE WHEN {table}.ends_at <= %s THEN excluded.ends_at "
            f"ELSE {table}.ends_at END RETURNING count",
            [key, now + seconds, now, now],
        )
        count = int(cursor.fetchone()[0])
    if count == 1:
        Tally.objects.filter(ends_at__lt=now - KEPT_SECONDS).delete()
    return count


def of(key: str) -> int:
    """How many there are now."""
    rows = Tally.objects.filter(key=key, ends_at__gt=time.time())
    return rows.values_list("count", flat=True).first() or 0
