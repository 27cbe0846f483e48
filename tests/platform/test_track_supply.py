"""What the next network sees: every unit once, in stock, reserved, on the way or gone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import uuid4

from sampan_platform.common import clock
from sampan_platform.dispatch.providers import Arrival, Commitment
from sampan_platform.ledger import selectors as ledger
from sampan_platform.track import selectors, services
from sampan_platform.track.services import Counted
from tests.platform.track_world import DECEMBER, JUNE, issue, noon, put, shipped

D = Decimal


def units(world, day: int) -> dict[str, int]:
    """Where the masks are, as the next network counts them at noon of a day."""
    mask = world.resources["mask"].pk
    rows = ledger.on_hand(resources=[mask])
    found = {
        "free": sum(row.quantity - row.pending_out for row in rows),
        "reserved": sum(row.pending_out for row in rows),
        "committed": sum(row.quantity for row in selectors.commitments(noon(day))),
        "arriving": sum(row.quantity for row in selectors.arrivals(noon(day))),
    }
    return {name: int(quantity) for name, quantity in found.items() if quantity}


def test_every_unit_is_in_one_place_at_every_step(world) -> None:
    """500 masks in stock, an order of 200. Free + reserved + arriving are 500 until goods are
    lost, and what is committed is what is reserved, never a second time.
    """
    chen, hua = world.users["chen"], world.users["hua"]
    put(world, "W1", "mask", 500)
    assert units(world, 10) == {"free": 500}
    (order,) = issue(world, ("W1-H1", "mask", 200, 0, 2))
    assert units(world, 10) == {"free": 300, "reserved": 200, "committed": 200}
    with clock.at(noon(10)):
        services.pick(
            order.number, uuid4(), chen, picked=[services.Picked(1, D(180))], reason="wet"
        )
        assert units(world, 10) == {"free": 320, "reserved": 180, "committed": 180}
    with clock.at(noon(11)):
        services.ship(order.number, uuid4(), chen)
        assert units(world, 11) == {"free": 320, "arriving": 180}
    with clock.at(noon(13)):
        services.receive(order.number, uuid4(), hua, counted=[Counted(1, good=D(100))])
        assert units(world, 13) == {"free": 420, "arriving": 80}
    with clock.at(noon(14)):
        services.receive(
            order.number, uuid4(), hua, counted=[Counted(1, good=D(50), short=D(30))], reason="lost"
        )
        assert units(world, 14) == {"free": 470}
    assert selectors.prove() == []


def test_a_moment_in_the_past_gives_what_was_known_then(world) -> None:
    """The same order, looked back at from the 14th."""
    chen, hua = world.users["chen"], world.users["hua"]
    put(world, "W1", "mask", 500)
    (order,) = issue(world, ("W1-H1", "mask", 200, 0, 2))
    with clock.at(noon(11)):
        services.ship(order.number, uuid4(), chen)
    with clock.at(noon(12)):
        services.report_transit(order.number, uuid4(), hua, expected_on=date(2020, 2, 16))
    with clock.at(noon(13)):
        services.receive(order.number, uuid4(), hua, counted=[Counted(1, good=D(150))])
    with clock.at(noon(14)):
        services.receive(order.number, uuid4(), hua)
    mask, h1, lane = world.resources["mask"].pk, world.sites["H1"].pk, world.lanes["W1-H1"].pk
    before = noon(10).replace(hour=11)
    assert (selectors.commitments(before), selectors.arrivals(before)) == ([], [])
    assert selectors.commitments(noon(10)) == [
        Commitment(lane, mask, date(2020, 2, 10), D(200), order.number)
    ]
    assert selectors.arrivals(noon(11)) == [Arrival(h1, mask, date(2020, 2, 13), D(200))]
    assert selectors.arrivals(noon(12)) == [Arrival(h1, mask, date(2020, 2, 16), D(200))]
    assert selectors.arrivals(noon(13)) == [Arrival(h1, mask, date(2020, 2, 16), D(50))]
    assert selectors.arrivals(noon(14)) == []
    for day in (11, 12, 13, 14):
        assert selectors.commitments(noon(day)) == []


def test_what_is_late_arrives_today_at_the_earliest(world) -> None:
    """Expected on the 11th, looked at on the 15th: the 15th."""
    put(world, "W1", "mask", 100)
    shipped(world, ("W1-H1", "mask", 100, 0, 1))
    assert [row.day for row in selectors.arrivals(noon(10))] == [date(2020, 2, 11)]
    assert [row.day for row in selectors.arrivals(noon(15))] == [date(2020, 2, 15)]


def test_lots_arrive_with_their_expiry_and_are_committed_as_one(world) -> None:
    """100 for June and 20 for December: two arrivals, one commitment of the order."""
    put(world, "W1", "mask", 100, "A", JUNE)
    put(world, "W1", "mask", 100, "B", DECEMBER)
    (order,) = issue(world, ("W1-H1", "mask", 120, 0, 1))
    assert [row.quantity for row in selectors.commitments(noon(10))] == [D(120)]
    with clock.at(noon(10)):
        services.ship(order.number, uuid4(), world.users["chen"])
    found = {(row.expires_on, row.quantity) for row in selectors.arrivals(noon(10))}
    assert found == {(JUNE, D(100)), (DECEMBER, D(20))}


def test_cancelled_and_returned_goods_are_only_in_stock(world) -> None:
    """One order cancelled, one returned: 300 free again, nothing else."""
    put(world, "W1", "mask", 300)
    chen = world.users["chen"]
    (first,) = issue(world, ("W1-H1", "mask", 100, 0, 1))
    second = shipped(world, ("W1-H2", "mask", 100, 0, 2))
    assert units(world, 10) == {"free": 100, "reserved": 100, "committed": 100, "arriving": 100}
    with clock.at(noon(10)):
        services.cancel(first.number, uuid4(), chen, reason="road closed")
        services.take_back(second.number, uuid4(), chen, reason="no flight")
    assert units(world, 10) == {"free": 300}


def test_the_next_network_costs_a_fixed_number_of_queries(world, django_assert_num_queries) -> None:
    """Two queries for arrivals and one for commitments, for two orders as for two thousand."""
    put(world, "W1", "mask", 1000)
    for _ in range(4):
        issue(world, ("W1-H1", "mask", 10, 0, 1))
        shipped(world, ("W1-H2", "mask", 10, 0, 2))
    with django_assert_num_queries(2):
        assert sum(row.quantity for row in selectors.arrivals(noon(10))) == 40
    with django_assert_num_queries(1):
        assert len(selectors.commitments(noon(10))) == 4
