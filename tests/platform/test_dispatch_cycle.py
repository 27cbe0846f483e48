"""From a need to goods on the shelf, and what the next plan knows of it at each step."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest

from sampan_platform.catalogue.models import Lane
from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError
from sampan_platform.dispatch import services
from sampan_platform.dispatch.network import build
from sampan_platform.ledger import services as ledger
from sampan_platform.requests import services as requests
from sampan_platform.requests.services import Wish
from sampan_platform.track import services as track
from sampan_platform.track.models import DispatchOrder
from tests.platform.planning import NOW, TODAY, report, solved, stock


@pytest.fixture(autouse=True)
def _in_february():
    with clock.at(NOW):
        yield


@pytest.fixture
def asked(world):
    """Jinyintan has asked for 600 masks, approved; the store has 1,000, a day's drive away."""
    Lane.objects.filter(code="W1-H1").update(lead_time_periods=1)
    report(world, "F1", TODAY - timedelta(days=1), effective_capacity=0)
    stock(world, "W1", 1000)
    services.set_limit(world.organisations["cn"], Decimal(10**6), world.users["ops"])
    wish = Wish(
        site=world.sites["H1"], resource=world.resources["mask"], quantity=Decimal(600),
        needed_by=TODAY + timedelta(days=1), reason="New ward",
    )  # fmt: skip
    chen = world.users["chen"]
    made = requests.submit(uuid.uuid4(), wish, world.users["hua"])
    return requests.decide(requests.review(made, chen), chen)


def figures(world) -> dict[str, float]:
    """What the next network has of masks: in stock, firmly ordered, on the way, wanted."""
    network = build(world.organisations["cn-hb"], clock.now(), 5).network
    names = ("stocks", "commitments", "arrivals", "demands")
    return {name: network.table(name)["quantity"].sum() for name in names}


def test_each_step_is_known_to_the_next_plan_once(world, asked) -> None:
    """Ordered: frozen. Shipped: on the way. Received: in stock, and the request is met."""
    assert figures(world) == {"stocks": 1000, "commitments": 0, "arrivals": 0, "demands": 600}
    run = services.approve(solved(world), world.users["wei"])
    order = DispatchOrder.objects.get(plan=run)
    assert figures(world) == {"stocks": 1000, "commitments": 600, "arrivals": 0, "demands": 600}
    again = solved(world)
    assert [(line.quantity, line.frozen) for line in again.lines.all()] == [(600, True)]
    assert sum(row["short"] for row in again.summary["shortage"]) == 0
    track.ship(order.number, uuid.uuid4(), world.users["chen"])
    assert figures(world) == {"stocks": 400, "commitments": 0, "arrivals": 600, "demands": 600}
    assert not solved(world).lines.exists()
    with clock.at(NOW + timedelta(days=1)):
        track.receive(order.number, uuid.uuid4(), world.users["hua"])
        asked.refresh_from_db()
        assert (asked.state, asked.unmet) == ("met", 0)
        assert figures(world) == {"stocks": 1000, "commitments": 0, "arrivals": 0, "demands": 0}
    assert ledger.prove()


def test_a_moment_in_the_past_knows_what_was_known_then(world, asked) -> None:
    """Each step an hour after the other: the network as of any of them is the one of then."""
    seen = {}
    with clock.at(NOW + timedelta(hours=1)):
        run = services.approve(solved(world), world.users["wei"])
        order = DispatchOrder.objects.get(plan=run)
        seen[clock.now()] = figures(world)
    with clock.at(NOW + timedelta(hours=2)):
        track.ship(order.number, uuid.uuid4(), world.users["chen"])
        seen[clock.now()] = figures(world)
    with clock.at(NOW + timedelta(hours=3)):
        stock(world, "W1", 50)
        seen[clock.now()] = figures(world)
    names = ("stocks", "commitments", "arrivals", "demands")
    assert [tuple(row[name] for name in names) for row in seen.values()] == [
        (1000, 600, 0, 600),
        (400, 0, 600, 600),
        (450, 0, 600, 600),
    ]
    with clock.at(NOW + timedelta(hours=9)):
        for moment, then in seen.items():
            network = build(world.organisations["cn-hb"], moment, 5).network
            assert {name: network.table(name)["quantity"].sum() for name in names} == then


def test_approving_a_plan_with_frozen_lines_orders_them_no_second_time(world, asked) -> None:
    """The second plan repeats the first one's order; approving it makes none."""
    services.approve(solved(world), world.users["wei"])
    second = services.approve(solved(world), world.users["wei"])
    assert second.approval == "approved"
    assert DispatchOrder.objects.count() == 1


def test_two_plans_cannot_order_the_same_stock(world, asked) -> None:
    """Two plans of one morning want the same 600 of 1,000; the second is told which line."""
    first, second = solved(world), solved(world)
    services.approve(first, world.users["wei"])
    with pytest.raises(ConflictError, match="line 1, 600 mask on W1-H1: 200 of it"):
        services.approve(second, world.users["wei"])
    assert DispatchOrder.objects.count() == 1


def test_a_cancelled_order_frees_its_stock(world, asked) -> None:
    """What will not leave is free again, and the need is planned for anew."""
    run = services.approve(solved(world), world.users["wei"])
    order = DispatchOrder.objects.get(plan=run)
    track.cancel(order.number, uuid.uuid4(), world.users["chen"], reason="Truck broke down")
    assert figures(world) == {"stocks": 1000, "commitments": 0, "arrivals": 0, "demands": 600}
    assert [line.frozen for line in solved(world).lines.all()] == [False]


def test_lots_that_expire_on_the_way_are_not_ordered(world, asked) -> None:
    """A lot that is good today and not tomorrow cannot meet a need of tomorrow."""
    stock(world, "W1", -1000)
    stock(world, "W1", 500, lot="short", expires_on=TODAY)
    stock(world, "W1", 200, lot="long", expires_on=TODAY + timedelta(days=90))
    run = services.approve(solved(world), world.users["wei"])
    assert [(line.quantity, line.expires_on) for line in run.lines.all()] == [
        (200, TODAY + timedelta(days=90))
    ]
    assert DispatchOrder.objects.get().lines.get().lot == "long"
