"""All of tracking over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from sampan_platform.common import clock
from sampan_platform.track.models import DispatchOrder, OrderEvent
from tests.platform.http_world import client_for, send
from tests.platform.track_world import everywhere, issue, noon, put

BASE = "/api/v1/track"
ONE = ("W1-H1", "mask", 100, 0, 1)


@pytest.fixture(autouse=True)
def _noon():
    """Tokens and orders live on 10 February."""
    with clock.at(noon(10)):
        yield


@pytest.fixture
def number(world) -> str:
    """An issued order of 100 masks."""
    put(world, "W1", "mask", 100)
    return issue(world, ONE)[0].number


def change(**more: object) -> dict[str, object]:
    """A body with an id of its own."""
    return {"change": str(uuid4()), **more}


def test_an_order_by_http_from_issue_to_close(world, number) -> None:
    """Each action at its address; the answer is the whole order."""
    chen, hua = client_for(world.users["chen"]), client_for(world.users["hua"])
    order = f"{BASE}/orders/{number}"
    assert chen.get(order).json()["actions"] == ["pick", "ship", "cancel"]
    assert send(chen, f"{order}/pick", change()).json()["state"] == "picked"
    answer = send(chen, f"{order}/ship", change(carrier="SF", vehicle="鄂A12345")).json()
    assert (answer["state"], answer["carrier"]) == ("shipped", "SF")
    assert answer["lines"][0]["in_transit"] == "100"
    news = change(place="Hankou", expected_on="2020-02-12")
    assert send(hua, f"{order}/transit", news).json()["expected_on"] == "2020-02-12"
    part = change(lines=[{"line": 1, "good": 60}], expected_on="2020-02-11")
    assert send(hua, f"{order}/receive", part).json()["state"] == "part_received"
    rest = change(lines=[{"line": 1, "good": "30", "damaged": 6, "quarantined": 4}], reason="wet")
    answer = send(hua, f"{order}/receive", rest).json()
    assert (answer["state"], answer["actions"]) == ("damaged", ["close"])
    answer = send(hua, f"{order}/close", change(reason="insured")).json()
    assert [one["action"] for one in answer["events"]] == [
        "issue", "pick", "ship", "transit", "receive", "receive", "close",
    ]  # fmt: skip
    assert answer["events"][5]["lines"] == [
        {"line": 1, "fate": "received", "quantity": "30", "reason": ""},
        {"line": 1, "fate": "damaged", "quantity": "6", "reason": "wet"},
        {"line": 1, "fate": "quarantined", "quantity": "4", "reason": "wet"},
    ]
    assert everywhere(world) == {"stock": 90, "loss": 6, "quarantine": 4}


def test_returning_and_cancelling_by_http(world, number) -> None:
    """One order goes and comes back, another never leaves."""
    chen = client_for(world.users["chen"])
    order = f"{BASE}/orders/{number}"
    send(chen, f"{order}/ship", change())
    assert send(chen, f"{order}/return", change(reason="bridge")).json()["state"] == "returned"
    (second,) = issue(world, ONE)
    answer = send(chen, f"{BASE}/orders/{second.number}/cancel", change(reason="road"))
    assert answer.json()["state"] == "cancelled"
    assert everywhere(world) == {"stock": 100}


def test_the_same_change_twice_answers_twice_and_ships_once(world, number) -> None:
    """With or without an Idempotency-Key beside it."""
    chen, body = client_for(world.users["chen"]), change()
    first = send(chen, f"{BASE}/orders/{number}/ship", body)
    second = send(chen, f"{BASE}/orders/{number}/ship", body)
    keyed = [
        send(chen, f"{BASE}/orders/{number}/ship", body, idempotency_key="k") for _ in range(2)
    ]
    assert [one.status_code for one in (first, second, *keyed)] == [200] * 4
    assert first.json() == second.json() == keyed[1].json()
    assert OrderEvent.objects.filter(action="ship").count() == 1
    assert everywhere(world) == {"transit": 100}


@pytest.mark.parametrize(
    ("action", "body", "status", "kind"),
    [
        ("receive", {}, 409, "order-state"),
        ("ship", {"seen": 7}, 409, "order-changed"),
        ("ship", {"day": "2020-02-11"}, 422, "day-in-future"),
        ("cancel", {}, 422, "reason-missing"),
        ("pick", {"lines": [{"line": 1, "quantity": 101}], "reason": "x"}, 422,
         "quantity-too-much"),
    ],
)  # fmt: skip
def test_refusals_are_problems(world, number, action, body, status, kind) -> None:
    """Of one shape, with the code that programs read."""
    answer = send(
        client_for(world.users["chen"]), f"{BASE}/orders/{number}/{action}", change(**body)
    )
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:sampan:problem:{kind}")
    assert DispatchOrder.objects.get().version == 1


def test_a_change_without_an_id_is_refused(world, number) -> None:
    """There is no way to ship without saying which shipping this is."""
    answer = send(client_for(world.users["chen"]), f"{BASE}/orders/{number}/ship", {})
    assert answer.status_code == 422
    assert DispatchOrder.objects.get().state == "issued"


def test_reach_and_scopes_hold_over_http(world, number) -> None:
    """Another hospital finds nothing, an auditor may not ship, a reading token neither."""
    order = f"{BASE}/orders/{number}"
    lan, aud = client_for(world.users["lan"]), client_for(world.users["aud"])
    assert lan.get(order).status_code == 404
    assert lan.get(f"{BASE}/orders").json()["items"] == []
    assert send(lan, f"{order}/ship", change()).status_code == 404
    assert aud.get(order).json()["actions"] == []
    assert send(aud, f"{order}/ship", change()).status_code == 403
    reader = client_for(world.users["chen"], "orders:read")
    assert reader.get(order).status_code == 200
    assert send(reader, f"{order}/ship", change()).status_code == 403


def test_lists_filter_and_turn_pages(world) -> None:
    """The latest first, two by two; by state and by resource."""
    put(world, "W1", "mask", 100)
    numbers = [issue(world, ("W1-H1", "mask", 10, 0, 1))[0].number for _ in range(3)]
    chen = client_for(world.users["chen"])
    first = chen.get(f"{BASE}/orders?limit=2").json()
    assert [one["number"] for one in first["items"]] == [numbers[2], numbers[1]]
    second = chen.get(f"{BASE}/orders?limit=2&cursor={first['next_cursor']}").json()
    assert [one["number"] for one in second["items"]] == [numbers[0]]
    assert second["next_cursor"] is None
    send(chen, f"{BASE}/orders/{numbers[0]}/ship", change())
    found = chen.get(f"{BASE}/orders?state=shipped&state=received&resource=mask&open=true")
    assert [one["number"] for one in found.json()["items"]] == [numbers[0]]
    assert chen.get(f"{BASE}/orders?state=lost").status_code == 422


def test_a_list_by_http_makes_a_fixed_number_of_queries(
    world, django_assert_max_num_queries
) -> None:
    """Thirty orders cost what one costs."""
    put(world, "W1", "mask", 1000)
    issue(world, *[("W1-H1", "mask", 10, at, at) for at in range(30)])
    chen = client_for(world.users["chen"])
    with django_assert_max_num_queries(10):
        assert len(chen.get(f"{BASE}/orders").json()["items"]) == 30


def test_an_unchanged_order_is_not_sent_again(world, number) -> None:
    """A page that asks every minute costs little; a change is seen at once."""
    chen, order = client_for(world.users["chen"]), f"{BASE}/orders/{number}"
    tag = chen.get(order)["ETag"]
    assert chen.get(order, headers={"If-None-Match": tag}).status_code == 304
    send(chen, f"{order}/pick", change())
    assert chen.get(order, headers={"If-None-Match": tag}).status_code == 200


def test_lateness_lanes_papers_and_the_table(world, number) -> None:
    """What else there is to read."""
    chen = client_for(world.users["chen"])
    late = chen.get(f"{BASE}/overdue?day=2020-02-12").json()
    assert [(one["number"], one["what"], one["days"]) for one in late] == [(number, "departure", 2)]
    assert chen.get(f"{BASE}/overdue").json() == []
    send(chen, f"{BASE}/orders/{number}/ship", change())
    (arrival,) = chen.get(f"{BASE}/arrivals").json()
    assert (arrival["site"], arrival["quantity"], arrival["day"]) == ("H1", "100", "2020-02-11")
    lanes = f"{BASE}/lanes?since=2020-02-01&until=2020-02-29"
    (row,) = chen.get(lanes).json()
    assert (row["lane"], row["shipped"], row["in_transit"]) == ("W1-H1", 100.0, 100.0)
    table = chen.get(f"{lanes}&format=csv").content.decode().splitlines()
    assert table[0].startswith("lane,origin,destination,resource,unit,day,orders,shipped")
    assert table[1].startswith("W1-H1,W1,H1,mask,piece,,1,100.0")
    paper = chen.get(f"{BASE}/orders/{number}/documents/packing-list").json()
    assert paper["lines"][0]["packages"] == [{"name": "box", "count": 2, "each": "50"}]
    assert chen.get(f"{BASE}/orders/{number}/documents/poem").status_code == 422
    ship = next(one for one in chen.get(f"{BASE}/transitions").json() if one["action"] == "ship")
    assert (ship["before"], ship["after"]) == (["issued", "picked"], ["shipped"])


def test_today_is_the_platforms(world, number) -> None:
    """Overdue without a day is overdue today."""
    tomorrow = datetime(2020, 2, 11, 12, tzinfo=UTC)
    with clock.at(tomorrow):
        late = client_for(world.users["chen"]).get(f"{BASE}/overdue").json()
    assert [one["days"] for one in late] == [1]
