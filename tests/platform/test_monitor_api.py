"""Monitoring over HTTP: lists, handling, rules, channels; with reach, scopes and retries."""

from __future__ import annotations

import pytest

from sampan_platform.common import clock
from sampan_platform.monitor.models import Alert, AlertEvent, Channel
from sampan_platform.people.models import AuditEvent
from tests.platform.http_world import client_for, send
from tests.platform.monitor_world import evening, look, only, say

BASE = "/api/v1/monitor"


@pytest.fixture
def alert(world):
    """Jinyintan has masks for two days; the limit is three."""
    only("days-of-cover", world)
    say(world, 10, stock=200)
    look(10)
    with clock.at(evening(10)):
        yield Alert.objects.get()


def test_from_opened_to_resolved(world, alert) -> None:
    """Acknowledged, assigned, commented, resolved; the answer tells the history and the trail."""
    chen = client_for(world.users["chen"])
    one = f"{BASE}/alerts/{alert.pk}"
    assert send(chen, f"{one}/acknowledge", {}).json()["owner"] == "chen"
    assert send(chen, f"{one}/acknowledge", {}).status_code == 409
    assert send(chen, f"{one}/assign", {"owner": "wei"}).json()["owner"] == "wei"
    assert send(chen, f"{one}/assign", {"owner": "hua"}).status_code == 422
    assert send(chen, f"{one}/assign", {"owner": "nobody"}).status_code == 404
    assert send(chen, f"{one}/comment", {"note": "called the store"}).status_code == 200
    assert send(chen, f"{one}/comment", {"note": " "}).status_code == 422
    done = send(chen, f"{one}/resolve", {"note": "two boxes came"}).json()
    assert done["state"] == "resolved"
    assert [(event["action"], event["by"]) for event in done["events"]] == [
        ("opened", None), ("acknowledged", "chen"), ("assigned", "chen"), ("commented", "chen"),
        ("resolved", "chen"),
    ]  # fmt: skip
    assert done["message"] == "Jinyintan: Surgical mask lasts 2.0 days (limit 3)."
    lines = AuditEvent.objects.filter(target=f"alert:{alert.pk}").order_by("id")
    assert [line.action for line in lines] == [
        f"monitor.{action}" for action in ("acknowledged", "assigned", "commented", "resolved")
    ]
    assert lines[0].before == {"state": "open", "owner": None}
    assert lines[3].after == {"state": "resolved", "owner": "wei"}
    assert lines[3].reason == "two boxes came"


def test_the_figure_has_its_history(world, alert) -> None:
    """Two days of cover, then one and a half; a look that finds no change adds nothing."""
    look(10)
    say(world, 11, stock=150)
    look(11)
    answer = client_for(world.users["chen"]).get(f"{BASE}/alerts/{alert.pk}").json()
    assert [(one["value"], one["limit"]) for one in answer["figures"]] == [(2.0, 3.0), (1.5, 3.0)]


def test_a_retry_comments_once(world, alert) -> None:
    """The same Idempotency-Key is the same comment."""
    chen = client_for(world.users["chen"])
    for _ in range(3):
        send(chen, f"{BASE}/alerts/{alert.pk}/comment", {"note": "x"}, idempotency_key="k")
    assert AlertEvent.objects.filter(action="commented").count() == 1


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, 1), ({"mine": "true"}, 0), ({"area": "cn-hb"}, 1), ({"area": "xiantao"}, 0),
        ({"state": "open"}, 1), ({"state": "under-way"}, 1), ({"state": "closed"}, 0),
        ({"rule": "days-of-cover"}, 1), ({"rule": "utilisation"}, 0), ({"resource": "mask"}, 1),
        ({"resource": "masks"}, 1), ({"resource": "surgical"}, 1), ({"resource": "suit"}, 0),
        ({"site": "H1"}, 1), ({"site": "W1"}, 0),
    ],
)  # fmt: skip
def test_the_list_is_filtered(world, alert, asked, found) -> None:
    """By who looks after it, area, state, rule, item and site."""
    chen = client_for(world.users["chen"])
    assert len(chen.get(f"{BASE}/alerts", asked).json()["items"]) == found


def test_a_filter_that_means_nothing_is_told(world, alert) -> None:
    """A state that does not exist, an area that one does not see."""
    chen = client_for(world.users["chen"])
    assert chen.get(f"{BASE}/alerts", {"state": "lost"}).status_code == 422
    assert chen.get(f"{BASE}/alerts", {"area": "vn"}).status_code == 404


def test_mine_is_what_i_look_after(world, alert) -> None:
    """After assigning it to wei, wei finds it and chen does not."""
    chen, wei = client_for(world.users["chen"]), client_for(world.users["wei"])
    send(chen, f"{BASE}/alerts/{alert.pk}/assign", {"owner": "wei"})
    assert len(wei.get(f"{BASE}/alerts", {"mine": "true"}).json()["items"]) == 1
    assert chen.get(f"{BASE}/alerts", {"mine": "true"}).json()["items"] == []


def test_a_list_takes_as_many_queries_for_many(world, alert, django_assert_num_queries) -> None:
    """One page of two alerts asks as often as one of ten; pages follow by the cursor."""
    chen = client_for(world.users["chen"])
    chen.get(f"{BASE}/alerts")
    for number in range(9):
        alert.pk, alert.subject = None, f"x|{number}"
        alert.save()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        first = chen.get(f"{BASE}/alerts", {"limit": 2}).json()
    with django_assert_num_queries(len(few)):
        assert len(chen.get(f"{BASE}/alerts").json()["items"]) == 10
    more = chen.get(f"{BASE}/alerts", {"cursor": first["next_cursor"], "limit": 1000}).json()
    numbers = [one["id"] for one in first["items"] + more["items"]]
    assert numbers == sorted(set(numbers), reverse=True)
    assert len(numbers) == 10


def test_rules_are_set_by_who_may_and_leave_a_trace(world) -> None:
    """A coordinator's limit, changed once; before and after stand in the trail."""
    chen = client_for(world.users["chen"])
    rule = {"rule": "days-of-cover", "organisation": "cn-hb", "resource": "mask", "limit": 5}
    assert send(chen, f"{BASE}/rules", rule, "PUT").json()["limit"] == 5.0
    made = send(chen, f"{BASE}/rules", rule | {"limit": 7, "severity": "info"}, "PUT").json()
    assert (made["severity"], made["resource"], made["active"]) == ("info", "mask", True)
    assert [one["id"] for one in chen.get(f"{BASE}/rules").json()["items"]] == [made["id"]]
    first, second = AuditEvent.objects.filter(action="monitor.set_rule").order_by("id")
    assert (first.before, first.after["limit"]) == (None, 5.0)
    assert (second.before["limit"], second.after["limit"]) == (5.0, 7.0)
    assert (second.before["severity"], second.after["severity"]) == ("critical", "info")
    assert send(client_for(world.users["hua"]), f"{BASE}/rules", rule, "PUT").status_code == 404
    assert send(client_for(world.users["wei"]), f"{BASE}/rules", rule, "PUT").status_code == 403
    for bad in ({"rule": "moon"}, {"severity": "huge"}, {"resource_class": "masks"}):
        assert send(chen, f"{BASE}/rules", rule | bad, "PUT").status_code == 422
    assert send(chen, f"{BASE}/rules", rule | {"resource": "gold"}, "PUT").status_code == 404


def test_a_channel_never_shows_its_secrets(world) -> None:
    """Neither in the list nor in the audit trail; and only its owner can change it."""
    chen, wei = client_for(world.users["chen"]), client_for(world.users["wei"])
    secret = "https-secret-token-12345"
    for address in (f"jsons://user:{secret}@hook.example/{secret}", f"dingtalk://{'a' * 64}"):
        made = send(chen, f"{BASE}/channels", {"address": address})
        assert made.status_code == 201, made.content
        assert secret not in made.content.decode()
    shown = [one["address"] for one in chen.get(f"{BASE}/channels").json()["items"]]
    assert shown == ["jsons://hook.example/…", "dingtalk://…"]
    for line in AuditEvent.objects.filter(action="monitor.add_channel"):
        assert secret not in str(line.after)
    assert wei.get(f"{BASE}/channels").json()["items"] == []
    number = made.json()["id"]
    assert send(wei, f"{BASE}/channels/{number}", {}, "PATCH").status_code == 404


def test_hours_and_digest_of_a_channel(world) -> None:
    """What is given changes, what is not stays; what means nothing is refused."""
    chen = client_for(world.users["chen"])
    address = {"address": "json://localhost/x"}
    number = send(chen, f"{BASE}/channels", address).json()["id"]
    assert send(chen, f"{BASE}/channels", address).status_code == 409
    one = f"{BASE}/channels/{number}"
    quiet = {"quiet_from": "22:00", "quiet_to": "07:00", "digest": "daily", "digest_at": "09:30"}
    assert send(chen, one, quiet, "PATCH").status_code == 200
    made = send(chen, one, {"severity": "critical"}, "PATCH").json()
    assert (made["quiet_from"], made["digest"], made["digest_at"]) == (
        "22:00:00", "daily", "09:30:00",
    )  # fmt: skip
    for bad in (
        {"quiet_from": None}, {"quiet_from": "09:00", "quiet_to": "09:00"}, {"digest": "weekly"},
        {"time_zone": "Mars/Base"}, {"language": "fr"}, {"severity": "huge"},
    ):  # fmt: skip
        assert send(chen, one, bad, "PATCH").status_code == 422, bad
    assert send(chen, one, {"quiet_from": None, "quiet_to": None}, "PATCH").status_code == 200
    assert send(chen, one, {"active": False}, "PATCH").json()["active"] is False


@pytest.mark.parametrize("address", ["nonsense", "syslog://", "dbus://", "file:///etc", "slack://"])
def test_an_address_that_is_none_is_refused(world, address) -> None:
    """Also those of Apprise that act on the machine itself."""
    chen = client_for(world.users["chen"])
    answer = send(chen, f"{BASE}/channels", {"address": address})
    assert (answer.status_code, answer.json()["type"]) == (
        422,
        "urn:sampan:problem:channel-address",
    )
    assert not Channel.objects.exists()


def test_an_area_has_channels_of_its_own(world) -> None:
    """Whoever sets the rules there adds them; others of the area do not see them."""
    chen = client_for(world.users["chen"])
    body = {"address": "json://localhost/hubei", "organisation": "cn-hb"}
    made = send(chen, f"{BASE}/channels", body).json()
    assert (made["organisation"], made["user"]) == ("cn-hb", None)
    assert client_for(world.users["wei"]).get(f"{BASE}/channels").json()["items"] == []
    above = send(chen, f"{BASE}/channels", body | {"organisation": "cn"})
    assert above.status_code == 404
    assert send(client_for(world.users["wei"]), f"{BASE}/channels", body).status_code == 403
