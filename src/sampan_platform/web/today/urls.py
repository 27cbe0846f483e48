"""Addresses of the first screen."""

from __future__ import annotations

from django.urls import path

from sampan_platform.web.today import views

urlpatterns = [path("", views.today, name="today")]
