"""Addresses of the screen."""

from __future__ import annotations

from django.urls import path

from sampan_platform.web.accounts import views

urlpatterns = [
    path("", views.accounts, name="accounts"),
    path("<str:username>/", views.account, name="account"),
]
