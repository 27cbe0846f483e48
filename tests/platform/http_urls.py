"""Addresses of the tests' own API."""

from django.urls import path

from tests.platform.http_world import api

urlpatterns = [path("api/v1/", api.urls)]
