"""Addresses of the screen."""

from __future__ import annotations

from django.urls import path

from sampan_platform.web.requests import views

urlpatterns = [
    path("", views.requests, name="requests"),
    path("new/", views.new, name="new"),
    path("<int:number>/", views.request_, name="request"),
]
