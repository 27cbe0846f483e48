"""Tracking together with its neighbours: requests, the ledger, dispatch and monitor."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from sampan_platform.collect import services as collect
from sampan_platform.common import clock
from sampan_platform.common.errors import InvalidError
from sampan_platform.ledger import selectors as ledger_reads
from sampan_platform.ledger import services as ledger
from sampan_platform.requests import services as requests
from sampan_platform.requests.models import Request
from sampan_platform.track import selectors, services
from sampan_platform.track.models import DispatchOrder
from sampan_platform.track.services import Counted
from tests.platform.track_world import (
    FEB_10,
    balances,
    everywhere,
    issue,
    line,
    noon,
    put,
    shipped,
)

D = Decimal


@pytest.fixture(autouse=True)
def _noon():
    """All of it happens on 10 February."""
    with clock.at(noon(10)):
        yield


def test_what_arrives_good_meets_what_was_asked_for(world) -> None:
    """Jinyintan has asked for 100: 60 come good and 10 spoilt, then 30 good. 90 are met, and a
    receipt sent twice meets nothing twice.
    """
    wish = requests.Wish(
        world.sites["H1"], world.resources["mask"], D(100), date(2020, 2, 12), "epidemic"
    )
    asked = requests.submit(uuid4(), wish, world.users["hua"])
    requests.review(asked, world.users["chen"])
    requests.decide(asked, world.users["wei"])
    put(world, "W1", "mask", 100)
    order, hua, change = shipped(world, ("W1-H1", "mask", 100, 0, 1)), world.users["hua"], uuid4()
    for _ in range(2):
        services.receive(
            order.number, change, hua, counted=[Counted(1, good=D(60), damaged=D(10))], reason="wet"
        )
    found = Request.objects.get(pk=asked.pk)
    assert (found.state, found.met_quantity) == ("partly_met", 60)
    services.receive(order.number, uuid4(), hua)
    assert Request.objects.get(pk=asked.pk).met_quantity == 90


def test_a_report_of_what_an_order_brought_counts_nothing_twice(world) -> None:
    """60 of 100 asked for come with an order; the hospital's report of the day says so too. The
    request is met with 60 and the stock is 60, whichever of the two is said first.
    """
    wish = requests.Wish(
        world.sites["H1"], world.resources["mask"], D(100), date(2020, 2, 12), "epidemic"
    )
    asked = requests.submit(uuid4(), wish, world.users["hua"])
    requests.review(asked, world.users["chen"])
    requests.decide(asked, world.users["wei"])
    put(world, "W1", "mask", 100)
    order = shipped(world, ("W1-H1", "mask", 60, 0, 1))
    said = {"site": "H1", "resource": "mask", "day": FEB_10, "received": 60}
    collect.file_reports([said], world.users["hua"])
    assert Request.objects.get(pk=asked.pk).met_quantity == 0
    services.receive(order.number, uuid4(), world.users["hua"])
    collect.file_reports([said | {"stock": 60}], world.users["hua"])
    assert Request.objects.get(pk=asked.pk).met_quantity == 60
    assert balances(world)["stock:H1"] == 60
    assert ledger.prove().holds


def test_a_lot_taken_into_quarantine_is_not_shipped(world) -> None:
    """Recalled after it was ordered: shipping is refused and changes nothing; the order can be
    cancelled.
    """
    put(world, "W1", "mask", 100, "BAD")
    (order,) = issue(world, ("W1-H1", "mask", 60, 0, 1))
    chen = world.users["chen"]
    ledger.quarantine_lot(
        world.resources["mask"].pk, "BAD", movement=uuid4(), day=FEB_10, reason="recall",
        actor=world.users["chen"],
    )  # fmt: skip
    with pytest.raises(InvalidError, match="BAD") as error:
        services.ship(order.number, uuid4(), chen)
    assert error.value.code == "below-zero"
    assert DispatchOrder.objects.get().state == "issued"
    assert line(order).shipped == 0
    services.cancel(order.number, uuid4(), chen, reason="recall")
    assert everywhere(world) == {"quarantine": 100}
    assert selectors.prove() == []


def test_a_recalled_lot_is_found_wherever_it_went(world) -> None:
    """100 of a lot: 40 at the hospital, 5 lost, 15 on the way there, 40 in the store."""
    put(world, "W1", "mask", 100, "L1")
    order = shipped(world, ("W1-H1", "mask", 60, 0, 1))
    services.receive(
        order.number, uuid4(), world.users["hua"], counted=[Counted(1, good=D(40), short=D(5))],
        reason="lost",
    )  # fmt: skip
    found = ledger_reads.where_did_it_go(world.resources["mask"].pk, "L1")
    assert {(one.kind, one.site, one.reference, one.quantity) for one in found} == {
        ("stock", "W1", "", 40),
        ("stock", "H1", "", 40),
        ("loss", "H1", "", 5),
        ("transit", "", f"{order.number}/1", 15),
    }


def test_the_ledger_proves_itself_after_all_that_can_happen(world) -> None:
    """Picked short, shipped, received in part, short, returned and cancelled: the chain holds,
    every balance is derived again, and orders agree with it.
    """
    put(world, "W1", "mask", 500, "A")
    chen, hua = world.users["chen"], world.users["hua"]
    first, second, third = issue(
        world,
        ("W1-H1", "mask", 100, 0, 1),
        ("W1-H1", "mask", 100, 1, 2),
        ("W1-H2", "mask", 50, 2, 4),
    )
    services.pick(first.number, uuid4(), chen, picked=[services.Picked(1, D(80))], reason="wet")
    services.ship(first.number, uuid4(), chen)
    services.receive(
        first.number, uuid4(), hua, counted=[Counted(1, good=D(50), short=D(5))], reason="lost"
    )
    services.take_back(first.number, uuid4(), chen, reason="refused")
    services.ship(second.number, uuid4(), chen)
    services.cancel(third.number, uuid4(), chen, reason="no flight")
    assert balances(world) == {"stock:W1": 345, "stock:H1": 50}
    assert everywhere(world) == {"stock": 395, "transit": 100, "loss": 5}
    assert ledger.prove().holds
    assert selectors.prove() == []


def test_an_order_that_was_tampered_with_is_found(world) -> None:
    """Changed behind the services: the proof names the line, and both sides of it."""
    put(world, "W1", "mask", 100)
    order = shipped(world, ("W1-H1", "mask", 100, 0, 1))
    order.lines.update(received=D(30))
    found = selectors.prove()
    assert found == [
        f"Line {order.number}/1: 30 received, but its changes add up to 0.",
        f"Line {order.number}/1: 70 in transit and 0 reserved, but the ledger has 100 and 0.",
    ]
