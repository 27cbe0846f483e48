"""Digests and webhooks: sent through Apprise to a real server, once, in their hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

import pytest

from sampan_platform.common import clock
from sampan_platform.monitor import services
from sampan_platform.monitor.models import Alert, Message
from sampan_platform.people import services as people
from tests.platform.monitor_world import SHANGHAI, channel, evening, look, only, say, together
from tests.platform.webhook import Hook, serving


@pytest.fixture
def hook() -> Iterator[Hook]:
    with serving() as made:
        yield made


def at(hour: int, minute: int = 0, day: int = 10) -> datetime:
    return datetime(2020, 2, day, hour, minute, tzinfo=SHANGHAI)


def short(world, *resources: str, day: int = 10) -> None:
    """Alerts for so many items of Jinyintan's that evening at eight."""
    from datetime import date

    from sampan_platform.collect import services as collect

    rows = [
        {"site": "H1", "resource": name, "day": date(2020, 2, day), "used": 100, "stock": 200}
        for name in resources
    ]
    with clock.at(evening(day)):
        collect.file_reports(rows, world.users["chen"], post=False)
    look(day)


def send_at(moment: datetime) -> int:
    with clock.at(moment):
        return services.send_due(moment)


def test_an_hourly_digest_goes_out_on_the_hour_as_one(world, hook) -> None:
    """Two alerts of eight o'clock: nothing at half past, one message at nine, nothing more."""
    only("days-of-cover", world)
    channel(world, address=hook.address, digest="hourly")
    short(world, "mask", "suit")
    assert send_at(at(20, 30)) == 0
    assert hook.taken == []
    assert send_at(at(21)) == 2
    assert send_at(at(21)) == 0
    (message,) = hook.taken
    assert message["title"].startswith("Sampan: 2 alerts [")
    assert message["text"].splitlines() == [
        "Jinyintan: Surgical mask lasts 2.0 days (limit 3).",
        "Jinyintan: Protective suit lasts 2.0 days (limit 3).",
    ]
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}


def test_a_daily_digest_keeps_its_hour_and_quiet_hours(world, hook) -> None:
    """At half past nine the next morning; and after the quiet hours if it falls into them."""
    only("days-of-cover", world)
    channel(world, address=hook.address, digest="daily", digest_at=time(9, 30))
    late = channel(world, "wei", address=hook.address, digest="daily", digest_at=time(6),
                   quiet_from=time(22), quiet_to=time(7))  # fmt: skip
    short(world, "mask")
    assert send_at(at(6, 30, day=11)) == 0
    assert send_at(at(7, day=11)) == 1
    assert Message.objects.get(channel=late).state == "sent"
    assert send_at(at(9, 29, day=11)) == 0
    assert send_at(at(9, 30, day=11)) == 1
    assert len(hook.taken) == 2


def test_a_retry_is_the_same_message(world, hook) -> None:
    """Refused at first: the second try has the same number, and what came meanwhile its own."""
    only("days-of-cover", world)
    channel(world, address=hook.address)
    hook.answers = [503]
    short(world, "mask")
    assert send_at(evening(10)) == 0
    short(world, "suit")
    assert send_at(evening(10) + timedelta(minutes=1)) == 2
    first, again, other = (one["title"] for one in hook.taken)
    assert first == again != other
    assert (first[:15], other[:15]) == ("Sampan: 1 alert", "Sampan: 1 alert")
    assert list(Message.objects.values_list("tries", flat=True)) == [2, 1]


def test_a_retry_waits_for_the_end_of_quiet_hours(world, hook) -> None:
    """Refused a minute before ten: the next try is at seven, not in the night."""
    only("days-of-cover", world)
    channel(world, address=hook.address, quiet_from=time(22), quiet_to=time(7))
    hook.answers = [500]
    short(world, "mask")
    assert send_at(at(21, 59, day=10) + timedelta(seconds=30)) == 0
    assert Message.objects.get().due_at == at(7, day=11)


def test_quiet_hours_set_later_are_kept_too(world, hook) -> None:
    """What was to go out at nine waits if nine has become quiet meanwhile."""
    only("days-of-cover", world)
    mine = channel(world, address=hook.address, digest="hourly")
    short(world, "mask")
    services.change_channel(
        mine, world.users["chen"], {"quiet_from": time(20), "quiet_to": time(8)}
    )
    assert send_at(at(21)) == 0
    assert send_at(at(8, day=11)) == 1


def test_a_sender_that_died_is_not_repeated(world, hook) -> None:
    """It went out or it did not, nobody knows: at most once; told as failed, with why."""
    only("days-of-cover", world)
    channel(world, address=hook.address)
    short(world, "mask")

    def die(*_: str) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), clock.at(evening(10)):
        services.send_due(evening(10), die)
    assert Message.objects.get().state == "claimed"
    assert send_at(evening(10) + timedelta(minutes=9)) == 0
    assert Message.objects.get().state == "claimed"
    assert send_at(evening(10) + timedelta(minutes=11)) == 0
    row = Message.objects.get()
    assert (row.state, row.error) == ("failed", "the sender ended while it was sending")
    assert hook.taken == []


def test_a_channel_of_an_area_is_told_in_its_language(world, hook) -> None:
    """Hubei's hears of Jinyintan, Viet Nam's does not; no person stands behind it."""
    only("days-of-cover", world)
    for code in ("cn-hb", "vn"):
        services.add_channel(
            f"{hook.address}/{code}", world.users["chen" if code == "cn-hb" else "lan"],
            organisation=world.organisations[code], settings={"language": "zh-hans"},
        )  # fmt: skip
    short(world, "mask")
    assert send_at(evening(10)) == 1
    assert [one["text"] for one in hook.taken] == [
        "金银潭医院：医用外科口罩 仅够用 2.0 天（限值 3 天）。"
    ]
    assert hook.taken[0]["title"].startswith("舢板预警：1 条")


def test_who_lost_the_role_meanwhile_is_not_told(world, hook) -> None:
    """The message waited an hour; the role ended in between."""
    only("days-of-cover", world)
    channel(world, address=hook.address, digest="hourly")
    short(world, "mask")
    people.take_role(world.users["chen"], world.organisations["cn-hb"], "coordinator")
    people.give_role(world.users["chen"], world.organisations["vn"], "coordinator")
    assert send_at(at(21)) == 0
    assert hook.taken == []
    assert "no more" in Message.objects.get().error


def test_what_is_resolved_or_gone_is_not_told(world, hook) -> None:
    """One resolved by hand, one closed by itself before the hour is full."""
    only("days-of-cover", world)
    channel(world, address=hook.address, digest="hourly")
    short(world, "mask", "suit")
    with clock.at(at(20, 10)):
        services.resolve(Alert.objects.get(resource__code="suit"), world.users["chen"], "came")
    say(world, 10, stock=9000)
    look(10)
    assert send_at(at(21)) == 0
    assert hook.taken == []


def test_whoever_is_assigned_is_told(world, hook) -> None:
    """Each time; not who assigns it to themselves."""
    only("days-of-cover", world)
    short(world, "mask")
    channel(world, "wei", address=hook.address)
    alert, chen, wei = Alert.objects.get(), world.users["chen"], world.users["wei"]
    with clock.at(evening(10)):
        for owner in (wei, chen, wei):
            services.assign(alert, chen, owner)
            services.send_due(evening(10))
    assert len(hook.taken) == 2


def test_rising_is_told_once_for_each_level(world, hook) -> None:
    """From information to critical and back and again: one message more, no flood."""
    channel(world, address=hook.address, severity="info")
    place = world.organisations["asean-plus"]
    for severity in ("info", "critical", "info", "critical"):
        services.set_rule("days-of-cover", place, 3.0, None, severity=severity)
        short(world, "mask")
        send_at(evening(10))
    assert len(hook.taken) == 2


@pytest.mark.django_db(transaction=True)
def test_two_senders_do_not_share_out_a_digest(world, hook) -> None:
    """Four at once, two alerts, one message with both."""
    only("days-of-cover", world)
    channel(world, address=hook.address, digest="hourly")
    short(world, "mask", "suit")
    together(4, lambda: send_at(at(21)))
    (message,) = hook.taken
    assert message["title"].startswith("Sampan: 2 alerts")
