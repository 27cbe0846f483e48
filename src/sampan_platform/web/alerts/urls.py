"""Addresses of the alerts."""

from __future__ import annotations

from django.urls import path

from sampan_platform.web.alerts import views

urlpatterns = [
    path("", views.alerts, name="alerts"),
    path("<int:number>/", views.alert, name="alert"),
]
