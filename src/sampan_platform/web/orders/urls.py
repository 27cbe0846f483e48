"""Addresses of the orders."""

from __future__ import annotations

from django.urls import path

from sampan_platform.web.orders import views

urlpatterns = [
    path("", views.orders, name="orders"),
    path("find/", views.find, name="find"),
    path("<str:number>/", views.order, name="order"),
    path("<str:number>/paper/", views.paper, name="paper"),
    path("<str:number>/<str:action>/", views.act, name="act"),
]
