"""Addresses of the screen."""

from __future__ import annotations

from django.urls import path

from sampan_platform.web.system import views

urlpatterns = [
    path("", views.system, name="system"),
    path("base-map/", views.base_map, name="base-map"),
    path("base-map.json", views.base_map_file, name="base-map-file"),
]
