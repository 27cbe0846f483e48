"""An approved plan becomes orders, each once, with its lots set apart."""

from __future__ import annotations

from datetime import UTC, date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, PlatformError
from sampan_platform.dispatch import providers
from sampan_platform.people.models import AuditEvent
from sampan_platform.track import selectors, services
from sampan_platform.track.models import DispatchOrder, OrderLine
from tests.platform.track_world import (
    DECEMBER,
    FEB_10,
    JUNE,
    at_once,
    balances,
    issue,
    line,
    noon,
    plan,
    put,
)


def test_lines_of_a_lane_and_day_make_one_order(world) -> None:
    """Two resources that leave together share an order; another day makes another one."""
    put(world, "W1", "mask", 300)
    put(world, "W1", "suit", 50)
    first, second = issue(
        world,
        ("W1-H1", "mask", 100, 0, 0),
        ("W1-H1", "suit", 20, 0, 0),
        ("W1-H1", "mask", 30, 1, 1),
    )
    assert [first.number, second.number] == ["DO-2020-02-10-0001", "DO-2020-02-10-0002"]
    assert [(one.resource.code, one.ordered) for one in first.lines.order_by("number")] == [
        ("mask", 100),
        ("suit", 20),
    ]
    assert (second.depart_on, second.arrive_on) == (date(2020, 2, 11), date(2020, 2, 11))
    assert first.origin == world.sites["W1"]
    assert first.destination == world.sites["H1"]
    assert balances(world) == {"stock:W1": 300, "reserved:W1": 130}
    assert selectors.prove() == []


def test_lots_that_expire_first_leave_first(world) -> None:
    """150 of 100 that expire in June and 80 in December: 100 and 50."""
    put(world, "W1", "mask", 80, "B", DECEMBER)
    put(world, "W1", "mask", 100, "A", JUNE)
    (order,) = issue(world, ("W1-H1", "mask", 150, 0, 0))
    found = order.lines.order_by("number").values_list("lot", "expires_on", "ordered")
    assert list(found) == [("A", JUNE, Decimal(100)), ("B", DECEMBER, Decimal(50))]


def test_what_is_reserved_is_not_ordered_again(world) -> None:
    """The second order takes from the lots that the first one left."""
    put(world, "W1", "mask", 100, "A", JUNE)
    put(world, "W1", "mask", 100, "B", DECEMBER)
    issue(world, ("W1-H1", "mask", 70, 0, 0))
    (second,) = issue(world, ("W1-H1", "mask", 60, 0, 0))
    found = second.lines.order_by("number").values_list("lot", "ordered")
    assert list(found) == [("A", Decimal(30)), ("B", Decimal(30))]


def test_what_would_expire_on_the_way_stays(world) -> None:
    """A two-day flight takes the lot that is good on arrival, and leaves the other one to
    whoever is near, whichever of the two stands first in the plan.
    """
    put(world, "W1", "mask", 100, "old", date(2020, 2, 11))
    put(world, "W1", "mask", 100, "new", DECEMBER)
    near, far = issue(world, ("W1-H1", "mask", 100, 0, 0), ("W1-H2", "mask", 100, 0, 2))
    assert [near.lane.code, far.lane.code] == ["W1-H1", "W1-H2"]
    assert [line(near).lot, line(far).lot] == ["old", "new"]


def test_an_order_without_stock_undoes_the_whole_approval(world) -> None:
    """Of two lines the second has no stock: no order, no number, nothing reserved."""
    put(world, "W1", "mask", 100)
    with pytest.raises(PlatformError, match="suit") as error:
        issue(world, ("W1-H1", "mask", 100, 0, 0), ("W1-H1", "suit", 20, 0, 0))
    assert "W1" in error.value.message
    assert DispatchOrder.objects.count() == 0
    assert balances(world) == {"stock:W1": 100}
    assert issue(world, ("W1-H1", "mask", 100, 0, 0))[0].number == "DO-2020-02-10-0001"


def test_lines_ordered_twice_are_ordered_once(world) -> None:
    """Making the same orders again gives back those that there are."""
    put(world, "W1", "mask", 300)
    run, lines = plan(world, [("W1-H1", "mask", 100, 0, 0), ("W1-H2", "mask", 50, 0, 2)])
    with clock.at(noon(10)):
        services.make_orders(run, lines[:1], world.users["wei"])
        again = services.make_orders(run, lines, world.users["wei"])
        services.make_orders(run, lines, world.users["wei"])
    assert [one.number for one in again] == ["DO-2020-02-10-0001", "DO-2020-02-10-0002"]
    assert DispatchOrder.objects.count() == 2
    assert balances(world)["reserved:W1"] == 150


def test_only_approved_lines_of_the_plan_are_ordered(world) -> None:
    """No order without approval, of another plan's lines, or of what is an order already."""
    put(world, "W1", "mask", 300)
    run, lines = plan(world, [("W1-H1", "mask", 100, 0, 0)])
    other, _ = plan(world, [])
    with pytest.raises(ConflictError, match="another plan or ordered already"):
        services.make_orders(other, lines, world.users["wei"])
    lines[0].frozen = True
    with pytest.raises(ConflictError, match="lines 1 are of another plan"):
        services.make_orders(run, lines, world.users["wei"])
    lines[0].frozen, run.approval = False, "half"
    with pytest.raises(ConflictError, match="is not approved"):
        services.make_orders(run, lines, world.users["wei"])
    assert DispatchOrder.objects.count() == 0


def test_lots_of_the_expiry_that_the_plan_counts_on_come_first(world) -> None:
    """The plan keeps the June lot for somebody else and sends December's."""
    put(world, "W1", "mask", 100, "A", JUNE)
    put(world, "W1", "mask", 100, "B", DECEMBER)
    run, lines = plan(world, [("W1-H1", "mask", 120, 0, 0)])
    lines[0].expires_on = DECEMBER
    with clock.at(noon(10)):
        (order,) = services.make_orders(run, lines, world.users["wei"])
    found = order.lines.order_by("number").values_list("lot", "ordered")
    assert list(found) == [("B", Decimal(100)), ("A", Decimal(20))]


def test_the_database_refuses_a_plan_line_ordered_twice(world) -> None:
    """Even where no service stands before it."""
    put(world, "W1", "mask", 100)
    (order,) = issue(world, ("W1-H1", "mask", 100, 0, 0))
    ordered = line(order)
    ordered.pk, ordered.number = None, 2
    with pytest.raises(IntegrityError), transaction.atomic():
        ordered.save(force_insert=True)


def test_numbers_start_again_each_day(world) -> None:
    """The day in the number is the one in the plan's place: 17:00 in London is the 11th here."""
    put(world, "W1", "mask", 300)
    issue(world, ("W1-H1", "mask", 10, 0, 0))
    run, lines = plan(world, [("W1-H1", "mask", 20, 1, 1)])
    with clock.at(noon(10).replace(hour=17, tzinfo=UTC)):
        (order,) = services.make_orders(run, lines, world.users["wei"])
    assert order.number == "DO-2020-02-11-0001"


def test_issuing_costs_the_same_for_many_lines(world, django_assert_max_num_queries) -> None:
    """One line or thirty: the number of queries does not grow with them."""
    put(world, "W1", "mask", 1000)
    run, lines = plan(world, [("W1-H1", "mask", 10, at % 5, at % 5) for at in range(30)])
    with clock.at(noon(10)), django_assert_max_num_queries(30):
        services.make_orders(run, lines, world.users["wei"])
    assert OrderLine.objects.count() == 30


def test_issuing_is_kept_in_the_trail_and_as_the_first_event(world) -> None:
    """Who ordered what, and when."""
    put(world, "W1", "mask", 100)
    (order,) = issue(world, ("W1-H1", "mask", 100, 0, 0))
    (event,) = order.events.all()
    assert (event.action, event.state_after, event.day) == ("issue", "issued", FEB_10)
    assert event.by == world.users["wei"]
    trail = AuditEvent.objects.get(action="track.issue")
    assert trail.after == {"orders": [order.number]}


def test_dispatch_knows_its_order_maker(world) -> None:
    """Django's start joins the stages: orders, arrivals and commitments."""
    assert services.make_orders in providers.order_makers()
    put(world, "W1", "mask", 100)
    issue(world, ("W1-H1", "mask", 60, 0, 0))
    assert [row.quantity for row in providers.commitments(noon(10))] == [Decimal(60)]
    assert providers.arrivals(noon(10)) == []


@pytest.mark.django_db(transaction=True)
def test_two_plans_cannot_reserve_the_same_stock(world) -> None:
    """100 in stock and five plans of 60 at once: one gets its order, four are told."""
    put(world, "W1", "mask", 100)
    plans = [plan(world, [("W1-H1", "mask", 60, 0, 0)]) for _ in range(5)]

    def approve(at: int) -> object:
        with clock.at(noon(10)):
            return services.make_orders(*plans[at], world.users["wei"])

    results = at_once(5, approve)
    assert sum(isinstance(one, PlatformError) for one in results) == 4
    assert DispatchOrder.objects.get().number == "DO-2020-02-10-0001"
    assert balances(world) == {"stock:W1": 100, "reserved:W1": 60}


@pytest.mark.django_db(transaction=True)
def test_numbers_are_given_once_to_plans_approved_at_once(world) -> None:
    """Five plans at the same time: five numbers in a row."""
    put(world, "W1", "mask", 100)
    plans = [plan(world, [("W1-H1", "mask", 10, 0, 0)]) for _ in range(5)]

    def approve(at: int) -> object:
        with clock.at(noon(10)):
            return services.make_orders(*plans[at], world.users["wei"])

    at_once(5, approve)
    numbers = sorted(DispatchOrder.objects.values_list("number", flat=True))
    assert numbers == [f"DO-2020-02-10-000{at}" for at in range(1, 6)]
