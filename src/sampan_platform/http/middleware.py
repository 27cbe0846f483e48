"""Under /api/, whatever Django itself refuses is a problem+json document too."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from sampan_platform.http.problems import CONTENT_TYPE, respond_plainly, respond_to_our_error


def _length(request: HttpRequest) -> int:
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdigit() else 0


def _most() -> int:
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) or 2**62


class ProblemMiddleware:
    """Stands first, so that it sees all: unknown addresses, methods, hosts, oversized bodies."""

    def __init__(self, following: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.following = following

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith("/api/"):
            return self.following(request)
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return respond_plainly(400)  # no text of ours holds NUL, and PostgreSQL refuses it
        if request.content_type == "application/json" and _length(request) > _most():
            return respond_plainly(413)
        response = self._as_problem(request, self.following(request))
        # what one person may see is kept by nobody between us, and asked for again each time
        reading = request.method in ("GET", "HEAD")
        kept = "private, no-cache" if reading else "no-store"
        response.headers.setdefault("Cache-Control", kept)
        return response

    def _as_problem(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.status_code < 400:
            return response
        if response.headers.get("Content-Type", "").startswith(CONTENT_TYPE):
            return response
        if response.status_code == 500:
            return respond_to_our_error(request, None)
        kept = {name: response.headers[name] for name in ("Allow",) if name in response.headers}
        return respond_plainly(response.status_code, kept)
