"""Many reports into the database at once: COPY or executemany into a staging table, then one
INSERT … ON CONFLICT; history that meets nothing goes straight into its place.

The only raw SQL of this stage. All of it runs in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import polars as pl
from django.db import connection
from django.db.backends.utils import CursorWrapper

from sampan_platform.collect.columns import EXPLANATION, MEASURES

TABLE = "collect_staging"
PAIR = ("site_id", "resource_id")
KEY = (*PAIR, "day")
STATED = (*MEASURES, EXPLANATION, "flags")
WRITTEN = (*KEY, *STATED, "posting", "version")
SLICE = 200_000
"""Rows given to the database at a time."""
_TYPES = {
    "site_id": "bigint", "resource_id": "bigint", "day": "date", EXPLANATION: "text",
    "flags": "text", "posting": "varchar(8)", "version": "integer",
} | dict.fromkeys(MEASURES, "bigint")  # fmt: skip
_SAME_KEY = " AND ".join(f"r.{name} = s.{name}" for name in KEY)
EXISTING = {
    "id": pl.Int64, "site_id": pl.Int64, "resource_id": pl.Int64, "day": pl.Date,
    **dict.fromkeys(MEASURES, pl.Int64), EXPLANATION: pl.String, "version": pl.Int64,
    "posting": pl.String, "filing_id": pl.Int64,
}  # fmt: skip


def stage(frame: pl.DataFrame) -> None:
    """Put rows with the columns `WRITTEN` into the staging table, in place of what is there."""
    ordered = frame.select(WRITTEN)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        columns = ", ".join(f"{name} {_TYPES[name]}" for name in WRITTEN)
        ends = " ON COMMIT DROP" if connection.vendor == "postgresql" else ""
        cursor.execute(f"CREATE TEMPORARY TABLE {TABLE} ({columns}){ends}")
        if connection.vendor == "postgresql":
            _copy(cursor, ordered, TABLE)
        else:
            _insert(cursor, ordered, TABLE)


def _copy(cursor: CursorWrapper, frame: pl.DataFrame, table: str) -> None:
    command: Any = (
        f"COPY {table} ({', '.join(frame.columns)}) FROM STDIN "
        f"(FORMAT csv, FORCE_NOT_NULL ({EXPLANATION}))"
    )
    with cursor.copy(command) as copy:
        for part in frame.iter_slices(SLICE):
            copy.write(part.write_csv(include_header=False).encode())


def _insert(cursor: CursorWrapper, frame: pl.DataFrame, table: str) -> None:
    values = ", ".join(["%s"] * len(frame.columns))
    command = f"INSERT INTO {table} ({', '.join(frame.columns)}) VALUES ({values})"  # nosec
    texts = frame.with_columns(pl.col("day").dt.to_string("%Y-%m-%d"))
    for part in texts.iter_slices(SLICE):
        cursor.executemany(command, part.rows())


def any_in(since: date, until: date) -> bool:
    """Whether any report is about these days; a history load then compares nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM collect_report WHERE day BETWEEN %s AND %s)",
            [since, until],
        )
        return bool(cursor.fetchone()[0])


def existing() -> pl.DataFrame:
    """The reports that are there already for the staged keys, locked."""
    columns = ", ".join(f"r.{name}" for name in EXISTING)
    lock = " FOR UPDATE OF r" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM {TABLE} s JOIN collect_report r ON {_SAME_KEY} "  # nosec
            f"ORDER BY r.id{lock}"
        )
        return _frame(cursor.fetchall(), EXISTING)


def _frame(rows: Sequence[Sequence[Any]], schema: dict[str, Any]) -> pl.DataFrame:
    """SQLite gives days and moments as texts, PostgreSQL as themselves."""
    loose = {name: pl.String if kind == pl.Date else kind for name, kind in schema.items()}
    cells = [[str(cell) if isinstance(cell, date) else cell for cell in row] for row in rows]
    frame = pl.DataFrame(cells, schema=loose, orient="row")
    days = [
        pl.col(name).str.to_date("%Y-%m-%d") for name, kind in schema.items() if kind == pl.Date
    ]
    return frame.with_columns(days)


def keep_versions() -> int:
    """What was said before by the reports that the staged rows correct; how many."""
    same = (*MEASURES, EXPLANATION, "flags", "version", "submitted_at", "submitted_by_id",
            "filing_id")  # fmt: skip
    chosen = ", ".join(f"r.{name}" for name in same)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO collect_reportversion (report_id, {', '.join(same)}) "  # nosec
            f"SELECT r.id, {chosen} FROM {TABLE} s JOIN collect_report r ON {_SAME_KEY} "
            "WHERE r.version = s.version - 1"
        )
        return int(cursor.rowcount)


def write(actor: int, filing: int, now: datetime) -> int:
    """The staged rows become reports; how many did.

    A report that somebody else changed since it was compared is not touched, so that the number
    falls short of the staged rows.
    """
    postgresql = connection.vendor == "postgresql"
    flags = "COALESCE(s.flags, '[]')" + ("::jsonb" if postgresql else "")
    taken = {name: f"s.{name}" for name in WRITTEN}
    taken["flags"] = flags
    by = ("submitted_at", "submitted_by_id", "filing_id")
    replaced = ", ".join(f"{name} = excluded.{name}" for name in (*WRITTEN[3:], *by))
    moment = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO collect_report ({', '.join((*WRITTEN, *by))}) "  # nosec
            f"SELECT {', '.join(taken.values())}, %s, %s, %s FROM {TABLE} s WHERE true "
            f"ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET {replaced} "
            "WHERE collect_report.version = excluded.version - 1",
            [moment, actor, filing],
        )
        return int(cursor.rowcount)


TOUCHED = {
    "id": pl.Int64, "site_id": pl.Int64, "resource_id": pl.Int64, "day": pl.Date,
    "output": pl.Int64, "used": pl.Int64, "stock": pl.Int64, "version": pl.Int64,
    "posting": pl.String, "flags": pl.String,
}  # fmt: skip


def touched() -> pl.DataFrame:
    """The reports that the ledger must look at: those staged, and later ones that rest on them.

    A later stock was counted whatever was said afterwards about the days before: the next one
    is compared with the book again. What was refused is tried again.
    """
    columns = ", ".join(f"r.{name}" for name in TOUCHED if name != "flags")
    flags = "r.flags::text" if connection.vendor == "postgresql" else "r.flags"
    same_pair = " AND ".join(f"r.{name} = s.{name}" for name in PAIR)
    pair = ", ".join(PAIR)
    first = f"SELECT {pair}, MIN(day) AS day FROM {TABLE} GROUP BY {pair}"  # nosec B608 - our names
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns}, {flags} FROM {TABLE} s JOIN collect_report r ON {_SAME_KEY}"  # nosec
        )
        staged = _frame(cursor.fetchall(), TOUCHED)
        cursor.execute(
            f"SELECT {columns}, {flags} FROM ({first}) s JOIN collect_report r "  # nosec
            f"ON {same_pair} AND r.day > s.day WHERE r.posting <> 'none' "
            "AND (r.stock IS NOT NULL OR r.posting = 'refused') "
            f"AND NOT EXISTS (SELECT 1 FROM {TABLE} s WHERE {_SAME_KEY})"
        )
        later = _frame(cursor.fetchall(), TOUCHED)
    return pl.concat([staged, _resting(staged, later)]).sort(KEY)


def _resting(staged: pl.DataFrame, later: pl.DataFrame) -> pl.DataFrame:
    """Of later reports the next count after each staged day, and all that were refused."""
    counts = later.filter(pl.col("stock").is_not_null()).sort("day")
    after = staged.select(*PAIR, "day").sort("day").rename({"day": "before"})
    following = after.join_asof(
        counts.select(*PAIR, "day", "id"), left_on="before", right_on="day", by=list(PAIR),
        strategy="forward", check_sortedness=False,
    )  # fmt: skip
    is_next = pl.col("id").is_in(following["id"].drop_nulls().unique().to_list())
    return later.filter(is_next | (pl.col("posting") == "refused"))


def add(frame: pl.DataFrame, actor: int, filing: int, now: datetime) -> None:
    """Rows for which there is no report yet, straight into their place.

    Raises
    ------
    IntegrityError
        If somebody else has reported one of them meanwhile.
    """
    moment = connection.ops.adapt_datetimefield_value(now)
    more = {"submitted_at": str(moment), "submitted_by_id": actor, "filing_id": filing}
    rows = frame.select(
        *WRITTEN[:-3],
        pl.col("flags").fill_null("[]"),
        *WRITTEN[-2:],
        *(pl.lit(value).alias(name) for name, value in more.items()),
    )
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _copy(cursor, rows, "collect_report")
        else:
            _insert(cursor, rows, "collect_report")


def drop() -> None:
    """The staging table goes; what it held is in its place."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
