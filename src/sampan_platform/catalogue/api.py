"""The catalogue over HTTP: lists, rows, import and export.

Every table that has keys of its own has the same six addresses, made by `row_api.mount`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Router, Schema, Status
from ninja.files import UploadedFile

from sampan_platform.catalogue import exporting, selectors, services
from sampan_platform.catalogue.row_api import READ, WRITE, mount, shown
from sampan_platform.catalogue.schemas import (
    ROW_NAMES,
    FlowIn,
    OutcomeOut,
    PackagingIn,
    PolicyOut,
    RetireIn,
    row_out,
)
from sampan_platform.catalogue.tables import NAMES, POLICIES
from sampan_platform.catalogue.template import template
from sampan_platform.common.errors import InvalidError
from sampan_platform.http.archives import network_zip
from sampan_platform.http.kit import (
    TABLE_ANSWERS,
    Page,
    etagged,
    idempotent,
    page,
    render_table,
    requires,
    table_format,
    user_of,
)

router = Router(tags=["catalogue"])
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = "application/zip"
BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}


for _name in ROW_NAMES:
    mount(router, _name)

ResourceOut, ProcessOut = row_out("resources"), row_out("processes")


@router.put(
    "/resources/{code}/packagings/{name}",
    response=ResourceOut,
    summary="Set how much a packaging of a resource holds",
)
@requires(WRITE)
def put_packaging(request: HttpRequest, code: str, name: str, body: PackagingIn) -> Any:
    """Makes the packaging, or changes it."""
    values = {"resource": code, "name": name, **body.model_dump()}
    services.change("packagings", values, user_of(request))
    return shown("resources", selectors.find("resources", code))


@router.put(
    "/processes/{code}/flows/{resource}",
    response=ProcessOut,
    summary="Set what one run of a process makes or uses",
)
@requires(WRITE)
def put_flow(request: HttpRequest, code: str, resource: str, body: FlowIn) -> Any:
    """Makes the flow, or changes it."""
    user = user_of(request)
    selectors.find("processes", code, user)
    values = {"process": code, "resource": resource, **body.model_dump()}
    services.change("process_flows", values, user)
    return shown("processes", selectors.find("processes", code, user))


@router.get(
    "/policies", response=Page[PolicyOut], summary="Policies that you may see",
    openapi_extra=TABLE_ANSWERS,
)  # fmt: skip
@requires(READ)
@etagged
def policies(
    request: HttpRequest,
    table: str = "",
    as_of: date | None = None,
    cursor: str = "",
    limit: int = 100,
    format: str | None = None,  # noqa: A002
) -> Any:
    """Rows of `lane_resources`, `capacities`, `profiles`, `reserves` and the like."""
    if table and table not in POLICIES:
        raise InvalidError(f"There is no table {table[:40]}; there is {', '.join(POLICIES)}.")
    found = selectors.policies(as_of, user_of(request), table or None)
    if table_format(request) != "json":
        if not table:
            raise InvalidError("Name one table: its columns are not those of the others.")
        return render_table(request, exporting.frame_of(table, found), table)
    result = page(found, cursor, limit, "id")
    return {**result, "items": [_policy(row) for row in result["items"]]}


def _policy(row: Any) -> dict[str, Any]:
    return {
        "table": row.table, "key": row.key, "values": row.values,
        "organisation": row.organisation.code, "from_day": row.from_day, "to_day": row.to_day,
        "retired_from": row.retired_from,
    }  # fmt: skip


def _policy_table(name: str) -> str:
    if name not in POLICIES:
        raise InvalidError(f"There is no table {name[:40]}; there is {', '.join(POLICIES)}.")
    return name


@router.post(
    "/policies/{name}/{key}/retire", response=PolicyOut, summary="End a policy from a day on"
)
@requires(WRITE)
@idempotent
def retire_policy(request: HttpRequest, name: str, key: str, body: RetireIn) -> Any:
    """From that day it binds no plan; null takes that back."""
    row = services.retire(_policy_table(name), key, body.from_day, user_of(request))
    return _policy(row)


@router.delete("/policies/{name}/{key}", response={204: None}, summary="Delete a policy")
@requires(WRITE)
def delete_policy(request: HttpRequest, name: str, key: str) -> Any:
    """Plans that were made under it keep their own copy of it."""
    services.delete(_policy_table(name), key, user_of(request))
    return Status(204, None)


class RowsIn(Schema):
    """Rows by table, as in `catalogue.tables`; periods count from `start`."""

    tables: dict[str, list[dict[str, Any]]]
    organisation: str = ""
    start: date | None = None
    dry_run: bool = False


@router.post("/rows", response=OutcomeOut, summary="Make and change rows of several tables")
@requires(WRITE)
@idempotent
def put_rows(request: HttpRequest, body: RowsIn) -> Any:
    """By key; all problems at once, and then nothing is changed."""
    user = user_of(request)
    owner = _organisation(body.organisation, user)
    return services.import_rows(
        body.tables, user, organisation=owner, dry_run=body.dry_run, start=body.start
    )


@router.post("/import", response=OutcomeOut, summary="Import a workbook or an archive")
@requires(WRITE)
@idempotent
def import_file(
    request: HttpRequest,
    file: File[UploadedFile],
    organisation: Form[str] = "",
    dry_run: Form[bool] = False,
) -> Any:
    """An .xlsx workbook, or a .zip of CSV or Parquet files: the catalogue's tables or the engine's.

    `organisation` owns new sites and policies that name none. `dry_run` checks and says, but
    does not change. All problems are named at once.
    """
    user = user_of(request)
    owner = _organisation(organisation, user)
    content = file.read()
    return services.import_file(
        file.name or "file", content, user, organisation=owner, dry_run=dry_run
    )


def _organisation(code: str, user: Any) -> Any:
    return selectors.find("organisations", code, user) if code else None


@router.get(
    "/export",
    summary="The catalogue as a workbook or an archive",
    response={200: Any},
    openapi_extra={"responses": {200: {"content": {EXCEL: BINARY, ZIP: BINARY}}}},
)
@requires(READ)
def export(
    request: HttpRequest,
    format: str = "xlsx",  # noqa: A002
    tables: str = "",
    as_of: date | None = None,
) -> HttpResponse:
    """`xlsx`, or `csv` or `parquet` in a zip archive; `tables` by commas, empty for all."""
    names = tuple(one for one in tables.split(",") if one) or NAMES
    unknown = [one for one in names if one not in NAMES]
    if unknown or format not in ("xlsx", "csv", "parquet"):
        raise InvalidError(
            f"There is no {', '.join(unknown) or format}: formats are xlsx, csv and parquet, "
            f"tables {', '.join(NAMES)}."
        )
    frames = exporting.frames(user_of(request), as_of, names)
    if format == "xlsx":
        return _file(exporting.as_workbook(frames), EXCEL, "catalogue.xlsx")
    return _file(exporting.as_zip(frames, format), ZIP, "catalogue.zip")


@router.get(
    "/template",
    summary="A workbook to fill in",
    response={200: Any},
    openapi_extra={"responses": {200: {"content": {EXCEL: BINARY}}}},
)
@requires(READ)
def empty_workbook(request: HttpRequest) -> HttpResponse:
    """With headings in two languages, notes and lists to choose from."""
    return _file(template(), EXCEL, "catalogue-template.xlsx")


@router.get(
    "/network",
    summary="Places and policies as a network's folder",
    response={200: Any},
    openapi_extra={"responses": {200: {"content": {ZIP: BINARY}}}},
)
@requires(READ)
def network(request: HttpRequest, start: date, days: int = 14) -> HttpResponse:
    """What is in use on the first day, as tables of the engine in a zip archive.

    Without stocks, demands and orders: those are in the networks of `dispatch`.
    """
    if not 1 <= days <= 366:
        raise InvalidError(f"days is {days}; give 1 to 366.")
    made = exporting.network(user_of(request), exporting.Calendar(start, days))
    return _file(network_zip(made), ZIP, "network.zip")


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=content_type, headers=headers)
