"""All addresses of the platform."""

from __future__ import annotations

from django.urls import include, path

from sampan_platform.api import api
from sampan_platform.http.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("api/v1/", api.urls),
    path("", include("sampan_platform.web.urls")),
]
