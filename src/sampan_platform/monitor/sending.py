"""The outbox: who is told what, once, not in quiet hours, and again if it failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, QuerySet

from sampan_platform.common import clock
from sampan_platform.monitor.models import Alert, Channel, Digest, Message, Severity
from sampan_platform.monitor.words import title, words
from sampan_platform.people import selectors as people

Send = Callable[[str, str, str], bool]
"""Address, title, text → whether it was taken."""
TRIES = 6
FIRST_WAIT = timedelta(minutes=1)
"""Before the second try; doubled each time."""
LOST_AFTER = timedelta(minutes=10)
"""A sender that claimed a message and said nothing since is gone."""
Sending = Message.Sending


@dataclass(frozen=True)
class Bundle:
    """What goes out as one message."""

    number: UUID
    """Stands in the message, the same at every try, for the receiver to know it again."""
    channel: Channel
    messages: Sequence[Message]


def fill(alerts: Sequence[Alert], occasion: str, now: datetime) -> int:
    """A message for each alert and each channel of its area and of those who handle it."""
    if not alerts:
        return 0
    paths = people.paths_of(alert.organisation_id for alert in alerts)
    rank = list(Severity.values).index
    made = []
    for channel, areas in _receivers():
        made += [
            Message(alert=alert, channel=channel, occasion=occasion, due_at=due(channel, now))
            for alert in alerts
            if paths[alert.organisation_id].startswith(areas)
            and rank(alert.severity) >= rank(channel.severity)
        ]
    Message.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def tell(alert: Alert, user: int, occasion: str, now: datetime) -> None:
    """A message about one alert to one person, whatever its severity."""
    channels = Channel.objects.filter(active=True, user=user)
    Message.objects.bulk_create(
        [
            Message(alert=alert, channel=channel, occasion=occasion, due_at=due(channel, now))
            for channel in channels
        ],
        ignore_conflicts=True,
    )


def _receivers() -> list[tuple[Channel, tuple[str, ...]]]:
    """Every channel in use, with the paths of the tree whose alerts it gets; two queries."""
    handlers = people.holders(people.HANDLE_ALERTS)
    found: list[tuple[Channel, tuple[str, ...]]] = []
    for channel in Channel.objects.filter(active=True).select_related("organisation"):
        if channel.organisation is not None:
            found.append((channel, (channel.organisation.path,)))
        elif channel.user_id in handlers:
            found.append((channel, tuple(handlers[channel.user_id])))
    return found


def withdraw(alerts: Sequence[int]) -> None:
    """What has not been sent need not be: its cause is gone."""
    Message.objects.filter(alert__in=alerts, state=Sending.WAITING).delete()


def due(channel: Channel, now: datetime) -> datetime:
    """When a message of now goes out: at once or with the next digest, after quiet hours."""
    local = now.astimezone(ZoneInfo(channel.time_zone))
    at = local
    if channel.digest == Digest.HOURLY:
        at = local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    elif channel.digest == Digest.DAILY:
        fixed = channel.digest_at
        at = local.replace(hour=fixed.hour, minute=fixed.minute, second=0, microsecond=0)
        at = at if at > local else at + timedelta(days=1)
    return awake(channel, at)


def awake(channel: Channel, now: datetime) -> datetime:
    """Now, or the end of the channel's quiet hours."""
    if channel.quiet_from is None or channel.quiet_to is None:
        return now
    local = now.astimezone(ZoneInfo(channel.time_zone))
    begin, end, at = channel.quiet_from, channel.quiet_to, local.time()
    over_midnight = begin > end
    quiet = (at >= begin or at < end) if over_midnight else begin <= at < end
    if not quiet:
        return now
    until = local.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
    return until if until > local else until + timedelta(days=1)


def send_due(now: datetime, send: Send | None = None) -> int:
    """Send what is due; returns how many alerts were told. Any number may run at once."""
    lost = Message.objects.filter(state=Sending.CLAIMED, claimed_at__lt=now - LOST_AFTER)
    # whether it went out nobody knows: not sent twice is what was promised
    lost.update(state=Sending.FAILED, error="the sender ended while it was sending")
    waiting = _waiting(now).order_by().values_list("channel", flat=True).distinct()
    begun, sent = clock.now(), 0
    for channel in sorted(waiting):
        while (bundle := _claim(channel, now, now + (clock.now() - begun))) is not None:
            sent += _send(bundle, now, send or by_apprise)
    return sent


def _waiting(now: datetime) -> QuerySet[Message]:
    return Message.objects.filter(state=Sending.WAITING, due_at__lte=now)


@transaction.atomic
def _claim(number: int, now: datetime, at: datetime) -> Bundle | None:
    """The next message of a channel, ours alone from here on; None when nothing is due.

    Claimed just before it is sent and one at a time, so that a sender which dies leaves one
    message in doubt and no more.
    """
    # the lock makes a digest whole: two senders do not share it out between them
    Channel.objects.select_for_update().get(pk=number)
    channel = Channel.objects.select_related("user", "organisation").get(pk=number)
    rows = _waiting(now).filter(channel=channel)
    _not_theirs(channel, rows).update(
        state=Sending.FAILED,
        error="the channel was switched off, or its owner handles this no more",
    )
    if (later := awake(channel, now)) > now:
        rows.update(due_at=later)
        return None
    first = rows.order_by(F("bundle").desc(nulls_last=True), "pk").first()
    if first is None:
        return None
    if first.bundle is not None:
        rows = rows.filter(bundle=first.bundle)
    elif channel.digest == Digest.EACH:
        rows = rows.filter(pk=first.pk)
    else:
        rows = rows.filter(bundle=None)
    return _bundle(channel, rows, first.bundle or uuid4(), at)


def _bundle(channel: Channel, rows: QuerySet[Message], number: UUID, at: datetime) -> Bundle:
    rows.update(state=Sending.CLAIMED, bundle=number, claimed_at=at, tries=F("tries") + 1)
    mine = Message.objects.filter(bundle=number, state=Sending.CLAIMED)
    messages = list(mine.select_related("alert__site", "alert__resource", "alert__organisation"))
    return Bundle(number, channel, messages)


def _not_theirs(channel: Channel, rows: QuerySet[Message]) -> QuerySet[Message]:
    """What waited while its receiver lost the right to know: hours pass, and roles end."""
    if not channel.active:
        return rows
    if channel.user is None:
        return rows.none()
    theirs = people.reach(channel.user, people.HANDLE_ALERTS, "alert__organisation__path")
    return rows.exclude(theirs)


def language_of(channel: Channel) -> str:
    """The channel's own, or its owner's."""
    return channel.language or (channel.user.language if channel.user else "en")


def _send(bundle: Bundle, now: datetime, send: Send) -> int:
    """One message out; what is not taken waits for the next try."""
    language = language_of(bundle.channel)
    alerts = list({message.alert_id: message.alert for message in bundle.messages}.values())
    heading = f"{title(alerts, language)} [{bundle.number.hex[:8]}]"
    error = ""
    try:
        taken = send(bundle.channel.address, heading, words(alerts, language))
    except Exception as problem:  # noqa: BLE001 - whatever a messenger raises is told and tried again
        taken, error = False, f"{type(problem).__name__}: {problem}"[:300]
    rows = Message.objects.filter(bundle=bundle.number, state=Sending.CLAIMED)
    if taken:
        return rows.update(state=Sending.SENT, sent_at=now, error="")
    tries = max(message.tries for message in bundle.messages)
    rows.update(
        state=Sending.FAILED if tries >= TRIES else Sending.WAITING,
        due_at=awake(bundle.channel, now + FIRST_WAIT * 2 ** (tries - 1)),
        error=error or "the receiver did not take it",
    )
    return 0


def by_apprise(address: str, heading: str, text: str) -> bool:
    """Hand a message to Apprise."""
    import apprise

    messenger = apprise.Apprise()
    if not messenger.add(address):
        raise ValueError("Apprise does not know this kind of address")
    return bool(messenger.notify(title=heading, body=text))
