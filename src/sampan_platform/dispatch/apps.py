"""Django's entry for this stage."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DispatchConfig(AppConfig):
    """See the package's docstring."""

    name = "sampan_platform.dispatch"
    label = "dispatch"

    def ready(self) -> None:
        """Have the list of reasons filled whenever the tables have been made."""
        from sampan_platform.dispatch.reasons import seed

        post_migrate.connect(seed, sender=self, dispatch_uid="dispatch.reasons")
