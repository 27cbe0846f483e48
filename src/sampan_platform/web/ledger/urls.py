"""Addresses of the screen."""

from __future__ import annotations

from django.urls import path

from sampan_platform.web.ledger import moving, views

urlpatterns = [
    path("", views.stock, name="stock"),
    path("card/", views.card, name="card"),
    path("count/", moving.count, name="count"),
    path("where/", views.where, name="where"),
    path("hold/", moving.hold, name="hold"),
    path("movements/<uuid:number>/", moving.movement, name="movement"),
    path("trail/", views.trail, name="trail"),
    path("proof/", views.proof, name="proof"),
]
