"""Lists, lateness, lanes and papers: what people look at."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from sampan_platform.common import clock
from sampan_platform.common.errors import InvalidError, NotFoundError
from sampan_platform.track import selectors, services
from sampan_platform.track.documents import pack_into
from sampan_platform.track.selectors import Filters
from sampan_platform.track.services import Counted
from tests.platform.track_world import DECEMBER, JUNE, issue, noon, put, shipped

D = Decimal


@pytest.fixture
def orders(world) -> dict[str, str]:
    """From the store to Jinyintan (shipped) and to Bach Mai, and from the plant to the store."""
    for site, resource in (("W1", "mask"), ("W1", "suit"), ("F1", "mask")):
        put(world, site, resource, 1000)
    return {
        "H1": shipped(world, ("W1-H1", "mask", 100, 0, 1)).number,
        "H2": issue(world, ("W1-H2", "suit", 10, 1, 3))[0].number,
        "W1": issue(world, ("F1-W1", "mask", 500, 0, 1))[0].number,
    }


def test_everyone_sees_what_starts_or_ends_with_them(world, orders) -> None:
    """The store's coordinator all three; a plant, a hospital and Viet Nam what is theirs."""
    seen = {
        name: {
            end
            for end, number in orders.items()
            if selectors.orders(user).filter(number=number).exists()
        }
        for name, user in world.users.items()
    }
    assert seen["chen"] == seen["ana"] == seen["aud"] == {"H1", "H2", "W1"}
    assert (seen["rui"], seen["hua"], seen["lan"]) == ({"W1"}, {"H1"}, {"H2"})
    with pytest.raises(NotFoundError):
        selectors.whole_order(world.users["rui"], orders["H1"])
    with pytest.raises(NotFoundError):
        selectors.document(world.users["rui"], orders["H1"], "packing-list")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(states=["shipped"]), {"H1"}),
        (Filters(states=["shipped", "issued"]), {"H1", "H2", "W1"}),
        (Filters(lane="F1-W1"), {"W1"}),
        (Filters(site="W1"), {"H1", "H2", "W1"}),
        (Filters(origin="W1"), {"H1", "H2"}),
        (Filters(destination="W1"), {"W1"}),
        (Filters(resource="suit"), {"H2"}),
        (Filters(departs_since=date(2020, 2, 11)), {"H2"}),
        (Filters(departs_until=date(2020, 2, 10)), {"H1", "W1"}),
        (Filters(open_only=True), {"H1", "H2", "W1"}),
        (Filters(plan=-1), set()),
    ],
)
def test_filters(world, orders, filters, expected) -> None:
    """Each narrows the list to what it says."""
    found = {one.number for one in selectors.orders(world.users["chen"], filters)}
    assert found == {orders[end] for end in expected}


def test_an_unknown_state_is_named(world) -> None:
    """And the states that there are."""
    with pytest.raises(InvalidError, match="no state lost; there are issued, picked"):
        list(selectors.orders(world.users["chen"], Filters(states=["lost"])))


def test_lists_and_details_make_a_fixed_number_of_queries(
    world, orders, django_assert_num_queries
) -> None:
    """Roles, the orders, their lines; the events and what they did."""
    chen = world.users["chen"]
    with django_assert_num_queries(3):
        for order in selectors.orders(chen):
            assert [one.resource.code for one in order.lines.all()]
            assert order.origin.organisation.code
    with django_assert_num_queries(5):
        whole = selectors.whole_order(chen, orders["H1"])
        assert [line.line.number for one in whole.events.all() for line in one.lines.all()]


def test_what_is_coming_is_told_at_its_end(world, orders, django_assert_num_queries) -> None:
    """Jinyintan sees its 100; the plant sees nothing of it; five queries whatever there is."""
    with django_assert_num_queries(5):
        (row,) = selectors.coming(world.users["hua"], noon(10))
    assert (row.site, row.resource, row.day) == ("H1", "mask", date(2020, 2, 11))
    assert (row.quantity, row.unit, row.expires_on) == (100, "piece", None)
    assert selectors.coming(world.users["rui"], noon(10)) == []
    assert selectors.coming(world.users["lan"], noon(10)) == []


def test_late_departures_and_arrivals(world, orders) -> None:
    """On the 13th: due out on the 10th and the 11th, and due in on the 11th."""
    late = selectors.overdue(world.users["chen"], date(2020, 2, 13))
    assert [(one.order.number, one.what, one.days) for one in late] == [
        (orders["W1"], "departure", 3),
        (orders["H1"], "arrival", 2),
        (orders["H2"], "departure", 2),
    ]
    assert [one.order.number for one in selectors.overdue(world.users["hua"], date(2020, 2, 13))]
    assert selectors.overdue(world.users["chen"], date(2020, 2, 10)) == []
    assert len(selectors.all_overdue(date(2020, 2, 13))) == 3


def test_what_is_partly_here_is_late_and_what_is_all_here_is_not(world, orders) -> None:
    """A rest on the way is overdue until it has come, too."""
    with clock.at(noon(11)):
        services.receive(
            orders["H1"], uuid4(), world.users["hua"], counted=[Counted(1, good=D(40))]
        )
    assert _late_arrivals(world) == [orders["H1"]]
    with clock.at(noon(14)):
        services.receive(orders["H1"], uuid4(), world.users["hua"])
    assert _late_arrivals(world) == []


def test_shipped_against_received_by_lane(world) -> None:
    """Two orders of masks to Jinyintan. The first, planned for one day and two on the road: 90
    of 100 good, 6 missing, 4 spoilt. Of the second, 50, 20 have come.
    """
    put(world, "W1", "mask", 60, "A", JUNE)
    put(world, "W1", "mask", 200, "B", DECEMBER)
    first = shipped(world, ("W1-H1", "mask", 100, 0, 1), day=10)
    second = shipped(world, ("W1-H1", "mask", 50, 1, 2), day=11)
    hua = world.users["hua"]
    with clock.at(noon(12)):
        services.receive(
            first.number, uuid4(), hua, reason="rain",
            counted=[Counted(1, good=D(60)), Counted(2, good=D(30), short=D(6), damaged=D(4))],
        )  # fmt: skip
        services.receive(second.number, uuid4(), hua, counted=[Counted(1, good=D(20))])
    (row,) = selectors.by_lane(hua, date(2020, 2, 10), date(2020, 2, 12))
    assert (row.lane, row.resource, row.orders, row.day) == ("W1-H1", "mask", 2, None)
    assert (row.shipped, row.received, row.short, row.damaged) == (150, 110, 6, 4)
    assert (row.quarantined, row.returned, row.in_transit) == (0, 0, 30)
    assert (row.arrived_orders, row.lead_days_planned, row.lead_days_actual) == (1, 1.0, 2.0)
    by_day = selectors.by_lane(hua, date(2020, 2, 10), date(2020, 2, 12), by_day=True)
    assert [(one.day, one.shipped, one.in_transit) for one in by_day] == [
        (date(2020, 2, 10), 100, 0),
        (date(2020, 2, 11), 50, 30),
    ]
    assert by_day[1].lead_days_actual is None
    assert selectors.by_lane(hua, date(2020, 2, 12), date(2020, 2, 13)) == []
    assert selectors.by_lane(world.users["lan"], date(2020, 2, 10), date(2020, 2, 12)) == []


def test_a_mean_counts_each_order_once(world) -> None:
    """Two lots in an order of three days, one lot in an order of one day: two days, not 2.3."""
    put(world, "W1", "mask", 60, "A", JUNE)
    put(world, "W1", "mask", 200, "B", DECEMBER)
    long = shipped(world, ("W1-H1", "mask", 100, 0, 1), day=10)
    short = shipped(world, ("W1-H1", "mask", 100, 0, 1), day=10)
    for order, day in ((short, 11), (long, 13)):
        with clock.at(noon(day)):
            services.receive(order.number, uuid4(), world.users["hua"])
    (row,) = selectors.by_lane(world.users["hua"], date(2020, 2, 10), date(2020, 2, 10))
    assert (row.arrived_orders, row.lead_days_planned, row.lead_days_actual) == (2, 1.0, 2.0)


def test_lanes_keep_resources_apart_and_filter(world, orders, django_assert_num_queries) -> None:
    """Masks and suits on two rows; four queries whatever there is."""
    with clock.at(noon(11)):
        services.ship(orders["H2"], uuid4(), world.users["chen"])
    since, until = date(2020, 2, 1), date(2020, 2, 29)
    with django_assert_num_queries(3):
        rows = selectors.by_lane(world.users["chen"], since, until)
    assert [(one.lane, one.resource) for one in rows] == [("W1-H1", "mask"), ("W1-H2", "suit")]
    only = selectors.by_lane(world.users["chen"], since, until, lane="W1-H2", resource="suit")
    assert [one.lane for one in only] == ["W1-H2"]
    with pytest.raises(InvalidError, match="earlier day first"):
        selectors.by_lane(world.users["chen"], until, since)


def test_papers(world) -> None:
    """The dispatch order says 130, of which 120 were there: two boxes of 50 and 20 loose."""
    put(world, "W1", "mask", 500, "A", JUNE)
    (order,) = issue(world, ("W1-H1", "mask", 130, 0, 1))
    chen = world.users["chen"]
    with clock.at(noon(10)):
        services.pick(
            order.number, uuid4(), chen, picked=[services.Picked(1, D(120))], reason="wet"
        )
        services.ship(order.number, uuid4(), chen, carrier="SF", vehicle="鄂A12345")
    paper = selectors.document(chen, order.number, "dispatch-order")
    assert (paper.title_zh, paper.lines[0].quantity) == ("调度令", 130)
    assert (paper.origin.name_zh, paper.destination.site) == ("武汉储备库", "H1")
    packing = selectors.document(chen, order.number, "packing-list")
    (line,) = packing.lines
    assert (line.lot, line.expires_on, line.quantity) == ("A", JUNE, 120)
    assert [(one.name, one.count) for one in line.packages] == [("box", 2)]
    assert line.loose == 20
    assert packing.mass_kg == pytest.approx(0.36)
    assert (packing.carrier, packing.vehicle) == ("SF", "鄂A12345")
    with pytest.raises(InvalidError, match="there are dispatch-order, packing-list"):
        selectors.document(chen, order.number, "invoice")


def test_packing_takes_the_largest_first() -> None:
    """1,234 masks in cartons of 500 and boxes of 50: 2 and 4, and 34 loose."""
    packages, loose = pack_into(D(1234), [("box", D(50)), ("carton", D(500))])
    assert [(one.name, one.count) for one in packages] == [("carton", 2), ("box", 4)]
    assert loose == 34
    assert pack_into(D(10), []) == ((), D(10))


def _late_arrivals(world) -> list[str]:
    late = selectors.overdue(world.users["chen"], date(2020, 2, 14))
    return [one.order.number for one in late if one.what == "arrival"]
