"""What the API sends and takes of the catalogue, made from the tables' own definitions."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from ninja import Field, Schema
from pydantic import ConfigDict, create_model

from sampan_platform.catalogue.tables import DATES, KINDS, table

TYPES: dict[str, Any] = {"text": str, "number": float, "whole": int, "boolean": bool}
FILTERS = {
    "organisations": ("kind", "parent", "country"),
    "resource_classes": ("parent",),
    "sites": ("organisation", "kind", "country", "region"),
    "resources": ("resource_class", "kind"),
    "lanes": ("origin", "destination", "mode", "border"),
    "processes": ("site",),
}
"""Columns by which a list can be narrowed."""
ROW_NAMES = {
    "organisations": "Organisation", "resource_classes": "ResourceClass", "sites": "Site",
    "resources": "Resource", "lanes": "Lane", "processes": "Process",
}  # fmt: skip


class Strict(Schema):
    """Refuses fields that it does not know, rather than passing over a misspelled one."""

    model_config = ConfigDict(extra="forbid")


class ListQuery(Schema):
    """What every list takes."""

    cursor: str = Field("", description="next_cursor of the page before")
    limit: int = Field(100, description="rows a page, 1 to 1000")
    as_of: date | None = Field(None, description="only what is in use on this day")
    q: str = Field("", description="part of the key or of a name", max_length=100)
    format: str | None = Field(None, description="json, csv, ndjson or parquet")


class PackagingOut(Schema):
    """A box, pair or carton of a resource."""

    name: str
    quantity: float
    gtin: str


class FlowOut(Schema):
    """What one run makes (positive) or uses (negative)."""

    resource: str
    quantity_per_run: float


class PackagingIn(Strict):
    """How much a packaging holds."""

    quantity: float
    gtin: str = ""


class FlowIn(Strict):
    """How much one run makes (positive) or uses (negative)."""

    quantity_per_run: float


class RetireIn(Strict):
    """From which day on it is not used; null takes that back."""

    from_day: date | None


class PolicyOut(Schema):
    """A row of one of the other tables of a network."""

    table: str
    key: str
    values: dict[str, Any]
    organisation: str
    from_day: date | None
    to_day: date | None
    retired_from: date | None


class ChangeOut(Schema):
    """One row that was, or would be, made or changed."""

    table: str
    key: str
    before: dict[str, Any] | None
    after: dict[str, Any]


class OutcomeOut(Schema):
    """What an import made, changed and left as it was; or, in a dry run, would."""

    dry_run: bool
    made: dict[str, int]
    changed: dict[str, int]
    unchanged: dict[str, int]
    changes: list[ChangeOut]
    notes: list[str]


@cache
def row_out(name: str) -> type[Schema]:
    """A row as it is sent."""
    fields: dict[str, Any] = {}
    for column in KINDS[name].fields:
        attribute = table(name)[column]
        kind = date if column in DATES else TYPES[attribute.type]
        text = attribute.description
        is_text = kind is str and column != "report_deadline"
        fields[column] = (kind if is_text else kind | None, Field(..., description=text))
    if name == "resources":
        fields["packagings"] = (list[PackagingOut], Field(default_factory=list))
    if name == "processes":
        fields["flows"] = (list[FlowOut], Field(default_factory=list))
    return _model(f"{ROW_NAMES[name]}Out", Schema, fields)


def row_in(name: str, *, new: bool) -> type[Schema]:
    """A row as it is taken: new ones name their key, changes only what they change."""
    fields: dict[str, Any] = {}
    key = table(name).key[0]
    for column in KINDS[name].fields:
        if column == key and not new:
            continue
        attribute = table(name)[column]
        kind: Any = date if column in DATES else TYPES[attribute.type]
        default = ... if column == key else None
        kind = kind if column == key else kind | None
        fields[column] = (kind, Field(default, description=attribute.description))
    return _model(f"{ROW_NAMES[name]}{'In' if new else 'Patch'}", Strict, fields)


def list_query(name: str) -> type[Schema]:
    """The filters of a table's list."""
    fields: dict[str, Any] = {
        column: (str, Field("", description=table(name)[column].description))
        for column in FILTERS[name]
    }
    return _model(f"{ROW_NAMES[name]}Query", ListQuery, fields)


def _model(name: str, base: type[Schema], fields: dict[str, Any]) -> type[Schema]:
    made: type[Schema] = create_model(name, __base__=base, __doc__=name, **fields)
    return made
