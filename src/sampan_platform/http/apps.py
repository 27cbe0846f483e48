"""Django's entry for this stage."""

from django.apps import AppConfig


class HttpConfig(AppConfig):
    """See the package's docstring."""

    name = "sampan_platform.http"
    label = "http"
