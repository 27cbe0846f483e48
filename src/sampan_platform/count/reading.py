"""Tiles from the database, as arrays, in a few statements whatever is asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Model

from sampan_platform.count.models import MonthTile, YearTile
from sampan_platform.count.tiles import DAYS, MONTHS, SITES, Ints, Small, joined_ints, padded

MANY = 400
"""More values than this are not worth a condition; what is too much is dropped afterwards."""


@dataclass(frozen=True)
class Wanted:
    """Which tiles."""

    measures: tuple[str, ...]
    resources: Collection[int]
    all_resources: bool
    blocks: Collection[int]


@dataclass(frozen=True)
class YearDays:
    """Of one measure, sums of blocks by day."""

    keys: list[tuple[int, int, int, int]]
    """Resource, block, year, members."""
    counts: Small
    """[keys × 372]"""
    sums: Ints


@dataclass(frozen=True)
class Sites:
    """Of one measure, values of each site by day of one month, or by month of one year."""

    pairs: list[tuple[int, int]]
    """Resource and block."""
    counts: Small
    """[pairs × 56 × days or months]: how many reports state it."""
    values: Ints


def year_days(wanted: Wanted, years: Collection[int]) -> dict[str, YearDays]:
    """By measure; for blocks whose sites all fall into one group."""
    columns = ("measure", "resource_id", "block", "year", "members", "day_counts", "day_sums")
    rows = _rows(YearTile, "year", years, wanted, columns)
    return {
        measure: YearDays(
            [row[1:5] for row in those],
            _joined([row[5] for row in those], (MONTHS * DAYS,)),
            joined_ints([row[6] for row in those], (MONTHS * DAYS,)),
        )
        for measure, those in _split(rows, lambda row: row[0]).items()
    }


def year_months(wanted: Wanted, years: Collection[int]) -> dict[tuple[str, Any], Sites]:
    """By measure and year: each site's values of whole months."""
    columns = ("measure", "year", "resource_id", "block", "month_counts", "month_values")
    rows = _rows(YearTile, "year", years, wanted, columns)
    return {
        key: Sites(
            [row[2:4] for row in those],
            _joined([row[4] for row in those], (SITES, MONTHS)),
            joined_ints([row[5] for row in those], (SITES, MONTHS)),
        )
        for key, those in _split(rows, lambda row: row[:2]).items()
    }


def month_days(wanted: Wanted, months: Collection[date]) -> dict[tuple[str, Any], Sites]:
    """By measure and month: each site's values by day."""
    columns = ("measure", "month", "resource_id", "block", "stated", "values")
    rows = _rows(MonthTile, "month", months, wanted, columns)
    found = {}
    for key, those in _split(rows, lambda row: row[:2]).items():
        bits = _joined([row[4] for row in those], (SITES * DAYS // 8,))
        counts = np.unpackbits(bits).reshape(len(those), SITES, DAYS)
        values = joined_ints([row[5] for row in those], (SITES, DAYS))
        found[key] = Sites([row[2:4] for row in those], counts, values)
    return found


Row = tuple[Any, ...]


def _split(rows: Sequence[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


def _joined(parts: Sequence[bytes], shape: tuple[int, ...]) -> Small:
    """Bytes one above the other, with the zeros that were left out at their ends."""
    data = b"".join([padded(part, math.prod(shape)) for part in parts])
    return np.frombuffer(data, np.uint8).reshape(len(parts), *shape)


def _rows(
    model: type[Model], when: str, times: Collection[Any], wanted: Wanted, columns: Sequence[str]
) -> list[tuple[Any, ...]]:
    """The tiles' columns, bytes as they lie in the database."""
    if not (times and wanted.blocks and wanted.resources):
        return []
    clauses, values = [], []
    for name, choices, few in (
        ("measure", wanted.measures, True),
        (when, sorted(times), True),
        ("resource_id", wanted.resources, not wanted.all_resources),
        ("block", wanted.blocks, len(wanted.blocks) <= MANY),
    ):
        if few:
            clauses.append(f'"{name}" IN ({", ".join(["%s"] * len(choices))})')
            values += list(choices)
    quoted = ", ".join(f'"{name}"' for name in columns)
    # names are the models' own, values are parameters
    statement = f'SELECT {quoted} FROM "{model._meta.db_table}" WHERE {" AND ".join(clauses)}'  # nosec B608
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _as_bytes(cursor)
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    blocks, resources = set(wanted.blocks), set(wanted.resources)
    at, of = columns.index("block"), columns.index("resource_id")
    return [row for row in rows if row[at] in blocks and row[of] in resources]


def _as_bytes(cursor: Any) -> None:
    """Have PostgreSQL send bytes as they are, not as hexadecimal text.

    Django's own cursor puts values into the statement itself and cannot; psycopg's can.
    """
    import psycopg
    from psycopg.pq import Format

    cursor.cursor.close()
    cursor.cursor = psycopg.Cursor(connection.connection)
    cursor.cursor.format = Format.BINARY
