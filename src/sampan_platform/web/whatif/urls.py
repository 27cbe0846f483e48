"""Addresses of the what-if screen."""

from __future__ import annotations

from django.urls import path

from sampan_platform.web.whatif import views

urlpatterns = [path("", views.whatif, name="whatif")]
