"""Stock, approved plans and orders for the tests of tracking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from threading import Barrier, Thread
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db import connection

from sampan_platform.common import clock
from sampan_platform.common.errors import PlatformError
from sampan_platform.dispatch.models import PlanLine, PlanRun
from sampan_platform.ledger import selectors as ledger_reads
from sampan_platform.ledger import services as ledger
from sampan_platform.ledger.services import AccountKey, Leg
from sampan_platform.track import services
from sampan_platform.track.models import DispatchOrder, OrderLine
from tests.platform.world import World

SHANGHAI = ZoneInfo("Asia/Shanghai")
FEB_10 = date(2020, 2, 10)
JUNE, DECEMBER = date(2020, 6, 1), date(2020, 12, 1)


def noon(day: int) -> datetime:
    """Noon in Shanghai, on a day of February 2020."""
    return datetime(2020, 2, day, 12, tzinfo=SHANGHAI)


def put(
    world: World,
    site: str,
    resource: str,
    quantity: int,
    lot: str = "",
    expires_on: date | None = None,
) -> None:
    """Goods from outside into a site's stock."""
    goods = {"lot": lot, "expires_on": expires_on}
    number = world.resources[resource].pk
    legs = [
        Leg(AccountKey("outside", number, site=world.sites[site].pk, **goods), -Decimal(quantity)),
        Leg(AccountKey("stock", number, site=world.sites[site].pk, **goods), Decimal(quantity)),
    ]
    ledger.post(uuid4(), "receive", legs, day=FEB_10, actor=world.users["chen"])


def plan(
    world: World, rows: Sequence[tuple[str, str, int, int, int]], whose: str = "cn-hb"
) -> tuple[PlanRun, list[PlanLine]]:
    """An approved plan; its rows are lane, resource, quantity, and departure and arrival in
    days from 10 February.
    """
    run = PlanRun.objects.create(
        organisation=world.organisations[whose],
        as_of=noon(10),
        start=FEB_10,
        days=7,
        started_by=world.users["chen"],
        asked_at=noon(10),
        approval="approved",
    )
    return run, [
        PlanLine.objects.create(
            plan=run,
            number=number,
            lane=world.lanes[lane],
            lane_code=lane,
            resource=world.resources[resource],
            depart_on=FEB_10 + timedelta(days=depart),
            arrive_on=FEB_10 + timedelta(days=arrive),
            quantity=Decimal(quantity),
            source=PlanLine.Source.STOCK,
        )
        for number, (lane, resource, quantity, depart, arrive) in enumerate(rows, start=1)
    ]


def issue(world: World, *rows: tuple[str, str, int, int, int]) -> list[DispatchOrder]:
    """Orders for these rows, issued at noon on 10 February by the approver."""
    run, lines = plan(world, rows)
    with clock.at(noon(10)):
        return services.make_orders(run, lines, world.users["wei"])


def shipped(world: World, *rows: tuple[str, str, int, int, int], day: int = 10) -> DispatchOrder:
    """The one order for these rows, shipped by the coordinator."""
    (order,) = issue(world, *rows)
    with clock.at(noon(day)):
        return services.ship(order.number, uuid4(), world.users["chen"]).order


def line(order: DispatchOrder, number: int = 1) -> OrderLine:
    """A line as it is in the database now."""
    return OrderLine.objects.select_related("order").get(order=order, number=number)


def balances(world: World, resource: str = "mask") -> dict[str, int]:
    """What the ledger has of a resource: `stock:W1`, `reserved:W1`, `transit`, `loss` …"""
    found: dict[str, int] = {}
    names = {site.pk: code for code, site in world.sites.items()}
    for row in ledger_reads.on_hand(resources=[world.resources[resource].pk]):
        for kind, quantity in (("stock", row.quantity), ("reserved", row.pending_out)):
            key = f"{kind}:{names[row.site]}"
            found[key] = found.get(key, 0) + int(quantity)
    return {key: value for key, value in found.items() if value}


def at_once(count: int, work: Callable[[int], object]) -> list[object]:
    """Run `work(0)`, `work(1)` … in threads that start together; what each gave or raised."""
    barrier = Barrier(count)
    results: list[object] = [None] * count

    def run(at: int) -> None:
        try:
            barrier.wait(timeout=60)
            results[at] = work(at)
        except PlatformError as error:
            results[at] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=(at,)) for at in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return results


def one_change() -> UUID:
    """As a page makes it when it is shown."""
    return uuid4()


def everywhere(world: World, resource: str = "mask") -> dict[str, int]:
    """How much of a resource the ledger has in each kind of account, wherever it is."""
    number = world.resources[resource].pk
    kinds = ("stock", "transit", "loss", "quarantine")
    found = {kind: int(ledger_reads.totals(kind, number)) for kind in kinds}
    return {kind: quantity for kind, quantity in found.items() if quantity}
