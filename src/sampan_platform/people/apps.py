"""Django's entry for this stage."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """See the package's docstring."""

    name = "sampan_platform.people"
    label = "people"
