"""The six addresses that every table of the catalogue with keys of its own has."""

from __future__ import annotations

from typing import Any, cast

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Status

from sampan_platform.catalogue import exporting, selectors, services
from sampan_platform.catalogue.schemas import (
    FILTERS,
    ROW_NAMES,
    RetireIn,
    list_query,
    row_in,
    row_out,
)
from sampan_platform.catalogue.tables import KINDS, table
from sampan_platform.http.kit import (
    TABLE_ANSWERS,
    Page,
    etagged,
    idempotent,
    page,
    render_table,
    require_match,
    requires,
    table_format,
    user_of,
)

READ, WRITE = "catalogue:read", "catalogue:write"


def mount(router: Router, name: str) -> None:
    """List, read, make, change, retire and delete the rows of one table."""
    _mount_reads(router, name)
    _mount_changes(router, name)
    _mount_ends(router, name)


def _mount_reads(router: Router, name: str) -> None:
    out: Any = row_out(name)

    def rows(request: HttpRequest, query: Any) -> Any:
        """Narrowed by columns, by part of a name, by day; also as CSV, NDJSON or Parquet."""
        found = _narrowed(name, query, user_of(request))
        if table_format(request) != "json":
            return render_table(request, exporting.frame_of(name, found), name)
        result = page(found, query.cursor, query.limit, "code")
        return {**result, "items": [shown(name, row) for row in result["items"]]}

    def row(request: HttpRequest, code: str) -> Any:
        """Retired or not; not found where it lies in a part of the tree that you do not see."""
        return shown(name, selectors.find(name, code, user_of(request)))

    # the types are made for each table, so they cannot be written as annotations
    rows.__annotations__["query"] = cast(Any, Query)[list_query(name)]
    router.get(
        f"/{name}",
        response=cast(Any, Page)[out],
        openapi_extra=TABLE_ANSWERS,
        **_named(name, "list", "Rows that you may see"),
    )(requires(READ)(etagged(rows)))
    router.get(f"/{name}/{{code}}", response=out, **_named(name, "read", "One row"))(
        requires(READ)(etagged(row))
    )


def _mount_changes(router: Router, name: str) -> None:
    out: Any = row_out(name)
    key = table(name).key[0]

    def make(request: HttpRequest, body: Any) -> Any:
        """409 where the key is taken; all problems of the row at once."""
        values = body.model_dump(exclude_unset=True)
        services.change(name, values, user_of(request), only_new=True)
        return Status(201, shown(name, selectors.find(name, values[key], user_of(request))))

    def change(request: HttpRequest, code: str, body: Any) -> Any:
        """What is not named stays; null is the column's default."""
        user = user_of(request)
        with transaction.atomic():
            found = selectors.find(name, code, user, lock=True)
            require_match(request, out(**shown(name, found)))
            services.change(name, {key: code, **body.model_dump(exclude_unset=True)}, user)
            return shown(name, selectors.find(name, code, user))

    make.__annotations__["body"] = row_in(name, new=True)
    change.__annotations__["body"] = row_in(name, new=False)
    router.post(f"/{name}", response={201: out}, **_named(name, "create", "Make a row"))(
        requires(WRITE)(idempotent(etagged(make)))
    )
    router.patch(f"/{name}/{{code}}", response=out, **_named(name, "change", "Change a row"))(
        requires(WRITE)(etagged(change))
    )


def _mount_ends(router: Router, name: str) -> None:
    out: Any = row_out(name)

    def retire(request: HttpRequest, code: str, body: RetireIn) -> Any:
        """What it did stays; null takes the end back."""
        services.retire(name, code, body.from_day, user_of(request))
        return shown(name, selectors.find(name, code, user_of(request)))

    def delete(request: HttpRequest, code: str) -> Any:
        """409 where anything uses it, naming what; retire it instead."""
        with transaction.atomic():
            found = selectors.find(name, code, user_of(request), lock=True)
            require_match(request, out(**shown(name, found)))
            services.delete(name, code, user_of(request))
        return Status(204, None)

    if name not in services.KEPT:
        router.post(
            f"/{name}/{{code}}/retire",
            response=out,
            **_named(name, "retire", "End its use from a day on"),
        )(requires(WRITE)(idempotent(etagged(retire))))
    router.delete(
        f"/{name}/{{code}}",
        response={204: None},
        **_named(name, "delete", "Delete what was never used"),
    )(requires(WRITE)(delete))


def _named(name: str, verb: str, text: str) -> dict[str, Any]:
    one = ROW_NAMES[name]
    return {"operation_id": f"catalogue_{name}_{verb}", "summary": f"{text} ({one})"}


def _narrowed(name: str, query: Any, user: Any) -> QuerySet[Any]:
    found = selectors.rows(name, query.as_of, user)
    for column in FILTERS[name]:
        value = getattr(query, column)
        if value:
            found = found.filter(**{KINDS[name].fields[column]: value})
    if query.q:
        asked = Q(code__icontains=query.q)
        if "name_en" in KINDS[name].fields:
            asked |= Q(name_en__icontains=query.q) | Q(name_zh__icontains=query.q)
        found = found.filter(asked)
    return found


def shown(name: str, row: Any) -> dict[str, Any]:
    """A row as it is sent; no query where `selectors.rows` gave it."""
    cells = selectors.cells(name, row)
    if cells.get("report_deadline") is not None:
        cells["report_deadline"] = cells["report_deadline"].strftime("%H:%M")
    if name == "resources":
        parts = sorted(row.packagings.all(), key=lambda one: str(one.name))
        cells["packagings"] = [
            {"name": one.name, "quantity": float(one.quantity), "gtin": one.gtin} for one in parts
        ]
    if name == "processes":
        flows = sorted(row.flows.all(), key=lambda one: str(one.resource.code))
        cells["flows"] = [
            {"resource": one.resource.code, "quantity_per_run": one.quantity_per_run}
            for one in flows
        ]
    return cells
