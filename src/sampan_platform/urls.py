"""All addresses of the platform."""

from __future__ import annotations

from django.urls import path

from sampan_platform.api import api

urlpatterns = [path("api/v1/", api.urls)]
