"""Many reports into the database at once. New ones go straight into their place, by COPY or
executemany; corrections by way of a staging table and one UPDATE.

The only raw SQL of this stage. All of it runs in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

import polars as pl
from django.db import connection
from django.db.backends.utils import CursorWrapper

from sampan_platform.collect.columns import EXPLANATION, MEASURES

TABLE = "collect_staging"
PAIR = ("site_id", "resource_id")
KEY = (*PAIR, "day")
STATED = (*MEASURES, EXPLANATION, "flags")
WRITTEN = ("id", *KEY, *STATED, "posting", "version")
SLICE = 5_000
"""Rows given to the database at a time."""
_TYPES = {
    "id": "bigint", "site_id": "bigint", "resource_id": "bigint", "day": "date",
    EXPLANATION: "text", "flags": "text", "posting": "varchar(8)", "version": "integer",
} | dict.fromkeys(MEASURES, "bigint")  # fmt: skip
_SAME_KEY = " AND ".join(f"r.{name} = s.{name}" for name in KEY)
TOUCHED = {
    "id": pl.Int64, "site_id": pl.Int64, "resource_id": pl.Int64, "day": pl.Date,
    "output": pl.Int64, "used": pl.Int64, "stock": pl.Int64, "version": pl.Int64,
    "posting": pl.String, "flags": pl.String,
}  # fmt: skip
EXISTING = {
    "id": pl.Int64, "site_id": pl.Int64, "resource_id": pl.Int64, "day": pl.Date,
    **dict.fromkeys(MEASURES, pl.Int64), EXPLANATION: pl.String, "version": pl.Int64,
    "posting": pl.String, "filing_id": pl.Int64,
}  # fmt: skip


def stage(frame: pl.DataFrame, columns: Sequence[str]) -> None:
    """Put columns of rows into the staging table, in place of what is there."""
    ordered = frame.select(columns)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        types = ", ".join(f"{name} {_TYPES[name]}" for name in columns)
        ends = " ON COMMIT DROP" if connection.vendor == "postgresql" else ""
        cursor.execute(f"CREATE TEMPORARY TABLE {TABLE} ({types}){ends}")
        if connection.vendor == "postgresql":
            _copy(cursor, ordered, TABLE)
        else:
            _insert(cursor, ordered, TABLE)


def _copy(cursor: CursorWrapper, frame: pl.DataFrame, table: str) -> None:
    # an empty text is a text, not a missing one
    stated = f", FORCE_NOT_NULL ({EXPLANATION})" if EXPLANATION in frame.columns else ""
    command: Any = f"COPY {table} ({', '.join(frame.columns)}) FROM STDIN (FORMAT csv{stated})"
    with connection.wrap_database_errors, cursor.copy(command) as copy:
        for part in frame.iter_slices(SLICE):
            copy.write(part.write_csv(include_header=False).encode())


def _insert(
    cursor: CursorWrapper,
    frame: pl.DataFrame,
    table: str,
    same: Mapping[str, str | int] = MappingProxyType({}),
) -> None:
    """Add rows; what is `same` in all of them (our own words, no sender's) stands in the statement.

    Each value that is handed over for each row costs as much as keeping it.
    """
    values = ["%s"] * len(frame.columns)
    values += [str(one) if isinstance(one, int) else f"'{one}'" for one in same.values()]
    names = ", ".join((*frame.columns, *same))
    command = f"INSERT INTO {table} ({names}) VALUES ({', '.join(values)})"  # nosec
    days = [name for name, kind in frame.schema.items() if kind == pl.Date]
    texts = frame.with_columns(pl.col(days).dt.to_string("%Y-%m-%d"))
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


def existing(rows: pl.DataFrame) -> pl.DataFrame:
    """The reports that are there already for the same sites, resources and days, locked."""
    stage(rows, KEY)
    columns = ", ".join(f"r.{name}" for name in EXISTING)
    lock = " FOR UPDATE OF r" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM {TABLE} s CROSS JOIN collect_report r "  # nosec
            f"WHERE {_SAME_KEY} ORDER BY r.id{lock}"
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


def numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """With an id for each row that has none, so that all is known of it before it is written."""
    lacking = rows["id"].null_count()
    if not lacking:
        return rows
    new = pl.Series("fresh", _ids(lacking), dtype=pl.Int64)
    is_new = rows["id"].is_null()
    placed = is_new.cum_sum().cast(pl.Int64) - 1
    found = new.gather(placed.clip(lower_bound=0))
    return rows.with_columns(id=pl.when(is_new).then(found).otherwise(pl.col("id")))


def _ids(count: int) -> list[int]:
    """Ids that nobody else gets; on SQLite the transaction is the only writer."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence('collect_report', 'id')) "
                "FROM generate_series(1, %s)",
                [count],
            )
            return [number for (number,) in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = 'collect_report'")
        last = cursor.fetchone()
    first = 1 if last is None else last[0] + 1
    return list(range(first, first + count))


def correct(rows: pl.DataFrame, actor: int, filing: int, now: datetime) -> int:
    """Rows take the place of reports that are there, whose versions are kept; how many did.

    A report that somebody else changed since it was compared is not touched, so that the number
    falls short of the rows.
    """
    stage(rows, WRITTEN)
    kept = (*MEASURES, EXPLANATION, "flags", "version", "submitted_at", "submitted_by_id",
            "filing_id")  # fmt: skip
    flags = "COALESCE(s.flags, '[]')" + ("::jsonb" if connection.vendor == "postgresql" else "")
    sets = {name: f"s.{name}" for name in WRITTEN if name not in ("id", *KEY)} | {"flags": flags}
    by = "submitted_at = %s, submitted_by_id = %s, filing_id = %s"
    moment = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO collect_reportversion (report_id, {', '.join(kept)}) "  # nosec
            f"SELECT r.id, {', '.join(f'r.{name}' for name in kept)} FROM {TABLE} s "
            "CROSS JOIN collect_report r WHERE r.id = s.id AND r.version = s.version - 1"
        )
        cursor.execute(
            f"UPDATE collect_report SET {by}, "  # nosec
            f"{', '.join(f'{name} = {value}' for name, value in sets.items())} "
            f"FROM {TABLE} s WHERE collect_report.id = s.id "
            "AND collect_report.version = s.version - 1",
            [moment, actor, filing],
        )
        return int(cursor.rowcount)


def later(rows: pl.DataFrame) -> pl.DataFrame:
    """Reports after these, of the same sites and resources, that rest on them in the ledger.

    A later stock was counted whatever was said afterwards about the days before: the next one
    is compared with the book again. What was refused is tried again.
    """
    first = rows.group_by(PAIR, maintain_order=True).agg(pl.col("day").min())
    stage(first, KEY)
    columns = ", ".join(f"r.{name}" for name in TOUCHED if name != "flags")
    flags = "r.flags::text" if connection.vendor == "postgresql" else "r.flags"
    same_pair = " AND ".join(f"r.{name} = s.{name}" for name in PAIR)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns}, {flags} FROM {TABLE} s CROSS JOIN collect_report r "  # nosec
            f"WHERE {same_pair} AND r.day > s.day AND r.posting <> 'none' "
            "AND (r.stock IS NOT NULL OR r.posting = 'refused')"
        )
        found = _frame(cursor.fetchall(), TOUCHED)
    return _resting(rows, found.join(rows, on="id", how="anti"))


def mark(rows: pl.DataFrame) -> None:
    """Keep with reports (`id`, `posting`, `flags`) what became of them in the ledger."""
    stage(rows, ("id", "posting", "flags"))
    flags = "s.flags" + ("::jsonb" if connection.vendor == "postgresql" else "")
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE collect_report SET posting = s.posting, flags = {flags} "  # nosec
            f"FROM {TABLE} s WHERE collect_report.id = s.id"
        )


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
    ids = [] if frame["id"].null_count() else ["id"]
    columns = (*ids, *WRITTEN[1:])
    rows = frame.select(columns).with_columns(pl.col("flags").fill_null("[]"))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            stamped = rows.with_columns(pl.lit(value).alias(name) for name, value in more.items())
            _copy(cursor, stamped, "collect_report")
            return
        for (flags, words, posting), part in rows.with_columns(
            flagged=pl.col("flags") != "[]", said=pl.col(EXPLANATION) != ""
        ).group_by("flagged", "said", "posting", maintain_order=True):
            same: dict[str, Any] = {**more, "version": 1, "posting": str(posting)}
            same |= {} if flags else {"flags": "[]"}
            same |= {} if words else {EXPLANATION: ""}
            bound = part.select(name for name in columns if name not in same)
            _insert(cursor, bound, "collect_report", same)


def drop() -> None:
    """The staging table goes; what it held is in its place."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
