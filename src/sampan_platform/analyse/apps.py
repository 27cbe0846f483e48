"""Django's entry for this stage."""

from django.apps import AppConfig


class AnalyseConfig(AppConfig):
    """See the package's docstring."""

    name = "sampan_platform.analyse"
    label = "analyse"
