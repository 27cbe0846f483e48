"""The screen of alerts: groups, one alert with its figure and history, and its handling."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sampan_platform.common import clock
from sampan_platform.monitor.models import Alert, AlertEvent, Severity
from sampan_platform.people import services as people
from sampan_platform.web.alerts.figures import figure, ways
from tests.platform.monitor_world import evening, look, only, say
from tests.platform.pages_world import LANGUAGES, refusals, signed_in, text_of

QUERIES_MAX = 30
MESSAGE = {
    "en": "Jinyintan: Surgical mask lasts 2.0 days (limit 3).",
    "zh-hans": "金银潭医院",
}


@pytest.fixture
def alert(world) -> Any:
    """Jinyintan has masks for two days, of ten days ever fewer; the limit is three."""
    only("days-of-cover", world)
    for day in range(1, 10):
        say(world, day, stock=1200 - 100 * day)
    say(world, 10, stock=200)
    look(10)
    with clock.at(evening(10)):
        yield Alert.objects.get()


def send(client: Client, alert: Alert, **said: str) -> Any:
    """Post the form as a browser does, and follow to the page that tells of it."""
    return client.post(f"/alerts/{alert.pk}/", {"once": str(uuid4())} | said, follow=True)


def many(alert: Alert, count: int) -> None:
    """More alerts of the same kind, each with a history as long."""
    for number in range(count):
        row = Alert.objects.get(pk=alert.pk)
        row.pk, row.subject = None, f"{alert.subject}:{number}"
        row.save()


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_alert_is_found_and_told(world, alert, language: str) -> None:
    """In its group by rule and item, in the group's list, and on its page with its figures."""
    client = signed_in(world, "chen", language)
    groups = client.get("/alerts/")
    assert [one["count"] for one in groups.context["groups"]] == [1]
    opened = f"/alerts/?rule=days-of-cover&item={world.resources['mask'].pk}"
    assert MESSAGE[language] in text_of(client.get(opened))
    page = client.get(f"/alerts/{alert.pk}/")
    assert MESSAGE[language] in text_of(page)
    assert [one["stock"] for one in page.context["history"]][-1] == 200
    assert page.context["chart"]["series"][0]["data"][-1] == 200.0


def test_the_lists_need_no_query_an_alert(world, alert) -> None:
    """As many queries for forty alerts as for one, in a group's list as well."""
    client = signed_in(world, "chen")
    client.get("/alerts/")
    counts = []
    for more in (0, 40):
        many(alert, more)
        for address in ("", "?rule=days-of-cover", "?by=place"):
            with CaptureQueriesContext(connection) as queries:
                client.get(f"/alerts/{address}")
            counts.append(len(queries))
    assert counts[:3] == counts[3:]
    assert max(counts) <= QUERIES_MAX


@pytest.mark.parametrize("language", LANGUAGES)
def test_alerts_are_grouped_by_place_as_well(world, alert, language: str) -> None:
    """Two alerts of a hospital are one line with its name, which opens both and no other's."""
    place, now = world.sites["W1"].organisation, timezone.now()
    for where in (alert.organisation, place):
        Alert.objects.create(
            subject=f"more|{where.pk}", check_code=alert.check_code, severity=Severity.CRITICAL,
            organisation=where, site=alert.site, resource=alert.resource, facts=alert.facts,
            value=1.0, limit=3.0, opened_at=now, seen_at=now,
        )  # fmt: skip
    client = signed_in(world, "chen", language)
    shown = client.get("/alerts/?by=place")
    assert {one["organisation_id"]: one["count"] for one in shown.context["groups"]} == {
        alert.organisation_id: 2, place.pk: 1,
    }  # fmt: skip
    assert name_of(alert.organisation, language) in text_of(shown)
    opened = client.get(f"/alerts/?by=place&place={alert.organisation_id}")
    assert {row.organisation_id for row in opened.context["page_of_alerts"]} == {
        alert.organisation_id
    }
    assert opened.context["page_of_alerts"].paginator.count == 2


def name_of(organisation: Any, language: str) -> str:
    """As the pages show it."""
    return str(organisation.name_zh if language == "zh-hans" else organisation.name_en)


def test_one_alert_needs_no_query_a_person_or_event(world, alert) -> None:
    """As many queries with twenty who could look after it, and twenty comments, as with few."""
    client = signed_in(world, "chen")
    client.get("/alerts/")
    counts = []
    for more in range(0, 40, 20):
        for number in range(more):
            user = people.create_user(f"helper-{number}", "a-long-password-1")
            people.give_role(user, world.organisations["cn-hb"], "coordinator")
            send(client, alert, action="comment", note=f"call {number}")
        with CaptureQueriesContext(connection) as queries:
            page = client.get(f"/alerts/{alert.pk}/")
        counts.append(len(queries))
    assert len(page.context["handlers"]) > 20
    assert counts[0] == counts[1] <= QUERIES_MAX


def test_from_open_to_resolved(world, alert) -> None:
    """Acknowledged, given to another, commented, resolved; each stands in its history."""
    chen, wei = signed_in(world, "chen"), signed_in(world, "wei")
    send(chen, alert, action="acknowledge")
    alert.refresh_from_db()
    assert (alert.state, alert.owner) == ("acknowledged", world.users["chen"])
    send(chen, alert, action="assign", owner="wei", note="you know the store")
    assert "Jinyintan" in text_of(wei.get("/alerts/?mine=1&rule=days-of-cover"))
    assert "Jinyintan" not in text_of(chen.get("/alerts/?mine=1&rule=days-of-cover"))
    send(wei, alert, action="comment", note="called the store")
    page = text_of(send(wei, alert, action="resolve", note="two boxes came"))
    for word in ("you know the store", "called the store", "two boxes came"):
        assert word in page
    alert.refresh_from_db()
    assert alert.state == "resolved"
    assert "Jinyintan" not in text_of(chen.get("/alerts/?rule=days-of-cover"))
    assert "Jinyintan" in text_of(chen.get("/alerts/?rule=days-of-cover&state=all"))


@pytest.mark.parametrize("action", ["acknowledge", "assign", "comment", "resolve"])
def test_sent_twice_is_done_once(world, alert, action: str) -> None:
    """The same form a second time adds nothing to the history, and is no mistake."""
    client, number = signed_in(world, "chen"), str(uuid4())
    for _ in range(2):
        answer = send(client, alert, action=action, note="seen", owner="wei", once=number)
        assert not refusals(answer)
    assert AlertEvent.objects.filter(alert=alert).exclude(action="opened").count() == 1


@pytest.mark.parametrize(
    "said",
    [
        {"action": ""},
        {"action": "delete"},
        {"action": "comment", "note": "  "},
        {"action": "resolve", "note": ""},
        {"action": "comment", "note": "x" * 2001},
        {"action": "comment", "note": "a\0b"},
        {"action": "assign"},
        {"action": "assign", "owner": "nobody"},
        {"action": "assign", "owner": "rui"},
        {"action": "assign", "owner": "lan"},
        {"action": "comment", "note": "seen", "once": ""},
        {"action": "comment", "note": "seen", "once": "x"},
    ],
)
def test_what_cannot_be_is_refused_in_words(world, alert, said: dict[str, str]) -> None:
    """One message each; the alert and its history stay as they were."""
    answer = send(signed_in(world, "chen"), alert, **said)
    assert len(refusals(answer)) == 1
    alert.refresh_from_db()
    assert (alert.state, alert.owner) == ("open", None)
    assert alert.events.count() == 1


def test_a_refused_form_may_be_sent_corrected(world, alert) -> None:
    """Its number was not used up by the refusal."""
    client, number = signed_in(world, "chen"), str(uuid4())
    send(client, alert, action="resolve", note="", once=number)
    send(client, alert, action="resolve", note="two boxes came", once=number)
    alert.refresh_from_db()
    assert alert.state == "resolved"


@pytest.mark.parametrize("user", ["hua", "ana", "aud"])
def test_those_who_only_see_change_nothing(world, alert, user: str) -> None:
    """They see the alert without its form, and are refused when they send it all the same."""
    client = signed_in(world, user)
    page = client.get(f"/alerts/{alert.pk}/")
    assert "Surgical mask" in text_of(page)
    assert 'name="action"' not in page.content.decode()
    assert send(client, alert, action="resolve", note="mine").status_code == 403
    alert.refresh_from_db()
    assert alert.state == "open"


def test_an_alert_of_others_does_not_exist(world, alert) -> None:
    """A coordinator of another country finds it nowhere and cannot handle it."""
    stranger = signed_in(world, "lan")
    assert stranger.get("/alerts/").context["groups"] == []
    assert "Jinyintan" not in text_of(stranger.get("/alerts/?rule=days-of-cover"))
    assert stranger.get(f"/alerts/{alert.pk}/").status_code == 404
    assert send(stranger, alert, action="acknowledge").status_code == 404
    assert Client().get("/alerts/")["Location"].startswith("/sign-in/")
    alert.refresh_from_db()
    assert alert.state == "open"


@pytest.mark.parametrize(
    "asked",
    [
        "by=place&place=x", "by=moon", "place=" + "9" * 40,
        "rule=nothing", "rule=%00", "item=x", "item=³", "item=" + "9" * 40, "severity=mild",
        "state=gone", "rule=days-of-cover&page=x", "rule=days-of-cover&page=-1",
        "rule=days-of-cover&page=" + "9" * 30,
    ],
)  # fmt: skip
def test_an_address_made_up_breaks_nothing(world, alert, asked: str) -> None:
    """Filters that are none find nothing or are told to be wrong."""
    answer = signed_in(world, "chen").get(f"/alerts/?{asked}")
    assert answer.status_code in (200, 422)


def test_a_number_that_is_none_is_not_found(world, alert) -> None:
    """However large."""
    for number in (999, 10**30):
        assert signed_in(world, "chen").get(f"/alerts/{number}/").status_code == 404


def test_a_group_lists_the_most_severe_first_on_pages_of_fifty(world: Any) -> None:
    """Sixty alerts are two pages; a critical one that opened first still stands on top."""
    site, now = world.sites["H1"], timezone.now()
    for number in range(60):
        Alert.objects.create(
            subject=f"days-of-cover|{number}", check_code="days-of-cover",
            severity=Severity.CRITICAL if number == 0 else Severity.INFO,
            organisation=site.organisation, site=site, resource=world.resources["mask"],
            value=1.0, limit=3.0, opened_at=now, seen_at=now,
        )  # fmt: skip
    page = signed_in(world, "chen").get("/alerts/?rule=days-of-cover").context["page_of_alerts"]
    assert (len(page), page.paginator.num_pages, page.paginator.count) == (50, 2, 60)
    assert page[0].subject == "days-of-cover|0"


@pytest.mark.parametrize(
    ("language", "value", "card"),
    [("en", "2 days", "The stock card"), ("zh-hans", "2 天", "库存卡")],
)
def test_the_figure_says_what_it_counts_and_where_to_look(
    world, alert, language: str, value: str, card: str
) -> None:
    """Days, not a bare number; a share as a percentage; a way to where it comes from."""
    page = signed_in(world, "chen", language).get(f"/alerts/{alert.pk}/")
    assert page.context["value"] == value
    assert card in text_of(page)
    assert 'href="/ledger/card/?site=H1&amp;item=mask"' in page.content.decode()
    assert figure("plan-shortage", 0.85) == "85 %"
    alert.check_code, alert.facts = "plan-shortage", {"plan": 3}
    assert ways(alert, may_report=False)[0][0] == "/plans/3/#short"
    alert.check_code, alert.facts = "report-late", {"day": "2020-02-10"}
    assert "day=2020-02-10" in ways(alert, may_report=True)[0][0]
    assert len(ways(alert, may_report=False)) == 1
