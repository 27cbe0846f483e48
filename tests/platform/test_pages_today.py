"""The first screen: what came, what is wrong, and what waits for whoever looks."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sampan_platform.collect import services as collect
from sampan_platform.common import clock
from sampan_platform.dispatch import services as dispatch
from sampan_platform.monitor import services as monitor
from sampan_platform.monitor.models import Alert
from sampan_platform.requests import services as requests
from sampan_platform.requests.services import Wish
from tests.platform.monitor_world import only
from tests.platform.pages_world import LANGUAGES, signed_in, text_of
from tests.platform.planning import NOW, TODAY, needs, solved, stock
from tests.platform.track_world import issue, put

QUERIES_MAX = 42
"""Two days of reports, alerts, orders: of a fixed number of questions, however much there is."""
HOSPITAL = {"en": "Jinyintan", "zh-hans": "金银潭医院"}
CHANGE = [{"do": "lose_site", "site": "F1"}]


@pytest.fixture(autouse=True)
def _in_february():
    with clock.at(NOW):
        yield


def busy(world: Any, times: int = 1) -> None:
    """Reports of two days ago alone, an alert, a plan, a request and an order overdue."""
    before = TODAY - timedelta(2)
    with clock.at(NOW - timedelta(2)):
        row = {"site": "H1", "resource": "mask", "day": before, "stock": 100, "used": 100}
        collect.file_reports([row], world.users["hua"], post=False)
    only("days-of-cover", world)
    monitor.run(NOW)
    stock(world, "W1", 5000)
    for number in range(times):
        solved(world)
        wish = Wish(
            world.sites["H1"], world.resources["mask"], Decimal(10 + number), date(2020, 2, 12), "x"
        )
        requests.submit(uuid.uuid4(), wish, world.users["hua"])
    put(world, "W1", "mask", times)
    with clock.at(NOW - timedelta(1)):
        issue(world, *[("W1-H1", "mask", 1, -number - 1, -number - 1) for number in range(times)])


def more_of_everything(world: Any, count: int) -> None:
    """As many plans, requests and orders more, and other sites and alerts."""
    needs(world, "H2", 5, days=3)
    busy(world, count)
    alert = Alert.objects.all()[0]
    for number in range(count):
        alert.pk, alert.subject = None, f"more:{number}"
        alert.save()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_coordinator_sees_the_day(world, language: str) -> None:
    """What did not come, the alert, the request and the order, each by name with a link."""
    busy(world)
    answer = signed_in(world, "chen", language).get("/")
    told = answer.context
    assert (told["rate"].due, told["rate"].came, told["missing_count"]) == (1, 0, 1)
    assert (told["alerts_open"], told["requests_count"], told["overdue_count"]) == (1, 1, 1)
    page = answer.content.decode()
    chased = page[page.index('id="missing"') :]
    assert HOSPITAL[language] in chased
    assert {"en": "Surgical mask", "zh-hans": "医用外科口罩"}[language] in chased
    for link in ("/alerts/", "/requests/", "/orders/DO-"):
        assert f'href="{link}' in page


def test_the_page_needs_no_query_a_row(world) -> None:
    """As many queries for a busy day as for the busiest, for each role."""
    busy(world)
    people = [signed_in(world, user) for user in ("chen", "wei", "hua", "aud", "ops")]
    counts: list[list[int]] = []
    for more in (0, 12):
        if more:
            more_of_everything(world, more)
        counts.append([])
        for client in people:
            client.get("/alerts/")
            with CaptureQueriesContext(connection) as queries:
                client.get("/")
            counts[-1].append(len(queries))
    assert counts[0] == counts[1]
    assert max(counts[0]) <= QUERIES_MAX


def test_a_list_shows_eight_and_says_how_many(world) -> None:
    """The rest stands behind its link."""
    busy(world, 12)
    told = signed_in(world, "chen").get("/").context
    assert (len(told["requests"]), told["requests_count"]) == (8, 12)
    assert (len(told["overdue"]), told["overdue_count"]) == (8, 12)


def test_a_plan_awaits_those_who_approve(world) -> None:
    """The approvers of its place, until they have approved; nobody else."""
    stock(world, "W1", 500)
    needs(world, "H1", 50)
    run = solved(world)

    def awaited(user: str) -> list[int]:
        client = signed_in(world, user)
        found = [one.pk for one in client.get("/").context["plans"]]
        listed = client.get("/plans/?waiting=1").content.decode()
        assert all(f"/plans/{number}/" in listed for number in found)
        return found

    assert awaited("wei") == awaited("min") == [run.pk]
    assert awaited("chen") == awaited("lan") == awaited("aud") == []
    for user in ("wei", "min"):
        dispatch.approve(run, world.users[user])
    assert awaited("wei") == awaited("min") == []


def test_no_plan_that_was_tried_awaits_approval(world) -> None:
    """Neither a scenario's, nor the one to set it beside; a plan of the day and its override do."""
    stock(world, "W1", 500)
    needs(world, "H1", 50)
    ours = solved(world)
    chen = signed_in(world, "chen")
    for name in ("no plant", "again"):
        changes = '[{"do": "lose_site", "site": "F1"}]'
        said = {"action": "solve", "name": name, "organisation": "cn-hb", "days": "4"}
        chen.post("/what-if/", said | {"changes": changes})
    from sampan_platform.dispatch.models import PlanRun

    tried = list(PlanRun.objects.exclude(pk=ours.pk))
    assert len(tried) == 3
    for run in tried:
        dispatch.work(run.pk)
    beside = solved(world, scenario=dispatch.keep_scenario(
        world.organisations["cn-hb"], "same", CHANGE, world.users["chen"]
    ), as_of=ours.as_of)  # fmt: skip
    assert beside.as_of == ours.as_of
    awaited = signed_in(world, "wei").get("/").context["plans"]
    assert [one.pk for one in awaited] == [ours.pk]
    listed = text_of(chen.get("/plans/"))
    assert listed.count("trial") == PlanRun.objects.exclude(scenario=None).count() == 3


def test_nobody_sees_the_day_of_others(world) -> None:
    """A coordinator of another country has a quiet day."""
    busy(world)
    answer = signed_in(world, "lan").get("/")
    told = answer.context
    assert told["missing_count"] == told["alerts_open"] == told["requests_count"] == 0
    assert told["overdue_count"] == told["plans_count"] == 0
    assert "Jinyintan" not in text_of(answer)
    assert Client().get("/")["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_day_says_so(world, language: str) -> None:
    """Nothing has been reported or planned: each list says what it means that it is empty."""
    answer = signed_in(world, "chen", language).get("/")
    assert answer.status_code == 200
    assert {"en": "Nothing is overdue", "zh-hans": "没有逾期"}[language] in text_of(answer)


@pytest.mark.parametrize("address", ["?x=%00", "?day=soon"])
def test_an_address_made_up_breaks_nothing(world, address: str) -> None:
    """The screen takes no choice, and a text that cannot be kept is refused."""
    assert signed_in(world, "chen").get(f"/{address}").status_code in (200, 422)


def test_a_reporter_begins_with_the_report_of_today(world) -> None:
    """How much of it is filed, with the way to it; approvals and decisions are others' work."""
    before = {"site": "F1", "resource": "mask", "day": TODAY - timedelta(1), "output": 5}
    with clock.at(NOW - timedelta(1)):
        collect.file_reports([before], world.users["rui"], post=False)
    client = signed_in(world, "rui")
    answer = client.get("/")
    assert (answer.context["to_report"].came, answer.context["to_report"].due) == (0, 1)
    page = answer.content.decode()
    assert f'href="/report/?day={TODAY}"' in page
    assert "/plans/?waiting=1" not in page
    assert "/requests/?waiting=1" not in page
    collect.file_reports([before | {"day": TODAY}], world.users["rui"], post=False)
    assert "all is filed" in text_of(client.get("/"))
    assert signed_in(world, "chen").get("/").context["to_report"] is None


def test_a_store_begins_with_what_leaves_and_arrives(world) -> None:
    """Orders due by today at its own sites, each with what to do; none of others'."""
    put(world, "W1", "mask", 20)
    leaves, later = issue(world, ("W1-H1", "mask", 1, 0, 1), ("W1-H1", "mask", 1, 2, 3))
    told = signed_in(world, "chen").get("/").context
    assert [one.number for one in told["to_send"]] == [leaves.number]
    assert later.number not in [one.number for one in told["to_receive"]]
    hospital = signed_in(world, "hua").get("/").context
    assert hospital["to_send"] == []
    assert "to_send" not in signed_in(world, "wei").get("/").context


def test_the_most_severe_alerts_come_first(world) -> None:
    """However new the others are."""
    busy(world)
    urgent = Alert.objects.get()
    Alert.objects.filter(pk=urgent.pk).update(severity="critical")
    late = Alert.objects.get()
    late.pk, late.subject, late.severity = None, "newer", "notice"
    late.save()
    listed = [one.pk for one, _ in signed_in(world, "chen").get("/").context["alerts"]]
    assert listed == [urgent.pk, late.pk]
