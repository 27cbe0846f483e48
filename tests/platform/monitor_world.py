"""What the tests of the monitor share: a hospital that reports masks, evening by evening."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from threading import Barrier, Thread
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from sampan_platform.collect import services as collect
from sampan_platform.common import clock
from sampan_platform.monitor import services
from sampan_platform.monitor.models import Channel

SHANGHAI = ZoneInfo("Asia/Shanghai")


def evening(day: int) -> datetime:
    """Eight in the evening in Wuhan, of a day of February 2020."""
    return datetime(2020, 2, day, 20, tzinfo=SHANGHAI)


def say(world, day: int, *, stock: int | None = None, used: int = 100, **more: object) -> None:
    """What Jinyintan reports about masks on a day of February 2020."""
    row = {"site": "H1", "resource": "mask", "day": date(2020, 2, day), "used": used, **more}
    if stock is not None:
        row["stock"] = stock
    with clock.at(evening(day)):
        collect.file_reports([row], world.users["chen"], post=False)


def look(day: int) -> services.Run:
    """The rules, run that evening."""
    with clock.at(evening(day)):
        return services.run(evening(day))


def only(check: str, world, limit: float = 3.0, where: str = "asean-plus") -> None:
    """One rule, for a place and all below it."""
    services.set_rule(check, world.organisations[where], limit, None)


def channel(world: Any, name: str = "chen", **more: Any) -> Channel:
    """A channel of somebody's; unless told otherwise at an address that no test sends to."""
    given = {"address": "json://localhost"} | more
    return Channel.objects.create(user=world.users[name], **given)


def together(number: int, work: Callable[[], object]) -> None:
    """The same at the same moment, each in a thread with a connection of its own."""
    barrier = Barrier(number)

    def one() -> None:
        try:
            barrier.wait(60)
            work()
        finally:
            connection.close()

    threads = [Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
