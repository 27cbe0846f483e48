"""What is in the catalogue already, as far as the rows that came concern it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps

from sampan_platform.catalogue.models import NetworkRow
from sampan_platform.catalogue.rows import Row
from sampan_platform.catalogue.tables import KINDS, NAMES, POLICIES, table

FEW = 400
"""Up to so many keys are asked for by name; for more the whole table is read."""
OWNERS = {
    "organisations": "path", "sites": "organisation__path", "lanes": "origin__organisation__path",
    "processes": "site__organisation__path", "process_flows": "process__site__organisation__path",
}  # fmt: skip
"""Where a row's organisation stands; what is not here is shared by all."""
OWNER_COLUMN = {
    "organisations": ("parent", "organisations"), "sites": ("organisation", "organisations"),
    "lanes": ("origin", "sites"), "processes": ("site", "sites"),
    "process_flows": ("process", "processes"),
    **dict.fromkeys(POLICIES, ("organisation", "organisations")),
}  # fmt: skip
"""The column that says whose a row is, and the table that it points to."""
SHARED = ""
"""The path of what all organisations share."""


@dataclass(frozen=True)
class Entry:
    """A row that is in the database."""

    pk: int
    values: Mapping[str, Any]
    path: str


@dataclass
class Known:
    """Entries by table and key, and the paths of all that the rows refer to."""

    entries: dict[str, dict[str, Entry]] = field(default_factory=dict)
    coming: dict[str, dict[str, Row]] = field(default_factory=dict)
    """The rows that came, by table and key."""

    def has(self, name: str, key: str) -> bool:
        """Whether there is such a row, or will be."""
        return key in self.entries.get(name, {}) or key in self.coming.get(name, {})

    def value(self, name: str, key: str, column: str) -> Any:
        """A cell as it will be."""
        row = self.coming.get(name, {}).get(key)
        if row is not None and column in row.values:
            return row.values[column]
        entry = self.entries.get(name, {}).get(key)
        return None if entry is None else entry.values.get(column)

    def path(self, name: str, key: str) -> str:
        """Where a row's organisation will stand; of a new one, where its parent stands."""
        if name not in OWNER_COLUMN:
            return SHARED
        if name == "organisations" and key in self.entries.get(name, {}):
            return self.entries[name][key].path
        column, above = OWNER_COLUMN[name]
        owner = self.value(name, key, column)
        if not owner or (name == "organisations" and owner == key):
            return SHARED
        return self.path(above, str(owner)) if self.has(above, str(owner)) else SHARED


def load(rows: Mapping[str, list[Row]]) -> Known:
    """Everything that the rows change or point to; a fixed number of queries."""
    known = Known(coming={name: {row.key: row for row in found} for name, found in rows.items()})
    wanted: dict[str, set[str]] = {name: set() for name in NAMES}
    for name in reversed(NAMES):
        keys = wanted[name] | set(known.coming.get(name, {}))
        if not keys:
            continue
        known.entries[name] = entries(name, keys)
        for column, above in _pointers(name):
            wanted[above] |= {
                str(value) for value in (known.value(name, key, column) for key in keys) if value
            }
            wanted[above] |= {
                str(entry.values[column])
                for entry in known.entries[name].values()
                if entry.values.get(column)
            }
    _load_parents(known)
    return known


def entries(name: str, keys: Iterable[str] | None = None) -> dict[str, Entry]:
    """The table's rows by key; those of some keys only, where they are few."""
    chosen = None if keys is None else set(keys)
    if chosen is not None and len(chosen) > FEW:
        chosen = None
    return _policies(name, chosen) if name in POLICIES else _kept(name, chosen)


def _kept(name: str, keys: set[str] | None) -> dict[str, Entry]:
    kind = KINDS[name]
    model: Any = apps.get_model(kind.model)
    rows = model.objects.order_by()
    if keys is not None:
        first = kind.fields[table(name).key[0]]
        heads = {key.split(",")[0] for key in keys} if len(table(name).key) > 1 else keys
        rows = rows.filter(**{f"{first}__in": heads})
    owner = OWNERS.get(name)
    columns = list(kind.fields)
    paths = [kind.fields[column] for column in columns]
    found = {}
    for pk, path, *cells in rows.values_list("pk", owner or "pk", *paths):
        values = {
            column: "" if cell is None and "__" in where else cell
            for column, where, cell in zip(columns, paths, cells, strict=True)
        }
        key = ",".join(str(values[part]) for part in table(name).key)
        found[key] = Entry(pk, values, path if owner else SHARED)
    return found


def _policies(name: str, keys: set[str] | None) -> dict[str, Entry]:
    model: Any = apps.get_model("catalogue.NetworkRow")
    rows = model.objects.filter(table=name).order_by()
    if keys is not None:
        rows = rows.filter(key__in=keys)
    return {
        row.key: Entry(row.pk, policy_cells(row), row.organisation.path)
        for row in rows.select_related("organisation")
    }


def policy_cells(row: NetworkRow) -> dict[str, Any]:
    """A policy's cells, by column."""
    return {
        **row.values,
        "organisation": row.organisation.code,
        "from_day": row.from_day,
        "to_day": row.to_day,
        "retired_from": row.retired_from,
    }


def _pointers(name: str) -> list[tuple[str, str]]:
    """The table's columns that point elsewhere, and where; itself left out."""
    found = [
        (one.name, one.references.split(".")[0])
        for one in table(name).attributes
        if one.references and one.references.split(".")[0] != name
    ]
    if name == "capacity_loads":
        found += [("activity", "lanes"), ("activity", "processes")]
    if name == "profiles":
        found += [("key", "lanes"), ("key", "processes"), ("key", "capacities")]
    return found


def _load_parents(known: Known) -> None:
    """Parents that the rows name; of classes, which are few, all."""
    if known.coming.get("resource_classes"):
        known.entries["resource_classes"] = entries("resource_classes")
    rows = known.coming.get("organisations", {})
    wanted = {str(row.values["parent"]) for row in rows.values() if row.values.get("parent")}
    found = known.entries.setdefault("organisations", {})
    missing = wanted - set(found)
    if missing:
        found |= entries("organisations", missing)
