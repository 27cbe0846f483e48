"""A day of planning for the tests of dispatch: what lies where, who needs what."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps

from sampan_platform.dispatch import services
from sampan_platform.dispatch.models import PlanRun
from sampan_platform.ledger import services as ledger
from sampan_platform.ledger.services import AccountKey, Leg

TODAY = date(2020, 2, 10)
NOW = datetime(2020, 2, 10, 2, tzinfo=UTC)
"""Ten in the morning in Wuhan."""


def stock(
    world: Any, site: str, quantity: Any, *, resource: str = "mask", lot: str = "",
    expires_on: date | None = None, kind: str = "stock",
) -> None:  # fmt: skip
    """Put goods there, or with a negative quantity take them away, by the ledger."""
    place, item = world.sites[site].pk, world.resources[resource].pk
    here = AccountKey(kind, item, site=place, lot=lot, expires_on=expires_on)
    outside = AccountKey("outside", item, site=place)
    amount = Decimal(quantity)
    legs = [Leg(here, amount), Leg(outside, -amount)]
    ledger.post(uuid.uuid4(), "opening", legs, day=TODAY, actor=world.users["ops"], reason="test")


def report(world: Any, site: str, day: date, *, resource: str = "mask", **stated: Any) -> None:
    """A report as it stands in the database once it is accepted."""
    model: Any = apps.get_model("collect", "Report")
    model.objects.create(
        site=world.sites[site], resource=world.resources[resource], day=day,
        submitted_at=min(NOW, datetime(day.year, day.month, day.day, 12, tzinfo=UTC)),
        **{name: Decimal(value) for name, value in stated.items()},
        **_who(model, world),
    )  # fmt: skip


def _who(model: Any, world: Any) -> dict[str, Any]:
    known = {field.name for field in model._meta.get_fields()}
    extra = {"submitted_by": world.users["ops"], "client_id": str(uuid.uuid4()), "version": 1}
    return {name: value for name, value in extra.items() if name in known}


def needs(world: Any, site: str, a_day: Any, *, resource: str = "mask", days: int = 7) -> None:
    """So many days of the same stated need, up to yesterday."""
    for back in range(1, days + 1):
        report(world, site, TODAY - timedelta(days=back), resource=resource, need=a_day)


def solved(world: Any, scope: str = "cn-hb", user: str = "chen", **asked: Any) -> PlanRun:
    """A plan, solved at once in this process."""
    organisation = world.organisations[scope]
    run = services.start(organisation, world.users[user], background=False, **({"days": 3} | asked))
    services.work(run.pk)
    run.refresh_from_db()
    return run


class Orders:
    """An order maker that remembers what it was given."""

    def __init__(self) -> None:
        self.made: list[tuple[int, list[Any], str]] = []

    def __call__(self, run: Any, lines: Any, actor: Any) -> None:
        self.made.append((run.pk, list(lines), actor.username))
