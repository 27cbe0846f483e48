"""What a row of reports would cost on PostgreSQL in tables with other keys: COPY alone.

    python benchmarks/collect_candidates.py --rows 200000

Beside the table as it is stand tables that nobody uses yet, with the same check of figures and
the same question for references. They are filled in turn, round after round, so that whatever
else the machine does meets all of them. Prints microseconds a row: least, median, most.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import collect_floor  # noqa: E402
import collect_speed  # noqa: E402
import polars as pl  # noqa: E402

KEY = ("site_id", "resource_id", "day", *collect_speed.MEASURES)
"""What is sent for each row; the rest is the same in all rows and stands as a default."""
SITE_FIRST = "site_id * (1::bigint << 40) + resource_id * 65536 + (day - DATE '1970-01-01')"
DAY_FIRST = "(day - DATE '1970-01-01') * (1::bigint << 44) + site_id * 1048576 + resource_id"
CANDIDATES = {
    "defaults": ("two keys, defaults", None, None),
    "packed_btree": ("packed key, b-tree of days, defaults", SITE_FIRST, "USING btree"),
    "packed_brin": ("packed key, BRIN of days, defaults", SITE_FIRST, "USING brin"),
    "day_first": ("packed key, day first, no other index, defaults", DAY_FIRST, None),
}
REBUILT = "as it is, but days and the unique key indexed again after the rows are in"
PUT_BACK = (
    "ALTER TABLE collect_report ADD CONSTRAINT report_once UNIQUE (site_id, resource_id, day)",
    "CREATE INDEX report_of_day ON collect_report (day)",
)
REFERS = (
    "CREATE TRIGGER refers AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh "
    "FOR EACH STATEMENT EXECUTE FUNCTION collect_refers()"
)


def main(arguments: list[str] | None = None) -> int:
    """Start a PostgreSQL, make the tables, fill them in turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    from tests.platform.postgres import Server

    server = Server()
    with tempfile.TemporaryDirectory(prefix="sampan-bench-") as home:
        server.start()
        os.environ |= {"SAMPAN_HOME": home, "SAMPAN_DATABASE": server.address,
                       "DJANGO_SETTINGS_MODULE": "sampan_platform.settings"}  # fmt: skip
        try:
            for name, taken in _measured(given).items():
                each = [seconds / given.rows * 1e6 for seconds in taken]
                print(f"{min(each):5.2f} {statistics.median(each):5.2f} {max(each):5.2f}  {name}")
        finally:
            server.stop()
    return 0


def _measured(given: argparse.Namespace) -> dict[str, list[float]]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    frame = collect_speed.generate(given.rows, given.seed)
    user = collect_speed._catalogue(frame)
    reports = collect_floor._rows(frame, user.pk)
    runs = _runs(reports)
    _make(user.pk, int(reports["filing_id"][0]))
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(given.rounds):
        for name, (rows, table) in runs.items():
            taken[name].append(collect_floor._copied(rows, table))
        taken.setdefault(REBUILT, []).append(_rebuilt(reports))
    connection.close()
    return taken


def _runs(reports: pl.DataFrame) -> dict[str, tuple[pl.DataFrame, str]]:
    """Which rows go into which table; those with a packed key in its order."""
    day = pl.col("day").cast(pl.Int32).cast(pl.Int64)
    site, resource = pl.col("site_id"), pl.col("resource_id")
    keys = {
        SITE_FIRST: site * 2**40 + resource * 2**16 + day,
        DAY_FIRST: day * 2**44 + site * 2**20 + resource,
    }
    plain = reports.select(KEY)
    runs = {"keys and figures, a table without anything": (plain, "bare"),
            "as it is": (reports, "collect_report")}  # fmt: skip
    for table, (name, key, _) in CANDIDATES.items():
        rows = plain
        if key is not None:
            rows = plain.with_columns(id=keys[key]).sort("id").select("id", *KEY)
        runs[name] = (rows, table)
    return runs


def _rebuilt(rows: pl.DataFrame) -> float:
    """Seconds of one COPY into the emptied table without two of its indexes, and of making them.

    All in one transaction, as it would have to be; whoever reads reports waits for its end.
    """
    from django.db import connection, transaction

    started = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP INDEX report_of_day")
        cursor.execute("ALTER TABLE collect_report DROP CONSTRAINT report_once")
        without = time.perf_counter() - started
        copied = collect_floor._copied(rows, "collect_report")
        started = time.perf_counter()
        for command in PUT_BACK:
            cursor.execute(command)
    return without + copied + time.perf_counter() - started


def _make(user: int, filing: int) -> None:
    """The tables beside the one that is used."""
    from django.db import connection

    figures = ", ".join(f"{one} bigint" for one in collect_speed.MEASURES)
    same = {"explanation": "''", "flags": "'[]'", "posting": "'none'", "version": "1",
            "submitted_at": "'2025-01-01 04:00:00+00'", "submitted_by_id": str(user),
            "filing_id": str(filing)}  # fmt: skip
    defaults = ", ".join(f"ALTER {name} SET DEFAULT {value}" for name, value in same.items())
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE bare (site_id bigint, resource_id bigint, day date, {figures})"
        )
        for table, (_, key, index) in CANDIDATES.items():
            kept = "ALL" if key is None else "CONSTRAINTS"
            cursor.execute(f"CREATE TABLE {table} (LIKE collect_report INCLUDING {kept})")
            cursor.execute(f"ALTER TABLE {table} {defaults}")
            cursor.execute(REFERS.format(table=table))
            if key is not None:
                cursor.execute(f"ALTER TABLE {table} ADD PRIMARY KEY (id), ADD CHECK (id = {key})")
            if index is not None:
                cursor.execute(f"CREATE INDEX ON {table} {index} (day)")


if __name__ == "__main__":
    sys.exit(main())
