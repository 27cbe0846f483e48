"""Addresses of the report screen."""

from __future__ import annotations

from django.urls import path

from sampan_platform.web.report import views

urlpatterns = [
    path("", views.report, name="report"),
    path("workbook/", views.workbook, name="workbook"),
    path("upload/", views.upload, name="upload"),
    path("upload/<uuid:kept>/", views.uploaded, name="uploaded"),
    path("upload/<uuid:kept>/rejects/", views.rejects, name="rejects"),
]
