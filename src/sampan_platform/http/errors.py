"""Turns whatever an operation raises into a problem; installed on the API."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import RawPostDataException
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from sampan_platform.common.errors import PlatformError
from sampan_platform.http.problems import (
    code_of,
    is_busy,
    respond,
    respond_plainly,
    respond_to,
    respond_to_busy,
    respond_to_our_error,
)


def install(api: NinjaAPI) -> None:
    """Replace ninja's own error answers."""

    def platform_error(request: HttpRequest, error: Any) -> HttpResponse:
        return respond_to(error)

    def invalid(request: HttpRequest, error: Any) -> HttpResponse:
        return _invalid(error)

    def not_found(request: HttpRequest, error: Any) -> HttpResponse:
        return respond_plainly(404)

    def too_big(request: HttpRequest, error: Any) -> HttpResponse:
        return respond_plainly(413)

    def http_error(request: HttpRequest, error: Any) -> HttpResponse:
        return respond(error.status_code, code_of(error.status_code), error.message)

    def a_form(request: HttpRequest, error: Any) -> HttpResponse:
        text = "Send the content itself as the body, not a form."
        return respond(415, code_of(415), text)

    def database(request: HttpRequest, error: Any) -> HttpResponse:
        return respond_to_busy() if is_busy(error) else respond_to_our_error(request, error)

    def ours(request: HttpRequest, error: Any) -> HttpResponse:
        return respond_to_our_error(request, error)

    api.add_exception_handler(PlatformError, platform_error)
    api.add_exception_handler(ValidationError, invalid)
    api.add_exception_handler(Http404, not_found)
    api.add_exception_handler(RequestDataTooBig, too_big)
    api.add_exception_handler(RawPostDataException, a_form)
    api.add_exception_handler(HttpError, http_error)
    api.add_exception_handler(OperationalError, database)
    api.add_exception_handler(Exception, ours)


def _invalid(error: ValidationError) -> HttpResponse:
    """Each field that does not fit, by its name in the request."""
    problems = [
        {
            "code": str(one["type"]).replace("_", "-"),
            "message": str(one["msg"]),
            "where": ".".join(str(part) for part in one["loc"]),
            "value": "",
        }
        for one in error.errors
    ]
    names = ", ".join(problem["where"] for problem in problems[:5])
    return respond(422, "invalid", f"What was sent does not fit: {names}.", problems=problems)
