"""Every error over HTTP is one problem+json document (RFC 9457)."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Schema

from sampan_platform.common.errors import PlatformError

logger = logging.getLogger("sampan.http")
CONTENT_TYPE = "application/problem+json"


class ProblemDetail(Schema):
    """One thing wrong with what was sent."""

    code: str
    message: str
    where: str = ""
    value: str = ""


class ProblemDocument(Schema):
    """An error: what is wrong, and what to do."""

    type: str
    title: str
    status: int
    detail: str
    problems: list[ProblemDetail] = Field(default_factory=list)
    error_id: str | None = None
    """Of an error of ours: to name when asking an operator."""


class HttpProblem(PlatformError):
    """An error that only exists over HTTP."""

    def __init__(
        self, status: int, code: str, message: str, *, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.headers = headers or {}


BUSY_STATES = ("55P03", "40P01", "40001")
"""PostgreSQL's: lock not available, deadlock, serialization failure."""
TITLES = {
    400: "Bad request", 401: "Not signed in", 403: "Forbidden", 404: "Not found",
    405: "Method not allowed", 409: "Conflict", 412: "Changed meanwhile", 413: "Too large",
    415: "Unknown format", 422: "Invalid", 429: "Too many requests", 500: "Our error",
    503: "Not ready",
}  # fmt: skip
DETAILS = {
    400: "The request cannot be read. Send it again as the documentation says.",
    403: "You may not do this.",
    404: "There is nothing at this address. GET /api/v1/openapi.json lists all addresses.",
    405: "This address does not know this method. The Allow header lists those that it knows.",
    413: "This is more than may be sent at once. Send it in parts.",
    503: "Too many changes at this moment; nothing was changed. Send it again in some seconds.",
    500: "The platform made an error and wrote it down. Tell an operator its error_id.",
}


def respond(
    status: int,
    code: str,
    detail: str,
    *,
    problems: Sequence[dict[str, Any]] = (),
    headers: dict[str, str] | None = None,
    error_id: str | None = None,
) -> HttpResponse:
    """A problem as a response."""
    document: dict[str, Any] = {
        "type": f"urn:sampan:problem:{code}",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "problems": list(problems),
    }
    if error_id is not None:
        document["error_id"] = error_id
    text = json.dumps(document, ensure_ascii=False)
    return HttpResponse(text, status=status, content_type=CONTENT_TYPE, headers=headers)


def respond_to(error: PlatformError) -> HttpResponse:
    """The response to an error raised on purpose."""
    return respond(
        error.status,
        error.code,
        error.message,
        problems=error.document()["problems"],
        headers=getattr(error, "headers", None),
    )


def respond_plainly(status: int, headers: dict[str, str] | None = None) -> HttpResponse:
    """The response where nothing but the status is known."""
    detail = DETAILS.get(status, "This cannot be answered.")
    return respond(status, code_of(status), detail, headers=headers)


def code_of(status: int) -> str:
    """The code where nothing but the status is known, such as `not-found`."""
    return TITLES.get(status, "error").lower().replace(" ", "-")


def respond_to_busy() -> HttpResponse:
    """The response where the database was too busy to wait any longer."""
    return respond(503, "busy", DETAILS[503], headers={"Retry-After": "5"})


def is_busy(error: BaseException) -> bool:
    """Whether the database gave up waiting for somebody else's change."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state in BUSY_STATES or "database is locked" in str(error)


def respond_to_our_error(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """500 with an id; what happened goes to the log, not over the wire."""
    error_id = uuid.uuid4().hex
    logger.error("error %s at %s %s", error_id, request.method, request.path, exc_info=error)
    return respond(500, "our-error", DETAILS[500], error_id=error_id)
