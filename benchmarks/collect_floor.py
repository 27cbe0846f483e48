"""What a row of reports costs on PostgreSQL: COPY alone, with one thing after another taken away.

    python benchmarks/collect_floor.py --rows 200000

No check and no comparison runs here; this is the least that any bulk collection into this table
takes. Prints microseconds a row.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import collect_speed  # noqa: E402
import polars as pl  # noqa: E402

STEPS = (
    ("as it is", ""),
    ("without the triggers that ask for references", "DISABLE TRIGGER USER"),
    ("without the index of days", ""),
    ("without the unique key of site, resource and day", "DROP CONSTRAINT report_once"),
    ("without the primary key", "DROP CONSTRAINT collect_report_pkey CASCADE"),
    ("without the check of figures", "DROP CONSTRAINT report_nothing_below_zero"),
    ("without a number for each", "ALTER id DROP IDENTITY, ALTER id DROP NOT NULL"),
)


def main(arguments: list[str] | None = None) -> int:
    """Start a PostgreSQL, fill the catalogue, take away and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    from tests.platform.postgres import Server

    server = Server()
    with tempfile.TemporaryDirectory(prefix="sampan-bench-") as home:
        server.start()
        os.environ |= {"SAMPAN_HOME": home, "SAMPAN_DATABASE": server.address,
                       "DJANGO_SETTINGS_MODULE": "sampan_platform.settings"}  # fmt: skip
        try:
            for name, seconds in _measured(given.rows, given.seed):
                print(f"{seconds / given.rows * 1e6:5.2f}  {name}")
        finally:
            server.stop()
    return 0


def _measured(rows: int, seed: int) -> list[tuple[str, float]]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    frame = collect_speed.generate(rows, seed)
    user = collect_speed._catalogue(frame)
    reports = _rows(frame, user.pk)
    measures = list(collect_speed.MEASURES)
    found = []
    with connection.cursor() as cursor:
        for name, change in STEPS:
            if change:
                cursor.execute(f"ALTER TABLE collect_report {change}")
            elif found:
                cursor.execute("DROP INDEX report_of_day")
            found.append((name, min(_copied(reports, "collect_report") for _ in range(2))))
        figures = ", ".join(f"{one} bigint" for one in measures)
        cursor.execute(
            f"CREATE TABLE bare (site_id bigint, resource_id bigint, day date, {figures})"
        )
    bare = reports.select("site_id", "resource_id", "day", *measures)
    found.append(("keys and figures alone, a table without anything",
                  min(_copied(bare, "bare") for _ in range(2))))  # fmt: skip
    connection.close()
    return found


def _rows(frame: pl.DataFrame, user: int) -> pl.DataFrame:
    """As reports are kept, in the order in which they are written."""
    from django.apps import apps

    from sampan_platform.common import clock

    numbers: dict[str, Any] = {}
    for model in ("Site", "Resource"):
        codes = apps.get_model("catalogue", model).objects.values_list("code", "pk")
        numbers[model] = dict(codes)
    filing = apps.get_model("collect", "Filing").objects.create(
        content="x", source="csv", at=clock.now(), actor_id=user
    )
    return frame.select(
        site_id=pl.col("site").replace_strict(numbers["Site"]),
        resource_id=pl.col("resource").replace_strict(numbers["Resource"]),
        day="day", **{name: pl.col(name) for name in collect_speed.MEASURES},
        explanation=pl.lit(""), flags=pl.lit("[]"), posting=pl.lit("none"), version=1,
        submitted_at=pl.lit("2025-01-01 04:00:00+00"), submitted_by_id=user, filing_id=filing.pk,
    ).sort("site_id", "resource_id", "day")  # fmt: skip


def _copied(rows: pl.DataFrame, table: str) -> float:
    """Seconds of one COPY into the emptied table, up to the commit."""
    from django.db import connection, transaction

    text = rows.write_csv(include_header=False).encode()
    stated = ", FORCE_NOT_NULL (explanation)" if "explanation" in rows.columns else ""
    command = f"COPY {table} ({', '.join(rows.columns)}) FROM STDIN (FORMAT csv{stated})"
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")
        started = time.perf_counter()
        with transaction.atomic(), cursor.copy(command) as copy:
            copy.write(text)
        return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
