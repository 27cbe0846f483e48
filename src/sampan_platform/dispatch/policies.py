"""Rows of policy with their days → tables of the engine with periods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl
from django.db.models import Q

from sampan import schema
from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.people.models import Organisation

TABLES = (
    "lane_resources", "capacities", "capacity_loads", "profiles", "substitutes", "reserves",
    "export_limits", "pledges",
)  # fmt: skip
WINDOWED = ("reserves", "export_limits")
FROM_ABOVE = ("export_limits", "lane_resources", "substitutes", "profiles")
"""What binds a part of the tree although it was set above it."""
POINTS_TO = {
    "lane": "lanes", "resource": "resources", "substitute": "resources", "site": "sites",
    "recipient_site": "sites",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A policy row in the engine's words, before it is known whether it fits the network."""

    table: str
    key: str
    values: dict[str, Any]
    first: int | None
    """Period in which it begins; below 0: before the calendar."""
    last: int | None


def policies(
    scope: Organisation, start: date, periods: int, keys: Mapping[str, set[str]]
) -> tuple[dict[str, pl.DataFrame], list[str]]:
    """Tables of policy, and what was left out because it points outside the scope.

    Parameters
    ----------
    keys
        By table (`sites`, `resources`, `lanes`, `processes`), the keys in the network.
    """
    made: dict[str, list[dict[str, Any]]] = {}
    notes: list[str] = []
    rows = _rows(scope, start)
    capacities = {row.key for row in rows if row.table == "capacities"}
    known = {**keys, "capacities": capacities}
    for row in rows:
        missing = _missing(row, known)
        if missing:
            notes.append(f"{row.table} {row.key} was left out: {missing} is not in this network.")
            continue
        made.setdefault(row.table, []).extend(_with_periods(row, periods))
    frames = {name: pl.DataFrame(found, infer_schema_length=None) for name, found in made.items()
              if found}  # fmt: skip
    return frames, notes


def _rows(scope: Organisation, start: date) -> list[Row]:
    above = [int(part) for part in scope.path.strip("/").split("/")]
    inside = Q(organisation__path__startswith=scope.path)
    inside |= Q(organisation__in=above, table__in=FROM_ABOVE)
    found = catalogue.policies(start).filter(inside, table__in=TABLES).order_by("table", "key")
    return [
        Row(
            row.table,
            row.key,
            dict(row.values),
            None if row.from_day is None else (row.from_day - start).days,
            None if row.to_day is None else (row.to_day - start).days,
        )
        for row in found
    ]


def _missing(row: Row, known: Mapping[str, set[str]]) -> str:
    """The first key that the row points to and the network has not."""
    pointers = [(column, POINTS_TO[column]) for column in POINTS_TO if row.values.get(column)]
    if row.table == "capacity_loads":
        pointers.append(("capacity", "capacities"))
        activity = row.values.get("activity")
        if activity not in known["lanes"] and activity not in known["processes"]:
            return str(activity)
    if row.table == "profiles":
        pointers.append(("key", str(row.values.get("table"))))
    for column, table in pointers:
        value = row.values.get(column)
        if value not in known.get(table, set()):
            return str(value)
    return ""


def _with_periods(row: Row, periods: int) -> list[dict[str, Any]]:
    """The row as the engine wants it; none if it lies outside the calendar."""
    first, last = max(0, row.first or 0), periods - 1 if row.last is None else row.last
    if last < 0 or (row.first is not None and row.first >= periods):
        return []
    if row.table == "profiles":
        days = range(first, min(last, periods - 1) + 1)
        return [row.values | {"period": period} for period in days]
    if row.table == "pledges":
        return [row.values | {"period": last}] if last < periods else []
    if row.table in WINDOWED:
        return [row.values | {"from_period": first, "to_period": min(last, periods - 1)}]
    names = schema.table(row.table).columns
    return [{name: value for name, value in row.values.items() if name in names}]


def day_of(start: date, period: int) -> date:
    """The day that a period stands for."""
    return start + timedelta(days=period)
