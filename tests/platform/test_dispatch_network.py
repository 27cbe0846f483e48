"""What is known as of a moment becomes a network: every table of it by hand."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest

import sampan
from sampan_platform.catalogue.models import Lane, NetworkRow, Process, ProcessFlow
from sampan_platform.common import clock
from sampan_platform.common.errors import InvalidError
from sampan_platform.dispatch import providers
from sampan_platform.dispatch.network import build
from sampan_platform.ledger import services as ledger
from sampan_platform.ledger.services import AccountKey, Leg
from sampan_platform.requests import services as requests
from sampan_platform.requests.services import Wish
from tests.platform.planning import NOW, TODAY, needs, report, stock


@pytest.fixture(autouse=True)
def _in_february():
    with clock.at(NOW):
        yield


@pytest.fixture
def registered(monkeypatch):
    """Providers of this test only."""
    monkeypatch.setattr(providers, "_arrivals", [])
    monkeypatch.setattr(providers, "_commitments", [])
    return providers


def built(world, scope: str = "cn-hb", days: int = 3):
    return build(world.organisations[scope], NOW, days)


def rows(network: sampan.Network, table: str, *columns: str) -> list[tuple]:
    return network.table(table).select(columns).sort(columns).rows()


def test_only_the_scope_is_used(world) -> None:
    """Hubei plans with its own sites; the lane to Viet Nam and its hospital are not there."""
    network = built(world).network
    assert rows(network, "sites", "site") == [("F1",), ("H1",), ("W1",)]
    assert rows(network, "lanes", "lane") == [("F1-W1",), ("W1-H1",)]
    whole = built(world, "asean-plus").network
    assert len(whole.table("sites")) == 4
    assert len(whole.table("lanes")) == 3
    assert (network.calendar.start, network.periods) == (TODAY, 3)
    assert not [one for one in sampan.check(network) if one.severity == "error"]


def test_lanes_without_vehicles_do_not_become_whole_vehicles(world) -> None:
    """A cost of 0 a vehicle says nothing; it must not turn the plan into whole numbers."""
    lanes = built(world).network.given("lanes")
    assert lanes["cost_per_vehicle"].to_list() == [None, None]


def test_retired_things_are_left_out(world) -> None:
    """From its day on, a lane, resource or process is not there."""
    Lane.objects.filter(code="W1-H1").update(retired_from=TODAY)
    Lane.objects.filter(code="F1-W1").update(retired_from=TODAY + timedelta(days=1))
    assert rows(built(world).network, "lanes", "lane") == [("F1-W1",)]


def test_stock_is_what_is_free_and_good(world, registered) -> None:
    """100 on hand, 30 reserved: 70. Quarantine and expired lots do not count."""
    stock(world, "W1", 100)
    stock(world, "W1", 50, kind="quarantine")
    stock(world, "W1", 7, lot="old", expires_on=TODAY - timedelta(days=1))
    stock(world, "W1", 9, lot="new", expires_on=TODAY + timedelta(days=2))
    pend(world, 30)
    made = built(world)
    assert rows(made.network, "stocks", "site", "resource", "expires_period", "quantity") == [
        ("W1", "mask", None, 70.0),
        ("W1", "mask", 2, 9.0),
    ]
    assert any("7 units of stock have expired" in note for note in made.notes)


def pend(world, quantity: int) -> None:
    """Reserve masks of W1, as an order to H1 does."""
    item, here = world.resources["mask"].pk, world.sites["W1"].pk
    legs = [
        Leg(AccountKey("stock", item, site=here), Decimal(-quantity)),
        Leg(AccountKey("transit", item, reference="DO-1/1"), Decimal(quantity)),
    ]
    ledger.pend(uuid.uuid4(), "ship", legs, day=TODAY, actor=world.users["ops"])


def order(world, lane: str, quantity: int, day: date = TODAY) -> providers.Commitment:
    return providers.Commitment(
        lane=world.lanes[lane].pk, resource=world.resources["mask"].pk, day=day,
        quantity=Decimal(quantity), order="DO-1",
    )  # fmt: skip


def test_a_frozen_order_keeps_its_stock_and_binds_its_lane(world, registered) -> None:
    """The 30 that are reserved for the order are in the network for the order to take."""
    stock(world, "W1", 100)
    pend(world, 30)
    registered.register_commitments(lambda _: [order(world, "W1-H1", 30)])
    network = built(world).network
    assert rows(network, "stocks", "site", "quantity") == [("W1", 100.0)]
    columns = ("lane", "resource", "period", "quantity", "firm")
    assert rows(network, "commitments", *columns) == [("W1-H1", "mask", 0, 30.0, True)]


def test_orders_beyond_a_lane_wait_for_the_next_day_with_room(world, registered) -> None:
    """A lane of 5,000 kg carries 1,600,000 masks of 3 g a day: the second order waits a day."""
    late = TODAY - timedelta(days=2)
    orders = [order(world, "W1-H1", 1_600_000, late), order(world, "W1-H1", 1_600_000, late)]
    registered.register_commitments(lambda _: orders)
    made = built(world)
    assert rows(made.network, "commitments", "period") == [(0,), (1,)]
    assert sum("did not leave on 2020-02-08" in note for note in made.notes) == 2


def test_an_order_that_cannot_arrive_in_time_stays_reserved(world, registered) -> None:
    """What would arrive after the calendar is neither shipped nor free in it."""
    stock(world, "W1", 100)
    pend(world, 30)
    registered.register_commitments(
        lambda _: [order(world, "W1-H1", 30, TODAY + timedelta(days=3))]
    )
    made = built(world)
    assert rows(made.network, "stocks", "site", "quantity") == [("W1", 70.0)]
    assert made.network.table("commitments").is_empty()
    assert any("stock stays reserved" in note for note in made.notes)


def test_goods_on_the_way_arrive(world, registered) -> None:
    """On their day; what is late today; what comes after the calendar not at all."""
    item = world.resources["mask"].pk
    coming = [
        providers.Arrival(world.sites[site].pk, item, day, Decimal(10))
        for site, day in (
            ("H1", TODAY + timedelta(days=1)),
            ("W1", TODAY - timedelta(days=1)),
            ("W1", TODAY + timedelta(days=3)),
            ("H2", TODAY),
        )
    ]
    registered.register_arrivals(lambda _: coming)
    made = built(world)
    assert rows(made.network, "arrivals", "site", "period", "quantity") == [
        ("H1", 1, 10.0),
        ("W1", 0, 10.0),
    ]
    assert any("10 mask for W1 is late" in note for note in made.notes)


def test_an_order_from_outside_is_an_arrival(world, registered) -> None:
    """Viet Nam plans with what Wuhan was told to send: it leaves in 1 day and takes 2."""
    sent = order(world, "W1-H2", 40, TODAY + timedelta(days=1))
    registered.register_commitments(lambda _: [sent])
    network = built(world, "vn", days=5).network
    assert rows(network, "arrivals", "site", "period", "quantity") == [("H2", 3, 40.0)]
    assert network.table("commitments").is_empty()


def test_capacity_as_last_stated_limits_the_runs(world) -> None:
    """8,000 the day before yesterday, 6,000 yesterday: 6,000. Nothing stated: the catalogue's."""
    assert rows(built(world).network, "processes", "runs_max") == [(10000.0,)]
    report(world, "F1", TODAY - timedelta(days=2), effective_capacity=8000)
    report(world, "F1", TODAY - timedelta(days=1), effective_capacity=6000, output=7000)
    assert rows(built(world).network, "processes", "runs_max") == [(6000.0,)]


def test_a_capacity_of_zero_is_zero(world) -> None:
    """A closed factory makes nothing; zero is not missing."""
    report(world, "F1", TODAY - timedelta(days=1), effective_capacity=0)
    assert rows(built(world).network, "processes", "runs_max") == [(0.0,)]


def test_two_processes_share_what_a_site_can_make(world) -> None:
    """6,000 masks a day on two lines are 6,000 together, not 12,000."""
    second = Process.objects.create(code="F1:mask:2", site=world.sites["F1"])
    ProcessFlow.objects.create(
        process=second, resource=world.resources["mask"], quantity_per_run=100.0
    )
    report(world, "F1", TODAY - timedelta(days=1), effective_capacity=6000)
    network = built(world).network
    assert rows(network, "capacities", "amount_max") == [(6000.0,)]
    assert rows(network, "capacity_loads", "activity", "amount_per_unit") == [
        ("F1:mask", 1.0),
        ("F1:mask:2", 100.0),
    ]


def test_output_that_is_reported_today_is_not_made_twice(world) -> None:
    """It is in stock already, so the process makes no more today."""
    report(world, "F1", TODAY, output=5000)
    network = built(world).network
    assert rows(network, "profiles", "key", "attribute", "period", "value") == [
        ("F1:mask", "runs_max", 0, 0.0)
    ]


def test_needs_become_demands_with_their_province_as_group(world) -> None:
    """500 a day at the hospital for three days; equals are provinces, and countries without."""
    needs(world, "H1", 500)
    needs(world, "H2", 200)
    columns = ("demand", "period", "quantity", "priority", "group")
    assert rows(built(world).network, "demands", *columns) == [
        ("H1:mask:2020-02-10", 0, 500.0, 2, "cn-hb"),
        ("H1:mask:2020-02-11", 1, 500.0, 2, "cn-hb"),
        ("H1:mask:2020-02-12", 2, 500.0, 2, "cn-hb"),
    ]
    whole = built(world, "asean-plus").network
    assert set(whole.table("demands")["group"]) == {"cn-hb", "vn"}


def test_use_today_is_not_expected_again(world) -> None:
    """Once today's use is reported it has left the stock; only tomorrow's need is planned."""
    needs(world, "H1", 500)
    report(world, "H1", TODAY, used=480)
    assert rows(built(world).network, "demands", "period") == [(1,), (2,)]


def test_use_by_a_process_is_no_need(world) -> None:
    """What a factory's own process takes is decided by the plan, not demanded."""
    ProcessFlow.objects.create(
        process=world.processes["F1:mask"], resource=world.resources["suit"], quantity_per_run=-0.1
    )
    needs(world, "F1", 70, resource="suit")
    assert built(world).network.table("demands").is_empty()


def test_an_approved_request_is_a_demand_of_its_own(world) -> None:
    """Priority and key are the request's; the forecast that it covers is not there twice."""
    needs(world, "H1", 500)
    chen = world.users["chen"]
    wish = Wish(
        site=world.sites["H1"], resource=world.resources["mask"], quantity=Decimal(40), pack="box",
        needed_by=TODAY + timedelta(days=1), reason="New ward", priority=1,
    )  # fmt: skip
    made = requests.submit(uuid.uuid4(), wish, world.users["hua"])
    requests.decide(requests.review(made, chen), chen)
    columns = ("demand", "period", "quantity", "priority")
    assert rows(built(world).network, "demands", *columns) == [
        ("H1:mask:2020-02-10", 0, 500.0, 2),
        (f"request:{made.pk}", 1, 2000.0, 1),
    ]


def policy(world, name: str, number: str, /, owner: str = "cn-hb", first=None, last=None, **row):
    return NetworkRow.objects.create(
        table=name, key=number, values=row, organisation=world.organisations[owner],
        from_day=first, to_day=last,
    )  # fmt: skip


def test_policies_get_periods_for_their_days(world) -> None:
    """A reserve from tomorrow on, a lane closed yesterday to tomorrow, an old reserve gone."""
    policy(world, "reserves", "R1", first=TODAY + timedelta(days=1),
           reserve="R1", site="W1", resource="mask", quantity_min=100)  # fmt: skip
    policy(world, "reserves", "R0", last=TODAY - timedelta(days=1),
           reserve="R0", site="W1", resource="mask", quantity_min=999)  # fmt: skip
    policy(world, "profiles", "lanes,W1-H1,open", first=TODAY - timedelta(days=1),
           last=TODAY + timedelta(days=1), table="lanes", key="W1-H1", attribute="open",
           value=0)  # fmt: skip
    network = built(world).network
    assert rows(network, "reserves", "reserve", "from_period", "to_period") == [("R1", 1, 2)]
    assert rows(network, "profiles", "key", "period", "value") == [
        ("W1-H1", 0, 0.0),
        ("W1-H1", 1, 0.0),
    ]


def test_policies_outside_the_network_are_named(world) -> None:
    """A rule that points to a site elsewhere is left out, and the plan says so."""
    policy(world, "reserves", "R2", reserve="R2", site="H2",
           resource="mask", quantity_min=5)  # fmt: skip
    made = built(world)
    assert "reserves" not in made.network.tables
    assert "reserves R2 was left out: H2 is not in this network." in made.notes


def test_a_countrys_export_limit_binds_its_provinces(world) -> None:
    """A limit set above the scope holds in it; a reserve of the whole country does not."""
    policy(world, "export_limits", "X1", owner="cn", limit="X1", country="CN",
           resource="mask", quantity_max=10)  # fmt: skip
    policy(world, "reserves", "R3", owner="cn", reserve="R3", country="CN",
           resource="mask", quantity_min=5)  # fmt: skip
    network = built(world).network
    assert rows(network, "export_limits", "limit", "quantity_max") == [("X1", 10.0)]
    assert "reserves" not in network.tables


def test_a_scope_without_sites_and_bad_days_are_refused(world) -> None:
    """In words, before anything is solved."""
    with pytest.raises(InvalidError, match="1 to 120 days"):
        built(world, days=0)
    world.sites["H2"].organisation = world.organisations["cn"]
    world.sites["H2"].save()
    with pytest.raises(InvalidError, match="vn has no sites"):
        built(world, "vn")


def test_building_costs_the_same_number_of_queries(world, django_assert_max_num_queries) -> None:
    """However many sites, items and reports there are."""
    needs(world, "H1", 500)
    needs(world, "H2", 200)
    stock(world, "W1", 100)
    with django_assert_max_num_queries(24):
        built(world, "asean-plus")
