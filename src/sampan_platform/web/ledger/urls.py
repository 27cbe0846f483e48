"""Addresses of the screen."""

from __future__ import annotations

from django.urls import path

from sampan_platform.web.ledger import views

urlpatterns = [
    path("", views.stock, name="stock"),
    path("card/", views.card, name="card"),
    path("where/", views.where, name="where"),
    path("trail/", views.trail, name="trail"),
    path("proof/", views.proof, name="proof"),
]
