"""Pages by cursor: rows that are added meanwhile neither repeat others nor push them out."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, Generic, TypedDict, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from ninja import Schema

from sampan_platform.common.errors import InvalidError

Item = TypeVar("Item")

LIMIT_DEFAULT = 100
LIMIT_MAX = 1000


class Page(Schema, Generic[Item]):
    """Some rows, and where to go on: `response=Page[SiteOut]`."""

    items: list[Item]
    next_cursor: str | None = None
    """To be sent back as `cursor` for the rows that follow; empty at the end."""


class PageDict(TypedDict):
    """What `page` returns; fits `Page`."""

    items: list[Any]
    next_cursor: str | None


def page(
    queryset: QuerySet[Any, Any], cursor: str | None, limit: int = LIMIT_DEFAULT, key: str = "id"
) -> PageDict:
    """The rows after the cursor, in the order of `key` and, where that is equal, of `id`.

    Parameters
    ----------
    cursor
        Of the page before; empty for the first.
    key
        A column without nulls, such as `code`, or `-day` for the last first. The order of the
        queryset is replaced.
    """
    if not 1 <= limit <= LIMIT_MAX:
        raise InvalidError(f"limit is {limit}; give 1 to {LIMIT_MAX}.", code="limit")
    column, down = key.removeprefix("-"), key.startswith("-")
    sign = "-" if down else ""
    rows = queryset.order_by(f"{sign}{column}", f"{sign}pk")
    if cursor:
        try:
            rows = rows.filter(_after(column, "lt" if down else "gt", _read(cursor, key)))
            found = list(rows[: limit + 1])
        except (ValidationError, ValueError, TypeError) as error:
            raise _bad_cursor() from error
    else:
        found = list(rows[: limit + 1])
    items = found[:limit]
    more = len(found) > limit
    return {"items": items, "next_cursor": _write(items[-1], key) if more else None}


def _after(column: str, than: str, place: tuple[Any, Any]) -> Q:
    value, number = place
    if column in ("id", "pk"):
        return Q(**{f"pk__{than}": number})
    return Q(**{f"{column}__{than}": value}) | Q(**{column: value, f"pk__{than}": number})


def _write(row: Any, key: str) -> str:
    column = key.removeprefix("-")
    if isinstance(row, Mapping):
        value, number = row[column], row["id"]
    else:
        value, number = _follow(row, column), row.pk
    text = json.dumps([key, str(value), str(number)], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _follow(row: Any, column: str) -> Any:
    for name in column.split("__"):
        row = getattr(row, name)
    return row


def _read(cursor: str, key: str) -> tuple[Any, Any]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        of, value, number = cast("list[str]", json.loads(text))
    except ValueError as error:
        raise _bad_cursor() from error
    if of != key:
        raise _bad_cursor()
    return value, number


def _bad_cursor() -> InvalidError:
    return InvalidError(
        "This cursor is none of ours. Send next_cursor as it came, or none for the first page.",
        code="cursor",
    )
