"""Plans over HTTP: ask, look, compare, override, approve."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from sampan_platform.common import clock
from sampan_platform.dispatch import providers, services
from sampan_platform.dispatch.models import PlanRun
from tests.platform.http_world import client_for, send
from tests.platform.planning import NOW, TODAY, Orders, needs, report, stock

pytestmark = pytest.mark.urls("tests.platform.planning_urls")
BASE = "/api/v1/dispatch"


@pytest.fixture(autouse=True)
def _in_february():
    with clock.at(NOW):
        yield


@pytest.fixture
def chen(world):
    """A coordinator's client, in a world with stock and need."""
    report(world, "F1", TODAY - timedelta(days=1), effective_capacity=0)
    stock(world, "W1", 1000)
    needs(world, "H1", 300)
    return client_for(world.users["chen"])


def asked(client, **changes) -> dict:
    answer = send(client, f"{BASE}/plans", {"organisation": "cn-hb", "days": 2} | changes)
    assert answer.status_code == 202, answer.json()
    return answer.json()


def done(client, **changes) -> int:
    number = asked(client, **changes)["id"]
    services.work(number)
    return number


def test_from_the_question_to_the_orders(world, chen, monkeypatch) -> None:
    """Queued, solved by a worker, looked at, approved by another person."""
    maker = Orders()
    monkeypatch.setattr(providers, "_order_makers", [maker])
    services.set_limit(world.organisations["cn"], Decimal(5000), world.users["ops"])
    run = asked(chen)
    assert (run["state"], run["organisation"], run["start"]) == ("queued", "cn-hb", "2020-02-10")
    services.work(run["id"])
    whole = chen.get(f"{BASE}/plans/{run['id']}").json()
    assert (whole["state"], whole["verification"]["valid"]) == ("done", True)
    assert (whole["levels_needed"], whole["levels_given"]) == (1, [])
    assert whole["summary"]["shortage"] == [
        {"priority": 2, "resource": "mask", "demand": 600.0, "short": 0.0}
    ]
    lines = chen.get(f"{BASE}/plans/{run['id']}/lines").json()["items"]
    assert sum(Decimal(line["quantity"]) for line in lines) == 600
    refused = send(chen, f"{BASE}/plans/{run['id']}/approve", {})
    assert refused.status_code == 403
    wei = client_for(world.users["wei"])
    assert send(wei, f"{BASE}/plans/{run['id']}/approve", {}).json()["approval"] == "approved"
    assert len(maker.made) == 1
    again = send(wei, f"{BASE}/plans/{run['id']}/approve", {})
    assert (again.status_code, again.json()["type"]) == (409, "urn:sampan:problem:decided")


def test_a_retry_asks_for_no_second_plan(chen) -> None:
    """The same Idempotency-Key, one plan."""
    body = {"organisation": "cn-hb", "days": 2}
    first = send(chen, f"{BASE}/plans", body, idempotency_key="p1").json()
    assert send(chen, f"{BASE}/plans", body, idempotency_key="p1").json() == first
    assert PlanRun.objects.count() == 1


def test_scenarios_compare_and_overrides(chen) -> None:
    """Kept, planned with, set beside the plan without it; a line fixed with a reason."""
    body = {"organisation": "cn-hb", "name": "Closed",
            "changes": [{"do": "close_lane", "lane": "W1-H1"}]}  # fmt: skip
    scenario = send(chen, f"{BASE}/scenarios", body).json()
    assert chen.get(f"{BASE}/scenarios").json()["items"][0]["name"] == "Closed"
    plain, closed = done(chen), done(chen, scenario=scenario["id"])
    found = chen.get(f"{BASE}/compare", {"a": plain, "b": closed}).json()
    assert found["shortage_by_site"] == [
        {"site": "H1", "resource": "mask", "demand_a": 600.0, "demand_b": 600.0, "a": 0.0,
         "b": 600.0}
    ]  # fmt: skip
    assert {row["change"] for row in found["shipments"]} == {"removed"}
    assert "quality" in {one["code"] for one in chen.get(f"{BASE}/reasons").json()}
    line = {"lane": "W1-H1", "resource": "mask", "depart_on": "2020-02-10", "quantity": "100",
            "reason": "quality"}  # fmt: skip
    answer = send(chen, f"{BASE}/plans/{plain}/override", line)
    assert (answer.status_code, answer.json()["base"]) == (202, plain)
    services.work(answer.json()["id"])
    whole = chen.get(f"{BASE}/plans/{answer.json()['id']}").json()
    assert whole["overrides"][0]["reason"] == "quality"
    assert whole["loss"][0]["stage"] == "shortage"
    assert chen.delete(f"{BASE}/scenarios/{scenario['id']}").status_code == 204
    assert chen.get(f"{BASE}/scenarios").json()["items"] == []


def test_tables_of_a_plan_in_any_format(chen) -> None:
    """What the engine made, and the network it was made for, as JSON and CSV."""
    number = done(chen)
    frame = chen.get(f"{BASE}/plans/{number}/frames/shipments").json()
    assert {row["lane"] for row in frame} == {"W1-H1"}
    table = chen.get(f"{BASE}/plans/{number}/network/stocks", {"format": "csv"})
    assert table.content.decode().splitlines()[1] == "W1,mask,,1000.0"
    assert chen.get(f"{BASE}/plans/{number}/network/pledges").json() == []
    wrong = chen.get(f"{BASE}/plans/{number}/frames/secrets")
    assert (wrong.status_code, "Ask for one of shipments" in wrong.json()["detail"]) == (404, True)


def test_the_method_is_chosen_and_a_plan_is_planned_again(world, chen) -> None:
    """Asked for in the question, told in the answer, and kept when it is planned again."""
    number = done(chen, method="fast", goals="total")
    again = send(chen, f"{BASE}/plans/{number}/again", {})
    assert again.status_code == 202
    told = again.json()
    assert (told["begun_from"], told["method"], told["goals"]) == (number, "fast", "total")
    assert (told["state"], told["gap"]) == ("queued", None)
    early = send(chen, f"{BASE}/plans/{told['id']}/again", {})
    assert early.status_code == 409
    assert "no result to begin from" in early.json()["detail"]
    wrong = send(chen, f"{BASE}/plans", {"organisation": "cn-hb", "method": "quick"})
    assert wrong.status_code == 422


def test_stopping_and_lists(world, chen) -> None:
    """A queued plan stops; lists filter; others see nothing."""
    number = asked(chen)["id"]
    assert send(chen, f"{BASE}/plans/{number}/cancel", {}).json()["state"] == "stopped"
    assert chen.get(f"{BASE}/plans", {"state": "stopped"}).json()["items"][0]["id"] == number
    assert chen.get(f"{BASE}/plans", {"state": "done"}).json()["items"] == []
    lan = client_for(world.users["lan"])
    assert lan.get(f"{BASE}/plans").json()["items"] == []
    for path in (f"plans/{number}", f"plans/{number}/lines", f"compare?a={number}&b={number}"):
        assert lan.get(f"{BASE}/{path}").status_code == 404
    reader = client_for(world.users["chen"], "plans:read")
    assert send(reader, f"{BASE}/plans", {"organisation": "cn-hb"}).status_code == 403


def test_limits_are_set_by_operators(world, chen) -> None:
    """And by nobody else."""
    body = {"organisation": "cn", "amount": "5000"}
    assert send(chen, f"{BASE}/limits", body, "PUT").status_code in (403, 404)
    ops = client_for(world.users["ops"])
    assert send(ops, f"{BASE}/limits", body, "PUT").status_code == 204


def test_needs_and_backtest(world, chen) -> None:
    """What is needed with the origin of each row, and how good the forecast was."""
    rows = chen.get("/api/v1/analyse/needs", {"organisation": "cn-hb", "days": 2}).json()
    assert [(row["site"], row["resource"], row["quantity"], row["origin"]) for row in rows] == [
        ("H1", "mask", 300.0, "forecast"),
        ("H1", "mask", 300.0, "forecast"),
    ]
    expected = chen.get("/api/v1/analyse/use", {"organisation": "cn-hb", "days": 1}).json()
    assert (expected[0]["quantity"], expected[0]["stated_days"]) == (300.0, 7)
    errors = chen.get("/api/v1/analyse/backtest", {"organisation": "cn-hb", "days": 1}).json()
    assert [(row["resource"], row["mean_absolute_error"]) for row in errors] == [("mask", 0.0)]
    elsewhere = chen.get("/api/v1/analyse/needs", {"organisation": "vn"})
    assert elsewhere.status_code == 404
    long = chen.get("/api/v1/analyse/needs", {"organisation": "cn-hb", "days": 5000})
    assert long.status_code == 422


def test_a_list_of_plans_costs_the_same_however_long(chen, django_assert_max_num_queries) -> None:
    """Token, limit of requests, roles and rows: no query a row."""
    for _ in range(5):
        asked(chen)
    with django_assert_max_num_queries(10):
        assert len(chen.get(f"{BASE}/plans").json()["items"]) == 5
