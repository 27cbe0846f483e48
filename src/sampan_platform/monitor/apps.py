"""Django's entry for this stage."""

from django.apps import AppConfig


class MonitorConfig(AppConfig):
    """See the package's docstring."""

    name = "sampan_platform.monitor"
    label = "monitor"
