"""Addresses of the situation screen."""

from __future__ import annotations

from django.urls import path

from sampan_platform.web.situation import views

urlpatterns = [
    path("", views.situation, name="situation"),
    path("map.json", views.map_data, name="map"),
    path("figures.<str:kind>", views.download, name="download"),
]
