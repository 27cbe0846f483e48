"""Tables → the catalogue: all problems at once, a dry run, nothing half-written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from sampan_platform.catalogue.apply import apply
from sampan_platform.catalogue.changes import Changes, as_json, check_permission, compare
from sampan_platform.catalogue.checks import check_rows
from sampan_platform.catalogue.known import Known, load
from sampan_platform.catalogue.models import Resource, ResourceClass
from sampan_platform.catalogue.rows import Given, Reading, Row, read_rows
from sampan_platform.catalogue.tables import POLICIES
from sampan_platform.catalogue.uses import unit_problems
from sampan_platform.common.errors import ConflictError, ForbiddenError, InvalidError
from sampan_platform.people import selectors as people
from sampan_platform.people.models import Organisation, User

UNCLASSIFIED = "unclassified"
"""The class of new resources of a network that names no family."""
SHOWN = 200
"""Changes that an outcome spells out; the audit trail has them all."""


@dataclass
class Outcome:
    """What an import made, changed and left as it was; or, in a dry run, would."""

    dry_run: bool
    made: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    unchanged: dict[str, int] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)
    """The first changes: table, key, before, after."""
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        parts = [("made", self.made), ("changed", self.changed), ("unchanged", self.unchanged)]
        counts = [f"{sum(rows.values())} {word}" for word, rows in parts if rows]
        return ", ".join(counts) or "nothing to do"

    @property
    def anything(self) -> bool:
        """Whether anything was, or would be, made or changed."""
        return any(self.made.values()) or any(self.changed.values())


def import_tables(
    given: Given,
    actor: User | None,
    *,
    organisation: Organisation | None = None,
    dry_run: bool = False,
    keep_existing: bool = False,
    only_new: bool = False,
) -> Outcome:
    """Make and change rows by their keys; rows that are not named stay as they are.

    Parameters
    ----------
    actor
        Who may see and edit what is theirs; None is the platform itself, which may all.
    organisation
        Owns new sites and policies that name none.
    dry_run
        Check everything and say what would be done, but do nothing.
    keep_existing
        Only make what is missing; what is there stays as it is.
    only_new
        Refuse rows that are there already.

    Raises
    ------
    InvalidError
        Naming every problem; nothing was changed.
    ForbiddenError
        Naming every row that the actor may not edit; nothing was changed.
    """
    reading = read_rows(given)
    _take_families(reading, given)
    defaulted = _give_owner(reading, organisation)
    try:
        with transaction.atomic():
            known = load(reading.rows)
            _take_owner_back(defaulted, known)
            changes = _checked(reading, known, actor, keep_existing=keep_existing)
            if only_new:
                _refuse_existing(reading, known)
            if not dry_run:
                apply(changes, actor)
    except IntegrityError as error:
        raise ConflictError(
            gettext("Somebody changed the catalogue at the same moment. Send it again.")
        ) from error
    return _outcome(changes, reading, dry_run)


def _checked(reading: Reading, known: Known, actor: User | None, *, keep_existing: bool) -> Changes:
    see = None if actor is None else people.paths(actor, people.SEE)
    check_rows(reading, known, see)
    _refuse(reading, InvalidError)
    changes = compare(reading.rows, known, keep_existing=keep_existing)
    reading.problems += unit_problems(changes)
    _refuse(reading, InvalidError)
    if actor is not None:
        check_permission(changes, known, actor, reading)
        _refuse(reading, ForbiddenError)
    return changes


def _refuse(reading: Reading, kind: type[InvalidError] | type[ForbiddenError]) -> None:
    if not reading.problems:
        return
    count = len(reading.problems)
    raise kind(
        gettext(
            "Problems: %(count)s; nothing was changed. Correct what is named and send it again."
        )
        % {"count": count},
        reading.problems,
    )


def _refuse_existing(reading: Reading, known: Known) -> None:
    for rows in reading.rows.values():
        for row in rows:
            if row.key in known.entries.get(row.table, {}):
                raise ConflictError(
                    gettext(
                        "There is %(key)s in %(table)s already. Choose another key, or "
                        "change the one that is there."
                    )
                    % {"key": row.key, "table": row.table}
                )


def _give_owner(reading: Reading, organisation: Organisation | None) -> list[Row]:
    """New sites and policies that name no organisation get this one."""
    if organisation is None:
        return []
    given = []
    for name in ("sites", *POLICIES):
        for row in reading.rows.get(name, []):
            if not row.values.get("organisation"):
                row.values["organisation"] = organisation.code
                given.append(row)
    return given


def _take_owner_back(rows: list[Row], known: Known) -> None:
    """What is there already keeps its owner."""
    for row in rows:
        if row.key in known.entries.get(row.table, {}):
            del row.values["organisation"]


def _take_families(reading: Reading, given: Given) -> None:
    """A network's `family` is free text: a class of that key, or for a new resource a new one."""
    frame = given.frames.get("resources")
    if frame is None or "resource_class" in frame.columns:
        return
    classes = set(ResourceClass.objects.values_list("code", flat=True))
    classes |= {row.key for row in reading.rows.get("resource_classes", [])}
    there = set(Resource.objects.values_list("code", flat=True))
    for row in reading.rows.get("resources", []):
        family = str(row.values.pop("resource_class", None) or "")
        if family in classes:
            row.values["resource_class"] = family
        elif row.key in there:
            if family:
                note = gettext("resources: %(key)s keeps its class, not family %(family)s.")
                reading.notes.append(note % {"key": row.key, "family": repr(family)})
        else:
            row.values["resource_class"] = family or UNCLASSIFIED
            if row.values["resource_class"] not in classes:
                _add_class(row, reading)
                classes.add(row.values["resource_class"])


def _add_class(row: Row, reading: Reading) -> None:
    """A class for a family that has none yet."""
    code = row.values["resource_class"]
    chinese = "未分类" if code == UNCLASSIFIED else ""
    values = {"resource_class": code, "name_en": code.capitalize(), "name_zh": chinese}
    made = Row("resource_classes", row.number, code, values)
    reading.rows.setdefault("resource_classes", []).append(made)
    note = gettext("resource_classes: %(code)s is made for the family of %(key)s.")
    reading.notes.append(note % {"code": repr(code), "key": row.key})


def _outcome(changes: Changes, reading: Reading, dry_run: bool) -> Outcome:
    def counts(found: Mapping[str, list[Any]]) -> dict[str, int]:
        return {name: len(rows) for name, rows in found.items() if rows}

    return Outcome(
        dry_run,
        counts(changes.made),
        counts(changes.changed),
        {name: count for name, count in changes.unchanged.items() if count},
        [
            {
                "table": one.row.table,
                "key": one.row.key,
                "before": as_json(one.before) or None,
                "after": as_json(one.after),
            }
            for one in changes.all()[:SHOWN]
        ],
        reading.notes,
    )
