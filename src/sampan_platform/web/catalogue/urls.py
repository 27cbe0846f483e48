"""Addresses of the screen."""

from __future__ import annotations

from django.urls import path

from sampan_platform.web.catalogue import views

urlpatterns = [
    path("", views.tables, name="tables"),
    path("export.xlsx", views.export, name="export"),
    path("import/", views.import_, name="import"),
    path("<str:table>/", views.rows, name="rows"),
    path("<str:table>/<path:key>/", views.row, name="row"),
]
