"""What tries to break the monitor: two looks at once, what retires, rules that go, owners gone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sampan_platform.catalogue import services as catalogue
from sampan_platform.common import clock
from sampan_platform.monitor import services
from sampan_platform.monitor.checks import CHECKS, Check, Measured
from sampan_platform.monitor.models import Alert, Message
from sampan_platform.people import services as people
from tests.platform import planning
from tests.platform.monitor_world import channel, evening, look, only, say, together

UTC = ZoneInfo("UTC")


@pytest.mark.django_db(transaction=True)
def test_two_looks_at_once_open_one_alert(world) -> None:
    """The second waits and finds it; neither fails, and the message is one."""
    only("days-of-cover", world)
    channel(world)
    say(world, 10, stock=200)
    opened = []
    together(4, lambda: opened.append(services.run(evening(10)).opened))
    assert sorted(opened) == [0, 0, 0, 1]
    assert (Alert.objects.count(), Message.objects.count()) == (1, 1)
    assert Alert.objects.get().events.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_acknowledge_at_once(world) -> None:
    """One of them does, and it is theirs; the other is told."""
    only("days-of-cover", world)
    say(world, 10, stock=200)
    look(10)
    number = Alert.objects.get().pk
    outcome = []

    def work() -> None:
        from sampan_platform.common.errors import ConflictError

        try:
            services.acknowledge(Alert.objects.get(pk=number), world.users["chen"])
            outcome.append("done")
        except ConflictError:
            outcome.append("told")

    together(3, work)
    assert sorted(outcome) == ["done", "told", "told"]
    assert Alert.objects.get().events.filter(action="acknowledged").count() == 1


def test_what_is_retired_closes_its_alerts(world) -> None:
    """A site from the eleventh on; its last report would else keep the alert open for a week."""
    only("days-of-cover", world)
    say(world, 10, stock=200)
    assert look(10).opened == 1
    catalogue.retire("sites", "H1", date(2020, 2, 11), world.users["chen"])
    outcome = look(11)
    assert (outcome.closed, outcome.open) == (1, 0)
    assert look(12).opened == 0


def test_a_retired_item_closes_its_alerts(world) -> None:
    """Nobody needs days of cover of what is used no more."""
    only("days-of-cover", world)
    say(world, 10, stock=200)
    look(10)
    catalogue.retire("resources", "mask", date(2020, 2, 11), world.users["ops"])
    assert (look(11).open, look(12).opened) == (0, 0)


def test_a_rule_switched_off_closes_and_says_so(world) -> None:
    """The history tells it from a cause that is gone; switched on again, it opens anew."""
    only("days-of-cover", world)
    say(world, 10, stock=200)
    look(10)
    place = world.organisations["cn-hb"]
    services.set_rule("days-of-cover", place, 3.0, None, active=False)
    assert look(10).closed == 1
    last = Alert.objects.get().events.last()
    assert last is not None
    assert (last.action, last.note) == ("closed", "no rule stands for this place and item any more")
    services.set_rule("days-of-cover", place, 3.0, None)
    assert look(10).opened == 1


def test_a_rule_of_a_class_and_of_an_item_at_several_places(world) -> None:
    """The nearest place wins even with a wider item; at one place the narrowest item."""
    classes = world.resources["mask"].resource_class
    place = world.organisations
    small, large, item = classes.pk, classes.parent_id, world.resources["mask"].pk
    say(world, 10, stock=400)

    def limit(code: str, days: float, **item: int) -> int:
        services.set_rule("days-of-cover", place[code], days, None, **item)
        return look(10).open

    assert limit("asean-plus", 5.0, resource=item) == 1
    assert limit("cn", 1.0) == 0
    assert limit("cn", 5.0, resource_class=large) == 1
    assert limit("cn", 1.0, resource_class=small) == 0
    assert limit("cn", 5.0, resource=item) == 1
    assert limit("jinyintan", 1.0) == 0
    assert limit("bachmai", 9.0) == 0


def test_a_cause_that_went_and_came_back_is_a_new_alert(world) -> None:
    """Resolved at two days' cover; plenty meanwhile; two days again on the same day."""
    only("days-of-cover", world)
    say(world, 10, stock=200)
    look(10)
    with clock.at(evening(10)):
        services.resolve(Alert.objects.get(), world.users["chen"], "boxes came")
    say(world, 10, stock=5000)
    assert look(10).opened == 0
    say(world, 10, stock=200)
    assert look(10).opened == 1


def test_a_resolved_alert_comes_back_after_a_day(world) -> None:
    """The same figure: quiet for a day, then it is somebody's again."""
    only("days-of-cover", world)
    say(world, 10, stock=200)
    look(10)
    with clock.at(evening(10)):
        services.resolve(Alert.objects.get(), world.users["chen"], "boxes are on the way")
    say(world, 11, stock=200)
    with clock.at(evening(11)):
        assert services.run(evening(11) - timedelta(minutes=1)).opened == 0
        assert services.run(evening(11) + timedelta(minutes=1)).opened == 1


@pytest.mark.parametrize("leaves", ["closes", "loses the role"])
def test_an_alert_whose_owner_is_gone_is_anybodys_again(world, leaves) -> None:
    """Open, without an owner, and those who handle the place are told again, once."""
    only("days-of-cover", world)
    say(world, 10, stock=200)
    look(10)
    channel(world)
    with clock.at(evening(10)):
        services.acknowledge(Alert.objects.get(), world.users["wei"])
    if leaves == "closes":
        people.close_user(world.users["wei"])
    else:
        people.take_role(world.users["wei"], world.organisations["cn-hb"], "approver")
    for _ in range(2):
        look(10)
    row = Alert.objects.get()
    assert (row.state, row.owner) == ("open", None)
    assert row.events.filter(action="owner-left").count() == 1
    assert Message.objects.get().occasion.startswith("owner-left")


def test_a_check_that_fails_leaves_the_others_working(world, monkeypatch, caplog) -> None:
    """Its alerts stay as they are; it is named in the outcome and in the log."""
    plain = CHECKS["days-of-cover"]
    only("days-of-cover", world)
    only("utilisation", world, 0.5)
    say(world, 10, stock=200)
    look(10)

    def broken(now: datetime) -> list[Measured]:
        Alert.objects.get(pk=-1)
        return []

    monkeypatch.setitem(
        CHECKS, "days-of-cover",
        Check("days-of-cover", broken, True, 3.0, "critical", plain.message_en, plain.message_zh),
    )  # fmt: skip
    say(world, 10, stock=9000, output=90, effective_capacity=100)
    outcome = look(10)
    assert (outcome.failed, outcome.opened, outcome.closed) == (["days-of-cover"], 1, 0)
    assert "days-of-cover failed" in caplog.text


def test_the_day_is_the_platforms_not_greenwichs(world) -> None:
    """At one in the morning in Wuhan it is still yesterday in Greenwich."""
    only("near-expiry", world, 30.0)
    planning.stock(world, "W1", 50, lot="A", expires_on=date(2020, 2, 15))
    morning = datetime(2020, 2, 11, 17, tzinfo=UTC)
    with clock.at(morning):
        services.run(morning)
    assert Alert.objects.get().value == 3.0


def test_a_site_that_moves_takes_its_alert_along(world) -> None:
    """The new owner sees it, the old one does not."""
    only("days-of-cover", world)
    say(world, 10, stock=200)
    look(10)
    world.sites["H1"].organisation = world.organisations["bachmai"]
    world.sites["H1"].save()
    look(10)
    from sampan_platform.monitor import selectors

    assert selectors.open_alerts(world.users["lan"]).count() == 1
    assert selectors.open_alerts(world.users["chen"]).count() == 0


def test_many_owners_and_channels_take_no_more_queries(world) -> None:
    """As many for twelve people with channels and alerts as for one."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    only("days-of-cover", world, 3.0)
    counts = []
    for number in (1, 11):
        for place in range(number):
            user = people.create_user(f"u{number}-{place}")
            people.give_role(user, world.organisations["cn-hb"], "coordinator")
            world.users[user.username] = user
            channel(world, user.username)
        Alert.objects.all().update(state="closed", ended_at=evening(10))
        say(world, 10, stock=200 - number)
        with CaptureQueriesContext(connection) as queries:
            look(10)
        counts.append(len(queries))
    assert counts[0] == counts[1]
