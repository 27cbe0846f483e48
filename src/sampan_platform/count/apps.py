"""Django's entry for this stage."""

from django.apps import AppConfig


class CountConfig(AppConfig):
    """See the package's docstring."""

    name = "sampan_platform.count"
    label = "count"
