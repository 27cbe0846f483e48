"""Addresses of the screen."""

from __future__ import annotations

from django.urls import path

from sampan_platform.web.system import views

urlpatterns = [
    path("", views.system, name="system"),
]
