"""Django's entry for this stage; joins it to the stage below."""

from django.apps import AppConfig


class CountConfig(AppConfig):
    """See the package's docstring."""

    name = "sampan_platform.count"
    label = "count"

    def ready(self) -> None:
        """Be told of every change of reports, in the transaction that makes it."""
        from sampan_platform.collect import services as collect
        from sampan_platform.count import services

        collect.on_change(services.reports_changed)
