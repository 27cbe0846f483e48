"""Whole, in part, short, damaged, kept apart, returned: every unit ends somewhere."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, InvalidError
from sampan_platform.track import selectors, services
from sampan_platform.track.models import OrderLine, OrderState
from sampan_platform.track.services import Counted
from tests.platform.track_world import (
    at_once,
    balances,
    everywhere,
    line,
    noon,
    put,
    shipped,
)

ONE = ("W1-H1", "mask", 100, 0, 1)
D = Decimal


@pytest.fixture(autouse=True)
def _noon():
    """All of it happens on 10 February."""
    with clock.at(noon(10)):
        yield


def test_in_part_then_the_rest(world) -> None:
    """40 come, 60 are still on the way; then they come too."""
    put(world, "W1", "mask", 100)
    order, hua = shipped(world, ONE), world.users["hua"]
    result = services.receive(order.number, uuid4(), hua, counted=[Counted(1, good=D(40))])
    assert result.order.state == OrderState.PART_RECEIVED
    assert result.order.ended_at is None
    assert everywhere(world) == {"stock": 40, "transit": 60}
    result = services.receive(order.number, uuid4(), hua)
    assert result.order.state == OrderState.RECEIVED
    assert result.order.ended_at == noon(10)
    assert everywhere(world) == {"stock": 100}
    assert selectors.prove() == []


def test_short_and_damaged_are_lost_with_a_reason(world) -> None:
    """100 shipped: 70 good, 10 missing, 5 spoilt, 15 kept apart to be looked at."""
    put(world, "W1", "mask", 100, "A")
    order, hua = shipped(world, ONE), world.users["hua"]
    result = services.receive(
        order.number, uuid4(), hua,
        counted=[Counted(1, good=D(70), short=D(10), damaged=D(5), quarantined=D(15),
                         reason="rain on the road")],
    )  # fmt: skip
    assert result.order.state == OrderState.SHORT
    assert everywhere(world) == {"stock": 70, "loss": 15, "quarantine": 15}
    assert balances(world) == {"stock:H1": 70}
    kept = [(one.fate, one.quantity, one.reason) for one in result.event.lines.order_by("id")]
    assert kept == [
        ("received", 70, ""),
        ("short", 10, "rain on the road"),
        ("damaged", 5, "rain on the road"),
        ("quarantined", 15, "rain on the road"),
    ]
    assert selectors.prove() == []


def test_a_loss_without_a_reason_is_refused(world) -> None:
    """Of the line or of the whole receipt; nothing is written before that."""
    put(world, "W1", "mask", 100)
    order, hua = shipped(world, ONE), world.users["hua"]
    count = [Counted(1, good=D(90), damaged=D(10))]
    with pytest.raises(InvalidError, match="Line 1: say why it is short or damaged"):
        services.receive(order.number, uuid4(), hua, counted=count)
    assert everywhere(world) == {"transit": 100}
    result = services.receive(order.number, uuid4(), hua, counted=count, reason="wet")
    assert result.order.state == OrderState.DAMAGED
    with pytest.raises(InvalidError, match="a reason is needed"):
        services.close(order.number, uuid4(), hua)
    assert services.close(order.number, uuid4(), hua, reason="insured").order.state == "closed"


def test_what_was_lost_on_the_first_receipt_decides_at_the_last(world) -> None:
    """10 short with the first part, the rest whole: the order ends short."""
    put(world, "W1", "mask", 100)
    order, hua = shipped(world, ONE), world.users["hua"]
    services.receive(
        order.number, uuid4(), hua, counted=[Counted(1, good=D(40), short=D(10), reason="?")]
    )
    assert services.receive(order.number, uuid4(), hua).order.state == OrderState.SHORT
    assert everywhere(world) == {"stock": 90, "loss": 10}


@pytest.mark.parametrize(
    ("count", "words"),
    [
        ([Counted(1, good=D(101))], "101 are named, and 100 are left"),
        ([Counted(1, good=D(60), short=D(50), reason="x")], "110 are named"),
        ([Counted(1, good=D(-1))], "-1 is below zero"),
        ([Counted(1, good=D("0.0001"))], "finer than a thousandth"),
        ([Counted(1, good=D("NaN"))], "is no quantity"),
        ([Counted(7, good=D(1))], "There is no line 7. The order has 1, 2"),
        ([Counted(1, good=D(1)), Counted(1, good=D(1))], "Line 1 is named twice"),
        ([Counted(1)], "Nothing was counted"),
        ([], "Nothing was counted"),
    ],
)
def test_a_count_that_cannot_be_is_refused(world, count, words) -> None:
    """With the line and what to do; and nothing is written."""
    put(world, "W1", "mask", 100)
    put(world, "W1", "suit", 10)
    order = shipped(world, ONE, ("W1-H1", "suit", 10, 0, 1))
    with pytest.raises(InvalidError, match=words):
        services.receive(order.number, uuid4(), world.users["hua"], counted=count)
    assert everywhere(world) == {"transit": 100}
    assert selectors.order(world.users["hua"], order.number).version == 2


def test_every_wrong_line_is_named(world) -> None:
    """Two lines wrong, two problems."""
    put(world, "W1", "mask", 100)
    put(world, "W1", "suit", 10)
    order = shipped(world, ONE, ("W1-H1", "suit", 10, 0, 1))
    with pytest.raises(InvalidError, match="And 1 more") as error:
        services.receive(
            order.number, uuid4(), world.users["hua"],
            counted=[Counted(1, good=D(200)), Counted(2, short=D(1))],
        )  # fmt: skip
    assert [(one.code, one.where) for one in error.value.problems] == [
        ("quantity-too-much", "line 1"),
        ("reason-missing", "line 2"),
    ]


def test_a_line_not_named_stays_on_the_way(world) -> None:
    """The masks came, the suits did not yet."""
    put(world, "W1", "mask", 100)
    put(world, "W1", "suit", 10)
    order = shipped(world, ONE, ("W1-H1", "suit", 10, 0, 1))
    result = services.receive(
        order.number, uuid4(), world.users["hua"], counted=[Counted(1, good=D(100))]
    )
    assert result.order.state == OrderState.PART_RECEIVED
    assert (line(order, 1).in_transit, line(order, 2).in_transit) == (0, 10)


def test_returned_goods_are_in_the_origins_stock(world) -> None:
    """The bridge is down: all 100 are back, 2 of them spoilt."""
    put(world, "W1", "mask", 100, "A")
    order, chen = shipped(world, ONE), world.users["chen"]
    with pytest.raises(InvalidError, match="a reason is needed"):
        services.take_back(order.number, uuid4(), chen, reason="")
    with pytest.raises(InvalidError, match="100 are on the way, 98 are accounted for"):
        services.take_back(
            order.number, uuid4(), chen, reason="bridge", counted=[Counted(1, good=D(98))]
        )
    result = services.take_back(
        order.number, uuid4(), chen, reason="bridge",
        counted=[Counted(1, good=D(98), damaged=D(2))],
    )  # fmt: skip
    assert result.order.state == OrderState.RETURNED
    assert balances(world) == {"stock:W1": 98}
    assert everywhere(world) == {"stock": 98, "loss": 2}
    assert (line(order).returned, line(order).damaged) == (98, 2)
    assert selectors.prove() == []


def test_the_rest_of_a_part_received_order_comes_back(world) -> None:
    """40 stay at the hospital, 60 are at the store again."""
    put(world, "W1", "mask", 100)
    order, chen = shipped(world, ONE), world.users["chen"]
    services.receive(order.number, uuid4(), chen, counted=[Counted(1, good=D(40))])
    services.take_back(order.number, uuid4(), chen, reason="refused")
    assert balances(world) == {"stock:W1": 60, "stock:H1": 40}


def test_the_database_refuses_more_than_was_shipped(world) -> None:
    """Even where no service stands before it."""
    put(world, "W1", "mask", 100)
    order = shipped(world, ONE)
    for change in ({"received": D(101)}, {"shipped": D(101)}, {"short": D(-1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            OrderLine.objects.filter(order=order).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderLine.objects.filter(order=order).update(ordered=F("ordered") - D(1))


def test_a_part_received_twice_by_one_id_is_received_once(world) -> None:
    """A receipt of 40 sent again is not 80."""
    put(world, "W1", "mask", 100)
    order, hua, change = shipped(world, ONE), world.users["hua"], uuid4()
    for _ in range(3):
        services.receive(order.number, change, hua, counted=[Counted(1, good=D(40))])
    assert everywhere(world) == {"stock": 40, "transit": 60}
    with pytest.raises(ConflictError, match="it was another one"):
        services.receive(order.number, change, hua, counted=[Counted(1, good=D(41))])


@pytest.mark.django_db(transaction=True)
def test_five_receipts_at_once_never_receive_more_than_came(world) -> None:
    """Five of 30 each, of 100: those that get through add up, and none overdraws the transit."""
    put(world, "W1", "mask", 100)
    order = shipped(world, ONE)

    def receive(_: int) -> object:
        with clock.at(noon(10)):
            return services.receive(
                order.number, uuid4(), world.users["hua"], counted=[Counted(1, good=D(30))]
            )

    results = at_once(5, receive)
    through = sum(isinstance(one, services.Result) for one in results)
    assert 1 <= through <= 3
    assert all(isinstance(one, (services.Result, ConflictError, InvalidError)) for one in results)
    assert everywhere(world) == {"stock": 30 * through, "transit": 100 - 30 * through}
    assert selectors.prove() == []


@pytest.mark.django_db(transaction=True)
def test_five_threads_with_one_receipt_receive_once(world) -> None:
    """The same receipt sent five times at once: 40 in stock, not 200."""
    put(world, "W1", "mask", 100)
    order, change = shipped(world, ONE), uuid4()

    def receive(_: int) -> object:
        with clock.at(noon(10)):
            return services.receive(
                order.number, change, world.users["hua"], counted=[Counted(1, good=D(40))]
            )

    results = at_once(5, receive)
    assert all(isinstance(one, services.Result) for one in results), results
    assert everywhere(world) == {"stock": 40, "transit": 60}
