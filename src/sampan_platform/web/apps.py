"""The pages as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages, templates, static files and words."""

    name = "sampan_platform.web"
    label = "web"
