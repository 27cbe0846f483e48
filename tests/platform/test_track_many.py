"""Many lines, and many orders, cost as many queries as few, whatever happens to them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, InvalidError, NotFoundError
from sampan_platform.ledger import services as ledger
from sampan_platform.ledger.models import Movement
from sampan_platform.track import services
from sampan_platform.track.models import OrderEvent
from sampan_platform.track.services import Ask, Counted, Picked
from tests.platform.track_world import at_once, balances, issue, noon, put


def less(lines: int) -> dict[str, Any]:
    """One of two is there."""
    picked = [Picked(one, Decimal(1)) for one in range(1, lines + 1)]
    return {"picked": picked, "reason": "half of it was there"}


def counted(lines: int) -> dict[str, Any]:
    """One of two is wet."""
    one = Decimal(1)
    return {
        "counted": [Counted(at, good=one, damaged=one, reason="wet") for at in range(1, lines + 1)]
    }


def nothing(lines: int) -> dict[str, Any]:
    """As it was ordered."""
    return {}


def stopped(lines: int) -> dict[str, Any]:
    """Why it is cancelled."""
    return {"reason": "stopped"}


@pytest.mark.parametrize(
    ("before", "action", "given", "left"),
    [
        ((), services.ship, nothing, {}),
        ((), services.cancel, stopped, {"stock:W1": 2}),
        ((), services.pick, less, {"stock:W1": 2, "reserved:W1": 1}),
        ((services.ship,), services.receive, counted, {"stock:H1": 1}),
    ],
    ids=["ship", "cancel", "pick", "receive"],
)
def test_two_hundred_lines_cost_what_twenty_do(world, before, action, given, left) -> None:
    """Shipped, cancelled, picked in part, received in part; and the stock is right after it."""
    costs = []
    for lines in (20, 200):
        put(world, "W1", "mask", 2 * lines)
        (order,) = issue(world, *[("W1-H1", "mask", 2, 0, 0)] * lines)
        with clock.at(noon(10)):
            for step in before:
                step(order.number, uuid4(), world.users["chen"])
            with CaptureQueriesContext(connection) as queries:
                action(order.number, uuid4(), world.users["chen"], **given(lines))
        costs.append(len(queries))
    # SQLite takes so many values in one statement that some statements become two
    assert costs[1] - costs[0] <= 2
    assert balances(world) == {key: 220 * a_line for key, a_line in left.items()}


ORDERS_FEW, ORDERS_MANY = 3, 60


def ordered(world, count: int) -> list[str]:
    """The numbers of so many orders of two masks each, and the masks in stock."""
    put(world, "W1", "mask", 2 * count)
    rows = [("W1-H1", "mask", 2, day, day) for day in range(count)]
    return [order.number for order in issue(world, *rows)]


def test_sixty_orders_cost_what_three_do(world) -> None:
    """Shipped together and received together; the stock and the events are those of one by one."""
    costs: dict[str, list[int]] = {"ship": [], "receive": []}
    for count in (ORDERS_FEW, ORDERS_MANY):
        numbers = ordered(world, count)
        for action, many in (("ship", services.ship_many), ("receive", services.receive_many)):
            changes = {number: uuid4() for number in numbers}
            with clock.at(noon(10)), CaptureQueriesContext(connection) as queries:
                results = many(changes, world.users["chen"])
            costs[action].append(len(queries))
            assert [one.order.number for one in results] == numbers
            assert not any(one.repeated for one in results)
    for few, many in costs.values():
        assert many - few <= 2, costs
    total = 2 * (ORDERS_FEW + ORDERS_MANY)
    assert balances(world) == {"stock:H1": total}
    events = OrderEvent.objects.filter(action="receive", state_after="received")
    assert events.count() == ORDERS_FEW + ORDERS_MANY
    assert ledger.prove().problems == []


def test_many_sent_again_change_nothing(world) -> None:
    """The same ids give the same events, also where a new order is among them."""
    numbers = ordered(world, 3)
    changes = {number: uuid4() for number in numbers}
    chen = world.users["chen"]
    with clock.at(noon(10)):
        first = services.ship_many(dict(list(changes.items())[:2]), chen)
        again = services.ship_many(changes, chen)
    assert [one.repeated for one in again] == [True, True, False]
    assert [one.event.pk for one in again[:2]] == [one.event.pk for one in first]
    assert balances(world) == {}


def test_one_that_cannot_be_stops_all(world) -> None:
    """A cancelled order among those that ship: nothing ships, and the message names it."""
    numbers = ordered(world, 3)
    chen = world.users["chen"]
    with clock.at(noon(10)):
        services.cancel(numbers[1], uuid4(), chen, reason="stopped")
        with pytest.raises(ConflictError, match=numbers[1]):
            services.ship_many({number: uuid4() for number in numbers}, chen)
    assert not OrderEvent.objects.filter(action="ship").exists()
    assert balances(world) == {"stock:W1": 6, "reserved:W1": 4}


def test_many_are_each_named_once_by_one_person(world) -> None:
    """An order twice, an id twice, somebody else's order, two actors: refused before anything."""
    one, two = ordered(world, 2)
    chen, hua = world.users["chen"], world.users["hua"]
    change = uuid4()

    def ask(number: str, actor=chen, change=None) -> Ask:
        return Ask(number, "ship", change or uuid4(), actor)

    with clock.at(noon(10)):
        with pytest.raises(InvalidError, match="twice"):
            services.make_many([ask(one), ask(one)])
        with pytest.raises(ConflictError, match="another order"):
            services.make_many([ask(one, change=change), ask(two, change=change)])
        with pytest.raises(NotFoundError, match="DO-1"):
            services.make_many([ask(one), ask("DO-1")])
        with pytest.raises(ValueError, match="one actor"):
            services.make_many([ask(one), ask(two, hua)])
    assert services.make_many([]) == []
    assert not OrderEvent.objects.filter(action="ship").exists()


def test_different_days_and_reasons_are_kept_apart(world) -> None:
    """What ships on two days and is cancelled for two reasons keeps each its own in the ledger."""
    numbers = ordered(world, 4)
    chen = world.users["chen"]
    with clock.at(noon(12)):
        services.make_many(
            [
                Ask(numbers[0], "ship", uuid4(), chen, day=date(2020, 2, 11)),
                Ask(numbers[1], "ship", uuid4(), chen, day=date(2020, 2, 12)),
                Ask(numbers[2], "cancel", uuid4(), chen, reason="road closed"),
                Ask(numbers[3], "cancel", uuid4(), chen, reason="not wanted"),
            ]
        )
    ends = {
        row.source.removeprefix("order:"): (row.event, row.day, row.reason)
        for row in Movement.objects.filter(ends=True)
    }
    assert ends[numbers[0]] == ("settle", date(2020, 2, 11), "")
    assert ends[numbers[1]] == ("settle", date(2020, 2, 12), "")
    assert ends[numbers[2]][::2] == ("void", "road closed")
    assert ends[numbers[3]][::2] == ("void", "not wanted")


@pytest.mark.django_db(transaction=True)
def test_two_who_ship_the_same_orders_ship_them_once(world) -> None:
    """At the same moment, in opposite order: one ships, the other finds them shipped."""
    numbers = ordered(world, 5)
    chen = world.users["chen"]

    def work(at: int) -> object:
        asked = numbers if at else numbers[::-1]
        with clock.at(noon(10)):
            return services.ship_many({number: uuid4() for number in asked}, chen)

    results = at_once(2, work)
    assert sum(isinstance(one, ConflictError) for one in results) == 1, results
    assert OrderEvent.objects.filter(action="ship").count() == 5
    assert ledger.prove().problems == []
