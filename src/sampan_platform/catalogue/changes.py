"""Rows that came against rows that are there: what would be made and changed, and may it be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from sampan_platform.catalogue.known import SHARED, Known
from sampan_platform.catalogue.rows import Reading, Row, place_of
from sampan_platform.catalogue.tables import NAMES
from sampan_platform.common.errors import Problem
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User


@dataclass
class Change:
    """One row to be made or changed."""

    row: Row
    pk: int | None
    """Of the row to change; none for a new one."""
    before: dict[str, Any]
    after: dict[str, Any]
    """The columns that change; of a new row, all."""
    path: str
    """Where its organisation stands, or will; empty for what all share."""


@dataclass
class Changes:
    """All that would be done, by table, and what would stay as it is."""

    made: dict[str, list[Change]] = field(default_factory=dict)
    changed: dict[str, list[Change]] = field(default_factory=dict)
    unchanged: dict[str, int] = field(default_factory=dict)

    def all(self) -> list[Change]:
        """Every change, in the order of the tables."""
        return [
            one for name in NAMES for one in (*self.made.get(name, []), *self.changed.get(name, []))
        ]


def compare(rows: Mapping[str, list[Row]], known: Known, *, keep_existing: bool = False) -> Changes:
    """What the rows would make and change.

    Parameters
    ----------
    keep_existing
        Leave rows alone that are there, whatever they say.
    """
    found = Changes()
    for name, of_table in rows.items():
        found.made[name], found.changed[name], found.unchanged[name] = [], [], 0
        for row in of_table:
            entry = known.entries.get(name, {}).get(row.key)
            path = known.path(name, row.key)
            if entry is None:
                found.made[name].append(Change(row, None, {}, dict(row.values), path))
                continue
            differing = [
                column
                for column, value in row.values.items()
                if not _same(value, entry.values.get(column))
            ]
            if not differing or keep_existing:
                found.unchanged[name] += 1
                continue
            before = {column: entry.values.get(column) for column in differing}
            after = {column: row.values[column] for column in differing}
            found.changed[name].append(Change(row, entry.pk, before, after, path))
    return found


def check_permission(changes: Changes, known: Known, actor: User, reading: Reading) -> None:
    """Report each row that the actor may not make or change, as it is and as it will be."""
    paths = people.paths(actor, people.EDIT_CATALOGUE)
    shared = people.may_everywhere(actor, people.EDIT_CATALOGUE)
    for change in changes.all():
        entry = known.entries.get(change.row.table, {}).get(change.row.key)
        places = {change.path} if entry is None else {change.path, entry.path}
        if change.row.table == "organisations" and "parent" in change.after:
            parent = change.after["parent"]
            places.add(known.path("organisations", str(parent)) if parent else SHARED)
        for place in places:
            if not (shared if place == SHARED else any(place.startswith(one) for one in paths)):
                reading.problems.append(_not_yours(change.row, place))
                break


def _not_yours(row: Row, place: str) -> Problem:
    where = place_of(row.table, row.number)
    if place == SHARED:
        text = gettext(
            "All organisations share this: only who edits the catalogue of the whole tree may "
            "change it. Leave the row out, or ask an operator."
        )
    else:
        text = gettext(
            "It belongs to an organisation whose catalogue you may not edit. Leave it out."
        )
    return Problem("not-yours", text, where, row.key)


def _same(one: Any, other: Any) -> bool:
    if one in (None, "") and other in (None, ""):
        return True
    if isinstance(one, Decimal) or isinstance(other, Decimal):
        return one is not None and other is not None and Decimal(one) == Decimal(other)
    return bool(one == other)


def as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Cells as the audit trail and the API show them."""
    return {
        name: str(value) if isinstance(value, (date, time, Decimal)) else value
        for name, value in values.items()
    }
