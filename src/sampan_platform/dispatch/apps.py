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
        watch()


def watch() -> None:
    """Have monitor look for what the latest plans leave short."""
    from collections.abc import Iterable
    from datetime import datetime

    from sampan_platform.dispatch import selectors
    from sampan_platform.monitor import services as monitor

    def measure(now: datetime) -> Iterable[monitor.Measured]:
        worst: dict[tuple[int, int], monitor.Measured] = {}
        for run in selectors.latest_of_each(now):
            for row in selectors.shortages(run):
                share = float(row.quantity / row.wanted) if row.wanted else 0.0
                told = {"plan": row.plan, "quantity": float(row.quantity)}
                there = worst.get((row.site, row.resource))
                if there is None or share > there.value:
                    worst[row.site, row.resource] = monitor.Measured(
                        row.site, row.resource, share, facts=told
                    )
        return list(worst.values())

    monitor.register_check(
        monitor.Check(
            "plan-shortage", measure, False, 0.2, "critical",
            "{site}: plan {plan} leaves {quantity:,.0f} of {resource} short ({value:.0%}).",
            "{site}：方案 {plan} 中 {resource} 缺口 {quantity:,.0f}（{value:.0%}）。",
        )
    )  # fmt: skip
