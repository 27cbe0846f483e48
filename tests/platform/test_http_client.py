"""The client of the engine against a running platform: pull a network, push a plan."""

from __future__ import annotations

from datetime import timedelta

import pytest

import sampan
from sampan.client import Client
from sampan_platform.common import clock
from sampan_platform.dispatch.models import PlanRun
from tests.platform.http_world import token_for
from tests.platform.planning import NOW, TODAY, needs, report, stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def busy(world):
    """Stock at the store, need at the hospital, no output."""
    with clock.at(NOW):  # not the server's time, which runs in a thread of its own
        report(world, "F1", TODAY - timedelta(days=1), effective_capacity=0)
        stock(world, "W1", 1000)
        needs(world, "H1", 300)
    return world


def test_a_network_is_pulled_solved_and_its_plan_pushed(busy, live_server) -> None:
    """The plan stands on the platform like one of its own, proven there; pushed twice, once."""
    client = Client(live_server.url, token_for(busy.users["chen"], "plans:read", "plans:write"))
    pulled = client.pull("cn-hb", days=2, as_of=NOW)
    assert pulled.network.periods == 2
    assert pulled.network.table("stocks")["quantity"].to_list() == [1000.0]
    plan = sampan.solve(pulled.network)
    number = client.push(pulled, plan, key="mine-1", note="by hand")
    assert client.push(pulled, plan, key="mine-1", note="by hand") == number
    run = PlanRun.objects.get()
    assert (run.pk, run.state, run.approval, run.start) == (number, "done", "open", TODAY)
    assert run.verification["valid"] is True
    assert run.summary["method"].endswith(", pushed")
    assert run.notes == ["by hand"]
    shown = client.get(f"dispatch/plans/{number}")
    assert shown["summary"]["shortage"][0]["short"] == 0.0
    lines = list(client.rows(f"dispatch/plans/{number}/lines"))
    assert sum(float(one["quantity"]) for one in lines) == 600.0
    frame = client.table(f"dispatch/plans/{number}/frames/deliveries")
    assert frame["quantity"].sum() == 600.0


def test_a_plan_that_breaks_a_rule_is_not_kept(busy, live_server) -> None:
    """It is told which; the platform believes nobody's word about a plan."""
    client = Client(live_server.url, token_for(busy.users["chen"]), tries=1)
    pulled = client.pull("cn-hb", days=2, as_of=NOW)
    plan = sampan.solve(pulled.network)
    twice = plan.shipments.with_columns(quantity=plan.shipments["quantity"] * 2)
    with pytest.raises(sampan.RemoteError, match=r"breaks .* rules of its network") as caught:
        client.push(pulled, plan.replace(shipments=twice))
    assert {one["code"] for one in caught.value.document["problems"]} >= {"rule-balance"}
    assert not PlanRun.objects.exists()


def test_tickets_are_for_who_may_and_cannot_be_made_up(busy, live_server) -> None:
    """Another part of the tree neither pulls nor fetches; a ticket of one's own is none."""
    chen = Client(live_server.url, token_for(busy.users["chen"]), tries=1)
    lan = Client(live_server.url, token_for(busy.users["lan"]), tries=1)
    pulled = chen.pull("cn-hb", days=2, as_of=NOW)
    for refused in (
        lambda: lan.pull("cn-hb", days=2, as_of=NOW),
        lambda: lan.get("dispatch/networks/content", ticket=pulled.ticket),
        lambda: lan.push(pulled, sampan.solve(pulled.network)),
    ):
        with pytest.raises(sampan.RemoteError, match="no organisation cn-hb"):
            refused()
    with pytest.raises(sampan.RemoteError, match="none of ours"):
        chen.get("dispatch/networks/content", ticket=pulled.ticket[:-2] + "xx")
    rui = Client(live_server.url, token_for(busy.users["rui"]), tries=1)
    with pytest.raises(sampan.RemoteError):
        rui.pull("xiantao", days=2, as_of=NOW)
    assert not PlanRun.objects.exists()


def test_the_catalogue_comes_as_rows_and_as_a_table(world, live_server) -> None:
    """The same rows, page by page and as Parquet."""
    client = Client(live_server.url, token_for(world.users["ops"], "catalogue:read"))
    rows = list(client.rows("catalogue/sites", limit=1))
    frame = client.table("catalogue/sites")
    assert [row["site"] for row in rows] == frame["site"].to_list() == ["F1", "H1", "H2", "W1"]
    with pytest.raises(sampan.RemoteError, match="no scope people:read"):
        client.get("people/me")
