"""Requests over HTTP: from asking to the decision, with scopes, reach and retries."""

from __future__ import annotations

import uuid

import pytest

from sampan_platform.common import clock
from sampan_platform.requests.models import Request
from tests.platform.http_world import client_for, send
from tests.platform.planning import NOW

pytestmark = pytest.mark.urls("tests.platform.planning_urls")
BASE = "/api/v1/requests"


@pytest.fixture(autouse=True)
def _in_february():
    with clock.at(NOW):
        yield


def wish(**changes) -> dict:
    plain = {
        "client_id": str(uuid.uuid4()), "site": "H1", "resource": "mask", "quantity": "20",
        "pack": "box", "needed_by": "2020-02-12", "reason": "New ward", "priority": 1,
    }  # fmt: skip
    return plain | changes


def test_from_asking_to_the_decision(world) -> None:
    """A hospital asks for boxes; the province reviews and reduces; each step is in the answer."""
    hua, chen = client_for(world.users["hua"]), client_for(world.users["chen"])
    made = send(hua, BASE, wish()).json()
    assert (made["state"], made["quantity"], made["asked_pack"]) == ("submitted", "1000", "box")
    number = made["id"]
    assert send(chen, f"{BASE}/{number}/review", {}).json()["state"] == "reviewed"
    refused = send(chen, f"{BASE}/{number}/decide", {"quantity": "600"})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:sampan:problem:no-reason")
    body = {"quantity": "600", "reason": "One ward opens later."}
    assert send(chen, f"{BASE}/{number}/decide", body).json()["state"] == "reduced"
    whole = hua.get(f"{BASE}/{number}").json()
    assert (whole["unmet"], [event["state"] for event in whole["events"]]) == (
        "600", ["submitted", "reviewed", "reduced"],
    )  # fmt: skip
    assert send(hua, f"{BASE}/{number}/withdraw", {}).json()["state"] == "withdrawn"


def test_a_retry_makes_no_second_request(world) -> None:
    """Neither with the same client id nor with the same Idempotency-Key."""
    hua, body = client_for(world.users["hua"]), wish()
    first = send(hua, BASE, body, idempotency_key="k1").json()
    assert send(hua, BASE, body, idempotency_key="k1").json() == first
    assert send(hua, BASE, body).json()["id"] == first["id"]
    assert send(hua, BASE, body | {"quantity": "21"}).status_code == 409
    assert Request.objects.count() == 1


def test_reach_and_scopes_hold(world) -> None:
    """Others find nothing; a token that reads does not ask."""
    hua = world.users["hua"]
    number = send(client_for(hua), BASE, wish()).json()["id"]
    lan, rui = client_for(world.users["lan"]), client_for(world.users["rui"])
    assert lan.get(f"{BASE}/{number}").status_code == 404
    assert rui.get(BASE).json()["items"] == []
    assert send(rui, BASE, wish()).status_code == 404
    reader = client_for(hua, "requests:read")
    assert reader.get(BASE, {"state": "submitted"}).json()["items"][0]["id"] == number
    assert send(reader, BASE, wish()).status_code == 403


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"pack": "pallet"}, "pack"),
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "-5"}, "quantity"),
        ({"quantity": "0.0001"}, "quantity"),
        ({"reason": ""}, "reason"),
        ({"needed_by": "soon"}, "needed_by"),
    ],
)
def test_what_is_wrong_is_told_by_field(world, changes, where) -> None:
    """One shape for all problems."""
    answer = send(client_for(world.users["hua"]), BASE, wish(**changes))
    assert answer.status_code == 422
    assert any(where in problem["where"] for problem in answer.json()["problems"])
    assert not Request.objects.exists()


def test_a_list_costs_the_same_however_long(world, django_assert_max_num_queries) -> None:
    """Token, limit of requests, roles and rows: no query a row."""
    hua = client_for(world.users["hua"])
    for _ in range(5):
        send(hua, BASE, wish())
    with django_assert_max_num_queries(10):
        assert len(hua.get(BASE).json()["items"]) == 5
