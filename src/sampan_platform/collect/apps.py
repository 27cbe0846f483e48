"""Django's entry for this stage."""

from django.apps import AppConfig


class CollectConfig(AppConfig):
    """See the package's docstring."""

    name = "sampan_platform.collect"
    label = "collect"
