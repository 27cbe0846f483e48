"""How fast reports are collected in bulk, beside a bare COPY or executemany of the same rows.

    python benchmarks/collect_speed.py --rows 1000000    # the recorded size; alone on the machine
    python benchmarks/collect_speed.py --rows 20000      # small, to see that it runs

One file of reports is filed by `collect.services.file_bytes` with all that belongs to it: every
check (codes, reach, days, figures, duplicates, retirement), comparing, flags, versions, the
audit trail and whoever listens, up to the commit; as history, which stays out of the ledger.
Beside it the same CSV file goes by a bare COPY (SQLite: the same rows by `executemany`) into a
table of the same columns without keys, checks or indexes, and into one with the indexes that
reports have. Each runs several times in turn on empty tables; the median counts. The totals in
the database are compared with what was generated.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import child  # noqa: E402

RESULT = HERE / "results" / "collect_speed.json"
TARGET = 0.3
"""Of the rows a second of the bare load."""
NOW = datetime(2025, 1, 1, 4, tzinfo=UTC)
FIRST_DAY = date(2020, 1, 1)
ITEMS = 21
DAYS = 365
MEASURES = ("nominal_capacity", "effective_capacity", "output", "used", "stock", "shipped",
            "received", "need")  # fmt: skip
POSTED_MAX = 100_000
"""Rows that are filed once more with the ledger, for comparison."""


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for and write the record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--result", type=Path, default=RESULT)
    parser.add_argument("--step", choices=["database"], help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.step == "database":
        return _database(given)
    record = {
        "machine": child.machine(),
        "asked": {name: getattr(given, name) for name in ("rows", "repeats", "seed")},
        "target_share": TARGET,
        "databases": {name: _on(name, given) for name in given.databases},
    }
    given.result.parent.mkdir(parents=True, exist_ok=True)
    given.result.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(json.dumps(record["databases"], indent=1))
    return 0


def _on(kind: str, given: argparse.Namespace) -> dict[str, Any]:
    """Everything on one database, in a fresh process that knows its settings from the start."""
    named = [part for name in ("rows", "repeats", "seed")
             for part in (f"--{name}", str(getattr(given, name)))]  # fmt: skip
    return child.on_database(kind, [sys.executable, __file__, "--step", "database", *named])


def generate(rows: int, seed: int) -> pl.DataFrame:
    """Reports of as many sites as are needed, day by day, a tenth of the figures not stated."""
    random = np.random.default_rng(seed)
    sites = -(-rows // (ITEMS * DAYS))
    at = np.arange(rows)
    site, rest = at // (ITEMS * DAYS), at % (ITEMS * DAYS)
    # as they arrive: all of a day together
    day, item = rest // ITEMS, rest % ITEMS
    frame = pl.DataFrame(
        {
            "site": pl.Series(site).cast(pl.String).str.pad_start(4, "0").str.replace("^", "S"),
            "resource": pl.Series(item).cast(pl.String).str.pad_start(2, "0").str.replace("^", "R"),
            "day": [FIRST_DAY + timedelta(days=int(number)) for number in day],
        }
    )
    figures = []
    nominal = random.integers(1_000, 1_000_000, rows)
    for name in MEASURES:
        # about 1 report in 100 has an output above its capacity
        shares = {"nominal_capacity": 1.0, "effective_capacity": 0.9, "output": 0.9}
        top = shares.get(name, random.random(rows)) * nominal
        if name == "output":
            top = top * random.uniform(0.5, 1.005, rows)
        values = pl.Series(name, top.astype(np.int64))
        stated = pl.Series(random.random(rows) >= 0.1)
        figures.append(pl.select(pl.when(stated).then(values).alias(name)).to_series())
    assert sites <= 10_000
    return frame.with_columns(figures).sort("day", maintain_order=True)


def _database(given: argparse.Namespace) -> int:
    """Fill the catalogue, run each in turn, compare, tell."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    frame = generate(given.rows, given.seed)
    user = _catalogue(frame)
    csv, parquet = io.BytesIO(), io.BytesIO()
    frame.write_csv(csv)
    frame.write_parquet(parquet)
    ways: dict[str, Callable[[], None]] = {
        "bare": lambda: _bare(csv.getvalue(), frame, "bare"),
        "bare_with_indexes": lambda: _bare(csv.getvalue(), frame, "bare_with_indexes"),
        "csv": lambda: _file("reports.csv", csv.getvalue(), user),
        "parquet": lambda: _file("reports.parquet", parquet.getvalue(), user),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    equal = True
    for number in range(given.repeats):
        for name, way in ways.items():
            _empty()
            started = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - started)
            print(f"{number + 1}: {name} {seconds[name][-1]:.2f} s", file=sys.stderr)
            if name in ("csv", "parquet"):
                equal = equal and _compare(frame)
    rates = {name: given.rows / statistics.median(found) for name, found in seconds.items()}
    refreshed = _refresh()
    some = frame.head(POSTED_MAX)
    small = io.BytesIO()
    some.write_csv(small)
    _empty()
    started = time.perf_counter()
    _file("some.csv", small.getvalue(), user, post=True)
    posted = len(some) / (time.perf_counter() - started)
    print(
        json.dumps(
            {
                "rows": given.rows,
                "rows_per_second": {name: round(rate) for name, rate in rates.items()},
                "rows_per_second_with_ledger": round(posted),
                "rows_with_ledger": len(some),
                "refresh_seconds": round(refreshed, 2),
                "share_of_bare": {
                    name: round(rates[name] / rates["bare"], 3) for name in ("csv", "parquet")
                },
                "share_of_bare_with_indexes": {
                    name: round(rates[name] / rates["bare_with_indexes"], 3)
                    for name in ("csv", "parquet")
                },
                "target_met": min(rates["csv"], rates["parquet"]) >= TARGET * rates["bare"],
                "totals_equal": equal,
            }
        )
    )
    return 0


def _refresh() -> float:
    """Seconds that a worker takes to bring the statistics up to date after the last load."""
    from sampan_platform.count import services

    started = time.perf_counter()
    services.refresh()
    return time.perf_counter() - started


def _catalogue(frame: pl.DataFrame) -> Any:
    """An organisation with the sites and items of the rows, and who reports for it."""
    from django.apps import apps

    from sampan_platform.people import services

    top = services.create_organisation("top", "Top", "country", country="CN")
    user = services.create_user("reporter")
    services.give_role(user, top, "reporter")
    site, item = apps.get_model("catalogue", "Site"), apps.get_model("catalogue", "Resource")
    kind = apps.get_model("catalogue", "ResourceClass").objects.create(
        code="all", name_en="All", name_zh="全部"
    )
    site.objects.bulk_create(
        site(code=code, name_en=code, kind="factory", organisation=top, country="CN")
        for code in frame["site"].unique().sort()
    )
    item.objects.bulk_create(
        item(code=code, name_en=code, resource_class=kind, unit="piece")
        for code in frame["resource"].unique().sort()
    )
    return user


def _empty() -> None:
    """All tables of the runs, whatever the triggers say; and room for the next."""
    from django.db import connection

    kept = ("collect_reportversion", "collect_report", "collect_filing", "collect_stretch")
    columns = ", ".join(["site text", "resource text", "day date",
                         *(f"{name} bigint" for name in MEASURES)])  # fmt: skip
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(kept)}")
        else:
            for table in kept:
                cursor.execute(f"DELETE FROM {table}")
        for table in ("bare", "bare_with_indexes"):
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
        cursor.execute(f"CREATE TABLE bare ({columns})")
        number = "bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"
        if connection.vendor == "sqlite":
            number = "integer PRIMARY KEY AUTOINCREMENT"
        cursor.execute(
            f"CREATE TABLE bare_with_indexes (id {number}, {columns}, UNIQUE (site, resource, day))"
        )
        cursor.execute("CREATE INDEX bare_day ON bare_with_indexes (day)")


def _bare(csv: bytes, frame: pl.DataFrame, table: str) -> None:
    """The same rows without a question asked, in one transaction."""
    from django.db import connection, transaction

    names = ("site", "resource", "day", *MEASURES)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            command = f"COPY {table} ({', '.join(names)}) FROM STDIN (FORMAT csv, HEADER true)"
            with cursor.copy(command) as copy:
                copy.write(csv)
            return
        marks = ", ".join(["%s"] * len(names))
        rows = frame.with_columns(pl.col("day").dt.to_string("%Y-%m-%d")).rows()
        cursor.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)


def _file(name: str, content: bytes, user: Any, *, post: bool = False) -> None:
    from sampan_platform.collect import services
    from sampan_platform.common import clock

    with clock.at(NOW):
        outcome = services.file_bytes(name, content, user, post=post)
    if outcome.rejected_rows or not outcome.accepted:
        raise RuntimeError(f"The rows were not all kept: {outcome}")


def _compare(frame: pl.DataFrame) -> bool:
    """Whether the database has what was generated: rows, and the sum of each figure."""
    from django.db import connection

    sums = ", ".join(f"SUM({name})" for name in MEASURES)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*), {sums} FROM collect_report")
        found = [int(cell) for cell in cursor.fetchone()]
    # a row that states nothing is no report
    stated = len(frame.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in MEASURES)))
    return found == [stated, *(int(frame[name].sum()) * 1000 for name in MEASURES)]


if __name__ == "__main__":
    sys.exit(main())
