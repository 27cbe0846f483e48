"""Django's entry for this stage; joins it to the stages below."""

from django.apps import AppConfig


class TrackConfig(AppConfig):
    """See the package's docstring."""

    name = "sampan_platform.track"
    label = "track"

    def ready(self) -> None:
        """Dispatch makes orders here and asks what is on the way; monitor asks what is late."""
        from sampan_platform.dispatch import providers
        from sampan_platform.track import selectors, services

        providers.register_order_maker(services.make_orders)
        providers.register_arrivals(selectors.arrivals)
        providers.register_commitments(selectors.commitments)
