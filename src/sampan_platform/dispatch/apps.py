"""Django's entry for this stage."""

from django.apps import AppConfig


class DispatchConfig(AppConfig):
    """See the package's docstring."""

    name = "sampan_platform.dispatch"
    label = "dispatch"
