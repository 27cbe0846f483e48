"""Django's entry for this stage."""

from django.apps import AppConfig


class RequestsConfig(AppConfig):
    """See the package's docstring."""

    name = "sampan_platform.requests"
    label = "requests"
