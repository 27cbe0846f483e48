"""Reports over HTTP: file them as JSON, NDJSON or a file; look at them; see who is missing."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query, Router
from ninja.files import UploadedFile

from sampan_platform.collect import selectors, services
from sampan_platform.collect.files import SENT_MAX
from sampan_platform.collect.schemas import (
    AssignmentIn,
    AssignmentOut,
    Day,
    MissingOut,
    OutcomeOut,
    RateOut,
    ReportOut,
    ReportsIn,
    ReportsQuery,
    StatementOut,
)
from sampan_platform.collect.workbook import prepared_workbook
from sampan_platform.common.errors import InvalidError
from sampan_platform.http.kit import (
    LIMIT_DEFAULT,
    TABLE_ANSWERS,
    Page,
    idempotent,
    page,
    render_table,
    requires,
    table_format,
    user_of,
)
from sampan_platform.people import selectors as people

router = Router(tags=["collect"])
READ, WRITE = "reports:read", "reports:write"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
TABLE_ROWS_MAX = 2_000_000


@router.post("/reports", response=OutcomeOut, summary="File reports")
@requires(WRITE)
@idempotent
def file_reports(request: HttpRequest, body: ReportsIn) -> Any:
    """Every row is checked; bad rows are named and, unless `keep_good`, nothing is kept."""
    rows = [row.model_dump(exclude_unset=True) for row in body.rows]
    outcome = services.file_reports(
        rows, user_of(request), body.client_id, dry_run=body.dry_run, keep_good=body.keep_good
    )
    return outcome if body.dry_run else services.require_kept(outcome)


@router.post(
    "/reports/ndjson",
    response=OutcomeOut,
    summary="File reports, one JSON object a line",
    openapi_extra={"requestBody": {"content": {"application/x-ndjson": BINARY}, "required": True}},
)
@requires(WRITE)
@idempotent
def file_lines(
    request: HttpRequest, client_id: str | None = None, dry_run: bool = False,
    keep_good: bool = False,
) -> Any:  # fmt: skip
    """The body is the lines themselves; each names site, resource, day and figures."""
    outcome = services.file_bytes(
        "lines.ndjson", request.body, user_of(request), client_id=client_id, dry_run=dry_run,
        keep_good=keep_good,
    )  # fmt: skip
    return outcome if dry_run else services.require_kept(outcome)


@router.post("/files", response=OutcomeOut, summary="File a CSV, Excel, Parquet or NDJSON file")
@requires(WRITE)
@idempotent
def file_file(
    request: HttpRequest,
    file: File[UploadedFile],
    client_id: Form[str | None] = None,
    dry_run: Form[bool] = False,
    keep_good: Form[bool] = False,
    again: Form[bool] = False,
) -> Any:
    """The same file sent twice changes nothing; `again` states it anew."""
    outcome = services.file_bytes(
        file.name or "file", _read(file), user_of(request), client_id=client_id, dry_run=dry_run,
        keep_good=keep_good, again=again,
    )  # fmt: skip
    return outcome if dry_run else services.require_kept(outcome)


@router.post(
    "/files/rejects",
    summary="What to correct in a file, in its own format",
    openapi_extra={"responses": {200: {"content": {"application/octet-stream": BINARY}}}},
)
@requires(WRITE)
def rejects(
    request: HttpRequest,
    file: File[UploadedFile],
    keep_good: Form[bool] = False,
) -> HttpResponse:
    """The bad rows with what is wrong beside them; all rows where the good ones were not kept.

    Nothing is written. Correct the file and send it again as it is.
    """
    made = services.rejects_of(
        file.name or "file", _read(file), user_of(request), keep_good=keep_good
    )
    return _download(made.name, made.content, made.media_type)


@router.get(
    "/reports", response=Page[ReportOut], summary="Reports that you may see",
    openapi_extra=TABLE_ANSWERS,
)  # fmt: skip
@requires(READ)
def reports(request: HttpRequest, query: Query[ReportsQuery]) -> Any:
    """The latest day first; as CSV, NDJSON or Parquet all that fit the filters."""
    user = user_of(request)
    above = people.organisation(user, query.organisation) if query.organisation else None
    rows = selectors.reports(
        user, query.since, query.until, sites=query.site, resources=query.resource,
        organisation=above, flag=query.flag,
    )  # fmt: skip
    if table_format(request) == "json":
        return page(rows, query.cursor, query.limit, "-day")
    if rows.count() > TABLE_ROWS_MAX:
        text = f"More than {TABLE_ROWS_MAX:,} reports fit. Ask for fewer days at a time."
        raise InvalidError(text, code="too-many")
    return render_table(request, selectors.frame_of(rows), "reports")


@router.get(
    "/reports/{number}/history", response=list[StatementOut], summary="What a report said before"
)
@requires(READ)
def history(request: HttpRequest, number: int) -> Any:
    """Every version, the latest first: what, when and by whom."""
    return selectors.history(user_of(request), number)


@router.get("/missing", response=list[MissingOut], summary="Who is to be chased for a day")
@requires(READ)
def missing(request: HttpRequest, day: Day) -> Any:
    """Reports that are due and have not come, where you see."""
    return selectors.missing(user_of(request), day)


@router.get("/rate", response=RateOut, summary="Reports due and reports that came")
@requires(READ)
def rate(request: HttpRequest, day: Day) -> Any:
    """Of one day, where you see."""
    found = selectors.rate(user_of(request), day)
    return {"day": day, "due": found.due, "came": found.came, "in_time": found.in_time,
            "rate": found.rate}  # fmt: skip


@router.get(
    "/workbook",
    summary="The workbook of an organisation and a day",
    openapi_extra={"responses": {200: {"content": {EXCEL: BINARY}}}},
)
@requires(READ)
def workbook(request: HttpRequest, organisation: str, day: date) -> HttpResponse:
    """Fill it in and send it back to `/collect/files`."""
    user = user_of(request)
    content = prepared_workbook(user, people.organisation(user, organisation), day)
    return _download(f"reports-{organisation}-{day.isoformat()}.xlsx", content, EXCEL)


@router.get("/assignments", response=Page[AssignmentOut], summary="Who must report what")
@requires(READ)
def assignments(request: HttpRequest, cursor: str = "", limit: int = LIMIT_DEFAULT) -> Any:
    """Beyond what is expected of those who reported lately."""
    return page(selectors.assignments(user_of(request)), cursor, limit)


@router.post("/assignments", response=AssignmentOut, summary="Have a site report a resource")
@requires(WRITE)
@idempotent
def assign(request: HttpRequest, body: AssignmentIn) -> Any:
    """Said again for the same site and resource it is changed; `to_day` ends it."""
    return services.assign(
        body.site, body.resource, body.from_day, body.to_day, actor=user_of(request)
    )


def _read(file: Any) -> bytes:
    if (file.size or 0) > SENT_MAX:
        text = f"The file is larger than {SENT_MAX // 2**20} MiB. Send it in parts."
        raise InvalidError(text, code="too-large")
    return cast(bytes, file.read())


def _download(name: str, content: bytes, media_type: str) -> HttpResponse:
    plain = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)
    response = HttpResponse(content, content_type=media_type)
    # Django writes names beyond ASCII as RFC 6266 says
    response.headers["Content-Disposition"] = f'attachment; filename="{plain}"'
    if not plain.isascii():
        from urllib.parse import quote

        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(plain)}"
    return response
