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
        watch()


def watch() -> None:
    """Have monitor look for orders that are late."""
    from collections.abc import Iterable
    from datetime import datetime

    from sampan_platform.monitor import services as monitor
    from sampan_platform.track import selectors

    def measure(now: datetime) -> Iterable[monitor.Measured]:
        return [
            monitor.Measured(
                late.order.destination_id,
                None,
                float(late.days),
                key=late.order.number,
                facts={"order": late.order.number, "what": late.what, "days": late.days},
            )
            for late in selectors.all_overdue(now.date())
        ]

    monitor.register_check(
        monitor.Check(
            "order-overdue", measure, False, 1.0, "warning",
            "{site}: order {order} is {days} days late ({what}).",
            "{site}：调度令 {order} 逾期 {days} 天（{what}）。",
        )
    )  # fmt: skip
