"""Alerts: opened once, closed by themselves, handled by those who may, told once."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from sampan_platform.collect import services as collect
from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from sampan_platform.ledger import services as ledger
from sampan_platform.ledger.services import AccountKey, Leg
from sampan_platform.monitor import selectors, services
from sampan_platform.monitor.checks import CHECKS
from sampan_platform.monitor.models import Alert, Channel, Message
from sampan_platform.monitor.words import FLAGS
from tests.platform.monitor_world import SHANGHAI, channel, evening, look, only, say, together


def test_an_alert_opens_once_and_closes_itself(world) -> None:
    """Stock for two days at a limit of three: one alert, however often it is looked at."""
    only("days-of-cover", world)
    say(world, 10, stock=200)
    assert (look(10).opened, look(10).opened) == (1, 0)
    alert = Alert.objects.get()
    assert (alert.value, alert.limit, alert.severity) == (2.0, 3.0, "critical")
    assert selectors.message(alert, "en") == "Jinyintan: Surgical mask lasts 2.0 days (limit 3)."
    assert "仅够用 2.0 天" in selectors.message(alert, "zh-hans")
    say(world, 11, stock=5000)
    assert look(11).closed == 1
    alert.refresh_from_db()
    assert alert.state == "closed"
    assert [event.action for event in alert.events.all()] == ["opened", "closed"]
    again = Alert(
        subject=alert.subject, check_code="days-of-cover", organisation=alert.organisation,
        severity="info", value=1, limit=1, opened_at=evening(1), seen_at=evening(1),
    )  # fmt: skip
    again.save()
    again.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save()


def test_the_nearest_rule_for_the_narrowest_item_wins(world) -> None:
    """Hubei wants five days of cover; masks there only one; and a rule can be switched off."""
    only("days-of-cover", world, 1.0)
    say(world, 10, stock=200)
    assert look(10).opened == 0
    only("days-of-cover", world, 5.0, "cn-hb")
    assert look(10).opened == 1
    surgical = world.resources["mask"].resource_class
    services.set_rule("days-of-cover", world.organisations["cn-hb"], 1.0, None,
                      resource_class=surgical.parent_id)  # fmt: skip
    assert look(10).closed == 1
    services.set_rule("days-of-cover", world.organisations["jinyintan"], 9.0, None, active=False)
    assert look(10).open == 0


def test_a_resolved_alert_reopens_only_when_worse_or_after_a_day(world) -> None:
    """What somebody has dealt with does not come back at once."""
    only("days-of-cover", world)
    say(world, 10, stock=200)
    look(10)
    with clock.at(evening(10)):
        services.resolve(Alert.objects.get(), world.users["chen"], "two boxes are on the way")
    assert look(10).opened == 0
    say(world, 11, stock=100)
    assert look(11).opened == 1
    assert Alert.objects.count() == 2


def test_handling_is_for_those_who_may_and_from_an_allowed_state(world) -> None:
    """Acknowledged, assigned, commented, resolved; each in its history, with who."""
    only("days-of-cover", world)
    say(world, 10, stock=200)
    look(10)
    alert, chen = Alert.objects.get(), world.users["chen"]
    with pytest.raises(ForbiddenError):
        services.acknowledge(alert, world.users["hua"])
    with pytest.raises(NotFoundError):
        services.acknowledge(alert, world.users["lan"])
    services.acknowledge(alert, chen)
    assert alert.owner == chen
    with pytest.raises(ConflictError, match="acknowledged"):
        services.acknowledge(alert, chen)
    services.assign(alert, chen, world.users["wei"])
    with pytest.raises(InvalidError, match="may not handle"):
        services.assign(alert, chen, world.users["lan"])
    services.comment(alert, chen, "called the store")
    with pytest.raises(InvalidError, match="what was done"):
        services.resolve(alert, chen, " ")
    services.resolve(alert, chen, "delivered")
    history = [(one.action, one.by.username if one.by else "") for one in alert.events.all()]
    assert history == [
        ("opened", ""), ("acknowledged", "chen"), ("assigned", "chen"), ("commented", "chen"),
        ("resolved", "chen"),
    ]  # fmt: skip
    assert not selectors.open_alerts(chen).exists()
    assert not selectors.alerts(world.users["lan"]).exists()


def test_the_checks_find_what_they_are_for(world) -> None:
    """Output above capacity, a missing report, a near expiry: each found, each in words."""
    for check in ("utilisation", "report-late", "report-implausible", "near-expiry"):
        only(check, world, 30.0 if check == "near-expiry" else 1.0)
    with clock.at(evening(8)):
        collect.file_reports(
            [{"site": "F1", "resource": "mask", "day": date(2020, 2, 8), "output": 130,
              "effective_capacity": 100}],
            world.users["chen"], post=False,
        )  # fmt: skip
    masks = {"resource": world.resources["mask"].pk, "site": world.sites["W1"].pk, "lot": "A",
             "expires_on": date(2020, 2, 20)}  # fmt: skip
    came = [
        Leg(AccountKey("outside", **masks), Decimal(-50)),
        Leg(AccountKey("stock", **masks), Decimal(50)),
    ]
    ledger.post(uuid4(), "receive", came, day=date(2020, 2, 8), actor=None)
    look(8)
    found = {row.check_code: row for row in Alert.objects.all()}
    assert set(found) == {"utilisation", "report-implausible", "near-expiry"}
    assert found["utilisation"].value == pytest.approx(1.3)
    assert "lot A, expire on 2020-02-20" in selectors.message(found["near-expiry"], "en")
    look(10)
    late = Alert.objects.get(check_code="report-late")
    assert late.facts["day"] in ("2020-02-08", "2020-02-09")
    assert "has not come" in selectors.message(late, "en")
    for row in Alert.objects.all():
        assert selectors.message(row, "zh") != row.subject


def test_later_stages_bring_their_checks(world) -> None:
    """Dispatch and track know plans and orders; monitor asks them without knowing them."""
    codes = {check.code for check in selectors.checks()}
    assert {"plan-shortage", "order-overdue"} <= codes
    assert services.load_default_rules(world.organisations["asean-plus"]) == len(codes)
    assert services.load_default_rules(world.organisations["asean-plus"]) == 0


def test_a_look_takes_a_bounded_number_of_queries(world, django_assert_max_num_queries) -> None:
    """As many for one site's reports as for many days of them."""
    services.load_default_rules(world.organisations["asean-plus"])
    for day in range(4, 11):
        say(world, day, stock=1000 - 90 * day)
    with django_assert_max_num_queries(60):
        look(10)


def test_each_person_is_told_once(world) -> None:
    """By their channel, in one message, in their language; a second round sends nothing."""
    only("days-of-cover", world)
    world.users["chen"].language = "zh-hans"
    world.users["chen"].save()
    channel(world)
    channel(world, "lan")
    say(world, 10, stock=200)
    look(10)
    sent: list[tuple[str, str]] = []

    def send(address: str, title: str, text: str) -> bool:
        sent.append((title, text))
        return True

    for _ in range(2):
        services.send_due(evening(10), send)
    ((title, text),) = sent
    assert re.fullmatch(r"舢板预警：1 条 \[[0-9a-f]{8}\]", title)
    assert text == "金银潭医院：医用外科口罩 仅够用 2.0 天（限值 3 天）。"
    look(10)
    services.send_due(evening(10), send)
    assert len(sent) == 1


def test_what_failed_is_tried_again_and_given_up_at_last(world) -> None:
    """Later and later, and never for ever; the reason is kept."""
    only("days-of-cover", world)
    channel(world)
    say(world, 10, stock=200)
    look(10)

    def broken(address: str, title: str, text: str) -> bool:
        raise OSError("no route")

    now, waits = evening(10), []
    for _ in range(8):
        services.send_due(now, broken)
        row = Message.objects.get()
        waits.append(row.due_at - now)
        now = max(row.due_at, now + timedelta(seconds=1))
    assert (row.state, row.tries) == ("failed", 6)
    assert "no route" in row.error
    assert waits[1] == 2 * waits[0] == timedelta(minutes=2)


def test_quiet_hours_are_kept(world) -> None:
    """From 22 to 7, over midnight, in the receiver's own time zone."""
    only("days-of-cover", world)
    channel(world, quiet_from=time(19), quiet_to=time(7))
    say(world, 10, stock=200)
    look(10)
    sent: list[str] = []
    services.send_due(evening(10), lambda *words: bool(sent.append(words[2])) or True)
    assert not sent
    morning = datetime(2020, 2, 11, 7, tzinfo=SHANGHAI)
    assert services.send_due(morning, lambda *words: bool(sent.append(words[2])) or True) == 1


def test_an_address_that_apprise_does_not_know_is_told(world) -> None:
    """The reason stands with the message."""
    only("days-of-cover", world)
    Channel.objects.create(user=world.users["chen"], address="nonsense")
    say(world, 10, stock=200)
    look(10)
    assert services.send_due(evening(10)) == 0
    assert "does not know" in Message.objects.get().error


@pytest.mark.django_db(transaction=True)
def test_five_senders_send_one_message(world) -> None:
    """Each message is claimed by one of them."""
    only("days-of-cover", world)
    channel(world)
    say(world, 10, stock=200)
    look(10)
    sent: list[str] = []
    together(
        5,
        lambda: services.send_due(evening(10), lambda *words: bool(sent.append(words[2])) or True),
    )
    assert len(sent) == 1


@pytest.mark.parametrize("check", ["report-implausible", "stock-differs"])
def test_what_is_doubtful_is_said_in_words(world, check: str) -> None:
    """Every flag that a check looks for has its words, in both languages; no code is shown."""
    codes = CHECKS[check].measure.__closure__[0].cell_contents
    alert = Alert(
        check_code=check, site=world.sites["F1"], resource=world.resources["mask"], value=2.0,
        limit=1.0, facts={"flags": ", ".join(sorted(codes)), "day": "2020-02-09"},
        organisation=world.organisations["cn-hb"], opened_at=evening(10), seen_at=evening(10),
    )  # fmt: skip
    for place, language in enumerate(("en", "zh-hans")):
        text = selectors.message(alert, language)
        for code in codes:
            assert code not in text
            assert FLAGS[code][place] in text
