"""What something in the catalogue is used by: it is then retired, never deleted."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import Model, Q
from django.utils.translation import gettext

from sampan_platform.catalogue.changes import Changes
from sampan_platform.catalogue.rows import place_of
from sampan_platform.catalogue.tables import KINDS
from sampan_platform.common.errors import Problem

NAMED_IN = {
    "sites": ("site", "recipient_site"), "resources": ("resource", "substitute"),
    "lanes": ("lane", "activity", "key"), "processes": ("activity", "key"),
}  # fmt: skip
"""The columns in which policies name a row."""
MANY = 100
"""Counting stops there: a resource has a million reports, and one is enough to keep it."""
PART_OF = {"processes": ("ProcessFlow",)}
"""What is deleted together with its row."""


def uses(name: str, row: Model) -> list[str]:
    """What uses the row, in words such as `2 lanes`; empty: nothing does."""
    found = []
    own = PART_OF.get(name, ())
    relations: list[Any] = row._meta.get_fields(include_hidden=True)
    for relation in relations:
        if not relation.auto_created or relation.concrete or relation.many_to_many:
            continue
        related: Any = relation.related_model
        if related.__name__ in own:
            continue
        rows = related._base_manager.filter(**{relation.field.name: row.pk}).order_by()
        count = len(rows.values_list("pk", flat=True)[:MANY])
        if count:
            shown = f"{count} or more" if count == MANY else str(count)
            found.append(f"{shown} {related._meta.verbose_name_plural}")
    policies = _policies(name, str(getattr(row, "code", "")))
    return found + ([f"{policies} policies"] if policies else [])


def _policies(name: str, code: str) -> int:
    asked = Q(pk__in=[])
    for column in NAMED_IN.get(name, ()):
        asked |= Q(**{f"values__{column}": code})
    model: Any = apps.get_model("catalogue.NetworkRow")
    return int(model.objects.filter(asked).count())


def unit_problems(changes: Changes) -> list[Problem]:
    """Units of resources that are used already: figures in them would change their meaning."""
    model: Any = apps.get_model(KINDS["resources"].model)
    problems = []
    for change in changes.changed.get("resources", []):
        if not {"unit", "kind"} & set(change.after):
            continue
        used = uses("resources", model.objects.get(pk=change.pk))
        if used:
            text = gettext(
                "%(key)s is used by %(uses)s: its unit and kind stay. Make a new resource and "
                "retire this one."
            ) % {"key": change.row.key, "uses": ", ".join(used)}
            where = place_of("resources", change.row.number)
            problems.append(Problem("unit-in-use", text, where, str(change.after)))
    return problems
