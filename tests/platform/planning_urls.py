"""The addresses of requests, analyse and dispatch alone, for the tests of their API."""

from __future__ import annotations

from django.urls import path

from sampan_platform.http.openapi import SampanAPI

api = SampanAPI(title="Planning", version="planning", description="For tests")
for stage in ("requests", "analyse", "dispatch"):
    api.add_router(f"/{stage}", f"sampan_platform.{stage}.api.router")
urlpatterns = [path("api/v1/", api.urls)]
