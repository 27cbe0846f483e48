"""Writes changes that were checked; in the caller's transaction, in few queries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps

from sampan_platform.catalogue.changes import Change, Changes, as_json
from sampan_platform.catalogue.tables import DATES, KINDS, NAMES, POLICIES
from sampan_platform.people import services as people
from sampan_platform.people.models import Organisation, User

BATCH = 500


def apply(changes: Changes, actor: User | None) -> None:
    """Write all changes and their lines in the audit trail."""
    for name in NAMES:
        made, changed = changes.made.get(name, []), changes.changed.get(name, [])
        if not made and not changed:
            continue
        numbers = _numbers(name, (*made, *changed))
        if name in POLICIES:
            _make_policies(made, numbers)
            _change_policies(changed, numbers)
        elif name in ("organisations", "resource_classes"):
            _make_tree(name, made, numbers)
            _change(name, changed, numbers)
        else:
            _make(name, made, numbers)
            _change(name, changed, numbers)
        if name == "organisations":
            people.settle_paths()
    _record(changes, actor)


def _numbers(name: str, changes: Iterable[Change]) -> dict[str, dict[str, int]]:
    """For each column that points to another table, the number behind each code."""
    pointing = {"organisation": "people.Organisation.code"} if name in POLICIES else {}
    if name in KINDS:
        model: Any = apps.get_model(KINDS[name].model)
        for column, path in KINDS[name].fields.items():
            if "__" in path:
                target = model._meta.get_field(path.split("__")[0]).related_model
                pointing[column] = f"{target._meta.label}.{path.split('__')[1]}"
    found = {}
    for column, target in pointing.items():
        codes = {change.after[column] for change in changes if change.after.get(column)}
        app, label, key = target.split(".")
        related: Any = apps.get_model(app, label)
        rows = related.objects.order_by()
        rows = rows.filter(**{f"{key}__in": codes}) if len(codes) <= BATCH else rows
        found[column] = dict(rows.values_list(key, "pk"))
    return found


def _fields(name: str, change: Change, numbers: dict[str, dict[str, int]]) -> dict[str, Any]:
    """The model's fields and their values."""
    found = {}
    for column, value in change.after.items():
        path = KINDS[name].fields[column]
        if "__" in path:
            found[f"{path.split('__')[0]}_id"] = numbers[column][value] if value else None
        else:
            found[path] = value
    return found


def _make(name: str, made: list[Change], numbers: dict[str, dict[str, int]]) -> None:
    model: Any = apps.get_model(KINDS[name].model)
    rows = [model(**_fields(name, change, numbers)) for change in made]
    model.objects.bulk_create(rows, batch_size=BATCH)


def _make_tree(name: str, made: list[Change], numbers: dict[str, dict[str, int]]) -> None:
    """Level by level, since a row needs its parent's number."""
    model: Any = apps.get_model(KINDS[name].model)
    known = numbers.setdefault("parent", {})
    waiting = list(made)
    while waiting:
        ready = [one for one in waiting if not one.after.get("parent") or
                 one.after["parent"] in known]  # fmt: skip
        rows = [model(**_fields(name, change, numbers)) for change in ready]
        model.objects.bulk_create(rows, batch_size=BATCH)
        known |= {row.code: row.pk for row in rows}
        waiting = [one for one in waiting if one not in ready]
        assert ready, "the checks let no ring pass"


def _change(name: str, changed: list[Change], numbers: dict[str, dict[str, int]]) -> None:
    model: Any = apps.get_model(KINDS[name].model)
    rows = model.objects.in_bulk([change.pk for change in changed])
    touched: set[str] = set()
    for change in changed:
        for attribute, value in _fields(name, change, numbers).items():
            setattr(rows[change.pk], attribute, value)
            touched.add(attribute.removesuffix("_id") if attribute.endswith("_id") else attribute)
    if rows:
        model.objects.bulk_update(list(rows.values()), sorted(touched), batch_size=BATCH)


def _make_policies(made: list[Change], numbers: dict[str, dict[str, int]]) -> None:
    model: Any = apps.get_model("catalogue.NetworkRow")
    rows = []
    for change in made:
        row = model(table=change.row.table, key=change.row.key, values={})
        _set_policy(row, change, numbers)
        rows.append(row)
    model.objects.bulk_create(rows, batch_size=BATCH)


def _change_policies(changed: list[Change], numbers: dict[str, dict[str, int]]) -> None:
    model: Any = apps.get_model("catalogue.NetworkRow")
    rows = model.objects.in_bulk([change.pk for change in changed])
    for change in changed:
        _set_policy(rows[change.pk], change, numbers)
    fields = ["values", "organisation", *DATES]
    model.objects.bulk_update(list(rows.values()), fields, batch_size=BATCH)


def _set_policy(row: Any, change: Change, numbers: dict[str, dict[str, int]]) -> None:
    values = dict(row.values)
    for column, value in change.after.items():
        if column == "organisation":
            row.organisation_id = numbers["organisation"][value]
        elif column in DATES:
            setattr(row, column, value)
        elif value is None:
            values.pop(column, None)
        else:
            values[column] = value
    row.values = values


def _record(changes: Changes, actor: User | None) -> None:
    """A line a row, under the organisation whose row it is."""
    everywhere = {path: pk for pk, path in Organisation.objects.values_list("pk", "path")}
    lines = [
        people.Line(
            f"catalogue.{'create' if change.pk is None else 'change'}",
            f"{change.row.table}:{change.row.key}",
            everywhere.get(change.path),
            as_json(change.before) or None,
            as_json(change.after),
        )
        for change in changes.all()
    ]
    people.record_many(actor, lines)
