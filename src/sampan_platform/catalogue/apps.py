"""Django's entry for this stage."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """See the package's docstring."""

    name = "sampan_platform.catalogue"
    label = "catalogue"
