"""Addresses of the plans."""

from __future__ import annotations

from django.urls import path

from sampan_platform.web.plans import views

urlpatterns = [
    path("", views.plans, name="plans"),
    path("compare/", views.compare, name="compare"),
    path("<int:number>/", views.plan, name="plan"),
    path("<int:number>/progress/", views.progress, name="progress"),
    path("<int:number>/why/", views.why, name="why"),
    path("<int:number>/shipments/", views.shipments, name="shipments"),
    path("<int:number>/map.json", views.map_data, name="map"),
    path("<int:number>/cancel/", views.cancel, name="cancel"),
    path("<int:number>/again/", views.again, name="again"),
    path("<int:number>/override/", views.override, name="override"),
    path("<int:number>/approve/", views.approve, name="approve"),
    path("<int:number>/reject/", views.reject, name="reject"),
]
