"""What a browser may do with our pages: nothing but what comes from here."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Styles may stand in attributes (bars have widths); scripts may not."""


class CompressPagesMiddleware(GZipMiddleware):
    """Compresses pages, for slow lines; the API keeps its exact ETags."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if request.path.startswith("/api/"):
            return response
        return super().process_response(request, response)


class PolicyMiddleware:
    """Adds the content security policy and its kin to every page."""

    def __init__(self, following: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.following = following

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.following(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Security-Policy", POLICY)
            response.headers.setdefault("Permissions-Policy", "camera=(self), geolocation=()")
            if not request.path.startswith("/api/"):
                # what one person saw stays out of shared browsers' memory
                response.headers.setdefault("Cache-Control", "no-store")
        return response
