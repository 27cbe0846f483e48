"""Django's entry for this stage."""

from django.apps import AppConfig


class TrackConfig(AppConfig):
    """See the package's docstring."""

    name = "sampan_platform.track"
    label = "track"
