"""Many rows in one statement, on either database: orders and the ledger change by the thousand.

PostgreSQL is given one array a column, SQLite one JSON text. (A statement a row is slow on
SQLite where triggers can refuse it: inside a savepoint each one reads through what all before
it have written.)
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import polars as pl
from django.db import connection
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)
SLICE = 50_000
"""Rows written to the database at a time."""


def insert(table: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
    """Add rows.

    Parameters
    ----------
    columns
        The names, each with its type in PostgreSQL.
    """
    names = ", ".join(columns)
    source, parameters = _rows(columns, rows)
    execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {source}", parameters)  # nosec B608


def load(table: str, frame: pl.DataFrame, ids: Collection[str] = ()) -> None:
    """Add the rows of a frame, whose columns are named as the table's.

    PostgreSQL is given them by COPY. SQLite takes them into a table of their own without
    triggers, and from there in one statement.

    Parameters
    ----------
    ids
        The columns that hold ids in their usual writing; SQLite keeps them without hyphens.
    """
    names = ", ".join(frame.columns)
    if connection.vendor == "postgresql":
        _copy(table, names, frame)
        return
    marks = ", ".join(["%s"] * len(frame.columns))
    cells = frame.with_columns(
        [pl.col(name).dt.to_string("%Y-%m-%d") for name in frame.select(pl.col(pl.Date)).columns]
        + [pl.col(name).dt.convert_time_zone("UTC").dt.to_string("%Y-%m-%d %H:%M:%S%.6f")
           .str.strip_suffix(".000000")
           for name in frame.select(pl.col(pl.Datetime)).columns]
        + [pl.col(name).str.replace_all("-", "") for name in ids]
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE rows_loaded ({names})")
        command = f"INSERT INTO rows_loaded VALUES ({marks})"  # nosec B608
        for part in cells.iter_slices(SLICE):
            cursor.executemany(command, part.rows())
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT * FROM rows_loaded")  # nosec B608
        cursor.execute("DROP TABLE rows_loaded")


def _copy(table: str, names: str, frame: pl.DataFrame) -> None:
    texts = [
        name for name, kind in frame.schema.items()
        if kind == pl.String and not frame[name].null_count()
    ]  # fmt: skip
    # an empty text is a text, not a missing one
    stated = f", FORCE_NOT_NULL ({', '.join(texts)})" if texts else ""
    command: Any = f"COPY {table} ({names}) FROM STDIN (FORMAT csv{stated})"
    errors = connection.wrap_database_errors
    with connection.cursor() as cursor, errors, cursor.copy(command) as copy:
        for part in frame.iter_slices(SLICE):
            copy.write(part.write_csv(include_header=False).encode())


def insert_new(
    table: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]], keep: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Add those of the rows that no constraint forbids; the columns `keep` of these."""
    names = ", ".join(columns)
    source, parameters = _rows(columns, rows)
    # without WHERE, SQLite would read ON CONFLICT as the condition of a join
    return select(
        f"INSERT INTO {table} ({names}) SELECT {names} FROM {source} "  # nosec B608
        f"WHERE true ON CONFLICT DO NOTHING RETURNING {', '.join(keep)}",
        parameters,
    )


def change(table: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> int:
    """Set the columns of rows that are given by their `id`, which stands last.

    Parameters
    ----------
    columns
        The names, each with its type in PostgreSQL; without `id`.

    Returns
    -------
    int
        How many rows there were.
    """
    source, parameters = _rows({**columns, "id": "bigint"}, rows)
    sets = ", ".join(f"{name} = more.{name}" for name in columns)
    return execute(
        f"UPDATE {table} SET {sets} FROM {source} WHERE {table}.id = more.id",  # nosec B608
        parameters,
    )


def add_up(table: str, columns: Sequence[str], rows: Sequence[Sequence[int]]) -> None:
    """Add numbers to the columns of rows that are given by their `id`, which stands last."""
    source, parameters = _rows(dict.fromkeys((*columns, "id"), "bigint"), rows)
    sets = ", ".join(f"{name} = {table}.{name} + more.{name}" for name in columns)
    execute(
        f"UPDATE {table} SET {sets} FROM {source} WHERE {table}.id = more.id",  # nosec B608
        parameters,
    )


def one_of(column: str, kind: str, values: Sequence[Any]) -> tuple[str, list[Any]]:
    """A condition and its parameters: the column is one of the values, however many."""
    if connection.vendor == "sqlite":
        return f"{column} IN (SELECT value FROM json_each(%s))", [_json(values)]  # nosec B608
    return f"{column} = ANY(%s::{kind}[])", [list(values)]


def among(rows: QuerySet[Row], column: str, kind: str, values: Sequence[Any]) -> QuerySet[Row]:
    """Those of the rows whose column is one of the values, however many."""
    condition, parameters = one_of(column, kind, values)
    return rows.extra(where=[condition], params=parameters)  # nosec B610


def select(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def execute(sql: str, parameters: Sequence[Any]) -> int:
    """Run a statement; how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def _rows(columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> tuple[str, list[Any]]:
    """The rows as a table called `more`, and its parameters."""
    if connection.vendor == "sqlite":
        cells = ", ".join(
            f"json_extract(value, '$[{number}]') AS {name}" for number, name in enumerate(columns)
        )
        return f"(SELECT {cells} FROM json_each(%s)) AS more", [_json(rows)]  # nosec B608
    arrays = ", ".join(f"%s::{kind}[]" for kind in columns.values())
    values = [list(column) for column in zip(*rows, strict=True)]
    return f"unnest({arrays}) AS more ({', '.join(columns)})", values


def _json(values: Iterable[Any]) -> str:
    return json.dumps(list(values), default=_sqlite, ensure_ascii=False, separators=(",", ":"))


def _sqlite(value: Any) -> str:
    """As SQLite keeps it."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return str(connection.ops.adapt_datetimefield_value(value))
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} has no place in SQLite.")
