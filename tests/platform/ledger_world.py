"""What the ledger's tests share: accounts of the small world, goods, threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from sampan_platform.common.errors import PlatformError
from sampan_platform.ledger import services
from sampan_platform.ledger.services import AccountKey, Leg, Posting
from tests.platform.world import World

DAY = date(2020, 2, 10)


def stock(world: World, site: str = "W1", resource: str = "mask", **more: Any) -> AccountKey:
    return at("stock", world, site, resource, **more)


def at(
    kind: str, world: World, site: str = "W1", resource: str = "mask", **more: Any
) -> AccountKey:
    """An account of any kind at a site."""
    return AccountKey(kind, world.resources[resource].pk, world.sites[site].pk, **more)


def outside(world: World, resource: str = "mask") -> AccountKey:
    return AccountKey("outside", world.resources[resource].pk)


def transit(world: World, reference: str = "DO-1:1", **more: Any) -> AccountKey:
    return AccountKey("transit", world.resources["mask"].pk, reference=reference, **more)


def legs(source: AccountKey, target: AccountKey, quantity: object) -> list[Leg]:
    amount = Decimal(str(quantity))
    return [Leg(source, -amount), Leg(target, amount)]


def move(source: AccountKey, target: AccountKey, quantity: object, kind: str = "move") -> UUID:
    """Post it today, by nobody in particular."""
    number = uuid4()
    services.post(number, kind, legs(source, target, quantity), day=DAY, actor=None)
    return number


def bring(world: World, quantity: object, site: str = "W1", **more: Any) -> UUID:
    """Goods from outside into stock."""
    return move(outside(world), stock(world, site, **more), quantity, "receive")


def posting(source: AccountKey, target: AccountKey, quantity: object, /, **more: Any) -> Posting:
    """One of many movements of a day."""
    return Posting(uuid4(), "move", legs(source, target, quantity), DAY, **more)


def at_once(count: int, work: Callable[[int], object]) -> list[object]:
    """The work in threads that begin together; what each gave or was refused with."""
    barrier = Barrier(count)
    results: list[object] = [None] * count

    def run(number: int) -> None:
        try:
            barrier.wait(60)
            results[number] = work(number)
        except PlatformError as error:
            results[number] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return results


def unlocked(statements: Sequence[str]) -> None:
    """Change rows behind the triggers' back, as somebody with the database's password could."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
        else:
            cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
